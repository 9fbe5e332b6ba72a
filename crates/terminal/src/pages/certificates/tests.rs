//! Who may give the terminal another certificate, and what is asked first. The center is not there, but in one test.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use api::certificate::CertificateState;
use api::routes;
use axum::body::Bytes;
use axum::http::{Method, Request};
use domain::civil_date::Instant;
use domain::institution_code::InstitutionCode;
use domain::procedures::{Noted, Procedure};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use pki::authority::{Authority, KeyKind, printed_fingerprint};
use pki::identity::{Identity, P12Encryption};
use pki::installed::Installed;
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Revocations, Versions};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::install::{ANYWAY, FILE, HERE as NOTICE};
use super::{Certificate, HERE, Renewal, backup, certificate_page, newest, reminders, renew};
use crate::browsers;
use crate::lock::tests::{Answer, PASSWORD, Terminal};
use crate::pages::{Staff, Visitor};
use crate::procedures::NewNote;

const P12: &str = "Hokan-123456";
const DAY_S: i64 = 86_400;

/// How long a test waits: a slow machine is no fault.
const PATIENCE: Duration = Duration::from_secs(180);

/// The facility of a second certificate on the same PC.
const OTHER: &str = "1339999999";

/// A terminal with an authority that issues for it.
struct Place {
    terminal: Terminal,
    authority: Authority,
    started: Instant,
}

impl Place {
    /// With a certificate that was issued so many days ago.
    fn start(age_days: i64) -> Self {
        Self::start_with(age_days, None)
    }

    /// With another beside it, issued for another facility.
    fn start_with(age_days: i64, other_days: Option<i64>) -> Self {
        Self::start_asking(age_days, other_days, None)
    }

    /// With a center at this address.
    fn start_asking(age_days: i64, other_days: Option<i64>, center: Option<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("key")).unwrap();
        let (mut authority, mut started) = (None, Instant::from_micros(0));
        let terminal = Terminal::start_with(|setup, now| {
            started = now;
            let made = Authority::open(dir.path(), &machine, now.plus_seconds(-4_000 * DAY_S));
            let made = authority.insert(made.unwrap());
            let identity = issue(made, now.plus_seconds(-age_days * DAY_S));
            setup.certificate_setup.root = made.root().clone();
            setup.certificate_setup.clock = setup.clock.clone();
            if let Some(center) = center {
                setup.certificate_setup.center = center;
            }
            let installed: &Installed = &setup.certificate_setup.installed;
            installed.install("clinic", &identity).unwrap();
            if let Some(days) = other_days {
                let other = issue_for(OTHER, made, now.plus_seconds(-days * DAY_S));
                installed.install("other", &other).unwrap();
            }
            setup.certificates = setup.certificate_setup.read().unwrap();
        });
        Self {
            terminal,
            authority: authority.unwrap(),
            started,
        }
    }

    /// A center that takes every certificate and lets everybody sign out; which certificate asked by which method.
    fn serve(&self, socket: TcpListener) -> mpsc::UnboundedReceiver<(Method, [u8; 32])> {
        let (local, started) = (IpAddr::V4(Ipv4Addr::LOCALHOST), self.started);
        let identity = self
            .authority
            .issue_server(&["localhost".into()], &[local], started)
            .unwrap();
        let clients = ClientCertificate::Required(Revocations::default());
        let tls = pki::server::config_by(
            Arc::new(move || started),
            &ServerCertificate::new(&identity).unwrap(),
            self.authority.root(),
            clients.clone(),
            Versions::Tls13,
        );
        let limit = Duration::from_secs(10);
        let mut listener = Listener::start(socket, tls.unwrap(), clients, limit).unwrap();
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(accepted) = listener.next().await {
                let (tell, by) = (tell.clone(), accepted.peer.unwrap().fingerprint);
                let service = service_fn(move |request: hyper::Request<Incoming>| {
                    let _ = tell.send((request.method().clone(), by));
                    let reply = reply(request.method(), request.uri().path());
                    async move { Ok::<_, Infallible>(reply) }
                });
                let stream = TokioIo::new(accepted.stream);
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
        });
        told
    }

    /// The file of a certificate that was issued so many days ago.
    fn file(&self, age_days: i64) -> (Identity, Vec<u8>) {
        self.file_of("1319999999", age_days)
    }

    fn file_of(&self, code: &str, age_days: i64) -> (Identity, Vec<u8>) {
        let at = self.started.plus_seconds(-age_days * DAY_S);
        let identity = issue_for(code, &self.authority, at);
        let root = self.authority.root();
        let file = identity.to_pkcs12(root, P12, P12Encryption::Aes256);
        (identity, file.unwrap())
    }

    async fn install(&self, file: &[u8], cookie: &str, terminal_password: &str) -> Answer {
        let mut body = Vec::new();
        for (name, bytes) in [
            ("password", P12.as_bytes()),
            ("terminal_password", terminal_password.as_bytes()),
            ("file\"; filename=\"a.p12", file),
        ] {
            let head = format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(b"--x--\r\n");
        let request = Request::post(FILE)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=x");
        self.terminal.send(request, body).await
    }

    fn in_use(&self) -> [u8; 32] {
        let first = self.terminal.app.certificates.first();
        first.unwrap().holder.fingerprint
    }

    fn second(&self) -> [u8; 32] {
        let second = self.terminal.app.certificates.get(1);
        second.unwrap().holder.fingerprint
    }

    fn is_signed_in(&self, cookie: &str) -> bool {
        let app = &self.terminal.app;
        let key = browsers::hash(cookie.split_once('=').unwrap().1);
        app.browsers.session(&key.unwrap(), app.now()).is_some()
    }
}

