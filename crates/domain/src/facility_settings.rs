//! A facility's settings (環境設定情報, operations §1.8) by their names, and what a change of them changed. The defaults of information
//! kinds are \[M\] there, the others ours. Decides nothing that follows from them.

use crate::identification::FacePolicy;
use crate::named::named;
use crate::second_factor::Policy;
use crate::sign_in_notice::UsualHours;

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

named! {
    /// What the vendor of the receipt computer said about one of the two facts of G16.
    ///
    /// ```
    /// use domain::facility_settings::Answered;
    /// assert_eq!(Answered::parse("not_asked"), Some(Answered::NotAsked));
    /// ```
    Answered {
        /// It is so.
        Yes = "yes";
        /// It is not so.
        No = "no";
        /// Nobody asked yet: nothing is assumed.
        NotAsked = "not_asked";
    }
}

named! {
    /// Which forms of prescription a facility with electronic prescriptions issues or takes (OQSCD038).
    ///
    /// ```
    /// use domain::facility_settings::PrescriptionForms;
    /// assert_eq!(PrescriptionForms::parse("both"), Some(PrescriptionForms::Both));
    /// ```
    PrescriptionForms {
        /// Both: the patient has a choice.
        Both = "both";
        /// Electronic ones alone.
        ElectronicOnly = "electronic_only";
        /// Paper alone.
        PaperOnly = "paper_only";
    }
}

/// The settings of one facility that decide what is asked at its readers, how they are run, and how its receipt computer is linked.
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
    /// Whether electronic prescriptions are introduced (G22; off is 0 of OQSCD038).
    pub electronic_prescriptions: Use,
    /// Which forms there are then (1 to 3 of OQSCD038).
    pub prescription_forms: PrescriptionForms,
    /// Whether the prescription question is asked at the reader (G22; on is 2 of OQSCD039, off is 1).
    pub prescription_question: Use,
    /// Whether the facility is linked with medical subsidies (医療費助成, OQSCD044).
    pub medical_subsidy: Use,
    /// What a comparison of faces is worth.
    pub face_policy: FacePolicy,
    /// Minutes after which the visual mode ends by itself, 1 to 240.
    pub visual_return_minutes: u16,
    /// Whether staff are reminded while the visual mode lasts (G14).
    pub visual_reminder: Use,
    /// Whether results of readers flow to the receipt computer (G16).
    pub results_flow: Answered,
    /// Whether the receipt computer can ask by itself (G16).
    pub receipt_computer_asks: Answered,
    /// Whether machines may read treatment of patients who agreed (診療情報): off by default, the guide's rule.
    pub link_may_read_treatment: Use,
    /// Whether people sign in with a second factor \[ours: offered\].
    pub second_factor: Policy,
    /// Hours outside of which a sign-in is pointed out to its person \[ours\].
    pub usual_hours: UsualHours,
    /// Whether the facility opted in to ambulance mode 救急時医療情報閲覧: off by default; the center takes it from listed facilities alone.
    pub ambulance: Use,
}

/// The longest time after which the visual mode ends by itself, in minutes.
pub const LONGEST_RETURN_MINUTES: u16 = 240;

/// What one setting was and became.
///
/// ```
/// use domain::facility_settings::{FacilitySettings, Use};
/// let old = FacilitySettings::default();
/// let new = FacilitySettings { drugs: Use::Off, ..old };
/// let changed = old.changes(&new);
/// assert_eq!((changed[0].setting, changed[0].was.as_str(), changed[0].became.as_str()), ("drugs", "on", "off"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Name of the setting.
    pub setting: &'static str,
    /// Its value before.
    pub was: String,
    /// Its value since.
    pub became: String,
}

/// Why a setting cannot have a value.
///
/// ```
/// use domain::facility_settings::{FacilitySettings, InvalidSetting};
/// let wrong = FacilitySettings::default().with("drugs", "perhaps");
/// assert_eq!(wrong, Err(InvalidSetting::Value));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    /// There is no setting of this name.
    #[error("no such setting")]
    Name,
    /// The setting has no such value.
    #[error("no value of this setting")]
    Value,
}

impl Default for FacilitySettings {
    fn default() -> Self {
        Self {
            checkups: Use::On,
            drugs: Use::On,
            treatment: Use::Off,
            surgery: Use::Off,
            electronic_prescriptions: Use::Off,
            prescription_forms: PrescriptionForms::Both,
            prescription_question: Use::Off,
            medical_subsidy: Use::Off,
            face_policy: FacePolicy::Assist,
            visual_return_minutes: 10,
            visual_reminder: Use::On,
            results_flow: Answered::NotAsked,
            receipt_computer_asks: Answered::NotAsked,
            link_may_read_treatment: Use::Off,
            second_factor: Policy::Offered,
            usual_hours: UsualHours::default(),
            ambulance: Use::Off,
        }
    }
}

