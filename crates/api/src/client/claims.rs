//! The client's side of the claims entry. Its tokens are the entry's own; repeats nothing by itself.

use bytes::Bytes;
use http::{Method, header};
use serde::de::DeserializeOwned;

use crate::claims::found::{ClaimsFound, ClaimsPageAsked};
use crate::claims::submission::{
    ClaimsFindings, ClaimsResults, ClaimsSubmission, ClaimsSubmissions,
};
use crate::claims::{
    ClaimsEntry, ClaimsFiling, ClaimsFilings, ClaimsSession, ClaimsSignIn, ClaimsUpload,
    ClaimsUploadEnd, NewClaimsFiling, NewClaimsUpload,
};
use crate::client::{Client, ClientError, decode};
use crate::problem::Trouble;
use crate::routes;
use crate::session::PasswordChange;

/// Which result file of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimsFile {
    /// Everything the checks found, as CSV.
    Findings,
    /// Claims that were not taken (返戻), with the reasons, as CSV.
    Returns,
    /// Proposals (振替・分割), as CSV.
    Corrections,
    /// The signed acceptance, a JWS.
    Acceptance,
}

impl ClaimsFile {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Findings,
        Self::Returns,
        Self::Corrections,
        Self::Acceptance,
    ];

    /// The name in a query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Returns => "returns",
            Self::Corrections => "corrections",
            Self::Acceptance => "acceptance",
        }
    }

    /// The file of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

