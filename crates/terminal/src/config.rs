//! The terminal's settings: one TOML file (contracts §12). Unknown keys are errors; no secret stands in it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use domain::screen_lock::IdleMinutes;
use domain::update::{Occasion, Reception, Schedule, TimeOfDay};
use kiosk::config::TerminalKeys;
use kiosk::profile::Lock;
use pki::installed::Installed;
use serde::{Deserialize, Deserializer};

/// `terminal.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of machine key and sealed certificate.
    pub data_dir: PathBuf,
    /// Address of the center's api listener.
    pub center: String,
    /// Address of the center's enroll listener: downloads and renewals of certificates. The center's host with port 8444 when left out.
    #[serde(default)]
    pub enroll: Option<String>,
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
    /// The screen lock.
    #[serde(default)]
    pub screen_lock: ScreenLock,
    /// The backup of the certificate.
    #[serde(default)]
    pub backup: BackupFolders,
    /// Self-update.
    #[serde(default)]
    pub updates: Updates,
    /// What the doctor looks at beside the terminal.
    #[serde(default)]
    pub doctor: Doctor,
    /// File of pairs of drugs that patients' pages look for (`docs/operations/feeds.md`). Without it they say that none is looked for.
    #[serde(default)]
    pub interactions: Option<PathBuf>,
}

/// Self-update (G38). Without a publisher's key nothing is fetched or installed.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Updates {
    /// File with the publisher's public key, put there at installation: the pin.
    pub publisher: Option<PathBuf>,
    /// The hour at which a waiting update is installed; `shut-down` for only then.
    #[serde(deserialize_with = "chosen_hour")]
    pub at: Option<TimeOfDay>,
    /// When patients are received: nothing is installed then. While left out, nothing is installed at the hours when most facilities
    /// receive them, and no page says that their reception is over.
    #[serde(deserialize_with = "reception")]
    pub reception: Option<Vec<Reception>>,
    /// Minutes between two looks at the center.
    pub look_every_minutes: NonZeroU32,
    /// Folder of the installing part: what is installed and what is kept for the way back.
    pub state_dir: PathBuf,
    /// Where dpkg installs.
    pub root: PathBuf,
}

impl Default for Updates {
    fn default() -> Self {
        Self {
            publisher: None,
            at: TimeOfDay::parse("03:00").ok(),
            reception: None,
            look_every_minutes: NonZeroU32::MIN.saturating_add(59),
            state_dir: "/var/lib/onshi-update".into(),
            root: "/".into(),
        }
    }
}

impl Updates {
    /// When updates may be installed.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        let usual = || {
            Reception::parse("mon-sat 08:00-20:00")
                .into_iter()
                .collect()
        };
        Schedule {
            at: self.at,
            reception: self.reception.clone().unwrap_or_else(usual),
        }
    }
}

fn chosen_hour<'de, D: Deserializer<'de>>(it: D) -> Result<Option<TimeOfDay>, D::Error> {
    let text = String::deserialize(it)?;
    if text == Occasion::ShutDown.as_str() {
        return Ok(None);
    }
    let at = TimeOfDay::parse(&text).map_err(serde::de::Error::custom)?;
    Ok(Some(at))
}

fn reception<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Vec<Reception>>, D::Error> {
    let texts: Vec<String> = Vec::deserialize(it)?;
    let hours = texts.iter().map(|text| Reception::parse(text));
    hours
        .collect::<Result<_, _>>()
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// What else is on this PC, for the doctor (G34) and the page of starting and stopping (G18).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Doctor {
    /// Settings file of this PC's kiosk.
    pub kiosk: Option<PathBuf>,
    /// Settings file of this PC's link app.
    pub gateway: Option<PathBuf>,
    /// A part of the name of the keypad for PINs, as the system calls it.
    pub keypad: Option<String>,
    /// File whose appearance makes the system switch the PC off. Without it a person does.
    pub power_off: Option<PathBuf>,
}

