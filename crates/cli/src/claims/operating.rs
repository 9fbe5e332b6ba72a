//! What an operator does for the claims entry from the shell: accounts of the review bodies, filings, time beside the calendar. The center does it.

use std::path::PathBuf;
use std::process::ExitCode;

use center::claims::operating::{ClaimsAccountName, ClaimsOrder, ClaimsReply, NewClaimsOpening};
use center::control::{Order, Reply};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::enroll::{order, other_answer};
use crate::listing;

/// What to do with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AccountDeed {
    /// Make it; its first password is printed once.
    Add,
    /// Give it a new first password.
    Reset,
    /// Disable it; open sessions end.
    Disable,
    /// Enable it again.
    Enable,
    /// List the accounts.
    List,
}

/// `onshi claims account`.
#[derive(Args)]
pub(crate) struct AccountArguments {
    /// What to do.
    deed: AccountDeed,
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Review body: fund, or federation- and the two digits of the prefecture; fund when left out, all of them in a list.
    #[arg(long)]
    tenant: Option<String>,
    /// Ten-digit institution code.
    #[arg(long)]
    code: Option<String>,
    /// Identifier of the account.
    #[arg(long, default_value = "")]
    id: String,
    /// Name to show.
    #[arg(long, default_value = "")]
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi claims filing`.
#[derive(Subcommand)]
pub(crate) enum FilingCommand {
    /// List the filings of all facilities, those that wait first.
    #[command(after_help = "Example: onshi claims filing list --data-dir /var/lib/onshi")]
    List {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Accept a filing that is handed in: its PC may hand claims in.
    #[command(
        after_help = "Example: onshi claims filing accept --data-dir /var/lib/onshi --id 0190…"
    )]
    Accept {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Identifier of the filing.
        #[arg(long)]
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Refuse a filing that is handed in.
    #[command(
        after_help = "Example: onshi claims filing refuse --data-dir /var/lib/onshi --id 0190… --reason unknown-line"
    )]
    Refuse {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Identifier of the filing.
        #[arg(long)]
        id: String,
        /// Why, as the facility reads it.
        #[arg(long)]
        reason: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `onshi claims opening`.
#[derive(Subcommand)]
pub(crate) enum OpeningCommand {
    /// Open the entry beside its calendar; facilities read the reason.
    #[command(
        after_help = "Example: onshi claims opening add --data-dir /var/lib/onshi --from '2026-12-11 00:00' --until '2026-12-12 21:00' --reason fault"
    )]
    Add(NewOpening),
    /// List the openings that are not over.
    #[command(after_help = "Example: onshi claims opening list --data-dir /var/lib/onshi")]
    List {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// End an opening that has begun.
    #[command(
        after_help = "Example: onshi claims opening end --data-dir /var/lib/onshi --id 0190…"
    )]
    End {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Identifier of the opening.
        #[arg(long)]
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take back an opening that has not begun.
    #[command(
        after_help = "Example: onshi claims opening withdraw --data-dir /var/lib/onshi --id 0190…"
    )]
    Withdraw {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Identifier of the opening.
        #[arg(long)]
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// `onshi claims opening add`.
#[derive(Args)]
pub(crate) struct NewOpening {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Review body; all of them without one.
    #[arg(long)]
    tenant: Option<String>,
    /// From when: day and time in Japan such as 2026-12-11 00:00, or RFC 3339.
    #[arg(long)]
    from: String,
    /// Until when.
    #[arg(long)]
    until: String,
    /// Why, as facilities read it.
    #[arg(long)]
    reason: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

async fn ask(data_dir: &std::path::Path, of: ClaimsOrder) -> anyhow::Result<ClaimsReply> {
    match order(data_dir, Order::Claims(of)).await? {
        Reply::Claims(reply) => Ok(reply),
        _ => Err(other_answer()),
    }
}

pub(crate) async fn account(arguments: AccountArguments) -> anyhow::Result<ExitCode> {
    let name = || ClaimsAccountName {
        tenant: arguments.tenant.clone().unwrap_or_else(|| "fund".into()),
        code: arguments.code.clone().unwrap_or_default(),
        id: arguments.id.clone(),
    };
    let of = match arguments.deed {
        AccountDeed::Add => ClaimsOrder::AddAccount(name(), arguments.name.clone()),
        AccountDeed::Reset => ClaimsOrder::ResetAccount(name()),
        AccountDeed::Disable => ClaimsOrder::DisableAccount(name()),
        AccountDeed::Enable => ClaimsOrder::EnableAccount(name()),
        AccountDeed::List => {
            ClaimsOrder::ListAccounts(arguments.code.clone(), arguments.tenant.clone())
        }
    };
    match ask(&arguments.data_dir, of).await? {
        ClaimsReply::Account(made) if arguments.json => {
            out!("{}", serde_json::to_string_pretty(&made)?);
        }
        ClaimsReply::Account(made) => {
            out!("{}  {}  {}", made.name.tenant, made.name.code, made.name.id);
            out!("{}", made.password);
            out!("   最初のログインで変更します。 / it is changed at the first sign-in");
        }
        ClaimsReply::Accounts(lines) => listing::show(&lines, arguments.json, |it| {
            let of = &it.name;
            out!(
                "{:<14}  {}  {:<32}  {}",
                of.tenant,
                of.code,
                of.id,
                it.state
            );
        })?,
        ClaimsReply::Done => done(arguments.json),
        ClaimsReply::Filings(_) | ClaimsReply::Openings(_) => return Err(other_answer()),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn filing(command: FilingCommand) -> anyhow::Result<ExitCode> {
    let (data_dir, of, json) = match command {
        FilingCommand::List { data_dir, json } => (data_dir, ClaimsOrder::ListFilings, json),
        FilingCommand::Accept { data_dir, id, json } => {
            (data_dir, ClaimsOrder::AcceptFiling(id), json)
        }
        FilingCommand::Refuse {
            data_dir,
            id,
            reason,
            json,
        } => (data_dir, ClaimsOrder::RefuseFiling(id, reason), json),
    };
    match ask(&data_dir, of).await? {
        ClaimsReply::Filings(found) => {
            listing::show(&found.filings, json, |it| {
                out!(
                    "{}  {:<10}  {}  {:<14}  {:<11}  {}",
                    it.filing.id,
                    it.filing.state,
                    it.code,
                    it.filing.tenant,
                    it.filing.kind,
                    it.filing.terminal
                );
            })?;
            if found.is_cut() {
                let (all, shown, waiting) = (found.all, found.filings.len(), found.waiting);
                err!(
                    "全{all}件のうち{shown}件です（審査中{waiting}件、提出の早い順）。決定していくと、残りの審査中の届出も表示されます。 / {shown} of {all} filings, {waiting} waiting, in the order they were handed in; as they are decided, the others that wait appear"
                );
            }
        }
        ClaimsReply::Done => done(json),
        ClaimsReply::Account(_) | ClaimsReply::Accounts(_) | ClaimsReply::Openings(_) => {
            return Err(other_answer());
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn opening(command: OpeningCommand) -> anyhow::Result<ExitCode> {
    let (data_dir, of, json) = match command {
        OpeningCommand::Add(new) => {
            let of = NewClaimsOpening {
                tenant: new.tenant,
                from: new.from,
                until: new.until,
                reason: new.reason,
            };
            (new.data_dir, ClaimsOrder::Open(of), new.json)
        }
        OpeningCommand::List { data_dir, json } => (data_dir, ClaimsOrder::ListOpenings, json),
        OpeningCommand::End { data_dir, id, json } => (data_dir, ClaimsOrder::EndOpening(id), json),
        OpeningCommand::Withdraw { data_dir, id, json } => {
            (data_dir, ClaimsOrder::WithdrawOpening(id), json)
        }
    };
    match ask(&data_dir, of).await? {
        ClaimsReply::Openings(lines) => listing::show(&lines, json, |it| {
            out!(
                "{}  {:<9}  {:<14}  {}  {}  {}",
                it.id,
                it.state,
                it.tenant.as_deref().unwrap_or("all"),
                it.from,
                it.until,
                it.reason
            );
        })?,
        ClaimsReply::Done => done(json),
        ClaimsReply::Account(_) | ClaimsReply::Accounts(_) | ClaimsReply::Filings(_) => {
            return Err(other_answer());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn done(as_json: bool) {
    if as_json {
        out!("{}", json!({"done": true}));
    } else {
        out!("完了しました / done");
    }
}
