//! What a handler may rely on: the certificate's holder, a permit, a body of the right form. Nothing passes without.

use std::sync::Arc;

use api::problem::Trouble;
use api::problem::access::AccessTrouble;
use api::problem::certificate::CertificateTrouble;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::permissions::Action;
use domain::permit::{Permission, Permit, SignedIn};
use domain::second_factor::{Entry, PROVE_WITHIN_S};
use domain::session::{ACTIVITY_STEP_S, is_good};
use pki::identity::Holder;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use store::sessions::Session;
use traces::Stage;

use crate::app::App;
use crate::config::duration;
use crate::sessions::{actor, event};
use crate::trouble::Refused;

/// The largest JSON body taken, in bytes.
const MOST_BYTES: usize = 64 << 10;

/// The largest form of a page that is open to everybody, in bytes.
pub(crate) const OPEN_FORM_BYTES: usize = 16 << 10;

/// The holder of the connection's certificate.
#[derive(Debug, Clone)]
pub(crate) struct Peer(pub(crate) Arc<Holder>);

impl FromRequestParts<App> for Peer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let peer = parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Trouble::NotSignedIn)?;
        // The listener closes such connections; a request already read is refused here.
        if app.revocations.holds(&peer.0.fingerprint) {
            return Err(Trouble::CertificateRevoked.into());
        }
        // The handshake looks at a certificate's end once: connections stay open, and TLS resumes sessions without looking again.
        if peer.0.not_after < app.now() {
            return Err(Trouble::Certificate(CertificateTrouble::Expired).into());
        }
        Ok(peer)
    }
}

/// SHA-256 of the bearer token: all the center knows of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

impl FromRequestParts<App> for TokenHash {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refused> {
        let value = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = value.and_then(bearer).ok_or(Trouble::NotSignedIn)?;
        Ok(Self(Sha256::digest(token.as_bytes()).into()))
    }
}

/// The token of a value of `Authorization` with the scheme Bearer, whose letters may be capital or small (RFC 9110, 11.1).
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| token.trim_start())
}

/// The right of the signed-in account to do `A`.
#[derive(Debug)]
pub(crate) struct Granted<A: Permission>(pub(crate) Permit<A>);

impl<A: Permission> FromRequestParts<App> for Granted<A> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let peer = Peer::from_request_parts(parts, app).await?;
        let TokenHash(token) = TokenHash::from_request_parts(parts, app).await?;
        let now = app.now();
        let session = session_of(app, &peer, token, now).await?;
        if let Some(trouble) = first_to_do(&session, A::ACTION) {
            return Err(trouble.into());
        }
        if !is_background(&parts.headers) && ACTIVITY_STEP_S <= session.active.seconds_until(now) {
            app.engine.touch_session(token, now).await?;
        }
        grant(app, session.who, now).await.map(Self)
    }
}

/// Whether a request says that a program made it by itself, and nobody asked for it.
pub(crate) fn is_background(headers: &HeaderMap) -> bool {
    headers.contains_key("onshi-background")
}

/// The session of a token, if it is good now for whoever shows this certificate.
pub(crate) async fn session_of(
    app: &App,
    peer: &Peer,
    token: [u8; 32],
    now: Instant,
) -> Result<Session, Refused> {
    let found = app.engine.session_of_request(&token);
    let session = traces::within(Stage::Session, found).await?;
    let session = session.ok_or(Trouble::NotSignedIn)?;
    // A token with another certificate is a stolen one: it is told nothing.
    if !goes_on_with(app, &session.who.certificate, &peer.0.fingerprint)? {
        tracing::warn!(facility.code = %peer.0.facility, "a token came with another certificate");
        return Err(Trouble::NotSignedIn.into());
    }
    if !is_good(session.who.kind, session.opened, session.active, now) {
        app.engine.end_session(token).await?;
        return Err(Trouble::SessionEnded.into());
    }
    let too_late =
        session.entry == Entry::Prove && PROVE_WITHIN_S <= session.opened.seconds_until(now);
    if too_late {
        app.engine.end_session(token).await?;
        return Err(Trouble::SessionEnded.into());
    }
    Ok(session)
}

