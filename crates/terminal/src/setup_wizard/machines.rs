//! The steps that hand the accounts of machines over: the link app's with its folders, the reader's with its profile. Each password is tried
//! at the center before it is sealed.

use std::path::Path;

use api::session::SignIn;
use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use domain::account::AccountKind;
use ui::component::Fault;
use ui::language::Words;

use super::fields::{PROFILES, Typed};
use super::files::{Common, Folders, NotWritten, Places};
use super::pages::{answer, not_written, required, told, words};
use super::{Draft, Installed, Known, Wizard};
use crate::faults;

/// What both machines' steps need.
pub(super) fn ready(wizard: &Wizard) -> Option<(Known, Installed)> {
    let draft = wizard.draft();
    draft.center.clone().zip(draft.installed.clone())
}

/// Signs in with a machine's account, so that a mistyped password is found here and not tomorrow at reception.
async fn try_account(
    installed: &Installed,
    kind: AccountKind,
    typed: &Typed,
    words: &Words,
) -> Result<(), (String, Fault)> {
    let body = SignIn {
        account: typed.account.trim().to_owned(),
        force: false,
        password: typed.account_password.clone(),
    };
    match installed.client.sign_in(&body).await {
        Ok(session) => {
            let of_kind = session.account.kind == kind.as_str();
            // It was opened to try the password; the part opens its own.
            let _ = installed.client.sign_out(&session.token).await;
            of_kind.then_some(()).ok_or_else(|| {
                let fault = faults::own(words, "other_kind", "wizard-other-kind");
                ("account".to_owned(), fault)
            })
        }
        Err(error) => Err(("account_password".to_owned(), told(&error, words))),
    }
}

/// A machine whose account is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machine {
    LinkApp,
    Reader,
}

pub(super) async fn link(
    State(wizard): State<Wizard>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    hand_over(Machine::LinkApp, &wizard, &headers, &typed).await
}

pub(super) async fn reader(
    State(wizard): State<Wizard>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    hand_over(Machine::Reader, &wizard, &headers, &typed).await
}

async fn hand_over(
    machine: Machine,
    wizard: &Wizard,
    headers: &HeaderMap,
    typed: &Typed,
) -> Response {
    let words = words(wizard, headers);
    let _turn = wizard.turn.lock().await;
    let Some((known, installed)) = ready(wizard) else {
        return Redirect::to("/setup").into_response();
    };
    if typed.skip == "1" {
        machine.is_done(&mut wizard.draft(), words.say("wizard-skipped"));
        return Redirect::to("/setup").into_response();
    }
    let wrong = required(&words, &machine.wanted(typed));
    if !wrong.is_empty() {
        return answer(wizard, &words, typed, &wrong, None);
    }
    if let Err(fault) = try_account(&installed, machine.account(), typed, &words).await {
        return answer(wizard, &words, typed, &[fault], None);
    }
    match machine.write(&wizard.places, &common(&known, &installed), typed) {
        Ok(()) => {
            machine.is_done(&mut wizard.draft(), typed.account.trim().to_owned());
            Redirect::to("/setup").into_response()
        }
        Err(why) => answer(wizard, &words, typed, &[], Some(not_written(why))),
    }
}

impl Machine {
    fn account(self) -> AccountKind {
        match self {
            Self::LinkApp => AccountKind::LinkApp,
            Self::Reader => AccountKind::Reader,
        }
    }

    /// What must be filled in.
    fn wanted(self, typed: &Typed) -> Vec<(&str, &str)> {
        let mut wanted = vec![
            ("account", typed.account.as_str()),
            ("account_password", &typed.account_password),
        ];
        if self == Self::LinkApp {
            wanted.extend([
                ("req", typed.req.as_str()),
                ("res", &typed.res),
                ("work", &typed.work),
            ]);
        }
        wanted
    }

    /// Writes its settings, with the password of its account sealed.
    fn write(self, places: &Places, common: &Common<'_>, typed: &Typed) -> Result<(), NotWritten> {
        let account = (typed.account.trim(), typed.account_password.as_str());
        match self {
            Self::LinkApp => {
                let face = typed.face.trim();
                let folders = Folders {
                    name: "receipt",
                    req: Path::new(typed.req.trim()),
                    res: Path::new(typed.res.trim()),
                    face: (!face.is_empty()).then_some(Path::new(face)),
                    work: Path::new(typed.work.trim()),
                };
                places.write_gateway(common, account, folders)
            }
            Self::Reader => {
                let profile = PROFILES.iter().find(|id| **id == typed.profile);
                let profile = profile.copied().unwrap_or("generic");
                places.write_kiosk(common, account, ("pcsc:", profile))
            }
        }
    }

    fn is_done(self, draft: &mut Draft, told: String) {
        match self {
            Self::LinkApp => draft.link = Some(told),
            Self::Reader => draft.reader = Some(told),
        }
    }
}

pub(super) fn common<'a>(known: &'a Known, installed: &'a Installed) -> Common<'a> {
    Common {
        center: &known.api,
        center_name: &known.name,
        certificate: &installed.name,
    }
}
