//! Troubles of a client certificate's renewal and of enrolment with a key of the client's (RFC 7030), with their texts and remedies.

use super::Texts;

/// Why no certificate is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateTrouble {
    /// No certificate came with the connection, or no IDs with the request.
    Needed,
    /// The certificate has expired.
    Expired,
    /// The certificate to be renewed is none of ours.
    Foreign,
    /// It is too early to renew.
    TooEarly,
    /// The request is none, or its key is not taken.
    Request,
    /// The request asks in another name than its certificate's or notice's.
    Name,
}

impl CertificateTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        match self {
            Self::Needed => (
                "certificate_needed",
                401,
                (
                    "電子証明書、または発行通知書の2つのIDが必要です。",
                    "The certificate, or the two IDs of a notice, are needed.",
                ),
                (
                    "simplereenroll は更新する証明書でのTLS接続、simpleenroll は Basic 認証（リクエストID・リファレンスID）が必要です。",
                    "simplereenroll wants a connection with the certificate to be renewed, simpleenroll Basic authentication with request ID and reference ID",
                ),
            ),
            Self::Expired => (
                "certificate_expired",
                403,
                (
                    "電子証明書の有効期限が切れています。更新もできないため、再発行を申請してください。",
                    "The certificate has expired, and cannot be renewed any more. Please apply for a new one.",
                ),
                (
                    "クライアント証明書は有効期間外です。",
                    "the client certificate is outside its validity",
                ),
            ),
            Self::Foreign => (
                "certificate_foreign",
                403,
                (
                    "このセンターの電子証明書ではありません。発行通知書で取得した電子証明書を使ってください。",
                    "This is no certificate of this center. Please use the one of your notice.",
                ),
                (
                    "このセンターのルートで検証できないか、端末の証明書ではありません。",
                    "not of this center's root, or no terminal's certificate",
                ),
            ),
            Self::TooEarly => (
                "renewal_too_early",
                409,
                (
                    "まだ更新できません。更新できる日になってからお試しください。",
                    "It is too early to renew. Please try again from the day on which it may be renewed.",
                ),
                (
                    "renewable_from（GET /v1/certificates/current）以後に更新できます。",
                    "renewal is possible from renewable_from on (GET /v1/certificates/current)",
                ),
            ),
            Self::Request => (
                "signing_request",
                422,
                (
                    "電子証明書の要求を読み取れません。システム担当者に連絡してください。",
                    "The request for a certificate could not be read. Please tell your system administrator.",
                ),
                (
                    "本文は自身の鍵で署名したPKCS#10（Base64）、鍵はP-256・P-384・RSA 2048〜4096ビットです。",
                    "the body is a PKCS#10 request in base64, signed with its own key: P-256, P-384, or RSA with 2048 to 4096 bits",
                ),
            ),
            Self::Name => (
                "signing_request_name",
                422,
                (
                    "電子証明書の要求の名義が違います。システム担当者に連絡してください。",
                    "The request for a certificate is in another name. Please tell your system administrator.",
                ),
                (
                    "要求のサブジェクトは更新する証明書と同じにし、別名は付けません（RFC 7030 4.2.2）。初回は空でもかまいません。",
                    "the request's subject is that of the certificate to be renewed, without other names (RFC 7030 4.2.2); for a first one it may be empty",
                ),
            ),
        }
    }
}
