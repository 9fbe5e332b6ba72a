//! One batch of a feed: what became of it, what it changes of its insurer's figures, and what an operator does with it: release or reject what
//! is held, undo what was published, fetch the report to the insurer. The functions behind the deeds are the shell's.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::feed::BatchState;
use domain::feed::insurer::InsurerKind;
use serde::Deserialize;
use store::engine::StoreError;
use ui::component::{Banner, Checkbox, ErrorSummary, Fact, Fault, Tone};
use ui::language::Words;

use super::{HERE, kind, minute, state};
use crate::app::App;
use crate::feeds::{self, BatchLine};
use crate::insurer_feeds::{self, report_file};
use crate::operator::{Done, Filled, Frame, Operator, paged_file, set_up, show};
use crate::told::Told;

/// What the page tells of deeds that led to it.
const DONE: [(&str, &str); 3] = [
    ("release", "feed-done-release"),
    ("reject", "feed-done-reject"),
    ("undo", "feed-done-undo"),
];

/// What may be done with a batch now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deeds {
    /// It waits for review.
    Review,
    /// It was published.
    Undo,
    None,
}

#[derive(Template)]
#[template(path = "operator/feed.html")]
struct BatchPage {
    frame: Frame,
    summary: ErrorSummary,
    number: u32,
    facts: Vec<Fact>,
    causes: Vec<String>,
    heads: Vec<String>,
    /// What is counted, before, after.
    figures: Vec<(String, u64, u64)>,
    deeds: Deeds,
    confirm: Checkbox,
    /// Of an insurer's batch: it has a report.
    has_report: bool,
}

/// What the forms send.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct DeedForm {
    confirm: String,
}

