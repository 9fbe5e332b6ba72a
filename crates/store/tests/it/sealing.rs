//! Answers that are sealed together by the thread that writes: once for those that share a transaction, and kept as they were sealed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use domain::permit::{AskByNumber, ReadHistory};
use store::checks::{NewCheck, Recorded};
use store::engine::StoreError;
use store::sealing::{Draft, Seal, Unsealed};

use crate::{Place, check_with, on_both, permit};

const MANY: u128 = 200;

/// Seals with a count of its turns and the number of those that share one.
#[derive(Default)]
struct Counting {
    turns: AtomicUsize,
    sizes: Mutex<Vec<usize>>,
    refuses: AtomicBool,
}

impl Seal for Counting {
    fn seal(&self, drafts: &[&Draft]) -> Result<Vec<Bytes>, String> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err("the key is away".into());
        }
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        self.sizes.lock().unwrap().push(drafts.len());
        let text = |draft: &&Draft| format!("{} {turn}", String::from_utf8_lossy(&draft.answer));
        Ok(drafts.iter().map(|it| text(it).into()).collect())
    }
}

fn unsealed(id: u128, seal: &Arc<Counting>) -> NewCheck<Unsealed> {
    let draft = Draft {
        answer: format!("answer {id}").into(),
        claims: Vec::new(),
        salt: [0; 16],
    };
    let seal: Arc<dyn Seal> = seal.clone();
    check_with(id, Unsealed { draft, seal })
}

async fn answers_of_a_transaction_are_sealed_together_and_kept_as_they_went_out(place: &Place) {
    let engine = place.open();
    let seal = Arc::new(Counting::default());
    let mut tasks = tokio::task::JoinSet::new();
    for id in 1..=MANY {
        let (engine, check) = (engine.clone(), unsealed(id, &seal));
        let asker = permit::<AskByNumber>("1319999999");
        tasks.spawn(async move { (id, engine.record_check(&asker, check).await.unwrap()) });
    }
    let reader = permit::<ReadHistory>("1319999999");
    while let Some(recorded) = tasks.join_next().await {
        let (id, Recorded::New(answer)) = recorded.unwrap() else {
            panic!("nobody recorded it before");
        };
        let begin = format!("answer {id} ");
        assert!(answer.starts_with(begin.as_bytes()), "{answer:?}");
        assert_eq!(engine.check(&reader, id).unwrap().unwrap(), answer);
    }
    let sizes = seal.sizes.lock().unwrap().clone();
    assert_eq!(sizes.iter().sum::<usize>() as u128, MANY);
    assert!(sizes.len() < MANY as usize / 2, "{sizes:?}");
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.checks, report.faults), (MANY as u64, vec![]));
}

async fn a_repeated_check_is_answered_as_it_was_sealed_first(place: &Place) {
    let engine = place.open();
    let seal = Arc::new(Counting::default());
    let asker = permit::<AskByNumber>("1319999999");
    let keyed = |id: u128| {
        let mut it = unsealed(id, &seal);
        it.key = Some("key-1".into());
        it
    };
    let first = engine.record_check(&asker, keyed(1)).await.unwrap();
    assert_eq!(first, Recorded::New("answer 1 0".into()));
    let again = engine.record_check(&asker, keyed(2)).await.unwrap();
    assert_eq!(again, Recorded::Before(b"answer 1 0".to_vec()));
}

async fn what_cannot_be_sealed_is_not_recorded_and_what_comes_after_is(place: &Place) {
    let engine = place.open();
    let seal = Arc::new(Counting::default());
    let asker = permit::<AskByNumber>("1319999999");
    seal.refuses.store(true, Ordering::Relaxed);
    let refused = engine.record_check(&asker, unsealed(1, &seal)).await;
    let Err(StoreError::Failed(why)) = refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("the key is away"), "{why}");
    let reader = permit::<ReadHistory>("1319999999");
    assert_eq!(engine.check(&reader, 1).unwrap(), None);
    seal.refuses.store(false, Ordering::Relaxed);
    let recorded = engine.record_check(&asker, unsealed(1, &seal)).await;
    assert_eq!(recorded.unwrap(), Recorded::New("answer 1 0".into()));
    let report = engine.verify_audit(&[], |_, _, _| true).unwrap();
    assert_eq!((report.checks, report.faults), (1, vec![]));
}

on_both!(
    answers_of_a_transaction_are_sealed_together_and_kept_as_they_went_out,
    a_repeated_check_is_answered_as_it_was_sealed_first,
    what_cannot_be_sealed_is_not_recorded_and_what_comes_after_is,
);
