//! Answers that are sealed on their way to the disk, those of a transaction together. Knows no seal.

use std::sync::Arc;

use bytes::Bytes;

use crate::engine::StoreError;

/// An answer without its seal (contracts §6).
#[derive(Clone)]
pub struct Draft {
    /// Its canonical bytes.
    pub answer: Vec<u8>,
    /// What its receipt is to state: the claims' JSON.
    pub claims: Vec<u8>,
    /// Salt of the digest in the claims.
    pub salt: [u8; 16],
}

/// Who seals. Asked by the thread that writes.
pub trait Seal: Send + Sync {
    /// The answers as they go out, in the order of their drafts.
    ///
    /// # Errors
    /// Why none of them can be sealed; then none is recorded.
    fn seal(&self, drafts: &[&Draft]) -> Result<Vec<Bytes>, String>;
}

/// A draft, and who seals it.
#[derive(Clone)]
pub struct Unsealed {
    /// The draft.
    pub draft: Draft,
    /// Who seals it.
    pub seal: Arc<dyn Seal>,
}

/// The answer of a check to record.
#[derive(Clone)]
pub enum NewAnswer {
    /// As it goes.
    Ready(Bytes),
    /// To be sealed with others.
    Unsealed(Unsealed),
}

impl From<Bytes> for NewAnswer {
    fn from(answer: Bytes) -> Self {
        Self::Ready(answer)
    }
}

impl From<Unsealed> for NewAnswer {
    fn from(answer: Unsealed) -> Self {
        Self::Unsealed(answer)
    }
}

/// Seals all that have the same one to do it together; of each the answer as it goes, or why there is none.
pub(crate) fn seal(unsealed: &[&Unsealed]) -> Vec<Result<Bytes, StoreError>> {
    let same = |one: &&Unsealed, other: &&Unsealed| Arc::ptr_eq(&one.seal, &other.seal);
    let groups = unsealed.chunk_by(same);
    groups.flat_map(seal_group).collect()
}

fn seal_group(group: &[&Unsealed]) -> Vec<Result<Bytes, StoreError>> {
    let drafts: Vec<&Draft> = group.iter().map(|it| &it.draft).collect();
    let sealed = match group.first() {
        Some(first) => first.seal.seal(&drafts),
        None => return Vec::new(),
    };
    let failed = |why: String| StoreError::Failed(format!("an answer was not sealed: {why}"));
    let wrong = || failed("another number of answers came back".into());
    match sealed {
        Ok(sealed) if sealed.len() == group.len() => sealed.into_iter().map(Ok).collect(),
        Ok(_) => group.iter().map(|_| Err(wrong())).collect(),
        Err(why) => group.iter().map(|_| Err(failed(why.clone()))).collect(),
    }
}
