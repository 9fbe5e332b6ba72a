//! Writes repeated under one idempotency key (design §6): the second time nothing is done and the first answer comes again.
//! Keeps no request's body, only its hash: under a key outside the database, since a body may hold a password.

use api::problem::Trouble;
use axum::http::HeaderMap;
use domain::civil_date::Instant;
use domain::permit::SignedIn;
use serde::Serialize;
use store::kept_answers::{Earlier, KeptAnswer};

use crate::records::Records;
use crate::trouble::{Refused, internal};

/// What a request that may come twice is known by; without a key every time is the first.
pub(crate) struct Repeatable {
    holder: SignedIn,
    key: Option<(String, [u8; 32])>,
}

impl Repeatable {
    /// Of a request's headers and everything that makes it the same request: route, target, body.
    pub(crate) fn of(
        records: &Records,
        headers: &HeaderMap,
        holder: &SignedIn,
        parts: &[&[u8]],
    ) -> Result<Self, Refused> {
        let key = key(headers)?.map(|key| (key, records.request_hash.of(parts)));
        Ok(Self {
            holder: holder.clone(),
            key,
        })
    }

    /// What it was answered before, if it was.
    pub(crate) fn before(&self, records: &Records) -> Result<Option<Vec<u8>>, Refused> {
        let Some((key, request)) = &self.key else {
            return Ok(None);
        };
        records
            .engine
            .earlier(&self.holder, key, request)?
            .map(again)
            .transpose()
    }

    /// The answer to keep with the write.
    pub(crate) fn keep(
        &self,
        answer: &impl Serialize,
        now: Instant,
    ) -> Result<Option<KeptAnswer>, Refused> {
        let Some((key, request)) = &self.key else {
            return Ok(None);
        };
        Ok(Some(KeptAnswer {
            key: key.clone(),
            holder: self.holder.clone(),
            request: *request,
            answer: serde_json::to_vec(answer)
                .map_err(internal("an answer to keep is not written"))?,
            at: now,
        }))
    }
}

/// The answer of before, or the refusal of a key that was used for something else.
pub(crate) fn again(earlier: Earlier) -> Result<Vec<u8>, Refused> {
    match earlier {
        Earlier::Same(answer) => Ok(answer),
        Earlier::Other => Err(Trouble::IdempotencyConflict.into()),
    }
}

/// The idempotency key of a request: 1 to 64 visible ASCII characters.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Refused> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()));
    Ok(Some(key.ok_or(Trouble::IdempotencyKey)?.to_owned()))
}
