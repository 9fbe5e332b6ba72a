//! Commands that open a center's store by themselves find it at a database server, where the settings say that it lies there.

use serde_json::Value;

use crate::running::{Clinic, onshi, succeed};
use crate::server::TestServer;
use crate::turned_clock::TurnedClock;

/// Somebody of the interface's samples.
const ASKED: [&str; 8] = [
    "--insurer",
    "06139992",
    "--symbol",
    "１２３",
    "--number",
    "１２３４５６７",
    "--birth",
    "1945-05-15",
];

fn retention(clinic: &Clinic, further: &[&str]) -> Value {
    let settings = clinic.path("center.toml");
    let mut arguments = vec!["retention", "--config", &settings, "--json"];
    arguments.extend(further);
    serde_json::from_str(&succeed(&arguments)).unwrap()
}

fn check_and_let_go(clinic: &Clinic, clock: &mut TurnedClock) {
    clinic.enrol();
    let answered = clinic.check("clinic.p12", &ASKED);
    let said = String::from_utf8_lossy(&answered.stderr);
    assert!(answered.status.success(), "{said}");
    let before = clinic.audit();
    assert_eq!(
        (&before["whole"], &before["checks"]),
        (&true.into(), &1.into())
    );

    // Without a time in the settings nothing is ever old.
    let settings = clinic.path("center.toml");
    let kept = onshi(&["retention", "--config", &settings, "--let-go"]);
    assert_eq!(kept.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&kept.stderr).contains("checks_months"));
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        format!("{text}[retention]\nchecks_months = 13\n"),
    )
    .unwrap();
    assert_eq!(retention(clinic, &[])["months"], Value::Array(vec![]));

    // Fifteen months later it is; shown first, and let go when that is asked for.
    clock.pass_days(15 * 31);
    let of = |told: Value, outcome: &str| {
        let months = told["months"].as_array().unwrap();
        let mut full = months.iter().filter(|it| it["checks"] == 1);
        let month = full.next().unwrap();
        assert_eq!(
            (&month["events"], &month["outcome"]),
            (&1.into(), &outcome.into())
        );
    };
    of(retention(clinic, &[]), "may_go");
    assert_eq!(clinic.audit()["checks"], 1);
    of(retention(clinic, &["--let-go"]), "gone");
    let after = clinic.audit();
    assert_eq!(after["whole"], true, "{after}");
    assert_eq!((&after["checks"], &after["let_go"]), (&0.into(), &1.into()));
    let months = retention(clinic, &[]);
    let left = months["months"].as_array().unwrap();
    assert!(left.iter().all(|it| it["checks"] == 0), "{months}");
}

#[test]
fn people_are_loaded_checks_let_go_and_the_chain_verified_at_a_server() {
    let server = TestServer::start(&[]);
    let database = server.database();
    let mut clock = TurnedClock::start();
    let clinic = Clinic::start_over(&format!(
        "[database]\nurl = \"{}\"\n",
        server.url(&database)
    ));
    check_and_let_go(&clinic, &mut clock);
    let files = clinic.path("center/center.db");
    assert!(!std::path::Path::new(&files).exists());
    let text = "SELECT count(*) FROM registry.person_place";
    assert_ne!(server.run(&database, text), 0);
}

#[test]
fn checks_are_let_go_from_files() {
    let mut clock = TurnedClock::start();
    check_and_let_go(&Clinic::start(), &mut clock);
}
