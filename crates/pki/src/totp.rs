//! Codes of a clock and a shared secret (RFC 6238): SHA-1, 30 seconds, six digits, as every authenticator application makes them. Keeps
//! no secret and remembers no code; which step counts is `domain::second_factor`'s.

use aws_lc_rs::hmac;
use domain::second_factor::DIGITS;
use zeroize::Zeroizing;

/// Bytes of a secret (RFC 4226 §4: 160 bits are recommended).
pub const SECRET_BYTES: usize = 20;

/// The letters of base32 (RFC 4648 §6).
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The code of a step.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> Zeroizing<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // Dynamic truncation (RFC 4226 §5.3).
    let at = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let four = tag.iter().skip(at).take(4);
    let number = four.fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
    Zeroizing::new(format!("{:0DIGITS$}", number % 1_000_000))
}

/// The first of the steps whose code a text is. Each is compared in constant time.
#[must_use]
pub fn matching(secret: &[u8], typed: &str, steps: &[i64]) -> Option<i64> {
    let fits = |step: &&i64| {
        let code = code(secret, **step);
        aws_lc_rs::constant_time::verify_slices_are_equal(code.as_bytes(), typed.as_bytes()).is_ok()
    };
    steps.iter().find(fits).copied()
}

/// A secret as it is typed into an application: base32 without padding.
#[must_use]
pub fn base32(secret: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for five in secret.chunks(5) {
        let mut block = [0; 8];
        block
            .iter_mut()
            .skip(3)
            .zip(five)
            .for_each(|(to, from)| *to = *from);
        let bits = u64::from_be_bytes(block);
        let letters = (five.len() * 8).div_ceil(5);
        for at in 0..letters {
            let value = usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or_default();
            text.extend(ALPHABET.get(value).map(|byte| char::from(*byte)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, seconds / 30).as_str(), expected);
        }
    }

    #[test]
    fn a_secret_is_written_in_base32() {
        // RFC 4648 §10.
        for (bytes, expected) in [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()).as_str(), expected);
        }
    }

    #[test]
    fn only_the_steps_given_are_tried() {
        let secret = [3; SECRET_BYTES];
        let typed = code(&secret, 10);
        assert_eq!(matching(&secret, &typed, &[9, 10, 11]), Some(10));
        assert_eq!(matching(&secret, &typed, &[11]), None);
        assert_eq!(matching(&secret, "", &[10]), None);
    }
}
