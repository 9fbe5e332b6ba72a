//! What somebody may try at medical information that is not theirs to see: what they are told, and what is on record of it.

use std::fs::File;
use std::io::Write;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use api::medical::document::DocumentRequest;
use api::medical::looks::{LooksSearch, PatientTerms};
use api::routes;
use center::config::Limits;
use domain::account::AccountKind;
use domain::civil_date::Instant;
use domain::medical_information::MedicalInformation;
use domain::medical_information::checkup::Checkup;
use domain::questions::OUTPATIENT_CONSENT_S;
use serde_json::json;
use store::engine::Engine;
use synthetic::card::case::Case;
use synthetic::card::holder;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use crate::medical_information::{DRUGS, code, desk};
use crate::no_writes::{serve_until_input_ends, start_failing};
use crate::own_misuse::audit;
use crate::withdrawals::{Ward, page, verified, ward, withdrawal};
use crate::world::{World, check, start_center_with};

/// More looks than a run needs until the disk is full.
const MOST: usize = 2_000;

fn pdf() -> DocumentRequest {
    DocumentRequest {
        format: "pdf".into(),
        ..DocumentRequest::default()
    }
}

/// The administrator with a new session: an earlier one ends before a consent does.
async fn sign_in_again(ward: &mut Ward) {
    let again = ward
        .clinic
        .try_sign_in("administrator", "Kanri-7654321", true);
    ward.staff = again.await.unwrap().token;
}

fn random() -> uuid::Uuid {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    uuid::Uuid::from_bytes(bytes)
}

fn engine(world: &World) -> Engine {
    crate::places::store(&world.dir.path().join("center.db"), 8)
}

/// All of an answer but its time.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    head: Vec<String>,
    body: Vec<u8>,
}

impl Ward {
    /// A request as it goes over the line.
    async fn told(&self, world: &World, token: &str, line: &str, body: &str) -> Told {
        let bearer = format!("authorization: Bearer {token}");
        let key = format!("idempotency-key: {}", random());
        let headers = [
            bearer.as_str(),
            key.as_str(),
            "content-type: application/json",
        ];
        let identity = &self.clinic.identity;
        let answer = world.raw(identity, line, &headers, body.as_bytes()).await;
        let head = answer.head.lines().map(str::to_lowercase);
        Told {
            status: answer.status,
            head: head.filter(|it| !it.starts_with("date:")).collect(),
            body: answer.body,
        }
    }
}

