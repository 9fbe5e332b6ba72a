//! The typed client of the center: everyone calls it with this. Repeats nothing by itself; a repeated check carries its own key.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use pki::client::Refusal;
use pki::identity::Identity;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::check::{Answer, CheckRequest};
use crate::history::{History, Search};
use crate::problem::Problem;
use crate::receipt::KeySet;
use crate::routes;
use crate::session::{PasswordChange, Session, SignIn};

/// The largest answer read, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// A request waits this long at most before it counts as lost.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The center said no, and why.
    #[error("the center refused: {}", .0.code)]
    Problem(Box<Problem>),
    /// The connection was refused or lost.
    #[error("no connection with the center: {0:?}")]
    Connection(Refusal),
    /// The address is no address of a center.
    #[error("not an address of the form https://host:port")]
    Address,
    /// The answer is not what this version understands.
    #[error("the center's answer is not understood; is it an onshi center of this version?")]
    Answer,
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] pki::server::TlsSetup),
}

/// A client of one center with one certificate.
#[derive(Clone)]
pub struct Client {
    base: String,
    http: HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

impl Client {
    /// A client of the center at `base` (`https://host:port`), trusting `root` alone.
    ///
    /// # Errors
    /// [`ClientError::Address`] or [`ClientError::Tls`].
    pub fn new(
        base: &str,
        root: &CertificateDer<'static>,
        identity: Option<&Identity>,
    ) -> Result<Self, ClientError> {
        let base = base.trim_end_matches('/');
        let uri: http::Uri = base.parse().map_err(|_| ClientError::Address)?;
        if uri.scheme_str() != Some("https") || uri.host().is_none() {
            return Err(ClientError::Address);
        }
        let tls = pki::client::config(root, identity)?;
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_http1()
            .wrap_connector(http);
        Ok(Self {
            base: base.to_owned(),
            http: HttpClient::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// Signs in.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn sign_in(&self, body: &SignIn) -> Result<Session, ClientError> {
        self.send(Method::POST, routes::SESSIONS, None, None, Some(body))
            .await
    }

    /// Signs out.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn sign_out(&self, token: &str) -> Result<(), ClientError> {
        self.call(
            Method::DELETE,
            routes::SESSION_CURRENT,
            Some(token),
            None,
            None,
        )
        .await
        .map(|_| ())
    }

    /// Changes one's own password.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn change_password(
        &self,
        token: &str,
        body: &PasswordChange,
    ) -> Result<(), ClientError> {
        self.call(
            Method::PUT,
            routes::OWN_PASSWORD,
            Some(token),
            None,
            encode(Some(body))?,
        )
        .await
        .map(|_| ())
    }

    /// Asks whether a person is insured. `key` makes a repetition safe: the same key brings the same answer. Also returns
    /// the answer byte by byte, as the receipt digests it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn check(
        &self,
        token: &str,
        key: &str,
        body: &CheckRequest,
    ) -> Result<(Answer, Bytes), ClientError> {
        let bytes = self
            .call(
                Method::POST,
                routes::CHECKS,
                Some(token),
                Some(key),
                encode(Some(body))?,
            )
            .await?;
        Ok((decode(&bytes)?, bytes))
    }

    /// One past check.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn past_check(&self, token: &str, id: &str) -> Result<Answer, ClientError> {
        self.send(
            Method::GET,
            &routes::CHECK.replace("{id}", id),
            Some(token),
            None,
            None::<&()>,
        )
        .await
    }

    /// Searches the facility's checks.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn search(&self, token: &str, body: &Search) -> Result<History, ClientError> {
        self.send(
            Method::POST,
            routes::CHECKS_SEARCH,
            Some(token),
            None,
            Some(body),
        )
        .await
    }

    /// The public keys of receipts.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn keys(&self) -> Result<KeySet, ClientError> {
        self.send(Method::GET, routes::KEYS, None, None, None::<&()>)
            .await
    }

    /// Any route, with a JSON body and a JSON answer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn send<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
        body: Option<&impl Serialize>,
    ) -> Result<A, ClientError> {
        let bytes = self.call(method, path, token, key, encode(body)?).await?;
        decode(&bytes)
    }

    /// Any route, with JSON bytes and the answer's bytes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> Result<Bytes, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::from(body.unwrap_or_default()))
            .map_err(|_| ClientError::Address)?;
        let lost = |_| ClientError::Connection(Refusal::Line);
        let response = tokio::time::timeout(LIMIT, self.http.request(request))
            .await
            .map_err(lost)?;
        let response =
            response.map_err(|error| ClientError::Connection(pki::client::refusal(&error)))?;
        let status = response.status();
        let limited = http_body_util::Limited::new(response.into_body(), MOST_BYTES);
        let body = tokio::time::timeout(LIMIT, limited.collect())
            .await
            .map_err(lost)?;
        let bytes = body
            .map_err(|error| ClientError::Connection(pki::client::refusal(error.as_ref())))?
            .to_bytes();
        if status == StatusCode::OK
            || status == StatusCode::CREATED
            || status == StatusCode::NO_CONTENT
        {
            return Ok(bytes);
        }
        let problem: Problem = serde_json::from_slice(&bytes).map_err(|_| ClientError::Answer)?;
        Err(ClientError::Problem(Box::new(problem)))
    }
}

fn encode(body: Option<&impl Serialize>) -> Result<Option<Vec<u8>>, ClientError> {
    body.map(serde_json::to_vec)
        .transpose()
        .map_err(|_| ClientError::Answer)
}

fn decode<A: DeserializeOwned>(bytes: &Bytes) -> Result<A, ClientError> {
    serde_json::from_slice(bytes).map_err(|_| ClientError::Answer)
}
