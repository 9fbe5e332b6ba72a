//! Values of a center's settings that earlier versions took, and that do not do what they seem to.

use center::config::LEAST_RENEWAL_DAYS;

use crate::config::{Look, names_key};

impl Look<'_> {
    /// Such values: the center starts with them.
    pub(super) fn earlier_values(&mut self, config: &center::config::Config) {
        for name in config.that_are_no_hosts() {
            self.remark(
                "host_names",
                &format!(
                    "「{name}」はホスト名として使いません（* の付いた名前は、サーバー証明書にだけ入ります）。ホスト名（center.example など）か IP アドレスを、https:// もポートも付けずに書いてください。* や日本語の名前は使えません。"
                ),
                &format!(
                    "{name:?} is left out (a name with * stands in the server certificate alone); write a host name such as center.example, or an IP address, without https:// and port; no *, and letters of ASCII alone"
                ),
            );
        }
        if config.certificates.has_too_few_days() {
            self.remark(
                "renewal_days",
                &format!(
                    "電子証明書を更新できる期間が短すぎるため、{LEAST_RENEWAL_DAYS} 日として扱います。{LEAST_RENEWAL_DAYS} 以上にしてください。"
                ),
                &format!(
                    "taken as {LEAST_RENEWAL_DAYS} days, since certificates could hardly be renewed; make it {LEAST_RENEWAL_DAYS} or more"
                ),
            );
        }
        if config.home.consent_days == Some(0) {
            self.remark(
                "consent_days",
                "0 のため、訪問診療等・オンライン診療等の同意は、同意した直後に終わります。1 以上にするか、取り消されるまで続けるならこの行を消してください。",
                "0: consents at home end as soon as they are given; make it 1 or more, or take the line out, and they last until withdrawn",
            );
        }
        for (kind, policy) in config.cards.policies.that_are_none() {
            // They stand on one line, or each on its own under `[cards.policies]`.
            let one_line = self.text.lines().any(|it| names_key(it, "policies"));
            let (cards, cards_ja) = match kind {
                "phone" => ("phones", "スマートフォン"),
                _ => ("plastic cards", "カード"),
            };
            self.remark(
                if one_line { "policies" } else { kind },
                &format!(
                    "「{policy}」はオブジェクト識別子（OID）ではないため、{cards_ja}はすべて受け付けません。1.3.6.1.4.1.32473.20.30 のように数字と点で書いてください。"
                ),
                &format!(
                    "{policy:?} is no object identifier (OID), so that all {cards} are refused; write numbers with dots such as 1.3.6.1.4.1.32473.20.30"
                ),
            );
        }
    }
}
