//! The executable `onshi`: every part as a subcommand. Decides nothing; passwords come from files, never from arguments.

// First, since the others print with its macros.
#[macro_use]
mod printing;

mod audit;
mod backup;
mod ca;
mod certificate_care;
mod check;
mod claims;
mod client;
mod config;
mod demo;
mod doctor;
mod emergency;
mod enroll;
mod export;
mod feed;
mod gateway;
mod installed;
mod keys;
mod kiosk;
mod listing;
mod looks;
mod operator;
mod panics;
mod posted_notice;
mod progress;
mod publish;
mod ready_file;
mod reissue;
mod retention;
mod revoked_outside;
mod sealing;
mod serve;
mod setup;
mod store_place;
mod synth;
mod system;
mod terminal;
mod told;
mod undone;
mod update;
mod visit;
mod wrong_setting;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// The end of a part that runs waits so long for a piece of work that hangs, as at a share: what was under way there goes on with the next start.
const PART_ENDS_WITHIN: Duration = Duration::from_secs(10);

/// The end of any other command waits so long: what it did is done, and what it gave up waiting for may hang for ever.
const ENDS_WITHIN: Duration = Duration::from_millis(200);

/// The allocator: checks make many small things on several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Open implementation of Japan's online insurance eligibility system. Not an official product.
#[derive(Parser)]
#[command(
    name = "onshi",
    version,
    after_help = "Example: onshi demo --dir /tmp/onshi-demo\n\n\
        Ends with 0 when it was done, 1 when it was not or the answer is no (not proven, not whole, not good), 2 when the command\n\
        line is wrong. ONSHI_LOG sets how much the parts log, such as `debug` or `store=trace`; `info` when left out."
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
    /// Set up a bare PC: from the issue notice to a running terminal.
    Setup(setup::Arguments),
    /// Run the clinic's terminal: the staff pages.
    Terminal(terminal::Arguments),
    /// Run the link app: request files in, result files out.
    Gateway(gateway::Arguments),
    /// Run the patients' kiosk: screens, card reader, questions.
    Kiosk(kiosk::Arguments),
    /// Look at everything between card and center, and say what is wrong and whom to call; ends with 1 when something is.
    Doctor(doctor::Arguments),
    /// Look at a settings file.
    #[command(
        subcommand,
        after_help = "Example: onshi config check /etc/onshi/center.toml"
    )]
    Config(config::ConfigCommand),
    /// Enrol a facility or another of its terminals, issue certificates anew, revoke them; prints a notice once.
    Enroll(enroll::Arguments),
    /// Download, import, renew, back up, remove and revoke client certificates.
    #[command(
        subcommand,
        after_help = "Example: onshi certificate revoke --data-dir /var/lib/onshi --fingerprint 0123…"
    )]
    Certificate(enroll::CertificateCommand),
    /// Post, list and withdraw notices to facilities.
    #[command(
        subcommand,
        after_help = "Example: onshi notice list --data-dir /var/lib/onshi"
    )]
    Notice(posted_notice::NoticeCommand),
    /// Add, disable, reset and list the people who may open the center's own pages.
    #[command(
        subcommand,
        after_help = "Example: onshi operator add --data-dir /var/lib/onshi --name suzuki"
    )]
    Operator(operator::OperatorCommand),
    /// Open, approve, extend, close and list emergency windows, and see what was done under them.
    #[command(
        subcommand,
        after_help = "Example: onshi emergency list --data-dir /var/lib/onshi"
    )]
    Emergency(emergency::EmergencyCommand),
    /// Exchange the center's signing key.
    #[command(
        subcommand,
        after_help = "Example: onshi keys rotate --data-dir /var/lib/onshi"
    )]
    Keys(keys::KeysCommand),
    /// Make another issuing CA below the center's root.
    #[command(
        subcommand,
        after_help = "Example: onshi ca renew --data-dir /var/lib/onshi"
    )]
    Ca(ca::CaCommand),
    /// Ask whether a person is insured, or verify a saved answer.
    Check(Box<check::Arguments>),
    /// Verify, search and export the audit chain.
    #[command(
        subcommand,
        after_help = "Example: onshi audit verify --data-dir /var/lib/onshi"
    )]
    Audit(audit::AuditCommand),
    /// Show which months of checks are older than the settings keep them, and let them go.
    Retention(retention::Arguments),
    /// Write a copy of a center's store, running or not.
    Backup(backup::Backup),
    /// Put a copy back while the center is stopped.
    Restore(backup::Restore),
    /// Update this machine's terminal, link app and kiosk.
    #[command(
        subcommand,
        after_help = "Example: onshi update status --config /etc/onshi/terminal.toml"
    )]
    Update(update::UpdateCommand),
    /// The publisher's offline tool: key and signatures of releases.
    #[command(
        subcommand,
        after_help = "Example: onshi publish sign --key publisher.key --passphrase-file passphrase --dir release"
    )]
    Publish(publish::PublishCommand),
    /// Load, try, review, undo and list feeds: of insurers, and of medical information.
    #[command(
        subcommand,
        after_help = "Example: onshi feed load --data-dir /var/lib/onshi --kind drugs drugs.csv"
    )]
    Feed(feed::FeedCommand),
    /// Check files of claims without any center, hand them in, and look after the claims entry.
    #[command(subcommand, after_help = "Example: onshi claims check RECEIPTC.UKE")]
    Claims(claims::ClaimsCommand),
    /// Home visits: a device that reads cards at home, over a line that drops.
    #[command(subcommand, after_help = "Example: onshi visit status --dir visit")]
    Visit(visit::VisitCommand),
    /// Load synthetic people into a center's store.
    Synth(synth::Arguments),
}

