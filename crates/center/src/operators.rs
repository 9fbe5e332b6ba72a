//! Operators added, disabled, reset and listed, from the shell and from the pages alike (contracts §12). Shows a one-time link once and
//! keeps its hash alone.

pub mod ready_made;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::audit::{Actor, Deed, Event};
use domain::operator::{InvalidOperatorName, OperatorName, SHELL};
use pki::totp::SECRET_BYTES;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::operators::{Added, Disabled, Last, Link, Operator};
use zeroize::Zeroizing;

use crate::app::{App, random};
use crate::told::Told;
use crate::trouble::{Refused, internal};

/// Where one-time links lead; their token follows.
pub(crate) const SET_UP: &str = "/set-up";

/// A one-time link, shown once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Invitation {
    /// The operator's name.
    pub name: String,
    /// The address to open.
    pub link: String,
    /// The first instant at which it opens nothing any more.
    pub until: String,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Invitation({}, …)", self.name)
    }
}

/// An operator as others look at one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorLine {
    /// Name.
    pub name: String,
    /// `invited`, `active` or `disabled`.
    pub state: String,
    /// When the operator was added.
    pub made: String,
    /// Until when the one-time link opens, where one does.
    pub link_until: Option<String>,
    /// When the operator last signed in.
    pub signed_in: Option<String>,
    /// Until when the operator waits after wrong tries, where one does.
    pub locked_until: Option<String>,
}

/// Whoever gives orders on the center's own machine.
pub(crate) fn shell() -> Actor {
    Actor::Operator(SHELL.into())
}

/// Adds an operator.
pub(crate) async fn add(app: &App, name: &str, by: Actor) -> Result<Invitation, Told> {
    let name = named(name)?;
    let (link, invitation) = invite(app, &name)?;
    let event = about(app, by, Deed::OperatorAdd, &name);
    match app.engine.add_operator(name.clone(), link, event).await? {
        Added::Done => Ok(invitation),
        Added::Taken => Err(Told::of(
            "name",
            "taken",
            format!(
                "{name} はすでに使われた名前です。別の名前にするか、同じ人なら運用者の画面の「再設定のリンクを発行する」（コマンドでは onshi operator reset）を使ってください。"
            ),
            format!(
                "{name} is, or was, an operator's; choose another name, or, for the same person, use \"Make a link for the reset\" on the operator's page (onshi operator reset)"
            ),
        )),
    }
}

/// Takes an operator's password and second factor away, for a new one-time link. One who was disabled may come back by it.
pub(crate) async fn reset(app: &App, name: &str, by: Actor) -> Result<Invitation, Told> {
    let name = named(name)?;
    let (link, invitation) = invite(app, &name)?;
    let event = about(app, by, Deed::OperatorReset, &name);
    if app.engine.reset_operator(name.clone(), link, event).await? {
        Ok(invitation)
    } else {
        Err(unknown(&name))
    }
}

/// Disables an operator; every session ends at once.
pub(crate) async fn disable(app: &App, name: &str, by: Actor, last: Last) -> Result<(), Told> {
    let name = named(name)?;
    let event = about(app, by, Deed::OperatorDisable, &name);
    match app
        .engine
        .disable_operator(name.clone(), last, event)
        .await?
    {
        Disabled::Done => Ok(()),
        Disabled::Unknown => Err(unknown(&name)),
        Disabled::Before => Err(Told::of(
            "name",
            "disabled_before",
            format!("{name} はすでに停止しています。"),
            format!("{name} is disabled already"),
        )),
        Disabled::Last => Err(Told::of(
            "name",
            "last_operator",
            "ログインできる運用者がほかにいないため、停止できません。先に別の運用者を加えて、設定を終えてもらってください。",
            "nobody else could sign in; first add another operator who finishes the set-up",
        )),
    }
}

/// All operators by name.
pub(crate) fn list(app: &App) -> Result<Vec<OperatorLine>, Told> {
    let now = app.now();
    let line = |it: Operator| OperatorLine {
        name: it.name.to_string(),
        state: it.state.as_str().into(),
        made: it.made.to_string(),
        link_until: it
            .link_until
            .filter(|until| now < *until)
            .map(|at| at.to_string()),
        signed_in: it.signed_in.map(|at| at.to_string()),
        locked_until: it
            .lockout
            .until
            .filter(|until| now < *until)
            .map(|at| at.to_string()),
    };
    Ok(app.engine.operators()?.into_iter().map(line).collect())
}

/// A token for a link or a session.
pub(crate) fn new_token() -> Result<String, Refused> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// What is stored of a token.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A new link for somebody, to store and to show.
fn invite(app: &App, name: &OperatorName) -> Result<(Link, Invitation), Told> {
    let token = new_token()?;
    let secret = Zeroizing::new(random::<SECRET_BYTES>()?);
    let secret = app
        .machine
        .seal_bytes(&*secret)
        .map_err(internal("the secret of a second factor is not sealed"))?;
    let until = app.now().plus_seconds(app.operator_link_s);
    let site = app.operator_site.get();
    let site = site.map(|site| site.address.as_str()).unwrap_or_default();
    let invitation = Invitation {
        name: name.to_string(),
        link: format!("{}{SET_UP}/{token}", site.trim_end_matches('/')),
        until: until.to_string(),
    };
    let hash = hash(&token);
    Ok((
        Link {
            hash,
            until,
            secret,
        },
        invitation,
    ))
}

fn about(app: &App, by: Actor, deed: Deed, name: &OperatorName) -> Event {
    let mut event = crate::sessions::event(app.now(), by, deed);
    event.detail = format!("operator={name}");
    event
}

pub(crate) fn named(text: &str) -> Result<OperatorName, Told> {
    OperatorName::parse(text).map_err(|error| {
        let ja = match error {
            InvalidOperatorName::Length => "名前は2〜32文字にしてください。",
            InvalidOperatorName::Character(_) => {
                "名前に使えるのは半角の英小文字・数字と . _ - だけです。"
            }
            InvalidOperatorName::Start => "名前は英小文字で始めてください。",
            InvalidOperatorName::Shell => {
                "local は、センターの機器での操作を表す名前のため使えません。"
            }
        };
        Told::of("name", "form", ja, error.to_string())
    })
}

fn unknown(name: &OperatorName) -> Told {
    Told::none(
        "name",
        format!("{name} という運用者はいません。"),
        format!("there is no operator {name}"),
    )
}
