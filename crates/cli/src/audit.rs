//! Verifies a center's audit chain from its files, running or not; searches and exports it through the running center, which
//! records every look.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use center::audit::faults::in_both;
use center::audit::{AuditLine, AuditQuery};
use center::control::{Order, Reply};
use center::public_keys::BelievedKeys;
use clap::{Args, Subcommand};
use pki::authority::Authority;
use pki::receipt_key::ReceiptKeys;
use pki::sealed::MachineKey;
use store::audit::outside::Outside;
use store::audit::verify::Report;
use store::engine::Engine;

use crate::export::write_json_lines;
use crate::progress::Progress;
use crate::revoked_outside::{RevokedAgain, RevokedOutside};
use crate::store_place::{Named, StorePlace};
use crate::{backup, told};

/// `onshi audit`.
#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Find change, deletion, insertion, a cut tail or a fork, and say where. Ends with 1 when the chain is not whole.
    #[command(
        after_help = "Example: onshi audit verify --data-dir /var/lib/onshi\n         onshi audit verify --config /etc/onshi/center.toml"
    )]
    Verify {
        #[command(flatten)]
        named: Named,
        /// Checkpoints kept outside the store (`checkpoint_dir` of the settings): its `checkpoints.jsonl`.
        #[arg(long)]
        outside: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the latest events of the running center that fit. The look is recorded.
    #[command(
        after_help = "Example: onshi audit search --data-dir /var/lib/onshi --deed sign-in-refused --from 2026-11-01"
    )]
    Search {
        #[command(flatten)]
        what: What,
        /// Print JSON, one array.
        #[arg(long)]
        json: bool,
    },
    /// Show who looked at medical information, at one facility or at all, the newest first; names nobody. The look is recorded.
    #[command(
        after_help = "Example: onshi audit looks --data-dir /var/lib/onshi --facility 1319999999 --emergencies --out looks.jsonl"
    )]
    Looks {
        #[command(flatten)]
        whose: crate::looks::Whose,
        /// File to write all looks that fit to, as JSON lines; must not exist. Without it the latest ones are shown.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Record that the store was brought back by other means than `onshi restore`: a database by its server's.
    #[command(
        after_help = "Example: onshi audit restored --config /etc/onshi/center.toml --from 20261126T0930"
    )]
    Restored {
        #[command(flatten)]
        named: Named,
        /// Which copy or point in time; stands in the event as one word.
        #[arg(long)]
        from: String,
        /// Checkpoints kept outside the store (`checkpoint_dir` of the settings): what the `revocations.jsonl` beside it names is revoked again.
        #[arg(long)]
        outside: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write all events of the running center that fit as JSON lines, chain by chain in order. The look is recorded.
    #[command(
        after_help = "Example: onshi audit export --data-dir /var/lib/onshi --out audit.jsonl"
    )]
    Export {
        #[command(flatten)]
        what: What,
        /// File to write; must not exist.
        #[arg(long)]
        out: PathBuf,
        /// Print JSON about what was written.
        #[arg(long)]
        json: bool,
    },
}

/// Which events.
#[derive(Args)]
pub(crate) struct What {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// First day, in Japan, such as 2026-11-23.
    #[arg(long)]
    from: Option<String>,
    /// Last day, in Japan.
    #[arg(long)]
    to: Option<String>,
    /// Institution code of the facility that acted.
    #[arg(long)]
    facility: Option<String>,
    /// Account that acted.
    #[arg(long)]
    account: Option<String>,
    /// Operator who acted; local is the shell.
    #[arg(long, conflicts_with = "account")]
    operator: Option<String>,
    /// Kind of event, such as sign-in-refused; an unknown one is answered with the list.
    #[arg(long)]
    deed: Option<String>,
    /// Identifier of what it was about.
    #[arg(long)]
    subject: Option<String>,
}

impl What {
    fn query(&self) -> AuditQuery {
        AuditQuery {
            from: self.from.clone(),
            to: self.to.clone(),
            facility: self.facility.clone(),
            account: self.account.clone(),
            operator: self.operator.clone(),
            deed: self.deed.clone(),
            subject: self.subject.clone(),
        }
    }
}

pub(crate) async fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Verify {
            named,
            outside,
            json,
        } => verify(&named.read()?, outside.as_deref(), json),
        AuditCommand::Search { what, json } => search(&what, json).await,
        AuditCommand::Looks { whose, out, json } => match out {
            Some(out) => crate::looks::export(&whose, &out, json).await,
            None => crate::looks::show(&whose, json).await,
        },
        AuditCommand::Restored {
            named,
            from,
            outside,
            json,
        } => restored(&named.read()?, &from, outside.as_deref(), json).await,
        AuditCommand::Export { what, out, json } => export(&what, &out, json).await,
    }
}

