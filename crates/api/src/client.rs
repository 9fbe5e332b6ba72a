//! The typed client of the center: everyone calls it with this. Repeats nothing by itself but what has a key, where the center was too crowded to
//! begin with it; a repeated check carries its own key.

pub mod access;
pub mod bulk;
pub mod cards;
pub mod certificates;
pub mod claims;
mod emergency;
pub mod events;
pub mod following;
pub mod home_care;
mod line;
mod link;
pub mod lots;
pub mod machine;
mod medical;
pub mod own;
pub mod pieces;
mod refusals;
mod training;
mod updates;

use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::Bytes;
use domain::back_off::after_wish;
use http::{HeaderName, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use pki::client::Refusal;
use pki::clock::Clock;
use pki::identity::Identity;
use rustls::pki_types::CertificateDer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::account::{Account, AccountChange, Accounts, ImportReport, NewAccount};
use crate::check::{Answer, CheckRequest, ReceiptAlone};
use crate::client::cards::Cause;
use crate::client::line::{Line, Trust};
use crate::client::lots::Lots;
use crate::history::{Export, FileEncoding, History, Search};
use crate::problem::{Problem, Trouble};
use crate::receipt::KeySet;
use crate::routes;
use crate::session::{PasswordChange, Session, SignIn};

/// The largest answer read, in bytes: a bulk result of 10,000 lines has 20 MiB, with all groups filled twice that.
const MOST_BYTES: usize = 64 << 20;

/// A request waits this long at most before it counts as lost.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Times that a request with a key is sent again to a center that was too crowded to begin with it.
const AGAIN: usize = 2;

/// Seconds that are waited for that at most: beyond them whoever asked is told.
const LONGEST_WISH_S: u32 = 5;

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
    /// The answer is larger than is read.
    #[error("the center's answer is larger than {} MiB", MOST_BYTES >> 20)]
    TooLarge,
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] pki::server::TlsSetup),
}

/// A client of one center with one certificate at a time. Its copies share the certificate, also when another takes its place, but for those
/// that are bound to one.
#[derive(Clone)]
pub struct Client {
    base: String,
    ground: Ground,
    trust: Arc<Trust>,
    line: Arc<ArcSwap<Line>>,
    lots: Lots,
}

/// Of which side of the center a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    /// Real people.
    Real,
    /// Made-up patients, to practise with.
    Training,
}

