//! `onshi operator`: the people who may open the center's own pages, from the shell of its machine (contracts §12). Knows no password:
//! whoever is added chooses one under a one-time link.

use std::path::PathBuf;
use std::process::ExitCode;

use center::control::{Order, Reply};
use center::operators::{Invitation, OperatorLine};
use clap::Subcommand;

use crate::enroll::{order, other_answer};
use crate::listing;

/// `onshi operator`.
#[derive(Subcommand)]
pub(crate) enum OperatorCommand {
    /// Add an operator; prints a link that is good once. The person opens it and sets password and second factor.
    #[command(after_help = "Example: onshi operator add --data-dir /var/lib/onshi --name suzuki")]
    Add {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Name: 2 to 32 small letters, digits, and . _ - ; it stands in the audit chain.
        #[arg(long)]
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Disable an operator; an open session ends at once. From the shell the last one may be disabled, too.
    #[command(
        after_help = "Example: onshi operator disable --data-dir /var/lib/onshi --name suzuki"
    )]
    Disable {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Name.
        #[arg(long)]
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take an operator's password and second factor away and print a new link that is good once; one who was disabled comes back by it.
    #[command(after_help = "Example: onshi operator reset --data-dir /var/lib/onshi --name suzuki")]
    Reset {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Name.
        #[arg(long)]
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the operators.
    #[command(after_help = "Example: onshi operator list --data-dir /var/lib/onshi")]
    List {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(command: OperatorCommand) -> anyhow::Result<ExitCode> {
    match command {
        OperatorCommand::Add {
            data_dir,
            name,
            json,
        } => print_link(order(&data_dir, Order::AddOperator(name)).await?, json)?,
        OperatorCommand::Reset {
            data_dir,
            name,
            json,
        } => print_link(order(&data_dir, Order::ResetOperator(name)).await?, json)?,
        OperatorCommand::Disable {
            data_dir,
            name,
            json,
        } => {
            order(&data_dir, Order::DisableOperator(name.clone())).await?;
            if json {
                out!("{}", serde_json::json!({ "disabled": name }));
            } else {
                out!("{name}: 停止しました / disabled");
            }
        }
        OperatorCommand::List { data_dir, json } => {
            let Reply::Operators(lines) = order(&data_dir, Order::ListOperators).await? else {
                return Err(other_answer());
            };
            listing::show(&lines, json, print)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_link(reply: Reply, json: bool) -> anyhow::Result<()> {
    let Reply::Invited(Invitation { name, link, until }) = reply else {
        return Err(other_answer());
    };
    if json {
        out!(
            "{}",
            serde_json::json!({"name": name, "link": link, "until": until})
        );
        return Ok(());
    }
    out!("{link}");
    out!("   {name}: {until} まで、一度だけ使えます / good once, until then");
    Ok(())
}

fn print(line: &OperatorLine) {
    let signed_in = line.signed_in.as_deref().unwrap_or("-");
    out!("{:<32}  {:<8}  {signed_in}", line.name, line.state);
}
