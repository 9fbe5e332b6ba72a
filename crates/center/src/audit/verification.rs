//! A verification of the whole audit chain that an operator asked for on a page: one at a time, off the threads of requests, watched while it
//! runs. Its outcome stays until the next one or the end of the process; it changes nothing.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::audit::Actor;
use domain::civil_date::Instant;
use store::audit::outside::{self, Outside};
use store::audit::verify::Report;

use crate::app::App;
use crate::audit::note;
use crate::outside_work::OutsideWork;
use crate::public_keys::BelievedKeys;
use crate::told::Told;

/// The run there is, or was last.
#[derive(Debug, Default)]
pub(crate) struct Verification {
    run: Mutex<Option<Run>>,
    /// The way to the folder of checkpoints, which may not answer.
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
    reading.await.map_err(|error| error.to_string())?
}

fn read_chain(app: &App, read: &AtomicU64, mut outside: Outside) -> Result<Report, String> {
    let keys = app.receipt_keys.load_full();
    let mut believed = BelievedKeys::new(&app.engine, &app.machine, &keys);
    let report = app.engine.verify_audit_watched(
        outside.by_ref(),
        |kid, message, signature| believed.verifies(kid, message, signature),
        |events| read.store(events, Ordering::Relaxed),
    );
    let mut report = report.map_err(|error| {
        tracing::error!(error = %error, "the audit chain could not be verified");
        error.to_string()
    })?;
    report.faults.extend(outside.faults());
    Ok(report)
}

/// Checkpoints kept beyond the reach of whoever changed the store.
async fn kept_outside(work: &OutsideWork, dir: &Path) -> Result<Outside, String> {
    let file = outside::file(dir);
    let path = file.clone();
    let opened = work.run(move || Outside::open(&path)).await;
    match opened.and_then(|it| it) {
        Ok(outside) => Ok(outside),
        // None was written yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Outside::default()),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}
