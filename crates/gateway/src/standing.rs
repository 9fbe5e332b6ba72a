//! How the link app stands, for the terminal's page and the doctor: gathered while it works, written as one file now and then. Names no
//! file and nobody.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use api::client::ClientError;
use api::link_state::{CenterSeen, FILE, FolderState, Kind, LinkState, Trouble};
use domain::civil_date::Instant;
use store::engine::StoreError;
use store::journal::Journal;

use crate::round_error::RoundError;

/// A piece of work on a folder pair's files that does not end or go on for so many seconds is told of: the folder does not answer.
const HANGS_AFTER_S: i64 = 10;

/// What is gathered of all folder pairs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standings(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    center: CenterSeen,
    folders: BTreeMap<String, Folder>,
}

#[derive(Debug, Default)]
struct Folder {
    not_taken: usize,
    forgotten: usize,
    /// The last trouble of each concern.
    troubles: BTreeMap<Concern, Trouble>,
    /// A folder that lets those whom `shared` names not through.
    closed: Option<Trouble>,
    /// Ends that wait until the earlier ones of the same names are taken.
    held: Option<Trouble>,
    /// The pieces of work on its files that go on.
    working: BTreeMap<Hand, Working>,
}

/// What a trouble of a folder pair is about. The trouble of one ends by what went through in that one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Concern {
    /// The folders are opened.
    Opening,
    /// Requests and their answers.
    Requests,
    /// Readers' results.
    ReadersResults,
    /// Results that nobody takes.
    Leftovers,
    /// What is under way for folder pairs that left the settings; told of at the first pair.
    LostPairs,
    /// Rows of the journal that nobody needs; told of at the first pair.
    OldRows,
}

/// Who has work on the files of a folder pair done, one piece after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hand {
    /// The folders are opened.
    Opening,
    /// Requests and their answers.
    Requests,
    /// Readers' results, and results that nobody takes.
    Upkeep,
}

/// A piece of work that goes on.
#[derive(Debug)]
struct Working {
    /// When it began, or said last that it goes on.
    since: Instant,
    /// Whether it was logged that it does not come back.
    told: bool,
}

impl Folder {
    /// The piece of work that does not come back, where there is one; it is logged once.
    fn hanging(&mut self, name: &str, now: Instant) -> Option<Trouble> {
        let working = self.working.values_mut().min_by_key(|it| it.since)?;
        if working.since.seconds_until(now) < HANGS_AFTER_S {
            return None;
        }
        if !working.told {
            working.told = true;
            tracing::warn!(folder = name, since = %working.since, "a folder does not answer; the link app waits and goes on by itself");
        }
        Some(Trouble {
            kind: Kind::NoAnswer,
            detail: String::new(),
            since: working.since.to_string(),
            lasts: true,
        })
    }

    /// What lasts, rather than what is over.
    fn trouble(&self) -> Option<Trouble> {
        let lasts = self.troubles.values().find(|it| it.lasts);
        let told = lasts.or(self.closed.as_ref()).or(self.held.as_ref());
        let last = || self.troubles.values().max_by(|a, b| a.since.cmp(&b.since));
        told.or_else(last).cloned()
    }
}

/// The part of one folder pair.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    folder: String,
    all: Standings,
}

impl Standings {
    /// The part of a folder pair.
    pub(crate) fn of(&self, folder: &str) -> Standing {
        Standing {
            folder: folder.to_owned(),
            all: self.clone(),
        }
    }

