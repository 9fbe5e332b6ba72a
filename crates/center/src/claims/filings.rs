//! Filings (届出) as a facility makes them, in a session of the center: first use, change of line, another PC. Sends nothing to anybody; the
//! printed form is the terminal's.

use api::claims::{ClaimsFiling, ClaimsFilings, NewClaimsFiling};
use api::problem::claims::ClaimsTrouble;
use api::problem::{MemberError, Text, Trouble};
use api::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::audit::Deed;
use domain::civil_date::CivilDate;
use domain::claims::entry::{FilingKind, FilingState, Line};
use domain::claims::tenant::Tenant;
use domain::permit::{FileForClaims, SignedIn};
use store::claims::filings::Filing;

use super::{new_id, read_id, shown_id};
use crate::app::App;
use crate::extract::{Body, Granted};
use crate::repeats::{Repeatable, again};
use crate::sessions::{actor, event};
use crate::trouble::{Refused, absent, unreadable};

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<FileForClaims>,
) -> Result<Json<ClaimsFilings>, Refused> {
    let filings = app.engine.filings_of(permit.facility())?;
    Ok(Json(ClaimsFilings {
        filings: filings.iter().map(shown).collect(),
    }))
}

pub(crate) async fn make(
    State(app): State<App>,
    Granted(permit): Granted<FileForClaims>,
    headers: HeaderMap,
    body: Body<NewClaimsFiling>,
) -> Result<(StatusCode, Json<ClaimsFiling>), Refused> {
    let (now, who) = (app.now(), permit.holder().clone());
    let parts = [routes::CLAIMS_FILINGS.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, &who, &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return made_before(&before);
    }
    let asked = read(&app, &who, &body.value)?;
    let filing = Filing {
        id: new_id(&app, now)?,
        account: who.account.clone(),
        made: now,
        ..asked
    };
    let made = about(&filing, who, FilingState::Made, now);
    let told = shown(&filing);
    let keeping = repeatable.keep(&told, now)?;
    match app.engine.make_filing(filing, made, keeping).await? {
        Some(earlier) => made_before(&again(earlier)?),
        None => Ok((StatusCode::CREATED, Json(told))),
    }
}

fn made_before(before: &[u8]) -> Result<(StatusCode, Json<ClaimsFiling>), Refused> {
    let told = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok((StatusCode::CREATED, Json(told)))
}

pub(crate) async fn hand_in(
    State(app): State<App>,
    Granted(permit): Granted<FileForClaims>,
    Path(id): Path<String>,
) -> Result<Json<ClaimsFiling>, Refused> {
    let (now, who) = (app.now(), permit.holder().clone());
    let id = read_id(&id)?;
    let found = app.engine.filing(id)?;
    let own = found.filter(|it| it.facility == who.facility);
    let own = own.ok_or(Trouble::NotFound)?;
    let handed_in = about(&own, who, FilingState::HandedIn, now);
    if !app
        .engine
        .hand_in_filing(permit.facility(), id, handed_in)
        .await?
    {
        return Err(Trouble::Claims(ClaimsTrouble::FilingState).into());
    }
    let filing = app
        .engine
        .filing(id)?
        .ok_or_else(absent("a filing that was handed in"))?;
    Ok(Json(shown(&filing)))
}

fn about(
    filing: &Filing,
    who: SignedIn,
    state: FilingState,
    now: domain::civil_date::Instant,
) -> domain::audit::Event {
    let mut event = event(now, actor(who), Deed::ClaimsFiling);
    event.subject = Some(filing.id);
    event.detail = format!(
        "tenant={} kind={} state={}",
        filing.tenant,
        filing.kind.as_str(),
        state.as_str()
    );
    event
}

/// What is asked for, or all members that are wrong.
fn read(app: &App, who: &SignedIn, body: &NewClaimsFiling) -> Result<Filing, Refused> {
    let mut errors = Vec::new();
    let mut wrong = |member: &str, ja: &str, en: &str| {
        errors.push(MemberError::new(member, "form", ja, en));
    };
    let tenant = Tenant::parse(&body.tenant).filter(|it| it.serves(who.facility));
    if tenant.is_none() {
        wrong(
            "tenant",
            "請求先を選んでください。",
            "Choose one of the review bodies shown.",
        );
    }
    let kind = FilingKind::parse(&body.kind);
    if kind.is_none() {
        wrong(
            "kind",
            "届出の種類を選んでください。",
            "Choose what the filing is for.",
        );
    }
    let line = Line::parse(&body.line);
    if line.is_none() {
        wrong("line", "回線を選んでください。", "Choose the line.");
    }
    let starts = CivilDate::parse_iso(&body.starts_on);
    if starts.is_err() {
        wrong(
            "starts_on",
            "開始日は実在する日付を入力してください。",
            "Write a day there is.",
        );
    }
    let terminal = body.terminal.trim().to_owned();
    if !app.engine.knows_terminal(who.facility, &terminal)? {
        wrong(
            "terminal",
            "この名称の端末の証明書はありません。先に電子証明書の発行を申請してください。",
            "No certificate was issued to a PC of this name. Apply for one first.",
        );
    }
    match (tenant, kind, line, starts, errors.is_empty()) {
        (Some(tenant), Some(kind), Some(line), Ok(starts), true) => Ok(Filing {
            id: 0,
            tenant,
            facility: who.facility,
            kind,
            terminal,
            line,
            starts,
            state: FilingState::Made,
            account: who.account.clone(),
            made: app.now(),
            handed_in: None,
            decided: None,
            operator: None,
            reason: None,
        }),
        _ => Err(Refused::members(Trouble::InvalidInput, errors)),
    }
}

/// A filing as a message.
pub(crate) fn shown(filing: &Filing) -> ClaimsFiling {
    let (ja, en) = filing.tenant.label();
    ClaimsFiling {
        account: filing.account.to_string(),
        decided_at: filing.decided.map(|it| it.to_string()),
        handed_in_at: filing.handed_in.map(|it| it.to_string()),
        id: shown_id(filing.id),
        kind: filing.kind.as_str().into(),
        line: filing.line.as_str().into(),
        made_at: filing.made.to_string(),
        reason: filing.reason.clone(),
        starts_on: filing.starts.to_string(),
        state: filing.state.as_str().into(),
        tenant: filing.tenant.to_string(),
        tenant_name: Text { en, ja },
        terminal: filing.terminal.clone(),
    }
}
