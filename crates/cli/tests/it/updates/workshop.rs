//! A publisher, a center and a clinic's PC in one folder: packages are made with dpkg-deb and installed by dpkg into a root of their own. The
//! executable in them is a script that answers the self-check as the test wants it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::running::{Clinic, Part, onshi, succeed, wait_until};

/// Bytes of ballast in a package where its size does not matter.
pub(crate) const AMOUNT: usize = 1 << 10;

/// What a good version answers, but for its number.
fn good(version: &str) -> String {
    let version = version.split('-').next().unwrap();
    format!("echo '{{\"good\":true,\"version\":\"{version}\"}}'")
}

pub(crate) struct Workshop {
    pub(crate) clinic: Clinic,
    architecture: String,
}

impl Workshop {
    /// Version 0.1.0-1 is installed, the publisher's key is pinned, nothing is published.
    pub(crate) fn start() -> Self {
        let mut clinic = Clinic::start();
        clinic.enrol();
        clinic.center.take().unwrap().kill();
        let settings = clinic.path("center.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let updates = clinic.path("releases");
        std::fs::create_dir(&updates).unwrap();
        std::fs::write(&settings, format!("{text}[updates]\ndir = \"{updates}\"\n")).unwrap();
        clinic.start_center();
        let asked = Command::new("dpkg").arg("--print-architecture").output();
        let architecture = String::from_utf8(asked.unwrap().stdout).unwrap();
        let workshop = Self {
            clinic,
            architecture: architecture.trim().into(),
        };
        workshop.make_key("publisher");
        workshop.settle_terminal();
        workshop.settle_root();
        workshop
    }

    fn path(&self, name: &str) -> String {
        self.clinic.path(name)
    }

    fn make_key(&self, name: &str) {
        std::fs::write(self.path("passphrase"), "a long enough passphrase\n").unwrap();
        let (out, public) = (
            self.path(&format!("{name}.key")),
            self.path(&format!("{name}.pub")),
        );
        succeed(&[
            "publish",
            "key",
            "--out",
            &out,
            "--public",
            &public,
            "--passphrase-file",
            &self.path("passphrase"),
        ]);
    }

    fn settle_terminal(&self) {
        self.import_certificate();
        std::fs::copy(self.path("publisher.pub"), self.path("pinned.pub")).unwrap();
        self.set_up("reception = []");
    }

    pub(super) fn import_certificate(&self) {
        succeed(&[
            "certificate",
            "import",
            "--data-dir",
            &self.path("terminal"),
            "--name",
            "clinic",
            "--p12",
            &self.path("clinic.p12"),
            "--p12-password-file",
            &self.path("p12.pw"),
        ]);
    }

    /// The PC as before its first certificate was installed.
    pub(super) fn remove_certificate(&self) {
        std::fs::remove_dir_all(self.path("terminal/identities")).unwrap();
    }

    /// Writes the terminal's settings with further lines on updates.
    fn set_up(&self, further: &str) {
        let text = format!(
            "data_dir = \"{}\"\ncenter = \"{}\"\nca = \"{}\"\nlisten = \"127.0.0.1:0\"\n[identity]\nname = \"clinic\"\n[updates]\n\
             publisher = \"{}\"\nstate_dir = \"{}\"\nroot = \"{}\"\n{further}\n",
            self.path("terminal"),
            self.clinic.api,
            self.path("center/root.pem"),
            self.path("pinned.pub"),
            self.path("state"),
            self.path("root"),
        );
        std::fs::write(self.path("terminal.toml"), text).unwrap();
    }

    /// A root for dpkg with version 0.1.0-1 in it.
    pub(super) fn settle_root(&self) {
        let root = self.clinic.dir.path().join("root");
        let _ = std::fs::remove_dir_all(&root);
        for folder in ["info", "updates", "triggers"] {
            std::fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).unwrap();
        }
        for file in ["status", "available"] {
            std::fs::write(root.join("var/lib/dpkg").join(file), "").unwrap();
        }
        let package = self.build(
            "0.1.0-1",
            (&good("0.1.0-1"), None),
            AMOUNT,
            &self.path("first"),
        );
        self.run_dpkg(&package);
        let _ = std::fs::remove_dir_all(self.path("state"));
    }

