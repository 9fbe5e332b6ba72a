//! What a claims account does: send a file, look at what the checks found, accept, take back, fetch result files. Keeps no file: what comes from
//! the browser goes on to the center piece by piece.

use api::claims::submission::{ClaimsFinding, ClaimsResult, ClaimsSubmission};
use api::claims::{ClaimsUploadEnd, NewClaimsUpload};
use api::client::ClientError;
use api::client::claims::ClaimsFile;
use askama::Template;
use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use ui::component::{Banner, Fault, TextField, Tone, Width};
use ui::language::Words;

use super::{Claimant, HERE, WORK, turned};
use crate::browsers::hex;
use crate::pages::{Filled, Frame, Visitor, show, trouble};
use crate::serve::App;
use crate::{days, faults};

/// Bytes sent on at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Findings of one page.
const MOST_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "claims_work.html")]
pub(in crate::pages) struct WorkPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) tenant: String,
    pub(in crate::pages) who: String,
    pub(in crate::pages) window: String,
    pub(in crate::pages) file: TextField,
    pub(in crate::pages) uploads: Vec<Open>,
    pub(in crate::pages) heads: Vec<String>,
    pub(in crate::pages) lines: Vec<Line>,
}

/// A file on its way.
pub(in crate::pages) struct Open {
    pub(in crate::pages) id: String,
    pub(in crate::pages) text: String,
}

/// A submission in the list.
pub(in crate::pages) struct Line {
    pub(in crate::pages) id: String,
    pub(in crate::pages) number: String,
    pub(in crate::pages) sent: String,
    pub(in crate::pages) file_name: String,
    pub(in crate::pages) counts: String,
    pub(in crate::pages) state: String,
    pub(in crate::pages) tone: &'static str,
}

#[derive(Template)]
#[template(path = "claims_submission.html")]
pub(in crate::pages) struct SubmissionPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) line: Line,
    pub(in crate::pages) can_accept: bool,
    pub(in crate::pages) can_withdraw: bool,
    pub(in crate::pages) is_checked: bool,
    pub(in crate::pages) is_accepted: bool,
    pub(in crate::pages) more: Option<String>,
    pub(in crate::pages) finding_heads: Vec<String>,
    pub(in crate::pages) findings: Vec<[String; 3]>,
    pub(in crate::pages) proposal_heads: Vec<String>,
    pub(in crate::pages) proposals: Vec<[String; 3]>,
    pub(in crate::pages) history: Vec<String>,
}

fn line(it: &ClaimsSubmission, words: &Words) -> Line {
    let (state, tone) = match it.state.as_str() {
        "checking" => ("claims-state-checking", "warn"),
        "refused" => ("claims-state-refused", "bad"),
        "checked" => ("claims-state-checked", "warn"),
        "accepted" => ("claims-state-accepted", "good"),
        _ => ("claims-state-withdrawn", "bad"),
    };
    let counts = [
        ("claims", it.claims),
        ("refused", it.refused),
        ("confirm", it.to_confirm),
    ];
    Line {
        id: it.id.clone(),
        number: it.number.clone(),
        sent: days::show_instant(&it.sent_at),
        file_name: it.file_name.clone(),
        counts: words.say_with("claims-counts", &counts),
        state: words.say(state),
        tone,
    }
}

pub(crate) async fn page(State(app): State<App>, visitor: Visitor) -> Response {
    shown(&app, &visitor, StatusCode::OK, None).await
}

