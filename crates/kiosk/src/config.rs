//! The kiosk's settings: one TOML file (contracts §12). Unknown keys are errors; no secret stands in it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use domain::card_challenge::{CenterName, InvalidCenterName};
use pki::installed::{IdentityName, Installed};
use pki::machine_secret::Account;
use serde::Deserialize;

/// `kiosk.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of machine key, sealed certificate and launch address.
    pub data_dir: PathBuf,
    /// Address of the center's api listener.
    pub center: String,
    /// The center's root certificate, PEM.
    pub ca: PathBuf,
    /// Name of the center: nothing is signed for another.
    #[serde(default = "default_center_name")]
    pub center_name: String,
    /// The card reader: `pcsc:NAME`, where a part of the name is enough; `pcsc:` takes the first there is.
    pub reader: String,
    /// Reader profile: the name of one that is built in, or a file's path.
    #[serde(default = "default_profile")]
    pub profile: String,
    /// The client certificate.
    pub identity: IdentityName,
    /// The reader account (顔認証用): one per device.
    pub account: Account,
    /// Keys that let a card sign without PIN, after staff looked. Without them PIN is the only way.
    #[serde(default)]
    pub terminal_keys: Option<TerminalKeys>,
    /// Where the pages are served.
    #[serde(default)]
    pub listen: Listen,
    /// Host name of the pages.
    #[serde(default = "default_host_name")]
    pub host_name: String,
    /// How long the kiosk waits.
    #[serde(default)]
    pub times: Times,
}

/// Files of terminal authentication. What is built in is this project's own protocol, which virtual cards answer and no real card
/// does (`docs/decisions/0016-terminal-authentication.md`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalKeys {
    /// The terminal's certificate.
    pub certificate: PathBuf,
    /// File with its sealed private key (PKCS#8).
    pub secret_file: PathBuf,
}

/// Listeners.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// The patients' pages: loopback; port 0 takes a free one.
    pub pages: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            pages: SocketAddr::from(([127, 0, 0, 1], 8101)),
        }
    }
}

/// How long the kiosk waits, in seconds (kiosk reference §7: 60 s, then a dialog of 30 s that can be extended without limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Times {
    /// Without a touch, until it asks whether somebody is there.
    pub idle_s: u32,
    /// Until it takes no answer to that for a no; at least 20 (WCAG 2.2.1).
    pub answer_s: u32,
    /// A card that was taken, or a last screen without card, is waited for so long.
    pub moment_s: u32,
    /// A call for staff ends by itself after so long.
    pub call_s: u32,
    /// While a check is open, the center is told this often that the person is still there; it waits 300.
    pub renew_s: u32,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            idle_s: 60,
            answer_s: 30,
            moment_s: 20,
            call_s: 300,
            renew_s: 120,
        }
    }
}

impl Times {
    pub(crate) fn idle(self) -> Duration {
        Duration::from_secs(self.idle_s.into())
    }

    pub(crate) fn answer(self) -> Duration {
        Duration::from_secs(self.answer_s.into())
    }

    pub(crate) fn moment(self) -> Duration {
        Duration::from_secs(self.moment_s.into())
    }

    pub(crate) fn renewal(self) -> Duration {
        Duration::from_secs(self.renew_s.max(1).into())
    }

    pub(crate) fn call(self) -> Duration {
        Duration::from_secs(self.call_s.into())
    }
}

fn default_center_name() -> String {
    "onshi-example".into()
}

fn default_profile() -> String {
    "generic".into()
}

fn default_host_name() -> String {
    "kiosk.localhost".into()
}

impl Config {
    /// Where the certificate is installed.
    #[must_use]
    pub fn installed(&self) -> Installed {
        self.identity.installed(&self.data_dir)
    }

    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// The TOML reader's, with line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The center's name.
    ///
    /// # Errors
    /// [`InvalidCenterName`].
    pub fn center_name(&self) -> Result<CenterName, InvalidCenterName> {
        CenterName::parse(&self.center_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"
data_dir = "/var/lib/onshi-kiosk"
center = "https://center.example:8443"
ca = "/etc/onshi/root.pem"
reader = "pcsc:"
[identity]
name = "clinic"
[account]
id = "reader"
secret_file = "/var/lib/onshi-kiosk/reader.sealed"
"#;

    #[test]
    fn what_is_left_out_has_its_default() {
        let config = Config::parse(LEAST).unwrap();
        assert_eq!(config.listen.pages.port(), 8101);
        assert_eq!(config.times.idle_s, 60);
        assert_eq!(config.profile, "generic");
        assert!(config.terminal_keys.is_none());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(Config::parse(&format!("{LEAST}\n[times]\nidle = 5\n")).is_err());
    }
}
