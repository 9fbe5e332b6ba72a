//! A consent that ends while a patient's page is open: the page says so by itself, shows nothing from then on, and leads on.

use serde_json::json;

use super::super::Walk;
use super::super::every_page::{look, look_as_it_is};
use super::agree;
use crate::turned_clock::TurnedClock;

/// What a page that kept the record would get for every way of looking again: status, whether it says why, leads on, names the patient.
const LOOK_AGAIN: &str = "const done = arguments[arguments.length - 1];
    const ways = [['GET', ''], ['POST', '', ''], ['POST', '/print', ''], ['POST', '/file', 'format=pdf'], ['POST', '/file', 'format=xml']];
    Promise.all(ways.map(async ([method, way, body]) => {
      const answer = await fetch(location.pathname + way, {method, body: body === undefined ? body : new URLSearchParams(body)});
      const text = await answer.text();
      return [answer.status, ...['unknown_patient', 'もう一度同意', 'href=\"/medical\"', '百恵'].map(it => text.includes(it))];
    })).then(done)";

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_says_that_the_consent_ended_and_shows_nothing_from_then_on() {
    let mut clock = TurnedClock::start();
    let walk = Walk::start().await;
    agree(&walk).await;
    clock.pass_seconds(86_400 - 300);
    next_day(&walk).await;
    walk.sign_in("medical_viewer").await;
    walk.open("medical").await;
    walk.tap("main .onshi-patients a").await;
    walk.see(&["いまのお薬", "まもなく終わります"]).await;
    assert!(walk.text("#open").await.contains("あと"), "the time left");
    look(&walk, "medical-soon").await;
    clock.pass_seconds(300);
    walk.appears("main [data-code=over]").await;
    assert!(!walk.shows(".onshi-record").await);
    let page = walk.text("main").await;
    assert!(!page.contains("百恵") && !page.contains("架空"), "{page}");
    look_as_it_is(&walk, "medical-over").await;
    let again = walk.browser.execute_async(LOOK_AGAIN, Vec::new()).await;
    let refused = json!([404, true, true, true, false]);
    assert_eq!(again.unwrap(), json!(vec![refused; 5]));
    walk.press("main [data-code=over] a").await;
    walk.see(&["いま閲覧できる患者はいません"]).await;
    walk.end().await;
}

/// The terminal after a night: somebody opens the locked screen.
async fn next_day(walk: &Walk) {
    walk.appears("[data-lock=locked]").await;
    let user = walk.demo["facilities"][0]["terminal_user"].clone();
    let password = user["password"].as_str().unwrap();
    walk.send(&[("password", password)]).await;
}
