//! Runs the link app from its settings file, and seals what it needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use api::client::ClientError;
use api::client::machine::MachineAccount;
use clap::{Args, Subcommand};
use gateway::config::Config;
use gateway::folders::Folders;
use gateway::pickup::{Gateway, RoundError, Setup};
use pki::machine_secret::MachineSecret;
use pki::sealed::{MachineKey, is_open_to_others, is_sealed};
use store::journal::Journal;

use crate::{system, told};

/// The folders are looked at this often: polling is the truth.
const EVERY: Duration = Duration::from_millis(500);

/// `onshi gateway`.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example: onshi gateway --config /etc/onshi/gateway.toml"
)]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long, required = true)]
    config: Option<PathBuf>,
    /// Write this file when the folders are watched.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Print one line of JSON when the folders are watched.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<GatewayCommand>,
}

/// What else `onshi gateway` does.
#[derive(Subcommand)]
enum GatewayCommand {
    /// Seal the link-app account's password into the file the settings name; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi gateway seal-password --config /etc/onshi/gateway.toml --password-file link_app.pw"
    )]
    SealPassword {
        /// Settings file: its data_dir holds the machine key, its account.secret_file is written.
        #[arg(long)]
        config: PathBuf,
        /// File holding the password.
        #[arg(long)]
        password_file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(GatewayCommand::SealPassword {
        config,
        password_file,
        json,
    }) = &arguments.command
    {
        let config = read(config)?;
        let password = crate::client::secret(password_file)?;
        seal_password(&config.data_dir, &config.account.secret_file, &password)?;
        let sealed = config.account.secret_file.display().to_string();
        if *json {
            println!("{}", serde_json::json!({"sealed": sealed}));
        } else {
            println!("{sealed}: 封印しました / sealed");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let config = read(arguments.config.as_deref().unwrap_or(Path::new("")))?;
    let gateway = open(&config)?;
    let folders: Vec<_> = config.folders.iter().map(|it| it.name.clone()).collect();
    let ready = serde_json::json!({ "folders": folders });
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, ready.to_string().as_bytes())?;
    }
    if arguments.json {
        println!("{ready}");
    } else {
        println!("gateway: {}", folders.join(", "));
    }
    system::tell_ready();
    tokio::select! {
        () = watch(gateway) => {}
        () = system::stopped() => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

/// The link app of a settings file, with the file that tells the doctor why the center refuses it.
pub(crate) struct LinkApp {
    gateway: Gateway,
    refused: PathBuf,
}

/// A link app of a settings file; from now on it counts as running.
pub(crate) fn open(config: &Config) -> anyhow::Result<LinkApp> {
    let (client, holder) = crate::installed::client(
        &config.installed(),
        &config.identity.name,
        &config.center,
        &config.ca,
    )?;
    let folders: Vec<Folders> = config.folders.iter().map(Folders::from).collect();
    folders.iter().try_for_each(Folders::open)?;
    terminal::running::hold(&config.data_dir)
        .map_err(|error| told::unwritable(&config.data_dir, &error))?;
    let gateway = Gateway::new(Setup {
        folders,
        journal: Journal::open(&config.data_dir.join("journal.db"))
            .map_err(|error| told::not_opened(&error))?,
        client,
        facility: holder.facility.to_string(),
        account: machine_account(
            &config.data_dir,
            &config.account.id,
            &config.account.secret_file,
            "gateway",
        )?,
        clock: crate::serve::clock(),
    });
    Ok(LinkApp {
        gateway,
        refused: config.data_dir.join(terminal::doctor::LINK_REFUSED),
    })
}

/// Rounds without end, and hearing beside them.
pub(crate) async fn watch(link_app: LinkApp) {
    let LinkApp { gateway, refused } = link_app;
    let hearing = gateway.hearing();
    tokio::join!(rounds(gateway, &refused), hearing.run());
}

async fn rounds(mut gateway: Gateway, refused: &Path) {
    let mut every = tokio::time::interval(EVERY);
    let mut waiting = false;
    loop {
        every.tick().await;
        let round = gateway.round().await;
        tell_doctor(&round, refused);
        match round {
            Ok(_) => waiting = false,
            Err(error) if !waiting => {
                tracing::warn!(error = %error, "the gateway waits and goes on by itself");
                waiting = true;
            }
            Err(_) => {}
        }
    }
}

/// Notes the code of a refusal while it lasts. A sign-in that waits after a refusal changes nothing of it.
fn tell_doctor<T>(round: &Result<T, RoundError>, refused: &Path) {
    let noted = match round {
        Ok(_) if refused.exists() => std::fs::remove_file(refused),
        Err(RoundError::Center(ClientError::Problem(problem))) if problem.status < 500 => {
            std::fs::write(refused, &problem.code)
        }
        Ok(_) | Err(_) => Ok(()),
    };
    if let Err(error) = noted {
        tracing::debug!(error = %error, "the doctor does not hear why the center refuses the link app");
    }
}

/// Seals a machine account's password into a file.
pub(crate) fn seal_password(data_dir: &Path, file: &Path, password: &str) -> anyhow::Result<()> {
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    Ok(machine.seal(file, password.as_bytes())?)
}

/// The machine account of a part, whose password is sealed in a file.
pub(crate) fn machine_account(
    data_dir: &Path,
    id: &str,
    file: &Path,
    part: &str,
) -> anyhow::Result<MachineAccount> {
    // A file that does not open is told of now, not at the first sign-in.
    unseal(data_dir, file, &format!("onshi {part} seal-password"))?;
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    Ok(MachineAccount::new(
        id.to_owned(),
        MachineSecret::new(machine, file),
    ))
}

/// The secret sealed in a file by a command. A file that others may read, or that holds the secret in the open, is refused.
pub(crate) fn unseal(data_dir: &Path, file: &Path, seal: &str) -> anyhow::Result<Vec<u8>> {
    let shown = file.display();
    let bytes = told::read_bytes(file)?;
    if !is_sealed(&bytes) {
        return Err(told::both(
            &format!(
                "{shown} が封印されていません。`{seal}` で封印し、元のファイルを削除してください。"
            ),
            &format!("{shown} is not sealed; seal it with `{seal}` and delete the plain file"),
        ));
    }
    if is_open_to_others(file) {
        return Err(told::both(
            &format!("{shown} を他の利用者が読めます。chmod 600 {shown} を実行してください。"),
            &format!("other users may read {shown}; run: chmod 600 {shown}"),
        ));
    }
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    Ok(machine.unseal(file)?.to_vec())
}
