//! Renewing the certificate (G10): the administrator chooses the password of the new file, the rest happens here and takes effect at
//! once. The old certificate stays good to its end.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::component::{Banner, ErrorSummary, Fault, TextField, Tone};

use super::install::installed_page;
use super::{new_password, of_install, password_faults, refused};
use crate::certificates::{InstallFailed, renewal};
use crate::faults;
use crate::pages::{Filled, Frame, Staff, Visitor, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/certificates/renew";

#[derive(Template)]
#[template(path = "certificate_renew.html")]
pub(crate) struct RenewPage {
    pub(crate) frame: Frame,
    pub(crate) summary: ErrorSummary,
    pub(crate) fields: [TextField; 2],
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RenewForm {
    password: String,
    password_again: String,
}

pub(crate) fn renew_page(
    mut frame: Frame,
    general: Option<Fault>,
    faults: &[(String, Fault)],
) -> RenewPage {
    let mut fields = new_password(&frame.words);
    let summary = faults::spread(faults, &mut fields, &mut []);
    frame
        .banners
        .extend(general.map(|fault| Banner::new(Tone::Error, fault)));
    RenewPage {
        summary,
        fields,
        frame,
    }
}

pub(crate) async fn form(staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    show(StatusCode::OK, &renew_page(staff.frame(HERE), None, &[]))
}

pub(crate) async fn renew(
    State(app): State<App>,
    visitor: Visitor,
    staff: Staff,
    Filled(form): Filled<RenewForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let found = password_faults(&form.password, &form.password_again, &staff.words);
    if !found.is_empty() {
        let page = renew_page(staff.frame(HERE), None, &found);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let renewed = match staff.certificate(&app) {
        Some(chosen) => renewal(&app.certificates, &chosen.name, &form.password).await,
        None => Err(InstallFailed::None),
    };
    match renewed {
        Ok(installed) => installed_page(&app, &visitor, &installed),
        Err(error) => {
            let fault = of_install(&error, &staff.words);
            let page = renew_page(staff.frame(HERE), Some(fault), &[]);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}
