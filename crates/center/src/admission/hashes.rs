//! Turns of slow hashes: few are made at once, and of one facility only some stand in the line for a turn, so that whoever tries passwords at
//! one keeps nobody of another waiting. Hashes nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::admission::facilities::Facility;

/// Slow hashes at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Of one facility, those that are made and those that stand in the line of all.
const OF_FACILITY: usize = 4;

/// The turns.
#[derive(Debug)]
pub(crate) struct Hashes {
    turns: Arc<Semaphore>,
    /// The longest wait behind others of the same facility.
    wait: Duration,
}

/// Who of a facility stands in the line of all, or has a turn.
#[derive(Debug)]
pub(super) struct InLine(Arc<Semaphore>);

impl Default for InLine {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OF_FACILITY)))
    }
}

/// A turn; the next one's when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _turn: OwnedSemaphorePermit,
    /// With the facility: its counts last as long as its hashes, also where its connections are gone.
    _in_line: Option<(OwnedSemaphorePermit, Arc<Facility>)>,
}

impl Hashes {
    pub(crate) fn new(wait: Duration) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            wait,
        }
    }

    /// A turn; none where too many of the facility wait before.
    pub(crate) async fn turn(&self, facility: Option<Arc<Facility>>) -> Option<Turn> {
        let in_line = match facility {
            Some(facility) => {
                let room = Arc::clone(&facility.hashes().0).acquire_owned();
                let room = tokio::time::timeout(self.wait, room).await.ok()?.ok()?;
                Some((room, facility))
            }
            None => None,
        };
        Some(Turn {
            _turn: Arc::clone(&self.turns).acquire_owned().await.ok()?,
            _in_line: in_line,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::sync::Mutex;
    use std::task::{Context, Waker};

    use domain::institution_code::InstitutionCode;

    use crate::admission::facilities::Facilities;

    fn facility(all: &Facilities, number: u64) -> Arc<Facility> {
        all.of(InstitutionCode::parse(&format!("13{number:08}")).unwrap())
    }

    fn waits(turn: &mut (impl Future + Unpin)) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(turn).poll(&mut context).is_pending()
    }

    #[tokio::test]
    async fn whoever_tries_many_passwords_at_one_facility_delays_another_by_a_few() {
        let hashes = Arc::new(Hashes::new(Duration::from_secs(600)));
        let all = Facilities::default();
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(hashes.turn(None).await.unwrap());
        }
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut asking = tokio::task::JoinSet::new();
        for number in [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2] {
            let facility = facility(&all, number);
            let (hashes, order) = (Arc::clone(&hashes), Arc::clone(&order));
            asking.spawn(async move {
                let _turn = hashes.turn(Some(facility)).await.unwrap();
                order.lock().unwrap().push(number);
            });
        }
        // Every one comes as far as it may.
        tokio::task::yield_now().await;
        assert!(order.lock().unwrap().is_empty());
        drop(held);
        asking.join_all().await;
        let order = order.lock().unwrap();
        assert_eq!(order.len(), 11);
        let before = order.iter().position(|it| *it == 2).unwrap();
        assert!(before <= OF_FACILITY, "{order:?}");
    }

    #[tokio::test]
    async fn of_one_facility_so_many_have_room_and_the_next_is_turned_away() {
        let hashes = Hashes::new(Duration::from_millis(1));
        let all = Facilities::default();
        let large = facility(&all, 1);
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(hashes.turn(Some(Arc::clone(&large))).await.unwrap());
        }
        let in_line =
            (AT_ONCE..OF_FACILITY).map(|_| Box::pin(hashes.turn(Some(Arc::clone(&large)))));
        let mut in_line: Vec<_> = in_line.collect();
        assert!(in_line.iter_mut().all(waits));
        assert!(hashes.turn(Some(Arc::clone(&large))).await.is_none());
        let mut other = Box::pin(hashes.turn(Some(facility(&all, 2))));
        assert!(waits(&mut other), "another has room");
        held.clear();
        for turn in in_line {
            held.push(turn.await.unwrap());
        }
        held.clear();
        assert!(other.await.is_some());
        assert!(hashes.turn(Some(large)).await.is_some());
    }
}
