//! Hashes of passwords: Argon2id. Slow on purpose: callers keep it off their async threads. Keeps and logs no password.

use argon2::password_hash::{self, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::password::Password;

/// A hash of no password anybody has, of the same cost.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct NotHashed;

/// Memory 19 MiB, two passes, one lane: OWASP's first choice for Argon2id.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a password with a salt of random bytes, as text.
///
/// # Errors
/// [`NotHashed`].
pub fn hash(password: &Password, salt: &[u8; 16]) -> Result<String, NotHashed> {
    let salt = SaltString::encode_b64(salt).map_err(|_| NotHashed)?;
    let hash = argon2().hash_password(password.expose().as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|_| NotHashed)
}

/// True when a text is the password of a hash. Without a hash it works as long and says no.
#[must_use]
pub fn verify(text: &str, hash: Option<&str>) -> bool {
    let parsed = password_hash::PasswordHash::new(hash.unwrap_or(NOBODY));
    parsed.is_ok_and(|hash| argon2().verify_password(text.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let password = Password::parse("Gamen-Kaijo-2026").unwrap();
        let one = hash(&password, &[1; 16]).unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("Gamen-Kaijo-2026", Some(&one)));
        assert!(!verify("Gamen-Kaijo-2027", Some(&one)));
        assert!(!verify("Gamen-Kaijo-2026", None));
        assert!(!verify("Gamen-Kaijo-2026", Some("no hash")));
        assert_ne!(one, hash(&password, &[2; 16]).unwrap());
    }
}
