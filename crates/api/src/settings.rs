//! The message of a facility's settings (環境設定情報), and the way between it and `domain`.

use domain::facility_settings::{FacilitySettings, InvalidSetting};
use serde::{Deserialize, Serialize};

use crate::problem::MemberError;

/// Answer of `GET /v1/settings` and body of `PUT /v1/settings`: all of them, each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether the facility opted in to ambulance mode: `on` or `off`.
    #[serde(default = "off")]
    #[schema(pattern = "^(on|off)$")]
    pub ambulance: String,
    /// 特定健診情報: `on` or `off`.
    #[schema(pattern = "^(on|off)$")]
    pub checkups: String,
    /// 薬剤情報.
    #[schema(pattern = "^(on|off)$")]
    pub drugs: String,
    /// Whether electronic prescriptions are introduced.
    #[schema(pattern = "^(on|off)$")]
    pub electronic_prescriptions: String,
    /// What a comparison of faces by a reader is worth: `face_assist` (staff confirm) or `face_auto`. Counts for readers of other makers
    /// that are enrolled as comparing them; the kiosk of this software does not yet.
    #[schema(pattern = "^(face_assist|face_auto)$")]
    pub face_policy: String,
    /// Whether machines may read treatment (診療情報) of patients who agreed.
    #[schema(pattern = "^(on|off)$")]
    pub link_may_read_treatment: String,
    /// Whether the facility is linked with medical subsidies (医療費助成).
    #[schema(pattern = "^(on|off)$")]
    pub medical_subsidy: String,
    /// Which forms of prescription there are where electronic ones are introduced: only where both are, the patient is asked.
    #[schema(pattern = "^(both|electronic_only|paper_only)$")]
    pub prescription_forms: String,
    /// Whether the prescription question is asked at the reader.
    #[schema(pattern = "^(on|off)$")]
    pub prescription_question: String,
    /// Whether the receipt computer can ask by itself, as its vendor says.
    #[schema(pattern = "^(yes|no|not_asked)$")]
    pub receipt_computer_asks: String,
    /// Whether results of readers flow to the receipt computer, as its vendor says.
    #[schema(pattern = "^(yes|no|not_asked)$")]
    pub results_flow: String,
    /// Whether people sign in with a second factor: `off`, `offered` to whoever has one, or `required` of everybody.
    #[schema(pattern = "^(off|offered|required)$")]
    pub second_factor: String,
    /// 手術情報.
    #[schema(pattern = "^(on|off)$")]
    pub surgery: String,
    /// 診療情報.
    #[schema(pattern = "^(on|off)$")]
    pub treatment: String,
    /// Full hours in Japan, such as `6-22`, outside of which a sign-in is pointed out to its person; the same hour twice is the whole day.
    #[schema(pattern = "^([0-9]|1[0-9]|2[0-3])-([0-9]|1[0-9]|2[0-3])$")]
    pub usual_hours: String,
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

/// One setting that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingChange {
    /// Its value since.
    pub became: String,
    /// Name of the setting, as in [`Settings`].
    pub setting: String,
    /// Its value before.
    pub was: String,
}

/// What one save changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingsChange {
    /// ID of the account that saved.
    pub account: String,
    /// When: RFC 3339, UTC.
    pub at: String,
    /// What was changed.
    pub settings: Vec<SettingChange>,
    /// The version it made.
    pub version: String,
}

/// Answer of `GET /v1/settings/history`: the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettingsHistory {
    /// The changes.
    pub changes: Vec<SettingsChange>,
    /// To give as `before` for those before these; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Query of `GET /v1/settings/history`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsHistoryQuery {
    /// Only changes that made an earlier version than this.
    pub before: Option<String>,
}

