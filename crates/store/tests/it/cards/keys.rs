//! Checks by card under idempotency keys: one check a key, whoever comes twice and whatever failed in between.

use super::*;

async fn of_one_key_at_the_same_moment_one_check_is_recorded_and_answers_the_others(place: &Place) {
    let engine = place.open();
    for id in 1..=16 {
        challenge(&engine, id, now()).await;
    }
    let tries = (1..=16_u128).map(|id| {
        let (engine, mut new) = (engine.clone(), by_eye(id, now()));
        new.confirmation = Confirmation::NotNeeded;
        new.check.key = Some("key".into());
        // Half of them ask something else under the key.
        if id % 2 == 0 {
            new.check.question = "another question".into();
        }
        tokio::spawn(async move { engine.record_card_check(&asker(), new).await.unwrap() })
    });
    let tries: Vec<_> = tries.collect();
    let mut outcomes = Vec::new();
    for one in tries {
        outcomes.push(one.await.unwrap());
    }
    let of = |wanted: fn(&CardRecorded) -> bool| outcomes.iter().filter(|it| wanted(it)).count();
    assert_eq!(of(|it| matches!(it, CardRecorded::New { .. })), 1);
    assert_eq!(of(|it| matches!(it, CardRecorded::Before(_))), 7);
    assert_eq!(of(|it| *it == CardRecorded::Conflict), 8);
    assert_eq!(place.run("SELECT count(*) FROM check_record"), 1);
    let used = "SELECT count(*) FROM card_challenge WHERE used IS NOT NULL";
    assert_eq!(
        place.run(used),
        1,
        "what was answered before uses nothing up"
    );
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

async fn of_one_key_at_the_same_moment_a_check_by_number_and_one_by_card_are_one(place: &Place) {
    const ROUNDS: u128 = 30;
    let engine = place.open();
    let by_number = permit::<AskByNumber>(FACILITY);
    let mut by_card = 0;
    for round in 0..ROUNDS {
        let (number, card) = (1_000 + round, 2_000 + round);
        challenge(&engine, card, now()).await;
        let key = format!("key-{round}");
        let mut one = check(number);
        one.key = Some(key.clone());
        let mut other = by_eye(card, now());
        other.confirmation = Confirmation::NotNeeded;
        other.check.key = Some(key);
        other.check.question = "what a card asks".into();
        // Those at home go another way.
        if round % 3 == 0 {
            other.home = Some(NewHomeCheck {
                device: 3,
                address: AddressId::from_bytes([1; 16]),
                care: Care::HomeVisit,
                join: None,
                asks: Asks::HomeCare,
                confirmed_by: None,
            });
        }
        let asker = asker();
        let both = tokio::join!(
            engine.record_check(&by_number, one),
            engine.record_card_check(&asker, other)
        );
        match both {
            (Ok(Recorded::New(_)), Ok(CardRecorded::Conflict) | Err(StoreError::KeyUsed)) => {}
            (Ok(Recorded::Conflict), Ok(CardRecorded::New { .. })) => by_card += 1,
            other => panic!("{other:?}"),
        }
    }
    let checks = i64::try_from(ROUNDS).unwrap();
    assert_eq!(place.run("SELECT count(*) FROM check_record"), checks);
    for text in [
        "SELECT count(*) FROM card_check",
        "SELECT count(*) FROM card_challenge WHERE used IS NOT NULL",
    ] {
        assert_eq!(place.run(text), by_card, "{text}");
    }
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

async fn what_failed_with_its_group_is_recorded_once_when_it_comes_again_under_its_key(
    place: &Place,
) {
    const KEYS: u128 = 50;
    /// Lies there already: whatever is written together with another of its identifier fails at first.
    const TAKEN: u128 = 1_000;
    let engine = place.open();
    visit(&engine, TAKEN).await;
    for id in 0..=KEYS {
        challenge(&engine, id, now()).await;
    }
    // Each twice under its key and with one challenge, as when an answer was lost; that of challenge 0 has the taken identifier at first.
    let ids = (0..=2 * KEYS).map(|at| (at.div_ceil(2), 2_000 + at));
    let tries = ids.map(|(key, id)| {
        let engine = engine.clone();
        let asked = move |id| {
            let mut new = by_eye(id, now());
            new.confirmation = Confirmation::NotNeeded;
            new.challenge = key;
            new.check.key = Some(format!("key {key}"));
            new
        };
        tokio::spawn(async move {
            let at_first = asked(if key == 0 { TAKEN } else { id });
            match engine.record_card_check(&asker(), at_first).await {
                Err(error) => {
                    assert!(matches!(error, StoreError::Failed(_)), "{error}");
                    let again = engine.record_card_check(&asker(), asked(id)).await;
                    (key, true, again.unwrap())
                }
                Ok(recorded) => (key, false, recorded),
            }
        })
    });
    let tries: Vec<_> = tries.collect();
    let mut outcomes = Vec::new();
    for one in tries {
        outcomes.push(one.await.unwrap());
    }
    let own = outcomes.iter().find(|(key, ..)| *key == 0).unwrap();
    assert_eq!(*own, (0, true, CardRecorded::New { released_by: None }));
    for wanted in 1..=KEYS {
        let of_key = outcomes.iter().filter(|(key, ..)| *key == wanted);
        let (new, before): (Vec<_>, Vec<_>) =
            of_key.partition(|(.., it)| *it == CardRecorded::New { released_by: None });
        assert_eq!((new.len(), before.len()), (1, 1), "{wanted}");
        assert_eq!(before[0].2, CardRecorded::Before(b"answer 1".to_vec()));
    }
    // The visit's is one more of each.
    let count = i64::try_from(KEYS).unwrap() + 2;
    for text in [
        "SELECT count(*) FROM check_record",
        "SELECT count(*) FROM card_check",
        "SELECT count(*) FROM card_challenge WHERE used IS NOT NULL",
        "SELECT count(*) FROM event WHERE kind = 'card_check_opened'",
    ] {
        assert_eq!(place.run(text), count, "{text}");
    }
    assert_eq!(engine.verify_audit(&[], |_, _, _| true).unwrap().faults, []);
}

on_both!(
    of_one_key_at_the_same_moment_one_check_is_recorded_and_answers_the_others,
    of_one_key_at_the_same_moment_a_check_by_number_and_one_by_card_are_one,
    what_failed_with_its_group_is_recorded_once_when_it_comes_again_under_its_key,
);
