//! The executable `onshi`: every part as a subcommand. Decides nothing; passwords come from files, never from arguments.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command speaks to the person who started it"
)]

mod audit;
mod backup;
mod check;
mod client;
mod demo;
mod enroll;
mod gateway;
mod progress;
mod serve;
mod synth;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Open implementation of Japan's online insurance eligibility system. Not an official product.
#[derive(Parser)]
#[command(
    name = "onshi",
    version,
    after_help = "Example: onshi demo --dir /tmp/onshi-demo"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The whole system on this machine with synthetic people.
    Demo(demo::Arguments),
    /// Run the center.
    Center(serve::Arguments),
    /// Run the clinic's terminal: the staff pages.
    Terminal(terminal::Arguments),
    /// Run the link app: request files in, result files out.
    Gateway(gateway::Arguments),
    /// Look at a settings file.
    #[command(subcommand)]
    Config(serve::ConfigCommand),
    /// Enrol a facility or another of its terminals; prints the notice once.
    Enroll(enroll::Arguments),
    /// Download and revoke client certificates.
    #[command(subcommand)]
    Certificate(enroll::CertificateCommand),
    /// Ask whether a person is insured, or verify a saved answer.
    Check(Box<check::Arguments>),
    /// Verify the audit chain.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Write a copy of a center's store, running or not.
    Backup(backup::Backup),
    /// Put a copy back while the center is stopped.
    Restore(backup::Restore),
    /// Load synthetic people into a center's store.
    Synth(synth::Arguments),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("ONSHI_LOG")
                .unwrap_or_else(|_| "info".into()),
        )
        .init();
    let command = Arguments::parse().command;
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("onshi: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Center(arguments) => serve::run(arguments).await,
            Command::Terminal(arguments) => terminal::run(arguments).await,
            Command::Gateway(arguments) => gateway::run(arguments).await,
            Command::Config(command) => serve::check(command),
            Command::Enroll(arguments) => enroll::run(arguments).await,
            Command::Certificate(command) => enroll::certificate(command).await,
            Command::Check(arguments) => check::run(*arguments).await,
            Command::Audit(command) => audit::run(command),
            Command::Backup(arguments) => backup::back_up(&arguments),
            Command::Restore(arguments) => backup::restore(&arguments).await,
            Command::Synth(arguments) => synth::run(arguments).await,
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("onshi: {error:#}");
            ExitCode::FAILURE
        }
    }
}
