//! A check by card from the challenge to the recorded answers.

use api::client::cards::Cause;
use api::history::{Export, FileEncoding, Search};
use domain::civil_date::Instant;
use synthetic::card::authority::Generation;
use synthetic::card::case::Case;
use synthetic::card::holder;

use crate::deck::{deck, request};
use crate::world::{World, check};

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_answered_like_a_number_and_delivered_with_its_consents() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    assert_eq!(laid.check.verdict, 1);
    assert_eq!(laid.name, laid.check.results[0].name);
    assert!(
        laid.check.results[0].ceiling_consent,
        "it comes with the check"
    );
    assert_eq!(
        (laid.method.as_str(), laid.reader.as_str()),
        ("pin", "reader")
    );
    assert_eq!(laid.certificate.state, "valid");
    let asked: Vec<&str> = laid.questions.iter().map(String::as_str).collect();
    let all = [
        "specified_disease",
        "medical_subsidy",
        "surgery",
        "treatment_and_drugs",
        "checkups",
        "prescription_issue",
    ];
    assert_eq!(asked, all);
    let given = [
        ("checkups", "yes"),
        ("prescription_issue", "paper"),
        ("specified_disease", "yes"),
    ];
    let recorded = clinic.answer(&reader, &laid, &given).await.unwrap();
    let answers: Vec<(&str, &str)> = recorded
        .consents
        .iter()
        .map(|it| (it.question.as_str(), it.answer.as_str()))
        .collect();
    let expected = [
        ("specified_disease", "yes"),
        ("medical_subsidy", "no"),
        ("surgery", "no"),
        ("treatment_and_drugs", "no"),
        ("checkups", "yes"),
        ("prescription_issue", "paper"),
    ];
    assert_eq!(answers, expected, "what was not answered is no");
    let (at, until) = (&recorded.consents[0].at, recorded.valid_until.unwrap());
    let seconds = Instant::parse(at)
        .unwrap()
        .seconds_until(Instant::parse(&until).unwrap());
    assert_eq!(seconds, 24 * 3_600);
    let link = clinic.sign_in("link_app").await.token;
    for token in [&staff.token, &link] {
        let id = &laid.check.check_id;
        let delivered = clinic
            .client
            .card_check(token, id, Cause::Background)
            .await
            .unwrap();
        assert_eq!(delivered.check, laid.check);
        assert_eq!(delivered.state, "answered");
        assert_eq!(delivered.consents, recorded.consents);
        assert_eq!(delivered.vouched_by, "card");
        let diseases = delivered.specified_diseases.as_slice();
        assert_eq!(
            diseases[0].self_pay_yen,
            Some(10_000),
            "the patient provides it"
        );
    }
    let past = clinic
        .client
        .past_check(&staff.token, &laid.check.check_id)
        .await
        .unwrap();
    assert_eq!(past, laid.check, "the history holds it as any other");
    let history = clinic
        .client
        .search(&staff.token, &Default::default())
        .await
        .unwrap();
    let entry = &history.checks[0];
    assert_eq!(
        (entry.origin.as_str(), entry.method.as_deref()),
        ("card", Some("pin"))
    );
    assert_eq!(entry.name.as_deref(), Some(laid.name.as_str()));
    let export = Export::of(Search::default(), FileEncoding::Utf8);
    let file = clinic.client.export(&staff.token, &export).await.unwrap();
    let file = String::from_utf8(file.to_vec()).unwrap();
    assert!(
        file.contains("マイナンバーカード（暗証番号）"),
        "so does the file"
    );
    check(
        clinic
            .client
            .card_check(&reader, &laid.check.check_id, Cause::Person)
            .await,
        "not_permitted",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_certificates_of_one_disease_the_one_that_counts_is_delivered() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let mut person = holder::registration(Case::Everything).unwrap();
    let earlier = person.coverages[0].diseases[0].clone();
    let mut later = earlier.clone();
    later.period.start = earlier.period.start.map(|it| it.plus_months(12));
    later.self_pay_yen = Some(5_000);
    person.coverages[0].diseases = vec![earlier, later];
    let engine = crate::places::store(&world.dir.path().join("center.db"), 7);
    engine.store_people(vec![person]).await.unwrap();
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    let given = [("specified_disease", "yes")];
    clinic.answer(&reader, &laid, &given).await.unwrap();
    let id = &laid.check.check_id;
    let delivered = clinic.client.card_check(&staff.token, id, Cause::Person);
    let diseases = delivered.await.unwrap().specified_diseases;
    let yen: Vec<_> = diseases.iter().map(|it| it.self_pay_yen).collect();
    assert_eq!(yen, [Some(5_000)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_patient_does_not_provide_is_delivered_to_nobody() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    let id = &laid.check.check_id;
    for answers in [None, Some([("specified_disease", "no")])] {
        if let Some(answers) = answers {
            clinic.answer(&reader, &laid, &answers).await.unwrap();
        }
        let record = clinic.client.card_check(&staff.token, id, Cause::Person);
        assert!(record.await.unwrap().specified_diseases.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_where_nothing_applies_and_the_check_is_complete_at_once() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let reader = clinic.sign_in("reader").await.token;
    for (case, verdict) in [(Case::Valid, 1), (Case::NoCoverage, 2), (Case::Several, 5)] {
        let laid = clinic.lay(&reader, case, "pin").await.unwrap();
        assert_eq!(laid.check.verdict, verdict, "{case:?}");
        assert!(
            laid.questions.is_empty() && laid.presence.is_none(),
            "{case:?}"
        );
        assert!(!laid.name.is_empty());
        let record = clinic
            .client
            .card_check(&staff.token, &laid.check.check_id, Cause::Person);
        assert_eq!(record.await.unwrap().state, "closed_without_answers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_opens_eligibility_and_no_medical_information() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let expired = clinic
        .lay(&reader, Case::ExpiredRecently, "pin")
        .await
        .unwrap();
    assert_eq!(expired.check.verdict, 1);
    assert_eq!(expired.certificate.state, "eligibility_only");
    let medical = ["surgery", "treatment_and_drugs", "drugs", "checkups"];
    assert!(
        !expired
            .questions
            .iter()
            .any(|it| medical.contains(&it.as_str()))
    );
    let soon = clinic
        .lay(&reader, Case::AboutToExpire, "pin")
        .await
        .unwrap();
    assert_eq!(soon.certificate.state, "about_to_expire");
    assert!(soon.questions.iter().any(|it| it == "surgery"));
    check(
        clinic.lay(&reader, Case::ExpiredLong, "pin").await,
        "card_certificate_expired",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_leads_to_the_same_person() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let reader = clinic.sign_in("reader").await.token;
    let first = clinic.lay(&reader, Case::Valid, "pin").await.unwrap();
    let renewed = deck().authority.renew(Case::Valid, Generation(2)).unwrap();
    let challenge = clinic.client.card_challenge(&reader).await.unwrap();
    let body = request(&renewed, &challenge, "pin");
    let second = clinic
        .client
        .check_card(&reader, "again", &body)
        .await
        .unwrap();
    assert_eq!(second.check.results, first.check.results);
    assert_ne!(second.certificate.expires_on, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_on_the_line_comes_again_under_its_key() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let challenge = clinic.client.card_challenge(&reader).await.unwrap();
    let body = request(&deck().card(Case::Everything), &challenge, "pin");
    let first = clinic
        .client
        .check_card(&reader, "k1", &body)
        .await
        .unwrap();
    let again = clinic
        .client
        .check_card(&reader, "k1", &body)
        .await
        .unwrap();
    assert_eq!(
        again, first,
        "with the same presence, so that the patient goes on"
    );
    check(
        clinic.client.check_card(&reader, "k2", &body).await,
        "card_challenge_used",
    );
    let mut other = body;
    other.visit_date = Some("2026-11-01".into());
    check(
        clinic.client.check_card(&reader, "k1", &other).await,
        "idempotency_conflict",
    );
    clinic
        .answer(&reader, &first, &[("surgery", "yes")])
        .await
        .unwrap();
    let history = clinic
        .client
        .search(&staff.token, &Default::default())
        .await
        .unwrap();
    assert_eq!(history.checks.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_check_by_pin_at_a_general_card_reader_of_their_pc() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    let laid = clinic.lay(&staff.token, Case::Valid, "pin").await.unwrap();
    assert_eq!(laid.reader, "pc:受付1");
    check(
        clinic.lay(&staff.token, Case::Valid, "visual").await,
        "card_method_not_allowed",
    );
    world.enroll_reader(&clinic, "pc:受付1", false).await;
    check(
        clinic.lay(&staff.token, Case::Valid, "visual").await,
        "card_confirmation_needed",
    );
    clinic.client.release(&staff.token, "pc").await.unwrap();
    let seen = clinic
        .lay(&staff.token, Case::Valid, "visual")
        .await
        .unwrap();
    assert_eq!(seen.released_by.as_deref(), Some("administrator"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presence_lasts_five_minutes_from_each_renewal_and_thirty_in_all() {
    let world = World::start_with_cards().await;
    let clinic = world.enrol("1319999999").await;
    let (staff, _) = clinic.administrator().await;
    clinic.ask_everything(&staff.token).await;
    let reader = clinic.sign_in("reader").await.token;
    let laid = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    for _ in 0..6 {
        world.pass_seconds(299);
        clinic.renew(&reader, &laid).await.unwrap();
    }
    world.pass_seconds(6);
    check(clinic.renew(&reader, &laid).await, "card_presence_ended");
    check(
        clinic.answer(&reader, &laid, &[("surgery", "yes")]).await,
        "card_presence_ended",
    );
    let closed = clinic.answer(&reader, &laid, &[]).await.unwrap();
    assert!(
        closed.consents.is_empty(),
        "closing what is closed is no fault"
    );
    let other = clinic.lay(&reader, Case::Everything, "pin").await.unwrap();
    world.pass_seconds(300);
    check(
        clinic.answer(&reader, &other, &[("surgery", "yes")]).await,
        "card_presence_ended",
    );
    let staff = clinic.sign_in_again(&staff).await;
    let record = clinic
        .client
        .card_check(&staff, &other.check.check_id, Cause::Person)
        .await
        .unwrap();
    assert_eq!(
        (record.state.as_str(), record.consents.len()),
        ("closed_without_answers", 0)
    );
    assert_eq!(record.check.verdict, 1, "the check stands");
}
