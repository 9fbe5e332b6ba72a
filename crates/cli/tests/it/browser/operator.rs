//! An operator's day at the center's own pages: sign-in with the second factor, every page, a facility enrolled, a notice that a terminal
//! shows, the chain searched and verified, a colleague added and disabled.

use domain::feed::insurer::InsurerKind;
use exchange::encoding::Encoding;
use exchange::insurer_file::writing;
use fantoccini::Locator;
use serde_json::Value;

use super::Walk;
use super::access::code;
use super::accounts::choose;
use super::downloads::enroll;
use super::every_page::{look, look_as_it_is};

impl Walk {
    pub(super) async fn operate(&self, path: &str) {
        let base = self.demo["center"]["operator"].as_str().unwrap();
        self.browser.goto(&format!("{base}{path}")).await.unwrap();
    }

    pub(super) async fn enter(&self) {
        let operator = self.demo["operator"].clone();
        let text = |member: &str| operator[member].as_str().unwrap();
        let code = code(text("totp_secret"), 0);
        self.send(&[
            ("name", text("id")),
            ("password", text("password")),
            ("code", &code),
        ])
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_walks_through_every_page() {
    let walk = Walk::start().await;
    walk.operate("/facilities").await;
    look(&walk, "operator-sign-in").await;
    walk.send(&[("name", "demo"), ("password", "x"), ("code", "000000")])
        .await;
    assert_eq!(walk.code("main .onshi-banner").await, "wrong_credentials");
    walk.operate("/facilities").await;
    walk.enter().await;
    assert!(
        walk.shows("a[href='/new-facility']").await,
        "back where one wanted to go"
    );
    for (path, name) in [
        ("/", "menu"),
        ("/load", "load"),
        ("/facilities", "facilities"),
        ("/new-facility", "new-facility"),
        ("/feeds", "feeds"),
        ("/notices", "notices"),
        ("/audit", "audit"),
        ("/audit/verify", "verify"),
        ("/looks", "looks"),
        ("/operators", "people"),
        ("/operators/demo", "person"),
        ("/password", "password"),
        ("/about", "about"),
    ] {
        walk.operate(path).await;
        look(&walk, &format!("operator-{name}")).await;
    }
    facilities(&walk).await;
    feeds(&walk).await;
    notices(&walk).await;
    chain(&walk).await;
    colleague(&walk).await;
    // Disabled meanwhile by the colleague.
    walk.operate("/audit").await;
    assert!(walk.shows("main [name=code]").await);
    walk.end().await;
}

/// A clinic applies by the open page, and reads there why its application was declined.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_for_a_certificate_is_declined_with_a_reason_that_the_applicant_reads() {
    let walk = Walk::start().await;
    let enrolled: Value = serde_json::from_slice(&enroll(&walk, &["--json"])).unwrap();
    let site = enrolled["download_site"].as_str().unwrap();
    let site = site.trim_end_matches('/');
    for language in ["en", "ja"] {
        let page = format!("{site}/application?lang={language}");
        walk.browser.goto(&page).await.unwrap();
        look_as_it_is(&walk, &format!("application-{language}")).await;
    }
    walk.send(&[("code", "1319999990"), ("name", "")]).await;
    look_as_it_is(&walk, "application-errors").await;
    let form = [
        ("code", "1319999999"),
        ("name", "見本クリニック"),
        ("terminal", "受付2"),
        ("contact", "見本　花子"),
        ("phone", "03-0000-0000"),
    ];
    choose(&walk, "kind", "further").await;
    walk.send(&form).await;
    look_as_it_is(&walk, "application-sent").await;
    let receipt = walk.text("main dl dd").await;
    walk.operate("/applications").await;
    walk.enter().await;
    look(&walk, "operator-applications").await;
    walk.press("main tbody a").await;
    look(&walk, "operator-application").await;
    walk.see(&["見本クリニック", "受付2", "見本　花子", "03-0000-0000"])
        .await;
    walk.fill(&[("reason", "同じ端末の証明書が届いています。")])
        .await;
    walk.press("form[action$='/decline'] button").await;
    look_as_it_is(&walk, "operator-application-declined").await;
    let page = format!("{site}/application?lang=ja");
    walk.browser.goto(&page).await.unwrap();
    walk.fill(&[("receipt", &receipt)]).await;
    walk.press("form[action^='/application/state'] button")
        .await;
    walk.see(&["見送り", "同じ端末の証明書が届いています。"])
        .await;
    look_as_it_is(&walk, "application-declined").await;
    walk.end().await;
}

/// Batches of an insurer: one is held and released, one held and rejected, one undone; the report, and who registers late.
async fn feeds(walk: &Walk) {
    let data_dir = walk.dir.path().join("demo/center");
    let data_dir = data_dir.to_str().unwrap();
    let load = |kind: &str, ratio: &str, state: Option<i32>| {
        let mut bytes = writing::header(InsurerKind::parse(kind).unwrap(), Encoding::Utf8).unwrap();
        for at in 0..40 {
            let of = format!("06990014,00000000-0000-0000-9000-{at:012}");
            let line = match kind {
                "persons" => format!("{of},架空　員{at},,ｶｸｳ ｲﾝ,,1,,1980-05-06,,"),
                _ => format!("{of},01,架空組合,７７,{at},01,1,,2026-04-01,,,,{ratio},,2026-04-20"),
            };
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        let file = walk.dir.path().join(format!("{kind}.csv"));
        std::fs::write(&file, bytes).unwrap();
        let file = file.to_str().unwrap();
        let of = ["--kind", kind, "--insurer", "06990014", file];
        let arguments = [&["feed", "load", "--data-dir", data_dir][..], &of].concat();
        let output = crate::running::onshi(&arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), state, "{said}");
        let number = said.lines().find(|line| line.contains("batch:")).unwrap();
        let number = number.split_whitespace().nth(3).unwrap();
        number.to_owned()
    };
    load("persons", "", Some(0));
    load("coverages", "30", Some(0));
    let held = load("coverages", "", Some(3));
    walk.operate("/feeds").await;
    look_as_it_is(walk, "operator-feeds-held").await;
    walk.press(&format!("main a[href='/feeds/{held}']")).await;
    look(walk, "operator-feed-held").await;
    walk.press("form[action$='/release'] button").await;
    assert_eq!(walk.code("#error-summary").await, "invalid_input");
    walk.press_box("confirm").await;
    walk.press("form[action$='/release'] button").await;
    walk.see(&["取り込みました。", "取込済み"]).await;
    look_as_it_is(walk, "operator-feed-released").await;
    let file = walk
        .download("form[action$='/report.csv'] button", "csv")
        .await;
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains("accepted,,,,,40"), "{text}");
    walk.press_box("confirm").await;
    walk.press("form[action$='/undo'] button").await;
    walk.see(&["取り消しました。", "取消済み"]).await;
    let held = load("coverages", "", Some(3));
    walk.operate(&format!("/feeds/{held}")).await;
    walk.press("form[action$='/reject'] button").await;
    walk.see(&["却下しました。"]).await;
    walk.operate("/feeds/late").await;
    walk.see(&["06990014", "100.0 %"]).await;
    look(walk, "operator-feeds-late").await;
}

