//! Every way of changing the store behind its back is found by verifying the chain.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use store::audit::outside::{self, Outside};
use store::audit::verify::{Fault, Report};
use store::audit::{Checkpoint, Head, checkpoint_message, heads};
use store::engine::Engine;

use crate::{Place, on_both, open, record};

/// A checkpoint over all heads, kept.
async fn checkpoint(engine: &Engine) -> Checkpoint {
    let checkpoint = signed(5, &engine.heads().unwrap());
    engine.keep_checkpoint(checkpoint.clone()).await.unwrap();
    checkpoint
}

/// Signs by reversing, which is enough to tell a kept message from a changed one.
fn signed(at: i64, of: &[Head]) -> Checkpoint {
    let at = Instant::from_micros(at);
    let heads = heads::to_bytes(of).unwrap();
    let signature = checkpoint_message(at, &heads).into_iter().rev().collect();
    Checkpoint {
        at,
        heads,
        kid: "k".into(),
        signature,
    }
}

fn verify(engine: &Engine, outside: &[Checkpoint]) -> Report {
    let verifies = |_: &str, message: &[u8], signature: &[u8]| message.iter().rev().eq(signature);
    engine.verify_audit(outside, verifies).unwrap()
}

async fn check(place: &Place, damage: &str, expected: fn(&Fault) -> bool) {
    let place = place.another();
    let engine = place.open();
    record(&engine, 1..=5).await;
    let kept = checkpoint(&engine).await;
    assert_eq!(verify(&engine, &[]).faults, []);
    let changed = place.run(damage);
    assert_ne!(changed, 0, "{damage}");
    let faults = verify(&engine, &[kept]).faults;
    assert!(faults.iter().any(expected), "{damage}: {faults:?}");
}

async fn a_changed_event_is_found(place: &Place) {
    check(
        place,
        "UPDATE audit_event SET detail = 'verdict=2' WHERE seq = 3",
        |f| matches!(f, Fault::Changed { seq: 3, .. }),
    )
    .await;
}

async fn a_deleted_event_is_found(place: &Place) {
    check(place, "DELETE FROM audit_event WHERE seq = 3", |f| {
        matches!(f, Fault::Missing { seq: 4, .. })
    })
    .await;
}

async fn a_cut_tail_is_found_by_the_checkpoint(place: &Place) {
    check(place, "DELETE FROM audit_event WHERE seq >= 4", |f| {
        matches!(
            f,
            Fault::Cut {
                seq: 3,
                seen: 5,
                ..
            }
        )
    })
    .await;
}

async fn an_event_that_does_not_say_any_more_where_its_check_lies_is_found(place: &Place) {
    let damage = "UPDATE audit_event SET record = NULL WHERE seq = 3";
    check(place, damage, |f| matches!(f, Fault::Record { seq: 3, .. })).await;
}

async fn a_changed_check_is_found(place: &Place) {
    check(place, "UPDATE check_record SET verdict = 2", |f| {
        matches!(f, Fault::Record { .. })
    })
    .await;
    check(place, "DELETE FROM check_record", |f| {
        matches!(f, Fault::Record { .. })
    })
    .await;
}

async fn an_inserted_check_is_found(place: &Place) {
    // In a file each check has a place of its own as well.
    let seq = match place {
        Place::Folder(_) => "99, ",
        Place::Server { .. } => "",
    };
    let insert = format!(
        "INSERT INTO check_record SELECT {seq}facility, x'00000000000000000000000000000099', at, account, visit_date, origin, verdict, insurer, name, kana, key, question, answer, sources FROM check_record LIMIT 1"
    );
    check(place, &insert, |f| {
        matches!(f, Fault::Unvouched { count: 1 })
    })
    .await;
}

/// Numbers from 1 on, one a row.
const NUMBERS: &str =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)";

async fn of_many_inserted_rows_each_is_counted(place: &Place) {
    let engine = place.open();
    record(&engine, [1]).await;
    checkpoint(&engine).await;
    let seq = match place {
        Place::Folder(_) => "1000 + i, ",
        Place::Server { .. } => "",
    };
    let inserts = [
        // At many facilities, and more than are counted at once.
        format!(
            "INSERT INTO check_record SELECT {seq}i, id, at, account, visit_date, origin, verdict, insurer, name, kana, key, question, answer, sources FROM check_record, n"
        ),
        "INSERT INTO look SELECT i, i / 10, id, at, account, 'general', id, id, 'page', 'treatment', NULL, NULL, 0 FROM check_record, n WHERE facility = 1319999999".into(),
        "INSERT INTO checkpoint SELECT 100 + i, heads, kid, signature FROM checkpoint, n".into(),
    ];
    for insert in inserts {
        assert_eq!(place.run(&format!("{NUMBERS} {insert}")), 12_000);
    }
    let report = verify(&engine, &[]);
    let count = |wanted: fn(&Fault) -> bool| report.faults.iter().filter(|it| wanted(it)).count();
    let checks = count(|it| matches!(it, Fault::Unvouched { count: 12_000 }));
    let looks = count(|it| matches!(it, Fault::UnvouchedLooks { count: 12_000 }));
    let forged = count(|it| matches!(it, Fault::Checkpoint { .. }));
    assert_eq!((checks, looks, forged), (1, 1, 12_000));
    assert_eq!((report.checkpoints, report.faults.len()), (1, 12_002));
}

