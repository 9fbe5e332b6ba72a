//! The certificate of the key for user authentication, as it lies on the card, and signatures of that key. Judges no
//! certificate: chain, dates and revocation are the center's.

use x509_parser::prelude::{FromDer, X509Certificate};

/// An X.509 certificate in DER that names a kind of key we know. A stable pseudonym of its holder: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    algorithm: Algorithm,
}

/// How the card's key signs. Today's cards have RSA-2048; the next generation is announced with ECDSA (P-384).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, any length of key.
    RsaPkcs1Sha256,
}

/// Why bytes are no [`Certificate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// Not one X.509 certificate in DER.
    #[error("not one X.509 certificate")]
    Form,
    /// The key is of another kind than RSA.
    #[error("a kind of key this version does not know")]
    Key,
}

/// A signature and how it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How it was made.
    pub algorithm: Algorithm,
    /// The signature; its length is the key's.
    pub bytes: Vec<u8>,
}

/// What goes to the center: the signature over the challenge with the certificate read in the same use of the card, or before
/// while the same card lay there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose key it was.
    pub certificate: Certificate,
    /// Over the text of the challenge.
    pub signature: Signature,
}

/// `rsaEncryption` (RFC 8017, appendix C).
const RSA: &str = "1.2.840.113549.1.1.1";

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// [`InvalidCertificate`].
    pub fn parse(der: &[u8]) -> Result<Self, InvalidCertificate> {
        let parsed = X509Certificate::from_der(der);
        let Ok((rest, certificate)) = parsed else {
            return Err(InvalidCertificate::Form);
        };
        if !rest.is_empty() {
            return Err(InvalidCertificate::Form);
        }
        let kind = certificate.public_key().algorithm.algorithm.to_id_string();
        if kind != RSA {
            return Err(InvalidCertificate::Key);
        }
        Ok(Self {
            der: der.to_vec(),
            algorithm: Algorithm::RsaPkcs1Sha256,
        })
    }

    /// The bytes for the center.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// How its key signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl core::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Certificate({} bytes)", self.der.len())
    }
}

/// The whole length of the DER object these bytes begin, as `30 82 LL LL` has it.
pub(crate) fn der_length(head: &[u8]) -> Option<usize> {
    match head {
        [0x30, short, ..] if *short < 0x80 => Some(2 + usize::from(*short)),
        [0x30, 0x81, length, ..] => Some(3 + usize::from(*length)),
        [0x30, 0x82, high, low, ..] => Some(4 + usize::from(u16::from_be_bytes([*high, *low]))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_certificate_is_in_its_first_bytes() {
        assert_eq!(der_length(&[0x30, 0x82, 0x06, 0x32, 0x30]), Some(1590));
        assert_eq!(der_length(&[0x30, 0x81, 0x80]), Some(131));
        assert_eq!(der_length(&[0x30, 0x05]), Some(7));
        for wrong in [&[0x31, 0x05][..], &[0x30, 0x83, 1, 2, 3], &[0x30], &[]] {
            assert_eq!(der_length(wrong), None);
        }
    }
}
