//! Takes a file of medical information in: its lines are matched to people and kept aside, and published when all came. Judges no line.

use domain::feed::insurer::{InsurerKind, Scope};
use domain::feed::{BatchKind, BatchNumber, BatchState, FeedKind};
use exchange::feed_file::refusal::Reason;
use exchange::feed_file::{FeedFile, Parsed};
use store::engine::Engine;
use store::registry::feeds::batches::{Changed, NewBatch};
use store::registry::feeds::{NotKept, Whose};

use super::receiver::{Keep, Piece, Receiver};
use super::{FeedReport, NewFeed, TRIED, encoding, random, report, told};
use crate::app::App;
use crate::control::Conversation;

/// Takes a file in. What goes wrong is told and ends it; a caller who goes away ends it, too.
pub(super) async fn receive(
    app: &App,
    new: NewFeed,
    who: &str,
    conversation: &mut Conversation,
) -> Result<FeedReport, String> {
    let mut feeding = Feeding::begin(app, &new, who).await?;
    let keeper = Keeper(&app.engine);
    match feeding.receiver.take_all(conversation, &keeper).await {
        Ok(()) => feeding.end().await,
        Err(why) => {
            feeding.leave(BatchState::GivenUp).await?;
            Err(why)
        }
    }
}

/// Matches lines to people, and keeps them aside.
struct Keeper<'a>(&'a Engine);

impl Keep for Keeper<'_> {
    type Said = Parsed;

    async fn keep(&self, piece: Piece<Parsed>) -> Result<Vec<Result<(), Reason>>, String> {
        let lines = piece.said.into_iter().map(|(_, parsed)| {
            let whose = Whose {
                key: parsed.key,
                branch: parsed.branch,
                birth_date: parsed.birth_date,
            };
            (whose, parsed.line)
        });
        let outcomes = self.0.keep_feed_lines(lines.collect()).await;
        let reason = |why| match why {
            NotKept::NoOnePerson => Reason::NoOnePerson,
            NotKept::OtherHead => Reason::OtherHead,
            NotKept::Twice => Reason::Twice,
        };
        let outcomes = outcomes.map_err(told)?.into_iter();
        Ok(outcomes.map(|outcome| outcome.map_err(reason)).collect())
    }
}

struct Feeding<'a> {
    app: &'a App,
    /// The batch; none where the feed is only tried.
    batch: Option<(u128, BatchNumber)>,
    receiver: Receiver<FeedFile>,
}

impl<'a> Feeding<'a> {
    async fn begin(app: &'a App, new: &NewFeed, who: &str) -> Result<Self, String> {
        let kind = FeedKind::parse(&new.kind).ok_or_else(|| {
            let medical = FeedKind::ALL.iter().map(|kind| kind.as_str());
            let insurers = InsurerKind::ALL.iter().map(|kind| kind.as_str());
            let names: Vec<&str> = medical.chain(insurers).collect();
            let names = names.join(", ");
            format!("kind: 次のどれかを指定してください / name one of: {names}")
        })?;
        if new.insurer.is_some() || new.full {
            return Err("insurer: この種類のファイルに --insurer と --full は付けられません。 / files of this kind take neither --insurer nor --full".into());
        }
        let encoding = encoding(new)?;
        let now = app.now();
        let id = uuid::Uuid::from_bytes(random()?).as_u128();
        let batch = if new.dry_run {
            app.engine.settle_feeds(now).await.map_err(told)?;
            None
        } else {
            let batch = NewBatch {
                id,
                kind: BatchKind::Medical(kind),
                insurer: None,
                scope: Scope::Delta,
                file_name: new.file_name.clone(),
                who: who.to_owned(),
                begun: now,
            };
            Some((id, app.engine.begin_feed(batch).await.map_err(told)?))
        };
        Ok(Self {
            app,
            batch,
            receiver: Receiver::new(
                FeedFile::new(kind, encoding, now.date_in_japan()),
                report::file(&app.data_dir, id),
            ),
        })
    }

    async fn end(self) -> Result<FeedReport, String> {
        let (counted, tolerance) = (self.receiver.tally.counted, self.app.medical.tolerance());
        let is_good = tolerance.allows(counted.refused, counted.lines);
        let (state, changed) = match (self.batch, is_good) {
            (None, _) => {
                self.app.engine.forget_feed_lines().await.map_err(told)?;
                (TRIED, Changed::default())
            }
            (Some((id, _)), true) => {
                let now = self.app.now();
                let changed = self.app.engine.publish_feed(id, counted, now).await;
                (BatchState::Published.as_str(), changed.map_err(told)?)
            }
            (Some(_), false) => {
                self.leave(BatchState::Stopped).await?;
                (BatchState::Stopped.as_str(), Changed::default())
            }
        };
        Ok(self.receiver.tally.report(self.batch, state, changed))
    }

    /// Ends the feed without storing anything of it.
    async fn leave(&self, state: BatchState) -> Result<(), String> {
        let left = match self.batch {
            Some((id, _)) => {
                let (now, counted) = (self.app.now(), self.receiver.tally.counted);
                self.app.engine.stop_feed(id, state, counted, now).await
            }
            None => self.app.engine.forget_feed_lines().await,
        };
        left.map_err(told)
    }
}