/// Folders of the certificate's backup (G09).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackupFolders {
    /// The watched folder of downloaded `.p12` files; `downloads` below `data_dir` when left out.
    pub downloads: Option<PathBuf>,
    /// Folders on other hardware that onshi cannot see as such: vouched for by whoever writes this.
    pub other_hardware: Vec<PathBuf>,
}

/// The screen lock (G17). It is weakened on a page, by an administrator, and not here.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScreenLock {
    /// Minutes without a person's action after which it locks: 1 to 15.
    #[serde(deserialize_with = "idle_minutes")]
    pub idle_minutes: IdleMinutes,
    /// How the facility knows it: `clear_screen` or `screen_saver`; by the maker of its reader when left out.
    pub name: Option<Lock>,
}

fn idle_minutes<'de, D: Deserializer<'de>>(it: D) -> Result<IdleMinutes, D::Error> {
    IdleMinutes::new(u8::deserialize(it)?).ok_or_else(|| {
        serde::de::Error::custom(
            "idle_minutes は1〜15分です。弱めるには管理アカウントで「画面ロックの設定」を開いてください。 / idle_minutes: 1 to 15; an \
             administrator weakens the lock on its page",
        )
    })
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
    /// The watched folder of downloaded `.p12` files.
    #[must_use]
    pub fn downloads(&self) -> PathBuf {
        let own = || self.data_dir.join("downloads");
        self.backup.downloads.clone().unwrap_or_else(own)
    }

    /// Address of the center's enroll listener.
    #[must_use]
    pub fn enroll(&self) -> String {
        self.enroll.clone().unwrap_or_else(|| {
            let center = self.center.trim_end_matches('/');
            // A colon inside brackets belongs to an IPv6 address.
            let host = match center.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|it| it.is_ascii_digit()) => host,
                _ => center,
            };
            format!("{host}:8444")
        })
    }

    /// Where certificates are installed; gateway and kiosk of the PC may name it as their `identity.folder`.
    #[must_use]
    pub fn installed(&self) -> Installed {
        Installed::of(&self.data_dir)
    }

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
    fn the_enroll_listener_is_on_the_centers_host_unless_said_otherwise() {
        let enroll = |center: &str| {
            let text = format!(
                "data_dir = \"d\"\ncenter = \"{center}\"\nca = \"a\"\n[identity]\nname = \"n\"\n"
            );
            Config::parse(&text).unwrap().enroll()
        };
        assert_eq!(
            enroll("https://center.example:8443"),
            "https://center.example:8444"
        );
        assert_eq!(
            enroll("https://center.example/"),
            "https://center.example:8444"
        );
        assert_eq!(enroll("https://[::1]:1"), "https://[::1]:8444");
        assert_eq!(enroll("https://[::1]"), "https://[::1]:8444");
    }

    #[test]
    fn idle_minutes_are_one_to_fifteen_and_what_is_not_is_named() {
        let parse = |lock: &str| {
            Config::parse(&format!(
                "data_dir = \"d\"\ncenter = \"c\"\nca = \"a\"\n[identity]\nname = \"n\"\n[screen_lock]\n{lock}"
            ))
        };
        let config = parse("idle_minutes = 5\nname = \"clear_screen\"").unwrap();
        assert_eq!(config.screen_lock.idle_minutes.get(), 5);
        assert_eq!(config.screen_lock.name, Some(Lock::ClearScreen));
        assert_eq!(parse("").unwrap().screen_lock.idle_minutes.get(), 15);
        for minutes in ["0", "16", "300", "-1", "\"15\""] {
            let error = parse(&format!("idle_minutes = {minutes}")).unwrap_err();
            assert!(error.to_string().contains("line 7"), "{error}");
        }
        let error = parse("idle_minutes = 16").unwrap_err().to_string();
        assert!(
            error.contains("1〜15") && error.contains("1 to 15"),
            "{error}"
        );
    }
}
