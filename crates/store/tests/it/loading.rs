//! Many people at once: whole or not at all, and at a server by COPY the same as one by one.

use domain::coverage::Registration;
use domain::permit::{AskByNumber, AskInBulk};
use store::engine::{Engine, StoreError};
use synthetic::population::Population;

use crate::cards::FACILITY;
use crate::{Place, on_both, permit};

pub(crate) fn people(range: std::ops::Range<u64>) -> Vec<Registration> {
    let population = Population::new(5);
    range.filter_map(|it| population.person(it)).collect()
}

/// Everybody is found as they were stored, by the person and by every key.
pub(crate) async fn all_there(engine: &Engine, people: &[Registration]) {
    let (asker, bulk) = (
        permit::<AskByNumber>(FACILITY),
        permit::<AskInBulk>(FACILITY),
    );
    for it in people {
        let found = engine.registered(&bulk, it.person.id).unwrap().unwrap();
        assert!(found.registration == *it, "{:?}", it.person.id);
        for coverage in &it.coverages {
            let found = engine
                .look_up(&asker, &coverage.key(), it.person.birth_date)
                .await
                .unwrap();
            assert!(found.contains(it), "{:?}", it.person.id);
        }
    }
}

async fn many_people_are_stored_changed_and_moved_at_once(place: &Place) {
    let engine = place.open();
    let mut all = people(0..1_500);
    engine.store_people(all.clone()).await.unwrap();
    assert_eq!(engine.people().unwrap(), all.len() as u64);
    all_there(&engine, &all).await;
    // The same again changes nothing; half of them with another's coverages, and new ones, find their places.
    engine.store_people(all.clone()).await.unwrap();
    for at in (0..all.len() - 1).step_by(2) {
        let coverages = all[at + 1].coverages.clone();
        all[at].coverages = coverages;
    }
    all.extend(people(1_500..2_000));
    engine.store_people(all.clone()).await.unwrap();
    assert_eq!(engine.people().unwrap(), all.len() as u64);
    all_there(&engine, &all).await;
    let births = place.run(match place {
        Place::Folder(_) => "SELECT 0",
        Place::Server { .. } => "SELECT count(*) FROM registry.person_by_birth",
    });
    assert!(births == 0 || births == i64::try_from(all.len()).unwrap());
}

async fn somebody_twice_among_many_is_the_last_one(place: &Place) {
    let engine = place.open();
    let mut all = people(0..200);
    let mut again = all[7].clone();
    again.coverages = all[8].coverages.clone();
    all.push(again.clone());
    engine.store_people(all.clone()).await.unwrap();
    all[7] = again;
    all_there(&engine, &all[..200]).await;
    assert_eq!(engine.people().unwrap(), 200);
}

on_both!(
    many_people_are_stored_changed_and_moved_at_once,
    somebody_twice_among_many_is_the_last_one,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_people_none_is_stored_where_one_cannot_be() {
    let place = Place::server();
    let engine = place.open();
    let before = people(0..100);
    engine.store_people(before.clone()).await.unwrap();
    // The last of them meets a row that somebody's hand left there.
    place.run(
        "ALTER TABLE registry.insured ADD CONSTRAINT short CHECK (length(record) < 1)  NOT VALID",
    );
    let refused = engine.store_people(people(50..400)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Failed(_)), "{refused}");
    place.run("ALTER TABLE registry.insured DROP CONSTRAINT short");
    assert_eq!(engine.people().unwrap(), 100);
    all_there(&engine, &before).await;
    engine.store_people(people(50..400)).await.unwrap();
    all_there(&engine, &people(0..400)).await;
}
