//! What the flow promises, step by step. Talks to no card and no center.

use domain::identification::Method;
use domain::questions::{Choice, Question};
use domain::reader::{ReaderMode, ReaderState};

use super::asking::{Asking, Certificate, ConsentWay, Outcome, Stage, Visit};
use super::facts::{Card, FaceMatching, Facts, Keys, Line, Presence, Token};
use super::failure::{Failure, Outage, Refusal, Unreadable};
use super::*;
use unreadable::unreadable_card;

mod next_person;
mod own;
mod properties;
mod unreadable;
mod unsent;

const FACTS: Facts = Facts {
    center: Line::Up,
    card: Presence::There,
    mode: ReaderMode::Unattended,
    keys: Keys::Held,
    face: FaceMatching::Missing,
};

/// A card is read, and nobody was here a moment before.
const READING: Step = Step::Reading {
    kept: None,
    left: None,
};

fn card() -> Card {
    Card {
        token: Token::Card,
        tries: Some(3),
        mark: Some([1; 32]),
    }
}

fn other_card() -> Card {
    Card {
        mark: Some([2; 32]),
        ..card()
    }
}

fn with_tries(tries: u8) -> Card {
    Card {
        tries: Some(tries),
        ..card()
    }
}

fn phone(token: Token) -> Card {
    Card {
        token,
        tries: None,
        mark: None,
    }
}

fn visit(questions: &[Question]) -> Visit {
    Visit {
        name: "試験 花子".into(),
        outcome: Outcome::Covered,
        certificate: Certificate::Valid,
        questions: questions.to_vec(),
    }
}

fn asking(questions: &[Question]) -> Asking {
    Asking::new(card(), visit(questions))
}

/// Follows events from a step with the same facts; returns the last step and all effects.
fn follow(step: Step, events: &[Event], facts: &Facts) -> (Step, Vec<Effect>) {
    let mut effects = Vec::new();
    let mut step = step;
    for event in events {
        let on = advance(step, event.clone(), facts);
        step = on.step;
        effects.extend(on.effects);
    }
    (step, effects)
}

fn without_card() -> Facts {
    Facts {
        card: Presence::Absent,
        ..FACTS
    }
}

/// The stages a person sees who answers everything with the first answer.
fn stages(questions: &[Question], way: ConsentWay) -> Vec<Stage> {
    let mut seen = Vec::new();
    let mut step = Step::Asking(asking(questions));
    while let Step::Asking(asking) = &step {
        let Some(stage) = asking.stage() else { break };
        seen.push(stage);
        let event = match stage {
            Stage::Consents => Event::Consented(way),
            Stage::One(question) => Event::Answered(question, question.choices()[0]),
        };
        step = advance(step, event, &FACTS).step;
    }
    assert!(matches!(step, Step::Sending(_)), "{step:?}");
    seen
}

#[test]
fn a_person_types_a_pin_and_answers_what_is_asked() {
    let asked = [Question::Surgery, Question::Checkups];
    let (step, effects) = follow(
        Step::Welcome,
        &[
            Event::CardPlaced,
            Event::CardRead(card()),
            Event::Chosen(Method::Pin),
            Event::PinTyped,
            Event::Identified(visit(&asked)),
            Event::Consented(ConsentWay::All),
            Event::Recorded,
        ],
        &FACTS,
    );
    assert_eq!(step, Step::Done(visit(&asked)));
    let answers = asked.map(|question| (question, Choice::Yes)).to_vec();
    assert_eq!(
        effects,
        [
            Effect::ReadCard,
            Effect::Identify(Method::Pin),
            Effect::SendAnswers(answers)
        ]
    );
    let (step, effects) = follow(step, &[Event::CardRemoved], &FACTS);
    assert_eq!((step, effects), (Step::Welcome, vec![Effect::Forget]));
}

