//! Cards of the made-up authority, made once for all tests.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use domain::civil_date::CivilDate;
use synthetic::card::authority::CardAuthority;
use synthetic::card::case::Case;
use synthetic::card::persona::Persona;
use virtual_card::card::Card;

/// The day on which these cards are laid on a reader.
pub(crate) const TODAY: &str = "2026-11-25";

pub(crate) static AUTHORITY: LazyLock<CardAuthority> =
    LazyLock::new(|| CardAuthority::new(1, day(TODAY)).unwrap());

pub(crate) fn day(text: &str) -> CivilDate {
    CivilDate::parse_iso(text).unwrap()
}

/// The persona of a case, made at its first use.
pub(crate) fn persona(case: Case) -> Persona {
    static MADE: Mutex<BTreeMap<Case, Persona>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    let it = made.entry(case);
    it.or_insert_with(|| AUTHORITY.persona(case).unwrap())
        .clone()
}

pub(crate) fn card(case: Case) -> Card {
    Card::new(persona(case)).unwrap()
}

/// Bytes from hexadecimal, blanks ignored.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// Sends a command and answers data and status word.
pub(crate) fn send(card: &mut Card, apdu: &str) -> (Vec<u8>, String) {
    let mut answer = card.transmit(&hex(apdu));
    let status = answer.split_off(answer.len() - 2);
    (answer, format!("{:02X}{:02X}", status[0], status[1]))
}

/// The status word alone.
pub(crate) fn status(card: &mut Card, apdu: &str) -> String {
    send(card, apdu).1
}

pub(crate) fn select_jpki(card: &mut Card) {
    select(card, "D392F000260100000001");
}

pub(crate) fn select(card: &mut Card, name: &str) {
    assert_eq!(status(card, &format!("00A4040C0A {name}")), "9000");
}

/// Reads a certificate as OpenSC does: four bytes, then the length they say.
pub(crate) fn certificate(card: &mut Card, file: &str) -> Vec<u8> {
    assert_eq!(status(card, &format!("00A4020C02 {file}")), "9000");
    let (head, _) = send(card, "00B0000004");
    assert_eq!(head[..2], [0x30, 0x82]);
    let length = 4 + usize::from(u16::from_be_bytes([head[2], head[3]]));
    let mut out = Vec::new();
    while out.len() < length {
        let (part, word) = send(card, &format!("00B0{:04X}00", out.len()));
        assert_eq!(word, "9000");
        out.extend(part);
    }
    out.truncate(length);
    out
}
