//! Work on a file outside the store, whose folder may lie on another machine that does not answer: off the threads that answer requests, one
//! piece after the other, and waited for so long only. What hangs keeps one thread; nothing more is begun before it ends.

use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

/// A folder that answers later than this is taken for one that does not.
const LIMIT: Duration = Duration::from_secs(5);

/// The way to a file outside.
#[derive(Debug)]
pub(crate) struct OutsideWork {
    /// Taken while a piece of work is under way.
    free: Arc<Semaphore>,
    /// Whether the last piece was given up; then nobody waits for its end.
    hangs: AtomicBool,
    limit: Duration,
}

impl Default for OutsideWork {
    fn default() -> Self {
        Self::within(LIMIT)
    }
}

impl OutsideWork {
    /// One that waits so long.
    pub(crate) fn within(limit: Duration) -> Self {
        Self {
            free: Arc::new(Semaphore::new(1)),
            hangs: AtomicBool::new(false),
            limit,
        }
    }

    /// Does a piece of work after those before it. What was begun and takes too long goes on by itself.
    ///
    /// # Errors
    /// Where it, or what was begun before it, takes too long, or no thread can be had.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let done = tokio::time::timeout(self.limit, self.done(work)).await;
        done.unwrap_or_else(|_| {
            self.hangs.store(true, Ordering::Relaxed);
            Err(not_answered())
        })
    }

    async fn done<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let free = match Arc::clone(&self.free).try_acquire_owned() {
            Ok(free) => free,
            Err(_) if self.hangs.load(Ordering::Relaxed) => return Err(not_answered()),
            Err(_) => {
                let turn = Arc::clone(&self.free).acquire_owned().await;
                turn.map_err(Error::other)?
            }
        };
        self.hangs.store(false, Ordering::Relaxed);
        let (sender, outcome) = oneshot::channel();
        // No thread of the runtime: its end would wait for one that hangs.
        let thread = std::thread::Builder::new().name("center-outside".into());
        thread.spawn(move || {
            let done = work();
            // First: whoever hears of the outcome may begin the next.
            drop(free);
            // An error is that nobody waits any more.
            let _ = sender.send(done);
        })?;
        outcome.await.map_err(Error::other)
    }
}

fn not_answered() -> Error {
    Error::new(
        ErrorKind::TimedOut,
        "the folder does not answer; look whether the machine or disk that it lies on is there",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_hangs_is_given_up_and_nothing_is_begun_before_it_ends() {
        let work = OutsideWork::within(Duration::from_millis(20));
        let (go_on, hangs) = mpsc::channel::<()>();
        let (tell, ended) = mpsc::channel();
        let first = work.run(move || {
            let _ = hangs.recv();
            let _ = tell.send(1);
        });
        assert_eq!(first.await.unwrap_err().kind(), ErrorKind::TimedOut);
        let second = work.run(|| 2).await;
        assert_eq!(second.unwrap_err().kind(), ErrorKind::TimedOut);
        drop(go_on);
        assert_eq!(ended.recv(), Ok(1));
        loop {
            match work.run(|| 3).await {
                Ok(done) => break assert_eq!(done, 3),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    #[tokio::test]
    async fn pieces_begun_together_are_done_one_after_the_other() {
        let work = OutsideWork::default();
        let (go_on, waits) = mpsc::channel::<()>();
        let first = work.run(move || waits.recv().is_err());
        let second = work.run(move || drop(go_on));
        // The first would wait for ever, were the second not begun beside it.
        let limited = tokio::time::timeout(Duration::from_millis(50), async {
            tokio::join!(first, second)
        });
        assert!(limited.await.is_err());
    }
}
