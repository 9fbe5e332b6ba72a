//! What the patient's own page tells: entries, places, counts. Names no person of a facility and shows no medical information.

use api::own::{OwnConsent, OwnHomeCare, OwnLook};
use domain::civil_date::Instant;
use domain::era;

use super::Entry;
use crate::flow::Step;
use crate::flow::own::{LOOKS_AT_ONCE, Own, Place, Record};
use crate::texts::{Language, Words};

/// The looks or the consent on the screen.
pub(super) fn entries(step: &Step, words: &Words) -> Vec<Entry> {
    let Step::Own(Own::At(record, place)) = step else {
        return Vec::new();
    };
    match place {
        Place::Menu => Vec::new(),
        Place::Looks(first) => {
            let shown = record.looks_from(*first);
            shown.map(|it| look(it, words)).collect()
        }
        Place::Consent(which) => {
            let shown = record.consents.get(*which);
            shown.map(|it| consent(it, words)).into_iter().collect()
        }
        Place::Confirm(which) => {
            let shown = record.consents.get(*which);
            shown.map(|it| confirm(it, words)).into_iter().collect()
        }
    }
}

/// Which entries these are.
pub(super) fn place(step: &Step, words: &Words) -> Option<String> {
    let Step::Own(Own::At(record, place)) = step else {
        return None;
    };
    match place {
        Place::Menu | Place::Confirm(_) => None,
        Place::Looks(first) => looks_place(record, *first, words),
        Place::Consent(which) => {
            let count = record.consents.len();
            let values = vec![("place", (which + 1).into()), ("count", count.into())];
            (1 < count).then(|| words.say_with_all("own-consent-place", values))
        }
    }
}

fn looks_place(record: &Record, first: usize, words: &Words) -> Option<String> {
    let last = record.looks.len().min(first + LOOKS_AT_ONCE);
    let several = 0 < first || record.has_older(first);
    let values = vec![("first", (first + 1).into()), ("last", last.into())];
    several.then(|| words.say_with_all("own-looks-place", values))
}

/// How many consents there are to withdraw.
pub(super) fn count(step: &Step, words: &Words) -> Option<String> {
    let Step::Own(Own::At(record, Place::Menu)) = step else {
        return None;
    };
    Some(words.say_with("own-menu-consents", "count", record.consents.len()))
}

fn look(look: &OwnLook, words: &Words) -> Entry {
    let kinds = kinds(&look.kinds, words);
    let shown = if kinds.is_empty() {
        words.say("own-only-looks")
    } else {
        words.say_with("own-shown", "kinds", kinds)
    };
    let why = vec![
        ("viewer", words.say(viewer(&look.viewer)).into()),
        ("purpose", words.say(purpose(&look.purpose)).into()),
        ("way", words.say(way(&look.way)).into()),
    ];
    Entry {
        title: look.facility.clone(),
        mark: look.emergency.then(|| words.say("own-emergency")),
        lines: vec![
            moment(&look.at, words),
            shown,
            words.say_with_all("own-why", why),
        ],
    }
}

fn consent(consent: &OwnConsent, words: &Words) -> Entry {
    let emergency = matches!(consent.basis.as_str(), "disaster" | "ambulance");
    let until = match &consent.until {
        Some(until) => words.say_with("own-until", "at", moment(until, words)),
        None => words.say("own-until-withdrawn"),
    };
    let given = words.say_with("own-given", "at", moment(&consent.given, words));
    let mut lines = Vec::new();
    if !consent.kinds.is_empty() {
        let kinds = kinds(&consent.kinds, words);
        lines.push(words.say_with("own-may-see", "kinds", kinds));
        lines.extend([given.clone(), until]);
    }
    let home = home_care(consent);
    if let Some(home) = &home {
        lines.push(words.say("own-home-care"));
        lines.push(match &home.until {
            Some(until) => words.say_with("own-home-until", "at", moment(until, words)),
            None => words.say("own-home-until-withdrawn"),
        });
    }
    if consent.kinds.is_empty() {
        lines.push(given);
    }
    Entry {
        title: consent.facility.clone(),
        mark: emergency.then(|| words.say("own-emergency")),
        lines,
    }
}

/// Care at home or from afar, where it is agreed. A center of an earlier version tells of it where nothing may be seen, and by that alone.
fn home_care(consent: &OwnConsent) -> Option<OwnHomeCare> {
    let alone = consent.kinds.is_empty().then(|| OwnHomeCare {
        until: consent.until.clone(),
    });
    consent.home_care.clone().or(alone)
}

/// What a withdrawal would end: home care ends with the rest.
fn confirm(shown: &OwnConsent, words: &Words) -> Entry {
    let mut entry = consent(shown, words);
    if home_care(shown).is_some() {
        entry.lines.push(words.say("own-home-ends"));
    }
    entry
}

fn kinds(names: &[String], words: &Words) -> String {
    let known = names.iter().filter_map(|name| match name.as_str() {
        "surgery" => Some("own-kind-surgery"),
        "treatment" => Some("own-kind-treatment"),
        "drugs" => Some("own-kind-drugs"),
        "checkups" => Some("own-kind-checkups"),
        _ => None,
    });
    let said: Vec<String> = known.map(|key| words.say(key)).collect();
    said.join(&words.say("own-between"))
}

