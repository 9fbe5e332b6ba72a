//! What a machine may ask to read (G26), and what a facility's settings say about it. Looks nobody up; what a consent opens says `kind`.

use crate::facility_settings::{FacilitySettings, Use};
use crate::medical_information::kind::InformationKind;
use crate::named::named;

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
    /// The kinds that must all be open.
    ///
    /// ```
    /// use domain::medical_information::kind::InformationKind;
    /// use domain::medical_information::viewing::Reading;
    /// assert_eq!(Reading::Drugs.kinds(), [InformationKind::Drugs]);
    /// assert_eq!(Reading::DrugsAndTreatment.kinds(), [InformationKind::Drugs, InformationKind::Treatment]);
    /// ```
    #[must_use]
    pub fn kinds(self) -> &'static [InformationKind] {
        match self {
            Self::Drugs => &[InformationKind::Drugs],
            Self::DrugsAndTreatment => &[InformationKind::Drugs, InformationKind::Treatment],
            Self::Checkups => &[InformationKind::Checkups],
        }
    }
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
    let takes_treatment = reading.kinds().contains(&InformationKind::Treatment);
    if takes_treatment && settings.link_may_read_treatment == Use::Off {
        return Err(NotOpened::TreatmentNotForMachines);
    }
    if reading.kinds().iter().all(|kind| kind.is_used(settings)) {
        Ok(())
    } else {
        Err(NotOpened::NotUsed)
    }
}
