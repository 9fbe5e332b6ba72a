//! Files and requests that must be refused: told clearly, nothing half done, nothing lost.

use api::client::Client;
use domain::claims::tenant::Tenant;
use exchange::claim_file::Limits;

use super::*;

/// Ends the center and starts it anew on the same folder.
async fn restart(world: &mut World) {
    world.center.take().unwrap().stop().await.unwrap();
    let (dir, micros) = (world.dir.path(), std::sync::Arc::clone(&world.micros));
    let center = crate::world::start_center(dir, Default::default(), micros).await;
    world.api = center.api;
    world.center = Some(center);
}

/// The file of a few people.
fn small(review_body: ReviewBody) -> (Vec<Registration>, Vec<u8>) {
    let people = people(40);
    let clinic = made(review_body);
    let bytes = file(&clinic, &claims(&clinic, &people));
    (people, bytes)
}

#[tokio::test]
async fn a_token_of_the_entry_opens_nothing_of_the_center_and_none_of_the_centers_opens_the_entry()
{
    let claimant = Claimant::start("fund", &[]).await;
    let client = &claimant.clinic.client;
    let none = api::check::CheckRequest {
        birth_date: "1970-01-02".into(),
        insurer_number: "06139992".into(),
        number: "4567".into(),
        ..Default::default()
    };
    check(
        client.check(claimant.token(), "key", &none).await,
        "not_signed_in",
    );
    check(client.accounts(claimant.token()).await, "not_signed_in");
    check(
        client.claims_filings(claimant.token()).await,
        "not_signed_in",
    );
    let session = claimant.clinic.sign_in("master").await;
    check(
        client.claims_submissions(&session.token).await,
        "not_signed_in",
    );
    check(
        client.claims_sign_out(&session.token).await,
        "not_signed_in",
    );
    // And an account of the entry is none of the center's.
    let center = claimant.clinic.try_sign_in("seikyu1", OWN_PASSWORD, true);
    check(center.await, "wrong_credentials");
}

#[tokio::test]
async fn a_password_change_sent_twice_is_done_once_and_acknowledged_twice() {
    let claimant = Claimant::start("fund", &[]).await;
    let client = &claimant.clinic.client;
    let change = |new: &str| PasswordChange {
        new_password: new.into(),
        old_password: OWN_PASSWORD.into(),
    };
    let (new, other) = ("Atarashii-2026-x", change("Betsuno-2026-y"));
    for _ in 0..2 {
        let body = change(new);
        let sent = client.change_claims_password_once(claimant.token(), "k", &body);
        sent.await.unwrap();
    }
    let sent = client.change_claims_password_once(claimant.token(), "k", &other);
    check(sent.await, "idempotency_conflict");
    // Without the key it is a change by a password that is no longer right.
    let body = change(new);
    let refused = client.change_claims_password(claimant.token(), &body);
    check(refused.await, "password_rule");
    let asked = sign_in("fund", "seikyu1", new);
    client.claims_sign_in(&asked).await.unwrap();
}

#[tokio::test]
async fn a_succession_ends_the_claims_accounts_and_their_sessions() {
    let claimant = Claimant::start("fund", &[]).await;
    let client = &claimant.clinic.client;
    let before = client.claims_submissions(claimant.token()).await;
    before.unwrap();
    let order = Order::Succeed(claimant.code.clone(), "新しい医院".into());
    let Reply::MasterReset(given) = claimant.world.order(order).await else {
        panic!("not passed on");
    };
    assert_eq!(given.claims_ended, 1);
    check(
        client.claims_submissions(claimant.token()).await,
        "not_signed_in",
    );
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    check(client.claims_sign_in(&asked).await, "wrong_credentials");
}

