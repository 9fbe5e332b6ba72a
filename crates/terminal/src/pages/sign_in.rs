//! Sign-in as in the guide (G11): choose the certificate, start, then ID and password; and sign-out. Keeps no password.

use std::sync::Arc;

use api::client::ClientError;
use api::session::SignIn;
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::certificate_care::{Ending, days_left};
use domain::civil_date::Instant;
use domain::second_factor::Entry;
use pki::identity::Holder;
use serde::Deserialize;
use tokio::time::{Duration, timeout};
use ui::component::{Banner, Checkbox, Fault, Kind, Radio, TextField, Tone, WayOn};
use ui::language::Words;

use crate::browsers::Browser;
use crate::certificates::Setup;
use crate::copies::Copies;
use crate::pages::{Filled, Frame, Staff, Visitor, show, start_stop, support};
use crate::serve::{App, Certificate};
use crate::{days, faults};

/// How long a center that does not answer holds up a sign-out.
const ASK: Duration = Duration::from_secs(2);

#[derive(Template)]
#[template(path = "certificates.html")]
pub(super) struct CertificatesPage {
    pub(super) frame: Frame,
    pub(super) certificates: Vec<Radio>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    pub(super) frame: Frame,
    pub(super) certificate: Radio,
    pub(super) fields: Vec<TextField>,
    pub(super) force: Option<Checkbox>,
}

/// A certificate as a person tells it from others.
fn described(name: &str, holder: &Holder, now: Instant, words: &Words) -> Radio {
    let last_day = days::show(&holder.not_after.date_in_japan().to_string(), words);
    let (key, over) = match Ending::of(holder.not_after, now) {
        Ending::Over => ("certificate-expired", true),
        Ending::Announced(_) => ("certificate-ending", false),
        Ending::Far => ("certificate-good", false),
    };
    let left = days_left(holder.not_after, now).to_string();
    let facility = holder.facility.to_string();
    let about = [("facility", facility.as_str()), ("name", name)];
    Radio {
        value: name.to_owned(),
        label: holder.terminal.clone(),
        support: vec![
            words.say_with("certificate-holder", &about),
            words.say_with(key, &[("day", last_day), ("left", left)]),
        ],
        chosen: false,
        barred: over,
    }
}

/// The choice of a certificate. `chosen` is the one chosen before, if any.
pub(super) fn certificates_page(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    problem: Option<Fault>,
) -> Response {
    let now = app.now();
    let browser = visitor.key.and_then(|key| {
        app.browsers
            .with(&key, |browser| (browser.certificate, browser.told.take()))
    });
    let (chosen, told) = browser.unwrap_or_default();
    let mut certificates: Vec<Radio> = app
        .certificates
        .all()
        .iter()
        .map(|it| described(&it.name, &it.holder, now, &visitor.words))
        .collect();
    let usable = |it: &Radio| !it.barred;
    let first = certificates.iter().position(usable);
    let chosen = chosen.filter(|index| certificates.get(*index).is_some_and(usable));
    if let Some(radio) = chosen.or(first).and_then(|it| certificates.get_mut(it)) {
        radio.chosen = true;
    }
    let mut frame = visitor.frame("/");
    let faults = told.into_iter().chain(problem);
    frame
        .banners
        .extend(faults.map(|fault| Banner::new(Tone::Warning, fault)));
    frame
        .banners
        .extend(support::trouble_banner(app, &visitor.words));
    frame
        .banners
        .extend(start_stop::reader_reminder(app, &visitor.words));
    if first.is_none() {
        let banner = none_usable(&visitor.words, app.certificates.setup());
        frame.banners.push(banner);
    }
    show(
        status,
        &CertificatesPage {
            frame,
            certificates,
        },
    )
}

/// Codes of what the center, or the line to it, says of a certificate that opens nothing any more.
const IS_OVER: [&str; 3] = [
    "certificate_refused",
    "certificate_revoked",
    "certificate_expired",
];

/// Adds to what is said where a certificate is applied for, and what to do when the browser warns of that page.
fn name_application_page(fault: &mut Fault, words: &Words, setup: &Setup) {
    let of = [
        ("address", setup.application_page()),
        ("fingerprint", setup.root_fingerprint()),
    ];
    let apply = words.say_with("no-certificate-apply", &of);
    fault.text = format!("{}{}{apply}", fault.text, words.choose("", " "));
}

