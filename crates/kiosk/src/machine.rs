//! What a kiosk holds of the machine it runs on: the card reader and the terminal keys. Opens no reader that this build cannot read,
//! and says so; the kiosk then shows that it is out of order and goes on.

use card::deployment::service_logging;
use card::desk::DeskSettings;
use card::memory::Tray;
use card::reader::{Missing, Reader};
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
        if let (Ok(_), Some(warning)) = (&opened, service_logging().warning()) {
            tracing::warn!("{warning}");
        }
        opened.map(Self::over).map_err(|no| match no {
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
