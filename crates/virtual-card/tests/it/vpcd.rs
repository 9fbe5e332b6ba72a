//! The driver's protocol, with this test in the driver's place: frames, controls, hanging up, coming back (my-number-card reference §8.2).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use synthetic::card::case::Case;
use virtual_card::fault::{Fault, Misbehaviour, Moment};
use virtual_card::slot::Slot;
use virtual_card::vpcd;

use crate::tray::{card, hex};

/// Long enough for a busy machine.
const LONG: Duration = Duration::from_secs(60);

const SELECT: &str = "00A4040C0A D392F000260100000001";

/// A slot whose card is laid on the driver that listens here.
fn laid(case: Case) -> (Arc<Slot>, TcpListener) {
    let driver = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = driver.local_addr().unwrap();
    let slot = Arc::new(Slot::default());
    slot.place(card(case));
    let served = Arc::clone(&slot);
    std::thread::spawn(move || vpcd::serve(&served, address, LONG));
    (slot, driver)
}

fn say(line: &mut TcpStream, frame: &[u8]) {
    // Apart, as the driver does.
    line.write_all(&[0, u8::try_from(frame.len()).unwrap()])
        .unwrap();
    line.write_all(frame).unwrap();
}

/// The next frame; none if the card hung up.
fn hear(line: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    line.read_exact(&mut length).ok()?;
    let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
    line.read_exact(&mut frame).ok()?;
    Some(frame)
}

fn ask(line: &mut TcpStream, apdu: &str) -> Option<Vec<u8>> {
    say(line, &hex(apdu));
    hear(line)
}

#[test]
fn controls_are_not_answered_but_the_question_for_the_answer_to_reset() {
    let (_slot, driver) = laid(Case::Valid);
    let (mut line, _) = driver.accept().unwrap();
    say(&mut line, &[0x01]);
    say(&mut line, &[0x04]);
    assert_eq!(hear(&mut line).unwrap(), hex("3BE000FF8131FE4514"));
    assert_eq!(ask(&mut line, SELECT).unwrap(), [0x90, 0x00]);
    assert_eq!(ask(&mut line, "00A4020C020018").unwrap(), [0x90, 0x00]);
    for control in [0x00, 0x01, 0x02] {
        say(&mut line, &[control]);
        assert_eq!(ask(&mut line, "00A4020C020018").unwrap(), [0x69, 0x85]);
        assert_eq!(ask(&mut line, SELECT).unwrap(), [0x90, 0x00]);
    }
}

#[test]
fn a_removed_card_hangs_up_and_an_inserted_one_comes_back() {
    let (slot, driver) = laid(Case::Valid);
    let (mut line, _) = driver.accept().unwrap();
    assert!(ask(&mut line, SELECT).is_some());
    slot.remove();
    assert_eq!(hear(&mut line), None);
    slot.insert().unwrap();
    let (mut line, _) = driver.accept().unwrap();
    assert_eq!(ask(&mut line, "00A4020C020018").unwrap(), [0x69, 0x85]);
}

#[test]
fn a_card_comes_back_when_the_driver_hung_up() {
    let (slot, driver) = laid(Case::Valid);
    for _ in 0..3 {
        let (mut line, _) = driver.accept().unwrap();
        assert!(ask(&mut line, SELECT).is_some());
    }
    assert!(slot.report().lying);
}

#[test]
fn an_exchanged_card_is_another_connection() {
    let (slot, driver) = laid(Case::Valid);
    let (mut line, _) = driver.accept().unwrap();
    assert!(ask(&mut line, SELECT).is_some());
    slot.place(card(Case::NotAMyNumberCard));
    assert_eq!(hear(&mut line), None);
    let (mut line, _) = driver.accept().unwrap();
    assert_eq!(ask(&mut line, SELECT).unwrap(), [0x6a, 0x82]);
}

#[test]
fn a_card_removed_at_a_command_answers_nothing() {
    let (slot, driver) = laid(Case::Valid);
    slot.plan(Fault {
        at: Moment::Command(2),
        what: Misbehaviour::Remove,
    });
    let (mut line, _) = driver.accept().unwrap();
    assert!(ask(&mut line, SELECT).is_some());
    assert_eq!(ask(&mut line, SELECT), None);
    assert!(!slot.report().lying);
}

#[test]
fn a_driver_that_never_switches_the_card_on_is_told_of() {
    let driver = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = driver.local_addr().unwrap();
    let slot = Arc::new(Slot::default());
    slot.place(card(Case::Valid));
    // Nobody accepts: another card lies there, and this one waits in the backlog.
    let error = vpcd::serve(&slot, address, Duration::from_millis(50)).unwrap_err();
    assert!(error.to_string().contains("did not switch the card on"));
}
