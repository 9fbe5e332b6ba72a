//! Waits on the calling thread for what another thread does. Begins nothing by itself.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

struct Waiter(Thread);

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// What a future comes to; `None` when it takes longer than this. The future must need nothing of the calling thread's runtime.
pub(crate) fn wait<T>(future: impl Future<Output = T>, patience: Duration) -> Option<T> {
    let waker = Waker::from(Arc::new(Waiter(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let end = Instant::now() + patience;
    loop {
        if let Poll::Ready(it) = future.as_mut().poll(&mut context) {
            return Some(it);
        }
        let rest = end.checked_duration_since(Instant::now())?;
        std::thread::park_timeout(rest);
    }
}

/// Does work that waits for the server, with the other tasks of the calling thread handed to another one where there is one.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|it| it.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        Ok(_) | Err(_) => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_thread_brings_is_waited_for_and_what_nobody_brings_is_not() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(|| sender.send(7));
        assert_eq!(wait(receiver, Duration::from_secs(60)), Some(Ok(7)));
        assert_eq!(thread.join().unwrap(), Ok(()));
        let nobody = std::future::pending::<()>();
        assert_eq!(wait(nobody, Duration::from_millis(1)), None);
    }
}
