//! Notices, downloads and revocation.

use center::control::{Order, Reply, send};

use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_reference_ids_freeze_a_notice_and_the_deadline_ends_it() {
    let world = World::start().await;
    let (one, other) = (
        world.enrol("1319999999").await,
        world.enrol("3410712362").await,
    );
    world
        .download(&one.enrolled, &one.enrolled.reference_id)
        .await
        .unwrap();
    for _ in 0..5 {
        check(
            world
                .download(&one.enrolled, &other.enrolled.reference_id)
                .await,
            "invalid_input",
        );
    }
    check(
        world
            .download(&one.enrolled, &one.enrolled.reference_id)
            .await,
        "invalid_input",
    );
    world.pass_seconds(180 * 86_400);
    world
        .download(&other.enrolled, &other.enrolled.reference_id)
        .await
        .unwrap();
    world.pass_seconds(86_400);
    check(
        world
            .download(&other.enrolled, &other.enrolled.reference_id)
            .await,
        "invalid_input",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_ends_its_sessions_at_once() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let session = clinic.sign_in("link_app").await;
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let fingerprint: String = clinic
        .identity
        .fingerprint()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let reply = send(world.dir.path(), &Order::Revoke(fingerprint))
        .await
        .unwrap();
    assert!(matches!(reply, Reply::Done));
    assert!(clinic.ask(&session.token, "k2", "4567").await.is_err());
}
