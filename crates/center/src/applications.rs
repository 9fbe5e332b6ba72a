//! Applications for certificates (電子証明書発行申請, G08): what whoever applies leaves at the enroll listener, and what an operator does with
//! it. Makes no notice. Of whoever applies nothing is logged, and nothing enters the audit chain.

use domain::audit::{Actor, Deed};
use domain::certificate_application::{
    ApplicationKind, ApplicationState, ContactName, ContactPhone, KEPT_DAYS, MOST_NAME,
    MOST_OF_FACILITY, MOST_OPEN, MOST_REASON, MOST_TERMINAL, Remark,
};
use domain::personal_text::{self, InvalidText};
use pki::issue_notice::{ApplicationNumber, InvalidId};
use serde::{Deserialize, Serialize};
use store::applications::{Application, Applied, Closing};

use crate::app::{App, random};
use crate::enroll::institution;
use crate::keyed_hash::KeyedHash;
use crate::sessions::event;
use crate::told::Told;
use crate::trouble::Refused;

/// An order about applications.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationsOrder {
    /// List the open ones, the oldest first.
    List,
    /// Decline one: its application number, and the reason.
    Decline(String, String),
}

/// An open application as an operator reads it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationLine {
    /// Application number.
    pub number: String,
    /// When it came.
    pub applied_at: String,
    /// `first`, `further` or `reissue`.
    pub kind: String,
    /// Institution code.
    pub code: String,
    /// The facility's name, as typed.
    pub name: String,
    /// Terminal name, as typed.
    pub terminal: String,
    /// Who applies.
    pub contact: String,
    /// Where they are called.
    pub phone: String,
    /// What they add.
    pub remark: Option<String>,
}

impl std::fmt::Debug for ApplicationLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApplicationLine({}, …)", self.code)
    }
}

impl ApplicationLine {
    fn of(application: &Application) -> Self {
        Self {
            number: printed(application),
            applied_at: application.at.to_string(),
            kind: application.kind.as_str().into(),
            code: application.facility.to_string(),
            name: application.name.clone(),
            terminal: application.terminal.clone(),
            contact: application.contact.as_str().into(),
            phone: application.phone.as_str().into(),
            remark: application.remark.as_ref().map(|it| it.as_str().into()),
        }
    }
}

/// What the form of an application sends.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    /// The number the form was given, so that sending it twice leaves one application.
    pub(crate) number: String,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) terminal: String,
    pub(crate) kind: String,
    pub(crate) contact: String,
    pub(crate) phone: String,
    pub(crate) remark: String,
}

/// Keeps an application, or says all that is wrong with it. With it comes whether it is new; one that was there is as it is kept.
pub(crate) async fn apply(app: &App, typed: &Typed) -> Result<(Application, bool), Vec<Told>> {
    let mut application = read(app, typed)?;
    let mut applied = keep(app, &application).await?;
    if applied == Applied::NumberTaken {
        application.number = own_number(app, &application).as_str().into();
        applied = keep(app, &application).await?;
    }
    match applied {
        Applied::Done => Ok((application, true)),
        Applied::Again(kept) => Ok((*kept, false)),
        Applied::TooManyOfFacility => Err(one(Told::of(
            "code",
            "too_many_of_facility",
            format!(
                "この医療機関コードでは、処理待ちの申請がすでに{MOST_OF_FACILITY}件あります。先の申請の状態を受付番号で確かめるか、センターの運用者に電話でお問い合わせください。"
            ),
            format!(
                "{MOST_OF_FACILITY} applications of this institution code wait already. Look at their state with their application numbers, or call the center's operator."
            ),
        ))),
        Applied::TooMany | Applied::NumberTaken => Err(one(Told::of(
            "",
            "too_many_open",
            "処理待ちの申請が多いため、今は受け付けられません。日をあらためて申請するか、センターの運用者に電話でお問い合わせください。",
            "So many applications wait that none can be taken now. Apply on another day, or call the center's operator.",
        ))),
    }
}

