//! The set-up sheet on the screen, on paper and as a file (G35), and the form for what the facility writes on it. Administrators only;
//! shows no password.

use std::collections::BTreeMap;

use api::client::ClientError;
use api::client::cards::Cause;
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use domain::facility_kind::FacilityKind;
use domain::setup_sheet::{Entry, InvalidEntry, LINES, Source};
use kiosk::profile::Lock as LockName;
use serde::Deserialize;
use ui::component::{Banner, ErrorSummary, Fault, Need, TextField, Tone, Width};
use ui::language::Words;

use crate::inventory::NotRead;
use crate::pages::{Filled, Frame, Staff, done, show, trouble};
use crate::serve::App;
use crate::setup_sheet::{self, CenterSays, Entries, Facts, NotKept, SheetSection};
use crate::{days, faults, inventory};

/// The page's own path.
pub(crate) const HERE: &str = "/setup-sheet";

/// Code of entries that cannot be read.
const UNREADABLE: &str = "setup_sheet_unreadable";

#[derive(Template)]
#[template(path = "setup_sheet.html")]
pub(super) struct SheetPage {
    pub(super) frame: Frame,
    pub(super) made: String,
    pub(super) heads: [String; 6],
    pub(super) sections: Vec<SheetSection>,
}

#[derive(Template)]
#[template(path = "setup_sheet_entries.html")]
pub(super) struct EntriesPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) version: u32,
    pub(super) fields: Vec<TextField>,
}

/// The entries as typed, by their names.
#[derive(Deserialize, Default)]
pub(crate) struct EntriesForm {
    #[serde(default)]
    version: String,
    #[serde(flatten)]
    texts: BTreeMap<String, String>,
}

/// Only the administrator, whose sheet it is.
fn refused(staff: &Staff) -> Option<Response> {
    for_administrators(staff, HERE, "setup-sheet")
}

/// A page of the set-up refused to whoever is no administrator: others are told which account the page needs.
pub(super) fn for_administrators(staff: &Staff, here: &str, title: &str) -> Option<Response> {
    if staff.kind() == Some(AccountKind::Administrator) {
        return None;
    }
    let page = staff.words.say(title);
    let fault = Fault {
        code: "not_permitted".into(),
        text: staff
            .words
            .say_with("administrator-only", &[("page", page)]),
    };
    Some(trouble(StatusCode::FORBIDDEN, staff.frame(here), fault))
}

