//! The screens of the patient's own page: their rows, which step shows which, which buttons apply. Holds no sentence and shows no
//! medical information.

use crate::flow::failure::{Failure, Unreadable};
use crate::flow::own::{Own, OwnFailure, OwnPress, Place};
use crate::screens::{Button, Press, Row, Screen, Weight};

/// A screen of the own page. Where a card cannot be used for any page, the check's screens say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnScreen {
    /// What it is, and that a card is awaited.
    Start,
    /// The PIN.
    Pin,
    /// What there is.
    Menu,
    /// Who looked.
    Looks,
    /// One consent.
    Consent,
    /// Whether to withdraw it.
    Confirm,
    /// Older looks are fetched.
    ReadingOn,
    /// A withdrawal is on its way.
    Withdrawing,
    /// It is recorded.
    Withdrawn,
    /// The consent had ended before.
    Over,
    /// It is not known to be recorded.
    NotWithdrawn,
    /// The page's time is over.
    Ended,
    /// One try of the PIN is left.
    PinLastTry,
    /// The PIN is locked, or the card has none.
    PinLocked,
    /// Nobody is registered under the card.
    NotRegistered,
    /// The center cannot be reached: nothing was withdrawn.
    Unreachable,
    /// The center refused.
    Refused,
}

impl OwnScreen {
    /// Every screen.
    pub const ALL: [Self; 17] = [
        Self::Start,
        Self::Pin,
        Self::Menu,
        Self::Looks,
        Self::Consent,
        Self::Confirm,
        Self::ReadingOn,
        Self::Withdrawing,
        Self::Withdrawn,
        Self::Over,
        Self::NotWithdrawn,
        Self::Ended,
        Self::PinLastTry,
        Self::PinLocked,
        Self::NotRegistered,
        Self::Unreachable,
        Self::Refused,
    ];

    /// Whether it tells of a failure, whose code help desks are told.
    #[must_use]
    pub fn is_failure(self) -> bool {
        match self {
            Self::NotWithdrawn
            | Self::Ended
            | Self::PinLastTry
            | Self::PinLocked
            | Self::NotRegistered
            | Self::Unreachable
            | Self::Refused => true,
            Self::Start | Self::Pin | Self::Menu | Self::Looks | Self::Consent | Self::Confirm => {
                false
            }
            Self::ReadingOn | Self::Withdrawing | Self::Withdrawn | Self::Over => false,
        }
    }
}

impl OwnPress {
    /// Its name in the page's forms.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enter => "own",
            Self::Looks => "own_looks",
            Self::Consents => "own_consents",
            Self::Next => "next",
            Self::Previous => "previous",
            Self::Withdraw => "withdraw",
            Self::Confirm => "confirm",
            Self::Keep => "keep",
        }
    }
}

const MENU: Button = (Press::Back, "own-menu");
const KEEP: Button = (Press::Own(OwnPress::Keep), "own-keep");
const AGAIN: Button = (Press::Retry, "own-again");
const NO_BUTTONS: &[Button] = &[];

const fn row(
    screen: OwnScreen,
    key: &'static str,
    weight: Weight,
    buttons: &'static [Button],
) -> Row {
    Row {
        screen: Screen::Own(screen),
        key,
        weight,
        buttons,
    }
}

/// The table.
#[rustfmt::skip]
pub const TABLE: [Row; 17] = [
    row(OwnScreen::Start, "own-start", Weight::Plain, &[(Press::Back, "own-leave")]),
    row(OwnScreen::Pin, "own-pin", Weight::Plain, NO_BUTTONS),
    row(OwnScreen::Menu, "own-menu", Weight::Plain,
        &[(Press::Own(OwnPress::Looks), "own-see-looks"), (Press::Own(OwnPress::Consents), "own-see-consents")]),
    row(OwnScreen::Looks, "own-looks", Weight::Plain,
        &[(Press::Own(OwnPress::Next), "own-older"), (Press::Own(OwnPress::Previous), "own-newer"), MENU]),
    row(OwnScreen::Consent, "own-consent", Weight::Plain, &[
        (Press::Own(OwnPress::Withdraw), "own-withdraw"), (Press::Own(OwnPress::Next), "own-next-consent"),
        (Press::Own(OwnPress::Previous), "own-previous-consent"), MENU]),
    row(OwnScreen::Confirm, "own-confirm", Weight::Notice,
        &[(Press::Own(OwnPress::Confirm), "own-do-withdraw"), KEEP]),
    row(OwnScreen::ReadingOn, "own-reading-on", Weight::Busy, NO_BUTTONS),
    row(OwnScreen::Withdrawing, "own-withdrawing", Weight::Busy, NO_BUTTONS),
    row(OwnScreen::Withdrawn, "own-withdrawn", Weight::Good, &[MENU]),
    row(OwnScreen::Over, "own-over", Weight::Good, &[MENU]),
    row(OwnScreen::NotWithdrawn, "own-not-withdrawn", Weight::Notice, &[(Press::Retry, "own-withdraw-again"), KEEP]),
    row(OwnScreen::Ended, "own-ended", Weight::Notice, &[AGAIN]),
    row(OwnScreen::PinLastTry, "own-pin-last-try", Weight::Notice, NO_BUTTONS),
    row(OwnScreen::PinLocked, "own-pin-locked", Weight::Notice, NO_BUTTONS),
    row(OwnScreen::NotRegistered, "own-not-registered", Weight::Notice, NO_BUTTONS),
    row(OwnScreen::Unreachable, "own-unreachable", Weight::Notice, &[AGAIN]),
    row(OwnScreen::Refused, "own-refused", Weight::Notice, &[AGAIN]),
];

