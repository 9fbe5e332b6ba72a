//! Keys that follow from a seed and their owner. Anyone can make them again, so they must never protect anything.

use std::num::NonZero;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use crypto_bigint::U1024;
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use rsa::pkcs8::EncodePrivateKey;
use rsa::{BigUint, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};

use crate::card::NotMade;
use crate::card::authority::Generation;
use crate::card::case::Case;

/// Bits of each of the two primes of a key.
const PRIME_BITS: NonZero<u32> = NonZero::<u32>::MIN.saturating_add(U1024::BITS - 1);

/// The public exponent of all JPKI keys.
const EXPONENT: u32 = 65_537;

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyOf {
    /// Who issues certificates for authentication.
    AuthenticationAuthority,
    /// Who issues certificates for signatures.
    SignatureAuthority,
    /// What card faces lead to.
    FaceRoot,
    /// Who signs card faces.
    FaceIssuer,
    /// Sessions of the application for input support.
    Session,
    /// The key for signatures of every card.
    Signature,
    /// A card's key for authentication.
    Authentication(Case, Generation),
    /// A card's key by which its face is no copy.
    CardFace(Case, Generation),
}

/// Keys of issuers, and those that all cards share.
const COMMON: usize = 6;

/// Keys of a generation, with room for more cases.
const GENERATION: usize = 64;

impl KeyOf {
    /// Each has a number of its own.
    fn number(self) -> usize {
        match self {
            Self::AuthenticationAuthority => 0,
            Self::SignatureAuthority => 1,
            Self::FaceRoot => 2,
            Self::FaceIssuer => 3,
            Self::Session => 4,
            Self::Signature => 5,
            Self::Authentication(case, generation) => of_card(case, generation),
            Self::CardFace(case, generation) => of_card(case, generation) + 1,
        }
    }
}

fn of_card(case: Case, generation: Generation) -> usize {
    usize::from(generation.0) * GENERATION + COMMON + 2 * case.number() as usize
}

/// Primes of the first set.
const PRIMES: usize = 8;

/// Makes the RSA-2048 keys of a seed: each from one prime of either set, no two from the same two. Searching for primes takes nearly all the
/// time, and keys that anyone can make again have nothing to lose by sharing them.
pub(crate) struct KeyMaker {
    seed: u64,
    first: [OnceLock<BigUint>; PRIMES],
    /// Of the second set as many as the first generation needs; a further one is looked for whenever it is asked for.
    second: [OnceLock<BigUint>; 2 * PRIMES],
}

impl KeyMaker {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            first: Default::default(),
            second: Default::default(),
        }
    }

    /// The key of one.
    pub(crate) fn key(&self, of: KeyOf) -> Result<RsaPrivateKey, NotMade> {
        let (first, second) = primes_of(of);
        let primes = (
            self.prime(&self.first, "first", first),
            self.prime(&self.second, "second", second),
        );
        let exponent = BigUint::from(EXPONENT);
        Ok(RsaPrivateKey::from_p_q(primes.0, primes.1, exponent)?)
    }

    fn prime(&self, kept: &[OnceLock<BigUint>], set: &str, at: usize) -> BigUint {
        let look = || prime(&mut Stream::new(self.seed, &format!("{set} prime {at}")));
        kept.get(at)
            .map_or_else(look, |it| it.get_or_init(look).clone())
    }
}

/// Where in the two sets the primes of a key are.
fn primes_of(of: KeyOf) -> (usize, usize) {
    (of.number() % PRIMES, of.number() / PRIMES)
}

/// A key that issues. It signs with aws-lc-rs, which takes a tenth of the time that `rsa` takes.
pub(crate) struct IssuingKey {
    key: RsaPrivateKey,
    signing: KeyPair,
}

impl IssuingKey {
    pub(crate) fn new(key: RsaPrivateKey) -> Result<Self, NotMade> {
        let signing = KeyPair::from_pkcs8(&to_der(&key)?).map_err(|_| NotMade::IssuingKey)?;
        Ok(Self { key, signing })
    }

    pub(crate) fn public(&self) -> RsaPublicKey {
        self.key.to_public_key()
    }

    /// PKCS#1 v1.5 with SHA-256 (RFC 8017, 8.2).
    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, NotMade> {
        let mut signature = vec![0; self.signing.public_modulus_len()];
        let random = SystemRandom::new();
        self.signing
            .sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature)
            .map_err(|_| NotMade::IssuingKey)?;
        Ok(signature)
    }

    /// PKCS#1 v1.5 of a form that no standard names, which aws-lc-rs refuses.
    pub(crate) fn sign_form(&self, form: &[u8]) -> Result<Vec<u8>, NotMade> {
        Ok(self.key.sign(Pkcs1v15Sign::new_unprefixed(), form)?)
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
    use std::collections::BTreeSet;

    use rsa::traits::PublicKeyParts;

    use super::*;

    const FIRST: Generation = Generation::FIRST;

    #[test]
    fn a_key_follows_from_seed_and_owner() {
        let key = |seed, of| KeyMaker::new(seed).key(of).unwrap();
        let one = key(1, KeyOf::Signature);
        assert_eq!(one.n().bits(), 2048);
        assert!(one.validate().is_ok());
        // With a factor that is no prime, what one part of the key does the other would not undo.
        let signed = one.sign(Pkcs1v15Sign::new_unprefixed(), &[7; 32]).unwrap();
        let public = one.to_public_key();
        let verified = public.verify(Pkcs1v15Sign::new_unprefixed(), &[7; 32], &signed);
        assert!(verified.is_ok());
        assert!(one == key(1, KeyOf::Signature));
        assert!(one != key(2, KeyOf::Signature));
        assert!(one != key(1, KeyOf::Session));
    }

    #[test]
    fn an_issuing_key_signs_as_its_key_does() {
        let key = KeyMaker::new(1).key(KeyOf::FaceRoot).unwrap();
        let hash = Sha256::digest(b"text");
        let expected = key.sign(Pkcs1v15Sign::new::<Sha256>(), &hash).unwrap();
        let issuing = IssuingKey::new(key).unwrap();
        assert_eq!(issuing.sign(b"text").unwrap(), expected);
    }

    #[test]
    fn no_two_keys_have_the_same_two_primes() {
        use KeyOf::{AuthenticationAuthority, FaceIssuer, FaceRoot, SignatureAuthority};
        let mut all = vec![AuthenticationAuthority, SignatureAuthority];
        all.extend([FaceRoot, FaceIssuer, KeyOf::Session, KeyOf::Signature]);
        assert_eq!(all.len(), COMMON);
        for generation in [FIRST, Generation(2), Generation(u8::MAX)] {
            for case in Case::ALL {
                all.push(KeyOf::Authentication(case, generation));
                all.push(KeyOf::CardFace(case, generation));
            }
        }
        let pairs: BTreeSet<_> = all.iter().map(|it| primes_of(*it)).collect();
        assert_eq!(pairs.len(), all.len());
        assert!(pairs.iter().all(|(first, _)| *first < PRIMES));
    }

    #[test]
    fn a_key_is_the_same_whichever_was_made_before() {
        let of = KeyOf::CardFace(Case::Renewed, Generation(2));
        let maker = KeyMaker::new(1);
        maker.key(KeyOf::FaceRoot).unwrap();
        let later = maker.key(of).unwrap();
        assert!(later == KeyMaker::new(1).key(of).unwrap());
    }
}
