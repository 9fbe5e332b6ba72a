//! Runs the link app from its settings file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use api::client::Client;
use clap::Args;
use gateway::config::Config;
use gateway::folders::Folders;
use gateway::pickup::{Gateway, Setup};
use pki::identity::Identity;
use pki::sealed::MachineKey;
use store::journal::Journal;

/// The folders are looked at this often: polling is the truth.
const EVERY: Duration = Duration::from_millis(500);

/// `onshi gateway`.
#[derive(Args)]
#[command(after_help = "Example: onshi gateway --config /etc/onshi/gateway.toml")]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long)]
    config: PathBuf,
    /// Write this file when the folders are watched.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.config;
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let config = Config::parse(&text)
        .with_context(|| format!("{} is not a good settings file", file.display()))?;
    let gateway = open(&config)?;
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, b"{}").context("cannot write the ready file")?;
    }
    tokio::select! {
        () = watch(gateway) => {}
        () = crate::serve::stopped() => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// A gateway of a settings file.
pub(crate) fn open(config: &Config) -> anyhow::Result<Gateway> {
    let identity = unseal_identity(&config.data_dir, &config.identity.name)?;
    let holder = identity
        .holder()
        .context("the sealed certificate is no client certificate of a center")?;
    let folders: Vec<Folders> = config.folders.iter().map(Folders::from).collect();
    folders.iter().try_for_each(Folders::open)?;
    Ok(Gateway::new(Setup {
        folders,
        journal: Journal::open(&config.data_dir.join("journal.db"))?,
        client: Client::new(
            &config.center,
            &crate::client::root(&config.ca)?,
            Some(&identity),
        )?,
        facility: holder.facility.to_string(),
        account: config.account.id.clone(),
        password: crate::client::secret(&config.account.secret_file)?,
        clock: crate::serve::clock(),
    }))
}

/// Rounds without end.
pub(crate) async fn watch(mut gateway: Gateway) {
    let mut every = tokio::time::interval(EVERY);
    let mut waiting = false;
    loop {
        every.tick().await;
        match gateway.round().await {
            Ok(_) => waiting = false,
            Err(error) if !waiting => {
                tracing::warn!(error = %error, "the gateway waits and goes on by itself");
                waiting = true;
            }
            Err(_) => {}
        }
    }
}

fn sealed(data_dir: &Path, name: &str) -> PathBuf {
    data_dir.join("identities").join(format!("{name}.sealed"))
}

/// The names certificates are sealed under.
pub(crate) fn sealed_names(data_dir: &Path) -> anyhow::Result<Vec<String>> {
    let folder = data_dir.join("identities");
    let entries = std::fs::read_dir(&folder).with_context(|| {
        format!(
            "cannot read {}; seal a certificate with `onshi certificate import`",
            folder.display()
        )
    })?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".sealed"));
        names.extend(name.map(str::to_owned));
    }
    Ok(names)
}

/// Seals a certificate with its key under a name.
pub(crate) fn seal_identity(
    data_dir: &Path,
    name: &str,
    identity: &Identity,
) -> anyhow::Result<()> {
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    let (certificates, key) = identity.to_pem();
    machine.seal(
        &sealed(data_dir, name),
        format!("{certificates}{key}").as_bytes(),
    )?;
    Ok(())
}

/// The certificate sealed under a name.
pub(crate) fn unseal_identity(data_dir: &Path, name: &str) -> anyhow::Result<Identity> {
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    let pem = machine
        .unseal(&sealed(data_dir, name))
        .context("seal one with `onshi certificate import`")?;
    Ok(Identity::from_pem(&pem, &pem)?)
}
