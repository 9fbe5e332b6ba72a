//! Second factors: added by the person with the password and a first proof, asked for at sign-in, removed by the person or reset by whoever
//! manages the account. A wrong proof counts as a wrong password does; right ones are good once.

use api::access::{
    BegunSecondFactor, FactorConfirmation, FactorProof, FactorRemoval, NewPasskeyChallenge,
    NewSecondFactor, PasskeyChallenge,
};
use api::problem::access::AccessTrouble as Why;
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::lockout::Settled;
use domain::permit::{ManageAccounts, ManageOwnAccess, Permit, ProveSecondFactor, SignedIn};
use domain::second_factor::{Entry, FactorKind, Policy, digits, steps};
use domain::sign_in_notice::ProvedBy;
use pki::paper_code::PaperCode;
use pki::totp::{SECRET_BYTES, base32, matching};
use sha2::{Digest, Sha256};
use store::second_factors::{Factor, Proof, Removed};
use store::sessions::Session;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::app::{App, Shared, random};
use crate::extract::{Body, Granted, Peer, TokenHash};
use crate::passkeys;
use crate::sessions::{actor, confirm_password, event, shown_no_more};
use crate::sign_ins::attempt;
use crate::trouble::{Refused, internal};

/// The longest name, in characters.
const NAME_CHARS: usize = 60;

/// Second factors of one account at most.
const MOST: usize = 10;

pub(crate) async fn begin(
    State(app): State<App>,
    Granted(permit): Granted<ManageOwnAccess>,
    token: TokenHash,
    body: Body<NewSecondFactor>,
) -> Result<(StatusCode, Json<BegunSecondFactor>), Refused> {
    owes_no_proof(&app, token)?;
    let (now, holder, body) = (app.now(), permit.holder(), body.value);
    let kind = examine(&body)?;
    let shown = confirm_password(&app, holder, &body.password, now).await?;
    let present = confirmed(&app, holder)?;
    if MOST <= present.len() {
        let error = MemberError::new(
            "kind",
            "too_many",
            "登録できるのは10個までです。使っていないものを削除してください。",
            "Ten can be added. Remove one that is not used.",
        );
        return Err(Refused::members(Trouble::InvalidInput, vec![error]));
    }
    let id = Uuid::now_v7();
    let mut begun = BegunSecondFactor {
        id: id.to_string(),
        options: None,
        secret: None,
        uri: None,
    };
    let secret = match kind {
        FactorKind::Totp => {
            let secret = Zeroizing::new(random::<SECRET_BYTES>()?);
            let text = base32(&*secret).to_string();
            begun.uri = Some(address(holder, &text));
            begun.secret = Some(text);
            app.machine
                .seal_bytes(&*secret)
                .map_err(internal("the secret of a second factor is not sealed"))?
        }
        FactorKind::Passkey => {
            let kept: Vec<Vec<u8>> = of_kind(present, FactorKind::Passkey)
                .map(|it| it.secret)
                .collect();
            let user = (handle(holder), holder.account.as_str());
            let origin = body.origin.as_deref().unwrap_or_default();
            let (options, making) = passkeys::begin(origin, user, &kept).map_err(unfit)?;
            begun.options = Some(options);
            making
        }
    };
    let made = Factor {
        id: id.as_u128(),
        kind,
        name: body.name,
        secret,
        made: now,
        confirmed: None,
        used: None,
        last_step: None,
    };
    if !app.engine.begin_factor(&permit, shown, made).await? {
        return Err(shown_no_more(&app, token));
    }
    Ok((StatusCode::CREATED, Json(begun)))
}

