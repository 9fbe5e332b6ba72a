//! Object identifiers as settings name them. Knows none of them.

use serde::Deserialize;

/// An object identifier in its dotted form, such as `1.2.392.200149.8.5.1.1.10`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ObjectIdentifier(pub(super) String);

/// The text is no object identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "オブジェクト識別子（OID）を、1.3.6.1.4.1.32473.20.30 のように数字と点で書いてください。 / \
     write an object identifier (OID), numbers with dots such as 1.3.6.1.4.1.32473.20.30"
)]
pub struct InvalidObjectIdentifier;

impl TryFrom<String> for ObjectIdentifier {
    type Error = InvalidObjectIdentifier;

    fn try_from(text: String) -> Result<Self, InvalidObjectIdentifier> {
        let arc = |it: &str| {
            // As certificates are read: another spelling of the same number would never be found in one.
            let is_plain = it == "0" || !it.starts_with('0');
            let is_number = !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
            (is_plain && is_number).then(|| it.parse::<u128>().ok())?
        };
        let arcs: Option<Vec<u128>> = text.split('.').map(arc).collect();
        let fits = match arcs.as_deref() {
            Some([0 | 1, second, ..]) => *second < 40,
            Some([2, _, ..]) => true,
            Some(_) | None => false,
        };
        if fits {
            Ok(Self(text))
        } else {
            Err(InvalidObjectIdentifier)
        }
    }
}

impl ObjectIdentifier {
    /// Its dotted form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_identifier_is_numbers_with_dots() {
        let read = |text: &str| ObjectIdentifier::try_from(text.to_owned());
        for text in ["1.3.6.1.4.1.32473.20.30", "2.999", "0.0"] {
            assert_eq!(read(text).unwrap().as_str(), text);
        }
        for text in [
            "", "x", "1", "1.", ".1", "1..2", "3.1", "1.40", "1.03", "1.2.x", "1.+2", "1.2 ",
        ] {
            assert_eq!(read(text), Err(InvalidObjectIdentifier), "{text}");
        }
    }
}
