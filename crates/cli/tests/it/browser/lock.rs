//! The screen lock in a real browser: it leaves every open page, the back button finds nothing, unlocking leads back.

use fantoccini::Locator;
use serde_json::Value;

use super::Walk;
use crate::turned_clock::TurnedClock;

impl Walk {
    async fn waits_for(&self, css: &str) {
        self.wait().for_element(Locator::Css(css)).await.unwrap();
    }

    /// What the terminal says of its lock, which the page asks now and then.
    async fn lock_state(&self) -> Value {
        let ask = "const done = arguments[arguments.length - 1];
            fetch('/lock/state').then(it => it.text()).then(done, error => done(String(error)))";
        self.browser.execute_async(ask, Vec::new()).await.unwrap()
    }

    /// Presses a key as if the page were open for a minute more: it tells of what is typed twice a minute at most. Waits until it has told.
    async fn press_a_key_after_a_while(&self) {
        let press = "const done = arguments[arguments.length - 1];
            const [now, ask] = [performance.now.bind(performance), window.fetch];
            performance.now = () => now() + 60000;
            window.fetch = (...what) => {
              const asked = ask(...what);
              if (what[0] === '/lock/active') asked.then(it => done(it.status), error => done(String(error)));
              return asked;
            };
            document.dispatchEvent(new KeyboardEvent('keydown', {key: '1'}))";
        let told = self.browser.execute_async(press, Vec::new()).await;
        assert_eq!(told.unwrap(), 204);
    }

    async fn unlock(&self, password: &str) {
        self.send(&[("password", password)]).await;
    }

    pub(super) async fn lock(&self) {
        self.press("header form[action='/lock'] button").await;
        self.is_hidden().await;
    }

    /// Shows the lock screen and nothing of staff or patients.
    async fn is_hidden(&self) {
        self.waits_for("[data-lock=locked]").await;
        let page = self.text("body").await;
        for hidden in ["受付", "1319999999", "資格　太郎", "確認番号", "メニュー"] {
            let told = page.replace("患者さんの受付は止まりません", "");
            assert!(!told.contains(hidden), "{hidden} is on the page:\n{page}");
        }
        self.see(&["画面をロックしています", "ログイン解除"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_leaves_every_open_page_and_the_back_button_brings_nothing_back() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("check").await;
    walk.fill(&[("insurer_number", "06139992")]).await;
    let first = walk.browser.window().await.unwrap();
    let second = walk.browser.new_window(true).await.unwrap().handle;
    walk.browser.switch_to_window(second.clone()).await.unwrap();
    walk.open("readers").await;
    walk.open("history").await;
    walk.lock().await;
    // The other page was open all the time.
    walk.browser.switch_to_window(first.clone()).await.unwrap();
    walk.is_hidden().await;
    walk.see(&[
        "スクリーンセーバー",
        "onshi-user",
        "セットアップシート",
        "レセコン",
    ])
    .await;
    for _ in 0..2 {
        walk.browser.back().await.unwrap();
        walk.is_hidden().await;
    }
    walk.browser.switch_to_window(second).await.unwrap();
    walk.browser.back().await.unwrap();
    walk.is_hidden().await;
    walk.open("accounts").await;
    walk.is_hidden().await;
    walk.browser.switch_to_window(first).await.unwrap();
    walk.open("check").await;
    walk.unlock("Chigau-Chigau-1").await;
    assert_eq!(
        walk.code("main [data-code]").await,
        "wrong_terminal_password"
    );
    let user = walk.demo["facilities"][0]["terminal_user"].clone();
    assert_eq!(user["id"], "onshi-user");
    walk.unlock(user["password"].as_str().unwrap()).await;
    // The session at the center went on.
    assert!(walk.shows("main [name=insurer_number]").await);
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_nobody_touches_for_fifteen_minutes_leaves_by_itself() {
    let mut clock = TurnedClock::start();
    let walk = Walk::start().await;
    let user = walk.demo["facilities"][0]["terminal_user"].clone();
    let password = user["password"].as_str().unwrap();
    walk.sign_in("general").await;
    walk.open("check").await;
    walk.fill(&[("insurer_number", "06139992")]).await;
    clock.pass_seconds(13 * 60);
    assert_eq!(walk.lock_state().await, "open");
    // From here on the fifteen minutes count anew.
    walk.press_a_key_after_a_while().await;
    clock.pass_seconds(9 * 60);
    assert_eq!(walk.lock_state().await, "open");
    assert!(walk.shows("[data-lock=open]").await);
    clock.pass_seconds(6 * 60);
    walk.is_hidden().await;
    walk.unlock(password).await;
    // The session at the center lasts half an hour.
    walk.waits_for("main [name=insurer_number]").await;
    clock.pass_seconds(32 * 60);
    walk.is_hidden().await;
    walk.unlock(password).await;
    walk.waits_for("main [name=password]").await;
    walk.see(&["ログイン"]).await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_weakens_the_lock_after_the_warning_and_restores_it_with_one_press() {
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    walk.open("settings").await;
    walk.press("main a[href='/screen-lock']").await;
    walk.press_box("degree-4").await;
    walk.press("main form [data-tone=danger]").await;
    assert_eq!(walk.code("main [data-code]").await, "not_accepted");
    walk.press_box("accepted").await;
    walk.press("main form [data-tone=danger]").await;
    walk.see(&[
        "解除にパスワードを求めない（",
        "administrator",
        "パスワードなしで解除できます",
    ])
    .await;
    walk.open("").await;
    assert!(walk.shows("[data-code=lock_weakened]").await);
    walk.lock().await;
    assert!(!walk.shows("main [name=password]").await);
    walk.press("main form [data-tone=primary]").await;
    walk.press("main [data-code=lock_weakened] a").await;
    walk.press("main form[action='/screen-lock/undo'] button")
        .await;
    walk.see(&["元に戻しました", "端末ユーザーのパスワードで解除します"])
        .await;
    walk.lock().await;
    assert!(walk.shows("main [name=password]").await);
    walk.end().await;
}
