//! Readers of this machine by PC/SC (WinSCard, pcsc-lite). Takes cards exclusively and resets them afterwards; tells of cards and
//! readers by events of the service.

mod watch;

use std::ffi::{CStr, CString};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::pcsc::{Context, Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};
use zeroize::Zeroizing;

use crate::reader::{Insertion, LinkError, Reader, Watcher};
use crate::reader_setting::ReaderName;
use watch::Watch;

/// A reader of this machine.
pub struct PcscReader {
    name: ReaderName,
    context: Option<Context>,
    card: Option<Taken>,
    watching: Option<Watching>,
}

/// A card taken from all other programs.
struct Taken {
    card: ::pcsc::Card,
    context: Context,
    reader: CString,
}

/// How long a card that failed to answer may take to be missed: pcsc-lite looks for cards 2.5 times a second.
const MISSED_WITHIN: Duration = Duration::from_secs(1);

/// The thread that waits for events, for it blocks while it does.
struct Watching {
    /// Dropped to stop it.
    stop: mpsc::Sender<()>,
    shared: watch::Shared,
    ended: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

/// The first reader that is meant.
fn choose(name: &ReaderName, names: &[CString]) -> Option<CString> {
    let fits = |listed: &&CString| match name {
        ReaderName::First => true,
        ReaderName::Containing(text) => listed.to_string_lossy().contains(text),
    };
    names.iter().find(fits).cloned()
}

/// The names of all readers the service has now.
///
/// # Errors
/// [`LinkError::NoService`] and the like.
pub fn reader_names() -> Result<Vec<String>, LinkError> {
    let context = Context::establish(Scope::System).map_err(link_error)?;
    let names = context.list_readers_owned().map_err(link_error)?;
    let text = |name: &CString| name.to_string_lossy().into_owned();
    Ok(names.iter().map(text).collect())
}

impl PcscReader {
    /// A reader that need not be there yet.
    #[must_use]
    pub fn new(name: ReaderName) -> Self {
        Self {
            name,
            context: None,
            card: None,
            watching: None,
        }
    }

    fn context(&mut self) -> Result<Context, Error> {
        if let Some(context) = &self.context {
            return Ok(context.clone());
        }
        let context = Context::establish(Scope::System)?;
        self.context = Some(context.clone());
        Ok(context)
    }

    fn connect(&mut self) -> Result<Insertion, Error> {
        let context = self.context()?;
        let watched = self.watching.as_ref().map(|it| it.shared.reader());
        let chosen = match watched {
            Some(watched) => watched,
            None => choose(&self.name, &context.list_readers_owned()?)
                .map(|name| (name, watch::Turn::default())),
        };
        let (name, turn) = chosen.ok_or(Error::UnknownReader)?;
        let card = context.connect(&name, ShareMode::Exclusive, Protocols::ANY)?;
        // Taken first and counted then: from here on an exchange of cards ends the connection.
        let insertion = turn.insertion(event_count(&context, &name)?);
        self.card = Some(Taken {
            card,
            context,
            reader: name,
        });
        Ok(insertion)
    }
}

impl Reader for PcscReader {
    fn watch(&mut self, watcher: Watcher) {
        let (stop, stopped) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let shared = watch::Shared::default();
        let watch = Watch::new(self.name.clone(), watcher, shared.clone(), stopped);
        let spawned = std::thread::Builder::new()
            .name("card reader".to_owned())
            .spawn(move || {
                watch.run();
                drop(end);
            });
        // Without a thread nothing is told: the desk then knows of no reader.
        self.watching = spawned.ok().map(|thread| Watching {
            stop,
            shared,
            ended,
            thread,
        });
    }

    fn open(&mut self) -> Result<Insertion, LinkError> {
        let mut opened = self.connect();
        // A service that was restarted knows neither context nor reader of before. Nothing was shown to the card yet.
        if let Err(
            Error::InvalidHandle | Error::CommError | Error::NoService | Error::ServiceStopped,
        ) = opened
        {
            self.context = None;
            opened = self.connect();
        }
        // The service tells that a card is free again only to who knew that it was taken: the thread looks anew.
        if let (Err(Error::SharingViolation), Some(watching)) = (&opened, &self.watching) {
            watching.shared.cancel();
        }
        opened.map_err(link_error)
    }

