//! 「機器一覧」 (G39): the devices of the facility. Whoever may unlock this screen reads it, for a desk asks for it; an administrator
//! changes it, and never over what another changed meanwhile.

pub(crate) mod edit;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::account::AccountKind;
use domain::civil_date::CivilDate;
use domain::facility_kind::FacilityKind;
use domain::inventory::{Device, DeviceText, Inventory};
use domain::support_directory::choice::free_set_ups_left;
use domain::support_directory::desk::Contract;
use ui::component::{
    Banner, Choice, ErrorSummary, Fact, Fault, Need, Select, TextField, Tone, Width,
};
use ui::language::Words;

use crate::inventory::part_name;
use crate::pages::support::{facility_kind, frame};
use crate::pages::{Frame, Staff, Visitor, done, show};
use crate::serve::App;
use crate::{days, inventory};

/// The page's own path.
pub(crate) const HERE: &str = "/inventory";

/// The path of a machine's page.
pub(crate) const DEVICE: &str = "/inventory/device";

#[derive(Template)]
#[template(path = "inventory.html")]
pub(super) struct InventoryPage {
    pub(super) frame: Frame,
    /// What is wrong in the form of the contract.
    pub(super) summary: ErrorSummary,
    /// What it is for.
    pub(super) lead: String,
    pub(super) heads: Vec<String>,
    pub(super) devices: Vec<DeviceView>,
    pub(super) facts: Vec<Fact>,
    /// For an administrator.
    pub(super) form: Option<ContractForm>,
    pub(super) version: String,
    pub(super) changed: Option<String>,
    pub(super) free_left: Option<String>,
    /// The day on which a free set-up of the PC was used.
    pub(super) free_day: TextField,
    /// Those noted.
    pub(super) free_used: Vec<UsedDay>,
}

/// A day noted as one of a free set-up.
pub(super) struct UsedDay {
    /// As it is sent.
    pub(super) day: String,
    /// What its button says.
    pub(super) remove: String,
}

pub(super) struct DeviceView {
    /// Where it is edited.
    pub(super) href: String,
    pub(super) part: &'static str,
    pub(super) name: String,
    pub(super) serial: String,
    pub(super) place: String,
    pub(super) seller: String,
}

pub(super) struct ContractForm {
    pub(super) contract: Select,
    pub(super) fields: Vec<TextField>,
}

pub(crate) async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    let mut frame = frame(&app, &visitor, HERE);
    let staff = Staff::of(&visitor, &app);
    if let Some(staff) = &staff {
        let told = app.browsers.with(&staff.key, |browser| browser.told.take());
        frame.banners.extend(told.flatten().map(done));
    }
    let is_administrator = staff.is_some_and(|it| it.kind() == Some(AccountKind::Administrator));
    let kind = facility_kind(&app);
    let kept = match inventory::read(app.upkeep.data_dir()) {
        Ok(kept) => kept,
        Err(error) => {
            frame.banners.push(Banner::new(
                Tone::Error,
                Fault {
                    code: "inventory_unreadable".into(),
                    text: error.to_string(),
                },
            ));
            return show(
                StatusCode::INTERNAL_SERVER_ERROR,
                &inventory_page(
                    &Inventory::default(),
                    frame,
                    kind,
                    false,
                    app.now().date_in_japan(),
                ),
            );
        }
    };
    let today = app.now().date_in_japan();
    show(
        StatusCode::OK,
        &inventory_page(&kept, frame, kind, is_administrator, today),
    )
}

