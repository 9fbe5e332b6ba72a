//! 「顔認証付きカードリーダー操作」 (G14): the facility's readers, their mode, staff's confirmation for one patient, and the results of the
//! day as they arrive. Confirms nobody by itself: a person presses.

use api::client::ClientError;
use api::client::cards::Cause;
use api::history::{History, Search};
use api::reader::{ModeChange, Reader, Readers};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::reader::{ReaderId, ReaderMode, ReaderState};
use serde::Deserialize;
use ui::component::{Banner, Fault, Tone};
use ui::language::Words;

use crate::days;
use crate::pages::history::{Line, line};
use crate::pages::{Filled, Frame, Staff, copies, done, receipt_link, show};
use crate::serve::App;

/// The page's own path.
pub(super) const HERE: &str = "/readers";

/// Pages that show the readers' modes or are reminded when they are written.
pub(super) const SHOW_MODES: [&str; 2] = [HERE, "/"];

/// Minutes after which the visual mode may be told to end by itself.
const MINUTES: [u16; 5] = [5, 10, 30, 60, 240];

/// Results of the day shown beside the readers.
const MOST_RESULTS: usize = 20;

#[derive(Template)]
#[template(path = "readers.html")]
pub(super) struct ReadersPage {
    pub(super) frame: Frame,
    pub(super) live: ReadersLive,
}

/// The part of the page that is written anew when there is news.
#[derive(Template)]
#[template(path = "readers_live.html")]
pub(super) struct ReadersLive {
    words: Words,
    /// Whether somebody waits, a call or a visual mode is to be told of above all.
    pub(super) alerts: Vec<Banner>,
    readers: Vec<ReaderCard>,
    results: Vec<Line>,
    minutes: Vec<(u16, String)>,
    at: String,
}

/// One reader.
struct ReaderCard {
    id: String,
    name: String,
    state: &'static str,
    /// What it does, where it tells: the card reader of a PC tells its own page alone.
    state_label: Option<String>,
    /// What to do about it.
    advice: Option<String>,
    tone: &'static str,
    mode: ReaderMode,
    mode_label: String,
    since: Option<String>,
    returns: Option<String>,
    called: bool,
    /// Whether the reader's card lies waiting for staff's look.
    waits: bool,
    /// Whose, where the reader tells one visit from the next.
    visit: Option<u32>,
    /// Whether a visual check is possible here at all.
    visual: bool,
    /// Whether it is the card reader of a PC, where staff confirm on the page of the check itself.
    at_pc: bool,
}

/// Whether a page reads itself again, which is no person's doing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Again {
    by: String,
}

impl Again {
    /// A page without script reads itself under an address of its own; one with it says so in a header.
    pub(super) fn cause_of(&self, headers: &HeaderMap) -> Cause {
        if self.by == "itself" || headers.contains_key("hx-request") {
            Cause::Background
        } else {
            Cause::Person
        }
    }
}

