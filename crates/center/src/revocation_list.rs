//! The revocation list of the enroll listener: signed anew after every revocation and every hour, else as it was. Each issuing CA signs one of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use api::problem::Trouble;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::civil_date::Instant;
use pki::authority::{Reason, Revoked};

use crate::app::{App, Shared};
use crate::trouble::{Refused, internal};

/// A list is signed anew after this many seconds, well before it ends.
const FRESH_S: i64 = 3_600;

/// The lists signed last, by the number of the issuing CA that signed.
#[derive(Debug, Default)]
pub(crate) struct LastList(Mutex<BTreeMap<u32, Signed>>);

#[derive(Debug, Clone)]
struct Signed {
    version: u64,
    at: Instant,
    der: Vec<u8>,
}

pub(crate) async fn read(State(app): State<App>) -> Result<Response, Refused> {
    answer(&app, app.authority.number())
}

pub(crate) async fn read_of(
    State(app): State<App>,
    Path(number): Path<String>,
) -> Result<Response, Refused> {
    let number = number.parse::<u32>().map_err(|_| Trouble::NotFound)?;
    if !(1..=app.authority.number()).contains(&number) {
        return Err(Trouble::NotFound.into());
    }
    answer(&app, number)
}

fn answer(app: &Shared, number: u32) -> Result<Response, Refused> {
    let list = current(app, number)?;
    let headers = [
        (header::CONTENT_TYPE, "application/pkix-crl"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, list).into_response())
}

/// The list as the issuing CA of a number signs it.
fn current(app: &Shared, number: u32) -> Result<Vec<u8>, Refused> {
    let mut last = app
        .last_list
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    // Before the store is read: a revocation in between makes the list too old, never too new.
    let (version, now) = (app.revocations.version(), app.now());
    if let Some(list) = last.get(&number)
        && list.version == version
        && (0..FRESH_S).contains(&list.at.seconds_until(now))
    {
        return Ok(list.der.clone());
    }
    let rows = app.engine.revocations(now)?;
    let revoked: Vec<Revoked> = rows
        .into_iter()
        .map(|it| Revoked {
            serial: it.serial,
            at: it.at,
            reason: if it.superseded {
                Reason::Superseded
            } else {
                Reason::Unspecified
            },
        })
        .collect();
    let signed = app.authority.revocation_list_of(number, &revoked, now);
    let signed = signed.map_err(internal("the revocation list is not signed"))?;
    let der = signed.ok_or(Trouble::NotFound)?;
    let list = Signed {
        version,
        at: now,
        der: der.clone(),
    };
    last.insert(number, list);
    Ok(der)
}
