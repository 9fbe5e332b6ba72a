//! What a room does by the clock. Asks no center and reads no card; the time is handed in.

use std::time::Duration;

use api::client::Client;
use card::memory::Tray;
use domain::card_challenge::CenterName;
use pki::authority::Authority;
use pki::sealed::MachineKey;

use super::*;
use crate::flow::asking::{Asking, Certificate, Outcome, Visit};
use crate::flow::facts::Token;

/// A room whose center is reached and at whose reader nobody is.
fn room() -> Room {
    let dir = tempfile::tempdir().unwrap();
    let machine = MachineKey::open(&dir.path().join("key")).unwrap();
    let start = domain::civil_date::Instant::from_micros(0);
    let authority = Authority::open(dir.path(), &machine, start).unwrap();
    let client = Client::new("https://center.example", authority.root(), None).unwrap();
    let (_, reader) = Tray::new();
    let (desk, _) = CardDesk::open(reader, card::card_desk::DeskSettings::default()).unwrap();
    let texts = Texts::new(FacilityKind::Medical, &Overrides::new()).unwrap();
    let report = Report {
        state: Step::Welcome.reader_state(),
        staff_called: false,
        visit: 0,
    };
    let now = Instant::now();
    Room {
        desk,
        link: Link::new(client, CenterName::parse("onshi-example").unwrap()),
        times: Times::default(),
        steps: Steps::ALL,
        overrides: Overrides::new(),
        held_keys: Keys::Missing,
        messages: mpsc::channel(64).0,
        reports: watch::Sender::new(report),
        shown: watch::Sender::new(Shown::default()),
        step: Step::Welcome,
        facts: Facts {
            center: Line::Up,
            card: Presence::Absent,
            mode: ReaderMode::Unattended,
            keys: Keys::Missing,
            face: FaceMatching::Missing,
        },
        lies: Lies::Nothing,
        turn: 0,
        attempt: 0,
        visit: 0,
        open: None,
        own_page: None,
        pin: None,
        pin_incomplete: false,
        words: Words::new(Arc::new(texts), Language::default()),
        kind: FacilityKind::Medical,
        facility: String::new(),
        comfort: Comfort::default(),
        called_at: None,
        called_in: 0,
        touched_at: now,
        renewed_at: now,
        again_at: None,
        waits: link::waits(),
    }
}

fn answered() -> Asking {
    let card = Card {
        token: Token::Card,
        tries: Some(3),
        mark: None,
    };
    let visit = Visit {
        name: "試験 花子".into(),
        outcome: Outcome::Covered,
        certificate: Certificate::Valid,
        questions: vec![Question::Surgery],
    };
    let mut asking = Asking::new(card, visit);
    asking.answer(Question::Surgery, Choice::Yes);
    asking
}

#[tokio::test]
async fn answers_that_only_a_request_failed_for_are_sent_again_without_a_press() {
    let mut room = room();
    room.facts.card = Presence::There;
    room.step = Step::Sending(answered());
    room.sent(Sent::Lost);
    for _ in 0..2 {
        let (attempt, due) = (room.attempt, room.due());
        assert!(due <= Instant::now() + Duration::from_secs(20));
        room.time_passed(due);
        assert_eq!(room.attempt, attempt + 1, "asked once more");
        assert!(matches!(room.step, Step::Unsent(_)), "{:?}", room.step);
        room.sent(Sent::Lost);
    }
    room.facts.center = Line::Down;
    let (attempt, due) = (room.attempt, room.again_at.unwrap());
    room.time_passed(due);
    assert_eq!(room.attempt, attempt, "without the line it waits for it");
    room.sent(Sent::Recorded);
    assert!(matches!(room.step, Step::Done(_)), "{:?}", room.step);
    assert_eq!(room.again_at, None);
}

#[tokio::test]
async fn what_somebody_chose_who_laid_no_card_does_not_stay_for_the_next() {
    let english = Language::parse("en").unwrap();
    for step in [
        Step::Welcome,
        Step::OutOfOrder(crate::flow::failure::Outage::Reader),
    ] {
        let mut room = room();
        room.step = step.clone();
        let far = Duration::from_secs(60 * 60);
        assert!(Instant::now() + far < room.due(), "nothing is awaited");
        let large = Comfort {
            large: true,
            contrast: false,
        };
        room.input(Input::Speak(english));
        room.input(Input::Comfort(large));
        let idle = room.touched_at + room.times.idle();
        assert_eq!(room.due(), idle);
        room.time_passed(idle - Duration::from_millis(1));
        assert_eq!(room.words.language(), english);
        room.time_passed(idle);
        assert_eq!(room.words.language().tag(), "ja");
        assert_eq!((room.comfort, room.step), (Comfort::default(), step));
    }
}

#[tokio::test]
async fn a_call_for_staff_outlasts_the_card_that_is_taken_but_not_the_next_persons() {
    let card = answered().card;
    for called_at in [
        Step::Failed {
            failure: crate::flow::failure::Failure::NotRegistered,
            card: Some(card.clone()),
        },
        Step::Asking(answered()),
    ] {
        let mut room = room();
        room.step = called_at;
        room.input(Input::Call(true));
        room.happens(Event::CardRemoved);
        assert!(room.called_at.is_some(), "the screen said to take the card");
        room.happens(Event::CardPlaced);
        assert!(room.called_at.is_some(), "nobody is known yet");
        room.happens(Event::CardRead(card.clone()));
        assert_eq!(room.called_at, None);
    }
}

#[tokio::test]
async fn whoever_called_staff_before_laying_a_card_is_still_waiting_for_them() {
    let mut room = room();
    room.input(Input::Call(true));
    room.happens(Event::CardPlaced);
    room.happens(Event::CardRead(answered().card));
    assert!(matches!(room.step, Step::Method(_)), "{:?}", room.step);
    assert!(room.called_at.is_some());
}

#[tokio::test]
async fn a_call_for_staff_is_waited_for_in_the_callers_language() {
    let mut room = room();
    let english = Language::parse("en").unwrap();
    room.input(Input::Speak(english));
    room.input(Input::Call(true));
    let call = room.called_at.unwrap() + room.times.call();
    assert_eq!(room.due(), call, "staff are awaited first");
    room.time_passed(call - Duration::from_millis(1));
    assert_eq!(room.words.language(), english);
    room.time_passed(call);
    assert_eq!(room.called_at, None);
    assert_eq!(room.words.language(), Language::default());
}

#[tokio::test]
async fn the_card_after_one_that_was_taken_is_another_visit_for_staff() {
    let mut room = room();
    let card = answered().card;
    room.step = Step::WaitingForStaff(card.clone());
    let seen = room.visit;
    room.happens(Event::CardRemoved);
    room.happens(Event::CardPlaced);
    room.happens(Event::CardRead(card));
    assert_ne!(room.visit, seen);
}
