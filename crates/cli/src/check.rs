//! A check from the shell, and the proof of a saved answer without any center.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use api::check::answered::verdict_of_number;
use api::check::{Answer, CheckRequest};
use api::receipt::{self, KeySet};
use clap::Args;

use crate::client::{Connection, explain};

/// `onshi check`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  onshi check --center https://center.example:8443 --root root.pem --p12 clinic.p12 \\\n    \
    --p12-password-file p12.pw --account uketsuke --password-file uketsuke.pw \\\n    \
    --insurer 06139992 --symbol 123 --number 4567 --birth S45.1.2\n  onshi check --verify answer.json --keys keys.json"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    /// Insurer number.
    #[arg(long)]
    insurer: Option<String>,
    /// Symbol.
    #[arg(long)]
    symbol: Option<String>,
    /// Number.
    #[arg(long)]
    number: Option<String>,
    /// Branch.
    #[arg(long)]
    branch: Option<String>,
    /// Birth date: 1970-01-02, 19700102, S45.1.2 or 昭和45年1月2日.
    #[arg(long)]
    birth: Option<String>,
    /// Date of visit; today when left out.
    #[arg(long)]
    visit: Option<String>,
    /// The patient agreed that the ceiling is provided.
    #[arg(long)]
    ceiling_consent: bool,
    /// Print the answer as it came, JSON.
    #[arg(long)]
    json: bool,
    /// Write the center's receipt keys here, for verifying later.
    #[arg(long)]
    save_keys: Option<PathBuf>,
    /// Verify the saved answer in this file instead of asking; needs --keys and no center.
    #[arg(long, requires = "keys")]
    verify: Option<PathBuf>,
    /// Saved receipt keys.
    #[arg(long)]
    keys: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let (Some(answer), Some(keys)) = (&arguments.verify, &arguments.keys) {
        return verify(answer, keys);
    }
    let request = CheckRequest {
        birth_date: date("birth", arguments.birth.as_deref())?.unwrap_or_default(),
        branch: arguments.branch.clone(),
        ceiling_consent: arguments.ceiling_consent,
        insurer_number: arguments.insurer.clone().unwrap_or_default(),
        number: arguments.number.clone().unwrap_or_default(),
        origin: Some("shell".into()),
        symbol: arguments.symbol.clone(),
        visit_date: date("visit", arguments.visit.as_deref())?,
    };
    let (client, session) = arguments.connection.sign_in().await?;
    let key = uuid::Uuid::now_v7().to_string();
    let (answer, bytes) = client
        .check(&session.token, &key, &request)
        .await
        .map_err(|error| explain(&error))?;
    if let Some(file) = &arguments.save_keys {
        let keys = client.keys().await.map_err(|error| explain(&error))?;
        std::fs::write(file, serde_json::to_vec(&keys)?)
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    client
        .sign_out(&session.token)
        .await
        .map_err(|error| explain(&error))?;
    if arguments.json {
        println!("{}", String::from_utf8_lossy(&bytes));
    } else {
        print(&answer);
    }
    Ok(ExitCode::SUCCESS)
}

fn date(member: &str, text: Option<&str>) -> anyhow::Result<Option<String>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let day = domain::era::parse(text)
        .with_context(|| format!("--{member}: write it like 1970-01-02 or S45.1.2"))?;
    Ok(Some(day.to_string()))
}

fn verify(answer: &Path, keys: &Path) -> anyhow::Result<ExitCode> {
    let read = |file: &Path| {
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
    };
    let answer: serde_json::Value =
        serde_json::from_slice(&read(answer)?).context("the answer is no JSON")?;
    let keys: KeySet = serde_json::from_slice(&read(keys)?).context("the keys are no key set")?;
    match receipt::verify(&answer, &keys) {
        Ok(claims) => {
            println!(
                "proven: check {} of facility {}, verdict {}, data as of {}",
                claims.jti, claims.facility, claims.verdict, claims.as_of
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            println!("not proven: {why}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The answer for a person to read.
pub(crate) fn print(answer: &Answer) {
    let verdict = verdict_of_number(answer.verdict);
    let (ja, en) = verdict.map_or(("?", "?"), |verdict| {
        (verdict.label_ja(), verdict.label_en())
    });
    println!(
        "{} {ja} / {en}  (受診日 {}, check {})",
        answer.verdict, answer.visit_date, answer.check_id
    );
    for remark in &answer.messages {
        println!("  {} / {}", remark.text.ja, remark.text.en);
    }
    for result in &answer.results {
        let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        println!(
            "  {} ({})  生年月日 {}",
            result.name,
            optional(&result.kana),
            result.birth_date
        );
        println!(
            "  {} {}  記号 {} 番号 {} 枝番 {}",
            result.insurer_number,
            result.insurer_name,
            optional(&result.symbol),
            result.number,
            optional(&result.branch)
        );
        println!(
            "  有効 {} – {}  喪失 {}",
            optional(&result.valid_from),
            optional(&result.valid_until),
            optional(&result.loss_date)
        );
        if let Some(ceiling) = &result.ceiling {
            println!("  限度額 {} {}", ceiling.kind, optional(&ceiling.category));
        }
    }
}
