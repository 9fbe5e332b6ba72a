//! `onshi claims send`: hands a claim file in, piece by piece; goes on where it was after a line that dropped or a run that was ended. Changes no
//! byte of it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use api::claims::submission::{ClaimsFinding, ClaimsSubmission};
use api::claims::{ClaimsSession, ClaimsUpload, ClaimsUploadEnd, NewClaimsUpload};
use api::client::pieces::PieceSize;
use api::client::{Client, ClientError};
use clap::Args;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::entry::{EntryArguments, SignedIn};
use super::findings;
use super::patience::patiently;
use crate::client::explain;
use crate::progress::Progress;
use crate::told;

/// What the center answers to a piece that begins where the upload is not.
const ELSEWHERE: &str = "claims_offset";

/// The state of a submission whose checks are not over.
const CHECKING: &str = "checking";

/// What `send` ends with when the file is handed in and its checks are not over.
const NOT_CHECKED: u8 = 3;

/// How long the checks of a file that is handed in are waited for, and how often it is asked for them.
const PATIENCE: Patience = Patience {
    whole: Duration::from_secs(600),
    every: Duration::from_secs(1),
};

/// `onshi claims send`.
#[derive(Args)]
pub(crate) struct SendArguments {
    /// The file.
    file: PathBuf,
    /// Number (受付番号) of the accepted submission whose refused claims the file hands in corrected.
    #[arg(long)]
    corrects: Option<String>,
    #[command(flatten)]
    entry: EntryArguments,
}

pub(crate) async fn run(arguments: SendArguments) -> anyhow::Result<ExitCode> {
    let signed_in = arguments.entry.sign_in().await?;
    let sent = numbered(&signed_in, &arguments).await;
    let refusals = match &sent {
        Ok(sent) if sent.state == CHECKING => Ok(None),
        Ok(sent) if !is_good(sent) => findings::refusing(&signed_in, &sent.id).await.map(Some),
        _ => Ok(Some(Vec::new())),
    };
    signed_in.end().await;
    let sent = sent?;
    if arguments.entry.json {
        let told = Told {
            sent: &sent,
            refusals: refusals.as_ref().ok().and_then(|it| it.as_deref()),
        };
        out!("{}", serde_json::to_string_pretty(&told)?);
        refusals?;
    } else {
        out!(
            "受付番号 {}: {} レセプト {} 件、エラー {} 件、要確認 {} 件 / {}: {}, {} claims, {} refused, {} to look at",
            sent.number,
            sent.state,
            sent.claims,
            sent.refused,
            sent.to_confirm,
            sent.number,
            sent.state,
            sent.claims,
            sent.refused,
            sent.to_confirm
        );
        findings::tell(&refusals?.unwrap_or_default(), &sent.number);
        if sent.state == CHECKING {
            out!(
                "点検中です。結果は onshi claims list と onshi claims findings {} で確かめてください。 / it is being checked; see onshi claims list and onshi claims findings {}",
                sent.number,
                sent.number
            );
        }
    }
    Ok(ExitCode::from(ends_with(&sent)))
}

/// A submission and why it or a claim of it is refused.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    sent: &'a ClaimsSubmission,
    /// Missing where the checks are not over, or the center did not tell them.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusals: Option<&'a [ClaimsFinding]>,
}

fn is_good(sent: &ClaimsSubmission) -> bool {
    sent.state != "refused" && sent.refused == 0
}

/// 0 when nothing is refused, 1 when something is, another number when that is not known yet.
fn ends_with(sent: &ClaimsSubmission) -> u8 {
    if sent.state == CHECKING {
        NOT_CHECKED
    } else {
        u8::from(!is_good(sent))
    }
}

/// The submission when its checks are over; as it is where they take too long, or the center does not answer any more.
async fn checked(signed_in: &SignedIn, sent: ClaimsSubmission) -> ClaimsSubmission {
    if sent.state == CHECKING {
        err!("点検の結果を待っています。 / waiting for the checks");
    }
    let (client, id) = (&signed_in.client, sent.id.clone());
    let ask = async || {
        let asked = patiently(async || client.claims_submission(signed_in.token(), &id).await);
        asked.await
    };
    let (sent, failed) = settled(sent, ask, PATIENCE).await;
    if let Some(error) = failed {
        err!("onshi: {}", explain(&error));
    }
    sent
}

