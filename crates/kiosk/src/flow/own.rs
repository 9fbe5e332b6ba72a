//! The patient's own page at the reader: who looked, which consents are in force, withdrawal. A way of its own beside the check: card and
//! PIN, nothing else, and a card that is taken ends it at once with nothing kept. Shows no medical information and talks to nobody.

use api::own::{OwnConsent, OwnConsents, OwnLook, OwnLooks, OwnPage};

use super::facts::{Card, Facts, Line, Presence, Token};
use super::failure::{Failure, Outage, PinEntry, Refusal, Unreadable, pin_entry};
use super::{Effect, Event, Step, Transition, forget, still_there};

/// Looks on one screen.
pub const LOOKS_AT_ONCE: usize = 3;

/// Where the person is on their own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Own {
    /// A card is awaited.
    Start,
    /// The card is being read.
    Reading,
    /// It cannot be read as it lies there.
    Unreadable(Unreadable),
    /// The PIN is typed.
    Pin {
        /// The card.
        card: Card,
        /// Tries left after a wrong PIN.
        wrong: Option<u8>,
    },
    /// Card and center are at it.
    Opening(Card),
    /// Something is read.
    At(Box<Record>, Place),
    /// Older looks are fetched, to be shown from this one on.
    ReadingOn(Box<Record>, usize),
    /// The withdrawal of the consent of this place is on its way; nothing is kept of a person whose card is gone meanwhile.
    Withdrawing(Option<(Box<Record>, usize)>),
    /// It is recorded.
    Withdrawn(Option<Box<Record>>),
    /// The consent had ended before.
    Over(Option<Box<Record>>),
    /// The center did not say that it is recorded.
    NotWithdrawn(Option<(Box<Record>, usize)>),
    /// Something failed.
    Failed {
        /// What.
        failure: OwnFailure,
        /// The card, where it was read.
        card: Option<Card>,
    },
}

/// What is on the screen of an open page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What there is.
    Menu,
    /// Looks, from this one on.
    Looks(usize),
    /// The consent of this place.
    Consent(usize),
    /// Whether it is to be withdrawn.
    Confirm(usize),
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnFailure {
    /// The person was not identified.
    Identification(Failure),
    /// The page's five minutes are over.
    Ended,
}

/// What the center said of the person: kept while the card lies there.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The card.
    pub card: Card,
    /// The name to show.
    pub name: String,
    /// The looks read so far, the newest first.
    pub looks: Vec<OwnLook>,
    /// Where older ones go on.
    pub next: Option<String>,
    /// The consents in force.
    pub consents: Vec<OwnConsent>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (looks, consents) = (self.looks.len(), self.consents.len());
        write!(f, "Record({looks} looks, {consents} consents, …)")
    }
}

impl Record {
    /// Of what the center answered.
    #[must_use]
    pub fn new(card: Card, page: OwnPage) -> Self {
        Self {
            card,
            name: page.name,
            looks: page.looks,
            next: page.next,
            consents: page.consents,
        }
    }

    /// The looks on a screen.
    pub fn looks_from(&self, first: usize) -> impl Iterator<Item = &OwnLook> {
        self.looks.iter().skip(first).take(LOOKS_AT_ONCE)
    }

    /// Whether older looks follow a screen, here or at the center.
    #[must_use]
    pub fn has_older(&self, first: usize) -> bool {
        first + LOOKS_AT_ONCE < self.looks.len() || self.next.is_some()
    }
}

/// What a person does on their own page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OwnPress {
    /// Open it, instead of a check.
    Enter,
    /// See who looked.
    Looks,
    /// See the consents.
    Consents,
    /// The next entries.
    Next,
    /// The entries before.
    Previous,
    /// Withdraw the consent on the screen: asks once more.
    Withdraw,
    /// Withdraw it.
    Confirm,
    /// Leave it in force.
    Keep,
}

/// What the center answers on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnAnswer {
    /// The page.
    Opened(Box<OwnPage>),
    /// Older looks.
    Looks(OwnLooks),
    /// What is left after a withdrawal.
    Withdrawn(OwnConsents),
    /// The consent had ended before.
    Over,
    /// The page's time is over.
    Ended,
    /// The center was not reached, or refused for another reason.
    Lost,
}

