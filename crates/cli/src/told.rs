//! What goes wrong, told in Japanese and English with the remedy. Says which file or setting, never what stands in it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::anyhow;
use center::data_dir::NotHeld;
use store::engine::{OpenError, StoreError};

use crate::wrong_setting;

/// An error in both languages.
pub(crate) fn both(ja: &str, en: &str) -> anyhow::Error {
    anyhow!("{ja} / {en}")
}

/// The text of a file.
pub(crate) fn read_text(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))
}

/// The bytes of a file.
pub(crate) fn read_bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| unreadable(file, &error))
}

/// A file that cannot be read.
pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> anyhow::Error {
    let (ja, en) = match error.kind() {
        ErrorKind::NotFound => (
            "ファイルがありません。場所を確かめてください。",
            "there is no such file; look at its place",
        ),
        ErrorKind::PermissionDenied => (
            "読む権限がありません。権限を確かめてください。",
            "this user may not read it; look at its rights",
        ),
        ErrorKind::IsADirectory => (
            "フォルダーです。ファイルを指定してください。",
            "it is a folder; name a file",
        ),
        ErrorKind::InvalidData => ("UTF-8 のテキストではありません。", "it is no UTF-8 text"),
        _ => ("読めません。", "it cannot be read"),
    };
    both(
        &format!("{}: {ja}", file.display()),
        &format!("{en} ({error})"),
    )
}

/// A file or folder that cannot be written.
pub(crate) fn unwritable(file: &Path, error: &std::io::Error) -> anyhow::Error {
    both(
        &format!(
            "{} に書き込めません。空き容量と権限を確かめてください。",
            file.display()
        ),
        &format!(
            "cannot write {}: {error}; look at space and rights",
            file.display()
        ),
    )
}

/// A file that must not be there yet.
pub(crate) fn exists(file: &Path) -> anyhow::Error {
    both(
        &format!(
            "{} は既にあります。上書きしないよう、別の名前を指定してください。",
            file.display()
        ),
        &format!(
            "{} exists; choose another name, so that nothing is overwritten",
            file.display()
        ),
    )
}

/// A settings file that is not good; the TOML reader names line and column.
pub(crate) fn settings(file: &Path, error: &toml::de::Error) -> anyhow::Error {
    let (ja, en) = wrong_setting::plain(error, || std::fs::read_to_string(file).ok());
    let shown = error.to_string();
    // The line as it stands; what the reader says of it is told in plain words.
    let line = shown.rfind(error.message()).and_then(|at| shown.get(..at));
    both(
        &format!(
            "{}: 設定ファイルに誤りがあります。下の行を直してください。{ja}",
            file.display()
        ),
        &format!(
            "not a good settings file; mend this line: {en}\n{}",
            line.unwrap_or_default()
        ),
    )
}

/// A center's data folder without a store in it.
pub(crate) fn no_store(database: &Path) -> anyhow::Error {
    both(
        &format!(
            "{} がありません。--data-dir を確かめてください。",
            database.display()
        ),
        &format!("{} does not exist; look at --data-dir", database.display()),
    )
}

/// A center's data folder that this user may not enter.
pub(crate) fn not_permitted(database: &Path) -> anyhow::Error {
    both(
        &format!(
            "{} を見る権限がありません。センターの利用者で実行してください（runuser -u onshi-center -- onshi …）。",
            database.display()
        ),
        &format!(
            "this user may not look at {}; run it as the center's user (runuser -u onshi-center -- onshi …)",
            database.display()
        ),
    )
}

/// A data folder without a running center.
pub(crate) fn no_center(data_dir: &Path) -> anyhow::Error {
    both(
        &format!(
            "{} のセンターは動いていません。`onshi center` で起動するか、--data-dir を確かめてください。",
            data_dir.display()
        ),
        &format!(
            "no center is running on {}; start it with `onshi center`, or look at --data-dir",
            data_dir.display()
        ),
    )
}

/// A data folder that is not to be had, in Japanese alone.
pub(crate) fn of_data_dir(why: &NotHeld) -> String {
    match why {
        NotHeld::InUse(dir) => format!(
            "data_dir {} は別のセンターか復元（onshi restore）が使っています。先に停止するか、別のフォルダーを指定してください。",
            dir.display()
        ),
        NotHeld::File(dir, _) => format!(
            "data_dir {} を使えません。空き容量と権限を確かめてください。",
            dir.display()
        ),
    }
}

/// A name under which no certificate is sealed.
pub(crate) fn no_certificate(data_dir: &Path, name: &str) -> anyhow::Error {
    let dir = data_dir.display();
    both(
        &format!(
            "電子証明書 {name} が {dir} にありません。`onshi certificate import` で取り込んでください。"
        ),
        &format!("no certificate {name} in {dir}; bring one in with `onshi certificate import`"),
    )
}

