//! Every page in every language: accessible by axe-core, right in its frame, no overflow on narrow and enlarged screens.

use std::io::{BufRead, BufReader};

use serde_json::json;

use super::Walk;
use super::readers::PC;
use crate::running::{Part, succeed};

/// Width and height in CSS pixels: a clinic's PC, a narrow screen, the PC's page at 200 %.
const SIZES: [(&str, u32, u32); 3] = [
    ("pc", 1280, 900),
    ("narrow", 320, 800),
    ("double", 640, 450),
];

/// A page that was found, and that stays where it is when another language is chosen.
pub(super) async fn look(walk: &Walk, name: &str) {
    let address = address(walk).await;
    for language in ["en", "ja"] {
        if walk.attribute("html", "lang").await.as_deref() != Some(language) {
            walk.speak(language).await;
        }
        assert_eq!(self::address(walk).await, address, "{name}");
        let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
        assert_ne!(walk.script(status).await, json!(404), "{name}");
        look_as_it_is(walk, &format!("{name}-{language}")).await;
    }
}

/// Which page, and what was asked there; not the place on it.
async fn address(walk: &Walk) -> String {
    let mut url = walk.browser.current_url().await.unwrap();
    url.set_fragment(None);
    url.to_string()
}

/// A page that answers a form has no address of its own, so its language is chosen before.
pub(super) async fn look_as_it_is(walk: &Walk, name: &str) {
    walk.is_accessible().await;
    for (size, width, height) in SIZES {
        walk.size(width, height).await;
        walk.looks_right().await;
        walk.picture(&format!("{name}-{size}")).await;
    }
    walk.size(1280, 900).await;
}

