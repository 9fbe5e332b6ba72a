//! The made-up insured people the cards belong to. Their numbers belong to no insurer, their address to no town.

use domain::civil_date::CivilDate;
use domain::codes::coverage::{CardClassification, LossReason};
use domain::codes::disease::SpecificDisease;
use domain::codes::person::{Relationship, Sex};
use domain::coverage::certificate::DiseaseCertificate;
use domain::coverage::period::Period;
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_information::MedicalInformation;
use domain::person::{Address, Kana, Person, PersonId, PersonName, PostalCode};
use domain::questions::{Holding, Holdings};

use crate::card::NotMade;
use crate::card::case::Case;
use crate::card::persona::Holder;
use crate::history::rich;
use crate::samples::medical_information::usual;

/// Holders' identifiers start here, between those of the samples and of the populations.
const FIRST_ID: u64 = 0x200;

const INSURER: &str = "06139992";
const SYMBOL: &str = "１２３";
const BRANCH: &str = "01";
const ADDRESS: &str = "東京都架空区見本町５丁目６番７号";

/// Name, kana, sex and date of birth of the holder of a case.
fn row(case: Case) -> Option<(&'static str, &'static str, Sex, &'static str)> {
    Some(match case {
        Case::Valid => ("見本　一花", "ﾐﾎﾝ ｲﾁｶ", Sex::Female, "1980-02-17"),
        Case::Everything => ("見本　百恵", "ﾐﾎﾝ ﾓﾓｴ", Sex::Female, "1958-10-09"),
        Case::Locked => ("見本　錠", "ﾐﾎﾝ ｼﾞｮｳ", Sex::Male, "1949-04-12"),
        Case::LastTry => ("見本　際", "ﾐﾎﾝ ｷﾜ", Sex::Female, "1951-06-23"),
        Case::ExpiredRecently => ("見本　過", "ﾐﾎﾝ ｽｸﾞﾙ", Sex::Male, "1976-10-01"),
        Case::ExpiredLong => ("見本　久", "ﾐﾎﾝ ﾋｻｼ", Sex::Male, "1969-05-30"),
        Case::Revoked => ("見本　失太", "ﾐﾎﾝ ｼｯﾀ", Sex::Male, "1991-01-15"),
        Case::NoPin => ("見本　顔子", "ﾐﾎﾝ ｶｵｺ", Sex::Female, "1938-12-03"),
        Case::NoCoverage => ("見本　無二", "ﾐﾎﾝ ﾑﾆ", Sex::Male, "1985-07-19"),
        Case::Several => ("見本　並", "ﾐﾎﾝ ﾅﾐ", Sex::Female, "1996-03-08"),
        Case::Clone => ("見本　写", "ﾐﾎﾝ ｳﾂﾙ", Sex::Male, "1973-11-21"),
        Case::Android => ("見本　安藤", "ﾐﾎﾝ ｱﾝﾄﾞｳ", Sex::Male, "1999-09-09"),
        Case::Iphone => ("見本　愛", "ﾐﾎﾝ ｱｲ", Sex::Female, "2001-01-23"),
        Case::Renewed => ("見本　新", "ﾐﾎﾝ ｱﾗﾀ", Sex::Male, "1988-04-25"),
        Case::AboutToExpire => ("見本　間近", "ﾐﾎﾝ ﾏﾁｶ", Sex::Female, "1979-12-24"),
        Case::RareName => ("𠮷髙　葛\u{E0100}子", "ﾖｼﾀｶ ｶﾂｺ", Sex::Female, "1966-08-06"),
        Case::Unregistered | Case::NotAMyNumberCard => return None,
    })
}

/// The holder of a case; none where the center knows nobody.
#[must_use]
pub fn registration(case: Case) -> Option<Registration> {
    let (name, kana, sex, birth_date) = row(case)?;
    let person = Person {
        id: PersonId::from_u128(u128::from(identifier(case))),
        name: PersonName::parse(name).ok()?,
        name_of_other: None,
        kana: Kana::parse(kana).ok(),
        kana_of_other: None,
        sex,
        shown_sex: None,
        birth_date: day(birth_date)?,
        address: Address::parse(ADDRESS).ok(),
        postal_code: PostalCode::parse("100-0000").ok(),
    };
    let mut coverages = vec![coverage(INSURER, &number(case), name)?];
    if case == Case::Several {
        // Same issue date, same period, neither municipal: G23 has no way to choose.
        coverages.push(coverage(INSURER, &number(Case::Unregistered), name)?);
    }
    if case == Case::Everything {
        for it in &mut coverages {
            it.diseases.push(DiseaseCertificate {
                disease: SpecificDisease::from_code("1")?,
                issued: day("2024-04-01"),
                period: Period {
                    start: day("2024-04-01"),
                    end: None,
                },
                self_pay_yen: Some(10_000),
            });
        }
    }
    if case == Case::NoCoverage {
        for it in &mut coverages {
            it.loss = Some(Loss {
                date: day("2026-09-01")?,
                reason: Some(LossReason::Other),
            });
        }
    }
    Some(Registration { person, coverages })
}