#[test]
fn questions_come_in_the_guides_order_and_only_those_the_center_asks() {
    use Question::*;
    assert_eq!(
        stages(Question::ALL, ConsentWay::OneByOne),
        [
            Stage::One(SpecifiedDisease),
            Stage::One(MedicalSubsidy),
            Stage::Consents,
            Stage::One(Surgery),
            Stage::One(TreatmentAndDrugs),
            Stage::One(Drugs),
            Stage::One(Checkups),
            Stage::One(PrescriptionIssue),
            Stage::One(PrescriptionSubmit),
        ]
    );
    assert_eq!(
        stages(&[Surgery, Checkups], ConsentWay::All),
        [Stage::Consents]
    );
    assert_eq!(
        stages(&[Drugs, Checkups], ConsentWay::None),
        [Stage::Consents]
    );
    assert_eq!(stages(&[Drugs], ConsentWay::All), [Stage::One(Drugs)]);
    assert_eq!(
        stages(&[PrescriptionIssue], ConsentWay::All),
        [Stage::One(PrescriptionIssue)]
    );
}

#[test]
fn a_person_of_whom_nothing_is_asked_is_done_at_once() {
    let at = Step::Identifying {
        card: card(),
        method: Method::Pin,
    };
    let on = advance(at, Event::Identified(visit(&[])), &FACTS);
    assert_eq!(on.step, Step::Done(visit(&[])));
    assert_eq!(on.effects, []);
}

#[test]
fn an_answer_can_be_corrected_until_the_last_is_given() {
    let mut asking = asking(&[
        Question::SpecifiedDisease,
        Question::Surgery,
        Question::Checkups,
    ]);
    assert!(!asking.may_go_back());
    asking.answer(Question::SpecifiedDisease, Choice::Yes);
    asking.consent(ConsentWay::OneByOne);
    asking.answer(Question::Surgery, Choice::Yes);
    assert_eq!(asking.place(), (4, 4));
    asking.back();
    assert_eq!(asking.stage(), Some(Stage::One(Question::Surgery)));
    asking.back();
    assert_eq!(asking.stage(), Some(Stage::Consents));
    asking.back();
    assert_eq!(asking.stage(), Some(Stage::One(Question::SpecifiedDisease)));
    assert_eq!(asking.answers(), []);
    asking.answer(Question::SpecifiedDisease, Choice::No);
    asking.consent(ConsentWay::None);
    assert_eq!(
        asking.answers(),
        [
            (Question::SpecifiedDisease, Choice::No),
            (Question::Surgery, Choice::No),
            (Question::Checkups, Choice::No),
        ]
    );
}

#[test]
fn a_second_press_answers_no_later_question() {
    let asked = [Question::Surgery, Question::Checkups];
    let (step, effects) = follow(
        Step::Asking(asking(&asked)),
        &[
            Event::Consented(ConsentWay::OneByOne),
            Event::Answered(Question::Surgery, Choice::Yes),
            Event::Answered(Question::Surgery, Choice::Yes),
            Event::Answered(Question::Checkups, Choice::Electronic),
        ],
        &FACTS,
    );
    let Step::Asking(asking) = step else {
        panic!("{step:?}")
    };
    assert_eq!(asking.stage(), Some(Stage::One(Question::Checkups)));
    assert_eq!(effects, []);
}

#[test]
fn a_wrong_pin_tells_the_tries_left_and_stops_before_the_last() {
    let after = |left| {
        let at = Step::Identifying {
            card: card(),
            method: Method::Pin,
        };
        advance(at, Event::Refused(Refusal::PinWrong { left }), &FACTS).step
    };
    assert_eq!(
        after(2),
        Step::Pin {
            card: with_tries(2),
            wrong: Some(2)
        }
    );
    for (left, failure) in [(1, Failure::PinLastTry), (0, Failure::PinLocked)] {
        let failed = Step::Failed {
            failure,
            card: Some(with_tries(left)),
        };
        assert_eq!(after(left), failed);
    }
}

