//! The message of notices to facilities (お知らせ, G36). Not the issue notice of a certificate.

use domain::posted_notice::PostedNotice;
use serde::{Deserialize, Serialize};

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notice {
    /// Its text in English, with line feeds; absent where it was written in Japanese alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_en: Option<String>,
    /// Its text in Japanese, with line feeds.
    pub body_ja: String,
    /// Its identifier.
    #[schema(format = "uuid")]
    pub id: String,
    /// `ordinary` or `important`.
    #[schema(pattern = "^(ordinary|important)$")]
    pub importance: String,
    /// When it was posted: RFC 3339, UTC.
    pub posted_at: String,
    /// Its title in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// Its title in Japanese.
    pub title_ja: String,
    /// The last day, in Japan, on which it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    pub until: Option<String>,
}

/// Answer of `GET /v1/notices`: what the certificate's facility reads now, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notices {
    /// The notices.
    pub notices: Vec<Notice>,
}

impl From<&PostedNotice> for Notice {
    fn from(it: &PostedNotice) -> Self {
        let english = it.english.as_ref();
        Self {
            body_en: english.map(|it| it.body().to_owned()),
            body_ja: it.japanese.body().to_owned(),
            id: uuid::Uuid::from_u128(it.id).to_string(),
            importance: it.importance.as_str().into(),
            posted_at: it.posted.to_string(),
            title_en: english.map(|it| it.title().to_owned()),
            title_ja: it.japanese.title().to_owned(),
            until: it.until.map(|it| it.to_string()),
        }
    }
}