async fn keep(app: &App, application: &Application) -> Result<Applied, Vec<Told>> {
    let kept = app.engine.apply_for_certificate(application.clone()).await;
    kept.map_err(one)
}

fn one(wrong: impl Into<Told>) -> Vec<Told> {
    vec![wrong.into()]
}

/// A number for an application that is to come.
pub(crate) fn new_number() -> Result<ApplicationNumber, Refused> {
    Ok(ApplicationNumber::generate(random()?))
}

/// The number of an application whose form was given one that is another's by now: it follows from that number and from what was typed, under a key
/// of ours, so that the same form finds its application again and nobody else's.
fn own_number(app: &App, application: &Application) -> ApplicationNumber {
    let hash = KeyedHash::new(&app.machine.derive("application-number"));
    let facility = application.facility.to_string();
    let remark = application.remark.as_ref();
    let hash = hash.of(&[
        application.number.as_bytes(),
        facility.as_bytes(),
        application.name.as_bytes(),
        application.terminal.as_bytes(),
        application.kind.as_str().as_bytes(),
        application.contact.as_str().as_bytes(),
        application.phone.as_str().as_bytes(),
        remark.map_or("", Remark::as_str).as_bytes(),
    ]);
    let mut drawn = [0; 16];
    drawn.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    ApplicationNumber::generate(drawn)
}

/// What was typed as an application; otherwise what is wrong with each member.
fn read(app: &App, typed: &Typed) -> Result<Application, Vec<Told>> {
    let mut wrong = Vec::new();
    // In the order of the form.
    let kind = ApplicationKind::parse(&typed.kind).ok_or_else(|| {
        Told::of(
            "kind",
            "unknown",
            "申請の種類を選んでください。",
            "Choose what you apply for.",
        )
    });
    let kind = noted(&mut wrong, kind);
    let code = noted(&mut wrong, institution(typed.code.trim()));
    let label = ("施設の名称", "the facility's name");
    let name = bounded(&typed.name, MOST_NAME);
    let name = noted(&mut wrong, told("name", label, name));
    let label = ("端末名称等", "the terminal name");
    let terminal = bounded(&typed.terminal, MOST_TERMINAL);
    let terminal = noted(&mut wrong, told("terminal", label, terminal));
    let label = ("申請する方の氏名", "the name of whoever applies");
    let contact = ContactName::parse(typed.contact.trim());
    let contact = noted(&mut wrong, told("contact", label, contact));
    let label = ("電話番号", "the telephone number");
    let phone = ContactPhone::parse(typed.phone.trim());
    let phone = noted(&mut wrong, told("phone", label, phone));
    let label = ("備考", "the remark");
    let remark = Some(typed.remark.trim()).filter(|it| !it.is_empty());
    let remark = remark.map(Remark::parse).transpose();
    let remark = noted(&mut wrong, told("remark", label, remark));
    // The form was given a number; whatever else stands there is put aside.
    let number = match ApplicationNumber::parse(&typed.number) {
        Ok(number) => number,
        Err(_) => new_number().map_err(one)?,
    };
    match (code, name, terminal, kind, contact, phone, remark) {
        (
            Some(facility),
            Some(name),
            Some(terminal),
            Some(kind),
            Some(contact),
            Some(phone),
            Some(remark),
        ) => Ok(Application {
            number: number.as_str().into(),
            facility,
            name,
            terminal,
            kind,
            contact,
            phone,
            remark,
            at: app.now(),
            state: ApplicationState::Open,
            closed: None,
            reason: None,
        }),
        _ => Err(wrong),
    }
}

/// What was read, or a note of what is wrong with it.
fn noted<T>(wrong: &mut Vec<Told>, read: Result<T, Told>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(told) => {
            wrong.push(told);
            None
        }
    }
}

fn bounded(text: &str, most: usize) -> Result<String, InvalidText> {
    let text = text.trim();
    personal_text::check(text, most)?;
    Ok(text.to_owned())
}