    fn run_dpkg(&self, package: &Path) {
        let done = Command::new("dpkg")
            .args(["--root", &self.path("root")])
            .args(["--force-not-root", "--install"])
            .arg(package)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// As a person does it who has the package of a version at hand.
    pub(super) fn install_by_hand(&self, version: &str) {
        self.run_dpkg(&Path::new(&self.bench(version)).join(self.file(version)));
    }

    /// A package whose executable runs a script when it is asked for its self-check.
    fn build(
        &self,
        version: &str,
        (script, preinst): (&str, Option<&str>),
        ballast: usize,
        folder: &str,
    ) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let tree = self.clinic.dir.path().join("tree");
        let _ = std::fs::remove_dir_all(&tree);
        std::fs::create_dir_all(tree.join("DEBIAN")).unwrap();
        std::fs::create_dir_all(tree.join("usr/bin")).unwrap();
        std::fs::create_dir_all(tree.join("usr/share/onshi")).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        let control = format!(
            "Package: onshi\nVersion: {version}\nArchitecture: {}\nMaintainer: test <test@example>\nDescription: test\n",
            self.architecture
        );
        std::fs::write(tree.join("DEBIAN/control"), control).unwrap();
        let program = format!(
            "#!/bin/sh\n# {version}\n[ \"$1 $2\" = \"update self-check\" ] || exit 9\n{script}\n"
        );
        std::fs::write(tree.join("usr/bin/onshi"), program).unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(tree.join("usr/bin/onshi"), mode).unwrap();
        std::fs::write(tree.join("usr/share/onshi/version"), version).unwrap();
        if let Some(preinst) = preinst {
            std::fs::write(tree.join("DEBIAN/preinst"), preinst).unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(tree.join("DEBIAN/preinst"), mode).unwrap();
        }
        let bytes: Vec<u8> = (0..ballast).map(|at| at.to_le_bytes()[1]).collect();
        std::fs::write(tree.join("usr/share/onshi/ballast"), bytes).unwrap();
        let package = Path::new(folder).join(self.file(version));
        let built = Command::new("dpkg-deb")
            .args(["--root-owner-group", "-Znone", "--build"])
            .args([&tree, &package])
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        package
    }

    fn file(&self, version: &str) -> String {
        format!("onshi_{version}_{}.deb", self.architecture)
    }

    /// Publishes a good version.
    pub(crate) fn release(&self, version: &str, ballast: usize) {
        self.release_saying(version, &good(version), ballast);
    }

    /// Publishes a version that answers its self-check by a script.
    pub(super) fn release_saying(&self, version: &str, script: &str, ballast: usize) {
        self.build(version, (script, None), ballast, &self.bench(version));
        self.sign(version);
    }

    /// Publishes a version whose own script stops dpkg.
    pub(super) fn release_refusing(&self, version: &str) {
        let stops = Some("#!/bin/sh\nexit 1\n");
        self.build(
            version,
            (&good(version), stops),
            AMOUNT,
            &self.bench(version),
        );
        self.sign(version);
    }

    /// The publisher's folder of a version.
    fn bench(&self, version: &str) -> String {
        self.path(&format!("bench-{version}"))
    }

    /// Signs with the key that counts and copies everything to the center.
    pub(super) fn sign(&self, version: &str) {
        let key = if Path::new(&self.path("next.key")).exists() {
            "next"
        } else {
            "publisher"
        };
        self.sign_with(key, version);
    }

    pub(super) fn sign_with_first_key(&self, version: &str) {
        self.sign_with("publisher", version);
    }

    pub(super) fn sign_with_another_key(&self, version: &str) {
        self.make_key("stranger");
        self.sign_with("stranger", version);
    }