/// The screen of a step of the own page.
pub(super) fn screen(own: &Own) -> Screen {
    Screen::Own(match own {
        Own::Start => OwnScreen::Start,
        Own::Reading => return Screen::Reading,
        Own::Unreadable(Unreadable::Silent) => return Screen::Unreadable,
        Own::Unreadable(Unreadable::NotMyNumberCard) => return Screen::NotMyNumberCard,
        Own::Pin { .. } => OwnScreen::Pin,
        Own::Opening(card) if card.token == crate::flow::facts::Token::Iphone => {
            return Screen::IdentifyingPhone;
        }
        Own::Opening(_) => return Screen::Identifying,
        Own::At(_, Place::Menu) => OwnScreen::Menu,
        Own::At(_, Place::Looks(_)) => OwnScreen::Looks,
        Own::At(_, Place::Consent(_)) => OwnScreen::Consent,
        Own::At(_, Place::Confirm(_)) => OwnScreen::Confirm,
        Own::ReadingOn(..) => OwnScreen::ReadingOn,
        Own::Withdrawing(_) => OwnScreen::Withdrawing,
        Own::Withdrawn(_) => OwnScreen::Withdrawn,
        Own::Over(_) => OwnScreen::Over,
        Own::NotWithdrawn(_) => OwnScreen::NotWithdrawn,
        Own::Failed { failure, .. } => return failed(*failure),
    })
}

fn failed(failure: OwnFailure) -> Screen {
    Screen::Own(match failure {
        OwnFailure::Ended => OwnScreen::Ended,
        OwnFailure::Identification(failure) => match failure {
            Failure::PinLastTry => OwnScreen::PinLastTry,
            Failure::PinLocked => OwnScreen::PinLocked,
            Failure::NotRegistered => OwnScreen::NotRegistered,
            Failure::CenterUnreachable => OwnScreen::Unreachable,
            Failure::CardExpired
            | Failure::CardNotYetValid
            | Failure::CardRevoked
            | Failure::RevocationUnknown
            | Failure::CardNotAccepted => return Screen::Failed(failure),
            Failure::FaceNotMatched
            | Failure::NoCoverage
            | Failure::SeveralCoverages
            | Failure::MethodNotAllowed
            | Failure::CenterRefused
            | Failure::AnswersNotTaken => OwnScreen::Refused,
        },
    })
}

/// Whether a button does anything at a step of the own page.
pub(super) fn applies(press: Press, own: &Own) -> bool {
    match (press, own) {
        (Press::Own(OwnPress::Consents), Own::At(record, Place::Menu)) => {
            !record.consents.is_empty()
        }
        (Press::Own(OwnPress::Next), Own::At(record, Place::Looks(first))) => {
            record.has_older(*first)
        }
        (Press::Own(OwnPress::Previous), Own::At(_, Place::Looks(first))) => 0 < *first,
        (Press::Own(OwnPress::Next), Own::At(record, Place::Consent(which))) => {
            which + 1 < record.consents.len()
        }
        (Press::Own(OwnPress::Previous), Own::At(_, Place::Consent(which))) => 0 < *which,
        (Press::Back, Own::Withdrawn(record) | Own::Over(record)) => record.is_some(),
        (Press::Own(OwnPress::Keep) | Press::Retry, Own::NotWithdrawn(kept)) => kept.is_some(),
        _ => true,
    }
}

/// Whether the end is offered: a withdrawal on its way is not called back.
pub(super) fn may_stop(own: &Own) -> bool {
    match own {
        // The way back to the check is the end there.
        Own::Start | Own::Withdrawing(_) => false,
        Own::Withdrawn(record) | Own::Over(record) => record.is_some(),
        Own::NotWithdrawn(kept) => kept.is_some(),
        Own::Reading | Own::Unreadable(_) | Own::Pin { .. } | Own::Opening(_) => true,
        Own::At(..) | Own::ReadingOn(..) | Own::Failed { .. } => true,
    }
}
