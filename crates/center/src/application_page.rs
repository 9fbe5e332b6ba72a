//! The page on which a facility applies for a certificate (電子証明書発行申請, G08), and sees with its number how far that is: forms without
//! script, in Japanese and English. Shows no one whoever applied, and no reference ID.

use api::problem::Trouble;
use api::routes;
use askama::Template;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use domain::certificate_application::{ApplicationKind, ApplicationState};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::applications::Application;
use ui::component::{Choice, ErrorSummary, Fact, Fault, Kind, Need, Select, TextField, Width};
use ui::language::{Language, Screen, Words};

use crate::app::App;
use crate::applications::{self, Typed, printed};
use crate::download_page::Asked;
use crate::extract::{OPEN_FORM_BYTES, form};
use crate::told::Told;
use crate::trouble::Refused;

/// The page's own path.
pub(crate) const HERE: &str = routes::APPLICATION_PAGE;

/// Where the state of an application is asked for.
pub(crate) const STATE: &str = "/application/state";

/// The texts of the page.
pub(crate) const SCREEN: Screen = Screen {
    name: "application",
    ja: include_str!("../languages/ja/application.ftl"),
    en: include_str!("../languages/en/application.ftl"),
};

#[derive(Template)]
#[template(path = "application.html")]
struct Page {
    words: Words,
    other: Language,
    summary: ErrorSummary,
    /// What is wrong with the whole.
    general: Option<Fault>,
    number: String,
    kind: Select,
    fields: [TextField; 6],
    receipt: TextField,
}

/// What became of an application.
#[derive(Template)]
#[template(path = "application_state.html")]
struct StatePage {
    words: Words,
    banner: Option<Banner>,
    facts: Vec<Fact>,
}

/// What is said of an application that was just sent.
struct Banner {
    tone: &'static str,
    code: &'static str,
    text: String,
}

/// An application number as typed.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Receipt {
    receipt: String,
}

pub(crate) async fn show(State(app): State<App>, asked: Query<Asked>) -> Response {
    let words = asked.0.words(&app);
    page(words, &Typed::default(), &Receipt::default(), &[])
}

pub(crate) async fn send(
    State(app): State<App>,
    asked: Query<Asked>,
    request: Request,
) -> Response {
    let words = asked.0.words(&app);
    let typed: Typed = match filled(&app, request).await {
        Ok(typed) => typed,
        Err(told) => return page(words, &Typed::default(), &Receipt::default(), &[told]),
    };
    match applications::apply(&app, &typed).await {
        Ok((application, is_new)) => state_page(words, &application, Some(is_new)),
        Err(wrong) => page(words, &typed, &Receipt::default(), &wrong),
    }
}

pub(crate) async fn look(
    State(app): State<App>,
    asked: Query<Asked>,
    request: Request,
) -> Response {
    let words = asked.0.words(&app);
    let typed: Receipt = match filled(&app, request).await {
        Ok(typed) => typed,
        Err(told) => return page(words, &Typed::default(), &Receipt::default(), &[told]),
    };
    match applications::find(&app, &typed.receipt) {
        Ok(application) => state_page(words, &application, None),
        Err(wrong) => page(words, &Typed::default(), &typed, &[wrong]),
    }
}

/// A form as sent; what is no such form is told of the whole.
async fn filled<T: DeserializeOwned>(app: &App, request: Request) -> Result<T, Told> {
    let read = form::<T>(request, OPEN_FORM_BYTES, app).await?;
    read.map_err(|_| Refused::from(Trouble::InvalidInput).into())
}

fn rendered(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            Refused::internal("the application page is not rendered", &error).into_response()
        }
    }
}

