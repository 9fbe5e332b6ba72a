//! The patient's own page at the kiosk: who looked, and withdrawal that a doctor feels at once; nothing of it stays.

use fantoccini::wd::WindowHandle;
use serde_json::{Value, json};

use super::super::Walk;
use super::CLINIC;

impl Walk {
    /// Opens the own page of a card's holder from the first screen.
    async fn open_own_page(&self, case: &str) {
        self.screen("welcome").await;
        self.choose("own").await;
        self.screen("own-start").await;
        self.place(case);
        self.type_pin("1234").await;
        self.screen("own-menu").await;
    }

    /// A doctor looks at the only patient who may be seen; `null` where nobody may.
    async fn doctor_looks(&self, token: &str) -> Value {
        let listed = self
            .center("GET", "/v1/medical/patients", token, Value::Null)
            .await;
        let Some(id) = listed["patients"][0]["id"].as_str() else {
            return Value::Null;
        };
        let path = format!("/v1/medical/patients/{id}/looks");
        self.center("POST", &path, token, json!({"way": "page"}))
            .await
    }
}

impl Walk {
    /// Opens the patient's page at the terminal, in a window beside the kiosk's; comes back to the kiosk. Both windows.
    async fn open_beside(&self) -> [WindowHandle; 2] {
        let kiosk = self.browser.window().await.unwrap();
        let terminal = self.browser.new_window(false).await.unwrap().handle;
        let switch = self.browser.switch_to_window(terminal.clone());
        switch.await.unwrap();
        self.sign_in("administrator").await;
        self.open("medical").await;
        self.tap("main .onshi-patients a").await;
        self.see(&["見本　百恵", "いまのお薬"]).await;
        let switch = self.browser.switch_to_window(kiosk.clone());
        switch.await.unwrap();
        [kiosk, terminal]
    }

    /// The page beside has heard of the withdrawal by itself and shows nothing any more.
    async fn is_over_beside(&self, [kiosk, terminal]: [WindowHandle; 2]) {
        self.browser.switch_to_window(terminal).await.unwrap();
        self.appears("main [data-code=over]").await;
        assert!(!self.text("body").await.contains("百恵"));
        self.browser.switch_to_window(kiosk).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_sees_the_doctors_look_and_withdraws_and_the_doctor_sees_nothing_more() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.identify("everything").await;
    walk.agree_to_all().await;
    walk.take();
    walk.screen("welcome").await;
    let pages = walk.open_beside().await;
    let doctor = walk.center_token("medical_viewer").await;
    assert!(!walk.doctor_looks(&doctor).await.is_null());
    walk.open_own_page("everything").await;
    walk.see(&["見本　百恵 様", "いま続いている同意は1件です"])
        .await;
    walk.choose("own_looks").await;
    walk.screen("own-looks").await;
    let facility = walk.demo["facilities"][CLINIC]["name"].as_str().unwrap();
    walk.see(&[
        facility,
        "医師・歯科医師・薬剤師など、診療のため、画面で",
        "お薬・診療・手術・健診",
        "ご本人、記録を確かめるため、受付の機械で",
    ])
    .await;
    walk.choose("back").await;
    walk.choose("own_consents").await;
    walk.screen("own-consent").await;
    walk.choose("withdraw").await;
    walk.screen("own-confirm").await;
    // A slip of the finger withdraws nothing.
    walk.choose("keep").await;
    walk.screen("own-consent").await;
    assert!(!walk.doctor_looks(&doctor).await.is_null());
    walk.choose("withdraw").await;
    walk.choose("confirm").await;
    walk.screen("own-withdrawn").await;
    assert!(walk.doctor_looks(&doctor).await.is_null());
    walk.is_over_beside(pages).await;
    walk.choose("back").await;
    walk.see(&["いま続いている同意はありません"]).await;
    assert!(!walk.shows("main [value=own_consents]").await);
    walk.take();
    walk.screen("welcome").await;
    assert!(!walk.text("body").await.contains("百恵"), "nothing stays");
    // The next card is for reception, as ever.
    walk.identify("valid").await;
    walk.agree_to_all().await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_a_card_of_nobody_and_a_card_that_is_taken_end_the_own_page_in_plain_words() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.choose("own").await;
    walk.screen("own-start").await;
    walk.choose("back").await;
    walk.screen("welcome").await;
    walk.choose("own").await;
    walk.place("valid");
    walk.type_pin("9999").await;
    walk.wait_for(".kiosk-alert").await;
    assert!(walk.text(".kiosk-alert").await.contains("あと2回"));
    assert!(!walk.shows("main [value=visual]").await, "PIN alone");
    walk.type_pin("1234").await;
    walk.screen("own-menu").await;
    walk.take();
    walk.screen("welcome").await;
    assert!(!walk.text("body").await.contains("一花"), "nothing stays");
    for (case, screen) in [
        ("locked", "own-pin-locked"),
        ("last_try", "own-pin-last-try"),
        ("not_a_my_number_card", "not-my-number-card"),
    ] {
        walk.choose("own").await;
        walk.place(case);
        walk.screen(screen).await;
        walk.take();
        walk.wait_for("main[data-screen=welcome], main[data-screen=own-start]")
            .await;
        if walk.shown("screen").await == "own-start" {
            walk.choose("back").await;
        }
        walk.screen("welcome").await;
    }
    for (case, screen) in [
        ("unregistered", "own-not-registered"),
        ("revoked", "card-revoked"),
        ("expired_long", "card-expired"),
    ] {
        walk.choose("own").await;
        walk.place(case);
        walk.type_pin("1234").await;
        walk.screen(screen).await;
        assert!(walk.shows("footer [name=call]").await, "{case}");
        walk.take();
        walk.screen("welcome").await;
    }
    walk.end().await;
}
