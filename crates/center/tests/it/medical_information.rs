//! Drugs, treatment and checkups for machines: what a consent opens, what nothing opens, and what is on record of both.

use api::client::ClientError;
use api::home_care::HomeWithdrawal;
use api::settings::Settings;
use center::audit::{AuditLine, AuditQuery};
use center::control::{Order, Reply, send};
use domain::civil_date::Instant;
use domain::medical_aid::TreatmentMonth;
use serde_json::{Value, json};
use synthetic::card::case::Case;
use synthetic::card::holder;

use crate::home_care::{Device, address};
use crate::world::{Clinic, World, check};

pub(crate) const DRUGS: &str = "YZKsiquc01";
const CHECKUPS: &str = "TKKsiquc01";

/// A clinic with its reader's and its link app's sessions.
pub(crate) struct Desk {
    pub(crate) clinic: Clinic,
    staff: String,
    reader: String,
    pub(crate) link: String,
}

pub(crate) async fn desk(world: &World, code: &str) -> Desk {
    let clinic = world.enrol(code).await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let link = clinic.sign_in("link_app").await.token;
    Desk {
        clinic,
        staff: staff.token,
        reader,
        link,
    }
}

impl Desk {
    /// The holder of a card answers at the reader.
    pub(crate) async fn consent(&self, case: Case, answers: &[(&str, &str)]) -> String {
        let laid = self.clinic.lay(&self.reader, case, "pin").await.unwrap();
        self.clinic
            .answer(&self.reader, &laid, answers)
            .await
            .unwrap();
        laid.check.check_id
    }

    async fn set(&self, change: impl FnOnce(&mut Settings)) {
        let client = &self.clinic.client;
        let cause = api::client::cards::Cause::Person;
        let mut settings = client.settings(&self.staff, cause).await.unwrap();
        change(&mut settings);
        let version = settings.version.clone();
        let saved = client.change_settings(&self.staff, version.as_deref(), &settings);
        saved.await.unwrap();
    }

    pub(crate) async fn ask(&self, message: &str, body: &Value) -> Value {
        self.ask_as("", message, body).await.unwrap()
    }

    async fn ask_as(&self, key: &str, message: &str, body: &Value) -> Result<Value, ClientError> {
        let key = match key {
            "" => uuid(body),
            key => key.to_owned(),
        };
        self.clinic
            .client
            .link(&self.link, &key, message, body)
            .await
    }

    fn header(&self, case: Case) -> Value {
        let registration = holder::registration(case).unwrap();
        let coverage = &registration.coverages[0];
        json!({
            "MedicalInstitutionCode": self.clinic.enrolled.code,
            "InsurerNumber": coverage.insurer.to_padded_with_blanks(),
            "InsuranceCardSymbol": coverage.symbol.as_ref().unwrap().as_str(),
            "InsuredPersonIdentificationNumber": coverage.number.as_str(),
            "BranchNumber": "01",
        })
    }

    pub(crate) fn drugs(&self, world: &World, case: Case, category: &str) -> Value {
        let (from, until) = (month(world, -12), month(world, 0));
        json!({"XmlMsg": {"MessageHeader": self.header(case), "MessageBody": {
            "StartDate": from, "EndDate": until, "FileCategory": category, "PrDiInfClassification": "1",
            "MedicalTreatmentFlag": "1",
        }}})
    }

    /// One known client sends the classification here, too.
    fn checkups(&self, case: Case, category: &str) -> Value {
        json!({"XmlMsg": {"MessageHeader": self.header(case), "MessageBody": {
            "FileCategory": category, "PrDiInfClassification": "1", "MedicalTreatmentFlag": "1",
        }}})
    }
}

/// A key of its own for every request of a test.
fn uuid(body: &Value) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static ASKED: AtomicU32 = AtomicU32::new(0);
    format!(
        "{}-{}",
        body.to_string().len(),
        ASKED.fetch_add(1, Ordering::SeqCst)
    )
}

fn month(world: &World, months: i32) -> String {
    let now = world.micros.load(std::sync::atomic::Ordering::SeqCst);
    let today = Instant::from_micros(now).date_in_japan();
    TreatmentMonth::of(TreatmentMonth::of(today).first_day().plus_months(months)).to_compact()
}

