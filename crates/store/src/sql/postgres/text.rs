//! The one difference in how a text is written: values are `?1` for SQLite and `$1` for PostgreSQL. Changes nothing else.

/// A text with its values numbered as PostgreSQL has them. What stands in quotes stays.
pub(crate) fn numbered(text: &str) -> String {
    let mut quoted = None;
    let mut rest = text.chars().peekable();
    let mut numbered = String::with_capacity(text.len());
    while let Some(mark) = rest.next() {
        match (quoted, mark) {
            (None, '\'' | '"') => quoted = Some(mark),
            (Some(begun), end) if begun == end => quoted = None,
            (None, '?') if rest.peek().is_some_and(char::is_ascii_digit) => {
                numbered.push('$');
                continue;
            }
            (None | Some(_), _) => {}
        }
        numbered.push(mark);
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn values_are_numbered_and_what_stands_in_quotes_stays() {
        let text =
            "SELECT a || '?1', \"b?2\" FROM t WHERE c = ?1 AND d IN (?2, ?13) AND e <> 'it''s ?3'";
        let expected =
            "SELECT a || '?1', \"b?2\" FROM t WHERE c = $1 AND d IN ($2, $13) AND e <> 'it''s ?3'";
        assert_eq!(numbered(text), expected);
    }
}
