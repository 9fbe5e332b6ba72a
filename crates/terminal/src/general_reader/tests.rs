//! What staff confirm at the reader of a PC, and for whom. Asks no center and reads no card.

use api::client::cards::Cause;
use api::session::{Session, SessionAccount, SessionFacility};
use card::memory::Tray;
use domain::card_challenge::CenterName;
use domain::facility_kind::FacilityKind;
use domain::questions::Question;
use kiosk::flow::asking::{Asking, Certificate, Outcome, Visit};
use kiosk::flow::facts::Token;
use kiosk::flow::own::OwnPress;
use kiosk::texts::{Language, Texts};

use super::*;

const BROWSER: Key = [1; 32];

fn card() -> Card {
    Card {
        token: Token::Card,
        tries: Some(0),
        mark: Some([1; 32]),
    }
}

fn session() -> Session {
    Session {
        account: SessionAccount {
            display_name: "受付".into(),
            id: "uketsuke".into(),
            kind: "general".into(),
        },
        facility: SessionFacility {
            code: "1319999999".into(),
            kind: "medical".into(),
            name: "見本クリニック".into(),
        },
        ends_after_min: 30,
        entry: "full".into(),
        password: crate::pages::tests::state(),
        token: "t".into(),
    }
}

fn sitting(browser: Key, cause: Cause) -> Sitting {
    let center = CenterName::parse("onshi-example").unwrap();
    Sitting {
        browser,
        name: "受付".into(),
        link: Link::of_session(crate::pages::tests::client(), center, session()),
        cause,
        force: false,
    }
}

/// A reader that is there, with terminal keys and nothing on it, at which somebody sits.
async fn seated() -> GeneralReader {
    let (_, empty) = Tray::new();
    let reader = GeneralReader::open(Machine::over(empty)).unwrap();
    assert_eq!(
        reader.sit(sitting(BROWSER, Cause::Person), None),
        Seating::Yours
    );
    until(&reader, |step| *step == Step::Welcome).await;
    if let Some(seat) = &mut reader.0.lock().seat {
        (seat.facts.keys, seat.facts.card) = (Keys::Held, Presence::There);
    }
    reader
}

fn step(reader: &GeneralReader) -> Step {
    reader.0.lock().seat.as_ref().unwrap().step.clone()
}

async fn until(reader: &GeneralReader, is: impl Fn(&Step) -> bool) {
    let mut news = reader.news();
    while !is(&step(reader)) {
        news.changed().await.unwrap();
    }
}

/// A patient who said yes to the only question.
fn answered() -> Asking {
    let visit = Visit {
        name: "試験 花子".into(),
        outcome: Outcome::Covered,
        certificate: Certificate::Valid,
        questions: vec![Question::Surgery],
    };
    let mut asking = Asking::new(card(), visit);
    asking.answer(Question::Surgery, Choice::Yes);
    asking
}

/// A card is laid down, and its holder wants to be looked at.
async fn wait_for_staff(reader: &GeneralReader) {
    for event in [
        Event::CardPlaced,
        Event::CardRead(card()),
        Event::Chosen(Method::Visual),
    ] {
        let mut state = reader.0.lock();
        reader.0.happens(&mut state, event);
    }
    until(reader, |step| !matches!(step, Step::Identifying { .. })).await;
    assert_eq!(step(reader), Step::WaitingForStaff(card()));
}

#[tokio::test]
async fn a_press_on_an_older_screen_confirms_nobody() {
    let reader = seated().await;
    let before = reader.0.lock().turn;
    reader.confirm(&BROWSER, before);
    assert_eq!(step(&reader), Step::Welcome, "nobody waits");
    wait_for_staff(&reader).await;
    let turn = reader.0.lock().turn;
    assert_ne!(turn, before);
    for (browser, turn) in [(BROWSER, before), ([2; 32], turn)] {
        reader.confirm(&browser, turn);
        assert_eq!(step(&reader), Step::WaitingForStaff(card()));
    }
    reader.confirm(&BROWSER, turn);
    assert!(matches!(step(&reader), Step::Identifying { .. }));
}

#[tokio::test]
async fn what_staff_said_of_a_card_that_was_taken_confirms_no_other() {
    let reader = seated().await;
    wait_for_staff(&reader).await;
    let turn = reader.0.lock().turn;
    reader.confirm(&BROWSER, turn);
    {
        let mut state = reader.0.lock();
        reader.0.happens(&mut state, Event::CardRemoved);
    }
    let gone = Step::CardGone {
        kept: None,
        left: card().mark,
    };
    assert_eq!(step(&reader), gone);
    wait_for_staff(&reader).await;
}

#[test]
fn answers_that_cannot_be_sent_do_not_keep_the_seat_of_whoever_has_gone() {
    let step = Step::Unsent(answered());
    assert!(!step.waits_for_person(), "a kiosk waits for the card");
    assert!(awaits_somebody(&step));
    assert!(!awaits_somebody(&Step::Sending(answered())));
}

#[tokio::test]
async fn what_became_of_answers_that_were_sent_again_since_changes_nothing() {
    let reader = seated().await;
    let send = || {
        let mut state = reader.0.lock();
        let answers = vec![(Question::Surgery, Choice::Yes)];
        reader.0.has_done(&mut state, Effect::SendAnswers(answers));
        state.attempt
    };
    if let Some(seat) = &mut reader.0.lock().seat {
        seat.step = Step::Sending(answered());
    }
    let (earlier, last) = (send(), send());
    reader.0.sent(earlier, Sent::Lost);
    assert_eq!(step(&reader), Step::Sending(answered()));
    reader.0.sent(last, Sent::Lost);
    assert_eq!(step(&reader), Step::Unsent(answered()));
}

