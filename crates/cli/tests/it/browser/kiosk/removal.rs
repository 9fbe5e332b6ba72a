//! The card is taken at every step: kiosk, card and center stay consistent, and the next patient finds nothing.

use serde_json::{Value, json};

use super::super::Walk;
use super::CLINIC;
use crate::running::in_time;

/// The checks by card the center holds, with their states and consents, newest first.
async fn records(walk: &Walk) -> Vec<Value> {
    let token = walk.center_token("administrator").await;
    let history = walk
        .center("POST", "/v1/checks/search", &token, json!({}))
        .await;
    let mut records = Vec::new();
    for check in history["checks"].as_array().unwrap() {
        let id = check["check_id"].as_str().unwrap();
        let path = format!("/v1/card-checks/{id}");
        let record = walk.center("GET", &path, &token, Value::Null).await;
        if record.get("state").is_some() {
            records.push(record);
        }
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_taken_before_it_signed_leaves_no_check() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.place("valid");
    walk.screen("method").await;
    walk.take();
    walk.screen("card-gone").await;
    walk.order(CLINIC, "insert");
    walk.screen("method").await;
    walk.choose("pin").await;
    walk.screen("pin").await;
    walk.take();
    walk.screen("card-gone").await;
    walk.order(CLINIC, "insert");
    walk.screen("method").await;
    // Gone in the very moment of signing.
    walk.order(CLINIC, "fault remove at sign");
    walk.choose("pin").await;
    walk.type_pin("1234").await;
    walk.screen("card-gone").await;
    assert_eq!(walk.tries(), 3, "the right PIN cost nothing");
    assert_eq!(records(&walk).await, Vec::<Value>::new());
    walk.order(CLINIC, "insert");
    walk.screen("method").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_taken_between_questions_goes_on_where_it_was_and_another_does_not() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.identify("everything").await;
    walk.screen("specified-disease").await;
    walk.choose("yes").await;
    walk.screen("medical-subsidy").await;
    walk.take();
    walk.screen("card-gone-kept").await;
    walk.order(CLINIC, "insert");
    walk.screen("medical-subsidy").await;
    walk.choose("yes").await;
    walk.screen("consents").await;
    walk.take();
    walk.screen("card-gone-kept").await;
    // Somebody else comes: the first one's questions are closed without answers.
    walk.place("valid");
    walk.screen("method").await;
    walk.until_closed(1).await;
    let first = records(&walk).await.pop().unwrap();
    assert_eq!(first["state"], "closed_without_answers");
    assert_eq!(first["consents"], json!([]));
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stops_between_questions_has_a_check_and_no_consents() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.identify("everything").await;
    walk.screen("specified-disease").await;
    walk.touch("footer [value=stop]").await;
    walk.screen("take-card").await;
    walk.take();
    walk.screen("welcome").await;
    walk.until_closed(1).await;
    walk.identify("everything").await;
    walk.agree_to_all().await;
    walk.until_closed(2).await;
    let states: Vec<Value> = records(&walk)
        .await
        .into_iter()
        .map(|it| it["state"].clone())
        .collect();
    assert!(states.contains(&json!("answered")), "{states:?}");
    assert!(
        states.contains(&json!("closed_without_answers")),
        "{states:?}"
    );
    walk.end().await;
}

impl Walk {
    /// Waits until so many checks are closed.
    async fn until_closed(&self, count: usize) {
        let all = async {
            loop {
                let closed = records(self).await;
                let closed = closed.iter().filter(|it| it["state"] != "open").count();
                if count <= closed {
                    return;
                }
            }
        };
        in_time("the checks to close", all).await;
    }
}
