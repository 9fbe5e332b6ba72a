//! The gateway's settings: one TOML file (contracts §12). Unknown keys are errors; no secret stands in it.

use std::path::PathBuf;

use serde::Deserialize;

/// `gateway.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of journal, machine key and sealed certificate.
    pub data_dir: PathBuf,
    /// Address of the center's api listener.
    pub center: String,
    /// The center's root certificate, PEM.
    pub ca: PathBuf,
    /// The client certificate.
    pub identity: IdentityName,
    /// The link-app account.
    pub account: Account,
    /// The watched folders.
    pub folders: Vec<FolderPair>,
}

/// Name of the sealed certificate (`onshi certificate import`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityName {
    /// The name.
    pub name: String,
}

/// The link-app account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Identifier.
    pub id: String,
    /// File holding the password, readable by this user alone.
    pub secret_file: PathBuf,
}

/// The folders of one receipt computer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderPair {
    /// Name in journal and logs.
    pub name: String,
    /// Requests.
    pub req: PathBuf,
    /// Results.
    pub res: PathBuf,
    /// Files under way: outside the two, on the same file system.
    pub work: PathBuf,
}

impl Config {
    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// The TOML reader's, with line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}
