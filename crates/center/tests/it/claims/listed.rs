//! More submissions than a page of the list holds.

use domain::account::AccountId;
use domain::audit::{Actor, Event};
use domain::claims::entry::Holder;
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;
use store::claims::submissions::Submitted;
use store::claims::uploads::{Begun, NewUpload, Put};
use store::engine::Engine;

use super::*;

/// A submission of one byte, kept as if it had come in.
async fn sent(engine: &Engine, sender: &Holder, number: u8) {
    let event = Event {
        at: Instant::parse(IN_TIME).unwrap(),
        actor: Actor::Center,
        deed: Deed::ClaimsSent,
        subject: None,
        detail: String::new(),
    };
    let upload = u128::from(number);
    let new = NewUpload {
        id: upload,
        file_name: "RECEIPTC.UKE".into(),
        corrects: None,
        at: event.at,
    };
    let begun = engine.begin_upload(sender, new, 9).await;
    assert_eq!(begun.unwrap(), Begun::Done);
    let put = engine.put_pieces(sender, (upload, 0), vec![vec![number]], event.at);
    assert_eq!(put.await.unwrap(), Put::Done(1));
    let ids = (upload, 1_000 + upload);
    let submitted = engine.submit(sender, ids, ([number; 32], 1), event);
    assert!(matches!(submitted.await.unwrap(), Submitted::Done(_)));
}

#[tokio::test]
async fn the_first_of_a_hundred_and_one_submissions_is_reached_from_the_list() {
    let claimant = Claimant::start("fund", &[]).await;
    let engine = crate::places::store(&claimant.world.dir.path().join("center.db"), 5);
    let sender = Holder {
        tenant: Tenant::Fund,
        facility: InstitutionCode::parse(&claimant.code).unwrap(),
        account: AccountId::parse("seikyu1").unwrap(),
        certificate: [9; 32],
    };
    for number in 1..=101 {
        sent(&engine, &sender, number).await;
    }
    let (client, token) = (&claimant.clinic.client, claimant.token());
    let newest = client.claims_submissions(token).await.unwrap();
    assert_eq!(newest.submissions.len(), 100);
    let after = newest.next.unwrap();
    assert_eq!(after, newest.submissions[99].id);
    let further = client.claims_submissions_after(token, &after).await;
    let further = further.unwrap();
    assert_eq!((further.submissions.len(), further.next), (1, None));
    let first = &further.submissions[0];
    assert!(newest.submissions.iter().all(|it| it.id != first.id));
    let one = client.claims_submission(token, &first.id).await.unwrap();
    assert_eq!(one.number, first.number);
    // Another facility's is told no other way than nobody's.
    let other = Holder {
        facility: InstitutionCode::parse("1319999998").unwrap(),
        ..sender.clone()
    };
    sent(&engine, &other, 200).await;
    let anothers = "00000000-0000-0000-0000-0000000004b0";
    let nobodys = "00000000-0000-0000-0000-000000000009";
    for id in [anothers, nobodys] {
        let refused = client.claims_submissions_after(token, id).await;
        check(refused, "not_found");
    }
}
