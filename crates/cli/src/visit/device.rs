//! What a device of home visits is: a folder with its sealed key, its name at the center, and the queue of what is on its way. Holds no PIN and
//! no activation code.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use api::client::Client;
use pki::device_key::DeviceKey;
use pki::sealed::{MachineKey, write_private};
use serde::{Deserialize, Serialize};

use super::queue::Queue;
use crate::client::{Given, explain_of};
use crate::told;

/// What a device knows of the center and of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    /// The center's home listener.
    pub(crate) center: String,
    /// Its root, PEM.
    pub(crate) root: String,
    /// The identifier in the facility's address.
    pub(crate) address: String,
    /// The center's name: nothing is signed for another.
    pub(crate) center_name: String,
    /// The facility's code: nothing is signed for another.
    pub(crate) facility: String,
    /// Its name.
    pub(crate) facility_name: String,
    /// This device at the center; empty until it is known there.
    pub(crate) device: String,
}

impl Told {
    /// Of a facility's address and the center's root.
    pub(crate) fn at(address: &str, root: &Path) -> anyhow::Result<Self> {
        let id = identifier(address)?;
        let center = address.split_once("/f/").map_or("", |(center, _)| center);
        Ok(Self {
            center: center.to_owned(),
            root: told::read_text(root)?,
            address: id.to_owned(),
            ..Self::default()
        })
    }
}

/// The identifier in an address as a QR code holds it, or the identifier alone.
pub(crate) fn identifier(address: &str) -> anyhow::Result<&str> {
    let id = address.split_once("/f/").map_or(address, |(_, id)| id);
    let id = id.split('?').next().unwrap_or_default();
    domain::home_care::address::AddressId::parse(id).map_err(|_| {
        told::both(
            "--address には QRコードのアドレス（https://…/f/…）を指定してください。",
            "--address: give the address of the QR code (https://…/f/…)",
        )
    })?;
    Ok(id)
}

/// A device at work.
pub(crate) struct Device {
    dir: PathBuf,
    machine: MachineKey,
    key: DeviceKey,
    known: Told,
    client: Client,
}

/// File with what the device knows.
const FILE: &str = "visit.json";

impl Device {
    /// Makes a device in a folder, or gives the one there another address.
    pub(crate) fn make(dir: &Path, known: Told) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir).map_err(|error| told::unwritable(dir, &error))?;
        Self::with(dir, known)
    }

    /// The device of a folder.
    pub(crate) fn open(dir: &Path) -> anyhow::Result<Self> {
        let file = dir.join(FILE);
        let text = std::fs::read_to_string(&file).map_err(|error| match error.kind() {
            ErrorKind::NotFound => not_activated(dir),
            _ => told::unreadable(&file, &error),
        })?;
        let known = serde_json::from_str(&text).map_err(|_| {
            told::both(
                &format!(
                    "{}: 読めません。onshi visit activate からやり直してください。",
                    dir.display()
                ),
                "the folder's visit.json does not read; begin with onshi visit activate",
            )
        })?;
        Self::with(dir, known)
    }

    fn with(dir: &Path, known: Told) -> anyhow::Result<Self> {
        let machine = MachineKey::open(&dir.join("machine.key"))?;
        let key = DeviceKey::open(&dir.join("device.key"), &machine)?;
        let root = pki::identity::first_certificate(known.root.as_bytes()).ok_or_else(|| {
            told::both(
                "root に証明書がありません。",
                "the root holds no certificate",
            )
        })?;
        let client = Client::by(crate::serve::clock(), &known.center, &root, None)
            .map_err(|error| explain_of(&error, Given::Visit))?;
        Ok(Self {
            dir: dir.to_owned(),
            machine,
            key,
            known,
            client,
        })
    }

    /// Writes down what it knows now.
    pub(crate) fn learn(&self, known: &Told) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(known)?;
        Ok(write_private(&self.dir.join(FILE), &text)?)
    }

    pub(crate) fn known(&self) -> &Told {
        &self.known
    }

    pub(crate) fn key(&self) -> &DeviceKey {
        &self.key
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// What is on its way.
    pub(crate) fn queue(&self) -> Queue<'_> {
        Queue::of(self.dir.join("on-its-way"), &self.machine)
    }
}

/// A folder without a device.
fn not_activated(dir: &Path) -> anyhow::Error {
    let dir = dir.display();
    told::both(
        &format!(
            "{dir} に、この機器のアクティベーションの記録（{FILE}）がありません。先に onshi visit activate を実行するか、--dir を確かめてください。"
        ),
        &format!(
            "{dir} holds no device for home visits ({FILE}); run onshi visit activate first, or look at --dir"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_device_leads_to_its_activation() {
        let dir = tempfile::tempdir().unwrap();
        let told = |dir: &Path| Device::open(dir).err().unwrap().to_string();
        for missing in [dir.path(), &dir.path().join("nowhere")] {
            let told = told(missing);
            for part in [
                "先に onshi visit activate",
                "run onshi visit activate first",
            ] {
                assert!(told.contains(part), "{told}");
            }
        }
        std::fs::create_dir(dir.path().join(FILE)).unwrap();
        let told = told(dir.path());
        assert!(!told.contains("visit activate"), "{told}");
    }
}