/// What the center holds of them beside their coverages; the specified disease is a certificate of the coverage.
#[must_use]
pub fn holdings(case: Case) -> Holdings {
    let usual = [Holding::Treatment, Holding::Drugs, Holding::Checkups];
    let rest = [Holding::MedicalSubsidy, Holding::Surgery];
    match case {
        Case::Everything => usual.into_iter().chain(rest).collect(),
        Case::Unregistered | Case::NotAMyNumberCard => Holdings::new(),
        _ => usual.into(),
    }
}

/// What is known of the holder of a case, as of a day: of whoever is said to have drugs and checkups.
#[must_use]
pub fn medical_information(case: Case, today: CivilDate) -> Option<(PersonId, MedicalInformation)> {
    let held = holdings(case);
    let holder = registration(case).filter(|_| held.contains(&Holding::Drugs))?;
    let mut information = match case {
        // The first ones anybody tries.
        Case::Valid | Case::Everything => rich(today)?,
        _ => usual(today)?,
    };
    if !held.contains(&Holding::Surgery) {
        information.surgeries.clear();
    }
    Some((holder.person.id, information))
}

/// All holders, to be registered beside the people of the samples.
#[must_use]
pub fn all() -> Vec<Registration> {
    Case::ALL.into_iter().filter_map(registration).collect()
}

/// The holder of a case as a persona names them. A card the center does not know has a holder on its face all the same.
pub(crate) fn of(case: Case) -> Result<Option<Holder>, NotMade> {
    let (name, sex, birth_date) = match (case, row(case)) {
        (Case::NotAMyNumberCard, _) => return Ok(None),
        (Case::Unregistered, _) => ("見本　未登", Sex::Male, "1993-05-14"),
        (_, Some((name, _, sex, birth_date))) => (name, sex, birth_date),
        (_, None) => return Err(NotMade::BuiltIn("holder")),
    };
    Ok(Some(Holder {
        person: identifier(case),
        name: name.into(),
        address: ADDRESS.into(),
        birth_date: birth_date.into(),
        sex: sex.code().into(),
        insurer_number: INSURER.into(),
        symbol: SYMBOL.into(),
        number: number(case),
        branch: BRANCH.into(),
    }))
}

fn identifier(case: Case) -> u64 {
    FIRST_ID + u64::from(case.number())
}

/// Full-width digits, as cards print them.
fn number(case: Case) -> String {
    let digits = (5000 + case.number()).to_string();
    let wide = digits
        .chars()
        .filter_map(|it| char::from_u32(u32::from(it) + (u32::from('０') - u32::from('0'))));
    wide.collect()
}

fn coverage(insurer: &str, number: &str, insured: &str) -> Option<Coverage> {
    let mut it = Coverage::new(
        CardClassification::General,
        InsurerNumber::parse(insurer).ok()?,
        InsurerName::parse("架空健康保険組合").ok()?,
        InsuredNumber::parse(number).ok()?,
    );
    it.symbol = Symbol::parse(SYMBOL).ok();
    it.branch = Branch::parse(BRANCH).ok();
    it.relationship = Some(Relationship::Insured);
    it.insured_name = PersonName::parse(insured).ok();
    it.acquired = day("2020-04-01");
    it.issued = it.acquired;
    it.period.start = it.acquired;
    Some(it)
}

fn day(text: &str) -> Option<CivilDate> {
    CivilDate::parse_iso(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_but_two_has_a_registered_holder() {
        assert_eq!(all().len(), Case::ALL.len() - 2);
        let several = registration(Case::Several).unwrap();
        assert_eq!(several.coverages.len(), 2);
        let everything = registration(Case::Everything).unwrap();
        assert_eq!(everything.coverages[0].diseases.len(), 1);
        assert_eq!(holdings(Case::Everything).len(), 5);
    }

    /// Otherwise the reader would ask about nothing, or not about what is there.
    #[test]
    fn what_is_said_to_exist_exists_and_nothing_else() {
        let today = CivilDate::new(2026, 11, 26).unwrap();
        for case in Case::ALL {
            let held = holdings(case);
            let it = medical_information(case, today)
                .map(|it| it.1)
                .unwrap_or_default();
            let days = || it.drugs.iter().flat_map(|it| &it.days);
            let exists = [
                (Holding::Drugs, days().any(|day| !day.drugs.is_empty())),
                (
                    Holding::Treatment,
                    days().any(|day| !day.treatments.is_empty()),
                ),
                (Holding::Surgery, !it.surgeries.is_empty()),
                (Holding::Checkups, !it.checkups.is_empty()),
            ];
            for (holding, exists) in exists {
                assert_eq!(held.contains(&holding), exists, "{case:?} {holding:?}");
            }
        }
    }

    #[test]
    fn a_persona_names_its_holder_as_the_registry_does() {
        for case in Case::ALL {
            let Some(registered) = registration(case) else {
                continue;
            };
            let named = of(case).unwrap().unwrap();
            assert_eq!(u128::from(named.person), registered.person.id.as_u128());
            assert_eq!(named.name, registered.person.name.as_str());
            assert_eq!(named.number, registered.coverages[0].number.as_str());
            assert_eq!(named.birth_date, registered.person.birth_date.to_string());
        }
    }
}
