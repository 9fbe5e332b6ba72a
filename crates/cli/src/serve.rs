//! Runs the center from its settings file, and reads the clock: the one place of the process that does.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use center::config::Config;
use center::config::database::NotOpened;
use center::config::traces::NotTraced;
use center::serve::{Center, Clock, StartError};
use clap::Args;
use domain::civil_date::Instant;
use pki::authority::AuthorityError;

use crate::system::{Stop, tell_ready};
use crate::{ready_file, told};

/// `onshi center`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi center --config /etc/onshi/center.toml --ready-file /run/onshi/ready.json"
)]
pub(crate) struct Arguments {
    /// Settings file.
    #[arg(long)]
    config: PathBuf,
    /// Write the chosen addresses here as JSON when all listeners answer.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Print the chosen addresses as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// The clock of this process.
pub(crate) fn clock() -> Clock {
    Arc::new(now)
}

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = read(&arguments.config)?;
    let ready_file = arguments.ready_file.as_deref();
    // What may fail comes before the start, whose event begins a chain.
    if let Some(file) = ready_file {
        let is_running = center::control::is_running(&config.data_dir).await;
        ready_file::make_way(file, &config.data_dir, is_running)?;
    }
    let center = Center::start(&config, clock(), synthetic::training::patients)
        .await
        .map_err(|error| not_started(&error))?;
    // A signal during the start ends the process as it always does.
    let told = match Stop::listen() {
        Ok(mut stop) => match tell(&center, ready_file, arguments.json) {
            Ok(()) => {
                tell_ready();
                stop.came().await;
                Ok(())
            }
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    let stopped = center.stop().await;
    told?;
    stopped?;
    Ok(ExitCode::SUCCESS)
}

/// Tells the chosen addresses.
fn tell(center: &Center, ready_file: Option<&Path>, json: bool) -> anyhow::Result<()> {
    let mut ready = serde_json::json!({
        "api": format!("https://{}", center.api),
        "enroll": format!("https://{}", center.enroll),
        "operator": format!("https://{}", center.operator),
        "metrics": format!("http://{}", center.metrics),
    });
    let others = [("search", center.search), ("home", center.home)];
    for (name, address) in others {
        if let (Some(address), Some(members)) = (address, ready.as_object_mut()) {
            members.insert(name.into(), format!("https://{address}").into());
        }
    }
    if let Some(file) = ready_file {
        pki::sealed::write_private(file, ready.to_string().as_bytes())?;
    }
    if json {
        out!("{ready}");
    } else {
        out!(
            "center: api https://{} · enroll https://{} · operator https://{} · metrics http://{}",
            center.api,
            center.enroll,
            center.operator,
            center.metrics
        );
    }
    Ok(())
}

/// Reads a center's settings file.
pub(crate) fn read(file: &Path) -> anyhow::Result<Config> {
    Config::parse(&told::read_text(file)?).map_err(|error| told::settings(file, &error))
}

/// Why a center did not start, in both languages.
pub(crate) fn not_started(error: &StartError) -> anyhow::Error {
    let ja = match error {
        StartError::Listen(name, at, why) if why.kind() == ErrorKind::AddrInUse => format!(
            "{name} のポート {at} は使われています。別のセンターが動いていないか確かめるか、設定を変えてください。"
        ),
        StartError::Listen(name, at, _) => {
            format!("{name} のアドレス {at} で待ち受けできません。設定を確かめてください。")
        }
        StartError::DataDir(why) => told::of_data_dir(why),
        StartError::Control(_) => {
            "data_dir に制御用ソケットを作れません。権限と、パスの長さを確かめてください。".into()
        }
        StartError::Store(NotOpened::Url(_)) => {
            "database.url が PostgreSQL のデータベースの正しい指定ではありません。パスワードは password_file に置いてください。".into()
        }
        StartError::Store(NotOpened::Password(file, _)) => format!(
            "database.password_file の {} を読み取れません。ファイルと権限を確かめてください。",
            file.display()
        ),
        StartError::Store(NotOpened::Roots(file, _)) => format!(
            "database.root_file の {} を読み取れません。ファイルと権限を確かめてください。",
            file.display()
        ),
        StartError::Store(NotOpened::Store(error)) | StartError::Practice(error) => {
            told::of_opening(error).into()
        }
        StartError::Read(_) => {
            "データベースを読み取れません。続く英文の内容を確かめてください。".into()
        }
        StartError::Authority(AuthorityError::File(file)) => format!(
            "{} がないか、証明書として読み取れません。ca フォルダーをバックアップから戻してください。",
            file.display()
        ),
        StartError::Authority(_) | StartError::ReceiptKey(_) | StartError::Seal(_) => {
            "鍵を開けません。data_dir の鍵ファイルと権限を確かめてください。".into()
        }
        StartError::OtherKey(key) => format!(
            "data_dir の {key} がないか、このデータベースを使うほかのセンターのものと違います。ほかのセンターから machine.key と ca/ をコピーして、起動し直してください。"
        ),
        StartError::AuthorityStands(folder) => format!(
            "{} には空のファイル unfinished だけがあり、認証局の鍵がありません。このデータベースを使うほかのセンターには認証局があります。ほかのセンターから ca/ をコピーして、起動し直してください。新しい認証局に替えるときは、すべてのセンターを止め、データベースで DELETE FROM center.shared_key WHERE name IN ('ca', 'issuing') を実行してから起動してください。その場合、すべての端末で電子証明書の発行し直しが必要です。",
            folder.display()
        ),
        StartError::NoMachineKey(file) => format!(
            "{} がありません。このデータベースは、以前の machine.key で使われていたものです。新しい鍵は作っていません。保管してある machine.key、receipt.key、receipt-retired.keys、ca/ を data_dir に戻してから、起動し直してください。machine.key を戻せないときは、ほかの3つを別の場所に移し、data_dir に空のファイル machine.key.lost を、空の ca フォルダーに空のファイル unfinished を置いて起動すると、新しい鍵が作られます。その場合、二要素認証の登録のし直しと、すべての端末で電子証明書の発行し直しが必要です。これまでの署名は検証できなくなります。",
            file.display()
        ),
        StartError::OtherMachineKey(file) => format!(
            "{} が、このデータベースで使われてきたものと違います。保管してある machine.key、receipt.key、receipt-retired.keys、ca/ を data_dir に戻してから、起動し直してください。",
            file.display()
        ),
        StartError::NoAuthority(folder) => format!(
            "{} に認証局の鍵がありません。これまでの電子証明書はそこから発行されています。バックアップから戻してください。戻せないときは、このフォルダーに空のファイル unfinished を置いて起動すると、新しい認証局が作られます。その場合、すべての端末で電子証明書の発行し直しが必要です。",
            folder.display()
        ),
        StartError::Tls(_) => "TLS を準備できません。".into(),
        StartError::Texts(_) => "画面の文言を読み取れません。onshi を入れ直してください。".into(),
        StartError::Name(_) => {
            "name（センター名）は、空白を含まない1〜64文字の半角英数字・記号です。".into()
        }
        StartError::CardRoot(file, _) => format!(
            "cards.roots の {} を、認証局の証明書（PEMまたはDER）として読み取れません。ファイルと権限を確かめてください。",
            file.display()
        ),
        StartError::Traces(NotTraced::NotBuilt) => {
            "この onshi は OpenTelemetry のトレースを含まずに作られています。設定から [traces] を除くか、--features otel を付けて作り直してください。".into()
        }
        StartError::Traces(NotTraced::NoRoot) => {
            "https の収集先には、その証明書を発行した認証局の証明書のファイルを traces.root_file で指定してください。".into()
        }
        StartError::Traces(NotTraced::Root(file, _)) => format!(
            "traces.root_file の {} を、認証局の証明書（PEM）として読み取れません。ファイルと権限を確かめてください。",
            file.display()
        ),
        StartError::Random | StartError::Traces(NotTraced::Random) => "システムの乱数を取得できません。".into(),
    };
    told::both(&ja, &error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_gone_is_told_apart_from_keys_that_do_not_open() {
        let lost = AuthorityError::File("ca/root.pem".into());
        let told = not_started(&StartError::Authority(lost)).to_string();
        let (ja, en) = told.split_once(" / ").unwrap();
        for text in [ja, en] {
            assert!(text.contains("ca/root.pem"), "{text}");
        }
    }

    #[test]
    fn a_lost_authority_or_machine_key_is_told_with_the_way_on_in_both_languages() {
        let told = not_started(&StartError::NoAuthority("ca".into())).to_string();
        let (ja, en) = told.split_once(" / ").unwrap();
        for text in [ja, en] {
            assert!(text.contains("unfinished"), "{text}");
        }
        let told = not_started(&StartError::AuthorityStands("ca".into())).to_string();
        let (ja, en) = told.split_once(" / ").unwrap();
        for text in [ja, en] {
            assert!(text.contains("DELETE FROM center.shared_key"), "{text}");
        }
        let told = not_started(&StartError::NoMachineKey("machine.key".into())).to_string();
        let (ja, en) = told.split_once(" / ").unwrap();
        for text in [ja, en] {
            assert!(text.contains("machine.key.lost"), "{text}");
        }
    }
}
