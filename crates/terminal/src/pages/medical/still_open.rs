//! What of a patient's page that is open may still be seen: the time that is left, and the end of it, which takes the record off the screen. It is
//! no look and no person's action, and shows nothing that was not there.

use api::client::ClientError;
use api::medical::OpenedKind;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::civil_date::Instant;
use domain::medical_information::kind::{Basis, InformationKind};
use serde::Deserialize;
use ui::component::{Banner, Fault, Tone, WayOn};
use ui::language::Words;

use super::{HERE, OpenLine, open_lines};
use crate::pages::{Staff, show};
use crate::serve::App;
use crate::training::Ground;

/// Seconds before the end of the first kind from which on the page says what comes.
const SOON_S: i64 = 600;

/// What the head of a patient's page says of what is open.
#[derive(Template)]
#[template(path = "medical_still_open.html")]
pub(in crate::pages) struct StillOpen {
    words: Words,
    /// Where it is asked for again.
    here: String,
    /// What the page shows, and the changes it knows of, as they are sent along.
    shown: String,
    changes: u64,
    pub(in crate::pages) lines: Vec<OpenLine>,
    /// What follows, where the first of it ends soon.
    soon: Option<String>,
}

impl StillOpen {
    /// Of a patient's page, with what it shows.
    pub(super) fn of(
        (here, changes): (&str, u64),
        kinds: &[OpenedKind],
        now: Instant,
        words: &Words,
    ) -> Self {
        let left = first_end(kinds).map(|end| now.seconds_until(end));
        let soon = if rests_on_consent(kinds) {
            "medical-soon-how"
        } else {
            "medical-soon-how-emergency"
        };
        Self {
            here: here.to_owned(),
            changes,
            shown: write(kinds),
            lines: open_lines(kinds, now, words),
            soon: left.filter(|it| *it < SOON_S).map(|_| words.say(soon)),
            words: words.clone(),
        }
    }
}

/// What takes the place of a record that may be seen no more.
#[derive(Template)]
#[template(path = "medical_over.html")]
struct Over {
    banner: Banner,
}

/// A page that is open: what it shows, and of how many changes it knows.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct OpenPage {
    shown: String,
    changes: u64,
}

pub(crate) async fn standing(
    State(app): State<App>,
    staff: Staff,
    Path(id): Path<String>,
    Query(page): Query<OpenPage>,
) -> Response {
    let (here, now) = (staff.ground.at(&format!("{HERE}/{id}")), app.now());
    let changes = app.emergencies.changes();
    let mut shown = read(&page.shown);
    // The center is asked only where it told of something: until then the clock decides, as it always does in practice.
    let mut known = page.changes;
    if known != changes && staff.ground == Ground::Real {
        let asked = staff.client.open_now(staff.token(), &id).await;
        match asked {
            Ok(open) => (shown, known) = (still(&shown, &open.kinds), changes),
            Err(ClientError::Problem(problem)) if problem.code == "unknown_patient" => {
                shown = still(&shown, &[]);
            }
            // It is asked again at the next turn.
            Err(_) => {}
        }
    }
    let ends = first_end(&shown);
    if ends.is_some_and(|end| now < end) {
        let part = StillOpen::of((&here, known), &shown, now, &staff.words);
        return show(StatusCode::OK, &part);
    }
    let (text, list) = (|key: &str| staff.words.say(key), staff.ground.at(HERE));
    let (code, told, href, way_on) = if shown.iter().any(|it| is_open(it, now)) {
        ("changed", "medical-changed", here, "medical-open-again")
    } else if rests_on_consent(&shown) {
        ("over", "medical-over", list, "medical-to-list")
    } else {
        ("over", "medical-over-emergency", list, "medical-to-list")
    };
    let fault = Fault {
        code: code.into(),
        text: text(told),
    };
    let mut banner = Banner::new(Tone::Error, fault);
    banner.way_on = Some(WayOn {
        href,
        text: text(way_on),
    });
    let mut response = show(StatusCode::OK, &Over { banner }).into_response();
    let headers = response.headers_mut();
    headers.insert("hx-retarget", HeaderValue::from_static(".onshi-record"));
    headers.insert("hx-reselect", HeaderValue::from_static("#over"));
    headers.insert("hx-reswap", HeaderValue::from_static("outerHTML"));
    response
}

