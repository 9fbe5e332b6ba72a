//! A center that is restarted again and again while clinics ask: it ends after what is in progress, clients come back, and no check fails.

use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::{Acknowledged, Asker, News};
use crate::running::Clinic;

/// Clients at once.
const CLIENTS: usize = 12;

/// Checks of each.
const CHECKS: usize = 120;

/// Restarts while they ask.
const RESTARTS: usize = 5;

#[test]
fn restarts_under_load_fail_no_check_and_cut_no_connection() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (up, seen_up) = watch::channel(true);
    let (news, heard) = channel();
    let asker = runtime.block_on(Asker::sign_in(&clinic, seen_up));
    for _ in 0..CLIENTS {
        // An answer that is no check, such as a refusal, fails the client and with it the test.
        runtime.spawn(asker.clone().ask(CHECKS, news.clone()));
    }
    drop(news);
    let mut acknowledged: Vec<Acknowledged> = Vec::new();
    let mut until = |enough: usize| {
        while acknowledged.len() < enough {
            match heard.recv_timeout(Duration::from_secs(120)).unwrap() {
                News::Acknowledged(answer) => acknowledged.push(answer),
                News::Collected(name) => panic!("{name}"),
            }
        }
    };
    for restart in 1..=RESTARTS {
        until(CLIENTS * CHECKS * restart / (RESTARTS + 1));
        // Nobody is told: who asks meanwhile finds the door closed and comes back.
        clinic.center.take().unwrap().end();
        up.send_replace(false);
        let drained = std::fs::read(clinic.path("center/last-drain.json")).unwrap();
        let drained: Value = serde_json::from_slice(&drained).unwrap();
        assert_eq!(drained["cut"], 0, "{drained}");
        // A client on a slow machine may have opened another connection while its first waits to be closed.
        let most = 2 * CLIENTS as u64 + 1;
        assert!(drained["open"].as_u64().unwrap() <= most, "{drained}");
        clinic.start_center();
        up.send_replace(true);
    }
    until(CLIENTS * CHECKS);
    assert_eq!(heard.recv().ok().map(|_| ()), None, "no client failed");
    clinic.center.take().unwrap().end();
    let report = clinic.audit();
    assert_eq!(report["whole"], true, "{report}");
    assert_eq!(report["checks"], CLIENTS * CHECKS, "one record for each");
}
