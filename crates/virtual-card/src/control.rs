//! Commands to a slot over a Unix socket, one a line; each is answered by one line of JSON. Understands no APDU.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use synthetic::card::persona::Persona;

use crate::card::Card;
use crate::fault::{Fault, Misbehaviour, Moment};
use crate::slot::{Power, Slot};
use crate::status::Status;

/// Longest line taken.
const LINE_BYTES: u64 = 4096;

/// How long an order waits for the reader to switch on a card it laid there.
const SWITCHING_ON: Duration = Duration::from_secs(10);

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// `place FILE`: the card of a persona file. Its counters lie beside the file.
    Place(PathBuf),
    /// `remove`.
    Remove,
    /// `insert`: lays the last card back.
    Insert,
    /// `fault remove|answer SW|mute [MS] at sign|N`.
    Fault(Fault),
    /// `clear`: forgets faults, ends silence.
    Clear,
    /// `lock-pin`.
    LockPin,
    /// `reset-counters`.
    ResetCounters,
    /// `copy`: from now on the card is a copy, which lacks the key of its card face.
    Copy,
    /// `state`.
    State,
}

/// The line is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no command; known are: place FILE, remove, insert, fault remove|answer SW|mute [MS] at sign|N, clear, lock-pin, \
     reset-counters, copy, state"
)]
pub struct InvalidOrder(String);

impl Order {
    /// Reads a line.
    ///
    /// # Errors
    /// [`InvalidOrder`].
    pub fn parse(line: &str) -> Result<Self, InvalidOrder> {
        let line = line.trim();
        if let Some(path) = line.strip_prefix("place ") {
            return Ok(Self::Place(path.trim().into()));
        }
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let order = match words.as_slice() {
            ["remove"] => Some(Self::Remove),
            ["insert"] => Some(Self::Insert),
            ["clear"] => Some(Self::Clear),
            ["lock-pin"] => Some(Self::LockPin),
            ["reset-counters"] => Some(Self::ResetCounters),
            ["copy"] => Some(Self::Copy),
            ["state"] => Some(Self::State),
            ["fault", what @ .., "at", at] => fault(what, at).map(Self::Fault),
            [..] => None,
        };
        order.ok_or_else(|| InvalidOrder(line.to_owned()))
    }
}