impl Command {
    /// How long its end waits for work that blocks.
    fn ends_within(&self) -> Duration {
        match self {
            Self::Demo(_)
            | Self::Center(_)
            | Self::Setup(_)
            | Self::Terminal(_)
            | Self::Gateway(_)
            | Self::Kiosk(_) => PART_ENDS_WITHIN,
            Self::Doctor(_)
            | Self::Config(_)
            | Self::Enroll(_)
            | Self::Certificate(_)
            | Self::Notice(_)
            | Self::Operator(_)
            | Self::Emergency(_)
            | Self::Keys(_)
            | Self::Ca(_)
            | Self::Check(_)
            | Self::Audit(_)
            | Self::Retention(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Update(_)
            | Self::Publish(_)
            | Self::Feed(_)
            | Self::Claims(_)
            | Self::Visit(_)
            | Self::Synth(_) => ENDS_WITHIN,
        }
    }
}

fn main() -> ExitCode {
    panics::keep_texts_back();
    tracing_subscriber::fmt()
        .with_writer(|| printing::ErrorStream)
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
            err!("onshi: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ends_within = command.ends_within();
    let outcome = runtime.block_on(async {
        match command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Center(arguments) => serve::run(arguments).await,
            Command::Setup(arguments) => setup::run(arguments).await,
            Command::Terminal(arguments) => terminal::run(arguments).await,
            Command::Gateway(arguments) => gateway::run(arguments).await,
            Command::Kiosk(arguments) => kiosk::run(arguments).await,
            Command::Config(command) => config::run(command),
            Command::Doctor(arguments) => doctor::run(arguments).await,
            Command::Enroll(arguments) => enroll::run(arguments).await,
            Command::Certificate(command) => enroll::certificate(command).await,
            Command::Notice(command) => posted_notice::run(command).await,
            Command::Operator(command) => operator::run(command).await,
            Command::Emergency(command) => emergency::run(command).await,
            Command::Keys(command) => keys::run(command).await,
            Command::Ca(command) => ca::run(command).await,
            Command::Check(arguments) => check::run(*arguments).await,
            Command::Audit(command) => audit::run(command).await,
            Command::Retention(arguments) => retention::run(arguments).await,
            Command::Backup(arguments) => backup::back_up(&arguments).await,
            Command::Restore(arguments) => backup::restore(&arguments).await,
            Command::Update(command) => update::run(command).await,
            Command::Publish(command) => publish::run(command),
            Command::Feed(command) => feed::run(command).await,
            Command::Claims(command) => claims::run(command).await,
            Command::Visit(command) => visit::run(command).await,
            Command::Synth(arguments) => synth::run(arguments).await,
        }
    });
    // Dropped, it would wait for ever for work that hangs.
    runtime.shutdown_timeout(ends_within);
    match outcome {
        Ok(code) => printing::end(code),
        Err(error) => {
            err!("onshi: {}", told::whole(&told::of_store(error)));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn walk(command: &clap::Command, path: &str, breaches: &mut Vec<String>) {
        let path = format!("{path} {}", command.get_name());
        let help = command.get_after_help().map(ToString::to_string);
        if !help.is_some_and(|help| help.contains("Example")) {
            breaches.push(format!("{path}: no example"));
        }
        if command.get_about().is_none() {
            breaches.push(format!("{path}: says not what it does"));
        }
        let has_json = command.get_arguments().any(|it| it.get_id() == "json");
        if !command.is_subcommand_required_set() && !has_json {
            breaches.push(format!("{path}: no --json"));
        }
        for argument in command.get_arguments() {
            if argument.get_help().is_none() {
                breaches.push(format!("{path}: --{} has no help", argument.get_id()));
            }
        }
        for below in command.get_subcommands() {
            walk(below, &path, breaches);
        }
    }

    #[test]
    fn every_command_has_help_an_example_and_json() {
        let mut breaches = Vec::new();
        walk(&Arguments::command(), "", &mut breaches);
        assert_eq!(breaches, Vec::<String>::new());
        Arguments::command().debug_assert();
    }
}
