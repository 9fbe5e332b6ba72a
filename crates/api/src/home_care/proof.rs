//! What a device proves with each request: that it holds its key, and that this very request is its own (compact JWS, RFC 7515, ES256, in the
//! manner of RFC 9449). A proof counts once and for two minutes; it holds nothing of a patient.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The header a proof comes in.
pub const HEADER: &str = "onshi-proof";

/// The `typ` of a proof.
pub const TYPE: &str = "onshi-home-proof+jwt";

/// A device's public key, a point of P-256 (RFC 7517, RFC 7518 §6.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// `P-256`.
    pub crv: String,
    /// `EC`.
    pub kty: String,
    /// X coordinate, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    pub x: String,
    /// Y coordinate, base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    pub y: String,
}

impl PublicKey {
    /// Of two coordinates.
    #[must_use]
    pub fn of(x: &[u8; 32], y: &[u8; 32]) -> Self {
        Self {
            crv: "P-256".into(),
            kty: "EC".into(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        }
    }

    /// The two coordinates; `None` where it is no such key.
    #[must_use]
    pub fn coordinates(&self) -> Option<[u8; 64]> {
        if (self.kty.as_str(), self.crv.as_str()) != ("EC", "P-256") {
            return None;
        }
        let mut both = URL_SAFE_NO_PAD.decode(&self.x).ok()?;
        let y = URL_SAFE_NO_PAD.decode(&self.y).ok()?;
        if both.len() != 32 {
            return None;
        }
        both.extend(y);
        both.try_into().ok()
    }
}

/// What a proof states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// base64url of SHA-256 of the request's body.
    pub digest: String,
    /// The request's method.
    pub htm: String,
    /// The request's path.
    pub htp: String,
    /// When it was signed, seconds since the Unix epoch.
    pub iat: i64,
    /// Another text for each proof.
    pub jti: String,
}

impl Claims {
    /// Of a request.
    #[must_use]
    pub fn of(method: &str, path: &str, body: &[u8], (iat, jti): (i64, String)) -> Self {
        Self {
            digest: hash(body),
            htm: method.to_owned(),
            htp: path.to_owned(),
            iat,
            jti,
        }
    }

    /// Whether it is about this request.
    #[must_use]
    pub fn is_about(&self, method: &str, path: &str, body: &[u8]) -> bool {
        self.htm == method && self.htp == path && self.digest == hash(body)
    }
}

fn hash(body: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, body))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Header and claims to sign; [`crate::receipt::seal`] appends the signature. `kid` is the device's identifier; that of a key that has none yet
/// is empty.
#[must_use]
pub fn signing_input(kid: &str, claims: &Claims) -> String {
    let header = Header {
        alg: "ES256".into(),
        kid: kid.into(),
        typ: TYPE.into(),
    };
    let part =
        |bytes: serde_json::Result<Vec<u8>>| URL_SAFE_NO_PAD.encode(bytes.unwrap_or_default());
    let header = part(serde_json::to_vec(&header));
    let claims = part(serde_json::to_vec(claims));
    format!("{header}.{claims}")
}

/// A proof as it came, not yet believed.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The device it names.
    pub kid: String,
    /// What it states.
    pub claims: Claims,
    signed: String,
    signature: Vec<u8>,
}

impl Shown {
    /// Reads a header's text; `None` for what is no proof.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let is_ours = header.typ == TYPE && header.alg == "ES256";
        let claims: Claims = serde_json::from_slice(&decode(claims)?).ok()?;
        let fits = is_ours && (16..=64).contains(&claims.jti.len()) && claims.jti.is_ascii();
        fits.then_some(Self {
            kid: header.kid,
            claims,
            signed: signed.to_owned(),
            signature: decode(signature)?,
        })
    }

    /// Whether the holder of this key has signed it.
    #[must_use]
    pub fn is_of(&self, key: &[u8; 64]) -> bool {
        let mut point = vec![4];
        point.extend_from_slice(key);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
            .verify(self.signed.as_bytes(), &self.signature)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

    fn pair() -> (EcdsaKeyPair, [u8; 64]) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let key = pair.public_key().as_ref()[1..].try_into().unwrap();
        (pair, key)
    }

    fn shown(pair: &EcdsaKeyPair, claims: &Claims) -> Shown {
        let input = signing_input("device", claims);
        let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        Shown::read(&crate::receipt::seal(input, signature.as_ref())).unwrap()
    }

    #[test]
    fn a_proof_is_of_its_key_and_about_its_request_alone() {
        let ((own, own_key), (_, other_key)) = (pair(), pair());
        let claims = Claims::of(
            "POST",
            "/v1/home/devices",
            b"{}",
            (7, "0123456789abcdef".into()),
        );
        let shown = shown(&own, &claims);
        assert!(shown.is_of(&own_key) && !shown.is_of(&other_key));
        assert!(shown.claims.is_about("POST", "/v1/home/devices", b"{}"));
        for (method, path, body) in [
            ("GET", "/v1/home/devices", &b"{}"[..]),
            ("POST", "/v1/home/card-checks", b"{}"),
            ("POST", "/v1/home/devices", b"{ }"),
        ] {
            assert!(!shown.claims.is_about(method, path, body));
        }
    }

    #[test]
    fn what_is_no_proof_of_ours_is_none() {
        let (own, _) = pair();
        let claims = Claims::of("GET", "/", b"", (7, "short".into()));
        let input = signing_input("device", &claims);
        let signature = own.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        let short = crate::receipt::seal(input, signature.as_ref());
        for text in ["", "a.b.c", "e30.e30.", short.as_str()] {
            assert!(Shown::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_reads_back_and_one_of_another_curve_is_none() {
        let key = PublicKey::of(&[1; 32], &[2; 32]);
        assert_eq!(key.coordinates().unwrap()[..32], [1; 32]);
        let other = PublicKey {
            crv: "P-384".into(),
            ..key.clone()
        };
        assert_eq!(other.coordinates(), None);
        let short = PublicKey {
            y: "AAAA".into(),
            ..key
        };
        assert_eq!(short.coordinates(), None);
    }
}
