//! An administrator's pages: accounts one by one and by file, system accounts, passwords with the rule as it is typed.

use fantoccini::Locator;

use super::Walk;
use super::every_page::look;

pub(super) async fn choose(walk: &Walk, name: &str, value: &str) {
    let css = format!("[name={name}]");
    let select = walk.browser.find(Locator::Css(&css)).await.unwrap();
    select.select_by_value(value).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_registers_edits_and_disables_an_account() {
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    walk.open("check").await;
    assert!(walk.shows("[data-code=use_general_account]").await);
    walk.open("accounts").await;
    walk.see(&["uketsuke", "連携アプリ用", "顔認証用"]).await;
    walk.press("main a[href='/new-account']").await;
    choose(&walk, "kind", "general").await;
    walk.send(&[
        ("id", "受付"),
        ("display_name", "受付2"),
        ("password", "abc"),
    ])
    .await;
    assert_eq!(walk.code("#id-error-1").await, "form");
    assert_eq!(walk.code("#password-error-1").await, "too_short");
    let field = walk.browser.find(Locator::Id("password")).await.unwrap();
    field.send_keys("abc+").await.unwrap();
    let live = Locator::Css("#password-rule li[data-met=false]");
    walk.wait().for_element(live).await.unwrap();
    choose(&walk, "kind", "general").await;
    walk.send(&[("id", "uketsuke2"), ("password", "Uketsuke-2nd-1")])
        .await;
    assert_eq!(walk.code("[data-tone=success]").await, "registered");
    walk.open("accounts/uketsuke2").await;
    walk.send(&[("display_name", "受付 二番")]).await;
    assert!(walk.text("tbody").await.contains("受付 二番"));
    walk.open("accounts/uketsuke2").await;
    walk.press("main [data-tone=danger]").await;
    walk.see(&["利用を停止しました", "利用停止"]).await;
    walk.open("accounts/link_app").await;
    assert_eq!(walk.code("[data-tone=warning]").await, "system_account");
    walk.see(&["レセコンと連携できなくなり", "再設定工事"])
        .await;
    assert!(!walk.shows("[data-tone=danger]").await);
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_accounts_is_taken_whole_or_not_at_all() {
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    let file = walk.dir.path().join("accounts.csv");
    let upload = async |text: &str| {
        std::fs::write(&file, text).unwrap();
        walk.open("import-accounts").await;
        walk.fill_file("file", &file).await;
        walk.press("main form [data-tone=primary]").await;
    };
    let head = "id,kind,display_name,designation,password\r\n";
    let good = "madoguchi,general,窓口,,Madoguchi-2026\r\n";
    upload(&format!("{head}{good}warui,general,悪い,,kantan\r\n")).await;
    assert_eq!(walk.code("[role=alert]").await, "not_imported");
    walk.see(&["誤りなし", "8文字以上"]).await;
    walk.open("accounts").await;
    assert!(!walk.text("tbody").await.contains("madoguchi"));
    upload(&format!("{head}{good}")).await;
    assert_eq!(walk.code("[data-tone=success]").await, "imported");
    walk.open("accounts").await;
    assert!(walk.text("tbody").await.contains("窓口"));
    walk.open("import-accounts").await;
    walk.press("main form [data-tone=primary]").await;
    assert_eq!(walk.code("#file-error-1").await, "required");
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_in_three_steps_with_the_rule_as_it_is_typed() {
    let walk = Walk::start().await;
    let (id, old) = walk.account("general");
    walk.sign_in("general").await;
    walk.open("password").await;
    walk.see(&["有効期限", "8〜20文字"]).await;
    let field = walk
        .browser
        .find(Locator::Id("new_password"))
        .await
        .unwrap();
    field.send_keys("abc+").await.unwrap();
    let live = Locator::Css("#password-rule li[data-met=false]");
    walk.wait().for_element(live).await.unwrap();
    let rule = walk.text("#password-rule").await;
    assert!(rule.contains("「+」は使えません"), "{rule}");
    // What comes while typing brings no style and no script with it, and is as accessible as the page.
    walk.looks_right().await;
    walk.is_accessible().await;
    let form = |new: &'static str, again: &'static str| {
        [
            ("old_password", old),
            ("new_password", new),
            ("again", again),
        ]
    };
    walk.fill(&form("kantan", "chigau")).await;
    // The rule is written anew for this one, which moves the button below it.
    let anew = Locator::XPath("//*[@id='password-rule'][not(contains(., '「+」'))]");
    walk.wait().for_element(anew).await.unwrap();
    walk.press("main form [data-tone=primary]").await;
    assert_eq!(walk.code("#new_password-error-1").await, "too_short");
    assert_eq!(walk.code("#again-error-1").await, "differs");
    let start: String = old.chars().take(5).collect();
    let new = "Atarashii-2026";
    walk.send(&form(new, new)).await;
    assert_eq!(walk.text("h1").await, "更新確認");
    walk.see(&[id, "無期限"]).await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["パスワードを変更しました"]).await;
    walk.sign_out().await;
    walk.sign_in_as(id, new).await;
    assert_eq!(walk.text("h1").await, "メニュー");
    // A short one that begins as an earlier one is refused by the center and named at its field.
    walk.open("password").await;
    let same_start = format!("{start}aA1-");
    let fields = [
        ("old_password", new),
        ("new_password", same_start.as_str()),
        ("again", same_start.as_str()),
    ];
    walk.send(&fields).await;
    walk.press("main form [data-tone=primary]").await;
    assert_eq!(walk.code("#new_password-error-1").await, "same_start");
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_is_told_of_a_sign_in_after_many_failures() {
    let walk = Walk::start().await;
    let (id, password) = walk.account("general");
    walk.open("").await;
    walk.press("main form [data-tone=primary]").await;
    for _ in 0..3 {
        walk.send(&[("account", id), ("password", "Chigau-1234567")])
            .await;
    }
    walk.send(&[("account", id), ("password", password)]).await;
    walk.sign_out().await;
    walk.sign_in("administrator").await;
    walk.open("accounts").await;
    assert!(walk.shows("[data-unusual]").await);
    walk.see(&["いつもと違うログイン", "直前に続けて失敗"])
        .await;
    look(&walk, "accounts-unusual").await;
    walk.end().await;
}
