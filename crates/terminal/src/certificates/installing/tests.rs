//! What becomes of a certificate where the center refuses it, and where it cannot be asked.

use std::sync::Arc;
use std::time::Duration;

use pki::authority::Authority;
use pki::installed::Installed;
use pki::sealed::MachineKey;
use pki::server::certificate::ServerCertificate;
use pki::server::{ClientCertificate, Listener, Versions};
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
        let code = InstitutionCode::parse("1319999999").unwrap();
        let issued = self
            .authority
            .issue_client(code, "受付1", KeyKind::P256, now());
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

#[tokio::test]
async fn it_is_put_untried_where_the_center_cannot_be_asked() {
    let (center, other) = (Center::new(), Center::new());
    let own = center.serve(&Revocations::default()).await;
    let foreign = other.serve(&Revocations::default()).await;
    let nobody = {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        format!("https://{}", socket.local_addr().unwrap())
    };
    for (asked, days) in [(&nobody, 0), (&foreign, 0), (&own, -5 * 365)] {
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
