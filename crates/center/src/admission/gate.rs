//! The gate in front of the handlers: so many requests are in progress, so many of each class wait, and whoever finds neither a place nor room
//! to wait is turned away. While nobody of a class or above waits, entering and leaving are a few atomic steps; a lock is taken only when it
//! is crowded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::admission::{WorkClass, fair_share, is_crowded};
use tokio::sync::oneshot;

use crate::admission::facilities::Facility;

/// Classes there are.
const CLASSES: usize = WorkClass::ALL.len();

/// Why work was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shed {
    /// As many of its class wait as may.
    Full,
    /// As many of its facility wait as may.
    Facility,
    /// It waited as long as it may.
    Waited,
}

impl Shed {
    pub(crate) const ALL: [Self; 3] = [Self::Full, Self::Facility, Self::Waited];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Facility => "facility",
            Self::Waited => "waited",
        }
    }
}

/// How much the gate lets in.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Places.
    pub places: usize,
    /// Of them, for one facility.
    pub of_facility: usize,
    /// Requests of each class that may wait.
    pub waiting: usize,
    /// Of them, of one facility.
    pub waiting_of_facility: usize,
    /// The longest wait.
    pub wait: Duration,
}

/// The gate.
#[derive(Debug)]
pub struct Gate {
    bounds: Bounds,
    /// Places that may be taken when a class still begins.
    reach: [usize; CLASSES],
    /// The same of one facility's own.
    reach_of_facility: [usize; CLASSES],
    taken: AtomicUsize,
    taken_by: [AtomicUsize; CLASSES],
    /// Those that wait, also counted in the queues.
    waiting: [AtomicUsize; CLASSES],
    queues: Mutex<Queues>,
    shed: [[AtomicU64; Shed::ALL.len()]; CLASSES],
}

#[derive(Debug, Default)]
struct Queues {
    of: [VecDeque<Waiter>; CLASSES],
    next: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    facility: Option<Arc<Facility>>,
    admit: oneshot::Sender<()>,
}

