//! An operator whose password and second factor are known to a program: the demo's. A center that serves people has none.

use domain::audit::{Actor, Deed};
use domain::password::Password;
use domain::second_factor::STEP_S;
use pki::totp::base32;

use super::{add, hash, shell};
use crate::app::{App, random};
use crate::passwords::{self, Asker};
use crate::sessions::event;
use crate::told::Told;
use crate::trouble::absent;

/// What the operator signs in with.
#[derive(Clone)]
pub struct ReadyMade {
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Secret of the second factor, in base32.
    pub totp_secret: String,
}

impl std::fmt::Debug for ReadyMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadyMade({}, …)", self.name)
    }
}

/// Adds an operator and uses the one-time link as a person would.
pub(crate) async fn make(app: &App, name: &str) -> Result<ReadyMade, Told> {
    let now = app.now();
    let invitation = add(app, name, shell()).await?;
    let link = hash(invitation.link.rsplit('/').next().unwrap_or_default());
    let opened = app.engine.operator_of_link(&link, now)?;
    let opened = opened.and_then(|(_, sealed)| app.machine.unseal_bytes(&sealed));
    let secret = base32(&opened.ok_or_else(absent("the secret of a new link"))?).to_string();
    let password = Password::generate(&random::<40>()?);
    let row = passwords::hash(app, Asker::Operator, password.clone(), now, false).await?;
    // The step before the present one: whoever signs in next need not wait for another code.
    let step = now.as_micros().div_euclid(STEP_S * 1_000_000) - 1;
    let mut event = event(now, Actor::Operator(name.into()), Deed::OperatorSetUp);
    event.detail = "second_factor=totp".into();
    // Nobody has the session's token.
    let token = hash(&super::new_token()?);
    let set_up = app
        .engine
        .set_up_operator(link, (row, step), token, event)
        .await?;
    if !set_up {
        return Err(absent("the link that was just made")().into());
    }
    Ok(ReadyMade {
        name: name.into(),
        password: password.expose().into(),
        totp_secret: secret,
    })
}
