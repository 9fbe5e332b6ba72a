//! One card on a reader, read once and signing once, without a screen: what a device of home care needs. Keeps no PIN and nothing of the card.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use card::card_desk::{CardDesk, Event, Placed};
use card::error::CardError;
use card::pin::InvalidPin;
pub use card::pin::Pin;
use card::token::TokenKind;
use domain::card_challenge::ChallengeText;
use domain::identification::Method;
use tokio::sync::mpsc::UnboundedReceiver;
use zeroize::Zeroizing;

use crate::machine::Machine;
use crate::reading;

/// How the holder is identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By the four digits.
    Pin,
    /// By staff, who compared face and photo.
    ByEye,
}

impl How {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.method().as_str()
    }

    fn method(self) -> Method {
        match self {
            Self::Pin => Method::Pin,
            Self::ByEye => Method::Visual,
        }
    }
}

/// A card that lies on the reader.
#[derive(Debug)]
pub struct CardAtHand {
    desk: CardDesk,
    placed: Placed,
    /// The desk ends with its last handle; what it tells meanwhile is not needed.
    _events: UnboundedReceiver<Event>,
}

/// What a card signed.
#[derive(Debug)]
pub struct SignedAtHand {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// The signature of the challenge's text.
    pub signature: Vec<u8>,
}

/// Why there is no signature, in both languages.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// The system has no thread left.
    #[error("カードリーダーを開けません。 / the card reader cannot be opened: {0}")]
    Desk(#[source] std::io::Error),
    /// Nobody placed a card.
    #[error(
        "カードが置かれませんでした。リーダーを確かめて、もう一度行ってください。 / no card was placed; look at the reader and try again"
    )]
    NoCard,
    /// What was placed cannot be used.
    #[error("このカードは使えません。 / this card cannot be used: {0}")]
    Unreadable(#[source] CardError),
    /// The digits are no PIN.
    #[error(transparent)]
    Pin(#[from] InvalidPin),
    /// The digits could not be read.
    #[error(
        "暗証番号を読み取れませんでした。もう一度行ってください。 / the PIN could not be read; try again: {0}"
    )]
    Typed(#[source] std::io::Error),
    /// The card did not sign.
    #[error("カードで確認できませんでした。 / the card did not sign: {0}")]
    Card(#[source] CardError),
}

impl CardAtHand {
    /// Waits until a card lies on the reader.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub async fn wait(machine: Machine, wait_s: u32) -> Result<Self, NotSigned> {
        let (reader, settings) = machine.desk_settings();
        let (desk, mut events) = CardDesk::open(reader, settings).map_err(NotSigned::Desk)?;
        let placed = async {
            while let Some(event) = events.recv().await {
                match event {
                    Event::Placed(placed) => return Ok(placed),
                    Event::Unreadable(error) => return Err(NotSigned::Unreadable(error)),
                    Event::Removed | Event::ReaderGone(_) | Event::ReaderBack => {}
                }
            }
            Err(NotSigned::NoCard)
        };
        let limit = Duration::from_secs(wait_s.into());
        let placed = tokio::time::timeout(limit, placed).await;
        let placed = placed.map_err(|_| NotSigned::NoCard)??;
        Ok(Self {
            desk,
            placed,
            _events: events,
        })
    }

    /// Whether its PIN is typed here: an iPhone asks its holder itself.
    #[must_use]
    pub fn takes_pin(&self) -> bool {
        match self.placed.token {
            TokenKind::Card | TokenKind::Android => true,
            TokenKind::IPhone => false,
        }
    }

    /// Has it sign a challenge, once.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub async fn sign(
        &self,
        how: How,
        pin: Option<Pin>,
        text: ChallengeText,
    ) -> Result<SignedAtHand, NotSigned> {
        let signed = reading::signed(&self.desk, self.placed, how.method(), pin, text).await;
        let signed = signed.map_err(NotSigned::Card)?;
        Ok(SignedAtHand {
            certificate: signed.certificate.der().to_vec(),
            signature: signed.signature.bytes,
        })
    }
}

/// The longest line in which a PIN is looked for. Room for it is there from the start: a text that grows leaves copies behind.
const MOST_LINE: usize = 64;

/// Reads the four digits from a line, byte by byte, so that what comes after it stays where it is. What was read is wiped; whether the
/// source keeps a copy is its own matter.
///
/// # Errors
/// [`NotSigned::Typed`], [`NotSigned::Pin`].
pub fn read_pin(mut from: impl Read) -> Result<Pin, NotSigned> {
    let mut line = Zeroizing::new(Vec::<u8>::with_capacity(MOST_LINE));
    let mut one = Zeroizing::new([0_u8]);
    loop {
        match from.read(one.as_mut_slice()) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(NotSigned::Typed(error)),
            Ok(0) => break,
            Ok(_) => {}
        }
        match *one {
            [b'\n'] => break,
            [byte] if line.len() < MOST_LINE => line.push(byte),
            _ => {}
        }
    }
    let text = std::str::from_utf8(&line).map_err(|_| InvalidPin)?;
    if MOST_LINE <= text.len() {
        return Err(InvalidPin.into());
    }
    Ok(Pin::parse(text.trim())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_from_one_line_and_the_rest_is_left() {
        let mut typed = &b" 1234\r\nthe next command"[..];
        assert!(read_pin(&mut typed).is_ok());
        assert_eq!(typed, b"the next command");
        assert!(read_pin(&b"1234"[..]).is_ok());
        let long = format!("1234{}5", " ".repeat(100));
        for wrong in ["", "\n1234", "12345\n", "123\n4", "１２３４", long.as_str()] {
            let refused = read_pin(wrong.as_bytes());
            assert!(matches!(refused, Err(NotSigned::Pin(_))), "{wrong}");
        }
    }
}
