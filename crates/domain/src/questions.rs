//! What a patient is asked at the reader, and what may be answered (G20-G22). Nothing is asked that does not apply; an unanswered
//! question is "no". Stores no answer.

use std::collections::BTreeSet;

use crate::card_certificate::CertificateState;
use crate::civil_date::{CivilDate, Instant};
use crate::coverage::Coverage;
use crate::facility_kind::{FacilityKind, PrescriptionQuestion};
use crate::facility_settings::{FacilitySettings, PrescriptionForms, Use};
use crate::named::named;

named! {
    /// A question, in the order of asking.
    ///
    /// ```
    /// use domain::questions::{Choice, Question};
    /// assert_eq!(Question::PrescriptionIssue.choices(), [Choice::Electronic, Choice::Paper]);
    /// assert_eq!(Question::parse("drugs"), Some(Question::Drugs));
    /// ```
    Question {
        /// 特定疾病療養受療証: provide or not.
        SpecifiedDisease = "specified_disease";
        /// 医療費助成の受給者証: use or not.
        MedicalSubsidy = "medical_subsidy";
        /// 手術: agree or not.
        Surgery = "surgery";
        /// 手術以外の診療・お薬: agree or not.
        TreatmentAndDrugs = "treatment_and_drugs";
        /// お薬, where the facility gets no treatment information: agree or not.
        Drugs = "drugs";
        /// 健診: agree or not.
        Checkups = "checkups";
        /// 処方箋の発行方法: electronic or paper.
        PrescriptionIssue = "prescription_issue";
        /// 提出する処方箋の種類: electronic, paper or not known.
        PrescriptionSubmit = "prescription_submit";
    }
}

named! {
    /// An answer.
    ///
    /// ```
    /// use domain::questions::Choice;
    /// assert_eq!(Choice::parse("yes"), Some(Choice::Yes));
    /// ```
    Choice {
        /// 提供する, 利用する, 同意する.
        Yes = "yes";
        /// 提供しない, 利用しない, 同意しない; also what was not answered.
        No = "no";
        /// 電子処方箋.
        Electronic = "electronic";
        /// 紙の処方箋.
        Paper = "paper";
        /// わからない.
        Unknown = "unknown";
    }
}

named! {
    /// Whether the questions of a check are still open.
    ///
    /// ```
    /// use domain::questions::QuestionsState;
    /// assert_eq!(QuestionsState::parse("answered"), Some(QuestionsState::Answered));
    /// ```
    QuestionsState {
        /// They are: the card is there.
        Open = "open";
        /// They were answered, once.
        Answered = "answered";
        /// The card was taken, the time ran out, the patient stopped, or nothing was asked.
        ClosedWithoutAnswers = "closed_without_answers";
    }
}

named! {
    /// What kind of question it is: what staff read as one group.
    ///
    /// ```
    /// use domain::questions::{Group, Question};
    /// assert_eq!(Question::Checkups.group(), Group::MedicalInformation);
    /// ```
    Group {
        /// A certificate of the insurance: part of eligibility.
        Certificate = "certificate";
        /// Consent to past medical information.
        MedicalInformation = "medical_information";
        /// The form of a prescription.
        Prescription = "prescription";
    }
}

impl Question {
    /// What may be answered.
    #[must_use]
    pub fn choices(self) -> &'static [Choice] {
        match self {
            Self::SpecifiedDisease
            | Self::MedicalSubsidy
            | Self::Surgery
            | Self::TreatmentAndDrugs
            | Self::Drugs
            | Self::Checkups => &[Choice::Yes, Choice::No],
            Self::PrescriptionIssue => &[Choice::Electronic, Choice::Paper],
            Self::PrescriptionSubmit => &[Choice::Electronic, Choice::Paper, Choice::Unknown],
        }
    }

    /// Its group.
    #[must_use]
    pub fn group(self) -> Group {
        match self {
            Self::SpecifiedDisease | Self::MedicalSubsidy => Group::Certificate,
            Self::Surgery | Self::TreatmentAndDrugs | Self::Drugs | Self::Checkups => {
                Group::MedicalInformation
            }
            Self::PrescriptionIssue | Self::PrescriptionSubmit => Group::Prescription,
        }
    }
}

named! {
    /// Something a person has at the center on the day: a valid certificate, or medical data that exist.
    ///
    /// ```
    /// use domain::questions::Holding;
    /// assert_eq!(Holding::parse("surgery"), Some(Holding::Surgery));
    /// ```
    Holding {
        /// A specified-disease certificate that counts on the day.
        SpecifiedDisease = "specified_disease";
        /// A medical-subsidy certificate that counts on the day.
        MedicalSubsidy = "medical_subsidy";
        /// Data of surgery.
        Surgery = "surgery";
        /// Data of treatment.
        Treatment = "treatment";
        /// Data of drugs.
        Drugs = "drugs";
        /// Data of checkups.
        Checkups = "checkups";
    }
}

