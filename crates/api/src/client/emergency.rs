//! The client's side of the three modes. Keeps nothing of anybody.

use http::Method;

use crate::client::{Client, ClientError, encode};
use crate::emergency::{
    AmbulanceAccess, AmbulanceSearch, DisasterCheck, EmergencyReports, EmergencyState,
    NewDisasterCheck, NewOpening, NewReport, Opening, OutageCheck, PersonSearch, SearchOutcome,
};
use crate::routes;

impl Client {
    /// Which emergency windows are open for the facility; the certificate is enough.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn emergency_state(&self) -> Result<EmergencyState, ClientError> {
        let path = routes::EMERGENCY_STATE;
        self.send(Method::GET, path, None, None, None::<&()>).await
    }

    /// Looks for a person in a disaster.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn search_in_disaster(
        &self,
        token: &str,
        body: &PersonSearch,
    ) -> Result<SearchOutcome, ClientError> {
        let path = routes::DISASTER_SEARCHES;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// Opens what was found in a disaster.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn open_in_disaster(
        &self,
        token: &str,
        body: &NewOpening,
    ) -> Result<Opening, ClientError> {
        let path = routes::DISASTER_OPENINGS;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// Asks for eligibility alone of whom a search found in a disaster.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn check_in_disaster(
        &self,
        token: &str,
        body: &NewDisasterCheck,
    ) -> Result<DisasterCheck, ClientError> {
        let path = routes::DISASTER_CHECKS;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// Asks for eligibility in an outage. The same under the same key is one check.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn check_in_outage(
        &self,
        token: &str,
        key: &str,
        body: &PersonSearch,
    ) -> Result<OutageCheck, ClientError> {
        let path = routes::OUTAGE_CHECKS;
        self.send(Method::POST, path, Some(token), Some(key), Some(body))
            .await
    }

    /// Whether the account may use ambulance mode.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ambulance_access(&self, token: &str) -> Result<AmbulanceAccess, ClientError> {
        let path = routes::AMBULANCE;
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }

    /// Finds a person in ambulance mode.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn search_in_ambulance(
        &self,
        token: &str,
        body: &AmbulanceSearch,
    ) -> Result<SearchOutcome, ClientError> {
        let path = routes::AMBULANCE_SEARCHES;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// Opens what was found in ambulance mode.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn open_in_ambulance(
        &self,
        token: &str,
        body: &NewOpening,
    ) -> Result<Opening, ClientError> {
        let path = routes::AMBULANCE_OPENINGS;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// What the facility did under each window.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn emergency_reports(&self, token: &str) -> Result<EmergencyReports, ClientError> {
        let path = routes::EMERGENCY_REPORTS;
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }

    /// Files the facility's report on a window. The same under the same key is one report.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn file_emergency_report(
        &self,
        token: &str,
        key: &str,
        body: &NewReport,
    ) -> Result<(), ClientError> {
        let (path, body) = (routes::EMERGENCY_REPORTS, encode(Some(body))?);
        self.call(Method::POST, path, Some(token), Some(key), body)
            .await
            .map(drop)
    }
}