async fn restored(
    place: &StorePlace,
    from: &str,
    outside: Option<&Path>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let revoked = outside.map(RevokedOutside::named_by).transpose()?;
    let reach = backup::record_restore(place, from).await?;
    let again = match revoked {
        Some(revoked) => Some(revoked.revoke_again(place).await),
        None => None,
    };
    if json {
        out!(
            "{}",
            serde_json::json!({
                "recorded": backup::reach_json(&reach), "revoked_again": again.as_ref().map(RevokedAgain::to_json),
            })
        );
    } else {
        out!("{}", backup::told_reach(&reach));
        if let Some(again) = &again {
            out!("{again}");
        }
    }
    Ok(if again.is_none_or(|it| it.is_done()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The files of a center's keys without which no signature can be verified.
const SIGNING: [&str; 2] = ["machine.key", "receipt.key"];

/// The first file that is not in a data folder and without which no signature can be verified.
pub(crate) fn missing_key(data_dir: &Path) -> Option<PathBuf> {
    let mut keys = SIGNING.into_iter().map(|name| data_dir.join(name));
    keys.find(|key| !key.is_file())
}

/// The files of a center's keys that are not in its data folder, with those without which no certificate is issued.
pub(crate) fn missing_keys(data_dir: &Path) -> Vec<PathBuf> {
    let files = SIGNING.into_iter().map(|name| data_dir.join(name));
    let missing = files.filter(|key| !key.is_file());
    let issuing = Authority::missing_in(&data_dir.join("ca"));
    missing.chain(issuing).collect()
}

/// Verifies the chain of a store with the keys that lie in its data folder.
pub(crate) fn examine(place: &StorePlace, outside: &mut Outside) -> anyhow::Result<Report> {
    place.must_exist()?;
    let data_dir = place.data_dir();
    if let Some(missing) = missing_key(data_dir) {
        return Err(told::unreadable(&missing, &ErrorKind::NotFound.into()));
    }
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    let keys = ReceiptKeys::open(data_dir, &machine)?;
    let engine = place.open_as_it_is([0; 16])?;
    let report = verified(&engine, (&machine, &keys), outside);
    // However it came out: what is left open leaves logs beside the files.
    engine.close();
    report
}

fn verified(
    engine: &Engine,
    (machine, keys): (&MachineKey, &ReceiptKeys),
    outside: &mut Outside,
) -> anyhow::Result<Report> {
    let mut believed = BelievedKeys::new(engine, machine, keys);
    let total = engine.events()?;
    let mut progress = Progress::new("events", total);
    let mut report = engine.verify_audit_watched(
        outside.by_ref(),
        |kid, message, signature| believed.verifies(kid, message, signature),
        |events| progress.reached(events.min(total)),
    )?;
    progress.reached(total);
    report.faults.extend(outside.faults());
    Ok(report)
}

fn verify(place: &StorePlace, outside: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let outside = outside.map(open_outside).transpose()?;
    let report = examine(place, &mut outside.unwrap_or_default())?;
    let faults: Vec<String> = report.faults.iter().map(in_both).collect();
    if json {
        let report = serde_json::json!({
            "whole": faults.is_empty(), "events": report.events, "chains": report.chains,
            "checks": report.checks, "consents": report.consents, "looks": report.looks, "withdrawals": report.withdrawals,
            "let_go": report.let_go, "checkpoints": report.checkpoints,
            "faults": faults,
        });
        out!("{report}");
    } else {
        out!(
            "イベント / events {}, 鎖 / chains {}, 確認 / checks {}, 同意 / consents {}, 閲覧 / looks {}, 同意取消 / withdrawals {}, 期限で消した記録 / let go {}, チェックポイント / checkpoints {}",
            report.events,
            report.chains,
            report.checks,
            report.consents,
            report.looks,
            report.withdrawals,
            report.let_go,
            report.checkpoints
        );
        faults
            .iter()
            .for_each(|fault| out!("異常 / fault: {fault}"));
        out!(
            "{}",
            if faults.is_empty() {
                "監査記録に異常はありません / the chain is whole"
            } else if report.is_chain_whole() {
                "監査記録そのものに異常はありませんが、外部のチェックポイントに読めない行があります / nothing is wrong with the chain itself, but checkpoints kept outside cannot be read"
            } else {
                "監査記録が改変されています / the chain is NOT whole"
            }
        );
    }
    Ok(if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn search(what: &What, json: bool) -> anyhow::Result<ExitCode> {
    let order = Order::AuditSearch(what.query());
    let lines = lines(&what.data_dir, order).await?;
    if json {
        out!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(ExitCode::SUCCESS);
    }
    for line in &lines {
        out!(
            "{}  {:<18} {}  {:<24} {} {}",
            line.at,
            line.deed,
            line.facility.as_deref().unwrap_or("-         "),
            line.actor,
            line.subject.as_deref().unwrap_or("-"),
            line.detail
        );
    }
    out!("{} 件 / events", lines.len());
    if lines.len() == center::audit::MOST_EVENTS as usize {
        out!("これより古いものは条件を絞るか export で / older ones: narrow the search, or export");
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(what: &What, out: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let events = write_json_lines(out, async |after| {
        let page = lines(&what.data_dir, Order::AuditPage(what.query(), after)).await?;
        let is_full = page.len() == center::audit::MOST_EVENTS as usize;
        let last = page.last().filter(|_| is_full);
        let next = last.map(|last| (last.chain.clone(), last.seq));
        Ok((page, next))
    });
    let count = events.await?;
    let written = out.display().to_string();
    if json {
        out!(
            "{}",
            serde_json::json!({"written": written, "events": count})
        );
    } else {
        out!("{written}: {count} 件を書き込みました / {count} events written");
    }
    Ok(ExitCode::SUCCESS)
}

async fn lines(data_dir: &Path, order: Order) -> anyhow::Result<Vec<AuditLine>> {
    match crate::enroll::order(data_dir, order).await? {
        Reply::Audit(lines) => Ok(lines),
        _ => Err(crate::enroll::other_answer()),
    }
}

/// Opens a file of checkpoints kept outside. Single lines that are none are told with the report; a file without any checkpoint is another one.
pub(crate) fn open_outside(file: &Path) -> anyhow::Result<Outside> {
    let outside = Outside::open(file).map_err(|error| told::unreadable(file, &error))?;
    match outside.other_text() {
        Some(line) => {
            let file = file.display();
            Err(told::both(
                &format!(
                    "{file} の {line} 行目はチェックポイントではありません。checkpoint_dir の checkpoints.jsonl を指定してください。"
                ),
                &format!(
                    "{file} line {line}: no checkpoint; name the checkpoints.jsonl of checkpoint_dir"
                ),
            ))
        }
        None => Ok(outside),
    }
}
