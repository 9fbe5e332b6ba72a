//! Work on the files of one folder pair, done on threads that may block: a share that hangs holds up its own pair alone. Notes since when a
//! piece of it goes on, so that one that does not come back is told of.

use crate::clock::Clock;
use crate::round_error::RoundError;
use crate::standing::{Hand, Standing};

/// Has work on the files of a folder pair done, one piece after the other.
#[derive(Debug, Clone)]
pub(crate) struct FileWork {
    standing: Standing,
    hand: Hand,
    clock: Clock,
}

impl FileWork {
    pub(crate) fn new(standing: Standing, hand: Hand, clock: Clock) -> Self {
        Self {
            standing,
            hand,
            clock,
        }
    }

    /// Has a piece of work done.
    ///
    /// # Errors
    /// [`RoundError::BrokenOff`].
    pub(crate) async fn on_a_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RoundError> {
        self.standing.begins(self.hand, self.clock.now());
        let worked = tokio::task::spawn_blocking(work).await;
        self.standing.ends(self.hand);
        worked.map_err(|_| RoundError::BrokenOff(self.standing.folder().to_owned()))
    }

    /// A long piece of work says now and then that it goes on: it does not hang.
    pub(crate) fn goes_on(&self) {
        self.standing.goes_on(self.hand, self.clock.now());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use domain::civil_date::Instant;
    use store::journal::Journal;

    use super::*;
    use crate::standing::Standings;

    #[tokio::test]
    async fn work_that_goes_on_is_not_told_of_and_work_that_stands_still_is() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(&dir.path().join("journal.db")).unwrap();
        let seconds = Arc::new(AtomicI64::new(0));
        let read = Arc::clone(&seconds);
        let clock = Clock(Arc::new(move || {
            Instant::from_micros(0).plus_seconds(read.load(Ordering::SeqCst))
        }));
        let standings = Standings::default();
        let files = FileWork::new(standings.of("receipt"), Hand::Upkeep, clock.clone());
        let names = ["receipt".to_owned()];
        let is_told = move || {
            let state = standings.state(&names, &journal, 0, clock.now());
            state.unwrap().folders[0].last_trouble.is_some()
        };
        let own = files.clone();
        let looked = files.on_a_thread(move || {
            let mut told = Vec::new();
            // Five seconds at each step, thirty each time.
            for goes_on in [true, false, true] {
                for _ in 0..6 {
                    seconds.fetch_add(5, Ordering::SeqCst);
                    if goes_on {
                        own.goes_on();
                    }
                    told.push(is_told());
                }
            }
            told
        });
        let looked = looked.await.unwrap();
        assert_eq!(looked[..6], [false; 6], "it goes on");
        assert_eq!(looked[6..12], [false, true, true, true, true, true]);
        assert_eq!(looked[12..], [false; 6], "it goes on again");
    }
}
