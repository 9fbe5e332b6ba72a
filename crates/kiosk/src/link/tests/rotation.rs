//! A change of the account's password that this machine cannot begin. The center that stands in asks for it without end.

use std::convert::Infallible;

use api::event::RotationNews;
use api::rotation::OwnRotation;
use axum::body::Body;
use http_body_util::channel::Channel;
use pki::machine_secret::MachineSecret;

use super::*;

/// What is not there within so long never comes: a slow machine is no fault.
const PATIENCE: Duration = Duration::from_secs(60);

/// Path and body of a request.
type Asked = (String, Bytes);

fn reader() -> Reader {
    Reader {
        face: false,
        id: "reader".into(),
        mode: "unattended".into(),
        mode_since: None,
        name: "受付".into(),
        profile: None,
        returns_at: None,
        staff_called: false,
        state: "idle".into(),
        terminal_keys: false,
        visit: None,
    }
}

/// A stream that tells of the rotation and stands.
fn stream() -> Response {
    let (mut news, body) = Channel::<Bytes, Infallible>::new(1);
    let told = CenterEvent::Rotation(RotationNews {
        account: "reader".into(),
    });
    let text = format!("id: 1\nevent: {}\ndata: {}\n\n", told.kind(), told.data());
    tokio::spawn(async move {
        let _ = news.send_data(Bytes::from(text)).await;
        std::future::pending::<()>().await;
    });
    Response::new(Body::new(body))
}

fn answer(path: &str) -> Response {
    match path {
        routes::SESSIONS => (StatusCode::CREATED, Json(session())).into_response(),
        routes::ROTATION_CURRENT => {
            let rotation = Some("019aae5e-0000-7000-8000-000000000001".into());
            Json(OwnRotation { rotation }).into_response()
        }
        routes::READER_CURRENT | routes::READER_CURRENT_STATE => Json(reader()).into_response(),
        routes::EVENTS => stream(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Gathers what is asked until something is so.
async fn gather(
    asks: &mut mpsc::UnboundedReceiver<Asked>,
    asked: &mut Vec<Asked>,
    so: impl Fn(&[Asked]) -> bool,
) {
    let gathered = async {
        while !so(asked.as_slice()) {
            asked.push(asks.recv().await.unwrap());
        }
    };
    let gathered = tokio::time::timeout(PATIENCE, gathered).await;
    gathered.expect("it is so within a minute");
}

fn count(asked: &[Asked], path: &str) -> usize {
    asked.iter().filter(|(it, _)| it == path).count()
}

#[tokio::test]
async fn a_change_that_cannot_begin_leaves_the_kiosk_at_work_under_its_session() {
    let (tells, mut asks) = mpsc::unbounded_channel::<Asked>();
    let client = client_of(move |request: hyper::Request<Incoming>| {
        let tells = tells.clone();
        async move {
            let path = request.uri().path().to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let said = answer(&path);
            let _ = tells.send((path, body));
            Ok::<_, std::io::Error>(said)
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let machine = MachineKey::open(&dir.path().join("machine.key")).unwrap();
    let sealed = dir.path().join("reader.sealed");
    machine.seal(&sealed, b"Mae-no-1234567").unwrap();
    // A folder in the place of the file that is written first: as root rights alone would stop nothing.
    std::fs::create_dir(dir.path().join("reader.sealed.next.new")).unwrap();
    let kiosk = Kiosk {
        account: MachineAccount::new("reader".into(), MachineSecret::new(machine, &sealed)),
        profile: "example".into(),
    };
    let idle = Report {
        state: ReaderState::Idle,
        staff_called: false,
        visit: 0,
    };
    let (news, mut told) = mpsc::channel(8);
    let (reports, reads) = watch::channel(idle);
    let link = Link::new(client, CenterName::parse("onshi-example").unwrap());
    tokio::spawn(link.run(kiosk, news, reads));
    let mut asked = Vec::new();
    // Once when it signs in, and once when it hears of it.
    gather(&mut asks, &mut asked, |asked| {
        count(asked, routes::ROTATION_CURRENT) == 2
    })
    .await;
    reports.send_replace(Report { visit: 7, ..idle });
    gather(&mut asks, &mut asked, |asked| {
        let text = |body: &Bytes| String::from_utf8_lossy(body).contains("\"visit\":7");
        asked.last().is_some_and(|(_, body)| text(body))
    })
    .await;
    assert_eq!(count(&asked, routes::SESSIONS), 1, "one sign-in in all");
    assert_eq!(
        count(&asked, routes::ROTATION_CURRENT),
        2,
        "not at once again"
    );
    assert!(matches!(told.try_recv(), Ok(News::Up(..))));
    assert!(told.try_recv().is_err(), "it stays so");
}
