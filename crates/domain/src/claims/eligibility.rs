//! Holds a claim against the coverages of its person as of each day of visit: what is wrong, and who would have paid on which day
//! (振替・分割). Ours, not a review body's (claims-format §15); moves no claim, and looks nobody up.

pub mod finding;

use crate::civil_date::CivilDate;
use crate::claims::claim_type::{MainPayer, PersonClass};
use crate::claims::eligibility::finding::{Finding, Rule};
use crate::claims::facts::{CeilingAtWindow, Claim, Confirmation, Insurance};
use crate::claims::{Days, Payer, is_of_the_very_old};
use crate::codes::person::{Relationship, Sex};
use crate::coverage::ratio::Ratio;
use crate::coverage::select::{Selection, select};
use crate::coverage::validity::covers;
use crate::coverage::{Coverage, Registration};
use crate::emergency::matching_form::NameForm;
use crate::insured::branches_fit;

/// Days of visit and the coverage that held on them.
///
/// ```
/// use domain::claims::eligibility::Part;
/// fn insurer_of(part: &Part<'_>) -> String {
///     part.coverage.insurer.as_digits()
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The coverage.
    pub coverage: &'a Coverage,
    /// Its days.
    pub days: Days,
}

/// What to do with a claim whose insurer is not the one that held.
///
/// ```
/// use domain::claims::eligibility::Proposal;
/// assert_eq!(Proposal::Keep, Proposal::Keep);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal<'a> {
    /// Leave it: the coverage it names held on every day, whether or not there was a newer one (the rule for claims since 2022-02).
    Keep,
    /// Move it as a whole (振替): another coverage held on every day.
    Move(&'a Coverage),
    /// Split it (分割): different coverages held on its days.
    Split(Vec<Part<'a>>),
    /// Leave it to a person: on these days no coverage is known, or several are and no rule chooses.
    Decide(Days),
}

/// What is wrong with a claim by the coverages of its person, and what to do.
///
/// ```
/// use domain::claims::eligibility::{Judgement, Proposal};
/// let good = Judgement { findings: Vec::new(), proposal: Proposal::Keep };
/// assert!(good.findings.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What to do.
    pub proposal: Proposal<'a>,
}

/// Judges a claim by the registrations that its matching form leads to ([`Claim::key`]). One of public schemes alone without medical aid
/// is held against nothing. `checked` are the days on which the facility checked the person online in that month.
///
/// ```
/// use domain::claims::{eligibility::{finding::Rule, judge}, facts::Claim};
/// fn nobody_of_this_number(claim: &Claim) -> bool {
///     judge(claim, &[], &[]).findings.iter().any(|it| it.rule == Rule::NotFound)
/// }
/// ```
#[must_use]
pub fn judge<'a>(
    claim: &Claim,
    registrations: &'a [Registration],
    checked: &[CivilDate],
) -> Judgement<'a> {
    let mut findings = Vec::new();
    let mut proposal = Proposal::Keep;
    if claim.insurance.is_none() && claim.medical_aid().next().is_none() {
        return Judgement { findings, proposal };
    }
    match whose(claim, registrations) {
        Ok(registration) => {
            if let Some(insurance) = &claim.insurance {
                proposal = insured(claim, insurance, registration, &mut findings);
            }
            person(claim, registration, &mut findings);
            schemes(claim, registration, &mut findings);
        }
        Err(rule) => {
            findings.push(Finding::of(rule));
            proposal = Proposal::Decide(claim.days());
        }
    }
    if let Some(insurance) = &claim.insurance
        && insurance.confirmation == Confirmation::Missing
        && checked.is_empty()
    {
        findings.push(Finding::of(Rule::NeverConfirmed));
    }
    if proposal != Proposal::Keep && !claim.schemes.is_empty() && claim.insurance.is_some() {
        findings.push(Finding::of(Rule::NotMovedWithScheme));
    }
    Judgement { findings, proposal }
}