/// On paper without what is pressed, and in the person's own colours with all of it.
async fn look_on_paper_and_in_forced_colours(walk: &Walk, name: &str) {
    let shown = "return ['.onshi-header__tools', '.onshi-verdict', '.onshi-facts', '.onshi-button']
        .map(css => document.querySelector(css).checkVisibility())";
    walk.devtools("Emulation.setEmulatedMedia", json!({"media": "print"}))
        .await;
    assert_eq!(walk.script(shown).await, json!([false, true, true, false]));
    walk.picture(&format!("{name}-paper")).await;
    let forced = json!({"media": "", "features": [{"name": "forced-colors", "value": "active"}]});
    walk.devtools("Emulation.setEmulatedMedia", forced).await;
    assert_eq!(walk.script(shown).await, json!([true, true, true, true]));
    walk.is_accessible().await;
    walk.picture(&format!("{name}-forced")).await;
    walk.devtools(
        "Emulation.setEmulatedMedia",
        json!({"media": "", "features": []}),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_reception_are_accessible_in_every_language() {
    let walk = Walk::start().await;
    walk.open("").await;
    look(&walk, "certificates").await;
    walk.press("main form [data-tone=primary]").await;
    look(&walk, "sign-in").await;
    walk.send(&[("account", "uketsuke"), ("password", "Chigau-123")])
        .await;
    look_as_it_is(&walk, "sign-in-refused").await;
    walk.sign_in("general").await;
    look(&walk, "menu").await;
    walk.open("about").await;
    look(&walk, "about").await;
    for (path, name) in [
        ("support?about=router", "support"),
        ("link-state", "link-state"),
        ("start-stop", "start-stop"),
        ("inventory", "inventory"),
    ] {
        walk.open(path).await;
        look(&walk, name).await;
    }
    walk.open("no-such-page").await;
    look_as_it_is(&walk, "trouble").await;
    walk.open("password").await;
    look(&walk, "password").await;
    walk.open("history").await;
    look(&walk, "history-empty").await;
    for language in ["en", "ja"] {
        walk.open("check").await;
        look(&walk, "check").await;
        walk.speak(language).await;
        walk.send(&[("insurer_number", "12"), ("birth_date", "S45.2.30")])
            .await;
        look_as_it_is(&walk, &format!("check-errors-{language}")).await;
        walk.send(&[
            ("insurer_number", "06139991"),
            ("number", "4567"),
            ("birth_date", "S45.1.2"),
        ])
        .await;
        look_as_it_is(&walk, &format!("check-digit-{language}")).await;
    }
    let people = walk.demo["people"].as_array().unwrap().clone();
    for case in [
        "valid",
        "lost",
        "newer",
        "unknown",
        "several",
        "unregistered",
    ] {
        let person = people.iter().find(|it| it["case"] == case).unwrap();
        let text = |member: &str| person[member].as_str().unwrap().to_owned();
        let fields = ["insurer_number", "symbol", "number", "branch", "birth_date"];
        let fields: Vec<(&str, String)> = fields.map(|name| (name, text(name))).into();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, t)| (*n, t.as_str())).collect();
        walk.open("check").await;
        walk.press_box("ceiling_consent").await;
        walk.send(&fields).await;
        if walk.shows("[name=ask_anyway]").await {
            walk.press("[name=ask_anyway]").await;
        }
        let verdict = walk.attribute("[data-verdict]", "data-verdict").await;
        let expected = person["expect_verdict"].to_string();
        assert_eq!(verdict, Some(expected), "{case}");
        look(&walk, &format!("result-{case}")).await;
        if case == "valid" {
            look_on_paper_and_in_forced_colours(&walk, "result").await;
        }
    }
    walk.open("history").await;
    look(&walk, "history").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_administration_are_accessible_in_every_language() {
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    look(&walk, "menu-administrator").await;
    for (path, name) in [
        ("accounts", "accounts"),
        ("new-account?kind=medical_viewer", "account-new"),
        ("accounts/etsuran", "account"),
        ("accounts/link_app", "account-system"),
        ("import-accounts", "import"),
        ("inventory", "inventory-administrator"),
        ("inventory/device", "device"),
    ] {
        walk.open(path).await;
        look(&walk, name).await;
    }
    walk.open("new-account").await;
    walk.send(&[("id", "受付"), ("display_name", ""), ("password", "abc+")])
        .await;
    look_as_it_is(&walk, "account-new-errors").await;
    let file = walk.dir.path().join("accounts.csv");
    let text = "id,kind,display_name,designation,password\nmado,general,窓口,,Madoguchi-2026\nwarui,general,悪い,,kantan\n";
    std::fs::write(&file, text).unwrap();
    walk.open("import-accounts").await;
    walk.fill_file("file", &file).await;
    walk.press("main form [data-tone=primary]").await;
    look_as_it_is(&walk, "import-report").await;
    let (_, old) = walk.account("administrator");
    walk.open("password").await;
    let new = "Kanri-2026-Atarashii";
    walk.send(&[("old_password", old), ("new_password", new), ("again", new)])
        .await;
    look(&walk, "password-confirm").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_notices_manuals_and_procedures_are_accessible_in_every_language() {
    let walk = Walk::start().await;
    let body = walk.dir.path().join("notice.txt");
    std::fs::write(&body, "回線の工事があります。\n\n11月30日の夜です。").unwrap();
    let data_dir = walk.dir.path().join("demo/center").display().to_string();
    let file = body.display().to_string();
    succeed(&[
        "notice",
        "add",
        "--data-dir",
        &data_dir,
        "--title",
        "工事のお知らせ",
        "--body-file",
        &file,
        "--important",
    ]);
    walk.open("notices").await;
    walk.press("main form[action='/notices/refresh'] button")
        .await;
    look(&walk, "notices").await;
    walk.sign_in("administrator").await;
    look(&walk, "menu-notices").await;
    walk.press("main [data-code=important_notice] a").await;
    look(&walk, "notice").await;
    for (path, name) in [
        ("manuals", "manuals"),
        ("manuals?q=csv", "manuals-found"),
        ("manuals/readers", "manual"),
        ("reference-material", "reference-material"),
        ("procedures", "procedures"),
        ("procedures/broken_pc", "procedure"),
        ("setup-sheet", "setup-sheet"),
        ("setup-sheet/entries", "setup-sheet-entries"),
        ("setup", "setup"),
        ("credential-sheet", "credential-sheet"),
    ] {
        walk.open(path).await;
        look(&walk, name).await;
    }
    // It is shown once: in the language it was asked in.
    let (_, old) = walk.account("administrator");
    walk.send(&[("old_password", old), ("terminal_user", "OqsUser")])
        .await;
    look_as_it_is(&walk, "credential-sheet-made").await;
    let paper = serde_json::json!({"media": "print"});
    walk.devtools("Emulation.setEmulatedMedia", paper).await;
    walk.picture("credential-sheet-paper").await;
    walk.open("setup-sheet").await;
    walk.picture("setup-sheet-paper").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_a_bare_pcs_set_up_are_accessible_and_end_at_the_terminal() {
    let walk = Walk::start().await;
    let dir = |name: &str| walk.dir.path().join(name).display().to_string();
    let notice = succeed(&[
        "enroll",
        "--data-dir",
        &dir("demo/center"),
        "--code",
        "3410712362",
        "--name",
        "新しい診療所",
        "--terminal",
        "受付1",
        "--json",
    ]);
    let notice: serde_json::Value = serde_json::from_str(&notice).unwrap();
    let text = |name: &str| notice[name].as_str().unwrap();
    let secret = |kind: &str| {
        let accounts = notice["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|it| it["kind"] == kind).unwrap();
        account["password"].as_str().unwrap().to_owned()
    };
    std::fs::create_dir_all(dir("stick")).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_onshi"))
        .args([
            "setup",
            "--config-dir",
            &dir("bare/etc"),
            "--data-dir",
            &dir("bare/var"),
        ])
        .args(["--listen", "127.0.0.1:0", "--as-root"])
        .args(["--other-hardware", &dir("stick")])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.take().unwrap();
    let _part = Part::of(child);
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("setup: ").unwrap();
    walk.browser.goto(address).await.unwrap();
    look(&walk, "wizard-center").await;
    let center = |name: &str| walk.demo["center"][name].as_str().unwrap().to_owned();
    let (enroll, api) = (center("enroll"), center("api"));
    let wrong = [
        ("enroll", enroll.as_str()),
        ("fingerprint", "AB12"),
        ("center", &api),
    ];
    walk.send(&wrong).await;
    assert_eq!(walk.code("#fingerprint-error-1").await, "other_root");
    look_as_it_is(&walk, "wizard-center-wrong").await;
    walk.send(&[("fingerprint", text("root_fingerprint"))])
        .await;
    look(&walk, "wizard-certificate").await;
    let password = "Tegami-12345678";
    walk.send(&[
        ("request_id", text("request_id")),
        ("reference_id", text("reference_id")),
        ("password", password),
        ("again", password),
    ])
    .await;
    look(&walk, "wizard-backup").await;
    walk.send(&[("password", "Chigau-12345678")]).await;
    look_as_it_is(&walk, "wizard-backup-refused").await;
    walk.send(&[("password", password)]).await;
    look(&walk, "wizard-link").await;
    walk.send(&[("account_password", &secret("link_app"))])
        .await;
    look(&walk, "wizard-reader").await;
    walk.press("main [name=skip]").await;
    look(&walk, "wizard-finish").await;
    walk.press("main form [data-tone=primary]").await;
    // The page goes to the terminal by itself, which asks whose certificate is used.
    let first = fantoccini::Locator::Css("form[action='/start']");
    walk.wait().for_element(first).await.unwrap();
    assert!(!std::path::Path::new(&dir("bare/etc/kiosk.toml")).exists());
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_readers_and_settings_are_accessible_in_every_language() {
    let walk = Walk::start().await;
    walk.sign_in("administrator").await;
    for (path, name) in [
        ("readers", "readers"),
        ("settings", "settings"),
        ("settings/history", "settings-history"),
        ("screen-lock", "screen-lock"),
        ("card", "card"),
    ] {
        walk.open(path).await;
        look(&walk, name).await;
    }
    walk.lay(PC, "everything");
    walk.stage("method").await;
    look(&walk, "card-method").await;
    walk.tap("#live [value=pin]").await;
    look_as_it_is(&walk, "card-pin").await;
    walk.send(&[("pin", "1234")]).await;
    walk.answer_all().await;
    look(&walk, "card-done").await;
    walk.tap("#live a[href^='/card-checks/']").await;
    look(&walk, "result-card").await;
    walk.open("readers").await;
    look(&walk, "readers-results").await;
    walk.open("history").await;
    look(&walk, "history-cards").await;
    walk.lock().await;
    look(&walk, "lock").await;
    walk.send(&[("password", "Chigau-Chigau-1")]).await;
    look_as_it_is(&walk, "lock-refused").await;
    walk.end().await;
}
