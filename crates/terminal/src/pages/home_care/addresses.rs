//! The facility's addresses for home care, with their QR codes, to show and to print; making one ends the one before.

use api::client::ClientError;
use api::home_care::{HomeAddress, HomeAddresses, NewHomeAddress};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::home_care::Care;
use serde::Deserialize;
use ui::qr_code::QrCode;

use super::new_key;
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/home-care/addresses";

/// The address of a care, if there is one.
pub(in crate::pages) struct Place {
    care: &'static str,
    title: String,
    about: String,
    address: Option<Shown>,
    key: String,
}

/// An address in force.
struct Shown {
    url: String,
    made: String,
    account: String,
    code: Option<QrCode>,
}

#[derive(Template)]
#[template(path = "home_care_addresses.html")]
pub(in crate::pages) struct AddressesPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) facility: String,
    pub(in crate::pages) served: bool,
    pub(in crate::pages) places: Vec<Place>,
}

/// For which care an address is made.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Made {
    care: String,
    key: String,
}

pub(crate) async fn page(State(app): State<App>, staff: Staff) -> Response {
    let found = match staff.client.home_addresses(staff.token()).await {
        Ok(found) => found,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let mut frame = staff.frame(HERE);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    show(StatusCode::OK, &addresses_page(&staff, frame, &found))
}

pub(in crate::pages) fn addresses_page(
    staff: &Staff,
    frame: Frame,
    found: &HomeAddresses,
) -> AddressesPage {
    let words = &staff.words;
    let places = Care::ALL.iter().map(|care| {
        let (title, about) = match care {
            Care::HomeVisit => ("home-care-visit", "home-address-visit"),
            Care::RemoteCare => ("home-care-remote", "home-address-remote"),
        };
        let own = found.addresses.iter().find(|it| it.care == care.as_str());
        Place {
            care: care.as_str(),
            title: words.say(title),
            about: words.say(about),
            address: own.map(shown),
            key: new_key(),
        }
    });
    AddressesPage {
        facility: staff.session.facility.name.clone(),
        served: found.served,
        places: places.collect(),
        frame,
    }
}

fn shown(it: &HomeAddress) -> Shown {
    Shown {
        code: QrCode::of(&it.url),
        url: it.url.clone(),
        made: days::show_instant(&it.made_at),
        account: it.account.clone(),
    }
}

pub(crate) async fn make(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<Made>,
) -> Response {
    let body = NewHomeAddress { care: form.care };
    let made = staff
        .client
        .make_home_address(staff.token(), &form.key, &body);
    match made.await {
        Ok(_) => {
            let told = faults::own(&staff.words, "home", "home-address-made");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(told));
            Redirect::to(HERE).into_response()
        }
        // A form that was changed by hand: the page shows how it stands.
        Err(ClientError::Problem(problem)) if problem.status == 422 => {
            Redirect::to(HERE).into_response()
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}
