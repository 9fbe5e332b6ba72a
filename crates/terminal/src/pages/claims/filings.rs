//! Filings (届出) to review bodies, made by an administrator: first use, change of line, another PC. Each prints as a form of its own, for
//! its review body alone; sends nothing to anybody.

use api::claims::{ClaimsFiling, ClaimsFilings, ClaimsTenant, NewClaimsFiling};
use api::client::ClientError;
use api::session::SessionFacility;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::Instant;
use domain::claims::entry::{FilingKind, Line};
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Fact, Fault, Need, Select, TextField, Width};
use ui::language::Words;

use crate::browsers::{hash, hex, random_text};
use crate::pages::{Filled, Frame, Staff, show, trouble};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/claims/filings";

#[derive(Template)]
#[template(path = "claims_filings.html")]
pub(in crate::pages) struct FilingsPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) summary: ErrorSummary,
    pub(in crate::pages) selects: [Select; 3],
    pub(in crate::pages) fields: [TextField; 2],
    pub(in crate::pages) heads: Vec<String>,
    pub(in crate::pages) lines: Vec<Shown>,
    /// Made for each form, so that one sent twice is one filing.
    pub(in crate::pages) key: String,
}

/// A filing in the list.
pub(in crate::pages) struct Shown {
    pub(in crate::pages) id: String,
    pub(in crate::pages) cells: [String; 6],
    pub(in crate::pages) can_hand_in: bool,
}

/// How far a filing is, for people.
pub(super) fn state(state: &str, words: &Words) -> String {
    words.say(match state {
        "made" => "claims-filing-made",
        "handed_in" => "claims-filing-handed-in",
        "accepted" => "claims-filing-accepted",
        _ => "claims-filing-refused",
    })
}

/// What the door says of this PC's filings: whether one lets it in, from when, and how far a newer one is.
pub(in crate::pages) fn at_door(it: &ClaimsTenant, words: &Words) -> String {
    let lets_in = if it.is_terminal_permitted {
        Some(words.say("claims-permitted"))
    } else {
        begins(it, words)
    };
    let newest = it.filing.as_ref();
    let state = |filing: &ClaimsFiling| [("state", state(&filing.state, words))];
    match (lets_in, newest.filter(|filing| filing.state != "accepted")) {
        (Some(lets_in), None) => lets_in,
        (Some(lets_in), Some(newer)) => {
            let newest = words.say_with("claims-filing-newest", &state(newer));
            format!("{lets_in} {newest}")
        }
        (None, Some(only)) => words.say_with("claims-filing-state", &state(only)),
        (None, None) => words.say("claims-filing-none"),
    }
}

/// From when an accepted filing lets this PC in. An older center does not say it, and what its newest filing says is taken.
fn begins(it: &ClaimsTenant, words: &Words) -> Option<String> {
    let day = match (&it.permitted_from, &it.filing) {
        (Some(from), _) => {
            Instant::parse(from).map_or_else(|_| from.clone(), |at| at.date_in_japan().to_string())
        }
        (None, Some(filing)) if filing.state == "accepted" => filing.starts_on.clone(),
        (None, _) => return None,
    };
    let day = days::show(&day, words);
    Some(words.say_with("claims-filing-begins", &[("day", day)]))
}

fn kind(kind: &str, words: &Words) -> String {
    words.say(match FilingKind::parse(kind) {
        Some(FilingKind::FirstUse) | None => "claims-first-use",
        Some(FilingKind::LineChange) => "claims-line-change",
        Some(FilingKind::AnotherPc) => "claims-another-pc",
    })
}

fn line(line: &str, words: &Words) -> String {
    words.say(match Line::parse(line) {
        Some(Line::IpVpn) | None => "claims-ip-vpn",
        Some(Line::IpsecIke) => "claims-ipsec",
    })
}

/// Filings in a line each: for whom and what, about which PC, how far.
pub(in crate::pages) fn facts<'f>(
    filings: impl IntoIterator<Item = &'f ClaimsFiling>,
    words: &Words,
) -> Vec<Fact> {
    let fact = |it: &ClaimsFiling| {
        let kind = kind(&it.kind, words);
        let about = [
            (
                "tenant",
                words
                    .choose(&it.tenant_name.ja, &it.tenant_name.en)
                    .as_str(),
            ),
            ("kind", kind.as_str()),
            ("terminal", it.terminal.as_str()),
        ];
        let at = it.decided_at.as_ref().or(it.handed_in_at.as_ref());
        let at = days::show_instant(at.unwrap_or(&it.made_at));
        Fact {
            label: words.say_with("claims-filing-about", &about),
            text: state(&it.state, words),
            meaning: match &it.reason {
                Some(reason) => format!("{at} {reason}"),
                None => at,
            },
        }
    };
    filings.into_iter().map(fact).collect()
}

