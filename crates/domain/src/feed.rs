//! Feeds (取込): files of medical information and of insurers that the operator loads, and the batches (取込単位) they become. Reads no
//! file and knows no column.

use crate::feed::insurer::InsurerKind;
use crate::medical_information::drugs::Source;
use crate::medical_information::kind::InformationKind;
use crate::named::named;

pub mod identity;
pub mod insurer;
pub mod part;
pub mod review;
pub mod statement;

/// The number of a batch: counted up from 1 at a center, and small enough to stand with every coverage.
///
/// ```
/// use domain::feed::BatchNumber;
/// assert_eq!(BatchNumber::new(7).unwrap().as_u32(), 7);
/// assert_eq!(BatchNumber::new(0), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchNumber(core::num::NonZeroU32);

impl BatchNumber {
    /// Of 1 and above.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        core::num::NonZeroU32::new(number).map(Self)
    }

    /// The number.
    #[must_use]
    pub fn as_u32(self) -> u32 {
        self.0.get()
    }
}

impl core::fmt::Display for BatchNumber {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

named! {
    /// What a file of a feed holds.
    ///
    /// ```
    /// use domain::feed::FeedKind;
    /// assert_eq!(FeedKind::parse("surgery"), Some(FeedKind::Surgery));
    /// ```
    FeedKind {
        /// Drugs from claims (薬剤情報).
        Drugs = "drugs";
        /// Electronic prescriptions (処方情報).
        Prescriptions = "prescriptions";
        /// Dispensings of electronic prescriptions (調剤情報).
        Dispensings = "dispensings";
        /// Treatment from claims (診療情報).
        Treatment = "treatment";
        /// Surgery from claims (手術情報).
        Surgery = "surgery";
        /// Health checkups (特定健診情報).
        Checkups = "checkups";
    }
}

impl FeedKind {
    /// The kind of medical information that the lines are: what a patient agrees to.
    ///
    /// ```
    /// use domain::feed::FeedKind;
    /// use domain::medical_information::kind::InformationKind;
    /// assert_eq!(FeedKind::Dispensings.information(), InformationKind::Drugs);
    /// ```
    #[must_use]
    pub fn information(self) -> InformationKind {
        match self {
            Self::Drugs | Self::Prescriptions | Self::Dispensings => InformationKind::Drugs,
            Self::Treatment => InformationKind::Treatment,
            Self::Surgery => InformationKind::Surgery,
            Self::Checkups => InformationKind::Checkups,
        }
    }

    /// The source of what lies in months; none for what does not.
    ///
    /// ```
    /// use domain::feed::FeedKind;
    /// use domain::medical_information::drugs::Source;
    /// assert_eq!(FeedKind::Treatment.source(), Some(Source::Claims));
    /// assert_eq!(FeedKind::Checkups.source(), None);
    /// ```
    #[must_use]
    pub fn source(self) -> Option<Source> {
        match self {
            Self::Drugs | Self::Treatment => Some(Source::Claims),
            Self::Prescriptions => Some(Source::Prescription),
            Self::Dispensings => Some(Source::Dispensing),
            Self::Surgery | Self::Checkups => None,
        }
    }

    /// The kind in Japanese.
    ///
    /// ```
    /// use domain::feed::FeedKind;
    /// assert_eq!(FeedKind::Drugs.label_ja(), "薬剤（レセプト）");
    /// ```
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Drugs => "薬剤（レセプト）",
            Self::Prescriptions => "処方（電子処方箋）",
            Self::Dispensings => "調剤（電子処方箋）",
            Self::Treatment => "診療（レセプト）",
            Self::Surgery => "手術（レセプト）",
            Self::Checkups => "特定健診",
        }
    }

    /// The kind in English.
    ///
    /// ```
    /// use domain::feed::FeedKind;
    /// assert_eq!(FeedKind::Drugs.label_en(), "Drugs (claims)");
    /// ```
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Drugs => "Drugs (claims)",
            Self::Prescriptions => "Prescriptions (electronic)",
            Self::Dispensings => "Dispensings (electronic)",
            Self::Treatment => "Treatment (claims)",
            Self::Surgery => "Surgery (claims)",
            Self::Checkups => "Health checkups",
        }
    }
}

/// What the lines of a batch are: one list of batches shows both.
///
/// ```
/// use domain::feed::{BatchKind, FeedKind};
/// assert_eq!(BatchKind::parse("drugs"), Some(BatchKind::Medical(FeedKind::Drugs)));
/// assert_eq!(BatchKind::parse("losses").unwrap().as_str(), "losses");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchKind {
    /// Medical information.
    Medical(FeedKind),
    /// An insurer's members, or the resident register.
    Insurer(InsurerKind),
}

