//! Claims from the shell: files checked offline (format and structure alone, no center asked), files handed in, accepted and taken back, and what
//! an operator does for the claims entry.

pub(crate) mod entry;
pub(crate) mod findings;
pub(crate) mod operating;
pub(crate) mod patience;
mod sending;
mod unfinished;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use domain::claims::Severity;
use exchange::claim_file::finding::Finding;
use exchange::claim_file::{Event, Limits, Summary, read};
use serde_json::{Value, json};

use crate::told;

/// Findings told to a person; all of them with --json.
const MOST_TOLD: u64 = 200;

/// `onshi claims`.
#[derive(Subcommand)]
pub(crate) enum ClaimsCommand {
    /// Check format and structure of a file (RECEIPTC.UKE): line, claim, record, field, reason, remedy. Ends with 1 when the file or a
    /// claim is refused.
    #[command(
        after_help = "Example: onshi claims check RECEIPTC.UKE\n         onshi claims check RECEIPTC.UKE --json"
    )]
    Check {
        /// The file.
        file: PathBuf,
        /// Print JSON, with all findings.
        #[arg(long)]
        json: bool,
    },
    /// Hand a file in at the claims entry; goes on where it was when it is run again. Says why, and ends
    /// with 1, when the file or a claim is refused.
    #[command(
        after_help = "Example: onshi claims send RECEIPTC.UKE --center https://center.example:8443 --root root.pem --p12 clinic.p12 --p12-password-file p12.txt --tenant fund --account seikyu1 --password-file password.txt\n\n\
            Waits ten minutes at most for the checks, and ends with 3 when they go on: the file is handed in then."
    )]
    Send(Box<sending::SendArguments>),
    /// List what the facility sent to a review body, and files that were cut off.
    #[command(
        after_help = "Example: onshi claims list --center https://center.example:8443 --root root.pem --p12 clinic.p12 --p12-password-file p12.txt --tenant fund --account seikyu1 --password-file password.txt"
    )]
    List(Box<entry::EntryArguments>),
    /// Say what the center's checks of a submission found: rule, place, reason and remedy.
    #[command(
        after_help = "Example: onshi claims findings S202612070001 --center https://center.example:8443 --root root.pem --p12 clinic.p12 --p12-password-file p12.txt --tenant fund --account seikyu1 --password-file password.txt"
    )]
    Findings(Box<entry::OneArguments>),
    /// Accept a submission: its claims that are not refused are claimed, and nothing of it changes any more.
    #[command(
        after_help = "Example: onshi claims accept S202612070001 --center https://center.example:8443 --root root.pem --p12 clinic.p12 --p12-password-file p12.txt --tenant fund --account seikyu1 --password-file password.txt"
    )]
    Accept(Box<entry::OneArguments>),
    /// Take a submission back before it is accepted.
    #[command(
        after_help = "Example: onshi claims withdraw S202612070001 --center https://center.example:8443 --root root.pem --p12 clinic.p12 --p12-password-file p12.txt --tenant fund --account seikyu1 --password-file password.txt"
    )]
    Withdraw(Box<entry::OneArguments>),
    /// Drop a file of this account that was cut off while it was sent, or one of any account by its ID: its place is free for another
    /// one. To go on with it, send it again instead. Ends with 1 when it was handed in meanwhile.
    #[command(
        after_help = "Example: onshi claims drop RECEIPTC.UKE --center https://center.example:8443 --root root.pem --p12 clinic.p12 --p12-password-file p12.txt --tenant fund --account seikyu1 --password-file password.txt\n         onshi claims drop --id 019abf3c-5d00-7000-8000-000000000001 --center https://center.example:8443 --root root.pem --p12 clinic.p12 --p12-password-file p12.txt --tenant fund --account seikyu1 --password-file password.txt"
    )]
    Drop(Box<unfinished::DropArguments>),
    /// Accounts of the claims entry, by review body and facility (at the center's machine).
    #[command(
        after_help = "Example: onshi claims account add --data-dir /var/lib/onshi --tenant fund --code 1319999999 --id seikyu1"
    )]
    Account(operating::AccountArguments),
    /// Filings of facilities (at the center's machine).
    #[command(
        subcommand,
        after_help = "Example: onshi claims filing list --data-dir /var/lib/onshi"
    )]
    Filing(operating::FilingCommand),
    /// Time beside the calendar of the claims entry (at the center's machine).
    #[command(
        subcommand,
        after_help = "Example: onshi claims opening list --data-dir /var/lib/onshi"
    )]
    Opening(operating::OpeningCommand),
}

