//! Lines of a bulk check (interface §2.5), answered by the rules of single checks and recorded as checks of their own. Adds the compare of
//! the ceiling certificate; shows no ceiling but the one the facility stated.

use api::check::{Answer as Recorded, CheckRequest, Origin, answered, asked};
use api::problem::Trouble;
use domain::bulk::CeilingOnFile;
use domain::check::{CeilingConsent, Finding, NumberQuestion, Verdict, evaluate};
use domain::codes::ceiling::{Category, CertificateKind, Change};
use domain::codes::check::ProcessingStatus;
use domain::permit::{AskInBulk, Permit};
use exchange::answer::Answer;
use exchange::answer::coverage::{self, Beside, Shown, found};
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::message::Message;
use exchange::request::Request;
use exchange::tables::bulk_check::{BulkResult, CheckUnit, ResultBody, SearchInfo};
use exchange::tables::found_coverage::FoundCoverage;
use serde_json::Value;
use store::bulk::Order;
use store::bulk::work::Answers;
use store::checks::NewCheck;
use traces::Stage;

use super::work::Worked;
use crate::app::{App, Shared, random};
use crate::link::must;
use crate::receipts::sign;
use crate::trouble::{Refused, internal, unreadable};

/// Works off the lines of a part.
pub(super) fn work(app: &App, order: &Order, content: &[u8]) -> Result<Worked, Refused> {
    let permit = permit(order)?;
    let image: Value = serde_json::from_slice(content).map_err(unreadable("a part of an order"))?;
    let request =
        Request::from_json(Message::BulkCheck, &image).map_err(internal("a part of an order"))?;
    let Request::BulkCheck(request) = request else {
        return Err(Refused::internal("a part of an order", &"another message"));
    };
    let lines = image.pointer("/XmlMsg/MessageBody/QualificationConfirmSearchInfo");
    let (mut checks, mut units) = (Vec::new(), Vec::new());
    for (place, info) in request.body.search_infos.into_iter().enumerate() {
        let line = lines.and_then(|lines| lines.get(place));
        let line = line.map(Value::to_string).unwrap_or_default();
        match question(&info, order) {
            Ok(asked) => {
                let (check, unit) = check(app, &permit, (asked, on_file(&info), line))?;
                checks.push(check);
                units.push(CheckUnit {
                    search_info: Some(info.into()),
                    ..unit
                });
            }
            Err(why) => units.push(CheckUnit {
                search_info: Some(info.into()),
                ..refused(&why)
            }),
        }
    }
    Ok(Worked {
        checks,
        answers: answers(units),
    })
}

/// The permit of whoever gave the order, by their rights when they gave it.
pub(super) fn permit(order: &Order) -> Result<Permit<AskInBulk>, Refused> {
    Ok(Permit::grant(order.holder.clone()).map_err(|_| Trouble::NotPermitted)?)
}

/// The results of a part in the form they are kept in.
pub(super) fn answers(units: Vec<CheckUnit>) -> Answers {
    let normal = ProcessingStatus::Normal.code();
    let normal = units
        .iter()
        .filter(|unit| unit.status.as_deref() == Some(normal));
    let (lines, normal) = (units.len(), normal.count());
    let answer = Answer::BulkCheckResult(Box::new(BulkResult {
        body: ResultBody {
            status: None,
            units,
        },
        ..BulkResult::default()
    }));
    Answers {
        content: answer.to_json().to_string().into_bytes(),
        lines: u32::try_from(lines).unwrap_or(u32::MAX),
        normal: u32::try_from(normal).unwrap_or(u32::MAX),
    }
}

/// A line that ends in an error of its own.
pub(super) fn refused(why: &Unanswerable) -> CheckUnit {
    CheckUnit {
        status: Some(ProcessingStatus::Error.code().to_owned()),
        code: Some(why.code.code().to_owned()),
        message: Some(why.message.clone()),
        ..CheckUnit::default()
    }
}

/// What a line asks, or the first thing that is wrong with it.
fn question(info: &SearchInfo, order: &Order) -> Result<asked::Asked, Unanswerable> {
    let birth_date = super::date(info.birth_date.as_deref(), "生年月日")?;
    let request = CheckRequest {
        birth_date: birth_date.to_string(),
        branch: info.branch.clone(),
        ceiling_consent: false,
        insurer_number: must(info.insurer_number.as_deref(), "保険者番号")?.into(),
        number: must(info.number.as_deref(), "被保険者証番号")?.into(),
        origin: None,
        symbol: info.symbol.clone(),
        visit_date: Some(order.day.to_string()),
    };
    asked::read(&request, order.day).map_err(|errors| {
        let text = errors.first().map_or("", |error| error.text.ja.as_str());
        ErrorCode::Refused.about(text)
    })
}

/// The ceiling certificate the facility states; a code that is in no table compares with nothing.
fn on_file(info: &SearchInfo) -> Option<CeilingOnFile> {
    let stated = info.ceiling_on_file.as_ref()?;
    Some(CeilingOnFile {
        kind: stated.kind.as_deref().and_then(CertificateKind::from_code),
        category: stated.category.as_deref().and_then(Category::from_code),
    })
}