#[tokio::test]
async fn an_account_of_one_review_body_or_facility_is_nobody_at_another() {
    let (people, bytes) = small(ReviewBody::Fund);
    let claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    let client = &claimant.clinic.client;
    // The other tenant of the same facility.
    for tenant in ["federation-13", "federation-34", "nobody"] {
        let asked = sign_in(tenant, "seikyu1", OWN_PASSWORD);
        check(client.claims_sign_in(&asked).await, "wrong_credentials");
    }
    // Another facility, with a certificate of its own.
    let other = claimant.world.enrol("1310000011").await;
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    check(
        other.client.claims_sign_in(&asked).await,
        "wrong_credentials",
    );
    // A token that came with another certificate is told nothing.
    check(
        other.client.claims_submissions(claimant.token()).await,
        "not_signed_in",
    );
    let (administrator, _) = other.administrator().await;
    let token = other.sign_in_again(&administrator).await;
    file_for(&claimant.world, &other, &token, "fund").await;
    let first = account(&claimant.world, "fund", "1310000011", "seikyu1").await;
    let session = first_session(&other, "fund", "seikyu1", &first).await;
    check(
        other
            .client
            .claims_submission(&session.token, &sent.id)
            .await,
        "not_found",
    );
    check(
        other
            .client
            .claims_findings(&session.token, &sent.id, 0)
            .await,
        "not_found",
    );
    check(
        other.client.accept_claims(&session.token, &sent.id).await,
        "not_found",
    );
    let federation = account(&claimant.world, "federation-13", &claimant.code, "seikyu1").await;
    let why = refused_order(
        &claimant.world,
        ClaimsOrder::AddAccount(name("federation-34", &claimant.code, "x"), String::new()),
    );
    assert!(why.await.contains("own prefecture"));
    assert_ne!(federation, first);
    // A list is of one review body where one is named.
    let list = |tenant: Option<&str>| ClaimsOrder::ListAccounts(None, tenant.map(Into::into));
    for (tenant, expected) in [
        (None, 3),
        (Some("fund"), 2),
        (Some("federation-13"), 1),
        (Some("federation-34"), 0),
    ] {
        let ClaimsReply::Accounts(all) = order(&claimant.world, list(tenant)).await else {
            panic!("no list");
        };
        assert_eq!(all.len(), expected, "{tenant:?}");
    }
    let unknown = refused_order(&claimant.world, list(Some("nobody"))).await;
    assert!(unknown.contains("a review body is fund"), "{unknown}");
}

#[tokio::test]
async fn an_upload_cut_off_at_99_per_cent_goes_on_where_it_was_even_after_a_restart() {
    let (people, bytes) = small(ReviewBody::Fund);
    let mut claimant = Claimant::start("fund", &people).await;
    let id = claimant.begin().await.unwrap();
    let cut = bytes.len() * 99 / 100;
    claimant
        .send_from(&id, &bytes[..cut], 0, 1_000)
        .await
        .unwrap();
    // What is not whole is no submission, and says how far it is.
    let told = members(claimant.end(&id, &bytes).await, "claims_incomplete");
    assert_eq!(told, [("offset".to_owned(), cut.to_string())]);
    restart(&mut claimant.world).await;
    let client = claimant.world.client(Some(&claimant.clinic.identity));
    claimant.clinic.client = client;
    let upload = claimant
        .clinic
        .client
        .claims_upload(claimant.token(), &id)
        .await;
    assert_eq!(upload.unwrap().offset, cut as u64);
    // Elsewhere it does not go on: nothing is doubled and no gap is left.
    for wrong in [0, cut - 1, cut + 1] {
        let sent = claimant.clinic.client.send_claims(
            claimant.token(),
            (&id, wrong as u64),
            b"x".to_vec(),
        );
        let told = members(sent.await, "claims_offset");
        assert_eq!(told, [("offset".to_owned(), cut.to_string())]);
    }
    // No bytes at all are no step further.
    let at = (id.as_str(), cut as u64);
    let client = &claimant.clinic.client;
    let sent = client.send_claims(claimant.token(), at, Vec::new()).await;
    let told = members(sent, "invalid_input");
    assert_eq!(told, [("body".to_owned(), "empty".to_owned())]);
    claimant.send_from(&id, &bytes, cut, 1_000).await.unwrap();
    let sent = claimant.end(&id, &bytes).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!((checked.state.as_str(), checked.findings), ("checked", 0));
    assert_eq!(checked.sha256, hex(&Sha256::digest(&bytes)));
    // Said once more, after an answer that was lost, it is the same submission.
    assert_eq!(claimant.end(&id, &bytes).await.unwrap().id, sent.id);
}

#[tokio::test]
async fn the_same_file_twice_is_one_submission_until_it_is_taken_back() {
    let (people, bytes) = small(ReviewBody::Fund);
    let claimant = Claimant::start("fund", &people).await;
    let first = claimant.send(&bytes, 1 << 20).await.unwrap();
    claimant.checked(&first.id).await;
    let told = members(claimant.send(&bytes, 999).await, "claims_duplicate");
    assert_eq!(told, [("file".to_owned(), first.number.clone())]);
    let listed = claimant
        .clinic
        .client
        .claims_submissions(claimant.token())
        .await;
    let listed = listed.unwrap();
    assert_eq!((listed.submissions.len(), listed.uploads.len()), (1, 0));
    let client = &claimant.clinic.client;
    let back = client.withdraw_claims(claimant.token(), &first.id).await;
    assert_eq!(back.unwrap().state, "withdrawn");
    let again = claimant.send(&bytes, 1 << 20).await.unwrap();
    assert_ne!(again.id, first.id);
    claimant.checked(&again.id).await;
    client
        .accept_claims(claimant.token(), &again.id)
        .await
        .unwrap();
    // Accepted claims change no more.
    check(
        client.withdraw_claims(claimant.token(), &again.id).await,
        "claims_state",
    );
    check(
        client.accept_claims(claimant.token(), &first.id).await,
        "claims_state",
    );
}

