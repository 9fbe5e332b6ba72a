//! What monitoring sees: counts by labels of fixed values, and nothing of anybody.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::World;

pub(crate) async fn scrape(world: &World) -> String {
    let mut stream = TcpStream::connect(world.metrics).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("application/openmetrics-text"), "{text}");
    text
}

pub(crate) fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.unwrap_or_else(|| panic!("no {name}:\n{text}"));
    value.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_counted_and_nobody_is_named() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("link_app").await;
    let _ = clinic.try_sign_in("link_app", "Chigau-123", true).await;
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    clinic.ask(&session.token, "k2", "0000").await.unwrap();
    let _ = clinic.ask(&session.token, "k3", "").await;
    let text = scrape(&world).await;
    let checks = "onshi_request_duration_seconds_count{route=\"/v1/checks\",method=\"POST\"";
    for (name, expected) in [
        ("onshi_build_info{version=\"0.1.0\"}", 1.0),
        ("onshi_checks_total{verdict=\"1\",origin=\"web_api\"}", 1.0),
        ("onshi_checks_total{verdict=\"4\",origin=\"web_api\"}", 1.0),
        ("onshi_checks_total{verdict=\"1\",origin=\"file\"}", 0.0),
        ("onshi_sign_ins_total{outcome=\"opened\"}", 1.0),
        ("onshi_sign_ins_total{outcome=\"wrong_credentials\"}", 1.0),
        (&format!("{checks},status=\"2xx\"}}"), 3.0),
        (&format!("{checks},status=\"4xx\"}}"), 1.0),
        ("onshi_sessions_open", 1.0),
        ("onshi_certificates_revoked", 0.0),
        ("onshi_handshakes_refused_total", 0.0),
        ("onshi_handshakes_timed_out_total", 0.0),
        ("onshi_accept_failures_total", 0.0),
    ] {
        assert!(
            (value(&text, name) - expected).abs() < 0.5,
            "{name}:\n{text}"
        );
    }
    assert!(0.0 < value(&text, "onshi_store_commits_total"));
    assert!(0.0 < value(&text, "onshi_store_jobs_total"));
    // Names and labels: the digits of a value, such as a sum of seconds, may be any.
    let names = text.lines().filter_map(|line| line.rsplit_once(' '));
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    assert!(names.contains(&"onshi_sessions_open"), "{text}");
    for private in ["1319999999", "link_app", "4567", "06139992", &session.token] {
        let shown = names.iter().find(|name| name.contains(private));
        assert_eq!(shown, None, "{private}");
    }
    world.pass_seconds(13 * 3600);
    let text = scrape(&world).await;
    assert!(value(&text, "onshi_sessions_open") < 0.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_issuing_authority_can_be_watched() {
    let world = World::start().await;
    let made = crate::world::now_micros() / 1_000_000;
    let end = value(&scrape(&world).await, "onshi_authority_end_seconds ");
    let years = (end - made as f64) / (365.25 * 86_400.0);
    assert!((14.9..=15.1).contains(&years), "{years}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_update_of_revocation_lists_can_be_watched() {
    let gauge = "onshi_card_revocation_next_update_seconds";
    let world = World::start().await;
    assert!(!scrape(&world).await.contains(gauge), "there is no list");
    let world = World::start_with_cards().await;
    let made = crate::world::now_micros() / 1_000_000;
    let next = value(&scrape(&world).await, &format!("{gauge} "));
    let days = (next - made as f64) / 86_400.0;
    assert!((28.0..=31.0).contains(&days), "{days}");
    // It stays where it is when the list is over.
    world.pass_seconds(40 * 86_400);
    let over = value(&scrape(&world).await, &format!("{gauge} "));
    assert!((over - next).abs() < 0.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_shows_nothing_that_the_center_does_not_count() {
    let mut world = World::start().await;
    // A process that ended in order leaves figures to the next.
    world.center.take().unwrap().stop().await.unwrap();
    let world = World::start_in(world.dir, world.micros).await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("link_app").await;
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let text = scrape(&world).await;
    let path = "/../../packaging/grafana/onshi-center.json";
    let file = std::fs::read(format!("{}{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let board: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|it| it["targets"].as_array().unwrap());
    let mut names = std::collections::BTreeSet::new();
    for target in targets {
        let words = target["expr"].as_str().unwrap();
        let words = words.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        names.extend(words.filter(|it| it.starts_with("onshi_")));
    }
    assert!(10 < names.len(), "{names:?}");
    // Checks of existing clients are timed, and shown among the others.
    let search = api::routes::EXISTING_SEARCH;
    assert!(text.contains(&format!("route=\"{search}\"")), "{text}");
    assert!(board.to_string().contains(search), "{search}");
    for name in names {
        let found = text.lines().any(|line| {
            let rest = line.strip_prefix(name).unwrap_or("x");
            rest.starts_with(['{', ' '])
        });
        assert!(found, "{name}:\n{text}");
    }
}
