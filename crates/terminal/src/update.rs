//! Self-update of terminal, link app and kiosk (G38): looks at the center, fetches, orders the installation, tells how it stands. What
//! installs is `installing`, run by root; decisions are those of `domain::update`.

mod fetching;
mod installing;
mod record;
mod trust;

use std::path::{Path, PathBuf};
use std::time::Duration;

use api::client::{Client, ClientError};
use api::problem::Text;
use api::update::ReleaseRefused;
use domain::civil_date::Instant;
use domain::update::{NotNow, Occasion, Version, VersionRefused, may_install};
use serde::{Deserialize, Serialize};

pub use installing::{Installer, SelfChecked};
pub use record::{LastUpdate, Outcome, PutOff};
pub use trust::hash;

use crate::config;
use crate::serve::{App, Certificate};
use crate::system::{self, Dpkg};
use crate::terminal_user::{self, UserState};
use fetching::Place;
use record::{Progress, Record, Refusal};

/// The order to install, in the data folder. Its path is in a unit, too.
const ORDER: &str = "updates/order";

/// How the last look ended, in the data folder.
const LOOKED: &str = "updates/looked.json";

/// The packages of onshi; one of them is installed.
const PACKAGES: [&str; 2] = ["onshi-pcsc", "onshi"];

/// The clock is looked at so often.
const TICK: Duration = Duration::from_secs(30);

/// Whether a certificate was installed is looked at so often, until there is one.
const BARE_TICK: Duration = Duration::from_secs(1);

/// Why there is no update. The texts name the remedy, in Japanese and English.
#[derive(Debug, thiserror::Error)]
pub enum UpdateFault {
    /// No publisher's key is pinned.
    #[error(
        "自動更新は設定されていません。[updates] の publisher に発行者の公開鍵を指定してください。 / self-update is not set up; name the publisher's key as publisher in [updates]"
    )]
    NotSetUp,
    /// The pin is no key.
    #[error(
        "{0} は発行者の公開鍵ではありません。配布元から受け取った鍵を置いてください。 / {0} holds no publisher's key; put the one that came with the installation there"
    )]
    Pin(PathBuf),
    /// Not installed by a package.
    #[error(
        "Debian パッケージ onshi・onshi-pcsc で入れられていないため、自動更新できません。 / not installed by the Debian package onshi or onshi-pcsc, so it does not update itself"
    )]
    NotPackaged,
    /// The installed package is half of one.
    #[error(
        "パッケージが途中の状態です。`onshi update resume` を実行してください。 / the installed package is not whole; run `onshi update resume`"
    )]
    NotWhole,
    /// The center gave no answer.
    #[error("センターから更新を受け取れません。 / no update from the center: {0}")]
    Center(#[from] ClientError),
    /// A release is not believed.
    #[error(transparent)]
    Release(ReleaseRefused),
    /// A change of keys is not believed.
    #[error(
        "発行者の鍵の変更に、前の鍵の署名がありません。センターの運用者に知らせてください。 / a change of the publisher's key is not signed by the key before; tell the center's operator"
    )]
    KeyChange,
    /// The package is not the one that was signed.
    #[error(
        "更新 {0} のパッケージが壊れています。次の確認で受け取り直します。続くときはセンターの運用者に知らせてください。 / the package of {0} is damaged; it is fetched again at the next look; tell the center's operator if it stays so"
    )]
    Damaged(Version),
    /// Nothing to go back to.
    #[error(
        "いまの版 {0} のパッケージがセンターになく、失敗したときに戻せないため、更新しません。センターの運用者に知らせてください。 / the center has no package of the installed version {0} to go back to, so nothing is installed; tell its operator"
    )]
    NoWayBack(Version),
    /// What was kept to go back to is damaged.
    #[error(
        "元の版のパッケージ {0} が壊れています。手元のパッケージを `dpkg --install` で入れてください。 / the package to go back to, {0}, is damaged; install one by hand with `dpkg --install`"
    )]
    WayBackDamaged(PathBuf),
    /// Nothing to install.
    #[error("待っている更新はありません。 / no update waits")]
    NothingWaits,
    /// Not a version to install.
    #[error("この版は入れません。 / this version is not installed: {0}")]
    Version(#[from] VersionRefused),
    /// Not now.
    #[error(
        "いまは更新しません。受付時間の外、または決めた時刻に行います。 / nothing is installed now ({0}); it is outside reception, or at the chosen hour"
    )]
    NotNow(#[from] NotNow),
    /// The terminal user was changed past the product.
    #[error(
        "端末ユーザーのIDまたはパスワードが手で変更されたため、自動更新を止めています。`onshi terminal set-user` で登録し直してください。 / the terminal user's ID or password was changed by hand, so updates stopped; register it anew with `onshi terminal set-user`"
    )]
    TerminalUser,
    /// Another installation.
    #[error("別の更新が進んでいます。 / another installation is under way")]
    Busy,
    /// This one is not at its end.
    #[error(
        "更新を入れている途中です。15分たっても終わらないときは、パソコンを起動し直してください。起動のときに元の版に戻します。 / an update is being installed; if that does not end within 15 minutes, restart the PC: it goes back to the version before at its start"
    )]
    UnderWay,
    /// One has not come to its end, and nobody works at it.
    #[error(
        "更新が途中で止まっています。決めた時刻か、次にパソコンを起動したときに元の版に戻します。すぐに戻すときは、パソコンを起動し直してください。 / an update was cut off; it is taken back at the chosen hour or at the next start of the PC; to have that at once, restart the PC"
    )]
    CutOff,
    /// Debian's tools.
    #[error(
        "dpkg でパッケージを入れられません。空き容量と、ほかのインストールが動いていないことを確かめて、パソコンを起動し直してください。それでも続くときは、手元のパッケージを `dpkg --install` で入れてください。 / dpkg failed: {0}; look at space and for another installation, then restart the PC; if it stays so, install a package by hand with `dpkg --install`"
    )]
    Dpkg(String),
    /// A record that cannot be read.
    #[error(
        "{0} を読めません。削除してください。次の更新で作り直します。 / {0} cannot be read; delete it, and the next update makes it anew"
    )]
    Record(PathBuf),
    /// The file system.
    #[error(
        "{0} を扱えません。空き容量と権限を確かめてください。 / {0}: {1}; look at space and rights"
    )]
    File(PathBuf, std::io::Error),
}

