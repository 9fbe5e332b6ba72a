//! Old checks are let go a month at a time, and the audit chain is whole afterwards and says so.

use domain::audit::{Actor, Deed};
use domain::civil_date::Instant;
use domain::medical_information::kind::InformationKind;
use domain::medical_information::withdrawal::Reason;
use domain::permit::{
    AskByCard, AskByNumber, CareAtHome, ReadHistory, ViewMedicalPages, WithdrawConsent,
};
use domain::questions::Choice;
use store::audit::verify::Fault;
use store::checks::NewCheck;
use store::checks::retention::{LEAST_MONTHS, LetGo, OldMonth};
use store::engine::Engine;
use store::withdrawals::{Withdrawing, Withdrawn};

use crate::cards::{FACILITY, visit_as};
use crate::home_care::{made_at, manager, read_at_home_as};
use crate::looks::patient;
use crate::parts::id;
use crate::server::shared;
use crate::{Place, check, on_both, permit};

fn now() -> Instant {
    Instant::parse("2026-11-26T03:00:00Z").unwrap()
}

/// A check of an instant, under an identifier of it.
fn check_at(at: Instant, tail: u128) -> NewCheck {
    let mut it = check(1);
    (it.id, it.at) = (id(at, tail), at);
    it
}

/// Three checks of August 2024, one of them by card, on either side of its ends, and one of now.
async fn fill(engine: &Engine) -> Vec<u128> {
    let asker = permit::<AskByNumber>(FACILITY);
    let at = |text: &str| Instant::parse(text).unwrap();
    let checks = [
        check_at(at("2024-07-31T14:59:59.999Z"), 1),
        check_at(at("2024-07-31T15:00:00Z"), 2),
        check_at(at("2024-08-31T14:59:59.999Z"), 3),
        check_at(at("2024-08-31T15:00:00Z"), 4),
        check_at(now(), 5),
    ];
    let mut ids: Vec<u128> = checks.iter().map(|it| it.id).collect();
    for it in checks {
        engine.record_check(&asker, it).await.unwrap();
    }
    let of_card = at("2024-08-15T03:00:00Z");
    visit_as(engine, id(of_card, 6), of_card).await;
    ids.push(id(of_card, 6));
    ids
}

fn months(old: &[OldMonth]) -> Vec<(String, u64, u64)> {
    old.iter()
        .filter(|it| 0 < it.checks)
        .map(|it| (it.month.to_string(), it.checks, it.events))
        .collect()
}

fn august(engine: &Engine) -> OldMonth {
    let old = engine.old_checks(LEAST_MONTHS, now()).unwrap();
    let mut all = old.into_iter();
    all.find(|it| it.month.to_string() == "2024-08").unwrap()
}

fn there(engine: &Engine, ids: &[u128]) -> Vec<bool> {
    let reader = permit::<ReadHistory>(FACILITY);
    let found = ids.iter().map(|id| engine.check(&reader, *id).unwrap());
    found.map(|it| it.is_some()).collect()
}

async fn a_month_goes_as_a_whole_and_the_chain_vouches_for_the_rest(place: &Place) {
    let engine = place.open();
    let ids = fill(&engine).await;
    let old = engine.old_checks(LEAST_MONTHS, now()).unwrap();
    let all = [("2024-07", 1), ("2024-08", 3), ("2024-09", 1)];
    let all = all.map(|(month, count)| (month.to_owned(), count, count));
    assert_eq!(months(&old), all);
    // Looking changes nothing.
    assert_eq!(there(&engine, &ids), [true; 6]);
    let whole = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((whole.checks, whole.consents, whole.let_go), (6, 1, 0));

    let done = engine.let_go(august(&engine), Actor::Operator("local".into()), now());
    assert_eq!(done.await.unwrap(), LetGo::Done(3));
    assert_eq!(
        there(&engine, &ids),
        [true, false, false, true, true, false]
    );
    for table in ["card_check", "consent"] {
        assert_eq!(place.run(&format!("SELECT count(*) FROM {table}")), 0);
    }
    let after = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(after.faults, []);
    assert_eq!((after.checks, after.consents, after.let_go), (3, 0, 4));
    assert_eq!(engine.count_deeds(Deed::RecordsLetGo).unwrap(), 1);
    let old = engine.old_checks(LEAST_MONTHS, now()).unwrap();
    assert_eq!(
        months(&old),
        [("2024-07".to_owned(), 1, 1), ("2024-09".to_owned(), 1, 1)]
    );
}

