//! The link app's session with the center, shared by everything that asks. Signs in again where it ended, and not too often; changes its
//! account's password when an administrator asked (G05).

use api::client::machine::{MachineAccount, MachineError, RotationError};
use api::client::{Client, ClientError};
use domain::civil_date::Instant;
use tokio::sync::Mutex;

use crate::lane::Pause;
use crate::round_error::RoundError;

/// After a refused sign-in the next one waits this long, so that the account is not locked by us.
const SIGN_IN_PAUSE_S: i64 = 300;

/// After a change of the password that could not be begun, unless the center tells of one.
const ROTATION_PAUSE_S: i64 = 300;

/// Whom the gateway asks, and as whom.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) facility: String,
    account: MachineAccount,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<String>,
    /// After a refused sign-in.
    pause: Option<Pause>,
    /// After a change of the password that could not be begun.
    rotation_pause: Option<Pause>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({}, …)", self.facility)
    }
}

impl Session {
    pub(crate) fn new(client: Client, facility: String, account: MachineAccount) -> Self {
        Self {
            client,
            facility,
            account,
            state: Mutex::default(),
        }
    }

    /// The token of the session; signs in where there is none. Two who ask at once wait for one sign-in: a second would end the
    /// first.
    pub(crate) async fn token(&self, now: Instant) -> Result<String, RoundError> {
        let mut state = self.state.lock().await;
        if state.rotation_pause.is_some_and(|pause| !pause.holds(now)) {
            self.rotate_with(&mut state, now).await;
        }
        if let Some(token) = &state.token {
            return Ok(token.clone());
        }
        if state.pause.is_some_and(|pause| pause.holds(now)) {
            return Err(RoundError::SignIn);
        }
        match self.account.sign_in(&self.client).await {
            Ok(session) => {
                state.token = Some(session.token.clone());
                self.rotate_with(&mut state, now).await;
                Ok(state.token.clone().unwrap_or(session.token))
            }
            Err(error) => {
                if let MachineError::Center(ClientError::Problem(problem)) = &error {
                    // A crowded center says when to come back; that has nothing to do with the password.
                    let wish_s = problem.retry_after_s.filter(|_| 500 <= problem.status);
                    let pause_s = wish_s.map_or(SIGN_IN_PAUSE_S, i64::from);
                    state.pause = Some(Pause {
                        since: now,
                        until: now.plus_seconds(pause_s),
                    });
                }
                Err(error.into())
            }
        }
    }

    /// Changes the account's password if an administrator asked for it. Whoever asks the center meanwhile waits for the new session.
    pub(crate) async fn rotate(&self, now: Instant) {
        self.rotate_with(&mut *self.state.lock().await, now).await;
    }

    /// What cannot be begun is tried again after a pause, and with the next sign-in or event; what is cut off goes on with the next sign-in.
    async fn rotate_with(&self, state: &mut State, now: Instant) {
        let Some(token) = state.token.clone() else {
            return;
        };
        match self.account.rotate(&self.client, &token).await {
            Ok(new) => {
                state.rotation_pause = None;
                if let Some(session) = new {
                    state.token = Some(session.token);
                }
            }
            Err(RotationError::NotYet(error)) => {
                if state.rotation_pause.is_none() {
                    tracing::warn!(error = %error, "the change of the account's password waits");
                }
                state.rotation_pause = Some(Pause {
                    since: now,
                    until: now.plus_seconds(ROTATION_PAUSE_S),
                });
            }
            Err(RotationError::Lost(error)) => {
                tracing::warn!(error = %error, "the change of the account's password was cut off");
                // The session may have ended with the change: the next question signs in with whichever password counts.
                state.token = None;
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
