//! 「手続き」 (G41): each with who, what to have ready, where, whom to call, and its state: what the system knows, and what the facility
//! notes. Files nothing by itself. Open without a sign-in, since nobody signs in whose certificate is over; the notes are for staff.

use std::time::Duration;

use api::claims::ClaimsFiling;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::civil_date::CivilDate;
use domain::permissions::Action;
use domain::procedures::{Both, Facts, Noted, Procedure, State as Known, Who};
use serde::Deserialize;
use tokio::time::timeout;
use ui::component::{Banner, Choice, Fact, Fault, Need, Select, TextField, Tone, WayOn, Width};
use ui::language::Words;

use crate::pages::certificates::install;
use crate::pages::claims::filings;
use crate::pages::support::{self, DeskView};
use crate::pages::{Filled, Frame, Staff, Visitor, done, no_such_page, show};
use crate::procedures::{NewNote, NotNoted, Note};
use crate::serve::App;
use crate::{days, faults};

/// The page's own path.
pub(crate) const HERE: &str = "/procedures";

/// So long the pages wait for the center: all else on them is known here.
const PATIENCE: Duration = Duration::from_secs(3);

/// A procedure in the list.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) state: String,
    /// What is done in its place, where it can no longer be done.
    pub(super) instead: Option<WayOn>,
    pub(super) tone: &'static str,
    pub(super) noted: String,
    pub(super) who: String,
    /// How far what was made of it is, as the center knows it.
    pub(super) filings: Vec<Fact>,
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
    /// What is done in its place, where it can no longer be done.
    pub(super) instead: Option<WayOn>,
    pub(super) facts: Vec<Fact>,
    pub(super) prepare: Vec<String>,
    pub(super) administrator: bool,
    /// The page of this terminal it is about.
    pub(super) page: Option<&'static str>,
    pub(super) manual: &'static str,
    /// Whom to call about it; none where no terminal is asked.
    pub(super) contacts: Option<Contacts>,
    /// The filings that were made of it and how far each is, for whoever may make them.
    pub(super) filings: Option<Vec<Fact>>,
    /// What the facility noted; nothing for a visitor.
    pub(super) noted: Vec<Fact>,
    /// The form, for whoever may note.
    pub(super) form: Option<NoteFields>,
}

/// Whom to call, by the inventory.
pub(super) struct Contacts {
    /// What the desks are for.
    pub(super) about: String,
    pub(super) desks: Vec<DeskView>,
    /// Of when the list of desks is.
    pub(super) edition: String,
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
        Known::TooLate { since, .. } => (on("state-too-late", since), "bad"),
        Known::Now => (words.say("state-now"), "bad"),
        Known::Done => (words.say("state-done"), "good"),
    }
}

/// The way to what is done in place of a procedure that can no longer be done.
fn instead(state: Known, words: &Words) -> Option<WayOn> {
    let Known::TooLate { instead, .. } = state else {
        return None;
    };
    Some(WayOn {
        href: here(instead),
        text: say(instead.needs().title, words),
    })
}

