//! The patient's own page, step by step: card and PIN alone, one question before a withdrawal, nothing kept of whoever has gone.

use api::own::{OwnConsent, OwnConsents, OwnLook, OwnLooks, OwnPage};

use super::*;
use crate::flow::own::{LOOKS_AT_ONCE, Own, OwnAnswer, OwnFailure, OwnPress, Place};

fn look(number: usize) -> OwnLook {
    OwnLook {
        at: format!("2026-11-23T00:15:{number:02}Z"),
        basis: Some("visit".into()),
        emergency: false,
        facility: "見本診療所".into(),
        kinds: vec!["drugs".into()],
        purpose: "treatment".into(),
        viewer: "medical_viewer".into(),
        way: "page".into(),
    }
}

fn consent(number: usize) -> OwnConsent {
    OwnConsent {
        basis: "visit".into(),
        consent: format!("consent {number}"),
        facility: format!("見本診療所{number}"),
        given: "2026-11-23T00:15:02Z".into(),
        home_care: None,
        kinds: vec!["drugs".into()],
        until: Some("2026-11-24T00:15:02Z".into()),
    }
}

pub(super) fn page(looks: usize, consents: usize) -> OwnPage {
    OwnPage {
        consents: (0..consents).map(consent).collect(),
        expires_at: "2026-11-23T00:20:02Z".into(),
        id: "019aae5e-0000-7000-8000-000000000001".into(),
        looks: (0..looks).map(look).collect(),
        name: "試験 花子".into(),
        next: (LOOKS_AT_ONCE < looks).then(|| "older".into()),
        token: "token".into(),
    }
}

pub(super) fn older(looks: usize) -> OwnLooks {
    OwnLooks {
        looks: (0..looks).map(look).collect(),
        next: None,
    }
}

pub(super) fn left(consents: usize) -> OwnConsents {
    OwnConsents {
        consents: (0..consents).map(consent).collect(),
    }
}

/// Every kind of step of the own page once.
pub(super) fn every_step() -> Vec<Step> {
    let record = || {
        let (Step::Own(Own::At(record, _)), _) = opened(card(), page(2, 2)) else {
            panic!("not opened")
        };
        record
    };
    let failed = |failure| Own::Failed {
        failure,
        card: Some(card()),
    };
    let steps = [
        Own::Start,
        Own::Reading,
        Own::Unreadable(Unreadable::Silent),
        Own::Pin {
            card: card(),
            wrong: Some(2),
        },
        Own::Opening(card()),
        Own::At(record(), Place::Menu),
        Own::At(record(), Place::Looks(0)),
        Own::At(record(), Place::Consent(1)),
        Own::At(record(), Place::Confirm(1)),
        Own::ReadingOn(record(), LOOKS_AT_ONCE),
        Own::Withdrawing(Some((record(), 0))),
        Own::Withdrawn(Some(record())),
        Own::Over(Some(record())),
        Own::NotWithdrawn(Some((record(), 0))),
        failed(OwnFailure::Ended),
        failed(OwnFailure::Identification(Failure::CenterUnreachable)),
    ];
    steps.map(Step::Own).into()
}

const OPEN: [Event; 5] = [
    Event::Pressed(OwnPress::Enter),
    Event::CardPlaced,
    Event::Back,
    Event::PinTyped,
    Event::Idle,
];

/// A person who opened their page.
fn opened(card: Card, page: OwnPage) -> (Step, Vec<Effect>) {
    let [enter, placed, _, typed, _] = OPEN;
    let read = Event::CardRead(card);
    let answer = Event::Own(OwnAnswer::Opened(Box::new(page)));
    follow(Step::Welcome, &[enter, placed, read, typed, answer], &FACTS)
}

fn place(step: &Step) -> Option<Place> {
    match step {
        Step::Own(Own::At(_, place)) => Some(*place),
        _ => None,
    }
}

