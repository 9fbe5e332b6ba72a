//! What an operator does for a facility that cannot get in (G06): a secret number, the master's reset with it, the succession to a new
//! owner. Each password and number is printed once.

use std::path::PathBuf;
use std::process::ExitCode;

use center::control::{Order, Reply};
use center::recoveries::MasterReset;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{order, other_answer};

/// Ways back in.
#[derive(Subcommand)]
pub(super) enum RecoveryCommand {
    /// Reset the password of a facility's master; the facility shows the secret number of its application. Prints a new number.
    #[command(
        after_help = "Example: onshi enroll reset-master --data-dir /var/lib/onshi --code 1319999999 --secret-number-file number.txt"
    )]
    ResetMaster {
        #[command(flatten)]
        facility: Facility,
        /// File holding the secret number as the facility told it.
        #[arg(long)]
        secret_number_file: PathBuf,
    },
    /// Give a facility a new secret number, after proving by other means who asks; the earlier one counts no more.
    #[command(
        after_help = "Example: onshi enroll secret-number --data-dir /var/lib/onshi --code 1319999999"
    )]
    SecretNumber {
        #[command(flatten)]
        facility: Facility,
    },
    /// Pass a facility to a new owner: the former people's accounts end, the master begins anew, machines go on.
    #[command(
        after_help = "Example: onshi enroll succeed --data-dir /var/lib/onshi --code 1319999999 --name 新見本クリニック"
    )]
    Succeed {
        #[command(flatten)]
        facility: Facility,
        /// Name of the facility from now on.
        #[arg(long)]
        name: String,
    },
}

/// The facility it is about.
#[derive(Args)]
pub(super) struct Facility {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Ten-digit institution code.
    #[arg(long)]
    code: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: RecoveryCommand) -> anyhow::Result<ExitCode> {
    match command {
        RecoveryCommand::ResetMaster {
            facility,
            secret_number_file,
        } => {
            let number = crate::client::secret(&secret_number_file)?;
            let asked = Order::ResetMaster(facility.code.clone(), number);
            let reset = master(&facility, asked).await?;
            tell(&facility, &reset, "マスタを再設定しました / master reset")?;
        }
        RecoveryCommand::SecretNumber { facility } => {
            let asked = Order::SecretNumber(facility.code.clone());
            let Reply::SecretNumber(number) = order(&facility.data_dir, asked).await? else {
                return Err(other_answer());
            };
            if facility.json {
                out!("{}", json!({"secret_number": number}));
            } else {
                out!("秘密番号 / secret number (shown once): {number}");
            }
        }
        RecoveryCommand::Succeed { facility, name } => {
            let asked = Order::Succeed(facility.code.clone(), name);
            let reset = master(&facility, asked).await?;
            tell(
                &facility,
                &reset,
                "新しい開設者に引き継ぎました / passed to the new owner",
            )?;
            if !facility.json {
                out!(
                    "停止したアカウント / accounts ended: {}\n\
                     停止した請求用の利用者ID / claims accounts ended: {}\n\
                     電子証明書の再発行と、システム用アカウントの切り替えを勧めてください。 / advise new certificates and the rotation \
                     of system accounts",
                    reset.ended,
                    reset.claims_ended
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn master(facility: &Facility, asked: Order) -> anyhow::Result<MasterReset> {
    match order(&facility.data_dir, asked).await? {
        Reply::MasterReset(reset) => Ok(reset),
        _ => Err(other_answer()),
    }
}

fn tell(facility: &Facility, reset: &MasterReset, done: &str) -> anyhow::Result<()> {
    if facility.json {
        out!("{}", serde_json::to_string_pretty(reset)?);
    } else {
        out!(
            "{done} (shown once)\n  master: {} {}\n  秘密番号 / secret number: {}",
            reset.id,
            reset.password,
            reset.secret_number
        );
    }
    Ok(())
}
