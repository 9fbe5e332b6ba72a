//! Claim files on their way: begun, sent piece by piece in any number of requests, and whole. Holds one request's bytes in memory at most.

use std::num::NonZeroU16;

use api::claims::submission::ClaimsSubmission;
use api::claims::{ClaimsUpload, ClaimsUploadEnd, NewClaimsUpload};
use api::problem::claims::ClaimsTrouble;
use api::problem::{MemberError, Trouble};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::claims::entry::{Holder, SubmissionState};
use domain::claims::window::Calendar;
use domain::medical_aid::TreatmentMonth;
use exchange::claim_file::Limits;
use exchange::claim_file::finding::Finding;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::claims::submissions::{Submission, Submitted};
use store::claims::uploads::{Begun, NewUpload, PIECE_BYTES, Put, Settled, Upload};

use super::{Claimant, event_of, in_time, new_id, read_id, shown_id, submissions, watch};
use crate::app::{App, Shared};
use crate::extract::{Body, Query, whole};
use crate::trouble::{Refused, absent, stopped};

/// Characters a file's name may have.
const MOST_NAME: usize = 120;

/// Transactions in which a turn forgets: the next turn goes on, and what waits for its checks comes in between.
const FORGETS: u32 = 20;

/// Findings told of a file that is refused while it arrives.
const MOST_TOLD: usize = 20;

pub(crate) async fn begin(
    State(app): State<App>,
    Claimant(who): Claimant,
    body: Body<NewClaimsUpload>,
) -> Result<(StatusCode, Json<ClaimsUpload>), Refused> {
    let (now, body) = (app.now(), body.value);
    let corrects = match &body.corrects {
        Some(id) => Some(corrected(&app, &who, read_id(id)?, now)?),
        None => None,
    };
    in_time(&app, who.tenant, calendar(&app, corrects), now)?;
    if body
        .size_bytes
        .is_some_and(|it| app.claims.settings.most_file_bytes.get() < it)
    {
        return Err(Trouble::Claims(ClaimsTrouble::FileTooLarge).into());
    }
    if body.size_bytes == Some(0) {
        // Begun, it could never end.
        return Err(empty_file());
    }
    let file_name = named(&body.file_name)?;
    let new = NewUpload {
        id: new_id(&app, now)?,
        file_name,
        corrects,
        at: now,
    };
    let id = new.id;
    let most = app.claims.settings.most_open_uploads.get();
    match app.engine.begin_upload(&who, new, most).await? {
        Begun::Done => {}
        Begun::TooManyOpen => return Err(Trouble::Claims(ClaimsTrouble::TooManyUploads).into()),
    }
    let upload = app
        .engine
        .upload(&who, id)?
        .ok_or_else(absent("an upload that has begun"))?;
    Ok((StatusCode::CREATED, Json(shown(&app, &upload))))
}

pub(crate) async fn read(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
) -> Result<Json<ClaimsUpload>, Refused> {
    let upload = app.engine.upload(&who, read_id(&id)?)?;
    let upload = upload.ok_or(Trouble::NotFound)?;
    Ok(Json(shown(&app, &upload)))
}

pub(crate) async fn forget(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let id = read_id(&id)?;
    app.claims.probes.forget(id);
    if app.engine.drop_upload(&who, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Trouble::NotFound.into())
    }
}

/// Where the bytes of a request begin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    from: Option<u64>,
}

