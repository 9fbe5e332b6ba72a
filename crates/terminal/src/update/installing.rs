//! Installs the update that waits, looks whether the new version works, and goes back by itself when it does not. Runs as root beside the
//! terminal, believes nothing the terminal wrote, speaks to no network. Every step may be cut off: the journal says what to undo.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::civil_date::Instant;
use domain::update::{Occasion, Schedule, Version, may_install, may_replace};
use serde::{Deserialize, Serialize};

use crate::config::Updates;
use crate::system::{self, Dpkg};
use crate::terminal_user::{self, UserState};
use crate::update::fetching::{Papers, Place};
use crate::update::record::{
    Journal, Kept, LastUpdate, Outcome, PutOff, Record, Refusal, lock_file,
};
use crate::update::trust::{self, Offer};
use crate::update::{ORDER, UpdateFault, in_both, installed};

/// The copy of the executable that began an update: it goes back where the one installed is half of a new one.
const KEEPER: &str = "keeper";

/// An order is a word.
const LONGEST_ORDER: u64 = 64;

/// The new version has so long to look at itself.
const SELF_CHECK_LIMIT: Duration = Duration::from_secs(60);

/// Who switches the PC off waits so long for another installation, which the shut-down would cut: its unit is given as long.
const WAIT_AT_SHUT_DOWN: Duration = Duration::from_secs(15 * 60);

/// The lock is tried so often meanwhile.
const LOCK_TRIED: Duration = Duration::from_millis(200);

/// What `onshi update self-check --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfChecked {
    /// Everything it looked at was good.
    pub good: bool,
    /// The version of the executable.
    pub version: String,
}

/// What an installing part works with.
#[derive(Debug, Clone)]
pub struct Installer {
    /// The terminal's settings file: the new version looks whether it can work with it.
    pub config_file: PathBuf,
    /// The terminal's data folder.
    pub data_dir: PathBuf,
    /// The settings of updates.
    pub settings: Updates,
    /// The running executable, which is kept for the way back.
    pub executable: PathBuf,
}

impl Installer {
    /// Installs the update that waits. `Ok` also for one that was taken back: the outcome says so.
    ///
    /// # Errors
    /// [`UpdateFault`]; then nothing was changed.
    pub async fn install(
        &self,
        occasion: Option<Occasion>,
        clock: impl Fn() -> Instant + Send,
    ) -> Result<LastUpdate, UpdateFault> {
        let ended = self.install_what_waits(occasion, &clock).await;
        self.note_refusal(ended.as_ref().err(), clock());
        ended
    }

    async fn install_what_waits(
        &self,
        occasion: Option<Occasion>,
        clock: &(impl Fn() -> Instant + Send),
    ) -> Result<LastUpdate, UpdateFault> {
        // Taken away first, whatever comes of it: an order that stays would start this part again and again.
        let ordered = self.take_order()?;
        let wait = if [ordered, occasion].contains(&Some(Occasion::ShutDown)) {
            WAIT_AT_SHUT_DOWN
        } else {
            Duration::ZERO
        };
        let occasion = ordered.or(occasion).unwrap_or(Occasion::ByHand);
        let _lock = self.lock(wait).await?;
        self.go_back_from_a_cut(clock).await?;
        let now = clock();
        let schedule = self.settings.schedule();
        if let Err(refused) = may_install(&schedule, occasion, now) {
            self.note_put_off(&schedule, now);
            return Err(refused.into());
        }
        if terminal_user::state(&self.data_dir) == UserState::ChangedByHand {
            return Err(UpdateFault::TerminalUser);
        }
        let dpkg = Dpkg::new(&self.settings.root);
        let (name, current) = installed(&dpkg).await?;
        let mut record = Record::read(self.dir())?;
        let waiting = Place::waiting(&self.data_dir);
        let papers = waiting.papers().ok_or(UpdateFault::NothingWaits)?;
        let to = self.admit(&papers, &waiting, name, &mut record)?;
        may_replace(current, to.1, &record.failed())?;
        let from = self.way_back(name, current, &mut record)?;
        record.write(self.dir())?;
        self.keep_executable()?;
        let journal = Journal {
            began: now.to_string(),
            from,
            to: to.0,
            back: None,
        };
        Refusal::forget(self.dir());
        journal.write(self.dir())?;
        let last = self.replace(&dpkg, journal, record, clock).await?;
        waiting.clear()?;
        Ok(last)
    }