/// What follows an event on the own page.
pub(super) fn follow(own: Own, event: Event, facts: &Facts) -> Transition {
    match own {
        Own::Start => start(&event, facts),
        Own::Reading => match event {
            Event::CardRemoved => to(Own::Start),
            Event::CardUnreadable(why) => to(Own::Unreadable(why)),
            Event::CardRead(card) => prove(card),
            _ => to(Own::Reading),
        },
        Own::Unreadable(why) => match event {
            Event::CardRemoved => to(Own::Start),
            // Another program used it until now.
            Event::CardPlaced => to(Own::Reading).with(Effect::ReadCard),
            _ => to(Own::Unreadable(why)),
        },
        Own::Pin { card, wrong } => match event {
            Event::CardRemoved => forget(Step::Welcome),
            Event::PinTyped => match pin_entry(&card) {
                PinEntry::Allowed => open(card),
                PinEntry::Stopped(failure) => fail(failure, Some(card)),
            },
            Event::Idle => still_there(Step::Own(Own::Pin { card, wrong })),
            _ => to(Own::Pin { card, wrong }),
        },
        Own::Opening(card) => opening(card, event, facts),
        Own::At(record, place) => at(record, place, &event),
        Own::ReadingOn(record, first) => reading_on(record, first, event, facts),
        Own::Withdrawing(kept) => withdrawing(kept, event, facts),
        Own::Withdrawn(record) => after(record, &event, facts, Own::Withdrawn),
        Own::Over(record) => after(record, &event, facts, Own::Over),
        Own::NotWithdrawn(kept) => not_withdrawn(kept, &event, facts),
        Own::Failed { failure, card } => failed(failure, card, &event, facts),
    }
}

fn to(own: Own) -> Transition {
    Transition::to(Step::Own(own))
}

fn fail(failure: Failure, card: Option<Card>) -> Transition {
    let failure = OwnFailure::Identification(failure);
    to(Own::Failed { failure, card })
}

fn start(event: &Event, facts: &Facts) -> Transition {
    match event {
        Event::CardPlaced if facts.center == Line::Up => to(Own::Reading).with(Effect::ReadCard),
        Event::CardPlaced | Event::CenterLost => {
            Transition::to(Step::OutOfOrder(Outage::Center)).with(Effect::Forget)
        }
        Event::Back => Transition::to(Step::Welcome),
        Event::Idle => forget(Step::Welcome),
        _ => to(Own::Start),
    }
}

/// The PIN is the only way; where the card lets none be typed the screen says so.
fn prove(card: Card) -> Transition {
    match pin_entry(&card) {
        PinEntry::Allowed if card.token == Token::Iphone => open(card),
        PinEntry::Allowed => to(Own::Pin { card, wrong: None }),
        PinEntry::Stopped(failure) => fail(failure, Some(card)),
    }
}

fn open(card: Card) -> Transition {
    to(Own::Opening(card)).with(Effect::OpenOwn)
}

fn opening(mut card: Card, event: Event, facts: &Facts) -> Transition {
    match event {
        Event::CardRemoved if card.stays() => forget(Step::Welcome).with(Effect::Abandon),
        Event::Own(OwnAnswer::Opened(page)) => {
            to(Own::At(Box::new(Record::new(card, *page)), Place::Menu))
        }
        Event::Refused(Refusal::PinWrong { left }) => {
            card.tries = Some(left);
            let wrong = Some(left);
            match pin_entry(&card) {
                PinEntry::Allowed => to(Own::Pin { card, wrong }),
                PinEntry::Stopped(failure) => fail(failure, Some(card)),
            }
        }
        Event::Refused(Refusal::CardTaken) => forget(Step::Welcome),
        Event::Refused(Refusal::CardFailed(why)) => to(Own::Unreadable(why)),
        Event::Refused(_) if facts.card == Presence::Absent && card.stays() => {
            forget(Step::Welcome)
        }
        // Staff's look proves nobody's identity here.
        Event::Refused(Refusal::ConfirmationNeeded) => fail(Failure::MethodNotAllowed, Some(card)),
        Event::Refused(Refusal::Failed(failure)) => fail(failure, Some(card)),
        _ => to(Own::Opening(card)),
    }
}

