//! What becomes of a certificate where the center refuses it, and where it cannot be asked.

use std::sync::Arc;
use std::time::Duration;

use pki::authority::Authority;
use pki::installed::Installed;
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Versions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const DAY_S: i64 = 86_400;

/// A day in 2026.
fn now() -> Instant {
    Instant::from_micros(1_790_000_000_000_000)
}

/// The authority of a center, in a folder of its own.
struct Center {
    _dir: tempfile::TempDir,
    authority: Authority,
}

impl Center {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let machine = MachineKey::open(&dir.path().join("machine.key")).unwrap();
        let authority = Authority::open(&dir.path().join("ca"), &machine, now()).unwrap();
        Self {
            _dir: dir,
            authority,
        }
    }

    /// Answers handshakes and nothing more; returns where.
    async fn serve(&self, revocations: &Revocations) -> String {
        let identity = self
            .authority
            .issue_server(&["localhost".into()], &[[127, 0, 0, 1].into()], now())
            .unwrap();
        let clients = ClientCertificate::Required(revocations.clone());
        let tls = pki::server::config_by(
            Arc::new(now),
            &ServerCertificate::new(&identity).unwrap(),
            self.authority.root(),
            clients.clone(),
            Versions::Tls13,
        );
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let limit = Duration::from_secs(10);
        let mut listener = Listener::start(socket, tls.unwrap(), clients, limit).unwrap();
        let at = format!("https://{}", listener.address());
        tokio::spawn(async move { while listener.next().await.is_some() {} });
        at
    }

    fn client(&self) -> Identity {
        self.client_of("1319999999", "受付1")
    }

    fn client_of(&self, code: &str, terminal: &str) -> Identity {
        let code = InstitutionCode::parse(code).unwrap();
        let issued = self
            .authority
            .issue_client(code, terminal, KeyKind::P256, now());
        issued.unwrap().identity
    }

    /// A terminal that trusts this center, by a clock so many days off, and asks at this address.
    fn setup(&self, dir: &Path, asked: &str, days: i64) -> Setup {
        Setup {
            installed: Installed::of(dir),
            name: "clinic".into(),
            root: self.authority.root().clone(),
            center: asked.into(),
            enroll: asked.into(),
            downloads: dir.join("downloads"),
            clock: Arc::new(move || now().plus_seconds(days * DAY_S)),
        }
    }
}

/// Answers handshakes with an alert in plain text, as a firewall does that speaks no TLS 1.3; returns where.
async fn alerts() -> String {
    let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let at = format!("https://{}", socket.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let mut head = [0; 5];
            let _ = stream.read_exact(&mut head).await;
            let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
            let _ = stream.read_exact(&mut hello).await;
            let protocol_version = [0x15, 3, 3, 0, 2, 2, 0x46];
            let _ = stream.write_all(&protocol_version).await;
        }
    });
    at
}

#[tokio::test]
async fn it_is_put_untried_where_the_center_cannot_be_asked() {
    let (center, other) = (Center::new(), Center::new());
    let own = center.serve(&Revocations::default()).await;
    let foreign = other.serve(&Revocations::default()).await;
    let nobody = {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        format!("https://{}", socket.local_addr().unwrap())
    };
    let alerts = alerts().await;
    for (asked, days) in [(&nobody, 0), (&foreign, 0), (&own, -5 * 365), (&alerts, 0)] {
        let dir = tempfile::tempdir().unwrap();
        let identity = center.client();
        let setup = center.setup(dir.path(), asked, days);
        place(&setup, &identity).await.unwrap();
        let put = setup.installed.read("clinic").unwrap();
        assert_eq!(put.fingerprint(), identity.fingerprint());
    }
}

#[tokio::test]
async fn one_that_the_center_refuses_leaves_the_one_before() {
    let center = Center::new();
    let revocations = Revocations::default();
    let asked = center.serve(&revocations).await;
    let dir = tempfile::tempdir().unwrap();
    let setup = center.setup(dir.path(), &asked, 0);
    let (before, refused) = (center.client(), center.client());
    setup.installed.install("clinic", &before).unwrap();
    revocations.add(refused.fingerprint());
    let failed = place(&setup, &refused).await.unwrap_err();
    assert!(matches!(failed, InstallFailed::Revoked), "{failed}");
    let kept = setup.installed.read("clinic").unwrap();
    assert_eq!(kept.fingerprint(), before.fingerprint());
}

