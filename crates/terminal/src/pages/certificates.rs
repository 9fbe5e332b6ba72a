//! The certificate's pages (G08-G10): its state, installing, renewing, backing up, the report of a lost file. The center decides what is
//! issued and when; an administrator does what changes something, but a terminal may be given a certificate by whoever is signed in, by the
//! terminal user, and by anybody while it has no good one.

pub(crate) mod backup;
pub(crate) mod install;
mod permitted;
pub(crate) mod renew;

use std::sync::Arc;

use api::certificate::CertificateState;
use api::client::ClientError;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use domain::account::AccountKind;
use domain::certificate_care::{Backup, Ending, days_left};
use domain::civil_date::Instant;
use domain::password::Broken;
use pki::identity::InvalidIdentity;
use serde::Deserialize;
use ui::component::{Banner, Checkbox, Fact, Fault, Kind, TextField, Tone, WayOn};
use ui::language::Words;

use crate::certificates::InstallFailed;
use crate::pages::{Filled, Frame, Staff, done, show, trouble};
use crate::serve::{App, Certificate};
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/certificates";

/// All pages of the certificate.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route(HERE, get(page))
        .route("/certificates/put-away", post(put_away))
        .route("/certificates/loss", post(report_loss))
        .route(install::HERE, get(install::form).post(install::install))
        .route(
            install::FILE,
            get(install::file_form).post(install::install_file),
        )
        .route(install::ANYWAY, post(install::install_anyway))
        .route(renew::HERE, get(renew::form).post(renew::renew))
        .route(backup::HERE, get(backup::form).post(backup::make))
}

#[derive(Template)]
#[template(path = "certificate.html")]
pub(super) struct CertificatePage {
    pub(super) frame: Frame,
    pub(super) facts: Vec<Fact>,
    /// Whether the person may change anything here.
    pub(super) administrator: bool,
    pub(super) renewal: Renewal,
    pub(super) put_away: bool,
    pub(super) lost: Checkbox,
}

/// Whether the certificate can be renewed now. From when on, the center alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    /// It can.
    Possible,
    /// It is too early.
    Later,
    /// The center did not say.
    Unknown,
    /// It is too late: only a re-issue helps.
    Over,
}

fn is_administrator(staff: &Staff) -> bool {
    staff.kind() == Some(AccountKind::Administrator)
}

/// The answer to everybody but the administrator.
fn refused(staff: &Staff) -> Option<Response> {
    if is_administrator(staff) {
        return None;
    }
    let fault = faults::own(
        &staff.words,
        "administrators_only",
        "certificate-administrators-only",
    );
    Some(trouble(StatusCode::FORBIDDEN, staff.frame("/"), fault))
}

/// Banners for everybody's main screen: the end that comes near, the backup that is missing, of every certificate of this PC. The pages
/// are of the one that was chosen at the sign-in; of another the banner says how to get there, and of one that is over, which nobody
/// can choose any more, where the next is applied for.
pub(super) fn reminders(app: &App, staff: &Staff) -> Vec<Banner> {
    let words = &staff.words;
    let chosen = staff.certificate(app).map(|it| it.name.clone());
    let all = newest(app.certificates.all(), chosen.as_deref());
    let mut banners = Vec::new();
    for certificate in &all {
        let mut own = of_certificate(app, certificate, words);
        let is_chosen = chosen.as_ref() == Some(&certificate.name);
        for banner in &mut own {
            if 1 < all.len() {
                let holder = &certificate.holder;
                let names = [
                    ("facility", holder.facility.to_string()),
                    ("terminal", holder.terminal.clone()),
                ];
                banner.title = words.say_with("certificate-of", &names);
            }
            if is_administrator(staff) && is_chosen {
                banner.way_on = Some(WayOn {
                    href: HERE.into(),
                    text: words.say("certificate-page"),
                });
            } else if !is_chosen && certificate.holder.not_after <= app.now() {
                let address = app.certificates.setup().application_page();
                let apply = words.say_with("certificate-over-apply", &[("address", address)]);
                banner.text.push_str(words.choose("", " "));
                banner.text.push_str(&apply);
                banner.way_on = Some(WayOn {
                    href: install::HERE.into(),
                    text: words.say("certificate-install"),
                });
            } else if !is_chosen {
                banner.text.push_str(words.choose("", " "));
                banner.text.push_str(&words.say("certificate-choose-it"));
            }
        }
        banners.extend(own);
    }
    banners
}

