//! Runs the clinic's terminal from its settings file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use api::client::Client;
use clap::Args;
use terminal::config::Config;
use terminal::serve::Setup;

/// `onshi terminal`.
#[derive(Args)]
#[command(after_help = "Example: onshi terminal --config /etc/onshi/terminal.toml")]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long)]
    config: PathBuf,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.config;
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let config = Config::parse(&text)
        .with_context(|| format!("{} is not a good settings file", file.display()))?;
    println!("terminal: {}", start(&config).await?);
    crate::serve::stopped().await;
    Ok(ExitCode::SUCCESS)
}

/// Starts the pages of a settings file; returns their address.
pub(crate) async fn start(config: &Config) -> anyhow::Result<String> {
    let identity = crate::gateway::unseal_identity(&config.data_dir, &config.identity.name)?;
    let holder = identity
        .holder()
        .context("the sealed certificate is no client certificate of a center")?;
    let setup = Setup {
        client: Client::new(
            &config.center,
            &crate::client::root(&config.ca)?,
            Some(&identity),
        )?,
        certificate: format!("{} {}", holder.facility, holder.terminal),
        host_name: config.host_name.clone(),
        listen: config.listen,
    };
    terminal::serve::start(setup)
        .await
        .with_context(|| format!("cannot serve staff pages on {}", config.listen))
}
