//! Traces as a collector of OpenTelemetry takes them: what a check is made of, that nobody is in it, and that a collector that is away or slow
//! keeps nobody waiting. What arrives is read by the collector's own definitions.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use center::config::Config;
use center::config::traces::{Endpoint, Share, Traces};
use domain::civil_date::Instant;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use pki::authority::Authority;
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Revocations, Versions};
use synthetic::card::case::Case;
use tokio::net::TcpListener;

use crate::bulk::{bulk_check, order, result, taro};
use crate::capacity::{Held, until};
use crate::metrics::{scrape, value};
use crate::world::{World, check};

const CLINIC: &str = "1319999999";
const PLACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What a collector was sent.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

impl Taken {
    /// The routes of a collector that takes everything.
    fn router(&self) -> Router {
        let taken = self.clone();
        let take = async move |headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/json");
            let message = serde_json::from_slice(&body).unwrap();
            taken.0.lock().unwrap().push(message);
            (StatusCode::OK, "{}").into_response()
        };
        Router::new().route("/v1/traces", post(take))
    }

    fn spans(&self) -> Vec<Span> {
        let messages = self.0.lock().unwrap();
        let resources = messages.iter().flat_map(|it| &it.resource_spans);
        let scopes = resources.flat_map(|it| &it.scope_spans);
        scopes.flat_map(|it| it.spans.clone()).collect()
    }

    /// The names of the stages of each trace whose first span has this name, with that span.
    fn named(&self, name: &str) -> Vec<(Span, Vec<String>)> {
        let spans = self.spans();
        let first = spans.iter().filter(|it| it.name == name);
        let with_stages = first.map(|first| {
            let below = spans.iter().filter(|it| it.trace_id == first.trace_id);
            let below = below.filter(|it| it.parent_span_id == first.span_id);
            (first.clone(), below.map(|it| it.name.clone()).collect())
        });
        with_stages.collect()
    }

    /// All texts a reader of the traces would see.
    fn texts(&self) -> BTreeSet<String> {
        let mut texts = BTreeSet::new();
        for resource in self
            .0
            .lock()
            .unwrap()
            .iter()
            .flat_map(|it| &it.resource_spans)
        {
            let own = resource.resource.iter().flat_map(|it| &it.attributes);
            texts.extend(own.map(|it| text(it.value.as_ref().unwrap().value.as_ref().unwrap())));
        }
        for span in self.spans() {
            assert!(span.events.is_empty() && span.links.is_empty());
            assert!(span.trace_state.is_empty());
            texts.extend(span.status.iter().map(|it| it.message.clone()));
            texts.insert(span.name);
            for attribute in span.attributes {
                texts.insert(attribute.key);
                texts.insert(text(&attribute.value.unwrap().value.unwrap()));
            }
        }
        texts
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    }
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|it| it.key == key);
    let found = found.unwrap_or_else(|| panic!("no {key}: {span:?}"));
    text(found.value.as_ref().unwrap().value.as_ref().unwrap())
}

/// A collector at an address of this machine.
async fn collector(router: Router) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(socket, router).await });
    at
}

fn to(endpoint: &str) -> Traces {
    Traces {
        endpoint: Endpoint::try_from(endpoint.to_owned()).unwrap(),
        ratio: Share::try_from(1.0).unwrap(),
        ..Traces::default()
    }
}

fn at(collector: SocketAddr) -> Traces {
    to(&format!("http://{collector}"))
}

async fn world(traces: Traces) -> World {
    World::start_set(|config: &mut Config| {
        config.cards = crate::deck::settings(&config.data_dir);
        config.traces = Some(traces);
    })
    .await
}

