//! A center with a clock that the test turns, and clinics enrolled at it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::check::CheckRequest;
use api::client::{Client, ClientError};
use api::session::{PasswordChange, Session, SignIn};
use center::config::{Config, Limits, Listen};
use center::control::{Order, Reply, send};
use center::enroll::{Enrolled, Enrolment};
use center::serve::Center;
use domain::civil_date::Instant;
use http::Method;
use pki::identity::Identity;
use rustls_pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) const P12: &str = "Tegami-12345678";

pub(crate) struct World {
    pub(crate) api: SocketAddr,
    pub(crate) enroll: SocketAddr,
    pub(crate) operator: SocketAddr,
    pub(crate) metrics: SocketAddr,
    /// Unless it runs in a process of its own.
    pub(crate) center: Option<Center>,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) micros: Arc<AtomicI64>,
}

pub(crate) struct Clinic {
    pub(crate) client: Client,
    pub(crate) identity: Identity,
    pub(crate) enrolled: Enrolled,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(Limits::default()).await
    }

    pub(crate) async fn start_with(limits: Limits) -> Self {
        Self::start_set(|config| config.limits = limits).await
    }

    /// A center whose store lies at a server.
    pub(crate) async fn start_at_server() -> Self {
        let dir = tempfile::tempdir().unwrap();
        crate::places::place_at_server(dir.path());
        let micros = Arc::new(AtomicI64::new(now_micros()));
        Self::start_in(dir, micros).await
    }

    /// Another process of the same center: over the same store, with the same keys.
    pub(crate) async fn another(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        crate::places::copy_keys(self.dir.path(), dir.path());
        Self::start_in(dir, Arc::clone(&self.micros)).await
    }

    fn of(center: Center, dir: tempfile::TempDir, micros: Arc<AtomicI64>) -> Self {
        Self {
            api: center.api,
            enroll: center.enroll,
            operator: center.operator,
            metrics: center.metrics,
            center: Some(center),
            dir,
            micros,
        }
    }

    pub(crate) async fn start_in(dir: tempfile::TempDir, micros: Arc<AtomicI64>) -> Self {
        let center = start_center(dir.path(), Limits::default(), Arc::clone(&micros)).await;
        Self::of(center, dir, micros)
    }

    /// A center that renews certificates at any time, for tools that read the machine's clock.
    pub(crate) async fn start_renewing() -> Self {
        Self::start_set(|config| config.certificates.renewal_days = 2_000).await
    }

    /// A center with settings of the link; where searches without a certificate are served then.
    pub(crate) async fn start_linked(
        link: center::config::link::Link,
    ) -> (Self, Option<SocketAddr>) {
        let dir = tempfile::tempdir().unwrap();
        let micros = Arc::new(AtomicI64::new(now_micros()));
        let mut config = config(dir.path(), Limits::default(), Default::default());
        config.link = link;
        let center = start_center_of(&config, Arc::clone(&micros)).await;
        let search = center.search;
        let world = Self {
            api: center.api,
            enroll: center.enroll,
            operator: center.operator,
            metrics: center.metrics,
            center: Some(center),
            dir,
            micros,
        };
        (world, search)
    }

    /// A center with settings that a test changes.
    pub(crate) async fn start_set(set: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(now_micros(), set).await
    }

    /// The same, with a clock that begins at an instant.
    pub(crate) async fn start_at(micros: i64, set: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let micros = Arc::new(AtomicI64::new(micros));
        let mut config = config(dir.path(), Limits::default(), Default::default());
        set(&mut config);
        let center = start_center_of(&config, Arc::clone(&micros)).await;
        Self::of(center, dir, micros)
    }

    /// A center that believes the made-up cards and knows their holders.
    pub(crate) async fn start_with_cards() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let micros = Arc::new(AtomicI64::new(now_micros()));
        let cards = crate::deck::settings(dir.path());
        let shared = Arc::clone(&micros);
        let center = start_center_with(dir.path(), Limits::default(), cards, shared).await;
        let path = dir.path().join("center.db");
        let engine = crate::places::store(&path, 8);
        crate::deck::register(&engine).await;
        Self {
            api: center.api,
            enroll: center.enroll,
            operator: center.operator,
            metrics: center.metrics,
            center: Some(center),
            dir,
            micros,
        }
    }

    /// A center that believes the made-up cards and serves home care; where it does.
    pub(crate) async fn start_at_home(home: center::config::home::Home) -> (Self, SocketAddr) {
        Self::start_at_home_set(|config| config.home = home).await
    }

    /// The same with settings that a test changes.
    pub(crate) async fn start_at_home_set(set: impl FnOnce(&mut Config)) -> (Self, SocketAddr) {
        let dir = tempfile::tempdir().unwrap();
        let micros = Arc::new(AtomicI64::new(now_micros()));
        let cards = crate::deck::settings(dir.path());
        let mut config = config(dir.path(), Limits::default(), cards);
        config.listen.home = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        set(&mut config);
        let center = start_center_of(&config, Arc::clone(&micros)).await;
        let engine = crate::places::store(&dir.path().join("center.db"), 8);
        crate::deck::register(&engine).await;
        let home = center.home.unwrap();
        let world = Self {
            api: center.api,
            enroll: center.enroll,
            operator: center.operator,
            metrics: center.metrics,
            center: Some(center),
            dir,
            micros,
        };
        (world, home)
    }

    /// A center that believes the made-up cards, with settings of care without one.
    pub(crate) async fn start_in_emergency(
        emergency: center::config::emergency::Emergency,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let micros = Arc::new(AtomicI64::new(now_micros()));
        let center = start_center_in_emergency(dir.path(), emergency, Arc::clone(&micros)).await;
        Self {
            api: center.api,
            enroll: center.enroll,
            metrics: center.metrics,
            operator: center.operator,
            center: Some(center),
            dir,
            micros,
        }
    }

    /// A center that another process runs on the folder.
    pub(crate) fn elsewhere(dir: tempfile::TempDir, api: SocketAddr, enroll: SocketAddr) -> Self {
        Self {
            api,
            enroll,
            operator: SocketAddr::from(([127, 0, 0, 1], 0)),
            metrics: SocketAddr::from(([127, 0, 0, 1], 0)),
            center: None,
            dir,
            micros: Arc::new(AtomicI64::new(now_micros())),
        }
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) async fn enrol(&self, code: &str) -> Clinic {
        self.enrol_terminal(code, "受付1").await
    }

    /// Enrols a terminal of a facility.
    pub(crate) async fn enrol_terminal(&self, code: &str, terminal: &str) -> Clinic {
        let enrolment = Enrolment {
            code: code.into(),
            kind: None,
            name: "見本".into(),
            terminal: terminal.into(),
        };
        let Reply::Enrolled(enrolled) = send(self.dir.path(), &Order::Enroll(enrolment))
            .await
            .unwrap()
        else {
            panic!("the center refused to enrol");
        };
        let file = self
            .download(&enrolled, &enrolled.reference_id)
            .await
            .unwrap();
        let identity = Identity::from_pkcs12(&file, P12).unwrap();
        let client = self.client(Some(&identity));
        Clinic {
            client,
            identity,
            enrolled: *enrolled,
        }
    }

    /// A client of the api listener.
    pub(crate) fn client(&self, identity: Option<&Identity>) -> Client {
        self.client_of(&format!("https://{}", self.api), identity)
    }

    /// The world's own clock.
    fn clock(&self) -> pki::clock::Clock {
        let micros = Arc::clone(&self.micros);
        Arc::new(move || Instant::from_micros(micros.load(Ordering::SeqCst)))
    }

    /// A client with the world's own clock.
    pub(crate) fn client_of(&self, base: &str, identity: Option<&Identity>) -> Client {
        Client::by(self.clock(), base, &self.root(), identity).unwrap()
    }

    /// Turns the clock to the middle of the days on which a clinic's certificate may be renewed.
    pub(crate) fn pass_days_by_renewal(&self, clinic: &Clinic) {
        let end = clinic.identity.holder().unwrap().not_after.as_micros();
        let day = 86_400 * 1_000_000;
        self.micros.store(end - 45 * day, Ordering::SeqCst);
    }

    pub(crate) fn root(&self) -> rustls_pki_types::CertificateDer<'static> {
        pki::identity::first_certificate(&std::fs::read(self.dir.path().join("root.pem")).unwrap())
            .unwrap()
    }

    pub(crate) async fn download(
        &self,
        enrolled: &Enrolled,
        reference: &str,
    ) -> Result<Vec<u8>, ClientError> {
        let client = self.client_of(&format!("https://{}", self.enroll), None);
        let body =
            json!({"request_id": enrolled.request_id, "reference_id": reference, "password": P12});
        let path = api::routes::CERTIFICATE_DOWNLOAD;
        Ok(client
            .call(
                Method::POST,
                path,
                None,
                None,
                Some(body.to_string().into_bytes()),
            )
            .await?
            .to_vec())
    }
}

