//! The publisher's offline tool (G38): makes the key, signs releases, says which key follows. Needs no network and no center; nothing of it
//! runs where releases are served.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use api::update::{Manifest, PackageFile, Release, SignedKeyChange};
use clap::Subcommand;
use domain::update::Version;
use pki::publisher::{Publisher, PublisherKey, follow};

use crate::told;

/// The file with the changes of keys, beside the releases.
const KEY_CHANGES: &str = "key-changes.json";

/// `onshi publish`.
#[derive(Subcommand)]
pub(crate) enum PublishCommand {
    /// Make the publisher's key, locked with a passphrase, and its public half for installations to pin.
    #[command(
        after_help = "Example: onshi publish key --out publisher.key --public publisher.pub --passphrase-file passphrase"
    )]
    Key {
        /// File to make for the key; keep it offline, with a copy.
        #[arg(long)]
        out: PathBuf,
        /// File to make for the public half; it goes with every installation.
        #[arg(long)]
        public: PathBuf,
        /// File holding the passphrase: 16 characters or more.
        #[arg(long)]
        passphrase_file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sign the packages of one version in a folder; the folder is then copied to where the center serves releases.
    #[command(
        after_help = "Example: onshi publish sign --key publisher.key --passphrase-file passphrase --dir release"
    )]
    Sign {
        /// The publisher's key.
        #[arg(long)]
        key: PathBuf,
        /// File holding its passphrase.
        #[arg(long)]
        passphrase_file: PathBuf,
        /// Folder with the packages (NAME_VERSION_ARCHITECTURE.deb), all of one version.
        #[arg(long)]
        dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Have another key follow this one; afterwards sign with the new one, the versions in use once more as well.
    #[command(
        after_help = "Example: onshi publish change-key --key publisher.key --passphrase-file passphrase --new new.pub --dir release"
    )]
    ChangeKey {
        /// The key that counts until now.
        #[arg(long)]
        key: PathBuf,
        /// File holding its passphrase.
        #[arg(long)]
        passphrase_file: PathBuf,
        /// The public half of the key from now on.
        #[arg(long)]
        new: PathBuf,
        /// Folder of releases; its key-changes.json is made or added to.
        #[arg(long)]
        dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: PublishCommand) -> anyhow::Result<ExitCode> {
    match command {
        PublishCommand::Key {
            out,
            public,
            passphrase_file,
            json,
        } => make(&out, &public, &passphrase_file, json),
        PublishCommand::Sign {
            key,
            passphrase_file,
            dir,
            json,
        } => sign(&open(&key, &passphrase_file)?, &dir, json),
        PublishCommand::ChangeKey {
            key,
            passphrase_file,
            new,
            dir,
            json,
        } => {
            let new = PublisherKey::parse(&told::read_text(&new)?)?;
            change(&open(&key, &passphrase_file)?, new, &dir, json)
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn open(key: &Path, passphrase_file: &Path) -> anyhow::Result<Publisher> {
    let passphrase = crate::client::secret(passphrase_file)?;
    Ok(Publisher::open(&told::read_bytes(key)?, &passphrase)?)
}

fn make(out: &Path, public: &Path, passphrase_file: &Path, json: bool) -> anyhow::Result<()> {
    for file in [out, public] {
        if file.exists() {
            return Err(told::exists(file));
        }
    }
    let publisher = Publisher::make(out, &crate::client::secret(passphrase_file)?)?;
    let key = publisher.key();
    if let Err(error) = write_new(public, &format!("{key}\n")) {
        // A key whose public half is nowhere is of no use, and would be in the way of the next try.
        let _ = std::fs::remove_file(out);
        return Err(told::unwritable(public, &error));
    }
    let fingerprint = key.fingerprint();
    if json {
        let told = serde_json::json!({"public": key.to_string(), "fingerprint": fingerprint});
        out!("{told}");
    } else {
        out!(
            "発行者の鍵を作りました。指紋 / the publisher's key was made; fingerprint: {fingerprint}"
        );
    }
    Ok(())
}

/// A file that was not there before, whole or not at all.
fn write_new(file: &Path, text: &str) -> std::io::Result<()> {
    let written = File::create_new(file)?.write_all(text.as_bytes());
    if written.is_err() {
        let _ = std::fs::remove_file(file);
    }
    written
}

fn sign(publisher: &Publisher, dir: &Path, json: bool) -> anyhow::Result<()> {
    let mut packages = Vec::new();
    let mut versions = Vec::new();
    let entries = std::fs::read_dir(dir).map_err(|error| told::unreadable(dir, &error))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "deb") {
            let (package, version) = package(&path)?;
            packages.push(package);
            versions.push(version);
        }
    }
    versions.sort_unstable();
    versions.dedup();
    let [version] = versions.as_slice() else {
        let dir = dir.display();
        return Err(told::both(
            &format!("{dir} には、ひとつの版のパッケージだけを置いてください。"),
            &format!("{dir} must hold the packages of exactly one version"),
        ));
    };
    packages.sort_by(|one, other| one.file.cmp(&other.file));
    let manifest = Manifest {
        made: crate::serve::now().to_string(),
        packages,
        version: version.to_string(),
    };
    let release = Release::sign(&manifest, publisher)?;
    // What this very program would not read must not leave the publisher's machine.
    release.open(publisher.key())?;
    let out = dir.join(format!("onshi-{version}.release"));
    write(&out, &serde_json::to_vec(&release)?)?;
    let written = out.display().to_string();
    if json {
        let count = manifest.packages.len();
        out!(
            "{}",
            serde_json::json!({"written": written, "packages": count})
        );
    } else {
        out!("{written}: 署名しました / signed");
    }
    Ok(())
}

/// What a manifest says of a package file, with its version.
fn package(path: &Path) -> anyhow::Result<(PackageFile, Version)> {
    let file = path
        .file_name()
        .and_then(|it| it.to_str())
        .unwrap_or_default();
    let parts: Vec<&str> = file.trim_end_matches(".deb").split('_').collect();
    let read = match parts.as_slice() {
        [name, version, architecture] => Version::parse(version)
            .ok()
            .map(|it| (name, it, architecture)),
        _ => None,
    };
    let Some((name, version, architecture)) = read else {
        return Err(told::both(
            &format!(
                "{}: 名前は NAME_1.2.3-4_ARCHITECTURE.deb の形にしてください。",
                path.display()
            ),
            "the name must have the form NAME_1.2.3-4_ARCHITECTURE.deb",
        ));
    };
    let (sha256, size_bytes) = terminal::update::hash(path)?;
    let package = PackageFile {
        architecture: (*architecture).to_owned(),
        file: file.to_owned(),
        name: (*name).to_owned(),
        sha256,
        size_bytes,
    };
    Ok((package, version))
}

fn change(publisher: &Publisher, new: PublisherKey, dir: &Path, json: bool) -> anyhow::Result<()> {
    let file = dir.join(KEY_CHANGES);
    let mut changes: Vec<SignedKeyChange> = match std::fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            told::both(
                &format!(
                    "{} を読めません。正しいファイルを置いてください。",
                    file.display()
                ),
                &format!("{}: {error}; put the right file there", file.display()),
            )
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(told::unreadable(&file, &error)),
    };
    let reached = reached(&changes, &file)?;
    if let Some(end) = reached.filter(|it| *it != publisher.key()) {
        let (file, end) = (file.display(), end.fingerprint());
        return Err(told::both(
            &format!(
                "{file} によると、--key の鍵は今の鍵ではありません。今の鍵（指紋 {end}）の鍵ファイルを指定してください。"
            ),
            &format!(
                "by {file} the key of --key does not count; give the one that counts now (fingerprint {end})"
            ),
        ));
    }
    changes.push(SignedKeyChange::from(&publisher.change_to(new)));
    write(&file, &serde_json::to_vec(&changes)?)?;
    let fingerprint = new.fingerprint();
    if json {
        out!(
            "{}",
            serde_json::json!({"changes": changes.len(), "fingerprint": fingerprint})
        );
    } else {
        out!("次の鍵の指紋 / fingerprint of the key that follows: {fingerprint}");
    }
    Ok(())
}

/// The key that the changes so far lead to, link by link as a PC follows them; `None` where there is none.
fn reached(changes: &[SignedKeyChange], file: &Path) -> anyhow::Result<Option<PublisherKey>> {
    let links: Vec<_> = changes.iter().filter_map(SignedKeyChange::read).collect();
    let Some(first) = links.first() else {
        return Ok(None);
    };
    let end = follow(first.old, &links).map_err(|error| {
        let file = file.display();
        told::both(
            &format!("{file} に、前の鍵で署名されていない変更があります。正しいファイルを置いてください。"),
            &format!("{file}: {error}; put the right file there"),
        )
    })?;
    Ok(Some(end))
}

/// Beside its place, then renamed: a center that serves the folder never reads half of it.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| told::unwritable(path, &error))
}
