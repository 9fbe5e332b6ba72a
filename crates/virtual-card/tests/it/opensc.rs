//! Unmodified OpenSC against the virtual card, through a real pcscd and vsmartcard's driver (my-number-card reference §8.3).

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use synthetic::card::case::Case;
use tempfile::TempDir;
use virtual_card::rig::Rig;

use crate::tray::{AUTHORITY, persona};

/// A reader with a card, for one test.
struct Desk {
    dir: TempDir,
    rig: Rig,
}

impl Desk {
    fn with(case: Case) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("a desk ")
            .tempdir()
            .unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_virtual-card"));
        let rig = Rig::start(program, dir.path(), &["Test"]).unwrap();
        let desk = Self { dir, rig };
        desk.write("persona.toml", persona(case).to_toml().unwrap().as_bytes());
        desk.place();
        desk
    }

    fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.dir.path().join(name), content).unwrap();
    }

    fn place(&self) {
        let file = self.dir.path().join("persona.toml");
        let told = self.order(&format!("place {}", file.display()));
        assert_eq!(told["power"], true);
    }

    fn order(&self, line: &str) -> serde_json::Value {
        self.rig.reader("Test").unwrap().order(line).unwrap()
    }

    /// Runs a program in the desk's folder: whether it succeeded, and all it said.
    fn run(&self, line: &str) -> (bool, String) {
        let mut words = line.split(' ');
        let output = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(self.dir.path())
            .env("PCSCLITE_CSOCK_NAME", self.rig.socket())
            // What OpenSC remembers of cards goes with the desk.
            .env("HOME", self.dir.path())
            .output()
            .unwrap();
        let both = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&both).into_owned();
        (output.status.success(), said)
    }

    fn succeed(&self, line: &str) -> String {
        let (succeeded, said) = self.run(line);
        assert!(succeeded, "{line}\n{said}");
        said
    }
}

/// Commands of the transcript. The last but one locks the PIN, the last finds it locked.
const COMMANDS: [&str; 12] = [
    "opensc-tool --name",
    "opensc-tool --atr",
    "pkcs15-tool --list-certificates",
    "pkcs15-tool --list-keys",
    "pkcs15-tool --list-pins",
    "pkcs15-tool --verify-pin --auth-id 01 --pin 9999",
    "pkcs15-tool --verify-pin --auth-id 01 --pin 1234",
    "pkcs15-tool --verify-pin --auth-id 01 --pin 9999",
    "pkcs15-tool --verify-pin --auth-id 01 --pin 9999",
    "pkcs15-tool --verify-pin --auth-id 01 --pin 9999",
    "pkcs15-tool --verify-pin --auth-id 01 --pin 1234",
    "pkcs15-tool --list-pins",
];

#[test]
fn opensc_lists_verifies_and_finds_the_pin_locked_after_three_wrong_ones() {
    let desk = Desk::with(Case::Valid);
    let mut transcript = String::new();
    for line in COMMANDS {
        let (succeeded, said) = desk.run(line);
        writeln!(transcript, "$ {line}").unwrap();
        // Identifiers that only Windows uses differ between versions of OpenSC.
        for said in said.lines().filter(|it| !it.contains("MD:guid")) {
            writeln!(transcript, "{}", said.trim_end()).unwrap();
        }
        writeln!(
            transcript,
            "[{}]\n",
            if succeeded { "done" } else { "failed" }
        )
        .unwrap();
    }
    let expected = include_str!("opensc.transcript.txt");
    assert!(
        transcript == expected,
        "tests/it/opensc.transcript.txt says otherwise; OpenSC said:\n{transcript}"
    );
}

#[test]
fn a_signature_made_by_opensc_verifies_with_openssl() {
    let desk = Desk::with(Case::Valid);
    desk.write("text", b"what is signed\n");
    for (slot, key, pin) in [(0, "01", "1234"), (1, "02", "ABC123")] {
        desk.succeed(&format!(
            "pkcs11-tool --slot-index {slot} --login --pin {pin} --sign --id {key} --mechanism SHA256-RSA-PKCS \
             --input-file text --output-file signature"
        ));
        let read = match key {
            "01" => format!("pkcs15-tool --read-certificate {key} --output certificate.pem"),
            // This one needs its password.
            _ => format!(
                "pkcs15-tool --verify-pin --auth-id {key} --pin {pin} --read-certificate {key} --output certificate.pem"
            ),
        };
        desk.succeed(&read);
        desk.succeed("openssl x509 -in certificate.pem -pubkey -noout -out key.pem");
        let said = desk.succeed("openssl dgst -sha256 -verify key.pem -signature signature text");
        assert_eq!(said, "Verified OK\n");
    }
}

