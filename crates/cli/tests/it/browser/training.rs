//! Practice (練習) from the main screen to a made-up patient's chart and back, at a time at which no mode is open, and beside one that is.

use serde_json::json;

use super::Walk;
use super::every_page::{look, look_as_it_is};
use crate::turned_clock::TurnedClock;

impl Walk {
    /// That the page that is open says on every side that nobody on it exists.
    async fn is_practice(&self) {
        let (body, title) = (
            self.attribute("body", "data-ground").await,
            self.script("return document.title").await,
        );
        assert_eq!(body.as_deref(), Some("training"));
        assert!(title.as_str().unwrap().starts_with("【練習】"), "{title}");
        assert!(
            self.text("main [data-mode=training]")
                .await
                .contains("架空の患者")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disaster_is_practised_from_the_main_screen_to_the_chart_and_back_on_an_ordinary_day() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon();
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    walk.open("").await;
    assert!(!walk.shows("main a[href='/emergency']").await);
    walk.press("main a[href='/training/emergency']").await;
    walk.is_practice().await;
    look(&walk, "training").await;
    // Ambulance mode is nobody's whose kind of account may not use it.
    assert!(!walk.shows("main section[data-of=ambulance]").await);
    walk.press("main section[data-of=disaster] a.onshi-button")
        .await;
    walk.is_practice().await;
    look(&walk, "training-disaster").await;
    walk.search_person("架空　花子", "1958-10-09").await;
    walk.see(&["該当する方がいません"]).await;
    // Somebody whom the demo's center knows is nobody here.
    walk.search_person("見本　百恵", "1958-10-09").await;
    walk.see(&["該当する方がいません"]).await;
    walk.search_person("ふたごあおい", "2016-05-20").await;
    walk.see(&["一人に決まりませんでした"]).await;
    walk.is_practice().await;
    look_as_it_is(&walk, "training-one-more").await;
    walk.search_person("練習　花子", "昭和33年3月3日").await;
    walk.see(&["患者の確認と同意の記録", "練習　花子"]).await;
    walk.is_practice().await;
    look_as_it_is(&walk, "training-found").await;
    walk.press("main form [data-tone=primary]").await;
    assert_eq!(walk.code("[role=alert]").await, "consent_needed");
    walk.tick("main [name=consent][value=oral]").await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["練習　花子", "いまのお薬", "練習として記録しました"])
        .await;
    assert!(walk.shows("svg.onshi-timeline").await);
    assert!(!walk.shows("main form[action='/withdrawal']").await);
    walk.is_practice().await;
    look(&walk, "training-chart").await;
    let here = walk.script("return location.pathname").await;
    let here = here.as_str().unwrap().to_owned();
    assert!(here.starts_with("/training/medical/"), "{here}");
    // The same identifier is nobody outside, like any other that was guessed.
    let mut told = Vec::new();
    for outside in [
        here.trim_start_matches("/training/"),
        "medical/00000000-0000-4000-8000-000000000000",
    ] {
        walk.open(outside).await;
        assert_eq!(walk.code("[role=alert]").await, "unknown_patient");
        told.push(walk.text("main").await);
    }
    assert_eq!(told[0], told[1]);
    walk.open("medical").await;
    walk.see(&["いま閲覧できる患者はいません"]).await;
    walk.open("looks").await;
    assert!(!walk.text("main").await.contains("練習"));
    // On paper as well.
    walk.open(here.trim_start_matches('/')).await;
    walk.press("main form[action$='/print'] [data-tone=secondary]")
        .await;
    walk.is_practice().await;
    walk.devtools("Emulation.setEmulatedMedia", json!({"media": "print"}))
        .await;
    let mark = "return getComputedStyle(document.body, '::after').content";
    assert!(walk.script(mark).await.as_str().unwrap().contains("練習"));
    walk.picture("training-paper").await;
    walk.devtools("Emulation.setEmulatedMedia", json!({"media": ""}))
        .await;
    // The report, and a fresh start.
    walk.open("training/emergency/reports").await;
    look(&walk, "training-reports").await;
    walk.press("main td a").await;
    walk.see(&["口頭同意あり", "医療情報を閲覧した"]).await;
    walk.is_practice().await;
    let text = walk
        .browser
        .find(fantoccini::Locator::Css("main textarea"))
        .await
        .unwrap();
    text.send_keys("練習で1名を閲覧した。").await.unwrap();
    walk.press("main form [data-tone=secondary]").await;
    walk.see(&["報告を練習しました"]).await;
    look(&walk, "training-report").await;
    walk.press("main [data-mode=training] a[href='/training/emergency']")
        .await;
    walk.press("main form[action$='/afresh'] button").await;
    walk.see(&["練習を最初の状態に戻しました"]).await;
    walk.press("main a[href='/training/medical']").await;
    walk.is_practice().await;
    assert!(!walk.text("main").await.contains("練習　花子"));
    look(&walk, "training-medical").await;
    walk.press("main [data-mode=training] a[href='/']").await;
    assert_eq!(
        walk.attribute("body", "data-ground").await.as_deref(),
        Some("real")
    );
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ambulance_and_an_outage_are_practised_and_a_real_disaster_goes_before() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon();
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    assert!(!walk.shows("main a[href='/training/emergency']").await);
    for page in ["training/emergency", "training/emergency/ambulance"] {
        walk.open(page).await;
        assert_eq!(walk.code("[role=alert]").await, "not_permitted");
    }
    walk.open("training/emergency/disaster").await;
    walk.search_person("練習　花子", "1958-03-03").await;
    assert_eq!(walk.code("[role=alert]").await, "not_permitted");
    walk.sign_out().await;
    walk.sign_in("medical_viewer").await;
    walk.open("training/emergency/outage").await;
    walk.search_person("練習　静", "1937-09-15").await;
    walk.see(&["資格照会の結果", "練習　静", "練習として記録しました"])
        .await;
    walk.is_practice().await;
    assert!(!walk.shows("main a[href^='/checks/']").await);
    look_as_it_is(&walk, "training-outage-result").await;
    walk.open("training/emergency/ambulance").await;
    walk.see(&["二要素認証", "練習　五月"]).await;
    look(&walk, "training-ambulance").await;
    walk.tick("main [name=card_check]").await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["患者の確認と同意の記録", "練習　五月"]).await;
    walk.tick("main [name=consent][value=unobtainable]").await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["練習　五月", "手術"]).await;
    walk.is_practice().await;
    // A disaster begins while somebody practises.
    walk.open_window("disaster", &["--prefecture", "13"]);
    walk.appears("#modes [data-mode=disaster] a[href='/emergency/disaster']")
        .await;
    assert_eq!(walk.code("#modes [data-code]").await, "real_emergency");
    look(&walk, "training-beside-a-disaster").await;
    walk.press("#modes [data-mode=disaster] a").await;
    assert_eq!(
        walk.attribute("body", "data-ground").await.as_deref(),
        Some("real")
    );
    walk.search_person("練習　花子", "1958-03-03").await;
    walk.see(&["該当する方がいません"]).await;
    walk.end().await;
}
