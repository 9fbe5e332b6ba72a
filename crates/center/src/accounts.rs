//! Accounts of a facility (G04, G05): list, register, edit, disable. Which kinds, says `AccountKind::manages`.

use api::account::{Account as Shown, AccountChange, Accounts, NewAccount};
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::account::{AccountId, AccountKind, AccountState};
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::lockout;
use domain::password::Password;
use domain::permit::{ManageAccounts, Permit};
use store::accounts::Account;

use crate::app::App;
use crate::extract::{Body, Granted};
use crate::passwords;
use crate::sessions::{actor, event, refuse, state};
use crate::trouble::Refused;

/// The longest name to show, in characters.
const NAME_CHARS: usize = 60;

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
) -> Result<Json<Accounts>, Refused> {
    let now = app.now();
    let accounts = app.engine.accounts(permit.facility())?;
    let managed = accounts
        .into_iter()
        .filter(|account| permit.holder().kind.manages(account.kind));
    let accounts = managed.map(|account| shown(account, now)).collect();
    Ok(Json(Accounts { accounts }))
}

pub(crate) async fn register(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    body: Body<NewAccount>,
) -> Result<(StatusCode, Json<Shown>), Refused> {
    let (now, body) = (app.now(), body.value);
    let mut errors = Vec::new();
    let id = AccountId::parse(&body.id).map_err(|_| {
        MemberError::new(
            "id",
            "form",
            "IDは半角英数字と . _ - の1〜32文字です。",
            "An ID is 1 to 32 letters, digits, '.', '_' or '-'.",
        )
    });
    let kind = AccountKind::parse(&body.kind)
        .filter(|kind| permit.holder().kind.manages(*kind))
        .ok_or_else(|| {
            MemberError::new(
                "kind",
                "not_yours",
                "この種別のアカウントは登録できません。",
                "You may not register accounts of this kind.",
            )
        });
    errors.extend(id.as_ref().err().cloned());
    errors.extend(kind.as_ref().err().cloned());
    errors.extend(name_error(&body.display_name));
    let (Ok(id), Ok(kind), true) = (id, kind, errors.is_empty()) else {
        return Err(Refused::members(Trouble::InvalidInput, errors));
    };
    let password = Password::parse_for(kind, &body.password).map_err(|broken| refuse(&broken))?;
    let account = Account {
        facility: permit.facility(),
        id,
        kind,
        state: AccountState::Active,
        display_name: body.display_name,
        designation: body.designation,
        password: passwords::hash(&app, password, now, !kind.is_system()).await?,
        lockout: lockout::State::default(),
    };
    if app
        .engine
        .create_accounts(vec![account.clone()])
        .await?
        .is_err()
    {
        return Err(Trouble::AccountExists.into());
    }
    note(&app, &permit, Deed::AccountCreate, &account.id).await?;
    Ok((StatusCode::CREATED, Json(shown(account, now))))
}

pub(crate) async fn edit(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    Path(id): Path<String>,
    body: Body<AccountChange>,
) -> Result<Json<Shown>, Refused> {
    let (now, body) = (app.now(), body.value);
    let id = AccountId::parse(&id).map_err(|_| Trouble::NotFound)?;
    let found = app.engine.account(permit.facility(), &id)?;
    let managed = found.filter(|account| permit.holder().kind.manages(account.kind));
    let mut account = managed.ok_or(Trouble::NotFound)?;
    let by_hand = body.password.is_some() || body.state.as_deref() == Some("disabled");
    if let (Some((ja, en)), true) = (account.kind.breaks_when_changed(), by_hand) {
        let mut problem = Trouble::SystemAccount.problem();
        problem.clerk = api::problem::Text::new(ja, en);
        return Err(Refused::of(problem));
    }
    if let Some(name) = body.display_name {
        if let Some(error) = name_error(&name) {
            return Err(Refused::members(Trouble::InvalidInput, vec![error]));
        }
        account.display_name = name;
    }
    if let Some(state) = body.state {
        account.state = AccountState::parse(&state).ok_or_else(|| {
            let error = MemberError::new(
                "state",
                "unknown",
                "state は active か disabled です。",
                "state is active or disabled.",
            );
            Refused::members(Trouble::InvalidInput, vec![error])
        })?;
    }
    account.designation = body.designation.or(account.designation);
    let password = body
        .password
        .map(|text| Password::parse_for(account.kind, &text))
        .transpose();
    let password = password.map_err(|broken| refuse(&broken))?;
    app.engine.change_account(account.clone()).await?;
    note(&app, &permit, Deed::AccountChange, &account.id).await?;
    if let Some(password) = password {
        let row = passwords::hash(&app, password, now, true).await?;
        app.engine
            .set_password(account.facility, account.id.clone(), row.clone(), None)
            .await?;
        account.password = row;
        note(&app, &permit, Deed::PasswordChange, &account.id).await?;
    }
    Ok(Json(shown(account, now)))
}

async fn note(
    app: &App,
    permit: &Permit<ManageAccounts>,
    deed: Deed,
    id: &AccountId,
) -> Result<(), Refused> {
    let mut event = event(app.now(), actor(permit.holder().clone()), deed);
    event.detail = format!("account={id}");
    Ok(app.engine.record(event).await?)
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

fn shown(account: Account, now: Instant) -> Shown {
    Shown {
        designation: account.designation,
        display_name: account.display_name,
        id: account.id.to_string(),
        kind: account.kind.as_str().into(),
        locked: account.lockout.waits_s(now).is_some(),
        password: state(&account.password, now),
        state: account.state.as_str().into(),
    }
}
