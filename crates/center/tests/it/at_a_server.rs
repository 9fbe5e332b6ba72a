//! The center over PostgreSQL: the main walks go the same way, and two processes are one center.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::client::ClientError;
use center::config::Limits;
use center::control::{Call, Order, Reply, send};
use center::serve::{Center, Clock, StartError};
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;
use store::certificates::Which;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::places::{AT_SERVER, store};
use crate::world::{World, check};

/// What everybody does every day, and what must never be: tests of this crate that know nothing of where the store lies.
const WALKS: [&str; 31] = [
    "accounts::accounts_are_managed_by_those_who_may",
    "accounts::an_account_changed_since_it_was_shown_is_left_as_it_is",
    "bulk::a_bulk_check_is_accepted_and_answered_line_by_line_in_order",
    "bulk::a_restart_goes_on_where_it_was_and_two_workers_double_nothing",
    "cards::a_card_is_answered_like_a_number_and_delivered_with_its_consents",
    "cards::an_answer_lost_on_the_line_comes_again_under_its_key",
    "certificates::a_revoked_certificate_ends_its_sessions_at_once",
    "checks::a_facility_reads_its_own_checks_only",
    "checks::one_key_is_one_check_and_another_body_is_refused",
    "emergency::disaster::a_person_found_by_name_is_opened_with_oral_consent_until_the_window_ends",
    "emergency::outage::an_outage_answers_eligibility_and_opens_nothing",
    "emergency::review::the_facility_reports_and_the_operator_sees_what_was_done_without_names",
    "events::a_client_goes_on_behind_the_last_event_it_received",
    "feeds::a_batch_that_comes_again_changes_nothing_and_a_corrected_line_replaces_its_own_alone",
    "history::the_history_is_exported_whole_and_recorded",
    "insurer_feeds::a_batch_that_takes_the_ratio_of_a_twentieth_waits_for_an_operator",
    "insurer_feeds::a_check_names_the_batch_it_was_answered_from",
    "insurer_feeds::a_full_file_ends_what_it_does_not_name_and_tells_so",
    "insurer_feeds::an_undone_batch_leaves_everything_as_it_was",
    "insurer_feeds::late_registrations_are_told_by_line_and_by_insurer",
    "insurer_feeds::misuse::lines_that_cannot_be_are_refused_by_reason_and_the_others_taken",
    "insurer_feeds::resuming::what_rests_on_a_file_that_was_cut_off_gives_it_up",
    "keys::receipts_and_checkpoints_of_a_retired_key_verify_on",
    "looks::a_patient_who_agreed_is_seen_for_a_day_and_not_a_moment_longer",
    "medical_information::a_consent_opens_what_it_was_given_to_and_the_look_is_on_record_with_it",
    "operators::a_link_leads_to_password_and_second_factor_and_signs_in_once",
    "operators::pages::facilities_are_found_by_code_name_kind_and_prefecture",
    "own::a_patient_sees_who_looked_and_what_they_withdraw_is_seen_by_nobody_from_then_on",
    "reference_numbers::people_at_the_terminal_register_look_up_change_and_remove_numbers",
    "sessions::five_wrong_passwords_lock_an_account_whether_it_exists_or_not",
    "withdrawals::administrators_alone_search_who_looked_and_only_at_their_facility",
];

