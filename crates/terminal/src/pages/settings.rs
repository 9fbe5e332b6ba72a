//! 「環境設定情報更新」: what the facility uses, what its readers ask, how its receipt computer is linked (operations §1.8, G16), with
//! the history of its changes. Administrators only, as the center sees to; a change counts at once, without a new sign-in or a restart
//! of readers.

pub(crate) mod history;
mod merge;
mod rows;

use std::collections::BTreeMap;

use api::client::ClientError;
use api::client::cards::Cause;
use api::settings::{Settings, SettingsHistory};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::facility_kind::FacilityKind;
use domain::facility_settings::FacilitySettings;
use serde::Deserialize;
use ui::component::{
    Banner, ErrorSummary, Fault, Kind, Need, Select, TextField, Tone, WayOn, Width,
};
use ui::language::Words;

use self::history::HistoryLine;
use self::rows::{Group, ROWS, Row};
use crate::faults;
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/settings";

/// Saves shown below the form; all others stand on a page of their own.
const RECENT: usize = 5;

#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    pub(super) frame: Frame,
    pub(super) summary: ErrorSummary,
    pub(super) version: String,
    /// What is viewed.
    pub(super) information: Vec<Select>,
    /// Prescriptions; empty where the kind of facility issues and takes none.
    pub(super) prescriptions: Vec<Select>,
    /// Subsidies.
    pub(super) subsidies: Vec<Select>,
    /// How readers are run; empty where the kind of facility has none.
    pub(super) readers: Vec<Select>,
    pub(super) minutes: Vec<TextField>,
    /// Settings that do not concern the kind of facility: they are sent along as they are.
    pub(super) kept: Vec<(&'static str, String)>,
    /// The two facts of G16.
    pub(super) link: Vec<Select>,
    /// How people sign in.
    pub(super) sign_in: Vec<Select>,
    /// The newest changes, where the center told them.
    pub(super) changes: Option<Vec<HistoryLine>>,
}

/// What is told to a page that is open while somebody else saves.
#[derive(Template)]
#[template(path = "settings_live.html")]
pub(super) struct SettingsLive {
    pub(super) banner: Option<Banner>,
    /// Version the page shows.
    pub(super) version: String,
}

/// The settings as filled, by their names.
#[derive(Deserialize, Default, Clone)]
pub(crate) struct SettingsForm {
    #[serde(default)]
    version: String,
    #[serde(flatten)]
    values: BTreeMap<String, String>,
}

impl SettingsForm {
    fn value(&self, setting: &str) -> &str {
        self.values.get(setting).map_or("", |it| it.trim())
    }

    /// The settings, or what is wrong with each that has no such value.
    fn read(&self, words: &Words) -> Result<FacilitySettings, Vec<(String, Fault)>> {
        let mut settings = FacilitySettings::default();
        let mut faults = Vec::new();
        for row in &ROWS {
            match settings.with(row.setting, self.value(row.setting)) {
                Ok(with) => settings = with,
                Err(_) => faults.push((row.setting.to_owned(), row.fault(words))),
            }
        }
        if faults.is_empty() {
            Ok(settings)
        } else {
            Err(faults)
        }
    }
}

/// A form with a center's settings in it.
pub(super) fn filled(settings: &Settings) -> SettingsForm {
    let values = settings.values().into_iter();
    SettingsForm {
        version: settings.version.clone().unwrap_or_default(),
        values: values
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    }
}

fn select(row: &Row, form: &SettingsForm, words: &Words) -> Option<Select> {
    Some(Select {
        name: row.setting,
        label: words.say(row.label),
        support: words.say(row.support),
        need: Need::Plain,
        width: Width::Medium,
        options: row.choices(form.value(row.setting), words)?,
        value: form.value(row.setting).to_owned(),
        errors: Vec::new(),
    })
}

pub(super) fn settings_page(
    staff: &Staff,
    form: &SettingsForm,
    faults: &[(String, Fault)],
    changes: Option<Vec<HistoryLine>>,
) -> SettingsPage {
    let words = &staff.words;
    let facility = FacilityKind::parse(&staff.session.facility.kind);
    let concerns = |row: &Row| facility.is_none_or(|kind| row.concerns(kind));
    let selects = |group: Group| -> Vec<Select> {
        let rows = ROWS.iter().filter(|row| row.group == group);
        let rows = rows.filter(|row| concerns(row));
        rows.filter_map(|row| select(row, form, words)).collect()
    };
    let has_reader = facility.is_none_or(|kind| kind.differences().has_reader);
    let mut information = selects(Group::Information);
    let mut prescriptions = selects(Group::Prescriptions);
    let mut subsidies = selects(Group::Subsidies);
    let mut readers = selects(Group::Readers);
    let mut link = selects(Group::Link);
    let mut sign_in = selects(Group::SignIn);
    let mut minutes = Vec::new();
    if has_reader {
        minutes.push(TextField {
            kind: Kind::Digits,
            width: Width::Short,
            support: words.say("set-visual-return-minutes-support"),
            value: form.value("visual_return_minutes").to_owned(),
            ..TextField::new(
                "visual_return_minutes",
                words.say("set-visual-return-minutes"),
            )
        });
    }
    let summary = faults::spread(faults, &mut minutes, &mut information);
    for group in [
        &mut prescriptions,
        &mut subsidies,
        &mut readers,
        &mut link,
        &mut sign_in,
    ] {
        faults::spread(faults, &mut [], group);
    }
    let kept = ROWS.iter().filter(|row| !concerns(row));
    let kept = kept.map(|row| (row.setting, form.value(row.setting).to_owned()));
    let mut frame = staff.frame(HERE);
    if !has_reader {
        let fault = faults::own(words, "no_reader", "set-no-reader");
        frame.banners.push(Banner::new(Tone::Note, fault));
    }
    SettingsPage {
        frame,
        summary,
        version: form.version.clone(),
        information,
        prescriptions,
        subsidies,
        readers,
        minutes,
        kept: kept.collect(),
        link,
        sign_in,
        changes,
    }
}

