//! A center that does not start: what it leaves in its store and its folder.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use center::config::{Config, Limits};
use center::serve::{Center, Clock, StartError};
use domain::civil_date::Instant;
use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;

use crate::world::World;

/// Starts a center of a folder with settings that a test changes.
async fn start(
    world: &World,
    dir: &Path,
    set: impl FnOnce(&mut Config),
) -> Result<Center, StartError> {
    let micros = Arc::clone(&world.micros);
    let clock: Clock = Arc::new(move || Instant::from_micros(micros.load(Ordering::SeqCst)));
    let mut config = crate::world::config(dir, Limits::default(), Default::default());
    set(&mut config);
    Center::start(&config, clock, synthetic::training::patients).await
}

/// The chains of a store, and its checkpoints.
fn kept(dir: &Path) -> (u64, u64) {
    let engine = crate::places::store(&dir.join("center.db"), 9);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    engine.close();
    assert_eq!(report.faults, []);
    (report.chains, report.checkpoints)
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_that_fail_leave_neither_a_chain_nor_a_checkpoint() {
    let mut world = World::start().await;
    world.center.take().unwrap().stop().await.unwrap();
    let before = kept(world.dir.path());
    let other = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = other.local_addr().unwrap();
    for _ in 0..3 {
        let set = |config: &mut Config| config.listen.metrics = taken;
        let refused = start(&world, world.dir.path(), set).await.unwrap_err();
        let is_listener =
            matches!(refused, StartError::Listen("listen.metrics", at, _) if at == taken);
        assert!(is_listener, "{refused}");
        // Another listener that fails, which is tried earlier.
        let set = |config: &mut Config| config.listen.home = Some(taken);
        let refused = start(&world, world.dir.path(), set).await.unwrap_err();
        assert!(matches!(refused, StartError::Listen(..)), "{refused}");
    }
    assert_eq!(kept(world.dir.path()), before);
    // A control socket whose path is too long.
    let long = world.dir.path().join("x".repeat(120));
    for _ in 0..2 {
        let refused = start(&world, &long, |_| {}).await.unwrap_err();
        assert!(matches!(refused, StartError::Control(_)), "{refused}");
    }
    assert_eq!(kept(&long), (0, 0));
    let center = start(&world, world.dir.path(), |_| {}).await.unwrap();
    center.stop().await.unwrap();
    let after = kept(world.dir.path());
    assert_eq!(after.0, before.0 + 1);
    assert!(before.1 < after.1, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_without_its_keys_starts_only_once_they_are_back() {
    let mut world = World::start().await;
    world.center.take().unwrap().stop().await.unwrap();
    let (own, copy) = (world.dir.path(), tempfile::tempdir().unwrap());
    let copy = copy.path();
    crate::places::copy_keys(own, copy);
    let files = ["machine.key", "receipt.key"];
    for file in files {
        std::fs::remove_file(copy.join(file)).unwrap();
    }
    std::fs::remove_dir_all(copy.join("ca")).unwrap();
    let refused = start(&world, copy, |_| {}).await.unwrap_err();
    assert!(matches!(refused, StartError::NoMachineKey(_)), "{refused}");
    assert!(refused.to_string().contains("receipt-retired.keys"));
    let is_there = |file: &str| copy.join(file).exists();
    assert!(!files.into_iter().chain(["ca"]).any(is_there));
    // Nor with another one.
    MachineKey::open(&copy.join("machine.key")).unwrap();
    let refused = start(&world, copy, |_| {}).await.unwrap_err();
    assert!(
        matches!(refused, StartError::OtherMachineKey(_)),
        "{refused}"
    );
    assert!(!["receipt.key", "ca"].into_iter().any(is_there));
    for file in files {
        std::fs::copy(own.join(file), copy.join(file)).unwrap();
    }
    crate::places::copy_keys(&own.join("ca"), &copy.join("ca"));
    let center = start(&world, copy, |_| {}).await.unwrap();
    center.stop().await.unwrap();
    let machine = MachineKey::open(&copy.join("machine.key")).unwrap();
    let keys = ReceiptKeys::open(copy, &machine).unwrap();
    let engine = crate::places::store(&copy.join("center.db"), 9);
    let report = engine.verify_audit(&[], |kid, message, signature| {
        keys.verifies(kid, message, signature)
    });
    assert_eq!(report.unwrap().faults, []);
}
