//! What other processes of the same center did to the store they share: certificates they revoked, events their clients caused, and signing
//! keys they retired. Asks the store now and then; a store of files is no other process's.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use store::engine::StoreError;

use crate::app::App;
use crate::receipt_key_rotation;

/// How often it is asked. A certificate revoked at another process is refused here after this long at most; its sessions end at once,
/// since every request asks the store for its session.
const EVERY: Duration = Duration::from_secs(1);

/// Revocations of so long before the last round are asked for again. The instant of one is that of the order; until it can be seen it waits
/// for the jobs before it, up to 20 s for the schema's turn and up to 60 s for a statement (`crates/store/src/database/server.rs`), and the
/// clock of the other process may be another. One that is missed would be accepted here until the next start.
const REVOCATIONS_OVERLAP_S: i64 = 300;

/// The same of events. They only wake whoever listens; what one round misses goes along with the facility's next event.
const EVENTS_OVERLAP_S: i64 = 10;

/// The facilities that have new events, each with the number of the last one they were woken for, as the last round found them.
#[derive(Default)]
struct Woken(BTreeMap<InstitutionCode, i64>);

impl Woken {
    /// Those to wake: whose last event is later than the one they were woken for. Whoever a round finds no more is forgotten, since what comes
    /// next is later than all they were woken for.
    fn next(&mut self, found: Vec<(InstitutionCode, i64)>) -> Vec<InstitutionCode> {
        let before = std::mem::replace(&mut self.0, found.into_iter().collect());
        let later = self.0.iter().filter(|(facility, number)| {
            let woken = before.get(*facility);
            woken.is_none_or(|woken| woken < *number)
        });
        later.map(|(facility, _)| *facility).collect()
    }
}

/// Follows the other processes as long as this one lives.
pub(crate) async fn follow(app: App) {
    if !app.engine.is_shared() {
        return;
    }
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Everything before was read at the start.
    let mut last = app.now();
    let mut woken = Woken::default();
    loop {
        every.tick().await;
        if let Err(error) = receipt_key_rotation::follow(&app).await {
            tracing::warn!(error = %error, "which keys the processes of this center sign with could not be read, or one could not be exchanged; it is tried again");
        }
        let now = app.now();
        // A clock that was set back stands before the last round.
        match once(&app, last.min(now), &mut woken) {
            Ok(()) => last = now,
            Err(error) => {
                tracing::warn!(error = %error, "what other processes of this center did could not be read; it is tried again");
            }
        }
    }
}

/// Asks for what was done since the last round that was answered.
fn once(app: &App, last: Instant, woken: &mut Woken) -> Result<(), StoreError> {
    let since = last.plus_seconds(-REVOCATIONS_OVERLAP_S);
    for fingerprint in app.engine.revoked_since(since)? {
        if !app.revocations.holds(&fingerprint) {
            app.revocations.add(fingerprint);
        }
    }
    let since = last.plus_seconds(-EVENTS_OVERLAP_S);
    for facility in woken.next(app.engine.told_since(since)?) {
        app.events.wake(facility);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_event_a_facility_is_woken_once() {
        let [one, other] =
            ["1319999999", "3410712362"].map(|it| InstitutionCode::parse(it).unwrap());
        let mut woken = Woken::default();
        assert_eq!(woken.next(vec![(one, 7)]), [one]);
        // The rounds of the next seconds find it again.
        for _ in 0..10 {
            assert_eq!(woken.next(vec![(one, 7)]), []);
        }
        assert_eq!(woken.next(vec![(one, 7), (other, 7)]), [other]);
        assert_eq!(woken.next(vec![(one, 9), (other, 7)]), [one]);
        assert_eq!(woken.next(Vec::new()), []);
        assert!(woken.0.is_empty(), "what is over is kept by nobody");
        assert_eq!(woken.next(vec![(one, 10)]), [one]);
    }
}