/// One certificate of each terminal's name: the one that lasts longest, and of several copies of it the chosen one. What was renewed since, and
/// lies under another name yet, is nobody's concern any more.
fn newest(all: Vec<Arc<Certificate>>, chosen: Option<&str>) -> Vec<Arc<Certificate>> {
    let mut newest: Vec<Arc<Certificate>> = Vec::new();
    for certificate in all {
        let rank = |it: &Certificate| (it.holder.not_after, Some(it.name.as_str()) == chosen);
        let same = |it: &&mut Arc<Certificate>| {
            let (one, other) = (&it.holder, &certificate.holder);
            one.facility == other.facility && one.terminal == other.terminal
        };
        match newest.iter_mut().find(same) {
            Some(known) if rank(known) < rank(&certificate) => *known = certificate,
            Some(_) => {}
            None => newest.push(certificate),
        }
    }
    newest
}

fn of_certificate(app: &App, certificate: &Certificate, words: &Words) -> Vec<Banner> {
    let (holder, now) = (&certificate.holder, app.now());
    let mut banners = Vec::new();
    let ending = Ending::of(holder.not_after, now);
    if app.put_away.shows(&holder.fingerprint, ending) {
        banners.push(ending_banner(holder.not_after, ending, now, words));
    }
    let backup = match app.backups.state(holder.fingerprint) {
        // A copy of one that opens nothing is of no use.
        _ if ending == Ending::Over => None,
        Backup::Never => Some("backup-never"),
        Backup::OfEarlier => Some("backup-of-earlier"),
        Backup::Made(_) => None,
    };
    banners.extend(backup.map(|key| {
        let fault = faults::own(words, "backup_needed", key);
        Banner::new(Tone::Warning, fault)
    }));
    banners
}

fn ending_banner(not_after: Instant, ending: Ending, now: Instant, words: &Words) -> Banner {
    let day = days::show(&not_after.date_in_japan().to_string(), words);
    let left = days_left(not_after, now).to_string();
    let (code, key, tone) = match ending {
        Ending::Over => ("certificate_expired", "certificate-over", Tone::Error),
        Ending::Announced(_) | Ending::Far => {
            ("certificate_ending", "certificate-ends", Tone::Warning)
        }
    };
    let text = words.say_with(key, &[("day", day), ("left", left)]);
    Banner::new(
        tone,
        Fault {
            code: code.into(),
            text,
        },
    )
}

/// What this PC knows of its certificate, with what the center says of it where it can be asked.
pub(super) fn certificate_page(
    app: &App,
    staff: &Staff,
    certificate: &Certificate,
    told: Result<CertificateState, ClientError>,
) -> CertificatePage {
    let (words, holder, now) = (&staff.words, &certificate.holder, app.now());
    let day = |text: &str| days::show(text, words);
    let fact = |key: &str, text: String, meaning: String| Fact {
        label: words.say(key),
        text,
        meaning,
    };
    let last_day = day(&holder.not_after.date_in_japan().to_string());
    let left = days_left(holder.not_after, now).to_string();
    let mut facts = vec![
        fact(
            "certificate-issued-to",
            holder.facility.to_string(),
            String::new(),
        ),
        fact(
            "certificate-terminal",
            holder.terminal.clone(),
            String::new(),
        ),
        fact(
            "certificate-last-day",
            last_day,
            words.say_with("certificate-days-left", &[("left", left)]),
        ),
    ];
    let mut frame = staff.frame(HERE);
    let ending = Ending::of(holder.not_after, now);
    if ending != Ending::Far {
        frame
            .banners
            .push(ending_banner(holder.not_after, ending, now, words));
    }
    let mut renewal = Renewal::Unknown;
    match told {
        Ok(told) => {
            renewal = if told.renewable_from <= now.date_in_japan().to_string() {
                Renewal::Possible
            } else {
                Renewal::Later
            };
            let from = day(&told.renewable_from);
            facts.push(fact("certificate-renewable-from", from, String::new()));
            if told.lost_at.is_some() {
                let fault = faults::own(words, "certificate_lost", "certificate-loss-reported");
                frame.banners.push(Banner::new(Tone::Warning, fault));
            }
        }
        Err(error) => {
            let fault = faults::of_client(&error, words);
            frame.banners.push(Banner::new(Tone::Warning, fault));
        }
    }
    if ending == Ending::Over {
        renewal = Renewal::Over;
    }
    let backup = app.backups.state(holder.fingerprint);
    let text = match backup {
        Backup::Never => words.say("backup-none"),
        Backup::OfEarlier => words.say("backup-none-of-this"),
        Backup::Made(at) => day(&at.date_in_japan().to_string()),
    };
    let place = app.backups.last_place(holder.fingerprint);
    let place = place.map(|it| it.display().to_string()).unwrap_or_default();
    facts.push(fact("backup-last", text, place));
    CertificatePage {
        facts,
        administrator: is_administrator(staff),
        renewal,
        put_away: ending != Ending::Far
            && ending.may_be_put_away()
            && app.put_away.shows(&holder.fingerprint, ending),
        lost: Checkbox {
            name: "accepted",
            label: words.say("certificate-loss-accept"),
            support: words.say("certificate-loss-support"),
            value: "1".into(),
            checked: false,
        },
        frame,
    }
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    let Some(certificate) = staff.certificate(&app) else {
        return Redirect::to(install::HERE).into_response();
    };
    let told = certificate.client.certificate().await;
    let mut page = certificate_page(&app, &staff, &certificate, told);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    page.frame.banners.extend(told.flatten().map(done));
    show(StatusCode::OK, &page)
}

