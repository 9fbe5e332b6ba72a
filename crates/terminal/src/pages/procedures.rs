//! 「手続き」 (G41): each with who, what to have ready, where, and its state: what the system knows, and what the facility notes. Files
//! nothing by itself.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::CivilDate;
use domain::permissions::{Action, allows};
use domain::procedures::{Both, Facts, Noted, Procedure, State as Known, Who};
use serde::Deserialize;
use ui::component::{Banner, Choice, Fact, Need, Select, TextField, Tone, Width};
use ui::language::Words;

use crate::pages::claims::filings;
use crate::pages::{Filled, Frame, Staff, done, no_such_page, show};
use crate::procedures::{NewNote, NotNoted, Note};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/procedures";

/// A procedure in the list.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) noted: String,
    pub(super) who: String,
}

#[derive(Template)]
#[template(path = "procedures.html")]
pub(super) struct ProceduresPage {
    pub(super) frame: Frame,
    pub(super) lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "procedure.html")]
pub(super) struct ProcedurePage {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) state: String,
    pub(super) facts: Vec<Fact>,
    pub(super) prepare: Vec<String>,
    pub(super) administrator: bool,
    /// The page of this terminal it is about.
    pub(super) page: Option<&'static str>,
    pub(super) manual: &'static str,
    /// What the facility noted.
    pub(super) noted: Vec<Fact>,
    /// The form, for whoever may note.
    pub(super) form: Option<NoteFields>,
}

/// The fields of a note.
pub(super) struct NoteFields {
    pub(super) action: String,
    pub(super) version: u32,
    pub(super) state: Select,
    pub(super) memo: TextField,
}

/// A note as filled.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct NoteForm {
    state: String,
    memo: String,
    version: String,
}

fn say(both: Both, words: &Words) -> String {
    words.choose(both.0, both.1).to_owned()
}

fn who(who: Who, words: &Words) -> String {
    let both = match who {
        Who::Administrator => (
            "管理アカウントの人",
            "whoever has the administrator account",
        ),
        Who::Head => ("開設者・管理者", "the head of the facility"),
        Who::HeadWithInstaller => (
            "開設者・管理者と、設定した業者",
            "the head of the facility, with the installer",
        ),
    };
    say(both, words)
}

fn noted(state: Noted, words: &Words) -> String {
    words.say(match state {
        Noted::NotStarted => "noted-not-started",
        Noted::Preparing => "noted-preparing",
        Noted::Filed => "noted-filed",
        Noted::Done => "noted-done",
    })
}

/// A state in words, with the tone of its mark.
fn known(state: Known, words: &Words) -> (String, &'static str) {
    let on = |key: &str, day: CivilDate| {
        let day = days::show(&day.to_string(), words);
        words.say_with(key, &[("day", day)])
    };
    match state {
        Known::AsNeeded => (words.say("state-as-needed"), "note"),
        Known::NotYet(from) => (on("state-not-yet", from), "good"),
        Known::Due(by) => (on("state-due", by), "warn"),
        Known::Overdue(since) => (on("state-overdue", since), "bad"),
        Known::Now => (words.say("state-now"), "bad"),
        Known::Done => (words.say("state-done"), "good"),
    }
}

/// The page of this terminal a procedure is about, for whoever asks, and its manual.
fn place(procedure: Procedure, staff: &Staff) -> (Option<&'static str>, &'static str) {
    match procedure {
        Procedure::CertificateApplication
        | Procedure::CertificateRenewal
        | Procedure::CertificateReissue
        | Procedure::CertificateRevocation => {
            (Some(super::certificates::HERE), "/manuals/certificates")
        }
        Procedure::Succession => (Some("/accounts"), "/manuals/accounts"),
        Procedure::ClaimsFiling if staff.may(Action::FileForClaims) => {
            (Some(filings::HERE), "/manuals/procedures")
        }
        Procedure::ClaimsFiling => (Some("/reference-material"), "/manuals/procedures"),
        Procedure::SettingsRequest => (Some("/settings"), "/manuals/settings"),
        Procedure::MoreDevices
        | Procedure::AnotherPc
        | Procedure::BrokenPc
        | Procedure::SupportApplication => (None, "/manuals/procedures"),
    }
}

/// What the system knows: the certificate the person signed in with.
fn facts(app: &App, staff: &Staff) -> Facts {
    let chosen = app.browsers.session(&staff.key, app.now());
    let certificate = chosen.and_then(|(place, _)| app.certificates.get(place));
    Facts {
        certificate_until: certificate.map(|it| it.holder.not_after.date_in_japan()),
    }
}

pub(crate) async fn list(State(app): State<App>, staff: Staff) -> Response {
    let facts = facts(&app, &staff);
    let today = app.now().date_in_japan();
    let notes = Procedure::ALL
        .iter()
        .map(|it| (*it, app.procedures.of(*it)));
    let page = procedures_page(staff.frame(HERE), notes, &facts, today);
    show(StatusCode::OK, &page)
}

pub(super) fn procedures_page(
    frame: Frame,
    notes: impl Iterator<Item = (Procedure, Note)>,
    facts: &Facts,
    today: CivilDate,
) -> ProceduresPage {
    let words = frame.words.clone();
    let lines = notes.map(|(procedure, note)| {
        let needs = procedure.needs();
        let (state, tone) = known(procedure.state(facts, today), &words);
        Line {
            href: format!("{HERE}/{}", procedure.as_str()),
            title: say(needs.title, &words),
            state,
            tone,
            noted: noted(note.state(), &words),
            who: who(needs.who, &words),
        }
    });
    ProceduresPage {
        lines: lines.collect(),
        frame,
    }
}

