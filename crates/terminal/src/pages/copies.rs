//! What is shown of today's answers while the center is out of reach (contracts §10): copies, with when each was answered and how long ago that
//! is, in words of the past. Where the center refuses there is no copy to see.

use api::check::answered::verdict_of_number;
use api::client::ClientError;
use api::history::History;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::Instant;
use pki::client::Refusal;
use ui::component::{Banner, Fact, Fault, Tone, WayOn};
use ui::language::Words;

use crate::copies::{Detail, PastAnswer};
use crate::pages::{Frame, Staff, history, result, show, try_again};
use crate::serve::App;
use crate::{days, faults};

/// Where the list of copies is shown: in place of the history.
const LIST: &str = "/history";

/// The copy of one result.
#[derive(Template)]
#[template(path = "result_copy.html")]
pub(super) struct ResultCopyPage {
    pub(super) frame: Frame,
    /// What a print bears across the paper.
    pub(super) mark: String,
    /// What was answered, and when.
    pub(super) said: String,
    pub(super) about: String,
    pub(super) remarks: Vec<Fault>,
    pub(super) people: Vec<result::Person>,
    /// Of a check by card. What the patient agreed to is left out: it may have been withdrawn since.
    pub(super) identity: Vec<Fact>,
    pub(super) diseases: Vec<Vec<Fact>>,
    pub(super) record: Vec<Fact>,
}

/// All copies.
#[derive(Template)]
#[template(path = "history_copies.html")]
pub(super) struct CopiesPage {
    pub(super) frame: Frame,
    pub(super) mark: String,
    pub(super) heads: Vec<String>,
    pub(super) lines: Vec<Line>,
}

/// One of them in the list.
pub(super) struct Line {
    /// Where it is shown, if more is known of it.
    pub(super) href: Option<String>,
    pub(super) age: String,
    /// What was answered then.
    pub(super) said: String,
    pub(super) row: history::Line,
}

/// Keeps copies of what the person at a browser was answered.
pub(super) fn keep(app: &App, staff: &Staff, answers: Vec<PastAnswer>) {
    let now = app.now();
    app.browsers.keep(&staff.key, &staff.session, answers, now);
}

/// Keeps copies of lines of the history.
pub(super) fn keep_rows(app: &App, staff: &Staff, found: &History) {
    let rows = found.checks.iter().cloned();
    keep(app, staff, rows.map(PastAnswer::of_row).collect());
}

/// Whether no answer came because the center is out of reach, or cannot answer anybody. What it refuses stays refused.
pub(super) fn is_out_of_reach(error: &ClientError) -> bool {
    match error {
        ClientError::Connection(Refusal::Line) => true,
        ClientError::Problem(problem) => problem.status == 503,
        ClientError::Connection(Refusal::Certificate | Refusal::Server | Refusal::Clock)
        | ClientError::Address
        | ClientError::Answer
        | ClientError::TooLarge
        | ClientError::Tls(_) => false,
    }
}

/// The way to the copies from a page that was not answered.
pub(super) fn way_on(app: &App, staff: &Staff, error: &ClientError) -> Option<WayOn> {
    if !is_out_of_reach(error) || staff.ground.is_training() {
        return None;
    }
    let now = app.now();
    let held = app
        .browsers
        .with(&staff.key, |browser| browser.copies.holds_any(now));
    held.unwrap_or_default().then(|| WayOn {
        href: LIST.to_owned(),
        text: staff.words.say("copies"),
    })
}

/// The copy of a result in place of it; else what kept it from being answered.
pub(super) fn result_or_failed(
    app: &App,
    staff: &Staff,
    error: &ClientError,
    id: &str,
    here: &str,
) -> Response {
    if let ClientError::Problem(problem) = error
        && matches!(problem.status, 403 | 404)
    {
        // What the center shows to this account no more, its copy does not show later either.
        app.browsers
            .with(&staff.key, |browser| browser.copies.forget(id));
    }
    let now = app.now();
    let found = || {
        let copy = app
            .browsers
            .with(&staff.key, |browser| browser.copies.find(id, now))??;
        result_copy(staff.frame(here), &copy, error, now)
    };
    let page = is_out_of_reach(error).then(found).flatten();
    match page {
        Some(page) => show(status(error), &page),
        None => staff.failed(app, error, here),
    }
}

