//! The inventory (G39) in the terminal's data folder: one file, written whole, changed under a lock, so that two who edit at once, on
//! pages or in the shell, never overwrite each other. A file that cannot be read is left as it is.

use std::fs::File;
use std::path::{Path, PathBuf};

use domain::civil_date::{CivilDate, Instant};
use domain::equipment::Part;
use domain::facility_kind::FacilityKind;
use domain::inventory::{Contents, Device, DeviceText, Inventory, NotChanged, Version};
use domain::support_directory::desk::{Contract, PhoneNumber};
use serde::{Deserialize, Serialize};
use ui::language::Words;

/// Name of the file in the data folder.
const FILE: &str = "inventory.json";

/// Name of the file that is locked while the inventory is changed.
const LOCK: &str = "inventory.lock";

/// Why an inventory, or what the facility wrote on its set-up sheet, was not read.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    /// The file cannot be read.
    #[error("{0}: 読み取れません。権限を確かめてください。 / cannot be read: {1}")]
    File(PathBuf, std::io::Error),
    /// It is damaged, or of a newer version.
    #[error(
        "{0}: 内容が壊れています。バックアップから戻すか、削除して入力し直してください。 / is damaged ({1}); restore it from a backup, or delete it and enter it anew"
    )]
    Damaged(PathBuf, String),
}

/// Why an inventory was not changed. Then it is as before.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] NotRead),
    /// The rule says no.
    #[error(transparent)]
    Rule(#[from] NotChanged),
    /// It could not be written.
    #[error("{0}: 書き込めません。空き容量と権限を確かめてください。 / cannot be written: {1}")]
    File(PathBuf, String),
}

/// What a part is called at a facility of this kind, where it is known (G37).
pub(crate) fn part_name(kind: Option<FacilityKind>, part: Part, words: &Words) -> &'static str {
    let generic = || (part.label_ja(), part.label_en());
    let (ja, en) = kind.map_or_else(generic, |kind| kind.part_name(part));
    words.choose(ja, en)
}

/// The inventory of a data folder; an empty one where none was written yet.
///
/// # Errors
/// [`NotRead`].
pub fn read(data_dir: &Path) -> Result<Inventory, NotRead> {
    let file = data_dir.join(FILE);
    let bytes = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Inventory::default());
        }
        Err(error) => return Err(NotRead::File(file, error)),
    };
    let row: InventoryRow = serde_json::from_slice(&bytes)
        .map_err(|error| NotRead::Damaged(file.clone(), error.to_string()))?;
    row.inventory()
        .ok_or_else(|| NotRead::Damaged(file, "a value is out of its range".into()))
}