pub(crate) async fn confirm(
    State(app): State<App>,
    Granted(permit): Granted<ManageOwnAccess>,
    token: TokenHash,
    Path(id): Path<String>,
    body: Body<FactorConfirmation>,
) -> Result<StatusCode, Refused> {
    owes_no_proof(&app, token)?;
    let (now, holder) = (app.now(), permit.holder().clone());
    let id = Uuid::parse_str(&id).map_err(|_| Trouble::NotFound)?;
    let factors = app.engine.factors(holder.facility, &holder.account)?;
    let made = factors
        .into_iter()
        .find(|it| it.id == id.as_u128() && it.confirmed.is_none())
        .ok_or(Trouble::NotFound)?;
    let (secret, step) = match made.kind {
        FactorKind::Totp => {
            let typed = body.value.code.unwrap_or_default();
            let step = step_of(&app, &made, &typed, now).ok_or(wrong())?;
            (made.secret, Some(step))
        }
        FactorKind::Passkey => {
            let answer = body.value.credential.unwrap_or_default();
            let kept = passkeys::finish(&made.secret, &answer).map_err(unfit)?;
            (kept, None)
        }
    };
    let mut event = event(now, actor(holder), Deed::FactorAdd);
    event.detail = format!("kind={}", made.kind.as_str());
    let proved = (made.id, secret, step);
    let added = app.engine.confirm_factor(&permit, token.0, proved, event);
    if added.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Trouble::NotFound.into())
    }
}

pub(crate) async fn remove(
    State(app): State<App>,
    Granted(permit): Granted<ManageOwnAccess>,
    token: TokenHash,
    Path(id): Path<String>,
    body: Body<FactorRemoval>,
) -> Result<StatusCode, Refused> {
    owes_no_proof(&app, token)?;
    let id = Uuid::parse_str(&id).map_err(|_| Trouble::NotFound)?;
    let password = &body.value.password;
    let shown = confirm_password(&app, permit.holder(), password, app.now()).await?;
    let factors = app
        .engine
        .factors(permit.facility(), &permit.holder().account)?;
    if !factors.iter().any(|it| it.id == id.as_u128()) {
        return Err(Trouble::NotFound.into());
    }
    let policy = app.engine.settings(permit.facility())?;
    let keep_one = policy.settings.second_factor == Policy::Required;
    let event = event(
        app.now(),
        actor(permit.holder().clone()),
        Deed::FactorRemove,
    );
    let removed = app
        .engine
        .remove_factor(&permit, shown, (id.as_u128(), keep_one), event);
    match removed.await? {
        Removed::Done => Ok(StatusCode::NO_CONTENT),
        Removed::None => Err(Trouble::NotFound.into()),
        Removed::Last => Err(Trouble::Access(Why::SecondFactorLast).into()),
        Removed::ShownNoMore => Err(shown_no_more(&app, token)),
    }
}

