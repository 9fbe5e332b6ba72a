//! A client's or server's certificate chain with its key, and the PKCS#12 file it travels in (G08). Shows no key in `Debug`.

use std::sync::Arc;

use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, Pkcs12ImportPolicy,
    PrivateKey, PrivateKeyChain,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use x509_parser::prelude::FromDer;

/// A chain, leaf first, and the leaf's key.
#[derive(Clone)]
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
}

/// Why a file is no usable identity. The texts name the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    /// Not a PKCS#12 file, or the wrong password: the format does not tell them apart.
    #[error(
        "wrong password, or not a PKCS#12 file; try the password again, or download the file again"
    )]
    PasswordOrFile,
    /// The file holds no private key with its certificate.
    #[error("the file holds no private key with a certificate")]
    NoKey,
    /// The PEM files do not hold a certificate and a key.
    #[error("the PEM files hold no certificate with its key")]
    Pem,
    /// The file could not be made.
    #[error("the PKCS#12 file could not be made")]
    Write,
}

/// How the PKCS#12 file is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum P12Encryption {
    /// AES-256 with HMAC-SHA-256: Windows 10 1709 and later, OpenSSL, Java, browsers.
    #[default]
    Aes256,
    /// 3DES with SHA-1, for older Windows only.
    Legacy3Des,
}

/// What a client certificate says of its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The facility.
    pub facility: InstitutionCode,
    /// The terminal's name.
    pub terminal: String,
    /// First instant of validity.
    pub not_before: Instant,
    /// Last instant of validity.
    pub not_after: Instant,
    /// SHA-256 of the certificate.
    pub fingerprint: [u8; 32],
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// From a chain, leaf first, and a PKCS#8 key.
    #[must_use]
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Self {
        Self {
            chain,
            key: Arc::new(key),
        }
    }

    /// The chain, leaf first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// A copy of the key for the TLS library.
    #[must_use]
    pub fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    /// SHA-256 of the leaf.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.chain
            .first()
            .map_or([0; 32], |leaf| Sha256::digest(leaf).into())
    }

    /// What the leaf says of its holder; `None` for a certificate that is no client's of ours.
    #[must_use]
    pub fn holder(&self) -> Option<Holder> {
        holder(self.chain.first()?)
    }

    /// First instant of the leaf's validity.
    #[must_use]
    pub fn valid_from(&self) -> Option<Instant> {
        self.validity().map(|(from, _)| from)
    }

    /// First and last instant of the leaf's validity.
    #[must_use]
    pub fn validity(&self) -> Option<(Instant, Instant)> {
        validity_of(self.chain.first()?)
    }

    /// Chain and key as PEM: (certificates, key).
    #[must_use]
    pub fn to_pem(&self) -> (String, String) {
        let chain = self
            .chain
            .iter()
            .map(|it| crate::authority::pem("CERTIFICATE", it));
        (
            chain.collect(),
            crate::authority::pem("PRIVATE KEY", self.key.secret_der()),
        )
    }

    /// Reads PEM texts.
    ///
    /// # Errors
    /// [`InvalidIdentity::Pem`].
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, InvalidIdentity> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or(InvalidIdentity::Pem)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| InvalidIdentity::Pem)?;
        Ok(Self::new(chain, key))
    }

    /// Packs chain, root and key into a PKCS#12 file.
    ///
    /// # Errors
    /// [`InvalidIdentity::Write`].
    pub fn to_pkcs12(
        &self,
        root: &CertificateDer<'_>,
        password: &str,
        encryption: P12Encryption,
    ) -> Result<Vec<u8>, InvalidIdentity> {
        let key =
            PrivateKey::from_der(self.key.secret_der()).map_err(|_| InvalidIdentity::Write)?;
        let certificates: Result<Vec<_>, _> = self
            .chain
            .iter()
            .chain(Some(root))
            .map(|it| Certificate::from_der(it))
            .collect();
        let certificates = certificates.map_err(|_| InvalidIdentity::Write)?;
        let mut keystore = KeyStore::new();
        let local_key_id = self.fingerprint();
        let chain = PrivateKeyChain::new(local_key_id.as_slice(), key, certificates);
        keystore.add_entry("onshi", KeyStoreEntry::PrivateKeyChain(chain));
        let writer = keystore.writer(password);
        let writer = match encryption {
            P12Encryption::Aes256 => writer
                .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
                .mac_algorithm(MacAlgorithm::HmacSha256),
            P12Encryption::Legacy3Des => writer
                .encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc)
                .mac_algorithm(MacAlgorithm::HmacSha1),
        };
        writer.write().map_err(|_| InvalidIdentity::Write)
    }

    /// Reads a PKCS#12 file.
    ///
    /// # Errors
    /// [`InvalidIdentity`].
    pub fn from_pkcs12(bytes: &[u8], password: &str) -> Result<Self, InvalidIdentity> {
        let keystore = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed)
            .map_err(|_| InvalidIdentity::PasswordOrFile)?;
        let (_, chain) = keystore.private_key_chain().ok_or(InvalidIdentity::NoKey)?;
        let key = PrivatePkcs8KeyDer::from(chain.key().as_der().to_vec());
        let certificates: Vec<_> = chain
            .certs()
            .iter()
            .map(|it| CertificateDer::from(it.as_der().to_vec()))
            .collect();
        // The root travels in the file for the reader's sake; it is not sent in a handshake.
        let is_root = |der: &CertificateDer<'_>| {
            x509_parser::certificate::X509Certificate::from_der(der)
                .is_ok_and(|(_, it)| it.subject() == it.issuer())
        };
        let certificates: Vec<_> = certificates.into_iter().filter(|it| !is_root(it)).collect();
        if certificates.is_empty() {
            return Err(InvalidIdentity::NoKey);
        }
        Ok(Self::new(certificates, PrivateKeyDer::Pkcs8(key)))
    }
}

/// Reads what a client certificate says; the chain was verified before, or is one's own.
#[must_use]
pub fn holder(leaf: &CertificateDer<'_>) -> Option<Holder> {
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(leaf).ok()?;
    let unit = certificate.subject().iter_organizational_unit().next()?;
    let name = certificate.subject().iter_common_name().next()?;
    Some(Holder {
        facility: InstitutionCode::parse(unit.as_str().ok()?).ok()?,
        terminal: name.as_str().ok()?.to_owned(),
        not_before: Instant::from_micros(certificate.validity().not_before.timestamp() * 1_000_000),
        not_after: Instant::from_micros(certificate.validity().not_after.timestamp() * 1_000_000),
        fingerprint: Sha256::digest(leaf).into(),
    })
}

/// First and last instant of a certificate's validity.
pub(crate) fn validity_of(certificate: &CertificateDer<'_>) -> Option<(Instant, Instant)> {
    let (_, read) = x509_parser::certificate::X509Certificate::from_der(certificate).ok()?;
    let at = |time: i64| Instant::from_micros(time.saturating_mul(1_000_000));
    let validity = read.validity();
    Some((
        at(validity.not_before.timestamp()),
        at(validity.not_after.timestamp()),
    ))
}

/// The serial number of a certificate; `None` for one whose number has another length than those made here.
#[must_use]
pub fn serial(leaf: &CertificateDer<'_>) -> Option<[u8; 16]> {
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(leaf).ok()?;
    certificate.raw_serial().try_into().ok()
}

/// The first certificate of a PEM text.
#[must_use]
pub fn first_certificate(pem: &[u8]) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem).ok()
}
