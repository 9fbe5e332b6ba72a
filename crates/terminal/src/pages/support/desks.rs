//! The desks of a matter in words: state now, numbers, hours, what to have at hand.

use domain::equipment::Part;
use domain::inventory::{Contents, Device, DeviceText};
use domain::support_directory::choice::{Choice, Why, free_set_ups_left};
use domain::support_directory::desk::{Contract, Desk, Matter, Reception, Repairs};
use domain::support_directory::hours::{Closing, Days, Doubt, Hours, State};
use ui::component::Fact;
use ui::language::Words;
use ui::qr_code::QrCode;

use crate::serve::App;
use crate::support::contacts::{Contact, contacts};

/// So many free re-set-ups of the PC a month (有償オプション: 月1回まで).
const FREE_SET_UPS: usize = 1;

/// A desk.
pub(crate) struct DeskView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) group: String,
    /// Why it is listed, where that is not plain.
    pub(crate) why: Option<String>,
    pub(crate) state: String,
    pub(crate) word: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) doubts: Vec<String>,
    pub(crate) phones: Vec<PhoneView>,
    /// Whether the facility has a number to fill in.
    pub(crate) to_fill_in: bool,
    pub(crate) facts: Vec<DeskFact>,
    pub(crate) email: Option<String>,
    pub(crate) url: Option<String>,
    /// The address for the camera of a device that has the internet.
    pub(crate) code: Option<QrCode>,
    /// Which devices it is for, where the facility has several of the part.
    pub(crate) devices: Vec<String>,
}

/// A line on a desk.
pub(crate) struct DeskFact {
    pub(crate) label: String,
    pub(crate) text: String,
    /// Whether the text is the directory's, which is Japanese in every language.
    pub(crate) is_data: bool,
}

pub(crate) struct PhoneView {
    pub(crate) number: String,
    pub(crate) note: String,
}

/// The desks to call about a matter, the first one first.
pub(super) fn of(app: &App, words: &Words, matter: Matter, inventory: &Contents) -> Vec<DeskView> {
    let directory = app.upkeep.support.directory().data;
    let several = match matter {
        Matter::Part(part) => 1 < inventory.devices_of(part).count(),
        Matter::Operation | Matter::SetUpChange | Matter::Claims | Matter::ClaimsElsewhere => false,
    };
    let contacts = contacts(&directory, inventory, matter);
    let views = contacts
        .iter()
        .map(|it| view(app, words, it, (inventory, several)));
    views.collect()
}

/// Model, serial number and place of a device.
fn device_in_words(device: &Device, words: &Words) -> String {
    let with = |key: &str, text: &DeviceText| format!("{} {text}", words.say(key));
    let about = [
        device.model.as_ref().map(ToString::to_string),
        device.serial.as_ref().map(|it| with("device-serial", it)),
        device.place.as_ref().map(|it| with("device-place", it)),
    ];
    let about: Vec<String> = about.into_iter().flatten().collect();
    if about.is_empty() {
        let part = device.part;
        return words.choose(part.label_ja(), part.label_en()).to_owned();
    }
    about.join(words.choose("、", ", "))
}

/// Whom to call in words; with the devices it is for where the facility has several of the part.
fn view(
    app: &App,
    words: &Words,
    contact: &Contact<'_>,
    (inventory, several): (&Contents, bool),
) -> DeskView {
    let holidays = app.upkeep.support.holidays().data;
    let (state, doubts) = contact.state(app.now(), &holidays.holidays);
    let (text, tone) = state_in_words(state, words);
    let desk = contact.choice.map(|it| it.desk);
    let phones = contact.phones.iter().map(|(number, note)| PhoneView {
        number: number.clone(),
        note: note.clone(),
    });
    let devices = contact.devices.iter().filter(|_| several);
    let url = desk.and_then(|it| it.url.clone());
    DeskView {
        id: contact.id().to_owned(),
        name: contact.name.clone(),
        group: desk.and_then(|it| it.group.clone()).unwrap_or_default(),
        why: match contact.choice {
            None => Some(words.say("desk-seller")),
            Some(choice) => why(choice, words),
        },
        state: text,
        word: state.as_str(),
        tone,
        doubts: doubts.iter().map(|it| doubt(it, words)).collect(),
        to_fill_in: contact.lacks_number(),
        phones: phones.collect(),
        facts: desk
            .map(|it| facts(app, words, it, inventory))
            .unwrap_or_default(),
        email: desk.and_then(|it| it.email.clone()),
        code: url.as_deref().and_then(QrCode::of),
        url,
        devices: devices.map(|it| device_in_words(it, words)).collect(),
    }
}

fn why(choice: Choice<'_>, words: &Words) -> Option<String> {
    match choice.why {
        Why::Right => None,
        Why::AskFirst => Some(words.say("desk-ask-first")),
        Why::IfThisModel => {
            Some(words.say_with("desk-if-model", &[("models", models(choice.desk))]))
        }
    }
}

fn models(desk: &Desk) -> String {
    let of = desk
        .scope
        .iter()
        .flat_map(|it| it.models.iter().chain(&it.makers));
    of.cloned().collect::<Vec<_>>().join(", ")
}

