//! `/v1/home/…` on the home listener: what an app asks with a device's key. Answers hold no insurance data; what staff need of them they see at
//! the terminal.

use api::card::{CardCheck, CardCheckRequest, Challenge, Consents, Presence, PresenceRenewal};
use api::home_care::device::{
    DeviceActivation, DeviceRegistration, HomeAnswers, HomeCardCheck, HomeCardCheckRequest,
    HomeChallengeRequest, HomeFacility, RegisteredDevice,
};
use api::problem::home_care::HomeTrouble;
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use domain::account::AccountId;
use domain::civil_date::Instant;
use domain::home_care::activation::ActivationCode;
use domain::home_care::address::{AddressId, JoinCode};
use domain::home_care::{UNTIL_WITHDRAWN, VisualCheck, consent_until};
use domain::permit::{AskByCard, Permit};
use domain::questions::Choice;
use store::home_care::addresses::Address;
use store::home_care::checks::HomeAnswer;
use store::home_care::codes::Activation;
use store::home_care::devices::Device;
use uuid::Uuid;

use super::proven::{Proven, shown};
use super::{codes, unknown};
use crate::app::{App, Shared, random};
use crate::card_checks::{At, AtHome, Question, check, new_challenge};
use crate::extract::{json_bytes, parse};
use crate::metrics::HomeCareDone;
use crate::questions::{consent, present, read, refused};
use crate::repeats;
use crate::trouble::{Refused, internal};

/// The largest registration, in bytes.
const MOST_BYTES: usize = 4 << 10;

pub(crate) async fn address(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<HomeFacility>, Refused> {
    let address = in_force(&app, &id)?;
    let facility = app.engine.facility(address.facility)?;
    let facility = facility.ok_or(Trouble::Home(HomeTrouble::Address))?;
    Ok(Json(HomeFacility {
        care: address.care.as_str().into(),
        center: app.name.to_string(),
        facility: address.facility.to_string(),
        name: facility.name,
    }))
}

pub(crate) async fn register(
    State(app): State<App>,
    request: Request,
) -> Result<Json<RegisteredDevice>, Refused> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let headers = request.headers().clone();
    let bytes = json_bytes(request, MOST_BYTES, &app).await?;
    let body: DeviceRegistration = parse(&bytes)?;
    let now = app.now();
    let proof = shown(&headers, (&method, &path), &bytes, now)?;
    let key = body.key.coordinates().filter(|key| proof.is_of(key));
    let key = key.ok_or(Trouble::Home(HomeTrouble::Proof))?;
    let id = app.check_ids.next(now, random()?);
    let known = match &body.activation {
        None => know(&app, (id, key), &body.address, now).await,
        Some(shown) => activate(&app, (id, key), &body.address, shown).await,
    };
    app.metrics.count_home_care(match &known {
        Ok(_) => HomeCareDone::DeviceKnown,
        Err(_) => HomeCareDone::DeviceRefused,
    });
    Ok(Json(told(&known?)))
}

/// Knows a patient's own device by an address.
async fn know(
    app: &App,
    device: (u128, [u8; 64]),
    address: &str,
    now: Instant,
) -> Result<Device, Refused> {
    const UNKNOWN: Trouble = Trouble::Home(HomeTrouble::Address);
    let address = AddressId::parse(address).map_err(|_| UNKNOWN)?;
    let known = app.engine.know_own_device(device, address, now).await?;
    Ok(known.ok_or(UNKNOWN)?)
}

