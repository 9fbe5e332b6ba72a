//! The set-up sheet (ヒアリングシート, G35, guide-data §8): its sections and lines, which of them the system fills and which the facility.
//! Unlike the guide's it has no place for a password.

use crate::named::named;

named! {
    /// A section; the guide's tabs.
    ///
    /// ```
    /// use domain::setup_sheet::Section;
    /// assert_eq!(Section::Pc.title().0, "1. PC設定");
    /// ```
    Section {
        /// 0.ヒアリング全体.
        Whole = "whole";
        /// 1.PC設定.
        Pc = "pc";
        /// 2.顔認証付カードリーダー.
        Reader = "reader";
        /// 3.配置図.
        Layout = "layout";
        /// 4.システム構成図.
        System = "system";
        /// 5.ルータ設定1: devices.
        Router = "router";
        /// 5.ルータ設定2: line and addresses.
        Line = "line";
    }
}

named! {
    /// A line the facility fills by hand.
    ///
    /// ```
    /// use domain::setup_sheet::Entry;
    /// assert_eq!(Entry::parse("sealed_sheet_place"), Some(Entry::SealedSheetPlace));
    /// ```
    Entry {
        /// Where the sealed credential sheet is kept.
        SealedSheetPlace = "sealed_sheet_place";
        /// Where the backup of the certificate is kept.
        BackupPlace = "backup_place";
        /// Name of the PC in the network.
        PcName = "pc_name";
        /// Its address.
        PcAddress = "pc_address";
        /// Address of the reader.
        ReaderAddress = "reader_address";
        /// Address of the receipt computer.
        ReceiptComputerAddress = "receipt_computer_address";
        /// Folders shared with the receipt computer.
        SharedFolders = "shared_folders";
        /// Address of the router.
        RouterAddress = "router_address";
        /// Who keeps the router's settings and password.
        RouterKeeper = "router_keeper";
        /// Kind of line.
        LineKind = "line_kind";
        /// Number of the line's contract.
        LineContract = "line_contract";
        /// Anything else.
        Remarks = "remarks";
    }
}

named! {
    /// A line the system fills.
    ///
    /// ```
    /// use domain::setup_sheet::Known;
    /// assert_eq!(Known::TerminalUserPassword.as_str(), "terminal_user_password");
    /// ```
    Known {
        /// Institution code and name.
        Facility = "facility";
        /// Kind of facility.
        Kind = "kind";
        /// Whether there is a support contract.
        SupportContract = "support_contract";
        /// Who set it up.
        Installer = "installer";
        /// Whether results flow to the receipt computer.
        ResultsFlow = "results_flow";
        /// Whether the receipt computer asks by itself.
        ReceiptComputerAsks = "receipt_computer_asks";
        /// The terminal user's name.
        TerminalUser = "terminal_user";
        /// Never the password: where it is kept.
        TerminalUserPassword = "terminal_user_password";
        /// The administrator's ID.
        Administrator = "administrator";
        /// Never the password: where it is kept.
        AdministratorPassword = "administrator_password";
        /// The other accounts.
        Accounts = "accounts";
        /// The certificates of the PC.
        Certificates = "certificates";
        /// The screen lock.
        ScreenLock = "screen_lock";
        /// Readers by their accounts.
        ReaderAccounts = "reader_accounts";
        /// Address of the center.
        Center = "center";
        /// Fingerprint of its root certificate.
        Root = "root";
    }
}

/// A text in Japanese and in English.
pub type Both = (&'static str, &'static str);

/// Where a line's value comes from.
///
/// ```
/// use domain::setup_sheet::{Entry, Known, Source};
/// assert_ne!(Source::Known(Known::Facility), Source::Entry(Entry::Remarks));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The system knows it.
    Known(Known),
    /// The facility writes it.
    Entry(Entry),
}

/// A line: 設定項目, 詳細項目, デフォルト値, ヒアリング内容; its value is filled in.
///
/// ```
/// let lines = domain::setup_sheet::LINES;
/// assert!(lines.iter().all(|line| !line.item.0.is_empty()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub section: Section,
    /// What is set.
    pub item: Both,
    /// Which part of it.
    pub detail: Both,
    /// What it is when nobody says otherwise.
    pub default: Both,
    /// What to ask or to mind.
    pub explanation: Both,
    /// Where its value comes from.
    pub source: Source,
}

/// The most characters of an entry.
pub const ENTRY_CHARS: usize = 100;

/// Why a text is no entry.
///
/// ```
/// use domain::setup_sheet::{InvalidEntry, check_entry};
/// assert_eq!(check_entry("事務室の金庫"), Ok(()));
/// assert_eq!(check_entry("パスワード: Abc"), Err(InvalidEntry::Password));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntry {
    /// More than 100 characters.
    #[error("more than 100 characters")]
    TooLong,
    /// A line end or another control character.
    #[error("more than one line")]
    Control,
    /// It looks like a password that is written down.
    #[error("it looks like a password")]
    Password,
}

