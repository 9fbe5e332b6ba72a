//! Secrets sealed for a part of the PC: what `seal-password` and `seal-key` of each part take and do, and how a part opens them. Prints no
//! secret.

use std::path::{Path, PathBuf};

use api::client::machine::MachineAccount;
use clap::Args;
use kiosk::config::TerminalKeys;
use pki::machine_secret::MachineSecret;
use pki::sealed::{MachineKey, is_open_to_others, is_sealed};

use crate::told;

/// A password to be sealed.
#[derive(Args)]
pub(crate) struct SealPassword {
    /// Settings file: its data_dir holds the machine key, and it names the file that is written.
    #[arg(long)]
    pub(crate) config: PathBuf,
    /// File holding the password.
    #[arg(long)]
    password_file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A terminal key to be sealed.
#[derive(Args)]
pub(crate) struct SealKey {
    /// Settings file: its data_dir holds the machine key, its terminal_keys.secret_file is written.
    #[arg(long)]
    pub(crate) config: PathBuf,
    /// File holding the private key, PKCS#8 in DER.
    #[arg(long)]
    key_file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl SealPassword {
    /// Seals it into the file that settings name, and says so.
    pub(crate) fn seal(&self, data_dir: &Path, file: &Path) -> anyhow::Result<()> {
        let password = crate::client::secret(&self.password_file)?;
        seal(data_dir, file, password.as_bytes())?;
        say(file, self.json);
        Ok(())
    }
}

impl SealKey {
    /// Seals it into the file that settings name, and says so.
    pub(crate) fn seal(&self, data_dir: &Path, keys: Option<&TerminalKeys>) -> anyhow::Result<()> {
        let Some(keys) = keys else {
            return Err(told::both(
                "設定に [terminal_keys] がありません。",
                "the settings have no [terminal_keys]",
            ));
        };
        seal(
            data_dir,
            &keys.secret_file,
            &told::read_bytes(&self.key_file)?,
        )?;
        say(&keys.secret_file, self.json);
        Ok(())
    }
}

/// Seals a secret into a file.
pub(crate) fn seal(data_dir: &Path, file: &Path, secret: &[u8]) -> anyhow::Result<()> {
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    Ok(machine.seal(file, secret)?)
}

fn say(file: &Path, json: bool) {
    let sealed = file.display().to_string();
    if json {
        out!("{}", serde_json::json!({"sealed": sealed}));
    } else {
        out!("{sealed}: 封印しました / sealed");
    }
}

/// The machine account of a part, whose password is sealed in a file.
pub(crate) fn machine_account(
    data_dir: &Path,
    id: &str,
    file: &Path,
    part: &str,
) -> anyhow::Result<MachineAccount> {
    // A file that does not open is told of now, not at the first sign-in.
    unseal(data_dir, file, &format!("onshi {part} seal-password"))?;
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    Ok(MachineAccount::new(
        id.to_owned(),
        MachineSecret::new(machine, file),
    ))
}

/// The secret sealed in a file by a command. A file that others may read, or that holds the secret in the open, is refused.
pub(crate) fn unseal(data_dir: &Path, file: &Path, seal: &str) -> anyhow::Result<Vec<u8>> {
    let shown = file.display();
    let bytes = told::read_bytes(file)?;
    if !is_sealed(&bytes) {
        return Err(told::both(
            &format!(
                "{shown} が封印されていません。`{seal}` で封印し、元のファイルを削除してください。"
            ),
            &format!("{shown} is not sealed; seal it with `{seal}` and delete the plain file"),
        ));
    }
    if is_open_to_others(file) {
        return Err(told::both(
            &format!("{shown} を他の利用者が読めます。chmod 600 {shown} を実行してください。"),
            &format!("other users may read {shown}; run: chmod 600 {shown}"),
        ));
    }
    let machine = MachineKey::open(&data_dir.join("machine.key"))?;
    Ok(machine.unseal(file)?.to_vec())
}
