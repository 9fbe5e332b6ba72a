//! The center's signing keys from the shell. Shows no private key.

use std::path::PathBuf;
use std::process::ExitCode;

use center::control::{Order, Reply};
use clap::Subcommand;

/// `onshi keys`.
#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Sign receipts and checkpoints with a new key from now on; what the old one signed verifies for ten years.
    #[command(after_help = "Example: onshi keys rotate --data-dir /var/lib/onshi")]
    Rotate {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(command: KeysCommand) -> anyhow::Result<ExitCode> {
    let KeysCommand::Rotate { data_dir, json } = command;
    match crate::enroll::order(&data_dir, Order::RotateKeys).await? {
        Reply::Rotated(kid) if json => out!("{}", serde_json::json!({ "kid": kid })),
        Reply::Rotated(kid) => out!("署名鍵を交換しました / the signing key is now {kid}"),
        _ => return Err(crate::enroll::other_answer()),
    }
    Ok(ExitCode::SUCCESS)
}
