//! A population of any size: person `n` of seed `s` is always the same, and grows older. Every field of a register is filled about as
//! often as in one. Prefecture 99 does not exist, so no insurer here is a real one.

mod addresses;
mod household;
mod insurance;
mod names;

use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{LossReason, Preschool};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use domain::coverage::period::Period;
use domain::coverage::ratio::Ratio;
use domain::coverage::{Coverage, Loss, Registration};
use domain::insured::Branch;
use domain::person::{Kana, Person, PersonId, PersonName};

use crate::draw::Draw;
use crate::population::household::Household;
use crate::population::insurance::Kind;
use crate::population::names::GIVEN;
use crate::year::Year;

/// Identifiers of a population start here, above those of the samples.
const FIRST_ID: u128 = 1 << 32;

/// One in this many people lost the coverage.
const LOST: u64 = 5;

/// One in this many people below 70 has a ceiling certificate.
const CEILING: u64 = 7;

/// One in this many people has a specified disease.
const DISEASE: u64 = 300;

/// One in this many people has another name in use.
const OTHER_NAME: u64 = 40;

/// The people of a seed.
///
/// ```
/// let people = synthetic::population::Population::new(7);
/// let (one, again) = (people.person(41).unwrap(), people.person(41).unwrap());
/// assert!(one.person.name == again.person.name);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Population {
    seed: u64,
    year: Year,
}

impl Population {
    /// The population of a seed in the year of the sample files, from August 2026 to July 2027.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let year = Year::OF_FILES;
        Self { seed, year }
    }

    /// The same people as of a day: their certificates are of the year from August to July that it lies in, and ages count when that begins.
    #[must_use]
    pub fn as_of(seed: u64, today: CivilDate) -> Self {
        let year = Year::of(today);
        Self { seed, year }
    }

    /// Whether a day lies in the year they are of, from August to July.
    ///
    /// ```
    /// use domain::civil_date::CivilDate;
    /// let people = synthetic::population::Population::new(7);
    /// assert!(people.are_of_year(CivilDate::new(2027, 7, 31).unwrap()));
    /// assert!(!people.are_of_year(CivilDate::new(2027, 8, 1).unwrap()));
    /// ```
    #[must_use]
    pub fn are_of_year(&self, day: CivilDate) -> bool {
        self.year.period().contains(day)
    }

    /// Person `index` with the coverage they have or had, first, and often an earlier one. A fifth of all have lost theirs.
    ///
    /// `None` only if a built-in text did not parse, which a test rules out.
    #[must_use]
    pub fn person(&self, index: u64) -> Option<Registration> {
        let mut draw = Draw::of(self.seed, index);
        let household = Household::of(self.seed, index)?;
        let (sex, birth_date) = household.born(&mut draw)?;
        let (name, kana) = names_of(&household, sex, &mut draw)?;
        let other = draw.one_in(OTHER_NAME);
        let mut shared = household.draw();
        let (address, postal_code) = addresses::address(&mut shared)?;
        let holder = if household.member == 0 {
            Some(name.clone())
        } else {
            self.holder(index, &household)
        };
        let person = Person {
            id: PersonId::from_u128(FIRST_ID + u128::from(index)),
            name_of_other: other.then(|| name.clone()),
            kana_of_other: other.then(|| kana.clone()),
            name,
            kana: Some(kana),
            sex,
            shown_sex: None,
            birth_date,
            address: Some(address),
            postal_code: Some(postal_code),
        };
        let born = (birth_date, self.year);
        let coverages = coverages(index, &household, born, holder.as_ref(), &mut draw)?;
        Some(Registration { person, coverages })
    }

    /// Whom the household's insurance is of.
    fn holder(&self, index: u64, household: &Household) -> Option<PersonName> {
        let first = index - household.member;
        let mut draw = Draw::of(self.seed, first);
        let own = Household::of(self.seed, first)?;
        let (sex, _) = own.born(&mut draw)?;
        Some(names_of(&own, sex, &mut draw)?.0)
    }
}

fn names_of(household: &Household, sex: Sex, draw: &mut Draw) -> Option<(PersonName, Kana)> {
    let (men, women) = GIVEN.split_at(GIVEN.len() / 2);
    let given = if sex == Sex::Male { men } else { women };
    let (family, family_kana) = household.family;
    let (given, given_kana) = *draw.one_of(given)?;
    Some((
        PersonName::parse(&format!("{family}　{given}")).ok()?,
        Kana::parse(&format!("{family_kana} {given_kana}")).ok()?,
    ))
}

