//! Drugs and treatment of a person, month by month, from three sources (interface §5.2). Knows neither XML nor who may read it.

use crate::civil_date::CivilDate;
use crate::institution_code::InstitutionCode;
use crate::medical_aid::TreatmentMonth;
use crate::medical_information::{Amount, MedicalCode, MedicalText};
use crate::named::named;

named! {
    /// Where a month's record comes from.
    ///
    /// ```
    /// use domain::medical_information::drugs::Source;
    /// assert_eq!(Source::parse("claims"), Some(Source::Claims));
    /// assert!(!Source::Claims.is_electronic_prescription());
    /// ```
    Source {
        /// Derived from claims (レセプト).
        Claims = "claims";
        /// Dispensing, from electronic prescriptions (調剤).
        Dispensing = "dispensing";
        /// Prescription, from electronic prescriptions (処方).
        Prescription = "prescription";
    }
}

impl Source {
    /// True of what comes from electronic prescriptions (処方・調剤情報): shown or not by OQSCD030.
    #[must_use]
    pub fn is_electronic_prescription(self) -> bool {
        match self {
            Self::Claims => false,
            Self::Dispensing | Self::Prescription => true,
        }
    }
}

/// A facility as a record names it.
///
/// ```
/// use domain::institution_code::InstitutionCode;
/// use domain::medical_information::{MedicalText, drugs::NamedFacility};
/// let pharmacy = NamedFacility {
///     code: InstitutionCode::parse("1349999999").ok(),
///     name: MedicalText::parse("架空薬局").ok(),
/// };
/// assert!(pharmacy.code.is_some());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedFacility {
    /// Its code.
    pub code: Option<InstitutionCode>,
    /// Its name.
    pub name: Option<MedicalText>,
}

/// What one source holds of one month, one prescriber and one dispenser.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
/// use domain::medical_information::drugs::{DrugMonth, Source};
/// let month = TreatmentMonth::of(CivilDate::new(2026, 10, 5).unwrap());
/// let record = DrugMonth::new(Source::Claims, month);
/// assert!(record.days.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrugMonth {
    /// The source.
    pub source: Source,
    /// Kind of origin (`DiOrg`); which codes there are is not known.
    pub origin: Option<MedicalCode>,
    /// The month (診療年月, 調剤年月, 処方年月).
    pub month: TreatmentMonth,
    /// Who dispensed; nobody in a prescription.
    pub dispenser: NamedFacility,
    /// Who prescribed.
    pub prescriber: NamedFacility,
    /// In or out of hospital (`InOut`, `CzPrCl`, `ShPrCl`); which codes there are is not known.
    pub in_or_out: Option<MedicalCode>,
    /// The days.
    pub days: Vec<DrugDay>,
}

impl DrugMonth {
    /// A record of which only source and month are known.
    #[must_use]
    pub fn new(source: Source, month: TreatmentMonth) -> Self {
        Self {
            source,
            origin: None,
            month,
            dispenser: NamedFacility::default(),
            prescriber: NamedFacility::default(),
            in_or_out: None,
            days: Vec::new(),
        }
    }

    /// The record without its treatment lines, as it is answered where treatment is not asked for.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
    /// use domain::medical_information::MedicalText;
    /// use domain::medical_information::drugs::{DrugDay, DrugMonth, Source, Treatment};
    /// let month = TreatmentMonth::of(CivilDate::new(2026, 10, 5).unwrap());
    /// let mut record = DrugMonth::new(Source::Claims, month);
    /// let treatment = Treatment::new(MedicalText::parse("架空検査").unwrap());
    /// record.days.push(DrugDay { treatments: vec![treatment], ..DrugDay::default() });
    /// assert!(record.without_treatment().is_none());
    /// ```
    ///
    /// `None` where nothing else was in it.
    #[must_use]
    pub fn without_treatment(mut self) -> Option<Self> {
        for day in &mut self.days {
            day.treatments.clear();
        }
        self.days.retain(|day| !day.drugs.is_empty());
        (!self.days.is_empty()).then_some(self)
    }

    /// The record without its drugs, as it is answered where treatment alone may be seen.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
    /// use domain::medical_information::MedicalText;
    /// use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, Source};
    /// let month = TreatmentMonth::of(CivilDate::new(2026, 10, 5).unwrap());
    /// let mut record = DrugMonth::new(Source::Claims, month);
    /// let drug = Drug::new(MedicalText::parse("架空錠").unwrap());
    /// record.days.push(DrugDay { drugs: vec![drug], ..DrugDay::default() });
    /// assert!(record.without_drugs().is_none());
    /// ```
    ///
    /// `None` where nothing else was in it.
    #[must_use]
    pub fn without_drugs(mut self) -> Option<Self> {
        for day in &mut self.days {
            day.drugs.clear();
        }
        self.days.retain(|day| !day.treatments.is_empty());
        (!self.days.is_empty()).then_some(self)
    }
}

