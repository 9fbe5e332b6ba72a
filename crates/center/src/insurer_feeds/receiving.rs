//! Takes an insurer's file in as it arrives over the control socket: lines are read and kept aside piece by piece; when all came, the whole
//! is weighed, and published or held for review. Holds no more of a file in memory than one piece.

use domain::admission::WorkClass;
use domain::feed::insurer::{InsurerKind, Scope};
use domain::feed::part::NotApplied;
use domain::feed::{BatchKind, BatchState};
use domain::insurer_number::InsurerNumber;
use exchange::feed_file::refusal::{Reason, Wrong};
use exchange::insurer_file::{InsurerFile, Said};
use store::registry::feeds::batches::{Changed, NewBatch};
use store::registry::feeds::beginning::{Begun, Taking, tried};
use store::registry::insurer_feeds::remarks::NewRemark;
use store::registry::insurer_feeds::{Arriving, NewLine, NewLines};

use super::{causes, is_held, remark_counts};
use crate::app::App;
use crate::control::Conversation;
use crate::feeds::earlier::Earlier;
use crate::feeds::receiver::{Keep, NotReceived, Piece, Receiver, Unread};
use crate::feeds::turn::Touches;
use crate::feeds::{
    FeedReport, NewFeed, TRIED, WeighedLine, cut, digests, encoding, random, report, told,
};
use crate::trouble::how_it_stopped;

/// Takes an insurer's file in. What goes wrong is told and ends it; a caller who goes away ends it, too.
pub(crate) async fn receive(
    app: &App,
    (kind, new): (InsurerKind, NewFeed),
    who: &str,
    conversation: &mut Conversation,
) -> Result<FeedReport, String> {
    let mut receiving = Receiving::begin(app, (kind, &new), who).await?;
    let keeper = Keeper {
        app,
        arriving: receiving.arriving,
    };
    match receiving.receiver.take_all(conversation, &keeper).await {
        // A place may be waited for, and a large insurer is weighed for minutes.
        Ok(()) => Touches::begin().during(app, receiving.end()).await,
        Err(NotReceived::Cut(why)) => Err(cut(app, why, digests(&new)?).await),
        Err(NotReceived::Wrong(why)) => {
            receiving.leave(BatchState::GivenUp).await?;
            Err(why)
        }
    }
}

/// Makes lines part of what their insurer says of people, and keeps that aside.
struct Keeper<'a> {
    app: &'a App,
    arriving: Arriving,
}

impl Keep for Keeper<'_> {
    type Said = Said;

    async fn keep(&self, piece: Piece<Said>) -> Result<Vec<Result<(), Reason>>, String> {
        let mut remarks = Vec::new();
        for line in &piece.refused {
            remarks.extend(line.wrong.iter().map(|it| refused(line, it)));
        }
        let taking = Taking {
            number: self.arriving.number,
            now: self.app.now(),
            last: piece.last,
            unread: piece.refused.len() as u64,
        };
        let lines = NewLines {
            said: piece.said.into_iter().map(new_line).collect(),
            remarks,
            name: |why| reason(why).as_str(),
        };
        let deadlines = self.app.insurer_feeds.deadlines();
        let kept = self
            .app
            .engine
            .keep_insurer_lines(self.arriving, taking, lines, deadlines);
        let outcomes = kept.await.map_err(told)?.into_iter();
        Ok(outcomes.map(|it| it.map_err(reason)).collect())
    }
}

fn new_line((number, said): (u64, Said)) -> NewLine {
    NewLine {
        number,
        person: said.person,
        change: said.change,
        happened: said.happened,
        notified: said.notified,
    }
}

struct Receiving<'a> {
    app: &'a App,
    arriving: Arriving,
    /// Whether it is only tried.
    is_tried: bool,
    receiver: Receiver<InsurerFile>,
}

impl<'a> Receiving<'a> {
    async fn begin(
        app: &'a App,
        (kind, new): (InsurerKind, &NewFeed),
        who: &str,
    ) -> Result<Self, String> {
        let (insurer, scope) = whose(kind, new)?;
        let encoding = encoding(new)?;
        let now = app.now();
        app.engine.settle_feeds(now).await.map_err(told)?;
        if let Some(held) = app.engine.held_feed(insurer).map_err(told)? {
            return Err(is_held(held).to_string());
        }
        let id = uuid::Uuid::from_bytes(random()?).as_u128();
        let digests = digests(new)?;
        let begun = if new.dry_run {
            Begun {
                id,
                number: tried().map_err(told)?,
                at: now,
                taken: 0,
            }
        } else {
            let batch = NewBatch {
                id,
                kind: BatchKind::Insurer(kind),
                insurer,
                scope,
                file_name: new.file_name.clone(),
                who: who.to_owned(),
                begun: now,
                fingerprint: digests.map(|it| it.fingerprint),
            };
            app.engine.begin_feed(batch).await.map_err(told)?
        };
        // One that goes on is of the day it came first.
        let day = begun.at.date_in_japan();
        let file = InsurerFile::new(kind, insurer, encoding, day);
        let receiver = Receiver::new(app, file, report::file(&app.data_dir, begun.id));
        let earlier = Earlier::of(&app.engine, &begun);
        Ok(Self {
            app,
            arriving: Arriving {
                id: begun.id,
                number: begun.number,
                kind,
                insurer,
                scope,
                day,
                unnamed: app.insurer_feeds.unnamed(),
            },
            is_tried: new.dry_run,
            receiver: receiver.going_on(digests.map(|it| it.file), earlier),
        })
    }

