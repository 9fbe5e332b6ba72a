//! Rotation of system accounts' secrets (G05): an administrator asks, the device registers its next secret under the present one and signs
//! in with it, and from that moment it alone counts. Never sees a device's files.

use api::problem::Trouble;
use api::problem::access::AccessTrouble;
use api::rotation::{NewRotation, NextSecret, OwnRotation, Rotation as Shown, Rotations};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::account::AccountId;
use domain::civil_date::Instant;
use domain::password::Password;
use domain::permit::{ManageAccounts, Permit, RotateOwnSecret, SignedIn};
use domain::rotation::NotRotatable;
use store::accounts::Account;
use store::rotations::{Rotation, Stepped};
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::extract::{Body, Granted};
use crate::passwords::{self, Asker};
use crate::sessions::refuse;
use crate::trouble::Refused;

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
) -> Result<Json<Rotations>, Refused> {
    let last = app.engine.rotations(&permit)?;
    let accounts = app.engine.accounts(permit.facility())?;
    let rotated = |account: &Account| {
        let kind = account.kind;
        kind.is_system() && permit.holder().kind.manages(kind)
    };
    let rotations = accounts.iter().filter(|it| rotated(it)).map(|account| {
        let last = last.iter().find(|it| it.account == account.id);
        shown(account, last)
    });
    Ok(Json(Rotations {
        rotations: rotations.collect(),
    }))
}

pub(crate) async fn ask(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    body: Body<NewRotation>,
) -> Result<(StatusCode, Json<Shown>), Refused> {
    let account = managed(&app, &permit, &body.value.account)?;
    let id = Uuid::now_v7().as_u128();
    let asked = app
        .engine
        .ask_rotation(&permit, account.id.clone(), id, app.now());
    done(asked.await?, AccessTrouble::RotationOpen)?;
    app.events.wake(permit.facility());
    let open = app.engine.open_rotation(permit.facility(), &account.id)?;
    Ok((StatusCode::CREATED, Json(shown(&account, open.as_ref()))))
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let account = managed(&app, &permit, &id)?;
    let withdrawn = app.engine.withdraw_rotation(&permit, account.id, app.now());
    done(withdrawn.await?, AccessTrouble::NoRotation)?;
    app.events.wake(permit.facility());
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn current(
    State(app): State<App>,
    Granted(permit): Granted<RotateOwnSecret>,
) -> Result<Json<OwnRotation>, Refused> {
    let holder = permit.holder();
    let open = app.engine.open_rotation(holder.facility, &holder.account)?;
    Ok(Json(OwnRotation {
        rotation: open.map(|it| Uuid::from_u128(it.id).to_string()),
    }))
}

pub(crate) async fn register(
    State(app): State<App>,
    Granted(permit): Granted<RotateOwnSecret>,
    body: Body<NextSecret>,
) -> Result<StatusCode, Refused> {
    let now = app.now();
    let id = Uuid::parse_str(&body.value.rotation)
        .map_err(|_| Trouble::Access(AccessTrouble::NoRotation))?;
    let password = Password::parse_for(permit.holder().kind, &body.value.password)
        .map_err(|broken| refuse("password", &broken))?;
    let asker = Asker::At(permit.facility());
    let row = passwords::hash(&app, asker, password, now, false).await?;
    let registered = app
        .engine
        .register_next_secret(&permit, id.as_u128(), row, now);
    done(registered.await?, AccessTrouble::NoRotation)?;
    app.events.wake(permit.facility());
    Ok(StatusCode::NO_CONTENT)
}

/// What is under way for an account that did not show its present secret: the hash to hold the shown one against.
pub(crate) fn next_hash(
    app: &Shared,
    account: &Account,
) -> Result<Option<(u128, String)>, Refused> {
    if !account.kind.is_system() {
        return Ok(None);
    }
    let open = app.engine.open_rotation(account.facility, &account.id)?;
    Ok(open.and_then(|it| Some((it.id, it.next?.hash))))
}

/// The machine signed in with its next secret. False when another change came between, and nothing was done.
pub(crate) async fn complete(
    app: &Shared,
    who: SignedIn,
    (id, hash): (u128, String),
    now: Instant,
) -> Result<bool, Refused> {
    let facility = who.facility;
    let completed = app.engine.complete_rotation(who, id, hash, now).await?;
    app.events.wake(facility);
    Ok(completed == Stepped::Done)
}

/// A system account the permit's holder manages; any other is not found.
fn managed(app: &App, permit: &Permit<ManageAccounts>, id: &str) -> Result<Account, Refused> {
    let id = AccountId::parse(id).map_err(|_| Trouble::NotFound)?;
    let found = app.engine.account(permit.facility(), &id)?;
    let managed = found.filter(|it| it.kind.is_system() && permit.holder().kind.manages(it.kind));
    Ok(managed.ok_or(Trouble::NotFound)?)
}

fn done(stepped: Stepped, not_now: AccessTrouble) -> Result<(), Refused> {
    match stepped {
        Stepped::Done => Ok(()),
        Stepped::NotNow => Err(Trouble::Access(not_now).into()),
        Stepped::Not(NotRotatable::Shared(_)) => {
            Err(Trouble::Access(AccessTrouble::RotationShared).into())
        }
        Stepped::Not(NotRotatable::Person) => Err(Trouble::NotFound.into()),
    }
}

fn shown(account: &Account, last: Option<&Rotation>) -> Shown {
    Shown {
        account: account.id.to_string(),
        asked_at: last.map(|it| it.asked.to_string()),
        asked_by: last.map(|it| it.asked_by.clone()),
        changed_at: last.map(|it| it.changed.to_string()),
        display_name: account.display_name.clone(),
        kind: account.kind.as_str().into(),
        stage: last.map_or("none", |it| it.stage.as_str()).into(),
    }
}
