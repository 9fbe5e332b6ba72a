//! The claims entry as it is kept: filings, openings, files on their way, submissions, on both engines alike; accounts and sessions below.

mod accounts;
mod submissions;

use domain::account::AccountId;
use domain::audit::{Actor, Deed, Event};
use domain::civil_date::{CivilDate, Instant};
use domain::claims::entry::{FilingKind, FilingState, Holder, Line, Step, SubmissionState};
use domain::claims::tenant::Tenant;
use domain::claims::window::Opening;
use domain::facility_kind::FacilityKind;
use domain::institution_code::InstitutionCode;
use domain::medical_aid::TreatmentMonth;
use store::claims::filings::{Decided, Decision, Filing};
use store::claims::openings::MadeOpening;
use store::claims::submissions::{Counts, Ended, ResultKind, Submission, Submitted, Taken};
use store::claims::uploads::{Begun, NewUpload, Put, Settled};
use store::engine::Engine;

use crate::cards::{FACILITY, now};
use crate::{Place, on_both};

const OTHER: &str = "1319800010";

fn fund() -> Tenant {
    Tenant::Fund
}

fn federation() -> Tenant {
    Tenant::parse("federation-13").unwrap()
}

fn holder(tenant: Tenant, facility: &str) -> Holder {
    Holder {
        tenant,
        facility: InstitutionCode::parse(facility).unwrap(),
        account: AccountId::parse("seikyu1").unwrap(),
        certificate: [9; 32],
    }
}

fn own() -> Holder {
    holder(fund(), FACILITY)
}

/// Whoever must not see what [`own`] has: another facility, and the same one at the other review body.
fn strangers() -> [Holder; 2] {
    [holder(fund(), OTHER), holder(federation(), FACILITY)]
}

fn event_at(deed: Deed, at: Instant) -> Event {
    Event {
        at,
        actor: Actor::Center,
        deed,
        subject: None,
        detail: String::new(),
    }
}

fn event(deed: Deed) -> Event {
    event_at(deed, now())
}

fn filing(id: u128, terminal: &str, line: Line) -> Filing {
    Filing {
        id,
        tenant: fund(),
        facility: own().facility,
        kind: FilingKind::FirstUse,
        terminal: terminal.into(),
        line,
        starts: CivilDate::new(2026, 12, 1).unwrap(),
        state: FilingState::Made,
        account: AccountId::parse("kanri").unwrap(),
        made: now(),
        handed_in: None,
        decided: None,
        operator: None,
        reason: None,
    }
}

async fn a_pc_may_hand_claims_in_once_its_filing_is_accepted(place: &Place) {
    let engine = place.open();
    let made = engine.make_filing(
        filing(1, "受付1", Line::IpVpn),
        event(Deed::ClaimsFiling),
        None,
    );
    made.await.unwrap();
    let decide = async |id, decision| {
        let event = event(Deed::ClaimsFiling);
        let decided = engine.decide_filing(id, decision, "op1".into(), event);
        decided.await.unwrap()
    };
    let hand_in = async |facility: &Holder, id| {
        let event = event(Deed::ClaimsFiling);
        let handed = engine.hand_in_filing(facility.facility, id, event).await;
        handed.unwrap()
    };
    let early = Decided::NotNow(FilingState::Made);
    assert_eq!(decide(1, Decision::Accept).await, early);
    assert!(!hand_in(&holder(fund(), OTHER), 1).await, "another's");
    assert!(hand_in(&own(), 1).await);
    assert!(!hand_in(&own(), 1).await, "once");
    let permitted = |tenant| {
        let found = engine.claims_terminals(tenant, own().facility).unwrap();
        let found = found.into_iter().map(|it| (it.terminal, it.line));
        found.collect::<Vec<_>>()
    };
    assert!(permitted(fund()).is_empty());
    let Decided::Done(accepted) = decide(1, Decision::Accept).await else {
        panic!("it was handed in");
    };
    assert_eq!(accepted.state, FilingState::Accepted);
    assert_eq!(permitted(fund()), [("受付1".to_owned(), Line::IpVpn)]);
    assert!(permitted(federation()).is_empty());
    let late = Decision::Refuse("late".into());
    let decided = Decided::NotNow(FilingState::Accepted);
    assert_eq!(decide(1, late).await, decided);
    // The line of the same PC changes, and a refused filing changes nothing.
    for (id, decision) in [(2, Decision::Refuse("no".into())), (3, Decision::Accept)] {
        let line = Line::IpsecIke;
        let made = engine.make_filing(filing(id, "受付1", line), event(Deed::ClaimsFiling), None);
        made.await.unwrap();
        hand_in(&own(), id).await;
        if id == 2 {
            assert_eq!(engine.filings().unwrap()[0].id, 2, "what waits is first");
        }
        decide(id, decision).await;
        let expected = if id == 2 { Line::IpVpn } else { line };
        assert_eq!(permitted(fund()), [("受付1".to_owned(), expected)]);
    }
    let refused = engine.filing(2).unwrap().unwrap();
    assert_eq!(refused.reason.as_deref(), Some("no"));
    assert_eq!(decide(9, Decision::Accept).await, Decided::Unknown);
}

