//! Notices, manuals, reference material and procedures at a running terminal: with the center, and without it.

use crate::plain_browser::Terminal;
use crate::running::{Clinic, onshi, succeed, wait_until};
use crate::turned_clock::right_clock;

const ADMINISTRATOR: &str = "Kanri-2026-Tegami";

fn post(clinic: &Clinic, title: &str, more: &[&str]) -> String {
    let body = clinic.path("notice.txt");
    std::fs::write(&body, "回線の工事があります。\n\n11月30日の夜です。").unwrap();
    let data_dir = clinic.path("center");
    let mut arguments = vec![
        "notice",
        "add",
        "--data-dir",
        &data_dir,
        "--title",
        title,
        "--body-file",
        &body,
        "--json",
    ];
    arguments.extend(more);
    let posted: serde_json::Value = serde_json::from_str(&succeed(&arguments)).unwrap();
    posted["posted"].as_str().unwrap().to_owned()
}

#[test]
fn a_notice_is_unread_until_it_is_opened_and_is_read_without_center_and_sign_in() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let important = post(
        &clinic,
        "工事のお知らせ",
        &["--important", "--prefecture", "13"],
    );
    post(&clinic, "よその県へ", &["--prefecture", "34"]);
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    let mut browser = terminal.browser();
    // Received when the terminal started, or now.
    browser.post("/notices/refresh", &[]).says(
        200,
        &[
            "<h1>お知らせ</h1>",
            "工事のお知らせ",
            "センターから受け取った",
        ],
    );
    let first = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
    browser.sign_in("administrator", &first);
    browser.change_password(&first, ADMINISTRATOR).says(
        200,
        &["data-code=\"important_notice\"", "未読1件（重要1件）"],
    );
    let page = browser.get("/notices");
    page.says(200, &["data-unread"]);
    assert!(!page.text().contains("よその県へ"));
    let page = browser.get(&format!("/notices/{important}"));
    page.says(
        200,
        &["<h1>工事のお知らせ</h1>", "<p>回線の工事があります。</p>"],
    );
    let page = browser.get("/");
    assert!(!page.has_code("important_notice") && !page.text().contains("未読"));
    let found = |browser: &mut crate::plain_browser::Browser<'_>, query: &str| {
        browser.get(query).text().contains("工事のお知らせ")
    };
    assert!(found(
        &mut browser,
        "/notices?q=%E5%B7%A5%E4%BA%8B%20%E5%A4%9C"
    ));
    assert!(!found(&mut browser, "/notices?q=%E6%98%A8%E5%B9%B4"));
    clinic.center.take().unwrap().kill();
    let mut stranger = terminal.browser();
    assert!(found(&mut stranger, "/notices"));
    stranger
        .get(&format!("/notices/{important}"))
        .says(200, &["11月30日の夜です。"]);
    stranger
        .post("/notices/refresh", &[])
        .says(502, &["data-code=\"center_unreachable\"", "受け取り済み"]);
    stranger
        .get("/notices/unknown")
        .says(200, &["<h1>お知らせ</h1>"]);
    stranger
        .get("/manuals?q=%EF%BD%B6%EF%BD%B0%EF%BE%84%EF%BE%9E")
        .says(200, &["<h1>マニュアル</h1>", "/manuals/readers#s"]);
    stranger.get("/manuals/check").says(
        200,
        &["<h1>番号による資格確認</h1>", "href=\"/check\"", "<ol>"],
    );
    // No link of a manual leads nowhere.
    for name in [
        "start-stop",
        "sign-in",
        "check",
        "readers",
        "card",
        "history",
        "lock",
        "password",
        "accounts",
        "settings",
        "certificates",
        "receipt-computer",
        "notices",
        "procedures",
        "trouble",
        "medical",
        "looks",
        "bulk",
        "emergency",
        "claims",
        "home-visits",
    ] {
        let text = stranger.get(&format!("/manuals/{name}")).text();
        let links = text
            .split("href=\"/")
            .skip(1)
            .filter_map(|it| it.split('"').next());
        for link in links.filter(|it| !it.starts_with("assets")) {
            let page = stranger.get(&format!("/{link}"));
            assert!(page.status != 404, "{name}: /{link}");
        }
    }
    stranger
        .get("/manuals/no-such")
        .says(404, &["data-code=\"no_such_page\""]);
    stranger
        .get("/reference-material")
        .says(200, &["審査25-S338", "<svg role=\"img\"", "KB0011365"]);
    // What is noted of a procedure is the facility's, so whoever looks at that signs in.
    stranger
        .get("/procedures")
        .says(200, &["電子証明書の更新", "ログインすると見られます"]);
    clinic.start_center();
    let withdrawn = [
        "notice",
        "withdraw",
        "--data-dir",
        &clinic.path("center"),
        "--id",
        &important,
    ];
    succeed(&withdrawn);
    assert!(!onshi(&withdrawn).status.success());
    wait_until("the notice to be gone", || {
        let page = terminal.browser().post("/notices/refresh", &[]);
        page.status == 200 && !page.text().contains("工事のお知らせ")
    });
}

