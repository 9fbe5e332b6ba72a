//! The lock over the whole set of routes, with a clock that is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::claims::{ClaimsAccount, ClaimsSession};
use api::problem::Text;
use api::session::{Session, SessionAccount, SessionFacility};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode};
use domain::card_challenge::CenterName;
use domain::institution_code::InstitutionCode;
use domain::terminal_user::TerminalUserName;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use pki::identity::Holder;

use super::*;
use crate::browsers::Browser;
use crate::serve::{Certificate, PcReader};

pub(crate) const PASSWORD: &str = "Gamen-Kaijo-2026";

/// A terminal whose clock is moved by hand; its center is not there.
pub(crate) struct Terminal {
    pub(crate) app: App,
    clock: Arc<AtomicI64>,
    pub(crate) dir: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

fn start(dir: &tempfile::TempDir, clock: &Arc<AtomicI64>) -> App {
    crate::serve::app(setup(dir, clock), "terminal.localhost:1".into()).unwrap()
}

fn setup(dir: &tempfile::TempDir, clock: &Arc<AtomicI64>) -> crate::serve::Setup {
    let seconds = clock.clone();
    crate::serve::Setup {
        certificates: vec![Certificate {
            name: "clinic".into(),
            holder: Holder {
                facility: InstitutionCode::parse("1319999999").unwrap(),
                terminal: "受付端末1".into(),
                not_before: Instant::from_micros(0),
                not_after: Instant::parse("2030-01-01T00:00:00Z").unwrap(),
                fingerprint: [0; 32],
            },
            client: crate::pages::tests::client(),
        }],
        certificate_setup: crate::pages::tests::certificate_setup(dir.path()),
        backups: crate::backups::Setup::of_this_machine(dir.path(), dir.path(), Vec::new()),
        host_name: "terminal.localhost".into(),
        listen: ([127, 0, 0, 1], 0).into(),
        clock: Arc::new(move || {
            Instant::from_micros(0).plus_seconds(seconds.load(Ordering::Relaxed))
        }),
        reader: PcReader::None,
        center_name: CenterName::parse("onshi-example").unwrap(),
        screen_lock: Setup {
            data_dir: dir.path().to_owned(),
            idle: IdleMinutes::default(),
            name: None,
        },
        updates: crate::update::SelfUpdate::new(dir.path(), &Default::default()),
        upkeep: crate::upkeep::Setup::bare(dir.path()),
        center: crate::serve::CenterPlace {
            address: "https://center.example".into(),
            root_fingerprint: String::new(),
        },
        interactions: None,
    }
}

impl Terminal {
    pub(crate) fn start() -> Self {
        Self::start_with(|_, _| {})
    }

