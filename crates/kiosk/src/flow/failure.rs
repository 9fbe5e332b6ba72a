//! Everything that can go wrong at the reader (G25), and what may be done about it. Words are the screens' matter.

use crate::flow::facts::Card;

/// Why nothing can be done at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outage {
    /// The center cannot be reached.
    Center,
    /// The card reader does not answer.
    Reader,
}

/// Why a card cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unreadable {
    /// It gives no answer, or a wrong one: askew, in a case, worn.
    Silent,
    /// It answers and is no My Number card.
    NotMyNumberCard,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// One try of the PIN is left; it is not risked.
    PinLastTry,
    /// The PIN is locked, or the card has none.
    PinLocked,
    /// The face was not matched. Comes with face matching.
    FaceNotMatched,
    /// The certificate expired too long ago.
    CardExpired,
    /// The certificate is not valid yet.
    CardNotYetValid,
    /// The certificate was revoked.
    CardRevoked,
    /// Whether the certificate was revoked cannot be told now: the center's list is missing or too old.
    RevocationUnknown,
    /// The center does not take this card: chain, key, policy or signature.
    CardNotAccepted,
    /// The card is not registered for use as an insurance card.
    NotRegistered,
    /// No coverage on this day.
    NoCoverage,
    /// Several coverages of equal rank: staff must ask.
    SeveralCoverages,
    /// The center cannot be reached.
    CenterUnreachable,
    /// The center refused this way of proving who one is.
    MethodNotAllowed,
    /// The center refused for another reason: staff must look.
    CenterRefused,
    /// The answers came too late or were refused; the check stands without them.
    AnswersNotTaken,
}

impl Failure {
    /// All failures.
    pub const ALL: [Self; 15] = [
        Self::PinLastTry,
        Self::PinLocked,
        Self::FaceNotMatched,
        Self::CardExpired,
        Self::CardNotYetValid,
        Self::CardRevoked,
        Self::RevocationUnknown,
        Self::CardNotAccepted,
        Self::NotRegistered,
        Self::NoCoverage,
        Self::SeveralCoverages,
        Self::CenterUnreachable,
        Self::MethodNotAllowed,
        Self::CenterRefused,
        Self::AnswersNotTaken,
    ];

    /// Whether it lies in the way of proving who one is, so that staff's look helps.
    #[must_use]
    pub fn is_of_the_method(self) -> bool {
        match self {
            Self::PinLastTry | Self::PinLocked | Self::FaceNotMatched => true,
            Self::CardExpired
            | Self::CardNotYetValid
            | Self::CardRevoked
            | Self::RevocationUnknown
            | Self::CardNotAccepted
            | Self::NotRegistered
            | Self::NoCoverage
            | Self::SeveralCoverages
            | Self::CenterUnreachable
            | Self::MethodNotAllowed
            | Self::CenterRefused
            | Self::AnswersNotTaken => false,
        }
    }

    /// Whether the same card may go better at once.
    #[must_use]
    pub fn may_be_tried_again(self) -> bool {
        matches!(
            self,
            Self::CenterUnreachable
                | Self::CenterRefused
                | Self::MethodNotAllowed
                | Self::FaceNotMatched
        )
    }
}

/// Why a person was not identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The card refused the PIN.
    PinWrong {
        /// Tries left.
        left: u8,
    },
    /// The card was taken before it signed.
    CardTaken,
    /// The card did not do its part.
    CardFailed(Unreadable),
    /// Staff's confirmation is awaited.
    ConfirmationNeeded,
    /// It failed.
    Failed(Failure),
}

/// Whether a PIN may be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinEntry {
    /// It may.
    Allowed,
    /// It may not, and why.
    Stopped(Failure),
}

/// Whether a PIN may be typed for this card: never with the last try (my-number-card §5), which only the holder's
/// municipality could give back. A card that does not say how many tries are left is asked by trying.
#[must_use]
pub fn pin_entry(card: &Card) -> PinEntry {
    match card.tries {
        Some(0) => PinEntry::Stopped(Failure::PinLocked),
        Some(1) => PinEntry::Stopped(Failure::PinLastTry),
        Some(_) | None => PinEntry::Allowed,
    }
}
