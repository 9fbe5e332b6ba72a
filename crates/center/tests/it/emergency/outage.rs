//! Outage mode: eligibility alone, whatever else is open.

use api::client::events::Events;
use api::emergency::NewDisasterCheck;
use api::event::Event;

use super::*;
use crate::events::{listen, next};
use crate::world::check;

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_answers_eligibility_and_opens_nothing() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let client = &clinic.client;
    let sample = PersonSearch {
        birth_date: "1970-01-02".into(),
        insurer_number: Some("06139992".into()),
        number: Some("4567".into()),
        symbol: Some("123".into()),
        ..PersonSearch::default()
    };
    check(
        client.check_in_outage(&staff, "1", &sample).await,
        "emergency_closed",
    );
    world
        .open("outage", |it| it.facilities = vec![CODE.into()], 3_600)
        .await;
    let answered = client.check_in_outage(&staff, "1", &sample).await.unwrap();
    // Once more, as after an answer that was lost: it is one check, answered alike.
    let again = client.check_in_outage(&staff, "1", &sample).await.unwrap();
    assert!(again == answered);
    assert_eq!(
        (answered.outcome.as_str(), answered.check.unwrap().verdict),
        ("one", 1)
    );
    let by_name = client
        .check_in_outage(&staff, "2", &search("双子花", None))
        .await
        .unwrap();
    assert_eq!(by_name.check.unwrap().verdict, 4, "who has no coverage");
    // Not even with a disaster beside it does an outage's search open anything.
    world.disaster(3_600).await;
    client
        .check_in_outage(&staff, "3", &search("双子花", None))
        .await
        .unwrap();
    assert!(
        client
            .medical_patients(&staff)
            .await
            .unwrap()
            .patients
            .is_empty()
    );
    check(
        client
            .check_in_outage(&staff, "3", &search("双子華", None))
            .await,
        "idempotency_conflict",
    );
    // Nobody is an answer like any other.
    let unknown = search("架空太郎", None);
    for _ in 0..2 {
        let nobody = client.check_in_outage(&staff, "4", &unknown).await;
        assert_eq!(nobody.unwrap().outcome, "nobody");
    }
    assert_eq!(world.told("emergency-search").await.len(), 4);
    let modes: Vec<_> = client
        .emergency_state()
        .await
        .unwrap()
        .windows
        .into_iter()
        .map(|it| it.mode)
        .collect();
    assert_eq!(modes, ["disaster", "outage"], "each by itself");
    let asked = api::history::Search {
        origin: Some("outage".into()),
        ..Default::default()
    };
    let lines = client.search(&staff, &asked).await.unwrap().checks;
    assert_eq!(lines.len(), 3, "recorded as what they are");
    let other = world.enrol("1319999981").await;
    let neighbour = other.administrator().await.0.token;
    check(
        other.client.check_in_outage(&neighbour, "1", &sample).await,
        "emergency_closed",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_without_a_card_is_heard_of_by_the_facility_once() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let client = &clinic.client;
    world
        .open("outage", |it| it.facilities = vec![CODE.into()], 3_600)
        .await;
    world.disaster(3_600).await;
    let mut events = listen(client, &staff).await;
    let heard = async |events: &mut Events| loop {
        if let Event::Check(news) = next(events).await {
            return news.id;
        }
    };
    let asked = search("双子花", None);
    let first = client.check_in_outage(&staff, "1", &asked).await.unwrap();
    let again = client.check_in_outage(&staff, "1", &asked).await.unwrap();
    assert!(again == first);
    assert_eq!(heard(&mut events).await, first.check.unwrap().check_id);
    let outcome = client.search_in_disaster(&staff, &asked).await.unwrap();
    let opened = client
        .open_in_disaster(&staff, &opening(&outcome, "oral"))
        .await
        .unwrap();
    assert_eq!(heard(&mut events).await, opened.check.unwrap().check_id);
    let outcome = client.search_in_disaster(&staff, &asked).await.unwrap();
    let alone = NewDisasterCheck {
        search: outcome.found.unwrap().search,
    };
    let checked = client.check_in_disaster(&staff, &alone).await.unwrap();
    assert_eq!(heard(&mut events).await, checked.check.check_id);
}
