//! The kinds of medical information a patient agrees to apart (G21, operations §1.9), and which question opens which. Holds none of it.

use crate::facility_kind::FacilityKind;
use crate::facility_settings::{FacilitySettings, Use};
use crate::named::named;
use crate::questions::Question;

named! {
    /// A kind of medical information. Prescriptions and dispensings (処方・調剤) go with the drugs.
    ///
    /// ```
    /// use domain::medical_information::kind::InformationKind;
    /// assert_eq!(InformationKind::parse("surgery"), Some(InformationKind::Surgery));
    /// ```
    InformationKind {
        /// 薬剤情報, with 処方・調剤情報.
        Drugs = "drugs";
        /// 診療情報.
        Treatment = "treatment";
        /// 手術情報, which is agreed to apart.
        Surgery = "surgery";
        /// 特定健診情報.
        Checkups = "checkups";
    }
}

impl InformationKind {
    /// What a "yes" to a question opens, and a "no" takes back.
    ///
    /// ```
    /// use domain::medical_information::kind::InformationKind;
    /// use domain::questions::Question;
    /// let opened = InformationKind::of(Question::TreatmentAndDrugs);
    /// assert_eq!(opened, [InformationKind::Drugs, InformationKind::Treatment]);
    /// assert!(InformationKind::of(Question::PrescriptionIssue).is_empty());
    /// ```
    #[must_use]
    pub fn of(question: Question) -> &'static [Self] {
        match question {
            Question::Surgery => &[Self::Surgery],
            Question::TreatmentAndDrugs => &[Self::Drugs, Self::Treatment],
            Question::Drugs => &[Self::Drugs],
            Question::Checkups => &[Self::Checkups],
            Question::SpecifiedDisease
            | Question::MedicalSubsidy
            | Question::PrescriptionIssue
            | Question::PrescriptionSubmit => &[],
        }
    }

    /// Whether it has a few entries in years, which people are shown of all years, whatever months they choose.
    ///
    /// ```
    /// use domain::medical_information::kind::InformationKind;
    /// assert!(InformationKind::Surgery.is_of_all_years());
    /// assert!(!InformationKind::Drugs.is_of_all_years());
    /// ```
    #[must_use]
    pub fn is_of_all_years(self) -> bool {
        match self {
            Self::Surgery | Self::Checkups => true,
            Self::Drugs | Self::Treatment => false,
        }
    }

    /// Whether a facility uses this kind at all: what it does not use is neither asked for nor shown.
    ///
    /// ```
    /// use domain::facility_settings::FacilitySettings;
    /// use domain::medical_information::kind::InformationKind;
    /// let settings = FacilitySettings::default();
    /// assert!(InformationKind::Checkups.is_used(&settings));
    /// assert!(!InformationKind::Surgery.is_used(&settings));
    /// ```
    #[must_use]
    pub fn is_used(self, settings: &FacilitySettings) -> bool {
        let of_kind = match self {
            Self::Drugs => settings.drugs,
            Self::Treatment => settings.treatment,
            Self::Surgery => settings.surgery,
            Self::Checkups => settings.checkups,
        };
        of_kind == Use::On
    }
}

named! {
    /// What a right to see rests on.
    ///
    /// ```
    /// use domain::medical_information::kind::Basis;
    /// assert!(!Basis::Visit.is_emergency());
    /// assert!(Basis::Disaster.is_emergency());
    /// ```
    Basis {
        /// The patient agreed with their card at a visit: a day.
        Visit = "visit";
        /// The patient agreed to home care or remote care: until it is withdrawn.
        Home = "home";
        /// A disaster: agreed to by word, or the patient could not be asked.
        Disaster = "disaster";
        /// An ambulance: the patient could not be asked.
        Ambulance = "ambulance";
    }
}

impl Basis {
    /// True of what an emergency opened: every look under it is marked and reported (G28).
    #[must_use]
    pub fn is_emergency(self) -> bool {
        match self {
            Self::Visit | Self::Home => false,
            Self::Disaster | Self::Ambulance => true,
        }
    }
}

named! {
    /// In what way something was looked at.
    ///
    /// ```
    /// use domain::medical_information::kind::Way;
    /// assert_eq!(Way::parse("pdf"), Some(Way::Pdf));
    /// ```
    Way {
        /// On a page.
        Page = "page";
        /// On paper, from a page made for it.
        Print = "print";
        /// As a PDF file.
        Pdf = "pdf";
        /// As an XML file.
        Xml = "xml";
        /// By a receipt computer or record.
        Machine = "machine";
        /// By the patient, who saw who looked.
        Own = "own";
    }
}

named! {
    /// Why something was looked at.
    ///
    /// ```
    /// use domain::medical_information::kind::Purpose;
    /// assert_eq!(Purpose::parse("treatment"), Some(Purpose::Treatment));
    /// ```
    Purpose {
        /// Treatment of the patient.
        Treatment = "treatment";
        /// Dispensing to the patient.
        Dispensing = "dispensing";
        /// Care in a disaster.
        Disaster = "disaster";
        /// Care of a patient brought by an ambulance.
        Ambulance = "ambulance";
        /// The patient's own wish to know.
        Own = "own";
    }
}

impl Purpose {
    /// What a facility of a kind usually looks for, where nobody says otherwise.
    ///
    /// ```
    /// use domain::facility_kind::FacilityKind;
    /// use domain::medical_information::kind::Purpose;
    /// assert_eq!(Purpose::usual_at(FacilityKind::Pharmacy), Purpose::Dispensing);
    /// assert_eq!(Purpose::usual_at(FacilityKind::Dental), Purpose::Treatment);
    /// ```
    #[must_use]
    pub fn usual_at(kind: FacilityKind) -> Self {
        kind.differences().usual_purpose
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::Group;

    #[test]
    fn exactly_the_questions_about_medical_information_open_something() {
        for question in Question::ALL {
            let opens = !InformationKind::of(*question).is_empty();
            assert_eq!(opens, question.group() == Group::MedicalInformation);
        }
    }

    #[test]
    fn surgery_is_opened_by_its_own_question_alone() {
        for question in Question::ALL {
            let opens = InformationKind::of(*question).contains(&InformationKind::Surgery);
            assert_eq!(opens, *question == Question::Surgery);
        }
    }
}