/// Checks an entry as typed; an empty one is none.
///
/// ```
/// use domain::setup_sheet::{InvalidEntry, check_entry};
/// assert_eq!(check_entry("一行目\n二行目"), Err(InvalidEntry::Control));
/// ```
///
/// # Errors
/// [`InvalidEntry`].
pub fn check_entry(text: &str) -> Result<(), InvalidEntry> {
    if ENTRY_CHARS < text.chars().count() {
        return Err(InvalidEntry::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidEntry::Control);
    }
    // The sheet lies open in the office: 「パスワード: …」 is refused wherever it stands.
    let lower = text.to_lowercase();
    let written = ["パスワード", "ﾊﾟｽﾜｰﾄﾞ", "password", "pw", "暗証番号"];
    let after = written.iter().filter_map(|word| lower.split_once(word));
    let assigns = |rest: &str| {
        let rest = rest.trim_start();
        rest.starts_with([':', '：', '=', '＝'])
    };
    if after.map(|(_, rest)| rest).any(assigns) {
        return Err(InvalidEntry::Password);
    }
    Ok(())
}

impl Section {
    /// Its title, with the guide's number.
    #[must_use]
    pub fn title(self) -> Both {
        match self {
            Self::Whole => ("0. ヒアリング全体", "0. The whole"),
            Self::Pc => ("1. PC設定", "1. PC"),
            Self::Reader => ("2. 顔認証付カードリーダー", "2. Face reader"),
            Self::Layout => ("3. 配置図", "3. Layout"),
            Self::System => ("4. システム構成図", "4. System"),
            Self::Router => ("5. ルータ設定1", "5. Router 1"),
            Self::Line => ("5. ルータ設定2", "5. Router 2"),
        }
    }
}

const fn line(section: Section, item: Both, detail: Both, source: Source) -> Line {
    Line {
        section,
        item,
        detail,
        default: ("", ""),
        explanation: ("", ""),
        source,
    }
}

impl Line {
    const fn by_default(mut self, default: Both) -> Self {
        self.default = default;
        self
    }

    const fn explained(mut self, explanation: Both) -> Self {
        self.explanation = explanation;
        self
    }
}

const WHERE_KEPT: Both = (
    "ここにはパスワードを書きません。封をした控えの保管場所を書きます",
    "no password is written here, only where the sealed sheet is kept",
);