impl Ground {
    /// Where a path lies on this side.
    fn path(self, path: &str) -> String {
        match self {
            Self::Real => path.to_owned(),
            Self::Training => routes::in_training(path),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

impl Client {
    /// A client of the center at `base` (`https://host:port`), trusting `root` alone, by the machine's clock.
    ///
    /// # Errors
    /// [`ClientError::Address`] or [`ClientError::Tls`].
    pub fn new(
        base: &str,
        root: &CertificateDer<'static>,
        identity: Option<&Identity>,
    ) -> Result<Self, ClientError> {
        Self::open(base, Trust::Root(root.clone()), identity)
    }

    /// The same by a clock that is handed in.
    ///
    /// # Errors
    /// [`ClientError::Address`] or [`ClientError::Tls`].
    pub fn by(
        clock: Clock,
        base: &str,
        root: &CertificateDer<'static>,
        identity: Option<&Identity>,
    ) -> Result<Self, ClientError> {
        Self::open(base, Trust::RootBy(root.clone(), clock), identity)
    }

    fn open(base: &str, trust: Trust, identity: Option<&Identity>) -> Result<Self, ClientError> {
        let base = base.trim_end_matches('/');
        let uri: http::Uri = base.parse().map_err(|_| ClientError::Address)?;
        if uri.scheme_str() != Some("https") || uri.host().is_none() {
            return Err(ClientError::Address);
        }
        Ok(Self {
            base: base.to_owned(),
            ground: Ground::Real,
            line: Arc::new(ArcSwap::from_pointee(Line::new(&trust, identity)?)),
            trust: Arc::new(trust),
            lots: Lots::default(),
        })
    }

    /// Spreads its waits by these lots.
    #[cfg(test)]
    fn with_lots(mut self, lots: Lots) -> Self {
        self.lots = lots;
        self
    }

    /// Shows another certificate from now on, in all copies. Requests under way end on their own connections, so none is lost.
    ///
    /// # Errors
    /// [`ClientError::Tls`]; then nothing changed.
    pub fn show(&self, identity: &Identity) -> Result<(), ClientError> {
        self.line
            .store(Arc::new(Line::new(&self.trust, Some(identity))?));
        Ok(())
    }

    /// A copy that goes on with the present certificate, also when another takes its place in the others: a session goes on with the one it
    /// was opened with.
    #[must_use]
    pub fn bound_to_certificate(&self) -> Self {
        Self {
            line: Arc::new(ArcSwap::new(self.line())),
            ..self.clone()
        }
    }

    /// The connections of now.
    fn line(&self) -> Arc<Line> {
        self.line.load_full()
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
        self.put_password(token, None, body).await
    }

    /// The same under a key: sent again after an answer that was lost, it is acknowledged again and no second change.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn change_password_once(
        &self,
        token: &str,
        key: &str,
        body: &PasswordChange,
    ) -> Result<(), ClientError> {
        self.put_password(token, Some(key), body).await
    }

    async fn put_password(
        &self,
        token: &str,
        key: Option<&str>,
        body: &PasswordChange,
    ) -> Result<(), ClientError> {
        self.call(
            Method::PUT,
            routes::OWN_PASSWORD,
            Some(token),
            key,
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

    /// The signed receipt of one past check, without its answer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn receipt(&self, token: &str, id: &str) -> Result<ReceiptAlone, ClientError> {
        let path = routes::CHECK_RECEIPT.replace("{id}", id);
        self.send(Method::GET, &path, Some(token), None, None::<&()>)
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

    /// Searches as [`Client::search`] does, where perhaps no person asked.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn search_by(
        &self,
        token: &str,
        body: &Search,
        cause: Cause,
    ) -> Result<History, ClientError> {
        let mut headers = vec![(header::CONTENT_TYPE, "application/json")];
        headers.extend(cause.header());
        let body = encode(Some(body))?.unwrap_or_default();
        let path = routes::CHECKS_SEARCH;
        let bytes = self
            .request(Method::POST, path, Some(token), &headers, body)
            .await?;
        decode(&bytes)
    }

    /// The facility's checks as a CSV file.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn export(&self, token: &str, body: &Export) -> Result<Bytes, ClientError> {
        self.call(
            Method::POST,
            routes::CHECKS_EXPORT,
            Some(token),
            None,
            encode(Some(body))?,
        )
        .await
    }

    /// The accounts one manages.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn accounts(&self, token: &str) -> Result<Accounts, ClientError> {
        self.send(
            Method::GET,
            routes::ACCOUNTS,
            Some(token),
            None,
            None::<&()>,
        )
        .await
    }

    /// One account that one manages.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn account(&self, token: &str, id: &str) -> Result<Account, ClientError> {
        let path = account_path(id)?;
        self.send(Method::GET, &path, Some(token), None, None::<&()>)
            .await
    }

