//! Runs the clinic's terminal from its settings file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::card_challenge::CenterName;
use domain::medical_information::interactions::Pairs;
use domain::terminal_user::{self, TerminalUserName};
use kiosk::machine::{Machine, NoMachine};
use terminal::config::Config;
use terminal::serve::{CenterPlace, InteractionList, PcReader, Setup};
use terminal::terminal_user::is_on_sealed_sheet;

use crate::sealing::SealKey;
use crate::system::{Stop, tell_ready};
use crate::{ready_file, told};

/// `onshi terminal`.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example: onshi terminal --config /etc/onshi/terminal.toml"
)]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long, required = true)]
    config: Option<PathBuf>,
    /// Print the address of the pages as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Write the chosen address here as JSON when the pages answer.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<TerminalCommand>,
}

/// What else `onshi terminal` does.
#[derive(Subcommand)]
enum TerminalCommand {
    /// Seal the terminal key into the file the settings name; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi terminal seal-key --config /etc/onshi/terminal.toml --key-file terminal.key"
    )]
    SealKey(SealKey),
    /// Make the terminal user, who unlocks the screen, or make it anew; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi terminal set-user --config /etc/onshi/terminal.toml --id OqsUser --password-file terminal-user.pw"
    )]
    SetUser {
        /// Settings file: its data_dir keeps the user.
        #[arg(long)]
        config: PathBuf,
        /// Name shown on the lock screen.
        #[arg(long)]
        id: String,
        /// File holding the password: 13 to 20 characters.
        #[arg(long)]
        password_file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(command) = &arguments.command {
        command.run()?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = read(arguments.config.as_deref().unwrap_or(Path::new("")))?;
    if let Some(file) = &arguments.ready_file {
        ready_file::make_way_in_clinic(file, &config.data_dir)?;
    }
    let pages = start(&config).await?;
    let mut stop = Stop::listen()?;
    let ready = serde_json::json!({"terminal": pages}).to_string();
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, ready.as_bytes())?;
    }
    if arguments.json {
        out!("{ready}");
    } else {
        out!("terminal: {pages}");
    }
    tell_ready();
    stop.came().await;
    Ok(ExitCode::SUCCESS)
}

impl TerminalCommand {
    fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::SealKey(key) => {
                let config = read(&key.config)?;
                key.seal(&config.data_dir, config.terminal_keys.as_ref())
            }
            Self::SetUser {
                config,
                id,
                password_file,
                json,
            } => {
                let password = crate::client::secret(password_file)?;
                let data_dir = read(config)?.data_dir;
                let kept = keep_user(&data_dir, id, &password)?;
                tell_of_user(id, &kept, is_on_sealed_sheet(&data_dir), *json);
                Ok(())
            }
        }
    }
}

/// Says that a terminal user was made, and where the sealed sheet holds an earlier one that it is to be made again.
fn tell_of_user(id: &str, file: &Path, sheet_is_outdated: bool, json: bool) {
    let file = file.display().to_string();
    if json {
        let made = serde_json::json!({
            "terminal_user": id,
            "file": file,
            "sealed_sheet_outdated": sheet_is_outdated,
        });
        out!("{made}");
        return;
    }
    out!("{id}: 端末ユーザーを登録しました / terminal user made ({file})");
    if sheet_is_outdated {
        out!(
            "封をした控えのパスワードは、古くなりました。「封をした控え」を作り直してください。 / The password on the sealed sheet is no longer \
             good. Make the sealed sheet again."
        );
    }
}

/// Keeps the terminal user of a data folder; returns the file.
pub(crate) fn keep_user(data_dir: &Path, id: &str, password: &str) -> anyhow::Result<PathBuf> {
    let most = TerminalUserName::MOST_CHARS;
    let name = TerminalUserName::parse(id).ok_or_else(|| {
        told::both(
            &format!("--id は空白のない1〜{most}文字です。"),
            &format!("--id: 1 to {most} characters without blanks"),
        )
    })?;
    let password = terminal_user::parse_password(password).map_err(|error| {
        let (ja, en) = error.text();
        told::both(&ja, &en)
    })?;
    Ok(terminal::terminal_user::keep(data_dir, &name, &password)?)
}

