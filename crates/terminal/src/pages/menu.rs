//! The main screen (G12): what the account may do. Decides no right.

use api::session::Session;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::facility_kind::FacilityKind;
use domain::permissions::{EmergencyMode, MenuEntry, menu};

use crate::pages::sign_in::sign_in_page;
use crate::pages::{Frame, Staff, show};
use crate::serve::App;

pub(super) struct Entry {
    href: &'static str,
    ja: &'static str,
    en: &'static str,
}

#[derive(Template)]
#[template(path = "menu.html")]
pub(super) struct MenuPage {
    pub(super) frame: Frame,
    pub(super) entries: Vec<Entry>,
}

pub(super) fn entries(session: &Session) -> Vec<Entry> {
    let kind = AccountKind::parse(&session.account.kind);
    let facility = FacilityKind::parse(&session.facility.kind);
    let shown = kind
        .zip(facility)
        .map(|(kind, facility)| menu(kind, facility, EmergencyMode::Closed))
        .unwrap_or_default();
    let href = |entry| match entry {
        MenuEntry::CheckByNumber => Some("/check"),
        MenuEntry::History => Some("/history"),
        MenuEntry::Password => Some("/password"),
        // These have no page yet, so the menu does not offer them.
        MenuEntry::ReaderControl
        | MenuEntry::Bulk
        | MenuEntry::MedicalInformation
        | MenuEntry::Emergency
        | MenuEntry::Accounts
        | MenuEntry::Settings
        | MenuEntry::Notices
        | MenuEntry::Support => None,
    };
    let entry = |entry: MenuEntry| {
        Some(Entry {
            href: href(entry)?,
            ja: entry.label_ja(),
            en: entry.label_en(),
        })
    };
    shown.into_iter().filter_map(entry).collect()
}

pub(crate) async fn home(State(app): State<App>, staff: Result<Staff, Redirect>) -> Response {
    match staff {
        Ok(staff) if staff.0.password.change_needed => Redirect::to("/password").into_response(),
        Ok(staff) => {
            let page = MenuPage {
                frame: staff.frame(Vec::new()),
                entries: entries(&staff.0),
            };
            show(StatusCode::OK, &page)
        }
        Err(_) => sign_in_page(&app, StatusCode::OK, Vec::new(), "", false),
    }
}
