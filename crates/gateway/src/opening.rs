//! Opens the folder pairs of a link app, each on a thread of its own: a share that hangs, or a folder that cannot be used, keeps no other pair from
//! being served. What is wrong with the settings ends the start.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};

use crate::clock::Clock;
use crate::config::Shared;
use crate::folders::{Folders, FoldersError};
use crate::round_error::{RoundError, failed};
use crate::standing::{Concern, Hand, Standing};

/// The start waits so long for the folders of all pairs, whatever hangs.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A pair that could not be opened is tried again after so long.
const AGAIN: Duration = Duration::from_secs(5);

/// A pair being opened.
type Opening = JoinHandle<Result<(), FoldersError>>;

/// The open folder pairs of a link app; their work folders are no other's as long as this lives.
#[must_use]
#[derive(Debug, Clone, Default)]
pub struct Doors(Arc<Mutex<Pairs>>);

/// By the pairs' names.
#[derive(Debug, Default)]
struct Pairs {
    /// Where the folders really lie.
    places: BTreeMap<String, Places>,
    /// The locks of the work folders; a pair with one is open.
    locks: BTreeMap<String, File>,
    /// Pairs that did not answer in time.
    late: BTreeMap<String, Opening>,
}

/// Where the folders of a pair really lie.
#[derive(Debug)]
struct Places {
    /// Those that results are put into; pairs may share them.
    published: BTreeSet<PathBuf>,
    /// Those that are the pair's alone.
    own: Vec<PathBuf>,
}

/// Opens the folder pairs of a link app, and keeps every other link app away from their work folders. A pair that does not answer within the
/// limit, or whose folders cannot be used, is opened when it can be.
///
/// # Errors
/// [`FoldersError`] where the settings are not good, and where no pair can be opened.
pub async fn open_all(pairs: &[Folders], limit: Duration) -> Result<Doors, FoldersError> {
    open_with(pairs, limit, make).await
}

/// The same by what makes the shared folders of a pair.
async fn open_with<M: Future<Output = ()> + Send + 'static>(
    pairs: &[Folders],
    limit: Duration,
    make: impl Fn(Folders) -> M,
) -> Result<Doors, FoldersError> {
    let mut names = BTreeSet::new();
    if let Some(twice) = pairs.iter().find(|it| !names.insert(&it.name)) {
        return Err(FoldersError::SameName(twice.name.clone()));
    }
    let begun = Instant::now();
    // Wrong settings are found in the other half, though a share hangs in each step of this one.
    make_shared(pairs, (begun, limit / 4), make).await;
    let doors = Doors::default();
    let all: Vec<(String, Opening)> = pairs
        .iter()
        .map(|pair| (pair.name.clone(), doors.begin(pair)))
        .collect();
    let (mut wrong, mut not_usable) = (None, None);
    for (name, mut opening) in all {
        match timeout_at(begun + limit, &mut opening).await {
            Ok(Ok(Err(error @ FoldersError::Folder(..)))) => {
                not_usable = not_usable.or(Some(error));
            }
            Ok(Ok(Err(error))) => wrong = wrong.or(Some(error)),
            // One that was broken off is tried again.
            Ok(Ok(Ok(())) | Err(_)) => {}
            Err(_) => {
                doors.pairs().late.insert(name, opening);
            }
        }
    }
    if let Some(error) = wrong {
        return Err(error);
    }
    let is_any = {
        let pairs = doors.pairs();
        !pairs.locks.is_empty() || !pairs.late.is_empty()
    };
    match not_usable {
        Some(error) if !is_any => Err(error),
        Some(_) | None => Ok(doors),
    }
}

/// The first pair whose name, or one of whose folders, an earlier one has or it has itself for another purpose: such settings end the start. Makes
/// no folder: one that is missing counts as lying where it would be made.
#[must_use]
pub fn set_twice(pairs: &[Folders]) -> Option<(usize, FoldersError)> {
    let mut names = BTreeSet::new();
    let doors = Doors::default();
    pairs.iter().enumerate().find_map(|(at, pair)| {
        if !names.insert(&pair.name) {
            return Some((at, FoldersError::SameName(pair.name.clone())));
        }
        let entered = doors.enter(&pair.name, Places::expected(pair));
        entered.err().map(|error| (at, error))
    })
}

/// Where a folder really lies, or would when it is made.
#[must_use]
pub fn place_of(folder: &Path) -> PathBuf {
    let there = folder
        .ancestors()
        .find_map(|it| Some((it, std::fs::canonicalize(it).ok()?)));
    let Some((above, real)) = there else {
        return folder.into();
    };
    folder
        .strip_prefix(above)
        .map_or_else(|_| folder.into(), |rest| real.join(rest))
}

