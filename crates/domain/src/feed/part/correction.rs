//! Single items that an insurer puts right (訂正), by the name of their column. Knows no line.

use crate::civil_date::CivilDate;
use crate::codes::coverage::{CardClassification, LossReason, Preschool};
use crate::codes::person::{Relationship, Sex};
use crate::coverage::ratio::Ratio;
use crate::coverage::{Coverage, InsurerName, Loss};
use crate::insured::{Branch, InsuredNumber, Symbol};
use crate::named::named;
use crate::person::{Address, Kana, Person, PersonName, PostalCode};

named! {
    /// What can be put right of a person.
    ///
    /// ```
    /// use domain::feed::part::correction::PersonItem;
    /// assert_eq!(PersonItem::parse("address"), Some(PersonItem::Address));
    /// ```
    PersonItem {
        /// The name.
        Name = "name";
        /// Another name in use (併記名).
        NameOfOther = "name_of_other";
        /// The reading.
        Kana = "kana";
        /// That of the other name.
        KanaOfOther = "kana_of_other";
        /// Sex.
        Sex = "sex";
        /// Sex as shown.
        ShownSex = "shown_sex";
        /// Date of birth.
        BirthDate = "birth_date";
        /// Postal code.
        PostalCode = "postal_code";
        /// Address.
        Address = "address";
    }
}

named! {
    /// What can be put right of a coverage.
    ///
    /// ```
    /// use domain::feed::part::correction::CoverageItem;
    /// assert_eq!(CoverageItem::parse("ratio"), Some(CoverageItem::Ratio));
    /// ```
    CoverageItem {
        /// Kind of card.
        Classification = "classification";
        /// The insurer's name.
        InsurerName = "insurer_name";
        /// Symbol.
        Symbol = "symbol";
        /// Number.
        Number = "number";
        /// Branch.
        Branch = "branch";
        /// Insured person or family.
        Relationship = "relationship";
        /// Name of the insured person.
        InsuredName = "insured_name";
        /// Day of acquisition.
        Acquired = "acquired";
        /// Day of issue.
        Issued = "issued";
        /// First day of validity.
        ValidFrom = "valid_from";
        /// Last day of validity.
        ValidUntil = "valid_until";
        /// Co-payment ratio.
        Ratio = "ratio";
        /// Below school age.
        Preschool = "preschool";
        /// Day of loss; empty takes the loss back.
        LossDate = "loss_date";
        /// Reason of loss.
        LossReason = "loss_reason";
    }
}

/// What an insurer puts right. A value that is left out empties its item, where it may be empty.
///
/// ```
/// use domain::feed::part::correction::Correction;
/// assert!(Correction::parse("ratio", "030").is_some());
/// assert!(Correction::parse("ratio", "3割").is_none());
/// assert!(Correction::parse("number", "").is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Correction {
    /// An item of the person.
    Person(PersonItem, Option<String>),
    /// An item of a coverage.
    Coverage(CoverageItem, Option<String>),
    /// The person is who the insurer says, although the register says otherwise.
    Confirmed,
    /// The coverage was never this person's: it is taken away.
    Withdrawn,
}

impl core::fmt::Debug for Correction {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Correction(…)")
    }
}

impl Correction {
    /// Reads the name of an item and its value, `None` where the item cannot hold it. `identity` takes `confirmed`, `coverage` takes
    /// `withdrawn`.
    #[must_use]
    pub fn parse(item: &str, value: &str) -> Option<Self> {
        let given = (!value.is_empty()).then_some(value);
        match (item, value) {
            ("identity", "confirmed") => return Some(Self::Confirmed),
            ("coverage", "withdrawn") => return Some(Self::Withdrawn),
            _ => {}
        }
        if let Some(item) = PersonItem::parse(item) {
            item.set(&mut somebody()?, given)?;
            return Some(Self::Person(item, given.map(str::to_owned)));
        }
        let item = CoverageItem::parse(item)?;
        let mut coverage = some_coverage()?;
        // The reason of a loss has its place beside the day.
        coverage.loss = Some(Loss {
            date: CivilDate::earliest(),
            reason: None,
        });
        item.set(&mut coverage, given)?;
        Some(Self::Coverage(item, given.map(str::to_owned)))
    }

