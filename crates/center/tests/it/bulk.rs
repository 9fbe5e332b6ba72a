//! Reference numbers, bulk checks and consented lists as receipt computers and pages see them.

use api::client::bulk::BulkFile;
use api::history::FileEncoding;
use api::reference_number::ReferenceNumberSearch;
use center::config::link::Link;
use exchange::bulk_file;
use serde_json::{Value, json};

use crate::patience::in_time;
use crate::reference_numbers::refused;
use crate::world::{Clinic, World, check};

pub(crate) const OWN: &str = "1319999999";
const OTHER: &str = "3410712362";

pub(crate) fn message(header: &Value, body: &Value) -> Value {
    json!({"XmlMsg": {"MessageHeader": header, "MessageBody": body}})
}

pub(crate) fn plain(facility: &str) -> Value {
    json!({"MedicalInstitutionCode": facility, "ArbitraryFileIdentifier": "202611230020"})
}

fn line(insurer: &str, symbol: Option<&str>, number: &str, birth_date: &str) -> Value {
    let mut line = json!({"InsurerNumber": insurer, "InsuredIdentificationNumber": number, "Birthdate": birth_date});
    if let Some(symbol) = symbol {
        line["InsuredCardSymbol"] = symbol.into();
    }
    line
}

/// The first person of the samples, with a ceiling on file.
pub(crate) fn taro(category: Option<&str>) -> Value {
    let mut line = line("06139992", Some("１２３"), "４５６７", "19700102");
    line["ArbitraryIdentifier"] = "PT000123".into();
    if let Some(category) = category {
        line["LimitApplicationCertificateRelatedInfo"] = json!({
            "LimitApplicationCertificateClassification": "01",
            "LimitApplicationCertificateClassificationFlag": category,
        });
    }
    line
}

pub(crate) fn bulk_check(lines: &[Value]) -> Value {
    let mut header = plain(OWN);
    header["QualificationConfirmationDate"] = "20261123".into();
    message(&header, &json!({"QualificationConfirmSearchInfo": lines}))
}

pub(crate) fn at<'a>(answer: &'a Value, pointer: &str) -> &'a str {
    let pointer = format!("/XmlMsg/{pointer}");
    let found = answer.pointer(&pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{pointer} is missing in {answer}"))
}

pub(crate) async fn send(
    clinic: &Clinic,
    token: &str,
    (name, key): (&str, &str),
    body: &Value,
) -> Value {
    clinic.client.link(token, key, name, body).await.unwrap()
}

/// Sends an order and returns its reception number.
pub(crate) async fn order(clinic: &Clinic, token: &str, name: &str, body: &Value) -> String {
    let accepted = send(clinic, token, (name, name), body).await;
    assert_eq!(
        at(&accepted, "MessageHeader/SegmentOfResult"),
        "1",
        "{accepted}"
    );
    at(&accepted, "MessageBody/ReceptionNumber").to_owned()
}

fn question(reception: &str) -> Value {
    let header = json!({"MedicalInstitutionCode": OWN});
    message(&header, &json!({"ReceptionNumber": reception}))
}

/// Asks until an order is at its end.
pub(crate) async fn result(clinic: &Clinic, token: &str, name: &str, reception: &str) -> Value {
    let at_its_end = async {
        loop {
            let order = clinic.client.bulk_order(token, reception).await.unwrap();
            if !["listing", "open"].contains(&order.state.as_str()) {
                return;
            }
        }
    };
    in_time("the end of an order", at_its_end).await;
    send(clinic, token, (name, "r"), &question(reception)).await
}

