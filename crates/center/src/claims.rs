//! The claims entry (オンライン請求, G33): sessions of its own, filings, files that arrive piece by piece, office checks, acceptance and results.
//! Opens nothing else of the center, and no account of the center opens it.

pub(crate) mod door;
pub(crate) mod files;
pub(crate) mod filings;
pub(crate) mod found;
pub(crate) mod notices;
mod office;
pub mod operating;
mod probes;
mod proofs;
pub(crate) mod sessions;
pub(crate) mod submissions;
pub(crate) mod uploads;
pub(crate) mod watch;

use std::collections::HashSet;
use std::sync::Mutex;

use api::openapi::operations::Method;
use api::problem::claims::ClaimsTrouble;
use api::problem::{MemberError, Trouble};
use api::routes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::{MethodRouter, delete, get, post, put};
use domain::account::AccountKind;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::claims::entry::Holder;
use domain::claims::tenant::Tenant;
use domain::claims::window::{Calendar, Opening, State};
use domain::medical_aid::TreatmentMonth;
use domain::session::{ACTIVITY_STEP_S, is_good};
use store::claims::sessions::ClaimsSession;
use store::claims::submissions::Submission;
use store::engine::StoreError;
use tokio::sync::Semaphore;

use crate::app::{App, Shared, random};
use crate::config::claims::Claims;
use crate::extract::{Peer, TokenHash, goes_on_with};
use crate::trouble::Refused;

/// Which handler answers which route of the entry.
pub(crate) fn routes() -> Vec<(Method, &'static str, MethodRouter<App>)> {
    vec![
        (Method::Get, routes::CLAIMS_ENTRY, get(door::read)),
        (
            Method::Post,
            routes::CLAIMS_SESSIONS,
            post(sessions::sign_in),
        ),
        (
            Method::Delete,
            routes::CLAIMS_SESSION_CURRENT,
            delete(sessions::sign_out),
        ),
        (
            Method::Put,
            routes::CLAIMS_OWN_PASSWORD,
            put(sessions::change_password),
        ),
        (Method::Get, routes::CLAIMS_FILINGS, get(filings::list)),
        (Method::Post, routes::CLAIMS_FILINGS, post(filings::make)),
        (
            Method::Post,
            routes::CLAIMS_FILING_HANDED_IN,
            post(filings::hand_in),
        ),
        (Method::Post, routes::CLAIMS_UPLOADS, post(uploads::begin)),
        (Method::Get, routes::CLAIMS_UPLOAD, get(uploads::read)),
        (
            Method::Delete,
            routes::CLAIMS_UPLOAD,
            delete(uploads::forget),
        ),
        (
            Method::Put,
            routes::CLAIMS_UPLOAD_CONTENT,
            put(uploads::receive),
        ),
        (Method::Post, routes::CLAIMS_UPLOAD_END, post(uploads::end)),
        (
            Method::Get,
            routes::CLAIMS_SUBMISSIONS,
            get(submissions::list),
        ),
        (
            Method::Get,
            routes::CLAIMS_SUBMISSION,
            get(submissions::one),
        ),
        (
            Method::Get,
            routes::CLAIMS_FINDINGS,
            get(submissions::findings),
        ),
        (
            Method::Get,
            routes::CLAIMS_RESULTS,
            get(submissions::results),
        ),
        (Method::Get, routes::CLAIMS_FOUND, get(found::read)),
        (
            Method::Post,
            routes::CLAIMS_ACCEPTANCE,
            post(submissions::accept),
        ),
        (
            Method::Post,
            routes::CLAIMS_WITHDRAWAL,
            post(submissions::withdraw),
        ),
        (Method::Get, routes::CLAIMS_FILE, get(files::read)),
    ]
}

/// What the entry works with.
pub(crate) struct Entry {
    pub(crate) settings: Claims,
    /// Files being read while they arrive.
    probes: probes::Probes,
    /// So many files are checked at once.
    checking: Semaphore,
    /// Submissions that this process checks, or is about to.
    in_hand: Mutex<HashSet<u128>>,
}

