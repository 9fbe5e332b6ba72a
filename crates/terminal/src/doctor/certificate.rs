//! Looks at the electronic certificate, the center's root and the clock. Makes no key: a look at a bare PC leaves it bare.

use std::path::{Path, PathBuf};

use domain::civil_date::Instant;
use domain::diagnosis::fault::Fault;
use domain::diagnosis::{FactName, NotChecked, Observation, Step};
use domain::institution_code::InstitutionCode;
use pki::identity::Identity;
use pki::installed::Installed;
use rustls_pki_types::CertificateDer;

use super::software::path;
use super::{Workplace, broken, fact, good, not_checked, within};

/// A clock may be off by so many seconds. Challenges of cards live for 120.
const MOST_OFF_S: i64 = 120;

/// File with the center's time of the last contact.
const LAST_CONTACT: &str = "last-contact";

/// What a connection with the center needs.
pub(super) struct Credentials {
    pub(super) root: CertificateDer<'static>,
    pub(super) identity: Identity,
    pub(super) valid_from: Option<Instant>,
}

pub(super) async fn observe(
    workplace: &Workplace,
    now: Instant,
) -> (Observation, Option<Credentials>) {
    let (data_dir, name, ca) = (
        workplace.data_dir.clone(),
        workplace.identity.clone(),
        workplace.ca.clone(),
    );
    let looked = within(workplace.limits.each, move || {
        credentials(&data_dir, &name, &ca)
    })
    .await;
    let credentials = match looked {
        Some(Ok(credentials)) => credentials,
        Some(Err((fault, place))) => {
            let place = vec![fact(FactName::Path, path(&place))];
            return (broken(Step::Certificate, fault, place), None);
        }
        None => {
            let fault = Fault::CertificateUnreadable;
            return (broken(Step::Certificate, fault, Vec::new()), None);
        }
    };
    let Some(holder) = credentials.identity.holder() else {
        let fault = Fault::CertificateOfOtherKind;
        return (broken(Step::Certificate, fault, Vec::new()), None);
    };
    let until = holder.not_after;
    let evidence = vec![fact(
        FactName::ValidUntil,
        until.date_in_japan().to_string(),
    )];
    let seen = if until < now {
        broken(Step::Certificate, Fault::CertificateExpired, evidence)
    } else {
        good(Step::Certificate, evidence)
    };
    // An expired one is shown to the center all the same: the center knows the time, this PC perhaps not.
    (seen, Some(credentials))
}

fn credentials(data_dir: &Path, name: &str, ca: &Path) -> Result<Credentials, (Fault, PathBuf)> {
    let root = std::fs::read(ca).ok();
    let root = root.and_then(|pem| pki::identity::first_certificate(&pem));
    let Some(root) = root else {
        return Err((Fault::RootUnreadable, ca.to_owned()));
    };
    let installed = Installed::of(data_dir);
    let sealed = installed.file(name);
    // Reading would make a machine key where there is none.
    if !data_dir.join("machine.key").exists() || !sealed.exists() {
        return Err((Fault::CertificateMissing, sealed));
    }
    let identity = installed
        .read(name)
        .map_err(|_| (Fault::CertificateUnreadable, sealed))?;
    Ok(Credentials {
        valid_from: identity.valid_from(),
        root,
        identity,
    })
}

/// The institution code of the sealed certificate.
pub(super) async fn facility(workplace: &Workplace) -> Option<InstitutionCode> {
    let (data_dir, name) = (workplace.data_dir.clone(), workplace.identity.clone());
    let looked = within(workplace.limits.each, move || {
        if !data_dir.join("machine.key").exists() {
            return None;
        }
        let identity = Installed::of(&data_dir).read(&name).ok()?;
        Some(identity.holder()?.facility)
    });
    looked.await.flatten()
}

/// The clock against the center's time; without it, against what the clock can never be earlier than.
pub(super) fn clock(
    workplace: &Workplace,
    told: Option<Instant>,
    valid_from: Option<Instant>,
    now: Instant,
) -> Observation {
    let kept = workplace.data_dir.join(LAST_CONTACT);
    if let Some(center) = told {
        if let Err(error) = pki::sealed::write_private(&kept, center.to_string().as_bytes()) {
            tracing::debug!(error = %error, "the center's time was not kept");
        }
        let off = center.seconds_until(now);
        let evidence = vec![fact(FactName::Off, shown(off))];
        return if off.abs() <= MOST_OFF_S {
            good(Step::Clock, evidence)
        } else {
            broken(Step::Clock, Fault::ClockWrong, evidence)
        };
    }
    let last = std::fs::read_to_string(&kept).ok();
    let last = last.and_then(|text| Instant::parse(text.trim()).ok());
    let earliest = last.into_iter().chain(valid_from).max();
    match earliest {
        Some(earliest) if now < earliest => {
            let off = vec![fact(FactName::Off, shown(earliest.seconds_until(now)))];
            broken(Step::Clock, Fault::ClockWrong, off)
        }
        Some(_) | None => not_checked(Step::Clock, NotChecked::After(Step::CenterTls)),
    }
}

/// Seconds as a person reads them.
fn shown(seconds: i64) -> String {
    match seconds.abs() {
        0..=299 => format!("{seconds} s"),
        300..=17_999 => format!("{} min", seconds / 60),
        18_000..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
