//! RSA public keys and signatures as the card-face application writes them. Holds no private key.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use num_bigint::BigUint;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::tlv::{TlvError, Tlvs};

/// An RSA public key of at least 2048 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

/// The signature was not made with this key over this content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit")]
pub struct WrongSignature;

/// Why something is no [`RsaKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not one `SubjectPublicKeyInfo` of an RSA key in DER.
    #[error("not the public key information of an RSA key")]
    Form,
    /// The modulus is even, or has not 2048 to 8192 bits.
    #[error("a modulus that is even or has not 2048 to 8192 bits")]
    Modulus,
    /// The exponent is even, one, or longer than four bytes.
    #[error("an exponent that is even, one or longer than four bytes")]
    Exponent,
}

/// Tags of exponent and modulus.
const EXPONENT: u32 = 0x90;
const MODULUS: u32 = 0x91;

/// What comes before 96 bytes of digests in the DigestInfo of the face data: the algorithm is named as SHA-256, the content are
/// three SHA-256 digests one after the other (reference §3.2, DF28).
const THREE_DIGESTS_PREFIX: [u8; 19] = [
    0x30, 0x71, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x60,
];

impl RsaKey {
    /// Reads `90` exponent and `91` modulus.
    ///
    /// # Errors
    /// [`TlvError`]; [`TlvError::Value`] for what is an [`InvalidKey`].
    pub fn parse(objects: &Tlvs<'_>) -> Result<Self, TlvError> {
        let (modulus, exponent) = (objects.one(MODULUS)?, objects.one(EXPONENT)?);
        Self::new(modulus.value, exponent.value).map_err(|invalid| match invalid {
            InvalidKey::Form | InvalidKey::Modulus => TlvError::Value(MODULUS),
            InvalidKey::Exponent => TlvError::Value(EXPONENT),
        })
    }

    /// Reads a `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn of_public_key_info(der: &[u8]) -> Result<Self, InvalidKey> {
        let Ok((&[], information)) = SubjectPublicKeyInfo::from_der(der) else {
            return Err(InvalidKey::Form);
        };
        let Ok(PublicKey::RSA(key)) = information.parsed() else {
            return Err(InvalidKey::Form);
        };
        Self::new(key.modulus, key.exponent)
    }

    fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, InvalidKey> {
        let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
        let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        let long = modulus.first().is_some_and(|first| first & 0x80 != 0);
        if !long || !(256..=1024).contains(&modulus.len()) || !odd(modulus) {
            return Err(InvalidKey::Modulus);
        }
        if !(1..=4).contains(&exponent.len()) || !odd(exponent) || exponent == [1] {
            return Err(InvalidKey::Exponent);
        }
        Ok(Self {
            modulus: modulus.to_vec(),
            exponent: exponent.to_vec(),
        })
    }

    /// Checks an RSASSA-PKCS1-v1_5 signature with SHA-256.
    ///
    /// # Errors
    /// [`WrongSignature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WrongSignature> {
        let key = RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        let verified = key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature);
        verified.map_err(|_| WrongSignature)
    }

    /// Checks the card's own form of PKCS#1 v1.5: three digests in one DigestInfo, which no library offers. The padding is built
    /// and compared as a whole (RFC 8017 §8.2.2), nothing in it is read.
    ///
    /// # Errors
    /// [`WrongSignature`].
    pub(crate) fn verify_three_digests(
        &self,
        digests: &[[u8; 32]; 3],
        signature: &[u8],
    ) -> Result<(), WrongSignature> {
        let modulus = BigUint::from_bytes_be(&self.modulus);
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != self.modulus.len() || modulus <= number {
            return Err(WrongSignature);
        }
        let opened = number.modpow(&BigUint::from_bytes_be(&self.exponent), &modulus);
        let expected = self.padded(digests).ok_or(WrongSignature)?;
        if opened == BigUint::from_bytes_be(&expected) {
            Ok(())
        } else {
            Err(WrongSignature)
        }
    }

    /// `00 01 FF … FF 00` and the DigestInfo.
    fn padded(&self, digests: &[[u8; 32]; 3]) -> Option<Vec<u8>> {
        let content = THREE_DIGESTS_PREFIX.len() + 96;
        let filler = self.modulus.len().checked_sub(content + 3)?;
        let mut bytes = vec![0x00, 0x01];
        bytes.resize(2 + filler, 0xFF);
        bytes.push(0x00);
        bytes.extend_from_slice(&THREE_DIGESTS_PREFIX);
        digests
            .iter()
            .for_each(|digest| bytes.extend_from_slice(digest));
        Some(bytes)
    }
}

impl core::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "RsaKey({} bits)", self.modulus.len() * 8)
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|b| *b != 0);
    start
        .and_then(|start| number.get(start..))
        .unwrap_or_default()
}
