//! Self-update from the shell and from systemd (G38): fetch, install, go back, look at itself, tell how it stands. The rules are those of
//! `terminal::update`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use api::client::Client;
use clap::{Args, Subcommand};
use domain::update::Occasion;
use terminal::config::Config;
use terminal::update::{Installer, LastUpdate, Looked, Outcome, SelfChecked, SelfUpdate};

use crate::told;

/// `onshi update`.
#[derive(Subcommand)]
pub(crate) enum UpdateCommand {
    /// Look at the center and fetch what is newer; the terminal does it by itself.
    #[command(after_help = "Example: onshi update fetch --config /etc/onshi/terminal.toml")]
    Fetch {
        #[command(flatten)]
        of: Of,
        /// Order the installation when it is the chosen hour, as the terminal does by itself.
        #[arg(long)]
        order: bool,
    },
    /// Install the update that waits, and go back if it does not work; root's unit does it when the terminal orders it.
    #[command(after_help = "Example: onshi update install --config /etc/onshi/terminal.toml")]
    Install {
        #[command(flatten)]
        of: Of,
        /// What it is asked for by (hour, shut-down, by-hand), where the terminal laid down no order.
        #[arg(long, value_parser = occasion)]
        occasion: Option<Occasion>,
    },
    /// Go back from an update that was cut off; root's unit does it at start.
    #[command(after_help = "Example: onshi update resume --config /etc/onshi/terminal.toml")]
    Resume(Of),
    /// Whether this version can work with the settings and data of this machine; asked of a new version before it is kept.
    #[command(after_help = "Example: onshi update self-check --config /etc/onshi/terminal.toml")]
    SelfCheck(Of),
    /// Which version is installed, which waits, how the last update ended, and why none comes.
    #[command(after_help = "Example: onshi update status --config /etc/onshi/terminal.toml")]
    Status(Of),
}

/// Whose update.
#[derive(Args)]
pub(crate) struct Of {
    /// Settings file of the terminal.
    #[arg(long)]
    config: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: UpdateCommand) -> anyhow::Result<ExitCode> {
    match command {
        UpdateCommand::Fetch { of, order } => fetch(&of, order).await,
        UpdateCommand::Install { of, occasion } => {
            let last = installer(&of)?.install(occasion, crate::serve::now).await?;
            Ok(tell(&of, Some(&last)))
        }
        UpdateCommand::Resume(of) => {
            let last = installer(&of)?.resume(crate::serve::now).await?;
            Ok(tell(&of, last.as_ref()))
        }
        UpdateCommand::SelfCheck(of) => self_check(&of),
        UpdateCommand::Status(of) => status(&of).await,
    }
}

