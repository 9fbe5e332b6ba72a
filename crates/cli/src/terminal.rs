//! Runs the clinic's terminal from its settings file.

use std::path::PathBuf;
use std::process::ExitCode;

use api::client::Client;
use clap::Args;
use terminal::config::Config;
use terminal::serve::{Certificate, Setup};

use crate::told;

/// `onshi terminal`.
#[derive(Args)]
#[command(after_help = "Example: onshi terminal --config /etc/onshi/terminal.toml")]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long)]
    config: PathBuf,
    /// Print the address of the pages as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Write the chosen address here as JSON when the pages answer.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.config;
    let config =
        Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))?;
    let pages = start(&config).await?;
    let ready = serde_json::json!({"terminal": pages}).to_string();
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, ready.as_bytes())?;
    }
    if arguments.json {
        println!("{ready}");
    } else {
        println!("terminal: {pages}");
    }
    crate::serve::stopped().await;
    Ok(ExitCode::SUCCESS)
}

/// Starts the pages of a settings file; returns their address.
pub(crate) async fn start(config: &Config) -> anyhow::Result<String> {
    let root = crate::client::root(&config.ca)?;
    let mut names = crate::gateway::sealed_names(&config.data_dir)?;
    let preferred = &config.identity.name;
    if !names.contains(preferred) {
        return Err(told::no_certificate(&config.data_dir, preferred));
    }
    names.sort_by_key(|name| (name != preferred, name.clone()));
    let mut certificates = Vec::new();
    for name in names {
        let identity = crate::gateway::unseal_identity(&config.data_dir, &name)?;
        let holder = identity.holder().ok_or_else(told::no_client_certificate)?;
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
        .map_err(|error| told::no_pages(config.listen, &error))
}
