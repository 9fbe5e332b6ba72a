//! What a step tells a person: title, sentences, buttons, from the table of screens and the texts. Shows a name on the last screen
//! only, and no PIN; how it looks is the page's matter.

use domain::civil_date::CivilDate;
use domain::era;
use domain::questions::Question;

use crate::flow::Step;
use crate::flow::asking::{Asking, Certificate, Outcome, Stage, Visit};
use crate::flow::facts::{Facts, Token};
use crate::flow::own::{Own, Place};
use crate::screens::own::OwnScreen;
use crate::screens::{self, Press, Screen, Weight};
use crate::texts::{Language, Words};

mod own;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The screen's key.
    pub key: &'static str,
    /// Its weight.
    pub weight: Weight,
    /// Its title.
    pub title: String,
    /// Its sentences.
    pub leads: Vec<String>,
    /// What went wrong with what was typed.
    pub alert: Option<String>,
    /// Which question of how many.
    pub place: Option<String>,
    /// What the questions of consent are about.
    pub listed: Vec<String>,
    /// Looks or a consent of the patient's own page.
    pub entries: Vec<Entry>,
    /// Code of a failure, for help desks.
    pub code: Option<String>,
    /// Whether a PIN is typed.
    pub pin: bool,
    /// Its buttons.
    pub choices: Vec<Button>,
    /// The way back.
    pub quiet: Vec<Button>,
    /// Whether the end is offered.
    pub may_stop: bool,
}

/// An entry of the patient's own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The facility.
    pub title: String,
    /// What is marked about it: that an emergency opened it.
    pub mark: Option<String>,
    /// What else there is to say, a line each.
    pub lines: Vec<String>,
}

/// What is told from.
struct Of<'a> {
    step: &'a Step,
    facts: &'a Facts,
    words: &'a Words,
    pin_incomplete: bool,
}

/// What a step tells.
#[must_use]
pub fn told(step: &Step, facts: &Facts, words: &Words, pin_incomplete: bool) -> Told {
    let seen = Of {
        step,
        facts,
        words,
        pin_incomplete,
    };
    let screen = Screen::of(step);
    let row = screens::find(screen);
    let key = row.map_or("welcome", |row| row.key);
    let buttons = row.map_or(&[][..], |row| row.buttons).iter();
    let applying = buttons.filter(|(press, _)| screens::applies(*press, step, facts));
    let (quiet, choices): (Vec<_>, Vec<_>) = applying
        .map(|(press, key)| Button {
            name: press.as_str(),
            text: words.say(label(key, *press, step)),
        })
        .partition(|button| Press::parse(button.name).is_some_and(Press::is_quiet));
    Told {
        key,
        weight: row.map_or(Weight::Plain, |row| row.weight),
        title: title(&seen, key),
        leads: leads(&seen, key),
        alert: alert(&seen),
        place: place(&seen),
        listed: listed(&seen),
        entries: own::entries(step, words),
        code: is_failure(screen).then(|| key.replace('-', "_")),
        pin: matches!(screen, Screen::Pin | Screen::Own(OwnScreen::Pin)),
        choices,
        quiet,
        may_stop: screens::may_stop(step),
    }
}

fn is_failure(screen: Screen) -> bool {
    match screen {
        Screen::Failed(_) => true,
        Screen::Own(own) => own.is_failure(),
        _ => false,
    }
}

/// What makes a screen another one: its number in forms changes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(Screen, Option<usize>, Option<u8>);

impl Identity {
    /// Of a step.
    #[must_use]
    pub fn of(step: &Step) -> Self {
        let place = match step {
            Step::Asking(asking) => Some(asking.place().0),
            Step::Own(Own::At(_, Place::Looks(at) | Place::Consent(at) | Place::Confirm(at))) => {
                Some(*at)
            }
            _ => None,
        };
        let wrong = match step {
            Step::Pin { wrong, .. } | Step::Own(Own::Pin { wrong, .. }) => *wrong,
            _ => None,
        };
        Self(Screen::of(step), place, wrong)
    }
}

/// A button of a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its name in forms.
    pub name: &'static str,
    /// Its label.
    pub text: String,
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

fn title(seen: &Of<'_>, key: &str) -> String {
    let key = format!("{key}-title");
    match seen.step {
        Step::Done(visit) => seen.words.say_with(&key, "name", visit.name.as_str()),
        Step::Own(Own::At(record, Place::Menu)) => {
            seen.words.say_with(&key, "name", record.name.as_str())
        }
        _ => seen.words.say(&key),
    }
}

fn leads(seen: &Of<'_>, key: &str) -> Vec<String> {
    let say = |key: &str| seen.words.say(key);
    let Step::Done(visit) = seen.step else {
        let mut leads = vec![say(&format!("{key}-lead"))];
        leads.extend(own::count(seen.step, seen.words));
        return leads;
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

fn alert(seen: &Of<'_>) -> Option<String> {
    let (Step::Pin { wrong, .. } | Step::Own(Own::Pin { wrong, .. })) = seen.step else {
        return None;
    };
    let wrong = wrong.map(|left| seen.words.say_with("pin-wrong", "left", u32::from(left)));
    let incomplete = seen
        .pin_incomplete
        .then(|| seen.words.say("pin-incomplete"));
    // An empty entry, of a key held down, must not hide how many tries are left.
    let said: Vec<String> = wrong.into_iter().chain(incomplete).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn place(seen: &Of<'_>) -> Option<String> {
    let Step::Asking(asking) = seen.step else {
        return own::place(seen.step, seen.words);
    };
    let (place, count) = asking.place();
    let values = vec![("place", place.into()), ("count", count.into())];
    (1 < count).then(|| seen.words.say_with_all("place", values))
}

/// What the questions of consent are about.
fn listed(seen: &Of<'_>) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::facility_kind::FacilityKind;
    use domain::reader::ReaderMode;

    use super::*;
    use crate::flow::facts::{Card, FaceMatching, Keys, Line, Presence};
    use crate::texts::{Overrides, Texts};

    #[test]
    fn an_empty_entry_does_not_hide_how_many_tries_are_left() {
        let texts = Texts::new(FacilityKind::Medical, &Overrides::new()).unwrap();
        let words = Words::new(Arc::new(texts), Language::default());
        let facts = Facts {
            center: Line::Up,
            card: Presence::There,
            mode: ReaderMode::Unattended,
            keys: Keys::Missing,
            face: FaceMatching::Missing,
        };
        let card = Card {
            token: Token::Card,
            tries: Some(2),
            mark: None,
        };
        let at = |wrong| Step::Pin {
            card: card.clone(),
            wrong,
        };
        let alert = |wrong, incomplete| told(&at(wrong), &facts, &words, incomplete).alert;
        let both = alert(Some(2), true).unwrap();
        assert!(both.contains("あと2回") && both.contains("4けた"), "{both}");
        assert!(!alert(None, true).unwrap().contains("あと"));
        assert_eq!(alert(None, false), None);
    }
}
