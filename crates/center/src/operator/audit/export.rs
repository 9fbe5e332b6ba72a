//! An export of the audit chain as a file, read page by page while it is sent, so that its size is no burden. Records nothing: its caller does.

use axum::response::Response;
use domain::civil_date::Instant;
use exchange::csv_file::{CsvFile, NotWritten};
use exchange::encoding::Encoding;
use store::audit::search::{Found, Place, Query};
use store::engine::{Engine, StoreError};

use crate::audit::{AuditLine, MOST_EVENTS, line};
use crate::operator::paged_file;

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// With a line of heads, for spreadsheet programs as the other CSV files are.
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
    let name = format!("audit-{}.{}", now.date_in_japan(), format.extension());
    let head = (format == Format::Csv).then(csv_head);
    let mut pages = Pages {
        engine,
        query,
        format,
        after: None,
        is_over: false,
    };
    let pages = std::iter::from_fn(move || pages.next());
    paged_file::file(&name, format.media_type(), head.into_iter().chain(pages))
}

/// The pages that are still to be read.
struct Pages {
    engine: Engine,
    query: Query,
    format: Format,
    /// The last place read; none before the first page.
    after: Option<Place>,
    /// A page that was not full was the last: what is written meanwhile would have no end.
    is_over: bool,
}

impl Pages {
    /// The next page; none after the last.
    fn next(&mut self) -> Option<Result<Vec<u8>, StoreError>> {
        if self.is_over {
            return None;
        }
        let found = self.engine.audit_page(&self.query, self.after, MOST_EVENTS);
        Some(found.and_then(|found| {
            self.after = found.last().map(|it| it.place);
            self.is_over = found.len() < MOST_EVENTS as usize;
            self.text(found)
        }))
    }

    fn text(&self, found: Vec<Found>) -> Result<Vec<u8>, StoreError> {
        let lines = found.into_iter().map(line);
        match self.format {
            Format::Csv => {
                let mut file = CsvFile::going_on(Encoding::Utf8);
                for it in lines {
                    csv_line(&mut file, &it)?;
                }
                Ok(file.into_bytes())
            }
            Format::JsonLines => {
                let mut text = Vec::new();
                for it in lines {
                    // An event of texts and numbers always has a JSON form.
                    text.extend(serde_json::to_vec(&it).unwrap_or_default());
                    text.push(b'\n');
                }
                Ok(text)
            }
        }
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

fn csv_head() -> Result<Vec<u8>, StoreError> {
    let file = CsvFile::new(Encoding::Utf8, &COLUMNS).map_err(not_written)?;
    Ok(file.into_bytes())
}

fn csv_line(file: &mut CsvFile, it: &AuditLine) -> Result<(), StoreError> {
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
    file.push(&values.each_ref().map(String::as_str))
        .map_err(not_written)
}

fn not_written(error: NotWritten) -> StoreError {
    StoreError::Failed(error.to_string())
}
