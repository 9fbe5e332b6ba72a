//! The canonical form of JSON (RFC 8785) that receipts digest. Refuses numbers that are not whole, because no answer holds one.

use serde_json::Value;

/// A number that is not a whole number within ±2⁵³.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number that is not whole or too large for the canonical form")]
pub(crate) struct NotWhole;

/// The bytes of RFC 8785: no blanks, members in order of their UTF-16 code units, shortest escapes.
///
/// # Errors
/// [`NotWhole`]: no message of ours carries fractions, so their printing rules are left out.
pub(crate) fn to_bytes(value: &Value) -> Result<Vec<u8>, NotWhole> {
    let mut out = Vec::with_capacity(1024);
    write_value(&mut out, value)?;
    Ok(out)
}

fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), NotWhole> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let whole = number.as_i64().filter(|n| n.unsigned_abs() <= 1 << 53);
            out.extend_from_slice(whole.ok_or(NotWhole)?.to_string().as_bytes());
        }
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if 0 < index {
                    out.push(b',');
                }
                write_value(out, item)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push(b'{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if 0 < index {
                    out.push(b',');
                }
                write_text(out, name);
                out.push(b':');
                write_value(out, member)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{9}' => out.extend_from_slice(b"\\t"),
            '\u{A}' => out.extend_from_slice(b"\\n"),
            '\u{C}' => out.extend_from_slice(b"\\f"),
            '\u{D}' => out.extend_from_slice(b"\\r"),
            control if u32::from(control) < 0x20 => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes());
            }
            other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: &Value, expected: &str) {
        assert_eq!(
            String::from_utf8(to_bytes(value).unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn members_are_sorted_by_utf16_and_blanks_go() {
        // U+1F600 sorts before U+FB33 by UTF-16, after it by code point (RFC 8785 §3.2.3).
        check(
            &json!({"\u{fb33}": 1, "\u{1f600}": 2, "€": 3, "1": 4, "\r": 5}),
            "{\"\\r\":5,\"1\":4,\"€\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}",
        );
        check(
            &json!({"b": [true, null, "x"], "a": {}}),
            r#"{"a":{},"b":[true,null,"x"]}"#,
        );
    }

    #[test]
    fn texts_are_escaped_as_little_as_allowed() {
        check(
            &json!("\u{1}\"\\/\u{7f}葛\u{e0100}"),
            "\"\\u0001\\\"\\\\/\u{7f}葛\u{e0100}\"",
        );
    }

    #[test]
    fn fractions_are_refused() {
        assert_eq!(to_bytes(&json!(0.5)), Err(NotWhole));
        assert_eq!(to_bytes(&json!(1_u64 << 60)), Err(NotWhole));
        check(&json!(-7), "-7");
    }
}
