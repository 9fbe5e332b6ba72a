//! Sign-in, sign-out and the change of one's own password (G03, G11, contracts §8). Never tells whether an account exists.

use std::net::IpAddr;

use api::problem::{MemberError, Trouble};
use api::routes;
use api::session::{
    PasswordChange, PasswordState, Session, SessionAccount, SessionFacility, SignIn,
};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::lockout::{Settled, Try};
use domain::password::{Broken, Password, compare_with_generations, has_expired, last_day};
use domain::permit::{ChangeOwnPassword, SignedIn};
use domain::second_factor::{Entry, entry};
use domain::session::ends_after_min;
use domain::sign_in_notice::ProvedBy;
use pki::identity::Holder;
use sha2::{Digest, Sha256};
use store::accounts::{Account, Edited, Generation, PasswordRow, PasswordShown};
use store::sessions::{NotOpened, Opened, Shown};

use crate::app::{App, random};
use crate::extract::{Body, Granted, Peer, TokenHash, goes_on_with};
use crate::metrics::SignInOutcome;
use crate::passwords::{self, Asker};
use crate::repeats::{self, Repeatable};
use crate::sign_ins::attempt;
use crate::trouble::{Refused, absent, unreadable};

pub(crate) async fn sign_in(
    State(app): State<App>,
    Peer(peer): Peer,
    headers: HeaderMap,
    body: Body<SignIn>,
) -> Result<(StatusCode, Json<Session>), Refused> {
    let opening = Opening {
        path: routes::SESSIONS,
        only: None,
        address: None,
    };
    let session = open(&app, &peer, &headers, &body, &opening).await;
    app.metrics.count_sign_in(SignInOutcome::of(&session));
    Ok((StatusCode::CREATED, Json(session?)))
}

/// By which way a session is opened.
pub(crate) struct Opening {
    /// The path, so that one key is not taken for the other's.
    pub(crate) path: &'static str,
    /// The only kind of account it is open to.
    pub(crate) only: Option<AccountKind>,
    /// From where, where that counts.
    pub(crate) address: Option<IpAddr>,
}

/// Opens a session for whoever shows an account's ID and password.
pub(crate) async fn open(
    app: &App,
    peer: &Holder,
    headers: &HeaderMap,
    body: &Body<SignIn>,
    opening: &Opening,
) -> Result<Session, Refused> {
    let now = app.now();
    // A repetition shows the password as well: the first answer is for nobody else.
    let (account, entry) = authenticate(app, peer, &body.value, now).await?;
    let who = SignedIn {
        facility: account.facility,
        account: account.id.clone(),
        kind: account.kind,
        certificate: peer.fingerprint,
    };
    if opening.only.is_some_and(|only| only != account.kind) {
        let mut event = event(now, actor(who), Deed::Refused);
        event.detail = "path=existing-sign-in".into();
        app.engine.record(event).await?;
        return Err(Trouble::NotPermitted.into());
    }
    let parts: [&[u8]; 3] = [opening.path.as_bytes(), &peer.fingerprint, &body.bytes];
    let repeatable = Repeatable::of(app, headers, &who, &parts)?;
    if let Some(before) = repeatable.before(app)? {
        return opened_before(app, &before);
    }
    let facility = app
        .engine
        .facility(account.facility)?
        .ok_or_else(absent("the facility of an account"))?;
    let password = state(&account.password, now);
    let row = store::sessions::Session {
        who: who.clone(),
        opened: now,
        active: now,
        change_needed: password.change_needed,
        entry,
        address: opening.address,
    };
    let shown = Shown {
        hash: account.password.hash,
        agreed: body.value.force,
    };
    // Kept, if at all, with its seed alone (docs/decisions/0024-repeated-writes.md).
    let seeded = Session {
        account: SessionAccount {
            display_name: account.display_name,
            id: account.id.to_string(),
            kind: account.kind.as_str().into(),
        },
        facility: SessionFacility {
            code: facility.code.to_string(),
            kind: facility.kind.as_str().into(),
            name: facility.name,
        },
        ends_after_min: ends_after_min(account.kind),
        entry: entry.as_str().into(),
        password,
        token: URL_SAFE_NO_PAD.encode(random::<32>()?),
    };
    let kept = repeatable.keep(&seeded, now)?;
    let session = with_token(app, seeded);
    let hash = Sha256::digest(session.token.as_bytes()).into();
    let attempt = attempt(&who, peer, ProvedBy::Password, now);
    let opened = app.engine.open_session(hash, row, shown, attempt, kept);
    match opened.await? {
        Opened::Done => {}
        Opened::Earlier(earlier) => return opened_before(app, &repeats::again(earlier)?),
        Opened::Not(why) => {
            let refused = event(now, client(peer), Deed::SignInRefused);
            return Err(not_opened(app, why, refused).await?.into());
        }
    }
    // A person's earlier session ended, and with it its stream of events.
    app.events.wake(who.facility);
    // A right password whose second factor never comes is the plainest sign of a stolen one: it is on record.
    let deed = match entry {
        Entry::Prove => Deed::FactorAsked,
        Entry::Full | Entry::Enrol => Deed::SignIn,
    };
    app.engine.record(event(now, actor(who), deed)).await?;
    Ok(session)
}

