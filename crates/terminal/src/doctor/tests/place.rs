//! A healthy workplace: a center with its own authority on a real socket, a sealed certificate, parts that hold their locks, a reader, a
//! network as Linux tells of it. Tests take one thing away.

use std::fs::File;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use domain::institution_code::InstitutionCode;
use pki::authority::{Authority, KeyKind};
use pki::identity::Identity;
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Revocations, Versions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::doctor::*;
use crate::running;

pub(super) const ARP_SILENT: &str = "IP address HW type Flags HW address Mask Device\n192.168.1.1 0x1 0x0 00:00:00:00:00:00 * eth0\n";
pub(super) const NO_ROUTE: &str = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\neth0 0001A8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
const ROUTE: &str = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\neth0 00000000 0101A8C0 0003 0 0 0 00000000 0 0 0\n";
const ARP: &str = "IP address HW type Flags HW address Mask Device\n192.168.1.1 0x1 0x2 02:00:00:00:00:01 * eth0\n";
const READER: &str = "Example Reader 00 00";
const FIVE_YEARS_S: i64 = 5 * 366 * 86_400;

/// The machine's own time: TLS reads it, too.
#[expect(
    clippy::disallowed_methods,
    reason = "certificates are checked against the real time"
)]
pub(super) fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Instant::from_micros(i64::try_from(since.unwrap().as_micros()).unwrap())
}

/// A time at which what was made is over today.
fn long_ago() -> Instant {
    now().plus_seconds(-FIVE_YEARS_S)
}

/// What the center answers in place of its keys.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Nothing = 1,
    Trouble,
}

pub(super) struct Place {
    pub(super) workplace: Workplace,
    pub(super) dir: tempfile::TempDir,
    authority: Authority,
    machine: MachineKey,
    revocations: Revocations,
    answer: Arc<AtomicU8>,
    held: Mutex<Vec<(&'static str, File)>>,
    full: Vec<TcpListener>,
}

fn facility() -> InstitutionCode {
    InstitutionCode::parse("1319999999").unwrap()
}

impl Place {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let machine = MachineKey::open(&data.join("machine.key")).unwrap();
        let authority = Authority::open(&dir.path().join("ca"), &machine, long_ago()).unwrap();
        let folders = LinkFolders {
            name: "receipt".into(),
            req: dir.path().join("req"),
            res: dir.path().join("res"),
            face: None,
            work: dir.path().join("work"),
            stay_minutes: 60,
        };
        for folder in [&folders.req, &folders.res, &folders.work] {
            std::fs::create_dir(folder).unwrap();
        }
        let mut place = Self {
            workplace: Workplace {
                center: String::new(),
                ca: dir.path().join("root.pem"),
                identity: "facility".into(),
                pages: Pages::Own,
                readers: vec!["pcsc:Example".into()],
                reader_names: Arc::new(|| Ok(vec![READER.into()])),
                keypad: Some("Example Keypad".into()),
                kiosk: Neighbour::Here(Kiosk {
                    data_dir: dir.path().join("kiosk"),
                }),
                link: Neighbour::Here(Link {
                    data_dir: dir.path().join("link"),
                    folders: vec![folders],
                }),
                limits: Limits {
                    each: Duration::from_secs(30),
                    slow: Duration::from_secs(60),
                },
                system: System {
                    proc: dir.path().join("proc"),
                    sys: dir.path().join("sys"),
                    resolv_conf: dir.path().join("resolv.conf"),
                    ..System::default()
                },
                data_dir: data,
            },
            machine,
            revocations: Revocations::default(),
            answer: Arc::default(),
            held: Mutex::default(),
            full: Vec::new(),
            authority,
            dir,
        };
        place.write("root.pem", &place.authority.root_pem());
        place.write("resolv.conf", "search example\nnameserver 127.0.0.1\n");
        place.write("proc/self/net/route", ROUTE);
        place.write("proc/self/net/arp", ARP);
        place.write("proc/42/comm", "pcscd\n");
        place.write("proc/42/cmdline", "/usr/sbin/pcscd\0--foreground\0");
        place.write("sys/class/net/eth0/carrier", "1\n");
        place.write("sys/class/input/event7/device/name", "Example Keypad\n");
        for (part, folder) in [("terminal", "data"), ("kiosk", "kiosk"), ("link", "link")] {
            place.hold(part, folder);
        }
        let client = place
            .authority
            .issue_client(facility(), "受付端末1", KeyKind::default(), now())
            .unwrap()
            .identity;
        place.seal(&client);
        place.serve("127.0.0.1:0", now()).await;
        place
    }

    fn hold(&self, part: &'static str, folder: &str) {
        let file = running::file(&self.dir.path().join(folder));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let held = File::create(file).unwrap();
        held.try_lock().unwrap();
        self.held.lock().unwrap().push((part, held));
    }

    /// Lets no look wait for long, where a test has one wait in vain.
    pub(super) fn hurry(&mut self) {
        self.workplace.limits.each = Duration::from_secs(2);
    }

