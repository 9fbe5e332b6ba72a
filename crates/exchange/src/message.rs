//! The messages that are read and answered, by the prefix of their files (interface §1.2), and those known by name alone.

use domain::admission::WorkClass;

use crate::tables::{
    Holds, Known, Part, Row, bulk, bulk_check, checkup_information, consented_list,
    drug_information, medical_information, reference_number, single_check,
};

/// A message: a request and its answer.
///
/// ```
/// use exchange::message::Message;
/// assert_eq!(Message::from_prefix("OQSsiquc01"), Some(Message::SingleCheck));
/// assert_eq!(Message::Drugs.prefix(), "YZKsiquc01");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// 資格確認: one eligibility by card data.
    SingleCheck,
    /// 照会番号登録: one reference number.
    ReferenceNumber,
    /// 資格確認一括照会, sent.
    BulkCheck,
    /// 資格確認一括照会, its result.
    BulkCheckResult,
    /// 照会番号一括登録, sent.
    BulkReferenceNumbers,
    /// 照会番号一括登録, its result.
    BulkReferenceNumbersResult,
    /// 医療扶助 委託患者一括照会, sent.
    MedicalAidList,
    /// 医療扶助 委託患者一括照会, its result.
    MedicalAidListResult,
    /// 訪問診療等 同意者一括照会, sent.
    HomeVisitList,
    /// 訪問診療等 同意者一括照会, its result.
    HomeVisitListResult,
    /// オンライン診療等 同意者一括照会, sent.
    OnlineList,
    /// オンライン診療等 同意者一括照会, its result.
    OnlineListResult,
    /// 薬剤情報・診療情報.
    Drugs,
    /// 特定健診情報.
    Checkups,
}

/// A message whose name is known and whose shape is not: it is neither read nor answered, and no shape was made up for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedOnly {
    /// The prefix.
    pub prefix: &'static str,
    /// What it is for, in Japanese.
    pub ja: &'static str,
    /// What it is for, in English.
    pub en: &'static str,
}

/// Messages known by name alone (interface §1.2, §9).
pub const NAMED_ONLY: [NamedOnly; 8] = [
    named(
        "OQSsihvq01",
        "資格確認（訪問診療等）",
        "check at a home visit",
    ),
    named(
        "OQSsionq01",
        "資格確認（オンライン診療等）",
        "check in remote care",
    ),
    named(
        "OQSsihvd01",
        "閲覧同意取り消し（訪問診療等）",
        "withdrawal of a viewing consent (home visits)",
    ),
    named(
        "OQSsiurl01",
        "医療機関アクセスURL取得",
        "the facility's access address",
    ),
    named("OQSsiinq01", "環境設定情報照会", "settings, asked for"),
    named("OQSsiupd01", "環境設定情報更新", "settings, changed"),
    named(
        "CIPsiquc01",
        "電子カルテ情報共有",
        "shared clinical records",
    ),
    named("PMHsimsm", "医療費助成", "medical subsidies"),
];

const fn named(prefix: &'static str, ja: &'static str, en: &'static str) -> NamedOnly {
    NamedOnly { prefix, ja, en }
}

/// The largest file of a single message, in bytes.
pub const MOST_BYTES: usize = 1 << 20;

/// The largest file of a message with many lines, in bytes: 10,000 lines of the longest values fit.
pub const MOST_BYTES_IN_BULK: usize = 16 << 20;

impl Message {
    /// Every message, in the interface's order.
    pub const ALL: [Self; 14] = [
        Self::SingleCheck,
        Self::ReferenceNumber,
        Self::BulkCheck,
        Self::BulkCheckResult,
        Self::BulkReferenceNumbers,
        Self::BulkReferenceNumbersResult,
        Self::MedicalAidList,
        Self::MedicalAidListResult,
        Self::HomeVisitList,
        Self::HomeVisitListResult,
        Self::OnlineList,
        Self::OnlineListResult,
        Self::Drugs,
        Self::Checkups,
    ];