fn happen(reader: &GeneralReader, events: impl IntoIterator<Item = Event>) {
    for event in events {
        let mut state = reader.0.lock();
        reader.0.happens(&mut state, event);
    }
}

/// The check whose result the page leads to, and whether it says that it is an earlier patient's.
fn result_shown(reader: &GeneralReader) -> Option<(String, bool)> {
    let texts = Texts::new(FacilityKind::Medical, &Default::default());
    let words = Words::new(texts.unwrap().into(), Language::default());
    let view = reader.view(&BROWSER, &words).unwrap();
    view.check.map(|check| (check, view.check_is_earlier))
}

/// A patient was checked, and the screen says that all is done.
fn check_somebody(reader: &GeneralReader) {
    let visit = Visit {
        questions: Vec::new(),
        ..answered().visit
    };
    let mut state = reader.0.lock();
    let seat = state.seat.as_mut().unwrap();
    (seat.step, seat.check) = (Step::Done(visit), Some("check-of-a".into()));
}

#[tokio::test]
async fn the_next_patients_screens_lead_to_no_result_of_the_one_before() {
    let reader = seated().await;
    let shown = |is_earlier: bool| Some(("check-of-a".to_owned(), is_earlier));
    let (this, earlier) = (shown(false), shown(true));
    let locked = Event::CardRead(card());
    let readable = Event::CardRead(Card {
        tries: Some(3),
        ..card()
    });
    for (read, is_next) in [(locked, "Failed"), (readable, "Method")] {
        check_somebody(&reader);
        assert_eq!(result_shown(&reader), this);
        happen(&reader, [Event::CardRemoved]);
        assert_eq!(result_shown(&reader), earlier, "nobody is there yet");
        happen(&reader, [Event::CardPlaced]);
        assert_eq!(result_shown(&reader), None);
        happen(&reader, [read]);
        assert!(format!("{:?}", step(&reader)).starts_with(is_next));
        assert_eq!(result_shown(&reader), None);
        happen(&reader, [Event::CardRemoved, Event::MomentOver]);
        assert_eq!(step(&reader), Step::Welcome);
    }
    // A card laid down in place of one whose holder had not answered yet.
    if let Some(seat) = &mut reader.0.lock().seat {
        let asking = Asking::new(card(), answered().visit);
        (seat.step, seat.check) = (Step::Asking(asking), Some("check-of-a".into()));
    }
    happen(&reader, [Event::CardRemoved, Event::CardPlaced]);
    assert_eq!(result_shown(&reader), this, "it may be the same card");
    let other = Card {
        mark: Some([2; 32]),
        ..card()
    };
    happen(&reader, [Event::CardRead(other)]);
    assert_eq!(result_shown(&reader), None);
    // The own page.
    happen(&reader, [Event::CardRemoved, Event::MomentOver]);
    check_somebody(&reader);
    happen(
        &reader,
        [Event::CardRemoved, Event::Pressed(OwnPress::Enter)],
    );
    assert_eq!(step(&reader), Step::Own(Own::Start));
    assert_eq!(result_shown(&reader), None);
}

#[tokio::test]
async fn a_page_that_reads_itself_again_takes_the_seat_from_nobody_and_is_no_news() {
    let reader = seated().await;
    let other: Key = [2; 32];
    let count = || *reader.news().borrow();
    let holder = || reader.0.lock().seat.as_ref().unwrap().browser;
    let sit = |browser, cause| reader.sit(sitting(browser, cause), None);
    let taken = Seating::Taken("受付".into());
    let before = count();
    assert_eq!(sit(other, Cause::Background), taken);
    assert_eq!(sit(BROWSER, Cause::Background), Seating::Yours);
    assert_eq!((holder(), count()), (BROWSER, before));
    // A person may, while nobody is at the reader; the page that had it hears of it once.
    assert_eq!(sit(other, Cause::Person), Seating::Yours);
    let after = count();
    assert_ne!(after, before);
    assert_eq!(sit(BROWSER, Cause::Background), taken);
    assert_eq!(sit(other, Cause::Background), Seating::Yours);
    assert_eq!((holder(), count()), (other, after));
    happen(&reader, [Event::CardPlaced]);
    assert_ne!(count(), after, "a change is news");
    assert_eq!(sit(BROWSER, Cause::Person), taken, "a patient is under way");
}

#[tokio::test]
async fn a_patient_left_half_way_ends_after_five_minutes_wherever_they_were() {
    let reader = seated().await;
    let kept = Some(Box::new(answered()));
    let why = Unreadable::Silent;
    for left in [
        Step::WaitingForStaff(card()),
        Step::Unreadable {
            why,
            kept: None,
            left: None,
        },
        Step::Unreadable {
            why,
            kept,
            left: None,
        },
        Step::Own(Own::Unreadable(why)),
        Step::Method(card()),
        Step::Unsent(answered()),
    ] {
        let ends = {
            let mut state = reader.0.lock();
            let seat = state.seat.as_mut().unwrap();
            seat.step = left.clone();
            seat.ends_by_itself()
        };
        let five_minutes = Duration::from_secs(300);
        assert_eq!(ends, Some((five_minutes, Event::Stop)), "{left:?}");
        happen(&reader, [Event::Stop]);
        assert_eq!(step(&reader), Step::TakeCard, "{left:?}");
    }
    let state = reader.0.lock();
    let ends = state.seat.as_ref().unwrap().ends_by_itself();
    assert_eq!(ends, None, "nobody is under way");
}
