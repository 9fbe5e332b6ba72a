//! The verification of the audit chain as an operator watches it: asked for, under way, and what it found in words.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ui::component::{Banner, Fact, Fault, Tone};
use ui::language::Words;

use super::super::{Frame, Operator, show};
use crate::app::App;
use crate::audit::faults::in_japanese;
use crate::audit::verification::{self, Run};

/// The page's own path.
pub(in crate::operator) const HERE: &str = "/audit/verify";

#[derive(Template)]
#[template(path = "operator/audit_verify.html")]
struct VerifyPage {
    frame: Frame,
    /// Whether it is under way: the page looks again by itself.
    runs: bool,
    verdict: Option<Banner>,
    facts: Vec<Fact>,
    faults: Vec<String>,
    /// Why it could not be finished, in English.
    failed: Option<String>,
}

pub(in crate::operator) async fn page(State(app): State<App>, operator: Operator) -> Response {
    let words = &operator.words;
    let run = app.verification.run();
    let page = VerifyPage {
        frame: operator.frame(HERE),
        runs: run.as_ref().is_some_and(|run| run.outcome.is_none()),
        verdict: run.as_ref().map(|run| verdict(run, words)),
        facts: run.as_ref().map_or_else(Vec::new, |run| facts(run, words)),
        faults: faults(run.as_ref(), words),
        failed: failed(run.as_ref()),
    };
    show(StatusCode::OK, &page)
}

pub(in crate::operator) async fn begin(State(app): State<App>, operator: Operator) -> Response {
    match verification::begin(&app, operator.actor()).await {
        Ok(()) => Redirect::to(HERE).into_response(),
        Err(told) => operator.shown(HERE, Err(told)),
    }
}

/// What is so, in words.
fn verdict(run: &Run, words: &Words) -> Banner {
    let (tone, code, text) = match &run.outcome {
        None => (Tone::Note, "verifying", words.say("chain-verifying")),
        Some(Ok(report)) if report.faults.is_empty() => {
            (Tone::Success, "chain_whole", words.say("chain-whole"))
        }
        Some(Ok(report)) if report.is_chain_whole() => (
            Tone::Warning,
            "outside_unreadable",
            words.say("chain-outside-unreadable"),
        ),
        Some(Ok(_)) => (Tone::Error, "chain_broken", words.say("chain-broken")),
        Some(Err(_)) => (Tone::Error, "not_verified", words.say("chain-not-verified")),
    };
    Banner::new(
        tone,
        Fault {
            code: code.into(),
            text,
        },
    )
}

fn facts(run: &Run, words: &Words) -> Vec<Fact> {
    let fact = |key: &str, text: String| Fact {
        label: words.say(key),
        text,
        meaning: String::new(),
    };
    let mut facts = vec![fact("verify-begun", run.begun.to_second_in_japan())];
    match &run.outcome {
        Some(Ok(report)) => facts.extend([
            fact("verify-events", report.events.to_string()),
            fact("verify-chains", report.chains.to_string()),
            fact("verify-checks", report.checks.to_string()),
            fact("verify-consents", report.consents.to_string()),
            fact("verify-looks", report.looks.to_string()),
            fact("verify-withdrawals", report.withdrawals.to_string()),
            fact("verify-checkpoints", report.checkpoints.to_string()),
        ]),
        Some(Err(_)) | None => {
            facts.push(fact(
                "verify-read",
                format!("{} / {}", run.read(), run.total),
            ));
        }
    }
    facts
}

/// What is wrong and where, as `onshi audit verify` says it.
fn faults(run: Option<&Run>, words: &Words) -> Vec<String> {
    let Some(Ok(report)) = run.and_then(|run| run.outcome.as_ref()) else {
        return Vec::new();
    };
    let faults = report.faults.iter();
    faults
        .map(|fault| words.choose(in_japanese(fault), fault.to_string()))
        .collect()
}

fn failed(run: Option<&Run>) -> Option<String> {
    let outcome = run?.outcome.as_ref()?;
    outcome.as_ref().err().cloned()
}
