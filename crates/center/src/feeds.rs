//! Loads feeds (取込) that arrive over the control socket: lines are read, matched and kept aside piece by piece, and published when all of
//! them came. Holds no more of a file in memory than one piece; nothing of a feed that was cut off is ever seen.

mod report;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::feed::{BatchState, FeedKind};
use exchange::encoding::Encoding;
use exchange::feed_file::refusal::{Reason, Wrong};
use exchange::feed_file::{FeedFile, Line, NoFeed};
use serde::{Deserialize, Serialize};
use store::engine::StoreError;
use store::registry::feeds::{Batch, Changed, Counted, NewBatch, NotKept, Whose};

use crate::app::App;
use crate::control::Conversation;
use crate::feeds::report::Report;

/// Refused lines named in the answer; all of them are in the report.
const NAMED_REFUSALS: usize = 20;

/// Batches in a list.
const LISTED: u32 = 200;

/// A feed as the operator announces it.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
}

/// What became of a feed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FeedReport {
    /// The batch; none where the feed was only tried.
    pub batch: Option<String>,
    /// `published`, `stopped`, or `tried`.
    pub state: String,
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
    /// What its lines are.
    pub kind: String,
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
}

/// The newest batches.
pub(crate) fn list(app: &App) -> Result<Vec<BatchLine>, StoreError> {
    let batches = app.engine.feed_batches(LISTED)?;
    Ok(batches.into_iter().map(|it| line_of(app, it)).collect())
}

fn line_of(app: &App, it: Batch) -> BatchLine {
    let (counted, changed) = (it.counted, it.changed);
    let report = report::file(&app.data_dir, it.id);
    BatchLine {
        id: uuid::Uuid::from_u128(it.id).to_string(),
        kind: it.kind.as_str().into(),
        file_name: it.file_name,
        who: it.who,
        begun: it.begun.to_string(),
        ended: it.ended.map(|at| at.to_string()),
        state: it.state.as_str().into(),
        counted: (counted.lines, counted.accepted, counted.refused),
        changed: (changed.added, changed.replaced, changed.unchanged),
        report: report.exists().then(|| report.display().to_string()),
    }
}

/// Takes a feed in. What goes wrong is told and ends it; a caller who goes away ends it, too.
pub(crate) async fn receive(
    app: &App,
    new: NewFeed,
    who: &str,
    conversation: &mut Conversation,
) -> Result<FeedReport, String> {
    let Ok(_alone) = app.feeding.try_lock() else {
        return Err(
            "ほかの取込が終わっていません。終わってから取り込んでください。 / another feed is being loaded; wait until it has ended".into(),
        );
    };
    let mut feeding = Feeding::begin(app, &new, who).await?;
    let taken = feeding.take_all(conversation).await;
    match taken {
        Ok(()) => feeding.end().await,
        Err(why) => {
            feeding.leave(BatchState::GivenUp).await?;
            Err(why)
        }
    }
}

struct Feeding<'a> {
    app: &'a App,
    /// The batch; none where the feed is only tried.
    batch: Option<u128>,
    file: FeedFile,
    counted: Counted,
    reasons: BTreeMap<String, u64>,
    first: Vec<Refusal>,
    report: Report,
}

impl<'a> Feeding<'a> {
    async fn begin(app: &'a App, new: &NewFeed, who: &str) -> Result<Self, String> {
        let kind = FeedKind::parse(&new.kind).ok_or_else(|| {
            let names: Vec<&str> = FeedKind::ALL.iter().map(|kind| kind.as_str()).collect();
            let names = names.join(", ");
            format!("kind: 次のどれかを指定してください / name one of: {names}")
        })?;
        let encoding = match new.encoding.as_deref() {
            None => None,
            Some("utf-8") => Some(Encoding::Utf8),
            Some("cp932") => Some(Encoding::ShiftJis),
            Some(_) => {
                return Err(
                    "encoding: utf-8 か cp932 を指定してください。 / name utf-8 or cp932".into(),
                );
            }
        };
        let now = app.now();
        let id = uuid::Uuid::from_bytes(random()?).as_u128();
        let told = |error: store::engine::StoreError| error.to_string();
        if new.dry_run {
            app.engine.settle_feeds(now).await.map_err(told)?;
        } else {
            let batch = NewBatch {
                id,
                kind,
                file_name: new.file_name.clone(),
                who: who.to_owned(),
                begun: now,
            };
            app.engine.begin_feed(batch).await.map_err(told)?;
        }
        Ok(Self {
            app,
            batch: (!new.dry_run).then_some(id),
            file: FeedFile::new(kind, encoding, now.date_in_japan()),
            counted: Counted::default(),
            reasons: BTreeMap::new(),
            first: Vec::new(),
            report: Report::of(report::file(&app.data_dir, id)),
        })
    }

