//! What needs a look, in plain words with where it comes from (G27). Says what the records say, and asks to ask the patient; judges nothing.

use domain::medical_information::chart::Chart;
use domain::medical_information::chart::flag::{Concern, Flag, Pair, flags};
use domain::medical_information::chart::supply::Supply;
use ui::language::Words;

use super::drugs::{amount, facility, sources};

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
