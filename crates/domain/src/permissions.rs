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
    /// Read the results of checks by card, as they are delivered.
    ReadCardResults,
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
    /// View in ambulance mode, where the account has the right (OQSCD043) and its facility opted in.
    ViewInAmbulance,
    /// Medical information on pages.
    ViewMedicalPages,
    /// Drugs and checkups by machine.
    ReadMedicalByMachine,
    /// Messages of receipt computers and records, by file or Web API; what each does needs its own right.
    SendMessages,
    /// Register and edit accounts; which, says `AccountKind::manages`.
    ManageAccounts,
    /// Edit the facility's settings.
    EditSettings,
    /// Read the facility's settings.
    ReadSettings,
    /// Hear of what happens at the facility, as far as the account's other rights go.
    ReceiveEvents,
    /// Change one's own password by hand.
    ChangeOwnPassword,
    /// Change one's own secret as a machine, when an administrator asked for it (G05).
    RotateOwnSecret,
    /// Prove one's second factor at sign-in.
    ProveSecondFactor,
    /// One's own recovery codes, second factors and sign-ins.
    ManageOwnAccess,
    /// Withdraw a patient's consent to medical information for the facility (閲覧同意取消).
    WithdrawConsent,
    /// Search who of the facility looked at medical information (閲覧記録).
    ReadLooks,
    /// Home and remote care (G32): whom it was agreed with, and their eligibility at a later visit.
    HomeCare,
    /// Addresses, activation codes and devices of home and remote care.
    ManageHomeCare,
    /// Make filings (届出) for the claims entry, and read them. Handing claims in is a claims account's alone.
    FileForClaims,
}

impl Action {
    /// All actions, in the order of the printed matrix.
    pub const ALL: [Self; 25] = [
        Self::AskByNumber,
        Self::AskByCard,
        Self::ReadCardResults,
        Self::ReadHistory,
        Self::AskInBulk,
        Self::ControlReader,
        Self::AskInOutage,
        Self::ViewInDisaster,
        Self::ViewInAmbulance,
        Self::ViewMedicalPages,
        Self::ReadMedicalByMachine,
        Self::SendMessages,
        Self::ManageAccounts,
        Self::EditSettings,
        Self::ReadSettings,
        Self::ReceiveEvents,
        Self::ChangeOwnPassword,
        Self::RotateOwnSecret,
        Self::ProveSecondFactor,
        Self::ManageOwnAccess,
        Self::WithdrawConsent,
        Self::ReadLooks,
        Self::HomeCare,
        Self::ManageHomeCare,
        Self::FileForClaims,
    ];

    fn label(self) -> &'static str {
        match self {
            Self::AskByNumber => "check by number",
            Self::AskByCard => "check by card",
            Self::ReadCardResults => "results of checks by card",
            Self::ReadHistory => "history",
            Self::AskInBulk => "bulk, reference numbers",
            Self::ControlReader => "reader control",
            Self::AskInOutage => "outage check",
            Self::ViewInDisaster => "disaster view",
            Self::ViewInAmbulance => "ambulance view, with the right",
            Self::ViewMedicalPages => "medical pages",
            Self::ReadMedicalByMachine => "drugs and checkups by machine",
            Self::SendMessages => "messages of receipt computers",
            Self::ManageAccounts => "accounts",
            Self::EditSettings => "settings",
            Self::ReadSettings => "read settings",
            Self::ReceiveEvents => "events",
            Self::ChangeOwnPassword => "own password",
            Self::RotateOwnSecret => "own secret, when asked",
            Self::ProveSecondFactor => "second factor",
            Self::ManageOwnAccess => "own recovery, factors, sign-ins",
            Self::WithdrawConsent => "withdraw consent",
            Self::ReadLooks => "who looked",
            Self::HomeCare => "home and remote care",
            Self::ManageHomeCare => "addresses and devices of home care",
            Self::FileForClaims => "filings for claims",
        }
    }
}

/// True when an account of this kind may do this (requirements, "Rights by account").
///
/// ```
/// use domain::{account::AccountKind, permissions::{Action, allows}};
/// assert!(allows(AccountKind::Reader, Action::AskByCard));
/// assert!(!allows(AccountKind::Reader, Action::AskByNumber));
/// ```
#[must_use]
pub fn allows(kind: AccountKind, action: Action) -> bool {
    rights(kind).contains(&action)
}

