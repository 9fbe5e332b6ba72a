//! Where chains stand, as checkpoints sign it: all of them first, and afterwards those that moved. Verification holds every head that was ever
//! signed against the chains, so that one of a chain that ended need not be signed again.

use std::collections::BTreeMap;

use crate::audit::{Head, end};
use crate::engine::{Engine, StoreError};
use crate::sql::OptionalExtension;

/// Heads that checkpoints have signed which were kept.
#[derive(Debug, Default)]
pub struct Signed(BTreeMap<[u8; 16], Head>);

impl Signed {
    /// Those of these heads that were not signed yet.
    #[must_use]
    pub fn lacks(&self, mut heads: Vec<Head>) -> Vec<Head> {
        heads.retain(|it| self.0.get(&it.chain) != Some(it));
        heads
    }

    /// To be called when a checkpoint over these heads was kept.
    pub fn add(&mut self, heads: Vec<Head>) {
        self.0.extend(heads.into_iter().map(|it| (it.chain, it)));
    }
}

/// Heads in the form that a checkpoint signs.
///
/// # Errors
/// [`StoreError::Row`].
pub fn to_bytes(heads: &[Head]) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(heads).map_err(|_| StoreError::Row("checkpoint"))
}

/// The heads that a checkpoint signs; `None` for anything else.
#[must_use]
pub fn from_bytes(bytes: &[u8]) -> Option<Vec<Head>> {
    postcard::from_bytes(bytes).ok()
}

impl Engine {
    /// Where all chains stand now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.read(|connection| {
            // Walks from chain to chain instead of over every event.
            let next = "SELECT chain FROM audit_event WHERE ?1 < chain ORDER BY chain LIMIT 1";
            let mut next = connection.prepare_cached(next)?;
            let mut heads: Vec<Head> = Vec::new();
            let mut after: Vec<u8> = Vec::new();
            while let Some(chain) = next
                .query_row([&after], |row| row.get::<_, [u8; 16]>(0))
                .optional()?
            {
                after = chain.to_vec();
                if let Some((seq, hash)) = end(connection, chain)? {
                    heads.push(Head { chain, seq, hash });
                }
            }
            Ok(heads)
        })
    }
}
