//! In which encoding answers come, under which name, and for whom.

use std::os::unix::fs::PermissionsExt as _;

use api::link_state::Kind;
use exchange::encoding::windows_31j;
use gateway::config::{AnswerEncoding, Forgotten, SameName, Shared};

use crate::link::{Link, request, sample};

const SHIFT_JIS: &str = "OQSsiquc01req_202611230002_sjis.xml";

async fn answers(encoding: AnswerEncoding) -> (Vec<u8>, Vec<u8>) {
    let mut link = Link::start_with(encoding, Forgotten::default()).await;
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req/OQSsiquc01req_2.xml", sample(SHIFT_JIS));
    assert_eq!(link.round().await.unwrap(), 2);
    let read = |name| link.read(name);
    (
        read("res/OQSsiquc01res_1.xml"),
        read("res/OQSsiquc01res_2.xml"),
    )
}

fn is_utf8(answer: Vec<u8>) -> bool {
    String::from_utf8(answer).is_ok_and(|text| {
        text.contains("encoding=\"UTF-8\"")
            && text.contains("<CharacterCodeIdentifier>0<")
            && text.contains("資格　太郎")
    })
}

fn is_shift_jis(answer: &[u8]) -> bool {
    windows_31j::decode(answer).is_some_and(|text| {
        text.contains("encoding=\"Shift_JIS\"")
            && text.contains("<CharacterCodeIdentifier>1<")
            && text.contains("資格　太郎")
    })
}

#[tokio::test]
async fn answers_are_utf_8_unless_the_folder_says_otherwise() {
    let (utf8, shift_jis) = answers(AnswerEncoding::Utf8).await;
    assert!(is_utf8(utf8) && is_utf8(shift_jis));
}

#[tokio::test]
async fn a_folder_of_shift_jis_gets_shift_jis() {
    let (utf8, shift_jis) = answers(AnswerEncoding::ShiftJis).await;
    assert!(is_shift_jis(&utf8) && is_shift_jis(&shift_jis));
}

#[tokio::test]
async fn a_folder_may_answer_each_request_in_its_own_encoding() {
    let (utf8, shift_jis) = answers(AnswerEncoding::Request).await;
    assert!(is_utf8(utf8) && is_shift_jis(&shift_jis));
}

#[tokio::test]
async fn a_name_in_other_letters_is_answered_in_its_own_letters() {
    let mut link = Link::start().await;
    link.put("req/OQSsiquc01req_1.XML", request());
    link.put("req/oqssiquc01req_2.xml", request());
    assert_eq!(link.round().await.unwrap(), 2);
    assert_eq!(
        link.names("res"),
        ["OQSsiquc01res_1.XML", "oqssiquc01res_2.xml"]
    );
}

#[tokio::test]
async fn the_same_name_again_is_a_new_question() {
    let mut link = Link::start().await;
    link.put("req/OQSsiquc01req_1.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(
        link.text("res/OQSsiquc01res_1.xml")
            .contains("<QualificationValidity>1<")
    );
    std::fs::remove_file(link.path("res/OQSsiquc01res_1.xml")).unwrap();
    link.put(
        "req/OQSsiquc01req_1.xml",
        sample("OQSsiquc01req_202611230004_nomatch.xml"),
    );
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(
        link.text("res/OQSsiquc01res_1.xml")
            .contains("<QualificationValidity>4<")
    );
    assert_eq!(link.round().await.unwrap(), 0, "each is answered once");
}

/// The sample request with another identifier.
fn identified(identifier: &str) -> String {
    let asked = String::from_utf8(request()).unwrap();
    let (before, after) = asked.split_once("<ArbitraryFileIdentifier>").unwrap();
    let (_, after) = after.split_once('<').unwrap();
    format!("{before}<ArbitraryFileIdentifier>{identifier}<{after}")
}

#[tokio::test]
async fn a_result_nobody_took_stays_and_the_next_of_its_name_waits_for_its_turn() {
    for restarts in [false, true] {
        let mut link = Link::start().await;
        for identifier in ["first", "second", "third"] {
            link.put("req/OQSsiquc01req_1.xml", identified(identifier));
            link.round().await.unwrap();
        }
        let held = |link: &Link| {
            let trouble = link.state().folders[0].last_trouble.clone();
            trouble.is_some_and(|it| it.kind == Kind::Held && it.lasts)
        };
        for identifier in ["first", "second", "third"] {
            if restarts {
                link.restart();
            }
            link.round().await.unwrap();
            assert_eq!(link.names("res"), ["OQSsiquc01res_1.xml"]);
            let result = link.text("res/OQSsiquc01res_1.xml");
            let own = format!("<ArbitraryFileIdentifier>{identifier}<");
            assert!(result.contains(&own), "{identifier}: {result}");
            assert_eq!(held(&link), identifier != "third", "{identifier}");
            std::fs::remove_file(link.path("res/OQSsiquc01res_1.xml")).unwrap();
        }
        assert_eq!(link.round().await.unwrap(), 0, "each is answered once");
        assert!(link.names("res").is_empty() && link.names("work").is_empty());
    }
}