fn state_in_words(state: State, words: &Words) -> (String, &'static str) {
    let with = |key: &str, at: domain::civil_date::Instant| {
        words.say_with(key, &[("at", at.to_minute_in_japan())])
    };
    match state {
        State::Open { until: None } => (words.say("desk-open"), "good"),
        State::Open { until: Some(at) } => (with("desk-open-until", at), "good"),
        State::ReceptionOnly { repair_from: None } => (words.say("desk-reception-only"), "warn"),
        State::ReceptionOnly {
            repair_from: Some(at),
        } => (with("desk-reception-only-until", at), "warn"),
        State::Closed { until: None } => (words.say("desk-closed"), "bad"),
        State::Closed { until: Some(at) } => (with("desk-closed-until", at), "bad"),
        State::WebFormOnly => (words.say("desk-web-form"), "warn"),
        State::HoursNotKnown => (words.say("desk-hours-not-known"), ""),
    }
}

fn doubt(doubt: &Doubt, words: &Words) -> String {
    match doubt {
        Doubt::YearEnd => words.say("doubt-year-end"),
        Doubt::CompanyDays(days) => words.say_with("doubt-company", &[("days", days.as_str())]),
        Doubt::HolidaysNotListed => words.say("doubt-holidays"),
        Doubt::EquinoxComputed => words.say("doubt-equinox"),
        Doubt::RepairDays => words.say("doubt-repair-days"),
    }
}

fn facts(app: &App, words: &Words, desk: &Desk, inventory: &Contents) -> Vec<DeskFact> {
    let mut facts = Vec::new();
    let mut add = |key: &str, text: String, is_data: bool| {
        if !text.is_empty() {
            facts.push(DeskFact {
                label: words.say(key),
                text,
                is_data,
            });
        }
    };
    if let Reception::At(hours) = &desk.reception {
        add("desk-reception", windows(hours, words), false);
        add("desk-days-closed", closed(hours, words), true);
    }
    if let Repairs::At(hours) | Repairs::DaysNotStated(hours) = &desk.repairs {
        add("desk-repairs", windows(hours, words), false);
    }
    add("desk-have-ready", desk.have_ready.join("、"), true);
    add("desk-cost", desk.cost.clone().unwrap_or_default(), true);
    let open_phones = desk.phones.iter().filter(|it| it.number.is_none());
    let left = open_phones.filter_map(|it| it.note.clone());
    let notes: Vec<String> = desk.notes.iter().cloned().chain(left).collect();
    add("desk-notes", notes.join(" "), true);
    if desk.is_of_contract() && inventory.contract == Some(Contract::With) {
        let today = app.now().date_in_japan();
        let left = free_set_ups_left(&inventory.free_set_ups, today, FREE_SET_UPS);
        let left = u64::try_from(left).unwrap_or_default();
        add(
            "desk-free-set-ups",
            words.say_with("free-set-ups-left", &[("left", left)]),
            false,
        );
    }
    facts
}

fn windows(hours: &Hours, words: &Words) -> String {
    let lines = hours.windows.iter().map(|window| {
        let (from, to) = window.times();
        let days = words.say(match window.days {
            Days::Every => "days-every",
            Days::Weekday => "days-weekday",
            Days::Saturday => "days-saturday",
            Days::Sunday => "days-sunday",
            Days::Holiday => "days-holiday",
        });
        format!("{days} {from}-{to}")
    });
    lines.collect::<Vec<_>>().join("、")
}

fn closed(hours: &Hours, words: &Words) -> String {
    let lines = hours.closed.iter().map(|closing| match closing {
        Closing::Saturday => words.say("days-saturday"),
        Closing::Sunday => words.say("days-sunday"),
        Closing::Holiday => words.say("days-holiday"),
        Closing::Yearly(from, to) => format!("{from}〜{to}"),
        Closing::CompanyDays(days) => days.clone(),
    });
    lines.collect::<Vec<_>>().join("、")
}

/// What every desk asks, and the devices at hand.
pub(super) fn ready(
    app: &App,
    words: &Words,
    matter: Option<Matter>,
    inventory: &Contents,
) -> Vec<Fact> {
    let mut ready = Vec::new();
    let mut add = |key: &str, text: Option<String>, meaning: Option<String>| {
        ready.extend(text.map(|text| Fact {
            label: words.say(key),
            text,
            meaning: meaning.unwrap_or_default(),
        }));
    };
    let certificate = app.certificates.first();
    let holder = certificate.as_ref().map(|it| &it.holder);
    add("ready-code", holder.map(|it| it.facility.to_string()), None);
    let of = match matter {
        Some(Matter::Part(Part::Software | Part::Center)) => Some(Part::Pc),
        Some(Matter::Part(part)) => Some(part),
        Some(_) | None => None,
    };
    for device in of.into_iter().flat_map(|part| inventory.devices_of(part)) {
        let text = |it: &Option<DeviceText>| it.as_ref().map(ToString::to_string);
        add("device-maker", text(&device.maker), None);
        add("device-model", text(&device.model), None);
        let label = device.label.as_ref();
        let label = label.map(|it| words.say_with("ready-label", &[("place", it.as_str())]));
        add("device-serial", text(&device.serial), label);
        add("device-place", text(&device.place), None);
    }
    ready
}