#[test]
fn the_main_walks_go_the_same_way_at_a_server() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--test-threads", "2"])
        .args(WALKS)
        .env(AT_SERVER, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // One that was renamed would not run.
    let passed = format!("test result: ok. {} passed", WALKS.len());
    assert!(said.contains(&passed), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_in_at_one_process_goes_on_at_the_other() {
    let here = World::start_at_server().await;
    let there = here.another().await;
    let clinic = here.enrol("1319999999").await;
    let session = clinic.sign_in("link_app").await;
    let id = clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let mut elsewhere = clinic;
    let at_home = std::mem::replace(
        &mut elsewhere.client,
        there.client(Some(&elsewhere.identity)),
    );
    // The same key is the same check, whichever process hears it.
    assert_eq!(
        elsewhere.ask(&session.token, "k1", "4567").await.unwrap(),
        id
    );
    let other = elsewhere.ask(&session.token, "k2", "4567").await.unwrap();
    let (administrator, _) = elsewhere.administrator().await;
    for client in [&at_home, &elsewhere.client] {
        for id in [&id, &other] {
            let past = client.past_check(&administrator.token, id).await.unwrap();
            assert_eq!(past.verdict, 1);
        }
    }
    // What ends at one ends at the other with the same breath.
    elsewhere.client.sign_out(&session.token).await.unwrap();
    elsewhere.client = at_home;
    check(
        elsewhere.ask(&session.token, "k3", "4567").await,
        "not_signed_in",
    );
    let store = store(&here.dir.path().join("center.db"), 9);
    assert_eq!(store.count_deeds(Deed::Check).unwrap(), 2);
    assert_eq!(store.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_revoked_at_one_process_is_refused_at_the_other() {
    let here = World::start_at_server().await;
    let there = here.another().await;
    let mut clinic = here.enrol("1319999999").await;
    clinic.client = there.client(Some(&clinic.identity));
    let session = clinic.sign_in("link_app").await;
    clinic.ask(&session.token, "k1", "4567").await.unwrap();
    let fingerprint: String = clinic
        .identity
        .fingerprint()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let revoked = send(here.dir.path(), &Order::Revoke(fingerprint)).await;
    assert!(matches!(revoked.unwrap(), Reply::Done));
    // Its session is gone at once, so nothing is answered; that the certificate is, the other process learns a moment later.
    let refused = clinic.ask(&session.token, "k2", "4567").await;
    assert!(refused.is_err());
    let password = clinic.password("link_app");
    while clinic
        .try_sign_in("link_app", &password, true)
        .await
        .is_ok()
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_that_took_its_time_to_be_written_is_heard_of_at_the_other_process() {
    let here = World::start_at_server().await;
    let mut clinic = here.enrol("1319999999").await;
    let there = here.another().await;
    clinic.client = there.client(Some(&clinic.identity));
    check(clinic.ask("made-up", "k1", "4567").await, "not_signed_in");
    // The order is older than what is on the disk: it waited for its turn.
    let ordered = here.micros.load(Ordering::SeqCst) - 30_000_000;
    let event = Event {
        at: Instant::from_micros(ordered),
        actor: Actor::Center,
        deed: Deed::CertificateRevoke,
        subject: None,
        detail: String::new(),
    };
    let store = store(&here.dir.path().join("center.db"), 9);
    let which = Which::Line(clinic.identity.fingerprint());
    let revoked = store.revoke_certificates(which, "asked", event).await;
    assert_eq!(revoked.unwrap().map(|all| all.len()), Some(1));
    // Nobody signs in, so that the process hears of it by asking alone. Lines that are open are cut.
    let heard = async {
        loop {
            match clinic.ask("made-up", "k2", "4567").await {
                Err(ClientError::Problem(it)) if it.code == "not_signed_in" => {
                    tokio::task::yield_now().await;
                }
                Err(ClientError::Problem(it)) => {
                    assert_eq!(it.code, "certificate_revoked");
                    break;
                }
                Err(ClientError::Connection(_)) => break,
                other => panic!("{other:?}"),
            }
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(60), heard).await;
    assert!(heard.is_ok(), "the certificate is accepted on");
    let password = clinic.password("link_app");
    let refused = clinic.try_sign_in("link_app", &password, true).await;
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_load_one_feed_after_the_other_and_one_goes_on_with_what_the_other_left() {
    use crate::insurer_feeds::{feed, file, person, send_file};
    use domain::feed::insurer::InsurerKind;
    let here = World::start_at_server().await;
    let there = here.another().await;
    let bytes = file(InsurerKind::Persons, (0..200).map(person));
    let known = crate::insurer_feeds::resuming::known(feed(InsurerKind::Persons), &bytes);
    let mut call = Call::place(here.dir.path()).await.unwrap();
    call.announce(known.clone()).await.unwrap();
    let half = bytes.len() / 2;
    call.send(&crate::feeds::part(&bytes[..half]))
        .await
        .unwrap();
    for lines in [known.clone(), feed(InsurerKind::Losses)] {
        let refused = send_file(&there, lines, &bytes).await.unwrap_err();
        assert!(refused.contains("another process"), "{refused}");
    }
    // The first process says nothing any more. Its turn is over, and what it had kept is gone on with.
    there.micros.fetch_add(121_000_000, Ordering::SeqCst);
    let report = send_file(&there, known, &bytes).await.unwrap();
    assert_eq!((report.added, report.number), (200, Some(1)));
    assert!(0 < report.behind, "{report:?}");
    // It comes back, and finds its turn lost before it keeps another line.
    let lost = call.send(&crate::feeds::part(&bytes[half..])).await;
    let Reply::Refused(why) = lost.unwrap() else {
        panic!("lines were kept");
    };
    assert!(why.contains("another process"), "{why}");
    let store = store(&here.dir.path().join("center.db"), 9);
    assert_eq!(store.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

/// Starts a center over the store of another world, with what lies in this folder.
async fn start_beside(world: &World, dir: &Path) -> Result<Center, StartError> {
    let url = "database.url";
    std::fs::copy(world.dir.path().join(url), dir.join(url)).unwrap();
    let micros = Arc::clone(&world.micros);
    let clock: Clock = Arc::new(move || Instant::from_micros(micros.load(Ordering::SeqCst)));
    let config = crate::world::config(dir, Limits::default(), Default::default());
    Center::start(&config, clock, synthetic::training::patients).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_with_other_keys_than_the_first_does_not_start() {
    let first = World::start_at_server().await;
    let dir = tempfile::tempdir().unwrap();
    let refused = start_beside(&first, dir.path()).await.unwrap_err();
    assert!(
        matches!(refused, StartError::OtherKey("machine.key")),
        "{refused}"
    );
    // Each is needed, not the machine key alone.
    for lacks in ["ca", "receipt.key"] {
        let dir = tempfile::tempdir().unwrap();
        crate::places::copy_keys(first.dir.path(), dir.path());
        let gone = dir.path().join(lacks);
        let removed = if gone.is_dir() {
            std::fs::remove_dir_all(gone)
        } else {
            std::fs::remove_file(gone)
        };
        removed.unwrap();
        let refused = start_beside(&first, dir.path()).await.unwrap_err();
        assert!(
            matches!(refused, StartError::OtherKey(key) if key == lacks),
            "{refused}"
        );
        assert!(
            refused.to_string().contains("copy machine.key"),
            "{refused}"
        );
    }
    let second = first.another().await;
    second.enrol("1319999999").await;
}

/// The first line of what a center says of its health.
async fn health(world: &World) -> String {
    let mut stream = tokio::net::TcpStream::connect(world.metrics).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text.lines().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_whose_signing_key_was_rotated_elsewhere_says_so_until_it_has_the_new_one() {
    let here = World::start_at_server().await;
    let there = here.another().await;
    let mut clinic = here.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    let old = clinic.ask(&session.token, "k1", "4567").await.unwrap();
    assert!(health(&there).await.contains(" 200 "));
    let rotated = send(here.dir.path(), &Order::RotateKeys).await;
    assert!(matches!(rotated.unwrap(), Reply::Rotated(_)));
    let said = async {
        while !health(&there).await.contains(" 503 ") {
            tokio::task::yield_now().await;
        }
    };
    let said = tokio::time::timeout(Duration::from_secs(60), said).await;
    assert!(said.is_ok(), "it signs on and says nothing");
    assert!(health(&here).await.contains(" 200 "));
    let refused = send(there.dir.path(), &Order::RotateKeys).await.unwrap();
    let Reply::Refused(why) = refused else {
        panic!("it made a third key");
    };
    assert!(why.contains("receipt-retired.keys"), "{why}");
    // With the keys of the first the other one is like it: both publish and verify what either signed.
    drop(there);
    let there = here.another().await;
    assert!(health(&there).await.contains(" 200 "));
    let new = clinic.ask(&session.token, "k2", "4567").await.unwrap();
    let keys = clinic.client.keys().await.unwrap();
    clinic.client = there.client(Some(&clinic.identity));
    let elsewhere = clinic.ask(&session.token, "k3", "4567").await.unwrap();
    assert_eq!(clinic.client.keys().await.unwrap(), keys);
    assert_eq!(keys.keys.len(), 2);
    for id in [&old, &new, &elsewhere] {
        let alone = clinic.client.receipt(&session.token, id).await.unwrap();
        let claims = api::receipt::verify_signature(&alone.receipt, &keys).unwrap();
        assert_eq!(&claims.jti, id);
    }
    let store = store(&here.dir.path().join("center.db"), 9);
    for world in [&here, &there] {
        let dir = world.dir.path();
        let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
        let all = ReceiptKeys::open(dir, &machine).unwrap();
        let report = store.verify_audit(&[], |kid, message, signature| {
            all.verifies(kid, message, signature)
        });
        assert_eq!(report.unwrap().faults, []);
    }
}