#[tokio::test]
async fn what_does_not_arrive_as_it_was_sent_is_dropped() {
    let (people, bytes) = small(ReviewBody::Fund);
    let claimant = Claimant::start("fund", &people).await;
    let id = claimant.begin().await.unwrap();
    let mut other = bytes.clone();
    let last = other.len() / 2;
    other[last] ^= 1;
    claimant.send_from(&id, &other, 0, 1 << 20).await.unwrap();
    check(claimant.end(&id, &bytes).await, "claims_digest");
    check(
        claimant
            .clinic
            .client
            .claims_upload(claimant.token(), &id)
            .await,
        "not_found",
    );
}

#[tokio::test]
async fn a_file_that_is_none_is_refused_by_its_first_bytes_and_forgotten() {
    let (people, bytes) = small(ReviewBody::Fund);
    let claimant = Claimant::start("fund", &people).await;
    let utf8 = [&b"\xEF\xBB\xBF"[..], &bytes].concat();
    let lines = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    let endless = [&bytes[..3], &vec![b'x'; 100_000]].concat();
    let cases: [(&[u8], &str); 5] = [
        (b"PK\x03\x04 an archive", "not_a_claim_file"),
        (&utf8, "utf8"),
        (b"HI,1,", "returned_file"),
        (lines.as_bytes(), "line_end"),
        (&endless, "line_too_long"),
    ];
    for (bytes, rule) in cases {
        let told = members(claimant.send(bytes, 1 << 20).await, "claims_file_refused");
        assert_eq!(told.last().map(|it| it.1.as_str()), Some(rule));
    }
    let listed = claimant
        .clinic
        .client
        .claims_submissions(claimant.token())
        .await;
    let listed = listed.unwrap();
    assert_eq!((listed.submissions.len(), listed.uploads.len()), (0, 0));
    assert_eq!(claimant.deeds(Deed::ClaimsRefused), 5);
}

#[tokio::test]
async fn a_file_refused_as_a_whole_says_where_and_why_and_tells_nothing_of_people() {
    let (people, bytes) = small(ReviewBody::Fund);
    let claimant = Claimant::start("fund", &people).await;
    let end = bytes.len() - 1;
    let no_mark = &bytes[..end];
    let no_total = {
        let text: Vec<&[u8]> = bytes.split_inclusive(|it| *it == b'\n').collect();
        let kept = text.iter().filter(|it| !it.starts_with(b"GO,"));
        kept.flat_map(|it| it.to_vec()).collect::<Vec<u8>>()
    };
    let broken = {
        // A claim's insurer stands before the claim.
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|it| *it == b'\n').collect();
        lines.swap(1, 2);
        lines.concat()
    };
    let other = {
        let text = bytes.clone();
        let own = claimant.code.as_bytes();
        let at = text.windows(7).position(|it| it == &own[3..]).unwrap();
        let mut text = text;
        text[at] = b'1';
        text
    };
    for (bytes, rule) in [
        (no_mark, "no_end_mark"),
        (no_total.as_slice(), "no_total"),
        (broken.as_slice(), "before_claim"),
        (other.as_slice(), "other_institution"),
    ] {
        let sent = claimant.send(bytes, 1 << 20).await.unwrap();
        let checked = claimant.checked(&sent.id).await;
        assert_eq!(checked.state, "refused", "{rule}");
        let found = claimant.findings(&sent.id).await;
        let told = found.iter().find(|it| it.rule == rule);
        let told = told.unwrap_or_else(|| panic!("{rule}: {found:?}"));
        assert_eq!(told.severity, "file");
        assert!(!told.text.en.is_empty() && told.line.is_some());
        assert!(
            claimant
                .results(&sent.id)
                .await
                .iter()
                .all(|it| it.proposal.is_none())
        );
        let accepted = claimant
            .clinic
            .client
            .accept_claims(claimant.token(), &sent.id);
        let why = members(accepted.await, "claims_state");
        assert_eq!(why, [("state".to_owned(), "refused".to_owned())]);
    }
}

