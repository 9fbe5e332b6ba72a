//! What a page that changes by itself says to whoever does not see it change, and where it leaves whoever stands on a part of it.

use ui::language::Language;

use super::{pages, tags};

/// The pages whose names begin so, each parted at what is written anew.
fn parted(prefix: &str) -> Vec<(String, String, String)> {
    let found = pages(Language::Japanese).into_iter();
    let found = found.filter(|(name, page)| name.starts_with(prefix) && page.contains("data-live"));
    let parted: Vec<_> = found
        .map(|(name, page)| {
            let (around, live) = page.split_once(" id=\"live\"").unwrap();
            (name, around.to_owned(), live.to_owned())
        })
        .collect();
    assert!(!parted.is_empty(), "{prefix}");
    parted
}

#[test]
fn each_step_of_a_card_is_told_by_its_title_and_keeps_whoever_stands_on_a_button() {
    for (name, around, live) in parted("card-") {
        let region = "role=\"status\" data-spoken=\"#stage-title\"";
        assert!(around.contains(region), "{name}");
        let (live, _) = live.split_once("</section>").unwrap();
        assert!(
            live.contains("id=\"stage-title\" tabindex=\"-1\""),
            "{name}"
        );
        for tag in tags(&format!("<section{live}")) {
            let is_focused = ["a", "button", "input"].contains(&tag.name.as_str());
            if is_focused && tag.get("type") != Some("hidden") {
                assert!(tag.get("id").is_some(), "{name}: {:?}", tag.attributes);
            }
        }
    }
}

#[test]
fn whatever_takes_the_place_of_a_step_of_a_card_is_spoken_and_stood_on() {
    let pages = pages(Language::Japanese).into_iter();
    let lives: Vec<(String, String)> = pages
        .filter(|(name, _)| name.starts_with("card-"))
        .filter_map(|(name, page)| Some((name, page.split_once(" id=\"live\"")?.1.to_owned())))
        .collect();
    // Not a step: another took the reader, and the page hears of it as of a step.
    assert!(lives.iter().any(|(name, _)| name == "card-taken"));
    for (name, live) in lives {
        let title = "id=\"stage-title\" tabindex=\"-1\"";
        assert_eq!(live.matches(title).count(), 1, "{name}");
        assert!(!live.contains(" id=\"live\""), "{name}");
    }
}

#[test]
fn a_result_that_is_open_says_when_the_patient_has_answered() {
    let region = "role=\"status\" data-spoken=\"#live [data-step]\"";
    for (_, around, live) in parted("result-card-open") {
        assert!(around.contains(region));
        assert!(live.contains("<p data-step>患者がカードリーダーで回答しています。"));
        assert!(!live.contains("患者への確認が終わりました。"));
    }
    // What takes the place of its part.
    let pages = pages(Language::Japanese);
    let closed = pages.iter().find(|(name, _)| name == "result-card-closed");
    let (_, closed) = closed.unwrap();
    assert!(closed.contains("<p data-step hidden>患者への確認が終わりました。"));
    assert!(!closed.contains("患者がカードリーダーで回答しています。"));
}

#[test]
fn the_state_of_a_rotation_is_spoken_with_the_account_that_it_is_of() {
    for (_, around, live) in parted("rotations") {
        assert!(around.contains("data-spoken=\"#live [data-step]\" aria-live=\"polite\""));
        let lines = live.matches("<p data-step hidden>").count();
        assert_eq!(lines, live.matches("data-stage=").count());
        assert!(live.contains("<p data-step hidden>連携 &#60;b&#62; link_app "));
    }
}

#[test]
fn a_record_that_may_be_seen_no_more_soon_has_a_place_to_say_so() {
    let pages = pages(Language::Japanese);
    let page = |wanted: &str| {
        let (_, page) = pages.iter().find(|(name, _)| name == wanted).unwrap();
        page
    };
    let region = "role=\"status\" data-spoken=\"#open [data-soon]\"";
    let (open, after) = page("medical-patient").split_once(region).unwrap();
    // It stays while what is open is written anew.
    assert!(open.contains("id=\"open\"") && !after.contains("id=\"open\""));
    assert!(!page("medical-print").contains(region));
}
