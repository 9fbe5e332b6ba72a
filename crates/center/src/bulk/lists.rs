//! Consented lists (interface §2.6): whom a list is about is found once, then each is answered as a check by card is, with what they agreed
//! to. Those of home and remote care stand on what was agreed at home or from afar, that of medical aid on tickets.

use domain::bulk::{BulkFailure, BulkKind, Days, ListQuestion};
use domain::check::evaluate_card;
use domain::civil_date::{CivilDate, Instant};
use domain::codes::consent::Viewing;
use domain::coverage::Registration;
use domain::home_care::Care;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::kind::InformationKind;
use domain::permit::{AskInBulk, Permit};
use domain::person::PersonId;
use domain::questions::{Choice, Question};
use exchange::answer::consents::{Consents, Given, Providing};
use exchange::answer::coverage::{Beside, CeilingConsent};
use exchange::error_code::ErrorCode;
use exchange::tables::found_coverage::FoundCoverage;
use serde::{Deserialize, Serialize};
use store::bulk::Order;
use store::bulk::work::{Consented, ListedBy};

use super::PART_LINES;
use super::checks::{Recording, answers, permit, record, refused, unit};
use super::work::Worked;
use crate::app::App;
use crate::trouble::{Refused, absent, internal, stopped, unreadable};

/// Whom a list is about, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
enum Kept {
    Consents(String, String),
    Examinations(String, String),
    Month(String),
}

/// Somebody of a list, as they are kept until their line is worked off.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// A UUID.
    person: String,
    /// When they were checked by card, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    consents: Vec<(String, String, i64, i64)>,
    /// Kinds of medical information whose consent was withdrawn before the list was made.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    withdrawn: Vec<String>,
}

/// The form a question is kept in.
pub(super) fn pack(question: ListQuestion) -> String {
    let kept = match question {
        ListQuestion::Consents(days) => {
            Kept::Consents(days.from().to_string(), days.to().to_string())
        }
        ListQuestion::Examinations(days) => {
            Kept::Examinations(days.from().to_string(), days.to().to_string())
        }
        ListQuestion::TreatmentMonth(month) => Kept::Month(month.to_iso()),
    };
    // Texts alone: writing them cannot fail.
    serde_json::to_string(&kept).unwrap_or_default()
}

fn unpack(kept: &str) -> Option<ListQuestion> {
    let days = |from: &str, to: &str| {
        Days::new(
            CivilDate::parse_iso(from).ok()?,
            CivilDate::parse_iso(to).ok()?,
        )
    };
    Some(match serde_json::from_str(kept).ok()? {
        Kept::Consents(from, to) => ListQuestion::Consents(days(&from, &to)?),
        Kept::Examinations(from, to) => ListQuestion::Examinations(days(&from, &to)?),
        Kept::Month(month) => ListQuestion::TreatmentMonth(TreatmentMonth::parse_iso(&month)?),
    })
}

/// Finds whom a list is about. More than an order may have lines is a failure as a whole: nobody is left out in silence.
pub(super) async fn fill(app: &App, order: &Order) -> Result<(), Refused> {
    let most = app.link.lines() as usize;
    let (reader, asked) = (app.clone(), order.clone());
    let found = tokio::task::spawn_blocking(move || people(&reader, &asked, most + 1));
    let lines = found
        .await
        .map_err(stopped("the finding of people stopped"))??;
    let now = app.now();
    if most < lines.len() {
        app.engine
            .fail_order(order, BulkFailure::TooMany, now)
            .await?;
        return Ok(());
    }
    let parts: Result<Vec<Vec<u8>>, _> = lines.chunks(PART_LINES).map(serde_json::to_vec).collect();
    let parts = parts.map_err(internal("a list is not written"))?;
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    app.engine.fill_list(order, count, parts, now).await?;
    Ok(())
}

fn people(app: &App, order: &Order, limit: usize) -> Result<Vec<Line>, Refused> {
    let permit = permit(order)?;
    let question = order.list.as_deref().and_then(unpack);
    let question = question.ok_or_else(absent("the question of a list"))?;
    Ok(match question {
        ListQuestion::Consents(days) => {
            let of = (care(order.kind)?, ListedBy::Consent, days);
            let found = app.engine.consented(&permit, of, limit)?;
            found.iter().map(Line::of).collect()
        }
        ListQuestion::Examinations(days) => {
            let of = (care(order.kind)?, ListedBy::Examination, days);
            let found = app.engine.consented(&permit, of, limit)?;
            found.iter().map(Line::of).collect()
        }
        ListQuestion::TreatmentMonth(month) => {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let found = app.engine.ticket_holders(&permit, month, limit)?;
            found.into_iter().map(Line::without_consents).collect()
        }
    })
}

