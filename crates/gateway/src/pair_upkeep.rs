//! What is done in one folder pair beside its requests: readers' results are put into it, and results that nobody takes are looked for. Its
//! work on files is done on a thread that may block, one piece after the other: a share that hangs holds up its own pair alone.

use std::sync::Arc;
use std::time::Duration;

use domain::admission::WorkClass;
use store::journal::deliveries::Delivery;
use store::journal::{Ending, Entry, Progress, State};
use tokio::time::MissedTickBehavior;

use crate::deliveries::{Deliveries, Place, PutOff, Why};
use crate::file_work::FileWork;
use crate::folders::Folders;
use crate::lane::Pause;
use crate::leftovers;
use crate::round_error::{RoundError, keep_first};
use crate::standing::{Concern, Hand, Standing};

/// Results of readers are looked for this often.
const DELIVER_EVERY: Duration = Duration::from_millis(500);

/// Forgotten results are looked for this often.
pub(crate) const LEFTOVERS_EVERY_S: i64 = 60;

/// Where that did not go through, they are looked for again after so many seconds.
const LEFTOVERS_AGAIN_S: i64 = 5;

/// The upkeep of one folder pair.
#[derive(Debug)]
pub(crate) struct PairUpkeep {
    folders: Arc<Folders>,
    files: FileWork,
    deliveries: Deliveries,
    /// Deliveries that came to nothing a moment ago.
    put_off: PutOff,
    standing: Standing,
    no_leftovers_before: Option<Pause>,
}

impl PairUpkeep {
    pub(crate) fn new(folders: Folders, deliveries: Deliveries) -> Self {
        let standing = deliveries.standings.of(&folders.name);
        Self {
            files: FileWork::new(standing.clone(), Hand::Upkeep, deliveries.clock.clone()),
            standing,
            folders: Arc::new(folders),
            deliveries,
            put_off: PutOff::default(),
            no_leftovers_before: None,
        }
    }

    /// Works without end.
    pub(crate) async fn run(mut self) {
        let mut every = tokio::time::interval(DELIVER_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            self.round().await;
            let now = self.deliveries.clock.now();
            match self.look_for_leftovers().await {
                Ok(true) => self.standing.went_through(Concern::Leftovers),
                Ok(false) => {}
                Err(error) => self.standing.stuck(Concern::Leftovers, &error, now),
            }
        }
    }

    /// Puts readers' results into the folder and tells of trouble; returns how many.
    pub(crate) async fn round(&mut self) -> (usize, Option<RoundError>) {
        let (done, stuck) = self.deliver().await;
        match &stuck {
            Some(error) => {
                let now = self.deliveries.clock.now();
                self.standing.stuck(Concern::ReadersResults, error, now);
            }
            // One that the folders keep waiting for its next try is in trouble until then.
            None if self.put_off.is_in_trouble() => {}
            None => self.standing.went_through(Concern::ReadersResults),
        }
        (done, stuck)
    }

    async fn deliver(&mut self) -> (usize, Option<RoundError>) {
        let mut deliveries = match self.deliveries.journal.undelivered() {
            Ok(deliveries) => deliveries,
            Err(error) => return (0, Some(error.into())),
        };
        if let Err(error) = self.set_back_lost(&mut deliveries).await {
            return (0, Some(error));
        }
        let (mut done, mut stuck) = (0, None);
        for delivery in deliveries {
            if delivery.folder != self.folders.name {
                continue;
            }
            match self.deliver_one(delivery).await {
                Ok(delivered) => done += usize::from(delivered),
                Err(error) => keep_first(&mut stuck, Err(error)),
            }
        }
        (done, stuck)
    }

    /// Has results made anew that were ready in a work folder that was lost, and are not in the face folder. Told by a blank mark alone: in
    /// the folder they were ready in, what is absent was published.
    async fn set_back_lost(&mut self, deliveries: &mut [Delivery]) -> Result<(), RoundError> {
        let mut looked_at = None;
        for delivery in deliveries {
            if delivery.folder != self.folders.name || delivery.state != State::Ready {
                continue;
            }
            let place = Place::of(&self.folders, &self.files, delivery)?;
            if !place.work(Place::is_replaced).await? {
                return Ok(());
            }
            let name = delivery.name.clone().unwrap_or_default();
            let sought = name.clone();
            if place.work(move |it| it.is_in_neither(&sought)).await? {
                tracing::warn!(folder = %self.folders.name, result = %name, "a reader's result was lost with its work folder and is made anew");
                self.deliveries.set_back(delivery).await?;
                self.put_off.over(delivery.id);
            }
            looked_at = Some(place);
        }
        match looked_at {
            Some(place) => self.fill_mark(&place).await,
            None => Ok(()),
        }
    }

