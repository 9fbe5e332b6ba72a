//! Takes a file of medical information in: its lines are matched to people and kept aside, and published when all came. Judges no line.

use domain::admission::WorkClass;
use domain::feed::insurer::{InsurerKind, Scope};
use domain::feed::{BatchKind, BatchNumber, BatchState, FeedKind};
use exchange::feed_file::refusal::Reason;
use exchange::feed_file::{FeedFile, Parsed};
use store::registry::feeds::batches::{Changed, NewBatch};
use store::registry::feeds::beginning::{Taking, tried};
use store::registry::feeds::{NotKept, Whose};

use super::earlier::Earlier;
use super::receiver::{Keep, NotReceived, Piece, Receiver};
use super::turn::Touches;
use super::{FeedReport, NewFeed, TRIED, cut, digests, encoding, random, report, told};
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
    let number = match feeding.batch {
        Some((_, number)) => number,
        None => tried().map_err(told)?,
    };
    let keeper = Keeper { app, number };
    match feeding.receiver.take_all(conversation, &keeper).await {
        Ok(()) => Touches::begin().during(app, feeding.end()).await,
        Err(NotReceived::Cut(why)) => Err(cut(app, why, digests(&new)?).await),
        Err(NotReceived::Wrong(why)) => {
            feeding.leave(BatchState::GivenUp).await?;
            Err(why)
        }
    }
}

/// Matches lines to people, and keeps them aside.
struct Keeper<'a> {
    app: &'a App,
    number: BatchNumber,
}

impl Keep for Keeper<'_> {
    type Said = Parsed;

    async fn keep(&self, piece: Piece<Parsed>) -> Result<Vec<Result<(), Reason>>, String> {
        let taking = Taking {
            number: self.number,
            now: self.app.now(),
            last: piece.last,
            unread: piece.refused.len() as u64,
        };
        let lines = piece.said.into_iter().map(|(number, parsed)| {
            let whose = Whose {
                key: parsed.key,
                branch: parsed.branch,
                birth_date: parsed.birth_date,
            };
            (number, whose, parsed.line)
        });
        let kept = self
            .app
            .engine
            .keep_feed_lines(taking, lines.collect(), |why| reason(why).as_str());
        let outcomes = kept.await.map_err(told)?.into_iter();
        Ok(outcomes.map(|outcome| outcome.map_err(reason)).collect())
    }
}

fn reason(why: NotKept) -> Reason {
    match why {
        NotKept::NoOnePerson => Reason::NoOnePerson,
        NotKept::OtherHead => Reason::OtherHead,
        NotKept::Twice => Reason::Twice,
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
        let digests = digests(new)?;
        let mut begun = None;
        if new.dry_run {
            app.engine.settle_feeds(now).await.map_err(told)?;
        } else {
            let batch = NewBatch {
                id,
                kind: BatchKind::Medical(kind),
                insurer: None,
                scope: Scope::Delta,
                file_name: new.file_name.clone(),
                who: who.to_owned(),
                begun: now,
                fingerprint: digests.map(|it| it.fingerprint),
            };
            begun = Some(app.engine.begin_feed(batch).await.map_err(told)?);
        }
        let (id, day) = begun.map_or((id, now), |it| (it.id, it.at));
        let mut receiver = Receiver::new(
            app,
            FeedFile::new(kind, encoding, day.date_in_japan()),
            report::file(&app.data_dir, id),
        );
        if let Some(begun) = &begun {
            let earlier = Earlier::of(&app.engine, begun);
            receiver = receiver.going_on(digests.map(|it| it.file), earlier);
        }
        Ok(Self {
            app,
            batch: begun.map(|it| (it.id, it.number)),
            receiver,
        })
    }

    async fn end(self) -> Result<FeedReport, String> {
        let _place = self.app.gate.enter_in_time(WorkClass::Bulk).await;
        let (counted, tolerance) = (self.receiver.tally.counted, self.app.medical.tolerance());
        let is_good = tolerance.allows(counted.refused, counted.lines);
        let becomes = if is_good {
            BatchState::Published
        } else {
            BatchState::Stopped
        };
        let becomes = becomes.as_str();
        let Some((id, _)) = self.batch else {
            self.app.engine.forget_feed_lines().await.map_err(told)?;
            let tally = self.receiver.tally;
            let mut report = tally.report(None, TRIED, Changed::default());
            report.would = Some(becomes.into());
            return Ok(report);
        };
        let changed = if is_good {
            let now = self.app.now();
            let changed = self.app.engine.publish_feed(id, counted, now).await;
            changed.map_err(told)?
        } else {
            self.leave(BatchState::Stopped).await?;
            Changed::default()
        };
        Ok(self.receiver.tally.report(self.batch, becomes, changed))
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
