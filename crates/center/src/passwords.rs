//! Hashing of passwords: Argon2id off the async threads, few at a time. Never keeps or logs a password.

use api::problem::Trouble;
use domain::admission::WorkClass;
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::password::{Length, Password};
use store::accounts::PasswordRow;

use crate::admission::gate::Shed;
use crate::admission::hashes::Turn;
use crate::app::{App, random};
use crate::trouble::{Refused, internal, stopped};

/// Who has a password hashed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asker {
    /// Somebody at a facility: it has only so many turns.
    At(InstitutionCode),
    /// An operator, whatever it is for.
    Operator,
}

/// Makes the row of a new password.
pub(crate) async fn hash(
    app: &App,
    asker: Asker,
    password: Password,
    now: Instant,
    change_needed: bool,
) -> Result<PasswordRow, Refused> {
    let salt = random::<16>()?;
    let (prefix, length) = (prefix(app, &password), Length::of(&password));
    let turn = turn(app, asker).await?;
    let hashed = tokio::task::spawn_blocking(move || {
        // Until it is made, also where whoever asked is gone.
        let _turn = turn;
        pki::password_hash::hash(&password, &salt)
    });
    let hash = hashed
        .await
        .map_err(stopped("the hashing of a password stopped"))?
        .map_err(internal("a password is not hashed"))?;
    Ok(PasswordRow {
        hash,
        prefix,
        length,
        set_at: now,
        change_needed,
    })
}

/// True when a text is the password of a hash. Without a hash it works as long and says no.
pub(crate) async fn verify(
    app: &App,
    asker: Asker,
    text: String,
    hash: Option<String>,
) -> Result<bool, Refused> {
    let turn = turn(app, asker).await?;
    let verified = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        pki::password_hash::verify(&text, hash.as_deref())
    });
    verified
        .await
        .map_err(stopped("the checking of a password stopped"))
}

/// Waits for a turn.
async fn turn(app: &App, asker: Asker) -> Result<Turn, Refused> {
    let facility = match asker {
        Asker::At(code) => Some(app.facilities.of(code)),
        Asker::Operator => None,
    };
    let turn = app.hashes.turn(facility).await;
    turn.ok_or_else(|| {
        let after_s = app.gate.turn_away(WorkClass::SignIn, Shed::Facility);
        Refused::after(Trouble::Overloaded, after_s.into())
    })
}

/// The keyed hash of the first five characters, for the generation rule (contracts §9).
pub(crate) fn prefix(app: &App, password: &Password) -> [u8; 32] {
    app.prefix_hash.of(&[password.prefix().as_bytes()])
}
