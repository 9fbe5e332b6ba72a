//! The keys that sign receipts and checkpoints: P-256, sealed on disk. Retired keys keep their public half and sign nothing.

use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use domain::civil_date::Instant;
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

/// A key that signs no more; what it signed still verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredKey {
    /// Key identifier.
    pub kid: String,
    /// X coordinate.
    pub x: [u8; 32],
    /// Y coordinate.
    pub y: [u8; 32],
    /// When it was replaced.
    pub retired: Instant,
}

/// The public half of a key, as it may be kept where every process of a center reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Key identifier.
    pub kid: String,
    /// X coordinate.
    pub x: [u8; 32],
    /// Y coordinate.
    pub y: [u8; 32],
    /// When it was replaced, if it was.
    pub retired: Option<Instant>,
}

impl PublicKey {
    /// What shows beside the key that whoever wrote it down has the machine key, so that nobody else adds a key of their own.
    #[must_use]
    pub fn proof(&self, machine: &MachineKey) -> [u8; 32] {
        let (x, y) = (hex(&self.x), hex(&self.y));
        *machine.derive(&format!("receipt-public-key {} {x} {y}", self.kid))
    }

    /// Whether a proof is that of this key.
    #[must_use]
    pub fn is_proven(&self, machine: &MachineKey, proof: &[u8]) -> bool {
        verify_slices_are_equal(&self.proof(machine), proof).is_ok()
    }

    /// Verifies a signature that names the key `kid`.
    #[must_use]
    pub fn verifies(&self, kid: &str, message: &[u8], signature: &[u8]) -> bool {
        self.kid == kid && verifies(&self.x, &self.y, message, signature)
    }
}

/// The key that signs now and those that did.
#[derive(Debug)]
pub struct ReceiptKeys {
    /// The one that signs.
    pub current: ReceiptKey,
    /// The others, oldest first.
    pub retired: Vec<RetiredKey>,
}

impl ReceiptKeys {
    /// Opens the keys of a data folder, making a first one when there is none.
    ///
    /// # Errors
    /// [`ReceiptKeyError`].
    pub fn open(dir: &Path, machine: &MachineKey) -> Result<Self, ReceiptKeyError> {
        let current = ReceiptKey::open(&dir.join(CURRENT), machine)?;
        let mut retired = Vec::new();
        let path = dir.join(RETIRED);
        if path.exists() {
            let lines = machine.unseal(&path)?;
            let text = std::str::from_utf8(&lines).map_err(|_| ReceiptKeyError::NotAKey)?;
            for line in text.lines() {
                retired.push(read_retired(line).ok_or(ReceiptKeyError::NotAKey)?);
            }
        }
        // A rotation that was cut off between its two files.
        retired.retain(|key| key.kid != current.kid);
        Ok(Self { current, retired })
    }

    /// Makes a new key and retires the current one. The list of retired keys is written first: a cut in between loses none.
    ///
    /// # Errors
    /// [`ReceiptKeyError`]; then the keys are as before.
    pub fn rotate(
        &self,
        dir: &Path,
        machine: &MachineKey,
        now: Instant,
    ) -> Result<Self, ReceiptKeyError> {
        let (x, y) = self.current.coordinates();
        let mut retired = self.retired.clone();
        retired.push(RetiredKey {
            kid: self.current.kid.clone(),
            x,
            y,
            retired: now,
        });
        let lines: String = retired.iter().map(write_retired).collect();
        machine.seal(&dir.join(RETIRED), lines.as_bytes())?;
        Ok(Self {
            current: ReceiptKey::make(&dir.join(CURRENT), machine)?,
            retired,
        })
    }

    /// The public halves: of the key that signs, then of the others, the last retired first.
    #[must_use]
    pub fn public(&self) -> Vec<PublicKey> {
        let (x, y) = self.current.coordinates();
        let mut all = vec![PublicKey {
            kid: self.current.kid.clone(),
            x,
            y,
            retired: None,
        }];
        all.extend(self.retired.iter().rev().map(|key| PublicKey {
            kid: key.kid.clone(),
            x: key.x,
            y: key.y,
            retired: Some(key.retired),
        }));
        all
    }

    /// Verifies a signature of any of the keys.
    #[must_use]
    pub fn verifies(&self, kid: &str, message: &[u8], signature: &[u8]) -> bool {
        let all = self.public();
        all.iter().any(|key| key.verifies(kid, message, signature))
    }
}

