//! What the claims entry tells a facility among its notices: made of how things stand, and gone when that changed.

use api::posted_notice::Notice;

use super::*;

async fn notices(claimant: &Claimant) -> Vec<Notice> {
    claimant.clinic.client.notices().await.unwrap().notices
}

/// The notices about something, by a word of their title.
async fn about(claimant: &Claimant, word: &str) -> Vec<Notice> {
    let mut found = notices(claimant).await;
    found.retain(|it| it.title_ja.contains(word));
    found
}

async fn sign_in_again(claimant: &mut Claimant) {
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    let session = claimant.clinic.client.claims_sign_in(&asked).await;
    claimant.session = session.unwrap();
}

#[tokio::test]
async fn whoever_never_filed_is_told_nothing_of_the_entry() {
    let world = world_at(IN_TIME).await;
    let clinic = world.enrol("1319999999").await;
    order(
        &world,
        ClaimsOrder::Open(opening(
            "2026-10-11T00:00:00+09:00",
            "2026-10-12T21:00:00+09:00",
        )),
    )
    .await;
    assert_eq!(clinic.client.notices().await.unwrap().notices, []);
}

#[tokio::test]
async fn a_decided_filing_is_told_for_two_weeks_and_an_extension_until_it_is_over() {
    let claimant = Claimant::start("fund", &[]).await;
    let told = about(&claimant, "届出").await;
    assert_eq!(told.len(), 1);
    let title = told[0].title_en.as_deref().unwrap();
    assert!(title.contains("a filing is accepted") && title.contains("payment fund"));
    // Asked again it is the same notice, so that it stays read.
    assert_eq!(about(&claimant, "届出").await, told);
    let more = opening("2026-10-11T00:00:00+09:00", "2026-10-12T21:00:00+09:00");
    let reason = more.reason.clone();
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    let [extension] = &about(&claimant, "延長").await[..] else {
        panic!("one");
    };
    assert!(extension.body_ja.contains(&reason), "{}", extension.body_ja);
    assert_eq!(extension.importance, "important");
    assert_eq!(extension.until.as_deref(), Some("2026-10-12"));
    let ClaimsReply::Openings(made) = order(&claimant.world, ClaimsOrder::ListOpenings).await
    else {
        panic!("openings");
    };
    assert_eq!(made[0].state, "planned");
    let id = made[0].id.clone();
    let why = refused_order(&claimant.world, ClaimsOrder::EndOpening(id.clone())).await;
    assert!(why.contains("has not begun"), "{why}");
    order(&claimant.world, ClaimsOrder::WithdrawOpening(id.clone())).await;
    assert_eq!(about(&claimant, "延長").await, []);
    refused_order(&claimant.world, ClaimsOrder::WithdrawOpening(id)).await;
    turn_to(&claimant.world, "2026-10-21T00:00:00+09:00");
    assert_eq!(about(&claimant, "届出").await.len(), 1);
    turn_to(&claimant.world, "2026-10-22T00:00:00+09:00");
    assert_eq!(notices(&claimant).await, []);
}

/// A session of the clinic's administrator.
async fn administrator(claimant: &Claimant) -> String {
    let session = claimant
        .clinic
        .try_sign_in("administrator", "Kanri-7654321", true);
    session.await.unwrap().token
}

#[tokio::test]
async fn a_pc_that_may_claim_already_is_not_told_of_a_later_day() {
    let claimant = Claimant::start("fund", &[]).await;
    let token = administrator(&claimant).await;
    let filer = (&claimant.clinic, token.as_str());
    file_from(&claimant.world, filer, "fund", "2026-12-01").await;
    let told = about(&claimant, "受理されました").await;
    assert_eq!(told.len(), 2);
    for it in told {
        let english = it.body_en.unwrap();
        assert!(it.body_ja.contains("から請求できます"), "{}", it.body_ja);
        for body in [it.body_ja, english] {
            assert!(!body.contains("2026-12-01"), "{body}");
        }
    }
}