pub(crate) async fn readers(
    State(app): State<App>,
    staff: Staff,
    Query(again): Query<Again>,
    headers: HeaderMap,
) -> Response {
    match part(&app, &staff, again.cause_of(&headers)).await {
        Ok(live) => {
            let mut frame = staff.frame(HERE);
            frame.banners.extend(receipt_link::of_readers(&app, &staff));
            let told = app.browsers.with(&staff.key, |browser| browser.told.take());
            frame.banners.extend(told.flatten().map(done));
            show(StatusCode::OK, &ReadersPage { frame, live })
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// The part alone, for a page that heard of news.
pub(crate) async fn live(State(app): State<App>, staff: Staff) -> Response {
    match part(&app, &staff, Cause::Background).await {
        Ok(live) => show(StatusCode::OK, &live),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// The reminder alone, for any page that is open.
#[derive(Template)]
#[template(path = "readers_reminder.html")]
pub(super) struct ReminderPart {
    pub(super) banners: Vec<Banner>,
}

/// The reminder for a page that asks by itself. Whoever is not signed in any more is led away by the page itself, not by this part.
pub(crate) async fn reminder(staff: Staff) -> Response {
    let banners = reminders(&staff).await;
    show(StatusCode::OK, &ReminderPart { banners })
}

async fn part(app: &App, staff: &Staff, cause: Cause) -> Result<ReadersLive, ClientError> {
    let today = app.now().date_in_japan().to_string();
    let search = Search {
        from: Some(today.clone()),
        to: Some(today),
        origin: Some("card".into()),
        ..Search::default()
    };
    let token = staff.token();
    let readers = staff.client.readers(token, cause).await?;
    let found = staff.client.search_by(token, &search, cause).await?;
    copies::keep_rows(app, staff, &found);
    let settings = staff.client.settings(token, cause).await?;
    app.receipt_links
        .hear(&staff.session.facility.code, &settings);
    let reminder = if settings.visual_reminder == "on" {
        Reminder::On
    } else {
        Reminder::Off
    };
    let at = days::show_instant(&app.now().to_string());
    Ok(readers_live(readers, found, reminder, at, &staff.words))
}

/// Whether staff are reminded while a reader's visual mode lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reminder {
    On,
    Off,
}

pub(super) fn readers_live(
    readers: Readers,
    found: History,
    reminder: Reminder,
    at: String,
    words: &Words,
) -> ReadersLive {
    let readers: Vec<ReaderCard> = readers
        .readers
        .into_iter()
        .map(|it| reader_card(it, words))
        .collect();
    let results = found.checks.into_iter().take(MOST_RESULTS);
    ReadersLive {
        alerts: readers
            .iter()
            .filter_map(|it| alert(it, reminder, words))
            .collect(),
        readers,
        results: results.map(|entry| line(entry, words)).collect(),
        minutes: MINUTES
            .iter()
            .map(|it| (*it, words.say_with("after-minutes", &[("minutes", *it)])))
            .collect(),
        at,
        words: words.clone(),
    }
}

fn reader_card(it: Reader, words: &Words) -> ReaderCard {
    let mode = ReaderMode::parse(&it.mode).unwrap_or(ReaderMode::Unattended);
    let state = ReaderState::parse(&it.state).unwrap_or(ReaderState::Trouble);
    let (key, tone) = match state {
        ReaderState::Away => ("reader-away", "bad"),
        ReaderState::Idle => ("reader-idle", "good"),
        ReaderState::Card => ("reader-card", "warn"),
        ReaderState::WaitingForStaff => ("reader-waiting", "bad"),
        ReaderState::Asking => ("reader-asking", "warn"),
        ReaderState::Trouble => ("reader-trouble", "bad"),
    };
    let mode_key = match mode {
        ReaderMode::Unattended => "mode-unattended",
        ReaderMode::Visual => "mode-visual",
    };
    let instant = |text: &Option<String>| text.as_deref().map(days::show_instant);
    let at_pc = matches!(ReaderId::parse(&it.id), Some(ReaderId::Pc(_)));
    let is_away = state == ReaderState::Away && !at_pc;
    ReaderCard {
        name: if it.name.is_empty() {
            it.id.clone()
        } else {
            it.name
        },
        state: state.as_str(),
        state_label: (!at_pc).then(|| words.say(key)),
        advice: is_away.then(|| words.say("reader-away-advice")),
        tone,
        mode,
        mode_label: words.say(mode_key),
        since: instant(&it.mode_since),
        returns: instant(&it.returns_at),
        called: it.staff_called,
        waits: state == ReaderState::WaitingForStaff,
        visit: it.visit.filter(|_| state == ReaderState::WaitingForStaff),
        visual: it.terminal_keys,
        at_pc,
        id: it.id,
    }
}

/// What is to be told of a reader before all else.
fn alert(reader: &ReaderCard, reminder: Reminder, words: &Words) -> Option<Banner> {
    let name = &[("name", reader.name.as_str())];
    let (tone, code, key) = if reader.waits {
        (Tone::Warning, "waiting_for_staff", "alert-waiting")
    } else if reader.called {
        (Tone::Warning, "staff_called", "alert-called")
    } else if reader.mode == ReaderMode::Visual && reminder == Reminder::On {
        (Tone::Warning, "still_visual", "alert-visual")
    } else {
        return None;
    };
    let fault = Fault {
        code: code.into(),
        text: words.say_with(key, name),
    };
    Some(Banner::new(tone, fault))
}

/// A reader and how it is to be run.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ModeForm {
    reader: String,
    mode: String,
    return_after_minutes: String,
}

pub(crate) async fn set_mode(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ModeForm>,
) -> Response {
    let Some(mode) = ReaderMode::parse(&form.mode) else {
        return Redirect::to(HERE).into_response();
    };
    let body = ModeChange {
        mode: mode.as_str().into(),
        // Nothing chosen: the facility's setting.
        return_after_minutes: form.return_after_minutes.parse().ok(),
    };
    let set = staff
        .client
        .set_reader_mode(staff.token(), &form.reader, &body);
    let key = match mode {
        ReaderMode::Unattended => "told-unattended",
        ReaderMode::Visual => "told-visual",
    };
    match set.await {
        Ok(reader) => told(&app, &staff, "mode_set", key, &reader.name),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// A reader whose one patient is confirmed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ReleaseForm {
    reader: String,
    name: String,
    /// The patient who waited when the page was written; absent for whoever comes next.
    visit: Option<u32>,
}

pub(crate) async fn release(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ReleaseForm>,
) -> Response {
    let released = staff
        .client
        .release_visit(staff.token(), &form.reader, form.visit);
    match released.await {
        Ok(_) => told(&app, &staff, "released", "told-released", &form.name),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

fn told(app: &App, staff: &Staff, code: &str, key: &str, name: &str) -> Response {
    let fault = Fault {
        code: code.into(),
        text: staff.words.say_with(key, &[("name", name)]),
    };
    app.browsers
        .with(&staff.key, |browser| browser.told = Some(fault));
    Redirect::to(HERE).into_response()
}

/// The reminder of a visual mode, for other pages of whoever may switch it back (G14). A center that does not answer now reminds
/// of nothing.
pub(super) async fn reminders(staff: &Staff) -> Vec<Banner> {
    let token = staff.token();
    let (Ok(readers), Ok(settings)) = (
        staff.client.readers(token, Cause::Background).await,
        staff.client.settings(token, Cause::Background).await,
    ) else {
        return Vec::new();
    };
    if settings.visual_reminder != "on" {
        return Vec::new();
    }
    let visual = readers.readers.into_iter().filter(|it| it.mode == "visual");
    let cards = visual.map(|it| reader_card(it, &staff.words));
    cards
        .map(|it| {
            let text = staff
                .words
                .say_with("alert-visual", &[("name", it.name.as_str())]);
            let mut banner = Banner::new(
                Tone::Warning,
                Fault {
                    code: "still_visual".into(),
                    text,
                },
            );
            banner.way_on = Some(ui::component::WayOn {
                href: HERE.into(),
                text: staff.words.say("to-readers"),
            });
            banner
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_reads_itself_again_keeps_nobody_signed_in() {
        let by = |by: &str| Again { by: by.into() };
        let mut fetched = HeaderMap::new();
        fetched.insert("hx-request", axum::http::HeaderValue::from_static("true"));
        let none = HeaderMap::new();
        assert_eq!(by("").cause_of(&none), Cause::Person);
        assert_eq!(by("itself").cause_of(&none), Cause::Background);
        assert_eq!(by("").cause_of(&fetched), Cause::Background);
    }
}
