//! The gateway killed at random moments while patients check in at a reader: every result reaches the face folder once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use exchange::file_name::is_face_result;

use super::Chance;
use crate::card_reader::Reader;
use crate::running::{Clinic, wait_until};
use crate::turned_clock::right_clock;

/// Checks at the reader, and kills of the gateway during them.
const CHECKS: usize = 120;
const KILLS: usize = 20;

/// How often each name was in the folder.
type Taken = Arc<Mutex<BTreeMap<String, usize>>>;

/// A receipt computer: takes what it finds, whole, until it is told to stop.
fn take(clinic: &Clinic, taken: &Taken, stop: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let (folder, taken, stop) = (clinic.path("face"), Arc::clone(taken), Arc::clone(stop));
    std::thread::spawn(move || {
        while !stop.load(Ordering::SeqCst) {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(text.ends_with("</XmlMsg>\n"), "it is whole");
                std::fs::remove_file(&path).unwrap();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                *taken.lock().unwrap().entry(name).or_insert(0) += 1;
            }
            std::thread::yield_now();
        }
    })
}

/// How often the result of a check came.
fn came(taken: &Taken, check: &str) -> usize {
    let digits = check.replace('-', "");
    let taken = taken.lock().unwrap();
    let of_it = taken
        .iter()
        .filter(|(name, _)| name.contains(&digits[12..]));
    of_it.map(|(_, count)| *count).sum()
}

#[test]
fn kills_while_patients_check_in_lose_no_result_and_deliver_none_twice() {
    let mut chance = Chance::new();
    let mut clinic = Clinic::start();
    clinic.trust_cards();
    clinic.enrol();
    clinic.set_up_gateway();
    clinic.deliver_faces();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reader = runtime.block_on(Reader::sign_in(&clinic, right_clock()));
    let (taken, stop) = (Taken::default(), Arc::new(AtomicBool::new(false)));
    let receipt_computer = take(&clinic, &taken, &stop);
    let mut gateway = Some(clinic.start_gateway());
    // A gateway set up anew begins with what happens from then on.
    wait_until("the first result", || {
        runtime.block_on(reader.check());
        !taken.lock().unwrap().is_empty()
    });
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let mut checks = Vec::new();
    for number in 0..CHECKS {
        checks.push(runtime.block_on(reader.check()));
        if number % (CHECKS / KILLS) == 0 {
            let pause = Duration::from_millis(chance.below(120) as u64);
            let _ = never.recv_timeout(pause);
            gateway.take().unwrap().kill();
            gateway = Some(clinic.start_gateway());
        }
    }
    let all = || checks.iter().all(|check| 0 < came(&taken, check));
    wait_until("every result", all);
    // Nothing that was delivered is delivered by a later start.
    gateway.take().unwrap().kill();
    let gateway = clinic.start_gateway();
    let last = runtime.block_on(reader.check());
    wait_until("a result after the last start", || 0 < came(&taken, &last));
    gateway.kill();
    stop.store(true, Ordering::SeqCst);
    receipt_computer.join().unwrap();
    checks.push(last);
    for check in checks {
        assert_eq!(came(&taken, &check), 1, "{check}");
    }
    assert!(
        taken
            .lock()
            .unwrap()
            .keys()
            .all(|name| is_face_result(name))
    );
}