fn rights(kind: AccountKind) -> &'static [Action] {
    use Action as A;
    match kind {
        AccountKind::Master => &[
            A::ManageAccounts,
            A::ReadSettings,
            A::ChangeOwnPassword,
            A::ProveSecondFactor,
            A::ManageOwnAccess,
        ],
        AccountKind::Administrator => &[
            A::AskByNumber,
            A::AskByCard,
            A::ReadCardResults,
            A::ReadHistory,
            A::AskInBulk,
            A::ControlReader,
            A::AskInOutage,
            A::ViewInDisaster,
            A::ViewMedicalPages,
            A::ManageAccounts,
            A::EditSettings,
            A::ReadSettings,
            A::ReceiveEvents,
            A::ChangeOwnPassword,
            A::ProveSecondFactor,
            A::ManageOwnAccess,
            A::WithdrawConsent,
            A::ReadLooks,
            A::HomeCare,
            A::ManageHomeCare,
            A::FileForClaims,
        ],
        AccountKind::General => &[
            A::AskByNumber,
            A::AskByCard,
            A::ReadCardResults,
            A::ReadHistory,
            A::AskInBulk,
            A::ControlReader,
            A::ReadSettings,
            A::ReceiveEvents,
            A::ChangeOwnPassword,
            A::ProveSecondFactor,
            A::ManageOwnAccess,
            A::WithdrawConsent,
            A::HomeCare,
        ],
        AccountKind::MedicalViewer => &[
            A::AskByNumber,
            A::AskByCard,
            A::ReadCardResults,
            A::ReadHistory,
            A::AskInBulk,
            A::ControlReader,
            A::AskInOutage,
            A::ViewInDisaster,
            A::ViewInAmbulance,
            A::ViewMedicalPages,
            A::ReadSettings,
            A::ReceiveEvents,
            A::ChangeOwnPassword,
            A::ProveSecondFactor,
            A::ManageOwnAccess,
            A::WithdrawConsent,
            A::HomeCare,
        ],
        AccountKind::LinkApp | AccountKind::WebApi => &[
            A::AskByNumber,
            A::ReadCardResults,
            A::AskInBulk,
            A::ReadMedicalByMachine,
            A::SendMessages,
            A::ReadSettings,
            A::ReceiveEvents,
            A::RotateOwnSecret,
        ],
        AccountKind::Reader => &[
            A::AskByCard,
            A::ReadSettings,
            A::ReceiveEvents,
            A::RotateOwnSecret,
        ],
    }
}

/// An entry of the main screen (G12). The terminal shows those that have a page.
///
/// ```
/// use domain::permissions::MenuEntry;
/// assert_eq!(MenuEntry::History.label_ja(), "資格確認履歴照会");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MenuEntry {
    /// 「保険証/処方箋で確認」.
    CheckByNumber,
    /// 「顔認証付きカードリーダー操作」.
    ReaderControl,
    /// 「資格確認履歴照会」.
    History,
    /// 一括照会・照会番号; our wording.
    Bulk,
    /// 訪問診療等・オンライン診療等 (G32).
    HomeCare,
    /// 「医療情報確認」.
    MedicalInformation,
    /// 閲覧記録: who looked; our wording.
    Looks,
    /// 緊急時・災害時.
    Emergency,
    /// 緊急時の練習; our wording.
    Training,
    /// 「アカウント管理（登録）」.
    Accounts,
    /// 『パスワード変更』.
    Password,
    /// 環境設定情報更新.
    Settings,
    /// 「オンライン請求」 (G33); its sign-in is its own.
    Claims,
    /// お知らせ; our wording.
    Notices,
    /// マニュアル (G36); our wording.
    Manuals,
    /// 手続き (G41); our wording.
    Procedures,
    /// サポート; our wording.
    Support,
}

/// Whether a mode is open to the facility (G28): an outage or a disaster by a window, ambulance mode where it takes part.
///
/// ```
/// use domain::permissions::EmergencyMode;
/// assert_ne!(EmergencyMode::Open, EmergencyMode::Closed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmergencyMode {
    /// It is open now.
    Open,
    /// It is not, as on most days.
    Closed,
}

impl MenuEntry {
    /// All entries in the order of the screen.
    pub const ALL: [Self; 17] = [
        Self::CheckByNumber,
        Self::ReaderControl,
        Self::History,
        Self::Bulk,
        Self::HomeCare,
        Self::MedicalInformation,
        Self::Looks,
        Self::Emergency,
        Self::Training,
        Self::Accounts,
        Self::Password,
        Self::Settings,
        Self::Claims,
        Self::Notices,
        Self::Manuals,
        Self::Procedures,
        Self::Support,
    ];

