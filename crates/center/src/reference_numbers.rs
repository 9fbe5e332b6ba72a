//! Reference numbers (照会番号): `/v1/reference-numbers`, and what messages of receipt computers share with it. Every look is recorded;
//! whose a number becomes is decided by `domain::reference_number`.

use api::problem::{MemberError, Trouble};
use api::reference_number::{
    BearerMembers, ReferenceNumberHolder, ReferenceNumberRegistration, ReferenceNumberRemoval,
    ReferenceNumberSearch, Sought, reference_number,
};
use api::routes;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::audit::Deed;
use domain::permit::{AskInBulk, Permit};
use domain::person::{Person, PersonId};
use domain::reference_number::{Assignment, Bearer, NotOne, ReferenceNumber, TakenByAnother};
use exchange::error_code::{ErrorCode, Unanswerable};
use exchange::tables::reference_number::Registration as Told;
use store::reference_numbers::{Registered, Removed};

use crate::app::{App, Shared};
use crate::extract::{Body, Granted};
use crate::link::must;
use crate::repeats::{Repeatable, again};
use crate::sessions::{actor, event};
use crate::trouble::{Refused, unreadable};

pub(crate) async fn register(
    State(app): State<App>,
    Granted(permit): Granted<AskInBulk>,
    headers: HeaderMap,
    body: Body<ReferenceNumberRegistration>,
) -> Result<Json<ReferenceNumberHolder>, Refused> {
    let now = app.now();
    let parts = [routes::REFERENCE_NUMBERS.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return kept(&before);
    }
    let read = body.value.read();
    let (number, bearer) =
        read.map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    let found = look_up(&app, &permit, &bearer)?;
    let person = match found {
        Ok(person) => person,
        Err(none) => {
            looked(&app, &permit, (None, outcome(none))).await?;
            return Err(Refused::members(Trouble::InvalidInput, vec![not_one(none)]));
        }
    };
    let holder = holder(&person, Some(number.as_str().to_owned()));
    let keeping = holder.clone();
    let wanted = (number, person.id);
    let registered = app
        .engine
        .register_reference_number(
            &permit,
            wanted,
            now,
            repeatable.keep(&(), now)?,
            move |done| {
                let answer = done.ok().map(|done| assigned(keeping, done));
                serde_json::to_vec(&answer).unwrap_or_default()
            },
        )
        .await?;
    match registered {
        Registered::Done(done) => Ok(Json(assigned(holder, &done))),
        Registered::Taken => Err(taken()),
        Registered::Before(earlier) => kept(&again(earlier)?),
    }
}

pub(crate) async fn search(
    State(app): State<App>,
    Granted(permit): Granted<AskInBulk>,
    body: Body<ReferenceNumberSearch>,
) -> Result<Json<ReferenceNumberHolder>, Refused> {
    let read = body.value.read();
    let sought = read.map_err(|errors| Refused::members(Trouble::InvalidInput, errors))?;
    // By a message a number is registered without a birth date: whoever sends messages is not told by the number who that was.
    if permit.holder().kind.is_system() && matches!(sought, Sought::Number(_)) {
        return Err(Trouble::NotPermitted.into());
    }
    let found = match &sought {
        Sought::Number(number) => match app.engine.bearer_of(&permit, number)? {
            Some(person) => app.engine.registered(&permit, person)?.ok_or_else(unknown),
            None => Err(unknown()),
        },
        Sought::Bearer(bearer) => match look_up(&app, &permit, bearer)? {
            Ok(person) => app
                .engine
                .registered(&permit, person.id)?
                .ok_or_else(unknown),
            Err(none) => Err(Refused::members(Trouble::InvalidInput, vec![not_one(none)])),
        },
    };
    let about = found.as_ref().ok().map(|it| it.registration.person.id);
    let what = if about.is_some() {
        "found"
    } else {
        "not_found"
    };
    looked(&app, &permit, (about, what)).await?;
    let found = found?;
    Ok(Json(ReferenceNumberHolder {
        outcome: "found".into(),
        ..holder(&found.registration.person, found.reference_number)
    }))
}

