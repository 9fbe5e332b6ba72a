//! The thread that waits for the service's events and tells presence. Sleeps in the service, not here; only a service that does
//! not run is asked for again and again, as nobody tells when it starts.

use std::ffi::CString;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};

use super::choose;
use crate::reader::{Insertion, Missing, Presence, Watcher};
use crate::reader_setting::ReaderName;

/// How long to wait for a service that does not run, and how long at most for an event: pcsc-lite tells of a new reader only who
/// waits when it comes, so one that comes a moment before is found then.
const SERVICE_AGAIN: Duration = Duration::from_secs(1);
const READERS_AGAIN: Duration = Duration::from_secs(10);

/// Another program has the card: shared with us, or for itself alone. pcsc-lite says one of both, never both.
pub(super) const TAKEN: State = State::INUSE.union(State::EXCLUSIVE);

/// How long to wait before waking the thread again at the end.
pub(super) const WAKE_AGAIN: Duration = Duration::from_millis(20);

/// What the owner of the reader has to know of the thread.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// What the thread waits in, for waking it.
    context: Option<Context>,
    /// The reader it watches: cards are taken from no other.
    reader: Option<CString>,
}

impl Shared {
    pub(super) fn cancel(&self) {
        if let Some(context) = &self.waiting().context {
            // Nobody waits in it, or the service is gone: then the thread is on its way.
            let _ = context.cancel();
        }
    }

    pub(super) fn reader(&self) -> Option<CString> {
        self.waiting().reader.clone()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Watch {
    name: ReaderName,
    watcher: Watcher,
    shared: Shared,
    stopped: Receiver<()>,
    told: Option<Presence>,
}

impl Watch {
    pub(super) fn new(
        name: ReaderName,
        watcher: Watcher,
        shared: Shared,
        stopped: Receiver<()>,
    ) -> Self {
        Self {
            name,
            watcher,
            shared,
            stopped,
            told: None,
        }
    }

    /// Watches until told to stop.
    pub(super) fn run(mut self) {
        loop {
            if let Ok(context) = Context::establish(Scope::System) {
                self.shared.waiting().context = Some(context.clone());
                self.watch_service(&context);
                *self.shared.waiting() = Waiting::default();
            }
            self.tell(Presence::Gone(Missing::Service));
            // Nothing is ever sent: the channel closes to stop.
            match self.stopped.recv_timeout(SERVICE_AGAIN) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Watches until the service is gone or told to stop.
    fn watch_service(&mut self, context: &Context) {
        while !self.stopping() {
            let Ok(names) = context.list_readers_owned() else {
                return;
            };
            let chosen = choose(&self.name, &names);
            self.shared.waiting().reader.clone_from(&chosen);
            let watched = match chosen {
                Some(name) => self.watch_reader(context, name),
                None => {
                    self.tell(Presence::Gone(Missing::Reader));
                    let mut states = [readers()];
                    context.get_status_change(READERS_AGAIN, &mut states)
                }
            };
            match watched {
                // The list of readers may have changed, or somebody wants us to stop.
                Ok(())
                | Err(
                    Error::Timeout
                    | Error::Cancelled
                    | Error::UnknownReader
                    | Error::ReaderUnavailable
                    | Error::NoReadersAvailable,
                ) => {}
                Err(_) => return,
            }
        }
    }

    /// Watches one reader until it is gone.
    fn watch_reader(&mut self, context: &Context, name: CString) -> Result<(), Error> {
        let mut states = [ReaderState::new(name, State::UNAWARE), readers()];
        loop {
            match context.get_status_change(READERS_AGAIN, &mut states) {
                Err(Error::Timeout) => return Ok(()),
                waited => waited?,
            }
            let [reader, _] = &states;
            let now = presence(reader);
            if now == Presence::Gone(Missing::Reader) {
                return Ok(());
            }
            self.tell(now);
            states.iter_mut().for_each(ReaderState::sync_current_state);
        }
    }

    fn tell(&mut self, presence: Presence) {
        if self.told != Some(presence) {
            self.told = Some(presence);
            self.watcher.tell(presence);
        }
    }

    fn stopping(&self) -> bool {
        self.stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected)
    }
}

/// What stands for "the list of readers" among the states to wait for.
fn readers() -> ReaderState {
    ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)
}

fn presence(reader: &ReaderState) -> Presence {
    let state = reader.event_state();
    let insertion = Insertion(reader.event_count());
    if state.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
        Presence::Gone(Missing::Reader)
    } else if !state.contains(State::PRESENT) {
        Presence::Empty
    } else if state.contains(State::MUTE) {
        Presence::Mute(insertion)
    } else if state.intersects(TAKEN) {
        Presence::InUse(insertion)
    } else {
        Presence::Card(insertion)
    }
}