#[tokio::test]
async fn one_payers_file_sent_to_the_other_is_refused_as_a_whole() {
    let (people, bytes) = small(ReviewBody::Federation);
    let claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!(checked.state, "refused");
    let rules: Vec<_> = claimant.findings(&sent.id).await;
    assert_eq!(rules[0].rule, "other_review_body");
    assert_eq!(
        Tenant::parse("fund").map(Tenant::review_body),
        Some(ReviewBody::Fund)
    );
}

#[tokio::test]
async fn outside_of_the_time_nothing_is_taken_and_what_came_before_is_kept() {
    let (people, bytes) = small(ReviewBody::Fund);
    let claimant = Claimant::start("fund", &people).await;
    let id = claimant.begin().await.unwrap();
    claimant
        .send_from(&id, &bytes[..500], 0, 500)
        .await
        .unwrap();
    turn_to(&claimant.world, "2026-10-10T23:59:30+09:00");
    let again = sign_in("fund", "seikyu1", OWN_PASSWORD);
    let client = &claimant.clinic.client;
    let session = client.claims_sign_in(&again).await.unwrap();
    turn_to(&claimant.world, "2026-10-11T00:00:00+09:00");
    let late = client.send_claims(&session.token, (&id, 500), bytes[500..].to_vec());
    let told = members(late.await, "claims_closed");
    assert_eq!(told[0].0, "opens_at");
    let new = NewClaimsUpload {
        file_name: "x".into(),
        ..NewClaimsUpload::default()
    };
    check(
        client.begin_claims_upload(&session.token, &new).await,
        "claims_closed",
    );
    // An operator opens more: the door says until when and why, and what was begun goes on.
    let more = opening("2026-10-11T00:00:00+09:00", "2026-10-12T21:00:00+09:00");
    let reason = more.reason.clone();
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    let door = client.claims_entry().await.unwrap();
    assert!(door.tenants[0].submission.is_open);
    assert_eq!(door.tenants[0].submission.openings[0].reason, reason);
    let sent = client.send_claims(&session.token, (&id, 500), bytes[500..].to_vec());
    assert_eq!(sent.await.unwrap().offset, bytes.len() as u64);
    let end = ClaimsUploadEnd {
        sha256: hex(&Sha256::digest(&bytes)),
        size_bytes: bytes.len() as u64,
    };
    client
        .end_claims_upload(&session.token, &id, &end)
        .await
        .unwrap();
}

/// Sends rubbish until it is refused; how many bytes went out.
async fn rubbish(client: &Client, token: &str, id: &str, head: &[u8]) -> (u64, String) {
    const ALL: u64 = 2 << 30;
    let (mut at, piece) = (0, vec![b'9'; 1 << 20]);
    while at < ALL {
        let bytes = if at == 0 {
            head.to_vec()
        } else {
            piece.clone()
        };
        let length = bytes.len() as u64;
        match client.send_claims(token, (id, at), bytes).await {
            Ok(_) => at += length,
            Err(ClientError::Problem(problem)) => return (at, problem.code.clone()),
            Err(other) => panic!("{other:?}"),
        }
    }
    (at, "taken".into())
}

#[tokio::test]
async fn two_gigabytes_of_rubbish_are_refused_within_the_first_megabytes() {
    let claimant = Claimant::start("fund", &[]).await;
    let client = &claimant.clinic.client;
    let id = claimant.begin().await.unwrap();
    let (sent, code) = rubbish(client, claimant.token(), &id, b"999999999").await;
    assert_eq!((sent, code.as_str()), (0, "claims_file_refused"));
    // Rubbish behind a good beginning: no record is so long.
    let id = claimant.begin().await.unwrap();
    let head = made(ReviewBody::Fund).header().unwrap();
    let (sent, code) = rubbish(client, claimant.token(), &id, &head).await;
    assert_eq!(code, "claims_file_refused");
    assert!(
        sent <= Limits::default().line_bytes as u64 + (1 << 20),
        "{sent}"
    );
    // Said beforehand, it does not even begin.
    let new = NewClaimsUpload {
        file_name: "x".into(),
        size_bytes: Some(2 << 30),
        corrects: None,
    };
    check(
        client.begin_claims_upload(claimant.token(), &new).await,
        "claims_file_too_large",
    );
    let empty = NewClaimsUpload {
        size_bytes: Some(0),
        ..new
    };
    let told = client.begin_claims_upload(claimant.token(), &empty).await;
    let told = members(told, "invalid_input");
    assert_eq!(told, [("size_bytes".to_owned(), "empty".to_owned())]);
    let more = client.send_claims(claimant.token(), (&id, 0), vec![0; (1 << 20) + 1]);
    check(more.await, "not_found");
}