impl Client {
    /// What stands at the door of the claims entry, with the certificate alone.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_entry(&self) -> Result<ClaimsEntry, ClientError> {
        self.send(Method::GET, routes::CLAIMS_ENTRY, None, None, None::<&()>)
            .await
    }

    /// Signs in to the claims entry.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_sign_in(&self, body: &ClaimsSignIn) -> Result<ClaimsSession, ClientError> {
        self.send(
            Method::POST,
            routes::CLAIMS_SESSIONS,
            None,
            None,
            Some(body),
        )
        .await
    }

    /// Signs out of the claims entry.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_sign_out(&self, token: &str) -> Result<(), ClientError> {
        let path = routes::CLAIMS_SESSION_CURRENT;
        self.call(Method::DELETE, path, Some(token), None, None)
            .await
            .map(drop)
    }

    /// Changes the password of the claims account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn change_claims_password(
        &self,
        token: &str,
        body: &PasswordChange,
    ) -> Result<(), ClientError> {
        self.put_claims_password(token, None, body).await
    }

    /// The same under a key: sent again after an answer that was lost, it is acknowledged again and no second change.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn change_claims_password_once(
        &self,
        token: &str,
        key: &str,
        body: &PasswordChange,
    ) -> Result<(), ClientError> {
        self.put_claims_password(token, Some(key), body).await
    }

    async fn put_claims_password(
        &self,
        token: &str,
        key: Option<&str>,
        body: &PasswordChange,
    ) -> Result<(), ClientError> {
        let body = serde_json::to_vec(body).map_err(|_| ClientError::Answer)?;
        let path = routes::CLAIMS_OWN_PASSWORD;
        self.call(Method::PUT, path, Some(token), key, Some(body))
            .await
            .map(drop)
    }

    /// The facility's filings; the token is the center's.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_filings(&self, token: &str) -> Result<ClaimsFilings, ClientError> {
        self.claims_read(token, routes::CLAIMS_FILINGS).await
    }

    /// Makes a filing; the token is the center's. The same under the same key is one filing.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn make_claims_filing(
        &self,
        token: &str,
        key: &str,
        body: &NewClaimsFiling,
    ) -> Result<ClaimsFiling, ClientError> {
        let path = routes::CLAIMS_FILINGS;
        self.send(Method::POST, path, Some(token), Some(key), Some(body))
            .await
    }

    /// Notes that a filing was handed in; the token is the center's.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn hand_in_claims_filing(
        &self,
        token: &str,
        id: &str,
    ) -> Result<ClaimsFiling, ClientError> {
        let path = path(routes::CLAIMS_FILING_HANDED_IN, id)?;
        self.send(Method::POST, &path, Some(token), None, None::<&()>)
            .await
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn begin_claims_upload(
        &self,
        token: &str,
        body: &NewClaimsUpload,
    ) -> Result<ClaimsUpload, ClientError> {
        let path = routes::CLAIMS_UPLOADS;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// How far an upload is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_upload(&self, token: &str, id: &str) -> Result<ClaimsUpload, ClientError> {
        self.claims_read(token, &path(routes::CLAIMS_UPLOAD, id)?)
            .await
    }

    /// Sends the next bytes of an upload.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn send_claims(
        &self,
        token: &str,
        (id, from): (&str, u64),
        bytes: Vec<u8>,
    ) -> Result<ClaimsUpload, ClientError> {
        let path = path(routes::CLAIMS_UPLOAD_CONTENT, id)?;
        let path = format!("{path}?from={from}");
        let headers = [(header::CONTENT_TYPE, "application/octet-stream")];
        let answer = self.request(Method::PUT, &path, Some(token), &headers, bytes);
        decode(&answer.await?)
    }

    /// Says that an upload is whole.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn end_claims_upload(
        &self,
        token: &str,
        id: &str,
        body: &ClaimsUploadEnd,
    ) -> Result<ClaimsSubmission, ClientError> {
        let path = path(routes::CLAIMS_UPLOAD_END, id)?;
        self.send(Method::POST, &path, Some(token), None, Some(body))
            .await
    }

    /// Drops an upload that is not whole.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn drop_claims_upload(&self, token: &str, id: &str) -> Result<(), ClientError> {
        let path = path(routes::CLAIMS_UPLOAD, id)?;
        self.call(Method::DELETE, &path, Some(token), None, None)
            .await
            .map(drop)
    }

    /// The facility's submissions to the review body: the newest.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_submissions(&self, token: &str) -> Result<ClaimsSubmissions, ClientError> {
        self.claims_read(token, routes::CLAIMS_SUBMISSIONS).await
    }

    /// Those behind a page, by its `next`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_submissions_after(
        &self,
        token: &str,
        after: &str,
    ) -> Result<ClaimsSubmissions, ClientError> {
        let fits = |it: &char| it.is_ascii_alphanumeric() || *it == '-';
        let after: String = after.chars().filter(fits).collect();
        let path = format!("{}?after={after}", routes::CLAIMS_SUBMISSIONS);
        self.claims_read(token, &path).await
    }

    /// One submission with its history.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_submission(
        &self,
        token: &str,
        id: &str,
    ) -> Result<ClaimsSubmission, ClientError> {
        self.claims_read(token, &path(routes::CLAIMS_SUBMISSION, id)?)
            .await
    }

    /// A part of what the checks of a submission found.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_findings(
        &self,
        token: &str,
        id: &str,
        part: u32,
    ) -> Result<ClaimsFindings, ClientError> {
        let path = path(routes::CLAIMS_FINDINGS, id)?;
        self.claims_read(token, &format!("{path}?part={part}"))
            .await
    }

    /// A part of what became of a submission's claims.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_results(
        &self,
        token: &str,
        id: &str,
        part: u32,
    ) -> Result<ClaimsResults, ClientError> {
        let path = path(routes::CLAIMS_RESULTS, id)?;
        self.claims_read(token, &format!("{path}?part={part}"))
            .await
    }

    /// A page of the claims of which something was found.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_found(
        &self,
        token: &str,
        id: &str,
        asked: &ClaimsPageAsked,
    ) -> Result<ClaimsFound, ClientError> {
        let path = path(routes::CLAIMS_FOUND, id)?;
        let (from, weight) = (asked.from, asked.weight.as_str());
        let mut path = format!("{path}?from={from}&weight={weight}");
        let fits = |it: char| it.is_ascii_alphanumeric() || it == '_';
        if let Some(rule) = &asked.rule {
            let rule: String = rule.chars().filter(|it| fits(*it)).collect();
            path.push_str(&format!("&rule={rule}"));
        }
        self.claims_read(token, &path).await
    }

    /// Accepts a submission (請求確定).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn accept_claims(
        &self,
        token: &str,
        id: &str,
    ) -> Result<ClaimsSubmission, ClientError> {
        let path = path(routes::CLAIMS_ACCEPTANCE, id)?;
        self.send(Method::POST, &path, Some(token), None, None::<&()>)
            .await
    }

    /// Takes a submission back (取下げ).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw_claims(
        &self,
        token: &str,
        id: &str,
    ) -> Result<ClaimsSubmission, ClientError> {
        let path = path(routes::CLAIMS_WITHDRAWAL, id)?;
        self.send(Method::POST, &path, Some(token), None, None::<&()>)
            .await
    }

    /// A result file of a submission.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn claims_file(
        &self,
        token: &str,
        id: &str,
        file: ClaimsFile,
    ) -> Result<Bytes, ClientError> {
        let path = path(routes::CLAIMS_FILE, id)?;
        let path = format!("{path}?file={}", file.as_str());
        self.call(Method::GET, &path, Some(token), None, None).await
    }

    async fn claims_read<A: DeserializeOwned>(
        &self,
        token: &str,
        path: &str,
    ) -> Result<A, ClientError> {
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }
}

/// An identifier is letters, digits and hyphens; any other text is nobody's.
fn path(route: &str, id: &str) -> Result<String, ClientError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if id.is_empty() || !id.bytes().all(fits) {
        return Err(ClientError::Problem(Box::new(Trouble::NotFound.problem())));
    }
    Ok(route.replace("{id}", id))
}
