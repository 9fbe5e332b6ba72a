//! The people of the receipt-computer interface's sample files, and those the demo asks about. Invents no real insurer.

pub mod medical_information;

use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{CardClassification, LossReason};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::codes::ticket::{Combination, Kind, SocialInsurance, Treatment};
use domain::coverage::certificate::{CeilingCertificate, DiseaseCertificate, ElderlyCertificate};
use domain::coverage::period::Period;
use domain::coverage::ratio::Ratio;
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::institution_code::InstitutionCode;
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::{Ticket, TicketText, TreatmentMonth};
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};

use crate::year::Year;

/// The facility of the samples.
pub const FACILITY: &str = "1319999999";

/// The reference number the facility gave the first person: (person, number).
pub const REFERENCE_NUMBER: (u128, &str) = (1, "000123");

/// The people of the sample files, and some more for the demo.
///
/// Returns an empty list if one of the built-in texts did not parse, which a test rules out.
#[must_use]
pub fn people() -> Vec<Registration> {
    build(Year::OF_FILES).unwrap_or_default()
}

/// The same with what is issued for a year as of a day: nothing of it runs out before the next August.
///
/// Returns an empty list if one of the built-in texts did not parse, which a test rules out.
#[must_use]
pub fn people_as_of(today: CivilDate) -> Vec<Registration> {
    build(Year::of(today)).unwrap_or_default()
}

fn build(year: Year) -> Option<Vec<Registration>> {
    let mut people = vec![taro(year)?, saburo()?, hanako(year)?, jiro(year)?, rare()?];
    for (at, number) in ["４５６９", "４５８０", "４５８１"].into_iter().enumerate() {
        people.push(lost(10 + at as u128, number)?);
    }
    for (at, number) in ["４５８２", "４５８３"].into_iter().enumerate() {
        people.push(changed(20 + at as u128, number)?);
    }
    for (at, number) in ["４５７１", "４５８４", "４５８５"].into_iter().enumerate() {
        let id = 30 + 2 * at as u128;
        people.push(twin(id, "見本　双葉", number, "01")?);
        people.push(twin(id + 1, "見本　三葉", number, "02")?);
    }
    for (at, number) in ["1000001", "1000002", "1000003"].into_iter().enumerate() {
        people.push(aided(40 + at as u128, number)?);
    }
    people.push(ticketed(43, "1000004", year)?);
    Some(people)
}

fn day(text: &str) -> Option<CivilDate> {
    CivilDate::parse_iso(text).ok()
}

fn person(id: u128, name: &str, kana: &str, sex: Sex, birth: &str) -> Option<Person> {
    Some(Person {
        id: PersonId::from_u128(id),
        name: PersonName::parse(name).ok()?,
        name_of_other: None,
        kana: Kana::parse(kana).ok(),
        kana_of_other: None,
        sex,
        shown_sex: None,
        birth_date: day(birth)?,
        address: None,
        postal_code: None,
    })
}

fn at(mut person: Person, address: &str) -> Person {
    person.address = Address::parse(address).ok();
    person.postal_code = PostalCode::parse("100-0000").ok();
    person
}

fn coverage(
    insurer: &str,
    name: &str,
    symbol: Option<&str>,
    number: &str,
    branch: Option<&str>,
) -> Option<Coverage> {
    let mut it = Coverage::new(
        CardClassification::General,
        InsurerNumber::parse(insurer).ok()?,
        InsurerName::parse(name).ok()?,
        InsuredNumber::parse(number).ok()?,
    );
    it.symbol = symbol.and_then(|text| Symbol::parse(text).ok());
    it.branch = branch.and_then(|text| Branch::parse(text).ok());
    Some(it)
}

fn employer(number: &str, insured: &str) -> Option<Coverage> {
    let mut it = coverage(
        "06139992",
        "架空健康保険組合",
        Some("１２３"),
        number,
        Some("01"),
    )?;
    it.relationship = Some(Relationship::Insured);
    it.insured_name = PersonName::parse(insured).ok();
    it.acquired = day("2020-04-01");
    Some(it)
}

fn from(mut coverage: Coverage, start: &str) -> Coverage {
    coverage.issued = day(start);
    coverage.period.start = day(start);
    coverage
}

fn ceiling(
    kind: CertificateKind,
    category: Category,
    period: Period,
    long_term_since: Option<CivilDate>,
) -> CeilingCertificate {
    CeilingCertificate {
        kind,
        category: Some(category),
        issued: period.start,
        period,
        long_term_since,
    }
}

