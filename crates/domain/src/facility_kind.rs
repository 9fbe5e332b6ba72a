//! What differs between kinds of facility, as one table (G37). Nothing else in the product asks for the kind by name.

use crate::account::AccountKind;

/// Kind of facility.
///
/// ```
/// use domain::facility_kind::FacilityKind;
/// assert_eq!(FacilityKind::parse("pharmacy"), Some(FacilityKind::Pharmacy));
/// assert_eq!(FacilityKind::of_fee_table_digit(1), Some(FacilityKind::Medical));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacilityKind {
    /// Hospital or clinic (医科).
    Medical,
    /// Dental clinic (歯科).
    Dental,
    /// Pharmacy (薬局).
    Pharmacy,
    /// Home-visit nursing (訪問看護).
    HomeNursing,
}

/// The prescription question a patient may be asked (G22).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrescriptionQuestion {
    /// How the prescription is to be issued.
    Issue,
    /// Which kind of prescription the patient hands in.
    Submit,
    /// Never asked.
    None,
}

/// Where a kind of facility differs from the others.
///
/// ```
/// use domain::facility_kind::FacilityKind;
/// assert!(!FacilityKind::HomeNursing.differences().has_reader);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Differences {
    /// Name in Japanese.
    pub name_ja: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// Digit of the fee table in the institution code; 6 for home-visit nursing is not official as far as known.
    pub fee_table_digit: u8,
    /// Accounts made at set-up beside the master's (G04).
    pub set_up_accounts: &'static [AccountKind],
    /// Whether face reader, start and stop, and lock guidance apply.
    pub has_reader: bool,
    /// The prescription question.
    pub prescription_question: PrescriptionQuestion,
}

impl FacilityKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::Medical,
        Self::Dental,
        Self::Pharmacy,
        Self::HomeNursing,
    ];

    /// The name in messages and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Medical => "medical",
            Self::Dental => "dental",
            Self::Pharmacy => "pharmacy",
            Self::HomeNursing => "home_nursing",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The kind an institution code's third digit stands for.
    #[must_use]
    pub fn of_fee_table_digit(digit: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.differences().fee_table_digit == digit)
    }

    /// The table's row (guide-data §6).
    #[must_use]
    pub fn differences(self) -> Differences {
        const WITH_READER: &[AccountKind] = &[
            AccountKind::Administrator,
            AccountKind::LinkApp,
            AccountKind::Reader,
        ];
        const WITHOUT_READER: &[AccountKind] = &[AccountKind::Administrator, AccountKind::LinkApp];
        let row = |name_ja, name_en, fee_table_digit, prescription_question| Differences {
            name_ja,
            name_en,
            fee_table_digit,
            set_up_accounts: WITH_READER,
            has_reader: true,
            prescription_question,
        };
        match self {
            Self::Medical => row("医科", "medical", 1, PrescriptionQuestion::Issue),
            Self::Dental => row("歯科", "dental", 3, PrescriptionQuestion::Issue),
            Self::Pharmacy => row("薬局", "pharmacy", 4, PrescriptionQuestion::Submit),
            Self::HomeNursing => Differences {
                set_up_accounts: WITHOUT_READER,
                has_reader: false,
                ..row(
                    "訪問看護",
                    "home-visit nursing",
                    6,
                    PrescriptionQuestion::None,
                )
            },
        }
    }
}
