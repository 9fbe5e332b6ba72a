//! Answers to requests with missing, wrong or leniently written values hold to their schema, which xmllint judges.

use std::process::Command;

use domain::check::Verdict;
use domain::civil_date::Instant;
use exchange::answer::{Answer, Unrepresentable};
use exchange::encoding::Encoding;
use exchange::error_code::ErrorCode;
use exchange::message::Message;
use exchange::request::Request;
use exchange::schema::{Direction, Way, xsd};
use exchange::tables::bulk::ResultHeader;
use exchange::tables::bulk_check::{BulkResult, CheckUnit, ResultBody};
use serde_json::{Value, json};

use crate::reading::{single, text};

fn holds_to_its_schema(answer: &Answer) {
    let way = Way {
        message: answer.message(),
        direction: Direction::Answer,
    };
    let folder = tempfile::tempdir().unwrap();
    let (schema, file) = (folder.path().join("a.xsd"), folder.path().join("a.xml"));
    std::fs::write(&schema, xsd::schema(way)).unwrap();
    let written = answer.to_xml(Encoding::Utf8, Unrepresentable::Refuse);
    std::fs::write(&file, written.unwrap().bytes).unwrap();
    let xmllint = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .args([&schema, &file])
        .output();
    let told = xmllint.expect("xmllint; cargo xtask test installs it");
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "{}: {said}", way.name());
}

fn request(message: Message, facility: &str, body: &Value) -> Request {
    let image = json!({ "XmlMsg": {
        "MessageHeader": { "MedicalInstitutionCode": facility },
        "MessageBody": body,
    }});
    Request::from_json(message, &image).unwrap()
}

#[test]
fn a_bulk_result_with_broken_lines_is_good_by_its_schema() {
    let now = Instant::from_micros(0);
    let body = json!({ "QualificationConfirmSearchInfo": [
        { "InsurerNumber": "０６１３９９９２", "InsuredBranchNumber": "1", "Birthdate": "19701301",
          "LimitApplicationCertificateRelatedInfo": { "LimitApplicationCertificateClassification": "9" } },
        { "ArbitraryIdentifier": "PT000124" },
        {},
    ]});
    let request = request(Message::BulkCheck, "1319999999", &body);
    let Request::BulkCheck(asked) = request else {
        panic!("a bulk check");
    };
    let units = asked.body.search_infos.into_iter().map(|info| CheckUnit {
        search_info: Some(info.into()),
        status: Some("2".into()),
        ..CheckUnit::default()
    });
    let header = ResultHeader {
        executed_at: Some(now.to_compact_in_japan()),
        segment: Some("1".into()),
        character_code: Some("0".into()),
        ..ResultHeader::default()
    };
    holds_to_its_schema(&Answer::BulkCheckResult(Box::new(BulkResult {
        header,
        body: ResultBody {
            status: None,
            units: units.collect(),
        },
    })));
}

#[test]
fn an_abnormal_answer_to_wrong_values_is_good_by_its_schema() {
    let now = Instant::from_micros(0);
    let registration = json!({ "ReferenceNumberRegistrationInfo": {
        "InsurerNumber": "6139992", "InsuredIdentificationNumber": "４５６７", "InsuredBranchNumber": "1",
    }});
    let result = json!({ "ReceptionNumber": "R".repeat(60) });
    let date = text().replace(">20261123<", ">2026-11-23<");
    let requests = [
        request(Message::ReferenceNumber, "131999999", &registration),
        request(Message::BulkCheckResult, "見本診療所", &result),
        Request::SingleCheck(single(&date)),
    ];
    for request in requests {
        let why = ErrorCode::Missing.about("照会番号");
        holds_to_its_schema(&Answer::unanswerable(&request, &why, now));
    }
}

#[test]
fn an_answer_to_a_leniently_written_check_is_good_by_its_schema() {
    let lenient = text()
        .replace(">01<", ">1<")
        .replace(">06139992<", ">０６１３９９９２<");
    let request = single(&lenient);
    assert_eq!(request.body.search_info.branch.as_deref(), Some("1"));
    let now = Instant::from_micros(0);
    holds_to_its_schema(&Answer::checked(&request, Verdict::NotFound, &[], now));
}