    async fn end(self) -> Result<FeedReport, String> {
        let (app, arriving, counted) = (self.app, self.arriving, self.receiver.tally.counted);
        let _place = app.gate.enter_in_time(WorkClass::Bulk).await;
        let tolerance = app.insurer_feeds.tolerance();
        let is_stopped = !tolerance.allows(counted.refused, counted.lines);
        if !self.is_tried && is_stopped {
            self.leave(BatchState::Stopped).await?;
            return self.told(BatchState::Stopped.as_str(), Changed::default());
        }
        // A walk over all of the insurer's members; checks must not wait behind it.
        let engine = app.engine.clone();
        let weighing = tokio::task::spawn_blocking(move || engine.weigh_insurer_feed(&arriving));
        let weighed = weighing
            .await
            .map_err(|why| how_it_stopped(&why).to_owned())?;
        let weighed = weighed.map_err(told)?;
        let causes = causes(app, &weighed);
        let would = match (is_stopped, causes.is_empty()) {
            (true, _) => BatchState::Stopped,
            (false, false) => BatchState::Held,
            (false, true) => BatchState::Published,
        };
        let (state, changed) = if self.is_tried {
            (TRIED, Changed::default())
        } else if causes.is_empty() {
            let published =
                app.engine
                    .publish_insurer_feed(arriving, counted, Some(weighed), app.now());
            let changed = published.await.map_err(told)?;
            (BatchState::Published.as_str(), changed)
        } else {
            let held = app
                .engine
                .hold_insurer_feed(arriving, counted, weighed, app.now());
            held.await.map_err(told)?;
            (BatchState::Held.as_str(), Changed::default())
        };
        let is_tried = self.is_tried;
        let mut report = self.told(state, changed)?;
        report.weighed = arriving.insurer.map(|_| WeighedLine::from(weighed));
        report.held_for = causes;
        if is_tried {
            report.would = Some(would.as_str().into());
            let forgotten = app.engine.forget_tried_feed(arriving.number).await;
            forgotten.map_err(told)?;
        }
        Ok(report)
    }

    fn told(self, state: &str, changed: Changed) -> Result<FeedReport, String> {
        let batch = (!self.is_tried).then_some((self.arriving.id, self.arriving.number));
        let counts = remark_counts(self.app, self.arriving.number).map_err(told)?;
        let mut report = self.receiver.tally.report(batch, state, changed);
        report.remarks = Some(counts);
        Ok(report)
    }

    /// Ends the feed without storing anything of it.
    async fn leave(&self, state: BatchState) -> Result<(), String> {
        let engine = &self.app.engine;
        let left = if self.is_tried {
            engine.forget_tried_feed(self.arriving.number).await
        } else {
            let (state, counted) = ((state, self.app.now()), self.receiver.tally.counted);
            engine
                .leave_insurer_feed(self.arriving, state, counted)
                .await
        };
        left.map_err(told)
    }
}

/// Whose members a file is about, and whether it holds all of them.
fn whose(kind: InsurerKind, new: &NewFeed) -> Result<(Option<InsurerNumber>, Scope), String> {
    let scope = if new.full { Scope::Full } else { Scope::Delta };
    if scope == Scope::Full && !kind.may_be_full() {
        return Err("full: --full は coverages と certificates だけです。 / --full goes with coverages and certificates alone".into());
    }
    match (&new.insurer, kind.is_of_insurer()) {
        (Some(number), true) => {
            let number = InsurerNumber::parse(number).map_err(|error| {
                format!("insurer: 保険者番号を確かめてください。 / look at the insurer number: {error}")
            })?;
            Ok((Some(number), scope))
        }
        (None, true) => Err("insurer: --insurer に保険者番号を指定してください。 / name the insurer with --insurer".into()),
        (Some(_), false) => Err("insurer: 住民情報に --insurer は付けられません。 / the resident register is of no insurer; leave --insurer out".into()),
        (None, false) => Ok((None, scope)),
    }
}

fn refused(line: &Unread, wrong: &Wrong) -> NewRemark {
    NewRemark {
        person: line.person,
        cell: wrong.column.map(|column| column.name),
        ..NewRemark::refused(line.number, wrong.reason.as_str())
    }
}

fn reason(why: NotApplied) -> Reason {
    match why {
        NotApplied::UnknownPerson => Reason::UnknownPerson,
        NotApplied::NoSuchCoverage => Reason::NoSuchCoverage,
        NotApplied::SeveralCoverages => Reason::SeveralCoverages,
        NotApplied::Overlaps => Reason::Overlaps,
        NotApplied::Displaces => Reason::Displaces,
        NotApplied::LossBeforeAcquisition => Reason::LossBeforeAcquisition,
        NotApplied::EndBeforeStart => Reason::EndBeforeStart,
        NotApplied::NotCorrected => Reason::NotCorrected,
        NotApplied::NoMedicalAid => Reason::NoMedicalAid,
    }
}
