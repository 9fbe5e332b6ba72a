//! Runs the clinic's terminal from its settings file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use api::client::Client;
use clap::Args;
use terminal::config::Config;
use terminal::serve::{Certificate, Setup};

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
    let root = crate::client::root(&config.ca)?;
    let mut names = crate::gateway::sealed_names(&config.data_dir)?;
    let preferred = &config.identity.name;
    if !names.contains(preferred) {
        bail!(
            "no certificate is sealed as {preferred} in {}; seal one with `onshi certificate import`",
            config.data_dir.display()
        );
    }
    names.sort_by_key(|name| (name != preferred, name.clone()));
    let mut certificates = Vec::new();
    for name in names {
        let identity = crate::gateway::unseal_identity(&config.data_dir, &name)?;
        let holder = identity.holder().with_context(|| {
            format!("the certificate sealed as {name} is no client certificate of a center")
        })?;
        certificates.push(Certificate {
            client: Client::new(&config.center, &root, Some(&identity))?,
            holder,
            name,
        });
    }
    let setup = Setup {
        certificates,
        host_name: config.host_name.clone(),
        listen: config.listen,
        clock: crate::serve::clock(),
    };
    terminal::serve::start(setup)
        .await
        .with_context(|| format!("cannot serve staff pages on {}", config.listen))
}
