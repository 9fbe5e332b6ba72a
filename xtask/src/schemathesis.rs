//! Runs schemathesis over `docs/openapi.json` against a running demo. Installs it into `target` by a lock file with hashes and
//! nowhere else.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

/// Test cases per operation and mode at most, unless `--max-examples` says otherwise: with these the whole run takes some minutes.
const EXAMPLES: &str = "100";

/// All other operations. A stream of events does not end, and the home listener hears nobody who tries often without a device's proof, so these are
/// left to the center's own tests.
const REST: [&str; 8] = [
    "--exclude-operation-id",
    "signOut",
    "--exclude-operation-id",
    "sendMessage",
    "--exclude-operation-id",
    "receiveEvents",
    "--exclude-path-regex",
    "^/v1/home/",
];

/// What machines alone may do.
const MACHINES: [&str; 2] = ["--include-operation-id", "sendMessage"];

/// What `onshi demo` prints when all parts answer.
const READY: &str = "demo.json";

/// Lines of every log of a demo at this level: without them it is not the log that is looked through.
const LOGGED: [&str; 2] = ["DEBUG", "the registry was read through"];

/// Runs it; `more` are further arguments of schemathesis, such as `--seed 7`.
pub(crate) fn run(root: &Path, more: &[String]) -> anyhow::Result<()> {
    let place = place(root);
    let bin = environment(root)?;
    let demo = Demo::start(&place)?;
    // Signing out ends the session, so it has one of its own. It comes first: what follows locks the account by wrong old passwords.
    let sign_out = ["--include-operation-id", "signOut"];
    let checked = demo
        .check(root, &bin, ("administrator", &sign_out), more)
        .and_then(|()| demo.check(root, &bin, ("web_api", &MACHINES), more))
        .and_then(|()| demo.check(root, &bin, ("administrator", &REST), more));
    checked.and(demo.log_tells_of_nobody())
}

/// Where everything of it lies.
fn place(root: &Path) -> PathBuf {
    root.join("target/schemathesis")
}