impl Gate {
    /// One that nobody has entered yet.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let (mut reach, mut reach_of_facility) = ([0; CLASSES], [0; CLASSES]);
        let both = reach.iter_mut().zip(&mut reach_of_facility);
        for ((reach, of_facility), class) in both.zip(WorkClass::ALL) {
            *reach = class.reach(bounds.places);
            *of_facility = class.reach_of_facility(bounds.of_facility);
        }
        Self {
            bounds,
            reach,
            reach_of_facility,
            taken: AtomicUsize::default(),
            taken_by: Default::default(),
            waiting: Default::default(),
            queues: Mutex::default(),
            shed: Default::default(),
        }
    }

    /// A place, where there is one and nobody as urgent waits for it.
    pub fn try_enter(
        self: &Arc<Self>,
        class: WorkClass,
        facility: Option<&Arc<Facility>>,
    ) -> Option<Place> {
        let before = self.waiting.iter().take(class.index() + 1);
        if before.into_iter().any(|it| 0 < it.load(Ordering::SeqCst)) || !self.take(class, facility)
        {
            return None;
        }
        Some(self.place(class, facility.cloned()))
    }

    /// A place, now or after a wait.
    ///
    /// # Errors
    /// Seconds after which to come back.
    pub async fn enter(
        self: &Arc<Self>,
        class: WorkClass,
        facility: Option<Arc<Facility>>,
    ) -> Result<Place, u32> {
        let turned_away = |why| self.turn_away(class, why);
        let waiting = self
            .line_up(class, facility, Bound::Short)
            .map_err(turned_away)?;
        let admitted = tokio::time::timeout(self.bounds.wait, waiting).await;
        admitted.map_err(|_| self.turn_away(class, Shed::Waited))
    }

    /// A place for work of the center's own, however long that takes.
    pub(crate) async fn enter_in_time(self: &Arc<Self>, class: WorkClass) -> Place {
        match self.line_up(class, None, Bound::None) {
            Ok(waiting) => waiting.await,
            // Without bounds nobody is turned away.
            Err(_) => std::future::pending().await,
        }
    }

    /// Requests in progress, of a class.
    pub(crate) fn in_progress(&self, class: WorkClass) -> usize {
        of(&self.taken_by, class).map_or(0, |it| it.load(Ordering::Relaxed))
    }

    /// Requests that wait, of a class.
    pub(crate) fn waiting(&self, class: WorkClass) -> usize {
        of(&self.waiting, class).map_or(0, |it| it.load(Ordering::Relaxed))
    }

    /// Requests turned away since the start.
    pub(crate) fn shed(&self, class: WorkClass, why: Shed) -> u64 {
        let counts = of(&self.shed, class).and_then(|it| it.get(why as usize));
        counts.map_or(0, |it| it.load(Ordering::Relaxed))
    }

    /// Takes a place, without regard to who waits.
    fn take(&self, class: WorkClass, facility: Option<&Arc<Facility>>) -> bool {
        let reach = self.reach.get(class.index()).copied().unwrap_or_default();
        if let Some(facility) = facility
            && !facility.begin(self.share(class, facility))
        {
            return false;
        }
        let more = |taken: usize| (taken < reach).then_some(taken + 1);
        let taken = self
            .taken
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        if taken.is_err() {
            if let Some(facility) = facility {
                facility.end();
            }
            return false;
        }
        if let Some(count) = of(&self.taken_by, class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    /// Places a facility may have now when work of a class begins.
    fn share(&self, class: WorkClass, facility: &Facility) -> usize {
        let most = of(&self.reach_of_facility, class).copied();
        let (most, places) = (most.unwrap_or_default(), self.bounds.places);
        if is_crowded(self.taken.load(Ordering::Relaxed), places) {
            most.min(fair_share(places, facility.busy()))
        } else {
            most
        }
    }

    fn place(self: &Arc<Self>, class: WorkClass, facility: Option<Arc<Facility>>) -> Place {
        Place {
            gate: Arc::clone(self),
            class,
            facility,
        }
    }

    fn line_up(
        self: &Arc<Self>,
        class: WorkClass,
        facility: Option<Arc<Facility>>,
        bound: Bound,
    ) -> Result<Waiting, Shed> {
        let mut queues = self.queues();
        let Queues { of: all, next } = &mut *queues;
        let Some(queue) = all.get_mut(class.index()) else {
            return Err(Shed::Full);
        };
        if bound == Bound::Short {
            if self.bounds.waiting <= queue.len() {
                return Err(Shed::Full);
            }
            let waiting = facility.as_ref().map(|it| it.waiting());
            let own = waiting.map_or(0, |it| it.load(Ordering::Relaxed));
            if self.bounds.waiting_of_facility <= own {
                return Err(Shed::Facility);
            }
        }
        *next += 1;
        let (number, (admit, admitted)) = (*next, oneshot::channel());
        queue.push_back(Waiter {
            number,
            facility: facility.clone(),
            admit,
        });
        self.count_waiting(class, facility.as_deref(), Change::More);
        // A place may have come free since it was looked for, and whoever gave it back saw nobody wait.
        self.admit(&mut queues);
        drop(queues);
        Ok(Waiting {
            gate: Arc::clone(self),
            class,
            facility,
            number,
            admitted: Some(admitted),
        })
    }

    /// Gives free places to those who wait, the most urgent first; within a class to the first whose facility has not its share.
    fn admit(&self, queues: &mut Queues) {
        for (class, queue) in WorkClass::ALL.iter().zip(&mut queues.of) {
            let mut at = 0;
            while let Some(waiter) = queue.get(at) {
                if !self.take(*class, waiter.facility.as_ref()) {
                    let reach = self.reach.get(class.index()).copied().unwrap_or_default();
                    if reach <= self.taken.load(Ordering::SeqCst) {
                        // No place for this class, hence none for those below.
                        return;
                    }
                    at += 1;
                    continue;
                }
                let Some(waiter) = queue.remove(at) else {
                    return;
                };
                self.count_waiting(*class, waiter.facility.as_deref(), Change::Less);
                if waiter.admit.send(()).is_err() {
                    // Nobody is there any more.
                    self.release(*class, waiter.facility.as_deref());
                }
            }
        }
    }

    /// Takes one who gives up out of the queue; false when it has been admitted.
    fn leave(&self, class: WorkClass, number: u64) -> bool {
        let mut queues = self.queues();
        let Some(queue) = queues.of.get_mut(class.index()) else {
            return true;
        };
        let Some(at) = queue.iter().position(|it| it.number == number) else {
            return false;
        };
        if let Some(waiter) = queue.remove(at) {
            self.count_waiting(class, waiter.facility.as_deref(), Change::Less);
        }
        true
    }

    fn count_waiting(&self, class: WorkClass, facility: Option<&Facility>, change: Change) {
        let own = facility.map(Facility::waiting);
        for count in of(&self.waiting, class).into_iter().chain(own) {
            match change {
                Change::More => count.fetch_add(1, Ordering::SeqCst),
                Change::Less => count.fetch_sub(1, Ordering::SeqCst),
            };
        }
    }

    /// Gives a place back, and says nothing to those who wait.
    fn release(&self, class: WorkClass, facility: Option<&Facility>) {
        if let Some(count) = of(&self.taken_by, class) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(facility) = facility {
            facility.end();
        }
        self.taken.fetch_sub(1, Ordering::SeqCst);
    }

    /// Counts one who is turned away; seconds after which to come back.
    pub(crate) fn turn_away(&self, class: WorkClass, why: Shed) -> u32 {
        let count = of(&self.shed, class).and_then(|it| it.get(why as usize));
        let before = count.map_or(0, |it| it.fetch_add(1, Ordering::Relaxed));
        let first = class.again_after_s();
        // One after the other, so that they spread evenly over as long again.
        first + u32::try_from(before % (u64::from(first) + 1)).unwrap_or_default()
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether one who waits counts against the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Short,
    None,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    More,
    Less,
}

fn of<T>(counts: &[T; CLASSES], class: WorkClass) -> Option<&T> {
    counts.get(class.index())
}

/// A place among what is in progress; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    gate: Arc<Gate>,
    class: WorkClass,
    facility: Option<Arc<Facility>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let gate = &self.gate;
        gate.release(self.class, self.facility.as_deref());
        // After the place is free: whoever lines up counts itself before it looks for one, so one of the two sees the other.
        let taken = gate.taken.load(Ordering::SeqCst);
        let mut classes = gate.waiting.iter().zip(gate.reach);
        if classes.any(|(waiting, reach)| 0 < waiting.load(Ordering::SeqCst) && taken < reach) {
            gate.admit(&mut gate.queues());
        }
    }
}

/// One who waits: ends with a place, and leaves the queue when it is dropped.
struct Waiting {
    gate: Arc<Gate>,
    class: WorkClass,
    facility: Option<Arc<Facility>>,
    number: u64,
    admitted: Option<oneshot::Receiver<()>>,
}

impl Future for Waiting {
    type Output = Place;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Place> {
        let Some(admitted) = &mut self.admitted else {
            return std::task::Poll::Pending;
        };
        match std::pin::Pin::new(admitted).poll(context) {
            std::task::Poll::Ready(Ok(())) => {
                self.admitted = None;
                let facility = self.facility.clone();
                std::task::Poll::Ready(self.gate.place(self.class, facility))
            }
            // The sender lies in the queue as long as this waits.
            std::task::Poll::Ready(Err(_)) | std::task::Poll::Pending => std::task::Poll::Pending,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(mut admitted) = self.admitted.take() else {
            return;
        };
        if self.gate.leave(self.class, self.number) {
            return;
        }
        // Admitted, and not told yet: the place goes to the next.
        if admitted.try_recv().is_ok() {
            drop(self.gate.place(self.class, self.facility.take()));
        }
    }
}

#[cfg(test)]
mod tests;
