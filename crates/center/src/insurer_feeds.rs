//! Insurers' feeds (operations §4.4) for operators: batches that wait for review are released or rejected, published ones undone, and what
//! is told to the insurer is read. Shows nothing of anybody but the identifier the insurer sent.

pub(crate) mod receiving;
pub mod report_file;

use domain::audit::{Actor, Deed, Event};
use domain::codes::coverage::LossReason;
use domain::feed::identity::IdentityItem;
use domain::feed::review::{Cause, Weighed};
use domain::feed::{BatchNumber, BatchState};
use domain::institution_code::InstitutionCode;
use exchange::feed_file::refusal::{Reason, Wrong};
use exchange::insurer_file::writing::person_id;
use serde::{Deserialize, Serialize};
use store::engine::{Engine, StoreError};
use store::registry::feeds::batches::Batch;
use store::registry::insurer_feeds::Arriving;
use store::registry::insurer_feeds::remarks::{Remark, What};
use store::registry::insurer_feeds::undo::Undone;

use crate::app::App;
use crate::feeds::{self, BatchLine, FeedReport, RemarkCounts, turn};
use crate::told::Told;

/// Remarks in one answer.
const REMARKS: u32 = 2_000;

/// A remark as it is told to the insurer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemarkLine {
    /// The line of the file; 0 where no line is meant.
    pub line: u64,
    /// Its place among those of the line.
    pub place: u64,
    /// `refused`, `late`, `mismatch`, `unnamed` or `lost`.
    pub what: String,
    /// The identifier the insurer sent.
    pub person: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// The reason of a refusal, the items of a mismatch, the days of a delay, what became of what was not named, day and reason of a loss.
    pub detail: String,
    /// The same in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

/// Late registrations of an insurer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateLine {
    /// The insurer.
    pub insurer: String,
    /// Lines of its published batches of coverages and losses.
    pub lines: u64,
    /// Late ones among them.
    pub late: u64,
    /// Those whose notification came late.
    pub by_employer: u64,
    /// Those whose file came late.
    pub by_insurer: u64,
}

/// A batch by its number or its identifier.
pub(crate) fn find(app: &App, named: &str) -> Result<Batch, Told> {
    let named = named.trim();
    let number = named.parse().ok().and_then(BatchNumber::new);
    let found = match (number, uuid::Uuid::parse_str(named)) {
        (Some(number), _) => app.engine.feed_batch(number)?,
        (None, Ok(id)) => app.engine.feed_batch_of(id.as_u128())?,
        (None, Err(_)) => None,
    };
    found.ok_or_else(|| {
        Told::none(
            "batch",
            "この番号の取込はありません。運用者の画面の「取込」か、onshi feed list で番号を確かめてください。",
            "there is no such batch; look at the numbers on the page \"Feeds\" or by onshi feed list",
        )
    })
}

fn insurers(app: &App, batch: &Batch) -> Result<Arriving, Told> {
    let unnamed = app.insurer_feeds.unnamed();
    Arriving::of(batch, unnamed).ok_or_else(|| {
        Told::of(
            "batch",
            "not_an_insurers",
            "医療情報の取込です。できるのは保険者の取込だけです。",
            "a feed of medical information; this is for insurers' feeds alone",
        )
    })
}

fn not_in(state: BatchState) -> Told {
    Told::of(
        "batch",
        "not_in_state",
        format!(
            "この取込は「{}」なので、その操作はできません。",
            state.label_ja()
        ),
        format!("the batch is in another state: {}", state.label_en()),
    )
}

async fn on_record(app: &App, deed: Deed, batch: &Batch, by: Actor) -> Result<(), Told> {
    let event = Event {
        at: app.now(),
        actor: by,
        deed,
        subject: Some(batch.id),
        detail: format!("batch={} kind={}", batch.number, batch.kind.as_str()),
    };
    Ok(app.engine.record(event).await?)
}

/// Whoever reads what is told of single people is on record before it is told.
async fn read_on_record(
    app: &App,
    by: Actor,
    (subject, detail): (u128, String),
) -> Result<(), Told> {
    let event = Event {
        at: app.now(),
        actor: by,
        deed: Deed::FeedRead,
        subject: Some(subject),
        detail,
    };
    Ok(app.engine.record(event).await?)
}