#[test]
fn a_card_that_comes_with_one_try_or_none_is_led_to_staff() {
    for (tries, failure) in [(1, Failure::PinLastTry), (0, Failure::PinLocked)] {
        let read = Event::CardRead(with_tries(tries));
        let on = advance(READING, read, &FACTS);
        let card = Some(with_tries(tries));
        assert_eq!(on.step, Step::Failed { failure, card });
        let on = advance(on.step, Event::Chosen(Method::Visual), &FACTS);
        assert_eq!(on.effects, [Effect::Identify(Method::Visual)]);
    }
}

#[test]
fn a_locked_pin_leaves_the_face_where_faces_are_matched() {
    let facts = Facts {
        face: FaceMatching::Available,
        ..FACTS
    };
    let on = advance(READING, Event::CardRead(with_tries(0)), &facts);
    assert_eq!(on.step, Step::Method(with_tries(0)));
    let on = advance(on.step, Event::Chosen(Method::Face), &facts);
    assert_eq!(on.effects, [Effect::Identify(Method::Face)]);
}

#[test]
fn no_face_is_compared_where_it_is_not_offered_and_no_staff_asked_without_keys() {
    let choose =
        |method, facts: &Facts| advance(Step::Method(card()), Event::Chosen(method), facts).step;
    assert_eq!(choose(Method::Face, &FACTS), Step::Method(card()));
    let without_keys = Facts {
        keys: Keys::Missing,
        face: FaceMatching::Available,
        ..FACTS
    };
    assert_eq!(choose(Method::Face, &without_keys), Step::Method(card()));
    assert_eq!(choose(Method::Visual, &without_keys), Step::Method(card()));
}

#[test]
fn in_visual_mode_the_card_waits_for_staff_without_a_choice() {
    let facts = Facts {
        mode: ReaderMode::Visual,
        ..FACTS
    };
    let (step, effects) = follow(
        Step::Welcome,
        &[
            Event::CardPlaced,
            Event::CardRead(card()),
            Event::Refused(Refusal::ConfirmationNeeded),
        ],
        &facts,
    );
    assert_eq!(step, Step::WaitingForStaff(card()));
    assert_eq!(
        effects,
        [Effect::ReadCard, Effect::Identify(Method::Visual)]
    );
    let on = advance(step, Event::Released, &facts);
    assert_eq!(on.effects, [Effect::Identify(Method::Visual)]);
}

#[test]
fn a_release_reads_no_photo_where_the_reader_holds_no_keys_for_it() {
    let facts = Facts {
        keys: Keys::Missing,
        ..FACTS
    };
    let on = advance(Step::WaitingForStaff(card()), Event::Released, &facts);
    assert_eq!(on.step, Step::WaitingForStaff(card()));
    assert_eq!(on.effects, []);
}

#[test]
fn staff_may_release_this_one_patient_without_switching_the_mode() {
    let on = advance(Step::Method(card()), Event::Released, &FACTS);
    assert_eq!(on.effects, [Effect::Identify(Method::Visual)]);
    let waiting = Step::WaitingForStaff(card());
    let on = advance(waiting, Event::Chosen(Method::Pin), &FACTS);
    assert_eq!(
        on.step,
        Step::Pin {
            card: card(),
            wrong: None
        }
    );
}

#[test]
fn the_same_card_goes_on_where_it_was_taken_and_another_starts_anew() {
    let mut kept = asking(&[Question::SpecifiedDisease, Question::Surgery]);
    kept.answer(Question::SpecifiedDisease, Choice::Yes);
    let gone = advance(Step::Asking(kept.clone()), Event::CardRemoved, &FACTS).step;
    let back = [Event::CardPlaced, Event::CardRead(card())];
    let (step, effects) = follow(gone.clone(), &back, &FACTS);
    assert_eq!(step, Step::Asking(kept));
    assert_eq!(effects, [Effect::ReadCard]);
    let strange = [Event::CardPlaced, Event::CardRead(other_card())];
    let (step, effects) = follow(gone.clone(), &strange, &FACTS);
    assert_eq!(step, Step::Method(other_card()));
    assert_eq!(
        effects,
        [Effect::ReadCard, Effect::CloseCheck, Effect::Forget]
    );
    let (step, effects) = follow(gone, &[Event::MomentOver], &without_card());
    assert_eq!(step, Step::Welcome);
    assert_eq!(effects, [Effect::CloseCheck, Effect::Forget]);
}

