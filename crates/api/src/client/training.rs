//! The client's side of practice: a client that asks the ward for all it asks for, and can reach nothing real.

use http::Method;

use crate::client::{Client, ClientError, Ground};
use crate::routes;
use crate::training::TrainingPatients;

impl Client {
    /// The same client, for practice: what it asks for, it asks for among made-up patients.
    #[must_use]
    pub fn in_training(&self) -> Self {
        Self {
            ground: Ground::Training,
            ..self.clone()
        }
    }

    /// The made-up patients to practise with; known to a client for practice alone.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn training_patients(&self, token: &str) -> Result<TrainingPatients, ClientError> {
        let path = routes::PATIENTS_TO_PRACTISE_WITH;
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }

    /// Forgets what the facility practised; known to a client for practice alone.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn start_training_afresh(&self, token: &str) -> Result<(), ClientError> {
        let path = routes::FRESH_STARTS;
        self.do_it(Method::POST, path, Some(token), None).await
    }
}
