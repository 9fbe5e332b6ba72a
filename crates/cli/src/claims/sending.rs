//! `onshi claims send`: hands a claim file in, piece by piece; goes on where it was after a line that dropped or a run that was ended. Changes no
//! byte of it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;

use api::claims::submission::{ClaimsFinding, ClaimsSubmission};
use api::claims::{ClaimsSession, ClaimsUpload, ClaimsUploadEnd, NewClaimsUpload};
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
        Ok(sent) if !is_good(sent) => findings::refusing(&signed_in, &sent.id).await,
        _ => Ok(Vec::new()),
    };
    signed_in.end().await;
    let sent = sent?;
    if arguments.entry.json {
        let told = Told {
            sent: &sent,
            refusals: refusals.as_deref().ok(),
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
        findings::tell(&refusals?, &sent.number);
        if sent.state == "checking" {
            out!(
                "点検中です。結果は onshi claims list と onshi claims findings {} で確かめてください。 / it is being checked; see onshi claims list and onshi claims findings {}",
                sent.number,
                sent.number
            );
        }
    }
    Ok(if is_good(&sent) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A submission and why it or a claim of it is refused.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    sent: &'a ClaimsSubmission,
    /// Missing where the center did not tell them.
    refusals: Option<&'a [ClaimsFinding]>,
}

fn is_good(sent: &ClaimsSubmission) -> bool {
    sent.state != "refused" && sent.refused == 0
}

/// Sends the file, as a correction of the submission of a number where one is named.
async fn numbered(
    signed_in: &SignedIn,
    arguments: &SendArguments,
) -> anyhow::Result<ClaimsSubmission> {
    let corrects = match &arguments.corrects {
        Some(number) => Some(signed_in.numbered(number).await?),
        None => None,
    };
    send(&signed_in.client, &signed_in.session, arguments, corrects).await
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
    let sha256 = digest(&mut file).map_err(unreadable)?;
    let name = arguments.file.file_name();
    let name = name.map(|it| it.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let of = (name, corrects);
    let upload = patiently(async || begin(client, session, of.clone(), size).await).await;
    let mut upload = upload.map_err(|error| explain(&error))?;
    let mut progress = Progress::new("claims", size);
    while upload.offset < size {
        let most = usize::try_from(upload.most_bytes).unwrap_or(1 << 20);
        file.seek(SeekFrom::Start(upload.offset))
            .map_err(unreadable)?;
        let mut piece = Vec::with_capacity(most);
        (&mut file)
            .take(upload.most_bytes)
            .read_to_end(&mut piece)
            .map_err(unreadable)?;
        upload = send_piece(client, session, upload, piece)
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

/// The unfinished upload of the same name, or a new one. That it is the same file, its SHA-256 says at the end.
async fn begin(
    client: &Client,
    session: &ClaimsSession,
    (file_name, corrects): (String, Option<String>),
    size: u64,
) -> Result<ClaimsUpload, ClientError> {
    let listed = client.claims_submissions(&session.token).await?;
    let mut open = listed.uploads.into_iter();
    if let Some(upload) =
        open.find(|it| it.file_name == file_name && it.corrects == corrects && it.offset <= size)
    {
        return Ok(upload);
    }
    let new = NewClaimsUpload {
        corrects,
        file_name,
        size_bytes: Some(size),
    };
    client.begin_claims_upload(&session.token, &new).await
}

/// Sends a piece. After a line that dropped it may have arrived while its answer did not: then the upload is elsewhere, and goes on there.
async fn send_piece(
    client: &Client,
    session: &ClaimsSession,
    upload: ClaimsUpload,
    piece: Vec<u8>,
) -> Result<ClaimsUpload, ClientError> {
    let token = &session.token;
    let at = (upload.id.as_str(), upload.offset);
    patiently(async || {
        let sent = client.send_claims(token, at, piece.clone()).await;
        let is_elsewhere = matches!(&sent, Err(ClientError::Problem(it)) if it.code == ELSEWHERE);
        if !is_elsewhere {
            return sent;
        }
        let known = client.claims_upload(token, &upload.id).await?;
        if known.offset == upload.offset {
            sent
        } else {
            Ok(known)
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
