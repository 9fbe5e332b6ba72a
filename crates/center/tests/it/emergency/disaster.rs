//! Disaster mode: one person or none, oral or impossible consent, until the window ends and not a moment longer.

use api::client::events::Received;
use api::emergency::NewDisasterCheck;
use center::config::emergency::Emergency;
use center::control::{Order, Reply, send};

use super::*;
use crate::world::check;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_found_by_name_is_opened_with_oral_consent_until_the_window_ends() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let client = &clinic.client;
    let before = client
        .search_in_disaster(&staff, &search("高橋辺子", None))
        .await;
    check(before, "emergency_closed");
    world.disaster(1_200).await;
    let state = client.emergency_state().await.unwrap();
    assert_eq!(state.windows.len(), 1);
    assert_eq!(
        (
            state.windows[0].mode.as_str(),
            state.windows[0].reason.as_str()
        ),
        ("disaster", "地震")
    );
    let outcome = client
        .search_in_disaster(&staff, &search("高橋辺子", None))
        .await
        .unwrap();
    let found = outcome.found.as_ref().unwrap();
    assert_eq!(found.name, "髙𣘺　邊子", "as registered");
    for silent in ["", "none", "yes"] {
        let refused = client
            .open_in_disaster(&staff, &opening(&outcome, silent))
            .await;
        check(refused, "invalid_input");
    }
    let opened = client
        .open_in_disaster(&staff, &opening(&outcome, "oral"))
        .await
        .unwrap();
    assert!(opened.check.is_some(), "with eligibility");
    let again = client
        .open_in_disaster(&staff, &opening(&outcome, "oral"))
        .await
        .unwrap();
    assert_eq!(again.id, opened.id, "sent twice is opened once");
    let patients = client.medical_patients(&staff).await.unwrap().patients;
    assert_eq!(patients.len(), 1);
    let kinds: Vec<_> = patients[0]
        .kinds
        .iter()
        .map(|it| (it.kind.as_str(), it.basis.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("checkups", "disaster"),
            ("drugs", "disaster"),
            ("treatment", "disaster")
        ]
    );
    let look = || client.look_at_medical_information(&staff, &opened.id, page_once());
    look().await.unwrap();
    world.pass_seconds(1_199);
    assert!(look().await.is_ok(), "one second before");
    world.pass_seconds(1);
    check(look().await, "unknown_patient");
    check(
        client
            .search_in_disaster(&staff, &search("高橋辺子", None))
            .await,
        "emergency_closed",
    );
    check(
        client
            .open_in_disaster(&staff, &opening(&outcome, "oral"))
            .await,
        "emergency_closed",
    );
    assert!(client.emergency_state().await.unwrap().windows.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_who_refuses_is_checked_alone_and_nothing_of_them_is_opened() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let viewer = account(&clinic, &staff, "ishi", "medical_viewer", false).await;
    let general = account(&clinic, &staff, "ippan", "general", false).await;
    let client = &clinic.client;
    let alone = |search: &str| NewDisasterCheck {
        search: search.into(),
    };
    let closed = client.check_in_disaster(&staff, &alone("x")).await;
    check(closed, "emergency_closed");
    world.disaster(1_200).await;
    let sample = PersonSearch {
        birth_date: "1970-01-02".into(),
        insurer_number: Some("06139992".into()),
        number: Some("4567".into()),
        symbol: Some("123".into()),
        ..PersonSearch::default()
    };
    let outcome = client.search_in_disaster(&staff, &sample).await.unwrap();
    let asked = alone(&outcome.found.as_ref().unwrap().search);
    // It is the search's own account that asks, and of a kind that may.
    check(
        client.check_in_disaster(&viewer, &asked).await,
        "unknown_search",
    );
    check(
        client.check_in_disaster(&general, &asked).await,
        "not_permitted",
    );
    check(
        client.check_in_disaster(&staff, &alone("x")).await,
        "unknown_search",
    );
    let first = client.check_in_disaster(&staff, &asked).await.unwrap();
    assert_eq!(first.check.verdict, 1);
    let again = client.check_in_disaster(&staff, &asked).await.unwrap();
    assert!(again == first, "sent twice is one check");
    let patients = client.medical_patients(&staff).await.unwrap().patients;
    assert!(patients.is_empty(), "nothing is opened");
    let in_disasters = api::history::Search {
        origin: Some("disaster".into()),
        ..Default::default()
    };
    let lines = client.search(&staff, &in_disasters).await.unwrap().checks;
    assert_eq!(lines.len(), 1, "recorded as what it is");
    let told = world.told("check").await;
    let detail = format!(
        "verdict=1 mode=disaster opening=none search={}",
        asked.search
    );
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].detail, detail);
    let used = client.emergency_reports(&staff).await.unwrap().windows;
    let done: Vec<_> = used[0]
        .lines
        .iter()
        .map(|it| (it.deed.as_str(), it.detail.as_str()))
        .collect();
    let both = [("check", "insurance:one"), ("search", "insurance:one")];
    assert_eq!(done, both);
    // Who agrees after all is opened, with an eligibility of its own.
    let opened = client
        .open_in_disaster(&staff, &opening(&outcome, "oral"))
        .await
        .unwrap();
    assert!(opened.check.is_some_and(|it| it != first.check));
    let later = client.search_in_disaster(&staff, &sample).await.unwrap();
    let later = alone(&later.found.as_ref().unwrap().search);
    world.pass_seconds(600);
    check(
        client.check_in_disaster(&staff, &later).await,
        "unknown_search",
    );
    let last = client.search_in_disaster(&staff, &sample).await.unwrap();
    let last = alone(&last.found.as_ref().unwrap().search);
    world.pass_seconds(599);
    client.check_in_disaster(&staff, &last).await.unwrap();
    world.pass_seconds(1);
    check(
        client.check_in_disaster(&staff, &last).await,
        "emergency_closed",
    );
    let path = world.dir.path().join("center.db");
    let report = crate::places::store(&path, 7).verify_audit(&[], |_, _, _| true);
    assert_eq!(report.unwrap().faults, []);
}

