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
        }
    }
}
