//! A center in a folder of its own, with an enrolled clinic; started, killed and asked by commands.

use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::turned_clock::command;

/// How the command line asks for a person of the samples.
pub(crate) const TARO: [&str; 8] = [
    "--insurer",
    "06139992",
    "--symbol",
    "123",
    "--number",
    "4567",
    "--birth",
    "1970-01-02",
];

/// How long a test waits for anything at all: a slow machine is no fault.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A started part that ends with the test.
pub(crate) struct Part(Child);

impl Part {
    /// A program that was started.
    pub(crate) fn of(child: Child) -> Self {
        Self(child)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to end, as a service manager does, and waits until it has ended well.
    pub(crate) fn end(mut self) {
        let id = self.0.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.unwrap().success());
        let mut status = None;
        wait_until("a part to end", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        assert!(status.unwrap().success());
    }

    /// Kills it like a power cut of the process.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Ends the program a tracer runs like a power cut, which ends the tracer.
pub(crate) fn end_traced_quietly(mut tracer: Child) {
    let id = tracer.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    for traced in children.split_whitespace() {
        let _ = Command::new("kill").args(["-KILL", traced]).status();
    }
    tracer.wait().unwrap();
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A clinic with its center.
pub(crate) struct Clinic {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) center: Option<Part>,
    pub(crate) api: String,
    pub(crate) enroll: String,
}

pub(crate) fn onshi(arguments: &[&str]) -> Output {
    output(command().args(arguments))
}

/// Runs a program to its end. One that does not end is killed, and the test fails.
pub(crate) fn output(command: &mut Command) -> Output {
    output_within(PATIENCE, command)
}

fn output_within(patience: Duration, command: &mut Command) -> Output {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    ended_within(patience, child, &format!("{command:?}"))
}

/// The end of a program that was started with pipes and may have been written to. One that does not end is killed, and the test fails.
pub(crate) fn ended(child: Child, what: &str) -> Output {
    ended_within(PATIENCE, child, what)
}

fn ended_within(patience: Duration, child: Child, what: &str) -> Output {
    let id = child.id();
    let (over, ended) = std::sync::mpsc::channel();
    // Both pipes are read meanwhile: a full one would hold the program up.
    std::thread::spawn(move || over.send(child.wait_with_output()));
    if let Ok(output) = ended.recv_timeout(patience) {
        return output.unwrap();
    }
    let killed = Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .status();
    // What it started may hold its pipes for longer.
    let _ = ended.recv_timeout(Duration::from_secs(10));
    panic!("{what} (process {id}) did not end within {patience:?}; killed: {killed:?}");
}

/// What a call returns that waits for another program; fails after three minutes.
pub(crate) fn within<T: Send + 'static>(
    what: &str,
    call: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (over, returned) = std::sync::mpsc::channel();
    std::thread::spawn(move || over.send(call()));
    let returned = returned.recv_timeout(PATIENCE);
    returned.unwrap_or_else(|why| panic!("waited for {what}: {why}"))
}

/// What a future brings; fails after three minutes.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    let brought = tokio::time::timeout(PATIENCE, future).await;
    brought.unwrap_or_else(|_| panic!("waited three minutes for {what}"))
}

/// The first line a program prints; empty where it ends without one.
pub(crate) fn first_line(out: ChildStdout) -> String {
    within("the first line of a program", move || {
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).unwrap();
        line
    })
}

