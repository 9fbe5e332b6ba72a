//! Random people at a random reader: what holds in whatever order things happen.

use domain::questions::Question;
use proptest::prelude::*;

use super::own;
use super::*;
use crate::flow::own::{Own, OwnAnswer, OwnPress, Place};

fn any_question() -> impl Strategy<Value = Question> {
    proptest::sample::select(Question::ALL.to_vec())
}

fn any_card() -> impl Strategy<Value = Card> {
    let token = prop_oneof![
        4 => Just(Token::Card), 1 => Just(Token::Android), 1 => Just(Token::Iphone)
    ];
    let tries = prop_oneof![Just(None), (0_u8..4).prop_map(Some)];
    (token, tries, 0_u8..2).prop_map(|(token, tries, mark)| Card {
        token,
        tries,
        mark: (token != Token::Android).then_some([mark; 32]),
    })
}

fn any_visit() -> impl Strategy<Value = Visit> {
    let outcome = proptest::sample::select(vec![
        Outcome::Covered,
        Outcome::NoTicket,
        Outcome::NotCovered,
        Outcome::Several,
    ]);
    let questions = proptest::sample::subsequence(Question::ALL.to_vec(), 0..=8);
    (outcome, questions).prop_map(|(outcome, questions)| Visit {
        outcome,
        ..visit(&questions)
    })
}

fn any_refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        (0_u8..3).prop_map(|left| Refusal::PinWrong { left }),
        Just(Refusal::CardTaken),
        Just(Refusal::CardFailed(Unreadable::Silent)),
        Just(Refusal::ConfirmationNeeded),
        proptest::sample::select(Failure::ALL.to_vec()).prop_map(Refusal::Failed),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let method = proptest::sample::select(vec![Method::Pin, Method::Visual, Method::Face]);
    let answer = any_question().prop_flat_map(|question| {
        proptest::sample::select(question.choices().to_vec())
            .prop_map(move |answer| Event::Answered(question, answer))
    });
    let way = proptest::sample::select(vec![
        ConsentWay::All,
        ConsentWay::OneByOne,
        ConsentWay::None,
    ]);
    let plain = proptest::sample::select(vec![
        Event::CardPlaced,
        Event::CardRemoved,
        Event::ReaderLost,
        Event::ReaderFound,
        Event::CenterLost,
        Event::CenterFound,
        Event::ModeChanged,
        Event::Released,
        Event::PinTyped,
        Event::Back,
        Event::Recorded,
        Event::NotSent,
        Event::NotTaken,
        Event::Retry,
        Event::SendAgain,
        Event::Stop,
        Event::Idle,
        Event::Continue,
        Event::NobodyThere,
        Event::MomentOver,
    ]);
    let press = proptest::sample::select(vec![
        OwnPress::Enter,
        OwnPress::Looks,
        OwnPress::Consents,
        OwnPress::Next,
        OwnPress::Previous,
        OwnPress::Withdraw,
        OwnPress::Confirm,
        OwnPress::Keep,
    ]);
    let own = prop_oneof![
        4 => (0_usize..8, 0_usize..3).prop_map(|(looks, consents)| {
            OwnAnswer::Opened(Box::new(own::page(looks, consents)))
        }),
        1 => Just(OwnAnswer::Looks(own::older(4))),
        1 => (0_usize..3).prop_map(|left| OwnAnswer::Withdrawn(own::left(left))),
        1 => Just(OwnAnswer::Over),
        1 => Just(OwnAnswer::Ended),
        1 => Just(OwnAnswer::Lost),
    ];
    prop_oneof![
        8 => press.prop_map(Event::Pressed),
        5 => own.prop_map(Event::Own),
        6 => plain,
        3 => any_card().prop_map(Event::CardRead),
        1 => Just(Event::CardUnreadable(Unreadable::Silent)),
        2 => method.prop_map(Event::Chosen),
        3 => any_visit().prop_map(Event::Identified),
        1 => any_refusal().prop_map(Event::Refused),
        3 => answer,
        1 => way.prop_map(Event::Consented),
    ]
}