    /// Writes down that patients were received when what waits was to be installed: whoever finds it not installed reads why.
    fn note_put_off(&self, schedule: &Schedule, now: Instant) {
        let Some(until) = schedule.reception_goes_on_until(now) else {
            return;
        };
        if Place::waiting(&self.data_dir).papers().is_none() {
            return;
        }
        let put_off = PutOff {
            at: now.to_string(),
            until: until.to_string(),
        };
        if let Err(error) = put_off.write(self.dir()) {
            tracing::warn!(error = %error, "it is not on record that the update was put off");
        }
    }

    /// Keeps what it failed with, for the page and whoever asks how updates stand.
    fn note_refusal(&self, fault: Option<&UpdateFault>, now: Instant) {
        let Some(fault) = fault.filter(|it| it.is_kept()) else {
            return;
        };
        let refusal = Refusal {
            at: now.to_string(),
            why: in_both(&fault.to_string()),
        };
        if let Err(error) = refusal.write(self.dir()) {
            tracing::warn!(error = %error, "it is not on record why nothing was installed");
        }
    }

    /// Goes back from an update that was cut off, if there is one.
    ///
    /// # Errors
    /// [`UpdateFault`]; then the next start tries again.
    pub async fn resume(
        &self,
        clock: impl Fn() -> Instant + Send,
    ) -> Result<Option<LastUpdate>, UpdateFault> {
        let ended = self.take_back(&clock).await;
        self.note_refusal(ended.as_ref().err(), clock());
        ended
    }

    async fn take_back(
        &self,
        clock: &(impl Fn() -> Instant + Send),
    ) -> Result<Option<LastUpdate>, UpdateFault> {
        let _lock = self.lock(Duration::ZERO).await?;
        self.go_back_from_a_cut(clock).await
    }

    async fn go_back_from_a_cut(
        &self,
        clock: &(impl Fn() -> Instant + Send),
    ) -> Result<Option<LastUpdate>, UpdateFault> {
        let Some(mut journal) = Journal::read(self.dir())? else {
            return Ok(None);
        };
        let mut record = Record::read(self.dir())?;
        // Written down as ended, but cut before the journal was closed.
        if let Some(last) = record.last.clone().filter(|it| it.began == journal.began) {
            Journal::close(self.dir())?;
            return Ok(Some(last));
        }
        let dpkg = Dpkg::new(&self.settings.root);
        let outcome = journal.back.unwrap_or(Outcome::CutOff);
        if journal.back.is_none() {
            journal.back = Some(outcome);
            record.note_cut(&journal.to.version);
            record.write(self.dir())?;
            journal.write(self.dir())?;
        }
        if let Some(version) = self.left_as_it_is(&dpkg, &journal).await {
            record.note_end(&journal.to.version, outcome);
            journal.from.version = version.to_string();
            let ended = self.end(&journal, record, Outcome::CutOff, clock());
            return ended.map(Some);
        }
        self.go_back(&dpkg, &journal, record, outcome, clock)
            .await
            .map(Some)
    }

    /// The version that stays instead of going back: another one that somebody installed by hand meanwhile, or the one that is there as a
    /// whole where what was kept to go back to is not.
    async fn left_as_it_is(&self, dpkg: &Dpkg, journal: &Journal) -> Option<Version> {
        let (name, version) = installed(dpkg).await.ok()?;
        let is = |it: &Kept| it.name == name && it.version == version.to_string();
        let by_hand = !is(&journal.from) && !is(&journal.to);
        let stays = by_hand || !journal.from.is_whole(self.dir());
        stays.then_some(version)
    }

