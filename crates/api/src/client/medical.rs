//! The client's side of medical information. Keeps nothing of it.

use bytes::Bytes;
use http::Method;

use crate::client::cards::Cause;
use crate::client::{Client, ClientError, encode};
use crate::medical::document::DocumentRequest;
use crate::medical::looks::{Looks, LooksExport, LooksSearch};
use crate::medical::record::MedicalRecord;
use crate::medical::withdrawal::{WithdrawalDone, WithdrawalRequest};
use crate::medical::{LookRequest, OpenNow, Patients};
use crate::problem::Trouble;
use crate::problem::medical::MedicalTrouble;
use crate::routes;

impl Client {
    /// Whose medical information may be seen now.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn medical_patients(&self, token: &str) -> Result<Patients, ClientError> {
        self.medical_patients_by(token, Cause::Person).await
    }

    /// The same, by a person or by a page that writes its list anew.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn medical_patients_by(
        &self,
        token: &str,
        cause: Cause,
    ) -> Result<Patients, ClientError> {
        self.read(routes::MEDICAL_PATIENTS, token, cause).await
    }

    /// What may be seen of one of them now, asked by a page that is open: no look, and no person's action.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn open_now(&self, token: &str, id: &str) -> Result<OpenNow, ClientError> {
        let path = path(routes::MEDICAL_PATIENT, id)?;
        self.read(&path, token, Cause::Background).await
    }

    /// Looks at the medical information of one of them; each call is a look of its own.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn look_at_medical_information(
        &self,
        token: &str,
        id: &str,
        body: &LookRequest,
    ) -> Result<MedicalRecord, ClientError> {
        let path = path(routes::MEDICAL_LOOKS, id)?;
        self.send(Method::POST, &path, Some(token), None, Some(body))
            .await
    }

    /// Withdraws the consent of a patient for the facility; the same key is done once.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw_consent(
        &self,
        token: &str,
        key: &str,
        id: &str,
        body: &WithdrawalRequest,
    ) -> Result<WithdrawalDone, ClientError> {
        let path = path(routes::MEDICAL_WITHDRAWAL, id)?;
        self.send(Method::POST, &path, Some(token), Some(key), Some(body))
            .await
    }

    /// Takes the medical information of one of them as a file; each call is a look of its own.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn take_medical_document(
        &self,
        token: &str,
        id: &str,
        body: &DocumentRequest,
    ) -> Result<Bytes, ClientError> {
        let path = path(routes::MEDICAL_DOCUMENTS, id)?;
        self.call(Method::POST, &path, Some(token), None, encode(Some(body))?)
            .await
    }

    /// Who looked at medical information at the facility.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn looks(&self, token: &str, body: &LooksSearch) -> Result<Looks, ClientError> {
        let path = routes::MEDICAL_LOOKS_SEARCH;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// The same as a CSV file.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn export_looks(
        &self,
        token: &str,
        body: &LooksExport,
    ) -> Result<Bytes, ClientError> {
        let (path, body) = (routes::MEDICAL_LOOKS_EXPORT, encode(Some(body))?);
        self.call(Method::POST, path, Some(token), None, body).await
    }
}

/// An identifier is a UUID; any other text is nobody's.
pub(super) fn path(route: &str, id: &str) -> Result<String, ClientError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if id.is_empty() || !id.bytes().all(fits) {
        let nobody = Trouble::Medical(MedicalTrouble::UnknownPatient).problem();
        return Err(ClientError::Problem(Box::new(nobody)));
    }
    Ok(route.replace("{id}", id))
}