/// Whose claim it is; nobody's data are told for another's.
fn whose<'a>(claim: &Claim, registrations: &'a [Registration]) -> Result<&'a Registration, Rule> {
    let named: Vec<&Registration> = registrations
        .iter()
        .filter(|it| it.coverages.iter().any(|coverage| names(claim, coverage)))
        .collect();
    if named.is_empty() {
        return Err(Rule::NotFound);
    }
    let born: Vec<&Registration> = named
        .iter()
        .copied()
        .filter(|it| it.person.birth_date == claim.birth_date)
        .collect();
    match *born.as_slice() {
        [] => Err(born_otherwise(claim, &named)),
        [one] => Ok(one),
        // Twins of one household: the branch, then the reading tell them apart.
        _ => twin(claim, &born).ok_or(Rule::SeveralPeople),
    }
}

/// What is wrong where nobody of the number was born on that day. A household shares its number, and a newborn of it may not be registered
/// yet: only of a member who is known to be meant is the birth date wrong. The very old and medical aid number each person.
fn born_otherwise(claim: &Claim, named: &[&Registration]) -> Rule {
    let is_meant = |it: &Registration| is_of_reading(claim, it) && is_of_sex(claim, it);
    let is_one_persons = |it: &Insurance| is_of_the_very_old(it.insurer);
    if claim.insurance.as_ref().is_none_or(is_one_persons)
        || named.iter().any(|it| is_of_branch(claim, it))
        || only(named, is_meant).is_some()
    {
        Rule::BirthDateDiffers
    } else {
        Rule::NobodyBornThen
    }
}

fn twin<'a>(claim: &Claim, born: &[&'a Registration]) -> Option<&'a Registration> {
    only(born, |it| is_of_branch(claim, it)).or_else(|| only(born, |it| is_of_reading(claim, it)))
}

/// The one who fits; none where several do.
fn only<'a>(
    people: &[&'a Registration],
    fits: impl Fn(&Registration) -> bool,
) -> Option<&'a Registration> {
    let mut fitting = people.iter().copied().filter(|it| fits(it));
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Whether the person is registered under the branch that the claim states.
fn is_of_branch(claim: &Claim, registration: &Registration) -> bool {
    let branch = claim.insurance.as_ref().and_then(|it| it.branch);
    let mut coverages = registration.coverages.iter();
    branch.is_some() && coverages.any(|it| names(claim, it) && it.branch == branch)
}

fn is_of_reading(claim: &Claim, registration: &Registration) -> bool {
    same_kana(claim, registration) == Some(true)
}

/// Whether nothing registered of the person's sex speaks against the claim's.
fn is_of_sex(claim: &Claim, registration: &Registration) -> bool {
    let of = &registration.person;
    let known = [Some(of.sex), of.shown_sex];
    known.contains(&Some(claim.sex)) || known.contains(&Some(Sex::Unset))
}

/// Whether a coverage is the one a claim names.
fn names(claim: &Claim, coverage: &Coverage) -> bool {
    match &claim.insurance {
        Some(insurance) => {
            !coverage.classification.is_medical_aid() && coverage.key() == insurance.key()
        }
        None => claim.medical_aid().any(|it| {
            coverage.insurer == it.bearer
                && it
                    .beneficiary
                    .as_ref()
                    .is_some_and(|number| same_number(coverage, number))
        }),
    }
}

fn same_number(coverage: &Coverage, number: &crate::insured::InsuredNumber) -> bool {
    let key = crate::insured::InsuranceKey::new(coverage.insurer, None, number);
    crate::insured::InsuranceKey::new(coverage.insurer, None, &coverage.number) == key
}

