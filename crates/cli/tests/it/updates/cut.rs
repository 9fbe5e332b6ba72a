//! The installation killed at every step: at each file that is renamed, synced or removed and each program that is started, of the
//! installing part and of dpkg alike. Afterwards the machine has the old version or the new one as a whole, and the update can be made.

use std::path::Path;
use std::process::{Command, Stdio};

use super::workshop::{AMOUNT, Workshop};

/// The calls by which something comes to be, for good.
const STEPS: &str = "rename,renameat,renameat2,fsync,fdatasync,unlink,unlinkat,execve";

/// More steps than an installation has; the test ends at the first that is beyond its end.
const MOST_STEPS: usize = 300;

#[test]
fn killed_at_every_step_it_has_the_old_or_the_new_version_and_goes_on() {
    let workshop = Workshop::start();
    workshop.release("0.1.0-1", AMOUNT);
    workshop.release("0.2.0-1", AMOUNT);
    let executable = stripped(&workshop);
    for step in 1..MOST_STEPS {
        workshop.settle_root();
        assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
        let ended = install_killed_at(&workshop, &executable, step);
        let resumed = resume(&workshop, &executable);
        let version = workshop.whole_version();
        let version = version.unwrap_or_else(|it| panic!("step {step}: {it}; {resumed}"));
        assert!(
            ["0.1.0-1", "0.2.0-1"].contains(&&*version),
            "step {step}: {version}"
        );
        let journal = workshop.clinic.path("state/journal.json");
        assert!(!Path::new(&journal).exists(), "step {step}: {resumed}");
        if version == "0.1.0-1" {
            assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()), "step {step}");
            assert_eq!(workshop.install(), Ok("installed".into()), "step {step}");
            assert_eq!(workshop.installed(), "0.2.0-1");
        }
        if ended {
            println!("{} kills", step - 1);
            assert!(20 < step, "only {step} steps were found");
            return;
        }
    }
    panic!("an installation has no end");
}

/// The executable without what only a debugger reads: it is copied at every installation.
fn stripped(workshop: &Workshop) -> String {
    let to = workshop.clinic.path("onshi-stripped");
    let stripped = Command::new("strip")
        .args(["-o", &to, env!("CARGO_BIN_EXE_onshi")])
        .status();
    assert!(stripped.unwrap().success());
    to
}

/// Installs; every process of it is killed at its step of this number. True when none had so many.
fn install_killed_at(workshop: &Workshop, executable: &str, step: usize) -> bool {
    let log = workshop.clinic.path("trace");
    let ended = Command::new("strace")
        .args([
            "--follow-forks",
            "--quiet=all",
            "--output",
            &log,
            "--trace",
            STEPS,
        ])
        .arg(format!("--inject={STEPS}:signal=KILL:when={step}"))
        .args([executable, "update", "install", "--config"])
        .arg(workshop.clinic.path("terminal.toml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let trace = std::fs::read_to_string(log).unwrap();
    ended.success() && !trace.contains("killed by SIGKILL")
}

/// As the machine's next start does it: by the keeper, where there is one.
fn resume(workshop: &Workshop, executable: &str) -> String {
    let keeper = workshop.clinic.path("state/keeper");
    let program = if Path::new(&keeper).exists() {
        &*keeper
    } else {
        executable
    };
    let output = Command::new(program)
        .args(["update", "resume", "--config"])
        .arg(workshop.clinic.path("terminal.toml"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}
