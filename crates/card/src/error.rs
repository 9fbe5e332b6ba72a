//! Everything that can go wrong at a card, each with what to do. Names no person, no PIN and no content of the card.

use crate::apdu::Status;
use crate::card_face::FaceError;
use crate::pin::Tries;
use crate::reader::LinkError;
use crate::terminal::TerminalRefused;

/// Why a command of the desk, or a step below it, did not succeed. After each of them the card holds no verified PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The way to the card failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Another card lies there than the one the command was meant for.
    #[error(
        "別のカードに置き換えられました。最初からやり直してください。 / another card was laid on the reader; start again"
    )]
    Exchanged,
    /// What lies there is no My Number card: it has no JPKI application.
    #[error(
        "マイナンバーカードではありません。マイナンバーカードを置いてください。 / this is not a My Number card; lay a My Number card on the reader"
    )]
    NotMyNumberCard,
    /// The PIN was wrong.
    #[error(
        "暗証番号が違います。あと{left}回で使えなくなります。 / the PIN is wrong; {left} tries are left"
    )]
    PinWrong {
        /// What is left.
        left: Tries,
    },
    /// The PIN is locked, or the card was issued without one (顔認証マイナンバーカード).
    #[error(
        "暗証番号が使えません（ロックまたは設定なし）。顔認証または目視確認をしてください。再設定は市区町村窓口です。 / the PIN cannot be used (locked or never set); check by face or by eye; the municipality's office sets a new one"
    )]
    PinLocked,
    /// One try is left and the caller did not insist. Nothing was shown to the card.
    #[error(
        "あと1回間違えるとロックされます。職員にお声がけください。 / one more wrong entry locks the card; ask staff"
    )]
    LastTry,
    /// A phone shows nothing before its holder has entered the PIN or confirmed.
    #[error(
        "先に暗証番号の入力またはスマートフォンでの確認が必要です。 / the PIN, or a confirmation on the phone, is needed first"
    )]
    NeedsHolder,
    /// The command is for another kind of token.
    #[error(
        "この種類のカード・スマートフォンではできません。 / this kind of card or phone cannot do that"
    )]
    OtherToken,
    /// No terminal keys are configured here.
    #[error(
        "この端末には特定機関認証の鍵がありません。暗証番号を使ってください。 / this terminal has no terminal keys; use the PIN"
    )]
    NoTerminal,
    /// The card did not accept this terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalRefused),
    /// The face data were not got, or are not to be trusted.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// The key is of a kind this version cannot use.
    #[error(
        "カードの鍵の方式に対応していません。本ソフトウェアを更新してください。 / the card's kind of key is not supported; update this software"
    )]
    UnsupportedKey,
    /// The card's answer does not have the form it should have.
    #[error(
        "カードの応答を読めません（{0}）。置き直してください。 / the card's answer to '{0}' does not read; lay it on the reader again"
    )]
    Malformed(Step),
    /// The card answered with a status nobody expects there.
    #[error(
        "カードが{step}を拒みました（{status}）。置き直してください。 / the card refused '{step}' ({status}); lay it on the reader again"
    )]
    Refused {
        /// What was asked.
        step: Step,
        /// What it answered.
        status: Status,
    },
    /// The desk was closed.
    #[error("カードの受付は終了しました。 / the desk is closed")]
    Closed,
}

/// Which part of the conversation an error belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// SELECT of JPKI.
    SelectJpki,
    /// EF 0006.
    Token,
    /// EF 000A.
    Certificate,
    /// VERIFY without data.
    Tries,
    /// VERIFY.
    Verify,
    /// The signature.
    Sign,
    /// Authentication of the terminal.
    Terminal,
    /// SELECT of the card-face application.
    SelectCardFace,
    /// VERIFY of number B.
    NumberB,
    /// EF 0002.
    Face,
    /// EF 0004.
    FaceCertificate,
    /// The signature that proves the card is no copy.
    Possession,
}

impl core::fmt::Display for Step {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::SelectJpki => "SELECT JPKI",
            Self::Token => "EF 0006",
            Self::Certificate => "EF 000A",
            Self::Tries => "PIN status",
            Self::Verify => "VERIFY",
            Self::Sign => "SIGN",
            Self::Terminal => "terminal authentication",
            Self::SelectCardFace => "SELECT card face",
            Self::NumberB => "number B",
            Self::Face => "EF 0002",
            Self::FaceCertificate => "EF 0004",
            Self::Possession => "proof of possession",
        })
    }
}
