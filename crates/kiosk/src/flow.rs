//! The flow at the reader (G19-G25): one enum of steps and one pure transition, driven by facts. Talks to no card, no center and
//! no page, reads no clock and holds no PIN; what it wants done it returns as effects.

pub mod asking;
pub mod facts;
pub mod failure;
pub mod own;
mod standing;

use domain::identification::Method;
use domain::questions::{Choice, Question};
use domain::reader::ReaderMode;

use crate::flow::asking::{Asking, ConsentWay, Visit};
use crate::flow::facts::{Card, CardMark, Facts, Line, Presence, Token};
use crate::flow::failure::{Failure, Outage, PinEntry, Refusal, Unreadable, pin_entry};
use crate::flow::own::{Own, OwnAnswer, OwnPress};

/// Where the person at the reader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nobody is here; a card is awaited.
    Welcome,
    /// Nothing can be done until the kiosk works again, which it notices by itself.
    OutOfOrder(Outage),
    /// The card is being read; answers of a card that was taken for a moment wait for it.
    Reading {
        /// What the person was doing, if the card is the same.
        kept: Option<Box<Asking>>,
        /// The card that was taken a moment before, with nothing kept.
        left: Option<CardMark>,
    },
    /// The card cannot be read as it lies there.
    Unreadable {
        /// Why.
        why: Unreadable,
        /// What the person was doing, if the card comes back.
        kept: Option<Box<Asking>>,
        /// The card before it, with nothing kept.
        left: Option<CardMark>,
    },
    /// How to prove who one is.
    Method(Card),
    /// The PIN is typed.
    Pin {
        /// The card.
        card: Card,
        /// Tries left after a wrong PIN.
        wrong: Option<u8>,
    },
    /// Card and center are at it.
    Identifying {
        /// The card.
        card: Card,
        /// How.
        method: Method,
    },
    /// Staff are to compare face and photo.
    WaitingForStaff(Card),
    /// A question is on the screen.
    Asking(Asking),
    /// The answers are being recorded.
    Sending(Asking),
    /// The answers could not be recorded yet.
    Unsent(Asking),
    /// All is done.
    Done(Visit),
    /// Something failed; the screen says what and offers ways on.
    Failed {
        /// What.
        failure: Failure,
        /// The card, where it was read.
        card: Option<Card>,
    },
    /// The card was taken too early; answers are kept for a moment.
    CardGone {
        /// What the person was doing.
        kept: Option<Box<Asking>>,
        /// The card, where nothing is kept: its holder's language and type are not another's.
        left: Option<CardMark>,
    },
    /// The person reads who looked, and withdraws consents, in place of a check.
    Own(Own),
    /// It is over; the card still lies there.
    TakeCard,
    /// Nothing was touched for a while: whether the person is still there.
    StillThere {
        /// Where the person was.
        at: Box<Self>,
    },
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A card was placed.
    CardPlaced,
    /// The card was read.
    CardRead(Card),
    /// The card cannot be read.
    CardUnreadable(Unreadable),
    /// The card was taken.
    CardRemoved,
    /// The card reader does not answer any more.
    ReaderLost,
    /// The card reader answers again.
    ReaderFound,
    /// The center cannot be reached.
    CenterLost,
    /// The center is reached again.
    CenterFound,
    /// Staff switched the reader's mode.
    ModeChanged,
    /// Staff confirmed, or released a visual check for this reader.
    Released,
    /// The person chose how to prove who they are.
    Chosen(Method),
    /// The person typed a PIN. The PIN itself travels beside the flow and is gone after use.
    PinTyped,
    /// The center knows the person.
    Identified(Visit),
    /// The person was not identified.
    Refused(Refusal),
    /// The person answered the question on the screen.
    Answered(Question, Choice),
    /// The person chose how to answer the questions of consent.
    Consented(ConsentWay),
    /// The person pressed a button of their own page, or the one that leads there.
    Pressed(OwnPress),
    /// The center answered on the person's own page.
    Own(OwnAnswer),
    /// The person wants to correct the answer before.
    Back,
    /// The answers are recorded.
    Recorded,
    /// The answers could not be sent.
    NotSent,
    /// The center did not take the answers and never will.
    NotTaken,
    /// Once more.
    Retry,
    /// Answers that could not be sent are tried again by themselves.
    SendAgain,
    /// The person ends it.
    Stop,
    /// Nothing was touched for a while.
    Idle,
    /// The person is still there.
    Continue,
    /// Nobody said so.
    NobodyThere,
    /// A moment has passed: of a card that was taken, of a last screen.
    MomentOver,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Read the card.
    ReadCard,
    /// Prove who the person is: challenge, signature, check.
    Identify(Method),
    /// Drop what is under way; a check that it opens is closed without answers.
    Abandon,
    /// Prove with the PIN who the person is, and open their own page.
    OpenOwn,
    /// Read older looks on from here.
    ReadOlderLooks(String),
    /// Withdraw the consent of this name.
    Withdraw(String),
    /// Record the answers.
    SendAnswers(Vec<(Question, Choice)>),
    /// Close the open check without answers.
    CloseCheck,
    /// Clear everything of this person: language, size of type, PIN.
    Forget,
}

