//! The program `virtual-card`: lays virtual cards on virtual readers. For tests and the demo; `onshi` never links it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to the person who started it"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use virtual_card::pcscd::{self, ReaderName};
use virtual_card::slot::Slot;
use virtual_card::{control, vpcd};

/// My Number cards in software, for tests and the demo of onshi. Not an official product.
#[derive(Parser)]
#[command(
    name = "virtual-card",
    version,
    after_help = "Example: virtual-card reader --dir /tmp/readers --name Kiosk\n\n\
        Orders go to the control sockets, one a line: place FILE, remove, insert, fault remove|answer SW|mute [MS] at sign|N, clear,\n\
        lock-pin, reset-counters, copy, state. ONSHI_LOG=virtual_card=debug shows the headers of commands, never their data."
)]
struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    /// Lay one card on a reader of a pcscd that runs already.
    #[command(after_help = "Example: virtual-card card --persona cards/valid.toml \
        --state valid.state --control valid.control")]
    Card(Card),
    /// Run a pcscd of its own with readers to lay cards on; needs Linux, and root or user namespaces. Ends with its standard input.
    #[command(
        after_help = "Example: virtual-card reader --dir /tmp/readers --name Kiosk --name Desk"
    )]
    Reader(Reader),
    /// Give one order to a control socket, such as `place FILE` or `remove`, and print the answer.
    #[command(
        after_help = "Example: virtual-card order --control /tmp/readers/Kiosk.control place cards/valid.toml"
    )]
    Order(Order),
    /// The same from within its namespaces; `reader` starts it.
    #[command(hide = true)]
    ReaderInside(Reader),
}

#[derive(Args)]
struct Card {
    /// Persona file, as `onshi synth --cards` writes them.
    #[arg(long)]
    persona: PathBuf,
    /// File for the counters; made where there is none.
    #[arg(long)]
    state: PathBuf,
    /// Where the reader driver listens.
    #[arg(long, default_value = "127.0.0.1:35963")]
    vpcd: SocketAddr,
    /// Unix socket for orders; made anew.
    #[arg(long)]
    control: PathBuf,
    /// How long the reader may take to switch the card on.
    #[arg(long, default_value_t = 10_000)]
    start_timeout_ms: u64,
}

#[derive(Args)]
struct Order {
    /// Control socket.
    #[arg(long)]
    control: PathBuf,
    /// The order.
    #[arg(required = true)]
    words: Vec<String>,
}

#[derive(Args)]
struct Reader {
    /// Folder for sockets, settings and the log; its path has to be short, as for every Unix socket.
    #[arg(long)]
    dir: PathBuf,
    /// Name of a reader; several may be named.
    #[arg(long, required = true)]
    name: Vec<ReaderName>,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("ONSHI_LOG")
                .unwrap_or_else(|_| "warn".into()),
        )
        .init();
    let outcome = match Arguments::parse().command {
        What::Card(arguments) => card(&arguments),
        What::Order(arguments) => order(&arguments),
        What::Reader(arguments) => Err(pcscd::enter(&arguments.dir, &arguments.name).to_string()),
        What::ReaderInside(arguments) => inside(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("virtual-card: {error}");
            ExitCode::FAILURE
        }
    }
}

fn card(arguments: &Card) -> Result<(), String> {
    let slot = Arc::new(Slot::default());
    slot.place(control::load(&arguments.persona, &arguments.state)?);
    control::listen(&slot, &arguments.control)
        .map_err(|error| format!("{}: {error}", arguments.control.display()))?;
    let start = Duration::from_millis(arguments.start_timeout_ms);
    vpcd::serve(&slot, arguments.vpcd, start).map_err(|error| error.to_string())
}

fn order(arguments: &Order) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", arguments.control.display());
    let mut stream = UnixStream::connect(&arguments.control).map_err(failed)?;
    writeln!(stream, "{}", line(&arguments.words)?).map_err(failed)?;
    let mut answer = String::new();
    BufReader::new(stream)
        .read_line(&mut answer)
        .map_err(failed)?;
    let told: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    match told.get("error").and_then(serde_json::Value::as_str) {
        Some(error) => Err(error.to_owned()),
        None => {
            print!("{answer}");
            Ok(())
        }
    }
}

/// The order as a line. A file is named by its whole path, for whoever takes the order may run in another folder.
fn line(words: &[String]) -> Result<String, String> {
    let ["place", file @ ..] = &*words.iter().map(String::as_str).collect::<Vec<_>>() else {
        return Ok(words.join(" "));
    };
    let file = file.join(" ");
    let whole = std::fs::canonicalize(&file).map_err(|error| format!("{file}: {error}"))?;
    Ok(format!("place {}", whole.display()))
}

fn inside(arguments: &Reader) -> Result<(), String> {
    let ready = |ready: &serde_json::Value| println!("{ready}");
    pcscd::run(&arguments.dir, &arguments.name, ready).map_err(|error| error.to_string())
}
