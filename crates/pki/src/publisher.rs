//! The publisher's signatures on releases (G38): Ed25519, made offline. The center never holds the key, a clinic's PC pins its public
//! half; a change of keys is signed by the old one. Signs nothing but releases and changes of keys.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::sealed::{SealError, write_private};

/// First bytes of a key's file, with the format's version.
const MAGIC: &[u8; 8] = b"ONSHI-P1";

/// What locks the key, by its name in messages.
const CIPHER: &str = "AES-256-GCM";

/// Bytes of the salt that stretches the passphrase.
const SALT_LEN: usize = 16;

/// The shortest passphrase, in characters: the file may lie on a stick.
pub const PASSPHRASE_CHARS: usize = 16;

/// The public half of a publisher's key, written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublisherKey([u8; 32]);

/// A text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "発行者の公開鍵（64桁の16進数）ではありません。 / not a publisher's public key of 64 hexadecimal digits"
)]
pub struct InvalidKey;

impl PublisherKey {
    /// Reads 64 hexadecimal digits; blanks and line ends around them do not count.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let text = text.trim();
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidKey);
        }
        let mut key = [0; 32];
        for (at, byte) in key.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(InvalidKey)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidKey)?;
        }
        Ok(Self(key))
    }

    /// A short name to read out and compare: SHA-256 in four groups of four digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.0);
        let pairs = digest.chunks(2).take(4).map(hex);
        pairs.collect::<Vec<_>>().join(" ")
    }

    /// Whether this key signed a statement.
    #[must_use]
    pub fn signed(&self, statement: Statement<'_>, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(&statement.bytes(), signature)
            .is_ok()
    }
}

impl std::fmt::Display for PublisherKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// What a publisher's key signs. Each kind begins with words of its own, so that none passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement<'a> {
    /// The manifest of a release, byte by byte.
    Release(&'a [u8]),
    /// This key is followed by another.
    KeyChange(&'a PublisherKey),
}

impl Statement<'_> {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Release(manifest) => [b"ONSHI-RELEASE-v1\n", manifest].concat(),
            Self::KeyChange(new) => format!("ONSHI-PUBLISHER-v1\n{new}\n").into_bytes(),
        }
    }
}

/// A change of keys: the old one says which follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// The key that signed.
    pub old: PublisherKey,
    /// The key from then on.
    pub new: PublisherKey,
    /// The old key's signature.
    pub signature: Vec<u8>,
}

/// A change of keys that its old key did not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a change of the publisher's key is not signed by the key before")]
pub struct ForeignChange;

/// The key that counts now, from the pinned one along changes in their order. Changes of keys that are not ours are passed over: a
/// chain may begin before the pin.
///
/// # Errors
/// [`ForeignChange`].
pub fn follow(pinned: PublisherKey, changes: &[KeyChange]) -> Result<PublisherKey, ForeignChange> {
    let mut current = pinned;
    for change in changes.iter() {
        if change.old != current {
            continue;
        }
        if !current.signed(Statement::KeyChange(&change.new), &change.signature) {
            return Err(ForeignChange);
        }
        current = change.new;
    }
    Ok(current)
}

/// The publisher's key itself, on the publisher's own machine.
pub struct Publisher(Ed25519KeyPair);

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Publisher({})", self.key())
    }
}

/// Why there is no publisher's key.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    /// The passphrase is too short.
    #[error(
        "パスフレーズは{PASSPHRASE_CHARS}文字以上にしてください。 / the passphrase needs {PASSPHRASE_CHARS} characters or more"
    )]
    Passphrase,
    /// The file does not open.
    #[error(
        "パスフレーズが違うか、発行者の鍵のファイルではありません。 / wrong passphrase, or not a file of a publisher's key"
    )]
    NotOpened,
    /// The file system.
    #[error(transparent)]
    File(#[from] SealError),
    /// The random generator.
    #[error("システムの乱数を取得できません。 / the system's random generator failed")]
    Random,
    /// The library that stretches the passphrase or locks the key.
    #[error(
        "鍵のファイルの暗号処理に失敗しました（{0}）。もう一度実行し、続くときは onshi を入れ直してください。 / the key's file could not be locked or unlocked ({0}); try again, and if it goes on, install onshi anew"
    )]
    Library(String),
}