/// What such a center says.
fn reply(method: &Method, path: &str) -> hyper::Response<Full<Bytes>> {
    let (status, body) = if path == routes::CERTIFICATE_CURRENT {
        let state = CertificateState {
            facility: OTHER.into(),
            fingerprint: "0".repeat(64),
            lost_at: None,
            not_after: "2030-01-01T00:00:00Z".into(),
            renewable_from: "2029-10-01".into(),
            renewed: false,
            terminal: "受付1".into(),
        };
        (200, serde_json::to_vec(&state).unwrap())
    } else if *method == Method::DELETE {
        (204, Vec::new())
    } else {
        (404, Vec::new())
    };
    let answer = hyper::Response::builder().status(status);
    answer.body(Full::from(body)).unwrap()
}

fn issue(authority: &Authority, at: Instant) -> Identity {
    issue_for("1319999999", authority, at)
}

fn issue_for(code: &str, authority: &Authority, at: Instant) -> Identity {
    issue_to("受付1", code, authority, at)
}

fn issue_to(terminal: &str, code: &str, authority: &Authority, at: Instant) -> Identity {
    let facility = InstitutionCode::parse(code).unwrap();
    let issued = authority.issue_client(facility, terminal, KeyKind::P256, at);
    issued.unwrap().identity
}

fn token(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_good_certificate_is_changed_by_whoever_is_signed_in_or_the_terminal_user_alone() {
    let place = Place::start(30);
    let (newer, file) = place.file(10);
    let before = place.in_use();
    for (password, code) in [
        ("", "required"),
        ("Chigau-Chigau-1", "wrong_terminal_password"),
    ] {
        let page = place.install(&file, "", password).await;
        let told = format!("data-code=\"{code}\"");
        assert!(
            page.status == 422 && page.text.contains(&told),
            "{}",
            page.text
        );
        assert_eq!(place.in_use(), before);
    }
    for path in [FILE, NOTICE] {
        let page = place.terminal.get(path, "").await;
        assert!(page.text.contains("name=\"terminal_password\""), "{path}");
        let cookie = place.terminal.sign_in("general");
        let page = place.terminal.get(path, &cookie).await;
        assert!(!page.text.contains("name=\"terminal_password\""), "{path}");
    }
    let page = place.install(&file, "", PASSWORD).await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.in_use(), newer.fingerprint());
    let (newest, file) = place.file(5);
    let cookie = place.terminal.sign_in("general");
    let page = place.install(&file, &cookie, "").await;
    assert!(page.text.contains("data-installed"));
    assert_eq!(place.in_use(), newest.fingerprint());
}

#[tokio::test]
async fn a_terminal_whose_certificate_has_ended_is_given_another_by_anybody() {
    let place = Place::start(1_300);
    let (newer, file) = place.file(10);
    let page = place.terminal.get(FILE, "").await;
    assert!(!page.text.contains("name=\"terminal_password\""));
    let page = place.install(&file, "", "").await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.in_use(), newer.fingerprint());
}

