//! Home care on the station's terminal and on the pages its address leads to, with a card that is read at home.

use super::Walk;
use super::every_page::{look, look_as_it_is};
use crate::card_at_home::ReaderAtHome;

/// The home-visit nursing station of the demo.
const STATION: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_agrees_on_their_phone_and_is_checked_withdrawn_and_gone() {
    let mut walk = Walk::start().await;
    walk.facility = STATION;
    walk.sign_in("administrator").await;
    walk.press("main a[href='/home-care']").await;
    look(&walk, "home-care-empty").await;
    walk.press("main a[href='/home-care/addresses']").await;
    look(&walk, "home-care-addresses").await;
    walk.press("[data-care=remote_care] form button").await;
    walk.see(&["新しいアドレスを作りました"]).await;
    assert!(walk.shows("[data-care=remote_care] svg path").await);
    walk.open("home-care/devices").await;
    look(&walk, "home-care-devices-empty").await;
    walk.send(&[("label", "訪問用タブレット")]).await;
    assert_eq!(
        walk.text("[data-code]").await.len(),
        14,
        "twelve digits in three groups"
    );
    look_as_it_is(&walk, "home-care-code").await;
    let code = walk.dir.path().join("code");
    std::fs::write(&code, walk.text("[data-code]").await).unwrap();
    let facility = walk.demo["facilities"][STATION].clone();
    let address = facility["home_address"].as_str().unwrap().to_owned();
    let reader = ReaderAtHome::start(&walk.dir.path().join("reader"));
    let folder = walk.dir.path().join("visit").display().to_string();
    let ca = walk.demo["center"]["ca"].as_str().unwrap().to_owned();
    let account = walk.account("administrator").0.to_owned();
    let code = code.to_str().unwrap();
    reader.told(
        &[
            "activate",
            "--dir",
            &folder,
            "--json",
            "--address",
            &address,
            "--root",
            &ca,
            "--account",
            &account,
            "--code-file",
            code,
        ],
        "",
    );
    // The patient's phone: no script is needed, and the page says that it reads no card.
    for language in ["en", "ja"] {
        walk.browser
            .goto(&format!("{address}?lang={language}"))
            .await
            .unwrap();
        look_as_it_is(&walk, &format!("home-page-{language}")).await;
    }
    walk.see(&[
        "見本訪問看護ステーション",
        "この画面はカードを読み取れません",
        "保存しない",
    ])
    .await;
    assert!(!walk.shows("script").await);
    walk.press("main form button").await;
    look_as_it_is(&walk, "home-page-waiting").await;
    let join = walk.attribute("[data-join]", "data-join").await.unwrap();
    let cards = walk.demo["cards"].as_array().unwrap();
    let card = cards.iter().find(|it| it["case"] == "everything").unwrap();
    reader.place(card["persona"].as_str().unwrap());
    let pin = card["pin"].as_str().unwrap();
    let done = reader.told(&["card", "--dir", &folder, "--json", "--join", &join], pin);
    assert_eq!(done[0]["outcome"], "done");
    walk.press("main form[action='/visit'] button").await;
    look_as_it_is(&walk, "home-page-questions").await;
    walk.press("main form button").await;
    assert!(walk.shows("[data-code=missing]").await);
    let choose =
        "for (const it of document.querySelectorAll('input[value=yes]')) it.checked = true;
        for (const it of document.querySelectorAll('input[value=paper]')) it.checked = true";
    walk.script(choose).await;
    walk.press("main form button").await;
    walk.see(&["受付が終わりました", "取り消すまで"]).await;
    look_as_it_is(&walk, "home-page-done").await;
    walk.press("main form button").await;
    walk.see(&["画面を閉じました"]).await;
    // The station sees who agreed, checks without the card, and ends it.
    walk.open("home-care").await;
    look(&walk, "home-care-list").await;
    walk.press("main form[action='/home-care/check'] button")
        .await;
    walk.see(&["有効"]).await;
    walk.open("home-care").await;
    walk.press("main form[action='/home-care/check-all'] button")
        .await;
    look_as_it_is(&walk, "home-care-checked").await;
    walk.open("home-care").await;
    walk.press("main a[href$='/withdraw']").await;
    look(&walk, "home-care-withdraw").await;
    walk.press("main form [data-tone=danger]").await;
    walk.see(&["同意を取り消しました", "同意した患者さんはいません"])
        .await;
    // What ended is told without a name: whose it was is one step further.
    walk.see(&["最近終わった同意", "取り消し", "どなたか見る"])
        .await;
    look(&walk, "home-care-ended").await;
    walk.press("main a[href^='/home-care/ended/']").await;
    walk.see(&["どなたの同意か", "同意したときの資格確認の履歴を見る"])
        .await;
    walk.open("home-care").await;
    walk.press("main a[href='/']").await;
    walk.see(&["この14日間に終わった同意が1件あります"]).await;
    walk.open("home-care/devices").await;
    look(&walk, "home-care-devices").await;
    walk.press("main form[action='/home-care/devices/remove'] button")
        .await;
    walk.see(&["機器を外しました"]).await;
    walk.end().await;
}
