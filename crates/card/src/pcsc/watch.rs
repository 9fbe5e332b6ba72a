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
    /// Which reader that is since the start.
    turn: Turn,
}

/// Tells one reader that is watched from the next, which may count its cards alike.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct Turn(u16);

impl Turn {
    /// The insertion that a reader's count means in this turn. The service counts in 16 bits.
    pub(super) fn insertion(self, count: u32) -> Insertion {
        Insertion((u32::from(self.0) << 16) | (count & 0xffff))
    }
}

impl Shared {
    pub(super) fn cancel(&self) {
        if let Some(context) = &self.waiting().context {
            // Nobody waits in it, or the service is gone: then the thread is on its way.
            let _ = context.cancel();
        }
    }

    pub(super) fn reader(&self) -> Option<(CString, Turn)> {
        let waiting = self.waiting();
        waiting.reader.clone().map(|it| (it, waiting.turn))
    }

    /// From now on cards are taken from this reader.
    fn take_turn(&self, reader: Option<&CString>) -> Turn {
        let mut waiting = self.waiting();
        waiting.reader = reader.cloned();
        waiting.turn = Turn(waiting.turn.0.wrapping_add(1));
        waiting.turn
    }

    /// The service is gone, and its readers with it.
    fn forget(&self) {
        let mut waiting = self.waiting();
        waiting.context = None;
        waiting.reader = None;
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
                self.shared.forget();
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
            let turn = self.turn_to(chosen.as_ref());
            let watched = match chosen {
                Some(name) => self.watch_reader(context, name, turn),
                None => {
                    self.tell(Presence::Gone(Missing::Reader));
                    let mut states = [readers()];
                    context.get_status_change(READERS_AGAIN, &mut states)
                }
            };
            match watched {
                // The list of readers may have changed, or somebody wants us to stop.
                Ok(()) | Err(Error::Timeout | Error::Cancelled) => {}
                // It is gone, and the next may bear its name.
                Err(
                    Error::UnknownReader | Error::ReaderUnavailable | Error::NoReadersAvailable,
                ) => {
                    self.turn_to(None);
                }
                Err(_) => return,
            }
        }
    }

    /// Goes over to a reader. That the one before is gone is told even where another is there at once: what lay on it must not pass for
    /// what lies on the next.
    fn turn_to(&mut self, chosen: Option<&CString>) -> Turn {
        let watched = self.shared.reader();
        if let Some((name, turn)) = watched {
            if Some(&name) == chosen {
                return turn;
            }
            self.tell(Presence::Gone(Missing::Reader));
        }
        self.shared.take_turn(chosen)
    }

    /// Watches one reader until it is gone.
    fn watch_reader(&mut self, context: &Context, name: CString, turn: Turn) -> Result<(), Error> {
        let mut states = [ReaderState::new(name, State::UNAWARE), readers()];
        loop {
            match context.get_status_change(READERS_AGAIN, &mut states) {
                Err(Error::Timeout) => return Ok(()),
                waited => waited?,
            }
            let [reader, _] = &states;
            let now = presence(reader, turn);
            if now == Presence::Gone(Missing::Reader) {
                self.turn_to(None);
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

fn presence(reader: &ReaderState, turn: Turn) -> Presence {
    let state = reader.event_state();
    let insertion = turn.insertion(reader.event_count());
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_card_on_another_reader_is_no_card_of_the_one_before() {
        let (tell, told) = mpsc::channel();
        let watcher = Watcher::new(move |presence| tell.send(presence).unwrap());
        let (_stop, stopped) = mpsc::channel();
        let shared = Shared::default();
        let mut watch = Watch::new(ReaderName::First, watcher, shared.clone(), stopped);
        let [one, other] = [c"Reader 00", c"Reader 01"].map(CString::from);
        let first = watch.turn_to(Some(&one));
        watch.tell(Presence::Card(first.insertion(2)));
        assert_eq!(watch.turn_to(Some(&one)), first);
        // The first is unplugged; the next is there already, with a card and an equal count.
        let second = watch.turn_to(Some(&other));
        watch.tell(Presence::Card(second.insertion(2)));
        assert_eq!(shared.reader(), Some((other, second)));
        assert_ne!(first.insertion(2), second.insertion(2));
        assert_eq!(
            told.try_iter().collect::<Vec<_>>(),
            [
                Presence::Card(first.insertion(2)),
                Presence::Gone(Missing::Reader),
                Presence::Card(second.insertion(2)),
            ]
        );
        // Nor is one on the same reader once the service was away.
        shared.forget();
        assert_ne!(watch.turn_to(Some(&one)).insertion(2), first.insertion(2));
    }
}
