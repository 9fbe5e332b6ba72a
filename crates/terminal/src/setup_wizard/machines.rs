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
use super::files::{Common, Folders};
use super::pages::{answer, not_written, required, told, words};
use super::{Installed, Known, Wizard};
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

pub(super) async fn link(
    State(wizard): State<Wizard>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let words = words(&wizard, &headers);
    let _turn = wizard.turn.lock().await;
    let Some((known, installed)) = ready(&wizard) else {
        return Redirect::to("/setup").into_response();
    };
    if typed.skip == "1" {
        wizard.draft().link = Some(words.say("wizard-skipped"));
        return Redirect::to("/setup").into_response();
    }
    let wanted = [
        ("account", typed.account.as_str()),
        ("account_password", &typed.account_password),
        ("req", &typed.req),
        ("res", &typed.res),
        ("work", &typed.work),
    ];
    let wrong = required(&words, &wanted);
    if !wrong.is_empty() {
        return answer(&wizard, &words, &typed, &wrong, None);
    }
    let tried = try_account(&installed, AccountKind::LinkApp, &typed, &words).await;
    if let Err(fault) = tried {
        return answer(&wizard, &words, &typed, &[fault], None);
    }
    let id = typed.account.trim();
    let face = typed.face.trim();
    let folders = Folders {
        name: "receipt",
        req: Path::new(typed.req.trim()),
        res: Path::new(typed.res.trim()),
        face: (!face.is_empty()).then_some(Path::new(face)),
        work: Path::new(typed.work.trim()),
    };
    let account = (id, typed.account_password.as_str());
    let written = wizard
        .places
        .write_gateway(&common(&known, &installed), account, folders);
    match written {
        Ok(()) => {
            wizard.draft().link = Some(id.to_owned());
            Redirect::to("/setup").into_response()
        }
        Err(why) => answer(&wizard, &words, &typed, &[], Some(not_written(why))),
    }
}

pub(super) fn common<'a>(known: &'a Known, installed: &'a Installed) -> Common<'a> {
    Common {
        center: &known.api,
        center_name: &known.name,
        certificate: &installed.name,
    }
}

pub(super) async fn reader(
    State(wizard): State<Wizard>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Response {
    let words = words(&wizard, &headers);
    let _turn = wizard.turn.lock().await;
    let Some((known, installed)) = ready(&wizard) else {
        return Redirect::to("/setup").into_response();
    };
    if typed.skip == "1" {
        wizard.draft().reader = Some(words.say("wizard-skipped"));
        return Redirect::to("/setup").into_response();
    }
    let wanted = [
        ("account", typed.account.as_str()),
        ("account_password", &typed.account_password),
    ];
    let wrong = required(&words, &wanted);
    if !wrong.is_empty() {
        return answer(&wizard, &words, &typed, &wrong, None);
    }
    let profile = PROFILES.iter().find(|id| **id == typed.profile);
    let profile = profile.copied().unwrap_or("generic");
    let tried = try_account(&installed, AccountKind::Reader, &typed, &words).await;
    if let Err(fault) = tried {
        return answer(&wizard, &words, &typed, &[fault], None);
    }
    let id = typed.account.trim();
    let written = wizard.places.write_kiosk(
        &common(&known, &installed),
        (id, &typed.account_password),
        ("pcsc:", profile),
    );
    match written {
        Ok(()) => {
            wizard.draft().reader = Some(id.to_owned());
            Redirect::to("/setup").into_response()
        }
        Err(why) => answer(&wizard, &words, &typed, &[], Some(not_written(why))),
    }
}
