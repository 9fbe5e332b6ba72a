//! Feeds (取込) that operators load over the control socket: what is said about them both ways, and the batches they became. Nothing of a feed
//! that was cut off is ever seen.

pub(crate) mod earlier;
mod medical;
pub(crate) mod receiver;
pub(crate) mod report;
mod tally;
pub(crate) mod turn;
mod unpacking;

use std::collections::BTreeMap;

use domain::feed::insurer::InsurerKind;
use domain::feed::review::{Figures, Weighed};
use exchange::encoding::Encoding;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::engine::StoreError;
use store::registry::feeds::batches::Batch;

use crate::app::App;
use crate::control::Conversation;
use crate::insurer_feeds;

/// Batches in a list, beside those that wait for somebody.
const LISTED: u32 = 200;

/// A feed as the operator announces it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewFeed {
    /// What its lines are.
    pub kind: String,
    /// The file's name, without its folder.
    pub file_name: String,
    /// `utf-8` or `cp932`; told from the lines when left out.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Only try it: nothing is stored.
    #[serde(default)]
    pub dry_run: bool,
    /// Whose members it is about, of an insurer's file.
    #[serde(default)]
    pub insurer: Option<String>,
    /// Whether it holds all of them, and not only what changed.
    #[serde(default)]
    pub full: bool,
    /// SHA-256 of the file's bytes as they are sent, in hexadecimal. A file that was cut off goes on where it stopped by it.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// What follows the announcement, each answered before the next.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedPart {
    /// Some of the file's bytes, in base64.
    Bytes(String),
    /// The file ends here.
    End,
}

/// How far a feed has come.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct FeedProgress {
    /// Lines read.
    pub lines: u64,
    /// Lines refused.
    pub refused: u64,
    /// The line behind which it goes on; 0 for one that begins.
    #[serde(default)]
    pub behind: u64,
}

/// What became of a feed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FeedReport {
    /// The batch; none where the feed was only tried.
    pub batch: Option<String>,
    /// Its number at this center, by which it is released, rejected or undone.
    pub number: Option<u32>,
    /// `published`, `held`, `stopped`, or `tried`.
    pub state: String,
    /// Of a feed that was only tried: the state that loading it would lead to, `published`, `held` or `stopped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would: Option<String>,
    /// Lines read.
    pub lines: u64,
    /// Lines that could be stored.
    pub accepted: u64,
    /// Lines that could not.
    pub refused: u64,
    /// Lines that were not there before.
    pub added: u64,
    /// Lines in place of others.
    pub replaced: u64,
    /// Lines that were there as they are.
    pub unchanged: u64,
    /// Refusals by reason.
    pub reasons: BTreeMap<String, u64>,
    /// The first refusals.
    pub first: Vec<Refusal>,
    /// Where all refused lines stand. That file holds personal data.
    pub report: Option<String>,
    /// Of an insurer's feed: what it changes of the insurer's figures.
    pub weighed: Option<WeighedLine>,
    /// Why it is held: in Japanese and in English.
    pub held_for: Vec<(String, String)>,
    /// Registrations that came late, and people whom the register, or another insurer, names otherwise.
    pub remarks: Option<RemarkCounts>,
    /// The line behind which it went on after it was cut off; 0 for one that came in one piece.
    #[serde(default)]
    pub behind: u64,
}

/// An insurer's coverages in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiguresLine {
    /// All of them.
    pub members: u64,
    /// Those with a co-payment ratio.
    pub with_ratio: u64,
    /// Those with a ceiling.
    pub with_ceiling: u64,
    /// Coverages whose loss is on record.
    pub lost: u64,
}

/// What a batch changes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeighedLine {
    /// Before.
    pub before: FiguresLine,
    /// After.
    pub after: FiguresLine,
    /// Members whose ratio vanishes.
    pub ratio_gone: u64,
    /// Members whose ceiling vanishes.
    pub ceiling_gone: u64,
    /// People who are members no more.
    pub members_gone: u64,
}

impl From<Weighed> for WeighedLine {
    fn from(it: Weighed) -> Self {
        let figures = |it: Figures| FiguresLine {
            members: it.members,
            with_ratio: it.with_ratio,
            with_ceiling: it.with_ceiling,
            lost: it.lost,
        };
        Self {
            before: figures(it.before),
            after: figures(it.after),
            ratio_gone: it.ratio_gone,
            ceiling_gone: it.ceiling_gone,
            members_gone: it.members_gone,
        }
    }
}

impl From<WeighedLine> for Weighed {
    fn from(it: WeighedLine) -> Self {
        let figures = |it: FiguresLine| Figures {
            members: it.members,
            with_ratio: it.with_ratio,
            with_ceiling: it.with_ceiling,
            lost: it.lost,
        };
        Self {
            before: figures(it.before),
            after: figures(it.after),
            ratio_gone: it.ratio_gone,
            ceiling_gone: it.ceiling_gone,
            members_gone: it.members_gone,
        }
    }
}

/// What is told to the insurer of lines that were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemarkCounts {
    /// Registrations that came late.
    pub late: u64,
    /// People whom the resident register, or another insurer, names otherwise.
    pub mismatches: u64,
    /// People of whom a full file does not name something.
    pub unnamed: u64,
    /// Lines of a full file that name a coverage which is lost.
    #[serde(default)]
    pub lost: u64,
}

