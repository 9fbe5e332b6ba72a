//! What an operator does for a facility, each with a page that says what will follow, and a tick: another terminal, a certificate issued anew
//! or revoked, a reader, the secret number, the master's reset, the succession. The functions behind them are the shell's.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::component::{ButtonTone, Checkbox, Fact, Fault, TextField, WayOn};

use super::super::answers::Counted;
use super::super::deed_page::{DeedPage, confirm, confirmed};
use super::super::{Filled, Operator, set_up, show};
use super::one::no_facility;
use super::{HERE, issued, issued_page};
use crate::app::App;
use crate::enroll::{self, Enrolment, FirstAccount, ReaderEnrolment, institution};
use crate::recoveries::{self, MasterReset};
use crate::reissue::{self, RevokeEarlier, Terminal};
use crate::told::Told;

/// What may be done, by the last part of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    AnotherTerminal,
    Reissue,
    RevokeTerminal,
    Revoke,
    Reader,
    SecretNumber,
    ResetMaster,
    Succession,
}

impl Order {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "new-terminal" => Self::AnotherTerminal,
            "reissue" => Self::Reissue,
            "revoke-terminal" => Self::RevokeTerminal,
            "revoke" => Self::Revoke,
            "reader" => Self::Reader,
            "secret-number" => Self::SecretNumber,
            "reset-master" => Self::ResetMaster,
            "succession" => Self::Succession,
            _ => return None,
        })
    }

    /// Keys of its title and of what will follow.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::AnotherTerminal => ("another-terminal", "another-terminal-lead"),
            Self::Reissue => ("reissue", "reissue-lead"),
            Self::RevokeTerminal => ("revoke-terminal", "revoke-terminal-lead"),
            Self::Revoke => ("revoke-certificate", "revoke-certificate-lead"),
            Self::Reader => ("enrol-reader", "enrol-reader-lead"),
            Self::SecretNumber => ("new-secret-number", "new-secret-number-lead"),
            Self::ResetMaster => ("reset-master", "reset-master-lead"),
            Self::Succession => ("succession", "succession-lead"),
        }
    }

    /// Whether something that works now works no more.
    fn takes_away(self) -> bool {
        match self {
            Self::RevokeTerminal
            | Self::Revoke
            | Self::SecretNumber
            | Self::ResetMaster
            | Self::Succession => true,
            Self::AnotherTerminal | Self::Reissue | Self::Reader => false,
        }
    }
}

/// What the forms send; each order reads its own members.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::operator) struct DeedForm {
    terminal: String,
    fingerprint: String,
    reader: String,
    terminal_keys: String,
    face: String,
    secret_number: String,
    name: String,
    now: String,
    confirm: String,
}

pub(in crate::operator) async fn form(
    State(app): State<App>,
    operator: Operator,
    Path((code, order)): Path<(String, String)>,
    Query(form): Query<DeedForm>,
) -> Response {
    let outcome = deed_page(&app, &operator, (&code, &order), &form, &[]);
    operator.shown(HERE, outcome)
}

pub(in crate::operator) async fn fulfil(
    State(app): State<App>,
    operator: Operator,
    Path((code, order)): Path<(String, String)>,
    Filled(form): Filled<DeedForm>,
) -> Response {
    let words = &operator.words;
    let outcome = match obey(&app, &operator, (&code, &order), &form).await {
        // What cannot be found has no form to be corrected in.
        Err(told) if told.status() != StatusCode::UNPROCESSABLE_ENTITY => Err(told),
        Err(told) => {
            let fault = told.at_member(words);
            let page = deed_page(&app, &operator, (&code, &order), &form, &[fault]);
            page.map(|mut page| {
                if (told.member, told.code.as_str()) == ("secret_number", "wrong") {
                    page.extensions_mut().insert(Counted);
                }
                page
            })
        }
        done => done,
    };
    operator.shown(HERE, outcome)
}

async fn obey(
    app: &App,
    operator: &Operator,
    (code, order): (&str, &str),
    form: &DeedForm,
) -> Result<Response, Told> {
    let order = Order::parse(order).ok_or_else(no_facility)?;
    let code = institution(code).map_err(|_| no_facility())?;
    let facility = app.engine.facility(code)?.ok_or_else(no_facility)?;
    if order.takes_away() {
        confirmed(&form.confirm)?;
    }
    let (by, code) = (operator.actor(), code.to_string());
    let terminal = || Terminal {
        code: code.clone(),
        terminal: form.terminal.trim().to_owned(),
    };
    let done = |what: &str| Redirect::to(&format!("{HERE}/{code}?done={what}")).into_response();
    Ok(match order {
        Order::AnotherTerminal => {
            let enrolment = Enrolment {
                code: code.clone(),
                kind: Some(facility.kind.as_str().into()),
                name: facility.name,
                terminal: form.terminal.trim().to_owned(),
            };
            let enrolled = enroll::enroll(app, enrolment, by).await?;
            issued(operator, "issued-notice", enrolled)
        }
        Order::Reissue => {
            let earlier = if form.now == "yes" {
                RevokeEarlier::Now
            } else {
                RevokeEarlier::WhenReplaced
            };
            let enrolled = reissue::reissue(app, terminal(), earlier, by).await?;
            issued(operator, "issued-notice", enrolled)
        }
        Order::RevokeTerminal => {
            reissue::revoke_terminal(app, terminal(), by).await?;
            done("terminal_revoked")
        }
        Order::Revoke => {
            let own = reissue::list(app, Some(&code))?;
            if !own.iter().any(|it| it.fingerprint == form.fingerprint) {
                return Err(Told::none(
                    "fingerprint",
                    "この施設にこの証明書はありません。",
                    "the facility has no such certificate",
                ));
            }
            reissue::revoke_line(app, &form.fingerprint, by).await?;
            done("certificate_revoked")
        }
        Order::Reader => {
            let enrolment = ReaderEnrolment {
                code: code.clone(),
                reader: form.reader.trim().to_owned(),
                terminal_keys: form.terminal_keys == "yes",
                face: form.face == "yes",
            };
            enroll::enroll_reader(app, enrolment, by).await?;
            done("reader_enrolled")
        }
        Order::SecretNumber => {
            let number = recoveries::give_secret_number(app, &code, by).await?;
            let facts = vec![fact(operator, "secret-number", number)];
            let back = format!("{HERE}/{code}");
            issued_page(operator, "issued-secret-number", facts, Vec::new(), back)
        }
        Order::ResetMaster => {
            let number = &form.secret_number;
            let reset = recoveries::reset_master(app, &code, number, by).await?;
            master(operator, "issued-master", &code, reset)
        }
        Order::Succession => {
            let passed = recoveries::succeed(app, &code, form.name.trim(), by).await?;
            master(operator, "issued-succession", &code, passed)
        }
    })
}

