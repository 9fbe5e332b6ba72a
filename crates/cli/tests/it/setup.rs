//! A bare PC set up on its page: from the notice to the first check, with everything that may be typed wrong.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::plain_browser::{Browser, Terminal};
use crate::running::{Clinic, Part, onshi, succeed};

/// A process of `onshi setup` and what it prints.
struct Wizard {
    terminal: Terminal,
    lines: BufReader<ChildStdout>,
}

impl Wizard {
    fn start(clinic: &Clinic) -> Self {
        let mut child: Child = Command::new(env!("CARGO_BIN_EXE_onshi"))
            .args(arguments(clinic).iter().map(String::as_str))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let host = line.trim().strip_prefix("setup: http://").unwrap();
        let host = host.trim_end_matches("/setup").to_owned();
        let terminal = Terminal::at(Part::of(child), host);
        Self { terminal, lines }
    }
}

fn arguments(clinic: &Clinic) -> Vec<String> {
    let texts = [
        "setup",
        "--config-dir",
        &clinic.path("etc"),
        "--data-dir",
        &clinic.path("var"),
        "--other-hardware",
        &clinic.path("stick"),
        "--as-root",
        "--listen",
        "127.0.0.1:0",
    ];
    texts.map(str::to_owned).to_vec()
}

#[test]
fn whoever_makes_another_terminal_user_by_command_is_told_that_the_sealed_sheet_is_outdated() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).display().to_string();
    let settings = format!(
        "data_dir = \"{}\"\ncenter = \"https://center.example\"\nca = \"root.pem\"\n[identity]\nname = \"clinic\"\n",
        file("terminal")
    );
    std::fs::write(file("terminal.toml"), settings).unwrap();
    std::fs::write(file("user.pw"), "Gamen-Kaijo-2026\n").unwrap();
    let (config, password) = (file("terminal.toml"), file("user.pw"));
    let make = |json: &[&str]| {
        let of_terminal = ["--config", &config, "--password-file", &password];
        let user = ["terminal", "set-user", "--id", "OqsUser"];
        succeed(&[&user[..], &of_terminal, json].concat())
    };
    let is_outdated = || {
        let told: serde_json::Value = serde_json::from_str(&make(&["--json"])).unwrap();
        assert_eq!(told["terminal_user"], "OqsUser", "{told}");
        told["sealed_sheet_outdated"].as_bool().unwrap()
    };
    let said = make(&[]);
    assert!(said.contains("OqsUser") && !said.contains("控え"), "{said}");
    assert!(!is_outdated());
    let sheet = "{\"sheet\":[\"kanri\",1796000000000000],\"open\":false}";
    std::fs::write(file("terminal/setup.json"), sheet).unwrap();
    assert!(is_outdated());
    let said = make(&[]);
    for part in [
        "封をした控えのパスワードは、古くなりました。",
        "The password on the sealed sheet is no longer good.",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn a_bare_pc_is_taken_to_its_first_check() {
    let clinic = Clinic::start();
    std::fs::create_dir(clinic.path("stick")).unwrap();
    let notice = clinic.notice();
    let text = |name: &str| notice[name].as_str().unwrap().to_owned();
    let password = |id: &str| std::fs::read_to_string(clinic.path(&format!("{id}.pw"))).unwrap();
    let mut wizard = Wizard::start(&clinic);
    let mut browser = wizard.terminal.browser();
    browser
        .get("/")
        .says(200, &["センターにつなぐ", "name=\"fingerprint\""]);
    let (enroll, print) = (clinic.enroll().to_owned(), text("root_fingerprint"));
    let center = |print: &str| {
        [
            ("enroll", enroll.clone()),
            ("fingerprint", print.to_owned()),
            ("center", clinic.api.clone()),
            ("center_name", "onshi-example".to_owned()),
        ]
    };
    fn send<'a>(fields: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
        fields
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect()
    }
    let other = print.replace('A', "B").replace('1', "2");
    browser
        .post("/setup/center", &send(&center(&other)))
        .says(422, &["data-code=\"other_root\""]);
    browser
        .post("/setup/center", &[("enroll", "http://x")])
        .says(422, &["data-code=\"required\""]);
    // No step is left out by its address.
    browser
        .post("/setup/finish", &[])
        .says(200, &["name=\"fingerprint\""]);
    browser
        .post("/setup/center", &send(&center(&print)))
        .says(200, &["電子証明書を入れる", "name=\"reference_id\""]);
    let certificate = |reference: String, again: &str| {
        [
            ("request_id", text("request_id")),
            ("reference_id", reference),
            ("password", "Tegami-12345678".to_owned()),
            ("again", again.to_owned()),
        ]
    };
    let (right, same) = (text("reference_id"), "Tegami-12345678");
    browser
        .post(
            "/setup/certificate",
            &send(&certificate(right.clone(), "x")),
        )
        .says(422, &["data-code=\"again\""]);
    let page = browser.post(
        "/setup/certificate",
        &send(&certificate("AAAA".into(), same)),
    );
    assert_eq!(page.status, 422);
    assert!(!page.text().contains(same), "a password is shown again");
    browser
        .post("/setup/certificate", &send(&certificate(right, same)))
        .says(
            200,
            &["電子証明書をバックアップする", "1319999999.p12", "受付1"],
        );
    back_up(&mut browser, &clinic, same);
    let machine = |id: &str, secret: String| {
        [
            ("account", id.to_owned()),
            ("account_password", secret),
            ("req", clinic.path("x/req")),
            ("res", clinic.path("x/res")),
            ("face", String::new()),
            ("work", clinic.path("x/work")),
            ("profile", "panasonic".to_owned()),
        ]
    };
    browser
        .post(
            "/setup/link",
            &send(&machine("link_app", "Chigau-1234567".into())),
        )
        .says(422, &["account_password-error-1"]);
    browser
        .post("/setup/link", &send(&machine("reader", password("reader"))))
        .says(422, &["data-code=\"other_kind\""]);
    browser
        .post(
            "/setup/link",
            &send(&machine("link_app", password("link_app"))),
        )
        .says(200, &["カードリーダーを用意する"]);
    browser
        .post(
            "/setup/reader",
            &send(&machine("reader", password("reader"))),
        )
        .says(200, &["端末を始める"]);
    browser
        .post("/setup/finish", &[])
        .says(200, &["端末を始めています"]);
    let mut line = String::new();
    wizard.lines.read_line(&mut line).unwrap();
    assert!(line.starts_with("terminal: http://"), "{line}");
    // The doctor looks at the parts beside the terminal, too.
    let settings = std::fs::read_to_string(clinic.path("etc/terminal.toml")).unwrap();
    for part in ["gateway", "kiosk"] {
        assert!(
            settings.contains(&clinic.path(&format!("etc/{part}.toml"))),
            "{settings}"
        );
    }
    for part in ["terminal", "gateway", "kiosk"] {
        let file = clinic.path(&format!("etc/{part}.toml"));
        let settings = std::fs::read_to_string(&file).unwrap();
        for secret in ["link_app", "reader"].map(password) {
            assert!(!settings.contains(&secret), "{part}");
        }
        // One certificate for the PC: what the terminal renews, all parts have.
        let shares = settings.contains(&format!(
            "folder = \"{}\"",
            clinic.path("var/onshi-terminal")
        ));
        assert_eq!(shares, part != "terminal", "{part}");
    }
    succeed(&["config", "check", &clinic.path("etc/gateway.toml")]);
    // A build without card readers finds one thing, and that alone.
    let output = onshi(&["config", "check", &clinic.path("etc/kiosk.toml")]);
    let found = String::from_utf8(output.stdout).unwrap();
    for wrong in ["identity", "account", "secret_file", "profile", "center"] {
        assert!(!found.contains(&format!("{wrong}:")), "{found}");
    }
    let again: Vec<String> = arguments(&clinic);
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    assert!(!onshi(&again).status.success(), "it is set up already");
    first_check(&wizard.terminal, &password("administrator"), &clinic);
}

