//! Whose turn it is to load, release, reject or undo a feed: one at a time, in this process and in the others of the same center.

use std::time::Duration;

use tokio::sync::MutexGuard;
use tokio::time::timeout;

use crate::app::App;
use crate::told::Told;

/// One that is just ending, such as one whose caller went away, is waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);

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

fn busy(ja: &str, en: &str) -> Told {
    Told::of("batch", "busy", ja, en)
}