/// Ends the center, which sends what is left.
async fn end(world: &mut World) {
    world.center.take().unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_is_told_of_by_its_stages_and_nobody_is_in_it() {
    let taken = Taken::default();
    let mut world = world(at(collector(taken.router()).await)).await;
    let store = world.dir.path().join("center.db");
    crate::deck::register(&crate::places::store(&store, 8)).await;
    let clinic = world.enrol(CLINIC).await;
    let link = clinic.sign_in("link_app").await.token;
    let id = clinic.ask(&link, "schluessel-1", "4567").await.unwrap();
    check(clinic.ask(&link, "schluessel-2", "").await, "invalid_input");
    check(
        clinic.ask("no-token", "schluessel-3", "4567").await,
        "not_signed_in",
    );
    check(clinic.client.past_check(&link, &id).await, "not_permitted");
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    check(
        clinic.lay(&reader, Case::Revoked, "pin").await,
        "card_certificate_revoked",
    );
    let asked = bulk_check(&[taro(None), taro(Some("A03"))]);
    let reception = order(&clinic, &link, "OQSmuquc01", &asked).await;
    result(&clinic, &link, "OQSmuquc02", &reception).await;
    end(&mut world).await;

    let checks = taken.named("POST /v1/checks");
    let by_status = |status: &str| {
        let mut all = checks.iter();
        all.find(|(it, _)| attribute(it, "http.response.status_code") == status)
            .unwrap()
    };
    let (answered, stages) = by_status("200");
    let expected = [
        "store.session",
        "store.look_up",
        "store.wait",
        "store.commit",
    ];
    assert_eq!(stages, &expected);
    assert_eq!(attribute(answered, "onshi.admission.class"), "check");
    assert_eq!(attribute(answered, "onshi.admission.wait_us"), "0");
    assert_eq!(attribute(answered, "http.route"), "/v1/checks");
    assert_eq!(answered.kind, 2);
    let (_, refused) = by_status("422");
    assert_eq!(refused, &["store.session"]);
    let (_, unknown) = by_status("401");
    assert_eq!(unknown, &["store.session"]);
    let cards = taken.named("POST /v1/card-checks");
    let (_, stages) = &cards[0];
    for stage in [
        "card.prove",
        "store.look_up",
        "receipt.sign",
        "store.commit",
    ] {
        assert!(stages.iter().any(|it| it == stage), "{stage}: {stages:?}");
    }
    let (_, refused) = &cards[1];
    assert!(refused.iter().any(|it| it == "card.prove"), "{refused:?}");
    assert!(
        !refused.iter().any(|it| it == "receipt.sign"),
        "{refused:?}"
    );
    let (_, lines) = &taken.named("bulk.part")[0];
    let count = |stage: &str| lines.iter().filter(|it| *it == stage).count();
    assert_eq!((count("store.look_up"), count("receipt.sign")), (2, 2));
    assert!(1 <= count("store.commit"), "{lines:?}");
    for span in taken.spans() {
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    }
    let serial = synthetic::card::authority::serial(
        Case::Everything,
        synthetic::card::authority::Generation::FIRST,
    );
    nobody_is_in(
        &taken,
        &[
            CLINIC,
            "link_app",
            "reader",
            "受付1",
            &link,
            &reader,
            &id,
            &laid.check.check_id,
            &laid.name,
            "資格",
            "太郎",
            "4567",
            "４５６７",
            "123",
            "06139992",
            "1970",
            "schluessel",
            &reception,
            &serial.to_string(),
            &format!("{serial:x}"),
        ],
    );
}

/// Whatever stands in a trace was written in the program: names of stages, routes and methods, numbers, and this process's own number.
fn nobody_is_in(taken: &Taken, private: &[&str]) {
    let texts = taken.texts();
    let operations = api::openapi::operations::all();
    let routes: BTreeSet<&str> = operations.map(|it| it.path).collect();
    let written = [
        "admission.wait",
        "store.session",
        "store.look_up",
        "card.prove",
        "receipt.sign",
        "store.wait",
        "store.commit",
        "bulk.part",
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "onshi.admission.class",
        "onshi.admission.wait_us",
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "card_check",
        "check",
        "sign_in",
        "pages",
        "bulk",
        "onshi-center",
        env!("CARGO_PKG_VERSION"),
        "",
    ];
    for text in &texts {
        let is_number = text.parse::<u64>().is_ok();
        let is_process = text.len() == 16 && text.bytes().all(|it| it.is_ascii_hexdigit());
        let route = text
            .split_once(' ')
            .map_or(text.as_str(), |(_, route)| route);
        let is_known = written.contains(&text.as_str()) || routes.contains(route);
        assert!(is_known || is_number || is_process, "{text}");
        for private in private {
            let is_short = private.len() < 7;
            let is_in = if is_short {
                text == private
            } else {
                text.contains(private)
            };
            assert!(!is_in, "{private} in {text}");
        }
    }
    assert!(10 < texts.len(), "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waited_for_a_place_says_how_long() {
    let taken = Taken::default();
    let traces = at(collector(taken.router()).await);
    let mut world = World::start_set(|config: &mut Config| {
        config.traces = Some(traces);
        config.capacity.in_progress = 2.try_into().unwrap();
        config.capacity.wait_ms = 600_000.try_into().unwrap();
        config.limits.body_ms = 600_000.try_into().unwrap();
    })
    .await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    // Of two places checks have one.
    let held = Held::begin(&world, &clinic.identity, &token).await;
    until(&world, "onshi_requests_in_progress{class=\"check\"}", 1.0).await;
    let second = Held::begin(&world, &clinic.identity, &token).await;
    until(&world, "onshi_requests_waiting{class=\"check\"}", 1.0).await;
    for one in [held, second] {
        assert_eq!(one.end().await.0.status, 200);
    }
    end(&mut world).await;
    let checks = taken.named("POST /v1/checks");
    assert_eq!(checks.len(), 2);
    let waited = checks.iter().filter(|(first, stages)| {
        let waited_us: u64 = attribute(first, "onshi.admission.wait_us").parse().unwrap();
        0 < waited_us && stages[0] == "admission.wait"
    });
    assert_eq!(waited.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_harms_nothing_and_what_it_missed_is_counted() {
    let mut world = world(to("http://127.0.0.1:1")).await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    for key in ["k1", "k2", "k3"] {
        clinic.ask(&token, key, "4567").await.unwrap();
    }
    end(&mut world).await;
    let text = scrape(&world).await;
    let dropped = value(&text, "onshi_spans_dropped_total{why=\"unreachable\"}");
    assert!(15.0 <= dropped, "{dropped}");
    assert!(value(&text, "onshi_spans_exported_total") < 0.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_does_not_answer_keeps_no_check_waiting_and_the_queue_stays_short() {
    let silent = post(async || std::future::pending::<StatusCode>().await);
    let router = Router::new().route("/v1/traces", silent);
    let mut traces = at(collector(router).await);
    traces.waiting = 1.try_into().unwrap();
    traces.answer_ms = 600_000.try_into().unwrap();
    let mut world = world(traces).await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    let name = "onshi_spans_dropped_total{why=\"queue\"}";
    let full = async {
        let mut asked = 0;
        while value(&scrape(&world).await, name) < 5.0 {
            asked += 1;
            clinic
                .ask(&token, &format!("k{asked}"), "4567")
                .await
                .unwrap();
        }
    };
    crate::patience::in_time("a queue that is full", full).await;
    // The end does not wait for it either.
    end(&mut world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_collector_refuses_is_counted_and_not_sent_again() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let refuse = post(async move || {
        *count.lock().unwrap() += 1;
        StatusCode::BAD_REQUEST
    });
    let router = Router::new().route("/v1/traces", refuse);
    let mut world = world(at(collector(router).await)).await;
    let clinic = world.enrol(CLINIC).await;
    clinic.sign_in("link_app").await;
    end(&mut world).await;
    let text = scrape(&world).await;
    assert!(1.0 <= value(&text, "onshi_spans_dropped_total{why=\"refused\"}"));
    assert_eq!(*asked.lock().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_place_counts_only_where_the_settings_say_so() {
    for accept_parent in [true, false] {
        let taken = Taken::default();
        let mut traces = at(collector(taken.router()).await);
        traces.accept_parent = accept_parent;
        traces.ratio = Share::try_from(if accept_parent { 0.0 } else { 1.0 }).unwrap();
        let mut world = world(traces).await;
        let clinic = world.enrol(CLINIC).await;
        let with_place = format!("traceparent: {PLACE}");
        let twice = [with_place.as_str(), with_place.as_str()];
        let headers: [&[&str]; 4] = [&twice[..1], &[], &["traceparent: 00-1-2-01"], &twice];
        for headers in headers {
            let answer = world.raw(&clinic.identity, "GET /v1/keys", headers, b"");
            assert_eq!(answer.await.status, 200);
        }
        end(&mut world).await;
        let keys = taken.named("GET /v1/keys");
        let place = |it: &Span| {
            let trace = it.trace_id.iter().map(|byte| format!("{byte:02x}"));
            let span = it.parent_span_id.iter().map(|byte| format!("{byte:02x}"));
            format!(
                "00-{}-{}-01",
                trace.collect::<String>(),
                span.collect::<String>()
            )
        };
        let under = keys.iter().filter(|(first, _)| place(first) == PLACE);
        if accept_parent {
            assert_eq!((keys.len(), under.count()), (1, 1));
        } else {
            assert_eq!((keys.len(), under.count()), (4, 0));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_no_share_is_traced() {
    let taken = Taken::default();
    let mut traces = at(collector(taken.router()).await);
    traces.ratio = Share::try_from(0.0).unwrap();
    let mut world = world(traces).await;
    let clinic = world.enrol(CLINIC).await;
    let token = clinic.sign_in("link_app").await.token;
    clinic.ask(&token, "k1", "4567").await.unwrap();
    end(&mut world).await;
    assert!(taken.spans().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_collector_is_believed_by_its_authority_alone() {
    let dir = tempfile::tempdir().unwrap();
    let now = || Instant::from_micros(crate::world::now_micros());
    let machine = MachineKey::open(&dir.path().join("machine.key")).unwrap();
    let authority = Authority::open(&dir.path().join("ca"), &machine, now()).unwrap();
    let (root, other) = (dir.path().join("root.pem"), dir.path().join("other.pem"));
    std::fs::write(&root, authority.root_pem()).unwrap();
    let stranger = Authority::open(&dir.path().join("other-ca"), &machine, now()).unwrap();
    std::fs::write(&other, stranger.root_pem()).unwrap();
    let names = ["localhost".to_owned()];
    let identity = authority.issue_server(&names, &[], now()).unwrap();
    for (file, is_believed) in [(root, true), (other, false)] {
        let taken = Taken::default();
        let certificate = ServerCertificate::new(&identity).unwrap();
        let (none, versions) = (ClientCertificate::None, Versions::Tls13);
        let tls =
            pki::server::config(&certificate, authority.root(), none.clone(), versions).unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let limit = Duration::from_secs(60);
        let mut listener = Listener::start(socket, tls, none, limit).unwrap();
        let port = listener.address().port();
        let router = taken.router();
        tokio::spawn(async move {
            while let Some(accepted) = listener.next().await {
                let revocations = Revocations::default();
                center::listeners::speak(accepted, router.clone(), limit, &revocations).await;
            }
        });
        let mut traces = to(&format!("https://localhost:{port}"));
        traces.root_file = Some(file);
        let mut world = world(traces).await;
        let clinic = world.enrol(CLINIC).await;
        clinic.sign_in("link_app").await;
        end(&mut world).await;
        assert_eq!(!taken.spans().is_empty(), is_believed);
    }
}