fn check(
    app: &Shared,
    permit: &Permit<AskInBulk>,
    (asked, on_file, line): (asked::Asked, Option<CeilingOnFile>, String),
) -> Result<(NewCheck, CheckUnit), Refused> {
    // The certificate is looked at only to be compared; without a stated one it is left alone.
    let question = NumberQuestion {
        ceiling_consent: match on_file {
            Some(_) => CeilingConsent::Given,
            None => CeilingConsent::NotGiven,
        },
        ..asked.question
    };
    let born = Some(question.birth_date);
    let registrations = traces::during(Stage::LookUp, || {
        app.engine.look_up_in_bulk(permit, &question.key(), born)
    })?;
    let mut finding = evaluate(&question, permit.facility(), &registrations);
    let changes = compare(&mut finding, on_file);
    let shown = finding.entries.first().map(|entry| entry.person.id);
    let number = match shown {
        Some(person) => app.engine.reference_number(permit.facility(), person)?,
        None => None,
    };
    let number = number.as_deref();
    let remarks = asked.remarks;
    let told: Vec<&str> = remarks.iter().map(|it| it.text.ja.as_str()).collect();
    let told = (!told.is_empty()).then(|| told.join(" "));
    let recorded = Recording {
        finding: &finding,
        number,
        insurer: question.insurer.as_digits(),
        visit_date: question.visit_date,
        question: line,
        remarks,
    };
    let (check, coverages) = record(app, permit, recorded, None)?;
    let mut unit = unit(check.verdict, coverages, number);
    for (coverage, change) in unit.coverages.iter_mut().zip(changes) {
        coverage.ceiling_changed = Some(change.code().to_owned());
    }
    // Where nobody was found, the remark says why that may be.
    unit.message = match (unit.message.take(), told) {
        (Some(message), Some(told)) => Some(format!("{message} {told}")),
        (message, told) => message.or(told),
    };
    Ok((check, unit))
}

/// Compares the certificate of each coverage shown with the stated one, and takes out what the facility did not know.
fn compare(finding: &mut Finding<'_>, on_file: Option<CeilingOnFile>) -> Vec<Change> {
    let Some(on_file) = on_file else {
        return Vec::new();
    };
    let entries = finding.entries.iter_mut();
    entries
        .map(|entry| {
            let change = on_file.compare(entry.ceiling);
            if change == Change::ChangedOrUnclear {
                entry.ceiling = None;
            }
            change
        })
        .collect()
}

/// What is recorded of a line.
pub(super) struct Recording<'a> {
    pub(super) finding: &'a Finding<'a>,
    pub(super) number: Option<&'a str>,
    /// Insurer number asked about; of a person of a list the one answered.
    pub(super) insurer: String,
    pub(super) visit_date: domain::civil_date::CivilDate,
    /// The line, as it was sent.
    pub(super) question: String,
    pub(super) remarks: Vec<api::check::Remark>,
}

/// The check of a line with its signed answer, and the coverages as the interface tells them: made of the recorded answer, so that both say
/// the same.
pub(super) fn record(
    app: &Shared,
    permit: &Permit<AskInBulk>,
    recording: Recording<'_>,
    beside: Option<&Beside<'_>>,
) -> Result<(NewCheck, Vec<FoundCoverage>), Refused> {
    let (finding, now) = (recording.finding, app.now());
    let circumstances = answered::Circumstances {
        check_id: app.check_ids.next(now, random()?),
        facility: permit.facility(),
        as_of: now,
        visit_date: recording.visit_date,
        ceiling_consent: CeilingConsent::NotGiven,
        remarks: recording.remarks,
    };
    let answer: Recorded = answered::write(finding, recording.number, &circumstances);
    let (_, coverages) = answered::read(&answer).map_err(internal("an answer of our own"))?;
    let plain = Beside {
        ceiling: coverage::CeilingConsent::None,
        consents: None,
    };
    let told = coverages.iter().map(|it| {
        let shown = Shown {
            person: &it.person,
            coverage: &it.coverage,
            // It stands in the unit, beside the coverage (interface §2.5).
            reference_number: None,
        };
        found(shown, beside.unwrap_or(&plain))
    });
    let told = told.collect();
    let person = finding.entries.first().map(|entry| entry.person);
    let check = NewCheck {
        id: circumstances.check_id,
        at: now,
        visit_date: recording.visit_date,
        origin: Origin::Bulk.as_str(),
        verdict: finding.verdict,
        insurer: recording.insurer,
        name: person.map(|person| person.name.as_str().to_owned()),
        kana: person
            .and_then(|person| person.kana.as_ref())
            .map(|kana| kana.as_str().to_owned()),
        question: recording.question.into(),
        answer: sign(app, &answer, now)?,
        key: None,
        sources: finding.sources(),
    };
    Ok((check, told))
}

/// The result of a line. That nobody was found is an error of the line, as in the interface's samples.
pub(super) fn unit(
    verdict: Verdict,
    coverages: Vec<FoundCoverage>,
    number: Option<&str>,
) -> CheckUnit {
    if verdict == Verdict::NotFound {
        return refused(&ErrorCode::NoSuchCoverage.plain());
    }
    CheckUnit {
        status: Some(ProcessingStatus::Normal.code().to_owned()),
        verdict: Some(verdict.code().to_owned()),
        coverages,
        reference_numbers: number.map(str::to_owned).into_iter().collect(),
        ..CheckUnit::default()
    }
}
