//! Documents of medical information: what a consent opens goes into the file and nothing else, and no file goes out without a look on record.

use std::process::Command;
use std::sync::atomic::Ordering;

use api::medical::document::DocumentRequest;
use api::session::PasswordChange;
use domain::civil_date::Instant;
use domain::medical_aid::TreatmentMonth;
use http::Method;
use serde_json::json;
use synthetic::card::case::Case;
use synthetic::card::holder;

use crate::withdrawals;
use crate::world::{Clinic, World, check};

/// A clinic with an administrator, and a patient who agreed at its reader.
struct Ward {
    clinic: Clinic,
    staff: api::session::Session,
    patient: String,
}

async fn ward(world: &World, answers: &[(&str, &str)]) -> Ward {
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Renewed, "pin").await.unwrap();
    clinic.answer(&reader, &laid, answers).await.unwrap();
    let listed = clinic.client.medical_patients(&staff.token).await.unwrap();
    Ward {
        patient: listed.patients[0].id.clone(),
        clinic,
        staff,
    }
}

fn wish(format: &str) -> DocumentRequest {
    DocumentRequest {
        format: format.into(),
        ..DocumentRequest::default()
    }
}

impl Ward {
    async fn take(
        &self,
        request: &DocumentRequest,
    ) -> Result<bytes::Bytes, api::client::ClientError> {
        let client = &self.clinic.client;
        client
            .take_medical_document(&self.staff.token, &self.patient, request)
            .await
    }
}

