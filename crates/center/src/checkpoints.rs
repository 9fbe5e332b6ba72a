//! Signed checkpoints of the audit chain (contracts §7): at the start, in each minute in which a chain moved, every hour, and at the end. Writes no
//! event.

use std::path::Path;
use std::time::Duration;

use domain::civil_date::Instant;
use pki::receipt_key::ReceiptKeys;
use store::audit::heads::{Signed, to_bytes};
use store::audit::outside::{self, Added};
use store::audit::{Checkpoint, checkpoint_message};
use store::engine::{Engine, StoreError};
use store::registry::identity::review::Reviewed;

use crate::app::App;
use crate::outside_work::OutsideWork;
use crate::revoked_outside;

/// The audit chain is looked at this often, and a checkpoint signed where it moved; and what is kept for a time only is forgotten.
const EVERY: Duration = Duration::from_secs(60);

/// Where somebody reads the check log for long, the parts of its next months are made after so long at the earliest.
const PARTS_AGAIN: Duration = Duration::from_secs(3_600);

/// Where no chain moved, a checkpoint counts for so many seconds: another one would say nothing new.
const COUNTS_S: i64 = 3600;

/// When a checkpoint is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// A minute is over: none where the last one counts still.
    Minute,
    /// The center ends.
    End,
}

pub(crate) async fn sign(app: App) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        if let Err(error) = on(&app, Occasion::Minute).await {
            tracing::error!(error = %error, "no checkpoint could be kept");
        }
        revoked_outside::keep(&app).await;
    }
}

/// Forgets what is kept for a time only, beside the checkpoints, so that neither waits for the other. Ends when
/// the center does.
pub(crate) async fn forget(app: App) {
    let mut every = tokio::time::interval(EVERY);
    let mut parts = Parts::default();
    while app.draining.is_turn(&mut every).await {
        parts.make(&app.engine, app.now()).await;
        if let Err(error) = forget_old_keys(&app).await {
            tracing::error!(error = %error, "what is kept for a time only was not forgotten; it is tried again");
        }
    }
}

/// The parts of the check log, made beside what is forgotten: that one of them cannot be made now keeps nothing from being forgotten.
#[derive(Debug, Default)]
struct Parts {
    /// When those of the next months could not be made.
    missed: Option<std::time::Instant>,
}

impl Parts {
    /// Makes what is missing: the part of this month every time, since checks gather outside it, those of the next months seldom, since there is
    /// time until they are needed and whoever writes waits for each try.
    async fn make(&mut self, engine: &Engine, now: Instant) {
        let are_all = self.missed.is_none_or(|it| PARTS_AGAIN <= it.elapsed());
        let made = if are_all {
            engine.make_parts(now).await
        } else {
            engine.make_part(now).await
        };
        if let Err(error) = &made {
            tracing::warn!(error = %error, "a month's part of the check log was not made; it is tried again");
        }
        if are_all {
            self.missed = made.err().map(|_| std::time::Instant::now());
        }
    }
}

/// Reviews the contradictions once in the life of a process, beside the checkpoints: it may take longer than the time between two of them.
pub(crate) async fn review_contradictions(app: App) {
    let mut every = tokio::time::interval(EVERY);
    let mut reviewed = Reviewed::default();
    loop {
        every.tick().await;
        match review(&app, &mut reviewed).await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(error = %error, "contradictions were not reviewed; it is tried again");
            }
        }
    }
}

async fn forget_old_keys(app: &App) -> Result<(), StoreError> {
    // What is left at the end of the center is the next one's.
    let goes_on = || !app.draining.has_begun();
    while goes_on() && app.engine.forget_old_keys(app.now()).await? {}
    while goes_on() && app.engine.forget_happenings(app.now()).await? {}
    while goes_on() && app.engine.forget_what_is_over(app.now()).await? {}
    while goes_on() && app.engine.forget_applications(app.now()).await? {}
    let undone_from = app.insurer_feeds.undone_from(app.now());
    while goes_on() && app.engine.forget_undoing(undone_from).await? {}
    crate::bulk::work::forget(app).await?;
    Ok(())
}