/// Whole years when a year's certificates begin.
fn age(born: CivilDate, year: Year) -> Option<i32> {
    Some((year.first(0, 8)?.to_epoch_days() - born.to_epoch_days()) / 365)
}

/// What somebody has now and had before, the present one first.
fn coverages(
    index: u64,
    household: &Household,
    (born, year): (CivilDate, Year),
    holder: Option<&PersonName>,
    draw: &mut Draw,
) -> Option<Vec<Coverage>> {
    let age = age(born, year)?;
    let is_very_old = 75 <= age;
    let since = day("2025-04-01")?.max(born);
    let mut present = if is_very_old {
        Kind::VeryOld.coverage(index, since)?
    } else {
        let mut it = household.kind.coverage(household.number, since)?;
        it.branch = Branch::parse(&format!("{:02}", household.member + 1)).ok();
        it.insured_name = holder.cloned();
        it
    };
    let is_insured = household.member == 0 || is_very_old;
    present.relationship = Some(if is_insured {
        Relationship::Insured
    } else {
        Relationship::Family
    });
    let kind = if is_very_old {
        Kind::VeryOld
    } else {
        household.kind
    };
    let share = match age {
        ..6 => 20,
        75.. => *draw.one_of(&[10, 10, 20, 30])?,
        70..=74 => *draw.one_of(&[20, 20, 30])?,
        _ => 30,
    };
    if kind.states_the_share() {
        present.ratio = Ratio::from_percent(share);
    }
    if (0..6).contains(&age) {
        present.preschool = Some(Preschool::BelowSchoolAge);
    }
    certificates(&mut present, year.period(), (age, share), draw)?;
    if draw.one_in(LOST) {
        present.loss = Some(Loss {
            date: day("2026-04-01")?.plus_days(i32::try_from(draw.below(90)).ok()?),
            reason: Some(LossReason::OtherInsurance),
        });
    }
    let mut all = vec![present];
    // Whoever was not born then had nothing before.
    if let Some(earlier) = household.earlier
        && born < day("2021-04-01")?
    {
        // Numbers of their own: what is now and what was may be of one insurer.
        let mut it = earlier.coverage(household.number, day("2021-04-01")?)?;
        it.symbol =
            domain::insured::Symbol::parse(&format!("旧{}", wide(household.number / 1_000 + 1)))
                .ok();
        it.branch = Branch::parse(&format!("{:02}", household.member + 1)).ok();
        it.insured_name = holder.cloned();
        it.relationship = all.first().and_then(|it| it.relationship);
        it.loss = Some(Loss {
            date: since,
            reason: Some(LossReason::OtherInsurance),
        });
        all.push(it);
    }
    Some(all)
}

/// Certificates beside a coverage, for the year that began in August.
fn certificates(
    it: &mut Coverage,
    year: Period,
    (age, share): (i32, u8),
    draw: &mut Draw,
) -> Option<()> {
    if (70..75).contains(&age) {
        it.elderly.push(ElderlyCertificate {
            issued: year.start,
            period: year,
            ratio: Ratio::from_percent(share),
        });
    }
    let category = match age {
        ..70 if draw.one_in(CEILING) => draw.one_of(&[Category::A02, Category::A03, Category::A04]),
        70.. => draw.one_of(&[Category::B04, Category::B05, Category::B10]),
        _ => None,
    };
    if let Some(category) = category {
        it.ceilings.push(CeilingCertificate {
            kind: CertificateKind::Ceiling,
            category: Some(*category),
            issued: year.start,
            period: year,
            long_term_since: None,
        });
    }
    if draw.one_in(DISEASE) {
        it.diseases.push(DiseaseCertificate {
            disease: *draw.one_of(SpecificDisease::ALL)?,
            issued: year.start,
            period: year,
            self_pay_yen: Some(10_000),
        });
    }
    Some(())
}

fn day(text: &str) -> Option<CivilDate> {
    CivilDate::parse_iso(text).ok()
}

