//! Known weaknesses of what the lock file names, by the RustSec advisory database. Outside CI, because the database cannot always be
//! reached: then it says so and fails, and never passes for want of data.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use semver::{Version, VersionReq};

const DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// Weaknesses that harm nobody here, and why.
const HARMLESS: [(&str, &str); 1] = [(
    "RUSTSEC-2023-0071",
    "rsa's private keys are those of made-up cards, which anyone can make again from their seed",
)];

/// One crate of the lock file.
#[derive(Debug, PartialEq, Eq)]
struct Locked {
    name: String,
    version: Version,
}

/// What an advisory says.
#[derive(Debug)]
struct Advisory {
    id: String,
    package: String,
    /// Such as `unmaintained`: worth knowing, no weakness.
    informational: Option<String>,
    withdrawn: bool,
    patched: Vec<VersionReq>,
    unaffected: Vec<VersionReq>,
    title: String,
}

/// Compares the lock file with the database: a copy named by `--db FOLDER`, or a fresh one in `target`.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let folder = match arguments {
        [] => fetch(root)?,
        [option, folder] if option == "--db" => PathBuf::from(folder),
        [..] => bail!("usage: cargo xtask advisories [--db FOLDER]"),
    };
    let lock =
        std::fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let locked = read_lock(&lock)?;
    let advisories = read_database(&folder)?;
    let mut weak = Vec::new();
    for advisory in &advisories {
        for crate_ in locked.iter().filter(|it| advisory.concerns(it)) {
            let line = format!(
                "{} {} {}: {}",
                advisory.id, crate_.name, crate_.version, advisory.title
            );
            match &advisory.informational {
                Some(kind) => println!("note ({kind}): {line}"),
                None => match HARMLESS.iter().find(|(id, _)| *id == advisory.id) {
                    Some((_, reason)) => println!("harmless, because {reason}: {line}"),
                    None => weak.push(line),
                },
            }
        }
    }
    println!(
        "{} crates against {} advisories",
        locked.len(),
        advisories.len()
    );
    if weak.is_empty() {
        return Ok(());
    }
    bail!("{} weaknesses:\n  {}", weak.len(), weak.join("\n  "));
}

/// A fresh copy of the database.
fn fetch(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join("target/advisory-db");
    let mut git = Command::new("git");
    if folder.join(".git").is_dir() {
        git.arg("-C")
            .arg(&folder)
            .args(["pull", "--quiet", "--ff-only"]);
    } else {
        git.args(["clone", "--quiet", "--depth", "1", DATABASE])
            .arg(&folder);
    }
    let output = git.output().context("cannot start git")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!(
            "the advisory database cannot be reached, so nothing was compared: {said}\n\
             try again with a line to {DATABASE}, or name a copy with --db FOLDER"
        );
    }
    Ok(folder)
}

fn read_lock(text: &str) -> anyhow::Result<Vec<Locked>> {
    let lock: toml::Table = text.parse().context("Cargo.lock is no TOML")?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let mut locked = Vec::new();
    for package in packages.into_iter().flatten() {
        let text = |member: &str| package.get(member).and_then(toml::Value::as_str);
        let (Some(name), Some(version)) = (text("name"), text("version")) else {
            bail!("Cargo.lock holds a package without name or version");
        };
        // Our own crates have no source and no advisories.
        if text("source").is_some() {
            let version = Version::parse(version).with_context(|| format!("version of {name}"))?;
            locked.push(Locked {
                name: name.into(),
                version,
            });
        }
    }
    Ok(locked)
}

fn read_database(folder: &Path) -> anyhow::Result<Vec<Advisory>> {
    let crates = folder.join("crates");
    let listing = std::fs::read_dir(&crates);
    let listing =
        listing.with_context(|| format!("{} is no advisory database", folder.display()))?;
    let mut advisories = Vec::new();
    for entry in listing {
        for file in std::fs::read_dir(entry?.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path)?;
                let advisory = Advisory::parse(&text);
                advisories
                    .push(advisory.with_context(|| format!("{} is not readable", path.display()))?);
            }
        }
    }
    if advisories.is_empty() {
        bail!("{} holds no advisory", folder.display());
    }
    Ok(advisories)
}

