//! Troubles of rotation, recovery and second factor, with their texts: what the person does now, and what the engineer looks at.

use super::Texts;

/// Why something about who gets in is not possible so, or not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessTrouble {
    /// A rotation of the account is under way.
    RotationOpen,
    /// Several PCs use the account.
    RotationShared,
    /// No rotation is under way, or another one.
    NoRotation,
    /// The recovery code is not the account's, or was used; or there is no such account.
    RecoveryRefused,
    /// The session is open to the proof of the second factor alone.
    SecondFactorNeeded,
    /// The facility requires a second factor, and the account has none.
    SecondFactorMissing,
    /// The proof does not fit, or was used before.
    SecondFactorWrong,
    /// The last second factor cannot be removed where one is required.
    SecondFactorLast,
    /// The session asks for no second factor.
    NoSecondFactorAsked,
    /// The browser's passkey does not fit what was asked.
    PasskeyRefused,
}

impl AccessTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        match self {
            Self::RotationOpen => (
                "rotation_open",
                409,
                (
                    "このアカウントの切り替えは既に始まっています。機器の応答を待つか、取りやめてからやり直してください。",
                    "A rotation of this account is under way. Wait for the device, or take it back and begin anew.",
                ),
                (
                    "完了していない切り替えがあります。",
                    "the account has a rotation that is not done",
                ),
            ),
            Self::RotationShared => (
                "rotation_shared",
                409,
                (
                    "このアカウントは複数の端末で使われています。切り替えると他の端末が使えなくなるため、端末ごとにアカウントを分けてから行ってください。",
                    "Several PCs use this account. A rotation would cut the others off: give each PC an account of its own first.",
                ),
                (
                    "複数の電子証明書で開いたセッションがあります。",
                    "sessions of the account were opened with several client certificates",
                ),
            ),
            Self::NoRotation => (
                "no_rotation",
                409,
                (
                    "このアカウントの切り替えは行われていません。最新の状態を確認してください。",
                    "No rotation of this account is under way. Please look at its state.",
                ),
                (
                    "その番号の切り替えはないか、終わっています。",
                    "there is no such rotation under way",
                ),
            ),
            Self::RecoveryRefused => (
                "recovery_refused",
                401,
                (
                    "ユーザーIDか復旧コードが違うか、使用済みです。紙の別のコードを確かめてください。紙がないときは、管理アカウントはマスタアカウントに、マスタアカウントは運営者に再設定を依頼してください。",
                    "User ID or recovery code is wrong, or the code was used. Look at another code on your paper. Without it an administrator asks the master, and the master asks the operator, for a reset.",
                ),
                (
                    "復旧コードで再設定できるのはマスタと管理アカウントです。",
                    "a recovery code resets the password of a master or an administrator alone",
                ),
            ),
            Self::SecondFactorNeeded => (
                "second_factor_needed",
                403,
                (
                    "二要素目の確認が必要です。認証アプリのコードかパスキーで確認してください。",
                    "Your second factor is needed: the code of your application, or your passkey.",
                ),
                (
                    "このセッションでは二要素目がまだ確認されていません。POST /v1/sessions/current/second-factor で確認します。",
                    "this session has not proved the account's second factor: POST /v1/sessions/current/second-factor does",
                ),
            ),
            Self::SecondFactorMissing => (
                "second_factor_missing",
                403,
                (
                    "この施設では二要素認証が必要です。認証アプリかパスキーを登録すると続けられます。",
                    "This facility requires a second factor. Add an authenticator application or a passkey to go on.",
                ),
                (
                    "設定 second_factor は required で、このアカウントには二要素目がありません。",
                    "the setting second_factor is required and the account has none",
                ),
            ),
            Self::SecondFactorWrong => (
                "second_factor_wrong",
                401,
                (
                    "確認できませんでした。コードは1回しか使えません。次のコードが表示されるのを待つか、時計を確かめて、もう一度お試しください。",
                    "That could not be confirmed. A code is good once: wait for the next one, look at the clock, and try again.",
                ),
                (
                    "証明が合わないか、使用済みです。",
                    "the proof does not fit, or was used before",
                ),
            ),
            Self::SecondFactorLast => (
                "second_factor_last",
                409,
                (
                    "この施設では二要素認証が必要なため、最後の1つは削除できません。先に別のものを登録してください。",
                    "This facility requires a second factor, so the last one cannot be removed. Add another one first.",
                ),
                (
                    "設定 second_factor は required です。",
                    "the setting second_factor is required",
                ),
            ),
            Self::NoSecondFactorAsked => (
                "no_second_factor_asked",
                409,
                (
                    "二要素目の確認は求められていません。もう一度ログインしてください。",
                    "No second factor is asked for. Please sign in again.",
                ),
                (
                    "このセッションは二要素目を待っていません。",
                    "the session does not wait for a second factor",
                ),
            ),
            Self::PasskeyRefused => (
                "passkey_refused",
                422,
                (
                    "パスキーを登録できませんでした。この画面からもう一度お試しください。",
                    "The passkey could not be added. Please try again from this page.",
                ),
                (
                    "ブラウザーの応答が要求と合わないか、期限が過ぎました。",
                    "the browser's answer does not fit what was asked, or came too late",
                ),
            ),
        }
    }
}
