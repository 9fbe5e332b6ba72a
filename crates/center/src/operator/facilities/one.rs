//! One facility: its terminals, certificates, readers, and how many accounts of each kind there are.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::AccountState;
use domain::civil_date::Instant;
use domain::identification::{FaceCapability, TerminalKeys};
use domain::posted_notice::Prefecture;
use store::facilities::TerminalLine;
use ui::component::Fact;
use ui::language::Words;

use super::super::{Done, Frame, Operator, show};
use super::{HERE, kind_label, prefecture_label};
use crate::app::App;
use crate::enroll::institution;
use crate::reissue::{self, CertificateLine};
use crate::told::Told;

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 3] = [
    ("terminal_revoked", "terminal-revoked"),
    ("certificate_revoked", "certificate-revoked"),
    ("reader_enrolled", "reader-enrolled"),
];

struct Terminal {
    name: String,
    issued: String,
    deadline: String,
    closed: bool,
}

struct Certificate {
    terminal: String,
    state: String,
    tone: &'static str,
    not_after: String,
    lost: bool,
    fingerprint: String,
    may_revoke: bool,
}

struct ReaderLine {
    name: String,
    keys: String,
    face: String,
}

struct Accounts {
    kind: &'static str,
    active: usize,
    disabled: usize,
}

#[derive(Template)]
#[template(path = "operator/facility.html")]
struct FacilityPage {
    frame: Frame,
    code: String,
    name: String,
    facts: Vec<Fact>,
    terminal_heads: Vec<String>,
    terminals: Vec<Terminal>,
    certificate_heads: Vec<String>,
    certificates: Vec<Certificate>,
    reader_heads: Vec<String>,
    readers: Vec<ReaderLine>,
    account_heads: Vec<String>,
    accounts: Vec<Accounts>,
}

pub(in crate::operator) async fn page(
    State(app): State<App>,
    operator: Operator,
    Path(code): Path<String>,
    Query(done): Query<Done>,
) -> Response {
    let outcome = facility_page(&app, &operator, &code, &done);
    operator.shown(HERE, outcome)
}

/// There is no such facility.
pub(super) fn no_facility() -> Told {
    Told::none(
        "code",
        "この医療機関コードの施設は登録されていません。一覧から選び直してください。",
        "no facility of this code is enrolled; choose from the list",
    )
}

fn facility_page(
    app: &App,
    operator: &Operator,
    code: &str,
    done: &Done,
) -> Result<Response, Told> {
    let words = &operator.words;
    let code = institution(code).map_err(|_| no_facility())?;
    let facility = app.engine.facility(code)?.ok_or_else(no_facility)?;
    let mut frame = operator.frame(&format!("{HERE}/{code}"));
    frame.banners.extend(done.banner(words, &DONE));
    let fact = |label: &str, text: String| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    let prefecture = Prefecture::of(code).map_or("", |of| prefecture_label(of, words));
    let heads = |keys: &[&str]| -> Vec<String> { keys.iter().map(|key| words.say(key)).collect() };
    let terminals = app.engine.terminals_of(code)?;
    let readers = app.engine.readers_of(code)?;
    let page = FacilityPage {
        frame,
        facts: vec![
            fact("institution-code", code.to_string()),
            fact("facility-kind", kind_label(facility.kind, words)),
            fact("prefecture", prefecture.to_owned()),
        ],
        code: code.to_string(),
        name: facility.name,
        terminal_heads: heads(&["terminal-name", "notice-issued", "download-until", "deeds"]),
        terminals: terminals
            .into_iter()
            .map(|it| terminal(it, words))
            .collect(),
        certificate_heads: heads(&[
            "terminal-name",
            "certificate-state",
            "not-after",
            "fingerprint",
            "deeds",
        ]),
        certificates: reissue::list(app, Some(&code.to_string()))?
            .into_iter()
            .map(|it| certificate(operator, it))
            .collect(),
        reader_heads: heads(&["reader-name", "terminal-keys", "face-comparison"]),
        readers: readers
            .into_iter()
            .map(|it| ReaderLine {
                name: it.name,
                keys: words.say(match it.abilities.terminal_keys {
                    TerminalKeys::Enrolled => "has",
                    TerminalKeys::None => "has-not",
                }),
                face: words.say(match it.abilities.face {
                    FaceCapability::Enrolled => "has",
                    FaceCapability::None => "has-not",
                }),
            })
            .collect(),
        account_heads: heads(&["account-kind", "accounts-active", "accounts-disabled"]),
        accounts: accounts(app, operator, code)?,
    };
    Ok(show(StatusCode::OK, &page))
}

fn terminal(line: TerminalLine, words: &Words) -> Terminal {
    let notice = line.notice.as_ref();
    Terminal {
        issued: notice.map_or_else(
            || words.say("notice-none"),
            |it| it.issued.to_minute_in_japan(),
        ),
        deadline: notice.map_or_else(String::new, |it| it.deadline.to_string()),
        closed: notice.is_some_and(|it| it.closed),
        name: line.name,
    }
}

fn accounts(
    app: &App,
    operator: &Operator,
    code: domain::institution_code::InstitutionCode,
) -> Result<Vec<Accounts>, Told> {
    let mut lines: Vec<Accounts> = Vec::new();
    for it in app.engine.count_accounts(code)? {
        let kind = operator
            .words
            .choose(it.kind.label_ja(), it.kind.label_en());
        if lines.last().is_none_or(|line| line.kind != kind) {
            lines.push(Accounts {
                kind,
                active: 0,
                disabled: 0,
            });
        }
        if let Some(line) = lines.last_mut() {
            match it.state {
                AccountState::Active => line.active = it.count,
                AccountState::Disabled => line.disabled = it.count,
            }
        }
    }
    Ok(lines)
}

fn certificate(operator: &Operator, it: CertificateLine) -> Certificate {
    let words = &operator.words;
    let (key, tone) = match it.state.as_str() {
        "used" => ("certificate-used", "good"),
        "unused" => ("certificate-unused", "note"),
        "renewed" => ("certificate-renewed", "note"),
        "revoked" => ("certificate-revoked-state", "bad"),
        _ => ("certificate-expired", "warn"),
    };
    let end = Instant::parse(&it.not_after).map(Instant::to_minute_in_japan);
    Certificate {
        may_revoke: !["revoked", "expired"].contains(&it.state.as_str()),
        state: words.say(key),
        tone,
        not_after: end.unwrap_or(it.not_after),
        lost: it.lost_at.is_some(),
        terminal: it.terminal,
        fingerprint: it.fingerprint,
    }
}
