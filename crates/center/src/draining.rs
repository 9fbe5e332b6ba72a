//! The end of the center without a failed request: nothing new is accepted, open connections are told to close after what is in progress, and
//! that is waited for. Ends nothing by force; the process does, when the time is up.

use tokio::sync::watch;

/// Tells connections that the center ends, and when the last of them is gone.
#[derive(Debug)]
pub(crate) struct Draining {
    begun: watch::Sender<bool>,
    /// Each connection holds a receiver.
    open: watch::Sender<()>,
}

impl Default for Draining {
    fn default() -> Self {
        Self {
            begun: watch::Sender::new(false),
            open: watch::Sender::new(()),
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

    /// How many are waited for.
    pub(crate) fn left(&self) -> usize {
        self.open.receiver_count()
    }

    /// Ends when none is left.
    pub(crate) async fn over(&self) {
        self.open.closed().await;
    }
}