impl BatchKind {
    /// The name in messages, settings and rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Medical(kind) => kind.as_str(),
            Self::Insurer(kind) => kind.as_str(),
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let medical = FeedKind::parse(name).map(Self::Medical);
        medical.or_else(|| InsurerKind::parse(name).map(Self::Insurer))
    }

    /// The kind in Japanese.
    ///
    /// ```
    /// use domain::feed::BatchKind;
    /// assert_eq!(BatchKind::parse("surgery").unwrap().label_ja(), "手術（レセプト）");
    /// ```
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Medical(kind) => kind.label_ja(),
            Self::Insurer(kind) => kind.label_ja(),
        }
    }

    /// The kind in English.
    ///
    /// ```
    /// use domain::feed::BatchKind;
    /// assert_eq!(BatchKind::parse("surgery").unwrap().label_en(), "Surgery (claims)");
    /// ```
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Medical(kind) => kind.label_en(),
            Self::Insurer(kind) => kind.label_en(),
        }
    }
}

named! {
    /// What became of a batch. Only a published one is seen by anybody, and all of it at once.
    ///
    /// ```
    /// use domain::feed::BatchState;
    /// assert_eq!(BatchState::parse("published"), Some(BatchState::Published));
    /// ```
    BatchState {
        /// Its lines are arriving.
        Receiving = "receiving";
        /// Its accepted lines are what is stored.
        Published = "published";
        /// Too many of its lines were refused; none was stored.
        Stopped = "stopped";
        /// It was cut off, and goes on where it stopped when the same file comes again. None was stored.
        Interrupted = "interrupted";
        /// It did not arrive whole; none was stored.
        GivenUp = "given_up";
        /// It arrived whole and changes more than a batch usually does: an operator releases or rejects it. None was stored.
        Held = "held";
        /// An operator rejected it; none was stored.
        Rejected = "rejected";
        /// It was published, and what it changed was put back.
        Undone = "undone";
    }
}

impl BatchState {
    /// The state in Japanese.
    ///
    /// ```
    /// use domain::feed::BatchState;
    /// assert_eq!(BatchState::Stopped.label_ja(), "中止（拒否が多い）");
    /// ```
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Receiving => "取込中",
            Self::Published => "取込済み",
            Self::Stopped => "中止（拒否が多い）",
            Self::Interrupted => "中断（同じファイルで再開できます）",
            Self::GivenUp => "打ち切り",
            Self::Held => "保留（確認待ち）",
            Self::Rejected => "却下",
            Self::Undone => "取消済み",
        }
    }

    /// The state in English.
    ///
    /// ```
    /// use domain::feed::BatchState;
    /// assert_eq!(BatchState::GivenUp.label_en(), "Given up");
    /// ```
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Receiving => "Loading",
            Self::Published => "Loaded",
            Self::Stopped => "Stopped (too many refused)",
            Self::Interrupted => "Cut off (goes on with the same file)",
            Self::GivenUp => "Given up",
            Self::Held => "Held for review",
            Self::Rejected => "Rejected",
            Self::Undone => "Undone",
        }
    }
}

/// How many of a batch's lines may be refused before all of it is: thousandths of its lines.
///
/// ```
/// use domain::feed::Tolerance;
/// let tolerance = Tolerance::from_per_mille(50).unwrap();
/// assert!(tolerance.allows(5, 100));
/// assert!(!tolerance.allows(6, 100));
/// assert_eq!(Tolerance::from_per_mille(1_001), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance(u16);

impl Tolerance {
    /// Of 0 (no line may be refused) to 1000 (all may).
    #[must_use]
    pub fn from_per_mille(per_mille: u16) -> Option<Self> {
        (per_mille <= 1_000).then_some(Self(per_mille))
    }

    /// The thousandths.
    ///
    /// ```
    /// use domain::feed::Tolerance;
    /// assert_eq!(Tolerance::default().as_per_mille(), 50);
    /// ```
    #[must_use]
    pub fn as_per_mille(self) -> u16 {
        self.0
    }

    /// Whether a batch with so many refused of so many lines is still published. One without a line never is.
    #[must_use]
    pub fn allows(self, refused: u64, lines: u64) -> bool {
        0 < lines && refused.saturating_mul(1_000) <= lines.saturating_mul(u64::from(self.0))
    }
}

impl Default for Tolerance {
    /// A twentieth: our choice, since no public text names a share.
    fn default() -> Self {
        Self(50)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_without_a_line_is_never_published() {
        assert!(!Tolerance::default().allows(0, 0));
        assert!(Tolerance::default().allows(0, 1));
    }

    #[test]
    fn no_refusal_is_allowed_at_zero_and_every_one_at_a_thousand() {
        let none = Tolerance::from_per_mille(0).unwrap();
        assert!(none.allows(0, 5) && !none.allows(1, u64::MAX));
        assert!(Tolerance::from_per_mille(1_000).unwrap().allows(5, 5));
    }
}
