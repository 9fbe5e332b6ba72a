//! The trace that the running code belongs to, and its stages. Known by thread while a request is polled; without a trace a stage costs the look
//! for one.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use crate::Stage;
use crate::tracer::Recording;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Recording>>> = const { RefCell::new(None) };
}

fn current() -> Option<Arc<Recording>> {
    CURRENT.with_borrow(Option::clone)
}

/// Makes a trace the current one until what is returned is dropped.
fn enter(trace: &Arc<Recording>) -> Entered {
    let before = CURRENT.with_borrow_mut(|current| current.replace(Arc::clone(trace)));
    Entered { before }
}

/// Puts the trace of before back.
struct Entered {
    before: Option<Arc<Recording>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

/// The work of a trace: whatever it polls belongs to it.
pub(crate) async fn belonging<F: Future>(trace: &Arc<Recording>, work: F) -> F::Output {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        let _entered = enter(trace);
        work.as_mut().poll(context)
    })
    .await
}

/// The work of a stage.
pub async fn within<F: Future>(stage: Stage, work: F) -> F::Output {
    let Some(trace) = current() else {
        return work.await;
    };
    let begun = Instant::now();
    let done = work.await;
    trace.note(stage, begun);
    done
}

/// The work of a stage that waits for nothing.
pub fn during<T>(stage: Stage, work: impl FnOnce() -> T) -> T {
    let Some(trace) = current() else {
        return work();
    };
    let begun = Instant::now();
    let done = work();
    trace.note(stage, begun);
    done
}

/// Work that is handed over to another thread, which does the work of many.
#[must_use]
pub fn handed_over() -> HandedOver {
    HandedOver(current().map(|trace| (trace, Instant::now())))
}

/// Work that waits for another thread.
#[derive(Debug)]
pub struct HandedOver(Option<(Arc<Recording>, Instant)>);

impl HandedOver {
    /// The other thread begins with it.
    #[must_use]
    pub fn begun(self) -> InWork {
        InWork(self.0.map(|(trace, since)| {
            trace.note(Stage::StoreWait, since);
            (trace, Instant::now())
        }))
    }
}

/// Work that another thread does.
#[derive(Debug)]
pub struct InWork(Option<(Arc<Recording>, Instant)>);

impl InWork {
    /// It is done.
    pub fn ended(self) {
        if let Some((trace, since)) = self.0 {
            trace.note(Stage::StoreCommit, since);
        }
    }
}

/// What goes on in another thread, which does this work alone.
#[must_use]
pub fn carried() -> Carried {
    Carried(current())
}

/// Work that goes on in another thread.
#[derive(Debug)]
pub struct Carried(Option<Arc<Recording>>);

impl Carried {
    /// Goes on with it.
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        let _entered = self.0.as_ref().map(enter);
        work()
    }
}
