//! Files of feeds to be written, for synthetic people and for refused lines. Loses nothing in silence.

use domain::civil_date::CivilDate;
use domain::feed::FeedKind;
use domain::feed::statement::{FeedLine, Record};
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_information::checkup::Value;
use domain::medical_information::drugs::{DrugDay, DrugMonth, NamedFacility};
use domain::medical_information::{Amount, MedicalCode, MedicalText};

use super::columns::columns;
use super::refusal::Wrong;
use crate::csv_file::NotWritten;
use crate::encoding::{Encoding, windows_31j};

/// Whom a line is about, as a sender writes it.
#[derive(Clone)]
pub struct Insured {
    /// Insurer number.
    pub insurer: InsurerNumber,
    /// Symbol.
    pub symbol: Option<Symbol>,
    /// Number.
    pub number: InsuredNumber,
    /// Branch.
    pub branch: Option<Branch>,
    /// Date of birth.
    pub birth_date: CivilDate,
}

impl std::fmt::Debug for Insured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Insured(…)")
    }
}

/// The header line of a kind.
///
/// # Errors
/// [`NotWritten`].
pub fn header(kind: FeedKind, encoding: Encoding) -> Result<Vec<u8>, NotWritten> {
    let names: Vec<&str> = columns(kind).iter().map(|column| column.name).collect();
    row(&names, encoding)
}

/// A line of a kind.
///
/// # Errors
/// [`NotWritten`]: the encoding lacks a character, or the line is not of the kind.
pub fn line(
    kind: FeedKind,
    insured: &Insured,
    line: &FeedLine,
    encoding: Encoding,
) -> Result<Vec<u8>, NotWritten> {
    let mut cells = vec![
        ("insurer_number", insured.insurer.as_digits().to_string()),
        (
            "symbol",
            insured
                .symbol
                .as_ref()
                .map_or("", Symbol::as_str)
                .to_owned(),
        ),
        ("number", insured.number.as_str().to_owned()),
        (
            "branch",
            insured.branch.map_or(String::new(), Branch::to_digits),
        ),
        ("birth_date", insured.birth_date.to_string()),
        ("statement", line.statement.as_str().to_owned()),
        ("line", line.number.to_string()),
    ];
    match &line.record {
        Record::Month(month) => of_month(kind, month, &mut cells)?,
        Record::Surgery(it) => {
            cells.extend(named(["facility_code", "facility_name"], &it.facility));
            cells.extend([
                ("day", it.day.to_string()),
                ("surgery_code", code(&it.code)),
                ("surgery_name", it.name.as_str().to_owned()),
                ("note", text(&it.note)),
            ]);
        }
        Record::Checkup(it) => {
            let item = it.items.first().ok_or(NotWritten)?;
            cells.extend(named(["facility_code", "facility_name"], &it.facility));
            cells.extend([
                ("day", it.day.to_string()),
                ("item_code", item.code.as_str().to_owned()),
                ("item_name", item.name.as_str().to_owned()),
                ("value_kind", item.value.data_type().to_owned()),
                ("low", amount(&item.range.low)),
                ("high", amount(&item.range.high)),
                ("method", text(&item.method)),
            ]);
            cells.extend(of_value(&item.value));
        }
    }
    let in_order = columns(kind).into_iter().map(|column| {
        let found = cells.iter().find(|(name, _)| *name == column.name);
        found.map_or("", |(_, cell)| cell.as_str())
    });
    row(&in_order.collect::<Vec<_>>(), encoding)
}

/// The header line of a report of refused lines.
///
/// # Errors
/// [`NotWritten`].
pub fn refused_header() -> Result<Vec<u8>, NotWritten> {
    let mut line = b"\xEF\xBB\xBF".to_vec();
    let names = ["line", "column", "reason", "ja", "en", "text"];
    line.extend(row(&names, Encoding::Utf8)?);
    Ok(line)
}

