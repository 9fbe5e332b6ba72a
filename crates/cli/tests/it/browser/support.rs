//! Support, start and stop and inventory as a person finds them: before anybody signs in, with a fault, and with two administrators.

use domain::inventory::{Contents, Version};
use fantoccini::Locator;

use super::Walk;

fn terminal_folder(walk: &Walk) -> std::path::PathBuf {
    walk.dir.path().join("demo/medical/terminal")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_unlocked_the_screen_finds_what_is_wrong_and_whom_to_call() {
    let walk = Walk::start().await;
    walk.open("").await;
    walk.press("header a[href='/support']").await;
    walk.press("form[action='/support/examine'] button").await;
    assert_eq!(
        walk.attribute("[data-outcome]", "data-outcome")
            .await
            .as_deref(),
        Some("good")
    );
    walk.is_accessible().await;

    // The receipt computer's folder goes away.
    let (req, away) = (
        walk.dir.path().join("demo/medical/req"),
        walk.dir.path().join("away"),
    );
    std::fs::rename(&req, &away).unwrap();
    walk.press("form[action='/support/examine'] button").await;
    assert_eq!(
        walk.attribute("[data-outcome]", "data-outcome")
            .await
            .as_deref(),
        Some("broken")
    );
    assert!(walk.shows("[data-desk=receipt-vendor]").await);
    walk.is_accessible().await;
    walk.picture("support-broken").await;
    walk.open("").await;
    assert!(walk.shows("[data-code=folder_missing]").await);
    std::fs::rename(&away, &req).unwrap();
    walk.open("support").await;
    walk.press("form[action='/support/examine'] button").await;
    assert_eq!(
        walk.attribute("[data-outcome]", "data-outcome")
            .await
            .as_deref(),
        Some("good")
    );

    // An administrator writes down reader and router; the right order and desk follow.
    walk.sign_in("administrator").await;
    // With somebody signed in the center is asked whether it lets them in.
    walk.open("support").await;
    walk.press("form[action='/support/examine'] button").await;
    let sign_in = "return [...document.querySelectorAll('tr[data-state]')]
        .find(row => row.textContent.startsWith('サインイン')).dataset.state";
    assert_eq!(walk.script(sign_in).await, "ok");
    for (part, fields) in [
        (
            "reader",
            [("maker", "アトラス情報サービス"), ("serial", "A-1")],
        ),
        ("router", [("maker", "YAMAHA"), ("model", "RTX830")]),
    ] {
        walk.open("inventory/device").await;
        let part = format!("select[name=part] option[value={part}]");
        walk.browser
            .find(Locator::Css(&part))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
        walk.send(&fields).await;
    }
    walk.open("inventory").await;
    walk.browser
        .find(Locator::Css("option[value=without]"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    walk.press("form[action='/inventory/contract'] button")
        .await;
    walk.open("support?about=router").await;
    assert!(walk.shows("[data-desk=router-yamaha]").await);
    assert!(!walk.shows("[data-desk=office-prime-dedicated]").await);
    walk.open("start-stop").await;
    walk.press("form[action='/start-stop/stop'] button").await;
    assert!(walk.shows("[data-code=wrong_order]").await);
    walk.is_accessible().await;

    // Another administrator is faster: nothing is overwritten, and it is said.
    walk.open("inventory/device").await;
    let folder = terminal_folder(&walk);
    let now = domain::civil_date::Instant::from_micros(1);
    terminal::inventory::change(&folder, Version(3), Contents::default(), "other", now).unwrap();
    walk.send(&[("maker", "見本")]).await;
    assert!(walk.shows("[data-code=changed_meanwhile]").await);
    let kept = terminal::inventory::read(&folder).unwrap();
    assert_eq!((kept.version, kept.contents.devices.len()), (Version(4), 0));
    walk.end().await;
}
