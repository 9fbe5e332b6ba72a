//! What becomes of a check whose answer is lost. A center stands in that hears every request and may answer none.

mod rotation;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex as StdMutex;

use api::problem::Trouble;
use api::problem::card::CardTrouble;
use api::routes;
use api::session::{PasswordState, SessionAccount};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::civil_date::Instant;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pki::authority::Authority;
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Versions};
use tokio::net::TcpListener;

use super::*;

/// No waiting in tests.
const AT_ONCE: [Duration; 3] = [Duration::ZERO; 3];

/// What a request was: its path, key and body.
type Heard = (String, String, Bytes);

fn now() -> Instant {
    Instant::from_micros(0).plus_seconds(1_800_000_000)
}

fn session() -> Session {
    Session {
        account: SessionAccount {
            display_name: "受付".into(),
            id: "reader".into(),
            kind: "reader".into(),
        },
        facility: SessionFacility {
            code: "1319999999".into(),
            kind: "medical".into(),
            name: "見本クリニック".into(),
        },
        ends_after_min: 30,
        entry: "full".into(),
        password: PasswordState {
            change_needed: false,
            expires_on: None,
            set_at: "2026-11-23T03:00:00.000000Z".into(),
        },
        token: "t".into(),
    }
}

/// A center that loses so many answers and then says that the card is not registered; what it heard.
async fn center(losing: usize) -> (Link, Arc<StdMutex<Vec<Heard>>>) {
    center_that_says(CardTrouble::NotRegistered, losing).await
}

/// One that says something else.
async fn center_that_says(
    trouble: CardTrouble,
    losing: usize,
) -> (Link, Arc<StdMutex<Vec<Heard>>>) {
    let heard: Arc<StdMutex<Vec<Heard>>> = Arc::default();
    let hears = Arc::clone(&heard);
    let client = client_of(move |request: hyper::Request<Incoming>| {
        let hears = Arc::clone(&hears);
        async move { reply(request, &hears, (trouble, losing)).await }
    })
    .await;
    let name = CenterName::parse("onshi-example").unwrap();
    (Link::of_session(client, name, session()), heard)
}

/// A client of a center that answers by a function.
async fn client_of<A>(
    answer: impl Fn(hyper::Request<Incoming>) -> A + Clone + Send + 'static,
) -> Client
where
    A: Future<Output = std::io::Result<Response>> + Send + 'static,
{
    let dir = tempfile::tempdir().unwrap();
    let machine = MachineKey::open(&dir.path().join("key")).unwrap();
    let authority = Authority::open(dir.path(), &machine, now()).unwrap();
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let identity = authority
        .issue_server(&["localhost".into()], &[local], now())
        .unwrap();
    let config = pki::server::config(
        &ServerCertificate::new(&identity).unwrap(),
        authority.root(),
        ClientCertificate::None,
        Versions::Tls13,
    )
    .unwrap();
    let socket = TcpListener::bind((local, 0)).await.unwrap();
    let limit = Duration::from_secs(10);
    let mut listener = Listener::start(socket, config, ClientCertificate::None, limit).unwrap();
    let base = format!("https://{}", listener.address());
    tokio::spawn(async move {
        while let Some(accepted) = listener.next().await {
            let service = service_fn(answer.clone());
            let stream = TokioIo::new(accepted.stream);
            tokio::spawn(http1::Builder::new().serve_connection(stream, service));
        }
    });
    Client::by(Arc::new(now), &base, authority.root(), None).unwrap()
}

async fn reply(
    request: hyper::Request<Incoming>,
    heard: &StdMutex<Vec<Heard>>,
    (trouble, losing): (CardTrouble, usize),
) -> std::io::Result<Response> {
    let path = request.uri().path().to_owned();
    let key = request.headers().get("idempotency-key");
    let key = key.map(|key| key.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let count = {
        let mut heard = heard.lock().unwrap();
        heard.push((path, key.unwrap_or_default(), body));
        heard.len()
    };
    if count <= losing {
        return Err(std::io::Error::other("the line is cut"));
    }
    let problem = Trouble::Card(trouble).problem();
    let status = StatusCode::from_u16(problem.status).unwrap();
    Ok((status, Json(problem)).into_response())
}

fn request() -> CardCheckRequest {
    CardCheckRequest {
        certificate: "AAAA".into(),
        challenge: "019aae5e-0000-7000-8000-000000000001".into(),
        method: "pin".into(),
        signature: "AAAA".into(),
        visit_date: None,
    }
}

#[tokio::test]
async fn a_check_whose_answer_was_lost_is_asked_for_again_as_the_same_check() {
    let (link, heard) = center(2).await;
    let asked = link.ask(&request(), &AT_ONCE).await;
    let answered = Refusal::Failed(Failure::NotRegistered);
    assert_eq!(asked.unwrap_err(), answered);
    let heard = heard.lock().unwrap();
    let (first, again) = heard.split_first().unwrap();
    assert_eq!(first.0, routes::CARD_CHECKS);
    assert_eq!(first.1, request().challenge);
    assert_eq!(again, [first.clone(), first.clone()]);
}

#[tokio::test]
async fn a_refusal_that_was_lost_begins_anew_and_is_not_taken_for_one_of_the_card() {
    for spent in [CardTrouble::ChallengeUsed, CardTrouble::ChallengeExpired] {
        let (link, heard) = center_that_says(spent, 1).await;
        let asked = link.ask(&request(), &AT_ONCE).await;
        assert_eq!(asked.unwrap_err(), UNREACHABLE, "{spent:?}");
        assert_eq!(heard.lock().unwrap().len(), 2);
        // Said at once it is what the center says.
        let (link, _) = center_that_says(spent, 0).await;
        let asked = link.ask(&request(), &AT_ONCE).await;
        let refused = Refusal::Failed(Failure::CenterRefused);
        assert_eq!(asked.unwrap_err(), refused, "{spent:?}");
    }
}

#[tokio::test]
async fn a_check_that_is_never_answered_says_so_after_a_few_tries() {
    let (link, heard) = center(usize::MAX).await;
    let asked = link.ask(&request(), &AT_ONCE).await;
    assert_eq!(asked.unwrap_err(), UNREACHABLE);
    assert_eq!(heard.lock().unwrap().len(), 1 + AT_ONCE.len());
    // The patient waits meanwhile, and the challenge lasts for two minutes.
    let most: Duration = LOST_PAUSES.iter().map(|it| *it + LOST_LIMIT).sum();
    assert!(most <= Duration::from_secs(25), "{most:?}");
}

#[test]
fn what_the_center_says_of_a_card_is_never_taken_for_a_line_that_is_down() {
    let told = |trouble: Trouble| refusal(&ClientError::Problem(Box::new(trouble.problem())));
    let of_cards = |trouble: &Trouble| matches!(trouble, Trouble::Card(_));
    let mut unavailable = 0;
    for trouble in Trouble::ALL.into_iter().filter(of_cards) {
        assert_ne!(told(trouble), UNREACHABLE, "{trouble:?}");
        unavailable += usize::from(trouble.problem().status == 503);
    }
    assert!(
        0 < unavailable,
        "there is one whose status alone would mislead"
    );
    let overdue = Trouble::Card(CardTrouble::RevocationUnknown);
    let unknown = Refusal::Failed(Failure::RevocationUnknown);
    assert_eq!(told(overdue), unknown);
    assert_eq!(told(Trouble::StoreUnavailable), UNREACHABLE);
}
