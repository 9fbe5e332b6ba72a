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
}
