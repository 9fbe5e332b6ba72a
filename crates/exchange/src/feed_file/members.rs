//! The cells of one line to what is stored, kind by kind. Names every cell that is wrong, not the first alone.

use domain::civil_date::CivilDate;
use domain::feed::FeedKind;
use domain::feed::statement::{FeedLine, Record, StatementId};
use domain::institution_code::InstitutionCode;
use domain::insured::{Branch, InsuranceKey, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange, Value};
use domain::medical_information::drugs::{
    Drug, DrugDay, DrugMonth, NamedFacility, Source, Treatment,
};
use domain::medical_information::surgery::Surgery;
use domain::medical_information::{Amount, MedicalCode, MedicalText};

use super::Parsed;
use super::columns::{Column, Need};
use super::refusal::{Reason, Wrong};

/// Reads a line of as many cells as columns.
pub(super) fn parse(
    kind: FeedKind,
    columns: &[&'static Column],
    cells: &[String],
    today: CivilDate,
) -> Result<Parsed, Vec<Wrong>> {
    let mut members = Members::new(columns, cells, today);
    let whose = members.whose();
    let statement = members.cell("statement", StatementId::parse);
    let number = members.number("line");
    let record = match kind {
        FeedKind::Drugs => members.claimed_drug(),
        FeedKind::Prescriptions => members.prescription(),
        FeedKind::Dispensings => members.dispensing(),
        FeedKind::Treatment => members.treatment(),
        FeedKind::Surgery => members.surgery(),
        FeedKind::Checkups => members.item(),
    };
    if !members.wrong.is_empty() {
        return Err(members.wrong);
    }
    let read = (|| {
        let (key, branch, birth_date) = whose?;
        Some(Parsed {
            key,
            branch,
            birth_date,
            line: FeedLine {
                statement: statement?,
                number: number?.into(),
                record: record?,
            },
        })
    })();
    // Whatever is missing was named above.
    read.ok_or_else(|| vec![Wrong::whole(Reason::Missing)])
}

/// The cells of a line that is being read, and what is wrong with them.
pub(crate) struct Members<'a> {
    columns: &'a [&'static Column],
    cells: &'a [String],
    today: CivilDate,
    born: Option<CivilDate>,
    pub(crate) wrong: Vec<Wrong>,
}

impl<'a> Members<'a> {
    pub(crate) fn new(
        columns: &'a [&'static Column],
        cells: &'a [String],
        today: CivilDate,
    ) -> Self {
        Self {
            columns,
            cells,
            today,
            born: None,
            wrong: Vec::new(),
        }
    }
}