    fn wait_until_free(&mut self, longest: Duration) {
        // A service or reader that is gone is told by the next open.
        let Ok(context) = self.context() else { return };
        let watched = self.watching.as_ref().and_then(|it| it.shared.reader());
        let Some((name, _)) = watched else { return };
        let until = Instant::now() + longest;
        let mut states = [ReaderState::new(name, State::UNAWARE)];
        while let Some(left) = until.checked_duration_since(Instant::now())
            && context.get_status_change(left, &mut states).is_ok()
        {
            let [state] = &mut states;
            if !state.event_state().intersects(watch::TAKEN) {
                return;
            }
            state.sync_current_state();
        }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        let taken = self.card.as_ref().ok_or(LinkError::Removed)?;
        let mut buffer = Zeroizing::new([0; ::pcsc::MAX_BUFFER_SIZE]);
        match taken.card.transmit(command, buffer.as_mut_slice()) {
            // Some drivers answer nothing at all when the card is taken away meanwhile.
            Ok([]) | Err(Error::NotTransacted | Error::CommError) => Err(taken.why_silent()),
            answer => answer.map(<[u8]>::to_vec).map_err(link_error),
        }
    }

    fn close(&mut self) {
        if let Some(taken) = self.card.take()
            && let Err((card, _)) = taken.card.disconnect(Disposition::ResetCard)
        {
            // The card or the service is gone, and what was verified with it.
            drop(card);
        }
    }
}

impl Drop for PcscReader {
    fn drop(&mut self) {
        self.close();
        if let Some(watching) = self.watching.take() {
            watching.stop();
        }
    }
}

impl core::fmt::Debug for PcscReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PcscReader({:?})", self.name)
    }
}

impl Taken {
    /// Whether the card was taken away, or lies there and does not answer.
    fn why_silent(&self) -> LinkError {
        let mut states = [ReaderState::new(self.reader.clone(), State::UNAWARE)];
        for within in [Duration::ZERO, MISSED_WITHIN] {
            let waited = self.context.get_status_change(within, &mut states);
            let [state] = &mut states;
            match waited {
                Err(Error::Timeout) => {}
                Err(error) => return link_error(error),
                Ok(()) if state.event_state().contains(State::PRESENT) => {}
                Ok(()) => return LinkError::Removed,
            }
            state.sync_current_state();
        }
        LinkError::Mute
    }
}

impl Watching {
    /// Wakes the thread until it has ended: a wake-up that comes just before it begins to wait is lost.
    fn stop(self) {
        drop(self.stop);
        while self.ended.recv_timeout(watch::WAKE_AGAIN) == Err(mpsc::RecvTimeoutError::Timeout) {
            self.shared.cancel();
        }
        // It has ended; a panic in it was its own.
        let _ = self.thread.join();
    }
}

/// How often cards came and went on a reader, as the service counts.
fn event_count(context: &Context, name: &CStr) -> Result<u32, Error> {
    let mut states = [ReaderState::new(name.to_owned(), State::UNAWARE)];
    context.get_status_change(Duration::ZERO, &mut states)?;
    let [state] = &states;
    Ok(state.event_count())
}

fn link_error(error: Error) -> LinkError {
    match error {
        Error::NoSmartcard | Error::RemovedCard | Error::ResetCard | Error::InvalidHandle => {
            LinkError::Removed
        }
        Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable => {
            LinkError::ReaderGone
        }
        Error::NoService | Error::ServiceStopped | Error::Shutdown => LinkError::NoService,
        Error::SharingViolation => LinkError::Busy,
        Error::UnresponsiveCard | Error::UnpoweredCard => LinkError::Mute,
        other => LinkError::Failed(other.to_string()),
    }
}
