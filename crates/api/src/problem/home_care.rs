//! Troubles of home care, with their texts. What an outsider could ask about - an address, an account, a code - is refused in one way, whatever
//! of it is wrong.

use super::Texts;

/// Why something at a device of home care is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HomeTrouble {
    /// No facility has this address, or none any more.
    Address,
    /// Address, account and code do not go together, or the code is worth nothing.
    Activation,
    /// The proof is not of a device that is known, not about this request, or was shown before.
    Proof,
    /// The device's clock is off.
    Clock,
    /// Nothing is agreed with whom the identifier leads to, or nothing any more.
    NotAgreed,
    /// No page waits under these characters.
    Join,
}

impl HomeTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        match self {
            Self::Address => (
                "home_address_unknown",
                404,
                (
                    "このアドレスは使えません。医療機関等に、今のアドレス（QRコード）を確かめてください。",
                    "This address leads nowhere. Ask the facility for its address (QR code) of now.",
                ),
                (
                    "有効なアドレスではありません（存在しない、または新しいアドレスに替わりました）。",
                    "no address in force; it never was, or another took its place",
                ),
            ),
            Self::Activation => (
                "home_activation_refused",
                403,
                (
                    "アドレス、ユーザーID、アクティベーションコードの組み合わせを確かめてください。コードは24時間以内に1回だけ使え、5回間違えると使えなくなります。使えないときは、端末で新しいコードを発行してください。",
                    "Check the address, the user ID and the activation code. A code is good once within 24 hours, and not after five wrong tries. If it is refused, issue a new one on the terminal.",
                ),
                (
                    "アドレス、アカウント、コード、有効時間、回数、鍵のどれが違うかは回答しません。",
                    "which of address, account, code, time, tries and key is wrong is not told",
                ),
            ),
            Self::Proof => (
                "home_proof_refused",
                401,
                (
                    "この機器は登録されていないか、登録が終わっています。端末で確かめ、必要なら登録し直してください。",
                    "This device is not registered, or no longer. Look on the terminal, and register it again if need be.",
                ),
                (
                    "Onshi-Proof が、登録済みの機器の鍵による、この要求への、初めて使う証明ではありません。",
                    "Onshi-Proof is not a proof of a registered device's key about this request, used for the first time",
                ),
            ),
            Self::Clock => (
                "home_clock",
                401,
                (
                    "機器の日時が正しくありません。日時を直してください。",
                    "The clock of this device is wrong. Set date and time.",
                ),
                (
                    "証明の iat がセンターの時刻（Onshi-Time）と120秒より離れています。",
                    "the proof's iat differs from the center's time (Onshi-Time) by more than 120 seconds",
                ),
            ),
            Self::NotAgreed => (
                "home_not_agreed",
                404,
                (
                    "この患者さんの同意は、登録されていないか、取り消されています。カードで確認し直してください。",
                    "Nothing is agreed with this patient, or the consent was withdrawn. Check by card again.",
                ),
                (
                    "有効な同意がありません（存在しない、他の施設のもの、取り消し済み、期限切れ）。",
                    "no consent in force: unknown, of another facility, withdrawn, or over",
                ),
            ),
            Self::Join => (
                "home_join_unknown",
                409,
                (
                    "その受付番号で待っている画面がありません。画面の番号を確かめるか、画面を開き直してください。",
                    "No page waits under this number. Look at the number on the page, or open the page again.",
                ),
                (
                    "join の画面は、存在しない、他の施設のもの、終わった、または使用済みです。",
                    "the page of join is unknown, of another facility, over, or was joined before",
                ),
            ),
        }
    }
}
