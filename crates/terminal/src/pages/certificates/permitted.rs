//! Who may give the terminal another certificate: whoever is signed in, or the terminal user; anybody while it has no good one, so that a
//! bare or barred terminal is never stuck. Whose place one takes is known once it is opened, and then looked at too. Asks the center, keeps no
//! password.

use tokio::time::{Duration, timeout};
use ui::component::{Fault, Kind, TextField};
use ui::language::Words;

use crate::certificates::Right;
use crate::faults;
use crate::lock::Proof;
use crate::pages::{Staff, Visitor, lock};
use crate::serve::App;

/// Name of the field of the terminal user's password.
const FIELD: &str = "terminal_password";

/// How long the center may take to say whether the session goes on.
const ASK: Duration = Duration::from_secs(2);

/// The field in which a visitor proves to be the terminal user, where that is needed.
pub(super) async fn field(app: &App, visitor: &Visitor) -> Option<TextField> {
    let needed = !is_signed_in(app, visitor).await && app.certificates.good().await.is_some();
    needed.then(|| asked(&visitor.words))
}

/// The same where it turned out only now that it is needed.
pub(super) fn field_for(
    field: Option<TextField>,
    faults: &[(String, Fault)],
    words: &Words,
) -> Option<TextField> {
    let is_told = faults.iter().any(|(name, _)| name == FIELD);
    field.or_else(|| is_told.then(|| asked(words)))
}

fn asked(words: &Words) -> TextField {
    TextField {
        kind: Kind::Password,
        autocomplete: "off",
        support: words.say("certificate-terminal-user-support"),
        ..TextField::new(FIELD, words.say("certificate-terminal-user"))
    }
}

/// What a visitor may change, with the terminal user's password where it was typed; else what is wrong, by field.
pub(super) async fn permitted(
    app: &App,
    visitor: &Visitor,
    password: &str,
) -> Result<Right, (String, Fault)> {
    if is_signed_in(app, visitor).await {
        return Ok(Right::Any);
    }
    let words = &visitor.words;
    if password.is_empty() {
        return match app.certificates.good().await {
            None => Ok(Right::NoneGood),
            Some(_) => Err(missing(words)),
        };
    }
    let fault = match app.lock.prove(password.to_owned(), app.now()).await {
        Proof::Right => return Ok(Right::Any),
        Proof::Wrong => lock::wrong(words),
        Proof::Waits(seconds) => lock::waits(seconds, words),
        Proof::WithoutUser => faults::own(words, "sign_in_first", "certificate-sign-in-first"),
        Proof::CannotTell => lock::unreadable(words),
    };
    Err((FIELD.to_owned(), fault))
}

/// The password that is needed and was not typed.
pub(super) fn missing(words: &Words) -> (String, Fault) {
    let fault = faults::own(words, "required", "certificate-terminal-user-missing");
    (FIELD.to_owned(), fault)
}

/// Whether somebody is signed in fully; a center that does not answer soon is not waited for.
async fn is_signed_in(app: &App, visitor: &Visitor) -> bool {
    let Some(staff) = Staff::of(visitor, app) else {
        return false;
    };
    if staff.first_to_do(super::HERE).is_some() {
        return false;
    }
    let cause = api::client::cards::Cause::Background;
    let asked = timeout(ASK, staff.client.settings(staff.token(), cause)).await;
    !matches!(asked, Ok(Err(error)) if staff.has_ended(app, &error, super::HERE, None))
}
