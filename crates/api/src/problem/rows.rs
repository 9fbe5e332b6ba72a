//! Code, status and texts of every trouble. What belongs to one area stands in that area's file.

use super::{Row, Trouble};

impl Trouble {
    pub(super) fn row(self) -> Row {
        let (code, status, clerk, engineer) = match self {
            Self::InvalidJson => (
                "invalid_json",
                400,
                (
                    "送信内容を読み取れませんでした。もう一度お試しください。",
                    "The request could not be read. Please try again.",
                ),
                (
                    "本文がこの経路のJSONではありません。",
                    "the body is not JSON of the form this route takes",
                ),
            ),
            Self::InvalidQuery => (
                "invalid_query",
                400,
                (
                    "送信内容を読み取れませんでした。システム担当者に連絡してください。",
                    "The request could not be read. Please tell your system administrator.",
                ),
                (
                    "URLの問い合わせ部分がこの経路のものではありません（氏名などは本文で送ります）。",
                    "the query is not of the form this route takes; personal data belong into a body",
                ),
            ),
            Self::InvalidInput => (
                "invalid_input",
                422,
                (
                    "入力内容に誤りがあります。示された項目を直してください。",
                    "Some entries are wrong. Please correct the ones named.",
                ),
                (
                    "errors の各項目を直して送り直してください。",
                    "correct the members listed in errors and send again",
                ),
            ),
            Self::MediaType => (
                "media_type",
                415,
                (
                    "送信内容の形式が違います。システム担当者に連絡してください。",
                    "The request has the wrong format. Please tell your system administrator.",
                ),
                (
                    "Content-Type がこの経路のものではありません。",
                    "the content type is not the one this route takes",
                ),
            ),
            Self::BodyTooLarge => (
                "body_too_large",
                413,
                (
                    "送信内容が大きすぎます。分けて送ってください。",
                    "The request is too large. Please send it in parts.",
                ),
                (
                    "本文がこの経路の上限を超えています。",
                    "the body is larger than this route takes",
                ),
            ),
            Self::TooSlow => (
                "too_slow",
                408,
                (
                    "送信に時間がかかりすぎました。回線を確かめて、もう一度お試しください。",
                    "Sending took too long. Please look at the line and try again.",
                ),
                (
                    "本文が制限時間内に届きませんでした。",
                    "the body did not come within the center's limit of time",
                ),
            ),
            Self::NotFound => (
                "not_found",
                404,
                ("該当する記録が見つかりません。", "There is no such record."),
                (
                    "この施設にその経路または記録はありません。",
                    "no such route, or no such record of this facility",
                ),
            ),
            Self::MethodNotAllowed => (
                "method_not_allowed",
                405,
                ("この操作はできません。", "This cannot be done here."),
                (
                    "この経路にそのメソッドはありません。",
                    "the route does not take this method",
                ),
            ),
            Self::NotSignedIn => (
                "not_signed_in",
                401,
                ("ログインしてください。", "Please sign in."),
                (
                    "有効なトークンがないか、別の証明書で発行されたトークンです。",
                    "no valid token, or a token opened with another certificate",
                ),
            ),
            Self::SessionEnded => (
                "session_ended",
                401,
                (
                    "時間が経過したか、別の場所でログインされたため終了しました。もう一度ログインしてください。",
                    "Your session ended after a time without use or by another sign-in. Please sign in again.",
                ),
                ("セッションは終了しています。", "the session has ended"),
            ),
            Self::NotPermitted => (
                "not_permitted",
                403,
                (
                    "このアカウントではこの操作はできません。権限のあるアカウントでログインしてください。",
                    "This account may not do this. Please sign in with an account that may.",
                ),
                (
                    "アカウントの種別に権限がありません（docs/permissions.md）。",
                    "the account's kind lacks the right (docs/permissions.md)",
                ),
            ),
            Self::WrongCredentials => (
                "wrong_credentials",
                401,
                (
                    "ユーザーIDまたはパスワードが違います。セットアップシート（PC設定）に記載のIDを確認してください。",
                    "User ID or password is wrong. The ID is written on the set-up sheet, tab PC.",
                ),
                ("認証に失敗しました。", "authentication failed"),
            ),
            Self::AccountLocked => (
                "account_locked",
                429,
                (
                    "続けて間違えたため、しばらくログインできません。時間をおいて試すか、管理アカウントの方に連絡してください。",
                    "Too many wrong tries; sign-in waits for a while. Try later or ask your administrator.",
                ),
                (
                    "retry_after_s 秒後に再試行してください。",
                    "try again after retry_after_s seconds",
                ),
            ),
            Self::AlreadySignedIn => (
                "already_signed_in",
                409,
                (
                    "このアカウントは既にログイン中です。続けると、先のログインは終了します。",
                    "This account is already signed in. If you go on, the earlier sign-in ends.",
                ),
                (
                    "force を true にすると先のセッションを終了します。",
                    "set force to true to end the earlier session",
                ),
            ),
            Self::PasswordChangeNeeded => (
                "password_change_needed",
                403,
                (
                    "パスワードの変更が必要です。変更すると続けられます。",
                    "Your password must be changed first.",
                ),
                (
                    "このセッションは PUT /v1/accounts/me/password だけ使えます。",
                    "this session may only use PUT /v1/accounts/me/password",
                ),
            ),
            Self::PasswordRule => (
                "password_rule",
                422,
                (
                    "パスワードが規則に合いません。示された点を直してください。",
                    "The password breaks the rule. Please correct what is named.",
                ),
                (
                    "errors に規則の違反を示しました。",
                    "errors lists what is broken",
                ),
            ),
            Self::SystemAccount => (
                "system_account",
                409,
                (
                    "システム用アカウントのIDとパスワードは手で変更できません。変更すると機器やレセコンが使えなくなり、再設定工事が必要になります。",
                    "ID and password of a system account are not changed by hand: devices or the receipt computer would stop and paid re-installation would be needed.",
                ),
                (
                    "G05: 端末の機能から同時に切り替えてください。",
                    "G05: use a rotation that changes the center and the device together",
                ),
            ),
            Self::AccountExists => (
                "account_exists",
                409,
                (
                    "このIDは既に使われています。別のIDを指定してください。",
                    "This ID is taken. Please choose another.",
                ),
                (
                    "同じ施設に同じIDのアカウントがあります。",
                    "an account of this facility has the identifier",
                ),
            ),
            Self::IdempotencyConflict => (
                "idempotency_conflict",
                422,
                (
                    "同じ要求番号で別の内容が送られました。システム担当者に連絡してください。",
                    "The same request number came with other contents. Please tell your system administrator.",
                ),
                (
                    "同じ Idempotency-Key が、14日以内に別の本文か別のパス（URL）で使われています。",
                    "the Idempotency-Key was used with another body or on another route within 14 days",
                ),
            ),
            Self::IdempotencyKey => (
                "idempotency_key",
                400,
                (
                    "要求番号の形式が違います。システム担当者に連絡してください。",
                    "The request number has the wrong form. Please tell your system administrator.",
                ),
                (
                    "Idempotency-Key は図形文字1〜64字です。",
                    "an Idempotency-Key is 1 to 64 visible ASCII characters",
                ),
            ),
            Self::CertificateRevoked => (
                "certificate_revoked",
                403,
                (
                    "この端末の電子証明書は失効しています。再発行を申請してください。",
                    "This terminal's certificate was revoked. Please apply for a new one.",
                ),
                (
                    "クライアント証明書は失効済みです。",
                    "the client certificate is revoked",
                ),
            ),
            Self::Changed => (
                "changed",
                412,
                (
                    "表示した後に内容が変わりました。最新の内容を確認してください。",
                    "The contents changed after they were shown. Please look at them again.",
                ),
                (
                    "If-Match が現在の ETag と一致しません。",
                    "If-Match does not fit the current ETag",
                ),
            ),
            Self::StoreUnavailable => (
                "store_unavailable",
                503,
                (
                    "記録を保存できないため回答できません。しばらくして再度お試しください。続く場合はコールセンターへ。",
                    "The record cannot be saved, so no answer is given. Please try again in a while; if it goes on, call the help desk.",
                ),
                (
                    "記録領域に書き込めません（容量・権限を確認）。同じ Idempotency-Key で再送できます。",
                    "the store takes no writes (check space and rights); safe to repeat with the same Idempotency-Key",
                ),
            ),
            Self::Overloaded => (
                "overloaded",
                503,
                (
                    "センターが混み合っているため、いまは受け付けられません。少し待ってから、もう一度お試しください。受付を急ぐときは、資格確認書などで確認し、後で照会してください。",
                    "The center is crowded and cannot take this now. Please wait a little and try again. If the patient cannot wait, look at the eligibility certificate and ask later.",
                ),
                (
                    "retry_after_s 秒後に、間隔をずらして再試行してください。同じ Idempotency-Key で再送できます。何も記録されていません。",
                    "try again after retry_after_s seconds, spread by chance; safe to repeat with the same Idempotency-Key; nothing was recorded",
                ),
            ),
            Self::TooManyRequests => (
                "too_many_requests",
                429,
                (
                    "短い時間に何度も操作されました。少し待ってから、もう一度お試しください。",
                    "Too many tries in a short time. Please wait a little and try again.",
                ),
                (
                    "retry_after_s 秒後に再試行してください。",
                    "try again after retry_after_s seconds",
                ),
            ),
            Self::Busy => (
                "busy",
                503,
                (
                    "混み合っています。しばらくして再度お試しください。",
                    "The center is busy. Please try again in a moment.",
                ),
                (
                    "処理待ちの上限に達しました。",
                    "the bound on waiting requests is reached",
                ),
            ),
            Self::Internal => (
                "internal",
                500,
                (
                    "センター側で問題が起きました。もう一度お試しください。続く場合はコールセンターへ。",
                    "Something went wrong at the center. Please try again; if it goes on, call the help desk.",
                ),
                (
                    "センターの記録を障害番号で探してください。",
                    "look for the fault's number in the center's log",
                ),
            ),
            Self::Card(trouble) => trouble.row(),
            Self::Access(trouble) => trouble.row(),
            Self::Certificate(trouble) => trouble.row(),
            Self::Bulk(trouble) => trouble.row(),
            Self::Medical(trouble) => trouble.row(),
            Self::Emergency(trouble) => trouble.row(),
            Self::Home(trouble) => trouble.row(),
            Self::Claims(trouble) => trouble.row(),
        };
        Row {
            code,
            status,
            clerk,
            engineer,
        }
    }
}