fn page_once() -> &'static LookRequest {
    static PAGE: std::sync::OnceLock<LookRequest> = std::sync::OnceLock::new();
    PAGE.get_or_init(page)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_closed_early_ends_what_was_opened_under_it_at_once() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let client = &clinic.client;
    let window = world.disaster(90_000).await;
    let outcome = client
        .search_in_disaster(&staff, &search("双子花", None))
        .await
        .unwrap();
    let opened = client
        .open_in_disaster(&staff, &opening(&outcome, "unobtainable"))
        .await
        .unwrap();
    client
        .look_at_medical_information(&staff, &opened.id, &page())
        .await
        .unwrap();
    world.close(&window).await;
    check(
        client
            .look_at_medical_information(&staff, &opened.id, &page())
            .await,
        "unknown_patient",
    );
    assert!(
        client
            .medical_patients(&staff)
            .await
            .unwrap()
            .patients
            .is_empty()
    );
    check(
        client
            .open_in_disaster(&staff, &opening(&outcome, "oral"))
            .await,
        "emergency_closed",
    );
    // Another window opens nothing of the one before.
    world.disaster(90_000).await;
    check(
        client
            .open_in_disaster(&staff, &opening(&outcome, "oral"))
            .await,
        "emergency_closed",
    );
    check(
        client
            .look_at_medical_information(&staff, &opened.id, &page())
            .await,
        "unknown_patient",
    );
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 7);
    let report = store.verify_audit(&[], |_, _, _| true).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert_eq!(report.looks, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_and_more_people_are_one_answer_and_nobody_is_listed() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    world.disaster(3_600).await;
    let ask = |name: &'static str, address| {
        let (client, staff) = (&clinic.client, &staff);
        async move {
            client
                .search_in_disaster(staff, &search(name, address))
                .await
                .unwrap()
        }
    };
    let told = |it: SearchOutcome| (it.outcome, it.item, it.found.map(|it| it.name));
    let one_more = |item: &str| ("one_more".to_owned(), Some(item.to_owned()), None);
    assert_eq!(told(ask("同名花子", None).await), one_more("address"));
    assert_eq!(
        told(ask("同名花子", Some("　")).await),
        one_more("address"),
        "an empty address"
    );
    let many: Vec<_> = (0..200)
        .map(|at| person(0xd000 + at, "同名　花子", "ﾄﾞｳﾒｲ ﾊﾅｺ", HOME))
        .collect();
    world.register(&many).await;
    assert_eq!(
        told(ask("同名花子", None).await),
        one_more("address"),
        "two hundred"
    );
    let osaka = ask("同名花子", Some("架空市手本町9-9")).await;
    assert_eq!(told(osaka).0, "one");
    assert_eq!(
        told(ask("双子花", None).await).2.as_deref(),
        Some("双子　花"),
        "a twin"
    );
    assert_eq!(
        told(ask("双子華", None).await).2.as_deref(),
        Some("双子　華"),
        "the other twin"
    );
    assert_eq!(told(ask("ふたごはな", None).await), one_more("address"));
    assert_eq!(told(ask("ふたごはな", Some(HOME)).await), one_more("name"));
    assert_eq!(
        told(ask("架空太郎", None).await),
        ("nobody".to_owned(), None, None)
    );
    let searches = world.told("emergency-search").await;
    assert_eq!(searches.len(), 9, "found or not");
    assert!(
        searches
            .iter()
            .all(|it| it.detail.contains("mode=disaster") && !it.detail.contains("花"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_and_medical_viewers_search_and_only_where_it_is_open() {
    let world = world().await;
    let (clinic, far) = (world.enrol(CODE).await, world.enrol("1419999998").await);
    let staff = clinic.administrator().await.0.token;
    world.disaster(3_600).await;
    let asked = search("双子花", None);
    for (id, kind, expected) in [
        ("ippan", "general", "not_permitted"),
        ("renkei2", "link_app", "not_permitted"),
    ] {
        let token = account(&clinic, &staff, id, kind, false).await;
        let searched = clinic.client.search_in_disaster(&token, &asked).await;
        assert_eq!(code(searched), expected, "{kind}");
        let checked = clinic.client.check_in_outage(&token, "1", &asked).await;
        assert_eq!(code(checked), expected, "{kind}");
    }
    let viewer = account(&clinic, &staff, "ishi", "medical_viewer", false).await;
    let outcome = clinic
        .client
        .search_in_disaster(&viewer, &asked)
        .await
        .unwrap();
    assert_eq!(outcome.outcome, "one");
    let elsewhere = far.administrator().await.0.token;
    let known = far.client.search_in_disaster(&elsewhere, &asked).await;
    let unknown = far
        .client
        .search_in_disaster(&elsewhere, &search("架空太郎", None))
        .await;
    assert_eq!(
        (code(known), code(unknown)),
        ("emergency_closed".into(), "emergency_closed".into())
    );
    assert!(
        far.client
            .emergency_state()
            .await
            .unwrap()
            .windows
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_good_for_ten_minutes_and_for_whoever_searched() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let other = world.enrol("1319999981").await;
    let staff = clinic.administrator().await.0.token;
    let neighbour = other.administrator().await.0.token;
    let viewer = account(&clinic, &staff, "ishi", "medical_viewer", false).await;
    world.disaster(86_400).await;
    let client = &clinic.client;
    let outcome = client
        .search_in_disaster(&staff, &search("双子花", None))
        .await
        .unwrap();
    let found = opening(&outcome, "oral");
    let guess = |search: &str| NewOpening {
        consent: "oral".into(),
        search: search.into(),
    };
    let mut refused = Vec::new();
    for text in [
        "",
        "x",
        "019aae5e-0000-7000-8000-000000000001",
        "00000000-0000-0000-0000-0000000000a1",
    ] {
        refused.push(client.open_in_disaster(&staff, &guess(text)).await);
    }
    refused.push(client.open_in_disaster(&viewer, &found).await);
    refused.push(other.client.open_in_disaster(&neighbour, &found).await);
    world.pass_seconds(600);
    refused.push(client.open_in_disaster(&staff, &found).await);
    for outcome in refused {
        check(outcome, "unknown_search");
    }
    let inverted = client
        .search_in_disaster(&staff, &search("架空太郎", None))
        .await
        .unwrap();
    assert!(inverted.found.is_none());
    assert!(
        client
            .medical_patients(&staff)
            .await
            .unwrap()
            .patients
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_fishes_beyond_the_limit_of_an_hour() {
    let limit = std::num::NonZeroU32::new(3).unwrap();
    let emergency = Emergency {
        two_operators: false,
        searches_per_hour: limit,
        ..Emergency::default()
    };
    let world = World::start_in_emergency(emergency).await;
    world.register(&neighbours()).await;
    let clinic = world.enrol(CODE).await;
    let session = clinic.administrator().await.0;
    let staff = session.token.clone();
    let viewer = account(&clinic, &staff, "ishi", "medical_viewer", false).await;
    world.disaster(86_400).await;
    world
        .open("outage", |it| it.everywhere = true, 86_400)
        .await;
    let ask = |token: String, name: &'static str| {
        let client = &clinic.client;
        async move { client.search_in_disaster(&token, &search(name, None)).await }
    };
    for name in ["架空太郎", "双子花"] {
        ask(staff.clone(), name).await.unwrap();
        world.pass_seconds(60);
    }
    clinic
        .client
        .check_in_outage(&staff, "1", &search("双子花", None))
        .await
        .unwrap();
    for name in ["架空太郎", "双子花"] {
        let Err(ClientError::Problem(problem)) = ask(staff.clone(), name).await else {
            panic!("{name} was answered");
        };
        assert_eq!(problem.code, "too_many_searches");
        assert_eq!(problem.retry_after_s, Some(3_480));
    }
    assert!(
        ask(viewer, "双子花").await.is_ok(),
        "each account by itself"
    );
    let refused = world.told("emergency-refused").await;
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|it| it.detail.contains("of=account")));
    world.pass_seconds(3_480);
    let again = clinic.sign_in_again(&session).await;
    assert!(ask(again, "双子花").await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_one_facility_share_a_limit_that_other_facilities_do_not_use_up() {
    let few = |number| std::num::NonZeroU32::new(number).unwrap();
    let emergency = Emergency {
        two_operators: false,
        searches_per_hour: few(3),
        searches_per_hour_of_facility: few(4),
        ..Emergency::default()
    };
    let world = World::start_in_emergency(emergency).await;
    world.register(&neighbours()).await;
    let (clinic, near) = (world.enrol(CODE).await, world.enrol("1319999981").await);
    let staff = clinic.administrator().await.0.token;
    let neighbour = near.administrator().await.0.token;
    let viewer = account(&clinic, &staff, "ishi", "medical_viewer", false).await;
    world.disaster(86_400).await;
    let wanted = search("双子花", None);
    for token in [&staff, &viewer, &staff] {
        let found = clinic.client.search_in_disaster(token, &wanted).await;
        found.unwrap();
        world.pass_seconds(60);
    }
    let outage = |it: &mut NewWindow| it.everywhere = true;
    world.open("outage", outage, 86_400).await;
    let other_mode = clinic.client.check_in_outage(&viewer, "1", &wanted).await;
    other_mode.unwrap();
    for token in [&viewer, &staff] {
        let refused = clinic.client.search_in_disaster(token, &wanted).await;
        let Err(ClientError::Problem(problem)) = refused else {
            panic!("it was answered");
        };
        assert_eq!(problem.code, "too_many_searches_here");
        assert_eq!(
            problem.retry_after_s,
            Some(3_420),
            "until the first of the four"
        );
        assert!(
            problem.clerk.en.contains("other accounts"),
            "{}",
            problem.clerk.en
        );
    }
    let refused = world.told("emergency-refused").await;
    assert!(refused.iter().all(|it| it.detail.contains("of=facility")));
    let beside = near.client.search_in_disaster(&neighbour, &wanted).await;
    assert_eq!(beside.unwrap().outcome, "one", "each facility by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_hear_at_once_that_a_window_opened_and_that_it_ended_by_itself() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let mut events = clinic.client.events(&staff, None);
    assert!(matches!(events.next().await.unwrap(), Received::Connected));
    world.disaster(600).await;
    let mut heard = Vec::new();
    for _ in 0..2 {
        let news = async {
            loop {
                if let Received::Event(api::event::Event::Emergency(news)) =
                    events.next().await.unwrap()
                {
                    break news;
                }
            }
        };
        let news = crate::patience::in_time("news of the window", news).await;
        heard.push(news.open);
        world.pass_seconds(600);
    }
    assert_eq!(heard, [vec!["disaster".to_owned()], Vec::new()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_refused_with_its_reason_in_both_languages() {
    let world = world().await;
    let later = world.now().plus_seconds(3_600).to_string();
    let new = |kind: &str| center::emergency::windows::NewWindow {
        kind: kind.into(),
        reason: "地震".into(),
        until: later.clone(),
        ..Default::default()
    };
    let mut everywhere = new("disaster");
    everywhere.everywhere = true;
    let mut by_area = new("outage");
    by_area.prefectures = vec!["13".into()];
    let mut unknown = new("disaster");
    unknown.facilities = vec!["1319999981".into()];
    let mut over = new("disaster");
    over.prefectures = vec!["13".into()];
    over.until = world.now().to_string();
    for (asked, ja, en) in [
        (new("storm"), "災害時", "disaster or outage"),
        (new("disaster"), "地域か施設", "no place is named"),
        (everywhere, "全施設には開放できません", "never for all"),
        (by_area, "地域では開放できません", "never for an area"),
        (unknown, "登録されていません", "not enrolled"),
        (over, "これからの日時", "in the future"),
    ] {
        let order = Order::OpenWindow(Box::new(asked), "unyo1".into());
        let Reply::Refused(why) = send(world.dir.path(), &order).await.unwrap() else {
            panic!("it was opened");
        };
        assert!(why.contains(ja) && why.contains(en), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_whom_two_opened_is_open_to_both_by_the_address_each_was_given() {
    let world = world().await;
    let clinic = world.enrol(CODE).await;
    let staff = clinic.administrator().await.0.token;
    let viewer = account(&clinic, &staff, "ishi", "medical_viewer", false).await;
    let client = &clinic.client;
    world.disaster(90_000).await;
    let mut given = Vec::new();
    for token in [&staff, &viewer] {
        let wanted = search("双子花", None);
        let found = client.search_in_disaster(token, &wanted).await.unwrap();
        let wish = opening(&found, "oral");
        given.push((
            token,
            client.open_in_disaster(token, &wish).await.unwrap().id,
        ));
    }
    let look = page();
    for (token, id) in given {
        let seen = client.look_at_medical_information(token, &id, &look);
        seen.await.unwrap();
    }
}
