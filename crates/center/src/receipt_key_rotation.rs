//! Rotation of the key that signs receipts and checkpoints (contracts §6). What an old key signed verifies on.

use std::sync::Arc;

use api::receipt::{Jwk, KeySet};
use domain::audit::{Actor, Event};
use domain::civil_date::Instant;
use pki::receipt_key::{PublicKey, ReceiptKeys};
use store::engine::StoreError;

use crate::app::{App, Shared};
use crate::public_keys;

/// Months an old key stays published after its rotation: ten years.
const PUBLISHED_MONTHS: i32 = 120;

/// An exchange whose announcement the store did not answer: it may be there.
pub(crate) struct Unanswered {
    keys: Arc<ReceiptKeys>,
    told: Event,
}

/// Exchanges the signing key; an error is a text for the operator. Returns the new key's identifier.
pub(crate) async fn rotate(app: &App) -> Result<String, String> {
    let mut unanswered = app.rotating.lock().await;
    if let Some(kid) = settle(app, &mut unanswered).await? {
        return Ok(kid);
    }
    exchange(app, &mut unanswered, Actor::Operator("local".into())).await
}

/// Exchanges the signing key where another process over the same store retired it, and announces it anew where the store has lost it.
pub(crate) async fn follow(app: &App) -> Result<(), String> {
    let mut unanswered = app.rotating.lock().await;
    if settle(app, &mut unanswered).await?.is_some() {
        return Ok(());
    }
    let keys = app.receipt_keys.load_full();
    let announced = public_keys::announced(&app.engine, &app.machine);
    let announced = announced.map_err(|error| error.to_string())?;
    if public_keys::is_retired(&announced, &keys) {
        let kid = exchange(app, &mut unanswered, Actor::Center).await?;
        tracing::info!(
            kid,
            "another process of this center retired the signing key; this one signs with a new one of its own"
        );
        return Ok(());
    }
    let own = keys.current.kid();
    if announced.iter().any(|key| key.kid == own) {
        return Ok(());
    }
    let again = public_keys::announce(&app.engine, &app.machine, &keys, app.now(), None).await;
    again.map_err(|error| error.to_string())
}

/// Makes a key, announces it, and signs with it from then on. Where that fails the key before signs on; where the store did not answer, the new
/// one is kept until it does.
async fn exchange(
    app: &App,
    unanswered: &mut Option<Unanswered>,
    by: Actor,
) -> Result<String, String> {
    let now = app.now();
    let keys = app.receipt_keys.load_full();
    let rotated = keys.rotate(&app.data_dir, &app.machine, now);
    let rotated = Arc::new(rotated.map_err(|error| error.to_string())?);
    let told = public_keys::exchange(now, by, &rotated);
    let exchanged = Some(told.clone());
    let announced = public_keys::announce(&app.engine, &app.machine, &rotated, now, exchanged);
    if let Err(error) = announced.await {
        if matches!(error, StoreError::Away(_)) {
            let keys = rotated;
            *unanswered = Some(Unanswered { keys, told });
        }
        return Err(error.to_string());
    }
    let kid = rotated.current.kid().to_owned();
    app.receipt_keys.store(rotated);
    Ok(kid)
}

/// Announces the keys of an exchange again that the store did not answer, and signs with the new one, whose identifier it returns. Another
/// exchange in its place would leave a key published for good that nobody signs with.
async fn settle(app: &App, unanswered: &mut Option<Unanswered>) -> Result<Option<String>, String> {
    let Some(Unanswered { keys, told }) = unanswered.as_ref() else {
        return Ok(None);
    };
    let kid = keys.current.kid().to_owned();
    let announced = public_keys::announced(&app.engine, &app.machine);
    let announced = announced.map_err(|error| error.to_string())?;
    // Where it is there its event is as well.
    let is_there = announced.iter().any(|key| key.kid == kid);
    let exchanged = (!is_there).then(|| told.clone());
    let again = public_keys::announce(&app.engine, &app.machine, keys, app.now(), exchanged);
    again.await.map_err(|error| error.to_string())?;
    app.receipt_keys.store(Arc::clone(keys));
    *unanswered = None;
    Ok(Some(kid))
}

/// The keys of `GET /v1/keys`: the one this process signs with, those it retired, newest first, then those of the other processes.
pub(crate) fn published(app: &Shared) -> Result<KeySet, StoreError> {
    let announced = public_keys::announced(&app.engine, &app.machine)?;
    let keys = app.receipt_keys.load();
    Ok(key_set(&keys, announced, app.now()))
}

fn key_set(own: &ReceiptKeys, announced: Vec<PublicKey>, now: Instant) -> KeySet {
    let mut all = own.public();
    for key in announced {
        if all.iter().all(|it| it.kid != key.kid) {
            all.push(key);
        }
    }
    let today = now.date_in_japan();
    let until = |at: Instant| at.date_in_japan().plus_months(PUBLISHED_MONTHS);
    let kept = all
        .iter()
        .filter(|key| key.retired.is_none_or(|at| today <= until(at)));
    KeySet {
        keys: kept
            .map(|key| Jwk::p256(&key.kid, &key.x, &key.y))
            .collect(),
    }
}
