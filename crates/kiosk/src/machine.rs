//! What a kiosk holds of the machine it runs on: the card reader and the terminal keys. Opens no reader that this build cannot read,
//! and says so; the kiosk then shows that it is out of order and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use card::card_desk::DeskSettings;
use card::deployment::service_logging;
use card::memory::Tray;
use card::reader::{Insertion, LinkError, Missing, Presence, Reader, Watcher};
use card::reader_setting::{NoReader, ReaderName};
use card::terminal::TerminalAuthenticator;
use card::terminal::example::ExampleTerminal;

use crate::flow::facts::Keys;

/// Reader and keys.
pub struct Machine {
    pub(crate) reader: Box<dyn Reader>,
    terminal: Option<Box<dyn TerminalAuthenticator>>,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Machine({:?}, …)", self.keys())
    }
}

/// Why a machine is not as the settings say, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMachine {
    /// The setting names no reader.
    #[error("{0}")]
    Setting(String),
    /// This build reads no cards.
    #[error("{0}")]
    NotBuilt(String),
    /// The terminal keys do not read.
    #[error("{0}")]
    Keys(String),
}

impl Machine {
    /// The reader of a setting (`pcsc:NAME`); it need not be there yet.
    ///
    /// # Errors
    /// [`NoMachine::Setting`], [`NoMachine::NotBuilt`].
    pub fn of(setting: &str) -> Result<Self, NoMachine> {
        let opened = ReaderName::parse(setting).and_then(|name| name.reader());
        let looked = opened.map(|reader| Looked {
            reader,
            look: Arc::new(warn_of_logging),
        });
        looked.map(Self::over).map_err(|no| match no {
            NoReader::Form(_) => NoMachine::Setting(no.to_string()),
            NoReader::NotBuilt => NoMachine::NotBuilt(no.to_string()),
        })
    }

    /// Any reader.
    #[must_use]
    pub fn over(reader: impl Reader) -> Self {
        Self {
            reader: Box::new(reader),
            terminal: None,
        }
    }

    /// No reader at all.
    #[must_use]
    pub fn without_reader() -> Self {
        let (tray, reader) = Tray::new();
        tray.lose(Missing::Reader);
        Self::over(reader)
    }

    /// With terminal keys of this project's own protocol (`docs/decisions/0016-terminal-authentication.md`).
    ///
    /// # Errors
    /// [`NoMachine::Keys`].
    pub fn with_terminal(self, certificate: &[u8], key_pkcs8: &[u8]) -> Result<Self, NoMachine> {
        let terminal = ExampleTerminal::new(certificate, key_pkcs8);
        let terminal = terminal.map_err(|refused| NoMachine::Keys(refused.to_string()))?;
        Ok(self.with_authenticator(terminal))
    }

    /// With keys of an operator's own.
    #[must_use]
    pub fn with_authenticator(self, terminal: impl TerminalAuthenticator) -> Self {
        Self {
            terminal: Some(Box::new(terminal)),
            ..self
        }
    }

    /// Whether it holds terminal keys.
    #[must_use]
    pub fn keys(&self) -> Keys {
        match self.terminal {
            Some(_) => Keys::Held,
            None => Keys::Missing,
        }
    }

    /// What a desk is opened with.
    #[must_use]
    pub fn desk_settings(self) -> (Box<dyn Reader>, DeskSettings) {
        let settings = DeskSettings {
            terminal: self.terminal,
            face: None,
        };
        (self.reader, settings)
    }
}

/// Says so where the smart-card service writes PINs into its log.
fn warn_of_logging() {
    if let Some(warning) = service_logging().warning() {
        tracing::warn!("{warning}");
    }
}

/// A reader whose service is looked at each time the reader is there anew: systemd starts pcscd only when the first program asks for it,
/// and it may be started otherwise the next time.
struct Looked {
    reader: Box<dyn Reader>,
    look: Arc<dyn Fn() + Send + Sync>,
}

impl Reader for Looked {
    fn watch(&mut self, watcher: Watcher) {
        let look = Arc::clone(&self.look);
        let was_there = AtomicBool::new(false);
        self.reader.watch(Watcher::new(move |presence| {
            let is_there = !matches!(presence, Presence::Gone(_));
            if !was_there.swap(is_there, Ordering::Relaxed) && is_there {
                look();
            }
            watcher.tell(presence);
        }));
    }

    fn open(&mut self) -> Result<Insertion, LinkError> {
        self.reader.open()
    }

    fn wait_until_free(&mut self, longest: Duration) {
        self.reader.wait_until_free(longest);
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        self.reader.transmit(command)
    }

    fn close(&mut self) {
        self.reader.close();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn the_service_is_looked_at_each_time_the_reader_is_there_anew() {
        let (tray, reader) = Tray::new();
        tray.lose(Missing::Service);
        let looks = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&looks);
        let mut reader = Looked {
            reader: Box::new(reader),
            look: Arc::new(move || {
                counted.fetch_add(1, Ordering::Relaxed);
            }),
        };
        reader.watch(Watcher::new(|_| {}));
        assert_eq!(looks.load(Ordering::Relaxed), 0, "no service yet");
        tray.bring_back();
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        tray.place(Box::new(|_| None));
        assert_eq!(looks.load(Ordering::Relaxed), 1, "a card is no new reader");
        tray.lose(Missing::Service);
        tray.bring_back();
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }
}
