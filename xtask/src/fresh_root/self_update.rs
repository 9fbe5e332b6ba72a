//! Self-update in the root, as it is in a clinic: signed by the publisher's tool, served by the center, fetched as the terminal's user,
//! installed by root; then a version that does not run, which is taken back.

use std::path::Path;

use anyhow::ensure;
use serde_json::Value;

use super::Packages;
use super::debian::Debian;

/// Where the center serves releases from.
const RELEASES: &str = "var/lib/onshi/updates";

/// Files the publisher's tool leaves outside of what a purge takes.
pub(super) const PUBLISHERS: [&str; 2] = ["root/publisher.key", "root/passphrase"];

pub(super) fn run(debian: &Debian, packages: &Packages) -> anyhow::Result<()> {
    debian.put("root/passphrase", "a passphrase for a test")?;
    debian.say(&[
        "onshi",
        "publish",
        "key",
        "--out",
        "/root/publisher.key",
        "--public",
        "/etc/onshi/publisher.pub",
        "--passphrase-file",
        "/root/passphrase",
    ])?;
    debian.edit(
        "etc/onshi/terminal.toml",
        &[
            ("# publisher = ", "publisher = "),
            ("# reception = [\"mon-sat 08:00-20:00\"]", "reception = []"),
        ],
    )?;
    std::fs::create_dir_all(debian.dir.join(RELEASES))?;
    // Of the installed version, too: without a way back nothing is installed.
    for package in [&packages.second, &packages.third] {
        publish(debian, package)?;
    }
    let fetched = as_terminal(debian, "fetch")?;
    ensure!(text(&fetched, "version").ends_with("-3"), "{fetched}");
    let installed: Value = serde_json::from_str(&debian.say(&[
        "onshi",
        "update",
        "install",
        "--config",
        "/etc/onshi/terminal.toml",
        "--json",
    ])?)?;
    let status = as_terminal(debian, "status")?;
    ensure!(
        text(&status, "installed").ends_with("-3"),
        "{installed} {status}"
    );

    publish(debian, &packages.broken)?;
    let fetched = as_terminal(debian, "fetch")?;
    ensure!(text(&fetched, "version").ends_with("-4"), "{fetched}");
    // It ends with 1, since the new version does not run.
    let refused = debian.say(&[
        "onshi",
        "update",
        "install",
        "--config",
        "/etc/onshi/terminal.toml",
    ]);
    ensure!(refused.is_err(), "a version that does not run was kept");
    let status = as_terminal(debian, "status")?;
    let last = status.get("last").cloned().unwrap_or_default();
    ensure!(
        text(&status, "installed").ends_with("-3") && text(&last, "outcome") == "self_check",
        "{status}"
    );
    Ok(())
}

/// Signs a package in a folder of its own and lays everything where the center serves it.
fn publish(debian: &Debian, package: &Path) -> anyhow::Result<()> {
    let bench = debian.dir.join("tmp/bench");
    std::fs::create_dir_all(&bench)?;
    let name = package.file_name().unwrap_or_default();
    std::fs::copy(package, bench.join(name))?;
    debian.say(&[
        "onshi",
        "publish",
        "sign",
        "--key",
        "/root/publisher.key",
        "--passphrase-file",
        "/root/passphrase",
        "--dir",
        "/tmp/bench",
    ])?;
    for entry in std::fs::read_dir(&bench)? {
        let entry = entry?;
        std::fs::copy(
            entry.path(),
            debian.dir.join(RELEASES).join(entry.file_name()),
        )?;
    }
    Ok(std::fs::remove_dir_all(bench)?)
}

/// `onshi update` as the terminal's user.
fn as_terminal(debian: &Debian, what: &str) -> anyhow::Result<Value> {
    let said = debian.say(&[
        "setpriv",
        "--reuid=onshi",
        "--regid=onshi",
        "--clear-groups",
        "--no-new-privs",
        "onshi",
        "update",
        what,
        "--config",
        "/etc/onshi/terminal.toml",
        "--json",
    ])?;
    Ok(serde_json::from_str(&said)?)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
