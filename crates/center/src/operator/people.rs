//! Operators (運用者): who there is, another one by a one-time link, disabling, the second factor taken away. Shows a link once.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::operator::OperatorState;
use serde::Deserialize;
use store::operators::Last;
use ui::component::{Fact, Fault, TextField};
use ui::language::Words;

use super::deed_page::{Loss, Tick, confirmed};
use super::{Done, Filled, Frame, Operator, show};
use crate::app::App;
use crate::operators::{self, Invitation, OperatorLine};
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/operators";

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 1] = [("disabled", "person-disabled")];

struct Line {
    name: String,
    state: String,
    tone: &'static str,
    signed_in: String,
    is_self: bool,
}

#[derive(Template)]
#[template(path = "operator/people.html")]
struct PeoplePage {
    frame: Frame,
    heads: Vec<String>,
    lines: Vec<Line>,
    name: TextField,
}

#[derive(Template)]
#[template(path = "operator/person.html")]
struct PersonPage {
    frame: Frame,
    name: String,
    facts: Vec<Fact>,
    may_disable: bool,
}

#[derive(Template)]
#[template(path = "operator/invitation.html")]
struct InvitationPage {
    frame: Frame,
    name: String,
    link: String,
    until: String,
}

/// Name and tone of a state.
fn state(text: &str, words: &Words) -> (String, &'static str) {
    match OperatorState::parse(text) {
        Some(OperatorState::Active) => (words.say("person-active"), "good"),
        Some(OperatorState::Invited) => (words.say("person-invited"), "note"),
        Some(OperatorState::Disabled) | None => (words.say("person-disabled-state"), "bad"),
    }
}

/// An instant of a line, to the minute in Japan.
fn minute(text: Option<&String>) -> String {
    let at = text.and_then(|text| domain::civil_date::Instant::parse(text).ok());
    at.map_or_else(|| "－".to_owned(), |at| at.to_minute_in_japan())
}

fn people_page(
    app: &App,
    operator: &Operator,
    done: &Done,
    typed: &str,
    told: Option<&Told>,
) -> Result<Response, Told> {
    let words = &operator.words;
    let mut frame = operator.frame(HERE);
    frame.banners.extend(done.banner(words, &DONE));
    let line = |it: OperatorLine| {
        let (state, tone) = state(&it.state, words);
        Line {
            is_self: it.name == operator.name.as_str(),
            signed_in: minute(it.signed_in.as_ref()),
            name: it.name,
            state,
            tone,
        }
    };
    let errors: Vec<Fault> = told.map(|told| told.fault(words)).into_iter().collect();
    let page = PeoplePage {
        frame,
        heads: ["operator-name", "person-state", "person-signed-in"]
            .map(|key| words.say(key))
            .into(),
        lines: operators::list(app)?.into_iter().map(line).collect(),
        name: TextField {
            support: words.say("new-person-support"),
            value: typed.to_owned(),
            errors,
            ..TextField::new("name", words.say("operator-name"))
        },
    };
    Ok(show(told.map_or(StatusCode::OK, Told::status), &page))
}

pub(super) async fn list(
    State(app): State<App>,
    operator: Operator,
    Query(done): Query<Done>,
) -> Response {
    let outcome = people_page(&app, &operator, &done, "", None);
    operator.shown(HERE, outcome)
}

/// What the form of a new operator sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NewPerson {
    name: String,
}

pub(super) async fn add(
    State(app): State<App>,
    operator: Operator,
    Filled(form): Filled<NewPerson>,
) -> Response {
    let name = form.name.trim();
    match operators::add(&app, name, operator.actor()).await {
        Ok(invitation) => invited(&operator, invitation),
        Err(told) => {
            let outcome = people_page(&app, &operator, &Done::default(), name, Some(&told));
            operator.shown(HERE, outcome)
        }
    }
}

