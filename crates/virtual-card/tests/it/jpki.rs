//! 公的個人認証AP: certificates, tries, PIN, signature (my-number-card reference §3.1, §4, §5).

use rsa::pkcs8::DecodePublicKey;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest, Sha256};
use synthetic::card::case::Case;
use x509_parser::parse_x509_certificate;

use crate::tray::{AUTHORITY, card, certificate, day, hex, select_jpki, send, status};

const SELECT_PIN: &str = "00A4020C02 0018";
const SELECT_KEY: &str = "00A4020C02 0017";
const RIGHT: &str = "0020008004 31323334";
const WRONG: &str = "0020008004 39393939";
const TRIES: &str = "00200080";

/// COMPUTE DIGITAL SIGNATURE over the hash of a text.
fn sign(text: &[u8]) -> String {
    let hash: String = Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("802A008033 3031300D060960864801650304020105000420 {hash} 00")
}

fn verifies(certificate: &[u8], text: &[u8], signature: &[u8]) -> bool {
    let (_, parsed) = parse_x509_certificate(certificate).unwrap();
    let key = RsaPublicKey::from_public_key_der(parsed.public_key().raw).unwrap();
    key.verify(
        Pkcs1v15Sign::new::<Sha256>(),
        &Sha256::digest(text),
        signature,
    )
    .is_ok()
}

#[test]
fn the_certificate_is_readable_without_a_pin_and_leads_to_the_authority() {
    let mut card = card(Case::Valid);
    select_jpki(&mut card);
    let own = certificate(&mut card, "000A");
    let above = certificate(&mut card, "000B");
    assert_eq!(above, AUTHORITY.certificate());
    let (_, own) = parse_x509_certificate(&own).unwrap();
    let (_, above) = parse_x509_certificate(&above).unwrap();
    assert!(own.issuer().to_string().contains("O=JPKI-EXAMPLE"));
    assert_eq!(own.issuer(), above.subject());
    let usage = own.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.digital_signature());
}

#[test]
fn the_key_signs_only_after_the_pin() {
    let mut card = card(Case::Valid);
    select_jpki(&mut card);
    let own = certificate(&mut card, "000A");
    status(&mut card, SELECT_KEY);
    assert_eq!(status(&mut card, &sign(b"text")), "6982");
    status(&mut card, SELECT_PIN);
    assert_eq!(status(&mut card, RIGHT), "9000");
    status(&mut card, SELECT_KEY);
    let (signature, word) = send(&mut card, &sign(b"text"));
    assert_eq!((signature.len(), word.as_str()), (256, "9000"));
    assert!(verifies(&own, b"text", &signature));
}

#[test]
fn tries_are_told_at_no_cost_and_three_wrong_pins_lock() {
    let mut card = card(Case::Valid);
    select_jpki(&mut card);
    status(&mut card, SELECT_PIN);
    let steps = [
        (TRIES, "63C3"),
        (TRIES, "63C3"),
        (WRONG, "63C2"),
        (RIGHT, "9000"),
        (TRIES, "63C3"),
        (WRONG, "63C2"),
        (WRONG, "63C1"),
        (WRONG, "63C0"),
        (RIGHT, "6984"),
        (TRIES, "63C0"),
    ];
    for (command, expected) in steps {
        assert_eq!(status(&mut card, command), expected);
    }
}

#[test]
fn a_wrong_pin_closes_what_a_right_one_opened() {
    let mut card = card(Case::Valid);
    select_jpki(&mut card);
    for command in [SELECT_PIN, RIGHT, WRONG, SELECT_KEY] {
        status(&mut card, command);
    }
    assert_eq!(status(&mut card, &sign(b"text")), "6982");
}

#[test]
fn reset_and_selection_forget_the_pin() {
    for forget in ["00A4040C0A D392F000260100000001", ""] {
        let mut card = card(Case::Valid);
        select_jpki(&mut card);
        status(&mut card, SELECT_PIN);
        status(&mut card, RIGHT);
        if forget.is_empty() {
            card.reset();
            assert_eq!(status(&mut card, SELECT_KEY), "6985");
            select_jpki(&mut card);
        } else {
            status(&mut card, forget);
        }
        status(&mut card, SELECT_KEY);
        assert_eq!(status(&mut card, &sign(b"text")), "6982");
    }
}

#[test]
fn a_terminal_signs_without_the_pin_until_the_card_is_reset() {
    let terminals = AUTHORITY.terminals();
    let terminal = terminals
        .certify("KIOSK1", day("2026-01-01"), day("2027-01-01"))
        .unwrap();
    let mut card = card(Case::NoPin);
    select_jpki(&mut card);
    let own = certificate(&mut card, "000A");
    assert_eq!(prove(&mut card, &terminal), "9000");
    status(&mut card, SELECT_KEY);
    let (signature, word) = send(&mut card, &sign(b"text"));
    assert_eq!(word, "9000");
    assert!(verifies(&own, b"text", &signature));
    card.reset();
    select_jpki(&mut card);
    status(&mut card, SELECT_KEY);
    assert_eq!(status(&mut card, &sign(b"text")), "6982");
}

