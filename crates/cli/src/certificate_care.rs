//! Care for a terminal's certificates from the shell: renewal and verified backup, as on its pages, and removal of one that is no longer
//! used. A terminal that runs takes up what is renewed here.

use std::path::PathBuf;

use clap::Args;
use pki::installed::Installed;
use terminal::backups::{Backups, Original};
use terminal::certificates;

use crate::client::{Given, explain_of};
use crate::told;

/// `onshi certificate renew`.
#[derive(Args)]
pub(crate) struct RenewArguments {
    /// Settings file of the terminal.
    #[arg(long)]
    config: PathBuf,
    /// File holding the password of the new `.p12` file.
    #[arg(long)]
    password_file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi certificate backup`.
#[derive(Args)]
pub(crate) struct BackupArguments {
    /// Settings file of the terminal.
    #[arg(long)]
    config: PathBuf,
    /// Name of the file in the watched folder.
    #[arg(long)]
    file: String,
    /// Folder on other hardware.
    #[arg(long)]
    to: PathBuf,
    /// File holding the password of the `.p12` file.
    #[arg(long)]
    password_file: PathBuf,
    /// Take the original away once the copy is good.
    #[arg(long = "move")]
    moves: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `onshi certificate remove`.
#[derive(Args)]
pub(crate) struct RemoveArguments {
    /// Settings file of the terminal.
    #[arg(long)]
    config: PathBuf,
    /// Name the certificate lies under; never the one of the settings.
    #[arg(long)]
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl RemoveArguments {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = crate::terminal::read(&self.config)?;
        let name = &self.name;
        if *name == config.identity.name {
            return Err(told::both(
                &format!(
                    "{name} は、この端末の設定（[identity]）が使う電子証明書なので取り除けません。別の名前を指定してください。"
                ),
                &format!(
                    "{name} is the certificate of this terminal's settings ([identity]) and stays; give another name"
                ),
            ));
        }
        config.installed().remove(name)?;
        if self.json {
            out!("{}", serde_json::json!({"removed": name}));
        } else {
            out!(
                "{name}: 取り除きました。端末を再起動すると、ログインの画面からも消えます。 / removed; it leaves the sign-in page when the terminal is restarted"
            );
        }
        Ok(())
    }
}

impl RenewArguments {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = crate::terminal::read(&self.config)?;
        let password = crate::client::secret(&self.password_file)?;
        domain::password::Password::parse(&password).map_err(|broken| {
            let texts = broken.into_iter().map(domain::password::Broken::text);
            let (ja, en): (Vec<_>, Vec<_>) = texts.unzip();
            told::both(&ja.join(" "), &en.join(" "))
        })?;
        let setup = crate::terminal::certificate_setup(&config)?;
        let renewed = certificates::renew(&setup, &password).await;
        let renewed = renewed.map_err(|error| explain(&error))?;
        let until = renewed.holder.not_after.date_in_japan().to_string();
        let file = renewed
            .file
            .map(|it| it.display().to_string())
            .unwrap_or_default();
        if self.json {
            out!(
                "{}",
                serde_json::json!({"renewed": config.identity.name, "until": until, "file": file})
            );
        } else {
            out!(
                "{}: 更新しました（{until}まで） / renewed, valid until {until}",
                config.identity.name
            );
            out!("  {file}: バックアップしてください / make a backup of it");
        }
        Ok(())
    }
}

impl BackupArguments {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let config = crate::terminal::read(&self.config)?;
        let password = crate::client::secret(&self.password_file)?;
        let name = &config.identity.name;
        let installed: Installed = config.installed();
        let holder = installed.read(name)?.holder();
        let holder = holder.ok_or_else(told::no_client_certificate)?;
        let backups = Backups::open(crate::terminal::backups(&config));
        let original = if self.moves {
            Original::Goes
        } else {
            Original::Stays
        };
        let made = backups
            .make(&self.file, &self.to, &password, original, &holder, crate::serve::now())
            .await
            .map_err(|error| told::both(
                &format!("{} をバックアップできませんでした。元のファイルはそのままです。保管先（別の機器・空き容量・書き込み禁止）とパスワードを確かめてください。", self.file),
                &format!("no backup of {}: {error}; the original is where it was", self.file),
            ))?;
        let file = made.file.display().to_string();
        if self.json {
            out!(
                "{}",
                serde_json::json!({"backup": file, "other_files": made.others})
            );
            return Ok(());
        }
        out!("{file}: 読み直して開けることを確かめました / read back and opened");
        if 0 < made.others {
            out!(
                "  保管先にほかの{0}個のファイルがあります。専用にしてください。 / {0} other files are there; keep a stick for this alone",
                made.others
            );
        }
        Ok(())
    }
}

/// Why nothing was installed, in both languages.
fn explain(error: &certificates::InstallFailed) -> anyhow::Error {
    use certificates::InstallFailed as Failed;
    match error {
        Failed::Client(error) => explain_of(error, Given::Settings),
        Failed::None => told::both(
            "更新する電子証明書がありません。発行通知書で取得してください。",
            "there is no certificate to renew; get one with a notice",
        ),
        other => told::both(
            "電子証明書を更新できませんでした。元の電子証明書をそのまま使っています。",
            &format!("not renewed: {other}; the certificate before is still used"),
        ),
    }
}
