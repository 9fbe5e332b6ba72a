//! Processes whose clock a test turns: libfaketime gives them the time by a file. Nothing in the product knows of it.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::civil_date::Instant;
use pki::clock::Clock;

/// A clock that stands ahead of the machine's by so much. Parts that were started under it hear of every turn at once; what measures
/// spans is not touched.
pub(crate) struct TurnedClock {
    dir: tempfile::TempDir,
    ahead_s: Arc<AtomicU64>,
}

thread_local! {
    /// What commands of this test are started with.
    static ENVIRONMENT: RefCell<Vec<(&'static str, OsString)>> = const { RefCell::new(Vec::new()) };
    /// How far ahead the clock of this test stands.
    static AHEAD_S: RefCell<Arc<AtomicU64>> = RefCell::default();
}

impl TurnedClock {
    /// A clock that goes right. What this thread starts by [`command`] from now on goes by it.
    pub(crate) fn start() -> Self {
        let clock = Self {
            dir: tempfile::tempdir().unwrap(),
            ahead_s: Arc::default(),
        };
        clock.write();
        ENVIRONMENT.with_borrow_mut(|environment| *environment = clock.environment());
        AHEAD_S.set(Arc::clone(&clock.ahead_s));
        clock
    }

    /// For programs that are started otherwise.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("LD_PRELOAD", library().into()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().into()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }

    /// Turns it on.
    pub(crate) fn pass_seconds(&mut self, seconds: u64) {
        self.ahead_s.fetch_add(seconds, Ordering::SeqCst);
        self.write();
    }

    /// Turns it on by days.
    pub(crate) fn pass_days(&mut self, days: u64) {
        self.pass_seconds(days * 86_400);
    }

    /// Turns it on to the next noon in Japan.
    pub(crate) fn pass_to_noon(&mut self) {
        let noon_s = (12 - 9) * 3_600;
        let since_s = (self.clock()().as_seconds() - noon_s).rem_euclid(86_400);
        self.pass_seconds(u64::try_from(86_400 - since_s).unwrap());
    }

    /// Turns it on to the next noon in Japan of a day that is not its month's last.
    pub(crate) fn pass_to_noon_within_a_month(&mut self) {
        self.pass_to_noon();
        if self.clock()().date_in_japan().plus_days(1).day() == 1 {
            self.pass_days(1);
        }
    }

    /// The same for clients of this process.
    pub(crate) fn clock(&self) -> Clock {
        ahead(Arc::clone(&self.ahead_s))
    }

    /// In one step: nobody reads half a number.
    fn write(&self) {
        let new = self.dir.path().join("new");
        std::fs::write(&new, format!("+{}\n", self.ahead_s.load(Ordering::SeqCst))).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("clock")
    }
}

impl Drop for TurnedClock {
    fn drop(&mut self) {
        ENVIRONMENT.with_borrow_mut(Vec::clear);
        AHEAD_S.set(Arc::default());
    }
}

/// The clock of this thread's test: the machine's where none was turned.
pub(crate) fn clock() -> Clock {
    ahead(AHEAD_S.with_borrow(Arc::clone))
}

fn ahead(ahead_s: Arc<AtomicU64>) -> Clock {
    Arc::new(move || {
        let ahead_s = ahead_s.load(Ordering::SeqCst);
        right_clock()().plus_seconds(i64::try_from(ahead_s).unwrap())
    })
}

/// The machine's clock.
pub(crate) fn right_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        Instant::from_micros(i64::try_from(since.as_micros()).unwrap())
    })
}

/// `onshi`, by the clock of this thread's test.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onshi"));
    command.envs(ENVIRONMENT.with_borrow(Clone::clone));
    command
}

/// The library, in the folder of this machine's kind.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap();
    folders
        .map(|folder| folder.unwrap().path().join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.exists())
        .expect("installed by `cargo xtask test`")
}
