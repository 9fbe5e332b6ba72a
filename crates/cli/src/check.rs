//! A check from the shell, and the proof of a saved answer without any center.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use api::check::answered::verdict_of_number;
use api::check::{Answer, CheckRequest};
use api::client::Client;
use api::receipt::{self, KeySet};
use clap::Args;

use crate::client::{Connection, explain};
use crate::told;

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
    /// Print JSON: the answer as it came, or what was proven.
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
        return verify(answer, keys, arguments.json);
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
    // Shown before anything else can fail: it is recorded by now.
    if arguments.json {
        out!("{}", String::from_utf8_lossy(&bytes));
    } else {
        print(&answer);
    }
    let saved = match &arguments.save_keys {
        Some(file) => save_keys(&client, file).await,
        None => Ok(()),
    };
    // A session that cannot be ended now ends by itself.
    let _ = client.sign_out(&session.token).await;
    saved?;
    Ok(ExitCode::SUCCESS)
}

async fn save_keys(client: &Client, file: &Path) -> anyhow::Result<()> {
    let keys = client.keys().await.map_err(|error| explain(&error))?;
    std::fs::write(file, serde_json::to_vec(&keys)?).map_err(|error| told::unwritable(file, &error))
}

fn date(member: &str, text: Option<&str>) -> anyhow::Result<Option<String>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let day = domain::era::parse(text).map_err(|_| {
        told::both(
            &format!("--{member}: 日付は 1970-01-02 か S45.1.2 の形で指定してください。"),
            &format!("--{member}: write it like 1970-01-02 or S45.1.2"),
        )
    })?;
    Ok(Some(day.to_string()))
}

fn verify(answer: &Path, keys: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let not_of = |file: &Path, ja: &str, en: &str| {
        let shown = file.display();
        told::both(
            &format!("{shown} は{ja}ではありません。"),
            &format!("{shown} is no {en}"),
        )
    };
    let saved: serde_json::Value = serde_json::from_slice(&told::read_bytes(answer)?)
        .map_err(|_| not_of(answer, "保存した回答（JSON）", "saved answer (JSON)"))?;
    let keys: KeySet = serde_json::from_slice(&told::read_bytes(keys)?)
        .map_err(|_| not_of(keys, "保存した鍵（--save-keys）", "key set of --save-keys"))?;
    let outcome = receipt::verify(&saved, &keys);
    match (&outcome, json) {
        (Ok(claims), true) => out!(
            "{}",
            serde_json::json!({
                "proven": true, "check_id": claims.jti, "facility": claims.facility,
                "verdict": claims.verdict, "as_of": claims.as_of,
            })
        ),
        (Err(why), true) => {
            let told = why.texts();
            out!(
                "{}",
                serde_json::json!({"proven": false, "why": why.to_string(), "ja": told.ja, "en": told.en})
            );
        }
        (Ok(claims), false) => out!(
            "proven / 検証できました: check {} of facility {}, verdict {}, data as of {}",
            claims.jti,
            claims.facility,
            claims.verdict,
            claims.as_of
        ),
        (Err(why), false) => {
            let told = why.texts();
            out!("not proven / 検証できません: {} / {}", told.ja, told.en);
        }
    }
    Ok(if outcome.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The answer for a person to read.
pub(crate) fn print(answer: &Answer) {
    let verdict = verdict_of_number(answer.verdict);
    let (ja, en) = verdict.map_or(("?", "?"), |verdict| {
        (verdict.label_ja(), verdict.label_en())
    });
    out!(
        "{} {ja} / {en}  (受診日 {}, check {})",
        answer.verdict,
        answer.visit_date,
        answer.check_id
    );
    for remark in &answer.messages {
        out!("  {} / {}", remark.text.ja, remark.text.en);
    }
    for result in &answer.results {
        let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        out!(
            "  {} ({})  生年月日 {}",
            result.name,
            optional(&result.kana),
            result.birth_date
        );
        out!(
            "  {} {}  記号 {} 番号 {} 枝番 {}",
            result.insurer_number,
            result.insurer_name,
            optional(&result.symbol),
            result.number,
            optional(&result.branch)
        );
        out!(
            "  有効 {} – {}  喪失 {}",
            optional(&result.valid_from),
            optional(&result.valid_until),
            optional(&result.loss_date)
        );
        if let Some(ceiling) = &result.ceiling {
            out!("  限度額 {} {}", ceiling.kind, optional(&ceiling.category));
        }
    }
}
