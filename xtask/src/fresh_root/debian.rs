//! A Debian root in a folder, and what runs in it. Fetches Debian's packages by the mirror of this machine's apt, once.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::package::output;

/// What the root holds beside Debian's smallest: the library of `onshi-pcsc`.
const INCLUDED: &str = "libpcsclite1";

/// Paths that Debian's own tools write and no package is asked to tidy.
const NOT_OURS: [&str; 7] = [
    "dev",
    "proc",
    "sys",
    "var/cache",
    "var/lib/dpkg",
    "var/lib/apt",
    "var/log",
];

/// Backups that the user tools leave of their own files.
const BACKUPS: [&str; 6] = [
    "etc/passwd-",
    "etc/group-",
    "etc/shadow-",
    "etc/gshadow-",
    "etc/subuid-",
    "etc/subgid-",
];

/// A Debian root in a folder.
pub(super) struct Debian {
    pub(super) dir: PathBuf,
}

impl Debian {
    /// A fresh one; what debootstrap fetched is kept beside it for the next time.
    pub(super) fn unpack(folder: &Path) -> anyhow::Result<Self> {
        let archive = folder.join("debian.tar");
        let dir = folder.join("root");
        let remove = |dir: &Path| match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        remove(&dir)?;
        if !archive.is_file() {
            let (mirror, suite) = mirror()?;
            let making = folder.join("making");
            remove(&making)?;
            crate::run(
                Command::new("debootstrap")
                    .args([
                        "--variant=minbase",
                        &format!("--include={INCLUDED}"),
                        &suite,
                    ])
                    .arg(&making)
                    .arg(mirror)
                    .stdout(Stdio::null()),
            )?;
            let beside = folder.join("debian.tar.new");
            crate::run(
                Command::new("tar")
                    .args(["--one-file-system", "--numeric-owner", "--create", "--file"])
                    .arg(&beside)
                    .arg("--directory")
                    .arg(&making)
                    .arg("."),
            )?;
            std::fs::rename(beside, &archive)?;
            std::fs::remove_dir_all(&making)?;
        }
        std::fs::create_dir_all(&dir)?;
        crate::run(
            Command::new("tar")
                .args(["--numeric-owner", "--extract", "--file"])
                .arg(&archive)
                .arg("--directory")
                .arg(&dir),
        )?;
        // An installed Debian has this file; debootstrap leaves it to the installer.
        std::fs::write(dir.join("etc/hosts"), "127.0.0.1 localhost\n")?;
        Ok(Self { dir })
    }

