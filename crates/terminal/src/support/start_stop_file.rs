//! The form of `start_stop.toml`: PC and monitors (G18). Readers are the kiosk's profiles.

use serde::Deserialize;

/// What is known of PC and monitors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartStop {
    /// The edition it is of.
    pub as_of: String,
    /// The PC.
    pub pc: Pc,
    /// Monitors.
    pub monitor: Monitor,
}

/// A PC.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pc {
    /// Its maker.
    pub maker: String,
    /// Other names of the maker, by which an inventory may know it.
    #[serde(default)]
    pub names: Vec<String>,
    /// Where its button is, on this maker's machines.
    pub button: String,
    /// What is pressed one after the other to shut it down.
    pub shutdown: Vec<String>,
    /// What is pressed last when updates wait.
    pub shutdown_when_updates_wait: String,
}

/// Monitors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// What to know about switching it off.
    pub stop_note: String,
    /// The models.
    pub models: Vec<MonitorModel>,
}

/// A model of monitor.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorModel {
    /// What it is called.
    pub model: String,
    /// Names by which an inventory may know it.
    #[serde(default)]
    pub names: Vec<String>,
    /// Where its button is.
    pub button: String,
}

impl Pc {
    /// Whether an inventory's maker is this one: written with and without its legal form, hyphens and blanks.
    #[must_use]
    pub fn is_by(&self, maker: &str) -> bool {
        let plain = |text: &str| -> String {
            let kept = text.chars().filter(|c| c.is_alphanumeric());
            kept.flat_map(char::to_uppercase).collect()
        };
        let maker = plain(maker);
        let names = self.names.iter().chain([&self.maker]).map(|it| plain(it));
        let mut known = names.filter(|it| !it.is_empty());
        known.any(|it| maker.contains(&it))
    }
}

impl StartStop {
    /// The model of an inventory's name; the first, standard one where the inventory names none.
    #[must_use]
    pub fn monitor_named(&self, name: Option<&str>) -> Option<&MonitorModel> {
        let Some(name) = name else {
            return self.monitor.models.first();
        };
        let known = |it: &&MonitorModel| it.names.iter().any(|own| name.contains(own.as_str()));
        self.monitor.models.iter().find(known)
    }
}

/// Reads the file.
pub(super) fn parse(text: &str) -> Result<StartStop, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}
