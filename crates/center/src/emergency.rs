//! `/v1/emergency` (G28): what is open for a facility, searches without a card, openings, checks in an outage, reports. Each mode has handlers
//! of its own, under a right of its own; nobody is looked up before the mode is known to be open.

pub(crate) mod ambulance;
mod approval;
pub(crate) mod disaster;
pub(crate) mod opening;
pub(crate) mod outage;
pub(crate) mod reports;
mod search;
pub mod windows;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::emergency::{EmergencyState, OpenWindow};
use api::problem::Trouble;
use api::problem::emergency::EmergencyTrouble;
use axum::Json;
use axum::extract::State;
use domain::emergency::WithoutCard;
use domain::emergency::window::{EmergencyWindow, Standing, WindowKind, counting};
use domain::institution_code::InstitutionCode;
use domain::permit::Permit;
use store::engine::StoreError;
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::extract::Peer;
use crate::records::Records;
use crate::trouble::Refused;

/// How often it is looked for windows that began or ended by themselves.
const EVERY: Duration = Duration::from_secs(1);

/// The windows that were open when it was last looked. May be forgotten: then facilities hear of what is open once more.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<BTreeSet<u128>>);

pub(crate) async fn state(
    State(app): State<App>,
    Peer(holder): Peer,
) -> Result<Json<EmergencyState>, Refused> {
    let windows = open_windows(&app, holder.facility)?;
    Ok(Json(EmergencyState {
        ambulance: ambulance::takes_part(&app, holder.facility)?,
        at: app.now().to_string(),
        report_owed: app.engine.owes_report(holder.facility, app.now())?,
        windows,
    }))
}

/// The windows that count for a facility now: one of each kind at most.
pub(crate) fn open_windows(
    app: &Shared,
    facility: InstitutionCode,
) -> Result<Vec<OpenWindow>, StoreError> {
    let (all, now) = (app.engine.emergency_windows()?, app.now());
    let open = WindowKind::ALL
        .iter()
        .filter_map(|kind| counting(&all, *kind, facility, now));
    Ok(open.map(shown).collect())
}

/// A window as facilities see it.
pub(crate) fn shown(window: &EmergencyWindow) -> OpenWindow {
    OpenWindow {
        from: window.planned.from.to_string(),
        id: Uuid::from_u128(window.planned.id).to_string(),
        mode: window.planned.kind.as_str().into(),
        reason: window.planned.reason.clone(),
        until: window.until().to_string(),
    }
}

/// The window that counts now for whoever holds the permit, or the refusal, which is on record and the same whoever is looked for.
async fn window_of<A: WithoutCard>(
    records: &Records,
    permit: &Permit<A>,
    kind: WindowKind,
) -> Result<EmergencyWindow, Refused> {
    let all = records.engine.emergency_windows()?;
    match counting(&all, kind, permit.facility(), records.now()) {
        Some(window) => Ok(window.clone()),
        None => Err(search::refuse(records, permit, EmergencyTrouble::Closed).await?),
    }
}

/// Tells facilities of windows that began or ended by themselves, as long as the center runs.
pub(crate) async fn tell_of_edges(app: App) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        if let Err(error) = tell(&app) {
            tracing::error!(error = %error, "emergency windows could not be read");
        }
    }
}

/// Tells the facilities of every window that is open and was not, or was and is not.
pub(crate) fn tell(app: &Shared) -> Result<(), StoreError> {
    let (all, now) = (app.engine.emergency_windows()?, app.now());
    let open = |it: &&EmergencyWindow| it.standing(now) == Standing::Open;
    let open: BTreeSet<u128> = all.iter().filter(open).map(|it| it.planned.id).collect();
    let before = {
        let mut seen = app
            .open_windows
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *seen, open.clone())
    };
    let changed: Vec<&EmergencyWindow> = all
        .iter()
        .filter(|it| open.contains(&it.planned.id) != before.contains(&it.planned.id))
        .collect();
    if !changed.is_empty() {
        let reached = |code| changed.iter().any(|it| it.planned.reach.holds(code));
        app.events.emergency(reached);
    }
    Ok(())
}

/// A refusal of a mode.
fn trouble(why: EmergencyTrouble) -> Trouble {
    Trouble::Emergency(why)
}
