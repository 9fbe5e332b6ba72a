//! The form that looks for a person without their card, and who was found, the same in every mode but for the words around it.

use api::emergency::{PersonSearch, SearchOutcome};
use askama::Template;
use domain::codes::person::Sex;
use domain::emergency::{EmergencyConsent, Mode};
use serde::Deserialize;
use ui::component::{Choice, ErrorSummary, Fault, Kind, Need, Radio, Select, TextField, Width};
use ui::language::Words;

use crate::browsers::{hash, hex, random_text};
use crate::pages::Frame;
use crate::training::Ground;
use crate::{days, faults};

/// The form as filled; what belongs to the other way of searching is empty.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct SearchForm {
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) birth_date: String,
    pub(super) sex: String,
    pub(super) address: String,
    pub(super) insurer_number: String,
    pub(super) symbol: String,
    pub(super) number: String,
    pub(super) branch: String,
    /// The birth date of the form by insurance data: two fields of a page have two names.
    pub(super) card_birth_date: String,
    /// Which form was sent: `insurance`, or any other for a description.
    pub(super) by: String,
    /// Made for each search, so that a check in an outage that is sent twice is one.
    pub(super) key: String,
}

impl SearchForm {
    /// The idempotency key: the same contents sent twice are one check, other contents are another.
    pub(super) fn idempotency_key(&self) -> Option<String> {
        let parts = [
            &self.key,
            &self.by,
            &self.name,
            &self.kana,
            &self.birth_date,
            &self.sex,
            &self.address,
            &self.insurer_number,
            &self.symbol,
            &self.number,
            &self.branch,
            &self.card_birth_date,
        ];
        let parts = parts.map(String::as_str);
        hash(&parts.join("\u{1f}")).map(|hash| hex(&hash))
    }

    pub(super) fn search(&self) -> PersonSearch {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if self.by == "insurance" {
            return PersonSearch {
                birth_date: days::to_iso(self.card_birth_date.trim()),
                branch: given(&self.branch),
                insurer_number: given(&self.insurer_number),
                number: given(&self.number),
                symbol: given(&self.symbol),
                ..PersonSearch::default()
            };
        }
        PersonSearch {
            address: given(&self.address),
            birth_date: days::to_iso(self.birth_date.trim()),
            kana: given(&self.kana),
            name: given(&self.name),
            sex: given(&self.sex),
            ..PersonSearch::default()
        }
    }
}

#[derive(Template)]
#[template(path = "emergency_search.html")]
pub(in crate::pages) struct SearchPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) view: SearchView,
}

/// The form of one mode.
pub(in crate::pages) struct SearchView {
    pub(in crate::pages) action: String,
    pub(in crate::pages) key: String,
    pub(in crate::pages) title: String,
    pub(in crate::pages) lead: String,
    pub(in crate::pages) summary: ErrorSummary,
    /// What the last search came to, short of a person.
    pub(in crate::pages) outcome: Option<(String, String)>,
    pub(in crate::pages) description: Vec<TextField>,
    pub(in crate::pages) sex: Select,
    pub(in crate::pages) birth_date: TextField,
    pub(in crate::pages) card: Vec<TextField>,
    pub(in crate::pages) card_birth_date: TextField,
    pub(in crate::pages) back: (String, String),
}

/// Which page a search belongs to.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Place {
    pub(in crate::pages) action: &'static str,
    pub(in crate::pages) title: &'static str,
    pub(in crate::pages) lead: &'static str,
    pub(in crate::pages) back: &'static str,
}

impl Place {
    /// The page of a mode that has a window.
    pub(super) fn of(mode: Mode) -> Self {
        let (action, title, lead) = match mode {
            Mode::Disaster => (super::disaster::HERE, "disaster-title", "disaster-lead"),
            Mode::Outage => (super::outage::HERE, "outage-title", "outage-lead"),
            Mode::Ambulance => (super::ambulance::DATA, "ambulance-title", "ambulance-lead"),
        };
        Self {
            action,
            title,
            lead,
            back: super::HERE,
        }
    }
}

fn field(name: &'static str, label: &str, support: &str, value: &str, words: &Words) -> TextField {
    TextField {
        support: words.say(support),
        value: value.to_owned(),
        ..TextField::new(name, words.say(label))
    }
}

