//! Keys that follow from a seed and a purpose. Anyone can make them again, so they must never protect anything.

use rsa::pkcs8::EncodePrivateKey;
use rsa::{BigUint, RsaPrivateKey};
use sha2::{Digest, Sha256};

use crate::card::NotMade;

/// Bits of each of the two primes of a key.
const PRIME_BITS: usize = 1024;

/// The public exponent of all JPKI keys.
const EXPONENT: u32 = 65_537;

/// Candidates with a factor below this are struck out before any is tested.
const SIEVE_BELOW: u32 = 1 << 15;

/// Odd candidates looked at from one starting point; about 700 hold a prime on average two times over.
const SPAN: u32 = 1 << 12;

/// Bases of the primality test; a random number of this size that passes even one is prime but for an odd of 2^-80.
const BASES: [u32; 8] = [2, 3, 5, 7, 11, 13, 17, 19];

/// Makes the RSA-2048 keys of a seed. They share one of their two primes: searching for primes takes all the time, and keys that anyone
/// can make again have nothing to lose.
pub(crate) struct KeyMaker {
    seed: u64,
    small: Vec<u32>,
    shared: BigUint,
}

impl KeyMaker {
    pub(crate) fn new(seed: u64) -> Self {
        let small = small_primes();
        let shared = prime(&mut Stream::new(seed, "shared prime"), &small);
        Self {
            seed,
            small,
            shared,
        }
    }

    /// The key of a purpose.
    pub(crate) fn key(&self, purpose: &str) -> Result<RsaPrivateKey, NotMade> {
        let own = prime(&mut Stream::new(self.seed, purpose), &self.small);
        let exponent = BigUint::from(EXPONENT);
        Ok(RsaPrivateKey::from_p_q(own, self.shared.clone(), exponent)?)
    }
}

/// A private key as PKCS#8 DER.
pub(crate) fn to_der(key: &RsaPrivateKey) -> Result<Vec<u8>, NotMade> {
    Ok(key.to_pkcs8_der()?.as_bytes().to_vec())
}

/// The next prime of the stream with both top bits set, so that two of them make a modulus of full length.
fn prime(stream: &mut Stream, small: &[u32]) -> BigUint {
    loop {
        let mut bytes = stream.bytes(PRIME_BITS / 8);
        if let [first, .., last] = bytes.as_mut_slice() {
            *first |= 0xc0;
            *last |= 1;
        }
        let start = BigUint::from_bytes_be(&bytes);
        let fits = survivors(&bytes, small)
            .map(|steps| &start + BigUint::from(2 * steps))
            .find(|it| suits_exponent(it) && is_prime(it));
        if let Some(found) = fits {
            return found;
        }
    }
}

/// How many steps of two from `start` to each number without a small factor.
fn survivors(start: &[u8], small: &[u32]) -> impl Iterator<Item = u32> {
    let mut open = vec![true; SPAN as usize];
    for prime in small {
        let rest = start
            .iter()
            .fold(0, |rest, byte| ((rest << 8) | u32::from(*byte)) % prime);
        // start + 2·steps ≡ 0: half of -start modulo the prime, which is odd.
        let need = (prime - rest) % prime;
        let steps = if need.is_multiple_of(2) {
            need / 2
        } else {
            (need + prime) / 2
        };
        for at in (steps..SPAN).step_by(*prime as usize) {
            if let Some(slot) = open.get_mut(at as usize) {
                *slot = false;
            }
        }
    }
    (0..SPAN)
        .zip(open)
        .filter_map(|(at, open)| open.then_some(at))
}

/// A prime is of use only if its predecessor shares no factor with the exponent, which is prime.
fn suits_exponent(candidate: &BigUint) -> bool {
    candidate % BigUint::from(EXPONENT) != BigUint::from(1_u8)
}

/// Miller and Rabin's test.
fn is_prime(candidate: &BigUint) -> bool {
    let one = BigUint::from(1_u8);
    let before = candidate - &one;
    let mut odd = before.clone();
    let mut halvings = 0;
    while &odd % BigUint::from(2_u8) != one {
        odd >>= 1;
        halvings += 1;
    }
    BASES.iter().all(|base| {
        let mut power = BigUint::from(*base).modpow(&odd, candidate);
        if power == one || power == before {
            return true;
        }
        for _ in 1..halvings {
            power = &power * &power % candidate;
            if power == before {
                return true;
            }
        }
        false
    })
}

/// The odd primes below the bound.
fn small_primes() -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    for candidate in (3..SIEVE_BELOW).step_by(2) {
        let up_to_root = found.iter().take_while(|it| *it * *it <= candidate);
        if up_to_root
            .into_iter()
            .all(|it| !candidate.is_multiple_of(*it))
        {
            found.push(candidate);
        }
    }
    found
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
    use rsa::traits::PublicKeyParts;

    use super::*;

    #[test]
    fn a_key_follows_from_seed_and_purpose() {
        let key = |seed, purpose| KeyMaker::new(seed).key(purpose).unwrap();
        let one = key(1, "a");
        assert_eq!(one.n().bits(), 2048);
        assert!(one.validate().is_ok());
        assert!(one == key(1, "a"));
        assert!(one != key(2, "a"));
        assert!(one != key(1, "b"));
    }

    #[test]
    fn the_test_knows_primes_from_composites() {
        let number = |text: &[u8]| BigUint::parse_bytes(text, 10).unwrap();
        // 2^127 - 1, and a Carmichael number.
        assert!(is_prime(&number(
            b"170141183460469231731687303715884105727"
        )));
        assert!(!is_prime(&number(b"1590231231043178376951698401")));
    }
}
