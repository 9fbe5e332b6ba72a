//! The other applications: card face, input support, registry, shared; GET DATA and READ RECORD (my-number-card reference §3.2 to §4).

use rsa::pkcs8::DecodePublicKey;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest, Sha256};
use synthetic::card::case::Case;
use virtual_card::card::Card;

use crate::tray::{AUTHORITY, card, persona, select, send, status};

const CARD_FACE: &str = "D3921000310001010402";
const INPUT_SUPPORT: &str = "D3921000310001010408";
const REGISTRY: &str = "D3921000310001010401";
const SHARED: &str = "D3921000310001010100";

/// Fields of an object by tag, each with the bytes it is written in.
fn fields(bytes: &[u8]) -> Vec<(u16, Vec<u8>, Vec<u8>)> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while 3 < rest.len() && rest[..2] != [0xff, 0xff] {
        let tag = u16::from_be_bytes([rest[0], rest[1]]);
        let (head, length) = match rest[2] {
            0x82 => (5, usize::from(u16::from_be_bytes([rest[3], rest[4]]))),
            short => (3, usize::from(short)),
        };
        let end = head + length;
        out.push((tag, rest[head..end].to_vec(), rest[..end].to_vec()));
        rest = &rest[end..];
    }
    out
}

/// Reads the whole of a selected file.
fn read(card: &mut Card, file: &str) -> Vec<u8> {
    assert_eq!(status(card, &format!("00A4020C02 {file}")), "9000");
    let mut out = Vec::new();
    loop {
        let (part, word) = send(card, &format!("00B0{:04X}00", out.len()));
        if word != "9000" {
            assert_eq!(word, "6B00");
            return out;
        }
        out.extend(part);
    }
}

fn verify(card: &mut Card, file: &str, text: &str) -> String {
    status(card, &format!("00A4020C02 {file}"));
    let digits: String = text.bytes().map(|it| format!("{it:02X}")).collect();
    status(card, &format!("00200080{:02X}{digits}", text.len()))
}

fn key_of(bytes: &[u8]) -> RsaPublicKey {
    assert_eq!(bytes[..5], [0x90, 0x03, 0x01, 0x00, 0x01]);
    let modulus = BigUint::from_bytes_be(&bytes[bytes.len() - 256..]);
    RsaPublicKey::new(modulus, BigUint::from(65_537_u32)).unwrap()
}

/// The key in file 0004, after its certificate led to the root.
fn issuer(card: &mut Card) -> RsaPublicKey {
    let file = read(card, "0004");
    let certificate = &fields(&file)[0];
    assert_eq!(certificate.0, 0x7f21);
    let parts = fields(&certificate.1);
    let (body, signature) = (&parts[0].1, &parts[1].1);
    let root = AUTHORITY.face_root().unwrap();
    assert_eq!(body[..16], root.key_id);
    let root = RsaPublicKey::from_public_key_der(&root.key).unwrap();
    let hash = Sha256::digest(body);
    root.verify(Pkcs1v15Sign::new::<Sha256>(), &hash, signature)
        .unwrap();
    key_of(&body[32..])
}

fn number_b(case: Case) -> String {
    persona(case).pins.number_b.unwrap()
}

#[test]
fn number_b_is_written_by_era_and_ends_with_the_security_code() {
    // 1980 is 昭和55; the card was made in 2025 and ends on the tenth birthday after.
    assert_eq!(number_b(Case::Valid), "55021720352285");
}

#[test]
fn the_photo_is_signed_by_the_issuer_and_the_card_proves_its_key() {
    let mut card = card(Case::Valid);
    select(&mut card, CARD_FACE);
    let issuer = issuer(&mut card);
    assert_eq!(status(&mut card, "00A4020C02 0002"), "9000");
    assert_eq!(status(&mut card, "00B0000004"), "6982");
    assert_eq!(verify(&mut card, "0012", &number_b(Case::Valid)), "9000");
    let file = read(&mut card, "0002");
    assert_eq!(file.last(), Some(&0xff));
    let outer = &fields(&file)[0];
    let inner = fields(&outer.1);
    let tags: Vec<u16> = inner.iter().map(|it| it.0).collect();
    assert_eq!(tags, (0xdf21..=0xdf2a).collect::<Vec<_>>());
    for (at, offset) in inner[0].1.chunks(2).enumerate() {
        let offset = usize::from(u16::from_be_bytes([offset[0], offset[1]]));
        assert!(file[offset..].starts_with(&inner[at + 1].2));
    }
    assert!(inner[6].1.starts_with(b"\0\0\0\x0cjP  "));
    let written = |range: std::ops::Range<usize>| {
        let parts: Vec<&[u8]> = inner[range].iter().map(|it| it.2.as_slice()).collect();
        Sha256::digest(parts.concat())
    };
    let hashes = [written(1..4), written(4..6), written(6..7)].concat();
    let mut info = vec![0x30, 0x71, 0x30, 0x0d, 0x06, 0x09];
    info.extend([
        0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x60,
    ]);
    info.extend(hashes);
    issuer
        .verify(Pkcs1v15Sign::new_unprefixed(), &info, &inner[7].1)
        .unwrap();
    let proof = key_of(&inner[3].1);
    let (signature, word) = send(&mut card, "802A030004 01020304 00");
    assert_eq!(word, "9000");
    let hash = Sha256::digest([1, 2, 3, 4]);
    proof
        .verify(Pkcs1v15Sign::new::<Sha256>(), &hash, &signature)
        .unwrap();
}

