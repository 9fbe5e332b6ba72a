//! What cards answer differently, and what a hostile one may answer: scripted, byte by byte.

use card::apdu::{Command, FileId};
use card::error::{CardError, Step};
use card::jpki::Jpki;
use card::memory::{MemoryReader, Signal, Tray};
use card::pin::{LastTry, Pin, Tries};
use card::reader::{Insertion, LinkError, Reader};
use card::session::Session;
use card::token::TokenKind;

const OK: [u8; 2] = [0x90, 0x00];

/// A reader with a card that gives these answers in turn, whatever it is asked, and `6F00` afterwards.
fn scripted(answers: Vec<Vec<u8>>) -> (Tray, MemoryReader) {
    let (tray, reader) = Tray::new();
    let mut answers = answers.into_iter();
    tray.place(Box::new(move |signal| match signal {
        Signal::Reset => Some(Vec::new()),
        Signal::Command(_) => Some(answers.next().unwrap_or_else(|| vec![0x6F, 0x00])),
    }));
    (tray, reader)
}

fn label(text: &str) -> Vec<u8> {
    [format!("{text:32}").as_bytes(), &OK].concat()
}

fn select(answers: Vec<Vec<u8>>) -> Result<TokenKind, CardError> {
    let (_tray, mut reader) = scripted(answers);
    let mut session = Session::open(&mut reader, Insertion(1))?;
    Jpki::select(&mut session).map(|jpki| jpki.token())
}

#[test]
fn the_first_command_after_power_up_may_fail_once() {
    let powered = vec![0x6F, 0x00];
    let card = || label("JPKIAPICCTOKEN2");
    let once = select(vec![powered.clone(), OK.to_vec(), OK.to_vec(), card()]);
    assert_eq!(once, Ok(TokenKind::Card));
    let twice = select(vec![powered.clone(), powered, OK.to_vec(), card()]);
    assert!(matches!(
        twice,
        Err(CardError::Refused {
            step: Step::SelectJpki,
            ..
        })
    ));
}

#[test]
fn a_token_nobody_described_is_not_guessed_at() {
    let unknown = select(vec![OK.to_vec(), OK.to_vec(), label("JPKISOMETHINGNEW")]);
    assert_eq!(unknown, Err(CardError::Malformed(Step::Token)));
}

#[test]
fn a_phone_that_keeps_its_tries_to_itself_is_shown_the_pin_once_and_a_card_is_not() {
    let shown = |token: &str, verified: [u8; 2]| {
        let not_told = vec![0x6A, 0x88];
        let ok = || OK.to_vec();
        let (_tray, mut reader) = scripted(vec![
            ok(),
            ok(),
            label(token),
            ok(),
            not_told,
            verified.to_vec(),
        ]);
        let mut session = Session::open(&mut reader, Insertion(1)).unwrap();
        let jpki = Jpki::select(&mut session).unwrap();
        let pin = Pin::parse("1234").unwrap();
        jpki.verify(&pin, LastTry::Keep).map(drop)
    };
    assert_eq!(shown("JPKIAPGPSETOKEN", OK), Ok(()));
    let left = Tries(2);
    let wrong = shown("JPKIAPGPSETOKEN", [0x63, 0xC2]);
    assert_eq!(wrong, Err(CardError::PinWrong { left }));
    let card = shown("JPKIAPICCTOKEN2", OK);
    assert!(matches!(
        card,
        Err(CardError::Refused {
            step: Step::Tries,
            ..
        })
    ));
}

#[test]
fn an_answer_in_parts_and_a_corrected_length_are_followed() {
    let (_tray, mut reader) = scripted(vec![
        vec![0x6C, 0x03],
        vec![0x01, 0x61, 0x02],
        vec![0x02, 0x61, 0x01],
        vec![0x03, 0x90, 0x00],
    ]);
    let mut session = Session::open(&mut reader, Insertion(1)).unwrap();
    let answer = session.exchange(&Command::read_binary(0, 256)).unwrap();
    assert_eq!(answer.data.as_slice(), [1, 2, 3]);
    assert_eq!(answer.status.0, 0x9000);
}

#[test]
fn a_card_that_always_promises_more_is_not_followed_for_ever() {
    let (tray, mut reader) = Tray::new();
    tray.place(Box::new(|_| Some(vec![0xAA, 0x61, 0x01])));
    let mut session = Session::open(&mut reader, Insertion(1)).unwrap();
    let answer = session.exchange(&Command::read_binary(0, 256)).unwrap();
    assert!(answer.data.len() < 1000);
    assert_ne!(answer.status.0, 0x9000);
}

#[test]
fn a_selection_is_sent_once_whatever_it_is_answered() {
    let (_tray, mut reader) = scripted(vec![vec![0x61, 0x10], OK.to_vec()]);
    let mut session = Session::open(&mut reader, Insertion(1)).unwrap();
    let answer = session
        .exchange(&Command::select_file(FileId::PIN))
        .unwrap();
    assert_eq!(answer.status.0, 0x6110);
}

#[test]
fn a_certificate_that_ends_early_or_is_none_is_malformed() {
    let certificate = |parts: Vec<Vec<u8>>| {
        let head = [
            OK.to_vec(),
            OK.to_vec(),
            label("JPKIAPICCTOKEN2"),
            OK.to_vec(),
        ];
        let (_tray, mut reader) = scripted([head.to_vec(), parts].concat());
        let mut session = Session::open(&mut reader, Insertion(1)).unwrap();
        Jpki::select(&mut session)
            .unwrap()
            .certificate()
            .unwrap_err()
    };
    let malformed = CardError::Malformed(Step::Certificate);
    let part = |bytes: &[u8], status: [u8; 2]| [bytes, &status].concat();
    let begun = [&[0x30, 0x82, 0x02, 0x00][..], &[0; 252]].concat();
    // Nothing, filler, cut off by silence, cut off by a warning, not X.509.
    assert_eq!(certificate(vec![part(&[], OK)]), malformed);
    assert_eq!(certificate(vec![part(&[0xFF; 256], OK)]), malformed);
    assert_eq!(
        certificate(vec![part(&begun, OK), part(&[], OK)]),
        malformed
    );
    assert_eq!(certificate(vec![part(&begun, [0x62, 0x82])]), malformed);
    assert_eq!(
        certificate(vec![part(&[0x30, 0x02, 0x05, 0x00], OK)]),
        malformed
    );
    // A card that wants its holder first, whatever kind it says it is.
    assert_eq!(
        certificate(vec![part(&[], [0x69, 0x82])]),
        CardError::NeedsHolder
    );
}

#[test]
fn a_card_exchanged_before_the_session_is_not_talked_to() {
    let (_tray, mut reader) = scripted(vec![]);
    let session = Session::open(&mut reader, Insertion(7));
    assert_eq!(session.err(), Some(CardError::Exchanged));
    assert_eq!(reader.transmit(&[0, 0, 0, 0]), Err(LinkError::Removed));
}