impl From<&FacilitySettings> for Settings {
    fn from(it: &FacilitySettings) -> Self {
        Self {
            ambulance: it.ambulance.as_str().into(),
            checkups: it.checkups.as_str().into(),
            drugs: it.drugs.as_str().into(),
            electronic_prescriptions: it.electronic_prescriptions.as_str().into(),
            face_policy: it.face_policy.as_str().into(),
            link_may_read_treatment: it.link_may_read_treatment.as_str().into(),
            medical_subsidy: it.medical_subsidy.as_str().into(),
            prescription_forms: it.prescription_forms.as_str().into(),
            prescription_question: it.prescription_question.as_str().into(),
            receipt_computer_asks: it.receipt_computer_asks.as_str().into(),
            results_flow: it.results_flow.as_str().into(),
            second_factor: it.second_factor.as_str().into(),
            surgery: it.surgery.as_str().into(),
            treatment: it.treatment.as_str().into(),
            usual_hours: it.usual_hours.to_text(),
            version: None,
            visual_reminder: it.visual_reminder.as_str().into(),
            visual_return_minutes: it.visual_return_minutes,
        }
    }
}

impl Settings {
    /// Every member but the version by its name, with its value.
    #[must_use]
    pub fn values(&self) -> [(&'static str, String); 17] {
        [
            ("ambulance", self.ambulance.clone()),
            ("checkups", self.checkups.clone()),
            ("drugs", self.drugs.clone()),
            (
                "electronic_prescriptions",
                self.electronic_prescriptions.clone(),
            ),
            ("face_policy", self.face_policy.clone()),
            (
                "link_may_read_treatment",
                self.link_may_read_treatment.clone(),
            ),
            ("medical_subsidy", self.medical_subsidy.clone()),
            ("prescription_forms", self.prescription_forms.clone()),
            ("prescription_question", self.prescription_question.clone()),
            ("receipt_computer_asks", self.receipt_computer_asks.clone()),
            ("results_flow", self.results_flow.clone()),
            ("second_factor", self.second_factor.clone()),
            ("surgery", self.surgery.clone()),
            ("treatment", self.treatment.clone()),
            ("usual_hours", self.usual_hours.clone()),
            ("visual_reminder", self.visual_reminder.clone()),
            (
                "visual_return_minutes",
                self.visual_return_minutes.to_string(),
            ),
        ]
    }

    /// The settings in the words of `domain`.
    ///
    /// # Errors
    /// One [`MemberError`] for every member that is wrong.
    pub fn read(&self) -> Result<FacilitySettings, Vec<MemberError>> {
        let mut errors = Vec::new();
        let mut settings = FacilitySettings::default();
        for (member, value) in self.values() {
            match settings.with(member, &value) {
                Ok(with) => settings = with,
                Err(InvalidSetting::Name | InvalidSetting::Value) => errors.push(wrong(member)),
            }
        }
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors)
        }
    }
}

/// Of a sender that does not know the setting yet.
fn off() -> String {
    "off".into()
}

/// A member with a value that its setting has not.
fn wrong(member: &str) -> MemberError {
    let (ja, en) = match member {
        "visual_return_minutes" => return return_minutes(member),
        "second_factor" => (
            "second_factor は off、offered、required のどれかです。",
            "second_factor is off, offered or required.",
        ),
        "usual_hours" => (
            "usual_hours は 6-22 のような0〜23時の組です。",
            "usual_hours are two hours from 0 to 23, such as 6-22.",
        ),
        "face_policy" => (
            "face_policy は face_assist か face_auto です。",
            "face_policy is face_assist or face_auto.",
        ),
        "prescription_forms" => (
            "prescription_forms は both か electronic_only か paper_only です。",
            "prescription_forms is both, electronic_only or paper_only.",
        ),
        "receipt_computer_asks" | "results_flow" => (
            "yes か no か not_asked を指定してください。",
            "Give yes, no or not_asked.",
        ),
        _ => ("on か off を指定してください。", "Give on or off."),
    };
    MemberError::new(member, "unknown", ja, en)
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