fn page(words: Words, typed: &Typed, receipt: &Receipt, wrong: &[Told]) -> Response {
    // Sent twice, the form leaves one application: it keeps its number.
    let number = if typed.number.is_empty() {
        match applications::new_number() {
            Ok(number) => number.as_str().to_owned(),
            Err(refused) => return refused.into_response(),
        }
    } else {
        typed.number.clone()
    };
    let of = |name: &str| -> Vec<Fault> {
        let own = wrong.iter().filter(|told| told.member == name);
        own.map(|told| told.fault(&words)).collect()
    };
    let faults = wrong.iter().filter(|told| !told.member.is_empty());
    let summary = ErrorSummary {
        code: "invalid_input".into(),
        faults: faults.map(|told| told.at_member(&words)).collect(),
    };
    let field = |name: &'static str, label: &str, support: &str, value: &str| TextField {
        support: words.say(support),
        value: value.to_owned(),
        errors: of(name),
        ..TextField::new(name, words.say(label))
    };
    let fields = [
        TextField {
            kind: Kind::Digits,
            ..field("code", "apply-code", "apply-code-support", &typed.code)
        },
        field("name", "apply-name", "apply-name-support", &typed.name),
        field(
            "terminal",
            "apply-terminal",
            "apply-terminal-support",
            &typed.terminal,
        ),
        TextField {
            autocomplete: "name",
            ..field(
                "contact",
                "apply-contact",
                "apply-contact-support",
                &typed.contact,
            )
        },
        TextField {
            autocomplete: "tel",
            ..field("phone", "apply-phone", "apply-phone-support", &typed.phone)
        },
        TextField {
            need: Need::Optional,
            width: Width::Full,
            ..field(
                "remark",
                "apply-remark",
                "apply-remark-support",
                &typed.remark,
            )
        },
    ];
    let choose = Choice {
        value: String::new(),
        label: words.say("apply-choose"),
    };
    let kinds = ApplicationKind::ALL.iter().map(|it| Choice {
        value: it.as_str().into(),
        label: kind(*it, &words),
    });
    let page = Page {
        other: words.choose(Language::English, Language::Japanese),
        summary,
        general: of("").pop(),
        number,
        kind: Select {
            name: "kind",
            label: words.say("apply-kind"),
            support: words.say("apply-kind-support"),
            need: Need::Required,
            width: Width::Full,
            options: [choose].into_iter().chain(kinds).collect(),
            value: typed.kind.clone(),
            errors: of("kind"),
        },
        fields,
        receipt: field(
            "receipt",
            "apply-receipt",
            "apply-receipt-support",
            &receipt.receipt,
        ),
        words,
    };
    rendered(wrong.first().map_or(StatusCode::OK, Told::status), &page)
}

fn kind(kind: ApplicationKind, words: &Words) -> String {
    words.say(match kind {
        ApplicationKind::First => "apply-first",
        ApplicationKind::Further => "apply-further",
        ApplicationKind::Reissue => "apply-reissue",
    })
}

/// An application for whoever has its number. Who applied, and what they added, is not repeated. Of one that was just sent, `is_new`
/// says whether it was not there before.
fn state_page(words: Words, application: &Application, is_new: Option<bool>) -> Response {
    let fact = |label: &str, text: String, meaning: String| Fact {
        label: words.say(label),
        text,
        meaning,
    };
    let plain = |label: &str, text: String| fact(label, text, String::new());
    let (state, meaning) = match application.state {
        ApplicationState::Open => ("apply-open", "apply-open-meaning"),
        ApplicationState::Issued => ("apply-issued", "apply-issued-meaning"),
        ApplicationState::Declined => ("apply-declined", "apply-declined-meaning"),
    };
    let mut facts = vec![
        plain("apply-receipt", printed(application)),
        fact("apply-state", words.say(state), words.say(meaning)),
    ];
    let reason = application.reason.clone();
    facts.extend(reason.map(|it| plain("apply-reason", it)));
    let closed = application.closed.map(|at| at.to_minute_in_japan());
    facts.extend(closed.map(|it| plain("apply-closed", it)));
    facts.extend([
        plain("apply-at", application.at.to_minute_in_japan()),
        plain("apply-code", application.facility.to_string()),
        plain("apply-terminal", application.terminal.clone()),
        plain("apply-kind", kind(application.kind, &words)),
    ]);
    let banner = is_new.map(|is_new| {
        let (tone, code, key) = if is_new {
            ("success", "applied", "apply-sent")
        } else {
            ("note", "applied_before", "apply-sent-before")
        };
        Banner {
            tone,
            code,
            text: words.say(key),
        }
    });
    let page = StatePage {
        banner,
        facts,
        words,
    };
    rendered(StatusCode::OK, &page)
}