/// Makes the shared folders first, those for most people before the others: what one for fewer makes on the way would let the others not through.
async fn make_shared<M: Future<Output = ()> + Send + 'static>(
    pairs: &[Folders],
    (begun, each): (Instant, Duration),
    make: impl Fn(Folders) -> M,
) {
    let steps = [
        (Shared::Everyone, begun + each),
        (Shared::Group, begun + each * 2),
    ];
    for (shared, until) in steps {
        let theirs = pairs.iter().filter(|it| it.shared == shared);
        let mut making: JoinSet<()> = theirs.map(|pair| make(pair.clone())).collect();
        let made = async { while making.join_next().await.is_some() {} };
        let _ = timeout_at(until, made).await;
    }
}

/// Makes the shared folders of a pair on a thread that may block.
async fn make(pair: Folders) {
    // What did not work is told of when the pair is opened.
    let _ = tokio::task::spawn_blocking(move || pair.make_watched()).await;
}

impl Doors {
    /// Whether the pair of this name is open. One that is not is opened when it can be.
    #[must_use]
    pub fn is_open(&self, name: &str) -> bool {
        self.pairs().locks.contains_key(name)
    }

    fn pairs(&self) -> MutexGuard<'_, Pairs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to open a pair on a thread that may block.
    fn begin(&self, pair: &Folders) -> Opening {
        let (doors, pair) = (self.clone(), pair.clone());
        tokio::task::spawn_blocking(move || doors.open(&pair))
    }

    /// Opens a pair. Blocks.
    fn open(&self, pair: &Folders) -> Result<(), FoldersError> {
        pair.open()?;
        self.enter(&pair.name, Places::of(pair)?)?;
        let lock = pair.hold();
        let mut pairs = self.pairs();
        match lock {
            Ok(lock) => {
                pairs.locks.insert(pair.name.clone(), lock);
                Ok(())
            }
            Err(error) => {
                pairs.places.remove(&pair.name);
                Err(error)
            }
        }
    }

    /// Notes where the folders of a pair lie, unless one is set twice.
    fn enter(&self, name: &str, places: Places) -> Result<(), FoldersError> {
        let mut pairs = self.pairs();
        let others = || {
            let all = pairs.places.iter();
            all.filter(move |(it, _)| it.as_str() != name)
        };
        for (at, folder) in places.own.iter().enumerate() {
            let is_twice = places.own.iter().take(at).any(|it| it == folder)
                || places.published.contains(folder)
                || others().any(|(_, it)| it.holds(folder));
            if is_twice {
                return Err(FoldersError::SetTwice(folder.clone()));
            }
        }
        for folder in &places.published {
            if others().any(|(_, it)| it.own.contains(folder)) {
                return Err(FoldersError::SetTwice(folder.clone()));
            }
        }
        pairs.places.insert(name.to_owned(), places);
        Ok(())
    }

    /// Waits until a pair is open, and tells what is in the way.
    pub(crate) async fn opened(&self, pair: &Folders, standing: &Standing, clock: &Clock) {
        let late = {
            let mut pairs = self.pairs();
            if pairs.locks.contains_key(&pair.name) {
                return;
            }
            pairs.late.remove(&pair.name)
        };
        let stuck = |error: RoundError| standing.stuck(Concern::Opening, &error, clock.now());
        let mut opening = late.unwrap_or_else(|| self.begin(pair));
        loop {
            standing.begins(Hand::Opening, clock.now());
            let opened = opening.await;
            standing.ends(Hand::Opening);
            match opened {
                Ok(Ok(())) => {
                    tracing::info!(folder = %pair.name, "the folder pair is open");
                    standing.went_through(Concern::Opening);
                    return;
                }
                Ok(Err(FoldersError::Folder(_, error))) => stuck(failed(pair, error)),
                Ok(Err(other)) => stuck(failed(pair, std::io::Error::other(other))),
                Err(_) => stuck(RoundError::BrokenOff(pair.name.clone())),
            }
            tokio::time::sleep(AGAIN).await;
            opening = self.begin(pair);
        }
    }
}

impl Places {
    fn of(pair: &Folders) -> Result<Self, FoldersError> {
        let real = |path: &PathBuf| {
            let found = std::fs::canonicalize(path);
            found.map_err(|error| FoldersError::Folder(path.clone(), error))
        };
        let published = [&pair.res].into_iter().chain(&pair.face);
        Ok(Self {
            published: published.map(real).collect::<Result<_, _>>()?,
            own: vec![real(&pair.req)?, real(&pair.work)?],
        })
    }

