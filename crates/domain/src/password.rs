//! The password rule (G02): composition, the last five generations, expiry. Hashes nothing and keeps nothing.

use core::fmt;

use zeroize::Zeroizing;

use crate::account::AccountKind;
use crate::civil_date::{CivilDate, Instant};

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 8;
/// Most characters of a password.
pub const MAX_CHARS: usize = 20;
/// From this length on a password never expires and no generation rule holds.
pub const LONG_CHARS: usize = 13;
/// Earlier passwords a short new one is compared with; the one being replaced is the first.
pub const GENERATIONS: usize = 5;
/// Characters at the start that a short new password must not share with any of them.
pub const PREFIX_CHARS: usize = 5;
/// Days after which a short password expires.
pub const SHORT_LIFE_DAYS: i32 = 60;
/// The 28 special characters.
pub const SPECIAL: &str = "`~!@#$%^&*_{}[]|:;'<>,.?-()/";

/// A password of the right composition. Shows itself nowhere and wipes its memory.
///
/// ```
/// use domain::password::Password;
/// let password = Password::parse("Staff-123").unwrap();
/// assert_eq!(format!("{password:?}"), "Password(…)");
/// ```
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// One broken part of the rule.
///
/// ```
/// use domain::password::{Broken, Password};
/// let broken = Password::parse("short\"").unwrap_err();
/// assert!(broken.contains(&Broken::TooShort));
/// assert!(broken.contains(&Broken::Character('"')));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Fewer than 8 characters.
    TooShort,
    /// More than 20 characters.
    TooLong,
    /// No digit.
    NoDigit,
    /// No small letter.
    NoLowerCase,
    /// No capital letter.
    NoUpperCase,
    /// None of the 28 special characters.
    NoSpecial,
    /// A character that is not allowed: this one.
    Character(char),
    /// Equal to one of the last five.
    Repeated,
    /// The first five characters are those of one of the last five.
    SameStart,
    /// A system account's has fewer than 13 characters.
    TooShortForSystem,
}

impl Broken {
    /// Stable code for messages and pages.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::NoDigit => "no_digit",
            Self::NoLowerCase => "no_lower_case",
            Self::NoUpperCase => "no_upper_case",
            Self::NoSpecial => "no_special",
            Self::Character(_) => "character",
            Self::Repeated => "repeated",
            Self::SameStart => "same_start",
            Self::TooShortForSystem => "too_short_for_system",
        }
    }

    /// What is broken and how to mend it, in Japanese and English.
    #[must_use]
    pub fn text(self) -> (String, String) {
        let fixed = |ja: &str, en: &str| (ja.to_owned(), en.to_owned());
        match self {
            Self::TooShort => fixed("8文字以上にしてください。", "Use at least 8 characters."),
            Self::TooLong => fixed("20文字以内にしてください。", "Use at most 20 characters."),
            Self::NoDigit => fixed("数字を1文字以上入れてください。", "Add a digit."),
            Self::NoLowerCase => {
                fixed("英小文字を1文字以上入れてください。", "Add a small letter.")
            }
            Self::NoUpperCase => fixed(
                "英大文字を1文字以上入れてください。",
                "Add a capital letter.",
            ),
            Self::NoSpecial => (
                format!("記号を1文字以上入れてください（{SPECIAL}）。"),
                format!("Add a special character ({SPECIAL})."),
            ),
            Self::Character(c) => (
                format!(
                    "「{}」は使えません。半角英数字と {SPECIAL} だけが使えます。",
                    shown(c, "半角空白", "全角空白")
                ),
                format!(
                    "\"{}\" may not be used; only half-width letters, digits and {SPECIAL}.",
                    shown(c, "a blank", "a full-width blank")
                ),
            ),
            Self::Repeated => fixed(
                "直近5回のパスワードと同じものは使えません（13文字以上なら使えます）。",
                "One of the last five passwords cannot be used again, unless it has 13 characters or more.",
            ),
            Self::SameStart => fixed(
                "先頭5文字が直近5回のパスワードと同じです。変えるか、13文字以上にしてください。",
                "The first five characters are those of one of the last five passwords; change them or use 13 characters or more.",
            ),
            Self::TooShortForSystem => fixed(
                "システム用アカウントのパスワードは13文字以上にしてください。",
                "A system account's password has 13 characters or more.",
            ),
        }
    }
}