    /// The guide's words, or ours where it has none.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::CheckByNumber => "保険証/処方箋で確認",
            Self::ReaderControl => "顔認証付きカードリーダー操作",
            Self::History => "資格確認履歴照会",
            Self::Bulk => "一括照会・照会番号",
            Self::HomeCare => "訪問診療等・オンライン診療等",
            Self::MedicalInformation => "医療情報確認",
            Self::Looks => "閲覧記録",
            Self::Emergency => "緊急時・災害時",
            Self::Training => "緊急時の練習",
            Self::Accounts => "アカウント管理（登録）",
            Self::Password => "パスワード変更",
            Self::Settings => "環境設定情報更新",
            Self::Claims => "オンライン請求",
            Self::Notices => "お知らせ",
            Self::Manuals => "マニュアル",
            Self::Procedures => "手続き",
            Self::Support => "サポート",
        }
    }

    /// English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::CheckByNumber => "Check by insurance card or prescription",
            Self::ReaderControl => "Control the face reader",
            Self::History => "History of checks",
            Self::Bulk => "Bulk checks and reference numbers",
            Self::HomeCare => "Home and remote care",
            Self::MedicalInformation => "Medical information",
            Self::Looks => "Who looked",
            Self::Emergency => "Emergencies",
            Self::Training => "Practise for emergencies",
            Self::Accounts => "Manage accounts",
            Self::Password => "Change password",
            Self::Settings => "Settings of the facility",
            Self::Claims => "Claims entry",
            Self::Notices => "Notices",
            Self::Manuals => "Manuals",
            Self::Procedures => "Procedures",
            Self::Support => "Support",
        }
    }

    /// True when an account of this kind sees the entry; machines see no screen.
    fn is_for(self, kind: AccountKind) -> bool {
        let by_right = |action| allows(kind, action) && !kind.is_system();
        match self {
            Self::CheckByNumber => by_right(Action::AskByNumber),
            Self::ReaderControl => by_right(Action::ControlReader),
            Self::History => by_right(Action::ReadHistory),
            Self::Bulk => by_right(Action::AskInBulk),
            Self::HomeCare => by_right(Action::HomeCare),
            Self::MedicalInformation => by_right(Action::ViewMedicalPages),
            Self::Looks => by_right(Action::ReadLooks),
            Self::Emergency | Self::Training => {
                by_right(Action::AskInOutage) || by_right(Action::ViewInDisaster)
            }
            Self::Accounts => by_right(Action::ManageAccounts),
            Self::Password => by_right(Action::ChangeOwnPassword),
            Self::Settings => by_right(Action::EditSettings),
            // The master does no reception work, so only the way to help remains for it.
            Self::Claims | Self::Notices | Self::Manuals | Self::Procedures => {
                !kind.is_system() && kind != AccountKind::Master
            }
            Self::Support => !kind.is_system(),
        }
    }

    /// What else the entry hangs on, for the printed table.
    fn condition(self) -> &'static str {
        match self {
            Self::ReaderControl => "not in home-visit nursing",
            Self::Emergency => "only while a mode is open",
            Self::CheckByNumber
            | Self::History
            | Self::Bulk
            | Self::HomeCare
            | Self::MedicalInformation
            | Self::Looks
            | Self::Training
            | Self::Accounts
            | Self::Password
            | Self::Settings
            | Self::Claims
            | Self::Notices
            | Self::Manuals
            | Self::Procedures
            | Self::Support => "",
        }
    }
}

/// The entries an account sees at a facility of a kind (requirements, "Main screen by account").
///
/// ```
/// use domain::{account::AccountKind, facility_kind::FacilityKind};
/// use domain::permissions::{EmergencyMode, MenuEntry, menu};
/// let master = menu(AccountKind::Master, FacilityKind::Medical, EmergencyMode::Closed);
/// assert_eq!(master, [MenuEntry::Accounts, MenuEntry::Password, MenuEntry::Support]);
/// ```
#[must_use]
pub fn menu(kind: AccountKind, facility: FacilityKind, emergency: EmergencyMode) -> Vec<MenuEntry> {
    let fits = |entry: &MenuEntry| match entry {
        MenuEntry::ReaderControl => facility.differences().has_reader,
        MenuEntry::Emergency => emergency == EmergencyMode::Open,
        MenuEntry::CheckByNumber
        | MenuEntry::History
        | MenuEntry::Bulk
        | MenuEntry::HomeCare
        | MenuEntry::MedicalInformation
        | MenuEntry::Looks
        | MenuEntry::Training
        | MenuEntry::Accounts
        | MenuEntry::Password
        | MenuEntry::Settings
        | MenuEntry::Claims
        | MenuEntry::Notices
        | MenuEntry::Manuals
        | MenuEntry::Procedures
        | MenuEntry::Support => true,
    };
    let shown = MenuEntry::ALL.into_iter();
    shown
        .filter(|entry| entry.is_for(kind))
        .filter(fits)
        .collect()
}

