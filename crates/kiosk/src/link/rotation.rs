//! When a kiosk changes its account's password: an administrator asked for it, nobody is at the reader, and it did not fail a moment ago.

use std::time::Duration;

use api::client::machine::{MachineAccount, RotationError};
use api::client::{Client, ClientError};
use api::session::Session;
use domain::reader::ReaderState;
use tokio::time::Instant;

/// After a change that could not be begun.
const AGAIN: Duration = Duration::from_secs(300);

/// Whether the account's password shall change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// As soon as nobody is at the reader.
    Yes,
    /// It could not be begun and is tried again then.
    Later(Instant),
    /// Not as far as is known.
    No,
}

impl Wanted {
    /// Never while somebody is at the reader: requests of the old session would be refused.
    pub(super) fn is_due(self, state: ReaderState) -> bool {
        let is_time = match self {
            Self::Yes => true,
            Self::Later(at) => at <= Instant::now(),
            Self::No => false,
        };
        is_time && is_free(state)
    }

    /// Changes it if an administrator asked for that; `session` is the new one then. Returns what is wanted afterwards.
    ///
    /// # Errors
    /// [`ClientError`]: the session may have ended. Signing in goes on where the change was cut off.
    pub(super) async fn change(
        self,
        account: &MachineAccount,
        client: &Client,
        session: &mut Session,
    ) -> Result<Self, ClientError> {
        match account.rotate(client, &session.token).await {
            Ok(new) => {
                if let Some(new) = new {
                    *session = new;
                }
                Ok(Self::No)
            }
            Err(RotationError::NotYet(error)) => {
                match self {
                    Self::Yes | Self::No => {
                        tracing::warn!(error = %error, "the change of the account's password waits");
                    }
                    Self::Later(_) => {
                        tracing::debug!(error = %error, "the change of the account's password still waits");
                    }
                }
                Ok(Self::Later(Instant::now() + AGAIN))
            }
            Err(RotationError::Lost(error)) => Err(error),
        }
    }
}

/// Whether nobody is at the reader.
fn is_free(state: ReaderState) -> bool {
    match state {
        ReaderState::Away | ReaderState::Idle | ReaderState::Trouble => true,
        ReaderState::Card | ReaderState::WaitingForStaff | ReaderState::Asking => false,
    }
}
