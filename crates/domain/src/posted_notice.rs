//! Notices the operator writes and facilities read (お知らせ, G36): whom one reaches, how long it is shown, what it may say. Not the issue
//! notice of a certificate, and nothing of a person.

use crate::civil_date::{CivilDate, Instant};
use crate::facility_kind::FacilityKind;
use crate::institution_code::InstitutionCode;
use crate::named::named;

/// The most characters of a title.
pub const TITLE_CHARS: usize = 100;

/// The most characters of a text.
pub const BODY_CHARS: usize = 10_000;

/// The most notices in force at once: a terminal keeps all of them for reading without the center.
pub const MOST_IN_FORCE: usize = 200;

named! {
    /// How much a notice matters.
    ///
    /// ```
    /// use domain::posted_notice::Importance;
    /// assert_eq!(Importance::parse("important"), Some(Importance::Important));
    /// ```
    Importance {
        /// Read when there is time.
        Ordinary = "ordinary";
        /// Shown on the main screen until it is read.
        Important = "important";
    }
}

/// A prefecture by its number, 1 to 47 (JIS X 0401).
///
/// ```
/// use domain::posted_notice::Prefecture;
/// assert_eq!(Prefecture::parse("13").unwrap().number(), 13);
/// assert_eq!(Prefecture::parse("48"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefecture(u8);

impl Prefecture {
    /// Reads one or two digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() <= 2 && text.bytes().all(|it| it.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits)?;
        (1..=47).contains(&number).then_some(Self(number))
    }

    /// The prefecture an institution code begins with.
    ///
    /// ```
    /// use domain::{institution_code::InstitutionCode, posted_notice::Prefecture};
    /// let code = InstitutionCode::parse("6310000000").unwrap();
    /// assert_eq!(Prefecture::of(code).map(Prefecture::number), Some(13));
    /// ```
    #[must_use]
    pub fn of(code: InstitutionCode) -> Option<Self> {
        // Above 50 it is the prefecture's second block of codes.
        let number = code.as_u64() / 100_000_000 % 50;
        u8::try_from(number)
            .ok()
            .filter(|it| (1..=47).contains(it))
            .map(Self)
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// All prefectures, by number.
    ///
    /// ```
    /// use domain::posted_notice::Prefecture;
    /// assert_eq!(Prefecture::all().count(), 47);
    /// ```
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=47).map(Self)
    }

    /// The name in Japanese and in English (JIS X 0401).
    ///
    /// ```
    /// use domain::posted_notice::Prefecture;
    /// assert_eq!(Prefecture::parse("13").unwrap().label(), ("東京都", "Tokyo"));
    /// assert_eq!(Prefecture::all().last().unwrap().label().1, "Okinawa");
    /// ```
    #[must_use]
    pub fn label(self) -> (&'static str, &'static str) {
        let place = usize::from(self.0).saturating_sub(1);
        PREFECTURES.get(place).copied().unwrap_or_default()
    }
}

/// Names of the prefectures in the order of their numbers.
const PREFECTURES: [(&str, &str); 47] = [
    ("北海道", "Hokkaido"),
    ("青森県", "Aomori"),
    ("岩手県", "Iwate"),
    ("宮城県", "Miyagi"),
    ("秋田県", "Akita"),
    ("山形県", "Yamagata"),
    ("福島県", "Fukushima"),
    ("茨城県", "Ibaraki"),
    ("栃木県", "Tochigi"),
    ("群馬県", "Gunma"),
    ("埼玉県", "Saitama"),
    ("千葉県", "Chiba"),
    ("東京都", "Tokyo"),
    ("神奈川県", "Kanagawa"),
    ("新潟県", "Niigata"),
    ("富山県", "Toyama"),
    ("石川県", "Ishikawa"),
    ("福井県", "Fukui"),
    ("山梨県", "Yamanashi"),
    ("長野県", "Nagano"),
    ("岐阜県", "Gifu"),
    ("静岡県", "Shizuoka"),
    ("愛知県", "Aichi"),
    ("三重県", "Mie"),
    ("滋賀県", "Shiga"),
    ("京都府", "Kyoto"),
    ("大阪府", "Osaka"),
    ("兵庫県", "Hyogo"),
    ("奈良県", "Nara"),
    ("和歌山県", "Wakayama"),
    ("鳥取県", "Tottori"),
    ("島根県", "Shimane"),
    ("岡山県", "Okayama"),
    ("広島県", "Hiroshima"),
    ("山口県", "Yamaguchi"),
    ("徳島県", "Tokushima"),
    ("香川県", "Kagawa"),
    ("愛媛県", "Ehime"),
    ("高知県", "Kochi"),
    ("福岡県", "Fukuoka"),
    ("佐賀県", "Saga"),
    ("長崎県", "Nagasaki"),
    ("熊本県", "Kumamoto"),
    ("大分県", "Oita"),
    ("宮崎県", "Miyazaki"),
    ("鹿児島県", "Kagoshima"),
    ("沖縄県", "Okinawa"),
];

