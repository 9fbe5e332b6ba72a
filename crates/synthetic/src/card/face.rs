//! The card face as files: pictures, text, photo, and the signatures of their issuer (my-number-card reference §3.2, §3.3). There is no
//! individual number: twelve zeros stand where it would be.

use domain::civil_date::CivilDate;
use rsa::pkcs8::EncodePublicKey;
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};

use crate::card::NotMade;
use crate::card::case::Case;
use crate::card::data_object::object;
use crate::card::key::{IssuingKey, KeyMaker, KeyOf, to_der};
use crate::card::persona::{CardFace, Holder, InputSupport};
use crate::card::pictures;

/// Key identifiers are sixteen bytes: number, group, filler. Real numbers begin with 5 or 6.
const ROOT_ID: &[u8; 16] = b"900002300001\xff\xff\xff\xff";
const ISSUER_ID: &[u8; 16] = b"999999900001\xff\xff\xff\xff";

/// A municipality that does not exist.
pub(crate) const MUNICIPALITY: &str = "99999";

/// Twelve zeros where others have their individual number.
pub(crate) const NO_NUMBER: &str = "000000000000";

/// Version of the specification and three more bytes, as seen on cards.
const IDENTIFICATION: [u8; 4] = [0x06, 0x03, 0x0e, 0x01];

/// Who signs card faces.
pub(crate) struct FaceIssuer {
    root: IssuingKey,
    key: IssuingKey,
    session: RsaPublicKey,
}

/// The key that certificates in file 0004 lead to; no card holds it.
pub struct FaceRoot {
    /// The identifier the certificate names.
    pub key_id: [u8; 16],
    /// The public key, `SubjectPublicKeyInfo` DER.
    pub key: Vec<u8>,
}

impl FaceIssuer {
    pub(crate) fn new(keys: &KeyMaker) -> Result<Self, NotMade> {
        Ok(Self {
            root: IssuingKey::new(keys.key(KeyOf::FaceRoot)?)?,
            key: IssuingKey::new(keys.key(KeyOf::FaceIssuer)?)?,
            session: keys.key(KeyOf::Session)?.to_public_key(),
        })
    }

    pub(crate) fn root(&self) -> Result<FaceRoot, NotMade> {
        let public = self.root.public();
        let der = public
            .to_public_key_der()
            .map_err(rsa::pkcs8::Error::from)?;
        Ok(FaceRoot {
            key_id: *ROOT_ID,
            key: der.as_bytes().to_vec(),
        })
    }

    /// Files of the card face application. `key` proves the chip; a copied card shows its public half without holding it.
    pub(crate) fn card_face(
        &self,
        case: Case,
        holder: &Holder,
        ends_on: CivilDate,
        key: &RsaPrivateKey,
    ) -> Result<CardFace, NotMade> {
        let public = public_key(&key.to_public_key());
        let own_key = match case {
            Case::Clone => None,
            _ => Some(to_der(key)?.into()),
        };
        Ok(CardFace {
            age: self.age(holder, &public)?.into(),
            face: self.face(case, holder, ends_on, &public)?.into(),
            information: information().into(),
            certificate: self.certificate()?.into(),
            number_picture: self.number_picture(&public)?.into(),
            key: own_key,
        })
    }

    /// Files of the input support application.
    pub(crate) fn input_support(
        &self,
        holder: &Holder,
        key: &RsaPublicKey,
    ) -> Result<InputSupport, NotMade> {
        // Two fillers end the file, and the hash covers them.
        let number = [field(0xff10, NO_NUMBER.as_bytes()), vec![0xff; 2]].concat();
        let fields = [
            field(0xdf22, holder.name.as_bytes()),
            field(0xdf23, holder.address.as_bytes()),
            field(0xdf24, compact(&holder.birth_date).as_bytes()),
            field(0xdf25, holder.sex.as_bytes()),
        ];
        let signed = [
            field(0xdf31, &Sha256::digest(&number)),
            field(0xdf32, &Sha256::digest(fields.concat())),
        ]
        .concat();
        let signature = self.key.sign(&signed)?;
        let own = field(0xdf51, &public_key(key));
        let own_signature = self.key.sign(&own)?;
        Ok(InputSupport {
            number: number.into(),
            attributes: with_offsets(0xff20, 0xdf21, &fields).into(),
            signature: field(0xff30, &[signed, field(0xdf33, &signature)].concat()).into(),
            certificate: self.certificate()?.into(),
            information: field(
                0xff40,
                &[
                    field(0xdf41, &IDENTIFICATION),
                    field(0xdf42, ROOT_ID),
                    field(0xdf43, &[0; 16]),
                ]
                .concat(),
            )
            .into(),
            session_key: object(&[0xa1], &public_key(&self.session)).into(),
            signed_key: field(0xff50, &[own, field(0xdf52, &own_signature)].concat()).into(),
        })
    }

    fn age(&self, holder: &Holder, public: &[u8]) -> Result<Vec<u8>, NotMade> {
        let signed = [
            field(0xdf11, compact(&holder.birth_date).as_bytes()),
            field(0xdf12, public),
        ]
        .concat();
        let signature = self.key.sign(&signed)?;
        Ok(field(0xff10, &[signed, field(0xdf13, &signature)].concat()))
    }