pub(super) fn inventory_page(
    kept: &Inventory,
    frame: Frame,
    kind: Option<FacilityKind>,
    is_administrator: bool,
    today: CivilDate,
) -> InventoryPage {
    let words = frame.words.clone();
    let contents = &kept.contents;
    let devices = contents.devices.iter().enumerate();
    let heads = [
        "device-part",
        "device-model",
        "device-serial",
        "device-place",
        "device-seller",
    ];
    let changed = kept.changed.as_ref().map(|(by, at)| {
        let at = at.to_minute_in_japan();
        words.say_with(
            "inventory-changed",
            &[("account", by.as_str()), ("at", &at)],
        )
    });
    let has_contract = contents.contract == Some(Contract::With);
    // Starting and stopping is for places with a face reader (G18, G37).
    let has_reader = kind.is_none_or(|kind| kind.differences().has_reader);
    InventoryPage {
        summary: ErrorSummary::default(),
        lead: words.say(if has_reader {
            "inventory-lead"
        } else {
            "inventory-lead-without-reader"
        }),
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        devices: devices.map(|(at, it)| view(at, it, kind, &words)).collect(),
        facts: facts(kept, &words),
        form: is_administrator.then(|| contract_form(kept, &words)),
        version: kept.version.to_string(),
        changed,
        free_left: has_contract.then(|| {
            let left = free_set_ups_left(&contents.free_set_ups, today, 1);
            let left = u64::try_from(left).unwrap_or_default();
            words.say_with("free-set-ups-left", &[("left", left)])
        }),
        free_day: TextField {
            support: words.say("free-set-up-day-support"),
            value: today.to_string(),
            ..TextField::new("day", words.say("free-set-up-day"))
        },
        free_used: used_days(&contents.free_set_ups, &words),
        frame,
    }
}

fn used_days(used: &[CivilDate], words: &Words) -> Vec<UsedDay> {
    let days = used.iter().map(|day| {
        let shown = days::show(&day.to_string(), words);
        UsedDay {
            day: day.to_string(),
            remove: words.say_with("free-set-up-remove", &[("day", shown)]),
        }
    });
    days.collect()
}

fn view(at: usize, device: &Device, kind: Option<FacilityKind>, words: &Words) -> DeviceView {
    let text = |it: &Option<DeviceText>| it.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = [text(&device.maker), text(&device.model)];
    DeviceView {
        href: format!("{HERE}/device?at={at}"),
        part: part_name(kind, device.part, words),
        name: name.join(" ").trim().to_owned(),
        serial: text(&device.serial),
        place: text(&device.place),
        seller: text(&device.seller),
    }
}

fn facts(kept: &Inventory, words: &Words) -> Vec<Fact> {
    let contents = &kept.contents;
    let contract = words.say(match contents.contract {
        Some(Contract::With) => "contract-yes",
        Some(Contract::Without) => "contract-no",
        None => "contract-unknown",
    });
    let mut facts = Vec::new();
    let mut add = |key: &str, text: Option<String>| {
        facts.extend(text.map(|text| Fact {
            label: words.say(key),
            text,
            meaning: String::new(),
        }));
    };
    add("contract", Some(contract));
    add(
        "contract-phone",
        contents.contract_phone.as_ref().map(ToString::to_string),
    );
    add(
        "installer",
        contents.installer.as_ref().map(ToString::to_string),
    );
    add(
        "installer-phone",
        contents.installer_phone.as_ref().map(ToString::to_string),
    );
    let used: Vec<String> = contents
        .free_set_ups
        .iter()
        .map(|day| days::show(&day.to_string(), words))
        .collect();
    add("free-set-ups", (!used.is_empty()).then(|| used.join("、")));
    facts
}

fn optional(name: &'static str, words: &Words, key: &str, value: String) -> TextField {
    TextField {
        need: Need::Optional,
        width: Width::Full,
        value,
        ..TextField::new(name, words.say(key))
    }
}

fn contract_form(kept: &Inventory, words: &Words) -> ContractForm {
    let contents = &kept.contents;
    let option = |value: &str, key: &str| Choice {
        value: value.into(),
        label: words.say(key),
    };
    let text = |it: Option<String>| it.unwrap_or_default();
    ContractForm {
        contract: Select {
            name: "contract",
            label: words.say("contract"),
            support: words.say("contract-support"),
            need: Need::Optional,
            width: Width::Medium,
            options: vec![
                option("", "contract-unknown"),
                option("with", "contract-yes"),
                option("without", "contract-no"),
            ],
            value: contents
                .contract
                .map(Contract::as_str)
                .unwrap_or_default()
                .to_owned(),
            errors: Vec::new(),
        },
        fields: vec![
            optional(
                "contract_phone",
                words,
                "contract-phone",
                text(contents.contract_phone.as_ref().map(ToString::to_string)),
            ),
            optional(
                "installer",
                words,
                "installer",
                text(contents.installer.as_ref().map(ToString::to_string)),
            ),
            optional(
                "installer_phone",
                words,
                "installer-phone",
                text(contents.installer_phone.as_ref().map(ToString::to_string)),
            ),
        ],
    }
}