/// Changes the inventory for whoever read it at `based_on`; returns it as it is then.
///
/// # Errors
/// [`NotWritten`]; [`NotChanged::Meanwhile`] when somebody else was faster.
pub fn change(
    data_dir: &Path,
    based_on: Version,
    contents: Contents,
    by: &str,
    now: Instant,
) -> Result<Inventory, NotWritten> {
    let lock = data_dir.join(LOCK);
    let failed = |error: &dyn std::fmt::Display| NotWritten::File(lock.clone(), error.to_string());
    let held = File::create(&lock).map_err(|error| failed(&error))?;
    // Ends when the file is dropped.
    held.lock().map_err(|error| failed(&error))?;
    let changed = read(data_dir)?.revise(based_on, contents, by, now)?;
    let file = data_dir.join(FILE);
    let bytes = serde_json::to_vec_pretty(&InventoryRow::of(&changed))
        .map_err(|error| NotWritten::File(file.clone(), error.to_string()))?;
    pki::sealed::write_private(&file, &bytes)
        .map_err(|error| NotWritten::File(file.clone(), error.to_string()))?;
    Ok(changed)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InventoryRow {
    version: u64,
    changed_by: Option<String>,
    changed_at: Option<String>,
    contract: Option<String>,
    contract_phone: Option<String>,
    installer: Option<String>,
    installer_phone: Option<String>,
    devices: Vec<DeviceRow>,
    free_set_ups: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct DeviceRow {
    part: String,
    maker: Option<String>,
    model: Option<String>,
    serial: Option<String>,
    label: Option<String>,
    place: Option<String>,
    seller: Option<String>,
    phone: Option<String>,
}

/// A value that is absent, or good, or makes the whole unreadable.
fn each<T>(text: Option<String>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        None => Some(None),
        Some(text) => parse(&text).map(Some),
    }
}

fn device_text(text: &str) -> Option<DeviceText> {
    DeviceText::parse(text).ok()
}

impl InventoryRow {
    fn of(inventory: &Inventory) -> Self {
        let contents = &inventory.contents;
        let (by, at) = inventory.changed.clone().unzip();
        let phone = |it: &Option<PhoneNumber>| it.as_ref().map(ToString::to_string);
        Self {
            version: inventory.version.0,
            changed_by: by,
            changed_at: at.map(|at| at.to_string()),
            contract: contents.contract.map(|it| it.as_str().to_owned()),
            contract_phone: phone(&contents.contract_phone),
            installer: contents.installer.as_ref().map(ToString::to_string),
            installer_phone: phone(&contents.installer_phone),
            devices: contents.devices.iter().map(DeviceRow::of).collect(),
            free_set_ups: contents
                .free_set_ups
                .iter()
                .map(ToString::to_string)
                .collect(),
        }
    }

    fn inventory(self) -> Option<Inventory> {
        let at = each(self.changed_at, |it| Instant::parse(it).ok())?;
        let devices = self.devices.into_iter().map(DeviceRow::device);
        let days = self.free_set_ups.iter();
        Some(Inventory {
            version: Version(self.version),
            changed: self.changed_by.zip(at),
            contents: Contents {
                contract: each(self.contract, Contract::parse)?,
                contract_phone: each(self.contract_phone, PhoneNumber::parse)?,
                installer: each(self.installer, device_text)?,
                installer_phone: each(self.installer_phone, PhoneNumber::parse)?,
                devices: devices.collect::<Option<_>>()?,
                free_set_ups: days
                    .map(|it| CivilDate::parse_iso(it).ok())
                    .collect::<Option<_>>()?,
            },
        })
    }
}

impl DeviceRow {
    fn of(device: &Device) -> Self {
        let text = |it: &Option<DeviceText>| it.as_ref().map(ToString::to_string);
        Self {
            part: device.part.as_str().to_owned(),
            maker: text(&device.maker),
            model: text(&device.model),
            serial: text(&device.serial),
            label: text(&device.label),
            place: text(&device.place),
            seller: text(&device.seller),
            phone: device.phone.as_ref().map(ToString::to_string),
        }
    }

    fn device(self) -> Option<Device> {
        Some(Device {
            part: Part::parse(&self.part)?,
            maker: each(self.maker, device_text)?,
            model: each(self.model, device_text)?,
            serial: each(self.serial, device_text)?,
            label: each(self.label, device_text)?,
            place: each(self.place, device_text)?,
            seller: each(self.seller, device_text)?,
            phone: each(self.phone, PhoneNumber::parse)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_micros(1_795_000_000_000_000);

    fn contents() -> Contents {
        let text = |it| DeviceText::parse(it).ok();
        let mut router = Device::new(Part::Router);
        router.maker = text("YAMAHA");
        router.model = text("RTX830");
        router.serial = text("S1234");
        Contents {
            contract: Some(Contract::With),
            contract_phone: PhoneNumber::parse("0120-000-000"),
            devices: vec![router],
            free_set_ups: vec![NOW.date_in_japan()],
            ..Contents::default()
        }
    }

    #[test]
    fn an_inventory_reads_back_as_written() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), Inventory::default());
        let written = change(dir.path(), Version(0), contents(), "kanri", NOW).unwrap();
        assert_eq!(written.version, Version(1));
        assert_eq!(read(dir.path()).unwrap(), written);
        assert_eq!(written.contents, contents());
    }

    #[test]
    fn of_many_who_edit_at_once_exactly_one_wins_and_the_others_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let editors: Vec<_> = (0..8)
                .map(|editor| {
                    let dir = dir.path();
                    scope.spawn(move || {
                        change(dir, Version(0), contents(), &editor.to_string(), NOW)
                    })
                })
                .collect();
            editors.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1);
        for lost in outcomes.into_iter().filter_map(Result::err) {
            assert!(
                matches!(lost, NotWritten::Rule(NotChanged::Meanwhile)),
                "{lost}"
            );
        }
    }

    #[test]
    fn a_damaged_file_is_told_of_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        for damaged in ["{", "{\"version\": 1}", "[]"] {
            std::fs::write(&file, damaged).unwrap();
            let error = change(dir.path(), Version(0), contents(), "kanri", NOW).unwrap_err();
            assert!(error.to_string().contains("inventory.json"), "{error}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged);
        }
    }
}
