//! Operators' looks at the audit chain, over the control socket and on the pages. Every look is an event of the chain before it is answered.

pub mod faults;
pub(crate) mod verification;

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::institution_code::InstitutionCode;
use domain::operator::SHELL;
use serde::{Deserialize, Serialize};
use store::audit::search::{ActorIs, Found, Place, Query};

use crate::app::App;
use crate::told::Told;

/// Events of one answer at most.
pub const MOST_EVENTS: u32 = 5_000;

/// What an operator looks for; an absent member does not limit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// First day, in Japan: `2026-11-23`.
    pub from: Option<String>,
    /// Last day, in Japan.
    pub to: Option<String>,
    /// Institution code.
    pub facility: Option<String>,
    /// Account.
    pub account: Option<String>,
    /// Operator; `local` is the shell.
    #[serde(default)]
    pub operator: Option<String>,
    /// Kind of event, such as `sign-in-refused`.
    pub deed: Option<String>,
    /// Identifier of what it was about.
    #[serde(default)]
    pub subject: Option<String>,
}

/// One event, hashes and identifiers in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its chain.
    pub chain: String,
    /// Its number in the chain.
    pub seq: i64,
    /// When, UTC.
    pub at: String,
    /// What was done.
    pub deed: String,
    /// Who.
    pub actor: String,
    /// The facility that acted.
    pub facility: Option<String>,
    /// What it was about.
    pub subject: Option<String>,
    /// The machine-readable addition.
    pub detail: String,
    /// SHA-256 of the certificate used.
    pub certificate: Option<String>,
    /// SHA-256 of the record it vouches for.
    pub content: Option<String>,
    /// Hash of the event before it.
    pub prev: String,
    /// Its own hash.
    pub hash: String,
}

/// Newest first, for a person to read.
pub(crate) async fn search(
    app: &App,
    query: AuditQuery,
    by: Actor,
) -> Result<Vec<AuditLine>, Told> {
    let parsed = parse(&query)?;
    note(app, "search", by).await?;
    let found = app.engine.search_audit(&parsed, MOST_EVENTS)?;
    Ok(found.into_iter().map(line).collect())
}

/// Page by page in the chain's order, for an export; `after` is the last line of the page before.
pub(crate) async fn page(
    app: &App,
    query: AuditQuery,
    after: Option<(String, i64)>,
    by: Actor,
) -> Result<Vec<AuditLine>, Told> {
    let parsed = parse(&query)?;
    let after: Option<Place> = match after {
        None => None,
        Some((chain, seq)) => {
            let chain = u128::from_str_radix(&chain, 16);
            let chain = chain.map_err(|_| {
                Told::of(
                    "after",
                    "form",
                    "32桁の16進数ではありません。",
                    "no chain of 32 hexadecimal digits",
                )
            })?;
            Some((chain.to_be_bytes(), seq))
        }
    };
    if after.is_none() {
        note(app, "export", by).await?;
    }
    let found = app.engine.audit_page(&parsed, after, MOST_EVENTS)?;
    Ok(found.into_iter().map(line).collect())
}

/// Records a look at the chain before it is answered.
pub(crate) async fn note(app: &App, how: &str, by: Actor) -> Result<(), Told> {
    let event = Event {
        at: app.now(),
        actor: by,
        deed: Deed::AuditRead,
        subject: None,
        detail: format!("how={how}"),
    };
    Ok(app.engine.record(event).await?)
}

pub(crate) fn parse(query: &AuditQuery) -> Result<Query, Told> {
    let day = |member: &'static str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => CivilDate::parse_iso(text).map(Some).map_err(|_| {
            Told::of(
                member,
                "form",
                "日付は 2026-11-23 の形で書いてください。",
                "write a day like 2026-11-23",
            )
        }),
    };
    let facility = match &query.facility {
        None => None,
        Some(code) => Some(InstitutionCode::parse(code).map_err(|error| {
            Told::of(
                "facility",
                "form",
                "医療機関コード（10桁）ではありません。",
                error.to_string(),
            )
        })?),
    };
    let deed = match &query.deed {
        None => None,
        Some(name) => Some(Deed::parse(name).ok_or_else(|| {
            let known: Vec<&str> = Deed::ALL.iter().map(|deed| deed.as_str()).collect();
            let known = known.join(", ");
            Told::of(
                "deed",
                "unknown",
                "次のいずれかです",
                format!("one of these: {known}"),
            )
        })?),
    };
    let operator = match &query.operator {
        None => None,
        Some(name) if name == SHELL => Some(name.clone()),
        Some(name) => {
            let named = crate::operators::named(name);
            Some(named.map_err(|told| told.at("operator"))?.to_string())
        }
    };
    let actor = match (&query.account, operator) {
        (None, None) => None,
        (Some(account), None) => Some(ActorIs::Account(account.clone())),
        (None, Some(operator)) => Some(ActorIs::Operator(operator)),
        (Some(_), Some(_)) => {
            return Err(Told::of(
                "operator",
                "one_actor",
                "アカウントと運用者は、どちらか一方だけを指定してください。",
                "name either an account or an operator",
            ));
        }
    };
    let subject = match &query.subject {
        None => None,
        Some(text) => Some(uuid::Uuid::parse_str(text).map_err(|_| {
            Told::of(
                "subject",
                "form",
                "対象の識別子（32桁の16進数）を指定してください。",
                "an identifier of 32 hexadecimal digits",
            )
        })?),
    };
    let next = |day: CivilDate| Instant::start_of_day_in_japan(day.plus_days(1));
    Ok(Query {
        from: day("from", &query.from)?.map(Instant::start_of_day_in_japan),
        until: day("to", &query.to)?.map(next),
        facility,
        actor,
        deed,
        subject: subject.map(|it| it.as_u128()),
        skip: 0,
    })
}

pub(crate) fn line(found: Found) -> AuditLine {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|it| format!("{it:02x}")).collect() };
    AuditLine {
        chain: hex(&found.place.0),
        seq: found.place.1,
        at: found.at.to_string(),
        deed: found.deed,
        actor: found.actor,
        facility: found.facility.map(|code| format!("{code:010}")),
        subject: found.subject.as_deref().map(hex),
        detail: found.detail,
        certificate: found.certificate.as_deref().map(hex),
        content: found.content.as_deref().map(hex),
        prev: hex(&found.prev),
        hash: hex(&found.hash),
    }
}
