//! Corrections: what was refused of an accepted submission is handed in once more, mended; and files that are taken back.

use synthetic::claims::fault::OF_FUND;

use super::*;

/// Files of the same people: one with two claims that are refused, and one with those two alone, as they should have been.
fn faulty_and_mended(people: &[Registration]) -> (Vec<u8>, Vec<u8>) {
    let clinic = made(ReviewBody::Fund);
    let mut made = claims(&clinic, people);
    let mut mended = Vec::new();
    let refusing = |name: &str| OF_FUND.iter().find(|it| it.name == name).unwrap();
    for claim in &mut made {
        // Every claim has a number of the insured, so that one without is refused.
        if let Some(faulty) = refusing("no number").put_into(claim)
            && mended.len() < 2
        {
            mended.push(claim.clone());
            *claim = faulty;
        }
    }
    assert_eq!(mended.len(), 2);
    for (number, claim) in (1_u32..).zip(&mut mended) {
        let line = String::from_utf8_lossy(&claim.lines[0]).into_owned();
        let own = line.split(',').nth(1).unwrap().to_owned();
        let at = b"RE,".len();
        claim.lines[0].splice(at..at + own.len(), number.to_string().bytes());
    }
    (file(&clinic, &made), file(&clinic, &mended))
}

/// A submission that is accepted without its two refused claims.
async fn accepted(claimant: &Claimant, bytes: &[u8]) -> ClaimsSubmission {
    let sent = claimant.send(bytes, 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!((checked.state.as_str(), checked.refused), ("checked", 2));
    let client = &claimant.clinic.client;
    let accepted = client.accept_claims(claimant.token(), &sent.id).await;
    accepted.unwrap()
}

async fn read(claimant: &Claimant, id: &str) -> ClaimsSubmission {
    let client = &claimant.clinic.client;
    client
        .claims_submission(claimant.token(), id)
        .await
        .unwrap()
}

async fn withdraw(claimant: &Claimant, id: &str) -> Result<ClaimsSubmission, ClientError> {
    let client = &claimant.clinic.client;
    client.withdraw_claims(claimant.token(), id).await
}

#[tokio::test]
async fn refused_claims_are_handed_in_again_mended_and_both_say_so() {
    let people = people(60);
    let (faulty, mended) = faulty_and_mended(&people);
    let claimant = Claimant::start("fund", &people).await;
    let first = accepted(&claimant, &faulty).await;
    let sent = claimant.correct(&mended, &first.id).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!(checked.corrects.as_ref(), Some(&first.id));
    assert_eq!((checked.claims, checked.refused), (2, 0));
    let client = &claimant.clinic.client;
    let taken = client.accept_claims(claimant.token(), &sent.id).await;
    assert_eq!(taken.unwrap().taken, Some(2));
    let first = read(&claimant, &first.id).await;
    assert_eq!(first.corrected_by.as_ref(), Some(&sent.id));
    let step = first.history.last().unwrap();
    assert_eq!(
        (step.step.as_str(), &step.detail),
        ("corrected", &sent.number)
    );
}

#[tokio::test]
async fn a_submission_is_corrected_once_until_the_correction_is_taken_back() {
    let people = people(60);
    let (faulty, mended) = faulty_and_mended(&people);
    let claimant = Claimant::start("fund", &people).await;
    let first = accepted(&claimant, &faulty).await;
    // Both were begun while there was none: the second is told when it is whole, and kept.
    let late = claimant.begin_of(Some(&first.id)).await.unwrap();
    let sent = claimant.correct(&mended, &first.id).await.unwrap();
    claimant.checked(&sent.id).await;
    claimant
        .send_from(&late, &mended, 0, 1 << 20)
        .await
        .unwrap();
    let told = members(claimant.end(&late, &mended).await, "claims_corrected");
    assert_eq!(told, [("corrects".to_owned(), sent.number.clone())]);
    let told = members(claimant.begin_of(Some(&first.id)).await, "claims_corrected");
    assert_eq!(told, [("corrects".to_owned(), sent.number.clone())]);
    withdraw(&claimant, &sent.id).await.unwrap();
    assert_eq!(read(&claimant, &first.id).await.corrected_by, None);
    let again = claimant.end(&late, &mended).await.unwrap();
    claimant.checked(&again.id).await;
    assert_eq!(
        read(&claimant, &first.id).await.corrected_by,
        Some(again.id)
    );
}

#[tokio::test]
async fn only_what_is_accepted_with_something_left_is_corrected() {
    let people = people(60);
    let (faulty, mended) = faulty_and_mended(&people);
    let claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&faulty, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    let early = members(claimant.begin_of(Some(&sent.id)).await, "claims_state");
    assert_eq!(early, [("corrects".to_owned(), "not_accepted".to_owned())]);
    withdraw(&claimant, &sent.id).await.unwrap();
    check(withdraw(&claimant, &sent.id).await, "claims_state");
    let back = members(claimant.begin_of(Some(&sent.id)).await, "claims_state");
    assert_eq!(back[0].1, "not_accepted");
    // A submission of which everything was taken leaves nothing to correct.
    let whole = claimant.send(&mended, 1 << 20).await.unwrap();
    claimant.checked(&whole.id).await;
    let client = &claimant.clinic.client;
    client
        .accept_claims(claimant.token(), &whole.id)
        .await
        .unwrap();
    let told = members(claimant.begin_of(Some(&whole.id)).await, "claims_state");
    assert_eq!(told, [("corrects".to_owned(), "nothing_left".to_owned())]);
    check(claimant.begin_of(Some("nobody")).await, "not_found");
}

#[tokio::test]
async fn corrections_have_days_of_their_own_and_end_with_the_month() {
    let people = people(60);
    let (faulty, _) = faulty_and_mended(&people);
    let mut claimant = Claimant::start("fund", &people).await;
    let first = accepted(&claimant, &faulty).await;
    let mut turn = async |text: &str| {
        turn_to(&claimant.world, text);
        let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
        claimant.session = claimant.clinic.client.claims_sign_in(&asked).await.unwrap();
        (
            claimant.begin().await,
            claimant.begin_of(Some(&first.id)).await,
        )
    };
    // Claims are taken to the 10th, corrections to the 12th.
    let (new, correction) = turn("2026-10-11T09:00:00+09:00").await;
    check(new, "claims_closed");
    let begun = correction.unwrap();
    let (new, correction) = turn("2026-10-12T21:00:00+09:00").await;
    check(new, "claims_closed");
    check(correction, "claims_closed");
    // In the next month it is that month's claims.
    let (new, correction) = turn("2026-11-05T09:00:00+09:00").await;
    assert!(new.is_ok());
    let told = members(correction, "claims_state");
    assert_eq!(told, [("corrects".to_owned(), "over".to_owned())]);
    assert_ne!(begun, first.id);
}

#[tokio::test]
async fn a_correction_that_is_whole_after_its_month_is_not_taken() {
    let people = people(60);
    let (faulty, mended) = faulty_and_mended(&people);
    let mut claimant = Claimant::start("fund", &people).await;
    let first = accepted(&claimant, &faulty).await;
    let more = opening("2026-10-31T00:00:00+09:00", "2026-11-02T00:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    turn_to(&claimant.world, "2026-10-31T23:50:00+09:00");
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    claimant.session = claimant.clinic.client.claims_sign_in(&asked).await.unwrap();
    let begun = claimant.begin_of(Some(&first.id)).await.unwrap();
    turn_to(&claimant.world, "2026-11-01T00:10:00+09:00");
    claimant
        .send_from(&begun, &mended, 0, 1 << 20)
        .await
        .unwrap();
    let told = members(claimant.end(&begun, &mended).await, "claims_state");
    assert_eq!(told, [("corrects".to_owned(), "over".to_owned())]);
}

#[tokio::test]
async fn what_was_sent_in_an_earlier_month_is_not_accepted() {
    // Nobody is registered: every claim is to be looked at, so the center accepts none of them by itself.
    let (clinic, people) = (made(ReviewBody::Fund), people(20));
    let bytes = file(&clinic, &claims(&clinic, &people));
    let mut claimant = Claimant::start("fund", &[]).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!((checked.refused, checked.is_over), (0, false));
    turn_to(&claimant.world, "2026-11-05T09:00:00+09:00");
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    claimant.session = claimant.clinic.client.claims_sign_in(&asked).await.unwrap();
    assert!(read(&claimant, &sent.id).await.is_over);
    let client = &claimant.clinic.client;
    let late = client.accept_claims(claimant.token(), &sent.id).await;
    let told = members(late, "claims_state");
    assert_eq!(told, [("sent_at".to_owned(), "over".to_owned())]);
    withdraw(&claimant, &sent.id).await.unwrap();
}

#[tokio::test]
async fn more_time_that_goes_on_into_the_next_month_is_still_the_months() {
    let (clinic, people) = (made(ReviewBody::Fund), people(20));
    let bytes = file(&clinic, &claims(&clinic, &people));
    let mut claimant = Claimant::start("fund", &[]).await;
    let more = opening("2026-10-31T00:00:00+09:00", "2026-11-02T00:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    turn_to(&claimant.world, "2026-10-31T23:50:00+09:00");
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    claimant.session = claimant.clinic.client.claims_sign_in(&asked).await.unwrap();
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    turn_to(&claimant.world, "2026-11-01T00:10:00+09:00");
    assert!(!read(&claimant, &sent.id).await.is_over);
    let client = &claimant.clinic.client;
    let accepted = client.accept_claims(claimant.token(), &sent.id).await;
    assert_eq!(accepted.unwrap().state, "accepted");
}

#[tokio::test]
async fn what_is_sent_in_such_time_after_the_months_end_may_be_the_months() {
    let people = people(20);
    let clinic = made(ReviewBody::Fund);
    let bytes = file(&clinic, &claims(&clinic, &people));
    let mut claimant = Claimant::start("fund", &people).await;
    let more = opening("2026-10-31T00:00:00+09:00", "2026-11-02T00:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    turn_to(&claimant.world, "2026-11-01T09:00:00+09:00");
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    claimant.session = claimant.clinic.client.claims_sign_in(&asked).await.unwrap();
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    assert_eq!(claimant.findings(&sent.id).await, []);
    withdraw(&claimant, &sent.id).await.unwrap();
    // In November's own time it is last month's file.
    turn_to(&claimant.world, "2026-11-05T09:00:00+09:00");
    claimant.session = claimant.clinic.client.claims_sign_in(&asked).await.unwrap();
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    let [finding] = &claimant.findings(&sent.id).await[..] else {
        panic!("one");
    };
    assert_eq!(finding.rule, "other_month");
}

#[tokio::test]
async fn anothers_submission_is_neither_corrected_nor_taken_back() {
    let people = people(60);
    let (faulty, _) = faulty_and_mended(&people);
    let mut claimant = Claimant::start("fund", &people).await;
    let first = accepted(&claimant, &faulty).await;
    // Another facility.
    let other = claimant.world.enrol("1310000011").await;
    let (administrator, _) = other.administrator().await;
    let token = other.sign_in_again(&administrator).await;
    file_for(&claimant.world, &other, &token, "fund").await;
    let password = account(&claimant.world, "fund", "1310000011", "seikyu1").await;
    let session = first_session(&other, "fund", "seikyu1", &password).await;
    let new = NewClaimsUpload {
        file_name: "x".into(),
        corrects: Some(first.id.clone()),
        size_bytes: None,
    };
    let client = &other.client;
    check(
        client.begin_claims_upload(&session.token, &new).await,
        "not_found",
    );
    check(
        client.withdraw_claims(&session.token, &first.id).await,
        "not_found",
    );
    // The same facility at its other review body.
    let token = claimant
        .clinic
        .try_sign_in("administrator", "Kanri-7654321", true)
        .await
        .unwrap()
        .token;
    file_for(&claimant.world, &claimant.clinic, &token, "federation-13").await;
    let password = account(&claimant.world, "federation-13", &claimant.code, "seikyu1").await;
    claimant.session = first_session(&claimant.clinic, "federation-13", "seikyu1", &password).await;
    check(claimant.begin_of(Some(&first.id)).await, "not_found");
    check(withdraw(&claimant, &first.id).await, "not_found");
}