/// Everything a person has at the center on the day.
pub type Holdings = BTreeSet<Holding>;

/// What a person has on a day: what is stored about them, and the specified-disease certificates of their coverages.
///
/// ```
/// use domain::civil_date::CivilDate;
/// use domain::questions::{Holding, Holdings, holdings_on};
/// let day = CivilDate::new(2026, 11, 23).unwrap();
/// assert_eq!(holdings_on(Holdings::from([Holding::Drugs]), &[], day).len(), 1);
/// ```
#[must_use]
pub fn holdings_on(stored: Holdings, coverages: &[&Coverage], day: CivilDate) -> Holdings {
    let mut certificates = coverages.iter().flat_map(|coverage| &coverage.diseases);
    let mut has = stored;
    if certificates.any(|certificate| certificate.period.contains(day)) {
        has.insert(Holding::SpecifiedDisease);
    }
    has
}

/// What is asked, in order: by the kind of facility, its settings, what the person has, and what the certificate is worth.
///
/// An expired certificate opens no medical information, so no consent to it is asked; certificates of the insurance are part of
/// eligibility and the form of a prescription is no information, so both stay [our reading of operations §0 row 4]. A kind of
/// facility without a reader asks nothing there.
///
/// ```
/// use domain::card_certificate::CertificateState;
/// use domain::{facility_kind::FacilityKind, facility_settings::FacilitySettings};
/// use domain::questions::{Holding, Holdings, Question, asked};
/// let has = Holdings::from([Holding::Drugs, Holding::Surgery]);
/// let settings = FacilitySettings::default();
/// let questions = asked(FacilityKind::Medical, &settings, &has, CertificateState::Valid);
/// assert_eq!(questions, [Question::Drugs]); // Surgery is switched off.
/// assert!(asked(FacilityKind::Medical, &settings, &has, CertificateState::EligibilityOnly).is_empty());
/// ```
#[must_use]
pub fn asked(
    kind: FacilityKind,
    settings: &FacilitySettings,
    has: &Holdings,
    certificate: CertificateState,
) -> Vec<Question> {
    if !kind.differences().has_reader {
        return Vec::new();
    }
    all_that_apply(kind, settings, has, certificate)
}

/// What is asked at home or from afar (G32), beside home care itself: by the same rules, at every kind of facility, since the device is the
/// patient's or the nurse's and no reader is needed.
///
/// ```
/// use domain::card_certificate::CertificateState;
/// use domain::{facility_kind::FacilityKind, facility_settings::FacilitySettings};
/// use domain::questions::{Holding, Holdings, Question, asked, asked_at_home};
/// let (has, settings) = (Holdings::from([Holding::Drugs]), FacilitySettings::default());
/// let (nursing, valid) = (FacilityKind::HomeNursing, CertificateState::Valid);
/// assert_eq!(asked_at_home(nursing, &settings, &has, valid), [Question::Drugs]);
/// assert!(asked(nursing, &settings, &has, valid).is_empty());
/// ```
#[must_use]
pub fn asked_at_home(
    kind: FacilityKind,
    settings: &FacilitySettings,
    has: &Holdings,
    certificate: CertificateState,
) -> Vec<Question> {
    all_that_apply(kind, settings, has, certificate)
}

fn all_that_apply(
    kind: FacilityKind,
    settings: &FacilitySettings,
    has: &Holdings,
    certificate: CertificateState,
) -> Vec<Question> {
    let mut questions = Vec::new();
    if has.contains(&Holding::SpecifiedDisease) {
        questions.push(Question::SpecifiedDisease);
    }
    if settings.medical_subsidy == Use::On && has.contains(&Holding::MedicalSubsidy) {
        questions.push(Question::MedicalSubsidy);
    }
    if certificate != CertificateState::EligibilityOnly {
        questions.extend(medical_information(settings, has));
    }
    // Where one form is all there is, the patient has no choice (OQSCD038).
    let prescriptions = (
        settings.electronic_prescriptions,
        settings.prescription_question,
        settings.prescription_forms,
    );
    if prescriptions == (Use::On, Use::On, PrescriptionForms::Both) {
        match kind.differences().prescription_question {
            PrescriptionQuestion::Issue => questions.push(Question::PrescriptionIssue),
            PrescriptionQuestion::Submit => questions.push(Question::PrescriptionSubmit),
            PrescriptionQuestion::None => {}
        }
    }
    questions
}

