//! Public keys of receipts as the processes over one store announced them, on both engines alike: once each, and retired for good.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use store::receipt_keys::AnnouncedKey;

use crate::{Place, on_both};

fn key(kid: &str, announced: i64, retired: Option<i64>) -> AnnouncedKey {
    AnnouncedKey {
        kid: kid.into(),
        x: [1; 32],
        y: [2; 32],
        proof: [3; 32],
        announced: Instant::from_micros(announced),
        retired: retired.map(Instant::from_micros),
    }
}

async fn keys_are_announced_once_and_retired_for_good(place: &Place) {
    let engine = place.open();
    assert_eq!(engine.announced_keys().unwrap(), []);
    let first = key("aa", 10, None);
    engine
        .announce_keys(vec![first.clone()], None)
        .await
        .unwrap();
    assert_eq!(engine.announced_keys().unwrap(), [first]);
    let exchanged = Event {
        at: Instant::from_micros(20),
        actor: Actor::Center,
        deed: Deed::KeyRotate,
        subject: None,
        detail: "kid=bb".into(),
    };
    let both = vec![key("bb", 20, None), key("aa", 20, Some(20))];
    engine.announce_keys(both, Some(exchanged)).await.unwrap();
    assert_eq!(engine.count_deeds(Deed::KeyRotate).unwrap(), 1);
    // Another process that signs with the first one still, and one with a key of its own.
    let others = vec![key("aa", 30, None), key("cc", 30, None)];
    engine.announce_keys(others, None).await.unwrap();
    let late = vec![key("aa", 40, Some(40)), key("00", 40, Some(5))];
    engine.announce_keys(late, None).await.unwrap();
    let all = [
        key("cc", 30, None),
        key("bb", 20, None),
        key("aa", 10, Some(20)),
        key("00", 40, Some(5)),
    ];
    assert_eq!(engine.announced_keys().unwrap(), all);
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
    drop(engine);
    assert_eq!(place.open().announced_keys().unwrap(), all);
}

on_both!(keys_are_announced_once_and_retired_for_good);
