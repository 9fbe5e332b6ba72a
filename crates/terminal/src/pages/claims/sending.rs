//! A claim file from the browser to the center: begun, or gone on with where an earlier sending was cut, piece by piece as it comes. Keeps no file,
//! and changes no byte of one.

use api::claims::submission::ClaimsSubmission;
use api::claims::{ClaimsUpload, ClaimsUploadEnd, NewClaimsUpload};
use api::client::ClientError;
use api::client::pieces::PieceSize;
use api::problem::Trouble;
use api::problem::claims::ClaimsTrouble;
use askama::Template;
use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use ui::component::TextField;

use super::work::{arrived, file_field, shown};
use super::{Claimant, WORK, turned};
use crate::browsers::hex;
use crate::faults;
use crate::pages::{Frame, show};
use crate::serve::App;

/// Characters of a field beside the file: an identifier.
const MOST_FIELD: usize = 64;

#[derive(Template)]
#[template(path = "claims_upload.html")]
pub(in crate::pages) struct UploadPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) id: String,
    pub(in crate::pages) text: String,
    pub(in crate::pages) file: TextField,
}

/// Why a file from the browser did not become a submission.
enum Unsent {
    /// The form could not be read.
    Form(&'static str),
    /// The center said no, or nothing.
    Center(ClientError),
}

impl From<ClientError> for Unsent {
    fn from(error: ClientError) -> Self {
        Self::Center(error)
    }
}

/// A file that did not become whole: where it is gone on with, or dropped.
pub(crate) async fn one(
    State(app): State<App>,
    claimant: Claimant,
    Path(id): Path<String>,
) -> Response {
    let upload = match claimant.client.claims_upload(claimant.token(), &id).await {
        Ok(upload) => upload,
        Err(error) => return claimant.failed(&app, &error),
    };
    if let Some(submission) = upload.submission {
        return Redirect::to(&format!("/claims/submissions/{submission}")).into_response();
    }
    let words = claimant.words();
    let page = UploadPage {
        text: arrived(&upload, words),
        file: TextField {
            support: words.say("claims-go-on-support"),
            ..file_field(words)
        },
        id: upload.id,
        frame: claimant.visitor.frame(&format!("/claims/uploads/{id}")),
    };
    show(StatusCode::OK, &page)
}

/// Drops a file that did not become whole.
pub(crate) async fn forget(
    State(app): State<App>,
    claimant: Claimant,
    Path(id): Path<String>,
) -> Response {
    match claimant
        .client
        .drop_claims_upload(claimant.token(), &id)
        .await
    {
        Ok(()) => Redirect::to(WORK).into_response(),
        Err(error) => claimant.failed(&app, &error),
    }
}

pub(crate) async fn send(
    State(app): State<App>,
    claimant: Claimant,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let outcome = match sent {
        Ok(sent) => receive(&claimant, sent).await,
        Err(_) => Err(Unsent::Form("form-unreadable")),
    };
    let fault = match outcome {
        Ok(submission) => {
            let to = format!("/claims/submissions/{}", submission.id);
            return Redirect::to(&to).into_response();
        }
        Err(Unsent::Form(key)) => faults::own(claimant.words(), "form_unreadable", key),
        Err(Unsent::Center(error)) => match turned(&app, &claimant.visitor, &error) {
            Ok(fault) => fault,
            Err(to) => return Redirect::to(to).into_response(),
        },
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    shown(&app, &claimant, status, Some(fault)).await
}

/// What the form says before the file.
#[derive(Default)]
struct Beside {
    /// The unfinished upload to go on with.
    upload: Option<String>,
    /// The submission that is corrected.
    corrects: Option<String>,
}

async fn receive(claimant: &Claimant, mut sent: Multipart) -> Result<ClaimsSubmission, Unsent> {
    let unreadable = |_| Unsent::Form("form-unreadable");
    let mut beside = Beside::default();
    while let Some(mut field) = sent.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("upload") => beside.upload = Some(short(&mut field).await?),
            Some("corrects") => beside.corrects = Some(short(&mut field).await?),
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                if name.is_empty() {
                    return Err(Unsent::Form("bulk-file-missing"));
                }
                let passed = pass_on(claimant, &mut field, (name, beside)).await;
                if passed.is_err() {
                    // A browser shows an answer when it was let finish its question.
                    while let Ok(Some(_)) = field.chunk().await {}
                }
                return passed;
            }
            _ => {}
        }
    }
    Err(Unsent::Form("bulk-file-missing"))
}

