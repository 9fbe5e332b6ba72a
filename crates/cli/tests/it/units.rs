//! The service units as systemd runs them: one that boots in namespaces of its own, over this machine's files, with the units and the
//! installation script of the package. Needs root, as CI is; touches nothing of the machine's own systemd.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::running::{end_or_kill, sample, wait_until};

/// What of systemd would reach the kernel of the machine, or waits for devices that are not there.
const LEFT_OUT: [&str; 5] = [
    "systemd-sysctl.service",
    "systemd-modules-load.service",
    "systemd-remount-fs.service",
    "systemd-udev-trigger.service",
    "systemd-udevd.service",
];

/// Boots systemd on the folder $1 with the executable $2: an overlay over this machine's files, in a group of processes of its own.
const BOOT: &str = r#"
set -e
mount --make-rprivate /
cd "$1"
mkdir -p work root groups
mount -t overlay overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" root
mount -t cgroup2 none groups
own="groups$(sed -n s/^0:://p /proc/self/cgroup)/onshi-units-$$"
mkdir "$own"
echo $$ > "$own/cgroup.procs"
unshare --mount --pid --fork --kill-child --cgroup --uts --ipc --net sh -c '
set -e
cd "$1/root"
ip link set lo up
mount -t proc proc proc
mount -t sysfs sysfs sys -o ro
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs dev -o mode=755
for it in null zero full random urandom tty; do touch dev/$it; mount --bind /dev/$it dev/$it; done
mkdir dev/pts dev/shm
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs run -o mode=755
touch usr/bin/onshi
mount --bind "$2" usr/bin/onshi
mount -t tmpfs tmpfs tmp
# Not chroot: a process that is in one makes no user namespace, as PrivateUsers= asks.
pivot_root . mnt
cd /
umount --lazy mnt
exec /usr/bin/env -i container=onshi-test /lib/systemd/systemd --system --unit=basic.target --log-target=journal
' sh "$1" "$2" || true
echo $$ > groups/cgroup.procs
find "$own" -depth -type d -exec rmdir {} +
"#;

/// A machine that booted.
struct Machine {
    child: Child,
    _dir: tempfile::TempDir,
}

