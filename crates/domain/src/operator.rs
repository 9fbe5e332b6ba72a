//! Operators of the center (運用者): the people who may open its own pages (contracts §1, §12). Names, states, who may be disabled. No
//! facility's account is one, and none is a facility's account.

use core::fmt;

use crate::civil_date::Instant;
use crate::named::named;
use crate::session::PERSON_ENDS_S;

/// Name by which an operator signs in and stands in the audit chain: 2 to 32 small letters, digits, `.`, `_` or `-`, beginning with a
/// letter \[ours\].
///
/// ```
/// use domain::operator::{InvalidOperatorName, OperatorName};
/// assert_eq!(OperatorName::parse("suzuki").unwrap().as_str(), "suzuki");
/// assert_eq!(OperatorName::parse("local"), Err(InvalidOperatorName::Shell));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorName(String);

/// The name that stands in the audit chain for whoever gives orders on the center's own machine; nobody's.
///
/// ```
/// assert!(domain::operator::OperatorName::parse(domain::operator::SHELL).is_err());
/// ```
pub const SHELL: &str = "local";

/// Why a text is no [`OperatorName`].
///
/// ```
/// use domain::operator::{InvalidOperatorName, OperatorName};
/// assert_eq!(OperatorName::parse("鈴木"), Err(InvalidOperatorName::Character('鈴')));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOperatorName {
    /// Shorter than 2 or longer than 32 characters.
    #[error("not 2 to 32 characters")]
    Length,
    /// A character that is not a small letter, a digit, `.`, `_` or `-`.
    #[error("a character that is not a small letter, a digit, '.', '_' or '-': {0:?}")]
    Character(char),
    /// It does not begin with a letter.
    #[error("the first character is no letter")]
    Start,
    /// It is the shell's.
    #[error("the name stands for the shell in the audit chain")]
    Shell,
}

impl OperatorName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidOperatorName`].
    pub fn parse(text: &str) -> Result<Self, InvalidOperatorName> {
        let fits =
            |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        if let Some(c) = text.chars().find(|c| !fits(c)) {
            return Err(InvalidOperatorName::Character(c));
        }
        if !(2..=32).contains(&text.len()) {
            return Err(InvalidOperatorName::Length);
        }
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(InvalidOperatorName::Start);
        }
        if text == SHELL {
            return Err(InvalidOperatorName::Shell);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

named! {
    /// How far an operator has come.
    ///
    /// ```
    /// use domain::operator::OperatorState;
    /// assert_eq!(OperatorState::parse("invited"), Some(OperatorState::Invited));
    /// ```
    OperatorState {
        /// Has a one-time link, and neither password nor second factor yet.
        Invited = "invited";
        /// Signs in.
        Active = "active";
        /// May not sign in.
        Disabled = "disabled";
    }
}

/// Whether an operator is disabled on a page who is the last that signs in: then nobody could open the pages any more, and only the shell
/// would help. `active` counts all who sign in.
///
/// ```
/// use domain::operator::{OperatorState, leaves_nobody};
/// assert!(leaves_nobody(OperatorState::Active, 1));
/// assert!(!leaves_nobody(OperatorState::Active, 2));
/// assert!(!leaves_nobody(OperatorState::Invited, 1));
/// ```
#[must_use]
pub fn leaves_nobody(state: OperatorState, active: usize) -> bool {
    state == OperatorState::Active && active <= 1
}

/// True while an operator's session is good: as long as a person's at a facility (contracts §8).
///
/// ```
/// use domain::{civil_date::Instant, operator::session_is_good};
/// let active = Instant::from_micros(0);
/// assert!(session_is_good(active, active.plus_seconds(59 + 30 * 60)));
/// assert!(!session_is_good(active, active.plus_seconds(60 + 30 * 60)));
/// ```
#[must_use]
pub fn session_is_good(active: Instant, now: Instant) -> bool {
    now < active.plus_seconds(PERSON_ENDS_S)
}

/// Hours a one-time link opens where the settings say nothing \[ours\].
///
/// ```
/// assert_eq!(domain::operator::LINK_HOURS, 24);
/// ```
pub const LINK_HOURS: u16 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_apart_from_every_other_actor_of_the_chain() {
        for name in ["suzuki", "s.tanaka-2", "op", &"a".repeat(32)] {
            assert!(OperatorName::parse(name).is_ok(), "{name}");
        }
        for (name, why) in [
            ("", InvalidOperatorName::Length),
            ("a", InvalidOperatorName::Length),
            (&"a".repeat(33), InvalidOperatorName::Length),
            ("Suzuki", InvalidOperatorName::Character('S')),
            ("su zuki", InvalidOperatorName::Character(' ')),
            ("1suzuki", InvalidOperatorName::Start),
            ("local", InvalidOperatorName::Shell),
        ] {
            assert_eq!(OperatorName::parse(name), Err(why), "{name}");
        }
    }
}