/// What is said where something came between the look at a password and the session it was to open; `refused` is on record where the password
/// is none any more. Nobody is told what it was that came between.
pub(crate) async fn not_opened(
    app: &App,
    why: NotOpened,
    refused: Event,
) -> Result<Trouble, Refused> {
    Ok(match why {
        NotOpened::Changed => {
            app.engine.record(refused).await?;
            Trouble::WrongCredentials
        }
        // Another process did that, and this one has not heard of it yet: then the line is cut, here the answer still goes out.
        NotOpened::Revoked => Trouble::CertificateRevoked,
        NotOpened::Asks => Trouble::AlreadySignedIn,
    })
}

/// The answer of before: the same session, whether or not it has ended since.
fn opened_before(app: &App, before: &[u8]) -> Result<Session, Refused> {
    let seeded = serde_json::from_slice(before).map_err(unreadable("a kept session"))?;
    Ok(with_token(app, seeded))
}

/// Puts the token of its seed into a session.
fn with_token(app: &App, seeded: Session) -> Session {
    let token = URL_SAFE_NO_PAD.encode(app.token_hash.of(&[seeded.token.as_bytes()]));
    Session { token, ..seeded }
}

/// The account of ID and password, and how far its session opens. The same steps are taken, and the same is said, where there is none.
async fn authenticate(
    app: &App,
    peer: &Holder,
    body: &SignIn,
    now: Instant,
) -> Result<(Account, Entry), Refused> {
    let id = AccountId::parse(&body.account).map_err(|_| Trouble::WrongCredentials)?;
    let mut account = app.engine.account(peer.facility, &id)?;
    let lockout = match &account {
        Some(account) => account.lockout,
        None => app.engine.unknown_lockout(peer.facility, &id)?,
    };
    if let Some(seconds) = lockout.waits_s(now) {
        return Err(Refused::after(Trouble::AccountLocked, seconds));
    }
    let hash = account
        .as_ref()
        .map(|account| account.password.hash.clone());
    let right =
        passwords::verify(app, Asker::At(peer.facility), body.password.clone(), hash).await?;
    let right = match &mut account {
        Some(account) if !right => rotates(app, peer, account, body, now).await?,
        _ => right,
    };
    let tried = account.as_ref().map(|account| {
        let who = SignedIn {
            facility: account.facility,
            account: account.id.clone(),
            kind: account.kind,
            certificate: peer.fingerprint,
        };
        attempt(&who, peer, ProvedBy::Password, now)
    });
    let account = account.filter(|account| right && account.state == AccountState::Active);
    let failure = event(now, client(peer), Deed::SignInRefused);
    let entry = match &account {
        Some(account) => entry_of(app, account)?,
        None => Entry::Full,
    };
    let outcome = match &account {
        Some(account) => right_try(app, account)?,
        None => Try::Wrong,
    };
    let settled = app
        .engine
        .settle_try(peer.facility, id, outcome, app.lockout, failure, tried);
    match (settled.await?, account) {
        (Settled::Open, Some(account)) => Ok((account, entry)),
        (Settled::Locked(seconds), _) => Err(Refused::after(Trouble::AccountLocked, seconds)),
        (Settled::Wrong, _) | (Settled::Open, None) => Err(Trouble::WrongCredentials.into()),
    }
}

/// What a right password counts for. Cleared before a second factor is proved, the count would never reach whoever guesses that, at sign-in or
/// to step up: where an account has one, only its proof clears the count.
fn right_try(app: &App, account: &Account) -> Result<Try, Refused> {
    Ok(match crate::second_factors::count(app, account)? {
        0 => Try::Right,
        _ => Try::RightSoFar,
    })
}