/// The consents asked: each only where the facility uses the information and some exists.
fn medical_information(
    settings: &FacilitySettings,
    has: &Holdings,
) -> impl Iterator<Item = Question> {
    let exists = |setting: Use, holding: Holding| setting == Use::On && has.contains(&holding);
    let surgery = exists(settings.surgery, Holding::Surgery);
    let drugs = exists(settings.drugs, Holding::Drugs);
    let treatment = exists(settings.treatment, Holding::Treatment);
    // One question for both where the facility gets treatment information, else the one for drugs alone (G21).
    let second = match settings.treatment {
        Use::On => (treatment || drugs).then_some(Question::TreatmentAndDrugs),
        Use::Off => drugs.then_some(Question::Drugs),
    };
    let checkups = exists(settings.checkups, Holding::Checkups);
    [
        surgery.then_some(Question::Surgery),
        second,
        checkups.then_some(Question::Checkups),
    ]
    .into_iter()
    .flatten()
}

/// What was answered to one question.
///
/// ```
/// use domain::questions::{Answered, Choice, Question};
/// let answered = Answered { question: Question::Drugs, choice: Choice::Yes };
/// assert_eq!(answered.choice, Choice::Yes);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answered {
    /// The question.
    pub question: Question,
    /// The answer.
    pub choice: Choice,
}

/// Why answers are not taken.
///
/// ```
/// use domain::questions::{InvalidAnswers, Question};
/// assert!(InvalidAnswers::NotAsked(Question::Drugs).to_string().contains("drugs"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnswers {
    /// The question was not asked in this check.
    #[error("{} was not asked", .0.as_str())]
    NotAsked(Question),
    /// The question cannot be answered so.
    #[error("{} cannot be answered so", .0.as_str())]
    Choice(Question),
    /// The question is answered twice.
    #[error("{} is answered twice", .0.as_str())]
    Twice(Question),
}

/// The answers to record: one for each question asked, in order. An unanswered one is "no"; an unanswered form of prescription
/// has no answer and is left out.
///
/// ```
/// use domain::questions::{Answered, Choice, InvalidAnswers, Question, settle};
/// let asked = [Question::Drugs, Question::Checkups];
/// let yes = Answered { question: Question::Drugs, choice: Choice::Yes };
/// let settled = settle(&asked, &[yes]).unwrap();
/// assert_eq!(settled[1], Answered { question: Question::Checkups, choice: Choice::No });
/// assert_eq!(settle(&asked, &[yes, yes]), Err(InvalidAnswers::Twice(Question::Drugs)));
/// ```
///
/// # Errors
/// [`InvalidAnswers`] names the first that does not fit.
pub fn settle(asked: &[Question], given: &[Answered]) -> Result<Vec<Answered>, InvalidAnswers> {
    let mut seen = BTreeSet::new();
    for answer in given {
        if !asked.contains(&answer.question) {
            return Err(InvalidAnswers::NotAsked(answer.question));
        }
        if !answer.question.choices().contains(&answer.choice) {
            return Err(InvalidAnswers::Choice(answer.question));
        }
        if !seen.insert(answer.question) {
            return Err(InvalidAnswers::Twice(answer.question));
        }
    }
    let of = |question: &Question| given.iter().find(|answer| answer.question == *question);
    let settled = asked.iter().filter_map(|question| match of(question) {
        Some(answer) => Some(*answer),
        None if question.choices().contains(&Choice::No) => Some(Answered {
            question: *question,
            choice: Choice::No,
        }),
        None => None,
    });
    Ok(settled.collect())
}

/// Seconds an outpatient's consent lasts (operations §0 row 2, \[H\]).
pub const OUTPATIENT_CONSENT_S: i64 = 24 * 60 * 60;

/// Seconds a presence token lasts before it is renewed (contracts §4).
pub const PRESENCE_S: i64 = 5 * 60;

/// Seconds a card may stay with its questions open in all (contracts §4).
pub const LONGEST_PRESENCE_S: i64 = 30 * 60;

