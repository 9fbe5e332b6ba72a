//! EF 0002 of the card face: the photo and what its issuer signed with it. Name and address stay unread images.

use aws_lc_rs::digest::{SHA256, digest};

use super::FaceError;
use crate::rsa::RsaKey;
use crate::tlv::{Tlv, TlvError};

/// The parts of the face data that are used.
#[derive(Debug)]
pub struct FaceData<'a> {
    photo: &'a [u8],
    key: RsaKey,
    digests: [[u8; 32]; 3],
    signature: &'a [u8],
}

const FILE: u32 = 0xFF20;
const BIRTH: u32 = 0xDF22;
const SEX: u32 = 0xDF23;
const KEY: u32 = 0xDF24;
const NAME: u32 = 0xDF25;
const ADDRESS: u32 = 0xDF26;
const PHOTO: u32 = 0xDF27;
const SIGNATURE: u32 = 0xDF28;

impl<'a> FaceData<'a> {
    /// Finds the parts. The table of offsets (DF21) is not used, and neither are expiry (DF29) and security code (DF2A), which no
    /// signature covers.
    ///
    /// # Errors
    /// [`TlvError`].
    pub fn parse(file: &'a [u8]) -> Result<Self, TlvError> {
        let objects = Tlv::first_of(FILE, file)?.children();
        let one = |tag| objects.one(tag);
        let key = one(KEY)?;
        let photo = one(PHOTO)?;
        // As written, with tags and lengths.
        let digests = [
            sha256(&[one(BIRTH)?, one(SEX)?, key]),
            sha256(&[one(NAME)?, one(ADDRESS)?]),
            sha256(&[photo]),
        ];
        Ok(Self {
            photo: photo.value,
            key: RsaKey::parse(&key.children())?,
            digests,
            signature: one(SIGNATURE)?.value,
        })
    }

    /// Checks that the issuer signed photo and key of the card.
    ///
    /// # Errors
    /// [`FaceError::Forged`].
    pub fn check_signature(&self, issuer: &RsaKey) -> Result<(), FaceError> {
        let verified = issuer.verify_three_digests(&self.digests, self.signature);
        verified.map_err(|_| FaceError::Forged)
    }

    /// The key whose other half only the genuine card holds.
    #[must_use]
    pub fn key(&self) -> &RsaKey {
        &self.key
    }

    /// The photo, still in JPEG 2000.
    #[must_use]
    pub fn photo(&self) -> &'a [u8] {
        self.photo
    }
}

fn sha256(objects: &[Tlv<'_>]) -> [u8; 32] {
    let bytes: Vec<&[u8]> = objects.iter().map(|object| object.whole).collect();
    let digest = digest(&SHA256, &bytes.concat());
    let mut array = [0; 32];
    array
        .iter_mut()
        .zip(digest.as_ref())
        .for_each(|(to, from)| *to = *from);
    array
}