/// One thing wrong with a line. Quotes nothing of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refusal {
    /// The line, from 1.
    pub line: u64,
    /// The column, where one is meant.
    pub column: Option<String>,
    /// Its name.
    pub reason: String,
    /// Reason and remedy in Japanese.
    pub ja: String,
    /// Reason and remedy in English.
    pub en: String,
}

/// A batch as the operator sees it in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BatchLine {
    /// Identifier.
    pub id: String,
    /// Its number at this center.
    pub number: u32,
    /// What its lines are.
    pub kind: String,
    /// Whose members they are about, of an insurer's feed.
    pub insurer: Option<String>,
    /// `full` or `delta`.
    pub scope: String,
    /// The file's name.
    pub file_name: String,
    /// Which operator loaded it.
    pub who: String,
    /// When it began.
    pub begun: String,
    /// When it ended.
    pub ended: Option<String>,
    /// What became of it.
    pub state: String,
    /// Lines read, accepted and refused.
    pub counted: (u64, u64, u64),
    /// Lines added, replaced and unchanged.
    pub changed: (u64, u64, u64),
    /// Where its refused lines stand, as long as that file is there.
    pub report: Option<String>,
    /// What it changes of the insurer's figures, where that was weighed.
    pub weighed: Option<WeighedLine>,
}

/// The batches that wait for somebody, and the newest.
pub(crate) fn list(app: &App) -> Result<Vec<BatchLine>, StoreError> {
    let batches = app.engine.feed_batches(LISTED)?;
    Ok(batches.into_iter().map(|it| line_of(app, it)).collect())
}

pub(crate) fn line_of(app: &App, it: Batch) -> BatchLine {
    let (counted, changed) = (it.counted, it.changed);
    let report = report::file(&app.data_dir, it.id);
    BatchLine {
        id: uuid::Uuid::from_u128(it.id).to_string(),
        number: it.number.as_u32(),
        kind: it.kind.as_str().into(),
        insurer: it.insurer.map(|it| it.as_digits()),
        scope: it.scope.as_str().into(),
        file_name: it.file_name,
        who: it.who,
        begun: it.begun.to_string(),
        ended: it.ended.map(|at| at.to_string()),
        state: it.state.as_str().into(),
        counted: (counted.lines, counted.accepted, counted.refused),
        changed: (changed.added, changed.replaced, changed.unchanged),
        report: report.exists().then(|| report.display().to_string()),
        weighed: it.weighed.map(WeighedLine::from),
    }
}

/// Takes a feed in. What goes wrong is told and ends it; a caller who goes away ends it, too.
pub(crate) async fn receive(
    app: &App,
    new: NewFeed,
    who: &str,
    conversation: &mut Conversation,
) -> Result<FeedReport, String> {
    let turn = turn::take(app).await?;
    let received = match InsurerKind::parse(&new.kind) {
        Some(kind) => insurer_feeds::receiving::receive(app, (kind, new), who, conversation).await,
        None => medical::receive(app, new, who, conversation).await,
    };
    turn.leave().await;
    received
}

/// What a feed that was only tried is in.
pub(crate) const TRIED: &str = "tried";

/// The encoding an operator names.
pub(crate) fn encoding(new: &NewFeed) -> Result<Option<Encoding>, String> {
    match new.encoding.as_deref() {
        None => Ok(None),
        Some("utf-8") => Ok(Some(Encoding::Utf8)),
        Some("cp932") => Ok(Some(Encoding::ShiftJis)),
        Some(_) => {
            Err("encoding: utf-8 か cp932 を指定してください。 / name utf-8 or cp932".into())
        }
    }
}

/// The hash an operator names of the file, and with how it is read what it is known by.
pub(crate) fn digests(new: &NewFeed) -> Result<Option<Digests>, String> {
    let Some(text) = &new.sha256 else {
        return Ok(None);
    };
    let mut file = [0; 32];
    hex(text, &mut file).ok_or("sha256: 64 hexadecimal digits")?;
    let mut sha = Sha256::new();
    sha.update(file);
    sha.update(new.encoding.as_deref().unwrap_or_default());
    Ok(Some(Digests {
        file,
        fingerprint: sha.finalize().into(),
    }))
}

/// What a file is known by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digests {
    /// Of its bytes.
    pub(crate) file: [u8; 32],
    /// Of its bytes and how they are read.
    pub(crate) fingerprint: [u8; 32],
}

fn hex(text: &str, into: &mut [u8]) -> Option<()> {
    if text.len() != into.len() * 2 {
        return None;
    }
    for (at, byte) in into.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(())
}

/// Ends what was cut off; says how to go on where that is possible.
pub(crate) async fn cut(app: &App, why: String, digests: Option<Digests>) -> String {
    if let Err(error) = app.engine.settle_feeds(app.now()).await {
        return format!("{why} ({error})");
    }
    if digests.is_none() {
        return why;
    }
    format!(
        "{why} 同じファイルをもう一度取り込むと、続きから始まります。 / load the same file again: it goes on where it stopped"
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form `map_err` hands it over in"
)]
pub(crate) fn told(error: StoreError) -> String {
    error.to_string()
}

pub(crate) fn random() -> Result<[u8; 16], String> {
    crate::app::random().map_err(|_| "the system's random generator failed".into())
}