    /// One whose setup is changed first; the clock's instant is told.
    pub(crate) fn start_with(change: impl FnOnce(&mut crate::serve::Setup, Instant)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let name = TerminalUserName::parse("onshi-user").unwrap();
        let password = domain::terminal_user::parse_password(PASSWORD).unwrap();
        terminal_user::keep(dir.path(), &name, &password).unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000));
        let mut setup = setup(&dir, &clock);
        let now = (setup.clock)();
        change(&mut setup, now);
        let app = crate::serve::app(setup, "terminal.localhost:1".into()).unwrap();
        Self { app, clock, dir }
    }

    /// The same PC after a restart of its terminal.
    fn start_again(&mut self) {
        self.app = start(&self.dir, &self.clock);
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    fn is_locked(&self) -> bool {
        self.app.lock.is_locked(Cause::Background, self.app.now())
    }

    /// A browser with somebody signed in; returns its cookie.
    pub(crate) fn sign_in(&self, kind: &str) -> String {
        self.sign_in_by(kind, 0)
    }

    /// The same with the certificate of this place in the list.
    pub(crate) fn sign_in_by(&self, kind: &str, certificate: usize) -> String {
        let mut browser = Browser::choosing(certificate);
        browser.session = Some(Session {
            account: SessionAccount {
                display_name: "受付の花子".into(),
                id: "uketsuke".into(),
                kind: kind.into(),
            },
            facility: facility(),
            ends_after_min: 30,
            entry: "full".into(),
            password: api::session::PasswordState {
                change_needed: false,
                ..crate::pages::tests::state()
            },
            token: "t".into(),
        });
        let cookie = self.app.browsers.open(browser, self.app.now()).unwrap().1;
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn ask(&self, request: axum::http::request::Builder, body: &str) -> Answer {
        let form = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(form, body.to_owned()).await
    }

    pub(crate) async fn send(
        &self,
        request: axum::http::request::Builder,
        body: impl Into<Body>,
    ) -> Answer {
        let request = request.header("host", "terminal.localhost:1");
        let request = request.body(body.into()).unwrap();
        let router = crate::serve::router(self.app.clone());
        let answer = TowerToHyperService::new(router)
            .call(request)
            .await
            .unwrap();
        let (head, body) = answer.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(Request::get(path).header("cookie", cookie), "")
            .await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin");
        self.ask(request, body).await
    }
}

/// Somebody signed in at the claims entry.
pub(crate) fn claims_login() -> crate::pages::claims::Login {
    crate::pages::claims::Login {
        certificate: 0,
        session: ClaimsSession {
            account: ClaimsAccount {
                display_name: "請求の花子".into(),
                id: "seikyu".into(),
            },
            ends_after_min: 30,
            facility: facility(),
            password: api::session::PasswordState {
                change_needed: false,
                ..crate::pages::tests::state()
            },
            tenant: "fund".into(),
            tenant_name: Text::new("見本の審査支払機関", "A sample review body"),
            token: "t".into(),
        },
        changes: Default::default(),
    }
}

fn facility() -> SessionFacility {
    SessionFacility {
        code: "1319999999".into(),
        kind: "medical".into(),
        name: "見本クリニック".into(),
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    fn is_lock_screen(&self) -> bool {
        let hides = !["見本クリニック", "受付の花子", "1319999999"]
            .iter()
            .any(|it| self.text.contains(it));
        assert!(hides, "{}", self.text);
        self.status == StatusCode::FORBIDDEN
            && self.text.contains("data-lock=\"locked\"")
            && self.header("cache-control") == "no-store"
    }
}

#[tokio::test]
async fn after_fifteen_idle_minutes_every_page_is_the_lock_screen_and_nothing_sent_is_done() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("administrator");
    let page = terminal.get("/check", &cookie).await;
    assert!(page.status == StatusCode::OK && page.text.contains("見本クリニック"));
    assert!(
        page.text
            .contains("content=\"900; url=/lock/wait?from=/check\"")
    );
    terminal.pass(899);
    assert_eq!(terminal.get("/about", &cookie).await.status, StatusCode::OK);
    terminal.pass(900);
    for path in [
        "/",
        "/check",
        "/about",
        "/accounts",
        "/new-account",
        "/password",
        "/screen-lock",
        "/sign-in",
        "/no-such-page",
        "/check?by=itself",
        "/lock/wait?from=/check",
        "/lock",
        "/unlock",
    ] {
        assert!(terminal.get(path, &cookie).await.is_lock_screen(), "{path}");
        assert!(
            terminal.get(path, "").await.is_lock_screen(),
            "{path} elsewhere"
        );
    }
    for path in [
        "/start",
        "/sign-out",
        "/check",
        "/screen-lock",
        "/screen-lock/undo",
        "/lock/active",
    ] {
        let page = terminal.post(path, &cookie, "certificate=clinic").await;
        assert!(
            page.is_lock_screen() && page.header("set-cookie").is_empty(),
            "{path}"
        );
    }
    let page = terminal.get("/lock/wait?from=/check", &cookie).await;
    assert!(page.text.contains("data-here=\"/check\""));
    assert!(page.text.contains("data-terminal-user=\"onshi-user\""));
    assert!(page.text.contains("スクリーンセーバー") && page.text.contains("ログイン解除"));
    assert_eq!(
        terminal.get("/live", &cookie).await.text,
        "event: locked\ndata: \n\n"
    );
    let part = Request::get("/readers/live")
        .header("hx-request", "true")
        .header("hx-current-url", "http://terminal.localhost:1/readers");
    let part = terminal.ask(part, "").await;
    assert!(part.text.is_empty() && part.header("hx-redirect") == "/readers");
    assert_eq!(terminal.get("/lock/state", "").await.text, "locked");
    // Whoever was signed in still is when it opens.
    let form = format!("password={PASSWORD}&back=/check");
    let opened = terminal.post("/unlock", "", &form).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (StatusCode::SEE_OTHER, "/check")
    );
    assert!(
        terminal
            .get("/check", &cookie)
            .await
            .text
            .contains("見本クリニック")
    );
}

