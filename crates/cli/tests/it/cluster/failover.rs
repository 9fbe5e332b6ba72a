//! Two centers over one cluster while all etcd are away and while its primary dies: what was acknowledged is there, once, and checks go on
//! by themselves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use api::check::CheckRequest;
use api::client::{Client, ClientError};
use api::session::SignIn;
use bytes::Bytes;
use domain::account::{AccountId, AccountKind};
use domain::institution_code::InstitutionCode;
use domain::permit::{Permit, ReadHistory, SignedIn};
use pki::identity::Identity;
use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;
use store::engine::Engine;
use store::server::Address;

use super::{Cluster, PATIENCE};
use crate::running::{Clinic, Part, start_center};

/// Clients at once, each with a connection to both centers.
const CLIENTS: usize = 8;

/// Checks before the primary is killed, and after another one took its place.
const BEFORE: usize = 200;
const AFTER: usize = 200;

/// Longer than a primary may be silent in etcd before it must not go on (`ttl` of `packaging/cluster/patroni.yml`).
const LONGER_THAN_TTL: Duration = Duration::from_secs(26);

pub(crate) const PASSWORD: &str = "Shiryo-2026-Nana";

/// A check somebody has the answer of.
type Acknowledged = (u128, Bytes);

/// What a client has to tell: an answer, or why it asks no more.
type News = Result<Acknowledged, String>;

#[test]
fn no_acknowledged_check_is_lost_or_doubled_while_all_etcd_are_away_and_when_the_primary_dies() {
    let mut cluster = Cluster::start();
    let url = make_database(&cluster);
    let password_file = cluster.file("database-password", PASSWORD);
    let database = format!("[database]\nurl = \"{url}\"\npassword_file = \"{password_file}\"\n");
    let clinic = Clinic::start_over(&database);
    let address = Address::parse(&url).unwrap().with_password(PASSWORD);
    let engine = Engine::open_server(&address, [7; 16]).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let people = synthetic::samples::people();
    runtime.block_on(engine.store_people(people)).unwrap();
    clinic.enrol();
    let (_second, second) = second_center(&clinic, &database);

    let (news, heard) = channel();
    let line = runtime.block_on(sign_in(&clinic, &second));
    for client in 0..CLIENTS {
        runtime.spawn(ask(line.clone(), client, news.clone()));
    }
    let mut acknowledged = BTreeMap::new();
    collect(&cluster, &heard, &mut acknowledged, BEFORE);

    let first = cluster.wait_for_leader(None);
    cluster.kill_etcd();
    let away = Instant::now();
    while away.elapsed() < LONGER_THAN_TTL {
        let one_more = acknowledged.len() + 1;
        collect(&cluster, &heard, &mut acknowledged, one_more);
    }
    assert_eq!(cluster.leader(), Some(first), "{}", cluster.notes());
    cluster.bring_up_etcd();
    cluster.wait_until("a second machine in step", || cluster.has("sync_standby"));

    let first = cluster.wait_for_leader(None);
    cluster.kill(first);
    cluster.wait_for_leader(Some(first));
    let enough = acknowledged.len() + AFTER;
    collect(&cluster, &heard, &mut acknowledged, enough);
    // Nobody asks any more; what is on its way is answered or given up.
    runtime.shutdown_timeout(Duration::from_secs(30));
    for news in heard.try_iter() {
        take_in(news, &mut acknowledged, &cluster);
    }

    cluster.wait_until("a second machine in step", || cluster.has("sync_standby"));
    every_answer_is_kept(&engine, &acknowledged);
    let keys = keys(&clinic);
    let verifies =
        |kid: &str, message: &[u8], signature: &[u8]| keys.verifies(kid, message, signature);
    let report = engine.verify_audit(&[], verifies).unwrap();
    assert_eq!(report.faults, [], "the chains are whole");
    // A check whose answer was lost on the way was repeated under its key: no key stands for two.
    let keys =
        "SELECT count(*) - count(DISTINCT (facility, account, key)) FROM center.check_record";
    assert_eq!(cluster.execute("onshi", keys).as_deref(), Some("0"));

    cluster.bring_up(first);
    cluster.wait_until("all three machines", || cluster.running() == 3);
    cluster.wait_for_leader(None);
}

/// A database as the docs make it; how a center is told of it.
pub(crate) fn make_database(cluster: &Cluster) -> String {
    let role = format!("CREATE ROLE onshi LOGIN PASSWORD '{PASSWORD}'");
    cluster.execute("postgres", &role).unwrap();
    let database =
        "CREATE DATABASE onshi OWNER onshi TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'";
    cluster.execute("postgres", database).unwrap();
    let (host, port) = &cluster.primary;
    format!("postgres://onshi@{host}:{port}/onshi")
}

