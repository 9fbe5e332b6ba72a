//! What a page says when something went wrong that no handler has words for: a form that did not come in time, a center that is full or down, an
//! address of the network that asked too often.

use api::problem::MEDIA_TYPE;
use axum::extract::{Query, Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Asked, Frame, LOOK_AGAIN_S, keep, told};
use crate::app::App;
use crate::page_guard;

/// The page that a request is for, as far as its troubles are told.
pub(in crate::home_care) struct Page {
    asked: Asked,
    /// Where the way to the other language leads.
    here: String,
    /// Whether it looks again by itself: a page that waits goes on waiting where one look fails.
    looks_again: bool,
}

impl Page {
    /// None where no page is.
    pub(in crate::home_care) fn of(method: &Method, uri: &Uri) -> Option<Self> {
        let path = uri.path();
        let address = path.strip_prefix("/f/");
        let here = match path {
            "/" => "/",
            "/visit" | "/visit/end" => "/visit",
            _ if address.is_some_and(|it| !it.is_empty() && !it.contains('/')) => path,
            _ => return None,
        };
        let asked = Query::<Asked>::try_from_uri(uri);
        Some(Self {
            asked: asked.map(|Query(asked)| asked).unwrap_or_default(),
            here: here.to_owned(),
            looks_again: *method == Method::GET && path == "/visit",
        })
    }

    /// What was refused before it came to the page, in words and with the headers of every page.
    pub(in crate::home_care) fn refused(&self, app: &App, refused: Response) -> Response {
        let mut page = self.in_words(app, refused);
        page_guard::bear_headers(&mut page);
        page
    }

    /// An answer in words, where it is a problem document.
    fn in_words(&self, app: &App, response: Response) -> Response {
        let kind = response.headers().get(header::CONTENT_TYPE);
        if kind.is_none_or(|kind| kind != MEDIA_TYPE) {
            return response;
        }
        let status = response.status();
        let (title, text) = match status {
            StatusCode::REQUEST_TIMEOUT => ("slow-title", "slow"),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                ("busy-title", "busy")
            }
            _ => ("failed-title", "failed"),
        };
        let frame = Frame::new(app, &self.asked, &self.here);
        let mut page = told(status, frame, title, text);
        let after = response.headers().get(header::RETRY_AFTER);
        if let Some(after) = after {
            page.headers_mut()
                .insert(header::RETRY_AFTER, after.clone());
        }
        if self.looks_again && text == "busy" {
            let seconds = |text: &str| text.parse::<u32>().ok();
            let after = after.and_then(|after| after.to_str().ok());
            let again = after.and_then(seconds).max(seconds(LOOK_AGAIN_S));
            if let Some(again) = again {
                keep(&mut page, header::REFRESH, &again.to_string());
            }
        }
        page
    }
}

/// Tells whoever reads a page what went wrong on a page, in their language: a problem document is for devices.
pub(super) async fn in_words(State(app): State<App>, request: Request, next: Next) -> Response {
    let page = Page::of(request.method(), request.uri());
    let response = next.run(request).await;
    match page {
        Some(page) => page.in_words(&app, response),
        None => response,
    }
}
