//! Runs the link app from its settings file, and seals what it needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use api::client::machine::MachineAccount;
use clap::{Args, Subcommand};
use gateway::config::{Config, FolderPair};
use gateway::folders::Folders;
use gateway::pickup::{Gateway, Setup};
use gateway::zipped::Zip;
use pki::machine_secret::MachineSecret;
use pki::sealed::{MachineKey, is_open_to_others, is_sealed};
use store::journal::Journal;

use crate::{system, told};

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
    /// Seal the password of a folder pair's zips into the file the settings name; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi gateway seal-zip-password --config /etc/onshi/gateway.toml --folders receipt --password-file zip.pw"
    )]
    SealZipPassword {
        /// Settings file: its data_dir holds the machine key, zip_password_file of the folder pair is written.
        #[arg(long)]
        config: PathBuf,
        /// Name of the folder pair.
        #[arg(long)]
        folders: String,
        /// File holding the password.
        #[arg(long)]
        password_file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(command) = &arguments.command {
        return seal(command);
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

fn seal(command: &GatewayCommand) -> anyhow::Result<ExitCode> {
    let (config, file, password_file, json) = match command {
        GatewayCommand::SealPassword {
            config,
            password_file,
            json,
        } => {
            let config = read(config)?;
            let file = config.account.secret_file.clone();
            (config, file, password_file, *json)
        }
        GatewayCommand::SealZipPassword {
            config,
            folders,
            password_file,
            json,
        } => {
            let config = read(config)?;
            let pair = config.folders.iter().find(|it| it.name == *folders);
            let Some(file) = pair.and_then(|it| it.zip_password_file.clone()) else {
                return Err(told::both(
                    &format!("{folders}: この名前のフォルダーに zip_password_file がありません。"),
                    &format!("{folders}: no folders of this name with zip_password_file"),
                ));
            };
            (config, file, password_file, *json)
        }
    };
    let password = crate::client::secret(password_file)?;
    seal_password(&config.data_dir, &file, &password)?;
    let sealed = file.display().to_string();
    if json {
        println!("{}", serde_json::json!({"sealed": sealed}));
    } else {
        println!("{sealed}: 封印しました / sealed");
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

/// The link app of a settings file.
pub(crate) struct LinkApp {
    gateway: Gateway,
    data_dir: PathBuf,
}

/// A link app of a settings file; from now on it counts as running.
pub(crate) fn open(config: &Config) -> anyhow::Result<LinkApp> {
    let (client, holder) = crate::installed::client(
        &config.installed(),
        &config.identity.name,
        &config.center,
        &config.ca,
    )?;
    let folders = config.folders.iter().map(|pair| folders(config, pair));
    let folders: Vec<Folders> = folders.collect::<anyhow::Result<_>>()?;
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
        data_dir: config.data_dir.clone(),
    })
}

/// The folders of a receipt computer, with the password of its zips where it exchanges some.
fn folders(config: &Config, pair: &FolderPair) -> anyhow::Result<Folders> {
    let folders = Folders::from(pair);
    if pair.zip.is_empty() {
        return Ok(folders);
    }
    let Some(file) = &pair.zip_password_file else {
        return Err(told::both(
            &format!(
                "{}: zip があるのに zip_password_file がありません。`onshi gateway seal-zip-password` で作ってください。",
                pair.name
            ),
            &format!(
                "{}: zip is set without zip_password_file; make it with `onshi gateway seal-zip-password`",
                pair.name
            ),
        ));
    };
    let password = unseal(&config.data_dir, file, "onshi gateway seal-zip-password")?;
    let zip = Zip::new(pair.zip.clone(), password.into(), pair.zip_cipher);
    Ok(folders.with_zip(zip))
}

/// Works without end.
pub(crate) async fn watch(link_app: LinkApp) {
    link_app.gateway.run(link_app.data_dir).await;
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
