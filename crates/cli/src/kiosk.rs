//! Runs the patients' kiosk from its settings file, and seals what it needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use domain::card_challenge::InvalidCenterName;
use kiosk::config::{Config, TerminalKeys};
use kiosk::machine::{Machine, NoMachine};
use kiosk::profile::Profile;
use kiosk::serve::{Kiosk, Setup, StartError};
use pki::sealed::MachineKey;

use crate::{system, told};

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
    /// Seal the terminal key into the file the settings name; delete the plain file afterwards.
    #[command(
        after_help = "Example: onshi kiosk seal-key --config /etc/onshi/kiosk.toml --key-file terminal.key"
    )]
    SealKey {
        /// Settings file: its data_dir holds the machine key, its terminal_keys.secret_file is written.
        #[arg(long)]
        config: PathBuf,
        /// File holding the private key, PKCS#8 in DER.
        #[arg(long)]
        key_file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Some(KioskCommand::SealPassword {
            config,
            password_file,
            json,
        }) => {
            let config = read(config)?;
            let password = crate::client::secret(password_file)?;
            let file = &config.account.secret_file;
            crate::gateway::seal_password(&config.data_dir, file, &password)?;
            say_sealed(file, *json);
            return Ok(ExitCode::SUCCESS);
        }
        Some(KioskCommand::SealKey {
            config,
            key_file,
            json,
        }) => {
            let config = read(config)?;
            let keys = config.terminal_keys.as_ref();
            seal_key_of(&config.data_dir, keys, key_file, *json)?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let config = read(arguments.config.as_deref().unwrap_or(Path::new("")))?;
    let kiosk = start(&config).await?;
    let launch = kiosk.launch_address()?;
    let ready = serde_json::json!({"kiosk": launch}).to_string();
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, ready.as_bytes())?;
    }
    if arguments.json {
        println!("{ready}");
    } else {
        println!("kiosk: {launch}");
    }
    system::tell_ready();
    system::stopped().await;
    Ok(ExitCode::SUCCESS)
}

fn say_sealed(file: &Path, json: bool) {
    let sealed = file.display().to_string();
    if json {
        println!("{}", serde_json::json!({"sealed": sealed}));
    } else {
        println!("{sealed}: 封印しました / sealed");
    }
}

fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

/// Seals a terminal key into the file that settings name, and says so.
pub(crate) fn seal_key_of(
    data_dir: &Path,
    keys: Option<&TerminalKeys>,
    key_file: &Path,
    json: bool,
) -> anyhow::Result<()> {
    let Some(keys) = keys else {
        return Err(told::both(
            "設定に [terminal_keys] がありません。",
            "the settings have no [terminal_keys]",
        ));
    };
    seal_key(data_dir, &keys.secret_file, &told::read_bytes(key_file)?)?;
    say_sealed(&keys.secret_file, json);
    Ok(())
}

/// Seals a terminal key into a file.
pub(crate) fn seal_key(data_dir: &Path, file: &Path, key: &[u8]) -> anyhow::Result<()> {
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    Ok(machine.seal(file, key)?)
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
        account: crate::gateway::machine_account(
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
            eprintln!("onshi: {no}");
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
    let key = crate::gateway::unseal(data_dir, &keys.secret_file, &sealing)?;
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
