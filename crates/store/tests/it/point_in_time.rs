//! A server's data is brought back to a point in time from a copy and its archived log: what was recorded by then is there, the audit chain
//! is whole, and a checkpoint kept outside says what came after.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use domain::civil_date::Instant;
use domain::permit::ReadHistory;
use store::audit::verify::Fault;
use store::audit::{Checkpoint, checkpoint_message, heads};
use store::engine::Engine;

use crate::patience::{sought, until};
use crate::server::{TestServer, archive_command};
use crate::{permit, record};

/// Starts a server that keeps every piece of its log, as the documents say.
fn start_archiving() -> TestServer {
    let command = archive_command(Path::new("@/archive"));
    let command = format!("archive_command={command}");
    let server = TestServer::start(&["-c", "archive_mode=on", "-c", &command]);
    let archive = server.folder().join("archive");
    std::fs::create_dir(&archive).unwrap();
    let user = server.folder().metadata().unwrap().uid();
    std::os::unix::fs::chown(&archive, Some(user), None).unwrap();
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_brought_back_to_a_point_and_its_chain_is_whole() {
    let server = start_archiving();
    let database = server.database();
    let engine = Engine::open_server(&server.address(&database), [1; 16]).unwrap();
    record(&engine, 1..=20).await;
    let copy = server.copy();
    record(&engine, 21..=40).await;
    server.read(&database, "SELECT pg_create_restore_point('before')");
    record(&engine, 41..=60).await;
    let after = checkpoint(&engine);
    // Somebody's mistake, which nobody wants back.
    assert_eq!(server.run(&database, "DELETE FROM check_record"), 60);
    let last = server.read(&database, "SELECT pg_walfile_name(pg_switch_wal())");
    let is_kept = format!(
        "SELECT coalesce('{}' <= last_archived_wal, false)::int FROM pg_stat_archiver",
        last[0][0]
    );
    until("the log to be archived", || {
        server.run(&database, &is_kept) != 0
    });
    drop(engine);

    let archive = server.folder().join("archive");
    let fetch = format!("restore_command=cp {}/%f %p", archive.display());
    let back = TestServer::recover(
        &copy,
        &[
            "-c",
            &fetch,
            "-c",
            "recovery_target_name=before",
            "-c",
            "recovery_target_action=promote",
        ],
    );
    // It answers before it takes writes.
    let engine = sought("the server to be at its point", || {
        Engine::open_server(&back.address(&database), [2; 16]).ok()
    });
    let reader = permit::<ReadHistory>("1319999999");
    for id in 1..=60 {
        let found = engine.check(&reader, id).unwrap();
        assert_eq!(found.is_some(), id <= 40, "{id}");
    }
    let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((whole.checks, whole.faults), (40, vec![]));
    // What came after the point is lost, and whoever kept a checkpoint elsewhere is told.
    let faults = engine
        .verify_audit(&[after], |_, _, _| true)
        .unwrap()
        .faults;
    assert!(matches!(faults[..], [Fault::Cut { .. }]), "{faults:?}");
    record(&engine, 101..=110).await;
    let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((whole.checks, whole.faults), (50, vec![]));
}

#[test]
fn what_a_power_cut_leaves_in_the_archive_does_not_hold_up_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let archive = at("wal");
    std::fs::create_dir(&archive).unwrap();
    let command = archive_command(&archive).replace("%p", at("from").to_str().unwrap());
    let kept = |name: &str| archive.join(name);
    let keep = |name: &str| {
        let command = command.replace("%f", name);
        let ran = Command::new("sh").args(["-c", &command]).status();
        let names = std::fs::read_dir(&archive).unwrap();
        let mut names = names.map(|it| it.unwrap().file_name());
        let is_part = names.any(|it| it.to_string_lossy().ends_with(".part"));
        (ran.unwrap().success(), is_part)
    };
    let piece = vec![7; 1 << 20];
    std::fs::write(at("from"), &piece).unwrap();
    // Cut off while it was copied; then before the server knew that it was kept.
    std::fs::write(kept("01.part"), &piece[..5_000]).unwrap();
    for _ in 0..2 {
        assert_eq!(keep("01"), (true, false));
        assert!(std::fs::read(kept("01")).unwrap() == piece);
    }
    // What differs is nobody's to write over.
    let strange = vec![8; 1 << 20];
    for other in [&piece[..5_000], &strange[..]] {
        std::fs::write(kept("02"), other).unwrap();
        assert_eq!(keep("02"), (false, false));
        assert!(std::fs::read(kept("02")).unwrap() == other);
    }
    std::fs::remove_file(kept("02")).unwrap();
    assert_eq!(keep("02"), (true, false));
}

/// Where the chains stand, kept outside.
fn checkpoint(engine: &Engine) -> Checkpoint {
    let at = Instant::from_micros(7);
    let heads = heads::to_bytes(&engine.heads().unwrap()).unwrap();
    Checkpoint {
        at,
        signature: checkpoint_message(at, &heads),
        heads,
        kid: "k".into(),
    }
}
