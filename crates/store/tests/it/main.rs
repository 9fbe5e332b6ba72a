//! The store as its callers see it: durable, bounded by facility, and honest about what was changed behind its back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking and start other programs; the killed child reports on its output"
)]

mod accounts;
mod applications;
mod bulk;
mod cards;
mod chain;
mod checks;
mod claims;
mod closing;
mod copies;
mod cuts;
mod damaged;
mod emergency;
mod encryption;
mod feeds;
mod first_load;
mod home_care;
mod households;
mod in_step;
mod kill;
mod loading;
mod looks;
mod no_writes;
mod parts;
mod patience;
mod point_in_time;
mod power_cut;
mod receipt_keys;
mod reference_numbers;
mod replicas;
mod retention;
mod sealing;
mod server;
mod server_faults;
mod shards;
mod shared_keys;
mod tries;
mod unknown_certificates;
mod versions;

use domain::account::{AccountId, AccountKind};
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use domain::permit::{AskByNumber, Permission, Permit, SignedIn};
use store::checks::{NewCheck, Recorded};
use store::engine::{Engine, Pace};

/// Brings the log into the file several times within a test.
const PACE: Pace = Pace { log_pages: 200 };

/// Where a test's store lies.
enum Place {
    Folder(tempfile::TempDir),
    Server { database: String },
}

impl Place {
    fn folder() -> Self {
        Self::Folder(tempfile::tempdir().unwrap())
    }

    fn server() -> Self {
        let database = server::shared().database();
        Self::Server { database }
    }

    /// A new place of the same kind.
    fn another(&self) -> Self {
        match self {
            Self::Folder(_) => Self::folder(),
            Self::Server { .. } => Self::server(),
        }
    }

    fn open(&self) -> Engine {
        self.open_as(1)
    }

    /// As a process of this audit chain.
    fn open_as(&self, chain: u8) -> Engine {
        match self {
            Self::Folder(folder) => open_as(folder, chain),
            Self::Server { database } => {
                let address = server::shared().address(database);
                Engine::open_server(&address, [chain; 16]).unwrap()
            }
        }
    }

    /// Runs a text behind the store's back; returns how many rows it changed, or the one number it answers.
    fn run(&self, text: &str) -> i64 {
        match self {
            Self::Folder(folder) => {
                let path = folder.path().join("center.db");
                let connection = rusqlite::Connection::open(path).unwrap();
                let mut statement = connection.prepare(text).unwrap();
                match statement.column_count() {
                    0 => statement.execute([]).unwrap().try_into().unwrap(),
                    _ => statement.query_row([], |row| row.get(0)).unwrap(),
                }
            }
            // Bytes are written otherwise there.
            Self::Server { database } => {
                let text = text.replace("x'", "bytea '\\x");
                server::shared().run(database, &text)
            }
        }
    }
}

/// Tries what every engine keeps with each of them.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        $(mod $test {
            use crate::Place;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_a_folder() {
                super::$test(&Place::folder()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_a_server() {
                super::$test(&Place::server()).await;
            }
        })+
    };
}
use on_both;

fn open(dir: &tempfile::TempDir) -> Engine {
    open_as(dir, 1)
}

fn open_as(dir: &tempfile::TempDir, chain: u8) -> Engine {
    Engine::open_center_at(PACE, &dir.path().join("center.db"), [chain; 16]).unwrap()
}

fn permit<A: Permission>(facility: &str) -> Permit<A> {
    Permit::grant(SignedIn {
        facility: InstitutionCode::parse(facility).unwrap(),
        account: AccountId::parse("uketsuke").unwrap(),
        kind: AccountKind::General,
        certificate: [9; 32],
    })
    .unwrap()
}

fn check(id: u128) -> NewCheck {
    check_with(id, format!("answer {id}").into())
}

/// The same with another answer.
fn check_with<A>(id: u128, answer: A) -> NewCheck<A> {
    NewCheck {
        id,
        at: Instant::from_micros(1_795_392_902_000_000 + i64::try_from(id % 1_000_000).unwrap()),
        visit_date: CivilDate::new(2026, 11, 23).unwrap(),
        origin: "page",
        verdict: Verdict::Valid,
        insurer: "06139992".into(),
        name: Some("資格　太郎".into()),
        kana: Some("ｼｶｸ ﾀﾛｳ".into()),
        question: "question".into(),
        answer,
        key: None,
        sources: Vec::new(),
    }
}

/// What is said of a [`check`] that is on the disk.
fn new(id: u128) -> Recorded {
    Recorded::New(format!("answer {id}").into())
}

async fn record(engine: &Engine, ids: impl IntoIterator<Item = u128>) {
    let permit = permit::<AskByNumber>("1319999999");
    for id in ids {
        engine.record_check(&permit, check(id)).await.unwrap();
    }
}
