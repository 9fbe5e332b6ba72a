//! `onshi emergency`: emergency windows (緊急時の開放) from the operator's shell. Opens nothing itself: the center decides.

use std::path::PathBuf;
use std::process::ExitCode;

use center::control::{Order, Reply};
use center::emergency::windows::{NewWindow, WindowLine, WindowStep};
use clap::{Args, Subcommand};

use crate::enroll::{order, other_answer};
use crate::listing;

/// Where the center is, and who asks.
#[derive(Args)]
pub(crate) struct Asking {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// Who asks: the name stands in the record. Where two operators are needed, all names of the shell count as one: what is asked here is
    /// approved on the operators' pages, and what is asked there may be approved here.
    #[arg(long, default_value = "")]
    operator: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi emergency`.
#[derive(Subcommand)]
pub(crate) enum EmergencyCommand {
    /// Open a window: a disaster for prefectures, districts or facilities, an outage for facilities or everywhere.
    #[command(
        after_help = "Example: onshi emergency open --data-dir /var/lib/onshi --operator unyo1 --kind disaster --prefecture 17 --reason 地震 --until 2026-12-31T15:00:00Z"
    )]
    Open {
        #[command(flatten)]
        asking: Asking,
        /// disaster or outage.
        #[arg(long)]
        kind: String,
        /// Every facility; for an outage alone.
        #[arg(long)]
        everywhere: bool,
        /// Number of a prefecture, 01 to 47; may be given more than once.
        #[arg(long)]
        prefecture: Vec<String>,
        /// Prefecture and district (郡市区番号) of institution codes, four digits; may be given more than once.
        #[arg(long)]
        district: Vec<String>,
        /// Institution code; may be given more than once.
        #[arg(long)]
        facility: Vec<String>,
        /// Why; facilities read it.
        #[arg(long)]
        reason: String,
        /// The first instant, RFC 3339; now when left out.
        #[arg(long)]
        from: Option<String>,
        /// The first instant at which it is open no more, RFC 3339.
        #[arg(long)]
        until: String,
    },
    /// Approve a window, or its later end, that an operator asked for on the pages.
    #[command(
        after_help = "Example: onshi emergency approve --data-dir /var/lib/onshi --operator unyo2 --id 019aae5e-0000-7000-8000-000000000001"
    )]
    Approve {
        #[command(flatten)]
        asking: Asking,
        /// Identifier, as `onshi emergency list` prints it.
        #[arg(long)]
        id: String,
    },
    /// Give a window a later end.
    #[command(
        after_help = "Example: onshi emergency extend --data-dir /var/lib/onshi --operator unyo1 --id 019aae5e-0000-7000-8000-000000000001 --until 2027-01-31T15:00:00Z"
    )]
    Extend {
        #[command(flatten)]
        asking: Asking,
        /// Identifier.
        #[arg(long)]
        id: String,
        /// The new end, RFC 3339.
        #[arg(long)]
        until: String,
    },
    /// End a window now, and with it what was opened under it.
    #[command(
        after_help = "Example: onshi emergency close --data-dir /var/lib/onshi --operator unyo1 --id 019aae5e-0000-7000-8000-000000000001"
    )]
    Close {
        #[command(flatten)]
        asking: Asking,
        /// Identifier.
        #[arg(long)]
        id: String,
    },
    /// List all windows, the newest first.
    #[command(after_help = "Example: onshi emergency list --data-dir /var/lib/onshi")]
    List {
        #[command(flatten)]
        asking: Asking,
    },
    /// What facilities did under a window (of each the newest 500 lines), and which have not reported.
    #[command(
        after_help = "Example: onshi emergency usage --data-dir /var/lib/onshi --id 019aae5e-0000-7000-8000-000000000001"
    )]
    Usage {
        #[command(flatten)]
        asking: Asking,
        /// Identifier.
        #[arg(long)]
        id: String,
    },
}

pub(crate) async fn run(command: EmergencyCommand) -> anyhow::Result<ExitCode> {
    match command {
        EmergencyCommand::Open {
            asking,
            kind,
            everywhere,
            prefecture,
            district,
            facility,
            reason,
            from,
            until,
        } => {
            let new = NewWindow {
                kind,
                everywhere,
                prefectures: prefecture,
                districts: district,
                facilities: facility,
                reason,
                from,
                until,
            };
            let asked = Order::OpenWindow(Box::new(new), asking.operator.clone());
            told(&asking, asked).await
        }
        EmergencyCommand::Approve { asking, id } => step(&asking, id, WindowStep::Approve).await,
        EmergencyCommand::Extend { asking, id, until } => {
            step(&asking, id, WindowStep::Extend(until)).await
        }
        EmergencyCommand::Close { asking, id } => step(&asking, id, WindowStep::Close).await,
        EmergencyCommand::List { asking } => {
            let Reply::Windows(lines) = order(&asking.data_dir, Order::ListWindows).await? else {
                return Err(other_answer());
            };
            listing::show(&lines, asking.json, print)?;
            Ok(ExitCode::SUCCESS)
        }
        EmergencyCommand::Usage { asking, id } => usage(&asking, id).await,
    }
}

async fn step(asking: &Asking, id: String, step: WindowStep) -> anyhow::Result<ExitCode> {
    told(asking, Order::StepWindow(id, step, asking.operator.clone())).await
}

async fn told(asking: &Asking, asked: Order) -> anyhow::Result<ExitCode> {
    let Reply::Window(line) = order(&asking.data_dir, asked).await? else {
        return Err(other_answer());
    };
    if asking.json {
        out!("{}", serde_json::to_string_pretty(&line)?);
    } else {
        print(&line);
    }
    Ok(ExitCode::SUCCESS)
}

async fn usage(asking: &Asking, id: String) -> anyhow::Result<ExitCode> {
    let (mut used, mut after) = (Vec::new(), None);
    loop {
        let asked = Order::WindowUsage(id.clone(), after);
        let Reply::WindowUsage(page, next) = order(&asking.data_dir, asked).await? else {
            return Err(other_answer());
        };
        used.extend(page);
        if next.is_none() {
            break;
        }
        after = next;
    }
    listing::show(&used, asking.json, |it| {
        let report = match &it.report {
            Some(report) => format!("利用報告 {} / reported", report.at),
            None => "利用報告なし / no report yet".to_owned(),
        };
        out!("{}  {}件 / done  {report}", it.facility, it.lines.len());
        for line in &it.lines {
            out!(
                "  {}  {}  {}  {}",
                line.at,
                line.account,
                line.deed,
                line.detail
            );
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn print(line: &WindowLine) {
    let given = [&line.prefectures, &line.districts, &line.facilities];
    let places: Vec<&str> = given.into_iter().flatten().map(String::as_str).collect();
    let places = if line.everywhere {
        "all".to_owned()
    } else {
        places.join(",")
    };
    out!(
        "{}  {}  {}  {} - {}  {places}  {}",
        line.id,
        line.kind,
        line.standing,
        line.from,
        line.until,
        line.reason
    );
    if let Some((operator, until)) = &line.waiting {
        out!(
            "  {operator} が申請し、別の運用者の承認を待っています（{until} まで） / waits for another operator"
        );
        let approvers = match line.approvers.join(", ") {
            none if none.is_empty() => "いません / nobody now".to_owned(),
            names => names,
        };
        out!("  承認できる人 / who can approve: {approvers}");
    }
}
