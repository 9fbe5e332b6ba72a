//! Which work is traced, and what its trace holds.

use std::sync::mpsc::{Receiver, channel};
use std::task::{Context, Poll, Waker};

use super::*;
use crate::{carried, during, handed_over, within};

const REQUEST: Work = Work::Request(Request {
    method: "POST",
    route: "/v1/checks",
    class: "check",
    status: None,
});

fn tracer(share: f64, parents: Parents) -> (Tracer, Receiver<Trace>) {
    let (sender, traces) = channel();
    let sink = move |trace| sender.send(trace).unwrap();
    let ratio = Ratio::new(share).unwrap();
    let tracer = Tracer::new(ratio, parents, [7; 16], Box::new(sink));
    (tracer, traces)
}

/// Runs what never waits for another task.
fn finished<F: Future>(work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits");
    };
    done
}

fn names(trace: &Trace) -> Vec<&'static str> {
    trace.stages.iter().map(|it| it.stage.name()).collect()
}

#[test]
fn a_trace_holds_its_stages_in_the_order_they_ended_and_those_of_other_threads() {
    let (tracer, traces) = tracer(1.0, Parents::PassedOver);
    let growing = tracer.begin(|| REQUEST, None, || 1_000_000).unwrap();
    finished(growing.along(async {
        within(Stage::LookUp, async {}).await;
        during(Stage::Sign, || ());
        let (handed, goes_on) = (handed_over(), carried());
        let other = std::thread::spawn(move || {
            handed.begun().ended();
            goes_on.during(|| during(Stage::CardProof, || ()));
        });
        other.join().unwrap();
    }));
    growing.answered(200);
    let trace = traces.recv().unwrap();
    let expected = [
        "store.look_up",
        "receipt.sign",
        "store.wait",
        "store.commit",
        "card.prove",
    ];
    assert_eq!(names(&trace), expected);
    assert!(trace.stages.iter().all(|it| it.from_ns <= it.until_ns));
    assert!(trace.stages.iter().all(|it| it.until_ns <= trace.took_ns));
    let Work::Request(request) = trace.work else {
        panic!("a request");
    };
    assert_eq!(request.status, Some(200));
}

#[test]
fn what_runs_outside_of_a_trace_belongs_to_none() {
    let (tracer, traces) = tracer(1.0, Parents::PassedOver);
    let growing = tracer.begin(|| REQUEST, None, || 0).unwrap();
    during(Stage::Sign, || ());
    finished(growing.along(async {}));
    during(Stage::Sign, || ());
    drop(growing);
    let trace = traces.recv().unwrap();
    assert_eq!(names(&trace), [""; 0]);
}

#[test]
fn work_that_is_given_up_is_told_of_without_a_status() {
    let (tracer, traces) = tracer(1.0, Parents::PassedOver);
    let growing = tracer.begin(|| REQUEST, None, || 0).unwrap();
    {
        let work =
            std::pin::pin!(growing.along(within(Stage::LookUp, std::future::pending::<()>())));
        let polled = work.poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    drop(growing);
    assert_eq!(traces.recv().unwrap().work, REQUEST);
    during(Stage::Sign, || ());
}

#[test]
fn stages_beyond_those_kept_are_counted() {
    let (tracer, traces) = tracer(1.0, Parents::PassedOver);
    let growing = tracer.begin(|| Work::BulkPart, None, || 0).unwrap();
    finished(growing.along(async {
        for _ in 0..MOST_STAGES + 3 {
            during(Stage::Sign, || ());
        }
    }));
    drop(growing);
    let trace = traces.recv().unwrap();
    assert_eq!((trace.spans(), trace.lost()), (1 + MOST_STAGES, 3));
}

#[test]
fn a_share_of_the_work_is_traced_by_its_number_alone() {
    let half = Ratio::new(0.5).unwrap();
    let number = |bits: u64| (u128::from(u64::MAX) << 64) | u128::from(bits);
    assert!(half.takes(number(1 << 55)) && !half.takes(number((1 << 55) - 1)));
    assert!(!half.takes(number(0xff << 56)), "the last 56 bits count");
    let (all, none) = (Ratio::new(1.0).unwrap(), Ratio::new(0.0).unwrap());
    assert!(all.takes(0) && !all.is_none());
    assert!(none.is_none() && !none.takes(u128::MAX));
    for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(Ratio::new(share), None, "{share}");
    }
}

#[test]
fn a_caller_decides_only_where_callers_are_heard() {
    let parent = |is_sampled| {
        Some(Parent {
            trace: 5,
            span: 6,
            is_sampled,
        })
    };
    let (heard, traces) = tracer(0.0, Parents::Heard);
    assert!(!heard.is_idle());
    drop(heard.begin(|| REQUEST, parent(true), || 0).unwrap());
    let trace = traces.recv().unwrap();
    assert_eq!((trace.trace, trace.parent), (5, Some(6)));
    assert!(heard.begin(|| REQUEST, parent(false), || 0).is_none());
    assert!(heard.begin(|| REQUEST, None, || 0).is_none());
    let (passed_over, traces) = tracer(1.0, Parents::PassedOver);
    drop(passed_over.begin(|| REQUEST, parent(false), || 0).unwrap());
    let trace = traces.recv().unwrap();
    assert_eq!(trace.parent, None);
    assert_ne!(trace.trace, 5);
}

#[test]
fn nothing_is_asked_for_where_nothing_is_traced() {
    let ratio = Ratio::new(0.0).unwrap();
    let sink = |_| panic!("a trace");
    let tracer = Tracer::new(ratio, Parents::PassedOver, [7; 16], Box::new(sink));
    assert!(tracer.is_idle());
    let begun = tracer.begin(|| REQUEST, None, || panic!("the clock was read"));
    assert!(begun.is_none());
}

#[test]
fn no_two_traces_have_one_number_and_a_share_of_them_is_that_share() {
    let (one, other) = (Numbers::new([1; 16]), Numbers::new([2; 16]));
    let draws: Vec<(u128, u64)> = (0..10_000).map(|_| one.draw()).collect();
    let mut all: std::collections::BTreeSet<u128> = draws.iter().map(|it| it.0).collect();
    let spans: std::collections::BTreeSet<u64> = draws.iter().map(|it| it.1).collect();
    assert_eq!((all.len(), spans.len()), (10_000, 10_000));
    let tenth = Ratio::new(0.1).unwrap();
    let taken = draws.iter().filter(|it| tenth.takes(it.0)).count();
    assert!((900..1_100).contains(&taken), "{taken}");
    all.extend((0..10_000).map(|_| other.draw().0));
    assert_eq!(all.len(), 20_000);
}
