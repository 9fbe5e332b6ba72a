//! Two administrators at once: what the other saved meanwhile is taken, what only this one changed is kept, what both changed is
//! named. Saves nothing.

use api::settings::SettingsHistory;
use ui::component::Fault;
use ui::language::Words;

use super::SettingsForm;
use super::rows::{ROWS, Row};
use crate::days;

/// What is shown after somebody else saved first.
pub(super) struct Merged {
    /// The form, of the version that is there now.
    pub(super) form: SettingsForm,
    /// What both changed: the setting, and who made what of it.
    pub(super) clashes: Vec<(String, Fault)>,
}

/// Merges a form that was filled over an earlier version with the settings as they are now.
pub(super) fn merge(
    mine: &SettingsForm,
    now: &SettingsForm,
    history: &SettingsHistory,
    words: &Words,
) -> Merged {
    let mut form = now.clone();
    let mut clashes = Vec::new();
    for row in &ROWS {
        let (wanted, there) = (mine.value(row.setting), now.value(row.setting));
        if wanted == there {
            continue;
        }
        let shown = shown_before(row, mine, now, history);
        if shown.as_deref() == Some(wanted) {
            // Only the other changed it.
            continue;
        }
        form.values
            .insert(row.setting.to_owned(), wanted.to_owned());
        if shown.as_deref() != Some(there) {
            clashes.push((row.setting.to_owned(), clash(row, wanted, history, words)));
        }
    }
    Merged { form, clashes }
}

/// What stood in the form before this person changed it: the value now, with every save since taken back. `None` when the history at
/// hand does not reach back so far.
fn shown_before(
    row: &Row,
    mine: &SettingsForm,
    now: &SettingsForm,
    history: &SettingsHistory,
) -> Option<String> {
    let shown: i64 = mine.version.parse().ok()?;
    let number = |version: &str| version.parse::<i64>().unwrap_or(i64::MAX);
    let reaches = history
        .changes
        .last()
        .is_none_or(|oldest| history.next.is_none() || number(&oldest.version) <= shown);
    if !reaches {
        return None;
    }
    let since = history
        .changes
        .iter()
        .filter(|it| shown < number(&it.version));
    let mut changes = since.flat_map(|it| &it.settings);
    // The newest comes first, so the one found from behind was saved first.
    let first = changes.rfind(|it| it.setting == row.setting);
    Some(first.map_or_else(|| now.value(row.setting).to_owned(), |it| it.was.clone()))
}

fn clash(row: &Row, wanted: &str, history: &SettingsHistory, words: &Words) -> Fault {
    let saved = history.changes.iter().find_map(|change| {
        let setting = change.settings.iter().find(|it| it.setting == row.setting);
        setting.map(|it| (change, it.became.as_str()))
    });
    let text = match saved {
        Some((change, became)) => words.say_with(
            "settings-clash",
            &[
                ("account", change.account.clone()),
                ("at", days::show_instant(&change.at)),
                ("became", row.value(became, words)),
                ("wanted", row.value(wanted, words)),
            ],
        ),
        None => words.say("settings-changed-since"),
    };
    Fault {
        code: "changed".into(),
        text,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use api::settings::{SettingChange, Settings, SettingsChange};
    use domain::facility_settings::FacilitySettings;
    use ui::language::{Language, Texts};

    use super::super::filled;
    use super::*;
    use crate::texts::SCREENS;

    fn form(version: i64, given: &[(&str, &str)]) -> SettingsForm {
        let mut settings = FacilitySettings::default();
        for (setting, value) in given {
            settings = settings.with(setting, value).unwrap();
        }
        filled(&Settings {
            version: Some(version.to_string()),
            ..Settings::from(&settings)
        })
    }

    fn save(version: i64, setting: &str, was: &str, became: &str) -> SettingsChange {
        SettingsChange {
            account: "kanri2".into(),
            at: "2026-11-26T01:05:00.000000Z".into(),
            settings: vec![SettingChange {
                became: became.into(),
                setting: setting.into(),
                was: was.into(),
            }],
            version: version.to_string(),
        }
    }

    fn merged(mine: &SettingsForm, now: &SettingsForm, changes: Vec<SettingsChange>) -> Merged {
        let texts = Texts::new(&SCREENS).unwrap();
        let words = Words::new(Arc::new(texts), Language::Japanese);
        let history = SettingsHistory {
            changes,
            next: None,
        };
        merge(mine, now, &history, &words)
    }

    #[test]
    fn what_only_the_other_changed_is_taken_and_what_only_this_one_changed_is_kept() {
        let mine = form(1, &[("surgery", "on")]);
        let now = form(2, &[("drugs", "off")]);
        let it = merged(&mine, &now, vec![save(2, "drugs", "on", "off")]);
        assert_eq!(it.form.value("drugs"), "off");
        assert_eq!(it.form.value("surgery"), "on");
        assert_eq!(it.form.version, "2");
        assert!(it.clashes.is_empty());
    }

    #[test]
    fn what_both_changed_is_named_with_who_when_and_what() {
        let mine = form(1, &[("visual_return_minutes", "20")]);
        let now = form(3, &[("visual_return_minutes", "45")]);
        let saves = vec![
            save(3, "visual_return_minutes", "30", "45"),
            save(2, "visual_return_minutes", "10", "30"),
        ];
        let it = merged(&mine, &now, saves);
        assert_eq!(it.form.value("visual_return_minutes"), "20");
        let (setting, fault) = &it.clashes[0];
        assert_eq!(setting, "visual_return_minutes");
        for part in ["kanri2", "2026-11-26 10:05", "45分", "20分"] {
            assert!(fault.text.contains(part), "{}", fault.text);
        }
    }

    #[test]
    fn both_wanting_the_same_is_no_clash_and_a_history_too_short_takes_nothing_silently() {
        let (mine, now) = (form(1, &[("drugs", "off")]), form(2, &[("drugs", "off")]));
        let it = merged(&mine, &now, vec![save(2, "drugs", "on", "off")]);
        assert!(it.clashes.is_empty());
        let texts = Texts::new(&SCREENS).unwrap();
        let words = Words::new(Arc::new(texts), Language::Japanese);
        let history = SettingsHistory {
            changes: vec![save(90, "surgery", "off", "on")],
            next: Some("90".into()),
        };
        let it = merge(
            &form(1, &[]),
            &form(90, &[("drugs", "off")]),
            &history,
            &words,
        );
        assert_eq!(it.form.value("drugs"), "on");
        assert_eq!(it.clashes.len(), 1);
    }
}
