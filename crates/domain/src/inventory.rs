//! The devices of a facility (G39): what stands where, from whom, with which serial number. Holds nothing of people, and lets nobody
//! overwrite what another changed meanwhile.

use core::fmt;

use crate::civil_date::{CivilDate, Instant};
use crate::equipment::Part;
use crate::support_directory::desk::{Contract, PhoneNumber};

/// A short text on a device: 1 to 80 characters in one line, without blanks at its ends.
///
/// ```
/// use domain::inventory::DeviceText;
/// assert_eq!(DeviceText::parse(" RTX830 ").unwrap().as_str(), "RTX830");
/// assert!(DeviceText::parse("").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceText(String);

/// Why a text is none of a device.
///
/// ```
/// use domain::inventory::{DeviceText, InvalidDeviceText};
/// assert_eq!(DeviceText::parse(&"x".repeat(81)), Err(InvalidDeviceText::TooLong));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDeviceText {
    /// Nothing is left of it.
    #[error("空です。 / it is empty")]
    Empty,
    /// More than 80 characters.
    #[error("80文字を超えています。 / more than 80 characters")]
    TooLong,
    /// A character that stands on no label.
    #[error("改行などの制御文字があります。 / it holds control characters")]
    Control,
}

impl DeviceText {
    /// The most characters.
    pub const MOST_CHARS: usize = 80;

    /// Reads one.
    ///
    /// # Errors
    /// [`InvalidDeviceText`].
    pub fn parse(text: &str) -> Result<Self, InvalidDeviceText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidDeviceText::Empty);
        }
        if Self::MOST_CHARS < text.chars().count() {
            return Err(InvalidDeviceText::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidDeviceText::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A device.
///
/// ```
/// use domain::equipment::Part;
/// use domain::inventory::Device;
/// assert_eq!(Device::new(Part::Router).model, None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What it is.
    pub part: Part,
    /// Its maker.
    pub maker: Option<DeviceText>,
    /// Its model.
    pub model: Option<DeviceText>,
    /// Its serial number.
    pub serial: Option<DeviceText>,
    /// Where the label with the serial number is.
    pub label: Option<DeviceText>,
    /// Where it stands.
    pub place: Option<DeviceText>,
    /// Who sold it.
    pub seller: Option<DeviceText>,
    /// Whom to call about it, where that is not in the support directory.
    pub phone: Option<PhoneNumber>,
}

impl Device {
    /// A device of which nothing more is known.
    #[must_use]
    pub fn new(part: Part) -> Self {
        Self {
            part,
            maker: None,
            model: None,
            serial: None,
            label: None,
            place: None,
            seller: None,
            phone: None,
        }
    }
}

/// What an inventory says.
///
/// ```
/// assert!(domain::inventory::Contents::default().devices.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// Whether the facility has the support contract; `None` while nobody said.
    pub contract: Option<Contract>,
    /// The contract's own number, which arrives by post.
    pub contract_phone: Option<PhoneNumber>,
    /// Who set the workplace up.
    pub installer: Option<DeviceText>,
    /// How to call them.
    pub installer_phone: Option<PhoneNumber>,
    /// The devices, in the order they were written down.
    pub devices: Vec<Device>,
    /// The days on which a free re-set-up of the PC was used.
    pub free_set_ups: Vec<CivilDate>,
}

impl Contents {
    /// The first device of a part.
    #[must_use]
    pub fn device(&self, part: Part) -> Option<&Device> {
        self.devices.iter().find(|it| it.part == part)
    }

    /// Every device of a part, in the order they were written down.
    pub fn devices_of(&self, part: Part) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(move |it| it.part == part)
    }
}

/// Counts the changes of an inventory.
///
/// ```
/// use domain::inventory::Version;
/// assert_eq!(Version::default().to_string(), "0");
/// assert_eq!(Version::parse("7"), Some(Version(7)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Version(pub u64);

impl Version {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why an inventory was not changed.
///
/// ```
/// use domain::civil_date::Instant;
/// use domain::inventory::{Contents, Inventory, NotChanged, Version};
/// let now = Instant::from_micros(0);
/// let stale = Inventory::default().revise(Version(3), Contents::default(), "kanri", now);
/// assert_eq!(stale, Err(NotChanged::Meanwhile));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotChanged {
    /// Somebody changed it since it was read.
    #[error("it was changed meanwhile")]
    Meanwhile,
    /// More than [`Inventory::MOST_DEVICES`].
    #[error("more devices than an inventory holds")]
    TooMany,
}

/// An inventory with its history of one step.
///
/// ```
/// use domain::inventory::Inventory;
/// assert!(Inventory::default().changed.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// Its version.
    pub version: Version,
    /// Who changed it last, and when: an account's ID.
    pub changed: Option<(String, Instant)>,
    /// What it says.
    pub contents: Contents,
}

impl Inventory {
    /// The most devices.
    pub const MOST_DEVICES: usize = 60;

    /// The inventory with other contents, for whoever read it at `based_on`.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub fn revise(
        &self,
        based_on: Version,
        contents: Contents,
        by: &str,
        now: Instant,
    ) -> Result<Self, NotChanged> {
        if based_on != self.version {
            return Err(NotChanged::Meanwhile);
        }
        if Self::MOST_DEVICES < contents.devices.len() {
            return Err(NotChanged::TooMany);
        }
        Ok(Self {
            version: Version(self.version.0.saturating_add(1)),
            changed: Some((by.to_owned(), now)),
            contents,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_of_a_part_counts_in_the_order_it_was_written_down() {
        let named = |part, model: &str| Device {
            model: DeviceText::parse(model).ok(),
            ..Device::new(part)
        };
        let devices = vec![
            named(Part::Display, "A"),
            named(Part::Router, "B"),
            named(Part::Display, "C"),
        ];
        let all = Contents {
            devices,
            ..Contents::default()
        };
        let displays: Vec<_> = all.devices_of(Part::Display).collect();
        assert_eq!(displays, [&all.devices[0], &all.devices[2]]);
        assert_eq!(all.devices_of(Part::Hub).count(), 0);
    }

    #[test]
    fn of_two_who_edit_at_once_the_second_is_told_and_overwrites_nothing() {
        let now = Instant::from_micros(0);
        let read = Inventory::default();
        let mut mine = Contents::default();
        mine.devices.push(Device::new(Part::Router));
        let first = read.revise(read.version, mine.clone(), "a", now).unwrap();
        let second = first.revise(read.version, Contents::default(), "b", now);
        assert_eq!(second, Err(NotChanged::Meanwhile));
        assert_eq!(first.contents, mine);
    }
}
