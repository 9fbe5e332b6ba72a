//! What a patient's consents and a facility's settings open to a machine (G26, guide-data: consent lasts a day). Looks nothing up.

use crate::civil_date::Instant;
use crate::facility_settings::{FacilitySettings, Use};
use crate::named::named;
use crate::questions::{Choice, Question};

named! {
    /// What a machine asks to read.
    ///
    /// ```
    /// use domain::medical_information::viewing::Reading;
    /// assert_eq!(Reading::parse("drugs"), Some(Reading::Drugs));
    /// ```
    Reading {
        /// Drugs, prescriptions and dispensings (薬剤情報, FileCategory 2).
        Drugs = "drugs";
        /// The same with treatment (薬剤情報・診療情報, FileCategory 4).
        DrugsAndTreatment = "drugs_and_treatment";
        /// Health checkups (特定健診情報).
        Checkups = "checkups";
    }
}

impl Reading {
    /// The questions whose answer decides about it.
    #[must_use]
    pub fn questions(self) -> &'static [Question] {
        match self {
            Self::Drugs => &[Question::Drugs, Question::TreatmentAndDrugs],
            Self::DrugsAndTreatment => &[Question::TreatmentAndDrugs],
            Self::Checkups => &[Question::Checkups],
        }
    }
}

/// A patient's recorded answer, given with the card at the asking facility.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::medical_information::viewing::Given;
/// use domain::questions::{Choice, Question};
/// let given = Given {
///     check: 7,
///     question: Question::Drugs,
///     choice: Choice::Yes,
///     at: Instant::from_micros(0),
///     valid_until: Instant::from_micros(0).plus_seconds(86_400),
/// };
/// assert_eq!(given.choice, Choice::Yes);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// The check it was given in.
    pub check: u128,
    /// The question.
    pub question: Question,
    /// The answer.
    pub choice: Choice,
    /// When.
    pub at: Instant,
    /// The first instant at which it counts no more.
    pub valid_until: Instant,
}

/// Why nothing is shown.
///
/// ```
/// use domain::medical_information::viewing::NotOpened;
/// assert!(NotOpened::NoConsent.to_string().contains("consent"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// Machines of the facility read no treatment: `link_may_read_treatment` is off, as by default (guide: 診療情報 is for people).
    #[error("machines of the facility read no treatment")]
    TreatmentNotForMachines,
    /// The facility does not use this information.
    #[error("the facility does not use this information")]
    NotUsed,
    /// There is no consent in force to this.
    #[error("no consent in force")]
    NoConsent,
}

/// What the facility's settings say about a reading, before anybody is looked up.
///
/// ```
/// use domain::facility_settings::FacilitySettings;
/// use domain::medical_information::viewing::{NotOpened, Reading, is_used};
/// let settings = FacilitySettings::default();
/// assert_eq!(is_used(Reading::Checkups, &settings), Ok(()));
/// assert_eq!(is_used(Reading::DrugsAndTreatment, &settings), Err(NotOpened::TreatmentNotForMachines));
/// ```
///
/// # Errors
/// [`NotOpened::TreatmentNotForMachines`] or [`NotOpened::NotUsed`].
pub fn is_used(reading: Reading, settings: &FacilitySettings) -> Result<(), NotOpened> {
    let used = match reading {
        Reading::Drugs => settings.drugs == Use::On,
        Reading::DrugsAndTreatment => {
            if settings.link_may_read_treatment == Use::Off {
                return Err(NotOpened::TreatmentNotForMachines);
            }
            settings.drugs == Use::On && settings.treatment == Use::On
        }
        Reading::Checkups => settings.checkups == Use::On,
    };
    if used {
        Ok(())
    } else {
        Err(NotOpened::NotUsed)
    }
}

/// The consent a reading rests on: of the answers that decide about it the newest, if it is "yes" and still counts. A later "no"
/// takes an earlier "yes" back.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::medical_information::viewing::{Given, NotOpened, Reading, consent_to};
/// use domain::questions::{Choice, Question};
/// let at = Instant::from_micros(0);
/// let yes = Given { check: 7, question: Question::Drugs, choice: Choice::Yes, at, valid_until: at.plus_seconds(86_400) };
/// assert_eq!(consent_to(Reading::Drugs, &[yes], at.plus_seconds(86_399)), Ok(yes));
/// assert_eq!(consent_to(Reading::Drugs, &[yes], at.plus_seconds(86_400)), Err(NotOpened::NoConsent));
/// assert_eq!(consent_to(Reading::DrugsAndTreatment, &[yes], at), Err(NotOpened::NoConsent));
/// let no = Given { check: 8, choice: Choice::No, at: at.plus_seconds(60), ..yes };
/// assert_eq!(consent_to(Reading::Drugs, &[yes, no], at.plus_seconds(61)), Err(NotOpened::NoConsent));
/// ```
///
/// # Errors
/// [`NotOpened::NoConsent`].
pub fn consent_to(reading: Reading, given: &[Given], now: Instant) -> Result<Given, NotOpened> {
    let about = given
        .iter()
        .filter(|it| reading.questions().contains(&it.question) && it.at <= now);
    let newest = about.max_by_key(|it| (it.at, it.check));
    newest
        .filter(|it| it.choice == Choice::Yes && now < it.valid_until)
        .copied()
        .ok_or(NotOpened::NoConsent)
}