/// A terminal whose center is not there, with a certificate of these facilities and terminals under these names.
fn terminal(center: &Center, dir: &Path, all: &[(&str, &str, &str)]) -> Certificates {
    let setup = center.setup(dir, "https://127.0.0.1:1", 0);
    for (name, code, terminal) in all {
        let identity = center.client_of(code, terminal);
        setup.installed.install(name, &identity).unwrap();
    }
    let read = setup.read().unwrap();
    Certificates::new(setup, read)
}

/// What a notice brings.
fn downloaded(identity: &Identity) -> Ready {
    let holder = identity.holder().unwrap();
    (b"file".to_vec(), identity.clone(), holder)
}

#[tokio::test]
async fn a_notice_of_another_terminal_leaves_the_certificate_before_until_a_person_wants_it() {
    let (center, dir) = (Center::new(), tempfile::tempdir().unwrap());
    let own = [("clinic", "1319999999", "受付1")];
    let certificates = terminal(&center, dir.path(), &own);
    let before = certificates.first().unwrap().holder.fingerprint;
    let other = center.client_of("1319999999", "受付2");
    let offered = downloaded_one(&certificates, Right::Any, downloaded(&other));
    let Ok(Offered::Questioned(asked)) = offered.await else {
        panic!("it is asked about");
    };
    assert_eq!(asked.doubt, Doubt::OtherTerminal);
    assert_eq!(asked.present.terminal, "受付1");
    assert!(asked.file.is_some_and(|it| it.exists()));
    let installed = &certificates.setup.installed;
    let sealed = installed.read("clinic").unwrap();
    assert_eq!(sealed.fingerprint(), before);
    assert_eq!(certificates.first().unwrap().holder.fingerprint, before);
    let put = anyway(&certificates, &asked.token).await.unwrap();
    assert!(put.unwrap().installed.file.is_some());
    let first = certificates.first().unwrap();
    assert_eq!(first.holder.fingerprint, other.fingerprint());
    assert_eq!(installed.names().unwrap(), ["clinic"]);
}

#[tokio::test]
async fn a_certificate_takes_the_place_of_its_own_terminals_whatever_name_that_lies_under() {
    let (center, dir) = (Center::new(), tempfile::tempdir().unwrap());
    let all = [
        ("clinic", "1319999999", "受付1"),
        ("branch", "1339999999", "受付1"),
        ("upstairs", "1319999999", "受付2"),
    ];
    let certificates = terminal(&center, dir.path(), &all);
    let installed = certificates.setup.installed.clone();
    let sealed = || all.map(|(name, ..)| installed.read(name).unwrap().fingerprint());
    for (place, (_, code, terminal)) in all.into_iter().enumerate() {
        let mut expected = sealed();
        let new = center.client_of(code, terminal);
        expected[place] = new.fingerprint();
        let offered = downloaded_one(&certificates, Right::Any, downloaded(&new)).await;
        assert!(matches!(offered, Ok(Offered::Installed(_))), "{offered:?}");
        assert_eq!(sealed(), expected, "{place}");
        let is_new = |it: &Arc<Certificate>| it.holder.fingerprint == new.fingerprint();
        assert!(certificates.all().iter().any(is_new));
    }
    let foreign = center.client_of("1359999999", "受付1");
    let refused = downloaded_one(&certificates, Right::Any, downloaded(&foreign)).await;
    assert!(matches!(refused, Err(InstallFailed::OtherFacility(_))));
}

/// A terminal whose settings' certificate is damaged, beside one of the same terminal that an earlier name left.
fn damaged_beside_another_name(center: &Center, dir: &Path) -> Certificates {
    let own = Installed::of(dir).file("clinic");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(&own, "garbage").unwrap();
    let certificates = terminal(center, dir, &[("old", "1319999999", "受付1")]);
    let names: Vec<String> = certificates
        .all()
        .iter()
        .map(|it| it.name.clone())
        .collect();
    assert_eq!(names, ["old"]);
    certificates
}