impl DrugMonth {
    /// The record without what is older than a day; `None` where nothing is left. A line without any date stays with its month.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
    /// use domain::medical_information::drugs::{DrugDay, DrugMonth, Source};
    /// let day = CivilDate::new(2026, 10, 5).unwrap();
    /// let mut record = DrugMonth::new(Source::Prescription, TreatmentMonth::of(day));
    /// record.days.push(DrugDay { prescribed: Some(day), ..DrugDay::default() });
    /// assert!(record.clone().since(day).is_some());
    /// assert!(record.since(day.plus_days(1)).is_none());
    /// ```
    #[must_use]
    pub fn since(mut self, first: CivilDate) -> Option<Self> {
        let is_older = |day: CivilDate| day < first;
        self.days
            .retain(|it| !it.dispensed.or(it.prescribed).is_some_and(is_older));
        (!self.days.is_empty()).then_some(self)
    }

    /// Puts drugs and treatment of one record together again where they follow each other: what they were before they were kept apart.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
    /// use domain::medical_information::MedicalText;
    /// use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, Source, Treatment};
    /// let month = TreatmentMonth::of(CivilDate::new(2026, 10, 5).unwrap());
    /// let mut record = DrugMonth::new(Source::Claims, month);
    /// let drugs = vec![Drug::new(MedicalText::parse("架空錠").unwrap())];
    /// let treatments = vec![Treatment::new(MedicalText::parse("架空検査").unwrap())];
    /// record.days.push(DrugDay { drugs, treatments, ..DrugDay::default() });
    /// let apart = [record.clone().without_treatment(), record.clone().without_drugs()];
    /// assert_eq!(DrugMonth::together(apart.into_iter().flatten()), [record]);
    /// ```
    #[must_use]
    pub fn together(records: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for record in records {
            match all.last_mut() {
                Some(last) if last.is_of_one_record_with(&record) => last.take_in(record),
                Some(_) | None => all.push(record),
            }
        }
        all
    }

    fn is_of_one_record_with(&self, other: &Self) -> bool {
        let head = |it: &Self| (it.source, it.month, it.origin.clone(), it.in_or_out.clone());
        let holds_drugs = |it: &Self| it.days.iter().any(|day| !day.drugs.is_empty());
        // Two records of drugs stay two, though everything else is alike.
        head(self) == head(other)
            && self.dispenser == other.dispenser
            && self.prescriber == other.prescriber
            && !(holds_drugs(self) && holds_drugs(other))
    }

    fn take_in(&mut self, other: Self) {
        for day in other.days {
            let when = (day.dispensed, day.prescribed);
            let same = |it: &&mut DrugDay| (it.dispensed, it.prescribed) == when;
            match self.days.iter_mut().find(same) {
                Some(own) => {
                    own.drugs.extend(day.drugs);
                    own.treatments.extend(day.treatments);
                }
                None => self.days.push(day),
            }
        }
        self.days
            .sort_by_key(|day| (day.dispensed.or(day.prescribed), day.prescribed));
    }
}

/// One day of a month.
///
/// ```
/// use domain::medical_information::drugs::DrugDay;
/// assert!(DrugDay::default().drugs.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrugDay {
    /// The day of dispensing; none in a prescription.
    pub dispensed: Option<CivilDate>,
    /// The day of the prescription.
    pub prescribed: Option<CivilDate>,
    /// The drugs.
    pub drugs: Vec<Drug>,
    /// The treatments (診療情報); from claims alone.
    pub treatments: Vec<Treatment>,
}

/// One drug of a day.
///
/// ```
/// use domain::medical_information::{MedicalText, drugs::Drug};
/// let drug = Drug::new(MedicalText::parse("架空錠１０ｍｇ").unwrap());
/// assert!(drug.code.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drug {
    /// Nine digits (医薬品コード).
    pub code: Option<MedicalCode>,
    /// Name.
    pub name: MedicalText,
    /// Ingredient (成分).
    pub ingredient: Option<MedicalText>,
    /// Class of use (`MeTrIdCl`, `CzUsageCl`, `ShUsageCl`); which codes there are is not known.
    pub usage_class: Option<MedicalCode>,
    /// How much at a time or a day.
    pub quantity: Option<Amount>,
    /// Of what.
    pub unit: Option<MedicalText>,
    /// How it is taken (用法).
    pub usage: Option<MedicalText>,
    /// What is to be observed (指示).
    pub instruction: Option<MedicalText>,
    /// For how many days or times.
    pub times: Option<u16>,
}

impl Drug {
    /// A drug of which only the name is known.
    #[must_use]
    pub fn new(name: MedicalText) -> Self {
        Self {
            code: None,
            name,
            ingredient: None,
            usage_class: None,
            quantity: None,
            unit: None,
            usage: None,
            instruction: None,
            times: None,
        }
    }
}

/// One treatment of a day (診療情報).
///
/// ```
/// use domain::medical_information::{MedicalText, drugs::Treatment};
/// let treatment = Treatment::new(MedicalText::parse("架空検査").unwrap());
/// assert_eq!(treatment.name.as_str(), "架空検査");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    /// Name (`SinInfN`).
    pub name: MedicalText,
    /// Code (`SinInfCd`).
    pub code: Option<MedicalCode>,
    /// Class (`MeTrIdCl`); which codes there are is not known.
    pub class: Option<MedicalCode>,
    /// How much.
    pub quantity: Option<Amount>,
    /// How often.
    pub times: Option<u16>,
    /// Of what.
    pub unit: Option<MedicalText>,
}

impl Treatment {
    /// A treatment of which only the name is known.
    #[must_use]
    pub fn new(name: MedicalText) -> Self {
        Self {
            name,
            code: None,
            class: None,
            quantity: None,
            times: None,
            unit: None,
        }
    }
}
