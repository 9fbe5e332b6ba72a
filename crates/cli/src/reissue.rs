//! What an operator does for a facility whose certificate is gone: issue anew, revoke, look. The center does it.

use std::path::PathBuf;
use std::process::ExitCode;

use center::control::{Order, Reply};
use center::reissue::{CertificateLine, RevokeEarlier, Terminal, WaitingLine};
use clap::{ArgGroup, Args};
use serde::Serialize;

use crate::enroll::{look_for_notice, order, other_answer, show_notice};
use crate::listing;

/// `onshi enroll reissue`.
#[derive(Args)]
pub(crate) struct ReissueArguments {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Ten-digit institution code.
    #[arg(long)]
    code: String,
    /// Name of the terminal.
    #[arg(long)]
    terminal: String,
    /// Revoke the terminal's certificates now: file or PC are in somebody else's hands. Else they end when the new one is first used.
    #[arg(long)]
    revoke_now: bool,
    /// Write the notice here as a page to print, readable by this user only, instead of showing it.
    #[arg(long, conflicts_with = "json")]
    notice: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi enroll revoke`.
#[derive(Args)]
pub(crate) struct RevokeArguments {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Ten-digit institution code.
    #[arg(long)]
    code: String,
    /// Name of the terminal.
    #[arg(long)]
    terminal: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi enroll list`.
#[derive(Args)]
#[command(group(ArgGroup::new("which").required(true).args(["code", "lost"])))]
pub(crate) struct ListArguments {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Ten-digit institution code.
    #[arg(long)]
    code: Option<String>,
    /// Those whose loss was reported and that still open something, of all facilities.
    #[arg(long)]
    lost: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl ReissueArguments {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        look_for_notice(self.notice.as_deref())?;
        let terminal = Terminal {
            code: self.code,
            terminal: self.terminal,
        };
        let earlier = if self.revoke_now {
            RevokeEarlier::Now
        } else {
            RevokeEarlier::WhenReplaced
        };
        match order(&self.data_dir, Order::Reissue(terminal, earlier)).await? {
            Reply::Enrolled(enrolled) => {
                show_notice(&enrolled, self.notice.as_deref(), self.json)?;
                Ok(ExitCode::SUCCESS)
            }
            _ => Err(other_answer()),
        }
    }
}

impl RevokeArguments {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let terminal = Terminal {
            code: self.code.clone(),
            terminal: self.terminal.clone(),
        };
        order(&self.data_dir, Order::RevokeTerminal(terminal)).await?;
        if self.json {
            out!(
                "{}",
                serde_json::json!({"revoked": self.terminal, "code": self.code})
            );
        } else {
            out!("{} {}: 失効させました / revoked", self.code, self.terminal);
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl ListArguments {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let code = self.code.filter(|_| !self.lost);
        let Reply::Certificates(certificates, waiting) =
            order(&self.data_dir, Order::Certificates(code)).await?
        else {
            return Err(other_answer());
        };
        let certificates = certificates.into_iter().map(Line::Certificate);
        let waiting = waiting.into_iter().map(Line::Waiting);
        let lines: Vec<_> = certificates.chain(waiting).collect();
        listing::show(&lines, self.json, print)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A line of the list.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Certificate(CertificateLine),
    Waiting(WaitingLine),
}

fn print(line: &Line) {
    match line {
        Line::Certificate(it) => {
            let lost = it.lost_at.as_ref();
            let lost = lost.map_or_else(String::new, |at| format!(" 紛失届 / lost {at}"));
            out!(
                "{} {} {} {} {}{lost}",
                it.code,
                it.terminal,
                it.state,
                it.not_after,
                it.fingerprint
            );
        }
        Line::Waiting(it) => out!(
            "{} {} {} {} -",
            it.code,
            it.terminal,
            it.state,
            it.download_until
        ),
    }
}
