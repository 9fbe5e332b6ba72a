//! One supply of a drug (投薬): what was prescribed, dispensed and claimed once, as the up to three records of it say together.
//! Rules of joining in `docs/decisions/0065-reading-a-record.md`; records that do not clearly tell of the same stay apart.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use crate::civil_date::CivilDate;
use crate::medical_aid::TreatmentMonth;
use crate::medical_information::chart::decimal::Decimal;
use crate::medical_information::chart::search::folded;
use crate::medical_information::drugs::{Drug, DrugMonth, NamedFacility, Source};
use crate::medical_information::{Amount, MedicalText};

/// A prescription is valid for four days, that of its issue among them (保険医療機関及び保険医療養担当規則 §20).
const VALID_DAYS: i32 = 4;

/// Days on which a supply lasts, both ends among them.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_information::chart::supply::Days};
/// let day = |day| CivilDate::new(2026, 11, day).unwrap();
/// let first = Days { first: day(1), last: day(14) };
/// let second = Days { first: day(10), last: day(23) };
/// assert_eq!(first.shared(second), Some(Days { first: day(10), last: day(14) }));
/// assert_eq!(first.count(), 14);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days {
    /// The first day.
    pub first: CivilDate,
    /// The last day.
    pub last: CivilDate,
}

impl Days {
    /// How many they are.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_information::chart::supply::Days};
    /// let day = CivilDate::new(2026, 11, 1).unwrap();
    /// assert_eq!(Days { first: day, last: day }.count(), 1);
    /// ```
    #[must_use]
    pub fn count(self) -> i32 {
        self.first.days_until(self.last) + 1
    }

    /// The days in both.
    #[must_use]
    pub fn shared(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (first <= last).then_some(Self { first, last })
    }

    /// Whether a day is among them.
    ///
    /// ```
    /// use domain::{civil_date::CivilDate, medical_information::chart::supply::Days};
    /// let day = CivilDate::new(2026, 11, 1).unwrap();
    /// assert!(Days { first: day, last: day }.has(day));
    /// ```
    #[must_use]
    pub fn has(self, day: CivilDate) -> bool {
        self.first <= day && day <= self.last
    }
}

/// How long a supply lasts. The records give one number for "days or times" and no code that tells which (interface §5.2); only the words
/// of the usage do.
///
/// ```
/// use domain::medical_information::{MedicalText, chart::supply::Length, drugs::Drug};
/// let mut drug = Drug::new(MedicalText::parse("架空錠").unwrap());
/// drug.times = Some(14);
/// assert_eq!(Length::of(&drug), Length::Unknown);
/// drug.usage = MedicalText::parse("１日１回朝食後").ok();
/// assert_eq!(Length::of(&drug), Length::Days(14));
/// drug.usage = MedicalText::parse("頭痛時 １日３回まで").ok();
/// assert_eq!(Length::of(&drug), Length::WhenNeeded);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many days: the usage names a daily rhythm.
    Days(u16),
    /// Taken when it is needed (頓服): nobody knows for how long it lasts.
    WhenNeeded,
    /// The records do not say: an ointment, an injection, a weekly drug, no usage.
    Unknown,
}

/// Words of a usage that is no daily one, or whose number counts packs.
const NOT_DAILY: [&str; 24] = [
    "週",
    "月",
    "隔日",
    "日おき",
    "塗",
    "貼",
    "点眼",
    "点鼻",
    "点耳",
    "吸入",
    "噴霧",
    "うがい",
    "含嗽",
    "坐",
    "挿入",
    "注",
    "外用",
    "患部",
    "片眼",
    "両眼",
    "右眼",
    "左眼",
    "鼻",
    "洗",
];
/// Words of a usage by need.
const WHEN_NEEDED: [&str; 5] = ["頓", "必要", "適宜", "痛", "発作"];
/// Words of a daily rhythm.
const DAILY: [&str; 11] = [
    "1日", "毎日", "毎食", "朝", "昼", "夕", "就寝", "眠前", "起床", "食前", "食後",
];
/// The most days that are believed.
const MOST_DAYS: u16 = 366;

