//! The message of a facility's settings (環境設定情報), and the way between it and `domain`.

use domain::facility_settings::{FacilitySettings, LONGEST_RETURN_MINUTES, Use};
use domain::identification::FacePolicy;
use serde::{Deserialize, Serialize};

use crate::problem::MemberError;

/// Answer of `GET /v1/settings` and body of `PUT /v1/settings`: all of them, each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// 特定健診情報: `on` or `off`.
    #[schema(pattern = "^(on|off)$")]
    pub checkups: String,
    /// 薬剤情報.
    #[schema(pattern = "^(on|off)$")]
    pub drugs: String,
    /// Whether electronic prescriptions are introduced.
    #[schema(pattern = "^(on|off)$")]
    pub electronic_prescriptions: String,
    /// What a comparison of faces by a reader is worth: `face_assist` (staff confirm) or `face_auto`.
    #[schema(pattern = "^(face_assist|face_auto)$")]
    pub face_policy: String,
    /// Whether the facility is linked with medical subsidies (医療費助成).
    #[schema(pattern = "^(on|off)$")]
    pub medical_subsidy: String,
    /// Whether the prescription question is asked at the reader.
    #[schema(pattern = "^(on|off)$")]
    pub prescription_question: String,
    /// 手術情報.
    #[schema(pattern = "^(on|off)$")]
    pub surgery: String,
    /// 診療情報.
    #[schema(pattern = "^(on|off)$")]
    pub treatment: String,
    /// Changes with the settings: the `ETag` to give as `If-Match`, without its quotes. Means nothing in a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16)]
    pub version: Option<String>,
    /// Whether staff are reminded while a reader's visual mode lasts.
    #[schema(pattern = "^(on|off)$")]
    pub visual_reminder: String,
    /// Minutes after which the visual mode ends by itself.
    #[serde(deserialize_with = "crate::whole::number")]
    #[schema(minimum = 1, maximum = 240)]
    pub visual_return_minutes: u16,
}

impl From<&FacilitySettings> for Settings {
    fn from(it: &FacilitySettings) -> Self {
        let text = |setting: Use| setting.as_str().to_owned();
        Self {
            checkups: text(it.checkups),
            drugs: text(it.drugs),
            electronic_prescriptions: text(it.electronic_prescriptions),
            face_policy: it.face_policy.as_str().into(),
            medical_subsidy: text(it.medical_subsidy),
            prescription_question: text(it.prescription_question),
            surgery: text(it.surgery),
            treatment: text(it.treatment),
            version: None,
            visual_reminder: text(it.visual_reminder),
            visual_return_minutes: it.visual_return_minutes,
        }
    }
}

impl Settings {
    /// The settings in the words of `domain`.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong.
    pub fn read(&self) -> Result<FacilitySettings, Vec<MemberError>> {
        let mut errors = Vec::new();
        let defaults = FacilitySettings::default();
        let mut used = |member: &str, text: &str, default: Use| {
            Use::parse(text).unwrap_or_else(|| {
                errors.push(on_or_off(member));
                default
            })
        };
        let mut settings = FacilitySettings {
            checkups: used("checkups", &self.checkups, defaults.checkups),
            drugs: used("drugs", &self.drugs, defaults.drugs),
            treatment: used("treatment", &self.treatment, defaults.treatment),
            surgery: used("surgery", &self.surgery, defaults.surgery),
            electronic_prescriptions: used(
                "electronic_prescriptions",
                &self.electronic_prescriptions,
                defaults.electronic_prescriptions,
            ),
            prescription_question: used(
                "prescription_question",
                &self.prescription_question,
                defaults.prescription_question,
            ),
            medical_subsidy: used(
                "medical_subsidy",
                &self.medical_subsidy,
                defaults.medical_subsidy,
            ),
            visual_reminder: used(
                "visual_reminder",
                &self.visual_reminder,
                defaults.visual_reminder,
            ),
            ..defaults
        };
        match FacePolicy::parse(&self.face_policy) {
            Some(policy) => settings.face_policy = policy,
            None => errors.push(MemberError::new(
                "face_policy",
                "unknown",
                "face_policy は face_assist か face_auto です。",
                "face_policy is face_assist or face_auto.",
            )),
        }
        if (1..=LONGEST_RETURN_MINUTES).contains(&self.visual_return_minutes) {
            settings.visual_return_minutes = self.visual_return_minutes;
        } else {
            errors.push(return_minutes("visual_return_minutes"));
        }
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors)
        }
    }
}

fn on_or_off(member: &str) -> MemberError {
    MemberError::new(
        member,
        "unknown",
        "on か off を指定してください。",
        "Give on or off.",
    )
}

/// Minutes of the visual mode that are not between 1 and 240.
#[must_use]
pub fn return_minutes(member: &str) -> MemberError {
    MemberError::new(
        member,
        "range",
        "自動で無人運転に戻るまでの時間は、1分から240分の間で指定してください。",
        "Minutes until the reader is unattended again are between 1 and 240.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_back_as_written_and_every_wrong_member_is_named() {
        let settings = FacilitySettings::default();
        assert_eq!(Settings::from(&settings).read(), Ok(settings));
        let wrong = Settings {
            drugs: "yes".into(),
            face_policy: "never".into(),
            visual_return_minutes: 0,
            ..Settings::from(&settings)
        };
        let named: Vec<String> = wrong
            .read()
            .unwrap_err()
            .into_iter()
            .map(|error| error.member)
            .collect();
        assert_eq!(named, ["drugs", "face_policy", "visual_return_minutes"]);
    }
}
