//! The packages in a fresh Debian root: installed, started, upgraded, exchanged, removed, purged. Needs root, for chroot and for
//! Debian's own scripts; changes nothing of this machine. The executables are of the dev profile: what is tried is the packaging.

mod debian;
mod self_update;
mod session;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::package::{self, Build, Profile, libraries, output};
use debian::Debian;
use session::Session;

/// `cargo xtask fresh-root`.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    crate::tools::install(&crate::tools::PACKAGE_TOOLS)?;
    let id = output(Command::new("id").arg("-u"))?;
    ensure!(
        id.trim() == "0",
        "a Debian root is made and entered as root; run this task as root"
    );
    let folder = root.join("target/package");
    std::fs::create_dir_all(&folder)?;
    units(root)?;
    let packages = Packages::build(root, &folder)?;
    let debian = Debian::unpack(&folder)?;
    let before = debian.files()?;
    let users = debian.read("etc/passwd")?;
    life(&debian, &packages)?;
    debian.tidy()?;
    gone(&debian, &before, &users)?;
    std::fs::remove_dir_all(&debian.dir)?;
    Ok(())
}

/// The packages of the test: revisions without readers, the fourth broken, and one with.
struct Packages {
    first: PathBuf,
    second: PathBuf,
    third: PathBuf,
    broken: PathBuf,
    pcsc: PathBuf,
}

impl Packages {
    fn build(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        let plain = package::executable(root, Build::Plain, Profile::Dev)?;
        let pcsc = package::executable(root, Build::Pcsc, Profile::Dev)?;
        let broken = folder.join("broken.executable");
        let mut bytes = std::fs::read(&plain)?;
        let (from, to) = (bytes.len() / 3, bytes.len() / 3 * 2);
        if let Some(code) = bytes.get_mut(from..to) {
            code.fill(0);
        }
        std::fs::write(&broken, bytes)?;
        println!("onshi links {:?}", libraries(&plain)?);
        println!("onshi-pcsc links {:?}", libraries(&pcsc)?);
        Ok(Self {
            first: package::pack(root, Build::Plain, &plain, (Profile::Dev, "1"), folder)?,
            second: package::pack(root, Build::Plain, &plain, (Profile::Dev, "2"), folder)?,
            third: package::pack(root, Build::Plain, &plain, (Profile::Dev, "3"), folder)?,
            broken: package::pack(root, Build::Plain, &broken, (Profile::Dev, "4"), folder)?,
            pcsc: package::pack(root, Build::Pcsc, &pcsc, (Profile::Dev, "5"), folder)?,
        })
    }
}