    /// Ends a part.
    pub(super) fn stop(&mut self, part: &str) {
        self.held.lock().unwrap().retain(|(held, _)| *held != part);
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn remove(&self, path: &str) {
        std::fs::remove_file(self.dir.path().join(path)).unwrap();
    }

    /// In the center's place somebody answers with an alert in plain text.
    pub(super) async fn serve_an_alert(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.workplace.center = format!("https://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 5];
                let _ = stream.read_exact(&mut head).await;
                let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
                let _ = stream.read_exact(&mut hello).await;
                let protocol_version = [0x15, 3, 3, 0, 2, 2, 0x46];
                let _ = stream.write_all(&protocol_version).await;
            }
        });
    }

    pub(super) fn readers(&mut self, names: Result<Vec<String>, NoReaders>) {
        self.workplace.reader_names = Arc::new(move || names.clone());
    }

    pub(super) fn folders(&mut self) -> &mut LinkFolders {
        let Neighbour::Here(link) = &mut self.workplace.link else {
            panic!("there is a link app");
        };
        &mut link.folders[0]
    }

    pub(super) fn answer(&self, answer: Answer) {
        self.answer.store(answer as u8, Ordering::SeqCst);
    }

    fn seal(&self, identity: &Identity) {
        let (certificates, key) = identity.to_pem();
        let file = self.dir.path().join("data/identities/facility.sealed");
        let pem = format!("{certificates}{key}");
        self.machine.seal(&file, pem.as_bytes()).unwrap();
    }

    /// A certificate whose validity is over.
    pub(super) fn seal_expired(&self) {
        let past = long_ago();
        let client = self
            .authority
            .issue_client(facility(), "受付端末1", KeyKind::default(), past)
            .unwrap()
            .identity;
        self.seal(&client);
    }

    /// A server's in place of a facility's.
    pub(super) fn seal_server(&self) {
        let server = self
            .authority
            .issue_server(&["x.example".into()], &[], now());
        self.seal(&server.unwrap());
    }

    fn other_authority(&self) -> Authority {
        let dir = self.dir.path().join("other");
        Authority::open(&dir, &self.machine, now()).unwrap()
    }

    pub(super) fn seal_of_other_center(&self) {
        let other = self.other_authority();
        let client = other
            .issue_client(facility(), "受付端末1", KeyKind::default(), now())
            .unwrap()
            .identity;
        self.seal(&client);
    }

    pub(super) fn other_root(&self) {
        self.write("root.pem", &self.other_authority().root_pem());
    }

    pub(super) fn revoke(&self) {
        let file = self.dir.path().join("data/identities/facility.sealed");
        let pem = self.machine.unseal(&file).unwrap();
        let identity = Identity::from_pem(&pem, &pem).unwrap();
        self.revocations.add(identity.fingerprint());
    }

    /// A center with a certificate made long ago in place of the one that runs.
    pub(super) async fn serve_expired(&mut self) {
        self.serve("127.0.0.1:0", long_ago()).await;
    }

    /// The center at an address that its certificate does not bear.
    pub(super) async fn serve_elsewhere(&mut self) {
        self.serve("127.0.0.2:0", now()).await;
    }

    /// A place on the network that takes no connection and refuses none: its queue is full, so that the kernel answers nothing more.
    /// It stays so while what is returned is kept.
    pub(super) async fn black_hole(&mut self) -> Vec<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let full = socket.listen(1).unwrap();
        let address = full.local_addr().unwrap();
        self.workplace.center = format!("https://{address}");
        let mut waiting = Vec::new();
        let limit = Duration::from_millis(300);
        while let Ok(stream) = tokio::time::timeout(limit, TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
        }
        self.full.push(full);
        self.hurry();
        waiting
    }

    async fn serve(&mut self, at: &str, made: Instant) {
        let local = [[127, 0, 0, 1].into()];
        let identity = self
            .authority
            .issue_server(&["localhost".into()], &local, made)
            .unwrap();
        let clients = ClientCertificate::Required(self.revocations.clone());
        let tls = pki::server::config(
            &ServerCertificate::new(&identity).unwrap(),
            self.authority.root(),
            clients.clone(),
            Versions::Tls13,
        );
        let socket = TcpListener::bind(at).await.unwrap();
        let limit = Duration::from_secs(10);
        let listener = Listener::start(socket, tls.unwrap(), clients, limit);
        let mut listener = listener.unwrap();
        self.workplace.center = format!("https://{}", listener.address());
        let answer = Arc::clone(&self.answer);
        tokio::spawn(async move {
            while let Some(mut accepted) = listener.next().await {
                let answer = answer.load(Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut question = [0; 1024];
                    let _ = accepted.stream.read(&mut question).await;
                    let status = match answer {
                        0 => "200 OK",
                        1 => return std::future::pending::<()>().await,
                        _ => "503 Service Unavailable",
                    };
                    let text = format!("HTTP/1.1 {status}\r\nOnshi-Time: {}\r\n\r\n", now());
                    let _ = accepted.stream.write_all(text.as_bytes()).await;
                    let _ = accepted.stream.shutdown().await;
                });
            }
        });
    }
}
