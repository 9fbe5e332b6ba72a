//! The TLS side of a client: trusts our root alone, shows its certificate. Knows no system root.

mod before_trust;

pub use before_trust::config_before_trust;

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::clock::{Clock, TlsClock};
use crate::identity::Identity;
use crate::server::TlsSetup;

/// A client's TLS configuration: TLS 1.3, our root, and the identity where there is one. By the machine's clock.
///
/// # Errors
/// [`TlsSetup`].
pub fn config(
    root: &CertificateDer<'static>,
    identity: Option<&Identity>,
) -> Result<ClientConfig, TlsSetup> {
    build(root, identity, Arc::new(DefaultTimeProvider))
}

/// The same by a clock that is handed in.
///
/// # Errors
/// [`TlsSetup`].
pub fn config_by(
    clock: Clock,
    root: &CertificateDer<'static>,
    identity: Option<&Identity>,
) -> Result<ClientConfig, TlsSetup> {
    build(root, identity, Arc::new(TlsClock(clock)))
}

fn build(
    root: &CertificateDer<'static>,
    identity: Option<&Identity>,
    time: Arc<dyn TimeProvider>,
) -> Result<ClientConfig, TlsSetup> {
    let setup = |error: &dyn std::fmt::Display| TlsSetup(error.to_string());
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).map_err(|e| setup(&e))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, time)
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

/// The same for asking a server for nothing but the time, when the own clock may be wrong: its certificate must be of our root and bear
/// the name asked for, but it counts at the time it was made for. Nothing else may be asked with it.
///
/// # Errors
/// [`TlsSetup`].
pub fn config_for_the_time(
    root: &CertificateDer<'static>,
    identity: &Identity,
) -> Result<ClientConfig, TlsSetup> {
    let setup = |error: &dyn std::fmt::Display| TlsSetup(error.to_string());
    let mut config = config(root, Some(identity))?;
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).map_err(|e| setup(&e))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|e| setup(&e))?;
    config
        .dangerous()
        .set_certificate_verifier(Arc::new(AtItsTime { chain }));
    Ok(config)
}

/// Verifies chain and name at the first second of a certificate's validity.
#[derive(Debug)]
struct AtItsTime {
    chain: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AtItsTime {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let (_, parsed) = x509_parser::parse_x509_certificate(leaf)
            .map_err(|_| rustls::Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let from = u64::try_from(parsed.validity().not_before.timestamp()).unwrap_or_default();
        let then = UnixTime::since_unix_epoch(Duration::from_secs(from));
        self.chain
            .verify_server_cert(leaf, others, name, ocsp, then)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// What a failed connection means for the person in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The server refused the client certificate: expired, revoked or not of its root.
    Certificate,
    /// The server's certificate is not of our root, or the handshake was broken off before one of our root was shown.
    Server,
    /// By the clock of this machine the server's certificate is over, or not valid yet: most likely the clock is wrong.
    Clock,
    /// No connection, or it broke.
    Line,
}

/// Tells apart why a handshake failed, from the error's chain. In TLS 1.3, which is all a client here speaks, a server looks at our
/// certificate when our handshake is over. An alert before is of whoever answers, in plain text, and says nothing of our certificate.
#[must_use]
pub fn refusal_in_handshake(error: &(dyn std::error::Error + 'static)) -> Refusal {
    match refusal(error) {
        Refusal::Certificate => Refusal::Server,
        told @ (Refusal::Server | Refusal::Clock | Refusal::Line) => told,
    }
}

/// Tells apart why a connection failed after the handshake, from the error's chain.
#[must_use]
pub fn refusal(error: &(dyn std::error::Error + 'static)) -> Refusal {
    let mut next = Some(error);
    while let Some(error) = next {
        match error.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::AlertReceived(_)) => return Refusal::Certificate,
            Some(rustls::Error::InvalidCertificate(why)) if is_of_time(why) => {
                return Refusal::Clock;
            }
            Some(rustls::Error::InvalidCertificate(_)) => return Refusal::Server,
            Some(_) | None => next = below(error),
        }
    }
    Refusal::Line
}

/// What an error was made of. One of input and output names as its source that of the error it holds, never that error itself.
fn below<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a (dyn std::error::Error + 'static)> {
    let held = error.downcast_ref::<std::io::Error>();
    match held.and_then(std::io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

/// Whether a certificate is refused for its dates alone.
pub(crate) fn is_of_time(why: &CertificateError) -> bool {
    matches!(
        why,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}
