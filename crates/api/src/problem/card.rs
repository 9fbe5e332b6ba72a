//! Troubles of a check by card, with their texts. The clerk's text is what staff do now; a reader shows the patient its own words.

use super::Texts;

/// Why a check by card is refused, or its questions are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardTrouble {
    /// There is no such challenge.
    ChallengeUnknown,
    /// The challenge was used before.
    ChallengeUsed,
    /// The challenge is older than 120 seconds.
    ChallengeExpired,
    /// The challenge was made for another facility or PC.
    ChallengeForeign,
    /// The certificate does not read.
    CertificateUnreadable,
    /// No root of the center vouches for the certificate.
    CertificateUntrusted,
    /// The certificate is not one for user authentication.
    CertificatePolicy,
    /// The certificate's key or signature is too weak, or of another kind.
    CertificateKey,
    /// The certificate's validity has not begun.
    CertificateNotYetValid,
    /// The certificate expired too long ago.
    CertificateExpired,
    /// The certificate was revoked.
    CertificateRevoked,
    /// Whether the certificate was revoked is not known now.
    RevocationUnknown,
    /// The signature is not the certificate's over the challenge's text.
    SignatureWrong,
    /// The reader may not name this method.
    MethodNotAllowed,
    /// Staff have not confirmed this check.
    ConfirmationNeeded,
    /// The patient whom staff mean to confirm has left the reader.
    VisitOver,
    /// No person is registered under the certificate's serial number.
    NotRegistered,
    /// The presence token is not this check's, or came from another session.
    PresenceWrong,
    /// The card is gone or the time is over: the questions are closed.
    PresenceEnded,
    /// Other answers were recorded before.
    AnswersDiffer,
    /// The patient's own page is older than five minutes.
    OwnPageEnded,
    /// The consent was withdrawn before, or has ended by itself.
    ConsentNotInForce,
}