/// The care a list is about.
fn care(kind: BulkKind) -> Result<Care, Refused> {
    match kind {
        BulkKind::HomeVisits => Ok(Care::HomeVisit),
        BulkKind::RemoteCare => Ok(Care::RemoteCare),
        BulkKind::Checks | BulkKind::ReferenceNumbers | BulkKind::MedicalAid => {
            Err(Refused::internal("an order without a list", &kind.as_str()))
        }
    }
}

/// Works off the people of a part.
pub(super) fn work(app: &App, order: &Order, content: &[u8]) -> Result<Worked, Refused> {
    let permit = permit(order)?;
    let lines: Vec<Line> =
        serde_json::from_slice(content).map_err(unreadable("a part of an order"))?;
    let (mut checks, mut units) = (Vec::new(), Vec::new());
    for line in lines {
        match check(app, &permit, order, &line)? {
            Some((check, unit)) => {
                checks.push(check);
                units.push(unit);
            }
            // Registered when the list was made, and no more.
            None => units.push(refused(&ErrorCode::NoSuchCoverage.plain())),
        }
    }
    Ok(Worked {
        checks,
        answers: answers(units),
    })
}

type Done = (
    store::checks::NewCheck,
    exchange::tables::bulk_check::CheckUnit,
);

fn check(
    app: &App,
    permit: &Permit<AskInBulk>,
    order: &Order,
    line: &Line,
) -> Result<Option<Done>, Refused> {
    let person = uuid::Uuid::parse_str(&line.person).map_err(internal("the person of a line"))?;
    let person = PersonId::from_u128(person.as_u128());
    let Some(found) = app.engine.registered(permit, person)? else {
        return Ok(None);
    };
    let day = day_of(order);
    let registration = match order.kind {
        BulkKind::MedicalAid => of_medical_aid(found.registration),
        BulkKind::Checks
        | BulkKind::ReferenceNumbers
        | BulkKind::HomeVisits
        | BulkKind::RemoteCare => found.registration,
    };
    let finding = evaluate_card(&registration, permit.facility(), day);
    let now = app.now();
    let shown = finding.entries.first();
    let consents = line.consents(shown.map(|entry| entry.coverage), (day, now))?;
    let checked = line.checked.map(Instant::from_micros);
    let beside = Beside {
        ceiling: checked.map_or(CeilingConsent::None, CeilingConsent::ByCard),
        consents: consents.as_ref(),
    };
    let number = found.reference_number.as_deref();
    let recording = Recording {
        finding: &finding,
        number,
        insurer: shown
            .map(|entry| entry.coverage.insurer.as_digits())
            .unwrap_or_default(),
        visit_date: day,
        // Nothing was asked about this person: the order asks for all of the list.
        question: format!("{{\"list\":\"{}\"}}", order.reception),
        remarks: Vec::new(),
    };
    let (check, mut coverages) = record(app, permit, recording, Some(&beside))?;
    for coverage in &mut coverages {
        line.mark_expired(coverage, now);
    }
    let unit = unit(check.verdict, coverages, number);
    Ok(Some((check, unit)))
}

/// The day of the order; of medical aid's list the day of its month that is nearest to it.
fn day_of(order: &Order) -> CivilDate {
    let Some(ListQuestion::TreatmentMonth(month)) = order.list.as_deref().and_then(unpack) else {
        return order.day;
    };
    let first = month.first_day();
    let next = TreatmentMonth::of(first.plus_days(31)).first_day();
    order.day.clamp(first, next.plus_days(-1))
}

/// Of the person's coverages those of medical aid: the list is about them, whatever insurance stands beside.
fn of_medical_aid(registration: Registration) -> Registration {
    let coverages = registration.coverages.into_iter();
    Registration {
        person: registration.person,
        coverages: coverages
            .filter(|it| it.classification.is_medical_aid())
            .collect(),
    }
}

impl Line {
    fn of(consented: &Consented) -> Self {
        let consents = consented.consents.iter().map(|it| {
            let (question, choice) = (it.answered.question.as_str(), it.answered.choice.as_str());
            let (at, until) = (it.at.as_micros(), it.valid_until.as_micros());
            (question.to_owned(), choice.to_owned(), at, until)
        });
        Self {
            consents: consents.collect(),
            checked: Some(consented.checked.as_micros()),
            withdrawn: consented
                .withdrawn
                .iter()
                .map(|it| it.as_str().into())
                .collect(),
            ..Self::without_consents(consented.person)
        }
    }

