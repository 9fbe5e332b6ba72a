//! The staff pages in a real browser, over a running demo. Here is what the walks share; each walk has one demo and one browser.

mod access;
mod accounts;
mod bulk;
mod certificates;
mod claims;
mod downloads;
mod emergency;
mod every_page;
mod font;
#[cfg(feature = "pcsc")]
mod home_care;
#[cfg(feature = "pcsc")]
mod kiosk;
mod lock;
mod medical;
mod operator;
mod outage;
mod readers;
mod reception;
mod shut_down;
mod support;
mod training;

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

/// The clinic of the demo, as it stands in demo.json.
const CLINIC: usize = 0;

/// A running demo and a browser, both ended with the test.
struct Walk {
    _children: Vec<Ended>,
    browser: Client,
    demo: Value,
    dir: tempfile::TempDir,
    /// Whose terminal is walked, as it stands in demo.json.
    facility: usize,
}

/// A program in a process group of its own, which ends as a whole: chromedriver's browser and the demo's parts with them, also when
/// an assertion fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for a line that holds `ready`; returns the line, or everything it said when it ended before.
fn try_start(command: &mut Command, ready: &str) -> Result<(Ended, String), String> {
    let mut child = command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("installed by `cargo xtask test`");
    let errors = BufReader::new(child.stderr.take().unwrap()).lines();
    // Read beside the other, so that the program never waits for us.
    let errors = std::thread::spawn(move || errors.map_while(Result::ok).collect::<Vec<_>>());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let child = Ended(child);
    let mut said = Vec::new();
    for line in lines.by_ref().map_while(Result::ok) {
        if line.contains(ready) {
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
            return Ok((child, line));
        }
        said.push(line);
    }
    drop(child);
    said.extend(errors.join().unwrap());
    Err(said.join("\n"))
}

/// The browser's driver and its port. It takes a free port of `::1` and then the same of `127.0.0.1`, which may be in use: then it
/// ends, and another port is tried.
fn driver() -> (Ended, u16) {
    const IN_USE: &str = "IPv4 port not available";
    for _ in 0..20 {
        let mut command = Command::new("chromedriver");
        match try_start(command.arg("--port=0"), "started successfully on port") {
            Ok((driver, line)) => {
                let port = line.split("port ").nth(1).unwrap();
                let port = port.split(|it: char| !it.is_ascii_digit()).next().unwrap();
                return (driver, port.parse().unwrap());
            }
            Err(said) if said.contains(IN_USE) => {}
            Err(said) => panic!("chromedriver did not start:\n{said}"),
        }
    }
    panic!("20 ports in turn were in use");
}

impl Walk {
    /// A client of the center with the clinic's certificate.
    fn client(&self) -> api::client::Client {
        let facility = &self.demo["facilities"][CLINIC];
        let read = |member: &str| std::fs::read(facility[member].as_str().unwrap()).unwrap();
        let identity = pki::identity::Identity::from_pem(&read("cert"), &read("key")).unwrap();
        let ca = std::fs::read(self.demo["center"]["ca"].as_str().unwrap()).unwrap();
        use rustls_pki_types::pem::PemObject;
        let root = rustls_pki_types::CertificateDer::from_pem_slice(&ca).unwrap();
        let api = self.demo["center"]["api"].as_str().unwrap();
        api::client::Client::new(api, &root, Some(&identity)).unwrap()
    }

    /// Signs an account in at the center, beside the browser.
    async fn center_token(&self, kind: &str) -> String {
        let (account, password) = self.account(kind);
        let body = api::session::SignIn {
            account: account.into(),
            force: true,
            password: password.into(),
        };
        self.client().sign_in(&body).await.unwrap().token
    }

    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Over a demo with further arguments.
    async fn start_with(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("demo");
        let mut onshi = crate::turned_clock::command();
        let onshi = onshi.arg("demo").arg("--dir").arg(&folder).args(arguments);
        let (demo, _) = try_start(onshi, "serving until")
            .unwrap_or_else(|said| panic!("the demo did not start:\n{said}"));
        let described = std::fs::read(folder.join("demo.json")).unwrap();
        let described = serde_json::from_slice(&described).unwrap();
        Self::over(described, vec![demo], dir).await
    }

