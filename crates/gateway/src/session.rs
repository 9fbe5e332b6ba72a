//! The link app's session with the center, shared by everything that asks. Signs in again where it ended, and not too often.

use api::client::{Client, ClientError};
use api::session::SignIn;
use domain::civil_date::Instant;
use tokio::sync::Mutex;

use crate::pickup::RoundError;

/// After a refused sign-in the next one waits this long, so that the account is not locked by us.
const SIGN_IN_PAUSE_S: i64 = 300;

/// Whom the gateway asks, and as whom.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) facility: String,
    account: String,
    password: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<String>,
    sign_in_from: Option<Instant>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({}, …)", self.facility)
    }
}

impl Session {
    pub(crate) fn new(client: Client, facility: String, account: String, password: String) -> Self {
        Self {
            client,
            facility,
            account,
            password,
            state: Mutex::default(),
        }
    }

    /// The token of the session; signs in where there is none. Two who ask at once wait for one sign-in: a second would end the
    /// first.
    pub(crate) async fn token(&self, now: Instant) -> Result<String, RoundError> {
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token {
            return Ok(token.clone());
        }
        if state.sign_in_from.is_some_and(|from| now < from) {
            return Err(RoundError::SignIn);
        }
        let body = SignIn {
            account: self.account.clone(),
            force: false,
            password: self.password.clone(),
        };
        match self.client.sign_in(&body).await {
            Ok(session) => {
                state.token = Some(session.token.clone());
                Ok(session.token)
            }
            Err(error) => {
                if let ClientError::Problem(_) = &error {
                    state.sign_in_from = Some(now.plus_seconds(SIGN_IN_PAUSE_S));
                }
                Err(RoundError::Center(error))
            }
        }
    }

    /// Forgets a token that the center refused, unless there is a newer one already.
    pub(crate) async fn forget(&self, token: &str) {
        let mut state = self.state.lock().await;
        if state.token.as_deref() == Some(token) {
            state.token = None;
        }
    }
}