/// The lines of a report about one refused line: one for each thing wrong. Holds the line itself, and so what it says of a person.
///
/// # Errors
/// [`NotWritten`].
pub fn refused(number: u64, wrong: &[Wrong], text: &str) -> Result<Vec<u8>, NotWritten> {
    let mut lines = Vec::new();
    for it in wrong {
        let column = it.column.map_or("", |column| column.name);
        let (number, ja, en) = (number.to_string(), it.ja(), it.en());
        // Not a spreadsheet's formula, whatever the line begins with.
        let text = crate::csv_file::guarded(text);
        lines.extend(row(
            &[&number, column, it.reason.as_str(), &ja, &en, &text],
            Encoding::Utf8,
        )?);
    }
    Ok(lines)
}

fn of_month(
    kind: FeedKind,
    month: &DrugMonth,
    cells: &mut Vec<(&'static str, String)>,
) -> Result<(), NotWritten> {
    let day = month.days.first().ok_or(NotWritten)?;
    cells.extend([
        ("month", month.month.to_iso()),
        ("origin", code(&month.origin)),
        ("in_or_out", code(&month.in_or_out)),
    ]);
    if kind == FeedKind::Treatment {
        let it = day.treatments.first().ok_or(NotWritten)?;
        cells.extend(named(["facility_code", "facility_name"], &month.prescriber));
        cells.extend([
            ("day", date(day.dispensed.or(day.prescribed))),
            ("treatment_code", code(&it.code)),
            ("treatment_name", it.name.as_str().to_owned()),
            ("class", code(&it.class)),
            ("quantity", amount(&it.quantity)),
            ("unit", text(&it.unit)),
            ("times", times(it.times)),
        ]);
        return Ok(());
    }
    cells.extend(named(
        ["prescriber_code", "prescriber_name"],
        &month.prescriber,
    ));
    cells.extend(named(
        ["dispenser_code", "dispenser_name"],
        &month.dispenser,
    ));
    of_drug(day, cells)
}

fn of_drug(day: &DrugDay, cells: &mut Vec<(&'static str, String)>) -> Result<(), NotWritten> {
    let it = day.drugs.first().ok_or(NotWritten)?;
    cells.extend([
        ("dispensed", date(day.dispensed)),
        ("prescribed", date(day.prescribed)),
        ("drug_code", code(&it.code)),
        ("drug_name", it.name.as_str().to_owned()),
        ("ingredient", text(&it.ingredient)),
        ("usage_class", code(&it.usage_class)),
        ("quantity", amount(&it.quantity)),
        ("unit", text(&it.unit)),
        ("usage", text(&it.usage)),
        ("instruction", text(&it.instruction)),
        ("times", times(it.times)),
    ]);
    Ok(())
}

fn of_value(value: &Value) -> Vec<(&'static str, String)> {
    match value {
        Value::Measured { amount, unit } => {
            vec![("value", amount.as_str().to_owned()), ("unit", text(unit))]
        }
        Value::Coded { code, table, name } => vec![
            ("value", code.as_str().to_owned()),
            ("code_table", text(table)),
            ("code_name", text(name)),
        ],
        Value::Words(words) => vec![("value", words.as_str().to_owned())],
    }
}

fn named([code, name]: [&'static str; 2], facility: &NamedFacility) -> [(&'static str, String); 2] {
    let digits = facility.code.map(|it| it.to_string());
    [
        (code, digits.unwrap_or_default()),
        (name, text(&facility.name)),
    ]
}

fn text(it: &Option<MedicalText>) -> String {
    it.as_ref()
        .map_or(String::new(), |it| it.as_str().to_owned())
}

fn code(it: &Option<MedicalCode>) -> String {
    it.as_ref()
        .map_or(String::new(), |it| it.as_str().to_owned())
}

fn amount(it: &Option<Amount>) -> String {
    it.as_ref()
        .map_or(String::new(), |it| it.as_str().to_owned())
}

fn times(it: Option<u16>) -> String {
    it.map_or(String::new(), |it| it.to_string())
}

fn date(it: Option<CivilDate>) -> String {
    it.map_or(String::new(), |it| it.to_string())
}

pub(crate) fn row(cells: &[&str], encoding: Encoding) -> Result<Vec<u8>, NotWritten> {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if 0 < at {
            line.push(',');
        }
        if cell.contains(['"', ',', '\r', '\n']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push_str("\r\n");
    match encoding {
        Encoding::Utf8 => Ok(line.into_bytes()),
        Encoding::ShiftJis => windows_31j::encode(&line).map_err(|_| NotWritten),
    }
}
