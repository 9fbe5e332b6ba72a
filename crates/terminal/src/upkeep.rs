//! What keeps a workplace going (G18, G34, G39): the examination with its last outcome, the data that operators edit, the profile of the
//! reader, the way to switch the PC off. Says nothing by itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use domain::civil_date::Instant;
use domain::diagnosis::Diagnosis;
use domain::equipment::Part;
use domain::inventory::{Contents, Inventory};
use kiosk::profile::{BUILT_IN, Profile};
use tokio::sync::Semaphore;

use crate::doctor::report;
use crate::doctor::{self, Limits, Neighbour, Pages, SignedIn, Workplace};
use crate::inventory;
use crate::support::Support;

/// A broken outcome that is older than this is looked at anew when somebody opens a page.
const LOOK_AGAIN_S: i64 = 60;

/// Seconds an outcome says something of now: what was good in the morning tells nothing in the afternoon.
const COUNTS_S: i64 = 60 * 60;

/// What a terminal's upkeep works with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What the doctor looks at.
    pub workplace: Workplace,
    /// The reader's profile, where the kiosk's settings name one.
    pub reader_profile: Option<Profile>,
    /// The file whose appearance makes the system switch the PC off; without it a person does.
    pub power_off: Option<PathBuf>,
}

impl Setup {
    /// The upkeep of a data folder with nothing else around it.
    #[must_use]
    pub fn bare(data_dir: &Path) -> Self {
        Self {
            workplace: Workplace {
                data_dir: data_dir.to_owned(),
                center: String::new(),
                ca: data_dir.join("root.pem"),
                identity: String::new(),
                pages: Pages::Own,
                readers: Vec::new(),
                reader_names: doctor::readers_of_this_machine(),
                keypad: None,
                kiosk: Neighbour::None,
                link: Neighbour::None,
                limits: Limits::default(),
                system: Default::default(),
            },
            reader_profile: None,
            power_off: None,
        }
    }
}

/// The outcome of an examination, and when it was made.
#[derive(Debug, Clone)]
pub(crate) struct Examined {
    pub(crate) at: Instant,
    pub(crate) diagnosis: Arc<Diagnosis>,
}

/// The upkeep of this terminal.
#[derive(Debug)]
pub(crate) struct Upkeep {
    setup: Setup,
    pub(crate) support: Support,
    last: Mutex<Option<Examined>>,
    /// One examination at a time: whoever comes meanwhile gets the same.
    turn: Semaphore,
}