pub(crate) async fn run(command: ClaimsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ClaimsCommand::Check { file, json } => check(&file, json),
        ClaimsCommand::Send(arguments) => sending::run(*arguments).await,
        ClaimsCommand::List(arguments) => entry::list(*arguments).await,
        ClaimsCommand::Findings(arguments) => findings::list(*arguments).await,
        ClaimsCommand::Accept(arguments) => entry::fulfil(*arguments, entry::Deed::Accept).await,
        ClaimsCommand::Withdraw(arguments) => {
            entry::fulfil(*arguments, entry::Deed::Withdraw).await
        }
        ClaimsCommand::Drop(arguments) => unfinished::run(*arguments).await,
        ClaimsCommand::Account(arguments) => operating::account(arguments).await,
        ClaimsCommand::Filing(command) => operating::filing(command).await,
        ClaimsCommand::Opening(command) => operating::opening(command).await,
    }
}

fn check(file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let mut source = File::open(file).map_err(|error| told::unreadable(file, &error))?;
    let mut findings = Vec::new();
    let mut count = 0;
    let mut tell = |event: Event<'_>| {
        let Event::Finding(finding) = event else {
            return;
        };
        count += 1;
        if json {
            findings.push(as_json(finding));
        } else if count <= MOST_TOLD {
            out!("{}", as_text(finding));
        }
    };
    let summary = read(&mut source, Limits::default(), &mut tell);
    let summary = summary.map_err(|error| told::unreadable(file, &error))?;
    if json {
        out!("{}", whole(&summary, &findings));
    } else {
        report(&summary, count);
    }
    let is_good = !summary.is_refused() && summary.refused_claims == 0;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn as_text(finding: &Finding) -> String {
    let (ja, en) = match finding.severity {
        Severity::File => ("ファイルを受け付けられません", "file refused"),
        Severity::Claim => ("レセプトを受け付けられません", "claim refused"),
        Severity::Warning => ("要確認", "look at it"),
    };
    let official = finding.rule.official.map_or_else(String::new, |it| {
        format!(", {} [{}]", it.number, it.mark.as_str())
    });
    format!(
        "{ja} / {en} ({}{official})\n  {}\n  {}",
        finding.rule.id,
        finding.ja(),
        finding.en()
    )
}

fn as_json(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.id,
        "severity": finding.severity.as_str(),
        "known": finding.rule.mark.as_str(),
        "official": finding.rule.official.map(|it| json!({"number": it.number, "known": it.mark.as_str()})),
        "line": finding.place.line,
        "claim": finding.place.claim,
        "record": finding.record(),
        "position": finding.position,
        "field": finding.field.map(|it| json!({"ja": it.ja, "en": it.en})),
        "counts": finding.counts.map(|(found, expected)| json!({"found": found, "expected": expected})),
        "ja": finding.ja(),
        "en": finding.en(),
    })
}

fn whole(summary: &Summary, findings: &[Value]) -> Value {
    json!({
        "refused": summary.is_refused(),
        "kind": summary.header.map(|it| it.kind.as_str()),
        "review_body": summary.header.map(|it| it.review_body.as_str()),
        "institution": summary.header.map(|it| it.institution.to_string()),
        "claim_month": summary.header.map(|it| it.claim_month.to_iso()),
        "claims": summary.claims,
        "refused_claims": summary.refused_claims,
        "warnings": summary.warnings,
        "lines": summary.lines,
        "bytes": summary.bytes,
        "sha256": summary.sha256.map(hex),
        "findings": findings,
    })
}

fn report(summary: &Summary, count: u64) {
    if MOST_TOLD < count {
        let more = count - MOST_TOLD;
        out!("ほかに{more}件あります（--json ですべて出ます）。 / {more} more; --json prints all");
    }
    if let Some(header) = summary.header {
        let names = header.kind.differences();
        out!(
            "{} {}, {} {}, {}",
            names.name_ja,
            names.name_en,
            header.institution,
            header.review_body.as_str(),
            header.claim_month.to_iso()
        );
    }
    let refused = summary.refused_claims;
    out!(
        "レセプト {} 件、受け付けられないもの {refused} 件、要確認 {} 件、{} 行 {} バイト / {} claims, {refused} refused, {} to look at, {} lines, {} bytes",
        summary.claims,
        summary.warnings,
        summary.lines,
        summary.bytes,
        summary.claims,
        summary.warnings,
        summary.lines,
        summary.bytes
    );
    if let Some(sha256) = summary.sha256 {
        out!("SHA-256 {}", hex(sha256));
    }
    out!(
        "{}",
        if summary.is_refused() {
            "このファイルは受け付けられません。 / this file is refused"
        } else if refused != 0 {
            "受け付けられないレセプトがあります。ほかは形式に問題ありません。 / some claims are refused, the others are in form"
        } else {
            "形式に問題はありません（資格の確認はしていません）。 / in form; who is insured was not asked"
        }
    );
}

fn hex(digest: [u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
