//! What needs a look, in plain words with where it comes from (G27). Says what the records say, and asks to ask the patient; judges nothing.

use domain::medical_information::chart::Chart;
use domain::medical_information::chart::flag::{Concern, Flag, Pair, flags};
use domain::medical_information::chart::interaction::{Interaction, found};
use domain::medical_information::chart::supply::Supply;
use ui::language::Words;

use super::drugs::{amount, facility, sources};
use crate::serve::InteractionList;

/// One concern as the page tells it.
pub(in crate::pages) struct FlagLine {
    /// Its code in the page.
    pub(in crate::pages) code: &'static str,
    pub(in crate::pages) title: String,
    pub(in crate::pages) text: String,
    /// How often before.
    pub(in crate::pages) more: Option<String>,
    pub(in crate::pages) sources: String,
    pub(in crate::pages) is_now: bool,
}

/// The pairs of the list among what may be taken now. What the list says stands as it says it, with its source.
pub(super) fn interaction_lines(
    chart: &Chart,
    list: &InteractionList,
    words: &Words,
) -> Vec<FlagLine> {
    let line = |it: &Interaction<'_>| {
        let (one, other) = (chart.courses.get(it.one)?, chart.courses.get(it.other)?);
        let drugs = format!("{} × {}", one.name.as_str(), other.name.as_str());
        let values = [
            ("concern", words.say("medical-flag-interaction")),
            ("drug", drugs),
        ];
        Some(FlagLine {
            code: "interaction",
            title: words.say_with("medical-flag-title", &values),
            text: words.choose(&it.pair.note_ja, &it.pair.note_en).clone(),
            more: None,
            sources: it.pair.source.clone(),
            is_now: true,
        })
    };
    found(chart, &list.pairs).iter().filter_map(line).collect()
}

/// By which list pairs were looked for; that it is an example, where every line of it says so.
pub(super) fn checked_by(list: Option<&InteractionList>, words: &Words) -> String {
    let Some(list) = list else {
        return words.say("medical-interactions-none");
    };
    let pairs = list.pairs.all();
    let values = [
        ("file", list.name.clone()),
        ("pairs", pairs.len().to_string()),
    ];
    let is_example = pairs.iter().all(|it| it.source.starts_with("example"));
    let key = if is_example {
        "medical-interactions-example"
    } else {
        "medical-interactions-by"
    };
    words.say_with(key, &values)
}

/// The concerns of a chart, what concerns today first.
pub(super) fn lines(chart: &Chart, words: &Words) -> Vec<FlagLine> {
    let flags = flags(chart).into_iter();
    flags.filter_map(|it| line(chart, &it, words)).collect()
}

fn line(chart: &Chart, flag: &Flag, words: &Words) -> Option<FlagLine> {
    let course = chart.courses.get(flag.course)?;
    let pair = flag.pairs.first()?;
    let first = course.supplies.get(pair.first)?;
    let second = course.supplies.get(pair.second)?;
    let (code, title, text) = match flag.concern {
        Concern::TwoPrescribers => (
            "same_ingredient",
            "medical-flag-same",
            "medical-flag-same-text",
        ),
        Concern::Overlap => (
            "overlap",
            "medical-flag-overlap",
            "medical-flag-overlap-text",
        ),
        Concern::RecordsDiffer => (
            "records_differ",
            "medical-flag-differ",
            "medical-flag-differ-text",
        ),
    };
    let more = flag.pairs.len() - 1;
    let both: Vec<&Supply> = vec![first, second];
    Some(FlagLine {
        code,
        title: words.say_with(
            "medical-flag-title",
            &[
                ("concern", words.say(title)),
                ("drug", course.name.as_str().to_owned()),
            ],
        ),
        text: words.say_with(text, &values(pair, first, second, words)),
        more: (0 < more).then(|| words.say_with("medical-flag-more", &[("times", more)])),
        sources: sources(&both, words),
        is_now: flag.is_now,
    })
}

fn values(
    pair: &Pair,
    first: &Supply,
    second: &Supply,
    words: &Words,
) -> [(&'static str, String); 7] {
    let day = |it: Option<domain::civil_date::CivilDate>| {
        it.map_or_else(String::new, |it| it.to_string())
    };
    [
        ("first", supplied(first, words)),
        ("second", supplied(second, words)),
        ("one", facility(&first.prescriber, words)),
        ("other", facility(&second.prescriber, words)),
        ("from", day(pair.days.map(|it| it.first))),
        ("to", day(pair.days.map(|it| it.last))),
        ("days", pair.days.map_or(0, |it| it.count()).to_string()),
    ]
}

/// A supply in one phrase: product, amount, day and number of days.
fn supplied(it: &Supply, words: &Words) -> String {
    let start = it.start().map_or_else(String::new, |it| it.to_string());
    let values = [
        ("product", it.drug.name.as_str().to_owned()),
        ("amount", amount(&it.drug)),
        ("day", start),
        ("times", it.drug.times.unwrap_or_default().to_string()),
    ];
    words.say_with("medical-supplied", &values)
}
