//! A share that hangs holds up its own folder pair alone.

use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags, mkfifoat};

use crate::faces::one_heard;
use crate::link::Link;

/// Whoever opens this file for writing hangs until this value is gone.
struct Hanging {
    at: PathBuf,
    away: PathBuf,
}

impl Hanging {
    fn new(at: PathBuf, away: PathBuf) -> Self {
        mkfifoat(CWD, &at, Mode::from_raw_mode(0o600)).unwrap();
        Self { at, away }
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        // Nobody else hangs at it; a reader frees whoever does.
        std::fs::rename(&self.at, &self.away).unwrap();
        let reader = OFlags::RDONLY | OFlags::NONBLOCK;
        rustix::fs::open(&self.away, reader, Mode::empty()).unwrap();
    }
}

async fn wait_until(so: impl Fn() -> bool) {
    let came = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), came)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_that_hangs_holds_up_readers_results_of_its_own_pair_alone() {
    let mut link = Link::start().await;
    one_heard(&mut link).await;
    let deliveries = link.journal.undelivered().unwrap();
    let hung = deliveries.iter().find(|it| it.folder == "receipt").unwrap();
    let part = link.path(&format!("work/{:032x}.face", hung.id));
    let hanging = Hanging::new(part, link.path("away"));
    let running = link.run();
    wait_until(|| link.names("face2").len() == 1).await;
    assert!(link.names("face").is_empty());
    drop(hanging);
    wait_until(|| link.names("face").len() == 1).await;
    running.abort();
}
