//! What the person after sees of the one before: nothing.

use super::own;
use super::*;
use crate::flow::own::{LOOKS_AT_ONCE, Own, OwnAnswer, Place, Record};

#[test]
fn a_card_laid_down_while_a_phones_last_screen_is_shown_begins_anew() {
    let last_screens = [
        Step::Done(visit(&[])),
        Step::Failed {
            failure: Failure::NotRegistered,
            card: Some(phone(Token::Android)),
        },
    ];
    for last in last_screens {
        let on = advance(last.clone(), Event::CardPlaced, &FACTS);
        assert_eq!(on.step, READING);
        assert_eq!(on.effects, [Effect::Forget, Effect::ReadCard]);
        let down = Facts {
            center: Line::Down,
            ..FACTS
        };
        let on = advance(last, Event::CardPlaced, &down);
        assert_eq!(on.step, Step::OutOfOrder(Outage::Center));
        assert_eq!(on.effects, [Effect::Forget]);
    }
}

/// Every step at which a phone may have been lifted, with what becomes of what is under way when the next card is placed.
fn left_by_a_phone() -> Vec<(Step, Vec<Effect>)> {
    let phone = || phone(Token::Android);
    let asking = || Asking::new(phone(), visit(&[Question::Surgery]));
    let record = || Box::new(Record::new(phone(), own::page(2, 2)));
    let nobody_says = |at| Step::StillThere { at: Box::new(at) };
    let at = |place| Step::Own(Own::At(record(), place));
    vec![
        (
            Step::Identifying {
                card: phone(),
                method: Method::Pin,
            },
            vec![Effect::Abandon],
        ),
        (Step::Asking(asking()), vec![Effect::CloseCheck]),
        (
            Step::Sending(asking()),
            vec![Effect::Abandon, Effect::CloseCheck],
        ),
        (Step::Unsent(asking()), vec![Effect::CloseCheck]),
        (
            nobody_says(Step::Asking(asking())),
            vec![Effect::CloseCheck],
        ),
        (Step::Own(Own::Opening(phone())), vec![Effect::Abandon]),
        (at(Place::Menu), vec![]),
        (at(Place::Confirm(1)), vec![]),
        (nobody_says(at(Place::Menu)), vec![]),
        (
            Step::Own(Own::ReadingOn(record(), LOOKS_AT_ONCE)),
            vec![Effect::Abandon],
        ),
        (
            Step::Own(Own::Withdrawing(Some((record(), 0)))),
            vec![Effect::Abandon],
        ),
        (Step::Own(Own::Withdrawn(Some(record()))), vec![]),
        (Step::Own(Own::NotWithdrawn(Some((record(), 0)))), vec![]),
    ]
}

#[test]
fn a_card_laid_down_after_a_phone_was_lifted_begins_anew_wherever_its_holder_was() {
    for (left, ended) in left_by_a_phone() {
        let told = format!("{left:?}");
        let (step, effects) = follow(left, &[Event::CardRemoved], &without_card());
        assert_eq!(effects, [], "{told}: its holder may still be here");
        let on = advance(step, Event::CardPlaced, &FACTS);
        assert_eq!(on.step, READING, "{told}");
        let begun = [Effect::Forget, Effect::ReadCard];
        assert_eq!(on.effects, [&ended[..], &begun[..]].concat(), "{told}");
    }
}

#[test]
fn the_next_person_hears_nothing_of_what_was_on_its_way_for_a_phone() {
    for (left, _) in left_by_a_phone() {
        let told = format!("{left:?}");
        let (step, _) = follow(
            left,
            &[
                Event::CardRemoved,
                Event::CardPlaced,
                Event::CardRead(card()),
                Event::Identified(visit(&[Question::Surgery])),
                Event::Recorded,
                Event::NotSent,
                Event::Own(OwnAnswer::Opened(Box::new(own::page(2, 2)))),
            ],
            &FACTS,
        );
        assert_eq!(step, Step::Method(card()), "{told}");
    }
}

