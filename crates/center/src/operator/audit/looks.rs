//! Looks at medical information (閲覧記録, G27) at all facilities: who, whom, what, why, when, resting on what. A person stands there by the
//! identifier of the audit chain, not by name; every search is an event.

use api::medical::looks::next;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::AccountId;
use domain::civil_date::Instant;
use domain::medical_information::kind::{Basis, InformationKind, Purpose, Way};
use domain::medical_information::look::Look;
use domain::person::PersonId;
use serde::Deserialize;
use store::looks::search::{LookSearch, Place};
use ui::component::{Checkbox, ErrorSummary, Fault, Need, NextPage, TextField, Width};
use ui::language::Words;

use super::super::{Filled, Frame, Operator, set_up, show};
use super::given;
use crate::app::App;
use crate::audit::{self, AuditQuery};
use crate::told::Told;

/// The page's own path.
pub(in crate::operator) const HERE: &str = "/looks";

/// Looks of one page.
const PAGE: u32 = 100;

#[derive(Template)]
#[template(path = "operator/looks.html")]
struct LooksPage {
    frame: Frame,
    summary: ErrorSummary,
    fields: Vec<TextField>,
    emergencies: Checkbox,
    heads: Vec<String>,
    /// None before a search.
    lines: Option<Vec<Line>>,
    next: Option<NextPage>,
}

struct Line {
    at: String,
    facility: String,
    account: String,
    kind: &'static str,
    person: String,
    what: Vec<String>,
    way: String,
    purpose: String,
    is_emergency: bool,
}

/// What the search sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct LooksForm {
    from: String,
    to: String,
    facility: String,
    account: String,
    person: String,
    emergencies: String,
    after: String,
}

pub(in crate::operator) async fn form(operator: Operator) -> Response {
    page(&operator, &LooksForm::default(), None, &[])
}

pub(in crate::operator) async fn search(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<LooksForm>,
) -> Response {
    match find(&app, &operator, &form).await {
        Ok(found) => page(&operator, &form, Some(found), &[]),
        Err(told) if !told.member.is_empty() => {
            let fault = told.at_member(&operator.words);
            page(&operator, &form, None, &[fault])
        }
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

/// The looks of a page, and the place the next one goes on at.
type Found = (Vec<Look>, Option<String>);

async fn find(app: &App, operator: &Operator, form: &LooksForm) -> Result<Found, Told> {
    let read = audit::parse(&AuditQuery {
        from: super::day(&form.from),
        to: super::day(&form.to),
        facility: given(&form.facility),
        ..AuditQuery::default()
    })?;
    let account = given(&form.account).map(|text| AccountId::parse(&text));
    let account = account.transpose().map_err(|error| {
        let ja = "アカウントIDに使えない文字があります。";
        Told::of("account", "form", ja, error.to_string())
    })?;
    let person = given(&form.person).map(|text| uuid::Uuid::parse_str(&text));
    let person = person.transpose().map_err(|_| {
        let ja = "患者の識別子（32桁の16進数）を指定してください。";
        Told::of(
            "person",
            "form",
            ja,
            "an identifier of 32 hexadecimal digits",
        )
    })?;
    let search = LookSearch {
        from: read.from,
        until: read.until,
        account,
        people: person.map(|id| vec![PersonId::from_u128(id.as_u128())]),
        only_emergencies: form.emergencies == "yes",
        after: place(&form.after),
        limit: PAGE,
        ..LookSearch::default()
    };
    audit::note(app, "looks", operator.actor()).await?;
    let found = app.engine.looks_anywhere(read.facility, &search)?;
    let next = found.next.map(|it| next(it.at.as_micros(), it.seq));
    Ok((found.looks.into_iter().map(|it| it.look).collect(), next))
}

/// Where a page before ended.
fn place(text: &str) -> Option<Place> {
    let (at, seq) = text.split_once('-')?;
    Some(Place {
        at: Instant::from_micros(at.parse().ok()?),
        seq: seq.parse().ok()?,
    })
}

fn page(
    operator: &Operator,
    form: &LooksForm,
    found: Option<Found>,
    faults: &[(String, Fault)],
) -> Response {
    let words = &operator.words;
    let field = |name: &'static str, key: &str, value: &str| TextField {
        need: Need::Plain,
        width: Width::Medium,
        value: value.to_owned(),
        errors: set_up::of(name, faults),
        ..TextField::new(name, words.say(key))
    };
    let next = found.as_ref().and_then(|(_, next)| next.clone());
    let page = LooksPage {
        frame: operator.frame(HERE),
        summary: set_up::summary(faults),
        fields: vec![
            field("from", "audit-from", &form.from),
            field("to", "audit-to", &form.to),
            field("facility", "institution-code", &form.facility),
            field("account", "audit-account", &form.account),
            field("person", "look-person", &form.person),
        ],
        emergencies: Checkbox {
            name: "emergencies",
            label: words.say("look-emergencies"),
            support: String::new(),
            value: "yes".into(),
            checked: form.emergencies == "yes",
        },
        heads: [
            "audit-at",
            "institution-code",
            "audit-account",
            "look-person",
            "look-what",
            "look-way",
            "look-purpose",
        ]
        .map(|key| words.say(key))
        .into(),
        lines: found.map(|(looks, _)| looks.iter().map(|it| line(it, words)).collect()),
        next: next.map(|place| NextPage {
            action: HERE,
            terms: vec![
                ("from", form.from.clone()),
                ("to", form.to.clone()),
                ("facility", form.facility.clone()),
                ("account", form.account.clone()),
                ("person", form.person.clone()),
                ("emergencies", form.emergencies.clone()),
                ("after", place),
            ],
        }),
    };
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    show(status, &page)
}

fn line(it: &Look, words: &Words) -> Line {
    let what = it.under.iter().map(|under| {
        let parts = [kind(under.kind), basis(under.basis)].map(|key| words.say(key));
        let [kind, basis] = parts;
        words.choose(format!("{kind}（{basis}）"), format!("{kind} ({basis})"))
    });
    Line {
        at: Instant::to_second_in_japan(it.at),
        facility: it.facility.to_string(),
        account: it.account.to_string(),
        kind: words.choose(it.account_kind.label_ja(), it.account_kind.label_en()),
        person: format!("{:032x}", it.person.as_u128()),
        what: what.collect(),
        way: words.say(way(it.way)),
        purpose: words.say(purpose(it.purpose)),
        is_emergency: it.is_emergency(),
    }
}

fn kind(it: InformationKind) -> &'static str {
    match it {
        InformationKind::Drugs => "information-drugs",
        InformationKind::Treatment => "information-treatment",
        InformationKind::Surgery => "information-surgery",
        InformationKind::Checkups => "information-checkups",
    }
}

fn basis(it: Basis) -> &'static str {
    match it {
        Basis::Visit => "basis-visit",
        Basis::Home => "basis-home",
        Basis::Disaster => "basis-disaster",
        Basis::Ambulance => "basis-ambulance",
    }
}

fn way(it: Way) -> &'static str {
    match it {
        Way::Page => "way-page",
        Way::Print => "way-print",
        Way::Pdf => "way-pdf",
        Way::Xml => "way-xml",
        Way::Machine => "way-machine",
        Way::Own => "way-own",
    }
}

fn purpose(it: Purpose) -> &'static str {
    match it {
        Purpose::Treatment => "purpose-treatment",
        Purpose::Dispensing => "purpose-dispensing",
        Purpose::Disaster => "purpose-disaster",
        Purpose::Ambulance => "purpose-ambulance",
        Purpose::Own => "purpose-own",
    }
}