pub(crate) async fn receive(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
    Query(From { from }): Query<From>,
    request: Request,
) -> Result<Json<ClaimsUpload>, Refused> {
    let (now, id, from) = (app.now(), read_id(&id)?, from.unwrap_or(0));
    let upload = app.engine.upload(&who, id)?.ok_or(Trouble::NotFound)?;
    in_time(&app, who.tenant, calendar(&app, upload.corrects), now)?;
    let kind = request.headers().get(header::CONTENT_TYPE);
    if kind.is_none_or(|it| it != "application/octet-stream") {
        return Err(Trouble::MediaType.into());
    }
    if upload.submission.is_some() || upload.bytes != from {
        return Err(elsewhere(upload.bytes));
    }
    let most = app.claims.settings.most_piece_bytes.get() as usize;
    let bytes = whole(request.into_body(), most, &app).await?;
    if bytes.is_empty() {
        // Taken, it would look like a step further: who goes on by the answer alone would never end.
        return Err(nothing_came());
    }
    let size = from + bytes.len() as u64;
    if app.claims.settings.most_file_bytes.get() < size {
        app.claims.probes.forget(id);
        app.engine.drop_upload(&who, id).await?;
        return Err(Trouble::Claims(ClaimsTrouble::FileTooLarge).into());
    }
    let refusals = probe(&app, (id, from), &bytes).await?;
    if let Some(refusals) = refusals {
        app.engine.drop_upload(&who, id).await?;
        let rule = refusals.first().map_or("unknown", |it| it.rule.id);
        let event = event_of(
            &who,
            now,
            Deed::ClaimsRefused,
            &format!("why=file rule={rule} bytes={size}"),
        );
        app.engine.record(event).await?;
        return Err(file_refused(&refusals));
    }
    let pieces: Vec<Vec<u8>> = bytes.chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect();
    match app.engine.put_pieces(&who, (id, from), pieces, now).await? {
        Put::Done(_) => {}
        Put::Elsewhere(bytes) => return Err(elsewhere(bytes)),
        Put::Whole => return Err(elsewhere(upload.bytes)),
        Put::Unknown => return Err(Trouble::NotFound.into()),
    }
    let upload = app.engine.upload(&who, id)?.ok_or(Trouble::NotFound)?;
    Ok(Json(shown(&app, &upload)))
}

/// Reads bytes of a file that is still arriving; what refuses it, if something does.
async fn probe(
    app: &App,
    (id, from): (u128, u64),
    bytes: &axum::body::Bytes,
) -> Result<Option<Vec<Finding>>, Refused> {
    let limits = limits(app);
    let Some(probe) = app.claims.probes.take(id, from, limits) else {
        return Ok(None);
    };
    let bytes = bytes.clone();
    let read = tokio::task::spawn_blocking(move || probe.read(&bytes));
    match read
        .await
        .map_err(stopped("the reading of a piece stopped"))?
    {
        Ok(probe) => {
            app.claims.probes.keep(id, probe);
            Ok(None)
        }
        Err(refusals) => Ok(Some(refusals)),
    }
}

pub(crate) async fn end(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
    body: Body<ClaimsUploadEnd>,
) -> Result<(StatusCode, Json<ClaimsSubmission>), Refused> {
    let (now, id) = (app.now(), read_id(&id)?);
    let stated = unhex(&body.value.sha256)?;
    let upload = app.engine.upload(&who, id)?.ok_or(Trouble::NotFound)?;
    if let Some(before) = upload.submission {
        // Said once more, after an answer that was lost.
        let before = app.engine.submission(&who, before)?;
        let shown = submissions::shown(&before.ok_or_else(absent("a submission that was made"))?);
        return Ok((StatusCode::CREATED, Json(shown)));
    }
    in_time(&app, who.tenant, calendar(&app, upload.corrects), now)?;
    if let Some(earlier) = upload.corrects {
        // The month may have gone since it was begun.
        corrected(&app, &who, earlier, now)?;
    }
    if upload.bytes != body.value.size_bytes || upload.bytes == 0 {
        return Err(incomplete(upload.bytes));
    }
    if digest(&app, &upload).await? != stated {
        app.claims.probes.forget(id);
        app.engine.drop_upload(&who, id).await?;
        return Err(Trouble::Claims(ClaimsTrouble::Digest).into());
    }
    app.claims.probes.forget(id);
    let submission = new_id(&app, now)?;
    let mut event = event_of(
        &who,
        now,
        Deed::ClaimsSent,
        &format!("bytes={}", upload.bytes),
    );
    event.subject = Some(submission);
    // What arrived since the SHA-256 was worked out belongs to another file.
    let hashed = (stated, upload.bytes);
    let submitted = app.engine.submit(&who, (id, submission), hashed, event);
    match submitted.await? {
        Submitted::Done(it) => {
            let checked = watch::checked(&app, &it).await;
            let now = checked.unwrap_or(*it);
            Ok((StatusCode::CREATED, Json(submissions::shown(&now))))
        }
        Submitted::Before(it) => Ok((StatusCode::CREATED, Json(submissions::shown(&it)))),
        Submitted::Duplicate(same) => {
            let (number, at) = (&same.number, same.sent.to_minute_in_japan());
            let error = MemberError::new(
                "file",
                number,
                &format!("受付番号 {number}（{at} 送信）と同じファイルです。"),
                &format!("It is the file of {number}, sent at {at}."),
            );
            let trouble = Trouble::Claims(ClaimsTrouble::Duplicate);
            Err(Refused::members(trouble, vec![error]))
        }
        Submitted::Corrected(other) => Err(corrected_already(&other)),
        Submitted::Incomplete(bytes) => Err(incomplete(bytes)),
        Submitted::Unknown => Err(Trouble::NotFound.into()),
    }
}

