//! Recovery (G06): codes a person prints, a password reset with one of them, the master's reset with the secret number of the application,
//! and the succession of a facility. Shows each code once and keeps none.

use api::access::{NewRecoveryCodes, Recovery, RecoveryCodes, RecoveryState};
use api::problem::Trouble;
use api::problem::access::AccessTrouble;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::institution_code::InstitutionCode;
use domain::password::Password;
use domain::permit::{ManageOwnAccess, SignedIn};
use domain::recovery::{CODES, standing};
use pki::paper_code::PaperCode;
use serde::{Deserialize, Serialize};
use store::recoveries::{Recovered, SecretNumber};

use crate::app::{App, Shared, random};
use crate::enroll::{institution, text};
use crate::extract::{Body, Granted, Peer, TokenHash};
use crate::passwords::{self, Asker};
use crate::second_factors::owes_no_proof;
use crate::sessions::{actor, compare, confirm_password, event, refuse, shown_no_more};
use crate::told::Told;
use crate::trouble::{Refused, internal};

/// How the master's account is called at every facility.
const MASTER: &str = "master";

pub(crate) async fn print(
    State(app): State<App>,
    Granted(permit): Granted<ManageOwnAccess>,
    token: TokenHash,
    body: Body<NewRecoveryCodes>,
) -> Result<(StatusCode, Json<RecoveryCodes>), Refused> {
    owes_no_proof(&app, token)?;
    let (now, holder) = (app.now(), permit.holder().clone());
    let shown = confirm_password(&app, &holder, &body.value.password, now).await?;
    let codes: Result<Vec<PaperCode>, Refused> = (0..CODES).map(|_| generate()).collect();
    let codes = codes?;
    let hashes = codes.iter().map(PaperCode::hash).collect();
    let event = event(now, actor(holder), Deed::RecoveryCodes);
    let replaced = app
        .engine
        .replace_recovery_codes(&permit, shown, hashes, event);
    if !replaced.await? {
        return Err(shown_no_more(&app, token));
    }
    let codes = codes.iter().map(PaperCode::printed).collect();
    Ok((StatusCode::CREATED, Json(RecoveryCodes { codes })))
}

/// What is known of a person's codes.
pub(crate) fn state(app: &Shared, holder: &SignedIn) -> Result<RecoveryState, Refused> {
    let codes = app
        .engine
        .recovery_codes(holder.facility, &holder.account)?;
    let account = app.engine.account(holder.facility, &holder.account)?;
    let set = account.ok_or(Trouble::NotFound)?.password.set_at;
    Ok(RecoveryState {
        left: u32::try_from(codes.left).unwrap_or(u32::MAX),
        printed_at: codes.printed.map(|at| at.to_string()),
        standing: standing(codes.left, codes.printed, set).as_str().into(),
    })
}

/// Resets a forgotten password. A wrong code, a used one and an account that does not exist are told alike, and counted alike.
pub(crate) async fn recover(
    State(app): State<App>,
    Peer(peer): Peer,
    body: Body<Recovery>,
) -> Result<StatusCode, Refused> {
    let (now, body, facility) = (app.now(), body.value, peer.facility);
    let refused = || Refused::from(Trouble::Access(AccessTrouble::RecoveryRefused));
    let account = AccountId::parse(&body.account).map_err(|_| refused())?;
    // A typing error is no try: the last character of a code finds it.
    let code = PaperCode::parse(&body.code).map_err(|_| refused())?.hash();
    // Of ever new identifiers each would be counted by itself.
    app.recovery_throttle
        .take_of(peer.fingerprint, now)
        .map_err(|seconds| Refused::after(Trouble::TooManyRequests, seconds))?;
    let by = Actor::Client {
        facility,
        certificate: peer.fingerprint,
    };
    let failure = event(now, by.clone(), Deed::RecoveryRefused);
    let tried = app
        .engine
        .try_recovery_code(facility, account.clone(), code, app.lockout, failure);
    match tried.await? {
        Recovered::Right => {}
        Recovered::Wrong => return Err(refused()),
        Recovered::Locked(seconds) => return Err(Refused::after(Trouble::AccountLocked, seconds)),
    }
    // Only whoever has a code learns whether a password breaks the rule, and the code is not used by that.
    let password =
        Password::parse(&body.new_password).map_err(|broken| refuse("new_password", &broken))?;
    compare(&app, &account, facility, ("new_password", &password)).await?;
    let row = passwords::hash(&app, Asker::At(facility), password, now, false).await?;
    let mut used = event(now, by, Deed::RecoveryUse);
    used.detail = format!("account={account}");
    let recovered = app
        .engine
        .recover_password(facility, account, code, row, used);
    match recovered.await? {
        Recovered::Right => {
            app.events.wake(facility);
            Ok(StatusCode::NO_CONTENT)
        }
        Recovered::Wrong | Recovered::Locked(_) => Err(refused()),
    }
}