/// Full-width digits, as cards print them.
fn wide(number: u64) -> String {
    let digits = number.to_string();
    let wide = digits
        .chars()
        .filter_map(|it| char::from_u32(u32::from(it) + (u32::from('０') - u32::from('0'))));
    wide.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_people_share_key_and_branch_and_a_fifth_lost_their_coverage() {
        let people = Population::new(1);
        let mut keys = BTreeSet::new();
        let (mut lost, mut coverages) = (0, 0);
        for index in 0..20_000 {
            let it = people.person(index).unwrap();
            for coverage in &it.coverages {
                let key = (coverage.key().as_str().to_owned(), coverage.branch);
                assert!(
                    keys.insert(format!("{} {:?}", key.0, key.1.map(|it| it.to_digits()))),
                    "{index}"
                );
                let digit = coverage.insurer.check_digit();
                assert_eq!(digit, domain::insurer_number::CheckDigit::Right, "{index}");
                coverages += 1;
            }
            lost += usize::from(it.coverages[0].loss.is_some());
        }
        assert!((3_700..4_300).contains(&lost), "{lost}");
        assert!((28_000..31_000).contains(&coverages), "{coverages}");
    }

    #[test]
    fn a_household_shares_address_family_name_and_insurance() {
        let people = Population::new(3);
        let of = |index| people.person(index).unwrap();
        // The last four of ten live together.
        for index in [7, 8, 9] {
            let (first, other) = (of(6), of(index));
            assert!(first.person.address == other.person.address);
            let (one, two) = (&first.coverages[0], &other.coverages[0]);
            assert_eq!(one.key().as_str(), two.key().as_str());
            assert!(two.insured_name.as_ref() == Some(&first.person.name));
            assert_ne!(one.branch, two.branch);
        }
    }

    #[test]
    fn nobody_has_two_coverages_on_one_day() {
        let people = Population::new(5);
        for index in 0..2_000 {
            let it = people.person(index).unwrap();
            if let [present, earlier] = &it.coverages[..] {
                assert_eq!(earlier.loss.unwrap().date, present.acquired.unwrap());
                assert_ne!(earlier.insurer, present.insurer, "{index}");
            }
        }
    }

    #[test]
    fn whatever_day_it_is_what_is_issued_for_a_year_is_good() {
        for today in ["2026-11-23", "2027-07-31", "2027-08-01", "2028-02-29"] {
            let today = day(today).unwrap();
            let people = Population::as_of(5, today);
            let (mut elderly, mut ceilings, mut diseases) = (0, 0, 0);
            for index in 0..5_000 {
                for it in people.person(index).unwrap().coverages {
                    let mut periods: Vec<Period> = Vec::new();
                    periods.extend(it.elderly.iter().map(|it| it.period));
                    periods.extend(it.ceilings.iter().map(|it| it.period));
                    periods.extend(it.diseases.iter().map(|it| it.period));
                    for period in periods {
                        assert!(period.contains(today), "{today:?}: {period:?}");
                    }
                    elderly += it.elderly.len();
                    ceilings += it.ceilings.len();
                    diseases += it.diseases.len();
                }
            }
            let all = [elderly, ceilings, diseases];
            assert!(all.iter().all(|count| 0 < *count), "{today:?}: {all:?}");
        }
    }

    #[test]
    fn people_grow_older_and_stay_who_they_are() {
        let (first, later) = (Population::new(5), day("2036-10-01").unwrap());
        let same = Population::as_of(5, day("2027-07-31").unwrap());
        let later = Population::as_of(5, later);
        let mut very_old = [0, 0];
        for index in 0..500 {
            let one = first.person(index).unwrap();
            assert!(one == same.person(index).unwrap(), "{index}");
            let other = later.person(index).unwrap();
            assert!(one.person == other.person, "{index}");
            for (count, it) in very_old.iter_mut().zip([one, other]) {
                let insurer = it.coverages[0].insurer;
                *count += usize::from(domain::claims::is_of_the_very_old(insurer));
            }
        }
        assert!(very_old[0] < very_old[1], "{very_old:?}");
    }

    #[test]
    fn another_seed_makes_other_people() {
        let (one, other) = (Population::new(1), Population::new(2));
        let differs = |index| {
            one.person(index).unwrap().person.birth_date
                != other.person(index).unwrap().person.birth_date
        };
        assert!(90 < (0..100).filter(|index| differs(*index)).count());
    }
}