/// The demo's clinic as an operator sees it, and a new facility.
async fn facilities(walk: &Walk) {
    let code = walk.demo["facilities"][0]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    walk.operate("/facilities").await;
    walk.send(&[("code", &code)]).await;
    walk.press("main tbody a").await;
    look(walk, "operator-facility").await;
    walk.see(&[&code, "受付"]).await;
    let page = walk.text("main").await;
    for person in ["uketsuke", "kanri"] {
        assert!(
            !page.contains(person),
            "{person}: accounts are counted, not named"
        );
    }
    walk.press("form[action$='/reissue'] button").await;
    look_as_it_is(walk, "operator-reissue").await;
    for order in [
        "new-terminal",
        "reader",
        "secret-number",
        "reset-master",
        "succession",
    ] {
        walk.operate(&format!("/facilities/{code}/{order}")).await;
        look_as_it_is(walk, &format!("operator-{order}")).await;
    }
    walk.fill(&[("name", "あたらしい院")]).await;
    walk.press("main form [data-tone=danger]").await;
    assert_eq!(
        walk.code(".onshi-banner").await,
        "invalid_input",
        "not ticked"
    );
    walk.operate("/new-facility").await;
    walk.send(&[("code", "1234567890"), ("name", "x"), ("terminal", "")])
        .await;
    look_as_it_is(walk, "operator-new-facility-errors").await;
    let new = [
        ("code", "1310000099"),
        ("name", "運用見本医院"),
        ("terminal", "受付1"),
    ];
    walk.send(&new).await;
    look_as_it_is(walk, "operator-issued").await;
    walk.see(&["1310000099", "受付1", "master"]).await;
}