/// The right of a signed-in account to do `A`. A refusal is on record.
pub(crate) async fn grant<A: Permission>(
    app: &App,
    who: SignedIn,
    now: Instant,
) -> Result<Permit<A>, Refused> {
    match Permit::grant(who.clone()) {
        Ok(permit) => Ok(permit),
        Err(refused) => {
            let mut event = event(now, actor(who), Deed::Refused);
            event.detail = format!("action={:?}", refused.action);
            app.engine.record(event).await?;
            Err(Trouble::NotPermitted.into())
        }
    }
}

/// Whether a session opened with one certificate goes on with another: with one that was renewed from it, so that a renewal ends
/// nobody's work. To everything the session does it stays bound to the certificate it was opened with.
pub(crate) fn goes_on_with(
    app: &App,
    opened: &[u8; 32],
    shown: &[u8; 32],
) -> Result<bool, Refused> {
    Ok(opened == shown || app.engine.renews(shown, opened)?)
}

/// What must be done before anything else in a session, unless it is this.
fn first_to_do(session: &Session, action: Action) -> Option<Trouble> {
    if action == Action::ProveSecondFactor {
        return None;
    }
    if session.entry == Entry::Prove {
        return Some(Trouble::Access(AccessTrouble::SecondFactorNeeded));
    }
    if action == Action::ChangeOwnPassword {
        return None;
    }
    if session.change_needed {
        return Some(Trouble::PasswordChangeNeeded);
    }
    let adds = action == Action::ManageOwnAccess;
    (session.entry == Entry::Enrol && !adds)
        .then_some(Trouble::Access(AccessTrouble::SecondFactorMissing))
}

/// The members of a URL's query. What the route does not know is refused: it might be about a person.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let read = axum::extract::Query::try_from_uri(&parts.uri);
        let axum::extract::Query(value) = read.map_err(|_| Trouble::InvalidQuery)?;
        Ok(Self(value))
    }
}

/// A JSON body with its bytes. Errors name line and column only: the reader's own text may hold what was typed.
#[derive(Debug)]
pub(crate) struct Body<T> {
    pub(crate) value: T,
    pub(crate) bytes: axum::body::Bytes,
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let bytes = json_bytes(request, MOST_BYTES, app).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// The bytes of a request that says it carries JSON; parameters such as a charset mean nothing there (RFC 8259 §11).
pub(crate) async fn json_bytes(
    request: Request,
    most_bytes: usize,
    app: &App,
) -> Result<axum::body::Bytes, Refused> {
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Err(Trouble::MediaType.into());
    }
    whole(request.into_body(), most_bytes, app).await
}

/// A JSON object's value. Errors name line and column only: the reader's own text may hold what was typed.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    // The reader would take a list for the members in their order, and a new member would then shift the others.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Trouble::InvalidJson.into());
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let mut problem = Trouble::InvalidJson.problem();
        let place = format!(" (line {}, column {})", error.line(), error.column());
        problem.engineer.en.push_str(&place);
        problem.engineer.ja.push_str(&place);
        Refused::from(problem)
    })
}

/// A body read to its end, within the limits of size and time.
pub(crate) async fn whole(
    body: axum::body::Body,
    most_bytes: usize,
    app: &App,
) -> Result<axum::body::Bytes, Refused> {
    let read = axum::body::to_bytes(body, most_bytes);
    let read = tokio::time::timeout(duration(app.limits.body_ms), read).await;
    let bytes = read.map_err(|_| Trouble::TooSlow)?;
    Ok(bytes.map_err(|_| Trouble::BodyTooLarge)?)
}

/// A form read to its end, within the limits of size and time. What came whole and is no such form is told apart.
pub(crate) async fn form<T: DeserializeOwned>(
    request: Request,
    most_bytes: usize,
    app: &App,
) -> Result<Result<T, FormRejection>, Refused> {
    let (parts, body) = request.into_parts();
    let bytes = whole(body, most_bytes, app).await?;
    let request = Request::from_parts(parts, axum::body::Body::from(bytes));
    let read = Form::<T>::from_request(request, app).await;
    Ok(read.map(|Form(form)| form))
}

impl From<api::problem::Problem> for Refused {
    fn from(problem: api::problem::Problem) -> Self {
        Self::of(problem)
    }
}