/// A certificate of another kind than a client's.
pub(crate) fn no_client_certificate() -> anyhow::Error {
    both(
        "取り込まれた証明書は医療機関等の電子証明書ではありません。`onshi certificate import` で取り込み直してください。",
        "the sealed certificate is no facility's client certificate; bring another in with `onshi certificate import`",
    )
}

/// Staff pages that cannot be served.
pub(crate) fn no_pages(at: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    let ja = match error.kind() {
        ErrorKind::AddrInUse => {
            "ポートは使われています。同じプログラムが動いていないか確かめるか、listen を変えてください。"
        }
        _ => "待ち受けできません。listen を確かめてください。",
    };
    both(
        &format!("{at}: {ja}"),
        &format!("cannot serve pages on {at}: {error}; look at listen and at who listens there"),
    )
}

/// A database that cannot be opened.
pub(crate) fn not_opened(error: &OpenError) -> anyhow::Error {
    both(of_opening(error), &error.to_string())
}

/// The same in Japanese alone.
pub(crate) fn of_opening(error: &OpenError) -> &'static str {
    match error {
        OpenError::File { .. } => {
            "データベースを開けません。フォルダーの場所・空き容量・権限を確かめてください。"
        }
        OpenError::Damaged { .. } => {
            "データベースのファイルが壊れています。onshi restore でバックアップから戻してください。今あるものは残されます。"
        }
        OpenError::DamagedJournal { .. } => {
            "連携アプリの処理記録（journal.db）が壊れています。journal.db と journal.db-wal を別の場所に移して起動し、回答のなかった要求ファイルを入れ直してください。"
        }
        OpenError::HalfRestored { .. } => {
            "復元が途中で止まっています。onshi restore をもう一度実行してください。"
        }
        OpenError::Server { .. } => {
            "PostgreSQL のデータベースを使えません。接続先と、docs/operations/postgresql.md にある条件を確かめてください。"
        }
        OpenError::SettingLost { .. } => {
            "PostgreSQL への接続で、指定した設定（options）が届いていません。途中の PgBouncer などが ignore_startup_parameters で捨てています。サーバーへ直接、または TCP のロードバランサー経由で接続してください。"
        }
        OpenError::Older { .. } => {
            "データベースは古い版の onshi のものです。このコマンドはデータベースを変更しないため、開きませんでした。この版のセンターを一度起動してから実行するか、その版の onshi で実行してください。サーバー側で前の時点に戻したデータベースのときは、センターを起動する前に onshi audit restored を実行してください。"
        }
        OpenError::Newer { .. } => {
            "データベースはより新しい版の onshi のものです。その版を使ってください。"
        }
        OpenError::Changed { .. } => {
            "データベースの構造がこの版のものと違います。手で変更されたか、壊れた版が書いた可能性があります。onshi restore でバックアップから戻してください。"
        }
    }
}

/// An error with its causes, of which many say already what theirs are: nothing is said twice.
pub(crate) fn whole(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said.push_str(": ");
            said.push_str(&cause);
        }
    }
    said
}

/// An error as it is; what a store says of itself, in both languages.
pub(crate) fn of_store(error: anyhow::Error) -> anyhow::Error {
    let ja = match error.downcast_ref() {
        Some(StoreError::NoWrites(_)) => {
            "データベースに書き込めません。フォルダーの空き容量と権限を確かめて、もう一度実行してください。"
        }
        Some(StoreError::Damaged(_)) => {
            "データベースのファイルが壊れています。センターのものは、センターを停止し、onshi restore でバックアップから戻してください。"
        }
        Some(StoreError::Away(_)) => {
            "データベースが応答しないか、ほかの処理が書き込みを続けています。しばらく待ってもう一度実行し、続くときは接続先を確かめてください。"
        }
        Some(StoreError::Row(_)) => {
            "データベースに読めない行があります。onshi audit verify で確かめてください。"
        }
        Some(StoreError::Closing | StoreError::Crowded) => {
            "データベースは混み合っているか、終了するところです。もう一度実行してください。"
        }
        Some(StoreError::Failed(_) | StoreError::KeyUsed) => {
            "データベースで問題が起きました。続く英文の内容を確かめて、もう一度実行してください。"
        }
        Some(StoreError::CopyBeingWritten(to)) => return copy_being_written(to),
        None => return error,
    };
    both(ja, &whole(&error))
}

/// A copy that another process makes in the same place.
pub(crate) fn copy_being_written(to: &Path) -> anyhow::Error {
    let to = to.display();
    both(
        &format!(
            "{to} の写しは、別の onshi backup が作成しています。終わるのを待つか、--out に別の名前を指定してください。"
        ),
        &format!(
            "another process is writing the copy {to}; wait until it is done, or choose another name for --out"
        ),
    )
}
