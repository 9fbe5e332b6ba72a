//! Home care, as its clients call it: the terminal with its session, a device with a proof of its key for each request. Keeps no key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::civil_date::Instant;
use http::{HeaderName, Method, header};
use pki::device_key::DeviceKey;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cards::Cause;
use super::{Client, ClientError, decode, encode};
use crate::card::{Challenge, Consents, Presence, PresenceRenewal};
use crate::check::Answer;
use crate::home_care::device::{
    DeviceRegistration, HomeAnswers, HomeCardCheck, HomeCardCheckRequest, HomeChallengeRequest,
    HomeCheckedAgain, HomeFacility, RegisteredDevice,
};
use crate::home_care::proof::{Claims, HEADER, signing_input};
use crate::home_care::{
    ActivationCodes, CheckAgain, EndedHomePatient, HomeAddress, HomeAddresses, HomeCareNotices,
    HomeConsents, HomeDevices, HomeWithdrawal, IssuedActivationCode, NewActivationCode,
    NewHomeAddress,
};
use crate::medical::withdrawal::WithdrawalDone;
use crate::{receipt, routes};

/// Who proves a request, and when.
#[derive(Debug, Clone, Copy)]
pub struct Prover<'a> {
    /// The device's key.
    pub key: &'a DeviceKey,
    /// Its identifier at the center; empty while it has none.
    pub device: &'a str,
    /// The time of the proof, as the center would say it.
    pub now: Instant,
}

impl Prover<'_> {
    /// The proof of one request.
    ///
    /// # Errors
    /// The key gave no signature.
    pub fn proof(
        &self,
        method: &Method,
        path: &str,
        body: &[u8],
    ) -> Result<String, pki::receipt_key::NoSignature> {
        let mut fresh = [0; 16];
        aws_lc_rs::rand::fill(&mut fresh).map_err(|_| pki::receipt_key::NoSignature)?;
        let at = (self.now.as_seconds(), URL_SAFE_NO_PAD.encode(fresh));
        let claims = Claims::of(method.as_str(), path, body, at);
        let input = signing_input(self.device, &claims);
        let signature = self.key.sign(input.as_bytes())?;
        Ok(receipt::seal(input, &signature))
    }
}

