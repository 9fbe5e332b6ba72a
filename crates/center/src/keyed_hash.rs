//! Hashes under keys that lie outside the database: of what a person might guess. Refuses to show its key.

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};

/// HMAC-SHA-256 under one key.
pub(crate) struct KeyedHash(Key);

impl KeyedHash {
    /// Of a key of its own for each use.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, key))
    }

    /// The hash of parts, each with its length, so that no other division gives the same.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        let mut out = [0; 32];
        out.iter_mut()
            .zip(tag.as_ref())
            .for_each(|(to, from)| *to = *from);
        out
    }
}