async fn each_of_very_many_checkpoints_is_held_against_the_chain(place: &Place) {
    let engine = place.open();
    record(&engine, 1..=5).await;
    checkpoint(&engine).await;
    let insert = "INSERT INTO checkpoint SELECT 100 + i, heads, kid, signature FROM checkpoint, n";
    assert_eq!(place.run(&format!("{NUMBERS} {insert}")), 12_000);
    let verify = || engine.verify_audit(&[], |_, _, _| true).unwrap();
    let report = verify();
    assert_eq!((report.checkpoints, report.faults), (12_001, vec![]));
    assert_ne!(place.run("DELETE FROM audit_event WHERE seq >= 4"), 0);
    let faults = verify().faults;
    let cut = faults.iter().filter(|it| {
        matches!(
            it,
            Fault::Cut {
                seq: 3,
                seen: 5,
                ..
            }
        )
    });
    assert_eq!(cut.count(), 12_001);
}

async fn a_changed_checkpoint_is_found(place: &Place) {
    check(place, "UPDATE checkpoint SET at = 6", |f| {
        matches!(f, Fault::Checkpoint { .. })
    })
    .await;
}

#[tokio::test]
async fn a_chain_written_anew_is_found_by_a_checkpoint_kept_outside() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    record(&engine, 1..=5).await;
    let line = checkpoint(&engine).await.to_line();
    let kept = Checkpoint::from_line(&line).unwrap();
    assert_eq!(Checkpoint::from_line(line.get(..20).unwrap()), None);
    drop(engine);
    for name in ["center.db", "center.db-wal", "center.db-shm"] {
        let _ = std::fs::remove_file(dir.path().join(name));
    }
    let forged = open(&dir);
    record(&forged, 11..=15).await;
    assert_eq!(verify(&forged, &[]).faults, []);
    let faults = verify(&forged, &[kept]).faults;
    assert!(
        matches!(faults[..], [Fault::Fork { seq: 5, .. }]),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_line_cut_off_outside_spoils_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    let mut kept = Vec::new();
    for id in 1..=3 {
        record(&engine, [id]).await;
        kept.push(checkpoint(&engine).await);
    }
    let file = outside::file(dir.path());
    for checkpoint in &kept[..2] {
        outside::append(dir.path(), checkpoint).unwrap();
    }
    // As a power cut leaves the second line.
    let length = file.metadata().unwrap().len();
    let cut = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
    cut.set_len(length - 20).unwrap();
    let added = outside::append(dir.path(), &kept[2]).unwrap();
    assert!(outside::holds(dir.path(), &added));
    let mut read = Outside::open(&file).unwrap();
    let outside: Vec<Checkpoint> = read.by_ref().map(Result::unwrap).collect();
    assert_eq!(outside, [kept[0].clone(), kept[2].clone()]);
    let faults: Vec<Fault> = read.faults().collect();
    assert_eq!(faults, [Fault::Outside { line: 2 }]);
    // What the last line vouches for cannot be cut off unseen.
    assert_eq!(verify(&engine, &outside).faults, []);
    let other = tempfile::tempdir().unwrap();
    outside::append(other.path(), &kept[2]).unwrap();
    assert!(!outside::holds(other.path(), &added), "it is another file");
    let connection = rusqlite::Connection::open(dir.path().join("center.db")).unwrap();
    let damage = "DELETE FROM checkpoint; DELETE FROM audit_event WHERE seq = 3";
    connection.execute_batch(damage).unwrap();
    let faults = verify(&engine, &outside).faults;
    let is_cut = |fault: &Fault| matches!(fault, Fault::Cut { seen: 3, .. });
    assert!(faults.iter().any(is_cut), "{faults:?}");
}

