//! A reader in memory, for tests and for cards that are programs: a tray on which a card is laid, taken away, unplugged.
//! Real cards never pass here.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::reader::{Insertion, LinkError, Missing, Presence, Reader, Watcher};

/// A card as a function: it answers a command, or `None` when it is taken away in this very moment.
pub type MemoryCard = Box<dyn FnMut(Signal<'_>) -> Option<Vec<u8>> + Send>;

/// What reaches the card.
#[derive(Debug)]
pub enum Signal<'a> {
    /// It is powered up or reset, and forgets what it verified. The answer is not looked at.
    Reset,
    /// A command.
    Command(&'a [u8]),
}

/// The reader, to be given to a desk.
pub struct MemoryReader {
    tray: Tray,
    /// The insertion this program has taken.
    taken: Option<Insertion>,
}

/// The hand that lays cards on the reader and takes them away. Clones are the same tray.
#[derive(Clone)]
pub struct Tray(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    card: Option<MemoryCard>,
    insertion: Insertion,
    missing: Option<Missing>,
    /// Another program uses the card.
    in_use: bool,
    watcher: Option<Watcher>,
}

impl Tray {
    /// An empty tray and its reader.
    #[must_use]
    pub fn new() -> (Self, MemoryReader) {
        let tray = Self(Arc::new(Shared {
            state: Mutex::new(State {
                card: None,
                insertion: Insertion(0),
                missing: None,
                in_use: false,
                watcher: None,
            }),
            changed: Condvar::new(),
        }));
        let reader = MemoryReader {
            tray: tray.clone(),
            taken: None,
        };
        (tray, reader)
    }

    /// Lays a card on the reader; one that lies there is taken away first.
    pub fn place(&self, card: MemoryCard) {
        self.remove();
        self.change(|state| {
            let mut card = card;
            card(Signal::Reset);
            state.card = Some(card);
            state.insertion.0 += 1;
        });
    }

    /// Takes the card away.
    pub fn remove(&self) {
        self.change(|state| {
            if state.card.take().is_some() {
                state.insertion.0 += 1;
            }
        });
    }

    /// Pulls the reader's plug, or stops the service; the card is off the reader then.
    pub fn lose(&self, missing: Missing) {
        self.remove();
        self.change(|state| state.missing = Some(missing));
    }

    /// Plugs it in again.
    pub fn bring_back(&self) {
        self.change(|state| state.missing = None);
    }

    /// Lets another program use the card, or stop to.
    pub fn use_elsewhere(&self, in_use: bool) {
        self.change(|state| state.in_use = in_use);
    }

    fn change(&self, with: impl FnOnce(&mut State)) {
        let mut state = self.state();
        let before = state.presence();
        with(&mut state);
        state.tell_unless(before);
        self.0.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it held the tray fails by itself.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl core::fmt::Debug for Tray {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Tray({:?})", self.state().presence())
    }
}

impl core::fmt::Debug for MemoryReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MemoryReader({:?})", self.tray)
    }
}

impl State {
    fn presence(&self) -> Presence {
        match (self.missing, &self.card) {
            (Some(missing), _) => Presence::Gone(missing),
            (None, None) => Presence::Empty,
            (None, Some(_)) if self.in_use => Presence::InUse(self.insertion),
            (None, Some(_)) => Presence::Card(self.insertion),
        }
    }

    fn tell_unless(&self, before: Presence) {
        let now = self.presence();
        if let Some(watcher) = self.watcher.as_ref().filter(|_| now != before) {
            watcher.tell(now);
        }
    }
}

impl Reader for MemoryReader {
    fn watch(&mut self, watcher: Watcher) {
        let mut state = self.tray.state();
        watcher.tell(state.presence());
        state.watcher = Some(watcher);
    }

    fn open(&mut self) -> Result<Insertion, LinkError> {
        let mut state = self.tray.state();
        match state.presence() {
            Presence::Gone(Missing::Reader) => Err(LinkError::ReaderGone),
            Presence::Gone(Missing::Service) => Err(LinkError::NoService),
            Presence::InUse(_) => Err(LinkError::Busy),
            Presence::Empty | Presence::Mute(_) => Err(LinkError::Removed),
            Presence::Card(insertion) => {
                if let Some(card) = &mut state.card {
                    card(Signal::Reset);
                }
                self.taken = Some(insertion);
                Ok(insertion)
            }
        }
    }

    fn wait_until_free(&mut self, longest: Duration) {
        let in_use = |state: &mut State| matches!(state.presence(), Presence::InUse(_));
        let shared = &self.tray.0;
        // What is true afterwards is found out by who asks again.
        drop(
            shared
                .changed
                .wait_timeout_while(self.tray.state(), longest, in_use),
        );
    }

    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, LinkError> {
        let mut state = self.tray.state();
        match state.missing {
            Some(Missing::Reader) => return Err(LinkError::ReaderGone),
            Some(Missing::Service) => return Err(LinkError::NoService),
            None => {}
        }
        let same = self.taken == Some(state.insertion);
        let Some(card) = state.card.as_mut().filter(|_| same) else {
            return Err(LinkError::Removed);
        };
        if let Some(answer) = card(Signal::Command(command)) {
            return Ok(answer);
        }
        let before = state.presence();
        state.card = None;
        state.insertion.0 += 1;
        state.tell_unless(before);
        Err(LinkError::Removed)
    }

    fn close(&mut self) {
        let Some(taken) = self.taken.take() else {
            return;
        };
        let mut state = self.tray.state();
        let same = state.insertion == taken;
        if let Some(card) = state.card.as_mut().filter(|_| same) {
            card(Signal::Reset);
        }
    }
}