/// The page of this terminal a procedure is about, for whoever asks, and its manual.
fn place(procedure: Procedure, staff: Option<&Staff>) -> (Option<&'static str>, &'static str) {
    match procedure {
        // What is done there without a sign-in.
        Procedure::CertificateReissue if staff.is_none() => {
            (Some(install::HERE), "/manuals/certificates")
        }
        Procedure::CertificateApplication
        | Procedure::CertificateRenewal
        | Procedure::CertificateReissue
        | Procedure::CertificateRevocation => {
            (Some(super::certificates::HERE), "/manuals/certificates")
        }
        Procedure::Succession => (Some("/accounts"), "/manuals/accounts"),
        Procedure::ClaimsFiling if staff.is_some_and(|it| it.may(Action::FileForClaims)) => {
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

/// The person signed in who is free to look at any page.
fn signed_in(app: &App, visitor: &Visitor) -> Option<Staff> {
    Staff::of(visitor, app).filter(|staff| staff.first_to_do(HERE).is_none())
}

/// What the system knows: the certificate the person signed in with, or this terminal's first.
fn facts(app: &App, staff: Option<&Staff>) -> Facts {
    let certificate = match staff {
        Some(staff) => staff.certificate(app),
        None => app.certificates.first(),
    };
    Facts {
        certificate_until: certificate.map(|it| it.holder.not_after.date_in_japan()),
    }
}

/// The facility's filings for claims as the center knows them, for whoever may make them; or why they are not known now.
async fn filings_of(staff: Option<&Staff>) -> Option<Result<Vec<ClaimsFiling>, Fault>> {
    let staff = staff.filter(|it| it.may(Action::FileForClaims))?;
    let asked = timeout(PATIENCE, staff.client.claims_filings(staff.token())).await;
    Some(match asked {
        Ok(Ok(found)) => Ok(found.filings),
        Ok(Err(error)) => Err(faults::of_client(&error, &staff.words)),
        Err(_) => Err(faults::own(
            &staff.words,
            "center_unreachable",
            "center-unreachable",
        )),
    })
}

/// Whether filings are made of this procedure, whose state the center knows.
fn of_filings(procedure: Procedure) -> bool {
    procedure == Procedure::ClaimsFiling
}

/// What is shown in place of filings that are not known now.
fn unknown(fault: Fault, words: &Words) -> Vec<Fact> {
    vec![Fact {
        label: words.say("claims-filings"),
        text: words.say("procedure-filings-unknown"),
        meaning: fault.text,
    }]
}

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Response {
    let staff = signed_in(&app, &visitor);
    let found = filings_of(staff.as_ref()).await;
    let facts = facts(&app, staff.as_ref());
    let today = app.now().date_in_japan();
    let shown = staff.is_some();
    let notes = Procedure::ALL
        .iter()
        .map(|it| (*it, shown.then(|| app.procedures.of(*it))));
    let frame = support::frame(&app, &visitor, HERE);
    let mut page = procedures_page(frame, notes, &facts, today);
    if let Some(found) = found {
        page.tell(found);
    }
    show(StatusCode::OK, &page)
}

impl ProceduresPage {
    /// Puts how far the filings are into their line.
    pub(super) fn tell(&mut self, found: Result<Vec<ClaimsFiling>, Fault>) {
        let words = &self.frame.words;
        let shown = match found {
            Ok(filings) => filings::facts(filings::newest(&filings), words),
            Err(fault) => unknown(fault, words),
        };
        let href = here(Procedure::ClaimsFiling);
        if let Some(line) = self.lines.iter_mut().find(|it| it.href == href) {
            line.filings = shown;
        }
    }
}

impl ProcedurePage {
    /// Shows how far the filings are.
    pub(super) fn tell(&mut self, found: Result<Vec<ClaimsFiling>, Fault>) {
        let words = &self.frame.words;
        self.filings = Some(match found {
            Ok(filings) => filings::facts(&filings, words),
            Err(fault) => unknown(fault, words),
        });
    }
}

/// The list; a line without a note says who is shown it.
pub(super) fn procedures_page(
    frame: Frame,
    notes: impl Iterator<Item = (Procedure, Option<Note>)>,
    facts: &Facts,
    today: CivilDate,
) -> ProceduresPage {
    let words = frame.words.clone();
    let lines = notes.map(|(procedure, note)| {
        let needs = procedure.needs();
        let state = procedure.state(facts, today);
        let instead = instead(state, &words);
        let (state, tone) = known(state, &words);
        Line {
            href: format!("{HERE}/{}", procedure.as_str()),
            title: say(needs.title, &words),
            state,
            instead,
            tone,
            noted: match note {
                Some(note) => noted(note.state(), &words),
                None => words.say("procedure-signed-in"),
            },
            who: who(needs.who, &words),
            filings: Vec::new(),
        }
    });
    ProceduresPage {
        lines: lines.collect(),
        frame,
    }
}

pub(crate) async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Response {
    let Some(procedure) = Procedure::parse(&name) else {
        return no_such_page(visitor).await;
    };
    let staff = signed_in(&app, &visitor);
    let found = filings_of(staff.as_ref().filter(|_| of_filings(procedure))).await;
    let frame = support::frame(&app, &visitor, &here(procedure));
    let note = app.procedures.of(procedure);
    let mut page = page_of(&app, staff.as_ref(), frame, procedure, &note);
    if let Some(found) = found {
        page.tell(found);
    }
    if let Some(staff) = &staff {
        let told = app.browsers.with(&staff.key, |browser| browser.told.take());
        page.frame.banners.extend(told.flatten().map(done));
    }
    show(StatusCode::OK, &page)
}

fn here(procedure: Procedure) -> String {
    format!("{HERE}/{}", procedure.as_str())
}

fn page_of(
    app: &App,
    staff: Option<&Staff>,
    frame: Frame,
    procedure: Procedure,
    note: &Note,
) -> ProcedurePage {
    let facts = facts(app, staff);
    let today = app.now().date_in_japan();
    let matter = procedure.needs().matter;
    let words = &frame.words;
    let contacts = Contacts {
        about: words
            .choose(matter.label_ja(), matter.label_en())
            .to_owned(),
        desks: support::desks_of(app, words, matter),
        edition: app.upkeep.support.directory().data.as_of().to_owned(),
    };
    let mut page = procedure_page(staff, frame, procedure, note, &facts, today);
    page.contacts = Some(contacts);
    let setup = app.certificates.setup();
    let words = &page.frame.words;
    let applied = application_page(procedure, setup.application_page(), words);
    let warned = applied.as_ref().map(|_| Fact {
        label: words.say("procedure-warning"),
        text: setup.root_fingerprint(),
        meaning: words.say("procedure-warning-meaning"),
    });
    page.facts.extend(applied.into_iter().chain(warned));
    page
}

/// Where what is applied for at the center is applied for.
pub(super) fn application_page(
    procedure: Procedure,
    address: String,
    words: &Words,
) -> Option<Fact> {
    let is_applied_for = [
        Procedure::CertificateApplication,
        Procedure::CertificateReissue,
    ];
    is_applied_for.contains(&procedure).then(|| Fact {
        label: words.say("procedure-application"),
        text: address,
        meaning: words.say("procedure-application-meaning"),
    })
}

pub(super) fn procedure_page(
    staff: Option<&Staff>,
    frame: Frame,
    procedure: Procedure,
    note: &Note,
    facts: &Facts,
    today: CivilDate,
) -> ProcedurePage {
    let words = &frame.words;
    let needs = procedure.needs();
    let may = staff.is_some_and(|it| it.may(Action::EditSettings));
    let fact = |key: &str, text: String| Fact {
        label: words.say(key),
        text,
        meaning: String::new(),
    };
    let (page, manual) = place(procedure, staff);
    let state = procedure.state(facts, today);
    ProcedurePage {
        title: say(needs.title, words),
        state: known(state, words).0,
        instead: instead(state, words),
        facts: vec![
            fact("procedure-when", say(needs.when, words)),
            fact("procedure-who", who(needs.who, words)),
            fact("procedure-place", say(needs.place, words)),
        ],
        prepare: needs.prepare.iter().map(|it| say(*it, words)).collect(),
        administrator: needs.administrator_account,
        page,
        manual,
        contacts: None,
        filings: None,
        noted: staff.map(|_| written(note, words)).unwrap_or_default(),
        form: may.then(|| fields(here(procedure), note, words)),
        frame,
    }
}

/// A note in words.
fn written(note: &Note, words: &Words) -> Vec<Fact> {
    let fact = |key: &str, text: String, meaning: String| Fact {
        label: words.say(key),
        text,
        meaning,
    };
    let mut by = String::new();
    if 0 < note.version {
        let at = days::show_instant(&note.at().to_string());
        let told = [("account", note.by.as_str()), ("at", at.as_str())];
        by = words.say_with("procedure-noted-by", &told);
    }
    let mut written = vec![fact("procedure-state", noted(note.state(), words), by)];
    if !note.memo.is_empty() {
        written.push(fact("procedure-memo", note.memo.clone(), String::new()));
    }
    written
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
    let found = filings_of(Some(&staff).filter(|_| of_filings(procedure))).await;
    let there = app.procedures.of(procedure);
    let frame = staff.frame(&here(procedure));
    let mut page = page_of(&app, Some(&staff), frame, procedure, &there);
    if let Some(found) = found {
        page.tell(found);
    }
    if let Some(fields) = &mut page.form {
        fields.state.value = form.state;
        fields.memo.value = form.memo;
    }
    let status = match refused {
        NotNoted::Meanwhile(note) => {
            let text = staff
                .words
                .say_with("procedure-changed", &[("account", note.by)]);
            let fault = Fault {
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