#[tokio::test]
async fn where_the_folder_says_so_a_result_replaces_an_earlier_one_and_its_original_texts() {
    let mut link = Link::start_set(|pair| {
        (pair.encoding, pair.same_name) = (AnswerEncoding::ShiftJis, SameName::Replace);
    })
    .await;
    // About the sample person with the rare name, then about another: the second result has no original texts.
    let rare = String::from_utf8(request()).unwrap();
    let rare = rare
        .replace("４５６７", "４５７０")
        .replace("19700102", "19880808");
    link.put("req/OQSsiquc01req_1.xml", rare);
    assert_eq!(link.round().await.unwrap(), 1);
    let texts = "onshi-original_OQSsiquc01res_1.xml.json";
    assert_eq!(link.names("res"), ["OQSsiquc01res_1.xml", texts]);
    let earlier = link.read("res/OQSsiquc01res_1.xml");
    link.put("req/OQSsiquc01req_1.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
    assert_eq!(link.names("res"), ["OQSsiquc01res_1.xml"]);
    let result = link.read("res/OQSsiquc01res_1.xml");
    assert!(result != earlier && is_shift_jis(&result));
    let trouble = link.state().folders[0].last_trouble.clone();
    assert!(trouble.is_none_or(|it| it.kind != Kind::Held));
}

#[tokio::test]
async fn original_texts_stay_beside_their_result_and_the_reason_of_a_rejection_is_replaced() {
    let mut link = Link::start_with(AnswerEncoding::ShiftJis, Forgotten::default()).await;
    // About the sample person with the rare name, then about another: the second result has no original texts.
    let rare = String::from_utf8(request()).unwrap();
    let rare = rare
        .replace("４５６７", "４５７０")
        .replace("19700102", "19880808");
    link.put("req/OQSsiquc01req_1.xml", rare);
    link.put("req/OQSsiquc01req_2.xml", "%PDF");
    link.round().await.unwrap();
    link.later(11);
    link.round().await.unwrap();
    let texts = "onshi-original_OQSsiquc01res_1.xml.json";
    let first = [
        "OQSsiquc01req_2.err",
        "OQSsiquc01req_2.xml",
        "OQSsiquc01res_1.xml",
        texts,
    ];
    assert_eq!(link.names("res"), first);
    let reason = link.text("res/OQSsiquc01req_2.err");
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req/OQSsiquc01req_2.xml", "\n\n%PDF");
    link.round().await.unwrap();
    link.later(11);
    link.round().await.unwrap();
    assert_eq!(link.names("res"), first, "the result waits");
    assert_ne!(link.text("res/OQSsiquc01req_2.err"), reason);
    assert_eq!(link.text("res/OQSsiquc01req_2.xml"), "\n\n%PDF");
    assert_eq!(link.state().folders[0].waiting, 1);
    std::fs::remove_file(link.path("res/OQSsiquc01res_1.xml")).unwrap();
    assert_eq!(link.round().await.unwrap(), 1);
    // The original texts that were not taken were those of the first.
    assert_eq!(link.names("res"), first[..3]);
}

#[tokio::test]
async fn reasons_that_nobody_deletes_keep_no_later_request_of_their_name_from_its_answer() {
    let mut link = Link::start().await;
    for rejected in ["%PDF", "\n\n%PDF"] {
        link.put("req/OQSsiquc01req_1.xml", rejected);
        link.round().await.unwrap();
        link.later(11);
        link.round().await.unwrap();
        assert_eq!(link.text("res/OQSsiquc01req_1.xml"), rejected);
    }
    link.put("req/OQSsiquc01req_1.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
    let result = link.text("res/OQSsiquc01res_1.xml");
    assert!(result.contains("<QualificationValidity>1<"), "{result}");
    assert_eq!(link.state().folders[0].waiting, 0);
}

#[tokio::test]
async fn a_result_and_a_reason_of_one_name_lie_side_by_side_and_the_younger_is_the_later() {
    for result_first in [true, false] {
        let mut link = Link::start().await;
        let mut asked = [request(), b"%PDF".to_vec()];
        if !result_first {
            asked.reverse();
        }
        let changed = |link: &Link, name: &str| {
            let found = std::fs::metadata(link.path(name)).unwrap();
            found.modified().unwrap()
        };
        for bytes in asked {
            link.later(1);
            link.put("req/OQSsiquc01req_1.xml", bytes);
            link.round().await.unwrap();
            link.later(11);
            link.round().await.unwrap();
        }
        let both = [
            "OQSsiquc01req_1.err",
            "OQSsiquc01req_1.xml",
            "OQSsiquc01res_1.xml",
        ];
        assert_eq!(link.names("res"), both, "neither waits");
        assert_eq!(link.state().folders[0].waiting, 0);
        let result = changed(&link, "res/OQSsiquc01res_1.xml");
        let reason = changed(&link, "res/OQSsiquc01req_1.err");
        assert_eq!(result < reason, result_first);
    }
}

#[tokio::test]
async fn results_and_folders_are_for_those_the_setting_names() {
    for (shared, file, folder) in [
        (Shared::Private, None, None),
        (Shared::Group, Some(0o660), Some(0o770)),
        (Shared::Everyone, Some(0o666), Some(0o777)),
    ] {
        let mut link = Link::start_set(|pair| pair.shared = shared).await;
        let mode = |link: &Link, name: &str| {
            let found = std::fs::metadata(link.path(name)).unwrap();
            found.permissions().mode() & 0o7777
        };
        link.put("usual", "");
        std::fs::create_dir(link.path("usual_folder")).unwrap();
        let (usual, usual_folder) = (mode(&link, "usual"), mode(&link, "usual_folder"));
        link.put("req/OQSsiquc01req_1.xml", request());
        link.put("req/OQSsiquc01req_2.xml", "%PDF");
        assert_eq!(link.round().await.unwrap(), 2);
        for name in ["res/OQSsiquc01res_1.xml", "res/OQSsiquc01req_2.err"] {
            assert_eq!(
                mode(&link, name),
                file.unwrap_or(usual),
                "{shared:?} {name}"
            );
        }
        for name in ["req", "res", "face"] {
            let expected = folder.unwrap_or(usual_folder);
            assert_eq!(mode(&link, name), expected, "{shared:?} {name}");
        }
        assert_eq!(mode(&link, "work"), usual_folder, "{shared:?}");
    }
}