fn fault(what: &[&str], at: &str) -> Option<Fault> {
    let at = match at {
        "sign" => Moment::Signing,
        number => Moment::Command(number.parse().ok().filter(|it| 0 < *it)?),
    };
    let what = match what {
        ["remove"] => Misbehaviour::Remove,
        ["answer", status] => {
            let number = u16::from_str_radix(status, 16).ok()?;
            Misbehaviour::Answer(Status(number))
        }
        ["mute"] => Misbehaviour::Mute(None),
        ["mute", number] => Misbehaviour::Mute(Some(Duration::from_millis(number.parse().ok()?))),
        [..] => return None,
    };
    Some(Fault { at, what })
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error(transparent)]
    Order(#[from] InvalidOrder),
    #[error(transparent)]
    NoCard(#[from] crate::slot::NoCard),
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    #[error("{0} is {1}")]
    Persona(PathBuf, synthetic::card::persona::InvalidPersona),
    #[error(transparent)]
    Card(#[from] crate::card::NotACard),
    #[error(transparent)]
    State(#[from] crate::counters::UnreadableState),
    #[error("the card's state cannot be written")]
    NotKept,
}

/// Reads a persona file into a card whose counters lie in `state`.
///
/// # Errors
/// A text that names the file and what is wrong with it.
pub fn load(persona: &Path, state: &Path) -> Result<Card, String> {
    read(persona, state).map_err(|error| error.to_string())
}

/// Takes orders for a slot until the process ends. A socket that an earlier process left behind is replaced.
///
/// # Errors
/// When the socket cannot be made.
pub fn listen(slot: &Arc<Slot>, socket: &Path) -> io::Result<()> {
    let slot = Arc::clone(slot);
    attend(socket, move |line| match carry_out(&slot, line) {
        Ok(answer) => answer,
        Err(error) => refused(&error),
    })
}

/// What a refused order is answered.
pub(crate) fn refused(error: &dyn std::error::Error) -> Value {
    json!({"done": false, "error": error.to_string()})
}

/// Answers each line of each connection to a socket.
pub(crate) fn attend<H>(socket: &Path, handle: H) -> io::Result<()>
where
    H: Fn(&str) -> Value + Send + Sync + 'static,
{
    if std::fs::symlink_metadata(socket).is_ok_and(|it| it.file_type().is_socket()) {
        std::fs::remove_file(socket)?;
    }
    let listener = UnixListener::bind(socket)?;
    let handle = Arc::new(handle);
    let accept = move || {
        for connection in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            let attended = std::thread::Builder::new().spawn(move || answer(&*handle, &connection));
            if let Err(error) = attended {
                tracing::warn!(%error, "no thread for a control connection");
            }
        }
    };
    std::thread::Builder::new()
        .name("control".into())
        .spawn(accept)?;
    Ok(())
}

/// Ends when the other side hangs up.
fn answer(handle: &dyn Fn(&str) -> Value, connection: &UnixStream) {
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        let taken = io::Read::take(&mut reader, LINE_BYTES).read_line(&mut line);
        let mut writer = connection;
        if taken.is_err() || line.is_empty() || writeln!(writer, "{}", handle(&line)).is_err() {
            return;
        }
    }
}

fn carry_out(slot: &Slot, line: &str) -> Result<Value, NotDone> {
    match Order::parse(line)? {
        Order::Place(persona) => {
            let mut state = persona.clone().into_os_string();
            state.push(".state");
            slot.place(read(&persona, Path::new(&state))?);
            slot.wait_for_power(SWITCHING_ON);
        }
        Order::Remove => slot.remove(),
        Order::Insert => {
            slot.insert()?;
            slot.wait_for_power(SWITCHING_ON);
        }
        Order::Fault(fault) => slot.plan(fault),
        Order::Clear => slot.clear(),
        Order::LockPin => kept(slot.change(Card::lock_pin)?)?,
        Order::ResetCounters => kept(slot.change(Card::renew_counters)?)?,
        Order::Copy => slot.change(Card::become_a_copy)?,
        Order::State => (),
    }
    let report = slot.report();
    Ok(json!({
        "done": true, "lying": report.lying, "power": report.power == Power::On, "commands": report.commands,
        "tries": report.tries,
    }))
}

fn kept(outcome: Result<(), Status>) -> Result<(), NotDone> {
    outcome.map_err(|_| NotDone::NotKept)
}

fn read(persona: &Path, state: &Path) -> Result<Card, NotDone> {
    let text = std::fs::read_to_string(persona)
        .map_err(|error| NotDone::Unreadable(persona.to_owned(), error))?;
    let persona =
        Persona::parse(&text).map_err(|error| NotDone::Persona(persona.to_owned(), error))?;
    let mut card = Card::new(persona)?;
    card.keep_state_in(state)?;
    Ok(card)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, order: Order) {
        assert_eq!(Order::parse(line), Ok(order));
    }

    fn planned(at: Moment, what: Misbehaviour) -> Order {
        Order::Fault(Fault { at, what })
    }

    #[test]
    fn every_command_is_read() {
        check("place /a b/c.toml\n", Order::Place("/a b/c.toml".into()));
        check("remove", Order::Remove);
        check("insert", Order::Insert);
        check("clear", Order::Clear);
        check("lock-pin", Order::LockPin);
        check("reset-counters", Order::ResetCounters);
        check("copy", Order::Copy);
        check("state", Order::State);
        let remove = Misbehaviour::Remove;
        check("fault remove at sign", planned(Moment::Signing, remove));
        check("fault remove at 3", planned(Moment::Command(3), remove));
        let answer = Misbehaviour::Answer(Status(0x6f00));
        check(
            "fault answer 6F00 at 1",
            planned(Moment::Command(1), answer),
        );
        let mute = Misbehaviour::Mute(Some(Duration::from_millis(250)));
        check("fault mute 250 at sign", planned(Moment::Signing, mute));
        let forever = Misbehaviour::Mute(None);
        check("fault mute at 1", planned(Moment::Command(1), forever));
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for line in [
            "",
            "eject",
            "fault remove",
            "fault remove at 0",
            "fault answer xyz at 1",
            "fault mute soon at 1",
            "remove now",
        ] {
            let error = Order::parse(line).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("{line:?} is no command"))
            );
        }
    }
}
