//! The kiosk's screens as people meet them: accessible by axe-core, large enough, no sideways scrolling on any of its sizes.

use serde_json::json;

use super::super::Walk;
use super::CLINIC;

/// The kiosk's own sizes in CSS pixels.
const SIZES: [(&str, u32, u32); 3] = [
    ("wide", 1280, 800),
    ("short", 1024, 600),
    ("tall", 800, 1280),
];

/// Texts smaller than 24 px and targets lower or narrower than 64 px, if any.
const TOO_SMALL: &str = "
    const small = [...document.querySelectorAll('#stage *')].filter(e => e.checkVisibility() && e.firstChild
        && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
        && parseFloat(getComputedStyle(e).fontSize) < 24).map(e => e.textContent.trim());
    const targets = [...document.querySelectorAll('#stage button')].filter(e => {
        const box = e.getBoundingClientRect(); return box.height < 64 || box.width < 64}).map(e => e.textContent.trim());
    return {small, targets, sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        inline: document.querySelectorAll('[style],style,script:not([src]),[onclick]').length,
        main: document.querySelectorAll('main').length, h1: document.querySelectorAll('h1').length}";

/// Tells the kiosk that somebody is there, as any touch does: no screen passes while it is looked at.
async fn be_there(walk: &Walk) {
    let touch = "
        const done = arguments[arguments.length - 1];
        const told = {method: 'POST', body: new URLSearchParams(), headers: {'x-onshi-script': '1'}};
        fetch('/touch', told).then(it => done(it.ok), error => done(String(error)))";
    let told = walk.browser.execute_async(touch, Vec::new()).await;
    assert_eq!(told.unwrap(), json!(true));
}

async fn look(walk: &Walk, name: &str) {
    walk.screen(name).await;
    let right = json!({"small": [], "targets": [], "sideways": 0, "inline": 0, "main": 1, "h1": 1});
    for language in ["en", "ja"] {
        walk.touch(&format!("footer [value={language}]")).await;
        walk.wait_for(&format!("html[lang={language}]")).await;
        walk.is_accessible().await;
        for (size, width, height) in SIZES {
            be_there(walk).await;
            walk.size(width, height).await;
            assert_eq!(
                walk.script(TOO_SMALL).await,
                right,
                "{name} {language} {size}"
            );
            walk.picture(&format!("kiosk-{name}-{language}-{size}"))
                .await;
        }
    }
    walk.size(1280, 800).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_of_a_visit_is_large_and_accessible() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    look(&walk, "welcome").await;
    walk.place("everything");
    look(&walk, "method").await;
    walk.choose("pin").await;
    look(&walk, "pin").await;
    for comfort in ["large", "contrast"] {
        walk.touch(&format!("footer [name={comfort}]")).await;
        walk.wait_for(&format!("html[data-comfort~={comfort}]"))
            .await;
        walk.is_accessible().await;
        walk.picture(&format!("kiosk-pin-{comfort}")).await;
    }
    walk.type_pin("1234").await;
    look(&walk, "specified-disease").await;
    walk.choose("yes").await;
    look(&walk, "medical-subsidy").await;
    walk.choose("yes").await;
    look(&walk, "consents").await;
    walk.take();
    look(&walk, "card-gone-kept").await;
    walk.order(CLINIC, "insert");
    walk.agree_to_all().await;
    look(&walk, "done").await;
    walk.take();
    walk.screen("welcome").await;
    for (case, screen) in [
        ("locked", "pin-locked"),
        ("last_try", "pin-last-try"),
        ("not_a_my_number_card", "not-my-number-card"),
    ] {
        walk.place(case);
        look(&walk, screen).await;
        walk.take();
        walk.screen("welcome").await;
    }
    for (case, screen) in [
        ("expired_long", "card-expired"),
        ("no_coverage", "no-coverage"),
    ] {
        walk.identify(case).await;
        look(&walk, screen).await;
        walk.take();
        walk.screen("welcome").await;
    }
    walk.place("no_pin");
    walk.screen("pin-locked").await;
    walk.choose("visual").await;
    look(&walk, "waiting").await;
    walk.touch("footer [value=stop]").await;
    look(&walk, "take-card").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_of_the_own_page_is_large_and_accessible() {
    let walk = Walk::start().await;
    walk.open_kiosk(CLINIC).await;
    walk.identify("everything").await;
    walk.agree_to_all().await;
    walk.take();
    for _ in 0..2 {
        walk.screen("welcome").await;
        walk.choose("own").await;
        walk.place("everything");
        walk.type_pin("1234").await;
        walk.screen("own-menu").await;
        walk.take();
    }
    walk.screen("welcome").await;
    walk.choose("own").await;
    look(&walk, "own-start").await;
    walk.place("everything");
    look(&walk, "own-pin").await;
    walk.type_pin("1234").await;
    look(&walk, "own-menu").await;
    walk.choose("own_looks").await;
    look(&walk, "own-looks").await;
    for comfort in ["large", "contrast"] {
        walk.touch(&format!("footer [name={comfort}]")).await;
        walk.wait_for(&format!("html[data-comfort~={comfort}]"))
            .await;
        walk.is_accessible().await;
        walk.picture(&format!("kiosk-own-looks-{comfort}")).await;
    }
    walk.touch("footer [name=large]").await;
    walk.touch("footer [name=contrast]").await;
    walk.wait_for("html[data-comfort=plain]").await;
    walk.choose("back").await;
    walk.choose("own_consents").await;
    look(&walk, "own-consent").await;
    walk.choose("withdraw").await;
    look(&walk, "own-confirm").await;
    walk.choose("confirm").await;
    look(&walk, "own-withdrawn").await;
    walk.take();
    walk.screen("welcome").await;
    for (case, screen) in [
        ("locked", "own-pin-locked"),
        ("last_try", "own-pin-last-try"),
    ] {
        walk.choose("own").await;
        walk.place(case);
        look(&walk, screen).await;
        walk.take();
        walk.screen("welcome").await;
    }
    walk.choose("own").await;
    walk.place("unregistered");
    walk.type_pin("1234").await;
    look(&walk, "own-not-registered").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_is_accessible_and_marked_as_invented() {
    let walk = Walk::start().await;
    let tray = walk.demo["tray"].as_str().unwrap().to_owned();
    walk.browser.goto(&tray).await.unwrap();
    walk.see(&["すべて架空", "invented"]).await;
    walk.is_accessible().await;
    walk.size(1280, 900).await;
    walk.picture("tray").await;
    let css = "form:has([value=valid]) [value=medical]";
    walk.touch(css).await;
    walk.wait_for("li[data-lying]").await;
    walk.see(&["置いてあるカード: ふつうの外来"]).await;
    walk.end().await;
}
