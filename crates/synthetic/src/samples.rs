//! The people of the receipt-computer interface's sample files, and those the demo asks about. Invents no real insurer.

pub mod medical_information;

use domain::certificate::{
    CeilingCertificate, DiseaseCertificate, ElderlyCertificate, Period, Ratio,
};
use domain::civil_date::CivilDate;
use domain::codes::ceiling::{Category, CertificateKind};
use domain::codes::coverage::{CardClassification, LossReason};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::codes::ticket::{Combination, Kind, SocialInsurance, Treatment};
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::institution_code::InstitutionCode;
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::{Ticket, TicketText, TreatmentMonth};
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};

/// The facility of the samples.
pub const FACILITY: &str = "1319999999";

/// The reference number the facility gave the first person: (person, number).
pub const REFERENCE_NUMBER: (u128, &str) = (1, "000123");

/// The people of the sample files, and some more for the demo.
///
/// Returns an empty list if one of the built-in texts did not parse, which a test rules out.
#[must_use]
pub fn people() -> Vec<Registration> {
    build().unwrap_or_default()
}

fn build() -> Option<Vec<Registration>> {
    let mut people = vec![taro()?, saburo()?, hanako()?, jiro()?, rare()?];
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
    people.push(ticketed(43, "1000004")?);
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

fn this_year() -> Period {
    Period {
        start: day("2026-08-01"),
        end: day("2027-07-31"),
    }
}

fn ceiling(
    kind: CertificateKind,
    category: Category,
    long_term: Option<&str>,
) -> CeilingCertificate {
    CeilingCertificate {
        kind,
        category: Some(category),
        issued: day("2026-08-01"),
        period: this_year(),
        long_term_since: long_term.and_then(day),
    }
}

/// Sample 0001: valid, with a ceiling.
fn taro() -> Option<Registration> {
    let person = at(
        person(1, "資格　太郎", "ｼｶｸ ﾀﾛｳ", Sex::Male, "1970-01-02")?,
        "東京都架空区見本町１丁目２番３号",
    );
    let mut it = from(employer("４５６７", "資格　太郎")?, "2020-04-01");
    it.ceilings
        .push(ceiling(CertificateKind::Ceiling, Category::A03, None));
    // Of the sample at a reader; by number it is never answered.
    it.diseases.push(DiseaseCertificate {
        disease: SpecificDisease::from_code("1")?,
        issued: day("2025-04-01"),
        period: Period {
            start: day("2025-04-01"),
            end: day("2028-03-31"),
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
fn hanako() -> Option<Registration> {
    let person = at(
        person(3, "見本　花子", "ﾐﾎﾝ ﾊﾅｺ", Sex::Female, "1948-03-03")?,
        "東京都架空区見本町９丁目",
    );
    let mut it = from(
        coverage(
            "39139993",
            "架空都後期高齢者医療広域連合",
            None,
            "01234567",
            None,
        )?,
        "2026-08-01",
    );
    it.acquired = day("2023-03-03");
    it.period = this_year();
    it.ratio = Ratio::from_percent(10);
    it.ceilings.push(ceiling(
        CertificateKind::CeilingAndMeals,
        Category::B05,
        Some("2026-09-01"),
    ));
    Some(Registration {
        person,
        coverages: vec![it],
    })
}

/// Sample 0007: National Health Insurance with an elderly recipient certificate.
fn jiro() -> Option<Registration> {
    let person = person(4, "見本　次郎", "ﾐﾎﾝ ｼﾞﾛｳ", Sex::Male, "1955-05-05")?;
    let mut it = from(
        coverage("139998", "架空区", Some("架空"), "998877", Some("02"))?,
        "2021-04-01",
    );
    it.relationship = Some(Relationship::Family);
    it.insured_name = PersonName::parse("見本　一郎").ok();
    it.acquired = day("2021-04-01");
    it.elderly.push(ElderlyCertificate {
        issued: day("2026-08-01"),
        period: this_year(),
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
fn ticketed(id: u128, number: &str) -> Option<Registration> {
    let mut registration = aided(id, number)?;
    let facility = InstitutionCode::parse(FACILITY).ok()?;
    let first = day("2026-04-01")?;
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
}
