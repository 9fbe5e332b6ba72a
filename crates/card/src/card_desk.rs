//! A card desk: one reader, owned by one thread, reached from async code by channels. Tells what is laid down and answers typed
//! commands, each for one card: a PIN typed for one card never reaches another. Waits by events, never by asking again and again.

mod work;

use std::sync::Arc;
use std::sync::mpsc;

use domain::card_challenge::ChallengeText;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use crate::card_face::FaceSettings;
use crate::card_face::number_b::NumberB;
use crate::card_face::photo::Photo;
use crate::certificate::{Certificate, Signed};
use crate::error::CardError;
use crate::pin::{LastTry, Pin, Tries};
use crate::reader::{Insertion, Missing, Presence, Reader, Watcher};
use crate::terminal::TerminalAuthenticator;
use crate::token::TokenKind;
use work::Work;

/// The handle of a desk; clones are the same desk, which closes with the last of them.
#[derive(Debug, Clone)]
pub struct CardDesk {
    closing: Arc<Closing>,
}

/// What a desk tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A My Number card, or a phone that holds one, was laid down.
    Placed(Placed),
    /// It was taken away; so also of one that could not be read.
    Removed,
    /// Something was laid down that cannot be used, and why.
    Unreadable(CardError),
    /// There is no reader any more, or the service does not run. Comes back by itself.
    ReaderGone(Missing),
    /// There is a reader: at the start, and after it was gone.
    ReaderBack,
}

/// What was laid down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Names this laying-down in commands.
    pub placement: Placement,
    /// What kind of token it is.
    pub token: TokenKind,
    /// How many tries its PIN has left; a phone may keep that to itself.
    pub tries: Option<Tries>,
}

/// One laying-down of one card: another card, or the same one laid down again, has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placement(Insertion);

/// What a desk is given besides its reader.
#[derive(Default)]
pub struct DeskSettings {
    /// Signs without PIN, where this machine has terminal keys.
    pub terminal: Option<Box<dyn TerminalAuthenticator>>,
    /// Whose photos are trusted, where face data are read.
    pub face: Option<FaceSettings>,
}

impl core::fmt::Debug for DeskSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let terminal = self.terminal.is_some();
        write!(
            f,
            "DeskSettings {{ terminal: {terminal}, face: {:?} }}",
            self.face
        )
    }
}

/// What reaches the thread.
enum Message {
    Presence(Presence),
    Command(Placement, Command),
    Close,
}

/// A command and where its answer goes. One whose asker has gone is not begun.
enum Command {
    Certificate(Answer<Certificate>),
    Tries(Answer<Tries>),
    SignWithPin {
        pin: Pin,
        last_try: LastTry,
        text: ChallengeText,
        answer: Answer<Signed>,
    },
    SignWithTerminal(ChallengeText, Answer<Signed>),
    SignOnPhone(ChallengeText, Answer<Signed>),
    Photo(NumberB, Answer<Photo>),
}

type Answer<T> = oneshot::Sender<Result<T, CardError>>;

/// Closes the desk when the last handle is dropped.
#[derive(Debug)]
struct Closing(mpsc::Sender<Message>);

impl Drop for Closing {
    fn drop(&mut self) {
        // The thread may have ended by itself.
        let _ = self.0.send(Message::Close);
    }
}

impl CardDesk {
    /// Opens a desk over a reader. The receiver gets every event, from the start; when it is dropped, events are not kept.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open(
        reader: impl Reader,
        settings: DeskSettings,
    ) -> std::io::Result<(Self, UnboundedReceiver<Event>)> {
        let (messages, inbox) = mpsc::channel();
        let (events, told) = unbounded_channel();
        let presence = messages.clone();
        let mut reader = reader;
        std::thread::Builder::new()
            .name("card-desk".to_owned())
            .spawn(move || {
                reader.watch(Watcher::new(move |now| {
                    // Nobody left to tell.
                    let _ = presence.send(Message::Presence(now));
                }));
                Work::new(reader, settings, events).run(&inbox);
            })?;
        let closing = Arc::new(Closing(messages));
        Ok((Self { closing }, told))
    }

    /// Reads the certificate; of an Android phone it comes with the signature only.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn certificate(&self, placement: Placement) -> Result<Certificate, CardError> {
        self.ask(placement, Command::Certificate).await
    }

    /// Asks how many tries the PIN has left.
    ///
    /// # Errors
    /// [`CardError`].
    pub async fn tries(&self, placement: Placement) -> Result<Tries, CardError> {
        self.ask(placement, Command::Tries).await
    }

    /// Shows the PIN and signs, in one exclusive use of the card that is reset afterwards.
    ///
    /// # Errors
    /// [`CardError`]; the PIN was shown once at most.
    pub async fn sign_with_pin(
        &self,
        placement: Placement,
        pin: Pin,
        last_try: LastTry,
        text: ChallengeText,
    ) -> Result<Signed, CardError> {
        let command = |answer| Command::SignWithPin {
            pin,
            last_try,
            text,
            answer,
        };
        self.ask(placement, command).await
    }

    /// Shows this terminal's keys and signs: only after the holder's face was checked, by machine or by eye.
    ///
    /// # Errors
    /// [`CardError`]; [`CardError::NoTerminal`] without such keys.
    pub async fn sign_with_terminal(
        &self,
        placement: Placement,
        text: ChallengeText,
    ) -> Result<Signed, CardError> {
        let command = |answer| Command::SignWithTerminal(text, answer);
        self.ask(placement, command).await
    }

    /// Signs with an iPhone, whose holder confirms on the phone itself.
    ///
    /// # Errors
    /// [`CardError`]; [`CardError::NeedsHolder`] as long as nobody confirmed.
    pub async fn sign_on_phone(
        &self,
        placement: Placement,
        text: ChallengeText,
    ) -> Result<Signed, CardError> {
        let command = |answer| Command::SignOnPhone(text, answer);
        self.ask(placement, command).await
    }

    /// Reads the photo, checked in every way the card offers, to compare it with the holder's face on this machine.
    ///
    /// # Errors
    /// [`CardError::Face`] and the others.
    pub async fn photo(&self, placement: Placement, code: NumberB) -> Result<Photo, CardError> {
        let command = |answer| Command::Photo(code, answer);
        self.ask(placement, command).await
    }

    async fn ask<T>(
        &self,
        placement: Placement,
        command: impl FnOnce(Answer<T>) -> Command,
    ) -> Result<T, CardError> {
        let (answer, answered) = oneshot::channel();
        let message = Message::Command(placement, command(answer));
        let sent = self.closing.0.send(message);
        sent.map_err(|_| CardError::Closed)?;
        answered.await.map_err(|_| CardError::Closed)?
    }
}
