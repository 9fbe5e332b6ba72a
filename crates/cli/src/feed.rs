//! `onshi feed`: loads files of medical information into a running center (取込), tries them, and lists what was loaded. Shows of a line
//! its number and what is wrong, never what stands in it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use center::control::{Call, Order, Reply};
use center::feeds::{BatchLine, FeedPart, FeedReport, NewFeed};
use clap::{Args, Subcommand};

use crate::enroll::{order, other_answer};
use crate::progress::Progress;
use crate::told;

/// Bytes sent at a time: some thousands of lines.
const PIECE_BYTES: usize = 512 << 10;

/// `onshi feed`.
#[derive(Subcommand)]
pub(crate) enum FeedCommand {
    /// Load a file: all of its accepted lines are seen at once, or none.
    #[command(
        after_help = "Example: onshi feed load --data-dir /var/lib/onshi --kind drugs drugs-2026-10.csv\n\n\
            Ends with 1 when the file was not loaded. Refused lines stand in a file below the data folder that holds personal data."
    )]
    Load(FileArguments),
    /// Try a file as `load` would, and store nothing.
    #[command(
        after_help = "Example: onshi feed check --data-dir /var/lib/onshi --kind checkups checkups.csv"
    )]
    Check(FileArguments),
    /// List the newest batches.
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
    /// drugs, prescriptions, dispensings, treatment, surgery or checkups.
    #[arg(long)]
    kind: String,
    /// utf-8 or cp932; told from the lines when left out.
    #[arg(long)]
    encoding: Option<String>,
    /// The CSV file.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: FeedCommand) -> anyhow::Result<ExitCode> {
    match command {
        FeedCommand::Load(arguments) => send(&arguments, Dry::No).await,
        FeedCommand::Check(arguments) => send(&arguments, Dry::Yes).await,
        FeedCommand::List { data_dir, json } => {
            let Reply::Feeds(batches) = order(&data_dir, Order::ListFeeds).await? else {
                return Err(other_answer());
            };
            if json {
                println!("{}", serde_json::to_string_pretty(&batches)?);
            } else {
                batches.iter().for_each(print_batch);
            }
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
    };
    let report = load(&arguments.data_dir, feed, &arguments.file).await?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print_report(&report);
    }
    let is_good = match dry {
        Dry::No => report.state == "published",
        Dry::Yes => report.refused == 0,
    };
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Sends a file to the running center of a data folder.
pub(crate) async fn load(
    data_dir: &Path,
    feed: NewFeed,
    file: &Path,
) -> anyhow::Result<FeedReport> {
    let unreadable = |error: std::io::Error| told::unreadable(file, &error);
    let mut open = std::fs::File::open(file).map_err(unreadable)?;
    let size = open.metadata().map_err(unreadable)?.len();
    let mut call = Call::place(data_dir)
        .await
        .map_err(|error| not_called(data_dir, &error))?;
    call.announce(feed)
        .await
        .map_err(|error| not_called(data_dir, &error))?;
    let mut progress = Progress::new("bytes", size);
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
            (FeedPart::Bytes(_), Reply::FeedProgress(_)) => {
                sent += count as u64;
                // A file that grew meanwhile is still read to its end.
                progress.reached(sent.min(size));
            }
            (FeedPart::End, Reply::Feed(report)) => return Ok(*report),
            _ => return Err(other_answer()),
        }
    }
}

fn not_called(data_dir: &Path, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::InvalidData => other_answer(),
        std::io::ErrorKind::PermissionDenied => told::both(
            "センターの制御用ソケットを開く権限がありません。センターの利用者で実行してください。",
            "this user may not open the center's control socket; run it as the center's user",
        ),
        std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::BrokenPipe => told::both(
            "センターが止まりました。何も取り込まれていません。センターを起動して、もう一度取り込んでください。",
            "the center went away; nothing was stored. Start it and load the file again",
        ),
        _ => told::no_center(data_dir),
    }
}

fn print_report(it: &FeedReport) {
    let state = match it.state.as_str() {
        "published" => "取り込みました / loaded",
        "stopped" => {
            "取り込みませんでした（拒否した行が多すぎます） / not loaded: too many lines were refused"
        }
        _ => "試しました（何も取り込んでいません） / tried; nothing was stored",
    };
    println!("{state}");
    println!(
        "  行 / lines: {}   受付 / accepted: {}   拒否 / refused: {}",
        it.lines, it.accepted, it.refused
    );
    println!(
        "  追加 / added: {}   置換 / replaced: {}   変更なし / unchanged: {}",
        it.added, it.replaced, it.unchanged
    );
    for refusal in &it.first {
        let column = refusal.column.as_deref().unwrap_or("-");
        println!(
            "  {}行目 / line {}, {column}: {} / {}",
            refusal.line, refusal.line, refusal.ja, refusal.en
        );
    }
    if let Some(report) = &it.report {
        println!(
            "  拒否した行の一覧（個人情報を含みます。直したら消してください） / refused lines (personal data; delete it when they are mended): {report}"
        );
    }
    if let Some(batch) = &it.batch {
        println!("  取込単位 / batch: {batch}");
    }
}

fn print_batch(it: &BatchLine) {
    let (lines, accepted, refused) = it.counted;
    println!(
        "{}  {}  {}  {}  {lines} {accepted} {refused}  {}",
        it.id, it.begun, it.state, it.kind, it.file_name
    );
}
