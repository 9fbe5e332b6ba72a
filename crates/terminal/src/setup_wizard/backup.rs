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
use crate::backups::Original;
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
            let file = made.file.display().to_string();
            let told = words.say_with("wizard-backup-made", &[("file", file)]);
            wizard.draft().backup = Some(told);
            Redirect::to("/setup").into_response()
        }
        Err(error) => {
            tracing::warn!(error = %error, "no backup of the certificate was made");
            let fault = fault(&error, &words);
            answer(&wizard, &words, &typed, &[fault], None)
        }
    }
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
