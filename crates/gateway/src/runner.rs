//! Drives one folder pair: looks at its folder, has the center asked about many files at once, publishes what comes back. One slow
//! question or share holds up nothing else. Decides nothing about files; the lane does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::client::ClientError;
use api::client::lots::Lots;
use domain::admission::WorkClass;
use domain::civil_date::Instant;
use tokio::task::{JoinError, JoinSet};

use crate::asking::{Asking, Came, Of};
use crate::clock::Clock;
use crate::file_work::FileWork;
use crate::hints::Hints;
use crate::lane::{Held, Lane, Pass, Pause};
use crate::pace::{CLASSES, Pace, Paces, Room, Rooms};
use crate::round_error::{RoundError, keep_first};
use crate::standing::{Concern, Hand, Standing};
use crate::touches::{TOUCH_AFTER, Touches};

/// The folders are looked at this often: polling is the truth.
const EVERY: Duration = Duration::from_millis(500);

/// The places of results that wait are looked at this often at most: a little less than [`EVERY`], so that each look by the clock is one, and
/// no tick need come through between many answers.
const HELD_EVERY: Duration = Duration::from_millis(400);

/// A file about which a question came to nothing, while others went through, is asked about again after so many seconds.
const FILE_PAUSE_S: i64 = 10;

/// The center's pace in each class, shared by all folder pairs.
#[derive(Debug, Clone)]
pub(crate) struct SharedPace {
    paces: Arc<Mutex<Paces>>,
    lots: Lots,
}

impl SharedPace {
    pub(crate) fn open(lots: Lots) -> Self {
        Self {
            paces: Arc::default(),
            lots,
        }
    }

    pub(crate) fn most_at_once(&self, class: WorkClass, now: Instant) -> usize {
        self.with(class, |pace| pace.most_at_once(now))
    }

    fn room(&self, class: WorkClass, under_way: usize, now: Instant) -> Room {
        self.with(class, |pace| pace.room(under_way, now))
    }

    pub(crate) fn answered(&self, class: WorkClass) {
        self.with(class, Pace::answered);
    }

    /// Slows down for what concerns every question of a class.
    pub(crate) fn refused(&self, class: WorkClass, error: &RoundError, now: Instant) {
        let lot = self.lots.draw();
        self.with(class, |pace| pace.refused(error.come_back_s(), lot, now));
    }

    fn with<T>(&self, class: WorkClass, so: impl FnOnce(&mut Pace) -> T) -> T {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        so(paces.of(class))
    }
}

/// What came of a question's task.
type Joined = Result<(tokio::task::Id, (u128, Result<Came, RoundError>)), JoinError>;

/// One folder pair with its questions under way.
#[derive(Debug)]
pub(crate) struct Runner {
    /// Away only while it works on another thread.
    lane: Option<Lane>,
    again: Box<Again>,
    asking: Asking,
    pace: SharedPace,
    clock: Clock,
    standing: Standing,
    files: FileWork,
    under_way: JoinSet<(u128, Result<Came, RoundError>)>,
    /// When the places of results that wait were last looked at.
    held_looked_at: Option<tokio::time::Instant>,
    /// The class of each.
    classes: HashMap<tokio::task::Id, WorkClass>,
}

/// What makes a lane anew when one was lost on another thread.
struct Again(Box<dyn Fn() -> Lane + Send>);

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Again")
    }
}

impl Runner {
    pub(crate) fn new(
        make: impl Fn() -> Lane + Send + 'static,
        asking: Asking,
        pace: SharedPace,
        clock: Clock,
        standing: Standing,
    ) -> Self {
        Self {
            lane: Some(make()),
            again: Box::new(Again(Box::new(make))),
            asking,
            pace,
            files: FileWork::new(standing.clone(), Hand::Requests, clock.clone()),
            clock,
            standing,
            under_way: JoinSet::new(),
            held_looked_at: None,
            classes: HashMap::new(),
        }
    }

