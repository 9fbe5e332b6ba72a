//! The main screen (G12): what the account may do here. Decides no right: `domain::permissions` does.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::facility_kind::FacilityKind;
use domain::permissions::{MenuEntry, menu};
use domain::receipt_link::ReceiptLink;

use crate::pages::bulk;
use crate::pages::certificates;
use crate::pages::claims;
use crate::pages::emergency;
use crate::pages::home_care;
use crate::pages::looks;
use crate::pages::manuals;
use crate::pages::medical;
use crate::pages::notices;
use crate::pages::own_access;
use crate::pages::procedures;
use crate::pages::readers;
use crate::pages::receipt_link;
use crate::pages::screen_lock;
use crate::pages::setup;
use crate::pages::sign_in::certificates_page;
use crate::pages::start_stop;
use crate::pages::support;
use crate::pages::training;
use crate::pages::{Frame, Staff, Visitor, done, show};
use crate::serve::App;

pub(super) struct Entry {
    pub(super) href: &'static str,
    pub(super) label: String,
    pub(super) about: String,
    /// That it is not used in normal use, by the link with the receipt computer.
    pub(super) note: Option<String>,
}

#[derive(Template)]
#[template(path = "menu.html")]
pub(super) struct MenuPage {
    pub(super) frame: Frame,
    pub(super) checks: Vec<Entry>,
    pub(super) accounts: Vec<Entry>,
    pub(super) facility: Vec<Entry>,
    /// Notices, manuals and what helps.
    pub(super) help: Vec<Entry>,
}

/// Where an entry stands and leads, and the key of its explanation; `None` for pages of later issues.
fn place(entry: MenuEntry) -> Option<(Group, &'static str, &'static str)> {
    match entry {
        MenuEntry::CheckByNumber => Some((Group::Checks, "/check", "menu-check")),
        MenuEntry::ReaderControl => Some((Group::Checks, "/readers", "menu-readers")),
        MenuEntry::History => Some((Group::Checks, "/history", "menu-history")),
        MenuEntry::Bulk => Some((Group::Checks, bulk::HERE, "menu-bulk")),
        MenuEntry::Claims => Some((Group::Facility, claims::HERE, "menu-claims")),
        MenuEntry::Accounts => Some((Group::Accounts, "/accounts", "menu-accounts")),
        MenuEntry::Password => Some((Group::Accounts, "/password", "menu-password")),
        MenuEntry::Settings => Some((Group::Facility, "/settings", "menu-settings")),
        MenuEntry::Notices => Some((Group::Help, notices::HERE, "menu-notices")),
        MenuEntry::Manuals => Some((Group::Help, manuals::HERE, "menu-manuals")),
        MenuEntry::Procedures => Some((Group::Help, procedures::HERE, "menu-procedures")),
        MenuEntry::Support => Some((Group::Help, support::HERE, "menu-support")),
        MenuEntry::MedicalInformation => Some((Group::Checks, medical::HERE, "menu-medical")),
        MenuEntry::Looks => Some((Group::Checks, looks::HERE, "menu-looks")),
        MenuEntry::Emergency => Some((Group::Checks, emergency::HERE, "menu-emergency")),
        MenuEntry::Training => Some((Group::Help, training::HERE, "menu-training")),
        MenuEntry::HomeCare => Some((Group::Checks, home_care::HERE, "menu-home-care")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Checks,
    Accounts,
    Facility,
    Help,
}

pub(crate) async fn home(State(app): State<App>, visitor: Visitor) -> Response {
    match Staff::of(&visitor, &app) {
        Some(staff) => {
            if let Some(to) = staff.first_to_do("/") {
                return Redirect::to(to).into_response();
            }
            crate::notices::freshen(&app, &staff.session.facility.code);
            let link = receipt_link::ask(&app, &staff).await;
            let mut page = menu_page(&app, &staff, link);
            if page.checks.iter().any(|entry| entry.href == readers::HERE) {
                page.frame.banners.extend(readers::reminders(&staff).await);
            }
            if page
                .checks
                .iter()
                .any(|entry| entry.href == home_care::HERE)
            {
                let told = home_care::notices::reminders(&staff).await;
                page.frame.banners.extend(told);
            }
            page.frame
                .banners
                .extend(own_access::reminders(&staff).await);
            show(StatusCode::OK, &page)
        }
        None => certificates_page(&app, &visitor, StatusCode::OK, None),
    }
}

fn menu_page(app: &App, staff: &Staff, link: Option<ReceiptLink>) -> MenuPage {
    let facility = FacilityKind::parse(&staff.session.facility.kind);
    let mode = emergency::mode(app, staff);
    let shown = staff.kind().zip(facility);
    let shown = shown.map(|(kind, facility)| menu(kind, facility, mode));
    let entries = |wanted: Group| {
        let entries = shown.iter().flatten().filter_map(|entry| {
            let (group, href, about) = place(*entry)?;
            (group == wanted).then(|| Entry {
                href,
                label: staff
                    .words
                    .choose(entry.label_ja(), entry.label_en())
                    .to_owned(),
                about: staff.words.say(about),
                note: match entry {
                    MenuEntry::Notices => notices::note(app, staff),
                    other => receipt_link::note(staff, link, *other),
                },
            })
        });
        entries.collect()
    };
    let mut frame = staff.frame("/");
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    frame.banners.extend(certificates::reminders(app, staff));
    frame.banners.extend(screen_lock::reminder(app, staff));
    frame
        .banners
        .extend(support::trouble_banner(app, &staff.words));
    frame
        .banners
        .extend(start_stop::reader_reminder(app, &staff.words));
    frame.banners.extend(notices::important(app, staff));
    frame.banners.extend(emergency::report_owed(app, staff));
    frame.banners.extend(setup::reminder(app, staff));
    frame.banners.extend(receipt_link::unanswered(staff, link));
    MenuPage {
        checks: entries(Group::Checks),
        accounts: entries(Group::Accounts),
        facility: entries(Group::Facility),
        help: entries(Group::Help),
        frame,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manuals::{self, Block, Manual, Run};

    fn links(manual: &Manual) -> Vec<&str> {
        let blocks = manual.sections.iter().flat_map(|it| &it.blocks);
        let runs = blocks.flat_map(|block| -> Vec<&Run> {
            match block {
                Block::Paragraph(runs) | Block::Note(runs) => runs.iter().collect(),
                Block::Steps(items) | Block::List(items) => items.iter().flatten().collect(),
            }
        });
        let links = runs.filter_map(|run| match run {
            Run::Text(_) => None,
            Run::Link { href, .. } => Some(href.as_str()),
        });
        links.collect()
    }

    #[test]
    fn every_entry_is_linked_from_a_manual() {
        let linked: Vec<&str> = manuals::of_facility(true).flat_map(links).collect();
        for (_, href, about) in MenuEntry::ALL.into_iter().filter_map(place) {
            assert!(linked.contains(&href), "{about}: {href}");
        }
    }
}
