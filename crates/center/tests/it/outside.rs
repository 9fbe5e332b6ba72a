//! The folder of checkpoints on a share whose machine is gone: what is opened there never answers.

use rustix::fs::{CWD, Mode, mkfifoat};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
    let outside = tempfile::tempdir().unwrap();
    // Opened to be read, they hang: nobody writes to them.
    for name in ["checkpoints.jsonl", "revocations.jsonl"] {
        mkfifoat(CWD, outside.path().join(name), Mode::RUSR | Mode::WUSR).unwrap();
    }
    let folder = outside.path().to_owned();
    let mut world = World::start_set(|config| config.checkpoint_dir = Some(folder)).await;
    let clinic = world.enrol("1319999999").await;
    clinic.client.certificate().await.unwrap();
    world.revoke(&clinic.identity).await;
    assert!(clinic.client.certificate().await.is_err(), "it is revoked");
    let answer = health(&world).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    world.center.take().unwrap().stop().await.unwrap();
}
