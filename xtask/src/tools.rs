//! The Debian packages that tests and assets need, installed where we may. Installs nothing else and upgrades nothing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// A tool, how its presence shows, and the Debian package that brings it.
pub(crate) struct Tool {
    shows: Shows,
    package: &'static str,
}

enum Shows {
    /// A program of this name is on the path.
    Program(&'static str),
    /// This file exists.
    File(&'static str),
    /// The `python3` of the path has these modules.
    PythonModules(&'static str),
}

const fn program(name: &'static str, package: &'static str) -> Tool {
    Tool {
        shows: Shows::Program(name),
        package,
    }
}

const fn file(path: &'static str, package: &'static str) -> Tool {
    Tool {
        shows: Shows::File(path),
        package,
    }
}

/// What the tests call.
pub(crate) const TEST_TOOLS: [Tool; 33] = [
    program("cc", "build-essential"),
    program("cmake", "cmake"),
    program("openssl", "openssl"),
    program("keytool", "default-jre-headless"),
    program("pk12util", "libnss3-tools"),
    program("strace", "strace"),
    program("chromium", "chromium"),
    program("chromedriver", "chromium-driver"),
    program("fc-list", "fontconfig"),
    file("/usr/sbin/pcscd", "pcscd"),
    file(
        "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
        "vsmartcard-vpcd",
    ),
    program("pkcs11-tool", "opensc"),
    program("pkg-config", "pkg-config"),
    file("/usr/include/PCSC/winscard.h", "libpcsclite-dev"),
    program("unshare", "util-linux"),
    program("script", "bsdutils"),
    program("mount", "mount"),
    file("/usr/sbin/mkfs.ext4", "e2fsprogs"),
    file("/lib/systemd/systemd", "systemd"),
    program("ip", "iproute2"),
    program("faketime", "faketime"),
    program("xmllint", "libxml2-utils"),
    program("pdftotext", "poppler-utils"),
    program("qpdf", "qpdf"),
    program("restic", "restic"),
    file("/usr/lib/postgresql/15/bin/postgres", "postgresql-15"),
    program("psql", "postgresql-client-15"),
    program("patroni", "patroni"),
    // How Patroni speaks with etcd: another of its ways would do for the package alone.
    file(
        "/usr/lib/python3/dist-packages/etcd/__init__.py",
        "python3-etcd",
    ),
    program("etcd", "etcd-server"),
    file("/usr/sbin/haproxy", "haproxy"),
    // The example's receipt computer; the first Python that has it is 3.11.
    Tool {
        shows: Shows::PythonModules("sqlite3, tomllib"),
        package: "python3",
    },
    // Debian's python3 comes without what makes an environment.
    Tool {
        shows: Shows::PythonModules("ensurepip, venv"),
        package: "python3-venv",
    },
];

/// What the demo's card readers need.
pub(crate) const CARD_TOOLS: [Tool; 6] = [
    file("/usr/sbin/pcscd", "pcscd"),
    file(
        "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
        "vsmartcard-vpcd",
    ),
    program("pkg-config", "pkg-config"),
    file("/usr/include/PCSC/winscard.h", "libpcsclite-dev"),
    program("unshare", "util-linux"),
    program("ip", "iproute2"),
];

/// What `cargo xtask bench medical` opens pages with.
pub(crate) const BROWSER_TOOLS: [Tool; 2] = [
    program("chromium", "chromium"),
    program("chromedriver", "chromium-driver"),
];

/// What `cargo xtask fresh-root` calls.
pub(crate) const PACKAGE_TOOLS: [Tool; 12] = [
    program("cc", "build-essential"),
    program("cmake", "cmake"),
    program("strip", "binutils"),
    program("readelf", "binutils"),
    program("pkg-config", "pkg-config"),
    file("/usr/include/PCSC/winscard.h", "libpcsclite-dev"),
    program("debootstrap", "debootstrap"),
    program("systemd-analyze", "systemd"),
    program("curl", "curl"),
    program("openssl", "openssl"),
    program("tar", "tar"),
    program("unshare", "util-linux"),
];

/// What `cargo xtask assets` calls or reads.
pub(crate) const ASSETS_TOOLS: [Tool; 5] = [
    program("node", "nodejs"),
    program("npm", "npm"),
    file(
        "/usr/lib/python3/dist-packages/fontTools/__init__.py",
        "python3-fonttools",
    ),
    file("/usr/lib/python3/dist-packages/brotli.py", "python3-brotli"),
    file(
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
        "fonts-noto-cjk",
    ),
];

/// Installs what is missing, as root or with sudo; otherwise says which command to run.
pub(crate) fn install(tools: &[Tool]) -> anyhow::Result<()> {
    let missing: Vec<&str> = tools
        .iter()
        .filter(|tool| !tool.is_there())
        .map(|tool| tool.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!(
        "apt-get install --yes --no-install-recommends {}",
        missing.join(" ")
    );
    let id = Command::new("id")
        .arg("-u")
        .output()
        .context("cannot start id")?;
    let is_root = id.stdout.trim_ascii() == b"0";
    let sudo = Command::new("sudo").args(["-n", "true"]).output();
    let prefix = match (is_root, sudo) {
        (true, _) => "",
        (false, Ok(output)) if output.status.success() => "sudo ",
        (false, _) => bail!("these Debian packages are missing; as root run: {line}"),
    };
    let script = format!("{prefix}apt-get update && DEBIAN_FRONTEND=noninteractive {prefix}{line}");
    crate::run(Command::new("sh").args(["-c", &script]))
}

impl Tool {
    fn is_there(&self) -> bool {
        match self.shows {
            Shows::File(path) => Path::new(path).is_file(),
            Shows::PythonModules(names) => {
                let import = format!("import {names}");
                let tried = Command::new("python3").args(["-c", &import]).output();
                tried.is_ok_and(|output| output.status.success())
            }
            Shows::Program(name) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
            }
        }
    }
}
