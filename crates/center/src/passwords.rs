//! Hashing of passwords: Argon2id off the async threads, few at a time. Never keeps or logs a password.

use api::problem::Trouble;
use domain::civil_date::Instant;
use domain::password::{Length, Password};
use store::accounts::PasswordRow;

use crate::app::{App, random};
use crate::trouble::Refused;

/// Makes the row of a new password.
pub(crate) async fn hash(
    app: &App,
    password: Password,
    now: Instant,
    change_needed: bool,
) -> Result<PasswordRow, Refused> {
    let salt = random::<16>()?;
    let (prefix, length) = (prefix(app, &password), Length::of(&password));
    let _turn = app.hashing.acquire().await.map_err(|_| Trouble::Busy)?;
    let hashed = tokio::task::spawn_blocking(move || pki::password_hash::hash(&password, &salt));
    let hash = hashed
        .await
        .map_err(|_| Trouble::Internal)?
        .map_err(|_| Trouble::Internal)?;
    Ok(PasswordRow {
        hash,
        prefix,
        length,
        set_at: now,
        change_needed,
    })
}

/// True when a text is the password of a hash. Without a hash it works as long and says no.
pub(crate) async fn verify(app: &App, text: String, hash: Option<String>) -> Result<bool, Refused> {
    let _turn = app.hashing.acquire().await.map_err(|_| Trouble::Busy)?;
    let verified =
        tokio::task::spawn_blocking(move || pki::password_hash::verify(&text, hash.as_deref()));
    Ok(verified.await.map_err(|_| Trouble::Internal)?)
}

/// The keyed hash of the first five characters, for the generation rule (contracts §9).
pub(crate) fn prefix(app: &App, password: &Password) -> [u8; 32] {
    app.prefix_hash.of(&[password.prefix().as_bytes()])
}
