//! The state of the certificate that asks, and the report that its file was lost (G08, G10). Revokes nothing: the operator does.

use api::certificate::{CertificateState, LossReport};
use api::problem::Trouble;
use axum::Json;
use axum::extract::State;
use domain::audit::Deed;
use domain::certificate_care::renewable_from;
use domain::civil_date::Instant;
use domain::permit::EditSettings;

use crate::app::App;
use crate::extract::{Body, Granted, Peer};
use crate::sessions::{actor, event};
use crate::trouble::Refused;

pub(crate) async fn current(
    State(app): State<App>,
    Peer(peer): Peer,
) -> Result<Json<CertificateState>, Refused> {
    state(&app, &peer.fingerprint)
}

pub(crate) async fn report_loss(
    State(app): State<App>,
    Peer(peer): Peer,
    Granted(permit): Granted<EditSettings>,
    _: Body<LossReport>,
) -> Result<Json<CertificateState>, Refused> {
    let holder = permit.holder().clone();
    let event = event(app.now(), actor(holder), Deed::CertificateLoss);
    if !app.engine.report_loss(peer.fingerprint, event).await? {
        return Err(Trouble::NotFound.into());
    }
    tracing::warn!(
        facility.code = %peer.facility,
        "a certificate's file was reported lost; look with `onshi enroll list --lost`"
    );
    state(&app, &peer.fingerprint)
}

fn state(app: &App, fingerprint: &[u8; 32]) -> Result<Json<CertificateState>, Refused> {
    let known = app.engine.certificate(fingerprint)?;
    let known = known.ok_or(Trouble::NotFound)?;
    let certificate = known.certificate;
    Ok(Json(CertificateState {
        facility: certificate.facility.to_string(),
        fingerprint: hex(&certificate.fingerprint),
        lost_at: known.lost.map(|at: Instant| at.to_string()),
        not_after: certificate.not_after.to_string(),
        renewable_from: renewable_from(certificate.not_after, app.renewal_days).to_string(),
        renewed: known.renewed,
        terminal: certificate.terminal,
    }))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