/// A notice appears at the clinic's terminal.
async fn notices(walk: &Walk) {
    walk.operate("/notices").await;
    walk.send(&[("title", "回線工事"), ("body", "")]).await;
    look_as_it_is(walk, "operator-notices-errors").await;
    walk.send(&[
        ("title", "回線工事のお知らせ"),
        ("body", "夜間に止まります。"),
    ])
    .await;
    assert_eq!(walk.code("main .onshi-banner").await, "posted");
    look(walk, "operator-notices-posted").await;
    walk.press("main a[href$='/withdraw']").await;
    look(walk, "operator-notice-withdrawal").await;
    walk.press("main form [data-tone=danger]").await;
    assert_eq!(
        walk.code(".onshi-banner").await,
        "invalid_input",
        "not ticked"
    );
    walk.press_box("confirm").await;
    walk.press("main form [data-tone=danger]").await;
    assert_eq!(walk.code("main .onshi-banner").await, "withdrawn");
}

/// What was done is found, and the chain is whole.
async fn chain(walk: &Walk) {
    walk.operate("/audit").await;
    walk.send(&[("operator", "demo")]).await;
    walk.see(&[
        "notice-post",
        "notice-withdraw",
        "facility-enroll",
        "audit-read",
    ])
    .await;
    look_as_it_is(walk, "operator-audit-found").await;
    walk.operate("/looks").await;
    walk.send(&[("from", "2020-01-01")]).await;
    look_as_it_is(walk, "operator-looks-found").await;
    walk.operate("/audit/verify").await;
    walk.press("main form [data-tone=primary]").await;
    let whole = Locator::Css("[data-code=chain_whole]");
    walk.wait().for_element(whole).await.unwrap();
    look_as_it_is(walk, "operator-verified").await;
}

/// Disables the operator whose page is open.
async fn disable(walk: &Walk) {
    walk.press("main a[href$='/disable']").await;
    look_as_it_is(walk, "operator-disable").await;
    walk.press_box("confirm").await;
    walk.press("main form [data-tone=danger]").await;
}

/// A colleague's link is opened in the same browser, which thereby is the colleague's.
async fn colleague(walk: &Walk) {
    walk.operate("/operators").await;
    walk.send(&[("name", "suzuki")]).await;
    look_as_it_is(walk, "operator-invitation").await;
    let link = walk.text("[data-link]").await;
    // The link names the host otherwise than the demo: another session beside the first.
    let base = link.split("/set-up/").next().unwrap().to_owned();
    walk.browser.goto(&link).await.unwrap();
    look_as_it_is(walk, "operator-set-up").await;
    let shown = code(&walk.text("[data-secret]").await, 0);
    walk.send(&[
        ("new_password", "short"),
        ("again", "short"),
        ("code", &shown),
    ])
    .await;
    look_as_it_is(walk, "operator-set-up-errors").await;
    let shown = code(&walk.text("[data-secret]").await, 0);
    let chosen = [
        ("new_password", "Tegami-12345"),
        ("again", "Tegami-12345"),
        ("code", &*shown),
    ];
    walk.send(&chosen).await;
    assert!(walk.text("header").await.contains("suzuki"));
    walk.browser.goto(&link).await.unwrap();
    assert_eq!(walk.code("main .onshi-banner").await, "link_closed");
    let to = |path: &str| format!("{base}{path}");
    walk.browser.goto(&to("/operators/demo")).await.unwrap();
    disable(walk).await;
    assert_eq!(walk.code("main .onshi-banner").await, "disabled");
    walk.browser.goto(&to("/operators/suzuki")).await.unwrap();
    disable(walk).await;
    assert_eq!(walk.code("main .onshi-banner").await, "last_operator");
}
