//! Whom to call about a matter: desks of the directory with the names and numbers that the inventory fills in, and the seller of a device that
//! the directory has no desk for. Invents no number: what the directory leaves to the facility comes from its inventory, or is missing.

use domain::civil_date::Instant;
use domain::holidays::Holidays;
use domain::inventory::{Contents, Device, DeviceText};
use domain::support_directory::choice::{Choice, Installed};
use domain::support_directory::desk::{Desk, Matter, Phone, PhoneNumber, SupportDirectory};
use domain::support_directory::hours::{Doubt, State};

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact<'a> {
    /// The desk; `None` for the seller of a device.
    pub choice: Option<Choice<'a>>,
    /// Whom to ask for.
    pub name: String,
    /// The numbers, each with its note, which may be empty.
    pub phones: Vec<(String, String)>,
    /// The devices of the matter that it is for, as far as the inventory knows any.
    pub devices: Vec<&'a Device>,
}

impl Contact<'_> {
    /// The desk's identifier, or `seller`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.choice.map_or("seller", |it| it.desk.id.as_str())
    }

    /// Whether the facility has a number to fill in.
    #[must_use]
    pub fn lacks_number(&self) -> bool {
        self.phones.is_empty() && self.choice.is_none_or(|it| it.desk.filled_in)
    }

    /// Its state at an instant, and what is not certain about that.
    #[must_use]
    pub fn state(&self, at: Instant, holidays: &Holidays) -> (State, Vec<Doubt>) {
        match self.choice {
            Some(choice) => choice.desk.state(at, holidays),
            None => (State::HoursNotKnown, Vec::new()),
        }
    }

    /// Whether both are one to call. A desk that the facility fills in is another one for each maker.
    fn is_same(&self, other: &Self) -> bool {
        self.id() == other.id() && self.name == other.name && self.phones == other.phones
    }
}

/// Whom to call about a matter, the first one first: of every device of its part.
#[must_use]
pub fn contacts<'a>(
    directory: &'a SupportDirectory,
    inventory: &'a Contents,
    matter: Matter,
) -> Vec<Contact<'a>> {
    let devices: Vec<&Device> = match matter {
        Matter::Part(part) => inventory.devices_of(part).collect(),
        Matter::Operation | Matter::SetUpChange | Matter::Claims | Matter::ClaimsElsewhere => {
            Vec::new()
        }
    };
    let mut listed: Vec<Contact<'a>> = Vec::new();
    // Nothing is known of the device where none was written down.
    let known = devices.iter().copied().map(Some);
    for device in known.chain(devices.is_empty().then_some(None)) {
        for contact in of_device(directory, inventory, matter, device) {
            match listed.iter_mut().find(|it| it.is_same(&contact)) {
                Some(known) => known.devices.extend(contact.devices),
                None => listed.push(contact),
            }
        }
    }
    listed
}

/// Whom to call about a device, or about a matter of none.
fn of_device<'a>(
    directory: &'a SupportDirectory,
    inventory: &'a Contents,
    matter: Matter,
    device: Option<&'a Device>,
) -> Vec<Contact<'a>> {
    let installed = Installed {
        maker: device
            .and_then(|it| it.maker.as_ref())
            .map(DeviceText::as_str),
        model: device
            .and_then(|it| it.model.as_ref())
            .map(DeviceText::as_str),
    };
    let choices = directory.desks_for(matter, inventory.contract, installed);
    let contacts = choices
        .into_iter()
        .map(|it| of_choice(it, inventory, device));
    let mut contacts: Vec<Contact<'a>> = contacts.collect();
    if contacts.is_empty() {
        contacts.extend(device.and_then(seller));
    }
    contacts
}

fn of_choice<'a>(
    choice: Choice<'a>,
    inventory: &'a Contents,
    device: Option<&'a Device>,
) -> Contact<'a> {
    let own = device.or_else(|| own_device(choice.desk, inventory));
    Contact {
        choice: Some(choice),
        name: name(choice.desk, inventory, own),
        phones: phones(choice.desk, inventory, own),
        devices: device.into_iter().collect(),
    }
}