#[test]
fn a_person_sees_who_looked_and_withdraws_a_consent_after_one_question() {
    let (step, effects) = opened(card(), page(2, 2));
    assert_eq!(place(&step), Some(Place::Menu));
    assert_eq!(effects, [Effect::ReadCard, Effect::OpenOwn]);
    let (step, effects) = follow(
        step,
        &[
            Event::Pressed(OwnPress::Looks),
            Event::Back,
            Event::Pressed(OwnPress::Consents),
            Event::Pressed(OwnPress::Next),
            Event::Pressed(OwnPress::Withdraw),
            Event::Pressed(OwnPress::Keep),
            Event::Pressed(OwnPress::Withdraw),
        ],
        &FACTS,
    );
    assert_eq!((place(&step), effects), (Some(Place::Confirm(1)), vec![]));
    let (step, effects) = follow(step, &[Event::Pressed(OwnPress::Confirm)], &FACTS);
    assert_eq!(effects, [Effect::Withdraw("consent 1".into())]);
    let (step, _) = follow(step, &[Event::Own(OwnAnswer::Withdrawn(left(1)))], &FACTS);
    let Step::Own(Own::Withdrawn(Some(record))) = &step else {
        panic!("{step:?}")
    };
    assert_eq!(record.consents, left(1).consents);
    let (step, _) = follow(step, &[Event::Back], &FACTS);
    assert_eq!(place(&step), Some(Place::Menu));
}

#[test]
fn the_pin_is_the_only_way_whatever_the_reader_can() {
    let facts = Facts {
        mode: ReaderMode::Visual,
        face: FaceMatching::Available,
        ..FACTS
    };
    let [enter, placed, ..] = OPEN;
    let (step, _) = follow(
        Step::Welcome,
        &[
            enter,
            placed,
            Event::CardRead(card()),
            Event::Released,
            Event::ModeChanged,
            Event::Chosen(Method::Visual),
            Event::Chosen(Method::Face),
        ],
        &facts,
    );
    let wrong = None;
    assert_eq!(
        step,
        Step::Own(Own::Pin {
            card: card(),
            wrong
        })
    );
}

#[test]
fn a_pin_that_is_locked_or_has_one_try_left_is_asked_of_nobody() {
    for (tries, failure) in [(1, Failure::PinLastTry), (0, Failure::PinLocked)] {
        let read = Event::CardRead(with_tries(tries));
        let on = advance(Step::Own(Own::Reading), read, &FACTS);
        let failure = OwnFailure::Identification(failure);
        let card = Some(with_tries(tries));
        assert_eq!(on.step, Step::Own(Own::Failed { failure, card }));
        assert_eq!(on.effects, []);
        let left = Event::Refused(Refusal::PinWrong { left: tries });
        let on = advance(Step::Own(Own::Opening(with_tries(3))), left, &FACTS);
        assert!(matches!(on.step, Step::Own(Own::Failed { .. })));
    }
}

#[test]
fn a_card_that_is_taken_ends_the_page_at_once_with_nothing_kept() {
    for place in [
        Place::Menu,
        Place::Looks(0),
        Place::Consent(0),
        Place::Confirm(0),
    ] {
        let (step, _) = opened(card(), page(2, 2));
        let Step::Own(Own::At(record, _)) = step else {
            panic!("{step:?}")
        };
        let at = Step::Own(Own::At(record, place));
        let asked = advance(at.clone(), Event::Idle, &FACTS).step;
        for step in [at, asked] {
            let on = advance(step, Event::CardRemoved, &without_card());
            assert_eq!(on.step, Step::Welcome);
            assert_eq!(on.effects, [Effect::Forget]);
        }
    }
    let on = advance(
        Step::Own(Own::Opening(card())),
        Event::CardRemoved,
        &without_card(),
    );
    assert_eq!(on.step, Step::Welcome);
    assert_eq!(on.effects, [Effect::Forget, Effect::Abandon]);
}

#[test]
fn a_withdrawal_on_its_way_is_told_of_without_anything_about_the_person() {
    let (step, _) = opened(card(), page(1, 1));
    let (step, _) = follow(
        step,
        &[
            Event::Pressed(OwnPress::Consents),
            Event::Pressed(OwnPress::Withdraw),
            Event::Pressed(OwnPress::Confirm),
        ],
        &FACTS,
    );
    let (step, effects) = follow(step, &[Event::Stop, Event::CardRemoved], &without_card());
    assert_eq!(step, Step::Own(Own::Withdrawing(None)), "not called back");
    assert_eq!(effects, []);
    for (answer, expected) in [
        (OwnAnswer::Withdrawn(left(0)), Own::Withdrawn(None)),
        (OwnAnswer::Over, Own::Over(None)),
        (OwnAnswer::Lost, Own::NotWithdrawn(None)),
    ] {
        let on = advance(step.clone(), Event::Own(answer), &without_card());
        assert_eq!(on.step, Step::Own(expected));
        let on = advance(on.step, Event::MomentOver, &without_card());
        assert_eq!((on.step, on.effects), (Step::Welcome, vec![Effect::Forget]));
    }
}

