//! Readers of a facility (G14): list, state, mode, and the release of one check by staff. The mode alone confirms nobody.

use api::problem::card::CardTrouble;
use api::problem::{MemberError, Trouble};
use api::reader::{ModeChange, NewRelease, Reader as Shown, ReaderReport, Readers, Release};
use api::routes;
use api::settings::return_minutes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::account::AccountKind;
use domain::civil_date::Instant;
use domain::facility_settings::LONGEST_RETURN_MINUTES;
use domain::identification::{FaceCapability, TerminalKeys};
use domain::permit::{AskByCard, ControlReader, Permit};
use domain::reader::{ModeSet, ReaderId, ReaderMode, ReaderState, StaffCall, state_at};
use store::readers::{Reader, ReleaseKept, Said};

use crate::app::{App, random};
use crate::extract::{Body, Granted, Peer};
use crate::repeats::{self, Repeatable};
use crate::trouble::{Refused, unreadable};

/// Seconds a release lasts (contracts §2).
const RELEASE_S: i64 = 120;

/// Characters of a profile's identifier.
const PROFILE_CHARS: usize = 32;

pub(crate) async fn list(
    State(app): State<App>,
    Granted(permit): Granted<ControlReader>,
) -> Result<Json<Readers>, Refused> {
    let now = app.now();
    let readers = app.engine.readers(&permit)?;
    Ok(Json(Readers {
        readers: readers.iter().map(|it| shown(it, now)).collect(),
    }))
}

pub(crate) async fn current(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Peer(peer): Peer,
) -> Result<Json<Shown>, Refused> {
    let own = own(&app, &permit, &peer.terminal)?;
    Ok(Json(shown(&own, app.now())))
}

pub(crate) async fn report(
    State(app): State<App>,
    Granted(permit): Granted<AskByCard>,
    Peer(peer): Peer,
    body: Body<ReaderReport>,
) -> Result<Json<Shown>, Refused> {
    let now = app.now();
    own(&app, &permit, &peer.terminal)?;
    let said = read(body.value)?;
    if app.engine.hear_reader(&permit, said, now).await? {
        app.events.wake(permit.facility());
    }
    let own = own(&app, &permit, &peer.terminal)?;
    Ok(Json(shown(&own, now)))
}

