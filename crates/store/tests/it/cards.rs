//! Checks by card as they are kept: one with their challenge, their release and their events, whatever is killed when.

mod keys;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use domain::audit::{Actor, Deed, Event};
use domain::card_certificate::{CardSerial, CertificateState, TokenKind};
use domain::card_challenge::Nonce;
use domain::civil_date::{CivilDate, Instant};
use domain::coverage::period::Period;
use domain::event::EventKind;
use domain::home_care::Care;
use domain::home_care::address::AddressId;
use domain::identification::{Confirmation, Method, Vouched};
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::Checkup;
use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, Source, Treatment};
use domain::medical_information::surgery::Surgery;
use domain::medical_information::{MedicalInformation, MedicalText};
use domain::permit::{AskByCard, AskByNumber, ControlReader, Permit, ReceiveEvents};
use domain::person::PersonId;
use domain::questions::{Answered, Choice, Holding, Holdings, Question};
use domain::reader::ReaderId;
use store::audit::verify::Fault;
use store::cards::{CardDetails, CardRecorded, Challenge, ChallengeRefused, NewCardCheck};
use store::checks::Recorded;
use store::engine::{Engine, StoreError};
use store::home_care::checks::{Asks, NewHomeCheck};
use store::readers::{Release, ReleaseKept};
use store::registry::cards::Held;

use crate::kill::random;
use crate::{PACE, Place, check, on_both, open_as, permit};

pub(crate) const FACILITY: &str = "1319999999";
const FOLDER: &str = "ONSHI_TEST_CARD_FOLDER";

pub(crate) fn now() -> Instant {
    Instant::from_micros(1_795_392_902_000_000)
}

fn asker() -> Permit<AskByCard> {
    permit(FACILITY)
}

fn event(deed: Deed) -> Event {
    Event {
        at: now(),
        actor: Actor::Center,
        deed,
        subject: None,
        detail: String::new(),
    }
}

/// A check by eye, with one question.
pub(crate) fn by_eye(id: u128, at: Instant) -> NewCardCheck {
    by_eye_at("reader", id, at)
}

/// The same at a reader.
fn by_eye_at(reader: &str, id: u128, at: Instant) -> NewCardCheck {
    let mut check = check(1);
    (check.id, check.at) = (id, at);
    check.origin = "card";
    NewCardCheck {
        check,
        challenge: id,
        card: CardDetails {
            person: PersonId::from_u128(7),
            reader: ReaderId::parse(reader).unwrap(),
            method: Method::Visual,
            vouched: Vouched::ByStaff,
            token: TokenKind::Card,
            worth: CertificateState::Valid,
            expires_on: CivilDate::new(2030, 2, 17).unwrap(),
            questions: vec![Question::Drugs],
            withheld: b"[]".to_vec(),
        },
        confirmation: Confirmation::Needed,
        refusal: event(Deed::CardRefused),
        home: None,
    }
}

pub(crate) async fn challenge(engine: &Engine, id: u128, at: Instant) {
    try_challenge(engine, id, at).await.unwrap();
}

async fn try_challenge(engine: &Engine, id: u128, at: Instant) -> Result<(), StoreError> {
    let made = Challenge {
        id,
        nonce: Nonce::from_bytes([1; 32]),
        issued: at,
    };
    engine.store_challenge(&asker(), made).await
}

pub(crate) async fn release(engine: &Engine, id: u128, at: Instant) {
    try_release(engine, "reader", id, at).await.unwrap();
}

async fn try_release(
    engine: &Engine,
    reader: &str,
    id: u128,
    at: Instant,
) -> Result<(), StoreError> {
    let release = Release {
        id,
        reader: reader.into(),
        account: "uketsuke".into(),
        issued: at,
        expires: at.plus_seconds(120),
    };
    let staff = permit::<ControlReader>(FACILITY);
    let kept = engine.store_release(&staff, release, None, None).await?;
    assert_eq!(kept, ReleaseKept::New);
    Ok(())
}

/// Challenge, release and check at a reader nobody else is at; says whether the check was acknowledged.
pub(crate) async fn try_visit(
    engine: &Engine,
    reader: &str,
    id: u128,
) -> Result<CardRecorded, StoreError> {
    try_challenge(engine, id, now()).await?;
    try_release(engine, reader, id, now()).await?;
    engine
        .record_card_check(&asker(), by_eye_at(reader, id, now()))
        .await
}

