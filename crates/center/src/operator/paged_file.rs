//! A file that is read page by page while it is sent, so that its size is no burden. Records nothing: its caller does.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use store::engine::StoreError;
use tokio::sync::mpsc;

/// A file of a name and a media type.
pub(super) fn file(
    name: &str,
    media_type: &'static str,
    pages: impl Iterator<Item = Result<Vec<u8>, StoreError>> + Send + 'static,
) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    // Two pages wait for a slow line at most; whoever goes away ends the reading.
    let (ready, sent) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        for page in pages {
            // Where one cannot be read the line is cut: half a file is never taken for a whole one.
            let is_over = page.is_err();
            if ready.blocking_send(page).is_err() || is_over {
                return;
            }
        }
    });
    (headers, Body::new(Sent(sent))).into_response()
}

/// The pages as they are sent, read apart from the threads of checks.
struct Sent(mpsc::Receiver<Result<Vec<u8>, StoreError>>);

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        let page = self.get_mut().0.poll_recv(context);
        page.map(|page| page.map(|page| page.map(|bytes| Frame::data(bytes.into()))))
    }
}
