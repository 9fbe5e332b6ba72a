//! Which emergency windows are open for this terminal's facilities (G28), as the center said last: for the banner of every page and the main
//! screen; and how often the center told of a change of what may be seen. Decides no right: the center does at every request. Kept in memory
//! alone; what ended by the clock is not told any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::client::ClientError;
use api::client::events::{Events, Received};
use api::client::lots::Lots;
use api::emergency::{EmergencyState, OpenWindow};
use api::event::Event;
use domain::back_off::turn;
use domain::civil_date::Instant;

use crate::notices::facilities;
use crate::serve::App;

/// The center is asked this often, beside every time it tells of a change to somebody who is signed in.
const EVERY: Duration = Duration::from_secs(60);

/// Sessions whose events are followed at most; beyond that the oldest news come with the next turn.
const MOST: usize = 32;

/// What is open, by facility.
#[derive(Default)]
pub(crate) struct Emergencies {
    known: Mutex<BTreeMap<String, EmergencyState>>,
    followed: Mutex<BTreeSet<[u8; 32]>>,
    changes: AtomicU64,
}

impl Emergencies {
    /// The windows that are open for a facility now.
    pub(crate) fn windows(&self, facility: &str, now: Instant) -> Vec<OpenWindow> {
        let known = self.known();
        let windows = known.get(facility).map(|it| it.windows.clone());
        let mut windows = windows.unwrap_or_default();
        windows.retain(|it| is_open(it, now));
        windows
    }

    /// The same for all facilities of this terminal: what is told before anybody signed in.
    pub(crate) fn all_windows(&self, now: Instant) -> Vec<OpenWindow> {
        let mut all: Vec<OpenWindow> = Vec::new();
        for state in self.known().values() {
            for window in state.windows.iter().filter(|it| is_open(it, now)) {
                if !all.contains(window) {
                    all.push(window.clone());
                }
            }
        }
        all
    }

    /// Whether a facility takes part in ambulance mode.
    pub(crate) fn takes_ambulances(&self, facility: &str) -> bool {
        self.known().get(facility).is_some_and(|it| it.ambulance)
    }

    /// Whether a facility owes a report on a window that is over.
    pub(crate) fn owes_report(&self, facility: &str) -> bool {
        self.known().get(facility).is_some_and(|it| it.report_owed)
    }

    /// How often something was told of that may end what a page shows: a withdrawal, a setting, a window, a line that was lost.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    fn change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn hear(&self, facility: &str, state: EmergencyState) {
        self.known().insert(facility.to_owned(), state);
    }

    /// Whether a session's events are to be followed from now on.
    fn is_new(&self, token: &str) -> bool {
        let Some(hash) = crate::browsers::hash(token) else {
            return false;
        };
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if MOST <= followed.len() {
            followed.clear();
        }
        followed.insert(hash)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, EmergencyState>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A window whose end cannot be read is not told of: nothing is open for ever.
fn is_open(window: &OpenWindow, now: Instant) -> bool {
    let at = |text: &str| Instant::parse(text).ok();
    let begun = at(&window.from).is_some_and(|from| from <= now);
    begun && at(&window.until).is_some_and(|until| now < until)
}

/// Asks now and then for as long as the terminal runs.
pub(crate) async fn keep(app: App) {
    let lots = Lots::default();
    loop {
        for facility in facilities(&app) {
            tell(&app, &facility).await;
        }
        // A country of terminals must not ask in one moment.
        tokio::time::sleep(turn(EVERY, lots.draw())).await;
    }
}

/// Follows the events of somebody who signed in, once: a window that opens or ends is known at once. Ends with the session.
pub(crate) fn follow(app: &App, facility: &str, token: &str, events: impl FnOnce() -> Events) {
    if !app.emergencies.is_new(token) {
        return;
    }
    let (app, facility, mut events) = (app.clone(), facility.to_owned(), events());
    tokio::spawn(async move {
        loop {
            match events.next().await {
                Ok(Received::Connected) => tell(&app, &facility).await,
                Ok(Received::Event(Event::Emergency(_))) => {
                    app.emergencies.change();
                    tell(&app, &facility).await;
                }
                Ok(
                    Received::Event(Event::ConsentWithdrawn(_) | Event::Settings(_))
                    | Received::Lost(_),
                ) => app.emergencies.change(),
                Ok(Received::Event(_) | Received::Moved) => {}
                Err(_) => return,
            }
        }
    });
}

/// Asks for one facility; whoever is not answered keeps what was known.
pub(crate) async fn tell(app: &App, facility: &str) {
    if let Err(error) = ask(app, facility).await {
        tracing::debug!(error = %error, "the center was not asked for emergency windows");
    }
}

async fn ask(app: &App, facility: &str) -> Result<(), ClientError> {
    let mut own = app.certificates.all().into_iter();
    let own = own.find(|it| it.holder.facility.to_string() == facility);
    if let Some(client) = own.map(|it| it.client.clone()) {
        app.emergencies
            .hear(facility, client.emergency_state().await?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(id: &str, from: i64, until: i64) -> OpenWindow {
        let at = |seconds| Instant::from_micros(0).plus_seconds(seconds).to_string();
        OpenWindow {
            from: at(from),
            id: id.into(),
            mode: "disaster".into(),
            reason: "地震".into(),
            until: at(until),
        }
    }

    #[test]
    fn a_window_is_told_of_from_its_first_instant_to_before_its_last() {
        let emergencies = Emergencies::default();
        let state = EmergencyState {
            windows: vec![window("a", 10, 20)],
            ..EmergencyState::default()
        };
        emergencies.hear("1319999999", state);
        let open = |seconds| {
            let now = Instant::from_micros(0).plus_seconds(seconds);
            emergencies.windows("1319999999", now).len()
        };
        assert_eq!([open(9), open(10), open(19), open(20)], [0, 1, 1, 0]);
        let now = Instant::from_micros(0).plus_seconds(15);
        assert!(emergencies.windows("1419999998", now).is_empty());
        assert_eq!(emergencies.all_windows(now).len(), 1);
    }
}
