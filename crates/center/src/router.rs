//! Which handler answers which route of the api and enroll listeners. A test holds the api to the table of operations the OpenAPI document is made of.

use std::sync::Arc;

use api::openapi::operations::Method;
use api::problem::Trouble;
use api::receipt::KeySet;
use api::routes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use axum::{Extension, Json, Router};
use domain::admission::WorkClass;

use crate::admission::gate::Gate;
use crate::admission::{Admission, classes};
use crate::app::App;
use crate::extract::Peer;
use crate::listeners::From;
use crate::training::Ward;
use crate::trouble::{Refused, internal};
use crate::{
    accounts, application_page, bulk, card_checks, certificates, checks, claims, conditional,
    download_page, downloads, emergency, est, events, existing_paths, facility_settings, history,
    home_care, imports, link, medical, own, page_guard, posted_notices, questions, readers,
    recoveries, reference_numbers, revocation_list, rotations, screen_locks, second_factors,
    sessions, sign_ins, training, updates,
};

pub(crate) type Route = (Method, &'static str, MethodRouter<App>);

/// The router of the api listener.
pub(crate) fn api(app: &App, ward: &Ward) -> Router {
    let mut router = Router::new();
    for (method, path, handler) in routes() {
        let class = classes::of(method, path);
        router = router.route(path, admitted(app, (method, path, handler), class));
    }
    if app.link.existing_paths {
        for (path, handler) in existing_paths::routes() {
            let class = classes::of(Method::Post, path);
            router = router.route(path, admitted(app, (Method::Post, path, handler), class));
        }
    }
    router
        .with_state(app.clone())
        .merge(training::router(ward))
        .fallback(async || Refused::from(Trouble::NotFound))
        .method_not_allowed_fallback(async || Refused::from(Trouble::MethodNotAllowed))
        .layer(from_fn_with_state(app.clone(), tell_time))
}

/// A route's handler behind the gate: timed from its place on, traced from before it.
pub(crate) fn admitted(app: &App, route: Route, class: fn(&str) -> WorkClass) -> MethodRouter<App> {
    admitted_by(app, &app.gate, route, class)
}

/// The same behind another gate.
pub(crate) fn admitted_by(
    app: &App,
    gate: &Arc<Gate>,
    (method, path, handler): Route,
    class: fn(&str) -> WorkClass,
) -> MethodRouter<App> {
    let timed = handler.layer(app.metrics.timer(method.as_str(), path));
    let admitted: MethodRouter<App> = timed.layer(Admission::new(gate, class));
    admitted.layer(app.traces.layer(method.as_str(), path, class))
}

/// The router of the listener for searches without a client certificate: one path of existing clients, and nothing else.
pub(crate) fn search(app: &App) -> Router {
    let path = routes::EXISTING_SEARCH;
    let handler = post(existing_paths::unbound::search);
    let class = classes::of(Method::Post, path);
    Router::new()
        .route(path, admitted(app, (Method::Post, path, handler), class))
        .fallback(async || Refused::from(Trouble::NotFound))
        .method_not_allowed_fallback(async || Refused::from(Trouble::MethodNotAllowed))
        .layer(from_fn_with_state(app.clone(), tell_time))
        .with_state(app.clone())
}

/// Every answer bears the center's time.
async fn tell_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(time) = HeaderValue::from_str(&app.now().to_string()) {
        let name = HeaderName::from_static(routes::TIME_HEADER);
        response.headers_mut().insert(name, time);
    }
    response
}

