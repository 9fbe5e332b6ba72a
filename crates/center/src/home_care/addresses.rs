//! `/v1/home-care/addresses`: a facility makes its address, which ends the one before. The identifier is random and says nothing of anybody.

use api::home_care::{HomeAddress, HomeAddresses, NewHomeAddress};
use api::problem::Trouble;
use api::routes;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::home_care::Care;
use domain::home_care::address::AddressId;
use domain::permit::ManageHomeCare;
use store::home_care::addresses::Address;

use super::unknown;
use crate::app::{App, Shared, random};
use crate::extract::{Body, Granted};
use crate::repeats::{Repeatable, again};
use crate::trouble::{Refused, unreadable};

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ManageHomeCare>,
) -> Result<Json<HomeAddresses>, Refused> {
    let found = app.engine.home_addresses(&permit)?;
    Ok(Json(HomeAddresses {
        addresses: found.iter().map(|it| shown(&app, it)).collect(),
        served: app.home_site.get().is_some(),
    }))
}

pub(crate) async fn make(
    State(app): State<App>,
    Granted(permit): Granted<ManageHomeCare>,
    headers: HeaderMap,
    body: Body<NewHomeAddress>,
) -> Result<(StatusCode, Json<HomeAddress>), Refused> {
    let now = app.now();
    let parts = [routes::HOME_CARE_ADDRESSES.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return kept(&before);
    }
    let care = Care::parse(&body.value.care).ok_or_else(|| {
        let error = unknown(
            "care",
            "care は home_visit（訪問診療等）か remote_care（オンライン診療等）です。",
            "care is home_visit or remote_care.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })?;
    let address = Address {
        id: AddressId::from_bytes(random()?),
        facility: permit.facility(),
        care,
        made: now,
        account: permit.holder().account.to_string(),
    };
    let told = shown(&app, &address);
    let keeping = repeatable.keep(&told, now)?;
    let made = app
        .engine
        .make_home_address(&permit, (care, address.id), now, keeping);
    match made.await? {
        None => Ok((StatusCode::CREATED, Json(told))),
        Some(earlier) => kept(&again(earlier)?),
    }
}

fn kept(before: &[u8]) -> Result<(StatusCode, Json<HomeAddress>), Refused> {
    let address = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok((StatusCode::CREATED, Json(address)))
}

fn shown(app: &Shared, it: &Address) -> HomeAddress {
    let base = app.home_site.get().map_or("", |site| site.address.as_str());
    HomeAddress {
        account: it.account.clone(),
        care: it.care.as_str().into(),
        id: it.id.to_string(),
        made_at: it.made.to_string(),
        url: format!("{base}f/{}", it.id),
    }
}