async fn short(field: &mut Field<'_>) -> Result<String, Unsent> {
    let unreadable = || Unsent::Form("form-unreadable");
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
        bytes.extend_from_slice(&chunk);
        if MOST_FIELD < bytes.len() {
            return Err(unreadable());
        }
    }
    String::from_utf8(bytes).map_err(|_| unreadable())
}

/// Sends a file on as it comes, a piece at a time; of one that is gone on with, what the center has is only hashed.
async fn pass_on(
    claimant: &Claimant,
    field: &mut Field<'_>,
    (file_name, beside): (String, Beside),
) -> Result<ClaimsSubmission, Unsent> {
    let (client, token) = (&claimant.client, claimant.token());
    let upload = match beside.upload {
        Some(id) => client.claims_upload(token, &id).await?,
        None => {
            let new = NewClaimsUpload {
                file_name,
                corrects: beside.corrects,
                size_bytes: None,
            };
            client.begin_claims_upload(token, &new).await?
        }
    };
    let mut file = Passing {
        claimant,
        upload,
        hash: Context::new(&SHA256),
        offset: 0,
        piece: Vec::new(),
        size: PieceSize::default(),
    };
    let unreadable = |_| Unsent::Form("form-unreadable");
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        file.take(&chunk).await?;
    }
    file.end().await
}

/// Whether a piece was to go on elsewhere than the upload does by now.
fn is_elsewhere(error: &ClientError) -> bool {
    let code = Trouble::Claims(ClaimsTrouble::Offset).code();
    matches!(error, ClientError::Problem(it) if it.code == code)
}

/// A file being passed on.
struct Passing<'a> {
    claimant: &'a Claimant,
    upload: ClaimsUpload,
    hash: Context,
    /// Where the piece begins.
    offset: u64,
    /// Bytes that were not sent on yet.
    piece: Vec<u8>,
    size: PieceSize,
}

impl Passing<'_> {
    async fn take(&mut self, mut bytes: &[u8]) -> Result<(), ClientError> {
        while !bytes.is_empty() {
            let most = self.size.of(&self.upload);
            let room = most.saturating_sub(self.piece.len());
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if most <= self.piece.len() {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Sends on what the center does not have of the piece.
    async fn send(&mut self) -> Result<(), ClientError> {
        let piece = std::mem::take(&mut self.piece);
        self.hash.update(&piece);
        let begins = self.offset;
        self.offset += piece.len() as u64;
        let (client, token) = (&self.claimant.client, self.claimant.token());
        loop {
            let known = self.upload.offset.saturating_sub(begins);
            let known = usize::try_from(known).unwrap_or(usize::MAX);
            let Some(rest) = piece.get(known..).filter(|it| !it.is_empty()) else {
                return Ok(());
            };
            let now = rest.get(..self.size.of(&self.upload)).unwrap_or(rest);
            let at = (self.upload.id.as_str(), self.upload.offset);
            let began = std::time::Instant::now();
            let sent = client.send_claims(token, at, now.to_vec()).await;
            match sent {
                Ok(upload) if self.upload.offset < upload.offset => self.upload = upload,
                Ok(_) => return Err(ClientError::Answer),
                // It may have arrived while its answer did not.
                Err(error) if self.size.shrinks_after(&error, now.len(), began.elapsed()) => {
                    let upload = client.claims_upload(token, &self.upload.id).await;
                    self.upload = upload.map_err(|_| error)?;
                }
                // And as late as that.
                Err(error) if is_elsewhere(&error) => {
                    let upload = client.claims_upload(token, &self.upload.id).await;
                    let upload = upload.ok().filter(|it| self.upload.offset < it.offset);
                    self.upload = upload.ok_or(error)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn end(mut self) -> Result<ClaimsSubmission, Unsent> {
        self.send().await?;
        let end = ClaimsUploadEnd {
            sha256: hex(self.hash.finish().as_ref()),
            size_bytes: self.offset,
        };
        let (client, token) = (&self.claimant.client, self.claimant.token());
        let ended = client.end_claims_upload(token, &self.upload.id, &end);
        Ok(ended.await?)
    }
}
