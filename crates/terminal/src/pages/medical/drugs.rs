//! The drugs of a patient's page: what is taken now as far as the records tell, the courses, and every supply by date.

use std::collections::BTreeSet;

use domain::civil_date::CivilDate;
use domain::medical_information::chart::Chart;
use domain::medical_information::chart::bar::{Evidence, lanes};
use domain::medical_information::chart::course::{Altered, Course, State};
use domain::medical_information::chart::search::{Words as Sought, folded};
use domain::medical_information::chart::supply::{Days, Supply};
use domain::medical_information::drugs::{Drug, NamedFacility, Source};
use ui::language::Words;

use super::changes::altered;

/// A drug that may be taken now.
pub(in crate::pages) struct NowLine {
    pub(in crate::pages) ingredient: String,
    pub(in crate::pages) drugs: Vec<DrugLine>,
    /// Until when the records cover it.
    pub(in crate::pages) until: String,
    pub(in crate::pages) mark: String,
    pub(in crate::pages) tone: &'static str,
    pub(in crate::pages) by: String,
    pub(in crate::pages) sources: String,
}

/// One drug of a supply.
pub(in crate::pages) struct DrugLine {
    pub(in crate::pages) name: String,
    pub(in crate::pages) ingredient: String,
    pub(in crate::pages) amount: String,
    pub(in crate::pages) usage: String,
    pub(in crate::pages) times: String,
    /// Notes: what was prescribed instead, what is to be observed.
    pub(in crate::pages) notes: Vec<String>,
}

/// What one visit supplied.
pub(in crate::pages) struct VisitLine {
    pub(in crate::pages) day: String,
    pub(in crate::pages) prescribed: Option<String>,
    pub(in crate::pages) sources: String,
    pub(in crate::pages) prescriber: String,
    pub(in crate::pages) dispenser: String,
    pub(in crate::pages) drugs: Vec<DrugLine>,
}

/// A course in the table beside the timeline.
pub(in crate::pages) struct CourseLine {
    pub(in crate::pages) name: String,
    pub(in crate::pages) products: String,
    /// Days covered, each with what that rests on.
    pub(in crate::pages) periods: Vec<String>,
    pub(in crate::pages) changes: Vec<String>,
}

/// Tells the courses of some months as they stand by the newest records: that nothing follows a supply is for these alone to say.
pub(super) fn tell_by_the_newest(chart: &mut Chart, newest: &Chart) {
    let newest = newest.courses.iter().map(|it| (it, names(it)));
    let newest: Vec<(&Course, BTreeSet<Name>)> = newest.collect();
    for course in &mut chart.courses {
        let own = names(course);
        let is_named_alike =
            |it: &Course| it.is_ingredient == course.is_ingredient && it.name == course.name;
        let alike = newest.iter().find(|(it, _)| is_named_alike(it));
        let same = alike.or_else(|| newest.iter().find(|(_, names)| !own.is_disjoint(names)));
        let same = same.map(|(it, _)| *it);
        let ran_out = same.and_then(|it| {
            let mut changes = it.changes.iter();
            changes.find(|it| it.altered == Altered::RanOut)
        });
        let ran_out = ran_out.map(|it| it.day);
        course
            .changes
            .retain(|it| it.altered != Altered::RanOut || Some(it.day) == ran_out);
        if let Some(same) = same {
            course.state = same.state;
        }
    }
    chart.courses.sort_by_key(|it| it.state.rank());
}

/// What a record names a drug by; names are folded.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Ingredient(String),
    Code(String),
    Product(String),
}

/// What the supplies of a course are named by: records of some months may name an ingredient otherwise than those of others, or not at all.
fn names(course: &Course) -> BTreeSet<Name> {
    let drugs = course.supplies.iter().map(|it| &it.drug);
    let names = drugs.flat_map(|it| {
        let ingredient = it.ingredient.as_ref().map(|it| folded(it.as_str()));
        let code = it.code.as_ref().map(|it| it.as_str().to_owned());
        let product = Some(Name::Product(folded(it.name.as_str())));
        [
            ingredient.map(Name::Ingredient),
            code.map(Name::Code),
            product,
        ]
    });
    names.flatten().collect()
}

/// What may be taken on the day the chart is read, as the newest records tell it.
pub(super) fn now_lines(chart: &Chart, words: &Words) -> Vec<NowLine> {
    let courses = chart.courses.iter();
    let taken = courses.filter(|it| it.state.may_be_taken());
    taken.map(|it| now_line(it, chart.today, words)).collect()
}

