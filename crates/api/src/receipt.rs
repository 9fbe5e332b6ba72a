//! Signed receipts (contracts §6): compact JWS over the digest of an answer, alone or with others. Says nothing of the person it is about.

pub mod shared;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::problem::Text;

/// The `typ` of a receipt's header.
pub const TYPE: &str = "onshi-receipt+jwt";

/// What a receipt states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The instant the data were read, RFC 3339.
    pub as_of: String,
    /// base64url of SHA-256(salt ‖ canonical answer).
    pub digest: String,
    /// Institution code of the facility that asked.
    pub facility: String,
    /// Issued at, seconds since the Unix epoch.
    pub iat: i64,
    /// The center that answered.
    pub iss: String,
    /// The check's identifier.
    pub jti: String,
    /// The verdict, 1-6.
    pub verdict: u8,
}

impl Claims {
    /// Their JSON, members in order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// A public key of `GET /v1/keys` (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Jwk {
    /// `ES256`.
    pub alg: String,
    /// `P-256`.
    pub crv: String,
    /// Key identifier, named in every receipt's header.
    pub kid: String,
    /// `EC`.
    pub kty: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// X coordinate, base64url.
    pub x: String,
    /// Y coordinate, base64url.
    pub y: String,
}

impl Jwk {
    /// The public half of a P-256 key.
    #[must_use]
    pub fn p256(kid: &str, x: &[u8; 32], y: &[u8; 32]) -> Self {
        Self {
            alg: "ES256".into(),
            crv: "P-256".into(),
            kid: kid.into(),
            kty: "EC".into(),
            usage: "sig".into(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        }
    }
}

/// The answer of `GET /v1/keys`: present and past keys; past ones stay ten years.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// The header and the claims ([`Claims::to_bytes`]) to sign, joined by a dot; append a dot and the base64url signature with [`seal`].
#[must_use]
pub fn signing_input(kid: &str, claims: &[u8]) -> String {
    join(kid, TYPE, claims)
}

fn join(kid: &str, kind: &str, payload: &[u8]) -> String {
    let header = Header {
        alg: "ES256".into(),
        kid: kid.into(),
        typ: kind.into(),
    };
    let mut out = String::with_capacity(512);
    let header = serde_json::to_vec(&header).unwrap_or_default();
    URL_SAFE_NO_PAD.encode_string(header, &mut out);
    out.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut out);
    out
}

/// Completes a receipt with its signature: r ‖ s, 64 bytes.
#[must_use]
pub fn seal(mut signing_input: String, signature: &[u8]) -> String {
    signing_input.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut signing_input);
    signing_input
}

/// base64url of SHA-256(salt ‖ canonical answer).
#[must_use]
pub fn digest(salt: &[u8], canonical_answer: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(salt);
    context.update(canonical_answer);
    URL_SAFE_NO_PAD.encode(context.finish())
}

/// The text form of a receipt's salt.
#[must_use]
pub fn encode_salt(salt: &[u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(salt)
}

/// Why a receipt does not prove its answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    /// The file is not JSON, or holds no receipt and salt.
    #[error("no answer with the members receipt and receipt_salt")]
    NoReceipt,
    /// The receipt is not a compact JWS of ours.
    #[error(
        "the receipt is not of the form header.claims.signature with typ {TYPE} and alg ES256, nor header.root.signature~claims~index~size~path with typ {}",
        shared::TYPE
    )]
    Form,
    /// The key set does not hold the key.
    #[error("the key set holds no key {0}")]
    UnknownKey(String),
    /// The signature is not of that key.
    #[error("the signature is not of the key the receipt names")]
    Signature,
    /// The claims beside a shared signature are not among those that were signed.
    #[error(
        "the claims are not among those that were signed together: their path does not lead to the signed root"
    )]
    Path,
    /// The answer was changed after it was signed, or belongs to another receipt.
    #[error("the answer is not the one that was signed: {0} differs")]
    Answer(&'static str),
}

