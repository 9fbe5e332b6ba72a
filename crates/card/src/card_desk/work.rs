//! The thread of a desk: turns presence into events and runs commands, one after the other. The only place that owns a reader.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use domain::card_challenge::ChallengeText;
use tokio::sync::mpsc::UnboundedSender;

use super::{Answer, Command, DeskSettings, Event, Message, Placed, Placement};
use crate::card_face::{FaceError, read_photo};
use crate::certificate::{Certificate, Signed};
use crate::error::CardError;
use crate::jpki::{Jpki, Unlocked};
use crate::reader::{Insertion, LinkError, Missing, Presence, Reader};
use crate::session::Session;
use crate::token::TokenKind;

pub(super) struct Work<R> {
    reader: R,
    settings: DeskSettings,
    events: UnboundedSender<Event>,
    lies: Lies,
    /// The last insertion we took ourselves: the service tells of it as in use, too.
    taken: Option<Insertion>,
}

/// How long another program may use a card before that is told.
const BUSY_MOMENT: Duration = Duration::from_secs(1);

/// What is known of the reader.
enum Lies {
    /// Nothing was told yet.
    Unknown,
    Nothing,
    NoReader(Missing),
    /// A card whose kind is known; its certificate, once it was read.
    Card(Placed, Option<Certificate>),
    /// Something another program uses, until then; many look at each new card for a moment.
    Busy(Insertion, Instant),
    /// Something that could not be used. One that another program used, or that the service said to be silent, is looked at again when
    /// that ends.
    Unusable(Insertion, CardError),
}

impl<R: Reader> Work<R> {
    pub(super) fn new(reader: R, settings: DeskSettings, events: UnboundedSender<Event>) -> Self {
        Self {
            reader,
            settings,
            events,
            lies: Lies::Unknown,
            taken: None,
        }
    }