#[test]
fn a_procedure_is_noted_by_the_administrator_and_nobody_writes_over_a_newer_note() {
    let clinic = Clinic::start();
    clinic.enrol();
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    let first = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
    let mut browser = terminal.browser();
    browser.sign_in("administrator", &first);
    browser.change_password(&first, ADMINISTRATOR);
    browser.get("/procedures").says(
        200,
        &["電子証明書の更新", "今は要りません", "オンライン請求の届出"],
    );
    let apply = format!("{}/application", clinic.enroll());
    for procedure in ["certificate_application", "certificate_reissue"] {
        let page = browser.get(&format!("/procedures/{procedure}"));
        page.says(200, &[&apply, "受付番号"]);
    }
    let path = "/procedures/claims_filing";
    browser.get(path).says(
        200,
        &["届出の用紙", "name=\"memo\"", "届出はまだありません"],
    );
    let soon = right_clock()().date_in_japan().plus_days(30).to_string();
    let filing = [
        ("tenant", "fund"),
        ("kind", "first_use"),
        ("line", "ip_vpn"),
        ("terminal", "受付1"),
        ("starts_on", soon.as_str()),
    ];
    browser
        .post("/claims/filings", &filing)
        .says(200, &["未提出"]);
    for path in ["/procedures", path] {
        browser.get(path).says(200, &["支払基金", "未提出"]);
    }
    let note = |version, memo| [("version", version), ("state", "filed"), ("memo", memo)];
    browser.post(path, &note("0", "支払基金へ")).says(
        200,
        &[
            "手続きの状態を記録しました",
            "支払基金へ",
            "administratorが",
        ],
    );
    let page = browser.post(path, &note("0", "国保へ"));
    page.says(412, &["data-code=\"changed\"", "支払基金へ"]);
    assert_eq!(page.value("memo"), "国保へ");
    let long = "長".repeat(101);
    browser
        .post(path, &note("1", &long))
        .says(422, &["data-code=\"memo\""]);
    browser
        .get("/procedures/no-such")
        .says(404, &["data-code=\"no_such_page\""]);
    let fields = [
        ("kind", "general"),
        ("id", "uketsuke"),
        ("display_name", "受付"),
        ("designation", ""),
        ("password", "Hajimete-2026"),
    ];
    browser.post("/accounts", &fields);
    browser.post("/sign-out", &[]);
    browser.sign_in("uketsuke", "Hajimete-2026");
    browser.change_password("Hajimete-2026", "Uketsuke-2026-a");
    let page = browser.get(path);
    page.says(200, &["支払基金へ"]);
    assert!(!page.text().contains("name=\"memo\""));
    browser
        .post(path, &note("1", "書き換え"))
        .says(403, &["data-code=\"not_permitted\""]);
}

#[test]
fn the_set_up_sheet_is_filled_from_what_is_known_and_holds_no_password() {
    let mut clinic = Clinic::start();
    clinic.enrol();
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    let first = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
    let mut browser = terminal.browser();
    browser.sign_in("administrator", &first);
    browser.change_password(&first, ADMINISTRATOR);
    let page = browser.get("/setup-sheet");
    page.says(
        200,
        &[
            "1. PC設定",
            "見本クリニック",
            "受付1",
            "link_app",
            &clinic.api,
            "まだ確かめていない",
        ],
    );
    let typed = |version, place| {
        [
            ("version", version),
            ("sealed_sheet_place", place),
            ("line_kind", "光回線"),
        ]
    };
    let path = "/setup-sheet/entries";
    browser
        .post(path, &typed("0", "パスワード：Himitsu-123"))
        .says(422, &["data-code=\"password\""]);
    browser
        .post(path, &typed("0", "事務室の金庫"))
        .says(200, &["封をした控え：事務室の金庫", "光回線"]);
    browser
        .post(path, &typed("0", "机の中"))
        .says(412, &["data-code=\"changed\"", "事務室の金庫"]);
    let file = browser.get("/setup-sheet/file");
    let text = file.text();
    assert!(text.starts_with('\u{feff}') && text.contains("\"光回線\""));
    for secret in [ADMINISTRATOR, first.as_str()] {
        assert!(!text.contains(secret));
    }
    clinic.center.take().unwrap().kill();
    browser
        .get("/setup-sheet")
        .says(200, &["センターに接続できないため", "事務室の金庫"]);
}
