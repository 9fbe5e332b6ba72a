//! Who gets in, who waits, who is turned away, and in which order; by counting, never by the clock.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use domain::institution_code::InstitutionCode;

use super::*;
use crate::admission::facilities::Facilities;
use crate::config::capacity::Capacity;
use crate::serve::bounds;

use WorkClass::{Bulk, CardCheck, Check, Pages, SignIn};

fn gate(places: usize, waiting: usize) -> Arc<Gate> {
    Arc::new(Gate::new(Bounds {
        places,
        of_facility: places,
        waiting,
        waiting_of_facility: waiting,
        // Where it passes at all: nobody gives a place back then.
        wait: Duration::from_millis(1),
    }))
}

fn facility(all: &Facilities, number: u64) -> Arc<Facility> {
    all.of(InstitutionCode::parse(&format!("13{number:08}")).unwrap())
}

/// Takes so many places.
fn taken(gate: &Arc<Gate>, class: WorkClass, count: usize) -> Vec<Place> {
    let places = (0..count).map(|_| gate.try_enter(class, None).unwrap());
    places.collect()
}

fn lined_up(gate: &Arc<Gate>, class: WorkClass, facility: Option<Arc<Facility>>) -> Waiting {
    gate.line_up(class, facility, Bound::Short).unwrap()
}

