//! Made-up drugs, treatment and checkups: those of the sample files as of 2026-11-23, and the same some days before any other day. Their
//! codes belong to no drug and no treatment; those of checkup items are the interface's.

use domain::civil_date::CivilDate;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::{Checkup, Item, ItemCode, ReferenceRange, Value};
use domain::medical_information::drugs::{
    Drug, DrugDay, DrugMonth, NamedFacility, Source, Treatment,
};
use domain::medical_information::{Amount, MedicalCode, MedicalInformation, MedicalText};
use domain::person::PersonId;

use super::FACILITY;

/// Months of claims before the newest one.
const EARLIER_MONTHS: i32 = 11;

/// Yearly checkups.
const CHECKUPS: i32 = 5;

/// What is known of the people of the samples that have medical information, as of a day.
///
/// Returns an empty list if one of the built-in texts did not parse, which a test rules out.
#[must_use]
pub fn of_samples(today: CivilDate) -> Vec<(PersonId, MedicalInformation)> {
    // 資格　太郎, 見本　花子, 見本　次郎, and the one of rare characters.
    let people = [1, 3, 4, 6].map(PersonId::from_u128);
    let all = people.map(|person| Some((person, usual(today)?)));
    all.into_iter().collect::<Option<_>>().unwrap_or_default()
}

/// What a person with a chronic illness has: the newest records are those of the sample files.
#[must_use]
pub fn usual(today: CivilDate) -> Option<MedicalInformation> {
    let mut drugs = Vec::new();
    for months in (1..=1 + EARLIER_MONTHS).rev() {
        drugs.push(claim(today, months)?);
    }
    drugs.push(dispensing(today.plus_days(-13))?);
    drugs.push(prescription(today.plus_days(-3))?);
    let checkups = (0..CHECKUPS).map(|years| checkup(today, years));
    Some(MedicalInformation {
        drugs,
        surgeries: Vec::new(),
        checkups: checkups.collect::<Option<_>>()?,
    })
}

fn text(text: &str) -> Option<MedicalText> {
    MedicalText::parse(text).ok()
}

fn code(text: &str) -> Option<MedicalCode> {
    MedicalCode::parse(text).ok()
}

fn facility(code: &str, name: &str) -> NamedFacility {
    NamedFacility {
        code: InstitutionCode::parse(code).ok(),
        name: text(name),
    }
}

fn month(source: Source, day: CivilDate) -> DrugMonth {
    let mut it = DrugMonth::new(source, TreatmentMonth::of(day));
    it.origin = code("1");
    it.prescriber = facility(FACILITY, "架空診療所");
    it
}

fn drug(number: u8, name: &str, unit: &str, usage: &str) -> Option<Drug> {
    let mut it = Drug::new(text(name)?);
    it.code = code(&format!("60000000{number}"));
    it.ingredient = text("架空成分");
    it.quantity = Amount::parse("3").ok();
    it.unit = text(unit);
    it.usage = text(usage);
    it.times = Some(14);
    Some(it)
}

/// A month of claims, so many months before this one.
fn claim(today: CivilDate, months: i32) -> Option<DrugMonth> {
    let first = TreatmentMonth::of(today).first_day().plus_months(-months);
    let day = first.plus_days(4);
    let mut it = month(Source::Claims, day);
    it.dispenser = facility("1349999999", "架空薬局");
    it.in_or_out = code("2");
    let mut treatment = Treatment::new(text("架空検査")?);
    treatment.code = code("160000001");
    treatment.class = code("60");
    treatment.quantity = Amount::parse("1").ok();
    treatment.times = Some(1);
    treatment.unit = text("回");
    it.days.push(DrugDay {
        dispensed: Some(day),
        prescribed: Some(day),
        drugs: vec![drug(1, "架空錠１０ｍｇ", "錠", "１日３回毎食後")?],
        treatments: vec![treatment],
    });
    Some(it)
}

fn dispensing(day: CivilDate) -> Option<DrugMonth> {
    let mut it = month(Source::Dispensing, day);
    it.dispenser = facility("1349999999", "架空薬局");
    it.in_or_out = code("1");
    it.days.push(DrugDay {
        dispensed: Some(day),
        prescribed: Some(day),
        drugs: vec![drug(2, "架空カプセル５ｍｇ", "錠", "１日１回朝食後")?],
        treatments: Vec::new(),
    });
    Some(it)
}