fn now_line(course: &Course, today: CivilDate, words: &Words) -> NowLine {
    let taken = course.taken(today);
    let (mark, until, tone) = match course.state {
        State::Covered { until } => ("medical-state-covered", Some(until), "good"),
        State::OnlyPrescribed { until } => ("medical-state-prescribed", Some(until), "note"),
        State::MayGoOn { ended } => ("medical-state-may-go-on", Some(ended), "warn"),
        State::Recent { on } => ("medical-state-recent", Some(on), "note"),
        State::Past { last } => ("medical-state-past", Some(last), "note"),
        State::Undated => ("medical-state-undated", None, "note"),
    };
    let day = until.map_or_else(String::new, |it| it.to_string());
    let key = match course.state {
        State::Covered { .. } | State::OnlyPrescribed { .. } => "medical-until",
        State::MayGoOn { .. } | State::Past { .. } => "medical-ended",
        State::Recent { .. } | State::Undated => "medical-supplied-on",
    };
    let ingredient = course.name.as_str().to_owned();
    let by: BTreeSet<String> = taken
        .iter()
        .map(|it| facility(&it.prescriber, words))
        .collect();
    NowLine {
        ingredient: if course.is_ingredient {
            ingredient
        } else {
            String::new()
        },
        drugs: taken.iter().map(|it| drug_line(it, words)).collect(),
        until: words.say_with(key, &[("day", day)]),
        mark: words.say(mark),
        tone,
        by: by
            .into_iter()
            .collect::<Vec<_>>()
            .join(words.choose("、", ", ")),
        sources: sources(&taken, words),
    }
}

/// Every supply by date, the newest first, grouped by visit.
pub(super) fn visit_lines(chart: &Chart, sought: &Sought, words: &Words) -> Vec<VisitLine> {
    let supplies = chart.courses.iter().flat_map(|it| &it.supplies);
    let mut supplies: Vec<&Supply> = supplies.filter(|it| is_found(it, sought)).collect();
    let key = |it: &Supply| {
        let day = it.start().unwrap_or_else(|| it.month.first_day());
        let (by, at) = (&it.prescriber, &it.dispenser);
        (
            std::cmp::Reverse(day),
            by.code,
            by.name.clone(),
            at.code,
            at.name.clone(),
            it.sources.clone(),
        )
    };
    supplies.sort_by_cached_key(|it| key(it));
    let mut last = None;
    let mut visits: Vec<VisitLine> = Vec::new();
    for supply in supplies {
        let key = key(supply);
        let line = drug_line(supply, words);
        match visits.last_mut() {
            Some(visit) if last.as_ref() == Some(&key) => visit.drugs.push(line),
            _ => visits.push(VisitLine {
                day: supply
                    .start()
                    .map_or_else(|| supply.month.to_iso(), |it| it.to_string()),
                prescribed: supply
                    .prescribed
                    .filter(|_| supply.dispensed.is_some())
                    .map(|it| it.to_string()),
                sources: sources(&[supply], words),
                prescriber: facility(&supply.prescriber, words),
                dispenser: named(&supply.dispenser).unwrap_or_default(),
                drugs: vec![line],
            }),
        }
        last = Some(key);
    }
    visits
}

/// Whether a supply holds the words searched for.
pub(super) fn is_found(it: &Supply, sought: &Sought) -> bool {
    if sought.is_empty() {
        return true;
    }
    let drug = &it.drug;
    let texts = [
        &drug.ingredient,
        &drug.usage,
        &it.prescriber.name,
        &it.dispenser.name,
        &it.prescribed_as,
    ];
    let texts = texts.into_iter().flatten().map(|it| it.as_str());
    sought.are_in(texts.chain([drug.name.as_str()]))
}

/// The courses that hold the words searched for.
pub(super) fn found(chart: &Chart, sought: &Sought) -> Chart {
    let mut chart = chart.clone();
    if !sought.is_empty() {
        chart
            .courses
            .retain(|it| it.supplies.iter().any(|it| is_found(it, sought)));
    }
    chart
}

/// The table beside the timeline.
pub(super) fn course_lines(chart: &Chart, words: &Words) -> Vec<CourseLine> {
    chart
        .courses
        .iter()
        .map(|it| course_line(it, words))
        .collect()
}