/// Every check by card has all that belongs to it, and nothing is there without one.
pub(crate) fn whole(run: impl Fn(&str) -> i64) -> i64 {
    let checks = run("SELECT count(*) FROM check_record WHERE origin = 'card'");
    for text in [
        "SELECT count(*) FROM card_check",
        "SELECT count(*) FROM card_challenge WHERE used IS NOT NULL",
        "SELECT count(*) FROM reader_release WHERE used_by IS NOT NULL",
        "SELECT count(*) FROM event WHERE kind = 'card_check_opened'",
        "SELECT count(*) FROM check_record c JOIN card_check k ON k.id = c.id JOIN reader_release r ON r.used_by = c.id",
    ] {
        assert_eq!(run(text), checks, "{text}");
    }
    checks
}

/// Challenge, release, check and answer, one after another.
pub(crate) async fn visit(engine: &Engine, id: u128) {
    visit_as(engine, id, now()).await;
}

/// At another time.
pub(crate) async fn visit_as(engine: &Engine, id: u128, at: Instant) {
    challenge(engine, id, at).await;
    release(engine, id, at).await;
    let recorded = engine.record_card_check(&asker(), by_eye(id, at)).await;
    let released_by = Some("uketsuke".to_owned());
    assert_eq!(recorded.unwrap(), CardRecorded::New { released_by });
    let yes = Answered {
        question: Question::Drugs,
        choice: Choice::Yes,
    };
    let answered = engine.answer_questions(&asker(), id, vec![yes], at).await;
    assert_eq!(answered.unwrap().unwrap().len(), 1);
}

async fn of_checks_at_the_same_moment_one_has_the_challenge_and_one_the_release(place: &Place) {
    let engine = place.open();
    challenge(&engine, 1, now()).await;
    challenge(&engine, 2, now()).await;
    release(&engine, 3, now()).await;
    let tries = [(1, 11), (1, 12), (2, 13), (2, 14)].map(|(challenge, id)| {
        let (engine, mut new) = (engine.clone(), by_eye(id, now()));
        new.challenge = challenge;
        tokio::spawn(async move { engine.record_card_check(&asker(), new).await.unwrap() })
    });
    let mut outcomes = Vec::new();
    for one in tries {
        outcomes.push(one.await.unwrap());
    }
    let of = |wanted: fn(&CardRecorded) -> bool| outcomes.iter().filter(|it| wanted(it)).count();
    assert_eq!(of(|it| matches!(it, CardRecorded::New { .. })), 1);
    assert_eq!(of(|it| *it == CardRecorded::NotReleased), 1);
    let used = |it: &CardRecorded| *it == CardRecorded::Challenge(ChallengeRefused::Used);
    assert_eq!(of(used), 2);
    assert_eq!(place.run("SELECT count(*) FROM check_record"), 1);
}

async fn changed_consents_are_found_by_verifying_the_chain(place: &Place) {
    for damage in [
        "UPDATE consent SET answer = 'no'",
        "DELETE FROM consent",
        "INSERT INTO consent SELECT facility, check_id, 'surgery', 'yes', person, at, valid_until FROM consent",
        "UPDATE card_check SET released_by = 'another'",
        "UPDATE card_check SET method = 'pin'",
        "DELETE FROM card_check",
    ] {
        let place = place.another();
        let engine = place.open();
        visit(&engine, 1).await;
        let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
        assert_eq!((whole.faults.as_slice(), whole.consents), (&[][..], 1));
        assert_ne!(place.run(damage), 0, "{damage}");
        let faults = engine.verify_audit(&[], |_, _, _| true).unwrap().faults;
        let found = faults.iter().any(|it| matches!(it, Fault::Record { .. }));
        assert!(found, "{damage}: {faults:?}");
    }
}

async fn inserted_consents_and_openings_are_found_by_verifying_the_chain(place: &Place) {
    let by_number = "x'00000000000000000000000000000005'";
    let closed = format!(
        "INSERT INTO card_check SELECT 99, facility, {by_number}, person, account, certificate, reader, method, vouched, released_by,
         token, worth, expires_on, questions, withheld, opened, present_until, state, closed, visit_date FROM card_check"
    );
    let answered = format!(
        "INSERT INTO consent SELECT facility, {by_number}, question, answer, person, at, valid_until FROM consent"
    );
    let opened = format!(
        "INSERT INTO opened_information SELECT facility, {by_number}, kind, basis, {by_number}, given, valid_until FROM opened_information"
    );
    let emergency = format!(
        "INSERT INTO emergency_opening SELECT {by_number}, facility, 'uketsuke', 'disaster', NULL, {by_number}, person, 'by_word', NULL,
         NULL, given, valid_until FROM opened_information"
    );
    let of_emergency =
        format!("UPDATE opened_information SET basis = 'disaster', reference = {by_number}");
    let (closed, answered, opened) = (closed.as_str(), answered.as_str(), opened.as_str());
    let (cards, answers, openings) = (
        Fault::UnvouchedCards { count: 1 },
        Fault::UnvouchedAnswers { count: 1 },
        Fault::UnvouchedOpenings { count: 1 },
    );
    let damages = [
        (vec![closed], vec![cards.clone()]),
        (vec![answered], vec![answers.clone()]),
        (vec![closed, answered], vec![cards, answers]),
        (vec![opened], vec![openings.clone()]),
        (
            vec![emergency.as_str(), of_emergency.as_str()],
            vec![openings.clone()],
        ),
        (
            vec!["UPDATE opened_information SET kind = 'surgery'"],
            vec![openings.clone()],
        ),
        (
            vec!["UPDATE opened_information SET valid_until = valid_until + 1"],
            vec![openings],
        ),
    ];
    for (damage, expected) in damages {
        let place = place.another();
        let engine = place.open();
        crate::record(&engine, [5]).await;
        visit(&engine, 1).await;
        let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
        assert_eq!(whole.faults, []);
        for text in &damage {
            assert_eq!(place.run(text), 1, "{text}");
        }
        let faults = engine.verify_audit(&[], |_, _, _| true).unwrap().faults;
        assert_eq!(faults, expected, "{damage:?}");
    }
}