    /// The issuer signs three hashes, so that a part can be shown without the photo.
    fn face(
        &self,
        case: Case,
        holder: &Holder,
        ends_on: CivilDate,
        public: &[u8],
    ) -> Result<Vec<u8>, NotMade> {
        let birth = field(0xdf22, compact(&holder.birth_date).as_bytes());
        let sex = field(0xdf23, holder.sex.as_bytes());
        let key = field(0xdf24, public);
        let name = field(0xdf25, pictures::name(case));
        let address = field(0xdf26, pictures::ADDRESS);
        let photo = field(0xdf27, pictures::portrait(holder));
        let hashes = [
            Sha256::digest([&birth[..], &sex, &key].concat()),
            Sha256::digest([&name[..], &address].concat()),
            Sha256::digest(&photo),
        ]
        .concat();
        let info = [&DIGEST_INFO_OF_THREE[..], &hashes].concat();
        let signature = self.key.sign_form(&info)?;
        let fields = [
            birth,
            sex,
            key,
            name,
            address,
            photo,
            field(0xdf28, &signature),
            field(0xdf29, ends_on.to_compact().as_bytes()),
            field(0xdf2a, pictures::SECURITY_CODE),
        ];
        Ok(with_offsets(0xff20, 0xdf21, &fields))
    }

    fn number_picture(&self, public: &[u8]) -> Result<Vec<u8>, NotMade> {
        let signed = [field(0xdf41, pictures::NO_NUMBER), field(0xdf42, public)].concat();
        let signature = self.key.sign(&signed)?;
        Ok(field(0xff40, &[signed, field(0xdf43, &signature)].concat()))
    }

    /// `7F21 { 5F4E issuer id, own id, key · 5F37 signature of the root }`.
    fn certificate(&self) -> Result<Vec<u8>, NotMade> {
        let key = public_key(&self.key.public());
        let body = [&ROOT_ID[..], &ISSUER_ID[..], &key].concat();
        let signature = self.root.sign(&body)?;
        let both = [field(0x5f4e, &body), field(0x5f37, &signature)].concat();
        Ok(field(0x7f21, &both))
    }
}

/// DER of a `DigestInfo` for SHA-256 that holds 96 bytes instead of 32, as cards have it.
const DIGEST_INFO_OF_THREE: [u8; 19] = [
    0x30, 0x71, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x60,
];

/// 照合番号B: date of birth with the year of its era, year the card ends, security code.
pub(crate) fn number_b(holder: &Holder, ends_on: CivilDate) -> Result<String, NotMade> {
    let code = pictures::SECURITY_CODE_TEXT;
    Ok(format!("{}{:04}{code}", era_date(holder)?, ends_on.year()))
}

/// The date of birth as the card asks for it: two digits each of year of the era, month, day.
pub(crate) fn era_date(holder: &Holder) -> Result<String, NotMade> {
    let wrong = || NotMade::BuiltIn("date of birth");
    let born = CivilDate::parse_iso(&holder.birth_date).map_err(|_| wrong())?;
    let japanese = domain::era::to_japanese(born);
    let year = japanese.split('年').next().ok_or_else(wrong)?;
    let year: String = year.chars().filter(char::is_ascii_digit).collect();
    // The first year of an era is written 元.
    let year = if year.is_empty() { "1" } else { &year };
    Ok(format!("{year:0>2}{:02}{:02}", born.month(), born.day()))
}

/// `90 exponent · 91 modulus`.
fn public_key(key: &RsaPublicKey) -> Vec<u8> {
    let exponent = object(&[0x90], &key.e().to_bytes_be());
    let modulus = object(&[0x91], &key.n().to_bytes_be());
    [exponent, modulus].concat()
}

fn information() -> Vec<u8> {
    let parts = [
        field(0xdf31, &IDENTIFICATION),
        field(0xdf32, ROOT_ID),
        field(0xdf33, &[1]),
        field(0xdf34, MUNICIPALITY.as_bytes()),
        // A key identifier and 256 bytes that nobody knows the meaning of.
        field(0xdf35, &[&ROOT_ID[..], &[0; 256]].concat()),
    ];
    field(0xff30, &parts.concat())
}

/// An object of these fields behind a table of where each begins, counted from the start of the file.
fn with_offsets(tag: u16, table_tag: u16, fields: &[Vec<u8>]) -> Vec<u8> {
    let length = fields.iter().map(Vec::len).sum::<usize>();
    let table_length = field(table_tag, &vec![0; 2 * fields.len()]).len();
    let head = field(tag, &vec![0; length + table_length]).len() - length;
    let mut offsets = Vec::new();
    let mut at = head;
    for it in fields {
        let [.., high, low] = at.to_be_bytes();
        offsets.extend([high, low]);
        at += it.len();
    }
    field(tag, &[field(table_tag, &offsets), fields.concat()].concat())
}

fn field(tag: u16, value: &[u8]) -> Vec<u8> {
    object(&tag.to_be_bytes(), value)
}

/// `1980-02-17` without its hyphens.
fn compact(date: &str) -> String {
    date.chars().filter(char::is_ascii_digit).collect()
}
