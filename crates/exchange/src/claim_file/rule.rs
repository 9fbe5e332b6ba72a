//! What is checked in claim files: each rule with its name, what it refuses, how well it is known, and reason and remedy in Japanese
//! and English. The names are ours; a number of the review bodies stands beside them where one is known. Checks nothing itself.

pub mod of_claims;
pub mod of_files;

use domain::claims::Severity;

use crate::claim_file::columns::Mark;

/// A number of the review bodies' own lists (受付・事務点検), and how well it is known to mean this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Official {
    /// The number.
    pub number: &'static str,
    /// How well it is known.
    pub mark: Mark,
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name in reports: never changed, only added to.
    pub id: &'static str,
    /// What it refuses where it stands.
    pub severity: Severity,
    /// How well the rule is known; what is not known best refuses nothing of its own.
    pub mark: Mark,
    /// The review bodies' number.
    pub official: Option<Official>,
    /// Reason and remedy in Japanese.
    pub ja: &'static str,
    /// Reason and remedy in English.
    pub en: &'static str,
}

impl Rule {
    const fn numbered(self, number: &'static str, mark: Mark) -> Self {
        Self {
            official: Some(Official { number, mark }),
            ..self
        }
    }
}

/// Every rule, in the order of the page.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    of_files::ALL.iter().chain(of_claims::ALL).copied()
}

const fn file(id: &'static str, mark: Mark, ja: &'static str, en: &'static str) -> Rule {
    rule(id, Severity::File, mark, ja, en)
}

const fn claim(id: &'static str, mark: Mark, ja: &'static str, en: &'static str) -> Rule {
    rule(id, Severity::Claim, mark, ja, en)
}

const fn warning(id: &'static str, mark: Mark, ja: &'static str, en: &'static str) -> Rule {
    rule(id, Severity::Warning, mark, ja, en)
}

const fn rule(
    id: &'static str,
    severity: Severity,
    mark: Mark,
    ja: &'static str,
    en: &'static str,
) -> Rule {
    Rule {
        id,
        severity,
        mark,
        official: None,
        ja,
        en,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_speaks_both_languages() {
        let mut ids = BTreeSet::new();
        for rule in all() {
            assert!(ids.insert(rule.id), "{}", rule.id);
            assert!(
                rule.ja.ends_with('。') && !rule.en.ends_with('.'),
                "{}",
                rule.id
            );
            assert!(
                rule.en.contains(';') && rule.en.is_ascii(),
                "{}: no remedy",
                rule.id
            );
        }
    }

    #[test]
    fn what_is_not_known_best_never_refuses_a_claim() {
        for rule in of_claims::ALL {
            let refuses = rule.severity != Severity::Warning;
            assert!(!refuses || rule.mark == Mark::A, "{}", rule.id);
        }
    }
}
