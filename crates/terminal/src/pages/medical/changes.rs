//! What changed lately in a person's drugs, the newest first. Tells what the records show, not why.

use domain::civil_date::CivilDate;
use domain::medical_information::chart::Chart;
use domain::medical_information::chart::course::{Altered, Change, Course};
use domain::medical_information::chart::dose::Direction;
use domain::medical_information::chart::supply::Supply;
use ui::language::Words;

use super::drugs::{dose, facility};

/// One change.
pub(in crate::pages) struct ChangeLine {
    pub(in crate::pages) day: String,
    pub(in crate::pages) drug: String,
    pub(in crate::pages) what: String,
    pub(in crate::pages) before: String,
    pub(in crate::pages) after: String,
    pub(in crate::pages) by: String,
}

/// The changes of a chart since a day, the newest first.
pub(super) fn lines(chart: &Chart, since: CivilDate, words: &Words) -> Vec<ChangeLine> {
    let mut found: Vec<(&Course, &Change)> = Vec::new();
    for course in &chart.courses {
        let late = course.changes.iter().filter(|it| since <= it.day);
        found.extend(late.map(|it| (course, it)));
    }
    found.sort_by_key(|(_, it)| std::cmp::Reverse(it.day));
    // What changed from one visit to the next is one line, however much it was.
    let mut lines: Vec<ChangeLine> = Vec::new();
    let mut last: Option<(&Course, &Change)> = None;
    for (course, change) in found {
        let is_same = last.is_some_and(|(of, it)| {
            std::ptr::eq(of, course) && (&it.before, &it.after) == (&change.before, &change.after)
        });
        match lines.last_mut().filter(|_| is_same) {
            Some(line) => {
                line.what.push_str(words.choose("・", ", "));
                line.what.push_str(&altered(change.altered, words));
            }
            None => lines.push(line(course, change, words)),
        }
        last = Some((course, change));
    }
    lines
}

fn line(course: &Course, change: &Change, words: &Words) -> ChangeLine {
    let of = |places: &[usize]| -> Vec<&Supply> {
        let supplies = places.iter();
        supplies.filter_map(|it| course.supplies.get(*it)).collect()
    };
    let (before, after) = (of(&change.before), of(&change.after));
    let told = |supplies: &[&Supply]| {
        let told: Vec<String> = supplies.iter().map(|it| dose(&it.drug)).collect();
        told.join(" + ")
    };
    let by = after.first().or(before.first());
    ChangeLine {
        day: change.day.to_string(),
        drug: course.name.as_str().to_owned(),
        what: altered(change.altered, words),
        before: told(&before),
        after: told(&after),
        by: by.map_or_else(String::new, |it| facility(&it.prescriber, words)),
    }
}

/// What is other, in words.
pub(super) fn altered(altered: Altered, words: &Words) -> String {
    let key = match altered {
        Altered::Began => "medical-change-began",
        Altered::Resumed { after_days } => {
            return words.say_with("medical-change-resumed", &[("days", after_days)]);
        }
        Altered::Dose(Direction::More) => "medical-change-more",
        Altered::Dose(Direction::Less) => "medical-change-less",
        Altered::Dose(Direction::Other) => "medical-change-dose",
        Altered::Product => "medical-change-product",
        Altered::Usage => "medical-change-usage",
        Altered::RanOut => "medical-change-ran-out",
    };
    words.say(key)
}
