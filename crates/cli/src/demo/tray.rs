//! The demo's tray: a page from which a person lays virtual cards on the readers, and opens the kiosks. Only the demo has it; all
//! cards are of invented people. Refuses foreign hosts and foreign pages like every page of ours.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use kiosk::serve::Kiosk;
use serde::Deserialize;
use tokio::net::TcpListener;
use ui::loopback;

use crate::demo::cards::Laid;
use crate::demo::readers::Reader;

const HOST_NAME: &str = "tray.localhost";

/// What reads the cards of a place.
pub(crate) enum Page {
    /// A kiosk.
    Kiosk(Kiosk),
    /// A staff page at this address, for the general card reader of a PC.
    Terminal(String),
}

/// A place where cards can be laid, and what reads them.
pub(crate) struct Place {
    /// Its name in addresses.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) facility: String,
    pub(crate) reader: Option<Reader>,
    pub(crate) page: Page,
}

/// What the tray works with.
pub(crate) struct Setup {
    pub(crate) places: Vec<Place>,
    pub(crate) cards: Vec<Laid>,
    /// Why no card can be laid.
    pub(crate) no_readers: Option<String>,
}

struct Tray {
    setup: Setup,
    /// What lies where, by place.
    lying: Mutex<BTreeMap<String, &'static str>>,
}

type App = Arc<Tray>;

/// Starts the tray; returns its address. It ends with the runtime.
///
/// # Errors
/// The socket's.
pub(crate) async fn start(setup: Setup) -> std::io::Result<String> {
    let socket = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let own = format!("{HOST_NAME}:{}", socket.local_addr()?.port());
    let address = format!("http://{own}/");
    let app = Arc::new(Tray {
        setup,
        lying: Mutex::default(),
    });
    let router = axum::Router::new()
        .route("/", get(page))
        .route("/kiosk/{place}", get(open_page))
        .route("/place", post(place))
        .route("/remove", post(remove))
        .route("/tray.css", get(stylesheet))
        .layer(axum::middleware::from_fn(move |request, next| {
            loopback::guarded(own.clone(), request, next)
        }))
        .with_state(app);
    tokio::spawn(loopback::serve(socket, router));
    Ok(address)
}

#[derive(Template)]
#[template(path = "tray.html")]
struct TrayPage<'a> {
    places: Vec<ShownPlace<'a>>,
    cards: &'a [Laid],
    no_readers: Option<&'a str>,
}

struct ShownPlace<'a> {
    id: &'a str,
    facility: &'a str,
    has_reader: bool,
    lying: Option<&'static str>,
}

async fn page(State(app): State<App>) -> Response {
    let lying = app.lying.lock().unwrap_or_else(PoisonError::into_inner);
    let places = app.setup.places.iter().map(|place| ShownPlace {
        id: &place.id,
        facility: &place.facility,
        has_reader: place.reader.is_some(),
        lying: lying.get(&place.id).copied(),
    });
    let page = TrayPage {
        places: places.collect(),
        cards: &app.setup.cards,
        no_readers: app.setup.no_readers.as_deref(),
    };
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn stylesheet() -> Response {
    let media_type = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (media_type, include_str!("../../assets/tray.css")).into_response()
}

/// Leads to a kiosk with a fresh launch address, which is good once, or to a staff page.
async fn open_page(State(app): State<App>, Path(id): Path<String>) -> Response {
    let place = app.setup.places.iter().find(|place| place.id == id);
    match place.map(|place| &place.page) {
        Some(Page::Kiosk(kiosk)) => match kiosk.launch_address() {
            Ok(address) => Redirect::to(&address).into_response(),
            Err(error) => trouble(&error.to_string()),
        },
        Some(Page::Terminal(address)) => Redirect::to(address).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Which card is laid where.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placing {
    place: String,
    card: String,
}

async fn place(State(app): State<App>, Form(placing): Form<Placing>) -> Response {
    let card = app.setup.cards.iter().find(|it| it.case == placing.card);
    let Some((reader, card)) = app.reader(&placing.place).zip(card) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    app.order(
        reader,
        &placing.place,
        format!("place {}", card.persona.display()),
        Some(card.ja),
    )
    .await
}

/// From where the card is taken.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removing {
    place: String,
}

async fn remove(State(app): State<App>, Form(removing): Form<Removing>) -> Response {
    let Some(reader) = app.reader(&removing.place) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    app.order(reader, &removing.place, "remove".into(), None)
        .await
}

impl Tray {
    fn reader(&self, place: &str) -> Option<Reader> {
        let found = self.setup.places.iter().find(|it| it.id == place);
        found.and_then(|place| place.reader.clone())
    }

    /// Gives an order off the async threads and remembers what lies there.
    async fn order(
        &self,
        reader: Reader,
        place: &str,
        line: String,
        lies: Option<&'static str>,
    ) -> Response {
        let done = tokio::task::spawn_blocking(move || reader.order(&line)).await;
        match done {
            Ok(Ok(())) => {
                let mut lying = self.lying.lock().unwrap_or_else(PoisonError::into_inner);
                match lies {
                    Some(card) => lying.insert(place.to_owned(), card),
                    None => lying.remove(place),
                };
                Redirect::to("/").into_response()
            }
            Ok(Err(error)) => trouble(&error.to_string()),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

fn trouble(text: &str) -> Response {
    let text = format!("できませんでした。 / it could not be done: {text}\n");
    (StatusCode::BAD_GATEWAY, text).into_response()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_request_from_another_site_is_refused_and_every_answer_carries_our_headers() {
        let setup = Setup {
            places: Vec::new(),
            cards: Vec::new(),
            no_readers: None,
        };
        let address = start(setup).await.unwrap();
        let own = address.trim_start_matches("http://").trim_end_matches('/');
        let socket = own.replace(HOST_NAME, "127.0.0.1");
        let from = |site: &str| format!("host: {own}\r\nsec-fetch-site: {site}");
        for (headers, status) in [
            (from("cross-site"), "403"),
            (from("same-site"), "403"),
            (format!("host: {own}"), "403"),
            (format!("host: {socket}"), "421"),
            // Nothing lies at a place that is not there.
            (from("same-origin"), "404"),
        ] {
            let request = format!(
                "POST /remove HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\
                 content-type: application/x-www-form-urlencoded\r\ncontent-length: 7\r\n\r\nplace=1"
            );
            let mut stream = TcpStream::connect(&socket).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let line = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&line), "{request}\n{answer}");
            let kept = "x-content-type-options: nosniff\r\n";
            assert!(answer.contains(kept), "{answer}");
        }
    }
}