#[tokio::test]
async fn pages_that_renew_themselves_keep_nothing_open_and_foreign_ones_do_not_either() {
    let terminal = Terminal::start();
    for _ in 0..15 {
        terminal.get("/card?by=itself", "").await;
        terminal.get("/lock/state", "").await;
        let part = Request::get("/readers/live").header("hx-request", "true");
        terminal.ask(part, "").await;
        // Terms of a search travel in bodies, also where the page searches again by itself.
        terminal.post("/history/live?by=itself", "", "name=x").await;
        let foreign = Request::post("/lock/active").header("sec-fetch-site", "cross-site");
        assert_eq!(
            terminal.ask(foreign, "").await.status,
            StatusCode::FORBIDDEN
        );
        assert!(!terminal.is_locked());
        terminal.pass(60);
    }
    assert!(terminal.is_locked());
}

#[tokio::test]
async fn somebody_who_types_keeps_it_open() {
    let terminal = Terminal::start();
    for _ in 0..5 {
        terminal.pass(899);
        let told = terminal.post("/lock/active", "", "").await;
        assert_eq!(told.status, StatusCode::NO_CONTENT);
    }
    terminal.pass(900);
    assert!(terminal.post("/lock/active", "", "").await.is_lock_screen());
}

#[tokio::test]
async fn wrong_passwords_are_counted_over_a_restart_and_make_it_wait() {
    let mut terminal = Terminal::start();
    for tried in 1..=5 {
        terminal.app.lock.close();
        let page = terminal
            .post("/unlock", "", "password=Chigau-Chigau-1&back=/check")
            .await;
        assert!(page.is_lock_screen());
        let code = if tried < 5 {
            "wrong_terminal_password"
        } else {
            "terminal_user_waits"
        };
        assert!(
            page.text.contains(&format!("data-code=\"{code}\"")),
            "{tried}"
        );
        if tried == 3 {
            terminal.start_again();
        }
    }
    let form = format!("password={PASSWORD}&back=//evil.example/");
    terminal.start_again();
    terminal.app.lock.close();
    terminal.pass(899);
    let page = terminal.post("/unlock", "", &form).await;
    assert!(page.is_lock_screen() && page.text.contains("terminal_user_waits"));
    terminal.pass(1);
    let opened = terminal.post("/unlock", "", &form).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (StatusCode::SEE_OTHER, "/")
    );
    assert!(!terminal.is_locked());
}

