//! Treatment and surgery of a patient's page, by date. Lists what the records name; explains no code.

use domain::medical_information::chart::search::Words as Sought;
use domain::medical_information::drugs::{DrugMonth, Treatment};
use domain::medical_information::surgery::Surgery;
use ui::language::Words;

use super::drugs::facility;

/// What one day of one facility's record names.
pub(in crate::pages) struct TreatmentLine {
    pub(in crate::pages) day: String,
    pub(in crate::pages) facility: String,
    /// Each treatment with how much or how often.
    pub(in crate::pages) treatments: Vec<(String, String)>,
}

/// One operation.
pub(in crate::pages) struct SurgeryLine {
    pub(in crate::pages) day: String,
    pub(in crate::pages) name: String,
    pub(in crate::pages) facility: String,
    pub(in crate::pages) note: String,
}

/// Treatment by date, the newest first.
pub(super) fn treatment_lines(
    months: &[DrugMonth],
    sought: &Sought,
    words: &Words,
) -> Vec<TreatmentLine> {
    let mut lines = Vec::new();
    for month in months {
        let at = facility(&month.prescriber, words);
        for day in &month.days {
            let treatments = day.treatments.iter();
            let found = treatments.filter(|it| sought.are_in([it.name.as_str(), at.as_str()]));
            let found: Vec<(String, String)> = found.map(|it| told(it, words)).collect();
            if found.is_empty() {
                continue;
            }
            let known = day.prescribed.or(day.dispensed);
            lines.push(TreatmentLine {
                day: known.map_or_else(|| month.month.to_iso(), |it| it.to_string()),
                facility: at.clone(),
                treatments: found,
            });
        }
    }
    lines.sort_by(|a, b| b.day.cmp(&a.day));
    lines
}

fn told(it: &Treatment, words: &Words) -> (String, String) {
    let quantity = it.quantity.as_ref().map_or("", |it| it.as_str());
    let unit = it.unit.as_ref().map_or("", |it| it.as_str());
    let mut amount = format!("{quantity}{unit}");
    if let Some(times) = it.times {
        let times = words.say_with("medical-treatment-times", &[("times", i64::from(times))]);
        amount = format!("{amount} {times}").trim().to_owned();
    }
    (it.name.as_str().to_owned(), amount)
}

/// Surgery by date, the newest first.
pub(super) fn surgery_lines(all: &[Surgery], sought: &Sought, words: &Words) -> Vec<SurgeryLine> {
    let line = |it: &Surgery| SurgeryLine {
        day: it.day.to_string(),
        name: it.name.as_str().to_owned(),
        facility: facility(&it.facility, words),
        note: it
            .note
            .as_ref()
            .map_or_else(String::new, |it| it.as_str().to_owned()),
    };
    let mut lines: Vec<SurgeryLine> = all.iter().map(line).collect();
    lines.retain(|it| sought.are_in([it.name.as_str(), it.facility.as_str(), it.note.as_str()]));
    lines.sort_by(|a, b| b.day.cmp(&a.day));
    lines
}
