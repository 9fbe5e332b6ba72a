//! What somebody may try with a card, a challenge, a release or a presence that is not theirs, and what they are told.

use api::account::NewAccount;
use api::card::{Answers, CardCheckRequest};
use api::client::cards::Cause;
use api::reader::ReaderReport;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::audit::Deed;
use synthetic::card::case::Case;

use crate::deck::{certificate, deck, request, sign};
use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_good_once_for_two_minutes_at_its_own_place() {
    let world = World::start_with_cards().await;
    let one = world.enrol("1319999999").await;
    let other = world.enrol("3410712362").await;
    let (reader, foreign) = (
        one.sign_in("reader").await.token,
        other.sign_in("reader").await.token,
    );
    let card = deck().card(Case::Valid);
    let challenge = one.client.card_challenge(&reader).await.unwrap();
    let body = request(&card, &challenge, "pin");
    check(
        other.client.check_card(&foreign, "k", &body).await,
        "card_challenge_foreign",
    );
    one.client.check_card(&reader, "k", &body).await.unwrap();
    check(
        one.client.check_card(&reader, "other", &body).await,
        "card_challenge_used",
    );
    let mut unknown = body.clone();
    unknown.challenge = "019aae5e-0000-7000-8000-000000000001".into();
    check(
        one.client.check_card(&reader, "unknown", &unknown).await,
        "card_challenge_unknown",
    );
    let late = one.client.card_challenge(&reader).await.unwrap();
    let body = request(&card, &late, "pin");
    world.pass_seconds(120);
    check(
        one.client.check_card(&reader, "late", &body).await,
        "card_challenge_expired",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_of_one_pc_is_none_of_another_pc_of_the_facility() {
    let world = World::start_with_cards().await;
    let one = world.enrol("1319999999").await;
    let second = world.enrol_terminal("1319999999", "受付2").await;
    let reader = one.sign_in("reader").await.token;
    let challenge = one.client.card_challenge(&reader).await.unwrap();
    let body = request(&deck().card(Case::Valid), &challenge, "pin");
    let there = second
        .try_sign_in("reader", &one.password("reader"), false)
        .await
        .unwrap();
    check(
        second.client.check_card(&there.token, "k", &body).await,
        "card_challenge_foreign",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_uses_its_challenge_up() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let reader = clinic.sign_in("reader").await.token;
    let challenge = clinic.client.card_challenge(&reader).await.unwrap();
    let good = request(&deck().card(Case::Valid), &challenge, "pin");
    let mut wrong = good.clone();
    wrong.signature = STANDARD.encode([7; 256]);
    check(
        clinic.client.check_card(&reader, "a", &wrong).await,
        "card_signature_wrong",
    );
    check(
        clinic.client.check_card(&reader, "b", &good).await,
        "card_challenge_used",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_whose_answer_was_lost_is_answered_alike_and_on_record_once() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let reader = clinic.sign_in("reader").await.token;
    let challenge = clinic.client.card_challenge(&reader).await.unwrap();
    let mut wrong = request(&deck().card(Case::Valid), &challenge, "pin");
    wrong.signature = STANDARD.encode([7; 256]);
    let engine = crate::places::store(&world.dir.path().join("center.db"), 9);
    let refused = || engine.count_deeds(Deed::CardRefused).unwrap();
    for _ in 0..3 {
        let again = clinic.client.check_card(&reader, "k", &wrong).await;
        check(again, "card_signature_wrong");
        assert_eq!(refused(), 1);
    }
    // Under another key, or with other contents, it is another request.
    let other = clinic.client.check_card(&reader, "other", &wrong).await;
    check(other, "card_challenge_used");
    wrong.signature = STANDARD.encode([8; 256]);
    let other = clinic.client.check_card(&reader, "k", &wrong).await;
    check(other, "card_challenge_used");
    assert_eq!(refused(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_staff_released_outlives_a_request_from_before_it_that_comes_again() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    world.enroll_reader(&clinic, "reader", true).await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let challenge = clinic.client.card_challenge(&reader).await.unwrap();
    let waits = request(&deck().card(Case::Valid), &challenge, "visual");
    let engine = crate::places::store(&world.dir.path().join("center.db"), 9);
    for is_released in [false, true] {
        if is_released {
            clinic.client.release(&staff.token, "reader").await.unwrap();
        }
        let again = clinic.client.check_card(&reader, "k", &waits).await;
        check(again, "card_confirmation_needed");
        assert_eq!(engine.count_deeds(Deed::CardRefused).unwrap(), 1);
    }
    let seen = clinic.lay(&reader, Case::Valid, "visual").await.unwrap();
    assert_eq!(seen.released_by.as_deref(), Some("administrator"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wrong_card_is_answered() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let reader = clinic.sign_in("reader").await.token;
    let try_with = async |change: &dyn Fn(&mut CardCheckRequest), key: &str, expected: &str| {
        let challenge = clinic.client.card_challenge(&reader).await.unwrap();
        let mut body = request(&deck().card(Case::Valid), &challenge, "pin");
        change(&mut body);
        check(
            clinic.client.check_card(&reader, key, &body).await,
            expected,
        );
    };
    let (card, other) = (deck().card(Case::Valid), deck().card(Case::Everything));
    let another_text = STANDARD.encode(sign(&card, "ONSHI-AUTH-v1\n"));
    try_with(
        &|it| it.signature = another_text.clone(),
        "text",
        "card_signature_wrong",
    )
    .await;
    let others = STANDARD.encode(certificate(&other));
    try_with(
        &|it| it.certificate = others.clone(),
        "key",
        "card_signature_wrong",
    )
    .await;
    let forged = STANDARD.encode(certificate(&deck().forged(Case::Valid)));
    try_with(
        &|it| it.certificate = forged.clone(),
        "forged",
        "card_certificate_untrusted",
    )
    .await;
    let own = STANDARD.encode(deck().authority.certificate());
    try_with(
        &|it| it.certificate = own.clone(),
        "root",
        "card_certificate_policy",
    )
    .await;
    let jpki = card.jpki.as_ref().unwrap();
    let signing = jpki.signature.as_ref().unwrap().certificate.as_slice();
    let signing = STANDARD.encode(signing);
    try_with(
        &|it| it.certificate = signing.clone(),
        "signing",
        "card_certificate_untrusted",
    )
    .await;
    try_with(
        &|it| it.certificate = "AAAA".into(),
        "nothing",
        "card_certificate_unreadable",
    )
    .await;
    try_with(&|it| it.certificate = "?".into(), "form", "invalid_input").await;
    try_with(&|it| it.method = "voice".into(), "method", "invalid_input").await;
    world.pass_seconds(-800 * 86_400);
    let early = clinic.sign_in("reader").await.token;
    check(
        clinic.lay(&early, Case::Valid, "pin").await,
        "card_certificate_not_yet_valid",
    );
    world.pass_seconds(800 * 86_400);
    let reader = clinic.sign_in("reader").await.token;
    for (case, expected) in [
        (Case::Revoked, "card_certificate_revoked"),
        (Case::ExpiredLong, "card_certificate_expired"),
        (Case::Unregistered, "card_not_registered"),
    ] {
        check(clinic.lay(&reader, case, "pin").await, expected);
    }
    // Nothing of all that is in the history.
    let (staff, _) = clinic.administrator().await;
    let history = clinic
        .client
        .search(&staff.token, &Default::default())
        .await
        .unwrap();
    assert!(history.checks.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_revoked_meanwhile_is_refused_from_the_next_check_on() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let reader = clinic.sign_in("reader").await.token;
    clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    let serial = synthetic::card::authority::serial(
        Case::Valid,
        synthetic::card::authority::Generation::FIRST,
    );
    let list = world.dir.path().join("cards.crl");
    let new = deck().authority.revocation_list(&[serial]).unwrap();
    std::fs::write(&list, new).unwrap();
    check(
        clinic.lay(&reader, Case::Valid, "pin").await,
        "card_certificate_revoked",
    );
    // A list that is broken leaves the earlier one in place.
    std::fs::write(&list, b"half a list").unwrap();
    check(
        clinic.lay(&reader, Case::Valid, "pin").await,
        "card_certificate_revoked",
    );
    clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    world.pass_seconds(31 * 86_400);
    let reader = clinic.sign_in("reader").await.token;
    check(
        clinic.lay(&reader, Case::Everything, "pin").await,
        "card_revocation_unknown",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_terminal_keys_identifies_by_pin_alone() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    clinic.client.release(&staff.token, "reader").await.unwrap();
    for method in ["visual", "face"] {
        check(
            clinic.lay(&reader, Case::Valid, method).await,
            "card_method_not_allowed",
        );
    }
    world.enroll_reader(&clinic, "reader", false).await;
    check(
        clinic.lay(&reader, Case::Valid, "face").await,
        "card_method_not_allowed",
    );
    let pin = clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    let record = clinic
        .client
        .card_check(&staff.token, &pin.check.check_id, Cause::Person)
        .await
        .unwrap();
    assert_eq!(
        record.vouched_by, "reader",
        "it could have signed otherwise"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_good_once_for_its_own_reader_and_for_two_minutes() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let foreign = world.enrol("3410712362").await;
    for place in [&clinic, &foreign] {
        world.enroll_reader(place, "reader", true).await;
    }
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let there = foreign.sign_in("reader").await.token;
    check(
        clinic.lay(&reader, Case::Valid, "visual").await,
        "card_confirmation_needed",
    );
    let second = NewAccount {
        ambulance: false,
        designated_by: None,
        designation: None,
        display_name: "2台目".into(),
        id: "reader2".into(),
        kind: "reader".into(),
        password: "Dokutori-12345678".into(),
        profession: None,
    };
    clinic
        .client
        .register_account(&staff.token, &second)
        .await
        .unwrap();
    clinic
        .client
        .release(&staff.token, "reader2")
        .await
        .unwrap();
    check(
        clinic.lay(&reader, Case::Valid, "visual").await,
        "card_confirmation_needed",
    );
    clinic.client.release(&staff.token, "reader").await.unwrap();
    check(
        foreign.lay(&there, Case::Valid, "visual").await,
        "card_confirmation_needed",
    );
    let seen = clinic.lay(&reader, Case::Valid, "visual").await.unwrap();
    assert_eq!(seen.released_by.as_deref(), Some("administrator"));
    check(
        clinic.lay(&reader, Case::Valid, "visual").await,
        "card_confirmation_needed",
    );
    clinic.client.release(&staff.token, "reader").await.unwrap();
    world.pass_seconds(120);
    check(
        clinic.lay(&reader, Case::Valid, "visual").await,
        "card_confirmation_needed",
    );
    // The face counts as much as the policy says.
    check(
        clinic.lay(&reader, Case::Valid, "face").await,
        "card_confirmation_needed",
    );
    check(
        clinic.lay(&reader, Case::Android, "face").await,
        "card_method_not_allowed",
    );
    let mut settings = clinic
        .client
        .settings(&staff.token, Cause::Person)
        .await
        .unwrap();
    settings.face_policy = "face_auto".into();
    clinic
        .client
        .change_settings(&staff.token, None, &settings)
        .await
        .unwrap();
    let alone = clinic.lay(&reader, Case::Valid, "face").await.unwrap();
    assert_eq!(alone.released_by, None);
    check(
        clinic.client.release(&reader, "reader").await,
        "not_permitted",
    );
    check(
        clinic.client.release(&staff.token, "nobody").await,
        "not_found",
    );
    check(clinic.client.release(&staff.token, "pc").await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_released_for_one_patient_confirms_nobody_after_them() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    world.enroll_reader(&clinic, "reader", true).await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let release = async || clinic.client.release(&staff.token, "reader").await.unwrap();
    let next_is_not_confirmed = async || {
        let next = clinic.lay(&reader, Case::Everything, "visual").await;
        check(next, "card_confirmation_needed");
    };
    // The patient typed the PIN after all.
    release().await;
    clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    next_is_not_confirmed().await;
    // Staff pressed twice.
    release().await;
    release().await;
    clinic.lay(&reader, Case::Valid, "visual").await.unwrap();
    next_is_not_confirmed().await;
    // Staff pressed once more while the patient answered, and another card is laid down at once.
    release().await;
    let asked = clinic
        .lay(&reader, Case::Everything, "visual")
        .await
        .unwrap();
    release().await;
    let closing = Answers {
        answers: Vec::new(),
        token: asked.presence.unwrap().token,
    };
    clinic
        .client
        .answer_questions(&reader, &asked.check.check_id, &closing)
        .await
        .unwrap();
    next_is_not_confirmed().await;
    // The card was no use.
    release().await;
    check(
        clinic.lay(&reader, Case::Unregistered, "visual").await,
        "card_not_registered",
    );
    next_is_not_confirmed().await;
    // The patient went away.
    let says = async |state: &str| {
        let report = ReaderReport {
            state: state.into(),
            ..ReaderReport::default()
        };
        clinic.client.report_reader(&reader, &report).await.unwrap();
    };
    says("waiting_for_staff").await;
    release().await;
    says("idle").await;
    next_is_not_confirmed().await;
    // What is released before the patient comes waits for them.
    says("card").await;
    says("idle").await;
    release().await;
    says("card").await;
    clinic.lay(&reader, Case::Valid, "visual").await.unwrap();
    // One patient follows the other so fast that the reader never says it was idle.
    let says_of_visit = async |visit: u32| {
        let report = ReaderReport {
            state: "card".into(),
            visit: Some(visit),
            ..ReaderReport::default()
        };
        clinic.client.report_reader(&reader, &report).await.unwrap();
    };
    says_of_visit(7).await;
    release().await;
    says_of_visit(7).await;
    says_of_visit(8).await;
    next_is_not_confirmed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_seen_waiting_and_left_is_not_confirmed_in_the_next_patients_place() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    world.enroll_reader(&clinic, "reader", true).await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let waits = async |visit: Option<u32>| {
        let report = ReaderReport {
            state: "waiting_for_staff".into(),
            visit,
            ..ReaderReport::default()
        };
        let shown = clinic.client.report_reader(&reader, &report).await.unwrap();
        assert_eq!(shown.visit, visit);
    };
    let release = async |visit: Option<u32>| {
        let client = &clinic.client;
        client.release_visit(&staff.token, "reader", visit).await
    };
    waits(Some(7)).await;
    waits(Some(8)).await;
    check(release(Some(7)).await, "reader_visit_over");
    check(
        clinic.lay(&reader, Case::Valid, "visual").await,
        "card_confirmation_needed",
    );
    release(Some(8)).await.unwrap();
    clinic.lay(&reader, Case::Valid, "visual").await.unwrap();
    // A reader that does not count its visits is released as ever.
    waits(None).await;
    check(release(Some(8)).await, "reader_visit_over");
    release(None).await.unwrap();
    clinic.lay(&reader, Case::Valid, "visual").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_given_once_by_the_reader_that_asked() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let foreign = world.enrol("3410712362").await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let there = foreign.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    let yes = [("surgery", "yes"), ("checkups", "no")];
    check(
        foreign.answer(&there, &laid, &yes).await,
        "card_presence_wrong",
    );
    check(
        clinic.answer(&staff.token, &laid, &yes).await,
        "card_presence_wrong",
    );
    let guessed = Answers {
        token: "A".repeat(43),
        ..Answers::default()
    };
    let id = &laid.check.check_id;
    check(
        clinic.client.answer_questions(&reader, id, &guessed).await,
        "card_presence_wrong",
    );
    for wrong in [
        [("drugs", "yes"), ("surgery", "yes")],
        [("surgery", "paper"), ("checkups", "yes")],
        [("surgery", "yes"), ("surgery", "no")],
        [("surgery", "maybe"), ("checkups", "yes")],
    ] {
        check(clinic.answer(&reader, &laid, &wrong).await, "invalid_input");
    }
    let first = clinic.answer(&reader, &laid, &yes).await.unwrap();
    assert_eq!(clinic.answer(&reader, &laid, &yes).await.unwrap(), first);
    for other in [&[("surgery", "no")][..], &[]] {
        check(
            clinic.answer(&reader, &laid, other).await,
            "card_answers_differ",
        );
    }
    check(clinic.renew(&reader, &laid).await, "card_presence_ended");
    let stopped = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    let none = clinic.answer(&reader, &stopped, &[]).await.unwrap();
    assert!(none.consents.is_empty() && none.valid_until.is_none());
    check(
        clinic.answer(&reader, &stopped, &yes).await,
        "card_presence_ended",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_asks_beyond_their_rights_and_facility() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let foreign = world.enrol("3410712362").await;
    let reader = clinic.sign_in("reader").await.token;
    let link = clinic.sign_in("link_app").await.token;
    let (outsider, _) = foreign.administrator().await;
    let laid = clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    let id = &laid.check.check_id;
    check(
        foreign
            .client
            .card_check(&outsider.token, id, Cause::Person)
            .await,
        "not_found",
    );
    check(clinic.client.past_check(&reader, id).await, "not_permitted");
    check(clinic.client.card_challenge(&link).await, "not_permitted");
    check(
        clinic.client.readers(&reader, Cause::Person).await,
        "not_permitted",
    );
}
