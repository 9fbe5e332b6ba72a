//! What a card's certificate is worth on a day (operations §3.2, my-number-card §6): the three-month rule. Verifies no signature.

use crate::civil_date::{CivilDate, Instant};
use crate::named::named;

/// Months after its end in which a card's certificate still opens eligibility alone [H, operations §0 row 4].
pub const GRACE_MONTHS: u8 = 3;

/// Months before its end in which the holder is told [H, operations §3.2].
pub const NOTICE_MONTHS: i32 = 3;

named! {
    /// What holds the certificate, as its policy says.
    ///
    /// ```
    /// use domain::card_certificate::TokenKind;
    /// assert_eq!(TokenKind::parse("phone"), Some(TokenKind::Phone));
    /// ```
    TokenKind {
        /// The plastic card.
        Card = "card";
        /// A phone (スマートフォン). It has no grace [H, operations §2.3].
        Phone = "phone";
    }
}

named! {
    /// What a certificate that may be used is worth.
    ///
    /// ```
    /// use domain::card_certificate::CertificateState;
    /// assert_eq!(CertificateState::EligibilityOnly.as_str(), "eligibility_only");
    /// ```
    CertificateState {
        /// Everything.
        Valid = "valid";
        /// Everything; it ends within three months.
        AboutToExpire = "about_to_expire";
        /// It has ended: eligibility, but no medical information.
        EligibilityOnly = "eligibility_only";
    }
}

/// The certificate may not be used on this day.
///
/// ```
/// use domain::card_certificate::OutOfDate;
/// assert!(OutOfDate::Expired.to_string().contains("expired"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfDate {
    /// Its validity has not begun.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// Its validity, and what grace there is, has ended.
    #[error("the certificate has expired")]
    Expired,
}

/// The serial number of a card's certificate (発行番号) with the authority that gave it: what leads to a person. A person has several
/// over time, since each renewal brings a new one.
///
/// ```
/// use domain::card_certificate::CardSerial;
/// let serial = CardSerial::new([7; 32], &[0, 0, 2, 1]).unwrap();
/// assert_eq!(serial.number(), [2, 1]);
/// assert!(CardSerial::new([7; 32], &[1; 21]).is_none());
/// assert_eq!(format!("{serial:?}"), "CardSerial(…)");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardSerial {
    authority: [u8; 32],
    number: Vec<u8>,
}

impl CardSerial {
    /// Of the SHA-256 of the authority's public key and the number's bytes, the first one first; `None` for more than 20 bytes
    /// (RFC 5280 §4.1.2.2) or none but zeros. Names of authorities repeat over generations of keys, so the key tells them apart.
    #[must_use]
    pub fn new(authority: [u8; 32], number: &[u8]) -> Option<Self> {
        let start = number.iter().position(|byte| *byte != 0)?;
        let number = number.get(start..)?.to_vec();
        (number.len() <= 20).then_some(Self { authority, number })
    }

    /// SHA-256 of the authority's public key.
    #[must_use]
    pub fn authority(&self) -> &[u8; 32] {
        &self.authority
    }

    /// The number's bytes without leading zeros.
    #[must_use]
    pub fn number(&self) -> &[u8] {
        &self.number
    }
}

impl core::fmt::Debug for CardSerial {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("CardSerial(…)")
    }
}

/// First and last second of a certificate's validity.
///
/// ```
/// use domain::{card_certificate::Validity, civil_date::Instant};
/// let validity = Validity {
///     not_before: Instant::parse("2025-10-27T00:00:00Z").unwrap(),
///     not_after: Instant::parse("2030-02-17T14:59:59Z").unwrap(),
/// };
/// assert_eq!(validity.last_day().to_string(), "2030-02-17");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: Instant,
    /// The last second, which still counts (RFC 5280 §4.1.2.5).
    pub not_after: Instant,
}

impl Validity {
    /// The last day in Japan.
    #[must_use]
    pub fn last_day(&self) -> CivilDate {
        self.not_after.date_in_japan()
    }