/// The certificate's file goes onto the stick, and counts once it opened there.
fn back_up(browser: &mut Browser<'_>, clinic: &Clinic, password: &str) {
    let stick = clinic.path("stick");
    let form = |password| [("place", stick.as_str()), ("password", password)];
    for (form, code) in [
        ([("place", ""), ("password", password)], "required"),
        (form("Chigau-12345678"), "file_or_password"),
        (
            [("place", "/proc"), ("password", password)],
            "unknown_hardware",
        ),
    ] {
        let code = format!("data-code=\"{code}\"");
        browser.post("/setup/backup", &form).says(422, &[&code]);
    }
    assert_eq!(std::fs::read_dir(&stick).unwrap().count(), 0);
    browser
        .post("/setup/backup", &form(password))
        .says(200, &["連携アプリを用意する", "開けることを確かめました"]);
    let copy = std::fs::read(clinic.path("stick/1319999999.p12")).unwrap();
    let own = clinic.path("var/onshi-terminal/downloads/1319999999.p12");
    assert_eq!(copy, std::fs::read(own).unwrap());
}

#[test]
fn root_is_led_to_the_user_of_the_parts() {
    let clinic = Clinic::start();
    let arguments = arguments(&clinic);
    let arguments: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|it| *it != "--as-root")
        .collect();
    let output = onshi(&arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(1),
        "needs root, as CI is: {told}"
    );
    assert!(told.contains("runuser -u onshi -- onshi setup") && told.contains("--as-root"));
    assert!(!std::path::Path::new(&clinic.path("etc")).exists());
}