fn fact(operator: &Operator, label: &str, text: String) -> Fact {
    Fact {
        label: operator.words.say(label),
        text,
        meaning: String::new(),
    }
}

/// The master's first password with the next secret number.
fn master(operator: &Operator, title: &str, code: &str, reset: MasterReset) -> Response {
    let facts = vec![
        fact(operator, "institution-code", code.to_owned()),
        fact(operator, "secret-number", reset.secret_number),
        fact(operator, "accounts-ended", reset.ended.to_string()),
        fact(
            operator,
            "claims-accounts-ended",
            reset.claims_ended.to_string(),
        ),
    ];
    let account = FirstAccount {
        kind: "master".into(),
        id: reset.id,
        password: reset.password,
    };
    let back = format!("{HERE}/{code}");
    issued_page(operator, title, facts, vec![account], back)
}

/// What the page of an order tells and asks beside what is the same for all.
#[derive(Default)]
struct Asked {
    facts: Vec<Fact>,
    hidden: Vec<(&'static str, String)>,
    fields: Vec<TextField>,
    ticks: Vec<Checkbox>,
}

impl Asked {
    fn of(order: Order, operator: &Operator, form: &DeedForm, faults: &[(String, Fault)]) -> Self {
        let words = &operator.words;
        let field = |name: &'static str, label: &str, support: &str, value: &str| TextField {
            support: words.say(support),
            value: value.to_owned(),
            errors: set_up::of(name, faults),
            ..TextField::new(name, words.say(label))
        };
        let tick = |name: &'static str, label: &str, value: &str| Checkbox {
            name,
            label: words.say(label),
            support: String::new(),
            value: "yes".into(),
            checked: value == "yes",
        };
        let mut asked = Self::default();
        match order {
            Order::AnotherTerminal => {
                let support = "terminal-name-support";
                asked
                    .fields
                    .push(field("terminal", "terminal-name", support, &form.terminal));
            }
            Order::Reissue | Order::RevokeTerminal => {
                asked
                    .facts
                    .push(fact(operator, "terminal-name", form.terminal.clone()));
                asked.hidden.push(("terminal", form.terminal.clone()));
                if order == Order::Reissue {
                    asked.ticks.push(tick("now", "revoke-now", &form.now));
                }
            }
            Order::Revoke => {
                asked
                    .facts
                    .push(fact(operator, "fingerprint", form.fingerprint.clone()));
                asked.hidden.push(("fingerprint", form.fingerprint.clone()));
            }
            Order::Reader => {
                asked.fields.push(field(
                    "reader",
                    "reader-id",
                    "reader-id-support",
                    &form.reader,
                ));
                asked.ticks.push(tick(
                    "terminal_keys",
                    "terminal-keys-tick",
                    &form.terminal_keys,
                ));
                asked.ticks.push(tick("face", "face-tick", &form.face));
            }
            Order::SecretNumber => {}
            Order::ResetMaster => {
                let support = "secret-number-support";
                asked
                    .fields
                    .push(field("secret_number", "secret-number", support, ""));
            }
            Order::Succession => {
                let support = "new-owner-support";
                asked
                    .fields
                    .push(field("name", "new-owner", support, &form.name));
            }
        }
        asked
    }
}

fn deed_page(
    app: &App,
    operator: &Operator,
    (code, path): (&str, &str),
    form: &DeedForm,
    faults: &[(String, Fault)],
) -> Result<Response, Told> {
    let words = &operator.words;
    let order = Order::parse(path).ok_or_else(no_facility)?;
    let code = institution(code).map_err(|_| no_facility())?;
    let facility = app.engine.facility(code)?.ok_or_else(no_facility)?;
    let (title, lead) = order.texts();
    let mut facts = vec![
        fact(operator, "institution-code", code.to_string()),
        fact(operator, "facility-name", facility.name),
    ];
    let asked = Asked::of(order, operator, form, faults);
    facts.extend(asked.facts);
    let mut ticks = asked.ticks;
    if order.takes_away() {
        ticks.push(confirm(words));
    }
    let status = if faults.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = DeedPage {
        frame: operator.frame(&format!("{HERE}/{code}/{path}")),
        summary: set_up::summary(faults),
        title: words.say(title),
        lead: words.say(lead),
        facts,
        action: format!("{HERE}/{code}/{path}"),
        hidden: asked.hidden,
        fields: asked.fields,
        ticks,
        tone: if order.takes_away() {
            ButtonTone::Danger
        } else {
            ButtonTone::Primary
        },
        back: WayOn {
            href: format!("{HERE}/{code}"),
            text: words.say("to-facility"),
        },
    };
    Ok(show(status, &page))
}