fn at(record: Box<Record>, place: Place, event: &Event) -> Transition {
    let stay = |record| to(Own::At(record, place));
    match (event, place) {
        (Event::CardRemoved, _) if record.card.stays() => forget(Step::Welcome),
        (Event::Idle, _) => still_there(Step::Own(Own::At(record, place))),
        (Event::Pressed(OwnPress::Looks), Place::Menu) => to(Own::At(record, Place::Looks(0))),
        (Event::Pressed(OwnPress::Consents), Place::Menu) if !record.consents.is_empty() => {
            to(Own::At(record, Place::Consent(0)))
        }
        (Event::Back, Place::Looks(_) | Place::Consent(_)) => to(Own::At(record, Place::Menu)),
        (Event::Pressed(OwnPress::Keep), Place::Confirm(which)) => {
            to(Own::At(record, Place::Consent(which)))
        }
        (Event::Pressed(OwnPress::Previous), Place::Looks(first)) => {
            let before = Place::Looks(first.saturating_sub(LOOKS_AT_ONCE));
            to(Own::At(record, before))
        }
        (Event::Pressed(OwnPress::Next), Place::Looks(first)) => older(record, first),
        (Event::Pressed(OwnPress::Previous), Place::Consent(which)) => {
            to(Own::At(record, Place::Consent(which.saturating_sub(1))))
        }
        (Event::Pressed(OwnPress::Next), Place::Consent(which))
            if which + 1 < record.consents.len() =>
        {
            to(Own::At(record, Place::Consent(which + 1)))
        }
        (Event::Pressed(OwnPress::Withdraw), Place::Consent(which)) => {
            to(Own::At(record, Place::Confirm(which)))
        }
        (Event::Pressed(OwnPress::Confirm), Place::Confirm(which)) => withdraw(record, which),
        _ => stay(record),
    }
}

fn older(record: Box<Record>, first: usize) -> Transition {
    let next = first + LOOKS_AT_ONCE;
    match record.next.clone() {
        // A screen is filled from the center before it is shown.
        Some(after) if record.looks.len() < next + LOOKS_AT_ONCE => {
            to(Own::ReadingOn(record, next)).with(Effect::ReadOlderLooks(after))
        }
        _ if next < record.looks.len() => to(Own::At(record, Place::Looks(next))),
        _ => to(Own::At(record, Place::Looks(first))),
    }
}

fn reading_on(mut record: Box<Record>, first: usize, event: Event, facts: &Facts) -> Transition {
    match event {
        Event::CardRemoved if record.card.stays() => forget(Step::Welcome).with(Effect::Abandon),
        Event::Own(_) if facts.card == Presence::Absent && record.card.stays() => {
            forget(Step::Welcome)
        }
        Event::Own(OwnAnswer::Looks(older)) => {
            record.looks.extend(older.looks);
            record.next = older.next;
            let place = if first < record.looks.len() {
                Place::Looks(first)
            } else {
                Place::Looks(first.saturating_sub(LOOKS_AT_ONCE))
            };
            to(Own::At(record, place))
        }
        Event::Own(OwnAnswer::Ended) => ended(record.card),
        Event::Own(OwnAnswer::Lost) => fail(Failure::CenterUnreachable, Some(record.card)),
        _ => to(Own::ReadingOn(record, first)),
    }
}

fn withdraw(record: Box<Record>, which: usize) -> Transition {
    let Some(consent) = record.consents.get(which) else {
        return to(Own::At(record, Place::Menu));
    };
    let consent = consent.consent.clone();
    to(Own::Withdrawing(Some((record, which)))).with(Effect::Withdraw(consent))
}

/// A withdrawal on its way is not called back: it is recorded whether the card stays or not.
fn withdrawing(kept: Option<(Box<Record>, usize)>, event: Event, facts: &Facts) -> Transition {
    let kept = kept.filter(|(record, _)| {
        let taken = event == Event::CardRemoved || facts.card == Presence::Absent;
        !(taken && record.card.stays())
    });
    let record = |kept: Option<(Box<Record>, usize)>| kept.map(|(record, _)| record);
    match event {
        Event::Own(OwnAnswer::Withdrawn(left)) => {
            let mut record = record(kept);
            if let Some(record) = &mut record {
                record.consents = left.consents;
            }
            to(Own::Withdrawn(record))
        }
        Event::Own(OwnAnswer::Over) => to(Own::Over(kept.map(|(mut record, which)| {
            if which < record.consents.len() {
                record.consents.remove(which);
            }
            record
        }))),
        Event::Own(OwnAnswer::Ended) => match kept {
            Some((record, _)) => ended(record.card),
            None => to(Own::NotWithdrawn(None)),
        },
        Event::Own(OwnAnswer::Lost) => to(Own::NotWithdrawn(kept)),
        _ => to(Own::Withdrawing(kept)),
    }
}

