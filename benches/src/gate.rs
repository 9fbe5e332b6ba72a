//! What the admission gate costs a request: entering and leaving with a facility counted, on one thread and on several, against a counter that
//! goes up and down; and with more who come than there are places. Nothing is served behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use center::admission::facilities::Facilities;
use center::admission::gate::{Bounds, Gate};
use clap::Args;
use domain::admission::WorkClass;
use domain::institution_code::InstitutionCode;

/// Places of the gate, as in the settings that come with the center.
const PLACES: usize = 512;

/// `bench gate`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Requests of each measurement.
    #[arg(long, default_value_t = 2_000_000)]
    requests: usize,
    /// Threads at once.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Rounds of each measurement, in turn; the median is told.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Measures and prints.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(0 < arguments.rounds, "at least one round");
    let code = InstitutionCode::parse("1319999999").context("an institution code")?;
    let facility = Facilities::default().of(code);
    let own = Arc::new(gate(PLACES));
    let counter = AtomicUsize::default();
    let count = || {
        counter.fetch_add(1, Ordering::SeqCst);
        counter.fetch_sub(1, Ordering::SeqCst);
    };
    let pass = || drop(own.try_enter(WorkClass::Check, Some(&facility)));
    let mut took: [Vec<f64>; 5] = Default::default();
    for _ in 0..arguments.rounds {
        let (all, threads) = (arguments.requests, arguments.threads);
        let one = [
            on_threads(1, all, &count),
            on_threads(1, all, &pass),
            on_threads(threads, all, &count),
            on_threads(threads, all, &pass),
            crowded(all / 10).await?,
        ];
        for (all, one) in took.iter_mut().zip(one) {
            all.push(one);
        }
    }
    let [floor, free, floor_of_many, free_of_many, waited] = took.map(|mut it| {
        it.sort_by(f64::total_cmp);
        it.get(it.len() / 2).copied().unwrap_or_default()
    });
    println!("nanoseconds for a request, median of {}:", arguments.rounds);
    println!(
        "one thread: gate {free:.0}, counter up and down {floor:.0}, {:.1} times",
        free / floor
    );
    println!(
        "{} threads at once: gate {free_of_many:.0}, counter {floor_of_many:.0}, {:.1} times",
        arguments.threads,
        free_of_many / floor_of_many
    );
    println!("64 who come to 4 places, each waits its turn: {waited:.0}");
    Ok(())
}

fn gate(places: usize) -> Gate {
    Gate::new(Bounds {
        places,
        of_facility: places,
        waiting: 256,
        waiting_of_facility: 256,
        wait: Duration::from_secs(60),
    })
}

/// Nanoseconds of a turn, with so many turns shared out among threads.
fn on_threads(threads: usize, turns: usize, turn: &(impl Fn() + Sync)) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..turns / threads).for_each(|_| turn()));
        }
    });
    begun.elapsed().as_nanos() as f64 / turns as f64
}

/// Nanoseconds of a request where sixty-four come at once, again and again, to four places.
async fn crowded(requests: usize) -> anyhow::Result<f64> {
    const WHO: usize = 64;
    let gate = Arc::new(gate(4));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..WHO {
        let gate = Arc::clone(&gate);
        tasks.spawn(async move {
            for _ in 0..requests / WHO {
                let place = gate.enter(WorkClass::CardCheck, None).await.ok();
                let place = place.context("nobody is turned away here")?;
                tokio::task::yield_now().await;
                drop(place);
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begun.elapsed().as_nanos() as f64 / requests as f64)
}