/// Everything an installation goes through, with a session that lives through all of it.
fn life(debian: &Debian, packages: &Packages) -> anyhow::Result<()> {
    println!("-- install");
    debian.install(&packages.first)?;
    let version = debian.say(&["onshi", "--version"])?;
    ensure!(version.starts_with("onshi "), "{version}");
    for user in ["onshi-center", "onshi"] {
        debian.say(&["getent", "passwd", user])?;
    }
    debian.edit(
        "etc/onshi/center.toml",
        &[
            (":8443", ":0"),
            (":8444", ":0"),
            (":9464", ":0"),
            (
                "# dir = \"/var/lib/onshi/updates\"",
                "dir = \"/var/lib/onshi/updates\"",
            ),
        ],
    )?;

    println!("-- start");
    let center = debian.start_center()?;
    let api = center.address("api")?;
    let account = debian.enrol(&center)?;
    let session = Session::open(debian, &api, &account)?;
    debian.settle_clinic(&api)?;
    debian.edit(
        "etc/onshi/center.toml",
        &[("api = \"0.0.0.0:0\"", &listen(&api))],
    )?;
    let parts = debian.start_clinic()?;
    drop(parts);
    drop(center);

    println!("-- upgrade");
    debian.install(&packages.second)?;
    ensure!(
        debian
            .read("etc/onshi/center.toml")?
            .contains(&listen(&api)),
        "the upgrade kept no edited settings"
    );
    let center = debian.start_center()?;
    session.is_open("after the upgrade")?;
    drop(debian.start_clinic()?);
    println!("-- backup and restore");
    debian.back_up()?;
    drop(center);
    debian.lose_and_restore()?;
    let center = debian.start_center()?;
    session.is_open("after the restore")?;

    println!("-- self-update");
    self_update::run(debian, packages)?;
    session.is_open("after the self-update")?;
    drop(center);

    println!("-- exchange for onshi-pcsc");
    debian.install(&packages.pcsc)?;
    let (plain, pcsc) = (debian.state("onshi")?, debian.state("onshi-pcsc")?);
    ensure!(
        plain != "installed" && pcsc == "installed",
        "onshi {plain}, onshi-pcsc {pcsc}"
    );
    debian.say(&["dpkg", "--purge", "onshi"])?;
    ensure!(
        debian
            .read("etc/onshi/center.toml")?
            .contains(&listen(&api)),
        "purging the build that was replaced took the settings of the other"
    );
    let center = debian.start_center()?;
    session.is_open("after the exchange")?;
    drop(debian.start_clinic()?);
    drop(center);

    println!("-- remove");
    debian.say(&["dpkg", "--remove", "onshi-pcsc"])?;
    ensure!(
        !debian.dir.join("usr/bin/onshi").exists(),
        "the executable stayed"
    );
    for kept in ["var/lib/onshi/center.db", "etc/onshi/center.toml"] {
        ensure!(debian.dir.join(kept).exists(), "removing deleted {kept}");
    }
    println!("-- purge");
    debian.say(&["dpkg", "--purge", "onshi-pcsc"])?;
    Ok(())
}

fn gone(debian: &Debian, before: &BTreeSet<String>, users: &str) -> anyhow::Result<()> {
    let after = debian.files()?;
    let left: Vec<_> = after.difference(before).collect();
    let missing: Vec<_> = before.difference(&after).collect();
    ensure!(left.is_empty(), "left behind: {left:?}");
    ensure!(missing.is_empty(), "taken along: {missing:?}");
    ensure!(
        debian.read("etc/passwd")? == users,
        "the users are not those of before"
    );
    Ok(())
}

/// The units as systemd reads them, without a running systemd.
fn units(root: &Path) -> anyhow::Result<()> {
    let folder = root.join("packaging/systemd");
    // systemd looks whether the programs exist; they do where the package is installed.
    let stand = root.join("target/package/units");
    if stand.exists() {
        std::fs::remove_dir_all(&stand)?;
    }
    std::fs::create_dir_all(&stand)?;
    let mut services = Vec::new();
    let mut all = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path)?;
        let text = text
            .replace("/usr/bin/onshi", "/bin/true")
            .replace("/var/lib/onshi-update/keeper", "/bin/true");
        let placed = stand.join(path.file_name().unwrap_or_default());
        std::fs::write(&placed, text)?;
        let long_running = path.extension().is_some_and(|it| it == "service")
            && std::fs::read_to_string(&path)?.contains("Type=notify");
        services.extend(long_running.then(|| placed.clone()));
        all.push(placed);
    }
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .args(&all)
        .output()
        .context("cannot start systemd-analyze")?;
    let said = String::from_utf8_lossy(&verified.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("onshi")).collect();
    ensure!(
        verified.status.success() && ours.is_empty(),
        "systemd-analyze verify: {said}"
    );
    for service in services {
        crate::run(
            Command::new("systemd-analyze")
                .args(["security", "--offline=true", "--no-pager"])
                // Tenths of a point: systemd calls up to 2.0 "ok" and below it "safe".
                .args(["--threshold=20"])
                .arg(&service)
                .stdout(Stdio::null()),
        )
        .with_context(|| format!("{}: more exposed than allowed", service.display()))?;
    }
    Ok(())
}

/// The listen address that an address told.
fn listen(api: &str) -> String {
    let port = api.rsplit(':').next().unwrap_or_default();
    format!("api = \"0.0.0.0:{port}\"")
}
