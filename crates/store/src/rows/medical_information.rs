//! The packed form of medical information. A row, not the domain: it may change only together with a migration.

use domain::civil_date::CivilDate;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange, Value};
use domain::medical_information::drugs::{
    Drug, DrugDay, DrugMonth, NamedFacility, Source, Treatment,
};
use domain::medical_information::surgery::Surgery;
use domain::medical_information::{Amount, MedicalCode, MedicalText};
use serde::{Deserialize, Serialize};

use super::{Day, date, day, maybe};
use crate::engine::StoreError;

type Named<'a> = (Option<u64>, Option<&'a str>);

#[derive(Serialize, Deserialize)]
struct MonthRow<'a> {
    #[serde(borrow)]
    source: &'a str,
    origin: Option<&'a str>,
    /// The first day of the month.
    month: Day,
    dispenser: Named<'a>,
    prescriber: Named<'a>,
    in_or_out: Option<&'a str>,
    days: Vec<DayRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct DayRow<'a> {
    dispensed: Option<Day>,
    prescribed: Option<Day>,
    #[serde(borrow)]
    drugs: Vec<DrugRow<'a>>,
    treatments: Vec<TreatmentRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct DrugRow<'a> {
    #[serde(borrow)]
    code: Option<&'a str>,
    name: &'a str,
    ingredient: Option<&'a str>,
    usage_class: Option<&'a str>,
    quantity: Option<&'a str>,
    unit: Option<&'a str>,
    usage: Option<&'a str>,
    instruction: Option<&'a str>,
    times: Option<u16>,
}

#[derive(Serialize, Deserialize)]
struct TreatmentRow<'a> {
    #[serde(borrow)]
    name: &'a str,
    code: Option<&'a str>,
    class: Option<&'a str>,
    quantity: Option<&'a str>,
    times: Option<u16>,
    unit: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct CheckupRow<'a> {
    day: Day,
    #[serde(borrow)]
    facility: Named<'a>,
    items: Vec<ItemRow<'a>>,
}

#[derive(Serialize, Deserialize)]
struct ItemRow<'a> {
    code: &'a str,
    name: &'a str,
    #[serde(borrow)]
    value: ValueRow<'a>,
    low: Option<&'a str>,
    high: Option<&'a str>,
    method: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct SurgeryRow<'a> {
    day: Day,
    name: &'a str,
    code: Option<&'a str>,
    #[serde(borrow)]
    facility: Named<'a>,
    note: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
enum ValueRow<'a> {
    Measured(&'a str, Option<&'a str>),
    Coded(&'a str, Option<&'a str>, Option<&'a str>),
    Words(&'a str),
}

const FAILED: StoreError = StoreError::Row("medical information");

fn text(text: &Option<MedicalText>) -> Option<&str> {
    text.as_ref().map(MedicalText::as_str)
}

fn code(code: &Option<MedicalCode>) -> Option<&str> {
    code.as_ref().map(MedicalCode::as_str)
}

fn amount(amount: &Option<Amount>) -> Option<&str> {
    amount.as_ref().map(Amount::as_str)
}

fn named(it: &NamedFacility) -> Named<'_> {
    (it.code.map(InstitutionCode::as_u64), text(&it.name))
}

/// Packs a month.
pub(crate) fn pack_month(it: &DrugMonth) -> Result<Vec<u8>, StoreError> {
    let row = MonthRow {
        source: it.source.as_str(),
        origin: code(&it.origin),
        month: it.month.first_day().to_epoch_days(),
        dispenser: named(&it.dispenser),
        prescriber: named(&it.prescriber),
        in_or_out: code(&it.in_or_out),
        days: it.days.iter().map(day_row).collect(),
    };
    postcard::to_stdvec(&row).map_err(|_| FAILED)
}

fn day_row(it: &DrugDay) -> DayRow<'_> {
    DayRow {
        dispensed: day(it.dispensed),
        prescribed: day(it.prescribed),
        drugs: it.drugs.iter().map(drug_row).collect(),
        treatments: it.treatments.iter().map(treatment_row).collect(),
    }
}

fn drug_row(it: &Drug) -> DrugRow<'_> {
    DrugRow {
        code: code(&it.code),
        name: it.name.as_str(),
        ingredient: text(&it.ingredient),
        usage_class: code(&it.usage_class),
        quantity: amount(&it.quantity),
        unit: text(&it.unit),
        usage: text(&it.usage),
        instruction: text(&it.instruction),
        times: it.times,
    }
}

fn treatment_row(it: &Treatment) -> TreatmentRow<'_> {
    TreatmentRow {
        name: it.name.as_str(),
        code: code(&it.code),
        class: code(&it.class),
        quantity: amount(&it.quantity),
        times: it.times,
        unit: text(&it.unit),
    }
}

/// Unpacks a month.
pub(crate) fn unpack_month(bytes: &[u8]) -> Result<DrugMonth, StoreError> {
    let row: Option<MonthRow<'_>> = postcard::from_bytes(bytes).ok();
    row.and_then(|row| month_of(&row)).ok_or(FAILED)
}

