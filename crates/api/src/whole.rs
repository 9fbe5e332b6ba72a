//! Whole numbers in messages: `4.0` is one as well, as JSON Schema has it. Refuses what is not whole, below zero or too large.

use serde::{Deserialize, Deserializer, de::Error};

/// A number that may be absent.
pub(crate) fn maybe<'de, D: Deserializer<'de>, N: TryFrom<u32>>(
    deserializer: D,
) -> Result<Option<N>, D::Error> {
    let number: Option<f64> = Option::deserialize(deserializer)?;
    number.map(whole).transpose()
}

/// A number.
pub(crate) fn number<'de, D: Deserializer<'de>, N: TryFrom<u32>>(
    deserializer: D,
) -> Result<N, D::Error> {
    whole(f64::deserialize(deserializer)?)
}

fn whole<N: TryFrom<u32>, E: Error>(number: f64) -> Result<N, E> {
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    let fits = is_whole.then_some(number as u32);
    let fits = fits.and_then(|number| N::try_from(number).ok());
    fits.ok_or_else(|| E::custom("not a whole number of the right size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u8>) {
        let mut reader = serde_json::Deserializer::from_str(text);
        assert_eq!(number(&mut reader).ok(), expected, "{text}");
    }

    #[test]
    fn a_number_is_whole_however_it_is_written() {
        check("4", Some(4));
        check("4.0", Some(4));
        check("255", Some(255));
        for wrong in ["4.5", "-1", "256", "1e400", "\"4\"", "true", "null"] {
            check(wrong, None);
        }
    }
}
