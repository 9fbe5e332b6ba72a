//! `onshi feed` for insurers' batches: review, undoing, the report to the insurer, and which batch an answer came from. Shows nothing of
//! anybody but the identifier the insurer sent.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use center::control::{Order, Reply};
use center::feeds::{FeedReport, FiguresLine};
use center::insurer_feeds::report_file;
use clap::Args;

use super::{print_batch, print_report};
use crate::enroll::{order, other_answer};
use crate::{listing, printing};

/// A batch.
#[derive(Args)]
pub(crate) struct Named {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// The batch's number, or its identifier.
    batch: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A check.
#[derive(Args)]
pub(crate) struct SourceArguments {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// The institution code of the facility that checked.
    #[arg(long)]
    facility: String,
    /// The identifier of the check.
    #[arg(long)]
    check: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Sends an order about a batch, and shows how the batch stands then.
pub(super) async fn told(
    named: &Named,
    of: impl FnOnce(String) -> Order,
) -> anyhow::Result<ExitCode> {
    let Reply::Feed(report) = order(&named.data_dir, of(named.batch.clone())).await? else {
        return Err(other_answer());
    };
    if named.json {
        out!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print_report(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// What a batch changes of its insurer's figures, why it is held, and what is remarked of it.
pub(super) fn print_figures(it: &FeedReport) {
    if let Some(remarks) = it.remarks {
        out!(
            "  期限後 / late: {}   本人確認の不一致 / other identity: {}   記載なし / not named: {}   喪失済みの記載 / named although lost: {}",
            remarks.late,
            remarks.mismatches,
            remarks.unnamed,
            remarks.lost
        );
    }
    if let Some(weighed) = it.weighed {
        out!("  前 / before: {}", figures(weighed.before));
        out!("  後 / after:  {}", figures(weighed.after));
        out!(
            "  なくなるもの / vanishing: 負担割合 / ratios {}   限度額 / ceilings {}   加入者 / members {}",
            weighed.ratio_gone,
            weighed.ceiling_gone,
            weighed.members_gone
        );
    }
    for (ja, en) in &it.held_for {
        out!("  確認が必要な理由 / to review: {ja} / {en}");
    }
    if let ("held", Some(number)) = (it.state.as_str(), it.number) {
        out!(
            "  確かめたあとで / afterwards: onshi feed release {number}, onshi feed reject {number}"
        );
    }
}

fn figures(it: FiguresLine) -> String {
    format!(
        "加入者 / members {}   負担割合 / with ratio {}   限度額 / with ceiling {}   喪失 / lost {}",
        it.members, it.with_ratio, it.with_ceiling, it.lost
    )
}

/// Writes the report to the insurer.
pub(super) async fn report(named: &Named) -> anyhow::Result<ExitCode> {
    let show = Order::ShowFeed(named.batch.clone());
    let Reply::Feed(batch) = order(&named.data_dir, show).await? else {
        return Err(other_answer());
    };
    let mut file = report_file::begin(&batch)?;
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let remarks = Order::FeedRemarks(named.batch.clone(), after);
        let Reply::FeedRemarks(remarks) = order(&named.data_dir, remarks).await? else {
            return Err(other_answer());
        };
        let Some(last) = remarks.last() else { break };
        after = Some((last.line, last.place));
        report_file::push(&mut file, &remarks)?;
        if named.json {
            all.extend(remarks);
        }
    }
    if named.json {
        out!("{}", serde_json::to_string_pretty(&(&batch, &all))?);
    } else {
        printing::bytes(&file.into_bytes());
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which batches a check was answered from.
pub(super) async fn source(arguments: &SourceArguments) -> anyhow::Result<ExitCode> {
    let sources = Order::FeedSources(arguments.facility.clone(), arguments.check.clone());
    let Reply::Feeds(batches) = order(&arguments.data_dir, sources).await? else {
        return Err(other_answer());
    };
    if arguments.json {
        out!("{}", serde_json::to_string_pretty(&batches)?);
    } else if batches.is_empty() {
        out!("取込によらない登録から答えています / answered from what no feed brought");
    } else {
        batches.iter().for_each(print_batch);
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows late registrations by insurer.
pub(super) async fn late(data_dir: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let Reply::LateRegistrations(all) = order(data_dir, Order::LateRegistrations).await? else {
        return Err(other_answer());
    };
    listing::show(&all, json, |it| {
        out!(
            "{}  行 / lines {}   期限後 / late {}   届出 / by notification {}   登録 / by registration {}",
            it.insurer,
            it.lines,
            it.late,
            it.by_employer,
            it.by_insurer
        );
    })?;
    Ok(ExitCode::SUCCESS)
}
