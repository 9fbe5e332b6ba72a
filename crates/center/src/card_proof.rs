//! How a card proves itself to the center: challenge, certificate, revocation, dates, signature, in this order, for a check as for the
//! patient's own page. Says nothing of who the holder is.

use api::problem::card::CardTrouble;
use domain::card_certificate::{CertificateState, OutOfDate};
use domain::card_challenge::{ChallengeText, SignedFor};
use domain::civil_date::Instant;
use domain::permit::{AskByCard, Permit};
use pki::card_certificate::CardCertificate;
use store::cards::ChallengeRefused;

use crate::app::Shared;
use crate::trouble::Refused;

/// What a card signed.
pub(crate) struct Signed<'a> {
    /// The challenge.
    pub(crate) challenge: u128,
    /// The certificate, DER.
    pub(crate) certificate: &'a [u8],
    /// The signature of the challenge's text.
    pub(crate) signature: &'a [u8],
    /// What it was to sign for: a signature for anything else is none.
    pub(crate) signed_for: SignedFor,
}

/// A card that proved itself.
pub(crate) struct Proven {
    pub(crate) certificate: CardCertificate,
    pub(crate) worth: CertificateState,
}

/// Why it goes no further.
pub(crate) enum Refusal {
    /// A trouble of the card, still to be recorded with the challenge's use.
    Card(CardTrouble),
    /// One that is recorded.
    Recorded(CardTrouble),
    /// Any other.
    Other(Refused),
}

impl From<CardTrouble> for Refusal {
    fn from(trouble: CardTrouble) -> Self {
        Self::Card(trouble)
    }
}

impl From<store::engine::StoreError> for Refusal {
    fn from(error: store::engine::StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// Challenge, certificate, revocation, dates, signature, in this order.
pub(crate) fn prove(
    app: &Shared,
    permit: &Permit<AskByCard>,
    signed: &Signed<'_>,
    now: Instant,
) -> Result<Proven, Refusal> {
    let challenge = app.engine.challenge(permit, signed.challenge, now)?;
    let challenge = challenge.map_err(challenge_trouble)?;
    let certificate = app.cards.verify(signed.certificate)?;
    app.cards.not_revoked(&certificate, now)?;
    let state = certificate
        .validity
        .state(certificate.token, app.cards.grace_months, now);
    let worth = state.map_err(|out| match out {
        OutOfDate::NotYetValid => CardTrouble::CertificateNotYetValid,
        OutOfDate::Expired => CardTrouble::CertificateExpired,
    })?;
    let text = ChallengeText {
        signed_for: signed.signed_for,
        center: app.name.clone(),
        facility: permit.facility(),
        nonce: challenge.nonce,
        issued_at: challenge.issued,
    };
    if !certificate.has_signed(text.to_text().as_bytes(), signed.signature) {
        return Err(CardTrouble::SignatureWrong.into());
    }
    Ok(Proven { certificate, worth })
}

/// What a challenge that is not taken is to the caller.
pub(crate) fn challenge_trouble(refused: ChallengeRefused) -> CardTrouble {
    match refused {
        ChallengeRefused::Unknown => CardTrouble::ChallengeUnknown,
        ChallengeRefused::Foreign => CardTrouble::ChallengeForeign,
        ChallengeRefused::Used => CardTrouble::ChallengeUsed,
        ChallengeRefused::Expired => CardTrouble::ChallengeExpired,
    }
}