    fn sign_with(&self, key: &str, version: &str) {
        let dir = self.bench(version);
        succeed(&[
            "publish",
            "sign",
            "--key",
            &self.path(&format!("{key}.key")),
            "--passphrase-file",
            &self.path("passphrase"),
            "--dir",
            &dir,
        ]);
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let to = self
                .clinic
                .dir
                .path()
                .join("releases")
                .join(entry.file_name());
            std::fs::copy(entry.path(), to).unwrap();
        }
    }

    /// Has another key follow the publisher's.
    pub(super) fn change_key(&self) {
        self.make_key("next");
        succeed(&[
            "publish",
            "change-key",
            "--key",
            &self.path("publisher.key"),
            "--passphrase-file",
            &self.path("passphrase"),
            "--new",
            &self.path("next.pub"),
            "--dir",
            &self.path("releases"),
        ]);
    }

    pub(super) fn forget_changes(&self) {
        std::fs::remove_file(self.path("releases/key-changes.json")).unwrap();
    }

    /// A change away from the key that counts, signed by a key that does not.
    pub(super) fn write_foreign_change(&self) {
        self.change_key_to_stranger();
        let file = self.path("releases/key-changes.json");
        let text = std::fs::read_to_string(&file).unwrap();
        let read = |name: &str| {
            std::fs::read_to_string(self.path(name))
                .unwrap()
                .trim()
                .to_owned()
        };
        // It says it is by the key that counts, and is by the first one.
        let text = text.replace(
            &format!("\"old\":\"{}\"", read("publisher.pub")),
            &format!("\"old\":\"{}\"", read("next.pub")),
        );
        std::fs::write(file, text).unwrap();
    }

    fn change_key_to_stranger(&self) {
        self.make_key("stranger");
        succeed(&[
            "publish",
            "change-key",
            "--key",
            &self.path("publisher.key"),
            "--passphrase-file",
            &self.path("passphrase"),
            "--new",
            &self.path("stranger.pub"),
            "--dir",
            &self.path("releases"),
        ]);
    }

    pub(super) fn withdraw(&self, version: &str) {
        std::fs::remove_file(self.path(&format!("releases/onshi-{version}.release"))).unwrap();
    }

    pub(super) fn package_bytes(&self, version: &str) -> Vec<u8> {
        std::fs::read(format!("{}/{}", self.bench(version), self.file(version))).unwrap()
    }

    pub(super) fn write_package(&self, version: &str, bytes: &[u8]) {
        std::fs::write(
            self.path(&format!("releases/{}", self.file(version))),
            bytes,
        )
        .unwrap();
    }

    /// `onshi update` with its settings.
    pub(super) fn update(&self, what: &str, further: &[&str]) -> Output {
        let config = self.path("terminal.toml");
        onshi(&[&["update", what, "--config", &config, "--json"], further].concat())
    }

    /// The version with `up` or `waits`; otherwise what the command said.
    pub(crate) fn fetch(&self) -> Result<String, String> {
        let answer = answer(&self.update("fetch", &[]))?;
        let state = if answer["waits"] == true {
            "waits"
        } else {
            "up"
        };
        Ok(format!("{} {state}", answer["version"].as_str().unwrap()))
    }

    /// The outcome; otherwise what the command said.
    pub(super) fn install(&self) -> Result<String, String> {
        self.outcome(&self.update("install", &[]))
    }

    pub(super) fn install_by(&self, occasion: &str) -> Result<String, String> {
        self.outcome(&self.update("install", &["--occasion", occasion]))
    }

    /// The outcome of an update that was cut off; otherwise what the command said.
    pub(super) fn resume(&self) -> Result<String, String> {
        self.outcome(&self.update("resume", &[]))
    }

    fn outcome(&self, output: &Output) -> Result<String, String> {
        let answer = answer(output)?;
        Ok(answer["last"]["outcome"]
            .as_str()
            .unwrap_or("none")
            .to_owned())
    }

    pub(super) fn status(&self) -> Value {
        answer(&self.update("status", &[])).unwrap()
    }

    /// The version that dpkg knows as installed as a whole, and whose files lie there.
    pub(crate) fn installed(&self) -> String {
        self.whole_version().unwrap()
    }

    pub(super) fn whole_version(&self) -> Result<String, String> {
        let shown = Command::new("dpkg-query")
            .args([
                "--admindir",
                &self.path("root/var/lib/dpkg"),
                "--show",
                "--showformat",
            ])
            .args(["${db:Status-Status} ${Version}", "onshi"])
            .output()
            .unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        let version = shown
            .strip_prefix("installed ")
            .ok_or(shown.clone())?
            .to_owned();
        let read = |name: &str| std::fs::read_to_string(self.path(name)).unwrap_or_default();
        let program = read("root/usr/bin/onshi");
        let fits = program.contains(&format!("# {version}\n"))
            && read("root/usr/share/onshi/version") == version;
        fits.then_some(version).ok_or(program)
    }

    /// What the installing part wrote down in a file of this name.
    pub(super) fn record(&self, file: &str) -> Value {
        let bytes = std::fs::read(self.path(&format!("state/{file}"))).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    pub(super) fn write_record(&self, file: &str, it: &Value) {
        std::fs::write(self.path(&format!("state/{file}")), it.to_string()).unwrap();
    }

    pub(super) fn packages_kept(&self) -> usize {
        std::fs::read_dir(self.path("state/packages"))
            .unwrap()
            .count()
    }

    pub(super) fn waiting(&self, file: &str) -> String {
        self.path(&format!("terminal/updates/waiting/{file}"))
    }

    /// Lays a release down as the one that waits, past the fetching part.
    pub(super) fn lay_down(&self, version: &str) {
        let release = std::fs::read(self.path(&format!("releases/onshi-{version}.release")));
        let release: Value = serde_json::from_slice(&release.unwrap()).unwrap();
        let papers = serde_json::json!({"release": release, "changes": []});
        std::fs::write(self.waiting("release.json"), papers.to_string()).unwrap();
        std::fs::write(self.waiting("package.deb"), self.package_bytes(version)).unwrap();
    }

    /// What an earlier fetch of a version left.
    pub(super) fn begin_part(&self, version: &str, bytes: &[u8]) {
        let release = std::fs::read(self.path(&format!("releases/onshi-{version}.release")));
        let release: Value = serde_json::from_slice(&release.unwrap()).unwrap();
        let manifest: Value = serde_json::from_str(release["manifest"].as_str().unwrap()).unwrap();
        let sha256 = manifest["packages"][0]["sha256"].as_str().unwrap();
        std::fs::create_dir_all(self.path("terminal/updates/incoming")).unwrap();
        let part = self.path(&format!("terminal/updates/incoming/{sha256}.part"));
        std::fs::write(part, bytes).unwrap();
    }

    /// Patients are received in these hours; at this one an update is to be installed by itself.
    pub(super) fn receive(&self, hours: &str, at: &str) {
        self.set_up(&format!("reception = [\"{hours}\"]\nat = \"{at}\""));
    }

    /// Has the terminal ask for a shut-down by a file of this name.
    pub(crate) fn power_off_by(&self, file: &str) {
        let file = self.path(file);
        self.set_up(&format!("reception = []\n[doctor]\npower_off = \"{file}\""));
    }

    pub(super) fn receive_never(&self) {
        self.set_up("reception = []");
    }

    /// The chosen hour is this one, by Japan's clock.
    pub(super) fn choose_this_hour(&self) {
        let since = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_secs();
        let hour = (since / 3600 + 9) % 24;
        // From half an hour ago: the hour must not end while the test runs.
        let minute = (since / 60) % 60;
        let (hour, minute) = if minute < 30 {
            ((hour + 23) % 24, minute + 30)
        } else {
            (hour, minute - 30)
        };
        self.set_up(&format!("reception = []\nat = \"{hour:02}:{minute:02}\""));
    }

    pub(super) fn set_user(&self, id: &str) {
        std::fs::write(self.path("user.pw"), "Gamen-Kaijo-2026").unwrap();
        succeed(&[
            "terminal",
            "set-user",
            "--config",
            &self.path("terminal.toml"),
            "--id",
            id,
            "--password-file",
            &self.path("user.pw"),
        ]);
    }

    pub(super) fn change_user_by_hand(&self) {
        let file = self.path("terminal/terminal-user.json");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, text.replace("OqsUser", "Betsu")).unwrap();
    }

    /// A terminal whose pages are there.
    pub(super) fn start_terminal(&self) -> Part {
        let ready = self.path("terminal-ready.json");
        let child = Command::new(env!("CARGO_BIN_EXE_onshi"))
            .args(["terminal", "--config", &self.path("terminal.toml")])
            .args(["--ready-file", &ready])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn();
        let terminal = Part::of(child.unwrap());
        wait_until("the terminal", || Path::new(&ready).exists());
        terminal
    }

    pub(super) fn is_ordered(&self) -> bool {
        Path::new(&self.path("terminal/updates/order")).exists()
    }
}

/// What a command printed as JSON; otherwise what it said to its error stream.
fn answer(output: &Output) -> Result<Value, String> {
    serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}