#[tokio::test]
async fn each_degree_weakens_as_it_says_now_and_after_restarts_until_it_is_undone() {
    let idle_locks = |terminal: &Terminal| {
        terminal.pass(900);
        terminal.is_locked()
    };
    for (degree, now, next, after_next) in [
        (Weakening::UntilNextStart, false, true, true),
        (Weakening::NotStartedByItself, true, false, false),
        (Weakening::Removed, true, false, false),
        (Weakening::NoPassword, true, true, true),
    ] {
        let mut terminal = Terminal::start();
        terminal
            .app
            .lock
            .weaken(Some(degree), "kanri", terminal.app.now())
            .unwrap();
        assert_eq!(idle_locks(&terminal), now, "{degree:?} now");
        terminal.start_again();
        assert_eq!(idle_locks(&terminal), next, "{degree:?} after a start");
        terminal.start_again();
        terminal.app.lock.close();
        assert_eq!(
            terminal.is_locked(),
            degree != Weakening::Removed,
            "{degree:?} by hand"
        );
        let opened = terminal.post("/unlock", "", "back=/about").await;
        let is_open = matches!(degree, Weakening::NoPassword | Weakening::Removed);
        assert_eq!(
            opened.status == StatusCode::SEE_OTHER,
            is_open,
            "{degree:?} without password"
        );
        terminal.start_again();
        assert_eq!(
            idle_locks(&terminal),
            after_next,
            "{degree:?} after another"
        );
        terminal
            .app
            .lock
            .weaken(None, "kanri", terminal.app.now())
            .unwrap();
        assert!(idle_locks(&terminal), "{degree:?} undone");
        terminal.start_again();
        assert!(terminal.app.lock.weakened().1.is_none() && idle_locks(&terminal));
    }
}

#[tokio::test]
async fn only_an_administrator_who_took_the_warning_and_whom_the_center_knows_weakens_it() {
    let terminal = Terminal::start();
    let (general, administrator) = (
        terminal.sign_in("general"),
        terminal.sign_in("administrator"),
    );
    let page = terminal.get("/screen-lock", &general).await;
    assert!(page.status == StatusCode::FORBIDDEN && page.text.contains("administrators_only"));
    let form = "degree=removed&accepted=1";
    let page = terminal.post("/screen-lock", &general, form).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let undone = terminal.post("/screen-lock/undo", &general, "").await;
    assert_eq!(undone.status, StatusCode::FORBIDDEN);
    for (form, code) in [
        ("degree=off&accepted=1", "no_degree"),
        ("degree=removed", "not_accepted"),
    ] {
        let page = terminal.post("/screen-lock", &administrator, form).await;
        assert!(page.text.contains(code), "{code}");
    }
    // The center is not there to say that the sign-in still counts.
    let page = terminal.post("/screen-lock", &administrator, form).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(terminal.app.lock.weakened().1.is_none());
    let now = terminal.app.now();
    terminal
        .app
        .lock
        .weaken(Some(Weakening::Removed), "kanri", now)
        .unwrap();
    let page = terminal.get("/screen-lock", &administrator).await;
    assert!(page.text.contains("取り外す（") && page.text.contains("kanri"));
    let undone = terminal.post("/screen-lock/undo", &administrator, "").await;
    assert_eq!(undone.header("location"), "/screen-lock");
    assert!(terminal.app.lock.weakened().1.is_none());
}

#[tokio::test]
async fn a_terminal_without_user_is_never_stuck_and_asks_everybody_to_sign_in_again() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("general");
    std::fs::remove_file(terminal.dir.path().join("terminal-user.json")).unwrap();
    terminal.pass(900);
    let page = terminal.get("/check", &cookie).await;
    assert!(page.is_lock_screen() && !page.text.contains("name=\"password\""));
    assert_eq!(
        terminal.post("/unlock", "", "back=/check").await.status,
        StatusCode::SEE_OTHER
    );
    let page = terminal.get("/check", &cookie).await;
    assert_eq!(
        (page.status, page.header("location")),
        (StatusCode::SEE_OTHER, "/sign-in")
    );
}

