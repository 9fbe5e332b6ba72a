//! A center, a facility with its certificate, and a gateway over folders of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::client::Client;
use api::client::machine::MachineAccount;
use center::config::{Config, Listen, Lockout};
use center::control::{Order, Reply, send};
use center::enroll::Enrolment;
use center::serve::Center;
use domain::civil_date::Instant;
use gateway::config::{AnswerEncoding, FolderPair, Forgotten};
use gateway::folders::Folders;
use gateway::hearing::Hearing;
use gateway::opening::{Doors, open_all};
use gateway::pickup::{Gateway, RoundError, Setup};
use gateway::zipped::Zip;
use pki::identity::{Identity, first_certificate};
use pki::machine_secret::MachineSecret;
use pki::sealed::MachineKey;
use rustls_pki_types::CertificateDer;
use store::engine::Engine;
use store::journal::Journal;

use crate::cards::Clinic;

/// How long a test listens: a slow machine is no fault.
const PATIENCE: Duration = Duration::from_secs(180);

/// A link app that runs waits so long for its folders before it works in those that answered: a folder may hang.
const OPEN_WITHIN: Duration = Duration::from_secs(1);

/// A link of one facility. Its folders are `req`, `res`, `work`, and for a second receipt computer `req2`, `res2`, `work2`.
pub(crate) struct Link {
    dir: tempfile::TempDir,
    gateway: Gateway,
    hearing: Hearing,
    pub(crate) journal: Journal,
    pub(crate) reader: Clinic,
    pub(crate) client: Client,
    root: CertificateDer<'static>,
    /// Makes another gateway over the same folders, journal and center.
    parts: Box<dyn Fn() -> Setup>,
    seconds: Arc<AtomicI64>,
    _center: Option<Center>,
}

impl Link {
    /// With the documented defaults.
    pub(crate) async fn start() -> Self {
        Self::start_with(AnswerEncoding::default(), Forgotten::default()).await
    }

    pub(crate) async fn start_with(encoding: AnswerEncoding, forgotten: Forgotten) -> Self {
        Self::start_set(|pair| (pair.encoding, pair.forgotten) = (encoding, forgotten)).await
    }

