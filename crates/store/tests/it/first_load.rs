//! Everybody into a registry that holds nobody: sorted first, found as if stored one after the other, all of them or none.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::coverage::Registration;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::{Ticket, TreatmentMonth};
use domain::permit::AskByNumber;
use store::engine::{Engine, StoreError};
use store::registry::{FirstLoad, Prepared};

use crate::cards::FACILITY;
use crate::loading::{all_there, people};
use crate::{Place, open, permit};

/// How many a load says it has, so that it is one that sorts.
const MANY: u64 = 20_000;

/// Loads people as they come, so many at a time.
fn taken(engine: &Engine, people: &[Registration], at_once: usize) -> FirstLoad {
    let mut load = engine.first_load(MANY).unwrap().unwrap();
    for some in people.chunks(at_once) {
        load.take(some.iter().cloned().map(Prepared::of).collect())
            .unwrap();
    }
    load
}

/// The rows of a table, as text.
fn rows(folder: &Path, table: &str) -> Vec<String> {
    let registry = rusqlite::Connection::open(folder.join("registry.db")).unwrap();
    let mut statement = registry.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..columns).map(|at| row.get_ref(at).map(|it| format!("{it:?}")));
        values.collect::<Result<Vec<_>, _>>()
    });
    rows.unwrap().map(|it| it.unwrap().join(" ")).collect()
}

/// The tables that loads made and left.
fn left_over(folder: &Path) -> usize {
    rows(folder, "sqlite_master WHERE name GLOB 'first_load_*'").len()
}

