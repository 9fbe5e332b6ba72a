//! A center as its users start it: the release executable, enrolled facilities, signed-in machine accounts. Reads the one clock.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, bail};
use api::client::Client;
use api::receipt::KeySet;
use api::session::SignIn;
use center::control::{self, Order, Reply};
use center::enroll::{Enrolled, Enrolment};
use domain::civil_date::Instant;
use pki::identity::Identity;
use rustls_pki_types::CertificateDer;
use serde_json::Value;

use crate::load::Asker;

/// Protects the bench's own certificates for the length of a run.
const P12_PASSWORD: &str = "Hakaru-12345678";

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this process that reads the clock"
)]
pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The executable that was built beside this one.
pub(crate) fn onshi() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("onshi");
    if !path.exists() {
        bail!(
            "{} does not exist; run `cargo xtask bench`, which builds it",
            path.display()
        );
    }
    Ok(path)
}

/// Runs a command of onshi that must succeed; returns what it printed.
pub(crate) fn succeed(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(onshi()?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!(
            "onshi {} failed",
            arguments.first().copied().unwrap_or_default()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// How many lines are shown of what a program said that did not start.
const LINES_SHOWN: usize = 20;

/// A process that ends with this value.
pub(crate) struct Part(Child);

impl Part {
    /// Starts a program and waits for the line it prints when it is ready. What it says of errors goes where the bench's own goes.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<(Self, String)> {
        let (part, line) = Self::spawn(command)?.ready()?;
        if line.is_empty() {
            bail!("{command:?} did not start");
        }
        Ok((part, line))
    }

    /// The same, and keeps to itself what the program logs: the last of it is told when it does not start.
    pub(crate) fn start_quietly(command: &mut Command) -> anyhow::Result<(Self, String)> {
        let mut part = Self::spawn(command.stderr(Stdio::piped()))?;
        let errors = part.0.stderr.take().context("no standard error")?;
        let (tell, said) = mpsc::channel();
        // Reads for as long as the program runs, so that it never waits for room.
        std::thread::spawn(move || {
            let _ = tell.send(last_lines(errors));
        });
        let (part, line) = part.ready()?;
        if line.is_empty() {
            // With it ends what it says, unless a program it started goes on.
            drop(part);
            let said = said.recv_timeout(Duration::from_secs(5));
            bail!("{command:?} did not start:\n{}", said.unwrap_or_default());
        }
        Ok((part, line))
    }

    fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    /// Waits for its first line, which is empty where it ended without one.
    fn ready(mut self) -> anyhow::Result<(Self, String)> {
        let mut line = String::new();
        let out = self.0.stdout.take().context("no standard output")?;
        BufReader::new(out).read_line(&mut line)?;
        Ok((self, line))
    }

    /// CPU seconds used so far: (user, system), from the kernel's hundredths.
    pub(crate) fn cpu_seconds(&self) -> (f64, f64) {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let after = stat.rsplit(") ").next().unwrap_or_default();
        let field = |at: usize| {
            after
                .split(' ')
                .nth(at)
                .and_then(|it| it.parse::<f64>().ok())
                .unwrap_or_default()
                / 100.0
        };
        (field(11), field(12))
    }

    /// Resident memory in MB: what is its own, what it maps of files, and the most it ever was.
    pub(crate) fn resident_mb(&self) -> [f64; 3] {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        ["RssAnon:", "RssFile:", "VmHWM:"].map(|name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|it| it.trim().trim_end_matches(" kB").parse::<f64>().ok());
            kib.unwrap_or_default() * 1024.0 / 1e6
        })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads to the end; the last lines of it.
fn last_lines(from: impl Read) -> String {
    let mut last = VecDeque::new();
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        last.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
        if last.len() > LINES_SHOWN {
            last.pop_front();
        }
        line.clear();
    }
    Vec::from(last).join("\n")
}

/// A running center with its facilities.
pub(crate) struct Running {
    pub(crate) part: Part,
    pub(crate) api: String,
    pub(crate) enroll: String,
    metrics: String,
    pub(crate) askers: Vec<Asker>,
    pub(crate) keys: KeySet,
    pub(crate) data_dir: PathBuf,
    root: CertificateDer<'static>,
}

impl Running {
    /// Starts a center on a data folder that already holds people, and signs in the link app of so many facilities.
    pub(crate) async fn start(dir: &Path, facilities: u32) -> anyhow::Result<Self> {
        let data_dir = dir.join("center");
        let settings = dir.join("center.toml");
        let free = "127.0.0.1:0";
        std::fs::write(
            &settings,
            format!(
                "data_dir = {:?}\n[listen]\napi = \"{free}\"\nenroll = \"{free}\"\noperator = \"{free}\"\nmetrics = \"{free}\"\n",
                data_dir.display().to_string()
            ),
        )?;
        let ready = dir.join("ready.json");
        let mut command = Command::new(onshi()?);
        command
            .arg("center")
            .arg("--config")
            .arg(&settings)
            .arg("--ready-file")
            .arg(&ready);
        let (part, _) = Part::start_quietly(&mut command)?;
        let ready: Value = serde_json::from_slice(&std::fs::read(ready)?)?;
        let address = |name: &str| {
            ready
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let root = pki::identity::first_certificate(&std::fs::read(data_dir.join("root.pem"))?)
            .context("no root")?;
        let mut running = Self {
            part,
            api: address("api"),
            enroll: address("enroll"),
            metrics: address("metrics"),
            askers: Vec::new(),
            keys: KeySet::default(),
            data_dir,
            root,
        };
        for index in 0..facilities {
            let (client, asker) = running.facility(index).await?;
            running.keys = client.keys().await?;
            running.askers.push(asker);
        }
        Ok(running)
    }

    /// A counter of the center's metrics; zero when it has none of the name.
    pub(crate) async fn counter(&self, name: &str) -> anyhow::Result<f64> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream =
            tokio::net::TcpStream::connect(self.metrics.trim_start_matches("http://")).await?;
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        let own = text
            .lines()
            .filter(|line| line.split(['{', ' ']).next() == Some(name));
        Ok(own
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum())
    }
}

/// A facility that was enrolled, with its first accounts and a client that shows its certificate.
pub(crate) struct Facility {
    pub(crate) client: Client,
    pub(crate) enrolled: Enrolled,
    identity: Identity,
}

impl Facility {
    /// The identifier and first password of its account of a kind.
    pub(crate) fn account(&self, kind: &str) -> anyhow::Result<(String, String)> {
        let mut accounts = self.enrolled.accounts.iter();
        let account = accounts.find(|it| it.kind == kind);
        let account = account.with_context(|| format!("no account of the kind {kind}"))?;
        Ok((account.id.clone(), account.password.clone()))
    }
}

impl Running {
    /// Enrols a medical facility and fetches its certificate.
    pub(crate) async fn enrol(&self, code: String, terminal: String) -> anyhow::Result<Facility> {
        let enrolment = Enrolment {
            code,
            kind: Some("medical".into()),
            name: "計測クリニック".into(),
            terminal,
        };
        let reply = control::send(&self.data_dir, &Order::Enroll(enrolment)).await?;
        let Reply::Enrolled(enrolled) = reply else {
            bail!("the center did not enrol a facility");
        };
        let body = serde_json::json!({
            "request_id": enrolled.request_id, "reference_id": enrolled.reference_id, "password": P12_PASSWORD,
        });
        let body = Some(body.to_string().into_bytes());
        let path = api::routes::CERTIFICATE_DOWNLOAD;
        let visitor = Client::new(&self.enroll, &self.root, None)?;
        let file = visitor
            .call(http::Method::POST, path, None, None, body)
            .await?;
        let identity = Identity::from_pkcs12(&file, P12_PASSWORD)?;
        Ok(Facility {
            client: Client::new(&self.api, &self.root, Some(&identity))?,
            enrolled: *enrolled,
            identity,
        })
    }

    async fn facility(&self, index: u32) -> anyhow::Result<(Client, Asker)> {
        let code = format!("13199{:05}", 10 * index + 7);
        let facility = self.enrol(code, format!("計測{index}")).await?;
        let (account, password) = facility.account("link_app")?;
        let body = SignIn {
            account,
            force: true,
            password,
        };
        let session = facility.client.sign_in(&body).await?;
        let asker = Asker {
            root: self.root.clone(),
            identity: facility.identity,
            token: session.token,
        };
        Ok((facility.client, asker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_start_is_told_of_with_the_last_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "seq 1000 1099 >&2; echo the port is taken >&2"]);
        let told = Part::start_quietly(&mut command).err().unwrap().to_string();
        assert!(told.ends_with("1098\n1099\nthe port is taken"), "{told}");
        assert!(told.contains("1081") && !told.contains("1080"), "{told}");
    }

    #[test]
    fn a_program_may_say_more_than_a_pipe_holds_before_it_is_ready() {
        let mut command = Command::new("sh");
        command.args(["-c", "seq 1 100000 >&2; echo ready; read line"]);
        let (_part, line) = Part::start_quietly(&mut command).unwrap();
        assert_eq!(line, "ready\n");
    }
}