pub(crate) fn code(answer: &Value) -> &str {
    answer["XmlMsg"]["MessageHeader"]["ResultCode"]
        .as_str()
        .unwrap()
}

async fn on_record(world: &World, deed: &str) -> Vec<AuditLine> {
    let query = AuditQuery {
        deed: Some(deed.into()),
        ..AuditQuery::default()
    };
    let found = send(world.dir.path(), &Order::AuditSearch(query)).await;
    let Reply::Audit(lines) = found.unwrap() else {
        panic!("the audit was not searched");
    };
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_opens_what_it_was_given_to_and_the_look_is_on_record_with_it() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    let asked = desk.drugs(&world, Case::Renewed, "2");
    assert_eq!(code(&desk.ask(DRUGS, &asked).await), "E0030");
    let id = desk.consent(Case::Renewed, &[("drugs", "yes")]).await;
    let answer = desk.ask(DRUGS, &asked).await;
    assert_eq!(code(&answer), "1", "{answer}");
    let name = &answer["XmlMsg"]["MessageHeader"]["QuaInf"]["Name"];
    assert_eq!(name, "見本　新");
    let body = &answer["XmlMsg"]["MessageBody"];
    assert_eq!(body["MeTrMonthInf"].as_array().unwrap().len(), 12);
    assert!(
        body["CzDiInf"].is_array() && body["ShPrInf"].is_array(),
        "{body}"
    );
    assert!(
        !answer.to_string().contains("MeTrInfs"),
        "treatment was not asked for"
    );
    assert_eq!(body["MeTrMonthInf"][0]["PrIsOrg"], "1", "prescribed here");
    let refused = desk.ask(CHECKUPS, &desk.checkups(Case::Renewed, "2")).await;
    assert_eq!(code(&refused), "E0030", "to checkups nobody agreed");
    let looks = on_record(&world, "medical-read").await;
    assert_eq!(looks.len(), 1);
    let person = holder::registration(Case::Renewed)
        .unwrap()
        .person
        .id
        .as_u128();
    assert_eq!(
        looks[0].subject.as_deref(),
        Some(format!("{person:032x}").as_str())
    );
    assert!(
        looks[0].detail.contains(&format!("consent={id}")),
        "{}",
        looks[0].detail
    );
    assert_eq!(on_record(&world, "medical-refused").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn checkups_come_the_newest_first_with_their_values() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    desk.consent(Case::Renewed, &[("checkups", "yes")]).await;
    let answer = desk.ask(CHECKUPS, &desk.checkups(Case::Renewed, "2")).await;
    assert_eq!(code(&answer), "1", "{answer}");
    let checkups = answer["XmlMsg"]["MessageBody"]["SpecificHealthCheckupInfo"]
        .as_array()
        .unwrap();
    assert_eq!(checkups.len(), 5);
    let days: Vec<&str> = checkups
        .iter()
        .map(|it| it["EffectiveTime"].as_str().unwrap())
        .collect();
    assert!(days.is_sorted_by(|one, other| one > other), "{days:?}");
    let first = &checkups[0]["HealthCheckupResultAndQuestionInfos"][0]["HealthCheckupResultAndQuestionInfo"];
    assert_eq!(
        (
            &first["ItemCode"],
            &first["DataType"],
            &first["DataValue"],
            &first["Unit"]
        ),
        (
            &json!("9A751000000000001"),
            &json!("PQ"),
            &json!("128"),
            &json!("mmHg")
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_consent_nobody_can_tell_a_person_from_nobody() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    let known = desk
        .ask(DRUGS, &desk.drugs(&world, Case::Renewed, "2"))
        .await;
    let mut nobodys = desk.drugs(&world, Case::Renewed, "2");
    nobodys["XmlMsg"]["MessageHeader"]["InsuredPersonIdentificationNumber"] = "9".into();
    let mut branch = desk.drugs(&world, Case::Renewed, "2");
    branch["XmlMsg"]["MessageHeader"]["BranchNumber"] = "77".into();
    for asked in [nobodys, branch] {
        assert_eq!(desk.ask(DRUGS, &asked).await, known);
    }
    // With the consent of another person at hand, a wrong branch is still nobody.
    desk.consent(Case::Renewed, &[("drugs", "yes")]).await;
    let mut branch = desk.drugs(&world, Case::Renewed, "2");
    branch["XmlMsg"]["MessageHeader"]["BranchNumber"] = "77".into();
    assert_eq!(desk.ask(DRUGS, &branch).await, known);
    let other = desk.drugs(&world, Case::AboutToExpire, "2");
    assert_eq!(
        desk.ask(DRUGS, &other).await,
        known,
        "a consent is one person's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_counts_at_its_facility_for_24_hours_and_until_it_is_taken_back() {
    let world = World::start_with_cards().await;
    let (here, elsewhere) = (
        desk(&world, "1319999999").await,
        desk(&world, "3410712362").await,
    );
    here.consent(Case::Renewed, &[("drugs", "yes")]).await;
    let asked = here.drugs(&world, Case::Renewed, "2");
    assert_eq!(code(&here.ask(DRUGS, &asked).await), "1");
    let theirs = elsewhere.drugs(&world, Case::Renewed, "2");
    assert_eq!(code(&elsewhere.ask(DRUGS, &theirs).await), "E0030");
    here.consent(Case::Renewed, &[("drugs", "no"), ("checkups", "yes")])
        .await;
    assert_eq!(code(&here.ask(DRUGS, &asked).await), "E0030", "taken back");
    here.consent(Case::Renewed, &[("drugs", "yes")]).await;
    assert_eq!(code(&here.ask(DRUGS, &asked).await), "1");
    world.pass_seconds(24 * 3_600);
    let link = here.clinic.sign_in("link_app").await.token;
    let late = here
        .clinic
        .client
        .link(&link, "late", DRUGS, &asked)
        .await
        .unwrap();
    assert_eq!(code(&late), "E0030", "over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_agreed_to_with_home_care_is_read_at_visits_of_that_care_until_it_is_withdrawn() {
    let (world, at_home) = World::start_at_home(Default::default()).await;
    let desk = desk(&world, "1319999999").await;
    let mut agreed = String::new();
    for (care, answers) in [
        ("remote_care", &[("checkups", "yes")][..]),
        ("home_visit", &[("drugs", "yes"), ("checkups", "yes")][..]),
    ] {
        let address = address(&desk.clinic, &desk.staff, care).await;
        let mut phone = Device::new(&world, at_home);
        phone.register(&world, &address, None).await.unwrap();
        let laid = (Case::Renewed, "pin");
        let check = phone.lay(&world, &address, laid).await.unwrap();
        let answered = phone.answer(&world, &check, (Some("yes"), answers)).await;
        answered.unwrap();
        agreed = check.id;
    }
    let (drugs, checkups) = (
        desk.drugs(&world, Case::Renewed, "2"),
        desk.checkups(Case::Renewed, "2"),
    );
    let ask = async |message: &str, asked: &Value, flag: &str| {
        let mut asked = asked.clone();
        asked["XmlMsg"]["MessageBody"]["MedicalTreatmentFlag"] = flag.into();
        desk.ask(message, &asked).await
    };
    for (message, asked, expected) in [
        (DRUGS, &drugs, ["E0030", "1", "E0030", "E0030"]),
        (CHECKUPS, &checkups, ["E0030", "1", "1", "E0030"]),
    ] {
        for (flag, expected) in ["1", "2", "3", "4"].into_iter().zip(expected) {
            let answer = ask(message, asked, flag).await;
            assert_eq!(code(&answer), expected, "{message} flag {flag}");
        }
    }
    let found = ask(DRUGS, &drugs, "2").await;
    let months = &found["XmlMsg"]["MessageBody"]["MeTrMonthInf"];
    assert_eq!(months.as_array().unwrap().len(), 12);
    let body = HomeWithdrawal {
        reason: "patient".into(),
    };
    let client = &desk.clinic.client;
    let ended = client.withdraw_home_consent(&desk.staff, "key", (&agreed, &body));
    ended.await.unwrap();
    for (message, asked, flag) in [
        (DRUGS, &drugs, "2"),
        (CHECKUPS, &checkups, "2"),
        (CHECKUPS, &checkups, "3"),
    ] {
        assert_eq!(code(&ask(message, asked, flag).await), "E0030");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn treatment_is_refused_to_machines_until_the_facility_switches_it_on_and_the_patient_agrees()
{
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    desk.set(|it| it.treatment = "on".into()).await;
    desk.consent(Case::Renewed, &[("treatment_and_drugs", "yes")])
        .await;
    let (treatment, drugs) = (
        desk.drugs(&world, Case::Renewed, "4"),
        desk.drugs(&world, Case::Renewed, "2"),
    );
    assert_eq!(code(&desk.ask(DRUGS, &treatment).await), "E0031");
    let answer = desk.ask(DRUGS, &drugs).await;
    assert_eq!(
        code(&answer),
        "1",
        "the drugs are opened by it all the same"
    );
    assert!(!answer.to_string().contains("MeTrInfs"));
    desk.set(|it| it.link_may_read_treatment = "on".into())
        .await;
    let answer = desk.ask(DRUGS, &treatment).await;
    let day = &answer["XmlMsg"]["MessageBody"]["MeTrMonthInf"][0]["DiDateInfs"][0]["DiDateInf"];
    assert_eq!(
        day["MeTrInfs"][0]["MeTrInf"]["SinInfN"], "架空検査",
        "{answer}"
    );
    // Of somebody who was asked about drugs alone, drugs alone.
    desk.set(|it| it.treatment = "off".into()).await;
    desk.consent(Case::AboutToExpire, &[("drugs", "yes")]).await;
    desk.set(|it| it.treatment = "on".into()).await;
    let other = desk.drugs(&world, Case::AboutToExpire, "4");
    assert_eq!(code(&desk.ask(DRUGS, &other).await), "E0030");
    let other = desk.drugs(&world, Case::AboutToExpire, "2");
    assert_eq!(code(&desk.ask(DRUGS, &other).await), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_facility_does_not_use_is_refused_with_its_own_code() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    desk.consent(Case::Renewed, &[("drugs", "yes"), ("checkups", "yes")])
        .await;
    desk.set(|it| it.checkups = "off".into()).await;
    let checkups = desk.checkups(Case::Renewed, "2");
    assert_eq!(code(&desk.ask(CHECKUPS, &checkups).await), "E0034");
    let drugs = desk.drugs(&world, Case::Renewed, "2");
    assert_eq!(code(&desk.ask(DRUGS, &drugs).await), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn months_and_sources_are_those_asked_for_and_wrong_values_are_named() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    desk.consent(Case::Renewed, &[("drugs", "yes"), ("checkups", "yes")])
        .await;
    let with = |member: &str, value: &str| {
        let mut asked = desk.drugs(&world, Case::Renewed, "2");
        asked["XmlMsg"]["MessageBody"][member] = value.into();
        asked
    };
    let claims = desk.ask(DRUGS, &with("PrDiInfClassification", "0")).await;
    let body = &claims["XmlMsg"]["MessageBody"];
    assert_eq!(body["MeTrMonthInf"].as_array().unwrap().len(), 12);
    assert!(body.get("CzDiInf").is_none() && body.get("ShPrInf").is_none());
    let few = desk
        .ask(DRUGS, &with("StartDate", &month(&world, -2)))
        .await;
    assert_eq!(
        few["XmlMsg"]["MessageBody"]["MeTrMonthInf"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let mut long_ago = with("StartDate", "200001");
    long_ago["XmlMsg"]["MessageBody"]["EndDate"] = "200012".into();
    assert_eq!(code(&desk.ask(DRUGS, &long_ago).await), "E0033");
    for (member, value, expected) in [
        ("FileCategory", "3", "E0031"),
        ("FileCategory", "5", "E0004"),
        ("StartDate", "202613", "E0005"),
        ("StartDate", "209901", "E0006"),
        ("StartDate", " ", "E0001"),
        ("PrDiInfClassification", "2", "E0004"),
        ("MedicalTreatmentFlag", "9", "E0004"),
        ("MedicalTreatmentFlag", "2", "E0030"),
    ] {
        let answer = desk.ask(DRUGS, &with(member, value)).await;
        assert_eq!(code(&answer), expected, "{member}={value}");
        let text = &answer["XmlMsg"]["MessageHeader"]["MessageContents"];
        assert!(!text.as_str().unwrap().is_empty());
        if expected == "E0006" {
            assert_eq!(
                text,
                "対象年月の期間が正しくありません（開始が終了より後です）。"
            );
        }
    }
    let other = desk.ask(CHECKUPS, &desk.checkups(Case::Renewed, "3")).await;
    assert_eq!(code(&other), "E0004");
    let mut foreign = desk.checkups(Case::Renewed, "2");
    foreign["XmlMsg"]["MessageHeader"]["MedicalInstitutionCode"] = "3410712362".into();
    assert_eq!(code(&desk.ask(CHECKUPS, &foreign).await), "E0003");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_is_another_look_and_needs_the_consent_again() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    desk.consent(Case::Renewed, &[("drugs", "yes")]).await;
    let asked = desk.drugs(&world, Case::Renewed, "2");
    let first = desk.ask_as("k", DRUGS, &asked).await.unwrap();
    assert_eq!(desk.ask_as("k", DRUGS, &asked).await.unwrap(), first);
    assert_eq!(on_record(&world, "medical-read").await.len(), 2);
    let other = desk.drugs(&world, Case::AboutToExpire, "2");
    check(
        desk.ask_as("k", DRUGS, &other).await,
        "idempotency_conflict",
    );
    desk.consent(Case::Renewed, &[("drugs", "no"), ("checkups", "no")])
        .await;
    let again = desk.ask_as("k", DRUGS, &asked).await.unwrap();
    assert_eq!(code(&again), "E0030");
}

/// The letters of the PDF that an answer holds, by another program.
fn letters(answer: &Value) -> String {
    let message = exchange::message::Message::from_prefix(DRUGS).unwrap();
    let pdf = exchange::answer::Answer::from_json(message, answer).unwrap();
    crate::documents::letters(&pdf.pdf().unwrap().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_tells_what_xml_tells_under_the_same_consent() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    for (category, expected) in [("1", "E0030"), ("3", "E0031")] {
        let asked = desk.drugs(&world, Case::Renewed, category);
        assert_eq!(code(&desk.ask(DRUGS, &asked).await), expected);
    }
    let checkups = desk.checkups(Case::Renewed, "1");
    assert_eq!(code(&desk.ask(CHECKUPS, &checkups).await), "E0030");
    desk.consent(Case::Renewed, &[("drugs", "yes"), ("checkups", "yes")])
        .await;
    let told = desk
        .ask(DRUGS, &desk.drugs(&world, Case::Renewed, "1"))
        .await;
    assert_eq!(code(&told), "1");
    assert!(told["XmlMsg"]["MessageBody"]["MeTrMonthInf"].is_null());
    let text = letters(&told);
    assert!(
        text.contains("1319999999") && text.contains("処方・調剤を含む"),
        "{text}"
    );
    let mut claims = desk.drugs(&world, Case::Renewed, "1");
    claims["XmlMsg"]["MessageBody"]["PrDiInfClassification"] = "0".into();
    let text = letters(&desk.ask(DRUGS, &claims).await);
    assert!(
        text.contains("レセプトのみ") && !text.contains("【処方情報】"),
        "{text}"
    );
    let told = desk.ask(CHECKUPS, &checkups).await;
    assert_eq!(code(&told), "1");
    assert_eq!(on_record(&world, "medical-read").await.len(), 3);
    let mut none = desk.drugs(&world, Case::Renewed, "1");
    none["XmlMsg"]["MessageBody"]["StartDate"] = "200001".into();
    none["XmlMsg"]["MessageBody"]["EndDate"] = "200012".into();
    assert_eq!(code(&desk.ask(DRUGS, &none).await), "E0033");
}
