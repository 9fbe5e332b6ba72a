//! Copies of answers: their pages with sample data, and a terminal whose center answers, is gone, refuses and comes back.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use std::time::Duration;

use api::routes;
use api::session::PasswordChange;
use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pki::client::Refusal;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Versions};
use tokio::net::TcpListener;

use super::claims_entry::Entry;
use super::home_care::on_paper;
use super::*;
use crate::copies::tests::answered;
use crate::copies::{Detail, PastAnswer};
use crate::lock::tests::{Answer as Page, PASSWORD, Terminal};
use crate::pages::copies::{copies_page, is_out_of_reach, result_copy};

/// How many pages there are here.
pub(super) const PAGES: usize = 3;

/// What only a page of copies, or a way to it, says.
const COPIES: &str = "本日の結果（控え）";

/// The way to the same page once more.
const AGAIN: &str = "もう一度試す";

const FORM: &str = "key=k&insurer_number=06139992&symbol=123&number=4567&birth_date=S45.1.2";

fn row() -> HistoryEntry {
    HistoryEntry {
        account: "uketsuke".into(),
        at: "2026-11-23T00:15:02.000000Z".into(),
        check_id: "c".into(),
        insurer_number: "06139992".into(),
        method: None,
        name: None,
        origin: "file".into(),
        verdict: 6,
        visit_date: "2026-11-23".into(),
    }
}

fn lost() -> ClientError {
    ClientError::Connection(Refusal::Line)
}

pub(super) fn of_copies(staff: &Staff, written: &mut Written) {
    let now = Instant::parse("2026-11-23T02:20:00Z").unwrap();
    let number = PastAnswer::of(Detail::Number(answer(1)));
    let record = cards::card_check(Some("2026-11-23T00:15:09Z".into()));
    let card = PastAnswer::of(Detail::Card(Box::new(record)));
    for (name, copy) in [("number", &number), ("card", &card)] {
        let page = result_copy(staff.frame("/checks/x"), copy, &lost(), now);
        written.add(&format!("copy-{name}"), &page.unwrap());
    }
    let all = [number, PastAnswer::of_row(row())];
    let page = copies_page(staff.frame("/history"), &all, &lost(), now);
    written.add("copies", &page);
}

#[test]
fn a_copy_says_when_it_was_answered_and_never_what_is_so_now() {
    let staff = staff(Language::Japanese, "general");
    let mut written = Written(Vec::new());
    of_copies(&staff, &mut written);
    for (name, page) in written.0 {
        for said in [
            "2026-11-23 09:15",
            "2時間4分前",
            "data-copy=\"控え 2026-11-23",
        ] {
            assert!(page.contains(said), "{name}: {said}");
        }
        for unsaid in ["data-verdict", "onshi-mark", "受付できます", "資格です"] {
            assert!(!page.contains(unsaid), "{name}: {unsaid}");
        }
    }
    // Of a line of the history alone there is no page, and of a verdict this version does not know neither.
    let now = Instant::parse("2026-11-23T02:20:00Z").unwrap();
    for copy in [
        PastAnswer::of_row(row()),
        PastAnswer::of(Detail::Number(answer(7))),
    ] {
        assert!(result_copy(staff.frame("/"), &copy, &lost(), now).is_none());
    }
}

#[test]
fn copies_are_for_a_center_out_of_reach_and_for_no_refusal() {
    let told = |trouble: Trouble| ClientError::Problem(Box::new(trouble.problem()));
    assert!(is_out_of_reach(&lost()));
    assert!(is_out_of_reach(&told(Trouble::StoreUnavailable)));
    for refused in [
        told(Trouble::NotSignedIn),
        told(Trouble::NotPermitted),
        told(Trouble::NotFound),
        told(Trouble::Internal),
        ClientError::Connection(Refusal::Certificate),
        ClientError::Connection(Refusal::Clock),
        ClientError::Connection(Refusal::Server),
        ClientError::Answer,
    ] {
        assert!(!is_out_of_reach(&refused), "{refused}");
    }
}

/// What a center does with what it is asked.
#[derive(Clone, Copy)]
pub(super) enum Line {
    Answers,
    Gone,
    /// Takes every request and answers none.
    Silent,
    /// Does what it is asked, and its answers are lost.
    Unheard,
    Refuses(Trouble),
}

/// A center that knows one check.
pub(super) struct Center {
    line: Arc<Mutex<Line>>,
    pub(super) passwords: Arc<Mutex<Passwords>>,
    /// What was asked of a document: the center is of a version that knows no `all_years`.
    pub(super) documents: Arc<Mutex<Vec<String>>>,
    pub(super) entry: Arc<Mutex<Entry>>,
    client: Client,
}

