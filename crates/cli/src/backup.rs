//! Copies of a center's store: made while it runs, put back while it does not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use store::engine::{Engine, examine};

/// `onshi backup`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi backup --data-dir /var/lib/onshi --out /mnt/copy/center-20261124.db"
)]
pub(crate) struct Backup {
    /// Data folder of the center, running or not.
    #[arg(long)]
    data_dir: PathBuf,
    /// File to write; must not exist. It holds no private key: copy machine.key, receipt.key and ca/ apart.
    #[arg(long)]
    out: PathBuf,
}

/// `onshi restore`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi restore --data-dir /var/lib/onshi --from /mnt/copy/center-20261124.db"
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
    let database = arguments.data_dir.join("center.db");
    let beside = arguments.data_dir.join("center.db.restored");
    std::fs::copy(&arguments.from, &beside).context("cannot copy into the data folder")?;
    std::fs::File::open(&beside)?.sync_all()?;
    if database.exists() {
        // The log is folded into the file first, so that what is put aside is whole.
        rename_aside(&database)?;
    }
    std::fs::rename(&beside, &database).context("cannot put the copy in place")?;
    println!(
        "{}: restored; what was there is beside it with the ending .before-restore",
        database.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Puts a database with its log aside, replacing what an earlier restore put there.
fn rename_aside(database: &Path) -> anyhow::Result<()> {
    let aside = database.with_extension("db.before-restore");
    if aside.exists() {
        std::fs::remove_file(&aside)?;
    }
    Engine::open_center(database, [0; 16])?.back_up(&aside)?;
    for ending in ["db", "db-wal", "db-shm"] {
        let file = database.with_extension(ending);
        if file.exists() {
            std::fs::remove_file(&file)?;
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
