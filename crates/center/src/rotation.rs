//! Rotation of the key that signs receipts and checkpoints (contracts §6). What an old key signed verifies on.

use api::receipt::{Jwk, KeySet};
use domain::audit::{Actor, Deed};
use domain::civil_date::Instant;
use pki::receipt_key::ReceiptKeys;

use crate::app::App;
use crate::sessions::event;
use crate::shared_keys;

/// Months an old key stays published after its rotation: ten years.
const PUBLISHED_MONTHS: i32 = 120;

/// Exchanges the signing key; an error is a text for the operator. Returns the new key's identifier.
pub(crate) async fn rotate(app: &App) -> Result<String, String> {
    let _turn = app.rotating.lock().await;
    let looked = shared_keys::look(app).await;
    if looked.map_err(|error| error.to_string())? {
        return Err(shared_keys::OUTDATED.into());
    }
    let now = app.now();
    let rotated = app
        .receipt_keys
        .load()
        .rotate(&app.data_dir, &app.machine, now)
        .map_err(|error| error.to_string())?;
    let kid = rotated.current.kid().to_owned();
    app.receipt_keys.store(rotated.into());
    let mut told = event(now, Actor::Operator("local".into()), Deed::KeyRotate);
    told.detail = format!("kid={kid}");
    let recorded = app.engine.record(told).await;
    recorded.map_err(|error| error.to_string())?;
    // So the other centers hear of it.
    let looked = shared_keys::look(app).await;
    looked.map_err(|error| error.to_string())?;
    Ok(kid)
}

/// The keys of `GET /v1/keys`: the one that signs, then the retired ones, newest first.
pub(crate) fn published(keys: &ReceiptKeys, now: Instant) -> KeySet {
    let (x, y) = keys.current.coordinates();
    let mut all = vec![Jwk::p256(keys.current.kid(), &x, &y)];
    let today = now.date_in_japan();
    let kept = keys
        .retired
        .iter()
        .rev()
        .filter(|key| today <= key.retired.date_in_japan().plus_months(PUBLISHED_MONTHS));
    all.extend(kept.map(|key| Jwk::p256(&key.kid, &key.x, &key.y)));
    KeySet { keys: all }
}
