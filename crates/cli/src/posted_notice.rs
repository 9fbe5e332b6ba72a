//! `onshi notice`: notices to facilities (お知らせ) from the operator's shell. Not the issue notice of a certificate, which `onshi enroll`
//! makes.

use std::path::PathBuf;
use std::process::ExitCode;

use center::control::{Order, Reply};
use center::posted_notices::{NewNotice, NoticeLine};
use clap::Subcommand;

use crate::enroll::{order, other_answer};
use crate::listing;
use crate::told;

/// `onshi notice`.
#[derive(Subcommand)]
pub(crate) enum NoticeCommand {
    /// Post a notice; facilities that meet everything that is given read it, all of them when nothing is.
    #[command(
        after_help = "Example: onshi notice add --data-dir /var/lib/onshi --title 回線工事のお知らせ --body-file kouji.txt --prefecture 13 --until 2026-12-01"
    )]
    Add {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Title in Japanese, at most 100 characters.
        #[arg(long)]
        title: String,
        /// File holding the text in Japanese.
        #[arg(long)]
        body_file: PathBuf,
        /// Title in English.
        #[arg(long, requires = "body_en_file")]
        title_en: Option<String>,
        /// File holding the text in English.
        #[arg(long, requires = "title_en")]
        body_en_file: Option<PathBuf>,
        /// Show it on the main screen until it is read.
        #[arg(long)]
        important: bool,
        /// medical, dental, pharmacy or home_nursing; may be given more than once.
        #[arg(long)]
        kind: Vec<String>,
        /// Number of a prefecture, 01 to 47; may be given more than once.
        #[arg(long)]
        prefecture: Vec<String>,
        /// Institution code; may be given more than once.
        #[arg(long)]
        facility: Vec<String>,
        /// The last day on which it is shown, such as 2026-12-31; until it is withdrawn when left out.
        #[arg(long)]
        until: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List all notices, the newest first.
    #[command(after_help = "Example: onshi notice list --data-dir /var/lib/onshi")]
    List {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a notice back.
    #[command(
        after_help = "Example: onshi notice withdraw --data-dir /var/lib/onshi --id 019aae5e-0000-7000-8000-000000000001"
    )]
    Withdraw {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Identifier, as `onshi notice list` prints it.
        #[arg(long)]
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(command: NoticeCommand) -> anyhow::Result<ExitCode> {
    match command {
        NoticeCommand::Add {
            data_dir,
            title,
            body_file,
            title_en,
            body_en_file,
            important,
            kind,
            prefecture,
            facility,
            until,
            json,
        } => {
            let body_en = body_en_file.as_deref().map(told::read_text).transpose()?;
            let new = NewNotice {
                title,
                body: told::read_text(&body_file)?,
                english: title_en.zip(body_en),
                important,
                kinds: kind,
                prefectures: prefecture,
                facilities: facility,
                until,
            };
            let Reply::Posted(id) = order(&data_dir, Order::PostNotice(Box::new(new))).await?
            else {
                return Err(other_answer());
            };
            if json {
                out!("{}", serde_json::json!({ "posted": id }));
            } else {
                out!("{id}: 掲載しました / posted");
            }
        }
        NoticeCommand::List { data_dir, json } => {
            let Reply::Notices(lines) = order(&data_dir, Order::ListNotices).await? else {
                return Err(other_answer());
            };
            listing::show(&lines, json, print)?;
        }
        NoticeCommand::Withdraw { data_dir, id, json } => {
            order(&data_dir, Order::WithdrawNotice(id.clone())).await?;
            if json {
                out!("{}", serde_json::json!({ "withdrawn": id }));
            } else {
                out!("{id}: 取り下げました / withdrawn");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print(line: &NoticeLine) {
    let given = [&line.kinds, &line.prefectures, &line.facilities];
    let audience: Vec<&str> = given.into_iter().flatten().map(String::as_str).collect();
    let audience = if audience.is_empty() {
        "all".to_owned()
    } else {
        audience.join(",")
    };
    let until = line.until.as_deref().unwrap_or("-");
    out!(
        "{}  {}  {}  {}  {until}  {audience}  {}",
        line.id,
        line.posted_at,
        line.state,
        line.importance,
        line.title
    );
}
