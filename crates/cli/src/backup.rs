//! Copies of a center's store: made while it runs, put back while it does not, and then verified. Keeps no history of copies: that is
//! what backup programs are for.

mod restored;

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use center::data_dir::{Held, NotHeld};
use center::issuing::{self, Lacking};
use clap::Args;
use domain::audit::Actor;
use pki::sealed::folder_of;
use store::copies::{is_unfinished, remove_unfinished, unfinished};
use store::engine::{Engine, OpenError, StoreError, examine, files};
use store::restores::Reach;
use store::restoring::{Before, arriving, take_place};
use store::upkeep::Copying;
use store::versions::refuse_unknown;

use crate::audit::{missing_keys, open_outside};
use crate::progress::Progress;
use crate::revoked_outside::RevokedOutside;
use crate::store_place::{StorePlace, must_be_there};
use crate::system::private_file;
use crate::told;
use restored::{Restored, Verified};

/// `onshi backup`.
#[derive(Args)]
#[command(
    after_help = "Example: onshi backup --data-dir /var/lib/onshi --out /mnt/copy/center-20261124"
)]
pub(crate) struct Backup {
    /// Data folder of the center, running or not.
    #[arg(long)]
    data_dir: PathBuf,
    /// Folder to make; must not exist. Until the copy is whole the name ends with .unfinished. It holds no private key: copy machine.key,
    /// receipt.key, receipt-retired.keys and ca/ apart.
    #[arg(long)]
    out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
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
    /// Checkpoints kept outside the store (`checkpoint_dir` of the settings): its `checkpoints.jsonl`. The restored audit chain is
    /// held against them, and what the `revocations.jsonl` beside it names is revoked again.
    #[arg(long)]
    outside: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn back_up(arguments: &Backup) -> anyhow::Result<ExitCode> {
    let database = database(&arguments.data_dir)?;
    let out = arguments.out.clone();
    if out.exists() {
        return Err(told::exists(&out));
    }
    if is_unfinished(&out) {
        return Err(told::both(
            "--out には、.unfinished で終わる名前を指定できません（作成中の写しに使う名前です）。別の名前を指定してください。",
            "the name of --out may not end with .unfinished, which is how a copy is called that is not whole; choose another",
        ));
    }
    let above = folder_of(&out);
    if !above.is_dir() {
        let above = above.display();
        return Err(told::both(
            &format!("{above} というフォルダーがありません。作るか、--out を確かめてください。"),
            &format!("there is no folder {above}; make it, or look at --out"),
        ));
    }
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    let engine = Engine::open_center(&database, chain).map_err(|error| told::not_opened(&error))?;
    let removed = remove_unfinished(above);
    let event = |copying: Copying| {
        let actor = Actor::Operator("local".into());
        copying.event(crate::serve::now(), actor)
    };
    // Before the copy, so that the copy itself tells of it.
    engine.record(event(Copying::Begun)).await?;
    let copied = engine.clone();
    let copying = tokio::task::spawn_blocking(move || copied.back_up(&out));
    // The engine tells nothing while it copies, so the copy's growth is watched.
    let total = size(&files(&arguments.data_dir));
    let growing = files(&unfinished(&arguments.out));
    let copied = watch_growth(&growing, total, copying).await?;
    copied.map_err(|error| not_made(&arguments.out, &error))?;
    // This one counts as the last copy.
    let recorded = engine.record(event(Copying::Made)).await;
    recorded.map_err(|error| not_recorded(&arguments.out, &error))?;
    engine.close();
    let written = arguments.out.display().to_string();
    if arguments.json {
        let bytes = size(&files(&arguments.out));
        // JSON takes no name that is not UTF-8.
        let removed: Vec<_> = removed.iter().map(|it| it.display().to_string()).collect();
        out!(
            "{}",
            serde_json::json!({"written": written, "bytes": bytes, "removed": removed})
        );
    } else {
        for folder in removed {
            out!(
                "{}: 途中で止まった写しを片づけました / a copy that was cut off was removed",
                folder.display()
            );
        }
        out!("{written}: 書き込み、検査しました / written and examined");
    }
    Ok(ExitCode::SUCCESS)
}

/// A copy of which nothing is left.
fn not_made(out: &Path, error: &StoreError) -> anyhow::Error {
    if let StoreError::CopyBeingWritten(to) = error {
        return told::copy_being_written(to);
    }
    let out = out.display();
    told::both(
        &format!(
            "{out} に写しを作れませんでした。途中のものは残っていません。続く英文の内容と、空き容量・権限を確かめて、もう一度実行してください。"
        ),
        &format!("no copy was made in {out}, and nothing of it is left: {error}"),
    )
}

/// A copy that is whole, and counts as none.
fn not_recorded(out: &Path, error: &StoreError) -> anyhow::Error {
    let out = out.display();
    told::both(
        &format!(
            "{out} の写しは完全ですが、センターのデータベースに記録できなかったため、最後のバックアップには数えられません。センターのデータベースを確かめてください。"
        ),
        &format!(
            "the copy in {out} is whole, but the store could not record it, so that it does not count as the last one: {error}"
        ),
    )
}

pub(crate) async fn restore(arguments: &Restore) -> anyhow::Result<ExitCode> {
    let (from, data_dir) = (&arguments.from, &arguments.data_dir);
    // Before anything is moved: what the copy is to be held against must be there.
    let outside = arguments.outside.as_deref();
    let revoked = outside.map(RevokedOutside::beside).transpose()?.flatten();
    let outside = outside.map(open_outside).transpose()?;
    must_be_whole(from)?;
    // Until this has ended no center starts on the folder.
    let _held = hold(data_dir).await?;
    let before = put_in_place(data_dir, from).await?;
    let recorded = record(data_dir, from).await;
    let again = match revoked {
        Some(revoked) => {
            let place = StorePlace::Folder(data_dir.clone());
            let again = revoked.revoke_again(&place).await;
            Some(again.after_restore(data_dir, &name_of(from)))
        }
        None => None,
    };
    let restored = Restored {
        data_dir: data_dir.clone(),
        before,
        recorded,
        again,
        verified: Verified::of(data_dir, &mut outside.unwrap_or_default()),
        missing_keys: missing_keys(data_dir),
        lacking: lacking(data_dir),
    };
    if arguments.json {
        out!("{}", restored.to_json());
    } else {
        out!("{restored}");
    }
    Ok(if restored.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The authority or issuing CA that a restored store was used with last, where it is not in the folder. That a store does not open is told elsewhere.
fn lacking(data_dir: &Path) -> Option<Lacking> {
    let place = StorePlace::Folder(data_dir.into());
    let engine = place.open_as_it_is([0; 16]).ok()?;
    let lacking = issuing::lacking(&engine, data_dir);
    engine.close();
    lacking.ok().flatten()
}

/// Refuses what is no whole copy, or one that this version would not open.
fn must_be_whole(from: &Path) -> anyhow::Result<()> {
    if is_unfinished(from) {
        let shown = from.display();
        return Err(told::both(
            &format!(
                "{shown} は作成中か、途中で止まった写しです。名前が .unfinished で終わらない、完成した写しを指定してください。"
            ),
            &format!(
                "{shown} is a copy that is being made or was cut off; name a whole one, whose name does not end with .unfinished"
            ),
        ));
    }
    for file in files(from) {
        looked_at(from, &file, look(&file))?;
    }
    let logs = files(from).map(|it| it.with_extension("db-wal"));
    if logs.iter().any(|it| size(std::slice::from_ref(it)) != 0) {
        // Without its log the copy would be short of what was written last.
        let shown = from.display();
        return Err(told::both(
            &format!(
                "{shown} は写しではなく、使用中か、途中で止まったデータベースです。onshi backup --data-dir {shown} で写しを作り、その写しから復元してください。"
            ),
            &format!(
                "{shown} is no copy but a store in use, or one that was cut off; make a copy with `onshi backup --data-dir {shown}` and restore that"
            ),
        ));
    }
    examine(from).map_err(|error| {
        let shown = from.display();
        told::both(
            &format!("{shown} は完全な写しではありません。別の写しを使ってください。"),
            &format!("{shown} is no whole copy: {error}; use another copy"),
        )
    })?;
    refuse_unknown(from).map_err(|error| not_taken(from, &error))
}

/// Holds a data folder that no center runs on.
async fn hold(data_dir: &Path) -> anyhow::Result<Held> {
    let held = Held::take(data_dir).map_err(|why| match why {
        NotHeld::InUse(_) => in_use(data_dir),
        NotHeld::File(_, error) => told::unwritable(data_dir, &error),
    })?;
    // One of a version that holds no folder.
    if center::control::is_running(data_dir).await {
        return Err(in_use(data_dir));
    }
    Ok(held)
}

/// Copies beside the store of a data folder, whole, and then lets the copy take its place.
async fn put_in_place(data_dir: &Path, from: &Path) -> anyhow::Result<Before> {
    let failed = |error: std::io::Error| told::unwritable(data_dir, &error);
    let beside = arriving(data_dir);
    let (sources, targets) = (files(from), beside.clone());
    let copying = tokio::task::spawn_blocking(move || {
        let mut pairs = sources.iter().zip(&targets);
        pairs.try_for_each(|(source, target)| copy(source, target))
    });
    let total = size(&files(from));
    let copied = watch_growth(&beside, total, copying).await?;
    if let Err(error) = copied {
        for part in &beside {
            // What is left of it would only take room; the next copying writes over it.
            let _ = std::fs::remove_file(part);
        }
        return Err(failed(error));
    }
    take_place(data_dir).map_err(failed)
}

/// Whether a file of a copy is there, and this user may read it.
fn look(file: &Path) -> std::io::Result<Metadata> {
    let found = std::fs::metadata(file)?;
    if found.is_file() {
        std::fs::File::open(file)?;
    }
    Ok(found)
}

/// Refuses a copy without this file, or whose file belongs to another user.
fn looked_at(from: &Path, file: &Path, found: std::io::Result<Metadata>) -> anyhow::Result<()> {
    match found {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(told::unreadable(file, &ErrorKind::NotFound.into())),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let (file, from) = (file.display(), from.display());
            Err(told::both(
                &format!(
                    "{file} を読む権限がありません。写しは、作成した利用者だけが読めます。root で chown -R onshi-center {from} を実行してから、もう一度復元してください。"
                ),
                &format!(
                    "this user may not read {file}; the user who made a copy reads it alone: run chown -R onshi-center {from} as root, then restore again"
                ),
            ))
        }
        Err(error) => Err(told::unreadable(file, &error)),
    }
}

/// A copy that this version would not open in its place.
fn not_taken(from: &Path, error: &OpenError) -> anyhow::Error {
    let from = from.display();
    let ja = match error {
        OpenError::Newer { .. } => {
            "より新しい版の onshi の写しです。その版を入れてから復元するか、別の写しを使ってください"
        }
        OpenError::Changed { .. } => {
            "構造がこの版のものと違う写しです。手で変更されたか、壊れた版が書いた可能性があります。別の写しを使ってください"
        }
        _ => "写しを読み取れません。続く英文の内容を確かめるか、別の写しを使ってください",
    };
    told::both(
        &format!("{from}: {ja}。今あるデータベースはそのままです。"),
        &format!("{error}; nothing was moved, and another copy may fit"),
    )
}

/// Has the audit chain of what is in place now tell that it was brought back.
async fn record(data_dir: &Path, from: &Path) -> anyhow::Result<Reach> {
    record_restore(&StorePlace::Folder(data_dir.into()), &name_of(from)).await
}

/// The name of a copy's folder, by which the audit chain names it.
fn name_of(from: &Path) -> String {
    let named = from.canonicalize().unwrap_or_else(|_| from.into());
    let name = named.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Records in a store that it was brought back.
pub(crate) async fn record_restore(place: &StorePlace, from: &str) -> anyhow::Result<Reach> {
    let mut chain = [0; 16];
    aws_lc_rs::rand::fill(&mut chain).context("the system's random generator failed")?;
    let engine = place.open_existing(chain)?;
    let actor = Actor::Operator("local".into());
    let recorded = engine
        .record_restore(from, crate::serve::now(), actor)
        .await;
    engine.close();
    recorded.map_err(|error| told::of_store(error.into()))
}

/// How far what was brought back reaches, in both languages.
pub(crate) fn told_reach(reach: &Reach) -> String {
    let (ja, en) = match reach.last {
        Some(last) => {
            let last = last.to_second_in_japan();
            (
                format!("、最後の記録は {last}（日本時間）"),
                format!(", the last of {last}"),
            )
        }
        None => (String::new(), String::new()),
    };
    let events = reach.events;
    format!(
        "復元したことを監査記録に残しました（復元した監査記録は {events} 件{ja}） / the audit chain tells of the restore: what was brought back holds {events} events{en}"
    )
}

/// The same for programs.
pub(crate) fn reach_json(reach: &Reach) -> serde_json::Value {
    let last = reach.last.map(|it| it.to_string());
    serde_json::json!({"events": reach.events, "last": last})
}

/// A data folder that a center or another restore uses.
fn in_use(data_dir: &Path) -> anyhow::Error {
    let dir = data_dir.display();
    told::both(
        &format!("{dir} のセンターが動いているか、別の復元が進んでいます。先に停止してください。"),
        &format!("the center of {dir} is running, or another restore is; stop it first"),
    )
}

/// Copies a file, whoever may read it, to one that this user alone reads, and brings it to the disk.
fn copy(source: &Path, target: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(target) {
        // What an earlier try left may have other rights.
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut copied = private_file(target)?;
    std::io::copy(&mut std::fs::File::open(source)?, &mut copied)?;
    copied.sync_all()
}

/// Shows how far files have grown towards their size until the work that writes them ends.
async fn watch_growth<T>(
    files: &[PathBuf],
    total: u64,
    work: tokio::task::JoinHandle<T>,
) -> Result<T, tokio::task::JoinError> {
    let mut progress = Progress::of_bytes(total);
    let mut every = tokio::time::interval(std::time::Duration::from_millis(200));
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                progress.reached(total);
                return done;
            }
            _ = every.tick() => progress.reached(size(files).min(total.saturating_sub(1))),
        }
    }
}

fn size(files: &[PathBuf]) -> u64 {
    let sizes = files
        .iter()
        .map(|it| std::fs::metadata(it).map_or(0, |it| it.len()));
    sizes.sum()
}

fn database(data_dir: &Path) -> anyhow::Result<PathBuf> {
    let database = data_dir.join("center.db");
    must_be_there(&database)?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_another_user_is_not_told_of_as_missing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("center.db");
        let closed = looked_at(dir.path(), &file, Err(ErrorKind::PermissionDenied.into()));
        let closed = closed.unwrap_err().to_string();
        let remedy = format!("chown -R onshi-center {}", dir.path().display());
        assert_eq!(closed.matches(&remedy).count(), 2, "{closed}");
        assert!(!closed.contains("there is no such file"), "{closed}");
        let missing = looked_at(dir.path(), &file, look(&file));
        let missing = missing.unwrap_err().to_string();
        assert!(missing.contains("there is no such file"), "{missing}");
        std::fs::create_dir(&file).unwrap();
        assert!(looked_at(dir.path(), &file, look(&file)).is_err());
        std::fs::remove_dir(&file).unwrap();
        std::fs::write(&file, "").unwrap();
        looked_at(dir.path(), &file, look(&file)).unwrap();
    }
}