    /// Works until the desk is closed.
    pub(super) fn run(&mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match self.lies {
                Lies::Busy(_, until) => inbox.recv_timeout(until - Instant::now()),
                _ => inbox.recv().map_err(RecvTimeoutError::from),
            };
            match message {
                Ok(Message::Presence(presence)) => self.notice(presence),
                Ok(Message::Command(placement, command)) => self.execute(placement, command),
                Err(RecvTimeoutError::Timeout) => self.ask_again(),
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    fn notice(&mut self, presence: Presence) {
        match presence {
            Presence::Gone(missing) => self.gone(missing),
            Presence::Empty => self.clear(),
            Presence::Mute(insertion) => {
                // Should the service find later that it answers, it is looked at again.
                self.taken = None;
                self.unusable(insertion, LinkError::Mute.into());
            }
            Presence::InUse(insertion) => {
                if self.insertion() != Some(insertion) && self.taken != Some(insertion) {
                    self.busy(insertion);
                }
            }
            Presence::Card(insertion) => self.identify(insertion),
        }
    }

    fn gone(&mut self, missing: Missing) {
        match std::mem::replace(&mut self.lies, Lies::NoReader(missing)) {
            Lies::NoReader(was) if was == missing => return,
            Lies::Card(..) | Lies::Unusable(..) => self.tell(Event::Removed),
            Lies::Unknown | Lies::Nothing | Lies::NoReader(_) | Lies::Busy(..) => {}
        }
        self.tell(Event::ReaderGone(missing));
    }

    /// Finds out what was laid down, unless that is known.
    fn identify(&mut self, insertion: Insertion) {
        let was_busy = match &self.lies {
            Lies::Busy(was, _) | Lies::Unusable(was, CardError::Link(LinkError::Busy)) => {
                *was == insertion
            }
            _ => false,
        };
        // What was silent when we asked is not asked again: the service tells of our own asking, too.
        let was_mute = match &self.lies {
            Lies::Unusable(was, CardError::Link(LinkError::Mute)) => {
                *was == insertion && self.taken != Some(insertion)
            }
            _ => false,
        };
        let again = was_busy || was_mute;
        if self.insertion() == Some(insertion) && !again {
            return;
        }
        self.taken = Some(insertion);
        match look(&mut self.reader, insertion) {
            Ok(placed) => {
                if !again {
                    self.clear();
                }
                self.lies = Lies::Card(placed, None);
                self.tell(Event::Placed(placed));
            }
            Err(CardError::Link(LinkError::Busy)) if was_busy => {}
            Err(CardError::Link(LinkError::Busy)) => self.busy(insertion),
            // It is gone again; that is told next.
            Err(CardError::Link(LinkError::Removed) | CardError::Exchanged) => self.clear(),
            Err(error) => self.unusable(insertion, error),
        }
    }

    fn busy(&mut self, insertion: Insertion) {
        self.clear();
        self.lies = Lies::Busy(insertion, Instant::now() + BUSY_MOMENT);
    }

    /// The moment is over. That the other program ended may have been missed, so the card is looked at once more.
    fn ask_again(&mut self) {
        if let Lies::Busy(insertion, _) = self.lies {
            self.identify(insertion);
        }
        if let Lies::Busy(insertion, _) = self.lies {
            self.unusable(insertion, LinkError::Busy.into());
        }
    }

    fn unusable(&mut self, insertion: Insertion, error: CardError) {
        if matches!(&self.lies, Lies::Unusable(was, why) if *was == insertion && *why == error) {
            return;
        }
        self.clear();
        self.tell(Event::Unreadable(error.clone()));
        self.lies = Lies::Unusable(insertion, error);
    }

    /// From now on nothing lies there; tells what ended.
    fn clear(&mut self) {
        match std::mem::replace(&mut self.lies, Lies::Nothing) {
            Lies::Nothing | Lies::Busy(..) => {}
            Lies::Unknown | Lies::NoReader(_) => self.tell(Event::ReaderBack),
            Lies::Card(..) | Lies::Unusable(..) => self.tell(Event::Removed),
        }
    }

    fn insertion(&self) -> Option<Insertion> {
        match &self.lies {
            Lies::Card(placed, _) => Some(placed.placement.0),
            Lies::Busy(insertion, _) | Lies::Unusable(insertion, _) => Some(*insertion),
            Lies::Unknown | Lies::Nothing | Lies::NoReader(_) => None,
        }
    }

    fn tell(&self, event: Event) {
        // Who does not listen needs no events.
        let _ = self.events.send(event);
    }

    fn execute(&mut self, placement: Placement, command: Command) {
        match command {
            Command::Certificate(answer) => {
                reply(answer, || self.certificate(placement));
            }
            Command::Tries(answer) => reply(answer, || {
                let mut session = self.session(placement)?;
                Jpki::select(&mut session)?.tries()
            }),
            Command::SignWithPin {
                pin,
                last_try,
                text,
                answer,
            } => reply(answer, || {
                self.sign(placement, &text, |jpki, _| jpki.verify(&pin, last_try))
            }),
            Command::SignWithTerminal(text, answer) => reply(answer, || {
                self.sign(placement, &text, |jpki, settings| {
                    let terminal = settings.terminal.as_mut().ok_or(CardError::NoTerminal)?;
                    jpki.authenticate_terminal(terminal.as_mut())
                })
            }),
            Command::SignOnPhone(text, answer) => reply(answer, || {
                self.sign(placement, &text, |jpki, _| jpki.confirmed_on_phone())
            }),
            Command::Photo(code, answer) => reply(answer, || {
                let face = self.settings.face.clone();
                let face = face.ok_or(FaceError::NotConfigured)?;
                read_photo(&mut self.session(placement)?, &code, &face)
            }),
        }
    }

    fn certificate(&mut self, placement: Placement) -> Result<Certificate, CardError> {
        if let Some(known) = self.known(placement)? {
            return Ok(known);
        }
        let mut session = self.session(placement)?;
        let certificate = Jpki::select(&mut session)?.certificate()?;
        drop(session);
        self.remember(&certificate);
        Ok(certificate)
    }

    /// One exclusive use: select, [certificate], unlock, [certificate of a phone], sign; then the card is reset.
    fn sign(
        &mut self,
        placement: Placement,
        text: &ChallengeText,
        unlock: impl for<'s, 'r> FnOnce(
            Jpki<'s, 'r>,
            &mut DeskSettings,
        ) -> Result<Unlocked<'s, 'r>, CardError>,
    ) -> Result<Signed, CardError> {
        let mut known = self.known(placement)?;
        let mut session = take(&mut self.reader, placement)?;
        let mut jpki = Jpki::select(&mut session)?;
        if known.is_none() && jpki.token() == TokenKind::Card {
            known = Some(jpki.certificate()?);
        }
        let mut unlocked = unlock(jpki, &mut self.settings)?;
        let certificate = match known {
            Some(known) => known,
            None => unlocked.certificate()?,
        };
        let signature = unlocked.sign(text, certificate.algorithm())?;
        drop(session);
        self.remember(&certificate);
        Ok(Signed {
            certificate,
            signature,
        })
    }

    fn session(&mut self, placement: Placement) -> Result<Session<'_>, CardError> {
        self.known(placement)?;
        take(&mut self.reader, placement)
    }

    /// The certificate of the card that lies there, if it is the one meant and was read before.
    fn known(&self, placement: Placement) -> Result<Option<Certificate>, CardError> {
        match &self.lies {
            Lies::Card(placed, known) if placed.placement == placement => Ok(known.clone()),
            Lies::Card(..) | Lies::Busy(..) | Lies::Unusable(..) => Err(CardError::Exchanged),
            Lies::NoReader(Missing::Service) => Err(LinkError::NoService.into()),
            Lies::NoReader(Missing::Reader) => Err(LinkError::ReaderGone.into()),
            Lies::Nothing | Lies::Unknown => Err(LinkError::Removed.into()),
        }
    }

    fn remember(&mut self, certificate: &Certificate) {
        if let Lies::Card(_, known) = &mut self.lies {
            *known = Some(certificate.clone());
        }
    }
}

/// Runs a command unless its asker has gone: nobody's PIN is shown for nobody.
fn reply<T>(answer: Answer<T>, run: impl FnOnce() -> Result<T, CardError>) {
    if !answer.is_closed() {
        // The asker may go while the card works.
        let _ = answer.send(run());
    }
}

/// Takes the card for a command. Another program may be looking at it just now, as many do at each new card; nothing was shown to it yet.
fn take<R: Reader>(reader: &mut R, placement: Placement) -> Result<Session<'_>, CardError> {
    let until = Instant::now() + BUSY_MOMENT;
    let mut found = reader.open();
    while found == Err(LinkError::Busy)
        && let Some(left) = until.checked_duration_since(Instant::now())
    {
        reader.wait_until_free(left);
        found = reader.open();
    }
    Session::begin(reader, found?, placement.0)
}

/// Asks a card what it is, without showing it anything.
fn look(reader: &mut dyn Reader, insertion: Insertion) -> Result<Placed, CardError> {
    let mut session = Session::open(reader, insertion)?;
    let mut jpki = Jpki::select(&mut session)?;
    let token = jpki.token();
    let tries = match (jpki.tries(), token) {
        (Ok(tries), _) => Some(tries),
        (Err(CardError::Refused { .. }), TokenKind::Android | TokenKind::IPhone) => None,
        (Err(error), _) => return Err(error),
    };
    Ok(Placed {
        placement: Placement(insertion),
        token,
        tries,
    })
}