    /// Takes parts until the last one.
    async fn take_all(&mut self, conversation: &mut Conversation) -> Result<(), String> {
        loop {
            let part = conversation.next_line().await;
            let part = part.ok_or("取込が途中で切れました。 / the feed was cut off")?;
            let part = serde_json::from_str(&part)
                .map_err(|_| "this center does not know the part; use the same version")?;
            let lines = match part {
                FeedPart::Bytes(bytes) => {
                    let bytes = STANDARD.decode(bytes);
                    let bytes = bytes.map_err(|_| "the part is not base64")?;
                    // Reading is work; checks must not wait behind it.
                    let mut file = self.file.clone();
                    let reading = tokio::task::spawn_blocking(move || {
                        let lines = file.take(&bytes);
                        (file, lines)
                    });
                    let (file, lines) = reading.await.map_err(|error| error.to_string())?;
                    self.file = file;
                    lines.map_err(both)?
                }
                FeedPart::End => {
                    let last = self.file.end().map_err(both)?;
                    self.keep(last.into_iter().collect()).await?;
                    return if self.counted.lines == 0 {
                        Err(both(NoFeed::NoLines))
                    } else {
                        Ok(())
                    };
                }
            };
            self.keep(lines).await?;
            let progress = FeedProgress {
                lines: self.counted.lines,
                refused: self.counted.refused,
            };
            conversation.say_progress(progress).await;
        }
    }

    /// Keeps what reads well aside, and notes what does not.
    async fn keep(&mut self, lines: Vec<Line>) -> Result<(), String> {
        self.counted.lines += lines.len() as u64;
        let (mut kept, mut places) = (Vec::with_capacity(lines.len()), Vec::new());
        for Line {
            number,
            text,
            outcome,
        } in lines
        {
            match outcome {
                Ok(parsed) => {
                    let whose = Whose {
                        key: parsed.key,
                        branch: parsed.branch,
                        birth_date: parsed.birth_date,
                    };
                    kept.push((whose, parsed.line));
                    places.push((number, text));
                }
                Err(wrong) => self.refuse(number, &text, &wrong)?,
            }
        }
        let outcomes = self.app.engine.keep_feed_lines(kept).await;
        let outcomes = outcomes.map_err(|error| error.to_string())?;
        for (outcome, (number, text)) in outcomes.into_iter().zip(places) {
            match outcome {
                Ok(()) => self.counted.accepted += 1,
                Err(why) => {
                    let reason = match why {
                        NotKept::NoOnePerson => Reason::NoOnePerson,
                        NotKept::OtherHead => Reason::OtherHead,
                        NotKept::Twice => Reason::Twice,
                    };
                    self.refuse(number, &text, &[Wrong::whole(reason)])?;
                }
            }
        }
        self.report.flush()
    }

    fn refuse(&mut self, number: u64, text: &str, wrong: &[Wrong]) -> Result<(), String> {
        self.counted.refused += 1;
        for it in wrong {
            let reason = it.reason.as_str().to_owned();
            *self.reasons.entry(reason.clone()).or_default() += 1;
            if self.first.len() < NAMED_REFUSALS {
                self.first.push(Refusal {
                    line: number,
                    column: it.column.map(|column| column.name.to_owned()),
                    reason,
                    ja: it.ja(),
                    en: it.en(),
                });
            }
        }
        self.report.append(number, text, wrong)
    }

    async fn end(self) -> Result<FeedReport, String> {
        let tolerance = self.app.medical.tolerance();
        let is_good = tolerance.allows(self.counted.refused, self.counted.lines);
        let (state, changed) = match (self.batch, is_good) {
            (None, _) => {
                let forgotten = self.app.engine.forget_feed_lines().await;
                forgotten.map_err(|error| error.to_string())?;
                ("tried", Changed::default())
            }
            (Some(id), true) => {
                let now = self.app.now();
                let changed = self.app.engine.publish_feed(id, self.counted, now).await;
                (
                    BatchState::Published.as_str(),
                    changed.map_err(|error| error.to_string())?,
                )
            }
            (Some(_), false) => {
                self.leave(BatchState::Stopped).await?;
                (BatchState::Stopped.as_str(), Changed::default())
            }
        };
        Ok(FeedReport {
            batch: self.batch.map(|id| uuid::Uuid::from_u128(id).to_string()),
            state: state.into(),
            lines: self.counted.lines,
            accepted: self.counted.accepted,
            refused: self.counted.refused,
            added: changed.added,
            replaced: changed.replaced,
            unchanged: changed.unchanged,
            reasons: self.reasons,
            first: self.first,
            report: self.report.written(),
        })
    }

    /// Ends the feed without storing anything of it.
    async fn leave(&self, state: BatchState) -> Result<(), String> {
        let left = match self.batch {
            Some(id) => {
                let now = self.app.now();
                self.app
                    .engine
                    .stop_feed(id, state, self.counted, now)
                    .await
            }
            None => self.app.engine.forget_feed_lines().await,
        };
        left.map_err(|error| error.to_string())
    }
}

fn both(why: NoFeed) -> String {
    format!("{} / {why}", why.ja())
}

fn random() -> Result<[u8; 16], String> {
    crate::app::random().map_err(|_| "the system's random generator failed".into())
}
