//! The terminal user (G01, G05; the guide's Windowsアカウント): its name and what its password must be. No right at the center.

use crate::password::{Broken, LONG_CHARS, Password};

/// The name shown on the lock screen: 1 to 32 characters, without blanks and control characters.
///
/// ```
/// use domain::terminal_user::TerminalUserName;
/// assert_eq!(TerminalUserName::parse("OqsUser").unwrap().as_str(), "OqsUser");
/// assert!(TerminalUserName::parse("Oqs User").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalUserName(String);

impl TerminalUserName {
    /// The longest, in characters.
    ///
    /// ```
    /// assert_eq!(domain::terminal_user::TerminalUserName::MOST_CHARS, 32);
    /// ```
    pub const MOST_CHARS: usize = 32;

    /// The name of a text; `None` for one that is none.
    ///
    /// ```
    /// assert!(domain::terminal_user::TerminalUserName::parse("").is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::MOST_CHARS).contains(&text.chars().count());
        let is_plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        (fits && is_plain).then(|| Self(text.to_owned()))
    }

    /// The text.
    ///
    /// ```
    /// use domain::terminal_user::TerminalUserName;
    /// assert_eq!(TerminalUserName::parse("a").unwrap().as_str(), "a");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no password of a terminal user.
///
/// ```
/// use domain::terminal_user::{InvalidPassword, parse_password};
/// assert_eq!(parse_password("Mijikai-2026").unwrap_err(), InvalidPassword::Short);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidPassword {
    /// It breaks the rule of all passwords (G02).
    Rule(Vec<Broken>),
    /// It is shorter than the 13 characters that system accounts must have: it would expire.
    Short,
}

/// The password of a terminal user: by G02, and long enough never to expire, as it may not be changed by hand (G05).
///
/// # Errors
/// [`InvalidPassword`].
///
/// ```
/// assert!(domain::terminal_user::parse_password("Gamen-Kaijo-2026").is_ok());
/// ```
pub fn parse_password(text: &str) -> Result<Password, InvalidPassword> {
    let password = Password::parse(text).map_err(InvalidPassword::Rule)?;
    if password.is_long() {
        Ok(password)
    } else {
        Err(InvalidPassword::Short)
    }
}

impl InvalidPassword {
    /// What is wrong, in Japanese and English.
    ///
    /// ```
    /// let (ja, en) = domain::terminal_user::InvalidPassword::Short.text();
    /// assert!(ja.contains("13") && en.contains("13"));
    /// ```
    #[must_use]
    pub fn text(&self) -> (String, String) {
        match self {
            Self::Rule(broken) => {
                let (ja, en): (Vec<_>, Vec<_>) = broken.iter().map(|it| it.text()).unzip();
                (ja.join(""), en.join(" "))
            }
            Self::Short => (
                format!("端末ユーザーのパスワードは{LONG_CHARS}文字以上にしてください。"),
                format!("A terminal user's password has at least {LONG_CHARS} characters."),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_characters_are_too_short_and_thirteen_are_not() {
        assert_eq!(
            parse_password("Aa1-56789012").unwrap_err(),
            InvalidPassword::Short
        );
        assert!(parse_password("Aa1-567890123").is_ok());
        assert!(matches!(
            parse_password("Aa1+567890123"),
            Err(InvalidPassword::Rule(_))
        ));
    }

    #[test]
    fn a_name_holds_nothing_that_hides_another() {
        for text in ["", "a b", "a\u{3000}b", "a\nb", &"a".repeat(33)] {
            assert!(TerminalUserName::parse(text).is_none(), "{text:?}");
        }
        assert!(TerminalUserName::parse(&"受".repeat(32)).is_some());
    }
}
