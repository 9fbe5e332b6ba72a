//! Troubles of the three modes, with their texts and remedies.

use super::Texts;

/// Why nothing is done without a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmergencyTrouble {
    /// The mode is not open for the facility now. It says nothing of anybody who was looked for.
    Closed,
    /// No search of this account by this identifier found anybody lately.
    UnknownSearch,
    /// The account searched too often.
    TooManySearches,
    /// The facility's accounts together searched too often.
    TooManySearchesHere,
    /// The facility takes no part in ambulance mode.
    AmbulanceNotHere,
    /// The account has no right to ambulance mode.
    AmbulanceRight,
    /// No second factor was proved in this session.
    AmbulanceFactor,
    /// A card is needed: searches by data are not allowed in ambulance mode.
    AmbulanceCard,
}

impl EmergencyTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        match self {
            Self::Closed => (
                "emergency_closed",
                403,
                (
                    "この機能は、いまこの施設では開放されていません。通常の方法（マイナンバーカードまたは資格確認書）で確認してください。",
                    "This mode is not open for your facility now. Please use the usual ways: the card, or the insurance data.",
                ),
                (
                    "この施設とこの機能に、いま有効な開放（期間と地域）がありません。",
                    "no emergency window of this mode is open for the facility now",
                ),
            ),
            Self::UnknownSearch => (
                "unknown_search",
                404,
                (
                    "検索の結果は、いま使えません。もう一度検索してください（検索から10分以内、検索した本人だけが使えます）。",
                    "The search cannot be used now. Please search again: its result is good for ten minutes, for whoever searched.",
                ),
                (
                    "このアカウントのこの機能の検索で、10分以内に1名が特定されたものではありません。",
                    "not a search of this account and mode that found one person within ten minutes",
                ),
            ),
            Self::TooManySearches => (
                "too_many_searches",
                429,
                (
                    "検索の回数が上限に達しました。時間をおいてください。急ぐときは別の権限のあるアカウントを使い、運用者に連絡してください。",
                    "Too many searches. Please wait. If it is urgent, use another account with the right and tell the operator.",
                ),
                (
                    "retry_after_s 秒後に再試行してください。上限は設定 emergency.searches_per_hour です。",
                    "try again after retry_after_s seconds; the limit is the setting emergency.searches_per_hour",
                ),
            ),
            Self::TooManySearchesHere => (
                "too_many_searches_here",
                429,
                (
                    "施設全体の検索の回数が上限に達しました。時間をおいてください。急ぐときは運用者に連絡してください。ほかのアカウントでも検索できません。",
                    "Too many searches by your facility. Please wait. If it is urgent, tell the operator; other accounts of the facility cannot search either.",
                ),
                (
                    "retry_after_s 秒後に再試行してください。上限は設定 emergency.searches_per_hour_of_facility です。",
                    "try again after retry_after_s seconds; the limit is the setting emergency.searches_per_hour_of_facility",
                ),
            ),
            Self::AmbulanceNotHere => (
                "ambulance_not_here",
                403,
                (
                    "この施設では救急時医療情報閲覧を利用できません。管理アカウントの方は環境設定を、対象の医療機関かどうかは運用者にご確認ください。",
                    "Your facility does not take part in ambulance mode. An administrator can look at the settings; whether it is among the facilities, the operator knows.",
                ),
                (
                    "医科で、運用者の一覧にあり、設定 ambulance がオンの施設だけが使えます。",
                    "only medical facilities on the operator's list whose setting ambulance is on",
                ),
            ),
            Self::AmbulanceRight => (
                "ambulance_right_missing",
                403,
                (
                    "このアカウントには救急時閲覧権限がありません。管理アカウントの方に付与を依頼してください。",
                    "This account lacks the right to ambulance mode. Please ask your administrator for it.",
                ),
                (
                    "アカウントの救急時閲覧権限（OQSCD043）が 0 です。",
                    "the account's right (OQSCD043) is 0",
                ),
            ),
            Self::AmbulanceFactor => (
                "ambulance_factor_needed",
                403,
                (
                    "救急時医療情報閲覧には二要素認証が必要です。認証アプリのコードかパスキーで確認してください。",
                    "Ambulance mode needs a second factor: the code of your application, or your passkey.",
                ),
                (
                    "このセッションで二要素目が確認されていません（POST /v1/sessions/current/second-factor）。",
                    "no second factor was proved in this session (POST /v1/sessions/current/second-factor)",
                ),
            ),
            Self::AmbulanceCard => (
                "ambulance_card_needed",
                403,
                (
                    "救急時医療情報閲覧では、この施設で24時間以内に読み取ったマイナンバーカードの確認が必要です。",
                    "Ambulance mode needs a check of the patient's card made at this facility within the last 24 hours.",
                ),
                (
                    "データによる検索は設定 emergency.ambulance_by_data がオンのときだけです。",
                    "searches by data need the setting emergency.ambulance_by_data",
                ),
            ),
        }
    }
}
