//! Lists of those who agreed to home or remote care, and of those with tickets of medical aid for the facility.

use serde_json::json;
use synthetic::card::case::Case;

use crate::bulk::{OWN, at, message, order, plain, result, units};
use crate::home_care::{Device, address};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn who_agreed_at_home_or_from_afar_is_listed_until_they_withdraw_and_told_when_it_is_over() {
    let home = center::config::home::Home {
        consent_days: Some(1),
        ..Default::default()
    };
    let (world, at_home) = World::start_at_home(home).await;
    let clinic = world.enrol(OWN).await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    // What was answered at a reader is a visit's, and on neither list.
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::RareName, "pin").await.unwrap();
    clinic
        .answer(&reader, &laid, &[("checkups", "yes")])
        .await
        .unwrap();
    let given = [
        ("checkups", "yes"),
        ("treatment_and_drugs", "yes"),
        ("specified_disease", "yes"),
    ];
    let mut name = String::new();
    for care in ["home_visit", "remote_care"] {
        let address = address(&clinic, &staff.token, care).await;
        let mut phone = Device::new(&world, at_home);
        phone.register(&world, &address, None).await.unwrap();
        let laid = (Case::Everything, "pin");
        let check = phone.lay(&world, &address, laid).await.unwrap();
        let answered = phone.answer(&world, &check, (Some("yes"), &given)).await;
        answered.unwrap();
        name = check.name;
    }
    let day = world.now().date_in_japan();
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
        for (prefix, kind, visit) in [
            ("OQSmuhvq0", "ConsentDate", "2"),
            ("OQSmuonq0", "ExaminationDate", "3"),
        ] {
            let body = asked(&today, &today, kind, visit);
            let key = format!("{prefix}{hours}");
            let accepted = clinic
                .client
                .link(&token, &key, &format!("{prefix}1"), &body)
                .await
                .unwrap();
            let reception = at(&accepted, "MessageBody/ReceptionNumber").to_owned();
            let done = result(&clinic, &token, &format!("{prefix}2"), &reception).await;
            let units = units(&done, "BulkConfirmUnit");
            assert_eq!(units.len(), 1, "{done}");
            let found = &units[0]["ResultOfQualificationConfirmation"][0];
            assert_eq!(found["Name"], name.as_str());
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
            let key = format!("{prefix}{hours}-nobody");
            let accepted = clinic
                .client
                .link(&token, &key, &format!("{prefix}1"), &nobody)
                .await
                .unwrap();
            let reception = at(&accepted, "MessageBody/ReceptionNumber").to_owned();
            let none = result(&clinic, &token, &format!("{prefix}2"), &reception).await;
            assert_eq!(at(&none, "MessageHeader/NumberOfProcessingResult"), "0");
            let backwards = asked(&today, &before, kind, visit);
            let refused = clinic
                .client
                .link(
                    &token,
                    &format!("{key}-b"),
                    &format!("{prefix}1"),
                    &backwards,
                )
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
