//! The card's side of the protocol of vsmartcard's reader driver (vpcd): a TCP client that lays a card on the reader by connecting and
//! takes it away by hanging up. Understands no command of the card.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::Arc;
use std::time::Duration;

use crate::slot::{Placement, Slot};

/// Between two attempts to reach the driver.
const RETRY: Duration = Duration::from_millis(20);

/// How often a silent line is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How long a driver may take to notice that a card is gone: it looks 2.5 times a second.
const NOTICE: Duration = Duration::from_secs(2);

/// The driver did not take the card.
#[derive(Debug, thiserror::Error)]
#[error("the reader at {address} did not switch the card on within {} ms; another card lies there, or pcscd does not run", waited.as_millis())]
pub struct NotTaken {
    address: SocketAddr,
    waited: Duration,
}

/// Controls are single bytes; power off (0) and reset (2) are the others.
const POWER_ON: u8 = 0x01;
/// Asks for the answer to reset, all the time: so the driver notices a removal.
const ANSWER_TO_RESET: u8 = 0x04;

/// Lays the slot's cards on a reader, one after the other, for ever. pcscd may stop and start meanwhile.
///
/// # Errors
/// [`NotTaken`] when a card is not switched on in time.
pub fn serve(slot: &Arc<Slot>, address: SocketAddr, start: Duration) -> Result<(), NotTaken> {
    loop {
        let placement = slot.wait_for_card();
        let mut waited = Duration::ZERO;
        while slot.lies_after(placement, waited.min(RETRY)) {
            if start < waited {
                return Err(NotTaken { address, waited });
            }
            match lay(slot, placement, address, start) {
                Ok(Talked::Yes) => waited = Duration::ZERO,
                Ok(Talked::No) | Err(_) => waited += RETRY,
            }
        }
    }
}

/// Whether the reader spoke to the card.
enum Talked {
    Yes,
    No,
}

fn lay(
    slot: &Slot,
    placement: Placement,
    address: SocketAddr,
    start: Duration,
) -> io::Result<Talked> {
    let mut line = TcpStream::connect(address)?;
    line.set_nodelay(true)?;
    if slot.keep_line(placement, line.try_clone()?).is_none() {
        return Ok(Talked::No);
    }
    let mut talked = Talked::No;
    let mut silent = Duration::ZERO;
    loop {
        match wait(&line)? {
            Heard::Frame => silent = Duration::ZERO,
            Heard::Silence => {
                silent += LOOK;
                let longest = match (slot.lies_after(placement, Duration::ZERO), &talked) {
                    (false, _) => NOTICE,
                    (true, Talked::No) => start,
                    (true, Talked::Yes) => Duration::MAX,
                };
                if longest <= silent {
                    break;
                }
                continue;
            }
            Heard::End => break,
        }
        let frame = read(&mut line)?;
        talked = Talked::Yes;
        // A card that is gone answers nothing more, but the line stays until the driver has noticed: another card that is laid down
        // before would be taken for the same.
        if let Some(answer) = answer(slot, placement, &frame) {
            write(&mut line, &answer)?;
        }
    }
    Ok(talked)
}

/// What a card says to a frame of the driver, if anything.
fn answer(slot: &Slot, placement: Placement, frame: &[u8]) -> Option<Vec<u8>> {
    match frame {
        [ANSWER_TO_RESET] => slot.answer_to_reset(placement),
        [control] => {
            slot.reset(placement)?;
            if *control == POWER_ON {
                slot.switched_on(placement)?;
            }
            None
        }
        apdu => slot.transmit(placement, apdu),
    }
}

/// What a line brings.
enum Heard {
    Frame,
    Silence,
    End,
}

/// Waits for the next frame, but not long.
fn wait(line: &TcpStream) -> io::Result<Heard> {
    line.set_read_timeout(Some(LOOK))?;
    let heard = match line.peek(&mut [0]) {
        Ok(0) => Heard::End,
        Ok(_) => Heard::Frame,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ) =>
        {
            Heard::Silence
        }
        Err(error) => return Err(error),
    };
    // A frame that has begun comes whole, however busy the machine is.
    line.set_read_timeout(None)?;
    Ok(heard)
}

/// Length in two bytes, then so many. The driver sends them apart, and its system would hold the second back for 40 ms if ours did not
/// acknowledge the first at once; Linux forgets that wish after each read.
fn read(line: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    line.set_quickack(true)?;
    line.read_exact(&mut length)?;
    let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
    line.set_quickack(true)?;
    line.read_exact(&mut frame)?;
    Ok(frame)
}

/// One write for both parts, for the same reason.
fn write(line: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
    line.write_all(&[&length.to_be_bytes()[..], answer].concat())
}