    fn with<T>(&self, so: impl FnOnce(&mut Seen) -> T) -> T {
        so(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The center answered.
    pub(crate) fn center_answered(&self, now: Instant) {
        self.with(|seen| {
            seen.center.answered_at = Some(now.to_string());
            if let Some(trouble) = &mut seen.center.trouble {
                trouble.lasts = false;
            }
        });
    }

    /// Something did not work: with the center, or in a folder pair.
    pub(crate) fn stuck(&self, folder: &str, concern: Concern, error: &RoundError, now: Instant) {
        let (kind, detail) = told(error);
        let trouble = |earlier: Option<&Trouble>| {
            let since = earlier
                .filter(|it| it.lasts && it.kind == kind)
                .map(|it| it.since.clone());
            // A state that lasts is logged once, where it begins.
            if since.is_none() {
                tracing::warn!(folder, error = %error, "the link app waits and goes on by itself");
            }
            Trouble {
                kind,
                detail,
                since: since.unwrap_or_else(|| now.to_string()),
                lasts: true,
            }
        };
        self.with(|seen| {
            if error.is_at_center() {
                // A sign-in that waits says nothing new about a refusal.
                let refused = |it: &Trouble| it.lasts && it.kind == Kind::Refused;
                if kind == Kind::SignIn && seen.center.trouble.as_ref().is_some_and(refused) {
                    return;
                }
                seen.center.trouble = Some(trouble(seen.center.trouble.as_ref()));
            } else {
                let troubles = &mut seen.folders.entry(folder.to_owned()).or_default().troubles;
                let told = trouble(troubles.get(&concern));
                troubles.insert(concern, told);
            }
        });
    }

    /// A concern of a folder pair went through: an earlier trouble of it is over.
    pub(crate) fn went_through(&self, folder: &str, concern: Concern) {
        self.with(|seen| {
            let folder = seen.folders.get_mut(folder);
            if let Some(trouble) = folder.and_then(|it| it.troubles.get_mut(&concern)) {
                trouble.lasts = false;
            }
        });
    }

    /// The state as it is now, counts included.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) fn state(
        &self,
        folders: &[String],
        journal: &Journal,
        syncs: u64,
        now: Instant,
    ) -> Result<LinkState, StoreError> {
        let today = Instant::start_of_day_in_japan(now.date_in_japan());
        let mut states = Vec::new();
        for name in folders {
            let tally = journal.tally(name, today)?;
            states.push(self.with(|seen| {
                let folder = seen.folders.entry(name.clone()).or_default();
                FolderState {
                    name: name.clone(),
                    not_taken: folder.not_taken as u64,
                    waiting: tally.waiting,
                    oldest_taken_at: tally.oldest_taken_at.map(|it| it.to_string()),
                    answered_today: tally.answered,
                    rejected_today: tally.rejected,
                    forgotten: folder.forgotten as u64,
                    last_trouble: folder.hanging(name, now).or_else(|| folder.trouble()),
                }
            }));
        }
        Ok(LinkState {
            at: now.to_string(),
            center: self.with(|seen| seen.center.clone()),
            folders: states,
            syncs,
            transactions: journal.written().commits,
        })
    }
}

impl Standing {
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    pub(crate) fn center_answered(&self, now: Instant) {
        self.all.center_answered(now);
    }

    pub(crate) fn stuck(&self, concern: Concern, error: &RoundError, now: Instant) {
        self.all.stuck(&self.folder, concern, error, now);
    }

    pub(crate) fn went_through(&self, concern: Concern) {
        self.all.went_through(&self.folder, concern);
    }

    /// A regular look at the requests went through: so many files were not taken; a quiet one ends an earlier trouble.
    pub(crate) fn looked(&self, not_taken: usize, quiet: bool) {
        self.change(|folder| folder.not_taken = not_taken);
        if quiet {
            self.went_through(Concern::Requests);
        }
    }

    /// The folder that lets those whom `shared` names not through, where there is one; it is logged once.
    pub(crate) fn closed(&self, at: Option<PathBuf>, now: Instant) {
        let detail = at.map(|it| it.display().to_string());
        self.change(|folder| {
            let earlier = folder.closed.as_ref().map(|it| &it.detail);
            if earlier == detail.as_ref() {
                return;
            }
            if let Some(at) = &detail {
                tracing::warn!(
                    folder = self.folder,
                    "shared に定めたユーザーが {at} に入れません。グループなら chmod g+x、全員なら chmod o+x をしてください。 / those whom shared names \
                     cannot get through {at}; chmod g+x it for a group, o+x for everyone"
                );
            }
            folder.closed = detail.map(|detail| Trouble {
                kind: Kind::Closed,
                detail,
                since: now.to_string(),
                lasts: true,
            });
        });
    }

