//! `onshi claims send`: hands a claim file in, piece by piece; goes on where it was after a line that dropped or a run that was ended. Changes no
//! byte of it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use api::claims::submission::ClaimsSubmission;
use api::claims::{ClaimsSession, ClaimsSignIn, ClaimsUpload, ClaimsUploadEnd, NewClaimsUpload};
use api::client::{Client, ClientError};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::client::{explain, identity, root, secret};
use crate::progress::Progress;
use crate::told;

/// How often a piece is sent again over a line that drops.
const TRIES: u32 = 6;

/// `onshi claims send`.
#[derive(Args)]
pub(crate) struct SendArguments {
    /// The file.
    file: PathBuf,
    /// Address of the center's api listener.
    #[arg(long)]
    center: String,
    /// The center's root certificate, PEM.
    #[arg(long)]
    root: PathBuf,
    /// The client certificate, PKCS#12.
    #[arg(long)]
    p12: PathBuf,
    /// File holding the PKCS#12 password.
    #[arg(long)]
    p12_password_file: PathBuf,
    /// Review body: fund, or federation- and the two digits of the prefecture.
    #[arg(long)]
    tenant: String,
    /// Claims account.
    #[arg(long)]
    account: String,
    /// File holding the account's password.
    #[arg(long)]
    password_file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: SendArguments) -> anyhow::Result<ExitCode> {
    let identity = identity(&arguments.p12, &arguments.p12_password_file)?;
    let client = Client::new(&arguments.center, &root(&arguments.root)?, Some(&identity))?;
    let body = ClaimsSignIn {
        account: arguments.account.clone(),
        force: true,
        password: secret(&arguments.password_file)?,
        tenant: arguments.tenant.clone(),
    };
    let session = client.claims_sign_in(&body).await;
    let session = session.map_err(|error| explain(&error))?;
    if session.password.change_needed {
        return Err(told::both(
            "請求用のパスワードを、先に端末の画面（オンライン請求）で変更してください。",
            "change the password of the claims account first, on the staff pages",
        ));
    }
    let sent = send(&client, &session, &arguments).await;
    // Whatever came of it: the session ends.
    let _ = client.claims_sign_out(&session.token).await;
    let sent = sent?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&sent)?);
    } else {
        println!(
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
    }
    let is_good = sent.state != "refused" && sent.refused == 0;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn send(
    client: &Client,
    session: &ClaimsSession,
    arguments: &SendArguments,
) -> anyhow::Result<ClaimsSubmission> {
    let unreadable = |error: std::io::Error| told::unreadable(&arguments.file, &error);
    let mut file = File::open(&arguments.file).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let sha256 = digest(&mut file).map_err(unreadable)?;
    let name = arguments.file.file_name();
    let name = name.map(|it| it.to_string_lossy().into_owned());
    let upload = begin(client, session, name.unwrap_or_default(), size).await;
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
    let sent = client.end_claims_upload(&session.token, &upload.id, &end);
    sent.await.map_err(|error| explain(&error))
}

/// The unfinished upload of the same name, or a new one. That it is the same file, its SHA-256 says at the end.
async fn begin(
    client: &Client,
    session: &ClaimsSession,
    file_name: String,
    size: u64,
) -> Result<ClaimsUpload, ClientError> {
    let listed = client.claims_submissions(&session.token).await?;
    let mut open = listed.uploads.into_iter();
    if let Some(upload) = open.find(|it| it.file_name == file_name && it.offset <= size) {
        return Ok(upload);
    }
    let new = NewClaimsUpload {
        corrects: None,
        file_name,
        size_bytes: Some(size),
    };
    client.begin_claims_upload(&session.token, &new).await
}

/// Sends a piece; after a line that dropped it asks where the upload is and goes on there.
async fn send_piece(
    client: &Client,
    session: &ClaimsSession,
    upload: ClaimsUpload,
    piece: Vec<u8>,
) -> Result<ClaimsUpload, ClientError> {
    let token = &session.token;
    let mut tries = 0;
    loop {
        let at = (upload.id.as_str(), upload.offset);
        let error = match client.send_claims(token, at, piece.clone()).await {
            Ok(upload) => return Ok(upload),
            Err(error) => error,
        };
        tries += 1;
        let is_line = matches!(error, ClientError::Connection(_));
        if !is_line || TRIES <= tries {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_secs(1 << tries)).await;
        if let Ok(known) = client.claims_upload(token, &upload.id).await
            && known.offset != upload.offset
        {
            // The piece had arrived; its answer had not.
            return Ok(known);
        }
    }
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