#[tokio::test]
async fn very_many_lines_outside_are_held_against_the_chain_while_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&dir);
    record(&engine, 1..=5).await;
    let kept = checkpoint(&engine).await;
    let file = outside::file(dir.path());
    std::fs::write(&file, kept.to_line().repeat(12_000)).unwrap();
    let mut read = Outside::open(&file).unwrap();
    assert_eq!(read.other_text(), None);
    // Added after the file was opened: it is not read into memory before.
    let head = engine.heads().unwrap().remove(0);
    let beyond = signed(6, &[Head { seq: 9, ..head }]);
    outside::append(dir.path(), &beyond).unwrap();
    let verifies =
        |_: &str, message: &[u8], signature: &[u8]| Ok(message.iter().rev().eq(signature));
    let report = engine.verify_audit_watched(read.by_ref(), verifies, |_| {});
    let report = report.unwrap();
    assert_eq!(report.checkpoints, 12_002);
    let faults = &report.faults[..];
    assert!(
        matches!(
            faults,
            [Fault::Cut {
                seq: 5,
                seen: 9,
                ..
            }]
        ),
        "{faults:?}"
    );
    assert_eq!(read.faults().count(), 0);
    let text = dir.path().join("other");
    std::fs::write(&text, "\nno checkpoint\n").unwrap();
    assert_eq!(Outside::open(&text).unwrap().other_text(), Some(2));
}

async fn every_process_has_a_chain_of_its_own(place: &Place) {
    for chain in 1..=3 {
        record(&place.open_as(chain), [u128::from(chain)]).await;
    }
    let engine = place.open_as(9);
    assert_eq!(engine.events().unwrap(), 3);
    let report = verify(&engine, &[]);
    assert_eq!(
        (report.chains, report.events, report.faults.len()),
        (3, 3, 0)
    );
}

/// An event of the process's own chain, wherever its checks are told of.
fn start(at: i64) -> Event {
    Event {
        at: Instant::from_micros(at),
        actor: Actor::Center,
        deed: Deed::Start,
        subject: None,
        detail: String::new(),
    }
}

async fn a_chain_that_ended_is_signed_once_and_missed_when_it_is_gone(place: &Place) {
    let (ended, engine) = (place.open_as(1), place.open_as(2));
    for at in 1..=3 {
        ended.record(start(at)).await.unwrap();
    }
    drop(ended);
    let mut done = heads::Signed::default();
    let mut chains = Vec::new();
    for at in 4..=6 {
        // The last checkpoint finds that nothing moved.
        if at < 6 {
            engine.record(start(at)).await.unwrap();
        }
        let heads = done.lacks(engine.heads().unwrap());
        chains.push(heads.iter().map(|it| it.chain[0]).collect::<Vec<_>>());
        let checkpoint = signed(at, &heads);
        assert!(engine.keep_checkpoint(checkpoint.clone()).await.unwrap());
        // Of an instant there is one: none is exchanged for another that signs less.
        assert!(!engine.keep_checkpoint(checkpoint).await.unwrap());
        done.add(heads);
    }
    assert_eq!(chains, [vec![1_u8, 2], vec![2], vec![]]);
    let report = verify(&engine, &[]);
    assert_eq!((report.checkpoints, report.faults), (3, vec![]));
    let chain = "01".repeat(16);
    let damage = format!("DELETE FROM audit_event WHERE chain = x'{chain}'");
    assert_eq!(place.run(&damage), 3);
    let faults = verify(&engine, &[]).faults;
    let is_gone = |fault: &Fault| {
        matches!(
            fault,
            Fault::Cut {
                seq: 0,
                seen: 3,
                ..
            }
        )
    };
    assert!(faults.iter().any(is_gone), "{faults:?}");
}

async fn a_chain_that_grows_meanwhile_is_whole(place: &Place) {
    let engine = place.open();
    let growing = {
        let engine = engine.clone();
        tokio::spawn(async move { crate::record(&engine, 0..400).await })
    };
    let mut rounds = 0;
    while rounds < 30 || !growing.is_finished() {
        let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
        assert_eq!(report.faults, [], "after {} checks", report.checks);
        rounds += 1;
    }
    growing.await.unwrap();
}

on_both!(
    a_changed_event_is_found,
    a_deleted_event_is_found,
    a_cut_tail_is_found_by_the_checkpoint,
    a_changed_check_is_found,
    an_event_that_does_not_say_any_more_where_its_check_lies_is_found,
    an_inserted_check_is_found,
    of_many_inserted_rows_each_is_counted,
    each_of_very_many_checkpoints_is_held_against_the_chain,
    a_changed_checkpoint_is_found,
    every_process_has_a_chain_of_its_own,
    a_chain_that_ended_is_signed_once_and_missed_when_it_is_gone,
    a_chain_that_grows_meanwhile_is_whole,
);
