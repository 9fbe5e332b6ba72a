//! Readers as staff see and switch them, and a facility's settings.

use api::client::cards::Cause;
use api::reader::{ModeChange, ReaderReport};
use center::control::{Order, Reply, send};
use center::enroll::ReaderEnrolment;
use http::Method;
use serde_json::json;

use crate::world::{World, check};

fn visual(minutes: Option<u16>) -> ModeChange {
    ModeChange {
        mode: "visual".into(),
        return_after_minutes: minutes,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_visual_mode_ends_by_itself_and_says_when() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let own = clinic.client.own_reader(&reader).await.unwrap();
    assert_eq!(
        (own.mode.as_str(), own.state.as_str()),
        ("unattended", "away")
    );
    let set = clinic
        .client
        .set_reader_mode(&staff.token, "reader", &visual(Some(3)))
        .await
        .unwrap();
    assert!(set.returns_at.is_some());
    assert_eq!(
        clinic.client.own_reader(&reader).await.unwrap().mode,
        "visual"
    );
    world.pass_seconds(180);
    let back = clinic.client.own_reader(&reader).await.unwrap();
    assert_eq!((back.mode.as_str(), back.returns_at), ("unattended", None));
    let by_setting = clinic
        .client
        .set_reader_mode(&staff.token, "reader", &visual(None))
        .await
        .unwrap();
    assert!(by_setting.returns_at.is_some(), "ten minutes by default");
    for (id, change, expected) in [
        ("reader", visual(Some(0)), "invalid_input"),
        ("reader", visual(Some(241)), "invalid_input"),
        ("nobody", visual(None), "not_found"),
        ("pc:受付1", visual(None), "not_found"),
        ("reader", ModeChange::default(), "invalid_input"),
    ] {
        let set = clinic
            .client
            .set_reader_mode(&staff.token, id, &change)
            .await;
        check(set, expected);
    }
    check(
        clinic
            .client
            .set_reader_mode(&reader, "reader", &visual(None))
            .await,
        "not_permitted",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_says_what_it_does_and_falls_silent() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let report = ReaderReport {
        profile: Some("panasonic".into()),
        staff_called: true,
        state: "asking".into(),
        visit: None,
    };
    clinic.client.report_reader(&reader, &report).await.unwrap();
    let all = clinic
        .client
        .readers(&staff.token, Cause::Person)
        .await
        .unwrap();
    let [shown] = all.readers.as_slice() else {
        panic!("one reader");
    };
    assert!(shown.staff_called && !shown.terminal_keys && !shown.face);
    assert_eq!(
        (shown.id.as_str(), shown.state.as_str()),
        ("reader", "asking")
    );
    assert_eq!(shown.profile.as_deref(), Some("panasonic"));
    world.pass_seconds(660);
    let all = clinic
        .client
        .readers(&staff.token, Cause::Person)
        .await
        .unwrap();
    assert_eq!(all.readers[0].state, "away");
    let wrong = ReaderReport {
        state: "asleep".into(),
        ..report
    };
    check(
        clinic.client.report_reader(&reader, &wrong).await,
        "invalid_input",
    );
    check(clinic.client.own_reader(&staff.token).await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_operator_enrols_a_reader_and_only_one_that_exists() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let enrol = async |reader: &str, terminal_keys, face| {
        let order = Order::EnrollReader(ReaderEnrolment {
            code: clinic.enrolled.code.clone(),
            reader: reader.into(),
            terminal_keys,
            face,
        });
        match send(world.dir.path(), &order).await.unwrap() {
            Reply::Refused(why) => why,
            reply => format!("{reply:?}"),
        }
    };
    assert_eq!(enrol("reader", true, true).await, "Done");
    assert!(enrol("reader", false, true).await.contains("terminal keys"));
    assert!(
        enrol("link_app", true, false)
            .await
            .contains("no active reader")
    );
    assert!(
        enrol("pc:どこか", true, false)
            .await
            .contains("no terminal")
    );
    let reader = clinic.sign_in("reader").await.token;
    let own = clinic.client.own_reader(&reader).await.unwrap();
    assert!(own.terminal_keys && own.face);
    assert_eq!(enrol("reader", false, false).await, "Done");
    assert!(
        !clinic
            .client
            .own_reader(&reader)
            .await
            .unwrap()
            .terminal_keys
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_read_by_all_and_changed_by_the_administrator_alone() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let shown = clinic
        .client
        .settings(&staff.token, Cause::Person)
        .await
        .unwrap();
    assert_eq!(
        (shown.drugs.as_str(), shown.surgery.as_str()),
        ("on", "off")
    );
    let mut changed = shown.clone();
    changed.surgery = "on".into();
    let version = shown.version.as_deref();
    let saved = clinic
        .client
        .change_settings(&staff.token, version, &changed)
        .await
        .unwrap();
    assert_ne!(saved.version, shown.version);
    check(
        clinic
            .client
            .change_settings(&staff.token, version, &changed)
            .await,
        "changed",
    );
    let reader = clinic.sign_in("reader").await.token;
    let read = clinic
        .client
        .settings(&reader, Cause::Background)
        .await
        .unwrap();
    assert_eq!(read, saved);
    check(
        clinic.client.change_settings(&reader, None, &changed).await,
        "not_permitted",
    );
    let wrong = json!({"checkups": "on", "drugs": "on", "electronic_prescriptions": "on", "face_policy": "face_assist",
        "link_may_read_treatment": "off", "medical_subsidy": "on", "prescription_forms": "both", "prescription_question": "on", "receipt_computer_asks": "maybe",
        "results_flow": "yes", "second_factor": "off", "surgery": "sometimes", "treatment": "on", "usual_hours": "6-22", "visual_reminder": "on", "visual_return_minutes": 500});
    let refused = clinic
        .call(Method::PUT, api::routes::SETTINGS, &staff.token, &wrong)
        .await;
    check(refused, "invalid_input");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_settings_says_who_changed_what_when_and_nothing_of_other_facilities() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let other = world.enrol("3410712362").await;
    let (staff, _) = clinic.administrator().await;
    let none = clinic.client.settings_history(&staff.token, None).await;
    assert!(none.unwrap().changes.is_empty());
    let mut settings = clinic
        .client
        .settings(&staff.token, Cause::Person)
        .await
        .unwrap();
    for minutes in 11..=62 {
        settings.visual_return_minutes = minutes;
        settings.results_flow = if minutes == 62 { "yes" } else { "no" }.into();
        let saved = clinic
            .client
            .change_settings(&staff.token, settings.version.as_deref(), &settings)
            .await;
        settings.version = saved.unwrap().version;
    }
    let page = clinic.client.settings_history(&staff.token, None).await;
    let page = page.unwrap();
    assert_eq!(page.changes.len(), 50);
    let newest = &page.changes[0];
    assert_eq!(
        (newest.account.as_str(), newest.version.as_str()),
        ("administrator", "52")
    );
    assert!(newest.at.ends_with('Z'), "{}", newest.at);
    let told: Vec<String> = newest
        .settings
        .iter()
        .map(|it| format!("{} {} {}", it.setting, it.was, it.became))
        .collect();
    assert_eq!(told, ["visual_return_minutes 61 62", "results_flow no yes"]);
    let before = page.next.as_deref();
    let rest = clinic.client.settings_history(&staff.token, before).await;
    let rest = rest.unwrap();
    let versions: Vec<&str> = rest.changes.iter().map(|it| it.version.as_str()).collect();
    assert_eq!((versions, rest.next), (vec!["2", "1"], None));
    let (outsider, _) = other.administrator().await;
    let none = other.client.settings_history(&outsider.token, None).await;
    assert!(none.unwrap().changes.is_empty());
    let reader = clinic.sign_in("reader").await.token;
    check(
        clinic.client.settings_history(&reader, None).await,
        "not_permitted",
    );
    for wrong in ["?before=0", "?before=x", "?before=-1", "?since=1"] {
        let path = format!("{}{wrong}", api::routes::SETTINGS_HISTORY);
        let refused = clinic
            .client
            .call(Method::GET, &path, Some(&staff.token), None, None);
        check(refused.await, "invalid_query");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weakened_screen_lock_is_recorded_for_the_administrator_alone() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let record =
        async |token: &str, state: &str| clinic.client.record_screen_lock(token, state).await;
    record(&staff.token, "removed").await.unwrap();
    record(&staff.token, "full").await.unwrap();
    check(record(&staff.token, "gone").await, "invalid_input");
    let reader = clinic.sign_in("reader").await.token;
    check(record(&reader, "removed").await, "not_permitted");
    let query = store::audit::search::Query {
        deed: Some(domain::audit::Deed::ScreenLock),
        ..Default::default()
    };
    let path = world.dir.path().join("center.db");
    let engine = crate::places::store(&path, 9);
    let told: Vec<String> = engine
        .search_audit(&query, 9)
        .unwrap()
        .into_iter()
        .map(|it| it.detail)
        .collect();
    assert_eq!(
        told,
        ["state=full terminal=受付1", "state=removed terminal=受付1"]
    );
}