#[tokio::test]
async fn a_good_certificate_beside_one_that_has_ended_is_changed_by_nobody_unknown() {
    let place = Place::start_with(1_300, Some(20));
    let before = place.second();
    // An earlier and a later one.
    for age_days in [300, 10] {
        let (_, file) = place.file_of(OTHER, age_days);
        for (password, code) in [
            ("", "required"),
            ("Chigau-Chigau-1", "wrong_terminal_password"),
        ] {
            let page = place.install(&file, "", password).await;
            let told = format!("data-code=\"{code}\"");
            assert!(
                page.status == 422 && page.text.contains(&told),
                "{}",
                page.text
            );
            assert!(page.text.contains("name=\"terminal_password\""), "{code}");
            assert_eq!(place.second(), before);
        }
    }
    let (newer, file) = place.file_of(OTHER, 10);
    let page = place.install(&file, "", PASSWORD).await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.second(), newer.fingerprint());
    // That of the settings has ended.
    let (own, file) = place.file(10);
    let page = place.install(&file, "", "").await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.in_use(), own.fingerprint());
}

#[tokio::test]
async fn without_a_good_certificate_the_re_issue_is_explained_to_anybody_and_no_note_is_shown() {
    let place = Place::start(1_300);
    let terminal = &place.terminal;
    let new = NewNote {
        state: Noted::Filed,
        memo: "佐藤が郵送".into(),
        shown: 0,
        by: "kanri".into(),
    };
    let (reissue, now) = (Procedure::CertificateReissue, terminal.app.now());
    assert!(terminal.app.procedures.note(reissue, new, now).is_ok());
    let path = "/procedures/certificate_reissue";
    let page = terminal.get(path, "").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("今すぐ行ってください"), "{}", page.text);
    assert!(page.text.contains(NOTICE) && page.text.contains("data-desk=\"oqs-call-center\""));
    let fingerprint = printed_fingerprint(place.authority.root());
    assert!(page.text.contains(&fingerprint), "{}", page.text);
    let list = terminal.get("/procedures", "").await;
    assert_eq!(list.status, 200, "{}", list.text);
    assert!(list.text.contains(path));
    for page in [&page, &list] {
        let told = ["佐藤が郵送", "kanri", "提出した", "name=\"memo\""];
        assert!(!told.iter().any(|it| page.text.contains(it)));
    }
    let cookie = terminal.sign_in("general");
    let page = terminal.get(path, &cookie).await.text;
    assert!(page.contains("佐藤が郵送") && !page.contains("name=\"memo\""));
}

#[tokio::test]
async fn a_step_back_from_a_good_certificate_is_asked_about_and_changes_nothing_by_itself() {
    let place = Place::start(30);
    let (older, file) = place.file(300);
    let (before, cookie) = (place.in_use(), place.terminal.sign_in("general"));
    let asked = place.install(&file, &cookie, "").await;
    assert!(
        asked.text.contains("data-code=\"certificate_step_back\""),
        "{}",
        asked.text
    );
    assert_eq!(place.in_use(), before);
    let form = |token: &str| format!("token={token}");
    let page = place.terminal.post(ANYWAY, "", &form("0123")).await;
    assert!(page.text.contains("asked_too_long_ago"));
    assert_eq!(place.in_use(), before);
    let page = place.terminal.post(ANYWAY, "", &form(&token(&asked))).await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.in_use(), older.fingerprint());
    let page = place.terminal.post(ANYWAY, "", &form(&token(&asked))).await;
    assert!(page.text.contains("asked_too_long_ago"), "once only");
}

#[tokio::test]
async fn a_file_of_another_terminal_is_asked_about_before_it_takes_anothers_place() {
    let place = Place::start(30);
    let at = place.started.plus_seconds(-10 * DAY_S);
    let other = issue_to("受付2", "1319999999", &place.authority, at);
    let file = other.to_pkcs12(place.authority.root(), P12, P12Encryption::Aes256);
    let (before, cookie) = (place.in_use(), place.terminal.sign_in("general"));
    let asked = place.install(&file.unwrap(), &cookie, "").await;
    let told = "data-code=\"certificate_of_other_terminal\"";
    assert!(asked.text.contains(told), "{}", asked.text);
    assert_eq!(place.in_use(), before);
    let form = format!("token={}", token(&asked));
    let page = place.terminal.post(ANYWAY, &cookie, &form).await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.in_use(), other.fingerprint());
}

