//! Problem documents (RFC 9457): one stable code per trouble, a text for the clerk and one for the engineer in two languages.

pub mod access;
pub mod bulk;
pub mod card;
pub mod certificate;

use serde::{Deserialize, Serialize};

use access::AccessTrouble;
use bulk::BulkTrouble;
use card::CardTrouble;
use certificate::CertificateTrouble;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A text in Japanese and English.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Text {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Text {
    /// From both languages.
    #[must_use]
    pub fn new(ja: &str, en: &str) -> Self {
        Self {
            en: en.into(),
            ja: ja.into(),
        }
    }
}

/// What is wrong with one member of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberError {
    /// Stable code, such as `required` or `no_such_day`.
    pub code: String,
    /// The member's name, such as `birth_date`.
    pub member: String,
    /// What is wrong and what to do.
    pub text: Text,
}

impl MemberError {
    /// An error of one member.
    #[must_use]
    pub fn new(member: &str, code: &str, ja: &str, en: &str) -> Self {
        Self {
            code: code.into(),
            member: member.into(),
            text: Text::new(ja, en),
        }
    }
}

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// What to tell the clerk: what happened and what to do now.
    pub clerk: Text,
    /// The stable code.
    pub code: String,
    /// What to tell the engineer.
    pub engineer: Text,
    /// Errors of members, for `invalid_input` and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<MemberError>,
    /// Seconds after which the request may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// The HTTP status.
    pub status: u16,
    /// The title: the engineer's English text.
    pub title: String,
    /// `urn:onshi:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Every trouble the center tells of. The codes are stored by clients: never change one, only add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// The body is no JSON of the route's form.
    InvalidJson,
    /// The URL's query is not of the route's form.
    InvalidQuery,
    /// Members of the request are wrong; `errors` says which.
    InvalidInput,
    /// The body's media type is not the route's.
    MediaType,
    /// The body is larger than the route takes.
    BodyTooLarge,
    /// The body did not come within the time the center waits.
    TooSlow,
    /// No such route or record.
    NotFound,
    /// The route has no such method.
    MethodNotAllowed,
    /// No session, or the token is not valid here.
    NotSignedIn,
    /// The session ended.
    SessionEnded,
    /// The account's kind may not do this.
    NotPermitted,
    /// ID or password is wrong, or there is no such account.
    WrongCredentials,
    /// Too many failures; the account waits.
    AccountLocked,
    /// The account is signed in elsewhere.
    AlreadySignedIn,
    /// The password expired or must be changed first.
    PasswordChangeNeeded,
    /// The new password breaks the rule; `errors` says how.
    PasswordRule,
    /// A system account is not changed by hand (G05).
    SystemAccount,
    /// The identifier is taken.
    AccountExists,
    /// The idempotency key was used with another body.
    IdempotencyConflict,
    /// The idempotency key's form is wrong.
    IdempotencyKey,
    /// The client certificate was revoked.
    CertificateRevoked,
    /// The record changed since it was read.
    Changed,
    /// The store cannot take records now.
    StoreUnavailable,
    /// The address sent too many requests.
    TooManyRequests,
    /// Too much at once.
    Busy,
    /// A fault of the center.
    Internal,
    /// A check by card is refused, or its questions are closed.
    Card(CardTrouble),
    /// Rotation, recovery or second factor: not possible so, or not now.
    Access(AccessTrouble),
    /// No certificate is made.
    Certificate(CertificateTrouble),
    /// There is no bulk order, or no result of one.
    Bulk(BulkTrouble),
}

type Texts = (&'static str, &'static str);

struct Row {
    code: &'static str,
    status: u16,
    clerk: Texts,
    engineer: Texts,
}

