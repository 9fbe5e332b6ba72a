//! An export of the audit chain as a file, read page by page while it is sent, so that its size is no burden. Records nothing: its caller does.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::civil_date::Instant;
use hyper::body::Frame;
use store::audit::search::{Place, Query};
use store::engine::{Engine, StoreError};

use crate::audit::{AuditLine, MOST_EVENTS, line};

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// With a line of heads, every value in quotes (RFC 4180).
    Csv,
    /// One JSON object a line, as `onshi audit export` writes.
    JsonLines,
}

impl Format {
    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/jsonl; charset=utf-8",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// The file of all events that fit, chain by chain in order.
pub(super) fn file(engine: Engine, query: Query, format: Format, now: Instant) -> Response {
    let day = now.date_in_japan();
    let name = format!(
        "attachment; filename=\"audit-{day}.{}\"",
        format.extension()
    );
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    let pages = Pages {
        engine,
        query,
        format,
        next: Next::Head,
    };
    (headers, Body::new(pages)).into_response()
}

/// What is sent next.
enum Next {
    Head,
    After(Option<Place>),
    Nothing,
}

struct Pages {
    engine: Engine,
    query: Query,
    format: Format,
    next: Next,
}

impl Pages {
    /// The next page, empty after the last.
    fn page(&mut self, after: Option<Place>) -> Result<Vec<u8>, StoreError> {
        let found = self.engine.audit_page(&self.query, after, MOST_EVENTS)?;
        self.next = match found.last() {
            Some(last) if found.len() == MOST_EVENTS as usize => Next::After(Some(last.place)),
            Some(_) | None => Next::Nothing,
        };
        let mut text = Vec::new();
        for it in found {
            let it = line(it);
            match self.format {
                Format::Csv => text.extend_from_slice(csv_line(&it).as_bytes()),
                Format::JsonLines => {
                    // An event of texts and numbers always has a JSON form.
                    text.extend(serde_json::to_vec(&it).unwrap_or_default());
                    text.push(b'\n');
                }
            }
        }
        Ok(text)
    }
}

impl hyper::body::Body for Pages {
    type Data = Bytes;
    type Error = StoreError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StoreError>>> {
        let this = self.get_mut();
        let bytes = match this.next {
            Next::Head => {
                this.next = Next::After(None);
                match this.format {
                    Format::Csv => Ok(csv_head().into_bytes()),
                    Format::JsonLines => Ok(Vec::new()),
                }
            }
            Next::After(after) => this.page(after),
            Next::Nothing => return Poll::Ready(None),
        };
        if bytes.is_err() {
            // The line is cut: half a file is never taken for a whole one.
            this.next = Next::Nothing;
        }
        Poll::Ready(Some(bytes.map(|bytes| Frame::data(bytes.into()))))
    }
}

/// The columns of the CSV.
const COLUMNS: [&str; 12] = [
    "chain",
    "seq",
    "at",
    "deed",
    "actor",
    "facility",
    "subject",
    "detail",
    "certificate",
    "content",
    "prev",
    "hash",
];

fn csv_head() -> String {
    format!("{}\r\n", COLUMNS.join(","))
}

fn csv_line(it: &AuditLine) -> String {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let values = [
        it.chain.clone(),
        it.seq.to_string(),
        it.at.clone(),
        it.deed.clone(),
        it.actor.clone(),
        or_empty(&it.facility),
        or_empty(&it.subject),
        it.detail.clone(),
        or_empty(&it.certificate),
        or_empty(&it.content),
        it.prev.clone(),
        it.hash.clone(),
    ];
    let quoted = values.map(|value| format!("\"{}\"", value.replace('"', "\"\"")));
    format!("{}\r\n", quoted.join(","))
}
