//! Messages of receipt computers as JSON images: what comes back, what is on record, who may send them.

use api::client::ClientError;
use http::Method;
use serde_json::{Value, json};

use crate::bulk;
use crate::world::{Clinic, World, check};

/// `OQSsiquc01req` of the samples' first person.
pub(crate) fn single_check(number: &str) -> Value {
    json!({"XmlMsg": {
        "MessageHeader": {
            "QualificationConfirmationDate": "20261123",
            "MedicalInstitutionCode": "1319999999",
            "ArbitraryFileIdentifier": "202611230001",
        },
        "MessageBody": {"QualificationConfirmSearchInfo": {
            "InsurerNumber": "06139992",
            "InsuredCardSymbol": "１２３",
            "InsuredIdentificationNumber": number,
            "Birthdate": "19700102",
            "LimitApplicationCertificateRelatedConsFlg": "1",
        }},
    }})
}

pub(crate) const WEB_API_PASSWORD: &str = "Karte-1234567890";

/// Registers a Web API account of a clinic.
pub(crate) async fn register_web_api(clinic: &Clinic, administrator: &str) {
    let account = json!({"id": "karte", "kind": "web_api", "display_name": "電子カルテ", "password": WEB_API_PASSWORD});
    let registered = clinic.call(Method::POST, api::routes::ACCOUNTS, administrator, &account);
    registered.await.unwrap();
}

/// A session of a clinic's new Web API account.
pub(crate) async fn web_api(clinic: &Clinic, administrator: &str) -> String {
    register_web_api(clinic, administrator).await;
    let session = clinic.try_sign_in("karte", WEB_API_PASSWORD, true).await;
    session.unwrap().token
}

async fn send(clinic: &Clinic, token: &str, body: &Value) -> Result<Value, ClientError> {
    clinic.client.link(token, "k", "OQSsiquc01", body).await
}