impl Entry {
    pub(crate) fn new(settings: Claims) -> Self {
        let at_once = usize::from(settings.checks_at_once.get());
        Self {
            settings,
            probes: probes::Probes::default(),
            checking: Semaphore::new(at_once),
            in_hand: Mutex::default(),
        }
    }
}

/// Whoever is signed in at the claims entry, to whatever a password that must be changed leaves open.
pub(crate) struct SignedIn {
    pub(crate) who: Holder,
    pub(crate) token: [u8; 32],
    change_needed: bool,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let peer = Peer::from_request_parts(parts, app).await?;
        let TokenHash(token) = TokenHash::from_request_parts(parts, app).await?;
        let now = app.now();
        let session = session_of(app, &peer, token, now).await?;
        let is_background = parts.headers.get("onshi-background").is_some();
        if !is_background && ACTIVITY_STEP_S <= session.active.seconds_until(now) {
            app.engine.touch_claims_session(token, now).await?;
        }
        Ok(Self {
            who: session.who,
            token,
            change_needed: session.change_needed,
        })
    }
}

/// Whoever may hand claims in now.
pub(crate) struct Claimant(pub(crate) Holder);

impl FromRequestParts<App> for Claimant {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if signed_in.change_needed {
            return Err(Trouble::PasswordChangeNeeded.into());
        }
        Ok(Self(signed_in.who))
    }
}

async fn session_of(
    app: &App,
    peer: &Peer,
    token: [u8; 32],
    now: Instant,
) -> Result<ClaimsSession, Refused> {
    let session = app.engine.claims_session(&token)?;
    let session = session.ok_or(Trouble::NotSignedIn)?;
    // A token with another certificate is a stolen one: it is told nothing.
    if !goes_on_with(app, &session.who.certificate, &peer.0.fingerprint)? {
        tracing::warn!(facility.code = %peer.0.facility, "a token of the claims entry came with another certificate");
        return Err(Trouble::NotSignedIn.into());
    }
    // Of sessions it is a person's like any other.
    if !is_good(AccountKind::General, session.opened, session.active, now) {
        app.engine.end_claims_session(token, None).await?;
        return Err(Trouble::SessionEnded.into());
    }
    Ok(session)
}

/// An event of a claims account. Its identifier is the review body's: the detail says which.
fn event_of(who: &Holder, at: Instant, deed: Deed, detail: &str) -> Event {
    let actor = Actor::Account {
        facility: who.facility,
        account: who.account.clone(),
        certificate: who.certificate,
    };
    let mut event = crate::sessions::event(at, actor, deed);
    event.detail = format!("tenant={}", who.tenant);
    if !detail.is_empty() {
        event.detail.push(' ');
        event.detail.push_str(detail);
    }
    event
}

/// A new identifier, newer ones sorting later.
fn new_id(app: &Shared, now: Instant) -> Result<u128, Refused> {
    Ok(app.check_ids.next(now, random()?))
}

/// An identifier as messages have it.
fn shown_id(id: u128) -> String {
    uuid::Uuid::from_u128(id).to_string()
}

/// The identifier of a path or member.
fn read_id(text: &str) -> Result<u128, Refused> {
    let id = uuid::Uuid::parse_str(text).map_err(|_| Trouble::NotFound)?;
    Ok(id.as_u128())
}

/// What is opened beside the calendar for a review body: in force now or later, and not taken back.
fn openings(app: &Shared, tenant: Tenant, now: Instant) -> Result<Vec<Opening>, StoreError> {
    // Openings of this month that are over still say until when the month went.
    let since = begin_of_month(now, 0);
    let made = app.engine.claims_openings(since)?;
    let fits = made
        .into_iter()
        .filter(|it| it.withdrawn.is_none() && it.tenant.is_none_or(|of| of == tenant));
    Ok(fits.map(|it| it.opening).collect())
}

