//! Accounts of a facility (G01, G04, G05): kinds, identifiers, who manages whom. Holds no password.

pub mod grounds;

use core::fmt;

/// Kind of account at the center (G01).
///
/// ```
/// use domain::account::AccountKind;
/// assert_eq!(AccountKind::parse("medical_viewer"), Some(AccountKind::MedicalViewer));
/// assert!(AccountKind::LinkApp.is_system());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// マスタアカウント: manages administrators.
    Master,
    /// 管理アカウント: manages the others and the facility's settings.
    Administrator,
    /// 一般アカウント: eligibility checks.
    General,
    /// 医療情報閲覧アカウント: checks and medical information.
    MedicalViewer,
    /// 連携アプリ用: the link app.
    LinkApp,
    /// WebAPI用: receipt computers and records by Web API.
    WebApi,
    /// 顔認証用: one face reader.
    Reader,
}

impl AccountKind {
    /// All kinds, in the order of the matrix.
    pub const ALL: [Self; 7] = [
        Self::Master,
        Self::Administrator,
        Self::General,
        Self::MedicalViewer,
        Self::LinkApp,
        Self::WebApi,
        Self::Reader,
    ];

    /// The name in messages and settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Administrator => "administrator",
            Self::General => "general",
            Self::MedicalViewer => "medical_viewer",
            Self::LinkApp => "link_app",
            Self::WebApi => "web_api",
            Self::Reader => "reader",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The name in Japanese.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Master => "マスタ",
            Self::Administrator => "管理",
            Self::General => "一般",
            Self::MedicalViewer => "医療情報閲覧",
            Self::LinkApp => "連携アプリ用",
            Self::WebApi => "WebAPI用",
            Self::Reader => "顔認証用",
        }
    }

    /// The name in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Administrator => "administrator",
            Self::General => "general",
            Self::MedicalViewer => "medical viewer",
            Self::LinkApp => "link app",
            Self::WebApi => "Web API",
            Self::Reader => "reader",
        }
    }

    /// True for the kinds machines use; their ID and password are not changed by hand (G05).
    #[must_use]
    pub fn is_system(self) -> bool {
        matches!(self, Self::LinkApp | Self::WebApi | Self::Reader)
    }

    /// True when an account of this kind registers and edits accounts of kind `other` (G04).
    ///
    /// ```
    /// use domain::account::AccountKind;
    /// assert!(AccountKind::Master.manages(AccountKind::Administrator));
    /// assert!(!AccountKind::Master.manages(AccountKind::General));
    /// ```
    #[must_use]
    pub fn manages(self, other: Self) -> bool {
        match self {
            Self::Master => other == Self::Administrator,
            Self::Administrator => !matches!(other, Self::Master | Self::Administrator),
            Self::General | Self::MedicalViewer | Self::LinkApp | Self::WebApi | Self::Reader => {
                false
            }
        }
    }

    /// What would break if a system account were changed by hand, in Japanese and English (G05); `None` for a person's.
    ///
    /// ```
    /// use domain::account::AccountKind;
    /// assert!(AccountKind::Reader.breaks_when_changed().is_some());
    /// assert!(AccountKind::General.breaks_when_changed().is_none());
    /// ```
    #[must_use]
    pub fn breaks_when_changed(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Master | Self::Administrator | Self::General | Self::MedicalViewer => None,
            Self::LinkApp => Some((
                "レセコンと連携できなくなり、保険証等の資格確認や薬剤情報の確認ができません。復旧には再設定工事の費用がかかります。",
                "The receipt computer is cut off: no checks of insurance cards and no drug information there. Repair means paid re-installation.",
            )),
            Self::WebApi => Some((
                "レセコンや電子カルテがWeb APIで接続できなくなります。復旧には再設定工事の費用がかかります。",
                "The receipt computer or record is cut off from the Web API. Repair means paid re-installation.",
            )),
            Self::Reader => Some((
                "顔認証付きカードリーダーが利用できなくなります。復旧には再設定工事の費用がかかります。",
                "The face reader stops. Repair means paid re-installation.",
            )),
        }
    }
}

/// Identifier of an account within its facility: 1 to 32 letters, digits, `.`, `_` or `-`; capital and small letters
/// differ. Our rule: no official one is known (operations §1.1).
///
/// ```
/// use domain::account::AccountId;
/// assert!(AccountId::parse("uketsuke-1").is_ok());
/// assert!(AccountId::parse("受付").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// Why a text is no [`AccountId`].
///
/// ```
/// use domain::account::{AccountId, InvalidAccountId};
/// assert_eq!(AccountId::parse("受付"), Err(InvalidAccountId::Character('受')));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccountId {
    /// Empty or longer than 32 characters.
    #[error("not 1 to 32 characters")]
    Length,
    /// A character that is not a letter, a digit, `.`, `_` or `-`.
    #[error("a character that is not a letter, a digit, '.', '_' or '-': {0:?}")]
    Character(char),
}

impl AccountId {
    /// Reads an identifier.
    ///
    /// # Errors
    /// [`InvalidAccountId`].
    pub fn parse(text: &str) -> Result<Self, InvalidAccountId> {
        let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(c) = text.chars().find(|c| !fits(c)) {
            return Err(InvalidAccountId::Character(c));
        }
        if text.is_empty() || 32 < text.len() {
            return Err(InvalidAccountId::Length);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an account may be used.
///
/// ```
/// use domain::account::AccountState;
/// assert_eq!(AccountState::parse("disabled"), Some(AccountState::Disabled));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountState {
    /// It may.
    Active,
    /// It may not; its history stays.
    Disabled,
}

impl AccountState {
    /// The name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Disabled]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}
