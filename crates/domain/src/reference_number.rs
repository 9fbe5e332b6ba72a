//! Reference numbers (照会番号): a facility's own number for a patient, tied to the person and so to every later coverage of theirs.
//! Decides whose a number becomes. Stores nothing and finds nobody.

use crate::civil_date::CivilDate;
use crate::coverage::Registration;
use crate::insured::{Branch, InsuranceKey, InsuredNumber, Symbol};
use crate::insurer_number::InsurerNumber;
use crate::person::{Person, PersonId};
use crate::personal_text::personal_text;

personal_text! {
    /// A facility's own number for a patient, kept as given: it comes back exactly so (interface §2.4).
    ///
    /// ```
    /// use domain::reference_number::ReferenceNumber;
    /// assert_eq!(ReferenceNumber::parse("000123").unwrap().as_str(), "000123");
    /// assert!(ReferenceNumber::parse(&"9".repeat(51)).is_err());
    /// ```
    ReferenceNumber, 50
}

/// The insurance data by which a facility says whose number it registers (interface §2.4). The file has no birth date; a page may
/// give one.
///
/// ```
/// use domain::reference_number::Bearer;
/// use domain::{insured::InsuredNumber, insurer_number::InsurerNumber};
/// let bearer = Bearer {
///     insurer: InsurerNumber::parse("06139992").unwrap(),
///     symbol: None,
///     number: InsuredNumber::parse("4567").unwrap(),
///     branch: None,
///     birth_date: None,
/// };
/// assert_eq!(bearer.find(&[]), Err(domain::reference_number::NotOne::Nobody));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Insurer number as given.
    pub insurer: InsurerNumber,
    /// Symbol, absent for the elderly and some others.
    pub symbol: Option<Symbol>,
    /// Number.
    pub number: InsuredNumber,
    /// Branch; absent on old cards.
    pub branch: Option<Branch>,
    /// Birth date, where one is known.
    pub birth_date: Option<CivilDate>,
}

impl Bearer {
    /// The matching form to look up.
    #[must_use]
    pub fn key(&self) -> InsuranceKey {
        InsuranceKey::new(self.insurer, self.symbol.as_ref(), &self.number)
    }

    /// The one person the data lead to, among those the matching form leads to. A coverage that has ended counts as well: the
    /// number stands for the person.
    ///
    /// # Errors
    /// [`NotOne`]: a number is never given to one of several by a guess.
    pub fn find<'a>(&self, registrations: &'a [Registration]) -> Result<&'a Person, NotOne> {
        let key = self.key();
        let fits = |registration: &&Registration| {
            let person = &registration.person;
            self.birth_date.is_none_or(|date| date == person.birth_date)
                && registration
                    .coverages
                    .iter()
                    .any(|coverage| coverage.goes_by(&key, self.branch))
        };
        let mut people = registrations.iter().filter(fits);
        let first = people.next().ok_or(NotOne::Nobody)?;
        if people.any(|other| other.person.id != first.person.id) {
            return Err(NotOne::Several);
        }
        Ok(&first.person)
    }
}

impl core::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Bearer(…)")
    }
}

/// Why insurance data do not say whose the number is.
///
/// ```
/// assert!(domain::reference_number::NotOne::Several.to_string().contains("branch"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOne {
    /// No coverage matches.
    #[error("no coverage matches")]
    Nobody,
    /// The coverages of several people match.
    #[error("the coverages of several people match; give the branch")]
    Several,
}

/// What registering a number does.
///
/// ```
/// use domain::reference_number::Assignment;
/// assert_ne!(Assignment::New, Assignment::Same);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// The person had none.
    New,
    /// The person has this very number: nothing changes, and the same again is no error.
    Same,
    /// The person had another, which is free from now on.
    Changed {
        /// The number before.
        was: ReferenceNumber,
    },
}

/// The number belongs to another patient of the facility. It is never taken away in silence: answers about one would reach the
/// record of the other.
///
/// ```
/// assert!(domain::reference_number::TakenByAnother.to_string().contains("another patient"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the number belongs to another patient of the facility")]
pub struct TakenByAnother;

