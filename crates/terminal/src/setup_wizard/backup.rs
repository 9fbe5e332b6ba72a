//! The step that copies the certificate's file to other hardware, reads it back and opens it (G09). Keeps no password that was typed.

use std::path::Path;

use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use ui::component::{Choice, Need, Select, Width};
use ui::language::Words;

use super::Wizard;
use super::fields::Typed;
use super::machines::ready;
use super::pages::{answer, required, words};
use crate::backups::{Done, Original};
use crate::pages::certificates::backup::fault;

pub(super) async fn backup(
    State(wizard): State<Wizard>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let words = words(&wizard, &headers);
    let _turn = wizard.turn.lock().await;
    let Some((_, installed)) = ready(&wizard) else {
        return Redirect::to("/setup").into_response();
    };
    if typed.skip == "1" {
        wizard.draft().backup = Some(words.say("wizard-backup-later"));
        return Redirect::to("/setup").into_response();
    }
    let wanted = [
        ("place", typed.place.as_str()),
        ("password", &typed.password),
    ];
    let wrong = required(&words, &wanted);
    if !wrong.is_empty() {
        return answer(&wizard, &words, &typed, &wrong, None);
    }
    let name = installed.file.file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let made = wizard.backups.make(
        &name,
        Path::new(&typed.place),
        &typed.password,
        Original::Stays,
        &installed.holder,
        (wizard.clock)(),
    );
    match made.await {
        Ok(made) => {
            wizard.draft().backup = Some(told(&made, &words));
            Redirect::to("/setup").into_response()
        }
        Err(error) => {
            tracing::warn!(error = %error, "no backup of the certificate was made");
            let fault = fault(&error, &words);
            answer(&wizard, &words, &typed, &[fault], None)
        }
    }
}

/// What the list of steps says of a backup: where it is, and whether its stick is used for something else, too.
fn told(made: &Done, words: &Words) -> String {
    let file = made.file.display().to_string();
    let mut told = words.say_with("wizard-backup-made", &[("file", file)]);
    if 0 < made.others {
        told.push_str(words.choose("。", ". "));
        told.push_str(&words.say_with("backup-other-files", &[("count", made.others)]));
    }
    told
}

/// The places where the backup may go now.
pub(super) fn places(wizard: &Wizard, typed: &Typed, words: &Words) -> Select {
    let choice = |folder: &Path| Choice {
        value: folder.display().to_string(),
        label: folder.display().to_string(),
    };
    let places = wizard.backups.places();
    Select {
        name: "place",
        label: words.say("backup-place"),
        support: words.say("backup-place-support"),
        need: Need::Required,
        width: Width::Full,
        options: places.iter().map(|it| choice(&it.folder)).collect(),
        value: typed.place.clone(),
        errors: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ui::language::{Language, Texts};

    use super::*;
    use crate::texts::SCREENS;

    #[test]
    fn other_files_on_the_stick_are_told_of() {
        let texts = Arc::new(Texts::new(&SCREENS).unwrap());
        for language in Language::ALL {
            let words = Words::new(texts.clone(), language);
            let of = |others| Done {
                file: "/media/stick/1319999999.p12".into(),
                others,
                original_left: false,
            };
            let warning = words.say_with("backup-other-files", &[("count", 3)]);
            let (alone, shared) = (told(&of(0), &words), told(&of(3), &words));
            assert!(alone.contains("1319999999.p12") && !alone.contains(&warning));
            assert!(
                shared.starts_with(&alone) && shared.ends_with(&warning),
                "{shared}"
            );
        }
    }
}
