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

mod bulk;
mod cards;
mod chain;
mod checks;
mod kill;
mod looks;
mod no_writes;
mod power_cut;
mod reference_numbers;

use domain::account::{AccountId, AccountKind};
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use domain::permit::{AskByNumber, Permission, Permit, SignedIn};
use store::checks::NewCheck;
use store::engine::{Engine, Pace};

/// Brings the log into the file several times within a test.
const PACE: Pace = Pace { log_pages: 200 };

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
        answer: format!("answer {id}").into(),
        key: None,
        sources: Vec::new(),
    }
}

async fn record(engine: &Engine, ids: impl IntoIterator<Item = u128>) {
    let permit = permit::<AskByNumber>("1319999999");
    for id in ids {
        engine.record_check(&permit, check(id)).await.unwrap();
    }
}
