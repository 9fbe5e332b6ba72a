//! The client's side of the three modes. Keeps nothing of anybody.

use http::Method;

use crate::client::{Client, ClientError, encode};
use crate::emergency::{
    AmbulanceAccess, AmbulanceSearch, DisasterCheck, EmergencyReports, EmergencyState,
    NewDisasterCheck, NewOpening, NewReport, Opening, OutageCheck, PersonSearch, SearchOutcome,
    WindowUsage,
};
use crate::problem::Trouble;
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

    /// The newest windows the facility used, with the newest of what it did under them.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn emergency_reports(&self, token: &str) -> Result<EmergencyReports, ClientError> {
        let path = routes::EMERGENCY_REPORTS;
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }

    /// The windows the facility used, those behind `after`, without what it did under them; from an older center with it, and all of them.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn used_windows(
        &self,
        token: &str,
        after: Option<&str>,
    ) -> Result<EmergencyReports, ClientError> {
        let after = after.map(|after| format!("&after={}", plain(after)));
        let path = routes::EMERGENCY_REPORTS;
        let path = format!("{path}?lines=none{}", after.unwrap_or_default());
        self.send(Method::GET, &path, Some(token), None, None::<&()>)
            .await
    }

    /// What the facility did under one window.
    ///
    /// # Errors
    /// [`ClientError`]; `not_found` where it did nothing.
    pub async fn window_usage(
        &self,
        token: &str,
        window: &str,
    ) -> Result<WindowUsage, ClientError> {
        let path = format!("{}?window={}", routes::EMERGENCY_REPORTS, plain(window));
        let found: EmergencyReports = self
            .send(Method::GET, &path, Some(token), None, None::<&()>)
            .await?;
        // An older center tells of all windows.
        let mut windows = found.windows.into_iter();
        let asked = windows.find(|it| it.window.id.eq_ignore_ascii_case(window));
        asked.ok_or_else(|| ClientError::Problem(Box::new(Trouble::NotFound.problem())))
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

/// A window's identifier is digits, letters and hyphens: what has a meaning in a query is left out.
fn plain(window: &str) -> String {
    let safe = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    window.chars().filter(safe).collect()
}
