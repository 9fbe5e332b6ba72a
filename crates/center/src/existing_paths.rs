//! The two paths that existing clients of the Web API use (interface §4, R5, R6), in their envelope: sign-in, and one eligibility. Behind
//! them stand the same session and the same check as behind our own paths. Served to Web API accounts alone.
//!
//! How the original words an error at this level is not public: its envelope with `NG`, a text and our code is ours.

pub(crate) mod unbound;

use api::problem::Trouble;
use api::routes;
use api::session::SignIn;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use domain::account::AccountKind;
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::permit::{Permit, SendMessages, SignedIn};
use exchange::message::Message;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::extract::{self, Body, Peer};
use crate::link::{self, Asking};
use crate::listeners::From;
use crate::metrics::SignInOutcome;
use crate::sessions::{self, Opening, actor, event};
use crate::trouble::Refused;

/// The largest body of either path, in bytes.
const MOST_BYTES: usize = 64 << 10;

/// `linkSysCharCd`: which encoding texts come in. That 0 is UTF-8, as in messages, is inferred.
const UTF_8: &str = "0";

/// Both paths with their handlers.
pub(crate) fn routes() -> [(&'static str, MethodRouter<App>); 2] {
    [
        (routes::EXISTING_SIGN_IN, post(sign_in)),
        (routes::EXISTING_SEARCH, post(search)),
    ]
}

async fn sign_in(State(app): State<App>, request: Request) -> Response {
    let opened = open(&app, request).await;
    app.metrics.count_sign_in(SignInOutcome::of(&opened));
    match opened {
        Ok(token) => {
            // One session, one token: no client is known to tell the three apart, or to renew any of them.
            let result = json!({
                "accessToken": token, "refreshToken": token, "idToken": token, "linkSysCharCd": UTF_8,
            });
            let body = json!({"status": "OK", "msg": "", "result": result});
            in_json(&body)
        }
        Err(refused) => told(&refused),
    }
}

/// Opens a session of a Web API account; the token.
async fn open(app: &App, request: Request) -> Result<String, Refused> {
    let (mut parts, body) = request.into_parts();
    let Peer(peer) = Peer::from_request_parts(&mut parts, app).await?;
    let from = parts.extensions.get::<From>().copied();
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, body);
    let bytes = extract::json_bytes(request, MOST_BYTES, app).await?;
    let members: Map<String, Value> = extract::parse(&bytes)?;
    let keys = &app.link.sign_in_keys;
    let text = |key: &str| match members.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) | None => Err(Trouble::InvalidJson),
    };
    let value = SignIn {
        account: text(&keys.user)?,
        force: true,
        password: text(&keys.password)?,
    };
    let opening = Opening {
        path: routes::EXISTING_SIGN_IN,
        only: Some(AccountKind::WebApi),
        // Only where it opens something.
        address: from
            .map(|From(address)| address.ip().to_canonical())
            .filter(|_| app.link.search_listener.is_some()),
    };
    let body = Body { value, bytes };
    let session = sessions::open(app, &peer, &headers, &body, &opening).await?;
    Ok(session.token)
}

async fn search(State(app): State<App>, request: Request) -> Response {
    let answered = find(&app, request).await;
    answered.unwrap_or_else(|refused| told(&refused))
}

async fn find(app: &App, request: Request) -> Result<Response, Refused> {
    let now = app.now();
    let (mut parts, body) = request.into_parts();
    let peer = Peer::from_request_parts(&mut parts, app).await?;
    let token = token(&parts.headers)?;
    let session = extract::session_of(app, &peer, token, now).await?;
    let permit = of_web_api(app, session.who, now).await?;
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, body);
    let bytes = extract::json_bytes(request, MOST_BYTES, app).await?;
    answer(app, &permit, &headers, bytes).await
}

/// The right of a Web API account to send messages; of no other.
async fn of_web_api(
    app: &App,
    who: SignedIn,
    now: Instant,
) -> Result<Permit<SendMessages>, Refused> {
    if who.kind != AccountKind::WebApi {
        let mut event = event(now, actor(who), Deed::Refused);
        event.detail = "path=existing-search".into();
        app.engine.record(event).await?;
        return Err(Trouble::NotPermitted.into());
    }
    extract::grant(app, who, now).await
}

/// The answer to one single check.
async fn answer(
    app: &App,
    permit: &Permit<SendMessages>,
    headers: &HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refused> {
    let asking = Asking {
        app,
        permit,
        headers,
        now: app.now(),
        bytes,
    };
    let answer = asking.answer(Message::SingleCheck).await?;
    Ok(link::json(&answer))
}

/// The hash of a token as existing clients send it, without `Bearer`; with it, too.
fn token(headers: &HeaderMap) -> Result<[u8; 32], Refused> {
    let value = headers.get(header::AUTHORIZATION);
    let value = value
        .and_then(|value| value.to_str().ok())
        .ok_or(Trouble::NotSignedIn)?;
    let token = extract::bearer(value).unwrap_or(value.trim());
    Ok(Sha256::digest(token.as_bytes()).into())
}

/// A refusal in the clients' envelope. The line ends with it: a client that gave its body another length than it has would otherwise have
/// the rest taken for a request.
fn told(refused: &Refused) -> Response {
    let problem = refused.problem();
    let body = json!({"status": "NG", "msg": problem.clerk.ja, "code": problem.code});
    let mut response = in_json(&body);
    *response.status_mut() = refused.status();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if let Some(seconds) = problem.retry_after_s {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn in_json(body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.to_string()).into_response()
}
