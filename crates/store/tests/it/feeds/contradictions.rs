//! Contradictions that an earlier version left, at both engines.

use store::registry::identity::review::Reviewed;

use super::*;
use crate::on_both;

on_both!(what_insurers_that_lost_somebody_had_left_shut_is_opened_by_the_review);

/// Runs a text about the contradictions behind the store's back.
fn run(place: &Place, text: &str) -> i64 {
    match place {
        Place::Folder(folder) => {
            let path = folder.path().join("registry.db");
            let connection = rusqlite::Connection::open(path).unwrap();
            let mut statement = connection.prepare(text).unwrap();
            match statement.column_count() {
                0 => statement.execute([]).unwrap().try_into().unwrap(),
                _ => statement.query_row([], |row| row.get(0)).unwrap(),
            }
        }
        Place::Server { .. } => {
            place.run(&text.replace("identity_claim", "registry.identity_claim"))
        }
    }
}

async fn what_insurers_that_lost_somebody_had_left_shut_is_opened_by_the_review(place: &Place) {
    let engine = place.open();
    let mut all = members(0..2);
    all[0].coverages[0].loss = Some(Loss {
        date: CivilDate::new(2026, 11, 1).unwrap(),
        reason: None,
    });
    engine.store_people(all.clone()).await.unwrap();
    let other = InsurerNumber::parse("06139992").unwrap();
    let rows = [
        (&all[0], insurer(), "NULL"),
        (&all[0], other, "x'01'"),
        (&all[1], insurer(), "NULL"),
    ];
    for (of, insurer, claim) in rows {
        let (person, insurer) = (of.person.id.as_u128(), insurer.as_u32());
        let text = format!(
            "INSERT INTO identity_claim (person, insurer, claim, items, confirmed, batch, since)
             VALUES (x'{person:032x}', {insurer}, {claim}, 'name', 0, 1, 1)"
        );
        assert_eq!(run(place, &text), 1);
    }
    let mut reviewed = Reviewed::default();
    while engine.review_contradictions(&mut reviewed).await.unwrap() {}
    let shut = "SELECT count(*) FROM identity_claim WHERE items <> '' AND confirmed = 0";
    let left = "SELECT count(*) FROM identity_claim WHERE batch = 1";
    // The contradiction of the one who is insured stays; so does what the other insurer claimed, which contradicts nothing.
    assert_eq!((run(place, shut), run(place, left)), (1, 2));
}