/// Who sold a device, where the directory has no desk for its model.
fn seller(device: &Device) -> Option<Contact<'_>> {
    let name = device.seller.as_ref().or(device.maker.as_ref())?;
    let number = device.phone.as_ref().map(PhoneNumber::to_string);
    Some(Contact {
        choice: None,
        name: name.to_string(),
        phones: number.into_iter().map(|it| (it, String::new())).collect(),
        devices: vec![device],
    })
}

/// The device a desk's own data come from, where the matter is of none.
fn own_device<'a>(desk: &Desk, inventory: &'a Contents) -> Option<&'a Device> {
    let mut matters = desk.scope.iter().map(|it| it.matter);
    matters.find_map(|matter| match matter {
        Matter::Part(part) => inventory.device(part),
        Matter::Operation | Matter::SetUpChange | Matter::Claims | Matter::ClaimsElsewhere => None,
    })
}

fn is_of_installer(desk: &Desk) -> bool {
    desk.scope
        .iter()
        .any(|it| it.matter == Matter::ClaimsElsewhere)
}

fn name(desk: &Desk, inventory: &Contents, device: Option<&Device>) -> String {
    if !desk.filled_in || desk.is_of_contract() {
        return desk.name.clone();
    }
    let own = if is_of_installer(desk) {
        inventory.installer.as_ref()
    } else {
        device.and_then(|it| it.seller.as_ref().or(it.maker.as_ref()))
    };
    own.map_or_else(
        || desk.name.clone(),
        |own| format!("{own}（{}）", desk.name),
    )
}

fn phones(desk: &Desk, inventory: &Contents, device: Option<&Device>) -> Vec<(String, String)> {
    let listed = desk.phones.iter().filter_map(|phone| {
        let Phone { number, when, note } = phone;
        let note = when.iter().chain(note).cloned().collect::<Vec<_>>();
        Some((number.as_ref()?.to_string(), note.join(" ")))
    });
    let own = match desk.filled_in {
        false => None,
        true if desk.is_of_contract() => inventory.contract_phone.as_ref(),
        true if is_of_installer(desk) => inventory.installer_phone.as_ref(),
        true => device.and_then(|it| it.phone.as_ref()),
    };
    let own = own.map(|number| (number.to_string(), String::new()));
    own.into_iter().chain(listed).collect()
}

#[cfg(test)]
mod tests {
    use domain::equipment::Part;
    use domain::support_directory::desk::Contract;

    use super::*;
    use crate::support::Support;

    fn router(model: &str, seller: &str) -> Device {
        Device {
            model: DeviceText::parse(model).ok(),
            seller: DeviceText::parse(seller).ok(),
            phone: PhoneNumber::parse("0120-000-000"),
            ..Device::new(Part::Router)
        }
    }

    #[test]
    fn a_device_without_a_desk_leads_to_its_seller_and_the_others_to_their_desk_once() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Support::new(dir.path()).directory().data;
        let inventory = Contents {
            contract: Some(Contract::With),
            contract_phone: PhoneNumber::parse("0120-111-111"),
            installer: DeviceText::parse("見本設定").ok(),
            installer_phone: PhoneNumber::parse("0120-222-222"),
            devices: vec![
                router("RTX830", "甲商会"),
                router("WXR-6000", "乙商会"),
                router("RTX830", "丙商会"),
            ],
            ..Contents::default()
        };
        let of = |matter| contacts(&directory, &inventory, matter);
        let called = of(Matter::Part(Part::Router));
        let ids: Vec<&str> = called.iter().map(Contact::id).collect();
        assert_eq!(ids, ["office-prime-dedicated", "seller"]);
        assert_eq!(called[0].phones[0].0, "0120-111-111");
        assert_eq!(called[0].devices.len(), 2);
        assert_eq!(called[1].name, "乙商会");
        assert_eq!(called[1].phones[0].0, "0120-000-000");
        // The installer's own number, where the matter is of no device.
        let called = of(Matter::ClaimsElsewhere);
        assert!(called[0].name.starts_with("見本設定"), "{called:?}");
        assert_eq!(called[0].phones[0].0, "0120-222-222");
        assert!(!called[0].lacks_number());
    }
}
