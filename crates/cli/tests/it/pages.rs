//! The staff pages by plain HTTP, as a browser without JavaScript asks: first passwords, ended sessions, a dead center, misuse.

use crate::plain_browser::Terminal;
use crate::running::{Clinic, onshi, succeed};

const ADMINISTRATOR: &str = "Kanri-2026-Tegami";
const RECEPTION: &str = "Uketsuke-2026-a";

/// A clinic with its terminal, its administrator's password changed and an account for reception with one of its own.
fn set_up() -> (Clinic, Terminal) {
    let clinic = Clinic::start();
    clinic.enrol();
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    let first = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
    let mut browser = terminal.browser();
    // A first password opens the change form and nothing else.
    let page = browser.sign_in("administrator", &first);
    page.says(200, &["パスワード変更", "パスワードの変更が必要です"]);
    for path in ["/", "/check", "/history", "/accounts"] {
        browser.get(path).says(200, &["<h1>パスワード変更</h1>"]);
    }
    let page = browser.change_password(&first, ADMINISTRATOR);
    page.says(200, &["<h1>メニュー</h1>", "パスワードを変更しました"]);
    let page = browser.get("/accounts");
    page.says(200, &["一般アカウントがまだありません", "kind=general"]);
    let fields = [
        ("kind", "general"),
        ("id", "uketsuke"),
        ("display_name", "受付"),
        ("designation", ""),
        ("password", "Hajimete-2026"),
    ];
    browser
        .post("/new-account", &fields)
        .says(405, &["data-code=\"no_such_page\""]);
    browser
        .post("/accounts", &fields)
        .says(200, &["アカウント「uketsuke」を登録しました"]);
    browser
        .post("/sign-out", &[])
        .says(200, &["電子証明書の選択"]);
    browser.sign_in("uketsuke", "Hajimete-2026");
    browser
        .change_password("Hajimete-2026", RECEPTION)
        .says(200, &["<h1>メニュー</h1>"]);
    browser.post("/sign-out", &[]);
    (clinic, terminal)
}

fn taro(key: &str) -> Vec<(&str, &str)> {
    vec![
        ("key", key),
        ("insurer_number", "06139992"),
        ("symbol", "123"),
        ("number", "4567"),
        ("branch", "01"),
        ("birth_date", "S45.1.2"),
        ("visit_date", ""),
    ]
}

#[test]
fn a_terminal_user_made_while_the_terminal_runs_unlocks_it_without_javascript() {
    let (clinic, terminal) = set_up();
    let (config, file) = (
        clinic.path("terminal.toml"),
        clinic.path("terminal-user.pw"),
    );
    let make = |password: &str, id: &str| {
        std::fs::write(&file, format!("{password}\n")).unwrap();
        onshi(&[
            "terminal",
            "set-user",
            "--config",
            &config,
            "--id",
            id,
            "--password-file",
            &file,
        ])
    };
    for (password, id, named) in [
        ("Mijikai-2026", "uketsuke-pc", "13"),
        ("Gamen+Kaijo-2026", "uketsuke-pc", "+"),
        ("Gamen-Kaijo-2026", "a b", "--id"),
    ] {
        let output = make(password, id);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && errors.contains(named),
            "{errors}"
        );
        assert!(!errors.contains(password), "a password is told");
    }
    assert!(make("Gamen-Kaijo-2026", "uketsuke-pc").status.success());
    let mut browser = terminal.browser();
    browser.sign_in("uketsuke", RECEPTION);
    browser
        .get("/check")
        .says(200, &["url=/lock/wait?from=/check"]);
    browser
        .post("/lock", &[("back", "/check")])
        .says(403, &["uketsuke-pc", "ログイン解除"]);
    // Nothing is done of what is sent: the check is not asked, the browser is not signed out.
    browser
        .post("/check", &taro("k"))
        .says(403, &["ログイン解除"]);
    browser.post("/sign-out", &[]).says(403, &["ログイン解除"]);
    let wrong = [("back", "/check"), ("password", RECEPTION)];
    browser
        .post("/unlock", &wrong)
        .says(403, &["data-code=\"wrong_terminal_password\""]);
    let right = [("back", "/check"), ("password", "Gamen-Kaijo-2026")];
    browser
        .post("/unlock", &right)
        .says(200, &["name=\"insurer_number\""]);
    let page = browser.get("/history");
    page.says(200, &[]);
    assert!(!page.text().contains("資格　太郎"));
}

