//! `/v1/home-care/activation-codes`: issued for the device of one person, listed and invalidated. A code is shown once, when it is issued; kept
//! is a keyed hash of it.

use api::home_care::{
    ActivationCodeRecord, ActivationCodes, IssuedActivationCode, NewActivationCode,
};
use api::problem::{MemberError, Trouble};
use api::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::account::{AccountId, AccountState};
use domain::civil_date::Instant;
use domain::home_care::VisualCheck;
use domain::home_care::activation::{ActivationCode, CODE_LIFE_S, CodeState, DeviceLabel};
use domain::institution_code::InstitutionCode;
use domain::permissions::{Action, allows};
use domain::permit::{ManageHomeCare, Permit};
use store::home_care::codes::{Code, NewCode};
use uuid::Uuid;

use super::unknown;
use crate::app::{App, Shared, random};
use crate::extract::{Body, Granted};
use crate::metrics::HomeCareDone;
use crate::repeats::{Repeatable, again};
use crate::trouble::{Refused, unreadable};

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ManageHomeCare>,
) -> Result<Json<ActivationCodes>, Refused> {
    let now = app.now();
    let codes = app.engine.activation_codes(&permit)?;
    Ok(Json(ActivationCodes {
        codes: codes.iter().map(|it| shown(it, now)).collect(),
    }))
}

pub(crate) async fn issue(
    State(app): State<App>,
    Granted(permit): Granted<ManageHomeCare>,
    headers: HeaderMap,
    body: Body<NewActivationCode>,
) -> Result<(StatusCode, Json<IssuedActivationCode>), Refused> {
    let now = app.now();
    let parts = [routes::HOME_CARE_CODES.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return kept(&before);
    }
    let (account, label) = read(&app, &permit, &body.value)
        .map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let code = loop {
        if let Some(code) = ActivationCode::from_bytes(random()?) {
            break code;
        }
    };
    let visual = if body.value.visual {
        VisualCheck::Allowed
    } else {
        VisualCheck::No
    };
    let new = Code {
        id: app.check_ids.next(now, random()?),
        account,
        label,
        visual,
        made: now,
        made_by: permit.holder().account.to_string(),
        until: now.plus_seconds(CODE_LIFE_S),
        tries: 0,
        state: CodeState::Open,
    };
    let mut told = IssuedActivationCode {
        code: None,
        listed: shown(&new, now),
    };
    // What is kept for a repetition holds no code.
    let keeping = repeatable.keep(&told, now)?;
    let hash = hash(&app, permit.facility(), &new.account, &code);
    let new = NewCode {
        id: new.id,
        account: new.account,
        label: new.label,
        visual,
        hash,
    };
    let issued = app.engine.issue_activation_code(&permit, new, now, keeping);
    if let Some(earlier) = issued.await? {
        return kept(&again(earlier)?);
    }
    app.metrics.count_home_care(HomeCareDone::CodeIssued);
    told.code = Some(code.digits().to_owned());
    Ok((StatusCode::CREATED, Json(told)))
}

pub(crate) async fn invalidate(
    State(app): State<App>,
    Granted(permit): Granted<ManageHomeCare>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let id = Uuid::parse_str(&id).map_err(|_| Trouble::NotFound)?;
    let ended = app
        .engine
        .invalidate_activation_code(&permit, id.as_u128(), app.now());
    if ended.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Trouble::NotFound.into())
    }
}

/// What is kept of a code, and what a device that shows one is held against.
pub(crate) fn hash(
    app: &Shared,
    facility: InstitutionCode,
    account: &AccountId,
    code: &ActivationCode,
) -> [u8; 32] {
    app.activation_hash.of(&[
        &facility.as_u64().to_be_bytes(),
        account.as_str().as_bytes(),
        code.digits().as_bytes(),
    ])
}

fn kept(before: &[u8]) -> Result<(StatusCode, Json<IssuedActivationCode>), Refused> {
    let told = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok((StatusCode::CREATED, Json(told)))
}

fn shown(it: &Code, now: Instant) -> ActivationCodeRecord {
    ActivationCodeRecord {
        account: it.account.to_string(),
        id: Uuid::from_u128(it.id).to_string(),
        issued_at: it.made.to_string(),
        issued_by: it.made_by.clone(),
        label: it.label.as_str().to_owned(),
        state: it.state.at(now, it.until).as_str().into(),
        tries: it.tries,
        valid_until: it.until.to_string(),
        visual: it.visual == VisualCheck::Allowed,
    }
}

/// An account of a person who cares for patients, and what its device will be called.
fn read(
    app: &Shared,
    permit: &Permit<ManageHomeCare>,
    body: &NewActivationCode,
) -> Result<(AccountId, DeviceLabel), Vec<MemberError>> {
    let mut errors = Vec::new();
    let account = AccountId::parse(&body.account).ok().filter(|id| {
        let found = app.engine.account(permit.facility(), id).ok().flatten();
        found.is_some_and(|it| {
            let cares = allows(it.kind, Action::HomeCare) && allows(it.kind, Action::AskByCard);
            it.state == AccountState::Active && cares
        })
    });
    if account.is_none() {
        errors.push(unknown(
            "account",
            "使用中の管理・一般・医療情報閲覧アカウントを指定してください。",
            "Name an administrator, general or medical-viewer account in use.",
        ));
    }
    let label = DeviceLabel::parse(&body.label).ok();
    if label.is_none() {
        errors.push(MemberError::new(
            "label",
            "form",
            "機器の呼び名を40文字までで入力してください。",
            "Give the device a name of up to 40 characters.",
        ));
    }
    account.zip(label).ok_or(errors)
}
