//! News for a page that is open: passes on what the center tells of the facility, as server-sent events. They name what changed and
//! hold nothing of a patient.

use std::time::Duration;

use api::client::events::{Events, Received};
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::screen_lock::Cause;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tokio::sync::watch;

use crate::pages::Staff;
use crate::serve::App;

/// Something is said on a silent stream this often, so that a page that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(crate) async fn live(State(app): State<App>, staff: Staff) -> Response {
    let (mut page, body) = Channel::<Bytes>::new(4);
    tokio::spawn(async move {
        tokio::select! {
            () = pass_on(&mut page, staff.events()) => return,
            () = locked(&app) => {}
        }
        let _ = page.send_data(Bytes::from(event("locked", ""))).await;
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (headers, Body::new(body)).into_response()
}

/// A page of the card reader.
#[derive(Deserialize)]
pub(crate) struct CardPage {
    /// The change it shows already.
    seen: u64,
}

/// News of this PC's card reader.
pub(crate) async fn card(
    State(app): State<App>,
    _: Staff,
    Query(page): Query<CardPage>,
) -> Response {
    let Some(reader) = app.card_reader.get() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (mut sender, body) = Channel::<Bytes>::new(4);
    let news = reader.news();
    tokio::spawn(async move {
        tokio::select! {
            () = tell(&mut sender, news, page.seen) => return,
            () = locked(&app) => {}
        }
        let _ = sender.send_data(Bytes::from(event("locked", ""))).await;
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (headers, Body::new(body)).into_response()
}

/// Ends when the screen is locked, which is the last that a page is told.
async fn locked(app: &App) {
    let mut changes = app.lock.changes();
    let mut looks = tokio::time::interval(HEARTBEAT);
    // The idle minutes pass without anybody telling.
    while !app.lock.is_locked(Cause::Background, app.now()) {
        tokio::select! {
            _ = looks.tick() => {}
            _ = changes.changed() => {}
        }
    }
}

/// Tells of changes until the page is gone.
async fn tell(page: &mut Sender<Bytes>, mut news: watch::Receiver<u64>, seen: u64) {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    // What changed while the page was on its way is told at once.
    if *news.borrow_and_update() != seen {
        news.mark_changed();
    }
    loop {
        let text = tokio::select! {
            changed = news.changed() => match changed {
                Ok(()) => event("reader", ""),
                Err(_) => return,
            },
            _ = heartbeat.tick() => ": here\n\n".to_owned(),
        };
        if page.send_data(Bytes::from(text)).await.is_err() {
            return;
        }
    }
}

/// Passes on until the page or the session is gone.
async fn pass_on(page: &mut Sender<Bytes>, mut events: Events) {
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    loop {
        let text = tokio::select! {
            received = events.next() => match received {
                Ok(Received::Connected) => event("connected", ""),
                Ok(Received::Event(it)) => event(it.kind(), &it.data()),
                Ok(Received::Moved) => continue,
                Ok(Received::Lost(_)) => event("lost", ""),
                Err(_) => {
                    let _ = page.send_data(Bytes::from(event("ended", ""))).await;
                    return;
                }
            },
            _ = heartbeat.tick() => ": here\n\n".to_owned(),
        };
        if page.send_data(Bytes::from(text)).await.is_err() {
            return;
        }
    }
}

/// One event of `text/event-stream` (HTML Standard §9.2); its data are one line.
pub(crate) fn event(kind: &str, data: &str) -> String {
    format!("event: {kind}\ndata: {data}\n\n")
}
