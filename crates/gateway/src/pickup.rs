//! The link app: a runner for each folder pair, deliveries of readers' results and upkeep beside them. Every file is answered exactly
//! once, and none holds up another.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::client::Client;
use api::client::lots::Lots;
use api::client::machine::MachineAccount;
use api::link_state::{AT_LEAST_EVERY_S, LinkState};
use domain::admission::WorkClass;
use domain::civil_date::Instant;
use store::engine::StoreError;
use store::journal::deliveries::Delivery;
use store::journal::{Journal, State};

use crate::asking::Asking;
use crate::clock::Clock;
use crate::deliveries::{Deliveries, Place, PutOff};
use crate::files::{Disk, Files};
use crate::folders::Folders;
use crate::hearing::Hearing;
use crate::hints::Hints;
use crate::lane::Lane;
use crate::leftovers;
pub use crate::round_error::RoundError;
use crate::round_error::keep_first;
use crate::runner::{Runner, SharedPace};
use crate::session::Session;
use crate::standing::{self, Standings};

/// Forgotten results are looked for this often.
const LEFTOVERS_EVERY_S: i64 = 60;

/// The journal remembers finished files this long.
const REMEMBERED_S: i64 = 90 * 86_400;

/// Results of readers are looked for this often.
const DELIVER_EVERY: Duration = Duration::from_millis(500);

/// The state is looked at this often, and written when it changed.
const STATE_EVERY: Duration = Duration::from_secs(1);

/// What a gateway works with.
pub struct Setup {
    /// The watched folders.
    pub folders: Vec<Folders>,
    /// The journal.
    pub journal: Journal,
    /// The center.
    pub client: Client,
    /// The facility's institution code.
    pub facility: String,
    /// The link-app account.
    pub account: MachineAccount,
    /// Reads the time.
    pub clock: Arc<dyn Fn() -> Instant + Send + Sync>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Setup({:?}, …)", self.folders)
    }
}

/// The link app.
#[derive(Debug)]
pub struct Gateway {
    folders: Vec<Folders>,
    runners: Vec<Runner>,
    upkeep: Upkeep,
}

/// What is done beside the files.
#[derive(Debug)]
struct Upkeep {
    folders: Vec<Folders>,
    journal: Journal,
    deliveries: Deliveries,
    /// Deliveries that came to nothing a moment ago.
    put_off: PutOff,
    pace: SharedPace,
    clock: Clock,
    disk: Arc<Disk>,
    standings: Standings,
    looked_for_leftovers: Option<Instant>,
}