    /// Gives a blank mark its text, but not while a rejection is ready: that it was lost is told by the blank mark alone, and the requests' lane
    /// fills it then.
    async fn fill_mark(&self, place: &Place) -> Result<(), RoundError> {
        if !place.work(Place::is_replaced).await? {
            return Ok(());
        }
        let is_rejected = |it: &Entry| {
            it.folder == self.folders.name
                && matches!(it.progress, Progress::Ready(Ending::Rejected, _))
        };
        let files = self.deliveries.journal.unfinished()?;
        if files.iter().any(is_rejected) {
            return Ok(());
        }
        place.work(Place::fill_mark).await
    }

    /// Brings one delivery to its end from wherever it stands; false when it waits, or needs a question and none may be asked now.
    async fn deliver_one(&mut self, mut delivery: Delivery) -> Result<bool, RoundError> {
        let (id, now) = (delivery.id, self.deliveries.clock.now());
        let place = Place::of(&self.folders, &self.files, &delivery)?;
        if self.put_off.holds(id, now) {
            return Ok(false);
        }
        if delivery.state == State::Claimed {
            let most = self.deliveries.pace.most_at_once(WorkClass::CardCheck, now);
            if most == 0 {
                return Ok(false);
            }
            self.fill_mark(&place).await?;
            place.work(Place::prove_writable).await?;
            let made = self.deliveries.make(&place, &delivery).await;
            delivery = match made {
                Ok(Some(ready)) => ready,
                Ok(None) => {
                    self.put_off.put_off(id, now, Why::Open);
                    return Ok(false);
                }
                Err(error) => {
                    let why = if error.is_at_center() {
                        Why::NotAnswered
                    } else {
                        Why::NotMade
                    };
                    if !error.concerns_all_questions() {
                        self.put_off.put_off(id, now, why);
                    }
                    return Err(error);
                }
            };
        } else {
            place.work(Place::prove_marked).await?;
            let name = delivery.name.clone().unwrap_or_default();
            let sought = name.clone();
            match place.work(move |it| it.is_in_neither(&sought)).await {
                Ok(false) => {}
                // The end before came between the move and its note.
                Ok(true) => {
                    tracing::warn!(folder = %self.folders.name, result = %name, "a reader's result is in neither folder and counts as taken");
                }
                Err(error) => {
                    self.put_off.put_off(id, now, Why::NotPublished);
                    return Err(error);
                }
            }
        }
        match self.deliveries.publish(&place, delivery).await {
            Ok(()) => {
                self.put_off.over(id);
                Ok(true)
            }
            Err(error) => {
                self.put_off.put_off(id, now, Why::NotPublished);
                Err(error)
            }
        }
    }

    /// Once a minute: results that nobody takes, and whether those whom `shared` names get through to the folders.
    /// False when it was not time.
    pub(crate) async fn look_for_leftovers(&mut self) -> Result<bool, RoundError> {
        let now = self.deliveries.clock.now();
        if self.no_leftovers_before.is_some_and(|it| it.holds(now)) {
            return Ok(false);
        }
        let pause = |seconds| Pause {
            since: now,
            until: now.plus_seconds(seconds),
        };
        self.no_leftovers_before = Some(pause(LEFTOVERS_AGAIN_S));
        let (folders, journal) = (Arc::clone(&self.folders), self.deliveries.journal.clone());
        let files = self.files.clone();
        let look = move || {
            let beat = || files.goes_on();
            let count = leftovers::look(&folders, &journal, now, &beat);
            (folders.closed(), count)
        };
        let (closed, count) = self.files.on_a_thread(look).await?;
        self.standing.closed(closed, now);
        let count = count?;
        self.no_leftovers_before = Some(pause(LEFTOVERS_EVERY_S));
        self.standing.forgotten(count);
        if 0 < count {
            tracing::warn!(folder = %self.folders.name, count, treatment = ?self.folders.forgotten, "results were not taken in time");
        }
        Ok(true)
    }
}
