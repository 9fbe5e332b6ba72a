//! My Number cards in readers: certificate, tries, PIN, signature of the center's challenge, signed photo. Has no command for
//! the individual number (個人番号) and no type it would fit into; decides nothing about insurance; stores nothing.
//!
//! A part that has a reader opens a [`card_desk::CardDesk`] over it and gets events ("a card lies there") and typed answers. Below it lie
//! [`session::Session`] (one exclusive use of the card, reset afterwards) and the applications [`jpki`] and [`card_face`].
//! All facts of the card are from open implementations, as no public specification exists (`docs/decisions/0018-card.md`).

pub mod apdu;
pub mod card_desk;
pub mod card_face;
pub mod certificate;
pub mod deployment;
pub mod error;
pub mod jpki;
pub mod memory;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod pin;
pub mod reader;
pub mod reader_setting;
pub mod rsa;
pub mod session;
pub mod terminal;
pub mod tlv;
pub mod token;