pub(crate) async fn set_mode(
    State(app): State<App>,
    Granted(permit): Granted<ControlReader>,
    Path(id): Path<String>,
    body: Body<ModeChange>,
) -> Result<Json<Shown>, Refused> {
    let now = app.now();
    let id = ReaderId::parse(&id).ok_or(Trouble::NotFound)?;
    // Staff stand at a PC themselves: it has no mode.
    let (ReaderId::Account(_), Some(_)) = (&id, app.engine.reader(&permit, &id)?) else {
        return Err(Trouble::NotFound.into());
    };
    let settings = app.engine.settings(permit.facility())?.settings;
    let minutes = body.value.return_after_minutes;
    let minutes = minutes.unwrap_or(settings.visual_return_minutes);
    if !(1..=LONGEST_RETURN_MINUTES).contains(&minutes) {
        let error = return_minutes("return_after_minutes");
        return Err(Refused::members(Trouble::InvalidInput, vec![error]));
    }
    let mode = ReaderMode::parse(&body.value.mode).ok_or_else(|| {
        let error = MemberError::new(
            "mode",
            "unknown",
            "mode は unattended（無人運転）か visual（目視確認）です。",
            "mode is unattended or visual.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })?;
    let set = ModeSet {
        mode,
        since: now,
        returns_at: match mode {
            ReaderMode::Unattended => None,
            ReaderMode::Visual => Some(now.plus_seconds(i64::from(minutes) * 60)),
        },
    };
    app.engine.set_reader_mode(&permit, &id, set).await?;
    app.events.wake(permit.facility());
    let reader = app.engine.reader(&permit, &id)?;
    Ok(Json(shown(&reader.ok_or(Trouble::NotFound)?, now)))
}

pub(crate) async fn release(
    State(app): State<App>,
    Granted(permit): Granted<ControlReader>,
    Peer(peer): Peer,
    headers: HeaderMap,
    body: Body<NewRelease>,
) -> Result<(StatusCode, Json<Release>), Refused> {
    let now = app.now();
    let parts = [routes::RELEASES.as_bytes(), &body.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return again(&before);
    }
    let reader = match body.value.reader.as_str() {
        "pc" => ReaderId::Pc(peer.terminal.clone()),
        other => ReaderId::parse(other).ok_or(Trouble::NotFound)?,
    };
    if app.engine.reader(&permit, &reader)?.is_none() {
        return Err(Trouble::NotFound.into());
    }
    let row = store::readers::Release {
        id: app.check_ids.next(now, random()?),
        reader: reader.to_string(),
        account: permit.holder().account.to_string(),
        issued: now,
        expires: now.plus_seconds(RELEASE_S),
    };
    let release = shown_release(&row);
    let kept = repeatable.keep(&release, now)?;
    let visit = body.value.visit;
    match app.engine.store_release(&permit, row, visit, kept).await? {
        ReleaseKept::New => {}
        ReleaseKept::Before(earlier) => return again(&repeats::again(earlier)?),
        ReleaseKept::VisitOver => return Err(Trouble::Card(CardTrouble::VisitOver).into()),
    }
    app.events.wake(permit.facility());
    Ok((StatusCode::CREATED, Json(release)))
}

fn again(before: &[u8]) -> Result<(StatusCode, Json<Release>), Refused> {
    let release = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok((StatusCode::CREATED, Json(release)))
}

/// The reader of a reader's account; others have none of their own to speak of.
fn own(app: &App, permit: &Permit<AskByCard>, terminal: &str) -> Result<Reader, Refused> {
    if permit.holder().kind != AccountKind::Reader {
        return Err(Trouble::NotFound.into());
    }
    Ok(app.engine.own_reader(permit, terminal)?)
}

/// A reader as it is now.
pub(crate) fn shown(reader: &Reader, now: Instant) -> Shown {
    let mode = reader
        .mode
        .map_or(ReaderMode::Unattended, |set| set.at(now));
    let returns = reader.mode.and_then(|set| set.returns_at);
    Shown {
        face: reader.abilities.face == FaceCapability::Enrolled,
        id: reader.id.to_string(),
        mode: mode.as_str().into(),
        mode_since: reader.mode.map(|set| {
            let returned = set.returns_at.filter(|end| *end <= now);
            returned.unwrap_or(set.since).to_string()
        }),
        name: reader.name.clone(),
        profile: reader.said.profile.clone(),
        returns_at: returns.filter(|end| now < *end).map(|end| end.to_string()),
        staff_called: reader.said.call == StaffCall::Called,
        state: state_at(reader.said.state, reader.said_at, now)
            .as_str()
            .into(),
        terminal_keys: reader.abilities.terminal_keys == TerminalKeys::Enrolled,
        visit: reader.said.visit,
    }
}

pub(crate) fn shown_release(row: &store::readers::Release) -> Release {
    Release {
        account: row.account.clone(),
        expires_at: row.expires.to_string(),
        id: uuid::Uuid::from_u128(row.id).to_string(),
        reader: row.reader.clone(),
    }
}

fn read(report: ReaderReport) -> Result<Said, Refused> {
    let mut errors = Vec::new();
    let state = ReaderState::parse(&report.state);
    if state.is_none() {
        errors.push(MemberError::new(
            "state",
            "unknown",
            "state は away、idle、card、waiting_for_staff、asking、trouble のいずれかです。",
            "state is away, idle, card, waiting_for_staff, asking or trouble.",
        ));
    }
    let profile = report.profile;
    if profile
        .as_deref()
        .is_some_and(|text| domain::personal_text::check(text, PROFILE_CHARS).is_err())
    {
        errors.push(MemberError::new(
            "profile",
            "form",
            "profile は32文字までで、制御文字は使えません。",
            "A profile has up to 32 characters and no control characters.",
        ));
    }
    match state {
        Some(state) if errors.is_empty() => Ok(Said {
            state,
            call: if report.staff_called {
                StaffCall::Called
            } else {
                StaffCall::None
            },
            profile,
            visit: report.visit,
        }),
        _ => Err(Refused::members(Trouble::InvalidInput, errors)),
    }
}
