//! The record of looks as a CSV file: one line for each look, for whoever answers for a facility. Holds nothing of what was seen.

use domain::medical_aid::TreatmentMonth;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use domain::medical_information::look::Look;
use domain::person::Person;

use crate::csv_file::{CsvFile, NotWritten};
use crate::encoding::Encoding;

/// The header line.
pub const HEADER: [&str; 12] = [
    "閲覧日時",
    "アカウント",
    "氏名",
    "氏名（原文・文字参照）",
    "生年月日",
    "情報の種別",
    "同意・根拠",
    "閲覧方法",
    "目的",
    "対象年月",
    "緊急時",
    "閲覧ID",
];

/// A file with its header line.
///
/// # Errors
/// [`NotWritten`].
pub fn start(encoding: Encoding) -> Result<CsvFile, NotWritten> {
    CsvFile::new(encoding, &HEADER)
}

/// Appends a look, with its identifier as text, at a patient as they are registered now; of somebody whom the insurers took back, without a
/// name.
///
/// # Errors
/// [`NotWritten`].
pub fn push(
    file: &mut CsvFile,
    look: &Look,
    id: &str,
    patient: Option<&Person>,
) -> Result<(), NotWritten> {
    let name = patient.map(|it| file.name(it.name.as_str()));
    let name = name.unwrap_or_default();
    let kinds = each(look.under.iter().map(|it| kind(it.kind)));
    let bases = each(look.under.iter().map(|it| basis(it.basis)));
    let month = |it: Option<TreatmentMonth>| it.map(TreatmentMonth::to_iso).unwrap_or_default();
    let months = match (look.months.from, look.months.until) {
        (None, None) => String::new(),
        (from, until) => format!("{}～{}", month(from), month(until)),
    };
    file.push(&[
        &look.at.to_minute_in_japan(),
        look.account.as_str(),
        &name.name,
        &name.original,
        &patient
            .map(|it| it.birth_date.to_string())
            .unwrap_or_default(),
        &kinds,
        &bases,
        way(look.way),
        purpose(look.purpose),
        &months,
        if look.is_emergency() { "緊急時" } else { "" },
        id,
    ])
}

/// Different words once each, in their order.
fn each<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for word in words {
        if !seen.contains(&word) {
            seen.push(word);
        }
    }
    seen.join("・")
}

fn kind(kind: InformationKind) -> &'static str {
    match kind {
        InformationKind::Drugs => "薬剤",
        InformationKind::Treatment => "診療",
        InformationKind::Surgery => "手術",
        InformationKind::Checkups => "健診",
    }
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Visit => "来院時の同意",
        Basis::Home => "在宅・オンラインの同意",
        Basis::Disaster => "災害時",
        Basis::Ambulance => "救急時",
    }
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Page => "画面",
        Way::Print => "印刷",
        Way::Pdf => "PDF",
        Way::Xml => "XML",
        Way::Machine => "連携システム",
        Way::Own => "本人",
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "診療",
        Purpose::Dispensing => "調剤",
        Purpose::Disaster => "災害時の診療",
        Purpose::Ambulance => "救急時の診療",
        Purpose::Own => "本人の確認",
    }
}

#[cfg(test)]
mod tests {
    use domain::account::{AccountId, AccountKind};
    use domain::civil_date::{CivilDate, Instant};
    use domain::institution_code::InstitutionCode;
    use domain::medical_information::look::{Months, Opened};
    use domain::person::PersonId;

    use super::*;

    #[test]
    fn a_line_says_who_saw_what_when_and_why() {
        let at = Instant::parse("2026-11-23T00:15:02Z").unwrap();
        let opened = |kind, basis| Opened {
            kind,
            basis,
            reference: 7,
            given: at,
            valid_until: at.plus_seconds(60),
        };
        let look = Look {
            id: 1,
            at,
            facility: InstitutionCode::parse("1319999999").unwrap(),
            account: AccountId::parse("isha").unwrap(),
            account_kind: AccountKind::MedicalViewer,
            person: PersonId::from_u128(7),
            under: vec![
                opened(InformationKind::Drugs, Basis::Visit),
                opened(InformationKind::Drugs, Basis::Disaster),
                opened(InformationKind::Surgery, Basis::Disaster),
            ],
            way: Way::Page,
            purpose: Purpose::Disaster,
            months: Months {
                from: Some(TreatmentMonth::of(CivilDate::new(2026, 1, 2).unwrap())),
                until: None,
            },
        };
        let mut file = start(Encoding::Utf8).unwrap();
        push(&mut file, &look, "look-1", None).unwrap();
        let bytes = file.into_bytes();
        let text = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap()).unwrap();
        assert_eq!(
            text.lines().nth(1).unwrap(),
            "2026-11-23 09:15,isha,,,,薬剤・手術,来院時の同意・災害時,画面,災害時の診療,2026-01～,緊急時,look-1"
        );
    }
}
