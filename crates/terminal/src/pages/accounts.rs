//! Account management (G04, G05): the list, and what its pages share. Who manages whom is `domain`'s table; the center decides
//! each time.

pub(crate) mod account;
pub(crate) mod registration;

use api::account::{Account, Accounts, UnusualSignIn};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::grounds::Profession;
use domain::account::{AccountKind, AccountState};
use ui::component::{
    Banner, Choice, Fault, Kind, Live, Need, Select, TextField, Tone, WayOn, Width,
};
use ui::language::Words;

use crate::pages::{Frame, Staff, done, own_access, show};
use crate::serve::App;
use crate::{days, faults};

/// The list's own path.
const HERE: &str = "/accounts";

#[derive(Template)]
#[template(path = "accounts.html")]
pub(super) struct AccountsPage {
    pub(super) frame: Frame,
    pub(super) heads: Vec<String>,
    pub(super) lines: Vec<Line>,
    pub(super) may_register: bool,
    /// Whether system accounts are among those managed.
    pub(super) may_rotate: bool,
    pub(super) unusual_heads: Vec<String>,
    pub(super) unusual: Vec<UnusualLine>,
}

/// A sign-in that something was unusual about.
pub(super) struct UnusualLine {
    pub(super) at: String,
    pub(super) account: String,
    pub(super) terminal: String,
    pub(super) why: String,
}

/// An account in the list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) password: String,
}

fn kind_label(name: &str, words: &Words) -> String {
    AccountKind::parse(name).map_or_else(
        || name.to_owned(),
        |kind| words.choose(kind.label_ja(), kind.label_en()).to_owned(),
    )
}

fn state_label(account: &Account, words: &Words) -> (String, &'static str) {
    if account.state != AccountState::Active.as_str() {
        return (words.say("state-disabled"), "bad");
    }
    if account.locked {
        return (words.say("state-locked"), "warn");
    }
    (words.say("state-active"), "good")
}

/// When the password expires, in words.
pub(super) fn expiry(state: &api::session::PasswordState, words: &Words) -> String {
    if state.change_needed {
        return words.say("password-change-needed");
    }
    match &state.expires_on {
        Some(day) => words.say_with("password-until", &[("day", days::show(day, words))]),
        None => words.say("password-never"),
    }
}

/// The list with its proposals: kinds a facility makes for itself (G04) and has not made yet.
pub(super) fn list_page(
    mut frame: Frame,
    kind: Option<AccountKind>,
    list: Accounts,
) -> AccountsPage {
    let words = frame.words.clone();
    let manages = |other: AccountKind| kind.is_some_and(|kind| kind.manages(other));
    for (proposed, code, key) in [
        (AccountKind::General, "propose_general", "propose-general"),
        (
            AccountKind::MedicalViewer,
            "propose_medical_viewer",
            "propose-medical-viewer",
        ),
    ] {
        let has = list.accounts.iter().any(|it| it.kind == proposed.as_str());
        if manages(proposed) && !has {
            let mut banner = Banner::new(Tone::Note, faults::own(&words, code, key));
            banner.way_on = Some(WayOn {
                href: format!("/new-account?kind={}", proposed.as_str()),
                text: words.say("propose-now"),
            });
            frame.banners.push(banner);
        }
    }
    let line = |account: Account| {
        let (state, tone) = state_label(&account, &words);
        Line {
            kind: kind_label(&account.kind, &words),
            password: expiry(&account.password, &words),
            name: account.display_name,
            id: account.id,
            state,
            tone,
        }
    };
    let unusual = |it: UnusualSignIn| UnusualLine {
        at: days::show_instant(&it.at),
        why: own_access::unusual(&it.unusual, &words),
        account: it.account,
        terminal: it.terminal,
    };
    let heads = ["user-id", "display-name", "kind", "state", "password"];
    let unusual_heads = [
        "sign-in-at",
        "user-id",
        "sign-in-terminal",
        "sign-in-unusual",
    ];
    AccountsPage {
        unusual_heads: unusual_heads.map(|key| words.say(key)).into(),
        unusual: list.unusual_sign_ins.into_iter().map(unusual).collect(),
        heads: heads.into_iter().map(|key| words.say(key)).collect(),
        lines: list.accounts.into_iter().map(line).collect(),
        may_register: AccountKind::ALL.into_iter().any(manages),
        may_rotate: manages(AccountKind::LinkApp),
        frame,
    }
}

