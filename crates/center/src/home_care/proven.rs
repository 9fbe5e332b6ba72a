//! What a handler of the home listener may rely on: a device that is known, which proved its key for this very request, once. Of what was wrong
//! nothing is told but a clock that is off.

use api::home_care::proof::{HEADER, Shown};
use api::problem::Trouble;
use api::problem::home_care::HomeTrouble;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method};
use domain::admission::WorkClass;
use domain::civil_date::Instant;
use domain::home_care::PROOF_SKEW_S;
use domain::permit::{Permission, Permit};
use serde::de::DeserializeOwned;
use store::home_care::devices::Device;
use uuid::Uuid;

use crate::admission::enter;
use crate::admission::gate::Place;
use crate::app::App;
use crate::extract::{grant, json_bytes, parse};
use crate::trouble::{Refused, absent};

/// The largest body a device sends, in bytes: a certificate and a signature.
const MOST_BYTES: usize = 16 << 10;

/// A request of a device that proved its key.
#[derive(Debug)]
pub(crate) struct Proven<T> {
    pub(crate) device: Device,
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
    /// Among the checks by card, of the device's facility.
    _place: Place,
}

impl<T> Proven<T> {
    /// The right of whoever's device it is to do `A`.
    pub(crate) async fn permit<A: Permission>(&self, app: &App) -> Result<Permit<A>, Refused> {
        let holder = self
            .device
            .holder()
            .ok_or_else(absent("the holder of a device"))?;
        grant(app, holder, app.now()).await
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Proven<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let headers = request.headers().clone();
        let bytes = if method == Method::GET {
            Bytes::new()
        } else {
            json_bytes(request, MOST_BYTES, app).await?
        };
        let now = app.now();
        let shown = shown(&headers, (&method, &path), &bytes, now)?;
        let id = Uuid::parse_str(&shown.kid).map_err(|_| Trouble::Home(HomeTrouble::Proof))?;
        let device = app.engine.home_device(id.as_u128(), now)?;
        let device = device.filter(|it| shown.is_of(&it.key));
        let device = device.ok_or(Trouble::Home(HomeTrouble::Proof))?;
        let facility = app.facilities.of(device.facility);
        // Before the proof is used up: whoever is turned away may show it again.
        let place = enter(&app.gate, WorkClass::CardCheck, facility).await?;
        let first = app
            .engine
            .use_home_proof(device.id, shown.claims.jti, now)
            .await?;
        if !first {
            return Err(Trouble::Home(HomeTrouble::Proof).into());
        }
        // A look has no body; a message without members stands for it.
        let value = if method == Method::GET {
            parse(b"{}")?
        } else {
            parse(&bytes)?
        };
        Ok(Self {
            device,
            value,
            bytes,
            _place: place,
        })
    }
}

/// The proof of a request, if it is about it and of now; whose it is has still to be seen.
pub(crate) fn shown(
    headers: &HeaderMap,
    (method, path): (&Method, &str),
    body: &[u8],
    now: Instant,
) -> Result<Shown, Refused> {
    let text = headers.get(HEADER).and_then(|it| it.to_str().ok());
    let shown = text.and_then(Shown::read);
    let shown = shown.ok_or(Trouble::Home(HomeTrouble::Proof))?;
    if PROOF_SKEW_S < shown.claims.iat.abs_diff(now.as_seconds()).cast_signed() {
        return Err(Trouble::Home(HomeTrouble::Clock).into());
    }
    if shown.claims.is_about(method.as_str(), path, body) {
        Ok(shown)
    } else {
        Err(Trouble::Home(HomeTrouble::Proof).into())
    }
}