/// The same with what is wrong told at the member, under its label.
fn told<T>(
    member: &'static str,
    (ja, en): (&str, &str),
    read: Result<T, InvalidText>,
) -> Result<T, Told> {
    read.map_err(|error| match error {
        InvalidText::Empty => Told::of(
            member,
            "required",
            format!("{ja}を入力してください。"),
            format!("Type {en}."),
        ),
        InvalidText::TooLong { max } => Told::of(
            member,
            "too_long",
            format!("{ja}は{max}文字以内で入力してください。"),
            format!("Shorten {en} to {max} characters."),
        ),
        InvalidText::ControlCharacter { place } => Told::of(
            member,
            "control_character",
            format!("{ja}の{place}文字目に、使えない文字（改行など）があります。消してください。"),
            format!("Take the character at place {place} out of {en}; a line break, for instance."),
        ),
    })
}

/// The application number as people read it.
pub(crate) fn printed(application: &Application) -> String {
    let number = ApplicationNumber::parse(&application.number);
    number.map_or_else(|_| application.number.clone(), |it| it.printed())
}

/// An application by the application number somebody typed.
pub(crate) fn find(app: &App, number: &str) -> Result<Application, Told> {
    let number = ApplicationNumber::parse(number).map_err(|error| match error {
        InvalidId::Form(_) => Told::of(
            "receipt",
            "form",
            "受付番号は、申請したときに表示された12文字です。",
            "The application number has the 12 characters that were shown after applying.",
        ),
        InvalidId::Typing => Told::of(
            "receipt",
            "typing",
            "受付番号に入力間違いがあります。1文字ずつ見比べてください。",
            "The application number holds a typing error; compare it letter by letter.",
        ),
    })?;
    let found = app.engine.application(number.as_str())?;
    found.ok_or_else(|| {
        Told::none(
            "receipt",
            format!(
                "この受付番号の申請はありません。番号を確かめてください。終わった申請は、{KEPT_DAYS}日後に削除されます。"
            ),
            format!(
                "There is no application of this number; compare it. Applications are deleted {KEPT_DAYS} days after their end."
            ),
        )
    })
}

/// Obeys an order of the shell.
pub(crate) async fn obey(
    app: &App,
    order: ApplicationsOrder,
    by: Actor,
) -> Result<Vec<ApplicationLine>, Told> {
    match order {
        ApplicationsOrder::List => {
            let found = app.engine.open_applications(None, MOST_OPEN)?;
            Ok(found.iter().map(ApplicationLine::of).collect())
        }
        ApplicationsOrder::Decline(number, reason) => {
            decline(app, &number, &reason, by).await?;
            Ok(Vec::new())
        }
    }
}

/// Declines an open application, for a reason that whoever applied reads.
pub(crate) async fn decline(app: &App, number: &str, reason: &str, by: Actor) -> Result<(), Told> {
    let label = ("見送りの理由", "the reason");
    let reason = told("reason", label, bounded(reason, MOST_REASON))?;
    close(app, number, Closing::Declined(reason), by).await
}

/// Notes that the notice of an open application was made.
pub(crate) async fn note_issued(app: &App, number: &str, by: Actor) -> Result<(), Told> {
    close(app, number, Closing::Issued, by).await
}

async fn close(app: &App, number: &str, closing: Closing, by: Actor) -> Result<(), Told> {
    let found = find(app, number)?;
    let state = match closing {
        Closing::Issued => ApplicationState::Issued,
        Closing::Declined(_) => ApplicationState::Declined,
    };
    let mut event = event(app.now(), by, Deed::ApplicationClose);
    event.detail = format!(
        "facility={} application={} state={}",
        found.facility,
        found.number,
        state.as_str()
    );
    let number = found.number;
    if app.engine.close_application(number, closing, event).await? {
        return Ok(());
    }
    Err(Told::of(
        "receipt",
        "state",
        "この申請は、すでに終わっています。一覧で状態を確かめてください。",
        "this application is closed already; look at the list",
    ))
}
