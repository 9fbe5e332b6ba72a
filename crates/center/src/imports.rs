//! Accounts from a CSV file (G04): every line is examined, then all accounts are made in one transaction, or none.

use std::collections::{BTreeMap, BTreeSet};

use api::account::{ImportLine, ImportReport, NewAccount};
use api::problem::{MemberError, Trouble};
use api::routes;
use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::permit::ManageAccounts;
use exchange::account_file::{self, AccountLine, Fault, FaultAt};
use exchange::encoding::Encoding;
use store::accounts::Created;

use crate::accounts::{Wanted, examine, made, told_of_new};
use crate::app::App;
use crate::extract::{Granted, whole};
use crate::repeats::Repeatable;
use crate::trouble::{Refused, absent, unreadable};

/// Characters of a wrong identifier that the report repeats.
const ID_CHARS: usize = 32;

pub(crate) async fn import(
    State(app): State<App>,
    Granted(permit): Granted<ManageAccounts>,
    headers: HeaderMap,
    file: CsvFile,
) -> Result<Response, Refused> {
    let now = app.now();
    let parts = [routes::ACCOUNTS_IMPORT.as_bytes(), &file.bytes];
    let repeatable = Repeatable::of(&app, &headers, permit.holder(), &parts)?;
    if let Some(before) = repeatable.before(&app)? {
        return again(&before);
    }
    let lines = match account_file::read(&file.bytes, file.encoding) {
        Ok(lines) => lines,
        Err(faults) => return Ok(reported(&faulty(&faults))),
    };
    let taken: BTreeSet<String> = app
        .engine
        .accounts(permit.facility())?
        .into_iter()
        .map(|account| account.id.to_string())
        .collect();
    let mut report = ImportReport {
        done: false,
        lines: Vec::new(),
    };
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut first_lines: BTreeMap<String, u32> = BTreeMap::new();
    for line in lines {
        let (number, id) = (line.line, line.id.clone());
        let mut errors = Vec::new();
        match examine(permit.holder().kind, &new_account(line)) {
            Ok(account) => wanted.push(account),
            Err(wrong) => errors = wrong.into_errors(),
        }
        if taken.contains(&id) {
            errors.push(is_taken());
        }
        match first_lines.get(&id) {
            Some(first) => errors.push(is_duplicate(*first)),
            None => drop(first_lines.insert(id.clone(), number)),
        }
        report.lines.push(ImportLine {
            errors,
            id: id.chars().take(ID_CHARS).collect(),
            line: number,
        });
    }
    if report.lines.iter().any(|line| !line.errors.is_empty()) {
        return Ok(reported(&report));
    }
    let _turn = app.importing.acquire().await.map_err(|_| Trouble::Busy)?;
    let (mut accounts, mut events) = (Vec::new(), Vec::new());
    for account in wanted {
        events.push(told_of_new(&permit, &account, now));
        accounts.push(made(&app, &permit, account, now).await?);
    }
    report.done = true;
    let kept = repeatable.keep(&report, now)?;
    match app.engine.create_accounts(accounts, events, kept).await? {
        Created::Done => {}
        // Another request took it while the passwords were hashed.
        Created::Taken(id) => {
            report.done = false;
            let line = report.lines.iter_mut().find(|it| it.id == id.as_str());
            line.ok_or_else(absent("the line of an account"))?
                .errors
                .push(is_taken());
        }
        Created::Earlier(earlier) => return again(&crate::repeats::again(earlier)?),
    }
    Ok(reported(&report))
}

/// A report, as a success only when the accounts were made.
fn reported(report: &ImportReport) -> Response {
    let status = if report.done {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    (status, Json(report)).into_response()
}

/// The report of a file that was imported before under the same key.
fn again(before: &[u8]) -> Result<Response, Refused> {
    let report = serde_json::from_slice(before).map_err(unreadable("a kept answer"))?;
    Ok(reported(&report))
}

/// A body of the type `text/csv`, with the encoding its `charset` names; UTF-8 without one.
#[derive(Debug)]
pub(crate) struct CsvFile {
    bytes: axum::body::Bytes,
    encoding: Encoding,
}

impl FromRequest<App> for CsvFile {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let mut parts = kind.split(';').map(str::trim);
        if parts.next() != Some("text/csv") {
            return Err(Trouble::MediaType.into());
        }
        let charset = parts
            .find_map(|part| part.strip_prefix("charset="))
            .unwrap_or("utf-8");
        let encoding = match charset.trim_matches('"') {
            "utf-8" => Encoding::Utf8,
            "windows-31j" | "cp932" | "shift_jis" => Encoding::ShiftJis,
            _ => return Err(Trouble::MediaType.into()),
        };
        let bytes = whole(request.into_body(), account_file::MOST_BYTES, app).await?;
        Ok(Self { bytes, encoding })
    }
}

fn new_account(line: AccountLine) -> NewAccount {
    NewAccount {
        ambulance: false,
        designated_by: Some(line.designated_by).filter(|text| !text.is_empty()),
        designation: Some(line.designation).filter(|text| !text.is_empty()),
        display_name: line.display_name,
        id: line.id,
        kind: line.kind,
        password: line.password,
        profession: Some(line.profession).filter(|text| !text.is_empty()),
    }
}

fn is_taken() -> MemberError {
    MemberError::new(
        "id",
        "taken",
        "このIDは既に使われています。別のIDを指定してください。",
        "This ID is taken. Choose another.",
    )
}

fn is_duplicate(first: u32) -> MemberError {
    MemberError::new(
        "id",
        "duplicate",
        &format!("このIDは{first}行目にもあります。どちらかを直してください。"),
        &format!("Line {first} has this ID as well. Correct one of them."),
    )
}

/// The report of a file whose form is wrong.
fn faulty(faults: &[FaultAt]) -> ImportReport {
    let lines = faults.iter().map(|at| ImportLine {
        errors: vec![fault_error(at.fault)],
        id: String::new(),
        line: at.line,
    });
    ImportReport {
        done: false,
        lines: lines.collect(),
    }
}

fn fault_error(fault: Fault) -> MemberError {
    match fault {
        Fault::TooLarge => MemberError::new(
            "file",
            "too_large",
            "ファイルが256KiBを超えています。分けてください。",
            "The file is larger than 256 KiB. Split it.",
        ),
        Fault::WrongEncoding => MemberError::new(
            "file",
            "encoding",
            "この行に、指定した文字コードでない文字があります。UTF-8 か Shift_JIS で保存し直し、その文字コードを指定してください。",
            "This line is not of the character set stated. Save the file as UTF-8 or Shift_JIS and state which.",
        ),
        Fault::Header => MemberError::new(
            "header",
            "header",
            "1行目を「id,kind,display_name,profession,designation,designated_by,password」にしてください。",
            "Make the first line id,kind,display_name,profession,designation,designated_by,password.",
        ),
        Fault::NoLines => MemberError::new(
            "file",
            "empty",
            "見出しの次の行からアカウントを書いてください。",
            "Write the accounts below the header line.",
        ),
        Fault::Ragged { found, belong } => MemberError::new(
            "file",
            "ragged",
            &format!(
                "この行は{found}項目です。{belong}項目にしてください（空欄も「,」で区切ります）。"
            ),
            &format!("This line has {found} members; {belong} belong, empty ones included."),
        ),
        Fault::TooManyLines => MemberError::new(
            "file",
            "too_many",
            "一度に登録できるのは200件までです。ファイルを分けてください。",
            "One file registers up to 200 accounts. Split it.",
        ),
    }
}