#[test]
fn a_foreign_expired_or_unproven_terminal_is_refused() {
    let mut card = card(Case::Valid);
    select_jpki(&mut card);
    let (from, until) = (day("2026-01-01"), day("2027-01-01"));
    let ours = AUTHORITY.terminals();
    let foreign = synthetic::card::terminal::TerminalAuthority::new(2).unwrap();
    let foreign = foreign.certify("KIOSK1", from, until).unwrap();
    assert_eq!(prove(&mut card, &foreign), "6982");
    let expired = ours.certify("KIOSK1", from, day("2026-11-24")).unwrap();
    assert_eq!(prove(&mut card, &expired), "6982");
    let good = ours.certify("KIOSK1", from, until).unwrap();
    let mut without_key = good.clone();
    without_key.key = ours.certify("KIOSK2", from, until).unwrap().key;
    assert_eq!(prove(&mut card, &without_key), "6300");
    assert_eq!(status(&mut card, "0082000001 00"), "6985");
    assert_eq!(prove(&mut card, &good), "9000");
}

/// GET CHALLENGE and EXTERNAL AUTHENTICATE.
pub(crate) fn prove(
    card: &mut virtual_card::card::Card,
    it: &synthetic::card::terminal::Terminal,
) -> String {
    let (challenge, _) = send(card, "0084000020");
    let key = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(it.key.as_slice()).unwrap();
    let signature = key.sign(&[&b"ONSHI-TERMINAL-v1\n"[..], &challenge].concat());
    let certificate = it.certificate.as_slice();
    let data = [certificate, &[0x9e, 0x40], signature.as_ref()].concat();
    let mut apdu = vec![0x00, 0x82, 0x00, 0x00, u8::try_from(data.len()).unwrap()];
    apdu.extend(data);
    let answer = card.transmit(&apdu);
    format!("{:02X}{:02X}", answer[0], answer[1])
}

#[test]
fn the_signature_certificate_needs_its_password() {
    let mut card = card(Case::Valid);
    select_jpki(&mut card);
    status(&mut card, "00A4020C02 0001");
    assert_eq!(status(&mut card, "00B0000004"), "6982");
    status(&mut card, "00A4020C02 001B");
    assert_eq!(status(&mut card, TRIES), "63C5");
    assert_eq!(status(&mut card, "0020008006 414243313233"), "9000");
    certificate(&mut card, "0001");
}

#[test]
fn an_answer_that_was_not_asked_for_can_be_fetched() {
    let mut card = card(Case::Valid);
    select_jpki(&mut card);
    for command in [SELECT_PIN, RIGHT, SELECT_KEY] {
        status(&mut card, command);
    }
    let without_length = hex(&sign(b"text"));
    let answer = card.transmit(&without_length[..without_length.len() - 1]);
    assert_eq!(answer, [0x61, 0x00]);
    let (signature, word) = send(&mut card, "00C0000000");
    assert_eq!((signature.len(), word.as_str()), (256, "9000"));
    assert_eq!(status(&mut card, "00C0000000"), "6985");
    let mut short = hex(&sign(b"text"));
    *short.last_mut().unwrap() = 0x80;
    let answer = card.transmit(&short);
    assert_eq!(answer[0x80..], [0x61, 0x80]);
    let (rest, word) = send(&mut card, "00C0000000");
    assert_eq!(word, "9000");
    assert_eq!([&answer[..0x80], &rest].concat(), signature);
}

#[test]
fn phones_are_told_apart_by_their_label() {
    let label = |case| {
        let mut card = card(case);
        select_jpki(&mut card);
        status(&mut card, "00A4020C02 0006");
        let (information, _) = send(&mut card, "00B0000020");
        String::from_utf8(information)
            .unwrap()
            .trim_end()
            .to_owned()
    };
    assert_eq!(label(Case::Valid), "JPKIAPICCTOKEN2");
    assert_eq!(label(Case::Android), "JPKIAPGPSETOKEN");
    assert_eq!(label(Case::Iphone), "JPKIAPIOSTOKEN");
}

#[test]
fn the_certificate_of_an_android_phone_needs_the_pin() {
    let mut card = card(Case::Android);
    select_jpki(&mut card);
    status(&mut card, "00A4020C02 000A");
    assert_eq!(status(&mut card, "00B0000004"), "6982");
    status(&mut card, SELECT_PIN);
    status(&mut card, RIGHT);
    certificate(&mut card, "000A");
}

#[test]
fn an_iphone_takes_the_last_command_and_a_card_does_not() {
    for (case, expected) in [
        (Case::Iphone, "9000"),
        (Case::Valid, "6700"),
        (Case::Android, "6700"),
    ] {
        let mut card = card(case);
        select_jpki(&mut card);
        assert_eq!(status(&mut card, "80FC0000"), expected);
    }
}

#[test]
fn another_card_knows_no_application() {
    let mut card = card(Case::NotAMyNumberCard);
    assert_eq!(status(&mut card, "00A4040C0A D392F000260100000001"), "6A82");
    assert_eq!(status(&mut card, TRIES), "6D00");
}

#[test]
fn a_card_without_pin_has_no_tries() {
    let mut card = card(Case::NoPin);
    select_jpki(&mut card);
    status(&mut card, SELECT_PIN);
    assert_eq!(status(&mut card, TRIES), "63C0");
    assert_eq!(status(&mut card, RIGHT), "6984");
}

#[test]
fn a_card_without_a_signature_certificate_says_so() {
    let mut without = crate::tray::persona(Case::Valid);
    without.jpki.as_mut().unwrap().signature = None;
    let mut card = virtual_card::card::Card::new(without).unwrap();
    select_jpki(&mut card);
    status(&mut card, "00A4020C02 0008");
    assert_eq!(send(&mut card, "00B0000000").0, [0x00, 0x8f, 0x00]);
    assert_eq!(status(&mut card, "00A4020C02 0001"), "6A82");
    assert_eq!(status(&mut card, "00A4020C02 001A"), "6A82");
}
