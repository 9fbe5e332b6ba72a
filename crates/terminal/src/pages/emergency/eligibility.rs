//! The eligibility of a person without their card, and nothing else of them: what an outage answers, and a disaster where nothing is opened.

use api::check::{Answer, CoverageResult};
use askama::Template;
use domain::check::Verdict;
use ui::component::Fact;
use ui::language::Words;

use crate::days;
use crate::pages::Frame;
use crate::pages::result::{Asked, person, why};
use crate::training::Ground;

#[derive(Template)]
#[template(path = "emergency_eligibility.html")]
pub(in crate::pages) struct EligibilityPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) title: String,
    pub(in crate::pages) verdict: String,
    pub(in crate::pages) why: Vec<String>,
    /// What was answered: one coverage, or each of those that count alike.
    pub(in crate::pages) coverages: Vec<Coverage>,
    /// What was recorded of it.
    pub(in crate::pages) recorded: String,
    /// The whole result, as it stands in the history; a practice stands in none.
    pub(in crate::pages) details: Option<String>,
    /// Where the next person is looked for.
    pub(in crate::pages) again: String,
}

/// A coverage of the answer.
pub(in crate::pages) struct Coverage {
    /// Which it is, where there are several.
    pub(in crate::pages) heading: Option<String>,
    pub(in crate::pages) facts: Vec<Fact>,
}

/// The page of a mode that begins at `start`, by the keys of its title and of what was recorded.
pub(in crate::pages) fn eligibility_page(
    frame: Frame,
    start: &str,
    (title, recorded): (&str, &str),
    check: &Answer,
) -> EligibilityPage {
    let words = frame.words.clone();
    let verdict = Verdict::from_code(&check.verdict.to_string());
    EligibilityPage {
        title: words.say(title),
        verdict: verdict.map_or_else(String::new, |it| {
            words.choose(it.label_ja(), it.label_en()).to_owned()
        }),
        // Who was found is who is meant, whatever was typed: as by card.
        why: verdict.map_or_else(Vec::new, |it| {
            let first = check.results.first();
            why(it, first, Asked::ByCard, &check.visit_date, &words)
        }),
        coverages: coverages(&check.results, verdict, &words),
        recorded: words.say(match frame.ground {
            Ground::Real => recorded,
            Ground::Training => "training-recorded",
        }),
        details: match frame.ground {
            Ground::Real => Some(format!("/checks/{}", check.check_id)),
            Ground::Training => None,
        },
        again: frame.at(start),
        frame,
    }
}

fn coverages(results: &[CoverageResult], verdict: Option<Verdict>, words: &Words) -> Vec<Coverage> {
    let several = 1 < results.len();
    let coverages = results.iter().enumerate().map(|(place, it)| Coverage {
        heading: several.then(|| words.say_with("eligibility-coverage", &[("place", place + 1)])),
        facts: facts(it, verdict, words),
    });
    coverages.collect()
}

fn facts(it: &CoverageResult, verdict: Option<Verdict>, words: &Words) -> Vec<Fact> {
    let lines = [
        ("person-name", Some(it.name.clone())),
        ("person-kana", it.kana.clone()),
        ("birth-date", Some(days::show(&it.birth_date, words))),
        ("insurer-number", Some(it.insurer_number.clone())),
        ("symbol", it.symbol.clone()),
        ("number", Some(it.number.clone())),
        ("branch", it.branch.clone()),
    ];
    let given = lines.into_iter().filter_map(|(label, text)| {
        let text = text.filter(|text| !text.is_empty())?;
        Some(Fact {
            label: words.say(label),
            text,
            meaning: String::new(),
        })
    });
    let ratio = verdict.and_then(|verdict| person(it, verdict, Asked::ByCard, words).ratio);
    let ratio = ratio.map(|it| Fact {
        label: words.say("ratio-heading"),
        text: it.tenths,
        meaning: it.from,
    });
    given.chain(ratio).collect()
}
