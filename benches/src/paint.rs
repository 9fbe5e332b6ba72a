//! Pages in a real browser, and what the browser says of the time they took. Measures nothing itself.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};

/// A browser and its driver, both ended with this value.
pub(crate) struct Browser {
    client: Client,
    _driver: Driver,
}

/// A driver in a process group of its own, which ends with the browsers it started.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}

/// What the browser says of one page: milliseconds since it was asked for, and bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// From the request to the last byte of the answer.
    pub(crate) answered: f64,
    /// The first paint.
    pub(crate) first: f64,
    /// The first paint of contents.
    pub(crate) contentful: f64,
    /// The answer's body.
    pub(crate) bytes: f64,
}

impl Browser {
    pub(crate) async fn start(run: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("chromedriver is not installed")?;
        let out = child.stdout.take().context("no standard output")?;
        let driver = Driver(child);
        let mut lines = BufReader::new(out).lines();
        let ready = lines
            .find(|line| matches!(line, Ok(line) if line.contains("started successfully on port")));
        let ready = ready.context("chromedriver did not start")??;
        let port: String = ready
            .rsplit("port ")
            .next()
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        std::thread::spawn(move || lines.for_each(drop));
        let options = json!({"acceptInsecureCerts": true, "goog:chromeOptions": {"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            format!("--user-data-dir={}", run.join("profile").display()),
        ]}});
        let capabilities = options.as_object().cloned().unwrap_or_default();
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let client = ClientBuilder::new(connector)
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await?;
        client.set_window_size(1280, 1024).await?;
        Ok(Self {
            client,
            _driver: driver,
        })
    }

    /// Certificate, start, ID and password; ends an earlier sign-in.
    pub(crate) async fn sign_in(&self, base: &str, id: &str, password: &str) -> anyhow::Result<()> {
        self.client.goto(base).await?;
        self.press("main form [data-tone=primary]").await?;
        self.fill("account", id).await?;
        self.fill("password", password).await?;
        self.press("main form [data-tone=primary]").await?;
        let asked = Locator::Css("[data-code=already_signed_in]");
        if !self.client.find_all(asked).await?.is_empty() {
            self.fill("password", password).await?;
            self.client
                .find(Locator::Id("force"))
                .await?
                .click()
                .await?;
            self.press("main form [data-tone=primary]").await?;
        }
        Ok(())
    }

    /// Where the first link of a page leads.
    pub(crate) async fn first_link(&self, address: &str, css: &str) -> anyhow::Result<String> {
        self.client.goto(address).await?;
        // Asked in one breath: a page that renews itself puts another link in its place.
        let script = "const link = document.querySelector(arguments[0]); return link && link.href;";
        let told = self.client.execute(script, vec![json!(css)]).await?;
        let leads = told.as_str().context("the page shows no such link")?;
        Ok(leads.to_owned())
    }

    /// Opens a page and asks the browser how long it took.
    pub(crate) async fn paint(&self, address: &str) -> anyhow::Result<Paint> {
        self.client.goto(address).await?;
        let script = "const done = arguments[arguments.length - 1];
            const look = () => {
              const paint = performance.getEntriesByType('paint');
              const page = performance.getEntriesByType('navigation')[0];
              const at = name => (paint.find(it => it.name === name) || {}).startTime;
              if (at('first-contentful-paint') === undefined) { requestAnimationFrame(look); return; }
              done([page.responseEnd - page.requestStart, at('first-paint'), at('first-contentful-paint'), page.decodedBodySize]);
            };
            look();";
        let told = self.client.execute_async(script, Vec::new()).await?;
        let number = |at: usize| {
            told.get(at)
                .and_then(Value::as_f64)
                .context("the browser told no time")
        };
        Ok(Paint {
            answered: number(0)?,
            first: number(1)?,
            contentful: number(2)?,
            bytes: number(3)?,
        })
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        Ok(self.client.close().await?)
    }

    async fn fill(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let css = format!("main [name={name}]");
        let field = self.client.find(Locator::Css(&css)).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Presses a button and waits for the next page. The old one is marked, so that it is not taken for the new.
    async fn press(&self, css: &str) -> anyhow::Result<()> {
        let mark = "document.documentElement.dataset.old = '1'";
        self.client.execute(mark, Vec::new()).await?;
        self.client.find(Locator::Css(css)).await?.click().await?;
        let next = Locator::Css("html:not([data-old]) footer");
        self.client.wait().for_element(next).await?;
        Ok(())
    }
}
