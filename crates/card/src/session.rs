//! One exclusive use of the card on a reader. However it ends, the card forgets what was verified. Never sends a PIN twice.

use zeroize::Zeroizing;

use crate::apdu::{Answer, Command, Expects, FileId, SHORT_ANSWER_BYTES, Status};
use crate::error::{CardError, Step};
use crate::reader::{Insertion, LinkError, Reader};

/// A card taken from all other programs until this is dropped.
pub struct Session<'r> {
    reader: &'r mut dyn Reader,
    /// Nothing was sent yet.
    fresh: bool,
    /// What makes the card forget a PIN or terminal shown to it, once one was.
    forget: Option<Command>,
}

/// Bytes a file of a card has at most; READ BINARY has 15 bits for the offset.
pub(crate) const FILE_BYTES: usize = 0x7FFF;

/// Answers a card may split its data into.
const PARTS: usize = FILE_BYTES / SHORT_ANSWER_BYTES + 1;

/// What some cards answer to the first command after they were powered up (seen by an open implementer on a real card).
const JUST_POWERED: Status = Status(0x6F00);

impl<'r> Session<'r> {
    /// Takes the card that was laid down at `insertion`.
    ///
    /// # Errors
    /// [`CardError::Link`]; [`CardError::Exchanged`] when another one lies there by now.
    pub fn open(reader: &'r mut dyn Reader, insertion: Insertion) -> Result<Self, CardError> {
        let found = reader.open()?;
        Self::begin(reader, found, insertion)
    }

    /// The same of a reader that has taken its card, which was found to be that of `found`.
    pub(crate) fn begin(
        reader: &'r mut dyn Reader,
        found: Insertion,
        insertion: Insertion,
    ) -> Result<Self, CardError> {
        let session = Self {
            reader,
            fresh: true,
            forget: None,
        };
        if found == insertion {
            Ok(session)
        } else {
            Err(CardError::Exchanged)
        }
    }

    /// Sends a command, and what its answer asks for: the rest of the data, or the same again with the right length. A command
    /// without answering data is sent once only.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn exchange(&mut self, command: &Command) -> Result<Answer, LinkError> {
        let mut answer = self.send(command)?;
        if command.expects() == Expects::Status {
            return Ok(answer);
        }
        if let [0x6C, length] = answer.status.0.to_be_bytes() {
            answer = self.send(&command.with_length(length))?;
        }
        let mut data = std::mem::take(&mut answer.data);
        for _ in 0..PARTS {
            let [0x61, length] = answer.status.0.to_be_bytes() else {
                break;
            };
            answer = self.send(&Command::get_response(length))?;
            data.extend_from_slice(&answer.data);
        }
        let status = answer.status;
        Ok(Answer { data, status })
    }

    /// Selects an application.
    pub(crate) fn select(&mut self, name: &[u8; 10], step: Step) -> Result<Status, CardError> {
        let command = Command::select_application(name);
        let fresh = std::mem::replace(&mut self.fresh, false);
        let mut status = self.exchange(&command)?.status;
        if fresh && status == JUST_POWERED {
            status = self.exchange(&command)?.status;
        }
        match status {
            Status::OK | Status::NOT_FOUND => Ok(status),
            status => Err(CardError::Refused { step, status }),
        }
    }

    /// Selects a file and reads it from the start, as long as `length` says from its first bytes; what lies behind is filler.
    pub(crate) fn read_file(
        &mut self,
        file: FileId,
        step: Step,
        length: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        self.expect_ok(&Command::select_file(file), step)?;
        let mut part = self.read_part(0, SHORT_ANSWER_BYTES, step)?;
        let whole = length(&part.data).filter(|whole| *whole <= FILE_BYTES);
        let whole = whole.ok_or(CardError::Malformed(step))?;
        // Never grows: a vector that does leaves its earlier bytes behind.
        let mut data = Zeroizing::new(Vec::with_capacity(whole));
        loop {
            let missing = whole - data.len();
            data.extend(part.data.iter().take(missing));
            if data.len() == whole {
                return Ok(data);
            }
            if part.data.is_empty() || part.status.end_of_file() {
                return Err(CardError::Malformed(step));
            }
            part = self.read_part(data.len(), whole - data.len(), step)?;
        }
    }

    /// Reads up to 256 bytes of the selected file.
    fn read_part(
        &mut self,
        offset: usize,
        missing: usize,
        step: Step,
    ) -> Result<Answer, CardError> {
        let offset = u16::try_from(offset).map_err(|_| CardError::Malformed(step))?;
        let length = missing.min(SHORT_ANSWER_BYTES);
        let answer = self.exchange(&Command::read_binary(offset, length))?;
        let status = answer.status;
        if status == Status::OK || status.end_of_file() {
            Ok(answer)
        } else {
            Err(CardError::Refused { step, status })
        }
    }

    /// Sends a command that must succeed.
    pub(crate) fn expect_ok(&mut self, command: &Command, step: Step) -> Result<Answer, CardError> {
        let answer = self.exchange(command)?;
        match answer.status {
            Status::OK => Ok(answer),
            status => Err(CardError::Refused { step, status }),
        }
    }

    /// From now on the session ends by selecting this application, which makes the card forget what it verified. A reset alone
    /// does not on every card (seen by an open implementer with a warm reset).
    pub(crate) fn forget_by_selecting(&mut self, name: &[u8; 10]) {
        self.forget = Some(Command::select_application(name));
    }

    fn send(&mut self, command: &Command) -> Result<Answer, LinkError> {
        let sent = self.reader.transmit(command.bytes());
        if let Err(LinkError::Removed | LinkError::ReaderGone | LinkError::NoService) = &sent {
            // What was verified went with the card's power.
            self.forget = None;
        }
        Answer::parse(sent?).ok_or_else(|| LinkError::Failed("an answer without status".to_owned()))
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Some(command) = self.forget.take() {
            // The card may be gone; then it forgot by itself.
            drop(self.send(&command));
        }
        self.reader.close();
    }
}

impl core::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Session(…)")
    }
}
