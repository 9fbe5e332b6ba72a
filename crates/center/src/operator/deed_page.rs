//! The page before a deed: what it is about, what will follow, its form, and a tick where it takes something away.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::component::{ButtonTone, Checkbox, ErrorSummary, Fact, TextField, WayOn};
use ui::language::Words;

use super::{Frame, Operator, set_up, show};
use crate::told::{Told, faults};

#[derive(Template)]
#[template(path = "operator/deed.html")]
pub(super) struct DeedPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) facts: Vec<Fact>,
    /// Where the form is sent.
    pub(super) action: String,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<TextField>,
    pub(super) ticks: Vec<Checkbox>,
    pub(super) tone: ButtonTone,
    /// Where nothing is done.
    pub(super) back: WayOn,
}

/// What a form sends that has a tick alone.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Tick {
    pub(super) confirm: String,
}

/// Looks whether what will follow was confirmed.
pub(super) fn confirmed(tick: &str) -> Result<(), Told> {
    if tick == "yes" {
        return Ok(());
    }
    Err(Told::of(
        "confirm",
        "not_confirmed",
        "内容を確かめて、チェックを入れてください。",
        "look at what will follow, and tick the box",
    ))
}

/// The tick that confirms.
pub(super) fn confirm(words: &Words) -> Checkbox {
    Checkbox {
        name: "confirm",
        label: words.say("confirm"),
        support: String::new(),
        value: "yes".into(),
        checked: false,
    }
}

/// A deed that takes something away, and has nothing to fill in but its tick.
pub(super) struct Loss {
    /// The page's own path, where its form is sent too.
    pub(super) here: String,
    /// Keys of its title and of what will follow.
    pub(super) texts: (&'static str, &'static str),
    /// What it is about: keys of labels, and values.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) hidden: Vec<(&'static str, String)>,
    /// Where nothing is done, and the key of its text.
    pub(super) back: (String, &'static str),
}

impl Loss {
    /// The page, with what was wrong where its form was sent.
    pub(super) fn page(self, operator: &Operator, told: Option<&Told>) -> Response {
        let words = &operator.words;
        let (title, lead) = self.texts;
        let (href, text) = self.back;
        let fact = |(label, text): (&str, String)| Fact {
            label: words.say(label),
            text,
            meaning: String::new(),
        };
        let page = DeedPage {
            frame: operator.frame(&self.here),
            summary: set_up::summary(&faults(told, words)),
            title: words.say(title),
            lead: words.say(lead),
            facts: self.facts.into_iter().map(fact).collect(),
            action: self.here,
            hidden: self.hidden,
            fields: Vec::new(),
            ticks: vec![confirm(words)],
            tone: ButtonTone::Danger,
            back: WayOn {
                href,
                text: words.say(text),
            },
        };
        show(told.map_or(StatusCode::OK, Told::status), &page)
    }
}