impl UpdateFault {
    fn file(path: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.to_path_buf();
        move |error| Self::File(path.clone(), error)
    }

    /// Whether the installing part keeps it for the page: not what the page sees by itself, nor what is no failure.
    fn is_kept(&self) -> bool {
        match self {
            // Seen by the page, or met by the terminal alone.
            Self::NotSetUp
            | Self::Pin(_)
            | Self::NotPackaged
            | Self::NotWhole
            | Self::TerminalUser
            | Self::UnderWay
            | Self::CutOff
            | Self::Center(_) => false,
            // No failure.
            Self::NothingWaits | Self::Version(_) | Self::NotNow(_) | Self::Busy => false,
            Self::Release(_)
            | Self::KeyChange
            | Self::Damaged(_)
            | Self::NoWayBack(_)
            | Self::WayBackDamaged(_)
            | Self::Dpkg(_)
            | Self::Record(_)
            | Self::File(..) => true,
        }
    }
}

/// How a look at the center ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// Nothing newer than this.
    UpToDate(Version),
    /// This one waits to be installed.
    Waits(Version),
}

/// An update that waits, for whoever asks before a shut-down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingUpdate {
    /// Its version.
    pub version: Version,
}

/// What becomes of an update that waits when the PC is switched off now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtShutDown {
    /// Nothing is installed: none waits, or updates are stopped.
    Nothing,
    /// It is installed before the PC goes off.
    Installs,
    /// One is being installed, and the PC goes off after that.
    UnderWay,
    /// One was cut off, and is taken back before the PC goes off.
    CutOff,
    /// It is not installed: patients are received until then.
    NotBefore(Version, Instant),
}

