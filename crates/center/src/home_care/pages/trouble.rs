//! What a page says when something went wrong that no handler has words for: a form that did not come in time, a center that is full or down.

use api::problem::MEDIA_TYPE;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Asked, Frame, told};
use crate::app::App;

/// Tells whoever reads a page what went wrong on a page, in their language: a problem document is for devices.
pub(super) async fn in_words(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Query::<Asked>::try_from_uri(request.uri());
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let here = match request.uri().path() {
        path if path.starts_with("/f/") => path.to_owned(),
        path if path.starts_with("/visit") => "/visit".to_owned(),
        _ => "/".to_owned(),
    };
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != MEDIA_TYPE) {
        return response;
    }
    let (title, text) = match response.status() {
        StatusCode::REQUEST_TIMEOUT => ("slow-title", "slow"),
        StatusCode::SERVICE_UNAVAILABLE => ("busy-title", "busy"),
        _ => ("failed-title", "failed"),
    };
    let frame = Frame::new(&app, &asked, &here);
    let mut page = told(response.status(), frame, title, text);
    if let Some(after) = response.headers().get(header::RETRY_AFTER) {
        page.headers_mut()
            .insert(header::RETRY_AFTER, after.clone());
    }
    page
}