#[tokio::test]
async fn a_notice_mends_the_damaged_certificate_of_the_settings_not_another_name_of_the_terminal() {
    let (center, dir) = (Center::new(), tempfile::tempdir().unwrap());
    let certificates = damaged_beside_another_name(&center, dir.path());
    let installed = &certificates.setup.installed;
    let old = installed.read("old").unwrap().fingerprint();
    let new = center.client();
    let offered = downloaded_one(&certificates, Right::Any, downloaded(&new)).await;
    assert!(matches!(offered, Ok(Offered::Installed(_))), "{offered:?}");
    let own = installed.read("clinic").unwrap();
    assert_eq!(own.fingerprint(), new.fingerprint());
    assert_eq!(installed.read("old").unwrap().fingerprint(), old);
    let first = certificates.first().unwrap();
    assert_eq!(first.holder.fingerprint, new.fingerprint());
}

#[tokio::test]
async fn a_step_back_is_asked_about_beside_a_damaged_certificate_and_mends_it_when_wanted() {
    let (center, dir) = (Center::new(), tempfile::tempdir().unwrap());
    let certificates = damaged_beside_another_name(&center, dir.path());
    let code = InstitutionCode::parse("1319999999").unwrap();
    let yesterday = now().plus_seconds(-DAY_S);
    let issued = center
        .authority
        .issue_client(code, "受付1", KeyKind::P256, yesterday);
    let earlier = issued.unwrap().identity;
    let password = "Tegami-12345678";
    let root = center.authority.root();
    let file = earlier.to_pkcs12(root, password, P12Encryption::Aes256);
    let offered = from_file(&certificates, Right::Any, &file.unwrap(), password).await;
    let Ok(Offered::Questioned(asked)) = offered else {
        panic!("it is asked about");
    };
    assert_eq!(asked.doubt, Doubt::StepBack);
    let put = anyway(&certificates, &asked.token).await.unwrap();
    assert!(put.is_some());
    let own = certificates.setup.installed.read("clinic").unwrap();
    assert_eq!(own.fingerprint(), earlier.fingerprint());
}

#[tokio::test]
async fn whom_nobody_knows_puts_nothing_over_a_certificate_that_is_good_meanwhile() {
    let (center, dir) = (Center::new(), tempfile::tempdir().unwrap());
    let code = InstitutionCode::parse("1319999999").unwrap();
    let over = now().plus_seconds(-2_000 * DAY_S);
    let over = center
        .authority
        .issue_client(code, "受付1", KeyKind::P256, over);
    let setup = center.setup(dir.path(), "https://127.0.0.1:1", 0);
    setup
        .installed
        .install("clinic", &over.unwrap().identity)
        .unwrap();
    let read = setup.read().unwrap();
    let certificates = Certificates::new(setup, read);
    let other = downloaded(&center.client_of("1319999999", "受付2"));
    let offered = downloaded_one(&certificates, Right::NoneGood, other).await;
    let Ok(Offered::Questioned(asked)) = offered else {
        panic!("it is asked about");
    };
    let good = center.client();
    let own = downloaded_one(&certificates, Right::NoneGood, downloaded(&good));
    assert!(matches!(own.await, Ok(Offered::Installed(_))));
    let put = anyway(&certificates, &asked.token).await;
    assert!(matches!(put, Err(InstallFailed::Unproved)));
    let sealed = certificates.setup.installed.read("clinic").unwrap();
    assert_eq!(sealed.fingerprint(), good.fingerprint());
    let newer = downloaded(&center.client());
    let refused = downloaded_one(&certificates, Right::NoneGood, newer).await;
    assert!(matches!(refused, Err(InstallFailed::Unproved)));
}

#[tokio::test]
async fn an_alert_of_whoever_answers_lets_no_stranger_take_a_good_certificates_place() {
    let (center, dir) = (Center::new(), tempfile::tempdir().unwrap());
    let setup = center.setup(dir.path(), &alerts().await, 0);
    let good = center.client();
    setup.installed.install("clinic", &good).unwrap();
    let read = setup.read().unwrap();
    let certificates = Certificates::new(setup, read);
    // Where one is good, the page asks for proof.
    assert!(certificates.good().await.is_some());
    let newer = downloaded(&center.client());
    let refused = downloaded_one(&certificates, Right::NoneGood, newer).await;
    assert!(matches!(refused, Err(InstallFailed::Unproved)));
    let sealed = certificates.setup.installed.read("clinic").unwrap();
    assert_eq!(sealed.fingerprint(), good.fingerprint());
}