/// A screen that tells how a withdrawal ended.
fn after(
    record: Option<Box<Record>>,
    event: &Event,
    facts: &Facts,
    own: fn(Option<Box<Record>>) -> Own,
) -> Transition {
    match (event, record) {
        (Event::CardRemoved, Some(record)) if !record.card.stays() => to(own(Some(record))),
        (Event::CardRemoved, _) => forget(Step::Welcome),
        (Event::MomentOver, _) if facts.card == Presence::Absent => forget(Step::Welcome),
        (Event::Back, Some(record)) => to(Own::At(record, Place::Menu)),
        (Event::Idle, Some(record)) => still_there(Step::Own(own(Some(record)))),
        (_, record) => to(own(record)),
    }
}

fn not_withdrawn(kept: Option<(Box<Record>, usize)>, event: &Event, facts: &Facts) -> Transition {
    match (event, kept) {
        (Event::Retry, Some((record, which))) => withdraw(record, which),
        (Event::Pressed(OwnPress::Keep), Some((record, which))) => {
            to(Own::At(record, Place::Consent(which)))
        }
        (Event::CardRemoved, Some((record, which))) if !record.card.stays() => {
            to(Own::NotWithdrawn(Some((record, which))))
        }
        (Event::CardRemoved, _) => forget(Step::Welcome),
        (Event::MomentOver, _) if facts.card == Presence::Absent => forget(Step::Welcome),
        (Event::Idle, Some(kept)) => still_there(Step::Own(Own::NotWithdrawn(Some(kept)))),
        (_, kept) => to(Own::NotWithdrawn(kept)),
    }
}

fn ended(card: Card) -> Transition {
    to(Own::Failed {
        failure: OwnFailure::Ended,
        card: Some(card),
    })
}

fn failed(failure: OwnFailure, card: Option<Card>, event: &Event, facts: &Facts) -> Transition {
    match (event, card) {
        (Event::CardRemoved, _) => forget(Step::Welcome),
        (Event::MomentOver, _) if facts.card == Presence::Absent => forget(Step::Welcome),
        (Event::Retry, Some(card)) if failure.may_be_tried_again() => prove(card),
        (Event::CenterFound, Some(card)) if failure == UNREACHABLE => prove(card),
        (Event::Idle, card) => still_there(Step::Own(Own::Failed { failure, card })),
        (_, card) => to(Own::Failed { failure, card }),
    }
}

const UNREACHABLE: OwnFailure = OwnFailure::Identification(Failure::CenterUnreachable);

impl OwnFailure {
    /// Whether the same card may go better at once.
    #[must_use]
    pub fn may_be_tried_again(self) -> bool {
        match self {
            Self::Identification(failure) => failure.may_be_tried_again(),
            Self::Ended => true,
        }
    }
}

impl Own {
    /// Whether the step waits for the person.
    #[must_use]
    pub fn waits_for_person(&self) -> bool {
        match self {
            Self::Start
            | Self::Pin { .. }
            | Self::At(..)
            | Self::Withdrawn(_)
            | Self::Over(_)
            | Self::NotWithdrawn(_)
            | Self::Failed { .. } => true,
            Self::Reading | Self::Unreadable(_) | Self::Opening(_) => false,
            Self::ReadingOn(..) | Self::Withdrawing(_) => false,
        }
    }

    /// Whether the step tells an end, which passes by itself when no card lies there.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(
            self,
            Self::Withdrawn(_) | Self::Over(_) | Self::NotWithdrawn(_) | Self::Failed { .. }
        )
    }

    /// Whether it goes on without the card it began with, as [`Step::goes_on_without_card`].
    pub(super) fn goes_on_without_card(&self) -> bool {
        match self {
            Self::Start | Self::Reading | Self::Unreadable(_) | Self::Pin { .. } => false,
            Self::Opening(card) => !card.stays(),
            Self::At(record, _) | Self::ReadingOn(record, _) => !record.card.stays(),
            Self::Withdrawing(kept) => {
                let kept = kept.as_ref();
                kept.is_none_or(|(record, _)| !record.card.stays())
            }
            Self::Withdrawn(_) | Self::Over(_) | Self::NotWithdrawn(_) | Self::Failed { .. } => {
                true
            }
        }
    }

    /// Whether an answer of the center is awaited that nobody needs once the person has gone.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Opening(_) | Self::ReadingOn(..))
    }
}