impl Gateway {
    /// A gateway over opened folders.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let session = Arc::new(Session::new(setup.client, setup.facility, setup.account));
        let clock = Clock(setup.clock);
        let (disk, pace) = (Arc::new(Disk::default()), SharedPace::open(Lots::default()));
        let standings = Standings::default();
        let runner = |folders: &Folders| {
            let files: Arc<dyn Files> = Arc::<Disk>::clone(&disk);
            let (own, journal) = (folders.clone(), setup.journal.clone());
            let make = move || {
                let spelling = own.spelling.clone();
                Lane::new(own.clone(), Arc::clone(&files), journal.clone(), spelling)
            };
            let asking = Asking {
                session: Arc::clone(&session),
                spelling: folders.spelling.clone(),
                bulk_results: folders.bulk_results,
            };
            let standing = standings.of(&folders.name);
            Runner::new(make, asking, pace.clone(), clock.clone(), standing)
        };
        Self {
            runners: setup.folders.iter().map(runner).collect(),
            upkeep: Upkeep {
                folders: setup.folders.clone(),
                deliveries: Deliveries {
                    session,
                    journal: setup.journal.clone(),
                    pace: pace.clone(),
                    clock: clock.clone(),
                    standings: standings.clone(),
                },
                put_off: PutOff::default(),
                journal: setup.journal,
                pace,
                clock,
                disk,
                standings,
                looked_for_leftovers: None,
            },
            folders: setup.folders,
        }
    }

    /// What listens beside the rounds: for results of readers that go into folders, and for the change of the account's password.
    #[must_use]
    pub fn hearing(&self) -> Hearing {
        let takes = |it: &&Folders| it.face.is_some();
        let folders: Vec<String> = self
            .folders
            .iter()
            .filter(takes)
            .map(|it| it.name.clone())
            .collect();
        let Deliveries {
            session,
            journal,
            clock,
            ..
        } = self.upkeep.deliveries.clone();
        Hearing::new(session, journal, clock, folders)
    }

    /// Works without end: each folder pair by itself, readers' results, upkeep, and the state file in `data_dir`.
    pub async fn run(self, data_dir: PathBuf) {
        let hearing = self.hearing();
        let mut parts = tokio::task::JoinSet::new();
        for (runner, folders) in self.runners.into_iter().zip(&self.folders) {
            let req = folders.req.clone();
            parts.spawn(async move { runner.run(Hints::of(&req)).await });
        }
        parts.spawn(hearing.run());
        parts.spawn(self.upkeep.run(data_dir));
        while parts.join_next().await.is_some() {}
    }

    /// Runs until nothing can go on: over all folders, deliveries and upkeep; returns how many files were finished.
    ///
    /// # Errors
    /// The first [`RoundError`]; files it does not concern are finished all the same, and the next round goes on.
    pub async fn round(&mut self) -> Result<usize, RoundError> {
        let (mut done, mut stuck) = (0, None);
        for runner in &mut self.runners {
            let (finished, trouble) = runner.round().await;
            done += finished;
            keep_first(&mut stuck, trouble.map_or(Ok(()), Err));
        }
        keep_first(&mut stuck, self.upkeep.tell_of_lost_folders());
        let (delivered, trouble) = self.upkeep.deliver().await;
        done += delivered;
        self.upkeep.tell(trouble.as_ref());
        keep_first(&mut stuck, trouble.map_or(Ok(()), Err));
        keep_first(&mut stuck, self.upkeep.look_for_leftovers().await);
        stuck.map_or(Ok(done), Err)
    }

    /// How it stands now.
    ///
    /// # Errors
    /// The journal's.
    pub fn state(&self) -> Result<LinkState, StoreError> {
        self.upkeep.state()
    }
}

impl Upkeep {
    async fn run(mut self, data_dir: PathBuf) {
        let mut deliver = tokio::time::interval(DELIVER_EVERY);
        let mut write = tokio::time::interval(STATE_EVERY);
        let mut written: Option<(LinkState, Instant)> = None;
        loop {
            tokio::select! {
                _ = deliver.tick() => {
                    let (_, stuck) = self.deliver().await;
                    self.tell(stuck.as_ref());
                }
                _ = write.tick() => {
                    let lost = self.tell_of_lost_folders();
                    self.tell(lost.err().as_ref());
                    let looked = self.look_for_leftovers().await;
                    self.tell(looked.err().as_ref());
                    self.write_state(&data_dir, &mut written);
                }
            }
        }
    }

    fn tell(&self, stuck: Option<&RoundError>) {
        if let Some(error) = stuck {
            let folder = match error {
                RoundError::File { folder, .. } => folder.clone(),
                _ => self
                    .folders
                    .first()
                    .map_or(String::new(), |it| it.name.clone()),
            };
            self.standings.stuck(&folder, error, self.clock.now());
        }
    }

    fn state(&self) -> Result<LinkState, StoreError> {
        let names: Vec<String> = self.folders.iter().map(|it| it.name.clone()).collect();
        self.standings
            .state(&names, &self.journal, self.disk.syncs(), self.clock.now())
    }

