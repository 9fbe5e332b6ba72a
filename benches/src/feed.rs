//! `bench feed`: an insurer's feeds kept aside, weighed and published by the store, in files and at a PostgreSQL server, against bare writes of
//! the same rows in the same run. Reading the file and the way over the control socket are left out of both.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use domain::civil_date::{CivilDate, Instant as At};
use domain::coverage::Registration;
use domain::feed::BatchKind;
use domain::feed::insurer::{Change, InsurerKind, Scope, Unnamed};
use domain::feed::review::Deadlines;
use domain::insurer_number::InsurerNumber;
use store::engine::Engine;
use store::registry::feeds::batches::{Changed, Counted, NewBatch};
use store::registry::feeds::beginning::Taking;
use store::registry::insurer_feeds::{Arriving, NewLine, NewLines};
use store::server::Address;
use synthetic::population::Population;
use tokio_postgres::{Client, NoTls};

use crate::postgres::server::Server;

/// Lines in a piece, as the center has them of half a mebibyte of a file.
const PIECE: usize = 4_000;

/// The instant everything happens at.
const NOW_US: i64 = 1_795_392_902_000_000;

/// `bench feed`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Members of the insurer.
    #[arg(long, default_value_t = 100_000)]
    people: u64,
    /// Folder on a real disk.
    #[arg(long)]
    dir: PathBuf,
}

/// A file that is loaded.
struct File {
    name: &'static str,
    kind: InsurerKind,
    scope: Scope,
    changes: Vec<NewLine>,
}

/// How long the steps of a file took.
struct Took {
    keeping: Duration,
    weighing: Duration,
    publishing: Duration,
    changed: Changed,
}