/// In an order in which no two of a household follow each other.
fn shuffled(people: &[Registration]) -> Vec<Registration> {
    let places = (0..people.len()).map(|at| at * 1_009 % people.len());
    places.map(|at| people[at].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_found_as_if_stored_one_after_the_other() {
    let mut all = people(0..3_000);
    let facility = InstitutionCode::parse(FACILITY).unwrap();
    for (at, it) in all.iter_mut().enumerate().step_by(7) {
        // A key in the other's name, so that some lie whole elsewhere.
        let other = people(at as u64 + 4_000..at as u64 + 4_001);
        it.coverages.extend(other[0].coverages.clone());
        let months = [(2026, 10), (2026, 11)].map(|(year, month)| {
            let day = domain::civil_date::CivilDate::new(year, month, 1).unwrap();
            Ticket::new(facility, TreatmentMonth::of(day))
        });
        it.coverages[0].tickets = months.to_vec();
    }
    let one_by_one = tempfile::tempdir().unwrap();
    let engine = open(&one_by_one);
    engine.store_people(all.clone()).await.unwrap();
    drop(engine);
    for (given, at_once) in [
        (all.clone(), 3_000),
        (all.clone(), 7),
        (shuffled(&all), 100),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(&folder);
        let mut told = 0;
        let published = taken(&engine, &given, at_once).publish(|it| told = it);
        published.await.unwrap();
        assert_eq!(told, 3_000);
        all_there(&engine, &all).await;
        drop(engine);
        for table in ["person_by_birth", "ticket_month"] {
            let loaded = rows(folder.path(), table);
            assert!(!loaded.is_empty());
            assert!(loaded == rows(one_by_one.path(), table), "{table}");
        }
        // As few rows as when they come together, whatever the order; nothing else is left.
        let few = |it: &Path| rows(it, "insured").len();
        assert_eq!(few(folder.path()), few(one_by_one.path()));
        assert_eq!(left_over(folder.path()), 0);
        let engine = open(&folder);
        all_there(&engine, &all).await;
        // They change and move as any do.
        let mut changed = all.clone();
        for at in (0..all.len() - 1).step_by(2) {
            changed[at].coverages = all[at + 1].coverages.clone();
        }
        engine.store_people(changed.clone()).await.unwrap();
        all_there(&engine, &changed).await;
        assert_eq!(engine.people().unwrap(), 3_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_found_before_all_are() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder);
    let all = people(0..500);
    let asker = permit::<AskByNumber>(FACILITY);
    let (key, born) = (all[0].coverages[0].key(), all[0].person.birth_date);
    let other = engine.clone();
    let load = taken(&engine, &all, 100);
    let mut seen = Vec::new();
    // Read by connections that were open before.
    assert!(engine.look_up(&asker, &key, born).await.unwrap().is_empty());
    let published = load.publish(|told| seen.push((told, other.people().unwrap())));
    published.await.unwrap();
    let (last, during) = seen.split_last().unwrap();
    assert_eq!(*last, (500, 500));
    assert!(!during.is_empty(), "it was told at the end alone");
    assert!(during.iter().all(|(_, stored)| *stored == 0), "{seen:?}");
    let found = engine.look_up(&asker, &key, born).await.unwrap();
    assert!(found.contains(&all[0]));
    all_there(&engine, &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_registry_of_files_without_people_is_loaded_so_and_only_with_many() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder);
    assert!(engine.first_load(MANY - 1).unwrap().is_none());
    assert!(engine.first_load(MANY).unwrap().is_some());
    engine.store_people(people(0..1)).await.unwrap();
    assert!(engine.first_load(MANY).unwrap().is_none());
    let server = Place::server().open();
    assert!(server.first_load(MANY).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_comes_twice_ends_it_and_nobody_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder);
    let mut all = people(0..300);
    all.push(all[7].clone());
    let refused = taken(&engine, &all, 100).publish(|_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("given twice"), "{refused}");
    assert_eq!(engine.people().unwrap(), 0);
    assert_eq!(left_over(folder.path()), 0);
    all.pop();
    let again = taken(&engine, &all, 100).publish(|_| ());
    again.await.unwrap();
    all_there(&engine, &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_stored_meanwhile_stay_and_the_load_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder);
    let load = taken(&engine, &people(0..300), 100);
    let meanwhile = people(400..410);
    engine.store_people(meanwhile.clone()).await.unwrap();
    let refused = load.publish(|_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("stored while"), "{refused}");
    all_there(&engine, &meanwhile).await;
    assert_eq!(engine.people().unwrap(), 10);
    assert_eq!(left_over(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_one_is_whole_and_the_other_stored_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder);
    let (one, other) = (people(0..2_000), people(3_000..5_000));
    let loads = [&one, &other].map(|it| taken(&engine, it, 500));
    let [first, second] = loads.map(|it| it.publish(|_| ()));
    let whole = match tokio::join!(first, second) {
        (Ok(()), Err(_)) => one,
        (Err(_), Ok(())) => other,
        ended => panic!("{ended:?}"),
    };
    all_there(&engine, &whole).await;
    assert_eq!(engine.people().unwrap(), 2_000);
    assert_eq!(left_over(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_sorted_aside_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&folder);
    std::fs::remove_dir_all(folder.path()).unwrap();
    let refused = engine.first_load(MANY).unwrap_err();
    assert!(matches!(refused, StoreError::NoWrites(_)), "{refused}");
}

const FOLDER: &str = "ONSHI_TEST_FIRST_LOAD_FOLDER";

/// The child: loads people, says how many are written so far each time, and waits there when all of them are but one step. Says why it
/// ended where it ends. Does nothing as a plain test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_loads_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let engine = Engine::open_center(&Path::new(&folder).join("center.db"), [7; 16]).unwrap();
    let say = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "told {line}").unwrap();
        out.flush().unwrap();
    };
    let load = taken(&engine, &people(0..2_000), 500);
    let ended = load.publish(|written| {
        say(&written.to_string());
        if written == 2_000 {
            loop {
                std::thread::park();
            }
        }
    });
    let ended = ended.await;
    say(&format!("{ended:?}"));
}

fn child(program: &mut Command, folder: &Path) -> (Child, impl Iterator<Item = String>) {
    let mut child = program
        .args([
            "--exact",
            "first_load::child_loads_until_killed",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines.map_while(Result::ok);
    let told = |line: String| Some(line.split_once("told ")?.1.to_owned());
    (child, lines.filter_map(told))
}

/// Loads what was cut off once more.
async fn load_again(folder: &tempfile::TempDir) {
    let engine = open(folder);
    assert_eq!(engine.people().unwrap(), 0);
    assert!(0 < left_over(folder.path()), "nothing was cut off");
    let all = people(0..2_000);
    taken(&engine, &all, 500).publish(|_| ()).await.unwrap();
    all_there(&engine, &all).await;
    assert_eq!(left_over(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_load_stored_nobody_and_the_next_one_clears_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut this = Command::new(std::env::current_exe().unwrap());
    let (mut running, mut told) = child(&mut this, folder.path());
    // Everything is written, and not yet in its place.
    assert!(told.any(|it| it == "2000"));
    running.kill().unwrap();
    running.wait().unwrap();
    load_again(&folder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stores_nobody_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-o",
            "/dev/null",
            "--seccomp-bpf",
            "-e",
            "trace=pwrite64",
        ])
        // The thread that writes the registry opened it by some thirty of these.
        .args(["-e", "inject=pwrite64:error=ENOSPC:when=150+"])
        .arg(std::env::current_exe().unwrap());
    let (mut running, told) = child(&mut strace, folder.path());
    let told: Vec<String> = told.collect();
    running.wait().unwrap();
    let last = told.last().unwrap();
    assert!(last.starts_with("Err(NoWrites("), "{told:?}");
    load_again(&folder).await;
}
