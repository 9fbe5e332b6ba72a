//! The backup of the certificate's file on other hardware (G09): chosen, copied or moved, read back and opened before it counts.

use std::path::Path;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use ui::component::{
    Banner, Choice, ErrorSummary, Fault, Kind, Need, Select, TextField, Tone, Width,
};
use ui::language::Words;

use super::refused;
use crate::backups::{BackupFailed, Done, Original};
use crate::faults;
use crate::pages::{Filled, Frame, Staff, done, show};
use crate::serve::App;

/// The page's own path.
pub(crate) const HERE: &str = "/certificates/backup";

#[derive(Template)]
#[template(path = "certificate_backup.html")]
pub(crate) struct BackupPage {
    pub(crate) frame: Frame,
    pub(crate) summary: ErrorSummary,
    /// The watched folder.
    pub(crate) downloads: String,
    pub(crate) selects: [Select; 3],
    pub(crate) password: TextField,
    /// Whether there is a file and a place for it.
    pub(crate) possible: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct BackupForm {
    file: String,
    place: String,
    original: String,
    password: String,
}

/// What there is to choose from.
pub(crate) struct Choices {
    pub(crate) downloads: String,
    pub(crate) files: Vec<String>,
    pub(crate) places: Vec<String>,
}

impl Choices {
    fn of(app: &App) -> Self {
        let places = app.backups.places();
        Self {
            downloads: app.certificates.setup().downloads.display().to_string(),
            files: app.backups.waiting(),
            places: places
                .iter()
                .map(|it| it.folder.display().to_string())
                .collect(),
        }
    }
}

pub(crate) fn backup_page(
    mut frame: Frame,
    choices: Choices,
    form: &BackupForm,
    faults: &[(String, Fault)],
) -> BackupPage {
    let words = frame.words.clone();
    let own = |values: &[String]| -> Vec<Choice> {
        let choice = |value: &String| Choice {
            value: value.clone(),
            label: value.clone(),
        };
        values.iter().map(choice).collect()
    };
    let select = |name, [label, support]: [&str; 2], options: Vec<Choice>, value: &str| Select {
        name,
        label: words.say(label),
        support: words.say(support),
        need: Need::Required,
        width: Width::Full,
        value: value.to_owned(),
        options,
        errors: Vec::new(),
    };
    let originals = ["stays", "goes"].map(|value| Choice {
        value: value.into(),
        label: words.say(if value == "stays" {
            "original-stays"
        } else {
            "original-goes"
        }),
    });
    for (is_empty, code, key) in [
        (choices.files.is_empty(), "no_file", "backup-no-file"),
        (choices.places.is_empty(), "no_place", "backup-no-place"),
    ] {
        if is_empty {
            let fault = faults::own(&words, code, key);
            frame.banners.push(Banner::new(Tone::Warning, fault));
        }
    }
    let mut selects = [
        select(
            "file",
            ["backup-file", "backup-file-support"],
            own(&choices.files),
            &form.file,
        ),
        select(
            "place",
            ["backup-place", "backup-place-support"],
            own(&choices.places),
            &form.place,
        ),
        select(
            "original",
            ["backup-original", "backup-original-support"],
            originals.into(),
            &form.original,
        ),
    ];
    let mut password = [TextField {
        kind: Kind::Password,
        support: words.say("file-own-password-support"),
        ..TextField::new("password", words.say("file-password"))
    }];
    let summary = faults::spread(faults, &mut password, &mut selects);
    let [password] = password;
    BackupPage {
        summary,
        possible: !choices.files.is_empty() && !choices.places.is_empty(),
        downloads: choices.downloads,
        selects,
        password,
        frame,
    }
}

pub(crate) async fn form(State(app): State<App>, staff: Staff) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let form = BackupForm::default();
    let page = backup_page(staff.frame(HERE), Choices::of(&app), &form, &[]);
    show(StatusCode::OK, &page)
}

pub(crate) async fn make(
    State(app): State<App>,
    staff: Staff,
    Filled(form): Filled<BackupForm>,
) -> Response {
    if let Some(refused) = refused(&staff) {
        return refused;
    }
    let words = &staff.words;
    let made = match (staff.certificate(&app), form.original.as_str()) {
        (None, _) => Err(BackupFailed::OtherCertificate),
        (Some(certificate), original) => {
            let original = if original == "goes" {
                Original::Goes
            } else {
                Original::Stays
            };
            let place = Path::new(&form.place);
            let (holder, now) = (&certificate.holder, app.now());
            app.backups
                .make(&form.file, place, &form.password, original, holder, now)
                .await
        }
    };
    match made {
        Ok(made) => {
            let mut frame = staff.frame(HERE);
            frame.banners.extend(told(&made, words));
            let page = backup_page(frame, Choices::of(&app), &BackupForm::default(), &[]);
            show(StatusCode::OK, &page)
        }
        Err(error) => {
            tracing::warn!(error = %error, "no backup of the certificate was made");
            let fault = fault(&error, words);
            let page = backup_page(staff.frame(HERE), Choices::of(&app), &form, &[fault]);
            show(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

fn told(made: &Done, words: &Words) -> Vec<Banner> {
    let file = made.file.display().to_string();
    let mut banners = vec![done(Fault {
        code: "backup_made".into(),
        text: words.say_with("backup-made", &[("file", file)]),
    })];
    let warning = |code: &str, text: String| {
        Banner::new(
            Tone::Warning,
            Fault {
                code: code.into(),
                text,
            },
        )
    };
    if 0 < made.others {
        let text = words.say_with("backup-other-files", &[("count", made.others)]);
        banners.push(warning("other_files", text));
    }
    if made.original_left {
        banners.push(warning("original_left", words.say("backup-original-left")));
    }
    banners
}

/// Why no backup was made, at the field it concerns.
pub(crate) fn fault(error: &BackupFailed, words: &Words) -> (String, Fault) {
    let own =
        |member: &str, code: &str, key: &str| (member.to_owned(), faults::own(words, code, key));
    match error {
        BackupFailed::NoFile => own("file", "no_file", "backup-file-gone"),
        BackupFailed::Unreadable(_) => own("file", "unreadable", "backup-file-unreadable"),
        BackupFailed::Open(_) => own("password", "file_or_password", "file-or-password"),
        BackupFailed::OtherFacility(code) => {
            let text = words.say_with("file-other-facility", &[("code", code.to_string())]);
            let code = "other_facility".into();
            ("file".to_owned(), Fault { code, text })
        }
        BackupFailed::OtherCertificate => {
            own("file", "other_certificate", "backup-other-certificate")
        }
        BackupFailed::SameHardware => own("place", "same_hardware", "backup-same-hardware"),
        BackupFailed::Memory => own("place", "memory", "backup-memory"),
        BackupFailed::UnknownHardware => {
            own("place", "unknown_hardware", "backup-unknown-hardware")
        }
        BackupFailed::Gone => own("place", "gone", "backup-gone"),
        BackupFailed::Full => own("place", "full", "backup-full"),
        BackupFailed::Write(_) => own("place", "not_written", "backup-not-written"),
        BackupFailed::Differs => own("place", "differs", "backup-differs"),
        BackupFailed::Slow => own("place", "slow", "backup-slow"),
        BackupFailed::Remember(_) => own("place", "not_remembered", "backup-not-remembered"),
    }
}