/// Binds the key by a code. Whatever is wrong is refused in one way.
async fn activate(
    app: &App,
    (id, key): (u128, [u8; 64]),
    address: &str,
    shown: &DeviceActivation,
) -> Result<Device, Refused> {
    const REFUSED: Trouble = Trouble::Home(HomeTrouble::Activation);
    let address = AddressId::parse(address).map_err(|_| REFUSED)?;
    let account = AccountId::parse(&shown.account).map_err(|_| REFUSED)?;
    // A misspelled code is told so: that twelve digits are needed is no secret, and no try is counted.
    let code = ActivationCode::parse(&shown.code).map_err(|_| {
        let error = MemberError::new(
            "activation.code",
            "form",
            "アクティベーションコードは12桁の数字です。",
            "An activation code has twelve digits.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })?;
    let found = app.engine.home_address(&address)?.ok_or(REFUSED)?;
    let activation = Activation {
        id,
        hash: codes::hash(app, found.facility, &account, &code),
        address,
        account,
        key,
    };
    let device = app.engine.activate_device(activation, app.now()).await?;
    Ok(device.ok_or(REFUSED)?)
}

fn told(device: &Device) -> RegisteredDevice {
    let bound = device.bound.as_ref();
    RegisteredDevice {
        account: bound.map(|it| it.account.to_string()),
        id: Uuid::from_u128(device.id).to_string(),
        label: bound.map(|it| it.label.clone()),
        until: device.until.map(|it| it.to_string()),
        visual: device.visual() == VisualCheck::Allowed,
    }
}

pub(crate) async fn challenge(
    State(app): State<App>,
    asked: Proven<HomeChallengeRequest>,
) -> Result<(StatusCode, Json<Challenge>), Refused> {
    let permit: Permit<AskByCard> = asked.permit(&app).await?;
    own_address(&app, &asked.device, &asked.value.address)?;
    let challenge = new_challenge(&app, &permit).await?;
    Ok((StatusCode::CREATED, Json(challenge)))
}

pub(crate) async fn ask(
    State(app): State<App>,
    headers: HeaderMap,
    asked: Proven<HomeCardCheckRequest>,
) -> Result<Json<HomeCardCheck>, Refused> {
    let permit: Permit<AskByCard> = asked.permit(&app).await?;
    let key = repeats::key(&headers)?;
    let body = &asked.value;
    let request = CardCheckRequest {
        certificate: body.certificate.clone(),
        challenge: body.challenge.clone(),
        method: body.method.clone(),
        signature: body.signature.clone(),
        visit_date: None,
    };
    let join = body.join.as_deref().filter(|it| !it.trim().is_empty());
    let join = match join {
        None => None,
        Some(text) => {
            let join = JoinCode::parse(text);
            Some(join.ok_or(Trouble::Home(HomeTrouble::Join))?)
        }
    };
    let home = AtHome {
        address: own_address(&app, &asked.device, &body.address)?,
        device: asked.device.clone(),
        join,
    };
    let question = Question {
        body: &request,
        bytes: &asked.bytes,
        key,
    };
    let done = check(&app, &permit, At::Home(&home), question).await?;
    Ok(Json(told_at_home(&app, &permit, done)?))
}

/// What a device shows of a check: who it was and what is asked.
fn told_at_home(
    app: &App,
    permit: &Permit<AskByCard>,
    done: CardCheck,
) -> Result<HomeCardCheck, Refused> {
    let id =
        Uuid::parse_str(&done.check.check_id).map_err(internal("the identifier of a check"))?;
    let home = app.engine.home_check(permit.facility(), id.as_u128())?;
    let is_open = home.is_some_and(|it| it.agreed.is_none());
    Ok(HomeCardCheck {
        // Whatever is open at home is open for this answer.
        asks_home_care: is_open && done.presence.is_some(),
        certificate: done.certificate,
        id: done.check.check_id,
        name: done.name,
        presence: done.presence,
        questions: done.questions,
        verdict: done.check.verdict,
    })
}

pub(crate) async fn renew(
    State(app): State<App>,
    Path(id): Path<String>,
    asked: Proven<PresenceRenewal>,
) -> Result<Json<Presence>, Refused> {
    let permit: Permit<AskByCard> = asked.permit(&app).await?;
    let id = present(&app, &permit, &id, &asked.value.token)?;
    let renewed = app.engine.renew_presence(&permit, id, app.now()).await?;
    let until = renewed.map_err(refused)?;
    Ok(Json(Presence {
        expires_at: until.to_string(),
        token: asked.value.token,
    }))
}

pub(crate) async fn answer(
    State(app): State<App>,
    Path(id): Path<String>,
    asked: Proven<HomeAnswers>,
) -> Result<Json<Consents>, Refused> {
    let permit: Permit<AskByCard> = asked.permit(&app).await?;
    let id = present(&app, &permit, &id, &asked.value.token)?;
    let given = read(&asked.value.answers)?;
    let home_care = match asked.value.home_care.as_deref() {
        None => None,
        Some(text) => Some(yes_or_no(text)?),
    };
    if home_care.is_none() && !given.is_empty() {
        let error = MemberError::new(
            "home_care",
            "missing",
            "home_care（訪問診療等・オンライン診療等への同意）を yes か no で指定してください。",
            "home_care is needed beside answers: yes or no.",
        );
        return Err(Refused::members(Trouble::InvalidInput, vec![error]));
    }
    record_answers(&app, &permit, id, (given, home_care))
        .await
        .map(Json)
}

/// Records what was answered at a device or on a page.
pub(super) async fn record_answers(
    app: &App,
    permit: &Permit<AskByCard>,
    id: u128,
    (given, home_care): (Vec<domain::questions::Answered>, Option<Choice>),
) -> Result<Consents, Refused> {
    let now = app.now();
    let home = home_care.map(|agreed| HomeAnswer {
        agreed,
        until: consent_until(now, app.home.consent_days),
    });
    let recorded = app
        .engine
        .answer_at_home(permit, id, (given, home), now)
        .await?;
    app.events.wake(permit.facility());
    let recorded = recorded.map_err(refused)?;
    if let Some(agreed) = home_care {
        let is_agreed = agreed == Choice::Yes;
        app.metrics.count_home_care(if is_agreed {
            HomeCareDone::Agreed
        } else {
            HomeCareDone::Declined
        });
    }
    let until = recorded.first().map(|it| it.valid_until);
    Ok(Consents {
        // What lasts until it is withdrawn has no end to tell.
        valid_until: until
            .filter(|it| *it < UNTIL_WITHDRAWN)
            .map(|it| it.to_string()),
        consents: recorded.iter().map(consent).collect(),
    })
}

fn yes_or_no(text: &str) -> Result<Choice, Refused> {
    let choice = Choice::parse(text).filter(|it| matches!(it, Choice::Yes | Choice::No));
    choice.ok_or_else(|| {
        let error = unknown(
            "home_care",
            "home_care は yes か no です。",
            "home_care is yes or no.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })
}

/// The address of a text, if it is in force.
pub(super) fn in_force(app: &Shared, text: &str) -> Result<Address, Refused> {
    const UNKNOWN: Trouble = Trouble::Home(HomeTrouble::Address);
    let id = AddressId::parse(text).map_err(|_| UNKNOWN)?;
    Ok(app.engine.home_address(&id)?.ok_or(UNKNOWN)?)
}

/// The same, if it is the device's facility's: that of another is refused as one that never was.
fn own_address(app: &Shared, device: &Device, text: &str) -> Result<Address, Refused> {
    let address = in_force(app, text)?;
    if address.facility == device.facility {
        Ok(address)
    } else {
        Err(Trouble::Home(HomeTrouble::Address).into())
    }
}

/// A page that waits under these characters is looked for before anything is recorded.
pub(crate) fn page_waits(
    app: &Shared,
    permit: &Permit<AskByCard>,
    home: &AtHome,
) -> Result<(), Refused> {
    let Some(join) = &home.join else {
        return Ok(());
    };
    let waits = app
        .engine
        .home_page_waits(permit.facility(), join, app.now())?;
    if waits {
        Ok(())
    } else {
        Err(Trouble::Home(HomeTrouble::Join).into())
    }
}