/// What held on the days the insurance pays, day by day, and what follows from it.
fn insured<'a>(
    claim: &Claim,
    insurance: &Insurance,
    registration: &'a Registration,
    findings: &mut Vec<Finding>,
) -> Proposal<'a> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let (mut claimed, mut nothing, mut several) =
        (Days::default(), Days::default(), Days::default());
    for (day, date) in insurance.days.in_month(claim.month) {
        let held: Vec<&Coverage> = registration
            .coverages
            .iter()
            .filter(|it| !it.classification.is_medical_aid() && covers(it, date))
            .collect();
        let own = held.iter().copied().find(|it| names(claim, it));
        let chosen = match own.map_or_else(|| select(&held, date), Selection::One) {
            Selection::One(coverage) => coverage,
            Selection::None => {
                nothing.insert(day);
                continue;
            }
            Selection::Several(_) => {
                several.insert(day);
                continue;
            }
        };
        if own.is_some() {
            claimed.insert(day);
        }
        match parts.iter_mut().find(|it| it.coverage == chosen) {
            Some(part) => part.days.insert(day),
            None => parts.push(Part {
                coverage: chosen,
                days: [day].into_iter().collect(),
            }),
        }
    }
    if !nothing.is_empty() {
        findings.push(Finding::on(Rule::NotInsured, nothing));
    }
    if !several.is_empty() {
        findings.push(Finding::on(Rule::SeveralCoverages, several));
    }
    if let Some(own) = parts.iter().find(|it| names(claim, it.coverage)) {
        details(claim, insurance, own, findings);
    }
    let moved = insurance
        .days
        .without(claimed)
        .without(nothing)
        .without(several);
    if moved.is_empty() && nothing.union(several).is_empty() {
        return Proposal::Keep;
    }
    if !nothing.union(several).is_empty() {
        if !moved.is_empty() {
            findings.push(Finding::on(Rule::OtherInsurer, moved));
        }
        return Proposal::Decide(nothing.union(several));
    }
    match *parts.as_slice() {
        [one] => {
            findings.push(Finding::on(Rule::OtherInsurer, moved));
            Proposal::Move(one.coverage)
        }
        _ => {
            findings.push(Finding::on(Rule::SeveralInsurers, moved));
            Proposal::Split(parts)
        }
    }
}

/// What the coverage that the claim names, and that held, says otherwise.
fn details(claim: &Claim, insurance: &Insurance, own: &Part<'_>, findings: &mut Vec<Finding>) {
    let mut found = |rule| findings.push(Finding::on(rule, own.days));
    let coverage = own.coverage;
    let is_very_old = is_of_the_very_old(coverage.insurer);
    if !branches_fit(insurance.branch, coverage.branch) {
        found(Rule::BranchDiffers);
    } else if insurance.branch.is_none() && coverage.branch.is_some() && !is_very_old {
        found(Rule::BranchMissing);
    }
    if (claim.claim_type.main == MainPayer::VeryOld) != is_very_old {
        found(Rule::TypeDiffers);
    }
    let family = match claim.claim_type.person {
        PersonClass::Insured => Some(Relationship::Insured),
        PersonClass::Family => Some(Relationship::Family),
        PersonClass::Preschool | PersonClass::Elderly | PersonClass::ElderlyLikeWorking => None,
    };
    // National Health Insurance knows householders, not insured persons: 1 and 2 stand for both there.
    if let (Some(stated), Some(known)) = (family, coverage.relationship)
        && stated != known
        && !coverage.insurer.is_national_health_insurance()
    {
        found(Rule::RelationshipDiffers);
    }
    let Some((_, first)) = own.days.in_month(claim.month).next() else {
        return;
    };
    share(claim, coverage, first, &mut found);
    ceiling(claim, coverage, first, &mut found);
}

fn share(claim: &Claim, coverage: &Coverage, day: CivilDate, found: &mut impl FnMut(Rule)) {
    let elderly = coverage.elderly_on(day).and_then(|it| it.ratio);
    let Some(ratio) = elderly.or(coverage.card_on(day).ratio) else {
        return;
    };
    if let Some(benefit) = claim.benefit_percent
        && Ratio::as_percent(ratio).checked_add(benefit) != Some(100)
    {
        found(Rule::BenefitDiffers);
    }
    let is_thirty = ratio.as_percent() == 30;
    let says_thirty = match claim.claim_type.person {
        PersonClass::Elderly => false,
        PersonClass::ElderlyLikeWorking => true,
        PersonClass::Insured | PersonClass::Preschool | PersonClass::Family => return,
    };
    if is_thirty != says_thirty {
        found(Rule::ShareDiffers);
    }
}

