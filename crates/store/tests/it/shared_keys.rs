//! What keys show of themselves: the first one stays, until another is said to take its place.

use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;

use crate::{Place, on_both};

/// The key that is written of.
const KEY: &str = "machine.key";

async fn what_a_key_shows_stays_until_it_is_replaced(place: &Place) {
    let engine = place.open();
    assert!(!engine.is_key_shared(KEY).unwrap());
    assert_eq!(engine.share_key(KEY, vec![1]).await.unwrap(), [1]);
    assert_eq!(engine.share_key(KEY, vec![2]).await.unwrap(), [1]);
    // With one of which nothing was written.
    engine
        .replace_keys([(KEY, vec![2]), ("ca", vec![4])], None)
        .await
        .unwrap();
    assert_eq!(engine.share_key(KEY, vec![3]).await.unwrap(), [2]);
    assert_eq!(engine.share_key("ca", vec![5]).await.unwrap(), [4]);
    assert_eq!(engine.shared_key("ca").unwrap(), Some(vec![4]));
    assert_eq!(engine.shared_key("issuing").unwrap(), None);
}

async fn what_takes_a_keys_place_is_told_by_an_event(place: &Place) {
    let engine = place.open();
    let event = Event {
        at: Instant::from_micros(5),
        actor: Actor::Center,
        deed: Deed::AuthorityRenew,
        subject: None,
        detail: "number=2".into(),
    };
    engine
        .replace_keys([("issuing", vec![1])], Some(event))
        .await
        .unwrap();
    assert_eq!(engine.shared_key("issuing").unwrap(), Some(vec![1]));
    assert_eq!(engine.count_deeds(Deed::AuthorityRenew).unwrap(), 1);
}

on_both!(
    what_a_key_shows_stays_until_it_is_replaced,
    what_takes_a_keys_place_is_told_by_an_event,
);