fn at<'a>(answer: &'a Value, pointer: &str) -> &'a str {
    let pointer = format!("/XmlMsg/{pointer}");
    let found = answer.pointer(&pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{pointer} is missing in {answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_check_is_answered_in_the_interfaces_words_and_recorded_by_the_way_it_came() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let (file, web) = (
        clinic.sign_in("link_app").await.token,
        web_api(&clinic, &staff.token).await,
    );
    for (token, origin) in [(file, "file"), (web, "web_api")] {
        let sent = single_check("４５６７");
        let answer = send(&clinic, &token, &sent).await.unwrap();
        assert_eq!(at(&answer, "MessageHeader/SegmentOfResult"), "1");
        assert_eq!(at(&answer, "MessageBody/ProcessingResultStatus"), "1");
        assert_eq!(at(&answer, "MessageBody/QualificationValidity"), "1");
        let echoed = answer.pointer("/XmlMsg/MessageBody/QualificationConfirmSearchInfo");
        assert_eq!(
            echoed,
            sent.pointer("/XmlMsg/MessageBody/QualificationConfirmSearchInfo")
        );
        let name = "MessageBody/ResultList/0/ResultOfQualificationConfirmation/Name";
        assert_eq!(at(&answer, name), "資格　太郎");
        let history = clinic
            .client
            .search(&staff.token, &Default::default())
            .await
            .unwrap();
        assert_eq!(history.checks[0].origin, origin);
        let past = clinic
            .client
            .past_check(&staff.token, &history.checks[0].check_id)
            .await
            .unwrap();
        assert!(past.receipt.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_message_and_another_message_under_it_is_refused() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let first = send(&clinic, &token, &single_check("４５６７"))
        .await
        .unwrap();
    world.pass_seconds(90);
    assert_eq!(
        send(&clinic, &token, &single_check("４５６７"))
            .await
            .unwrap(),
        first
    );
    let other = send(&clinic, &token, &single_check("４５６８")).await;
    check(other, "idempotency_conflict");
    let (staff, _) = clinic.administrator().await;
    let history = clinic
        .client
        .search(&staff.token, &Default::default())
        .await
        .unwrap();
    assert_eq!(history.checks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_interface_itself_refuses_comes_as_its_own_answer_with_status_2() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let token = web_api(&clinic, &staff.token).await;
    let cases = [
        (
            "/XmlMsg/MessageHeader/MedicalInstitutionCode",
            Some("3410712362"),
            "E0003",
        ),
        (
            "/XmlMsg/MessageHeader/QualificationConfirmationDate",
            Some("20261131"),
            "E0002",
        ),
        (
            "/XmlMsg/MessageBody/QualificationConfirmSearchInfo/InsurerNumber",
            None,
            "E0001",
        ),
        (
            "/XmlMsg/MessageBody/QualificationConfirmSearchInfo/Birthdate",
            Some(" "),
            "E0001",
        ),
        (
            "/XmlMsg/MessageBody/QualificationConfirmSearchInfo/LimitApplicationCertificateRelatedConsFlg",
            Some("2"),
            "E0004",
        ),
        (
            "/XmlMsg/MessageBody/QualificationConfirmSearchInfo/InsurerNumber",
            Some("12"),
            "E0100",
        ),
    ];
    for (pointer, value, code) in cases {
        let mut sent = single_check("４５６７");
        let (group, name) = pointer.rsplit_once('/').unwrap();
        let group = sent.pointer_mut(group).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => drop(group.insert(name.into(), value.into())),
            None => drop(group.remove(name)),
        }
        let answer = send(&clinic, &token, &sent).await.unwrap();
        assert_eq!(
            at(&answer, "MessageHeader/SegmentOfResult"),
            "9",
            "{pointer}"
        );
        assert_eq!(at(&answer, "MessageHeader/ErrorCode"), code, "{pointer}");
        assert_eq!(at(&answer, "MessageBody/ProcessingResultStatus"), "2");
        assert_eq!(
            at(&answer, "MessageHeader/ArbitraryFileIdentifier"),
            "202611230001"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_number_is_found_padded_with_zeros_with_blanks_and_not_at_all() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let token = web_api(&clinic, &staff.token).await;
    for number in ["139998", "00139998", "  139998"] {
        let mut sent = single_check("998877");
        let info = &mut sent["XmlMsg"]["MessageBody"]["QualificationConfirmSearchInfo"];
        info["InsurerNumber"] = number.into();
        info["InsuredCardSymbol"] = "架空".into();
        info["Birthdate"] = "19550505".into();
        let key = format!("k{}", number.replace(' ', "_"));
        let answer = clinic
            .client
            .link(&token, &key, "OQSsiquc01", &sent)
            .await
            .unwrap();
        assert_eq!(
            at(&answer, "MessageBody/QualificationValidity"),
            "1",
            "{number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_readers_send_no_messages_and_an_unknown_message_is_not_found() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let sent = single_check("４５６７");
    check(send(&clinic, &staff.token, &sent).await, "not_permitted");
    let reader = clinic.sign_in("reader").await.token;
    check(send(&clinic, &reader, &sent).await, "not_permitted");
    let token = clinic.sign_in("link_app").await.token;
    for unknown in ["OQSsiquc02", "OQSsiqucxx", "x", "..", ""] {
        let answer = clinic.client.link(&token, "k", unknown, &sent).await;
        check(answer, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_of_a_token_may_be_written_in_any_letters() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let body = single_check("４５６７").to_string();
    for (sent, status) in [
        (format!("Bearer {token}"), 200),
        (format!("bearer {token}"), 200),
        (format!("BEARER  {token}"), 200),
        (format!("Basic {token}"), 401),
        (format!("Bearer{token}"), 401),
        (token.clone(), 401),
    ] {
        let authorization = format!("authorization: {sent}");
        let headers = ["content-type: application/json", &authorization];
        let line = "POST /v1/link/OQSsiquc01";
        let answer = world
            .raw(&clinic.identity, line, &headers, body.as_bytes())
            .await;
        assert_eq!(answer.status, status, "{sent}");
    }
}

/// A ceiling on file without a value is as none: there is nothing to compare.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_ceiling_on_file_is_compared_with_nothing() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let line = |on_file: Value| {
        let mut line = bulk::taro(None);
        line["LimitApplicationCertificateRelatedInfo"] = on_file;
        line
    };
    let asked = bulk::bulk_check(&[
        bulk::taro(None),
        line(json!({})),
        line(json!({"LimitApplicationCertificateClassification": ""})),
        line(json!({"LimitApplicationCertificateClassification": "01"})),
    ]);
    let reception = bulk::order(&clinic, &token, "OQSmuquc01", &asked).await;
    let done = bulk::result(&clinic, &token, "OQSmuquc02", &reception).await;
    let changed = bulk::units(&done, "BulkConfirmUnit").iter().map(|unit| {
        let coverage = &unit["ResultOfQualificationConfirmation"][0];
        assert_eq!(coverage["Name"], "資格　太郎", "{unit}");
        coverage["LimitApplicationCertificateChanged"].as_str()
    });
    let changed: Vec<Option<&str>> = changed.collect();
    assert_eq!(changed, [None, None, None, Some("1")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_result_bears_the_identifier_of_its_question_or_else_of_its_order() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let asked = bulk::bulk_check(&[bulk::taro(None)]);
    let reception = bulk::order(&clinic, &token, "OQSmuquc01", &asked).await;
    let without = bulk::result(&clinic, &token, "OQSmuquc02", &reception).await;
    let mut header = bulk::plain(bulk::OWN);
    header["ArbitraryFileIdentifier"] = "202611230099".into();
    let question = bulk::message(&header, &json!({"ReceptionNumber": reception}));
    let with = bulk::send(&clinic, &token, ("OQSmuquc02", "with"), &question).await;
    for (answer, identifier) in [(&without, "202611230020"), (&with, "202611230099")] {
        assert_eq!(at(answer, "MessageHeader/SegmentOfResult"), "1");
        assert_eq!(
            at(answer, "MessageHeader/ArbitraryFileIdentifier"),
            identifier
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_another_shape_is_refused_and_its_element_named() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let token = clinic.sign_in("link_app").await.token;
    let path = api::routes::LINK.replace("{message}", "OQSsiquc01");
    let post = async |body: &str| {
        let body = Some(body.as_bytes().to_vec());
        clinic
            .client
            .call(Method::POST, &path, Some(&token), None, body)
            .await
    };
    check(post("{\"XmlMsg\": {\"Mess").await, "invalid_json");
    check(post("[1]").await, "invalid_json");
    check(post("{}").await, "invalid_input");
    let long = single_check(&"４".repeat(300)).to_string();
    let Err(ClientError::Problem(problem)) = post(&long).await else {
        panic!("a value of 300 characters was taken");
    };
    assert_eq!(problem.code, "invalid_input");
    assert_eq!(problem.errors[0].member, "InsuredIdentificationNumber");
    // None of two is chosen in silence.
    let twice = single_check("４５６７").to_string().replace(
        "\"Birthdate\":",
        "\"Birthdate\":\"19700103\",\"Birthdate\":",
    );
    let Err(ClientError::Problem(problem)) = post(&twice).await else {
        panic!("a member that stands twice was taken");
    };
    let error = &problem.errors[0];
    assert_eq!(
        (
            problem.code.as_str(),
            error.member.as_str(),
            error.code.as_str()
        ),
        ("invalid_input", "Birthdate", "shape")
    );
    let huge = single_check(&"4".repeat(70_000)).to_string();
    check(post(&huge).await, "body_too_large");
}
