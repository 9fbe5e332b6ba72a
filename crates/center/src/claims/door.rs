//! What a facility finds at the door of the claims entry, with its certificate alone: its review bodies, when claims are taken, whether this PC
//! may hand any in. Says nothing of claims.

use api::claims::{ClaimsEntry, ClaimsOpening, ClaimsTenant, ClaimsWindow};
use api::problem::{Text, Trouble};
use api::session::SessionFacility;
use axum::Json;
use axum::extract::State;
use domain::civil_date::Instant;
use domain::claims::tenant::Tenant;
use domain::claims::window::{Calendar, State as WindowState};

use super::filings::shown;
use crate::app::{App, Shared};
use crate::extract::Peer;
use crate::trouble::Refused;

pub(crate) async fn read(
    State(app): State<App>,
    Peer(peer): Peer,
) -> Result<Json<ClaimsEntry>, Refused> {
    let now = app.now();
    let facility = app.engine.facility(peer.facility)?;
    let facility = facility.ok_or(Trouble::NotFound)?;
    let filings = app.engine.filings_of(peer.facility)?;
    let mut tenants = Vec::new();
    for tenant in Tenant::of_facility(peer.facility) {
        let permitted = app.engine.claims_terminals(tenant, peer.facility)?;
        let own = permitted.iter().find(|it| it.terminal == peer.terminal);
        let about_this = filings
            .iter()
            .find(|it| it.tenant == tenant && it.terminal == peer.terminal);
        let (ja, en) = tenant.label();
        tenants.push(ClaimsTenant {
            correction: window(&app, tenant, &app.claims.settings.correction.0, now)?,
            filing: about_this.map(shown),
            id: tenant.to_string(),
            is_terminal_permitted: own.is_some_and(|it| it.since <= now),
            name: Text { en, ja },
            permitted_from: own.map(|it| it.since.to_string()),
            submission: window(&app, tenant, &app.claims.settings.submission.0, now)?,
        });
    }
    Ok(Json(ClaimsEntry {
        facility: SessionFacility {
            code: facility.code.to_string(),
            kind: facility.kind.as_str().into(),
            name: facility.name,
        },
        tenants,
        terminal: peer.terminal.clone(),
    }))
}

fn window(
    app: &Shared,
    tenant: Tenant,
    calendar: &Calendar,
    now: Instant,
) -> Result<ClaimsWindow, Refused> {
    let made = app.engine.claims_openings(now)?;
    let told = made
        .into_iter()
        .filter(|it| it.withdrawn.is_none() && it.tenant.is_none_or(|of| of == tenant));
    let told = told.map(|it| ClaimsOpening {
        from: it.opening.from().to_string(),
        reason: it.reason,
        until: it.opening.until().to_string(),
    });
    let state = calendar.state(&super::openings(app, tenant, now)?, now);
    let (closes, last, opens) = match state {
        WindowState::Open { closes, last } => (Some(closes), Some(last), None),
        WindowState::Closed { opens } => (None, None, Some(opens)),
    };
    let text = |at: Option<Instant>| at.map(|it| it.to_string());
    Ok(ClaimsWindow {
        closes_at: text(closes),
        is_open: state.is_open(),
        last_at: text(last),
        openings: told.collect(),
        opens_at: text(opens),
    })
}