/// Whom a notice reaches: a facility that meets everything that is given. Nothing given is everybody.
///
/// ```
/// use domain::{facility_kind::FacilityKind, institution_code::InstitutionCode, posted_notice::Audience};
/// let pharmacies = Audience { kinds: vec![FacilityKind::Pharmacy], ..Audience::default() };
/// let code = InstitutionCode::parse("1319999999").unwrap();
/// assert!(pharmacies.reaches(code, FacilityKind::Pharmacy));
/// assert!(!pharmacies.reaches(code, FacilityKind::Medical));
/// assert!(Audience::default().reaches(code, FacilityKind::Medical));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audience {
    /// Kinds of facilities; all when empty.
    pub kinds: Vec<FacilityKind>,
    /// Prefectures; all when empty.
    pub prefectures: Vec<Prefecture>,
    /// Facilities; all when empty.
    pub facilities: Vec<InstitutionCode>,
}

impl Audience {
    /// Whether a facility reads it.
    #[must_use]
    pub fn reaches(&self, facility: InstitutionCode, kind: FacilityKind) -> bool {
        let prefecture = || {
            Prefecture::of(facility)
                .is_some_and(|prefecture| self.prefectures.contains(&prefecture))
        };
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.prefectures.is_empty() || prefecture())
            && (self.facilities.is_empty() || self.facilities.contains(&facility))
    }
}

/// Title and text in one language.
///
/// ```
/// use domain::posted_notice::{InvalidWording, Wording};
/// assert!(Wording::parse("回線工事", "11月30日の夜に止まります。\n翌朝には動きます。").is_ok());
/// assert_eq!(Wording::parse(" ", "x"), Err(InvalidWording::EmptyTitle));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    title: String,
    body: String,
}

/// Why a wording is refused.
///
/// ```
/// use domain::posted_notice::{InvalidWording, Wording};
/// let long = "長".repeat(101);
/// assert_eq!(Wording::parse(&long, "x"), Err(InvalidWording::LongTitle));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWording {
    /// The title holds nothing but blanks.
    #[error("the title is empty")]
    EmptyTitle,
    /// The text holds nothing but blanks.
    #[error("the text is empty")]
    EmptyBody,
    /// The title is longer than 100 characters.
    #[error("the title is longer than 100 characters")]
    LongTitle,
    /// The text is longer than 10,000 characters.
    #[error("the text is longer than 10,000 characters")]
    LongBody,
    /// A control character; in the text, line ends alone are taken.
    #[error("a control character; in the text, line ends alone are taken")]
    ControlCharacter,
}

