//! Rotation of the signing key: what was signed before verifies on.

use center::control::{Order, Reply, send};
use domain::audit::{Actor, Deed, Event};
use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;
use store::receipt_keys::AnnouncedKey;

use crate::operators::events;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn receipts_and_checkpoints_of_a_retired_key_verify_on() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    let old = clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let Reply::Rotated(kid) = send(world.dir.path(), &Order::RotateKeys).await.unwrap() else {
        panic!("not rotated");
    };
    let new = clinic.ask(&session.token, "k2", "4567").await.unwrap();
    let keys = clinic.client.keys().await.unwrap();
    assert_eq!((keys.keys.len(), &keys.keys[0].kid), (2, &kid));
    for id in [&old, &new] {
        let alone = clinic.client.receipt(&session.token, id).await.unwrap();
        let claims = api::receipt::verify_signature(&alone.receipt, &keys).unwrap();
        assert_eq!(&claims.jti, id);
    }
    // Ten years later the old one is published no more; the audit still knows it.
    let dir = world.dir.path();
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    let all = ReceiptKeys::open(dir, &machine).unwrap();
    let engine = crate::places::store(&dir.join("center.db"), 9);
    let report = engine
        .verify_audit(&[], |kid, message, signature| {
            all.verifies(kid, message, signature)
        })
        .unwrap();
    assert_eq!(report.faults, []);
    assert!(0 < report.checkpoints);
    world.pass_seconds(3_660 * 86_400);
    let later = world.enrol("3410712362").await;
    let answer = world.raw(&later.identity, "GET /v1/keys", &[], b"").await;
    let published: api::receipt::KeySet = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(published.keys.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_that_comes_back_from_a_copy_signs_nothing_more() {
    let mut world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    let old = clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let file = world.dir.path().join("receipt.key");
    let copy = std::fs::read(&file).unwrap();
    let Reply::Rotated(kid) = send(world.dir.path(), &Order::RotateKeys).await.unwrap() else {
        panic!("not rotated");
    };
    let new = clinic.ask(&session.token, "k2", "4567").await.unwrap();
    let before = clinic.client.keys().await.unwrap();
    world.center.take().unwrap().stop().await.unwrap();
    // The copy was made before the rotation: it knows neither the new key nor that the old one was retired.
    std::fs::write(&file, copy).unwrap();
    std::fs::remove_file(world.dir.path().join("receipt-retired.keys")).unwrap();
    let world = World::start_in(world.dir, world.micros).await;
    let client = world.client(Some(&clinic.identity));
    let keys = client.keys().await.unwrap();
    let (signs, others) = keys.keys.split_first().unwrap();
    assert!(before.keys.iter().all(|key| key != signs));
    assert_eq!(others.len(), 2);
    assert!(before.keys.iter().all(|key| others.contains(key)));
    assert!(others.iter().any(|key| key.kid == kid));
    for id in [&old, &new] {
        let alone = client.receipt(&session.token, id).await.unwrap();
        let claims = api::receipt::verify_signature(&alone.receipt, &keys).unwrap();
        assert_eq!(&claims.jti, id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_cut_off_before_its_announcement_is_an_event_of_the_next_start() {
    let mut world = World::start().await;
    world.center.take().unwrap().stop().await.unwrap();
    let dir = world.dir.path();
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    let keys = ReceiptKeys::open(dir, &machine).unwrap();
    let old = keys.current.kid().to_owned();
    // Both files are written, and the store knows nothing of it.
    let rotated = keys.rotate(dir, &machine, world.now()).unwrap();
    let kid = rotated.current.kid().to_owned();
    let mut world = World::start_in(world.dir, world.micros).await;
    let told = events(&world, "key-rotate").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].detail, format!("kid={kid}"));
    let clinic = world.enrol("1319999999").await;
    let published = clinic.client.keys().await.unwrap();
    let kids: Vec<&str> = published.keys.iter().map(|key| &*key.kid).collect();
    assert_eq!(kids, [&*kid, &*old]);
    // It is told once.
    world.center.take().unwrap().stop().await.unwrap();
    let world = World::start_in(world.dir, world.micros).await;
    assert_eq!(events(&world, "key-rotate").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_another_process_brought_about_and_that_was_cut_off_is_an_event_too() {
    let mut world = World::start().await;
    world.center.take().unwrap().stop().await.unwrap();
    let (dir, now) = (world.dir.path(), world.now());
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    let keys = ReceiptKeys::open(dir, &machine).unwrap();
    // Another process with the same key retired it.
    let shared = keys.public().remove(0);
    let retired = AnnouncedKey {
        proof: shared.proof(&machine),
        kid: shared.kid,
        x: shared.x,
        y: shared.y,
        announced: now,
        retired: Some(now),
    };
    let engine = crate::places::store(&dir.join("center.db"), 9);
    engine.announce_keys(vec![retired], None).await.unwrap();
    drop(engine);
    // This one followed as far as its files.
    let rotated = keys.rotate(dir, &machine, now).unwrap();
    let kid = rotated.current.kid().to_owned();
    let mut world = World::start_in(world.dir, world.micros).await;
    let told = events(&world, "key-rotate").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].detail, format!("kid={kid}"));
    // It is told once.
    world.center.take().unwrap().stop().await.unwrap();
    let world = World::start_in(world.dir, world.micros).await;
    assert_eq!(events(&world, "key-rotate").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_of_a_version_that_announced_no_keys_is_not_told_again() {
    let mut world = World::start().await;
    world.center.take().unwrap().stop().await.unwrap();
    let (dir, now) = (world.dir.path(), world.now());
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    let keys = ReceiptKeys::open(dir, &machine).unwrap();
    // It wrote its files and the event. The key before is announced by now: another process, which had not rotated, was upgraded first.
    let rotated = keys.rotate(dir, &machine, now).unwrap();
    let kid = rotated.current.kid().to_owned();
    let engine = crate::places::store(&dir.join("center.db"), 9);
    let told = engine.record(Event {
        at: now,
        actor: Actor::Operator("local".into()),
        deed: Deed::KeyRotate,
        subject: None,
        detail: format!("kid={kid}"),
    });
    told.await.unwrap();
    drop(engine);
    let world = World::start_in(world.dir, world.micros).await;
    assert_eq!(events(&world, "key-rotate").await.len(), 1);
    let clinic = world.enrol("1319999999").await;
    let published = clinic.client.keys().await.unwrap();
    assert_eq!(published.keys[0].kid, kid);
}