/// Sample 0001: valid, with a ceiling.
fn taro(year: Year) -> Option<Registration> {
    let person = at(
        person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", Sex::Male, "1970-01-02")?,
        "東京都架空区見本町１丁目２番３号",
    );
    let mut it = from(employer("４５６７", "資格　太郎")?, "2020-04-01");
    it.ceilings.push(ceiling(
        CertificateKind::Ceiling,
        Category::A03,
        year.period(),
        None,
    ));
    // Of the sample at a reader; by number it is never answered.
    it.diseases.push(DiseaseCertificate {
        disease: SpecificDisease::from_code("1")?,
        issued: year.first(-1, 4),
        period: Period {
            start: year.first(-1, 4),
            end: year.first(2, 4).map(|it| it.plus_days(-1)),
        },
        self_pay_yen: Some(10_000),
    });
    Some(Registration {
        person,
        coverages: vec![it],
    })
}

/// Sample 0003: lost, a newer coverage exists.
fn saburo() -> Option<Registration> {
    let person = person(2, "資格　三郎", "ｼｶｸ ｻﾌﾞﾛｳ", Sex::Male, "1972-03-04")?;
    let mut old = employer("４５６８", "資格　三郎")?;
    old.loss = Some(Loss {
        date: day("2026-10-01")?,
        reason: Some(LossReason::OtherInsurance),
    });
    let mut new = from(
        coverage("139998", "架空区", Some("架空"), "112233", Some("01"))?,
        "2026-10-01",
    );
    new.acquired = day("2026-10-01");
    Some(Registration {
        person,
        coverages: vec![new, old],
    })
}

/// Sample 0006: elderly (後期高齢者).
fn hanako(year: Year) -> Option<Registration> {
    let person = at(
        person(3, "見本　花子", "ﾐﾎﾝ ﾊﾅｺ", Sex::Female, "1948-03-03")?,
        "東京都架空区見本町９丁目",
    );
    let mut it = coverage(
        "39139993",
        "架空都後期高齢者医療広域連合",
        None,
        "01234567",
        None,
    )?;
    it.acquired = day("2023-03-03");
    it.period = year.period();
    it.issued = it.period.start;
    it.ratio = Ratio::from_percent(10);
    it.ceilings.push(ceiling(
        CertificateKind::CeilingAndMeals,
        Category::B05,
        it.period,
        year.first(0, 9),
    ));
    Some(Registration {
        person,
        coverages: vec![it],
    })
}

/// Sample 0007: National Health Insurance with an elderly recipient certificate.
fn jiro(year: Year) -> Option<Registration> {
    let person = person(4, "見本　次郎", "ﾐﾎﾝ ｼﾞﾛｳ", Sex::Male, "1955-05-05")?;
    let mut it = from(
        coverage("139998", "架空区", Some("架空"), "998877", Some("02"))?,
        "2021-04-01",
    );
    it.relationship = Some(Relationship::Family);
    it.insured_name = PersonName::parse("見本　一郎").ok();
    it.acquired = day("2021-04-01");
    it.elderly.push(ElderlyCertificate {
        issued: year.first(0, 8),
        period: year.period(),
        ratio: Ratio::from_percent(20),
    });
    Some(Registration {
        person,
        coverages: vec![it],
    })
}

/// Lost, nothing newer.
fn lost(id: u128, number: &str) -> Option<Registration> {
    let person = person(id, "見本　四郎", "ﾐﾎﾝ ｼﾛｳ", Sex::Male, "1964-04-04")?;
    let mut it = from(employer(number, "見本　四郎")?, "2020-04-01");
    it.loss = Some(Loss {
        date: day("2026-09-01")?,
        reason: Some(LossReason::Other),
    });
    Some(Registration {
        person,
        coverages: vec![it],
    })
}

/// Lost, a newer coverage exists.
fn changed(id: u128, number: &str) -> Option<Registration> {
    let mut registration = lost(id, number)?;
    let mut new = from(
        coverage("139998", "架空区", Some("架空"), number, Some("01"))?,
        "2026-09-01",
    );
    new.acquired = day("2026-09-01");
    registration.coverages.push(new);
    Some(registration)
}

/// Medical aid without a ticket.
fn aided(id: u128, number: &str) -> Option<Registration> {
    let person = person(id, "見本　五郎", "ﾐﾎﾝ ｺﾞﾛｳ", Sex::Male, "1975-07-07")?;
    let mut it = from(
        coverage("12139995", "架空区福祉事務所", None, number, None)?,
        "2026-04-01",
    );
    it.classification = CardClassification::MedicalAid;
    Some(Registration {
        person,
        coverages: vec![it],
    })
}