    /// Registers an account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn register_account(
        &self,
        token: &str,
        body: &NewAccount,
    ) -> Result<Account, ClientError> {
        self.send(
            Method::POST,
            routes::ACCOUNTS,
            Some(token),
            None,
            Some(body),
        )
        .await
    }

    /// Changes an account. `version` is the one that was shown: an account changed since then is left as it is (`changed`);
    /// `None` changes it whatever it is now.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn edit_account(
        &self,
        token: &str,
        id: &str,
        version: Option<&str>,
        body: &AccountChange,
    ) -> Result<Account, ClientError> {
        let quoted = version.map(|version| format!("\"{version}\""));
        let mut headers = vec![(header::CONTENT_TYPE, "application/json")];
        headers.extend(quoted.as_deref().map(|it| (header::IF_MATCH, it)));
        let path = account_path(id)?;
        let body = encode(Some(body))?.unwrap_or_default();
        let bytes = self
            .request(Method::PATCH, &path, Some(token), &headers, body)
            .await?;
        decode(&bytes)
    }

    /// Registers all accounts of a CSV file, or none; the report says what is wrong with which line.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn import_accounts(
        &self,
        token: &str,
        file: Vec<u8>,
        encoding: FileEncoding,
    ) -> Result<ImportReport, ClientError> {
        let headers = [(header::CONTENT_TYPE, encoding.media_type())];
        let path = routes::ACCOUNTS_IMPORT;
        let (status, bytes) = self
            .exchange(Method::POST, path, Some(token), &headers, file)
            .await?;
        // A report of what is wrong is no problem document.
        match decode(&bytes) {
            Ok(report) => Ok(report),
            Err(_) => decode(&accepted(status, bytes)?),
        }
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
        let mut headers = Vec::new();
        headers.extend(key.map(|key| (HeaderName::from_static("idempotency-key"), key)));
        if body.is_some() {
            headers.push((header::CONTENT_TYPE, "application/json"));
        }
        let body = body.unwrap_or_default();
        let ask = || self.request(method.clone(), path, token, &headers, body.clone());
        let mut answer = ask().await;
        for _ in 0..AGAIN {
            let Some(wish) = key.and(crowded(&answer)) else {
                break;
            };
            tokio::time::sleep(after_wish(wish, self.lots.draw())).await;
            answer = ask().await;
        }
        answer
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(HeaderName, &str)],
        body: Vec<u8>,
    ) -> Result<Bytes, ClientError> {
        let (status, bytes) = self.exchange(method, path, token, headers, body).await?;
        accepted(status, bytes)
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        headers: &[(HeaderName, &str)],
        body: Vec<u8>,
    ) -> Result<(StatusCode, Bytes), ClientError> {
        let mut request = Request::builder().method(method).uri(format!(
            "{}{}",
            self.base,
            self.ground.path(path)
        ));
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request
            .body(Full::from(body))
            .map_err(|_| ClientError::Address)?;
        let lost = |_| ClientError::Connection(Refusal::Line);
        let line = self.line();
        let response = tokio::time::timeout(LIMIT, line.http.request(request))
            .await
            .map_err(lost)?;
        let response =
            response.map_err(|error| ClientError::Connection(line.refusals.of(&error)))?;
        line.refusals.answered();
        let status = response.status();
        let limited = http_body_util::Limited::new(response.into_body(), MOST_BYTES);
        let body = tokio::time::timeout(LIMIT, limited.collect())
            .await
            .map_err(lost)?;
        let bytes = body.map_err(|error| {
            // Not a matter of the line: another answer may well be read.
            if error.is::<http_body_util::LengthLimitError>() {
                ClientError::TooLarge
            } else {
                let told = pki::client::refusal(error.as_ref());
                ClientError::Connection(line.refusals.explain(told))
            }
        });
        Ok((status, bytes?.to_bytes()))
    }
}

/// Seconds after which a center that was too crowded to begin wants to be asked again, where somebody who waits for it still would.
fn crowded<T>(answer: &Result<T, ClientError>) -> Option<u32> {
    let Err(ClientError::Problem(problem)) = answer else {
        return None;
    };
    let wish = problem.retry_after_s.filter(|it| *it <= LONGEST_WISH_S);
    wish.filter(|_| problem.code == Trouble::Overloaded.code())
}

/// The answer of a success; of anything else the problem it tells.
fn accepted(status: StatusCode, bytes: Bytes) -> Result<Bytes, ClientError> {
    if matches!(
        status,
        StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED | StatusCode::NO_CONTENT
    ) {
        return Ok(bytes);
    }
    let problem: Problem = serde_json::from_slice(&bytes).map_err(|_| ClientError::Answer)?;
    Err(ClientError::Problem(Box::new(problem)))
}

/// The path of an account. An identifier holds nothing that means something in a path (`AccountId`); other texts are nobody's.
fn account_path(id: &str) -> Result<String, ClientError> {
    match domain::account::AccountId::parse(id) {
        Ok(id) => Ok(routes::ACCOUNT.replace("{id}", id.as_str())),
        Err(_) => Err(ClientError::Problem(Box::new(Trouble::NotFound.problem()))),
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