/// The sealed file of the key that signs.
const CURRENT: &str = "receipt.key";

/// The sealed file of the retired keys: sealed, so that nobody adds a key of their own.
const RETIRED: &str = "receipt-retired.keys";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_retired(key: &RetiredKey) -> String {
    let (x, y) = (hex(&key.x), hex(&key.y));
    format!("{} {x} {y} {}\n", key.kid, key.retired.as_micros())
}

fn read_retired(line: &str) -> Option<RetiredKey> {
    let mut words = line.split(' ');
    let (kid, x, y) = (words.next()?, words.next()?, words.next()?);
    Some(RetiredKey {
        kid: kid.to_owned(),
        x: unhex(x)?,
        y: unhex(y)?,
        retired: Instant::from_micros(words.next()?.parse().ok()?),
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (text.len() == 64).then_some(out)
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
            return Self::make(path, machine);
        }
        Self::read(path, machine)
    }

    /// Makes a new key in the place of the old.
    fn make(path: &Path, machine: &MachineKey) -> Result<Self, ReceiptKeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| ReceiptKeyError::NotAKey)?;
        let pkcs8 = pair.to_pkcs8v1().map_err(|_| ReceiptKeyError::NotAKey)?;
        machine.seal(path, pkcs8.as_ref())?;
        Self::read(path, machine)
    }

    fn read(path: &Path, machine: &MachineKey) -> Result<Self, ReceiptKeyError> {
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
    fn what_a_retired_key_signed_still_verifies_and_a_cut_rotation_loses_none() {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("m")).unwrap();
        let first = ReceiptKeys::open(dir.path(), &machine).unwrap();
        let old = first.current.sign(b"text").unwrap();
        let old_kid = first.current.kid().to_owned();
        let before = std::fs::read(dir.path().join(CURRENT)).unwrap();
        let now = Instant::from_micros(7_000_000);
        let second = first.rotate(dir.path(), &machine, now).unwrap();
        assert_ne!(second.current.kid(), old_kid);
        let again = ReceiptKeys::open(dir.path(), &machine).unwrap();
        assert_eq!(again.retired, second.retired);
        assert!(again.verifies(&old_kid, b"text", &old));
        assert!(!again.verifies(second.current.kid(), b"text", &old));
        assert!(!again.verifies(&old_kid, b"texu", &old));
        // Cut off before the new key was there.
        std::fs::write(dir.path().join(CURRENT), before).unwrap();
        let cut = ReceiptKeys::open(dir.path(), &machine).unwrap();
        assert_eq!((cut.current.kid(), cut.retired.len()), (&*old_kid, 0));
        // A list that others wrote is refused.
        std::fs::write(dir.path().join(RETIRED), b"x").unwrap();
        assert!(ReceiptKeys::open(dir.path(), &machine).is_err());
    }

    #[test]
    fn a_public_key_is_proven_by_the_machine_key_alone() {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("m")).unwrap();
        let keys = ReceiptKeys::open(dir.path(), &machine).unwrap();
        let now = Instant::from_micros(7_000_000);
        let keys = keys.rotate(dir.path(), &machine, now).unwrap();
        let signature = keys.current.sign(b"text").unwrap();
        let [current, retired] = <[PublicKey; 2]>::try_from(keys.public()).unwrap();
        assert_eq!((current.retired, retired.retired), (None, Some(now)));
        assert!(current.verifies(keys.current.kid(), b"text", &signature));
        assert!(!current.verifies(&retired.kid, b"text", &signature));
        let proof = current.proof(&machine);
        assert!(current.is_proven(&machine, &proof));
        // That it was retired is no part of what is proven.
        let later = PublicKey {
            retired: Some(now),
            ..current.clone()
        };
        assert!(later.is_proven(&machine, &proof));
        let other = MachineKey::in_memory().unwrap();
        assert!(!current.is_proven(&machine, &current.proof(&other)));
        assert!(!retired.is_proven(&machine, &proof));
        assert!(!current.is_proven(&machine, &proof[..31]));
        let renamed = PublicKey {
            kid: retired.kid,
            ..current
        };
        assert!(!renamed.is_proven(&machine, &proof));
    }

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