    /// What the certificate is worth now. Grace is counted in civil months from the last day, which still counts; a phone has none.
    ///
    /// ```
    /// use domain::card_certificate::{CertificateState, GRACE_MONTHS, OutOfDate, TokenKind, Validity};
    /// use domain::civil_date::Instant;
    /// let at = |text: &str| Instant::parse(text).unwrap();
    /// let validity = Validity { not_before: at("2021-10-27T00:00:00Z"), not_after: at("2026-08-17T14:59:59Z") };
    /// let on = |now| validity.state(TokenKind::Card, GRACE_MONTHS, at(now));
    /// assert_eq!(on("2026-05-01T00:00:00Z"), Ok(CertificateState::Valid));
    /// assert_eq!(on("2026-08-17T14:59:59Z"), Ok(CertificateState::AboutToExpire));
    /// assert_eq!(on("2026-11-17T14:59:59Z"), Ok(CertificateState::EligibilityOnly));
    /// assert_eq!(on("2026-11-17T15:00:00Z"), Err(OutOfDate::Expired));
    /// ```
    ///
    /// # Errors
    /// [`OutOfDate`].
    pub fn state(
        &self,
        token: TokenKind,
        grace_months: u8,
        now: Instant,
    ) -> Result<CertificateState, OutOfDate> {
        if now.as_seconds() < self.not_before.as_seconds() {
            return Err(OutOfDate::NotYetValid);
        }
        let (today, last_day) = (now.date_in_japan(), self.last_day());
        if now.as_seconds() <= self.not_after.as_seconds() {
            let told_from = last_day.plus_months(-NOTICE_MONTHS);
            return Ok(if today < told_from {
                CertificateState::Valid
            } else {
                CertificateState::AboutToExpire
            });
        }
        let grace = match token {
            TokenKind::Card => i32::from(grace_months),
            TokenKind::Phone => 0,
        };
        // Without grace the last second above was the end, whatever the hour.
        if 0 < grace && today <= last_day.plus_months(grace) {
            Ok(CertificateState::EligibilityOnly)
        } else {
            Err(OutOfDate::Expired)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    const fn ending(not_after: Instant) -> Validity {
        Validity {
            not_before: Instant::from_micros(0),
            not_after,
        }
    }

    #[test]
    fn a_phone_has_no_grace() {
        let validity = ending(at("2026-08-17T14:59:59Z"));
        let on = |now| validity.state(TokenKind::Phone, GRACE_MONTHS, at(now));
        assert_eq!(
            on("2026-08-17T14:59:59.9Z"),
            Ok(CertificateState::AboutToExpire)
        );
        assert_eq!(on("2026-08-17T15:00:00Z"), Err(OutOfDate::Expired));
    }

    #[test]
    fn grace_ends_with_the_last_day_of_a_shorter_month() {
        let validity = ending(at("2026-11-30T14:59:59Z"));
        let on = |now| validity.state(TokenKind::Card, GRACE_MONTHS, at(now));
        assert_eq!(
            on("2027-02-28T14:59:59Z"),
            Ok(CertificateState::EligibilityOnly)
        );
        assert_eq!(on("2027-02-28T15:00:00Z"), Err(OutOfDate::Expired));
    }

    #[test]
    fn a_certificate_that_ends_by_day_is_not_good_for_the_rest_of_it() {
        let validity = ending(at("2026-08-17T01:00:00Z"));
        let state = validity.state(TokenKind::Card, GRACE_MONTHS, at("2026-08-17T01:00:01Z"));
        assert_eq!(state, Ok(CertificateState::EligibilityOnly));
        let none = validity.state(TokenKind::Card, 0, at("2026-08-17T01:00:01Z"));
        assert_eq!(none, Err(OutOfDate::Expired));
    }

    proptest! {
        #[test]
        fn a_certificate_never_gets_better_with_time(start in 0_i64..1 << 40, step in 0_i64..1 << 40, grace in 0_u8..12) {
            let validity = Validity { not_before: Instant::from_micros(0), not_after: at("2026-08-17T14:59:59Z") };
            let base = validity.not_after.as_micros() - (1 << 39);
            let rank = |micros| match validity.state(TokenKind::Card, grace, Instant::from_micros(micros)) {
                Ok(CertificateState::Valid) => 0,
                Ok(CertificateState::AboutToExpire) => 1,
                Ok(CertificateState::EligibilityOnly) => 2,
                Err(_) => 3,
            };
            prop_assert!(rank(base + start) <= rank(base + start + step));
        }
    }
}
