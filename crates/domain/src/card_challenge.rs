//! The text a card signs (contracts §4): bound to one purpose, one center, one facility, one nonce and one moment. Signs and sends nothing.

use core::fmt;

use crate::civil_date::{Instant, InvalidInstant};
use crate::institution_code::InstitutionCode;
use crate::named::named;

/// Seconds a challenge may be answered (contracts §4).
pub const LIFE_S: i64 = 120;

named! {
    /// What a card signs for: the first line of the text, so that a signature given for one purpose is none for another
    /// (`docs/decisions/0071-the-patients-own-page.md`), and no other text of ours is ever signed by a card.
    ///
    /// ```
    /// use domain::card_challenge::SignedFor;
    /// assert_eq!(SignedFor::Check.as_str(), "ONSHI-AUTH-v1");
    /// assert_eq!(SignedFor::OwnPage.as_str(), "ONSHI-OWN-v1");
    /// ```
    SignedFor {
        /// A check of eligibility (contracts §4).
        Check = "ONSHI-AUTH-v1";
        /// The patient's own page: who looked, and withdrawal of consents.
        OwnPage = "ONSHI-OWN-v1";
    }
}

/// The name of a center in challenges and receipts: 1 to 64 visible ASCII characters.
///
/// ```
/// use domain::card_challenge::CenterName;
/// assert_eq!(CenterName::parse("onshi-example").unwrap().as_str(), "onshi-example");
/// assert!(CenterName::parse("two\nlines").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CenterName(String);

/// Why a text is no [`CenterName`].
///
/// ```
/// use domain::card_challenge::{CenterName, InvalidCenterName};
/// assert_eq!(CenterName::parse(""), Err(InvalidCenterName::Length));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCenterName {
    /// Empty or longer than 64 characters.
    #[error("not 1 to 64 characters")]
    Length,
    /// A blank, a control character or one outside ASCII.
    #[error("a character that is not visible ASCII: {0:?}")]
    Character(char),
}

impl CenterName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidCenterName`].
    pub fn parse(text: &str) -> Result<Self, InvalidCenterName> {
        if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(InvalidCenterName::Character(c));
        }
        if text.is_empty() || 64 < text.len() {
            return Err(InvalidCenterName::Length);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CenterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 32 random bytes of a challenge, in base64url without padding (RFC 4648 §5): 43 characters.
///
/// ```
/// use domain::card_challenge::Nonce;
/// let nonce = Nonce::from_bytes([0xfb; 32]);
/// assert_eq!(Nonce::parse(nonce.as_str()), Ok(nonce));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

/// The text is not the base64url form of 32 bytes.
///
/// ```
/// use domain::card_challenge::{InvalidNonce, Nonce};
/// assert_eq!(Nonce::parse("short"), Err(InvalidNonce));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 32 bytes in base64url")]
pub struct InvalidNonce;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Nonce {
    /// Of random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut text = String::with_capacity(43);
        for three in bytes.chunks(3) {
            let mut padded = [0_u8; 4];
            padded
                .iter_mut()
                .skip(1)
                .zip(three)
                .for_each(|(to, from)| *to = *from);
            let bits = u32::from_be_bytes(padded);
            for shift in [18, 12, 6, 0].iter().take(three.len() + 1) {
                let at = usize::try_from(bits >> shift & 63).unwrap_or_default();
                text.extend(ALPHABET.get(at).copied().map(char::from));
            }
        }
        Self(text)
    }

    /// Reads the text form. The last character carries four bits only: one that carries more is another spelling of the same
    /// bytes and is refused.
    ///
    /// # Errors
    /// [`InvalidNonce`].
    pub fn parse(text: &str) -> Result<Self, InvalidNonce> {
        let place = |b: u8| ALPHABET.iter().position(|it| *it == b);
        let fits = text.len() == 43 && text.bytes().all(|b| place(b).is_some());
        let last = text.bytes().last().and_then(place);
        if fits && last.is_some_and(|last| last.is_multiple_of(4)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidNonce)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a card signs.
///
/// ```
/// use domain::card_challenge::{CenterName, ChallengeText, Nonce, SignedFor};
/// use domain::{civil_date::Instant, institution_code::InstitutionCode};
/// let text = ChallengeText {
///     signed_for: SignedFor::Check,
///     center: CenterName::parse("onshi-example").unwrap(),
///     facility: InstitutionCode::parse("1319999999").unwrap(),
///     nonce: Nonce::from_bytes([0; 32]),
///     issued_at: Instant::parse("2026-11-23T00:15:02Z").unwrap(),
/// };
/// let lines: Vec<String> = text.to_text().lines().map(str::to_owned).collect();
/// assert_eq!(lines[0], "ONSHI-AUTH-v1");
/// assert_eq!(lines[4], "2026-11-23T00:15:02.000000Z");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeText {
    /// What the signature is for.
    pub signed_for: SignedFor,
    /// The center that asks for the signature.
    pub center: CenterName,
    /// The facility the card lies at.
    pub facility: InstitutionCode,
    /// What makes it new.
    pub nonce: Nonce,
    /// When the center made it.
    pub issued_at: Instant,
}

