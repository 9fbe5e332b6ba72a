//! Bulk orders (一括照会): putting one in as a file, how far each is, and its results as a file. Reads no line of either file.

use api::bulk::{BulkOrder, BulkOrders};
use api::client::ClientError;
use api::client::bulk::BulkFile;
use api::history::FileEncoding;
use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::bulk::{BulkKind, BulkState};
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Fault, Need, Select, TextField, Width};
use ui::language::Words;

use crate::browsers::{hash, hex, random_text};
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/bulk";

#[derive(Template)]
#[template(path = "bulk.html")]
pub(super) struct BulkPage {
    pub(super) frame: Frame,
    pub(super) key: String,
    pub(super) summary: ErrorSummary,
    pub(super) kind: Select,
    pub(super) file: TextField,
    pub(super) visit_date: TextField,
    pub(super) heads: Vec<String>,
    pub(super) lines: Vec<Line>,
    /// Address of the page with older orders.
    pub(super) next: Option<String>,
}

/// An order in the list.
pub(super) struct Line {
    pub(super) reception: String,
    pub(super) accepted: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) account: String,
    /// Until when its results can be fetched, and how often; absent where they cannot.
    pub(super) fetch: Option<String>,
}

/// What was typed beside the file.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) kind: String,
    pub(super) visit_date: String,
    key: String,
}

pub(super) fn bulk_page(
    frame: Frame,
    orders: BulkOrders,
    typed: &Typed,
    faults: &[(String, Fault)],
) -> BulkPage {
    let words = frame.words.clone();
    let choice = |kind: BulkKind| Choice {
        value: kind.as_str().into(),
        label: kind_label(kind.as_str(), &words),
    };
    let mut kind = [Select {
        name: "kind",
        label: words.say("bulk-kind"),
        support: String::new(),
        need: Need::Plain,
        width: Width::Full,
        options: vec![choice(BulkKind::Checks), choice(BulkKind::ReferenceNumbers)],
        value: typed.kind.clone(),
        errors: Vec::new(),
    }];
    let mut fields = [
        TextField {
            width: Width::Full,
            support: words.say("bulk-file-support"),
            ..TextField::new("file", words.say("bulk-file"))
        },
        TextField {
            need: Need::Optional,
            support: words.say("bulk-visit-date-support"),
            value: typed.visit_date.clone(),
            ..TextField::new("visit_date", words.say("visit-date"))
        },
    ];
    let summary = faults::spread(faults, &mut fields, &mut kind);
    let ([kind], [file, visit_date]) = (kind, fields);
    let heads = [
        "bulk-at",
        "bulk-reception",
        "bulk-kind",
        "state",
        "user-id",
        "bulk-result",
    ];
    BulkPage {
        key: if typed.key.is_empty() {
            random_text().unwrap_or_default()
        } else {
            typed.key.clone()
        },
        summary,
        kind,
        file,
        visit_date,
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        next: orders.next.map(|next| format!("{HERE}?after={next}")),
        lines: orders
            .orders
            .into_iter()
            .map(|it| line(it, &words))
            .collect(),
        frame,
    }
}

fn kind_label(kind: &str, words: &Words) -> String {
    let Some(kind) = BulkKind::parse(kind) else {
        return kind.to_owned();
    };
    words.say(match kind {
        BulkKind::Checks => "bulk-kind-checks",
        BulkKind::ReferenceNumbers => "bulk-kind-reference-numbers",
        BulkKind::MedicalAid => "bulk-kind-medical-aid",
        BulkKind::HomeVisits => "bulk-kind-home-visits",
        BulkKind::RemoteCare => "bulk-kind-remote-care",
    })
}

fn line(order: BulkOrder, words: &Words) -> Line {
    let (state, tone) = state_label(&order, words);
    let is_there = order.state == BulkState::Done.as_str() && 0 < order.downloads_left;
    let fetch = order
        .kept_until
        .as_deref()
        .filter(|_| is_there)
        .map(|until| {
            let until = days::show_instant(until);
            let left = order.downloads_left.to_string();
            words.say_with(
                "bulk-fetch",
                &[("until", until.as_str()), ("left", left.as_str())],
            )
        });
    Line {
        accepted: days::show_instant(&order.accepted_at),
        kind: kind_label(&order.kind, words),
        reception: order.reception_number,
        account: order.account,
        state,
        tone,
        fetch,
    }
}

fn state_label(order: &BulkOrder, words: &Words) -> (String, &'static str) {
    let counts = [
        ("done", order.done),
        ("lines", order.lines),
        ("errors", order.errors),
    ];
    match BulkState::parse(&order.state) {
        Some(BulkState::Listing) => (words.say("bulk-state-listing"), "warn"),
        Some(BulkState::Open) => (words.say_with("bulk-state-open", &counts), "warn"),
        Some(BulkState::Done) if order.errors == 0 => {
            (words.say_with("bulk-state-done", &counts), "good")
        }
        Some(BulkState::Done) => (words.say_with("bulk-state-errors", &counts), "warn"),
        Some(BulkState::Failed) => (words.say("bulk-state-failed"), "bad"),
        Some(BulkState::Expired) => (words.say("bulk-state-expired"), "bad"),
        None => (order.state.clone(), "warn"),
    }
}

/// Which page of orders is wanted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    after: Option<String>,
}

