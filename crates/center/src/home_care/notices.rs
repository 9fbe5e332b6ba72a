//! `/v1/home-care/notices`: what ended lately and what ends soon. Names nobody, and is no look at anybody.

use api::home_care::{EndedHomeConsent, HomeCareNotices};
use axum::Json;
use axum::extract::State;
use domain::permit::CareAtHome;
use store::home_care::notices::Ended;
use uuid::Uuid;

use crate::app::App;
use crate::extract::Granted;
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

fn ended(it: &Ended) -> EndedHomeConsent {
    EndedHomeConsent {
        care: it.care.as_str().into(),
        check_id: Uuid::from_u128(it.check).to_string(),
        ended_at: it.at.to_string(),
        why: it.why.as_str().into(),
    }
}
