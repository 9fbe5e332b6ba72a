//! Staff and the readers at the terminal: the general card reader of the PC (G31), the control page with results as they arrive (G14), the
//! facility's settings.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use fantoccini::Locator;
use serde_json::Value;

use super::Walk;
use crate::running::in_time;
use crate::turned_clock::TurnedClock;

/// The reader at the clinic's PC, and that of its kiosk.
pub(super) const PC: &str = "onshi pc";
const KIOSK: &str = "onshi medical";

impl Walk {
    pub(super) fn tell_reader(&self, reader: &str, line: &str) {
        let control = format!("demo/readers/{reader}.control");
        let mut stream = UnixStream::connect(self.dir.path().join(control)).unwrap();
        writeln!(stream, "{line}").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer.get("error"), None, "{line}: {answer}");
    }

    pub(super) fn lay(&self, reader: &str, case: &str) {
        let persona = self.dir.path().join(format!("demo/cards/{case}.toml"));
        self.tell_reader(reader, &format!("place {}", persona.display()));
    }

    /// Waits until something is on the page, which renews itself.
    pub(super) async fn until(&self, css: &str) {
        let found = self.wait().for_element(Locator::Css(css)).await;
        if let Err(error) = found {
            panic!("{css}: {error}\n{}", self.text("main").await);
        }
    }

    pub(super) async fn stage(&self, screen: &str) {
        self.until(&format!("#live[data-screen={screen}]")).await;
    }

    async fn stage_now(&self) -> String {
        // In one step: the part of the page may be written anew at any moment.
        let stage = self
            .script("return document.querySelector('#live').dataset.screen")
            .await;
        stage.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a button of a part that may be written anew at any moment, and waits for the next page.
    pub(super) async fn tap(&self, css: &str) {
        self.until(css).await;
        let tap = format!(
            "document.documentElement.dataset.old = '1'; document.querySelector({css:?}).click()"
        );
        self.script(&tap).await;
        self.next_page().await;
    }

    /// Answers every question with its first choice.
    pub(super) async fn answer_all(&self) {
        let done = async {
            loop {
                match self.stage_now().await.as_str() {
                    "done" => return,
                    "identifying" | "sending" => tokio::task::yield_now().await,
                    _ => self.tap("#live [name=press][data-tone=primary]").await,
                }
            }
        };
        in_time("the last question", done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_checks_in_at_the_pc_with_the_pin_and_staff_read_the_result() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("check").await;
    walk.press("main a[href='/card']").await;
    walk.stage("welcome").await;
    walk.lay(PC, "everything");
    walk.stage("method").await;
    walk.tap("#live [value=pin]").await;
    walk.send(&[("pin", "0000")]).await;
    walk.until("#live [data-code=pin]").await;
    walk.see(&["暗証番号が違います"]).await;
    walk.send(&[("pin", "1234")]).await;
    walk.answer_all().await;
    walk.see(&["見本　百恵 様"]).await;
    walk.tap("#live a[href^='/card-checks/']").await;
    assert_eq!(
        walk.attribute("[data-verdict]", "data-verdict")
            .await
            .as_deref(),
        Some("1")
    );
    walk.see(&[
        "本人確認の方法",
        "暗証番号",
        "見本　百恵",
        "pc:受付端末1",
        "患者の同意と選択",
    ])
    .await;
    walk.tell_reader(PC, "remove");
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.open("history").await;
    let table = walk.text("tbody").await;
    assert!(
        table.contains("マイナンバーカード（暗証番号）") && table.contains("見本　百恵"),
        "{table}"
    );
    walk.tap("tbody a").await;
    assert_eq!(walk.text("h1").await, "資格確認の結果");
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_withdraws_a_consent_at_the_pc_after_seeing_who_looked() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.lay(PC, "everything");
    walk.stage("method").await;
    walk.tap("#live [value=pin]").await;
    walk.send(&[("pin", "1234")]).await;
    walk.answer_all().await;
    walk.tell_reader(PC, "remove");
    walk.stage("welcome").await;
    walk.tap("#live [value=own]").await;
    walk.stage("own-start").await;
    walk.tell_reader(PC, "insert");
    walk.stage("own-pin").await;
    walk.send(&[("pin", "1234")]).await;
    walk.stage("own-menu").await;
    walk.tap("#live [value=own_looks]").await;
    walk.see(&["ご本人、記録を確かめるため"]).await;
    walk.is_accessible().await;
    walk.picture("card-own-looks").await;
    walk.tap("#live [value=back]").await;
    walk.tap("#live [value=own_consents]").await;
    walk.tap("#live [value=withdraw]").await;
    walk.tap("#live [value=confirm]").await;
    walk.stage("own-withdrawn").await;
    walk.tell_reader(PC, "remove");
    walk.stage("welcome").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_open_shows_the_answers_when_they_are_given() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.lay(PC, "everything");
    walk.stage("method").await;
    walk.tap("#live [value=pin]").await;
    walk.send(&[("pin", "1234")]).await;
    let link = "#live a[href^='/card-checks/']";
    walk.until(link).await;
    let check = walk.attribute(link, "href").await.unwrap();
    let patient = walk.browser.window().await.unwrap();
    let other = walk.browser.new_window(true).await.unwrap().handle;
    walk.browser.switch_to_window(other.clone()).await.unwrap();
    walk.open(check.trim_start_matches('/')).await;
    walk.until("[data-code=still_asking]").await;
    walk.see(&["回答待ち"]).await;
    walk.picture("result-card-open").await;
    walk.browser.switch_to_window(patient).await.unwrap();
    walk.answer_all().await;
    walk.browser.switch_to_window(other).await.unwrap();
    walk.until("#live:not(:has([data-code=still_asking]))")
        .await;
    walk.see(&["提供する", "まで有効", "自己負担限度額（月）"])
        .await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_who_sign_out_leave_no_patients_questions_open() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.lay(PC, "everything");
    walk.stage("method").await;
    walk.tap("#live [value=pin]").await;
    walk.send(&[("pin", "1234")]).await;
    let link = "#live a[href^='/card-checks/']";
    walk.until(link).await;
    let check = walk.attribute(link, "href").await.unwrap();
    walk.sign_out().await;
    walk.sign_in("general").await;
    walk.open(check.trim_start_matches('/')).await;
    assert_eq!(walk.text("h1").await, "資格確認の結果");
    assert!(!walk.shows("[data-code=still_asking]").await);
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_look_where_the_pin_is_locked_and_their_account_stands_with_the_result() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.lay(PC, "locked");
    walk.stage("pin-locked").await;
    walk.tap("#live [value=visual]").await;
    walk.stage("waiting").await;
    walk.see(&["患者ご本人の顔と、カードの表の写真を見比べます。"])
        .await;
    walk.tap("form[action='/card/confirm'] button").await;
    walk.answer_all().await;
    walk.tap("#live a[href^='/card-checks/']").await;
    let (account, _) = walk.account("general");
    walk.see(&["職員の目視", "職員が確認しました。", account])
        .await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_taken_early_ends_nothing_but_the_visit() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.lay(PC, "not_a_my_number_card");
    walk.stage("not-my-number-card").await;
    walk.tell_reader(PC, "remove");
    walk.stage("welcome").await;
    walk.lay(PC, "valid");
    walk.stage("method").await;
    walk.script("document.querySelector('#live [name=press]').focus()")
        .await;
    walk.tell_reader(PC, "remove");
    walk.stage("card-gone").await;
    // The button is gone: whoever stood on it stands on the title, which is spoken as well.
    let stands = "const title = document.querySelector('#stage-title');
        const told = document.querySelector('[data-spoken=\"#stage-title\"]').textContent;
        return document.activeElement === title && told === title.textContent.trim()";
    assert_eq!(walk.script(stands).await, Value::Bool(true));
    walk.tap("#live [value=stop]").await;
    walk.stage("welcome").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readers_result_arrives_on_the_open_page_and_the_visual_mode_is_reminded_of() {
    let mut clock = TurnedClock::start();
    clock.pass_to_noon();
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.press("main a[href='/readers']").await;
    walk.until("[data-reader=reader][data-state=idle]").await;
    walk.see(&["待機中", "無人運転", "今日はまだありません。"])
        .await;
    let staff = walk.browser.window().await.unwrap();
    let other = walk.browser.new_window(true).await.unwrap().handle;
    walk.browser.switch_to_window(other.clone()).await.unwrap();
    let launch = walk.demo["facilities"][0]["kiosk_launch"]
        .as_str()
        .unwrap()
        .to_owned();
    walk.browser.goto(&launch).await.unwrap();
    walk.until("main[data-screen=welcome]").await;
    walk.lay(KIOSK, "no_pin");
    walk.until("main[data-screen=pin-locked]").await;
    walk.browser
        .find(Locator::Css("main [value=visual]"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    walk.until("main[data-screen=waiting]").await;
    walk.browser.switch_to_window(staff.clone()).await.unwrap();
    walk.until("[data-reader=reader][data-state=waiting_for_staff]")
        .await;
    walk.until("[data-code=waiting_for_staff]").await;
    walk.picture("readers-waiting").await;
    walk.tap("[data-reader=reader] form[action='/readers/release'] button")
        .await;
    walk.see(&["本人と確認しました"]).await;
    walk.until("#live tbody a[href^='/card-checks/']").await;
    let table = walk.text("#live tbody").await;
    assert!(
        table.contains("見本　顔子") && table.contains("職員の目視"),
        "{table}"
    );
    // The visual mode: said on every page until it is switched back.
    walk.tell_reader(KIOSK, "remove");
    walk.tap("[data-reader=reader] [value=visual]").await;
    walk.until("[data-reader=reader][data-mode=visual]").await;
    walk.until("[data-code=still_visual]").await;
    walk.see(&["に無人運転に戻ります"]).await;
    walk.open("").await;
    walk.see(&["目視確認のままです"]).await;
    // On any other page, too, which asks for it by itself.
    walk.open("check").await;
    walk.until("#reminder [data-code=still_visual]").await;
    walk.tap("[data-code=still_visual] a").await;
    walk.tap("[data-reader=reader] [value=unattended]").await;
    walk.until("[data-reader=reader][data-mode=unattended]")
        .await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_the_administrators_and_nobody_overwrites_another() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    assert!(!walk.shows("main a[href='/settings']").await);
    walk.sign_out().await;
    walk.sign_in("administrator").await;
    walk.press("main a[href='/settings']").await;
    let version = walk.value("[name=version]").await.unwrap();
    walk.send(&[("visual_return_minutes", "0")]).await;
    assert_eq!(walk.code("#visual_return_minutes-error-1").await, "range");
    walk.send(&[("visual_return_minutes", "15")]).await;
    walk.see(&["環境設定を保存しました"]).await;
    assert_eq!(
        walk.value("#visual_return_minutes").await.as_deref(),
        Some("15")
    );
    // Somebody who still sees the settings of before.
    let old = format!("document.querySelector('[name=version]').value = {version:?}");
    walk.script(&old).await;
    walk.send(&[("visual_return_minutes", "20")]).await;
    assert_eq!(walk.code("[role=alert]").await, "changed");
    // What both changed is named at its field; the other's change stands.
    assert_eq!(walk.code("#visual_return_minutes-error-1").await, "changed");
    walk.see(&["「15分」へ変更しました", "「20分」になります"])
        .await;
    walk.open("settings").await;
    assert_eq!(
        walk.value("#visual_return_minutes").await.as_deref(),
        Some("15")
    );
    // A page that is open hears of a change at once; here the same person saves from elsewhere.
    let save = "const form = new FormData(document.querySelector('main form'));
        form.set('visual_return_minutes', '33');
        fetch('/settings', {method: 'POST', body: new URLSearchParams(form)})";
    walk.script(save).await;
    walk.until("#live [data-code=changed_meanwhile]").await;
    walk.tap("#live a[href='/settings']").await;
    assert_eq!(
        walk.value("#visual_return_minutes").await.as_deref(),
        Some("33")
    );
    walk.end().await;
}
