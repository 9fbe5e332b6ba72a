//! What the set-up writes: settings files of the PC's parts, the center's root, sealed passwords. Replaces no settings
//! file that says how a PC is set up.

use std::path::{Path, PathBuf};

use pki::sealed::MachineKey;
use serde::Serialize;

/// Where the files of a part lie.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its settings file.
    pub config: PathBuf,
    /// Its data folder.
    pub data_dir: PathBuf,
}

impl Part {
    /// Its settings file, where that says how it is set up.
    fn set_up(&self) -> Option<&Path> {
        says_something(&self.config).then_some(self.config.as_path())
    }
}

/// Where everything is written.
#[derive(Debug, Clone)]
pub struct Places {
    /// The terminal.
    pub terminal: Part,
    /// The link app.
    pub gateway: Part,
    /// The kiosk.
    pub kiosk: Part,
    /// The center's root certificate.
    pub root: PathBuf,
    /// Folder of the downloaded certificate.
    pub downloads: PathBuf,
    /// Folders on other hardware than onshi can see, for the backup.
    pub other_hardware: Vec<PathBuf>,
}

/// Why a file was not written; the text names it, and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotWritten(pub(super) String);

#[derive(Serialize)]
struct Name<'a> {
    name: &'a str,
    /// The data folder it is sealed in, where that is another part's.
    #[serde(skip_serializing_if = "Option::is_none")]
    folder: Option<&'a Path>,
}

#[derive(Serialize)]
struct Account<'a> {
    id: &'a str,
    secret_file: &'a Path,
}

#[derive(Serialize)]
struct TerminalFile<'a> {
    data_dir: &'a Path,
    center: &'a str,
    enroll: &'a str,
    ca: &'a Path,
    listen: String,
    host_name: &'a str,
    center_name: &'a str,
    identity: Name<'a>,
    backup: BackupFolders<'a>,
    doctor: Beside<'a>,
}

#[derive(Serialize)]
struct BackupFolders<'a> {
    downloads: &'a Path,
    #[serde(skip_serializing_if = "<[PathBuf]>::is_empty")]
    other_hardware: &'a [PathBuf],
}

/// Settings of the parts beside the terminal, which the doctor looks at.
#[derive(Serialize)]
struct Beside<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kiosk: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<&'a Path>,
}

#[derive(Serialize)]
struct GatewayFile<'a> {
    data_dir: &'a Path,
    center: &'a str,
    ca: &'a Path,
    identity: Name<'a>,
    account: Account<'a>,
    folders: [Folders<'a>; 1],
}

/// The folders of a receipt computer.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Folders<'a> {
    pub(super) name: &'a str,
    pub(super) req: &'a Path,
    pub(super) res: &'a Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) face: Option<&'a Path>,
    pub(super) work: &'a Path,
}

#[derive(Serialize)]
struct KioskFile<'a> {
    data_dir: &'a Path,
    center: &'a str,
    ca: &'a Path,
    center_name: &'a str,
    reader: &'a str,
    profile: &'a str,
    identity: Name<'a>,
    account: Account<'a>,
}

/// What the settings of all parts share.
pub(super) struct Common<'a> {
    pub(super) center: &'a str,
    pub(super) center_name: &'a str,
    pub(super) certificate: &'a str,
}

impl Places {
    /// Writes the settings of the terminal. They come last: where they are, the terminal is set up.
    pub(super) fn write_terminal(
        &self,
        common: &Common<'_>,
        enroll: &str,
        listen: String,
        host_name: &str,
    ) -> Result<(), NotWritten> {
        let file = TerminalFile {
            data_dir: &self.terminal.data_dir,
            center: common.center,
            enroll,
            ca: &self.root,
            listen,
            host_name,
            center_name: common.center_name,
            identity: Name {
                name: common.certificate,
                folder: None,
            },
            backup: BackupFolders {
                downloads: &self.downloads,
                other_hardware: &self.other_hardware,
            },
            doctor: Beside {
                kiosk: self.kiosk.set_up(),
                gateway: self.gateway.set_up(),
            },
        };
        write_settings(&self.terminal.config, &file)
    }

    /// The terminal's certificate, for every part of the PC: a renewal or a new one reaches them all.
    fn shared<'a>(&'a self, common: &Common<'a>) -> Name<'a> {
        Name {
            name: common.certificate,
            folder: Some(&self.terminal.data_dir),
        }
    }

    /// Writes the settings of the link app, with its account's password sealed.
    pub(super) fn write_gateway(
        &self,
        common: &Common<'_>,
        (id, password): (&str, &str),
        folders: Folders<'_>,
    ) -> Result<(), NotWritten> {
        for folder in [
            Some(folders.req),
            Some(folders.res),
            folders.face,
            Some(folders.work),
        ] {
            make(folder)?;
        }
        let secret_file = self.gateway.data_dir.join("link_app.sealed");
        seal(&self.gateway, &secret_file, password)?;
        let file = GatewayFile {
            data_dir: &self.gateway.data_dir,
            center: common.center,
            ca: &self.root,
            identity: self.shared(common),
            account: Account {
                id,
                secret_file: &secret_file,
            },
            folders: [folders],
        };
        write_settings(&self.gateway.config, &file)
    }