/// The next step and what is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The next step.
    pub step: Step,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
}

impl Transition {
    fn to(step: Step) -> Self {
        Self {
            step,
            effects: Vec::new(),
        }
    }

    fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

/// The flow: what follows an event. An event that means nothing at a step leaves it as it is.
#[must_use]
pub fn advance(step: Step, event: Event, facts: &Facts) -> Transition {
    let mut on = follow(step, event, facts);
    // Nobody is invited to begin what cannot go on.
    if matches!(on.step, Step::Welcome | Step::Own(Own::Start)) && facts.center == Line::Down {
        on.step = Step::OutOfOrder(Outage::Center);
    }
    on
}

fn follow(step: Step, event: Event, facts: &Facts) -> Transition {
    // What ends any step comes first.
    match (&step, &event) {
        (Step::OutOfOrder(Outage::Reader), Event::ReaderLost) => return Transition::to(step),
        (_, Event::ReaderLost) => return end(step, Step::OutOfOrder(Outage::Reader)),
        (_, Event::Stop) => return stop(step, facts),
        _ => {}
    }
    if event == Event::CardPlaced && step.goes_on_without_card() {
        return next_person(step, facts);
    }
    match step {
        Step::Welcome => welcome(&event, facts),
        Step::OutOfOrder(outage) => out_of_order(outage, &event, facts),
        Step::Reading { kept, left } => reading(kept, left, event, facts),
        Step::Unreadable { why, kept, left } => match event {
            Event::CardRemoved if kept.is_some() => Transition::to(Step::CardGone { kept, left }),
            // Nothing began: another card is as good as this one laid anew.
            Event::CardRemoved => forget(Step::Welcome),
            // Another program used it until now.
            Event::CardPlaced => read(kept, left),
            _ => Transition::to(Step::Unreadable { why, kept, left }),
        },
        Step::Method(card) => choosing(card, &event, facts),
        Step::Pin { card, wrong } => typing(card, wrong, &event),
        Step::Identifying { card, method } => identifying(card, method, event, facts),
        Step::WaitingForStaff(card) => waiting(card, &event, facts),
        Step::Asking(asking) => question(asking, &event),
        Step::Sending(asking) => sending(asking, &event, facts),
        Step::Unsent(asking) => unsent(asking, &event),
        Step::Done(visit) => match event {
            Event::CardRemoved => forget(Step::Welcome),
            Event::Idle if facts.card == Presence::There => Transition::to(Step::TakeCard),
            Event::MomentOver if facts.card == Presence::Absent => forget(Step::Welcome),
            _ => Transition::to(Step::Done(visit)),
        },
        Step::Failed { failure, card } => failed(failure, card, &event, facts),
        Step::Own(own) => own::follow(own, event, facts),
        Step::CardGone { kept, left } => match event {
            Event::CardPlaced => read(kept, left),
            Event::MomentOver => end(Step::CardGone { kept, left }, Step::Welcome),
            _ => Transition::to(Step::CardGone { kept, left }),
        },
        Step::TakeCard => match event {
            Event::CardRemoved => forget(Step::Welcome),
            _ => Transition::to(Step::TakeCard),
        },
        Step::StillThere { at } => match event {
            Event::Continue => Transition::to(*at),
            Event::NobodyThere => stop(*at, facts),
            Event::Idle => Transition::to(Step::StillThere { at }),
            machine => {
                let mut on = advance((*at).clone(), machine, facts);
                // What moves nothing there says nothing of whoever is to answer.
                if on.step == *at {
                    on.step = Step::StillThere { at };
                }
                on
            }
        },
    }
}

fn welcome(event: &Event, facts: &Facts) -> Transition {
    match event {
        Event::CardPlaced if facts.center == Line::Up => read(None, None),
        Event::Pressed(OwnPress::Enter) => Transition::to(Step::Own(Own::Start)),
        Event::CardPlaced | Event::CenterLost => Transition::to(Step::OutOfOrder(Outage::Center)),
        // Whoever chose a language and laid no card has gone.
        Event::Idle => forget(Step::Welcome),
        _ => Transition::to(Step::Welcome),
    }
}

/// A card is placed while the screen of a phone that was lifted is still shown: it is the next person's, whose start finds nothing open.
fn next_person(step: Step, facts: &Facts) -> Transition {
    let on_its_way = matches!(step, Step::Sending(_) | Step::Own(Own::Withdrawing(_)));
    let mut on = end(step, Step::Welcome);
    if on_its_way {
        // What was sent is recorded all the same; its answer is nobody's any more.
        on.effects.insert(0, Effect::Abandon);
    }
    let next = welcome(&Event::CardPlaced, facts);
    on.step = next.step;
    on.effects.extend(next.effects);
    on
}

/// Where nothing else is in the way, a card that lies there is read.
fn start(facts: &Facts) -> Transition {
    match (facts.center, facts.card) {
        (Line::Down, _) => Transition::to(Step::OutOfOrder(Outage::Center)),
        (Line::Up, Presence::There) => read(None, None),
        (Line::Up, Presence::Absent) => Transition::to(Step::Welcome),
    }
}

fn out_of_order(outage: Outage, event: &Event, facts: &Facts) -> Transition {
    match (outage, event) {
        (Outage::Center, Event::CenterFound) | (Outage::Reader, Event::ReaderFound) => start(facts),
        (Outage::Center | Outage::Reader, Event::Idle) => forget(Step::OutOfOrder(outage)),
        (Outage::Center | Outage::Reader, _) => Transition::to(Step::OutOfOrder(outage)),
    }
}

fn read(kept: Option<Box<Asking>>, left: Option<CardMark>) -> Transition {
    Transition::to(Step::Reading { kept, left }).with(Effect::ReadCard)
}

/// A card was taken before anything was kept of its holder.
fn gone(card: &Card) -> Transition {
    let (kept, left) = (None, card.mark);
    Transition::to(Step::CardGone { kept, left })
}

fn reading(
    kept: Option<Box<Asking>>,
    left: Option<CardMark>,
    event: Event,
    facts: &Facts,
) -> Transition {
    match event {
        Event::CardRemoved => Transition::to(Step::CardGone { kept, left }),
        Event::CardUnreadable(why) => Transition::to(Step::Unreadable { why, kept, left }),
        Event::CardRead(card) => match kept {
            Some(asking) if asking.card.is_same(&card) => Transition::to(Step::Asking(*asking)),
            Some(_) => {
                // Somebody else's card: what was kept is nobody's any more.
                let mut on = after_reading(card, facts);
                on.effects
                    .splice(0..0, [Effect::CloseCheck, Effect::Forget]);
                on
            }
            None => {
                let is_another = left.is_some() && card.mark.is_some() && left != card.mark;
                let mut on = after_reading(card, facts);
                if is_another {
                    on.effects.insert(0, Effect::Forget);
                }
                on
            }
        },
        _ => Transition::to(Step::Reading { kept, left }),
    }
}

/// The step after a card was read: staff in visual mode, else the choice, else what hinders the only way there is.
fn after_reading(card: Card, facts: &Facts) -> Transition {
    if facts.mode == ReaderMode::Visual && facts.offers(Method::Visual, &card) {
        return identify(card, Method::Visual);
    }
    if facts.offers(Method::Face, &card) {
        return Transition::to(Step::Method(card));
    }
    match pin_entry(&card) {
        PinEntry::Allowed => Transition::to(Step::Method(card)),
        PinEntry::Stopped(failure) => fail(failure, Some(card)),
    }
}

fn choosing(card: Card, event: &Event, facts: &Facts) -> Transition {
    match event {
        Event::CardRemoved => gone(&card),
        Event::Chosen(Method::Pin) => match pin_entry(&card) {
            PinEntry::Allowed if card.token == Token::Iphone => identify(card, Method::Pin),
            PinEntry::Allowed => Transition::to(Step::Pin { card, wrong: None }),
            PinEntry::Stopped(failure) => fail(failure, Some(card)),
        },
        Event::Chosen(method) if facts.offers(*method, &card) => identify(card, *method),
        // Staff did their part already: the person need choose nothing.
        Event::Released if facts.offers(Method::Visual, &card) => identify(card, Method::Visual),
        Event::ModeChanged
            if facts.mode == ReaderMode::Visual && facts.offers(Method::Visual, &card) =>
        {
            identify(card, Method::Visual)
        }
        Event::Idle => still_there(Step::Method(card)),
        _ => Transition::to(Step::Method(card)),
    }
}

fn typing(card: Card, wrong: Option<u8>, event: &Event) -> Transition {
    match event {
        Event::CardRemoved => gone(&card),
        Event::PinTyped => match pin_entry(&card) {
            PinEntry::Allowed => identify(card, Method::Pin),
            PinEntry::Stopped(failure) => fail(failure, Some(card)),
        },
        Event::Back => Transition::to(Step::Method(card)),
        Event::Idle => still_there(Step::Pin { card, wrong }),
        _ => Transition::to(Step::Pin { card, wrong }),
    }
}

fn identify(card: Card, method: Method) -> Transition {
    Transition::to(Step::Identifying { card, method }).with(Effect::Identify(method))
}

fn identifying(card: Card, method: Method, event: Event, facts: &Facts) -> Transition {
    match event {
        // A phone is lifted when it has signed; its answer may still be on the way.
        Event::CardRemoved if card.stays() => gone(&card).with(Effect::Abandon),
        Event::Identified(visit) => identified(card, visit),
        Event::Refused(refusal) => refused(card, refusal, facts),
        _ => Transition::to(Step::Identifying { card, method }),
    }
}

fn identified(card: Card, visit: Visit) -> Transition {
    if let Some(failure) = visit.failure() {
        let on = fail(failure, Some(card));
        return if visit.questions.is_empty() {
            on
        } else {
            on.with(Effect::CloseCheck)
        };
    }
    let asking = Asking::new(card, visit);
    match asking.stage() {
        Some(_) => Transition::to(Step::Asking(asking)),
        None => Transition::to(Step::Done(asking.visit)),
    }
}

fn refused(mut card: Card, refusal: Refusal, facts: &Facts) -> Transition {
    match refusal {
        Refusal::PinWrong { left } => {
            card.tries = Some(left);
            match pin_entry(&card) {
                PinEntry::Allowed => Transition::to(Step::Pin {
                    card,
                    wrong: Some(left),
                }),
                PinEntry::Stopped(failure) => fail(failure, Some(card)),
            }
        }
        Refusal::ConfirmationNeeded => Transition::to(Step::WaitingForStaff(card)),
        Refusal::CardTaken => gone(&card),
        Refusal::CardFailed(why) => {
            let (kept, left) = (None, card.mark);
            Transition::to(Step::Unreadable { why, kept, left })
        }
        Refusal::Failed(_) if facts.card == Presence::Absent && card.stays() => gone(&card),
        Refusal::Failed(failure) => fail(failure, Some(card)),
    }
}

fn waiting(card: Card, event: &Event, facts: &Facts) -> Transition {
    match event {
        Event::CardRemoved => gone(&card),
        Event::Released if facts.offers(Method::Visual, &card) => identify(card, Method::Visual),
        Event::Chosen(Method::Pin) => choosing(card, event, facts),
        _ => Transition::to(Step::WaitingForStaff(card)),
    }
}

fn question(mut asking: Asking, event: &Event) -> Transition {
    match event {
        Event::CardRemoved if asking.card.stays() => Transition::to(Step::CardGone {
            kept: Some(Box::new(asking)),
            left: None,
        }),
        Event::Answered(question, answer) => {
            asking.answer(*question, *answer);
            next_question(asking)
        }
        Event::Consented(way) => {
            asking.consent(*way);
            next_question(asking)
        }
        Event::Back => {
            asking.back();
            Transition::to(Step::Asking(asking))
        }
        Event::Idle => still_there(Step::Asking(asking)),
        _ => Transition::to(Step::Asking(asking)),
    }
}

fn next_question(asking: Asking) -> Transition {
    match asking.stage() {
        Some(_) => Transition::to(Step::Asking(asking)),
        None => send(asking),
    }
}

fn send(asking: Asking) -> Transition {
    let answers = asking.answers();
    Transition::to(Step::Sending(asking)).with(Effect::SendAnswers(answers))
}

/// Answers on their way are recorded whether the card stays or not.
fn sending(asking: Asking, event: &Event, facts: &Facts) -> Transition {
    match event {
        Event::Recorded => Transition::to(Step::Done(asking.visit)),
        Event::NotTaken => fail(Failure::AnswersNotTaken, Some(asking.card)),
        Event::NotSent if facts.card == Presence::Absent && asking.card.stays() => {
            end(Step::Unsent(asking), Step::Welcome)
        }
        Event::NotSent => Transition::to(Step::Unsent(asking)),
        _ => Transition::to(Step::Sending(asking)),
    }
}

/// Tried again without a press the screen stays, so that a press meanwhile is of this screen.
fn unsent(asking: Asking, event: &Event) -> Transition {
    match event {
        Event::Retry | Event::CenterFound => send(asking),
        Event::SendAgain => {
            let answers = asking.answers();
            Transition::to(Step::Unsent(asking)).with(Effect::SendAnswers(answers))
        }
        Event::Recorded => Transition::to(Step::Done(asking.visit)),
        Event::NotTaken => fail(Failure::AnswersNotTaken, Some(asking.card)),
        Event::CardRemoved if asking.card.stays() => end(Step::Unsent(asking), Step::Welcome),
        Event::Idle if !asking.card.stays() => still_there(Step::Unsent(asking)),
        _ => Transition::to(Step::Unsent(asking)),
    }
}

fn fail(failure: Failure, card: Option<Card>) -> Transition {
    Transition::to(Step::Failed { failure, card })
}

fn failed(failure: Failure, card: Option<Card>, event: &Event, facts: &Facts) -> Transition {
    let visual = card
        .as_ref()
        .is_some_and(|card| facts.offers(Method::Visual, card));
    match (event, card) {
        (Event::CardRemoved, _) => forget(Step::Welcome),
        (Event::MomentOver, _) if facts.card == Presence::Absent => forget(Step::Welcome),
        (Event::Chosen(Method::Visual) | Event::Released, Some(card))
            if visual && failure.is_of_the_method() =>
        {
            identify(card, Method::Visual)
        }
        (Event::Retry, Some(card)) if failure.may_be_tried_again() => after_reading(card, facts),
        (Event::CenterFound, Some(card)) if failure == Failure::CenterUnreachable => {
            after_reading(card, facts)
        }
        (Event::Idle, card) => still_there(Step::Failed { failure, card }),
        (_, card) => fail(failure, card),
    }
}

fn still_there(step: Step) -> Transition {
    Transition::to(Step::StillThere { at: Box::new(step) })
}

fn forget(step: Step) -> Transition {
    Transition::to(step).with(Effect::Forget)
}

/// Ends what is under way and goes elsewhere, with nothing kept.
fn end(step: Step, to: Step) -> Transition {
    let on = Transition::to(to);
    let on = match step {
        Step::Identifying { .. } => on.with(Effect::Abandon),
        Step::Own(own) if own.is_read() => on.with(Effect::Abandon),
        Step::StillThere { at } if at.holds_check() => on.with(Effect::CloseCheck),
        ref held if held.holds_check() => on.with(Effect::CloseCheck),
        _ => on,
    };
    on.with(Effect::Forget)
}

/// The person ends it, or is gone. Answers on their way are not called back.
fn stop(step: Step, facts: &Facts) -> Transition {
    match step {
        Step::Sending(_)
        | Step::Own(Own::Withdrawing(_))
        | Step::Welcome
        | Step::OutOfOrder(_)
        | Step::TakeCard => Transition::to(step),
        Step::StillThere { at } => stop(*at, facts),
        step => {
            let to = match facts.card {
                Presence::There => Step::TakeCard,
                Presence::Absent => Step::Welcome,
            };
            end(step, to)
        }
    }
}

#[cfg(test)]
mod tests;