/// What writing the rows of a file alone takes, and how many bytes they are: those kept aside, and those published.
#[derive(Clone, Copy)]
struct Floor {
    kept: (Duration, u64),
    published: (Duration, u64),
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    println!("machine: {}", crate::check::machine());
    let dir = crate::check::fresh(&arguments.dir.join("feed"))?;
    let (device, kind) = crate::disk::real(&dir)?;
    println!("disk: {device} ({kind}), {} members", arguments.people);
    let (at_server, floors) = at_server(&dir, arguments.people).await?;
    let in_files = in_files(&dir, arguments.people).await?;
    for (((file, server), files), floor) in files(arguments.people)?
        .iter()
        .zip(&at_server)
        .zip(&in_files)
        .zip(floors)
    {
        anyhow::ensure!(
            server.changed == files.changed,
            "{}: the engines differ: {:?}, {:?}",
            file.name,
            server.changed,
            files.changed
        );
        let pieces = file.changes.len().div_ceil(PIECE);
        let bare = Floor {
            kept: (write(&dir, floor.kept.1, pieces)?, floor.kept.1),
            published: (write(&dir, floor.published.1, 1)?, floor.published.1),
        };
        say(file, ("PostgreSQL", "COPY"), server, floor);
        say(file, ("files", "write and fsync"), files, bare);
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let most = status.lines().find(|it| it.starts_with("VmHWM"));
    println!(
        "memory of the bench with its lines: {}",
        most.unwrap_or("?")
    );
    Ok(())
}

fn say(file: &File, (engine, floor_of): (&str, &str), took: &Took, floor: Floor) {
    let people = file.changes.len() as f64;
    let rate = |time: Duration| people / time.as_secs_f64();
    let against = |time: Duration, (floor, bytes): (Duration, u64)| {
        format!(
            "{:.0}/s (bare {floor_of} of {:.1} MB {:.0}/s, ratio {:.3})",
            rate(time),
            bytes as f64 / 1e6,
            rate(floor),
            floor.as_secs_f64() / time.as_secs_f64()
        )
    };
    println!(
        "{}, {people} people, {engine}: kept {} · weighed {:.0}/s · published {}",
        file.name,
        against(took.keeping, floor.kept),
        rate(took.weighing),
        against(took.publishing, floor.published)
    );
}

/// Writes so many bytes in so many parts, each synced.
fn write(dir: &Path, bytes: u64, parts: usize) -> anyhow::Result<Duration> {
    let path = dir.join("floor.bin");
    let part = vec![7; usize::try_from(bytes)? / parts.max(1)];
    let start = Instant::now();
    let mut file = std::fs::File::create(&path)?;
    for _ in 0..parts {
        file.write_all(&part)?;
        file.sync_data()?;
    }
    let took = start.elapsed();
    std::fs::remove_file(path)?;
    Ok(took)
}

fn insurer() -> anyhow::Result<InsurerNumber> {
    Ok(InsurerNumber::parse("06990014")?)
}

/// All members, all their coverages, and one coverage in a hundred with another day of issue.
fn files(people: u64) -> anyhow::Result<[File; 3]> {
    let (population, insurer) = (Population::new(1), insurer()?);
    let members = (0..people).filter_map(|it| population.person(it));
    let members: Vec<Registration> = members
        .map(|mut it| {
            it.coverages.truncate(1);
            for coverage in &mut it.coverages {
                (coverage.insurer, coverage.loss) = (insurer, None);
                coverage.tickets.clear();
            }
            it
        })
        .collect();
    let line = |number: u64, of: &Registration, change: Change| NewLine {
        number,
        person: of.person.id,
        change,
        happened: None,
        notified: None,
    };
    let persons = (2..)
        .zip(&members)
        .map(|(number, it)| line(number, it, Change::Person(Box::new(it.person.clone()))));
    let persons = persons.collect();
    let issued = CivilDate::new(2026, 11, 1)?;
    let coverages = |step: usize, issued: Option<CivilDate>| {
        let some = (2..).zip(members.iter().step_by(step));
        let lines = some.filter_map(|(number, it)| {
            let mut coverage = it.coverages.first()?.clone();
            coverage.issued = issued.or(coverage.issued);
            Some(line(number, it, Change::Coverage(Box::new(coverage))))
        });
        lines.collect()
    };
    let file = |name, kind, scope, changes| File {
        name,
        kind,
        scope,
        changes,
    };
    let kind = InsurerKind::Coverages;
    Ok([
        file("members", InsurerKind::Persons, Scope::Delta, persons),
        file("all coverages", kind, Scope::Full, coverages(1, None)),
        file("1 %", kind, Scope::Delta, coverages(100, Some(issued))),
    ])
}

async fn in_files(dir: &Path, people: u64) -> anyhow::Result<Vec<Took>> {
    let folder = dir.join("files");
    std::fs::create_dir(&folder)?;
    let engine = Engine::open_center(&folder.join("center.db"), [1; 16])?;
    let mut all = Vec::new();
    for (id, file) in (1..).zip(files(people)?) {
        let (arriving, keeping) = keep(&engine, id, &file).await?;
        all.push(publish(&engine, arriving, keeping).await?);
    }
    Ok(all)
}

async fn at_server(dir: &Path, people: u64) -> anyhow::Result<(Vec<Took>, Vec<Floor>)> {
    let folder = dir.join("postgres");
    std::fs::create_dir(&folder)?;
    let server = Server::start(&folder)?;
    let address = Address::parse(&server.url())?;
    let engine = tokio::task::block_in_place(|| Engine::open_server(&address, [1; 16]))?;
    let (client, connection) = tokio_postgres::connect(&server.url(), NoTls).await?;
    tokio::spawn(connection);
    let copies = std::fs::canonicalize(&folder)?.join("data");
    let (mut all, mut floors) = (Vec::new(), Vec::new());
    for (id, file) in (1..).zip(files(people)?) {
        let (arriving, keeping) = keep(&engine, id, &file).await?;
        let number = arriving.number;
        let of_batch = format!("SELECT person FROM registry.part_before WHERE batch = {number}");
        let places = format!("SELECT * FROM registry.person_place WHERE person IN ({of_batch})");
        let rows = |table: &str, of: String| (format!("registry.{table}"), of);
        let kept = [rows(
            "arriving_part",
            format!("SELECT * FROM registry.arriving_part WHERE batch = {number}"),
        )];
        let kept = copy(&client, &copies, &kept).await?;
        let took = publish(&engine, arriving, keeping).await?;
        let published = [
            rows(
                "part_before",
                format!("SELECT * FROM registry.part_before WHERE batch = {number}"),
            ),
            rows("person_place", places.clone()),
            rows(
                "insured",
                format!(
                    "SELECT * FROM registry.insured WHERE (key, part) IN (SELECT key, part FROM ({places}) p)"
                ),
            ),
            rows(
                "person_by_birth",
                format!("SELECT * FROM registry.person_by_birth WHERE person IN ({of_batch})"),
            ),
        ];
        let published = copy(&client, &copies, &published).await?;
        all.push(took);
        floors.push(Floor { kept, published });
    }
    Ok((all, floors))
}

/// How long the server takes to copy rows into empty tables of the same form, all in one transaction, and how many bytes they are.
async fn copy(
    client: &Client,
    copies: &Path,
    tables: &[(String, String)],
) -> anyhow::Result<(Duration, u64)> {
    let (mut texts, mut bytes) = (Vec::new(), 0);
    for (at, (table, rows)) in tables.iter().enumerate() {
        let path = copies.join(format!("floor{at}"));
        let path = path.display();
        let text = format!(
            "COPY ({rows}) TO '{path}' (FORMAT binary);
             CREATE TABLE public.floor{at} (LIKE {table} INCLUDING ALL)"
        );
        client.batch_execute(&text).await?;
        let size = client
            .query_one(&format!("SELECT (pg_stat_file('floor{at}')).size"), &[])
            .await?;
        bytes += u64::try_from(size.get::<_, i64>(0))?;
        texts.push(format!(
            "COPY public.floor{at} FROM '{path}' (FORMAT binary)"
        ));
    }
    let start = Instant::now();
    let text = format!("BEGIN; {}; COMMIT", texts.join("; "));
    client.batch_execute(&text).await?;
    let took = start.elapsed();
    for at in 0..tables.len() {
        client
            .batch_execute(&format!("DROP TABLE public.floor{at}"))
            .await?;
    }
    Ok((took, bytes))
}

async fn keep(engine: &Engine, id: u128, file: &File) -> anyhow::Result<(Arriving, Duration)> {
    let (now, insurer) = (At::from_micros(NOW_US), Some(insurer()?));
    let new = NewBatch {
        id,
        kind: BatchKind::Insurer(file.kind),
        insurer,
        scope: file.scope,
        file_name: "members.csv".into(),
        who: "bench".into(),
        begun: now,
        fingerprint: None,
    };
    anyhow::ensure!(engine.take_feed_turn(now).await?, "another feed is loaded");
    let begun = engine.begin_feed(new).await?;
    let arriving = Arriving {
        id,
        number: begun.number,
        kind: file.kind,
        insurer,
        scope: file.scope,
        day: now.date_in_japan(),
        unnamed: Unnamed::List,
    };
    let mut keeping = Duration::ZERO;
    for piece in file.changes.chunks(PIECE) {
        let taking = Taking {
            number: arriving.number,
            now,
            last: piece.last().context("an empty piece")?.number,
            unread: 0,
        };
        let lines = NewLines {
            said: piece.to_vec(),
            remarks: Vec::new(),
            name: |_| "refused",
        };
        let start = Instant::now();
        let kept = engine.keep_insurer_lines(arriving, taking, lines, Deadlines::default());
        let kept = kept.await?;
        keeping += start.elapsed();
        anyhow::ensure!(kept.iter().all(Result::is_ok), "a line was refused");
    }
    Ok((arriving, keeping))
}

async fn publish(engine: &Engine, arriving: Arriving, keeping: Duration) -> anyhow::Result<Took> {
    let start = Instant::now();
    let weighed = tokio::task::block_in_place(|| engine.weigh_insurer_feed(&arriving))?;
    let weighing = start.elapsed();
    let start = Instant::now();
    let (counted, now) = (Counted::default(), At::from_micros(NOW_US));
    let published = engine.publish_insurer_feed(arriving, counted, Some(weighed), now);
    let changed = published.await?;
    Ok(Took {
        keeping,
        weighing,
        publishing: start.elapsed(),
        changed,
    })
}
