//! Runs the center from its settings file, and reads the clock: the one place of the process that does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use center::config::Config;
use center::serve::{Center, Clock};
use clap::{Args, Subcommand};
use domain::civil_date::Instant;

/// `onshi center`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi center --config /etc/onshi/center.toml --ready-file /run/onshi/ready.json"
)]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long)]
    config: PathBuf,
    /// Write the chosen addresses here as JSON when all listeners answer.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

/// `onshi config`.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say whether a center's settings file is good, and what is wrong with line and column.
    #[command(after_help = "Example: onshi config check center.toml")]
    Check {
        /// Settings file.
        file: PathBuf,
    },
}

/// The clock of this process.
pub(crate) fn clock() -> Clock {
    Arc::new(now)
}

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let center = Center::start(&read(&arguments.config)?, clock()).await?;
    if let Some(file) = &arguments.ready_file {
        write_ready(file, &center)?;
    }
    println!(
        "center: api https://{} · enroll https://{} · metrics http://{}",
        center.api, center.enroll, center.metrics
    );
    stopped().await;
    center.stop().await?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check(command: ConfigCommand) -> anyhow::Result<ExitCode> {
    let ConfigCommand::Check { file } = command;
    read(&file)?;
    println!("{}: good", file.display());
    Ok(ExitCode::SUCCESS)
}

/// Waits for Ctrl-C or a request to terminate.
pub(crate) async fn stopped() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

fn read(file: &Path) -> anyhow::Result<Config> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Config::parse(&text).with_context(|| format!("{} is not a good settings file", file.display()))
}

fn write_ready(file: &Path, center: &Center) -> anyhow::Result<()> {
    let ready = serde_json::json!({
        "api": format!("https://{}", center.api),
        "enroll": format!("https://{}", center.enroll),
        "metrics": format!("http://{}", center.metrics),
    });
    pki::sealed::write_private(file, ready.to_string().as_bytes())
        .context("cannot write the ready file")
}