/// A character as a person can recognise it in a message; blanks by their names in its language.
fn shown(c: char, blank: &str, wide_blank: &str) -> String {
    match c {
        ' ' => blank.into(),
        '\u{3000}' => wide_blank.into(),
        c if c.is_control() => format!("U+{:04X}", u32::from(c)),
        c => c.to_string(),
    }
}

impl Password {
    /// Checks the composition.
    ///
    /// # Errors
    /// Every broken part, each character that is not allowed once.
    pub fn parse(text: &str) -> Result<Self, Vec<Broken>> {
        let broken = composition(text);
        if broken.is_empty() {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(broken)
        }
    }

    /// Checks the composition for an account of this kind: 13 characters or more for a system account.
    ///
    /// ```
    /// use domain::{account::AccountKind, password::Password};
    /// assert!(Password::parse_for(AccountKind::LinkApp, "Ab1-ab1-ab1-").is_err());
    /// assert!(Password::parse_for(AccountKind::LinkApp, "Ab1-ab1-ab1-a").is_ok());
    /// ```
    ///
    /// # Errors
    /// As [`Password::parse`].
    pub fn parse_for(kind: AccountKind, text: &str) -> Result<Self, Vec<Broken>> {
        let password = Self::parse(text)?;
        if kind.is_system() && !password.is_long() {
            return Err(vec![Broken::TooShortForSystem]);
        }
        Ok(password)
    }

    /// Makes a password of 20 characters from random bytes, for a machine or a first sign-in.
    ///
    /// ```
    /// use domain::password::Password;
    /// let password = Password::generate(&[7; 40]);
    /// assert!(Password::parse(password.expose()).is_ok());
    /// ```
    #[must_use]
    pub fn generate(random: &[u8; 40]) -> Self {
        // Characters that are told apart on paper; 64 of them, so that a byte's low six bits are unbiased.
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789#%*_?-/:";
        let mut text = Zeroizing::new(String::with_capacity(MAX_CHARS));
        // One of each class first, so that no draw breaks the rule; the other sixteen carry 96 random bits.
        for (class, byte) in ["ABCDEFGH", "abcdefgh", "23456789", "#%*_?-/:"]
            .iter()
            .zip(random)
        {
            text.extend(class.chars().nth(usize::from(byte & 7)));
        }
        for byte in random.iter().skip(4).take(16) {
            text.extend(ALPHABET.get(usize::from(byte & 63)).map(|b| char::from(*b)));
        }
        Self(text)
    }

    /// True from 13 characters on.
    #[must_use]
    pub fn is_long(&self) -> bool {
        LONG_CHARS <= self.0.chars().count()
    }

    /// The first five characters, for the generation rule.
    #[must_use]
    pub fn prefix(&self) -> &str {
        // Every character allowed is one byte.
        self.0.get(..PREFIX_CHARS).unwrap_or(&self.0)
    }