/// The main screen as a Markdown table: the second part of `docs/permissions.md`.
///
/// ```
/// assert!(domain::permissions::menu_markdown().contains("資格確認履歴照会"));
/// ```
#[must_use]
pub fn menu_markdown() -> String {
    let people = || AccountKind::ALL.into_iter().filter(|it| !it.is_system());
    let mut out = String::from("| entry | English |");
    for kind in people() {
        out.push_str(&format!(" {} |", kind.label_ja()));
    }
    out.push_str(" condition |\n|---|---|");
    out.push_str(&"---|".repeat(people().count() + 1));
    for entry in MenuEntry::ALL {
        out.push_str(&format!(
            "\n| {} | {} |",
            entry.label_ja(),
            entry.label_en()
        ));
        for kind in people() {
            let cell = match (entry, entry.is_for(kind)) {
                (_, false) => "–".to_owned(),
                (MenuEntry::Accounts, true) => managed(kind),
                (_, true) => "√".to_owned(),
            };
            out.push_str(&format!(" {cell} |"));
        }
        out.push_str(&format!(" {} |", entry.condition()));
    }
    out.push('\n');
    out
}

/// The kinds an account manages, in Japanese.
fn managed(kind: AccountKind) -> String {
    let kinds = AccountKind::ALL.into_iter();
    let labels: Vec<&str> = kinds
        .filter(|other| kind.manages(*other))
        .map(AccountKind::label_ja)
        .collect();
    labels.join("、")
}

/// The matrix as a Markdown table: the first part of `docs/permissions.md`.
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
    fn the_printed_tables_are_those_in_the_docs() {
        let docs = include_str!("../../../docs/permissions.md");
        for table in [matrix_markdown(), menu_markdown()] {
            assert!(docs.contains(&table), "print it anew:\n{table}");
        }
    }

    #[test]
    fn the_main_screen_depends_on_the_kind_of_facility_and_on_the_emergency_mode() {
        use EmergencyMode::{Closed, Open};
        let sees =
            |kind, facility, emergency, entry| menu(kind, facility, emergency).contains(&entry);
        let (general, viewer) = (AccountKind::General, AccountKind::MedicalViewer);
        let (clinic, nursing) = (FacilityKind::Medical, FacilityKind::HomeNursing);
        assert!(sees(general, clinic, Closed, MenuEntry::ReaderControl));
        assert!(!sees(general, nursing, Closed, MenuEntry::ReaderControl));
        assert!(sees(viewer, clinic, Open, MenuEntry::Emergency));
        assert!(!sees(viewer, clinic, Closed, MenuEntry::Emergency));
        assert!(!sees(general, clinic, Open, MenuEntry::Emergency));
        // Practice is there while nothing is open, and for whoever may use a mode alone.
        assert!(sees(viewer, clinic, Closed, MenuEntry::Training));
        assert!(!sees(general, clinic, Closed, MenuEntry::Training));
    }

    #[test]
    fn a_machine_sees_no_main_screen() {
        for kind in AccountKind::ALL.into_iter().filter(|it| it.is_system()) {
            assert_eq!(menu(kind, FacilityKind::Medical, EmergencyMode::Open), []);
        }
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
    fn only_the_two_machines_of_the_link_send_messages() {
        for kind in AccountKind::ALL {
            let links = matches!(kind, AccountKind::LinkApp | AccountKind::WebApi);
            assert_eq!(allows(kind, Action::SendMessages), links, "{kind:?}");
            assert_eq!(allows(kind, Action::ReadMedicalByMachine), links);
        }
    }

    #[test]
    fn a_reader_reads_no_results() {
        for action in [
            Action::ReadCardResults,
            Action::ReadHistory,
            Action::ControlReader,
        ] {
            assert!(!allows(AccountKind::Reader, action), "{action:?}");
        }
    }

    #[test]
    fn no_system_account_changes_its_password_by_hand() {
        for kind in AccountKind::ALL {
            assert_eq!(allows(kind, Action::ChangeOwnPassword), !kind.is_system());
            assert_eq!(allows(kind, Action::RotateOwnSecret), kind.is_system());
            assert_eq!(allows(kind, Action::ManageOwnAccess), !kind.is_system());
            assert_eq!(allows(kind, Action::ProveSecondFactor), !kind.is_system());
        }
    }
}
