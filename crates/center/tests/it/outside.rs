//! The folder of checkpoints: on a share whose machine is gone, where what is opened never answers, and after the end.

use std::collections::BTreeMap;

use rustix::fs::{CWD, Mode, mkfifoat};
use store::audit::heads::from_bytes;
use store::audit::outside::{self, Outside};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bulk::{OWN, bulk_check, order, taro};
use crate::world::World;

async fn health(world: &World) -> String {
    let mut stream = TcpStream::connect(world.metrics).await.unwrap();
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        api::routes::HEALTH
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_checkpoints_that_hangs_stops_neither_answers_nor_a_revocation_nor_the_end() {
    let far = tempfile::tempdir().unwrap();
    // Opened to be read, they hang: nobody writes to them.
    for name in ["checkpoints.jsonl", "revocations.jsonl"] {
        mkfifoat(CWD, far.path().join(name), Mode::RUSR | Mode::WUSR).unwrap();
    }
    let folder = far.path().to_owned();
    let mut world = World::start_set(|config| config.checkpoint_dir = Some(folder)).await;
    let clinic = world.enrol("1319999999").await;
    clinic.client.certificate().await.unwrap();
    world.revoke(&clinic.identity).await;
    assert!(clinic.client.certificate().await.is_err(), "it is revoked");
    let answer = health(&world).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    world.center.take().unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_over_a_folder_that_hangs_says_that_it_does_not_answer() {
    let far = tempfile::tempdir().unwrap();
    mkfifoat(
        CWD,
        far.path().join("checkpoints.jsonl"),
        Mode::RUSR | Mode::WUSR,
    )
    .unwrap();
    let folder = far.path().to_owned();
    let world = World::start_set(|config| config.checkpoint_dir = Some(folder)).await;
    let (_, mut browser) = world.operator("suzuki").await;
    assert_eq!(browser.post("/audit/verify", &[]).await.status, 303);
    let ended = async {
        loop {
            let page = browser.get("/audit/verify").await;
            if page.code_shown() != "verifying" {
                break page;
            }
            tokio::task::yield_now().await;
        }
    };
    let page = crate::patience::in_time("the end of the verification", ended).await;
    assert_eq!(page.code_shown(), "not_verified");
    let told = page.text();
    assert!(told.contains("the folder does not answer"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_middle_of_an_order_lets_go_of_it_and_signs_the_last_event() {
    let far = tempfile::tempdir().unwrap();
    let folder = far.path().to_owned();
    let mut world = World::start_set(|config| {
        crate::places::place_at_server(&config.data_dir);
        config.database = crate::places::place(&config.data_dir);
        config.checkpoint_dir = Some(folder);
    })
    .await;
    let clinic = world.enrol(OWN).await;
    let token = clinic.sign_in("link_app").await.token;
    let lines = vec![taro(None); 3_000];
    order(&clinic, &token, "OQSmuquc01", &bulk_check(&lines)).await;
    world.center.take().unwrap().stop().await.unwrap();
    let url = std::fs::read_to_string(world.dir.path().join("database.url")).unwrap();
    let database = url.strip_prefix("postgres:///").unwrap();
    let database = database.split('?').next().unwrap();
    let count = |of: &str| {
        let text = format!("SELECT count(*) FROM {of}");
        crate::server::shared().run(database, &text)
    };
    assert_eq!(count("bulk_order WHERE finished IS NULL"), 1);
    assert_eq!(count("work_turn"), 0);
    let mut signed = BTreeMap::new();
    for checkpoint in Outside::open(&outside::file(far.path())).unwrap() {
        let heads = from_bytes(&checkpoint.unwrap().heads).unwrap();
        signed.extend(heads.into_iter().map(|it| (it.chain, it)));
    }
    let engine = crate::places::store(&world.dir.path().join("center.db"), 9);
    for head in engine.heads().unwrap() {
        assert_eq!(signed.get(&head.chain), Some(&head));
    }
}
