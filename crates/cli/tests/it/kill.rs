//! Center and gateway killed at random moments during ten thousand checks: what was acknowledged stays byte for byte, every
//! file is answered once, every check is recorded once.

mod faces;
mod restarts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use api::check::CheckRequest;
use api::client::{Client, ClientError};
use api::session::SignIn;
use bytes::Bytes;
use domain::account::{AccountId, AccountKind};
use domain::institution_code::InstitutionCode;
use domain::permit::{Permit, ReadHistory, SignedIn};
use pki::identity::Identity;
use serde_json::Value;
use store::engine::Engine;
use tokio::sync::watch;

use crate::running::{Clinic, sample, succeed};

/// Checks asked by clients of the API.
const ASKED: usize = 9_200;

/// Checks asked by files; the last one is put in after the last kill.
const FILES: usize = 800;

/// Clients of the API at once.
const CLIENTS: usize = 16;

/// Kills, each of the center, the gateway or both.
const KILLS: usize = 30;

/// What the test hears of while it kills.
enum News {
    Acknowledged(Acknowledged),
    Collected(String),
}

/// An answer a client has in its hands: the center may never lose it.
struct Acknowledged {
    id: u128,
    answer: Bytes,
}

#[test]
fn kills_during_ten_thousand_checks_lose_none_and_answer_none_twice() {
    let mut chance = Chance::new();
    let mut clinic = Clinic::start();
    clinic.enrol();
    clinic.set_up_gateway();
    std::fs::create_dir(clinic.path("taken")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (up, seen_up) = watch::channel(true);
    let (news, heard) = channel();
    let asker = runtime.block_on(Asker::sign_in(&clinic, seen_up));
    for client in 0..CLIENTS {
        let count = (ASKED + client) / CLIENTS;
        runtime.spawn(asker.clone().ask(count, news.clone()));
    }
    let (_stop, stopped) = channel::<()>();
    let folders = (clinic.path("res").into(), clinic.path("taken").into());
    std::thread::spawn(move || collect(folders, &news, &stopped));

    let mut gateway = Some(clinic.start_gateway());
    let mut put = 0;
    put_files(&clinic, &mut put, FILES / 4);
    let mut points: Vec<usize> = (0..KILLS).map(|_| chance.below(ASKED)).collect();
    points.sort_unstable();
    let (mut acknowledged, mut collected) = (Vec::new(), BTreeSet::new());
    let mut after = |heard: &Receiver<News>, enough: usize| {
        while acknowledged.len() + collected.len() < enough {
            match heard.recv_timeout(Duration::from_secs(120)).unwrap() {
                News::Acknowledged(answer) => acknowledged.push(answer),
                News::Collected(name) => {
                    assert!(collected.insert(name.clone()), "{name} was answered twice");
                }
            }
        }
    };
    for point in points {
        after(&heard, point);
        let which = chance.below(3);
        if which != 0 {
            gateway.take().unwrap().kill();
        }
        if which != 1 {
            up.send_replace(false);
            clinic.center.take().unwrap().kill();
            clinic.start_center();
            up.send_replace(true);
        }
        if which != 0 {
            gateway = Some(clinic.start_gateway());
        }
        put_files(&clinic, &mut put, FILES / 2 / KILLS);
    }
    let rest = FILES - 1 - put;
    put_files(&clinic, &mut put, rest);
    after(&heard, ASKED + FILES - 1);
    // Killed once more: whatever it had not noted as done is finished before the last file, and publishes nothing again.
    gateway.take().unwrap().kill();
    let _gateway = clinic.start_gateway();
    put_files(&clinic, &mut put, 1);
    after(&heard, ASKED + FILES);

    assert_eq!(std::fs::read_dir(clinic.path("req")).unwrap().count(), 0);
    every_file_has_its_own_answer(&clinic);
    clinic.center.take().unwrap().kill();
    let report = clinic.audit();
    assert_eq!(report["whole"], true, "{report}");
    assert_eq!(
        report["checks"],
        ASKED + FILES,
        "one record for each question"
    );
    every_acknowledged_answer_is_kept(&clinic, &acknowledged);
}

/// Numbers of SplitMix64 from a seed that is printed, so that a failure can be repeated with `ONSHI_TEST_SEED`.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let given = std::env::var("ONSHI_TEST_SEED").ok();
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        let seed = given.map_or(u64::from_be_bytes(random), |seed| seed.parse().unwrap());
        println!("ONSHI_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((it ^ (it >> 31)) >> 1).unwrap() % end
    }
}

/// A client that asks until it has an answer, under one key for each question.
#[derive(Clone)]
struct Asker {
    client: Client,
    token: String,
    up: watch::Receiver<bool>,
}

