//! The client's side of reference numbers and bulk orders. Repeats nothing by itself.

use bytes::Bytes;
use http::{HeaderName, Method, header};

use crate::bulk::{BulkOrder, BulkOrders};
use crate::client::{Client, ClientError, decode};
use crate::problem::Trouble;
use crate::reference_number::{
    ReferenceNumberHolder, ReferenceNumberRegistration, ReferenceNumberRemoval,
    ReferenceNumberSearch,
};
use crate::routes;

/// What a file of a bulk order is, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkFile {
    /// CSV, in UTF-8 or Windows-31J.
    Csv,
    /// The interface's file.
    Xml,
}

impl BulkFile {
    fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Xml => "application/xml",
        }
    }

    /// The name in a query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xml => "xml",
        }
    }
}

impl Client {
    /// Registers a facility's own number for a patient.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn register_reference_number(
        &self,
        token: &str,
        key: &str,
        body: &ReferenceNumberRegistration,
    ) -> Result<ReferenceNumberHolder, ClientError> {
        let path = routes::REFERENCE_NUMBERS;
        self.send(Method::POST, path, Some(token), Some(key), Some(body))
            .await
    }

    /// Whose a number is, or which one a patient has.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn search_reference_number(
        &self,
        token: &str,
        body: &ReferenceNumberSearch,
    ) -> Result<ReferenceNumberHolder, ClientError> {
        let path = routes::REFERENCE_NUMBERS_SEARCH;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// Removes a number.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_reference_number(
        &self,
        token: &str,
        key: &str,
        body: &ReferenceNumberRemoval,
    ) -> Result<(), ClientError> {
        let path = routes::REFERENCE_NUMBERS_REMOVAL;
        let body = serde_json::to_vec(body).map_err(|_| ClientError::Answer)?;
        self.call(Method::POST, path, Some(token), Some(key), Some(body))
            .await
            .map(|_| ())
    }

    /// The facility's bulk orders.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bulk_orders(
        &self,
        token: &str,
        after: Option<&str>,
    ) -> Result<BulkOrders, ClientError> {
        let after = after.map(|after| format!("?after={}", plain(after)));
        let path = format!("{}{}", routes::BULK_CHECKS, after.unwrap_or_default());
        self.send(Method::GET, &path, Some(token), None, None::<&()>)
            .await
    }

    /// Puts in a bulk order: `kind` is `checks` or `reference_numbers`, `visit_date` the day a CSV file asks about.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn put_in_bulk_order(
        &self,
        token: &str,
        key: &str,
        (kind, visit_date): (&str, Option<&str>),
        (form, file): (BulkFile, Vec<u8>),
    ) -> Result<BulkOrder, ClientError> {
        let day = visit_date.map(|day| format!("&visit_date={}", plain(day)));
        let path = format!(
            "{}?kind={}{}",
            routes::BULK_CHECKS,
            plain(kind),
            day.unwrap_or_default()
        );
        let headers = [
            (header::CONTENT_TYPE, form.media_type()),
            (HeaderName::from_static("idempotency-key"), key),
        ];
        let answer = self.request(Method::POST, &path, Some(token), &headers, file);
        decode(&answer.await?)
    }

    /// How far a bulk order is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bulk_order(&self, token: &str, id: &str) -> Result<BulkOrder, ClientError> {
        let path = path(routes::BULK_CHECK, id)?;
        self.send(Method::GET, &path, Some(token), None, None::<&()>)
            .await
    }

    /// The results of a bulk order as a file, in UTF-8 or in Windows-31J.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn bulk_result(
        &self,
        token: &str,
        id: &str,
        (form, encoding): (BulkFile, crate::history::FileEncoding),
    ) -> Result<Bytes, ClientError> {
        let path = path(routes::BULK_CHECK_RESULT, id)?;
        let (form, encoding) = (form.as_str(), encoding.as_str());
        let path = format!("{path}?format={form}&encoding={encoding}");
        self.call(Method::GET, &path, Some(token), None, None).await
    }
}

/// What has a meaning in a query is left out: no kind and no day holds it.
fn plain(text: &str) -> String {
    let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.chars().filter(safe).collect()
}

/// A reception number is letters and digits; any other text is nobody's.
fn path(route: &str, id: &str) -> Result<String, ClientError> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(ClientError::Problem(Box::new(Trouble::NotFound.problem())));
    }
    Ok(route.replace("{id}", id))
}
