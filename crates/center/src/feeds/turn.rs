//! Whose turn it is to load, release, reject or undo a feed: one at a time, in this process and in the others of the same center.

use std::future::Future;
use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use crate::app::App;
use crate::told::Told;

/// One that is just ending, such as one whose caller went away, is waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// The turn is touched this often while this process works on a feed: others get it when it was not for two minutes.
const TOUCHED_EVERY: Duration = Duration::from_secs(30);

/// The turn. Whoever has it leaves it in the end.
pub(crate) struct Turn<'a> {
    app: &'a App,
    _alone: MutexGuard<'a, ()>,
}

/// Takes the turn, where nobody has it.
pub(crate) async fn take(app: &App) -> Result<Turn<'_>, Told> {
    let Ok(alone) = timeout(PATIENCE, app.feeding.lock()).await else {
        return Err(busy(
            "ほかの取込が終わっていません。終わってから行ってください。",
            "another feed is being loaded; wait until it has ended",
        ));
    };
    if !app.engine.take_feed_turn(app.now()).await? {
        return Err(busy(
            "ほかのセンターのプロセスで取込が終わっていません（止まった場合は2分で解けます）。終わってから行ってください。",
            "another process of this center is loading another feed; wait until it has ended (one that died lets go after two minutes)",
        ));
    }
    Ok(Turn { app, _alone: alone })
}

impl Turn<'_> {
    /// Leaves the turn to others. Where the store does not hear of it, other processes get it after a while.
    pub(crate) async fn leave(self) {
        if let Err(error) = self.app.engine.leave_feed_turn().await {
            tracing::warn!(error = %error, "the turn to load feeds was not left; other processes of this center wait two minutes");
        }
    }
}

/// Touches the turn while this process waits for a place or works, and writes nothing of the feed. Not while it waits for its caller.
pub(crate) struct Touches(Interval);

impl Touches {
    pub(crate) fn begin() -> Self {
        Self::every(TOUCHED_EVERY)
    }

    fn every(pace: Duration) -> Self {
        let mut due = interval_at(Instant::now() + pace, pace);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self(due)
    }

    /// Works, and touches the turn whenever that is due.
    pub(crate) async fn during<T>(&mut self, app: &App, work: impl Future<Output = T>) -> T {
        let touch = || async move {
            // Where another process has it by now, the next write of the feed says so.
            if let Err(error) = app.engine.touch_feed_turn(app.now()).await {
                tracing::warn!(error = %error, "the turn to load feeds was not touched; another process of this center may take it");
            }
        };
        self.whenever_due(touch, work).await
    }

    async fn whenever_due<T, F: Future<Output = ()>>(
        &mut self,
        touch: impl Fn() -> F,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                _ = self.0.tick() => touch().await,
                done = &mut work => return done,
            }
        }
    }
}

fn busy(ja: &str, en: &str) -> Told {
    Told::of("batch", "busy", ja, en)
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;

    #[tokio::test]
    async fn the_turn_is_touched_again_and_again_while_work_takes_long() {
        let (touched, mut seen) = watch::channel(0);
        let touch = || async { touched.send_modify(|it| *it += 1) };
        // It ends when the turn was touched three times.
        let work = async { seen.wait_for(|it| 3 <= *it).await.is_ok() };
        let mut touches = Touches::every(Duration::from_millis(1));
        assert!(touches.whenever_due(touch, work).await);
    }

    #[tokio::test]
    async fn the_turn_is_touched_by_many_short_works_as_by_a_long_one() {
        let (touched, seen) = watch::channel(0);
        let touch = || async { touched.send_modify(|it| *it += 1) };
        let mut touches = Touches::every(Duration::from_millis(1));
        while *seen.borrow() < 3 {
            let short = tokio::task::yield_now();
            touches.whenever_due(touch, short).await;
        }
    }
}