#[test]
fn without_javascript_readers_are_run_and_settings_are_saved() {
    let (clinic, terminal) = set_up();
    let data_dir = clinic.path("center");
    succeed(&[
        "enroll",
        "reader",
        "--data-dir",
        &data_dir,
        "--code",
        "1319999999",
        "--reader",
        "reader",
        "--terminal-keys",
    ]);
    let mut browser = terminal.browser();
    browser.sign_in("administrator", ADMINISTRATOR);
    let page = browser.get("/readers");
    page.says(
        200,
        &[
            "data-reader=\"reader\"",
            "data-state=\"away\"",
            "応答なし",
            "無人運転",
        ],
    );
    page.says(200, &["<noscript><meta http-equiv=\"refresh\" content=\"15; url=/readers?by=itself\"></noscript>"]);
    let page = browser.get("/readers?by=itself");
    page.says(200, &["data-reader=\"reader\""]);
    let mode = |mode| {
        [
            ("reader", "reader"),
            ("mode", mode),
            ("return_after_minutes", "5"),
        ]
    };
    let page = browser.post("/readers/mode", &mode("visual"));
    page.says(
        200,
        &[
            "目視確認に切り替えました",
            "data-mode=\"visual\"",
            "に無人運転に戻ります",
        ],
    );
    page.says(200, &["data-code=\"still_visual\""]);
    browser.get("/").says(
        200,
        &["data-code=\"still_visual\"", "カードリーダー操作を開く"],
    );
    let one = [("reader", "reader"), ("name", "受付")];
    let page = browser.post("/readers/release", &one);
    page.says(200, &["「受付」の1人分を、本人と確認しました"]);
    let page = browser.post("/readers/mode", &mode("unattended"));
    page.says(200, &["無人運転に戻しました", "data-mode=\"unattended\""]);
    let unknown = [("reader", "nobody"), ("mode", "visual")];
    browser
        .post("/readers/mode", &unknown)
        .says(404, &["data-code=\"not_found\""]);
    browser
        .post("/readers/mode", &[("mode", "upside_down")])
        .says(200, &["カードリーダー"]);
    // This PC has no card reader, and says so with a way on.
    browser
        .get("/card")
        .says(200, &["data-code=\"no_card_reader\"", "href=\"/check\""]);
    let version = browser.get("/settings").value("version");
    let settings = |minutes| {
        let mut fields = vec![
            ("version", version.as_str()),
            ("visual_return_minutes", minutes),
        ];
        for on in [
            "checkups",
            "drugs",
            "surgery",
            "treatment",
            "visual_reminder",
        ] {
            fields.push((on, "on"));
        }
        for off in [
            "electronic_prescriptions",
            "link_may_read_treatment",
            "ambulance",
            "medical_subsidy",
            "prescription_question",
        ] {
            fields.push((off, "off"));
        }
        fields.push(("face_policy", "face_assist"));
        fields.push(("prescription_forms", "both"));
        fields.push(("results_flow", "yes"));
        fields.push(("receipt_computer_asks", "yes"));
        fields.push(("second_factor", "offered"));
        fields.push(("usual_hours", "6-22"));
        fields
    };
    let page = browser.post("/settings", &settings("soon"));
    page.says(422, &["data-code=\"range\"", "1分から240分"]);
    browser
        .post("/settings", &settings("30"))
        .says(200, &["環境設定を保存しました"]);
    // The version is used up: whoever still has it overwrites nothing, and sees who changed what.
    let page = browser.post("/settings", &settings("45"));
    page.says(
        412,
        &[
            "data-code=\"changed\"",
            "「30分」へ変更しました",
            "「45分」になります",
        ],
    );
    assert_eq!(page.value("visual_return_minutes"), "45");
    let page = browser.get("/settings");
    assert_eq!(page.value("visual_return_minutes"), "30");
    page.says(200, &["環境設定の変更履歴", "10分", "手術情報"]);
    let page = browser.get("/settings/history");
    page.says(
        200,
        &[
            "administrator",
            "レセコンから資格確認ができる",
            "まだ確かめていない",
        ],
    );
    // Pages follow what was answered about the receipt computer.
    let page = browser.get("/");
    assert_eq!(page.text().matches("※通常運用では使用しません").count(), 2);
    assert!(!page.has_code("link_unanswered"));
    browser
        .get("/check")
        .says(200, &["data-code=\"checks_elsewhere\""]);
    browser
        .get("/history")
        .says(200, &["data-code=\"results_elsewhere\""]);
    browser.post("/sign-out", &[]);
    browser.sign_in("uketsuke", RECEPTION);
    browser
        .get("/readers")
        .says(200, &["data-reader=\"reader\""]);
    browser
        .post("/settings", &settings("30"))
        .says(403, &["data-code=\"not_permitted\""]);
}