/// The list of copies in place of the history; `None` where there is none to show.
pub(super) fn list(app: &App, staff: &Staff, error: &ClientError) -> Option<Response> {
    if !is_out_of_reach(error) {
        return None;
    }
    let now = app.now();
    let copies = app
        .browsers
        .with(&staff.key, |browser| browser.copies.all(now))?;
    if copies.is_empty() {
        return None;
    }
    let page = copies_page(staff.frame(LIST), &copies, error, now);
    Some(show(status(error), &page))
}

/// The status of the answer that did not come: a copy is none.
fn status(error: &ClientError) -> StatusCode {
    match error {
        ClientError::Problem(problem) => {
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY)
        }
        _ => StatusCode::BAD_GATEWAY,
    }
}

/// The page of a copy; `None` where only its line is known, and for a verdict this version does not know.
pub(super) fn result_copy(
    mut frame: Frame,
    copy: &PastAnswer,
    error: &ClientError,
    now: Instant,
) -> Option<ResultCopyPage> {
    let words = frame.words.clone();
    let detail = copy.detail.as_ref()?;
    let answer = detail.answer();
    let verdict = verdict_of_number(answer.verdict)?;
    let word = words.choose(verdict.label_ja(), verdict.label_en());
    let at = days::show_instant(&copy.at);
    let age = age(&copy.at, now, &words);
    let values = [
        ("at", at.as_str()),
        ("age", age.as_str()),
        ("verdict", word),
    ];
    let (asked, card) = match detail {
        Detail::Number(_) => (result::Asked::ByNumber, None),
        Detail::Card(record) => {
            let part = result::card::card_part(record, "", &words);
            (result::Asked::ByCard, Some(part))
        }
    };
    let (identity, diseases) =
        card.map_or_else(Default::default, |card| (card.identity, card.diseases));
    let told = words.say_with("copies-of-result", &values);
    let told = banners(&frame, error, told);
    frame.banners.extend(told);
    Some(ResultCopyPage {
        mark: words.say_with("copies-mark", &values),
        said: words.say_with("copies-answer-was", &values),
        about: result::about(answer, &words),
        remarks: result::remarks(answer, &words),
        people: answer
            .results
            .iter()
            .map(|it| result::person(it, verdict, asked, &words))
            .collect(),
        identity,
        diseases,
        record: result::record(answer, &words),
        frame,
    })
}

/// The page of all copies.
pub(super) fn copies_page(
    mut frame: Frame,
    copies: &[PastAnswer],
    error: &ClientError,
    now: Instant,
) -> CopiesPage {
    let words = frame.words.clone();
    let told = banners(&frame, error, words.say("copies-of-list"));
    frame.banners.extend(told);
    let heads = [
        "copies-at",
        "copies-age",
        "name",
        "copies-answer",
        "insurer-number",
        "visit-date",
        "origin",
        "user-id",
    ];
    CopiesPage {
        mark: words.say_with("copies-mark", &[("at", now.date_in_japan().to_string())]),
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        lines: copies
            .iter()
            .filter_map(|it| line(it, now, &words))
            .collect(),
        frame,
    }
}

fn line(copy: &PastAnswer, now: Instant, words: &Words) -> Option<Line> {
    let row = history::line(copy.line()?, words);
    let page = copy.detail.as_ref().map(|detail| match detail {
        Detail::Number(_) => "checks",
        Detail::Card(_) => "card-checks",
    });
    Some(Line {
        href: page.map(|page| format!("/{page}/{}", copy.id)),
        age: age(&copy.at, now, words),
        said: words.say_with("copies-was", &[("verdict", row.verdict.as_str())]),
        row,
    })
}

/// How long ago something was answered.
fn age(at: &str, now: Instant, words: &Words) -> String {
    let seconds = Instant::parse(at).map_or(0, |at| at.seconds_until(now));
    let minutes = seconds.max(0) / 60;
    let hours = (minutes / 60).to_string();
    let rest = (minutes % 60).to_string();
    if minutes < 60 {
        words.say_with("copies-age-minutes", &[("minutes", rest)])
    } else {
        words.say_with("copies-age-hours", &[("hours", hours), ("minutes", rest)])
    }
}

/// Why the center did not answer, and what is shown instead.
fn banners(frame: &Frame, error: &ClientError, told: String) -> [Banner; 2] {
    let mut lost = Banner::new(Tone::Error, faults::of_client(error, &frame.words));
    lost.way_on = Some(try_again(frame));
    let copy = Fault {
        code: "copy".to_owned(),
        text: told,
    };
    let copy = Banner {
        title: frame.words.say("copies-title"),
        ..Banner::new(Tone::Warning, copy)
    };
    [lost, copy]
}
