//! Copies of a center's store: made while it runs, put back while it does not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use store::engine::{Engine, examine, files};

/// `onshi backup`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi backup --data-dir /var/lib/onshi --out /mnt/copy/center-20261124"
)]
pub(crate) struct Backup {
    /// Data folder of the center, running or not.
    #[arg(long)]
    data_dir: PathBuf,
    /// Folder to make; must not exist. It holds no private key: copy machine.key, receipt.key and ca/ apart.
    #[arg(long)]
    out: PathBuf,
}

/// `onshi restore`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi restore --data-dir /var/lib/onshi --from /mnt/copy/center-20261124"
)]
pub(crate) struct Restore {
    /// Data folder of the stopped center.
    #[arg(long)]
    data_dir: PathBuf,
    /// A copy made by `onshi backup`.
    #[arg(long)]
    from: PathBuf,
}

pub(crate) fn back_up(arguments: &Backup) -> anyhow::Result<ExitCode> {
    let database = database(&arguments.data_dir)?;
    if arguments.out.exists() {
        bail!(
            "{} exists; choose another name, so that no copy is overwritten",
            arguments.out.display()
        );
    }
    Engine::open_center(&database, [0; 16])?.back_up(&arguments.out)?;
    println!("{}: written and examined", arguments.out.display());
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn restore(arguments: &Restore) -> anyhow::Result<ExitCode> {
    examine(&arguments.from)
        .with_context(|| format!("{} is no whole copy", arguments.from.display()))?;
    let socket = center::control::socket(&arguments.data_dir);
    if tokio::net::UnixStream::connect(&socket).await.is_ok() {
        bail!(
            "the center of {} is running; stop it first",
            arguments.data_dir.display()
        );
    }
    std::fs::create_dir_all(&arguments.data_dir)?;
    let (from, to) = (files(&arguments.from), files(&arguments.data_dir));
    for (from, to) in from.iter().zip(&to) {
        let beside = to.with_extension("db.restored");
        std::fs::copy(from, &beside).context("cannot copy into the data folder")?;
        std::fs::File::open(&beside)?.sync_all()?;
    }
    if to.iter().any(|database| database.exists()) {
        put_aside(&arguments.data_dir, &to)?;
    }
    for database in &to {
        let beside = database.with_extension("db.restored");
        std::fs::rename(&beside, database).context("cannot put the copy in place")?;
    }
    println!(
        "{}: restored; what was there is in its folder before-restore",
        arguments.data_dir.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Copies the present store with its logs into a folder, replacing what an earlier restore put there, and removes it.
fn put_aside(data_dir: &Path, databases: &[PathBuf]) -> anyhow::Result<()> {
    let aside = data_dir.join("before-restore");
    if aside.exists() {
        std::fs::remove_dir_all(&aside)?;
    }
    // The logs are folded into the files, so that what is put aside is whole.
    Engine::open_center(&database(data_dir)?, [0; 16])?.back_up(&aside)?;
    for database in databases {
        for ending in ["db", "db-wal", "db-shm"] {
            let file = database.with_extension(ending);
            if file.exists() {
                std::fs::remove_file(&file)?;
            }
        }
    }
    Ok(())
}

fn database(data_dir: &Path) -> anyhow::Result<PathBuf> {
    let database = data_dir.join("center.db");
    if !database.is_file() {
        bail!("{} does not exist; look at --data-dir", database.display());
    }
    Ok(database)
}