    /// Runs without end: by hints of the file system where there are any, and by the clock in any case.
    pub(crate) async fn run(mut self, mut hints: Hints) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut more = false;
        let mut touches = Touches::default();
        loop {
            let due = touches.due();
            let touch_at = due.unwrap_or_else(tokio::time::Instant::now);
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(touch_at), if due.is_some() => {
                    if let Some(batch) = touches.take() {
                        let closed = self.close(batch).await;
                        self.tell(closed.err());
                    }
                }
                Some(first) = self.under_way.join_next_with_id() => {
                    let stuck = self.settle(first).await;
                    self.tell(stuck);
                    let (left, stuck) = self.start().await;
                    more = left;
                    self.tell(stuck);
                }
                () = std::future::ready(()), if more => {
                    let (left, stuck) = self.start().await;
                    more = left;
                    self.tell(stuck);
                }
                () = hints.next() => {
                    let (left, stuck) = self.start().await;
                    more = left;
                    self.tell(stuck);
                }
                _ = every.tick() => {
                    let (left, stuck) = self.start().await;
                    more = left;
                    self.looked(stuck);
                }
            }
            if let Some(batch) = self.published() {
                touches.published(batch, tokio::time::Instant::now());
            }
        }
    }

    /// Goes on until nothing can; returns how many files were finished.
    pub(crate) async fn round(&mut self) -> (usize, Option<RoundError>) {
        let (done, stuck) = self.rest().await;
        match &stuck {
            Some(error) => {
                let now = self.clock.now();
                self.standing.stuck(Concern::Requests, error, now);
            }
            None => self.looked(None),
        }
        (done, stuck)
    }

    async fn rest(&mut self) -> (usize, Option<RoundError>) {
        let (mut done, mut stuck) = (0, None);
        self.held_looked_at = None;
        loop {
            let (more, trouble) = self.start().await;
            keep_first(&mut stuck, trouble.map_or(Ok(()), Err));
            if let Some(first) = self.under_way.join_next_with_id().await {
                let trouble = self.settle(first).await;
                keep_first(&mut stuck, trouble.map_or(Ok(()), Err));
            } else if !more && self.published().is_none() {
                return (done, stuck);
            }
            if let Some(batch) = self.published() {
                tokio::time::sleep(TOUCH_AFTER).await;
                match self.close(batch).await {
                    Ok(count) => done += count,
                    Err(error) => keep_first(&mut stuck, Err(error)),
                }
            }
        }
    }

    /// The last batch published, where any end waits for its touch.
    fn published(&self) -> Option<u64> {
        self.lane.as_ref().and_then(Lane::published)
    }

    /// One pass over the folder, and questions about what it found. True when more lies there.
    async fn start(&mut self) -> (bool, Option<RoundError>) {
        let now = self.clock.now();
        let rooms: Rooms = CLASSES
            .into_iter()
            .map(|class| {
                let under_way = self.classes.values().filter(|it| **it == class).count();
                (class, self.pace.room(class, under_way, now))
            })
            .collect();
        let held = self.held();
        let pass = self
            .with_lane(move |lane| lane.pass(&rooms, held, now))
            .await;
        let Pass {
            questions,
            more,
            stuck,
        } = match pass {
            Ok(pass) => pass,
            Err(error) => return (false, Some(error)),
        };
        for question in questions {
            let (asking, clock) = (self.asking.clone(), self.clock.clone());
            let class = question.class;
            let task = self.under_way.spawn(async move {
                let outcome = asking.outcome(&question, clock.now()).await;
                (question.id, outcome)
            });
            self.classes.insert(task.id(), class);
        }
        (more, stuck)
    }

    /// Whether it is time to look at the places of results that wait.
    fn held(&mut self) -> Held {
        let now = tokio::time::Instant::now();
        let looked_at = self.held_looked_at;
        if looked_at.is_some_and(|at| now.duration_since(at) < HELD_EVERY) {
            return Held::Left;
        }
        self.held_looked_at = Some(now);
        Held::Looked
    }

    /// Publishes what came back: the first, and all that came meanwhile.
    async fn settle(&mut self, first: Joined) -> Option<RoundError> {
        let now = self.clock.now();
        let mut stuck = None;
        let (mut ends, mut back) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(came) = next {
            let task = match &came {
                Ok((task, _)) => *task,
                Err(error) => error.id(),
            };
            let class = self.classes.remove(&task).unwrap_or(WorkClass::Check);
            match came {
                Ok((_, (id, Ok(came)))) => {
                    if came.of == Of::Center {
                        self.pace.answered(class);
                        self.standing.center_answered(now);
                    }
                    ends.push((id, came.outcome));
                }
                Ok((_, (id, Err(error)))) => {
                    back.push((id, self.pause_after(class, &error, now)));
                    keep_first(&mut stuck, Err(error));
                }
                // Its question is asked again once the lane is made anew.
                Err(_) => {
                    let folder = self.standing.folder().to_owned();
                    keep_first(&mut stuck, Err(RoundError::BrokenOff(folder)));
                    self.lane = Some(self.again.0());
                }
            }
            next = self.under_way.try_join_next_with_id();
        }
        let settled = self
            .with_lane(move |lane| {
                for (id, pause) in back {
                    lane.put_back(id, pause);
                }
                lane.settle(ends, now)
            })
            .await;
        keep_first(&mut stuck, settled.and_then(|it| it));
        stuck
    }

    /// What a failed question means: for all questions of its class a slower pace, for the one file a pause.
    fn pause_after(&self, class: WorkClass, error: &RoundError, now: Instant) -> Option<Pause> {
        if error.concerns_all_questions() {
            self.pace.refused(class, error, now);
            return None;
        }
        let seconds = error.come_back_s().map_or(FILE_PAUSE_S, i64::from);
        Some(Pause {
            since: now,
            until: now.plus_seconds(seconds),
        })
    }

    /// Touches and closes what was published up to a batch; returns how many.
    async fn close(&mut self, batch: u64) -> Result<usize, RoundError> {
        let now = self.clock.now();
        self.with_lane(move |lane| lane.close(batch, now)).await?
    }

    /// Has the lane work on a thread that may block. A share that hangs holds up its own lane alone.
    async fn with_lane<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Lane) -> T + Send + 'static,
    ) -> Result<T, RoundError> {
        let mut lane = self.lane.take().unwrap_or_else(|| self.again.0());
        let worked = self.files.on_a_thread(move || {
            let result = work(&mut lane);
            (lane, result)
        });
        match worked.await {
            Ok((lane, result)) => {
                self.lane = Some(lane);
                Ok(result)
            }
            Err(error) => {
                self.under_way.abort_all();
                Err(error)
            }
        }
    }

    /// Tells of trouble. What went through after it does not take it back; a quiet look does.
    fn tell(&self, stuck: Option<RoundError>) {
        if let Some(error) = stuck {
            let now = self.clock.now();
            self.standing.stuck(Concern::Requests, &error, now);
        }
    }

    /// Tells how a regular look went.
    fn looked(&self, stuck: Option<RoundError>) {
        let quiet = stuck.is_none();
        self.tell(stuck);
        if let Some(lane) = &self.lane {
            self.standing.looked(lane.waiting(), quiet);
            self.standing.held(lane.held(), self.clock.now());
        }
    }
}

impl RoundError {
    /// True when every other question of its class would fail alike.
    pub(crate) fn concerns_all_questions(&self) -> bool {
        match self {
            Self::Center(ClientError::Problem(problem)) => {
                // The rest, 500 too, may be about the one message.
                matches!(problem.status, 401 | 429 | 502 | 503 | 504)
            }
            Self::Center(ClientError::Answer | ClientError::TooLarge) => false,
            Self::Center(_) | Self::Secret(_) | Self::SignIn => true,
            Self::File { .. }
            | Self::NoFolder(_)
            | Self::OtherWork(_)
            | Self::Journal(_)
            | Self::BrokenOff(_) => false,
        }
    }

    /// In how many seconds the center wants to be asked again, where it said so.
    pub(crate) fn come_back_s(&self) -> Option<u32> {
        match self {
            Self::Center(ClientError::Problem(problem)) => problem.retry_after_s,
            Self::Center(_)
            | Self::Secret(_)
            | Self::SignIn
            | Self::File { .. }
            | Self::NoFolder(_)
            | Self::OtherWork(_)
            | Self::Journal(_)
            | Self::BrokenOff(_) => None,
        }
    }
}
