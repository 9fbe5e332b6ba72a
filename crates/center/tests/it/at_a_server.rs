//! The center over PostgreSQL: the main walks go the same way, and two processes are one center.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::client::ClientError;
use api::receipt::KeySet;
use center::config::Limits;
use center::control::{Call, Order, Reply, send};
use center::serve::{Center, Clock, StartError};
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::Instant;
use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;
use store::certificates::Which;
use store::receipt_keys::AnnouncedKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::patience::in_time;
use crate::places::{AT_SERVER, store};
use crate::server::TestServer;
use crate::world::{Clinic, World, check, now_micros};

/// What everybody does every day, and what must never be: tests of this crate that know nothing of where the store lies.
const WALKS: [&str; 33] = [
    "accounts::accounts_are_managed_by_those_who_may",
    "accounts::an_account_changed_since_it_was_shown_is_left_as_it_is",
    "bulk::a_bulk_check_is_accepted_and_answered_line_by_line_in_order",
    "bulk::a_restart_goes_on_where_it_was_and_two_workers_double_nothing",
    "cards::a_card_is_answered_like_a_number_and_delivered_with_its_consents",
    "cards::an_answer_lost_on_the_line_comes_again_under_its_key",
    "certificates::a_revoked_certificate_ends_its_sessions_at_once",
    "checks::a_facility_reads_its_own_checks_only",
    "checks::one_key_is_one_check_and_another_body_is_refused",
    "emergency::disaster::a_patient_who_refuses_is_checked_alone_and_nothing_of_them_is_opened",
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
    "issuing::terminals_of_every_issuing_ca_sign_in_renew_and_are_revoked",
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
    let heard = async {
        while clinic
            .try_sign_in("link_app", &password, true)
            .await
            .is_ok()
        {
            tokio::task::yield_now().await;
        }
    };
    in_time("the other process to hear of it", heard).await;
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
    assert!(!dir.path().join("machine.key").exists(), "one was made");
    MachineKey::open(&dir.path().join("machine.key")).unwrap();
    let refused = start_beside(&first, dir.path()).await.unwrap_err();
    assert!(
        matches!(refused, StartError::OtherKey("machine.key")),
        "{refused}"
    );
    // Each is needed, not the machine key alone.
    let dir = tempfile::tempdir().unwrap();
    crate::places::copy_keys(first.dir.path(), dir.path());
    std::fs::remove_dir_all(dir.path().join("ca")).unwrap();
    let refused = start_beside(&first, dir.path()).await.unwrap_err();
    assert!(matches!(refused, StartError::OtherKey("ca")), "{refused}");
    assert!(!dir.path().join("ca").exists(), "nothing was made");
    assert!(
        refused.to_string().contains("copy machine.key"),
        "{refused}"
    );
    let second = first.another().await;
    second.enrol("1319999999").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_authority_takes_the_place_of_one_whose_keys_are_no_longer_written() {
    let mut first = World::start_at_server().await;
    first.enrol("1319999999").await;
    first.center.take().unwrap().stop().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    crate::places::copy_keys(first.dir.path(), dir.path());
    let ca = dir.path().join("ca");
    let root = std::fs::read(ca.join("root.pem")).unwrap();
    std::fs::remove_dir_all(&ca).unwrap();
    std::fs::create_dir(&ca).unwrap();
    std::fs::write(ca.join("unfinished"), "").unwrap();
    let refused = start_beside(&first, dir.path()).await.unwrap_err();
    assert!(
        matches!(refused, StartError::AuthorityStands(_)),
        "{refused}"
    );
    assert!(!ca.join("root.pem").exists(), "one was made");
    // What the refusal and docs/operations/certificate-and-key-ceremony.md name.
    let text = "DELETE FROM center.shared_key WHERE name IN ('ca', 'issuing')";
    assert!(refused.to_string().contains(text), "{refused}");
    let url = std::fs::read_to_string(dir.path().join("database.url")).unwrap();
    let database = url.strip_prefix("postgres:///").unwrap();
    let database = database.split('?').next().unwrap();
    crate::server::shared().run(database, text);
    let made = World::start_in(dir, first.micros).await;
    assert_ne!(std::fs::read(ca.join("root.pem")).unwrap(), root);
    made.enrol("1319999998").await;
    let beside = made.another().await;
    beside.enrol("1319999981").await;
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

/// The keys that a center publishes, whatever their order.
async fn published(clinic: &Clinic) -> (KeySet, BTreeSet<String>) {
    let keys = clinic.client.keys().await.unwrap();
    let kids = keys.keys.iter().map(|key| key.kid.clone()).collect();
    (keys, kids)
}

/// Holds every receipt and every checkpoint against what a center publishes and has in its folder and its store.
async fn all_verify(world: &World, clinic: &Clinic, token: &str, ids: &[&String]) {
    let (keys, _) = published(clinic).await;
    for id in ids {
        let alone = clinic.client.receipt(token, id).await.unwrap();
        let claims = api::receipt::verify_signature(&alone.receipt, &keys).unwrap();
        assert_eq!(&&claims.jti, id);
    }
    let dir = world.dir.path();
    let store = store(&dir.join("center.db"), 9);
    let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
    let announced = center::public_keys::announced(&store, &machine).unwrap();
    let report = store.verify_audit(&[], |kid, message, signature| {
        let mut all = announced.iter();
        all.any(|key| key.verifies(kid, message, signature))
    });
    assert_eq!(report.unwrap().faults, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_key_rotated_at_one_center_is_exchanged_at_the_other_and_all_verify_at_both() {
    let here = World::start_at_server().await;
    let there = here.another().await;
    let mut clinic = here.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    let token = &session.token;
    let old = clinic.ask(token, "k1", "4567").await.unwrap();
    let (_, before) = published(&clinic).await;
    assert_eq!(before.len(), 1);
    let rotated = send(here.dir.path(), &Order::RotateKeys).await;
    let Reply::Rotated(kid) = rotated.unwrap() else {
        panic!("not rotated");
    };
    let new = clinic.ask(token, "k2", "4567").await.unwrap();
    let at_home = std::mem::replace(&mut clinic.client, there.client(Some(&clinic.identity)));
    // The other one knows the new key before anything is signed with it, and whatever it signs with itself is known here.
    let (_, known) = published(&clinic).await;
    assert!(
        before.is_subset(&known) && known.contains(&kid),
        "{known:?}"
    );
    let elsewhere = clinic.ask(token, "k3", "4567").await.unwrap();
    all_verify(&there, &clinic, token, &[&old, &new, &elsewhere]).await;
    clinic.client = at_home;
    all_verify(&here, &clinic, token, &[&old, &new, &elsewhere]).await;
    // It was the key of both: the other one makes one of its own as well, which no other has.
    let exchanged = async {
        while published(&clinic).await.1.len() < 3 {
            tokio::task::yield_now().await;
        }
    };
    let exchanged = tokio::time::timeout(Duration::from_secs(60), exchanged).await;
    assert!(exchanged.is_ok(), "it signs on with the retired key");
    assert!(health(&here).await.contains(" 200 "));
    assert!(health(&there).await.contains(" 200 "));
    let own = |world: &World| {
        let dir = world.dir.path();
        let machine = MachineKey::open(&dir.join("machine.key")).unwrap();
        let keys = ReceiptKeys::open(dir, &machine).unwrap();
        keys.current.kid().to_owned()
    };
    assert_eq!(own(&here), kid);
    assert!(own(&there) != kid && !before.contains(&own(&there)));
    clinic.client = there.client(Some(&clinic.identity));
    let newest = clinic.ask(token, "k4", "4567").await.unwrap();
    let (_, there_known) = published(&clinic).await;
    all_verify(&there, &clinic, token, &[&old, &new, &elsewhere, &newest]).await;
    clinic.client = here.client(Some(&clinic.identity));
    assert_eq!(published(&clinic).await.1, there_known);
    all_verify(&here, &clinic, token, &[&old, &new, &elsewhere, &newest]).await;
    // A key of its own is nobody else's matter.
    let rotated = send(there.dir.path(), &Order::RotateKeys).await;
    assert!(matches!(rotated.unwrap(), Reply::Rotated(_)));
    assert_eq!(own(&here), kid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_whose_commit_was_not_answered_leaves_one_key_that_signs() {
    let server = TestServer::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    crate::places::place_at(dir.path(), &server);
    let world = World::start_in(dir, Arc::new(AtomicI64::new(now_micros()))).await;
    let clinic = world.enrol("1319999999").await;
    let of_server = |text: &str| {
        server.read("postgres", text);
    };
    // Commits wait for a server that never comes; whoever waits is cut off, and what it committed is there.
    of_server("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    of_server("SELECT pg_reload_conf()");
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let order = Order::RotateKeys;
    let not_answered = async {
        let mut rotations = 1;
        loop {
            let asked = send(world.dir.path(), &order);
            let mut asked = std::pin::pin!(asked);
            let reply = loop {
                tokio::select! {
                    biased;
                    reply = &mut asked => break reply.unwrap(),
                    () = tokio::task::yield_now() => of_server(cut),
                }
            };
            // Before the server has taken its settings over a rotation goes through.
            if !matches!(reply, Reply::Rotated(_)) {
                break rotations;
            }
            rotations += 1;
        }
    };
    let rotations = in_time("a rotation that is not answered", not_answered).await;
    of_server("ALTER SYSTEM RESET synchronous_standby_names");
    of_server("SELECT pg_reload_conf()");
    let machine = MachineKey::open(&world.dir.path().join("machine.key")).unwrap();
    let signs = async {
        loop {
            let own = ReceiptKeys::open(world.dir.path(), &machine).unwrap();
            let published = clinic.client.keys().await.unwrap();
            if published.keys[0].kid == own.current.kid() {
                break own.current.kid().to_owned();
            }
        }
    };
    let signs = in_time("the new key to sign", signs).await;
    let store = store(&world.dir.path().join("center.db"), 9);
    let announced = center::public_keys::announced(&store, &machine).unwrap();
    let good = announced.iter().filter(|key| key.retired.is_none());
    assert_eq!(good.map(|key| &key.kid).collect::<Vec<_>>(), [&signs]);
    assert_eq!(store.count_deeds(Deed::KeyRotate).unwrap(), rotations);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_may_start_with_a_signing_key_of_its_own_and_publishes_none_that_others_wrote() {
    let here = World::start_at_server().await;
    let dir = tempfile::tempdir().unwrap();
    crate::places::copy_keys(here.dir.path(), dir.path());
    std::fs::remove_file(dir.path().join("receipt.key")).unwrap();
    let there = World::start_in(dir, Arc::clone(&here.micros)).await;
    let mut clinic = here.enrol("1319999999").await;
    let (session, _) = clinic.administrator().await;
    let token = &session.token;
    let one = clinic.ask(token, "k1", "4567").await.unwrap();
    let (_, known) = published(&clinic).await;
    assert_eq!(known.len(), 2);
    clinic.client = there.client(Some(&clinic.identity));
    let other = clinic.ask(token, "k2", "4567").await.unwrap();
    assert_eq!(published(&clinic).await.1, known);
    all_verify(&there, &clinic, token, &[&one, &other]).await;
    // Whoever writes into the database alone cannot prove a key.
    let forged = AnnouncedKey {
        kid: "0123456789abcdef".into(),
        x: [1; 32],
        y: [2; 32],
        proof: [3; 32],
        announced: Instant::from_micros(0),
        retired: None,
    };
    let store = store(&here.dir.path().join("center.db"), 9);
    store.announce_keys(vec![forged], None).await.unwrap();
    assert_eq!(published(&clinic).await.1, known);
}