    /// The prefix of its files, without `req` or `res`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::SingleCheck => "OQSsiquc01",
            Self::ReferenceNumber => "OQSsiimm01",
            Self::BulkCheck => "OQSmuquc01",
            Self::BulkCheckResult => "OQSmuquc02",
            Self::BulkReferenceNumbers => "OQSmuimm01",
            Self::BulkReferenceNumbersResult => "OQSmuimm02",
            Self::MedicalAidList => "OQSmutic01",
            Self::MedicalAidListResult => "OQSmutic02",
            Self::HomeVisitList => "OQSmuhvq01",
            Self::HomeVisitListResult => "OQSmuhvq02",
            Self::OnlineList => "OQSmuonq01",
            Self::OnlineListResult => "OQSmuonq02",
            Self::Drugs => "YZKsiquc01",
            Self::Checkups => "TKKsiquc01",
        }
    }

    /// What it is for, in Japanese.
    #[must_use]
    pub const fn ja(self) -> &'static str {
        match self {
            Self::SingleCheck => "資格確認",
            Self::ReferenceNumber => "照会番号登録",
            Self::BulkCheck => "資格確認一括照会（受付）",
            Self::BulkCheckResult => "資格確認一括照会（結果）",
            Self::BulkReferenceNumbers => "照会番号一括登録（受付）",
            Self::BulkReferenceNumbersResult => "照会番号一括登録（結果）",
            Self::MedicalAidList => "医療扶助 委託患者一括照会（受付）",
            Self::MedicalAidListResult => "医療扶助 委託患者一括照会（結果）",
            Self::HomeVisitList => "訪問診療等 同意者一括照会（受付）",
            Self::HomeVisitListResult => "訪問診療等 同意者一括照会（結果）",
            Self::OnlineList => "オンライン診療等 同意者一括照会（受付）",
            Self::OnlineListResult => "オンライン診療等 同意者一括照会（結果）",
            Self::Drugs => "薬剤情報・診療情報",
            Self::Checkups => "特定健診情報",
        }
    }

    /// What it is for, in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::SingleCheck => "single check",
            Self::ReferenceNumber => "registration of a reference number",
            Self::BulkCheck => "bulk check (acceptance)",
            Self::BulkCheckResult => "bulk check (result)",
            Self::BulkReferenceNumbers => "bulk registration of reference numbers (acceptance)",
            Self::BulkReferenceNumbersResult => "bulk registration of reference numbers (result)",
            Self::MedicalAidList => "list of medical aid (acceptance)",
            Self::MedicalAidListResult => "list of medical aid (result)",
            Self::HomeVisitList => "list of home visits (acceptance)",
            Self::HomeVisitListResult => "list of home visits (result)",
            Self::OnlineList => "list of remote care (acceptance)",
            Self::OnlineListResult => "list of remote care (result)",
            Self::Drugs => "drugs and treatment",
            Self::Checkups => "health checkups",
        }
    }

    /// The message of a prefix, letter by letter.
    #[must_use]
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.prefix() == prefix)
    }

    /// True where no client shows the shape and it was only inferred. Of none today: what the reference gives no shape is in
    /// [`NAMED_ONLY`].
    #[must_use]
    pub fn is_inferred(self) -> bool {
        let inferred = |half: &Row| match half.holds {
            Holds::Group(rows) => rows.iter().all(|row| row.known == Known::Inferred),
            Holds::Value | Holds::Values | Holds::Groups(_) => false,
        };
        self.request_rows().iter().any(inferred)
    }

    /// True where it asks for the result of a bulk order.
    #[must_use]
    pub const fn is_for_result(self) -> bool {
        match self {
            Self::BulkCheckResult
            | Self::BulkReferenceNumbersResult
            | Self::MedicalAidListResult
            | Self::HomeVisitListResult
            | Self::OnlineListResult => true,
            Self::SingleCheck
            | Self::ReferenceNumber
            | Self::BulkCheck
            | Self::BulkReferenceNumbers
            | Self::MedicalAidList
            | Self::HomeVisitList
            | Self::OnlineList
            | Self::Drugs
            | Self::Checkups => false,
        }
    }

    /// True where it is about a list of people who consented, or whose medical aid was entrusted: its order and its result.
    #[must_use]
    pub const fn is_consented_list(self) -> bool {
        match self {
            Self::MedicalAidList
            | Self::MedicalAidListResult
            | Self::HomeVisitList
            | Self::HomeVisitListResult
            | Self::OnlineList
            | Self::OnlineListResult => true,
            Self::SingleCheck
            | Self::ReferenceNumber
            | Self::BulkCheck
            | Self::BulkCheckResult
            | Self::BulkReferenceNumbers
            | Self::BulkReferenceNumbersResult
            | Self::Drugs
            | Self::Checkups => false,
        }
    }

    /// True where it or its answer may have thousands of lines.
    #[must_use]
    pub const fn has_many_lines(self) -> bool {
        match self {
            Self::BulkCheck
            | Self::BulkCheckResult
            | Self::BulkReferenceNumbers
            | Self::BulkReferenceNumbersResult
            | Self::MedicalAidListResult
            | Self::HomeVisitListResult
            | Self::OnlineListResult => true,
            Self::SingleCheck
            | Self::ReferenceNumber
            | Self::MedicalAidList
            | Self::HomeVisitList
            | Self::OnlineList
            | Self::Drugs
            | Self::Checkups => false,
        }
    }

    /// The largest request read, in bytes.
    #[must_use]
    pub const fn most_bytes(self) -> usize {
        match self {
            Self::BulkCheck | Self::BulkReferenceNumbers => MOST_BYTES_IN_BULK,
            Self::SingleCheck
            | Self::ReferenceNumber
            | Self::BulkCheckResult
            | Self::BulkReferenceNumbersResult
            | Self::MedicalAidList
            | Self::MedicalAidListResult
            | Self::HomeVisitList
            | Self::HomeVisitListResult
            | Self::OnlineList
            | Self::OnlineListResult
            | Self::Drugs
            | Self::Checkups => MOST_BYTES,
        }
    }

    /// How long it may wait for other work: what asks for one person is a check, what has many lines is not.
    #[must_use]
    pub const fn work_class(self) -> WorkClass {
        match self {
            Self::SingleCheck | Self::ReferenceNumber => WorkClass::Check,
            Self::Drugs | Self::Checkups => WorkClass::Pages,
            Self::BulkCheck
            | Self::BulkCheckResult
            | Self::BulkReferenceNumbers
            | Self::BulkReferenceNumbersResult
            | Self::MedicalAidList
            | Self::MedicalAidListResult
            | Self::HomeVisitList
            | Self::HomeVisitListResult
            | Self::OnlineList
            | Self::OnlineListResult => WorkClass::Bulk,
        }
    }

    /// The table of its request: header and body, with all below them.
    #[must_use]
    pub fn request_rows(self) -> &'static [Row] {
        match self {
            Self::SingleCheck => single_check::Request::ROWS,
            Self::ReferenceNumber => reference_number::Request::ROWS,
            Self::BulkCheck => bulk_check::Request::ROWS,
            Self::BulkReferenceNumbers => reference_number::BulkRequest::ROWS,
            Self::MedicalAidList => consented_list::MedicalAidRequest::ROWS,
            Self::HomeVisitList => consented_list::HomeVisitRequest::ROWS,
            Self::OnlineList => consented_list::OnlineRequest::ROWS,
            Self::BulkCheckResult
            | Self::BulkReferenceNumbersResult
            | Self::MedicalAidListResult
            | Self::HomeVisitListResult
            | Self::OnlineListResult => bulk::ResultRequest::ROWS,
            Self::Drugs => medical_information::DrugRequest::ROWS,
            Self::Checkups => medical_information::CheckupRequest::ROWS,
        }
    }

    /// The table of its answer.
    #[must_use]
    pub fn answer_rows(self) -> &'static [Row] {
        match self {
            Self::SingleCheck => single_check::Answer::ROWS,
            Self::ReferenceNumber => reference_number::Answer::ROWS,
            Self::BulkCheck
            | Self::BulkReferenceNumbers
            | Self::MedicalAidList
            | Self::HomeVisitList
            | Self::OnlineList => bulk::Accepted::ROWS,
            Self::BulkReferenceNumbersResult => reference_number::BulkResult::ROWS,
            Self::BulkCheckResult
            | Self::MedicalAidListResult
            | Self::HomeVisitListResult
            | Self::OnlineListResult => bulk_check::BulkResult::ROWS,
            Self::Drugs => drug_information::Answer::ROWS,
            Self::Checkups => checkup_information::Answer::ROWS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_is_for_agrees_with_its_prefix() {
        for message in Message::ALL {
            let prefix = message.prefix();
            let is_for_result = prefix.ends_with("02");
            assert_eq!(message.is_for_result(), is_for_result, "{prefix}");
            let lists = ["OQSmutic", "OQSmuhvq", "OQSmuonq"];
            let is_list = lists.iter().any(|it| prefix.starts_with(it));
            assert_eq!(message.is_consented_list(), is_list, "{prefix}");
            // An order of a list has one line, its result many.
            let many = prefix.starts_with("OQSmu") && (is_for_result || !is_list);
            assert_eq!(message.has_many_lines(), many, "{prefix}");
        }
    }
}
