//! The pages of bulk orders and reference numbers.

use super::Walk;
use super::every_page::look;

/// Two people of the samples, and nobody.
const ASKED: &str = "insurer_number,symbol,number,branch,birth_date,ceiling_kind,ceiling_category,identifier\r\n\
    06139992,123,4567,,1970-01-02,,,first\r\n06139992,123,4570,,1988-08-08,,,second\r\n06139992,123,9999,,1970-01-02,,,third\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_puts_in_a_file_sees_how_far_it_is_and_fetches_the_result() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.press("main a[href='/bulk']").await;
    look(&walk, "bulk-empty").await;
    let file = walk.dir.path().join("asked.csv");
    std::fs::write(&file, ASKED).unwrap();
    walk.fill_file("file", &file).await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["受け付けました", "受付番号は R"]).await;
    // Each page takes a while, so the order is at its end long before the last of them.
    for _ in 0..200 {
        if walk.text("main .onshi-mark").await.contains("完了") {
            break;
        }
        walk.press("main a[href='/bulk']").await;
    }
    walk.see(&["完了（3件、うちエラー1件）", "あと20回取得できます"])
        .await;
    look(&walk, "bulk-done").await;
    let result = "const done = arguments[arguments.length - 1];
        const form = document.querySelector('form[action$=result]'); const body = new URLSearchParams({form: 'csv-utf-8'});
        fetch(form.action, {method: 'POST', body}).then(it => it.text()).then(done)";
    let text = walk
        .browser
        .execute_async(result, Vec::new())
        .await
        .unwrap();
    let text = text.as_str().unwrap();
    for part in [
        "資格　太郎",
        "髙﨑　德𠮷葛\u{E0100}",
        "first",
        "third",
        "E0010",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    walk.fill_file("file", &walk.dir.path().join("demo/demo.json"))
        .await;
    walk.press("main form [data-tone=primary]").await;
    assert!(walk.shows("#error-summary").await);
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_registers_a_reference_number_for_who_the_card_names_and_finds_it_again() {
    let walk = Walk::start().await;
    walk.sign_in("general").await;
    walk.open("reference-numbers").await;
    look(&walk, "reference-numbers").await;
    let card = [
        ("reference_number", "K-000777"),
        ("insurer_number", "06139992"),
        ("symbol", "123"),
        ("number", "4570"),
        ("birth_date", "S63.8.9"),
    ];
    walk.send(&card).await;
    assert_eq!(walk.code("#number-error-1").await, "not_found");
    walk.send(&[("birth_date", "S63.8.8")]).await;
    walk.see(&["登録しました", "K-000777", "髙﨑　德𠮷葛"])
        .await;
    walk.open("reference-numbers").await;
    walk.fill(&[("reference_number", "K-000777")]).await;
    walk.press("main [formaction='/reference-numbers/search']")
        .await;
    walk.see(&["検索の結果", "髙﨑　德𠮷葛"]).await;
    walk.is_accessible().await;
    walk.picture("reference-number-found").await;
    walk.press("main form[action='/reference-numbers/removal'] button")
        .await;
    walk.see(&["解除しました"]).await;
    walk.end().await;
}
