//! Looks for card readers, their service and the keypad. Opens no reader and no card: whoever works there is not disturbed.

use card::deployment::ServiceLogging;
use card::reader::LinkError;
use card::reader_setting::ReaderName;
use domain::diagnosis::fault::Fault;
use domain::diagnosis::{FactName, NotChecked, Observation, Step};

use super::{NoReaders, Workplace, broken, fact, good, not_checked, within};

#[cfg(feature = "pcsc")]
pub(super) fn of_this_machine() -> Result<Vec<String>, NoReaders> {
    match card::pcsc::reader_names() {
        // A service without any reader says so by an error of its own.
        Err(LinkError::ReaderGone) => Ok(Vec::new()),
        names => names.map_err(NoReaders::Link),
    }
}

#[cfg(not(feature = "pcsc"))]
pub(super) fn of_this_machine() -> Result<Vec<String>, NoReaders> {
    Err(NoReaders::NotBuilt)
}

pub(super) async fn observe(workplace: &Workplace) -> Vec<Observation> {
    let mut seen = of_service(workplace).await;
    seen.extend(keypad(workplace));
    seen
}

pub(super) async fn of_service(workplace: &Workplace) -> Vec<Observation> {
    if workplace.readers.is_empty() {
        return vec![
            not_checked(Step::Reader, NotChecked::NotSetUp),
            not_checked(Step::ReaderService, NotChecked::NotSetUp),
        ];
    }
    let ask = workplace.reader_names.clone();
    let names = within(workplace.limits.each, move || ask()).await;
    let service_down = |said: String| {
        let said = vec![fact(FactName::System, said)];
        vec![
            not_checked(Step::Reader, NotChecked::After(Step::ReaderService)),
            broken(Step::ReaderService, Fault::ReaderServiceDown, said),
        ]
    };
    match names {
        None => service_down("no answer in time".into()),
        Some(Err(NoReaders::NotBuilt)) => vec![
            not_checked(Step::Reader, NotChecked::NotBuilt),
            not_checked(Step::ReaderService, NotChecked::NotBuilt),
        ],
        Some(Err(NoReaders::Link(error))) => service_down(said(&error).into()),
        Some(Ok(names)) => {
            let wanted = workplace.readers.iter();
            let mut seen: Vec<_> = wanted.map(|wanted| one(wanted, &names)).collect();
            seen.push(service(workplace));
            seen
        }
    }
}

/// What a link error says, in words that fit evidence.
fn said(error: &LinkError) -> &'static str {
    match error {
        LinkError::NoService => "no smart-card service",
        LinkError::ReaderGone => "no reader",
        LinkError::Removed | LinkError::Busy | LinkError::Mute | LinkError::Failed(_) => {
            "the smart-card service failed"
        }
    }
}

fn one(wanted: &str, names: &[String]) -> Observation {
    let found = fact(FactName::Readers, names.join(", "));
    let evidence = vec![fact(FactName::Wanted, wanted), found];
    let is_there = match ReaderName::parse(wanted) {
        Ok(ReaderName::First) => !names.is_empty(),
        Ok(ReaderName::Containing(part)) => names.iter().any(|it| it.contains(&part)),
        Err(_) => false,
    };
    if is_there {
        good(Step::Reader, evidence)
    } else if names.is_empty() {
        broken(Step::Reader, Fault::ReaderUnplugged, evidence)
    } else {
        broken(Step::Reader, Fault::ReaderOfOtherName, evidence)
    }
}

fn service(workplace: &Workplace) -> Observation {
    let processes = &workplace.system.proc;
    match card::deployment::service_logging_below(processes) {
        ServiceLogging::Quiet => good(Step::ReaderService, Vec::new()),
        // It answers, so it runs: its arguments are hidden here, and it may log PINs.
        ServiceLogging::NotSeen => not_checked(Step::ReaderService, NotChecked::NotTold),
        ServiceLogging::LogsPins { .. } => broken(
            Step::ReaderService,
            Fault::ReaderServiceLogsPins,
            Vec::new(),
        ),
    }
}

fn keypad(workplace: &Workplace) -> Option<Observation> {
    let wanted = workplace.keypad.as_deref()?;
    let evidence = vec![fact(FactName::Wanted, wanted)];
    Some(match workplace.system.input_devices() {
        None => not_checked(Step::Reader, NotChecked::NotTold),
        Some(names) if names.iter().any(|it| it.contains(wanted)) => good(Step::Reader, evidence),
        Some(_) => broken(Step::Reader, Fault::KeypadUnplugged, evidence),
    })
}