/// The own password of whoever asks, at the center or at the claims entry: changed by whoever knows it, once under a key, and acknowledged again.
#[derive(Default)]
pub(super) struct Passwords {
    pub(super) present: String,
    keys: Vec<String>,
    /// Whether the center is of a version that passes over the key.
    pub(super) is_older: bool,
    /// Times that a change was asked for.
    pub(super) asked: usize,
    /// Times that it was changed.
    pub(super) changed: usize,
}

impl Passwords {
    fn change(&mut self, key: Option<String>, body: PasswordChange) -> bool {
        self.asked += 1;
        let is_known = key.as_ref().is_some_and(|it| self.keys.contains(it));
        if is_known && !self.is_older {
            return true;
        }
        let is_right = body.old_password == self.present;
        if is_right {
            self.present = body.new_password;
            self.keys.extend(key);
            self.changed += 1;
        }
        is_right
    }
}

/// When terminals of tests start: 17:00 in Japan.
fn start() -> Instant {
    Instant::from_micros(0).plus_seconds(1_800_000_000)
}

fn path() -> String {
    format!("/checks/{}", answered(1, start()).check_id)
}

impl Center {
    pub(super) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("key")).unwrap();
        let authority = Authority::open(dir.path(), &machine, start()).unwrap();
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let identity = authority
            .issue_server(&["localhost".into()], &[local], start())
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
        let line = Arc::new(Mutex::new(Line::Answers));
        let held = Arc::clone(&line);
        let passwords = Arc::<Mutex<Passwords>>::default();
        let own = Arc::clone(&passwords);
        let documents = Arc::<Mutex<Vec<String>>>::default();
        let taken = Arc::clone(&documents);
        let entry = Arc::<Mutex<Entry>>::default();
        let claims = Arc::clone(&entry);
        tokio::spawn(async move {
            while let Some(accepted) = listener.next().await {
                let (line, passwords) = (Arc::clone(&held), Arc::clone(&own));
                let (documents, claims) = (Arc::clone(&taken), Arc::clone(&claims));
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let line = *line.lock().unwrap();
                    let passwords = Arc::clone(&passwords);
                    let (documents, claims) = (Arc::clone(&documents), Arc::clone(&claims));
                    async move {
                        if matches!(line, Line::Silent) {
                            std::future::pending::<()>().await;
                        }
                        let path = request.uri().path().to_owned();
                        let own = [routes::OWN_PASSWORD, routes::CLAIMS_OWN_PASSWORD];
                        if own.contains(&path.as_str())
                            && matches!(line, Line::Answers | Line::Unheard)
                        {
                            return change(line, request, &passwords).await;
                        }
                        if path.ends_with("/documents") && matches!(line, Line::Answers) {
                            return document(request, &documents).await;
                        }
                        if claims_entry::is_asked(&path) && matches!(line, Line::Answers) {
                            return claims_entry::answer(request, &claims).await;
                        }
                        let changed = passwords.lock().unwrap().changed;
                        reply(line, &path, changed)
                    }
                });
                let stream = TokioIo::new(accepted.stream);
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
        });
        let client = Client::by(Arc::new(start), &base, authority.root(), None).unwrap();
        Self {
            line,
            passwords,
            documents,
            entry,
            client,
        }
    }

    pub(super) fn set(&self, line: Line) {
        *self.line.lock().unwrap() = line;
    }

    pub(super) fn terminal(&self) -> Terminal {
        self.terminal_with(|_| {})
    }

    /// The same with its setup changed.
    pub(super) fn terminal_with(&self, change: impl FnOnce(&mut crate::serve::Setup)) -> Terminal {
        Terminal::start_with(|setup, now| {
            assert!(now == start());
            setup.certificates[0].client = self.client.clone();
            change(setup);
        })
    }
}

/// What a center answers to a change of one's own password.
async fn change(
    line: Line,
    request: hyper::Request<Incoming>,
    passwords: &Mutex<Passwords>,
) -> std::io::Result<hyper::Response<Full<Bytes>>> {
    let key = request.headers().get("idempotency-key");
    let key = key.map(|it| it.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap();
    let is_done = passwords.lock().unwrap().change(key, body);
    if matches!(line, Line::Unheard) {
        return Err(std::io::Error::other("unheard"));
    }
    let (status, body) = if is_done {
        (204, Vec::new())
    } else {
        let mut problem = Trouble::PasswordRule.problem();
        let wrong = MemberError::new("old_password", "wrong", "違います。", "It is wrong.");
        problem.errors = vec![wrong];
        (problem.status, serde_json::to_vec(&problem).unwrap())
    };
    let answer = hyper::Response::builder().status(status);
    Ok(answer.body(Full::from(body)).unwrap())
}

/// What an older center answers to whoever asks for a document.
async fn document(
    request: hyper::Request<Incoming>,
    documents: &Mutex<Vec<String>>,
) -> std::io::Result<hyper::Response<Full<Bytes>>> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let asked = String::from_utf8(body.to_vec()).unwrap();
    let (status, body) = if asked.contains("all_years") {
        let problem = Trouble::InvalidJson.problem();
        (problem.status, serde_json::to_vec(&problem).unwrap())
    } else {
        (200, b"a file".to_vec())
    };
    documents.lock().unwrap().push(asked);
    let answer = hyper::Response::builder().status(status);
    Ok(answer.body(Full::from(body)).unwrap())
}