#[test]
fn without_javascript_every_page_works_from_the_first_password_to_the_export() {
    let (_clinic, terminal) = set_up();
    let mut browser = terminal.browser();
    browser
        .get("/")
        .says(200, &["value=\"clinic\" checked", "value=\"spare\""]);
    browser.sign_in("uketsuke", RECEPTION);
    // The same form sent twice is one check.
    let key = browser.get("/check").value("key");
    let page = browser.post("/check", &taro(&key));
    page.says(200, &["data-verdict=\"1\"", "資格　太郎"]);
    browser.post("/check", &taro(&key));
    let page = browser.get("/history");
    page.says(200, &["資格　太郎"]);
    assert_eq!(page.text().matches("href=\"/checks/").count(), 1);
    // More than a page: the rest is found by the button of the first.
    for number in 0..50 {
        let key = format!("form-{number}");
        browser.post("/check", &taro(&key));
    }
    let page = browser.get("/history");
    assert_eq!(page.text().matches("href=\"/checks/").count(), 50);
    let page = browser.post("/history", &[("after", &page.value("after"))]);
    assert_eq!(page.text().matches("href=\"/checks/").count(), 1);
    for (encoding, start) in [("utf-8", &b"\xEF\xBB\xBF"[..]), ("cp932", b"")] {
        let page = browser.post("/history/export", &[("encoding", encoding)]);
        assert_eq!(page.status, 200);
        assert!(page.body.starts_with(start));
        let name = page.header("content-disposition").unwrap();
        assert!(name.contains("onshi-history-") && name.ends_with(".csv\""));
        let lines = page.body.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(lines, 52, "{encoding}");
    }
    browser
        .post("/language", &[("language", "en"), ("back", "/history")])
        .says(200, &["<html lang=\"en\">", "History of checks", "Valid"]);
    browser
        .post("/check", &[("insurer_number", "1")])
        .says(422, &["The insurer number has eight digits"]);
}

#[test]
fn what_was_typed_survives_the_end_of_the_session_for_the_same_person_alone() {
    let (_clinic, terminal) = set_up();
    let mut here = terminal.browser();
    here.sign_in("uketsuke", RECEPTION);
    let key = here.get("/check").value("key");
    // Signed in elsewhere: the session here ends, as after half an hour without a request.
    let mut elsewhere = terminal.browser();
    let first = elsewhere.get("/").value("certificate");
    elsewhere.post("/start", &[("certificate", &first)]);
    let fields = [("account", "uketsuke"), ("password", RECEPTION)];
    let page = elsewhere.post("/sign-in", &fields);
    page.says(200, &["既にログイン中です", "name=\"force\""]);
    elsewhere
        .sign_in("uketsuke", RECEPTION)
        .says(200, &["<h1>メニュー</h1>"]);
    let page = here.post("/check", &taro(&key));
    page.says(200, &["<h1>ログイン</h1>", "data-code=\"session_ended\""]);
    // Somebody else does not see what was typed.
    let page = here.sign_in("administrator", ADMINISTRATOR);
    page.says(200, &["<h1>メニュー</h1>"]);
    assert_eq!(here.get("/check").value("number"), "");
    here.post("/sign-out", &[]);
    // The same person does.
    let mut again = terminal.browser();
    again.sign_in("uketsuke", RECEPTION);
    terminal.browser().sign_in("uketsuke", RECEPTION);
    again.post("/check", &taro(&key));
    let fields = [
        ("account", "uketsuke"),
        ("password", RECEPTION),
        ("force", "1"),
    ];
    let page = again.post("/sign-in", &fields);
    page.says(
        200,
        &["data-code=\"form_kept\"", "value=\"4567\"", "S45.1.2"],
    );
    again
        .post("/check", &taro(&page.value("key")))
        .says(200, &["data-verdict=\"1\""]);
    // A page that was asked for without a session comes after the sign-in.
    let mut late = terminal.browser();
    late.get("/history").says(200, &["電子証明書の選択"]);
    late.sign_in("uketsuke", RECEPTION)
        .says(200, &["<h1>資格確認履歴照会</h1>"]);
}

