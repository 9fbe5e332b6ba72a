//! Lists of those who consented at the facility's readers, and of those with tickets of medical aid for it.

use domain::civil_date::Instant;
use serde_json::json;
use synthetic::card::case::Case;

use crate::bulk::{OWN, at, message, order, plain, result, units};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn who_consented_at_a_reader_is_listed_with_consents_until_they_expire() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol(OWN).await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    let given = [
        ("checkups", "yes"),
        ("treatment_and_drugs", "yes"),
        ("specified_disease", "yes"),
    ];
    clinic.answer(&reader, &laid, &given).await.unwrap();
    // Who agreed to nothing is on no list.
    let other = clinic.lay(&reader, Case::RareName, "pin").await.unwrap();
    let none: Vec<(&str, &str)> = other
        .questions
        .iter()
        .map(|it| match it.as_str() {
            "prescription_issue" => ("prescription_issue", "paper"),
            question => (question, "no"),
        })
        .collect();
    clinic.answer(&reader, &other, &none).await.unwrap();
    let day = Instant::parse(&laid.check.as_of).unwrap().date_in_japan();
    let asked = |from: &str, to: &str, kind: &str, flag: &str| {
        let info = json!({format!("{kind}From"): from, format!("{kind}To"): to, "MedicalTreatmentFlag": flag});
        message(
            &plain(OWN),
            &json!({"QualificationConfirmSearchInfo": info}),
        )
    };
    let (today, before) = (day.to_compact(), day.plus_days(-1).to_compact());
    for (hours, flag) in [(0, "1"), (25, "2")] {
        world.pass_seconds(hours * 3_600);
        let token = clinic.sign_in("link_app").await.token;
        for (name, kind, visit) in [
            ("OQSmuhvq0", "ConsentDate", "2"),
            ("OQSmuonq0", "ExaminationDate", "3"),
        ] {
            let body = asked(&today, &today, kind, visit);
            let accepted = clinic
                .client
                .link(
                    &token,
                    &format!("{name}{hours}"),
                    &format!("{name}1"),
                    &body,
                )
                .await
                .unwrap();
            let reception = at(&accepted, "MessageBody/ReceptionNumber").to_owned();
            let done = result(&clinic, &token, &format!("{name}2"), &reception).await;
            let units = units(&done, "BulkConfirmUnit");
            assert_eq!(units.len(), 1, "{done}");
            let found = &units[0]["ResultOfQualificationConfirmation"][0];
            assert_eq!(found["Name"], laid.name.as_str());
            for consent in [
                "SpecificHealthCheckupsInfo",
                "PharmacistsInfo",
                "DiagnosisInfo",
            ] {
                assert_eq!(
                    found[format!("{consent}ConsFlg")],
                    flag,
                    "{consent} after {hours} hours"
                );
            }
            assert_eq!(found["OperationInfoConsFlg"], "0");
            assert_eq!(
                found["SpecificDiseasesCertificateList"].is_array(),
                flag == "1"
            );
            let nobody = asked(&before, &before, kind, visit);
            let key = format!("{name}{hours}-nobody");
            let accepted = clinic
                .client
                .link(&token, &key, &format!("{name}1"), &nobody)
                .await
                .unwrap();
            let reception = at(&accepted, "MessageBody/ReceptionNumber").to_owned();
            let none = result(&clinic, &token, &format!("{name}2"), &reception).await;
            assert_eq!(at(&none, "MessageHeader/NumberOfProcessingResult"), "0");
            let backwards = asked(&today, &before, kind, visit);
            let refused = clinic
                .client
                .link(&token, &format!("{key}-b"), &format!("{name}1"), &backwards)
                .await
                .unwrap();
            assert_eq!(at(&refused, "MessageHeader/ErrorCode"), "E0006");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_ticket_of_medical_aid_for_the_month_is_listed_with_it() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let month = |text: &str| {
        message(
            &plain(OWN),
            &json!({"QualificationConfirmSearchInfo": {"MedicalTreatmentMonth": text}}),
        )
    };
    let reception = order(&clinic, &token, "OQSmutic01", &month("202611")).await;
    let done = result(&clinic, &token, "OQSmutic02", &reception).await;
    let units = units(&done, "BulkConfirmUnit");
    assert_eq!(units.len(), 1, "{done}");
    let found = &units[0]["ResultOfQualificationConfirmation"][0];
    assert_eq!(units[0]["QualificationValidity"], "1");
    assert_eq!(found["BeneficiaryNumber"], "1000004");
    let ticket = &found["PublicExpenseResultList"][0]["MedicalTicketInfo"];
    assert_eq!(ticket["MedicalTreatmentMonth"], "202611");
    for wrong in ["2026-11", "202613", ""] {
        let refused = clinic
            .client
            .link(&token, &format!("k{wrong}"), "OQSmutic01", &month(wrong))
            .await
            .unwrap();
        assert_eq!(at(&refused, "MessageHeader/SegmentOfResult"), "9");
    }
}