impl FacilitySettings {
    /// Every setting by its name in messages and rows, with its value, in the order people read them.
    ///
    /// ```
    /// use domain::facility_settings::FacilitySettings;
    /// let values = FacilitySettings::default().values();
    /// assert!(values.contains(&("visual_return_minutes", "10".to_owned())));
    /// ```
    #[must_use]
    pub fn values(&self) -> [(&'static str, String); 17] {
        [
            ("checkups", self.checkups.as_str().into()),
            ("drugs", self.drugs.as_str().into()),
            ("treatment", self.treatment.as_str().into()),
            ("surgery", self.surgery.as_str().into()),
            (
                "electronic_prescriptions",
                self.electronic_prescriptions.as_str().into(),
            ),
            (
                "prescription_forms",
                self.prescription_forms.as_str().into(),
            ),
            (
                "prescription_question",
                self.prescription_question.as_str().into(),
            ),
            ("medical_subsidy", self.medical_subsidy.as_str().into()),
            ("face_policy", self.face_policy.as_str().into()),
            (
                "visual_return_minutes",
                self.visual_return_minutes.to_string(),
            ),
            ("visual_reminder", self.visual_reminder.as_str().into()),
            ("results_flow", self.results_flow.as_str().into()),
            (
                "receipt_computer_asks",
                self.receipt_computer_asks.as_str().into(),
            ),
            (
                "link_may_read_treatment",
                self.link_may_read_treatment.as_str().into(),
            ),
            ("second_factor", self.second_factor.as_str().into()),
            ("usual_hours", self.usual_hours.to_text()),
            ("ambulance", self.ambulance.as_str().into()),
        ]
    }

    /// The settings with one of them given.
    ///
    /// ```
    /// use domain::facility_settings::{FacilitySettings, InvalidSetting, Use};
    /// let settings = FacilitySettings::default().with("surgery", "on").unwrap();
    /// assert_eq!(settings.surgery, Use::On);
    /// assert_eq!(settings.with("colour", "red"), Err(InvalidSetting::Name));
    /// ```
    ///
    /// # Errors
    /// [`InvalidSetting`].
    pub fn with(mut self, setting: &str, value: &str) -> Result<Self, InvalidSetting> {
        use InvalidSetting::Value;
        let used = || Use::parse(value).ok_or(Value);
        let answered = || Answered::parse(value).ok_or(Value);
        match setting {
            "checkups" => self.checkups = used()?,
            "drugs" => self.drugs = used()?,
            "treatment" => self.treatment = used()?,
            "surgery" => self.surgery = used()?,
            "electronic_prescriptions" => self.electronic_prescriptions = used()?,
            "prescription_forms" => {
                self.prescription_forms = PrescriptionForms::parse(value).ok_or(Value)?;
            }
            "prescription_question" => self.prescription_question = used()?,
            "medical_subsidy" => self.medical_subsidy = used()?,
            "face_policy" => self.face_policy = FacePolicy::parse(value).ok_or(Value)?,
            "visual_return_minutes" => {
                let minutes = value.parse().map_err(|_| Value)?;
                if !(1..=LONGEST_RETURN_MINUTES).contains(&minutes) {
                    return Err(Value);
                }
                self.visual_return_minutes = minutes;
            }
            "visual_reminder" => self.visual_reminder = used()?,
            "results_flow" => self.results_flow = answered()?,
            "receipt_computer_asks" => self.receipt_computer_asks = answered()?,
            "link_may_read_treatment" => self.link_may_read_treatment = used()?,
            "second_factor" => self.second_factor = Policy::parse(value).ok_or(Value)?,
            "usual_hours" => self.usual_hours = UsualHours::parse(value).ok_or(Value)?,
            "ambulance" => self.ambulance = used()?,
            _ => return Err(InvalidSetting::Name),
        }
        Ok(self)
    }

    /// What a change to `new` changes, in the order of [`Self::values`].
    ///
    /// ```
    /// use domain::facility_settings::FacilitySettings;
    /// let settings = FacilitySettings::default();
    /// assert_eq!(settings.changes(&settings), []);
    /// ```
    #[must_use]
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let both = self.values().into_iter().zip(new.values());
        both.filter(|(was, is)| was != is)
            .map(|((setting, was), (_, became))| Change {
                setting,
                was,
                became,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_can_be_read_back_by_its_name_and_no_value_is_taken_that_it_has_not() {
        let defaults = FacilitySettings::default();
        for (name, value) in defaults.values() {
            assert_eq!(defaults.with(name, &value), Ok(defaults), "{name}");
            for wrong in ["", "On", "241", "0", "全角"] {
                assert_eq!(defaults.with(name, wrong), Err(InvalidSetting::Value));
            }
        }
    }

    #[test]
    fn a_change_names_each_setting_once_with_both_values() {
        let old = FacilitySettings::default();
        let new = old
            .with("results_flow", "yes")
            .and_then(|it| it.with("visual_return_minutes", "30"))
            .unwrap();
        let told: Vec<String> = old
            .changes(&new)
            .into_iter()
            .map(|it| format!("{} {} {}", it.setting, it.was, it.became))
            .collect();
        assert_eq!(
            told,
            ["visual_return_minutes 10 30", "results_flow not_asked yes"]
        );
    }
}
