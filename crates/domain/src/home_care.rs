//! Home care and remote care (G32, operations §2.1): addresses a facility gives out, activation codes of its devices, and how long what a
//! patient agreed to at home lasts. Draws no random number, reads no clock, knows no person.

pub mod activation;
pub mod address;

use crate::civil_date::Instant;
use crate::named::named;

named! {
    /// For which care an address is (診療区分, OQSCD028 and OQSCD033: 2 and 3).
    ///
    /// ```
    /// use domain::home_care::Care;
    /// assert_eq!(Care::parse("home_visit"), Some(Care::HomeVisit));
    /// ```
    Care {
        /// 訪問診療等: the facility comes to the patient.
        HomeVisit = "home_visit";
        /// オンライン診療等: they speak from afar.
        RemoteCare = "remote_care";
    }
}

named! {
    /// Whether staff may confirm the holder of a card by eye at a device.
    ///
    /// ```
    /// use domain::home_care::VisualCheck;
    /// assert_eq!(VisualCheck::parse("allowed"), Some(VisualCheck::Allowed));
    /// ```
    VisualCheck {
        /// They may: the device is bound to the facility and was activated so.
        Allowed = "allowed";
        /// The PIN alone.
        No = "no";
    }
}

/// The end of a consent that lasts until it is withdrawn: the 30th of December 9999 in Japan, which the interface's 14 digits hold.
///
/// ```
/// use domain::home_care::UNTIL_WITHDRAWN;
/// assert_eq!(UNTIL_WITHDRAWN.to_string(), "9999-12-30T14:59:59.000000Z");
/// ```
pub const UNTIL_WITHDRAWN: Instant = Instant::from_micros(253_402_181_999_000_000);

/// Days for which the office is told what ended, and before which it is told of what will: the time between two visits, doubled \[ours\].
///
/// ```
/// assert_eq!(domain::home_care::TOLD_DAYS, 14);
/// ```
pub const TOLD_DAYS: i64 = 14;

/// Until when consents given at home count: until they are withdrawn, unless the center's operator set days (an automatic end is not known
/// to be official, operations §2.1).
///
/// ```
/// use domain::{civil_date::Instant, home_care::{UNTIL_WITHDRAWN, consent_until}};
/// let given = Instant::from_micros(0);
/// assert_eq!(consent_until(given, None), UNTIL_WITHDRAWN);
/// assert_eq!(consent_until(given, Some(1)), given.plus_seconds(86_400));
/// ```
#[must_use]
pub fn consent_until(given: Instant, days: Option<u16>) -> Instant {
    days.map_or(UNTIL_WITHDRAWN, |days| {
        given.plus_seconds(i64::from(days) * 86_400)
    })
}

/// Seconds that a patient's own device is known: it is asked for its key anew after them \[ours\].
///
/// ```
/// assert_eq!(domain::home_care::OWN_DEVICE_LIFE_S, 86_400);
/// ```
pub const OWN_DEVICE_LIFE_S: i64 = 86_400;

/// Seconds that a page waits for the device that reads the card \[ours\].
///
/// ```
/// assert_eq!(domain::home_care::VISIT_LIFE_S, 1_800);
/// ```
pub const VISIT_LIFE_S: i64 = 1_800;

/// Seconds by which the time in a device's proof may differ from the center's \[ours\].
///
/// ```
/// assert_eq!(domain::home_care::PROOF_SKEW_S, 120);
/// ```
pub const PROOF_SKEW_S: i64 = 120;
