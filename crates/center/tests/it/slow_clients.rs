//! Clients that open a connection and say little: each is let go after its limit of time and delays nobody.

use std::num::NonZeroU32;

use center::config::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::capacity::until;
use crate::patience::in_time;
use crate::world::{Clinic, World, exchange, read_answer};

/// Long enough for the other requests of a test on a busy machine.
const SHORT_MS: u32 = 3_000;

/// A center with these limits and a clinic of it.
async fn impatient(set: impl FnOnce(&mut Limits, NonZeroU32)) -> (World, Clinic) {
    let mut limits = Limits::default();
    set(&mut limits, NonZeroU32::new(SHORT_MS).unwrap());
    let world = World::start_with(limits).await;
    let clinic = world.enrol("1319999999").await;
    (world, clinic)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_end_is_dropped() {
    let (world, clinic) = impatient(|limits, short| limits.handshake_ms = short).await;
    let mut silent = TcpStream::connect(world.api).await.unwrap();
    silent.write_all(b"\x16\x03").await.unwrap();
    let mut rest = Vec::new();
    // Ends only because the center closes.
    let _ = in_time("the close", silent.read_to_end(&mut rest)).await;
    until(&world, "onshi_handshakes_timed_out_total", 1.0).await;
    clinic.sign_in("link_app").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_is_dropped() {
    let (world, clinic) = impatient(|limits, short| limits.head_ms = short).await;
    for said in ["", "GET /v1/keys HTTP/1.1\r\nhost: localhost\r\nx-slow: "] {
        let mut stream = world.connect(&clinic.identity).await;
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let _ = in_time("the close", stream.read_to_end(&mut rest)).await;
        let rest = String::from_utf8_lossy(&rest).into_owned();
        assert!(
            rest.is_empty() || rest.starts_with("HTTP/1.1 408"),
            "{rest}"
        );
    }
    clinic.sign_in("link_app").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_end_is_refused_as_too_slow() {
    let (world, clinic) = impatient(|limits, short| limits.body_ms = short).await;
    let mut stream = world.connect(&clinic.identity).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        api::routes::SESSIONS
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert_eq!((answer.status, answer.code()), (408, "too_slow".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_an_open_page_that_does_not_end_is_refused_as_too_slow() {
    let short = NonZeroU32::new(SHORT_MS).unwrap();
    let (world, home) = World::start_at_home_set(|config| config.limits.body_ms = short).await;
    let (ja, en) = ("送信に時間がかかりすぎました", "Sending took too long");
    for (at, path, words) in [
        (world.enroll, "/", ja),
        (world.enroll, "/?lang=en", en),
        (home, "/f/x", ja),
        (home, "/visit", ja),
        (home, "/visit?lang=en", en),
    ] {
        let mut stream = world.connect_to(at, None).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost:{}\r\nsec-fetch-site: same-origin\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\na",
            at.port()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = read_answer(&mut stream).await;
        assert_eq!(answer.status, 408, "{path}");
        let (head, page) = (answer.head, String::from_utf8(answer.body).unwrap());
        assert!(head.contains("content-type: text/html"), "{path}: {head}");
        assert!(page.contains(words), "{path}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_whose_address_asked_too_often_says_so_in_words_and_goes_on_waiting() {
    let (world, home) = World::start_at_home(Default::default()).await;
    let host = format!("host: localhost:{}", home.port());
    let cookie = format!("cookie: __Host-onshi-home={}", "A".repeat(43));
    let ask = async |line: &str| {
        let stream = world.connect_to(home, None).await;
        exchange(stream, line, &[host.as_str(), cookie.as_str()], b"").await
    };
    // The clock stands, so what is used up stays so.
    let mut status = 0;
    for _ in 0..40 {
        status = ask("GET /nothing").await.status;
        if status == 429 {
            break;
        }
    }
    assert_eq!(status, 429);
    let (ja, en) = ("今は受付できません", "This cannot be done right now");
    for (line, words, refresh) in [
        ("GET /visit", ja, Some("10")),
        ("GET /visit?lang=en", en, Some("10")),
        ("POST /visit", ja, None),
        ("GET /f/x", ja, None),
        ("GET /", ja, None),
    ] {
        let answer = ask(line).await;
        assert_eq!(answer.status, 429, "{line}");
        let kind = answer.header("content-type").unwrap();
        assert!(kind.starts_with("text/html"), "{line}: {kind}");
        assert_eq!(answer.header("refresh"), refresh, "{line}");
        assert!(answer.header("retry-after").is_some(), "{line}");
        assert!(answer.header("content-security-policy").is_some(), "{line}");
        let page = String::from_utf8(answer.body).unwrap();
        assert!(page.contains(words), "{line}: {page}");
    }
    // A device reads a problem document.
    assert_eq!(ask("GET /nothing").await.code(), "too_many_requests");
}
