//! What a look brings, as a message, and the way between it and `domain`'s medical information. Judges nothing of it.

use core::fmt;

use domain::civil_date::CivilDate;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::checkup::{self, ItemCode};
use domain::medical_information::drugs::{self, DrugMonth, NamedFacility, Source};
use domain::medical_information::look_back::FirstDays;
use domain::medical_information::{Amount, MedicalCode, MedicalInformation, MedicalText, surgery};
use serde::{Deserialize, Serialize};

use super::OpenedKind;

/// Answer of `POST /v1/medical/patients/{id}/looks`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MedicalRecord {
    /// When it was looked, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// Health checkups, the newest first.
    pub checkups: Vec<Checkup>,
    /// Identifier of the look on record.
    #[schema(format = "uuid")]
    pub look: String,
    /// The first day of each that is shown; what is older is not.
    #[serde(default)]
    pub look_back: LookBack,
    /// Drugs and treatment, month by month, each of one source, one prescriber and one dispenser.
    pub months: Vec<Month>,
    /// What was opened to the look, and until when.
    pub opened: Vec<OpenedKind>,
    /// Whose it is.
    pub patient: Person,
    /// Surgery, the newest first.
    pub surgeries: Vec<Surgery>,
}

/// The first days that are shown, `yyyy-MM-dd` (参照期間).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LookBack {
    /// Of checkups.
    #[schema(format = Date)]
    pub checkups: String,
    /// Of drugs from claims.
    #[schema(format = Date)]
    pub claims: String,
    /// Of electronic prescriptions and dispensings.
    #[schema(format = Date)]
    pub prescriptions: String,
    /// Of surgery.
    #[schema(format = Date)]
    pub surgery: String,
    /// Of treatment.
    #[schema(format = Date)]
    pub treatment: String,
}

impl From<&FirstDays> for LookBack {
    fn from(it: &FirstDays) -> Self {
        Self {
            checkups: it.checkups.to_string(),
            claims: it.claims.to_string(),
            prescriptions: it.prescriptions.to_string(),
            surgery: it.surgery.to_string(),
            treatment: it.treatment.to_string(),
        }
    }
}

/// The patient of a record.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Person {
    /// Date of birth, `yyyy-MM-dd`.
    #[schema(format = Date)]
    pub birth_date: String,
    /// Name in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// Name.
    pub name: String,
    /// Sex as registered: its code.
    pub sex: String,
}

/// A facility as a record names it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Facility {
    /// Its institution code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What one source holds of one month, one prescriber and one dispenser.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Month {
    /// The days.
    pub days: Vec<Day>,
    /// Who dispensed.
    pub dispenser: Facility,
    /// In or out of hospital, as a code whose table is not public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_or_out: Option<String>,
    /// The month, `yyyy-MM`.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}$")]
    pub month: String,
    /// Kind of origin, as a code whose table is not public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Who prescribed.
    pub prescriber: Facility,
    /// `claims`, `dispensing` or `prescription`.
    #[schema(pattern = "^(claims|dispensing|prescription)$")]
    pub source: String,
}

/// One day of a month.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Day {
    /// The day of dispensing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispensed: Option<String>,
    /// The drugs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drugs: Vec<Drug>,
    /// The day of the prescription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescribed: Option<String>,
    /// The treatments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub treatments: Vec<Treatment>,
}

/// One drug of a day.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Drug {
    /// Nine digits (医薬品コード).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Ingredient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingredient: Option<String>,
    /// What is to be observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// Name.
    pub name: String,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// For how many days or times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u16>,
    /// Of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// Class of use, as a code whose table is not public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_class: Option<String>,
}

/// One treatment of a day.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Treatment {
    /// Class, as a code whose table is not public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// How often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u16>,
    /// Of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// One operation.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Surgery {
    /// Code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The day, `yyyy-MM-dd`.
    #[schema(format = Date)]
    pub day: String,
    /// Where it was done.
    pub facility: Facility,
    /// Name.
    pub name: String,
    /// What else is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One health checkup.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Checkup {
    /// The day, `yyyy-MM-dd`.
    #[schema(format = Date)]
    pub day: String,
    /// Where it was done.
    pub facility: Facility,
    /// Its items.
    pub items: Vec<Item>,
}

/// One item of a checkup.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Item {
    /// 17 letters and digits (JLAC10).
    pub code: String,
    /// The highest usual value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<String>,
    /// The lowest usual value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<String>,
    /// How it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Name.
    pub name: String,
    /// What was found.
    pub value: Value,
}

/// What was found: `amount` of what was measured, `code` of a table, or `words`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Value {
    /// What was measured, such as `128` or `<5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// A code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the code means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The table of the code, as an object identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The unit of what was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

// All of them are about a patient.
macro_rules! says_nothing {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+ };
}