async fn filings_that_wait_longest_are_shown_however_many_wait(place: &Place) {
    let engine = place.open();
    for id in 1..=201_i64 {
        let at = now().plus_seconds(id);
        let id = u128::try_from(id).unwrap();
        let new = Filing {
            made: at,
            ..filing(id, "受付1", Line::IpVpn)
        };
        let made = engine.make_filing(new, event_at(Deed::ClaimsFiling, at), None);
        made.await.unwrap();
        let handed = engine.hand_in_filing(own().facility, id, event_at(Deed::ClaimsFiling, at));
        assert!(handed.await.unwrap());
    }
    let made = engine.make_filing(
        filing(202, "受付2", Line::IpVpn),
        event(Deed::ClaimsFiling),
        None,
    );
    made.await.unwrap();
    let shown = || {
        let found = engine.filings().unwrap();
        found.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(shown(), (1..=200_u128).collect::<Vec<_>>());
    let counted = || {
        let waiting = engine.count_waiting_filings().unwrap();
        (engine.count_filings().unwrap(), waiting)
    };
    assert_eq!(counted(), (201, 201));
    let decided =
        engine.decide_filing(1, Decision::Accept, "op1".into(), event(Deed::ClaimsFiling));
    assert!(matches!(decided.await.unwrap(), Decided::Done(_)));
    assert_eq!(shown(), (2..=201_u128).collect::<Vec<_>>());
    assert_eq!(counted(), (201, 200));
}

/// A filing that is made, handed in and accepted.
async fn accepted(engine: &Engine, filing: Filing) {
    let (id, deed) = (filing.id, Deed::ClaimsFiling);
    let made = engine.make_filing(filing, event(deed), None);
    made.await.unwrap();
    let handed = engine.hand_in_filing(own().facility, id, event(deed));
    assert!(handed.await.unwrap());
    let decided = engine.decide_filing(id, Decision::Accept, "op1".into(), event(deed));
    assert!(matches!(decided.await.unwrap(), Decided::Done(_)));
}

async fn a_pc_is_let_in_from_the_day_its_filing_begins_and_stays_in(place: &Place) {
    let engine = place.open();
    let day = |text: &str| CivilDate::parse_iso(text).unwrap();
    let since = || engine.claims_terminals(fund(), own().facility).unwrap()[0].since;
    // A later one puts nothing off; an earlier one counts, and from then on the PC is in.
    for (id, starts, expected) in [
        (1, "2026-12-10", Some("2026-12-10")),
        (2, "2026-12-20", Some("2026-12-10")),
        (3, "2026-12-01", Some("2026-12-01")),
        (4, "2026-11-01", None),
        (5, "2026-12-20", None),
    ] {
        let filing = Filing {
            starts: day(starts),
            ..filing(id, "受付1", Line::IpVpn)
        };
        accepted(&engine, filing).await;
        let expected = expected.map(|it| Instant::start_of_day_in_japan(day(it)));
        assert_eq!(since(), expected.unwrap_or(now()), "{id}");
    }
}

async fn an_opening_is_taken_back_once_and_stays_on_record(place: &Place) {
    let engine = place.open();
    let made = |id, tenant, hours: i64| MadeOpening {
        id,
        tenant,
        opening: Opening::new(now(), now().plus_seconds(hours * 3_600)).unwrap(),
        reason: "回線障害".into(),
        operator: "op1".into(),
        made: now(),
        withdrawn: None,
    };
    for it in [made(1, None, 2), made(2, Some(federation()), 1)] {
        let opened = engine.open_claims(it, event(Deed::ClaimsOpening));
        opened.await.unwrap();
    }
    let withdrawn = engine.withdraw_claims_opening(1, event(Deed::ClaimsOpening));
    assert!(withdrawn.await.unwrap());
    let again = engine.withdraw_claims_opening(1, event(Deed::ClaimsOpening));
    assert!(!again.await.unwrap());
    let known = engine.claims_openings(now()).unwrap();
    assert_eq!(known.len(), 2);
    assert_eq!(known[0].withdrawn, Some(now()));
    assert_eq!(known[1], made(2, Some(federation()), 1));
    let later = engine.claims_openings(now().plus_seconds(3_600)).unwrap();
    assert_eq!(later.len(), 1, "the other is over");
}

async fn begin(engine: &Engine, holder: &Holder, id: u128) -> Begun {
    let new = NewUpload {
        id,
        file_name: "RECEIPTC.UKE".into(),
        corrects: None,
        at: now().plus_seconds(i64::try_from(id).unwrap()),
    };
    engine.begin_upload(holder, new, 3).await.unwrap()
}

async fn put(engine: &Engine, holder: &Holder, at: (u128, u64), pieces: &[&[u8]]) -> Put {
    let pieces = pieces.iter().map(|it| it.to_vec()).collect();
    let taken = engine.put_pieces(holder, at, pieces, now()).await;
    taken.unwrap()
}

async fn pieces_are_taken_in_order_and_by_their_sender_alone(place: &Place) {
    let engine = place.open();
    assert_eq!(begin(&engine, &own(), 1).await, Begun::Done);
    assert_eq!(
        put(&engine, &own(), (1, 0), &[b"abc", b"de"]).await,
        Put::Done(5)
    );
    assert_eq!(
        put(&engine, &own(), (1, 0), &[b"abc"]).await,
        Put::Elsewhere(5)
    );
    assert_eq!(
        put(&engine, &own(), (1, 7), &[b"x"]).await,
        Put::Elsewhere(5)
    );
    for stranger in strangers() {
        assert_eq!(put(&engine, &stranger, (1, 5), &[b"x"]).await, Put::Unknown);
        assert_eq!(engine.upload(&stranger, 1).unwrap(), None);
        assert!(!engine.drop_upload(&stranger, 1).await.unwrap());
        assert!(engine.open_uploads(&stranger).unwrap().is_empty());
    }
    assert_eq!(put(&engine, &own(), (1, 5), &[b"f"]).await, Put::Done(6));
    let pieces = [0, 3, 5].map(|at| engine.piece(1, at).unwrap().unwrap());
    assert_eq!(pieces.concat(), b"abcdef");
    assert_eq!(engine.piece(1, 6).unwrap(), None);
    for id in [2, 3] {
        assert_eq!(begin(&engine, &own(), id).await, Begun::Done);
    }
    assert_eq!(begin(&engine, &own(), 4).await, Begun::TooManyOpen);
    assert!(engine.drop_upload(&own(), 3).await.unwrap());
    assert_eq!(begin(&engine, &own(), 4).await, Begun::Done);
    // Upload 1 was touched last at its beginning; 2 and 4 later.
    while engine.forget_uploads(now().plus_seconds(2)).await.unwrap() {}
    assert_eq!(engine.upload(&own(), 1).unwrap(), None);
    assert_eq!(engine.piece(1, 0).unwrap(), None);
    let left = engine.open_uploads(&own()).unwrap();
    let left: Vec<u128> = left.iter().map(|it| it.id).collect();
    assert_eq!(left, [4, 2]);
}

/// Sends a whole file of one piece.
async fn submit(engine: &Engine, (upload, id): (u128, u128), file: u8) -> Submitted {
    begin(engine, &own(), upload).await;
    put(engine, &own(), (upload, 0), &[&[file; 10]]).await;
    whole(engine, (upload, id), file).await
}

async fn sent(engine: &Engine, ids: (u128, u128), file: u8) -> Submission {
    match submit(engine, ids, file).await {
        Submitted::Done(it) => *it,
        other => panic!("{other:?}"),
    }
}

fn counts() -> Counts {
    Counts {
        kind: Some(FacilityKind::Medical),
        claim_month: TreatmentMonth::parse_iso("2026-11"),
        claims: 3,
        refused: 1,
        to_confirm: 1,
        points: 200,
        good_points: 100,
        findings: 2,
    }
}

async fn whole(engine: &Engine, of: (u128, u128), file: u8) -> Submitted {
    let bytes = engine.upload(&own(), of.0).unwrap().unwrap().bytes;
    whole_of(engine, of, (file, bytes)).await
}

async fn whole_of(engine: &Engine, of: (u128, u128), (file, bytes): (u8, u64)) -> Submitted {
    let (sender, hashed) = (own(), ([file; 32], bytes));
    let submitted = engine.submit(&sender, of, hashed, event(Deed::ClaimsSent));
    submitted.await.unwrap()
}

async fn finish(engine: &Engine, id: u128, run: u8) -> bool {
    finish_with(engine, (id, run), counts()).await
}

async fn finish_with(engine: &Engine, (id, run): (u128, u8), counts: Counts) -> bool {
    let finished = engine.finish_claims_check(
        (id, [run; 16]),
        SubmissionState::Checked,
        counts,
        event(Deed::ClaimsChecked),
    );
    finished.await.unwrap()
}

async fn accept(engine: &Engine, id: u128) -> Ended {
    let taken = Taken {
        claims: 2,
        points: 200,
    };
    let accepted = engine.accept_submission(
        (fund(), own().facility),
        id,
        (taken, Some(own().account)),
        event(Deed::ClaimsAccept),
    );
    accepted.await.unwrap()
}

async fn withdraw(engine: &Engine, holder: &Holder, id: u128) -> Ended {
    let withdrawn = engine.withdraw_submission(holder, id, event(Deed::ClaimsWithdraw));
    withdrawn.await.unwrap()
}

async fn the_run_of_checks_that_ends_first_counts_and_leaves_nothing_of_others(place: &Place) {
    let engine = place.open();
    let submission = sent(&engine, (1, 101), 7).await;
    assert_eq!(submission.state, SubmissionState::Checking);
    assert_eq!(engine.unchecked(now(), 10).unwrap(), [submission]);
    for run in [1, 2] {
        for kind in [ResultKind::Findings, ResultKind::Claims] {
            let content = vec![run; 3];
            let kept = engine.keep_result((101, [run; 16]), (kind, 0), content);
            kept.await.unwrap();
        }
    }
    assert!(finish(&engine, 101, 2).await);
    // A run that goes on, and is killed before it hears of that.
    let late = engine.keep_result((101, [3; 16]), (ResultKind::Findings, 0), vec![3; 3]);
    late.await.unwrap();
    assert!(!finish(&engine, 101, 1).await, "it came too late");
    let checked = engine.submission(&own(), 101).unwrap().unwrap();
    assert_eq!(
        (checked.state, checked.counts),
        (SubmissionState::Checked, counts())
    );
    let result = |part| engine.result(&checked, ResultKind::Findings, part).unwrap();
    assert_eq!((result(0), result(1)), (Some(vec![2; 3]), None));
    assert_eq!(place.run("SELECT count(*) FROM claims_result"), 2);
    assert!(engine.unchecked(now(), 10).unwrap().is_empty());
    let steps = engine.steps(&checked).unwrap();
    let steps: Vec<Step> = steps.iter().map(|it| it.step).collect();
    assert_eq!(steps, [Step::Sent, Step::Checked], "once");
}

async fn a_file_is_taken_once_until_it_is_taken_back(place: &Place) {
    let engine = place.open();
    let first = sent(&engine, (1, 101), 7).await;
    let again = whole(&engine, (1, 102), 7).await;
    assert_eq!(again, Submitted::Before(Box::new(first.clone())));
    let same = submit(&engine, (2, 103), 7).await;
    assert_eq!(same, Submitted::Duplicate(Box::new(first.clone())));
    assert_eq!(
        engine.upload(&own(), 2).unwrap(),
        None,
        "nothing is left of it"
    );
    assert_eq!(engine.piece(2, 0).unwrap(), None);
    finish(&engine, 101, 1).await;
    let Ended::Done(_) = withdraw(&engine, &own(), 101).await else {
        panic!("it was checked");
    };
    let second = sent(&engine, (3, 104), 7).await;
    assert_ne!(second.number, first.number);
    // What was there stays readable.
    assert_eq!(engine.submissions(&own(), None, 10).unwrap().len(), 2);
}

async fn a_correction_stands_in_the_history_of_what_it_corrects(place: &Place) {
    let engine = place.open();
    sent(&engine, (1, 101), 7).await;
    finish(&engine, 101, 1).await;
    accept(&engine, 101).await;
    let new = NewUpload {
        id: 2,
        file_name: "RECEIPTC.UKE".into(),
        corrects: Some(101),
        at: now(),
    };
    engine.begin_upload(&own(), new, 3).await.unwrap();
    put(&engine, &own(), (2, 0), &[b"corrected"]).await;
    let Submitted::Done(correction) = whole(&engine, (2, 102), 8).await else {
        panic!("it is another file");
    };
    assert_eq!(correction.corrects, Some(101));
    let corrected = engine.submission(&own(), 101).unwrap().unwrap();
    let steps = engine.steps(&corrected).unwrap();
    let last = steps.last().unwrap();
    assert_eq!(
        (last.step, &last.detail),
        (Step::Corrected, &correction.number)
    );
}

async fn of_requests_at_once_one_is_taken_and_numbers_are_given_once(place: &Place) {
    const MANY: u128 = 12;
    // At a server each is a process of its own.
    let engines = match place {
        Place::Folder(_) => {
            let engine = place.open();
            [engine.clone(), engine]
        }
        Place::Server { .. } => [place.open_as(1), place.open_as(2)],
    };
    let [one, two] = &engines;
    begin(one, &own(), 900).await;
    let sender = own();
    let at_once = tokio::join!(
        put(one, &sender, (900, 0), &[b"one"]),
        put(two, &sender, (900, 0), &[b"two"]),
    );
    let taken = [at_once.0, at_once.1];
    assert!(taken.contains(&Put::Done(3)) && taken.contains(&Put::Elsewhere(3)));
    one.drop_upload(&own(), 900).await.unwrap();
    // Pairs of one file, by two who do not know of each other.
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..MANY {
        for (side, engine) in engines.iter().enumerate() {
            let (engine, side) = (engine.clone(), side as u128);
            sending.spawn(async move {
                let upload = 1 + number * 2 + side;
                let new = NewUpload {
                    id: upload,
                    file_name: "RECEIPTC.UKE".into(),
                    corrects: None,
                    at: now(),
                };
                engine.begin_upload(&own(), new, 99).await.unwrap();
                put(&engine, &own(), (upload, 0), &[b"x"]).await;
                let file = [u8::try_from(number).unwrap(); 32];
                let of = (upload, 1_000 + upload);
                engine
                    .submit(&own(), of, (file, 1), event(Deed::ClaimsSent))
                    .await
                    .unwrap()
            });
        }
    }
    let (mut numbers, mut duplicates) = (std::collections::BTreeSet::new(), 0);
    while let Some(submitted) = sending.join_next().await {
        match submitted.unwrap() {
            Submitted::Done(it) => assert!(numbers.insert(it.number.clone()), "{}", it.number),
            Submitted::Duplicate(_) => duplicates += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((numbers.len() as u128, duplicates), (MANY, MANY));
}

on_both!(
    a_pc_may_hand_claims_in_once_its_filing_is_accepted,
    a_pc_is_let_in_from_the_day_its_filing_begins_and_stays_in,
    filings_that_wait_longest_are_shown_however_many_wait,
    an_opening_is_taken_back_once_and_stays_on_record,
    pieces_are_taken_in_order_and_by_their_sender_alone,
    the_run_of_checks_that_ends_first_counts_and_leaves_nothing_of_others,
    a_file_is_taken_once_until_it_is_taken_back,
    a_correction_stands_in_the_history_of_what_it_corrects,
    of_requests_at_once_one_is_taken_and_numbers_are_given_once,
);
