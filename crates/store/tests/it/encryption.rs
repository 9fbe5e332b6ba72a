//! Connections to a server are encrypted to whom the authorities vouch for, or they are not made.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use store::engine::{Engine, OpenError};
use store::server::Address;

use crate::server::TestServer;

/// An authority, and what it issues.
struct Authority {
    root: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut of_root = CertificateParams::new([]).unwrap();
        of_root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = of_root.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(of_root, key);
        Self { root, issuer }
    }

    /// A server's certificate of a name, and its key.
    fn server(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

const SSL: &[&str] = &[
    "-c",
    "ssl=on",
    "-c",
    "ssl_cert_file=@/server.pem",
    "-c",
    "ssl_key_file=@/server.key",
];

/// A server that shows this authority's certificate of a name.
fn server_of(authority: &Authority, name: &str) -> TestServer {
    let (certificate, key) = authority.server(name);
    let files = [("server.pem", certificate.as_str()), ("server.key", &key)];
    TestServer::start_on_tcp(SSL, &files)
}

fn url(server: &TestServer, host: &str, database: &str) -> String {
    let port = server.port();
    format!("postgres://onshi@{host}:{port}/{database}?sslmode=verify-full")
}

/// Opens, or says why not.
fn open(url: &str, root: &str) -> Result<Engine, String> {
    let address = Address::parse_encrypted(url, root.as_bytes()).unwrap();
    match Engine::open_server(&address, [1; 16]) {
        Ok(engine) => Ok(engine),
        Err(OpenError::Server { why, .. }) => Err(why),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_is_encrypted_where_authorities_are_given() {
    let authority = Authority::new();
    let server = server_of(&authority, "127.0.0.1");
    let database = server.database();
    let engine = open(&url(&server, "127.0.0.1", &database), &authority.root).unwrap();
    crate::record(&engine, 1..=5).await;
    let text =
        "SELECT count(*), count(*) FILTER (WHERE s.ssl AND s.version IN ('TLSv1.2', 'TLSv1.3'))
        FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'onshi'";
    let counts = server.read(&database, text).pop().unwrap();
    assert_eq!(counts[0], counts[1]);
    assert_ne!(counts[0], "0");
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.checks, report.faults), (5, vec![]));
}

#[test]
fn another_authority_is_refused() {
    let authority = Authority::new();
    let server = server_of(&authority, "127.0.0.1");
    let database = server.database();
    let other = Authority::new();
    let why = open(&url(&server, "127.0.0.1", &database), &other.root).unwrap_err();
    assert!(why.contains("certificate"), "{why}");
    // Among several the right one counts.
    let both = format!("{}{}", other.root, authority.root);
    assert!(open(&url(&server, "127.0.0.1", &database), &both).is_ok());
}

#[test]
fn another_name_is_refused() {
    let authority = Authority::new();
    let server = server_of(&authority, "database.example");
    let database = server.database();
    for host in ["127.0.0.1", "localhost"] {
        let why = open(&url(&server, host, &database), &authority.root).unwrap_err();
        assert!(why.contains("not valid for name"), "{why}");
    }
}

#[test]
fn a_server_without_encryption_is_refused() {
    let server = TestServer::start_on_tcp(&[], &[]);
    let database = server.database();
    let authority = Authority::new();
    let why = open(&url(&server, "127.0.0.1", &database), &authority.root).unwrap_err();
    assert!(why.contains("does not support TLS"), "{why}");
    // Nothing but the greeting reached it.
    let text = "SELECT count(*) FROM pg_namespace WHERE nspname IN ('center', 'registry')";
    assert_eq!(server.run(&database, text), 0);
}

#[test]
fn a_server_that_takes_only_encrypted_connections_is_not_reached_without() {
    let authority = Authority::new();
    let (certificate, key) = authority.server("127.0.0.1");
    let only = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
    let files = [
        ("server.pem", certificate.as_str()),
        ("server.key", &key),
        ("hba.conf", only),
    ];
    let mut settings = SSL.to_vec();
    settings.extend(["-c", "hba_file=@/hba.conf"]);
    let server = TestServer::start_on_tcp(&settings, &files);
    let database = server.database();
    let port = server.port();
    let plain = Address::parse(&format!("postgres://onshi@127.0.0.1:{port}/{database}")).unwrap();
    let refused = Engine::open_server(&plain, [1; 16])
        .unwrap_err()
        .to_string();
    assert!(refused.contains("no pg_hba.conf entry"), "{refused}");
    assert!(open(&url(&server, "127.0.0.1", &database), &authority.root).is_ok());
}
