//! Loads synthetic people into a center's store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use domain::audit::{Actor, Deed, Event};
use domain::institution_code::InstitutionCode;
use domain::person::PersonId;
use store::engine::Engine;
use synthetic::population::Population;

use crate::progress::Progress;
use crate::told;

/// People stored in one transaction.
const BATCH: usize = 20_000;

/// `onshi synth`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi synth --samples --data-dir /var/lib/onshi\n         onshi synth --people 100000 --seed 7 --data-dir /var/lib/onshi"
)]
pub(crate) struct Arguments {
    /// The people of the interface's sample files.
    #[arg(long, required_unless_present = "people")]
    samples: bool,
    /// So many further people, a fifth of whom lost their coverage.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    people: u64,
    /// Which people: the same seed always makes the same ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Data folder of the center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    std::fs::create_dir_all(&arguments.data_dir)?;
    let engine = Engine::open_center(&arguments.data_dir.join("center.db"), chain)
        .map_err(|error| told::not_opened(&error))?;
    let mut count = 0;
    if arguments.samples {
        let people = synthetic::samples::people();
        count += people.len() as u64;
        engine.store_people(people).await?;
        let facility = InstitutionCode::parse(synthetic::samples::FACILITY)?;
        let (person, number) = synthetic::samples::REFERENCE_NUMBER;
        engine
            .store_reference_number(facility, PersonId::from_u128(person), number.into())
            .await?;
    }
    let population = Population::new(arguments.seed);
    let mut progress = Progress::new("people", arguments.people);
    for start in (0..arguments.people).step_by(BATCH) {
        let end = arguments.people.min(start + BATCH as u64);
        let people = (start..end).filter_map(|index| population.person(index));
        engine.store_people(people.collect()).await?;
        progress.reached(end);
    }
    count += arguments.people;
    engine
        .record(Event {
            at: crate::serve::now(),
            actor: Actor::Operator("local".into()),
            deed: Deed::Load,
            subject: None,
            detail: format!("people={count}"),
        })
        .await?;
    if arguments.json {
        println!("{}", serde_json::json!({"people": count}));
    } else {
        println!("{count} synthetic people loaded");
    }
    Ok(ExitCode::SUCCESS)
}
