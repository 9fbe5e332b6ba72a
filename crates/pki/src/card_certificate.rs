//! A My Number card's certificate for user authentication: read, held against the roots, and its signatures verified (my-number-card §6).
//! Chooses a root by its key, never by its name: generations of the real authority share one name. Knows no person.

use std::collections::BTreeSet;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey,
};
use domain::card_certificate::{CardSerial, TokenKind, Validity};
use domain::civil_date::Instant;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::Oid;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension};
use x509_parser::oid_registry;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::AlgorithmIdentifier;

/// Bits of a key at least (my-number-card §6), and at most: a larger one would cost more time than a signature is worth.
const KEY_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

/// The largest certificate taken, in bytes; a card's file is smaller.
const MOST_BYTES: usize = 6 << 10;

/// Why a card's certificate is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardRefused {
    /// It is not one X.509 certificate, or says something twice.
    #[error("not one X.509 certificate")]
    Unreadable,
    /// No root has signed it.
    #[error("no root has signed it")]
    Untrusted,
    /// Its key, or a signature's kind, is too weak or not RSA.
    #[error(
        "its key is not RSA of 2048 to 4096 bits, or its signature is not RSA with SHA-256 or more"
    )]
    Key,
    /// It is not one for user authentication.
    #[error("not a certificate for user authentication: usage, extension or policy")]
    Policy,
}

/// Why a file is no root. The texts name the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoot {
    /// It holds no certificate, in PEM or DER.
    #[error("holds no X.509 certificate in PEM or DER")]
    Unreadable,
    /// The certificate is not an authority's.
    #[error("its certificate is not an authority's (basicConstraints CA, keyCertSign)")]
    NoAuthority,
    /// Its key cannot be used.
    #[error("its key is not RSA of 2048 to 4096 bits")]
    Key,
}

/// An authority whose cards are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// SHA-256 of its public key: what tells it apart.
    pub authority: [u8; 32],
    name: Vec<u8>,
    key_id: Option<Vec<u8>>,
    key: Vec<u8>,
    last_second: i64,
}

/// Object identifiers of the policies that say what holds a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// Of plastic cards.
    pub card: String,
    /// Of phones.
    pub phone: String,
}

/// A certificate that a root vouches for, and that is one for user authentication.
#[derive(Clone, PartialEq, Eq)]
pub struct CardCertificate {
    /// What leads to a person.
    pub serial: CardSerial,
    /// What holds it.
    pub token: TokenKind,
    /// When it is good.
    pub validity: Validity,
    /// Names of the lists its revocation would stand in, as DER.
    pub(crate) lists: BTreeSet<Vec<u8>>,
    key: Vec<u8>,
}

impl std::fmt::Debug for CardCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardCertificate(…)")
    }
}

impl Root {
    /// Reads every root of a file: one certificate in DER, or any number in PEM.
    ///
    /// # Errors
    /// [`InvalidRoot`] of the first that cannot be one.
    pub fn read(file: &[u8]) -> Result<Vec<Self>, InvalidRoot> {
        let from_pem: Result<Vec<CertificateDer<'_>>, _> =
            CertificateDer::pem_slice_iter(file).collect();
        match from_pem {
            Ok(all) if !all.is_empty() => all.iter().map(|der| Self::from_der(der)).collect(),
            Ok(_) | Err(_) => Ok(vec![Self::from_der(file)?]),
        }
    }

    fn from_der(der: &[u8]) -> Result<Self, InvalidRoot> {
        let certificate = whole(der).ok_or(InvalidRoot::Unreadable)?;
        let is_authority = certificate.is_ca()
            && certificate
                .key_usage()
                .ok()
                .flatten()
                .is_none_or(|usage| usage.value.key_cert_sign());
        if !is_authority {
            return Err(InvalidRoot::NoAuthority);
        }
        let key = rsa_key(&certificate).ok_or(InvalidRoot::Key)?;
        let key_id = certificate
            .iter_extensions()
            .find_map(|it| match it.parsed_extension() {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                _ => None,
            });
        Ok(Self {
            authority: Sha256::digest(certificate.public_key().raw).into(),
            name: certificate.subject().as_raw().to_vec(),
            key_id,
            key,
            last_second: seconds(&certificate).1,
        })
    }

