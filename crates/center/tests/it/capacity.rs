//! More than the center can do: who is turned away and in which order, who waits, what one facility or one slow client takes from others, and
//! an end of the center in the middle of it. Requests are held in progress by bodies that do not end; nothing is measured in time.

use std::num::NonZeroU32;

use center::config::Config;
use center::config::capacity::Capacity;
use center::config::network::Network;
use pki::identity::Identity;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::metrics::{scrape, value};
use crate::patience::in_time;
use crate::world::{Clinic, RawAnswer, World, check, read_answer, read_answer_of_open_line};

const CLINIC: &str = "1319999999";

fn most(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

async fn world(set: impl FnOnce(&mut Capacity)) -> World {
    World::start_set(|config: &mut Config| {
        config.limits.body_ms = most(600_000);
        // One facility fills the center here.
        config.capacity.in_progress_of_facility = Some(most(96));
        set(&mut config.capacity);
    })
    .await
}

const CHECK: &str =
    r#"{"birth_date":"1970-01-02","insurer_number":"06139992","symbol":"123","number":"4567"}"#;

/// A request for a check whose body does not end: it is in progress as long as the test wants.
pub(crate) struct Held {
    stream: TlsStream<TcpStream>,
    rest: Vec<u8>,
}

impl Held {
    pub(crate) async fn begin(world: &World, identity: &Identity, token: &str) -> Self {
        let stream = world.connect(identity).await;
        Self::begin_on(stream, token).await
    }

    async fn begin_on(mut stream: TlsStream<TcpStream>, token: &str) -> Self {
        let (length, path) = (CHECK.len(), api::routes::CHECKS);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let (first, rest) = CHECK.split_at(10);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        Self {
            stream,
            rest: rest.as_bytes().to_vec(),
        }
    }

    /// Ends the body; the answer, and the line.
    pub(crate) async fn end(mut self) -> (RawAnswer, TlsStream<TcpStream>) {
        self.stream.write_all(&self.rest).await.unwrap();
        let answer = read_answer_of_open_line(&mut self.stream).await;
        (answer, self.stream)
    }
}

/// Waits until monitoring sees so many.
pub(crate) async fn until(world: &World, name: &str, count: f64) {
    let seen = async {
        while 0.5 < (value(&scrape(world).await, name) - count).abs() {
            tokio::task::yield_now().await;
        }
    };
    in_time(&format!("{name} {count}"), seen).await;
}

async fn in_progress(world: &World, count: f64) {
    until(world, "onshi_requests_in_progress{class=\"check\"}", count).await;
}

/// One request of each class, the most urgent first.
const REQUESTS: [(&str, &str, &str); 5] = [
    ("card_check", "GET /v1/card-checks/x", ""),
    ("check", "POST /v1/checks", CHECK),
    ("sign_in", "GET /v1/keys", ""),
    ("pages", "GET /v1/notices", ""),
    ("bulk", "GET /v1/bulk-checks", ""),
];

/// A check that is not repeated, since it has no key.
async fn once(clinic: &Clinic, token: &str) -> Result<serde_json::Value, api::client::ClientError> {
    let body = serde_json::from_str(CHECK).unwrap();
    let path = api::routes::CHECKS;
    clinic.call(http::Method::POST, path, token, &body).await
}

/// Classes of which a request is turned away now.
async fn turned_away(world: &World, clinic: &Clinic, token: &str) -> Vec<&'static str> {
    let bearer = format!("authorization: Bearer {token}");
    let headers = [bearer.as_str(), "content-type: application/json"];
    let mut away = Vec::new();
    for (class, line, body) in REQUESTS {
        let answer = world.raw(&clinic.identity, line, &headers, body.as_bytes());
        let answer = answer.await;
        if answer.status == 503 {
            assert_eq!(answer.code(), "overloaded");
            let after: u32 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&after), "{class}: {after}");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(
                text.contains("混み合って") && text.contains("crowded"),
                "{text}"
            );
            away.push(class);
        }
    }
    away
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_is_turned_away_first_and_a_check_by_card_last() {
    let world = world(|it| {
        it.in_progress = most(10);
        it.waiting = 0;
    })
    .await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let mut held = Vec::new();
    for (count, expected) in [
        (1, vec![]),
        (2, vec!["bulk"]),
        (5, vec!["pages", "bulk"]),
        (7, vec!["sign_in", "pages", "bulk"]),
        (9, vec!["check", "sign_in", "pages", "bulk"]),
    ] {
        while held.len() < count {
            held.push(Held::begin(&world, &clinic.identity, &token).await);
        }
        in_progress(&world, count as f64).await;
        let away = turned_away(&world, &clinic, &token).await;
        assert_eq!(away, expected, "{count} in progress");
    }
    for held in held {
        assert_eq!(
            held.end().await.0.status,
            200,
            "what was admitted is answered"
        );
    }
    in_progress(&world, 0.0).await;
    assert!(turned_away(&world, &clinic, &token).await.is_empty());
    let text = scrape(&world).await;
    for (class, count) in [
        ("bulk", 4.0),
        ("pages", 3.0),
        ("sign_in", 2.0),
        ("check", 1.0),
    ] {
        let name = format!("onshi_requests_shed_total{{class=\"{class}\",why=\"full\"}}");
        assert!((value(&text, &name) - count).abs() < 0.5, "{name}:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_room_to_wait_is_answered_when_a_place_comes_free() {
    let world = world(|it| {
        it.in_progress = most(1);
        it.waiting = 1;
        it.wait_ms = most(600_000);
    })
    .await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let held = Held::begin(&world, &clinic.identity, &token).await;
    in_progress(&world, 1.0).await;
    let waits = clinic.ask(&token, "k1", "4567");
    let then = async {
        until(&world, "onshi_requests_waiting{class=\"check\"}", 1.0).await;
        check(once(&clinic, &token).await, "overloaded");
        held.end().await.0.status
    };
    let (waited, first) = tokio::join!(waits, then);
    waited.unwrap();
    assert_eq!(first, 200);
    until(&world, "onshi_requests_waiting{class=\"check\"}", 0.0).await;
    // Whoever goes away while waiting takes no place along.
    let held = Held::begin(&world, &clinic.identity, &token).await;
    in_progress(&world, 1.0).await;
    let mut gone = world.connect(&clinic.identity).await;
    gone.write_all(b"GET /v1/keys HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    until(&world, "onshi_requests_waiting{class=\"sign_in\"}", 1.0).await;
    drop(gone);
    until(&world, "onshi_requests_waiting{class=\"sign_in\"}", 0.0).await;
    held.end().await;
    clinic.ask(&token, "k2", "4567").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_with_a_key_that_found_no_place_is_asked_again_by_the_client() {
    let world = world(|it| {
        it.in_progress = most(1);
        it.waiting = 0;
    })
    .await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let held = Held::begin(&world, &clinic.identity, &token).await;
    in_progress(&world, 1.0).await;
    let asked = clinic.ask(&token, "k1", "4567");
    let then = async {
        let shed = "onshi_requests_shed_total{class=\"check\",why=\"full\"}";
        until(&world, shed, 1.0).await;
        held.end().await.0.status
    };
    let (answer, first) = tokio::join!(asked, then);
    assert_eq!((answer.is_ok(), first), (true, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_facility_leaves_room_for_others_when_it_is_crowded() {
    let world = world(|it| {
        it.in_progress = most(16);
        it.waiting = 0;
    })
    .await;
    let (large, small) = (world.enrol(CLINIC).await, world.enrol("1319999981").await);
    let large_token = large.sign_in("link_app").await.token;
    let small_token = small.sign_in("link_app").await.token;
    let mut held = Vec::new();
    held.push(Held::begin(&world, &small.identity, &small_token).await);
    for _ in 0..8 {
        held.push(Held::begin(&world, &large.identity, &large_token).await);
    }
    in_progress(&world, 9.0).await;
    check(once(&large, &large_token).await, "overloaded");
    small.ask(&small_token, "k1", "4567").await.unwrap();
    for held in held {
        assert_eq!(held.end().await.0.status, 200);
    }
    large.ask(&large_token, "k1", "4567").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_send_no_body_hold_places_of_the_enroll_listener_alone() {
    let world = world(|it| {
        it.in_progress = most(16);
        it.waiting = 0;
    })
    .await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n",
        api::routes::CERTIFICATE_DOWNLOAD
    );
    let mut silent = Vec::new();
    for count in 1..=16 {
        let mut stream = world.connect_to(world.enroll, None).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        silent.push(stream);
        let name = "onshi_requests_in_progress{class=\"enroll\"}";
        until(&world, name, f64::from(count)).await;
    }
    let mut next = world.connect_to(world.enroll, None).await;
    next.write_all(head.as_bytes()).await.unwrap();
    let answer = read_answer(&mut next).await;
    assert_eq!((answer.status, answer.code()), (503, "overloaded".into()));
    let away = turned_away(&world, &clinic, &token).await;
    assert!(away.is_empty(), "{away:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_a_certificates_own_are_closed_and_others_are_not() {
    let world = world(|it| it.connections_of_certificate = most(3)).await;
    let (clinic, other) = (world.enrol(CLINIC).await, world.enrol("1319999981").await);
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = world.connect(&clinic.identity).await;
        stream
            .write_all(b"GET /v1/keys HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(read_answer_of_open_line(&mut stream).await.status, 200);
        open.push(stream);
    }
    let mut beyond = world.connect(&clinic.identity).await;
    let mut rest = Vec::new();
    // Closed, with or without an error of the line.
    let _ = in_time("the close", beyond.read_to_end(&mut rest)).await;
    assert!(rest.is_empty());
    other.client.keys().await.unwrap();
    let name = "onshi_connections_refused_total{of=\"certificate\"}";
    until(&world, name, 1.0).await;
    drop(open);
    // The next finds room as soon as the center saw them end.
    let room = async {
        while clinic.client.keys().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    in_time("room for the next", room).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_through_a_balancer_have_not_the_bound_of_one_address() {
    let world = World::start_set(|config| {
        config.capacity.connections_of_address = most(1);
        let balancer = Network::try_from("127.0.0.0/8".to_owned()).unwrap();
        config.listen.balancers = vec![balancer];
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = world.connect_to(world.enroll, None).await;
        stream
            .write_all(b"GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(read_answer_of_open_line(&mut stream).await.status, 404);
        open.push(stream);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_no_answer_is_let_go_and_its_memory_with_it() {
    let world = World::start_set(|config| config.limits.write_ms = most(500)).await;
    let clinic = world.enrol(CLINIC).await;
    let open = "onshi_connections_open";
    until(&world, open, 0.0).await;
    let mut greedy = world.connect(&clinic.identity).await;
    // Asks and asks and reads nothing, until the center takes no more either.
    let ask = b"GET /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(64);
    until(&world, open, 1.0).await;
    let refused = async { while greedy.write_all(&ask).await.is_ok() {} };
    in_time("the center to take no more", refused).await;
    until(&world, open, 0.0).await;
    until(&world, "onshi_requests_in_progress{class=\"bulk\"}", 0.0).await;
    clinic.client.keys().await.unwrap();
}

/// Whether the listener still takes connections.
async fn accepts(at: std::net::SocketAddr) -> bool {
    TcpStream::connect(at).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_center_answers_what_is_in_progress_and_tells_lines_to_close() {
    let mut world = world(|_| {}).await;
    let clinic = world.enrol(CLINIC).await;
    let session = clinic.sign_in("link_app").await;
    let token = session.token;
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(Held::begin(&world, &clinic.identity, &token).await);
    }
    in_progress(&world, 20.0).await;
    let mut idle = world.connect(&clinic.identity).await;
    let keys = b"GET /v1/keys HTTP/1.1\r\nhost: localhost\r\n\r\n";
    idle.write_all(keys).await.unwrap();
    read_answer_of_open_line(&mut idle).await;
    let mut events = clinic.client.events(&token, None);
    events.next().await.unwrap();
    let (api, center) = (world.api, world.center.take().unwrap());
    let stopped = tokio::spawn(center.stop());
    let closed = async {
        while accepts(api).await {
            tokio::task::yield_now().await;
        }
    };
    in_time("the listener's end", closed).await;
    let mut rest = Vec::new();
    let _ = in_time("the close", idle.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "an idle line is closed");
    assert!(!stopped.is_finished(), "it waits for what is in progress");
    for held in held {
        let (answer, mut stream) = held.end().await;
        assert_eq!(answer.status, 200, "{}", answer.head);
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
    }
    stopped.await.unwrap().unwrap();
    let path = world.dir.path().join("center.db");
    let store = store::engine::Engine::open_center(&path, [7; 16]).unwrap();
    let report = store.verify_audit(&[], |_, _, _| true).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_never_ends_holds_the_end_of_the_center() {
    let mut world = world(|it| it.drain_ms = most(1)).await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let _held = Held::begin(&world, &clinic.identity, &token).await;
    in_progress(&world, 1.0).await;
    let end = world.center.take().unwrap().stop();
    in_time("the end of the center", end).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_waits_behind_all_that_patients_wait_for() {
    use crate::insurer_feeds::{feed, file, person};
    use domain::feed::insurer::InsurerKind;
    let world = world(|it| it.in_progress = most(4)).await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let held = Held::begin(&world, &clinic.identity, &token).await;
    in_progress(&world, 1.0).await;
    let bytes = file(InsurerKind::Persons, (0..50).map(person));
    let load = crate::insurer_feeds::send_file(&world, feed(InsurerKind::Persons), &bytes);
    let then = async {
        until(&world, "onshi_requests_waiting{class=\"bulk\"}", 1.0).await;
        // Checks go on beside it.
        clinic.ask(&token, "k1", "4567").await.unwrap();
        held.end().await.0.status
    };
    let (loaded, first) = tokio::join!(load, then);
    assert_eq!((loaded.unwrap().added, first), (50, 200));
    until(&world, "onshi_requests_in_progress{class=\"bulk\"}", 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_center_ended_is_told_by_the_next_one() {
    let mut world = world(|it| it.drain_ms = most(1)).await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let text = scrape(&world).await;
    assert!(value(&text, "onshi_draining") < 0.5);
    assert!(!text.contains("onshi_last_drain"), "nobody ended before");
    let _held = Held::begin(&world, &clinic.identity, &token).await;
    in_progress(&world, 1.0).await;
    let end = world.center.take().unwrap().stop();
    in_time("the end of the center", end).await.unwrap();
    let (dir, micros) = (world.dir.path(), std::sync::Arc::clone(&world.micros));
    let center = crate::world::start_center(dir, Default::default(), micros).await;
    world.metrics = center.metrics;
    world.center = Some(center);
    let text = scrape(&world).await;
    let cut = value(&text, "onshi_last_drain_connections{what=\"cut\"}");
    assert!((1.0..2.5).contains(&cut), "{text}");
    assert!(value(&text, "onshi_last_drain_seconds") < 60.0);
}
