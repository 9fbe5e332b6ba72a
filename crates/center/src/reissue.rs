//! What the operator does for a facility whose certificate is gone (G08): look, issue anew (再発行), revoke. Says what is revoked when.

use domain::audit::{Actor, Deed};
use domain::institution_code::InstitutionCode;
use pki::issue_notice::RequestId;
use serde::{Deserialize, Serialize};
use store::access::Earlier;
use store::certificates::{Known, Which};
use store::facilities::TerminalLine;

use crate::app::App;
use crate::certificates::hex;
use crate::enroll::{Enrolled, institution, notice};
use crate::revoked_outside;
use crate::sessions::event;
use crate::told::Told;
use crate::trouble::internal;

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

/// A terminal that has a notice and no certificate, as an operator looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingLine {
    /// Institution code.
    pub code: String,
    /// Terminal name.
    pub terminal: String,
    /// `notice` while its newest notice downloads, then `overdue`; `closed` where the notice was closed.
    pub state: String,
    /// Last day on which the notice downloads.
    pub download_until: String,
}

/// Issues a terminal's certificate anew.
pub(crate) async fn reissue(
    app: &App,
    terminal: Terminal,
    earlier: RevokeEarlier,
    by: Actor,
) -> Result<Enrolled, Told> {
    let code = known_terminal(app, &terminal)?;
    // One enrolled since the copy that the center was restored from is gone, and its terminal known by its certificate alone.
    if app.engine.facility(code)?.is_none() {
        return Err(not_enrolled(code));
    }
    // The notice first: an operator who has it may go on although the revocation failed, and is told.
    let name = terminal.terminal.clone();
    let enrolled = notice(app, code, name, Earlier::Replaced, by.clone()).await?;
    if earlier == RevokeEarlier::Now {
        let stays = RequestId::parse(&enrolled.request_id);
        let stays = stays.map_err(internal("the request number of a new notice"))?;
        let stays = Some(stays.as_str().to_owned());
        revoke(app, Which::Terminal(code, terminal.terminal, stays), by).await?;
        revoked_outside::keep(app).await;
    }
    Ok(enrolled)
}

/// Revokes all certificates of a terminal and closes its notices.
pub(crate) async fn revoke_terminal(app: &App, terminal: Terminal, by: Actor) -> Result<(), Told> {
    let code = known_terminal(app, &terminal)?;
    revoke(app, Which::Terminal(code, terminal.terminal, None), by).await?;
    // At once: a disk that is lost within the minute takes the order with it.
    revoked_outside::keep(app).await;
    Ok(())
}

/// Revokes a certificate and all renewed from it. False for one that is not known: it alone is refused from now on.
pub(crate) async fn revoke_line(app: &App, fingerprint: &str, by: Actor) -> Result<bool, Told> {
    let fingerprint = unhex(fingerprint).ok_or_else(|| {
        Told::of(
            "fingerprint",
            "form",
            "証明書のSHA-256を64桁の16進数で指定してください。",
            "64 hexadecimal digits",
        )
    })?;
    let gone = revoke(app, Which::Line(fingerprint), by).await?;
    if gone.is_none() {
        app.revocations.add(fingerprint);
    }
    revoked_outside::keep(app).await;
    Ok(gone.is_some())
}

async fn revoke(app: &App, which: Which, by: Actor) -> Result<Option<usize>, Told> {
    let event = event(app.now(), by, Deed::CertificateRevoke);
    // The store first: a restart in between must find them revoked.
    let gone = app
        .engine
        .revoke_certificates(which, "operator", event)
        .await?;
    Ok(gone.map(|gone| {
        let many = gone.len();
        gone.into_iter().for_each(|one| app.revocations.add(one));
        many
    }))
}

fn known_terminal(app: &App, terminal: &Terminal) -> Result<InstitutionCode, Told> {
    let code = institution(&terminal.code)?;
    if app.engine.knows_terminal(code, &terminal.terminal)? {
        return Ok(code);
    }
    Err(Told::none(
        "terminal",
        format!(
            "{code} にこの名称の端末はありません。施設の画面の「端末」か onshi enroll list --code {code} で名称を確かめてください。未登録なら、その画面の「端末を加える」か onshi enroll で登録してください。"
        ),
        format!(
            "{code} has none of this name; look at \"Terminals\" on the facility's page or with `onshi enroll list --code {code}`, or enroll it by \"Add a terminal\" there or with `onshi enroll`"
        ),
    ))
}

fn not_enrolled(code: InstitutionCode) -> Told {
    Told::none(
        "code",
        format!(
            "{code} の施設は登録されていません。onshi enroll で同じ端末名称等を指定して登録してください。新しい証明書を使い始めると、以前の証明書は失効します。"
        ),
        format!(
            "{code} is not enrolled; enroll it with `onshi enroll` and this terminal: the first use of the new certificate revokes the earlier ones"
        ),
    )
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.is_ascii().then_some(text)?;
    let mut out = [0; 32];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (digits.len() == 64).then_some(out)
}

/// The certificates of a facility, or those reported lost that still open something.
pub(crate) fn list(app: &App, code: Option<&str>) -> Result<Vec<CertificateLine>, Told> {
    let now = app.now();
    let found = match code {
        Some(code) => app.engine.certificates_of(institution(code)?)?,
        None => app.engine.certificates_lost(now)?,
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
    Ok(found.into_iter().map(line).collect())
}

/// The same, and the facility's terminals that have no certificate: both can be issued anew and revoked.
pub(crate) fn list_with_waiting(
    app: &App,
    code: Option<&str>,
) -> Result<(Vec<CertificateLine>, Vec<WaitingLine>), Told> {
    let certificates = list(app, code)?;
    let waiting = match code {
        Some(code) => waiting(app, institution(code)?, &certificates)?,
        None => Vec::new(),
    };
    Ok((certificates, waiting))
}

fn waiting(
    app: &App,
    code: InstitutionCode,
    certificates: &[CertificateLine],
) -> Result<Vec<WaitingLine>, Told> {
    let today = app.now().date_in_japan();
    let line = |TerminalLine { name, notice }: TerminalLine| {
        let notice = notice?;
        if certificates.iter().any(|it| it.terminal == name) {
            return None;
        }
        let state = if notice.closed {
            "closed"
        } else if notice.deadline < today {
            "overdue"
        } else {
            "notice"
        };
        Some(WaitingLine {
            code: code.to_string(),
            terminal: name,
            state: state.into(),
            download_until: notice.deadline.to_string(),
        })
    };
    let terminals = app.engine.terminals_of(code)?;
    Ok(terminals.into_iter().filter_map(line).collect())
}
