//! What the operator does for a facility whose certificate is gone (G08): look, issue anew (再発行), revoke. Says what is revoked when.

use domain::audit::{Actor, Deed};
use domain::institution_code::InstitutionCode;
use pki::notice::RequestId;
use serde::{Deserialize, Serialize};
use store::access::Earlier;
use store::certificates::{Known, Which};

use crate::app::App;
use crate::certificates::hex;
use crate::enroll::{Enrolled, notice};
use crate::sessions::event;

/// A terminal whose certificate is issued anew, or revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// Institution code.
    pub code: String,
    /// Terminal name.
    pub terminal: String,
}

/// When the terminal's earlier certificates are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeEarlier {
    /// When the new one is first used: the terminal works until then.
    WhenReplaced,
    /// Now: the file, or the PC, is in somebody else's hands.
    Now,
}

/// A certificate as an operator looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateLine {
    /// Institution code.
    pub code: String,
    /// Terminal name.
    pub terminal: String,
    /// SHA-256, hexadecimal.
    pub fingerprint: String,
    /// `unused`, `used`, `renewed`, `revoked` or `expired`.
    pub state: String,
    /// Last instant of validity.
    pub not_after: String,
    /// When the loss of its file was reported.
    pub lost_at: Option<String>,
}

/// Issues a terminal's certificate anew; an error is a text for the operator.
pub(crate) async fn reissue(
    app: &App,
    terminal: Terminal,
    earlier: RevokeEarlier,
) -> Result<Enrolled, String> {
    let code = known_terminal(app, &terminal)?;
    // The notice first: an operator who has it may go on although the revocation failed, and is told.
    let enrolled = notice(app, code, terminal.terminal.clone(), Earlier::Replaced).await?;
    if earlier == RevokeEarlier::Now {
        let stays = RequestId::parse(&enrolled.request_id).map_err(|error| error.to_string())?;
        let stays = Some(stays.as_str().to_owned());
        revoke(app, Which::Terminal(code, terminal.terminal, stays)).await?;
    }
    Ok(enrolled)
}

/// Revokes all certificates of a terminal and closes its notices; an error is a text for the operator.
pub(crate) async fn revoke_terminal(app: &App, terminal: Terminal) -> Result<(), String> {
    let code = known_terminal(app, &terminal)?;
    revoke(app, Which::Terminal(code, terminal.terminal, None))
        .await
        .map(drop)
}

/// Revokes a certificate and all renewed from it; an error is a text for the operator.
pub(crate) async fn revoke_line(app: &App, fingerprint: [u8; 32]) -> Result<(), String> {
    match revoke(app, Which::Line(fingerprint)).await? {
        Some(_) => Ok(()),
        None => Err("no such certificate".into()),
    }
}

async fn revoke(app: &App, which: Which) -> Result<Option<usize>, String> {
    let event = event(
        app.now(),
        Actor::Operator("local".into()),
        Deed::CertificateRevoke,
    );
    // The store first: a restart in between must find them revoked.
    let gone = app
        .engine
        .revoke_certificates(which, "operator", event)
        .await;
    let gone = gone.map_err(|error| error.to_string())?;
    Ok(gone.map(|gone| {
        let many = gone.len();
        gone.into_iter().for_each(|one| app.revocations.add(one));
        many
    }))
}

fn known_terminal(app: &App, terminal: &Terminal) -> Result<InstitutionCode, String> {
    let code = InstitutionCode::parse(&terminal.code).map_err(|error| format!("code: {error}"))?;
    let known = app.engine.knows_terminal(code, &terminal.terminal);
    if known.map_err(|error| error.to_string())? {
        return Ok(code);
    }
    Err(format!(
        "terminal: {code} has none of this name; look with `onshi enroll list --code {code}`, or enroll it"
    ))
}

/// The certificates of a facility, or those reported lost that still open something.
pub(crate) fn list(app: &App, code: Option<&str>) -> Result<Vec<CertificateLine>, String> {
    let now = app.now();
    let found = match code {
        Some(code) => {
            let code = InstitutionCode::parse(code).map_err(|error| format!("code: {error}"))?;
            app.engine.certificates_of(code)
        }
        None => app.engine.certificates_lost(now),
    };
    let line = |known: Known| {
        let state = if known.revoked.is_some() {
            "revoked"
        } else if known.certificate.not_after <= now {
            "expired"
        } else if known.renewed {
            "renewed"
        } else if known.first_used.is_some() {
            "used"
        } else {
            "unused"
        };
        CertificateLine {
            code: known.certificate.facility.to_string(),
            fingerprint: hex(&known.certificate.fingerprint),
            state: state.into(),
            not_after: known.certificate.not_after.to_string(),
            lost_at: known.lost.map(|at| at.to_string()),
            terminal: known.certificate.terminal,
        }
    };
    let found = found.map_err(|error| error.to_string())?;
    Ok(found.into_iter().map(line).collect())
}
