//! `bench postgres`: the store's way of a check at a PostgreSQL server - look-up, record, audit event - against a bare prepared select and a
//! grouped insert of the same rows, in the same run at the same server. Signing and the network of clients are left out of both.

mod bare;
pub(crate) mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use domain::account::{AccountId, AccountKind};
use domain::check::Verdict;
use domain::civil_date::{CivilDate, Instant as At};
use domain::institution_code::InstitutionCode;
use domain::insured::InsuranceKey;
use domain::permit::{AskByNumber, Permit, SignedIn};
use store::checks::{NewCheck, Recorded};
use store::engine::Engine;
use store::server::Address;
use synthetic::population::Population;

use self::bare::Bare;
use self::server::Server;

/// What a signed answer is long, as `bench check` finds it.
const ANSWER_BYTES: usize = 1_600;

/// What a question is long.
const QUESTION_BYTES: usize = 200;

/// People stored in one transaction.
const BATCH: u64 = 20_000;

/// `bench postgres`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// People in the store.
    #[arg(long, default_value_t = 200_000)]
    people: u64,
    /// Bare and store, so many times each, in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of each.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Checks at once.
    #[arg(long, value_delimiter = ',', default_values_t = [64, 256])]
    at_once: Vec<usize>,
    /// Folder on a real disk.
    #[arg(long)]
    dir: PathBuf,
}

/// What is asked, and with it recorded.
struct Asked {
    key: InsuranceKey,
    born: CivilDate,
    insurer: String,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    println!("machine: {}", crate::check::machine());
    let dir = crate::check::fresh(&arguments.dir.join("postgres"))?;
    let (device, kind) = crate::disk::real(&dir)?;
    let syncs = crate::disk::syncs_per_second(&dir, Duration::from_secs(2))?;
    println!(
        "disk: {device} ({kind}), {syncs:.0} appends of 4 KiB with fdatasync per second, one at a time"
    );
    let server = Server::start(&dir)?;
    let address = Address::parse(&server.url())?;
    let engine = tokio::task::block_in_place(|| Engine::open_server(&address, [1; 16]))?;
    let asked = load(&engine, arguments.people).await?;
    let bare = Bare::connect(&server).await?;
    let time = Duration::from_secs(arguments.seconds);
    for at_once in arguments.at_once {
        let mut ratios = Vec::new();
        for round in 1..=arguments.rounds {
            let floor = bare.run(&asked, at_once, time).await?;
            let before = engine.written();
            let stored = store(&engine, &asked, at_once, time).await?;
            let after = engine.written();
            let group =
                (after.jobs - before.jobs) as f64 / (after.commits - before.commits).max(1) as f64;
            println!(
                "{at_once} at once, round {round}: bare {floor:.0}/s · store {stored:.0}/s · ratio {:.3} · {group:.1} checks a commit",
                stored / floor
            );
            ratios.push(stored / floor);
        }
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
        println!("{at_once} at once: ratio {median:.3} (median)");
    }
    let report = tokio::task::block_in_place(|| engine.verify_audit(&[], |_, _, _| true))?;
    let of_bare = "ba".repeat(16);
    let faults = report.faults.iter().map(ToString::to_string);
    let faults = faults.filter(|it| !it.contains(&of_bare));
    println!(
        "audit chain: {} checks, {} faults but for what bare inserts left",
        report.checks,
        faults.count()
    );
    Ok(())
}

/// Loads people and says how fast; returns what is asked about them.
async fn load(engine: &Engine, people: u64) -> anyhow::Result<Arc<Vec<Asked>>> {
    let population = Population::new(1);
    let (mut asked, mut stored) = (Vec::new(), Duration::ZERO);
    for first in (0..people).step_by(usize::try_from(BATCH)?) {
        let batch = first..people.min(first + BATCH);
        let batch: Vec<_> = batch.filter_map(|it| population.person(it)).collect();
        asked.extend(batch.iter().filter_map(|it| {
            let coverage = it.coverages.first()?;
            Some(Asked {
                key: coverage.key(),
                born: it.person.birth_date,
                insurer: coverage.insurer.as_digits(),
            })
        }));
        let begun = Instant::now();
        engine.store_people(batch).await?;
        stored += begun.elapsed();
    }
    println!(
        "loaded {people} people by COPY, {:.0} a second",
        people as f64 / stored.as_secs_f64()
    );
    Ok(Arc::new(asked))
}

/// Checks a second over the store's own way.
async fn store(
    engine: &Engine,
    asked: &Arc<Vec<Asked>>,
    at_once: usize,
    time: Duration,
) -> anyhow::Result<f64> {
    let permit = Permit::<AskByNumber>::grant(SignedIn {
        facility: InstitutionCode::parse("1319999999")?,
        account: AccountId::parse("uketsuke")?,
        kind: AccountKind::General,
        certificate: [9; 32],
    });
    let permit = permit.ok().context("no permit")?;
    let engine = engine.clone();
    let asked = Arc::clone(asked);
    timed(at_once, time, move |number| {
        let (engine, asked, permit) = (engine.clone(), Arc::clone(&asked), permit.clone());
        async move {
            let it = asked
                .get(number % asked.len())
                .context("nobody was loaded")?;
            let found = engine.look_up(&permit, &it.key, it.born).await?;
            anyhow::ensure!(!found.is_empty(), "somebody is not found");
            let name = found.first().map(|it| it.person.name.as_str().to_owned());
            let recorded = engine.record_check(&permit, check(it, name)).await?;
            anyhow::ensure!(
                matches!(recorded, Recorded::New(_)),
                "a check was recorded before"
            );
            Ok(())
        }
    })
    .await
}

fn check(asked: &Asked, name: Option<String>) -> NewCheck {
    NewCheck {
        id: id(),
        at: now(),
        visit_date: asked.born,
        origin: "page",
        verdict: Verdict::Valid,
        insurer: asked.insurer.clone(),
        name,
        kana: None,
        question: Bytes::from_static(&[b'q'; QUESTION_BYTES]),
        answer: Bytes::from_static(&[b'a'; ANSWER_BYTES]),
        key: None,
        sources: Vec::new(),
    }
}

fn now() -> At {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    At::from_micros(i64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(i64::MAX))
}

/// An identifier as the center makes them: time, then chance; here a counter.
fn id() -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let milliseconds = u128::try_from(now().as_micros() / 1_000).unwrap_or_default();
    milliseconds << 80 | 7 << 76 | 2 << 62 | u128::from(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// How often a piece of work was done in a second, so many at once.
async fn timed<F>(
    at_once: usize,
    time: Duration,
    work: impl Fn(usize) -> F + Clone + Send + 'static,
) -> anyhow::Result<f64>
where
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let ended = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..at_once {
        let (ended, work) = (Arc::clone(&ended), work.clone());
        tasks.spawn(async move {
            let mut done = 0_usize;
            while !ended.load(Ordering::Relaxed) {
                // Spread over everybody, each task its own way.
                work((done * at_once + task).wrapping_mul(7_919)).await?;
                done += 1;
            }
            Ok::<_, anyhow::Error>(done)
        });
    }
    tokio::time::sleep(time).await;
    ended.store(true, Ordering::Relaxed);
    let mut all = 0;
    while let Some(done) = tasks.join_next().await {
        all += done??;
    }
    Ok(all as f64 / begun.elapsed().as_secs_f64())
}
