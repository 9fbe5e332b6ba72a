//! `onshi feed`: loads files of medical information and of insurers into a running center (取込), tries them, and lists what was loaded.
//! Shows of a line its number and what is wrong, never what stands in it.

mod insurers;
mod progress;

use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use center::control::{Call, Order, Reply};
use center::feeds::{BatchLine, FeedPart, FeedReport, NewFeed};
use clap::{Args, Subcommand};

use self::progress::{Pace, Progress};
use crate::enroll::{order, other_answer};
use crate::listing;
use crate::told;

/// Bytes sent at a time: some thousands of lines.
const PIECE_BYTES: usize = 512 << 10;

/// What `load` ends with when the batch is held for review.
const HELD: u8 = 3;

/// `onshi feed`.
#[derive(Subcommand)]
pub(crate) enum FeedCommand {
    /// Load a file: all of its accepted lines are seen at once, or none.
    #[command(
        after_help = "Example: onshi feed load --data-dir /var/lib/onshi --kind drugs drugs-2026-10.csv\n\n\
            onshi feed load --data-dir /var/lib/onshi --kind coverages --insurer 06139992 --full coverages.csv.gz\n\n\
            Ends with 1 when the file was not loaded, and with 3 when it is held for review. Refused lines stand in a file below the data\n\
            folder that holds personal data."
    )]
    Load(FileArguments),
    /// Try a file as `load` would, store nothing, and say what `load` would make of it.
    #[command(
        after_help = "Example: onshi feed check --data-dir /var/lib/onshi --kind checkups checkups.csv\n\n\
            Ends as `load` would: with 0 when the file would be published, also without single lines that are refused, with 1 when it would\n\
            not be loaded, and with 3 when it would be held for review."
    )]
    Check(FileArguments),
    /// Show a batch of an insurer: its lines, what it changes of the insurer's figures, why it is held.
    #[command(after_help = "Example: onshi feed show --data-dir /var/lib/onshi 12")]
    Show(insurers::Named),
    /// Publish a batch that is held for review.
    #[command(after_help = "Example: onshi feed release --data-dir /var/lib/onshi 12")]
    Release(insurers::Named),
    /// Reject a batch that is held for review: nothing of it is stored.
    #[command(after_help = "Example: onshi feed reject --data-dir /var/lib/onshi 12")]
    Reject(insurers::Named),
    /// Undo a published batch of an insurer, all of it or nothing.
    #[command(after_help = "Example: onshi feed undo --data-dir /var/lib/onshi 12")]
    Undo(insurers::Named),
    /// Write the report to the insurer (CSV): refused lines, late ones, people whom the resident register, or another insurer, names otherwise.
    #[command(
        after_help = "Example: onshi feed report --data-dir /var/lib/onshi 12 > report.csv\n\n\
            Lines are named by number and by the identifier the insurer sent; no name and no insured number stands in it."
    )]
    Report(insurers::Named),
    /// Say which batches a check was answered from.
    #[command(
        after_help = "Example: onshi feed source --data-dir /var/lib/onshi --facility 1319999999 --check 0190a5c2-7b1e-7000-8000-000000000000"
    )]
    Source(insurers::SourceArguments),
    /// Late registrations by insurer.
    #[command(after_help = "Example: onshi feed late --data-dir /var/lib/onshi")]
    Late {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the batches that wait for somebody, and the newest.
    #[command(after_help = "Example: onshi feed list --data-dir /var/lib/onshi")]
    List {
        /// Data folder of the running center.
        #[arg(long)]
        data_dir: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// A file of a feed.
#[derive(Args)]
pub(crate) struct FileArguments {
    /// Data folder of the running center.
    #[arg(long)]
    data_dir: PathBuf,
    /// drugs, prescriptions, dispensings, treatment, surgery or checkups; persons, coverages, certificates, losses or corrections of an
    /// insurer; or residents.
    #[arg(long)]
    kind: String,
    /// The insurer number, for an insurer's file.
    #[arg(long)]
    insurer: Option<String>,
    /// The file holds all coverages or certificates of the insurer: what it does not name is over.
    #[arg(long)]
    full: bool,
    /// utf-8 or cp932; told from the lines when left out.
    #[arg(long)]
    encoding: Option<String>,
    /// The CSV file, packed by gzip or not.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: FeedCommand) -> anyhow::Result<ExitCode> {
    match command {
        FeedCommand::Load(arguments) => send(&arguments, Dry::No).await,
        FeedCommand::Check(arguments) => send(&arguments, Dry::Yes).await,
        FeedCommand::Show(named) => insurers::told(&named, Order::ShowFeed).await,
        FeedCommand::Release(named) => insurers::told(&named, Order::ReleaseFeed).await,
        FeedCommand::Reject(named) => insurers::told(&named, Order::RejectFeed).await,
        FeedCommand::Undo(named) => insurers::told(&named, Order::UndoFeed).await,
        FeedCommand::Report(named) => insurers::report(&named).await,
        FeedCommand::Source(arguments) => insurers::source(&arguments).await,
        FeedCommand::Late { data_dir, json } => insurers::late(&data_dir, json).await,
        FeedCommand::List { data_dir, json } => {
            let Reply::Feeds(batches) = order(&data_dir, Order::ListFeeds).await? else {
                return Err(other_answer());
            };
            listing::show(&batches, json, print_batch)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Whether a file is only tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dry {
    Yes,
    No,
}

async fn send(arguments: &FileArguments, dry: Dry) -> anyhow::Result<ExitCode> {
    let name = arguments.file.file_name().unwrap_or_default();
    let feed = NewFeed {
        kind: arguments.kind.clone(),
        file_name: name.to_string_lossy().into_owned(),
        encoding: arguments.encoding.clone(),
        dry_run: dry == Dry::Yes,
        insurer: arguments.insurer.clone(),
        full: arguments.full,
        sha256: None,
    };
    let (report, pace) = load(&arguments.data_dir, feed, &arguments.file).await?;
    if arguments.json {
        out!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print_report(&report);
        if 0 < report.behind {
            out!(
                "  {}行目のあとから再開しました / went on behind line {}",
                report.behind,
                report.behind
            );
        }
        if let Some(pace) = pace {
            let lines = pace.lines_a_second();
            out!("  速さ / rate: 毎秒{lines}行 / {lines} lines a second");
        }
    }
    // What is only tried ends as it would be loaded.
    Ok(match report.would.as_deref().unwrap_or(&report.state) {
        "published" => ExitCode::SUCCESS,
        "held" => ExitCode::from(HELD),
        _ => ExitCode::FAILURE,
    })
}

/// Sends a file to the running center of a data folder; answers what became of it, and how fast its lines were taken.
pub(crate) async fn load(
    data_dir: &Path,
    feed: NewFeed,
    file: &Path,
) -> anyhow::Result<(FeedReport, Option<Pace>)> {
    let unreadable = |error: std::io::Error| told::unreadable(file, &error);
    let mut open = std::fs::File::open(file).map_err(unreadable)?;
    let metadata = open.metadata().map_err(unreadable)?;
    let size = metadata.len();
    let mut feed = feed;
    if metadata.is_file() && !feed.dry_run {
        // By this a file that was cut off goes on where it stopped.
        feed.sha256 = Some(sha256(&mut open).map_err(unreadable)?);
    }
    let mut call = Call::place(data_dir)
        .await
        .map_err(|error| not_called(data_dir, &error))?;
    call.announce(feed)
        .await
        .map_err(|error| not_called(data_dir, &error))?;
    let mut progress = Progress::of_file(size);
    let (mut sent, mut piece) = (0, vec![0; PIECE_BYTES]);
    loop {
        let count = open.read(&mut piece).map_err(unreadable)?;
        let part = match piece.get(..count) {
            Some(bytes) if !bytes.is_empty() => FeedPart::Bytes(STANDARD.encode(bytes)),
            _ => FeedPart::End,
        };
        let reply = call
            .send(&part)
            .await
            .map_err(|error| not_called(data_dir, &error))?;
        match (part, reply) {
            (_, Reply::Refused(why)) => anyhow::bail!("{why}"),
            (FeedPart::Bytes(_), Reply::FeedProgress(reached)) => {
                sent += count as u64;
                // A file that grew meanwhile is still read to its end.
                progress.reached(sent.min(size), reached);
            }
            (FeedPart::End, Reply::Feed(report)) => return Ok((*report, progress.pace())),
            _ => return Err(other_answer()),
        }
    }
}

/// The hash of a file's bytes; leaves it at its beginning.
fn sha256(file: &mut std::fs::File) -> std::io::Result<String> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = file.read(&mut piece)?;
        match piece.get(..count) {
            Some(bytes) if !bytes.is_empty() => context.update(bytes),
            _ => break,
        }
    }
    file.seek(std::io::SeekFrom::Start(0))?;
    let hex = |byte: &u8| format!("{byte:02x}");
    Ok(context.finish().as_ref().iter().map(hex).collect())
}

fn not_called(data_dir: &Path, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::InvalidData => other_answer(),
        std::io::ErrorKind::PermissionDenied => told::both(
            "センターの制御用ソケットを開く権限がありません。センターの利用者で実行してください。",
            "this user may not open the center's control socket; run it as the center's user",
        ),
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::BrokenPipe => told::both(
            "センターが止まりました。まだ何も取り込まれていません。センターを起動して、同じファイルをもう一度取り込んでください。続きから始まります。",
            "the center went away; nothing is stored yet. Start it and load the same file again: it goes on where it stopped",
        ),
        _ => told::no_center(data_dir),
    }
}

fn print_report(it: &FeedReport) {
    let state = match it.state.as_str() {
        "published" => "取り込みました / loaded",
        "held" => {
            "確認待ちです（まだ取り込んでいません） / held for review; nothing was stored yet"
        }
        "rejected" => "却下しました / rejected; nothing was stored",
        "undone" => "取り消しました / undone",
        "stopped" => {
            "取り込みませんでした（拒否した行が多すぎます） / not loaded: too many lines were refused"
        }
        "interrupted" => {
            "途中で切れました。同じファイルをもう一度取り込むと続きから始まります / cut off; load the same file again to go on"
        }
        "given_up" => "途中で切れたので取り込みませんでした / cut off; nothing was stored",
        "receiving" => "取込中です / loading",
        _ => "試しました（何も取り込んでいません） / tried; nothing was stored",
    };
    out!("{state}");
    if let Some(would) = &it.would {
        let would = match would.as_str() {
            "published" => "取込済みになります / it would be published",
            "held" => "確認待ちになります / it would be held for review",
            _ => {
                "拒否した行が多すぎるので中止になります。拒否した行を直してください / it would not be loaded: too many lines are refused; mend them"
            }
        };
        out!("  取り込むと / if loaded: {would}");
    }
    out!(
        "  行 / lines: {}   受付 / accepted: {}   拒否 / refused: {}",
        it.lines,
        it.accepted,
        it.refused
    );
    out!(
        "  追加 / added: {}   置換 / replaced: {}   変更なし / unchanged: {}",
        it.added,
        it.replaced,
        it.unchanged
    );
    for refusal in &it.first {
        let column = refusal.column.as_deref().unwrap_or("-");
        out!(
            "  {}行目 / line {}, {column}: {} / {}",
            refusal.line,
            refusal.line,
            refusal.ja,
            refusal.en
        );
    }
    if let Some(report) = &it.report {
        out!(
            "  拒否した行の一覧（個人情報を含みます。直したら消してください） / refused lines (personal data; delete it when they are mended): {report}"
        );
    }
    insurers::print_figures(it);
    if let (Some(batch), Some(number)) = (&it.batch, it.number) {
        out!("  取込単位 / batch: {number}   {batch}");
    }
}

fn print_batch(it: &BatchLine) {
    let (lines, accepted, refused) = it.counted;
    let insurer = it.insurer.as_deref().unwrap_or("-");
    out!(
        "{}  {}  {}  {}  {insurer}  {}  {lines} {accepted} {refused}  {}",
        it.number,
        it.begun,
        it.state,
        it.kind,
        it.scope,
        it.file_name
    );
}
