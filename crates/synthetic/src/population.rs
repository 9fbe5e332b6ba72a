//! A population of any size: person `n` of seed `s` is always the same. Prefecture 99 does not exist, so no insurer here is a real one.

use domain::certificate::{CeilingCertificate, Period};
use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::CardClassification;
use domain::codes::person::{Relationship, Sex};
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::{InsurerNumber, check_digit};
use domain::person::{Kana, Person, PersonId, PersonName};

use crate::draw::Draw;

/// Insurers of a population.
const INSURERS: u64 = 40;

/// Identifiers of a population start here, above those of the samples.
const FIRST_ID: u128 = 1 << 32;

/// One in this many people lost the coverage.
const LOST: u64 = 5;

/// One in this many people has a ceiling certificate.
const CEILING: u64 = 7;

/// Family names with kana; some hold characters beyond JIS X 0208, as real registers do.
const FAMILY: [(&str, &str); 24] = [
    ("佐藤", "ｻﾄｳ"),
    ("鈴木", "ｽｽﾞｷ"),
    ("髙橋", "ﾀｶﾊｼ"),
    ("田中", "ﾀﾅｶ"),
    ("渡邉", "ﾜﾀﾅﾍﾞ"),
    ("渡邊", "ﾜﾀﾅﾍﾞ"),
    ("伊藤", "ｲﾄｳ"),
    ("山本", "ﾔﾏﾓﾄ"),
    ("中村", "ﾅｶﾑﾗ"),
    ("小林", "ｺﾊﾞﾔｼ"),
    ("加藤", "ｶﾄｳ"),
    ("𠮷田", "ﾖｼﾀﾞ"),
    ("山﨑", "ﾔﾏｻﾞｷ"),
    ("德永", "ﾄｸﾅｶﾞ"),
    ("濵田", "ﾊﾏﾀﾞ"),
    ("齋藤", "ｻｲﾄｳ"),
    ("齊藤", "ｻｲﾄｳ"),
    ("神﨑", "ｶﾝｻﾞｷ"),
    ("葛󠄀城", "ｶﾂﾗｷﾞ"),
    ("桒原", "ｸﾜﾊﾗ"),
    ("槗本", "ﾊｼﾓﾄ"),
    ("草彅", "ｸｻﾅｷﾞ"),
    ("邊見", "ﾍﾝﾐ"),
    ("松本", "ﾏﾂﾓﾄ"),
];

/// Given names with kana; the first half is given to men here, the second to women.
const GIVEN: [(&str, &str); 16] = [
    ("一郎", "ｲﾁﾛｳ"),
    ("健太", "ｹﾝﾀ"),
    ("翔", "ｼｮｳ"),
    ("大輔", "ﾀﾞｲｽｹ"),
    ("蓮", "ﾚﾝ"),
    ("湊", "ﾐﾅﾄ"),
    ("茂", "ｼｹﾞﾙ"),
    ("祐󠄀介", "ﾕｳｽｹ"),
    ("花子", "ﾊﾅｺ"),
    ("美咲", "ﾐｻｷ"),
    ("陽菜", "ﾋﾅ"),
    ("結衣", "ﾕｲ"),
    ("さくら", "ｻｸﾗ"),
    ("和子", "ｶｽﾞｺ"),
    ("久美子", "ｸﾐｺ"),
    ("葵", "ｱｵｲ"),
];

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
}

impl Population {
    /// The population of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Person `index` with the one coverage they have or had. A fifth of all have lost it.
    ///
    /// `None` only if a built-in text did not parse, which a test rules out.
    #[must_use]
    pub fn person(&self, index: u64) -> Option<Registration> {
        let mut draw = Draw::of(self.seed, index);
        let (family, family_kana) = *draw.one_of(&FAMILY)?;
        let at = usize::try_from(draw.below(GIVEN.len() as u64)).ok()?;
        let (given, given_kana) = *GIVEN.get(at)?;
        let sex = if at < GIVEN.len() / 2 {
            Sex::Male
        } else {
            Sex::Female
        };
        let born = day("1955-01-01")?.plus_days(i32::try_from(draw.below(25_000)).ok()?);
        let person = Person {
            id: PersonId::from_u128(FIRST_ID + u128::from(index)),
            name: PersonName::parse(&format!("{family}　{given}")).ok()?,
            name_of_other: None,
            kana: Kana::parse(&format!("{family_kana} {given_kana}")).ok(),
            kana_of_other: None,
            sex,
            shown_sex: None,
            birth_date: born,
            address: None,
            postal_code: None,
        };
        Some(Registration {
            person,
            coverages: vec![coverage(index, &mut draw)?],
        })
    }
}

/// A coverage whose insurer, symbol and number belong to this index alone.
fn coverage(index: u64, draw: &mut Draw) -> Option<Coverage> {
    let body = 699_000 + index % INSURERS;
    let insurer = u32::try_from(body * 10).ok()? + check_digit(body);
    let rest = index / INSURERS;
    let mut it = Coverage::new(
        CardClassification::General,
        InsurerNumber::from_u32(insurer).ok()?,
        InsurerName::parse("架空広域健康保険組合").ok()?,
        InsuredNumber::parse(&wide(rest % 1_000 + 1)).ok()?,
    );
    it.symbol = Symbol::parse(&wide(rest / 1_000 + 1)).ok();
    it.branch = Branch::parse("01").ok();
    it.relationship = Some(Relationship::Insured);
    it.acquired = day("2025-04-01");
    it.issued = it.acquired;
    it.period.start = it.acquired;
    if draw.below(LOST) == 0 {
        let date = day("2026-04-01")?.plus_days(i32::try_from(draw.below(90)).ok()?);
        it.loss = Some(Loss { date, reason: None });
    }
    if draw.below(CEILING) == 0 {
        it.ceilings.push(CeilingCertificate {
            kind: CertificateKind::Ceiling,
            category: Some(Category::A03),
            issued: day("2026-08-01"),
            period: Period {
                start: day("2026-08-01"),
                end: day("2027-07-31"),
            },
            long_term_since: None,
        });
    }
    Some(it)
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
    fn every_person_has_a_key_of_their_own_and_a_fifth_lost_it() {
        let people = Population::new(1);
        let mut keys = BTreeSet::new();
        let mut lost = 0;
        for index in 0..20_000 {
            let it = people.person(index).unwrap();
            let coverage = &it.coverages[0];
            assert!(keys.insert(coverage.key().as_str().to_owned()));
            assert_eq!(
                coverage.insurer.check_digit(),
                domain::insurer_number::CheckDigit::Right
            );
            lost += usize::from(coverage.loss.is_some());
        }
        assert!((3_700..4_300).contains(&lost), "{lost}");
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