/// Has a held batch published, although it changes much.
pub(crate) async fn release(app: &App, named: &str, by: Actor) -> Result<FeedReport, Told> {
    let turn = turn::take(app).await?;
    let released = release_alone(app, named, by).await;
    turn.leave().await;
    released
}

async fn release_alone(app: &App, named: &str, by: Actor) -> Result<FeedReport, Told> {
    let batch = find(app, named)?;
    let arriving = insurers(app, &batch)?;
    if batch.state != BatchState::Held {
        return Err(not_in(batch.state));
    }
    on_record(app, Deed::FeedRelease, &batch, by).await?;
    let published = app
        .engine
        .publish_insurer_feed(arriving, batch.counted, None, app.now());
    published.await?;
    report(app, &find(app, named)?)
}

/// Rejects a held batch: nothing of it is stored.
pub(crate) async fn reject(app: &App, named: &str, by: Actor) -> Result<FeedReport, Told> {
    let turn = turn::take(app).await?;
    let rejected = reject_alone(app, named, by).await;
    turn.leave().await;
    rejected
}

async fn reject_alone(app: &App, named: &str, by: Actor) -> Result<FeedReport, Told> {
    let batch = find(app, named)?;
    let arriving = insurers(app, &batch)?;
    if batch.state != BatchState::Held {
        return Err(not_in(batch.state));
    }
    on_record(app, Deed::FeedReject, &batch, by).await?;
    let state = (BatchState::Rejected, app.now());
    let left = app
        .engine
        .leave_insurer_feed(arriving, state, batch.counted);
    left.await?;
    report(app, &find(app, named)?)
}

/// Undoes a published batch, all of it or nothing.
pub(crate) async fn undo(app: &App, named: &str, by: Actor) -> Result<FeedReport, Told> {
    let turn = turn::take(app).await?;
    let undone = undo_alone(app, named, by).await;
    turn.leave().await;
    undone
}

async fn undo_alone(app: &App, named: &str, by: Actor) -> Result<FeedReport, Told> {
    let batch = find(app, named)?;
    let arriving = insurers(app, &batch)?;
    if batch.state != BatchState::Published {
        return Err(not_in(batch.state));
    }
    if let Some(held) = app.engine.held_feed(batch.insurer)? {
        return Err(is_held(held));
    }
    on_record(app, Deed::FeedUndo, &batch, by).await?;
    // What it found may be there still: it is forgotten little by little.
    let undone_from = app.insurer_feeds.undone_from(app.now());
    if batch.ended.is_some_and(|it| it < undone_from) {
        return Err(forgotten());
    }
    let of = (batch.counted, batch.changed);
    let undone = app.engine.undo_insurer_feed(arriving, of, app.now());
    match undone.await? {
        Undone::Done(_) => report(app, &find(app, named)?),
        Undone::InTheWay { people, batches } => {
            let numbers: Vec<String> = batches.iter().map(BatchNumber::to_string).collect();
            let numbers = numbers.join(", ");
            let (ja, en) = if numbers.is_empty() {
                (
                    "ほかの方法による変更".to_owned(),
                    "changes by other ways".to_owned(),
                )
            } else {
                (
                    format!("取込 {numbers} などによる変更"),
                    format!("changes of batch {numbers} or by other ways"),
                )
            };
            Err(Told::of(
                "batch",
                "in_the_way",
                format!(
                    "{people}人の登録が、そのあとに変わっています（{ja}）。先にそれらを取り消すか、訂正を取り込んでください。確認待ちの取込があるときは、先にその取込の画面で「取り込む」か「却下する」を押してください（コマンドでは onshi feed release か onshi feed reject）。何も取り消していません。"
                ),
                format!(
                    "{people} people were changed since, by {en}; undo those first, or load corrections; those that wait for review are first released or rejected, by \"Release it\" or \"Reject it\" on their page (onshi feed release, onshi feed reject). Nothing was undone"
                ),
            ))
        }
        Undone::Forgotten => Err(forgotten()),
    }
}