#[test]
fn openssl_follows_the_chain_and_finds_the_revoked() {
    let desk = Desk::with(Case::Valid);
    desk.write("authority.der", AUTHORITY.certificate());
    let list = AUTHORITY.revocation_list(&AUTHORITY.revoked_from_start());
    desk.write("list.der", &list.unwrap());
    desk.succeed("openssl x509 -inform der -in authority.der -out authority.pem");
    desk.succeed("openssl crl -inform der -in list.der -out list.pem");
    // Noon of the day on which these cards are laid on a reader.
    const VERIFY: &str =
        "openssl verify -attime 1795575600 -crl_check -CRLfile list.pem -CAfile authority.pem";
    for (case, expected) in [(Case::Valid, true), (Case::Revoked, false)] {
        let certificate = persona(case).jpki.unwrap().authentication.certificate;
        desk.write("own.der", certificate.as_slice());
        desk.succeed("openssl x509 -inform der -in own.der -out own.pem");
        let (succeeded, said) = desk.run(&format!("{VERIFY} own.pem"));
        assert_eq!(succeeded, expected, "{said}");
        assert_eq!(said.contains("certificate revoked"), !expected);
    }
}

const SIGN: &str = "pkcs11-tool --login --pin 1234 --sign --id 01 --mechanism SHA256-RSA-PKCS \
                    --input-file text --output-file signature";

#[test]
fn a_card_taken_away_while_it_signs_signs_nothing_and_loses_no_try() {
    let desk = Desk::with(Case::Valid);
    desk.write("text", b"what is signed\n");
    desk.order("fault remove at sign");
    let (succeeded, _) = desk.run(SIGN);
    assert!(!succeeded);
    let told = desk.order("state");
    assert_eq!((&told["lying"], &told["tries"]), (&false.into(), &3.into()));
    desk.order("insert");
    desk.succeed(SIGN);
}

#[test]
fn a_mute_card_answers_when_the_fault_is_cleared() {
    let desk = Desk::with(Case::Valid);
    desk.order("fault mute at 1");
    std::thread::scope(|scope| {
        let name = scope.spawn(|| desk.succeed("opensc-tool --name"));
        // The card has been asked and is silent as long as it is told to be.
        while desk.order("state")["commands"] == 0 && !name.is_finished() {}
        desk.order("clear");
        assert!(name.join().unwrap().starts_with("jpki"));
    });
}

#[test]
fn counters_outlive_the_card_on_the_reader() {
    let desk = Desk::with(Case::Valid);
    desk.run("pkcs15-tool --verify-pin --auth-id 01 --pin 9999");
    desk.place();
    assert_eq!(desk.order("state")["tries"], 2);
    desk.order("reset-counters");
    assert_eq!(desk.order("state")["tries"], 3);
    desk.order("lock-pin");
    let said = desk.succeed("pkcs15-tool --list-pins");
    assert!(said.contains("Tries left     : 0"), "{said}");
}

#[test]
fn the_card_is_back_after_the_service_was_gone() {
    let desk = Desk::with(Case::Valid);
    desk.rig.service("stop").unwrap();
    assert!(!desk.run("opensc-tool --name").0);
    desk.rig.service("start").unwrap();
    desk.order("remove");
    assert_eq!(desk.order("insert")["power"], true);
    desk.succeed("opensc-tool --name");
}

#[test]
fn services_run_beside_each_other_and_leave_nothing_behind() {
    let (one, other) = (Desk::with(Case::Valid), Desk::with(Case::Everything));
    let subject = |desk: &Desk| {
        desk.succeed("pkcs15-tool --read-certificate 01 --output own.pem");
        desk.succeed("openssl x509 -in own.pem -noout -subject")
    };
    assert_ne!(subject(&one), subject(&other));
    let socket = one.rig.socket().to_owned();
    drop(one.rig);
    assert!(UnixStream::connect(socket).is_err());
    subject(&other);
}

