//! Messages of practice (練習): the made-up patients to practise with. All else of a practice are the messages of the modes themselves. Of real
//! people nothing stands here.

use serde::{Deserialize, Serialize};

/// Answer of `GET /v1/training/patients`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrainingPatients {
    /// The patients, in the order of the scenes.
    pub patients: Vec<TrainingPatient>,
}

/// A patient who does not exist, with all that may be told of them at a reception.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrainingPatient {
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Birth date, `yyyy-MM-dd`.
    #[schema(format = "date")]
    pub birth_date: String,
    /// Branch number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The card they bring, as ambulance mode takes it; none where they bring none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_check: Option<String>,
    /// Insurer number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insurer_number: Option<String>,
    /// Reading of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// The mode the scene is about: `disaster`, `outage` or `ambulance`.
    #[schema(pattern = "^(disaster|outage|ambulance)$")]
    pub mode: String,
    /// Name as registered.
    pub name: String,
    /// Number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// How they come in, in English.
    pub scene_en: String,
    /// How they come in, in Japanese.
    pub scene_ja: String,
    /// Sex: `1` male, `2` female.
    #[schema(pattern = "^[12]$")]
    pub sex: String,
    /// Symbol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
}
