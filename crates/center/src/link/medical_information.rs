//! `YZKsiquc01` and `TKKsiquc01`: drugs, treatment and checkups for machines (G26, interface §2.7, §5). Answered only with a consent in
//! force that the patient gave with the card at this facility, by the rules of people's looks; every look and every refusal is on record
//! before anything is read. Whether a person exists is told to nobody: without a consent all are refused alike.

use api::medical::document::DocumentFormat;
use api::problem::Trouble;
use domain::codes::check::VisitKind;
use domain::codes::prescription::Display;
use domain::insured::{Branch, InsuranceKey, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::drugs::Source;
use domain::medical_information::look::Months;
use domain::medical_information::viewing::{NotOpened, Reading};
use domain::permit::{Permit, ReadMedicalByMachine};
use exchange::answer::Answer;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::tables::medical_information::{CheckupRequest, DrugRequest, RequestHeader};
use store::registry::medical_information::{MachineLook, MachineLooked, Sought};
use store::sight::Seen;
use tokio::sync::SemaphorePermit;

use super::{Asking, Stop, apart, must};
use crate::app::random;
use crate::medical::usual_purpose;
use crate::printing;
use crate::repeats::Repeatable;
use crate::trouble::Refused;

/// Names of items, as errors call them.
const FILE_CATEGORY: &str = "ファイル種別";
const VISIT_KIND: &str = "診療区分";

pub(super) async fn drugs(asking: &Asking<'_>, message: &DrugRequest) -> Result<Answer, Stop> {
    let permit = asking.right::<ReadMedicalByMachine>().await?;
    let body = &message.body;
    let (reading, format) = match must(body.file_category.as_deref(), FILE_CATEGORY)? {
        "1" => (Reading::Drugs, DocumentFormat::Pdf),
        "2" => (Reading::Drugs, DocumentFormat::Xml),
        "3" => (Reading::DrugsAndTreatment, DocumentFormat::Pdf),
        "4" => (Reading::DrugsAndTreatment, DocumentFormat::Xml),
        _ => return Err(ErrorCode::UnknownCode.about(FILE_CATEGORY).into()),
    };
    let key = qualification(asking, &message.header)?;
    let months = period(body.from.as_deref(), body.until.as_deref())?;
    let sources: &'static [Source] = if electronic_prescriptions(body.prescriptions.as_deref())? {
        Source::ALL
    } else {
        &[Source::Claims]
    };
    let visit = visit_kind(body.visit_kind.as_deref())?;
    let turn = turn(asking, format).await?;
    let seen = look(
        asking,
        permit,
        sought(key, reading, months, visit),
        format!("sources={}", sources.len()),
    );
    let mut found = seen.await?;
    let drugs = &mut found.information.drugs;
    drugs.retain(|it| sources.contains(&it.source));
    if drugs.is_empty() {
        return Err(ErrorCode::NoInformation.plain().into());
    }
    match format {
        DocumentFormat::Pdf => {
            let (found, pdf) = printed(asking, turn, found, sources).await?;
            Ok(Answer::drugs_as_pdf(&found.person, &pdf))
        }
        DocumentFormat::Xml => {
            let own = asking.permit.facility();
            Ok(Answer::drugs(&found.person, &found.information.drugs, own))
        }
    }
}

pub(super) async fn checkups(
    asking: &Asking<'_>,
    message: &CheckupRequest,
) -> Result<Answer, Stop> {
    let permit = asking.right::<ReadMedicalByMachine>().await?;
    let format = match must(message.body.file_category.as_deref(), FILE_CATEGORY)? {
        "1" => DocumentFormat::Pdf,
        "2" => DocumentFormat::Xml,
        _ => return Err(ErrorCode::UnknownCode.about(FILE_CATEGORY).into()),
    };
    let key = qualification(asking, &message.header)?;
    let visit = visit_kind(message.body.visit_kind.as_deref())?;
    let sought = sought(key, Reading::Checkups, Months::default(), visit);
    let turn = turn(asking, format).await?;
    let found = look(asking, permit, sought, String::new()).await?;
    if found.information.checkups.is_empty() {
        return Err(ErrorCode::NoInformation.plain().into());
    }
    match format {
        DocumentFormat::Pdf => {
            let (found, pdf) = printed(asking, turn, found, Source::ALL).await?;
            Ok(Answer::checkups_as_pdf(&found.person, &pdf))
        }
        DocumentFormat::Xml => {
            let checkups = &found.information.checkups;
            Ok(Answer::checkups(&found.person, checkups))
        }
    }
}

/// A turn at making a PDF, taken before the look: each is held in memory.
async fn turn<'a>(
    asking: &'a Asking<'_>,
    format: DocumentFormat,
) -> Result<Option<SemaphorePermit<'a>>, Stop> {
    match format {
        DocumentFormat::Xml => Ok(None),
        DocumentFormat::Pdf => {
            let turn = asking.app.exporting.acquire().await;
            Ok(Some(turn.map_err(|_| Trouble::Busy)?))
        }
    }
}