/// What to do without a certificate: whoever cannot sign in does not reach the procedures, so it names where to apply.
fn none_usable(words: &Words, setup: &Setup) -> Banner {
    let mut fault = faults::own(words, "no_certificate", "no-certificate");
    name_application_page(&mut fault, words, setup);
    let mut banner = Banner::new(Tone::Error, fault);
    banner.way_on = Some(WayOn {
        href: super::certificates::install::HERE.into(),
        text: words.say("certificate-install"),
    });
    banner
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct CertificateForm {
    certificate: String,
}

/// 「システムの利用を始める」.
pub(crate) async fn choose_certificate(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<CertificateForm>,
) -> Response {
    let now = app.now();
    if Staff::of(&visitor, &app).is_some() {
        // A session belongs to the certificate it was opened with.
        return Redirect::to("/").into_response();
    }
    let place = app
        .certificates
        .all()
        .iter()
        .position(|it| it.name == form.certificate && now < it.holder.not_after);
    let Some(place) = place else {
        let fault = faults::own(&visitor.words, "choose_certificate", "choose-certificate");
        return certificates_page(
            &app,
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(fault),
        );
    };
    let known = visitor.key.and_then(|key| {
        app.browsers
            .with(&key, |browser| browser.certificate = Some(place))
    });
    if known.is_some() {
        return Redirect::to("/sign-in").into_response();
    }
    match app.browsers.open(Browser::choosing(place), now) {
        Some((_, cookie)) => {
            ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether the person is asked to end an earlier sign-in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EarlierSignIn {
    Asked,
    NotAsked,
}

fn sign_in_page(
    app: &App,
    visitor: &Visitor,
    certificate: &Certificate,
    form: &SignInForm,
    fault: Option<(Tone, Fault)>,
    earlier: EarlierSignIn,
) -> Response {
    let words = &visitor.words;
    let mut frame = visitor.frame("/sign-in");
    let banner = fault.map(|(tone, fault)| Banner::new(tone, fault));
    frame.banners.extend(banner);
    let mut page = SignInPage {
        frame,
        certificate: described(&certificate.name, &certificate.holder, app.now(), words),
        fields: vec![
            TextField {
                support: words.say("account-support"),
                autocomplete: "username",
                value: form.account.clone(),
                ..TextField::new("account", words.say("account"))
            },
            TextField {
                kind: Kind::Password,
                autocomplete: "current-password",
                ..TextField::new("password", words.say("password"))
            },
        ],
        force: None,
    };
    if earlier == EarlierSignIn::Asked {
        page.force = Some(Checkbox {
            name: "force",
            label: words.say("end-earlier"),
            support: words.say("end-earlier-support"),
            value: "1".into(),
            checked: false,
        });
    }
    show(StatusCode::OK, &page)
}

/// The certificate the browser chose.
pub(super) fn chosen(app: &App, visitor: &Visitor) -> Option<(usize, Arc<Certificate>)> {
    let place = app
        .browsers
        .with(&visitor.key?, |browser| browser.certificate)??;
    Some((place, app.certificates.get(place)?))
}

pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Response {
    if Staff::of(&visitor, &app).is_some() {
        return Redirect::to("/").into_response();
    }
    let Some((_, certificate)) = chosen(&app, &visitor) else {
        return Redirect::to("/").into_response();
    };
    let told = visitor
        .key
        .and_then(|key| app.browsers.with(&key, |browser| browser.told.take()));
    let told = told.flatten().map(|fault| (Tone::Warning, fault));
    let empty = SignInForm::default();
    sign_in_page(
        &app,
        &visitor,
        &certificate,
        &empty,
        told,
        EarlierSignIn::NotAsked,
    )
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct SignInForm {
    account: String,
    password: String,
    force: Option<String>,
}

pub(crate) async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<SignInForm>,
) -> Response {
    let Some((place, certificate)) = chosen(&app, &visitor) else {
        return Redirect::to("/").into_response();
    };
    if Staff::of(&visitor, &app).is_some() {
        return Redirect::to("/").into_response();
    }
    let body = SignIn {
        account: form.account.clone(),
        force: form.force.is_some(),
        password: form.password.clone(),
    };
    let session = match certificate.client.sign_in(&body).await {
        Ok(session) => session,
        Err(error) => {
            let asks = matches!(&error, ClientError::Problem(it) if it.code == "already_signed_in");
            let (tone, earlier) = if asks {
                (Tone::Warning, EarlierSignIn::Asked)
            } else {
                (Tone::Error, EarlierSignIn::NotAsked)
            };
            let mut fault = faults::of_client(&error, &visitor.words);
            if IS_OVER.contains(&fault.code.as_str()) {
                let setup = app.certificates.setup();
                name_application_page(&mut fault, &visitor.words, setup);
            }
            let fault = Some((tone, fault));
            return sign_in_page(&app, &visitor, &certificate, &form, fault, earlier);
        }
    };
    let kind = AccountKind::parse(&session.account.kind);
    if kind.is_some_and(AccountKind::is_system) {
        // A machine's account has no pages (G01); its session here would only end the machine's own.
        let _ = certificate.client.sign_out(&session.token).await;
        let fault = faults::own(&visitor.words, "system_account", "no-pages-for-machines");
        let fault = Some((Tone::Error, fault));
        let earlier = EarlierSignIn::NotAsked;
        return sign_in_page(&app, &visitor, &certificate, &form, fault, earlier);
    }
    // Whoever sat at the card reader in this browser has gone: its key ends here.
    if let Some((key, reader)) = visitor.key.zip(app.card_reader.get().cloned()) {
        end_at_center(async move { reader.leave(&key).await }).await;
    }
    let now = app.now();
    let mut browser = visitor
        .key
        .and_then(|key| app.browsers.close(&key))
        .unwrap_or_default();
    // Where the person was is kept until the second factor is proved.
    let waits = Entry::parse(&session.entry) == Some(Entry::Prove);
    let way_on = if waits {
        None
    } else {
        browser.way_on(&session.account.id, now)
    };
    let to = match way_on.filter(|_| !session.password.change_needed) {
        Some(path) => path,
        None => "/".into(),
    };
    browser.certificate = Some(place);
    browser.session = Some(session);
    browser.copies = Copies::default();
    match app.browsers.open(browser, now) {
        Some((_, cookie)) => ([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Here the session, and what was kept of it, ends at once; at the center when it can be asked, else there it ends by itself.
pub(crate) async fn sign_out(State(app): State<App>, staff: Staff) -> Response {
    app.browsers.close(&staff.key);
    end_at_center(async move {
        if let Some(reader) = app.card_reader.get() {
            reader.leave(&staff.key).await;
        }
        let _ = staff.client.sign_out(staff.token()).await;
    })
    .await;
    Redirect::to("/").into_response()
}

/// Has a session end at the center, which is waited for a moment only: whoever signs in again at once is then not asked about it.
pub(super) async fn end_at_center(ending: impl Future<Output = ()> + Send + 'static) {
    let _ = timeout(ASK, tokio::spawn(ending)).await;
}

#[cfg(test)]
mod tests {
    use domain::institution_code::InstitutionCode;
    use pki::authority::printed_fingerprint;
    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    #[test]
    fn whoever_has_no_certificate_is_told_where_to_apply_for_one() {
        let texts = Arc::new(Texts::new(&SCREENS).unwrap());
        let page = "https://center.example:8444/application";
        let dir = tempfile::tempdir().unwrap();
        let setup = crate::pages::tests::certificate_setup(dir.path());
        for language in Language::ALL {
            let banner = none_usable(&Words::new(texts.clone(), language), &setup);
            assert!(banner.text.contains(page), "{}", banner.text);
            // The browser warns of the page: what a root certificate is compared with stands beside its address.
            let fingerprint = printed_fingerprint(&setup.root);
            assert!(banner.text.contains(&fingerprint), "{}", banner.text);
            assert_eq!(banner.code, "no_certificate");
        }
    }

    #[test]
    fn an_expired_certificate_is_shown_with_its_remedy_and_cannot_be_chosen() {
        let words = Words::new(Arc::new(Texts::new(&SCREENS).unwrap()), Language::Japanese);
        let holder = Holder {
            facility: InstitutionCode::parse("1319999999").unwrap(),
            terminal: "受付端末1".into(),
            not_before: Instant::from_micros(0),
            not_after: Instant::parse("2026-11-23T00:00:00Z").unwrap(),
            fingerprint: [0; 32],
        };
        let good = described("clinic", &holder, holder.not_after.plus_seconds(-1), &words);
        assert!(!good.barred);
        assert!(good.support[0].contains("1319999999") && good.support[0].contains("clinic"));
        assert!(good.support[1].contains("令和8年11月23日"));
        let over = described("clinic", &holder, holder.not_after, &words);
        assert!(over.barred && over.support[1].contains("再発行"));
    }
}