async fn shown(app: &App, visitor: &Visitor, status: StatusCode, fault: Option<Fault>) -> Response {
    let Some(claimant) = Claimant::of(app, visitor) else {
        return Redirect::to(HERE).into_response();
    };
    let words = &visitor.words;
    let listed = claimant.client.claims_submissions(claimant.token()).await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => return failed(app, visitor, &error),
    };
    let entry = claimant.client.claims_entry().await.ok();
    let tenant = entry.as_ref().and_then(|it| {
        let mut tenants = it.tenants.iter();
        tenants.find(|it| it.id == claimant.session.tenant)
    });
    let mut frame = visitor.frame(WORK);
    frame
        .banners
        .extend(fault.map(|fault| Banner::new(Tone::Error, fault)));
    let name = &claimant.session.tenant_name;
    let heads = [
        "claims-number",
        "claims-sent",
        "claims-file-name",
        "claims-claims",
        "state",
    ];
    let open = listed.uploads.iter().map(|it| Open {
        id: it.id.clone(),
        text: words.say_with(
            "claims-upload-open",
            &[
                ("name", it.file_name.clone()),
                ("bytes", it.offset.to_string()),
            ],
        ),
    });
    let page = WorkPage {
        tenant: words.choose(&name.ja, &name.en).clone(),
        who: claimant.session.account.display_name.clone(),
        window: tenant.map_or_else(String::new, |it| super::window(&it.submission, words)),
        file: TextField {
            width: Width::Full,
            support: words.say("claims-file-support"),
            ..TextField::new("file", words.say("claims-file"))
        },
        uploads: open.collect(),
        heads: heads.into_iter().map(|it| words.say(it)).collect(),
        lines: listed
            .submissions
            .iter()
            .map(|it| line(it, words))
            .collect(),
        frame,
    };
    show(status, &page)
}

fn failed(app: &App, visitor: &Visitor, error: &ClientError) -> Response {
    match turned(app, visitor, error) {
        Ok(fault) => {
            let status = match error {
                ClientError::Problem(problem) => StatusCode::from_u16(problem.status).ok(),
                _ => None,
            };
            let status = status.unwrap_or(StatusCode::BAD_GATEWAY);
            trouble(status, visitor.frame(WORK), fault)
        }
        Err(to) => Redirect::to(to).into_response(),
    }
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

pub(crate) async fn send(
    State(app): State<App>,
    visitor: Visitor,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(claimant) = Claimant::of(&app, &visitor) else {
        return Redirect::to(HERE).into_response();
    };
    let outcome = match sent {
        Ok(sent) => receive(&claimant, sent).await,
        Err(_) => Err(Unsent::Form("form-unreadable")),
    };
    match outcome {
        Ok(submission) => {
            Redirect::to(&format!("/claims/submissions/{}", submission.id)).into_response()
        }
        Err(Unsent::Form(key)) => {
            let fault = faults::own(&visitor.words, "form_unreadable", key);
            shown(
                &app,
                &visitor,
                StatusCode::UNPROCESSABLE_ENTITY,
                Some(fault),
            )
            .await
        }
        Err(Unsent::Center(error)) => match turned(&app, &visitor, &error) {
            Ok(fault) => {
                shown(
                    &app,
                    &visitor,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Some(fault),
                )
                .await
            }
            Err(to) => Redirect::to(to).into_response(),
        },
    }
}

async fn receive(claimant: &Claimant, mut sent: Multipart) -> Result<ClaimsSubmission, Unsent> {
    let unreadable = |_| Unsent::Form("form-unreadable");
    while let Some(field) = sent.next_field().await.map_err(unreadable)? {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or_default().to_owned();
            if name.is_empty() {
                return Err(Unsent::Form("bulk-file-missing"));
            }
            return pass_on(claimant, field, name).await;
        }
    }
    Err(Unsent::Form("bulk-file-missing"))
}

