//! The link app: a runner and an upkeep for each folder pair, and what concerns all of them beside these. Every file is answered exactly
//! once, and none holds up another.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::client::Client;
use api::client::lots::Lots;
use api::client::machine::MachineAccount;
use api::link_state::{AT_LEAST_EVERY_S, LinkState};
use domain::civil_date::Instant;
use store::engine::StoreError;
use store::journal::Journal;
use tokio::task::JoinSet;

use crate::asking::Asking;
use crate::clock::Clock;
use crate::deliveries::Deliveries;
use crate::files::{Disk, Files};
use crate::folders::Folders;
use crate::hearing::Hearing;
use crate::hints::Hints;
use crate::lane::Lane;
use crate::opening::Doors;
use crate::pair_upkeep::{LEFTOVERS_EVERY_S, PairUpkeep};
pub use crate::round_error::RoundError;
use crate::round_error::keep_first;
use crate::runner::{Runner, SharedPace};
use crate::session::Session;
use crate::standing::{self, Concern, Standings};

/// The journal remembers finished files this long, and those whose results still lie there longer.
const REMEMBERED_S: i64 = 90 * 86_400;

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
    pairs: Vec<PairUpkeep>,
    deliveries: Deliveries,
    upkeep: Upkeep,
}

/// What is done beside the files and concerns all folder pairs. Looks into none of their folders.
#[derive(Debug)]
struct Upkeep {
    /// Names of the folder pairs.
    names: Vec<String>,
    journal: Journal,
    clock: Clock,
    disk: Arc<Disk>,
    standings: Standings,
    forgot_done: Option<Instant>,
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
        let runners = setup.folders.iter().map(runner).collect();
        let deliveries = Deliveries {
            session,
            journal: setup.journal.clone(),
            pace,
            clock: clock.clone(),
            standings: standings.clone(),
        };
        let pair = |folders: &Folders| PairUpkeep::new(folders.clone(), deliveries.clone());
        Self {
            runners,
            pairs: setup.folders.iter().map(pair).collect(),
            upkeep: Upkeep {
                names: setup.folders.iter().map(|it| it.name.clone()).collect(),
                journal: setup.journal,
                clock,
                disk,
                standings,
                forgot_done: None,
            },
            deliveries,
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
        } = self.deliveries.clone();
        Hearing::new(session, journal, clock, folders)
    }

    /// Works without end: each folder pair by itself, as soon as it is open, readers' results, upkeep, and the state file in `data_dir`.
    pub async fn run(self, data_dir: PathBuf, doors: Doors) {
        let hearing = self.hearing();
        let Deliveries {
            standings, clock, ..
        } = self.deliveries;
        let mut parts = JoinSet::new();
        let pairs = self.runners.into_iter().zip(self.pairs);
        for ((runner, pair), folders) in pairs.zip(self.folders) {
            let standing = standings.of(&folders.name);
            let (doors, clock) = (doors.clone(), clock.clone());
            parts.spawn(async move {
                doors.opened(&folders, &standing, &clock).await;
                let mut both = JoinSet::new();
                both.spawn(async move { runner.run(Hints::of(&folders.req).await).await });
                both.spawn(pair.run());
                while both.join_next().await.is_some() {}
            });
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
        for pair in &mut self.pairs {
            let (delivered, trouble) = pair.round().await;
            done += delivered;
            keep_first(&mut stuck, trouble.map_or(Ok(()), Err));
            keep_first(&mut stuck, pair.look_for_leftovers().await.map(|_| ()));
        }
        keep_first(&mut stuck, self.upkeep.forget_done().await.map(|_| ()));
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
        let mut write = tokio::time::interval(STATE_EVERY);
        let mut written: Option<(LinkState, Instant)> = None;
        // Not before the folders were looked into: rows of results that still lie there are kept.
        self.forgot_done = Some(self.clock.now());
        loop {
            write.tick().await;
            let lost = self.tell_of_lost_folders();
            self.tell(Concern::LostPairs, lost.map(|()| true));
            let forgotten = self.forget_done().await;
            self.tell(Concern::OldRows, forgotten);
            self.write_state(&data_dir, &mut written);
        }
    }

    /// Tells how it went, where anything was done.
    fn tell(&self, concern: Concern, outcome: Result<bool, RoundError>) {
        let folder = self.names.first().map_or("", String::as_str);
        match outcome {
            Ok(true) => self.standings.went_through(folder, concern),
            Ok(false) => {}
            Err(error) => {
                let now = self.clock.now();
                self.standings.stuck(folder, concern, &error, now);
            }
        }
    }

    fn state(&self) -> Result<LinkState, StoreError> {
        self.standings.state(
            &self.names,
            &self.journal,
            self.disk.syncs(),
            self.clock.now(),
        )
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

    /// Files under way whose folder pair is no more in the settings are not lost, and nobody goes on with them.
    fn tell_of_lost_folders(&self) -> Result<(), RoundError> {
        let files = self.journal.unfinished()?.into_iter().map(|it| it.folder);
        let results = self.journal.undelivered()?.into_iter().map(|it| it.folder);
        let lost = files.chain(results).find(|it| !self.names.contains(it));
        lost.map_or(Ok(()), |folder| Err(RoundError::NoFolder(folder)))
    }

    /// Once a minute: journal rows that nobody needs. False when it was not time.
    async fn forget_done(&mut self) -> Result<bool, RoundError> {
        let now = self.clock.now();
        let last = self.forgot_done;
        if last.is_some_and(|last| last <= now && last.seconds_until(now) < LEFTOVERS_EVERY_S) {
            return Ok(false);
        }
        self.forgot_done = Some(now);
        let before = now.plus_seconds(-REMEMBERED_S);
        self.journal.forget_done(before).await?;
        Ok(true)
    }
}
