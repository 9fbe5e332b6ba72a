//! The keys that sign receipts and checkpoints: P-256, sealed on disk. Retired keys keep their public half.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use sha2::{Digest, Sha256};

use crate::sealed::{MachineKey, SealError};

/// A signing key with its identifier.
pub struct ReceiptKey {
    kid: String,
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptKeyError {
    /// The sealed file.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The file holds no P-256 key.
    #[error("the receipt key's file holds no P-256 key")]
    NotAKey,
}

/// The crypto library refused to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key gave no signature")]
pub struct NoSignature;

impl std::fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReceiptKey({})", self.kid)
    }
}

impl ReceiptKey {
    /// Opens the key of a sealed file, making one when the file does not exist.
    ///
    /// # Errors
    /// [`ReceiptKeyError`].
    pub fn open(path: &Path, machine: &MachineKey) -> Result<Self, ReceiptKeyError> {
        if !path.exists() {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .map_err(|_| ReceiptKeyError::NotAKey)?;
            let pkcs8 = pair.to_pkcs8v1().map_err(|_| ReceiptKeyError::NotAKey)?;
            machine.seal(path, pkcs8.as_ref())?;
        }
        let pkcs8 = machine.unseal(path)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8)
            .map_err(|_| ReceiptKeyError::NotAKey)?;
        let digest = Sha256::digest(pair.public_key().as_ref());
        let kid = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            kid,
            pair,
            random: SystemRandom::new(),
        })
    }

    /// Key identifier: the first 16 hexadecimal digits of the public key's SHA-256.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public point's coordinates, 32 bytes each.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point = self.pair.public_key().as_ref();
        let half = |at: usize| {
            let mut out = [0; 32];
            let bytes = point.get(at..at + 32).unwrap_or_default();
            out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            out
        };
        (half(1), half(33))
    }

    /// Signs with ECDSA over SHA-256: r ‖ s, 64 bytes.
    ///
    /// # Errors
    /// [`NoSignature`] when the random generator fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NoSignature> {
        let signature = self
            .pair
            .sign(&self.random, message)
            .map_err(|_| NoSignature)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Verifies a signature of [`ReceiptKey::sign`] by the public coordinates.
#[must_use]
pub fn verifies(x: &[u8; 32], y: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let mut point = vec![4];
    point.extend_from_slice(x);
    point.extend_from_slice(y);
    let key = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
    aws_lc_rs::signature::UnparsedPublicKey::new(key, &point)
        .verify(message, signature)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_verifies_and_the_key_outlives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("m")).unwrap();
        let path = dir.path().join("receipt.key");
        let key = ReceiptKey::open(&path, &machine).unwrap();
        let signature = key.sign(b"text").unwrap();
        let again = ReceiptKey::open(&path, &machine).unwrap();
        assert_eq!(again.kid(), key.kid());
        let (x, y) = again.coordinates();
        assert!(verifies(&x, &y, b"text", &signature));
        assert!(!verifies(&x, &y, b"texu", &signature));
    }
}