/// The folder of the environment's programs, after installing them where the lock file changed.
pub(crate) fn environment(root: &Path) -> anyhow::Result<PathBuf> {
    let place = place(root);
    std::fs::create_dir_all(&place)?;
    let (environment, installed) = (place.join("venv"), place.join("installed.txt"));
    let lock = root.join("xtask/schemathesis/requirements.txt");
    let wanted = std::fs::read_to_string(&lock).context("requirements.txt")?;
    let bin = environment.join("bin");
    if std::fs::read_to_string(&installed).is_ok_and(|it| it == wanted) {
        return Ok(bin);
    }
    let mut venv = Command::new("python3");
    crate::run(venv.args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut pip = Command::new(bin.join("pip"));
    pip.args(["install", "--quiet", "--require-hashes", "--requirement"]);
    crate::run(pip.arg(&lock))?;
    std::fs::write(&installed, wanted)?;
    Ok(bin)
}

/// A demo that ends with this value.
struct Demo {
    child: Child,
    place: PathBuf,
    log: PathBuf,
    file: PathBuf,
    told: Value,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    fn start(place: &Path) -> anyhow::Result<Self> {
        crate::tools::install(&crate::tools::CARD_TOOLS)?;
        crate::build_for_tests()?;
        let dir = place.join("demo");
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        let log = place.join("demo.log");
        let mut child = Command::new(crate::built("debug/onshi"))
            .args(["demo", "--dir"])
            .arg(&dir)
            // Everything is logged, so that what must not be would show.
            .env("ONSHI_LOG", "debug")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn()
            .context("cannot start onshi demo")?;
        let output = child.stdout.take().context("the demo's output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains(READY)));
        // Its further lines must find a reader, or it would wait for one.
        std::thread::spawn(move || lines.for_each(drop));
        let mut demo = Self {
            child,
            place: place.to_owned(),
            log,
            file: dir.join("demo.json"),
            told: Value::Null,
        };
        if !ready {
            bail!("the demo did not start; see {}", demo.log.display());
        }
        demo.told = serde_json::from_str(&std::fs::read_to_string(&demo.file)?)?;
        Ok(demo)
    }

    /// A text of demo.json.
    fn text(&self, pointer: &str) -> anyhow::Result<&str> {
        let text = self.told.pointer(pointer).and_then(Value::as_str);
        text.with_context(|| format!("demo.json has no {pointer}"))
    }

    /// Checks some operations with a session of the first facility's account of a kind.
    fn check(
        &self,
        root: &Path,
        bin: &Path,
        (kind, which): (&str, &[&str]),
        more: &[String],
    ) -> anyhow::Result<()> {
        let folder = root.join("xtask/schemathesis");
        let token = Command::new(bin.join("python"))
            .arg(folder.join("sign_in.py"))
            .arg(&self.file)
            .arg(kind)
            .output()?;
        if !token.status.success() {
            bail!("cannot sign in: {}", String::from_utf8_lossy(&token.stderr));
        }
        let mut schemathesis = Command::new(bin.join("schemathesis"));
        schemathesis
            .arg("--config-file")
            .arg(folder.join("schemathesis.toml"))
            .arg("run")
            .arg(root.join("docs/openapi.json"))
            .args(["--no-color", "--generation-deterministic"])
            .args(["--max-examples", EXAMPLES])
            .args(which)
            .args(more)
            .env("ONSHI_API", self.text("/center/api")?)
            .env("ONSHI_CA", self.text("/center/ca")?)
            .env("ONSHI_CERT", self.text("/facilities/0/cert")?)
            .env("ONSHI_KEY", self.text("/facilities/0/key")?)
            .env("ONSHI_TOKEN", String::from_utf8(token.stdout)?.trim());
        // The token stands in the command's environment, so the command is not shown.
        let status = schemathesis.current_dir(&self.place).status()?;
        if !status.success() {
            bail!("the center and docs/openapi.json differ, as told above");
        }
        Ok(())
    }

    /// The center's log after thousands of broken requests: no number of a person, no password.
    fn log_tells_of_nobody(&self) -> anyhow::Result<()> {
        let log = std::fs::read_to_string(&self.log)?;
        tells_of_nobody(&log, &self.told).with_context(|| self.log.display().to_string())
    }
}

/// Looks for people and passwords of a demo.json in a log; fails also where either of them is not what can be looked through.
fn tells_of_nobody(log: &str, told: &Value) -> anyhow::Result<()> {
    for line in LOGGED {
        if !log.contains(line) {
            bail!("no line of the log says {line:?}");
        }
    }
    let members = [
        ("/people", "birth_date"),
        ("/facilities/0/accounts", "password"),
    ];
    for (pointer, member) in members {
        let list = told.pointer(pointer).and_then(Value::as_array);
        let list = list.with_context(|| format!("demo.json has no list {pointer}"))?;
        let texts = list.iter().filter_map(|it| it.get(member)?.as_str());
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        if texts.is_empty() {
            bail!("{pointer} of demo.json holds no {member}");
        }
        if texts.iter().any(|text| log.contains(text)) {
            bail!("the log holds a {member} of the demo");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_log_is_good_when_there_is_something_to_look_for_and_it_is_not_there() {
        let told = |people: Value, accounts: Value| json!({"people": people, "facilities": [{"accounts": accounts}]});
        let person = json!([{"birth_date": "1970-01-02"}]);
        let account = json!([{"password": "Shiryo-2026"}]);
        let whole = told(person.clone(), account.clone());
        let log = LOGGED.join("\n");
        assert!(tells_of_nobody(&log, &whole).is_ok());
        for (log, told) in [
            (format!("{log}\nborn 1970-01-02"), whole.clone()),
            (format!("{log}\nwith Shiryo-2026"), whole.clone()),
            (LOGGED[0].to_owned(), whole.clone()),
            (String::new(), whole),
            (log.clone(), told(json!([]), account.clone())),
            (log.clone(), told(person.clone(), json!([{"password": ""}]))),
            (log.clone(), told(person, Value::Null)),
            (log.clone(), told(json!([{"born": "1970-01-02"}]), account)),
        ] {
            assert!(tells_of_nobody(&log, &told).is_err(), "{log}\n{told}");
        }
    }
}