/// Puts the announcement away until the next.
pub(crate) async fn put_away(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    if let Some(certificate) = staff.certificate(&app) {
        let holder = &certificate.holder;
        let ending = Ending::of(holder.not_after, app.now());
        if let Err(error) = app.put_away.put_away(&holder.fingerprint, ending) {
            tracing::error!(error = %error, "the announcement was not put away");
            let fault = faults::own(&staff.words, "not_written", "certificate-not-written");
            return trouble(StatusCode::INTERNAL_SERVER_ERROR, staff.frame(HERE), fault);
        }
    }
    Redirect::to("/").into_response()
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct LossForm {
    accepted: Option<String>,
}

/// Reports that the file, or the stick it lay on, was lost.
pub(crate) async fn report_loss(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<LossForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    if form.accepted.is_none() {
        let fault = faults::own(
            &staff.words,
            "not_accepted",
            "certificate-loss-not-accepted",
        );
        return trouble(StatusCode::UNPROCESSABLE_ENTITY, staff.frame(HERE), fault);
    }
    match staff.client.report_certificate_loss(staff.token()).await {
        Ok(_) => Redirect::to(HERE).into_response(),
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// The two fields in which a person chooses the password of a `.p12` file.
fn new_password(words: &Words) -> [TextField; 2] {
    [
        TextField {
            kind: Kind::Password,
            autocomplete: "new-password",
            support: words.say("file-password-support"),
            ..TextField::new("password", words.say("file-password"))
        },
        TextField {
            kind: Kind::Password,
            autocomplete: "new-password",
            ..TextField::new("password_again", words.say("file-password-again"))
        },
    ]
}

/// What is wrong with a new password for a file, by field.
fn password_faults(password: &str, again: &str, words: &Words) -> Vec<(String, Fault)> {
    let broken = domain::password::Password::parse(password)
        .err()
        .unwrap_or_default();
    let fault = |broken: Broken| ("password".to_owned(), faults::of_broken(broken, words));
    let mut found: Vec<_> = broken.into_iter().map(fault).collect();
    if password != again {
        let fault = faults::own(words, "not_the_same", "file-password-not-the-same");
        found.push(("password_again".to_owned(), fault));
    }
    found
}

/// Why nothing was installed, for the person.
fn of_install(error: &InstallFailed, words: &Words) -> Fault {
    let own = |code, key| faults::own(words, code, key);
    match error {
        InstallFailed::Client(error) => faults::of_client(error, words),
        InstallFailed::File(InvalidIdentity::PasswordOrFile) => {
            own("file_or_password", "file-or-password")
        }
        InstallFailed::File(_) | InstallFailed::NoClient => {
            own("no_client_certificate", "file-no-certificate")
        }
        InstallFailed::OtherFacility(code) => Fault {
            code: "other_facility".into(),
            text: words.say_with("file-other-facility", &[("code", code.to_string())]),
        },
        InstallFailed::OtherCenter => own("other_center", "file-other-center"),
        InstallFailed::Expired => own("certificate_expired", "file-expired"),
        InstallFailed::Revoked => own("certificate_revoked", "file-revoked"),
        InstallFailed::Unproved => own("required", "certificate-terminal-user-missing"),
        InstallFailed::None => own("no_certificate", "no-certificate"),
        InstallFailed::Seal(_) | InstallFailed::Random => {
            own("not_written", "certificate-not-written")
        }
        InstallFailed::Written(file, _) => Fault {
            code: "not_written".into(),
            text: words.say_with("file-not-written", &[("file", file.display().to_string())]),
        },
    }
}

#[cfg(test)]
mod tests;