    pub(super) fn inside(&self, arguments: &[&str]) -> Command {
        // As on a machine that runs: with /proc, which goes again with the namespace.
        let enter = "mount -t proc proc \"$1/proc\" && exec chroot \"$@\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", enter, "sh"]);
        command.arg(&self.dir).args(arguments).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    pub(super) fn say(&self, arguments: &[&str]) -> anyhow::Result<String> {
        output(&mut self.inside(arguments))
    }

    pub(super) fn install(&self, package: &Path) -> anyhow::Result<()> {
        let name = package.file_name().context("a package without a name")?;
        let inside = Path::new("/tmp").join(name);
        std::fs::copy(package, self.dir.join("tmp").join(name))?;
        self.say(&["dpkg", "--install", &inside.to_string_lossy()])?;
        Ok(std::fs::remove_file(self.dir.join("tmp").join(name))?)
    }

    pub(super) fn state(&self, package: &str) -> anyhow::Result<String> {
        self.say(&["dpkg-query", "-W", "-f", "${db:Status-Status}", package])
    }

    pub(super) fn read(&self, path: &str) -> anyhow::Result<String> {
        let path = self.dir.join(path);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    pub(super) fn edit(&self, path: &str, changes: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut text = self.read(path)?;
        for (from, to) in changes {
            ensure!(text.contains(from), "{path} has no {from}");
            text = text.replace(from, to);
        }
        Ok(std::fs::write(self.dir.join(path), text)?)
    }

    /// Every path, but those of Debian's own book-keeping.
    pub(super) fn files(&self) -> anyhow::Result<BTreeSet<String>> {
        let listed = output(
            Command::new("find")
                .arg(&self.dir)
                .args(["-xdev", "-printf", "%P\\n"]),
        )?;
        let ours = listed.lines().filter(|path| {
            let beneath = |above: &&str| {
                path.strip_prefix(*above)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            !NOT_OURS.iter().any(beneath) && !BACKUPS.contains(path)
        });
        Ok(ours.map(str::to_owned).collect())
    }

    /// Starts a part as its unit does: as its user, with its settings.
    pub(super) fn start(&self, part: &str, user: &str) -> anyhow::Result<Running> {
        let reuid = format!("--reuid={user}");
        let regid = format!("--regid={user}");
        let settings = format!("/etc/onshi/{part}.toml");
        let as_user = [
            "setpriv",
            &reuid,
            &regid,
            "--clear-groups",
            "--no-new-privs",
        ];
        let onshi = ["/usr/bin/onshi", part, "--config", &settings, "--json"];
        let mut child = self
            .inside(&[&as_user[..], &onshi].concat())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start the {part}"))?;
        let stdout = child.stdout.take().context("no output")?;
        let mut running = Running {
            child,
            ready: Value::Null,
        };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        running.ready = serde_json::from_str(&line)
            .with_context(|| format!("the {part} did not start: {line}"))?;
        Ok(running)
    }

    pub(super) fn start_center(&self) -> anyhow::Result<Running> {
        self.start("center", "onshi-center")
    }

    /// Enrols a clinic and downloads its certificate; returns the link's account with its password.
    pub(super) fn enrol(&self, center: &Running) -> anyhow::Result<Account> {
        let notice = self.say(&[
            "onshi",
            "enroll",
            "--data-dir",
            "/var/lib/onshi",
            "--code",
            "1319999999",
            "--name",
            "見本クリニック",
            "--terminal",
            "受付1",
            "--json",
        ])?;
        let notice: Value = serde_json::from_str(&notice)?;
        let text = |name: &str| notice.get(name).and_then(Value::as_str).unwrap_or_default();
        self.put("root/reference", text("reference_id"))?;
        self.put("root/p12.pw", "Tegami-12345678")?;
        self.say(&[
            "onshi",
            "certificate",
            "download",
            "--enroll",
            &center.address("enroll")?,
            "--root",
            "/var/lib/onshi/root.pem",
            "--request-id",
            text("request_id"),
            "--reference-id-file",
            "/root/reference",
            "--password-file",
            "/root/p12.pw",
            "--out",
            "/root/clinic.p12",
        ])?;
        std::fs::copy(
            self.dir.join("var/lib/onshi/root.pem"),
            self.dir.join("etc/onshi/root.pem"),
        )?;
        self.say(&["chmod", "0644", "/etc/onshi/root.pem"])?;
        let accounts = notice.get("accounts").and_then(Value::as_array);
        let mut accounts = accounts.into_iter().flatten();
        let of = |it: &Value, name: &str| it.get(name).and_then(Value::as_str).map(str::to_owned);
        let link = accounts.find_map(|it| {
            let id = of(it, "id").filter(|id| id.starts_with("link"))?;
            Some(Account {
                id,
                password: of(it, "password")?,
            })
        });
        link.context("the notice names no link-app account")
    }

    /// The settings of the clinic's parts, their certificate, their secrets.
    pub(super) fn settle_clinic(&self, api: &str) -> anyhow::Result<()> {
        for part in ["terminal", "gateway", "kiosk"] {
            let settings = format!("etc/onshi/{part}.toml");
            self.edit(&settings, &[("https://center.example:8443", api)])?;
            let data_dir = format!("/var/lib/onshi-{part}");
            // By root, for the part's user: as an installer does it.
            self.say(&[
                "onshi",
                "certificate",
                "import",
                "--data-dir",
                &data_dir,
                "--name",
                "clinic",
                "--p12",
                "/root/clinic.p12",
                "--p12-password-file",
                "/root/p12.pw",
            ])?;
            if part != "terminal" {
                let file = format!("/etc/onshi/{part}.toml");
                self.say(&[
                    "onshi",
                    part,
                    "seal-password",
                    "--config",
                    &file,
                    "--password-file",
                    "/root/p12.pw",
                ])?;
            }
            self.say(&["chown", "-R", "onshi:onshi", &data_dir])?;
        }
        self.edit(
            "etc/onshi/terminal.toml",
            &[("127.0.0.1:8100", "127.0.0.1:0")],
        )?;
        self.edit("etc/onshi/kiosk.toml", &[("127.0.0.1:8101", "127.0.0.1:0")])?;
        self.say(&[
            "install",
            "-d",
            "-o",
            "onshi",
            "-g",
            "onshi",
            "/srv/oqs",
            "/srv/oqs-work",
        ])?;
        Ok(())
    }

    /// Terminal, link app and kiosk come up.
    pub(super) fn start_clinic(&self) -> anyhow::Result<Vec<Running>> {
        ["terminal", "gateway", "kiosk"]
            .into_iter()
            .map(|part| self.start(part, "onshi"))
            .collect()
    }

    /// As `docs/operations/backup.md` says.
    pub(super) fn back_up(&self) -> anyhow::Result<()> {
        let backup = [
            "onshi",
            "backup",
            "--data-dir",
            "/var/lib/onshi",
            "--out",
            "/tmp/copy",
        ];
        let as_user = ["runuser", "-u", "onshi-center", "--"];
        self.say(&[&as_user[..], &backup].concat())?;
        Ok(())
    }

    /// The center's folder is lost but for the keys kept apart, and put back as `docs/operations/restore.md` says.
    pub(super) fn lose_and_restore(&self) -> anyhow::Result<()> {
        let keys = "set -e; cd /var/lib/onshi; mkdir /tmp/keys; cp -a machine.key receipt.key ca /tmp/keys/; \
            for it in receipt-retired.keys; do if [ -e $it ]; then cp -a $it /tmp/keys/; fi; done; \
            find /var/lib/onshi -mindepth 1 -delete";
        self.say(&["sh", "-c", keys])?;
        let back = "set -e; cd /tmp/keys; \
            install -o onshi-center -g onshi-center -m 0600 machine.key receipt.key /var/lib/onshi/; \
            cp -a ca /var/lib/onshi/; chown -R onshi-center:onshi-center /var/lib/onshi; \
            runuser -u onshi-center -- onshi restore --data-dir /var/lib/onshi --from /tmp/copy; \
            onshi audit verify --data-dir /var/lib/onshi; rm -rf /tmp/keys /tmp/copy";
        self.say(&["sh", "-c", back])?;
        Ok(())
    }

    /// Takes away what the test itself put there.
    pub(super) fn tidy(&self) -> anyhow::Result<()> {
        let ours = ["root/reference", "root/p12.pw", "root/clinic.p12"];
        for path in ours.iter().chain(&super::self_update::PUBLISHERS) {
            std::fs::remove_file(self.dir.join(path))?;
        }
        for path in ["srv/oqs", "srv/oqs-work"] {
            std::fs::remove_dir_all(self.dir.join(path))?;
        }
        Ok(())
    }

    pub(super) fn put(&self, path: &str, text: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.dir.join(path), text)?)
    }
}

/// A started part; it ends with this.
pub(super) struct Running {
    pub(super) child: Child,
    pub(super) ready: Value,
}

impl Running {
    pub(super) fn address(&self, of: &str) -> anyhow::Result<String> {
        let address = self.ready.get(of).and_then(Value::as_str);
        // The listeners stand on all addresses; the certificate names this one.
        let address = address.context("the part told no such address")?;
        Ok(address.replace("0.0.0.0", "localhost"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if asked.is_ok_and(|status| status.success()) {
            let _ = self.child.wait();
        }
    }
}

pub(super) struct Account {
    pub(super) id: String,
    pub(super) password: String,
}

/// Mirror and suite of this machine's own apt.
fn mirror() -> anyhow::Result<(String, String)> {
    let listed = output(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(ORIGIN)|$(SITE)|$(CODENAME)|$(COMPONENT)",
        "Created-By: Packages",
    ]))?;
    for line in listed.lines() {
        let words: Vec<&str> = line.split('|').collect();
        if let ["Debian", site, codename, "main"] = words.as_slice()
            && !codename.contains('-')
        {
            return Ok(((*site).to_owned(), (*codename).to_owned()));
        }
    }
    bail!("apt knows no Debian mirror: {listed}")
}
