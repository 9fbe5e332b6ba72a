//! Submissions: what makes one, how it ends, and which are left for the close.

use super::*;
use crate::server::shared;
use store::audit::search::Query;

async fn a_submission_ends_once_and_is_nobody_elses(place: &Place) {
    let engine = place.open();
    sent(&engine, (1, 101), 7).await;
    assert!(matches!(accept(&engine, 101).await, Ended::NotNow(_)));
    assert!(matches!(
        withdraw(&engine, &own(), 101).await,
        Ended::NotNow(_)
    ));
    finish(&engine, 101, 1).await;
    for stranger in strangers() {
        assert_eq!(withdraw(&engine, &stranger, 101).await, Ended::Unknown);
        assert_eq!(engine.submission(&stranger, 101).unwrap(), None);
        assert!(engine.submissions(&stranger, None, 10).unwrap().is_empty());
    }
    let later = now().plus_seconds(1);
    assert_eq!(engine.not_accepted(later, None, 10).unwrap().len(), 1);
    assert!(engine.not_accepted(now(), None, 10).unwrap().is_empty());
    let Ended::Done(accepted) = accept(&engine, 101).await else {
        panic!("it was checked");
    };
    assert_eq!(accepted.taken.map(|it| it.claims), Some(2));
    assert!(matches!(accept(&engine, 101).await, Ended::NotNow(_)));
    assert!(matches!(
        withdraw(&engine, &own(), 101).await,
        Ended::NotNow(_)
    ));
    assert!(engine.not_accepted(later, None, 10).unwrap().is_empty());
    let found = engine.submission(&own(), 101).unwrap();
    assert_eq!(found.as_ref(), Some(&*accepted));
    engine
        .note_fetched(&own(), 101, "findings", event(Deed::ClaimsRead))
        .await
        .unwrap();
    let steps = engine.steps(&accepted).unwrap();
    let steps: Vec<Step> = steps.iter().map(|it| it.step).collect();
    assert_eq!(
        steps,
        [Step::Sent, Step::Checked, Step::Accepted, Step::Fetched]
    );
}

/// Lets go of all files that were settled before a second of the day.
async fn let_go(engine: &Engine, settled: Settled, seconds: i64) {
    let before = now().plus_seconds(seconds);
    while engine.let_files_go(settled, before, now()).await.unwrap() {}
}

/// What the audit chain tells of files that were let go, in order: the submission and the rest.
fn told(engine: &Engine) -> Vec<(Option<u128>, String)> {
    let wanted = Query {
        deed: Some(Deed::ClaimsFileLetGo),
        ..Query::default()
    };
    let found = engine.search_audit(&wanted, 10).unwrap();
    let id = |subject: Vec<u8>| u128::from_be_bytes(subject.try_into().unwrap());
    let found = found.into_iter().rev();
    found.map(|it| (it.subject.map(id), it.detail)).collect()
}

