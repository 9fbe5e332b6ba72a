//! What the flow is driven by: the line, the reader's mode and keys, the card. Holds nothing of a person but a mark of the card.

use domain::identification::Method;
use domain::reader::ReaderMode;

use crate::flow::failure::{PinEntry, pin_entry};

/// What is known outside the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether the center is reached.
    pub center: Line,
    /// Whether a card lies on the reader.
    pub card: Presence,
    /// The reader's mode.
    pub mode: ReaderMode,
    /// Whether the reader can make a card sign without PIN.
    pub keys: Keys,
    /// Whether faces are compared here. It comes with a later issue; no kiosk offers it yet.
    pub face: FaceMatching,
}

/// The line to the center.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It answers.
    Up,
    /// It does not.
    Down,
}

/// Whether a card lies on the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    There,
    /// None does.
    Absent,
}

/// Keys of terminal authentication (contracts §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// The kiosk holds them and the reader is enrolled with them.
    Held,
    /// It does not: PIN is the only way.
    Missing,
}

/// Whether faces are compared at this reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceMatching {
    /// They are.
    Available,
    /// They are not, so nothing on the screen speaks of it.
    Missing,
}

impl Facts {
    /// Whether a person with this card may prove who they are this way here.
    #[must_use]
    pub fn offers(&self, method: Method, card: &Card) -> bool {
        match method {
            Method::Pin => pin_entry(card) == PinEntry::Allowed,
            // A phone shows no photo to compare with.
            Method::Visual => self.keys == Keys::Held && card.token == Token::Card,
            Method::Face => {
                self.keys == Keys::Held
                    && self.face == FaceMatching::Available
                    && card.token == Token::Card
            }
        }
    }
}

/// What carries the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// A My Number card.
    Card,
    /// An Android phone: the PIN is typed at the kiosk.
    Android,
    /// An iPhone: its holder is recognised by the phone itself.
    Iphone,
}

/// SHA-256 of the card's certificate: tells the same card again without saying whose it is.
pub type CardMark = [u8; 32];

/// A card that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// What it is.
    pub token: Token,
    /// Tries of the PIN left, where the card says so.
    pub tries: Option<u8>,
    /// Its mark, where the certificate was readable without PIN.
    pub mark: Option<CardMark>,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Card({:?}, tries {:?}, …)", self.token, self.tries)
    }
}

impl Card {
    /// Whether it is to stay on the reader to the end; a phone is lifted when it has signed.
    #[must_use]
    pub fn stays(&self) -> bool {
        self.token == Token::Card
    }

    /// Whether it is certainly the same card.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.mark.is_some() && self.mark == other.mark
    }
}
