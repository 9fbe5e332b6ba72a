//! The terminal's settings: one TOML file (contracts §12). Unknown keys are errors; no secret stands in it.

use std::net::SocketAddr;
use std::path::PathBuf;

use kiosk::config::TerminalKeys;
use serde::Deserialize;

/// `terminal.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of machine key and sealed certificate.
    pub data_dir: PathBuf,
    /// Address of the center's api listener.
    pub center: String,
    /// The center's root certificate, PEM.
    pub ca: PathBuf,
    /// The client certificate.
    pub identity: IdentityName,
    /// Where the staff pages are served: loopback; port 0 takes a free one.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Host name of the staff pages.
    #[serde(default = "default_host_name")]
    pub host_name: String,
    /// Name of the center: nothing is signed for another.
    #[serde(default = "default_center_name")]
    pub center_name: String,
    /// The general card reader of this PC (G31): `pcsc:NAME`, where a part of the name is enough; `pcsc:` takes the first there is.
    /// Without it this PC checks nobody by card.
    #[serde(default)]
    pub reader: Option<String>,
    /// Keys that let a card sign without PIN, after staff looked. Without them PIN is the only way at this PC.
    #[serde(default)]
    pub terminal_keys: Option<TerminalKeys>,
}

/// Name of the sealed certificate (`onshi certificate import`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityName {
    /// The name.
    pub name: String,
}

fn default_center_name() -> String {
    "onshi-example".into()
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8100))
}

fn default_host_name() -> String {
    "terminal.localhost".into()
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
