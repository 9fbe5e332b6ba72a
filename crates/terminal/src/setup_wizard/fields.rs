//! What each step of the set-up asks for. Fills in what is usual; judges nothing.

use serde::Deserialize;
use ui::component::{Choice, Kind, Need, Select, TextField, Width};
use ui::language::Words;

use super::Wizard;
use super::pages::Step;

/// Profiles of readers to choose from.
pub(super) const PROFILES: [&str; 6] =
    ["generic", "fujitsu", "panasonic", "almex", "canon", "atlas"];

/// Everything a step may send.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) center: String,
    pub(super) enroll: String,
    pub(super) fingerprint: String,
    pub(super) center_name: String,
    pub(super) request_id: String,
    pub(super) reference_id: String,
    pub(super) password: String,
    pub(super) again: String,
    pub(super) place: String,
    pub(super) account: String,
    pub(super) account_password: String,
    pub(super) req: String,
    pub(super) res: String,
    pub(super) face: String,
    pub(super) work: String,
    pub(super) profile: String,
    pub(super) skip: String,
}

fn field(name: &'static str, words: &Words, keys: (&str, &str), value: &str) -> TextField {
    TextField {
        width: Width::Full,
        support: words.say(keys.1),
        value: value.to_owned(),
        ..TextField::new(name, words.say(keys.0))
    }
}

fn password(name: &'static str, words: &Words, label: &str, support: &str) -> TextField {
    TextField {
        kind: Kind::Password,
        autocomplete: "new-password",
        ..field(name, words, (label, support), "")
    }
}

fn optional(field: TextField) -> TextField {
    TextField {
        need: Need::Optional,
        ..field
    }
}

pub(super) fn fields(wizard: &Wizard, step: Step, typed: &Typed, words: &Words) -> Vec<TextField> {
    let or = |typed: &str, known: String| {
        if typed.is_empty() {
            known
        } else {
            typed.to_owned()
        }
    };
    let account = |id: &str, label: &str| {
        vec![
            field(
                "account",
                words,
                (label, "wizard-account-support"),
                &or(&typed.account, id.to_owned()),
            ),
            password(
                "account_password",
                words,
                "wizard-account-password",
                "wizard-account-password-support",
            ),
        ]
    };
    match step {
        Step::Center => vec![
            field(
                "enroll",
                words,
                ("wizard-enroll", "wizard-enroll-support"),
                &typed.enroll,
            ),
            field(
                "fingerprint",
                words,
                ("wizard-fingerprint", "wizard-fingerprint-support"),
                &typed.fingerprint,
            ),
            field(
                "center",
                words,
                ("wizard-api", "wizard-api-support"),
                &typed.center,
            ),
            field(
                "center_name",
                words,
                ("wizard-center-name", "wizard-center-name-support"),
                &or(&typed.center_name, "onshi-example".to_owned()),
            ),
        ],
        Step::Certificate => vec![
            field(
                "request_id",
                words,
                ("wizard-request-id", "wizard-notice-support"),
                &typed.request_id,
            ),
            password(
                "reference_id",
                words,
                "wizard-reference-id",
                "wizard-notice-support",
            ),
            password(
                "password",
                words,
                "wizard-p12-password",
                "wizard-p12-password-support",
            ),
            password("again", words, "wizard-again", "wizard-again-support"),
        ],
        Step::Backup => vec![TextField {
            autocomplete: "off",
            ..password(
                "password",
                words,
                "wizard-p12-password",
                "wizard-backup-password-support",
            )
        }],
        Step::Link => {
            let below = |name: &str| {
                let folder = wizard.places.gateway.data_dir.join("exchange");
                folder.join(name).display().to_string()
            };
            let mut fields = account("link_app", "wizard-link-account");
            fields.push(field(
                "req",
                words,
                ("wizard-req", "wizard-folder-support"),
                &or(&typed.req, below("req")),
            ));
            fields.push(field(
                "res",
                words,
                ("wizard-res", "wizard-folder-support"),
                &or(&typed.res, below("res")),
            ));
            fields.push(optional(field(
                "face",
                words,
                ("wizard-face", "wizard-face-support"),
                &or(&typed.face, below("face")),
            )));
            fields.push(field(
                "work",
                words,
                ("wizard-work", "wizard-work-support"),
                &or(&typed.work, below("work")),
            ));
            fields
        }
        Step::Reader => account("reader", "wizard-reader-account"),
        Step::Finish => Vec::new(),
    }
}

pub(super) fn profiles(typed: &Typed, words: &Words) -> Select {
    let options = PROFILES.iter().map(|id| Choice {
        value: (*id).to_owned(),
        label: match *id {
            "fujitsu" => "富士通Japan".to_owned(),
            "panasonic" => "パナソニック コネクト".to_owned(),
            "almex" => "アルメックス".to_owned(),
            "canon" => "キヤノンマーケティングジャパン".to_owned(),
            "atlas" => "アトラス情報サービス".to_owned(),
            _ => words.say("wizard-profile-generic"),
        },
    });
    Select {
        name: "profile",
        label: words.say("wizard-profile"),
        support: words.say("wizard-profile-support"),
        need: Need::Plain,
        width: Width::Medium,
        options: options.collect(),
        value: typed.profile.clone(),
        errors: Vec::new(),
    }
}