pub(crate) fn now_micros() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

/// Starts a center with the samples' people.
pub(crate) async fn start_center(dir: &Path, limits: Limits, micros: Arc<AtomicI64>) -> Center {
    start_center_with(dir, limits, Default::default(), micros).await
}

pub(crate) async fn start_center_with(
    dir: &Path,
    limits: Limits,
    cards: center::config::Cards,
    micros: Arc<AtomicI64>,
) -> Center {
    start_center_of(&config(dir, limits, cards), micros).await
}

/// Starts a center that believes the made-up cards and knows their holders, with settings of care without one.
pub(crate) async fn start_center_in_emergency(
    dir: &Path,
    emergency: center::config::emergency::Emergency,
    micros: Arc<AtomicI64>,
) -> Center {
    let cards = crate::deck::settings(dir);
    let mut config = config(dir, Limits::default(), cards);
    config.emergency = emergency;
    let center = start_center_of(&config, micros).await;
    let engine = crate::places::store(&dir.join("center.db"), 8);
    crate::deck::register(&engine).await;
    center
}

pub(crate) fn config(dir: &Path, limits: Limits, cards: center::config::Cards) -> Config {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        data_dir: dir.into(),
        database: crate::places::place(dir),
        name: "test".into(),
        host_names: Vec::new(),
        tls12: false,
        read_through: false,
        checkpoint_dir: None,
        listen: Listen {
            api: free,
            enroll: free,
            operator: free,
            home: None,
            metrics: free,
            balancers: Vec::new(),
        },
        lockout: Default::default(),
        limits,
        capacity: Default::default(),
        cards,
        certificates: Default::default(),
        updates: center::config::Updates {
            dir: Some(dir.join("updates")),
        },
        link: Default::default(),
        operators: Default::default(),
        medical: Default::default(),
        insurer_feeds: Default::default(),
        emergency: Default::default(),
        home: Default::default(),
        retention: Default::default(),
        claims: Default::default(),
        traces: None,
    }
}

