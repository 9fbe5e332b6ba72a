//! An ambulance: facility, account and second factor one after the other, then the chart of a patient who cannot be asked, and the record of
//! it (G28, OQSCD043).

use fantoccini::Locator;

use super::super::Walk;
use super::super::access::code;
use super::super::every_page::{look, look_as_it_is};
use super::super::readers::PC;

#[tokio::test(flavor = "multi_thread")]
async fn an_ambulances_patient_is_seen_by_the_account_with_the_right_and_a_second_factor() {
    let walk = Walk::start().await;
    card_of_somebody_who_cannot_be_asked(&walk).await;
    walk.sign_in("medical_viewer").await;
    assert!(!walk.shows("main a[href='/emergency']").await);
    walk.open("emergency/ambulance").await;
    walk.see(&["この施設では、まだ利用できません"]).await;
    walk.sign_out().await;
    allowed(&walk).await;
    let (_, password) = walk.account("medical_viewer");
    walk.sign_in("medical_viewer").await;
    walk.open("").await;
    walk.press("main a[href='/emergency']").await;
    walk.press("main .onshi-modes a[href='/emergency/ambulance']")
        .await;
    walk.see(&["二要素認証が必要です"]).await;
    look(&walk, "ambulance-factor").await;
    walk.press("main a[href='/own-access']").await;
    walk.begin_factor("totp", "救急のスマートフォン", password)
        .await;
    let secret = walk.text("[data-secret]").await;
    walk.send(&[("code", &code(&secret, 0))]).await;
    walk.sign_out().await;
    walk.sign_in("medical_viewer").await;
    walk.fill(&[("code", &code(&secret, 1))]).await;
    walk.press("main form:not([data-passkey]) [data-tone=primary]")
        .await;
    walk.open("medical").await;
    assert!(!walk.text("main").await.contains("百恵"), "no consent");
    walk.open("emergency/ambulance").await;
    walk.see(&["24時間以内にカードを確認した患者", "見本　百恵"])
        .await;
    look(&walk, "ambulance").await;
    walk.tick("main [name=card_check]").await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["患者の確認と同意の記録", "見本　百恵", "カードの写真"])
        .await;
    look_as_it_is(&walk, "ambulance-found").await;
    walk.tick("main [name=consent][value=unobtainable]").await;
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["見本　百恵", "救急の閲覧です", "いまのお薬", "手術"])
        .await;
    look(&walk, "ambulance-chart").await;
    walk.sign_out().await;
    on_record(&walk).await;
    walk.end().await;
}

/// Staff compare the face of somebody who is carried in with the photo on the card; nobody answers the questions.
async fn card_of_somebody_who_cannot_be_asked(walk: &Walk) {
    walk.sign_in("general").await;
    walk.open("card").await;
    walk.stage("welcome").await;
    walk.lay(PC, "everything");
    walk.stage("method").await;
    walk.tap("#live [value=visual]").await;
    walk.stage("waiting").await;
    walk.tap("form[action='/card/confirm'] button").await;
    walk.until("#live a[href^='/card-checks/']").await;
    walk.tell_reader(PC, "remove");
    walk.sign_out().await;
}

/// The administrator opts in for the facility and gives the account its right.
async fn allowed(walk: &Walk) {
    walk.sign_in("administrator").await;
    walk.open("settings").await;
    let use_it = walk.browser.find(Locator::Id("ambulance")).await.unwrap();
    use_it.select_by_value("on").await.unwrap();
    walk.press("main form [data-tone=primary]").await;
    walk.see(&["環境設定を保存しました"]).await;
    let (id, _) = walk.account("medical_viewer");
    walk.open(&format!("accounts/{id}")).await;
    walk.see(&["この権限はありません"]).await;
    walk.press("main form[action$='/ambulance'] button").await;
    walk.see(&["救急時閲覧権限を付与しました"]).await;
    walk.open(&format!("accounts/{id}")).await;
    walk.see(&["この権限があります"]).await;
    look(walk, "account-ambulance").await;
    walk.sign_out().await;
}

/// The look stands out among the facility's and the operator's, and nobody but the account sees the patient.
async fn on_record(walk: &Walk) {
    walk.sign_in("administrator").await;
    walk.open("medical").await;
    assert!(!walk.text("main").await.contains("百恵"), "another's");
    walk.open("looks").await;
    walk.press_box("emergencies").await;
    walk.send(&[]).await;
    walk.see(&[
        "見本　百恵",
        "etsuran",
        "緊急時の閲覧（救急）",
        "救急の診療",
    ])
    .await;
    look_as_it_is(walk, "looks-ambulance").await;
    let folder = walk.dir.path().join("demo/center").display().to_string();
    let all = ["audit", "looks", "--data-dir", &folder, "--emergencies"];
    let told = crate::running::succeed(&all);
    assert!(told.contains('!') && told.contains("ambulance"), "{told}");
}
