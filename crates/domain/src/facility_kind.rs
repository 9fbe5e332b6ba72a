//! What differs between kinds of facility, as one table (G37). Beside it, claim files ask for the kind by name (`claim_file` of `exchange`:
//! the letter of a file decides its records), pages that offer or show each kind, and the facilities the demo makes up.

use crate::account::AccountKind;
use crate::equipment::Part;
use crate::medical_information::kind::Purpose;

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
///
/// ```
/// use domain::facility_kind::{FacilityKind, PrescriptionQuestion};
/// let asked = FacilityKind::HomeNursing.differences().prescription_question;
/// assert_eq!(asked, PrescriptionQuestion::None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrescriptionQuestion {
    /// How the prescription is to be issued.
    Issue,
    /// Which kind of prescription the patient hands in.
    Submit,
    /// Never asked.
    None,
}

/// A question of consent to past medical information at the reader (G21).
///
/// ```
/// use domain::facility_kind::{ConsentQuestion, FacilityKind};
/// let asked = FacilityKind::Pharmacy.differences().consent_questions;
/// assert_eq!(asked, [ConsentQuestion::Drugs, ConsentQuestion::Checkups]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentQuestion {
    /// 手術.
    Surgery,
    /// 手術以外の診療・お薬.
    TreatmentAndDrugs,
    /// お薬, where the facility gets no treatment information.
    Drugs,
    /// 健診.
    Checkups,
}

/// Whether the support desk for mobile devices is shown (G34).
///
/// ```
/// use domain::facility_kind::{FacilityKind, MobileDesk};
/// assert_eq!(FacilityKind::HomeNursing.differences().mobile_desk, MobileDesk::Always);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MobileDesk {
    /// Always.
    Always,
    /// Where the facility uses mobile devices.
    WhereUsed,
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
    /// What its card readers are called among its devices (G39), in Japanese and English: without face readers they are those of a PC or a
    /// mobile device.
    pub reader_name: (&'static str, &'static str),
    /// The prescription question.
    pub prescription_question: PrescriptionQuestion,
    /// Consent questions the guide shows at readers of this kind, in order; its four questions and operations §3.1 are the source.
    /// Empty where consent is given at home (マイナ在宅受付Web). Which are asked of a patient is `questions::asked`'s: by the
    /// facility's settings, of which treatment and surgery are off until switched on (operations §1.8, \[M\]).
    pub consent_questions: &'static [ConsentQuestion],
    /// The desk for mobile devices.
    pub mobile_desk: MobileDesk,
    /// Whether facilities of the kind may be listed for the ambulance mode (operations §1.10).
    pub takes_ambulances: bool,
    /// What medical information is usually looked at for, where nobody says otherwise.
    pub usual_purpose: Purpose,
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

    /// What a part is called among the devices of this kind of facility, in Japanese and English.
    #[must_use]
    pub fn part_name(self, part: Part) -> (&'static str, &'static str) {
        if part == Part::Reader {
            return self.differences().reader_name;
        }
        (part.label_ja(), part.label_en())
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
        use ConsentQuestion::{Checkups, Drugs, Surgery, TreatmentAndDrugs};
        let clinic = Differences {
            name_ja: "医科",
            name_en: "medical",
            fee_table_digit: 1,
            set_up_accounts: WITH_READER,
            has_reader: true,
            reader_name: (Part::Reader.label_ja(), Part::Reader.label_en()),
            prescription_question: PrescriptionQuestion::Issue,
            consent_questions: &[Surgery, TreatmentAndDrugs, Checkups],
            mobile_desk: MobileDesk::WhereUsed,
            takes_ambulances: true,
            usual_purpose: Purpose::Treatment,
        };
        match self {
            Self::Medical => clinic,
            Self::Dental => Differences {
                name_ja: "歯科",
                name_en: "dental",
                fee_table_digit: 3,
                takes_ambulances: false,
                ..clinic
            },
            Self::Pharmacy => Differences {
                name_ja: "薬局",
                name_en: "pharmacy",
                fee_table_digit: 4,
                prescription_question: PrescriptionQuestion::Submit,
                consent_questions: &[Drugs, Checkups],
                takes_ambulances: false,
                usual_purpose: Purpose::Dispensing,
                ..clinic
            },
            Self::HomeNursing => Differences {
                name_ja: "訪問看護",
                name_en: "home-visit nursing",
                fee_table_digit: 6,
                set_up_accounts: WITHOUT_READER,
                has_reader: false,
                reader_name: (
                    "カードリーダー（パソコン・モバイル端末用）",
                    "card reader of a PC or mobile device",
                ),
                prescription_question: PrescriptionQuestion::None,
                consent_questions: &[],
                mobile_desk: MobileDesk::Always,
                takes_ambulances: false,
                usual_purpose: Purpose::Treatment,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_visit_nursing_has_no_reader_and_nothing_that_needs_one() {
        for kind in FacilityKind::ALL {
            let row = kind.differences();
            let needs = row.set_up_accounts.contains(&AccountKind::Reader)
                || row.prescription_question != PrescriptionQuestion::None
                || !row.consent_questions.is_empty();
            assert_eq!(row.has_reader, needs, "{kind:?}");
        }
    }

    #[test]
    fn the_third_digit_of_a_code_tells_the_kind() {
        for kind in FacilityKind::ALL {
            let digit = kind.differences().fee_table_digit;
            assert_eq!(FacilityKind::of_fee_table_digit(digit), Some(kind));
        }
        assert_eq!(FacilityKind::of_fee_table_digit(2), None);
    }

    #[test]
    fn surgery_is_always_asked_apart_from_treatment() {
        for kind in FacilityKind::ALL {
            let asked = kind.differences().consent_questions;
            let has = |question| asked.contains(&question);
            assert!(!(has(ConsentQuestion::Drugs) && has(ConsentQuestion::TreatmentAndDrugs)));
            assert_eq!(
                has(ConsentQuestion::Surgery),
                has(ConsentQuestion::TreatmentAndDrugs)
            );
        }
    }
}
