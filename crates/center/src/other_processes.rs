//! What other processes of the same center did to the store they share: certificates they revoked, and events their clients caused. Asks
//! the store now and then; a store of files is no other process's.

use std::time::Duration;

use store::engine::StoreError;

use crate::app::App;

/// How often it is asked. A certificate revoked at another process is refused here after this long at most; its sessions end at once,
/// since every request asks the store for its session.
const EVERY: Duration = Duration::from_secs(1);

/// What was written so long ago is asked for again: clocks differ, and a transaction takes its time.
const OVERLAP_S: i64 = 10;

/// Follows the other processes as long as this one lives.
pub(crate) async fn follow(app: App) {
    if !app.engine.is_shared() {
        return;
    }
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(error) = once(&app) {
            tracing::warn!(error = %error, "what other processes of this center did could not be read; it is tried again");
        }
    }
}

fn once(app: &App) -> Result<(), StoreError> {
    let since = app.now().plus_seconds(-OVERLAP_S);
    for fingerprint in app.engine.revoked_since(since)? {
        if !app.revocations.holds(&fingerprint) {
            app.revocations.add(fingerprint);
        }
    }
    for facility in app.engine.told_since(since)? {
        app.events.wake(facility);
    }
    Ok(())
}