/// The SHA-256 of what arrived, read piece by piece.
async fn digest(app: &App, upload: &Upload) -> Result<[u8; 32], Refused> {
    let (app, id, bytes) = (app.clone(), upload.id, upload.bytes);
    let hashed = tokio::task::spawn_blocking(move || {
        let mut hash = Sha256::new();
        let mut at = 0;
        while at < bytes {
            let piece = app.engine.piece(id, at)?;
            let piece = piece.ok_or(store::engine::StoreError::Row("claims_piece"))?;
            hash.update(&piece);
            at += piece.len() as u64;
        }
        Ok::<[u8; 32], store::engine::StoreError>(hash.finalize().into())
    });
    Ok(hashed
        .await
        .map_err(stopped("the hashing of a file stopped"))??)
}

/// The submission that is corrected: an accepted one of this month of which something was refused, and that nothing else corrects.
fn corrected(app: &Shared, who: &Holder, id: u128, now: Instant) -> Result<u128, Refused> {
    let found = app.engine.submission(who, id)?.ok_or(Trouble::NotFound)?;
    let state = |code: &str, ja: &str, en: &str| {
        let error = MemberError::new("corrects", code, ja, en);
        Refused::members(Trouble::Claims(ClaimsTrouble::State), vec![error])
    };
    let (SubmissionState::Accepted, Some(ended)) = (found.state, found.ended) else {
        return Err(state(
            "not_accepted",
            "訂正分を送れるのは、確定した送信に対してだけです。確定前なら、取り下げて送り直してください。",
            "Only an accepted submission is corrected. Before that, take it back and send it again.",
        ));
    };
    let left = found
        .taken
        .map_or(0, |it| found.counts.claims.saturating_sub(it.claims));
    if left == 0 {
        return Err(state(
            "nothing_left",
            "この送信のレセプトは、すべて請求になっています。",
            "All claims of this submission are claimed.",
        ));
    }
    let month = |at: Instant| TreatmentMonth::of(at.date_in_japan());
    if month(ended) != month(now) {
        return Err(state(
            "over",
            "訂正分を送れるのは、確定した月のうちです。この月の請求に含めてください。",
            "A correction is sent in the month of the acceptance. Put these claims into this month's file.",
        ));
    }
    match app.engine.correction_of(who, id)? {
        Some(other) => Err(corrected_already(&other)),
        None => Ok(id),
    }
}

fn corrected_already(other: &Submission) -> Refused {
    let number = &other.number;
    let error = MemberError::new(
        "corrects",
        number,
        &format!("訂正分の受付番号は {number} です。"),
        &format!("It is corrected by {number}."),
    );
    Refused::members(Trouble::Claims(ClaimsTrouble::Corrected), vec![error])
}

/// When a submission is taken, and when a correction.
pub(super) fn calendar(app: &Shared, corrects: Option<u128>) -> &Calendar {
    match corrects {
        Some(_) => &app.claims.settings.correction.0,
        None => &app.claims.settings.submission.0,
    }
}

/// How much of a file is read.
pub(super) fn limits(app: &Shared) -> Limits {
    Limits {
        file_bytes: app.claims.settings.most_file_bytes.get(),
        ..Limits::default()
    }
}

