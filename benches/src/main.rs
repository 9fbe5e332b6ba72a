//! Benches that print a ratio against a floor of the same run. Asserts nothing about time and never writes outside its folder.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench speaks to the person who started it"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a bench starts the programs it measures"
)]

mod bulk;
mod card;
mod check;
mod claims;
mod disk;
mod exchange;
mod feed;
mod floor;
mod gate;
mod gateway;
mod kiosk;
mod load;
mod medical;
mod paint;
mod postgres;
mod running;
mod scale;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The allocator: checks make many small things on several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "bench",
    about = "Benches of onshi; run through `cargo xtask bench`"
)]
struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Durable, signed checks over the public route, against fixed bytes from the same kind of listener.
    #[command(
        after_help = "Example: cargo xtask bench check --people 1000000 --rounds 5 --seconds 5"
    )]
    Check(check::Arguments),
    /// A visit at the kiosk with a scripted person who needs no time, through pcscd and the virtual card.
    #[command(after_help = "Example: cargo xtask bench kiosk --visits 30")]
    Kiosk(kiosk::Arguments),
    /// A card from the moment the service tells of it to its signature, against as many bare commands.
    #[command(after_help = "Example: cargo xtask bench card --rounds 30")]
    Card(card::Arguments),
    /// Answers of receipt computers written and read, in both encodings and as images, against the bare parser.
    #[command(after_help = "Example: cargo xtask bench exchange --rounds 2000")]
    Exchange(exchange::Arguments),
    /// A claim file of 100,000 claims parsed, checked and held against registrations, against a bare pass over its fields.
    #[command(after_help = "Example: cargo xtask bench claims --rounds 5")]
    Claims(claims::Arguments),
    /// Entering and leaving the admission gate, against a counter that goes up and down.
    #[command(after_help = "Example: cargo xtask bench gate --threads 2")]
    Gate(gate::Arguments),
    /// Files through the link app and a center, one at a time and in a burst, against plain files of the same run.
    #[command(after_help = "Example: cargo xtask bench gateway --rounds 5")]
    Gateway(gateway::Arguments),
    /// A bulk check of ten thousand lines until its results are in hand, against as many syncs as it has parts.
    #[command(after_help = "Example: cargo xtask bench bulk --rounds 5")]
    Bulk(bulk::Arguments),
    /// A look at five years of medical information, its page in Chromium, and a search by name among a million people.
    #[command(after_help = "Example: cargo xtask bench medical --rounds 100 --pages 20")]
    Medical(medical::Arguments),
    /// Ten million people on the embedded store: loading, bytes, growth of a check's cost, memory, new TLS connections.
    #[command(after_help = "Example: cargo xtask bench scale --people 10000000")]
    Scale(scale::Arguments),
    /// The store's way of a check at a PostgreSQL server, against a bare select and grouped insert of the same rows.
    #[command(after_help = "Example: cargo xtask bench postgres --people 200000 --rounds 5")]
    Postgres(postgres::Arguments),
    /// An insurer's feeds kept aside, weighed and published in files and at a PostgreSQL server, against bare writes of the same rows.
    #[command(after_help = "Example: cargo xtask bench feed --people 100000")]
    Feed(feed::Arguments),
    /// The floor's server: a process of its own, ended with its parent's pipe.
    #[command(hide = true)]
    Floor(floor::Arguments),
    /// Proves answers that come over standard input, with saved keys.
    #[command(hide = true)]
    Verify(verify::Arguments),
}

fn main() -> ExitCode {
    let bench = Bench::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            match bench.what {
                What::Check(arguments) => check::run(arguments).await,
                What::Kiosk(arguments) => kiosk::run(&arguments),
                What::Card(arguments) => card::run(&arguments).await,
                What::Exchange(arguments) => exchange::run(&arguments),
                What::Claims(arguments) => claims::run(arguments).await,
                What::Gate(arguments) => gate::run(&arguments).await,
                What::Gateway(arguments) => gateway::run(&arguments).await,
                What::Bulk(arguments) => bulk::run(&arguments).await,
                What::Medical(arguments) => medical::run(&arguments).await,
                What::Scale(arguments) => scale::run(arguments).await,
                What::Postgres(arguments) => postgres::run(arguments).await,
                What::Feed(arguments) => feed::run(arguments).await,
                What::Floor(arguments) => floor::run(arguments).await,
                What::Verify(arguments) => verify::run(&arguments),
            }
        })
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