fn course_line(course: &Course, words: &Words) -> CourseLine {
    let products: BTreeSet<&str> = course
        .supplies
        .iter()
        .map(|it| it.drug.name.as_str())
        .collect();
    let bars = lanes(course).into_iter().flatten();
    let mut periods: Vec<(Days, Evidence)> = bars.map(|it| (it.days, it.evidence)).collect();
    periods.sort();
    let told = |(days, evidence): &(Days, Evidence)| {
        let (first, last) = (days.first, days.last);
        format!("{first} – {last} {}", words.say(evidence_key(*evidence)))
    };
    let mut periods: Vec<String> = periods.iter().map(told).collect();
    let open = course.supplies.iter().filter(|it| it.days().is_none());
    let open: BTreeSet<String> = open
        .filter_map(|it| Some(it.start()?.to_string()))
        .collect();
    if !open.is_empty() {
        let days = open.into_iter().collect::<Vec<_>>().join(", ");
        periods.push(words.say_with("medical-open-days", &[("days", days)]));
    }
    let changes = course.changes.iter();
    CourseLine {
        name: course.name.as_str().to_owned(),
        products: products
            .into_iter()
            .collect::<Vec<_>>()
            .join(words.choose("、", ", ")),
        periods,
        changes: changes
            .map(|it| format!("{} {}", it.day, altered(it.altered, words)))
            .collect(),
    }
}

fn drug_line(it: &Supply, words: &Words) -> DrugLine {
    let text = |it: &Option<domain::medical_information::MedicalText>| {
        it.as_ref()
            .map_or_else(String::new, |it| it.as_str().to_owned())
    };
    let drug = &it.drug;
    let mut notes = Vec::new();
    if let Some(product) = &it.prescribed_as {
        notes.push(words.say_with("medical-prescribed-as", &[("product", product.as_str())]));
    }
    if let Some(instruction) = &drug.instruction {
        notes.push(instruction.as_str().to_owned());
    }
    DrugLine {
        name: drug.name.as_str().to_owned(),
        ingredient: text(&drug.ingredient),
        amount: amount(drug),
        usage: text(&drug.usage),
        times: times(it, words),
        notes,
    }
}

/// The number of days or times; which of them, where the usage says.
fn times(it: &Supply, words: &Words) -> String {
    let Some(times) = it.drug.times else {
        return String::new();
    };
    let key = if it.days().is_some() {
        "medical-days"
    } else {
        "medical-times"
    };
    words.say_with(key, &[("times", i64::from(times))])
}

/// How much of what.
pub(super) fn amount(drug: &Drug) -> String {
    let quantity = drug.quantity.as_ref().map_or("", |it| it.as_str());
    let unit = drug.unit.as_ref().map_or("", |it| it.as_str());
    format!("{quantity}{unit}")
}

/// Product, amount and usage in one phrase.
pub(super) fn dose(drug: &Drug) -> String {
    let usage = drug.usage.as_ref().map_or("", |it| it.as_str());
    let parts = [drug.name.as_str(), &amount(drug), usage];
    let parts: Vec<&str> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    parts.join(" ")
}

/// A facility as the record names it.
pub(super) fn facility(it: &NamedFacility, words: &Words) -> String {
    named(it).unwrap_or_else(|| words.say("medical-facility-unknown"))
}

fn named(it: &NamedFacility) -> Option<String> {
    let name = it.name.as_ref().map(|it| it.as_str().to_owned());
    name.or_else(|| Some(it.code?.to_string()))
}

/// Which records tell of some supplies.
pub(super) fn sources(supplies: &[&Supply], words: &Words) -> String {
    let all: BTreeSet<Source> = supplies
        .iter()
        .flat_map(|it| it.sources.iter().copied())
        .collect();
    let told: Vec<String> = all
        .into_iter()
        .map(|it| words.say(source_key(it)))
        .collect();
    told.join(words.choose("・", ", "))
}

/// The key of a source's words.
pub(super) fn source_key(source: Source) -> &'static str {
    match source {
        Source::Claims => "medical-source-claims",
        Source::Dispensing => "medical-source-dispensing",
        Source::Prescription => "medical-source-prescription",
    }
}

/// The key of what a bar rests on.
pub(super) fn evidence_key(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Dispensed => "medical-evidence-dispensed",
        Evidence::Claimed => "medical-evidence-claimed",
        Evidence::Prescribed => "medical-evidence-prescribed",
    }
}