    /// Whether it is about a coverage, which the line must name.
    ///
    /// ```
    /// use domain::feed::part::correction::Correction;
    /// assert!(Correction::parse("ratio", "030").unwrap().needs_coverage());
    /// assert!(!Correction::Confirmed.needs_coverage());
    /// ```
    #[must_use]
    pub fn needs_coverage(&self) -> bool {
        match self {
            Self::Coverage(..) | Self::Withdrawn => true,
            Self::Person(..) | Self::Confirmed => false,
        }
    }
}

/// `None` inside for an absent value, outside for one that does not read.
fn maybe<T>(value: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match value {
        Some(value) => read(value).map(Some),
        None => Some(None),
    }
}

/// A day with hyphens, slashes or neither.
fn day(text: &str) -> Option<CivilDate> {
    let text = text.replace('/', "-");
    let iso = CivilDate::parse_iso(&text);
    iso.or_else(|_| CivilDate::parse_compact(&text)).ok()
}

impl PersonItem {
    /// Sets the item; `None` where it cannot hold the value.
    pub(super) fn set(self, person: &mut Person, value: Option<&str>) -> Option<()> {
        let name = |text: &str| PersonName::parse(text).ok();
        let kana = |text: &str| Kana::parse(text).ok();
        match self {
            Self::Name => person.name = name(value?)?,
            Self::NameOfOther => person.name_of_other = maybe(value, name)?,
            Self::Kana => person.kana = maybe(value, kana)?,
            Self::KanaOfOther => person.kana_of_other = maybe(value, kana)?,
            Self::Sex => person.sex = Sex::from_code(value?)?,
            Self::ShownSex => person.shown_sex = maybe(value, Sex::from_code)?,
            Self::BirthDate => person.birth_date = day(value?)?,
            Self::PostalCode => {
                person.postal_code = maybe(value, |text| PostalCode::parse(text).ok())?;
            }
            Self::Address => person.address = maybe(value, |text| Address::parse(text).ok())?,
        }
        Some(())
    }
}

impl CoverageItem {
    /// Sets the item; `None` where it cannot hold the value.
    pub(super) fn set(self, coverage: &mut Coverage, value: Option<&str>) -> Option<()> {
        match self {
            Self::Classification => {
                coverage.classification = CardClassification::from_code(value?)?;
            }
            Self::InsurerName => coverage.insurer_name = InsurerName::parse(value?).ok()?,
            Self::Symbol => coverage.symbol = maybe(value, |it| Symbol::parse(it).ok())?,
            Self::Number => coverage.number = InsuredNumber::parse(value?).ok()?,
            Self::Branch => coverage.branch = maybe(value, |it| Branch::parse(it).ok())?,
            Self::Relationship => coverage.relationship = maybe(value, Relationship::from_code)?,
            Self::InsuredName => {
                coverage.insured_name = maybe(value, |it| PersonName::parse(it).ok())?;
            }
            Self::Acquired => coverage.acquired = maybe(value, day)?,
            Self::Issued => coverage.issued = maybe(value, day)?,
            Self::ValidFrom => {
                let start = maybe(value, day)?;
                coverage.period.start = start;
                // The latest card counts from there on; one that begins no sooner never would.
                coverage.earlier.retain(|it| it.period.start < start);
            }
            Self::ValidUntil => coverage.period.end = maybe(value, day)?,
            Self::Ratio => {
                coverage.ratio = maybe(value, |it| Ratio::from_percent(it.parse().ok()?))?;
            }
            Self::Preschool => coverage.preschool = maybe(value, Preschool::from_code)?,
            Self::LossDate => {
                let reason = coverage.loss.and_then(|loss| loss.reason);
                let date = maybe(value, day)?;
                coverage.loss = date.map(|date| Loss { date, reason });
            }
            Self::LossReason => {
                let reason = maybe(value, LossReason::from_code)?;
                coverage.loss.as_mut()?.reason = reason;
            }
        }
        Some(())
    }
}

/// Somebody a value is tried on.
fn somebody() -> Option<Person> {
    Some(Person {
        id: crate::person::PersonId::from_u128(0),
        name: PersonName::parse("-").ok()?,
        name_of_other: None,
        kana: None,
        kana_of_other: None,
        sex: Sex::Unset,
        shown_sex: None,
        birth_date: CivilDate::earliest(),
        address: None,
        postal_code: None,
    })
}

/// A coverage a value is tried on.
fn some_coverage() -> Option<Coverage> {
    Some(Coverage::new(
        CardClassification::General,
        crate::insurer_number::InsurerNumber::from_u32(1).ok()?,
        InsurerName::parse("-").ok()?,
        InsuredNumber::parse("0").ok()?,
    ))
}