pub(crate) fn units<'a>(result: &'a Value, name: &str) -> &'a Vec<Value> {
    let units = result.pointer(&format!("/XmlMsg/MessageBody/{name}"));
    units
        .and_then(Value::as_array)
        .unwrap_or_else(|| panic!("{result}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_check_is_accepted_and_answered_line_by_line_in_order() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let registered = message(
        &plain(OWN),
        &json!({"ReferenceNumberRegistrationInfo": crate::reference_numbers::number("000123", "4567", None)}),
    );
    send(&clinic, &token, ("OQSsiimm01", "n"), &registered).await;
    let mut broken = taro(None);
    broken["Birthdate"] = "19701301".into();
    let asked = bulk_check(&[
        taro(Some("A03")),
        taro(Some("B01")),
        taro(None),
        line("39139990", None, "9", "19480303"),
        broken,
    ]);
    let reception = order(&clinic, &token, "OQSmuquc01", &asked).await;
    assert!(reception.starts_with('R') && reception.len() == 17);
    let done = result(&clinic, &token, "OQSmuquc02", &reception).await;
    for (item, expected) in [
        ("SegmentOfResult", "1"),
        ("QualificationConfirmationDate", "20261123"),
        ("ArbitraryFileIdentifier", "202611230020"),
        ("ReceptionNumber", reception.as_str()),
        ("NumberOfProcessingResult", "5"),
        ("NumberOfNormalProcessing", "3"),
        ("NumberOfError", "2"),
    ] {
        assert_eq!(at(&done, &format!("MessageHeader/{item}")), expected);
    }
    let units = units(&done, "BulkConfirmUnit");
    let sent = asked["XmlMsg"]["MessageBody"]["QualificationConfirmSearchInfo"]
        .as_array()
        .unwrap();
    for (unit, sent) in units.iter().zip(sent) {
        assert_eq!(&unit["QualificationConfirmSearchInfo"], sent);
    }
    let coverage = |place: usize| &units[place]["ResultOfQualificationConfirmation"][0];
    assert_eq!(coverage(0)["Name"], "資格　太郎");
    assert_eq!(coverage(0)["LimitApplicationCertificateChanged"], "0");
    assert!(coverage(0)["LimitApplicationCertificateRelatedInfo"].is_object());
    assert_eq!(coverage(1)["LimitApplicationCertificateChanged"], "1");
    assert!(
        coverage(1)["LimitApplicationCertificateRelatedInfo"].is_null(),
        "nobody consented to it"
    );
    assert!(
        coverage(2)["LimitApplicationCertificateChanged"].is_null(),
        "nothing to compare"
    );
    assert!(coverage(2)["LimitApplicationCertificateRelatedInfo"].is_null());
    assert!(
        coverage(0)["LimitApplicationCertificateRelatedConsFlg"].is_null(),
        "no consents here"
    );
    for unit in units.iter().take(3) {
        assert_eq!(unit["ReferenceNumber"], json!(["000123"]));
        assert_eq!(unit["QualificationValidity"], "1");
    }
    assert_eq!(units[3]["ProcessingResultCode"], "E0010");
    let told = units[3]["ProcessingResultMessage"].as_str().unwrap();
    assert!(told.starts_with("該当する") && told.contains("検証番号"));
    assert_eq!(
        (
            &units[4]["ProcessingResultStatus"],
            &units[4]["ProcessingResultCode"]
        ),
        (&json!("2"), &json!("E0002"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_a_bulk_check_is_a_check_on_record_with_its_receipt() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let (staff, _) = clinic.administrator().await;
    let token = clinic.sign_in("link_app").await.token;
    let asked = bulk_check(&[taro(None), line("39139993", None, "9", "19480303")]);
    let reception = order(&clinic, &token, "OQSmuquc01", &asked).await;
    result(&clinic, &token, "OQSmuquc02", &reception).await;
    let history = clinic
        .client
        .search(&staff.token, &Default::default())
        .await
        .unwrap();
    let seen: Vec<_> = history
        .checks
        .iter()
        .map(|it| (it.origin.as_str(), it.verdict))
        .collect();
    assert_eq!(seen, [("bulk", 4), ("bulk", 1)], "the newest first");
    for line in &history.checks {
        let past = clinic
            .client
            .past_check(&staff.token, &line.check_id)
            .await
            .unwrap();
        assert!(past.receipt.is_some());
        assert_eq!(past.visit_date, "2026-11-23");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_facilitys_or_kinds_reception_number_opens_nothing() {
    let world = World::start().await;
    let (clinic, other) = (world.enrol(OWN).await, world.enrol(OTHER).await);
    let (token, theirs) = (
        clinic.sign_in("link_app").await.token,
        other.sign_in("link_app").await.token,
    );
    let reception = order(&clinic, &token, "OQSmuquc01", &bulk_check(&[taro(None)])).await;
    let code = |answer: &Value| {
        assert_eq!(at(answer, "MessageHeader/SegmentOfResult"), "9");
        assert_eq!(at(answer, "MessageBody/ProcessingResultStatus"), "2");
        at(answer, "MessageHeader/ErrorCode").to_owned()
    };
    let mut foreign = question(&reception);
    foreign["XmlMsg"]["MessageHeader"]["MedicalInstitutionCode"] = OTHER.into();
    assert_eq!(
        code(&send(&other, &theirs, ("OQSmuquc02", "a"), &foreign).await),
        "E0020"
    );
    check(
        other.client.bulk_order(&theirs, &reception).await,
        "not_found",
    );
    assert_eq!(
        code(&send(&clinic, &token, ("OQSmuimm02", "b"), &question(&reception)).await),
        "E0022"
    );
    for wrong in ["R0000000000000000", "x", "R2026112300000020'; --"] {
        assert_eq!(
            code(
                &send(
                    &clinic,
                    &token,
                    ("OQSmuquc02", wrong.get(..1).unwrap()),
                    &question(wrong)
                )
                .await
            ),
            "E0020"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_no_line_or_too_many_is_refused_whole_and_limits_are_settings() {
    let many = |number| std::num::NonZeroU32::new(number).unwrap();
    let link = Link {
        most_lines: many(2),
        most_downloads: many(1),
        results_kept_days: many(3),
        ..Link::default()
    };
    let (world, _) = World::start_linked(link).await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    for (lines, expected) in [(vec![], "E0008"), (vec![taro(None); 3], "E0007")] {
        let refused = send(
            &clinic,
            &token,
            ("OQSmuquc01", expected),
            &bulk_check(&lines),
        )
        .await;
        assert_eq!(at(&refused, "MessageHeader/ErrorCode"), expected);
    }
    let kept = order(
        &clinic,
        &token,
        "OQSmuquc01",
        &bulk_check(&[taro(None), taro(None)]),
    )
    .await;
    result(&clinic, &token, "OQSmuquc02", &kept).await;
    let again = send(&clinic, &token, ("OQSmuquc02", "again"), &question(&kept)).await;
    assert_eq!(at(&again, "MessageHeader/ErrorCode"), "E0024");
    for (item, expected) in [
        ("ArbitraryFileIdentifier", "202611230020"),
        ("QualificationConfirmationDate", "20261123"),
        ("NumberOfProcessingResult", "2"),
        ("NumberOfNormalProcessing", "2"),
        ("NumberOfError", "0"),
    ] {
        assert_eq!(at(&again, &format!("MessageHeader/{item}")), expected);
    }
    let orders = clinic
        .client
        .bulk_orders(&token, None)
        .await
        .unwrap()
        .orders;
    assert_eq!(
        (
            orders.len(),
            orders[0].downloads_left,
            orders[0].state.as_str()
        ),
        (1, 0, "done")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_result_is_told_by_its_requests_identifier() {
    let link = Link {
        most_lines: std::num::NonZeroU32::MIN,
        ..Link::default()
    };
    let (world, _) = World::start_linked(link).await;
    let engine = crate::places::store(&world.dir.path().join("center.db"), 8);
    let mut people = synthetic::samples::people();
    people.retain(|it| it.coverages.iter().any(|it| !it.tickets.is_empty()));
    let mut second = people[0].clone();
    second.person.id = domain::person::PersonId::from_u128(900_001);
    people.push(second);
    engine.store_people(people).await.unwrap();
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let month = json!({"QualificationConfirmSearchInfo": {"MedicalTreatmentMonth": "202611"}});
    let asked = message(&plain(OWN), &month);
    let reception = order(&clinic, &token, "OQSmutic01", &asked).await;
    let failed = result(&clinic, &token, "OQSmutic02", &reception).await;
    let kept = order(&clinic, &token, "OQSmuquc01", &bulk_check(&[taro(None)])).await;
    result(&clinic, &token, "OQSmuquc02", &kept).await;
    let later = domain::civil_date::Instant::from_micros(i64::MAX);
    engine
        .forget_orders(later, domain::civil_date::Instant::from_micros(0))
        .await
        .unwrap();
    let expired = send(&clinic, &token, ("OQSmuquc02", "late"), &question(&kept)).await;
    for (answer, code) in [(&failed, "E0025"), (&expired, "E0021")] {
        assert_eq!(at(answer, "MessageHeader/SegmentOfResult"), "9");
        assert_eq!(at(answer, "MessageHeader/ErrorCode"), code);
        assert_eq!(
            at(answer, "MessageHeader/ArbitraryFileIdentifier"),
            "202611230020"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_beyond_the_newest_fifty_is_on_the_next_page_and_can_be_fetched() {
    let link = Link {
        most_open_orders: std::num::NonZeroU32::new(60).unwrap(),
        ..Link::default()
    };
    let (world, _) = World::start_linked(link).await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let mut given = Vec::new();
    for place in 0..51 {
        world.pass_seconds(1);
        let key = format!("order-{place}");
        let asked = bulk_check(&[taro(None)]);
        let accepted = send(&clinic, &token, ("OQSmuquc01", &key), &asked).await;
        given.push(at(&accepted, "MessageBody/ReceptionNumber").to_owned());
    }
    given.reverse();
    let page = clinic.client.bulk_orders(&token, None).await.unwrap();
    let numbers = |page: &api::bulk::BulkOrders| -> Vec<String> {
        let orders = page.orders.iter();
        orders.map(|it| it.reception_number.clone()).collect()
    };
    assert_eq!(numbers(&page), given[..50]);
    let next = page.next.as_deref();
    let rest = clinic.client.bulk_orders(&token, next).await.unwrap();
    assert_eq!((numbers(&rest).as_slice(), rest.next), (&given[50..], None));
    let done = result(&clinic, &token, "OQSmuquc02", &given[50]).await;
    assert_eq!(units(&done, "BulkConfirmUnit").len(), 1);
    check(
        clinic.client.bulk_orders(&token, Some("x")).await,
        "invalid_query",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_csv_file_of_far_too_many_lines_is_refused_as_such() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let (staff, _) = clinic.administrator().await;
    for (kind, head, line) in [
        ("checks", bulk_file::CHECKS.join(","), ",,,,,,,"),
        (
            "reference_numbers",
            bulk_file::REFERENCE_NUMBERS.join(","),
            ",,,,",
        ),
    ] {
        let csv = format!("{head}\n{}", format!("{line}\n").repeat(200_000));
        let file = (BulkFile::Csv, csv.into_bytes());
        let put = clinic
            .client
            .put_in_bulk_order(&staff.token, kind, (kind, None), file);
        refused(put.await, "file", "E0007");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_order() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let asked = bulk_check(&[taro(None)]);
    let first = order(&clinic, &token, "OQSmuquc01", &asked).await;
    assert_eq!(order(&clinic, &token, "OQSmuquc01", &asked).await, first);
    let other = bulk_check(&[taro(Some("A03"))]);
    check(
        clinic
            .client
            .link(&token, "OQSmuquc01", "OQSmuquc01", &other)
            .await,
        "idempotency_conflict",
    );
    assert_eq!(
        clinic
            .client
            .bulk_orders(&token, None)
            .await
            .unwrap()
            .orders
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_order_of_today_although_midnight_passes() {
    let world = crate::claims::world_at("2026-11-23T23:59:50+09:00").await;
    let clinic = world.enrol(OWN).await;
    let (staff, _) = clinic.administrator().await;
    let csv = "insurer_number,symbol,number,branch,birth_date,ceiling_kind,ceiling_category,identifier\r\n\
        06139992,123,4567,,1970-01-02,,,PT1\r\n";
    let put = async |day: Option<&'static str>| {
        let (token, file) = (staff.token.as_str(), (BulkFile::Csv, csv.into()));
        let put = clinic
            .client
            .put_in_bulk_order(token, "key", ("checks", day), file);
        put.await
    };
    let first = put(None).await.unwrap();
    crate::claims::turn_to(&world, "2026-11-24T00:00:10+09:00");
    let again = put(None).await.unwrap();
    assert_eq!(again.reception_number, first.reception_number);
    assert_eq!(again.visit_date, "2026-11-23");
    check(put(Some("2026-11-24")).await, "idempotency_conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_puts_in_csv_or_the_interfaces_file_and_fetches_either() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let (staff, _) = clinic.administrator().await;
    let (client, token) = (&clinic.client, staff.token.as_str());
    let csv = "insurer_number,symbol,number,branch,birth_date,ceiling_kind,ceiling_category,identifier\r\n\
        06139992,123,4567,,1970-01-02,01,A03,PT1\r\n39139993,,1,,19480303,,,PT2\r\n";
    let xml = include_str!("../../../exchange/tests/samples/OQSmuquc01req_202611230020.xml");
    for (form, file) in [(BulkFile::Csv, csv), (BulkFile::Xml, xml)] {
        let of = ("checks", Some("2026-11-23"));
        let put = client
            .put_in_bulk_order(token, form.as_str(), of, (form, file.into()))
            .await
            .unwrap();
        assert_eq!((put.kind.as_str(), put.lines), ("checks", 2));
        while client
            .bulk_order(token, &put.reception_number)
            .await
            .unwrap()
            .state
            != "done"
        {}
        let read =
            |form| client.bulk_result(token, &put.reception_number, (form, FileEncoding::Utf8));
        let as_csv = String::from_utf8(read(BulkFile::Csv).await.unwrap().to_vec()).unwrap();
        assert!(
            as_csv.contains("資格　太郎") && as_csv.lines().count() == 3,
            "{as_csv}"
        );
        let as_xml = String::from_utf8(read(BulkFile::Xml).await.unwrap().to_vec()).unwrap();
        assert!(
            as_xml.contains("<LimitApplicationCertificateChanged>0<"),
            "{as_xml}"
        );
    }
    let bad = client
        .put_in_bulk_order(
            token,
            "x",
            ("checks", None),
            (BulkFile::Csv, b"a;b".to_vec()),
        )
        .await;
    refused(bad, "file", "form");
    let bad = client
        .put_in_bulk_order(
            token,
            "y",
            ("checks", None),
            (BulkFile::Xml, b"<a/>".to_vec()),
        )
        .await;
    refused(bad, "file", "form");
    // What no message may hold would otherwise be accepted, and the worker would fail at it again and again.
    for cell in ["\"PT\n1\"", &"9".repeat(300)] {
        let csv = csv.replace("PT1", cell).into_bytes();
        let bad = client
            .put_in_bulk_order(token, "cell", ("checks", None), (BulkFile::Csv, csv))
            .await;
        refused(bad, "file", "form");
    }
    let other = xml.replace(OWN, OTHER);
    let bad = client
        .put_in_bulk_order(token, "z", ("checks", None), (BulkFile::Xml, other.into()))
        .await;
    refused(bad, "file", "E0003");
    check(
        client
            .put_in_bulk_order(
                token,
                "q",
                ("home_visits", None),
                (BulkFile::Csv, csv.into()),
            )
            .await,
        "invalid_query",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_it_was_and_two_workers_double_nothing() {
    let mut world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let lines: Vec<Value> = (0..450)
        .map(|line| {
            let mut it = taro(None);
            it["ArbitraryIdentifier"] = format!("{line}").into();
            it
        })
        .collect();
    let reception = order(&clinic, &token, "OQSmuquc01", &bulk_check(&lines)).await;
    // A second center on the same folder while the first one's work goes on: it lets the folder go, and its tasks end with the test.
    drop(world.center.take());
    let _again =
        crate::world::start_center(world.dir.path(), Default::default(), world.micros.clone())
            .await;
    let done = result(&clinic, &token, "OQSmuquc02", &reception).await;
    let units = units(&done, "BulkConfirmUnit");
    let identifiers: Vec<&str> = units
        .iter()
        .map(|unit| {
            unit["QualificationConfirmSearchInfo"]["ArbitraryIdentifier"]
                .as_str()
                .unwrap()
        })
        .collect();
    let expected: Vec<String> = (0..450).map(|line| line.to_string()).collect();
    assert_eq!(identifiers, expected);
    let path = world.dir.path().join("center.db");
    let engine = crate::places::store(&path, 9);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.checks, report.faults), (450, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_without_the_right_reach_neither_orders_nor_numbers() {
    let world = World::start().await;
    let clinic = world.enrol(OWN).await;
    let master = clinic.sign_in("master").await.token;
    let reader = clinic.sign_in("reader").await.token;
    let by_number = ReferenceNumberSearch {
        reference_number: Some("1".into()),
        ..Default::default()
    };
    for token in [&reader] {
        check(
            clinic.client.bulk_orders(token, None).await,
            "not_permitted",
        );
        check(
            clinic
                .client
                .search_reference_number(token, &by_number)
                .await,
            "not_permitted",
        );
    }
    assert!(clinic.client.bulk_orders(&master, None).await.is_err());
}
