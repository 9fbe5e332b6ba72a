//! Runs the link app from its settings file, and seals what it needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use gateway::config::{Config, FolderPair};
use gateway::folders::Folders;
use gateway::opening::{self, Doors};
use gateway::pickup::{Gateway, Setup};
use gateway::zipped::Zip;
use store::journal::Journal;

use crate::sealing::{SealPassword, machine_account, unseal};
use crate::system::{Stop, tell_ready};
use crate::{ready_file, told};

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
    /// Write this file when the link app works: which folders are watched, and which wait until they can be used.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Print one line of JSON when the link app works: the same.
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
    SealPassword(SealPassword),
    /// Seal the password of a folder pair's zips into the file the settings name; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi gateway seal-zip-password --config /etc/onshi/gateway.toml --folders receipt --password-file zip.pw"
    )]
    SealZipPassword {
        /// Name of the folder pair.
        #[arg(long)]
        folders: String,
        #[command(flatten)]
        password: SealPassword,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(command) = &arguments.command {
        return seal(command).map(|()| ExitCode::SUCCESS);
    }
    let config = read(arguments.config.as_deref().unwrap_or(Path::new("")))?;
    if let Some(file) = &arguments.ready_file {
        ready_file::make_way_in_clinic(file, &config.data_dir)?;
    }
    let gateway = open(&config).await?;
    let names = config.folders.iter().map(|it| it.name.as_str());
    let (folders, waiting): (Vec<&str>, Vec<&str>) =
        names.partition(|it| gateway.doors.is_open(it));
    let mut stop = Stop::listen()?;
    let ready = serde_json::json!({ "folders": folders, "waiting": waiting });
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, ready.to_string().as_bytes())?;
    }
    if arguments.json {
        out!("{ready}");
    } else {
        out!("gateway: {}", folders.join(", "));
        for name in waiting {
            out!(
                "{name}: フォルダーをまだ使えません。使えるようになると自動で始まります。理由はログか端末の「レセコン連携の状態」で確かめて\
                 ください。 / its folders cannot be used yet; the link app begins there by itself once they can. The log and the terminal's \
                 page on the link app say why"
            );
        }
    }
    tell_ready();
    tokio::select! {
        () = watch(gateway) => {}
        () = stop.came() => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn seal(command: &GatewayCommand) -> anyhow::Result<()> {
    match command {
        GatewayCommand::SealPassword(password) => {
            let config = read(&password.config)?;
            password.seal(&config.data_dir, &config.account.secret_file)
        }
        GatewayCommand::SealZipPassword { folders, password } => {
            let config = read(&password.config)?;
            let pair = config.folders.iter().find(|it| it.name == *folders);
            match pair.and_then(|it| it.zip_password_file.as_ref()) {
                Some(file) => password.seal(&config.data_dir, file),
                None => Err(told::both(
                    &format!("{folders}: この名前のフォルダーに zip_password_file がありません。"),
                    &format!("{folders}: no folders of this name with zip_password_file"),
                )),
            }
        }
    }
}

fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

/// The link app of a settings file.
pub(crate) struct LinkApp {
    gateway: Gateway,
    data_dir: PathBuf,
    /// Keeps a second link app away as long as this one works.
    doors: Doors,
}

/// A link app of a settings file; from now on it counts as running.
pub(crate) async fn open(config: &Config) -> anyhow::Result<LinkApp> {
    let (client, holder) = crate::installed::client(
        &config.installed(),
        &config.identity.name,
        &config.center,
        &config.ca,
    )?;
    let folders = config.folders.iter().map(|pair| folders(config, pair));
    let folders: Vec<Folders> = folders.collect::<anyhow::Result<_>>()?;
    let doors = opening::open_all(&folders, opening::ANSWER_WITHIN).await?;
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
        doors,
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
    let LinkApp {
        gateway,
        data_dir,
        doors,
    } = link_app;
    gateway.run(data_dir, doors).await;
}
