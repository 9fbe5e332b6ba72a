//! Terminal authentication (特定機関認証): a terminal shows its own keys to the card, which then signs without PIN. On real
//! cards only licensed operators hold such keys and the protocol is not public; what is here is the place for it.

pub mod example;

use crate::apdu::{Answer, Command, Status};
use crate::error::CardError;
use crate::reader::LinkError;
use crate::session::Session;

/// Shows this terminal to a card.
pub trait TerminalAuthenticator: Send + 'static {
    /// Runs the protocol with JPKI selected. On success the card signs once or more until the session ends.
    ///
    /// # Errors
    /// [`CardError::Terminal`] when the card does not accept the terminal.
    fn authenticate(&mut self, card: &mut TerminalChannel<'_, '_>) -> Result<(), CardError>;
}

/// What an authenticator may do with the card: its own two commands and nothing else.
#[derive(Debug)]
pub struct TerminalChannel<'s, 'r>(&'s mut Session<'r>);

/// Why the card did not accept this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TerminalRefused {
    /// The card knows no terminal authentication of this kind.
    #[error(
        "このカードは本端末の認証方式に対応していません。暗証番号を使ってください。 / this card does not know this terminal's kind of authentication; use the PIN"
    )]
    Unknown,
    /// The terminal's certificate is not accepted: another issuer's, expired or broken.
    #[error(
        "端末の証明書がカードに受け入れられません（{0}）。端末の鍵の期限と設定を確かめてください。 / the card does not accept the terminal's certificate ({0}); check the terminal keys and their expiry"
    )]
    Certificate(Status),
    /// The terminal did not prove its key.
    #[error(
        "端末の鍵がカードに受け入れられません（{0}）。端末の鍵の設定を確かめてください。 / the card does not accept the terminal's key ({0}); check the terminal keys"
    )]
    Key(Status),
    /// The terminal's own keys do not read.
    #[error(
        "端末の鍵を読めません。設定を確かめてください。 / the terminal keys do not read; check the settings"
    )]
    Unreadable,
}

impl<'s, 'r> TerminalChannel<'s, 'r> {
    pub(crate) fn new(session: &'s mut Session<'r>) -> Self {
        Self(session)
    }

    /// GET CHALLENGE.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn challenge(&mut self, length: u8) -> Result<Answer, LinkError> {
        self.0.exchange(&Command::challenge(length))
    }

    /// EXTERNAL AUTHENTICATE with one part.
    ///
    /// # Errors
    /// [`LinkError`]; [`TerminalRefused::Unreadable`] for a part longer than a short command carries.
    pub fn external_authenticate(
        &mut self,
        p1: u8,
        p2: u8,
        part: &[u8],
    ) -> Result<Status, CardError> {
        let command = Command::external_authenticate(p1, p2, part);
        let command = command.ok_or(TerminalRefused::Unreadable)?;
        Ok(self.0.exchange(&command)?.status)
    }
}