async fn what_care_at_home_rests_on_stays_until_that_ends(place: &Place) {
    let engine = place.open();
    engine.store_people(vec![patient()]).await.unwrap();
    fill(&engine).await;
    let at = |text: &str| Instant::parse(text).unwrap();
    let (refused, agreed) = (at("2024-08-10T03:00:00Z"), at("2024-08-20T03:00:00Z"));
    let home = id(agreed, 8);
    made_at(&engine, 1, refused).await;
    read_at_home_as(&engine, (id(refused, 7), refused), 1, Choice::No).await;
    read_at_home_as(&engine, (home, agreed), 2, Choice::Yes).await;
    let done = engine.let_go(august(&engine), Actor::Center, now()).await;
    assert_eq!(done.unwrap(), LetGo::Done(5));
    let counts = || {
        let tables = ["card_check", "consent", "home_check"];
        tables.map(|it| place.run(&format!("SELECT count(*) FROM {it}")))
    };
    // The "no" stays, too: nothing of before it may count again.
    assert_eq!(counts(), [2, 2, 2]);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
    // What was answered is gone; what was agreed can still be seen under and withdrawn.
    let asker = permit::<AskByCard>(FACILITY);
    assert!(engine.own_card_check(&asker, home).unwrap().is_none());
    let viewer = manager::<ViewMedicalPages>();
    assert!(engine.sight(&viewer, home, now()).unwrap().is_some());
    let withdrawing = Withdrawing {
        id: 60,
        kinds: None,
        reason: Reason::Patient,
        note: None,
    };
    let staff = permit::<WithdrawConsent>(FACILITY);
    let ended = engine.withdraw_consent(&staff, home, withdrawing, now(), None, |_| Vec::new());
    let ended = ended.await.unwrap();
    assert_eq!(ended, Withdrawn::Done(vec![InformationKind::Drugs]));
    // Whose it was is told all the same, though the check is gone.
    let office = manager::<CareAtHome>();
    let told = engine.home_care_notices(&office, now()).unwrap();
    let [last] = &told.ended[..] else {
        panic!("{:?}", told.ended)
    };
    assert_eq!(last.check, home);
    let whose = engine.ended_home_consent(&office, home, now()).unwrap();
    let whose = whose.unwrap();
    assert_eq!(whose.registration.person.id, patient().person.id);
    assert!(!whose.check_kept && whose.ended == *last);
    let later = now().plus_seconds(15 * 86_400);
    let none = engine.ended_home_consent(&office, home, later).unwrap();
    assert!(none.is_none(), "it stands for two weeks");
    // Then both go with the next month.
    let old = engine.old_checks(LEAST_MONTHS, now()).unwrap();
    let next = old.into_iter().find(|it| it.month.to_string() == "2024-09");
    let done = engine.let_go(next.unwrap(), Actor::Center, now()).await;
    assert_eq!(done.unwrap(), LetGo::Done(1));
    assert_eq!(counts(), [0, 0, 0]);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
}

async fn what_is_kept_is_never_old(place: &Place) {
    let engine = place.open();
    fill(&engine).await;
    // August ends 26 months and some days before the day this is asked.
    for (keep, expected) in [(0, 3), (25, 3), (26, 2), (27, 1), (28, 0), (120, 0)] {
        let old = engine.old_checks(keep, now()).unwrap();
        assert_eq!(months(&old).len(), expected, "{keep}");
    }
}

async fn a_month_that_is_not_whole_stays(place: &Place) {
    let engine = place.open();
    let ids = fill(&engine).await;
    let one = format!("x'{:032x}'", ids[1]);
    assert_eq!(
        place.run(&format!("DELETE FROM check_record WHERE id = {one}")),
        1
    );
    let old = august(&engine);
    assert_eq!((old.checks, old.events), (2, 3));
    let refused = engine.let_go(old, Actor::Center, now()).await.unwrap();
    assert_eq!(refused, LetGo::NotWhole(old));
    assert_eq!(engine.count_deeds(Deed::RecordsLetGo).unwrap(), 0);
    let expected = [true, false, true, true, true, true];
    assert_eq!(there(&engine, &ids), expected);
}

async fn a_month_cut_off_in_the_middle_goes_on(place: &Place) {
    let engine = place.open();
    fill(&engine).await;
    // As a kill leaves it that comes behind the event and before the records.
    let begun = domain::audit::Event {
        at: now(),
        actor: Actor::Center,
        deed: Deed::RecordsLetGo,
        subject: None,
        detail: "month=2024-08 checks=3".into(),
    };
    engine.record(begun).await.unwrap();
    place.run("DELETE FROM consent");
    place.run("DELETE FROM card_check");
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
    let old = august(&engine);
    assert!(old.is_begun);
    let done = engine.let_go(old, Actor::Center, now()).await.unwrap();
    assert_eq!(done, LetGo::Done(3));
    assert_eq!(engine.count_deeds(Deed::RecordsLetGo).unwrap(), 1);
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.let_go, report.faults), (4, vec![]));
}

