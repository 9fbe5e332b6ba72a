//! What takes something away has a page of its own that says what will follow, and a tick: one press alone changes nothing.

use crate::operators::browser::{Browser, SURE};
use crate::operators::events;
use crate::world::World;

const CLINIC: &str = "1319999999";

/// Reads the page before a deed, and sends its form without the tick: nothing is done.
async fn press_alone(browser: &mut Browser<'_>, path: &str, form: &[(&str, &str)], says: &[&str]) {
    let asked: Vec<String> = form.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let page = browser.get(&format!("{path}?{}", asked.join("&"))).await;
    assert_eq!(page.status, 200, "{path}");
    let shown = page.text();
    for part in says {
        assert!(shown.contains(part), "{path}: {part} in {shown}");
    }
    for part in [
        "name=\"confirm\"",
        "name=\"key\"",
        &*format!("method=\"post\" action=\"{path}\""),
    ] {
        assert!(shown.contains(part), "{path}: {part} in {shown}");
    }
    let unticked = browser.post(path, form).await;
    assert_eq!(
        (unticked.status, unticked.code_shown()),
        (422, "invalid_input".into()),
        "{path}"
    );
    for part in says {
        assert!(unticked.text().contains(part), "{path}: {part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_reset_or_disabled_by_a_tick_alone() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let (_, mut other) = world.operator("tanaka").await;
    for deed in ["disable", "reset"] {
        let path = format!("/operators/tanaka/{deed}");
        let link = format!("href=\"{path}\"");
        let page = browser.get("/operators/tanaka").await.text();
        assert!(page.contains(&link), "{page}");
        press_alone(&mut browser, &path, &[], &["tanaka", "すぐに終了します"]).await;
        let none = format!("/operators/nobody/{deed}");
        assert_eq!(browser.get(&none).await.status, 404);
        assert_eq!(browser.post(&none, &[]).await.status, 404);
    }
    assert_eq!(other.get("/operators").await.status, 200, "still signed in");
    for deed in ["operator-disable", "operator-reset"] {
        assert!(events(&world, deed).await.is_empty(), "{deed}");
    }
    let done = browser.post("/operators/tanaka/disable", &SURE).await;
    assert_eq!(done.status, 303);
    assert_eq!(other.get("/operators").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claims_account_and_an_opening_are_ended_by_a_tick_alone() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    world.enrol(CLINIC).await;
    let accounts = format!("/claims/accounts/{CLINIC}");
    let of = [("tenant", "fund"), ("id", "seikyu1")];
    let made = browser.post(&format!("{accounts}/add"), &of).await;
    assert_eq!(made.status, 200);
    for deed in ["disable", "reset"] {
        let path = format!("{accounts}/{deed}");
        press_alone(&mut browser, &path, &of, &["seikyu1", "ログイン中"]).await;
    }
    let nobody = format!("{accounts}/disable?tenant=fund&id=nobody");
    assert_eq!(browser.get(&nobody).await.status, 404);
    assert_eq!(
        browser.get(&format!("{accounts}/enable")).await.status,
        404,
        "it takes nothing away, and has no page"
    );
    assert_eq!(events(&world, "claims-account").await.len(), 1);
    let opening = |from| {
        [
            ("tenant", "fund"),
            ("from", from),
            ("until", "2099-12-31 24:00"),
            ("reason", "障害のため"),
        ]
    };
    for (from, deed) in [("2020-01-01 0:00", "end"), ("2099-01-01 0:00", "withdraw")] {
        let made = browser.post("/claims/windows", &opening(from)).await;
        assert_eq!(made.status, 303, "{deed}");
        let page = browser.get("/claims/windows").await.text();
        let id = page.split(&format!("/{deed}\"")).next().unwrap();
        let id = id.rsplit("href=\"/claims/windows/").next().unwrap();
        let path = format!("/claims/windows/{id}/{deed}");
        press_alone(&mut browser, &path, &[], &["障害のため"]).await;
        let told = events(&world, "claims-opening").await.len();
        let done = browser.post(&path, &SURE).await;
        assert_eq!(done.status, 303, "{deed}");
        assert_eq!(events(&world, "claims-opening").await.len(), told + 1);
        assert_eq!(browser.get(&path).await.status, 404, "{deed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_withdrawn_and_a_window_closed_by_a_tick_alone() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    let notice = [("title", "回線工事"), ("body", "夜間に止まります。")];
    assert_eq!(browser.post("/notices", &notice).await.status, 303);
    let window = [
        ("kind", "disaster"),
        ("prefecture", "13"),
        ("reason", "地震"),
        ("until", "72"),
    ];
    assert_eq!(browser.post("/modes", &window).await.status, 303);
    for (list, deed, says) in [
        ("/notices", "withdraw", "回線工事"),
        ("/modes", "close", "地震"),
    ] {
        let page = browser.get(list).await.text();
        assert!(!page.contains(&format!("/{deed}\"><button")), "{page}");
        let id = page.split(&format!("/{deed}\"")).next().unwrap();
        let id = id.rsplit(&format!("href=\"{list}/")).next().unwrap();
        let path = format!("{list}/{id}/{deed}");
        press_alone(
            &mut browser,
            &path,
            &[],
            &[says, "元に戻すことはできません"],
        )
        .await;
        let none = format!("{list}/00000000-0000-0000-0000-000000000000/{deed}");
        assert_eq!(browser.get(&none).await.status, 404, "{list}");
        let told = events(&world, "notice-withdraw").await.len()
            + events(&world, "emergency-step").await.len();
        assert_eq!(told, 1 + usize::from(list == "/modes"), "{list}");
        assert_eq!(browser.post(&path, &SURE).await.status, 303, "{list}");
    }
    assert_eq!(events(&world, "notice-withdraw").await.len(), 1);
    assert_eq!(events(&world, "emergency-step").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_the_button_or_list_of_the_page_beside_the_command() {
    let world = World::start().await;
    let (_, mut browser) = world.operator("suzuki").await;
    world.enrol("1319999999").await;
    let none = "/modes/00000000-0000-0000-0000-000000000000/approve";
    for (path, field, names) in [
        (
            "/operators",
            ("name", "suzuki"),
            ["「再設定のリンクを発行する」", "onshi operator reset"],
        ),
        (
            "/facilities/1319999999/new-terminal",
            ("terminal", "受付1"),
            ["「電子証明書を再発行する」", "onshi enroll reissue"],
        ),
        (
            "/facilities/1319999999/reissue",
            ("terminal", "受付9"),
            ["「端末を加える」", "onshi enroll list --code 1319999999"],
        ),
        (
            "/notices/1/withdraw",
            SURE[0],
            ["運用者の画面の「お知らせ」", "onshi notice list"],
        ),
        (
            "/notices/00000000-0000-0000-0000-000000000000/withdraw",
            SURE[0],
            ["運用者の画面の「お知らせ」", "onshi notice list"],
        ),
        (
            none,
            ("hours", "24"),
            ["運用者の画面の「緊急時の開放」", "onshi emergency list"],
        ),
        (
            "/feeds/9/undo",
            SURE[0],
            ["運用者の画面の「取込」", "onshi feed list"],
        ),
    ] {
        let page = browser.post(path, &[field]).await.text();
        for name in names {
            assert!(page.contains(name), "{path}: {name} is not in {page}");
        }
    }
}