impl AtShutDown {
    /// Whether an update comes to its end before the PC goes off.
    #[must_use]
    pub fn updates(self) -> bool {
        match self {
            Self::Installs | Self::UnderWay | Self::CutOff => true,
            Self::Nothing | Self::NotBefore(..) => false,
        }
    }
}

/// How updates stand, for the support page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The version installed, where a package is.
    pub installed: Option<String>,
    /// The version of this executable.
    pub running: String,
    /// The version that waits.
    pub waiting: Option<String>,
    /// How the last update ended.
    pub last: Option<LastUpdate>,
    /// When the version that waits was not installed since patients were received.
    pub put_off: Option<PutOff>,
    /// When the center was last looked at with success, RFC 3339.
    pub looked: Option<String>,
    /// Why nothing is updated.
    pub stopped: Option<Text>,
}

/// The last looks, as kept for [`Standing`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Looks {
    /// The last one.
    at: Option<String>,
    /// The last one that succeeded.
    good: Option<String>,
    /// What the last one failed with.
    fault: Option<String>,
}

/// The updating part of a terminal.
#[derive(Debug, Clone)]
pub struct SelfUpdate {
    data_dir: PathBuf,
    settings: config::Updates,
}

impl SelfUpdate {
    /// Of a data folder with its settings.
    #[must_use]
    pub fn new(data_dir: &Path, settings: &config::Updates) -> Self {
        Self {
            data_dir: data_dir.into(),
            settings: settings.clone(),
        }
    }

