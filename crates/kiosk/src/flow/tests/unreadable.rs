//! Cards that are of no use: one that another program held until now, which is told of again without having been taken, and one of which
//! nobody can tell whether it was revoked.

use super::*;
use crate::flow::own::Own;

/// The step of a card that cannot be read, with nothing kept.
pub(super) fn unreadable_card(why: Unreadable) -> Step {
    let (kept, left) = (None, None);
    Step::Unreadable { why, kept, left }
}

#[test]
fn a_card_that_another_program_lets_go_is_read_where_it_lies() {
    let again = [Event::CardPlaced, Event::CardRead(card())];
    let why = Unreadable::Silent;
    let (step, effects) = follow(unreadable_card(why), &again, &FACTS);
    assert_eq!(
        (step, effects),
        (Step::Method(card()), vec![Effect::ReadCard])
    );
    let kept = asking(&[Question::Surgery]);
    let while_asked = Step::Unreadable {
        why,
        kept: Some(Box::new(kept.clone())),
        left: None,
    };
    let (step, effects) = follow(while_asked, &again, &FACTS);
    assert_eq!(
        (step, effects),
        (Step::Asking(kept), vec![Effect::ReadCard])
    );
    let own = Step::Own(Own::Unreadable(why));
    let (step, effects) = follow(own, &again, &FACTS);
    let pin = Own::Pin {
        card: card(),
        wrong: None,
    };
    assert_eq!((step, effects), (Step::Own(pin), vec![Effect::ReadCard]));
}

#[test]
fn whoever_cannot_be_told_whether_the_card_was_revoked_is_led_to_staff_and_types_no_pin_in_vain() {
    let at = Step::Identifying {
        card: card(),
        method: Method::Pin,
    };
    let refused = Event::Refused(Refusal::Failed(Failure::RevocationUnknown));
    let (step, effects) = follow(at, &[refused, Event::Retry, Event::CenterFound], &FACTS);
    let failed = Step::Failed {
        failure: Failure::RevocationUnknown,
        card: Some(card()),
    };
    assert_eq!((step, effects), (failed, vec![]));
}
