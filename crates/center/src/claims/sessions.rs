//! Sign-in, sign-out and one's own password at the claims entry. Never tells whether an account exists, and opens nothing of the center.

use api::claims::{ClaimsAccount, ClaimsSession, ClaimsSignIn};
use api::problem::claims::ClaimsTrouble;
use api::problem::{MemberError, Text, Trouble};
use api::routes;
use api::session::{PasswordChange, SessionFacility};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::claims::entry::Holder;
use domain::claims::tenant::Tenant;
use domain::lockout::{Settled, Try};
use domain::password::Password;
use domain::session::ends_after_min;
use sha2::{Digest, Sha256};
use store::accounts::Edited;
use store::claims::Key;
use store::claims::accounts::ClaimsAccount as Account;
use store::sessions::Shown;

use super::{SignedIn, event_of};
use crate::app::{App, random};
use crate::extract::{Body, Peer};
use crate::passwords::{self, Asker};
use crate::repeats::{Repeatable, again};
use crate::sessions::{
    not_opened, old_no_more, refuse, repeats_earlier, state, wrong_old_password,
};
use crate::trouble::{Refused, absent};

pub(crate) async fn sign_in(
    State(app): State<App>,
    Peer(peer): Peer,
    body: Body<ClaimsSignIn>,
) -> Result<(StatusCode, Json<ClaimsSession>), Refused> {
    let (now, body) = (app.now(), body.value);
    let tenant = Tenant::parse(&body.tenant).filter(|it| it.serves(peer.facility));
    let id = AccountId::parse(&body.account).ok();
    let (tenant, id) = tenant.zip(id).ok_or(Trouble::WrongCredentials)?;
    let who = Holder {
        tenant,
        facility: peer.facility,
        account: id,
        certificate: peer.fingerprint,
    };
    let account = authenticate(&app, &who, body.password, now).await?;
    let permitted = app.engine.claims_terminals(tenant, peer.facility)?;
    let permitted = permitted.iter().find(|it| it.terminal == peer.terminal);
    let since = permitted.map(|it| it.since);
    if since.is_none_or(|since| now < since) {
        let refused = event_of(&who, now, Deed::ClaimsRefused, "why=terminal");
        app.engine.record(refused).await?;
        return Err(not_permitted(since));
    }
    let facility = app.engine.facility(peer.facility)?;
    let facility = facility.ok_or_else(absent("the facility of a certificate"))?;
    let password = state(&account.password, now);
    let token = URL_SAFE_NO_PAD.encode(random::<32>()?);
    let row = store::claims::sessions::ClaimsSession {
        who: who.clone(),
        opened: now,
        active: now,
        change_needed: password.change_needed,
    };
    let shown = Shown {
        hash: account.password.hash,
        agreed: body.force,
    };
    let event = event_of(&who, now, Deed::ClaimsSignIn, "in");
    let hash = Sha256::digest(token.as_bytes()).into();
    let opened = app.engine.open_claims_session(hash, row, shown, event);
    if let Err(why) = opened.await? {
        let refused = event_of(&who, now, Deed::ClaimsRefused, "why=password");
        return Err(not_opened(&app, why, refused).await?.into());
    }
    let (ja, en) = tenant.label();
    let session = ClaimsSession {
        account: ClaimsAccount {
            display_name: account.display_name,
            id: who.account.to_string(),
        },
        ends_after_min: ends_after_min(AccountKind::General),
        facility: SessionFacility {
            code: facility.code.to_string(),
            kind: facility.kind.as_str().into(),
            name: facility.name,
        },
        password,
        tenant: tenant.to_string(),
        tenant_name: Text { en, ja },
        token,
    };
    Ok((StatusCode::CREATED, Json(session)))
}

/// The refusal of a PC that no filing lets in, or one only from an instant on.
fn not_permitted(since: Option<Instant>) -> Refused {
    let day = since.map(|since| since.date_in_japan().to_string());
    let begins = day.map(|day| {
        MemberError::new(
            "terminal",
            "not_begun",
            &format!("届出は受理されていて、開始日は {day} です。"),
            &format!("A filing is accepted; it begins on {day}."),
        )
    });
    let errors = begins.into_iter().collect();
    Refused::members(Trouble::Claims(ClaimsTrouble::TerminalNotPermitted), errors)
}

