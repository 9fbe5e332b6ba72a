//! Client certificates that may be offered, good or not: a handshake that refused an expired one could not say in words what to do.
//! Lets nobody in by itself: what is offered is worth nothing until it was examined.

use std::sync::Arc;

use domain::civil_date::Instant;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::client::is_of_time;
use crate::clock::unix;
use crate::identity::{Holder, holder};
use crate::server::verifier::above;
use crate::server::{Revocations, TlsSetup};

/// A verifier that lets every certificate pass whose key is proved.
#[derive(Debug)]
pub(crate) struct Unexamined(pub(crate) Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Unexamined {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Why an offered certificate proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// None was offered.
    Missing,
    /// It is past its end, or before its start.
    Expired,
    /// It was revoked.
    Revoked,
    /// It is none of our clients'.
    Foreign,
}

/// Says what an offered certificate is worth.
#[derive(Debug, Clone)]
pub struct Examiner {
    chain: Arc<dyn ClientCertVerifier>,
    revocations: Revocations,
    issuers: Vec<CertificateDer<'static>>,
}

impl Examiner {
    /// One that believes `root`.
    ///
    /// # Errors
    /// [`TlsSetup`].
    pub fn new(root: &CertificateDer<'static>, revocations: Revocations) -> Result<Self, TlsSetup> {
        let setup = |error: &dyn std::fmt::Display| TlsSetup(error.to_string());
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).map_err(|error| setup(&error))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Self {
            chain: chain.build().map_err(|error| setup(&error))?,
            revocations,
            issuers: Vec::new(),
        })
    }

    /// The same, knowing certificates between root and leaf, so that a leaf may come alone.
    #[must_use]
    pub fn knowing(mut self, issuers: Vec<CertificateDer<'static>>) -> Self {
        self.issuers = issuers;
        self
    }

    /// The holder of a chain, leaf first.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn examine(&self, offered: &[CertificateDer<'_>], now: Instant) -> Result<Holder, Unfit> {
        let (leaf, others) = offered.split_first().ok_or(Unfit::Missing)?;
        let others = above(others, &self.issuers);
        match self.chain.verify_client_cert(leaf, &others, unix(now)) {
            Ok(_) => {}
            Err(Error::InvalidCertificate(why)) if is_of_time(&why) => return Err(Unfit::Expired),
            Err(_) => return Err(Unfit::Foreign),
        }
        let holder = holder(leaf).ok_or(Unfit::Foreign)?;
        if self.revocations.holds(&holder.fingerprint) {
            return Err(Unfit::Revoked);
        }
        Ok(holder)
    }
}
