//! What was done under a window, for the facility and the operator, and the report on it.

use api::emergency::NewReport;
use center::control::{Order, Reply, send};

use super::*;
use crate::world::check;

#[tokio::test(flavor = "multi_thread")]
async fn the_facility_reports_and_the_operator_sees_what_was_done_without_names() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let other = world.enrol("1319999981").await;
    let staff = clinic.administrator().await.0.token;
    let neighbour = other.administrator().await.0.token;
    let client = &clinic.client;
    let window = world.disaster(1_200).await;
    client
        .search_in_disaster(&staff, &search("架空太郎", None))
        .await
        .unwrap();
    let outcome = client
        .search_in_disaster(&staff, &search("双子花", None))
        .await
        .unwrap();
    let opened = client
        .open_in_disaster(&staff, &opening(&outcome, "oral"))
        .await
        .unwrap();
    client
        .look_at_medical_information(&staff, &opened.id, &page())
        .await
        .unwrap();
    other
        .client
        .search_in_disaster(&neighbour, &search("双子華", None))
        .await
        .unwrap();
    world.pass_seconds(1_200);
    let used = client.emergency_reports(&staff).await.unwrap().windows;
    assert_eq!(used.len(), 1, "its own alone");
    let mut done: Vec<_> = used[0]
        .lines
        .iter()
        .map(|it| (it.deed.as_str(), it.detail.as_str(), it.name.as_deref()))
        .collect();
    done.sort_unstable();
    let name = Some("双子　花");
    assert_eq!(
        done,
        [
            ("look", "page", name),
            ("opening", "oral", name),
            ("search", "description:nobody", None),
            ("search", "description:one", name),
        ]
    );
    assert!(used[0].report.is_none());
    let report = |text: &str, window: &str| NewReport {
        text: text.into(),
        window: window.into(),
    };
    check(
        client
            .file_emergency_report(&staff, "1", &report(" ", &window))
            .await,
        "invalid_input",
    );
    let nowhere = report("済み", "019aae5e-0000-7000-8000-000000000001");
    check(
        client.file_emergency_report(&staff, "2", &nowhere).await,
        "not_found",
    );
    let text = "1名の閲覧。\n治療のため。";
    // Once more, as after an answer that was lost: it is one report.
    for _ in 0..2 {
        client
            .file_emergency_report(&staff, "3", &report(text, &window))
            .await
            .unwrap();
    }
    let another = report("別の報告", &window);
    check(
        client.file_emergency_report(&staff, "3", &another).await,
        "idempotency_conflict",
    );
    assert_eq!(world.told("emergency-report").await.len(), 1);
    let filed = client.emergency_reports(&staff).await.unwrap().windows[0]
        .report
        .clone()
        .unwrap();
    assert_eq!(filed.text, "1名の閲覧。\n治療のため。");
    let order = Order::WindowUsage(window.clone(), None);
    let Reply::WindowUsage(all, None) = send(world.dir.path(), &order).await.unwrap() else {
        panic!("the operator is shown nothing");
    };
    let of: Vec<_> = all
        .iter()
        .map(|it| (it.facility.as_str(), it.lines.len(), it.report.is_some()))
        .collect();
    assert_eq!(of, [("1319999981", 1, false), (CODE, 4, true)]);
    assert!(
        all.iter()
            .flat_map(|it| &it.lines)
            .all(|it| it.name.is_none())
    );
    let order = Order::WindowUsage(window.clone(), Some("1319999981".into()));
    let Reply::WindowUsage(rest, None) = send(world.dir.path(), &order).await.unwrap() else {
        panic!("the operator is shown nothing");
    };
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].facility, CODE);
    for unknown in ["019aae5e-0000-7000-8000-000000000001", "nonsense"] {
        let order = Order::WindowUsage(unknown.into(), None);
        let reply = send(world.dir.path(), &order).await.unwrap();
        let Reply::Refused(why) = reply else {
            panic!("{unknown} is no window");
        };
        assert!(why.contains(unknown) && why.contains("no such window"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_is_told_of_twenty_windows_at_once_and_of_what_it_did_under_one() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let other = world.enrol("1319999981").await;
    let staff = clinic.administrator().await.0.token;
    let neighbour = other.administrator().await.0.token;
    let client = &clinic.client;
    let mut windows = Vec::new();
    for _ in 0..21 {
        let window = world.disaster(1_200).await;
        for name in ["双子花", "架空太郎"] {
            let searched = client.search_in_disaster(&staff, &search(name, None)).await;
            searched.unwrap();
        }
        world.close(&window).await;
        world.pass_seconds(1);
        windows.insert(0, window);
    }
    let newest = windows[0].clone();
    let report = NewReport {
        text: "2名の検索。".into(),
        window: newest.clone(),
    };
    let filed = client.file_emergency_report(&staff, "1", &report);
    filed.await.unwrap();
    let page = client.used_windows(&staff, None).await.unwrap();
    let listed = |page: &api::emergency::EmergencyReports| -> Vec<String> {
        let windows = page.windows.iter();
        windows.map(|it| it.window.id.clone()).collect()
    };
    assert_eq!(listed(&page), windows[..20]);
    assert_eq!(page.next.as_ref(), Some(&windows[19]));
    for it in &page.windows {
        assert_eq!((it.searches, it.openings), (Some(2), Some(0)));
        assert_eq!(it.report.is_some(), it.window.id == newest);
        assert!(it.lines.is_empty());
    }
    let rest = client.used_windows(&staff, page.next.as_deref()).await;
    let rest = rest.unwrap();
    assert_eq!(listed(&rest), windows[20..]);
    assert_eq!(rest.next, None);
    // As older terminals ask: as many, with what was done under them.
    let whole = client.emergency_reports(&staff).await.unwrap();
    assert_eq!(listed(&whole), windows[..20]);
    assert!(whole.windows.iter().all(|it| it.lines.len() == 2));
    let used = client.window_usage(&staff, &windows[20]).await.unwrap();
    assert_eq!(used.window.id, windows[20]);
    let mut names: Vec<_> = used.lines.iter().map(|it| it.name.as_deref()).collect();
    names.sort_unstable();
    assert_eq!(names, [None, Some("双子　花")]);
    check(
        other.client.window_usage(&neighbour, &newest).await,
        "not_found",
    );
    check(client.window_usage(&staff, "nonsense").await, "not_found");
    check(
        client.used_windows(&staff, Some("nonsense")).await,
        "invalid_query",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_owed_from_the_end_of_a_used_window_until_it_is_filed() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let other = world.enrol("1319999981").await;
    let staff = clinic.administrator().await.0.token;
    let client = &clinic.client;
    let owed = async |client: &api::client::Client| {
        let state = client.emergency_state().await;
        state.unwrap().report_owed
    };
    let window = world.disaster(1_200).await;
    let searching = search("架空太郎", None);
    let searched = client.search_in_disaster(&staff, &searching);
    searched.await.unwrap();
    assert!(!owed(client).await, "it is open still");
    world.pass_seconds(1_200);
    assert!(owed(client).await);
    assert!(!owed(&other.client).await, "it did nothing");
    let report = NewReport {
        text: "1名の検索。".into(),
        window,
    };
    let filed = client.file_emergency_report(&staff, "1", &report);
    filed.await.unwrap();
    assert!(!owed(client).await);
}