/// The account of an identifier and its password. The same steps are taken, and the same is said, where there is none.
async fn authenticate(
    app: &App,
    who: &Holder,
    password: String,
    now: Instant,
) -> Result<Account, Refused> {
    let key = Key::of(who);
    let account = app.engine.claims_account(&key)?;
    let lockout = match &account {
        Some(account) => account.lockout,
        None => app.engine.unknown_claims_lockout(&key)?,
    };
    if let Some(seconds) = lockout.waits_s(now) {
        return Err(Refused::after(Trouble::AccountLocked, seconds));
    }
    let hash = account.as_ref().map(|it| it.password.hash.clone());
    let right = passwords::verify(app, Asker::At(who.facility), password, hash).await?;
    let account = account.filter(|it| right && it.state == AccountState::Active);
    let outcome = match &account {
        Some(_) => Try::Right,
        None => Try::Wrong,
    };
    let failure = event_of(who, now, Deed::ClaimsRefused, "why=password");
    let settled = app
        .engine
        .settle_claims_try(key, outcome, app.lockout, failure);
    match (settled.await?, account) {
        (Settled::Open, Some(account)) => Ok(account),
        (Settled::Locked(seconds), _) => Err(Refused::after(Trouble::AccountLocked, seconds)),
        (Settled::Wrong, _) | (Settled::Open, None) => Err(Trouble::WrongCredentials.into()),
    }
}

pub(crate) async fn sign_out(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<StatusCode, Refused> {
    let event = event_of(&signed_in.who, app.now(), Deed::ClaimsSignIn, "out");
    app.engine
        .end_claims_session(signed_in.token, Some(event))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn change_password(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    body: Body<PasswordChange>,
) -> Result<StatusCode, Refused> {
    let (now, who) = (app.now(), signed_in.who);
    // An identifier is an account of its own at each review body, and at the center.
    let tenant = who.tenant.to_string();
    let parts: [&[u8]; 3] = [
        routes::CLAIMS_OWN_PASSWORD.as_bytes(),
        tenant.as_bytes(),
        &body.bytes,
    ];
    let holder = domain::permit::SignedIn {
        facility: who.facility,
        account: who.account.clone(),
        kind: AccountKind::General,
        certificate: who.certificate,
    };
    let repeatable = Repeatable::of(&app, &headers, &holder, &parts)?;
    if repeatable.before(&app)?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let account = match authenticate(&app, &who, body.value.old_password, now).await {
        Ok(account) => account,
        Err(refused) if refused.problem().code == Trouble::WrongCredentials.code() => {
            return Err(wrong_old_password());
        }
        Err(refused) => return Err(refused),
    };
    let password = Password::parse(&body.value.new_password)
        .map_err(|broken| refuse("new_password", &broken))?;
    let key = Key::of(&who);
    let generations = app.engine.claims_generations(&key)?;
    let asker = Asker::At(who.facility);
    if let Some(broken) = repeats_earlier(&app, asker, generations, &password).await? {
        return Err(refuse("new_password", &[broken]));
    }
    let row = passwords::hash(&app, asker, password, now, false).await?;
    let event = event_of(&who, now, Deed::ClaimsAccount, "password=own");
    let (shown, token) = (Some(account.password.hash), signed_in.token);
    let kept = repeatable.keep(&(), now)?;
    let set = app
        .engine
        .set_claims_password(key, shown, row, Some(token), event, kept);
    match set.await? {
        Edited::Done => Ok(StatusCode::NO_CONTENT),
        Edited::Earlier(earlier) => again(earlier).map(|_| StatusCode::NO_CONTENT),
        Edited::ChangedBefore => {
            let refused = event_of(&who, now, Deed::ClaimsRefused, "why=password");
            app.engine.record(refused).await?;
            let goes_on = app.engine.claims_session(&token)?.is_some();
            Err(old_no_more(goes_on))
        }
    }
}
