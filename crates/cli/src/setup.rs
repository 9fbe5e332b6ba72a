//! `onshi setup`: takes a bare PC from the issue notice to a running terminal (G35). Refuses a PC that has one.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use terminal::setup_wizard::{self, Part, Places};

use crate::system::{self, Stop};
use crate::{ready_file, told};

/// `onshi setup`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi setup --config-dir /etc/onshi --data-dir /var/lib\n\nOpens a page on this PC only. Have the issue notice at hand."
)]
pub(crate) struct Arguments {
    /// Folder the settings files are written to.
    #[arg(long, default_value = "/etc/onshi")]
    config_dir: PathBuf,
    /// Folder the data folders of the parts are made in.
    #[arg(long, default_value = "/var/lib")]
    data_dir: PathBuf,
    /// Folder the downloaded certificate is kept in; that of the terminal when left out.
    #[arg(long)]
    downloads: Option<PathBuf>,
    /// Folder on other hardware that onshi cannot see, such as another disk of a virtual machine: the certificate may be backed up there.
    /// May be given more than once.
    #[arg(long)]
    other_hardware: Vec<PathBuf>,
    /// Set up as root although the parts run as a user of their own; give them the files afterwards.
    #[arg(long)]
    as_root: bool,
    /// Where the pages are served, loopback only.
    #[arg(long, default_value = "127.0.0.1:8100")]
    listen: SocketAddr,
    /// Host name of the pages.
    #[arg(long, default_value = "terminal.localhost")]
    host_name: String,
    /// Print addresses as lines of JSON.
    #[arg(long)]
    json: bool,
    /// Write the address here as JSON when the page answers.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let part = |name: &str| Part {
        config: arguments.config_dir.join(format!("{name}.toml")),
        data_dir: arguments.data_dir.join(format!("onshi-{name}")),
    };
    let terminal = part("terminal");
    if setup_wizard::says_something(&terminal.config) {
        let config = terminal.config.display();
        return Err(told::both(
            &format!(
                "{config} があり、この端末はセットアップ済みです。onshi terminal --config {config} を始め、管理アカウントで /setup を開いてください。"
            ),
            &format!(
                "{config} is there: this terminal is set up. Run onshi terminal --config {config} and open /setup as the administrator"
            ),
        ));
    }
    if system::is_root() && !arguments.as_root {
        return Err(told::both(
            "root で作ったファイルは、端末・連携アプリ・カードリーダーのサービスから読めません。サービスの利用者で実行してください: \
             runuser -u onshi -- onshi setup（docs/operations/install.md）。root のまま行うときは --as-root を付け、後でファイルの所有者を変えてください。",
            "terminal, link app and kiosk cannot read files that root makes; run it as their user: runuser -u onshi -- onshi setup \
             (docs/operations/install.md). With --as-root it is done as root; give the files to that user afterwards",
        ));
    }
    if let Some(file) = &arguments.ready_file {
        let is_running = is_taken(arguments.listen).await;
        ready_file::make_way(file, &terminal.data_dir, is_running)?;
    }
    let downloads = terminal.data_dir.join("downloads");
    let setup = setup_wizard::Setup {
        listen: arguments.listen,
        host_name: arguments.host_name.clone(),
        places: Places {
            root: arguments.config_dir.join("root.pem"),
            downloads: arguments.downloads.clone().unwrap_or(downloads),
            gateway: part("gateway"),
            kiosk: part("kiosk"),
            terminal: terminal.clone(),
            other_hardware: arguments.other_hardware.clone(),
        },
        clock: crate::serve::clock(),
    };
    let running = setup_wizard::start(setup)
        .await
        .map_err(|error| told::no_pages(arguments.listen, &error))?;
    let mut stop = Stop::listen()?;
    let ready = serde_json::json!({"setup": running.address}).to_string();
    if let Some(file) = &arguments.ready_file {
        pki::sealed::write_private(file, ready.as_bytes())?;
    }
    say(arguments.json, "setup", &running.address);
    tokio::select! {
        () = running.finished() => {}
        () = stop.came() => return Ok(ExitCode::SUCCESS),
    }
    let config = crate::terminal::read(&terminal.config)?;
    let pages = crate::terminal::start(&config).await?;
    say(arguments.json, "terminal", &pages);
    stop.came().await;
    Ok(ExitCode::SUCCESS)
}

/// Whether a set-up may run: no lock tells of one, but another program has its port.
async fn is_taken(listen: SocketAddr) -> bool {
    let bound = tokio::net::TcpListener::bind(listen).await;
    bound.is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// Says where the pages are. Whoever started the set-up may have closed its window since: the terminal goes on all the same.
fn say(json: bool, what: &str, address: &str) {
    if json {
        out!("{}", serde_json::json!({ what: address }));
    } else {
        out!("{what}: {address}");
    }
}
