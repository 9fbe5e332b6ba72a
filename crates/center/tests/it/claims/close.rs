//! What the center accepts by itself when the month's time is over, whatever else stands in its store.

use domain::account::AccountId;
use domain::audit::{Actor, Event};
use domain::claims::entry::{Holder, SubmissionState};
use domain::claims::tenant::Tenant;
use domain::institution_code::InstitutionCode;
use store::claims::submissions::{Counts, Submitted};
use store::claims::uploads::{Begun, NewUpload, Put};
use store::engine::Engine;

use super::*;
use crate::patience::in_time;

/// More than the center looks at in one turn.
const MANY: u8 = 60;

fn another() -> Holder {
    Holder {
        tenant: Tenant::Fund,
        facility: InstitutionCode::parse("1310000011").unwrap(),
        account: AccountId::parse("seikyu1").unwrap(),
        certificate: [9; 32],
    }
}

fn event(deed: Deed) -> Event {
    Event {
        at: Instant::parse("2026-10-05T09:00:00+09:00").unwrap(),
        actor: Actor::Center,
        deed,
        subject: None,
        detail: String::new(),
    }
}

/// A submission of another facility whose SHA-256 is not its file's: its check never ends.
async fn damaged(engine: &Engine, number: u8) -> u128 {
    let sender = another();
    let (upload, id) = (u128::from(number), 1_000 + u128::from(number));
    let new = NewUpload {
        id: upload,
        file_name: "RECEIPTC.UKE".into(),
        corrects: None,
        at: event(Deed::ClaimsSent).at,
    };
    let at = new.at;
    assert_eq!(
        engine.begin_upload(&sender, new, 9).await.unwrap(),
        Begun::Done
    );
    let clinic = made(ReviewBody::Fund);
    let piece = file(&clinic, &claims(&clinic, &people(5)));
    let bytes = piece.len() as u64;
    let put = engine.put_pieces(&sender, (upload, 0), vec![piece], at);
    assert_eq!(put.await.unwrap(), Put::Done(bytes));
    let hashed = ([number; 32], bytes);
    let submitted = engine.submit(&sender, (upload, id), hashed, event(Deed::ClaimsSent));
    assert!(matches!(submitted.await.unwrap(), Submitted::Done(_)));
    id
}

/// Sends a month's claims, and waits behind the close until they are accepted.
async fn is_accepted_at_the_close(claimant: &mut Claimant, people: &[Registration]) {
    let clinic = made(ReviewBody::Fund);
    let made = claims(&clinic, people);
    let sent = claimant.send(&file(&clinic, &made), 1 << 20).await.unwrap();
    claimant.checked(&sent.id).await;
    turn_to(&claimant.world, "2026-10-11T00:00:01+09:00");
    let asked = sign_in("fund", "seikyu1", OWN_PASSWORD);
    claimant.session = claimant.clinic.client.claims_sign_in(&asked).await.unwrap();
    let client = &claimant.clinic.client;
    let accepted = async {
        loop {
            let found = client.claims_submission(claimant.token(), &sent.id).await;
            if found.unwrap().state == "accepted" {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    in_time("the acceptance", accepted).await;
}

#[tokio::test]
async fn submissions_of_which_nothing_is_good_hold_up_no_later_one() {
    let people = people(40);
    let mut claimant = Claimant::start("fund", &people).await;
    let engine = crate::places::store(&claimant.world.dir.path().join("center.db"), 5);
    for number in 1..=MANY {
        let id = damaged(&engine, number).await;
        let doubtful = Counts {
            claims: 1,
            to_confirm: 1,
            ..Counts::default()
        };
        let checked = engine.finish_claims_check(
            (id, [1; 16]),
            SubmissionState::Checked,
            doubtful,
            event(Deed::ClaimsChecked),
        );
        assert!(checked.await.unwrap());
    }
    is_accepted_at_the_close(&mut claimant, &people).await;
}

#[tokio::test]
async fn a_submission_that_cannot_be_checked_holds_up_no_other() {
    let people = people(40);
    let mut claimant = Claimant::start("fund", &people).await;
    let engine = crate::places::store(&claimant.world.dir.path().join("center.db"), 5);
    damaged(&engine, 1).await;
    is_accepted_at_the_close(&mut claimant, &people).await;
    let now = claimant.world.now();
    assert_eq!(engine.unchecked(now, 10).unwrap().len(), 1);
}

#[tokio::test]
async fn an_evenings_extra_time_that_is_ended_leaves_the_days_that_are_left() {
    let people = people(40);
    let clinic = made(ReviewBody::Fund);
    let bytes = file(&clinic, &claims(&clinic, &people));
    let mut claimant = Claimant::start("fund", &people).await;
    let more = opening("2026-10-07T21:00:00+09:00", "2026-10-08T00:00:00+09:00");
    order(&claimant.world, ClaimsOrder::Open(more)).await;
    let again = sign_in("fund", "seikyu1", OWN_PASSWORD);
    turn_to(&claimant.world, "2026-10-07T22:00:00+09:00");
    claimant.session = claimant.clinic.client.claims_sign_in(&again).await.unwrap();
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    assert_eq!(claimant.checked(&sent.id).await.state, "checked");
    turn_to(&claimant.world, "2026-10-07T22:30:00+09:00");
    let ClaimsReply::Openings(open) = order(&claimant.world, ClaimsOrder::ListOpenings).await
    else {
        panic!("openings");
    };
    order(&claimant.world, ClaimsOrder::EndOpening(open[0].id.clone())).await;
    claimant.session = claimant.clinic.client.claims_sign_in(&again).await.unwrap();
    let waiting = claimant.checked(&sent.id).await;
    assert_eq!(
        (waiting.state.as_str(), waiting.is_over),
        ("checked", false)
    );
    let client = &claimant.clinic.client;
    let closed = client.accept_claims(claimant.token(), &sent.id).await;
    check(closed, "claims_closed");
    turn_to(&claimant.world, "2026-10-08T09:00:00+09:00");
    claimant.session = claimant.clinic.client.claims_sign_in(&again).await.unwrap();
    let client = &claimant.clinic.client;
    let accepted = client.accept_claims(claimant.token(), &sent.id).await;
    assert_eq!(accepted.unwrap().state, "accepted");
    let found = client.claims_submission(claimant.token(), &sent.id).await;
    let step = found.unwrap().history.pop().unwrap();
    assert_eq!(
        (step.step.as_str(), step.account.as_deref()),
        ("accepted", Some("seikyu1"))
    );
}