    /// Installs, looks, and keeps or goes back.
    async fn replace(
        &self,
        dpkg: &Dpkg,
        mut journal: Journal,
        mut record: Record,
        clock: &(impl Fn() -> Instant + Send),
    ) -> Result<LastUpdate, UpdateFault> {
        let ran = dpkg.active_units().await;
        let failure = self.try_new(dpkg, &journal.to, &ran).await;
        if let Some(outcome) = failure {
            journal.back = Some(outcome);
            journal.write(self.dir())?;
            return self.go_back(dpkg, &journal, record, outcome, clock).await;
        }
        record.kept = Some(journal.from.clone());
        record.current = Some(journal.to.clone());
        record.cuts.remove(&journal.to.version);
        self.end(&journal, record, Outcome::Installed, clock())
    }

    /// Why the new version is not kept; `None` when it is.
    async fn try_new(&self, dpkg: &Dpkg, to: &Kept, ran: &[&'static str]) -> Option<Outcome> {
        if let Err(error) = dpkg.install(&to.path(self.dir())).await {
            tracing::error!(
                version = to.version,
                error,
                "the update could not be installed; going back"
            );
            return Some(Outcome::NotInstalled);
        }
        if let Err(error) = self.works(dpkg, to).await {
            tracing::error!(
                version = to.version,
                error,
                "the new version fails its self-check; going back"
            );
            return Some(Outcome::SelfCheck);
        }
        let runs = dpkg.active_units().await;
        let fallen: Vec<_> = ran.iter().filter(|it| !runs.contains(it)).collect();
        if !fallen.is_empty() {
            tracing::error!(version = to.version, units = ?fallen, "parts did not start again; going back");
            return Some(Outcome::NotRunning);
        }
        None
    }

    /// Whether a version is installed as a whole and works.
    async fn works(&self, dpkg: &Dpkg, kept: &Kept) -> Result<(), String> {
        let known = dpkg.package(&kept.name).await;
        if !known.is_some_and(|it| it.whole && it.version == kept.version) {
            return Err("dpkg does not know it as installed".into());
        }
        let said = dpkg.self_check(&self.config_file, SELF_CHECK_LIMIT).await?;
        let checked: SelfChecked =
            serde_json::from_str(&said).map_err(|error| error.to_string())?;
        let version = Version::parse(&kept.version).map_err(|error| error.to_string())?;
        if checked.version != version.of_executable() {
            return Err(format!("it says it is version {}", checked.version));
        }
        checked
            .good
            .then_some(())
            .ok_or_else(|| "it says no".into())
    }

    /// Puts the old version back. An old version that does not work either is told of, and stays: there is nothing else.
    async fn go_back(
        &self,
        dpkg: &Dpkg,
        journal: &Journal,
        record: Record,
        outcome: Outcome,
        clock: &(impl Fn() -> Instant + Send),
    ) -> Result<LastUpdate, UpdateFault> {
        let from = &journal.from;
        let fits = trust::hash(&from.path(self.dir()))?.0 == from.sha256;
        if !fits {
            return Err(UpdateFault::WayBackDamaged(from.path(self.dir())));
        }
        let installed = dpkg.install(&from.path(self.dir())).await;
        installed.map_err(UpdateFault::Dpkg)?;
        if let Err(error) = self.works(dpkg, from).await {
            tracing::error!(
                version = from.version,
                error,
                "the version gone back to fails its self-check, too"
            );
        }
        self.end(journal, record, outcome, clock())
    }

    /// Writes down how it ended, closes the journal, and throws away what nobody needs any more.
    fn end(
        &self,
        journal: &Journal,
        mut record: Record,
        outcome: Outcome,
        now: Instant,
    ) -> Result<LastUpdate, UpdateFault> {
        let last = LastUpdate {
            began: journal.began.clone(),
            ended: now.to_string(),
            from: journal.from.version.clone(),
            to: journal.to.version.clone(),
            outcome,
        };
        record.note_end(&journal.to.version, outcome);
        record.last = Some(last.clone());
        record.write(self.dir())?;
        PutOff::forget(self.dir());
        Refusal::forget(self.dir());
        Journal::close(self.dir())?;
        self.tidy(&record);
        Ok(last)
    }

    /// Packages that are neither installed nor kept, and the keeper. What cannot be removed stays; it is only space.
    fn tidy(&self, record: &Record) {
        let needed: Vec<_> = [&record.current, &record.kept]
            .into_iter()
            .flatten()
            .collect();
        let needed: Vec<_> = needed.iter().map(|it| it.path(self.dir())).collect();
        let entries = std::fs::read_dir(self.dir().join("packages"));
        for entry in entries.into_iter().flatten().flatten() {
            if !needed.contains(&entry.path()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        let _ = std::fs::remove_file(self.dir().join(KEEPER));
    }

    /// Takes a package into the state folder and believes the copy alone: what the terminal can write could change after a look.
    fn admit(
        &self,
        papers: &Papers,
        place: &Place,
        name: &str,
        record: &mut Record,
    ) -> Result<(Kept, Version), UpdateFault> {
        let mut pin = trust::pinned(&self.settings, record)?;
        let key = trust::after(&pin, &papers.changes)?;
        let offer = Offer::of(&papers.release, key, name)?.ok_or(UpdateFault::NothingWaits)?;
        // From here on the old key counts no more, whatever becomes of this package.
        pin.current = key.to_string();
        record.publisher = Some(pin);
        let kept = Kept {
            name: name.to_owned(),
            version: offer.version.to_string(),
            sha256: offer.package.sha256.clone(),
        };
        let to = kept.path(self.dir());
        let folder = self.dir().join("packages");
        std::fs::create_dir_all(&folder).map_err(UpdateFault::file(&folder))?;
        let from = place.package_file();
        // What is longer than the package is another one's: neither read to its end nor shown to anybody before it fits.
        let length = offer.package.size_bytes.saturating_add(1);
        let opened = place.open_package().map_err(UpdateFault::file(&from))?;
        system::copy_whole(opened.take(length), &to, 0o600).map_err(UpdateFault::file(&to))?;
        if !offer.fits(&to)? {
            std::fs::remove_file(&to).map_err(UpdateFault::file(&to))?;
            return Err(UpdateFault::Damaged(offer.version));
        }
        // The terminal looks at it before it fetches: whether there is a way back.
        system::let_all_read(&to).map_err(UpdateFault::file(&to))?;
        Ok((kept, offer.version))
    }

    /// The package of the installed version: kept from when it was installed, else as the terminal fetched it.
    fn way_back(
        &self,
        name: &str,
        current: Version,
        record: &mut Record,
    ) -> Result<Kept, UpdateFault> {
        let mut is_damaged = false;
        let kept = record.current.as_ref();
        if let Some(kept) = kept.filter(|it| it.is_of(name, current)) {
            let file = kept.path(self.dir());
            if kept.is_whole(self.dir()) {
                // An older version kept it for root alone.
                system::let_all_read(&file).map_err(UpdateFault::file(&file))?;
                return Ok(kept.clone());
            }
            // What the terminal may not read it takes for whole: absent, it is fetched anew.
            is_damaged = file.exists();
            if is_damaged {
                std::fs::remove_file(&file).map_err(UpdateFault::file(&file))?;
            }
        }
        let missing = || {
            if is_damaged {
                UpdateFault::Damaged(current)
            } else {
                UpdateFault::NoWayBack(current)
            }
        };
        let place = Place::way_back(&self.data_dir);
        let papers = place.papers().ok_or_else(missing)?;
        let (kept, version) = self.admit(&papers, &place, name, record)?;
        if version != current {
            return Err(missing());
        }
        record.current = Some(kept.clone());
        Ok(kept)
    }

    fn keep_executable(&self) -> Result<(), UpdateFault> {
        let keeper = self.dir().join(KEEPER);
        let executable = std::fs::File::open(&self.executable);
        let executable = executable.map_err(UpdateFault::file(&self.executable))?;
        system::copy_whole(executable, &keeper, 0o755).map_err(UpdateFault::file(&keeper))
    }

    /// The order that the terminal laid down, taken away: what comes of it stands in the record.
    fn take_order(&self) -> Result<Option<Occasion>, UpdateFault> {
        let file = self.data_dir.join(ORDER);
        let opened = match system::open_of_owner(&self.data_dir, &file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened,
        };
        let mut text = String::new();
        let read = opened.and_then(|it| it.take(LONGEST_ORDER).read_to_string(&mut text));
        // Taken away also where it cannot be read, or the unit would begin again without end.
        std::fs::remove_file(&file).map_err(UpdateFault::file(&file))?;
        read.map_err(UpdateFault::file(&file))?;
        Ok(Occasion::parse(text.trim()))
    }

    /// One installation at a time; the lock ends with the process, however it ends. Waits this long for another one.
    async fn lock(&self, wait: Duration) -> Result<std::fs::File, UpdateFault> {
        let path = lock_file(self.dir());
        std::fs::create_dir_all(self.dir()).map_err(UpdateFault::file(self.dir()))?;
        let mut options = std::fs::OpenOptions::new();
        let opened = options.create(true).truncate(false).write(true).open(&path);
        let file = opened.map_err(UpdateFault::file(&path))?;
        // The terminal looks whether it is held, whatever mask the one who made it had.
        system::let_all_read(&path).map_err(UpdateFault::file(&path))?;
        // Who looks holds it for a moment: it is tried once more.
        let wait = wait.max(LOCK_TRIED);
        let begun = tokio::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(UpdateFault::file(&path)(error));
                }
            }
            if wait <= begun.elapsed() {
                return Err(UpdateFault::Busy);
            }
            tokio::time::sleep(LOCK_TRIED).await;
        }
    }

