//! Insurers' feeds at both engines: the same files leave the same, and at a server they take few statements, however many people they name.

mod contradictions;
mod full;
mod renewals;
mod undoing;

use domain::civil_date::{CivilDate, Instant};
use domain::codes::coverage::LossReason;
use domain::coverage::{Coverage, Loss, Registration};
use domain::feed::insurer::{Change, InsurerKind, Scope, Unnamed, Which};
use domain::feed::part::NotApplied;
use domain::feed::review::{Deadlines, Weighed};
use domain::feed::{BatchKind, BatchState};
use domain::insurer_number::InsurerNumber;
use domain::permit::AskInBulk;
use domain::person::{Person, PersonId, PersonName};
use store::engine::Engine;
use store::registry::feeds::batches::{Changed, Counted, NewBatch};
use store::registry::feeds::beginning::Taking;
use store::registry::insurer_feeds::remarks::{NewRemark, Remark, What};
use store::registry::insurer_feeds::undo::Undone;
use store::registry::insurer_feeds::{Arriving, NewLine, NewLines};
use synthetic::population::Population;

use crate::cards::{FACILITY, now};
use crate::server::TestServer;
use crate::{Place, permit};

/// Lines in a piece of a file.
const PIECE: usize = 700;

fn insurer() -> InsurerNumber {
    InsurerNumber::parse("06990014").unwrap()
}

/// So many members of the insurer, from a place of the population on; each with one coverage, households with one key.
fn members(range: std::ops::Range<u64>) -> Vec<Registration> {
    let population = Population::new(11);
    let members = range.filter_map(|it| population.person(it));
    members
        .map(|mut it| {
            it.coverages.truncate(1);
            for coverage in &mut it.coverages {
                (coverage.insurer, coverage.loss) = (insurer(), None);
                coverage.tickets.clear();
            }
            it
        })
        .collect()
}

/// A file of one kind, as it begins.
async fn begin(engine: &Engine, kind: InsurerKind, scope: Scope, id: u128) -> Arriving {
    let insurer = kind.is_of_insurer().then(insurer);
    begin_of(engine, (kind, scope, id), insurer).await
}

/// The same, of an insurer.
async fn begin_of(
    engine: &Engine,
    (kind, scope, id): (InsurerKind, Scope, u128),
    insurer: Option<InsurerNumber>,
) -> Arriving {
    assert!(engine.take_feed_turn(now()).await.unwrap());
    let begun = engine.begin_feed(NewBatch {
        id,
        kind: BatchKind::Insurer(kind),
        insurer,
        scope,
        file_name: "members.csv".into(),
        who: "operator".into(),
        begun: now(),
        fingerprint: None,
    });
    Arriving {
        id,
        number: begun.await.unwrap().number,
        kind,
        insurer,
        scope,
        day: now().date_in_japan(),
        unnamed: Unnamed::End,
    }
}

fn why(why: NotApplied) -> &'static str {
    match why {
        NotApplied::NoSuchCoverage => "no_such_coverage",
        NotApplied::Displaces => "displaces",
        _ => "another",
    }
}

/// What a file came to.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    weighed: Weighed,
    changed: Changed,
    remarks: Vec<Remark>,
    refused: usize,
}

/// Loads a file whose unreadable lines name somebody whom nobody knows.
async fn load(
    engine: &Engine,
    file: (InsurerKind, Scope, u128),
    changes: Vec<(PersonId, Change)>,
) -> (Arriving, Came) {
    let nobody = PersonId::from_u128(u128::MAX);
    load_as(engine, file, changes, (Some(nobody), Unnamed::End)).await
}