/// How far the session of an account opens after its password.
fn entry_of(app: &App, account: &Account) -> Result<Entry, Refused> {
    if account.kind.is_system() {
        return Ok(Entry::Full);
    }
    let settings = app.engine.settings(account.facility)?.settings;
    let factors = crate::second_factors::count(app, account)?;
    Ok(entry(account.kind, settings.second_factor, factors))
}

/// Whether a machine whose present secret was not shown signs in with its next one, which thereby becomes the only one (G05).
async fn rotates(
    app: &App,
    peer: &Holder,
    account: &mut Account,
    body: &SignIn,
    now: Instant,
) -> Result<bool, Refused> {
    let next = crate::rotations::next_hash(app, account)?;
    let Some((id, hash)) = next.filter(|_| account.state == AccountState::Active) else {
        return Ok(false);
    };
    let (asker, text) = (Asker::At(peer.facility), body.password.clone());
    if !passwords::verify(app, asker, text, Some(hash.clone())).await? {
        return Ok(false);
    }
    let who = SignedIn {
        facility: account.facility,
        account: account.id.clone(),
        kind: account.kind,
        certificate: peer.fingerprint,
    };
    let done = crate::rotations::complete(app, who, (id, hash.clone()), now).await?;
    if done {
        account.password.hash = hash;
    }
    Ok(done)
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    peer: Peer,
    token: TokenHash,
) -> Result<StatusCode, Refused> {
    let session = app.engine.session(&token.0)?.ok_or(Trouble::NotSignedIn)?;
    if !goes_on_with(&app, &session.who.certificate, &peer.0.fingerprint)? {
        return Err(Trouble::NotSignedIn.into());
    }
    app.engine.end_session(token.0).await?;
    // Streams of events end with their session.
    app.events.wake(session.who.facility);
    app.engine
        .record(event(app.now(), actor(session.who), Deed::SignOut))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn change_password(
    State(app): State<App>,
    Granted(permit): Granted<ChangeOwnPassword>,
    token: TokenHash,
    headers: HeaderMap,
    body: Body<PasswordChange>,
) -> Result<StatusCode, Refused> {
    let (now, holder) = (app.now(), permit.holder().clone());
    let parts = [routes::OWN_PASSWORD.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, &holder, &parts)?;
    if repeatable.before(&app)?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let old = &body.value.old_password;
    let Some(shown) = own_password(&app, &holder, old, now).await? else {
        return Err(wrong_old_password());
    };
    let password = Password::parse(&body.value.new_password)
        .map_err(|broken| refuse("new_password", &broken))?;
    let new = ("new_password", &password);
    compare(&app, &holder.account, holder.facility, new).await?;
    let row = passwords::hash(&app, Asker::At(holder.facility), password, now, false).await?;
    let kept = repeatable.keep(&(), now)?;
    let id = holder.account.clone();
    let set = app
        .engine
        .set_password(holder.facility, id, shown, row, Some(token.0), kept);
    match set.await? {
        Edited::Done => {}
        Edited::Earlier(earlier) => {
            return repeats::again(earlier).map(|_| StatusCode::NO_CONTENT);
        }
        Edited::ChangedBefore => {
            app.engine
                .record(event(now, actor(holder), Deed::PasswordRefused))
                .await?;
            let goes_on = app.engine.session(&token.0)?.is_some();
            return Err(old_no_more(goes_on));
        }
    }
    app.engine
        .record(event(now, actor(holder), Deed::PasswordChange))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is said of an old password that is wrong.
pub(crate) fn wrong_old_password() -> Refused {
    let error = MemberError::new(
        "old_password",
        "wrong",
        "旧パスワードが違います。",
        "The old password is wrong.",
    );
    Refused::members(Trouble::PasswordRule, vec![error])
}

/// What is said of an old password that was right a moment ago: whoever disabled the account or set its password ended the session as well;
/// where it goes on, its own holder was quicker.
pub(crate) fn old_no_more(session_goes_on: bool) -> Refused {
    if session_goes_on {
        wrong_old_password()
    } else {
        Trouble::SessionEnded.into()
    }
}

/// The slow hash of the password of whoever is signed in, if a text is that. A wrong one is counted as at sign-in.
async fn own_password(
    app: &App,
    holder: &SignedIn,
    text: &str,
    now: Instant,
) -> Result<Option<String>, Refused> {
    let account = app
        .engine
        .account(holder.facility, &holder.account)?
        .ok_or(Trouble::NotFound)?;
    if let Some(seconds) = account.lockout.waits_s(now) {
        return Err(Refused::after(Trouble::AccountLocked, seconds));
    }
    let hash = account.password.hash.clone();
    let (asker, text) = (Asker::At(holder.facility), text.to_owned());
    let outcome = match passwords::verify(app, asker, text, Some(hash.clone())).await? {
        true => right_try(app, &account)?,
        false => Try::Wrong,
    };
    let failure = event(now, actor(holder.clone()), Deed::PasswordRefused);
    let id = holder.account.clone();
    let settled = app
        .engine
        .settle_try(holder.facility, id, outcome, app.lockout, failure, None);
    match settled.await? {
        Settled::Open => Ok(Some(hash)),
        Settled::Wrong => Ok(None),
        Settled::Locked(seconds) => Err(Refused::after(Trouble::AccountLocked, seconds)),
    }
}

/// Has whoever is signed in show the password once more, before something that lasts; that is done only while it still opens the account.
pub(crate) async fn confirm_password(
    app: &App,
    holder: &SignedIn,
    text: &str,
    now: Instant,
) -> Result<PasswordShown, Refused> {
    let shown = own_password(app, holder, text, now).await?;
    shown.map(PasswordShown).ok_or_else(wrong_password)
}

/// What is said where a password that was right a moment ago opens the account no longer.
pub(crate) fn shown_no_more(app: &App, token: TokenHash) -> Refused {
    match app.engine.session(&token.0) {
        Ok(Some(_)) => wrong_password(),
        Ok(None) => Trouble::SessionEnded.into(),
        Err(error) => error.into(),
    }
}

fn wrong_password() -> Refused {
    let error = MemberError::new(
        "password",
        "wrong",
        "パスワードが違います。",
        "The password is wrong.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}

/// Holds a new password of an account against the last five (G02), whoever sets it; the request's `member` is the one that gives it.
pub(crate) async fn compare(
    app: &App,
    id: &AccountId,
    facility: domain::institution_code::InstitutionCode,
    (member, password): (&str, &Password),
) -> Result<(), Refused> {
    let generations = app.engine.generations(facility, id)?;
    match repeats_earlier(app, Asker::At(facility), generations, password).await? {
        None => Ok(()),
        Some(broken) => Err(refuse(member, &[broken])),
    }
}

/// What of the rule a new password breaks beside the last five, whose slow hashes and starts are given (G02).
pub(crate) async fn repeats_earlier(
    app: &App,
    asker: Asker,
    generations: Vec<Generation>,
    password: &Password,
) -> Result<Option<Broken>, Refused> {
    let prefix = passwords::prefix(app, password);
    let mut equal = false;
    for (hash, start) in &generations {
        // Only an equal start can hide an equal password, so few slow hashes are needed.
        if *start == prefix && !password.is_long() {
            let text = password.expose().to_owned();
            equal |= passwords::verify(app, asker, text, Some(hash.clone())).await?;
        }
    }
    let compared = compare_with_generations(
        password,
        generations,
        |_, _| equal,
        |_, (_, start)| *start == prefix,
    );
    Ok(compared.err())
}

/// The problem of a password that breaks the rule.
pub(crate) fn refuse(member: &str, broken: &[Broken]) -> Refused {
    Refused::members(Trouble::PasswordRule, password_errors(member, broken))
}

/// One error for every broken part of the password rule.
pub(crate) fn password_errors(member: &str, broken: &[Broken]) -> Vec<MemberError> {
    let errors = broken.iter().map(|broken| {
        let (ja, en) = broken.text();
        MemberError::new(member, broken.code(), &ja, &en)
    });
    errors.collect()
}

/// What a client is told of a password's state.
pub(crate) fn state(password: &PasswordRow, now: Instant) -> PasswordState {
    let expired = has_expired(password.length, password.set_at, now.date_in_japan());
    PasswordState {
        change_needed: expired || password.change_needed,
        expires_on: last_day(password.length, password.set_at).map(|day| day.to_string()),
        set_at: password.set_at.to_string(),
    }
}

pub(crate) fn actor(who: SignedIn) -> Actor {
    Actor::Account {
        facility: who.facility,
        account: who.account,
        certificate: who.certificate,
    }
}

/// Whoever shows a certificate and is not signed in.
fn client(peer: &Holder) -> Actor {
    Actor::Client {
        facility: peer.facility,
        certificate: peer.fingerprint,
    }
}

pub(crate) fn event(at: Instant, actor: Actor, deed: Deed) -> Event {
    Event {
        at,
        actor,
        deed,
        subject: None,
        detail: String::new(),
    }
}
