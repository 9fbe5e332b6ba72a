//! `onshi doctor` over real processes, files and certificates: one thing after the other is broken, named, and mended again.

use std::process::Command;

use serde_json::Value;

use crate::plain_browser::Terminal;
use crate::running::{Clinic, onshi, output, succeed, wait_until};
use crate::turned_clock::TurnedClock;

struct Place {
    clinic: Clinic,
    terminal: Option<Terminal>,
    gateway: Option<crate::running::Part>,
}

impl Place {
    fn start() -> Self {
        let clinic = Clinic::start();
        clinic.enrol();
        clinic.set_up_gateway();
        let gateway = Some(clinic.start_gateway());
        let terminal = Some(Terminal::start(&clinic, ["clinic", "spare"]));
        let place = Self {
            clinic,
            terminal,
            gateway,
        };
        wait_until("everything runs", || place.look()["good"] == true);
        place
    }

    fn arguments(&self) -> [String; 6] {
        let (terminal, gateway) = (
            self.clinic.path("terminal.toml"),
            self.clinic.path("gateway.toml"),
        );
        [
            "doctor",
            "--json",
            "--config",
            &terminal,
            "--gateway",
            &gateway,
        ]
        .map(str::to_owned)
    }

    fn look(&self) -> Value {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = onshi(&arguments);
        let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
        let good = outcome["good"] == true;
        assert_eq!(output.status.code(), Some(if good { 0 } else { 1 }));
        outcome
    }

    /// The fault is the one to mend first, and its desk is there where one is known.
    fn names(&self, fault: &str) -> Value {
        let outcome = self.look();
        assert_eq!(outcome["first_broken"], fault, "{outcome:#}");
        outcome
    }
}

#[test]
fn the_doctor_names_what_was_broken_in_real_processes() {
    let mut place = Place::start();

    // A file where the folder of requests should be; the link app that runs goes on waiting.
    std::fs::rename(place.clinic.path("req"), place.clinic.path("req.away")).unwrap();
    let outcome = place.names("folder_missing");
    assert_eq!(outcome["parts"]["receipt_computer"], "broken");
    assert_eq!(outcome["desks"][0]["id"], "receipt-vendor");
    std::fs::rename(place.clinic.path("req.away"), place.clinic.path("req")).unwrap();
    assert_eq!(place.look()["good"], true);

    // The clock of the PC stands a year ahead: TLS refuses the center, whose own clock says why.
    let mut clock = TurnedClock::start();
    clock.pass_days(400);
    let environment = clock.environment();
    let output = output(
        Command::new(env!("CARGO_BIN_EXE_onshi"))
            .args(place.arguments())
            .envs(environment),
    );
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["first_broken"], "clock_wrong", "{outcome:#}");
    drop(clock);

    place.gateway.take().unwrap().kill();
    place.names("link_app_not_running");
    place.gateway = Some(place.clinic.start_gateway());
    wait_until("the link app runs", || place.look()["good"] == true);

    let settings = std::fs::read_to_string(place.clinic.path("gateway.toml")).unwrap();
    std::fs::write(
        place.clinic.path("gateway.toml"),
        format!("colour = 1\n{settings}"),
    )
    .unwrap();
    place.names("link_app_settings");
    std::fs::write(place.clinic.path("gateway.toml"), settings).unwrap();

    drop(place.terminal.take());
    place.names("terminal_not_running");
    place.terminal = Some(Terminal::start(&place.clinic, ["clinic", "spare"]));

    let settings = std::fs::read_to_string(place.clinic.path("terminal.toml")).unwrap();
    std::fs::write(
        place.clinic.path("terminal.toml"),
        format!("{settings}color = 1\n"),
    )
    .unwrap();
    let outcome = place.names("terminal_settings");
    let line = format!("line {}", settings.lines().count() + 1);
    assert!(outcome.to_string().contains(&line), "{outcome:#}");
    std::fs::write(place.clinic.path("terminal.toml"), settings).unwrap();

    // Text for a person, and the record for the desk.
    place.clinic.center.take().unwrap().kill();
    place.names("center_refuses_connection");
    let record = place.clinic.path("record.txt");
    let terminal = place.clinic.path("terminal.toml");
    let output = onshi(&["doctor", "--config", &terminal, "--report", &record]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("接続を受け付けません") && text.contains("takes no connection"),
        "{text}"
    );
    assert!(text.contains("0800-080-4583"), "{text}");
    let record = std::fs::read_to_string(record).unwrap();
    assert!(record.contains("[center_refuses_connection]"), "{record}");
    assert!(record.contains("医療機関コード: 1319999999"), "{record}");
    place.clinic.start_center();
    wait_until("the center is back", || place.look()["good"] == true);

    revoke(&place);
    place.names("certificate_revoked");
}

#[test]
fn a_record_that_cannot_be_written_takes_no_diagnosis_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let text = format!(
        "data_dir = \"{}\"\ncenter = \"https://127.0.0.1:1\"\nca = \"{}\"\nlisten = \"127.0.0.1:0\"\n[identity]\nname = \"clinic\"\n",
        path("terminal"),
        path("root.pem")
    );
    std::fs::write(path("terminal.toml"), text).unwrap();
    // A file stands where its folder should be.
    let (config, record) = (path("terminal.toml"), path("terminal.toml/record.txt"));
    let output = onshi(&["doctor", "--json", "--config", &config, "--report", &record]);
    assert_eq!(output.status.code(), Some(1));
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcome["good"], false, "{outcome:#}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("record.txt"), "{said}");
}

/// Whoever reads a pipe that nobody writes waits for ever, as with a share that is away.
#[test]
fn the_doctor_ends_although_a_file_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let made = Command::new("mkfifo").arg(path("root.pem")).status();
    assert!(made.unwrap().success());
    let text = format!(
        "data_dir = \"{}\"\ncenter = \"https://127.0.0.1:1\"\nca = \"{}\"\nlisten = \"127.0.0.1:0\"\n[identity]\nname = \"clinic\"\n",
        path("terminal"),
        path("root.pem")
    );
    std::fs::write(path("terminal.toml"), text).unwrap();
    let output = onshi(&["doctor", "--json", "--config", &path("terminal.toml")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("certificate_unreadable"), "{text}");
}

/// Revokes the clinic's certificate at the center.
fn revoke(place: &Place) {
    let p12 = place.clinic.path("clinic.p12");
    let password = format!("file:{}", place.clinic.path("p12.pw"));
    let pem = place.clinic.path("clinic.pem");
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    openssl(&[
        "pkcs12", "-in", &p12, "-clcerts", "-nokeys", "-passin", &password, "-out", &pem,
    ]);
    let text = openssl(&["x509", "-in", &pem, "-noout", "-fingerprint", "-sha256"]);
    let fingerprint = text
        .split('=')
        .nth(1)
        .unwrap()
        .trim()
        .replace(':', "")
        .to_lowercase();
    let data_dir = place.clinic.path("center");
    succeed(&[
        "certificate",
        "revoke",
        "--data-dir",
        &data_dir,
        "--fingerprint",
        &fingerprint,
    ]);
}