#[test]
fn a_killed_service_takes_its_pcscd_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut reader = Command::new(env!("CARGO_BIN_EXE_virtual-card"))
        .args(["reader", "--name", "Test", "--dir"])
        .arg(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(reader.stdout.take().unwrap());
    let mut ready = String::new();
    out.read_line(&mut ready).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let socket = ready["socket"].as_str().unwrap();
    assert!(UnixStream::connect(socket).is_ok());
    reader.kill().unwrap();
    reader.wait().unwrap();
    // The last process inside closes the pipe with its end.
    assert_eq!(out.read_line(&mut String::new()).unwrap(), 0);
    while UnixStream::connect(socket).is_ok() {}
}

#[test]
fn two_readers_of_a_service_hold_cards_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_virtual-card"));
    let names = ["One", "Other"];
    let desk = Desk {
        rig: Rig::start(program, dir.path(), &names).unwrap(),
        dir,
    };
    let mut subjects = Vec::new();
    for (name, case) in names.into_iter().zip([Case::Valid, Case::Everything]) {
        desk.write("persona.toml", persona(case).to_toml().unwrap().as_bytes());
        let file = desk.dir.path().join("persona.toml");
        let reader = desk.rig.reader(name).unwrap();
        reader.order(&format!("place {}", file.display())).unwrap();
    }
    let listed = desk.succeed("opensc-tool --list-readers");
    for name in names {
        let line = listed.lines().find(|it| it.contains(&format!("{name} 0")));
        let number = line.unwrap().split_whitespace().next().unwrap();
        desk.succeed(&format!(
            "pkcs15-tool --reader {number} --read-certificate 01 --output own.pem"
        ));
        subjects.push(desk.succeed("openssl x509 -in own.pem -noout -subject"));
    }
    assert!(subjects[0].contains("E02000101") && subjects[1].contains("E02000201"));
}

#[test]
fn an_order_that_cannot_be_done_says_why() {
    let desk = Desk::with(Case::Valid);
    let reader = desk.rig.reader("Test").unwrap();
    let refused = |line: &str| reader.order(line).unwrap_err().to_string();
    assert!(refused("eject").contains("\"eject\" is no command"));
    assert!(refused("place /nowhere/card.toml").contains("/nowhere/card.toml cannot be read"));
    desk.write("bad.toml", b"case = \"valid\"\ntoken = \"stone\"\n");
    let bad = desk.dir.path().join("bad.toml");
    let said = refused(&format!("place {}", bad.display()));
    assert!(
        said.contains("not a persona") && said.contains("line 2"),
        "{said}"
    );
    assert!(desk.rig.service("pause").is_err());
}

#[test]
fn the_log_shows_headers_and_no_pin() {
    let dir = tempfile::tempdir().unwrap();
    let persona_file = dir.path().join("persona.toml");
    std::fs::write(&persona_file, persona(Case::Valid).to_toml().unwrap()).unwrap();
    let mut reader = Command::new(env!("CARGO_BIN_EXE_virtual-card"))
        .args(["reader", "--name", "Test", "--dir"])
        .arg(dir.path())
        .env("ONSHI_LOG", "virtual_card=trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(reader.stdout.take().unwrap())
        .read_line(&mut ready)
        .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let place = Command::new(env!("CARGO_BIN_EXE_virtual-card"))
        .args(["order", "--control"])
        .arg(dir.path().join("Test.control"))
        .arg("place")
        .arg("persona.toml")
        .current_dir(dir.path())
        .output();
    assert!(place.unwrap().status.success());
    let verified = Command::new("pkcs15-tool")
        .args(["--verify-pin", "--auth-id", "01", "--pin", "1234"])
        .env("PCSCLITE_CSOCK_NAME", ready["socket"].as_str().unwrap())
        .env("HOME", dir.path())
        .output();
    assert!(verified.unwrap().status.success());
    drop(reader.stdin.take());
    reader.wait().unwrap();
    let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
    assert!(log.contains("00 20 00 80 (4 bytes)"), "{log}");
    // The microseconds of a time may be any digits.
    let is_time = |word: &str| word.ends_with('Z') && word.contains('T') && word.contains(':');
    for line in log.lines() {
        let said = match line.split_once(' ') {
            Some((time, said)) if is_time(time) => said,
            _ => line,
        };
        for secret in ["1234", "31 32 33 34", "31323334", "[49, 50, 51, 52]"] {
            assert!(!said.contains(secret), "the log holds {secret}: {line}");
        }
    }
}
