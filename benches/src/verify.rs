//! Another process that proves a sample of the answers with saved keys, offline. Knows no center.

use std::io::{BufReader, Read};
use std::path::PathBuf;

use api::receipt::{self, KeySet};
use clap::Args;

/// `bench verify`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Saved keys of the center.
    #[arg(long)]
    keys: PathBuf,
}

/// Reads answers, each behind its length in four bytes, and prints how many were proven and how many people were covered.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let keys: KeySet = serde_json::from_slice(&std::fs::read(&arguments.keys)?)?;
    let mut input = BufReader::new(std::io::stdin().lock());
    let (mut answers, mut proven, mut valid) = (0_u64, 0_u64, 0_u64);
    let mut length = [0; 4];
    while input.read_exact(&mut length).is_ok() {
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        input.read_exact(&mut answer)?;
        let answer: serde_json::Value = serde_json::from_slice(&answer)?;
        answers += 1;
        if let Ok(claims) = receipt::verify(&answer, &keys) {
            proven += 1;
            valid += u64::from(claims.verdict == 1);
        }
    }
    println!("{answers} {proven} {valid}");
    Ok(())
}