/// What the center says, or nothing while it cannot be reached; a session that ended is an error.
async fn center_says(staff: &Staff) -> Result<Option<CenterSays>, ClientError> {
    let accounts = staff.client.accounts(staff.token()).await;
    let settings = staff.client.settings(staff.token(), Cause::Person).await;
    let (accounts, settings) = match (accounts, settings) {
        (Ok(accounts), Ok(settings)) => (accounts.accounts, settings),
        (Err(ClientError::Connection(_)), _) | (_, Err(ClientError::Connection(_))) => {
            return Ok(None);
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let Ok(settings) = settings.read() else {
        return Ok(None);
    };
    let accounts = accounts.into_iter().map(|it| {
        let kind = AccountKind::parse(&it.kind);
        let label = kind.map_or(it.kind.as_str(), |kind| {
            staff.words.choose(kind.label_ja(), kind.label_en())
        });
        (
            kind == Some(AccountKind::Reader),
            format!("{label} {}", it.id),
        )
    });
    Ok(Some(CenterSays {
        settings,
        accounts: accounts.collect(),
    }))
}

/// What was read; a file that cannot be read is noted and leaves its part of the sheet empty.
fn or_noted<T: Default>(read: Result<T, NotRead>, code: &str, unreadable: &mut Vec<Fault>) -> T {
    read.unwrap_or_else(|error| {
        unreadable.push(named(&error, code));
        T::default()
    })
}

/// A file that cannot be read, with its place.
fn named(error: &NotRead, code: &str) -> Fault {
    tracing::error!(error = %error, "the set-up sheet lacks a file");
    Fault {
        code: code.into(),
        text: error.to_string(),
    }
}

/// What the sheet is filled from, and the files that could not be read for it.
async fn facts(app: &App, staff: &Staff) -> Result<(Facts, Vec<Fault>), ClientError> {
    let words = &staff.words;
    let facility = &staff.session.facility;
    let certificates = app.certificates.all();
    let certificates = certificates.iter().map(|it| {
        let day = it.holder.not_after.date_in_japan();
        format!("{} {day}", it.holder.terminal)
    });
    let name = match app.lock_name() {
        LockName::ClearScreen => "sheet-clear-screen",
        LockName::ScreenSaver => "sheet-screen-saver",
    };
    let mut unreadable = Vec::new();
    let read = inventory::read(&app.data_dir);
    let inventory = or_noted(read, "inventory_unreadable", &mut unreadable);
    let read = setup_sheet::read(&app.data_dir);
    let entries = or_noted(read, UNREADABLE, &mut unreadable);
    let facts = Facts {
        facility: format!("{} {}", facility.code, facility.name),
        kind: FacilityKind::parse(&facility.kind),
        administrator: staff.session.account.id.clone(),
        certificates: certificates.collect(),
        terminal_user: app.lock.user_name(),
        screen_lock: words.say(name),
        center: app.center.address.clone(),
        root_fingerprint: app.center.root_fingerprint.clone(),
        center_says: center_says(staff).await?,
        inventory: inventory.contents,
        entries,
    };
    Ok((facts, unreadable))
}

pub(super) fn heads(words: &Words) -> [String; 6] {
    [
        words.say("sheet-number"),
        words.say("sheet-item"),
        words.say("sheet-detail"),
        words.say("sheet-default"),
        words.say("sheet-value"),
        words.say("sheet-explanation"),
    ]
}

pub(crate) async fn sheet(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let (facts, unreadable) = match facts(&app, &staff).await {
        Ok(facts) => facts,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let status = if unreadable.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let mut frame = staff.frame(HERE);
    let unreadable = unreadable.into_iter();
    frame
        .banners
        .extend(unreadable.map(|fault| Banner::new(Tone::Error, fault)));
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    frame.banners.extend(told.flatten().map(done));
    let page = SheetPage {
        made: made(&app, &staff),
        heads: heads(&staff.words),
        sections: setup_sheet::sheet(&facts, &staff.words),
        frame,
    };
    show(status, &page)
}

fn made(app: &App, staff: &Staff) -> String {
    let at = days::show_instant(&app.now().to_string());
    staff.words.say_with("sheet-made", &[("at", at)])
}

/// The sheet as a file for spreadsheets; none that lacks what cannot be read, for the file could not say so.
pub(crate) async fn file(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let (facts, mut unreadable) = match facts(&app, &staff).await {
        Ok(facts) => facts,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    if let Some(fault) = unreadable.pop() {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return trouble(status, staff.frame(HERE), fault);
    }
    let sections = setup_sheet::sheet(&facts, &staff.words);
    let text = setup_sheet::csv(&sections, &heads(&staff.words));
    let name = format!(
        "attachment; filename=\"onshi-setup-sheet-{}.csv\"",
        app.now().to_compact_in_japan()
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, text).into_response()
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let there = match setup_sheet::read(&app.data_dir) {
        Ok(there) => there,
        Err(error) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return trouble(status, staff.frame(HERE), named(&error, UNREADABLE));
        }
    };
    let typed = Entry::ALL.iter().map(|it| (*it, there.of(*it).to_owned()));
    let page = entries_page(&staff, there.version, &typed.collect(), &[]);
    show(StatusCode::OK, &page)
}

pub(super) fn entries_page(
    staff: &Staff,
    version: u32,
    typed: &BTreeMap<Entry, String>,
    wrong: &[(Entry, InvalidEntry)],
) -> EntriesPage {
    let words = &staff.words;
    let faults: Vec<(String, Fault)> = wrong
        .iter()
        .map(|(entry, wrong)| {
            let (code, key) = match wrong {
                InvalidEntry::TooLong => ("too_long", "entry-too-long"),
                InvalidEntry::Control => ("control", "entry-control"),
                InvalidEntry::Password => ("password", "entry-password"),
            };
            (entry.as_str().to_owned(), faults::own(words, code, key))
        })
        .collect();
    let field = |entry: &Entry| {
        let line = LINES.iter().find(|it| it.source == Source::Entry(*entry))?;
        let text = |both: domain::setup_sheet::Both| words.choose(both.0, both.1);
        let label = [text(line.item), text(line.detail)].join(" ");
        Some(TextField {
            need: Need::Plain,
            width: Width::Full,
            support: text(line.explanation).to_owned(),
            value: typed.get(entry).cloned().unwrap_or_default(),
            ..TextField::new(entry.as_str(), label.trim().to_owned())
        })
    };
    let mut fields: Vec<TextField> = Entry::ALL.iter().filter_map(field).collect();
    EntriesPage {
        summary: faults::spread(&faults, &mut fields, &mut []),
        frame: staff.frame("/setup-sheet/entries"),
        version,
        fields,
    }
}

pub(crate) async fn change(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<EntriesForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let Ok(shown) = form.version.parse() else {
        return Redirect::to(HERE).into_response();
    };
    let typed = Entry::ALL.iter().map(|it| {
        let text = form.texts.get(it.as_str());
        (*it, text.cloned().unwrap_or_default())
    });
    let typed: BTreeMap<Entry, String> = typed.collect();
    let by = &staff.session.account.id;
    match setup_sheet::change(&app.data_dir, shown, &typed, by, app.now()) {
        Ok(_) => {
            let fault = faults::own(&staff.words, "sheet_kept", "sheet-kept");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(HERE).into_response()
        }
        Err(NotKept::Invalid(wrong)) => {
            let page = entries_page(&staff, shown, &typed, &wrong);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(NotKept::Meanwhile(there)) => changed_meanwhile(&staff, &there, &typed),
        Err(NotKept::Unreadable(error)) => {
            let mut page = entries_page(&staff, shown, &typed, &[]);
            let fault = named(&error, UNREADABLE);
            page.frame.banners.push(Banner::new(Tone::Error, fault));
            show(StatusCode::INTERNAL_SERVER_ERROR, &page)
        }
        Err(NotKept::File) => {
            let mut page = entries_page(&staff, shown, &typed, &[]);
            let fault = faults::own(&staff.words, "not_written", "sheet-not-written");
            page.frame.banners.push(Banner::new(Tone::Error, fault));
            show(StatusCode::INSUFFICIENT_STORAGE, &page)
        }
    }
}

/// What was typed is kept in the form, and what the other wrote stands beside it.
fn changed_meanwhile(staff: &Staff, there: &Entries, typed: &BTreeMap<Entry, String>) -> Response {
    let words = &staff.words;
    let mut page = entries_page(staff, there.version, typed, &[]);
    for field in &mut page.fields {
        let now = Entry::parse(field.name).map_or("", |entry| there.of(entry));
        if now != field.value.trim() {
            field.errors.push(Fault {
                code: "changed".to_owned(),
                text: words.say_with("entry-changed", &[("now", now)]),
            });
        }
    }
    let at = days::show_instant(&there.at().to_string());
    let by = [("account", there.by.as_str()), ("at", at.as_str())];
    let fault = Fault {
        code: "changed".to_owned(),
        text: words.say_with("sheet-changed", &by),
    };
    page.frame.banners.push(Banner::new(Tone::Warning, fault));
    show(StatusCode::PRECONDITION_FAILED, &page)
}