impl CardTrouble {
    pub(super) fn row(self) -> (&'static str, u16, Texts, Texts) {
        const AGAIN: Texts = (
            "カードをもう一度置いてください。",
            "Please place the card again.",
        );
        match self {
            Self::ChallengeUsed => (
                "card_challenge_used",
                409,
                AGAIN,
                (
                    "このチャレンジは使用済みです。1回の確認ごとに新しいものを取得してください。",
                    "the challenge was used before; ask for a new one for each check",
                ),
            ),
            Self::ChallengeExpired => (
                "card_challenge_expired",
                409,
                AGAIN,
                (
                    "チャレンジの有効時間（120秒）を過ぎました。新しいものを取得してください。",
                    "the challenge is older than 120 seconds; ask for a new one",
                ),
            ),
            Self::ChallengeForeign => (
                "card_challenge_foreign",
                403,
                AGAIN,
                (
                    "別の施設または別の電子証明書に発行されたチャレンジです。",
                    "the challenge was made for another facility or client certificate",
                ),
            ),
            Self::ChallengeUnknown => (
                "card_challenge_unknown",
                404,
                AGAIN,
                (
                    "その番号のチャレンジはありません。",
                    "there is no challenge of this identifier",
                ),
            ),
            Self::CertificateUnreadable => (
                "card_certificate_unreadable",
                422,
                (
                    "カードを読み取れませんでした。カードを置き直してください。",
                    "The card could not be read. Please place it again.",
                ),
                (
                    "certificate が1枚のX.509証明書（DER、Base64）ではありません。",
                    "certificate is not one X.509 certificate (DER in base64)",
                ),
            ),
            Self::CertificateUntrusted => (
                "card_certificate_untrusted",
                422,
                (
                    "このカードの電子証明書は確認できません。マイナンバーカードかどうかを確かめ、資格確認書などで確認してください。",
                    "The certificate of this card cannot be verified. See whether it is a My Number card, and check by other papers.",
                ),
                (
                    "cards.roots のどの認証局の署名とも一致しません。",
                    "no authority of cards.roots has signed it",
                ),
            ),
            Self::CertificatePolicy => (
                "card_certificate_policy",
                422,
                (
                    "このカードの電子証明書は利用者証明用ではありません。資格確認書などで確認してください。",
                    "The certificate of this card is not one for user authentication. Please check by other papers.",
                ),
                (
                    "用途（basicConstraints、keyUsage、extKeyUsage）またはポリシーOID（cards.policies）が利用者証明用ではありません。",
                    "its usage or its policy (cards.policies) is not that of user authentication",
                ),
            ),
            Self::CertificateKey => (
                "card_certificate_key",
                422,
                (
                    "このカードの電子証明書は利用できません。資格確認書などで確認してください。",
                    "The certificate of this card cannot be used. Please check by other papers.",
                ),
                (
                    "鍵がRSA 2048ビット以上でないか、署名方式がSHA-256以上ではありません。",
                    "its key is not RSA of 2048 bits or more, or its signature uses less than SHA-256",
                ),
            ),
            Self::CertificateNotYetValid => (
                "card_certificate_not_yet_valid",
                422,
                (
                    "電子証明書の有効期間がまだ始まっていません。資格確認書などで確認してください。",
                    "The card's certificate is not valid yet. Please check by other papers.",
                ),
                (
                    "notBefore が現在より後です。センターの時計も確かめてください。",
                    "its notBefore lies ahead; see the center's clock, too",
                ),
            ),
            Self::CertificateExpired => (
                "card_certificate_expired",
                422,
                (
                    "電子証明書の有効期限が切れています。市区町村の窓口での更新を案内し、資格確認書などで確認してください。",
                    "The card's certificate has expired. Tell of renewal at the municipality, and check by other papers.",
                ),
                (
                    "有効期限から cards.grace_months か月（スマートフォンは0か月）を過ぎています。",
                    "it expired more than cards.grace_months ago (a phone's has no grace)",
                ),
            ),
            Self::CertificateRevoked => (
                "card_certificate_revoked",
                422,
                (
                    "電子証明書が失効しています。市区町村の窓口での手続きを案内し、資格確認書などで確認してください。",
                    "The card's certificate was revoked. Tell of the procedure at the municipality, and check by other papers.",
                ),
                (
                    "失効リスト（cards.revocation_lists）に載っています。",
                    "it is on a list of cards.revocation_lists",
                ),
            ),
            Self::RevocationUnknown => (
                "card_revocation_unknown",
                503,
                (
                    "いまカードの失効を確認できません。資格確認書などで確認し、続く場合はコールセンターへ。",
                    "Whether the card was revoked cannot be told now. Check by other papers; if it goes on, call the help desk.",
                ),
                (
                    "その認証局の失効リストがないか、nextUpdate を過ぎています（cards.stale_lists）。",
                    "there is no list of its authority, or the list is past its nextUpdate (cards.stale_lists)",
                ),
            ),
            Self::NotRegistered => (
                "card_not_registered",
                404,
                (
                    "このカードは健康保険証として登録されていません。利用登録を案内するか、資格確認書などで確認してください。",
                    "This card is not registered as an insurance card. Tell of registration, or check by other papers.",
                ),
                (
                    "発行者とシリアル番号に対応する加入者がいません。",
                    "no person is registered under its issuer and serial number",
                ),
            ),
            Self::SignatureWrong => (
                "card_signature_wrong",
                422,
                (
                    "カードの本人確認ができませんでした。カードを置き直して、もう一度お試しください。",
                    "The card did not prove itself. Please place it again and try once more.",
                ),
                (
                    "署名が、チャレンジの5行に対するこの証明書の鍵のもの（PKCS#1 v1.5、SHA-256）ではありません。",
                    "the signature is not that of the certificate's key over the challenge's five lines (PKCS#1 v1.5, SHA-256)",
                ),
            ),
            Self::MethodNotAllowed => (
                "card_method_not_allowed",
                403,
                (
                    "この機器では、その方法で本人確認できません。暗証番号で確認してください。",
                    "This device cannot identify a person in that way. Please use the PIN.",
                ),
                (
                    "カードリーダーの登録（onshi enroll reader）に、端末鍵または顔認証がありません。",
                    "the reader is not enrolled with terminal keys or for comparing faces (onshi enroll reader)",
                ),
            ),
            Self::ConfirmationNeeded => (
                "card_confirmation_needed",
                409,
                (
                    "職員の確認を待っています。「顔認証付きカードリーダー操作」で、この方の本人確認を行ってください。",
                    "Waiting for staff. Please confirm this patient on the reader control page.",
                ),
                (
                    "この確認に使える職員の許可（POST /v1/releases）がありません。許可の後、新しいチャレンジでやり直してください。",
                    "there is no release for this check (POST /v1/releases); after one, try again with a new challenge",
                ),
            ),
            Self::VisitOver => (
                "reader_visit_over",
                409,
                (
                    "表示されていた患者は、もうカードリーダーの前にいないため、確認を記録しませんでした。今いる患者の顔とカードの写真を見比べてから、もう一度押してください。",
                    "The patient who was shown has left the reader, so nothing was confirmed. Compare the face and the photo of the patient who is there now, then press again.",
                ),
                (
                    "visit が、カードリーダーの今の visit（GET /v1/readers）と違います。",
                    "visit is not the reader's present one (GET /v1/readers)",
                ),
            ),
            Self::PresenceWrong => (
                "card_presence_wrong",
                403,
                (
                    "この画面からは回答できません。カードをもう一度置いてください。",
                    "Answers cannot come from here. Please place the card again.",
                ),
                (
                    "トークンがこの確認のものではないか、別の電子証明書・アカウントから送られました。",
                    "the token is not this check's, or it came with another certificate or account",
                ),
            ),
            Self::PresenceEnded => (
                "card_presence_ended",
                409,
                (
                    "時間が過ぎたため、同意の確認を終了しました。資格確認の結果は有効です。変更するにはカードをもう一度置いてください。",
                    "Time is over, so the questions were closed. The check itself stands. To change answers, place the card again.",
                ),
                (
                    "在席トークンの期限（5分、全体で30分）を過ぎたか、回答なしで終了しています。",
                    "the presence ended (5 minutes, 30 in all), or the questions were closed without answers",
                ),
            ),
            Self::OwnPageEnded => (
                "own_page_ended",
                409,
                (
                    "時間が過ぎたため、閲覧の記録の画面を終了しました。暗証番号をもう一度入力してください。",
                    "Time is over, so the record of looks was closed. Please enter the PIN again.",
                ),
                (
                    "本人の画面は、カードの署名から5分間だけ使えます。新しいチャレンジで開き直してください。",
                    "a patient's own page lasts five minutes from the card's signature; open it anew with a new challenge",
                ),
            ),
            Self::ConsentNotInForce => (
                "consent_not_in_force",
                409,
                (
                    "この同意は、すでに取り消されたか、期限が過ぎています。この同意では何も見られません。",
                    "This consent was withdrawn before or has ended. Nothing can be seen under it.",
                ),
                (
                    "その名前の有効な同意が、この方にはありません。",
                    "this person has no consent of that name in force",
                ),
            ),
            Self::AnswersDiffer => (
                "card_answers_differ",
                409,
                (
                    "回答はすでに記録されています。変更するにはカードをもう一度置いてください。",
                    "Answers were recorded already. To change them, place the card again.",
                ),
                (
                    "この確認には別の回答が記録済みです。同じ回答の再送だけが受け付けられます。",
                    "other answers were recorded for this check; only the same ones are taken again",
                ),
            ),
        }
    }
}
