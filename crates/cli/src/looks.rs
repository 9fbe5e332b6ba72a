//! Shows and exports who looked at medical information through the running center, which records every such search. Names nobody: a person
//! stands there by the number the audit chain has for them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use center::control::{Order, Reply};
use center::looks::{LookLine, LookPage, LookQuery};
use clap::Args;

use crate::export::write_json_lines;

/// Whose looks.
#[derive(Args)]
pub(crate) struct Whose {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// First day, in Japan, such as 2026-11-23.
    #[arg(long)]
    from: Option<String>,
    /// Last day, in Japan.
    #[arg(long)]
    to: Option<String>,
    /// Institution code of the facility at which somebody looked.
    #[arg(long)]
    facility: Option<String>,
    /// Account that looked.
    #[arg(long)]
    account: Option<String>,
    /// Person who was looked at: the subject of an audit event, 32 hexadecimal digits.
    #[arg(long)]
    person: Option<String>,
    /// What the look rested on: visit, home, disaster or ambulance.
    #[arg(long)]
    basis: Option<String>,
    /// Only looks under an emergency.
    #[arg(long)]
    emergencies: bool,
}

impl Whose {
    fn query(&self) -> Box<LookQuery> {
        Box::new(LookQuery {
            from: self.from.clone(),
            to: self.to.clone(),
            facility: self.facility.clone(),
            account: self.account.clone(),
            person: self.person.clone(),
            basis: self.basis.clone(),
            emergencies: self.emergencies,
        })
    }
}

pub(crate) async fn show(whose: &Whose, json: bool) -> anyhow::Result<ExitCode> {
    let page = page(whose, None).await?;
    if json {
        out!("{}", serde_json::to_string_pretty(&page.looks)?);
        return Ok(ExitCode::SUCCESS);
    }
    for it in &page.looks {
        out!("{}", line(it));
    }
    out!("{} 件 / looks", page.looks.len());
    if page.next.is_some() {
        out!(
            "これより古いものは条件を絞るか --out で / older ones: narrow the search, or write all with --out"
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn export(whose: &Whose, out: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let looks = write_json_lines(out, async |after| {
        let page = page(whose, after).await?;
        Ok((page.looks, page.next))
    });
    let count = looks.await?;
    let written = out.display().to_string();
    if json {
        let report = serde_json::json!({"written": written, "looks": count});
        out!("{report}");
    } else {
        out!("{written}: {count} 件を書き込みました / {count} looks written");
    }
    Ok(ExitCode::SUCCESS)
}

fn line(it: &LookLine) -> String {
    let mark = if it.emergency { "!" } else { " " };
    format!(
        "{} {mark} {}  {:<20} {}  {:<8} {:<10} {}",
        it.at,
        it.facility,
        it.account,
        it.person,
        it.way,
        it.purpose,
        it.under.join(" ")
    )
}

async fn page(whose: &Whose, after: Option<(i64, i64)>) -> anyhow::Result<LookPage> {
    let order = Order::LooksPage(whose.query(), after);
    match crate::enroll::order(&whose.data_dir, order).await? {
        Reply::Looks(page) => Ok(page),
        _ => Err(crate::enroll::other_answer()),
    }
}