    /// So many results wait until the earlier ones of the same names are taken; that some do is logged once.
    pub(crate) fn held(&self, count: usize, now: Instant) {
        self.change(|folder| {
            if count == 0 {
                folder.held = None;
            } else if folder.held.is_none() {
                tracing::warn!(
                    folder = self.folder,
                    count,
                    "前の結果が res に残っているため、同じ名前の次の結果を置けません。レセコンが前の結果を取り込んで消すと置かれます。\
                     結果を残したまま同じ名前を使うレセコンなら、gateway.toml のこのフォルダーに same_name = \"replace\" を設定してください。 / results wait because \
                     earlier ones of the same names lie in res; they are put there once the receipt computer took and deleted those; for one that keeps results \
                     and uses their names again, set same_name = \"replace\" for this folder pair in gateway.toml"
                );
                folder.held = Some(Trouble {
                    kind: Kind::Held,
                    detail: String::new(),
                    since: now.to_string(),
                    lasts: true,
                });
            }
        });
    }

    /// A piece of work on the files begins.
    pub(crate) fn begins(&self, hand: Hand, now: Instant) {
        let begun = Working {
            since: now,
            told: false,
        };
        self.change(|folder| {
            folder.working.insert(hand, begun);
        });
    }

    /// It goes on, however long it takes.
    pub(crate) fn goes_on(&self, hand: Hand, now: Instant) {
        let mut was_told = false;
        self.change(|folder| {
            if let Some(working) = folder.working.get_mut(&hand) {
                was_told = std::mem::take(&mut working.told);
                working.since = now;
            }
        });
        self.answers_again(was_told);
    }

    /// It came back.
    pub(crate) fn ends(&self, hand: Hand) {
        let mut ended = None;
        self.change(|folder| ended = folder.working.remove(&hand));
        self.answers_again(ended.is_some_and(|it| it.told));
    }

    fn answers_again(&self, was_told: bool) {
        if was_told {
            tracing::info!(folder = self.folder, "the folder answers again");
        }
    }

    /// So many results were forgotten.
    pub(crate) fn forgotten(&self, count: usize) {
        self.change(|folder| folder.forgotten = count);
    }

    fn change(&self, so: impl FnOnce(&mut Folder)) {
        self.all
            .with(|seen| so(seen.folders.entry(self.folder.clone()).or_default()));
    }
}

/// Puts the state in the place of the file before it, in one step. It may be lost with the power: it is written again.
pub(crate) fn write(data_dir: &Path, state: &LinkState) -> io::Result<()> {
    let text = serde_json::to_vec(state).map_err(io::Error::other)?;
    let new = data_dir.join(format!("{FILE}.new"));
    std::fs::write(&new, text)?;
    std::fs::rename(new, data_dir.join(FILE))
}

/// What a trouble is, and what is told of it beside that.
fn told(error: &RoundError) -> (Kind, String) {
    match error {
        RoundError::Center(ClientError::Problem(problem)) => {
            (Kind::Refused, problem.code.to_string())
        }
        RoundError::Center(ClientError::Answer | ClientError::TooLarge) => {
            (Kind::NotUnderstood, String::new())
        }
        RoundError::Center(error) => (Kind::Connection, error.to_string()),
        RoundError::Secret(error) => (Kind::Secret, error.to_string()),
        RoundError::SignIn => (Kind::SignIn, String::new()),
        RoundError::File { error, .. } => {
            let kind = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Kind::Full,
                io::ErrorKind::ReadOnlyFilesystem => Kind::ReadOnly,
                io::ErrorKind::PermissionDenied
                | io::ErrorKind::ResourceBusy
                | io::ErrorKind::ExecutableFileBusy => Kind::Rights,
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Kind::Missing,
                io::ErrorKind::TimedOut => Kind::NoAnswer,
                _ => Kind::File,
            };
            (kind, error.to_string())
        }
        RoundError::NoFolder(name) => (Kind::NoFolder, name.clone()),
        RoundError::OtherWork(name) => (Kind::NoFolder, format!("{name}: work")),
        RoundError::Journal(error) => (Kind::Journal, error.to_string()),
        RoundError::BrokenOff(_) => (Kind::BrokenOff, String::new()),
    }
}
