//! Answers that could not be sent yet: tried again by themselves, and never left to whoever comes next.

use super::*;

fn unsent(card: Card) -> Step {
    let mut asking = Asking::new(card, visit(&[Question::Surgery]));
    asking.answer(Question::Surgery, Choice::Yes);
    advance(Step::Sending(asking), Event::NotSent, &FACTS).step
}

#[test]
fn answers_that_only_a_request_failed_for_are_recorded_without_a_press() {
    let waiting = unsent(card());
    let again = [Event::SendAgain, Event::NotSent, Event::SendAgain];
    let (step, effects) = follow(waiting.clone(), &again, &FACTS);
    assert_eq!(step, waiting, "the screen stays as it is meanwhile");
    let answers = Effect::SendAnswers(vec![(Question::Surgery, Choice::Yes)]);
    assert_eq!(effects, [answers.clone(), answers]);
    let on = advance(step.clone(), Event::Recorded, &FACTS);
    assert_eq!(on.step, Step::Done(visit(&[Question::Surgery])));
    let on = advance(step, Event::NotTaken, &FACTS);
    let failed = Step::Failed {
        failure: Failure::AnswersNotTaken,
        card: Some(card()),
    };
    assert_eq!(on.step, failed);
}

#[test]
fn they_are_tried_again_while_it_is_asked_whether_somebody_is_there() {
    let asked = advance(unsent(phone(Token::Android)), Event::Idle, &FACTS).step;
    assert!(matches!(asked, Step::StillThere { .. }), "{asked:?}");
    let on = advance(asked.clone(), Event::SendAgain, &FACTS);
    assert_eq!(on.step, asked, "the question stands");
    assert_eq!(on.effects.len(), 1);
    let on = advance(asked, Event::Recorded, &FACTS);
    assert_eq!(on.step, Step::Done(visit(&[Question::Surgery])));
}

#[test]
fn a_card_that_lies_there_keeps_its_answers_however_long_the_line_is_gone() {
    let waiting = unsent(card());
    assert!(!waiting.waits_for_person());
    let untouched = [Event::Idle, Event::NobodyThere, Event::Idle];
    let (step, effects) = follow(waiting.clone(), &untouched, &FACTS);
    assert_eq!(step, waiting);
    assert_eq!(effects, []);
    let (step, effects) = follow(step, &[Event::CardRemoved], &without_card());
    assert_eq!(step, Step::Welcome);
    assert_eq!(effects, [Effect::CloseCheck, Effect::Forget]);
}

#[test]
fn a_phones_holder_who_has_gone_leaves_no_unsent_answers_on_the_screen() {
    let waiting = unsent(phone(Token::Android));
    assert!(waiting.waits_for_person());
    let gone = [Event::CardRemoved, Event::Idle, Event::NobodyThere];
    let (step, effects) = follow(waiting, &gone, &without_card());
    assert_eq!(step, Step::Welcome);
    assert_eq!(effects, [Effect::CloseCheck, Effect::Forget]);
}
