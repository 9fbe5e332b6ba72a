//! Looks at the center for a newer release and fetches its package, piece by piece, over the terminal's certificate alone. Installs
//! nothing: what is whole and signed waits in the terminal's own folder.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use api::client::Client;
use api::update::{PackageFile, Release, Updates};
use domain::update::{Version, may_replace};
use pki::publisher::PublisherKey;
use serde::{Deserialize, Serialize};

use crate::config;
use crate::system::{self, Dpkg};
use crate::update::record::Record;
use crate::update::trust::{self, Offer};
use crate::update::{Looked, UpdateFault, installed};

/// What lies beside a package: how it was signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Papers {
    pub(crate) release: Release,
    /// The changes of the publisher's key as the center told them.
    pub(crate) changes: Vec<api::update::SignedKeyChange>,
}

/// The longest papers read, in bytes: four times what the center tells of one release.
const MOST_PAPERS: u64 = 1 << 20;

/// A folder with one package and its papers.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    data_dir: PathBuf,
    dir: PathBuf,
}

impl Place {
    /// The update that waits.
    pub(crate) fn waiting(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.into(),
            dir: data_dir.join("updates/waiting"),
        }
    }

    /// The package of the version installed, for the way back.
    pub(crate) fn way_back(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.into(),
            dir: data_dir.join("updates/way-back"),
        }
    }

    fn papers_file(&self) -> PathBuf {
        self.dir.join("release.json")
    }

    pub(crate) fn package_file(&self) -> PathBuf {
        self.dir.join("package.deb")
    }

    /// The papers, where there are any; they are written last, so the package is whole then.
    pub(crate) fn papers(&self) -> Option<Papers> {
        let file = system::open_of_owner(&self.data_dir, &self.papers_file()).ok()?;
        let mut bytes = Vec::new();
        file.take(MOST_PAPERS).read_to_end(&mut bytes).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The package, for whoever believes nothing that lies here.
    pub(crate) fn open_package(&self) -> std::io::Result<File> {
        system::open_of_owner(&self.data_dir, &self.package_file())
    }

    /// Takes papers and package away, papers first.
    pub(crate) fn clear(&self) -> Result<(), UpdateFault> {
        for file in [self.papers_file(), self.package_file()] {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(UpdateFault::file(&file)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn keep(&self, part: &Path, papers: &Papers) -> Result<(), UpdateFault> {
        self.clear()?;
        std::fs::create_dir_all(&self.dir).map_err(UpdateFault::file(&self.dir))?;
        let package = self.package_file();
        system::show(part, &package).map_err(UpdateFault::file(&package))?;
        let file = self.papers_file();
        let bytes = serde_json::to_vec(papers).map_err(|_| UpdateFault::Record(file.clone()))?;
        system::write_whole(&file, &bytes, 0o600).map_err(UpdateFault::file(&file))
    }
}

/// Looks once, and fetches what is newer.
pub(crate) async fn look(
    client: &Client,
    data_dir: &Path,
    settings: &config::Updates,
) -> Result<Looked, UpdateFault> {
    let record = Record::read(&settings.state_dir)?;
    let pin = trust::pinned(settings, &record)?;
    let dpkg = Dpkg::new(&settings.root);
    let (name, current) = installed(&dpkg).await?;
    let told = client.updates().await?;
    let key = trust::after(&pin, &told.key_changes)?;
    let Some(offer) = newest(&told, key, name, current, &record)? else {
        Place::waiting(data_dir).clear()?;
        clear_incoming(data_dir, &[]);
        return Ok(Looked::UpToDate(current));
    };
    let papers = |release: &Release| Papers {
        release: release.clone(),
        changes: told.key_changes.clone(),
    };
    // Looked at as the installing part does: what it would not go back to is fetched anew.
    let kept = record.current.as_ref();
    if !kept.is_some_and(|it| it.fits(&settings.state_dir, name, current)) {
        let Some(back) = of_version(&told, key, name, current) else {
            return Err(UpdateFault::NoWayBack(current));
        };
        let place = Place::way_back(data_dir);
        bring(client, data_dir, &back, &place, papers(&back.release)).await?;
    }
    clear_incoming(data_dir, &[&offer.package]);
    let place = Place::waiting(data_dir);
    bring(client, data_dir, &offer, &place, papers(&offer.release)).await?;
    Ok(Looked::Waits(offer.version))
}

/// The newest release that may replace the installed version. Where only a badly signed one could, that is the answer.
fn newest(
    told: &Updates,
    key: PublisherKey,
    name: &str,
    current: Version,
    record: &Record,
) -> Result<Option<Offer>, UpdateFault> {
    let failed = record.failed();
    let fits = |version: Version| may_replace(current, version, &failed).is_ok();
    let mut best: Option<Offer> = None;
    let mut refused = None;
    for release in &told.releases {
        match Offer::of(release, key, name) {
            Ok(Some(offer)) if fits(offer.version) => {
                if best.as_ref().is_none_or(|it| it.version < offer.version) {
                    best = Some(offer);
                }
            }
            Ok(_) => {}
            Err(fault) => {
                let claims = release.unverified().and_then(|it| it.version());
                if claims.is_none_or(fits) {
                    refused = Some(fault);
                }
            }
        }
    }
    match (best, refused) {
        (None, Some(fault)) => Err(fault),
        (best, _) => Ok(best),
    }
}

fn of_version(told: &Updates, key: PublisherKey, name: &str, version: Version) -> Option<Offer> {
    let offers = told.releases.iter();
    let mut offers = offers.filter_map(|it| Offer::of(it, key, name).ok().flatten());
    offers.find(|offer| offer.version == version)
}

/// Has a package lie in its place, whole; fetches what is missing of it.
async fn bring(
    client: &Client,
    data_dir: &Path,
    offer: &Offer,
    place: &Place,
    papers: Papers,
) -> Result<(), UpdateFault> {
    let there = place.papers().is_some_and(|it| it.release == offer.release);
    if there && offer.fits(&place.package_file())? {
        return Ok(());
    }
    let folder = incoming(data_dir);
    std::fs::create_dir_all(&folder).map_err(UpdateFault::file(&folder))?;
    let part = part_of(data_dir, &offer.package);
    fetch(client, &offer.package, &part).await?;
    if !offer.fits(&part)? {
        // Begun anew next time: nothing says which piece is wrong.
        std::fs::remove_file(&part).map_err(UpdateFault::file(&part))?;
        return Err(UpdateFault::Damaged(offer.version));
    }
    place.keep(&part, &papers)
}

/// Folder of packages under way.
fn incoming(data_dir: &Path) -> PathBuf {
    data_dir.join("updates/incoming")
}

fn part_of(data_dir: &Path, package: &PackageFile) -> PathBuf {
    incoming(data_dir).join(format!("{}.part", package.sha256))
}

/// Takes away what is left of packages that nobody offers any more; those on offer go on where they ended.
fn clear_incoming(data_dir: &Path, offered: &[&PackageFile]) {
    let wanted: Vec<PathBuf> = offered.iter().map(|it| part_of(data_dir, it)).collect();
    let entries = std::fs::read_dir(incoming(data_dir)).into_iter().flatten();
    for left in entries.flatten().map(|entry| entry.path()) {
        if wanted.contains(&left) {
            continue;
        }
        // What stays takes room, and holds up no update.
        if let Err(error) = std::fs::remove_file(&left) {
            tracing::warn!(error = %error, "{} is left over and cannot be removed", left.display());
        }
    }
}

/// Goes on where an earlier fetch ended.
async fn fetch(client: &Client, package: &PackageFile, part: &Path) -> Result<(), UpdateFault> {
    let failed = UpdateFault::file(part);
    let mut options = std::fs::OpenOptions::new();
    let opened = options.create(true).truncate(false).write(true).open(part);
    let mut file = opened.map_err(&failed)?;
    let mut at = file.seek(SeekFrom::End(0)).map_err(&failed)?;
    if package.size_bytes < at {
        file.set_len(0).map_err(&failed)?;
        at = file.seek(SeekFrom::Start(0)).map_err(&failed)?;
    }
    while at < package.size_bytes {
        let piece = client.update_piece(&package.sha256, at).await?;
        if piece.is_empty() {
            break;
        }
        file.write_all(&piece).map_err(&failed)?;
        at += u64::try_from(piece.len()).unwrap_or(0);
    }
    file.sync_all().map_err(&failed)
}