/// Why a client does not have a challenge signed.
///
/// ```
/// use domain::card_challenge::NotToBeSigned;
/// assert!(NotToBeSigned::Center.to_string().contains("center"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotToBeSigned {
    /// It names another center, or none.
    #[error("the challenge names another center")]
    Center,
    /// It names another facility, or none.
    #[error("the challenge names another facility")]
    Facility,
    /// Its nonce is not 32 bytes.
    #[error("the challenge's nonce is not 32 bytes")]
    Nonce,
    /// Its time does not read.
    #[error("the challenge's time does not read")]
    IssuedAt,
}

impl From<InvalidNonce> for NotToBeSigned {
    fn from(_: InvalidNonce) -> Self {
        Self::Nonce
    }
}

impl From<InvalidInstant> for NotToBeSigned {
    fn from(_: InvalidInstant) -> Self {
        Self::IssuedAt
    }
}

impl ChallengeText {
    /// The text of a check's challenge as it came over the line, if it names this center and this facility.
    ///
    /// ```
    /// use domain::card_challenge::{CenterName, ChallengeText, Nonce, NotToBeSigned};
    /// use domain::institution_code::InstitutionCode;
    /// let center = CenterName::parse("onshi-example").unwrap();
    /// let facility = InstitutionCode::parse("1319999999").unwrap();
    /// let nonce = Nonce::from_bytes([1; 32]);
    /// let of = |code| ChallengeText::of_own(&center, facility, ("onshi-example", code, nonce.as_str(), "2026-11-23T00:15:02Z"));
    /// assert!(of("1319999999").is_ok());
    /// assert_eq!(of("3410712362"), Err(NotToBeSigned::Facility));
    /// ```
    ///
    /// # Errors
    /// [`NotToBeSigned`].
    pub fn of_own(
        center: &CenterName,
        facility: InstitutionCode,
        (named_center, named_facility, nonce, issued_at): (&str, &str, &str, &str),
    ) -> Result<Self, NotToBeSigned> {
        if named_center != center.as_str() {
            return Err(NotToBeSigned::Center);
        }
        if InstitutionCode::parse(named_facility) != Ok(facility) {
            return Err(NotToBeSigned::Facility);
        }
        Ok(Self {
            signed_for: SignedFor::Check,
            center: center.clone(),
            facility,
            nonce: Nonce::parse(nonce)?,
            issued_at: Instant::parse(issued_at)?,
        })
    }

    /// The same challenge, signed for the patient's own page.
    ///
    /// ```
    /// use domain::card_challenge::{CenterName, ChallengeText, Nonce};
    /// use domain::institution_code::InstitutionCode;
    /// let center = CenterName::parse("onshi-example").unwrap();
    /// let facility = InstitutionCode::parse("1319999999").unwrap();
    /// let nonce = Nonce::from_bytes([1; 32]);
    /// let came = ("onshi-example", "1319999999", nonce.as_str(), "2026-11-23T00:15:02Z");
    /// let text = ChallengeText::of_own(&center, facility, came).unwrap().of_own_page();
    /// assert!(text.to_text().starts_with("ONSHI-OWN-v1\n"));
    /// ```
    #[must_use]
    pub fn of_own_page(self) -> Self {
        Self {
            signed_for: SignedFor::OwnPage,
            ..self
        }
    }

    /// The five lines, each ended by a line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self {
            signed_for,
            center,
            facility,
            nonce,
            issued_at,
        } = self;
        format!(
            "{}\n{center}\n{facility}\n{}\n{issued_at}\n",
            signed_for.as_str(),
            nonce.as_str()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_nonce_reads_back_and_two_never_look_alike(one: [u8; 32], other: [u8; 32]) {
            let (first, second) = (Nonce::from_bytes(one), Nonce::from_bytes(other));
            prop_assert_eq!(Nonce::parse(first.as_str()), Ok(first.clone()));
            prop_assert_eq!(first == second, one == other);
        }

        #[test]
        fn a_center_name_never_adds_a_line(text in ".{0,80}") {
            if let Ok(name) = CenterName::parse(&text) {
                prop_assert!(!name.as_str().contains(['\n', '\r', ' ']));
            }
        }
    }

    #[test]
    fn the_text_has_five_lines_each_ended_by_a_line_feed() {
        let text = ChallengeText {
            signed_for: SignedFor::Check,
            center: CenterName::parse("onshi-example").unwrap(),
            facility: InstitutionCode::parse("1319999999").unwrap(),
            nonce: Nonce::from_bytes([0; 32]),
            issued_at: Instant::parse("2026-11-23T00:15:02.000001Z").unwrap(),
        };
        let zeros = "A".repeat(43);
        let expected = format!(
            "ONSHI-AUTH-v1\nonshi-example\n1319999999\n{zeros}\n2026-11-23T00:15:02.000001Z\n"
        );
        assert_eq!(text.to_text(), expected);
        let own = text.of_own_page().to_text();
        assert_eq!(own, expected.replace("ONSHI-AUTH-v1", "ONSHI-OWN-v1"));
    }

    #[test]
    fn another_spelling_of_the_same_bytes_is_refused() {
        let zeros = "A".repeat(42);
        assert!(Nonce::parse(&format!("{zeros}A")).is_ok());
        assert_eq!(Nonce::parse(&format!("{zeros}B")), Err(InvalidNonce));
    }
}
