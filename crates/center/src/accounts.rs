//! Accounts of a facility (G04, G05): list, register, edit, disable. Which kinds, says `AccountKind::manages`.

mod viewers;

use api::account::{Account as Shown, AccountChange, Accounts, NewAccount, UnusualSignIn};
use api::problem::{MemberError, Text, Trouble};
use api::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::account::grounds::{Grounds, Profession};
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::{Deed, Event};
use domain::civil_date::Instant;
use domain::codes::setting::Right;
use domain::lockout;
use domain::password::Password;
use domain::permissions::{Action, allows};
use domain::permit::{ManageAccounts, Permit};
use sha2::{Digest, Sha256};
use store::accounts::{Account, Created, Edited};
use store::sign_ins::SignIn;

use crate::app::App;
use crate::conditional::fits;
use crate::extract::{Body, Granted};
use crate::passwords::{self, Asker};
use crate::repeats::Repeatable;
use crate::sessions::{actor, compare, event, password_errors, state};
use crate::trouble::{Refused, unreadable};

/// The longest name to show, in characters.
const NAME_CHARS: usize = 60;

/// Unusual sign-ins are told to managers for so long \[ours\].
const UNUSUAL_S: i64 = 31 * 86_400;

/// So many of them.
const MOST_UNUSUAL: usize = 50;

/// Words that stand where an identifier would in a route.
const RESERVED: [&str; 3] = ["current", "import", "me"];

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
) -> Result<Json<Accounts>, Refused> {
    let now = app.now();
    let accounts = app.engine.accounts(permit.facility())?;
    let managed = accounts
        .into_iter()
        .filter(|account| permit.holder().kind.manages(account.kind));
    let accounts: Vec<Shown> = managed.map(|account| shown(&account, now)).collect();
    let since = now.plus_seconds(-UNUSUAL_S);
    let mut unusual = app.engine.unusual_sign_ins(permit.facility(), since)?;
    unusual.retain(|it| accounts.iter().any(|account| account.id == it.0.as_str()));
    unusual.truncate(MOST_UNUSUAL);
    Ok(Json(Accounts {
        accounts,
        unusual_sign_ins: unusual.into_iter().map(unusual_sign_in).collect(),
    }))
}

/// What a manager needs to ask the person; the certificate and all else stay the person's own.
fn unusual_sign_in((account, it): (AccountId, SignIn)) -> UnusualSignIn {
    UnusualSignIn {
        account: account.to_string(),
        at: it.at.to_string(),
        terminal: it.terminal,
        unusual: it.unusual.iter().map(|it| it.as_str().into()).collect(),
    }
}

pub(crate) async fn one(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let account = managed(&app, &permit, &id)?;
    Ok(answer(StatusCode::OK, shown(&account, app.now())))
}

pub(crate) async fn register(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    headers: HeaderMap,
    body: Body<NewAccount>,
) -> Result<Response, Refused> {
    let now = app.now();
    let parts = [routes::ACCOUNTS.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return again(StatusCode::CREATED, &before);
    }
    let wanted = examine(permit.holder().kind, &body.value).map_err(Wrong::refused)?;
    let event = told_of_new(&permit, &wanted, now);
    let account = made(&app, &permit, wanted, now).await?;
    let shown = shown(&account, now);
    let kept = repeatable.keep(&shown, now)?;
    let created = app
        .engine
        .create_accounts(vec![account], vec![event], kept)
        .await?;
    match created {
        Created::Done => Ok(answer(StatusCode::CREATED, shown)),
        Created::Taken(_) => Err(Trouble::AccountExists.into()),
        Created::Earlier(earlier) => again(StatusCode::CREATED, &crate::repeats::again(earlier)?),
    }
}

