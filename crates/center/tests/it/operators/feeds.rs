//! What operators do with batches of insurers on their pages: each deed is asked twice, done once, and on record under the operator's name.

use domain::feed::insurer::InsurerKind;

use crate::insurer_feeds::{coverage, load, loss, members};
use crate::operators::browser::{Browser, SURE};
use crate::operators::events;
use crate::world::World;

/// Members, and a batch that takes the ratio of two of them: held under number 3.
async fn held(world: &World) {
    members(world, 30).await;
    let two = [1, 2].map(|at| coverage(at, ""));
    let report = load(world, InsurerKind::Coverages, two).await;
    assert_eq!((report.state.as_str(), report.number), ("held", Some(3)));
}

/// Sends a form that must not be done; answers status and code.
async fn refused(browser: &mut Browser<'_>, path: &str, form: &[(&str, &str)]) -> (u16, String) {
    let answer = browser.post(path, form).await;
    let code = answer.code_shown();
    (answer.status, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_batch_is_released_by_whoever_ticks_and_not_twice() {
    let world = World::start().await;
    held(&world).await;
    let (_, mut browser) = world.operator("suzuki").await;
    let page = browser.get("/feeds/3").await.text();
    assert!(
        page.contains("保留（確認待ち）") && page.contains("負担割合"),
        "{page}"
    );
    let unsure = browser.post("/feeds/3/release", &[]).await;
    assert_eq!(unsure.status, 422);
    assert!(unsure.text().contains("チェックを入れてください"));
    assert!(events(&world, "feed-release").await.is_empty());
    let done = browser.post("/feeds/3/release", &SURE).await;
    assert_eq!(done.status, 303);
    let page = browser.get("/feeds/3?done=release").await.text();
    assert!(page.contains("取り込みました。") && page.contains("取込済み"));
    let (status, code) = refused(&mut browser, "/feeds/3/release", &SURE).await;
    assert_eq!((status, code.as_str()), (422, "not_in_state"));
    let told = events(&world, "feed-release").await;
    assert_eq!((told.len(), told[0].actor.as_str()), (1, "operator:suzuki"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_batch_leaves_nothing_and_an_undone_one_puts_all_back() {
    let world = World::start().await;
    held(&world).await;
    let (_, mut browser) = world.operator("suzuki").await;
    let rejected = browser.post("/feeds/3/reject", &[]).await;
    assert_eq!(rejected.status, 303);
    assert!(browser.get("/feeds/3").await.text().contains("却下"));
    load(&world, InsurerKind::Losses, [loss(1, "2026-05-01")]).await;
    // What came later stands in the way, and is named.
    let answer = browser.post("/feeds/2/undo", &SURE).await;
    let text = answer.text();
    assert_eq!(answer.status, 422);
    assert!(
        text.contains("取込 4") && text.contains("何も取り消していません"),
        "{text}"
    );
    assert!(
        text.contains("「取り込む」か「却下する」を押して"),
        "{text}"
    );
    let (status, code) = refused(&mut browser, "/feeds/4/undo", &[]).await;
    assert_eq!((status, code.as_str()), (422, "invalid_input"));
    for batch in ["4", "2"] {
        let undone = browser.post(&format!("/feeds/{batch}/undo"), &SURE).await;
        assert_eq!(undone.status, 303, "{batch}");
    }
    let page = browser.get("/feeds").await.text();
    assert_eq!(page.matches("取消済み").count(), 2);
    for (deed, count) in [("feed-reject", 1), ("feed-undo", 3)] {
        let told = events(&world, deed).await;
        assert_eq!(told.len(), count, "{deed}");
        assert!(told.iter().all(|it| it.actor == "operator:suzuki"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_a_file_without_names_and_who_fetched_it_is_on_record() {
    let world = World::start().await;
    members(&world, 30).await;
    let ahead = world.now().date_in_japan().plus_days(30).to_string();
    let mut lines: Vec<String> = (0..30).map(|at| loss(at, &ahead)).collect();
    lines[7] = loss(999, &ahead);
    load(&world, InsurerKind::Losses, lines).await;
    let (_, mut browser) = world.operator("suzuki").await;
    let report = browser.post("/feeds/3/report.csv", &[]).await;
    let text = report.text();
    assert_eq!(report.status, 200);
    assert!(
        text.contains("accepted,,,,,29,受け付けた行,lines accepted"),
        "{text}"
    );
    assert!(text.contains("refused,9,00000000-0000-0000-9000-000000000999,,unknown_person"));
    assert!(!text.contains("架空"));
    let told = events(&world, "feed-read").await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].actor.as_str(), told[0].detail.as_str()),
        ("operator:suzuki", "report batch=3")
    );
    let late = browser.get("/feeds/late").await;
    assert_eq!(late.status, 200);
    assert!(late.text().contains(crate::insurer_feeds::INSURER));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_and_no_deed_is_not_found() {
    let world = World::start().await;
    members(&world, 1).await;
    let (_, mut browser) = world.operator("suzuki").await;
    for path in ["/feeds/9", "/feeds/0", "/feeds/x", "/feeds/%3Cb%3E"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    for path in ["/feeds/9/undo", "/feeds/9/report.csv", "/feeds/1/burn"] {
        assert_eq!(browser.post(path, &SURE).await.status, 404, "{path}");
    }
}