/// The newest saves.
async fn recent(staff: &Staff) -> Result<SettingsHistory, ClientError> {
    staff.client.settings_history(staff.token(), None).await
}

fn lines(history: &SettingsHistory, words: &Words) -> Vec<HistoryLine> {
    let newest = history.changes.iter().take(RECENT);
    newest
        .flat_map(|change| history::lines(change, words))
        .collect()
}

/// The newest changes below a form that was not taken, which is shown even where they cannot be.
async fn told(staff: &Staff) -> Option<Vec<HistoryLine>> {
    let history = recent(staff).await.ok()?;
    Some(lines(&history, &staff.words))
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    let settings = match staff.client.settings(staff.token(), Cause::Person).await {
        Ok(settings) => settings,
        Err(error) => return staff.failed(&app, &error, HERE),
    };
    let facility = &staff.session.facility.code;
    app.receipt_links.hear(facility, &settings);
    match recent(&staff).await {
        Ok(history) => {
            let changes = lines(&history, &staff.words);
            let mut page = settings_page(&staff, &filled(&settings), &[], Some(changes));
            let told = app.browsers.with(&staff.key, |browser| browser.told.take());
            page.frame.banners.extend(told.flatten().map(done));
            show(StatusCode::OK, &page)
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// A page that is open.
#[derive(Deserialize)]
pub(crate) struct Open {
    /// The version it shows.
    #[serde(default)]
    version: String,
}

/// What a page that is open is told when settings were saved.
pub(crate) async fn live(
    State(app): State<App>,
    staff: Staff,
    Query(open): Query<Open>,
) -> Response {
    match staff
        .client
        .settings(staff.token(), Cause::Background)
        .await
    {
        Ok(settings) => {
            let changed = settings.version.as_deref() != Some(open.version.as_str());
            show(
                StatusCode::OK,
                &settings_live(changed, open.version, &staff.words),
            )
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

pub(super) fn settings_live(changed: bool, version: String, words: &Words) -> SettingsLive {
    let banner = changed.then(|| {
        let fault = faults::own(words, "changed_meanwhile", "settings-changed-meanwhile");
        Banner {
            way_on: Some(WayOn {
                href: HERE.to_owned(),
                text: words.say("settings-show-new"),
            }),
            ..Banner::new(Tone::Warning, fault)
        }
    });
    SettingsLive { banner, version }
}

pub(crate) async fn change(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<SettingsForm>,
) -> Response {
    let settings = match form.read(&staff.words) {
        Ok(settings) => settings,
        Err(faults) => {
            let page = settings_page(&staff, &form, &faults, told(&staff).await);
            return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let version = Some(form.version.as_str()).filter(|version| !version.is_empty());
    match staff
        .client
        .change_settings(staff.token(), version, &Settings::from(&settings))
        .await
    {
        Ok(saved) => {
            let facility = &staff.session.facility.code;
            app.receipt_links.hear(facility, &saved);
            let fault = faults::own(&staff.words, "settings_saved", "settings-saved");
            app.browsers
                .with(&staff.key, |browser| browser.told = Some(fault));
            Redirect::to(HERE).into_response()
        }
        Err(error) => unchanged(&app, &staff, &form, &error).await,
    }
}

/// The form again with what kept it from being saved; whoever came first is not overwritten.
async fn unchanged(app: &App, staff: &Staff, form: &SettingsForm, error: &ClientError) -> Response {
    if let Some(banner) = staff.unanswered(error) {
        let mut page = settings_page(staff, form, &[], told(staff).await);
        page.frame.banners.push(banner);
        return show(StatusCode::BAD_GATEWAY, &page);
    }
    let ClientError::Problem(problem) = error else {
        return staff.failed(app, error, HERE);
    };
    if problem.code == "changed" {
        return changed_since(app, staff, form).await;
    }
    if !problem.errors.is_empty() {
        let faults = faults::of_members(problem, &staff.words);
        let page = settings_page(staff, form, &faults, told(staff).await);
        return show(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    staff.failed(app, error, HERE)
}

/// Somebody else saved first: their changes are taken, one's own are kept, and what both changed is shown for a decision.
async fn changed_since(app: &App, staff: &Staff, form: &SettingsForm) -> Response {
    let now = staff
        .client
        .settings(staff.token(), Cause::Background)
        .await;
    let history = recent(staff).await;
    let (now, history) = match (now, history) {
        (Ok(now), Ok(history)) => (now, history),
        (Err(error), _) | (_, Err(error)) => return staff.failed(app, &error, HERE),
    };
    let merged = merge::merge(form, &filled(&now), &history, &staff.words);
    let changes = lines(&history, &staff.words);
    let mut page = settings_page(staff, &merged.form, &merged.clashes, Some(changes));
    page.summary.code = "changed".into();
    let fault = faults::own(&staff.words, "changed", "settings-changed-since");
    page.frame.banners.push(Banner::new(Tone::Warning, fault));
    show(StatusCode::PRECONDITION_FAILED, &page)
}