/// Loads a file: keeps it piece by piece, each with an unreadable line that may name somebody, weighs it and publishes it.
async fn load_as(
    engine: &Engine,
    (kind, scope, id): (InsurerKind, Scope, u128),
    changes: Vec<(PersonId, Change)>,
    (unread, unnamed): (Option<PersonId>, Unnamed),
) -> (Arriving, Came) {
    let arriving = Arriving {
        unnamed,
        ..begin(engine, kind, scope, id).await
    };
    let happened = CivilDate::new(2026, 11, 2).unwrap();
    let (mut number, mut refused) = (1, 0);
    let lines = changes.len() as u64;
    for piece in changes.chunks(PIECE) {
        let said = piece.iter().map(|(person, change)| {
            number += 1;
            NewLine {
                number,
                person: *person,
                change: change.clone(),
                happened: Some(happened),
                notified: None,
            }
        });
        let said: Vec<NewLine> = said.collect();
        let lines = NewLines {
            said,
            remarks: vec![NewRemark {
                person: unread,
                ..NewRemark::refused(number, "unreadable")
            }],
            name: why,
        };
        let taking = Taking {
            number: arriving.number,
            now: now(),
            last: number,
            unread: 1,
        };
        let kept = engine.keep_insurer_lines(arriving, taking, lines, Deadlines::default());
        refused += kept.await.unwrap().iter().filter(|it| it.is_err()).count();
    }
    let weighed = tokio::task::block_in_place(|| engine.weigh_insurer_feed(&arriving)).unwrap();
    let counted = Counted {
        lines,
        ..Counted::default()
    };
    let changed = engine.publish_insurer_feed(arriving, counted, Some(weighed), now());
    let changed = changed.await.unwrap();
    let remarks = engine.remarks(arriving.number, None, 100_000).unwrap();
    let came = Came {
        weighed,
        changed,
        remarks,
        refused,
    };
    (arriving, came)
}

fn persons(of: &[Registration]) -> Vec<(PersonId, Change)> {
    let change = |it: &Registration| (it.person.id, Change::Person(Box::new(it.person.clone())));
    of.iter().map(change).collect()
}

fn coverages(of: &[Registration]) -> Vec<(PersonId, Change)> {
    let of = of.iter().filter_map(|it| {
        let coverage: &Coverage = it.coverages.first()?;
        let change = Change::Coverage(Box::new(coverage.clone()));
        Some((it.person.id, change))
    });
    of.collect()
}

fn losses(of: &[Registration]) -> Vec<(PersonId, Change)> {
    let loss = Loss {
        date: CivilDate::new(2026, 11, 20).unwrap(),
        reason: Some(LossReason::Other),
    };
    let of = of.iter().filter_map(|it| {
        let coverage = it.coverages.first()?;
        let which = Which {
            symbol: coverage.symbol.clone(),
            number: coverage.number.clone(),
            acquired: coverage.acquired,
        };
        Some((it.person.id, Change::Loss(which, loss)))
    });
    of.collect()
}

/// The register, which says of one in so many that they are others.
fn residents(of: &[Registration], every: usize) -> Vec<(PersonId, Change)> {
    let of = of.iter().enumerate().map(|(at, it)| {
        let mut person: Person = it.person.clone();
        if at % every == 0 {
            person.name = PersonName::parse("別人　一").unwrap();
        }
        (person.id, Change::Resident(Box::new(person)))
    });
    of.collect()
}

/// Everybody as they are stored.
type States = Vec<Option<Registration>>;

fn stored(engine: &Engine, people: &[Registration]) -> States {
    let bulk = permit::<AskInBulk>(FACILITY);
    let one = |it: &Registration| {
        let found = engine.registered(&bulk, it.person.id).unwrap();
        found.map(|it| it.registration)
    };
    people.iter().map(one).collect()
}

