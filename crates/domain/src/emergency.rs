//! Three modes for care without the usual ways (G28, operations §1.10), apart from each other: disaster, outage, ambulance. Opens none
//! of them; says which is open to whom, what it opens, and for how long.

pub mod ambulance;
pub mod description;
pub mod kanji_variants;
pub mod matching_form;
pub mod training;
pub mod two_people;
pub mod window;

use crate::civil_date::Instant;
use crate::codes::consent::Viewing;
use crate::medical_information::kind::InformationKind;
use crate::named::named;
use crate::permit::{AskInOutage, Permission, ViewInAmbulance, ViewInDisaster};

named! {
    /// A mode. What is done under one is never counted under another.
    ///
    /// ```
    /// use domain::emergency::Mode;
    /// assert_eq!(Mode::parse("disaster"), Some(Mode::Disaster));
    /// assert_eq!(Mode::Outage.label_ja(), "システム障害時の資格照会");
    /// ```
    Mode {
        /// 災害時医療情報閲覧: eligibility and medical information without a card, within a window the operator opened.
        Disaster = "disaster";
        /// システム障害時の資格照会: eligibility alone, within a window the operator opened.
        Outage = "outage";
        /// 救急時医療情報閲覧: medical information of one who cannot be asked, at facilities that opted in, at any time.
        Ambulance = "ambulance";
    }
}

impl Mode {
    /// The name in Japanese.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Disaster => "災害時医療情報閲覧",
            Self::Outage => "システム障害時の資格照会",
            Self::Ambulance => "救急時医療情報閲覧",
        }
    }

    /// What it opens of a person (operations §1.10): in a disaster 薬剤・診療・健診, with prescriptions and dispensings; to an ambulance surgery as
    /// well; in an outage nothing.
    ///
    /// ```
    /// use domain::emergency::Mode;
    /// use domain::medical_information::kind::InformationKind;
    /// assert!(Mode::Outage.opens().is_empty());
    /// assert!(!Mode::Disaster.opens().contains(&InformationKind::Surgery));
    /// ```
    #[must_use]
    pub fn opens(self) -> &'static [InformationKind] {
        use InformationKind::{Checkups, Drugs, Surgery, Treatment};
        match self {
            Self::Disaster => &[Drugs, Treatment, Checkups],
            Self::Outage => &[],
            Self::Ambulance => &[Drugs, Treatment, Surgery, Checkups],
        }
    }

    /// The name in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Disaster => "Disaster: medical information",
            Self::Outage => "System outage: eligibility only",
            Self::Ambulance => "Ambulance: medical information",
        }
    }
}

named! {
    /// What is recorded about consent before anything is shown without a card (operations §1.10). There is no third answer: somebody who
    /// says no is shown to nobody, and somebody who was not asked without a reason is not shown either.
    ///
    /// ```
    /// use domain::codes::consent::Viewing;
    /// use domain::emergency::EmergencyConsent;
    /// assert_eq!(EmergencyConsent::Oral.code(), Viewing::Given);
    /// assert_eq!(EmergencyConsent::Unobtainable.code(), Viewing::CannotBeAsked);
    /// ```
    EmergencyConsent {
        /// 口頭同意あり: the person, or who speaks for them, agreed by word of mouth.
        Oral = "oral";
        /// 同意取得困難: the person could not be asked, such as one who is unconscious.
        Unobtainable = "unobtainable";
    }
}

impl EmergencyConsent {
    /// The code of OQSCD016.
    #[must_use]
    pub fn code(self) -> Viewing {
        match self {
            Self::Oral => Viewing::Given,
            Self::Unobtainable => Viewing::CannotBeAsked,
        }
    }
}

named! {
    /// By what a person was looked for.
    ///
    /// ```
    /// use domain::emergency::Way;
    /// assert_eq!(Way::parse("description"), Some(Way::Description));
    /// ```
    Way {
        /// By insurance data (資格確認書等).
        Insurance = "insurance";
        /// By name, birth date, sex and address.
        Description = "description";
        /// By their card, checked at this facility the same day.
        Card = "card";
    }
}

/// Seconds after a search in which what it found may be opened, by the account that searched \[ours\].
///
/// ```
/// assert_eq!(domain::emergency::FOUND_FOR_S, 600);
/// ```
pub const FOUND_FOR_S: i64 = 600;

/// Seconds over which searches of one account are counted against its limit.
///
/// ```
/// assert_eq!(domain::emergency::COUNTED_OVER_S, 3_600);
/// ```
pub const COUNTED_OVER_S: i64 = 3_600;

/// Seconds for which an opening counts at most: a day, as a consent given with the card does \[ours\].
///
/// ```
/// assert_eq!(domain::emergency::OPENED_FOR_S, 86_400);
/// ```
pub const OPENED_FOR_S: i64 = 86_400;

/// The first instant at which what was opened now is visible no more: after a day, or where the window ends, whichever is first. A mode
/// without a window ends after a day.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::emergency::opened_until;
/// let now = Instant::from_micros(0);
/// assert_eq!(opened_until(now, Some(now.plus_seconds(60))), now.plus_seconds(60));
/// assert_eq!(opened_until(now, Some(now.plus_seconds(90_000))), now.plus_seconds(86_400));
/// assert_eq!(opened_until(now, None), now.plus_seconds(86_400));
/// ```
#[must_use]
pub fn opened_until(now: Instant, window_end: Option<Instant>) -> Instant {
    let day = now.plus_seconds(OPENED_FOR_S);
    window_end.map_or(day, |end| end.min(day))
}

/// A right to look for people without their card, and the mode it is a right in.
///
/// ```
/// use domain::emergency::{Mode, WithoutCard};
/// assert_eq!(domain::permit::AskInOutage::MODE, Mode::Outage);
/// ```
pub trait WithoutCard: Permission {
    /// The mode all is recorded under.
    const MODE: Mode;
}

impl WithoutCard for ViewInDisaster {
    const MODE: Mode = Mode::Disaster;
}

impl WithoutCard for AskInOutage {
    const MODE: Mode = Mode::Outage;
}

impl WithoutCard for ViewInAmbulance {
    const MODE: Mode = Mode::Ambulance;
}