fn text_of(text: Option<&str>) -> Option<Option<MedicalText>> {
    maybe(text, |text| MedicalText::parse(text).ok())
}

fn code_of(text: Option<&str>) -> Option<Option<MedicalCode>> {
    maybe(text, |text| MedicalCode::parse(text).ok())
}

fn amount_of(text: Option<&str>) -> Option<Option<Amount>> {
    maybe(text, |text| Amount::parse(text).ok())
}

fn facility_of((code, name): Named<'_>) -> Option<NamedFacility> {
    let code = match code {
        Some(code) => Some(InstitutionCode::parse(&format!("{code:010}")).ok()?),
        None => None,
    };
    let name = text_of(name)?;
    Some(NamedFacility { code, name })
}

fn month_of(row: &MonthRow<'_>) -> Option<DrugMonth> {
    let month = TreatmentMonth::of(CivilDate::from_epoch_days(row.month).ok()?);
    Some(DrugMonth {
        source: Source::parse(row.source)?,
        origin: code_of(row.origin)?,
        month,
        dispenser: facility_of(row.dispenser)?,
        prescriber: facility_of(row.prescriber)?,
        in_or_out: code_of(row.in_or_out)?,
        days: row.days.iter().map(day_of).collect::<Option<_>>()?,
    })
}

fn day_of(row: &DayRow<'_>) -> Option<DrugDay> {
    Some(DrugDay {
        dispensed: date(row.dispensed)?,
        prescribed: date(row.prescribed)?,
        drugs: row.drugs.iter().map(drug_of).collect::<Option<_>>()?,
        treatments: row
            .treatments
            .iter()
            .map(treatment_of)
            .collect::<Option<_>>()?,
    })
}

fn drug_of(row: &DrugRow<'_>) -> Option<Drug> {
    Some(Drug {
        code: code_of(row.code)?,
        name: MedicalText::parse(row.name).ok()?,
        ingredient: text_of(row.ingredient)?,
        usage_class: code_of(row.usage_class)?,
        quantity: amount_of(row.quantity)?,
        unit: text_of(row.unit)?,
        usage: text_of(row.usage)?,
        instruction: text_of(row.instruction)?,
        times: row.times,
    })
}

fn treatment_of(row: &TreatmentRow<'_>) -> Option<Treatment> {
    Some(Treatment {
        name: MedicalText::parse(row.name).ok()?,
        code: code_of(row.code)?,
        class: code_of(row.class)?,
        quantity: amount_of(row.quantity)?,
        times: row.times,
        unit: text_of(row.unit)?,
    })
}

/// Packs a checkup.
pub(crate) fn pack_checkup(it: &Checkup) -> Result<Vec<u8>, StoreError> {
    let row = CheckupRow {
        day: it.day.to_epoch_days(),
        facility: named(&it.facility),
        items: it.items.iter().map(item_row).collect(),
    };
    postcard::to_stdvec(&row).map_err(|_| FAILED)
}

fn item_row(it: &Item) -> ItemRow<'_> {
    ItemRow {
        code: it.code.as_str(),
        name: it.name.as_str(),
        value: value_row(&it.value),
        low: amount(&it.range.low),
        high: amount(&it.range.high),
        method: text(&it.method),
    }
}

fn value_row(value: &Value) -> ValueRow<'_> {
    match value {
        Value::Measured { amount, unit } => ValueRow::Measured(amount.as_str(), text(unit)),
        Value::Coded { code, table, name } => {
            ValueRow::Coded(code.as_str(), text(table), text(name))
        }
        Value::Words(words) => ValueRow::Words(words.as_str()),
    }
}

/// Unpacks a checkup.
pub(crate) fn unpack_checkup(bytes: &[u8]) -> Result<Checkup, StoreError> {
    let row: Option<CheckupRow<'_>> = postcard::from_bytes(bytes).ok();
    row.and_then(|row| checkup_of(&row)).ok_or(FAILED)
}

fn checkup_of(row: &CheckupRow<'_>) -> Option<Checkup> {
    Some(Checkup {
        day: CivilDate::from_epoch_days(row.day).ok()?,
        facility: facility_of(row.facility)?,
        items: row.items.iter().map(item_of).collect::<Option<_>>()?,
    })
}

fn item_of(row: &ItemRow<'_>) -> Option<Item> {
    Some(Item {
        code: ItemCode::parse(row.code).ok()?,
        name: MedicalText::parse(row.name).ok()?,
        value: value_of(&row.value)?,
        range: ReferenceRange {
            low: amount_of(row.low)?,
            high: amount_of(row.high)?,
        },
        method: text_of(row.method)?,
    })
}

