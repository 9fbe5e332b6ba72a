//! What was revoked, kept in the folder of the checkpoints outside the store: after each order of an operator, every minute and at the end. A
//! restore revokes it again (decision 0125). Revokes nothing.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use domain::civil_date::Instant;
use store::audit::outside::Added;
use store::certificates::outside::{self, Ended};
use store::engine::{Engine, StoreError};

use crate::app::App;
use crate::outside_work::OutsideWork;

/// What was revoked so long before the last round is asked for again: it may have waited to be seen, or come by another process's clock.
const OVERLAP_S: i64 = 600;

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
enum NotKept {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] std::io::Error),
}

/// Adds to the file outside what it lacks. Where that fails, or the folder does not answer, it is tried again a minute later.
pub(crate) async fn keep(app: &App) {
    let Some(dir) = app.checkpoint_dir.as_deref() else {
        return;
    };
    let kept = app.revoked_outside.keep(&app.engine, dir, app.now());
    if let Err(error) = kept.await {
        tracing::error!(folder = %dir.display(), error = %error, "what was revoked could not be kept outside the store; it is tried again");
    }
}

/// The file, and what this process knows of it.
#[derive(Debug, Default)]
pub(crate) struct RevokedOutside {
    work: OutsideWork,
    kept: Arc<Mutex<Kept>>,
}

impl RevokedOutside {
    async fn keep(&self, engine: &Engine, dir: &Path, now: Instant) -> Result<(), NotKept> {
        let (engine, dir, kept) = (engine.clone(), dir.to_owned(), Arc::clone(&self.kept));
        let next = move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.next(&engine, &dir, now)
        };
        self.work.run(next).await?
    }
}

/// What this process knows of the file.
#[derive(Debug, Default)]
struct Kept {
    ended: HashSet<Ended>,
    /// Its end, as it was read or added.
    end: Option<Added>,
    /// The last round; none since the file was read.
    last: Option<Instant>,
}

impl Kept {
    fn next(&mut self, engine: &Engine, dir: &Path, now: Instant) -> Result<(), NotKept> {
        if !self.is_in(dir) {
            // The first round, or another file has taken the place: it is to hold everything as well.
            let (read, end) = outside::read(dir)?;
            *self = Self {
                ended: read.ended.into_iter().collect(),
                end,
                last: None,
            };
        }
        let since = self.last.map_or(Instant::from_micros(i64::MIN), |last| {
            // A clock that was set back stands before the last round.
            last.min(now).plus_seconds(-OVERLAP_S)
        });
        let mut lacks = engine.ended_since(since)?;
        lacks.retain(|it| !self.ended.contains(it));
        if !lacks.is_empty() {
            self.end = Some(outside::append(dir, &lacks)?);
            self.ended.extend(lacks);
        }
        self.last = Some(now);
        Ok(())
    }

    fn is_in(&self, dir: &Path) -> bool {
        let end = self.end.as_ref();
        end.is_some_and(|it| outside::holds(dir, it))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::audit::{Actor, Deed};
    use rustix::fs::{CWD, Mode, mkfifoat};
    use store::certificates::Which;

    use super::*;
    use crate::sessions::event;

    fn now() -> Instant {
        Instant::from_micros(5)
    }

    async fn revoke(engine: &Engine, number: u8) {
        let event = event(now(), Actor::Center, Deed::CertificateRevoke);
        let revoked = engine.revoke_certificates(Which::Line([number; 32]), "operator", event);
        assert_eq!(revoked.await.unwrap(), None);
    }

    /// The first byte of each certificate's SHA-256 that stands in a folder, and the lines that cannot be read.
    fn lines(dir: &Path) -> (Vec<u8>, Vec<usize>) {
        let (read, _) = outside::read(dir).unwrap();
        let numbers = read.ended.iter().map(|it| match it {
            Ended::Certificate { fingerprint, .. } => fingerprint[0],
            Ended::Terminal { .. } => 0,
        });
        (numbers.collect(), read.unreadable)
    }

    #[tokio::test]
    async fn each_stands_outside_once_and_in_another_file_all_of_them() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let dir = outside.path();
        let engine = Engine::open_center(&folder.path().join("center.db"), [1; 16]).unwrap();
        // Before this version, say.
        revoke(&engine, 1).await;
        let mut kept = Kept::default();
        for number in [2, 3] {
            kept.next(&engine, dir, now()).unwrap();
            revoke(&engine, number).await;
        }
        for _ in 0..2 {
            kept.next(&engine, dir, now()).unwrap();
        }
        assert_eq!(lines(dir), (vec![1, 2, 3], vec![]));
        // A process that starts finds them there.
        Kept::default().next(&engine, dir, now()).unwrap();
        assert_eq!(lines(dir), (vec![1, 2, 3], vec![]));
        // As a power cut leaves the last line: what it said is said again.
        let file = outside::file(dir);
        let length = file.metadata().unwrap().len();
        let cut = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
        cut.set_len(length - 20).unwrap();
        kept.next(&engine, dir, now()).unwrap();
        assert_eq!(lines(dir), (vec![1, 2, 3], vec![3]));
        std::fs::rename(&file, dir.join("aside")).unwrap();
        kept.next(&engine, dir, now()).unwrap();
        let (mut numbers, unreadable) = lines(dir);
        numbers.sort_unstable();
        assert_eq!((numbers, unreadable), (vec![1, 2, 3], vec![]));
        // Where it cannot be kept nothing is taken for kept.
        let away = dir.join("away");
        assert!(kept.next(&engine, &away, now()).is_err());
        std::fs::create_dir(&away).unwrap();
        kept.next(&engine, &away, now()).unwrap();
        assert_eq!(lines(&away).0.len(), 3);
    }

    #[tokio::test]
    async fn what_is_revoked_while_the_folder_hangs_stands_there_once_it_answers() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let dir = outside.path();
        let engine = Engine::open_center(&folder.path().join("center.db"), [1; 16]).unwrap();
        let kept = RevokedOutside {
            work: OutsideWork::within(Duration::from_millis(50)),
            ..RevokedOutside::default()
        };
        // Opened to be read, it hangs as a share does whose machine is gone.
        let file = outside::file(dir);
        mkfifoat(CWD, &file, Mode::RUSR | Mode::WUSR).unwrap();
        for number in [1, 2] {
            revoke(&engine, number).await;
            assert!(kept.keep(&engine, dir, now()).await.is_err());
        }
        let aside = dir.join("aside");
        std::fs::rename(&file, &aside).unwrap();
        let mut both = std::fs::OpenOptions::new();
        drop(both.read(true).write(true).open(&aside).unwrap());
        while kept.keep(&engine, dir, now()).await.is_err() {
            tokio::task::yield_now().await;
        }
        kept.keep(&engine, dir, now()).await.unwrap();
        let (mut numbers, unreadable) = lines(dir);
        numbers.sort_unstable();
        assert_eq!((numbers, unreadable), (vec![1, 2], vec![]));
    }
}