async fn start_center_of(config: &Config, micros: Arc<AtomicI64>) -> Center {
    let clock = Arc::new(move || Instant::from_micros(micros.load(Ordering::SeqCst)));
    let center = Center::start(config, clock, synthetic::training::patients)
        .await
        .unwrap();
    let path = config.data_dir.join("center.db");
    let engine = crate::places::store(&path, 7);
    engine
        .store_people(synthetic::samples::people())
        .await
        .unwrap();
    center
}

impl Clinic {
    pub(crate) fn password(&self, id: &str) -> String {
        self.enrolled
            .accounts
            .iter()
            .find(|account| account.id == id)
            .unwrap()
            .password
            .clone()
    }

    pub(crate) async fn try_sign_in(
        &self,
        id: &str,
        password: &str,
        force: bool,
    ) -> Result<Session, ClientError> {
        self.client
            .sign_in(&SignIn {
                account: id.into(),
                force,
                password: password.into(),
            })
            .await
    }

    pub(crate) async fn sign_in(&self, id: &str) -> Session {
        self.try_sign_in(id, &self.password(id), true)
            .await
            .unwrap()
    }

    pub(crate) async fn ask(
        &self,
        token: &str,
        key: &str,
        number: &str,
    ) -> Result<String, ClientError> {
        let request = CheckRequest {
            birth_date: "1970-01-02".into(),
            insurer_number: "06139992".into(),
            number: number.into(),
            symbol: Some("123".into()),
            ..CheckRequest::default()
        };
        Ok(self.client.check(token, key, &request).await?.0.check_id)
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        self.client
            .send(method, path, Some(token), None, Some(body))
            .await
    }

