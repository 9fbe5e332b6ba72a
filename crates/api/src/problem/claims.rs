//! Troubles of the claims entry, with their texts and remedies.

use super::Texts;

/// Why nothing is handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClaimsTrouble {
    /// It is not the time for it.
    Closed,
    /// This PC may not hand claims in: no filing about it was accepted, or the day it begins on has not come.
    TerminalNotPermitted,
    /// The bytes do not begin where the upload is.
    Offset,
    /// The file is not whole, or longer than its sender says.
    Incomplete,
    /// The file is not the one its sender hashed.
    Digest,
    /// The same file is handed in already.
    Duplicate,
    /// As many files are on their way as may be.
    TooManyUploads,
    /// It is no claim file that could be taken.
    FileRefused,
    /// The file is larger than it may be.
    FileTooLarge,
    /// The submission is not in a state for this.
    State,
    /// What was refused of it is handed in corrected already.
    Corrected,
    /// Its checks are not finished.
    Checking,
    /// Nothing of it can be accepted.
    NothingToAccept,
    /// The filing is not in a state for this.
    FilingState,
}

impl ClaimsTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        match self {
            Self::Closed => (
                "claims_closed",
                409,
                (
                    "いまは請求を受け付けていません。受付時間に、もう一度お試しください。途中まで送った分は残っています。",
                    "Claims are not taken now. Please try again when they are; what was sent so far is kept.",
                ),
                (
                    "受付時間は GET /v1/claims/entry にあります。設定は center.toml の [claims]、延長は運用者が行います。",
                    "GET /v1/claims/entry says when; [claims] of center.toml sets it, and an operator may open more",
                ),
            ),
            Self::TerminalNotPermitted => (
                "claims_terminal_not_permitted",
                403,
                (
                    "このパソコンからは、まだ請求できません。届出が受理され、開始日になると請求できます。届出がまだのときは、作って請求先に提出してください。",
                    "Claims are not taken from this PC yet: they are once a filing about it is accepted and begins. If there is none, please make one and hand it in.",
                ),
                (
                    "受理された届出の端末名称と、証明書の端末名称が一致し、届出の開始日になっている必要があります。",
                    "the terminal name of the certificate has to be that of an accepted filing whose day has come",
                ),
            ),
            Self::Offset => (
                "claims_offset",
                409,
                (
                    "送信の続きの位置が合いません。もう一度お試しください。",
                    "The upload does not go on where it was. Please try again.",
                ),
                (
                    "GET /v1/claims/uploads/{id} の offset から続けてください。",
                    "go on at the offset that GET /v1/claims/uploads/{id} tells",
                ),
            ),
            Self::Incomplete => (
                "claims_incomplete",
                409,
                (
                    "ファイルが最後まで届いていません。続きから送り直してください。",
                    "The file did not arrive whole. Please go on sending.",
                ),
                (
                    "届いたバイト数と size_bytes が違います。",
                    "size_bytes is not what arrived",
                ),
            ),
            Self::Digest => (
                "claims_digest",
                409,
                (
                    "届いたファイルが元のファイルと違います。はじめから送り直してください。",
                    "What arrived is not the file that was sent. Please send it from the beginning.",
                ),
                (
                    "SHA-256 が一致しないため、届いた分は破棄しました。",
                    "its SHA-256 is another one; what arrived was dropped",
                ),
            ),
            Self::Duplicate => (
                "claims_duplicate",
                409,
                (
                    "同じファイルがすでに送信されています。送り直すときは、先の送信を取り下げてください。",
                    "The same file is handed in already. To send it again, take the earlier one back first.",
                ),
                (
                    "同じ SHA-256 の送信があります。errors に受付番号があります。",
                    "a submission has the same SHA-256; errors names it",
                ),
            ),
            Self::TooManyUploads => (
                "claims_too_many_uploads",
                429,
                (
                    "送信中のファイルが多すぎます。送り終えるか、取り消してください。画面では「続きを送る」の「途中の送信を取り消す」、コマンドでは onshi claims drop ファイル名（ほかのアカウントのものは onshi claims list で ID を確かめて onshi claims drop --id ID）で取り消せます。",
                    "Too many files are on their way. Please finish or drop them: on the pages with 'Drop what arrived' behind 'Go on sending', in the shell with onshi claims drop FILE_NAME, or, for another account's, onshi claims drop --id ID; onshi claims list shows the ID.",
                ),
                (
                    "上限は center.toml の [claims] most_open_uploads です。",
                    "the limit is most_open_uploads in [claims] of center.toml",
                ),
            ),
            Self::FileRefused => (
                "claims_file_refused",
                422,
                (
                    "このファイルは受け付けられません。示された理由を直して、書き出し直してください。",
                    "This file is not taken. Please mend what is named and write it anew.",
                ),
                (
                    "errors に行と理由があります。届いた分は破棄しました。",
                    "errors names line and reason; what arrived was dropped",
                ),
            ),
            Self::FileTooLarge => (
                "claims_file_too_large",
                413,
                (
                    "ファイルが大きすぎます。ファイルを確かめるか、分けて送ってください。",
                    "The file is too large. Please look whether it is the right one, or divide it.",
                ),
                (
                    "上限は center.toml の [claims] most_file_bytes です。",
                    "the limit is most_file_bytes in [claims] of center.toml",
                ),
            ),
            Self::State => (
                "claims_state",
                409,
                (
                    "この送信は、いまの状態ではその操作ができません。確定した請求の取り下げは、請求先の窓口にご相談ください。",
                    "That is not possible with this submission as it is now. To take back accepted claims, please ask the review body's desk.",
                ),
                (
                    "GET /v1/claims/submissions/{id} の state を確かめてください。",
                    "look at the state of GET /v1/claims/submissions/{id}",
                ),
            ),
            Self::Corrected => (
                "claims_corrected",
                409,
                (
                    "この送信の訂正分は、すでに送られています。送り直すときは、先の訂正分を確定前に取り下げてください。",
                    "What was refused of this submission is handed in corrected already. To send it again, take that back before it is accepted.",
                ),
                (
                    "errors に先の訂正分の受付番号があります。確定した訂正分にエラーが残るときは、その訂正分を corrects に指定してください。",
                    "errors names the submission that does; what was refused of that one names it as corrects",
                ),
            ),
            Self::Checking => (
                "claims_checking",
                409,
                (
                    "点検中です。しばらくしてから、もう一度お試しください。",
                    "It is being checked. Please try again a little later.",
                ),
                (
                    "state が checking でなくなるまで待ってください。",
                    "wait until its state is no longer checking",
                ),
            ),
            Self::NothingToAccept => (
                "claims_nothing_to_accept",
                409,
                (
                    "確定できるレセプトがありません。ファイルを直して送り直してください。",
                    "There is no claim that could be accepted. Please mend the file and send it again.",
                ),
                (
                    "すべてのレセプトがエラーです。",
                    "all of its claims are refused",
                ),
            ),
            Self::FilingState => (
                "claims_filing_state",
                409,
                (
                    "この届出は、すでに提出されたか、決定されています。",
                    "This filing is handed in or decided already.",
                ),
                (
                    "提出できるのは state が made の届出だけです。",
                    "only a filing whose state is made can be handed in",
                ),
            ),
        }
    }
}
