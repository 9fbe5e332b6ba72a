//! The settings of the page as a table: under which heading each stands, its words, its values. Judges no value: `domain` does.

use domain::facility_kind::{FacilityKind, PrescriptionQuestion};
use domain::sign_in_notice::UsualHours;
use ui::component::{Choice, Fault};
use ui::language::Words;

use crate::faults;

/// Under which heading a setting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Information,
    Prescriptions,
    Subsidies,
    Readers,
    Link,
    SignIn,
}

/// What a setting may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Values {
    /// One of these: value and key of its label.
    Named(&'static [(&'static str, &'static str)]),
    /// Hours of the day: one of these, or others that were set past the page.
    Hours(&'static [(&'static str, &'static str)]),
    /// A number of minutes.
    Minutes,
}

/// A setting on the page.
#[derive(Debug)]
pub(super) struct Row {
    /// Its name, as in messages.
    pub(super) setting: &'static str,
    pub(super) group: Group,
    /// Key of its label.
    pub(super) label: &'static str,
    /// Key of its support.
    pub(super) support: &'static str,
    pub(super) values: Values,
}

const USE: Values = Values::Named(&[("on", "use-on"), ("off", "use-off")]);
const ANSWERED: Values = Values::Named(&[
    ("not_asked", "answered-not-asked"),
    ("yes", "answered-yes"),
    ("no", "answered-no"),
]);

/// Every setting, in the order of the page.
pub(super) const ROWS: [Row; 17] = [
    row(
        "checkups",
        Group::Information,
        ("set-checkups", "set-checkups-support"),
        USE,
    ),
    row(
        "drugs",
        Group::Information,
        ("set-drugs", "set-drugs-support"),
        USE,
    ),
    row(
        "treatment",
        Group::Information,
        ("set-treatment", "set-treatment-support"),
        USE,
    ),
    row(
        "surgery",
        Group::Information,
        ("set-surgery", "set-surgery-support"),
        USE,
    ),
    row(
        "link_may_read_treatment",
        Group::Information,
        (
            "set-link-may-read-treatment",
            "set-link-may-read-treatment-support",
        ),
        USE,
    ),
    row(
        "ambulance",
        Group::Information,
        ("set-ambulance", "set-ambulance-support"),
        USE,
    ),
    row(
        "electronic_prescriptions",
        Group::Prescriptions,
        (
            "set-electronic-prescriptions",
            "set-electronic-prescriptions-support",
        ),
        USE,
    ),
    row(
        "prescription_forms",
        Group::Prescriptions,
        ("set-prescription-forms", "set-prescription-forms-support"),
        Values::Named(&[
            ("both", "forms-both"),
            ("electronic_only", "forms-electronic"),
            ("paper_only", "forms-paper"),
        ]),
    ),
    row(
        "prescription_question",
        Group::Prescriptions,
        (
            "set-prescription-question",
            "set-prescription-question-support",
        ),
        USE,
    ),
    row(
        "medical_subsidy",
        Group::Subsidies,
        ("set-medical-subsidy", "set-medical-subsidy-support"),
        USE,
    ),
    row(
        "face_policy",
        Group::Readers,
        ("set-face-policy", "set-face-policy-support"),
        Values::Named(&[("face_assist", "face-assist"), ("face_auto", "face-auto")]),
    ),
    row(
        "visual_reminder",
        Group::Readers,
        ("set-visual-reminder", "set-visual-reminder-support"),
        USE,
    ),
    row(
        "visual_return_minutes",
        Group::Readers,
        (
            "set-visual-return-minutes",
            "set-visual-return-minutes-support",
        ),
        Values::Minutes,
    ),
    row(
        "results_flow",
        Group::Link,
        ("set-results-flow", "set-results-flow-support"),
        ANSWERED,
    ),
    row(
        "receipt_computer_asks",
        Group::Link,
        (
            "set-receipt-computer-asks",
            "set-receipt-computer-asks-support",
        ),
        ANSWERED,
    ),
    row(
        "second_factor",
        Group::SignIn,
        ("set-second-factor", "set-second-factor-support"),
        Values::Named(&[
            ("offered", "factor-offered"),
            ("required", "factor-required"),
            ("off", "factor-off"),
        ]),
    ),
    row(
        "usual_hours",
        Group::SignIn,
        ("set-usual-hours", "set-usual-hours-support"),
        Values::Hours(&[
            ("6-22", "hours-6-22"),
            ("7-20", "hours-7-20"),
            ("8-19", "hours-8-19"),
            ("20-8", "hours-20-8"),
            ("0-0", "hours-all"),
        ]),
    ),
];

const fn row(
    setting: &'static str,
    group: Group,
    (label, support): (&'static str, &'static str),
    values: Values,
) -> Row {
    Row {
        setting,
        group,
        label,
        support,
        values,
    }
}

impl Row {
    /// The row of a setting; `None` for one that only a later version knows.
    pub(super) fn of(setting: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.setting == setting)
    }

    /// Whether a kind of facility has what the setting is about (G37). Subsidies are asked at home, too.
    pub(super) fn concerns(&self, kind: FacilityKind) -> bool {
        let differences = kind.differences();
        match self.group {
            Group::Readers => differences.has_reader,
            Group::Prescriptions => differences.prescription_question != PrescriptionQuestion::None,
            Group::Information | Group::Subsidies | Group::Link | Group::SignIn => true,
        }
    }

    /// What is said of a value the setting has not.
    pub(super) fn fault(&self, words: &Words) -> Fault {
        match self.values {
            Values::Named(_) | Values::Hours(_) => faults::own(words, "unknown", "unknown-choice"),
            Values::Minutes => {
                let error = api::settings::return_minutes(self.setting);
                faults::of_member(&error, words).1
            }
        }
    }

    /// What there is to choose from while the setting has this value: it stays among the choices, so that saving the page changes only
    /// what a person changed. `None` for what is typed.
    pub(super) fn choices(&self, value: &str, words: &Words) -> Option<Vec<Choice>> {
        let (Values::Named(options) | Values::Hours(options)) = self.values else {
            return None;
        };
        let mut values: Vec<&str> = options.iter().map(|(value, _)| *value).collect();
        let is_hours = matches!(self.values, Values::Hours(_));
        if is_hours && !values.contains(&value) && UsualHours::parse(value).is_some() {
            values.push(value);
        }
        let choice = |value: &str| Choice {
            value: value.to_owned(),
            label: self.value(value, words),
        };
        Some(values.into_iter().map(choice).collect())
    }

    /// A value as a person reads it; one that only a later version knows stays as it is.
    pub(super) fn value(&self, value: &str, words: &Words) -> String {
        match self.values {
            Values::Named(options) | Values::Hours(options) => {
                let known = options.iter().find(|(name, _)| *name == value);
                let hours = || {
                    let hours = UsualHours::parse(value)?;
                    let facts = [("from", hours.from()), ("until", hours.until())];
                    Some(words.say_with("hours-other", &facts))
                };
                match (known, self.values) {
                    (Some((_, key)), _) => words.say(key),
                    (None, Values::Hours(_)) => hours().unwrap_or_else(|| value.to_owned()),
                    (None, _) => value.to_owned(),
                }
            }
            Values::Minutes => words.say_with("minutes", &[("minutes", value)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::facility_settings::FacilitySettings;
    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    #[test]
    fn hours_that_were_set_past_the_page_stay_among_the_choices() {
        let row = Row::of("usual_hours").unwrap();
        for language in [Language::Japanese, Language::English] {
            let words = Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), language);
            let values = |value: &str| -> Vec<String> {
                let choices = row.choices(value, &words).unwrap();
                choices.into_iter().map(|it| it.value).collect()
            };
            assert_eq!(values("6-22").len(), 5);
            assert_eq!(values("9-18").last().unwrap(), "9-18");
            assert_eq!(values("nonsense").len(), 5);
            let label = row.value("9-18", &words);
            assert!(label.contains('9') && label.contains("18"), "{label}");
        }
    }

    #[test]
    fn every_setting_stands_on_the_page_once_with_every_value_it_has() {
        let settings = FacilitySettings::default();
        let (mut known, mut shown): (Vec<&str>, Vec<&str>) = (
            settings.values().iter().map(|(name, _)| *name).collect(),
            ROWS.iter().map(|row| row.setting).collect(),
        );
        known.sort_unstable();
        shown.sort_unstable();
        assert_eq!(known, shown);
        for row in &ROWS {
            if let Values::Named(options) | Values::Hours(options) = row.values {
                for (value, _) in options {
                    assert!(settings.with(row.setting, value).is_ok(), "{row:?}");
                }
            }
        }
    }
}
