//! Certificates that were issued here and that the store does not know: after a restore from an older copy, those issued since. Their
//! terminals go on working, and what is revoked reaches them. Decides nothing about their signature: that was verified before.

use domain::audit::{Actor, Deed};
use pki::authority::BACKDATED_S;
use pki::identity::Holder;
use store::certificates::Certificate;
use store::certificates::unknown::Adopted;
use store::engine::StoreError;

use crate::app::App;
use crate::sessions::event;

/// Has the store know the certificate of this holder and serial number, where it does not. Where it was revoked meanwhile, by itself or with
/// its terminal, it is among the revoked afterwards.
pub(crate) async fn adopt(app: &App, holder: &Holder, serial: [u8; 16]) -> Result<(), StoreError> {
    let actor = Actor::Client {
        facility: holder.facility,
        certificate: holder.fingerprint,
    };
    let mut adopted = event(app.now(), actor.clone(), Deed::CertificateIssue);
    adopted.detail = "how=adopted".into();
    let mut refused = event(app.now(), actor, Deed::CertificateRevoke);
    refused.detail = "why=unknown".into();
    let shown = Certificate {
        fingerprint: holder.fingerprint,
        serial,
        facility: holder.facility,
        terminal: holder.terminal.clone(),
        // Whichever it was, it may be lost as well.
        notice: String::new(),
        issued: holder.not_before.plus_seconds(BACKDATED_S),
        not_before: holder.not_before,
        not_after: holder.not_after,
        renews: None,
    };
    let becomes = app.engine.adopt_certificate(shown, adopted, refused);
    match becomes.await? {
        Adopted::Known => {}
        Adopted::Now => tracing::warn!(
            facility.code = %holder.facility,
            "a certificate that the store did not know was shown, as after a restore; it is listed now (`onshi enroll list --code`)"
        ),
        Adopted::Refused => {
            app.revocations.add(holder.fingerprint);
            tracing::warn!(
                facility.code = %holder.facility,
                "a certificate that the store did not know was refused: it, or its terminal's certificates, were revoked"
            );
        }
    }
    Ok(())
}