impl NotProven {
    /// Why, and what to do, for a person to read.
    #[must_use]
    pub fn texts(&self) -> Text {
        let (ja, remedy): (String, &str) = match self {
            Self::NoReceipt => (
                "ファイルに署名（receipt・receipt_salt）がありません。資格確認の回答を、受け取ったJSONのまま保存したファイルを指定してください。".into(),
                "name the file in which the answer of a check was saved as it came (JSON)",
            ),
            Self::Form => (
                "署名（receipt）の形が正しくありません。保存した内容が途中で切れたか、変更されています。受け取ったまま保存したファイルで確かめ直してください。".into(),
                "what was saved was cut off or changed; verify the file in which the answer was saved as it came",
            ),
            Self::UnknownKey(key) => (
                format!(
                    "署名（receipt）に使われた鍵 {key} が、鍵のファイルにありません。回答したセンターの鍵（onshi check の --save-keys）を保存し直して、確かめ直してください。"
                ),
                "save the keys of the center that answered anew (--save-keys of onshi check), and verify again",
            ),
            Self::Signature => (
                "署名（receipt）が、示された鍵のものではありません。署名が変更されたか、鍵のファイルが別のセンターのものです。回答したセンターの鍵（onshi check の --save-keys）を保存し直して確かめ、それでも同じなら、この回答を証拠にしないでください。".into(),
                "it was changed, or the keys are another center's; save those of the center that answered anew (--save-keys of onshi check), and do not rely on the answer if it stays so",
            ),
            Self::Path => (
                "署名（receipt）の内容が、まとめて署名されたものに含まれていません。署名が変更されています。受け取ったまま保存したファイルで確かめ直してください。ほかになければ、この回答を証拠にしないでください。".into(),
                "it was changed; verify the file in which the answer was saved as it came, and do not rely on the answer where there is no other",
            ),
            Self::Answer(member) => (
                format!(
                    "署名された回答と違います（{member}）。回答が署名のあとで変更されたか、別の回答の署名です。受け取ったまま保存したファイルで確かめ直してください。ほかになければ、この回答を証拠にしないでください。"
                ),
                "it was changed later, or the receipt is another answer's: verify the file in which the answer was saved as it came, and do not rely on the answer where there is no other",
            ),
        };
        Text {
            ja,
            en: format!("{self}; {remedy}"),
        }
    }
}

/// Verifies a saved answer with its receipt and a saved copy of `GET /v1/keys`; needs no center.
///
/// # Errors
/// [`NotProven`].
pub fn verify(answer: &Value, keys: &KeySet) -> Result<Claims, NotProven> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let (Some(jws), Some(salt)) = (text("receipt"), text("receipt_salt")) else {
        return Err(NotProven::NoReceipt);
    };
    let claims = verify_signature(jws, keys)?;
    let salt = URL_SAFE_NO_PAD
        .decode(salt)
        .map_err(|_| NotProven::Answer("receipt_salt"))?;
    let mut bare = answer.clone();
    if let Some(members) = bare.as_object_mut() {
        members.remove("receipt");
        members.remove("receipt_salt");
    }
    let bytes = canonical::to_bytes(&bare).map_err(|_| NotProven::Answer("digest"))?;
    if digest(&salt, &bytes) != claims.digest {
        return Err(NotProven::Answer("digest"));
    }
    let agrees = |name: &'static str, stated: &str| match text(name) {
        Some(found) if found == stated => Ok(()),
        Some(_) | None => Err(NotProven::Answer(name)),
    };
    agrees("check_id", &claims.jti)?;
    agrees("facility", &claims.facility)?;
    agrees("as_of", &claims.as_of)?;
    if answer.get("verdict").and_then(Value::as_u64) != Some(u64::from(claims.verdict)) {
        return Err(NotProven::Answer("verdict"));
    }
    Ok(claims)
}

/// Verifies the signature alone and reads the claims.
///
/// # Errors
/// [`NotProven`].
pub fn verify_signature(receipt: &str, keys: &KeySet) -> Result<Claims, NotProven> {
    if receipt.contains(shared::SEPARATOR) {
        return shared::verify(receipt, keys);
    }
    let claims = verify_jws(receipt, TYPE, keys)?;
    serde_json::from_slice(&claims).map_err(|_| NotProven::Form)
}