    /// With settings of its own.
    pub(crate) async fn start_set(set: impl Fn(&mut FolderPair)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let seconds = Arc::new(AtomicI64::new(i64::try_from(since.as_secs()).unwrap()));
        let read = Arc::clone(&seconds);
        let clock: Arc<dyn Fn() -> Instant + Send + Sync> =
            Arc::new(move || Instant::from_micros(read.load(Ordering::SeqCst) * 1_000_000));
        let free = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let data_dir = dir.path().join("center");
        let config = Config {
            data_dir: data_dir.clone(),
            database: None,
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
            lockout: Lockout::default(),
            updates: Default::default(),
            limits: Default::default(),
            cards: crate::cards::settings(dir.path()),
            certificates: Default::default(),
            capacity: Default::default(),
            link: Default::default(),
            operators: Default::default(),
            medical: Default::default(),
            insurer_feeds: Default::default(),
            emergency: Default::default(),
            home: Default::default(),
            retention: Default::default(),
            claims: Default::default(),
            traces: None,
        };
        let center = Center::start(&config, Arc::clone(&clock), |_| Vec::new())
            .await
            .unwrap();
        let people = Engine::open_center(&data_dir.join("center.db"), [7; 16]).unwrap();
        people
            .store_people(synthetic::samples::people())
            .await
            .unwrap();
        crate::cards::register(&people).await;
        let order = Order::Enroll(Enrolment {
            code: synthetic::samples::FACILITY.into(),
            kind: None,
            name: "見本クリニック".into(),
            terminal: "受付1".into(),
        });
        let Reply::Enrolled(enrolled) = send(&data_dir, &order).await.unwrap() else {
            panic!("not enrolled");
        };
        let root = first_certificate(&std::fs::read(data_dir.join("root.pem")).unwrap()).unwrap();
        let body = serde_json::json!({
            "request_id": enrolled.request_id, "reference_id": enrolled.reference_id, "password": "Tegami-12345678",
        });
        let download = Client::new(&format!("https://{}", center.enroll), &root, None).unwrap();
        let file = download
            .call(
                http::Method::POST,
                api::routes::CERTIFICATE_DOWNLOAD,
                None,
                None,
                Some(serde_json::to_vec(&body).unwrap()),
            )
            .await
            .unwrap();
        let identity = Identity::from_pkcs12(&file, "Tegami-12345678").unwrap();
        let account = enrolled.accounts.iter().find(|it| it.kind == "link_app");
        let path = |name: &str| dir.path().join(name);
        let pair = |number: &str| {
            let folder = |name: &str| path(&format!("{name}{number}"));
            let name = format!("receipt{number}");
            let mut pair = FolderPair::new(&name, folder("req"), folder("res"), folder("work"));
            set(&mut pair);
            pair.face = Some(folder("face"));
            Folders::from(&pair)
        };
        let folders = vec![pair(""), pair("2")];
        for folders in &folders {
            folders.open().unwrap();
        }
        let client = Client::new(&format!("https://{}", center.api), &root, Some(&identity));
        let client = client.unwrap();
        let key = path("machine.key");
        let secret = path("link_app.sealed");
        let machine = MachineKey::open(&key).unwrap();
        machine
            .seal(&secret, account.unwrap().password.as_bytes())
            .unwrap();
        let journal = Journal::open(&path("journal.db")).unwrap();
        let reader = Clinic::new(client.clone(), &enrolled);
        let (kept, own) = (journal.clone(), client.clone());
        let parts = Box::new(move || Setup {
            folders: folders.clone(),
            journal: journal.clone(),
            client: client.clone(),
            facility: synthetic::samples::FACILITY.into(),
            account: MachineAccount::new(
                "link_app".into(),
                MachineSecret::new(MachineKey::open(&key).unwrap(), &secret),
            ),
            clock: Arc::clone(&clock),
        });
        let gateway = Gateway::new(parts());
        Self {
            dir,
            hearing: gateway.hearing(),
            gateway,
            journal: kept,
            reader,
            client: own,
            root,
            parts,
            seconds,
            _center: Some(center),
        }
    }

    /// Another gateway, as after a restart, whose settings do not hold the named folder pair.
    pub(crate) fn restart_without(&mut self, name: &str) {
        let mut setup = (self.parts)();
        setup.folders.retain(|folders| folders.name != name);
        self.set_up(setup);
    }

    /// Another gateway, as after a restart, whose first folder pair exchanges zips.
    pub(crate) fn restart_with_zip(&mut self, zip: Zip) {
        let mut setup = (self.parts)();
        let first = setup.folders.remove(0);
        setup.folders.insert(0, first.with_zip(zip));
        self.set_up(setup);
    }

    /// Another gateway, as after a restart, that removes forgotten results.
    pub(crate) fn restart_removing_forgotten(&mut self) {
        let mut setup = (self.parts)();
        for folders in &mut setup.folders {
            folders.forgotten = Forgotten::Remove;
        }
        self.set_up(setup);
    }

    /// Another gateway that finds nothing where the center is.
    pub(crate) fn restart_without_center(&mut self) {
        let mut setup = (self.parts)();
        setup.client = Client::new("https://127.0.0.1:1", &self.root, None).unwrap();
        self.set_up(setup);
    }

    /// The files of the link app's secret, as a process of its own opens them.
    pub(crate) fn secret(&self) -> MachineSecret {
        let machine = MachineKey::open(&self.path("machine.key")).unwrap();
        MachineSecret::new(machine, &self.path("link_app.sealed"))
    }

    /// A session of the administrator.
    pub(crate) async fn administrator(&self) -> String {
        self.reader.administrator().await
    }

    /// Listens as long as something is so.
    pub(crate) async fn hear_while(&mut self, so: impl AsyncFn(&Self) -> bool) {
        let heard = async {
            while so(self).await {
                self.hearing.next().await.unwrap();
            }
        };
        let heard = tokio::time::timeout(PATIENCE, heard).await;
        heard.expect("it stays so for three minutes");
    }