impl Wording {
    /// Takes a title of one line and a text of several.
    ///
    /// # Errors
    /// [`InvalidWording`].
    pub fn parse(title: &str, body: &str) -> Result<Self, InvalidWording> {
        let (title, body) = (title.trim(), body.replace("\r\n", "\n"));
        let body = body.trim_end();
        if title.is_empty() {
            return Err(InvalidWording::EmptyTitle);
        }
        if body.trim().is_empty() {
            return Err(InvalidWording::EmptyBody);
        }
        if TITLE_CHARS < title.chars().count() {
            return Err(InvalidWording::LongTitle);
        }
        if BODY_CHARS < body.chars().count() {
            return Err(InvalidWording::LongBody);
        }
        let control = |c: char| c.is_control();
        if title.contains(control) || body.contains(|c: char| c.is_control() && c != '\n') {
            return Err(InvalidWording::ControlCharacter);
        }
        Ok(Self {
            title: title.to_owned(),
            body: body.to_owned(),
        })
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text, with line feeds.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// A notice.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::posted_notice::{Audience, Importance, PostedNotice, Wording};
/// let notice = PostedNotice {
///     id: 1,
///     importance: Importance::Ordinary,
///     audience: Audience::default(),
///     japanese: Wording::parse("題", "文").unwrap(),
///     english: None,
///     posted: Instant::from_micros(0),
///     until: None,
///     withdrawn: None,
/// };
/// assert!(notice.is_in_force(Instant::from_micros(1)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedNotice {
    /// Its identifier.
    pub id: u128,
    /// How much it matters.
    pub importance: Importance,
    /// Whom it reaches.
    pub audience: Audience,
    /// What it says.
    pub japanese: Wording,
    /// The same in English.
    pub english: Option<Wording>,
    /// When it was posted.
    pub posted: Instant,
    /// The last day, in Japan, on which it is shown.
    pub until: Option<CivilDate>,
    /// When it was taken back.
    pub withdrawn: Option<Instant>,
}

impl PostedNotice {
    /// Whether it is still shown to those it reaches.
    ///
    /// ```
    /// use domain::civil_date::{CivilDate, Instant};
    /// use domain::posted_notice::{Audience, Importance, PostedNotice, Wording};
    /// let notice = PostedNotice {
    ///     id: 1,
    ///     importance: Importance::Ordinary,
    ///     audience: Audience::default(),
    ///     japanese: Wording::parse("題", "文").unwrap(),
    ///     english: None,
    ///     posted: Instant::from_micros(0),
    ///     until: CivilDate::parse_iso("2026-11-30").ok(),
    ///     withdrawn: None,
    /// };
    /// let at = |text| Instant::parse(text).unwrap();
    /// assert!(notice.is_in_force(at("2026-11-30T14:59:59.000000Z")));
    /// assert!(!notice.is_in_force(at("2026-11-30T15:00:00.000000Z")));
    /// ```
    #[must_use]
    pub fn is_in_force(&self, now: Instant) -> bool {
        let over = self.until.is_some_and(|until| until < now.date_in_japan());
        self.withdrawn.is_none() && !over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> InstitutionCode {
        InstitutionCode::parse(text).unwrap()
    }

    #[test]
    fn a_notice_reaches_whoever_meets_all_that_is_given_and_nobody_else() {
        let tokyo = vec![Prefecture(13)];
        let audience = Audience {
            kinds: vec![FacilityKind::Medical, FacilityKind::Dental],
            prefectures: tokyo,
            facilities: Vec::new(),
        };
        assert!(audience.reaches(code("1319999999"), FacilityKind::Medical));
        // The second block of the same prefecture.
        assert!(audience.reaches(code("6319999999"), FacilityKind::Dental));
        assert!(!audience.reaches(code("1319999999"), FacilityKind::Pharmacy));
        assert!(!audience.reaches(code("3410712362"), FacilityKind::Medical));
        let one = Audience {
            facilities: vec![code("3410712362")],
            ..Audience::default()
        };
        assert!(one.reaches(code("3410712362"), FacilityKind::HomeNursing));
        assert!(!one.reaches(code("1319999999"), FacilityKind::HomeNursing));
    }

    #[test]
    fn lines_of_windows_are_taken_and_other_control_characters_are_not() {
        let wording = Wording::parse("題", "一\r\n二\n\n").unwrap();
        assert_eq!(wording.body(), "一\n二");
        for (title, body) in [("題\n", "\u{7}"), ("題\u{1b}x", "文"), ("題", "a\tb")] {
            let refused = Wording::parse(title, body);
            assert_eq!(refused, Err(InvalidWording::ControlCharacter), "{title:?}");
        }
    }
}