/// What is answered to whoever asks; the own password was changed so many times.
fn reply(line: Line, asked: &str, changed: usize) -> std::io::Result<hyper::Response<Full<Bytes>>> {
    let found = answered(1, start());
    let problem = |trouble: Trouble| {
        let problem = trouble.problem();
        (problem.status, serde_json::to_vec(&problem).unwrap())
    };
    let (status, body) = match line {
        Line::Gone | Line::Silent | Line::Unheard => return Err(std::io::Error::other("gone")),
        Line::Refuses(trouble) => problem(trouble),
        Line::Answers if asked == routes::CHECKS || asked == format!("/v1{}", path()) => {
            (200, serde_json::to_vec(&found).unwrap())
        }
        Line::Answers if asked == routes::SESSIONS => {
            let session = staff(Language::Japanese, "general").session;
            (201, serde_json::to_vec(&session).unwrap())
        }
        Line::Answers if asked == routes::CHECKS_SEARCH => {
            let told = PastAnswer::made(found, "uketsuke", "06139992");
            let history = History {
                checks: told.line().into_iter().collect(),
                next: None,
            };
            (200, serde_json::to_vec(&history).unwrap())
        }
        Line::Answers if asked == routes::OWN_ACCOUNT => {
            let set_at = start().plus_seconds(i64::try_from(changed).unwrap());
            let own = api::access::OwnAccount {
                passwords_set_at: vec![set_at.to_string()],
                ..access::own("good", "off")
            };
            (200, serde_json::to_vec(&own).unwrap())
        }
        Line::Answers if asked == routes::SETTINGS => {
            let settings = domain::facility_settings::FacilitySettings::default();
            let settings = api::settings::Settings::from(&settings);
            (200, serde_json::to_vec(&settings).unwrap())
        }
        Line::Answers if asked == routes::ACCOUNTS => {
            let accounts = Accounts {
                accounts: Vec::new(),
                unusual_sign_ins: Vec::new(),
            };
            (200, serde_json::to_vec(&accounts).unwrap())
        }
        Line::Answers if asked.starts_with(&format!("{}/", routes::ACCOUNTS)) => {
            let id = asked.rsplit('/').next().unwrap();
            let account = account(id, "administrator");
            (200, serde_json::to_vec(&account).unwrap())
        }
        Line::Answers => problem(Trouble::NotFound),
    };
    let answer = hyper::Response::builder().status(status);
    Ok(answer.body(Full::from(body)).unwrap())
}

/// Checks, and is led to the result.
async fn check_taro(terminal: &Terminal, cookie: &str) {
    let page = terminal.post("/check", cookie, FORM).await;
    assert_eq!(page.header("location"), path(), "{}", page.text);
}

fn shows_copy(page: &Page) -> bool {
    let says = page.text.contains("data-code=\"copy\"");
    assert_eq!(says, page.text.contains("資格　太郎"), "{}", page.text);
    says
}

#[tokio::test]
async fn what_was_checked_is_seen_with_its_age_until_the_center_is_back() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    center.set(Line::Gone);
    let page = terminal.get("/history", &cookie).await;
    assert!(page.status == StatusCode::BAD_GATEWAY && !page.text.contains(COPIES));
    center.set(Line::Answers);
    check_taro(&terminal, &cookie).await;
    center.set(Line::Gone);
    terminal.pass(600);
    let page = terminal.get(&path(), &cookie).await;
    assert!(page.status == StatusCode::BAD_GATEWAY && shows_copy(&page));
    for said in [
        "data-code=\"center_unreachable\"",
        "2027-01-15 17:00（10分前）の回答は「有効」でした",
        "data-copy=\"控え 2027-01-15 17:00\"",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("data-verdict"));
    // Nobody can press on paper.
    let paper = on_paper(&page.text);
    assert!(page.text.contains(AGAIN) && !paper.contains(AGAIN));
    assert!(paper.contains("data-code=\"center_unreachable\""));
    let page = terminal.get("/history", &cookie).await;
    assert!(page.status == StatusCode::BAD_GATEWAY && shows_copy(&page));
    assert!(page.text.contains(AGAIN) && !on_paper(&page.text).contains(AGAIN));
    assert!(page.text.contains("10分前") && page.text.contains("「有効」でした"));
    assert!(page.text.contains(&format!("href=\"{}\"", path())));
    // Pages that keep nothing lead there.
    for page in [
        terminal.get("/readers", &cookie).await,
        terminal.post("/check", &cookie, FORM).await,
    ] {
        assert_eq!(page.status, StatusCode::BAD_GATEWAY);
        assert!(page.text.contains(COPIES) && page.text.contains("href=\"/history\""));
    }
    // A center that cannot answer anybody is out of reach as well.
    center.set(Line::Refuses(Trouble::StoreUnavailable));
    let page = terminal.get(&path(), &cookie).await;
    assert!(page.status == StatusCode::SERVICE_UNAVAILABLE && shows_copy(&page));
    center.set(Line::Answers);
    let page = terminal.get(&path(), &cookie).await;
    assert!(page.status == StatusCode::OK && page.text.contains("data-verdict=\"1\""));
}

