//! Staff and the kiosk: a visual check released for one patient, the visual mode, a call for staff.

use serde_json::{Value, json};

use super::super::Walk;
use super::CLINIC;
use crate::running::in_time;

/// The clinic's reader as staff see it.
async fn reader(walk: &Walk, token: &str) -> Value {
    let readers = walk.center("GET", "/v1/readers", token, Value::Null).await;
    let readers = readers["readers"].as_array().unwrap();
    let found = readers.iter().find(|it| it["id"] == "reader");
    found.unwrap().clone()
}

/// Waits until staff see this of the reader.
async fn until(walk: &Walk, token: &str, member: &str, value: Value) {
    let seen = async {
        while reader(walk, token).await[member] != value {
            tokio::task::yield_now().await;
        }
    };
    in_time(member, seen).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_release_a_visual_check_for_the_one_patient_who_cannot_type() {
    let walk = Walk::start().await;
    let token = walk.center_token("general").await;
    walk.open_kiosk(CLINIC).await;
    walk.place("no_pin");
    walk.screen("pin-locked").await;
    walk.choose("visual").await;
    walk.screen("waiting").await;
    walk.see(&["職員が確認します"]).await;
    until(&walk, &token, "state", json!("waiting_for_staff")).await;
    let released = json!({"reader": "reader"});
    walk.center("POST", "/v1/releases", &token, released).await;
    walk.agree_to_all().await;
    walk.see(&["見本　顔子 様"]).await;
    walk.take();
    walk.screen("welcome").await;
    // The release was for that one: the next patient waits again.
    walk.place("no_pin");
    walk.screen("pin-locked").await;
    walk.choose("visual").await;
    walk.screen("waiting").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_visual_mode_every_card_waits_for_staff() {
    let walk = Walk::start().await;
    let token = walk.center_token("general").await;
    walk.open_kiosk(CLINIC).await;
    let mode = |mode: &str| json!({"mode": mode});
    let path = "/v1/readers/reader/mode";
    walk.center("PUT", path, &token, mode("visual")).await;
    walk.place("valid");
    // The mode may arrive a moment after the card: then the choice is taken from the patient's hands.
    walk.screen("waiting").await;
    assert!(
        walk.shows("main [value=pin]").await,
        "who knows the PIN need not wait"
    );
    let released = json!({"reader": "reader"});
    walk.center("POST", "/v1/releases", &token, released).await;
    walk.agree_to_all().await;
    walk.take();
    walk.screen("welcome").await;
    walk.center("PUT", path, &token, mode("unattended")).await;
    until(&walk, &token, "mode", json!("unattended")).await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_for_staff_reaches_them_from_any_screen() {
    let walk = Walk::start().await;
    let token = walk.center_token("general").await;
    walk.open_kiosk(CLINIC).await;
    for screen in ["welcome", "method"] {
        if screen == "method" {
            walk.place("valid");
        }
        walk.screen(screen).await;
        walk.touch("footer [name=call][value=true]").await;
        walk.wait_for(".kiosk-called").await;
        until(&walk, &token, "staff_called", json!(true)).await;
        walk.touch("footer [name=call][value=false]").await;
        walk.wait_for("footer [data-tone=call]").await;
        until(&walk, &token, "staff_called", json!(false)).await;
    }
    walk.end().await;
}
