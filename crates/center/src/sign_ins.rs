//! What a person is told of their own account: sign-ins and refused tries, what is unusual about them, second factors, recovery codes.
//! Tells nobody of anybody else's.

use api::access::{OwnAccount, SecondFactor, SignInRecord, SignIns, SignInsSeen};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::civil_date::Instant;
use domain::permit::{ManageOwnAccess, SignedIn};
use domain::sign_in_notice::ProvedBy;
use pki::identity::Holder;
use store::second_factors::Factor;
use store::sign_ins::{Attempt, SignIn};
use uuid::Uuid;

use crate::app::App;
use crate::extract::{Body, Granted};
use crate::trouble::Refused;

/// Rows shown.
const SHOWN: u32 = 300;

pub(crate) async fn own_account(
    State(app): State<App>,
    Granted(permit): Granted<ManageOwnAccess>,
) -> Result<Json<OwnAccount>, Refused> {
    let settings = app.engine.settings(permit.facility())?.settings;
    let sign_ins = app.engine.sign_ins(&permit, SHOWN)?;
    let factors = crate::second_factors::confirmed(&app, permit.holder())?;
    let holder = permit.holder();
    let set = app.engine.passwords_set(holder.facility, &holder.account)?;
    Ok(Json(OwnAccount {
        passwords_set_at: set.iter().map(ToString::to_string).collect(),
        recovery: crate::recoveries::state(&app, permit.holder())?,
        second_factors: factors.iter().map(shown_factor).collect(),
        second_factor: settings.second_factor.as_str().into(),
        unusual_sign_ins: sign_ins.iter().filter(|it| it.is_news).map(shown).collect(),
    }))
}

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ManageOwnAccess>,
) -> Result<Json<SignIns>, Refused> {
    let sign_ins = app.engine.sign_ins(&permit, SHOWN)?;
    Ok(Json(SignIns {
        sign_ins: sign_ins.iter().map(shown).collect(),
    }))
}

pub(crate) async fn seen(
    State(app): State<App>,
    Granted(permit): Granted<ManageOwnAccess>,
    body: Body<SignInsSeen>,
) -> Result<StatusCode, Refused> {
    let up_to = body.value.up_to;
    app.engine.sign_ins_seen(&permit, up_to, app.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A try to sign in, at the PC of a certificate.
pub(crate) fn attempt(who: &SignedIn, peer: &Holder, proved_by: ProvedBy, at: Instant) -> Attempt {
    Attempt {
        facility: who.facility,
        account: who.account.clone(),
        kind: who.kind,
        at,
        certificate: peer.fingerprint,
        terminal: peer.terminal.clone(),
        proved_by,
    }
}

fn shown(it: &SignIn) -> SignInRecord {
    let first = it.certificate.iter().take(8);
    SignInRecord {
        at: it.at.to_string(),
        certificate: first.map(|byte| format!("{byte:02x}")).collect(),
        number: it.seq,
        outcome: it.outcome.as_str().into(),
        proved_by: it.proved_by.as_str().into(),
        terminal: it.terminal.clone(),
        unusual: it.unusual.iter().map(|it| it.as_str().into()).collect(),
    }
}

fn shown_factor(it: &Factor) -> SecondFactor {
    SecondFactor {
        added_at: it.confirmed.unwrap_or(it.made).to_string(),
        id: Uuid::from_u128(it.id).to_string(),
        kind: it.kind.as_str().into(),
        name: it.name.clone(),
        used_at: it.used.map(|at| at.to_string()),
    }
}