/// Whether one who waits has a place by now.
fn poll(waiting: &mut Waiting) -> Option<Place> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(waiting).poll(&mut context) {
        std::task::Poll::Ready(place) => Some(place),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn as_it_fills_up_the_least_urgent_is_kept_out_first() {
    let gate = gate(100, 0);
    let mut held = Vec::new();
    for (free, kept_out) in [
        (25, vec![Bulk]),
        (50, vec![Bulk, Pages]),
        (75, vec![Bulk, Pages, SignIn]),
        (90, vec![Bulk, Pages, SignIn, Check]),
        (100, vec![Bulk, Pages, SignIn, Check, CardCheck]),
    ] {
        held.extend(taken(&gate, CardCheck, free - held.len()));
        for class in [CardCheck, Check, SignIn, Pages, Bulk] {
            let is_in = gate.try_enter(class, None).is_some();
            assert_eq!(is_in, !kept_out.contains(&class), "{class:?} at {free}");
        }
    }
    drop(held);
    assert!(gate.try_enter(Bulk, None).is_some());
    assert_eq!(gate.taken.load(Ordering::SeqCst), 0);
}

#[test]
fn a_place_that_comes_free_goes_to_the_most_urgent_who_waits_and_then_to_the_first() {
    let gate = gate(1, 8);
    let mut held = taken(&gate, Check, 1);
    let classes = [Bulk, Pages, CardCheck, SignIn, CardCheck, Check];
    let mut waiting: Vec<_> = classes
        .iter()
        .map(|class| lined_up(&gate, *class, None))
        .collect();
    let mut order = Vec::new();
    for _ in classes {
        held.clear();
        let admitted: Vec<_> = waiting.iter_mut().map(poll).collect();
        let at = admitted.iter().position(Option::is_some).unwrap();
        held.extend(admitted.into_iter().flatten());
        assert_eq!(held.len(), 1, "one place, one in");
        order.push(at);
    }
    assert_eq!(order, [2, 4, 5, 3, 1, 0]);
}

#[test]
fn nobody_passes_one_who_waits_for_as_urgent_work() {
    let gate = gate(1, 8);
    let held = taken(&gate, Check, 1);
    let mut first = lined_up(&gate, Check, None);
    drop(held);
    // The place is the waiter's, even before it looks.
    assert!(gate.try_enter(Check, None).is_none());
    assert!(gate.try_enter(CardCheck, None).is_none());
    let place = poll(&mut first).unwrap();
    drop(place);
    assert!(gate.try_enter(Check, None).is_some());
}

#[test]
fn one_who_gives_up_leaves_nothing_behind() {
    let gate = gate(1, 8);
    let held = taken(&gate, Check, 1);
    drop(lined_up(&gate, Check, None));
    assert_eq!(gate.waiting(Check), 0);
    let admitted = lined_up(&gate, Check, None);
    drop(held);
    // Admitted in the same moment in which it gives up: the place goes on.
    let mut next = lined_up(&gate, Check, None);
    assert!(poll(&mut next).is_none());
    drop(admitted);
    assert!(poll(&mut next).is_some());
    drop(next);
    assert_eq!(
        (gate.taken.load(Ordering::SeqCst), gate.waiting(Check)),
        (0, 0)
    );
}

#[test]
fn queues_are_bounded_for_each_class_and_each_facility() {
    let gate = Arc::new(Gate::new(Bounds {
        places: 1,
        of_facility: 1,
        waiting: 3,
        waiting_of_facility: 2,
        wait: Duration::from_secs(2),
    }));
    let all = Facilities::default();
    let (one, other) = (facility(&all, 1), facility(&all, 2));
    let _held = taken(&gate, CardCheck, 1);
    let mut waiting = Vec::new();
    let mut line_up = |who: &Arc<Facility>| {
        let lined = gate.line_up(Check, Some(Arc::clone(who)), Bound::Short);
        lined.map(|it| waiting.push(it)).err()
    };
    assert_eq!([line_up(&one), line_up(&one)], [None, None]);
    assert_eq!(line_up(&one), Some(Shed::Facility));
    assert_eq!(line_up(&other), None);
    assert_eq!(line_up(&other), Some(Shed::Full));
    assert!(gate.line_up(CardCheck, Some(other), Bound::Short).is_ok());
    assert_eq!(gate.waiting(Check), 3, "a million more would be as many");
}

#[test]
fn when_it_is_crowded_facilities_share_evenly_and_when_it_is_not_one_may_have_more() {
    let gate = gate(16, 8);
    let all = Facilities::default();
    let (large, small) = (facility(&all, 1), facility(&all, 2));
    let enter = |who: &Arc<Facility>| gate.try_enter(CardCheck, Some(who));
    let large_holds: Vec<_> = (0..10).map(|_| enter(&large).unwrap()).collect();
    let small_holds: Vec<_> = (0..3).map(|_| enter(&small).unwrap()).collect();
    assert!(
        enter(&large).is_none(),
        "ten of sixteen, and another is there"
    );
    assert_eq!(large.in_progress(), 10);
    let mut next_of_large = lined_up(&gate, CardCheck, Some(Arc::clone(&large)));
    let next_of_small = gate.line_up(CardCheck, Some(Arc::clone(&small)), Bound::Short);
    let mut next_of_small = next_of_small.unwrap();
    assert!(poll(&mut next_of_large).is_none());
    let small_has_four = poll(&mut next_of_small);
    assert!(
        small_has_four.is_some(),
        "it passes the one that has its share"
    );
    // Alone again, the large one may have all.
    drop((small_holds, small_has_four));
    assert!(poll(&mut next_of_large).is_some());
    drop(large_holds);
}

#[test]
fn one_facility_with_all_it_may_have_shuts_no_class_for_others() {
    let classes = [CardCheck, Check, SignIn, Pages, Bulk];
    for (places, filled) in [20, 32, 128, 200, 512, 4_096]
        .into_iter()
        .flat_map(|places| classes.map(|filled| (places, filled)))
    {
        let capacity = Capacity {
            in_progress: NonZeroU32::new(places).unwrap(),
            ..Capacity::default()
        };
        let gate = Arc::new(Gate::new(bounds(&capacity, capacity.in_progress)));
        let all = Facilities::default();
        let (large, small) = (facility(&all, 1), facility(&all, 2));
        let held: Vec<_> = std::iter::from_fn(|| gate.try_enter(filled, Some(&large))).collect();
        for class in classes {
            let is_in = gate.try_enter(class, Some(&small)).is_some();
            let held = held.len();
            assert!(is_in, "{class:?} beside {held} of {filled:?} of {places}");
        }
        let own_check = gate.try_enter(CardCheck, Some(&large)).is_some();
        assert_eq!(own_check, CardCheck < filled, "its own beside {filled:?}");
    }
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_when_to_come_back_and_not_all_at_once() {
    let gate = gate(1, 64);
    let _held = taken(&gate, CardCheck, 1);
    let mut told = Vec::new();
    for _ in 0..31 {
        told.push(gate.enter(Bulk, None).await.unwrap_err());
    }
    assert!(told.iter().all(|it| (30..=60).contains(it)), "{told:?}");
    let different: BTreeSet<_> = told.iter().collect();
    assert_eq!(different.len(), 31);
    assert_eq!(gate.shed(Bulk, Shed::Waited), 31);
    assert_eq!((gate.waiting(Bulk), gate.in_progress(CardCheck)), (0, 1));
}

#[tokio::test]
async fn the_centers_own_work_waits_behind_everybody_without_a_limit() {
    let gate = gate(4, 0);
    let held = taken(&gate, Check, 1);
    let patient = Arc::clone(&gate);
    let own = tokio::spawn(async move { patient.enter_in_time(Bulk).await.class });
    while gate.waiting(Bulk) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(gate.try_enter(Check, None).is_some(), "others pass it");
    drop(held);
    assert_eq!(own.await.unwrap(), Bulk);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_they_come_and_go_every_place_is_given_back_and_nobody_waits_in_vain() {
    let gate = gate(3, 1_000);
    let all = Facilities::default();
    let mut tasks = Vec::new();
    for number in 0..300_u64 {
        let (gate, facility) = (Arc::clone(&gate), facility(&all, number % 7));
        let class = WorkClass::ALL[usize::try_from(number % 5).unwrap()];
        tasks.push(tokio::spawn(async move {
            for turn in 0..20 {
                let mut waiting = match gate.try_enter(class, Some(&facility)) {
                    Some(place) => {
                        tokio::task::yield_now().await;
                        drop(place);
                        continue;
                    }
                    None => lined_up(&gate, class, Some(Arc::clone(&facility))),
                };
                if (number + turn) % 3 == 0 {
                    // Gives up, admitted or not.
                    let _ = poll(&mut waiting);
                    continue;
                }
                drop(waiting.await);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(gate.taken.load(Ordering::SeqCst), 0);
    for class in WorkClass::ALL {
        assert_eq!((gate.in_progress(*class), gate.waiting(*class)), (0, 0));
    }
    assert_eq!(facility(&all, 1).busy(), 0);
}
