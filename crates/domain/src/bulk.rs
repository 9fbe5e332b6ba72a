//! Bulk orders (一括照会): what is ordered, its reception number, how far it is, and the compare of ceiling certificates. Works
//! nothing off.

use core::fmt;

use crate::civil_date::CivilDate;
use crate::codes::ceiling::{Category, CertificateKind, Change};
use crate::coverage::certificate::CeilingCertificate;
use crate::medical_aid::TreatmentMonth;
use crate::named::named;

named! {
    /// What an order asks for (interface §1.5, §2.4-2.6).
    ///
    /// ```
    /// use domain::bulk::BulkKind;
    /// assert_eq!(BulkKind::parse("checks"), Some(BulkKind::Checks));
    /// ```
    BulkKind {
        /// Eligibility of every line (一括照会).
        Checks = "checks";
        /// Registration of reference numbers (照会番号一括登録).
        ReferenceNumbers = "reference_numbers";
        /// People with a ticket of medical aid for the facility (医療扶助).
        MedicalAid = "medical_aid";
        /// People who consented, for home visits (訪問診療等).
        HomeVisits = "home_visits";
        /// People who consented, for remote care (オンライン診療等).
        RemoteCare = "remote_care";
    }
}

impl BulkKind {
    /// True where the center finds the lines: the facility gives a range, and no people.
    ///
    /// ```
    /// use domain::bulk::BulkKind;
    /// assert!(BulkKind::MedicalAid.is_list());
    /// assert!(!BulkKind::Checks.is_list());
    /// ```
    #[must_use]
    pub fn is_list(self) -> bool {
        match self {
            Self::Checks | Self::ReferenceNumbers => false,
            Self::MedicalAid | Self::HomeVisits | Self::RemoteCare => true,
        }
    }
}

named! {
    /// How far an order is.
    ///
    /// ```
    /// use domain::bulk::BulkState;
    /// assert_eq!(BulkState::Open.as_str(), "open");
    /// ```
    BulkState {
        /// Accepted; the center has still to find its people.
        Listing = "listing";
        /// Its lines are being worked off.
        Open = "open";
        /// Every line has its result.
        Done = "done";
        /// It came to nothing as a whole; its failure says why.
        Failed = "failed";
        /// Its results were kept for their time and are gone.
        Expired = "expired";
    }
}

named! {
    /// Why an order came to nothing as a whole.
    ///
    /// ```
    /// use domain::bulk::BulkFailure;
    /// assert_eq!(BulkFailure::TooMany.as_str(), "too_many");
    /// ```
    BulkFailure {
        /// More people fit than a result may hold.
        TooMany = "too_many";
    }
}

/// The number an order is asked for by (受付番号): `R`, the day of acceptance and eight digits, as in the interface's samples.
///
/// ```
/// use domain::{bulk::ReceptionNumber, civil_date::CivilDate};
/// let number = ReceptionNumber::new(CivilDate::new(2026, 11, 23).unwrap(), 20);
/// assert_eq!(number.as_str(), "R2026112300000020");
/// assert_eq!(ReceptionNumber::parse(" R2026112300000020 "), Ok(number));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceptionNumber(String);

/// The text is no reception number.
///
/// ```
/// assert!(domain::bulk::InvalidReceptionNumber.to_string().contains("16 digits"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the letter R and 16 digits")]
pub struct InvalidReceptionNumber;

impl ReceptionNumber {
    /// Of the day of acceptance and a number drawn by lot; its last eight digits count.
    #[must_use]
    pub fn new(day: CivilDate, drawn: u32) -> Self {
        Self(format!("R{}{:08}", day.to_compact(), drawn % 100_000_000))
    }

    /// Reads one, with or without blanks around it.
    ///
    /// # Errors
    /// [`InvalidReceptionNumber`].
    pub fn parse(text: &str) -> Result<Self, InvalidReceptionNumber> {
        let text = text.trim();
        let digits = text.strip_prefix('R').ok_or(InvalidReceptionNumber)?;
        if digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidReceptionNumber)
        }
    }

    /// The number as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReceptionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a consented list is about.
///
/// ```
/// use domain::bulk::ListQuestion;
/// use domain::medical_aid::TreatmentMonth;
/// let month = TreatmentMonth::parse_iso("2026-11").unwrap();
/// assert_eq!(ListQuestion::TreatmentMonth(month), ListQuestion::TreatmentMonth(month));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListQuestion {
    /// Who answered at the facility in these days, both included.
    Consents(Days),
    /// Who was checked by card at the facility for a visit in these days, both included.
    Examinations(Days),
    /// Who has a ticket for the facility in this month.
    TreatmentMonth(TreatmentMonth),
}

