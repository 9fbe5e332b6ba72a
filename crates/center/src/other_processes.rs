//! What other processes of the same center did to the store they share: certificates they revoked, and events their clients caused. Asks
//! the store now and then; a store of files is no other process's.

use std::time::Duration;

use domain::civil_date::Instant;
use store::engine::StoreError;

use crate::app::App;

/// How often it is asked. A certificate revoked at another process is refused here after this long at most; its sessions end at once,
/// since every request asks the store for its session.
const EVERY: Duration = Duration::from_secs(1);

/// Revocations of so long before the last round are asked for again. The instant of one is that of the order; until it can be seen it waits
/// for the jobs before it, up to 20 s for the schema's turn and up to 60 s for a statement (`crates/store/src/database/server.rs`), and the
/// clock of the other process may be another. One that is missed would be accepted here until the next start.
const REVOCATIONS_OVERLAP_S: i64 = 300;

/// The same of events. They only wake whoever listens; what one round misses goes along with the facility's next event.
const EVENTS_OVERLAP_S: i64 = 10;

/// Follows the other processes as long as this one lives.
pub(crate) async fn follow(app: App) {
    if !app.engine.is_shared() {
        return;
    }
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Everything before was read at the start.
    let mut last = app.now();
    loop {
        every.tick().await;
        let now = app.now();
        // A clock that was set back stands before the last round.
        match once(&app, last.min(now)) {
            Ok(()) => last = now,
            Err(error) => {
                tracing::warn!(error = %error, "what other processes of this center did could not be read; it is tried again");
            }
        }
    }
}

/// Asks for what was done since the last round that was answered.
fn once(app: &App, last: Instant) -> Result<(), StoreError> {
    let since = last.plus_seconds(-REVOCATIONS_OVERLAP_S);
    for fingerprint in app.engine.revoked_since(since)? {
        if !app.revocations.holds(&fingerprint) {
            app.revocations.add(fingerprint);
        }
    }
    let since = last.plus_seconds(-EVENTS_OVERLAP_S);
    for facility in app.engine.told_since(since)? {
        app.events.wake(facility);
    }
    Ok(())
}
