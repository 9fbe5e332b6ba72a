//! Recovery, second factors and sign-ins, as the client calls them. Keeps no code and makes no proof.

use domain::account::AccountId;
use http::Method;

use super::{Client, ClientError, encode};
use crate::access::{
    BegunSecondFactor, FactorConfirmation, FactorProof, FactorRemoval, NewPasskeyChallenge,
    NewRecoveryCodes, NewSecondFactor, OwnAccount, PasskeyChallenge, Recovery, RecoveryCodes,
    SignIns, SignInsSeen,
};
use crate::problem::Trouble;
use crate::routes;

impl Client {
    /// What a person is told of their own account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn own_account(&self, token: &str) -> Result<OwnAccount, ClientError> {
        let path = routes::OWN_ACCOUNT;
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }

    /// One's own sign-ins and refused tries, the newest first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn own_sign_ins(&self, token: &str) -> Result<SignIns, ClientError> {
        let path = routes::OWN_SIGN_INS;
        self.send(Method::GET, path, Some(token), None, None::<&()>)
            .await
    }

    /// Says that the person was shown what is unusual, up to a number.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn sign_ins_seen(&self, token: &str, up_to: i64) -> Result<(), ClientError> {
        let body = encode(Some(&SignInsSeen { up_to }))?;
        self.do_it(Method::POST, routes::OWN_SIGN_INS_SEEN, Some(token), body)
            .await
    }

    /// New recovery codes; the earlier ones count no more.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn print_recovery_codes(
        &self,
        token: &str,
        password: &str,
    ) -> Result<RecoveryCodes, ClientError> {
        let body = NewRecoveryCodes {
            password: password.to_owned(),
        };
        let path = routes::OWN_RECOVERY_CODES;
        self.send(Method::POST, path, Some(token), None, Some(&body))
            .await
    }

    /// Resets a forgotten password with a recovery code.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn recover(&self, body: &Recovery) -> Result<(), ClientError> {
        let body = encode(Some(body))?;
        self.do_it(Method::POST, routes::RECOVERIES, None, body)
            .await
    }

    /// Begins to add a second factor.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn begin_second_factor(
        &self,
        token: &str,
        body: &NewSecondFactor,
    ) -> Result<BegunSecondFactor, ClientError> {
        let path = routes::OWN_SECOND_FACTORS;
        self.send(Method::POST, path, Some(token), None, Some(body))
            .await
    }

    /// Confirms a second factor by its first proof.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn confirm_second_factor(
        &self,
        token: &str,
        id: &str,
        body: &FactorConfirmation,
    ) -> Result<(), ClientError> {
        let path = factor_path(id)?;
        let body = encode(Some(body))?;
        self.do_it(Method::PUT, &path, Some(token), body).await
    }

    /// Removes a second factor of one's own.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_second_factor(
        &self,
        token: &str,
        id: &str,
        password: &str,
    ) -> Result<(), ClientError> {
        let path = factor_path(id)?;
        let body = encode(Some(&FactorRemoval {
            password: password.to_owned(),
        }))?;
        self.do_it(Method::DELETE, &path, Some(token), body).await
    }

    /// Removes all second factors of an account one manages.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn reset_second_factors(&self, token: &str, id: &str) -> Result<(), ClientError> {
        let id = AccountId::parse(id).map_err(|_| not_found())?;
        let path = routes::ACCOUNT_SECOND_FACTORS.replace("{id}", id.as_str());
        self.do_it(Method::DELETE, &path, Some(token), None).await
    }

    /// What a passkey is to sign for a session that waits for its second factor.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn passkey_challenge(
        &self,
        token: &str,
        origin: &str,
    ) -> Result<PasskeyChallenge, ClientError> {
        let body = NewPasskeyChallenge {
            origin: origin.to_owned(),
        };
        let path = routes::PASSKEY_CHALLENGE;
        self.send(Method::POST, path, Some(token), None, Some(&body))
            .await
    }

    /// Proves the second factor of a session.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn prove_second_factor(
        &self,
        token: &str,
        body: &FactorProof,
    ) -> Result<(), ClientError> {
        let body = encode(Some(body))?;
        let path = routes::SESSION_SECOND_FACTOR;
        self.do_it(Method::POST, path, Some(token), body).await
    }

    /// A request whose answer holds nothing.
    pub(super) async fn do_it(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> Result<(), ClientError> {
        let done = self.call(method, path, token, None, body).await;
        done.map(|_| ())
    }
}

/// The path of a factor; a text that is no identifier is nobody's.
fn factor_path(id: &str) -> Result<String, ClientError> {
    let id = uuid::Uuid::parse_str(id).map_err(|_| not_found())?;
    Ok(routes::OWN_SECOND_FACTOR.replace("{id}", &id.to_string()))
}

fn not_found() -> ClientError {
    ClientError::Problem(Box::new(Trouble::NotFound.problem()))
}