    /// A new session of the administrator, after the earlier one ended.
    pub(crate) async fn sign_in_again(&self, earlier: &Session) -> String {
        let again = self.try_sign_in(&earlier.account.id, "Kanri-7654321", true);
        again.await.unwrap().token
    }

    /// The administrator with a password of their own.
    pub(crate) async fn administrator(&self) -> (Session, String) {
        let session = self.sign_in("administrator").await;
        let change = PasswordChange {
            new_password: "Kanri-7654321".into(),
            old_password: self.password("administrator"),
        };
        self.client
            .change_password(&session.token, &change)
            .await
            .unwrap();
        (session, change.new_password)
    }
}

pub(crate) fn check<T: std::fmt::Debug>(outcome: Result<T, ClientError>, expected: &str) {
    match outcome {
        Err(ClientError::Problem(problem)) => assert_eq!(problem.code, expected),
        other => panic!("expected {expected}: {other:?}"),
    }
}

/// An answer as it came over the line.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl RawAnswer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    /// The stable code of a problem document.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some(api::problem::MEDIA_TYPE));
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl World {
    /// A connection to the api listener, with nothing said yet.
    pub(crate) async fn connect(&self, identity: &Identity) -> TlsStream<TcpStream> {
        self.connect_to(self.api, Some(identity)).await
    }

    pub(crate) async fn connect_to(
        &self,
        at: SocketAddr,
        identity: Option<&Identity>,
    ) -> TlsStream<TcpStream> {
        self.connect_from([127, 0, 0, 1], at, identity).await
    }

    /// The same from another of this machine's own addresses.
    pub(crate) async fn connect_from(
        &self,
        from: [u8; 4],
        at: SocketAddr,
        identity: Option<&Identity>,
    ) -> TlsStream<TcpStream> {
        let tls = pki::client::config_by(self.clock(), &self.root(), identity).unwrap();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let stream = socket.connect(at).await.unwrap();
        let name = ServerName::from(at.ip());
        TlsConnector::from(Arc::new(tls))
            .connect(name, stream)
            .await
            .unwrap()
    }

    /// Sends one request to the api listener, byte by byte as given, and reads the answer to its end.
    pub(crate) async fn raw(
        &self,
        identity: &Identity,
        line: &str,
        headers: &[&str],
        body: &[u8],
    ) -> RawAnswer {
        let stream = self.connect(identity).await;
        let host = ["host: localhost"];
        exchange(stream, line, &[&host, headers].concat(), body).await
    }

    /// The same to the enroll listener; the host is among the headers.
    pub(crate) async fn raw_enroll(&self, line: &str, headers: &[&str], body: &[u8]) -> RawAnswer {
        let stream = self.connect_to(self.enroll, None).await;
        exchange(stream, line, headers, body).await
    }
}

pub(crate) async fn exchange(
    mut stream: TlsStream<TcpStream>,
    line: &str,
    headers: &[&str],
    body: &[u8],
) -> RawAnswer {
    let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes()).await.unwrap();
    // A body that is refused early may find the line closed.
    let _ = stream.write_all(body).await;
    read_answer(&mut stream).await
}

/// Reads an answer until the line is closed.
pub(crate) async fn read_answer(stream: &mut TlsStream<TcpStream>) -> RawAnswer {
    let mut bytes = Vec::new();
    // A line that is cut still gave what came before.
    let _ = stream.read_to_end(&mut bytes).await;
    raw_answer(&bytes).expect("an answer")
}

/// Reads an answer as long as it says it is; the line stays open.
pub(crate) async fn read_answer_of_open_line(stream: &mut TlsStream<TcpStream>) -> RawAnswer {
    let mut bytes = Vec::new();
    loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "cut");
        if let Some(answer) = raw_answer(&bytes) {
            let length = answer.head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.trim().parse::<usize>().unwrap())
            });
            if length.unwrap() <= answer.body.len() {
                return answer;
            }
        }
    }
}

/// What came, once its head is whole.
fn raw_answer(bytes: &[u8]) -> Option<RawAnswer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(RawAnswer {
        status,
        head,
        body: bytes[end + 4..].to_vec(),
    })
}
