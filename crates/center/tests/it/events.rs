//! What a facility's clients hear of, and what they never do.

use api::client::Client;
use api::client::events::{Events, Received};
use api::event::Event;
use api::reader::ModeChange;
use synthetic::card::case::Case;

use crate::own::desk;
use crate::patience::in_time;
use crate::world::{World, check};

/// The next event; what is not there within a while never comes.
pub(crate) async fn next(events: &mut Events) -> Event {
    loop {
        match in_time("the next event", events.next()).await.unwrap() {
            Received::Event(event) => return event,
            Received::Connected | Received::Moved => {}
            Received::Lost(why) => panic!("the line was lost: {why}"),
        }
    }
}

/// A stream that stands and knows its place.
pub(crate) async fn listen(client: &Client, token: &str) -> Events {
    let mut events = client.events(token, None);
    assert!(matches!(events.next().await.unwrap(), Received::Connected));
    assert!(matches!(events.next().await.unwrap(), Received::Moved));
    events
}

fn card_check(event: &Event) -> (&str, &str) {
    match event {
        Event::CardCheck(news) => (&news.id, &news.state),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_knows_its_place_before_its_first_event() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let link = clinic.sign_in("link_app").await.token;
    let events = listen(&clinic.client, &link).await;
    let place = events.last_id().map(str::to_owned);
    drop(events);
    // It ends here, and what happens meanwhile is heard of from that place on.
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    let mut again = clinic.client.events(&link, place);
    let event = next(&mut again).await;
    assert_eq!(card_check(&event).0, laid.check.check_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_account_hears_what_its_rights_cover() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let link = clinic.sign_in("link_app").await.token;
    let reader = clinic.sign_in("reader").await.token;
    let mut hears_all = listen(&clinic.client, &staff.token).await;
    let mut hears_results = listen(&clinic.client, &link).await;
    let mut hears_itself = listen(&clinic.client, &reader).await;
    clinic.ask_everything(&staff.token).await;
    for events in [&mut hears_all, &mut hears_results, &mut hears_itself] {
        assert!(matches!(next(events).await, Event::Settings(_)));
    }
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    let id = laid.check.check_id.as_str();
    assert_eq!(card_check(&next(&mut hears_all).await), (id, "opened"));
    clinic
        .answer(&reader, &laid, &[("surgery", "yes")])
        .await
        .unwrap();
    assert_eq!(card_check(&next(&mut hears_all).await), (id, "answered"));
    assert_eq!(
        card_check(&next(&mut hears_results).await),
        (id, "answered")
    );
    let change = ModeChange {
        mode: "visual".into(),
        return_after_minutes: None,
    };
    clinic
        .client
        .set_reader_mode(&staff.token, "reader", &change)
        .await
        .unwrap();
    for events in [&mut hears_all, &mut hears_itself] {
        let Event::Reader(reader) = next(events).await else {
            panic!("a reader's event")
        };
        assert_eq!(reader.mode, "visual");
    }
    clinic.client.release(&staff.token, "reader").await.unwrap();
    for events in [&mut hears_all, &mut hears_itself] {
        let Event::Release(release) = next(events).await else {
            panic!("a release")
        };
        assert_eq!(release.account, "administrator");
    }
    clinic.ask(&link, "k", "4567").await.unwrap();
    assert!(matches!(next(&mut hears_all).await, Event::Check(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_heard_of_by_staff_at_once_whoever_withdrew_and_by_no_machine() {
    let world = World::start_with_cards().await;
    let here = desk(&world, "1319999999").await;
    let elsewhere = desk(&world, "3410712362").await;
    let client = &here.clinic.client;
    let link = here.clinic.sign_in("link_app").await.token;
    let agree = async || {
        world.pass_seconds(1);
        here.consent(Case::Renewed, &[("checkups", "yes")]).await;
        let listed = client.medical_patients(&here.staff).await.unwrap();
        listed.patients[0].id.clone()
    };
    let id = agree().await;
    let mut staff = listen(client, &here.staff).await;
    let mut machine = listen(client, &link).await;
    let mut reader = listen(client, &here.reader).await;
    let mut stranger = listen(&elsewhere.clinic.client, &elsewhere.staff).await;
    let by_staff = crate::withdrawals::withdrawal(None);
    let done = client.withdraw_consent(&here.staff, "w", &id, &by_staff);
    done.await.unwrap();
    let Event::ConsentWithdrawn(news) = next(&mut staff).await else {
        panic!("a withdrawal")
    };
    assert_eq!(news.id, id, "what leads to the patient, and no name");
    // The patient's own, from the page of another facility's reader.
    let again = agree().await;
    let page = elsewhere.own(Case::Renewed).await.unwrap();
    let consent = page.consents[0].consent.clone();
    elsewhere.withdraw(&page, &consent).await.unwrap();
    let heard = async |events: &mut Events| loop {
        match next(events).await {
            Event::CardCheck(_) => {}
            other => return other,
        }
    };
    let Event::ConsentWithdrawn(news) = heard(&mut staff).await else {
        panic!("a withdrawal")
    };
    assert_eq!(news.id, again);
    // Machines, readers and other facilities hear of the next thing that is theirs, and of nothing before it.
    for desk in [&here, &elsewhere] {
        desk.clinic.ask_everything(&desk.staff).await;
    }
    for events in [&mut machine, &mut reader, &mut stranger] {
        assert!(matches!(heard(events).await, Event::Settings(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_no_is_heard_of_as_a_withdrawal_is_and_a_first_one_is_not() {
    let world = World::start_with_cards().await;
    let here = desk(&world, "1319999999").await;
    let client = &here.clinic.client;
    let answer = async |choice: &str| {
        world.pass_seconds(1);
        here.consent(Case::Renewed, &[("checkups", choice)]).await;
    };
    let mut staff = listen(client, &here.staff).await;
    answer("no").await;
    answer("yes").await;
    let listed = client.medical_patients(&here.staff).await.unwrap();
    let id = listed.patients[0].id.clone();
    answer("no").await;
    let mut states = Vec::new();
    loop {
        match next(&mut staff).await {
            Event::CardCheck(news) => states.push(news.state),
            Event::ConsentWithdrawn(news) => {
                assert_eq!(news.id, id, "what leads to the patient");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let before = ["opened", "answered", "opened", "answered", "opened"];
    assert_eq!(states, before, "nothing was taken back before the last");
    let over = client.open_now(&here.staff, &id).await;
    assert!(over.is_err(), "{over:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_facility_never_reach_another() {
    let world = World::start_with_cards().await;
    let one = world.enrol("1319999999").await;
    let other = world.enrol("3410712362").await;
    let (staff, _) = one.administrator().await;
    let (outsider, _) = other.administrator().await;
    let mut there = listen(&other.client, &outsider.token).await;
    let reader = one.sign_in("reader").await.token;
    one.lay(&reader, Case::Valid, "pin").await.unwrap();
    one.client.release(&staff.token, "reader").await.unwrap();
    one.ask(&one.sign_in("link_app").await.token, "k", "4567")
        .await
        .unwrap();
    other.ask_everything(&outsider.token).await;
    assert!(
        matches!(next(&mut there).await, Event::Settings(_)),
        "its own comes first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_on_behind_the_last_event_it_received() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let mut events = listen(&clinic.client, &staff.token).await;
    let first = clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    let opened = next(&mut events).await;
    assert_eq!(card_check(&opened).0, first.check.check_id);
    let last = events.last_id().map(str::to_owned);
    drop(events);
    let second = clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    let mut again = clinic.client.events(&staff.token, last);
    let missed = [next(&mut again).await, next(&mut again).await];
    let told: Vec<(&str, &str)> = missed.iter().map(card_check).collect();
    let (id, next_id) = (
        first.check.check_id.as_str(),
        second.check.check_id.as_str(),
    );
    assert_eq!(told, [(id, "closed_without_answers"), (next_id, "opened")]);
    let mut ahead = clinic.client.events(&staff.token, Some("999999999".into()));
    assert!(matches!(ahead.next().await.unwrap(), Received::Connected));
    clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    assert_eq!(card_check(&next(&mut ahead).await).1, "opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_patient_left_open_is_closed_by_the_center_itself() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let link = clinic.sign_in("link_app").await.token;
    let mut events = listen(&clinic.client, &link).await;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    world.pass_seconds(300);
    let closed = next(&mut events).await;
    let id = laid.check.check_id.as_str();
    assert_eq!(card_check(&closed), (id, "closed_without_answers"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_session_and_is_no_activity() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let mut events = listen(&clinic.client, &staff.token).await;
    clinic.client.sign_out(&staff.token).await.unwrap();
    assert!(matches!(events.next().await.unwrap(), Received::Lost(_)));
    check(events.next().await, "not_signed_in");
    // A page that listens does not keep its person signed in.
    let staff = clinic
        .try_sign_in("administrator", "Kanri-7654321", true)
        .await
        .unwrap();
    let mut events = listen(&clinic.client, &staff.token).await;
    world.pass_seconds(31 * 60);
    let reader = clinic.sign_in("reader").await.token;
    clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    assert!(
        matches!(events.next().await.unwrap(), Received::Lost(_)),
        "it hears nothing more"
    );
    check(events.next().await, "session_ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_hears_nothing_and_an_account_has_eight_streams_at_most() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let reader = clinic.sign_in("reader").await.token;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(listen(&clinic.client, &reader).await);
    }
    let mut ninth = clinic.client.events(&reader, None);
    assert!(matches!(ninth.next().await.unwrap(), Received::Lost(_)));
    let master = clinic.sign_in("master").await.token;
    let mut events = clinic.client.events(&master, None);
    check(events.next().await, "password_change_needed");
    let mut wrong = clinic.client.events(&reader, Some("latest".into()));
    open.clear();
    // The center hears of a closed stream a moment later; until then there is no place.
    let refused = in_time("a place for a stream", async {
        loop {
            match wrong.next().await {
                Ok(Received::Lost(_)) => {}
                other => return other,
            }
        }
    });
    check(refused.await, "invalid_input");
}