/// Decides whose a number becomes within one facility: a person has one number, a number has one person. `held` is the person's
/// number now, `holder` the person who has the number now.
///
/// ```
/// use domain::person::PersonId;
/// use domain::reference_number::{Assignment, ReferenceNumber, TakenByAnother, assign};
/// let (number, me) = (ReferenceNumber::parse("000123").unwrap(), PersonId::from_u128(1));
/// assert_eq!(assign(&number, me, None, None), Ok(Assignment::New));
/// assert_eq!(assign(&number, me, None, Some(PersonId::from_u128(2))), Err(TakenByAnother));
/// ```
///
/// # Errors
/// [`TakenByAnother`]; then nothing changes.
pub fn assign(
    number: &ReferenceNumber,
    person: PersonId,
    held: Option<&ReferenceNumber>,
    holder: Option<PersonId>,
) -> Result<Assignment, TakenByAnother> {
    if holder.is_some_and(|holder| holder != person) {
        return Err(TakenByAnother);
    }
    Ok(match held {
        None => Assignment::New,
        Some(held) if held == number => Assignment::Same,
        Some(held) => Assignment::Changed { was: held.clone() },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::codes::coverage::CardClassification;
    use crate::codes::person::Sex;
    use crate::coverage::{Coverage, InsurerName};
    use crate::person::PersonName;

    fn registered(id: u128, branch: &str, birth_date: CivilDate) -> Registration {
        let person = Person {
            id: PersonId::from_u128(id),
            name: PersonName::parse("資格　太郎").unwrap(),
            name_of_other: None,
            kana: None,
            kana_of_other: None,
            sex: Sex::Male,
            shown_sex: None,
            birth_date,
            address: None,
            postal_code: None,
        };
        let mut coverage = Coverage::new(
            CardClassification::General,
            InsurerNumber::parse("06139992").unwrap(),
            InsurerName::parse("架空健康保険組合").unwrap(),
            InsuredNumber::parse("４５６７").unwrap(),
        );
        coverage.branch = Branch::parse(branch).ok();
        Registration {
            person,
            coverages: vec![coverage],
        }
    }

    fn bearer(branch: &str, birth_date: Option<CivilDate>) -> Bearer {
        Bearer {
            insurer: InsurerNumber::parse("06139992").unwrap(),
            symbol: None,
            number: InsuredNumber::parse("4567").unwrap(),
            branch: Branch::parse(branch).ok(),
            birth_date,
        }
    }

    #[test]
    fn a_family_under_one_number_is_told_apart_by_branch_or_birth_date_and_never_guessed() {
        let (day, other) = (
            CivilDate::new(1970, 1, 2).unwrap(),
            CivilDate::new(1972, 3, 4).unwrap(),
        );
        let family = [registered(1, "01", day), registered(2, "02", other)];
        let id = |bearer: Bearer| bearer.find(&family).map(|person| person.id.as_u128());
        assert_eq!(id(bearer("", None)), Err(NotOne::Several));
        assert_eq!(id(bearer("02", None)), Ok(2));
        assert_eq!(id(bearer("", Some(day))), Ok(1));
        assert_eq!(id(bearer("03", None)), Err(NotOne::Nobody));
        assert_eq!(id(bearer("02", Some(day))), Err(NotOne::Nobody));
    }

    proptest! {
        #[test]
        fn whatever_is_registered_a_person_has_one_number_and_a_number_one_person(
            wanted in prop::collection::vec((0_u128..4, 0_u8..4), 0..24),
        ) {
            let mut numbers: BTreeMap<PersonId, ReferenceNumber> = BTreeMap::new();
            for (person, number) in wanted {
                let person = PersonId::from_u128(person);
                let number = ReferenceNumber::parse(&number.to_string()).unwrap();
                let holder = numbers.iter().find(|(_, it)| **it == number).map(|(id, _)| *id);
                let before = numbers.clone();
                match assign(&number, person, numbers.get(&person), holder) {
                    Ok(Assignment::Same) => {}
                    Ok(Assignment::New | Assignment::Changed { .. }) => {
                        numbers.insert(person, number);
                    }
                    Err(TakenByAnother) => prop_assert_ne!(holder, Some(person)),
                }
                let mut seen: Vec<&ReferenceNumber> = numbers.values().collect();
                seen.dedup();
                prop_assert_eq!(seen.len(), numbers.len());
                // Nobody else loses a number by it.
                for (other, had) in before.iter().filter(|(other, _)| **other != person) {
                    prop_assert_eq!(numbers.get(other), Some(had));
                }
            }
        }
    }
}