impl Length {
    /// Reads usage and number of a drug.
    #[must_use]
    pub fn of(drug: &Drug) -> Self {
        let Some(usage) = &drug.usage else {
            return Self::Unknown;
        };
        let usage: String = usage.as_str().nfkc().collect();
        let has = |words: &[&str]| words.iter().any(|word| usage.contains(word));
        if has(&WHEN_NEEDED) || names_an_occasion(&usage) {
            return Self::WhenNeeded;
        }
        match drug.times {
            Some(times) if (1..=MOST_DAYS).contains(&times) && has(&DAILY) && !has(&NOT_DAILY) => {
                Self::Days(times)
            }
            _ => Self::Unknown,
        }
    }
}

/// Whether a usage says 「…時」 of an occasion, such as 「発熱時」, and not of a time of day or a number of hours.
fn names_an_occasion(usage: &str) -> bool {
    let before = [' '].into_iter().chain(usage.chars());
    let after = usage.chars().skip(1).chain([' ']);
    let mut around = before.zip(usage.chars()).zip(after);
    around.any(|((before, it), after)| {
        let is_time_of_day = "寝床食".contains(before) || before.is_ascii_digit();
        it == '時' && !is_time_of_day && after != '間'
    })
}

/// One supply of a drug.
///
/// ```
/// use domain::medical_information::chart::supply::supplies;
/// assert!(supplies(&[]).is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// The drug, as it was dispensed; else claimed; else prescribed.
    pub drug: Drug,
    /// The month it is recorded under.
    pub month: TreatmentMonth,
    /// The day of the prescription.
    pub prescribed: Option<CivilDate>,
    /// The day of dispensing.
    pub dispensed: Option<CivilDate>,
    /// Who prescribed.
    pub prescriber: NamedFacility,
    /// Who dispensed.
    pub dispenser: NamedFacility,
    /// Which records tell of it.
    pub sources: BTreeSet<Source>,
    /// The product prescribed, where another product of the ingredient was dispensed.
    pub prescribed_as: Option<MedicalText>,
}

impl Supply {
    /// The day it began: that of dispensing, else that of the prescription.
    ///
    /// ```
    /// use domain::medical_information::chart::supply::supplies;
    /// assert!(supplies(&[]).iter().all(|it| it.start().is_some()));
    /// ```
    #[must_use]
    pub fn start(&self) -> Option<CivilDate> {
        self.dispensed.or(self.prescribed)
    }

    /// The days it lasts on, where the records say.
    ///
    /// ```
    /// use domain::medical_information::chart::supply::supplies;
    /// assert!(supplies(&[]).iter().all(|it| it.days().is_none()));
    /// ```
    #[must_use]
    pub fn days(&self) -> Option<Days> {
        let first = self.start()?;
        match Length::of(&self.drug) {
            Length::Days(days) => Some(Days {
                first,
                last: first.plus_days(i32::from(days) - 1),
            }),
            Length::WhenNeeded | Length::Unknown => None,
        }
    }

    /// Whether nothing but a prescription tells of it: it may not have been dispensed.
    ///
    /// ```
    /// use domain::medical_information::chart::supply::supplies;
    /// assert!(!supplies(&[]).iter().any(|it| it.is_only_prescribed()));
    /// ```
    #[must_use]
    pub fn is_only_prescribed(&self) -> bool {
        self.sources
            .iter()
            .all(|source| *source == Source::Prescription)
    }
}

/// The supplies that the records of a person tell of, oldest first; those of an unknown day stand at the beginning of their month.
///
/// ```
/// use domain::{civil_date::CivilDate, medical_aid::TreatmentMonth};
/// use domain::medical_information::{MedicalText, chart::supply::supplies};
/// use domain::medical_information::drugs::{Drug, DrugDay, DrugMonth, Source};
/// let day = CivilDate::new(2026, 10, 5).unwrap();
/// let of = |source| {
///     let mut record = DrugMonth::new(source, TreatmentMonth::of(day));
///     let drugs = vec![Drug::new(MedicalText::parse("架空錠").unwrap())];
///     record.days.push(DrugDay { dispensed: Some(day), drugs, ..DrugDay::default() });
///     record
/// };
/// // The claim of a dispensing is no second dispensing.
/// assert_eq!(supplies(&[of(Source::Claims), of(Source::Dispensing)]).len(), 1);
/// ```
#[must_use]
pub fn supplies(months: &[DrugMonth]) -> Vec<Supply> {
    let mut by_source: BTreeMap<Source, Vec<Supply>> = BTreeMap::new();
    for supply in months.iter().flat_map(of_month) {
        let source = supply.sources.first().copied();
        by_source
            .entry(source.unwrap_or(Source::Claims))
            .or_default()
            .push(supply);
    }
    for supplies in by_source.values_mut() {
        supplies.sort_by(|a, b| order(a).cmp(&order(b)));
    }
    let mut take = |source| by_source.remove(&source).unwrap_or_default();
    let mut dispensed = with_claims(take(Source::Dispensing), take(Source::Claims));
    let unused = join_prescriptions(&mut dispensed, take(Source::Prescription));
    dispensed.extend(unused);
    dispensed.sort_by(|a, b| order(a).cmp(&order(b)));
    dispensed
}

