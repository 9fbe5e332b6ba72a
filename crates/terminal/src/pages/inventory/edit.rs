//! An administrator changes the inventory. The center is asked whether the sign-in still counts before anything is kept; what was changed
//! meanwhile is shown, not overwritten.

use api::client::ClientError;
use api::client::cards::Cause;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::civil_date::CivilDate;
use domain::equipment::Part;
use domain::facility_kind::FacilityKind;
use domain::inventory::{Contents, Device, DeviceText, InvalidDeviceText, NotChanged, Version};
use domain::support_directory::desk::{Contract, PhoneNumber};
use serde::Deserialize;
use ui::component::{Banner, Choice, ErrorSummary, Fault, Need, Select, TextField, Tone, Width};
use ui::language::Words;

use super::{DEVICE, HERE, InventoryPage, inventory_page, optional};
use crate::inventory::{self, NotWritten};
use crate::pages::support::facility_kind;
use crate::pages::{Filled, Frame, Staff, show, trouble};
use crate::serve::App;
use crate::{days, faults};

#[derive(Template)]
#[template(path = "device.html")]
pub(in crate::pages) struct DevicePage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) summary: ErrorSummary,
    pub(in crate::pages) part: Select,
    pub(in crate::pages) fields: Vec<TextField>,
    /// Its place in the list; empty for a new one.
    pub(in crate::pages) at: String,
    pub(in crate::pages) version: String,
}

/// Which device is edited.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Which {
    at: Option<String>,
}

/// A device as typed.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct DeviceForm {
    version: String,
    at: String,
    part: String,
    maker: String,
    model: String,
    serial: String,
    label: String,
    place: String,
    seller: String,
    phone: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ContractFields {
    version: String,
    contract: String,
    contract_phone: String,
    installer: String,
    installer_phone: String,
}

/// The day of a free set-up of the PC.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct UsedForm {
    version: String,
    day: String,
}

/// The answer to everybody but administrators.
fn refused(staff: &Staff) -> Option<Response> {
    if staff.kind() == Some(AccountKind::Administrator) {
        return None;
    }
    let fault = faults::own(
        &staff.words,
        "administrators_only",
        "inventory-administrators-only",
    );
    Some(trouble(StatusCode::FORBIDDEN, staff.frame(HERE), fault))
}

pub(crate) async fn device(
    State(app): State<App>,
    staff: Staff,
    Query(which): Query<Which>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let kept = app.upkeep.inventory();
    let at = which.at.unwrap_or_default();
    let found = at.parse::<usize>().ok();
    let found = found.and_then(|at| kept.contents.devices.get(at));
    let mut form = found.map(DeviceForm::of).unwrap_or_default();
    form.at = if found.is_some() { at } else { String::new() };
    form.version = kept.version.to_string();
    show(StatusCode::OK, &device_page(&staff, &form, &[]))
}

pub(in crate::pages) fn device_page(
    staff: &Staff,
    form: &DeviceForm,
    faults: &[(String, Fault)],
) -> DevicePage {
    let words = &staff.words;
    let kind = FacilityKind::parse(&staff.session.facility.kind);
    let parts = Part::DEVICES.into_iter().map(|part| Choice {
        value: part.as_str().into(),
        label: inventory::part_name(kind, part, words).into(),
    });
    let mut part = Select {
        name: "part",
        label: words.say("device-part"),
        support: String::new(),
        need: Need::Required,
        width: Width::Medium,
        options: parts.collect(),
        value: form.part.clone(),
        errors: Vec::new(),
    };
    let mut label = optional("label", words, "device-label", form.label.clone());
    label.support = words.say("device-label-support");
    let mut phone = optional("phone", words, "device-phone", form.phone.clone());
    phone.support = words.say("device-phone-support");
    let mut fields = vec![
        optional("maker", words, "device-maker", form.maker.clone()),
        optional("model", words, "device-model", form.model.clone()),
        optional("serial", words, "device-serial", form.serial.clone()),
        label,
        optional("place", words, "device-place", form.place.clone()),
        optional("seller", words, "device-seller", form.seller.clone()),
        phone,
    ];
    let summary = faults::spread(faults, &mut fields, std::slice::from_mut(&mut part));
    DevicePage {
        frame: staff.frame(DEVICE),
        summary,
        part,
        fields,
        at: form.at.clone(),
        version: form.version.clone(),
    }
}