impl Asker {
    /// Signs in from a second PC, so that the gateway's session of the same account stays.
    async fn sign_in(clinic: &Clinic, up: watch::Receiver<bool>) -> Self {
        let notice = succeed(&[
            "enroll",
            "--data-dir",
            &clinic.path("center"),
            "--code",
            "1319999999",
            "--name",
            "見本クリニック",
            "--terminal",
            "受付2",
            "--json",
        ]);
        let notice: Value = serde_json::from_str(&notice).unwrap();
        let reference = notice["reference_id"].as_str().unwrap();
        std::fs::write(clinic.path("reference"), reference).unwrap();
        clinic.download(&notice, "second.p12");
        let file = std::fs::read(clinic.path("second.p12")).unwrap();
        let identity = Identity::from_pkcs12(&file, "Tegami-12345678").unwrap();
        let root = std::fs::read(clinic.path("center/root.pem")).unwrap();
        let root = pki::identity::first_certificate(&root).unwrap();
        let client = Client::new(&clinic.api, &root, Some(&identity)).unwrap();
        let body = SignIn {
            account: "link_app".into(),
            force: false,
            password: std::fs::read_to_string(clinic.path("link_app.pw")).unwrap(),
        };
        let token = client.sign_in(&body).await.unwrap().token;
        Self { client, token, up }
    }

    async fn ask(mut self, count: usize, news: Sender<News>) {
        for number in 0..count {
            let key = uuid::Uuid::now_v7().to_string();
            let (answer, verdict) = self.answer(&key, number).await;
            if number % 10 == 0 {
                let (again, _) = self.answer(&key, number).await;
                assert_eq!(again.answer, answer.answer, "one key, one answer");
            }
            assert_eq!(verdict, PEOPLE[number % PEOPLE.len()].2);
            news.send(News::Acknowledged(answer)).unwrap();
        }
    }

    async fn answer(&mut self, key: &str, number: usize) -> (Acknowledged, u8) {
        let (insured, birth_date, _) = PEOPLE[number % PEOPLE.len()];
        let body = CheckRequest {
            birth_date: birth_date.into(),
            branch: Some("01".into()),
            ceiling_consent: true,
            insurer_number: "06139992".into(),
            number: insured.into(),
            origin: Some("web_api".into()),
            symbol: Some("123".into()),
            visit_date: Some("2026-11-23".into()),
        };
        loop {
            match self.client.check(&self.token, key, &body).await {
                Ok((answer, bytes)) => {
                    let id = uuid::Uuid::parse_str(&answer.check_id).unwrap().as_u128();
                    let answered = Acknowledged { id, answer: bytes };
                    return (answered, answer.verdict);
                }
                Err(ClientError::Connection(_)) => {
                    self.up.wait_for(|up| *up).await.unwrap();
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Who is asked about: number, birth date, verdict.
const PEOPLE: [(&str, &str, u8); 4] = [
    ("4567", "1970-01-02", 1),
    ("4569", "1964-04-04", 2),
    ("4568", "1972-03-04", 3),
    ("9999", "1970-01-02", 4),
];

/// Puts request files as most receipt computers do: written in place, not renamed.
fn put_files(clinic: &Clinic, put: &mut usize, count: usize) {
    let request = String::from_utf8(sample("OQSsiquc01req_202611230001.xml")).unwrap();
    for file in *put..*put + count {
        let text = request.replace(">202611230001<", &format!(">id{file}<"));
        let name = format!("req/OQSsiquc01req_{file:04}.xml");
        std::fs::write(clinic.path(&name), text).unwrap();
    }
    *put += count;
}

/// A receipt computer that takes every result away at once, so that a second one would lie there again.
fn collect((from, to): (PathBuf, PathBuf), news: &Sender<News>, stopped: &Receiver<()>) {
    let waits = || stopped.recv_timeout(Duration::from_millis(5));
    while waits() == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
        let Ok(entries) = std::fs::read_dir(&from) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().into_string().unwrap();
            std::fs::rename(entry.path(), to.join(&name)).unwrap();
            if news.send(News::Collected(name)).is_err() {
                return;
            }
        }
    }
}

fn every_file_has_its_own_answer(clinic: &Clinic) {
    let mut answered = BTreeMap::new();
    for entry in std::fs::read_dir(clinic.path("taken")).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        assert!(text.ends_with("</XmlMsg>\n"), "{:?}", entry.file_name());
        let identifier = text.split("<ArbitraryFileIdentifier>").nth(1).unwrap();
        let identifier = identifier.split('<').next().unwrap().to_owned();
        answered.insert(entry.file_name().into_string().unwrap(), identifier);
    }
    for file in 0..FILES {
        let identifier = answered.remove(&format!("OQSsiquc01res_{file:04}.xml"));
        assert_eq!(identifier, Some(format!("id{file}")));
    }
    assert_eq!(answered, BTreeMap::new());
}

fn every_acknowledged_answer_is_kept(clinic: &Clinic, acknowledged: &[Acknowledged]) {
    let store = PathBuf::from(clinic.path("center/center.db"));
    let engine = Engine::open_center(&store, [0; 16]).unwrap();
    let permit = Permit::<ReadHistory>::grant(SignedIn {
        facility: InstitutionCode::parse("1319999999").unwrap(),
        account: AccountId::parse("uketsuke").unwrap(),
        kind: AccountKind::General,
        certificate: [0; 32],
    });
    let permit = permit.unwrap();
    assert_eq!(acknowledged.len(), ASKED);
    for it in acknowledged {
        let kept = engine.check(&permit, it.id).unwrap();
        assert_eq!(
            kept.as_deref(),
            Some(&it.answer[..]),
            "check {:032x}",
            it.id
        );
    }
}