impl Trouble {
    /// All troubles.
    pub const ALL: [Self; 66] = [
        Self::InvalidJson,
        Self::InvalidQuery,
        Self::InvalidInput,
        Self::MediaType,
        Self::BodyTooLarge,
        Self::TooSlow,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotSignedIn,
        Self::SessionEnded,
        Self::NotPermitted,
        Self::WrongCredentials,
        Self::AccountLocked,
        Self::AlreadySignedIn,
        Self::PasswordChangeNeeded,
        Self::PasswordRule,
        Self::SystemAccount,
        Self::AccountExists,
        Self::IdempotencyConflict,
        Self::IdempotencyKey,
        Self::CertificateRevoked,
        Self::Changed,
        Self::StoreUnavailable,
        Self::TooManyRequests,
        Self::Busy,
        Self::Internal,
        Self::Card(CardTrouble::ChallengeUnknown),
        Self::Card(CardTrouble::ChallengeUsed),
        Self::Card(CardTrouble::ChallengeExpired),
        Self::Card(CardTrouble::ChallengeForeign),
        Self::Card(CardTrouble::CertificateUnreadable),
        Self::Card(CardTrouble::CertificateUntrusted),
        Self::Card(CardTrouble::CertificatePolicy),
        Self::Card(CardTrouble::CertificateKey),
        Self::Card(CardTrouble::CertificateNotYetValid),
        Self::Card(CardTrouble::CertificateExpired),
        Self::Card(CardTrouble::CertificateRevoked),
        Self::Card(CardTrouble::RevocationUnknown),
        Self::Card(CardTrouble::SignatureWrong),
        Self::Card(CardTrouble::MethodNotAllowed),
        Self::Card(CardTrouble::ConfirmationNeeded),
        Self::Card(CardTrouble::NotRegistered),
        Self::Card(CardTrouble::PresenceWrong),
        Self::Card(CardTrouble::PresenceEnded),
        Self::Card(CardTrouble::AnswersDiffer),
        Self::Access(AccessTrouble::RotationOpen),
        Self::Access(AccessTrouble::RotationShared),
        Self::Access(AccessTrouble::NoRotation),
        Self::Certificate(CertificateTrouble::Needed),
        Self::Certificate(CertificateTrouble::Expired),
        Self::Certificate(CertificateTrouble::Foreign),
        Self::Certificate(CertificateTrouble::TooEarly),
        Self::Certificate(CertificateTrouble::Request),
        Self::Certificate(CertificateTrouble::Name),
        Self::Bulk(BulkTrouble::TooManyOpen),
        Self::Bulk(BulkTrouble::NotFinished),
        Self::Bulk(BulkTrouble::NoLongerKept),
        Self::Bulk(BulkTrouble::FetchedTooOften),
        Self::Bulk(BulkTrouble::ListTooLong),
        Self::Access(AccessTrouble::RecoveryRefused),
        Self::Access(AccessTrouble::SecondFactorNeeded),
        Self::Access(AccessTrouble::SecondFactorMissing),
        Self::Access(AccessTrouble::SecondFactorWrong),
        Self::Access(AccessTrouble::SecondFactorLast),
        Self::Access(AccessTrouble::NoSecondFactorAsked),
        Self::Access(AccessTrouble::PasskeyRefused),
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        self.row().status
    }

    /// The document, without members' errors.
    #[must_use]
    pub fn problem(self) -> Problem {
        let row = self.row();
        Problem {
            clerk: Text::new(row.clerk.0, row.clerk.1),
            code: row.code.into(),
            engineer: Text::new(row.engineer.0, row.engineer.1),
            errors: Vec::new(),
            retry_after_s: None,
            status: row.status,
            title: row.engineer.1.into(),
            kind: format!("urn:onshi:problem:{}", row.code),
        }
    }

    fn row(self) -> Row {
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
                    "ユーザーIDまたはパスワードが違います。設定シート（PC設定）に記載のIDを確認してください。",
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
                    "同じ Idempotency-Key で本文が異なります。",
                    "the Idempotency-Key was used with another body within 14 days",
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
                    "センターの記録を要求番号で確認してください。",
                    "see the center's log under the request's identifier",
                ),
            ),
            Self::Card(trouble) => trouble.row(),
            Self::Access(trouble) => trouble.row(),
            Self::Certificate(trouble) => trouble.row(),
            Self::Bulk(trouble) => trouble.row(),
        };
        Row {
            code,
            status,
            clerk,
            engineer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_has_its_own_code_and_four_texts() {
        let mut codes = std::collections::BTreeSet::new();
        for trouble in Trouble::ALL {
            let problem = trouble.problem();
            assert!(codes.insert(problem.code.clone()), "{}", problem.code);
            assert!((400..600).contains(&problem.status));
            for text in [&problem.clerk, &problem.engineer] {
                assert!(
                    !text.ja.is_ascii() && text.en.is_ascii(),
                    "{}",
                    problem.code
                );
            }
        }
    }
}