impl Advisory {
    /// Reads an advisory: TOML in a fence, then a title and prose.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let rest = text
            .split_once("```toml")
            .context("no TOML at the start")?
            .1;
        let (head, prose) = rest.split_once("```").context("the TOML does not end")?;
        let head: toml::Table = head.parse()?;
        let about = head.get("advisory").and_then(toml::Value::as_table);
        let about = about.context("no table [advisory]")?;
        let text = |member: &str| {
            about
                .get(member)
                .and_then(toml::Value::as_str)
                .map(str::to_owned)
        };
        let versions = |member: &str| -> anyhow::Result<Vec<VersionReq>> {
            let list = head.get("versions").and_then(|it| it.get(member));
            let list = list.and_then(toml::Value::as_array).into_iter().flatten();
            let parsed = list.map(|it| {
                Ok(VersionReq::parse(
                    it.as_str().context("a version that is no text")?,
                )?)
            });
            parsed.collect()
        };
        let title = prose.lines().find_map(|line| line.strip_prefix("# "));
        Ok(Self {
            id: text("id").context("no id")?,
            package: text("package").context("no package")?,
            informational: text("informational"),
            withdrawn: about.contains_key("withdrawn"),
            patched: versions("patched")?,
            unaffected: versions("unaffected")?,
            title: title.unwrap_or_default().to_owned(),
        })
    }

    fn concerns(&self, locked: &Locked) -> bool {
        let mut safe = self.patched.iter().chain(&self.unaffected);
        !self.withdrawn
            && self.package == locked.name
            && !safe.any(|it| it.matches(&locked.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEAK: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"weak\"\ndate = \"2026-01-01\"\n\n\
        [versions]\npatched = [\">= 1.2.3\", \"^1.1.9\"]\nunaffected = [\"< 1.0.0\"]\n```\n\n# It breaks\n\nProse.\n";

    fn locked(name: &str, version: &str) -> Locked {
        Locked {
            name: name.into(),
            version: Version::parse(version).unwrap(),
        }
    }

    #[test]
    fn only_versions_between_unaffected_and_patched_are_concerned() {
        let advisory = Advisory::parse(WEAK).unwrap();
        assert_eq!(advisory.title, "It breaks");
        for (version, concerned) in [
            ("0.9.9", false),
            ("1.0.0", true),
            ("1.1.9", false),
            ("1.2.3", false),
        ] {
            assert_eq!(
                advisory.concerns(&locked("weak", version)),
                concerned,
                "{version}"
            );
        }
        assert!(!advisory.concerns(&locked("strong", "1.0.0")));
    }

    #[test]
    fn a_withdrawn_advisory_concerns_nothing() {
        let withdrawn = WEAK.replace("date =", "withdrawn = \"2026-02-01\"\ndate =");
        let advisory = Advisory::parse(&withdrawn).unwrap();
        assert!(!advisory.concerns(&locked("weak", "1.0.0")));
    }

    #[test]
    fn an_advisory_that_is_not_readable_is_no_silence() {
        assert!(Advisory::parse("prose").is_err());
        assert!(Advisory::parse(&WEAK.replace("1.2.3", "one")).is_err());
        assert!(read_database(Path::new("/nowhere")).is_err());
    }

    #[test]
    fn a_lock_file_gives_crates_with_a_source_only() {
        let lock = "version = 4\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"theirs\"\nversion = \"1.2.3\"\nsource = \"registry+x\"\n";
        assert_eq!(read_lock(lock).unwrap(), [locked("theirs", "1.2.3")]);
    }
}
