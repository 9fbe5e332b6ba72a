//! What somebody may try on a patient's own page that is not theirs, and what they are told.

use api::own::OwnWithdrawal;
use center::audit::{AuditLine, AuditQuery};
use center::control::{Order, Reply, send};
use synthetic::card::case::Case;
use synthetic::card::holder;

use crate::deck::{certificate, deck, request};
use crate::own::{desk, signed};
use crate::world::{World, check};

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(crate) async fn audit(world: &World, deed: &str) -> Vec<AuditLine> {
    let query = AuditQuery {
        deed: Some(deed.into()),
        ..AuditQuery::default()
    };
    let found = send(world.dir.path(), &Order::AuditSearch(query)).await;
    let Reply::Audit(lines) = found.unwrap() else {
        panic!("the audit was not searched");
    };
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_for_a_check_opens_no_page_and_one_for_a_page_makes_no_check() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    let (client, reader) = (&desk.clinic.client, &desk.reader);
    let card = deck().card(Case::Valid);
    let challenge = client.card_challenge(reader).await.unwrap();
    let of_check = request(&card, &challenge, "pin");
    let mut own = signed(&desk, reader, &card).await;
    let mut check_with_own = of_check.clone();
    check_with_own.challenge.clone_from(&own.challenge);
    check_with_own.signature.clone_from(&own.signature);
    own.challenge = of_check.challenge;
    own.signature = of_check.signature;
    check(
        client.open_own_page(reader, &own).await,
        "card_signature_wrong",
    );
    check(
        client.check_card(reader, "k", &check_with_own).await,
        "card_signature_wrong",
    );
    let refused = audit(&world, "card-refused").await;
    assert!(refused.iter().any(|it| it.detail.ends_with("page=own")));
    assert_eq!(refused.len(), 2, "both are on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_opens_one_page_at_its_own_place_and_in_time() {
    let world = World::start_with_cards().await;
    let one = desk(&world, "1319999999").await;
    let other = desk(&world, "3410712362").await;
    let card = deck().card(Case::Valid);
    let body = signed(&one, &one.reader, &card).await;
    let there = other.clinic.client.open_own_page(&other.reader, &body);
    check(there.await, "card_challenge_foreign");
    let client = &one.clinic.client;
    client.open_own_page(&one.reader, &body).await.unwrap();
    check(
        client.open_own_page(&one.reader, &body).await,
        "card_challenge_used",
    );
    let late = signed(&one, &one.reader, &card).await;
    world.pass_seconds(120);
    check(
        client.open_own_page(&one.reader, &late).await,
        "card_challenge_expired",
    );
    let mut others = signed(&one, &one.reader, &card).await;
    others.certificate = base64(&certificate(&deck().card(Case::Renewed)));
    check(
        client.open_own_page(&one.reader, &others).await,
        "card_signature_wrong",
    );
    let mut forged = signed(&one, &one.reader, &card).await;
    forged.certificate = base64(&certificate(&deck().forged(Case::Valid)));
    check(
        client.open_own_page(&one.reader, &forged).await,
        "card_certificate_untrusted",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_pin_opens_a_page_and_a_reader_with_keys_is_named_as_the_one_who_said_so() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    let client = &desk.clinic.client;
    for (method, expected) in [
        ("visual", "card_method_not_allowed"),
        ("face", "card_method_not_allowed"),
        ("voice", "invalid_input"),
    ] {
        let mut body = signed(&desk, &desk.reader, &deck().card(Case::Valid)).await;
        body.method = method.into();
        check(client.open_own_page(&desk.reader, &body).await, expected);
    }
    desk.own(Case::Valid).await.unwrap();
    world.enroll_reader(&desk.clinic, "reader", true).await;
    client.release(&desk.staff, "reader").await.unwrap();
    let mut body = signed(&desk, &desk.reader, &deck().card(Case::Valid)).await;
    body.method = "visual".into();
    check(
        client.open_own_page(&desk.reader, &body).await,
        "card_method_not_allowed",
    );
    desk.own(Case::Valid).await.unwrap();
    desk.own_at(&desk.staff, Case::Valid).await.unwrap();
    let opened = audit(&world, "medical-read").await;
    let told: Vec<_> = opened
        .iter()
        .map(|it| it.detail.split("under= ").last().unwrap())
        .collect();
    let mut expected = [
        "method=pin vouched=card reader=reader",
        "method=pin vouched=reader reader=reader",
        "method=pin vouched=card reader=pc:受付1",
    ];
    expected.sort_unstable();
    let mut told = told;
    told.sort_unstable();
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_where_the_card_signed_and_for_five_minutes() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    let second = world.enrol_terminal("1319999999", "受付2").await;
    desk.consent(Case::Renewed, &[("checkups", "yes")]).await;
    let page = desk.own(Case::Renewed).await.unwrap();
    let withdrawal = OwnWithdrawal {
        consent: page.consents[0].consent.clone(),
        kinds: Vec::new(),
        token: page.token.clone(),
    };
    let client = &desk.clinic.client;
    let by_staff = client.withdraw_own_consent(&desk.staff, &page.id, &withdrawal);
    check(by_staff.await, "card_presence_wrong");
    let mut without = withdrawal.clone();
    without.token = String::new();
    let without = client.withdraw_own_consent(&desk.reader, &page.id, &without);
    check(without.await, "card_presence_wrong");
    let elsewhere = second
        .try_sign_in("reader", &desk.clinic.password("reader"), true)
        .await
        .unwrap();
    let elsewhere = second
        .client
        .withdraw_own_consent(&elsewhere.token, &page.id, &withdrawal)
        .await;
    check(elsewhere, "card_presence_wrong");
    world.pass_seconds(299);
    assert!(desk.older(&page, &page.id).await.is_ok());
    world.pass_seconds(1);
    check(
        desk.withdraw(&page, &withdrawal.consent).await,
        "own_page_ended",
    );
    check(desk.older(&page, &page.id).await, "own_page_ended");
    let again = desk.own(Case::Renewed).await.unwrap();
    assert_eq!(again.consents.len(), 1, "nothing was withdrawn");
    // What an earlier page called a consent is no name on this one.
    check(
        desk.withdraw(&again, &withdrawal.consent).await,
        "consent_not_in_force",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_that_are_guessed_lead_nowhere() {
    let world = World::start_with_cards().await;
    let desk = desk(&world, "1319999999").await;
    desk.consent(Case::Renewed, &[("checkups", "yes")]).await;
    let page = desk.own(Case::Renewed).await.unwrap();
    let other = desk.own(Case::Valid).await.unwrap();
    let client = &desk.clinic.client;
    let check_id = client.medical_patients(&desk.staff).await.unwrap().patients[0]
        .id
        .clone();
    for id in [&other.id, &check_id, "019aae5e-0000-7000-8000-000000000001"] {
        let body = OwnWithdrawal {
            consent: page.consents[0].consent.clone(),
            kinds: Vec::new(),
            token: page.token.clone(),
        };
        let asked = client.withdraw_own_consent(&desk.reader, id, &body).await;
        check(asked, "card_presence_wrong");
    }
    // Neither the check's identifier nor another person's page names the consent.
    for consent in [&check_id, ""] {
        check(desk.withdraw(&page, consent).await, "consent_not_in_force");
    }
    let of_other = desk.withdraw(&other, &page.consents[0].consent);
    check(of_other.await, "consent_not_in_force");
    // A page is no patient that staff could open.
    let body = api::medical::LookRequest {
        way: "page".into(),
        ..Default::default()
    };
    let looked = client.look_at_medical_information(&desk.staff, &page.id, &body);
    check(looked.await, "unknown_patient");
    let own = desk.clinic.sign_in("link_app").await.token;
    let body = signed(&desk, &desk.reader, &deck().card(Case::Valid)).await;
    check(client.open_own_page(&own, &body).await, "not_permitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_see_each_their_own_record() {
    let world = World::start_with_cards().await;
    let path = world.dir.path().join("center.db");
    let store = crate::places::store(&path, 7);
    let first = holder::registration(Case::Renewed).unwrap();
    let mut second = holder::registration(Case::Valid).unwrap();
    second.person = domain::person::Person {
        id: second.person.id,
        ..first.person.clone()
    };
    store.store_people(vec![second]).await.unwrap();
    let desk = desk(&world, "1319999999").await;
    desk.consent(Case::Renewed, &[("checkups", "yes")]).await;
    desk.look().await.unwrap();
    let (one, other) = (
        desk.own(Case::Renewed).await.unwrap(),
        desk.own(Case::Valid).await.unwrap(),
    );
    assert_eq!(one.name, other.name);
    assert_eq!((one.looks.len(), one.consents.len()), (2, 1));
    assert_eq!((other.looks.len(), other.consents.len()), (1, 0));
    let report = store.verify_audit(&[], |_, _, _| true).unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    assert_eq!(
        report.looks, 3,
        "the patients' own looks are vouched for, too"
    );
}
