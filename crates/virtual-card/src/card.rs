//! A card that answers commands. It signs after the PIN or after terminal authentication, never without; it keeps no log.

use std::collections::BTreeSet;
use std::path::Path;

use synthetic::card::persona::{Persona, Token};

use crate::apdu::Command;
use crate::application::{self, Access, Application, File, Holds, KeyName, Secret};
use crate::counters::{Counters, NotKept, UnreadableState};
use crate::signing::Keys;
use crate::status::Status;
use crate::terminal::{self, CHALLENGE_LENGTH};

/// The persona cannot be a card.
#[derive(Debug, thiserror::Error)]
pub enum NotACard {
    /// A private key is not PKCS#8.
    #[error("a private key of the persona cannot be read: {0}")]
    Key(#[from] rsa::pkcs8::Error),
    /// The day it was made is none.
    #[error("the persona's made_on is no day: {0}")]
    Day(#[from] domain::civil_date::InvalidDate),
}

/// A card, phone or foreign card on a reader.
pub struct Card {
    persona: Persona,
    applications: Vec<Application>,
    keys: Keys,
    counters: Counters,
    session: Session,
}

/// What a card forgets when its power goes.
#[derive(Default)]
struct Session {
    application: Option<usize>,
    file: Option<u16>,
    verified: BTreeSet<Secret>,
    terminal: Option<TerminalProven>,
    challenge: Option<[u8; CHALLENGE_LENGTH]>,
    /// An answer not fetched yet.
    pending: Vec<u8>,
}

/// The terminal proved itself since the last reset.
struct TerminalProven;

/// Data of an answer.
type Answer = Result<Vec<u8>, Status>;

const DONE: Answer = Ok(Vec::new());

impl Card {
    /// A card as it left the office.
    ///
    /// # Errors
    /// [`NotACard`].
    pub fn new(persona: Persona) -> Result<Self, NotACard> {
        let day = domain::civil_date::CivilDate::parse_iso(&persona.made_on)?;
        Ok(Self {
            applications: application::all(&persona),
            keys: Keys::of(&persona)?,
            counters: Counters::new(application::tries(&persona), day.to_compact()),
            session: Session::default(),
            persona,
        })
    }

    /// Keeps counters in a file from now on, and takes up those that are there.
    ///
    /// # Errors
    /// [`UnreadableState`].
    pub fn keep_state_in(&mut self, path: &Path) -> Result<(), UnreadableState> {
        self.counters.keep_in(path)
    }

    /// Answer to reset. The first is that of the published card; readers of contactless cards make up their own.
    #[must_use]
    pub fn answer_to_reset(&self) -> &'static [u8] {
        match self.persona.token {
            Token::Card | Token::Android | Token::Iphone => &ATR,
            Token::Other => &[0x3b, 0x80, 0x80, 0x01, 0x01],
        }
    }

    /// Power lost, or reset: selections and everything verified are gone, counters stay.
    pub fn reset(&mut self) {
        self.session = Session::default();
    }

    /// Sets all counters as the office would.
    ///
    /// # Errors
    /// [`Status::MEMORY`].
    pub fn renew_counters(&mut self) -> Result<(), Status> {
        Ok(self.counters.renew()?)
    }

    /// Locks the authentication PIN, as three wrong ones would.
    ///
    /// # Errors
    /// [`Status::MEMORY`].
    pub fn lock_pin(&mut self) -> Result<(), Status> {
        Ok(self.counters.set(Secret::Authentication, 0)?)
    }

    /// From now on the card is a copy: it shows the card face and lacks its key.
    pub fn become_a_copy(&mut self) {
        self.keys.lose_card_face();
    }

    /// Tries left of a secret.
    #[must_use]
    pub fn tries_left(&self, secret: Secret) -> u8 {
        self.counters.left(secret)
    }

    /// Answers a command: data and status word.
    pub fn transmit(&mut self, apdu: &[u8]) -> Vec<u8> {
        let answer = Command::parse(apdu).and_then(|command| self.answer(&command));
        let (mut bytes, status) = match answer {
            Ok(data) => (data, Status::OK),
            Err(status) => (Vec::new(), status),
        };
        let status = match self.session.pending.len() {
            left @ 1.. if status == Status::OK => Status::more(left),
            _ => status,
        };
        bytes.extend(status.0.to_be_bytes());
        bytes
    }

    fn answer(&mut self, command: &Command<'_>) -> Answer {
        let pending = std::mem::take(&mut self.session.pending);
        if self.persona.token == Token::Other && command.instruction != 0xa4 {
            return Err(Status::INSTRUCTION);
        }
        let data = match (command.class, command.instruction) {
            (0x00, 0xa4) => self.select(command)?,
            (0x00, 0x20) => self.verify(command)?,
            (0x00, 0x84) => self.give_challenge(command)?,
            (0x00, 0x82) => self.authenticate_terminal(command)?,
            (0x00, 0xb0) => return self.read_binary(command),
            (0x00, 0xb2) => self.read_record(command)?,
            (0x00, 0xca) => self.data(command)?,
            (0x00, 0xc0) => return self.rest(command, pending),
            (0x80, 0x2a) => self.sign(command)?,
            (0x80, 0xfc) => self.last_command(command)?,
            (0x00 | 0x80, _) => return Err(Status::INSTRUCTION),
            (_, _) => return Err(Status::CLASS),
        };
        self.offer(command, data)
    }

    /// Hands out what was asked for; what was not asked for waits for GET RESPONSE.
    fn offer(&mut self, command: &Command<'_>, mut data: Vec<u8>) -> Answer {
        match command.expected {
            Some(expected) if data.len() <= expected => Ok(data),
            Some(expected) => {
                self.session.pending = data.split_off(expected);
                Ok(data)
            }
            None => {
                self.session.pending = data;
                DONE
            }
        }
    }

    fn rest(&mut self, command: &Command<'_>, pending: Vec<u8>) -> Answer {
        if pending.is_empty() {
            return Err(Status::CONDITIONS);
        }
        self.offer(command, pending)
    }

    fn select(&mut self, command: &Command<'_>) -> Answer {
        match command.p1 {
            0x04 => self.select_application(command.data),
            0x02 => self.select_file(command.data),
            0x00 if command.data.is_empty() && self.session.application.is_some() => DONE,
            0x00 if command.data.is_empty() => Err(Status::PARAMETERS),
            0x00 => Err(Status::NOT_FOUND),
            _ => Err(Status::PARAMETERS),
        }
    }

    /// The beginning of a name selects, too; at least its registered five bytes.
    fn select_application(&mut self, name: &[u8]) -> Answer {
        let asked = |it: &Application| 5 <= name.len() && it.name.starts_with(name);
        let found = self.applications.iter().position(asked);
        let is_issuer_domain = name == ISSUER_DOMAIN && self.persona.token == Token::Card;
        if found.is_none() && !is_issuer_domain {
            return Err(Status::NOT_FOUND);
        }
        self.reset();
        self.session.application = found;
        DONE
    }

    fn select_file(&mut self, id: &[u8]) -> Answer {
        let [high, low] = id else {
            return Err(Status::LENGTH);
        };
        let id = u16::from_be_bytes([*high, *low]);
        let application = self.application().ok_or(Status::CONDITIONS)?;
        application.file(id).ok_or(Status::NOT_FOUND)?;
        self.session.file = Some(id);
        DONE
    }

    /// Without data: how many tries are left, at no cost.
    fn verify(&mut self, command: &Command<'_>) -> Answer {
        if command.p1 != 0 {
            return Err(Status::PARAMETERS);
        }
        let Holds::Secret(secret) = self.referenced(command.p2)?.holds else {
            return Err(Status::FILE_KIND);
        };
        let left = self.counters.left(secret);
        if command.data.is_empty() {
            return Err(Status::tries(left));
        }
        let Some(rest) = left.checked_sub(1) else {
            return Err(Status::LOCKED);
        };
        self.session.verified.remove(&secret);
        // The try is gone before it is judged.
        self.counters.set(secret, rest)?;
        let right = application::text(&self.persona.pins, secret);
        if right.is_none_or(|right| right.as_bytes() != command.data) {
            return Err(Status::tries(rest));
        }
        self.counters.set(secret, application::most_tries(secret))?;
        self.session.verified.insert(secret);
        DONE
    }

    fn read_binary(&self, command: &Command<'_>) -> Answer {
        let expected = command.expected.ok_or(Status::LENGTH)?;
        let (file, offset) = match command.p1 {
            short @ 0x80.. => {
                let application = self.application().ok_or(Status::CONDITIONS)?;
                let file = application.short(short).ok_or(Status::NOT_FOUND)?;
                (file, usize::from(command.p2))
            }
            _ => (self.selected()?, usize::from(command.parameters())),
        };
        let Holds::Bytes(content, access) = &file.holds else {
            return Err(Status::FILE_KIND);
        };
        if let Access::After(secrets) = access
            && !secrets.iter().any(|it| self.session.verified.contains(it))
        {
            return Err(Status::NOT_OPEN);
        }
        let rest = content.get(offset..).unwrap_or_default();
        if rest.is_empty() {
            return Err(Status::OFFSET);
        }
        Ok(rest.iter().copied().take(expected).collect())
    }

    /// P1 is the record; P2 holds a short file identifier and the 4 that says so, or just the 4.
    fn read_record(&self, command: &Command<'_>) -> Answer {
        if command.p2 & 0x07 != 0x04 {
            return Err(Status::PARAMETERS);
        }
        let file = match command.p2 >> 3 {
            0 => self.selected()?,
            short => {
                let application = self.application().ok_or(Status::CONDITIONS)?;
                application.short(short).ok_or(Status::NOT_FOUND)?
            }
        };
        let Holds::Records(records) = &file.holds else {
            return Err(Status::FILE_KIND);
        };
        let before = usize::from(command.p1).checked_sub(1);
        let record = before.and_then(|at| records.get(at));
        record.cloned().ok_or(Status::NO_RECORD)
    }

    fn data(&self, command: &Command<'_>) -> Answer {
        match (command.parameters(), &self.persona.shared) {
            (0x5f51, Some(_)) => Ok(self.answer_to_reset().iter().copied().skip(1).collect()),
            (tag, Some(shared)) if self.session.application.is_none() => {
                let found = application::data(shared, tag);
                found.map(<[u8]>::to_vec).ok_or(Status::NO_KEY)
            }
            (_, _) => Err(Status::NO_KEY),
        }
    }

    /// P2 00 stands for the application's own key.
    fn sign(&mut self, command: &Command<'_>) -> Answer {
        let name = match command.p2 {
            0x00 => {
                let application = self.application().ok_or(Status::CONDITIONS)?;
                application.default_key.ok_or(Status::NO_KEY)?
            }
            reference => match self.referenced(reference)?.holds {
                Holds::Key(name) => name,
                Holds::Bytes(..) | Holds::Records(_) | Holds::Secret(_) => {
                    return Err(Status::FILE_KIND);
                }
            },
        };
        if !self.may_use(name) {
            return Err(Status::NOT_OPEN);
        }
        self.keys.sign(name, command.p1, command.data)
    }

    fn may_use(&self, key: KeyName) -> bool {
        let verified = |secret| self.session.verified.contains(&secret);
        match key {
            // An iPhone asks its owner by face or finger before it is held to the reader.
            KeyName::Authentication => {
                verified(Secret::Authentication)
                    || self.session.terminal.is_some()
                    || self.persona.token == Token::Iphone
            }
            KeyName::Signature => verified(Secret::Signature),
            KeyName::CardFace => true,
        }
    }

    fn give_challenge(&mut self, command: &Command<'_>) -> Answer {
        if command.parameters() != 0 {
            return Err(Status::PARAMETERS);
        }
        if command.expected != Some(CHALLENGE_LENGTH) {
            return Err(Status::LENGTH);
        }
        let mut challenge = [0; CHALLENGE_LENGTH];
        aws_lc_rs::rand::fill(&mut challenge).map_err(|_| Status::CONDITIONS)?;
        self.session.challenge = Some(challenge);
        Ok(challenge.to_vec())
    }

    /// Uses up the challenge, right or wrong.
    fn authenticate_terminal(&mut self, command: &Command<'_>) -> Answer {
        if command.parameters() != 0 {
            return Err(Status::PARAMETERS);
        }
        let in_jpki = self
            .application()
            .is_some_and(|it| it.name == application::JPKI);
        let challenge = self.session.challenge.take();
        let (true, Some(challenge), Some(jpki)) = (in_jpki, challenge, &self.persona.jpki) else {
            return Err(Status::CONDITIONS);
        };
        let authority = jpki.terminal_authority.as_slice();
        let today = self.counters.day();
        let day = terminal::authenticate(command.data, authority, &challenge, today)?;
        self.counters.saw_day(day)?;
        self.session.terminal = Some(TerminalProven);
        DONE
    }

    /// Tells an iPhone that the reader is done; others know no such length.
    fn last_command(&mut self, command: &Command<'_>) -> Answer {
        match self.persona.token {
            Token::Iphone if command.parameters() == 0 => {
                self.reset();
                DONE
            }
            Token::Iphone => Err(Status::PARAMETERS),
            Token::Card | Token::Android | Token::Other => Err(Status::LENGTH),
        }
    }

    fn application(&self) -> Option<&Application> {
        self.applications.get(self.session.application?)
    }

    fn selected(&self) -> Result<&File, Status> {
        let application = self.application().ok_or(Status::NO_FILE_SELECTED)?;
        let id = self.session.file.ok_or(Status::NO_FILE_SELECTED)?;
        application.file(id).ok_or(Status::NO_FILE_SELECTED)
    }

    /// P2 80 names the selected file, 81 to 9E a file by its short identifier.
    fn referenced(&self, p2: u8) -> Result<&File, Status> {
        match p2 {
            0x80 => self.selected(),
            short @ 0x81..=0x9e => {
                let application = self.application().ok_or(Status::NO_FILE_SELECTED)?;
                application.short(short).ok_or(Status::NO_KEY)
            }
            _ => Err(Status::PARAMETERS),
        }
    }
}

impl From<NotKept> for Status {
    fn from(_: NotKept) -> Self {
        Self::MEMORY
    }
}

/// Answer to reset of the published card (OpenSC knows it).
const ATR: [u8; 9] = [0x3b, 0xe0, 0x00, 0xff, 0x81, 0x31, 0xfe, 0x45, 0x14];

/// Selecting it leaves all applications.
const ISSUER_DOMAIN: &[u8] = &[0xa0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];
