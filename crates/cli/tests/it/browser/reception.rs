//! A receptionist's day: sign in, check, read the result, find it again; what is typed wrong; a wrong check digit; by keyboard.

use fantoccini::Locator;
use fantoccini::key::Key;

use super::Walk;

pub(super) const TARO: [(&str, &str); 5] = [
    ("insurer_number", "06139992"),
    ("symbol", "１２３"),
    ("number", "4567"),
    ("branch", "01"),
    ("birth_date", "昭和45年1月2日"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_receptionist_signs_in_checks_reads_the_result_and_finds_it_again() {
    let walk = Walk::start().await;
    walk.open("").await;
    walk.see(&["資格確認", "受付端末1", "1319999999", "有効期限"])
        .await;
    walk.sign_in("general").await;
    assert_eq!(walk.text("h1").await, "メニュー");
    walk.see(&["保険証/処方箋で確認", "資格確認履歴照会", "パスワード変更"])
        .await;
    assert!(!walk.text("main").await.contains("アカウント管理"));
    walk.press("main a[href='/check']").await;
    walk.send(&TARO).await;
    assert_eq!(
        walk.attribute("[data-verdict]", "data-verdict")
            .await
            .as_deref(),
        Some("1")
    );
    walk.see(&[
        "有効",
        "資格　太郎",
        "架空健康保険組合",
        "昭和45年1月2日",
        "この資格で受付できます",
        "登録なし",
        "患者の同意を得ていないため",
        "確認番号",
    ])
    .await;
    walk.open("history").await;
    assert!(walk.text("tbody").await.contains("資格　太郎"));
    walk.send(&[("name", "いない人")]).await;
    walk.see(&["条件に合う資格確認はありません"]).await;
    walk.send(&[("name", "太郎"), ("from", "R1.5.1")]).await;
    assert!(walk.text("tbody").await.contains("資格　太郎"));
    walk.tap("tbody a").await;
    assert_eq!(walk.text("h1").await, "資格確認の結果");
    walk.sign_out().await;
    assert_eq!(walk.text("h1").await, "資格確認");
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_comes_is_in_the_open_history_and_what_is_being_typed_there_stays() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("history").await;
    walk.fill(&[("name", "打ちかけ")]).await;
    let history = walk.browser.window().await.unwrap();
    let other = walk.browser.new_window(true).await.unwrap().handle;
    walk.browser.switch_to_window(other).await.unwrap();
    walk.open("check").await;
    walk.send(&TARO).await;
    walk.see(&["資格　太郎"]).await;
    walk.browser.switch_to_window(history).await.unwrap();
    walk.until("#live tbody a[href^='/checks/']").await;
    assert_eq!(walk.value("#name").await.as_deref(), Some("打ちかけ"));
    let focused = walk.script("return document.activeElement.id").await;
    assert_eq!(focused.as_str(), Some("name"));
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_was_searched_leaves_for_the_sign_in_when_its_session_ends() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("history").await;
    walk.send(&[("from", "R1.5.1")]).await;
    walk.until("[data-live]").await;
    walk.script("document.documentElement.dataset.old = '1'")
        .await;
    // Signed in elsewhere: the session here is over.
    walk.center_token("general").await;
    walk.next_page().await;
    assert!(walk.shows("main [name=password]").await);
    // Of the answer to a form that is read again the browser asks whether to send it once more.
    let how = walk
        .script("return performance.getEntriesByType('navigation')[0].type")
        .await;
    assert_ne!(how.as_str(), Some("reload"));
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_named_at_its_field_and_kept() {
    let walk = Walk::start().await;
    walk.open("").await;
    walk.press("main form [data-tone=primary]").await;
    walk.send(&[("account", "uketsuke"), ("password", "Chigau-123")])
        .await;
    assert_eq!(walk.code("[role=alert]").await, "wrong_credentials");
    assert_eq!(walk.value("#account").await.as_deref(), Some("uketsuke"));
    walk.sign_in("general").await;
    walk.open("check").await;
    walk.send(&[
        ("insurer_number", "12"),
        ("number", "4567"),
        ("birth_date", "S45.2.30"),
    ])
    .await;
    assert_eq!(walk.code("#insurer_number-error-1").await, "length");
    assert_eq!(walk.code("#birth_date-error-1").await, "no_such_day");
    assert_eq!(walk.value("#number").await.as_deref(), Some("4567"));
    let described = walk.attribute("#insurer_number", "aria-describedby").await;
    assert!(described.unwrap().contains("insurer_number-error-1"));
    // The summary has the focus and leads to the field.
    let focused = walk.browser.active_element().await.unwrap();
    assert_eq!(
        focused.attr("id").await.unwrap().as_deref(),
        Some("error-summary")
    );
    let link = walk
        .browser
        .find(Locator::Css("#error-summary a[href='#birth_date']"))
        .await
        .unwrap();
    link.click().await.unwrap();
    let focused = walk.browser.active_element().await.unwrap();
    assert_eq!(
        focused.attr("id").await.unwrap().as_deref(),
        Some("birth_date")
    );
    // A wrong check digit is only asked about.
    walk.send(&[("insurer_number", "06139991"), ("birth_date", "S45.1.2")])
        .await;
    assert_eq!(walk.code("[role=alert]").await, "insurer_check_digit");
    walk.press("[name=ask_anyway]").await;
    assert_eq!(
        walk.attribute("[data-verdict]", "data-verdict")
            .await
            .as_deref(),
        Some("4")
    );
    assert!(walk.shows("p[data-code=insurer_check_digit]").await);
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_sees_no_check_and_gets_none() {
    let walk = Walk::start().await;
    walk.sign_in("master").await;
    assert!(!walk.text("main").await.contains("保険証/処方箋で確認"));
    walk.open("check").await;
    walk.send(&[
        ("insurer_number", "06139992"),
        ("number", "4567"),
        ("birth_date", "1970-01-02"),
    ])
    .await;
    assert_eq!(walk.code("[role=alert]").await, "not_permitted");
    walk.end().await;
}

/// Presses a key in the page as a whole.
async fn key(walk: &Walk, keys: &str) {
    let focused = walk.browser.active_element().await.unwrap();
    focused.send_keys(keys).await.unwrap();
}

/// Goes on by tabulator until the element has the focus.
async fn tab_to(walk: &Walk, css: &str) {
    let is_focused = format!("return document.activeElement.matches({css:?})");
    for _ in 0..40 {
        key(walk, &Key::Tab.to_string()).await;
        if walk.script(&is_focused).await == serde_json::json!(true) {
            return;
        }
    }
    panic!("the tabulator does not reach {css}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_is_made_by_keyboard_alone() {
    let walk = Walk::start().await;
    let (id, password) = walk.account("general");
    let mark = "document.documentElement.dataset.old = '1'";
    walk.open("").await;
    tab_to(&walk, "main button").await;
    walk.script(mark).await;
    key(&walk, &Key::Enter.to_string()).await;
    walk.next_page().await;
    tab_to(&walk, "#account").await;
    key(&walk, id).await;
    tab_to(&walk, "#password").await;
    walk.script(mark).await;
    key(&walk, &format!("{password}{}", Key::Enter)).await;
    walk.next_page().await;
    tab_to(&walk, "main a[href='/check']").await;
    walk.script(mark).await;
    key(&walk, &Key::Enter.to_string()).await;
    walk.next_page().await;
    for (name, text) in TARO {
        tab_to(&walk, &format!("#{name}")).await;
        key(&walk, text).await;
    }
    tab_to(&walk, "#ceiling_consent").await;
    key(&walk, " ").await;
    tab_to(&walk, "main form [data-tone=primary]").await;
    walk.script(mark).await;
    key(&walk, &Key::Enter.to_string()).await;
    walk.next_page().await;
    walk.see(&["有効", "限度額適用認定証", "適用区分"]).await;
    tab_to(&walk, "main a[href='/check']").await;
    walk.end().await;
}
