//! Load at a glance: checks of the last hour as a chart and a table, times, what waits, what is open, space, and when the store was last looked
//! after. Read when it is asked for.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::civil_date::Instant;
use domain::feed::BatchState;
use ui::component::Fact;
use ui::language::Words;

use super::{Frame, Operator, show};
use crate::app::App;
use crate::recent_load::Minute;
use crate::system;
use crate::told::Told;

/// The page's own path.
pub(super) const HERE: &str = "/load";

/// Minutes of one row of the table beside the chart.
const ROW_MINUTES: usize = 10;

/// Height of the chart, in its own units; a minute is ten wide.
const HEIGHT: u64 = 160;

/// A bar of the chart.
struct Bar {
    x: usize,
    y: u64,
    height: u64,
}

/// The chart, its words, and the rows of the table that says the same.
struct Chart {
    bars: Vec<Bar>,
    most: u64,
    first: String,
    last: String,
    rows: Vec<Row>,
}

struct Row {
    minutes: String,
    checks: u64,
    half: String,
    most: String,
}

#[derive(Template)]
#[template(path = "operator/load.html")]
struct LoadPage {
    frame: Frame,
    chart: Chart,
    heads: Vec<String>,
    now: Vec<Fact>,
    upkeep: Vec<Fact>,
}

pub(super) async fn page(State(app): State<App>, operator: Operator) -> Response {
    let outcome = load_page(&app, &operator);
    operator.shown(HERE, outcome)
}

fn load_page(app: &App, operator: &Operator) -> Result<Response, Told> {
    let words = &operator.words;
    let minutes = app.metrics.load().minutes(app.now());
    let page = LoadPage {
        frame: operator.frame(HERE),
        heads: ["load-minutes", "load-checks", "load-half", "load-most"]
            .map(|key| words.say(key))
            .into(),
        now: now(app, words, &minutes)?,
        upkeep: upkeep(app, words)?,
        chart: chart(&minutes, words),
    };
    Ok(show(StatusCode::OK, &page))
}

fn fact(words: &Words, key: &str, text: String) -> Fact {
    Fact {
        label: words.say(key),
        text,
        meaning: String::new(),
    }
}

/// What is so at this moment.
fn now(app: &App, words: &Words, minutes: &[Minute]) -> Result<Vec<Fact>, Told> {
    // The present minute has only begun: the one before it is whole.
    let whole = minutes.iter().rev().nth(1).copied().unwrap_or_default();
    let bulk = app.engine.bulk_waiting()?;
    let sessions = app.engine.open_sessions(app.now())?;
    let operators = app.engine.operator_sessions(app.now())?;
    let waiting = words.say_with(
        "load-bulk-waiting",
        &[("orders", bulk.orders), ("lines", bulk.lines)],
    );
    Ok(vec![
        fact(words, "load-last-minute", whole.checks.to_string()),
        fact(words, "load-half", time(whole.stayed_under_s(0.5), words)),
        fact(words, "load-most", time(whole.stayed_under_s(0.99), words)),
        fact(
            words,
            "load-queue",
            app.engine.written().waiting.to_string(),
        ),
        fact(words, "load-bulk", waiting),
        fact(
            words,
            "load-connections",
            app.metrics.connections().to_string(),
        ),
        fact(words, "load-sessions", sessions.to_string()),
        fact(
            words,
            "load-streams",
            app.metrics.open_streams().to_string(),
        ),
        fact(words, "load-operators", operators.to_string()),
    ])
}

/// Space, and when the store was last looked after.
fn upkeep(app: &App, words: &Words) -> Result<Vec<Fact>, Told> {
    let now = app.now();
    let kept = app.engine.upkeep()?;
    let feeds = app.engine.feed_batches(50)?;
    let feed = feeds
        .iter()
        .filter(|it| it.state == BatchState::Published)
        .filter_map(|it| it.ended)
        .max();
    let space = match system::space(&app.data_dir) {
        Some((free, all)) => words.say_with(
            "load-space-of",
            &[("free", gibibytes(free)), ("all", gibibytes(all))],
        ),
        None => words.say("load-unknown"),
    };
    Ok(vec![
        fact(words, "load-space", space),
        ago(words, "load-checkpoint", kept.checkpoint, now),
        ago(words, "load-backup", kept.backup, now),
        ago(words, "load-feed", feed, now),
        ago(words, "load-people", kept.load, now),
    ])
}