/// How long something is waited for.
#[derive(Clone, Copy)]
struct Patience {
    whole: Duration,
    every: Duration,
}

/// Asks until a submission is not in its checks any more; what was known last, and why it could not be asked.
async fn settled(
    mut sent: ClaimsSubmission,
    ask: impl AsyncFn() -> Result<ClaimsSubmission, ClientError>,
    patience: Patience,
) -> (ClaimsSubmission, Option<ClientError>) {
    let begun = Instant::now();
    while sent.state == CHECKING && begun.elapsed() < patience.whole {
        tokio::time::sleep(patience.every).await;
        match ask().await {
            Ok(now) => sent = now,
            Err(error) => return (sent, Some(error)),
        }
    }
    (sent, None)
}

/// Sends the file, as a correction of the submission of a number where one is named, and waits for its checks.
async fn numbered(
    signed_in: &SignedIn,
    arguments: &SendArguments,
) -> anyhow::Result<ClaimsSubmission> {
    let corrects = match &arguments.corrects {
        Some(number) => Some(signed_in.numbered(number).await?),
        None => None,
    };
    let sent = send(&signed_in.client, &signed_in.session, arguments, corrects).await?;
    Ok(checked(signed_in, sent).await)
}

async fn send(
    client: &Client,
    session: &ClaimsSession,
    arguments: &SendArguments,
    corrects: Option<String>,
) -> anyhow::Result<ClaimsSubmission> {
    let unreadable = |error: std::io::Error| told::unreadable(&arguments.file, &error);
    let mut file = File::open(&arguments.file).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if size == 0 {
        return Err(empty(&arguments.file));
    }
    let sha256 = digest(&mut file).map_err(unreadable)?;
    let name = arguments.file.file_name();
    let name = name.map(|it| it.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let of = (name, corrects);
    let upload = patiently(async || begin(client, session, of.clone(), size).await).await;
    let mut upload = upload.map_err(|error| explain(&error))?;
    let mut progress = Progress::of_bytes(size);
    let pieces = PieceSize::default();
    while upload.offset < size {
        // What is written behind its end meanwhile is not the file that was hashed.
        let most = (pieces.of(&upload) as u64).min(size - upload.offset);
        file.seek(SeekFrom::Start(upload.offset))
            .map_err(unreadable)?;
        let mut piece = Vec::with_capacity(usize::try_from(most).unwrap_or(1 << 20));
        (&mut file)
            .take(most)
            .read_to_end(&mut piece)
            .map_err(unreadable)?;
        if piece.is_empty() {
            // Nothing becomes whole with what arrived: the next run begins anew. A colleague's is theirs to drop.
            if upload.account == session.account.id {
                let _ = client.drop_claims_upload(&session.token, &upload.id).await;
            }
            return Err(shorter(&arguments.file));
        }
        upload = send_piece(client, session, (upload, &pieces), piece)
            .await
            .map_err(|error| explain(&error))?;
        progress.reached(upload.offset);
    }
    let end = ClaimsUploadEnd {
        sha256,
        size_bytes: size,
    };
    // Said twice it is the same submission.
    let sent = patiently(async || {
        let id = &upload.id;
        client.end_claims_upload(&session.token, id, &end).await
    });
    sent.await.map_err(|error| explain(&error))
}

/// A file without a byte, of which no submission can become.
fn empty(file: &Path) -> anyhow::Error {
    told::both(
        &format!(
            "{}: ファイルが空です。書き出しが終わっているか確かめて、もう一度送ってください。",
            file.display()
        ),
        "the file is empty; look whether it was written to its end, and send it again",
    )
}

/// A file that is not as long any more as it was when it was begun.
fn shorter(file: &Path) -> anyhow::Error {
    told::both(
        &format!(
            "{}: 送信中にファイルが短くなりました。書き出しが終わってから、もう一度送ってください。",
            file.display()
        ),
        "the file became shorter while it was sent; send it again once it is written",
    )
}

/// The unfinished upload of the same name, or a new one. That it is the same file, its SHA-256 says at the end.
async fn begin(
    client: &Client,
    session: &ClaimsSession,
    (file_name, corrects): (String, Option<String>),
    size: u64,
) -> Result<ClaimsUpload, ClientError> {
    let uploads = client.claims_submissions(&session.token).await?.uploads;
    let is_of_it = |it: &&ClaimsUpload| it.file_name == file_name && it.corrects == corrects;
    let mut open = uploads.iter().filter(is_of_it);
    if let Some(upload) = open.find(|it| it.offset <= size) {
        return Ok(upload.clone());
    }
    // Longer than the file is now, so of an earlier one. With the sign-in every other session of the account ended: nobody goes on with it.
    let own = |it: &&ClaimsUpload| it.account == session.account.id;
    for it in uploads.iter().filter(is_of_it).filter(own) {
        client.drop_claims_upload(&session.token, &it.id).await?;
    }
    let new = NewClaimsUpload {
        corrects,
        file_name,
        size_bytes: Some(size),
    };
    client.begin_claims_upload(&session.token, &new).await
}

/// Sends a piece. After a line that dropped it may have arrived while its answer did not: then the upload is elsewhere, and goes on there. Of one
/// that was too slow, less is sent.
async fn send_piece(
    client: &Client,
    session: &ClaimsSession,
    (upload, pieces): (ClaimsUpload, &PieceSize),
    piece: Vec<u8>,
) -> Result<ClaimsUpload, ClientError> {
    let token = &session.token;
    let at = (upload.id.as_str(), upload.offset);
    patiently(async || {
        loop {
            let now = piece.get(..pieces.of(&upload)).unwrap_or(&piece);
            let began = std::time::Instant::now();
            let sent = client.send_claims(token, at, now.to_vec()).await;
            let Err(error) = &sent else {
                return sent;
            };
            let is_smaller = pieces.shrinks_after(error, now.len(), began.elapsed());
            match error {
                ClientError::Problem(it) if it.code == ELSEWHERE => {
                    let known = client.claims_upload(token, &upload.id).await?;
                    let has_moved = known.offset != upload.offset;
                    return if has_moved { Ok(known) } else { sent };
                }
                ClientError::Problem(_) if is_smaller => {}
                _ => return sent,
            }
        }
    })
    .await
}

fn digest(file: &mut File) -> std::io::Result<String> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        hash.update(piece.get(..length).unwrap_or_default());
    }
    let digest: [u8; 32] = hash.finalize().into();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn submission(state: &str, refused: u32) -> ClaimsSubmission {
        let text = serde_json::json!({
            "account": "seikyu1", "claims": 2, "file_name": "RECEIPTC.UKE", "findings": 0, "id": "1", "number": "S202610070001",
            "points": 0, "refused": refused, "sent_at": "2026-10-07T12:00:00+09:00", "sha256": "", "size_bytes": 0, "state": state,
            "to_confirm": 0,
        });
        serde_json::from_value(text).unwrap()
    }

    fn patience(whole: Duration) -> Patience {
        let every = Duration::ZERO;
        Patience { whole, every }
    }

    #[tokio::test]
    async fn a_file_whose_checks_take_long_is_waited_for_and_ends_with_their_outcome() {
        for (state, refused, code) in [("checked", 0, 0), ("checked", 1, 1), ("refused", 0, 1)] {
            let asked = AtomicUsize::new(0);
            let ask = async || {
                let is_over = 2 < asked.fetch_add(1, Ordering::SeqCst);
                let state = if is_over { state } else { CHECKING };
                Ok::<_, ClientError>(submission(state, refused))
            };
            let patience = patience(Duration::from_secs(180));
            let (sent, failed) = settled(submission(CHECKING, 0), ask, patience).await;
            assert!(failed.is_none());
            assert_eq!((sent.state.as_str(), ends_with(&sent)), (state, code));
        }
    }

    #[tokio::test]
    async fn checks_that_are_not_over_in_time_end_with_neither_yes_nor_no() {
        let ask = async || Ok::<_, ClientError>(submission(CHECKING, 0));
        let (sent, _) = settled(submission(CHECKING, 0), ask, patience(Duration::ZERO)).await;
        assert_eq!(ends_with(&sent), NOT_CHECKED);
        let told = Told {
            sent: &sent,
            refusals: None,
        };
        let told = serde_json::to_value(told).unwrap();
        assert_eq!(told["state"], CHECKING);
        assert!(told.get("refusals").is_none(), "{told}");
        // A center that answers no more takes nothing back.
        let ask = async || Err::<ClaimsSubmission, _>(ClientError::Answer);
        let patience = patience(Duration::from_secs(180));
        let (sent, failed) = settled(submission(CHECKING, 0), ask, patience).await;
        assert!(failed.is_some());
        assert_eq!(ends_with(&sent), NOT_CHECKED);
    }
}