/// The form, as filled and with what came of it.
pub(in crate::pages) fn view(
    (place, ground): (Place, Ground),
    form: &SearchForm,
    outcome: Option<&SearchOutcome>,
    wrong: &[(String, Fault)],
    words: &Words,
) -> SearchView {
    let by_insurance = form.by == "insurance";
    let mut description = [
        TextField {
            width: Width::Full,
            ..field(
                "name",
                "person-name",
                "person-name-support",
                &form.name,
                words,
            )
        },
        TextField {
            need: Need::Optional,
            width: Width::Full,
            ..field(
                "kana",
                "person-kana",
                "person-kana-support",
                &form.kana,
                words,
            )
        },
        TextField {
            need: Need::Optional,
            width: Width::Full,
            ..field(
                "address",
                "person-address",
                "person-address-support",
                &form.address,
                words,
            )
        },
    ];
    let mut sex = [sex(&form.sex, words)];
    let birth = |name, value: &str| field(name, "birth-date", "birth-date-support", value, words);
    let mut births = [birth("birth_date", &form.birth_date)];
    let mut card = [
        TextField {
            kind: Kind::Digits,
            ..field(
                "insurer_number",
                "insurer-number",
                "insurer-number-support",
                &form.insurer_number,
                words,
            )
        },
        TextField {
            need: Need::Optional,
            ..field("symbol", "symbol", "symbol-support", &form.symbol, words)
        },
        field("number", "number", "number-support", &form.number, words),
        TextField {
            kind: Kind::Digits,
            need: Need::Optional,
            width: Width::Short,
            ..field("branch", "branch", "branch-support", &form.branch, words)
        },
    ];
    let mut card_births = [birth("card_birth_date", &form.card_birth_date)];
    let summary = if by_insurance {
        let wrong: Vec<(String, Fault)> = wrong.iter().map(of_card).collect();
        faults::spread(&wrong, &mut card_births, &mut []);
        faults::spread(&wrong, &mut card, &mut [])
    } else {
        faults::spread(wrong, &mut births, &mut sex);
        faults::spread(wrong, &mut description, &mut [])
    };
    let ([birth_date], [sex]) = (births, sex);
    let [card_birth_date] = card_births;
    // One that was answered is over: asked again it is another.
    let key = Some(form.key.clone()).filter(|it| outcome.is_none() && !it.is_empty());
    SearchView {
        action: ground.at(place.action),
        key: key.or_else(random_text).unwrap_or_default(),
        title: words.say(place.title),
        lead: words.say(place.lead),
        summary,
        outcome: outcome.and_then(|it| came(it, words)),
        description: description.into(),
        sex,
        birth_date,
        card: card.into(),
        card_birth_date,
        back: (ground.at(place.back), words.say(ground.way_back())),
    }
}

/// A fault of the form by insurance data, by the name its field has on the page.
fn of_card((member, fault): &(String, Fault)) -> (String, Fault) {
    let name = match member.as_str() {
        "birth_date" => "card_birth_date",
        other => other,
    };
    (name.to_owned(), fault.clone())
}

fn sex(value: &str, words: &Words) -> Select {
    let choice = |sex: Sex| Choice {
        value: sex.code().into(),
        label: words.choose(sex.label_ja(), sex.label_en()).to_owned(),
    };
    Select {
        name: "sex",
        label: words.say("person-sex"),
        support: words.say("person-sex-support"),
        need: Need::Required,
        width: Width::Short,
        options: vec![
            Choice {
                value: String::new(),
                label: words.say("person-sex-choose"),
            },
            choice(Sex::Female),
            choice(Sex::Male),
        ],
        value: value.to_owned(),
        errors: Vec::new(),
    }
}

/// What a search came to where it is no person: how many others there are is not said.
fn came(outcome: &SearchOutcome, words: &Words) -> Option<(String, String)> {
    match (outcome.outcome.as_str(), outcome.item.as_deref()) {
        ("one_more", item) => {
            let key = match item {
                Some("address") => "one-more-address",
                Some("name") => "one-more-name",
                Some("kana") => "one-more-kana",
                Some("branch") => "one-more-branch",
                _ => "one-more-insurance",
            };
            Some((words.say("one-more"), words.say(key)))
        }
        ("nobody", _) => Some((words.say("nobody"), words.say("nobody-how"))),
        _ => None,
    }
}

