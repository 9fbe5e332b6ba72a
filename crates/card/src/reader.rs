//! A place where cards are laid, real or in memory. Knows nothing of what a card says.

use std::time::Duration;

/// A reader, used by one thread.
pub trait Reader: Send + 'static {
    /// Starts telling of every change of presence, beginning with how it is now. Called once.
    fn watch(&mut self, watcher: Watcher);

    /// Takes the card for this program alone, until [`Reader::close`].
    ///
    /// # Errors
    /// [`LinkError`]; then nothing was taken.
    fn open(&mut self) -> Result<Insertion, LinkError>;

    /// Waits until no other program uses the card, or nothing lies there, but no longer than so.
    fn wait_until_free(&mut self, longest: Duration);

    /// Sends one command and returns data and status word.
    ///
    /// # Errors
    /// [`LinkError`]. Whether the card has executed the command is then unknown.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError>;

    /// Resets the card and gives it back; does nothing when no card was taken.
    fn close(&mut self);
}

impl Reader for Box<dyn Reader> {
    fn watch(&mut self, watcher: Watcher) {
        self.as_mut().watch(watcher);
    }

    fn open(&mut self) -> Result<Insertion, LinkError> {
        self.as_mut().open()
    }

    fn wait_until_free(&mut self, longest: Duration) {
        self.as_mut().wait_until_free(longest);
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.as_mut().transmit(command)
    }

    fn close(&mut self) {
        self.as_mut().close();
    }
}

/// Counts the cards laid on one reader, so that a card exchanged in a moment is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Insertion(pub u32);

/// What lies on a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The reader is there and nothing lies on it.
    Empty,
    /// A card answers.
    Card(Insertion),
    /// A card is there and another program uses it.
    InUse(Insertion),
    /// Something is there that does not answer.
    Mute(Insertion),
    /// There is no reader.
    Gone(Missing),
}

/// Why there is no reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// None is connected, or none of the configured name.
    Reader,
    /// The smart-card service of the machine does not run.
    Service,
}

/// Where a reader tells of changes.
pub struct Watcher(Box<dyn Fn(Presence) + Send + Sync>);

impl Watcher {
    /// Calls `told` with each change.
    pub fn new(told: impl Fn(Presence) + Send + Sync + 'static) -> Self {
        Self(Box::new(told))
    }

    /// Tells of a change.
    pub fn tell(&self, presence: Presence) {
        (self.0)(presence);
    }
}

impl core::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Watcher(…)")
    }
}

/// Why a command did not reach a card, or its answer not us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No card lies there any more.
    #[error(
        "カードが取り出されました。もう一度カードを置いてください。 / the card was removed; lay it on the reader again"
    )]
    Removed,
    /// The reader was unplugged.
    #[error(
        "カードリーダーが見つかりません。接続を確かめてください。 / the card reader is gone; check its cable"
    )]
    ReaderGone,
    /// The smart-card service does not run.
    #[error(
        "カードリーダーのサービス（pcscd等）が動いていません。起動してください。 / the smart-card service (pcscd) does not run; start it"
    )]
    NoService,
    /// Another program uses the card.
    #[error(
        "他のプログラムがカードを使用しています。終了してからやり直してください。 / another program uses the card; close it and try again"
    )]
    Busy,
    /// The card does not answer.
    #[error(
        "カードが応答しません。置き直してください。 / the card does not answer; lay it on the reader again"
    )]
    Mute,
    /// Something else between us and the card.
    #[error(
        "カードとの通信に失敗しました（{0}）。置き直してください。 / talking to the card failed ({0}); lay it on the reader again"
    )]
    Failed(String),
}