pub(crate) async fn list(State(app): State<App>, staff: Staff) -> Response {
    let found = staff.client.accounts(staff.token()).await;
    match found {
        Ok(list) => {
            let mut frame = staff.frame(HERE);
            let told = app.browsers.with(&staff.key, |browser| browser.told.take());
            frame.banners.extend(told.flatten().map(done));
            show(StatusCode::OK, &list_page(frame, staff.kind(), list))
        }
        Err(error) => staff.failed(&app, &error, HERE),
    }
}

/// Back to the list, with what was done told there.
fn told(app: &App, staff: &Staff, code: &str, key: &str, id: &str) -> Response {
    back(app, staff, of_account(staff, code, key, id))
}

/// What is told of an account.
fn of_account(staff: &Staff, code: &str, key: &str, id: &str) -> Fault {
    Fault {
        code: code.into(),
        text: staff.words.say_with(key, &[("id", id)]),
    }
}

/// Back to the list, with this told there.
fn back(app: &App, staff: &Staff, fault: Fault) -> Response {
    app.browsers
        .with(&staff.key, |browser| browser.told = Some(fault));
    Redirect::to(HERE).into_response()
}

/// A password a manager sets: an account's first one, or a temporary one.
fn password_field(words: &Words, label: &str, support: &str) -> TextField {
    TextField {
        kind: Kind::Password,
        autocomplete: "new-password",
        support: words.say(support),
        live: Some(Live {
            post: "/password/rule",
            target: "password-rule",
        }),
        ..TextField::new("password", words.say(label))
    }
}

/// As what a medical viewer looks (G01); without a choice where `unsaid` has a text.
fn profession_select(value: &str, unsaid: Option<&str>, words: &Words) -> Select {
    let unsaid = unsaid.map(|key| Choice {
        value: String::new(),
        label: words.say(key),
    });
    let professions = Profession::ALL.into_iter().map(|it| Choice {
        value: it.as_str().into(),
        label: profession_label(it, words),
    });
    Select {
        name: "profession",
        label: words.say("profession"),
        support: words.say("profession-support"),
        need: Need::Plain,
        width: Width::Medium,
        options: unsaid.into_iter().chain(professions).collect(),
        value: value.to_owned(),
        errors: Vec::new(),
    }
}

fn profession_label(profession: Profession, words: &Words) -> String {
    words
        .choose(profession.label_ja(), profession.label_en())
        .to_owned()
}

/// The work of a designated person, and who designated them.
fn designation_fields(designation: &str, designated_by: &str, words: &Words) -> [TextField; 2] {
    let field = |name: &'static str, key: &str, support: &str, value: &str| TextField {
        need: Need::Optional,
        width: Width::Full,
        support: words.say(support),
        value: value.to_owned(),
        ..TextField::new(name, words.say(key))
    };
    [
        field(
            "designation",
            "designation",
            "designation-support",
            designation,
        ),
        field(
            "designated_by",
            "designated-by",
            "designated-by-support",
            designated_by,
        ),
    ]
}

fn name_field(value: &str, words: &Words) -> TextField {
    TextField {
        support: words.say("display-name-support"),
        value: value.to_owned(),
        ..TextField::new("display_name", words.say("display-name"))
    }
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A problem's faults by field: its members', or a taken identifier at the field of the identifier.
fn form_faults(problem: &api::problem::Problem, words: &Words) -> Vec<(String, Fault)> {
    if problem.code == "account_exists" {
        return vec![("id".into(), faults::of_problem(problem, words))];
    }
    faults::of_members(problem, words)
}