says_nothing!(
    MedicalRecord,
    Person,
    Facility,
    Month,
    Day,
    Drug,
    Treatment,
    Surgery,
    Checkup,
    Item,
    Value
);

impl MedicalRecord {
    /// Puts medical information into the message; patient, look and what was opened are the caller's to add.
    #[must_use]
    pub fn of(information: &MedicalInformation) -> Self {
        Self {
            checkups: information.checkups.iter().map(Checkup::from).collect(),
            months: information.drugs.iter().map(Month::from).collect(),
            surgeries: information.surgeries.iter().map(Surgery::from).collect(),
            ..Self::default()
        }
    }

    /// The medical information of the message; `None` where a member is not of its form.
    #[must_use]
    pub fn information(&self) -> Option<MedicalInformation> {
        let (months, surgeries) = (self.months.iter(), self.surgeries.iter());
        let checkups = self.checkups.iter();
        Some(MedicalInformation {
            drugs: months.map(Month::read).collect::<Option<_>>()?,
            surgeries: surgeries.map(Surgery::read).collect::<Option<_>>()?,
            checkups: checkups.map(Checkup::read).collect::<Option<_>>()?,
        })
    }
}

fn text(it: &Option<MedicalText>) -> Option<String> {
    it.as_ref().map(|it| it.as_str().to_owned())
}

fn code(it: &Option<MedicalCode>) -> Option<String> {
    it.as_ref().map(|it| it.as_str().to_owned())
}

fn amount(it: &Option<Amount>) -> Option<String> {
    it.as_ref().map(|it| it.as_str().to_owned())
}

/// `Some(None)` for what is absent, `None` for what is not of its form.
fn maybe<T>(given: &Option<String>, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match given {
        None => Some(None),
        Some(given) => read(given).map(Some),
    }
}

fn maybe_text(given: &Option<String>) -> Option<Option<MedicalText>> {
    maybe(given, |it| MedicalText::parse(it).ok())
}

fn maybe_code(given: &Option<String>) -> Option<Option<MedicalCode>> {
    maybe(given, |it| MedicalCode::parse(it).ok())
}

fn maybe_amount(given: &Option<String>) -> Option<Option<Amount>> {
    maybe(given, |it| Amount::parse(it).ok())
}

fn maybe_day(given: &Option<String>) -> Option<Option<CivilDate>> {
    maybe(given, |it| CivilDate::parse_iso(it).ok())
}

impl From<&NamedFacility> for Facility {
    fn from(it: &NamedFacility) -> Self {
        Self {
            code: it.code.map(|it| it.to_string()),
            name: text(&it.name),
        }
    }
}

impl Facility {
    fn read(&self) -> Option<NamedFacility> {
        Some(NamedFacility {
            code: maybe(&self.code, |it| InstitutionCode::parse(it).ok())?,
            name: maybe_text(&self.name)?,
        })
    }
}

impl From<&DrugMonth> for Month {
    fn from(it: &DrugMonth) -> Self {
        Self {
            days: it.days.iter().map(Day::from).collect(),
            dispenser: Facility::from(&it.dispenser),
            in_or_out: code(&it.in_or_out),
            month: it.month.to_iso(),
            origin: code(&it.origin),
            prescriber: Facility::from(&it.prescriber),
            source: it.source.as_str().into(),
        }
    }
}

impl Month {
    fn read(&self) -> Option<DrugMonth> {
        Some(DrugMonth {
            source: Source::parse(&self.source)?,
            origin: maybe_code(&self.origin)?,
            month: TreatmentMonth::parse_iso(&self.month)?,
            dispenser: self.dispenser.read()?,
            prescriber: self.prescriber.read()?,
            in_or_out: maybe_code(&self.in_or_out)?,
            days: self.days.iter().map(Day::read).collect::<Option<_>>()?,
        })
    }
}

impl From<&drugs::DrugDay> for Day {
    fn from(it: &drugs::DrugDay) -> Self {
        Self {
            dispensed: it.dispensed.map(|day| day.to_string()),
            drugs: it.drugs.iter().map(Drug::from).collect(),
            prescribed: it.prescribed.map(|day| day.to_string()),
            treatments: it.treatments.iter().map(Treatment::from).collect(),
        }
    }
}

impl Day {
    fn read(&self) -> Option<drugs::DrugDay> {
        let treatments = self.treatments.iter().map(Treatment::read);
        Some(drugs::DrugDay {
            dispensed: maybe_day(&self.dispensed)?,
            prescribed: maybe_day(&self.prescribed)?,
            drugs: self.drugs.iter().map(Drug::read).collect::<Option<_>>()?,
            treatments: treatments.collect::<Option<_>>()?,
        })
    }
}

