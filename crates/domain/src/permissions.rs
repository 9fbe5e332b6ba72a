//! Who may do what (G01) and what the main screen shows (G12), each as one table. Knows no route and no page.

use crate::account::AccountKind;
use crate::facility_kind::FacilityKind;

/// Something an account may or may not do: one per column of the matrix.
///
/// ```
/// use domain::{account::AccountKind, permissions::{Action, allows}};
/// assert!(allows(AccountKind::General, Action::AskByNumber));
/// assert!(!allows(AccountKind::Master, Action::AskByNumber));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Check by the data of an insurance card.
    AskByNumber,
    /// Check by card, and the patient's answers.
    AskByCard,
    /// Search and read the facility's checks.
    ReadHistory,
    /// Bulk checks and reference numbers.
    AskInBulk,
    /// Switch and watch the face reader.
    ControlReader,
    /// Check while the system is out of order.
    AskInOutage,
    /// Check and view in a disaster.
    ViewInDisaster,
    /// Medical information on pages.
    ViewMedicalPages,
    /// Drugs and checkups by machine.
    ReadMedicalByMachine,
    /// Register and edit accounts; which, says `AccountKind::manages`.
    ManageAccounts,
    /// Edit the facility's settings.
    EditSettings,
    /// Change one's own password by hand.
    ChangeOwnPassword,
}

impl Action {
    /// All actions, in the order of the printed matrix.
    pub const ALL: [Self; 12] = [
        Self::AskByNumber,
        Self::AskByCard,
        Self::ReadHistory,
        Self::AskInBulk,
        Self::ControlReader,
        Self::AskInOutage,
        Self::ViewInDisaster,
        Self::ViewMedicalPages,
        Self::ReadMedicalByMachine,
        Self::ManageAccounts,
        Self::EditSettings,
        Self::ChangeOwnPassword,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::AskByNumber => "check by number",
            Self::AskByCard => "check by card",
            Self::ReadHistory => "history",
            Self::AskInBulk => "bulk, reference numbers",
            Self::ControlReader => "reader control",
            Self::AskInOutage => "outage check",
            Self::ViewInDisaster => "disaster view",
            Self::ViewMedicalPages => "medical pages",
            Self::ReadMedicalByMachine => "drugs and checkups by machine",
            Self::ManageAccounts => "accounts",
            Self::EditSettings => "settings",
            Self::ChangeOwnPassword => "own password",
        }
    }
}

/// True when an account of this kind may do this (requirements, "Rights by account").
#[must_use]
pub fn allows(kind: AccountKind, action: Action) -> bool {
    rights(kind).contains(&action)
}

fn rights(kind: AccountKind) -> &'static [Action] {
    use Action as A;
    match kind {
        AccountKind::Master => &[A::ManageAccounts, A::ChangeOwnPassword],
        AccountKind::Administrator => &[
            A::AskByNumber,
            A::AskByCard,
            A::ReadHistory,
            A::AskInBulk,
            A::ControlReader,
            A::AskInOutage,
            A::ViewInDisaster,
            A::ViewMedicalPages,
            A::ManageAccounts,
            A::EditSettings,
            A::ChangeOwnPassword,
        ],
        AccountKind::General => &[
            A::AskByNumber,
            A::AskByCard,
            A::ReadHistory,
            A::AskInBulk,
            A::ControlReader,
            A::ChangeOwnPassword,
        ],
        AccountKind::MedicalViewer => &[
            A::AskByNumber,
            A::AskByCard,
            A::ReadHistory,
            A::AskInBulk,
            A::ControlReader,
            A::AskInOutage,
            A::ViewInDisaster,
            A::ViewMedicalPages,
            A::ChangeOwnPassword,
        ],
        AccountKind::LinkApp | AccountKind::WebApi => {
            &[A::AskByNumber, A::AskInBulk, A::ReadMedicalByMachine]
        }
        AccountKind::Reader => &[A::AskByCard],
    }
}

/// An entry of the main screen (G12). Only what works today is listed; later entries come with their issues.
///
/// ```
/// use domain::permissions::MenuEntry;
/// assert_eq!(MenuEntry::History.label_ja(), "資格確認履歴照会");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuEntry {
    /// 「保険証/処方箋で確認」.
    CheckByNumber,
    /// 「資格確認履歴照会」.
    History,
    /// 「アカウント管理（登録）」.
    Accounts,
    /// 『パスワード変更』.
    Password,
}

impl MenuEntry {
    /// All entries in the order of the screen.
    pub const ALL: [Self; 4] = [
        Self::CheckByNumber,
        Self::History,
        Self::Accounts,
        Self::Password,
    ];

    /// The guide's words.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::CheckByNumber => "保険証/処方箋で確認",
            Self::History => "資格確認履歴照会",
            Self::Accounts => "アカウント管理（登録）",
            Self::Password => "パスワード変更",
        }
    }

    /// English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::CheckByNumber => "Check by insurance card or prescription",
            Self::History => "History of checks",
            Self::Accounts => "Manage accounts",
            Self::Password => "Change password",
        }
    }

    fn action(self) -> Action {
        match self {
            Self::CheckByNumber => Action::AskByNumber,
            Self::History => Action::ReadHistory,
            Self::Accounts => Action::ManageAccounts,
            Self::Password => Action::ChangeOwnPassword,
        }
    }
}

/// The entries an account sees. No entry of today depends on the kind of facility; reader entries will.
///
/// ```
/// use domain::{account::AccountKind, facility_kind::FacilityKind, permissions::{MenuEntry, menu}};
/// let master = menu(AccountKind::Master, FacilityKind::Medical);
/// assert_eq!(master, [MenuEntry::Accounts, MenuEntry::Password]);
/// ```
#[must_use]
pub fn menu(kind: AccountKind, _facility: FacilityKind) -> Vec<MenuEntry> {
    let shown = MenuEntry::ALL.into_iter();
    shown.filter(|entry| allows(kind, entry.action())).collect()
}

/// The matrix as a Markdown table: the text of `docs/permissions.md`.
///
/// ```
/// assert!(domain::permissions::matrix_markdown().contains("| master |"));
/// ```
#[must_use]
pub fn matrix_markdown() -> String {
    let mut out = String::from("| account |");
    for action in Action::ALL {
        out.push_str(&format!(" {} |", action.label()));
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(Action::ALL.len()));
    for kind in AccountKind::ALL {
        out.push_str(&format!("\n| {} |", kind.label_en()));
        for action in Action::ALL {
            out.push_str(if allows(kind, action) {
                " √ |"
            } else {
                " – |"
            });
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_matrix_is_the_one_in_the_docs() {
        let docs = include_str!("../../../docs/permissions.md");
        assert!(
            docs.ends_with(&matrix_markdown()),
            "print it anew:\n{}",
            matrix_markdown()
        );
    }

    #[test]
    fn the_guides_cases_hold() {
        use AccountKind as K;
        assert!(!allows(K::Master, Action::ViewMedicalPages));
        assert!(allows(K::Administrator, Action::ViewInDisaster));
        for kind in [K::General, K::LinkApp, K::WebApi, K::Reader] {
            assert!(!allows(kind, Action::ViewInDisaster), "{kind:?}");
            assert!(!allows(kind, Action::AskInOutage), "{kind:?}");
        }
    }

    #[test]
    fn no_system_account_changes_its_password_by_hand() {
        for kind in AccountKind::ALL {
            assert_eq!(allows(kind, Action::ChangeOwnPassword), !kind.is_system());
        }
    }
}