/// Verifies a compact JWS of a kind; returns what it holds.
fn verify_jws(jws: &str, kind: &str, keys: &KeySet) -> Result<Vec<u8>, NotProven> {
    let (input, signature) = jws.rsplit_once('.').ok_or(NotProven::Form)?;
    let (header, payload) = input.split_once('.').ok_or(NotProven::Form)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NotProven::Form);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| NotProven::Form)?;
    if header.typ != kind || header.alg != "ES256" {
        return Err(NotProven::Form);
    }
    let key = keys.keys.iter().find(|key| key.kid == header.kid);
    let key = key.ok_or_else(|| NotProven::UnknownKey(header.kid.clone()))?;
    let mut point = vec![4];
    point.extend(decode(&key.x)?);
    point.extend(decode(&key.y)?);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
        .verify(input.as_bytes(), &decode(signature)?)
        .map_err(|_| NotProven::Signature)?;
    decode(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    /// A key `k1`, and what signs with it.
    pub(super) fn key() -> (KeySet, impl Fn(&str) -> Vec<u8>) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let half = |at: usize| <[u8; 32]>::try_from(&point[at..at + 32]).unwrap();
        let keys = KeySet {
            keys: vec![Jwk::p256("k1", &half(1), &half(33))],
        };
        let sign = move |input: &str| {
            let signature = pair.sign(&SystemRandom::new(), input.as_bytes());
            signature.unwrap().as_ref().to_vec()
        };
        (keys, sign)
    }

    pub(super) fn claims() -> Claims {
        Claims {
            as_of: "2026-11-23T00:15:02.000000Z".into(),
            digest: String::new(),
            facility: "1319999999".into(),
            iat: 1_795_392_902,
            iss: "onshi".into(),
            jti: "c1".into(),
            verdict: 1,
        }
    }

    fn signed() -> (Value, KeySet) {
        let (keys, sign) = key();
        let mut answer = json!({
            "as_of": "2026-11-23T00:15:02.000000Z", "check_id": "c1", "facility": "1319999999",
            "verdict": 1, "results": [{"name": "資格　太郎"}]
        });
        let salt = [7; 16];
        let claims = Claims {
            digest: digest(&salt, &canonical::to_bytes(&answer).unwrap()),
            ..claims()
        };
        let input = signing_input("k1", &claims.to_bytes());
        let signature = sign(&input);
        answer["receipt"] = seal(input, &signature).into();
        answer["receipt_salt"] = encode_salt(&salt).into();
        (answer, keys)
    }

    #[test]
    fn an_answer_is_proven_by_its_receipt_and_the_keys_alone() {
        let (answer, keys) = signed();
        assert_eq!(verify(&answer, &keys).unwrap().verdict, 1);
    }

    #[test]
    fn every_change_of_an_answer_is_found() {
        let (answer, keys) = signed();
        for (pointer, value) in [
            ("/verdict", json!(2)),
            ("/facility", json!("1319999998")),
            ("/results/0/name", json!("資格　次郎")),
            ("/check_id", json!("c2")),
        ] {
            let mut changed = answer.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert!(
                matches!(verify(&changed, &keys), Err(NotProven::Answer(_))),
                "{pointer}"
            );
        }
        let mut added = answer.clone();
        added["extra"] = json!(true);
        assert!(matches!(
            verify(&added, &keys),
            Err(NotProven::Answer("digest"))
        ));
    }

    #[test]
    fn a_foreign_key_or_form_proves_nothing() {
        let (answer, keys) = signed();
        let (_, mut other) = signed();
        assert_eq!(verify(&answer, &other), Err(NotProven::Signature));
        other.keys[0].kid = "k2".into();
        assert_eq!(
            verify(&answer, &other),
            Err(NotProven::UnknownKey("k1".into()))
        );
        assert_eq!(verify(&json!({}), &keys), Err(NotProven::NoReceipt));
        let broken = json!({"receipt": "a.b", "receipt_salt": ""});
        assert_eq!(verify(&broken, &keys), Err(NotProven::Form));
    }

    #[test]
    fn whatever_is_not_proven_is_told_in_both_languages_with_the_remedy() {
        for why in [
            NotProven::NoReceipt,
            NotProven::Form,
            NotProven::UnknownKey("k1".into()),
            NotProven::Signature,
            NotProven::Path,
            NotProven::Answer("verdict"),
        ] {
            let Text { ja, en } = why.texts();
            let remedy = en.strip_prefix(&why.to_string());
            assert!(remedy.is_some_and(|it| it.starts_with("; ")), "{en}");
            assert!(ja.ends_with("ください。"), "{ja}");
            for named in ["k1", "verdict"] {
                assert_eq!(ja.contains(named), en.contains(named), "{ja} / {en}");
            }
        }
    }

    #[test]
    fn a_receipt_alone_says_nothing_of_the_person() {
        let (answer, keys) = signed();
        let claims = verify(&answer, &keys).unwrap();
        assert!(!format!("{claims:?}").contains("太郎"));
    }
}
