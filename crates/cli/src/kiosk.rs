//! Runs the patients' kiosk from its settings file, and seals what it needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::card_challenge::InvalidCenterName;
use kiosk::config::{Config, TerminalKeys};
use kiosk::machine::{Machine, NoMachine};
use kiosk::profile::Profile;
use kiosk::serve::{Kiosk, Setup, StartError};

use crate::sealing::{SealKey, SealPassword};
use crate::system::{Stop, tell_ready};
use crate::{ready_file, told};

/// File of the data folder that holds the next launch address.
const LAUNCH_FILE: &str = "launch";

/// `onshi kiosk`.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example: onshi kiosk --config /etc/onshi/kiosk.toml"
)]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long, required = true)]
    config: Option<PathBuf>,
    /// Write the launch address here as JSON when the pages answer; it is good once.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Print the launch address as one line of JSON.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<KioskCommand>,
}

/// What else `onshi kiosk` does.
#[derive(Subcommand)]
enum KioskCommand {
    /// Seal the reader account's password into the file the settings name; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi kiosk seal-password --config /etc/onshi/kiosk.toml --password-file reader.pw"
    )]
    SealPassword(SealPassword),
    /// Seal the terminal key into the file the settings name; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi kiosk seal-key --config /etc/onshi/kiosk.toml --key-file terminal.key"
    )]
    SealKey(SealKey),
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Some(KioskCommand::SealPassword(password)) => {
            let config = read(&password.config)?;
            password.seal(&config.data_dir, &config.account.secret_file)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(KioskCommand::SealKey(key)) => {
            let config = read(&key.config)?;
            key.seal(&config.data_dir, config.terminal_keys.as_ref())?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let config = read(arguments.config.as_deref().unwrap_or(Path::new("")))?;
    if let Some(file) = &arguments.ready_file {
        ready_file::make_way_in_clinic(file, &config.data_dir)?;
    }
    let kiosk = start(&config).await?;
    let launch = kiosk.launch_address()?;
    let mut stop = Stop::listen()?;
    let ready = serde_json::json!({"kiosk": launch}).to_string();
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, ready.as_bytes())?;
    }
    if arguments.json {
        out!("{ready}");
    } else {
        out!("kiosk: {launch}");
    }
    tell_ready();
    stop.came().await;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

/// Starts the kiosk of a settings file.
pub(crate) async fn start(config: &Config) -> anyhow::Result<Kiosk> {
    start_on(config, machine(config)?).await
}

/// Starts a kiosk on this machine.
pub(crate) async fn start_on(config: &Config, machine: Machine) -> anyhow::Result<Kiosk> {
    let (client, _) = crate::installed::client(
        &config.installed(),
        &config.identity.name,
        &config.center,
        &config.ca,
    )?;
    let account = &config.account;
    let setup = Setup {
        machine,
        client,
        center: config.center_name().map_err(center_name)?,
        account: crate::sealing::machine_account(
            &config.data_dir,
            &account.id,
            &account.secret_file,
            "kiosk",
        )?,
        profile: profile(&config.profile)?,
        host_name: config.host_name.clone(),
        listen: config.listen.pages,
        times: config.times,
        launch_file: config.data_dir.join(LAUNCH_FILE),
    };
    terminal::running::hold(&config.data_dir)
        .map_err(|error| told::unwritable(&config.data_dir, &error))?;
    kiosk::serve::start(setup)
        .await
        .map_err(|error| not_started(&error))
}

/// Reader and keys of the settings. A build that reads no cards says so, here and on its screen, and serves its pages.
pub(crate) fn machine(config: &Config) -> anyhow::Result<Machine> {
    let machine = match Machine::of(&config.reader) {
        Ok(machine) => machine,
        Err(no @ NoMachine::NotBuilt(_)) => {
            err!("onshi: {no}");
            Machine::without_reader()
        }
        Err(no) => return Err(anyhow::anyhow!("{no}")),
    };
    with_keys(
        machine,
        &config.data_dir,
        config.terminal_keys.as_ref(),
        "kiosk",
    )
}

/// A machine with the terminal keys that the settings of a part name, if they do.
pub(crate) fn with_keys(
    machine: Machine,
    data_dir: &Path,
    keys: Option<&TerminalKeys>,
    part: &str,
) -> anyhow::Result<Machine> {
    let Some(keys) = keys else {
        return Ok(machine);
    };
    let certificate = told::read_bytes(&keys.certificate)?;
    let sealing = format!("onshi {part} seal-key");
    let key = crate::sealing::unseal(data_dir, &keys.secret_file, &sealing)?;
    Ok(machine.with_terminal(&certificate, &key)?)
}

/// Why a name is no center's, in both languages.
pub(crate) fn center_name(error: InvalidCenterName) -> anyhow::Error {
    told::both(
        "center_name は空白のない半角英数字・記号1〜64文字です。",
        &format!("center_name: {error}"),
    )
}

/// A reader profile: one that is built in, or a file's.
pub(crate) fn profile(named: &str) -> anyhow::Result<Profile> {
    let text = match Profile::built_in(named) {
        Some(text) => text.to_owned(),
        None => told::read_text(Path::new(named))?,
    };
    Profile::parse(&text).map_err(|error| {
        told::both(
            &format!("リーダーの機種情報 {named} を使えません。次の場所を直してください: {error}"),
            &format!("the reader profile {named} cannot be used; mend: {error}"),
        )
    })
}

/// Why a kiosk did not start, in both languages.
fn not_started(error: &StartError) -> anyhow::Error {
    match error {
        StartError::Listen(at, why) => told::no_pages(*at, why),
        StartError::NotLoopback => told::both(
            "患者さんの画面は 127.0.0.1 か [::1] でだけ表示できます。listen.pages を直してください。",
            &error.to_string(),
        ),
        StartError::Texts(_) => told::both(
            "画面の文言を使えません。リーダーの機種情報の [texts] を直してください。",
            &error.to_string(),
        ),
        StartError::Launch(_) => told::both(
            "起動用アドレスを data_dir に書けません。空き容量と権限を確かめてください。",
            &error.to_string(),
        ),
        StartError::Desk(_) => told::both(
            "カードリーダーを扱うスレッドを作れません。メモリーと上限を確かめてください。",
            &error.to_string(),
        ),
    }
}
