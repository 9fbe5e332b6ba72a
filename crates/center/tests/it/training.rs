//! Practice (練習): at any time, with the same handlers, among people who do not exist, and with nothing of it on the other side.

use api::client::cards::Cause;
use api::client::{Client, ClientError};
use api::emergency::{
    AmbulanceSearch, NewDisasterCheck, NewOpening, NewReport, PersonSearch, SearchOutcome,
};
use api::medical::LookRequest;
use api::medical::document::DocumentRequest;
use api::medical::record::MedicalRecord;
use api::training::TrainingPatient;
use center::audit::{AuditLine, AuditQuery};
use center::control::{Order, Reply, send};
use domain::civil_date::Instant;

use crate::emergency::{self, account};
use crate::world::{Clinic, World, check};

const CODE: &str = "1319999999";

/// A facility whose administrator signed in, and their client for practice.
struct Trainee {
    clinic: Clinic,
    token: String,
    practice: Client,
}

async fn trainee(world: &World) -> Trainee {
    let clinic = world.enrol(CODE).await;
    let token = clinic.administrator().await.0.token;
    let practice = clinic.client.in_training();
    Trainee {
        clinic,
        token,
        practice,
    }
}

/// What is told of a made-up patient at a reception.
fn description(it: &TrainingPatient) -> PersonSearch {
    PersonSearch {
        address: it.address.clone(),
        birth_date: it.birth_date.clone(),
        name: Some(it.name.clone()),
        sex: Some(it.sex.clone()),
        ..PersonSearch::default()
    }
}

/// Somebody of the samples, who is registered at the center as any real person is.
fn real_person() -> PersonSearch {
    let people = synthetic::samples::people();
    let it = &people[0].person;
    PersonSearch {
        birth_date: it.birth_date.to_string(),
        name: Some(it.name.as_str().to_owned()),
        sex: Some(it.sex.code().into()),
        ..PersonSearch::default()
    }
}

fn consent(outcome: &SearchOutcome, consent: &str) -> NewOpening {
    NewOpening {
        consent: consent.into(),
        search: outcome.found.as_ref().unwrap().search.clone(),
    }
}

impl Trainee {
    async fn patients(&self) -> Vec<TrainingPatient> {
        let listed = self.practice.training_patients(&self.token).await;
        listed.unwrap().patients
    }

    async fn patient(&self, name: &str) -> TrainingPatient {
        let patients = self.patients().await;
        patients.into_iter().find(|it| it.name == name).unwrap()
    }

    async fn search(&self, asked: &PersonSearch) -> SearchOutcome {
        let found = self.practice.search_in_disaster(&self.token, asked).await;
        found.unwrap()
    }

    /// Searches for a patient of the list and opens them, as in a disaster.
    async fn open(&self, name: &str) -> String {
        let found = self.search(&description(&self.patient(name).await)).await;
        let body = consent(&found, "oral");
        let opened = self.practice.open_in_disaster(&self.token, &body).await;
        opened.unwrap().id
    }

    /// The patients of whom something was opened in practice.
    async fn opened(&self) -> Vec<String> {
        let listed = self.practice.medical_patients(&self.token).await;
        listed
            .unwrap()
            .patients
            .into_iter()
            .map(|it| it.name)
            .collect()
    }
}

async fn look(client: &Client, token: &str, id: &str) -> Result<MedicalRecord, ClientError> {
    let page = LookRequest {
        way: "page".into(),
        ..LookRequest::default()
    };
    client.look_at_medical_information(token, id, &page).await
}

async fn file(
    (client, token, id): (&Client, &str, &str),
    format: &str,
) -> Result<bytes::Bytes, ClientError> {
    let document = DocumentRequest {
        format: format.into(),
        ..DocumentRequest::default()
    };
    client.take_medical_document(token, id, &document).await
}

/// Lines of the real center's audit chain of a deed.
async fn told(world: &World, deed: &str) -> Vec<AuditLine> {
    let query = AuditQuery {
        deed: Some(deed.into()),
        ..AuditQuery::default()
    };
    match send(world.dir.path(), &Order::AuditSearch(query)).await {
        Ok(Reply::Audit(lines)) => lines,
        other => panic!("{other:?}"),
    }
}