async fn the_file_of_what_is_settled_is_let_go_and_its_history_stays(place: &Place) {
    let engine = place.open();
    let pieces = |upload: u8| {
        let text = "SELECT count(*) FROM claims_piece WHERE upload = x'";
        place.run(&format!("{text}{upload:032x}'"))
    };
    // Taken back, in more pieces than go at once; refused; accepted; and checked alone.
    begin(&engine, &own(), 1).await;
    put(&engine, &own(), (1, 0), &[&b"x"[..]; 150]).await;
    assert!(matches!(
        whole(&engine, (1, 101), 1).await,
        Submitted::Done(_)
    ));
    finish(&engine, 101, 1).await;
    withdraw(&engine, &own(), 101).await;
    for file in 2_u8..=4 {
        let id = u128::from(file);
        sent(&engine, (id, 100 + id), file).await;
    }
    let refused = engine.finish_claims_check(
        (102, [1; 16]),
        SubmissionState::Refused,
        counts(),
        event(Deed::ClaimsChecked),
    );
    assert!(refused.await.unwrap());
    for id in [103, 104] {
        finish(&engine, id, 1).await;
    }
    accept(&engine, 103).await;
    let left = || [1, 2, 3, 4].map(pieces);
    for settled in [Settled::GivenUp, Settled::Accepted] {
        let_go(&engine, settled, 0).await;
    }
    assert_eq!(left(), [150, 1, 1, 1], "it is too early");
    assert!(told(&engine).is_empty());
    let_go(&engine, Settled::GivenUp, 1).await;
    assert_eq!(left(), [0, 0, 1, 1]);
    let_go(&engine, Settled::Accepted, 1).await;
    assert_eq!(left(), [0, 0, 0, 1]);
    let mut events = told(&engine);
    events.sort_unstable();
    let expected = [
        (101_u128, "settled=given_up bytes=150"),
        (102, "settled=given_up bytes=10"),
        (103, "settled=accepted bytes=10"),
    ];
    let expected = expected.map(|(id, detail)| (Some(id), detail.to_owned()));
    assert_eq!(events, expected, "each is told once");
    let gone = engine.submission(&own(), 101).unwrap().unwrap();
    assert_eq!(gone.sha256, [1; 32]);
    let steps = engine.steps(&gone).unwrap();
    let steps: Vec<Step> = steps.iter().map(|it| it.step).collect();
    assert_eq!(steps, [Step::Sent, Step::Checked, Step::Withdrawn]);
    // Said once more, it is what it was; and what was refused may be taken back still.
    assert_eq!(
        whole(&engine, (1, 109), 1).await,
        Submitted::Before(Box::new(gone))
    );
    let withdrawn = withdraw(&engine, &own(), 102).await;
    assert!(matches!(withdrawn, Ended::Done(_)));
    let_go(&engine, Settled::GivenUp, 1).await;
    assert!(engine.open_uploads(&own()).unwrap().is_empty());
    assert_eq!(told(&engine).len(), 3, "nothing more went");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn centers_that_let_a_file_go_at_once_leave_nothing_of_it_and_tell_it_once() {
    let place = Place::server();
    let (one, other) = (place.open_as(1), place.open_as(2));
    begin(&one, &own(), 1).await;
    put(&one, &own(), (1, 0), &[&b"x"[..]; 700]).await;
    assert!(matches!(whole(&one, (1, 101), 1).await, Submitted::Done(_)));
    finish(&one, 101, 1).await;
    withdraw(&one, &own(), 101).await;
    tokio::join!(
        let_go(&one, Settled::GivenUp, 1),
        let_go(&other, Settled::GivenUp, 1),
    );
    assert_eq!(place.run("SELECT count(*) FROM claims_piece"), 0);
    assert_eq!(told(&one).len(), 1);
}

async fn a_piece_that_came_after_the_sha_256_was_worked_out_makes_no_submission(place: &Place) {
    let engine = place.open();
    begin(&engine, &own(), 1).await;
    put(&engine, &own(), (1, 0), &[b"a file"]).await;
    put(&engine, &own(), (1, 6), &[b" and more"]).await;
    let early = whole_of(&engine, (1, 101), (7, 6)).await;
    assert_eq!(early, Submitted::Incomplete(15));
    assert!(engine.unchecked(now(), 10).unwrap().is_empty());
    let upload = engine.upload(&own(), 1).unwrap().unwrap();
    assert_eq!(upload.submission, None, "it is kept, and may be ended anew");
    let Submitted::Done(submission) = whole_of(&engine, (1, 102), (7, 15)).await else {
        panic!("it is whole");
    };
    assert_eq!(submission.bytes, 15);
}

async fn what_cannot_be_accepted_keeps_nothing_else_from_being_found(place: &Place) {
    let engine = place.open();
    let doubtful = Counts {
        to_confirm: 2,
        ..counts()
    };
    for file in 1_u8..=6 {
        let id = 100 + u128::from(file);
        sent(&engine, (u128::from(file), id), file).await;
        let counts = if file < 4 { doubtful } else { counts() };
        assert!(finish_with(&engine, (id, 1), counts).await);
    }
    let later = now().plus_seconds(1);
    let mut behind = None;
    let mut page = || {
        let found = engine.not_accepted(later, behind, 2).unwrap();
        behind = found.last().map(|it| (it.sent, it.id));
        found.iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!((page(), page()), (vec![104, 105], vec![106]));
    assert!(page().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_server_the_process_that_received_a_file_checks_it_and_another_when_that_died() {
    let place = Place::server();
    let (one, other) = (place.open_as(1), place.open_as(2));
    sent(&one, (1, 101), 7).await;
    let waiting = |engine: &Engine, at| engine.unchecked(at, 10).unwrap().len();
    assert_eq!((waiting(&one, now()), waiting(&other, now())), (1, 0));
    let takes = async |engine: &Engine, at| engine.take_claims_check(101, at).await.unwrap();
    assert!(!takes(&other, now()).await && takes(&one, now()).await);
    let late = now().plus_seconds(60);
    assert_eq!(waiting(&other, late), 1);
    assert!(takes(&other, late).await && !takes(&one, late).await);
    assert!(finish(&other, 101, 1).await);
    assert!(!takes(&other, late).await, "it is checked");
    assert_eq!(place.run("SELECT count(*) FROM work_turn"), 0);
}

async fn what_is_not_accepted_is_found_without_a_walk_over_all_submissions(place: &Place) {
    drop(place.open());
    let text = "SELECT * FROM claims_submission WHERE state = 'checked' AND claims > refused + to_confirm AND sent < 9
        AND (sent, id) > (1, x'00') ORDER BY sent, id LIMIT 50";
    let plan = match place {
        Place::Folder(folder) => {
            let path = folder.path().join("center.db");
            let connection = rusqlite::Connection::open(path).unwrap();
            let explain = format!("EXPLAIN QUERY PLAN {text}");
            connection
                .query_row(&explain, [], |row| row.get::<_, String>(3))
                .unwrap()
        }
        Place::Server { database } => {
            let text = text.replace("x'", "bytea '\\x");
            let text = format!("SET enable_seqscan = off; EXPLAIN {text}");
            format!("{:?}", shared().read(database, &text))
        }
    };
    assert!(plan.contains("claims_submission_checked"), "{plan}");
}

async fn every_submission_is_on_a_page_of_the_list_though_all_came_at_once(place: &Place) {
    let engine = place.open();
    for number in 1..=7_u8 {
        let upload = u128::from(number);
        sent(&engine, (upload, 100 + upload), number).await;
    }
    let (mut ids, mut behind) = (Vec::new(), None);
    loop {
        let page = engine.submissions(&own(), behind, 3).unwrap();
        let Some(last) = page.last() else {
            break;
        };
        behind = Some((last.sent, last.id));
        ids.extend(page.iter().map(|it| it.id));
    }
    assert_eq!(ids, [107, 106, 105, 104, 103, 102, 101]);
}

on_both!(
    a_submission_ends_once_and_is_nobody_elses,
    the_file_of_what_is_settled_is_let_go_and_its_history_stays,
    a_piece_that_came_after_the_sha_256_was_worked_out_makes_no_submission,
    every_submission_is_on_a_page_of_the_list_though_all_came_at_once,
    what_cannot_be_accepted_keeps_nothing_else_from_being_found,
    what_is_not_accepted_is_found_without_a_walk_over_all_submissions,
);
