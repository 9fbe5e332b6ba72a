//! Holds table, texts and presses to each other. Knows no step.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use domain::facility_kind::FacilityKind;
use domain::medical_information::kind::InformationKind;

use super::own::OwnScreen;
use super::*;
use crate::texts::{LANGUAGES, Language, Overrides, Texts, Words};

/// The keys of a Fluent file with the variables each names.
fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines() {
        if let Some((key, _)) = line.split_once(" =")
            && line.starts_with(|c: char| c.is_ascii_lowercase())
        {
            last = key.to_owned();
            keys.insert(last.clone(), BTreeSet::new());
        }
        for variable in line.split("{ $").skip(1) {
            let end = variable.find([' ', '}']).unwrap_or(variable.len());
            let variables = keys.get_mut(&last).unwrap();
            variables.insert(variable[..end].to_owned());
        }
    }
    keys
}

/// Sources and templates of the kiosk as one text, without its tests.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut places = vec![root.join("src"), root.join("templates")];
    let mut text = String::new();
    while let Some(place) = places.pop() {
        if place.is_dir() {
            places.extend(
                std::fs::read_dir(place)
                    .unwrap()
                    .map(|it| it.unwrap().path()),
            );
        } else if !place.ends_with("tests.rs") {
            text.push_str(&std::fs::read_to_string(place).unwrap());
        }
    }
    text
}

fn every_screen() -> Vec<Screen> {
    let mut screens = vec![
        Screen::Welcome,
        Screen::CenterOut,
        Screen::ReaderOut,
        Screen::Reading,
        Screen::Unreadable,
        Screen::NotMyNumberCard,
        Screen::Method,
        Screen::Pin,
        Screen::Identifying,
        Screen::IdentifyingPhone,
        Screen::Waiting,
        Screen::Consents,
        Screen::Sending,
        Screen::Unsent,
        Screen::Done,
        Screen::CardGone,
        Screen::CardGoneKept,
        Screen::TakeCard,
        Screen::StillThere,
    ];
    screens.extend(Question::ALL.iter().copied().map(Screen::Question));
    screens.extend(Failure::ALL.map(Screen::Failed));
    screens.extend(OwnScreen::ALL.map(Screen::Own));
    screens
}

#[test]
fn every_screen_has_one_row_and_its_texts_in_every_language() {
    let screens = every_screen();
    assert_eq!(screens.len(), rows().count());
    for screen in screens {
        let rows = rows().filter(|row| row.screen == screen);
        let [row] = rows.collect::<Vec<_>>()[..] else {
            panic!("{screen:?} has not one row")
        };
        for (tag, text) in LANGUAGES {
            let keys = keys(text);
            for part in ["title", "lead"] {
                let key = format!("{}-{part}", row.key);
                assert!(keys.contains_key(&key), "{tag}: {key}");
            }
            for (_, key) in row.buttons {
                assert!(keys.contains_key(*key), "{tag}: {key}");
            }
        }
    }
}

#[test]
fn every_language_has_every_key_with_the_same_values() {
    let (first, text) = LANGUAGES[0];
    for (tag, other) in LANGUAGES {
        let known = keys(other);
        for (key, values) in keys(text) {
            assert_eq!(known.get(&key), Some(&values), "{first} and {tag}: {key}");
        }
        assert_eq!(known.len(), keys(text).len(), "{tag} has keys of its own");
    }
}

#[test]
fn no_text_is_unused() {
    let sources = sources();
    for key in keys(LANGUAGES[0].1).into_keys() {
        let base = key.split("-at-").next().unwrap().to_owned();
        let of_row = rows()
            .any(|row| [format!("{}-title", row.key), format!("{}-lead", row.key)].contains(&base));
        let said = sources.contains(&format!("\"{base}\""));
        assert!(of_row || said, "{key} is unused");
    }
}

#[test]
fn every_question_of_consent_that_can_come_first_says_who_reads_what_is_agreed_to() {
    let texts = Arc::new(Texts::new(FacilityKind::Medical, &Overrides::new()).unwrap());
    for (tag, readers, with_drugs) in [
        ("ja", "医師、歯科医師、薬剤師などが", "処方・調剤"),
        (
            "en",
            "Doctors, dentists, pharmacists and the like read",
            "prescriptions and dispensing",
        ),
    ] {
        let words = Words::new(texts.clone(), Language::parse(tag).unwrap());
        let of_all = words.say("consents-lead");
        assert!(of_all.contains(readers), "{of_all}");
        for question in Question::ALL {
            let opened = InformationKind::of(*question);
            if opened.is_empty() {
                continue;
            }
            let row = find(Screen::Question(*question)).unwrap();
            let lead = words.say(&format!("{}-lead", row.key));
            assert!(lead.contains(readers), "{lead}");
            let opens_drugs = opened.contains(&InformationKind::Drugs);
            let listed = words.say(&format!("consent-{}", row.key));
            for text in [lead, listed] {
                assert_eq!(text.contains(with_drugs), opens_drugs, "{text}");
            }
        }
    }
}

#[test]
fn buttons_bear_the_guides_labels() {
    let japanese = LANGUAGES[0].1;
    for label in [
        "顔認証を行う",
        "暗証番号入力",
        "終了する",
        "提供する",
        "提供しない",
        "利用する",
        "利用しない",
        "全て同意する",
        "個別に同意する",
        "同意する",
        "同意しない",
        "電子処方箋",
        "紙の処方箋",
        "わからない",
    ] {
        let line = format!(" = {label}\n");
        assert!(japanese.contains(&line), "{label}");
    }
}

#[test]
fn a_press_is_found_by_its_name_alone() {
    let names: BTreeSet<_> = Press::ALL.map(Press::as_str).into();
    assert_eq!(names.len(), Press::ALL.len());
    for press in Press::ALL {
        assert_eq!(Press::parse(press.as_str()), Some(press));
    }
    assert_eq!(Press::parse("PIN"), None);
}
