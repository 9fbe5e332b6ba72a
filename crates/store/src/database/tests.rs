//! How many writes wait for the writer, and what the end of a database waits for; both are held by work that ends when the test says so.

use std::sync::mpsc;

use super::*;

async fn nothing(database: Database) -> Result<(), StoreError> {
    database.write(|_, _| Ok(())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_writes_wait_as_may_and_those_beyond_are_refused_until_the_writer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (growing, chain) = (Reading::Growing(Pace::default()), [1; 16]);
    let database = Database::open(&path, None, &[], growing, chain, |_| Ok(Held::default()));
    let database = database.unwrap().with_waiting(2);
    let (begun, has_begun) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let held = database.clone();
    let held = tokio::spawn(async move {
        held.write(move |_, _| {
            begun.send(()).unwrap();
            goes_on.recv().unwrap();
            Ok(())
        })
        .await
    });
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
        .await
        .unwrap();
    assert_eq!(database.written().waiting, 0, "what is worked on waits not");
    let mut waiting = Vec::new();
    for count in 1..=2 {
        waiting.push(tokio::spawn(nothing(database.clone())));
        while database.written().waiting < count {
            tokio::task::yield_now().await;
        }
    }
    for _ in 0..3 {
        let refused = nothing(database.clone()).await;
        assert!(matches!(refused, Err(StoreError::Crowded)), "{refused:?}");
    }
    assert_eq!(database.written().waiting, 2, "who is refused waits not");
    go_on.send(()).unwrap();
    for it in [held].into_iter().chain(waiting) {
        it.await.unwrap().unwrap();
    }
    assert_eq!(database.written().waiting, 0);
    nothing(database.clone()).await.unwrap();
}

#[tokio::test]
async fn what_was_written_is_in_the_file_that_readers_map_once_nobody_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (still, chain) = (Reading::Still, [1; 16]);
    let database = Database::open(&path, None, &[], still, chain, |_| Ok(Held::default()));
    let database = database.unwrap();
    // Fewer pages than those with which the log is brought in by itself.
    let bytes = 2 << 20;
    let written = database.write(move |connection, _| {
        connection.execute_batch("CREATE TABLE t (content blob)")?;
        connection
            .prepare_cached("INSERT INTO t VALUES (zeroblob(?1))")?
            .execute([bytes])?;
        Ok(())
    });
    written.await.unwrap();
    while std::fs::metadata(&path).unwrap().len() < bytes as u64 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn an_end_waits_for_who_reads_and_refuses_who_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (still, chain) = (Reading::Still, [1; 16]);
    let database = Database::open(&path, None, &[], still, chain, |_| Ok(Held::default()));
    let database = database.unwrap();
    let log = path.with_extension("db-wal");
    database
        .write_blocking(|connection, _| Ok(connection.execute_batch("CREATE TABLE t (x)")?))
        .unwrap();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let reader = database.clone();
        let reading = scope.spawn(move || {
            reader.read(|connection| {
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
                Ok(connection.query_row("SELECT count(*) FROM t", [], |_| Ok(()))?)
            })
        });
        has_begun.recv().unwrap();
        let closing = scope.spawn(|| database.close());
        let refused = loop {
            match database.read(|_| Ok(())) {
                Ok(()) => std::thread::yield_now(),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, StoreError::Closing), "{refused:?}");
        assert!(log.exists() && !closing.is_finished());
        go_on.send(()).unwrap();
        reading.join().unwrap().unwrap();
        closing.join().unwrap();
    });
    assert!(!log.exists());
}
