//! A month's claims from the filing to the signed acceptance.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

#[tokio::test]
async fn a_months_claims_are_sent_checked_accepted_and_proved_by_a_signed_file() {
    let people = people(60);
    let clinic = made(ReviewBody::Fund);
    let made = claims(&clinic, &people);
    let bytes = file(&clinic, &made);
    let claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&bytes, 4_000).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    let count = u32::try_from(made.len()).unwrap();
    assert_eq!(
        (checked.state.as_str(), checked.claims, checked.refused),
        ("checked", count, 0)
    );
    assert_eq!(claimant.findings(&sent.id).await, []);
    assert_eq!(claimant.results(&sent.id).await, []);
    assert_eq!(checked.sha256, hex(&Sha256::digest(&bytes)));
    assert_eq!(checked.claim_month.as_deref(), Some("2026-10"));
    let client = &claimant.clinic.client;
    let accepted = client.accept_claims(claimant.token(), &sent.id).await;
    let accepted = accepted.unwrap();
    assert_eq!(
        (accepted.state.as_str(), accepted.taken),
        ("accepted", Some(count))
    );
    let points: u64 = made.iter().map(|it| it.points).sum();
    assert_eq!(accepted.taken_points, Some(points));
    // The signed acceptance verifies with the published keys and names the file.
    let jws = claimant.file(&sent.id, ClaimsFile::Acceptance).await;
    let parts: Vec<&str> = jws.split('.').collect();
    let payload = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(payload["sha256"], checked.sha256.as_str());
    assert_eq!(payload["tenant"], "fund");
    assert_eq!(payload["claims"], count);
    let keys = client.keys().await.unwrap();
    let header = URL_SAFE_NO_PAD.decode(parts[0]).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert!(
        keys.keys
            .iter()
            .any(|key| header["kid"] == key.kid.as_str())
    );
    let history = client.claims_submission(claimant.token(), &sent.id).await;
    let steps = history.unwrap().history;
    let steps: Vec<_> = steps.iter().map(|it| it.step.as_str()).collect();
    assert_eq!(steps, ["sent", "checked", "accepted", "fetched"]);
    for deed in [
        Deed::ClaimsAccount,
        Deed::ClaimsSignIn,
        Deed::ClaimsFiling,
        Deed::ClaimsSent,
        Deed::ClaimsChecked,
        Deed::ClaimsAccept,
        Deed::ClaimsRead,
    ] {
        assert!(0 < claimant.deeds(deed), "{deed:?}");
    }
}

#[tokio::test]
async fn the_door_says_what_is_missing_before_anybody_signs_in() {
    let world = world_at("2026-10-03T10:00:00+09:00").await;
    let code = made(ReviewBody::Fund).institution_code();
    let clinic = world.enrol(&code).await;
    let door = clinic.client.claims_entry().await.unwrap();
    let ids: Vec<_> = door.tenants.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["fund", "federation-13"]);
    let fund = &door.tenants[0];
    assert!(!fund.is_terminal_permitted && fund.filing.is_none());
    assert_eq!(fund.permitted_from, None);
    assert!(!fund.submission.is_open);
    let opens = fund.submission.opens_at.as_deref();
    assert_eq!(opens, Some("2026-10-04T23:00:00.000000Z"));
    // A right password is not enough: no filing about this PC was accepted.
    let first = account(&world, "fund", &code, "seikyu1").await;
    let asked = sign_in("fund", "seikyu1", &first);
    let refused = clinic.client.claims_sign_in(&asked);
    check(refused.await, "claims_terminal_not_permitted");
    let (administrator, _) = clinic.administrator().await;
    let token = clinic.sign_in_again(&administrator).await;
    file_for(&world, &clinic, &token, "fund").await;
    let door = clinic.client.claims_entry().await.unwrap();
    assert!(door.tenants[0].is_terminal_permitted);
    assert_eq!(door.tenants[0].filing.as_ref().unwrap().state, "accepted");
    assert!(!door.tenants[1].is_terminal_permitted, "the other tenant");
    first_session(&clinic, "fund", "seikyu1", &first).await;
}

