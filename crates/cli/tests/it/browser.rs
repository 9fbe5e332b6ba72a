//! The staff pages in a real browser: sign in, check, result, history, errors; narrow screens; foreign pages refused.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

/// A running demo and a browser, both ended with the test.
struct Walk {
    _children: Vec<Ended>,
    browser: Client,
    demo: Value,
    dir: tempfile::TempDir,
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for a line that holds `ready`; returns the line.
fn start(command: &mut Command, ready: &str) -> (Ended, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("installed by `cargo xtask test`");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains(ready))
        .expect("it started");
    // The rest is read on, so that the program never waits for us.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    (Ended(child), line)
}

impl Walk {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("demo");
        let mut onshi = Command::new(env!("CARGO_BIN_EXE_onshi"));
        let (demo, _) = start(onshi.arg("demo").arg("--dir").arg(&folder), "serving until");
        let (driver, line) = start(
            Command::new("chromedriver").arg("--port=0"),
            "started successfully on port",
        );
        let port: String = line
            .split("port ")
            .nth(1)
            .unwrap()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let profile = dir.path().join("profile");
        let options = json!({"goog:chromeOptions": {"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", format!("--user-data-dir={}", profile.display()),
        ]}});
        let capabilities = options.as_object().unwrap().clone();
        let browser = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        let demo_json =
            serde_json::from_slice(&std::fs::read(folder.join("demo.json")).unwrap()).unwrap();
        Self {
            _children: vec![demo, driver],
            browser,
            demo: demo_json,
            dir,
        }
    }

    fn account(&self, kind: &str) -> (&str, &str) {
        let accounts = self.demo["facilities"][0]["accounts"].as_array().unwrap();
        let account = accounts
            .iter()
            .find(|account| account["kind"] == kind)
            .unwrap();
        (
            account["id"].as_str().unwrap(),
            account["password"].as_str().unwrap(),
        )
    }

    async fn open(&self, path: &str) {
        let base = self.demo["facilities"][0]["terminal"].as_str().unwrap();
        self.browser.goto(&format!("{base}{path}")).await.unwrap();
    }

    async fn fill(&self, fields: &[(&str, &str)]) {
        for (name, text) in fields {
            let field = self
                .browser
                .find(Locator::Css(&format!("[name={name}]")))
                .await
                .unwrap();
            field.clear().await.unwrap();
            field.send_keys(text).await.unwrap();
        }
        self.press("main form button").await;
        self.looks_right().await;
    }

    /// Presses a button and waits for the next page. The old one is marked, so that it is not taken for the new.
    async fn press(&self, css: &str) {
        let mark = "document.documentElement.dataset.old = '1'";
        self.browser.execute(mark, Vec::new()).await.unwrap();
        self.browser
            .find(Locator::Css(css))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
        let next = Locator::Css("html:not([data-old]) footer");
        self.browser.wait().for_element(next).await.unwrap();
    }

    async fn sign_in(&self, kind: &str) {
        let (id, password) = self.account(kind);
        self.open("").await;
        self.fill(&[("account", id), ("password", password)]).await;
    }

    async fn text(&self, css: &str) -> String {
        self.browser
            .find(Locator::Css(css))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.browser
            .find(Locator::Css(css))
            .await
            .unwrap()
            .attr(name)
            .await
            .unwrap()
    }

    /// What every page owes: one main, one heading, labelled inputs, unique identifiers, no overflow.
    async fn looks_right(&self) {
        let script = "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
            return {main: document.querySelectorAll('main').length, h1: document.querySelectorAll('h1').length,
              unlabelled: [...document.querySelectorAll('input:not([type=hidden])')].filter(e => !e.labels.length).length,
              twice: ids.length - new Set(ids).size, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
              inline: document.querySelectorAll('[style],script:not([src]),[onclick]').length, lang: document.documentElement.lang}";
        let found = self.browser.execute(script, Vec::new()).await.unwrap();
        let expected = json!({"main": 1, "h1": 1, "unlabelled": 0, "twice": 0, "wide": 0, "inline": 0, "lang": "ja"});
        assert_eq!(found, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receptionist_signs_in_checks_reads_the_result_and_finds_it_again() {
    let walk = Walk::start().await;
    for width in [1280, 320] {
        walk.browser.set_window_size(width, 900).await.unwrap();
        walk.sign_in("general").await;
        assert_eq!(walk.text("h1").await.lines().next(), Some("メニュー"));
        walk.open("check").await;
        walk.looks_right().await;
        let taro = [
            ("insurer_number", "06139992"),
            ("symbol", "１２３"),
            ("number", "4567"),
            ("branch", "01"),
            ("birth_date", "昭和45年1月2日"),
        ];
        walk.fill(&taro).await;
        assert_eq!(
            walk.attribute("[data-verdict]", "data-verdict")
                .await
                .as_deref(),
            Some("1")
        );
        let page = walk.text("main").await;
        for text in [
            "有効",
            "資格　太郎",
            "架空健康保険組合",
            "昭和45年1月2日",
            "この資格で受付できます",
        ] {
            assert!(page.contains(text), "{text} is not on the page: {page}");
        }
        walk.open("history").await;
        walk.looks_right().await;
        assert!(walk.text("tbody").await.contains("資格　太郎"));
        walk.press("header button").await;
        assert!(walk.text("h1").await.starts_with("資格確認"));
    }
    walk.browser.clone().close().await.unwrap();
    assert!(walk.dir.path().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_named_at_its_field_and_kept() {
    let walk = Walk::start().await;
    walk.open("").await;
    walk.fill(&[("account", "uketsuke"), ("password", "Chigau-123")])
        .await;
    assert_eq!(
        walk.attribute("[role=alert]", "data-code").await.as_deref(),
        Some("wrong_credentials")
    );
    walk.sign_in("general").await;
    walk.open("check").await;
    walk.fill(&[
        ("insurer_number", "12"),
        ("number", "4567"),
        ("birth_date", "S45.2.30"),
    ])
    .await;
    assert_eq!(
        walk.attribute("#insurer_number-error-1", "data-code")
            .await
            .as_deref(),
        Some("length")
    );
    assert_eq!(
        walk.attribute("#birth_date-error-1", "data-code")
            .await
            .as_deref(),
        Some("form")
    );
    let kept = walk
        .browser
        .find(Locator::Css("#number"))
        .await
        .unwrap()
        .prop("value")
        .await
        .unwrap();
    assert_eq!(kept.as_deref(), Some("4567"));
    let described = walk
        .attribute("#insurer_number", "aria-describedby")
        .await
        .unwrap();
    assert!(described.contains("insurer_number-error-1"));
    walk.browser.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_sees_no_check_and_gets_none() {
    let walk = Walk::start().await;
    walk.sign_in("master").await;
    assert!(!walk.text("main").await.contains("保険証/処方箋で確認"));
    walk.open("check").await;
    walk.fill(&[
        ("insurer_number", "06139992"),
        ("number", "4567"),
        ("birth_date", "1970-01-02"),
    ])
    .await;
    assert_eq!(
        walk.attribute("[role=alert]", "data-code").await.as_deref(),
        Some("not_permitted")
    );
    walk.browser.clone().close().await.unwrap();
}