/// The router of the enroll listener: its pages, the download, RFC 7030, the revocation list. Each address has its bucket of requests, and all
/// of them places of their own: anybody may begin one and leave its body away.
pub(crate) fn enroll(app: &App) -> Router {
    let pages = Router::new()
        .route("/", get(download_page::show).post(download_page::send))
        .route(
            application_page::HERE,
            get(application_page::show).post(application_page::send),
        )
        .route(application_page::STATE, post(application_page::look))
        .route("/assets/{name}", get(page_guard::asset))
        .layer(from_fn_with_state(app.clone(), download_page::guard));
    Router::new()
        .route(routes::CERTIFICATE_DOWNLOAD, post(downloads::download))
        .route(routes::REVOCATION_LIST, get(revocation_list::read))
        .route(
            routes::REVOCATION_LIST_OF_ISSUER,
            get(revocation_list::read_of),
        )
        .route(routes::EST_AUTHORITY, get(est::authority))
        .route(routes::EST_ENROLL, post(est::enroll))
        .route(routes::EST_REENROLL, post(est::reenroll))
        .merge(pages)
        .layer(Admission::new(&app.enroll_gate, |_| WorkClass::Enroll))
        .fallback(async || Refused::from(Trouble::NotFound))
        .method_not_allowed_fallback(async || Refused::from(Trouble::MethodNotAllowed))
        .layer(from_fn_with_state(app.clone(), bounded))
        .with_state(app.clone())
}

/// Lets an address send only so much.
async fn bounded(
    State(app): State<App>,
    Extension(From(from)): Extension<From>,
    request: Request,
    next: Next,
) -> Response {
    match app.throttle.take(from.ip(), app.now()) {
        Ok(()) => next.run(request).await,
        Err(seconds) => Refused::after(Trouble::TooManyRequests, seconds).into_response(),
    }
}

fn routes() -> Vec<Route> {
    [daily(), claims::routes()].concat()
}

