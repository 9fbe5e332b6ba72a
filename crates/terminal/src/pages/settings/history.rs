//! Who changed which setting when, page by page. Changes nothing.

use api::settings::SettingsChange;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::language::Words;

use super::rows::Row;
use crate::days;
use crate::pages::{Frame, Staff, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/settings/history";

/// One setting that was changed, as a person reads it.
pub(in crate::pages) struct HistoryLine {
    pub(in crate::pages) at: String,
    pub(in crate::pages) account: String,
    pub(in crate::pages) setting: String,
    pub(in crate::pages) was: String,
    pub(in crate::pages) became: String,
}

#[derive(Template)]
#[template(path = "settings_history.html")]
pub(in crate::pages) struct HistoryPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) changes: Vec<HistoryLine>,
    /// Address of the page with older changes.
    pub(in crate::pages) older: Option<String>,
}

/// Which page is wanted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wanted {
    before: Option<String>,
}

/// The lines of one save.
pub(in crate::pages) fn lines(
    change: &SettingsChange,
    words: &Words,
) -> impl Iterator<Item = HistoryLine> {
    change.settings.iter().map(|it| {
        let row = Row::of(&it.setting);
        let value =
            |value: &str| row.map_or_else(|| value.to_owned(), |row| row.value(value, words));
        HistoryLine {
            at: days::show_instant(&change.at),
            account: change.account.clone(),
            setting: row.map_or_else(|| it.setting.clone(), |row| words.say(row.label)),
            was: value(&it.was),
            became: value(&it.became),
        }
    })
}

pub(crate) async fn page(
    State(app): State<App>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Response {
    let before = wanted.before.as_deref();
    match staff.client.settings_history(staff.token(), before).await {
        Ok(history) => {
            let changes = history.changes.iter();
            let page = HistoryPage {
                frame: staff.frame(HERE),
                changes: changes.flat_map(|it| lines(it, &staff.words)).collect(),
                older: history.next.map(|next| format!("{HERE}?before={next}")),
            };
            show(StatusCode::OK, &page)
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}