impl Members<'_> {
    /// What a cell holds; what is wrong with it is noted.
    pub(crate) fn cell<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let place = self.columns.iter().position(|column| column.name == name)?;
        let (column, cell) = (*self.columns.get(place)?, self.cells.get(place)?);
        // A spreadsheet program's mark of a text cell.
        let cell = cell.strip_prefix('\'').unwrap_or(cell).trim();
        if cell.is_empty() {
            if column.need == Need::Must {
                self.note(column, Reason::Missing);
            }
            return None;
        }
        let held = read(cell);
        if held.is_none() {
            self.note(column, Reason::Form);
        }
        held
    }

    fn note(&mut self, column: &'static Column, reason: Reason) {
        self.wrong.push(Wrong {
            column: Some(column),
            reason,
        });
    }

    pub(crate) fn note_at(&mut self, name: &str, reason: Reason) {
        if let Some(column) = self.columns.iter().find(|column| column.name == name) {
            self.note(column, reason);
        }
    }

    pub(crate) fn is_filled(&self, name: &str) -> bool {
        let place = self.columns.iter().position(|column| column.name == name);
        let cell = place.and_then(|place| self.cells.get(place));
        cell.is_some_and(|cell| !cell.trim().is_empty())
    }

    fn whose(&mut self) -> Option<(InsuranceKey, Option<Branch>, CivilDate)> {
        let insurer = self.cell("insurer_number", |it| InsurerNumber::parse(it).ok());
        let symbol = self.cell("symbol", |it| Symbol::parse(it).ok());
        let number = self.cell("number", |it| InsuredNumber::parse(it).ok());
        let branch = self.cell("branch", |it| Branch::parse(it).ok());
        let birth_date = self.day("birth_date");
        self.born = birth_date;
        let key = InsuranceKey::new(insurer?, symbol.as_ref(), &number?);
        Some((key, branch, birth_date?))
    }

    /// A day, not after today and not before the birth.
    pub(crate) fn day(&mut self, name: &str) -> Option<CivilDate> {
        let day = self.cell(name, date)?;
        if self.today < day {
            self.note_at(name, Reason::InFuture);
        }
        if self.born.is_some_and(|born| day < born) {
            self.note_at(name, Reason::BeforeBirth);
        }
        Some(day)
    }

    /// The month of a claim; its days must lie in it.
    fn month(&mut self, day_name: &str, day: Option<CivilDate>) -> Option<TreatmentMonth> {
        let month = self.cell("month", month)?;
        if day.is_some_and(|day| TreatmentMonth::of(day) != month) {
            self.note_at(day_name, Reason::OtherMonth);
        }
        Some(month)
    }

    fn text(&mut self, name: &str) -> Option<MedicalText> {
        self.cell(name, |it| MedicalText::parse(it).ok())
    }

    fn code(&mut self, name: &str) -> Option<MedicalCode> {
        self.cell(name, |it| MedicalCode::parse(it).ok())
    }

    fn nine_digits(&mut self, name: &str) -> Option<MedicalCode> {
        let is_nine_digits =
            |it: &&str| it.len() == 9 && it.bytes().all(|byte| byte.is_ascii_digit());
        self.cell(name, |it| {
            Some(it)
                .filter(is_nine_digits)
                .and_then(|it| MedicalCode::parse(it).ok())
        })
    }

    fn amount(&mut self, name: &str) -> Option<Amount> {
        self.cell(name, |it| Amount::parse(it).ok())
    }

    fn number(&mut self, name: &str) -> Option<u16> {
        let is_digits = |it: &&str| it.bytes().all(|byte| byte.is_ascii_digit());
        self.cell(name, |it| {
            Some(it)
                .filter(is_digits)
                .and_then(|it| it.parse().ok())
                .filter(|number| 0 < *number)
        })
    }

    fn facility(&mut self, code: &str, name: &str) -> NamedFacility {
        NamedFacility {
            code: self.cell(code, |it| InstitutionCode::parse(it).ok()),
            name: self.text(name),
        }
    }

    fn prescriber(&mut self) -> NamedFacility {
        self.facility("prescriber_code", "prescriber_name")
    }

    fn drug(&mut self) -> Option<Drug> {
        let (code, name) = (self.nine_digits("drug_code"), self.text("drug_name"));
        let rest = Drug {
            code,
            ingredient: self.text("ingredient"),
            usage_class: self.code("usage_class"),
            quantity: self.amount("quantity"),
            unit: self.text("unit"),
            usage: self.text("usage"),
            instruction: self.text("instruction"),
            times: self.number("times"),
            name: name?,
        };
        Some(rest)
    }

    /// The days of dispensing and prescription, in their order.
    fn dispensed_and_prescribed(&mut self) -> (Option<CivilDate>, Option<CivilDate>) {
        let (dispensed, prescribed) = (self.day("dispensed"), self.day("prescribed"));
        if let (Some(dispensed), Some(prescribed)) = (dispensed, prescribed)
            && dispensed < prescribed
        {
            self.note_at("dispensed", Reason::BeforePrescription);
        }
        (dispensed, prescribed)
    }

    fn claimed_drug(&mut self) -> Option<Record> {
        let (dispensed, prescribed) = self.dispensed_and_prescribed();
        let month = self.month("dispensed", dispensed);
        let (prescriber, dispenser) = (
            self.prescriber(),
            self.facility("dispenser_code", "dispenser_name"),
        );
        let (origin, in_or_out) = (self.code("origin"), self.code("in_or_out"));
        let drug = self.drug();
        let mut it = DrugMonth::new(Source::Claims, month?);
        (it.prescriber, it.dispenser) = (prescriber, dispenser);
        (it.origin, it.in_or_out) = (origin, in_or_out);
        it.days.push(of_drug(dispensed, prescribed, drug?));
        Some(Record::Month(it))
    }

    fn prescription(&mut self) -> Option<Record> {
        let prescribed = self.day("prescribed");
        let prescriber = self.prescriber();
        let (origin, in_or_out) = (self.code("origin"), self.code("in_or_out"));
        let drug = self.drug();
        let mut it = DrugMonth::new(Source::Prescription, TreatmentMonth::of(prescribed?));
        it.prescriber = prescriber;
        (it.origin, it.in_or_out) = (origin, in_or_out);
        it.days.push(of_drug(None, prescribed, drug?));
        Some(Record::Month(it))
    }

    fn dispensing(&mut self) -> Option<Record> {
        let (dispensed, prescribed) = self.dispensed_and_prescribed();
        let (prescriber, dispenser) = (
            self.prescriber(),
            self.facility("dispenser_code", "dispenser_name"),
        );
        let (origin, in_or_out) = (self.code("origin"), self.code("in_or_out"));
        let drug = self.drug();
        let mut it = DrugMonth::new(Source::Dispensing, TreatmentMonth::of(dispensed?));
        (it.prescriber, it.dispenser) = (prescriber, dispenser);
        (it.origin, it.in_or_out) = (origin, in_or_out);
        it.days.push(of_drug(dispensed, prescribed, drug?));
        Some(Record::Month(it))
    }

    fn treatment(&mut self) -> Option<Record> {
        let day = self.day("day");
        let month = self.month("day", day);
        let facility = self.facility("facility_code", "facility_name");
        let (origin, in_or_out) = (self.code("origin"), self.code("in_or_out"));
        let (code, name) = (
            self.nine_digits("treatment_code"),
            self.text("treatment_name"),
        );
        let class = self.code("class");
        let (quantity, unit) = (self.amount("quantity"), self.text("unit"));
        let times = self.number("times");
        let mut it = DrugMonth::new(Source::Claims, month?);
        it.prescriber = facility;
        (it.origin, it.in_or_out) = (origin, in_or_out);
        it.days.push(DrugDay {
            dispensed: Some(day?),
            treatments: vec![Treatment {
                name: name?,
                code,
                class,
                quantity,
                times,
                unit,
            }],
            ..DrugDay::default()
        });
        Some(Record::Month(it))
    }

    fn surgery(&mut self) -> Option<Record> {
        let day = self.day("day");
        let facility = self.facility("facility_code", "facility_name");
        let (code, name) = (self.nine_digits("surgery_code"), self.text("surgery_name"));
        let note = self.text("note");
        Some(Record::Surgery(Surgery {
            day: day?,
            name: name?,
            code,
            facility,
            note,
        }))
    }

    fn item(&mut self) -> Option<Record> {
        let day = self.day("day");
        let facility = self.facility("facility_code", "facility_name");
        let code = self.cell("item_code", |it| ItemCode::parse(it).ok());
        let name = self.text("item_name");
        let value = self.value();
        let range = self.range();
        let method = self.text("method");
        Some(Record::Checkup(Checkup {
            day: day?,
            facility,
            items: vec![Item {
                code: code?,
                name: name?,
                value: value?,
                range,
                method,
            }],
        }))
    }

    fn value(&mut self) -> Option<Value> {
        let is_kind = |it: &str| ["PQ", "CD", "ST"].into_iter().find(|kind| *kind == it);
        let kind = self.cell("value_kind", is_kind);
        let value = self.text("value");
        let unit = self.text("unit");
        let (table, name) = (self.text("code_table"), self.text("code_name"));
        let foreign: &[&str] = match kind? {
            "PQ" => &["code_table", "code_name"],
            "CD" => &["unit", "low", "high"],
            _ => &["unit", "code_table", "code_name", "low", "high"],
        };
        for foreign in foreign {
            if self.is_filled(foreign) {
                self.note_at(foreign, Reason::NotWithThisKind);
            }
        }
        let value = value?;
        Some(match kind? {
            "PQ" => Value::Measured {
                amount: value,
                unit,
            },
            "CD" => Value::Coded {
                code: value,
                table,
                name,
            },
            _ => Value::Words(value),
        })
    }

    fn range(&mut self) -> ReferenceRange {
        let (low, high) = (self.amount("low"), self.amount("high"));
        let as_number = |amount: &Option<Amount>| {
            amount
                .as_ref()
                .and_then(|it| it.as_str().parse::<f64>().ok())
        };
        if let (Some(lower), Some(upper)) = (as_number(&low), as_number(&high))
            && upper < lower
        {
            self.note_at("low", Reason::WrongRange);
        }
        ReferenceRange { low, high }
    }
}

fn of_drug(dispensed: Option<CivilDate>, prescribed: Option<CivilDate>, drug: Drug) -> DrugDay {
    DrugDay {
        dispensed,
        prescribed,
        drugs: vec![drug],
        treatments: Vec::new(),
    }
}

/// A day with hyphens, slashes or neither.
pub(crate) fn date(text: &str) -> Option<CivilDate> {
    let text = text.replace('/', "-");
    CivilDate::parse_iso(&text)
        .or_else(|_| CivilDate::parse_compact(&text))
        .ok()
}

pub(crate) fn month(text: &str) -> Option<TreatmentMonth> {
    let text = text.replace('/', "-");
    TreatmentMonth::parse_iso(&text).or_else(|| TreatmentMonth::parse_compact(&text))
}