    fn without_consents(person: PersonId) -> Self {
        Self {
            person: uuid::Uuid::from_u128(person.as_u128()).to_string(),
            checked: None,
            consents: Vec::new(),
            withdrawn: Vec::new(),
        }
    }

    /// What the person agreed to, in the interface's groups; of a person who was not asked, nothing.
    fn consents(
        &self,
        coverage: Option<&domain::coverage::Coverage>,
        (day, now): (CivilDate, Instant),
    ) -> Result<Option<Consents>, Refused> {
        if self.checked.is_none() {
            return Ok(None);
        }
        let mut told = Consents::default();
        for (question, choice, at, until) in &self.consents {
            let question =
                Question::parse(question).ok_or_else(absent("the question of a consent"))?;
            let choice = Choice::parse(choice).ok_or_else(absent("the choice of a consent"))?;
            let given = Given {
                at: Instant::from_micros(*at),
                until: Instant::from_micros(*until),
            };
            let agreed = (choice == Choice::Yes).then_some(given);
            match question {
                Question::SpecifiedDisease => {
                    told.specified_disease =
                        agreed.map_or(Providing::Refused, |given| Providing::Given(given.at));
                    // After its time the certificate is asked for anew.
                    if agreed.is_some_and(|given| now < given.until) {
                        let held = coverage.map(|it| it.diseases_on(day)).unwrap_or_default();
                        told.diseases = held.into_iter().cloned().collect();
                    }
                }
                Question::Surgery => told.surgery = agreed,
                Question::TreatmentAndDrugs => (told.treatment, told.drugs) = (agreed, agreed),
                Question::Drugs => told.drugs = agreed,
                Question::Checkups => told.checkups = agreed,
                Question::MedicalSubsidy
                | Question::PrescriptionIssue
                | Question::PrescriptionSubmit => {}
            }
        }
        for (kind, given) in [
            (InformationKind::Drugs, &mut told.drugs),
            (InformationKind::Treatment, &mut told.treatment),
            (InformationKind::Surgery, &mut told.surgery),
            (InformationKind::Checkups, &mut told.checkups),
        ] {
            *given = given.filter(|_| !self.is_withdrawn(kind));
        }
        Ok(Some(told))
    }

    /// Whether the patient's consent was withdrawn: told as none, since nobody's time is over.
    fn is_withdrawn(&self, kind: InformationKind) -> bool {
        self.withdrawn.iter().any(|it| it == kind.as_str())
    }

    /// Says of consents whose time is over that it is (OQSCD016 2, in these lists alone).
    fn mark_expired(&self, coverage: &mut FoundCoverage, now: Instant) {
        let is_over = |question: Question| {
            self.consents.iter().any(|(its, choice, _, until)| {
                its == question.as_str()
                    && choice == Choice::Yes.as_str()
                    && Instant::from_micros(*until) <= now
            })
        };
        let both = is_over(Question::TreatmentAndDrugs);
        for (flag, is_over, is_withdrawn) in [
            (
                &mut coverage.disease_consent,
                is_over(Question::SpecifiedDisease),
                false,
            ),
            (
                &mut coverage.checkups_consent,
                is_over(Question::Checkups),
                self.is_withdrawn(InformationKind::Checkups),
            ),
            (
                &mut coverage.drugs_consent,
                both || is_over(Question::Drugs),
                self.is_withdrawn(InformationKind::Drugs),
            ),
            (
                &mut coverage.treatment_consent,
                both,
                self.is_withdrawn(InformationKind::Treatment),
            ),
            (
                &mut coverage.surgery_consent,
                is_over(Question::Surgery),
                self.is_withdrawn(InformationKind::Surgery),
            ),
        ] {
            if is_over && !is_withdrawn {
                *flag = Some(Viewing::Expired.code().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lists_question_is_read_as_it_was_kept() {
        let day = |day| CivilDate::new(2026, 11, day).unwrap();
        let days = Days::new(day(1), day(30)).unwrap();
        let month = TreatmentMonth::of(day(1));
        for question in [
            ListQuestion::Consents(days),
            ListQuestion::Examinations(days),
            ListQuestion::TreatmentMonth(month),
        ] {
            assert_eq!(unpack(&pack(question)), Some(question));
        }
        assert_eq!(unpack("{}"), None);
    }
}