#[tokio::test]
async fn a_second_facilitys_certificate_issued_anew_takes_its_own_place() {
    let place = Place::start_with(30, Some(1_300));
    let (new, file) = place.file_of(OTHER, 10);
    let (before, cookie) = (place.in_use(), place.terminal.sign_in("general"));
    let page = place.install(&file, &cookie, "").await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.in_use(), before);
    assert_eq!(place.second(), new.fingerprint());
    assert!(place.is_signed_in(&cookie), "by another certificate");
}

#[tokio::test]
async fn a_certificate_ends_the_sessions_of_the_one_it_replaces_alone_and_at_the_center_too() {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let center = format!("https://{}", socket.local_addr().unwrap());
    let place = Place::start_asking(30, Some(20), Some(center));
    let mut asked = place.serve(socket);
    let first = place.terminal.sign_in_by("general", 0);
    let second = place.terminal.sign_in_by("general", 1);
    let (before, (new, file)) = (place.second(), place.file_of(OTHER, 10));
    let page = place.install(&file, &first, "").await;
    assert!(page.text.contains("data-installed"), "{}", page.text);
    assert_eq!(place.second(), new.fingerprint());
    assert!(place.is_signed_in(&first) && !place.is_signed_in(&second));
    let signed_out = async {
        loop {
            let (method, by) = asked.recv().await.unwrap();
            if method == Method::DELETE {
                return by;
            }
        }
    };
    let signed_out = tokio::time::timeout(PATIENCE, signed_out).await;
    // A session goes on with the certificate it was opened with, and ends with no other.
    assert_eq!(signed_out.unwrap(), before);
}

#[tokio::test]
async fn what_was_asked_about_is_forgotten_after_ten_minutes() {
    let place = Place::start(30);
    let (_, file) = place.file(300);
    let (before, cookie) = (place.in_use(), place.terminal.sign_in("general"));
    let asked = place.install(&file, &cookie, "").await;
    place.terminal.pass(600);
    let form = format!("token={}", token(&asked));
    let page = place.terminal.post(ANYWAY, &cookie, &form).await;
    assert!(page.text.contains("asked_too_long_ago"));
    assert_eq!(place.in_use(), before);
}

#[tokio::test]
async fn when_to_renew_is_said_as_the_center_says_it_and_as_unknown_while_it_says_nothing() {
    let (too_early, unknown, over) = (
        "まだ更新の時期ではありません",
        "いまは分かりません",
        "更新はできません",
    );
    let place = Place::start_with(30, Some(1_300));
    let terminal = &place.terminal;
    for (chosen, said) in [(0, unknown), (1, over)] {
        let cookie = terminal.sign_in_by("administrator", chosen);
        let page = terminal.get(HERE, &cookie).await.text;
        for text in [too_early, unknown, over] {
            assert_eq!(page.contains(text), text == said, "{text}: {page}");
        }
        assert!(!page.contains(&format!("href=\"{}\"", renew::HERE)));
        let to_reissue = page.contains("href=\"/procedures/certificate_reissue\"");
        assert_eq!(to_reissue, said == over, "{page}");
    }
    let cookie = terminal.sign_in_by("administrator", 0);
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("cookie", cookie.parse().unwrap());
    let staff = Staff::of(&Visitor::of(&headers, &terminal.app), &terminal.app).unwrap();
    let own = terminal.app.certificates.first().unwrap();
    for (renewable_from, renewal) in [
        ("2026-12-31", Renewal::Possible),
        ("2029-10-01", Renewal::Later),
    ] {
        let told = CertificateState {
            facility: "1319999999".into(),
            fingerprint: "0".repeat(64),
            lost_at: None,
            not_after: "2030-01-01T00:00:00Z".into(),
            renewable_from: renewable_from.into(),
            renewed: false,
            terminal: "受付1".into(),
        };
        let page = certificate_page(&terminal.app, &staff, &own, Ok(told));
        assert_eq!(page.renewal, renewal);
    }
}