/// The administrator's part: a password of their own, the sealed sheet, the two facts, a check.
fn first_check(terminal: &Terminal, first: &str, clinic: &Clinic) {
    let own = "Kanri-2026-Tegami";
    let mut browser = terminal.browser();
    browser.get("/setup").says(200, &["電子証明書の選択"]);
    browser.sign_in("administrator", first);
    browser
        .change_password(first, own)
        .says(200, &["data-code=\"setup_open\""]);
    browser
        .get("/setup")
        .says(200, &["封をした控えを作る", "最初の資格確認をする"]);
    let make = |old| [("old_password", old), ("terminal_user", "OqsUser")];
    let page = browser.post("/credential-sheet", &make("Chigau-1234567"));
    let made = |page: &crate::plain_browser::Page| -> Vec<String> {
        let text = page.text();
        let codes = text.split("<code>").skip(1);
        codes
            .map(|it| {
                it.split("</code>")
                    .next()
                    .unwrap()
                    .replace("&#38;", "&")
                    .replace("&#60;", "<")
                    .replace("&#62;", ">")
                    .replace("&#39;", "'")
                    .replace("&#34;", "\"")
            })
            .collect()
    };
    let typed = |codes: &[String]| {
        [
            ("administrator", codes[0].clone()),
            ("terminal", codes[1].clone()),
        ]
    };
    let codes = made(&page);
    let fields = typed(&codes);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, t)| (*n, t.as_str())).collect();
    // The old password was wrong: nothing changed, and the sheet is gone.
    let page = browser.post("/credential-sheet/confirm", &fields);
    assert_eq!(page.status, 422);
    let page = browser.post("/credential-sheet", &make(own));
    let codes = made(&page);
    browser
        .post(
            "/credential-sheet/confirm",
            &[("administrator", "x"), ("terminal", "y")],
        )
        .says(422, &["data-code=\"typed\""]);
    let fields = typed(&codes);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, t)| (*n, t.as_str())).collect();
    let page = browser.post("/credential-sheet/confirm", &fields);
    page.says(200, &["新しいパスワードに替わりました"]);
    assert!(!page.text().contains(&codes[0]));
    // It is never shown again, and both count.
    let page = browser.post("/credential-sheet/confirm", &fields);
    assert!(!page.text().contains(&codes[0]));
    browser
        .post("/lock", &[("back", "/")])
        .says(403, &["OqsUser"]);
    browser
        .post("/unlock", &[("back", "/"), ("password", &codes[1])])
        .says(200, &["<h1>メニュー</h1>"]);
    browser.post("/sign-out", &[]);
    browser
        .sign_in("administrator", &codes[0])
        .says(200, &["<h1>メニュー</h1>"]);
    for file in ["setup.json", "sealed-sheet.json"] {
        let kept = clinic.path(&format!("var/onshi-terminal/{file}"));
        let kept = std::fs::read_to_string(kept).unwrap();
        assert!(!kept.contains(&codes[0]) && !kept.contains(&codes[1]));
    }
    let key = browser.get("/check").value("key");
    let taro = [
        ("key", key.as_str()),
        ("insurer_number", "06139992"),
        ("symbol", "123"),
        ("number", "4567"),
        ("branch", "01"),
        ("birth_date", "S45.1.2"),
        ("visit_date", ""),
    ];
    browser
        .post("/check", &taro)
        .says(200, &["data-verdict=\"1\""]);
    assert!(!browser.get("/").has_code("backup_needed"));
    let done = |browser: &mut Browser<'_>| {
        let page = browser.get("/setup");
        page.text().matches("data-state=\"done\"").count()
    };
    assert_eq!(done(&mut browser), 3, "sheet, backup, check");
    browser
        .post("/own-access/codes", &[("codes_password", &codes[0])])
        .says(200, &["復旧コード"]);
    assert_eq!(done(&mut browser), 4, "the recovery codes, too");
    browser.post("/setup/end", &[]);
    assert!(!browser.get("/").has_code("setup_open"));
}