impl From<&drugs::Drug> for Drug {
    fn from(it: &drugs::Drug) -> Self {
        Self {
            code: code(&it.code),
            ingredient: text(&it.ingredient),
            instruction: text(&it.instruction),
            name: it.name.as_str().into(),
            quantity: amount(&it.quantity),
            times: it.times,
            unit: text(&it.unit),
            usage: text(&it.usage),
            usage_class: code(&it.usage_class),
        }
    }
}

impl Drug {
    fn read(&self) -> Option<drugs::Drug> {
        Some(drugs::Drug {
            code: maybe_code(&self.code)?,
            name: MedicalText::parse(&self.name).ok()?,
            ingredient: maybe_text(&self.ingredient)?,
            usage_class: maybe_code(&self.usage_class)?,
            quantity: maybe_amount(&self.quantity)?,
            unit: maybe_text(&self.unit)?,
            usage: maybe_text(&self.usage)?,
            instruction: maybe_text(&self.instruction)?,
            times: self.times,
        })
    }
}

impl From<&drugs::Treatment> for Treatment {
    fn from(it: &drugs::Treatment) -> Self {
        Self {
            class: code(&it.class),
            code: code(&it.code),
            name: it.name.as_str().into(),
            quantity: amount(&it.quantity),
            times: it.times,
            unit: text(&it.unit),
        }
    }
}

impl Treatment {
    fn read(&self) -> Option<drugs::Treatment> {
        Some(drugs::Treatment {
            name: MedicalText::parse(&self.name).ok()?,
            code: maybe_code(&self.code)?,
            class: maybe_code(&self.class)?,
            quantity: maybe_amount(&self.quantity)?,
            times: self.times,
            unit: maybe_text(&self.unit)?,
        })
    }
}

impl From<&surgery::Surgery> for Surgery {
    fn from(it: &surgery::Surgery) -> Self {
        Self {
            code: code(&it.code),
            day: it.day.to_string(),
            facility: Facility::from(&it.facility),
            name: it.name.as_str().into(),
            note: text(&it.note),
        }
    }
}

impl Surgery {
    fn read(&self) -> Option<surgery::Surgery> {
        Some(surgery::Surgery {
            day: CivilDate::parse_iso(&self.day).ok()?,
            name: MedicalText::parse(&self.name).ok()?,
            code: maybe_code(&self.code)?,
            facility: self.facility.read()?,
            note: maybe_text(&self.note)?,
        })
    }
}

impl From<&checkup::Checkup> for Checkup {
    fn from(it: &checkup::Checkup) -> Self {
        Self {
            day: it.day.to_string(),
            facility: Facility::from(&it.facility),
            items: it.items.iter().map(Item::from).collect(),
        }
    }
}

impl Checkup {
    fn read(&self) -> Option<checkup::Checkup> {
        Some(checkup::Checkup {
            day: CivilDate::parse_iso(&self.day).ok()?,
            facility: self.facility.read()?,
            items: self.items.iter().map(Item::read).collect::<Option<_>>()?,
        })
    }
}

impl From<&checkup::Item> for Item {
    fn from(it: &checkup::Item) -> Self {
        Self {
            code: it.code.as_str().into(),
            high: amount(&it.range.high),
            low: amount(&it.range.low),
            method: text(&it.method),
            name: it.name.as_str().into(),
            value: Value::from(&it.value),
        }
    }
}

impl Item {
    fn read(&self) -> Option<checkup::Item> {
        Some(checkup::Item {
            code: ItemCode::parse(&self.code).ok()?,
            name: MedicalText::parse(&self.name).ok()?,
            value: self.value.read()?,
            range: checkup::ReferenceRange {
                low: maybe_amount(&self.low)?,
                high: maybe_amount(&self.high)?,
            },
            method: maybe_text(&self.method)?,
        })
    }
}

impl From<&checkup::Value> for Value {
    fn from(it: &checkup::Value) -> Self {
        match it {
            checkup::Value::Measured { amount, unit } => Self {
                amount: Some(amount.as_str().into()),
                unit: text(unit),
                ..Self::default()
            },
            checkup::Value::Coded { code, table, name } => Self {
                code: Some(code.as_str().into()),
                table: text(table),
                name: text(name),
                ..Self::default()
            },
            checkup::Value::Words(words) => Self {
                words: Some(words.as_str().into()),
                ..Self::default()
            },
        }
    }
}

impl Value {
    fn read(&self) -> Option<checkup::Value> {
        let must = |it: &str| MedicalText::parse(it).ok();
        Some(match (&self.amount, &self.code, &self.words) {
            (Some(amount), None, None) => checkup::Value::Measured {
                amount: must(amount)?,
                unit: maybe_text(&self.unit)?,
            },
            (None, Some(code), None) => checkup::Value::Coded {
                code: must(code)?,
                table: maybe_text(&self.table)?,
                name: maybe_text(&self.name)?,
            },
            (None, None, Some(words)) => checkup::Value::Words(must(words)?),
            _ => return None,
        })
    }
}