pub(crate) async fn one(
    State(app): State<App>,
    staff: Staff,
    Path(name): Path<String>,
) -> Response {
    let Some(procedure) = Procedure::parse(&name) else {
        return no_such_page(staff.visitor()).await;
    };
    let note = app.procedures.of(procedure);
    let mut page = page_of(&app, &staff, procedure, &note);
    let told = app.browsers.with(&staff.key, |browser| browser.told.take());
    page.frame.banners.extend(told.flatten().map(done));
    show(StatusCode::OK, &page)
}

fn page_of(app: &App, staff: &Staff, procedure: Procedure, note: &Note) -> ProcedurePage {
    let facts = facts(app, staff);
    let today = app.now().date_in_japan();
    procedure_page(staff, procedure, note, &facts, today)
}

pub(super) fn procedure_page(
    staff: &Staff,
    procedure: Procedure,
    note: &Note,
    facts: &Facts,
    today: CivilDate,
) -> ProcedurePage {
    let words = &staff.words;
    let needs = procedure.needs();
    let here = format!("{HERE}/{}", procedure.as_str());
    let may = staff
        .kind()
        .is_some_and(|kind| allows(kind, Action::EditSettings));
    let fact = |key: &str, text: String| Fact {
        label: words.say(key),
        text,
        meaning: String::new(),
    };
    let mut written = vec![fact("procedure-state", noted(note.state(), words))];
    if 0 < note.version {
        let at = days::show_instant(&note.at().to_string());
        let by = [("account", note.by.as_str()), ("at", at.as_str())];
        if let Some(first) = written.first_mut() {
            first.meaning = words.say_with("procedure-noted-by", &by);
        }
    }
    if !note.memo.is_empty() {
        written.push(fact("procedure-memo", note.memo.clone()));
    }
    let (page, manual) = place(procedure, staff);
    ProcedurePage {
        frame: staff.frame(&here),
        title: say(needs.title, words),
        state: known(procedure.state(facts, today), words).0,
        facts: vec![
            fact("procedure-when", say(needs.when, words)),
            fact("procedure-who", who(needs.who, words)),
            fact("procedure-place", say(needs.place, words)),
        ],
        prepare: needs.prepare.iter().map(|it| say(*it, words)).collect(),
        administrator: needs.administrator_account,
        page,
        manual,
        noted: written,
        form: may.then(|| fields(here.clone(), note, words)),
    }
}

fn fields(action: String, note: &Note, words: &Words) -> NoteFields {
    let options = Noted::ALL.iter().map(|it| Choice {
        value: it.as_str().to_owned(),
        label: noted(*it, words),
    });
    NoteFields {
        action,
        version: note.version,
        state: Select {
            name: "state",
            label: words.say("procedure-state"),
            support: String::new(),
            need: Need::Plain,
            width: Width::Medium,
            options: options.collect(),
            value: note.state().as_str().to_owned(),
            errors: Vec::new(),
        },
        memo: TextField {
            need: Need::Optional,
            width: Width::Full,
            support: words.say("procedure-note-support"),
            value: note.memo.clone(),
            ..TextField::new("memo", words.say("procedure-memo"))
        },
    }
}

pub(crate) async fn note(
    State(app): State<App>,
    staff: Staff,
    Path(name): Path<String>,
    Filled(form): Filled<NoteForm>,
) -> Response {
    let Some(procedure) = Procedure::parse(&name) else {
        return no_such_page(staff.visitor()).await;
    };
    // The right is the center's to say, not the page's that was shown before.
    if let Err(error) = staff.client.settings_history(staff.token(), None).await {
        return staff.failed(&app, &error, HERE);
    }
    let (Some(state), Ok(shown)) = (Noted::parse(&form.state), form.version.parse()) else {
        return Redirect::to(&format!("{HERE}/{name}")).into_response();
    };
    let new = NewNote {
        state,
        memo: form.memo.clone(),
        shown,
        by: staff.session.account.id.clone(),
    };
    let Err(refused) = app.procedures.note(procedure, new, app.now()) else {
        let fault = faults::own(&staff.words, "procedure_saved", "procedure-saved");
        app.browsers
            .with(&staff.key, |browser| browser.told = Some(fault));
        return Redirect::to(&format!("{HERE}/{name}")).into_response();
    };
    let there = app.procedures.of(procedure);
    let mut page = page_of(&app, &staff, procedure, &there);
    if let Some(fields) = &mut page.form {
        fields.state.value = form.state;
        fields.memo.value = form.memo;
    }
    let status = match refused {
        NotNoted::Meanwhile(note) => {
            let text = staff
                .words
                .say_with("procedure-changed", &[("account", note.by)]);
            let fault = ui::component::Fault {
                code: "changed".to_owned(),
                text,
            };
            page.frame.banners.push(Banner::new(Tone::Warning, fault));
            StatusCode::PRECONDITION_FAILED
        }
        NotNoted::Memo => {
            let fault = faults::own(&staff.words, "memo", "procedure-memo-wrong");
            if let Some(fields) = &mut page.form {
                fields.memo.errors.push(fault);
            }
            StatusCode::UNPROCESSABLE_ENTITY
        }
        NotNoted::File => {
            let fault = faults::own(&staff.words, "not_written", "procedure-not-written");
            page.frame.banners.push(Banner::new(Tone::Error, fault));
            StatusCode::INSUFFICIENT_STORAGE
        }
    };
    show(status, &page)
}
