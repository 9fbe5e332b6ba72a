//! 「マニュアル」 (G36): the list, the search, and each manual. Needs neither sign-in nor center.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::facility_kind::FacilityKind;
use serde::Deserialize;
use ui::component::TextField;

use crate::manuals::{self, Block, Manual, Run, Section};
use crate::pages::notices::search_field;
use crate::pages::{Frame, Staff, Visitor, nowhere, show};
use crate::search::Terms;
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/manuals";

/// A manual in the list.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) title: String,
    /// Its title in the other language, and that language.
    pub(super) beside: (String, &'static str),
}

/// A section that was found.
pub(super) struct Hit {
    pub(super) href: String,
    pub(super) manual: String,
    pub(super) section: String,
}

#[derive(Template)]
#[template(path = "manuals.html")]
pub(super) struct ManualsPage {
    pub(super) frame: Frame,
    pub(super) search: TextField,
    pub(super) manuals: Vec<Line>,
    /// What was found; `None` when nothing was searched for.
    pub(super) hits: Option<Vec<Hit>>,
}

#[derive(Template)]
#[template(path = "manual.html")]
pub(super) struct ManualPage {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) sections: &'static [Section],
}

/// What is searched for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
}

/// A frame for whoever looks, signed in or not.
pub(super) fn frame(app: &App, visitor: &Visitor, here: &str) -> Frame {
    match Staff::of(visitor, app) {
        Some(staff) => staff.frame(here),
        None => visitor.frame(here),
    }
}

/// Whether this terminal's facility has face readers, as its certificate's code tells; who does not know is shown everything.
pub(super) fn has_reader(app: &App) -> bool {
    let first = app.certificates.first().map(|it| it.holder.facility);
    let kind = first.and_then(|code| FacilityKind::of_fee_table_digit(code.fee_table_digit()));
    kind.is_none_or(|kind| kind.differences().has_reader)
}

fn line(manual: &Manual, frame: &Frame) -> Line {
    let (ja, en) = (manual.title_ja.as_str(), manual.title_en.as_str());
    Line {
        href: format!("{HERE}/{}", manual.name),
        title: frame.words.choose(ja, en).to_owned(),
        beside: (
            frame.words.choose(en, ja).to_owned(),
            frame.words.choose("en", "ja"),
        ),
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Response {
    let frame = frame(&app, &visitor, HERE);
    let page = manuals_page(frame, &wanted.q, has_reader(&app));
    show(StatusCode::OK, &page)
}

pub(super) fn manuals_page(frame: Frame, query: &str, has_reader: bool) -> ManualsPage {
    let manuals = manuals::of_facility(has_reader).map(|it| line(it, &frame));
    let manuals = manuals.collect();
    let hits = Terms::parse(query).map(|terms| {
        let found = manuals::search(&terms, has_reader);
        let hit = |it: manuals::Found| Hit {
            href: format!("{HERE}/{}#{}", it.manual.name, it.section.anchor),
            manual: line(it.manual, &frame).title,
            section: it.section.heading.clone(),
        };
        found.into_iter().map(hit).collect()
    });
    ManualsPage {
        search: search_field(&frame.words, query),
        manuals,
        hits,
        frame,
    }
}

pub(crate) async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Response {
    match manuals::find(&name) {
        Some(manual) => {
            let here = format!("{HERE}/{}", manual.name);
            let page = manual_page(frame(&app, &visitor, &here), manual);
            show(StatusCode::OK, &page)
        }
        None => nowhere(StatusCode::NOT_FOUND, &visitor),
    }
}

pub(super) fn manual_page(frame: Frame, manual: &'static Manual) -> ManualPage {
    ManualPage {
        title: line(manual, &frame).title,
        sections: &manual.sections,
        frame,
    }
}