/// Looks and checks in the real center's chain, which is whole.
fn looks_and_checks(world: &World) -> (u64, u64) {
    let path = world.dir.path().join("center.db");
    let store = store::engine::Engine::open_center(&path, [8; 16]).unwrap();
    let report = store.verify_audit(&[], |_, _, _| true).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    (report.looks, report.checks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disaster_is_practised_with_no_window_open_and_is_on_record_as_practice_alone() {
    let world = World::start().await;
    let trainee = trainee(&world).await;
    let (practice, token) = (&trainee.practice, &trainee.token);
    let real = &trainee.clinic.client;
    let id = trainee.open("練習　花子").await;
    assert_eq!(trainee.opened().await, ["練習　花子"]);
    let record = look(practice, token, &id).await.unwrap();
    assert_eq!(record.patient.name, "練習　花子");
    assert!(!record.months.is_empty() && !record.checkups.is_empty());
    assert!(record.surgeries.is_empty(), "no surgery in a disaster");
    let pdf = file((practice, token, &id), "pdf").await.unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    let xml = file((practice, token, &id), "xml").await.unwrap();
    let xml = String::from_utf8(xml.to_vec()).unwrap();
    assert!(xml.contains("<OnshiNotice>練習用です。実在の患者ではありません。"));
    let used = practice.emergency_reports(token).await.unwrap().windows;
    assert_eq!(used.len(), 1);
    let listed = practice.used_windows(token, None).await.unwrap().windows;
    assert_eq!(listed[0].openings, Some(1));
    let practised = practice.window_usage(token, &listed[0].window.id).await;
    assert!(practised.unwrap().lines == used[0].lines);
    let report = NewReport {
        text: "練習しました。".into(),
        window: used[0].window.id.clone(),
    };
    practice
        .file_emergency_report(token, "1", &report)
        .await
        .unwrap();
    let refuses = description(&trainee.patient("練習　拒子").await);
    let alone = NewDisasterCheck {
        search: trainee.search(&refuses).await.found.unwrap().search,
    };
    let answered = practice.check_in_disaster(token, &alone).await.unwrap();
    assert_eq!(answered.check.verdict, 1);
    assert_eq!(trainee.opened().await, ["練習　花子"]);
    // The other side has nothing of it.
    let listed = real.medical_patients(token).await.unwrap();
    assert!(listed.patients.is_empty());
    let used = real.emergency_reports(token).await.unwrap();
    assert!(used.windows.is_empty());
    assert!(real.emergency_state().await.unwrap().windows.is_empty());
    check(
        real.file_emergency_report(token, "1", &report).await,
        "not_found",
    );
    assert_eq!(looks_and_checks(&world), (0, 0));
    for deed in [
        "emergency-search",
        "emergency-opening",
        "emergency-report",
        "medical-read",
        "check",
    ] {
        assert!(told(&world, deed).await.is_empty(), "{deed}");
    }
    let practised = told(&world, "practice").await;
    let opening = "action=ViewInDisaster route=POST /v1/training/emergency/disaster/openings";
    assert!(practised.iter().any(|it| it.detail == opening));
    assert!(practised.iter().all(|it| it.subject.is_none()));
    assert!(practised.iter().all(|it| !it.detail.contains(&id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_one_side_can_be_reached_from_the_other() {
    let world = emergency::world().await;
    let trainee = trainee(&world).await;
    let (practice, token) = (&trainee.practice, &trainee.token);
    let real = &trainee.clinic.client;
    // No real person is found in practice.
    assert_eq!(trainee.search(&real_person()).await.outcome, "nobody");
    let asked = practice.check_in_outage(token, "1", &real_person()).await;
    assert_eq!(asked.unwrap().outcome, "nobody");
    // No opening of practice is anybody outside: the answer is that for an identifier nobody ever had.
    let id = trainee.open("練習　花子").await;
    let nobody = uuid::Uuid::from_u128(7).to_string();
    for (client, id) in [(real, &nobody), (practice, &nobody), (real, &id)] {
        check(look(client, token, id).await, "unknown_patient");
        check(file((client, token, id), "pdf").await, "unknown_patient");
    }
    // No search of practice opens anything outside, while a window is open there.
    let found = trainee
        .search(&description(&trainee.patient("練習　静").await))
        .await;
    world.disaster(3_600).await;
    let opened = real.open_in_disaster(token, &consent(&found, "oral")).await;
    check(opened, "unknown_search");
    // And the reverse: who is found outside is opened in practice by nobody, and a made-up patient is found outside by nobody.
    let outside = real
        .search_in_disaster(token, &real_person())
        .await
        .unwrap();
    let opened = practice
        .open_in_disaster(token, &consent(&outside, "oral"))
        .await;
    check(opened, "unknown_search");
    let asked = description(&trainee.patient("練習　静").await);
    let outside = real.search_in_disaster(token, &asked).await.unwrap();
    assert_eq!(outside.outcome, "nobody");
    // A client for practice knows no path of the other side.
    check(practice.settings(token, Cause::Person).await, "not_found");
    check(practice.emergency_state().await, "not_found");
    check(real.training_patients(token).await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn practice_asks_for_one_more_item_and_lists_no_strangers() {
    let world = World::start().await;
    let trainee = trainee(&world).await;
    let told = |it: SearchOutcome| (it.outcome, it.item, it.found.map(|it| it.name));
    let one_more = |item: &str| ("one_more".to_owned(), Some(item.to_owned()), None);
    let found = |name: &str| ("one".to_owned(), None, Some(name.to_owned()));
    let two = description(&trainee.patient("練習　太郎").await);
    let without = PersonSearch {
        address: None,
        ..two.clone()
    };
    assert_eq!(told(trainee.search(&without).await), one_more("address"));
    assert_eq!(told(trainee.search(&two).await), found("練習　太郎"));
    let variant = PersonSearch {
        name: Some("高崎辺太".into()),
        address: None,
        ..description(&trainee.patient("髙﨑　邉太").await)
    };
    assert_eq!(told(trainee.search(&variant).await), found("髙﨑　邉太"));
    let twin = description(&trainee.patient("双子　葵").await);
    let by_kana = PersonSearch {
        name: Some("ふたごあおい".into()),
        ..twin.clone()
    };
    assert_eq!(told(trainee.search(&by_kana).await), one_more("name"));
    assert_eq!(told(trainee.search(&twin).await), found("双子　葵"));
    let listed = trainee.patient("双子　碧").await;
    let by_insurance = PersonSearch {
        birth_date: listed.birth_date,
        insurer_number: listed.insurer_number,
        number: listed.number,
        symbol: listed.symbol,
        ..PersonSearch::default()
    };
    assert_eq!(
        told(trainee.search(&by_insurance).await),
        one_more("branch")
    );
    let no_consent = trainee.search(&twin).await;
    let body = consent(&no_consent, "");
    let refused = trainee.practice.open_in_disaster(&trainee.token, &body);
    check(refused.await, "invalid_input");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_practice_proves_nothing_with_the_centers_keys() {
    let world = World::start().await;
    let trainee = trainee(&world).await;
    let it = trainee.patient("練習　三郎").await;
    let asked = description(&it);
    let answered = trainee
        .practice
        .check_in_outage(&trainee.token, "1", &asked);
    let answer = answered.await.unwrap().check.unwrap();
    assert_eq!(answer.verdict, 1);
    let keys = trainee.clinic.client.keys().await.unwrap();
    let verified = api::receipt::verify(&serde_json::to_value(&answer).unwrap(), &keys);
    assert!(verified.is_err(), "{verified:?}");
    let past = trainee
        .clinic
        .client
        .past_check(&trainee.token, &answer.check_id);
    check(past.await, "not_found");
    let left = description(&trainee.patient("練習　四郎").await);
    let answered = trainee.practice.check_in_outage(&trainee.token, "2", &left);
    assert_eq!(answered.await.unwrap().check.unwrap().verdict, 2);
    assert_eq!(looks_and_checks(&world), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn ambulance_mode_is_practised_by_card_anywhere_and_the_card_is_worth_nothing_outside() {
    let world = World::start().await;
    let trainee = trainee(&world).await;
    let staff = &trainee.token;
    let viewer = account(&trainee.clinic, staff, "ishi", "medical_viewer", false).await;
    let (practice, real) = (&trainee.practice, &trainee.clinic.client);
    let access = practice.ambulance_access(&viewer).await.unwrap();
    assert!(access.missing.is_none() && access.by_data);
    let it = trainee.patient("練習　五月").await;
    let by_card = AmbulanceSearch {
        card_check: it.card_check,
        person: None,
    };
    let found = practice
        .search_in_ambulance(&viewer, &by_card)
        .await
        .unwrap();
    let body = consent(&found, "unobtainable");
    let opened = practice.open_in_ambulance(&viewer, &body).await.unwrap();
    let record = look(practice, &viewer, &opened.id).await.unwrap();
    assert!(!record.surgeries.is_empty(), "surgery as well");
    // Of the others of the facility nobody sees it.
    check(
        look(practice, &trainee.token, &opened.id).await,
        "unknown_patient",
    );
    let outside = real.search_in_ambulance(&viewer, &by_card).await;
    check(outside, "ambulance_not_here");
    let forged = AmbulanceSearch {
        card_check: Some(uuid::Uuid::from_u128(1).to_string()),
        person: None,
    };
    let found = practice.search_in_ambulance(&viewer, &forged).await;
    check(found, "ambulance_card_needed");
    let refused = practice.ambulance_access(&trainee.token).await;
    check(refused, "not_permitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_use_no_mode_may_practise_none() {
    let world = World::start().await;
    let trainee = trainee(&world).await;
    let practice = &trainee.practice;
    let asked = description(&trainee.patient("練習　花子").await);
    let id = trainee.open("練習　花子").await;
    let before = told(&world, "practice").await.len();
    for (name, kind) in [("uketsuke", "general"), ("renkei2", "link_app")] {
        let token = account(&trainee.clinic, &trainee.token, name, kind, false).await;
        check(practice.training_patients(&token).await, "not_permitted");
        check(
            practice.start_training_afresh(&token).await,
            "not_permitted",
        );
        let found = practice.search_in_disaster(&token, &asked).await;
        check(found, "not_permitted");
        let found = practice.check_in_outage(&token, "1", &asked).await;
        check(found, "not_permitted");
        check(practice.ambulance_access(&token).await, "not_permitted");
        check(practice.emergency_reports(&token).await, "not_permitted");
        check(look(practice, &token, &id).await, "not_permitted");
    }
    check(practice.training_patients("none").await, "not_signed_in");
    let after = told(&world, "practice").await.len();
    assert_eq!(after, before, "a refusal is no practice");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_facility_practises_for_itself_begins_afresh_when_it_likes_and_every_day() {
    let world = World::start().await;
    let trainee = trainee(&world).await;
    let other = world.enrol("1419999998").await;
    let others = other.administrator().await.0.token;
    let elsewhere = other.client.in_training();
    let id = trainee.open("練習　花子").await;
    check(look(&elsewhere, &others, &id).await, "unknown_patient");
    let listed = elsewhere.medical_patients(&others).await.unwrap();
    assert!(listed.patients.is_empty());
    elsewhere.start_training_afresh(&others).await.unwrap();
    assert_eq!(trainee.opened().await.len(), 1, "not by another facility");
    let (practice, token) = (&trainee.practice, &trainee.token);
    practice.start_training_afresh(token).await.unwrap();
    assert!(trainee.opened().await.is_empty());
    check(look(practice, token, &id).await, "unknown_patient");
    let used = practice.emergency_reports(token).await.unwrap();
    assert!(used.windows.is_empty());
    let id = trainee.open("双子　葵").await;
    // To the midnight of Japan, and a session of the next day.
    let now = world.now();
    let midnight = Instant::start_of_day_in_japan(now.date_in_japan().plus_days(1));
    world.pass_seconds(now.seconds_until(midnight) + 1);
    let again = trainee
        .clinic
        .try_sign_in("administrator", "Kanri-7654321", true);
    let token = again.await.unwrap().token;
    check(look(practice, &token, &id).await, "unknown_patient");
    let listed = practice.medical_patients(&token).await.unwrap();
    assert!(listed.patients.is_empty());
    let used = practice.emergency_reports(&token).await.unwrap();
    assert!(used.windows.is_empty());
    assert!(
        !practice
            .training_patients(&token)
            .await
            .unwrap()
            .patients
            .is_empty()
    );
}