/// The letters of a PDF, by another program.
pub(crate) fn letters(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, pdf).unwrap();
    let told = Command::new("pdftotext").arg(&path).arg("-").output();
    let told = told.expect("pdftotext; cargo xtask test installs it");
    assert!(told.status.success());
    let text = String::from_utf8(told.stdout).unwrap();
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn name() -> String {
    let registration = holder::registration(Case::Renewed).unwrap();
    let name = registration.person.name.as_str();
    name.chars().filter(|c| !c.is_whitespace()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_goes_into_the_file_and_every_file_is_a_look() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, &[("drugs", "yes"), ("checkups", "yes")]).await;
    let pdf = ward.take(&wish("pdf")).await.unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    let text = letters(&pdf);
    for told in [
        name().as_str(),
        "1319999999",
        "架空錠",
        "収縮期血圧",
        "administrator",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(text.contains("含まない情報Notshown診療、手術"), "{text}");
    let xml = ward.take(&wish("xml")).await.unwrap();
    let xml = String::from_utf8(xml.to_vec()).unwrap();
    for told in ["<YZKsiquc01res>", "<TKKsiquc01res>", "<OnshiNotice>"] {
        assert!(xml.contains(told), "{told}");
    }
    assert!(!xml.contains("<MeTrInf>") && !xml.contains("<OnshiSurger"));
    let drugs = DocumentRequest {
        kinds: Some(vec!["drugs".into()]),
        ..wish("pdf")
    };
    let text = letters(&ward.take(&drugs).await.unwrap());
    assert!(text.contains("架空錠") && !text.contains("収縮期血圧"));
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 7);
    let report = store.verify_audit(&[], |_, _, _| true).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert_eq!(report.looks, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn surgery_and_checkups_of_all_years_go_into_the_file_that_asks_for_them_whatever_its_months()
{
    let world = World::start_with_cards().await;
    let ward = withdrawals::ward(&world, "1319999999").await;
    let questions = ["surgery", "treatment_and_drugs", "checkups"];
    let id = ward.consent(Case::Everything, &questions).await;
    let client = &ward.clinic.client;
    let page = withdrawals::page();
    let looked = client.look_at_medical_information(&ward.staff, &id, &page);
    let whole = looked.await.unwrap();
    let now = Instant::from_micros(world.micros.load(Ordering::SeqCst));
    let month = TreatmentMonth::of(now.date_in_japan()).to_iso();
    let all = (whole.surgeries.len(), whole.checkups.len());
    assert!(0 < all.0 && 0 < all.1);
    assert!(whole.surgeries.iter().all(|it| it.day < month));
    assert!(whole.checkups.iter().all(|it| it.day < month));
    for (all_years, (surgeries, checkups)) in [(true, all), (false, (0, 0))] {
        let request = |format: &str| DocumentRequest {
            all_years,
            from: Some(month.clone()),
            ..wish(format)
        };
        let (pdf, xml) = (request("pdf"), request("xml"));
        let pdf = client.take_medical_document(&ward.staff, &id, &pdf);
        let text = letters(&pdf.await.unwrap());
        assert!(text.contains(&format!("手術{surgeries}件")), "{text}");
        assert!(text.contains(&format!("健診{checkups}回")), "{text}");
        let period = "手術、健診は閲覧できる全期間";
        assert_eq!(text.contains(period), all_years, "{text}");
        let xml = client.take_medical_document(&ward.staff, &id, &xml);
        let xml = String::from_utf8(xml.await.unwrap().to_vec()).unwrap();
        assert_eq!(xml.matches("<OnshiSurgery>").count(), surgeries, "{xml}");
        assert_eq!(xml.contains("<OnshiAllYears>"), all_years, "{xml}");
    }
    // The page; each file of all years is two looks, as on the page.
    let report = withdrawals::verified(&world);
    assert_eq!((report.faults, report.looks), (Vec::new(), 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_named_by_its_time_alone_and_kept_by_nobody() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, &[("drugs", "yes")]).await;
    for (format, media_type) in [("pdf", "application/pdf"), ("xml", "application/xml")] {
        let line = format!("POST /v1/medical/patients/{}/documents", ward.patient);
        let token = format!("Authorization: Bearer {}", ward.staff.token);
        let body = format!("{{\"format\":\"{format}\"}}");
        let headers = [token.as_str(), "Content-Type: application/json"];
        let answer = world.raw(&ward.clinic.identity, &line, &headers, body.as_bytes());
        let answer = answer.await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some(media_type));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let name = answer.header("content-disposition").unwrap();
        let (_, digits) = name.split_once("onshi-medical-").unwrap();
        let (digits, end) = digits.split_at(14);
        assert!(digits.bytes().all(|it| it.is_ascii_digit()), "{name}");
        assert_eq!(end, format!(".{format}\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_be_seen_is_nobody_to_documents_too() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, &[("drugs", "yes")]).await;
    let (client, token) = (&ward.clinic.client, &ward.staff.token);
    let pdf = wish("pdf");
    for nobody in ["00000000-0000-4000-8000-000000000000", "7", "x"] {
        let taken = client.take_medical_document(token, nobody, &pdf);
        check(taken.await, "unknown_patient");
    }
    let surgery = DocumentRequest {
        kinds: Some(vec!["surgery".into()]),
        ..wish("pdf")
    };
    check(ward.take(&surgery).await, "unknown_patient");
    let other = world.enrol("1319999998").await;
    let (foreign, _) = other.administrator().await;
    let taken = other
        .client
        .take_medical_document(&foreign.token, &ward.patient, &pdf);
    check(taken.await, "unknown_patient");
    world.pass_seconds(24 * 60 * 60);
    let again = ward.clinic.sign_in_again(&ward.staff).await;
    let taken = client.take_medical_document(&again, &ward.patient, &pdf);
    check(taken.await, "unknown_patient");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_view_takes_documents_and_only_in_forms_there_are() {
    let world = World::start_with_cards().await;
    let ward = ward(&world, &[("drugs", "yes")]).await;
    let client = &ward.clinic.client;
    check(ward.take(&wish("docx")).await, "invalid_input");
    let new = json!({"id": "uketsuke", "kind": "general", "display_name": "受付", "password": "Staff-1234567"});
    ward.clinic
        .call(Method::POST, api::routes::ACCOUNTS, &ward.staff.token, &new)
        .await
        .unwrap();
    let general = ward.clinic.try_sign_in("uketsuke", "Staff-1234567", true);
    let general = general.await.unwrap().token;
    let own = PasswordChange {
        new_password: "Staff-7654321".into(),
        old_password: "Staff-1234567".into(),
    };
    client.change_password(&general, &own).await.unwrap();
    let machine = ward.clinic.sign_in("link_app").await.token;
    let pdf = wish("pdf");
    for token in [general, machine] {
        let taken = client.take_medical_document(&token, &ward.patient, &pdf);
        check(taken.await, "not_permitted");
    }
}