/// Who, by kind of account alone: the patient is shown no name of a facility's staff.
fn viewer(name: &str) -> &'static str {
    match name {
        "patient" => "own-viewer-patient",
        "medical_viewer" => "own-viewer-medical",
        "administrator" => "own-viewer-administrator",
        "link_app" | "web_api" => "own-viewer-machine",
        _ => "own-viewer-other",
    }
}

fn purpose(name: &str) -> &'static str {
    match name {
        "treatment" => "own-purpose-treatment",
        "dispensing" => "own-purpose-dispensing",
        "disaster" => "own-purpose-disaster",
        "ambulance" => "own-purpose-ambulance",
        "own" => "own-purpose-own",
        _ => "own-purpose-other",
    }
}

fn way(name: &str) -> &'static str {
    match name {
        "page" => "own-way-page",
        "print" => "own-way-print",
        "pdf" | "xml" => "own-way-document",
        "machine" => "own-way-machine",
        "own" => "own-way-own",
        _ => "own-way-other",
    }
}

/// Date and time of Japan's clock as they are read: by era in Japanese, by year elsewhere.
fn moment(text: &str, words: &Words) -> String {
    let Ok(at) = Instant::parse(text) else {
        return text.to_owned();
    };
    let minute = at.to_minute_in_japan();
    if words.language() != Language::default() {
        return minute;
    }
    let time = minute.split_once(' ').map_or("", |(_, time)| time);
    format!("{} {time}", era::to_japanese(at.date_in_japan()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::facility_kind::FacilityKind;

    use super::*;
    use crate::texts::{Overrides, Texts};

    fn words(tag: &str) -> Words {
        let texts = Texts::new(FacilityKind::Medical, &Overrides::new()).unwrap();
        Words::new(Arc::new(texts), Language::parse(tag).unwrap())
    }

    fn looked(viewer: &str, purpose: &str, way: &str) -> OwnLook {
        OwnLook {
            at: "2026-11-23T00:15:02.000000Z".into(),
            basis: Some("ambulance".into()),
            emergency: purpose == "ambulance",
            facility: "見本病院".into(),
            kinds: vec!["surgery".into(), "drugs".into(), "weather".into()],
            purpose: purpose.into(),
            viewer: viewer.into(),
            way: way.into(),
        }
    }

    #[test]
    fn a_look_tells_facility_time_kinds_and_why_and_marks_an_emergency() {
        let told = look(&looked("medical_viewer", "ambulance", "page"), &words("ja"));
        assert_eq!(told.title, "見本病院");
        assert_eq!(told.mark.as_deref(), Some("緊急時"));
        assert_eq!(
            told.lines,
            [
                "令和8年11月23日 09:15",
                "見たもの: 手術・お薬",
                "医師・歯科医師・薬剤師など、救急のため、画面で"
            ]
        );
        let told = look(&looked("link_app", "treatment", "machine"), &words("en"));
        assert_eq!(told.mark, None);
        assert_eq!(
            told.lines,
            [
                "2026-11-23 09:15",
                "Shown: surgery, drugs",
                "By the facility's computer, for treatment, by an automatic link"
            ]
        );
    }

    #[test]
    fn words_of_a_later_version_are_told_as_others() {
        let told = look(&looked("robot", "curiosity", "dream"), &words("ja"));
        assert_eq!(told.lines[2], "施設の人、そのほかの目的、そのほかの方法で");
    }

    #[test]
    fn a_consent_without_an_end_lasts_until_it_is_withdrawn() {
        let of = |until: Option<&str>| OwnConsent {
            basis: "home".into(),
            consent: "c".into(),
            facility: "見本訪問看護".into(),
            given: "2026-11-23T00:15:02Z".into(),
            home_care: None,
            kinds: vec!["drugs".into()],
            until: until.map(str::to_owned),
        };
        let last = |until| consent(&of(until), &words("ja")).lines.pop();
        assert_eq!(last(None).as_deref(), Some("見られる期限: 取り消すまで"));
        let until = Some("2026-11-24T00:15:02Z");
        let expected = "見られる期限: 令和8年11月24日 09:15";
        assert_eq!(last(until).as_deref(), Some(expected));
    }

    #[test]
    fn home_care_is_told_with_its_own_end_beside_what_may_be_seen_and_before_it_is_withdrawn() {
        let words = words("ja");
        let mut agreed = OwnConsent {
            basis: "visit".into(),
            consent: "c".into(),
            facility: "見本診療所".into(),
            given: "2026-11-23T00:15:02Z".into(),
            home_care: Some(OwnHomeCare { until: None }),
            kinds: vec!["drugs".into()],
            until: Some("2026-11-24T00:15:02Z".into()),
        };
        let care = "訪問診療等・オンライン診療等: カードなしでの資格の確認";
        let until = "カードなしで確認できる期限: 取り消すまで";
        let given = "始まった日時: 令和8年11月23日 09:15";
        let seen = ["見られるもの: お薬", given];
        let ends = "見られる期限: 令和8年11月24日 09:15";
        let lines = consent(&agreed, &words).lines;
        assert_eq!(lines, [seen[0], seen[1], ends, care, until]);
        let asked = confirm(&agreed, &words).lines;
        let last = asked.last().map(String::as_str);
        let expected = "取り消すと、カードなしでの資格の確認も終わります。";
        assert_eq!(last, Some(expected));
        // Alone, and as a center of an earlier version tells it.
        agreed.kinds.clear();
        agreed.until = None;
        for told in [Some(OwnHomeCare { until: None }), None] {
            agreed.home_care = told;
            assert_eq!(consent(&agreed, &words).lines, [care, until, given]);
        }
    }
}
