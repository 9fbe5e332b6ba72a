//! `/v1/home-care/notices`: what ended lately and what ends soon. Names nobody, and is no look at anybody. `/v1/home-care/ended/{id}`: whose it
//! was, and a look at them.

use api::home_care::{EndedHomeConsent, EndedHomePatient, HomeCareNotices};
use api::problem::Trouble;
use axum::Json;
use axum::extract::{Path, State};
use domain::audit::Deed;
use domain::permit::{CareAtHome, ReadHistory};
use store::home_care::notices::Ended;
use uuid::Uuid;

use crate::app::App;
use crate::extract::Granted;
use crate::sessions::{actor, event};
use crate::trouble::Refused;

pub(crate) async fn read(
    State(app): State<App>,
    Granted(permit): Granted<CareAtHome>,
) -> Result<Json<HomeCareNotices>, Refused> {
    let found = app.engine.home_care_notices(&permit, app.now())?;
    Ok(Json(HomeCareNotices {
        codes_end_soon: found.codes,
        consents_end_soon: found.consents,
        ended: found.ended.iter().map(ended).collect(),
    }))
}

pub(crate) async fn whose(
    State(app): State<App>,
    Granted(cares): Granted<CareAtHome>,
    Granted(permit): Granted<ReadHistory>,
    Path(id): Path<String>,
) -> Result<Json<EndedHomePatient>, Refused> {
    let now = app.now();
    let id = Uuid::parse_str(&id).map_err(|_| Trouble::NotFound)?;
    let found = app.engine.ended_home_consent(&cares, id.as_u128(), now)?;
    let found = found.ok_or(Trouble::NotFound)?;
    let mut look = event(now, actor(permit.holder().clone()), Deed::CheckRead);
    look.subject = Some(id.as_u128());
    look.detail = "what=ended-home-care".into();
    app.engine.record(look).await?;
    let person = &found.registration.person;
    Ok(Json(EndedHomePatient {
        birth_date: person.birth_date.to_string(),
        check_kept: found.check_kept,
        ended: ended(&found.ended),
        kana: person.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        name: person.name.as_str().to_owned(),
        reference_number: found.reference_number,
    }))
}

fn ended(it: &Ended) -> EndedHomeConsent {
    EndedHomeConsent {
        care: it.care.as_str().into(),
        check_id: Uuid::from_u128(it.check).to_string(),
        ended_at: it.at.to_string(),
        why: it.why.as_str().into(),
    }
}