#[tokio::test]
async fn with_two_certificates_each_page_is_of_the_chosen_one_and_all_are_reminded_of() {
    let place = Place::start_with(30, Some(1_300));
    let (own, other) = (0, 1);
    let terminal = &place.terminal;
    for (chosen, code, expired) in [(own, "1319999999", false), (other, OTHER, true)] {
        let cookie = terminal.sign_in_by("administrator", chosen);
        let page = terminal.get(HERE, &cookie).await.text;
        assert!(page.contains(&format!("{code}</")), "{page}");
        let told = page.contains("data-code=\"certificate_expired\"");
        assert_eq!(told, expired, "{page}");
        let mut headers = axum::http::HeaderMap::new();
        headers.insert("cookie", cookie.parse().unwrap());
        let visitor = Visitor::of(&headers, &terminal.app);
        let staff = Staff::of(&visitor, &terminal.app).unwrap();
        let told = reminders(&terminal.app, &staff);
        let facts = told.iter().map(|it| {
            let is_of = |code: &str| it.title.contains(code);
            (it.code.as_str(), is_of(OTHER), it.way_on.is_some())
        });
        let facts: Vec<_> = facts.collect();
        let expected = [
            ("backup_needed", false, chosen == own),
            ("certificate_expired", true, true),
        ];
        assert_eq!(facts, expected);
        // One that is over cannot be chosen: what is said of it can be done.
        let over = told.iter().find(|it| it.code == "certificate_expired");
        let over = over.unwrap();
        let choose = staff.words.say("certificate-choose-it");
        assert!(!over.text.contains(&choose), "{}", over.text);
        let address = terminal.app.certificates.setup().application_page();
        assert_eq!(over.text.contains(&address), chosen == own);
        let way_on = over.way_on.as_ref().map(|it| it.href.as_str());
        assert_eq!(way_on, Some(if chosen == own { NOTICE } else { HERE }));
    }
}

#[test]
fn of_a_certificate_that_was_renewed_under_another_name_the_newest_alone_is_told_of() {
    let place = Place::start_with(30, Some(10));
    let all = place.terminal.app.certificates.all();
    let under = |name: &str, of: &Certificate, later_s: i64| {
        let mut holder = of.holder.clone();
        holder.not_after = holder.not_after.plus_seconds(later_s);
        Arc::new(Certificate {
            name: name.into(),
            holder,
            client: of.client.clone(),
        })
    };
    let (clinic, other) = (&all[0], &all[1]);
    let names = |all: Vec<Arc<Certificate>>, chosen| {
        let newest = newest(all, chosen);
        newest.iter().map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    let renewed = under("renewed", clinic, 1);
    let with_renewed = vec![clinic.clone(), other.clone(), renewed.clone()];
    assert_eq!(names(with_renewed, Some("clinic")), ["renewed", "other"]);
    // Of two copies of one the chosen one is told of.
    let copy = under("copy", clinic, 0);
    let copies = vec![clinic.clone(), copy, other.clone()];
    assert_eq!(names(copies.clone(), Some("copy")), ["copy", "other"]);
    assert_eq!(names(copies, Some("clinic")), ["clinic", "other"]);
}

#[tokio::test]
async fn what_is_renewed_and_backed_up_is_the_chosen_certificate() {
    let place = Place::start_with(30, Some(10));
    let terminal = &place.terminal;
    let cookie = terminal.sign_in_by("administrator", 1);
    // The file of the other facility is taken for the backup; what is wrong is its place alone.
    let other = terminal.app.certificates.get(1).unwrap();
    let identity = terminal.app.certificates.setup().installed.read("other");
    let root = place.authority.root();
    let file = identity
        .unwrap()
        .to_pkcs12(root, P12, P12Encryption::Aes256);
    std::fs::write(terminal.dir.path().join("other.p12"), file.unwrap()).unwrap();
    let form = format!("file=other.p12&place=/nowhere-at-all&original=stays&password={P12}");
    let page = terminal.post(backup::HERE, &cookie, &form).await;
    assert!(
        page.text.contains("USBメモリーが抜けていないか"),
        "{}",
        page.text
    );
    assert_eq!(other.holder.facility.to_string(), OTHER);
    // That of the settings is taken away: the chosen one is there to be renewed, but its center is not.
    let installed = &terminal.app.certificates.setup().installed;
    std::fs::remove_file(installed.file("clinic")).unwrap();
    let form = format!("password={P12}&password_again={P12}");
    let page = terminal.post(renew::HERE, &cookie, &form).await;
    assert_eq!(page.status, 422);
    assert!(
        !page.text.contains("data-code=\"no_certificate\""),
        "{}",
        page.text
    );
    let cookie = terminal.sign_in("administrator");
    let page = terminal.post(renew::HERE, &cookie, &form).await;
    assert!(
        page.text.contains("data-code=\"no_certificate\""),
        "{}",
        page.text
    );
}
