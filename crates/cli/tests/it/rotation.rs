//! The gateway killed at one system call after the other while it changes its account's password: afterwards it comes back, one password
//! counts, and nothing is left beside it (G05).

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::process::{Child, Stdio};

use api::client::{Client, ClientError};
use api::session::{PasswordChange, SignIn};
use pki::identity::Identity;
use pki::machine_secret::MachineSecret;
use pki::sealed::MachineKey;
use tokio::runtime::Runtime;

use crate::running::{Clinic, end_traced_quietly, wait_until};

/// Kills of one kind at most; fewer where the gateway gets through before.
const MOST: usize = 16;

/// The clinic, with an administrator who asks for rotations.
struct Rotations {
    clinic: Clinic,
    runtime: Runtime,
    client: Client,
    token: String,
}

impl Rotations {
    fn start() -> Self {
        let clinic = Clinic::start();
        clinic.enrol();
        clinic.set_up_gateway();
        let file = std::fs::read(clinic.path("clinic.p12")).unwrap();
        let identity = Identity::from_pkcs12(&file, "Tegami-12345678").unwrap();
        let root = std::fs::read(clinic.path("center/root.pem")).unwrap();
        let root = pki::identity::first_certificate(&root).unwrap();
        let client = Client::new(&clinic.api, &root, Some(&identity)).unwrap();
        let runtime = Runtime::new().unwrap();
        let first = std::fs::read_to_string(clinic.path("administrator.pw")).unwrap();
        let token = runtime.block_on(async {
            let session = client
                .sign_in(&body("administrator", &first))
                .await
                .unwrap();
            let change = PasswordChange {
                new_password: "Kanri-2026-Atarashii".into(),
                old_password: first,
            };
            client
                .change_password(&session.token, &change)
                .await
                .unwrap();
            session.token
        });
        Self {
            clinic,
            runtime,
            client,
            token,
        }
    }

    fn ask(&self) {
        let asked = self.client.ask_rotation(&self.token, "link_app");
        self.runtime.block_on(asked).unwrap();
    }

    /// Whether the center has one password again, and the device as well.
    fn is_over(&self) -> bool {
        let all = self.runtime.block_on(self.client.rotations(&self.token));
        let all = all.unwrap().rotations;
        let done = all
            .iter()
            .any(|it| it.account == "link_app" && it.stage == "done");
        done && self.secret().next().is_ok_and(|it| it.is_none())
    }

    fn signs_in(&self, password: &str) -> Result<(), ClientError> {
        let asked = self
            .runtime
            .block_on(self.client.sign_in(&body("link_app", password)));
        asked.map(|_| ())
    }

    /// The files as another process opens them.
    fn secret(&self) -> MachineSecret {
        let key = MachineKey::open(Path::new(&self.clinic.path("gateway/machine.key"))).unwrap();
        MachineSecret::new(key, Path::new(&self.clinic.path("gateway/link_app.sealed")))
    }

    /// A gateway that is killed at the `number`th of some system calls, on the files of the password alone or on any.
    fn traced(&self, calls: &str, files: &[&str], number: usize) -> Child {
        let mut strace = std::process::Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null"]);
        for file in files {
            strace.args(["-P", &self.clinic.path(file)]);
        }
        let injection = format!("inject={calls}:signal=KILL:when={number}");
        strace
            .args(["-e", &format!("trace={calls}"), "-e", &injection])
            // Calls are counted in each thread: the work must not wander from one to another.
            .env("TOKIO_WORKER_THREADS", "1")
            .arg(env!("CARGO_BIN_EXE_onshi"))
            .args(["gateway", "--config", &self.clinic.path("gateway.toml")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("strace starts")
    }

    /// One rotation, with a kill on the way. False when the gateway got through before.
    fn survives(&self, calls: &str, files: &[&str], number: usize) -> bool {
        let old = self.secret().present().unwrap();
        self.ask();
        let killed = Cell::new(false);
        let tracer = RefCell::new(self.traced(calls, files, number));
        wait_until("the kill, or the end of the rotation", || {
            killed.set(tracer.borrow_mut().try_wait().unwrap().is_some());
            killed.get() || self.is_over()
        });
        if killed.get() {
            let again = self.clinic.start_gateway();
            wait_until("the gateway that goes on", || self.is_over());
            again.kill();
        } else {
            end_traced_quietly(tracer.into_inner());
        }
        let new = self.secret().present().unwrap();
        assert_ne!(new, old, "{calls} {number}");
        self.signs_in(&new).unwrap();
        assert!(self.signs_in(&old).is_err(), "{calls} {number}");
        killed.get()
    }
}

fn body(account: &str, password: &str) -> SignIn {
    SignIn {
        account: account.into(),
        force: true,
        password: password.into(),
    }
}

#[test]
fn a_gateway_killed_at_any_step_of_a_rotation_comes_back_with_the_one_password_that_counts() {
    let rotations = Rotations::start();
    let files = [
        "gateway/link_app.sealed",
        "gateway/link_app.sealed.next",
        "gateway/link_app.sealed.next.new",
    ];
    let of_files = "openat,write,fsync,rename,unlink";
    let kills = (1..=MOST).take_while(|number| rotations.survives(of_files, &files, *number));
    let on_files = kills.count();
    assert!(4 <= on_files, "killed only {on_files} times on its files");
    let of_lines = "connect,sendto,recvfrom";
    let kills = (1..=MOST / 2).take_while(|number| rotations.survives(of_lines, &[], *number));
    let on_lines = kills.count();
    assert!(2 <= on_lines, "killed only {on_lines} times on its line");
}
