//! Answers are sealed with their signed receipts (contracts §6): one alone with a signature of its own, several at once with one they share.

use std::sync::Arc;

use api::check::{Answer, answered};
use api::receipt::shared::Tree;
use api::receipt::{self, Claims};
use arc_swap::ArcSwap;
use axum::body::Bytes;
use domain::card_challenge::CenterName;
use domain::civil_date::Instant;
use pki::receipt_key::{ReceiptKey, ReceiptKeys};
use store::sealing::{Draft, Seal, Unsealed};
use traces::Stage;

use crate::app::random;
use crate::records::Records;
use crate::serve::Clock;
use crate::trouble::{Refused, absent};

/// What seals the answers of a center.
pub(crate) struct Sealer {
    /// Exchanged as a whole by a rotation.
    pub(crate) keys: Arc<ArcSwap<ReceiptKeys>>,
    pub(crate) name: CenterName,
    pub(crate) clock: Clock,
}

impl Seal for Sealer {
    fn seal(&self, drafts: &[&Draft]) -> Result<Vec<Bytes>, String> {
        let keys = self.keys.load();
        let sealed = match drafts {
            [draft] => alone(&keys.current, draft).map(|sealed| vec![sealed]),
            _ => self.together(&keys.current, drafts),
        };
        sealed.ok_or_else(|| "the key of receipts does not sign".into())
    }
}

impl Sealer {
    fn together(&self, key: &ReceiptKey, drafts: &[&Draft]) -> Option<Vec<Bytes>> {
        let tree = Tree::over(drafts.iter().map(|it| it.claims.as_slice()));
        let now = (self.clock)().as_seconds();
        let input = tree.signing_input(key.kid(), &self.name.to_string(), now);
        let signature = key.sign(input.as_bytes()).ok()?;
        let jws = receipt::seal(input, &signature);
        let of = |(place, draft): (usize, &&Draft)| {
            let receipt = tree.receipt(&jws, &draft.claims, place);
            with_receipt(draft, &receipt)
        };
        Some(drafts.iter().enumerate().map(of).collect())
    }
}

fn alone(key: &ReceiptKey, draft: &Draft) -> Option<Bytes> {
    let input = receipt::signing_input(key.kid(), &draft.claims);
    let signature = key.sign(input.as_bytes()).ok()?;
    Some(with_receipt(draft, &receipt::seal(input, &signature)))
}

fn with_receipt(draft: &Draft, receipt: &str) -> Bytes {
    let salt = receipt::encode_salt(&draft.salt);
    answered::with_receipt(&draft.answer, receipt, &salt).into()
}

/// An answer that is sealed when it is written, together with others.
pub(crate) fn unsealed(
    records: &Records,
    answer: &Answer,
    now: Instant,
) -> Result<Unsealed, Refused> {
    Ok(Unsealed {
        draft: draft(records, answer, now)?,
        seal: records.sealer.clone(),
    })
}

/// The bytes of an answer with a signed receipt of its own.
pub(crate) fn sign(records: &Records, answer: &Answer, now: Instant) -> Result<Bytes, Refused> {
    let draft = draft(records, answer, now)?;
    let keys = records.receipt_keys.load();
    let sealed = traces::during(Stage::Sign, || alone(&keys.current, &draft));
    sealed.ok_or_else(absent("the signature of a receipt"))
}

fn draft(records: &Records, answer: &Answer, now: Instant) -> Result<Draft, Refused> {
    let canonical = answered::canonical_bytes(answer);
    let salt = random::<16>()?;
    let claims = Claims {
        as_of: answer.as_of.clone(),
        digest: receipt::digest(&salt, &canonical),
        facility: answer.facility.clone(),
        iat: now.as_seconds(),
        iss: records.name.to_string(),
        jti: answer.check_id.clone(),
        verdict: answer.verdict,
    };
    Ok(Draft {
        answer: canonical,
        claims: claims.to_bytes(),
        salt,
    })
}