/// Sends a file on as it comes, a piece at a time.
async fn pass_on(
    claimant: &Claimant,
    mut field: Field<'_>,
    file_name: String,
) -> Result<ClaimsSubmission, Unsent> {
    let (client, token) = (&claimant.client, claimant.token());
    let new = NewClaimsUpload {
        file_name,
        ..NewClaimsUpload::default()
    };
    let upload = client.begin_claims_upload(token, &new).await?;
    let (mut hash, mut offset) = (Context::new(&SHA256), 0_u64);
    let mut piece: Vec<u8> = Vec::with_capacity(PIECE_BYTES);
    loop {
        let chunk = field
            .chunk()
            .await
            .map_err(|_| Unsent::Form("form-unreadable"))?;
        let is_last = chunk.is_none();
        let mut rest: &[u8] = chunk.as_deref().unwrap_or_default();
        while !rest.is_empty() || (is_last && !piece.is_empty()) {
            let room = PIECE_BYTES.saturating_sub(piece.len()).min(rest.len());
            let (now, later) = rest.split_at(room);
            piece.extend_from_slice(now);
            rest = later;
            if piece.len() == PIECE_BYTES || (is_last && !piece.is_empty()) {
                hash.update(&piece);
                let length = piece.len() as u64;
                let bytes = std::mem::take(&mut piece);
                client
                    .send_claims(token, (&upload.id, offset), bytes)
                    .await?;
                offset += length;
            }
        }
        if is_last {
            break;
        }
    }
    let end = ClaimsUploadEnd {
        sha256: hex(hash.finish().as_ref()),
        size_bytes: offset,
    };
    Ok(client.end_claims_upload(token, &upload.id, &end).await?)
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct UploadForm {
    id: String,
}

/// Drops a file that did not become whole.
pub(crate) async fn forget(
    State(app): State<App>,
    visitor: Visitor,
    Filled(form): Filled<UploadForm>,
) -> Response {
    let Some(claimant) = Claimant::of(&app, &visitor) else {
        return Redirect::to(HERE).into_response();
    };
    let dropped = claimant
        .client
        .drop_claims_upload(claimant.token(), &form.id);
    match dropped.await {
        Ok(()) => Redirect::to(WORK).into_response(),
        Err(error) => failed(&app, &visitor, &error),
    }
}

pub(crate) async fn one(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let Some(claimant) = Claimant::of(&app, &visitor) else {
        return Redirect::to(HERE).into_response();
    };
    match read(&claimant, &visitor, &id).await {
        Ok(page) => show(StatusCode::OK, &page),
        Err(error) => failed(&app, &visitor, &error),
    }
}

async fn read(
    claimant: &Claimant,
    visitor: &Visitor,
    id: &str,
) -> Result<SubmissionPage, ClientError> {
    let (client, token, words) = (&claimant.client, claimant.token(), &visitor.words);
    let found = client.claims_submission(token, id).await?;
    let is_checked = found.state != "checking";
    let (mut findings, mut proposals, mut more) = (Vec::new(), Vec::new(), None);
    if is_checked {
        let part = client.claims_findings(token, id, 0).await?;
        let shown = part.findings.iter().take(MOST_SHOWN);
        findings.extend(shown.map(|it| finding(it, words)));
        let left = u64::from(found.findings).saturating_sub(findings.len() as u64);
        more = (0 < left).then(|| words.say_with("claims-more", &[("count", left)]));
        let part = client.claims_results(token, id, 0).await?;
        proposals.extend(part.claims.iter().filter_map(|it| proposal(it, words)));
    }
    let say = |keys: &[&str]| keys.iter().map(|it| words.say(it)).collect();
    let history = found.history.iter().map(|it| {
        let who = it
            .account
            .clone()
            .unwrap_or_else(|| words.say("claims-center"));
        format!(
            "{} {} {} {}",
            days::show_instant(&it.at),
            step(&it.step, words),
            it.detail,
            who
        )
    });
    Ok(SubmissionPage {
        frame: visitor.frame(&format!("/claims/submissions/{}", found.id)),
        line: line(&found, words),
        can_accept: found.state == "checked" && found.refused < found.claims,
        can_withdraw: matches!(found.state.as_str(), "checked" | "refused"),
        is_checked,
        is_accepted: found.state == "accepted",
        more,
        finding_heads: say(&["claims-place", "claims-severity", "claims-reason"]),
        findings,
        proposal_heads: say(&["claims-claims", "claims-proposal", "claims-coverage"]),
        proposals,
        history: history.collect(),
    })
}

fn step(step: &str, words: &Words) -> String {
    words.say(match step {
        "sent" => "claims-step-sent",
        "checked" => "claims-step-checked",
        "refused" => "claims-step-refused",
        "accepted" => "claims-step-accepted",
        "withdrawn" => "claims-step-withdrawn",
        "corrected" => "claims-step-corrected",
        _ => "claims-step-fetched",
    })
}

fn finding(it: &ClaimsFinding, words: &Words) -> [String; 3] {
    let mut place = Vec::new();
    if let Some(line) = it.line {
        place.push(words.say_with("claims-line", &[("line", line)]));
    }
    if let Some(claim) = it.claim {
        place.push(words.say_with("claims-claim", &[("claim", claim)]));
    }
    place.extend(it.record.clone());
    place.extend(
        it.field
            .as_ref()
            .map(|it| words.choose(&it.ja, &it.en).clone()),
    );
    let severity = words.say(match it.severity.as_str() {
        "file" => "claims-severity-file",
        "claim" => "claims-severity-claim",
        _ => "claims-severity-warning",
    });
    let text = words.choose(&it.text.ja, &it.text.en).clone();
    [place.join(" "), severity, text]
}

fn proposal(it: &ClaimsResult, words: &Words) -> Option<[String; 3]> {
    // Where no other coverage is known, the findings say all there is.
    let proposal = it
        .proposal
        .as_ref()
        .filter(|of| !of.parts.is_empty() || !it.proofs.is_empty())?;
    let kind = words.say(match proposal.kind.as_str() {
        "move" => "claims-move",
        "split" => "claims-split",
        _ => "claims-decide",
    });
    let parts = proposal.parts.iter().map(|part| {
        let days: Vec<String> = part.days.iter().map(ToString::to_string).collect();
        [
            Some(part.insurer_number.clone()),
            part.symbol.clone(),
            Some(part.number.clone()),
            part.branch.clone(),
            Some(days.join(",")),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
    });
    let mut text = parts.collect::<Vec<_>>().join(" / ");
    if let Some(proof) = it.proofs.first() {
        let day = days::show(&proof.day, words);
        text.push_str(&words.say_with("claims-proof", &[("day", day)]));
    }
    Some([it.claim.to_string(), kind, text])
}

pub(crate) async fn accept(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let Some(claimant) = Claimant::of(&app, &visitor) else {
        return Redirect::to(HERE).into_response();
    };
    match claimant.client.accept_claims(claimant.token(), &id).await {
        Ok(done) => Redirect::to(&format!("/claims/submissions/{}", done.id)).into_response(),
        Err(error) => failed(&app, &visitor, &error),
    }
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let Some(claimant) = Claimant::of(&app, &visitor) else {
        return Redirect::to(HERE).into_response();
    };
    match claimant.client.withdraw_claims(claimant.token(), &id).await {
        Ok(done) => Redirect::to(&format!("/claims/submissions/{}", done.id)).into_response(),
        Err(error) => failed(&app, &visitor, &error),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct FileForm {
    file: String,
}

pub(crate) async fn fetch(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Filled(form): Filled<FileForm>,
) -> Response {
    let Some(claimant) = Claimant::of(&app, &visitor) else {
        return Redirect::to(HERE).into_response();
    };
    let Some(file) = ClaimsFile::parse(&form.file) else {
        return Redirect::to(WORK).into_response();
    };
    let fetched = claimant.client.claims_file(claimant.token(), &id, file);
    let bytes = match fetched.await {
        Ok(bytes) => bytes,
        Err(error) => return failed(&app, &visitor, &error),
    };
    let ending = if file == ClaimsFile::Acceptance {
        "jws"
    } else {
        "csv"
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!(
                "attachment; filename=\"onshi-claims-{}.{ending}\"",
                file.as_str()
            ),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