    fn dir(&self) -> &Path {
        &self.settings.state_dir
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::update::tests::{installer, lay_down};

    #[test]
    fn a_way_back_that_root_alone_reads_is_shown_to_all_or_removed_to_be_fetched_anew() {
        let dir = tempfile::tempdir().unwrap();
        let settings = lay_down(dir.path(), "08:00-20:00");
        let state = settings.state_dir.clone();
        let installer = installer(dir.path(), settings);
        let current = Version::parse("0.1.0-1").unwrap();
        let whole = dir.path().join("whole");
        std::fs::write(&whole, "a package").unwrap();
        let kept = Kept {
            name: "onshi".into(),
            version: current.to_string(),
            sha256: trust::hash(&whole).unwrap().0,
        };
        let mut record = Record {
            current: Some(kept.clone()),
            ..Record::default()
        };
        let file = kept.path(&state);
        std::fs::create_dir_all(state.join("packages")).unwrap();
        // As older versions kept it.
        std::fs::copy(&whole, &file).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let back = installer.way_back("onshi", current, &mut record);
        assert_eq!(back.unwrap(), kept);
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
        std::fs::write(&file, "a pack").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let back = installer.way_back("onshi", current, &mut record);
        assert!(matches!(back, Err(UpdateFault::Damaged(it)) if it == current));
        assert!(!file.exists() && !kept.is_whole(&state));
        // Nothing is there to be fetched in its place yet.
        let back = installer.way_back("onshi", current, &mut record);
        assert!(matches!(back, Err(UpdateFault::NoWayBack(it)) if it == current));
    }
}