/// Some days, both ends included.
///
/// ```
/// use domain::{bulk::Days, civil_date::CivilDate};
/// let day = |day| CivilDate::new(2026, 11, day).unwrap();
/// assert_eq!(Days::new(day(1), day(30)).unwrap().from(), day(1));
/// assert!(Days::new(day(2), day(1)).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    from: CivilDate,
    to: CivilDate,
}

impl Days {
    /// From a day to one that is not before it.
    #[must_use]
    pub fn new(from: CivilDate, to: CivilDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// The first.
    #[must_use]
    pub fn from(self) -> CivilDate {
        self.from
    }

    /// The last.
    #[must_use]
    pub fn to(self) -> CivilDate {
        self.to
    }
}

/// The ceiling certificate a facility has on file for a patient, stated in a line of a bulk check for comparison.
///
/// ```
/// use domain::bulk::CeilingOnFile;
/// use domain::codes::ceiling::{Category, CertificateKind, Change};
/// let on_file = CeilingOnFile { kind: Some(CertificateKind::Ceiling), category: Some(Category::A03) };
/// assert_eq!(on_file.compare(None), Change::ChangedOrUnclear);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CeilingOnFile {
    /// Its kind.
    pub kind: Option<CertificateKind>,
    /// Its category.
    pub category: Option<Category>,
}

impl CeilingOnFile {
    /// Compares it with the certificate of the day (OQSCD014). Unchanged is only what was stated and is so; all else is 1 "changed,
    /// or it cannot be told". Which it is instead, a bulk check does not say: nobody was asked for consent, so the facility asks the
    /// patient and then by a single check (our reading; contracts §5).
    #[must_use]
    pub fn compare(self, of_the_day: Option<&CeilingCertificate>) -> Change {
        match of_the_day {
            Some(now)
                if self.kind == Some(now.kind)
                    && self.category.is_some()
                    && self.category == now.category =>
            {
                Change::Unchanged
            }
            Some(_) | None => Change::ChangedOrUnclear,
        }
    }
}

/// How far an order is, in lines.
///
/// ```
/// use domain::bulk::Progress;
/// let progress = Progress { lines: 10, done: 4, normal: 3 };
/// assert_eq!(progress.errors(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// All.
    pub lines: u32,
    /// Those with a result.
    pub done: u32,
    /// Those whose result is no error.
    pub normal: u32,
}

impl Progress {
    /// Those whose result is an error.
    #[must_use]
    pub fn errors(self) -> u32 {
        self.done.saturating_sub(self.normal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::period::Period;

    fn certificate(kind: CertificateKind, category: Option<Category>) -> CeilingCertificate {
        CeilingCertificate {
            kind,
            category,
            issued: None,
            period: Period::default(),
            long_term_since: None,
        }
    }

    #[test]
    fn a_ceiling_is_unchanged_only_where_kind_and_category_are_stated_and_the_same() {
        use Category::{A03, A04};
        use CertificateKind::{Ceiling, CeilingAndMeals};
        let now = certificate(Ceiling, Some(A03));
        for (kind, category, is_unchanged) in [
            (Some(Ceiling), Some(A03), true),
            (Some(Ceiling), Some(A04), false),
            (Some(CeilingAndMeals), Some(A03), false),
            (Some(Ceiling), None, false),
            (None, Some(A03), false),
            (None, None, false),
        ] {
            let change = CeilingOnFile { kind, category }.compare(Some(&now));
            assert_eq!(
                change == Change::Unchanged,
                is_unchanged,
                "{kind:?} {category:?}"
            );
        }
        let unknown = certificate(Ceiling, None);
        let on_file = CeilingOnFile {
            kind: Some(Ceiling),
            category: None,
        };
        assert_eq!(on_file.compare(Some(&unknown)), Change::ChangedOrUnclear);
    }

    #[test]
    fn only_r_and_16_digits_are_a_reception_number() {
        for text in [
            "",
            "R",
            "r2026112300000020",
            "2026112300000020",
            "R202611230000002",
            "R20261123000000200",
            "R２０２６112300000020",
            "R2026112300000020/../1",
        ] {
            assert_eq!(
                ReceptionNumber::parse(text),
                Err(InvalidReceptionNumber),
                "{text}"
            );
        }
    }

    #[test]
    fn a_drawn_number_of_any_size_makes_16_digits() {
        let day = CivilDate::new(2026, 11, 23).unwrap();
        for drawn in [0, 1, 99_999_999, 100_000_000, u32::MAX] {
            let number = ReceptionNumber::new(day, drawn);
            assert_eq!(ReceptionNumber::parse(number.as_str()), Ok(number));
        }
    }
}
