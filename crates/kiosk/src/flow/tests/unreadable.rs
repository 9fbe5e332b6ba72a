//! A card that another program held until now is told of again without having been taken.

use super::*;
use crate::flow::own::Own;

#[test]
fn a_card_that_another_program_lets_go_is_read_where_it_lies() {
    let again = [Event::CardPlaced, Event::CardRead(card())];
    let why = Unreadable::Silent;
    let (step, effects) = follow(Step::Unreadable { why, kept: None }, &again, &FACTS);
    assert_eq!(
        (step, effects),
        (Step::Method(card()), vec![Effect::ReadCard])
    );
    let kept = asking(&[Question::Surgery]);
    let unreadable = Step::Unreadable {
        why,
        kept: Some(Box::new(kept.clone())),
    };
    let (step, effects) = follow(unreadable, &again, &FACTS);
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