/// What the operator hands to a facility after a reset: shown once.
#[derive(Clone, Serialize, Deserialize)]
pub struct MasterReset {
    /// The master's account.
    pub id: String,
    /// Its first password; it is changed at the first sign-in.
    pub password: String,
    /// The next secret number.
    pub secret_number: String,
    /// How many accounts of people ended, after a succession.
    pub ended: usize,
    /// How many claims accounts ended with them.
    #[serde(default)]
    pub claims_ended: usize,
}

impl std::fmt::Debug for MasterReset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterReset({}, …)", self.id)
    }
}

/// A secret number for a facility that is enrolled, or lost its own.
pub(crate) async fn give_secret_number(app: &App, code: &str, by: Actor) -> Result<String, Told> {
    let code = institution(code)?;
    let number = generate()?;
    let event = operators(app, Deed::SecretNumber, code, by);
    let known = app.engine.set_secret_number(code, number.hash(), event);
    if known.await? {
        Ok(number.printed())
    } else {
        Err(no_facility())
    }
}

/// Resets the master of a facility that shows the secret number of its application.
pub(crate) async fn reset_master(
    app: &App,
    code: &str,
    secret_number: &str,
    by: Actor,
) -> Result<MasterReset, Told> {
    let code = institution(code)?;
    let shown = PaperCode::parse(secret_number).map_err(|error| {
        Told::of(
            "secret_number",
            "form",
            "秘密番号を読み取れません。控えを確かめてください。",
            error.to_string(),
        )
    })?;
    let next = generate()?;
    let (id, password, row) = first_password(app).await?;
    let events = (
        operators(app, Deed::MasterReset, code, by.clone()),
        operators(app, Deed::MasterResetRefused, code, by),
    );
    let hashes = (shown.hash(), next.hash());
    let reset = app
        .engine
        .reset_master(code, hashes, (id.clone(), row), events);
    match reset.await? {
        SecretNumber::Right => {
            app.events.wake(code);
            Ok(MasterReset {
                id: id.to_string(),
                password: password.expose().into(),
                secret_number: next.printed(),
                ended: 0,
                claims_ended: 0,
            })
        }
        SecretNumber::Wrong => Err(Told::of(
            "secret_number",
            "wrong",
            "秘密番号が違います。5回間違えると使えなくなります。",
            "the secret number is wrong; five wrong ones freeze it",
        )),
        SecretNumber::Frozen => Err(Told::of(
            "secret_number",
            "frozen",
            "この秘密番号は使えません。別の方法で本人を確かめ、施設の画面の「秘密番号を新しく発行する」（コマンドでは onshi enroll secret-number）で新しいものを発行してください。",
            "the secret number opens nothing any more: prove by other means who asks, then use \"Issue a new secret number\" on the facility's page (`onshi enroll secret-number`)",
        )),
    }
}

/// Passes a facility to a new owner (承継).
pub(crate) async fn succeed(
    app: &App,
    code: &str,
    name: &str,
    by: Actor,
) -> Result<MasterReset, Told> {
    let code = institution(code)?;
    text("name", name, 100)?;
    if app.engine.facility(code)?.is_none() {
        return Err(no_facility());
    }
    let next = generate()?;
    let (id, password, row) = first_password(app).await?;
    let event = operators(app, Deed::Succession, code, by);
    let (secret, master) = ((name.to_owned(), next.hash()), (id.clone(), row));
    let ended = app.engine.succeed(code, secret, master, event).await?;
    app.events.wake(code);
    Ok(MasterReset {
        id: id.to_string(),
        password: password.expose().into(),
        secret_number: next.printed(),
        ended: ended.people,
        claims_ended: ended.claims,
    })
}

async fn first_password(
    app: &App,
) -> Result<(AccountId, Password, store::accounts::PasswordRow), Refused> {
    let id = AccountId::parse(MASTER).map_err(internal("the identifier of the first account"))?;
    let password = Password::generate(&random::<40>()?);
    let row = passwords::hash(app, Asker::Operator, password.clone(), app.now(), true).await?;
    Ok((id, password, row))
}

pub(crate) fn generate() -> Result<PaperCode, Refused> {
    Ok(PaperCode::generate(random()?))
}

/// An event of what is done with a facility.
pub(crate) fn operators(app: &Shared, deed: Deed, code: InstitutionCode, by: Actor) -> Event {
    let mut event = event(app.now(), by, deed);
    event.detail = format!("facility={code}");
    event
}

fn no_facility() -> Told {
    Told::none(
        "code",
        "この医療機関コードの施設はありません。",
        "no such facility",
    )
}