fn forgotten() -> Told {
    Told::of(
        "batch",
        "forgotten",
        "取り消せる期間（insurer_feeds.undo_days）を過ぎました。訂正を取り込んでください。",
        "the time in which it can be undone (insurer_feeds.undo_days) is over; load corrections",
    )
}

/// A batch of the same insurer waits for review.
pub(crate) fn is_held(held: BatchNumber) -> Told {
    Told::of(
        "batch",
        "held",
        format!(
            "同じ保険者の取込 {held} が確認待ちです。先に取込 {held} の画面で「取り込む」か「却下する」を押してください（コマンドでは onshi feed release {held} か onshi feed reject {held}）。"
        ),
        format!(
            "batch {held} of the same insurer waits for review; first release or reject it, by \"Release it\" or \"Reject it\" on its page (onshi feed release {held}, onshi feed reject {held})"
        ),
    )
}

/// What became of a batch, as it stands.
pub(crate) fn report(app: &App, batch: &Batch) -> Result<FeedReport, Told> {
    let (counted, changed) = (batch.counted, batch.changed);
    let causes = batch
        .weighed
        .filter(|_| batch.state == BatchState::Held)
        .map_or(Vec::new(), |weighed| causes(app, &weighed));
    let line = feeds::line_of(app, batch.clone());
    Ok(FeedReport {
        batch: Some(line.id),
        number: Some(line.number),
        state: line.state,
        would: None,
        lines: counted.lines,
        accepted: counted.accepted,
        refused: counted.refused,
        added: changed.added,
        replaced: changed.replaced,
        unchanged: changed.unchanged,
        reasons: std::collections::BTreeMap::new(),
        first: Vec::new(),
        report: line.report,
        weighed: line.weighed,
        held_for: causes,
        remarks: Some(remark_counts(app, batch.number)?),
        behind: 0,
    })
}

/// Why a batch is held, in Japanese and in English.
pub(crate) fn causes(app: &App, weighed: &Weighed) -> Vec<(String, String)> {
    let causes = app.insurer_feeds.review().causes(weighed);
    let told = |cause: Cause| (cause.label_ja().to_owned(), cause.label_en().to_owned());
    causes.into_iter().map(told).collect()
}

pub(crate) fn remark_counts(app: &App, number: BatchNumber) -> Result<RemarkCounts, StoreError> {
    let count = |what| app.engine.count_remarks(number, what);
    Ok(RemarkCounts {
        late: count(What::Late)?,
        mismatches: count(What::Mismatch)?,
        unnamed: count(What::Unnamed)?,
        lost: count(What::Lost)?,
    })
}

/// What is told to the insurer of the lines of a batch, the next of it. Who begins to read is on record.
pub(crate) async fn remarks(
    app: &App,
    named: &str,
    after: Option<(u64, u64)>,
    by: Actor,
) -> Result<Vec<RemarkLine>, Told> {
    let batch = find(app, named)?;
    if after.is_none() {
        note_reading(app, &batch, by).await?;
    }
    Ok(next_remarks(&app.engine, batch.number, after)?)
}

/// Puts on record who reads the report of a batch.
pub(crate) async fn note_reading(app: &App, batch: &Batch, by: Actor) -> Result<(), Told> {
    insurers(app, batch)?;
    let detail = format!("report batch={}", batch.number);
    read_on_record(app, by, (batch.id, detail)).await
}

/// The remarks of a batch behind a line and place.
pub(crate) fn next_remarks(
    engine: &Engine,
    number: BatchNumber,
    after: Option<(u64, u64)>,
) -> Result<Vec<RemarkLine>, StoreError> {
    let found = engine.remarks(number, after, REMARKS)?;
    Ok(found.into_iter().map(remark_line).collect())
}

