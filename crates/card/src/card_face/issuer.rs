//! Who signs face data: the card-verifiable certificate of EF 0004 and the keys that certify it. The keys are settings; none is
//! built in.

use super::FaceError;
use crate::rsa::{InvalidKey, RsaKey};
use crate::tlv::{Tlv, TlvError, Tlvs};

/// The sixteen bytes that name a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; 16]);

/// The certificate on the card: an issuer's key, certified by a key that is not on the card.
#[derive(Debug)]
pub struct CardCertificate<'a> {
    issuer: KeyId,
    key: RsaKey,
    signed: &'a [u8],
    signature: &'a [u8],
}

/// The keys trusted to certify signers of face data.
#[derive(Debug, Clone, Default)]
pub struct IssuerKeys(Vec<IssuerKey>);

/// One of them.
#[derive(Debug, Clone)]
pub struct IssuerKey {
    id: KeyId,
    key: RsaKey,
}

const CERTIFICATE: u32 = 0x7F21;
const BODY: u32 = 0x5F4E;
const SIGNATURE: u32 = 0x5F37;

impl KeyId {
    fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        Some((Self(*id), rest))
    }
}

impl<'a> CardCertificate<'a> {
    /// Reads EF 0004: `7F21 { 5F4E { issuer's key id, own key id, 90 exponent, 91 modulus }, 5F37 signature }`.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn parse(file: &'a [u8]) -> Result<Self, TlvError> {
        let objects = Tlv::first_of(CERTIFICATE, file)?.children();
        let signed = objects.one(BODY)?.value;
        let split = KeyId::split(signed)
            .and_then(|(issuer, rest)| KeyId::split(rest).map(|(_, key)| (issuer, key)));
        let (issuer, key) = split.ok_or(TlvError::Value(BODY))?;
        Ok(Self {
            issuer,
            key: RsaKey::parse(&Tlvs::new(key))?,
            signed,
            signature: objects.one(SIGNATURE)?.value,
        })
    }
}

impl IssuerKey {
    /// A key under the identifier that certificates name it by, as `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn new(id: [u8; 16], public_key: &[u8]) -> Result<Self, InvalidKey> {
        Ok(Self {
            id: KeyId(id),
            key: RsaKey::of_public_key_info(public_key)?,
        })
    }
}

impl IssuerKeys {
    /// Trusts these.
    #[must_use]
    pub fn new(keys: Vec<IssuerKey>) -> Self {
        Self(keys)
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key in the certificate, if one of ours signed it. Several keys may carry one identifier, as generations do.
    ///
    /// # Errors
    /// [`FaceError::UnknownIssuer`], [`FaceError::Forged`].
    pub fn certified<'c>(
        &self,
        certificate: &'c CardCertificate<'_>,
    ) -> Result<&'c RsaKey, FaceError> {
        let named = self.0.iter().filter(|key| key.id == certificate.issuer);
        let mut outcome = Err(FaceError::UnknownIssuer);
        for issuer in named {
            let signed = issuer.key.verify(certificate.signed, certificate.signature);
            if signed.is_ok() {
                return Ok(&certificate.key);
            }
            outcome = Err(FaceError::Forged);
        }
        outcome
    }
}
