//! Keys that follow from a seed and a purpose. Anyone can make them again, so they must never protect anything.

use std::num::NonZero;

use crypto_bigint::U1024;
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use rsa::pkcs8::EncodePrivateKey;
use rsa::{BigUint, RsaPrivateKey};
use sha2::{Digest, Sha256};

use crate::card::NotMade;

/// Bits of each of the two primes of a key.
const PRIME_BITS: NonZero<u32> = NonZero::<u32>::MIN.saturating_add(U1024::BITS - 1);

/// The public exponent of all JPKI keys.
const EXPONENT: u32 = 65_537;

/// Makes the RSA-2048 keys of a seed. They share one of their two primes: searching for primes takes all the time, and keys that anyone
/// can make again have nothing to lose.
pub(crate) struct KeyMaker {
    seed: u64,
    shared: BigUint,
}

impl KeyMaker {
    pub(crate) fn new(seed: u64) -> Self {
        let shared = prime(&mut Stream::new(seed, "shared prime"));
        Self { seed, shared }
    }

    /// The key of a purpose.
    pub(crate) fn key(&self, purpose: &str) -> Result<RsaPrivateKey, NotMade> {
        let own = prime(&mut Stream::new(self.seed, purpose));
        let exponent = BigUint::from(EXPONENT);
        Ok(RsaPrivateKey::from_p_q(own, self.shared.clone(), exponent)?)
    }
}

/// A private key as PKCS#8 DER.
pub(crate) fn to_der(key: &RsaPrivateKey) -> Result<Vec<u8>, NotMade> {
    Ok(key.to_pkcs8_der()?.as_bytes().to_vec())
}

/// The next prime of the stream with both top bits set, so that two of them make a modulus of full length.
fn prime(stream: &mut Stream) -> BigUint {
    loop {
        let mut bytes = stream.bytes(U1024::BYTES);
        if let [first, ..] = bytes.as_mut_slice() {
            *first |= 0xc0;
        }
        let start = U1024::from_be_slice(&bytes);
        // Only a start just below the largest number of this length has no prime behind it.
        let candidates = SmallFactorsSieve::new(start, PRIME_BITS, false);
        let found = candidates
            .into_iter()
            .flatten()
            .filter(|it| is_prime(Flavor::Any, it))
            .map(|it| BigUint::from_bytes_be(it.to_be_bytes().as_ref()))
            .find(suits_exponent);
        if let Some(found) = found {
            return found;
        }
    }
}

/// A prime is of use only if its predecessor shares no factor with the exponent, which is prime.
fn suits_exponent(candidate: &BigUint) -> bool {
    candidate % BigUint::from(EXPONENT) != BigUint::from(1_u8)
}

/// Bytes that follow from a seed and a purpose: SHA-256 over both and a counter.
pub(crate) struct Stream {
    start: Sha256,
    counter: u64,
}

impl Stream {
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let start = Sha256::new()
            .chain_update(b"onshi synthetic card\n")
            .chain_update(seed.to_be_bytes())
            .chain_update(purpose.as_bytes());
        Self { start, counter: 0 }
    }

    pub(crate) fn block(&mut self) -> [u8; 32] {
        self.counter += 1;
        let hash = self.start.clone().chain_update(self.counter.to_be_bytes());
        hash.finalize().into()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length + 32);
        while out.len() < length {
            out.extend(self.block());
        }
        out.truncate(length);
        out
    }
}

#[cfg(test)]
mod tests {
    use rsa::Pkcs1v15Sign;
    use rsa::traits::PublicKeyParts;

    use super::*;

    #[test]
    fn a_key_follows_from_seed_and_purpose() {
        let key = |seed, purpose| KeyMaker::new(seed).key(purpose).unwrap();
        let one = key(1, "a");
        assert_eq!(one.n().bits(), 2048);
        assert!(one.validate().is_ok());
        // With a factor that is no prime, what one part of the key does the other would not undo.
        let signed = one.sign(Pkcs1v15Sign::new_unprefixed(), &[7; 32]).unwrap();
        let public = one.to_public_key();
        let verified = public.verify(Pkcs1v15Sign::new_unprefixed(), &[7; 32], &signed);
        assert!(verified.is_ok());
        assert!(one == key(1, "a"));
        assert!(one != key(2, "a"));
        assert!(one != key(1, "b"));
    }
}
