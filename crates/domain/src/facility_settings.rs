//! A facility's settings (環境設定情報, operations §1.8). The defaults of information kinds are \[M\] there, the others ours.

use crate::identification::FacePolicy;
use crate::named::named;

named! {
    /// Whether something is used.
    ///
    /// ```
    /// use domain::facility_settings::Use;
    /// assert_eq!(Use::parse("on"), Some(Use::On));
    /// ```
    Use {
        /// It is.
        On = "on";
        /// It is not.
        Off = "off";
    }
}

/// The settings of one facility that decide what is asked at its readers and how they are run.
///
/// ```
/// use domain::facility_settings::{FacilitySettings, Use};
/// let settings = FacilitySettings::default();
/// assert_eq!((settings.checkups, settings.drugs), (Use::On, Use::On));
/// assert_eq!((settings.treatment, settings.surgery), (Use::Off, Use::Off));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FacilitySettings {
    /// 特定健診情報: on by default \[M\].
    pub checkups: Use,
    /// 薬剤情報: on by default \[M\].
    pub drugs: Use,
    /// 診療情報: off by default \[M\].
    pub treatment: Use,
    /// 手術情報: off by default \[M\].
    pub surgery: Use,
    /// Whether electronic prescriptions are introduced (G22).
    pub electronic_prescriptions: Use,
    /// Whether the prescription question is asked at the reader (G22).
    pub prescription_question: Use,
    /// Whether the facility is linked with medical subsidies (医療費助成, OQSCD044).
    pub medical_subsidy: Use,
    /// What a comparison of faces is worth.
    pub face_policy: FacePolicy,
    /// Minutes after which the visual mode ends by itself, 1 to 240.
    pub visual_return_minutes: u16,
    /// Whether staff are reminded while the visual mode lasts (G14).
    pub visual_reminder: Use,
}

/// The longest time after which the visual mode ends by itself, in minutes.
pub const LONGEST_RETURN_MINUTES: u16 = 240;

impl Default for FacilitySettings {
    fn default() -> Self {
        Self {
            checkups: Use::On,
            drugs: Use::On,
            treatment: Use::Off,
            surgery: Use::Off,
            electronic_prescriptions: Use::Off,
            prescription_question: Use::Off,
            medical_subsidy: Use::Off,
            face_policy: FacePolicy::Assist,
            visual_return_minutes: 10,
            visual_reminder: Use::On,
        }
    }
}
