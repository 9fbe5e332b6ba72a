//! A file or folder that cannot go on waits with a clear reason, holds up no other, and goes on when it can.

use gateway::pickup::RoundError;

use crate::link::{Link, request};

fn told(error: &RoundError) -> String {
    error.to_string()
}

#[tokio::test]
async fn a_result_that_cannot_be_published_holds_up_no_other() {
    let mut link = Link::start().await;
    // A folder stands where the first result has to go.
    std::fs::create_dir_all(link.path("res/OQSsiquc01res_1.xml/x")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req/OQSsiquc01req_2.xml", request());
    link.put("req2/OQSsiquc01req_3.xml", request());
    let error = link.round().await.unwrap_err();
    assert!(told(&error).starts_with("folder receipt: "), "{error}");
    assert!(told(&error).contains("look at space and rights"), "{error}");
    assert!(link.path("res/OQSsiquc01res_2.xml").is_file());
    assert!(link.path("res2/OQSsiquc01res_3.xml").is_file());
    std::fs::remove_dir_all(link.path("res/OQSsiquc01res_1.xml")).unwrap();
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(link.path("res/OQSsiquc01res_1.xml").is_file());
}

#[tokio::test]
async fn a_result_folder_that_takes_nothing_holds_up_no_other_folder() {
    let mut link = Link::start().await;
    std::fs::rename(link.path("res"), link.path("away")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req2/OQSsiquc01req_2.xml", request());
    assert!(link.round().await.is_err());
    assert!(link.path("res2/OQSsiquc01res_2.xml").is_file());
    std::fs::rename(link.path("away"), link.path("res")).unwrap();
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(link.path("res/OQSsiquc01res_1.xml").is_file());
}

#[tokio::test]
async fn a_request_folder_that_went_away_holds_up_no_other_folder() {
    let mut link = Link::start().await;
    std::fs::remove_dir(link.path("req")).unwrap();
    link.put("req2/OQSsiquc01req_1.xml", request());
    assert!(link.round().await.is_err());
    assert!(link.path("res2/OQSsiquc01res_1.xml").is_file());
}

#[tokio::test]
async fn a_work_folder_that_takes_nothing_loses_nothing() {
    let mut link = Link::start().await;
    std::fs::rename(link.path("work"), link.path("away")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    let error = link.round().await.unwrap_err();
    assert!(told(&error).starts_with("folder receipt: "), "{error}");
    assert_eq!(
        link.names("req"),
        ["OQSsiquc01req_1.xml"],
        "it waits where it is"
    );
    std::fs::rename(link.path("away"), link.path("work")).unwrap();
    assert_eq!(link.round().await.unwrap(), 1);
}

#[tokio::test]
async fn a_request_a_crash_left_behind_is_not_answered_again() {
    let mut link = Link::start().await;
    link.put("req/OQSsiquc01req_1.xml", request());
    // The answer is noted as done only after it could be published, so stop it in between to learn the file's name.
    std::fs::rename(link.path("res"), link.path("away")).unwrap();
    link.round().await.unwrap_err();
    let left = link
        .names("work")
        .into_iter()
        .find(|name| name.ends_with(".xml"));
    let left = format!("work/{}", left.unwrap());
    std::fs::rename(link.path("away"), link.path("res")).unwrap();
    assert_eq!(link.round().await.unwrap(), 1);
    std::fs::remove_file(link.path("res/OQSsiquc01res_1.xml")).unwrap();
    // As after a crash between the last note and the removal.
    link.put(&left, request());
    link.restart();
    assert_eq!(link.round().await.unwrap(), 0);
    assert!(link.names("res").is_empty() && link.names("work").is_empty());
}

#[tokio::test]
async fn an_answer_in_another_work_folder_than_the_settings_name_is_not_taken_for_published() {
    let mut link = Link::start().await;
    std::fs::rename(link.path("res"), link.path("away")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    link.round().await.unwrap_err();
    std::fs::rename(link.path("away"), link.path("res")).unwrap();
    // As after a restart without the share that holds the work folder.
    std::fs::rename(link.path("work"), link.path("away")).unwrap();
    std::fs::create_dir(link.path("work")).unwrap();
    link.restart();
    link.put("req/OQSsiquc01req_2.xml", request());
    let error = link.round().await.unwrap_err();
    assert!(told(&error).contains("another work folder"), "{error}");
    assert_eq!(link.names("req"), ["OQSsiquc01req_2.xml"], "it waits");
    std::fs::remove_dir(link.path("work")).unwrap();
    std::fs::rename(link.path("away"), link.path("work")).unwrap();
    assert_eq!(link.round().await.unwrap(), 2);
    let both = ["OQSsiquc01res_1.xml", "OQSsiquc01res_2.xml"];
    assert_eq!(link.names("res"), both);
}

#[tokio::test]
async fn a_work_folder_replaced_while_the_link_app_runs_rejects_nothing() {
    let mut link = Link::start().await;
    link.restart_without_center();
    link.put("req/OQSsiquc01req_1.xml", request());
    link.put("req/OQSsiquc01req_2.xml", request());
    link.round().await.unwrap_err();
    assert_eq!(link.names("work").len(), 2, "both wait for the center");
    std::fs::rename(link.path("work"), link.path("away")).unwrap();
    std::fs::create_dir(link.path("work")).unwrap();
    link.put("req/OQSsiquc01req_3.xml", request());
    for _ in 0..2 {
        link.later(60);
        let error = link.round().await.unwrap_err();
        assert!(told(&error).contains("another work folder"), "{error}");
    }
    assert!(link.names("res").is_empty() && link.names("work").is_empty());
    assert_eq!(link.names("req"), ["OQSsiquc01req_3.xml"], "it waits");
    std::fs::remove_dir(link.path("work")).unwrap();
    std::fs::rename(link.path("away"), link.path("work")).unwrap();
    link.restart();
    assert_eq!(link.round().await.unwrap(), 3);
    assert!(link.names("res").iter().all(|name| name.contains("res_")));
}

/// A link with an answer that could not be published before its work folder was lost; another with an empty mark lies in its place.
async fn link_with_an_answer_lost(restarts: bool) -> Link {
    let mut link = Link::start().await;
    std::fs::rename(link.path("res"), link.path("away")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    link.round().await.unwrap_err();
    std::fs::remove_dir_all(link.path("work")).unwrap();
    std::fs::create_dir(link.path("work")).unwrap();
    if restarts {
        link.restart();
    }
    let error = link.round().await.unwrap_err();
    assert!(told(&error).contains("another work folder"), "{error}");
    link.put("work/onshi-work.txt", "");
    link
}

#[tokio::test]
async fn an_answer_lost_with_its_work_folder_ends_with_an_err() {
    for restarts in [true, false] {
        let mut link = link_with_an_answer_lost(restarts).await;
        // Whether it was published cannot be seen without the result folder.
        link.round().await.unwrap_err();
        std::fs::rename(link.path("away"), link.path("res")).unwrap();
        assert_eq!(link.round().await.unwrap(), 1);
        assert_eq!(link.names("res"), ["OQSsiquc01req_1.err"]);
        assert!(link.text("res/OQSsiquc01req_1.err").contains("req"));
        assert_eq!(link.round().await.unwrap(), 0, "once");
    }
}

#[tokio::test]
async fn a_rejection_lost_with_its_work_folder_is_told_once_all_the_same() {
    for restarts in [true, false] {
        let mut link = Link::start().await;
        std::fs::rename(link.path("res"), link.path("away")).unwrap();
        link.put("req/OQSsiquc01req_1.xml", "no request");
        let _ = link.round().await;
        link.later(11);
        link.round().await.unwrap_err();
        assert!(link.names("work").iter().any(|it| it.ends_with(".err")));
        std::fs::remove_dir_all(link.path("work")).unwrap();
        std::fs::create_dir(link.path("work")).unwrap();
        if restarts {
            link.restart();
        }
        let error = link.round().await.unwrap_err();
        assert!(told(&error).contains("another work folder"), "{error}");
        link.put("work/onshi-work.txt", "");
        // Whether it was published cannot be seen without the result folder.
        link.round().await.unwrap_err();
        std::fs::rename(link.path("away"), link.path("res")).unwrap();
        assert_eq!(link.round().await.unwrap(), 1);
        assert_eq!(link.names("res"), ["OQSsiquc01req_1.err"]);
        let text = link.text("res/OQSsiquc01req_1.err");
        assert!(text.contains("対処 / remedy:"), "{text}");
        assert_eq!(link.round().await.unwrap(), 0, "once");
        // The mark is the link app's again: what is absent beside it was published, and taken since.
        assert_ne!(link.text("work/onshi-work.txt"), "");
        std::fs::remove_file(link.path("res/OQSsiquc01req_1.err")).unwrap();
        link.in_journal("UPDATE file SET state = 'ready'");
        link.restart();
        assert_eq!(link.round().await.unwrap(), 1);
        assert!(link.names("res").is_empty() && link.names("work").is_empty());
    }
}

#[tokio::test]
async fn original_texts_of_an_earlier_request_of_the_same_name_do_not_stand_beside_another_result()
{
    let mut link = Link::start().await;
    link.put("res/onshi-original_OQSsiquc01res_1.xml.json", "{}");
    link.put("req/OQSsiquc01req_1.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
    assert_eq!(link.names("res"), ["OQSsiquc01res_1.xml"]);
}

#[tokio::test]
async fn files_of_a_folder_taken_out_of_the_settings_are_told_of_and_not_lost() {
    let mut link = Link::start().await;
    std::fs::rename(link.path("res"), link.path("away")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    link.round().await.unwrap_err();
    std::fs::rename(link.path("away"), link.path("res")).unwrap();
    link.restart_without("receipt");
    link.put("req2/OQSsiquc01req_2.xml", request());
    let error = link.round().await.unwrap_err();
    assert!(told(&error).contains("set it up again"), "{error}");
    assert!(link.path("res2/OQSsiquc01res_2.xml").is_file());
    link.restart_without("nothing");
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(link.path("res/OQSsiquc01res_1.xml").is_file());
}