/// A file's name without what has a meaning in a path.
fn named(text: &str) -> Result<String, Refused> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let plain: String = last.chars().filter(|it| !it.is_control()).collect();
    if plain.is_empty() || MOST_NAME < plain.chars().count() {
        let error = MemberError::new(
            "file_name",
            "length",
            "ファイル名は1〜120文字にしてください。",
            "A file's name has 1 to 120 characters.",
        );
        return Err(Refused::members(Trouble::InvalidInput, vec![error]));
    }
    Ok(plain)
}

fn unhex(text: &str) -> Result<[u8; 32], Refused> {
    let read = |text: &str| {
        let digits = text.is_ascii().then_some(text)?;
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        (digits.len() == 64).then_some(bytes)
    };
    read(text).ok_or_else(|| {
        let error = MemberError::new(
            "sha256",
            "form",
            "SHA-256 は16進数64桁です。",
            "A SHA-256 has 64 hexadecimal digits.",
        );
        Refused::members(Trouble::InvalidInput, vec![error])
    })
}

fn offset(bytes: u64) -> MemberError {
    MemberError::new(
        "offset",
        &bytes.to_string(),
        &format!("届いているのは {bytes} バイトです。"),
        &format!("{bytes} bytes have arrived."),
    )
}

/// A file without a byte.
fn empty_file() -> Refused {
    let error = MemberError::new(
        "size_bytes",
        "empty",
        "ファイルが空です。書き出しが終わっているか確かめて、送り直してください。",
        "The file is empty. Look whether it was written to its end, and send it again.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}

/// Bytes that go on with a file, and are none.
fn nothing_came() -> Refused {
    let error = MemberError::new(
        "body",
        "empty",
        "届いたデータが空です。ファイルが送信中に短くなっていないか確かめて、送り直してください。",
        "Nothing came. Look whether the file became shorter while it was sent, and send it again.",
    );
    Refused::members(Trouble::InvalidInput, vec![error])
}

fn elsewhere(bytes: u64) -> Refused {
    Refused::members(Trouble::Claims(ClaimsTrouble::Offset), vec![offset(bytes)])
}

fn incomplete(bytes: u64) -> Refused {
    let trouble = Trouble::Claims(ClaimsTrouble::Incomplete);
    Refused::members(trouble, vec![offset(bytes)])
}

fn file_refused(refusals: &[Finding]) -> Refused {
    let errors = refusals.iter().take(MOST_TOLD).map(|it| {
        let place = format!("line {}", it.place.line);
        MemberError::new(&place, it.rule.id, &it.ja(), &it.en())
    });
    let trouble = Trouble::Claims(ClaimsTrouble::FileRefused);
    Refused::members(trouble, errors.collect())
}

/// An upload as a message.
pub(super) fn shown(app: &Shared, upload: &Upload) -> ClaimsUpload {
    ClaimsUpload {
        account: upload.account.to_string(),
        corrects: upload.corrects.map(shown_id),
        file_name: upload.file_name.clone(),
        id: shown_id(upload.id),
        most_bytes: app.claims.settings.most_piece_bytes.get().into(),
        offset: upload.bytes,
        started_at: upload.made.to_string(),
        submission: upload.submission.map(shown_id),
    }
}

/// The unfinished ones of a facility, as messages.
pub(super) fn open(app: &Shared, who: &Holder) -> Result<Vec<ClaimsUpload>, Refused> {
    let open = app.engine.open_uploads(who)?;
    Ok(open.iter().map(|it| shown(app, it)).collect())
}

/// Forgets some of what nothing more came of, and of the files of submissions that were settled long ago.
pub(super) async fn forget_old(app: &App, now: Instant) -> Result<(), store::engine::StoreError> {
    let before = |days: NonZeroU16| now.plus_seconds(-i64::from(days.get()) * 86_400);
    let settings = &app.claims.settings;
    let old = before(settings.uploads_kept_days);
    let mut steps = app.draining.steps(FORGETS);
    while steps.next().is_some() && app.engine.forget_uploads(old).await? {}
    while steps.next().is_some() && app.engine.let_files_go(Settled::GivenUp, old, now).await? {}
    if let Some(old) = settings.accepted_kept_days.map(before) {
        while steps.next().is_some() && app.engine.let_files_go(Settled::Accepted, old, now).await?
        {
        }
    }
    Ok(())
}
