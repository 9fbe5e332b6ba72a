//! The card as another author's reader sees it (`myna-card`, made from dumps of a published test card): every file parses, every signature
//! verifies.

use myna_card::ap::common::CommonAp;
use myna_card::ap::jpki::{JpkiAp, SignatureScheme, TokenType};
use myna_card::ap::surface::SurfaceAp;
use myna_card::ap::text::{TextAp, ef};
use myna_card::data::RsaPublicKey;
use myna_card::{Pin, Retries, Transmit};
use rsa::RsaPublicKey as Key;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use synthetic::card::case::Case;
use virtual_card::card::Card;

use crate::tray::{AUTHORITY, card, persona};

/// The line to a card in memory.
struct Line(Card);

impl Transmit for Line {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        Ok(self.0.transmit(command))
    }
}

fn reader(case: Case) -> myna_card::Card<Line> {
    myna_card::Card::new(Line(card(case)))
}

fn pin(text: &str) -> Pin {
    Pin::new(text).unwrap()
}

fn face_root() -> RsaPublicKey {
    let root = AUTHORITY.face_root().unwrap();
    let key = Key::from_public_key_der(&root.key).unwrap();
    RsaPublicKey {
        exponent: key.e().to_bytes_be(),
        modulus: key.n().to_bytes_be(),
    }
}

#[test]
fn its_keys_sign_in_all_six_forms() {
    let mut reader = reader(Case::Valid);
    let mut jpki = JpkiAp::select(&mut reader).unwrap();
    assert_eq!(jpki.read_token_type().unwrap(), TokenType::Card);
    jpki.read_token_info().unwrap();
    let exist = jpki.read_certificate_availability().unwrap();
    assert!(exist.has_sign_certificate() && exist.has_auth_certificate());
    assert_eq!(jpki.auth_pin_retries().unwrap(), Retries::Remaining(3));
    assert_eq!(jpki.sign_pin_retries().unwrap(), Retries::Remaining(5));
    jpki.verify_auth_pin(&pin("1234")).unwrap();
    jpki.verify_sign_pin(&pin("ABC123")).unwrap();
    for scheme in [
        SignatureScheme::Verbatim,
        SignatureScheme::Sha256Bare,
        SignatureScheme::PreHashedDigestInfo,
        SignatureScheme::Sha256DigestInfo,
        SignatureScheme::PreHashedPss,
        SignatureScheme::Sha256Pss,
    ] {
        jpki.sign_with_auth_key_checked(scheme, &[7; 32]).unwrap();
        jpki.sign_with_sign_key_checked(scheme, &[7; 32]).unwrap();
    }
}

#[test]
fn its_card_face_is_whole_and_signed() {
    let mut reader = reader(Case::Valid);
    let pins = persona(Case::Valid).pins;
    let mut face = SurfaceAp::select(&mut reader).unwrap();
    assert_eq!(
        face.read_ap_basic_data().unwrap().municipality_code,
        "99999"
    );
    let certificate = face.read_certificate().unwrap();
    certificate.verify_with(&face_root()).unwrap();
    let issuer = certificate.public_key;
    face.verify_birth_date(&pin(&pins.birth_date.unwrap()))
        .unwrap();
    face.read_age_record().unwrap().verify(&issuer).unwrap();
    face.verify_code_b(&pin(&pins.number_b.unwrap())).unwrap();
    let read = face.read_card_face().unwrap();
    read.verify(&issuer).unwrap();
    let signature = face.sign(b"challenge").unwrap();
    let proof = SignatureScheme::Sha256DigestInfo;
    proof
        .verify(&read.public_key, b"challenge", &signature)
        .unwrap();
    face.verify_code_a(&pin(&pins.number_a.unwrap())).unwrap();
    let picture = face.read_my_number_image().unwrap();
    picture.verify(&issuer).unwrap();
}

#[test]
fn its_text_is_whole_and_signed() {
    let mut reader = reader(Case::RareName);
    let mut text = TextAp::select(&mut reader).unwrap();
    text.read_ap_basic_data().unwrap();
    let certificate = text.read_certificate().unwrap();
    certificate.verify_with(&face_root()).unwrap();
    let issuer = certificate.public_key;
    assert_eq!(text.retries(ef::BLOCKED_0012).unwrap(), Retries::Blocked);
    text.verify_pin(&pin("1234")).unwrap();
    let attributes = text.read_attributes().unwrap();
    assert_eq!(attributes.name, "𠮷髙　葛\u{E0100}子");
    let record = text.read_integrity_record().unwrap();
    record.verify(&issuer).unwrap();
    let file = text.read_ef(ef::ATTRIBUTES).unwrap();
    assert!(record.matches_attributes_file(&file).unwrap());
    let file = text.read_my_number_file().unwrap();
    assert!(record.matches_my_number_file(&file));
    text.read_session_key_public_key().unwrap();
    let key = text.read_signed_public_key().unwrap();
    key.verify(&issuer).unwrap();
    let signature = text.sign(b"challenge").unwrap();
    SignatureScheme::Sha256DigestInfo
        .verify(&key.public_key, b"challenge", &signature)
        .unwrap();
}

#[test]
fn its_shared_application_tells_serial_and_end() {
    let mut reader = reader(Case::Valid);
    let mut shared = CommonAp::select(&mut reader).unwrap();
    shared.read_card_info().unwrap();
    shared.verify_pin(&pin("1234")).unwrap();
}