/// Until when a presence lasts that is opened or renewed now; `None` when the whole time is over.
///
/// ```
/// use domain::{civil_date::Instant, questions::presence_until};
/// let opened = Instant::from_micros(0);
/// assert_eq!(presence_until(opened, opened), Some(opened.plus_seconds(300)));
/// assert_eq!(presence_until(opened, opened.plus_seconds(1700)), Some(opened.plus_seconds(1800)));
/// assert_eq!(presence_until(opened, opened.plus_seconds(1800)), None);
/// ```
#[must_use]
pub fn presence_until(opened: Instant, now: Instant) -> Option<Instant> {
    let end = opened.plus_seconds(LONGEST_PRESENCE_S);
    (now < end).then(|| end.min(now.plus_seconds(PRESENCE_S)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn any_settings() -> impl Strategy<Value = FacilitySettings> {
        prop::collection::vec(select(Use::ALL), 7).prop_map(|uses| FacilitySettings {
            checkups: uses[0],
            drugs: uses[1],
            treatment: uses[2],
            surgery: uses[3],
            electronic_prescriptions: uses[4],
            prescription_question: uses[5],
            medical_subsidy: uses[6],
            ..FacilitySettings::default()
        })
    }

    fn any_holdings() -> impl Strategy<Value = Holdings> {
        prop::collection::btree_set(select(Holding::ALL), 0..=Holding::ALL.len())
    }

    proptest! {
        #[test]
        fn nothing_is_asked_that_does_not_exist_or_is_not_used(
            kind in select(&FacilityKind::ALL[..]),
            settings in any_settings(),
            has in any_holdings(),
            state in select(CertificateState::ALL),
        ) {
            let questions = asked(kind, &settings, &has, state);
            let has = |holding| has.contains(&holding);
            for question in &questions {
                let fits = match question {
                    Question::SpecifiedDisease => has(Holding::SpecifiedDisease),
                    Question::MedicalSubsidy => has(Holding::MedicalSubsidy) && settings.medical_subsidy == Use::On,
                    Question::Surgery => has(Holding::Surgery) && settings.surgery == Use::On,
                    Question::TreatmentAndDrugs => settings.treatment == Use::On
                        && (has(Holding::Treatment) || has(Holding::Drugs)),
                    Question::Drugs => has(Holding::Drugs) && settings.drugs == Use::On && settings.treatment == Use::Off,
                    Question::Checkups => has(Holding::Checkups) && settings.checkups == Use::On,
                    Question::PrescriptionIssue => matches!(kind, FacilityKind::Medical | FacilityKind::Dental),
                    Question::PrescriptionSubmit => kind == FacilityKind::Pharmacy,
                };
                prop_assert!(fits);
                let medical = question.group() == Group::MedicalInformation;
                prop_assert!(!(medical && state == CertificateState::EligibilityOnly));
            }
            let mut sorted = questions.clone();
            sorted.sort();
            sorted.dedup();
            prop_assert_eq!(sorted, questions, "in order, each once");
        }

        #[test]
        fn what_is_settled_was_asked_and_silence_is_no(
            asked in prop::collection::btree_set(select(Question::ALL), 0..=Question::ALL.len()),
            given in prop::collection::vec((select(Question::ALL), select(Choice::ALL)), 0..6),
        ) {
            let asked: Vec<Question> = asked.into_iter().collect();
            let given: Vec<Answered> = given.into_iter().map(|(question, choice)| Answered { question, choice }).collect();
            if let Ok(settled) = settle(&asked, &given) {
                for answer in settled {
                    prop_assert!(asked.contains(&answer.question));
                    prop_assert!(answer.question.choices().contains(&answer.choice));
                    prop_assert!(given.contains(&answer) || answer.choice == Choice::No);
                }
            }
        }
    }

    #[test]
    fn home_visit_nursing_asks_nothing_at_a_reader() {
        let has: Holdings = Holding::ALL.iter().copied().collect();
        let nursing = FacilityKind::HomeNursing;
        let questions = asked(
            nursing,
            &FacilitySettings::default(),
            &has,
            CertificateState::Valid,
        );
        assert_eq!(questions, []);
    }

    #[test]
    fn the_form_of_a_prescription_is_asked_only_where_there_is_a_choice() {
        let settings = FacilitySettings {
            electronic_prescriptions: Use::On,
            prescription_question: Use::On,
            ..FacilitySettings::default()
        };
        for (forms, is_asked) in [
            (PrescriptionForms::Both, true),
            (PrescriptionForms::ElectronicOnly, false),
            (PrescriptionForms::PaperOnly, false),
        ] {
            let settings = FacilitySettings {
                prescription_forms: forms,
                ..settings
            };
            let state = CertificateState::Valid;
            let asked = asked(FacilityKind::Medical, &settings, &Holdings::new(), state);
            assert_eq!(asked.contains(&Question::PrescriptionIssue), is_asked);
        }
    }

    #[test]
    fn an_unanswered_form_of_prescription_has_no_answer() {
        let asked = [Question::Drugs, Question::PrescriptionIssue];
        let settled = settle(&asked, &[]).unwrap();
        let no = Answered {
            question: Question::Drugs,
            choice: Choice::No,
        };
        assert_eq!(settled, [no]);
    }
}
