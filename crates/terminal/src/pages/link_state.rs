//! 「レセコン連携の状態」: how the link app of this PC stands, from the file it keeps for this page (`api::link_state`). Open to whoever may unlock
//! this screen, with or without the center; shows counts and troubles, no file's name and nothing of patients.

use api::link_state::{FolderState, Kind, LinkState, Trouble};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::Instant;
use ui::component::Fact;
use ui::language::Words;

use crate::days;
use crate::doctor::{Link, Neighbour};
use crate::pages::support::frame;
use crate::pages::{Frame, Visitor, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/link-state";

#[derive(Template)]
#[template(path = "link_state.html")]
pub(super) struct LinkStatePage {
    pub(super) frame: Frame,
    /// Why there is nothing to show.
    pub(super) nothing: Option<String>,
    /// The link app itself and the center.
    pub(super) whole: Option<PartView>,
    /// The folder pairs.
    pub(super) folders: Vec<PartView>,
}

/// The link app or one folder pair.
pub(super) struct PartView {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) facts: Vec<Fact>,
}

pub(crate) async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let link = app.upkeep.link();
    let state = match link {
        Neighbour::Here(link) => LinkState::read(&link.data_dir),
        Neighbour::None | Neighbour::BadSettings(_) => None,
    };
    let frame = frame(&app, &visitor, HERE);
    let page = link_state_page(frame, link, state.as_ref(), app.now());
    show(StatusCode::OK, &page)
}

pub(super) fn link_state_page(
    frame: Frame,
    link: &Neighbour<Link>,
    state: Option<&LinkState>,
    now: Instant,
) -> LinkStatePage {
    let words = &frame.words;
    let nothing = match (link, state) {
        (Neighbour::None, _) => Some(words.say("link-state-none")),
        (Neighbour::BadSettings(why), _) => {
            Some(words.say_with("link-state-bad-settings", &[("why", why.as_str())]))
        }
        (Neighbour::Here(_), None) => Some(words.say("link-state-not-told")),
        (Neighbour::Here(_), Some(_)) => None,
    };
    let shown = state.filter(|_| nothing.is_none());
    let folders = shown.map(|it| &it.folders[..]).unwrap_or_default();
    LinkStatePage {
        nothing,
        whole: shown.map(|it| whole(it, now, words)),
        folders: folders.iter().map(|it| folder(it, words)).collect(),
        frame,
    }
}

fn whole(state: &LinkState, now: Instant, words: &Words) -> PartView {
    let runs = state.is_current(now);
    let trouble = state.center.trouble.as_ref().filter(|it| it.lasts);
    let (key, tone) = match (runs, trouble) {
        (false, _) => ("link-state-stopped", "bad"),
        (true, Some(_)) => ("link-state-center-trouble", "warn"),
        (true, None) => ("link-state-runs", "good"),
    };
    let mut facts = vec![fact(
        words,
        "link-state-told",
        days::show_instant(&state.at),
    )];
    let answered = state.center.answered_at.as_deref();
    let answered = answered.map_or(words.say("link-state-not-yet"), days::show_instant);
    facts.push(fact(words, "link-state-answered", answered));
    if let Some(it) = &state.center.trouble {
        facts.push(trouble_fact(it, words));
    }
    PartView {
        name: words.say("link-state-app"),
        state: words.say(key),
        tone,
        facts,
    }
}

fn folder(state: &FolderState, words: &Words) -> PartView {
    let trouble = state.last_trouble.as_ref().filter(|it| it.lasts);
    let (key, tone) = match (trouble, state.waiting + state.forgotten) {
        (Some(_), _) => ("link-state-trouble", "bad"),
        (None, 0) => ("link-state-quiet", "good"),
        (None, _) => ("link-state-waits", "warn"),
    };
    let oldest = state.oldest_taken_at.as_deref();
    let oldest = oldest.map_or(words.say("link-state-nothing"), days::show_instant);
    let mut facts = vec![
        fact(words, "link-state-waiting", state.waiting.to_string()),
        fact(words, "link-state-oldest", oldest),
        fact(
            words,
            "link-state-answered-today",
            state.answered_today.to_string(),
        ),
        fact(
            words,
            "link-state-rejected-today",
            state.rejected_today.to_string(),
        ),
        fact(words, "link-state-forgotten", state.forgotten.to_string()),
        fact(words, "link-state-not-taken", state.not_taken.to_string()),
    ];
    if let Some(it) = &state.last_trouble {
        facts.push(trouble_fact(it, words));
    }
    PartView {
        name: state.name.clone(),
        state: words.say(key),
        tone,
        facts,
    }
}

fn fact(words: &Words, key: &'static str, text: String) -> Fact {
    let meaning = match key {
        "link-state-rejected-today" => words.say("link-state-rejected-about"),
        "link-state-forgotten" => words.say("link-state-forgotten-about"),
        "link-state-not-taken" => words.say("link-state-not-taken-about"),
        _ => String::new(),
    };
    Fact {
        label: words.say(key),
        text,
        meaning,
    }
}

/// A trouble, since when, and what to do.
fn trouble_fact(trouble: &Trouble, words: &Words) -> Fact {
    let (what, remedy) = match trouble.kind {
        Kind::Connection => ("link-trouble-connection", "link-remedy-connection"),
        Kind::Refused => ("link-trouble-refused", "link-remedy-refused"),
        Kind::SignIn => ("link-trouble-sign-in", "link-remedy-refused"),
        Kind::Secret => ("link-trouble-secret", "link-remedy-secret"),
        Kind::NotUnderstood => ("link-trouble-not-understood", "link-remedy-version"),
        Kind::NoAnswer => ("link-trouble-no-answer", "link-remedy-no-answer"),
        Kind::Missing => ("link-trouble-missing", "link-remedy-folder"),
        Kind::ReadOnly => ("link-trouble-read-only", "link-remedy-folder"),
        Kind::Rights => ("link-trouble-rights", "link-remedy-folder"),
        Kind::Full => ("link-trouble-full", "link-remedy-full"),
        Kind::Closed => ("link-trouble-closed", "link-remedy-closed"),
        Kind::Held => ("link-trouble-held", "link-remedy-held"),
        Kind::File => ("link-trouble-file", "link-remedy-folder"),
        Kind::Journal => ("link-trouble-journal", "link-remedy-full"),
        Kind::NoFolder => ("link-trouble-no-folder", "link-remedy-no-folder"),
        Kind::BrokenOff => ("link-trouble-broken-off", "link-remedy-version"),
    };
    let since = days::show_instant(&trouble.since);
    let when = if trouble.lasts {
        "link-trouble-since"
    } else {
        "link-trouble-over"
    };
    let values = [("at", since.as_str()), ("detail", trouble.detail.as_str())];
    Fact {
        label: words.say("link-state-last-trouble"),
        text: format!("{} {}", words.say(what), words.say_with(when, &values)),
        meaning: words.say(remedy),
    }
}
