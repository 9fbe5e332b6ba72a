//! Counts of wrong tries: bounded, whatever identifiers are typed.

use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::lockout::{Policy, State, Try};

use crate::{Place, on_both};

/// More than are counted.
const TYPED: i64 = 1_010;

async fn ever_new_identifiers_leave_a_bounded_number_of_counts(place: &Place) {
    let engine = place.open();
    let facility = InstitutionCode::parse("1319999999").unwrap();
    let failure = |second: i64| Event {
        at: Instant::from_micros(second * 1_000_000),
        actor: Actor::Client {
            facility,
            certificate: [9; 32],
        },
        deed: Deed::RecoveryRefused,
        subject: None,
        detail: String::new(),
    };
    let id = |number: i64| AccountId::parse(&format!("nobody{number}")).unwrap();
    let policy = Policy::default();
    let mut typed = Vec::new();
    for number in 1..=TYPED {
        let (engine, id, failure) = (engine.clone(), id(number), failure(number));
        typed.push(tokio::spawn(async move {
            let code =
                engine.try_recovery_code(facility, id.clone(), [1; 32], policy, failure.clone());
            code.await.unwrap();
            let password = engine.settle_try(facility, id, Try::Wrong, policy, failure, None);
            password.await.unwrap();
        }));
    }
    for it in typed {
        it.await.unwrap();
    }
    for table in ["recovery_try", "unknown_account"] {
        let counted = place.run(&format!("SELECT count(*) FROM {table}"));
        assert!((900..=1_000).contains(&counted), "{table}: {counted}");
    }
    // The last one counts, and is forgotten with the others once nobody tries any more.
    let last = id(TYPED);
    assert_eq!(engine.unknown_lockout(facility, &last).unwrap().failures, 1);
    let later = failure(TYPED + domain::lockout::FORGOTTEN_AFTER_S);
    let tried = engine.settle_try(facility, id(0), Try::Wrong, policy, later, None);
    tried.await.unwrap();
    assert_eq!(place.run("SELECT count(*) FROM unknown_account"), 1);
    let forgotten = engine.unknown_lockout(facility, &last).unwrap();
    assert_eq!(forgotten, State::default());
}

on_both!(ever_new_identifiers_leave_a_bounded_number_of_counts);