#[tokio::test]
async fn a_line_of_the_history_is_kept_as_it_was_told() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    assert_eq!(
        terminal.get("/history", &cookie).await.status,
        StatusCode::OK
    );
    center.set(Line::Gone);
    let page = terminal.get("/history", &cookie).await;
    assert!(shows_copy(&page) && page.text.contains("0分前"));
    // Its page was not seen.
    assert!(!page.text.contains(&path()));
    let page = terminal.get(&path(), &cookie).await;
    assert!(!shows_copy(&page) && page.text.contains(COPIES));
}

#[tokio::test]
async fn copies_are_of_one_session_and_go_when_it_signs_out() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    check_taro(&terminal, &cookie).await;
    center.set(Line::Gone);
    let other = terminal.sign_in("administrator");
    for at in [path().as_str(), "/history"] {
        let page = terminal.get(at, &other).await;
        assert!(!shows_copy(&page) && !page.text.contains(COPIES), "{at}");
        assert!(shows_copy(&terminal.get(at, &cookie).await), "{at}");
    }
    terminal.post("/sign-out", &cookie, "").await;
    for at in [path().as_str(), "/history"] {
        let page = terminal.get(at, &cookie).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
        let again = terminal.sign_in("general");
        let page = terminal.get(at, &again).await;
        assert!(!shows_copy(&page) && !page.text.contains(COPIES), "{at}");
    }
}

#[tokio::test]
async fn signing_out_is_over_soon_though_the_center_never_answers() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    check_taro(&terminal, &cookie).await;
    center.set(Line::Silent);
    let signing_out = terminal.post("/sign-out", &cookie, "");
    // Any other question to the center is given up after thirty seconds.
    let page = tokio::time::timeout(Duration::from_secs(25), signing_out).await;
    assert_eq!(page.unwrap().header("location"), "/");
    let page = terminal.get("/history", &cookie).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_the_center_refuses_is_shown_from_no_copy_and_not_later_either() {
    for trouble in [
        Trouble::SessionEnded,
        Trouble::NotPermitted,
        Trouble::NotFound,
    ] {
        let center = Center::start().await;
        let terminal = center.terminal();
        let cookie = terminal.sign_in("general");
        check_taro(&terminal, &cookie).await;
        center.set(Line::Refuses(trouble));
        for line in [Line::Refuses(trouble), Line::Gone] {
            center.set(line);
            let page = terminal.get(&path(), &cookie).await;
            assert!(!shows_copy(&page) && !page.text.contains(COPIES));
        }
    }
}

#[tokio::test]
async fn copies_stay_while_somebody_works_on_pages_of_whatever_kind() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    check_taro(&terminal, &cookie).await;
    center.set(Line::Gone);
    for path in ["/", "/manuals", "/support", "/"] {
        terminal.pass(600);
        let page = terminal.get(path, &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
    }
    assert!(shows_copy(&terminal.get("/history", &cookie).await));
    // What a page asks by itself is nobody's work.
    for _ in 0..3 {
        terminal.pass(600);
        terminal.get("/notices?by=itself", &cookie).await;
    }
    terminal
        .post("/unlock", &cookie, &format!("password={PASSWORD}&back=/"))
        .await;
    let page = terminal.get("/history", &cookie).await;
    assert!(!shows_copy(&page) && !page.text.contains(COPIES));
}

#[tokio::test]
async fn copies_go_at_midnight_in_japan() {
    let center = Center::start().await;
    let terminal = center.terminal();
    let cookie = terminal.sign_in("general");
    check_taro(&terminal, &cookie).await;
    center.set(Line::Gone);
    // Somebody works on, without the lock, until 23:53.
    for _ in 0..31 {
        terminal.pass(800);
        assert!(shows_copy(&terminal.get("/history", &cookie).await));
    }
    terminal.pass(800);
    let page = terminal.get("/history", &cookie).await;
    assert!(!shows_copy(&page) && !page.text.contains(COPIES));
}
