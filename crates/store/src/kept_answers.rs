//! Answers of writes that came with an idempotency key (design §6): the answer and the write are one transaction. Checks keep
//! theirs in the check log; the table of their keys holds these keys too, so that a key is of one request
//! (`docs/decisions/0110-one-key-one-request.md`).

use domain::civil_date::Instant;
use domain::permit::SignedIn;

use crate::checks;
use crate::database::Batch;
use crate::engine::{Engine, StoreError};
use crate::sql::{Connection, OptionalExtension, params};

/// An answer to keep under the key its request came with.
#[derive(Clone)]
pub struct KeptAnswer {
    /// The key, within facility and account of the holder.
    pub key: String,
    /// Whose request it was.
    pub holder: SignedIn,
    /// SHA-256 of method, route and body.
    pub request: [u8; 32],
    /// What was answered.
    pub answer: Vec<u8>,
    /// When.
    pub at: Instant,
}

impl std::fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptAnswer(…)")
    }
}

/// What a key was used for before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Earlier {
    /// For the same request: this was answered then.
    Same(Vec<u8>),
    /// For another request.
    Other,
}

impl Engine {
    /// What a key was used for before, if it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn earlier(
        &self,
        holder: &SignedIn,
        key: &str,
        request: &[u8; 32],
    ) -> Result<Option<Earlier>, StoreError> {
        self.read(|connection| find(connection, holder, key, request))
    }
}

/// What the key of an answer to keep was used for before, seen within the running transaction.
pub(crate) fn earlier(
    connection: &Connection,
    kept: &KeptAnswer,
) -> Result<Option<Earlier>, StoreError> {
    find(connection, &kept.holder, &kept.key, &kept.request)
}

/// Keeps an answer within the running transaction, whose key no other answer is kept under. [`StoreError::KeyUsed`] where a check came under
/// it: then the work has to be undone.
pub(crate) fn keep(
    connection: &Connection,
    batch: &Batch,
    kept: &KeptAnswer,
) -> Result<(), StoreError> {
    if take_and_keep(connection, batch, kept)? {
        Ok(())
    } else {
        Err(StoreError::KeyUsed)
    }
}

/// False, and nothing is kept, where a check came under the key.
fn take_and_keep(
    connection: &Connection,
    batch: &Batch,
    kept: &KeptAnswer,
) -> Result<bool, StoreError> {
    let facility = kept.holder.facility.as_u64().cast_signed();
    let of = (facility, kept.holder.account.as_str(), kept.key.as_str());
    if !checks::take_key(connection, &batch.held().recent, of, kept.at)? {
        return Ok(false);
    }
    connection
        .prepare_cached("INSERT INTO kept_answer VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            facility,
            kept.holder.account.as_str(),
            kept.key,
            kept.request,
            kept.answer,
            kept.at.as_micros()
        ])?;
    Ok(true)
}

/// Keeps an answer within the running transaction, unless its key was used before: then says for what.
pub(crate) fn keep_or_find(
    connection: &Connection,
    batch: &Batch,
    kept: Option<&KeptAnswer>,
) -> Result<Option<Earlier>, StoreError> {
    let Some(kept) = kept else {
        return Ok(None);
    };
    if let Some(before) = earlier(connection, kept)? {
        return Ok(Some(before));
    }
    let is_kept = take_and_keep(connection, batch, kept)?;
    Ok((!is_kept).then_some(Earlier::Other))
}

/// Forgets the answers given before an instant, and their keys; a check that came under one since keeps it.
pub(crate) fn forget(connection: &Connection, before: Instant) -> Result<(), StoreError> {
    checks::forget_taken(connection, before)?;
    connection
        .prepare_cached("DELETE FROM kept_answer WHERE at < ?1")?
        .execute([before.as_micros()])?;
    Ok(())
}

fn find(
    connection: &Connection,
    holder: &SignedIn,
    key: &str,
    request: &[u8; 32],
) -> Result<Option<Earlier>, StoreError> {
    let text =
        "SELECT request, answer FROM kept_answer WHERE facility = ?1 AND account = ?2 AND key = ?3";
    let mut statement = connection.prepare_cached(text)?;
    let facility = holder.facility.as_u64().cast_signed();
    let row = statement.query_row(params![facility, holder.account.as_str(), key], |row| {
        Ok((row.get::<_, [u8; 32]>(0)?, row.get(1)?))
    });
    Ok(row.optional()?.map(|(known, answer)| {
        if known == *request {
            Earlier::Same(answer)
        } else {
            Earlier::Other
        }
    }))
}
