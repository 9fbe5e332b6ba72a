//! The history: pages, bounds, and the exported file.

use api::client::cards::Cause;
use api::history::{Export, FileEncoding, Search};
use domain::audit::Deed;

use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_exported_whole_and_recorded() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    for at in 0..3 {
        let (number, key) = (["4567", "0000"][at % 2], format!("k{at}"));
        clinic.ask(&session.token, &key, number).await.unwrap();
        world.pass_seconds(1);
    }
    let export = async |encoding| {
        let body = Export::of(Search::default(), encoding);
        clinic.client.export(&session.token, &body).await.unwrap()
    };
    let utf8 = export(FileEncoding::Utf8).await;
    let utf8 = std::str::from_utf8(&utf8).unwrap();
    let utf8 = utf8.strip_prefix('\u{FEFF}').unwrap();
    let lines: Vec<&str> = utf8.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("照会日時,受診日,資格有効性"));
    assert!(lines[1].contains(",1,有効,06139992,"), "{}", lines[1]);
    assert!(
        lines[2].contains(",4,該当資格なし,06139992,,,"),
        "{}",
        lines[2]
    );
    let cp932 = export(FileEncoding::Cp932).await;
    assert_eq!(
        exchange::encoding::windows_31j::decode(&cp932).unwrap(),
        utf8
    );
    let engine = crate::places::store(&world.dir.path().join("center.db"), 8);
    let told = engine
        .count_deeds(domain::audit::Deed::HistoryExport)
        .unwrap();
    assert_eq!(told, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_or_export_of_wrong_members_is_refused_by_name() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    let wrong = |search: &Search| Search {
        from: Some("2026-02-30".into()),
        ..search.clone()
    };
    for search in [
        Search {
            verdict: Some(7),
            ..Search::default()
        },
        Search {
            origin: Some("fax".into()),
            ..Search::default()
        },
        Search {
            after: Some("x".into()),
            ..Search::default()
        },
        Search {
            account: Some("a\0".into()),
            ..Search::default()
        },
        Search {
            name: Some("a\u{7}".into()),
            ..Search::default()
        },
        Search {
            from: Some("2026-02-02".into()),
            to: Some("2026-02-01".into()),
            ..Search::default()
        },
        wrong(&Search::default()),
    ] {
        check(
            clinic.client.search(&session.token, &search).await,
            "invalid_input",
        );
    }
    let mut body = Export::of(wrong(&Search::default()), FileEncoding::Utf8);
    body.encoding = "euc-jp".into();
    let refused = clinic.client.export(&session.token, &body).await;
    let Err(api::client::ClientError::Problem(problem)) = refused else {
        panic!("exported");
    };
    let members: Vec<&str> = problem.errors.iter().map(|it| &*it.member).collect();
    assert_eq!(members, ["from", "encoding"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_the_own_facilitys_checks_only() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    let (own, _) = one.administrator().await;
    let (foreign, _) = other.administrator().await;
    one.ask(&own.token, "k1", "4567").await.unwrap();
    let body = Export::of(Search::default(), FileEncoding::Utf8);
    let file = other.client.export(&foreign.token, &body).await.unwrap();
    assert_eq!(std::str::from_utf8(&file).unwrap().lines().count(), 1);
    let link = one.sign_in("link_app").await;
    check(one.client.export(&link.token, &body).await, "not_permitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_open_page_looks_for_again_by_itself_is_recorded_once() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let engine = crate::places::store(&world.dir.path().join("center.db"), 8);
    let look = async |search: &Search, cause: Cause| {
        let client = &clinic.client;
        let found = client.search_by(&session.token, search, cause).await;
        assert_eq!(found.unwrap().checks.len(), 1);
        engine.count_deeds(Deed::HistorySearch).unwrap()
    };
    let all = Search::default();
    assert_eq!(look(&all, Cause::Person).await, 1);
    for _ in 0..3 {
        assert_eq!(look(&all, Cause::Background).await, 1);
    }
    // Other terms are another search.
    let valid = Search {
        verdict: Some(1),
        ..Search::default()
    };
    for _ in 0..2 {
        assert_eq!(look(&valid, Cause::Background).await, 2);
    }
    // What a person asks for is recorded each time, and so is a name, whoever asks.
    assert_eq!(look(&all, Cause::Person).await, 3);
    let named = Search {
        name: Some("資格".into()),
        ..Search::default()
    };
    assert_eq!(look(&named, Cause::Background).await, 4);
    assert_eq!(look(&named, Cause::Background).await, 5);
}