pub(crate) async fn form(
    State(app): State<App>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Response {
    let after = wanted.after.as_deref().filter(|after| !after.is_empty());
    match staff.client.bulk_orders(staff.token(), after).await {
        Ok(orders) => page(&app, &staff, orders, (&Typed::default(), &[])),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

async fn shown(app: &App, staff: &Staff, typed: &Typed, faults: &[(String, Fault)]) -> Response {
    match staff.client.bulk_orders(staff.token(), None).await {
        Ok(orders) => page(app, staff, orders, (typed, faults)),
        Err(error) => staff.failed(app, &error, HERE),
    }
}

fn page(
    app: &App,
    staff: &Staff,
    orders: BulkOrders,
    (typed, faults): (&Typed, &[(String, Fault)]),
) -> Response {
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    show(status, &bulk_page(frame, orders, typed, faults))
}

pub(crate) async fn put_in(
    State(app): State<App>,
    staff: Staff,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let words = &staff.words;
    let mut typed = Typed::default();
    let read = match sent {
        Ok(sent) => read(sent, &mut typed, words).await,
        Err(_) => Err(faults::own(words, "form_unreadable", "form-unreadable")),
    };
    let file = match read {
        Ok(file) => file,
        Err(fault) => return shown(&app, &staff, &typed, &[("file".into(), fault)]).await,
    };
    if let Some(fault) =
        days::fault(&typed.visit_date, words).filter(|_| !typed.visit_date.trim().is_empty())
    {
        return shown(&app, &staff, &typed, &[("visit_date".into(), fault)]).await;
    }
    let day = Some(days::to_iso(&typed.visit_date)).filter(|day| !day.trim().is_empty());
    let form = form_of(&file);
    // The same form sent twice is one order; with another file it is another.
    let contents = String::from_utf8_lossy(&file);
    let parts = [
        typed.key.as_str(),
        &typed.kind,
        day.as_deref().unwrap_or_default(),
        &contents,
    ];
    let key = hash(&parts.join("\u{1f}"));
    let Some(key) = key.map(|key| hex(&key)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let of = (typed.kind.as_str(), day.as_deref());
    let put = staff
        .client
        .put_in_bulk_order(staff.token(), &key, of, (form, file));
    match put.await {
        Ok(order) => {
            let fault = Fault {
                code: "bulk_accepted".into(),
                text: words.say_with("bulk-accepted", &[("number", order.reception_number)]),
            };
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(HERE).into_response()
        }
        Err(ClientError::Problem(problem)) if matches!(problem.status, 413 | 415 | 422 | 429) => {
            let mut told = faults::of_members(&problem, words);
            if told.is_empty() {
                told.push(("file".into(), faults::of_problem(&problem, words)));
            }
            shown(&app, &staff, &typed, &told).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// In which form results are wanted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct FetchForm {
    form: String,
}

/// The results as a file; its name is the interface's and says nothing of a person.
pub(crate) async fn fetch(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Filled(wanted): Filled<FetchForm>,
) -> Response {
    let (form, encoding) = match wanted.form.as_str() {
        "csv-utf-8" => (BulkFile::Csv, FileEncoding::Utf8),
        "csv-cp932" => (BulkFile::Csv, FileEncoding::Cp932),
        "xml" => (BulkFile::Xml, FileEncoding::Utf8),
        _ => return Redirect::to(HERE).into_response(),
    };
    let result = staff
        .client
        .bulk_result(staff.token(), &id, (form, encoding));
    let bytes = match result.await {
        Ok(bytes) => bytes,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let kind = match form {
        BulkFile::Csv => encoding.media_type(),
        BulkFile::Xml => "application/xml",
    };
    let safe: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = format!(
        "attachment; filename=\"onshi-bulk-{safe}.{}\"",
        form.as_str()
    );
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// XML begins with a bracket, whatever its encoding and mark; no header line of ours does.
fn form_of(file: &[u8]) -> BulkFile {
    let unmarked = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    match unmarked.trim_ascii_start().first() {
        Some(b'<') => BulkFile::Xml,
        Some(_) | None => BulkFile::Csv,
    }
}

/// The file of the form. What was typed before it is kept whatever becomes of the file.
pub(super) async fn read(
    mut sent: Multipart,
    typed: &mut Typed,
    words: &Words,
) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        let (code, key) = match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ("form_too_large", "form-too-large"),
            _ => ("form_unreadable", "form-unreadable"),
        };
        faults::own(words, code, key)
    };
    let mut file = Vec::new();
    while let Some(field) = sent.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(unreadable)?.to_vec();
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        match name.as_str() {
            "key" => typed.key = text(),
            "kind" => typed.kind = text(),
            "visit_date" => typed.visit_date = text(),
            "file" => file = bytes,
            _ => {}
        }
    }
    if file.is_empty() {
        return Err(faults::own(words, "required", "bulk-file-missing"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_how_it_begins() {
        assert_eq!(form_of(b"<?xml version=\"1.0\"?>"), BulkFile::Xml);
        assert_eq!(form_of(b"\xEF\xBB\xBF\r\n<XmlMsg>"), BulkFile::Xml);
        assert_eq!(form_of(b"insurer_number,symbol"), BulkFile::Csv);
        assert_eq!(form_of(b""), BulkFile::Csv);
    }
}
