//! The rule of the glossary (`docs/glossary.md`): one row for each Japanese term. Changes no file.

use std::collections::BTreeSet;

/// Terms that stand in more than one row of the glossary's table.
pub(super) fn repeated_terms(path: &str, text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let rows = text.lines().filter_map(|line| line.strip_prefix('|'));
    let terms = rows.filter_map(|row| row.split('|').next()).map(str::trim);
    terms
        .filter(|term| !seen.insert(*term))
        .map(|term| format!("{path}: {term} stands in two rows; merge them"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_in_two_rows_is_a_breach() {
        let table = "# Glossary\n\n| 日本語 | English | note |\n|---|---|---|\n| 資格 | coverage | |\n| 受付番号 | reception number | |\n";
        assert!(repeated_terms("g.md", table).is_empty());
        let twice = format!("{table}| 資格 | right | |\n");
        assert_eq!(
            repeated_terms("g.md", &twice),
            ["g.md: 資格 stands in two rows; merge them"]
        );
    }
}