fn remark_line(it: Remark) -> RemarkLine {
    let (ja, en) = match it.what {
        What::Refused => match Reason::parse(&it.detail) {
            Some(reason) => {
                let wrong = Wrong::whole(reason);
                (wrong.ja(), wrong.en())
            }
            None => (String::new(), String::new()),
        },
        What::Late => {
            let (employer, insurer) = it.detail.split_once(',').unwrap_or(("0", "0"));
            (
                format!("期限を過ぎた日数：届出 {employer}日、保険者の登録 {insurer}日"),
                format!("days late: notification {employer}, registration {insurer}"),
            )
        }
        What::Mismatch => {
            let items = it.detail.split(',').filter_map(IdentityItem::parse);
            let items: Vec<IdentityItem> = items.collect();
            let ja: Vec<&str> = items.iter().map(|it| it.label_ja()).collect();
            let en: Vec<&str> = items.iter().map(|it| it.label_en()).collect();
            (
                format!(
                    "住民情報または他の保険者の登録と違います：{}。訂正するか、本人であることを確かめて送ってください。資格を登録している人の医療情報は、それまで閲覧できません。",
                    ja.join("、")
                ),
                format!(
                    "not as the resident register, or another insurer, says: {}; send a correction, or confirm who it is. Until then no medical information of somebody you insure is seen",
                    en.join(", ")
                ),
            )
        }
        What::Unnamed => {
            if it.detail.starts_with("end") {
                (
                    "全件のファイルにないので、終わったものとしました。確かめてください。".into(),
                    "the full file does not name it: taken as over; look at it".into(),
                )
            } else {
                (
                    "全件のファイルにありません。終わったのなら喪失を送ってください。".into(),
                    "the full file does not name it; send a loss if it is over".into(),
                )
            }
        }
        What::Lost => {
            let (day, reason) = it
                .detail
                .split_once(',')
                .unwrap_or((it.detail.as_str(), ""));
            let reason = LossReason::from_code(reason);
            let (ja, en) = reason.map_or(("登録なし", "none given"), |it| {
                (it.label_ja(), it.label_en())
            });
            (
                format!(
                    "全件のファイルにありますが、{day} に喪失した資格です（事由：{ja}）。喪失のままにしました。喪失が誤りなら、訂正（corrections）で item に loss_date を書き、value を空にして送ってください。"
                ),
                format!(
                    "named by the full file, but lost on {day} (reason: {en}); it stays lost. If the loss is wrong, take it back by a correction (corrections: item loss_date, no value)"
                ),
            )
        }
    };
    RemarkLine {
        line: it.line,
        place: it.place,
        what: it.what.as_str().into(),
        person: it.person.map(person_id),
        column: it.cell,
        detail: it.detail,
        ja,
        en,
    }
}

/// The batches a facility's check was answered from. Who asks is on record, whether there is such a check or not.
pub(crate) async fn sources(
    app: &App,
    (code, check): (&str, &str),
    by: Actor,
) -> Result<Vec<BatchLine>, Told> {
    let code = InstitutionCode::parse(code).map_err(|error| {
        Told::of(
            "facility",
            "format",
            "医療機関コード（10桁）を指定してください。",
            error.to_string(),
        )
    })?;
    let id = uuid::Uuid::parse_str(check.trim()).map_err(|_| {
        Told::of(
            "check",
            "format",
            "資格確認の識別子（UUID）を指定してください。",
            "name the check by its identifier (UUID)",
        )
    })?;
    let detail = format!("source facility={code}");
    read_on_record(app, by, (id.as_u128(), detail)).await?;
    let found = app.engine.sources_of_check(code, id.as_u128())?;
    let found = found.ok_or_else(|| {
        Told::none(
            "check",
            "この医療機関にこの資格確認の記録はありません。",
            "the facility has no such check",
        )
    })?;
    Ok(found
        .into_iter()
        .map(|it| feeds::line_of(app, it))
        .collect())
}

/// Late registrations by insurer.
pub(crate) fn late(app: &App) -> Result<Vec<LateLine>, Told> {
    let found = app.engine.late_registrations()?;
    let line = |it: store::registry::insurer_feeds::remarks::LateCount| LateLine {
        insurer: it.insurer.as_digits(),
        lines: it.lines,
        late: it.late,
        by_employer: it.by_employer,
        by_insurer: it.by_insurer,
    };
    Ok(found.into_iter().map(line).collect())
}