/// Reads a settings file.
pub(crate) fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

/// Reader and keys of the settings. A build that reads no cards says so, here and on its page, and serves its pages.
fn reader(config: &Config) -> anyhow::Result<PcReader> {
    let Some(setting) = &config.reader else {
        return Ok(PcReader::None);
    };
    let keys = config.terminal_keys.as_ref();
    match Machine::of(setting) {
        Ok(machine) => crate::kiosk::with_keys(machine, &config.data_dir, keys, "terminal")
            .map(PcReader::Machine),
        Err(NoMachine::NotBuilt(why)) => {
            err!("onshi: {why}");
            Ok(PcReader::NotBuilt(why))
        }
        Err(no) => Err(anyhow::anyhow!("{no}")),
    }
}

/// Starts the pages of a settings file; returns their address.
pub(crate) async fn start(config: &Config) -> anyhow::Result<String> {
    start_on(config, reader(config)?).await
}

/// Starts the pages with a card reader of this PC.
pub(crate) async fn start_on(config: &Config, reader: PcReader) -> anyhow::Result<String> {
    let certificate_setup = certificate_setup(config)?;
    // A bare PC has none: its page leads to the notice.
    let certificates = certificate_setup.read()?;
    let root_fingerprint = pki::authority::printed_fingerprint(&certificate_setup.root);
    let setup = Setup {
        certificates,
        backups: backups(config),
        certificate_setup,
        host_name: config.host_name.clone(),
        listen: config.listen,
        clock: crate::serve::clock(),
        reader,
        center_name: CenterName::parse(&config.center_name).map_err(crate::kiosk::center_name)?,
        screen_lock: terminal::lock::Setup {
            data_dir: config.data_dir.clone(),
            idle: config.screen_lock.idle_minutes,
            name: config.screen_lock.name,
        },
        updates: terminal::update::SelfUpdate::new(&config.data_dir, &config.updates),
        upkeep: crate::doctor::upkeep(config),
        center: CenterPlace {
            address: config.center.clone(),
            root_fingerprint,
        },
        interactions: config
            .interactions
            .as_deref()
            .map(interactions)
            .transpose()?,
    };
    terminal::running::hold(&config.data_dir)
        .map_err(|error| told::unwritable(&config.data_dir, &error))?;
    terminal::serve::start(setup)
        .await
        .map_err(|error| told::no_pages(config.listen, &error))
}

/// Reads the list of pairs of drugs that patients' pages look for. One that cannot be read ends the start: a page that looks for fewer pairs
/// than it should would say nothing of it.
fn interactions(file: &Path) -> anyhow::Result<InteractionList> {
    let pairs = Pairs::parse(&told::read_text(file)?).map_err(|error| {
        let file = file.display();
        told::both(
            &format!("{file}: 相互作用の一覧を読めません。次のとおり直してください: {error}"),
            &format!("{file}: not a list of interactions: {error}"),
        )
    })?;
    let name = file.file_name().unwrap_or_default();
    Ok(InteractionList {
        name: name.to_string_lossy().into_owned(),
        pairs,
    })
}

/// Where a terminal's certificates come from and lie.
pub(crate) fn certificate_setup(config: &Config) -> anyhow::Result<terminal::certificates::Setup> {
    Ok(terminal::certificates::Setup {
        installed: config.installed(),
        name: config.identity.name.clone(),
        root: crate::client::root(&config.ca)?,
        center: config.center.clone(),
        enroll: config.enroll(),
        downloads: config.downloads(),
        clock: crate::serve::clock(),
    })
}

/// The backups of a terminal.
pub(crate) fn backups(config: &Config) -> terminal::backups::Setup {
    terminal::backups::Setup::of_this_machine(
        &config.data_dir,
        &config.downloads(),
        config.backup.other_hardware.clone(),
    )
}
