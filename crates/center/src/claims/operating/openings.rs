//! Time that operators open beside the calendar of the claims entry: more of it, less of it, and what there is. Each is an audit event.

use domain::audit::{Actor, Deed};
use domain::civil_date::Instant;
use domain::claims::window::Opening;
use domain::era;
use store::claims::openings::MadeOpening;

use super::super::{new_id, shown_id};
use super::{ClaimsOpeningLine, NewClaimsOpening, id_of, operator_of, reasoned, tenant_of};
use crate::app::App;
use crate::sessions::event;
use crate::told::Told;

/// Opens the entry beside its calendar.
pub(crate) async fn open(app: &App, new: &NewClaimsOpening, by: Actor) -> Result<(), Told> {
    let now = app.now();
    let tenant = match new.tenant.as_deref().filter(|it| !it.is_empty()) {
        Some(text) => Some(tenant_of(text)?),
        None => None,
    };
    let (from, until) = (moment("from", &new.from)?, moment("until", &new.until)?);
    let opening = Opening::new(from, until).filter(|it| now < it.until());
    let opening = opening.ok_or_else(|| {
        Told::of(
            "until",
            "order",
            "終わりは、始まりより後で、いまより後にしてください。",
            "the end must lie after the beginning and after now",
        )
    })?;
    let operator = operator_of(&by);
    let made = MadeOpening {
        id: new_id(app, now)?,
        tenant,
        opening,
        reason: reasoned("reason", &new.reason)?,
        operator,
        made: now,
        withdrawn: None,
    };
    let mut event = event(now, by, Deed::ClaimsOpening);
    event.subject = Some(made.id);
    event.detail = format!(
        "tenant={} from={from} until={until}",
        tenant.map_or_else(|| "all".to_owned(), |it| it.to_string())
    );
    Ok(app.engine.open_claims(made, event).await?)
}

/// An instant as RFC 3339, or as day and time in Japan: `2026-12-11 21:00`, `R8.12.11 24:00`.
fn moment(member: &'static str, text: &str) -> Result<Instant, Told> {
    if let Ok(at) = Instant::parse(text) {
        return Ok(at);
    }
    let local = || {
        let (day, time) = text.trim().rsplit_once(char::is_whitespace)?;
        let (hours, minutes) = time.split_once(':')?;
        let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
        let of_day = i64::from(hours) * 60 + i64::from(minutes);
        let is_time = minutes < 60 && of_day <= 24 * 60;
        let day = era::parse(day).ok().filter(|_| is_time)?;
        Some(Instant::start_of_day_in_japan(day).plus_seconds(of_day * 60))
    };
    local().ok_or_else(|| {
        Told::of(
            member,
            "form",
            "日時は「2026-12-11 21:00」のように指定してください。",
            "write a day and a time in Japan, like 2026-12-11 21:00",
        )
    })
}

/// How an opening stops before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It has not begun, and never will.
    Withdraw,
    /// It has begun, and ends now.
    End,
}

/// Takes back an opening that has not begun, or ends one that has.
pub(crate) async fn stop_opening(app: &App, id: &str, stop: Stop, by: Actor) -> Result<(), Told> {
    let now = app.now();
    let id = id_of(id)?;
    let found = app.engine.claims_openings(now)?.into_iter();
    let mut found = found.filter(|it| it.id == id && it.withdrawn.is_none());
    let has_begun = found.next().ok_or_else(none_in_force)?.opening.from() <= now;
    let state = match (stop, has_begun) {
        (Stop::Withdraw, false) => "withdrawn",
        (Stop::End, true) => "ended",
        (Stop::Withdraw, true) => {
            return Err(Told::of(
                "id",
                "state",
                "この延長はもう始まっています。終了してください。",
                "the opening has begun; end it",
            ));
        }
        (Stop::End, false) => {
            return Err(Told::of(
                "id",
                "state",
                "この延長はまだ始まっていません。取り消してください。",
                "the opening has not begun; withdraw it",
            ));
        }
    };
    let mut event = event(now, by, Deed::ClaimsOpening);
    event.subject = Some(id);
    event.detail = format!("state={state}");
    if app.engine.withdraw_claims_opening(id, event).await? {
        Ok(())
    } else {
        Err(none_in_force())
    }
}

/// No opening of an identifier can be withdrawn or ended.
pub(crate) fn none_in_force() -> Told {
    Told::none(
        "id",
        "取り消しや終了ができる延長がありません。一覧を確かめてください。",
        "there is no such opening in force; look at the list",
    )
}

/// The openings that are not over.
pub(crate) fn open_times(app: &App) -> Result<Vec<ClaimsOpeningLine>, Told> {
    let now = app.now();
    let found = app.engine.claims_openings(now)?;
    let state = |it: &MadeOpening| match it.withdrawn {
        Some(at) if it.opening.from() <= at => "ended",
        Some(_) => "withdrawn",
        None if it.opening.from() <= now => "open",
        None => "planned",
    };
    let line = |it: MadeOpening| ClaimsOpeningLine {
        id: shown_id(it.id),
        tenant: it.tenant.map(|it| it.to_string()),
        from: it.opening.from().to_string(),
        until: it.opening.until().to_string(),
        state: state(&it).into(),
        reason: it.reason,
        operator: it.operator,
    };
    Ok(found.into_iter().map(line).collect())
}
