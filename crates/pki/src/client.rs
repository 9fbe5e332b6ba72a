//! The TLS side of a client: trusts our root alone, shows its certificate. Knows no system root.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;

use crate::identity::Identity;
use crate::server::TlsSetup;

/// A client's TLS configuration: TLS 1.3, our root, and the identity where there is one.
///
/// # Errors
/// [`TlsSetup`].
pub fn config(
    root: &CertificateDer<'static>,
    identity: Option<&Identity>,
) -> Result<ClientConfig, TlsSetup> {
    let setup = |error: &dyn std::fmt::Display| TlsSetup(error.to_string());
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).map_err(|e| setup(&e))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|e| setup(&e))?
        .with_root_certificates(roots);
    match identity {
        Some(identity) => builder
            .with_client_auth_cert(identity.chain().to_vec(), identity.key())
            .map_err(|e| setup(&e)),
        None => Ok(builder.with_no_client_auth()),
    }
}

/// What a failed connection means for the person in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The server refused the client certificate: expired, revoked or not of its root.
    Certificate,
    /// The server's certificate is not of our root.
    Server,
    /// No connection, or it broke.
    Line,
}

/// Tells apart why a connection failed, from the error's chain.
#[must_use]
pub fn refusal(error: &(dyn std::error::Error + 'static)) -> Refusal {
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let tls = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| io.and_then(|it| it.downcast_ref::<rustls::Error>()));
        match tls {
            Some(rustls::Error::AlertReceived(_)) => return Refusal::Certificate,
            Some(rustls::Error::InvalidCertificate(_)) => return Refusal::Server,
            Some(_) | None => next = error.source(),
        }
    }
    Refusal::Line
}