    /// Whether the root's key made a signature over a message; what is signed names the root and, where it can, its key.
    pub(crate) fn has_signed(
        &self,
        (issuer, key_id): (&[u8], Option<&[u8]>),
        algorithm: &AlgorithmIdentifier<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        // A name chains, but proves nothing; a key identifier only saves time. The signature decides.
        let may_be = self.name == issuer
            && match (key_id, &self.key_id) {
                (Some(named), Some(own)) => named == own.as_slice(),
                (None, _) | (_, None) => true,
            };
        may_be && verifies(&self.key, algorithm, message, signature) == Some(true)
    }
}

impl CardCertificate {
    /// Reads a certificate and holds it against roots and policies. Dates and revocation are the caller's next steps.
    ///
    /// # Errors
    /// [`CardRefused`].
    pub fn verify(der: &[u8], roots: &[Root], policies: &Policies) -> Result<Self, CardRefused> {
        if MOST_BYTES < der.len() {
            return Err(CardRefused::Unreadable);
        }
        let certificate = whole(der).ok_or(CardRefused::Unreadable)?;
        let has_twice = certificate.extensions_map().is_err();
        let broken = certificate
            .iter_extensions()
            .any(|it| it.parsed_extension().error().is_some());
        if has_twice
            || broken
            || certificate.signature_algorithm != certificate.tbs_certificate.signature
        {
            return Err(CardRefused::Unreadable);
        }
        if hash_of(&certificate.signature_algorithm).is_none() {
            return Err(CardRefused::Key);
        }
        let named = (
            certificate.issuer().as_raw(),
            authority_key_id(certificate.extensions()),
        );
        let signed_by = |root: &&Root| {
            root.has_signed(
                named,
                &certificate.signature_algorithm,
                certificate.tbs_certificate.as_ref(),
                &certificate.signature_value.data,
            )
        };
        let root = roots.iter().find(signed_by).ok_or(CardRefused::Untrusted)?;
        // A root's own dates are no part of a path's validity (RFC 5280 §6.1.1): the grace of an expired card must not need a root
        // that is valid today. But none issues anything after its end.
        let (from, until) = seconds(&certificate);
        if root.last_second < from {
            return Err(CardRefused::Untrusted);
        }
        let key = rsa_key(&certificate).ok_or(CardRefused::Key)?;
        let token = usage(&certificate, policies).ok_or(CardRefused::Policy)?;
        let serial = CardSerial::new(root.authority, certificate.raw_serial());
        Ok(Self {
            serial: serial.ok_or(CardRefused::Unreadable)?,
            token,
            validity: Validity {
                not_before: Instant::from_micros(from.saturating_mul(1_000_000)),
                not_after: Instant::from_micros(until.saturating_mul(1_000_000)),
            },
            lists: list_names(&certificate),
            key,
        })
    }

    /// Whether the card's key signed a message (PKCS#1 v1.5, SHA-256).
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key)
            .verify(message, signature)
            .is_ok()
    }
}

/// A certificate with nothing behind it.
fn whole(der: &[u8]) -> Option<X509Certificate<'_>> {
    // The library takes any tag with the number of SEQUENCE for one, whatever its class.
    if der.first() != Some(&0x30) {
        return None;
    }
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    rest.is_empty().then_some(certificate)
}

fn seconds(certificate: &X509Certificate<'_>) -> (i64, i64) {
    let validity = certificate.validity();
    (
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    )
}

/// The RSA key of the right size, as the library wants it.
fn rsa_key(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    let info = certificate.public_key();
    let PublicKey::RSA(rsa) = info.parsed().ok()? else {
        return None;
    };
    let is_plain = info.algorithm.algorithm == oid_registry::OID_PKCS1_RSAENCRYPTION;
    // Counted from the first bit that is set: leading zeros make no key stronger.
    let mut bytes = rsa.modulus.iter().skip_while(|byte| **byte == 0);
    let first = bytes.next()?;
    let bits = 8 * (1 + bytes.count()) - first.leading_zeros() as usize;
    let fits = is_plain && KEY_BITS.contains(&bits) && !is_small_or_even(rsa.exponent);
    fits.then(|| info.subject_public_key.data.to_vec())
}