fn prescription(day: CivilDate) -> Option<DrugMonth> {
    let mut it = month(Source::Prescription, day);
    it.in_or_out = code("1");
    it.days.push(DrugDay {
        dispensed: None,
        prescribed: Some(day),
        drugs: vec![drug(3, "架空散", "錠", "頭痛時")?],
        treatments: Vec::new(),
    });
    Some(it)
}

/// A checkup of so many years before the newest one.
fn checkup(today: CivilDate, years: i32) -> Option<Checkup> {
    let rows = [
        (
            "9A751000000000001",
            "収縮期血圧(1回目)",
            128 + years,
            "mmHg",
        ),
        ("9A761000000000001", "拡張期血圧(1回目)", 78 + years, "mmHg"),
        (
            "3F070000002327101",
            "HDLコレステロール",
            55 - years,
            "mg/dL",
        ),
    ];
    let item = |item: &str, name: &str, amount: &str, unit: &str| {
        Some(Item {
            code: ItemCode::parse(item).ok()?,
            name: text(name)?,
            value: Value::Measured {
                amount: text(amount)?,
                unit: text(unit),
            },
            range: ReferenceRange::default(),
            method: None,
        })
    };
    let mut items = Vec::new();
    for (code, name, amount, unit) in rows {
        items.push(item(code, name, &amount.to_string(), unit)?);
    }
    let tenths = 56 + years;
    let amount = format!("{}.{}", tenths / 10, tenths % 10);
    items.push(item("3D046000001920402", "HbA1c(NGSP)", &amount, "%")?);
    let day = today.plus_days(-166).plus_months(-12 * years);
    Some(Checkup {
        items,
        ..Checkup::new(day)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_people_of_the_samples_have_what_the_sample_files_show() {
        let day = CivilDate::new(2026, 11, 23).unwrap();
        let all = of_samples(day);
        assert_eq!(all.len(), 4);
        let (_, it) = &all[0];
        let newest: Vec<String> = it
            .drugs
            .iter()
            .rev()
            .take(3)
            .map(|it| it.month.to_compact())
            .collect();
        assert_eq!(newest, ["202611", "202611", "202610"]);
        let claim = &it.drugs[it.drugs.len() - 3];
        assert_eq!(claim.days[0].dispensed.unwrap().to_compact(), "20261005");
        assert_eq!(it.checkups[0].day.to_compact(), "20260610");
    }

    /// The answers as the sample files have them, of the months they show.
    #[test]
    fn the_answers_are_those_of_the_sample_files() {
        use exchange::answer::Answer;
        use exchange::message::Message;

        let drugs =
            include_bytes!("../../../exchange/tests/samples/YZKsiquc01res_202611230040.xml");
        let checkups =
            include_bytes!("../../../exchange/tests/samples/TKKsiquc01res_202611230041.xml");
        let person = &crate::samples::people()[0].person;
        let (_, it) = &of_samples(CivilDate::new(2026, 11, 23).unwrap())[0];
        let newest = &it.drugs[it.drugs.len() - 3..];
        let own = InstitutionCode::parse(FACILITY).unwrap();
        let (sample, _) = Answer::from_xml(Message::Drugs, drugs).unwrap();
        assert_eq!(
            Answer::drugs(person, newest, own).to_json(),
            sample.to_json()
        );
        let (sample, _) = Answer::from_xml(Message::Checkups, checkups).unwrap();
        let told = Answer::checkups(person, &it.checkups[..1]);
        assert_eq!(told.to_json(), sample.to_json());
    }

    #[test]
    fn nothing_lies_in_the_future_on_any_day() {
        let mut day = CivilDate::new(2026, 1, 1).unwrap();
        for _ in 0..400 {
            let it = usual(day).unwrap();
            let days = it.drugs.iter().flat_map(|it| &it.days);
            assert!(
                days.flat_map(|it| [it.dispensed, it.prescribed])
                    .flatten()
                    .all(|it| it <= day)
            );
            assert!(it.checkups.iter().all(|it| it.day <= day));
            day = day.plus_days(1);
        }
    }
}