impl Client {
    /// Whose address it is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn home_facility(&self, address: &str) -> Result<HomeFacility, ClientError> {
        let path = part(routes::HOME_ADDRESS, address)?;
        self.send(Method::GET, &path, None, None, None::<&()>).await
    }

    /// Makes a device's key known.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn register_home_device(
        &self,
        by: &Prover<'_>,
        body: &DeviceRegistration,
    ) -> Result<RegisteredDevice, ClientError> {
        self.prove(by, Method::POST, routes::HOME_DEVICES, None, Some(body))
            .await
    }

    /// A challenge for a card to sign at a device.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn home_challenge(
        &self,
        by: &Prover<'_>,
        address: &str,
    ) -> Result<Challenge, ClientError> {
        let body = HomeChallengeRequest {
            address: address.to_owned(),
        };
        self.prove(by, Method::POST, routes::HOME_CHALLENGES, None, Some(&body))
            .await
    }

    /// Asks by card at a device. `key` makes a repetition safe.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn check_card_at_home(
        &self,
        by: &Prover<'_>,
        key: &str,
        body: &HomeCardCheckRequest,
    ) -> Result<HomeCardCheck, ClientError> {
        let path = routes::HOME_CARD_CHECKS;
        self.prove(by, Method::POST, path, Some(key), Some(body))
            .await
    }

    /// Says that the card is still at the device.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn renew_home_presence(
        &self,
        by: &Prover<'_>,
        id: &str,
        body: &PresenceRenewal,
    ) -> Result<Presence, ClientError> {
        let path = part(routes::HOME_CARD_CHECK_PRESENCE, id)?;
        self.prove(by, Method::POST, &path, None, Some(body)).await
    }

    /// Records what the patient answered at a device; the same again is answered alike.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn answer_at_home(
        &self,
        by: &Prover<'_>,
        id: &str,
        body: &HomeAnswers,
    ) -> Result<Consents, ClientError> {
        let path = part(routes::HOME_CARD_CHECK_ANSWERS, id)?;
        self.prove(by, Method::POST, &path, None, Some(body)).await
    }

    /// With whom care is agreed, at a bound device.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn home_consents_at_device(
        &self,
        by: &Prover<'_>,
    ) -> Result<HomeConsents, ClientError> {
        let path = routes::HOME_CONSENTS;
        self.prove(by, Method::GET, path, None, None::<&()>).await
    }

    /// Checks somebody of the list without the card, at a bound device. `key` makes a repetition safe.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn check_again_at_device(
        &self,
        by: &Prover<'_>,
        key: &str,
        (id, body): (&str, &CheckAgain),
    ) -> Result<HomeCheckedAgain, ClientError> {
        let path = part(routes::HOME_CONSENT_CHECKS, id)?;
        self.prove(by, Method::POST, &path, Some(key), Some(body))
            .await
    }

    /// Ends what is agreed with somebody of the list, at a bound device. `key` makes a repetition safe.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw_at_device(
        &self,
        by: &Prover<'_>,
        key: &str,
        (id, body): (&str, &HomeWithdrawal),
    ) -> Result<WithdrawalDone, ClientError> {
        let path = part(routes::HOME_CONSENT_WITHDRAWAL, id)?;
        self.prove(by, Method::POST, &path, Some(key), Some(body))
            .await
    }

    async fn prove<A: DeserializeOwned>(
        &self,
        by: &Prover<'_>,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&impl Serialize>,
    ) -> Result<A, ClientError> {
        let body = encode(body)?;
        let proof = by.proof(&method, path, body.as_deref().unwrap_or_default());
        let proof = proof.map_err(|_| ClientError::Answer)?;
        let mut headers = vec![(HeaderName::from_static(HEADER), proof.as_str())];
        headers.extend(key.map(|key| (HeaderName::from_static("idempotency-key"), key)));
        if body.is_some() {
            headers.push((header::CONTENT_TYPE, "application/json"));
        }
        let body = body.unwrap_or_default();
        let bytes = self.request(method, path, None, &headers, body).await?;
        decode(&bytes)
    }

    /// The facility's addresses.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn home_addresses(&self, token: &str) -> Result<HomeAddresses, ClientError> {
        let path = routes::HOME_CARE_ADDRESSES;
        self.read(path, token, Cause::Person).await
    }

    /// Makes an address; the one before ends.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn make_home_address(
        &self,
        token: &str,
        key: &str,
        body: &NewHomeAddress,
    ) -> Result<HomeAddress, ClientError> {
        let path = routes::HOME_CARE_ADDRESSES;
        self.send(Method::POST, path, Some(token), Some(key), Some(body))
            .await
    }

    /// Activation codes, without their digits.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn activation_codes(&self, token: &str) -> Result<ActivationCodes, ClientError> {
        self.read(routes::HOME_CARE_CODES, token, Cause::Person)
            .await
    }

    /// Issues an activation code.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn issue_activation_code(
        &self,
        token: &str,
        key: &str,
        body: &NewActivationCode,
    ) -> Result<IssuedActivationCode, ClientError> {
        let path = routes::HOME_CARE_CODES;
        self.send(Method::POST, path, Some(token), Some(key), Some(body))
            .await
    }

    /// Invalidates an activation code.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn invalidate_activation_code(
        &self,
        token: &str,
        id: &str,
    ) -> Result<(), ClientError> {
        let path = part(routes::HOME_CARE_CODE, id)?;
        let done = self.call(Method::DELETE, &path, Some(token), None, None);
        done.await.map(|_| ())
    }

    /// Bound devices.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn home_devices(&self, token: &str) -> Result<HomeDevices, ClientError> {
        self.read(routes::HOME_CARE_DEVICES, token, Cause::Person)
            .await
    }

    /// Removes a device.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_home_device(&self, token: &str, id: &str) -> Result<(), ClientError> {
        let path = part(routes::HOME_CARE_DEVICE, id)?;
        let done = self.call(Method::DELETE, &path, Some(token), None, None);
        done.await.map(|_| ())
    }

    /// With whom care is agreed.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn home_consents(
        &self,
        token: &str,
        cause: Cause,
    ) -> Result<HomeConsents, ClientError> {
        self.read(routes::HOME_CARE_CONSENTS, token, cause).await
    }

    /// What ended lately, and what ends soon.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn home_care_notices(
        &self,
        token: &str,
        cause: Cause,
    ) -> Result<HomeCareNotices, ClientError> {
        self.read(routes::HOME_CARE_NOTICES, token, cause).await
    }

    /// Whose a consent was that ended lately.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ended_home_consent(
        &self,
        token: &str,
        cause: Cause,
        id: &str,
    ) -> Result<EndedHomePatient, ClientError> {
        let path = part(routes::HOME_CARE_ENDED, id)?;
        self.read(&path, token, cause).await
    }

    /// Checks somebody of the list without the card.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn check_again(
        &self,
        token: &str,
        key: &str,
        (id, body): (&str, &CheckAgain),
    ) -> Result<Answer, ClientError> {
        let path = part(routes::HOME_CARE_CHECKS, id)?;
        self.send(Method::POST, &path, Some(token), Some(key), Some(body))
            .await
    }

    /// Ends what is agreed with somebody of the list.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw_home_consent(
        &self,
        token: &str,
        key: &str,
        (id, body): (&str, &HomeWithdrawal),
    ) -> Result<WithdrawalDone, ClientError> {
        let path = part(routes::HOME_CARE_WITHDRAWAL, id)?;
        self.send(Method::POST, &path, Some(token), Some(key), Some(body))
            .await
    }
}

/// A route with an identifier put in; what could be another route is no identifier.
fn part(route: &str, id: &str) -> Result<String, ClientError> {
    let fits = !id.is_empty()
        && id
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-');
    if fits {
        Ok(route.replace("{id}", id))
    } else {
        Err(ClientError::Problem(Box::new(
            crate::problem::Trouble::NotFound.problem(),
        )))
    }
}
