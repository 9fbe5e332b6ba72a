//! Our own manuals (G36): compiled in, so that they are read without center, network and sign-in; searchable. Tells of what this version
//! does, and of nothing official.

mod text;

use std::sync::LazyLock;

use crate::search::Terms;

pub(crate) use text::{Block, Run, Section};

/// Whom a manual is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Everybody,
    /// Facilities with a face reader (G37).
    Readers,
}

/// A manual.
#[derive(Debug)]
pub(crate) struct Manual {
    /// Its name in the address.
    pub(crate) name: &'static str,
    pub(crate) title_ja: String,
    pub(crate) title_en: String,
    pub(crate) sections: Vec<Section>,
    whom: For,
}

/// Name, whom it is for, text; in the order of the list.
type Source = (&'static str, For, &'static str);

macro_rules! source {
    ($name:literal, $whom:ident) => {
        (
            $name,
            For::$whom,
            include_str!(concat!("../manuals/", $name, ".md")),
        )
    };
}

const SOURCES: [Source; 21] = [
    source!("start-stop", Readers),
    source!("sign-in", Everybody),
    source!("check", Everybody),
    source!("readers", Readers),
    source!("card", Everybody),
    source!("history", Everybody),
    source!("lock", Everybody),
    source!("password", Everybody),
    source!("accounts", Everybody),
    source!("settings", Everybody),
    source!("certificates", Everybody),
    source!("receipt-computer", Everybody),
    source!("notices", Everybody),
    source!("procedures", Everybody),
    source!("trouble", Everybody),
    source!("medical", Everybody),
    source!("looks", Everybody),
    source!("bulk", Everybody),
    source!("emergency", Everybody),
    source!("claims", Everybody),
    source!("home-visits", Everybody),
];

static MANUALS: LazyLock<Vec<Manual>> = LazyLock::new(|| SOURCES.iter().map(manual).collect());

fn manual((name, whom, source): &Source) -> Manual {
    let (title, sections) = text::read(source);
    let (ja, en) = title.split_once(" / ").unwrap_or((title, title));
    Manual {
        name,
        title_ja: ja.to_owned(),
        title_en: en.to_owned(),
        sections,
        whom: *whom,
    }
}

/// The manual of a name.
pub(crate) fn find(name: &str) -> Option<&'static Manual> {
    MANUALS.iter().find(|it| it.name == name)
}

/// The manuals of a facility.
pub(crate) fn of_facility(has_reader: bool) -> impl Iterator<Item = &'static Manual> {
    MANUALS
        .iter()
        .filter(move |it| has_reader || it.whom == For::Everybody)
}

/// A section that a search found, with its manual.
pub(crate) struct Found {
    pub(crate) manual: &'static Manual,
    pub(crate) section: &'static Section,
}

