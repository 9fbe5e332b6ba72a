//! The center's settings: one TOML file (contracts §12). Unknown keys are errors.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

/// `center.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of everything the center keeps.
    pub data_dir: PathBuf,
    /// Name of the center in receipts and card challenges.
    #[serde(default = "default_name")]
    pub name: String,
    /// Host names in the server certificate, beside `localhost`.
    #[serde(default)]
    pub host_names: Vec<String>,
    /// Also speak TLS 1.2, for old receipt computers.
    #[serde(default)]
    pub tls12: bool,
    /// Folder on another machine or disk where every checkpoint of the audit chain is appended to `checkpoints.jsonl`.
    #[serde(default)]
    pub checkpoint_dir: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[serde(default)]
    pub listen: Listen,
}

/// The listeners of contracts §1.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Terminals, gateways, Web API.
    pub api: SocketAddr,
    /// Downloads of certificates.
    pub enroll: SocketAddr,
    /// Health and metrics.
    pub metrics: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        let any = |port| SocketAddr::from(([0, 0, 0, 0], port));
        Self {
            api: any(8443),
            enroll: any(8444),
            metrics: SocketAddr::from(([127, 0, 0, 1], 9464)),
        }
    }
}

fn default_name() -> String {
    "onshi-center".into()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = Config::parse("data_dir = \"x\"\ndata_dri = \"y\"\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") && error.contains("data_dri"),
            "{error}"
        );
    }

    #[test]
    fn what_is_left_out_has_the_documented_default() {
        let config = Config::parse("data_dir = \"x\"").unwrap();
        assert_eq!(config.listen.api.port(), 8443);
        assert!(config.listen.metrics.ip().is_loopback());
    }
}