#[test]
fn what_the_center_did_not_confirm_counts_as_not_withdrawn_and_can_be_tried_again() {
    let (step, _) = opened(card(), page(1, 1));
    let (step, effects) = follow(
        step,
        &[
            Event::Pressed(OwnPress::Consents),
            Event::Pressed(OwnPress::Withdraw),
            Event::Pressed(OwnPress::Confirm),
            Event::Own(OwnAnswer::Lost),
            Event::Retry,
            Event::Own(OwnAnswer::Over),
        ],
        &FACTS,
    );
    let again = Effect::Withdraw("consent 0".into());
    assert_eq!(effects, [again.clone(), again]);
    let Step::Own(Own::Over(Some(record))) = step else {
        panic!("{step:?}")
    };
    assert!(record.consents.is_empty(), "it is offered no more");
}

#[test]
fn older_looks_are_read_when_they_are_asked_for_and_each_screen_is_full() {
    let (step, _) = opened(card(), page(LOOKS_AT_ONCE + 1, 0));
    let next = Event::Pressed(OwnPress::Next);
    let (step, effects) = follow(
        step,
        &[Event::Pressed(OwnPress::Looks), next.clone()],
        &FACTS,
    );
    assert_eq!(effects, [Effect::ReadOlderLooks("older".into())]);
    let (step, _) = follow(step, &[Event::Own(OwnAnswer::Looks(older(2)))], &FACTS);
    assert_eq!(place(&step), Some(Place::Looks(LOOKS_AT_ONCE)));
    let Step::Own(Own::At(record, _)) = &step else {
        panic!("{step:?}")
    };
    assert_eq!(record.looks_from(LOOKS_AT_ONCE).count(), LOOKS_AT_ONCE);
    let (step, effects) = follow(step, &[next, Event::Pressed(OwnPress::Previous)], &FACTS);
    assert_eq!((place(&step), effects), (Some(Place::Looks(0)), vec![]));
}

#[test]
fn a_page_whose_time_is_over_asks_for_the_pin_again() {
    let (step, _) = opened(card(), page(1, 1));
    let (step, effects) = follow(
        step,
        &[
            Event::Pressed(OwnPress::Consents),
            Event::Pressed(OwnPress::Withdraw),
            Event::Pressed(OwnPress::Confirm),
            Event::Own(OwnAnswer::Ended),
            Event::Retry,
        ],
        &FACTS,
    );
    let wrong = None;
    assert_eq!(
        step,
        Step::Own(Own::Pin {
            card: card(),
            wrong
        })
    );
    assert_eq!(effects.len(), 1);
}

#[test]
fn nobody_begins_while_the_center_is_away_and_the_way_back_leads_to_reception() {
    let down = Facts {
        center: Line::Down,
        ..without_card()
    };
    let start = Step::Own(Own::Start);
    let out = Step::OutOfOrder(Outage::Center);
    assert_eq!(advance(start.clone(), Event::CenterLost, &down).step, out);
    assert_eq!(advance(start.clone(), Event::CardPlaced, &down).step, out);
    for event in [Event::Back, Event::Idle, Event::Stop] {
        let on = advance(start.clone(), event, &without_card());
        assert_eq!(on.step, Step::Welcome);
    }
    let placed = [Event::Back, Event::CardPlaced, Event::CardRead(card())];
    let (step, _) = follow(start, &placed, &FACTS);
    assert_eq!(step, Step::Method(card()), "a check, as ever");
}

#[test]
fn a_phone_may_be_lifted_when_it_has_signed_and_its_holder_ends_by_the_button() {
    let (step, _) = opened(phone(Token::Android), page(1, 1));
    let on = advance(step, Event::CardRemoved, &without_card());
    assert_eq!(place(&on.step), Some(Place::Menu));
    let on = advance(on.step, Event::Stop, &without_card());
    assert_eq!((on.step, on.effects), (Step::Welcome, vec![Effect::Forget]));
}