    fn expected(pair: &Folders) -> Self {
        let published = [&pair.res].into_iter().chain(&pair.face);
        Self {
            published: published.map(|it| place_of(it)).collect(),
            own: vec![place_of(&pair.req), place_of(&pair.work)],
        }
    }

    fn holds(&self, folder: &Path) -> bool {
        self.published.contains(folder) || self.own.iter().any(|it| it == folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FolderPair;

    /// How long a test waits: a slow machine is no fault.
    const PATIENCE: Duration = Duration::from_secs(180);

    fn pair(dir: &Path, name: &str, number: u8) -> Folders {
        let folder = |name: &str| dir.join(format!("{name}{number}"));
        let pair = FolderPair::new(name, folder("req"), folder("res"), folder("work"));
        Folders::from(&pair)
    }

    async fn refused(pairs: &[Folders]) -> FoldersError {
        open_all(pairs, PATIENCE).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_second_link_app_over_the_same_work_folder_does_not_start() {
        let dir = tempfile::tempdir().unwrap();
        let pairs = [pair(dir.path(), "receipt", 1)];
        let doors = open_all(&pairs, PATIENCE).await.unwrap();
        assert!(matches!(refused(&pairs).await, FoldersError::InUse(_)));
        drop(doors);
        let _doors = open_all(&pairs, PATIENCE).await.unwrap();
    }

    #[tokio::test]
    async fn folders_that_are_set_twice_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let one = pair(dir.path(), "receipt", 1);
        let same_name = pair(dir.path(), "receipt", 2);
        assert!(matches!(
            refused(&[one.clone(), same_name]).await,
            FoldersError::SameName(_)
        ));
        let other = pair(dir.path(), "kiosk", 2);
        let req = dir.path().join("kiosk/../req1");
        std::fs::create_dir_all(dir.path().join("kiosk")).unwrap();
        let same_work = Folders {
            work: one.work.clone(),
            ..other.clone()
        };
        let same_req = Folders {
            req: req.clone(),
            ..other.clone()
        };
        let given_back_into_req = Folders {
            res: req,
            ..other.clone()
        };
        for pair in [same_work, same_req, given_back_into_req] {
            let found = set_twice(&[one.clone(), pair.clone()]);
            assert!(matches!(found, Some((1, FoldersError::SetTwice(_)))));
            assert!(matches!(
                refused(&[one.clone(), pair]).await,
                FoldersError::SetTwice(_)
            ));
        }
        let own_req = Folders {
            res: other.req.clone(),
            ..other.clone()
        };
        assert!(matches!(
            refused(&[own_req]).await,
            FoldersError::SetTwice(_)
        ));
        let missing = Folders {
            work: dir.path().join("new/work"),
            req: dir.path().join("new/work"),
            ..other.clone()
        };
        assert!(matches!(set_twice(&[missing]), Some((0, _))));
        assert!(!dir.path().join("new").exists(), "looking makes nothing");
        assert!(set_twice(&[one.clone(), other.clone()]).is_none());
        let _doors = open_all(&[one, other], PATIENCE).await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_used_keeps_no_other_pair_closed() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (pair(dir.path(), "receipt", 1), pair(dir.path(), "kiosk", 2));
        std::fs::write(&other.res, "no folder").unwrap();
        let doors = open_all(&[one, other.clone()], PATIENCE).await.unwrap();
        assert!(doors.is_open("receipt") && !doors.is_open("kiosk"));
        assert!(matches!(refused(&[other]).await, FoldersError::Folder(..)));
    }

    #[tokio::test]
    async fn shared_folders_that_hang_keep_no_pair_from_being_made_and_opened() {
        let dir = tempfile::tempdir().unwrap();
        let all = [
            ("receipt", 1, Shared::Everyone),
            ("kiosk", 2, Shared::Group),
        ];
        let pairs = all.map(|(name, number, shared)| Folders {
            shared,
            ..pair(dir.path(), name, number)
        });
        let limit = Duration::from_millis(200);
        let made = Mutex::new(Vec::new());
        let make = |pair: Folders| {
            made.lock().unwrap().push(pair.name);
            std::future::pending()
        };
        let doors = open_with(&pairs, limit, make).await.unwrap();
        assert_eq!(*made.lock().unwrap(), ["receipt", "kiosk"]);
        let opening = |it: &Folders| {
            let begun = doors.pairs();
            begun.locks.contains_key(&it.name) || begun.late.contains_key(&it.name)
        };
        assert!(pairs.iter().all(opening));
    }
}