/// What was seen as a PDF, made off the threads that answer checks.
async fn printed(
    asking: &Asking<'_>,
    _turn: Option<SemaphorePermit<'_>>,
    seen: Seen,
    sources: &'static [Source],
) -> Result<(Seen, Vec<u8>), Stop> {
    let app = asking.app.clone();
    let pdf = apart(move || {
        let pdf = printing::record(&app, &seen, sources, &[])?;
        Ok::<_, Refused>((seen, pdf))
    });
    Ok(pdf.await??)
}

fn sought(
    (key, branch): (InsuranceKey, Option<Branch>),
    reading: Reading,
    months: Months,
    visit: VisitKind,
) -> Sought {
    Sought {
        key,
        branch,
        reading,
        months,
        visit,
    }
}

/// Takes the look a message asks for. Under the key of an earlier request it is another look, and of a different one it is refused: what was
/// seen is not kept, so a repetition needs a consent that is in force then.
async fn look(
    asking: &Asking<'_>,
    permit: Permit<ReadMedicalByMachine>,
    sought: Sought,
    detail: String,
) -> Result<Seen, Stop> {
    let (app, now) = (asking.app, asking.now);
    let parts: [&[u8]; 2] = [api::routes::LINK.as_bytes(), &asking.bytes];
    let repeatable = Repeatable::of(app, asking.headers, asking.sender(), &parts)?;
    let look = MachineLook {
        id: app.check_ids.next(now, random()?),
        purpose: usual_purpose(app, permit.facility())?,
        detail,
        kept: repeatable.keep(&(), now)?,
    };
    let looked = app.engine.look_by_machine(&permit, &sought, look, now);
    let why = match looked.await? {
        MachineLooked::Seen(seen) => return Ok(*seen),
        MachineLooked::Conflict => return Err(Trouble::IdempotencyConflict.into()),
        MachineLooked::NotOpened(why) => why,
    };
    Err(match why {
        NotOpened::TreatmentNotForMachines => ErrorCode::NotForMachines,
        NotOpened::NotUsed => ErrorCode::NotUsed,
        NotOpened::NoConsent => ErrorCode::NoConsent,
    }
    .plain()
    .into())
}

/// The qualification of a header, whose elements have names of their own here.
fn qualification(
    asking: &Asking<'_>,
    header: &RequestHeader,
) -> Result<(InsuranceKey, Option<Branch>), Unanswerable> {
    asking.of_own_facility(header.institution_code.as_deref())?;
    let wrong = |item: &'static str| move |_| ErrorCode::WrongForm.about(item);
    let insurer = must(header.insurer_number.as_deref(), "保険者番号")?;
    let insurer =
        InsurerNumber::parse(insurer).map_err(|_| ErrorCode::WrongForm.about("保険者番号"))?;
    let number = must(header.number.as_deref(), "被保険者証番号")?;
    let number = InsuredNumber::parse(number).map_err(wrong("被保険者証番号"))?;
    let given = |value: &Option<String>| value.clone().filter(|it| !it.trim().is_empty());
    let symbol = given(&header.symbol)
        .map(|it| Symbol::parse(&it))
        .transpose();
    let symbol = symbol.map_err(wrong("被保険者証記号"))?;
    let branch = given(&header.branch)
        .map(|it| Branch::parse(&it))
        .transpose();
    let branch = branch.map_err(|_| ErrorCode::WrongForm.about("被保険者証枝番"))?;
    Ok((InsuranceKey::new(insurer, symbol.as_ref(), &number), branch))
}

fn period(from: Option<&str>, until: Option<&str>) -> Result<Months, Unanswerable> {
    let month = |value: Option<&str>, item: &str| {
        TreatmentMonth::parse_compact(must(value, item)?)
            .ok_or_else(|| ErrorCode::WrongForm.about(item))
    };
    let from = month(from, "対象期間（開始年月）")?;
    let until = month(until, "対象期間（終了年月）")?;
    if until < from {
        return Err(ErrorCode::WrongPeriod.about("対象年月"));
    }
    Ok(Months {
        from: Some(from),
        until: Some(until),
    })
}

/// Whether data of electronic prescriptions are asked for (OQSCD030); where nothing is said, they are not.
fn electronic_prescriptions(value: Option<&str>) -> Result<bool, Unanswerable> {
    match value.map(str::trim).filter(|it| !it.is_empty()) {
        None => Ok(false),
        Some(code) => match Display::from_code(code) {
            Some(display) => Ok(display == Display::Shown),
            None => Err(ErrorCode::UnknownCode.about("処方・調剤情報表示")),
        },
    }
}

fn visit_kind(value: Option<&str>) -> Result<VisitKind, Unanswerable> {
    let code = must(value, VISIT_KIND)?;
    VisitKind::from_code(code).ok_or_else(|| ErrorCode::UnknownCode.about(VISIT_KIND))
}
