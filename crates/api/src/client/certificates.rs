//! The client's own certificate: its state, its renewal and first enrolment with a key made here (RFC 7030), and the root that a notice
//! names. Sends no key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, Method, header};
use pki::authority::printed_fingerprint;
use pki::est::read_certs_only;
use rustls::pki_types::CertificateDer;

use super::line::Trust;
use super::{Client, ClientError};
use crate::certificate::{CertificateState, LossReport};
use crate::routes;

/// Why no root was taken over.
#[derive(Debug, thiserror::Error)]
pub enum NoRoot {
    /// The center was not reached, or answered something else.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Its root is not the one of the notice: (typed, found).
    #[error("the center's root is not the one on the notice")]
    Other,
}

impl Client {
    /// The state of the certificate this client shows, on the api listener.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn certificate(&self) -> Result<CertificateState, ClientError> {
        let path = routes::CERTIFICATE_CURRENT;
        self.send(Method::GET, path, None, None, None::<&()>).await
    }

    /// Reports that the file of the certificate this client shows was lost.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn report_certificate_loss(
        &self,
        token: &str,
    ) -> Result<CertificateState, ClientError> {
        let (path, body) = (routes::CERTIFICATE_LOSS, LossReport::default());
        self.send(Method::POST, path, Some(token), None, Some(&body))
            .await
    }

    /// The authority's certificates, on the enroll listener.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn authority(&self) -> Result<Vec<CertificateDer<'static>>, ClientError> {
        let path = routes::EST_AUTHORITY;
        let body = self
            .request(Method::GET, path, None, &[], Vec::new())
            .await?;
        read_certs_only(&body).ok_or(ClientError::Answer)
    }

    /// Asks for a certificate in place of the one this client shows, on the enroll listener. The request is DER.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn renew(&self, request: &[u8]) -> Result<CertificateDer<'static>, ClientError> {
        self.enrolled(routes::EST_REENROLL, request, &[]).await
    }

    /// Asks for the first certificate of a notice, on the enroll listener. The request is DER.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn enroll(
        &self,
        request: &[u8],
        request_id: &str,
        reference_id: &str,
    ) -> Result<CertificateDer<'static>, ClientError> {
        let ids = STANDARD.encode(format!("{request_id}:{reference_id}"));
        let basic = zeroize::Zeroizing::new(format!("Basic {ids}"));
        let headers = [(header::AUTHORIZATION, basic.as_str())];
        self.enrolled(routes::EST_ENROLL, request, &headers).await
    }

    async fn enrolled(
        &self,
        path: &str,
        request: &[u8],
        more: &[(HeaderName, &str)],
    ) -> Result<CertificateDer<'static>, ClientError> {
        let mut headers = vec![(header::CONTENT_TYPE, "application/pkcs10")];
        headers.extend_from_slice(more);
        let body = STANDARD.encode(request).into_bytes();
        let answer = self
            .request(Method::POST, path, None, &headers, body)
            .await?;
        let mut made = read_certs_only(&answer).ok_or(ClientError::Answer)?;
        match (made.pop(), made.is_empty()) {
            (Some(one), true) => Ok(one),
            _ => Err(ClientError::Answer),
        }
    }
}

/// The root of the center whose enroll listener is at `enroll`, when it is the one a person read on the notice. Nothing but the
/// question for it is sent before that.
///
/// # Errors
/// [`NoRoot`].
pub async fn root_of_notice(
    enroll: &str,
    fingerprint: &str,
) -> Result<CertificateDer<'static>, NoRoot> {
    let client = Client::open(enroll, Trust::Anybody, None)?;
    let typed = plain(fingerprint);
    let all = client.authority().await?;
    let found = all
        .into_iter()
        .find(|it| plain(&printed_fingerprint(it)) == typed);
    found.ok_or(NoRoot::Other)
}

/// A fingerprint without the blanks, colons and hyphens people write between its digits.
fn plain(fingerprint: &str) -> String {
    let digits = fingerprint.chars().filter(char::is_ascii_alphanumeric);
    digits.map(|digit| digit.to_ascii_uppercase()).collect()
}