async fn fetch(of: &Of, order: bool) -> anyhow::Result<ExitCode> {
    let config = read(&of.config)?;
    let root = crate::client::root(&config.ca)?;
    let identity = config.installed().read(&config.identity.name)?;
    let client = Client::new(&config.center, &root, Some(&identity))
        .map_err(|error| crate::client::explain_of(&error, crate::client::Given::Settings))?;
    let update = SelfUpdate::new(&config.data_dir, &config.updates);
    let looked = update.look(&client, crate::serve::now()).await;
    // Whatever the look says, as the terminal does: an update that was cut off is taken back by that.
    if order {
        update.order_at_the_hour(crate::serve::now()).await?;
    }
    let (waits, version) = match looked? {
        Looked::UpToDate(version) => (false, version.to_string()),
        Looked::Waits(version) => (true, version.to_string()),
    };
    if of.json {
        out!(
            "{}",
            serde_json::json!({"waits": waits, "version": version})
        );
    } else if waits {
        out!("{version} が待っています / {version} waits to be installed");
    } else {
        out!("{version}: 最新です / up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Looks at what a start needs, without changing anything and without the line: settings, texts, certificate.
fn self_check(of: &Of) -> anyhow::Result<ExitCode> {
    let config = read(&of.config)?;
    let certificate = config.installed().read(&config.identity.name);
    let own = terminal::serve::texts_are_good()
        && certificate.is_ok_and(|identity| identity.holder().is_some());
    let beside = crate::doctor::unusable_beside(&config);
    let good = own && beside.is_empty();
    let checked = SelfChecked {
        good,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    for wrong in &beside {
        err!("onshi: {wrong}");
    }
    if of.json {
        out!("{}", serde_json::to_string(&checked)?);
    } else if good {
        out!(
            "{}: この機器で動きます / works on this machine",
            checked.version
        );
    } else {
        let (ja, en) = if own {
            (
                "連携アプリかカードリーダーの設定を使えません",
                "settings of link app or kiosk cannot be used",
            )
        } else {
            (
                "電子証明書か文言を使えません",
                "certificate or texts cannot be used",
            )
        };
        out!("{}: {ja} / {en}", checked.version);
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn status(of: &Of) -> anyhow::Result<ExitCode> {
    let config = read(&of.config)?;
    let standing = SelfUpdate::new(&config.data_dir, &config.updates)
        .standing()
        .await;
    if of.json {
        out!("{}", serde_json::to_string(&standing)?);
        return Ok(ExitCode::SUCCESS);
    }
    let none = || "なし / none".to_owned();
    out!(
        "版 / version: {}",
        standing.installed.unwrap_or(standing.running)
    );
    out!(
        "待っている更新 / waits: {}",
        standing.waiting.unwrap_or_else(none)
    );
    let last = standing.last.as_ref().map_or_else(none, ended);
    out!("前回の更新 / last update: {last}");
    if let Some(put_off) = &standing.put_off {
        out!(
            "見送った更新 / put off: {} (受付時間は {} まで / reception until {})",
            put_off.at,
            put_off.until,
            put_off.until
        );
    }
    out!(
        "前回の確認 / last look: {}",
        standing.looked.unwrap_or_else(none)
    );
    if let Some(stopped) = standing.stopped {
        out!(
            "更新されない理由 / why none comes: {} / {}",
            stopped.ja,
            stopped.en
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends with 0 when the new version runs, or there was nothing to go back from.
fn tell(of: &Of, last: Option<&LastUpdate>) -> ExitCode {
    if of.json {
        out!("{}", serde_json::json!({ "last": last }));
    } else {
        match last {
            Some(last) => out!("{}", ended(last)),
            None => out!("途中の更新はありません / no update was cut off"),
        }
    }
    match last.map(|it| it.outcome) {
        Some(Outcome::Installed) | None => ExitCode::SUCCESS,
        Some(
            Outcome::NotInstalled | Outcome::SelfCheck | Outcome::NotRunning | Outcome::CutOff,
        ) => ExitCode::FAILURE,
    }
}

fn ended(last: &LastUpdate) -> String {
    let (from, to) = (&last.from, &last.to);
    match last.outcome {
        Outcome::Installed => {
            format!("{from} から {to} に更新しました / updated from {from} to {to}")
        }
        Outcome::NotInstalled => format!(
            "{to} を入れられず、{from} に戻しました / {to} could not be installed; back to {from}"
        ),
        Outcome::SelfCheck => format!(
            "{to} が自己診断に通らず、{from} に戻しました / {to} failed its self-check; back to {from}"
        ),
        Outcome::NotRunning => format!(
            "{to} で起動しない部分があり、{from} に戻しました / a part did not start with {to}; back to {from}"
        ),
        Outcome::CutOff => format!(
            "{to} への更新が途切れ、いまは {from} が入っています / the update to {to} was cut off; {from} is installed"
        ),
    }
}

fn installer(of: &Of) -> anyhow::Result<Installer> {
    let config = read(&of.config)?;
    Ok(Installer {
        config_file: of.config.clone(),
        data_dir: config.data_dir,
        settings: config.updates,
        executable: std::env::current_exe()?,
    })
}

fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

fn occasion(text: &str) -> Result<Occasion, String> {
    Occasion::parse(text).ok_or_else(|| "hour, shut-down or by-hand".into())
}
