//! `POST /v1/medical/patients/{id}/withdrawal`: staff end a patient's consent for their facility. By the identifier of a check by card it is
//! open to those who see no medical information, too; where nothing is to be ended, they learn as little as of a stranger.

use api::medical::withdrawal::{WithdrawalDone, WithdrawalRequest};
use api::problem::Trouble;
use api::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use domain::audit::Deed;
use domain::medical_information::kind::InformationKind;
use domain::permit::WithdrawConsent;
use store::withdrawals::{Withdrawing, Withdrawn};
use uuid::Uuid;

use super::UNKNOWN;
use crate::app::{App, random};
use crate::extract::{Body, Granted};
use crate::repeats::{Repeatable, again};
use crate::sessions::{actor, event};
use crate::trouble::{Refused, unreadable};

pub(crate) async fn withdraw(
    State(app): State<App>,
    Granted(permit): Granted<WithdrawConsent>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body<WithdrawalRequest>,
) -> Result<Json<WithdrawalDone>, Refused> {
    let now = app.now();
    let parts = [
        routes::MEDICAL_WITHDRAWAL.as_bytes(),
        id.as_bytes(),
        &body.bytes,
    ];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return kept(&before);
    }
    let read = body.value.read();
    let wish = read.map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let Ok(reference) = Uuid::parse_str(&id) else {
        // On record like an identifier that leads to nobody.
        let mut refused = event(now, actor(permit.holder().clone()), Deed::MedicalRefused);
        refused.detail = format!(
            "way=withdrawal facility={} why=nothing-open",
            permit.facility()
        );
        app.engine.record(refused).await?;
        return Err(UNKNOWN.into());
    };
    let withdrawal = app.check_ids.next(now, random()?);
    let withdrawing = Withdrawing {
        id: withdrawal,
        kinds: wish.kinds,
        reason: wish.reason,
        note: wish.note,
    };
    let done = move |ended: &[InformationKind]| WithdrawalDone {
        ended: ended.iter().map(|it| it.as_str().into()).collect(),
        withdrawal: Uuid::from_u128(withdrawal).to_string(),
    };
    // What ends is known in the transaction alone: the answer to keep is made there.
    let keeping = repeatable.keep(&(), now)?;
    let answer =
        move |ended: &[InformationKind]| serde_json::to_vec(&done(ended)).unwrap_or_default();
    let withdrawn = app.engine.withdraw_consent(
        &permit,
        reference.as_u128(),
        withdrawing,
        now,
        keeping,
        answer,
    );
    match withdrawn.await? {
        Withdrawn::Done(ended) => {
            app.events.wake(permit.facility());
            Ok(Json(done(&ended)))
        }
        Withdrawn::Nothing => Err(UNKNOWN.into()),
        Withdrawn::Before(earlier) => kept(&again(earlier)?),
    }
}

fn kept(before: &[u8]) -> Result<Json<WithdrawalDone>, Refused> {
    let answer = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok(Json(answer))
}