#[derive(Template)]
#[template(path = "emergency_found.html")]
pub(in crate::pages) struct FoundPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) view: FoundView,
}

/// The person who was found, and the consent to record.
pub(in crate::pages) struct FoundView {
    pub(in crate::pages) action: String,
    pub(in crate::pages) title: String,
    /// How staff make sure that it is the patient.
    pub(in crate::pages) lead: String,
    pub(in crate::pages) name: String,
    pub(in crate::pages) kana: String,
    pub(in crate::pages) born: String,
    pub(in crate::pages) birth_date: String,
    pub(in crate::pages) sex: String,
    pub(in crate::pages) sex_code: String,
    pub(in crate::pages) search: String,
    pub(in crate::pages) consents: Vec<Radio>,
    pub(in crate::pages) wrong: Option<String>,
    pub(in crate::pages) opens: String,
    /// Where eligibility alone is asked for, and the words of the button.
    pub(in crate::pages) check: Option<(String, String)>,
    pub(in crate::pages) again: (String, String),
    /// What follows where the patient does not agree.
    pub(in crate::pages) refused: String,
}

/// The confirmation of one mode.
pub(in crate::pages) fn found_view(
    (action, again, check): (&str, &str, Option<String>),
    mode: Mode,
    it: &FoundForm,
    words: &Words,
) -> FoundView {
    let sex = Sex::from_code(&it.sex);
    let (lead, other) = match mode {
        Mode::Disaster | Mode::Outage => ("found-lead", "search-again"),
        // A card lies there, and nobody may answer.
        Mode::Ambulance => ("found-lead-ambulance", "ambulance-again"),
    };
    let other = words.say(other);
    let check = check.map(|path| (path, words.say("found-check")));
    let radio = |consent: EmergencyConsent, label: &str, support: &str| Radio {
        value: consent.as_str().into(),
        label: words.say(label),
        support: vec![words.say(support)],
        // Chosen by whoever sent the form, never beforehand.
        chosen: it.consent == consent.as_str(),
        barred: false,
    };
    FoundView {
        action: action.to_owned(),
        title: words.say("found-title"),
        lead: words.say(lead),
        name: it.name.clone(),
        kana: it.kana.clone(),
        born: days::show(&it.birth_date, words),
        birth_date: it.birth_date.clone(),
        sex_code: it.sex.clone(),
        sex: sex.map_or_else(String::new, |it| {
            words.choose(it.label_ja(), it.label_en()).to_owned()
        }),
        search: it.search.clone(),
        consents: vec![
            radio(
                EmergencyConsent::Oral,
                "consent-oral",
                "consent-oral-support",
            ),
            radio(
                EmergencyConsent::Unobtainable,
                "consent-unobtainable",
                "consent-unobtainable-support",
            ),
        ],
        wrong: None,
        opens: words.say(match mode {
            Mode::Disaster => "opens-disaster",
            Mode::Outage => "opens-outage",
            Mode::Ambulance => "opens-ambulance",
        }),
        refused: match &check {
            Some((_, label)) => words.say_with("found-refused-check", &[("check", label.as_str())]),
            None => words.say_with("found-refused", &[("again", other.as_str())]),
        },
        check,
        again: (again.to_owned(), other),
    }
}

/// The confirmation as sent: who was shown comes along, so that a page with a fault shows them again.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct FoundForm {
    pub(super) search: String,
    pub(super) consent: String,
    pub(super) name: String,
    pub(super) kana: String,
    pub(super) birth_date: String,
    pub(super) sex: String,
}

impl FoundForm {
    /// Of whom the center found.
    pub(in crate::pages) fn of(outcome: &SearchOutcome) -> Option<Self> {
        let found = outcome.found.as_ref()?;
        Some(Self {
            search: found.search.clone(),
            consent: String::new(),
            name: found.name.clone(),
            kana: found.kana.clone().unwrap_or_default(),
            birth_date: found.birth_date.clone(),
            sex: found.sex.clone(),
        })
    }
}