#[test]
fn a_check_for_a_later_day_says_to_check_again_then() {
    let (_clinic, terminal) = set_up();
    let mut browser = terminal.browser();
    browser.sign_in("uketsuke", RECEPTION);
    for (typed, is_later) in [("2099-12-31", true), ("平31.4.30", false), ("", false)] {
        let key = browser.get("/check").value("key");
        let mut fields = taro(&key);
        fields.retain(|(name, _)| *name != "visit_date");
        fields.push(("visit_date", typed));
        let page = browser.post("/check", &fields);
        page.says(200, &["data-verdict="]);
        assert_eq!(page.text().contains("当日にもう一度"), is_later, "{typed}");
    }
}

#[test]
fn a_dead_center_is_told_of_and_nothing_typed_is_lost() {
    let (mut clinic, terminal) = set_up();
    let mut browser = terminal.browser();
    browser.sign_in("uketsuke", RECEPTION);
    let key = browser.get("/check").value("key");
    clinic.center.take().unwrap().kill();
    let page = browser.post("/check", &taro(&key));
    page.says(
        502,
        &[
            "data-code=\"center_unreachable\"",
            "まだ確認できていません",
            "value=\"4567\"",
        ],
    );
    assert_eq!(page.value("key"), key);
    browser.get("/history").says(
        502,
        &[
            "data-code=\"center_unreachable\"",
            "もう一度試す",
            "href=\"/history\"",
        ],
    );
    let mut other = terminal.browser();
    other.sign_in("uketsuke", RECEPTION).says(
        200,
        &["data-code=\"center_unreachable\"", "name=\"account\""],
    );
    clinic.start_center();
    browser
        .post("/check", &taro(&key))
        .says(200, &["data-verdict=\"1\""]);
}