/// Of filings, the newest first: those that no newer one to the same review body about the same PC takes the place of.
pub(in crate::pages) fn newest(filings: &[ClaimsFiling]) -> Vec<&ClaimsFiling> {
    let mut newest: Vec<&ClaimsFiling> = Vec::new();
    for it in filings {
        let is_alike =
            |other: &&ClaimsFiling| other.tenant == it.tenant && other.terminal == it.terminal;
        if !newest.iter().any(is_alike) {
            newest.push(it);
        }
    }
    newest
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct FilingForm {
    tenant: String,
    kind: String,
    line: String,
    terminal: String,
    starts_on: String,
    key: String,
}

impl FilingForm {
    /// The idempotency key: the same contents sent twice are one filing, other contents are another.
    fn idempotency_key(&self) -> Option<String> {
        let parts = [
            &self.key,
            &self.tenant,
            &self.kind,
            &self.line,
            &self.terminal,
            &self.starts_on,
        ];
        let parts = parts.map(String::as_str);
        hash(&parts.join("\u{1f}")).map(|hash| hex(&hash))
    }
}

pub(crate) async fn list(State(app): State<App>, staff: Staff) -> Response {
    shown(&app, &staff, &FilingForm::default(), &[]).await
}

async fn shown(
    app: &App,
    staff: &Staff,
    typed: &FilingForm,
    faults: &[(String, Fault)],
) -> Response {
    let filings = match staff.client.claims_filings(staff.token()).await {
        Ok(filings) => filings,
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let entry = match staff.client.claims_entry().await {
        Ok(entry) => entry,
        Err(error) => return staff.failed(app, &error, HERE),
    };
    let words = &staff.words;
    let tenants = entry.tenants.iter().map(|it| Choice {
        value: it.id.clone(),
        label: words.choose(&it.name.ja, &it.name.en).clone(),
    });
    let terminal = if typed.terminal.is_empty() {
        entry.terminal.clone()
    } else {
        typed.terminal.clone()
    };
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = filings_page(
        staff.frame(HERE),
        &filings,
        (tenants.collect(), terminal),
        typed,
        faults,
    );
    show(status, &page)
}

pub(in crate::pages) fn filings_page(
    frame: Frame,
    filings: &ClaimsFilings,
    (tenants, terminal): (Vec<Choice>, String),
    typed: &FilingForm,
    faults: &[(String, Fault)],
) -> FilingsPage {
    let words = frame.words.clone();
    let select = |name: &'static str, label: &str, options: Vec<Choice>, value: &str| Select {
        name,
        label: words.say(label),
        support: String::new(),
        need: Need::Plain,
        width: Width::Full,
        options,
        value: value.to_owned(),
        errors: Vec::new(),
    };
    let choice = |value: &str, label: String| Choice {
        value: value.to_owned(),
        label,
    };
    let kinds = FilingKind::ALL
        .iter()
        .map(|it| choice(it.as_str(), kind(it.as_str(), &words)));
    let lines = Line::ALL
        .iter()
        .map(|it| choice(it.as_str(), line(it.as_str(), &words)));
    let mut selects = [
        select("tenant", "claims-tenant", tenants, &typed.tenant),
        select("kind", "claims-filing-kind", kinds.collect(), &typed.kind),
        select("line", "claims-filing-line", lines.collect(), &typed.line),
    ];
    let mut fields = [
        TextField {
            value: terminal,
            width: Width::Full,
            support: words.say("claims-filing-terminal-support"),
            ..TextField::new("terminal", words.say("claims-filing-terminal"))
        },
        TextField {
            value: typed.starts_on.clone(),
            support: words.say("claims-filing-starts-support"),
            ..TextField::new("starts_on", words.say("claims-filing-starts"))
        },
    ];
    let summary = faults::spread(faults, &mut fields, &mut selects);
    let heads = [
        "claims-tenant",
        "claims-filing-kind",
        "claims-filing-terminal",
        "claims-filing-line",
        "claims-filing-starts",
        "state",
    ];
    let key = Some(typed.key.clone()).filter(|it| !it.is_empty());
    FilingsPage {
        key: key.or_else(random_text).unwrap_or_default(),
        summary,
        selects,
        fields,
        heads: heads.into_iter().map(|it| words.say(it)).collect(),
        lines: filings
            .filings
            .iter()
            .map(|it| shown_as(it, &words))
            .collect(),
        frame,
    }
}

fn shown_as(it: &ClaimsFiling, words: &Words) -> Shown {
    let mut state = state(&it.state, words);
    if let Some(reason) = &it.reason {
        state = format!("{state}: {reason}");
    }
    Shown {
        id: it.id.clone(),
        cells: [
            words.choose(&it.tenant_name.ja, &it.tenant_name.en).clone(),
            kind(&it.kind, words),
            it.terminal.clone(),
            line(&it.line, words),
            days::show(&it.starts_on, words),
            state,
        ],
        can_hand_in: it.state == "made",
    }
}

pub(crate) async fn make(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<FilingForm>,
) -> Response {
    if let Some(fault) = days::fault(&form.starts_on, &staff.words) {
        return shown(&app, &staff, &form, &[("starts_on".into(), fault)]).await;
    }
    let new = NewClaimsFiling {
        kind: form.kind.clone(),
        line: form.line.clone(),
        starts_on: days::to_iso(&form.starts_on),
        tenant: form.tenant.clone(),
        terminal: form.terminal.clone(),
    };
    let Some(key) = form.idempotency_key() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let made = staff.client.make_claims_filing(staff.token(), &key, &new);
    match made.await {
        Ok(_) => Redirect::to(HERE).into_response(),
        Err(ClientError::Problem(problem)) if !problem.errors.is_empty() => {
            let told = faults::of_members(&problem, &staff.words);
            shown(&app, &staff, &form, &told).await
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// A filing as it is printed and signed.
#[derive(Template)]
#[template(path = "claims_filing.html")]
pub(in crate::pages) struct FormPage {
    pub(in crate::pages) frame: Frame,
    /// The review body it goes to.
    pub(in crate::pages) to: String,
    pub(in crate::pages) facts: Vec<Fact>,
}

pub(crate) async fn form(State(app): State<App>, staff: Staff, Path(id): Path<String>) -> Response {
    let filings = match staff.client.claims_filings(staff.token()).await {
        Ok(filings) => filings.filings,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let Some(filing) = filings.iter().find(|it| it.id == id) else {
        let fault = faults::own(&staff.words, "no_such_page", "no-such-page");
        return trouble(StatusCode::NOT_FOUND, staff.frame(HERE), fault);
    };
    let frame = staff.frame(&format!("{HERE}/{}", filing.id));
    let page = form_page(frame, filing, &staff.session.facility);
    show(StatusCode::OK, &page)
}

pub(in crate::pages) fn form_page(
    frame: Frame,
    it: &ClaimsFiling,
    facility: &SessionFacility,
) -> FormPage {
    let words = frame.words.clone();
    let facts = [
        ("claims-filing-code", facility.code.clone()),
        ("claims-filing-facility", facility.name.clone()),
        ("claims-filing-terminal", it.terminal.clone()),
        ("claims-filing-kind", kind(&it.kind, &words)),
        ("claims-filing-line", line(&it.line, &words)),
        ("claims-filing-starts", days::show(&it.starts_on, &words)),
        ("claims-filing-made-at", days::show_instant(&it.made_at)),
    ];
    let facts = facts.into_iter().map(|(label, text)| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    });
    let tenant = words.choose(&it.tenant_name.ja, &it.tenant_name.en);
    FormPage {
        to: words.say_with("claims-filing-to", &[("tenant", tenant.as_str())]),
        facts: facts.collect(),
        frame,
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct HandInForm {
    id: String,
}

pub(crate) async fn hand_in(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<HandInForm>,
) -> Response {
    let handed = staff
        .client
        .hand_in_claims_filing(staff.token(), &form.id)
        .await;
    match handed {
        Ok(_) => Redirect::to(HERE).into_response(),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> FilingForm {
        FilingForm {
            key: "k".into(),
            tenant: "fund".into(),
            terminal: "受付1".into(),
            ..FilingForm::default()
        }
    }

    #[test]
    fn the_same_filing_has_the_same_key_and_others_another() {
        let key = |form: &FilingForm| form.idempotency_key().unwrap();
        assert_eq!(key(&form()), key(&form()));
        assert_eq!(key(&form()).len(), 64);
        for other in [
            FilingForm {
                key: "l".into(),
                ..form()
            },
            FilingForm {
                terminal: "受付2".into(),
                ..form()
            },
        ] {
            assert_ne!(key(&form()), key(&other));
        }
    }
}