#[test]
fn a_card_laid_askew_keeps_what_was_answered() {
    let kept = asking(&[Question::Surgery]);
    let (step, effects) = follow(
        Step::Asking(kept.clone()),
        &[
            Event::CardRemoved,
            Event::CardPlaced,
            Event::CardUnreadable(Unreadable::Silent),
            Event::CardRemoved,
            Event::CardPlaced,
            Event::CardRead(card()),
        ],
        &FACTS,
    );
    assert_eq!(step, Step::Asking(kept));
    assert_eq!(effects, [Effect::ReadCard, Effect::ReadCard]);
}

#[test]
fn a_phone_may_be_lifted_when_it_has_signed() {
    for token in [Token::Android, Token::Iphone] {
        let at = Step::Identifying {
            card: phone(token),
            method: Method::Pin,
        };
        let (step, effects) = follow(
            at,
            &[
                Event::CardRemoved,
                Event::Identified(visit(&[Question::Surgery])),
                Event::Answered(Question::Surgery, Choice::No),
                Event::Recorded,
            ],
            &without_card(),
        );
        assert_eq!(step, Step::Done(visit(&[Question::Surgery])));
        let sent = vec![(Question::Surgery, Choice::No)];
        assert_eq!(effects, [Effect::SendAnswers(sent)]);
        let (step, _) = follow(step, &[Event::MomentOver], &without_card());
        assert_eq!(step, Step::Welcome);
    }
}

#[test]
fn an_iphone_asks_its_holder_itself_and_an_android_phone_wants_the_pin() {
    let choose = |token| {
        let at = Step::Method(phone(token));
        advance(at, Event::Chosen(Method::Pin), &FACTS)
    };
    assert_eq!(
        choose(Token::Iphone).effects,
        [Effect::Identify(Method::Pin)]
    );
    assert_eq!(
        choose(Token::Android).step,
        Step::Pin {
            card: phone(Token::Android),
            wrong: None
        }
    );
}

#[test]
fn answers_that_could_not_be_sent_wait_for_the_line() {
    let all = asking(&[Question::Surgery]);
    let (step, effects) = follow(
        Step::Asking(all),
        &[
            Event::Answered(Question::Surgery, Choice::Yes),
            Event::NotSent,
            Event::CenterFound,
            Event::Recorded,
        ],
        &FACTS,
    );
    assert!(matches!(step, Step::Done(_)), "{step:?}");
    assert_eq!(effects.len(), 2);
    assert_eq!(effects[0], effects[1]);
}

#[test]
fn without_the_line_nobody_starts_and_the_kiosk_recovers_by_itself() {
    let down = Facts {
        center: Line::Down,
        card: Presence::Absent,
        ..FACTS
    };
    let out = Step::OutOfOrder(Outage::Center);
    assert_eq!(advance(Step::Welcome, Event::CenterLost, &down).step, out);
    assert_eq!(advance(out.clone(), Event::CardPlaced, &down).step, out);
    assert_eq!(
        advance(out.clone(), Event::CenterFound, &without_card()).step,
        Step::Welcome
    );
    // A card that was laid there meanwhile is read at once.
    let on = advance(out, Event::CenterFound, &FACTS);
    assert_eq!(on.effects, [Effect::ReadCard]);
    let failed = Step::Failed {
        failure: Failure::CenterUnreachable,
        card: Some(card()),
    };
    let on = advance(failed, Event::CenterFound, &FACTS);
    assert_eq!(on.step, Step::Method(card()));
}

#[test]
fn whoever_is_gone_leaves_nothing_open_and_whoever_is_there_goes_on() {
    let at = Step::Asking(asking(&[Question::Surgery]));
    let asked = advance(at.clone(), Event::Idle, &FACTS).step;
    assert_eq!(advance(asked.clone(), Event::Continue, &FACTS).step, at);
    let (step, effects) = follow(asked.clone(), &[Event::NobodyThere], &FACTS);
    assert_eq!(step, Step::TakeCard);
    assert_eq!(effects, [Effect::CloseCheck, Effect::Forget]);
    // The card taken during the question counts as taken.
    let (step, _) = follow(asked, &[Event::CardRemoved], &without_card());
    assert!(
        matches!(step, Step::CardGone { kept: Some(_), .. }),
        "{step:?}"
    );
}

