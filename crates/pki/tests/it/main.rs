//! What others see of the crate: PKCS#12 files in other programs, mTLS over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests fail by panicking, and start other programs"
)]

mod cards;
mod est;
mod issuing;
mod keeping;
mod mtls;
mod pkcs12;
mod revocation_list;
mod time;

use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use pki::authority::{Authority, Issued, KeyKind};
use pki::sealed::MachineKey;

/// An authority in a folder of its own, which lives as long as the test.
struct Fixture {
    authority: Authority,
    dir: tempfile::TempDir,
}

impl Fixture {
    /// What OpenSSL says to arguments and options with files of the folder.
    fn openssl(&self, arguments: &[&str], files: &[(&str, &str)]) -> String {
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(arguments);
        for (option, file) in files {
            openssl.arg(option).arg(self.dir.path().join(file));
        }
        let output = openssl.output().expect("openssl is installed");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text + &String::from_utf8_lossy(&output.stderr)
    }
}

fn now() -> Instant {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap())
}

fn fixture_at(now: Instant) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let machine = MachineKey::open(&dir.path().join("machine.key")).unwrap();
    let authority = Authority::open(&dir.path().join("ca"), &machine, now).unwrap();
    Fixture { authority, dir }
}

fn client(fixture: &Fixture, now: Instant) -> Issued {
    let facility = InstitutionCode::parse("1319999999").unwrap();
    fixture
        .authority
        .issue_client(facility, "受付端末1", KeyKind::P256, now)
        .unwrap()
}
