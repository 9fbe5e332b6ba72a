//! The card's private keys, and what it does with data before it signs them. Asks nobody for leave: the card does.

use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};
use sha2::{Digest, Sha256};
use synthetic::card::octets::Octets;
use synthetic::card::persona::Persona;

use crate::application::KeyName;
use crate::status::Status;

/// More cannot be padded into a signature of 256 bytes.
const MOST_BYTES: usize = 245;

/// DER of a `DigestInfo` for SHA-256, up to the hash.
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// The keys of a card, ready to sign.
pub(crate) struct Keys {
    authentication: Option<RsaPrivateKey>,
    signature: Option<RsaPrivateKey>,
    card_face: Option<RsaPrivateKey>,
}

impl Keys {
    pub(crate) fn of(persona: &Persona) -> Result<Self, rsa::pkcs8::Error> {
        let jpki = persona.jpki.as_ref();
        let signature = jpki.and_then(|it| it.signature.as_ref());
        let card_face = persona.card_face.as_ref();
        Ok(Self {
            authentication: read(jpki.map(|it| &it.authentication.key))?,
            signature: read(signature.map(|it| &it.key))?,
            card_face: read(card_face.and_then(|it| it.key.as_ref()))?,
        })
    }

    pub(crate) fn lose_card_face(&mut self) {
        self.card_face = None;
    }

    /// Signs with a key. The form (P1) says how the data become what is signed, and how that is padded: 00 to 03 by PKCS#1 v1.5,
    /// 04 and 05 by PSS.
    pub(crate) fn sign(&self, name: KeyName, form: u8, data: &[u8]) -> Result<Vec<u8>, Status> {
        let key = match name {
            KeyName::Authentication => &self.authentication,
            KeyName::Signature => &self.signature,
            KeyName::CardFace => &self.card_face,
        };
        let key = key.as_ref().ok_or(Status::NO_KEY)?;
        let hash = || Sha256::digest(data).to_vec();
        let signed = match form {
            0x00 => data.to_vec(),
            0x01 => hash(),
            0x02 if data.len() == 32 => [&DIGEST_INFO, data].concat(),
            0x02 => return Err(Status::LENGTH),
            0x03 => [DIGEST_INFO.to_vec(), hash()].concat(),
            0x04 if data.len() == 32 => return sign_salted(key, data),
            0x05 if !data.is_empty() => return sign_salted(key, &hash()),
            0x04 | 0x05 => return Err(Status::LENGTH),
            _ => return Err(Status::PARAMETERS),
        };
        if data.is_empty() || MOST_BYTES < signed.len() {
            return Err(Status::LENGTH);
        }
        key.sign(Pkcs1v15Sign::new_unprefixed(), &signed)
            .map_err(|_| Status::CONDITIONS)
    }
}

fn sign_salted(key: &RsaPrivateKey, hash: &[u8]) -> Result<Vec<u8>, Status> {
    key.sign_with_rng(&mut OsRng, Pss::new::<Sha256>(), hash)
        .map_err(|_| Status::CONDITIONS)
}

fn read(key: Option<&Octets>) -> Result<Option<RsaPrivateKey>, rsa::pkcs8::Error> {
    key.map(|it| RsaPrivateKey::from_pkcs8_der(&it.0))
        .transpose()
}
