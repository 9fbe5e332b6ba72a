//! The end of the center without a failed request: nothing new is accepted, open connections are told to close after what is in progress, and
//! that is waited for. Ends nothing by force; the process does, when the time is up. How it went lies in a file for the next process to tell.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Interval;

/// The file of how it went, in the data folder.
const LAST: &str = "last-drain.json";

/// How the process before this one ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastDrain {
    /// Milliseconds it took.
    pub(crate) took_ms: u64,
    /// Connections that were open when it began.
    pub(crate) open: u64,
    /// Of them, those that were cut.
    pub(crate) cut: u64,
}

impl LastDrain {
    /// Writes it down. An end is no place to fail: what cannot be written is told of.
    pub(crate) fn keep(self, data_dir: &Path) {
        let bytes = serde_json::to_vec(&self).unwrap_or_default();
        if let Err(error) = pki::sealed::write_private(&data_dir.join(LAST), &bytes) {
            tracing::warn!(error = %error, "how the center ended could not be written down");
        }
    }

    /// Of the process before, once: whoever ends without draining leaves nothing behind.
    pub(crate) fn take(data_dir: &Path) -> Option<Self> {
        let file = data_dir.join(LAST);
        let bytes = std::fs::read(&file).ok()?;
        // Where it stays, it is told of once more.
        let _ = std::fs::remove_file(&file);
        serde_json::from_slice(&bytes).ok()
    }

    /// How long it took.
    pub(crate) fn took(self) -> Duration {
        Duration::from_millis(self.took_ms)
    }
}

/// Tells connections that the center ends, and when the last of them is gone.
#[derive(Debug)]
pub(crate) struct Draining {
    begun: watch::Sender<bool>,
    /// Each connection holds a receiver, and so does what goes on without the one it was begun for.
    open: watch::Sender<()>,
    /// Connections alone hold a receiver of this.
    connections: watch::Sender<()>,
}

impl Default for Draining {
    fn default() -> Self {
        Self {
            begun: watch::Sender::new(false),
            open: watch::Sender::new(()),
            connections: watch::Sender::new(()),
        }
    }
}

/// Waited for until it is dropped.
#[derive(Debug)]
pub(crate) struct Open(#[expect(dead_code, reason = "held, never read")] watch::Receiver<()>);

impl Draining {
    /// Begins.
    pub(crate) fn begin(&self) {
        self.begun.send_replace(true);
    }

    /// Ends when it begins.
    pub(crate) fn begun(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut begun = self.begun.subscribe();
        async move {
            // An error is that the center is gone altogether.
            let _ = begun.wait_for(|it| *it).await;
        }
    }

    /// Something that is waited for.
    pub(crate) fn open(&self) -> Open {
        Open(self.open.subscribe())
    }

    /// A connection, which is waited for and counted apart from other work.
    pub(crate) fn connection(&self) -> (Open, Open) {
        // What is counted is let go of first: when nothing is waited for, no connection is counted.
        (Open(self.connections.subscribe()), self.open())
    }

    /// Whether it has begun.
    pub(crate) fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Waits for the next turn of what the center does by itself; false when there is none any more.
    pub(crate) async fn is_turn(&self, every: &mut Interval) -> bool {
        tokio::select! {
            biased;
            () = self.begun() => false,
            _ = every.tick() => true,
        }
    }

    /// So many steps of a turn, and none more once it has begun.
    pub(crate) fn steps(&self, most: u32) -> impl Iterator<Item = u32> + Send {
        (0..most).take_while(move |_| !self.has_begun())
    }

    /// How many connections are waited for.
    pub(crate) fn connections(&self) -> usize {
        self.connections.receiver_count()
    }

    /// How much else is waited for: what goes on without the connection it was begun for.
    pub(crate) fn other_work(&self) -> usize {
        let all = self.open.receiver_count();
        all.saturating_sub(self.connections())
    }

    /// Ends when none is left.
    pub(crate) async fn over(&self) {
        self.open.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_has_so_many_steps_and_none_more_once_the_end_has_begun() {
        let draining = Draining::default();
        assert_eq!(draining.steps(3).count(), 3);
        let mut steps = draining.steps(3);
        assert!(steps.next().is_some());
        draining.begin();
        assert!(steps.next().is_none());
        assert_eq!(draining.steps(3).count(), 0);
    }

    #[tokio::test]
    async fn connections_are_counted_apart_from_other_work_and_both_are_waited_for() {
        let draining = Draining::default();
        let (connection, work) = (draining.connection(), draining.open());
        assert_eq!((draining.connections(), draining.other_work()), (1, 1));
        drop(connection);
        assert_eq!((draining.connections(), draining.other_work()), (0, 1));
        let ends = async {
            tokio::task::yield_now().await;
            drop(work);
        };
        tokio::join!(draining.over(), ends);
        assert_eq!((draining.connections(), draining.other_work()), (0, 0));
    }
}