/// A fact of when something was, and how long that is ago.
fn ago(words: &Words, key: &str, at: Option<Instant>, now: Instant) -> Fact {
    let Some(at) = at else {
        return fact(words, key, words.say("load-never"));
    };
    let minutes = at.seconds_until(now).max(0).div_euclid(60);
    let meaning = match minutes {
        0..120 => words.say_with("load-minutes-ago", &[("count", minutes)]),
        120..2_880 => words.say_with("load-hours-ago", &[("count", minutes.div_euclid(60))]),
        _ => words.say_with("load-days-ago", &[("count", minutes.div_euclid(1_440))]),
    };
    Fact {
        meaning,
        ..fact(words, key, at.to_minute_in_japan())
    }
}

/// A size in gibibytes with one decimal.
fn gibibytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 30;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The bound a share of the requests stayed under, in milliseconds.
fn time(seconds: Option<f64>, words: &Words) -> String {
    match seconds {
        None => "－".into(),
        Some(seconds) if seconds.is_infinite() => words.say("load-beyond"),
        Some(seconds) => words.say_with("load-under", &[("ms", format!("{}", seconds * 1_000.0))]),
    }
}

fn chart(minutes: &[Minute], words: &Words) -> Chart {
    let most = minutes.iter().map(|it| it.checks).max().unwrap_or_default();
    let bars = minutes.iter().enumerate().filter(|(_, it)| 0 < it.checks);
    let bars = bars.map(|(place, it)| {
        // Something is seen of the smallest count.
        let height = (it.checks * HEIGHT).div_ceil(most.max(1)).max(2);
        Bar {
            x: place * 10 + 1,
            y: HEIGHT - height.min(HEIGHT),
            height,
        }
    });
    let clock = |it: Option<&Minute>| {
        let text = it.map(|it| it.begun().to_minute_in_japan());
        let text = text.unwrap_or_default();
        text.split(' ').next_back().unwrap_or_default().to_owned()
    };
    let rows = minutes.chunks(ROW_MINUTES).map(|ten| {
        let all = ten.iter().fold(Minute::default(), Minute::and);
        Row {
            minutes: format!("{}–{}", clock(ten.first()), clock(ten.last())),
            checks: all.checks,
            half: time(all.stayed_under_s(0.5), words),
            most: time(all.stayed_under_s(0.99), words),
        }
    });
    Chart {
        bars: bars.collect(),
        most,
        first: clock(minutes.first()),
        last: clock(minutes.last()),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ui::language::{Language, Texts};

    use super::*;
    use crate::operator::texts::SCREENS;
    use crate::recent_load::{MINUTES, RecentLoad};

    #[test]
    fn the_chart_and_the_table_tell_the_same() {
        let words = Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), Language::English);
        let load = RecentLoad::default();
        let at = |minute: i64| Instant::from_micros(0).plus_seconds(minute * 60);
        for (minute, count) in [(10, 1), (11, 200), (59, 100)] {
            for _ in 0..count {
                load.note_check(at(minute));
                load.note_answer(at(minute), 0.003);
            }
        }
        let chart = chart(&load.minutes(at(59)), &words);
        assert_eq!(chart.rows.len(), MINUTES / ROW_MINUTES);
        let checks: Vec<u64> = chart.rows.iter().map(|row| row.checks).collect();
        assert_eq!(checks, [0, 201, 0, 0, 0, 100]);
        let bars: Vec<(usize, u64)> = chart.bars.iter().map(|bar| (bar.x, bar.height)).collect();
        assert_eq!(bars, [(101, 2), (111, 160), (591, 80)]);
        assert_eq!((chart.most, chart.first.as_str()), (200, "09:00"));
        assert_eq!(chart.rows[1].half, "under 4 ms");
        assert_eq!(chart.rows[0].half, "－");
    }

    #[test]
    fn sizes_are_told_in_gibibytes() {
        assert_eq!(gibibytes(0), "0.0");
        assert_eq!(gibibytes((1 << 30) * 3 / 2), "1.5");
    }
}
