//! Another issuing CA below the root of a center that is stopped. Shows no key.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use center::data_dir::{Held, NotHeld};
use center::issuing::{self, NotRenewed, Renewed};
use clap::Subcommand;
use domain::audit::Actor;
use pki::authority::AuthorityError;

use crate::store_place::{Named, StorePlace};
use crate::{serve, told};

/// `onshi ca`.
#[derive(Subcommand)]
pub(crate) enum CaCommand {
    /// Make another issuing CA below the same root, which signs certificates from the next start on; what the one before signed stays good to its end.
    #[command(
        after_help = "Example: onshi ca renew --data-dir /var/lib/onshi\n         onshi ca renew --config /etc/onshi/center.toml --root-key /mnt/safe/root.key"
    )]
    Renew {
        #[command(flatten)]
        named: Named,
        /// The root's key, where it does not lie in the folder ca.
        #[arg(long)]
        root_key: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(crate) async fn run(command: CaCommand) -> anyhow::Result<ExitCode> {
    let CaCommand::Renew {
        named,
        root_key,
        json,
    } = command;
    let place = named.read()?;
    place.must_exist()?;
    let data_dir = place.data_dir();
    // Until this has ended no center starts on the folder.
    let _held = Held::take(data_dir).map_err(|why| not_held(&why, data_dir))?;
    // One of a version that holds no folder.
    if center::control::is_running(data_dir).await {
        return Err(in_use(data_dir));
    }
    let renewed = renew(&place, root_key.as_deref()).await?;
    let fingerprint: String = renewed
        .fingerprint
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if json {
        out!(
            "{}",
            serde_json::json!({
                "number": renewed.number, "issuing": fingerprint, "ends": renewed.ends.to_string(),
                "ends_with_root": renewed.ends_with_root, "taken_up": renewed.is_taken_up,
            })
        );
        return Ok(ExitCode::SUCCESS);
    }
    let (number, ends) = (renewed.number, renewed.ends.to_second_in_japan());
    if renewed.is_taken_up {
        out!(
            "前回の更新が途中で止まっていたため、そのとき作られた{number}代目の発行用の認証局を記録しました。新たには作っていません / a renewal before was cut off: the issuing CA number {number} it made is recorded now, and no further one was made"
        );
    } else {
        out!(
            "{number}代目の発行用の認証局を作りました。これまでの電子証明書は、それぞれの有効期限まで使えます / issuing CA number {number} was made; certificates of those before stay good to their own end"
        );
    }
    out!("有効期限 / ends {ends}, SHA-256 {fingerprint}");
    if renewed.ends_with_root {
        out!(
            "この発行用の認証局は、ルートの有効期限と同時に切れます。もう一度更新しても延びません。その日までに認証局を作り直し、すべての端末で電子証明書を取得し直す必要があります（docs/operations/certificate-and-key-ceremony.md） / it ends with the root, before its 15 years are over, and a further one would end then as well: before that day another authority is needed, with every PC enrolled anew (docs/operations/certificate-and-key-ceremony.md)"
        );
    }
    out!(
        "次に行うこと: (1) data_dir の ca フォルダーを、machine.key と同じ保管媒体にコピーする (2) 同じデータベースを使うほかのセンターがあるときは、それぞれを停止して data_dir に ca フォルダーをコピーする (3) センターを起動する。端末での操作は必要ありません / what is next: (1) copy the folder ca of data_dir to the media that machine.key is kept on, (2) stop other centers over the same database and copy the folder ca into the data_dir of each, (3) start the centers; nothing is done at terminals"
    );
    Ok(ExitCode::SUCCESS)
}

async fn renew(place: &StorePlace, root_key: Option<&Path>) -> anyhow::Result<Renewed> {
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    let engine = place.open_existing(chain)?;
    let by = Actor::Operator("local".into());
    let renewed = issuing::renew(&engine, place.data_dir(), root_key, by, serve::now()).await;
    engine.close();
    renewed.map_err(not_renewed)
}

/// Why there is no other issuing CA, in both languages.
fn not_renewed(why: NotRenewed) -> anyhow::Error {
    let en = why.to_string();
    let ja = match why {
        NotRenewed::NoAuthority(folder) => format!(
            "{} に認証局の鍵がありません。保管してある ca フォルダーを戻してから、もう一度実行してください。",
            folder.display()
        ),
        NotRenewed::NoRootKey(file) => format!(
            "ルートの鍵 {} がありません。別の場所に保管しているときは、--root-key で指定してください。",
            file.display()
        ),
        NotRenewed::Authority(AuthorityError::OtherRootKey(file)) => format!(
            "{} は、このセンターのルート（root.pem）の鍵ではありません。このセンターの root.key を指定してください。",
            file.display()
        ),
        NotRenewed::Authority(AuthorityError::RootOver(_)) => {
            "ルートの有効期限が切れています。新しい認証局が必要です（docs/operations/certificate-and-key-ceremony.md）。".into()
        }
        NotRenewed::Authority(AuthorityError::EndsWithRoot(end)) => format!(
            "いまの発行用の認証局は、ルートと同じ {} まで有効です。更新しても延びないため、新たには作っていません。その日までに認証局を作り直し、すべての端末で電子証明書を取得し直してください（docs/operations/certificate-and-key-ceremony.md）。",
            end.to_second_in_japan()
        ),
        NotRenewed::Authority(_) => {
            "認証局の鍵か証明書を扱えません。data_dir の ca フォルダーと machine.key、空き容量、権限を確かめて、もう一度実行してください。".into()
        }
        NotRenewed::Keys(error) => return serve::not_started(&error),
        // Told in both languages where every command's are.
        NotRenewed::Store(error) => return error.into(),
    };
    told::both(&ja, &en)
}

fn not_held(why: &NotHeld, data_dir: &Path) -> anyhow::Error {
    match why {
        NotHeld::InUse(_) => in_use(data_dir),
        NotHeld::File(_, error) => told::unwritable(data_dir, error),
    }
}

/// A data folder that a center or a restore uses.
fn in_use(data_dir: &Path) -> anyhow::Error {
    let dir = data_dir.display();
    told::both(
        &format!(
            "{dir} のセンターが動いているか、復元が進んでいます。先に停止してください（systemctl stop onshi-center）。"
        ),
        &format!(
            "the center of {dir} is running, or a restore is; stop it first (systemctl stop onshi-center)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_that_would_bring_nothing_is_told_with_the_remedy_in_both_languages() {
        let end = serve::now();
        let why = NotRenewed::Authority(AuthorityError::EndsWithRoot(end));
        let told = not_renewed(why).to_string();
        let (ja, en) = told.split_once(" / ").unwrap();
        for text in [ja, en] {
            assert!(text.contains("certificate-and-key-ceremony.md"), "{text}");
        }
        assert!(ja.contains(&end.to_second_in_japan()), "{ja}");
        assert!(en.contains(&end.to_string()), "{en}");
    }
}