    /// Writes the state when it changed, and every few seconds in any case: an old one tells that the link app does not run.
    fn write_state(&self, data_dir: &std::path::Path, written: &mut Option<(LinkState, Instant)>) {
        let now = self.clock.now();
        let Ok(state) = self.state() else {
            return;
        };
        let as_before = written.as_ref().is_some_and(|(before, at)| {
            let same = LinkState {
                at: before.at.clone(),
                ..state.clone()
            } == *before;
            same && (0..AT_LEAST_EVERY_S / 2).contains(&at.seconds_until(now))
        });
        if as_before {
            return;
        }
        match standing::write(data_dir, &state) {
            Ok(()) => *written = Some((state, now)),
            Err(error) => {
                tracing::debug!(error = %error, "the terminal does not hear how the link app stands");
            }
        }
    }

    /// Puts readers' results into their folders; returns how many.
    async fn deliver(&mut self) -> (usize, Option<RoundError>) {
        let deliveries = match self.journal.undelivered() {
            Ok(deliveries) => deliveries,
            Err(error) => return (0, Some(error.into())),
        };
        let (mut done, mut stuck) = (0, None);
        for delivery in deliveries {
            match self.deliver_one(delivery).await {
                Ok(delivered) => done += usize::from(delivered),
                Err(error) => keep_first(&mut stuck, Err(error)),
            }
        }
        (done, stuck)
    }

    /// Brings one delivery to its end from wherever it stands; false when it needs a question and none may be asked now.
    async fn deliver_one(&mut self, mut delivery: Delivery) -> Result<bool, RoundError> {
        let now = self.clock.now();
        let place = Place::of(&self.folders, &delivery)?;
        if delivery.state == State::Claimed {
            let no_questions = self.pace.most_at_once(WorkClass::CardCheck, now) == 0;
            if no_questions || self.put_off.holds(delivery.id, now) {
                return Ok(false);
            }
            place.prove_writable()?;
            let made = self.deliveries.make(&place, &delivery).await;
            delivery = match made {
                Ok(Some(ready)) => ready,
                Ok(None) => {
                    self.put_off.put_off(delivery.id, now);
                    return Ok(false);
                }
                Err(error) => {
                    if !error.concerns_all_questions() {
                        self.put_off.put_off(delivery.id, now);
                    }
                    return Err(error);
                }
            };
            self.put_off.over(delivery.id);
        } else {
            place.prove_marked()?;
        }
        self.deliveries.publish(&place, delivery).await?;
        Ok(true)
    }

    /// Files under way whose folder pair is no more in the settings are not lost, and nobody goes on with them.
    fn tell_of_lost_folders(&self) -> Result<(), RoundError> {
        for entry in self.journal.unfinished()? {
            if !self.folders.iter().any(|it| it.name == entry.folder) {
                return Err(RoundError::NoFolder(entry.folder));
            }
        }
        Ok(())
    }

    /// Once a minute: results that nobody takes, and journal rows that nobody needs. A folder pair that fails holds up no other.
    async fn look_for_leftovers(&mut self) -> Result<(), RoundError> {
        let now = self.clock.now();
        let looked = self.looked_for_leftovers;
        if looked
            .is_some_and(|looked| looked <= now && looked.seconds_until(now) < LEFTOVERS_EVERY_S)
        {
            return Ok(());
        }
        self.looked_for_leftovers = Some(now);
        let mut stuck = None;
        for folders in &self.folders {
            self.standings
                .of(&folders.name)
                .closed(folders.closed(), now);
            let count = match leftovers::look(folders, &self.journal, now) {
                Ok(count) => count,
                Err(error) => {
                    keep_first(&mut stuck, Err(error));
                    continue;
                }
            };
            self.standings.of(&folders.name).forgotten(count);
            if 0 < count {
                tracing::warn!(folder = %folders.name, count, treatment = ?folders.forgotten, "results were not taken in time");
            }
        }
        let before = now.plus_seconds(-REMEMBERED_S);
        let forgotten = self.journal.forget_done(before).await;
        keep_first(&mut stuck, forgotten.map_err(RoundError::from));
        stuck.map_or(Ok(()), Err)
    }
}
