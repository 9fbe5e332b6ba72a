//! A pharmacy: its kiosk asks in its own words, and its pharmacist sees what a pharmacy may, for dispensing, and nothing beside it (G21, G26).

use super::super::Walk;
use super::super::every_page::look;
use super::PHARMACY;

#[tokio::test(flavor = "multi_thread")]
async fn a_pharmacist_sees_drugs_and_checkups_for_dispensing_and_neither_treatment_nor_surgery() {
    let mut walk = Walk::start().await;
    agree(&walk).await;
    walk.facility = PHARMACY;
    walk.sign_in("medical_viewer").await;
    walk.press("main a[href='/medical']").await;
    walk.see(&["見本　百恵", "お薬・健診", "来院時の同意"])
        .await;
    walk.tap("main .onshi-patients a").await;
    walk.see(&["いまのお薬", "確認が必要な点", "健診の結果"])
        .await;
    shows_no_treatment(&walk).await;
    look(&walk, "medical-pharmacy").await;
    // Nor by asking for it past the page.
    walk.script(
        "const tick = document.querySelector('main .onshi-search [name=checkups]').cloneNode();
        Object.assign(tick, {id: '', name: 'treatment', type: 'hidden', value: '1'});
        document.querySelector('main .onshi-search').append(tick)",
    )
    .await;
    walk.press("main .onshi-search [data-tone=primary]").await;
    walk.see(&["いまのお薬"]).await;
    shows_no_treatment(&walk).await;
    walk.sign_out().await;
    // The clinic, where the same patient agreed to nothing, sees nobody.
    walk.facility = super::CLINIC;
    walk.sign_in("medical_viewer").await;
    walk.open("medical").await;
    walk.see(&["いま閲覧できる患者はいません"]).await;
    walk.sign_out().await;
    walk.facility = PHARMACY;
    walk.sign_in("administrator").await;
    walk.open("looks").await;
    walk.see(&["見本　百恵", "etsuran", "お薬・健診", "調剤"])
        .await;
    let looks = walk.text("main tbody").await;
    assert!(
        !looks.contains("診療") && !looks.contains("手術"),
        "{looks}"
    );
    walk.picture("looks-pharmacy").await;
    walk.end().await;
}

/// A patient agrees to one thing after the other at the pharmacy's kiosk.
async fn agree(walk: &Walk) {
    walk.open_kiosk(PHARMACY).await;
    walk.place_at(PHARMACY, "everything");
    walk.screen("method").await;
    walk.choose("pin").await;
    walk.type_pin("1234").await;
    walk.screen("specified-disease").await;
    walk.see(&["当薬局"]).await;
    walk.choose("yes").await;
    walk.screen("medical-subsidy").await;
    walk.choose("yes").await;
    walk.screen("consents").await;
    walk.choose("one_by_one").await;
    let asked = walk.agree_to_all().await;
    assert_eq!(asked, ["drugs", "checkups", "prescription-submit"]);
    walk.take_at(PHARMACY);
    walk.screen("welcome").await;
}

async fn shows_no_treatment(walk: &Walk) {
    for css in [
        "#record-treatment",
        "#record-surgery",
        "[name=treatment]",
        "[name=surgery]",
    ] {
        assert!(!walk.shows(&format!("main {css}")).await, "{css}");
    }
}
