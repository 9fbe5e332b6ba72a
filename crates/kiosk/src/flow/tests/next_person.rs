//! What the person after sees of the one before: nothing.

use super::*;

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
        assert_eq!(on.step, Step::Reading { kept: None });
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

#[test]
fn whoever_took_a_wrong_card_away_is_not_asked_for_the_same_again() {
    for why in [Unreadable::NotMyNumberCard, Unreadable::Silent] {
        let on = advance(
            Step::Unreadable { why, kept: None },
            Event::CardRemoved,
            &without_card(),
        );
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
    let gone = |kept| Step::CardGone { kept }.reader_state();
    assert_eq!(gone(None), ReaderState::Idle);
    let kept = Some(Box::new(asking(&[Question::Surgery])));
    assert_eq!(gone(kept), ReaderState::Card);
}