#[tokio::test]
async fn without_a_terminal_user_unlocking_signs_out_at_the_claims_entry_too() {
    let terminal = Terminal::start();
    std::fs::remove_file(terminal.dir.path().join("terminal-user.json")).unwrap();
    let at_both = terminal.sign_in("general");
    let (at_claims_alone, cookie) = terminal
        .app
        .browsers
        .open(Browser::choosing(0), terminal.app.now())
        .unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let key = crate::browsers::hash(at_both.split_once('=').unwrap().1).unwrap();
    for key in [key, at_claims_alone] {
        let login = claims_login();
        let kept = terminal
            .app
            .browsers
            .with(&key, |it| it.claims = Some(login));
        assert!(kept.is_some());
    }
    for cookie in [&at_both, &cookie] {
        let page = terminal.get("/claims/work", cookie).await;
        assert_eq!(page.header("location"), "", "signed in");
    }
    terminal.pass(900);
    assert!(terminal.get("/claims/work", &cookie).await.is_lock_screen());
    let opened = terminal.post("/unlock", "", "back=/claims/work").await;
    assert_eq!(opened.header("location"), "/claims/work");
    for cookie in [&at_both, &cookie] {
        let page = terminal.get("/claims/work", cookie).await;
        assert_eq!(
            (page.status, page.header("location")),
            (StatusCode::SEE_OTHER, "/claims")
        );
    }
}

#[tokio::test]
async fn a_terminal_user_that_cannot_be_read_opens_nothing_and_signs_nobody_out() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("general");
    let file = terminal.dir.path().join("terminal-user.json");
    let kept = std::fs::read(&file).unwrap();
    let damaged = || std::fs::write(&file, "{").unwrap();
    // A folder in its place is as a file without rights, also for root.
    let unreadable = || {
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
    };
    terminal.pass(900);
    for spoil in [&damaged as &dyn Fn(), &unreadable] {
        spoil();
        let page = terminal.get("/check", &cookie).await;
        assert!(page.is_lock_screen() && page.text.contains("terminal_user_unreadable"));
        let form = format!("password={PASSWORD}&back=/check");
        let page = terminal.post("/unlock", "", &form).await;
        assert!(page.is_lock_screen() && page.text.contains("terminal-user.json"));
        assert!(page.text.contains("onshi terminal set-user"), "the remedy");
        assert!(terminal.is_locked());
    }
    std::fs::remove_dir(&file).unwrap();
    std::fs::write(&file, kept).unwrap();
    let form = format!("password={PASSWORD}&back=/check");
    let opened = terminal.post("/unlock", "", &form).await;
    assert_eq!(opened.header("location"), "/check");
    let page = terminal.get("/check", &cookie).await;
    assert!(page.text.contains("見本クリニック"), "still signed in");
}

#[tokio::test]
async fn where_no_password_is_asked_a_terminal_user_that_is_not_there_signs_nobody_out() {
    let terminal = Terminal::start();
    let cookie = terminal.sign_in("general");
    let (lock, now) = (&terminal.app.lock, terminal.app.now());
    lock.weaken(Some(Weakening::NoPassword), "kanri", now)
        .unwrap();
    let file = terminal.dir.path().join("terminal-user.json");
    for spoil in [Some("{"), None] {
        match spoil {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        terminal.pass(900);
        let page = terminal.get("/check", &cookie).await;
        assert!(page.is_lock_screen() && page.text.contains("ログインはそのまま続きます"));
        assert!(!page.text.contains("ログアウト"), "{}", page.text);
        terminal.post("/unlock", "", "back=/check").await;
        let page = terminal.get("/check", &cookie).await;
        assert!(page.text.contains("見本クリニック"), "still signed in");
    }
}

#[tokio::test]
async fn a_page_without_script_that_waits_is_answered_when_somebody_locks() {
    let terminal = Terminal::start();
    let waiting = terminal.get("/lock/wait?from=/check", "");
    let closing = async {
        tokio::task::yield_now().await;
        terminal.app.lock.close();
    };
    let (page, ()) = tokio::join!(waiting, closing);
    assert_eq!(page.header("location"), "/lock/wait?from=/check");
}

#[test]
fn a_damaged_file_weakens_nothing() {
    let terminal = Terminal::start();
    std::fs::write(
        terminal.dir.path().join(FILE),
        "{\"weakened\":{\"degree\":\"removed\"",
    )
    .unwrap();
    let lock = Lock::start(terminal.app.lock.setup.clone(), terminal.app.now());
    assert!(lock.weakened().0 == Mode::Full && lock.weakened().1.is_none());
}
