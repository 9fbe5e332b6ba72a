//! The XML document of medical information, held to its schema by xmllint; and PDFs in answers to receipt computers.

use std::process::Command;

use domain::account::{AccountId, AccountKind};
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use domain::medical_information::look::{Look, Months, Opened};
use domain::medical_information::surgery::Surgery;
use domain::medical_information::{MedicalInformation, MedicalText};
use domain::person::Person;
use exchange::answer::Answer;
use exchange::medical_document::{self, People};
use exchange::message::Message;
use synthetic::samples;

fn look(kinds: &[(InformationKind, Basis)]) -> Look {
    let at = Instant::parse("2026-11-26T00:15:00Z").unwrap();
    let opened = kinds.iter().map(|(kind, basis)| Opened {
        kind: *kind,
        basis: *basis,
        reference: 7,
        given: at,
        valid_until: at.plus_seconds(60),
    });
    Look {
        id: 0x0190_0000_0000_7000_8000_0000_0000_0001,
        at,
        facility: InstitutionCode::parse("1319999999").unwrap(),
        account: AccountId::parse("doctor1").unwrap(),
        account_kind: AccountKind::MedicalViewer,
        person: patient().id,
        under: opened.collect(),
        way: Way::Xml,
        purpose: Purpose::Treatment,
        months: Months::default(),
    }
}

fn patient() -> Person {
    samples::people().remove(0).person
}

fn information() -> MedicalInformation {
    let today = CivilDate::new(2026, 11, 26).unwrap();
    let mut surgery = Surgery::new(today, MedicalText::parse("架空手術 <&>").unwrap());
    surgery.note = MedicalText::parse("見本").ok();
    MedicalInformation {
        surgeries: vec![surgery],
        ..samples::medical_information::usual(today).unwrap()
    }
}

fn xml(look: &Look, information: &MedicalInformation) -> String {
    let bytes = medical_document::to_xml(look, &patient(), information, &[], People::Real).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn all_kinds() -> Look {
    look(
        &InformationKind::ALL
            .iter()
            .map(|kind| (*kind, Basis::Visit))
            .collect::<Vec<_>>(),
    )
}

#[test]
fn the_document_says_of_itself_that_it_is_not_official() {
    let text = xml(&all_kinds(), &information());
    assert!(text.contains("<OnshiMedicalInformation>\n  <OnshiNotice>この形式はonshi独自"));
    assert!(text.contains("<Name>架空手術 &lt;&amp;&gt;</Name>"));
    assert!(text.contains("<OnshiLook>01900000-0000-7000-8000-000000000001</OnshiLook>"));
}

#[test]
fn drugs_and_checkups_stand_as_receipt_computers_get_them() {
    let (text, told) = (xml(&all_kinds(), &information()), information());
    let own = InstitutionCode::parse("1319999999").unwrap();
    for (answer, element) in [
        (Answer::drugs(&patient(), &told.drugs, own), "YZKsiquc01res"),
        (
            Answer::checkups(&patient(), &told.checkups),
            "TKKsiquc01res",
        ),
    ] {
        let policy = exchange::answer::Unrepresentable::Refuse;
        let written = answer.to_xml(exchange::encoding::Encoding::Utf8, policy);
        let alone = String::from_utf8(written.unwrap().bytes).unwrap();
        let (_, inside) = alone.split_once("<XmlMsg>\n").unwrap();
        let inside = inside.trim_end().trim_end_matches("</XmlMsg>").trim_end();
        let squeezed = |text: &str| text.replace(' ', "");
        let begin = format!("<{element}>\n");
        assert!(
            squeezed(&text).contains(&format!("{begin}{}\n</{element}>", squeezed(inside))),
            "{element}"
        );
    }
}

#[test]
fn what_is_not_open_leaves_no_element_behind() {
    let only = look(&[(InformationKind::Checkups, Basis::Disaster)]);
    let text = xml(&only, &information_of_checkups());
    assert!(text.contains("<OnshiKind>checkups</OnshiKind>"));
    assert!(text.contains("<OnshiEmergency>disaster</OnshiEmergency>"));
    for absent in ["<YZKsiquc01res", "<OnshiSurger"] {
        assert!(!text.contains(absent), "{absent}");
    }
}

fn information_of_checkups() -> MedicalInformation {
    MedicalInformation {
        checkups: information().checkups,
        ..MedicalInformation::default()
    }
}

/// A document of this month alone, with surgery and checkups of all years.
fn xml_of_all_years() -> String {
    let this = TreatmentMonth::of(CivilDate::new(2026, 11, 26).unwrap());
    let look = Look {
        months: Months {
            from: Some(this),
            until: Some(this),
        },
        ..all_kinds()
    };
    let kinds = [InformationKind::Surgery, InformationKind::Checkups];
    let (patient, told) = (patient(), information());
    let bytes = medical_document::to_xml(&look, &patient, &told, &kinds, People::Real);
    String::from_utf8(bytes.unwrap()).unwrap()
}

#[test]
fn what_is_of_all_years_is_named_beside_the_months() {
    let text = xml_of_all_years();
    let squeezed: String = text.split_whitespace().collect();
    assert!(squeezed.contains(
        "<OnshiUntil>202611</OnshiUntil><OnshiAllYears>surgery</OnshiAllYears><OnshiAllYears>checkups</OnshiAllYears><OnshiKind>"
    ));
    assert!(!xml(&all_kinds(), &information()).contains("<OnshiAllYears"));
}

#[test]
fn the_document_fits_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xml");
    let schema = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/schemas/OnshiMedicalInformation.xsd"
    );
    let documents = [
        xml(&all_kinds(), &information()),
        xml(&all_kinds(), &MedicalInformation::default()),
        xml_of_all_years(),
        xml(
            &look(&[(InformationKind::Checkups, Basis::Ambulance)]),
            &information_of_checkups(),
        ),
    ];
    for document in documents {
        std::fs::write(&path, document).unwrap();
        let xmllint = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema", schema])
            .arg(&path)
            .output();
        let told = xmllint.expect("xmllint; cargo xtask test installs it");
        assert!(
            told.status.success(),
            "{}",
            String::from_utf8_lossy(&told.stderr)
        );
    }
}

#[test]
fn a_pdf_goes_through_the_image_as_it_is_and_nothing_else_passes_for_one() {
    let pdf = b"%PDF-1.7 \xff\n%%EOF\n";
    let answers = [
        (Message::Drugs, Answer::drugs_as_pdf(&patient(), pdf)),
        (Message::Checkups, Answer::checkups_as_pdf(&patient(), pdf)),
    ];
    for (message, answer) in answers {
        let mut image = answer.to_json();
        let read = Answer::from_json(message, &image).unwrap();
        assert_eq!(read.pdf().unwrap().unwrap(), pdf);
        for wrong in ["bm8gUERG", "*", "JVBE"] {
            image["XmlMsg"]["MessageBody"]["OnshiPdf"] = wrong.into();
            let read = Answer::from_json(message, &image).unwrap();
            assert!(read.pdf().is_err(), "{wrong}");
        }
    }
    let own = InstitutionCode::parse("1319999999").unwrap();
    let none = Answer::drugs(&patient(), &information().drugs, own);
    assert_eq!(none.pdf(), Ok(None));
}