/// What is shown, as it is open now: what is not any more has ended.
fn still(shown: &[OpenedKind], open: &[OpenedKind]) -> Vec<OpenedKind> {
    let mut all = Vec::new();
    for it in shown {
        let mut of_kind = open.iter().filter(|open| open.kind == it.kind).peekable();
        if of_kind.peek().is_none() {
            all.push(OpenedKind {
                until: Instant::from_micros(0).to_string(),
                ..it.clone()
            });
        }
        let new = of_kind.filter(|it| !all.contains(it)).cloned();
        all.extend(new.collect::<Vec<_>>());
    }
    all
}

/// When the first kind may be seen no more on any basis.
fn first_end(kinds: &[OpenedKind]) -> Option<Instant> {
    let names = InformationKind::ALL.iter().map(|it| it.as_str());
    let last_of = |name: &str| {
        let of_kind = kinds.iter().filter(|it| it.kind == name);
        of_kind
            .filter_map(|it| Instant::parse(&it.until).ok())
            .max()
    };
    names.filter_map(last_of).min()
}

/// Whether more than emergencies opened it: what a patient agreed to, the patient may agree to again.
fn rests_on_consent(kinds: &[OpenedKind]) -> bool {
    let mut bases = kinds.iter().map(|it| Basis::parse(&it.basis));
    kinds.is_empty() || bases.any(|it| !it.is_some_and(Basis::is_emergency))
}

fn is_open(it: &OpenedKind, now: Instant) -> bool {
    Instant::parse(&it.until).is_ok_and(|until| now < until)
}

/// Kinds as an address carries them: nothing of a patient is among it.
fn write(kinds: &[OpenedKind]) -> String {
    let parts = kinds
        .iter()
        .map(|it| format!("{}~{}~{}", it.kind, it.basis, it.until));
    parts.collect::<Vec<_>>().join("!")
}

/// Kinds of an address; what is none is left out.
fn read(text: &str) -> Vec<OpenedKind> {
    let parts = text.split('!').filter_map(|part| {
        let mut members = part.split('~');
        let (kind, basis, until) = (members.next()?, members.next()?, members.next()?);
        let kind = InformationKind::ALL.iter().find(|it| it.as_str() == kind)?;
        Some(OpenedKind {
            basis: Basis::parse(basis)?.as_str().into(),
            given: String::new(),
            kind: kind.as_str().into(),
            until: Instant::parse(until).ok()?.to_string(),
        })
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    fn kind(kind: &str, basis: &str, until: &str) -> OpenedKind {
        OpenedKind {
            basis: basis.into(),
            given: String::new(),
            kind: kind.into(),
            until: format!("2026-11-27T{until}:00.000000Z"),
        }
    }

    #[test]
    fn what_an_address_carries_is_read_again_and_anything_else_is_nothing() {
        let kinds = [
            kind("drugs", "visit", "01:00"),
            kind("drugs", "disaster", "02:00"),
        ];
        assert_eq!(read(&write(&kinds)), kinds);
        assert_eq!(read("drugs~visit~soon!names~visit!<b>"), []);
    }

    #[test]
    fn a_page_is_over_when_the_first_kind_ends_on_every_basis() {
        let kinds = [
            kind("drugs", "visit", "01:00"),
            kind("drugs", "disaster", "03:00"),
            kind("checkups", "visit", "02:00"),
        ];
        let end = first_end(&kinds).unwrap();
        assert_eq!(end.to_string(), kinds[2].until);
        assert_eq!(first_end(&[]), None);
    }

    #[test]
    fn a_kind_that_was_withdrawn_ends_what_is_shown_and_a_new_consent_goes_on() {
        let shown = [
            kind("drugs", "visit", "01:00"),
            kind("checkups", "visit", "01:00"),
        ];
        let now = Instant::parse("2026-11-27T00:30:00Z").unwrap();
        let gone = still(&shown, &shown[..1]);
        assert!(first_end(&gone).unwrap() <= now, "{gone:?}");
        assert!(gone.iter().any(|it| is_open(it, now)));
        let again = [
            kind("drugs", "visit", "05:00"),
            kind("checkups", "visit", "05:00"),
        ];
        assert_eq!(still(&shown, &again), again);
    }
    #[test]
    fn an_end_that_comes_is_marked_to_be_spoken_and_none_before() {
        let kinds = [kind("drugs", "visit", "01:00")];
        let words = Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), Language::Japanese);
        let page = |now: &str| {
            let now = Instant::parse(now).unwrap();
            let part = StillOpen::of(("/medical/x", 0), &kinds, now, &words);
            part.render().unwrap()
        };
        assert!(!page("2026-11-27T00:30:00Z").contains("data-soon"));
        let soon = page("2026-11-27T00:55:00Z");
        let (_, told) = soon.split_once("<div data-soon>").unwrap();
        assert!(told.contains("まもなく終わります") && told.contains("時間になると"));
    }
}
