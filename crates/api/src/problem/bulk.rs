//! Troubles of bulk orders, with their texts and remedies.

use super::Texts;

/// Why there is no order, or no result of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BulkTrouble {
    /// The facility has as many unfinished orders as it may have.
    TooManyOpen,
    /// Not all of its lines have a result yet.
    NotFinished,
    /// Its results were kept for their time and are gone.
    NoLongerKept,
    /// Its results were fetched as often as they may be.
    FetchedTooOften,
    /// More people fit the list than a result may hold.
    ListTooLong,
}

impl BulkTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        match self {
            Self::TooManyOpen => (
                "bulk_too_many_open",
                429,
                (
                    "処理の終わっていない一括照会が多すぎます。終わるのを待ってから、もう一度お試しください。",
                    "Too many bulk orders are still being worked on. Please wait until they are done and try again.",
                ),
                (
                    "医療機関ごとの上限は center.toml の [link] most_open_orders です。",
                    "the limit for a facility is most_open_orders in [link] of center.toml",
                ),
            ),
            Self::NotFinished => (
                "bulk_not_finished",
                409,
                (
                    "まだ処理中です。しばらくしてからもう一度取得してください。",
                    "It is still being worked on. Please fetch the result a little later.",
                ),
                (
                    "GET /v1/bulk-checks/{id} の state が done になってから取得します。",
                    "fetch it once the state of GET /v1/bulk-checks/{id} is done",
                ),
            ),
            Self::NoLongerKept => (
                "bulk_no_longer_kept",
                410,
                (
                    "結果の保存期間を過ぎました。もう一度照会してください。",
                    "The result is no longer kept. Please ask anew.",
                ),
                (
                    "保存日数は center.toml の [link] results_kept_days です。",
                    "results are kept for results_kept_days in [link] of center.toml",
                ),
            ),
            Self::FetchedTooOften => (
                "bulk_fetched_too_often",
                409,
                (
                    "この結果を取得できる回数の上限に達しました。保存した結果を使うか、もう一度照会してください。",
                    "The result was fetched as often as it may be. Use the saved one, or ask anew.",
                ),
                (
                    "回数の上限は center.toml の [link] most_downloads です。",
                    "the limit is most_downloads in [link] of center.toml",
                ),
            ),
            Self::ListTooLong => (
                "bulk_list_too_long",
                409,
                (
                    "該当する方が上限を超えたため、一覧を作れませんでした。期間を短くして、もう一度照会してください。",
                    "More people fit than a list may hold. Please ask for a shorter period.",
                ),
                (
                    "件数の上限は center.toml の [link] most_lines です。",
                    "the limit is most_lines in [link] of center.toml",
                ),
            ),
        }
    }
}