fn daily() -> Vec<Route> {
    let read = |handler: MethodRouter<App>| handler.layer(from_fn(conditional::read));
    vec![
        (Method::Post, routes::SESSIONS, post(sessions::sign_in)),
        (
            Method::Delete,
            routes::SESSION_CURRENT,
            delete(sessions::sign_out),
        ),
        (
            Method::Put,
            routes::OWN_PASSWORD,
            put(sessions::change_password),
        ),
        (
            Method::Post,
            routes::PASSKEY_CHALLENGE,
            post(second_factors::challenge),
        ),
        (
            Method::Post,
            routes::SESSION_SECOND_FACTOR,
            post(second_factors::prove),
        ),
        (Method::Post, routes::RECOVERIES, post(recoveries::recover)),
        (Method::Get, routes::OWN_ACCOUNT, get(sign_ins::own_account)),
        (
            Method::Post,
            routes::OWN_RECOVERY_CODES,
            post(recoveries::print),
        ),
        (
            Method::Post,
            routes::OWN_SECOND_FACTORS,
            post(second_factors::begin),
        ),
        (
            Method::Put,
            routes::OWN_SECOND_FACTOR,
            put(second_factors::confirm),
        ),
        (
            Method::Delete,
            routes::OWN_SECOND_FACTOR,
            delete(second_factors::remove),
        ),
        (Method::Get, routes::OWN_SIGN_INS, get(sign_ins::list)),
        (
            Method::Post,
            routes::OWN_SIGN_INS_SEEN,
            post(sign_ins::seen),
        ),
        (
            Method::Delete,
            routes::ACCOUNT_SECOND_FACTORS,
            delete(second_factors::reset),
        ),
        (Method::Get, routes::ACCOUNTS, read(get(accounts::list))),
        (Method::Post, routes::ACCOUNTS, post(accounts::register)),
        (Method::Post, routes::ACCOUNTS_IMPORT, post(imports::import)),
        (Method::Get, routes::ACCOUNT, read(get(accounts::one))),
        (Method::Patch, routes::ACCOUNT, patch(accounts::edit)),
        (Method::Get, routes::ROTATIONS, read(get(rotations::list))),
        (
            Method::Get,
            routes::HOME_CARE_ADDRESSES,
            get(home_care::addresses::list),
        ),
        (
            Method::Post,
            routes::HOME_CARE_ADDRESSES,
            post(home_care::addresses::make),
        ),
        (
            Method::Get,
            routes::HOME_CARE_CODES,
            get(home_care::codes::list),
        ),
        (
            Method::Post,
            routes::HOME_CARE_CODES,
            post(home_care::codes::issue),
        ),
        (
            Method::Delete,
            routes::HOME_CARE_CODE,
            delete(home_care::codes::invalidate),
        ),
        (
            Method::Get,
            routes::HOME_CARE_DEVICES,
            get(home_care::devices::list),
        ),
        (
            Method::Delete,
            routes::HOME_CARE_DEVICE,
            delete(home_care::devices::remove),
        ),
        (
            Method::Get,
            routes::HOME_CARE_CONSENTS,
            get(home_care::consents::list),
        ),
        (
            Method::Get,
            routes::HOME_CARE_NOTICES,
            get(home_care::notices::read),
        ),
        (
            Method::Get,
            routes::HOME_CARE_ENDED,
            get(home_care::notices::whose),
        ),
        (
            Method::Post,
            routes::HOME_CARE_CHECKS,
            post(home_care::consents::check),
        ),
        (
            Method::Post,
            routes::HOME_CARE_WITHDRAWAL,
            post(home_care::consents::withdraw),
        ),
        (Method::Post, routes::ROTATIONS, post(rotations::ask)),
        (
            Method::Get,
            routes::ROTATION_CURRENT,
            get(rotations::current),
        ),
        (
            Method::Put,
            routes::ROTATION_CURRENT,
            put(rotations::register),
        ),
        (
            Method::Delete,
            routes::ROTATION,
            delete(rotations::withdraw),
        ),
        (
            Method::Post,
            routes::REFERENCE_NUMBERS,
            post(reference_numbers::register),
        ),
        (
            Method::Post,
            routes::REFERENCE_NUMBERS_SEARCH,
            post(reference_numbers::search),
        ),
        (
            Method::Post,
            routes::REFERENCE_NUMBERS_REMOVAL,
            post(reference_numbers::remove),
        ),
        (
            Method::Get,
            routes::MEDICAL_PATIENTS,
            get(medical::patients),
        ),
        (Method::Get, routes::MEDICAL_PATIENT, get(medical::open_now)),
        (Method::Post, routes::MEDICAL_LOOKS, post(medical::look)),
        (
            Method::Post,
            routes::MEDICAL_LOOKS_SEARCH,
            post(medical::looks::search),
        ),
        (
            Method::Post,
            routes::MEDICAL_LOOKS_EXPORT,
            post(medical::looks::export),
        ),
        (
            Method::Post,
            routes::MEDICAL_WITHDRAWAL,
            post(medical::withdrawal::withdraw),
        ),
        (
            Method::Post,
            routes::MEDICAL_DOCUMENTS,
            post(medical::documents::take),
        ),
        (
            Method::Get,
            routes::BULK_CHECKS,
            read(get(bulk::orders::list)),
        ),
        (
            Method::Post,
            routes::BULK_CHECKS,
            post(bulk::orders::put_in),
        ),
        (
            Method::Get,
            routes::BULK_CHECK,
            read(get(bulk::orders::progress)),
        ),
        (
            Method::Get,
            routes::BULK_CHECK_RESULT,
            get(bulk::orders::result),
        ),
        (Method::Post, routes::CHECKS, post(checks::ask)),
        (Method::Get, routes::CHECKS, read(get(history::list))),
        (Method::Post, routes::CHECKS_SEARCH, post(history::search)),
        (Method::Post, routes::CHECKS_EXPORT, post(history::export)),
        (Method::Get, routes::CHECK, read(get(checks::past))),
        (
            Method::Get,
            routes::CHECK_RECEIPT,
            read(get(checks::receipt)),
        ),
        (
            Method::Post,
            routes::CARD_CHALLENGES,
            post(card_checks::challenge),
        ),
        (Method::Post, routes::CARD_CHECKS, post(card_checks::ask)),
        (Method::Get, routes::CARD_CHECK, read(get(questions::past))),
        (
            Method::Post,
            routes::CARD_CHECK_PRESENCE,
            post(questions::renew),
        ),
        (
            Method::Post,
            routes::CARD_CHECK_ANSWERS,
            post(questions::answer),
        ),
        (Method::Get, routes::EMERGENCY_STATE, get(emergency::state)),
        (
            Method::Post,
            routes::DISASTER_SEARCHES,
            post(emergency::disaster::search),
        ),
        (
            Method::Post,
            routes::DISASTER_OPENINGS,
            post(emergency::disaster::open),
        ),
        (
            Method::Post,
            routes::DISASTER_CHECKS,
            post(emergency::disaster::check),
        ),
        (
            Method::Post,
            routes::OUTAGE_CHECKS,
            post(emergency::outage::ask),
        ),
        (
            Method::Get,
            routes::AMBULANCE,
            get(emergency::ambulance::access),
        ),
        (
            Method::Post,
            routes::AMBULANCE_SEARCHES,
            post(emergency::ambulance::search),
        ),
        (
            Method::Post,
            routes::AMBULANCE_OPENINGS,
            post(emergency::ambulance::open),
        ),
        (
            Method::Get,
            routes::EMERGENCY_REPORTS,
            get(emergency::reports::list),
        ),
        (
            Method::Post,
            routes::EMERGENCY_REPORTS,
            post(emergency::reports::file),
        ),
        (Method::Post, routes::LINK, post(link::send)),
        (Method::Post, routes::MEDICAL_OWN, post(own::open)),
        (Method::Post, routes::MEDICAL_OWN_LOOKS, post(own::looks)),
        (
            Method::Post,
            routes::MEDICAL_OWN_WITHDRAWALS,
            post(own::withdraw),
        ),
        (Method::Get, routes::READERS, read(get(readers::list))),
        (
            Method::Get,
            routes::READER_CURRENT,
            read(get(readers::current)),
        ),
        (
            Method::Put,
            routes::READER_CURRENT_STATE,
            put(readers::report),
        ),
        (Method::Put, routes::READER_MODE, put(readers::set_mode)),
        (Method::Post, routes::RELEASES, post(readers::release)),
        (
            Method::Get,
            routes::SETTINGS,
            read(get(facility_settings::read)),
        ),
        (
            Method::Put,
            routes::SETTINGS,
            put(facility_settings::change),
        ),
        (
            Method::Get,
            routes::SETTINGS_HISTORY,
            read(get(facility_settings::history)),
        ),
        (
            Method::Get,
            routes::NOTICES,
            read(get(posted_notices::read)),
        ),
        (Method::Put, routes::SCREEN_LOCK, put(screen_locks::record)),
        (
            Method::Get,
            routes::CERTIFICATE_CURRENT,
            get(certificates::current),
        ),
        (
            Method::Post,
            routes::CERTIFICATE_LOSS,
            post(certificates::report_loss),
        ),
        (Method::Get, routes::EVENTS, get(events::receive)),
        (Method::Get, routes::KEYS, read(get(keys))),
        (Method::Get, routes::UPDATES, read(get(updates::list))),
        (Method::Get, routes::UPDATE_PACKAGE, get(updates::piece)),
        (Method::Get, routes::OPENAPI, read(get(document))),
    ]
}

async fn keys(State(app): State<App>, _: Peer) -> Result<Json<KeySet>, Refused> {
    Ok(Json(crate::receipt_key_rotation::published(&app)?))
}

async fn document(_: Peer) -> Result<impl IntoResponse, Refused> {
    let text = api::openapi::text()
        .map_err(internal("the description of the interface is not written"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn router_and_document_hold_the_same_operations() {
        let served: BTreeSet<_> = routes()
            .into_iter()
            .map(|(method, path, _)| (method, path))
            .chain(crate::training::routes().into_iter().map(|it| (it.0, it.1)))
            .collect();
        let told: BTreeSet<_> = api::openapi::operations::all()
            .map(|it| (it.method, it.path))
            .collect();
        assert_eq!(served, told);
        let count = routes().len() + crate::training::routes().len();
        assert_eq!(count, served.len());
    }
}