fn ceiling(claim: &Claim, coverage: &Coverage, day: CivilDate, found: &mut impl FnMut(Rule)) {
    let known = coverage.ceiling_on(day);
    let category = known.and_then(|it| it.category);
    match (claim.ceiling, category) {
        (Some(stated), Some(category)) if !stated.categories().contains(&category) => {
            found(Rule::CeilingDiffers);
        }
        (None, Some(_)) if claim.ceiling_at_window == CeilingAtWindow::Applied => {
            found(Rule::CeilingNotStated);
        }
        (Some(_) | None, Some(_)) => {}
        (Some(_) | None, None) => {
            if claim.ceiling_at_window == CeilingAtWindow::Applied {
                found(Rule::CeilingUnknown);
            }
        }
    }
}

/// What is registered of the person otherwise.
fn person(claim: &Claim, registration: &Registration, findings: &mut Vec<Finding>) {
    if !is_of_sex(claim, registration) {
        findings.push(Finding::of(Rule::SexDiffers));
    }
    if same_kana(claim, registration) == Some(false) {
        findings.push(Finding::of(Rule::KanaDiffers));
    }
    if claim.claim_type.main == MainPayer::PublicOnly {
        // Such a type tells in hospital from not, and nothing of the person.
        return;
    }
    let Some((_, first)) = claim.days().in_month(claim.month).next() else {
        return;
    };
    let is_preschool = claim.claim_type.person == PersonClass::Preschool;
    if is_preschool != (first <= last_day_before_school(registration.person.birth_date)) {
        findings.push(Finding::of(Rule::PreschoolDiffers));
    }
}

/// Whether the readings are one; `None` where either side has none.
fn same_kana(claim: &Claim, registration: &Registration) -> Option<bool> {
    let form = |it: &crate::person::Kana| NameForm::of(it.as_str());
    let stated = form(claim.kana.as_ref()?)?;
    let of = &registration.person;
    let known = [of.kana.as_ref(), of.kana_of_other.as_ref()];
    let forms: Vec<NameForm> = known.into_iter().flatten().filter_map(form).collect();
    (!forms.is_empty()).then(|| forms.contains(&stated))
}

/// The last day on which a child counts as below school age (未就学者): the first 31st of March on or after the day on which the sixth
/// year is full, which the law takes to be the day before the birthday.
///
/// ```
/// use domain::{civil_date::CivilDate, claims::eligibility::last_day_before_school};
/// let last = last_day_before_school(CivilDate::new(2020, 4, 1).unwrap());
/// assert_eq!(last.to_compact(), "20260331");
/// ```
#[must_use]
pub fn last_day_before_school(born: CivilDate) -> CivilDate {
    let full = born.plus_months(72).plus_days(-1);
    let march = |year| CivilDate::new(year, 3, 31).unwrap_or(full);
    let same_year = march(full.year());
    if full <= same_year {
        same_year
    } else {
        march(full.year() + 1)
    }
}

/// Of public schemes medical aid alone is registered at the center; the others cannot be held against anything.
fn schemes(claim: &Claim, registration: &Registration, findings: &mut Vec<Finding>) {
    for scheme in claim.medical_aid() {
        let of_it = |it: &&Coverage| {
            let number = scheme.beneficiary.as_ref();
            it.classification.is_medical_aid()
                && it.insurer == scheme.bearer
                && number.is_none_or(|number| same_number(it, number))
        };
        let known: Vec<&Coverage> = registration.coverages.iter().filter(of_it).collect();
        let mut without = Days::default();
        for (day, date) in scheme.days.in_month(claim.month) {
            if !known.iter().any(|it| covers(it, date)) {
                without.insert(day);
            }
        }
        if known.is_empty() || !without.is_empty() {
            findings.push(Finding {
                rule: Rule::SchemeNotValid,
                days: if known.is_empty() {
                    scheme.days
                } else {
                    without
                },
                payer: Some(scheme.payer),
            });
        }
    }
}

impl Finding {
    fn of(rule: Rule) -> Self {
        Self::on(rule, Days::default())
    }

    fn on(rule: Rule, days: Days) -> Self {
        Self {
            rule,
            days,
            payer: rule.is_about_the_insurance().then_some(Payer::Insurer),
        }
    }
}

#[cfg(test)]
mod tests;