    /// The password itself, for hashing and comparing only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

fn composition(text: &str) -> Vec<Broken> {
    let mut broken = Vec::new();
    let count = text.chars().count();
    if count < MIN_CHARS {
        broken.push(Broken::TooShort);
    }
    if MAX_CHARS < count {
        broken.push(Broken::TooLong);
    }
    let mut lacks = |class: fn(char) -> bool, part| {
        if !text.chars().any(class) {
            broken.push(part);
        }
    };
    lacks(|c| c.is_ascii_digit(), Broken::NoDigit);
    lacks(|c| c.is_ascii_lowercase(), Broken::NoLowerCase);
    lacks(|c| c.is_ascii_uppercase(), Broken::NoUpperCase);
    lacks(|c| SPECIAL.contains(c), Broken::NoSpecial);
    for c in text.chars() {
        let allowed = c.is_ascii_alphanumeric() || SPECIAL.contains(c);
        if !allowed && !broken.contains(&Broken::Character(c)) {
            broken.push(Broken::Character(c));
        }
    }
    broken
}

/// Compares a new password with the last generations, newest first, the one being replaced included (G02).
///
/// `same` and `same_start` say whether a stored generation equals the password or begins with its first five characters;
/// how generations are stored is not the rule's business. A password of 13 characters or more passes.
///
/// ```
/// use domain::password::{Broken, Password, compare_with_generations};
/// let old = "Staff-123";
/// let new = Password::parse("Staff-456").unwrap();
/// let broken = compare_with_generations(&new, [old], |p, g| p.expose() == *g, |p, g| g.starts_with(p.prefix()));
/// assert_eq!(broken, Err(Broken::SameStart));
/// ```
///
/// # Errors
/// [`Broken::Repeated`] or [`Broken::SameStart`].
pub fn compare_with_generations<G>(
    new: &Password,
    generations: impl IntoIterator<Item = G>,
    same: impl Fn(&Password, &G) -> bool,
    same_start: impl Fn(&Password, &G) -> bool,
) -> Result<(), Broken> {
    if new.is_long() {
        return Ok(());
    }
    for generation in generations.into_iter().take(GENERATIONS) {
        // The start is compared first: it needs no slow hash, and an equal password has an equal start.
        if same_start(new, &generation) {
            return Err(if same(new, &generation) {
                Broken::Repeated
            } else {
                Broken::SameStart
            });
        }
    }
    Ok(())
}

/// How long a password was when it was set: all the store needs to know of it for its expiry.
///
/// ```
/// use domain::password::{Length, Password};
/// assert_eq!(Length::of(&Password::parse("Staff-1234567").unwrap()), Length::Long);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Fewer than 13 characters.
    Short,
    /// 13 or more.
    Long,
}

impl Length {
    /// The class of a password.
    #[must_use]
    pub fn of(password: &Password) -> Self {
        if password.is_long() {
            Self::Long
        } else {
            Self::Short
        }
    }
}

/// The last day a password is good for; `None` when it never expires.
///
/// Short ones last 60 days from the day they were set, and so does any set on or before 2021-05-28 in Japan.
///
/// ```
/// use domain::{civil_date::Instant, password::{Length, last_day}};
/// let set = Instant::parse("2026-11-23T03:00:00Z").unwrap();
/// assert_eq!(last_day(Length::Short, set).unwrap().to_string(), "2027-01-22");
/// assert_eq!(last_day(Length::Long, set), None);
/// ```
#[must_use]
pub fn last_day(length: Length, set: Instant) -> Option<CivilDate> {
    let day = set.date_in_japan();
    let old = day.to_compact().as_str() <= "20210528";
    match length {
        Length::Long if !old => None,
        Length::Long | Length::Short => Some(day.plus_days(SHORT_LIFE_DAYS)),
    }
}

