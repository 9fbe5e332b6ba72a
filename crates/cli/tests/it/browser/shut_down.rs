//! "Update and shut down" to its end: from the page to the service that installs and switches off, where the last command alone is a
//! test's.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::Walk;
use crate::running::{Part, wait_until};
use crate::turned_clock::command;
use crate::updates::workshop::{AMOUNT, Workshop};

/// What systemd starts when the terminal asks for a shut-down.
const SERVICE: &str = include_str!("../../../../../packaging/systemd/onshi-power-off.service");

/// The file by which the terminal asks.
const ORDER: &str = "power-off";

/// A PC without a service manager: the test does what the service says.
struct Pc {
    workshop: Workshop,
    _terminal: Part,
    pages: String,
}

impl Pc {
    fn start() -> Self {
        let workshop = Workshop::start();
        workshop.power_off_by(ORDER);
        for version in ["0.1.0-1", "0.2.0-1"] {
            workshop.release(version, AMOUNT);
        }
        assert_eq!(workshop.fetch(), Ok("0.2.0-1 waits".into()));
        let path = |name: &str| workshop.clinic.path(name);
        let ready = path("terminal-ready.json");
        let terminal = command()
            .args(["terminal", "--config", &path("terminal.toml")])
            .args(["--ready-file", &ready])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let terminal = Part::of(terminal.unwrap());
        wait_until("the terminal", || Path::new(&ready).exists());
        let told = std::fs::read(&ready).unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
        let switch = path("systemctl");
        std::fs::write(
            &switch,
            format!("#!/bin/sh\necho \"$@\" >> {}\n", path("off")),
        )
        .unwrap();
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(switch, runs).unwrap();
        Self {
            pages: told["terminal"].as_str().unwrap().to_owned(),
            _terminal: terminal,
            workshop,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.workshop.clinic.path(name).into()
    }

    /// Runs each line of the service once the order lies there, with this test's places and a switch that only notes.
    fn obey(&self) {
        wait_until("the order", || self.path(ORDER).exists());
        let named = |key: &'static str| {
            let lines = SERVICE.lines();
            lines.filter_map(move |line| line.strip_prefix(key))
        };
        for line in named("ExecStartPre=").chain(named("ExecStart=")) {
            let may_fail = line.starts_with('-');
            let here = |from: &str, to: &str, line: String| line.replace(from, to);
            let place = |name: &str| self.path(name).display().to_string();
            let line = line.trim_start_matches('-').to_owned();
            let line = here("/usr/bin/onshi", env!("CARGO_BIN_EXE_onshi"), line);
            let line = here("/usr/bin/systemctl", &place("systemctl"), line);
            let line = here("/etc/onshi/terminal.toml", &place("terminal.toml"), line);
            let line = here("/var/lib/onshi-terminal/power-off", &place(ORDER), line);
            let mut words = line.split(' ');
            let done = Command::new(words.next().unwrap()).args(words).output();
            let done = done.unwrap();
            assert!(may_fail || done.status.success(), "{line}: {done:?}");
        }
    }

    /// How often it was switched off.
    fn times_off(&self) -> usize {
        let noted = std::fs::read_to_string(self.path("off")).unwrap_or_default();
        assert!(
            noted.lines().all(|it| it == "--no-block poweroff"),
            "{noted}"
        );
        noted.lines().count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn update_and_shut_down_installs_what_waits_and_switches_the_pc_off() {
    let pc = Pc::start();
    let described = json!({"facilities": [{"terminal": pc.pages}]});
    let walk = Walk::over(described, Vec::new(), tempfile::tempdir().unwrap()).await;
    walk.open("start-stop").await;
    walk.see(&["更新"]).await;
    walk.looks_right().await;
    walk.is_accessible().await;
    walk.picture("start-stop-updating").await;
    assert_eq!(
        walk.text("main form [data-tone=danger]").await,
        "更新してシャットダウン"
    );
    walk.stop().await;
    assert_eq!(pc.times_off(), 0, "the page switches nothing off by itself");
    pc.obey();
    assert_eq!(
        (pc.times_off(), pc.workshop.installed().as_str()),
        (1, "0.2.0-1")
    );
    assert!(
        !pc.path(ORDER).exists(),
        "it is not switched off again at the next start"
    );

    // Nothing waits any more: it only goes off.
    walk.open("start-stop").await;
    assert_ne!(
        walk.text("main form [data-tone=danger]").await,
        "更新してシャットダウン"
    );
    walk.stop().await;
    pc.obey();
    assert_eq!(
        (pc.times_off(), pc.workshop.installed().as_str()),
        (2, "0.2.0-1")
    );
    walk.end().await;
}

impl Walk {
    /// Says that the reader is off where that is asked, and begins to stop.
    async fn stop(&self) {
        if self.shows("#reader").await {
            self.press_box("reader").await;
        }
        self.press("form[action='/start-stop/stop'] [data-tone=danger]")
            .await;
        assert!(
            self.shows("[data-stopping=itself]").await,
            "{}",
            self.text("main").await
        );
        self.looks_right().await;
        self.picture("stopping").await;
    }
}
