//! The place on a reader where one card at a time lies. It carries out faults; whoever speaks to the card sees what a reader would.

use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::apdu::Command;
use crate::application::Secret;
use crate::card::Card;
use crate::fault::{Fault, Misbehaviour, Plan};
use crate::status::Status;

/// Counts placings and removals, so that nobody speaks to a card that lay there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement(u64);

/// A place for one card.
#[derive(Default)]
pub struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lying: Option<Card>,
    /// The card that lay there last.
    beside: Option<Card>,
    placements: u64,
    plan: Plan,
    /// Counts clearings, which end a mute card's silence.
    clearings: u64,
    line: Option<TcpStream>,
    /// Commands answered since the card was laid there.
    commands: u64,
    power: Power,
}

/// Whether a reader has switched the card on since it was laid there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Power {
    /// It has not.
    #[default]
    Off,
    /// It has.
    On,
}

/// What a slot tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whether a card lies there.
    pub lying: bool,
    /// Whether a reader switched it on.
    pub power: Power,
    /// Commands since it was laid there.
    pub commands: u64,
    /// Tries left of the authentication PIN of the card there or beside it.
    pub tries: Option<u8>,
}

/// There is no card to do this with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no card was placed yet")]
pub struct NoCard;

impl Slot {
    /// Lays a card there; one that lay there is gone for good.
    pub fn place(&self, card: Card) {
        let mut state = self.lock();
        state.take_off();
        state.lay(card);
        self.changed.notify_all();
    }

    /// Takes the card away; it can be laid back.
    pub fn remove(&self) {
        self.lock().take_off();
        self.changed.notify_all();
    }

    /// Lays the card back that was taken away.
    ///
    /// # Errors
    /// [`NoCard`].
    pub fn insert(&self) -> Result<(), NoCard> {
        let mut state = self.lock();
        if state.lying.is_some() {
            return Ok(());
        }
        let card = state.beside.take().ok_or(NoCard)?;
        state.lay(card);
        self.changed.notify_all();
        Ok(())
    }

    /// Plans a fault.
    pub fn plan(&self, fault: Fault) {
        self.lock().plan.add(fault);
    }

    /// Forgets planned faults and ends a mute card's silence.
    pub fn clear(&self) {
        let mut state = self.lock();
        state.plan.clear();
        state.clearings += 1;
        self.changed.notify_all();
    }

    /// Does something to the card, wherever it is.
    ///
    /// # Errors
    /// [`NoCard`].
    pub fn change<T>(&self, deed: impl FnOnce(&mut Card) -> T) -> Result<T, NoCard> {
        let mut state = self.lock();
        let State { lying, beside, .. } = &mut *state;
        Ok(deed(lying.as_mut().or(beside.as_mut()).ok_or(NoCard)?))
    }

    /// What there is to tell.
    #[must_use]
    pub fn report(&self) -> Report {
        let state = self.lock();
        let card = state.lying.as_ref().or(state.beside.as_ref());
        Report {
            lying: state.lying.is_some(),
            power: state.power,
            commands: state.commands,
            tries: card.map(|it| it.tries_left(Secret::Authentication)),
        }
    }

    /// Sends a command to the card of a placement. None: it is not there any more.
    pub fn transmit(&self, placement: Placement, apdu: &[u8]) -> Option<Vec<u8>> {
        let mut state = self.at(placement)?;
        state.commands += 1;
        let answer = match state.plan.due(apdu) {
            None => state.lying.as_mut()?.transmit(apdu),
            Some(Misbehaviour::Answer(status)) => status.0.to_be_bytes().to_vec(),
            Some(Misbehaviour::Remove) => {
                state.take_off();
                self.changed.notify_all();
                return None;
            }
            Some(Misbehaviour::Mute(duration)) => {
                let mut state = self.stay_mute(state, placement, duration)?;
                state.lying.as_mut()?.transmit(apdu)
            }
        };
        log(apdu, &answer);
        Some(answer)
    }

    /// Cuts or restores the card's power.
    pub fn reset(&self, placement: Placement) -> Option<()> {
        self.at(placement)?.lying.as_mut()?.reset();
        Some(())
    }

    /// A reader switched the card on.
    pub(crate) fn switched_on(&self, placement: Placement) -> Option<()> {
        self.at(placement)?.power = Power::On;
        self.changed.notify_all();
        Some(())
    }

    /// Waits until a reader has switched on the card that lies there, but no longer than so.
    pub(crate) fn wait_for_power(&self, longest: Duration) {
        let off = |state: &mut State| state.lying.is_some() && state.power == Power::Off;
        let waited = self.changed.wait_timeout_while(self.lock(), longest, off);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Answer to reset of the card of a placement.
    #[must_use]
    pub fn answer_to_reset(&self, placement: Placement) -> Option<Vec<u8>> {
        let state = self.at(placement)?;
        Some(state.lying.as_ref()?.answer_to_reset().to_vec())
    }

    /// Waits until a card lies there.
    pub(crate) fn wait_for_card(&self) -> Placement {
        let state = self.lock();
        let empty = |state: &mut State| state.lying.is_none();
        let waited = self.changed.wait_while(state, empty);
        Placement(waited.unwrap_or_else(PoisonError::into_inner).placements)
    }

    /// Waits so long, or until the card of the placement is gone. Tells whether it is still there.
    pub(crate) fn lies_after(&self, placement: Placement, wait: Duration) -> bool {
        let state = self.lock();
        let there = |state: &mut State| state.is(placement);
        let waited = self.changed.wait_timeout_while(state, wait, there);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        there(&mut state)
    }

    /// Keeps the line to the reader, to hang up when the card is removed. None: it is gone already.
    pub(crate) fn keep_line(&self, placement: Placement, line: TcpStream) -> Option<()> {
        self.at(placement)?.line = Some(line);
        Some(())
    }

    fn at(&self, placement: Placement) -> Option<MutexGuard<'_, State>> {
        let state = self.lock();
        state.is(placement).then_some(state)
    }

    /// None: the card was taken away meanwhile.
    fn stay_mute<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        placement: Placement,
        duration: Option<Duration>,
    ) -> Option<MutexGuard<'a, State>> {
        let clearings = state.clearings;
        let start = Instant::now();
        while state.is(placement) && state.clearings == clearings {
            state = match duration {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(duration) => {
                    let Some(left) = duration.checked_sub(start.elapsed()) else {
                        break;
                    };
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.is(placement).then_some(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is(&self, placement: Placement) -> bool {
        self.lying.is_some() && self.placements == placement.0
    }

    fn lay(&mut self, card: Card) {
        self.lying = Some(card);
        self.placements += 1;
        self.commands = 0;
        self.power = Power::Off;
    }

    fn take_off(&mut self) {
        if let Some(mut card) = self.lying.take() {
            card.reset();
            self.beside = Some(card);
            self.placements += 1;
        }
        if let Some(line) = self.line.take() {
            // Our half only: the reader hangs up its own when it notices. It has already if this fails.
            let _ = line.shutdown(Shutdown::Write);
        }
    }
}

/// Header, length and status word alone: data of VERIFY are a PIN, answers are personal.
fn log(apdu: &[u8], answer: &[u8]) {
    let status = answer
        .last_chunk::<2>()
        .map(|it| Status(u16::from_be_bytes(*it)));
    match Command::parse(apdu) {
        Ok(command) => tracing::debug!(?command, ?status, "command answered"),
        Err(_) => tracing::debug!(?status, "unreadable command answered"),
    }
}