/// Medical aid with a ticket for every month of two years.
fn ticketed(id: u128, number: &str, year: Year) -> Option<Registration> {
    let mut registration = aided(id, number)?;
    let facility = InstitutionCode::parse(FACILITY).ok()?;
    let first = year.first(0, 4)?;
    let tickets = (0..24).map(|months| {
        let month = TreatmentMonth::of(first.plus_months(months));
        let mut it = Ticket::new(facility, month);
        it.kind = Some(Kind::Treatment);
        it.period.start = Some(month.first_day());
        it.period.end = Some(first.plus_months(months + 1).plus_days(-1));
        it.issue_number = TicketText::parse(&format!("{:07}", 1_200 + months)).ok();
        it.facility_name = TicketText::parse("見本診療所").ok();
        it.treatment = Some(Treatment::Outpatient);
        it.self_pay_yen = Some(1_000);
        it.handling_contact = TicketText::parse("架空　担当").ok();
        it.combination = Some(Combination::Alone);
        it.social_insurance = Some(SocialInsurance::Absent);
        it
    });
    let tickets = tickets.collect();
    registration.coverages.first_mut()?.tickets = tickets;
    Some(registration)
}

/// A name of rare characters and variants, which stays as it is.
fn rare() -> Option<Registration> {
    let name = "髙﨑　德𠮷葛\u{E0100}";
    let person = at(
        person(6, name, "ﾀｶｻｷ ﾄｸﾖｼｶﾂ", Sex::Male, "1988-08-08")?,
        "東京都架空区辻\u{E0101}町６丁目",
    );
    Some(Registration {
        person,
        coverages: vec![from(employer("４５７０", name)?, "2020-04-01")],
    })
}

/// Two people of one birth date whose branch alone tells them apart.
fn twin(id: u128, name: &str, number: &str, branch: &str) -> Option<Registration> {
    let person = person(id, name, "ﾐﾎﾝ ﾌﾀﾊﾞ", Sex::Female, "2019-02-02")?;
    let mut it = coverage(
        "06139992",
        "架空健康保険組合",
        Some("１２３"),
        number,
        Some(branch),
    )?;
    it.relationship = Some(Relationship::Family);
    it.acquired = day("2019-02-02");
    Some(Registration {
        person,
        coverages: vec![it],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_has_a_coverage_and_numbers_that_no_insurer_has() {
        assert_eq!(people().len(), 20);
        for registration in people() {
            assert!(!registration.coverages.is_empty());
            for coverage in registration.coverages {
                let known = ["06139992", "139998", "39139993", "12139995"]
                    .contains(&&*coverage.insurer.as_digits());
                assert!(known);
            }
        }
    }

    #[test]
    fn whatever_day_it_is_what_is_issued_for_a_year_is_good() {
        for today in [
            "2026-11-23",
            "2027-07-31",
            "2027-08-01",
            "2028-02-29",
            "2031-12-31",
        ] {
            let today = day(today).unwrap();
            let people = people_as_of(today);
            assert_eq!(people.len(), 20);
            for it in people.iter().flat_map(|it| &it.coverages) {
                let mut periods = vec![it.period];
                periods.extend(it.elderly.iter().map(|it| it.period));
                periods.extend(it.ceilings.iter().map(|it| it.period));
                periods.extend(it.diseases.iter().map(|it| it.period));
                for period in periods {
                    assert!(period.contains(today), "{today:?}: {period:?}");
                }
                let of_month = |it: &Ticket| it.month == TreatmentMonth::of(today);
                assert!(it.tickets.is_empty() || it.tickets.iter().any(of_month));
            }
        }
    }

    #[test]
    fn the_people_of_the_sample_files_stay_as_of_their_day() {
        let same = people() == people_as_of(day("2026-11-23").unwrap());
        assert!(same);
        let hanako = &people()[2].coverages[0];
        let (start, end) = (day("2026-08-01"), day("2027-07-31"));
        assert_eq!(hanako.period, Period { start, end });
        assert_eq!(hanako.issued, start);
        assert_eq!(hanako.ceilings[0].long_term_since, day("2026-09-01"));
        let disease = &people()[0].coverages[0].diseases[0];
        assert_eq!(disease.period.end, day("2028-03-31"));
    }
}