pub(crate) async fn edit(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body<AccountChange>,
) -> Result<Response, Refused> {
    let now = app.now();
    let parts = [routes::ACCOUNT.as_bytes(), id.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return again(StatusCode::OK, &before);
    }
    let body = body.value;
    let seen = managed(&app, &permit, &id)?;
    if let Some(expected) = headers.get(header::IF_MATCH)
        && !fits(
            expected.to_str().unwrap_or_default(),
            &shown(&seen, now).version,
        )
    {
        return Err(Trouble::Changed.into());
    }
    let by_hand = body.password.is_some() || body.state.as_deref() == Some("disabled");
    if let (Some((ja, en)), true) = (seen.kind.breaks_when_changed(), by_hand) {
        let mut problem = Trouble::SystemAccount.problem();
        // The way that breaks nothing is named with what would break.
        problem.clerk = Text::new(
            &format!(
                "{ja}「システム用アカウントの切り替え」を使うと、機器を止めずに変更できます。"
            ),
            &format!("{en} Use the rotation of system accounts instead: it stops no device."),
        );
        return Err(Refused::of(problem));
    }
    let (mut account, password) = changed(&seen, body).map_err(Wrong::refused)?;
    let mut change = told(&permit, Deed::AccountChange, &account.id, now);
    if account.ambulance != seen.ambulance {
        change.detail = format!("{} ambulance={}", change.detail, account.ambulance.code());
    }
    if account.grounds != seen.grounds {
        change.detail.push_str(&profession(&account.grounds));
    }
    let mut events = vec![change];
    if account.state != seen.state {
        events.push(told(&permit, Deed::AccountState, &account.id, now));
    }
    let mut row = None;
    if let Some(password) = password {
        compare(&app, &account.id, account.facility, ("password", &password)).await?;
        events.push(told(&permit, Deed::PasswordChange, &account.id, now));
        let asker = Asker::At(account.facility);
        account.password = passwords::hash(&app, asker, password, now, true).await?;
        account.lockout = lockout::State::default();
        row = Some(account.password.clone());
    }
    let shown = shown(&account, now);
    let kept = repeatable.keep(&shown, now)?;
    let edited = app
        .engine
        .change_account(account, row, seen, events, kept)
        .await?;
    match edited {
        Edited::Done => Ok(answer(StatusCode::OK, shown)),
        Edited::ChangedBefore => Err(Trouble::Changed.into()),
        Edited::Earlier(earlier) => again(StatusCode::OK, &crate::repeats::again(earlier)?),
    }
}

/// A new account whose members are right.
pub(crate) struct Wanted {
    pub(crate) id: AccountId,
    kind: AccountKind,
    display_name: String,
    grounds: Grounds,
    ambulance: Right,
    password: Password,
}

/// What is wrong with the members of an account: those of the rules of forms, and those of the password.
#[derive(Debug, Default)]
pub(crate) struct Wrong {
    members: Vec<MemberError>,
    password: Vec<MemberError>,
}

impl Wrong {
    pub(crate) fn into_errors(self) -> Vec<MemberError> {
        self.members.into_iter().chain(self.password).collect()
    }

    fn refused(self) -> Refused {
        let trouble = if self.members.is_empty() {
            Trouble::PasswordRule
        } else {
            Trouble::InvalidInput
        };
        Refused::members(trouble, self.into_errors())
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty() && self.password.is_empty()
    }
}

/// Examines a new account that one of kind `manager` wants to register.
pub(crate) fn examine(manager: AccountKind, body: &NewAccount) -> Result<Wanted, Wrong> {
    let mut wrong = Wrong::default();
    let id = AccountId::parse(&body.id)
        .ok()
        .filter(|id| !RESERVED.contains(&id.as_str()));
    if id.is_none() {
        wrong.members.push(MemberError::new(
            "id",
            "form",
            "IDは半角英数字と . _ - の1〜32文字です（current、import、me は使えません）。",
            "An ID is 1 to 32 letters, digits, '.', '_' or '-', but not current, import or me.",
        ));
    }
    let kind = AccountKind::parse(&body.kind).filter(|kind| manager.manages(*kind));
    if kind.is_none() {
        wrong.members.push(MemberError::new(
            "kind",
            "not_yours",
            "この種別のアカウントは登録できません。",
            "You may not register accounts of this kind.",
        ));
    }
    wrong.members.extend(name_error(&body.display_name));
    let given = viewers::Given {
        profession: body.profession.as_deref(),
        designation: body.designation.as_deref(),
        designated_by: body.designated_by.as_deref(),
    };
    let (grounds, errors) = viewers::read(kind, given);
    wrong.members.extend(errors);
    let ambulance = right(body.ambulance);
    wrong.members.extend(ambulance_error(kind, ambulance));
    // The rule of a person holds for every kind; that of a system account only where the kind is known.
    let password = match kind {
        Some(kind) => Password::parse_for(kind, &body.password),
        None => Password::parse(&body.password),
    };
    if let Err(broken) = &password {
        wrong.password = password_errors("password", broken);
    }
    match (id, kind, password) {
        (Some(id), Some(kind), Ok(password)) if wrong.is_empty() => Ok(Wanted {
            id,
            kind,
            display_name: body.display_name.clone(),
            grounds,
            ambulance,
            password,
        }),
        _ => Err(wrong),
    }
}

/// The account to store, with its password hashed.
pub(crate) async fn made(
    app: &App,
    permit: &Permit<ManageAccounts>,
    wanted: Wanted,
    now: Instant,
) -> Result<Account, Refused> {
    let (asker, change_needed) = (Asker::At(permit.facility()), !wanted.kind.is_system());
    Ok(Account {
        facility: permit.facility(),
        id: wanted.id,
        kind: wanted.kind,
        state: AccountState::Active,
        display_name: wanted.display_name,
        grounds: wanted.grounds,
        ambulance: wanted.ambulance,
        password: passwords::hash(app, asker, wanted.password, now, change_needed).await?,
        lockout: lockout::State::default(),
    })
}

