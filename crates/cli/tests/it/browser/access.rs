//! Who gets in, in a real browser: rotation of a device that runs, recovery codes, an authenticator application, a passkey of the browser's
//! virtual authenticator, unusual sign-ins.

use fantoccini::Locator;
use serde_json::{Value, json};

use super::Walk;
use super::every_page::look;

/// A WebDriver command of WebAuthn (Level 2, §11): chromedriver takes them.
#[derive(Debug)]
struct Authenticator(Value);

impl fantoccini::wd::WebDriverCompatibleCommand for Authenticator {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/webauthn/authenticator"))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.0.to_string()))
    }
}

impl Walk {
    /// A platform authenticator whose user is always there.
    async fn add_authenticator(&self) {
        let options = json!({"protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "isUserConsenting": true});
        self.browser
            .issue_cmd(Authenticator(options))
            .await
            .unwrap();
    }

    /// Opens the page of one's own access by the way there is from the main screen.
    pub(super) async fn open_own_access(&self) {
        self.open("password").await;
        self.press("main a[href='/own-access']").await;
    }

    pub(super) async fn begin_factor(&self, kind: &str, name: &str, password: &str) {
        let select = self
            .browser
            .find(Locator::Css("[name=kind]"))
            .await
            .unwrap();
        select.select_by_value(kind).await.unwrap();
        self.fill(&[("name", name), ("password", password)]).await;
        self.press("main form[action='/own-access/factor'] [data-tone=primary]")
            .await;
    }

    /// Presses what begins a passkey, and waits for the next page.
    async fn use_passkey(&self) {
        self.press("main [data-passkey-begin]").await;
    }
}

/// The code of a clock's secret as it is shown, at the test's time plus so many steps.
pub(super) fn code(shown: &str, steps: i64) -> String {
    let bits: String = shown
        .bytes()
        .filter(|c| *c != b' ')
        .map(|c| {
            let value = if c.is_ascii_digit() {
                c - b'2' + 26
            } else {
                c - b'A'
            };
            format!("{value:05b}")
        })
        .collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 2).unwrap())
        .collect();
    let step = crate::turned_clock::clock()().as_seconds() / 30 + steps;
    pki::totp::code(&bytes, step).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_link_app_and_reader_are_rotated_while_they_run_and_the_page_tells() {
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    walk.open("accounts/link_app").await;
    walk.see(&["レセコンと連携できなくなり", "再設定工事"])
        .await;
    walk.press("main a[href='/rotations']").await;
    look(&walk, "rotations").await;
    walk.press("main [data-account=link_app] [data-tone=primary]")
        .await;
    let done = Locator::Css("[data-account=link_app][data-stage=done]");
    walk.wait().for_element(done).await.unwrap();
    walk.see(&["切り替えが完了しました"]).await;
    // The kiosk's as well: nobody is at its reader.
    walk.press("main [data-account=reader] [data-tone=primary]")
        .await;
    let done = Locator::Css("[data-account=reader][data-stage=done]");
    walk.wait().for_element(done).await.unwrap();
    // The link goes on with the new one: a file is answered.
    let folders = &walk.demo["facilities"][0]["folders"];
    let (req, res) = (
        folders["req"].as_str().unwrap(),
        folders["res"].as_str().unwrap(),
    );
    let request = crate::running::sample("OQSsiquc01req_202611230001.xml");
    std::fs::write(format!("{req}/OQSsiquc01req_0001.xml"), request).unwrap();
    let answer = std::path::PathBuf::from(res).join("OQSsiquc01res_0001.xml");
    crate::running::wait_until("the answer", || answer.exists());
    // The terminal user's password: the paper and the PC together.
    walk.press("main form[action='/rotations/terminal-user'] button")
        .await;
    look_and_type(&walk).await;
    walk.end().await;
}

async fn look_and_type(walk: &Walk) {
    walk.picture("rotation-terminal-user").await;
    walk.looks_right().await;
    walk.is_accessible().await;
    let new = walk.text("[data-secret]").await;
    walk.send(&[("typed", "Chigau-Chigau-1")]).await;
    assert_eq!(walk.code("#typed-error-1").await, "typed_differs");
    walk.send(&[("typed", &new)]).await;
    walk.see(&["端末ユーザーのパスワードを切り替えました"])
        .await;
    walk.lock().await;
    walk.send(&[("password", &new)]).await;
    assert!(
        walk.shows("main [data-account=link_app]").await,
        "unlocked with the new one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_codes_are_asked_for_printed_once_and_reset_a_forgotten_password() {
    let walk = Walk::start().await;
    let (id, password) = walk.account("administrator");
    walk.sign_in("administrator").await;
    assert!(walk.shows("[data-code=recovery_record]").await);
    walk.press("[data-code=recovery_record] a").await;
    look(&walk, "own-access").await;
    walk.fill(&[("codes_password", password)]).await;
    walk.press("main form[action='/own-access/codes'] button")
        .await;
    walk.looks_right().await;
    walk.is_accessible().await;
    walk.picture("recovery-codes").await;
    let code = walk.text(".onshi-codes li").await;
    walk.press("main a[href='/own-access']").await;
    assert_eq!(walk.text("[data-recovery]").await, "準備できています");
    walk.open("").await;
    assert!(!walk.shows("[data-code=recovery_record]").await);
    walk.sign_out().await;
    walk.open("").await;
    walk.press("main form [data-tone=primary]").await;
    walk.press("main a[href='/recover']").await;
    look(&walk, "recover").await;
    let new = "Wasureta-2026-a";
    let fields = [
        ("account", id),
        ("code", code.as_str()),
        ("new_password", new),
        ("again", new),
    ];
    walk.send(&fields).await;
    walk.see(&["新しいパスワードを設定しました"]).await;
    walk.send(&[("account", id), ("password", new)]).await;
    // The record is older than the password now.
    assert!(walk.shows("[data-code=recovery_record]").await);
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_application_is_added_and_asked_for_at_the_next_sign_in() {
    let walk = Walk::start().await;
    let (_, password) = walk.account("general");
    walk.sign_in("general").await;
    walk.open_own_access().await;
    walk.begin_factor("totp", "受付のスマートフォン", password)
        .await;
    assert!(walk.shows(".onshi-qr svg").await);
    walk.looks_right().await;
    walk.is_accessible().await;
    walk.picture("factor-totp").await;
    let secret = walk.text("[data-secret]").await;
    walk.send(&[("code", "000000")]).await;
    assert_eq!(walk.code("#code-error-1").await, "second_factor_wrong");
    let used = code(&secret, 0);
    walk.send(&[("code", &used)]).await;
    walk.see(&["登録しました", "受付のスマートフォン"]).await;
    walk.sign_out().await;
    walk.sign_in("general").await;
    assert_eq!(walk.text("h1").await, "二要素目の確認");
    look(&walk, "second-factor").await;
    // Nothing else opens before it.
    walk.open("history").await;
    assert_eq!(walk.text("h1").await, "二要素目の確認");
    let prove = "main form:not([data-passkey]) [data-tone=primary]";
    // What was used to add it is used up.
    walk.fill(&[("code", &used)]).await;
    walk.press(prove).await;
    assert_eq!(walk.code("main [data-code]").await, "second_factor_wrong");
    walk.fill(&[("code", &code(&secret, 1))]).await;
    walk.press(prove).await;
    assert_eq!(walk.text("h1").await, "メニュー");
    walk.open_own_access().await;
    walk.press("main a[href='/own-access/sign-ins']").await;
    look(&walk, "sign-ins").await;
    walk.see(&["ログイン（認証アプリ）", "失敗（認証アプリ）"])
        .await;
    remove_factor(&walk, password).await;
    walk.sign_out().await;
    walk.sign_in("general").await;
    assert_eq!(
        walk.text("h1").await,
        "メニュー",
        "the password alone opens again"
    );
    walk.end().await;
}

/// Takes the only factor away: by the password, and by no other.
async fn remove_factor(walk: &Walk, password: &str) {
    walk.open_own_access().await;
    look(walk, "own-access-factor").await;
    for (typed, told, stays) in [
        ("Chigau-1234567", "パスワードが違います", true),
        (password, "削除しました", false),
    ] {
        let field = Locator::Css("[data-factor] input[type=password]");
        let field = walk.browser.find(field).await.unwrap();
        field.send_keys(typed).await.unwrap();
        walk.press("main form[action='/own-access/factor/remove'] button")
            .await;
        walk.see(&[told]).await;
        assert_eq!(walk.shows("main [data-factor]").await, stays, "{told}");
        let at_its_line = "[data-factor] input[aria-invalid=true]";
        assert_eq!(walk.shows(at_its_line).await, stays, "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_and_a_lost_one_is_reset_by_the_administrator() {
    let walk = Walk::start().await;
    walk.add_authenticator().await;
    let (id, password) = walk.account("general");
    walk.sign_in("general").await;
    walk.open_own_access().await;
    walk.begin_factor("passkey", "受付のPC", password).await;
    walk.looks_right().await;
    walk.is_accessible().await;
    walk.picture("factor-passkey").await;
    walk.use_passkey().await;
    walk.see(&["登録しました", "受付のPC"]).await;
    walk.sign_out().await;
    walk.sign_in("general").await;
    assert_eq!(walk.text("h1").await, "二要素目の確認");
    walk.picture("second-factor-passkey").await;
    walk.use_passkey().await;
    assert_eq!(walk.text("h1").await, "メニュー");
    walk.sign_out().await;
    // Lost: the administrator resets it, and the password alone opens again.
    walk.sign_in("administrator").await;
    walk.open(&format!("accounts/{id}")).await;
    walk.press("main form[action$='/second-factors'] button")
        .await;
    walk.see(&["二要素認証の登録を取り消しました"]).await;
    walk.sign_out().await;
    walk.sign_in("general").await;
    assert_eq!(walk.text("h1").await, "メニュー");
    walk.end().await;
}