/// Every line but those of devices, which the inventory fills, in order. The guide's own lines 3 and 4 of tab 1 are the terminal user's.
pub const LINES: &[Line] = &[
    line(
        Section::Whole,
        ("施設", "Facility"),
        ("医療機関コード・名称", "code and name"),
        Source::Known(Known::Facility),
    ),
    line(
        Section::Whole,
        ("施設", "Facility"),
        ("種別", "kind"),
        Source::Known(Known::Kind),
    ),
    line(
        Section::Whole,
        ("サポート契約", "Support contract"),
        ("有無・専用ダイヤル", "whether there is one, its number"),
        Source::Known(Known::SupportContract),
    )
    .explained(("専用ダイヤルは郵送で届きます", "the number arrives by post")),
    line(
        Section::Whole,
        ("設定業者", "Installer"),
        ("名称・電話", "name and number"),
        Source::Known(Known::Installer),
    ),
    line(
        Section::Whole,
        ("レセコン連携", "Receipt computer"),
        ("リーダーの結果が届く", "results of readers reach it"),
        Source::Known(Known::ResultsFlow),
    )
    .explained(("レセコンの担当業者に確かめる", "ask its vendor")),
    line(
        Section::Whole,
        ("レセコン連携", "Receipt computer"),
        ("レセコンから確認できる", "it can ask by itself"),
        Source::Known(Known::ReceiptComputerAsks),
    )
    .explained(("レセコンの担当業者に確かめる", "ask its vendor")),
    line(
        Section::Pc,
        ("PC設定事項", "PC"),
        ("コンピューター名", "name in the network"),
        Source::Entry(Entry::PcName),
    ),
    line(
        Section::Pc,
        ("PC設定事項", "PC"),
        ("IPアドレス", "address"),
        Source::Entry(Entry::PcAddress),
    )
    .by_default(("自動（DHCP）", "automatic (DHCP)")),
    line(
        Section::Pc,
        ("端末ユーザー（windowsアカウント）", "Terminal user"),
        ("ユーザ名", "name"),
        Source::Known(Known::TerminalUser),
    )
    .explained((
        "変更すると、自動更新と連携が止まります",
        "changing it by hand stops updates and link",
    )),
    line(
        Section::Pc,
        ("端末ユーザー（windowsアカウント）", "Terminal user"),
        ("パスワード", "password"),
        Source::Known(Known::TerminalUserPassword),
    )
    .explained(WHERE_KEPT),
    line(
        Section::Pc,
        ("管理アカウント", "Administrator account"),
        ("ユーザーID", "ID"),
        Source::Known(Known::Administrator),
    )
    .explained((
        "故障・PC追加・承継のときに必要です",
        "needed for a broken PC, a further PC, succession",
    )),
    line(
        Section::Pc,
        ("管理アカウント", "Administrator account"),
        ("パスワード", "password"),
        Source::Known(Known::AdministratorPassword),
    )
    .explained(WHERE_KEPT),
    line(
        Section::Pc,
        ("封をした控え", "Sealed sheet"),
        ("保管場所", "where it is kept"),
        Source::Entry(Entry::SealedSheetPlace),
    )
    .by_default(("施錠できる場所", "a place that locks")),
    line(
        Section::Pc,
        ("そのほかのアカウント", "Other accounts"),
        ("種類・ID", "kind and ID"),
        Source::Known(Known::Accounts),
    ),
    line(
        Section::Pc,
        ("電子証明書", "Certificate"),
        ("端末名・期限", "terminal and end"),
        Source::Known(Known::Certificates),
    )
    .by_default(("3年3か月", "3 years 3 months")),
    line(
        Section::Pc,
        ("電子証明書", "Certificate"),
        ("バックアップの保管場所", "where the backup is kept"),
        Source::Entry(Entry::BackupPlace),
    )
    .explained((
        "端末とは別の機器。専用のUSBメモリーを勧めます",
        "other hardware; best a stick kept for this alone",
    )),
    line(
        Section::Pc,
        ("画面ロック", "Screen lock"),
        ("呼び名・時間", "name and minutes"),
        Source::Known(Known::ScreenLock),
    )
    .by_default(("15分", "15 min")),
    line(
        Section::Reader,
        ("カードリーダー", "Reader"),
        ("顔認証用アカウント", "its account"),
        Source::Known(Known::ReaderAccounts),
    )
    .explained((
        "1台に1つ。手で変更しません",
        "one for each; not changed by hand",
    )),
    line(
        Section::Reader,
        ("カードリーダー", "Reader"),
        ("IPアドレス", "address"),
        Source::Entry(Entry::ReaderAddress),
    ),
    line(
        Section::System,
        ("センター", "Center"),
        ("アドレス", "address"),
        Source::Known(Known::Center),
    ),
    line(
        Section::System,
        ("センター", "Center"),
        ("ルート証明書 SHA-256", "SHA-256 of its root"),
        Source::Known(Known::Root),
    ),
    line(
        Section::System,
        ("レセコン", "Receipt computer"),
        ("IPアドレス", "address"),
        Source::Entry(Entry::ReceiptComputerAddress),
    ),
    line(
        Section::System,
        ("レセコン", "Receipt computer"),
        ("共有フォルダー（req・res・face）", "shared folders"),
        Source::Entry(Entry::SharedFolders),
    ),
    line(
        Section::Router,
        ("ルータ", "Router"),
        ("IPアドレス", "address"),
        Source::Entry(Entry::RouterAddress),
    ),
    line(
        Section::Router,
        ("ルータ", "Router"),
        (
            "設定とパスワードの管理者",
            "who keeps settings and password",
        ),
        Source::Entry(Entry::RouterKeeper),
    )
    .explained(("パスワードは書きません", "no password is written here")),
    line(
        Section::Line,
        ("回線", "Line"),
        ("種類", "kind"),
        Source::Entry(Entry::LineKind),
    )
    .explained((
        "変えるときは、オンライン請求の届出が必要なことがあります",
        "a change may need a filing for claims",
    )),
    line(
        Section::Line,
        ("回線", "Line"),
        ("契約番号（お客さまID）", "number of the contract"),
        Source::Entry(Entry::LineContract),
    ),
    line(
        Section::Line,
        ("備考", "Remarks"),
        ("", ""),
        Source::Entry(Entry::Remarks),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_and_every_known_line_stands_on_the_sheet_once() {
        let count = |source: Source| LINES.iter().filter(|it| it.source == source).count();
        for entry in Entry::ALL {
            assert_eq!(count(Source::Entry(*entry)), 1, "{entry:?}");
        }
        for known in Known::ALL {
            assert_eq!(count(Source::Known(*known)), 1, "{known:?}");
        }
    }

    #[test]
    fn a_password_that_is_written_down_is_refused_and_a_word_about_it_is_not() {
        for text in [
            "パスワード：Himitsu-1",
            "管理者 password = x",
            "pw:abc",
            "暗証番号: 1234",
        ] {
            assert_eq!(check_entry(text), Err(InvalidEntry::Password), "{text}");
        }
        for text in ["パスワードは金庫の封筒", "", "192.168.1.10", "フレッツ光"] {
            assert_eq!(check_entry(text), Ok(()), "{text}");
        }
        assert_eq!(check_entry("一\n二"), Err(InvalidEntry::Control));
        assert_eq!(check_entry(&"長".repeat(101)), Err(InvalidEntry::TooLong));
    }
}