#[tokio::test]
async fn a_filing_lets_nobody_in_before_the_day_it_begins() {
    let world = world_at(IN_TIME).await;
    let code = made(ReviewBody::Fund).institution_code();
    let clinic = world.enrol(&code).await;
    let (administrator, _) = clinic.administrator().await;
    let token = clinic.sign_in_again(&administrator).await;
    file_from(&world, (&clinic, &token), "fund", "2026-10-08").await;
    let first = account(&world, "fund", &code, "seikyu1").await;
    let door = clinic.client.claims_entry().await.unwrap();
    assert!(!door.tenants[0].is_terminal_permitted);
    assert_eq!(door.tenants[0].filing.as_ref().unwrap().state, "accepted");
    // A newer one that begins later does not move the day.
    file_from(&world, (&clinic, &token), "fund", "2026-11-01").await;
    let door = clinic.client.claims_entry().await.unwrap();
    let from = door.tenants[0].permitted_from.as_deref();
    assert_eq!(from, Some("2026-10-07T15:00:00.000000Z"));
    let told = clinic.client.notices().await.unwrap().notices;
    assert!(told[0].body_ja.contains("2026-10-08 から"), "{told:?}");
    let asked = sign_in("fund", "seikyu1", &first);
    let refused = clinic.client.claims_sign_in(&asked).await;
    let Err(ClientError::Problem(problem)) = &refused else {
        panic!("it has not begun");
    };
    assert!(problem.errors[0].text.ja.contains("2026-10-08"));
    check(refused, "claims_terminal_not_permitted");
    turn_to(&world, "2026-10-08T00:00:00+09:00");
    let door = clinic.client.claims_entry().await.unwrap();
    assert!(door.tenants[0].is_terminal_permitted);
    first_session(&clinic, "fund", "seikyu1", &first).await;
}

#[tokio::test]
async fn a_filing_that_was_refused_says_why_and_lets_nobody_in() {
    let world = world_at(IN_TIME).await;
    let code = made(ReviewBody::Fund).institution_code();
    let clinic = world.enrol(&code).await;
    let (administrator, _) = clinic.administrator().await;
    let token = clinic.sign_in_again(&administrator).await;
    let filing = NewClaimsFiling {
        kind: "line_change".into(),
        line: "ipsec_ike".into(),
        starts_on: "2026-10-01".into(),
        tenant: "federation-13".into(),
        terminal: clinic.enrolled.terminal.clone(),
    };
    let make = async || clinic.client.make_claims_filing(&token, "1", &filing).await;
    let first = make().await.unwrap();
    // Once more, as after an answer that was lost: it is one filing.
    assert_eq!(make().await.unwrap(), first);
    let filings = clinic.client.claims_filings(&token).await.unwrap();
    assert_eq!(filings.filings.len(), 1);
    let id = first.id;
    // Nothing is decided before it is handed in, and nothing twice.
    let early = refused_order(&world, ClaimsOrder::AcceptFiling(id.clone())).await;
    assert!(early.contains("not handed in"), "{early}");
    clinic
        .client
        .hand_in_claims_filing(&token, &id)
        .await
        .unwrap();
    check(
        clinic.client.hand_in_claims_filing(&token, &id).await,
        "claims_filing_state",
    );
    let why = "回線の契約が確認できません".to_owned();
    order(&world, ClaimsOrder::RefuseFiling(id.clone(), why.clone())).await;
    let door = clinic.client.claims_entry().await.unwrap();
    let federation = &door.tenants[1];
    assert!(!federation.is_terminal_permitted);
    let told = federation.filing.as_ref().unwrap();
    assert_eq!(
        (told.state.as_str(), told.reason.as_deref()),
        ("refused", Some(why.as_str()))
    );
    refused_order(&world, ClaimsOrder::AcceptFiling(id)).await;
}

#[tokio::test]
async fn what_is_left_when_the_months_time_is_over_is_accepted_without_what_is_doubtful() {
    let people = people(60);
    let clinic = made(ReviewBody::Fund);
    let made = claims(&clinic, &people);
    // One who shares a number with nobody is not registered: nobody of that number is known, which is to be looked at.
    let keys = |at: usize| people[at].coverages.iter().map(|it| it.key());
    let is_alone = |at: usize| {
        let mut others = (0..people.len()).filter(|it| *it != at);
        !others.any(|other| keys(other).any(|key| keys(at).any(|own| own == key)))
    };
    let mut came = made.iter().map(|it| it.person as usize);
    let unknown = came.find(|it| is_alone(*it)).unwrap();
    let mut registered = people.clone();
    registered.remove(unknown);
    let claimant = Claimant::start("fund", &registered).await;
    let sent = claimant.send(&file(&clinic, &made), 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!((checked.refused, checked.to_confirm), (0, 1));
    turn_to(&claimant.world, "2026-10-11T00:00:01+09:00");
    let session = claimant
        .clinic
        .client
        .claims_sign_in(&sign_in("fund", "seikyu1", OWN_PASSWORD))
        .await
        .unwrap();
    let closed = claimant
        .clinic
        .client
        .accept_claims(&session.token, &sent.id);
    // The center may have been faster; then it says what it took.
    match closed.await {
        Ok(taken) => assert_eq!(taken.taken, Some(checked.claims - 1)),
        refused => check(refused, "claims_closed"),
    }
    let accepted = async {
        loop {
            let found = claimant
                .clinic
                .client
                .claims_submission(&session.token, &sent.id);
            let found = found.await.unwrap();
            if found.state == "accepted" {
                break found;
            }
            tokio::task::yield_now().await;
        }
    };
    let accepted = crate::patience::in_time("the acceptance", accepted).await;
    assert_eq!(accepted.taken, Some(checked.claims - 1));
    let step = accepted.history.last().unwrap();
    assert_eq!((step.step.as_str(), &step.account), ("accepted", &None));
}