/// Another center over the same database, with the same keys; where it is reached.
fn second_center(clinic: &Clinic, database: &str) -> (Part, String) {
    let (first, second) = (clinic.path("center"), clinic.path("center-two"));
    std::fs::create_dir(&second).unwrap();
    for entry in std::fs::read_dir(&first).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() && (name.ends_with(".key") || name.ends_with(".keys")) {
            std::fs::copy(&path, Path::new(&second).join(&name)).unwrap();
        }
    }
    std::fs::create_dir(Path::new(&second).join("ca")).unwrap();
    for entry in std::fs::read_dir(Path::new(&first).join("ca")).unwrap() {
        let path = entry.unwrap().path();
        let to = Path::new(&second)
            .join("ca")
            .join(path.file_name().unwrap());
        std::fs::copy(&path, to).unwrap();
    }
    let free = "127.0.0.1:0";
    let settings = format!(
        "data_dir = \"{second}\"\n[listen]\napi = \"{free}\"\nenroll = \"{free}\"\noperator = \"{free}\"\nmetrics = \"{free}\"\n{database}"
    );
    let file = clinic.path("center-two.toml");
    std::fs::write(&file, settings).unwrap();
    let (part, ready) = start_center(&file, &clinic.path("ready-two.json"));
    (part, ready["api"].as_str().unwrap().to_owned())
}

/// Connections to both centers, and a session that is good at either.
#[derive(Clone)]
struct Line {
    centers: [Client; 2],
    token: String,
}

async fn sign_in(clinic: &Clinic, second: &str) -> Line {
    let file = std::fs::read(clinic.path("clinic.p12")).unwrap();
    let identity = Identity::from_pkcs12(&file, "Tegami-12345678").unwrap();
    let root = std::fs::read(clinic.path("center/root.pem")).unwrap();
    let root = pki::identity::first_certificate(&root).unwrap();
    let centers = [clinic.api.as_str(), second]
        .map(|address| Client::new(address, &root, Some(&identity)).unwrap());
    let body = SignIn {
        account: "link_app".into(),
        force: false,
        password: std::fs::read_to_string(clinic.path("link_app.pw")).unwrap(),
    };
    let token = centers[0].sign_in(&body).await.unwrap().token;
    Line { centers, token }
}

/// Asks for ever, each question under one key until it has an answer, at whichever center. Anything but an answer or a center that is
/// away ends it, and is told.
async fn ask(line: Line, client: usize, news: Sender<News>) {
    let body = CheckRequest {
        birth_date: "1970-01-02".into(),
        branch: Some("01".into()),
        ceiling_consent: true,
        insurer_number: "06139992".into(),
        number: "4567".into(),
        origin: Some("web_api".into()),
        symbol: Some("123".into()),
        visit_date: Some("2026-11-23".into()),
    };
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    let mut turn = client;
    loop {
        let key = uuid::Uuid::now_v7().to_string();
        let told = loop {
            turn += 1;
            match line.centers[turn % 2].check(&line.token, &key, &body).await {
                Ok((answer, _)) if answer.verdict != 1 => {
                    break Err(format!("verdict {} of {key}", answer.verdict));
                }
                Ok((answer, bytes)) => {
                    let id = uuid::Uuid::parse_str(&answer.check_id);
                    break id
                        .map(|id| (id.as_u128(), bytes))
                        .map_err(|error| error.to_string());
                }
                Err(ClientError::Connection(_)) => {}
                Err(ClientError::Problem(problem)) if problem.code == "store_unavailable" => {}
                Err(error) => break Err(error.to_string()),
            }
            pause.tick().await;
        };
        let is_last = told.is_err();
        if news.send(told).is_err() || is_last {
            return;
        }
    }
}

fn collect(
    cluster: &Cluster,
    heard: &Receiver<News>,
    into: &mut BTreeMap<u128, Bytes>,
    enough: usize,
) {
    while into.len() < enough {
        let news = heard
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| panic!("{error}\n{}", cluster.notes()));
        take_in(news, into, cluster);
    }
}

fn take_in(news: News, into: &mut BTreeMap<u128, Bytes>, cluster: &Cluster) {
    let (id, answer) =
        news.unwrap_or_else(|why| panic!("a client ended: {why}\n{}", cluster.notes()));
    assert_eq!(into.insert(id, answer), None, "one check for each key");
}

fn every_answer_is_kept(engine: &Engine, acknowledged: &BTreeMap<u128, Bytes>) {
    let permit = Permit::<ReadHistory>::grant(SignedIn {
        facility: InstitutionCode::parse("1319999999").unwrap(),
        account: AccountId::parse("uketsuke").unwrap(),
        kind: AccountKind::General,
        certificate: [0; 32],
    });
    let permit = permit.unwrap();
    for (id, answer) in acknowledged {
        let kept = engine.check(&permit, *id).unwrap();
        assert_eq!(kept.as_deref(), Some(&answer[..]), "check {id:032x}");
    }
}

/// The keys that signed the checkpoints.
fn keys(clinic: &Clinic) -> ReceiptKeys {
    let dir = clinic.path("center");
    let machine = MachineKey::open(&Path::new(&dir).join("machine.key")).unwrap();
    ReceiptKeys::open(Path::new(&dir), &machine).unwrap()
}
