//! The certificate a server shows, exchanged while it runs. Makes none.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::identity::Identity;
use crate::server::TlsSetup;

/// A server's certificate with its key. Connections that stand keep the one they saw; new ones are shown the newest.
#[derive(Debug, Clone)]
pub struct ServerCertificate {
    shown: Arc<ArcSwap<CertifiedKey>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertificate {
    /// Of an identity.
    ///
    /// # Errors
    /// [`TlsSetup`] for a key that is none of the certificate's.
    pub fn new(identity: &Identity) -> Result<Self, TlsSetup> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = certified(identity, &provider)?;
        Ok(Self {
            shown: Arc::new(ArcSwap::from_pointee(key)),
            provider,
        })
    }

    /// Shows another from now on.
    ///
    /// # Errors
    /// As [`Self::new`]; then the one before is shown on.
    pub fn exchange(&self, identity: &Identity) -> Result<(), TlsSetup> {
        let key = certified(identity, &self.provider)?;
        self.shown.store(Arc::new(key));
        Ok(())
    }
}

fn certified(identity: &Identity, provider: &CryptoProvider) -> Result<CertifiedKey, TlsSetup> {
    CertifiedKey::from_der(identity.chain().to_vec(), identity.key(), provider)
        .map_err(|error| TlsSetup(error.to_string()))
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown.load_full())
    }
}
