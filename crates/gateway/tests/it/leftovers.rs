//! Results nobody takes (消し忘れ): kept by default, removed where the folder says so, never a file of anybody else.

use gateway::config::{AnswerEncoding, Forgotten};

use crate::link::{Link, request};

const DAY_S: i64 = 24 * 60 * 60;

async fn left_after(forgotten: Forgotten, seconds: i64) -> Vec<String> {
    let mut link = Link::start_with(AnswerEncoding::default(), forgotten).await;
    link.put("req/OQSsiquc01req_1.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
    let other = link.path("res/OQSsiquc01res_other.xml");
    std::fs::write(&other, "of another program").unwrap();
    let old = std::fs::metadata(link.path("res/OQSsiquc01res_1.xml")).unwrap();
    let file = std::fs::File::options().write(true).open(&other).unwrap();
    file.set_modified(old.modified().unwrap()).unwrap();
    link.later(seconds);
    assert_eq!(link.round().await.unwrap(), 0);
    link.names("res")
}

#[tokio::test]
async fn a_forgotten_result_stays_unless_the_folder_says_otherwise() {
    assert_eq!(left_after(Forgotten::Report, 10 * DAY_S).await.len(), 2);
}

#[tokio::test]
async fn a_forgotten_result_is_removed_after_its_time_where_the_folder_says_so() {
    assert_eq!(left_after(Forgotten::Remove, DAY_S - 60).await.len(), 2);
    let left = left_after(Forgotten::Remove, DAY_S).await;
    assert_eq!(left, ["OQSsiquc01res_other.xml"], "only its own");
}

#[tokio::test]
async fn a_result_that_lies_for_months_is_still_the_link_apps() {
    let mut link = Link::start().await;
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req/OQSsiquc01req_2.xml", "no request");
    link.round().await.unwrap();
    link.later(11);
    link.round().await.unwrap();
    assert_eq!(
        link.names("res"),
        [
            "OQSsiquc01req_2.err",
            "OQSsiquc01req_2.xml",
            "OQSsiquc01res_1.xml"
        ]
    );
    for _ in 0..8 {
        link.later(29 * DAY_S);
        link.round().await.unwrap();
        assert_eq!(link.state().folders[0].forgotten, 3, "each is told of");
    }
    assert_eq!(link.state().folders[0].answered_today, 0, "none is new");
    link.restart_removing_forgotten();
    link.round().await.unwrap();
    assert!(link.names("res").is_empty());
}

#[tokio::test]
async fn a_result_folder_that_is_away_keeps_no_forgotten_result_of_another() {
    let mut link = Link::start_with(AnswerEncoding::default(), Forgotten::Remove).await;
    link.put("req2/OQSsiquc01req_1.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
    std::fs::rename(link.path("res"), link.path("away")).unwrap();
    link.later(DAY_S);
    assert!(link.round().await.is_err(), "the first pair is told of");
    assert!(link.names("res2").is_empty());
}
