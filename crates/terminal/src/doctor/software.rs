//! Looks at the parts of onshi on this PC: whether they run, and whether the terminal's folder can be written.

use std::net::SocketAddr;
use std::path::Path;

use api::link_state::LinkState;
use domain::civil_date::Instant;
use domain::diagnosis::fault::Fault;
use domain::diagnosis::{FactName, NotChecked, Observation, Step};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::folders::{Unusable, try_folder};
use super::{Neighbour, Pages, Workplace, broken, fact, good, not_checked, within};
use crate::running;

pub(super) async fn observe(workplace: &Workplace) -> Vec<Observation> {
    vec![
        terminal(workplace).await,
        kiosk(workplace),
        link_app(workplace),
    ]
}

async fn terminal(workplace: &Workplace) -> Observation {
    let data_dir = workplace.data_dir.clone();
    let folder = within(workplace.limits.each, move || try_folder(&data_dir)).await;
    let fault = match folder {
        Some(Ok(_)) => None,
        Some(Err(Unusable::Missing)) => Some(Fault::DataFolderMissing),
        Some(Err(Unusable::Full)) => Some(Fault::DiskFull),
        Some(Err(Unusable::ReadOnly)) | None => Some(Fault::DataFolderReadOnly),
    };
    if let Some(fault) = fault {
        let place = path(&workplace.data_dir);
        return broken(Step::Terminal, fault, vec![fact(FactName::Path, place)]);
    }
    let version = fact(FactName::Version, env!("CARGO_PKG_VERSION"));
    match workplace.pages {
        Pages::Own => good(Step::Terminal, vec![version]),
        Pages::At(address) => pages(workplace, address).await,
    }
}

/// Pages of another process: the lock tells whether a terminal runs, the address whether it is what answers there.
async fn pages(workplace: &Workplace, address: SocketAddr) -> Observation {
    let evidence = vec![fact(FactName::Address, address.to_string())];
    match running::is_held(&running::file(&workplace.data_dir)) {
        Ok(true) => good(Step::Terminal, evidence),
        Ok(false) if answers(workplace, address).await => {
            broken(Step::Terminal, Fault::TerminalPortTaken, evidence)
        }
        Ok(false) => broken(Step::Terminal, Fault::TerminalNotRunning, evidence),
        Err(_) => not_checked(Step::Terminal, NotChecked::NotTold),
    }
}

/// Whether anything answers at an address.
async fn answers(workplace: &Workplace, address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut first = [0; 1];
        stream.read(&mut first).await
    };
    address.port() != 0
        && timeout(workplace.limits.each, ask)
            .await
            .is_ok_and(|it| it.is_ok())
}

fn kiosk(workplace: &Workplace) -> Observation {
    match &workplace.kiosk {
        Neighbour::None => not_checked(Step::Kiosk, NotChecked::NotSetUp),
        Neighbour::BadSettings(said) => {
            let said = vec![fact(FactName::System, first_line(said))];
            broken(Step::Kiosk, Fault::KioskSettings, said)
        }
        Neighbour::Here(kiosk) => runs(Step::Kiosk, &kiosk.data_dir, Fault::KioskNotRunning),
    }
}

fn link_app(workplace: &Workplace) -> Observation {
    match &workplace.link {
        Neighbour::None => not_checked(Step::LinkApp, NotChecked::NotSetUp),
        Neighbour::BadSettings(said) => {
            let said = vec![fact(FactName::System, first_line(said))];
            broken(Step::LinkApp, Fault::LinkAppSettings, said)
        }
        Neighbour::Here(link) => runs(Step::LinkApp, &link.data_dir, Fault::LinkAppNotRunning),
    }
}

fn runs(step: Step, data_dir: &Path, fault: Fault) -> Observation {
    match running::is_held(&running::file(data_dir)) {
        Ok(true) => good(step, Vec::new()),
        Ok(false) => broken(step, fault, vec![fact(FactName::Path, path(data_dir))]),
        Err(_) => not_checked(step, NotChecked::NotTold),
    }
}

/// The code with which the center refuses the link app now; none of a link app that does not run.
pub(super) fn link_refused(workplace: &Workplace, now: Instant) -> Option<String> {
    let Neighbour::Here(link) = &workplace.link else {
        return None;
    };
    let state = LinkState::read(&link.data_dir).filter(|it| it.is_current(now))?;
    let allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    Some(state.refusal()?.chars().filter(allowed).take(64).collect())
}

/// A path without the name of whose home it lies in.
pub(super) fn path(path: &Path) -> String {
    let text = path.display().to_string();
    let mut parts: Vec<&str> = text.split('/').collect();
    if let ["", "home", person, ..] = parts.as_mut_slice() {
        *person = "…";
    }
    parts.join("/")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