async fn events_grow_within_a_facility_and_the_newest_is_never_forgotten(place: &Place) {
    let engine = place.open();
    visit(&engine, 1).await;
    let own = permit::<ReceiveEvents>(FACILITY);
    let kinds = |after| {
        let rows = engine.happenings(&own, after, 100).unwrap();
        rows.into_iter()
            .map(|it| (it.seq, it.kind))
            .collect::<Vec<_>>()
    };
    let all = [
        (1, EventKind::Release),
        (2, EventKind::CardCheckOpened),
        (3, EventKind::CardCheckClosed),
    ];
    assert_eq!(kinds(0), all);
    assert_eq!(kinds(2), [all[2]]);
    let told = |since| engine.told_since(since).unwrap();
    assert_eq!(told(now()), [(own.facility(), 3)]);
    assert_eq!(told(now().plus_seconds(1)), []);
    let other = permit::<ReceiveEvents>("3410712362");
    assert!(engine.happenings(&other, 0, 100).unwrap().is_empty());
    let later = now().plus_seconds(15 * 86_400);
    assert!(!engine.forget_happenings(later).await.unwrap());
    assert_eq!(kinds(0), [all[2]], "so that numbers go on growing");
    assert_eq!(engine.last_happening(&own).unwrap(), 3);
    let gone = engine.challenge(&asker(), 1, later).unwrap();
    assert_eq!(gone, Err(ChallengeRefused::Unknown));
}

/// The child: visits until it is killed or nobody reads it. Does nothing as a plain test.
#[test]
fn child_visits_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let path = std::path::Path::new(&folder).join("center.db");
    let engine = Engine::open_center_at(PACE, &path, random()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        let start = u128::from_be_bytes(random()) & !0xffff_ffff;
        for at in 0.. {
            visit(&engine, start | at).await;
            let mut out = std::io::stdout().lock();
            let told = writeln!(out, "visited").and_then(|()| out.flush());
            if told.is_err() {
                return;
            }
        }
    });
}