/// Every route that leads to one patient, with a body it takes.
fn routes_of(id: &str) -> [(String, &'static str); 3] {
    [
        (routes::MEDICAL_LOOKS, r#"{"way":"page"}"#),
        (routes::MEDICAL_DOCUMENTS, r#"{"format":"xml"}"#),
        (routes::MEDICAL_WITHDRAWAL, r#"{"reason":"facility"}"#),
    ]
    .map(|(route, body)| (format!("POST {}", route.replace("{id}", id)), body))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_counts_to_its_last_microsecond_and_at_its_end_no_more() {
    let world = World::start_with_cards().await;
    let mut ward = ward(&world, "1319999999").await;
    let questions = ["surgery", "treatment_and_drugs", "checkups"];
    let id = ward.consent(Case::Everything, &questions).await;
    let end = world.micros.load(Ordering::SeqCst) + OUTPATIENT_CONSENT_S * 1_000_000;
    world.micros.store(end - 60_000_000, Ordering::SeqCst);
    sign_in_again(&mut ward).await;
    let client = &ward.clinic.client;

    world.micros.store(end - 1, Ordering::SeqCst);
    let listed = client.medical_patients(&ward.staff).await.unwrap();
    let until = Instant::from_micros(end).to_string();
    assert_eq!(listed.patients[0].kinds.len(), 4);
    assert!(listed.patients[0].kinds.iter().all(|it| it.until == until));
    assert!(ward.looks_at(&id).await);
    let document = pdf();
    let taken = client.take_medical_document(&ward.staff, &id, &document);
    assert!(taken.await.unwrap().starts_with(b"%PDF"));

    world.micros.store(end, Ordering::SeqCst);
    let listed = client.medical_patients(&ward.staff).await.unwrap();
    assert!(listed.patients.is_empty());
    let wish = page();
    let looked = client.look_at_medical_information(&ward.staff, &id, &wish);
    check(looked.await, "unknown_patient");
    let taken = client.take_medical_document(&ward.staff, &id, &document);
    check(taken.await, "unknown_patient");
    let all = withdrawal(None);
    let withdrawn = client.withdraw_consent(&ward.staff, "w", &id, &all);
    check(withdrawn.await, "unknown_patient");
    let report = verified(&world);
    assert_eq!((report.faults, report.looks), (Vec::new(), 2));
    assert_eq!(audit(&world, "medical-refused").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_reads_to_the_same_last_microsecond() {
    let world = World::start_with_cards().await;
    let mut desk = desk(&world, "1319999999").await;
    desk.consent(Case::Renewed, &[("drugs", "yes")]).await;
    let asked = desk.drugs(&world, Case::Renewed, "2");
    let end = world.micros.load(Ordering::SeqCst) + OUTPATIENT_CONSENT_S * 1_000_000;
    world.micros.store(end - 1, Ordering::SeqCst);
    desk.link = desk.clinic.sign_in("link_app").await.token;
    assert_eq!(code(&desk.ask(DRUGS, &asked).await), "1");
    world.micros.store(end, Ordering::SeqCst);
    assert_eq!(code(&desk.ask(DRUGS, &asked).await), "E0030");
    assert_eq!(verified(&world).looks, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_views_nothing_learns_nothing_and_the_attempt_is_on_record() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, "1319999999").await;
    let id = ward.consent(Case::Renewed, &["checkups"]).await;
    let nobody = uuid::Uuid::from_u128(7).to_string();
    let general = ward.person(AccountKind::General).await;
    let link = ward.clinic.sign_in("link_app").await.token;
    // A reader has one session: the one that asked the patient.
    let accounts = [
        ("general", &general),
        ("link_app", &link),
        ("reader", &ward.reader),
    ];
    for (account, token) in accounts {
        let list = format!("GET {}", routes::MEDICAL_PATIENTS);
        let first = ward.told(&world, token, &list, "").await;
        assert_eq!(first.status, 403, "{account}");
        assert!(String::from_utf8_lossy(&first.body).contains("not_permitted"));
        for id in [&id, &nobody] {
            // A general account may withdraw, which `withdrawals` tries.
            for (line, body) in &routes_of(id)[..2] {
                let told = ward.told(&world, token, line, body).await;
                assert_eq!(told, first, "{account}: {line}");
            }
        }
        for route in [routes::MEDICAL_LOOKS_SEARCH, routes::MEDICAL_LOOKS_EXPORT] {
            let body = r#"{"encoding":"utf-8"}"#;
            let line = format!("POST {route}");
            let told = ward.told(&world, token, &line, body).await;
            assert_eq!(told, first, "{account}: {route}");
        }
    }
    let refused = audit(&world, "refused").await;
    for (account, _) in accounts {
        let own = refused.iter().filter(|it| it.actor.contains(account));
        let details: Vec<&str> = own.map(|it| it.detail.as_str()).collect();
        let of = |action: &str| details.iter().filter(|it| **it == action).count();
        let viewing = of("action=ViewMedicalPages");
        assert_eq!((viewing, of("action=ReadLooks")), (5, 2), "{refused:?}");
    }
    assert_eq!(verified(&world).looks, 0);
    assert!(audit(&world, "medical-list").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_be_seen_is_one_and_the_same_unknown_patient() {
    let world = World::start_with_cards().await;
    let (mut here, elsewhere) = (
        ward(&world, "1319999999").await,
        ward(&world, "3410712362").await,
    );
    let ended = here.consent(Case::RareName, &["checkups"]).await;
    world.pass_seconds(OUTPATIENT_CONSENT_S);
    sign_in_again(&mut here).await;
    here.reader = here.clinic.sign_in("reader").await.token;
    let mut elsewhere = elsewhere;
    elsewhere.reader = elsewhere.clinic.sign_in("reader").await.token;
    let seen = here.consent(Case::Everything, &["checkups"]).await;
    // The other facility's check is of somebody who may be seen here as well, by this facility's own.
    let foreign = elsewhere.consent(Case::Everything, &["checkups"]).await;
    let withdrawn = here.consent(Case::LastTry, &["checkups"]).await;
    let all = withdrawal(None);
    let client = &here.clinic.client;
    let done = client.withdraw_consent(&here.staff, "w", &withdrawn, &all);
    done.await.unwrap();
    let said_no = here.clinic.lay(&here.reader, Case::Android, "pin");
    let said_no = said_no.await.unwrap();
    let no = here
        .clinic
        .answer(&here.reader, &said_no, &[("checkups", "no")]);
    no.await.unwrap();
    let unanswered = here.clinic.lay(&here.reader, Case::Renewed, "pin");
    let unanswered = unanswered.await.unwrap();
    let neighbour = uuid::Uuid::parse_str(&seen).unwrap().as_u128() ^ 1;
    let guesses = [
        random().to_string(),
        uuid::Uuid::from_u128(neighbour).to_string(),
        "0".into(),
        foreign,
        ended,
        withdrawn,
        said_no.check.check_id,
        unanswered.check.check_id,
    ];
    assert!(here.looks_at(&seen).await);
    let mut first = None;
    for guess in &guesses {
        for (line, body) in routes_of(guess) {
            let told = here.told(&world, &here.staff, &line, body).await;
            let first = first.get_or_insert_with(|| {
                assert_eq!(told.status, 404);
                Told {
                    status: told.status,
                    head: told.head.clone(),
                    body: told.body.clone(),
                }
            });
            assert_eq!(&told, first, "{line}");
        }
    }
    let body = first.unwrap().body;
    assert!(String::from_utf8_lossy(&body).contains("unknown_patient"));
    let refused = audit(&world, "medical-refused").await;
    let ways = 3 * guesses.len();
    assert_eq!(refused.len(), ways, "looks, documents and withdrawals");
    assert!(refused.iter().all(|it| it.subject.is_none()));
    assert_eq!(verified(&world).looks, 1);
    assert!(here.looks_at(&seen).await, "no guess ended anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_of_one_name_are_seen_each_by_their_own_consent_and_with_their_own_data() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, "1319999999").await;
    let first = holder::registration(Case::Renewed).unwrap();
    let mut second = holder::registration(Case::AboutToExpire).unwrap();
    let (id, name) = (second.person.id, first.person.name.as_str());
    second.person = domain::person::Person {
        id,
        ..first.person.clone()
    };
    let now = Instant::from_micros(world.micros.load(Ordering::SeqCst));
    let day = now.date_in_japan().plus_days(-100);
    let information = MedicalInformation {
        checkups: vec![Checkup::new(day)],
        ..MedicalInformation::default()
    };
    let store = engine(&world);
    store.store_people(vec![second]).await.unwrap();
    let known = store.store_medical_information(vec![(id, information)]);
    known.await.unwrap();

    let one = ward.consent(Case::Renewed, &["treatment_and_drugs", "checkups"]);
    let one = one.await;
    let client = &ward.clinic.client;
    let laid = ward.clinic.lay(&ward.reader, Case::AboutToExpire, "pin");
    let laid = laid.await.unwrap();
    assert!(!ward.looks_at(&laid.check.check_id).await, "the other's");
    let listed = client.medical_patients(&ward.staff).await.unwrap();
    assert_eq!(listed.patients.len(), 1);
    world.pass_seconds(1);
    let two = ward.consent(Case::AboutToExpire, &["checkups"]).await;
    let listed = client.medical_patients(&ward.staff).await.unwrap();
    let [newer, older] = &listed.patients[..] else {
        panic!("{listed:?}")
    };
    assert_eq!((&newer.id, &older.id), (&two, &one));
    assert_eq!((newer.name.as_str(), older.name.as_str()), (name, name));
    assert_eq!(newer.birth_date, older.birth_date);
    assert_eq!((newer.kinds.len(), older.kinds.len()), (1, 3));

    let wish = page();
    let of = |id| client.look_at_medical_information(&ward.staff, id, &wish);
    let (seen_one, seen_two) = (of(&one).await.unwrap(), of(&two).await.unwrap());
    let days = |record: &api::medical::record::MedicalRecord| {
        let each = record.checkups.iter().map(|it| it.day.clone());
        each.collect::<Vec<String>>()
    };
    assert!(seen_two.months.is_empty());
    assert_eq!(days(&seen_two), [day.to_string()]);
    assert!(!seen_one.months.is_empty() && !days(&seen_one).contains(&day.to_string()));
    let all = withdrawal(None);
    let ended = client.withdraw_consent(&ward.staff, "w", &one, &all);
    ended.await.unwrap();
    assert!(!ward.looks_at(&one).await && ward.looks_at(&two).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_somebody_without_data_the_record_is_empty_and_the_look_is_kept() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, "1319999999").await;
    let person = holder::registration(Case::Renewed).unwrap().person;
    let nothing = vec![(person.id, MedicalInformation::default())];
    let store = engine(&world);
    store.store_medical_information(nothing).await.unwrap();
    let id = ward.consent(Case::Renewed, &["treatment_and_drugs", "checkups"]);
    let (id, wish, client) = (id.await, page(), &ward.clinic.client);
    let looked = client.look_at_medical_information(&ward.staff, &id, &wish);
    let record = looked.await.unwrap();
    assert_eq!(record.patient.name, person.name.as_str());
    assert_eq!(record.opened.len(), 3);
    assert!(record.months.is_empty() && record.checkups.is_empty());
    assert!(record.surgeries.is_empty());
    let taken = client.take_medical_document(&ward.staff, &id, &pdf()).await;
    assert!(taken.unwrap().starts_with(b"%PDF"));
    let report = verified(&world);
    assert_eq!((report.faults, report.looks), (Vec::new(), 2));
    let all = LooksSearch::default();
    let found = client.looks(&ward.staff, &all).await;
    assert_eq!(found.unwrap().looks.len(), 2);
}

/// Not a test of its own: a center that believes the made-up cards, in a process whose system calls fail.
#[test]
fn child_serves_with_cards_until_its_input_ends() {
    serve_until_input_ends(async |folder, micros| {
        let cards = crate::deck::settings(folder);
        start_center_with(folder, Limits::default(), cards, micros).await
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_takes_no_writes_shows_nothing() {
    let test = "medical_misuse::child_serves_with_cards_until_its_input_ends";
    let (mut child, world) = start_failing(test, "pwrite64:error=ENOSPC:when=1200+");
    let store = engine(&world);
    crate::deck::register(&store).await;
    drop(store);
    let ward = ward(&world, "1319999999").await;
    let id = ward.consent(Case::Renewed, &["checkups"]).await;
    let mut shown = 0;
    let client = &ward.clinic.client;
    let (wish, document) = (page(), pdf());
    let refused = loop {
        match client
            .look_at_medical_information(&ward.staff, &id, &wish)
            .await
        {
            Ok(_) => shown += 1,
            Err(error) => break error,
        }
        assert!(shown < MOST, "the disk is never full");
    };
    check::<()>(Err(refused), "store_unavailable");
    let taken = client.take_medical_document(&ward.staff, &id, &document);
    check(taken.await, "store_unavailable");
    let listed = client.medical_patients(&ward.staff).await;
    check(listed, "store_unavailable");
    let all = LooksSearch::default();
    let searched = client.looks(&ward.staff, &all).await;
    check(searched, "store_unavailable");
    for (line, body) in routes_of(&id) {
        let told = ward.told(&world, &ward.staff, &line, body).await;
        let text = String::from_utf8(told.body).unwrap();
        assert_eq!(told.status, 503, "{line}: {text}");
        assert!(!text.contains("見本"), "{text}");
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    let report = verified(&world);
    assert_ne!(shown, 0);
    assert_eq!((report.faults, report.looks), (Vec::new(), shown as u64));
}

/// Writes every event and span, of whatever level, with all of its members.
struct Everything {
    file: Mutex<File>,
    spans: AtomicU64,
}

struct Members<'a>(&'a mut String);

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Everything {
    fn write(&self, of: &'static str, record: impl FnOnce(&mut Members<'_>)) {
        let mut line = of.to_owned();
        record(&mut Members(&mut line));
        writeln!(self.file.lock().unwrap(), "{line}").unwrap();
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.write(span.metadata().name(), |members| span.record(members));
        Id::from_u64(1 + self.spans.fetch_add(1, Ordering::SeqCst))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.write("record", |members| values.record(members));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        self.write(event.metadata().target(), |members| event.record(members));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

const LOG: &str = "ONSHI_TEST_MEDICAL_LOG";

/// Not a test of its own: looks, refusals and withdrawals in a process that logs everything.
#[tokio::test(flavor = "multi_thread")]
async fn child_looks_and_logs_everything() {
    let Some(path) = std::env::var_os(LOG) else {
        return;
    };
    let everything = Everything {
        file: Mutex::new(File::create(path).unwrap()),
        spans: AtomicU64::new(0),
    };
    tracing::subscriber::set_global_default(everything).unwrap();
    let world = World::start_with_cards().await;
    let ward = ward(&world, "1319999999").await;
    let client = &ward.clinic.client;
    let questions = ["surgery", "treatment_and_drugs", "checkups"];
    let id = ward.consent(Case::Renewed, &questions).await;
    client.medical_patients(&ward.staff).await.unwrap();
    assert!(ward.looks_at(&id).await);
    let document = pdf();
    let taken = client.take_medical_document(&ward.staff, &id, &document);
    taken.await.unwrap();
    let named = LooksSearch {
        patient: Some(PatientTerms {
            name: Some("見本 新".into()),
            ..PatientTerms::default()
        }),
        ..LooksSearch::default()
    };
    assert_eq!(
        client.looks(&ward.staff, &named).await.unwrap().looks.len(),
        2
    );
    let all = withdrawal(None);
    let done = client.withdraw_consent(&ward.staff, "w", &id, &all);
    done.await.unwrap();
    assert!(!ward.looks_at(&id).await);
    // What is typed in the wrong place.
    for body in [
        json!({"way": "見本　新"}),
        json!({"way": "page", "from": "1988-04-25"}),
        json!({"見本　新": "1988-04-25"}),
    ] {
        let (line, _) = &routes_of("見本")[0];
        let line = line.replace("見本", "1988-04-25");
        let body = body.to_string();
        let told = ward.told(&world, &ward.staff, &line, &body).await;
        assert!(400 <= told.status);
    }
    tracing::info!("told to the end");
}

#[test]
fn no_log_holds_a_patient_or_what_was_seen_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "medical_misuse::child_looks_and_logs_everything"])
        .env(LOG, &path)
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    let log = std::fs::read_to_string(&path).unwrap();
    let center = log.contains("a revocation list of cards was read");
    assert!(center && log.contains("told to the end"), "{log}");
    let registration = holder::registration(Case::Renewed).unwrap();
    let (person, coverage) = (&registration.person, &registration.coverages[0]);
    let birth_date = person.birth_date.to_string();
    for personal in [
        person.name.as_str(),
        "見本 新",
        "ｱﾗﾀ",
        birth_date.as_str(),
        coverage.number.as_str(),
        "架空錠",
        "架空検査",
        "収縮期血圧",
        "別の患者さんの同意",
    ] {
        let found = log.lines().find(|line| line.contains(personal));
        assert_eq!(found, None, "{personal} is in the log");
    }
}