impl Publisher {
    /// Makes a key and writes it to a file, locked with a passphrase.
    ///
    /// # Errors
    /// [`PublisherError`].
    pub fn make(file: &Path, passphrase: &str) -> Result<Self, PublisherError> {
        if passphrase.chars().count() < PASSPHRASE_CHARS {
            return Err(PublisherError::Passphrase);
        }
        let mut seed = Zeroizing::new([0; 32]);
        let (mut salt, mut nonce) = ([0; SALT_LEN], [0; NONCE_LEN]);
        rand::fill(&mut *seed)
            .and_then(|()| rand::fill(&mut salt))
            .and_then(|()| rand::fill(&mut nonce))
            .map_err(|_| PublisherError::Random)?;
        let mut locked = seed.to_vec();
        lock(passphrase, &salt)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(MAGIC),
                &mut locked,
            )
            .map_err(|_| PublisherError::Library(CIPHER.into()))?;
        write_private(file, &[&MAGIC[..], &salt, &nonce, &locked].concat())?;
        Self::of(&*seed)
    }

    /// Opens a key's file with its passphrase.
    ///
    /// # Errors
    /// [`PublisherError::NotOpened`] for a wrong passphrase or another file.
    pub fn open(bytes: &[u8], passphrase: &str) -> Result<Self, PublisherError> {
        let failed = || PublisherError::NotOpened;
        let rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or_else(failed)?;
        let (salt, rest) = rest.split_at_checked(SALT_LEN).ok_or_else(failed)?;
        let (nonce, locked) = rest.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut opened = Zeroizing::new(locked.to_vec());
        let seed = lock(passphrase, salt)?
            .open_in_place(nonce, Aad::from(MAGIC), &mut opened)
            .map_err(|_| failed())?;
        Self::of(seed)
    }

    fn of(seed: &[u8]) -> Result<Self, PublisherError> {
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|_| PublisherError::NotOpened)
    }

    /// The public half.
    #[must_use]
    pub fn key(&self) -> PublisherKey {
        let mut key = [0; 32];
        let public = self.0.public_key().as_ref();
        key.iter_mut()
            .zip(public)
            .for_each(|(to, from)| *to = *from);
        PublisherKey(key)
    }

    /// Signs a statement.
    #[must_use]
    pub fn sign(&self, statement: Statement<'_>) -> Vec<u8> {
        self.0.sign(&statement.bytes()).as_ref().to_vec()
    }

    /// Says which key follows this one.
    #[must_use]
    pub fn change_to(&self, new: PublisherKey) -> KeyChange {
        KeyChange {
            old: self.key(),
            new,
            signature: self.sign(Statement::KeyChange(&new)),
        }
    }
}

/// The key that a passphrase locks with: Argon2id with 64 MiB and three passes, since it is done by hand and seldom.
fn lock(passphrase: &str, salt: &[u8]) -> Result<LessSafeKey, PublisherError> {
    let failed = |error: argon2::Error| PublisherError::Library(format!("Argon2id: {error}"));
    let params = Params::new(65_536, 3, 1, Some(32)).map_err(failed)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(failed)?;
    let key =
        UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| PublisherError::Library(CIPHER.into()))?;
    Ok(LessSafeKey::new(key))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publisher(number: u8) -> Publisher {
        Publisher::of(&[number; 32]).unwrap()
    }

    #[test]
    fn a_key_opens_with_its_passphrase_alone_and_its_file_shows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("publisher.key");
        assert!(matches!(
            Publisher::make(&file, "short"),
            Err(PublisherError::Passphrase)
        ));
        assert!(!file.exists());
        let made = Publisher::make(&file, "correct horse battery").unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let again = Publisher::open(&bytes, "correct horse battery").unwrap();
        assert_eq!(again.key(), made.key());
        assert_eq!(
            PublisherKey::parse(&format!("{}\n", made.key())).unwrap(),
            made.key()
        );
        assert!(Publisher::open(&bytes, "wrong horse battery 1").is_err());
        for bad in [&bytes[..20], &bytes[..bytes.len() - 1], b"", b"ONSHI-P1"] {
            assert!(Publisher::open(bad, "correct horse battery").is_err());
        }
    }

    #[test]
    fn a_passphrase_that_cannot_be_stretched_is_no_fault_of_the_random_generator() {
        // Argon2 takes no salt of less than eight bytes.
        let error = lock("correct horse battery", &[0; 4]).err().unwrap();
        assert!(matches!(error, PublisherError::Library(_)), "{error:?}");
        let told = error.to_string();
        assert!(
            told.contains("Argon2id: ") && !told.contains("random"),
            "{told}"
        );
    }

    #[test]
    fn a_signature_counts_for_its_own_kind_of_statement_alone() {
        let key = publisher(1);
        let other = publisher(2).key();
        let signature = key.sign(Statement::Release(b"{}"));
        assert!(key.key().signed(Statement::Release(b"{}"), &signature));
        assert!(!key.key().signed(Statement::Release(b"{} "), &signature));
        assert!(!other.signed(Statement::Release(b"{}"), &signature));
        let change = key.change_to(other);
        let as_release = format!("{other}\n").into_bytes();
        assert!(
            !key.key()
                .signed(Statement::Release(&as_release), &change.signature)
        );
    }

    #[test]
    fn keys_follow_one_another_and_none_comes_back() {
        let (one, two, three) = (publisher(1), publisher(2), publisher(3));
        let changes = [one.change_to(two.key()), two.change_to(three.key())];
        assert_eq!(follow(one.key(), &changes), Ok(three.key()));
        assert_eq!(follow(two.key(), &changes), Ok(three.key()));
        assert_eq!(
            follow(three.key(), &changes),
            Ok(three.key()),
            "an older link changes nothing"
        );
        let foreign = KeyChange {
            old: one.key(),
            ..two.change_to(three.key())
        };
        assert_eq!(follow(one.key(), &[foreign]), Err(ForeignChange));
        let stranger = publisher(9).change_to(publisher(8).key());
        assert_eq!(follow(one.key(), &[stranger]), Ok(one.key()));
    }

    #[test]
    fn a_public_key_is_64_digits() {
        for bad in ["", "00", &"g".repeat(64), &"0".repeat(63), &"あ".repeat(22)] {
            assert_eq!(PublisherKey::parse(bad), Err(InvalidKey));
        }
    }
}