async fn review(app: &App, reviewed: &mut Reviewed) -> Result<(), StoreError> {
    while app.engine.review_contradictions(reviewed).await? {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Signs the last checkpoint.
pub(crate) async fn last(app: &App) -> Result<(), StoreError> {
    on(app, Occasion::End).await
}

async fn on(app: &App, occasion: Occasion) -> Result<(), StoreError> {
    let mut signing = app.signing.lock().await;
    let keys = app.receipt_keys.load_full();
    let outside = app.checkpoint_dir.as_deref();
    let now = app.now();
    signing
        .next(&app.engine, &keys, outside, occasion, now)
        .await
}

/// What the checkpoints of this process have signed: chains that moved since are signed again, those that ended are not, since there are as many
/// of them as there were processes.
#[derive(Debug, Default)]
pub(crate) struct Signing {
    signed: Signed,
    /// The key that signed.
    kid: String,
    /// The last line outside.
    added: Option<Added>,
    /// When the last one was signed that is kept everywhere.
    last: Option<Instant>,
    work: OutsideWork,
}

impl Signing {
    /// Signs where the chains stand that moved, and keeps that in the store and outside it. Under another key, and where another file lies
    /// outside, all of them. Where none moved, nothing is kept while the last one counts.
    async fn next(
        &mut self,
        engine: &Engine,
        keys: &ReceiptKeys,
        outside: Option<&Path>,
        occasion: Occasion,
        now: Instant,
    ) -> Result<(), StoreError> {
        let kid = keys.current.kid();
        // Where the folder does not answer, nothing is appended: another file may lie there.
        let is_in = match outside {
            Some(dir) => self.is_in(dir).await.map(|is_in| Some((dir, is_in))),
            None => Ok(None),
        };
        if self.kid != kid || matches!(is_in, Ok(Some((_, false)))) {
            kid.clone_into(&mut self.kid);
            self.signed = Signed::default();
            self.added = None;
            self.last = None;
        }
        let heads = self.signed.lacks(engine.heads()?);
        let is_needless = heads.is_empty() && is_in.is_ok() && self.last_counts(now);
        if is_needless && occasion == Occasion::Minute {
            return Ok(());
        }
        let bytes = to_bytes(&heads)?;
        let mut checkpoint = sign_now(keys, now, &bytes)?;
        let kept = loop {
            match engine.keep_checkpoint(checkpoint.clone()).await {
                Ok(true) => break Ok(()),
                // There is one of this microsecond.
                Ok(false) => {
                    let next = Instant::from_micros(checkpoint.at.as_micros() + 1);
                    checkpoint = sign_now(keys, next, &bytes)?;
                }
                Err(error) => break Err(error),
            }
        };
        // Outside it is kept all the same.
        let added = match is_in {
            Ok(Some((dir, _))) => self.append(dir, checkpoint).await.map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        match added {
            Ok(added) => {
                self.added = added;
                kept?;
                self.signed.add(heads);
                self.last = Some(now);
                Ok(())
            }
            Err(error) => {
                let folder = outside.unwrap_or(Path::new("")).display();
                // The store's own copy is kept; the operator must see that the outside one is not.
                tracing::error!(%folder, error = %error, "no checkpoint could be appended outside the store");
                kept
            }
        }
    }

    /// Whether the last one was signed within the hour. Not where the clock was set back since.
    fn last_counts(&self, now: Instant) -> bool {
        let counts = |last: Instant| last <= now && now < last.plus_seconds(COUNTS_S);
        self.last.is_some_and(counts)
    }

    /// Whether the last line lies in this folder.
    async fn is_in(&self, dir: &Path) -> std::io::Result<bool> {
        let Some(added) = self.added.clone() else {
            return Ok(false);
        };
        let dir = dir.to_owned();
        self.work.run(move || outside::holds(&dir, &added)).await
    }

    async fn append(&self, dir: &Path, checkpoint: Checkpoint) -> std::io::Result<Added> {
        let dir = dir.to_owned();
        let appended = self.work.run(move || outside::append(&dir, &checkpoint));
        appended.await?
    }
}

fn sign_now(keys: &ReceiptKeys, at: Instant, heads: &[u8]) -> Result<Checkpoint, StoreError> {
    let signature = keys.current.sign(&checkpoint_message(at, heads));
    let signature = signature.map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(Checkpoint {
        at,
        heads: heads.to_vec(),
        kid: keys.current.kid().to_owned(),
        signature,
    })
}

#[cfg(test)]
mod tests {
    use domain::audit::{Actor, Deed};
    use pki::sealed::MachineKey;
    use rustix::fs::{CWD, Mode, mkfifoat};
    use store::audit::heads::from_bytes;
    use store::audit::outside::Outside;

    use super::*;
    use crate::sessions::event;

    fn now() -> Instant {
        Instant::from_micros(5)
    }

    /// A process that leaves one event in its chain.
    async fn process(dir: &Path, chain: u8) -> Engine {
        let engine = Engine::open_center(&dir.join("center.db"), [chain; 16]).unwrap();
        let start = event(now(), Actor::Center, Deed::Start);
        engine.record(start).await.unwrap();
        engine
    }

    /// The chains that each line outside signs.
    fn chains(dir: &Path) -> Vec<Vec<u8>> {
        let read = Outside::open(&outside::file(dir)).unwrap();
        let heads = read.map(|it| from_bytes(&it.unwrap().heads).unwrap());
        heads
            .map(|it| it.iter().map(|head| head.chain[0]).collect())
            .collect()
    }

    #[tokio::test]
    async fn a_chain_that_ended_is_signed_again_under_another_key_and_in_another_file_alone() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (dir, outside) = (folder.path(), outside.path());
        let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
        let keys = ReceiptKeys::open(dir, &machine).unwrap();
        process(dir, 1).await.close();
        let engine = process(dir, 2).await;
        let mut signing = Signing::default();
        for _ in 0..2 {
            signing
                .next(&engine, &keys, Some(outside), Occasion::End, now())
                .await
                .unwrap();
        }
        assert_eq!(chains(outside), [vec![1_u8, 2], vec![]]);
        let start = event(now(), Actor::Center, Deed::Start);
        engine.record(start).await.unwrap();
        // Nothing outside says so yet: the next one says it again.
        let away = outside.join("away");
        let next = signing.next(&engine, &keys, Some(away.as_path()), Occasion::End, now());
        next.await.unwrap();
        for _ in 0..2 {
            signing
                .next(&engine, &keys, Some(outside), Occasion::End, now())
                .await
                .unwrap();
        }
        let so_far = [vec![1_u8, 2], vec![], vec![1, 2], vec![]];
        assert_eq!(chains(outside), so_far);
        let rotated = keys.rotate(dir, &machine, now()).unwrap();
        signing
            .next(&engine, &rotated, Some(outside), Occasion::End, now())
            .await
            .unwrap();
        assert_eq!(chains(outside).last(), Some(&vec![1_u8, 2]));
        // Its clock stands still, and each of them is kept.
        let report = engine.verify_audit(&[], |kid, message, signature| {
            rotated.verifies(kid, message, signature)
        });
        let report = report.unwrap();
        assert_eq!((report.checkpoints, report.faults), (6, vec![]));
    }

    #[tokio::test]
    async fn a_folder_that_hangs_keeps_none_from_the_store_and_holds_every_chain_once_it_answers() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (dir, outside) = (folder.path(), outside.path());
        let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
        let keys = ReceiptKeys::open(dir, &machine).unwrap();
        let engine = process(dir, 1).await;
        let mut signing = Signing {
            work: OutsideWork::within(Duration::from_millis(50)),
            ..Signing::default()
        };
        // Opened to be read, it hangs as a share does whose machine is gone.
        let file = outside::file(outside);
        mkfifoat(CWD, &file, Mode::RUSR | Mode::WUSR).unwrap();
        for _ in 0..2 {
            let next = signing.next(&engine, &keys, Some(outside), Occasion::End, now());
            next.await.unwrap();
        }
        let verify = |engine: &Engine| {
            let report = engine.verify_audit(&[], |kid, message, signature| {
                keys.verifies(kid, message, signature)
            });
            report.unwrap()
        };
        assert_eq!(verify(&engine).checkpoints, 2);
        let aside = outside.join("aside");
        std::fs::rename(&file, &aside).unwrap();
        let mut both = std::fs::OpenOptions::new();
        drop(both.read(true).write(true).open(&aside).unwrap());
        while !file.is_file() {
            let next = signing.next(&engine, &keys, Some(outside), Occasion::End, now());
            next.await.unwrap();
        }
        let next = signing.next(&engine, &keys, Some(outside), Occasion::End, now());
        next.await.unwrap();
        assert_eq!(chains(outside).first(), Some(&vec![1_u8]));
    }

    #[tokio::test]
    async fn where_no_chain_moved_a_checkpoint_counts_for_an_hour_and_the_end_is_signed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (dir, outside) = (folder.path(), outside.path());
        let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
        let keys = ReceiptKeys::open(dir, &machine).unwrap();
        let engine = process(dir, 1).await;
        let mut signing = Signing::default();
        for (seconds, occasion, lines) in [
            (0, Occasion::Minute, 1),
            (60, Occasion::Minute, 1),
            (3_599, Occasion::Minute, 1),
            (3_600, Occasion::Minute, 2),
            (3_660, Occasion::Minute, 2),
            (3_661, Occasion::End, 3),
            // The clock was set back.
            (30, Occasion::Minute, 4),
        ] {
            let at = now().plus_seconds(seconds);
            let next = signing.next(&engine, &keys, Some(outside), occasion, at);
            next.await.unwrap();
            assert_eq!(chains(outside).len(), lines, "after {seconds} seconds");
        }
        let start = event(now(), Actor::Center, Deed::Start);
        engine.record(start).await.unwrap();
        let at = now().plus_seconds(31);
        let next = signing.next(&engine, &keys, Some(outside), Occasion::Minute, at);
        next.await.unwrap();
        let lines = [vec![1_u8], vec![], vec![], vec![], vec![1]];
        assert_eq!(chains(outside), lines);
        let report = engine.verify_audit(&[], |kid, message, signature| {
            keys.verifies(kid, message, signature)
        });
        let report = report.unwrap();
        assert_eq!((report.checkpoints, report.faults), (5, vec![]));
    }
}
