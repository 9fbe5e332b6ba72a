//! Results of readers: the sample of the interface byte for byte, and what is never written.

use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::prescription::IssueForm;
use domain::coverage::Registration;
use domain::institution_code::InstitutionCode;
use domain::person::PersonName;
use exchange::answer::consents::{Consents, Given, Providing};
use exchange::answer::coverage::Shown;
use exchange::answer::{Unrepresentable, Written};
use exchange::encoding::{Encoding, windows_31j};
use exchange::face_result::{CertificateNotice, FaceResult, answer};
use exchange::file_name::{face_result, is_face_result};

const SAMPLE: &str =
    include_str!("../samples/OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml");

/// A check whose last 80 bits are those of the sample's name.
const CHECK: u128 = 0x019a_ae5e_0000_0123_4567_89ab_cdef_0123;

fn at(seconds: i64) -> Instant {
    Instant::parse("2026-11-23T00:14:55Z")
        .unwrap()
        .plus_seconds(seconds)
}

fn taro() -> Registration {
    synthetic::samples::people().remove(0)
}

fn all_but_surgery() -> Consents {
    let given = Some(Given {
        at: at(0),
        until: at(86_400),
    });
    Consents {
        specified_disease: Providing::Given(at(0)),
        diseases: taro().coverages[0].diseases.clone(),
        checkups: given,
        drugs: given,
        treatment: given,
        surgery: None,
    }
}

fn file(
    person: &Registration,
    consents: &Consents,
    certificate: Option<CertificateNotice>,
    encoding: Encoding,
) -> Written {
    let shown = [Shown {
        person: &person.person,
        coverage: &person.coverages[0],
        reference_number: Some("000123"),
    }];
    let result = FaceResult {
        facility: InstitutionCode::parse("1319999999").unwrap(),
        check_id: CHECK,
        visit_date: CivilDate::new(2026, 11, 23).unwrap(),
        checked_at: at(0),
        closed_at: at(7),
        certificate,
        verdict: Verdict::Valid,
        prescription: Some(IssueForm::Electronic),
        shown: &shown,
        consents,
    };
    let answer = answer(&result);
    answer.to_xml(encoding, Unrepresentable::Reduced).unwrap()
}

fn text(consents: &Consents) -> String {
    String::from_utf8(file(&taro(), consents, None, Encoding::Utf8).bytes).unwrap()
}

/// Without the identifier, which is each writer's own.
fn but_the_identifier(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines
        .filter(|line| !line.contains("ArbitraryFileIdentifier"))
        .collect()
}

#[test]
fn the_sample_is_written_line_by_line() {
    let written = text(&all_but_surgery());
    assert_eq!(but_the_identifier(&written), but_the_identifier(SAMPLE));
    let identifier = written.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("<ArbitraryFileIdentifier>")?;
        rest.strip_suffix("</ArbitraryFileIdentifier>")
    });
    let identifier = identifier.unwrap();
    assert!(
        identifier.len() == 16
            && identifier
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    );
}

#[test]
fn the_name_is_the_samples() {
    let facility = InstitutionCode::parse("1319999999").unwrap();
    let name = face_result(facility, CHECK, at(7));
    assert_eq!(
        name,
        "OQSsiquc01res_face_13199999990123456789abcdef0123_20261123091502.xml"
    );
    assert!(is_face_result(&name));
    for other in [
        "OQSsiquc01res_1.xml",
        "OQSsiquc01res_face_1_2.xml",
        "OQSsiquc01res_face_.xml",
    ] {
        assert!(!is_face_result(other), "{other}");
    }
}

#[test]
fn what_the_patient_did_not_agree_to_is_not_there() {
    let refused = Consents {
        specified_disease: Providing::Refused,
        ..Consents::default()
    };
    let written = text(&refused);
    assert!(written.contains("<SpecificDiseasesCertificateRelatedConsFlg>0</"));
    for flag in [
        "SpecificHealthCheckupsInfo",
        "PharmacistsInfo",
        "DiagnosisInfo",
        "OperationInfo",
    ] {
        assert!(written.contains(&format!("<{flag}ConsFlg>0</")), "{flag}");
    }
    for absent in [
        "InfoConsTime",
        "AvailableTime",
        "SpecificDiseasesCertificateList",
        "10000",
    ] {
        assert!(!written.contains(absent), "{absent}");
    }
    // Nobody without such a certificate is asked for it, so nothing is said of it.
    assert!(!text(&Consents::default()).contains("SpecificDiseases"));
}

#[test]
fn a_certificate_that_ends_is_told_of_beside_a_good_answer() {
    let day = CivilDate::new(2027, 1, 2).unwrap();
    for notice in [
        CertificateNotice::EndsOn(day),
        CertificateNotice::EndedOn(day),
    ] {
        let written = file(&taro(), &Consents::default(), Some(notice), Encoding::Utf8);
        let written = String::from_utf8(written.bytes).unwrap();
        let (status, message) = (
            "<ProcessingResultStatus>1</",
            "<ProcessingResultMessage>マイナンバーカード",
        );
        assert!(written.contains(status) && written.contains(message));
        assert!(written.contains("2027-01-02"));
    }
}

#[test]
fn shift_jis_keeps_a_rare_name_beside_its_reduced_form() {
    let mut rare = taro();
    rare.person.name = PersonName::parse("𠮷田　葛\u{E0100}").unwrap();
    let file = file(&rare, &all_but_surgery(), None, Encoding::ShiftJis);
    let written = windows_31j::decode(&file.bytes).unwrap();
    assert!(
        written.contains("encoding=\"Shift_JIS\"")
            && written.contains("<CharacterCodeIdentifier>1</CharacterCodeIdentifier>")
    );
    assert!(written.contains("<Name>吉田　葛</Name>"));
    assert!(written.contains("<ProcessingResultMessage>") && !written.contains("&#"));
    let sidecar: serde_json::Value = serde_json::from_slice(&file.sidecar.unwrap()).unwrap();
    let replaced = &sidecar["replaced"][0];
    assert_eq!(
        replaced["element"],
        "/XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation[1]/Name"
    );
    assert_eq!(replaced["original"], "𠮷田　葛\u{E0100}");
    assert_eq!(replaced["written"], "吉田　葛");
}
