//! Notices, downloads and revocation.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use center::config::Limits;
use center::control::{Order, Reply, send};
use center::serve::{Center, Clock, StartError};
use domain::civil_date::Instant;
use tokio::io::AsyncWriteExt;

use crate::world::{World, check, read_answer, read_answer_of_open_line};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_center_that_issued_certificates_makes_no_authority_in_place_of_a_missing_one() {
    let mut world = World::start().await;
    world.enrol("1319999999").await;
    world.center.take().unwrap().stop().await.unwrap();
    let (ca, aside) = (world.dir.path().join("ca"), world.dir.path().join("aside"));
    std::fs::rename(&ca, &aside).unwrap();
    let micros = Arc::clone(&world.micros);
    let clock: Clock = Arc::new(move || Instant::from_micros(micros.load(Ordering::SeqCst)));
    let config = crate::world::config(world.dir.path(), Limits::default(), Default::default());
    let refused = Center::start(&config, clock, synthetic::training::patients).await;
    // At a server what the authority shows is known, too.
    assert!(
        matches!(
            refused,
            Err(StartError::NoAuthority(_) | StartError::OtherKey("ca"))
        ),
        "{refused:?}"
    );
    assert!(!ca.exists());
    std::fs::rename(&aside, &ca).unwrap();
    World::start_in(world.dir, world.micros).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_opened_before_the_certificates_end_goes_no_further_than_that() {
    let world = World::start().await;
    let clinic = world.enrol("1319999999").await;
    let end = clinic.identity.holder().unwrap().not_after.as_micros();
    world.micros.store(end, Ordering::SeqCst);
    let mut early = [
        world.connect(&clinic.identity).await,
        world.connect(&clinic.identity).await,
    ];
    let ask = |how: &str| {
        format!(
            "GET {} HTTP/1.1\r\nhost: localhost\r\nconnection: {how}\r\n\r\n",
            api::routes::KEYS
        )
    };
    // In TLS 1.3 the client is ready before the center has read its certificate: an answer tells that it has.
    for stream in &mut early {
        let ask = ask("keep-alive");
        stream.write_all(ask.as_bytes()).await.unwrap();
        assert_eq!(read_answer_of_open_line(stream).await.status, 200);
    }
    let ask = ask("close");
    for (stream, (passed_s, status)) in early.iter_mut().zip([(0, 200), (1, 403)]) {
        world.pass_seconds(passed_s);
        stream.write_all(ask.as_bytes()).await.unwrap();
        assert_eq!(read_answer(stream).await.status, status);
    }
}