/// Whether a step still holds what was read about the holder of a card, which must be on the reader for that.
fn own_record_of_a_card(step: &Step) -> bool {
    let held = match step {
        Step::Own(Own::At(record, _) | Own::ReadingOn(record, _)) => Some(record),
        Step::Own(Own::Withdrawn(record) | Own::Over(record)) => record.as_ref(),
        Step::Own(Own::Withdrawing(kept) | Own::NotWithdrawn(kept)) => {
            kept.as_ref().map(|(record, _)| record)
        }
        Step::StillThere { at } => return own_record_of_a_card(at),
        _ => None,
    };
    held.is_some_and(|record| record.card.stays())
}

fn any_facts() -> impl Strategy<Value = Facts> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(visual, keys, face)| Facts {
        mode: if visual {
            ReaderMode::Visual
        } else {
            ReaderMode::Unattended
        },
        keys: if keys { Keys::Held } else { Keys::Missing },
        face: if face {
            FaceMatching::Available
        } else {
            FaceMatching::Missing
        },
        ..FACTS
    })
}

proptest! {
    /// Whatever happens in whatever order: only what was asked is answered, an open check is closed or answered before the
    /// next person, no PIN is used with the last try, and the way back to the start is open.
    #[test]
    fn no_order_of_events_breaks_the_flow(
        base in any_facts(),
        events in proptest::collection::vec(any_event(), 1..80),
    ) {
        let mut facts = Facts { card: Presence::Absent, ..base };
        let mut step = Step::Welcome;
        let mut asked: Vec<Question> = Vec::new();
        for event in events {
            match &event {
                Event::CardPlaced | Event::CardRead(_) => facts.card = Presence::There,
                Event::CardRemoved | Event::ReaderLost => facts.card = Presence::Absent,
                Event::CenterLost => facts.center = Line::Down,
                Event::CenterFound => facts.center = Line::Up,
                Event::Identified(visit) if matches!(step, Step::Identifying { .. }) => {
                    asked.clone_from(&visit.questions);
                }
                _ => {}
            }
            let held = step.holds_check();
            let pin = match &step {
                Step::Method(card) | Step::WaitingForStaff(card) | Step::Pin { card, .. } => card.tries,
                Step::Own(Own::Pin { card, .. }) => card.tries,
                _ => None,
            };
            // Only the consent on the screen is withdrawn, and only after the question.
            let confirmed = match (&step, &event) {
                (Step::Own(Own::At(record, Place::Confirm(which))), Event::Pressed(OwnPress::Confirm))
                | (Step::Own(Own::NotWithdrawn(Some((record, which)))), Event::Retry) => {
                    record.consents.get(*which).map(|it| it.consent.clone())
                }
                _ => None,
            };
            let taken = matches!(event, Event::CardRemoved);
            let on = advance(step, event, &facts);
            if taken {
                prop_assert!(!own_record_of_a_card(&on.step), "kept: {:?}", on.step);
            }
            for effect in &on.effects {
                match effect {
                    Effect::SendAnswers(answers) => {
                        let was_asked = answers.iter().all(|(question, answer)| {
                            asked.contains(question) && question.choices().contains(answer)
                        });
                        prop_assert!(was_asked);
                        prop_assert_eq!(answers.len(), asked.len());
                    }
                    Effect::Identify(Method::Pin) => prop_assert!(!matches!(pin, Some(0 | 1))),
                    Effect::Identify(method) => {
                        prop_assert_eq!(facts.keys, Keys::Held);
                        prop_assert!(*method != Method::Face || facts.face == FaceMatching::Available);
                    }
                    Effect::OpenOwn => prop_assert!(!matches!(pin, Some(0 | 1))),
                    Effect::Withdraw(consent) => prop_assert_eq!(Some(consent), confirmed.as_ref()),
                    Effect::ReadCard | Effect::Abandon | Effect::CloseCheck => {}
                    Effect::ReadOlderLooks(_) | Effect::Forget => {}
                }
            }
            if held && !on.step.holds_check() {
                let over = matches!(on.step, Step::Done(_) | Step::Failed { .. })
                    || on.effects.contains(&Effect::CloseCheck);
                prop_assert!(over, "left open: {:?} {:?}", on.step, on.effects);
            }
            step = on.step;
        }
        facts.card = Presence::Absent;
        facts.center = Line::Up;
        let (end, _) = follow(step, &LEFT_ALONE, &facts);
        prop_assert!(matches!(end, Step::Welcome | Step::OutOfOrder(_)), "{:?}", end);
    }
}