impl Machine {
    fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let units = dir.path().join("upper/etc/systemd/system");
        std::fs::create_dir_all(&units).unwrap();
        for unit in std::fs::read_dir(packaging("systemd")).unwrap() {
            let unit = unit.unwrap();
            std::fs::copy(unit.path(), units.join(unit.file_name())).unwrap();
        }
        for unit in LEFT_OUT {
            std::os::unix::fs::symlink("/dev/null", units.join(unit)).unwrap();
        }
        let machine = Self {
            child: Command::new("unshare")
                .args(["--mount", "sh", "-c", BOOT, "sh"])
                .arg(dir.path())
                .arg(env!("CARGO_BIN_EXE_onshi"))
                .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
                .stdin(Stdio::null())
                .spawn()
                .unwrap(),
            _dir: dir,
        };
        wait_until("systemd (needs root, overlayfs and cgroup2)", || {
            let state = machine.ask(&["systemctl", "is-system-running"]);
            let state = String::from_utf8_lossy(&state.stdout).into_owned();
            ["running", "degraded"].contains(&state.trim())
        });
        machine
    }

    /// The first process of the machine, as this one's namespace counts.
    fn first_process(&self) -> Option<u32> {
        let child_of = |of: u32| -> Option<u32> {
            let path = format!("/proc/{of}/task/{of}/children");
            let children = std::fs::read_to_string(path).ok()?;
            children.split_whitespace().last()?.parse().ok()
        };
        child_of(child_of(self.child.id())?)
    }

    /// Runs a program inside.
    fn ask(&self, line: &[&str]) -> Output {
        let first = self.first_process().unwrap_or_default().to_string();
        Command::new("nsenter")
            .args([
                "-t", &first, "-m", "-p", "-u", "-i", "-n", "-C", "-r", "-w", "--",
            ])
            .args(["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
            .args(line)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a program inside that must succeed; returns what it printed.
    fn run(&self, line: &[&str]) -> String {
        let output = self.ask(line);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{line:?}: {told}\n{}",
            self.journal()
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn onshi_as(&self, user: &str, line: &str) -> String {
        let words = ["runuser", "-u", user, "--", "onshi"];
        let line: Vec<&str> = words.into_iter().chain(line.split(' ')).collect();
        self.run(&line)
    }

    fn journal(&self) -> String {
        let lines = self.ask(&["journalctl", "--no-pager", "-n", "60"]);
        String::from_utf8_lossy(&lines.stdout).into_owned()
    }

    /// Writes a file of the machine.
    fn write(&self, path: &str, text: &str) {
        let line =
            format!("umask 022; mkdir -p $(dirname {path}); cat > {path} <<'END'\n{text}\nEND");
        self.run(&["sh", "-c", &line]);
    }

    fn property(&self, unit: &str, name: &str) -> String {
        let shown = self.run(&["systemctl", "show", "--value", "--property", name, unit]);
        shown.trim().to_owned()
    }

    fn is_active(&self, unit: &str) -> bool {
        self.property(unit, "ActiveState") == "active"
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With its first process all others end; the shell around it then takes away what it made.
        if let Some(first) = self.first_process() {
            let _ = Command::new("kill")
                .args(["-KILL", &first.to_string()])
                .status();
        }
        end_or_kill(&mut self.child);
    }
}

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packaging")
        .join(name)
}

const CENTER: &str = "data_dir = \"/var/lib/onshi\"
[listen]
api = \"127.0.0.1:8443\"
enroll = \"127.0.0.1:8444\"
operator = \"127.0.0.1:8445\"
metrics = \"127.0.0.1:9464\"";

const TERMINAL: &str = "data_dir = \"/var/lib/onshi-terminal\"
center = \"https://127.0.0.1:8443\"
ca = \"/etc/onshi/root.pem\"
[identity]
name = \"clinic\"
[doctor]
gateway = \"/etc/onshi/gateway.toml\"
power_off = \"/var/lib/onshi-terminal/power-off\"";

const GATEWAY: &str = "data_dir = \"/var/lib/onshi-gateway\"
center = \"https://127.0.0.1:8443\"
ca = \"/etc/onshi/root.pem\"
[identity]
name = \"clinic\"
folder = \"/var/lib/onshi-terminal\"
[account]
id = \"link_app\"
secret_file = \"/var/lib/onshi-gateway/link_app.sealed\"
[[folders]]
name = \"receipt\"
req = \"/srv/receipt/req\"
res = \"/srv/receipt/res\"
work = \"/srv/receipt/work\"";

const KIOSK: &str = "data_dir = \"/var/lib/onshi-kiosk\"
center = \"https://127.0.0.1:8443\"
ca = \"/etc/onshi/root.pem\"
reader = \"pcsc:\"
profile = \"generic\"
[identity]
name = \"clinic\"
folder = \"/var/lib/onshi-terminal\"
[account]
id = \"reader\"
secret_file = \"/var/lib/onshi-kiosk/reader.sealed\"";

/// All parts; the kiosk finds no reader, and says so on its screen.
const PARTS: [&str; 4] = [
    "onshi-center",
    "onshi-terminal",
    "onshi-gateway",
    "onshi-kiosk",
];

impl Machine {
    /// Installs as the package does, and sets a center and a clinic's PC up as the documents say.
    fn set_up(&self) {
        let postinst = std::fs::read_to_string(packaging("debian/postinst")).unwrap();
        self.write("/root/postinst", &postinst);
        self.run(&["sh", "/root/postinst", "configure"]);
        self.write("/etc/onshi/center.toml", CENTER);
        self.write("/etc/onshi/terminal.toml", TERMINAL);
        self.write("/etc/onshi/gateway.toml", GATEWAY);
        self.write("/etc/onshi/kiosk.toml", KIOSK);
        self.run(&["systemctl", "start", "onshi-center"]);
        self.run(&[
            "onshi",
            "synth",
            "--samples",
            "--data-dir",
            "/var/lib/onshi",
        ]);
        let notice = self.run(&[
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
        ]);
        let notice: Value = serde_json::from_str(&notice).unwrap();
        let text = |name: &str| notice[name].as_str().unwrap().to_owned();
        self.run(&[
            "install",
            "-m",
            "644",
            "/var/lib/onshi/root.pem",
            "/etc/onshi/root.pem",
        ]);
        self.run(&["install", "-d", "-o", "onshi", "/root/own"]);
        self.run(&["chmod", "711", "/root"]);
        self.write("/root/own/reference", &text("reference_id"));
        self.write("/root/own/p12.pw", "Tegami-12345678");
        for account in notice["accounts"].as_array().unwrap() {
            let file = format!("/root/own/{}.pw", account["id"].as_str().unwrap());
            self.write(&file, account["password"].as_str().unwrap());
        }
        let request = text("request_id");
        self.onshi_as("onshi", &format!(
            "certificate download --enroll https://127.0.0.1:8444 --root /etc/onshi/root.pem --request-id {request} \
             --reference-id-file /root/own/reference --password-file /root/own/p12.pw --out /root/own/clinic.p12"
        ));
        self.onshi_as("onshi",
            "certificate import --data-dir /var/lib/onshi-terminal --name clinic --p12 /root/own/clinic.p12 \
             --p12-password-file /root/own/p12.pw");
        for (part, account) in [("gateway", "link_app"), ("kiosk", "reader")] {
            self.onshi_as("onshi", &format!(
                "{part} seal-password --config /etc/onshi/{part}.toml --password-file /root/own/{account}.pw"
            ));
        }
        self.run(&[
            "install",
            "-d",
            "-o",
            "onshi",
            "/srv/receipt",
            "/srv/receipt/req",
            "/srv/receipt/res",
        ]);
        self.run(&[
            "systemctl",
            "start",
            "onshi-terminal",
            "onshi-gateway",
            "onshi-kiosk",
            "onshi-power-off.path",
        ]);
    }

    /// A file of the receipt computer is answered.
    fn answers(&self, number: u32) {
        let request = String::from_utf8(sample("OQSsiquc01req_202611230001.xml")).unwrap();
        let name = |kind: &str| format!("OQSsiquc01{kind}_{number:016}.xml");
        let (req, part) = (
            format!("/srv/receipt/req/{}", name("req")),
            "/srv/receipt/part",
        );
        self.write(part, &request);
        self.run(&[
            "sh",
            "-c",
            &format!("chown onshi {part} && mv {part} {req}"),
        ]);
        let res = format!("/srv/receipt/res/{}", name("res"));
        wait_until("the answer", || {
            self.ask(&["test", "-e", &res]).status.success()
        });
    }
}

#[test]
fn the_units_start_come_back_after_a_kill_and_switch_the_pc_off() {
    let mut machine = Machine::boot();
    machine.set_up();
    // Each said by itself that it is ready, under all that its unit forbids.
    for unit in PARTS {
        assert!(machine.is_active(unit), "{}", machine.journal());
        assert_eq!(machine.property(unit, "Type"), "notify");
    }
    machine.answers(1);
    for unit in PARTS {
        let before = machine.property(unit, "MainPID");
        machine.run(&["systemctl", "kill", "--signal", "KILL", unit]);
        wait_until("the unit to come back", || {
            machine.is_active(unit) && machine.property(unit, "MainPID") != before
        });
    }
    machine.answers(2);
    let good = machine.ask(&[
        "runuser",
        "-u",
        "onshi",
        "--",
        "onshi",
        "doctor",
        "--config",
        "/etc/onshi/terminal.toml",
        "--json",
    ]);
    let said: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!(said["good"], true, "{said:#}");
    machine.run(&["systemctl", "restart", "onshi-terminal"]);
    machine.run(&["systemctl", "stop", "onshi-gateway"]);
    assert_eq!(machine.property("onshi-gateway", "Result"), "success");

    // What the terminal writes to switch the PC off: no update waits, and it goes off all the same.
    let asked = machine.ask(&[
        "runuser",
        "-u",
        "onshi",
        "--",
        "touch",
        "/var/lib/onshi-terminal/power-off",
    ]);
    assert!(asked.status.success());
    let child = std::cell::RefCell::new(&mut machine.child);
    wait_until("the machine to go off", || {
        child.borrow_mut().try_wait().unwrap().is_some()
    });
}
