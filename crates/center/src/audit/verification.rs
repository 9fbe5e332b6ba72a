//! A verification of the whole audit chain that an operator asked for on a page: one at a time, off the threads of requests, watched while it
//! runs. Its outcome stays until the next one or the end of the process; it changes nothing.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::audit::Actor;
use domain::civil_date::Instant;
use store::audit::Checkpoint;
use store::audit::outside::{self, Outside};
use store::audit::verify::Report;
use tokio::runtime::Handle;

use crate::app::App;
use crate::audit::note;
use crate::outside_work::OutsideWork;
use crate::public_keys::BelievedKeys;
use crate::told::Told;
use crate::trouble::how_it_stopped;

/// Checkpoints kept outside that are read in one piece of work.
const BLOCK: usize = 100;

/// The run there is, or was last.
#[derive(Debug, Default)]
pub(crate) struct Verification {
    run: Mutex<Option<Run>>,
    /// The way to the folder of checkpoints, which may not answer, at the first line or behind it.
    work: OutsideWork,
}

/// A run.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// When it was asked for.
    pub(crate) begun: Instant,
    /// Events there were then.
    pub(crate) total: u64,
    /// Events read so far.
    read: Arc<AtomicU64>,
    /// What it found; a text of what failed where it could not be finished.
    pub(crate) outcome: Option<Result<Report, String>>,
}

impl Run {
    /// Events read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed).min(self.total)
    }
}

impl Verification {
    /// The run there is, or was last.
    pub(crate) fn run(&self) -> Option<Run> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Run>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a run, unless one is under way. That it was asked for is an event.
pub(crate) async fn begin(app: &App, by: Actor) -> Result<(), Told> {
    note(app, "verify", by).await?;
    let (begun, total) = (app.now(), app.engine.events()?);
    let read = Arc::new(AtomicU64::new(0));
    {
        let mut run = app.verification.lock();
        if run.as_ref().is_some_and(|run| run.outcome.is_none()) {
            return Ok(());
        }
        *run = Some(Run {
            begun,
            total,
            read: Arc::clone(&read),
            outcome: None,
        });
    }
    let app = app.clone();
    tokio::spawn(async move {
        let outcome = verify(&app, read).await;
        if let Some(run) = app.verification.lock().as_mut() {
            run.outcome = Some(outcome);
        }
    });
    Ok(())
}

async fn verify(app: &App, read: Arc<AtomicU64>) -> Result<Report, String> {
    let outside = match &app.checkpoint_dir {
        Some(dir) => kept_outside(&app.verification.work, dir).await?,
        None => Outside::default(),
    };
    let app = app.clone();
    let reading = tokio::task::spawn_blocking(move || read_chain(&app, &read, outside));
    reading
        .await
        .map_err(|why| how_it_stopped(&why).to_owned())?
}

fn read_chain(app: &App, read: &AtomicU64, outside: Outside) -> Result<Report, String> {
    let keys = app.receipt_keys.load_full();
    let mut believed = BelievedKeys::new(&app.engine, &app.machine, &keys);
    let mut blocks = Blocks::of(outside, &app.verification.work);
    let report = app.engine.verify_audit_watched(
        blocks.by_ref(),
        |kid, message, signature| believed.verifies(kid, message, signature),
        |events| read.store(events, Ordering::Relaxed),
    );
    let mut report = report.map_err(|error| {
        tracing::error!(error = %error, "the audit chain could not be verified");
        error.to_string()
    })?;
    if let Some(outside) = &blocks.outside {
        report.faults.extend(outside.faults());
    }
    Ok(report)
}

/// Checkpoints kept outside, read block by block: a folder that answers no more in the middle ends the reading. Not for threads of the runtime.
struct Blocks<'a> {
    work: &'a OutsideWork,
    runtime: Handle,
    /// What was not read yet; `None` once it did not answer.
    outside: Option<Outside>,
    /// What was read and not taken yet.
    block: std::vec::IntoIter<io::Result<Checkpoint>>,
}

impl<'a> Blocks<'a> {
    fn of(outside: Outside, work: &'a OutsideWork) -> Self {
        Self {
            work,
            runtime: Handle::current(),
            outside: Some(outside),
            block: Vec::new().into_iter(),
        }
    }
}

impl Iterator for Blocks<'_> {
    type Item = io::Result<Checkpoint>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(next) = self.block.next() {
            return Some(next);
        }
        let mut outside = self.outside.take()?;
        let read = self.work.run(move || {
            let block: Vec<_> = outside.by_ref().take(BLOCK).collect();
            (outside, block)
        });
        match self.runtime.block_on(read) {
            Ok((outside, block)) => {
                self.outside = Some(outside);
                self.block = block.into_iter();
                self.block.next()
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// Checkpoints kept beyond the reach of whoever changed the store.
async fn kept_outside(work: &OutsideWork, dir: &Path) -> Result<Outside, String> {
    let file = outside::file(dir);
    let path = file.clone();
    let opened = work.run(move || Outside::open(&path)).await;
    match opened.and_then(|it| it) {
        Ok(outside) => Ok(outside),
        // None was written yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Outside::default()),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::{ErrorKind, Write};
    use std::time::Duration;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    fn line(at: i64) -> String {
        let checkpoint = Checkpoint {
            at: Instant::from_micros(at),
            heads: vec![1],
            kid: "k".into(),
            signature: vec![2],
        };
        checkpoint.to_line()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_folder_that_answers_no_more_behind_its_first_line_ends_the_reading() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoints.jsonl");
        mkfifoat(CWD, &file, Mode::RUSR | Mode::WUSR).unwrap();
        // Open for both, it waits for no reader. It stays open, so that whoever reads on waits for more.
        let mut writer = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&file)
            .unwrap();
        writer.write_all(line(1).as_bytes()).unwrap();
        let outside = Outside::open(&file).unwrap();
        let reading = tokio::task::spawn_blocking(move || {
            let work = OutsideWork::within(Duration::from_millis(50));
            let mut blocks = Blocks::of(outside, &work);
            let first = blocks.next().unwrap().unwrap_err();
            (first.kind(), blocks.next().is_none())
        });
        assert_eq!(reading.await.unwrap(), (ErrorKind::TimedOut, true));
        drop(writer);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_file_of_several_blocks_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoints.jsonl");
        let lines: String = (0..250).map(line).collect();
        std::fs::write(&file, lines + "no checkpoint\n").unwrap();
        let outside = Outside::open(&file).unwrap();
        let reading = tokio::task::spawn_blocking(move || {
            let work = OutsideWork::default();
            let mut blocks = Blocks::of(outside, &work);
            let read = blocks.by_ref().map(|it| it.unwrap().at.as_micros());
            let read: Vec<i64> = read.collect();
            (read, blocks.outside.unwrap().faults().count())
        });
        let (read, faults) = reading.await.unwrap();
        assert_eq!(read, (0..250).collect::<Vec<i64>>());
        assert_eq!(faults, 1);
    }
}