#[test]
fn foreign_hosts_and_foreign_pages_are_refused() {
    let clinic = Clinic::start();
    clinic.enrol();
    let terminal = Terminal::start(&clinic, ["clinic", "spare"]);
    let own = terminal.host.as_str();
    let port = own.rsplit(':').next().unwrap();
    let by_address = format!("127.0.0.1:{port}");
    for host in ["evil.example", &by_address] {
        let page = terminal.ask("GET", "/", &[("host", host)], b"");
        assert_eq!(page.status, 421, "{host}");
    }
    assert_eq!(terminal.ask("GET", "/", &[], b"").status, 421);
    for path in [
        "/start",
        "/sign-in",
        "/check",
        "/accounts",
        "/language",
        "/password/rule",
    ] {
        for origin in ["http://evil.example", "null"] {
            let headers = [("host", own), ("origin", origin)];
            let page = terminal.ask("POST", path, &headers, b"");
            assert_eq!(page.status, 403, "{path} from {origin}");
        }
        let page = terminal.ask("POST", path, &[("host", own)], b"");
        assert_eq!(page.status, 403, "{path} without an origin");
    }
    let page = terminal.ask("GET", "/", &[("host", own)], b"");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let text = page.text();
    let style = text.split("rel=\"stylesheet\" href=\"").nth(1).unwrap();
    let style = style.split('"').next().unwrap();
    let asset = terminal.ask("GET", style, &[("host", own)], b"");
    assert_eq!(
        asset.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert!(asset.header("cache-control").unwrap().contains("immutable"));
    let asset = terminal.ask("GET", "/assets/onshi.css", &[("host", own)], b"");
    assert_eq!(asset.status, 404);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
}

#[test]
fn misuse_gets_a_page_that_says_how_to_go_on() {
    let (clinic, terminal) = set_up();
    let mut browser = terminal.browser();
    browser.sign_in("uketsuke", RECEPTION);
    // Missing, over-long and unprintable entries are named at their fields.
    let page = browser.post("/check", &[]);
    page.says(
        422,
        &[
            "insurer_number-error-1",
            "number-error-1",
            "birth_date-error-1",
        ],
    );
    let long = "9".repeat(5000);
    let fields = [
        ("insurer_number", long.as_str()),
        ("symbol", long.as_str()),
        ("number", "45\u{7}67"),
        ("branch", "abc"),
        ("birth_date", long.as_str()),
        ("visit_date", "昭和64年1月8日"),
    ];
    let page = browser.post("/check", &fields);
    page.says(
        422,
        &[
            "insurer_number-error-1",
            "branch-error-1",
            "visit_date-error-1",
        ],
    );
    for code in [
        "length",
        "too_long",
        "control_character",
        "form",
        "no_such_day",
    ] {
        assert!(page.has_code(code), "{code}: {}", page.text());
    }
    let page = browser.post("/history", &[("from", "あした"), ("verdict", "9")]);
    page.says(422, &["from-error-1", "verdict-error-1"]);
    let page = browser.post("/history", &[("after", "../../sessions")]);
    page.says(422, &["入力内容を確かめてください"]);
    // Identifiers that are none, or nobody's, never reach another route.
    for id in [
        "x",
        "..%2F..%2Fsessions",
        "019aae5e-0000-7000-8000-000000000001",
    ] {
        let page = browser.get(&format!("/checks/{id}"));
        page.says(404, &["data-code=\"not_found\"", "メニューに戻る"]);
    }
    browser
        .get("/nowhere")
        .says(404, &["メニューから選び直して"]);
    browser
        .get("/sign-out")
        .says(405, &["メニューから選び直して"]);
    // Bodies that are no forms, or too large.
    let plain = [("content-type", "text/plain")];
    let page = browser.send("POST", "/check", &plain, b"x");
    page.says(415, &["data-code=\"form_unreadable\""]);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let large = format!("number={}", "1".repeat(100_000));
    let page = browser.send("POST", "/check", &form, large.as_bytes());
    page.says(413, &["data-code=\"form_too_large\""]);
    let page = browser.post("/language", &[("language", "tlh"), ("back", "/")]);
    page.says(422, &["data-code=\"no_such_language\""]);
    let page = browser.post(
        "/language",
        &[("language", "ja"), ("back", "//evil.example/")],
    );
    page.says(200, &["<h1>メニュー</h1>"]);
    // What the account may not do, the center refuses.
    browser
        .get("/accounts")
        .says(403, &["data-code=\"not_permitted\""]);
    browser.post("/sign-out", &[]);
    let page = browser.post("/start", &[("certificate", "no such one")]);
    page.says(422, &["data-code=\"choose_certificate\""]);
    // Five wrong passwords make the account wait, and the page says how long.
    let first = browser.get("/").value("certificate");
    browser.post("/start", &[("certificate", &first)]);
    for _ in 0..5 {
        let fields = [("account", "uketsuke"), ("password", "Chigau-123")];
        browser.post("/sign-in", &fields);
    }
    let page = browser.post(
        "/sign-in",
        &[("account", "uketsuke"), ("password", RECEPTION)],
    );
    page.says(200, &["data-code=\"account_locked\"", "あと約15分"]);
    let machine = std::fs::read_to_string(clinic.path("link_app.pw")).unwrap();
    let page = browser.sign_in("link_app", &machine);
    page.says(200, &["data-code=\"system_account\"", "name=\"account\""]);
    browser.get("/check").says(200, &["<h1>ログイン</h1>"]);
    browser.sign_in("administrator", ADMINISTRATOR);
    // Signed in, neither certificate nor person changes without signing out.
    for (path, fields) in [
        ("/start", vec![("certificate", "spare")]),
        ("/sign-in", vec![("account", "x"), ("password", "y")]),
    ] {
        browser
            .post(path, &fields)
            .says(200, &["<h1>メニュー</h1>"]);
    }
    browser.get("/sign-in").says(200, &["<h1>メニュー</h1>"]);
    for id in ["nobody", "a%20b", "%E5%8F%97%E4%BB%98"] {
        browser
            .get(&format!("/accounts/{id}"))
            .says(404, &["data-code=\"not_found\""]);
    }
    for (path, fields) in [
        ("/accounts/link_app/state", [("state", "disabled")]),
        (
            "/accounts/link_app/password",
            [("password", "Atarashii-2026-x")],
        ),
    ] {
        let page = browser.post(path, &fields);
        page.says(
            422,
            &["data-code=\"system_account\"", "レセコンと連携できなくなり"],
        );
    }
    let page = browser.post("/import-accounts", &[]);
    page.says(422, &["data-code=\"form_unreadable\""]);
    let boundary = [("content-type", "multipart/form-data; boundary=x")];
    let file = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nid,kind\r\n\r\n--x--\r\n";
    let page = browser.send("POST", "/import-accounts", &boundary, file.as_bytes());
    page.says(422, &["data-code=\"not_imported\""]);
    let mut bytes = b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nid,kind,display_name,designation,password\r\nmado,general,".to_vec();
    // 「窓口」 in Windows-31J.
    bytes.extend_from_slice(&[0x91, 0x8B, 0x8C, 0xFB]);
    bytes.extend_from_slice(b",,Madoguchi-2026\r\n\r\n--x--\r\n");
    let page = browser.send("POST", "/import-accounts", &boundary, &bytes);
    page.says(200, &["data-code=\"imported\""]);
    browser.get("/accounts").says(200, &["窓口"]);
}