fn value_of(row: &ValueRow<'_>) -> Option<Value> {
    let must = |text: &str| MedicalText::parse(text).ok();
    Some(match row {
        ValueRow::Measured(amount, unit) => Value::Measured {
            amount: must(amount)?,
            unit: text_of(*unit)?,
        },
        ValueRow::Coded(code, table, name) => Value::Coded {
            code: must(code)?,
            table: text_of(*table)?,
            name: text_of(*name)?,
        },
        ValueRow::Words(words) => Value::Words(must(words)?),
    })
}

/// Packs an operation.
pub(crate) fn pack_surgery(it: &Surgery) -> Result<Vec<u8>, StoreError> {
    let row = SurgeryRow {
        day: it.day.to_epoch_days(),
        name: it.name.as_str(),
        code: code(&it.code),
        facility: named(&it.facility),
        note: text(&it.note),
    };
    postcard::to_stdvec(&row).map_err(|_| FAILED)
}

/// Unpacks an operation.
pub(crate) fn unpack_surgery(bytes: &[u8]) -> Result<Surgery, StoreError> {
    let row: Option<SurgeryRow<'_>> = postcard::from_bytes(bytes).ok();
    row.and_then(|row| surgery_of(&row)).ok_or(FAILED)
}

fn surgery_of(row: &SurgeryRow<'_>) -> Option<Surgery> {
    Some(Surgery {
        day: CivilDate::from_epoch_days(row.day).ok()?,
        name: MedicalText::parse(row.name).ok()?,
        code: code_of(row.code)?,
        facility: facility_of(row.facility)?,
        note: text_of(row.note)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> MedicalText {
        MedicalText::parse(text).unwrap()
    }

    fn day(text: &str) -> CivilDate {
        CivilDate::parse_iso(text).unwrap()
    }

    #[test]
    fn a_month_comes_back_as_it_was_stored_with_everything_and_with_nothing() {
        let month = TreatmentMonth::of(day("2026-10-05"));
        let mut whole = DrugMonth::new(Source::Claims, month);
        whole.origin = MedicalCode::parse("1").ok();
        whole.dispenser.code = InstitutionCode::parse("0149999999").ok();
        whole.prescriber.name = Some(text("髙﨑葛\u{E0100}診療所"));
        whole.in_or_out = MedicalCode::parse("2").ok();
        let mut drug = Drug::new(text("架空錠１０ｍｇ"));
        drug.code = MedicalCode::parse("600000001").ok();
        drug.ingredient = Some(text("架空成分"));
        drug.usage_class = MedicalCode::parse("10").ok();
        drug.quantity = Amount::parse("1.50").ok();
        drug.unit = Some(text("錠"));
        drug.usage = Some(text("１日３回毎食後"));
        drug.instruction = Some(text("粉砕"));
        drug.times = Some(14);
        let mut treatment = Treatment::new(text("架空検査"));
        treatment.code = MedicalCode::parse("160000001").ok();
        treatment.class = MedicalCode::parse("60").ok();
        treatment.quantity = Amount::parse("1").ok();
        treatment.times = Some(1);
        treatment.unit = Some(text("回"));
        whole.days.push(DrugDay {
            dispensed: Some(day("2026-10-05")),
            prescribed: None,
            drugs: vec![drug, Drug::new(text("架空散"))],
            treatments: vec![treatment, Treatment::new(text("架空処置"))],
        });
        let bare = DrugMonth::new(Source::Prescription, month);
        for it in [whole, bare] {
            assert_eq!(unpack_month(&pack_month(&it).unwrap()).unwrap(), it);
        }
        assert!(unpack_month(b"\xff").is_err());
    }

    #[test]
    fn a_checkup_comes_back_with_every_kind_of_value() {
        let values = [
            Value::Measured {
                amount: text("<5"),
                unit: None,
            },
            Value::Coded {
                code: text("1"),
                table: Some(text("1.2.392.200119.6.1")),
                name: Some(text("所見あり")),
            },
            Value::Words(text("所見なし")),
        ];
        let item = |value| Item {
            code: ItemCode::parse("9A110160700000011").unwrap(),
            name: text("心電図(所見の有無)"),
            value,
            range: ReferenceRange {
                low: Amount::parse("40").ok(),
                high: None,
            },
            method: Some(text("架空法")),
        };
        let mut it = Checkup::new(day("2026-06-10"));
        it.facility.name = Some(text("架空健診センター"));
        it.items = values.map(item).into();
        assert_eq!(unpack_checkup(&pack_checkup(&it).unwrap()).unwrap(), it);
        assert!(unpack_checkup(b"\xff").is_err());
    }

    #[test]
    fn an_operation_comes_back_with_everything_and_with_nothing() {
        let mut whole = Surgery::new(day("2024-03-01"), text("架空手術"));
        whole.code = MedicalCode::parse("150000001").ok();
        whole.facility.code = InstitutionCode::parse("1319999999").ok();
        whole.note = Some(text("左"));
        let bare = Surgery::new(day("2024-03-01"), text("架空手術"));
        for it in [whole, bare] {
            assert_eq!(unpack_surgery(&pack_surgery(&it).unwrap()).unwrap(), it);
        }
        assert!(unpack_surgery(b"\xff").is_err());
    }
}