/// What was opened beside the calendar for a review body and goes on after an instant; what an operator ended goes on until then.
fn opened(app: &Shared, tenant: Tenant, after: Instant) -> Result<Vec<Opening>, StoreError> {
    let made = app.engine.claims_openings(after)?;
    let fits = made
        .into_iter()
        .filter(|it| it.tenant.is_none_or(|of| of == tenant));
    let opened = fits.filter_map(|it| {
        let until = it.opening.until();
        let until = it.withdrawn.map_or(until, |ended| ended.min(until));
        Opening::new(it.opening.from(), until)
    });
    Ok(opened.filter(|it| after < it.until()).collect())
}

/// The month before that of an instant.
fn month_before(of: Instant) -> TreatmentMonth {
    let month = TreatmentMonth::of(of.date_in_japan());
    TreatmentMonth::of(month.first_day().plus_months(-1))
}

/// When the month of an instant begins, or one so many months later.
fn begin_of_month(of: Instant, later: i32) -> Instant {
    let month = TreatmentMonth::of(of.date_in_japan());
    Instant::start_of_day_in_japan(month.first_day().plus_months(later))
}

/// Until when a submission is accepted: in the time of the month it was sent in, with what was opened in that month; the month before's, in what was
/// opened in that one and went on. None when that is over.
fn accepted_until(
    app: &Shared,
    submission: &Submission,
    now: Instant,
) -> Result<Option<Instant>, Refused> {
    let sent = submission.sent;
    let calendar = uploads::calendar(app, submission.corrects);
    if submission.counts.claim_month == Some(month_before(sent)) {
        let of_before = until_of_month_before(app, submission.tenant, calendar, sent)?;
        if let Some(until) = of_before {
            return Ok((now < until).then_some(until));
        }
    }
    let open = openings(app, submission.tenant, sent)?;
    let end = begin_of_month(sent, 1);
    // The days of the next month are that month's; what an operator opened may go on.
    let goes_on = |it: &Opening| it.from() < end && now < it.until();
    let opened = open.iter().copied().filter(goes_on);
    let opened = opened.map(Opening::until).max();
    if end <= now {
        return Ok(opened);
    }
    let state = match calendar.state(&open, sent) {
        // An opening that let it in was taken back since: what is left of the month's time counts.
        State::Closed { .. } => match calendar.state(&open, now) {
            // Between two days it goes on with the next.
            State::Closed { opens } if opens < end => calendar.state(&open, opens),
            of_now => of_now,
        },
        of_sent @ State::Open { .. } => of_sent,
    };
    let State::Open { last, .. } = state else {
        return Ok(None);
    };
    let last = last.min(opened.map_or(end, |it| it.max(end)));
    Ok((now < last).then_some(last))
}

/// Whether the time in which a submission is accepted is over.
fn is_over(app: &Shared, submission: &Submission, now: Instant) -> Result<bool, Refused> {
    Ok(accepted_until(app, submission, now)?.is_none())
}

/// Until when the time goes that was opened in the month before that of an instant and went on, where nothing else lets anything in at that
/// instant: what comes then may be of the month before. None where it does not go on so far, or something else lets it in.
fn until_of_month_before(
    app: &Shared,
    tenant: Tenant,
    calendar: &Calendar,
    at: Instant,
) -> Result<Option<Instant>, StoreError> {
    let begin = begin_of_month(at, 0);
    let (before, own): (Vec<Opening>, Vec<Opening>) = opened(app, tenant, begin)?
        .into_iter()
        .partition(|it| it.from() < begin);
    let lets_in = before.iter().any(|it| at < it.until());
    if !lets_in || calendar.state(&own, at).is_open() {
        return Ok(None);
    }
    Ok(before.into_iter().map(Opening::until).max())
}

/// Lets nothing by while it is not the time for it.
fn in_time(app: &Shared, tenant: Tenant, calendar: &Calendar, now: Instant) -> Result<(), Refused> {
    match calendar.state(&openings(app, tenant, now)?, now) {
        State::Open { .. } => Ok(()),
        State::Closed { opens } => {
            let at = opens.to_minute_in_japan();
            let error = MemberError::new(
                "opens_at",
                &opens.to_string(),
                &format!("次の受付は {at} からです。"),
                &format!("It opens again at {at}."),
            );
            let closed = Trouble::Claims(ClaimsTrouble::Closed);
            Err(Refused::members(closed, vec![error]))
        }
    }
}