/// A year of an insurer: everything it may send, and what is undone again.
async fn year(engine: &Engine) -> (Vec<Came>, Vec<States>, Undone) {
    let all = members(0..1_300);
    let (mut came, mut states) = (Vec::new(), Vec::new());
    let mut arrived = Vec::new();
    let delta = Scope::Delta;
    let steps = [
        (InsurerKind::Residents, delta, residents(&all[..400], 7)),
        (InsurerKind::Persons, delta, persons(&all[..1_100])),
        (InsurerKind::Coverages, delta, coverages(&all[..1_100])),
        (InsurerKind::Losses, delta, losses(&all[1_090..1_150])),
        (InsurerKind::Persons, delta, persons(&all[1_100..])),
        (InsurerKind::Residents, delta, residents(&all[..40], 3)),
        // Of all but some members, twice of one, and with new ones.
        (InsurerKind::Coverages, Scope::Full, {
            let mut lines = coverages(&all[90..]);
            lines.push(lines[0].clone());
            lines
        }),
    ];
    for (id, (kind, scope, changes)) in steps.into_iter().enumerate() {
        let (arriving, it) = load(engine, (kind, scope, id as u128 + 1), changes).await;
        arrived.push((arriving, it.changed));
        came.push(it);
        states.push(stored(engine, &all));
    }
    // The last two go back, and what stood before them stands again.
    for at in [6, 5] {
        let (arriving, changed) = arrived[at];
        let undone = engine.undo_insurer_feed(arriving, (Counted::default(), changed), now());
        let count = changed.added + changed.replaced;
        assert_eq!(undone.await.unwrap(), Undone::Done(count));
        let batch = engine.feed_batch(arriving.number).unwrap().unwrap();
        assert_eq!(batch.state, BatchState::Undone);
    }
    assert!(stored(engine, &all) == states[4], "not as before");
    // What was changed since stands in the way.
    let (arriving, changed) = arrived[2];
    let undone = engine.undo_insurer_feed(arriving, (Counted::default(), changed), now());
    let in_the_way = undone.await.unwrap();
    (came, states, in_the_way)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_feeds_leave_the_same_in_a_folder_and_on_a_server() {
    let (folder, server) = (Place::folder(), Place::server());
    let (of_folder, states_of_folder, undone_in_folder) = year(&folder.open()).await;
    let (of_server, states_of_server, undone_on_server) = year(&server.open()).await;
    for (at, (one, other)) in of_folder.iter().zip(&of_server).enumerate() {
        assert!(one == other, "step {at}: {one:?}\n{other:?}");
    }
    assert!(states_of_folder == states_of_server);
    assert_eq!(undone_in_folder, undone_on_server);
    assert!(
        matches!(undone_on_server, Undone::InTheWay { people: 10.., .. }),
        "{undone_on_server:?}"
    );
    let changed: Vec<(u64, u64, u64)> = of_server
        .iter()
        .map(|it| (it.changed.added, it.changed.replaced, it.changed.unchanged))
        .collect();
    assert_eq!(changed[0], (400, 0, 0), "the register");
    assert_eq!(changed[1], (1_100, 0, 0), "new members");
    assert_eq!(changed[3], (0, 10, 0), "losses");
    assert_eq!(of_server[3].refused, 50, "losses of nobody");
    // 1,210 are named, of whom 200 are new; 90 are not named, and end.
    let full = &of_server[6];
    let unnamed = full.remarks.iter().filter(|it| it.what == What::Unnamed);
    assert_eq!(unnamed.count(), 90);
    assert_eq!(full.changed.added + full.changed.replaced, 200 + 90);
    let mismatches = of_server[1].remarks.iter();
    let mismatches = mismatches.filter(|it| it.what == What::Mismatch);
    assert!(40 < mismatches.count(), "whom the register calls otherwise");
}

/// Statements the server was asked since they were counted last.
fn statements(server: &TestServer, database: &str) -> i64 {
    let text = "SELECT coalesce(sum(s.calls), 0) FROM public.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = current_database()";
    let count = server.run(database, text);
    server.read(database, "SELECT public.pg_stat_statements_reset()");
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_takes_a_server_far_fewer_statements_than_it_has_people() {
    const PEOPLE: u64 = 2_000;
    /// Of a thousand people: keeping them in pieces of seven hundred, weighing and publishing, in pages of a thousand.
    const MOST: i64 = 80;
    let server = TestServer::start(&["-c", "shared_preload_libraries=pg_stat_statements"]);
    let database = server.database();
    let engine = Engine::open_server(&server.address(&database), [1; 16]).unwrap();
    server.read(
        &database,
        "CREATE EXTENSION pg_stat_statements SCHEMA public",
    );
    statements(&server, &database);
    let all = members(0..PEOPLE);
    let part = usize::try_from(PEOPLE / 2).unwrap();
    let delta = Scope::Delta;
    let steps = [
        ("members", InsurerKind::Persons, delta, persons(&all)),
        ("coverages", InsurerKind::Coverages, delta, coverages(&all)),
        ("losses", InsurerKind::Losses, delta, losses(&all[part..])),
        (
            "all coverages, half of them",
            InsurerKind::Coverages,
            Scope::Full,
            coverages(&all[..part]),
        ),
        (
            "residents",
            InsurerKind::Residents,
            delta,
            residents(&all, 7),
        ),
    ];
    let most = MOST * i64::try_from(PEOPLE).unwrap() / 1_000;
    let mut last = None;
    for (id, (name, kind, scope, changes)) in steps.into_iter().enumerate() {
        let (arriving, came) = load(&engine, (kind, scope, id as u128 + 1), changes).await;
        let count = statements(&server, &database);
        println!("{name}: {count} statements of {PEOPLE} people");
        assert!(count < most, "{name}: {count} statements");
        last = Some((arriving, came.changed));
    }
    let (arriving, changed) = last.unwrap();
    let undone = engine.undo_insurer_feed(arriving, (Counted::default(), changed), now());
    assert!(matches!(undone.await.unwrap(), Undone::Done(_)));
    let count = statements(&server, &database);
    assert!(count < most, "undoing: {count} statements");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_that_is_touched_stays_and_one_that_is_not_goes_to_another_process() {
    let place = Place::server();
    let (engine, other) = (place.open(), place.open_as(2));
    let after = |seconds| now().plus_seconds(seconds);
    assert!(engine.take_feed_turn(now()).await.unwrap());
    // A batch is weighed for longer than the turn is kept untouched.
    for seconds in [30, 60, 90, 120] {
        engine.touch_feed_turn(after(seconds)).await.unwrap();
    }
    assert!(!other.take_feed_turn(after(121)).await.unwrap());
    assert!(other.take_feed_turn(after(241)).await.unwrap());
    let lost = engine.touch_feed_turn(after(242)).await.unwrap_err();
    assert!(lost.to_string().contains("another process"), "{lost}");
    // A store that is a file's is one process's.
    let folder = Place::folder();
    folder.open().touch_feed_turn(now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_cannot_be_written_whole_is_not_written_at_all() {
    let place = Place::server();
    let engine = place.open();
    let all = members(0..1_200);
    let delta = Scope::Delta;
    load(&engine, (InsurerKind::Persons, delta, 1), persons(&all)).await;
    let before = stored(&engine, &all);
    // The second page of people meets a row that may not be.
    let last = all.iter().map(|it| it.person.id.as_u128()).max().unwrap();
    place.run(&format!(
        "ALTER TABLE registry.part_before ADD CONSTRAINT one CHECK (batch = 1 OR person <> x'{last:032x}')"
    ));
    let arriving = begin(&engine, InsurerKind::Coverages, delta, 2).await;
    let said = coverages(&all).into_iter().zip(2..);
    let said = said.map(|((person, change), number)| NewLine {
        number,
        person,
        change,
        happened: None,
        notified: None,
    });
    let lines = NewLines {
        said: said.collect(),
        remarks: Vec::new(),
        name: why,
    };
    let taking = Taking {
        number: arriving.number,
        now: now(),
        last: 1_201,
        unread: 0,
    };
    let kept = engine.keep_insurer_lines(arriving, taking, lines, Deadlines::default());
    assert!(kept.await.unwrap().iter().all(Result::is_ok));
    let publish = |at: Instant| {
        let engine = engine.clone();
        async move {
            let counted = Counted::default();
            engine
                .publish_insurer_feed(arriving, counted, None, at)
                .await
        }
    };
    publish(now()).await.unwrap_err();
    assert!(stored(&engine, &all) == before, "half of it is there");
    let batch = engine.feed_batch(arriving.number).unwrap().unwrap();
    assert_eq!(batch.state, BatchState::Receiving);
    // Once it may be, the same batch is published.
    place.run("ALTER TABLE registry.part_before DROP CONSTRAINT one");
    let changed = publish(now()).await.unwrap();
    assert_eq!(changed.added, 1_200);
    let of_members = |it: Option<Registration>| it.map_or(0, |it| it.coverages.len());
    let count: usize = stored(&engine, &all).into_iter().map(of_members).sum();
    assert_eq!(count, 1_200);
}
