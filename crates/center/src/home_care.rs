//! Home care and remote care (G32): what the terminal asks on the api listener, and on a listener of its own the pages that addresses lead to and
//! what an app asks. An address grants nothing; a device proves its key with each request; a card proves its holder as at any reader.

pub(crate) mod addresses;
pub(crate) mod at_device;
pub(crate) mod codes;
pub(crate) mod consents;
pub(crate) mod devices;
pub(crate) mod listener;
pub(crate) mod notices;
pub(crate) mod pages;
pub(crate) mod proven;

use api::problem::MemberError;
use domain::check::Finding;
use domain::home_care::VisualCheck;
use domain::identification::{Abilities, FaceCapability, TerminalKeys};
use domain::reader::ReaderId;
use store::home_care::checks::{Asks, NewHomeCheck};
use store::home_care::devices::Device;

use crate::card_checks::{AtHome, is_covered};

/// What a device is where a reader stands elsewhere: it compares no faces, and only one that was activated for staff's check by eye may have a
/// card sign without its PIN.
pub(crate) fn reader_of(device: &Device) -> (ReaderId, Abilities) {
    let terminal_keys = match device.visual() {
        VisualCheck::Allowed => TerminalKeys::Enrolled,
        VisualCheck::No => TerminalKeys::None,
    };
    let abilities = Abilities {
        terminal_keys,
        face: FaceCapability::None,
    };
    (ReaderId::HomeDevice(device.id), abilities)
}

/// What is recorded with a check at home.
pub(crate) fn recorded(home: &AtHome, finding: &Finding<'_>) -> NewHomeCheck {
    let bound = home.device.bound.as_ref();
    NewHomeCheck {
        device: home.device.id,
        address: home.address.id.clone(),
        care: home.address.care,
        join: home.join.clone(),
        asks: if is_covered(finding) {
            Asks::HomeCare
        } else {
            Asks::Nothing
        },
        confirmed_by: bound.map(|it| it.account.to_string()),
    }
}

/// A member that none of the names fits.
fn unknown(member: &'static str, ja: &str, en: &str) -> MemberError {
    MemberError::new(member, "unknown", ja, en)
}
