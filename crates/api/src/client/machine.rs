//! A machine's account at the center: signs in with its sealed password, and changes it when an administrator asked (G05). A device that
//! was cut off at any moment signs in with the next password first, then with the present one: one of the two always counts.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::account::AccountId;
use http::Method;
use pki::machine_secret::{MachineSecret, Secret};
use pki::sealed::SealError;

use super::cards::Cause;
use super::{Client, ClientError, decode, encode};
use crate::problem::Trouble;
use crate::problem::access::AccessTrouble;
use crate::rotation::{NewRotation, NextSecret, OwnRotation, Rotation, Rotations};
use crate::routes;
use crate::session::{Session, SignIn};

/// Why a machine has no session, or no new password.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The center said no, or is not there.
    #[error(transparent)]
    Center(#[from] ClientError),
    /// The sealed password.
    #[error(transparent)]
    Secret(#[from] SealError),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Something is in the way, here or at the center: the session of before stands.
    #[error(transparent)]
    NotYet(#[from] MachineError),
    /// The answer to the sign-in with the new password was lost: the session of before may have ended with it.
    #[error(transparent)]
    Lost(ClientError),
}

/// The account of a machine, with the files of its password.
#[derive(Debug)]
pub struct MachineAccount {
    id: String,
    secret: MachineSecret,
    /// The center counts the next password, but its file could not take the present one's place.
    waits: AtomicBool,
}

impl MachineAccount {
    /// An account and its password's files.
    #[must_use]
    pub fn new(id: String, secret: MachineSecret) -> Self {
        Self {
            id,
            secret,
            waits: AtomicBool::new(false),
        }
    }

    /// The account's identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Opens a session: with the next password where a change was cut off, else with the present one.
    ///
    /// # Errors
    /// [`MachineError`].
    pub async fn sign_in(&self, client: &Client) -> Result<Session, MachineError> {
        if let Some(next) = self.secret.next()? {
            match client.sign_in(&self.body(&next)).await {
                Ok(session) => {
                    self.accept();
                    return Ok(session);
                }
                // The center does not know it yet, or not any more.
                Err(ClientError::Problem(problem))
                    if problem.code == Trouble::WrongCredentials.code() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let present = self.secret.present()?;
        Ok(client.sign_in(&self.body(&present)).await?)
    }

    /// Changes the password if an administrator asked for it, and returns the session opened with the new one; `None` where nothing
    /// is asked. Cut off anywhere, the next call goes on where this one was.
    ///
    /// # Errors
    /// [`RotationError`], which says whether the session of `token` stands.
    pub async fn rotate(
        &self,
        client: &Client,
        token: &str,
    ) -> Result<Option<Session>, RotationError> {
        let Some(next) = self.register(client, token).await? else {
            return Ok(None);
        };
        let session = match client.sign_in(&self.body(&next)).await {
            Ok(session) => session,
            // Refused, nothing has changed; whoever uses an ended session is told so by its next answer.
            Err(error @ ClientError::Problem(_)) => return Err(MachineError::from(error).into()),
            Err(error) => return Err(RotationError::Lost(error)),
        };
        self.accept();
        tracing::info!(
            account.id = self.id,
            "the account's password was changed with the center's"
        );
        Ok(Some(session))
    }

    /// The next password, known to the center, if an administrator asked for one. The session of `token` stands whatever becomes of it.
    async fn register(&self, client: &Client, token: &str) -> Result<Option<Secret>, MachineError> {
        // Else the one password that counts would be given up as a leftover, or registered again as the next one.
        if self.waits.load(Ordering::SeqCst) && !self.accept() {
            return Ok(None);
        }
        let Some(rotation) = client.own_rotation(token).await?.rotation else {
            // The present password opened this session, so a next one is a leftover of a change that was taken back.
            self.secret.discard()?;
            return Ok(None);
        };
        let next = self.secret.prepare()?;
        let body = NextSecret {
            password: next.to_string(),
            rotation,
        };
        match client.register_next_secret(token, &body).await {
            Ok(()) => Ok(Some(next)),
            Err(ClientError::Problem(problem)) if is_over(&problem.code) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The center counts the next password from now on. Where the file cannot be renamed it stays beside the present one, and the next
    /// sign-in tries it first.
    fn accept(&self) -> bool {
        let accepted = self.secret.accept();
        if let Err(error) = &accepted {
            tracing::error!(error = %error, "the new password stays beside the old one");
        }
        self.waits.store(accepted.is_err(), Ordering::SeqCst);
        accepted.is_ok()
    }

    fn body(&self, password: &Secret) -> SignIn {
        SignIn {
            account: self.id.clone(),
            force: true,
            password: password.to_string(),
        }
    }
}

/// Taken back in this moment, or the account is used at several PCs: nothing changes.
fn is_over(code: &str) -> bool {
    [AccessTrouble::NoRotation, AccessTrouble::RotationShared]
        .into_iter()
        .any(|why| Trouble::Access(why).code() == code)
}

impl Client {
    /// The system accounts one manages, each with its last rotation.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn rotations(&self, token: &str) -> Result<Rotations, ClientError> {
        self.rotations_by(token, Cause::Person).await
    }

    /// The same, where perhaps no person asked.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn rotations_by(&self, token: &str, cause: Cause) -> Result<Rotations, ClientError> {
        let headers: Vec<_> = cause.header().into_iter().collect();
        let path = routes::ROTATIONS;
        let bytes = self
            .request(Method::GET, path, Some(token), &headers, Vec::new())
            .await?;
        decode(&bytes)
    }

    /// Asks for the rotation of an account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ask_rotation(&self, token: &str, account: &str) -> Result<Rotation, ClientError> {
        let body = NewRotation {
            account: account.to_owned(),
        };
        let path = routes::ROTATIONS;
        self.send(Method::POST, path, Some(token), None, Some(&body))
            .await
    }

    /// Takes the rotation of an account back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw_rotation(&self, token: &str, account: &str) -> Result<(), ClientError> {
        let Ok(id) = AccountId::parse(account) else {
            return Err(ClientError::Problem(Box::new(Trouble::NotFound.problem())));
        };
        let path = routes::ROTATION.replace("{id}", id.as_str());
        self.call(Method::DELETE, &path, Some(token), None, None)
            .await
            .map(|_| ())
    }

    /// Whether the machine that asks shall change its password.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn own_rotation(&self, token: &str) -> Result<OwnRotation, ClientError> {
        let path = routes::ROTATION_CURRENT;
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }

    /// Tells the center a machine's next password. It is kept sealed at the machine before.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn register_next_secret(
        &self,
        token: &str,
        body: &NextSecret,
    ) -> Result<(), ClientError> {
        let (path, body) = (routes::ROTATION_CURRENT, encode(Some(body))?);
        self.call(Method::PUT, path, Some(token), None, body)
            .await
            .map(|_| ())
    }
}