    /// Whether a publisher is pinned: without one nothing is looked for.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.settings.publisher.is_some()
    }

    /// The update that waits: whole, signed and not failed here before.
    #[must_use]
    pub fn waiting(&self) -> Option<WaitingUpdate> {
        let record = Record::read(&self.settings.state_dir).ok()?;
        let pin = trust::pinned(&self.settings, &record).ok()?;
        let place = Place::waiting(&self.data_dir);
        let papers = place.papers()?;
        let key = trust::after(&pin, &papers.changes).ok()?;
        let version = papers.release.open(key).ok()?.version()?;
        let waits = place.package_file().is_file() && !record.failed().contains(&version);
        waits.then_some(WaitingUpdate { version })
    }

    /// The same, unless a version that is known to be installed is as new: its own installation has taken it.
    fn waits_over(&self, installed: Option<Version>) -> Option<WaitingUpdate> {
        self.waiting()
            .filter(|it| installed.is_none_or(|here| here < it.version))
    }

    /// The same over what dpkg says is installed, which is asked where anything waits.
    async fn waits_here(&self) -> Option<WaitingUpdate> {
        self.waiting()?;
        let here = installed(&Dpkg::new(&self.settings.root)).await.ok();
        self.waits_over(here.map(|(_, version)| version))
    }

    fn progress(&self) -> Progress {
        Progress::of(&self.settings.state_dir)
    }

    /// What becomes of the update that waits when the PC is switched off now, as the installing part will decide it.
    pub async fn at_shut_down(&self, now: Instant) -> AtShutDown {
        match self.progress() {
            Progress::UnderWay => return AtShutDown::UnderWay,
            Progress::CutOff => return AtShutDown::CutOff,
            Progress::Ended => {}
        }
        let Some(waiting) = self.waits_here().await else {
            return AtShutDown::Nothing;
        };
        if terminal_user::state(&self.data_dir) == UserState::ChangedByHand {
            return AtShutDown::Nothing;
        }
        let schedule = self.settings.schedule();
        match may_install(&schedule, Occasion::ShutDown, now) {
            Ok(()) => AtShutDown::Installs,
            Err(_) => {
                let end = schedule.reception_goes_on_until(now).unwrap_or(now);
                AtShutDown::NotBefore(waiting.version, end)
            }
        }
    }

    /// Since when the day's reception is over; `None` before that, on a day without any, and where nobody wrote its hours.
    #[must_use]
    pub fn closed_since(&self, now: Instant) -> Option<Instant> {
        self.settings.reception.as_ref()?;
        self.settings.schedule().closed_since(now)
    }

    /// Asks for the installation; the installing part decides whether it may be now.
    ///
    /// # Errors
    /// [`UpdateFault`].
    pub fn order(&self, occasion: Occasion) -> Result<(), UpdateFault> {
        if terminal_user::state(&self.data_dir) == UserState::ChangedByHand {
            return Err(UpdateFault::TerminalUser);
        }
        self.write_order(occasion)
    }

    fn write_order(&self, occasion: Occasion) -> Result<(), UpdateFault> {
        let file = self.data_dir.join(ORDER);
        let folder = file.parent().unwrap_or(&self.data_dir);
        std::fs::create_dir_all(folder).map_err(UpdateFault::file(folder))?;
        system::write_whole(&file, occasion.as_str().as_bytes(), 0o600)
            .map_err(UpdateFault::file(&file))
    }

    /// Whether an order still waits for the installing part.
    #[must_use]
    pub fn is_ordered(&self) -> bool {
        self.data_dir.join(ORDER).exists()
    }

    /// Looks at the center once, fetches what is newer, and keeps how it ended. Not while an update is under way or cut off: what is
    /// installed is not settled then.
    ///
    /// # Errors
    /// [`UpdateFault`].
    pub async fn look(&self, client: &Client, now: Instant) -> Result<Looked, UpdateFault> {
        match self.progress() {
            Progress::UnderWay => return Err(UpdateFault::UnderWay),
            Progress::CutOff => return Err(UpdateFault::CutOff),
            Progress::Ended => {}
        }
        let looked = if terminal_user::state(&self.data_dir) == UserState::ChangedByHand {
            Err(UpdateFault::TerminalUser)
        } else {
            fetching::look(client, &self.data_dir, &self.settings).await
        };
        let mut looks = self.looks();
        looks.at = Some(now.to_string());
        match &looked {
            Ok(_) => {
                looks.good = Some(now.to_string());
                looks.fault = None;
            }
            Err(fault) => looks.fault = Some(fault.to_string()),
        }
        let file = self.data_dir.join(LOOKED);
        let folder = file.parent().unwrap_or(&self.data_dir);
        std::fs::create_dir_all(folder).map_err(UpdateFault::file(folder))?;
        let bytes = serde_json::to_vec(&looks).map_err(|_| UpdateFault::Record(file.clone()))?;
        system::write_whole(&file, &bytes, 0o600).map_err(UpdateFault::file(&file))?;
        looked
    }

    /// How updates stand.
    pub async fn standing(&self) -> Standing {
        let record = Record::read(&self.settings.state_dir);
        let here = installed(&Dpkg::new(&self.settings.root)).await;
        let looks = self.looks();
        let waiting = self.waits_over(here.as_ref().ok().map(|(_, version)| *version));
        let stopped = self.held_up(here.as_ref().err(), record.as_ref(), waiting.is_some());
        Standing {
            installed: here.ok().map(|(_, version)| version.to_string()),
            running: env!("CARGO_PKG_VERSION").into(),
            put_off: waiting.and_then(|_| PutOff::read(&self.settings.state_dir)),
            waiting: waiting.map(|it| it.version.to_string()),
            last: record.ok().and_then(|it| it.last),
            looked: looks.good,
            stopped: stopped.or_else(|| looks.fault.as_deref().map(in_both)),
        }
    }

    /// What holds updates up on this PC, whatever the last look at the center says.
    fn held_up(
        &self,
        package: Option<&UpdateFault>,
        record: Result<&Record, &UpdateFault>,
        waits: bool,
    ) -> Option<Text> {
        let dir = &self.settings.state_dir;
        let said = |fault: &UpdateFault| Some(in_both(&fault.to_string()));
        let refused = || Refusal::read(dir).map(|it| it.told());
        if terminal_user::state(&self.data_dir) == UserState::ChangedByHand {
            return said(&UpdateFault::TerminalUser);
        }
        // Before the package, which is half of one meanwhile.
        match self.progress() {
            Progress::UnderWay => return said(&UpdateFault::UnderWay),
            Progress::CutOff => {
                let cut = in_both(&UpdateFault::CutOff.to_string());
                let both = refused().map(|why| {
                    let ja = format!("{}{}", why.ja, cut.ja);
                    Text::new(&ja, &format!("{}; {}", why.en, cut.en))
                });
                return both.or(Some(cut));
            }
            Progress::Ended => {}
        }
        if let Some(fault) = package {
            return said(fault);
        }
        let pinned = match record {
            Err(fault) => return said(fault),
            Ok(record) => trust::pinned(&self.settings, record),
        };
        match pinned {
            Err(fault) => said(&fault),
            Ok(_) if waits => refused(),
            Ok(_) => None,
        }
    }

    /// Orders the update that waits when it is the chosen hour, unless one is under way. One that was cut off is ordered whatever waits:
    /// the installing part goes back from it first.
    ///
    /// # Errors
    /// [`UpdateFault`].
    pub async fn order_at_the_hour(&self, now: Instant) -> Result<(), UpdateFault> {
        let may = may_install(&self.settings.schedule(), Occasion::Hour, now).is_ok();
        if !may || self.is_ordered() {
            return Ok(());
        }
        match self.progress() {
            Progress::UnderWay => return Ok(()),
            // The installing part goes back first, whoever the terminal user is.
            Progress::CutOff => return self.write_order(Occasion::Hour),
            Progress::Ended => {}
        }
        if self.waits_here().await.is_some() {
            self.order(Occasion::Hour)?;
        }
        Ok(())
    }

    fn is_due(&self, now: Instant) -> bool {
        let last = self.looks().at.and_then(|at| Instant::parse(&at).ok());
        let every_s = i64::from(self.settings.look_every_minutes.get()) * 60;
        last.is_none_or(|last| {
            let since = last.seconds_until(now);
            // A clock that was set back must not silence it.
            since < 0 || every_s <= since
        })
    }

    fn looks(&self) -> Looks {
        let bytes = std::fs::read(self.data_dir.join(LOOKED)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

/// Looks now and then, and orders what waits at the chosen hour; ends with the runtime.
pub(crate) async fn keep(app: App) {
    let mut told = None;
    loop {
        // A bare PC gets its first certificate while the terminal runs.
        let pause = match app.certificates.first() {
            Some(own) => {
                keep_once(&app, &own, &mut told).await;
                TICK
            }
            None => BARE_TICK,
        };
        tokio::time::sleep(pause).await;
    }
}

async fn keep_once(app: &App, own: &Certificate, told: &mut Option<String>) {
    let (updates, now) = (&app.updates, app.now());
    // The installing part restarts the terminal on its way, and has still to look whether the new version works.
    if updates.progress() == Progress::UnderWay {
        return;
    }
    if updates.is_due(now) {
        let looked = updates.look(&own.client, now).await;
        let fault = looked.err().map(|it| it.to_string());
        // Said once, not at every look.
        if fault.is_some() && fault != *told {
            tracing::warn!(fault = fault.as_deref().unwrap_or_default(), "no update");
        }
        *told = fault;
    }
    if let Err(fault) = updates.order_at_the_hour(now).await {
        tracing::warn!(error = %fault, "the installing part could not be ordered");
    }
}

/// A text that says the same in Japanese and English, taken apart.
fn in_both(text: &str) -> Text {
    let (ja, en) = text.split_once(" / ").unwrap_or((text, text));
    Text::new(ja, en)
}

/// The package of onshi that is installed, with its version.
async fn installed(dpkg: &Dpkg) -> Result<(&'static str, Version), UpdateFault> {
    for name in PACKAGES {
        if let Some(known) = dpkg.package(name).await {
            if !known.whole {
                return Err(UpdateFault::NotWhole);
            }
            let version = Version::parse(&known.version);
            return version
                .map(|it| (name, it))
                .map_err(|_| UpdateFault::NotPackaged);
        }
    }
    Err(UpdateFault::NotPackaged)
}

#[cfg(test)]
pub(crate) mod tests;