    /// A browser over parts that run, described as the demo describes its own.
    async fn over(demo: Value, mut children: Vec<Ended>, dir: tempfile::TempDir) -> Self {
        let (driver, port) = driver();
        let profile = dir.path().join("profile");
        let downloads = dir.path().join("downloads");
        // The demo has a root of its own, which no browser knows.
        let options = json!({"acceptInsecureCerts": true, "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
                format!("--user-data-dir={}", profile.display()),
            ],
            "prefs": {"download.default_directory": downloads.display().to_string()},
        }});
        let capabilities = options.as_object().unwrap().clone();
        let browser = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        children.push(driver);
        Self {
            _children: children,
            browser,
            demo,
            dir,
            facility: 0,
        }
    }

    async fn end(self) {
        self.browser.close().await.unwrap();
        assert!(self.dir.path().exists());
    }

    fn account(&self, kind: &str) -> (&str, &str) {
        let facility = &self.demo["facilities"][self.facility];
        let accounts = facility["accounts"].as_array().unwrap();
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
        let base = &self.demo["facilities"][self.facility]["terminal"];
        let base = base.as_str().unwrap();
        self.browser.goto(&format!("{base}{path}")).await.unwrap();
    }

    /// Types into fields by their names, replacing what stands there.
    async fn fill(&self, fields: &[(&str, &str)]) {
        for (name, text) in fields {
            let css = format!("main [name={name}]");
            let field = self.browser.find(Locator::Css(&css)).await.unwrap();
            field.clear().await.unwrap();
            field.send_keys(text).await.unwrap();
        }
    }

    /// Fills a form and sends it.
    async fn send(&self, fields: &[(&str, &str)]) {
        self.fill(fields).await;
        self.press("main form [data-tone=primary]").await;
    }

    /// Presses a button or link and waits for the next page. The old one is marked, so that it is not taken for the new.
    async fn press(&self, css: &str) {
        let mark = "document.documentElement.dataset.old = '1'";
        self.browser.execute(mark, Vec::new()).await.unwrap();
        let found = self.browser.find(Locator::Css(css)).await;
        found.expect(css).click().await.unwrap();
        self.next_page().await;
    }

    /// Ticks a box.
    async fn press_box(&self, name: &str) {
        let tick = self.browser.find(Locator::Id(name)).await.unwrap();
        tick.click().await.unwrap();
    }

    /// Chooses a file.
    async fn fill_file(&self, name: &str, file: &Path) {
        let css = format!("main [name={name}]");
        let input = self.browser.find(Locator::Css(&css)).await.unwrap();
        let path = file.display().to_string();
        input.send_keys(&path).await.unwrap();
    }

    /// Presses what brings a file, and waits until the browser has it as a whole: the only one of its ending.
    async fn download(&self, css: &str, ending: &str) -> PathBuf {
        let found = self.browser.find(Locator::Css(css)).await;
        found.expect(css).click().await.unwrap();
        let folder = self.dir.path().join("downloads");
        let whole = || {
            let files = std::fs::read_dir(&folder).ok()?;
            let mut files = files.filter_map(|it| Some(it.ok()?.path()));
            // The browser keeps the name with an empty file until all of it is there.
            let is_whole = |it: &PathBuf| std::fs::metadata(it).is_ok_and(|it| 0 < it.len());
            files.find(|it| it.extension().is_some_and(|it| it == ending) && is_whole(it))
        };
        crate::running::wait_until(ending, || whole().is_some());
        whole().unwrap()
    }

    /// Waits for something that appears by itself on the page that is open.
    async fn appears(&self, css: &str) {
        let wait = self.wait();
        wait.for_element(Locator::Css(css)).await.unwrap();
    }

    /// A wait that is as patient as every other of these tests.
    fn wait(&self) -> fantoccini::wait::Wait<'_> {
        self.browser.wait().at_most(crate::running::PATIENCE)
    }

    async fn next_page(&self) {
        let next = Locator::Css("html:not([data-old]) footer");
        while let Err(error) = self.wait().for_element(next).await {
            // A page that fetches itself anew was about to.
            let text = error.to_string();
            assert!(text.contains("aborted by navigation"), "{text}");
        }
    }

    /// Certificate, start, ID, password; ends an earlier sign-in where the page asks.
    async fn sign_in(&self, kind: &str) {
        let (id, password) = self.account(kind);
        self.sign_in_as(id, password).await;
    }

    async fn sign_in_as(&self, id: &str, password: &str) {
        self.open("").await;
        self.press("main form [data-tone=primary]").await;
        self.send(&[("account", id), ("password", password)]).await;
        if self.shows("[data-code=already_signed_in]").await {
            self.fill(&[("password", password)]).await;
            let force = self.browser.find(Locator::Id("force")).await.unwrap();
            force.click().await.unwrap();
            self.press("main form [data-tone=primary]").await;
        }
    }

    async fn sign_out(&self) {
        self.press("header form[action='/sign-out'] button").await;
    }

    /// Chooses a language and comes back to the same page.
    async fn speak(&self, tag: &str) {
        self.press(&format!("header button[value={tag}]")).await;
        assert_eq!(self.attribute("html", "lang").await.as_deref(), Some(tag));
    }

    async fn shows(&self, css: &str) -> bool {
        !self
            .browser
            .find_all(Locator::Css(css))
            .await
            .unwrap()
            .is_empty()
    }

    /// The text of what is there; looked for again where the page wrote it anew meanwhile.
    async fn text(&self, css: &str) -> String {
        let read = async {
            loop {
                let found = self.browser.find(Locator::Css(css)).await.expect(css);
                match found.text().await {
                    Ok(text) => return text,
                    Err(error) if error.is_stale_element_reference() => {}
                    Err(error) => panic!("{css}: {error}"),
                }
            }
        };
        crate::running::in_time(css, read).await
    }

    async fn value(&self, css: &str) -> Option<String> {
        let found = self.browser.find(Locator::Css(css)).await;
        found.expect(css).prop("value").await.unwrap()
    }

    async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let found = self.browser.find(Locator::Css(css)).await;
        found.expect(css).attr(name).await.unwrap()
    }

    /// What an error of the page is named.
    async fn code(&self, css: &str) -> String {
        self.attribute(css, "data-code").await.unwrap_or_default()
    }

    async fn see(&self, texts: &[&str]) {
        let page = self.text("main").await;
        for text in texts {
            assert!(page.contains(text), "{text} is not on the page:\n{page}");
        }
    }

    async fn script(&self, script: &str) -> Value {
        self.browser.execute(script, Vec::new()).await.unwrap()
    }

    async fn size(&self, width: u32, height: u32) {
        self.browser.set_window_size(width, height).await.unwrap();
        // Headless windows cannot be narrower than 500 px; the device's metrics can.
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// A command of the browser's own protocol.
    async fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        let command = Devtools {
            command,
            parameters,
        };
        self.browser.issue_cmd(command).await.unwrap()
    }

    /// What every page owes: one main, one heading, labelled inputs, unique identifiers, nothing inline, no overflow.
    async fn looks_right(&self) {
        let found = self
            .script(
                "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
            return {main: document.querySelectorAll('main').length, h1: document.querySelectorAll('h1').length,
              unlabelled: [...document.querySelectorAll('input:not([type=hidden]),select')].filter(e => !e.labels.length).length,
              twice: ids.length - new Set(ids).size, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
              inline: document.querySelectorAll('[style],style,script:not([src]),[onclick]').length}",
            )
            .await;
        let expected =
            json!({"main": 1, "h1": 1, "unlabelled": 0, "twice": 0, "wide": 0, "inline": 0});
        assert_eq!(found, expected, "{}", self.text("h1").await);
    }

    /// Holds the page against axe-core's rules of WCAG 2.2 A and AA and its best practices; no rule is switched off.
    async fn is_accessible(&self) {
        let axe = fetched("axe.min.js");
        self.script(&std::fs::read_to_string(axe).expect("made by `cargo xtask assets`"))
            .await;
        let run = "const done = arguments[arguments.length - 1];
            const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
            axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(
              result => done(result.violations.map(it => it.id + ': ' + it.nodes.map(n => n.html).join(' | '))),
              error => done([String(error)]))";
        let violations = self.browser.execute_async(run, Vec::new()).await.unwrap();
        assert_eq!(violations, json!([]), "{}", self.text("h1").await);
    }

    /// Keeps a picture of the page for a person to look at, where `ONSHI_PICTURES` names a folder.
    async fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("ONSHI_PICTURES") else {
            return;
        };
        let shot = self
            .devtools(
                "Page.captureScreenshot",
                json!({"captureBeyondViewport": true}),
            )
            .await;
        let file = PathBuf::from(folder).join(format!("{name}.png"));
        std::fs::write(file, base64(shot["data"].as_str().unwrap())).unwrap();
    }
}

/// A file of `cargo xtask assets`.
fn fetched(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../ui/assets/generated")
        .join(name)
}

fn base64(text: &str) -> Vec<u8> {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

/// A command of the browser's own protocol, which chromedriver passes on.
#[derive(Debug)]
struct Devtools {
    command: &'static str,
    parameters: Value,
}

impl fantoccini::wd::WebDriverCompatibleCommand for Devtools {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({"cmd": self.command, "params": self.parameters});
        (http::Method::POST, Some(body.to_string()))
    }
}

/// The processes of a browser, by the folder of its profile, which is its own.
fn processes_of(profile: &Path) -> usize {
    let profile = profile.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes.filter_map(|it| std::fs::read(it.path().join("cmdline")).ok());
    lines
        .filter(|line| String::from_utf8_lossy(line).contains(&profile))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_that_fails_leaves_no_browser_running() {
    let walk = Walk::start().await;
    let profile = walk.dir.path().join("profile");
    assert!(0 < processes_of(&profile));
    let failed = tokio::spawn(async move {
        let _walk = walk;
        panic!("as a failing assertion does");
    });
    assert!(failed.await.unwrap_err().is_panic());
    crate::running::wait_until("the browser's end", || processes_of(&profile) == 0);
}