#[test]
fn a_kill_leaves_no_check_without_its_challenges_use_nor_half_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..6_usize {
        let mut running = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cards::child_visits_until_killed", "--nocapture"])
            .env(FOLDER, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let visits = lines
            .map_while(Result::ok)
            .filter(|it| it.contains("visited"));
        assert_eq!(visits.take(23 * round + 3).count(), 23 * round + 3);
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let engine = open_as(&dir, 200);
    let place = Place::Folder(dir);
    let checks = whole(|text| place.run(text));
    assert!(300 < checks, "{checks}");
    let answered = place.run("SELECT count(*) FROM card_check WHERE state = 'answered'");
    for text in [
        "SELECT count(*) FROM consent",
        "SELECT count(*) FROM event WHERE kind = 'card_check_closed'",
    ] {
        assert_eq!(place.run(text), answered, "{text}");
    }
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
    assert_eq!(i64::try_from(report.consents).unwrap(), answered);
}

async fn a_check_that_asks_nothing_is_over_at_once(place: &Place) {
    let engine = place.open();
    for id in 1..=3 {
        challenge(&engine, id, now()).await;
        let mut new = by_eye(id, now());
        new.confirmation = Confirmation::NotNeeded;
        new.card.questions.clear();
        let recorded = engine.record_card_check(&asker(), new).await.unwrap();
        assert_eq!(recorded, CardRecorded::New { released_by: None });
    }
    let over = "SELECT count(*) FROM card_check WHERE state = 'closed_without_answers'";
    assert_eq!(place.run(over), 3);
    let told = engine.happenings(&permit::<ReceiveEvents>(FACILITY), 0, 100);
    assert_eq!(told.unwrap().len(), 6);
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_by_card_share_transactions_at_a_server_and_one_that_cannot_be_fails_alone() {
    const CHECKS: u128 = 200;
    let place = Place::server();
    let engine = place.open();
    for id in 1..=CHECKS {
        challenge(&engine, id, now()).await;
    }
    let before = engine.written().commits;
    let tries = (1..=CHECKS).map(|id| {
        let (engine, mut new) = (engine.clone(), by_eye(id, now()));
        new.confirmation = Confirmation::NotNeeded;
        // Two of them have one identifier.
        if id == 77 {
            new.check.id = 78;
        }
        tokio::spawn(async move { engine.record_card_check(&asker(), new).await })
    });
    let tries: Vec<_> = tries.collect();
    let mut refused = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(recorded) => assert_eq!(recorded, CardRecorded::New { released_by: None }),
            Err(error) => {
                assert!(matches!(error, StoreError::Failed(_)), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 1);
    let checks = i64::try_from(CHECKS).unwrap() - 1;
    assert_eq!(place.run("SELECT count(*) FROM check_record"), checks);
    let used = "SELECT count(*) FROM card_challenge WHERE used IS NOT NULL";
    assert_eq!(place.run(used), checks);
    let commits = engine.written().commits - before;
    assert!(u128::from(commits) < CHECKS / 2, "{commits} transactions");
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

/// What a record of every kind on one day makes, drugs and treatment from claims.
fn known(day: CivilDate) -> MedicalInformation {
    let text = |text: &str| MedicalText::parse(text).unwrap();
    let mut month = DrugMonth::new(Source::Claims, TreatmentMonth::of(day));
    month.days.push(DrugDay {
        dispensed: Some(day),
        prescribed: None,
        drugs: vec![Drug::new(text("架空錠"))],
        treatments: vec![Treatment::new(text("架空検査"))],
    });
    MedicalInformation {
        drugs: vec![month],
        surgeries: vec![Surgery::new(day, text("架空手術"))],
        checkups: vec![Checkup::new(day)],
    }
}

async fn of_what_is_older_than_is_shown_nothing_is_said_to_exist(place: &Place) {
    let engine = place.open();
    let mut people = synthetic::samples::people();
    people.truncate(1);
    let person = people[0].person.id;
    engine.store_people(people).await.unwrap();
    let serial = CardSerial::new([7; 32], &[2, 1]).unwrap();
    let cards = vec![(serial.clone(), person)];
    engine.store_cards(cards).await.unwrap();
    let kinds = [
        Holding::MedicalSubsidy,
        Holding::Surgery,
        Holding::Treatment,
        Holding::Drugs,
        Holding::Checkups,
    ];
    let held = kinds.map(|kind| Held {
        kind,
        period: Period::default(),
    });
    let held = vec![(person, held.into())];
    engine.store_holdings(held).await.unwrap();
    let today = now().date_in_japan();
    let exists = || {
        let holder = engine.card_holder(&asker(), &serial, today).unwrap();
        holder.unwrap().holdings
    };
    let all = Holdings::from(kinds);
    assert_eq!(exists(), all, "what has no record counts by its days");
    let years_ago = |years: i32| today.plus_months(-12 * years);
    for (years, shown) in [
        (1, all),
        (
            4,
            Holdings::from([Holding::MedicalSubsidy, Holding::Checkups]),
        ),
        (6, Holdings::from([Holding::MedicalSubsidy])),
    ] {
        let known = vec![(person, known(years_ago(years)))];
        engine.store_medical_information(known).await.unwrap();
        assert_eq!(exists(), shown, "{years}");
    }
    // Electronic prescriptions are shown for a hundred days.
    for (days, is_shown) in [(10, true), (200, false)] {
        let mut known = known(today.plus_days(-days));
        known.drugs[0].source = Source::Dispensing;
        known.drugs[0].days[0].treatments.clear();
        let known = vec![(person, known)];
        engine.store_medical_information(known).await.unwrap();
        assert_eq!(exists().contains(&Holding::Drugs), is_shown, "{days}");
    }
}

on_both!(
    of_what_is_older_than_is_shown_nothing_is_said_to_exist,
    a_check_that_asks_nothing_is_over_at_once,
    of_checks_at_the_same_moment_one_has_the_challenge_and_one_the_release,
    changed_consents_are_found_by_verifying_the_chain,
    inserted_consents_and_openings_are_found_by_verifying_the_chain,
    events_grow_within_a_facility_and_the_newest_is_never_forgotten,
);