/// Whether an exponent is below 65537 or even.
fn is_small_or_even(exponent: &[u8]) -> bool {
    let significant: Vec<u8> = exponent
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    let is_even = significant.last().is_none_or(|last| last.is_multiple_of(2));
    is_even || significant.len() < 3 || significant == [1, 0, 0]
}

/// What holds a certificate whose usage is user authentication: its policy says so. An extension that is critical and not looked at
/// here refuses it (RFC 5280 §4.2).
fn usage(certificate: &X509Certificate<'_>, policies: &Policies) -> Option<TokenKind> {
    let mut signs = false;
    let mut token = None;
    for extension in certificate.iter_extensions() {
        match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) => {
                let other = usage.non_repudiation()
                    || usage.key_cert_sign()
                    || usage.crl_sign()
                    || usage.key_encipherment()
                    || usage.data_encipherment()
                    || usage.key_agreement();
                signs = usage.digital_signature() && !other;
            }
            ParsedExtension::ExtendedKeyUsage(usage) if !usage.client_auth => return None,
            ParsedExtension::BasicConstraints(constraints) if constraints.ca => return None,
            ParsedExtension::CertificatePolicies(found) => {
                let is =
                    |wanted: &str| found.iter().any(|it| it.policy_id.to_id_string() == wanted);
                token = match (is(&policies.card), is(&policies.phone)) {
                    (true, false) => Some(TokenKind::Card),
                    (false, true) => Some(TokenKind::Phone),
                    (true, true) | (false, false) => None,
                };
            }
            ParsedExtension::ExtendedKeyUsage(_)
            | ParsedExtension::BasicConstraints(_)
            | ParsedExtension::CRLDistributionPoints(_)
            | ParsedExtension::SubjectAlternativeName(_)
            | ParsedExtension::IssuerAlternativeName(_) => {}
            _ if extension.critical => return None,
            _ => {}
        }
    }
    token.filter(|_| signs)
}

/// The key identifier among extensions that name an authority.
pub(crate) fn authority_key_id<'a>(extensions: &'a [X509Extension<'a>]) -> Option<&'a [u8]> {
    extensions
        .iter()
        .find_map(|it| match it.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                id.key_identifier.as_ref().map(|it| it.0)
            }
            _ => None,
        })
}

fn list_names(certificate: &X509Certificate<'_>) -> BTreeSet<Vec<u8>> {
    let points = certificate
        .iter_extensions()
        .filter_map(|it| match it.parsed_extension() {
            ParsedExtension::CRLDistributionPoints(points) => Some(points),
            _ => None,
        });
    let names = points.flat_map(|it| it.points.iter());
    names
        .filter_map(|point| point.distribution_point.as_ref())
        .flat_map(directory_names)
        .collect()
}

/// The directory names of a distribution point, as DER. The real authority's points are names, not addresses.
pub(crate) fn directory_names(point: &DistributionPointName<'_>) -> Vec<Vec<u8>> {
    let DistributionPointName::FullName(names) = point else {
        return Vec::new();
    };
    let names = names.iter().filter_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name.as_raw().to_vec()),
        _ => None,
    });
    names.collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

fn hash_of(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let is = |oid: Oid<'_>| algorithm.algorithm == oid;
    if is(oid_registry::OID_PKCS1_SHA256WITHRSA) {
        Some(Hash::Sha256)
    } else if is(oid_registry::OID_PKCS1_SHA384WITHRSA) {
        Some(Hash::Sha384)
    } else if is(oid_registry::OID_PKCS1_SHA512WITHRSA) {
        Some(Hash::Sha512)
    } else {
        None
    }
}

/// Whether a signature is a key's; `None` for an algorithm that is not taken.
fn verifies(
    key: &[u8],
    algorithm: &AlgorithmIdentifier<'_>,
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let parameters = match hash_of(algorithm)? {
        Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
    };
    let key = UnparsedPublicKey::new(parameters, key);
    Some(key.verify(message, signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponent_below_65537_or_even_is_refused() {
        for weak in [&[3][..], &[1, 0, 0], &[1, 0, 2], &[0, 0, 3], &[]] {
            assert!(is_small_or_even(weak), "{weak:?}");
        }
        for good in [&[1, 0, 1][..], &[0, 1, 0, 1], &[1, 0, 0, 1]] {
            assert!(!is_small_or_even(good), "{good:?}");
        }
    }
}
