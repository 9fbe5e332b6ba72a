//! Applications for certificates: a look at the open ones, and declining one. The notice itself is made by `onshi enroll` and `onshi enroll reissue`,
//! which close what they answer.

use std::path::PathBuf;
use std::process::ExitCode;

use center::applications::ApplicationsOrder;
use center::control::{Order, Reply};
use clap::Args;

use super::{order, other_answer, say};
use crate::listing;

/// `onshi enroll applications`.
#[derive(Args)]
pub(super) struct ApplicationsArguments {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Decline the application of this number.
    #[arg(long, value_name = "NUMBER", requires = "reason")]
    decline: Option<String>,
    /// Why; whoever applied reads it. At most 200 characters.
    #[arg(long, value_name = "TEXT", requires = "decline")]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl ApplicationsArguments {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let asked = match (&self.decline, &self.reason) {
            (Some(number), Some(reason)) => {
                ApplicationsOrder::Decline(number.clone(), reason.clone())
            }
            // The parser asks for both or neither.
            _ => ApplicationsOrder::List,
        };
        let answer = order(&self.data_dir, Order::Applications(asked)).await?;
        let Reply::Applications(lines) = answer else {
            return Err(other_answer());
        };
        if let Some(number) = &self.decline {
            say(self.json, "declined", number, "見送りました / declined");
            return Ok(ExitCode::SUCCESS);
        }
        listing::show(&lines, self.json, |line| {
            let remark = line.remark.as_ref();
            let remark = remark.map_or_else(String::new, |it| format!(" 備考 / remark: {it}"));
            out!(
                "{} {} {} {} {} {} 申請者 / by: {} {}{remark}",
                line.number,
                line.applied_at,
                line.kind,
                line.code,
                line.name,
                line.terminal,
                line.contact,
                line.phone
            );
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