async fn what_cards_added_goes_too_and_at_a_server_a_few_thousand_checks_at_a_time(place: &Place) {
    const MANY: i64 = 4_500;
    let engine = place.open();
    let of_card = Instant::parse("2024-08-15T03:00:00Z").unwrap();
    visit_as(&engine, id(of_card, 6), of_card).await;
    let id_of_copy = match place {
        Place::Folder(_) => "unhex(hex(substr(id, 1, 6)) || printf('%020x', i))",
        Place::Server { database } => {
            // Writes down which transaction each one went in.
            let trigger = "CREATE TABLE public.gone (transaction bigint NOT NULL);
                CREATE FUNCTION public.goes() RETURNS trigger LANGUAGE plpgsql
                  AS $$ BEGIN INSERT INTO public.gone VALUES (txid_current()); RETURN NULL; END $$;
                CREATE TRIGGER goes AFTER DELETE ON card_check FOR EACH ROW EXECUTE FUNCTION public.goes()";
            shared().read(database, trigger);
            "overlay(id PLACING int8send(CAST(i AS bigint)) FROM 9)"
        }
    };
    let copies = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         INSERT INTO card_check SELECT seq + i, facility, {id_of_copy}, person, account, certificate, reader, method, vouched,
           released_by, token, worth, expires_on, questions, withheld, opened, present_until, state, closed, visit_date
         FROM card_check, n"
    );
    assert_eq!(place.run(&copies), MANY);
    let answers = "INSERT INTO consent SELECT c.facility, k.id, c.question, c.answer, c.person, c.at, c.valid_until
        FROM consent c JOIN card_check k ON k.facility = c.facility AND k.id <> c.check_id";
    assert_eq!(place.run(answers), MANY);
    let done = engine.let_go(august(&engine), Actor::Center, now()).await;
    assert_eq!(done.unwrap(), LetGo::Done(1));
    for table in ["card_check", "consent"] {
        assert_eq!(place.run(&format!("SELECT count(*) FROM {table}")), 0);
    }
    if matches!(place, Place::Server { .. }) {
        let gone = "SELECT count(*) FROM public.gone";
        assert_eq!(place.run(gone), MANY + 1);
        let most = "SELECT max(number) FROM
            (SELECT count(*) AS number FROM public.gone GROUP BY transaction) each_one";
        assert!(place.run(most) <= 2_000);
    }
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!(report.faults, []);
}

async fn no_other_record_may_be_missing(place: &Place) {
    let engine = place.open();
    let ids = fill(&engine).await;
    engine
        .let_go(august(&engine), Actor::Center, now())
        .await
        .unwrap();
    let one = format!("x'{:032x}'", ids[0]);
    place.run(&format!("DELETE FROM check_record WHERE id = {one}"));
    let faults = engine.verify_audit(&[], |_, _, _| true).unwrap().faults;
    assert!(matches!(faults[..], [Fault::Record { .. }]), "{faults:?}");
}

async fn a_months_own_count_is_held_against_the_events(place: &Place) {
    let engine = place.open();
    fill(&engine).await;
    let claimed = domain::audit::Event {
        at: now(),
        actor: Actor::Center,
        deed: Deed::RecordsLetGo,
        subject: None,
        detail: "month=2024-08 checks=2".into(),
    };
    engine.record(claimed).await.unwrap();
    let faults = engine.verify_audit(&[], |_, _, _| true).unwrap().faults;
    assert!(
        matches!(
            faults[..],
            [Fault::LetGo {
                told: 2,
                count: 3,
                ..
            }]
        ),
        "{faults:?}"
    );
}

async fn what_was_let_go_is_found_without_a_walk_over_all_events(place: &Place) {
    drop(place.open());
    let text = "SELECT detail FROM audit_event WHERE deed = 'records-let-go'";
    let plan = match place {
        Place::Folder(folder) => {
            let path = folder.path().join("center.db");
            let connection = rusqlite::Connection::open(path).unwrap();
            let explain = format!("EXPLAIN QUERY PLAN {text}");
            connection
                .query_row(&explain, [], |row| row.get::<_, String>(3))
                .unwrap()
        }
        Place::Server { database } => {
            let text = format!("SET enable_seqscan = off; EXPLAIN {text}");
            format!("{:?}", shared().read(database, &text))
        }
    };
    assert!(plan.contains("audit_event_let_go"), "{plan}");
}

on_both!(
    a_month_goes_as_a_whole_and_the_chain_vouches_for_the_rest,
    what_care_at_home_rests_on_stays_until_that_ends,
    what_is_kept_is_never_old,
    a_month_that_is_not_whole_stays,
    a_month_cut_off_in_the_middle_goes_on,
    what_cards_added_goes_too_and_at_a_server_a_few_thousand_checks_at_a_time,
    no_other_record_may_be_missing,
    a_months_own_count_is_held_against_the_events,
    what_was_let_go_is_found_without_a_walk_over_all_events,
);
