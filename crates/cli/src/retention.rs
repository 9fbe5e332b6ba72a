//! Lets months of checks go that are older than the settings keep them. Shows them first; the center never does this by itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use domain::audit::Actor;
use store::checks::retention::{LetGo, OldMonth};
use store::engine::Engine;

use crate::store_place::StorePlace;
use crate::{serve, told};

/// `onshi retention`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi retention --config /etc/onshi/center.toml\n         \
        onshi retention --config /etc/onshi/center.toml --let-go"
)]
pub(crate) struct Arguments {
    /// Settings file of the center: `checks_months` of `[retention]` says how long checks are kept.
    #[arg(long)]
    config: PathBuf,
    /// Let them go, for good. Without it they are shown, and nothing is changed.
    #[arg(long)]
    let_go: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = serve::read(&arguments.config)?;
    let Some(months) = config.retention.checks_months.months() else {
        return Err(told::both(
            "設定では確認の記録を期限なく保管します（[retention] の checks_months）。消す場合は、残す月数を設定してください。",
            "the settings keep checks for good (checks_months of [retention]); set how many months are kept to let older ones go",
        ));
    };
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    let place = StorePlace::Settings(Box::new(config));
    let engine = if arguments.let_go {
        place.open_existing(chain)?
    } else {
        place.open_as_it_is(chain)?
    };
    let outcomes = outcomes(&engine, months, arguments.let_go).await;
    engine.close();
    let outcomes = outcomes?;
    show(&arguments, months, &outcomes);
    let is_done = outcomes.iter().all(|(_, it)| *it != Outcome::NotWhole);
    Ok(if is_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Lets the old months go, or looks at what would become of them.
async fn outcomes(
    engine: &Engine,
    months: u16,
    let_go: bool,
) -> anyhow::Result<Vec<(OldMonth, Outcome)>> {
    let old = engine.old_checks(months, serve::now())?;
    let mut outcomes = Vec::new();
    for month in old {
        let outcome = if let_go {
            let actor = Actor::Operator("local".into());
            match engine.let_go(month, actor, serve::now()).await? {
                LetGo::Done(_) => Outcome::Gone,
                LetGo::NotWhole(_) => Outcome::NotWhole,
            }
        } else if is_whole(&month) {
            Outcome::MayGo
        } else {
            Outcome::NotWhole
        };
        outcomes.push((month, outcome));
    }
    Ok(outcomes)
}

/// What became of a month, or would.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    MayGo,
    Gone,
    NotWhole,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::MayGo => "may_go",
            Self::Gone => "gone",
            Self::NotWhole => "not_whole",
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::MayGo => "消せます / may go",
            Self::Gone => "消しました / let go",
            Self::NotWhole => {
                "記録と監査記録の件数が違うため消しません。onshi audit verify で確かめてください / records and events differ: kept; run onshi audit verify"
            }
        }
    }
}

fn is_whole(month: &OldMonth) -> bool {
    month.is_begun || month.checks == month.events
}

fn show(arguments: &Arguments, months: u16, outcomes: &[(OldMonth, Outcome)]) {
    if arguments.json {
        let all = outcomes.iter().map(|(it, outcome)| {
            serde_json::json!({
                "month": it.month.to_string(), "checks": it.checks, "events": it.events, "outcome": outcome.name(),
            })
        });
        let all: Vec<_> = all.collect();
        out!(
            "{}",
            serde_json::json!({"kept_months": months, "let_go": arguments.let_go, "months": all})
        );
        return;
    }
    for (it, outcome) in outcomes {
        out!(
            "{}  確認 / checks {}  {}",
            it.month,
            it.checks,
            outcome.told()
        );
    }
    if outcomes.is_empty() {
        out!("{months} か月より古い確認はありません / no checks are older than {months} months");
    } else if !arguments.let_go {
        out!("消すには --let-go を付けてください / nothing was changed; --let-go lets them go");
    }
}
