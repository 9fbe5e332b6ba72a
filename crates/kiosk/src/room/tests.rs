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
    let (desk, _) = Desk::open(reader, card::desk::DeskSettings::default()).unwrap();
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