/// The sections that hold every word; a title counts for each of its sections.
pub(crate) fn search(terms: &Terms, has_reader: bool) -> Vec<Found> {
    let mut found = Vec::new();
    for manual in of_facility(has_reader) {
        let titles = format!("{}\n{}", manual.title_ja, manual.title_en);
        let sections = manual.sections.iter();
        let of_manual = sections.filter(|section| {
            let text = section.plain();
            terms.touch(&text) && terms.are_in(&format!("{titles}\n{text}"))
        });
        let before = found.len();
        found.extend(of_manual.map(|section| Found { manual, section }));
        // The title alone holds the words.
        if found.len() == before
            && terms.are_in(&titles)
            && let Some(section) = manual.sections.first()
        {
            found.push(Found { manual, section });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::procedures::Procedure;
    use ui::language::SHARED;

    use super::*;
    use crate::texts::SCREENS;

    /// What a manual quotes and no text of a page says: what is typed, printed on paper, or shown by something else.
    const NOT_ON_A_PAGE: [&str; 20] = [
        "S45.1.2",
        "S450102",
        "昭和45年1月2日",
        "19700102",
        "つちよし",
        "吉",
        "&#x",
        "●",
        "\"",
        "+",
        "=",
        "¥",
        "氏名（原文・文字参照）",
        "控え",
        "電子証明書取得発行通知書",
        "PC設定",
        "安全ではありません",
        "既にログイン中です",
        "停止",
        "MATSUMURA",
    ];

    #[test]
    fn every_manual_has_both_titles_and_sections_with_something_in_them() {
        for manual in MANUALS.iter() {
            assert!(!manual.title_ja.is_ascii(), "{}", manual.name);
            assert!(manual.title_en.is_ascii(), "{}", manual.name);
            assert!(!manual.sections.is_empty(), "{}", manual.name);
            for section in &manual.sections {
                assert!(
                    !section.blocks.is_empty(),
                    "{}: {}",
                    manual.name,
                    section.heading
                );
            }
        }
    }

    #[test]
    fn what_a_manual_names_in_quotes_is_on_a_page() {
        let screens = SCREENS.into_iter().chain([SHARED]);
        let texts: Vec<&str> = screens
            .flat_map(|it| it.ja.lines())
            .filter_map(|line| Some(line.split_once(" = ")?.1.trim()))
            .collect();
        let mut known: BTreeSet<&str> = texts.iter().copied().collect();
        // A sentence of a text, or what stands before a bracket, is named without the rest.
        known.extend(texts.iter().flat_map(|text| text.split(['。', '（'])));
        known.extend(Procedure::ALL.iter().map(|it| it.needs().title.0));
        let sections = MANUALS.iter().flat_map(|it| it.sections.iter());
        known.extend(sections.map(|it| it.heading.as_str()));
        known.extend(NOT_ON_A_PAGE);
        for manual in MANUALS.iter() {
            for section in &manual.sections {
                for rest in section.plain().split('「').skip(1) {
                    let (name, _) = rest.split_once('」').unwrap();
                    assert!(known.contains(name), "{}: 「{name}」", manual.name);
                }
            }
        }
    }

    #[test]
    fn no_manual_says_that_a_page_is_missing() {
        for (name, _, text) in SOURCES {
            assert!(!text.contains("この版にはまだ"), "{name}");
        }
    }

    #[test]
    fn the_manual_of_the_history_tells_by_what_a_replaced_name_is_seen() {
        let manual = find("history").unwrap();
        let text: String = manual.sections.iter().map(Section::plain).collect();
        assert!(text.contains("氏名（原文・文字参照）") && text.contains("しるし"));
        assert!(!text.contains('●'), "the files hold none");
    }

    #[test]
    fn an_ambulances_patient_without_a_card_is_looked_for_only_where_the_center_allows_it() {
        let manual = find("emergency").unwrap();
        let text: String = manual.sections.iter().map(Section::plain).collect();
        assert!(text.contains("センターが許可しているときだけ"));
    }

    #[test]
    fn a_consent_of_home_care_lasts_as_long_as_the_center_says_and_a_look_at_one_that_ended_is_recorded()
     {
        let manual = find("home-visits").unwrap();
        let text: String = manual.sections.iter().map(Section::plain).collect();
        assert!(text.contains("センターが期限を決めているときは、その期限まで"));
        let (_, after) = text.split_once("「どなたか見る」").unwrap();
        assert!(after.contains("見たことは記録されます"));
    }

    #[test]
    fn what_a_clerk_would_ask_is_found() {
        let cases = [
            ("パスワード 忘れた", "password"),
            ("目視確認", "readers"),
            ("ロック 解除", "lock"),
            ("バックアップ 証明書", "certificates"),
            ("レセコン 届かない", "receipt-computer"),
            ("つながらない", "trouble"),
            ("該当資格なし", "check"),
            ("csv", "history"),
            ("シャットダウン", "start-stop"),
            ("故障 パソコン", "procedures"),
            ("オンライン請求 届出", "procedures"),
            ("災害", "emergency"),
            ("緊急", "emergency"),
            ("練習", "emergency"),
            ("緊急時 メニュー 一般アカウント", "emergency"),
            ("一括", "bulk"),
            ("照会番号", "bulk"),
            ("更新 証明書", "certificates"),
            ("請求確定", "claims"),
            ("訂正", "claims"),
            ("閲覧 記録", "looks"),
            ("いまのお薬", "medical"),
        ];
        for (query, name) in cases {
            let found = search(&Terms::parse(query).unwrap(), true);
            let names: Vec<&str> = found.iter().map(|it| it.manual.name).collect();
            assert!(names.contains(&name), "{query}: {names:?}");
        }
        // Home-visit nursing has no page of starting and stopping, and the button all the same.
        let found = search(&Terms::parse("シャットダウン").unwrap(), false);
        let says = |it: &Found| it.section.plain().contains("更新してシャットダウン");
        assert!(found.iter().any(says));
    }

    #[test]
    fn home_visit_nursing_is_shown_no_manual_of_face_readers() {
        assert!(of_facility(true).any(|it| it.name == "readers"));
        assert!(!of_facility(false).any(|it| it.name == "readers"));
        let found = search(&Terms::parse("目視確認に切り替える").unwrap(), false);
        assert!(found.iter().all(|it| it.manual.name != "readers"));
    }
}