fn of_month(month: &DrugMonth) -> impl Iterator<Item = Supply> {
    month.days.iter().flat_map(move |day| {
        day.drugs.iter().map(move |drug| Supply {
            drug: drug.clone(),
            month: month.month,
            prescribed: day.prescribed,
            dispensed: day.dispensed,
            prescriber: month.prescriber.clone(),
            dispenser: month.dispenser.clone(),
            sources: BTreeSet::from([month.source]),
            prescribed_as: None,
        })
    })
}

/// A total order, so that what is read never hangs on the order of the records.
fn order(it: &Supply) -> impl Ord + '_ {
    let drug = &it.drug;
    (
        it.start().unwrap_or_else(|| it.month.first_day()),
        (&drug.name, &drug.code, &drug.quantity, &drug.unit),
        (&drug.usage, &drug.instruction, drug.times, &drug.ingredient),
        (it.prescriber.code, &it.prescriber.name, it.prescribed),
        (it.dispenser.code, &it.dispenser.name, it.dispensed),
        (&drug.usage_class, it.month, &it.sources),
    )
}

/// Adds claims to the dispensings they are the claims of; the rest of them are supplies of their own.
fn with_claims(mut dispensed: Vec<Supply>, claims: Vec<Supply>) -> Vec<Supply> {
    let by_day = by_day(&dispensed, |it| it.start());
    let mut used = BTreeSet::new();
    let mut rest = Vec::new();
    for claim in claims {
        let on_day = claim.start().and_then(|day| by_day.get(&day));
        let place = on_day.into_iter().flatten().copied().find(|place| {
            let of = dispensed.get(*place);
            !used.contains(place) && of.is_some_and(|it| is_claim_of(&claim, it))
        });
        let Some(supply) = place.and_then(|it| dispensed.get_mut(it)) else {
            rest.push(claim);
            continue;
        };
        used.extend(place);
        supply.sources.insert(Source::Claims);
        fill(supply, claim);
    }
    dispensed.extend(rest);
    dispensed
}

/// The claim's own words where the electronic dispensing has none.
fn fill(supply: &mut Supply, claim: Supply) {
    let (drug, claimed) = (&mut supply.drug, claim.drug);
    drug.ingredient = drug.ingredient.take().or(claimed.ingredient);
    drug.code = drug.code.take().or(claimed.code);
    drug.usage = drug.usage.take().or(claimed.usage);
    drug.quantity = drug.quantity.take().or(claimed.quantity);
    drug.unit = drug.unit.take().or(claimed.unit);
    drug.times = drug.times.or(claimed.times);
    supply.prescribed = supply.prescribed.or(claim.prescribed);
    let known = |it: &NamedFacility| it.code.is_some() || it.name.is_some();
    if !known(&supply.prescriber) {
        supply.prescriber = claim.prescriber;
    }
    if !known(&supply.dispenser) {
        supply.dispenser = claim.dispenser;
    }
}

fn by_day(
    supplies: &[Supply],
    day: impl Fn(&Supply) -> Option<CivilDate>,
) -> BTreeMap<CivilDate, Vec<usize>> {
    let mut by_day: BTreeMap<CivilDate, Vec<usize>> = BTreeMap::new();
    for (place, supply) in supplies.iter().enumerate() {
        if let Some(day) = day(supply) {
            by_day.entry(day).or_default().push(place);
        }
    }
    by_day
}