#[test]
fn a_copied_card_shows_the_photo_and_cannot_prove_its_key() {
    let mut card = card(Case::Clone);
    select(&mut card, CARD_FACE);
    assert_eq!(verify(&mut card, "0012", &number_b(Case::Clone)), "9000");
    assert!(read(&mut card, "0002").starts_with(&[0xff, 0x20]));
    assert_eq!(status(&mut card, "802A030004 01020304 00"), "6A88");
}

#[test]
fn numbers_a_and_b_have_ten_tries_each_and_open_different_files() {
    let mut card = card(Case::Valid);
    select(&mut card, INPUT_SUPPORT);
    for (file, tries) in [
        ("0011", "63C3"),
        ("0012", "63C0"),
        ("0014", "63CA"),
        ("0015", "63CA"),
    ] {
        status(&mut card, &format!("00A4020C02 {file}"));
        assert_eq!(status(&mut card, "00200080"), tries);
    }
    assert_eq!(verify(&mut card, "0012", "1234"), "6984");
    assert_eq!(verify(&mut card, "0015", &number_b(Case::Valid)), "9000");
    status(&mut card, "00A4020C02 0001");
    assert_eq!(status(&mut card, "00B0000000"), "6982");
    let file = read(&mut card, "0002");
    let inner = fields(&fields(&file)[0].1);
    assert_eq!(inner[1].1, "見本　一花".as_bytes());
    assert_eq!(inner[3].1, b"19800217");
}

#[test]
fn the_individual_number_of_every_card_is_zeros() {
    let mut card = card(Case::Valid);
    select(&mut card, INPUT_SUPPORT);
    assert_eq!(verify(&mut card, "0011", "1234"), "9000");
    let file = read(&mut card, "0001");
    assert_eq!(
        file,
        [&[0xff, 0x10, 0x0c][..], b"000000000000", &[0xff; 2]].concat()
    );
}

#[test]
fn the_input_support_files_are_signed_by_the_issuer() {
    let mut card = card(Case::RareName);
    select(&mut card, INPUT_SUPPORT);
    let issuer = issuer(&mut card);
    assert_eq!(verify(&mut card, "0011", "1234"), "9000");
    let record = read(&mut card, "0003");
    let parts = fields(&fields(&record)[0].1);
    let signed = Sha256::digest([&parts[0].2[..], &parts[1].2].concat());
    issuer
        .verify(Pkcs1v15Sign::new::<Sha256>(), &signed, &parts[2].1)
        .unwrap();
    assert_eq!(parts[0].1, Sha256::digest(read(&mut card, "0001")).to_vec());
    let attributes = read(&mut card, "0002");
    let inner = fields(&fields(&attributes)[0].1);
    let written: Vec<u8> = inner[1..].iter().flat_map(|it| it.2.clone()).collect();
    assert_eq!(parts[1].1, Sha256::digest(written).to_vec());
}

#[test]
fn serial_municipality_and_end_need_no_pin() {
    let mut card = card(Case::Valid);
    let (municipality, _) = send(&mut card, "00CA00F000");
    assert_eq!(municipality, b"99999");
    let (end, _) = send(&mut card, "00CA00F200");
    assert_eq!(end, b"20350217");
    let (atr, _) = send(&mut card, "00CA5F5100");
    assert_eq!(atr[..], card.answer_to_reset()[1..]);
    select(&mut card, SHARED);
    let (record, word) = send(&mut card, "00B2010C00");
    assert_eq!((&record[..2], word.as_str()), (&[0x01, 0x1c][..], "9000"));
    assert_eq!(record[17..22], *b"99999");
    assert_eq!(status(&mut card, "00B2020C00"), "6A83");
    assert_eq!(status(&mut card, "00CA00F000"), "6A88");
    assert_eq!(verify(&mut card, "001C", "1234"), "9000");
    select(&mut card, REGISTRY);
    assert_eq!(verify(&mut card, "001C", "1234"), "9000");
}

#[test]
fn selecting_the_issuers_domain_leaves_the_application() {
    let mut card = card(Case::Valid);
    select(&mut card, CARD_FACE);
    assert_eq!(status(&mut card, "00A4040C07 A0000001510000"), "9000");
    assert_eq!(status(&mut card, "00A4020C02 0003"), "6985");
    assert_eq!(status(&mut card, "00CA00F000"), "9000");
}

#[test]
fn a_phone_has_no_card_face() {
    for case in [Case::Android, Case::Iphone] {
        let mut card = card(case);
        for name in [CARD_FACE, INPUT_SUPPORT, REGISTRY, SHARED] {
            assert_eq!(status(&mut card, &format!("00A4040C0A {name}")), "6A82");
        }
    }
}
