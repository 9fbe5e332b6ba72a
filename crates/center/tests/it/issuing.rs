//! Another issuing CA below the same root: what the former one signed goes on beside what the new one signs, and each is revoked as ever.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use center::config::Limits;
use center::serve::{Center, Clock, StartError};
use domain::audit::Actor;
use domain::civil_date::Instant;
use pki::identity::Identity;
use pki::server::{Examiner, Revocations};

use crate::operators::events;
use crate::places::{copy_keys, store};
use crate::world::{Clinic, World};

impl World {
    fn at(&self) -> Instant {
        Instant::from_micros(self.micros.load(Ordering::SeqCst))
    }

    /// Ends the center and makes another issuing CA, as `onshi ca renew` does; its events are in the chain of that number.
    async fn renew_issuing(&mut self, chain: u8) {
        self.center.take().unwrap().stop().await.unwrap();
        let (dir, by) = (self.dir.path(), Actor::Operator("local".into()));
        let engine = store(&dir.join("center.db"), chain);
        center::issuing::renew(&engine, dir, None, by, self.at())
            .await
            .unwrap();
        engine.close();
    }
}

/// The clinic's, whose center listens elsewhere now.
fn moved(world: &World, clinic: Clinic) -> Clinic {
    Clinic {
        client: world.client(Some(&clinic.identity)),
        ..clinic
    }
}

async fn is_let_in(world: &World, identity: &Identity) -> bool {
    world.client(Some(identity)).certificate().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn terminals_of_every_issuing_ca_sign_in_renew_and_are_revoked() {
    let mut world = World::start().await;
    let old = world.enrol("1319999999").await;
    let given_up = world.enrol_terminal("1319999999", "受付2").await;
    for chain in [9, 10] {
        world.renew_issuing(chain).await;
        world = World::start_in(world.dir, world.micros).await;
    }
    let old = moved(&world, old);
    let new = world.enrol("3410712362").await;
    let issuing = new.identity.chain()[1].clone();
    assert_ne!(issuing, old.identity.chain()[1]);
    for clinic in [&old, &new] {
        let token = clinic.sign_in("link_app").await.token;
        clinic.ask(&token, "k1", "4567").await.unwrap();
    }
    // As programs have it that were given nothing but the certificate.
    let alone = vec![old.identity.chain()[0].clone()];
    assert!(is_let_in(&world, &Identity::new(alone, old.identity.key())).await);
    // Each is revoked, and the other goes on.
    world.revoke(&given_up.identity).await;
    assert!(!is_let_in(&world, &given_up.identity).await);
    let status = async |path: &str| world.raw_enroll(path, &["host: any"], b"").await.status;
    for (path, expected) in [
        ("GET /crl", 200),
        ("GET /crl/1", 200),
        ("GET /crl/3", 200),
        ("GET /crl/4", 404),
        ("GET /crl/none", 404),
    ] {
        assert_eq!(status(path).await, expected, "{path}");
    }
    // What follows the old one is the newest's.
    world.pass_days_by_renewal(&old);
    let renewed = world.renew(&old).await.unwrap();
    assert!(is_let_in(&world, &renewed).await);
    let examiner = Examiner::new(&world.root(), Revocations::default()).unwrap();
    let of_newest = |it: &Identity| {
        let chain = [it.chain()[0].clone(), issuing.clone()];
        examiner.examine(&chain, world.at()).is_ok()
    };
    assert!(of_newest(&renewed) && !of_newest(&old.identity));
    world.revoke(&new.identity).await;
    assert!(!is_let_in(&world, &new.identity).await);
    assert!(is_let_in(&world, &old.identity).await);
    assert_eq!(events(&world, "authority-renew").await.len(), 2);
}

async fn start(dir: &Path, world: &World) -> Result<Center, StartError> {
    let micros = Arc::clone(&world.micros);
    let clock: Clock = Arc::new(move || Instant::from_micros(micros.load(Ordering::SeqCst)));
    let config = crate::world::config(dir, Limits::default(), Default::default());
    Center::start(&config, clock, synthetic::training::patients).await
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_server_a_center_without_the_newest_issuing_ca_waits_for_a_copy_of_it() {
    let mut world = World::start_at_server().await;
    let there = tempfile::tempdir().unwrap();
    copy_keys(world.dir.path(), there.path());
    world.renew_issuing(9).await;
    let refused = start(there.path(), &world).await;
    assert!(
        matches!(refused, Err(StartError::OtherKey("ca"))),
        "{refused:?}"
    );
    copy_keys(&world.dir.path().join("ca"), &there.path().join("ca"));
    let center = start(there.path(), &world).await.unwrap();
    center.stop().await.unwrap();
}
