//! The verifier of client certificates: chain, validity, and that none was revoked, so that a revoked one is told so by the
//! handshake's own alert. Decides nothing about facilities.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::server::Revocations;

/// A verifier that also refuses what was revoked.
#[derive(Debug)]
pub(crate) struct NotRevoked {
    /// Verifies chain and validity.
    pub(crate) chain: Arc<dyn ClientCertVerifier>,
    /// What was revoked.
    pub(crate) revocations: Revocations,
    /// The certificates between root and leaf.
    pub(crate) issuers: Vec<CertificateDer<'static>>,
}

/// What leads from a leaf to the root: what came with it, and what is known here. One that came alone needs the latter, and so does one whose client
/// has put the newest issuing CA in the place of the one that signed it.
pub(crate) fn above<'a>(
    others: &[CertificateDer<'a>],
    known: &[CertificateDer<'a>],
) -> Vec<CertificateDer<'a>> {
    let missing = known.iter().filter(|it| !others.contains(*it));
    others.iter().chain(missing).cloned().collect()
}

impl ClientCertVerifier for NotRevoked {
    fn offer_client_auth(&self) -> bool {
        self.chain.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.chain.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let others = above(others, &self.issuers);
        let verified = self.chain.verify_client_cert(leaf, &others, now)?;
        if self.revocations.holds(&Sha256::digest(leaf).into()) {
            return Err(CertificateError::Revoked.into());
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