/// A manager removes the factors of a person who lost them. The person signs in with the password, and adds a new one where the facility
/// requires it.
pub(crate) async fn reset(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let account = crate::accounts::managed(&app, &permit, &id)?.id;
    let event = crate::accounts::told(&permit, Deed::FactorReset, &account, app.now());
    app.engine.reset_factors(&permit, account, event).await?;
    app.events.wake(permit.facility());
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn challenge(
    State(app): State<App>,
    Granted(permit): Granted<ProveSecondFactor>,
    token: TokenHash,
    body: Body<NewPasskeyChallenge>,
) -> Result<Json<PasskeyChallenge>, Refused> {
    waits_for_proof(&app, token)?;
    let present = confirmed(&app, permit.holder())?;
    let kept: Vec<Vec<u8>> = of_kind(present, FactorKind::Passkey)
        .map(|it| it.secret)
        .collect();
    let (options, state) = passkeys::challenge(&body.value.origin, &kept).map_err(unfit)?;
    app.engine
        .keep_passkey_challenge(token.0, state, app.now())
        .await?;
    Ok(Json(PasskeyChallenge { options }))
}

pub(crate) async fn prove(
    State(app): State<App>,
    Peer(peer): Peer,
    Granted(permit): Granted<ProveSecondFactor>,
    token: TokenHash,
    body: Body<FactorProof>,
) -> Result<StatusCode, Refused> {
    waits_for_proof(&app, token)?;
    let (now, holder) = (app.now(), permit.holder().clone());
    let (proof, proved_by) = judge(&app, &permit, token, body.value, now).await?;
    let attempt = attempt(&holder, &peer, proved_by, now);
    let mut success = event(now, actor(holder.clone()), Deed::SignIn);
    success.detail = format!("second_factor={}", proved_by.as_str());
    let mut failure = event(now, actor(holder.clone()), Deed::FactorRefused);
    failure.detail = success.detail.clone();
    let told = (attempt, success, failure);
    let facility = holder.facility;
    let settled = app
        .engine
        .settle_proof(holder, token.0, proof, app.lockout, told);
    match settled.await? {
        Settled::Open => {
            // The person's earlier session ended, and with it its stream of events.
            app.events.wake(facility);
            Ok(StatusCode::NO_CONTENT)
        }
        Settled::Locked(seconds) => Err(Refused::after(Trouble::AccountLocked, seconds)),
        Settled::Wrong => Err(wrong().into()),
    }
}

/// How many second factors of an account count.
pub(crate) fn count(app: &Shared, account: &store::accounts::Account) -> Result<usize, Refused> {
    let factors = app.engine.factors(account.facility, &account.id)?;
    Ok(factors.iter().filter(|it| it.confirmed.is_some()).count())
}

/// The second factors of an account that count.
pub(crate) fn confirmed(app: &Shared, holder: &SignedIn) -> Result<Vec<Factor>, Refused> {
    let mut factors = app.engine.factors(holder.facility, &holder.account)?;
    factors.retain(|it| it.confirmed.is_some());
    Ok(factors)
}

fn of_kind(factors: Vec<Factor>, kind: FactorKind) -> impl Iterator<Item = Factor> {
    factors.into_iter().filter(move |it| it.kind == kind)
}

/// What was shown, judged; the store says whether it was used before.
async fn judge(
    app: &App,
    permit: &Permit<ProveSecondFactor>,
    token: TokenHash,
    shown: FactorProof,
    now: Instant,
) -> Result<(Proof, ProvedBy), Refused> {
    if let Some(typed) = shown.code {
        let factors = confirmed(app, permit.holder())?;
        let found = of_kind(factors, FactorKind::Totp)
            .find_map(|it| step_of(app, &it, &typed, now).map(|step| Proof::Step(it.id, step)));
        return Ok((found.unwrap_or(Proof::Wrong), ProvedBy::Totp));
    }
    if let Some(answer) = shown.credential {
        let asked = app.engine.take_passkey_challenge(token.0, now).await?;
        let factors = confirmed(app, permit.holder())?;
        let present: Vec<(u128, Vec<u8>)> = of_kind(factors, FactorKind::Passkey)
            .map(|it| (it.id, it.secret))
            .collect();
        let judged = asked.and_then(|asked| passkeys::judge(&asked, &answer, &present).ok());
        let proof = judged.map_or(Proof::Wrong, |(id, kept)| Proof::Passkey(id, kept));
        return Ok((proof, ProvedBy::Passkey));
    }
    let code = PaperCode::parse(&shown.recovery_code.unwrap_or_default());
    let proof = code.map_or(Proof::Wrong, |code| Proof::RecoveryCode(code.hash()));
    Ok((proof, ProvedBy::RecoveryCode))
}

/// The step of a clock whose code was typed, if it still counts.
fn step_of(app: &Shared, factor: &Factor, typed: &str, now: Instant) -> Option<i64> {
    let secret = app.machine.unseal_bytes(&factor.secret)?;
    matching(&secret, &digits(typed)?, &steps(now, factor.last_step))
}

/// Refuses a session that neither waits for a second factor nor may step up: one that was opened by the password alone may prove a factor
/// that counts, for what asks for one of its own (ambulance mode).
fn waits_for_proof(app: &Shared, token: TokenHash) -> Result<(), Refused> {
    let session = app.engine.session(&token.0)?.ok_or(Trouble::NotSignedIn)?;
    let waits = match session.entry {
        Entry::Prove => true,
        Entry::Full => is_by_password(app, &session)? && !confirmed(app, &session.who)?.is_empty(),
        Entry::Enrol => false,
    };
    if waits {
        Ok(())
    } else {
        Err(Trouble::Access(Why::NoSecondFactorAsked).into())
    }
}

/// Refuses a session that showed no second factor though the account had one when it was opened: what stands in a factor's place is not for
/// the password alone, also where the facility asks nobody for a factor.
pub(crate) fn owes_no_proof(app: &Shared, token: TokenHash) -> Result<(), Refused> {
    let session = app.engine.session(&token.0)?.ok_or(Trouble::NotSignedIn)?;
    let factors = confirmed(app, &session.who)?;
    let mut since = factors.iter().filter_map(|it| it.confirmed);
    if since.any(|at| at < session.opened) && is_by_password(app, &session)? {
        return Err(Trouble::Access(Why::SecondFactorNeeded).into());
    }
    Ok(())
}

/// Whether a session showed the password alone.
fn is_by_password(app: &Shared, session: &Session) -> Result<bool, Refused> {
    let proved = app.engine.proved_by(&session.who, session.opened)?;
    Ok(matches!(proved, Some(ProvedBy::Password) | None))
}

fn examine(body: &NewSecondFactor) -> Result<FactorKind, Refused> {
    let mut errors = Vec::new();
    if domain::personal_text::check(&body.name, NAME_CHARS).is_err() {
        errors.push(MemberError::new(
            "name",
            "form",
            "名前は1〜60文字で、制御文字は使えません。",
            "The name has 1 to 60 characters and no control characters.",
        ));
    }
    match FactorKind::parse(&body.kind) {
        Some(kind) if errors.is_empty() => return Ok(kind),
        Some(_) => {}
        None => errors.push(MemberError::new(
            "kind",
            "unknown",
            "kind は totp か passkey です。",
            "kind is totp or passkey.",
        )),
    }
    Err(Refused::members(Trouble::InvalidInput, errors))
}

/// What applications read from a QR code. It names facility and account, and holds the secret.
fn address(holder: &SignedIn, secret: &str) -> String {
    let (facility, account) = (holder.facility, &holder.account);
    format!("otpauth://totp/onshi:{facility}-{account}?secret={secret}&issuer=onshi")
}

/// Who a passkey belongs to, as its device keeps it: no name.
fn handle(holder: &SignedIn) -> Uuid {
    let text = format!("{}/{}", holder.facility, holder.account);
    let digest = Sha256::digest(text.as_bytes());
    let first = digest.iter().take(16);
    let id = first.fold(0_u128, |id, byte| id << 8 | u128::from(*byte));
    uuid::Builder::from_custom_bytes(id.to_be_bytes()).into_uuid()
}

fn wrong() -> Trouble {
    Trouble::Access(Why::SecondFactorWrong)
}

fn unfit(_: passkeys::Unfit) -> Refused {
    Trouble::Access(Why::PasskeyRefused).into()
}

/// The account of an identifier, for whoever looks it up by name.
#[cfg(test)]
mod tests {
    use super::*;
    use domain::account::{AccountId, AccountKind};
    use domain::institution_code::InstitutionCode;

    #[test]
    fn what_applications_read_and_devices_keep_holds_no_name() {
        let holder = SignedIn {
            facility: InstitutionCode::parse("1319999999").unwrap(),
            account: AccountId::parse("uketsuke").unwrap(),
            kind: AccountKind::General,
            certificate: [0; 32],
        };
        let address = address(&holder, "ABC");
        assert_eq!(
            address,
            "otpauth://totp/onshi:1319999999-uketsuke?secret=ABC&issuer=onshi"
        );
        let other = SignedIn {
            account: AccountId::parse("uketsuke2").unwrap(),
            ..holder.clone()
        };
        assert_eq!(handle(&holder), handle(&holder));
        assert_ne!(handle(&holder), handle(&other));
    }
}