    /// Another gateway over the same folders and journal, as after a crash.
    pub(crate) fn restart(&mut self) {
        self.set_up((self.parts)());
    }

    /// Opens the folders of all pairs, as a start does; nothing opens them later.
    pub(crate) async fn open(&self) -> Doors {
        let folders = (self.parts)().folders;
        open_all(&folders, PATIENCE).await.unwrap()
    }

    /// A gateway that works by itself, as the link app does.
    pub(crate) fn run(&self) -> tokio::task::JoinHandle<()> {
        self.run_without("nothing")
    }

    /// The same with settings that do not hold the named folder pair.
    pub(crate) fn run_without(&self, name: &str) -> tokio::task::JoinHandle<()> {
        let mut setup = (self.parts)();
        setup.folders.retain(|folders| folders.name != name);
        let folders = setup.folders.clone();
        let gateway = Gateway::new(setup);
        let data_dir = self.dir.path().to_owned();
        tokio::spawn(async move {
            let doors = open_all(&folders, OPEN_WITHIN).await.unwrap();
            gateway.run(data_dir, doors).await;
        })
    }

    /// The same over folders that were opened before.
    pub(crate) fn run_behind(&self, doors: Doors) -> tokio::task::JoinHandle<()> {
        let gateway = Gateway::new((self.parts)());
        tokio::spawn(gateway.run(self.dir.path().to_owned(), doors))
    }

    fn set_up(&mut self, setup: Setup) {
        self.gateway = Gateway::new(setup);
        self.hearing = self.gateway.hearing();
    }

    /// Listens until something is so.
    pub(crate) async fn hear_until(&mut self, so: impl Fn(&Journal) -> bool) {
        let heard = async {
            while !so(&self.journal) {
                self.hearing.next().await.unwrap();
            }
        };
        let heard = tokio::time::timeout(PATIENCE, heard).await;
        heard.expect("it was not so within three minutes");
    }

    /// Listens until that fails; returns why.
    pub(crate) async fn hear_until_it_fails(&mut self) -> RoundError {
        let heard = async {
            loop {
                if let Err(error) = self.hearing.next().await {
                    return error;
                }
            }
        };
        let heard = tokio::time::timeout(PATIENCE, heard).await;
        heard.expect("it does not fail within three minutes")
    }

    /// Runs a text in the journal's file, as nothing but a test may.
    pub(crate) fn in_journal(&self, text: &str) {
        let file = rusqlite::Connection::open(self.path("journal.db")).unwrap();
        file.execute_batch(text).unwrap();
    }

    /// Listens until the stream stands and its place is kept.
    pub(crate) async fn listen(&mut self) {
        self.hear_until(|journal| journal.last_event().unwrap().is_some())
            .await;
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) async fn round(&mut self) -> Result<usize, RoundError> {
        self.gateway.round().await
    }

    /// Events of the center's record.
    pub(crate) fn events(&self) -> u64 {
        let people = Engine::open_center(&self.path("center/center.db"), [7; 16]).unwrap();
        people.events().unwrap()
    }

    /// How the link app stands.
    pub(crate) fn state(&self) -> api::link_state::LinkState {
        self.gateway.state().unwrap()
    }

    /// What lies in a folder.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            // The mark of a work folder.
            .filter(|name| name != "onshi-work.txt")
            .collect();
        names.sort();
        names
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }
}

/// Waits until something is so; fails after three minutes.
pub(crate) async fn wait_until(so: impl Fn() -> bool) {
    let came = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, came).await;
    came.expect("it was not so within three minutes");
}

/// A sample request of the interface.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../exchange/tests/samples");
    std::fs::read(format!("{folder}/{name}")).unwrap()
}

/// The request about the first person, in UTF-8.
pub(crate) fn request() -> Vec<u8> {
    sample("OQSsiquc01req_202611230001.xml")
}
