//! A patient checks in alone: by touch, by keyboard, in another language, with a phone; nothing stays behind.

use serde_json::json;

use super::super::Walk;
use super::CLINIC;

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_checks_in_alone_and_the_result_is_with_staff() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.identify("everything").await;
    walk.screen("specified-disease").await;
    walk.see(&["特定疾病療養受療証", "提供する", "提供しない"])
        .await;
    walk.choose("yes").await;
    walk.screen("medical-subsidy").await;
    // A slip of the finger is taken back.
    walk.choose("no").await;
    walk.screen("consents").await;
    walk.choose("back").await;
    walk.screen("medical-subsidy").await;
    walk.choose("yes").await;
    walk.screen("consents").await;
    walk.choose("one_by_one").await;
    let asked = walk.agree_to_all().await;
    assert_eq!(
        asked,
        [
            "surgery",
            "treatment-and-drugs",
            "checkups",
            "prescription-issue"
        ]
    );
    walk.see(&["見本　百恵 様", "確認が完了しました", "取り出し", "待合室"])
        .await;
    walk.take();
    walk.screen("welcome").await;
    assert!(!walk.text("body").await.contains("百恵"), "nothing stays");
    walk.sign_in("general").await;
    walk.open("history").await;
    assert!(walk.text("main").await.contains("見本　百恵"));
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_and_the_tactile_keypad_are_enough() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.place("valid");
    walk.screen("method").await;
    // The heading is read out first, then the choices follow.
    assert_eq!(walk.focused().await, "H1");
    walk.keys("\u{E004}\u{E007}").await;
    walk.screen("pin").await;
    assert_eq!(walk.focused().await, "INPUT");
    // Backspace takes a digit back, Enter confirms.
    walk.keys("129\u{E003}34\u{E007}").await;
    loop {
        walk.wait_for("main:not([data-screen=pin])").await;
        if walk.settled().await == "done" {
            break;
        }
        // Tab leads from the heading to the first choice, Enter takes it.
        let turn = walk.shown("turn").await;
        walk.keys("\u{E004}\u{E007}").await;
        walk.wait_for(&format!("main:not([data-turn='{turn}'])"))
            .await;
    }
    walk.see(&["見本　一花 様"]).await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn language_size_and_colours_are_for_one_visit() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.touch("footer [value=en]").await;
    walk.wait_for("html[lang=en]").await;
    walk.touch("footer [name=large]").await;
    walk.wait_for("html[data-comfort=large]").await;
    walk.touch("footer [name=contrast]").await;
    walk.wait_for("html[data-comfort='large contrast']").await;
    walk.place("valid");
    walk.screen("method").await;
    assert_eq!(walk.text("h1").await, "Choose how to confirm your identity");
    walk.touch("footer [value=stop]").await;
    walk.screen("take-card").await;
    walk.wait_for("html[lang=ja][data-comfort=plain]").await;
    walk.take();
    walk.screen("welcome").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_address_opens_once_and_going_back_shows_nothing() {
    let walk = Walk::start().await;
    let launch = walk.demo["facilities"][CLINIC]["kiosk"].as_str().unwrap();
    walk.browser.goto(launch).await.unwrap();
    walk.screen("welcome").await;
    walk.identify("valid").await;
    walk.agree_to_all().await;
    walk.take();
    walk.screen("welcome").await;
    walk.browser.back().await.unwrap();
    walk.browser.forward().await.unwrap();
    assert!(!walk.text("body").await.contains("一花"));
    walk.browser.delete_all_cookies().await.unwrap();
    walk.browser.goto(launch).await.unwrap();
    assert_eq!(walk.code("main").await, "not_launched");
    walk.is_accessible().await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_sign_and_may_be_lifted() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.identify("android").await;
    walk.agree_to_all().await;
    walk.see(&["見本　安藤 様"]).await;
    walk.take();
    walk.screen("welcome").await;
    walk.place("iphone");
    walk.screen("method").await;
    walk.see(&["スマートフォンで確認"]).await;
    walk.choose("pin").await;
    walk.agree_to_all().await;
    walk.see(&["見本　愛 様"]).await;
    walk.end().await;
}

impl Walk {
    async fn focused(&self) -> String {
        let name = self.script("return document.activeElement.tagName").await;
        name.as_str().unwrap().to_owned()
    }

    /// Types on the keyboard, wherever the focus is.
    async fn keys(&self, keys: &str) {
        for key in keys.chars() {
            let name = match key {
                '\u{E004}' => "Tab".to_owned(),
                '\u{E007}' => "Enter".to_owned(),
                '\u{E003}' => "Backspace".to_owned(),
                digit => digit.to_string(),
            };
            let text = match key {
                '\u{E007}' => "\r".to_owned(),
                '\u{E003}' | '\u{E004}' => String::new(),
                digit => digit.to_string(),
            };
            let code = match key {
                '\u{E004}' => 9,
                '\u{E007}' => 13,
                '\u{E003}' => 8,
                digit => u32::from(digit),
            };
            for kind in ["keyDown", "keyUp"] {
                let mut event = json!({"type": kind, "key": name, "windowsVirtualKeyCode": code});
                if kind == "keyDown" && !text.is_empty() {
                    event["text"] = json!(text);
                }
                self.devtools("Input.dispatchKeyEvent", event).await;
            }
        }
    }
}