fn invited(operator: &Operator, invitation: Invitation) -> Response {
    let page = InvitationPage {
        frame: operator.frame(HERE),
        until: minute(Some(&invitation.until)),
        name: invitation.name,
        link: invitation.link,
    };
    show(StatusCode::OK, &page)
}

pub(super) async fn one(
    State(app): State<App>,
    operator: Operator,
    Path(name): Path<String>,
) -> Response {
    let outcome = person_page(&app, &operator, &name);
    operator.shown(HERE, outcome)
}

/// The operator of a name.
fn person(app: &App, operator: &Operator, name: &str) -> Result<OperatorLine, Told> {
    let words = &operator.words;
    let found = operators::list(app)?.into_iter().find(|it| it.name == name);
    let none = || {
        Told::none(
            "name",
            words.say("no-such-person"),
            words.say("no-such-person"),
        )
    };
    found.ok_or_else(none)
}

fn person_page(app: &App, operator: &Operator, name: &str) -> Result<Response, Told> {
    let words = &operator.words;
    let found = person(app, operator, name)?;
    let fact = |label: &str, text: String| Fact {
        label: words.say(label),
        text,
        meaning: String::new(),
    };
    let mut facts = vec![
        fact("person-state", state(&found.state, words).0),
        fact("person-made", minute(Some(&found.made))),
        fact("person-signed-in", minute(found.signed_in.as_ref())),
    ];
    if found.link_until.is_some() {
        facts.push(fact("person-link-until", minute(found.link_until.as_ref())));
    }
    if found.locked_until.is_some() {
        facts.push(fact(
            "person-locked-until",
            minute(found.locked_until.as_ref()),
        ));
    }
    let page = PersonPage {
        frame: operator.frame(&format!("{HERE}/{}", found.name)),
        may_disable: found.state != OperatorState::Disabled.as_str(),
        name: found.name,
        facts,
    };
    Ok(show(StatusCode::OK, &page))
}

/// The page before an operator's disabling or reset.
fn before(
    app: &App,
    operator: &Operator,
    (name, deed): (&str, &str),
    told: Option<&Told>,
) -> Response {
    let texts = if deed == "disable" {
        ("disable-person-now", "disable-person-lead")
    } else {
        ("reset-person-now", "reset-person-lead")
    };
    let outcome = person(app, operator, name).map(|found| {
        let loss = Loss {
            here: format!("{HERE}/{}/{deed}", found.name),
            texts,
            facts: vec![
                ("operator-name", found.name),
                ("person-state", state(&found.state, &operator.words).0),
            ],
            hidden: Vec::new(),
            back: (HERE.to_owned(), "to-people"),
        };
        loss.page(operator, told)
    });
    operator.shown(HERE, outcome)
}

pub(super) async fn before_disabling(
    State(app): State<App>,
    operator: Operator,
    Path(name): Path<String>,
) -> Response {
    before(&app, &operator, (&name, "disable"), None)
}

pub(super) async fn before_reset(
    State(app): State<App>,
    operator: Operator,
    Path(name): Path<String>,
) -> Response {
    before(&app, &operator, (&name, "reset"), None)
}

pub(super) async fn disable(
    State(app): State<App>,
    operator: Operator,
    Path(name): Path<String>,
    Filled(form): Filled<Tick>,
) -> Response {
    if let Err(told) = confirmed(&form.confirm) {
        return before(&app, &operator, (&name, "disable"), Some(&told));
    }
    match operators::disable(&app, &name, operator.actor(), Last::Stays).await {
        Ok(()) => Redirect::to(&format!("{HERE}?done=disabled")).into_response(),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

pub(super) async fn reset(
    State(app): State<App>,
    operator: Operator,
    Path(name): Path<String>,
    Filled(form): Filled<Tick>,
) -> Response {
    if let Err(told) = confirmed(&form.confirm) {
        return before(&app, &operator, (&name, "reset"), Some(&told));
    }
    match operators::reset(&app, &name, operator.actor()).await {
        Ok(invitation) => invited(&operator, invitation),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}
