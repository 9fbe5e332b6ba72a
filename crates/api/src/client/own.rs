//! The patient's own page, as the client calls it. Keeps nothing of it.

use http::Method;

use super::cards::check_path;
use super::{Client, ClientError};
use crate::own::{OwnConsents, OwnLooks, OwnLooksRequest, OwnPage, OwnRequest, OwnWithdrawal};
use crate::routes;

impl Client {
    /// Opens the page of the holder of a card that signed for it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn open_own_page(
        &self,
        token: &str,
        body: &OwnRequest,
    ) -> Result<OwnPage, ClientError> {
        let path = routes::MEDICAL_OWN;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// Older looks.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn own_looks(
        &self,
        token: &str,
        id: &str,
        body: &OwnLooksRequest,
    ) -> Result<OwnLooks, ClientError> {
        let path = check_path(routes::MEDICAL_OWN_LOOKS, id)?;
        self.send(Method::POST, &path, Some(token), None, Some(body))
            .await
    }

    /// Withdraws a consent. One that has ended already is refused (`consent_not_in_force`).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw_own_consent(
        &self,
        token: &str,
        id: &str,
        body: &OwnWithdrawal,
    ) -> Result<OwnConsents, ClientError> {
        let path = check_path(routes::MEDICAL_OWN_WITHDRAWALS, id)?;
        self.send(Method::POST, &path, Some(token), None, Some(body))
            .await
    }
}
