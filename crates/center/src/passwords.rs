//! Hashing of passwords: Argon2id off the async threads, few at a time. Never keeps or logs a password.

use api::problem::Trouble;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::civil_date::Instant;
use domain::password::{Length, Password};
use store::accounts::PasswordRow;

use crate::app::{App, random};
use crate::trouble::Refused;

/// Memory 19 MiB, two passes, one lane: OWASP's first choice for Argon2id.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Makes the row of a new password.
pub(crate) async fn hash(
    app: &App,
    password: Password,
    now: Instant,
    change_needed: bool,
) -> Result<PasswordRow, Refused> {
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(|_| Trouble::Internal)?;
    let (prefix, length) = (prefix(app, &password), Length::of(&password));
    let _turn = app.hashing.acquire().await.map_err(|_| Trouble::Busy)?;
    let hashed = tokio::task::spawn_blocking(move || {
        argon2()
            .hash_password(password.expose().as_bytes(), &salt)
            .map(|hash| hash.to_string())
    });
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
    /// A hash of no password anybody has, of the same cost.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let _turn = app.hashing.acquire().await.map_err(|_| Trouble::Busy)?;
    let verified = tokio::task::spawn_blocking(move || {
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        let parsed = PasswordHash::new(&hash);
        parsed.is_ok_and(|hash| argon2().verify_password(text.as_bytes(), &hash).is_ok())
    });
    Ok(verified.await.map_err(|_| Trouble::Internal)?)
}

/// The keyed hash of the first five characters, for the generation rule (contracts §9).
pub(crate) fn prefix(app: &App, password: &Password) -> [u8; 32] {
    app.prefix_hash.of(&[password.prefix().as_bytes()])
}
