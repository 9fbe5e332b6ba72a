//! What keys show of themselves: the first one stays, until another is said to take its place.

use crate::{Place, on_both};

/// The key that is written of.
const KEY: &str = "machine.key";

async fn what_a_key_shows_stays_until_it_is_replaced(place: &Place) {
    let engine = place.open();
    assert!(!engine.is_key_shared(KEY).unwrap());
    assert_eq!(engine.share_key(KEY, vec![1]).await.unwrap(), [1]);
    assert_eq!(engine.share_key(KEY, vec![2]).await.unwrap(), [1]);
    engine.replace_key(KEY, vec![2]).await.unwrap();
    assert_eq!(engine.share_key(KEY, vec![3]).await.unwrap(), [2]);
    // One of which nothing was written.
    engine.replace_key("ca", vec![4]).await.unwrap();
    assert_eq!(engine.share_key("ca", vec![5]).await.unwrap(), [4]);
}

on_both!(what_a_key_shows_stays_until_it_is_replaced);
