//! Verifies a center's audit chain from its files; the center may run meanwhile.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use pki::receipt_key::{ReceiptKey, verifies};
use pki::sealed::MachineKey;
use store::audit::Checkpoint;
use store::engine::Engine;

/// `onshi audit`.
#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Find change, deletion, insertion, a cut tail or a fork, and say where.
    #[command(after_help = "Example: onshi audit verify --data-dir /var/lib/onshi")]
    Verify {
        /// Data folder of the center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Checkpoints kept outside the store (`checkpoint_dir` of the settings): its `checkpoints.jsonl`.
        #[arg(long)]
        outside: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    let AuditCommand::Verify {
        data_dir,
        outside,
        json,
    } = command;
    let database = data_dir.join("center.db");
    // Opening would make what is missing, and then verify nothing.
    if !database.is_file() {
        anyhow::bail!("{} does not exist; look at --data-dir", database.display());
    }
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    let key = ReceiptKey::open(&data_dir.join("receipt.key"), &machine)?;
    let (x, y) = key.coordinates();
    let engine = Engine::open_center(&database, [0; 16]).context("the store cannot be opened")?;
    let outside = outside
        .map(|file| read_outside(&file))
        .transpose()?
        .unwrap_or_default();
    let report = engine.verify_audit(&outside, |kid, message, signature| {
        kid == key.kid() && verifies(&x, &y, message, signature)
    })?;
    let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    if json {
        let report = serde_json::json!({
            "whole": faults.is_empty(), "events": report.events, "chains": report.chains,
            "checks": report.checks, "checkpoints": report.checkpoints, "faults": faults,
        });
        println!("{report}");
    } else {
        println!(
            "{} events in {} chains, {} checks, {} checkpoints",
            report.events, report.chains, report.checks, report.checkpoints
        );
        faults.iter().for_each(|fault| println!("fault: {fault}"));
        println!(
            "{}",
            if faults.is_empty() {
                "the chain is whole"
            } else {
                "the chain is NOT whole"
            }
        );
    }
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Checkpoints of a file, line by line.
fn read_outside(file: &std::path::Path) -> anyhow::Result<Vec<Checkpoint>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let lines = text.lines().enumerate();
    let read = lines.map(|(at, line)| {
        let checkpoint = Checkpoint::from_line(line);
        checkpoint.with_context(|| format!("{} line {}: no checkpoint", file.display(), at + 1))
    });
    read.collect()
}
