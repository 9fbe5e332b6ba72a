//! Result files of a submission: everything found, returned claims (返戻), proposals (振替・分割), and the signed acceptance. Each fetch is in the
//! submission's history and on record. Their forms are ours, not a review body's.

use api::claims::submission::{ClaimsFinding, ClaimsResult};
use api::client::claims::ClaimsFile;
use api::problem::Trouble;
use api::problem::claims::ClaimsTrouble;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::audit::Deed;
use domain::claims::entry::{Holder, SubmissionState};
use exchange::claims_result_file::{FindingLine, FindingsFile, ProposalLine, ProposalsFile};
use serde::Deserialize;
use serde_json::json;
use store::claims::submissions::{ResultKind, Submission};

use super::submissions::{find, part_of};
use super::{Claimant, event_of, shown_id};
use crate::app::{App, Shared};
use crate::certificates::hex;
use crate::extract::Query;
use crate::trouble::{Refused, absent, internal, stopped};

/// The `typ` of a signed acceptance.
const TYPE: &str = "onshi-claims-acceptance+jwt";

/// Which file is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    file: String,
}

pub(crate) async fn read(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Refused> {
    let file = ClaimsFile::parse(&which.file).ok_or(Trouble::InvalidQuery)?;
    let found = find(&app, &who, &id)?;
    if found.state == SubmissionState::Checking {
        return Err(Trouble::Claims(ClaimsTrouble::Checking).into());
    }
    let is_accepted = found.state == SubmissionState::Accepted;
    if file == ClaimsFile::Acceptance && !is_accepted {
        return Err(Trouble::Claims(ClaimsTrouble::State).into());
    }
    let _turn = app.exporting.acquire().await.map_err(|_| Trouble::Busy)?;
    note(&app, &who, &found, file).await?;
    let (mine, of) = (app.clone(), found.clone());
    let written = tokio::task::spawn_blocking(move || match file {
        ClaimsFile::Findings => findings(&mine, &of),
        ClaimsFile::Returns => returns(&mine, &of),
        ClaimsFile::Corrections => corrections(&mine, &of),
        ClaimsFile::Acceptance => acceptance(&mine, &of),
    });
    let bytes = written
        .await
        .map_err(stopped("the writing of a file stopped"))??;
    let (kind, ending) = match file {
        ClaimsFile::Acceptance => ("application/jose", "jws"),
        ClaimsFile::Findings | ClaimsFile::Returns | ClaimsFile::Corrections => {
            ("text/csv; charset=utf-8; header=present", "csv")
        }
    };
    let name = format!("{}-{}.{ending}", found.number, file.as_str());
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

async fn note(
    app: &App,
    who: &Holder,
    found: &Submission,
    file: ClaimsFile,
) -> Result<(), Refused> {
    let detail = format!("number={} file={}", found.number, file.as_str());
    let mut event = event_of(who, app.now(), Deed::ClaimsRead, &detail);
    event.subject = Some(found.id);
    let noted = app.engine.note_fetched(who, found.id, file.as_str(), event);
    Ok(noted.await?)
}

/// All lines of a kind, part after part.
fn each<T: serde::de::DeserializeOwned>(
    app: &Shared,
    submission: &Submission,
    kind: ResultKind,
    mut of: impl FnMut(T) -> Result<(), Refused>,
) -> Result<(), Refused> {
    for part in 0.. {
        let Some(lines) = part_of(app, submission, kind, part)? else {
            break;
        };
        lines.into_iter().try_for_each(&mut of)?;
    }
    Ok(())
}

fn findings(app: &Shared, submission: &Submission) -> Result<Vec<u8>, Refused> {
    let mut file = FindingsFile::new().map_err(internal("a line is not written"))?;
    each(
        app,
        submission,
        ResultKind::Findings,
        |it: ClaimsFinding| {
            file.push(&line(&it))
                .map_err(internal("a line is not written"))
        },
    )?;
    Ok(file.into_bytes())
}

/// The findings of the claims that were not taken, and what refuses the file.
fn returns(app: &Shared, submission: &Submission) -> Result<Vec<u8>, Refused> {
    let mut refused = std::collections::BTreeSet::new();
    let with_warned = submission.taken.is_some_and(|it| {
        it.claims
            < submission
                .counts
                .claims
                .saturating_sub(submission.counts.refused)
    });
    each(app, submission, ResultKind::Claims, |it: ClaimsResult| {
        if it.state == "refused" || with_warned {
            refused.insert(it.claim);
        }
        Ok(())
    })?;
    let mut file = FindingsFile::new().map_err(internal("a line is not written"))?;
    each(
        app,
        submission,
        ResultKind::Findings,
        |it: ClaimsFinding| {
            let is_returned = match it.claim {
                Some(claim) => refused.contains(&claim),
                None => it.severity == "file",
            };
            if is_returned {
                file.push(&line(&it))
                    .map_err(internal("a line is not written"))?;
            }
            Ok(())
        },
    )?;
    Ok(file.into_bytes())
}

fn corrections(app: &Shared, submission: &Submission) -> Result<Vec<u8>, Refused> {
    let mut file = ProposalsFile::new().map_err(internal("a line is not written"))?;
    each(app, submission, ResultKind::Claims, |it: ClaimsResult| {
        let Some(proposal) = &it.proposal else {
            return Ok(());
        };
        let mut push = |days: &[u8], part: Option<&api::claims::submission::ClaimsPart>| {
            let line = ProposalLine {
                claim: it.claim,
                line: it.line,
                kind: proposal.kind.clone(),
                days: days.to_vec(),
                insurer: part.map(|it| it.insurer_number.clone()),
                symbol: part.and_then(|it| it.symbol.clone()),
                number: part.map(|it| it.number.clone()),
                branch: part.and_then(|it| it.branch.clone()),
                checks: it.proofs.iter().map(|it| it.check_id.clone()).collect(),
            };
            file.push(&line).map_err(internal("a line is not written"))
        };
        if proposal.parts.is_empty() {
            return push(&proposal.days, None);
        }
        proposal
            .parts
            .iter()
            .try_for_each(|part| push(&part.days, Some(part)))
    })?;
    Ok(file.into_bytes())
}

fn line(it: &ClaimsFinding) -> FindingLine {
    FindingLine {
        line: it.line,
        claim: it.claim,
        record: it.record.clone(),
        field: it.field.as_ref().map(|it| it.ja.clone()),
        severity: it.severity.clone(),
        rule: it.rule.clone(),
        days: it.days.clone(),
        ja: it.text.ja.clone(),
        en: it.text.en.clone(),
    }
}

/// What was accepted, signed with the key of receipts: a compact JWS (ES256) that verifies with a saved copy of `GET /v1/keys`.
fn acceptance(app: &Shared, it: &Submission) -> Result<Vec<u8>, Refused> {
    let keys = app.receipt_keys.load();
    let header = json!({"alg": "ES256", "kid": keys.current.kid(), "typ": TYPE});
    let taken = it
        .taken
        .ok_or_else(absent("when a submission was taken in"))?;
    let claims = json!({
        "accepted_at": it.ended.map(|it| it.to_string()),
        "claims": taken.claims,
        "facility": it.facility.to_string(),
        "iat": app.now().as_seconds(),
        "iss": app.name.to_string(),
        "jti": shown_id(it.id),
        "number": it.number,
        "points": taken.points,
        "returned": it.counts.claims.saturating_sub(taken.claims),
        "sent_at": it.sent.to_string(),
        "sha256": hex(&it.sha256),
        "tenant": it.tenant.to_string(),
    });
    let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(&header), encode(&claims));
    let signature = keys
        .current
        .sign(input.as_bytes())
        .map_err(internal("an acceptance is not signed"))?;
    Ok(api::receipt::seal(input, &signature).into_bytes())
}