impl Upkeep {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            support: Support::new(&setup.workplace.data_dir),
            setup,
            last: Mutex::new(None),
            turn: Semaphore::new(1),
        }
    }

    /// The link app of this PC.
    pub(crate) fn link(&self) -> &Neighbour<doctor::Link> {
        &self.setup.workplace.link
    }

    /// The last outcome.
    pub(crate) fn last(&self) -> Option<Examined> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    /// The last outcome while it still says something of now.
    pub(crate) fn recent(&self, now: Instant) -> Option<Examined> {
        let counts = |it: &Examined| (0..COUNTS_S).contains(&it.at.seconds_until(now));
        self.last().filter(counts)
    }

    /// Examines now. Two who ask at once share one examination.
    pub(crate) async fn examine(&self, signed_in: Option<SignedIn>, now: Instant) -> Examined {
        let before = self.last().map(|it| it.at);
        let _turn = self.turn.acquire().await;
        if let Some(meanwhile) = self.last().filter(|it| Some(it.at) != before) {
            return meanwhile;
        }
        let diagnosis = doctor::examine(&self.setup.workplace, signed_in, now).await;
        self.keep(diagnosis, now)
    }

    /// Keeps an outcome for the pages.
    pub(crate) fn keep(&self, diagnosis: Diagnosis, at: Instant) -> Examined {
        let examined = Examined {
            at,
            diagnosis: Arc::new(diagnosis),
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(examined.clone());
        examined
    }

    /// The check at start: the outcome is kept for the pages and told in the log, in plain words.
    pub(crate) async fn check_at_start(&self, now: Instant) {
        let examined = self.examine(None, now).await;
        let (ja, en) = report::summary(&examined.diagnosis);
        match examined.diagnosis.first_broken() {
            None => tracing::info!("起動時の確認: {ja} / self-check at start: {en}"),
            Some(fault) => {
                let remedy = fault.texts().remedy;
                tracing::warn!(
                    fault = fault.as_str(),
                    part = fault.part().as_str(),
                    "起動時の確認: {ja} {} / self-check at start: {en} {}",
                    remedy.0,
                    remedy.1
                );
            }
        }
    }

    /// Whether something was broken and may be mended by now.
    pub(crate) fn is_to_be_looked_at_again(&self, now: Instant) -> bool {
        let broken = self
            .last()
            .filter(|it| it.diagnosis.first_broken().is_some());
        broken.is_some_and(|it| LOOK_AGAIN_S < it.at.seconds_until(now))
            && self.turn.available_permits() == 1
    }

    /// The inventory; an empty one where it cannot be read, which its page tells.
    pub(crate) fn inventory(&self) -> Inventory {
        inventory::read(self.data_dir()).unwrap_or_else(|error| {
            tracing::error!(error = %error, "the inventory cannot be read");
            Inventory::default()
        })
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.setup.workplace.data_dir
    }

    pub(crate) fn power_off(&self) -> Option<&Path> {
        self.setup.power_off.as_deref()
    }

    /// Whether the reader is seen now; `None` where that cannot be told.
    pub(crate) async fn sees_reader(&self) -> Option<bool> {
        doctor::sees_reader(&self.setup.workplace).await
    }

    /// The profile of the reader, and what it is known by: that of the maker in the inventory, which people at the place correct, else
    /// the kiosk's, else one of no maker. Where the kiosk's is of the same maker it counts, since it may be one of the place's own.
    pub(crate) fn reader(&self, contents: &Contents) -> Option<(Profile, KnownBy)> {
        let named = self.setup.reader_profile.clone();
        let named = named.filter(|it| it.id != "generic");
        let is_installed = |it: &Profile| maker_of(contents).is_some_and(|maker| is_of(maker, it));
        if !named.as_ref().is_some_and(is_installed)
            && let Some(installed) = profile_of_maker(contents)
        {
            return Some((installed, KnownBy::Inventory));
        }
        if let Some(named) = named {
            return Some((named, KnownBy::Settings));
        }
        let generic = Profile::parse(Profile::built_in("generic")?).ok()?;
        Some((generic, KnownBy::Nothing))
    }

    /// The profile of the reader.
    pub(crate) fn reader_profile(&self, contents: &Contents) -> Option<Profile> {
        self.reader(contents).map(|(profile, _)| profile)
    }
}

/// What the reader's profile is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownBy {
    /// The maker in the inventory.
    Inventory,
    /// The kiosk's settings.
    Settings,
    /// Nothing: it is the profile of no maker.
    Nothing,
}

/// The reader's maker, as the inventory has it.
fn maker_of(contents: &Contents) -> Option<&str> {
    let maker = contents.device(Part::Reader)?.maker.as_ref()?;
    Some(maker.as_str())
}

/// The built-in profile of the reader's maker.
fn profile_of_maker(contents: &Contents) -> Option<Profile> {
    let maker = maker_of(contents)?;
    let profiles = BUILT_IN.into_iter().filter(|(id, _)| *id != "generic");
    let mut profiles = profiles.filter_map(|(_, text)| Profile::parse(text).ok());
    profiles.find(|it| is_of(maker, it))
}

/// Makers are written with and without their legal form, and by the short names of the profiles.
fn is_of(maker: &str, profile: &Profile) -> bool {
    let plain = |text: &str| -> String {
        let short = text.replace("株式会社", "");
        let kept = short.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let (maker, known) = (plain(maker), plain(&profile.maker));
    let is_short = maker.contains(&profile.id);
    !maker.is_empty() && (known.contains(&maker) || maker.contains(&known) || is_short)
}

#[cfg(test)]
mod tests {
    use domain::inventory::{Device, DeviceText};

    use super::*;

    #[test]
    fn the_maker_in_the_inventory_leads_to_its_profile_however_it_is_written() {
        for (written, id) in [
            ("アトラス情報サービス株式会社", Some("atlas")),
            ("アトラス情報サービス", Some("atlas")),
            ("Canon", Some("canon")),
            ("パナソニック コネクト", Some("panasonic")),
            ("アルメックス", Some("almex")),
            ("Fujitsu Japan", Some("fujitsu")),
            ("見本電機", None),
        ] {
            let mut reader = Device::new(Part::Reader);
            reader.maker = DeviceText::parse(written).ok();
            let contents = Contents {
                devices: vec![reader],
                ..Contents::default()
            };
            let found = profile_of_maker(&contents).map(|it| it.id);
            assert_eq!(found.as_deref(), id, "{written}");
        }
        assert!(profile_of_maker(&Contents::default()).is_none());
    }
}