pub(in crate::operator) async fn page(
    State(app): State<App>,
    operator: Operator,
    Path(batch): Path<String>,
    Query(done): Query<Done>,
) -> Response {
    let outcome = batch_page(&app, &operator, &batch, &[]).map(|mut page| {
        let banner = done.banner(&operator.words, &DONE);
        page.frame.banners.extend(banner);
        show(StatusCode::OK, &page)
    });
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn fulfil(
    State(app): State<App>,
    operator: Operator,
    Path((batch, deed)): Path<(String, String)>,
    Filled(form): Filled<DeedForm>,
) -> Response {
    let outcome = match obey(&app, &operator, (&batch, &deed), &form).await {
        // What cannot be found has no page to say so on.
        Err(told) if told.status() != StatusCode::UNPROCESSABLE_ENTITY => Err(told),
        Err(told) => {
            let fault = told.fault(&operator.words);
            let is_of_form = told.member == "confirm";
            let of_form = is_of_form.then(|| (told.member.to_owned(), fault.clone()));
            batch_page(&app, &operator, &batch, of_form.as_slice()).map(|mut page| {
                if !is_of_form {
                    page.frame.banners.push(Banner::new(Tone::Error, fault));
                }
                show(StatusCode::UNPROCESSABLE_ENTITY, &page)
            })
        }
        done => done,
    };
    operator.shown(HERE, outcome)
}

async fn obey(
    app: &App,
    operator: &Operator,
    (batch, deed): (&str, &str),
    form: &DeedForm,
) -> Result<Response, Told> {
    let is_sure = form.confirm == "yes";
    let by = operator.actor();
    match (deed, is_sure) {
        ("release" | "undo", false) => {
            return Err(Told::of(
                "confirm",
                "not_confirmed",
                "内容を確かめて、チェックを入れてください。まだ何も行っていません。",
                "look at what will follow, and tick the box; nothing was done yet",
            ));
        }
        ("release", true) => insurer_feeds::release(app, batch, by).await?,
        ("undo", true) => insurer_feeds::undo(app, batch, by).await?,
        ("reject", _) => insurer_feeds::reject(app, batch, by).await?,
        _ => {
            return Err(Told::none(
                "",
                "その操作はありません。",
                "there is no such thing to do",
            ));
        }
    };
    Ok(Redirect::to(&format!("{HERE}/{batch}?done={deed}")).into_response())
}

/// The report to the insurer, as a file. Who fetches it is on record first.
pub(in crate::operator) async fn report(
    State(app): State<App>,
    operator: Operator,
    Path(batch): Path<String>,
) -> Response {
    let outcome = report_of(&app, &operator, &batch).await;
    operator.shown(HERE, outcome)
}

async fn report_of(app: &App, operator: &Operator, batch: &str) -> Result<Response, Told> {
    let batch = insurer_feeds::find(app, batch)?;
    insurer_feeds::note_reading(app, &batch, operator.actor()).await?;
    let begun = insurer_feeds::report(app, &batch)?;
    let not_written = |_| StoreError::Failed("the report was not written".into());
    let head = report_file::begin(&begun).map(exchange::csv_file::CsvFile::into_bytes);
    let (engine, number) = (app.engine.clone(), batch.number);
    let mut after = None;
    let pages = std::iter::from_fn(move || {
        let page = insurer_feeds::next_remarks(&engine, number, after);
        page.and_then(|remarks| {
            let Some(last) = remarks.last() else {
                return Ok(None);
            };
            after = Some((last.line, last.place));
            let mut file =
                exchange::csv_file::CsvFile::going_on(exchange::encoding::Encoding::Utf8);
            report_file::push(&mut file, &remarks).map_err(not_written)?;
            Ok(Some(file.into_bytes()))
        })
        .transpose()
    });
    let name = format!("report-{number}.csv");
    let pages = std::iter::once(head.map_err(not_written)).chain(pages);
    Ok(paged_file::file(&name, "text/csv; charset=utf-8", pages))
}

fn batch_page(
    app: &App,
    operator: &Operator,
    named: &str,
    faults: &[(String, Fault)],
) -> Result<BatchPage, Told> {
    let words = &operator.words;
    let found = insurer_feeds::find(app, named)?;
    let batch_state = found.state;
    let is_insurers = InsurerKind::parse(found.kind.as_str()).is_some();
    let report = insurer_feeds::report(app, &found)?;
    let line = feeds::line_of(app, found);
    let deeds = match (is_insurers, batch_state) {
        (true, BatchState::Held) => Deeds::Review,
        (true, BatchState::Published) => Deeds::Undo,
        _ => Deeds::None,
    };
    let mut facts = facts(&line, words);
    if let Some(remarks) = report.remarks.filter(|_| is_insurers) {
        for (key, count) in [
            ("feed-late", remarks.late),
            ("feed-mismatches", remarks.mismatches),
            ("feed-unnamed", remarks.unnamed),
            ("feed-named-lost", remarks.lost),
        ] {
            facts.push(fact(words, key, count.to_string()));
        }
    }
    let label = match deeds {
        Deeds::Undo => "feed-undo-sure",
        Deeds::Review | Deeds::None => "feed-release-sure",
    };
    Ok(BatchPage {
        frame: operator.frame(&format!("{HERE}/{}", line.number)),
        summary: set_up::summary(faults),
        number: line.number,
        facts,
        causes: report
            .held_for
            .iter()
            .map(|(ja, en)| words.choose(ja, en).clone())
            .collect(),
        heads: ["feed-figure", "feed-before", "feed-after"]
            .map(|key| words.say(key))
            .into(),
        figures: figures(&line, words),
        deeds,
        confirm: Checkbox {
            name: "confirm",
            label: words.say(label),
            support: String::new(),
            value: "yes".into(),
            checked: false,
        },
        has_report: is_insurers,
    })
}

fn facts(it: &BatchLine, words: &Words) -> Vec<Fact> {
    let (lines, accepted, refused) = it.counted;
    let (added, replaced, unchanged) = it.changed;
    let ended = it.ended.as_deref().map_or_else(|| "－".into(), minute);
    let mut facts = vec![
        fact(words, "feed-state", state(it, words)),
        fact(words, "feed-kind", kind(it, words)),
    ];
    if let Some(insurer) = &it.insurer {
        facts.push(fact(words, "feed-insurer", insurer.clone()));
        let scope = if it.scope == "full" {
            "feed-full"
        } else {
            "feed-delta"
        };
        facts.push(fact(words, "feed-scope", words.say(scope)));
    }
    facts.extend([
        fact(words, "feed-file", it.file_name.clone()),
        fact(words, "feed-begun", minute(&it.begun)),
        fact(words, "feed-ended", ended),
        fact(words, "feed-who", it.who.clone()),
        fact(
            words,
            "feed-lines",
            format!("{lines} / {accepted} / {refused}"),
        ),
        fact(
            words,
            "feed-changed",
            format!("{added} / {replaced} / {unchanged}"),
        ),
    ]);
    if let Some(report) = &it.report {
        facts.push(fact(words, "feed-report", report.clone()));
    }
    facts
}

fn fact(words: &Words, key: &str, text: String) -> Fact {
    Fact {
        label: words.say(key),
        text,
        meaning: String::new(),
    }
}

/// What the batch changes of its insurer's figures; nothing where that was not weighed.
fn figures(it: &BatchLine, words: &Words) -> Vec<(String, u64, u64)> {
    let Some(weighed) = it.weighed else {
        return Vec::new();
    };
    let (before, after) = (weighed.before, weighed.after);
    [
        ("feed-members", before.members, after.members),
        ("feed-with-ratio", before.with_ratio, after.with_ratio),
        ("feed-with-ceiling", before.with_ceiling, after.with_ceiling),
        ("feed-lost", before.lost, after.lost),
    ]
    .into_iter()
    .map(|(key, before, after)| (words.say(key), before, after))
    .collect()
}
