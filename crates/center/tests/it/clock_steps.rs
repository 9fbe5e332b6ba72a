//! A clock that steps: back an hour, and forward a day. Checks go on, every one is found again under its own key, and the audit chain is
//! whole.

use std::collections::BTreeSet;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn checks_go_on_over_steps_of_the_clock_and_nothing_is_lost_or_doubled() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let mut token = clinic.sign_in("link_app").await.token;
    let mut checks = BTreeSet::new();
    let mut asked = Vec::new();
    for (turn, step) in [0, -3_600, 0, 86_400, -86_400, 7].into_iter().enumerate() {
        world.pass_seconds(step);
        if clinic.ask(&token, "probe", "4567").await.is_err() {
            // A day later the session has ended, as it must; signing in needs no waiting.
            token = clinic.sign_in("link_app").await.token;
        }
        for number in 0..5 {
            let key = format!("k{turn}-{number}");
            let id = clinic.ask(&token, &key, "4567").await.unwrap();
            assert!(checks.insert(id.clone()), "an identifier came twice");
            asked.push((key, id));
        }
    }
    for (key, id) in asked {
        let again = clinic.ask(&token, &key, "4567").await.unwrap();
        assert_eq!(again, id, "asked twice is answered once");
    }
    let path = world.dir.path().join("center.db");
    let store = store::engine::Engine::open_center(&path, [7; 16]).unwrap();
    let report = store.verify_audit(&[], |_, _, _| true).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}