    /// Writes the settings of the kiosk, with its account's password sealed.
    pub(super) fn write_kiosk(
        &self,
        common: &Common<'_>,
        (id, password): (&str, &str),
        (reader, profile): (&str, &str),
    ) -> Result<(), NotWritten> {
        let secret_file = self.kiosk.data_dir.join("reader.sealed");
        seal(&self.kiosk, &secret_file, password)?;
        let file = KioskFile {
            data_dir: &self.kiosk.data_dir,
            center: common.center,
            ca: &self.root,
            center_name: common.center_name,
            reader,
            profile,
            identity: self.shared(common),
            account: Account {
                id,
                secret_file: &secret_file,
            },
        };
        write_settings(&self.kiosk.config, &file)
    }

    /// Keeps the downloaded file beside others, never in place of one.
    pub(super) fn keep_download(
        &self,
        facility: &str,
        bytes: &[u8],
    ) -> Result<PathBuf, NotWritten> {
        for number in 1..100 {
            let name = match number {
                1 => format!("{facility}.p12"),
                _ => format!("{facility}-{number}.p12"),
            };
            let file = self.downloads.join(name);
            if !file.exists() {
                let written = pki::sealed::write_private(&file, bytes);
                return written
                    .map(|()| file)
                    .map_err(|error| NotWritten(error.to_string()));
            }
        }
        Err(NotWritten(format!(
            "{}: .p12 が多すぎます。古いものを別の場所に移してください。 / too many .p12 files; move old ones elsewhere",
            self.downloads.display()
        )))
    }
}

/// Seals a part's password into its data folder.
fn seal(part: &Part, secret_file: &Path, password: &str) -> Result<(), NotWritten> {
    let machine = MachineKey::open(&part.data_dir.join("machine.key"));
    let sealed = machine.and_then(|machine| machine.seal(secret_file, password.as_bytes()));
    sealed.map_err(|error| NotWritten(error.to_string()))
}

/// The center of settings as they are delivered: a name that nothing ever answers to (RFC 2606).
const NO_CENTER: &str = "https://center.example:8443";

/// Whether a settings file says how this PC is set up. One as the Debian package lays it down does not; one that cannot be read does.
#[must_use]
pub fn says_something(file: &Path) -> bool {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return error.kind() != std::io::ErrorKind::NotFound,
    };
    let settings = toml::from_str::<toml::Table>(&text).unwrap_or_default();
    settings.get("center").and_then(toml::Value::as_str) != Some(NO_CENTER)
}

fn write_settings(file: &Path, settings: &impl Serialize) -> Result<(), NotWritten> {
    if says_something(file) {
        return Err(NotWritten(format!(
            "{}: 既にあります。内容を確かめ、不要なら別の場所に移してください。 / is there already; look at it, and move it elsewhere if it is not \
             needed",
            file.display()
        )));
    }
    let text = toml::to_string(settings).map_err(|error| NotWritten(error.to_string()))?;
    let text = format!("# `onshi setup` が作成 / made by `onshi setup`\n{text}");
    pki::sealed::write_private(file, text.as_bytes()).map_err(|error| NotWritten(error.to_string()))
}

fn make(folder: Option<&Path>) -> Result<(), NotWritten> {
    let Some(folder) = folder else {
        return Ok(());
    };
    if !folder.is_absolute() {
        return Err(NotWritten(format!(
            "{}: / から始まる場所を書いてください。 / write a place that begins with /",
            folder.display()
        )));
    }
    std::fs::create_dir_all(folder).map_err(|error| {
        NotWritten(format!(
            "{}: 作れません。場所と権限を確かめてください。 / cannot be made: {error}; look at place and rights",
            folder.display()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_as_delivered_are_replaced_and_those_of_a_pc_that_is_set_up_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("terminal.toml");
        // What the packages hold (docs/decisions/0040-debian-packages.md).
        let documented = include_str!("../../../../docs/operations/settings.md");
        let blocks = documented.split("```toml\n").skip(1);
        let blocks = blocks.filter_map(|it| it.split("```").next());
        let delivered: Vec<&str> = blocks.filter(|it| it.contains("ca = ")).collect();
        assert_eq!(delivered.len(), 3, "terminal, gateway, kiosk");
        let name = Name {
            name: "clinic",
            folder: None,
        };
        for text in delivered {
            std::fs::write(&file, text).unwrap();
            assert!(!says_something(&file), "{text}");
            assert!(write_settings(&file, &name).is_ok());
        }
        assert!(says_something(&file), "written by the set-up");
        for text in ["center = \"https://10.0.0.1:8443\"", "half a fi"] {
            std::fs::write(&file, text).unwrap();
            assert!(says_something(&file), "{text}");
            assert!(write_settings(&file, &name).is_err());
        }
        assert!(!says_something(&dir.path().join("none")));
    }
}
