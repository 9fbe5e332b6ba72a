//! The few pages of a kiosk: the one with the screen, its stream, and what the screen sends. Decides nothing: the room does.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use card::pin::Pin;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::room::{Input, Shown};
use crate::screens::Press;
use crate::serve::App;
use crate::texts::Language;
use crate::view::{self, Comfort};

/// Something is said on a silent stream this often, so that a lost one is noticed.
const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(10);

/// A browser that was launched; others get the page that says so.
pub(crate) struct Launched;

impl FromRequestParts<App> for Launched {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let cookies = parts.headers.get(header::COOKIE);
        let cookies = cookies.and_then(|value| value.to_str().ok());
        if app.launch.knows(cookies) {
            Ok(Self)
        } else {
            Err(not_launched(app))
        }
    }
}

fn not_launched(app: &App) -> Response {
    (StatusCode::FORBIDDEN, html(view::not_launched(&app.words))).into_response()
}

fn html(written: askama::Result<String>) -> Response {
    match written {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Launching {
    launch: Option<String>,
}

/// The page with the screen; with a launch token the way in.
pub(crate) async fn home(
    State(app): State<App>,
    Query(launching): Query<Launching>,
    headers: HeaderMap,
) -> Response {
    if let Some(token) = launching.launch {
        return match app.launch.enter(&token) {
            Some(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
            None => not_launched(&app),
        };
    }
    let cookies = headers.get(header::COOKIE);
    if !app
        .launch
        .knows(cookies.and_then(|value| value.to_str().ok()))
    {
        return not_launched(&app);
    }
    let shown = app.front.shown.borrow().clone();
    let words = app.words.in_language(shown.language);
    html(view::page(&words, shown.comfort, &shown.html))
}

/// The screens, each as it changes, as server-sent events.
pub(crate) async fn events(_: Launched, State(app): State<App>) -> Response {
    let (sender, body) = Channel::<Bytes>::new(4);
    let mut shown = app.front.shown.clone();
    shown.mark_changed();
    tokio::spawn(push(sender, shown));
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (headers, Body::new(body)).into_response()
}

/// Pushes screens until the browser or the room is gone.
async fn push(mut sender: Sender<Bytes>, mut shown: watch::Receiver<Shown>) {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    loop {
        let text = tokio::select! {
            changed = shown.changed() => {
                if changed.is_err() {
                    return;
                }
                event(&shown.borrow_and_update())
            }
            _ = heartbeat.tick() => ": here\n\n".to_owned(),
        };
        if sender.send_data(Bytes::from(text)).await.is_err() {
            return;
        }
    }
}

/// One event of `text/event-stream` (HTML Standard §9.2): each line of the screen behind `data:`.
fn event(shown: &Shown) -> String {
    let mut text = format!("id: {}\nevent: screen\n", shown.number);
    for line in shown.html.lines() {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text
}

/// What a button sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pressed {
    turn: u64,
    press: String,
}

pub(crate) async fn press(_: Launched, State(app): State<App>, request: Request) -> Response {
    taken(app, request, |pressed: Pressed| {
        let press = Press::parse(&pressed.press)?;
        Some(Input::Press(pressed.turn, press))
    })
    .await
}

/// A PIN. It stands in the body alone, is read from a buffer that is wiped, and never becomes part of a message of ours.
pub(crate) async fn pin(
    _: Launched,
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = Zeroizing::new(body.to_vec());
    drop(body);
    let Some(input) = read_pin(&text) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    app.front.tell(input).await;
    done(&headers)
}

/// Reads `turn=N&pin=DDDD` in either order. Digits need no percent-encoding; whatever else stands there is no PIN.
fn read_pin(body: &[u8]) -> Option<Input> {
    let text = std::str::from_utf8(body).ok()?;
    let value = |name: &str| {
        text.split('&')
            .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    let turn = value("turn")?.parse().ok()?;
    Some(Input::Pin(turn, Pin::parse(value("pin")?).ok()))
}

pub(crate) async fn touch(_: Launched, State(app): State<App>, headers: HeaderMap) -> Response {
    app.front.tell(Input::Touched).await;
    done(&headers)
}

/// Whether staff are called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calling {
    call: bool,
}

pub(crate) async fn call(_: Launched, State(app): State<App>, request: Request) -> Response {
    taken(app, request, |calling: Calling| {
        Some(Input::Call(calling.call))
    })
    .await
}

/// A language's tag.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Speaking {
    language: String,
}

pub(crate) async fn language(_: Launched, State(app): State<App>, request: Request) -> Response {
    taken(app, request, |speaking: Speaking| {
        Language::parse(&speaking.language).map(Input::Speak)
    })
    .await
}

/// What is to change of size and colours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comforting {
    large: Option<bool>,
    contrast: Option<bool>,
}

pub(crate) async fn comfort(_: Launched, State(app): State<App>, request: Request) -> Response {
    let now = app.front.shown.borrow().comfort;
    taken(app, request, |wanted: Comforting| {
        Some(Input::Comfort(Comfort {
            large: wanted.large.unwrap_or(now.large),
            contrast: wanted.contrast.unwrap_or(now.contrast),
        }))
    })
    .await
}

/// Reads a form and passes on what it means; 400 for what means nothing.
async fn taken<T: serde::de::DeserializeOwned>(
    app: App,
    request: Request,
    meaning: impl FnOnce(T) -> Option<Input>,
) -> Response {
    use axum::extract::FromRequest;
    let headers = request.headers().clone();
    let form = axum::Form::<T>::from_request(request, &app).await;
    let Some(input) = form.ok().and_then(|axum::Form(form)| meaning(form)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    app.front.tell(input).await;
    done(&headers)
}

/// The script needs no answer: the screen comes by the stream. A form sent without it leads back to the page.
fn done(headers: &HeaderMap) -> Response {
    if headers.contains_key("x-onshi-script") {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Redirect::to("/").into_response()
    }
}

pub(crate) async fn stylesheet() -> Response {
    let media_type = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (media_type, include_str!("../assets/kiosk.css")).into_response()
}

pub(crate) async fn script() -> Response {
    let media_type = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (media_type, include_str!("../assets/kiosk.js")).into_response()
}

pub(crate) async fn asset(request: Request) -> Response {
    let Some(asset) = ui::assets::find(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, ui::assets::CACHE_CONTROL),
    ];
    (headers, asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_from_the_body_and_anything_else_is_none() {
        let pin = |body: &str| match read_pin(body.as_bytes()) {
            Some(Input::Pin(turn, pin)) => Some((turn, pin.is_some())),
            _ => None,
        };
        assert_eq!(pin("turn=3&pin=1234"), Some((3, true)));
        assert_eq!(pin("pin=0000&turn=12"), Some((12, true)));
        for short in [
            "turn=3&pin=",
            "turn=3&pin=123",
            "turn=3&pin=12345",
            "turn=3&pin=%31234",
        ] {
            assert_eq!(pin(short), Some((3, false)), "{short}");
        }
        for broken in ["", "pin=1234", "turn=x&pin=1234", "turn=3"] {
            assert_eq!(pin(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_screen_goes_out_line_by_line() {
        let shown = Shown {
            number: 7,
            html: "<main>\n<h1>a</h1>\n</main>\n".into(),
            ..Shown::default()
        };
        let expected = "id: 7\nevent: screen\ndata: <main>\ndata: <h1>a</h1>\ndata: </main>\n\n";
        assert_eq!(event(&shown), expected);
    }
}
