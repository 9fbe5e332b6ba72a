//! Loads synthetic people into a center's store.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use domain::institution_code::InstitutionCode;
use domain::person::PersonId;
use store::engine::Engine;

/// `onshi synth`.
#[derive(Args)]
#[command(after_help = "Example: onshi synth --samples --data-dir /var/lib/onshi")]
pub(crate) struct Arguments {
    /// The people of the interface's sample files.
    #[arg(long, required = true)]
    samples: bool,
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
    let engine = Engine::open_center(&arguments.data_dir.join("center.db"), chain)?;
    let people = synthetic::samples::people();
    let count = people.len();
    engine.store_people(people).await?;
    let facility = InstitutionCode::parse(synthetic::samples::FACILITY)?;
    let (person, number) = synthetic::samples::REFERENCE_NUMBER;
    engine
        .store_reference_number(facility, PersonId::from_u128(person), number.into())
        .await?;
    if arguments.json {
        println!("{}", serde_json::json!({"people": count}));
    } else {
        println!("{count} synthetic people loaded");
    }
    Ok(ExitCode::SUCCESS)
}