/// True when a password set then is no longer good on `today`.
///
/// ```
/// use domain::{civil_date::{CivilDate, Instant}, password::{Length, has_expired}};
/// let set = Instant::parse("2026-11-23T03:00:00Z").unwrap();
/// assert!(!has_expired(Length::Short, set, CivilDate::new(2027, 1, 22).unwrap()));
/// assert!(has_expired(Length::Short, set, CivilDate::new(2027, 1, 23).unwrap()));
/// ```
#[must_use]
pub fn has_expired(length: Length, set: Instant, today: CivilDate) -> bool {
    last_day(length, set).is_some_and(|last| last < today)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Broken]) {
        assert_eq!(
            Password::parse(text).err().unwrap_or_default(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn the_rule_names_every_broken_part() {
        check("Staff-12", &[]);
        check("Staff-1", &[Broken::TooShort]);
        check("Staff-123456789012345678", &[Broken::TooLong]);
        check("staff123", &[Broken::NoUpperCase, Broken::NoSpecial]);
        check("STAFF-ABC", &[Broken::NoDigit, Broken::NoLowerCase]);
        check("Ab1!+fgh", &[Broken::Character('+')]);
        check("Ab1!\"fgh", &[Broken::Character('"')]);
        check("Ab1!=fgh", &[Broken::Character('=')]);
        check("Ab1!\\fgh", &[Broken::Character('\\')]);
        check("Ab1! f h", &[Broken::Character(' ')]);
        check("Ａb1!Cfgh", &[Broken::Character('Ａ')]);
        check(
            "",
            &[
                Broken::TooShort,
                Broken::NoDigit,
                Broken::NoLowerCase,
                Broken::NoUpperCase,
                Broken::NoSpecial,
            ],
        );
    }

    #[test]
    fn there_are_28_special_characters_and_each_will_do() {
        assert_eq!(SPECIAL.chars().count(), 28);
        for c in SPECIAL.chars() {
            check(&format!("Abcdef1{c}"), &[]);
        }
    }

    #[test]
    fn length_decides_at_8_13_and_20() {
        assert!(Password::parse("Abcd-123").is_ok());
        assert!(Password::parse("Abcd-123Abcd-123Abcd").is_ok());
        check("Abcd-123Abcd-123Abcd1", &[Broken::TooLong]);
        assert!(!Password::parse("Abcd-1234567").unwrap().is_long());
        assert!(Password::parse("Abcd-12345678").unwrap().is_long());
    }

    fn compare(new: &str, old: &[&str]) -> Result<(), Broken> {
        let new = Password::parse(new).unwrap();
        compare_with_generations(
            &new,
            old.iter(),
            |p, g| p.expose() == **g,
            |p, g| g.starts_with(p.prefix()),
        )
    }

    #[test]
    fn a_short_password_differs_from_the_last_five_and_starts_otherwise() {
        assert_eq!(compare("Staff-456", &["Staff-123"]), Err(Broken::SameStart));
        assert_eq!(compare("Staff-123", &["Staff-123"]), Err(Broken::Repeated));
        assert_eq!(compare("Stafg-123", &["Staff-123"]), Ok(()));
        let six = [
            "A1-bcdefg",
            "B1-bcdefg",
            "C1-bcdefg",
            "D1-bcdefg",
            "E1-bcdefg",
            "F1-bcdefg",
        ];
        assert_eq!(compare("E1-bcdefx", &six), Err(Broken::SameStart));
        assert_eq!(compare("F1-bcdefx", &six), Ok(()));
    }

    #[test]
    fn a_long_password_is_compared_with_none() {
        assert_eq!(compare("Staff-7654321", &["Staff-1234567"]), Ok(()));
        assert_eq!(compare("Staff-1234567", &["Staff-1234567"]), Ok(()));
    }

    #[test]
    fn a_short_one_is_compared_with_a_long_one_it_replaces() {
        assert_eq!(
            compare("Staff-123", &["Staff-1234567"]),
            Err(Broken::SameStart)
        );
    }

    #[test]
    fn passwords_of_the_old_time_expire_whatever_their_length() {
        let old = Instant::parse("2021-05-28T14:59:59Z").unwrap();
        let new = Instant::parse("2021-05-28T15:00:00Z").unwrap();
        assert_eq!(
            last_day(Length::Long, old).unwrap().to_string(),
            "2021-07-27"
        );
        assert_eq!(last_day(Length::Long, new), None);
    }

    #[test]
    fn generated_passwords_keep_the_rule_whatever_the_bytes() {
        for byte in 0..=255 {
            let password = Password::generate(&[byte; 40]);
            assert!(Password::parse_for(AccountKind::LinkApp, password.expose()).is_ok());
        }
    }
}
