//! A step as a screen: fills the template with the table's row and the texts. Shows a name on the last screen only, and no PIN.

use askama::Template;
use domain::civil_date::CivilDate;
use domain::era;
use domain::questions::Question;

use crate::flow::Step;
use crate::flow::asking::{Asking, Certificate, Outcome, Stage, Visit};
use crate::flow::facts::{Facts, Token};
use crate::screens::{self, Press, Screen};
use crate::texts::{Language, Words};

/// Size of type and colours, for this visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Comfort {
    pub(crate) large: bool,
    pub(crate) contrast: bool,
}

impl Comfort {
    /// The value of `data-comfort`, which the stylesheet knows.
    pub(crate) fn as_str(self) -> &'static str {
        match (self.large, self.contrast) {
            (false, false) => "plain",
            (true, false) => "large",
            (false, true) => "contrast",
            (true, true) => "large contrast",
        }
    }
}

/// What a screen is written from.
pub(crate) struct Seen<'a> {
    pub(crate) step: &'a Step,
    pub(crate) facts: &'a Facts,
    pub(crate) words: &'a Words,
    pub(crate) comfort: Comfort,
    pub(crate) turn: u64,
    pub(crate) facility: &'a str,
    pub(crate) staff_called: bool,
    pub(crate) pin_incomplete: bool,
}

/// What makes a screen another one: its number in forms changes with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity(Screen, Option<usize>, Option<u8>);

impl Identity {
    pub(crate) fn of(step: &Step) -> Self {
        let place = match step {
            Step::Asking(asking) => Some(asking.place().0),
            _ => None,
        };
        let wrong = match step {
            Step::Pin { wrong, .. } => *wrong,
            _ => None,
        };
        Self(Screen::of(step), place, wrong)
    }
}

/// Writes a screen.
pub(crate) fn write(seen: &Seen<'_>) -> askama::Result<String> {
    let screen = Screen::of(seen.step);
    let row = screens::find(screen);
    let key = row.map_or("welcome", |row| row.key);
    let weight = row.map_or("plain", |row| row.weight.as_str());
    let say = |key: &str| seen.words.say(key);
    let buttons = row.map_or(&[][..], |row| row.buttons).iter();
    let applying = buttons.filter(|(press, _)| screens::applies(*press, seen.step, seen.facts));
    let (quiet, choices): (Vec<_>, Vec<_>) = applying
        .map(|(press, key)| Button {
            name: press.as_str(),
            text: say(label(key, *press, seen.step)),
        })
        .partition(|button| button.name == Press::Back.as_str());
    ScreenPage {
        key,
        weight,
        title: title(seen, key),
        leads: leads(seen, key),
        alert: alert(seen),
        place: place(seen),
        listed: listed(seen),
        code: matches!(screen, Screen::Failed(_)).then(|| key.replace('-', "_")),
        pin: screen == Screen::Pin,
        choices,
        quiet,
        may_stop: screens::may_stop(seen.step),
        turn: seen.turn,
        words: seen.words,
        comfort: seen.comfort,
        facility: seen.facility,
        staff_called: seen.staff_called,
        languages: Language::all()
            .map(|it| (it.tag(), seen.words.in_language(it).say("language-name")))
            .collect(),
    }
    .render()
}

/// A page around the screen.
pub(crate) fn page(words: &Words, comfort: Comfort, screen: &str) -> askama::Result<String> {
    Page {
        words,
        comfort,
        screen,
    }
    .render()
}

/// The page of a browser that was not let in.
pub(crate) fn not_launched(words: &Words) -> askama::Result<String> {
    NotLaunched { words }.render()
}

#[derive(Template)]
#[template(path = "screen.html")]
struct ScreenPage<'a> {
    key: &'static str,
    weight: &'static str,
    title: String,
    leads: Vec<String>,
    alert: Option<String>,
    place: Option<String>,
    listed: Vec<String>,
    code: Option<String>,
    pin: bool,
    choices: Vec<Button>,
    quiet: Vec<Button>,
    may_stop: bool,
    turn: u64,
    words: &'a Words,
    comfort: Comfort,
    facility: &'a str,
    staff_called: bool,
    languages: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    words: &'a Words,
    comfort: Comfort,
    screen: &'a str,
}