pub(crate) async fn remove(
    State(app): State<App>,
    Granted(permit): Granted<AskInBulk>,
    headers: HeaderMap,
    body: Body<ReferenceNumberRemoval>,
) -> Result<StatusCode, Refused> {
    let now = app.now();
    let parts = [routes::REFERENCE_NUMBERS_REMOVAL.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if repeatable.before(&app)?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let number = reference_number(&body.value.reference_number);
    let number = number.map_err(|error| Refused::members(Trouble::InvalidInput, vec![error]))?;
    let kept = repeatable.keep(&(), now)?;
    let removed = app
        .engine
        .remove_reference_number(&permit, number, now, kept);
    match removed.await? {
        Removed::Done(_) => Ok(StatusCode::NO_CONTENT),
        Removed::Unknown => Err(unknown()),
        Removed::Before(earlier) => again(earlier).map(|_| StatusCode::NO_CONTENT),
    }
}

/// Number and bearer of a registration in a message, or the first thing that is wrong with it.
pub(crate) fn bearer(told: &Told) -> Result<(ReferenceNumber, Bearer), Unanswerable> {
    let members = BearerMembers {
        insurer_number: must(told.insurer_number.as_deref(), "保険者番号")?,
        symbol: told.symbol.as_deref(),
        number: must(told.number.as_deref(), "被保険者証番号")?,
        branch: told.branch.as_deref(),
        // The message has no place for it.
        birth_date: None,
    };
    let number = must(told.reference_number.as_deref(), "照会番号")?;
    let wrong = |error: &MemberError| ErrorCode::Refused.about(&error.text.ja);
    let number = reference_number(number).map_err(|error| wrong(&error))?;
    let bearer = api::reference_number::bearer(&members);
    let bearer = bearer.map_err(|errors| {
        let first = errors.first();
        first.map_or_else(|| ErrorCode::Refused.about(""), wrong)
    })?;
    Ok((number, bearer))
}

/// The person a registration in a message is for; that there is none is recorded.
pub(crate) async fn person(
    app: &Shared,
    permit: &Permit<AskInBulk>,
    bearer: &Bearer,
) -> Result<Result<PersonId, Unanswerable>, Refused> {
    match look_up(app, permit, bearer)? {
        Ok(person) => Ok(Ok(person.id)),
        Err(none) => {
            looked(app, permit, (None, outcome(none))).await?;
            let code = match none {
                NotOne::Nobody => ErrorCode::NoSuchCoverage,
                NotOne::Several => ErrorCode::SeveralMatch,
            };
            Ok(Err(code.plain()))
        }
    }
}

/// What is said of a registration beside that it is done.
pub(crate) fn remark(done: &Assignment) -> Option<String> {
    match done {
        Assignment::New | Assignment::Same => None,
        Assignment::Changed { was } => Some(format!(
            "登録済みの照会番号（{}）から変更しました。",
            was.as_str()
        )),
    }
}

fn look_up(
    app: &Shared,
    permit: &Permit<AskInBulk>,
    bearer: &Bearer,
) -> Result<Result<Person, NotOne>, Refused> {
    let registrations = app
        .engine
        .look_up_in_bulk(permit, &bearer.key(), bearer.birth_date)?;
    Ok(bearer.find(&registrations).cloned())
}

/// Records a look.
async fn looked(
    app: &Shared,
    permit: &Permit<AskInBulk>,
    (about, what): (Option<PersonId>, &str),
) -> Result<(), Refused> {
    let by = actor(permit.holder().clone());
    let mut look = event(app.now(), by, Deed::ReferenceNumberRead);
    look.subject = about.map(PersonId::as_u128);
    look.detail = format!("outcome={what}");
    Ok(app.engine.record(look).await?)
}

fn outcome(none: NotOne) -> &'static str {
    match none {
        NotOne::Nobody => "nobody",
        NotOne::Several => "several",
    }
}

fn holder(person: &Person, number: Option<String>) -> ReferenceNumberHolder {
    ReferenceNumberHolder {
        kana: person.kana.as_ref().map(|kana| kana.as_str().to_owned()),
        name: person.name.as_str().to_owned(),
        outcome: String::new(),
        reference_number: number,
        was: None,
    }
}

fn assigned(holder: ReferenceNumberHolder, done: &Assignment) -> ReferenceNumberHolder {
    let (outcome, was) = match done {
        Assignment::New => ("new", None),
        Assignment::Same => ("same", None),
        Assignment::Changed { was } => ("changed", Some(was.as_str().to_owned())),
    };
    ReferenceNumberHolder {
        outcome: outcome.into(),
        was,
        ..holder
    }
}

/// What was answered before; nothing stands for a number that was taken.
fn kept(before: &[u8]) -> Result<Json<ReferenceNumberHolder>, Refused> {
    let before: Option<ReferenceNumberHolder> =
        serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    before.map(Json).ok_or_else(taken)
}

fn taken() -> Refused {
    let TakenByAnother = TakenByAnother;
    let error = MemberError::new(
        "reference_number",
        "taken",
        "この照会番号は別の患者に登録されています。照会番号で検索して確かめ、必要ならその登録を解除してから登録してください。",
        "The number belongs to another patient. Search for it to see whose it is, and remove it there first if it is wrong.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}

fn not_one(none: NotOne) -> MemberError {
    match none {
        NotOne::Nobody => MemberError::new(
            "number",
            "not_found",
            "該当する資格がありません。保険者番号・記号・番号・枝番・生年月日を確かめてください。",
            "No coverage matches. Check insurer number, symbol, number, branch and birth date.",
        ),
        NotOne::Several => MemberError::new(
            "branch",
            "several",
            "複数の方が該当します。枝番か生年月日を入力してください。",
            "Several people match. Enter the branch or the birth date.",
        ),
    }
}

fn unknown() -> Refused {
    let error = MemberError::new(
        "reference_number",
        "unknown",
        "この照会番号は登録されていません。",
        "The number is not registered.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}