#[tokio::test]
async fn a_refused_filing_is_told_with_its_reason() {
    let claimant = Claimant::start("fund", &[]).await;
    let token = administrator(&claimant).await;
    let filing = NewClaimsFiling {
        kind: "line_change".into(),
        line: "ipsec_ike".into(),
        starts_on: "2026-10-01".into(),
        tenant: "fund".into(),
        terminal: claimant.clinic.enrolled.terminal.clone(),
    };
    let client = &claimant.clinic.client;
    let made = client
        .make_claims_filing(&token, "1", &filing)
        .await
        .unwrap();
    client
        .hand_in_claims_filing(&token, &made.id)
        .await
        .unwrap();
    let refuse = ClaimsOrder::RefuseFiling(made.id, "回線の契約が確認できません".into());
    order(&claimant.world, refuse).await;
    let told = about(&claimant, "受理されませんでした").await;
    assert_eq!((told.len(), told[0].importance.as_str()), (1, "important"));
    assert!(told[0].body_ja.contains("回線の契約が確認できません"));
}

#[tokio::test]
async fn what_is_checked_and_not_accepted_is_told_and_before_the_close_it_is_important() {
    let people = people(40);
    let clinic = made(ReviewBody::Fund);
    let bytes = file(&clinic, &claims(&clinic, &people));
    let mut claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    let told = about(&claimant, "点検の結果").await;
    assert!(told[0].body_ja.contains(&sent.number) && told[0].importance == "ordinary");
    assert_eq!(about(&claimant, "締切").await, []);
    turn_to(&claimant.world, "2026-10-10T08:00:00+09:00");
    let [closing] = &about(&claimant, "締切").await[..] else {
        panic!("one");
    };
    assert_eq!(closing.importance, "important");
    assert!(
        closing.body_ja.contains(&sent.number),
        "{}",
        closing.body_ja
    );
    assert_eq!(closing.until.as_deref(), Some("2026-10-10"));
    // More time moves it; accepted, there is nothing to tell.
    let more = opening("2026-10-11T00:00:00+09:00", "2026-10-12T21:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    assert_eq!(about(&claimant, "締切").await, []);
    turn_to(&claimant.world, "2026-10-12T08:00:00+09:00");
    let told = about(&claimant, "締切").await;
    assert_eq!(told.len(), 1);
    assert_ne!(told[0].id, closing.id, "another close is another notice");
    sign_in_again(&mut claimant).await;
    let client = &claimant.clinic.client;
    client
        .accept_claims(claimant.token(), &sent.id)
        .await
        .unwrap();
    assert_eq!(about(&claimant, "締切").await, []);
    assert_eq!(about(&claimant, "点検の結果").await, []);
}

#[tokio::test]
async fn more_time_that_goes_on_into_the_next_month_is_told_before_it_closes() {
    let clinic = made(ReviewBody::Fund);
    let bytes = file(&clinic, &claims(&clinic, &people(20)));
    let mut claimant = Claimant::start("fund", &[]).await;
    let more = opening("2026-10-31T00:00:00+09:00", "2026-11-02T00:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    turn_to(&claimant.world, "2026-10-31T12:00:00+09:00");
    sign_in_again(&mut claimant).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    assert_eq!(about(&claimant, "締切").await, []);
    turn_to(&claimant.world, "2026-11-01T12:00:00+09:00");
    let [closing] = &about(&claimant, "締切").await[..] else {
        panic!("one");
    };
    let said = &closing.body_ja;
    assert!(said.contains(&sent.number), "{said}");
    assert!(said.contains("2026-11-02 00:00"), "{said}");
    assert_eq!(closing.until.as_deref(), Some("2026-11-01"));
}

#[tokio::test]
async fn a_months_file_sent_or_cut_off_in_such_time_is_told_before_it_closes_and_then_over() {
    let clinic = made(ReviewBody::Fund);
    let bytes = file(&clinic, &claims(&clinic, &people(20)));
    let mut claimant = Claimant::start("fund", &[]).await;
    let more = opening("2026-10-31T00:00:00+09:00", "2026-11-02T00:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    turn_to(&claimant.world, "2026-10-31T23:50:00+09:00");
    sign_in_again(&mut claimant).await;
    claimant.begin().await.unwrap();
    turn_to(&claimant.world, "2026-11-01T12:00:00+09:00");
    let [closing] = &about(&claimant, "締切").await[..] else {
        panic!("one");
    };
    let said = &closing.body_ja;
    assert!(said.contains("途中で切れた送信が 1 件"), "{said}");
    assert!(said.contains("2026-11-02 00:00"), "{said}");
    sign_in_again(&mut claimant).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    let [closing] = &about(&claimant, "締切").await[..] else {
        panic!("one");
    };
    let said = &closing.body_ja;
    assert!(said.contains(&sent.number), "{said}");
    assert!(said.contains("2026-11-02 00:00"), "{said}");
    // In November's own time it is not accepted.
    turn_to(&claimant.world, "2026-11-05T09:00:00+09:00");
    sign_in_again(&mut claimant).await;
    let client = &claimant.clinic.client;
    let found = client.claims_submission(claimant.token(), &sent.id).await;
    assert!(found.unwrap().is_over);
    let late = client.accept_claims(claimant.token(), &sent.id).await;
    let told = members(late, "claims_state");
    assert_eq!(told, [("sent_at".to_owned(), "over".to_owned())]);
    assert_eq!(about(&claimant, "終わりました").await.len(), 1);
}

#[tokio::test]
async fn a_months_file_is_over_once_the_time_that_let_it_in_was_ended() {
    let clinic = made(ReviewBody::Fund);
    let bytes = file(&clinic, &claims(&clinic, &people(20)));
    let mut claimant = Claimant::start("fund", &[]).await;
    let more = opening("2026-10-31T00:00:00+09:00", "2026-11-02T00:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    turn_to(&claimant.world, "2026-11-01T09:00:00+09:00");
    sign_in_again(&mut claimant).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    assert_eq!(about(&claimant, "終わりました").await, []);
    turn_to(&claimant.world, "2026-11-01T12:00:00+09:00");
    let ClaimsReply::Openings(open) = order(&claimant.world, ClaimsOrder::ListOpenings).await
    else {
        panic!("openings");
    };
    order(&claimant.world, ClaimsOrder::EndOpening(open[0].id.clone())).await;
    assert_eq!(about(&claimant, "終わりました").await.len(), 1);
    turn_to(&claimant.world, "2026-11-05T09:00:00+09:00");
    assert_eq!(about(&claimant, "終わりました").await.len(), 1);
}

#[tokio::test]
async fn what_can_be_accepted_no_more_is_to_be_taken_back_and_that_is_important() {
    let people = people(40);
    let clinic = made(ReviewBody::Fund);
    let bytes = file(&clinic, &claims(&clinic, &people));
    let begin = Instant::parse(IN_TIME).unwrap().as_micros();
    let world = World::start_at(begin, |config| config.claims.accept_at_close = false);
    let mut claimant = Claimant::at(world.await, "fund", &people).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    assert_eq!(about(&claimant, "終わりました").await, []);
    turn_to(&claimant.world, "2026-10-11T00:00:00+09:00");
    assert_eq!(about(&claimant, "点検の結果").await, []);
    assert_eq!(about(&claimant, "締切").await, []);
    let [late] = &about(&claimant, "終わりました").await[..] else {
        panic!("one");
    };
    assert_eq!(late.importance, "important");
    assert!(late.body_ja.contains(&sent.number) && late.body_ja.contains("取り下げて"));
    assert!(!late.body_ja.contains("確定してください"));
    assert_eq!(late.until.as_deref(), Some("2026-11-30"));
    sign_in_again(&mut claimant).await;
    let client = &claimant.clinic.client;
    let withdrawn = client.withdraw_claims(claimant.token(), &sent.id).await;
    withdrawn.unwrap();
    assert_eq!(about(&claimant, "終わりました").await, []);
}
