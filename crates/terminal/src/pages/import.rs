//! Registering accounts from a CSV file (G04): all of them or none, with a report for every line. Keeps no file.

use api::account::ImportReport;
use api::client::ClientError;
use api::history::FileEncoding;
use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::Response;
use ui::component::{Banner, ErrorSummary, Fault, TextField, Tone, Width};
use ui::language::Words;

use crate::faults;
use crate::pages::{Frame, Staff, done, show};
use crate::serve::App;

/// The page's own path.
const HERE: &str = "/import-accounts";

#[derive(Template)]
#[template(path = "import.html")]
pub(super) struct ImportPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) file: TextField,
    pub(super) heads: Vec<String>,
    pub(super) lines: Vec<Line>,
}

/// A line of the report.
pub(super) struct Line {
    pub(super) line: u32,
    pub(super) id: String,
    pub(super) faults: Vec<Fault>,
}

pub(super) fn import_page(
    mut frame: Frame,
    report: Option<ImportReport>,
    faults: &[(String, Fault)],
) -> ImportPage {
    let words = frame.words.clone();
    let mut file = [TextField {
        width: Width::Full,
        support: words.say("file-support"),
        ..TextField::new("file", words.say("file"))
    }];
    let summary = faults::spread(faults, &mut file, &mut []);
    let [file] = file;
    if let Some(report) = &report {
        frame.banners.push(outcome(report, &words));
    }
    let lines = report.map(|report| report.lines).unwrap_or_default();
    let heads = ["line", "user-id", "report"];
    ImportPage {
        summary,
        file,
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        lines: lines
            .into_iter()
            .map(|line| Line {
                line: line.line,
                id: line.id,
                faults: line
                    .errors
                    .iter()
                    .map(|error| faults::of_member(error, &words).1)
                    .collect(),
            })
            .collect(),
        frame,
    }
}

fn outcome(report: &ImportReport, words: &Words) -> Banner {
    let wrong = report
        .lines
        .iter()
        .filter(|it| !it.errors.is_empty())
        .count();
    if report.done {
        return done(Fault {
            code: "imported".into(),
            text: words.say_with("imported", &[("count", report.lines.len())]),
        });
    }
    let fault = Fault {
        code: "not_imported".into(),
        text: words.say_with("not-imported", &[("count", wrong)]),
    };
    Banner::new(Tone::Error, fault)
}

pub(crate) async fn form(staff: Staff) -> Response {
    show(StatusCode::OK, &import_page(staff.frame(HERE), None, &[]))
}

pub(crate) async fn import(
    State(app): State<App>,
    staff: Staff,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let file = match sent {
        Ok(sent) => read(sent, &staff.words).await,
        Err(_) => Err(faults::own(
            &staff.words,
            "form_unreadable",
            "form-unreadable",
        )),
    };
    let file = match file {
        Ok(file) => file,
        Err(fault) => return refused(&staff, fault),
    };
    // The two are told apart by the bytes: hardly any text of Windows-31J beyond ASCII is right UTF-8.
    let encoding = if std::str::from_utf8(&file).is_ok() {
        FileEncoding::Utf8
    } else {
        FileEncoding::Cp932
    };
    let report = staff
        .client
        .import_accounts(staff.token(), file, encoding)
        .await;
    match report {
        Ok(report) => {
            let status = if report.done {
                StatusCode::OK
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            show(status, &import_page(staff.frame(HERE), Some(report), &[]))
        }
        Err(ClientError::Problem(problem)) if matches!(problem.status, 413 | 415 | 422) => {
            refused(&staff, faults::of_problem(&problem, &staff.words))
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

fn refused(staff: &Staff, fault: Fault) -> Response {
    let page = import_page(staff.frame(HERE), None, &[("file".into(), fault)]);
    show(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The file of the form.
async fn read(mut sent: Multipart, words: &Words) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: axum::extract::multipart::MultipartError| {
        let (code, key) = match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ("form_too_large", "form-too-large"),
            _ => ("form_unreadable", "form-unreadable"),
        };
        faults::own(words, code, key)
    };
    while let Some(field) = sent.next_field().await.map_err(unreadable)? {
        if field.name() == Some("file") {
            let bytes = field.bytes().await.map_err(unreadable)?;
            if !bytes.is_empty() {
                return Ok(bytes.to_vec());
            }
        }
    }
    Err(faults::own(words, "required", "file-missing"))
}