/// Whether a claim and an electronic dispensing tell of the same: product, day, place, amount and number, where both say.
fn is_claim_of(claim: &Supply, dispensing: &Supply) -> bool {
    let (a, b) = (&claim.drug, &dispensing.drug);
    same_product(a, b)
        && claim.start() == dispensing.start()
        && may_be_same(&claim.dispenser, &dispensing.dispenser)
        && may_be_same(&claim.prescriber, &dispensing.prescriber)
        && agree(number(a.quantity.as_ref()), number(b.quantity.as_ref()))
        && agree(a.times, b.times)
}

fn number(amount: Option<&Amount>) -> Option<Decimal> {
    Decimal::parse(amount?.as_str())
}

fn agree<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Whether two drugs are the same product: by their codes, where both have one, else by their names.
///
/// ```
/// use domain::medical_information::{MedicalText, chart::supply::same_product, drugs::Drug};
/// let named = |name: &str| Drug::new(MedicalText::parse(name).unwrap());
/// assert!(same_product(&named("架空錠１０ｍｇ"), &named("架空錠10mg")));
/// assert!(!same_product(&named("架空錠5mg"), &named("架空錠10mg")));
/// ```
#[must_use]
pub fn same_product(a: &Drug, b: &Drug) -> bool {
    match (&a.code, &b.code) {
        (Some(a), Some(b)) => a == b,
        _ => folded(a.name.as_str()) == folded(b.name.as_str()),
    }
}

/// Whether two names of a facility may be of the same: they are where one of them says nothing.
pub(super) fn may_be_same(a: &NamedFacility, b: &NamedFacility) -> bool {
    match (&a.code, &b.code, &a.name, &b.name) {
        (Some(a), Some(b), _, _) => a == b,
        (_, _, Some(a), Some(b)) => folded(a.as_str()) == folded(b.as_str()),
        _ => true,
    }
}

/// Whether two names of a facility are surely of two.
///
/// ```
/// use domain::medical_information::{MedicalText, chart::supply::are_two, drugs::NamedFacility};
/// let named = |name| NamedFacility { code: None, name: MedicalText::parse(name).ok() };
/// assert!(are_two(&named("見本医院"), &named("架空病院")));
/// assert!(!are_two(&named("見本医院"), &NamedFacility::default()));
/// ```
#[must_use]
pub fn are_two(a: &NamedFacility, b: &NamedFacility) -> bool {
    !may_be_same(a, b)
}

/// Adds prescriptions to what was dispensed upon them; returns those nothing is known to have been dispensed upon.
fn join_prescriptions(dispensed: &mut [Supply], prescriptions: Vec<Supply>) -> Vec<Supply> {
    let by_day = by_day(&prescriptions, |it| it.prescribed);
    let mut used = BTreeSet::new();
    for supply in dispensed.iter_mut() {
        let days = match (supply.prescribed, supply.dispensed) {
            (Some(day), _) => day..=day,
            (None, Some(day)) => day.plus_days(1 - VALID_DAYS)..=day,
            (None, None) => continue,
        };
        let places = by_day.range(days).flat_map(|(_, places)| places);
        let best = places
            .filter_map(|place| {
                let prescribed = prescriptions.get(*place)?;
                let fit = fit(supply, prescribed)?;
                // One that is used already comes last: a refill (リフィル処方箋) is dispensed upon several times.
                Some((used.contains(place), fit, *place))
            })
            .min();
        let Some((_, fit, place)) = best else {
            continue;
        };
        used.insert(place);
        supply.sources.insert(Source::Prescription);
        if let Some(prescribed) = prescriptions.get(place) {
            supply.prescribed = supply.prescribed.or(prescribed.prescribed);
            supply.prescribed_as = (fit != Fit::Product).then(|| prescribed.drug.name.clone());
        }
    }
    let all = prescriptions.into_iter().enumerate();
    all.filter_map(|(place, it)| (!used.contains(&place)).then_some(it))
        .collect()
}

/// How a dispensing fits a prescription; the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Product,
    Ingredient,
}

fn fit(dispensed: &Supply, prescribed: &Supply) -> Option<Fit> {
    if are_two(&dispensed.prescriber, &prescribed.prescriber) {
        return None;
    }
    if same_product(&dispensed.drug, &prescribed.drug) {
        return Some(Fit::Product);
    }
    let ingredient = |it: &Supply| it.drug.ingredient.as_ref().map(|it| folded(it.as_str()));
    let same = ingredient(dispensed)? == ingredient(prescribed)?;
    same.then_some(Fit::Ingredient)
}