#[test]
fn the_question_whether_somebody_is_there_goes_on_only_for_what_means_something() {
    let at = Step::Asking(asking(&[Question::Surgery]));
    let asked = advance(at, Event::Idle, &FACTS).step;
    for event in [
        Event::CenterLost,
        Event::CenterFound,
        Event::ModeChanged,
        Event::Released,
    ] {
        let on = advance(asked.clone(), event.clone(), &FACTS);
        assert_eq!((on.step, on.effects), (asked.clone(), vec![]), "{event:?}");
    }
}

#[test]
fn whoever_took_a_wrong_card_away_is_not_asked_for_the_same_again() {
    for why in [Unreadable::NotMyNumberCard, Unreadable::Silent] {
        let on = advance(unreadable_card(why), Event::CardRemoved, &without_card());
        assert_eq!(on.step, Step::Welcome);
        assert_eq!(on.effects, [Effect::Forget]);
    }
}

#[test]
fn nobody_is_invited_while_the_center_is_away() {
    let down = Facts {
        center: Line::Down,
        ..without_card()
    };
    for last in [Step::Done(visit(&[])), Step::TakeCard] {
        let on = advance(last, Event::CardRemoved, &down);
        assert_eq!(on.step, Step::OutOfOrder(Outage::Center));
        assert_eq!(on.effects, [Effect::Forget]);
    }
}

#[test]
fn a_card_taken_with_nothing_kept_leaves_the_reader_idle_for_staff() {
    let gone = |kept| Step::CardGone { kept, left: None }.reader_state();
    assert_eq!(gone(None), ReaderState::Idle);
    let kept = Some(Box::new(asking(&[Question::Surgery])));
    assert_eq!(gone(kept), ReaderState::Card);
}

#[test]
fn what_somebody_chose_who_took_the_card_early_is_forgotten_with_the_next_card() {
    let pin = Step::Pin {
        card: card(),
        wrong: None,
    };
    let identifying = Step::Identifying {
        card: card(),
        method: Method::Pin,
    };
    for early in [
        Step::Method(card()),
        pin,
        identifying,
        Step::WaitingForStaff(card()),
    ] {
        let told = format!("{early:?}");
        let gone = advance(early, Event::CardRemoved, &without_card()).step;
        // A card that is taken before it was read says nothing of whose it was.
        let laid = [Event::CardPlaced, Event::CardRemoved, Event::CardPlaced];
        let (reading, effects) = follow(gone, &laid, &FACTS);
        assert!(!effects.contains(&Effect::Forget), "{told}: {effects:?}");
        for (next, is_another) in [
            (card(), false),
            (other_card(), true),
            (phone(Token::Android), false),
        ] {
            let on = advance(reading.clone(), Event::CardRead(next.clone()), &FACTS);
            assert_eq!(on.step, Step::Method(next.clone()), "{told}");
            assert_eq!(on.effects.contains(&Effect::Forget), is_another, "{told}");
            // Nor does one that another program holds, and that is told of again where it lies.
            let held = [
                Event::CardUnreadable(Unreadable::Silent),
                Event::CardPlaced,
                Event::CardRead(next.clone()),
            ];
            let (step, effects) = follow(reading.clone(), &held, &FACTS);
            assert_eq!(step, Step::Method(next), "{told}");
            assert_eq!(effects.contains(&Effect::Forget), is_another, "{told}");
        }
    }
}

#[test]
fn what_somebody_chose_whose_card_failed_while_it_signed_is_forgotten_with_another_card() {
    for (next, is_another) in [(card(), false), (other_card(), true)] {
        let identifying = Step::Identifying {
            card: card(),
            method: Method::Pin,
        };
        let events = [
            Event::Refused(Refusal::CardFailed(Unreadable::Silent)),
            Event::CardPlaced,
            Event::CardRead(next.clone()),
        ];
        let (step, effects) = follow(identifying, &events, &FACTS);
        assert_eq!(step, Step::Method(next));
        assert_eq!(effects.contains(&Effect::Forget), is_another);
    }
}