/// Every kind of step once.
fn every_step() -> Vec<Step> {
    let kept = Some(Box::new(asking(&[Question::Surgery])));
    let mut steps = vec![
        Step::Welcome,
        Step::OutOfOrder(Outage::Center),
        Step::OutOfOrder(Outage::Reader),
        READING,
        Step::Reading {
            kept: kept.clone(),
            left: None,
        },
        unreadable_card(Unreadable::NotMyNumberCard),
        Step::Unreadable {
            why: Unreadable::Silent,
            kept: kept.clone(),
            left: None,
        },
        Step::Method(card()),
        Step::Pin {
            card: card(),
            wrong: Some(2),
        },
        Step::Identifying {
            card: card(),
            method: Method::Pin,
        },
        Step::WaitingForStaff(card()),
        Step::Asking(asking(&[Question::Surgery])),
        Step::Sending(asking(&[Question::Surgery])),
        Step::Unsent(asking(&[Question::Surgery])),
        Step::Done(visit(&[])),
        gone(&card()).step,
        Step::CardGone { kept, left: None },
        Step::TakeCard,
        Step::StillThere {
            at: Box::new(Step::Asking(asking(&[Question::Surgery]))),
        },
    ];
    steps.extend(own::every_step());
    for failure in Failure::ALL {
        steps.push(Step::Failed {
            failure,
            card: Some(card()),
        });
    }
    steps
}

/// What the machine says by itself once the card is gone and time passes; the last answer may still be on its way.
const LEFT_ALONE: [Event; 9] = [
    Event::CardRemoved,
    Event::Refused(Refusal::CardTaken),
    Event::Recorded,
    Event::Own(OwnAnswer::Lost),
    Event::CardRemoved,
    Event::Idle,
    Event::NobodyThere,
    Event::MomentOver,
    Event::CenterFound,
];

#[test]
fn a_card_taken_at_any_step_leads_back_to_the_start_with_nothing_open() {
    for step in every_step() {
        let open = step.holds_check();
        let told = format!("{step:?}");
        let (end, effects) = follow(step, &LEFT_ALONE, &without_card());
        let at_start = matches!(end, Step::Welcome | Step::OutOfOrder(Outage::Reader));
        assert!(at_start, "{told} → {end:?}");
        let closed = effects
            .iter()
            .any(|it| matches!(it, Effect::CloseCheck | Effect::SendAnswers(_)));
        let sending = told.starts_with("Sending");
        assert_eq!(open && !sending, closed, "{told} → {effects:?}");
    }
}

#[test]
fn stop_ends_every_step_that_waits_for_the_person() {
    for step in every_step() {
        let waits = step.waits_for_person();
        let told = format!("{step:?}");
        let open = step.holds_check();
        let on = advance(step, Event::Stop, &FACTS);
        if waits {
            assert_eq!(on.step, Step::TakeCard, "{told}");
            assert_eq!(on.effects.contains(&Effect::CloseCheck), open, "{told}");
            assert!(on.effects.contains(&Effect::Forget), "{told}");
        }
    }
}

#[test]
fn a_reader_unplugged_at_any_step_closes_what_is_open_and_says_so() {
    for step in every_step() {
        let open = step.holds_check();
        let told = format!("{step:?}");
        let on = advance(step, Event::ReaderLost, &without_card());
        assert_eq!(on.step, Step::OutOfOrder(Outage::Reader), "{told}");
        assert_eq!(on.effects.contains(&Effect::CloseCheck), open, "{told}");
        let on = advance(on.step, Event::ReaderFound, &without_card());
        assert_eq!(on.step, Step::Welcome, "{told}");
    }
}