impl DeviceForm {
    fn of(device: &Device) -> Self {
        let text =
            |it: &Option<DeviceText>| it.as_ref().map(ToString::to_string).unwrap_or_default();
        let phone = device.phone.as_ref().map(ToString::to_string);
        Self {
            part: device.part.as_str().into(),
            maker: text(&device.maker),
            model: text(&device.model),
            serial: text(&device.serial),
            label: text(&device.label),
            place: text(&device.place),
            seller: text(&device.seller),
            phone: phone.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The device as typed, or what is wrong with it by field.
    fn device(&self, words: &Words) -> Result<Device, Vec<(String, Fault)>> {
        let mut faults = Vec::new();
        let part = Part::parse(&self.part).filter(|it| Part::DEVICES.contains(it));
        if part.is_none() {
            faults.push((
                "part".into(),
                faults::own(words, "no_such_part", "device-no-part"),
            ));
        }
        let mut text = |name: &str, typed: &str| match device_text(typed, words) {
            Ok(text) => text,
            Err(fault) => {
                faults.push((name.to_owned(), fault));
                None
            }
        };
        let device = Device {
            part: part.unwrap_or(Part::Pc),
            maker: text("maker", &self.maker),
            model: text("model", &self.model),
            serial: text("serial", &self.serial),
            label: text("label", &self.label),
            place: text("place", &self.place),
            seller: text("seller", &self.seller),
            phone: None,
        };
        let phone = match phone(&self.phone, words) {
            Ok(phone) => phone,
            Err(fault) => {
                faults.push(("phone".into(), fault));
                None
            }
        };
        if faults.is_empty() {
            Ok(Device { phone, ..device })
        } else {
            Err(faults)
        }
    }
}

fn device_text(typed: &str, words: &Words) -> Result<Option<DeviceText>, Fault> {
    match DeviceText::parse(typed) {
        Ok(text) => Ok(Some(text)),
        Err(InvalidDeviceText::Empty) => Ok(None),
        Err(InvalidDeviceText::TooLong) => {
            Err(faults::own(words, "too_long", "device-text-too-long"))
        }
        Err(InvalidDeviceText::Control) => Err(faults::own(words, "form", "device-text-control")),
    }
}

fn phone(typed: &str, words: &Words) -> Result<Option<PhoneNumber>, Fault> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    let wrong = || faults::own(words, "form", "phone-form");
    PhoneNumber::parse(typed).map(Some).ok_or_else(wrong)
}

pub(crate) async fn keep_device(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<DeviceForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let device = match form.device(&staff.words) {
        Ok(device) => device,
        Err(faults) => {
            let page = device_page(&staff, &form, &faults);
            return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let at = form.at.parse::<usize>().ok();
    let put = |contents: &mut Contents| match at.and_then(|at| contents.devices.get_mut(at)) {
        Some(place) => *place = device,
        None => contents.devices.push(device),
    };
    let came = change(&app, &staff, &form.version, put).await;
    let again = |status: StatusCode, banner: Banner| {
        let mut page = device_page(&staff, &form, &[]);
        page.frame.banners.push(banner);
        show(status, &page)
    };
    after(&app, &staff, came, Some(&again))
}

pub(crate) async fn remove_device(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<DeviceForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let at = form.at.parse::<usize>().ok();
    let remove = |contents: &mut Contents| {
        if let Some(at) = at.filter(|at| *at < contents.devices.len()) {
            contents.devices.remove(at);
        }
    };
    let came = change(&app, &staff, &form.version, remove).await;
    after(&app, &staff, came, None)
}

pub(crate) async fn keep_contract(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<ContractFields>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let (words, mut faults) = (&staff.words, Vec::new());
    let read = phone(&form.contract_phone, words);
    let contract_phone = or_noted(read, "contract_phone", &mut faults);
    let read = device_text(&form.installer, words);
    let installer = or_noted(read, "installer", &mut faults);
    let read = phone(&form.installer_phone, words);
    let installer_phone = or_noted(read, "installer_phone", &mut faults);
    if !faults.is_empty() {
        let page = contract_page(&app, &staff, &form, &faults);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let contract = Contract::parse(&form.contract);
    let put = |contents: &mut Contents| {
        contents.contract = contract;
        contents.contract_phone = contract_phone;
        contents.installer = installer;
        contents.installer_phone = installer_phone;
    };
    let came = change(&app, &staff, &form.version, put).await;
    let again = |status: StatusCode, banner: Banner| {
        let mut page = contract_page(&app, &staff, &form, &[]);
        page.frame.banners.push(banner);
        show(status, &page)
    };
    after(&app, &staff, came, Some(&again))
}

/// What was read of a field; a fault is noted under the field's name.
fn or_noted<T>(
    read: Result<Option<T>, Fault>,
    name: &str,
    faults: &mut Vec<(String, Fault)>,
) -> Option<T> {
    read.unwrap_or_else(|fault| {
        faults.push((name.to_owned(), fault));
        None
    })
}

/// The inventory with the form of the contract as filled, at the version it was filled at.
fn contract_page(
    app: &App,
    staff: &Staff,
    form: &ContractFields,
    faults: &[(String, Fault)],
) -> InventoryPage {
    let (kept, today) = (app.upkeep.inventory(), app.now().date_in_japan());
    let kind = facility_kind(app);
    let mut page = inventory_page(&kept, staff.frame(HERE), kind, true, today);
    page.version.clone_from(&form.version);
    if let Some(shown) = &mut page.form {
        shown.contract.value.clone_from(&form.contract);
        for field in &mut shown.fields {
            field.value.clone_from(match field.name {
                "contract_phone" => &form.contract_phone,
                "installer" => &form.installer,
                _ => &form.installer_phone,
            });
        }
        let contract = std::slice::from_mut(&mut shown.contract);
        page.summary = faults::spread(faults, &mut shown.fields, contract);
    }
    page
}

/// The day on which a free set-up was used, as typed; none that is still to come.
fn used_day(typed: &str, today: CivilDate, words: &Words) -> Result<CivilDate, Fault> {
    if let Some(fault) = days::fault(typed, words) {
        return Err(fault);
    }
    match CivilDate::parse_iso(&days::to_iso(typed)) {
        Ok(day) if day <= today => Ok(day),
        Ok(_) => Err(faults::own(words, "in_future", "free-set-up-in-future")),
        Err(_) => Err(faults::own(words, "required", "free-set-up-no-day")),
    }
}

/// The inventory with the day as typed, at the version it was typed at.
fn used_page(
    app: &App,
    staff: &Staff,
    form: &UsedForm,
    faults: &[(String, Fault)],
) -> InventoryPage {
    let (kept, today) = (app.upkeep.inventory(), app.now().date_in_japan());
    let mut page = inventory_page(&kept, staff.frame(HERE), facility_kind(app), true, today);
    page.version.clone_from(&form.version);
    page.free_day.value.clone_from(&form.day);
    let field = std::slice::from_mut(&mut page.free_day);
    page.summary = faults::spread(faults, field, &mut []);
    page
}

/// Counts a free re-set-up of the PC on the day it was used.
pub(crate) async fn note_used(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<UsedForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let day = match used_day(&form.day, app.now().date_in_japan(), &staff.words) {
        Ok(day) => day,
        Err(fault) => {
            let page = used_page(&app, &staff, &form, &[("day".to_owned(), fault)]);
            return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let note = |contents: &mut Contents| contents.free_set_ups.push(day);
    let came = change(&app, &staff, &form.version, note).await;
    let again = |status: StatusCode, banner: Banner| {
        let mut page = used_page(&app, &staff, &form, &[]);
        page.frame.banners.push(banner);
        show(status, &page)
    };
    after(&app, &staff, came, Some(&again))
}

/// Takes back one that was noted for a day.
pub(crate) async fn remove_used(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<UsedForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let remove = |contents: &mut Contents| {
        let mut days = contents.free_set_ups.iter();
        if let Some(at) = days.position(|day| day.to_string() == form.day) {
            contents.free_set_ups.remove(at);
        }
    };
    let came = change(&app, &staff, &form.version, remove).await;
    after(&app, &staff, came, None)
}

/// Why nothing was changed.
enum Undone {
    /// The center says otherwise, or says nothing.
    Center(ClientError),
    /// The list does not take it, or cannot be written.
    Here(StatusCode, Fault),
}

/// The list after a change, or why there was none. A form is shown as `filled` where the same may be sent once more.
fn after(
    app: &App,
    staff: &Staff,
    came: Result<(), Undone>,
    filled: Option<&dyn Fn(StatusCode, Banner) -> Response>,
) -> Response {
    match came {
        Ok(()) => {
            let told = faults::own(&staff.words, "inventory_kept", "inventory-kept");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(told));
            Redirect::to(HERE).into_response()
        }
        Err(Undone::Center(error)) => match (staff.unanswered(&error), filled) {
            (Some(banner), Some(again)) => again(StatusCode::BAD_GATEWAY, banner),
            _ => staff.failed(app, &error, HERE),
        },
        Err(Undone::Here(status, fault)) => match filled {
            Some(again) if status.is_server_error() => {
                again(status, Banner::new(Tone::Error, fault))
            }
            _ => trouble(status, staff.frame(HERE), fault),
        },
    }
}

/// Changes what was shown at a version.
async fn change(
    app: &App,
    staff: &Staff,
    version: &str,
    put: impl FnOnce(&mut Contents),
) -> Result<(), Undone> {
    let words = &staff.words;
    // An account that was locked or signed in elsewhere since changes nothing any more.
    let asked = staff.client.settings(staff.token(), Cause::Person).await;
    asked.map_err(Undone::Center)?;
    let mut contents = app.upkeep.inventory().contents;
    put(&mut contents);
    // A version that cannot be read is none that was shown.
    let based_on = Version::parse(version).unwrap_or(Version(u64::MAX));
    let by = &staff.session.account.id;
    let changed = inventory::change(app.upkeep.data_dir(), based_on, contents, by, app.now());
    let (status, fault) = match changed {
        Ok(changed) => {
            tracing::info!(inventory.version = changed.version.0, account = %by, "the inventory was changed");
            return Ok(());
        }
        Err(NotWritten::Rule(NotChanged::Meanwhile)) => (
            StatusCode::CONFLICT,
            faults::own(words, "changed_meanwhile", "inventory-changed-meanwhile"),
        ),
        Err(NotWritten::Rule(NotChanged::TooMany)) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            faults::own(words, "too_many", "inventory-too-many"),
        ),
        Err(error @ (NotWritten::Read(_) | NotWritten::File(..))) => {
            tracing::error!(error = %error, "the inventory was not changed");
            let fault = Fault {
                code: "not_written".into(),
                text: error.to_string(),
            };
            (StatusCode::INTERNAL_SERVER_ERROR, fault)
        }
    };
    Err(Undone::Here(status, fault))
}