/// The event of a deed done to an account.
pub(crate) fn told(
    permit: &Permit<ManageAccounts>,
    deed: Deed,
    id: &AccountId,
    now: Instant,
) -> Event {
    let mut event = event(now, actor(permit.holder().clone()), deed);
    event.detail = format!("account={id}");
    event
}

/// The event of an account that is made.
pub(crate) fn told_of_new(permit: &Permit<ManageAccounts>, wanted: &Wanted, now: Instant) -> Event {
    let mut event = told(permit, Deed::AccountCreate, &wanted.id, now);
    event.detail.push_str(&profession(&wanted.grounds));
    event
}

/// As what a medical viewer looks, for an event; whoever designated is a person, and stands in the account alone.
fn profession(grounds: &Grounds) -> String {
    let name = grounds.profession.map(Profession::as_str);
    name.map(|name| format!(" profession={name}"))
        .unwrap_or_default()
}

/// An account the permit's holder manages; any other is not found.
pub(crate) fn managed(
    app: &App,
    permit: &Permit<ManageAccounts>,
    id: &str,
) -> Result<Account, Refused> {
    let id = AccountId::parse(id).map_err(|_| Trouble::NotFound)?;
    let found = app.engine.account(permit.facility(), &id)?;
    let managed = found.filter(|account| permit.holder().kind.manages(account.kind));
    Ok(managed.ok_or(Trouble::NotFound)?)
}

/// The account as it would be after a change, and its new password.
fn changed(seen: &Account, change: AccountChange) -> Result<(Account, Option<Password>), Wrong> {
    let (mut account, mut wrong) = (seen.clone(), Wrong::default());
    let (grounds, errors) = viewers::changed(seen, &change);
    account.grounds = grounds;
    if let Some(name) = change.display_name {
        wrong.members.extend(name_error(&name));
        account.display_name = name;
    }
    if let Some(name) = change.state {
        match AccountState::parse(&name) {
            Some(state) => account.state = state,
            None => wrong.members.push(MemberError::new(
                "state",
                "unknown",
                "state は active か disabled です。",
                "state is active or disabled.",
            )),
        }
    }
    wrong.members.extend(errors);
    if let Some(given) = change.ambulance {
        account.ambulance = right(given);
        let error = ambulance_error(Some(account.kind), account.ambulance);
        wrong.members.extend(error);
    }
    let password = change
        .password
        .map(|text| Password::parse_for(account.kind, &text));
    if let Some(Err(broken)) = &password {
        wrong.password = password_errors("password", broken);
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok((account, password.and_then(Result::ok)))
}

fn name_error(name: &str) -> Option<MemberError> {
    domain::personal_text::check(name, NAME_CHARS)
        .err()
        .map(|_| {
            MemberError::new(
                "display_name",
                "form",
                "表示名は1〜60文字で、制御文字は使えません。",
                "The name has 1 to 60 characters and no control characters.",
            )
        })
}

fn right(given: bool) -> Right {
    if given { Right::Given } else { Right::NotGiven }
}

fn ambulance_error(kind: Option<AccountKind>, right: Right) -> Option<MemberError> {
    let fits = kind.is_none_or(|kind| allows(kind, Action::ViewInAmbulance));
    (right == Right::Given && !fits).then(|| {
        MemberError::new(
            "ambulance",
            "not_for_kind",
            "救急時閲覧権限は医療情報閲覧アカウントだけに付与できます。",
            "Only a medical viewer may have the right to ambulance mode.",
        )
    })
}

fn answer(status: StatusCode, shown: Shown) -> Response {
    let tag = format!("\"{}\"", shown.version);
    (status, [(header::ETAG, tag)], Json(shown)).into_response()
}

/// The answer of before, for a request that came again.
fn again(status: StatusCode, before: &[u8]) -> Result<Response, Refused> {
    let shown = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok(answer(status, shown))
}

fn shown(account: &Account, now: Instant) -> Shown {
    let mut shown = Shown {
        ambulance: account.ambulance == Right::Given,
        designated_by: account.grounds.designated_by.clone(),
        designation: account.grounds.designation.clone(),
        display_name: account.display_name.clone(),
        id: account.id.to_string(),
        kind: account.kind.as_str().into(),
        locked: account.lockout.waits_s(now).is_some(),
        password: state(&account.password, now),
        profession: account.grounds.profession.map(|it| it.as_str().to_owned()),
        state: account.state.as_str().into(),
        version: String::new(),
    };
    shown.version = version(&shown);
    shown
}

/// Changes with everything that is shown; setting a password shows in its instant.
fn version(shown: &Shown) -> String {
    let bytes = serde_json::to_vec(shown).unwrap_or_default();
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}
