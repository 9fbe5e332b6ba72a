//! The one-time link (contracts §12): its holder chooses a password by the rule (G02) and brings the second factor into an application. Good
//! once; opening the page uses nothing up, sending the form does.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::audit::{Actor, Deed};
use domain::operator::OperatorName;
use domain::password::Password;
use domain::second_factor::{digits, steps};
use pki::totp::{base32, matching};
use serde::Deserialize;
use ui::component::{ErrorSummary, Fault, Kind, TextField};
use ui::language::Words;
use ui::qr_code::QrCode;
use zeroize::Zeroizing;

use super::{Filled, Frame, Visitor, own_fault, show, sign_in, trouble};
use crate::app::App;
use crate::operators::{self, SET_UP};
use crate::passwords::{self, Asker};
use crate::sessions::{event, repeats_earlier};
use crate::told::Told;

#[derive(Template)]
#[template(path = "operator/set_up.html")]
struct SetUpPage {
    frame: Frame,
    name: String,
    action: String,
    summary: ErrorSummary,
    passwords: [TextField; 2],
    code: TextField,
    /// The secret in groups of four, for typing.
    secret: String,
    qr: Option<QrCode>,
}

/// A link that opens: whose, and the secret its page shows.
struct Opened {
    name: OperatorName,
    secret: Zeroizing<Vec<u8>>,
}

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SetUpForm {
    new_password: String,
    again: String,
    code: String,
}

pub(super) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Response {
    match open(&app, &token) {
        Ok(Some(opened)) => page(&visitor, &token, &opened, &[]),
        Ok(None) => closed(&visitor),
        Err(told) => failed(&visitor, &told),
    }
}

pub(super) async fn set_up(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    Filled(form): Filled<SetUpForm>,
) -> Response {
    let opened = match open(&app, &token) {
        Ok(Some(opened)) => opened,
        Ok(None) => return closed(&visitor),
        Err(told) => return failed(&visitor, &told),
    };
    match finish(&app, &visitor.words, &token, &opened, &form).await {
        Ok(Finished::Entered(session)) => sign_in::entered(&session, "/"),
        Ok(Finished::Faulty(faults)) => page(&visitor, &token, &opened, &faults),
        Ok(Finished::Closed) => closed(&visitor),
        Err(told) => failed(&visitor, &told),
    }
}

/// What became of a form.
enum Finished {
    /// A session is open under this token.
    Entered(String),
    /// These fields are to be filled otherwise.
    Faulty(Vec<(String, Fault)>),
    /// The link was used meanwhile.
    Closed,
}

async fn finish(
    app: &App,
    words: &Words,
    token: &str,
    opened: &Opened,
    form: &SetUpForm,
) -> Result<Finished, Told> {
    let now = app.now();
    let typed = [&form.new_password, &form.again].map(String::as_str);
    let before = app.engine.operator_generations(&opened.name)?;
    let (password, mut faults) = choose_password(app, words, typed, before).await?;
    // The link's code was never used before: there is no last step.
    let step =
        digits(&form.code).and_then(|code| matching(&opened.secret, &code, &steps(now, None)));
    if step.is_none() {
        let fault = own_fault(words, "second_factor_wrong", "code-wrong");
        faults.push(("code".into(), fault));
    }
    let (Some(password), Some(step), true) = (password, step, faults.is_empty()) else {
        return Ok(Finished::Faulty(faults));
    };
    let row = passwords::hash(app, Asker::Operator, password, now, false).await?;
    let session = operators::new_token()?;
    let mut event = event(
        now,
        Actor::Operator(opened.name.to_string()),
        Deed::OperatorSetUp,
    );
    event.detail = "second_factor=totp".into();
    let link = operators::hash(token);
    let set_up = app
        .engine
        .set_up_operator(link, (row, step), operators::hash(&session), event);
    Ok(if set_up.await? {
        Finished::Entered(session)
    } else {
        Finished::Closed
    })
}

/// A new password, typed twice, held against the whole rule; or what is wrong with it, by field.
pub(super) async fn choose_password(
    app: &App,
    words: &Words,
    [new, again]: [&str; 2],
    before: Vec<store::accounts::Generation>,
) -> Result<(Option<Password>, Vec<(String, Fault)>), Told> {
    let broken = |it: domain::password::Broken| {
        let (ja, en) = it.text();
        let fault = Fault {
            code: it.code().into(),
            text: words.choose(ja, en),
        };
        ("new_password".to_owned(), fault)
    };
    let password = match Password::parse(new) {
        Ok(password) => password,
        Err(all) => return Ok((None, all.into_iter().map(broken).collect())),
    };
    if new != again {
        let fault = own_fault(words, "not_the_same", "passwords-differ");
        return Ok((None, vec![("again".into(), fault)]));
    }
    match repeats_earlier(app, Asker::Operator, before, &password).await? {
        Some(it) => Ok((None, vec![broken(it)])),
        None => Ok((Some(password), Vec::new())),
    }
}

fn open(app: &App, token: &str) -> Result<Option<Opened>, Told> {
    let found = app
        .engine
        .operator_of_link(&operators::hash(token), app.now())?;
    Ok(found.and_then(|(name, sealed)| {
        let secret = app.machine.unseal_bytes(&sealed)?;
        Some(Opened { name, secret })
    }))
}

fn page(visitor: &Visitor, token: &str, opened: &Opened, faults: &[(String, Fault)]) -> Response {
    let words = &visitor.words;
    let secret = base32(&opened.secret);
    let address = format!(
        "otpauth://totp/onshi-center:{}?secret={}&issuer=onshi-center",
        opened.name, *secret
    );
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|it| it.iter().collect()).collect();
    let mut code = sign_in::code_field(words);
    code.errors = of("code", faults);
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = SetUpPage {
        // The address holds the token: the language selector leads to the first page, and the link is opened again.
        frame: visitor.frame("/"),
        name: opened.name.to_string(),
        action: format!("{SET_UP}/{token}"),
        summary: summary(faults),
        passwords: password_fields(words, faults),
        code,
        secret: groups.join(" "),
        qr: QrCode::of(&address),
    };
    show(status, &page)
}

/// The fields for a new password, typed twice.
pub(super) fn password_fields(words: &Words, faults: &[(String, Fault)]) -> [TextField; 2] {
    let field = |name: &'static str, label: &str, support: String| TextField {
        kind: Kind::Password,
        autocomplete: "new-password",
        support,
        errors: of(name, faults),
        ..TextField::new(name, words.say(label))
    };
    [
        field(
            "new_password",
            "new-password",
            words.say("new-password-support"),
        ),
        field("again", "password-again", String::new()),
    ]
}

/// All that is wrong in a form.
pub(super) fn summary(faults: &[(String, Fault)]) -> ErrorSummary {
    ErrorSummary {
        code: "invalid_input".into(),
        faults: faults.to_vec(),
    }
}

/// What is wrong with a field.
pub(super) fn of(name: &str, faults: &[(String, Fault)]) -> Vec<Fault> {
    let own = faults.iter().filter(|(member, _)| member == name);
    own.map(|(_, fault)| fault.clone()).collect()
}

/// One answer for a link that was used, taken back, is over, or never was.
fn closed(visitor: &Visitor) -> Response {
    let fault = own_fault(&visitor.words, "link_closed", "link-closed");
    trouble(StatusCode::GONE, visitor.frame("/"), fault)
}

fn failed(visitor: &Visitor, told: &Told) -> Response {
    trouble(
        told.status(),
        visitor.frame("/"),
        told.fault(&visitor.words),
    )
}
