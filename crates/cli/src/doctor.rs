//! `onshi doctor`: looks at everything between card and center, from the shell, whether the terminal runs or not. Mends nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use domain::civil_date::Instant;
use domain::diagnosis::Diagnosis;
use domain::diagnosis::fault::Fault;
use domain::inventory::Contents;
use domain::support_directory::desk::Matter;
use domain::support_directory::hours::State;
use serde_json::{Value, json};
use terminal::config::Config;
use terminal::doctor::report::{self, Heading};
use terminal::doctor::{self, Kiosk, Limits, Link, LinkFolders, Neighbour, Pages, Workplace};
use terminal::support::Support;
use terminal::support::contacts::contacts;
use terminal::upkeep;

use crate::told;

/// `onshi doctor`.
#[derive(Args)]
#[command(after_help = "Example: onshi doctor --config /etc/onshi/terminal.toml")]
pub(crate) struct Arguments {
    /// The terminal's settings file; its [doctor] names those of kiosk and link app.
    #[arg(long)]
    config: PathBuf,
    /// Settings file of this PC's kiosk, in place of the one named there.
    #[arg(long)]
    kiosk: Option<PathBuf>,
    /// Settings file of this PC's link app, in place of the one named there.
    #[arg(long)]
    gateway: Option<PathBuf>,
    /// Also write the record for the desk here; it holds nothing about persons.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let now = crate::serve::clock()();
    let text = told::read_text(&arguments.config)?;
    let (diagnosis, data_dir, facility) = match Config::parse(&text) {
        Err(error) => (doctor::bad_settings(&error.to_string()), None, None),
        Ok(mut config) => {
            let settings = &mut config.doctor;
            settings.kiosk = arguments.kiosk.or(settings.kiosk.take());
            settings.gateway = arguments.gateway.or(settings.gateway.take());
            let workplace = workplace(&config, Pages::At(config.listen));
            let diagnosis = doctor::examine(&workplace, None, now).await;
            let facility = doctor::facility(&workplace).await;
            (diagnosis, Some(config.data_dir), facility)
        }
    };
    let inventory = data_dir.as_deref().map(inventory_of).unwrap_or_default();
    let desks = desks(&diagnosis, data_dir.as_deref(), &inventory, now);
    if arguments.json {
        let mut shown = report::to_json(&diagnosis);
        if let Some(object) = shown.as_object_mut() {
            object.insert("desks".into(), Value::from(desks));
        }
        out!("{shown}");
    } else {
        print(&diagnosis, &desks);
    }
    // Last: a record that cannot be written takes no diagnosis away.
    if let Some(file) = &arguments.report {
        let heading = Heading {
            at: Some(now),
            facility: facility.map(|it| it.to_string()),
            devices: inventory.devices,
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let text = report::japanese(&diagnosis, &heading);
        pki::sealed::write_private(file, text.as_bytes())?;
    }
    Ok(match diagnosis.first_broken() {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

fn print(diagnosis: &Diagnosis, desks: &[Value]) {
    for it in &diagnosis.steps {
        let (ja, en) = report::state(it.seen);
        let evidence = report::english_evidence(it);
        let (step_ja, step_en) = (it.step.label_ja(), it.step.label_en());
        out!("[{ja} / {en}] {step_ja} / {step_en}  {evidence}");
    }
    let (ja, en) = report::summary(diagnosis);
    out!("== {ja} / {en}");
    for found in &diagnosis.found {
        let (texts, part) = (found.fault.texts(), found.fault.part());
        out!(
            "{} / {} [{}]",
            part.label_ja(),
            part.label_en(),
            found.fault.as_str()
        );
        out!("   {} / {}", texts.what.0, texts.what.1);
        match found.because_of {
            Some(cause) => out!("   ({})", cause.as_str()),
            None => out!("   → {} / {}", texts.remedy.0, texts.remedy.1),
        }
    }
    for desk in desks {
        let text = |name: &str| desk.get(name).and_then(Value::as_str).unwrap_or_default();
        let numbers = desk.get("numbers").and_then(Value::as_array);
        let numbers: Vec<_> = numbers
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        out!(
            "☎ {} {} {} / {}",
            text("name"),
            numbers.join(", "),
            text("ja"),
            text("en")
        );
    }
}

/// Whom to call about the fault to mend first, as the page says it, with numbers and state now.
fn desks(
    diagnosis: &Diagnosis,
    data_dir: Option<&Path>,
    inventory: &Contents,
    now: Instant,
) -> Vec<Value> {
    let part = diagnosis.first_broken().map(Fault::part);
    let (Some(part), Some(data_dir)) = (part, data_dir) else {
        return Vec::new();
    };
    let support = Support::new(data_dir);
    let (directory, holidays) = (support.directory().data, support.holidays().data);
    let contacts = contacts(&directory, inventory, Matter::Part(part));
    let desks = contacts.iter().map(|it| {
        let (state, _) = it.state(now, &holidays.holidays);
        let (ja, en) = state_in_words(state);
        let numbers = it.phones.iter().map(|(number, _)| number.as_str());
        json!({
            "id": it.id(), "name": it.name, "state": state.as_str(), "ja": ja, "en": en,
            "numbers": numbers.collect::<Vec<_>>(),
        })
    });
    desks.collect()
}

/// The inventory; an empty one where it cannot be read, which is told.
fn inventory_of(data_dir: &Path) -> Contents {
    match terminal::inventory::read(data_dir) {
        Ok(inventory) => inventory.contents,
        Err(error) => {
            err!("onshi: {error}");
            Contents::default()
        }
    }
}

fn state_in_words(state: State) -> (String, String) {
    let both = |ja: &str, en: &str| (ja.to_owned(), en.to_owned());
    let shown = Instant::to_minute_in_japan;
    match state {
        State::Open { until: None } => both("24時間受付中", "open, day and night"),
        State::Open { until: Some(at) } => {
            let at = shown(at);
            (format!("受付中（{at} まで）"), format!("open until {at}"))
        }
        State::ReceptionOnly { repair_from: None } => {
            both("受付のみ、修理は時間外", "takes calls, no repairs now")
        }
        State::ReceptionOnly {
            repair_from: Some(at),
        } => {
            let at = shown(at);
            let ja = format!("受付のみ、修理は {at} から");
            (ja, format!("takes calls, repairs from {at}"))
        }
        State::Closed { until: None } => both("時間外", "closed"),
        State::Closed { until: Some(at) } => {
            let at = shown(at);
            (
                format!("時間外、次は {at} から"),
                format!("closed until {at}"),
            )
        }
        State::WebFormOnly => both("Webフォームのみ", "web form only"),
        State::HoursNotKnown => both("受付時間は不明", "hours not known"),
    }
}

/// What the doctor looks at, by the terminal's settings.
pub(crate) fn workplace(config: &Config, pages: Pages) -> Workplace {
    let mut readers: Vec<String> = config.reader.iter().cloned().collect();
    let kiosk = neighbour(
        config.doctor.kiosk.as_deref(),
        kiosk::config::Config::parse,
        |it| {
            readers.push(it.reader);
            Kiosk {
                data_dir: it.data_dir,
            }
        },
    );
    let link = neighbour(
        config.doctor.gateway.as_deref(),
        gateway::config::Config::parse,
        link,
    );
    Workplace {
        data_dir: config.data_dir.clone(),
        center: config.center.clone(),
        ca: config.ca.clone(),
        identity: config.identity.name.clone(),
        pages,
        readers,
        reader_names: doctor::readers_of_this_machine(),
        keypad: config.doctor.keypad.clone(),
        kiosk,
        link,
        limits: Limits::default(),
        system: Default::default(),
    }
}

/// A neighbour by its settings file, which may be missing or not good.
fn neighbour<C, T>(
    file: Option<&Path>,
    parse: impl FnOnce(&str) -> Result<C, toml::de::Error>,
    place: impl FnOnce(C) -> T,
) -> Neighbour<T> {
    let Some(file) = file else {
        return Neighbour::None;
    };
    let shown = file.display();
    match std::fs::read_to_string(file) {
        Err(error) => Neighbour::BadSettings(format!("{shown}: {error}")),
        Ok(text) => match parse(&text) {
            Ok(config) => Neighbour::Here(place(config)),
            Err(error) => Neighbour::BadSettings(format!("{shown}: {error}")),
        },
    }
}

/// What is wrong with the settings of kiosk and link app that the terminal's name: none of it is about the line or what runs.
pub(crate) fn unusable_beside(config: &Config) -> Vec<String> {
    let named = &config.doctor;
    let kiosk = neighbour(named.kiosk.as_deref(), kiosk::config::Config::parse, drop);
    let link = neighbour(
        named.gateway.as_deref(),
        gateway::config::Config::parse,
        drop,
    );
    let wrong = [kiosk, link].into_iter().filter_map(|it| match it {
        Neighbour::BadSettings(said) => Some(said),
        Neighbour::None | Neighbour::Here(()) => None,
    });
    wrong.collect()
}

fn link(config: gateway::config::Config) -> Link {
    let folders = config.folders.into_iter().map(|it| LinkFolders {
        name: it.name,
        req: it.req,
        res: it.res,
        face: it.face,
        work: it.work,
        stay_minutes: it.stay_minutes.get(),
    });
    Link {
        folders: folders.collect(),
        data_dir: config.data_dir,
    }
}

/// The upkeep of a terminal that runs with these settings.
pub(crate) fn upkeep(config: &Config) -> upkeep::Setup {
    let kiosk = config.doctor.kiosk.as_deref();
    let kiosk = kiosk.and_then(|file| std::fs::read_to_string(file).ok());
    let kiosk = kiosk.and_then(|text| kiosk::config::Config::parse(&text).ok());
    upkeep::Setup {
        workplace: workplace(config, Pages::Own),
        reader_profile: kiosk.and_then(|it| crate::kiosk::profile(&it.profile).ok()),
        power_off: config.doctor.power_off.clone(),
    }
}

#[cfg(test)]
mod tests {
    use domain::diagnosis::{Observation, Seen, diagnose};
    use domain::equipment::Part;
    use domain::inventory::{Device, DeviceText};
    use domain::support_directory::desk::{Contract, PhoneNumber};

    use super::*;

    #[test]
    fn the_shell_names_whom_the_page_names_and_a_desk_that_never_closes_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::parse("2026-11-26T01:00:00Z").unwrap();
        let of = |fault: Fault, inventory: &Contents| {
            let seen = Observation {
                step: fault.step(),
                seen: Seen::Broken(fault),
                evidence: Vec::new(),
            };
            desks(&diagnose(&[seen]), Some(dir.path()), inventory, now)
        };
        let inventory = Contents {
            contract: Some(Contract::Without),
            devices: vec![Device {
                model: DeviceText::parse("WXR-6000").ok(),
                seller: DeviceText::parse("見本商会").ok(),
                phone: PhoneNumber::parse("0120-000-000"),
                ..Device::new(Part::Router)
            }],
            ..Contents::default()
        };
        let called = of(Fault::RouterSilent, &inventory);
        assert_eq!(called.len(), 1, "{called:?}");
        assert_eq!(called[0]["id"], "seller");
        assert_eq!(called[0]["name"], "見本商会");
        assert_eq!(called[0]["numbers"], json!(["0120-000-000"]));
        let (ja, en) = state_in_words(State::Open { until: None });
        assert_eq!(
            (ja.as_str(), en.as_str()),
            ("24時間受付中", "open, day and night")
        );
    }
}
