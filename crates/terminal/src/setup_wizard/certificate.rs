//! The step that fetches the certificate with the two IDs of the notice, keeps its file, tries it at the center and seals it.

use api::client::{Client, ClientError};
use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use pki::identity::Identity;

use super::fields::Typed;
use super::files::NotWritten;
use super::pages::{answer, not_written, required, told, words};
use super::{Installed, Known, Wizard};
use crate::faults;

pub(super) async fn certificate(
    State(wizard): State<Wizard>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let words = words(&wizard, &headers);
    let _turn = wizard.turn.lock().await;
    let known = wizard.draft().center.clone();
    let Some(known) = known else {
        return Redirect::to("/setup").into_response();
    };
    let wanted = [
        ("request_id", typed.request_id.as_str()),
        ("reference_id", &typed.reference_id),
        ("password", &typed.password),
    ];
    let mut wrong = required(&words, &wanted);
    if typed.again != typed.password {
        let fault = faults::own(&words, "again", "wizard-again-wrong");
        wrong.push(("again".to_owned(), fault));
    }
    if !wrong.is_empty() {
        return answer(&wizard, &words, &typed, &wrong, None);
    }
    match install(&wizard, &known, &typed).await {
        Ok(installed) => {
            wizard.draft().installed = Some(installed);
            Redirect::to("/setup").into_response()
        }
        Err(NotInstalled::Center(error)) => {
            let faults = match &error {
                ClientError::Problem(problem) => faults::of_members(problem, &words),
                _ => Vec::new(),
            };
            let banner = faults.is_empty().then(|| told(&error, &words));
            answer(&wizard, &words, &typed, &faults, banner)
        }
        Err(NotInstalled::Written(why)) => {
            answer(&wizard, &words, &typed, &[], Some(not_written(why)))
        }
        Err(NotInstalled::Unreadable) => {
            let fault = faults::own(&words, "unreadable", "wizard-unreadable");
            answer(&wizard, &words, &typed, &[], Some(fault))
        }
    }
}

/// Why no certificate was installed.
enum NotInstalled {
    Center(ClientError),
    Written(NotWritten),
    /// What came is no certificate of a facility.
    Unreadable,
}

impl From<ClientError> for NotInstalled {
    fn from(error: ClientError) -> Self {
        Self::Center(error)
    }
}

impl From<NotWritten> for NotInstalled {
    fn from(error: NotWritten) -> Self {
        Self::Written(error)
    }
}

/// Name a certificate is sealed under.
const CERTIFICATE: &str = "clinic";

/// Downloads the certificate, keeps the file, asks the center with it, and seals it for the terminal.
async fn install(wizard: &Wizard, known: &Known, typed: &Typed) -> Result<Installed, NotInstalled> {
    let body = serde_json::json!({
        "request_id": typed.request_id.trim(),
        "reference_id": typed.reference_id.trim(),
        "password": typed.password,
        "legacy": false,
        "rsa": false,
    });
    let body = serde_json::to_vec(&body).map_err(|_| NotInstalled::Unreadable)?;
    let enroll = Client::new(&known.enroll, &known.root, None)?;
    let path = api::routes::CERTIFICATE_DOWNLOAD;
    let bytes = enroll
        .call(axum::http::Method::POST, path, None, None, Some(body))
        .await?;
    let identity = Identity::from_pkcs12(&bytes, &typed.password);
    let identity = identity.map_err(|_| NotInstalled::Unreadable)?;
    let holder = identity.holder().ok_or(NotInstalled::Unreadable)?;
    let facility = holder.facility.to_string();
    let file = wizard.places.keep_download(&facility, &bytes)?;
    // The address of the center is tried before anything says that the terminal is set up.
    let client = Client::new(&known.api, &known.root, Some(&identity))?;
    client.certificate().await?;
    let written = |error: &dyn std::fmt::Display| NotWritten(error.to_string());
    let root = pem(&known.root);
    pki::sealed::write_private(&wizard.places.root, root.as_bytes())
        .map_err(|error| written(&error))?;
    let installed = pki::installed::Installed::of(&wizard.places.terminal.data_dir);
    let sealed = installed.install(CERTIFICATE, &identity);
    sealed.map_err(|error| written(&error))?;
    Ok(Installed {
        name: CERTIFICATE.to_owned(),
        client,
        holder,
        file,
    })
}

/// A certificate as PEM (RFC 7468).
fn pem(certificate: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut lines = String::from("-----BEGIN CERTIFICATE-----\n");
    for (place, c) in text.chars().enumerate() {
        if place != 0 && place % 64 == 0 {
            lines.push('\n');
        }
        lines.push(c);
    }
    lines.push_str("\n-----END CERTIFICATE-----\n");
    lines
}