#[derive(Template)]
#[template(path = "not_launched.html")]
struct NotLaunched<'a> {
    words: &'a Words,
}

struct Button {
    name: &'static str,
    text: String,
}

/// A phone of Apple's knows its holder itself: no PIN is spoken of.
fn label(key: &'static str, press: Press, step: &Step) -> &'static str {
    match (press, step) {
        (Press::Method(domain::identification::Method::Pin), Step::Method(card))
            if card.token == Token::Iphone =>
        {
            "method-phone"
        }
        _ => key,
    }
}

fn title(seen: &Seen<'_>, key: &str) -> String {
    let key = format!("{key}-title");
    match seen.step {
        Step::Done(visit) => seen.words.say_with(&key, "name", visit.name.as_str()),
        _ => seen.words.say(&key),
    }
}

fn leads(seen: &Seen<'_>, key: &str) -> Vec<String> {
    let say = |key: &str| seen.words.say(key);
    let Step::Done(visit) = seen.step else {
        return vec![say(&format!("{key}-lead"))];
    };
    let mut leads = vec![match seen.facts.card {
        crate::flow::facts::Presence::There => say("done-lead"),
        crate::flow::facts::Presence::Absent => say("done-phone-lead"),
    }];
    leads.extend(notes(visit, seen.words));
    leads
}

/// What the person should know beside the completion.
fn notes(visit: &Visit, words: &Words) -> impl Iterator<Item = String> {
    let ticket = (visit.outcome == Outcome::NoTicket).then(|| words.say("done-no-ticket"));
    let certificate = match &visit.certificate {
        Certificate::Valid => None,
        Certificate::AboutToExpire(day) => {
            Some(words.say_with("done-about-to-expire", "day", show_day(day, words)))
        }
        Certificate::Expired => Some(words.say("done-expired")),
    };
    ticket.into_iter().chain(certificate)
}

/// A day as it is read: by era in Japanese, by year elsewhere.
fn show_day(iso: &str, words: &Words) -> String {
    match CivilDate::parse_iso(iso) {
        Ok(day) if words.language() == Language::default() => era::to_japanese(day),
        _ => iso.to_owned(),
    }
}

fn alert(seen: &Seen<'_>) -> Option<String> {
    match seen.step {
        Step::Pin { .. } if seen.pin_incomplete => Some(seen.words.say("pin-incomplete")),
        Step::Pin {
            wrong: Some(left), ..
        } => Some(seen.words.say_with("pin-wrong", "left", u32::from(*left))),
        _ => None,
    }
}

fn place(seen: &Seen<'_>) -> Option<String> {
    let Step::Asking(asking) = seen.step else {
        return None;
    };
    let (place, count) = asking.place();
    let values = vec![("place", place.into()), ("count", count.into())];
    (1 < count).then(|| seen.words.say_with_all("place", values))
}

/// What the questions of consent are about.
fn listed(seen: &Seen<'_>) -> Vec<String> {
    let consents = |asking: &Asking| -> Vec<String> {
        let named = asking.consents().filter_map(|question| match question {
            Question::Surgery => Some("consent-surgery"),
            Question::TreatmentAndDrugs => Some("consent-treatment-and-drugs"),
            Question::Drugs => Some("consent-drugs"),
            Question::Checkups => Some("consent-checkups"),
            Question::SpecifiedDisease
            | Question::MedicalSubsidy
            | Question::PrescriptionIssue
            | Question::PrescriptionSubmit => None,
        });
        named.map(|key| seen.words.say(key)).collect()
    };
    match seen.step {
        Step::Asking(asking) if asking.stage() == Some(Stage::Consents) => consents(asking),
        _ => Vec::new(),
    }
}
