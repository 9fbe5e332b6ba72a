//! Insurers' files to be written, for synthetic people. Loses nothing in silence.

use domain::civil_date::CivilDate;
use domain::codes::coverage::{LossReason, Preschool};
use domain::codes::person::{Relationship, Sex};
use domain::coverage::ratio::Ratio;
use domain::coverage::{Coverage, Registration};
use domain::feed::insurer::InsurerKind;
use domain::insured::{Branch, Symbol};
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};

use super::columns::columns;
use crate::csv_file::NotWritten;
use crate::encoding::Encoding;
use crate::feed_file::writing::row;

/// The header line of a kind.
///
/// # Errors
/// [`NotWritten`].
pub fn header(kind: InsurerKind, encoding: Encoding) -> Result<Vec<u8>, NotWritten> {
    let names: Vec<&str> = columns(kind).iter().map(|column| column.name).collect();
    row(&names, encoding)
}

/// What one of a person's coverages comes to in the files of its insurer: the lines of a kind. Corrections are none.
///
/// # Errors
/// [`NotWritten`]: the encoding lacks a character.
pub fn lines(
    kind: InsurerKind,
    registration: &Registration,
    coverage: &Coverage,
    encoding: Encoding,
) -> Result<Vec<u8>, NotWritten> {
    let person = &registration.person;
    let mut bytes = Vec::new();
    let mut write = |cells: Vec<(&'static str, String)>| {
        let in_order = columns(kind).into_iter().map(|column| {
            let found = cells.iter().find(|(name, _)| *name == column.name);
            found.map_or("", |(_, cell)| cell.as_str())
        });
        bytes.extend(row(&in_order.collect::<Vec<_>>(), encoding)?);
        Ok(())
    };
    match kind {
        InsurerKind::Persons | InsurerKind::Residents => {
            let mut cells = of_person(person);
            cells.push(("insurer_number", coverage.insurer.as_digits()));
            write(cells)?;
        }
        InsurerKind::Coverages => write(of_coverage(person, coverage))?,
        InsurerKind::Losses => {
            if let Some(loss) = coverage.loss {
                let reason = loss.reason.map(LossReason::code).unwrap_or_default();
                let mut cells = which(person, coverage);
                cells.push(("loss_date", loss.date.to_string()));
                cells.push(("loss_reason", reason.to_owned()));
                write(cells)?;
            }
        }
        InsurerKind::Certificates => {
            for certificate in of_certificates(coverage) {
                let mut cells = which(person, coverage);
                cells.extend(certificate);
                write(cells)?;
            }
        }
        InsurerKind::Corrections => {}
    }
    Ok(bytes)
}

/// A person's identifier as files write it.
#[must_use]
pub fn person_id(id: PersonId) -> String {
    let hex = format!("{:032x}", id.as_u128());
    let part = |range: core::ops::Range<usize>| hex.get(range).unwrap_or_default().to_owned();
    [
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32),
    ]
    .join("-")
}

fn day(date: Option<CivilDate>) -> String {
    date.map_or(String::new(), |it| it.to_string())
}

fn percent(ratio: Option<Ratio>) -> String {
    ratio.map_or(String::new(), |it| it.as_percent().to_string())
}

fn of_person(person: &Person) -> Vec<(&'static str, String)> {
    let name = |it: &Option<PersonName>| it.as_ref().map_or("", PersonName::as_str).to_owned();
    let kana = |it: &Option<Kana>| it.as_ref().map_or("", Kana::as_str).to_owned();
    let postal_code = person.postal_code.as_ref().map_or("", PostalCode::as_str);
    vec![
        ("person", person_id(person.id)),
        ("name", person.name.as_str().to_owned()),
        ("name_of_other", name(&person.name_of_other)),
        ("kana", kana(&person.kana)),
        ("kana_of_other", kana(&person.kana_of_other)),
        ("sex", person.sex.code().to_owned()),
        (
            "shown_sex",
            person.shown_sex.map_or("", Sex::code).to_owned(),
        ),
        ("birth_date", person.birth_date.to_string()),
        ("postal_code", postal_code.to_owned()),
        (
            "address",
            person
                .address
                .as_ref()
                .map_or("", Address::as_str)
                .to_owned(),
        ),
    ]
}

fn which(person: &Person, it: &Coverage) -> Vec<(&'static str, String)> {
    vec![
        ("insurer_number", it.insurer.as_digits()),
        ("person", person_id(person.id)),
        (
            "symbol",
            it.symbol.as_ref().map_or("", Symbol::as_str).to_owned(),
        ),
        ("number", it.number.as_str().to_owned()),
        ("acquired", day(it.acquired)),
    ]
}

fn of_coverage(person: &Person, it: &Coverage) -> Vec<(&'static str, String)> {
    let mut cells = which(person, it);
    let insured_name = it.insured_name.as_ref().map_or("", PersonName::as_str);
    cells.extend([
        ("classification", it.classification.code().to_owned()),
        ("insurer_name", it.insurer_name.as_str().to_owned()),
        ("branch", it.branch.map_or(String::new(), Branch::to_digits)),
        (
            "relationship",
            it.relationship.map_or("", Relationship::code).to_owned(),
        ),
        ("insured_name", insured_name.to_owned()),
        ("issued", day(it.issued)),
        ("valid_from", day(it.period.start)),
        ("valid_until", day(it.period.end)),
        ("ratio", percent(it.ratio)),
        (
            "preschool",
            it.preschool.map_or("", Preschool::code).to_owned(),
        ),
    ]);
    cells
}

fn of_certificates(it: &Coverage) -> Vec<Vec<(&'static str, String)>> {
    let mut all = Vec::new();
    let head = |name: &str, (start, end): (Option<CivilDate>, Option<CivilDate>)| {
        vec![
            ("certificate", name.to_owned()),
            ("valid_from", day(start)),
            ("valid_until", day(end)),
        ]
    };
    for it in &it.elderly {
        let mut cells = head("elderly", (it.period.start, it.period.end));
        cells.extend([("issued", day(it.issued)), ("ratio", percent(it.ratio))]);
        all.push(cells);
    }
    for it in &it.ceilings {
        let category = it.category.map(|it| it.code()).unwrap_or_default();
        let mut cells = head("ceiling", (it.period.start, it.period.end));
        cells.extend([
            ("issued", day(it.issued)),
            ("ceiling_kind", it.kind.code().to_owned()),
            ("category", category.to_owned()),
            ("long_term_since", day(it.long_term_since)),
        ]);
        all.push(cells);
    }
    for it in &it.diseases {
        let yen = it.self_pay_yen.map(|it| it.to_string());
        let mut cells = head("disease", (it.period.start, it.period.end));
        cells.extend([
            ("issued", day(it.issued)),
            ("disease", it.disease.code().to_owned()),
            ("self_pay_yen", yen.unwrap_or_default()),
        ]);
        all.push(cells);
    }
    for it in &it.tickets {
        let yen = it.self_pay_yen.map(|it| it.to_string());
        let issue_number = it.issue_number.as_ref().map(|it| it.as_str());
        let mut cells = head("ticket", (it.period.start, it.period.end));
        cells.extend([
            ("facility_code", format!("{:010}", it.facility.as_u64())),
            ("month", it.month.to_iso()),
            (
                "ticket_kind",
                it.kind.map(|it| it.code()).unwrap_or_default().to_owned(),
            ),
            ("issue_number", issue_number.unwrap_or_default().to_owned()),
            ("self_pay_yen", yen.unwrap_or_default()),
        ]);
        all.push(cells);
    }
    all
}
