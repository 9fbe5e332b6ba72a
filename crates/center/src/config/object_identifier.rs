//! Object identifiers as settings name them. Knows none of them.

/// Whether a text is an object identifier in its dotted form, such as `1.2.392.200149.8.5.1.1.10`.
pub(super) fn is_object_identifier(text: &str) -> bool {
    let arc = |it: &str| {
        // As certificates are read: another spelling of the same number would never be found in one.
        let is_plain = it == "0" || !it.starts_with('0');
        let is_number = !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
        (is_plain && is_number).then(|| it.parse::<u128>().ok())?
    };
    let arcs: Option<Vec<u128>> = text.split('.').map(arc).collect();
    match arcs.as_deref() {
        Some([0 | 1, second, ..]) => *second < 40,
        Some([2, _, ..]) => true,
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_identifier_is_numbers_with_dots() {
        for text in ["1.3.6.1.4.1.32473.20.30", "2.999", "0.0"] {
            assert!(is_object_identifier(text), "{text}");
        }
        for text in [
            "", "x", "1", "1.", ".1", "1..2", "3.1", "1.40", "1.03", "1.2.x", "1.+2", "1.2 ",
        ] {
            assert!(!is_object_identifier(text), "{text}");
        }
    }
}
