//! `YZKsiquc01` and `TKKsiquc01`: drugs, treatment and checkups for machines (G26, interface §2.7, §5). Answered only with a consent in
//! force that the patient gave with the card at this facility; every look and every refusal is on record before the answer. Whether a person
//! exists is told to nobody: without a consent all are refused alike.

use api::problem::Trouble;
use domain::audit::{Deed, Event};
use domain::codes::check::VisitKind;
use domain::codes::prescription::Display;
use domain::insured::{Branch, InsuranceKey, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::TreatmentMonth;
use domain::medical_information::drugs::Source;
use domain::medical_information::viewing::{NotOpened, Reading, is_used};
use domain::permit::{Permit, ReadMedicalByMachine};
use exchange::answer::Answer;
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::tables::medical_information::{CheckupRequest, DrugRequest, RequestHeader};
use store::registry::medical_information::{LookRecorded, Opening, Sought};

use super::{Asking, Stop, must};
use crate::repeats::Repeatable;
use crate::sessions::{actor, event};

/// Names of items, as errors call them.
const FILE_CATEGORY: &str = "ファイル種別";
const VISIT_KIND: &str = "診療区分";

pub(super) async fn drugs(asking: &Asking<'_>, message: &DrugRequest) -> Result<Answer, Stop> {
    let permit = asking.right::<ReadMedicalByMachine>().await?;
    let body = &message.body;
    let reading = match must(body.file_category.as_deref(), FILE_CATEGORY)? {
        "1" | "3" => return Err(ErrorCode::NoPdf.plain().into()),
        "2" => Reading::Drugs,
        "4" => Reading::DrugsAndTreatment,
        _ => return Err(ErrorCode::UnknownCode.about(FILE_CATEGORY).into()),
    };
    let key = qualification(asking, &message.header)?;
    let months = period(body.from.as_deref(), body.until.as_deref())?;
    let sources: &[Source] = if electronic_prescriptions(body.prescriptions.as_deref())? {
        Source::ALL
    } else {
        &[Source::Claims]
    };
    let visit = visit_kind(body.visit_kind.as_deref())?;
    let (from, until) = (months.0.to_compact(), months.1.to_compact());
    let detail = format!("from={from} until={until} sources={}", sources.len());
    let look = Look {
        asking,
        permit,
        detail,
    };
    let opening = look.open(key, reading, visit).await?;
    let found = asking.app.engine.drug_months(&opening, months, sources)?;
    look.record(&opening, reading, found.len()).await?;
    if found.is_empty() {
        return Err(ErrorCode::NoInformation.plain().into());
    }
    let own = asking.permit.facility();
    Ok(Answer::drugs(opening.person(), &found, own))
}

pub(super) async fn checkups(
    asking: &Asking<'_>,
    message: &CheckupRequest,
) -> Result<Answer, Stop> {
    let permit = asking.right::<ReadMedicalByMachine>().await?;
    match must(message.body.file_category.as_deref(), FILE_CATEGORY)? {
        "1" => return Err(ErrorCode::NoPdf.plain().into()),
        "2" => {}
        _ => return Err(ErrorCode::UnknownCode.about(FILE_CATEGORY).into()),
    }
    let key = qualification(asking, &message.header)?;
    let visit = visit_kind(message.body.visit_kind.as_deref())?;
    let look = Look {
        asking,
        permit,
        detail: String::new(),
    };
    let opening = look.open(key, Reading::Checkups, visit).await?;
    let found = asking.app.engine.checkups(&opening)?;
    look.record(&opening, Reading::Checkups, found.len())
        .await?;
    if found.is_empty() {
        return Err(ErrorCode::NoInformation.plain().into());
    }
    Ok(Answer::checkups(opening.person(), &found))
}

/// A look that is being taken.
struct Look<'a> {
    asking: &'a Asking<'a>,
    permit: Permit<ReadMedicalByMachine>,
    /// What is asked for, for the record.
    detail: String,
}

impl Look<'_> {
    /// Opens what is asked for, or refuses it on record.
    async fn open(
        &self,
        (key, branch): (InsuranceKey, Option<Branch>),
        reading: Reading,
        visit: VisitKind,
    ) -> Result<Opening, Stop> {
        let engine = &self.asking.app.engine;
        let settings = engine.settings(self.permit.facility())?.settings;
        let sought = Sought {
            key,
            branch,
            reading,
        };
        let opened = match is_used(reading, &settings) {
            Err(why) => Err(why),
            // A consent given with the card at a reader is an outpatient's; of the others none is recorded yet.
            Ok(()) if visit != VisitKind::Outpatient => Err(NotOpened::NoConsent),
            Ok(()) => engine.open_medical_information(&self.permit, sought, self.asking.now)?,
        };
        let why = match opened {
            Ok(opening) => return Ok(opening),
            Err(why) => why,
        };
        let (name, code) = match why {
            NotOpened::TreatmentNotForMachines => ("treatment", ErrorCode::NotForMachines),
            NotOpened::NotUsed => ("not-used", ErrorCode::NotUsed),
            NotOpened::NoConsent => ("no-consent", ErrorCode::NoConsent),
        };
        let mut refused = self.event(Deed::MedicalRefused, reading);
        refused.detail.push_str(&format!(" why={name}"));
        self.keep(refused).await?;
        Err(code.plain().into())
    }

    /// Records whom was looked at, what of, and under which consent.
    async fn record(&self, opening: &Opening, reading: Reading, found: usize) -> Result<(), Stop> {
        let mut read = self.event(Deed::MedicalRead, reading);
        read.subject = Some(opening.person().id.as_u128());
        let consent = uuid::Uuid::from_u128(opening.consent().check);
        read.detail
            .push_str(&format!(" found={found} consent={consent}"));
        self.keep(read).await
    }

    fn event(&self, deed: Deed, reading: Reading) -> Event {
        let who = actor(self.asking.sender().clone());
        let mut event = event(self.asking.now, who, deed);
        event.detail = format!("reading={}", reading.as_str());
        if !self.detail.is_empty() {
            event.detail.push_str(&format!(" {}", self.detail));
        }
        event
    }

    /// Writes an event down. Under the key of an earlier request it is another look, and of a different one it is refused: what was seen
    /// is not kept, so a repetition needs a consent that is in force then.
    async fn keep(&self, event: Event) -> Result<(), Stop> {
        let asking = self.asking;
        let parts: [&[u8]; 2] = [api::routes::LINK.as_bytes(), &asking.bytes];
        let repeatable = Repeatable::of(asking.app, asking.headers, asking.sender(), &parts)?;
        let kept = repeatable.keep(&(), asking.now)?;
        match asking.app.engine.record_look(event, kept).await? {
            LookRecorded::Done => Ok(()),
            LookRecorded::Conflict => Err(Trouble::IdempotencyConflict.into()),
        }
    }
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

fn period(
    from: Option<&str>,
    until: Option<&str>,
) -> Result<(TreatmentMonth, TreatmentMonth), Unanswerable> {
    let month = |value: Option<&str>, item: &str| {
        TreatmentMonth::parse_compact(must(value, item)?)
            .ok_or_else(|| ErrorCode::WrongForm.about(item))
    };
    let from = month(from, "対象期間（開始年月）")?;
    let until = month(until, "対象期間（終了年月）")?;
    if until < from {
        return Err(ErrorCode::WrongPeriod.about("対象期間"));
    }
    Ok((from, until))
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