/// The end of a program that was told to end, for `Drop`: one that goes on is killed.
pub(crate) fn end_or_kill(child: &mut Child) {
    let start = Instant::now();
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    while matches!(child.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(30) {
        let _ = never.recv_timeout(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Runs a command that must succeed; returns what it printed.
pub(crate) fn succeed(arguments: &[&str]) -> String {
    succeeded(command().args(arguments))
}

/// Runs a program that must succeed; returns what it printed.
pub(crate) fn succeeded(command: &mut Command) -> String {
    let output = output(command);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until something is so; fails after three minutes.
pub(crate) fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    while !so() {
        assert!(
            start.elapsed() < PATIENCE,
            "waited three minutes for {what}"
        );
        let _ = never.recv_timeout(Duration::from_millis(20));
    }
}

/// What a center says of a port that another program has.
const PORT_TAKEN: &str = "は使われています";

/// Starts a center; with what it says when it is ready. Where somebody took its port while it was down, it waits for them to go.
pub(crate) fn start_center(settings: &str, ready_file: &str) -> (Part, Value) {
    let mut started = None;
    wait_until("the center's ports", || {
        match try_start_center(settings, ready_file) {
            Ok(it) => started = Some(it),
            Err(said) => assert!(
                said.contains(PORT_TAKEN),
                "the center did not start:\n{said}"
            ),
        }
        started.is_some()
    });
    started.unwrap()
}

/// The same once; otherwise what it said.
fn try_start_center(settings: &str, ready_file: &str) -> Result<(Part, Value), String> {
    let mut errors = tempfile::tempfile().unwrap();
    let mut child = command()
        .args(["center", "--config", settings, "--ready-file", ready_file])
        .stdout(Stdio::piped())
        .stderr(errors.try_clone().unwrap())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let center = Part(child);
    let mut said = first_line(out);
    if !said.starts_with("center: ") {
        drop(center);
        errors.rewind().unwrap();
        errors.read_to_string(&mut said).unwrap();
        return Err(said);
    }
    let ready = serde_json::from_slice(&std::fs::read(ready_file).unwrap()).unwrap();
    Ok((center, ready))
}

impl Clinic {
    pub(crate) fn start() -> Self {
        Self::start_over("")
    }

    /// With further settings, such as the database the center's store lies in.
    pub(crate) fn start_over(further: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = |api: &str, enroll: &str| {
            format!(
                "data_dir = \"{}\"\n[listen]\napi = \"{api}\"\nenroll = \"{enroll}\"\noperator = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n{further}",
                dir.path().join("center").display()
            )
        };
        std::fs::write(
            dir.path().join("center.toml"),
            settings("127.0.0.1:0", "127.0.0.1:0"),
        )
        .unwrap();
        let mut clinic = Self {
            dir,
            center: None,
            api: String::new(),
            enroll: String::new(),
        };
        clinic.start_center();
        // Started again it must be found where it was.
        let address = |url: &str| url.trim_start_matches("https://").to_owned();
        let outside = clinic.path("");
        let text = format!(
            "data_dir = \"{}\"\ncheckpoint_dir = \"{outside}\"\n[listen]\napi = \"{}\"\nenroll = \"{}\"\noperator = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n{further}",
            clinic.path("center"),
            address(&clinic.api),
            address(&clinic.enroll)
        );
        std::fs::write(clinic.dir.path().join("center.toml"), text).unwrap();
        clinic
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    pub(crate) fn start_center(&mut self) {
        let (part, ready) = start_center(&self.path("center.toml"), &self.path("ready.json"));
        self.center = Some(part);
        self.api = ready["api"].as_str().unwrap().into();
        self.enroll = ready["enroll"].as_str().unwrap().into();
    }

    /// Address of the enroll listener.
    pub(crate) fn enroll(&self) -> &str {
        &self.enroll
    }

    /// Loads the samples' people, enrols the clinic and downloads its certificate. Returns the notice.
    pub(crate) fn enrol(&self) -> Value {
        let notice = self.notice();
        self.download(&notice, "clinic.p12");
        notice
    }

    /// Loads the samples' people and enrols the clinic, whose first passwords lie in files. Returns the notice.
    pub(crate) fn notice(&self) -> Value {
        succeed(&["synth", "--samples", "--config", &self.path("center.toml")]);
        let notice = succeed(&[
            "enroll",
            "--data-dir",
            &self.path("center"),
            "--code",
            "1319999999",
            "--name",
            "見本クリニック",
            "--terminal",
            "受付1",
            "--json",
        ]);
        let notice: Value = serde_json::from_str(&notice).unwrap();
        std::fs::write(
            self.path("reference"),
            notice["reference_id"].as_str().unwrap(),
        )
        .unwrap();
        std::fs::write(self.path("p12.pw"), "Tegami-12345678\n").unwrap();
        for account in notice["accounts"].as_array().unwrap() {
            let file = format!("{}.pw", account["id"].as_str().unwrap());
            std::fs::write(self.path(&file), account["password"].as_str().unwrap()).unwrap();
        }
        notice
    }

    pub(crate) fn download(&self, notice: &Value, file: &str) {
        succeed(&[
            "certificate",
            "download",
            "--enroll",
            &self.enroll,
            "--root",
            &self.path("center/root.pem"),
            "--request-id",
            notice["request_id"].as_str().unwrap(),
            "--reference-id-file",
            &self.path("reference"),
            "--password-file",
            &self.path("p12.pw"),
            "--out",
            &self.path(file),
        ]);
    }

    /// `onshi check` with the link-app account and further arguments.
    pub(crate) fn check(&self, p12: &str, further: &[&str]) -> Output {
        let (root, p12, p12_pw, pw) = (
            self.path("center/root.pem"),
            self.path(p12),
            self.path("p12.pw"),
            self.path("link_app.pw"),
        );
        let mut arguments = vec![
            "check",
            "--center",
            &self.api,
            "--root",
            &root,
            "--p12",
            &p12,
            "--p12-password-file",
            &p12_pw,
            "--account",
            "link_app",
            "--password-file",
            &pw,
        ];
        arguments.extend(further);
        onshi(&arguments)
    }

    /// Writes the gateway's settings and seals its certificate.
    pub(crate) fn set_up_gateway(&self) {
        let data_dir = self.path("gateway");
        succeed(&[
            "certificate",
            "import",
            "--data-dir",
            &data_dir,
            "--name",
            "clinic",
            "--p12",
            &self.path("clinic.p12"),
            "--p12-password-file",
            &self.path("p12.pw"),
        ]);
        let text = format!(
            "data_dir = \"{data_dir}\"\ncenter = \"{}\"\nca = \"{}\"\n[identity]\nname = \"clinic\"\n[account]\nid = \"link_app\"\n\
             secret_file = \"{data_dir}/link_app.sealed\"\n[[folders]]\nname = \"receipt\"\nreq = \"{}\"\nres = \"{}\"\nwork = \"{data_dir}/work\"\n",
            self.api,
            self.path("center/root.pem"),
            self.path("req"),
            self.path("res")
        );
        std::fs::write(self.path("gateway.toml"), text).unwrap();
        succeed(&[
            "gateway",
            "seal-password",
            "--config",
            &self.path("gateway.toml"),
            "--password-file",
            &self.path("link_app.pw"),
        ]);
        std::fs::create_dir_all(self.path("req")).unwrap();
        std::fs::create_dir_all(self.path("res")).unwrap();
    }

    /// Makes cards, loads their holders and has the center believe them, which it does from its next start on.
    pub(crate) fn trust_cards(&mut self) {
        let cards = self.path("cards");
        succeed(&[
            "synth",
            "--cards",
            &cards,
            "--data-dir",
            &self.path("center"),
        ]);
        let file = self.path("center.toml");
        let settings = std::fs::read_to_string(&file).unwrap();
        let trust = format!(
            "{settings}[cards]\nroots = [\"{cards}/authority.cer\"]\nrevocation_lists = [\"{cards}/revocations.crl\"]\n"
        );
        std::fs::write(file, trust).unwrap();
        self.center.take().unwrap().kill();
        self.start_center();
    }

    /// Has the gateway deliver results of readers into a folder of their own.
    pub(crate) fn deliver_faces(&self) {
        let file = self.path("gateway.toml");
        let settings = std::fs::read_to_string(&file).unwrap();
        let face = self.path("face");
        std::fs::create_dir(&face).unwrap();
        std::fs::write(file, format!("{settings}face = \"{face}\"\n")).unwrap();
    }

    pub(crate) fn start_gateway(&self) -> Part {
        let child = command()
            .args(["gateway", "--config", &self.path("gateway.toml")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Part(child)
    }

    /// What lies in the result folder.
    pub(crate) fn results(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.path("res"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    /// The verified audit report.
    pub(crate) fn audit(&self) -> Value {
        let text = succeed(&[
            "audit",
            "verify",
            "--config",
            &self.path("center.toml"),
            "--json",
        ]);
        serde_json::from_str(&text).unwrap()
    }
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../exchange/tests/samples");
    std::fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_program_that_does_not_end_is_killed_and_told() {
    let unended = std::panic::catch_unwind(|| {
        output_within(Duration::from_millis(100), Command::new("sleep").arg("600"))
    });
    let told = unended.unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(
        told.contains("\"sleep\" \"600\"") && told.contains("did not end within 100ms"),
        "{told}"
    );
    let (_, process) = told.split_once("(process ").unwrap();
    let (process, _) = process.split_once(')').unwrap();
    assert!(!Path::new("/proc").join(process).exists(), "{told}");
}

#[test]
fn a_program_that_prints_much_on_both_streams_ends() {
    let script = "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero";
    let output = output(Command::new("sh").args(["-c", script]));
    assert!(output.status.success());
    assert_eq!(
        (output.stdout.len(), output.stderr.len()),
        (300_000, 300_000)
    );
}

#[test]
fn a_center_whose_port_is_taken_says_so_and_starts_once_it_is_free() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let others = ["enroll", "operator", "metrics"].map(|it| format!("{it} = \"127.0.0.1:0\"\n"));
    let text = format!(
        "data_dir = \"{}\"\n[listen]\napi = \"{}\"\n{}",
        path("center"),
        taken.local_addr().unwrap(),
        others.concat()
    );
    std::fs::write(path("center.toml"), text).unwrap();
    let (settings, ready) = (path("center.toml"), path("ready.json"));
    let said = try_start_center(&settings, &ready).err().unwrap();
    assert!(said.contains(PORT_TAKEN), "{said}");
    drop(taken);
    let (_center, ready) = start_center(&settings, &ready);
    assert!(ready["api"].is_string(), "{ready}");
}
