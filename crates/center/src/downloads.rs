//! The download of a client certificate with a notice's two IDs (G08, contracts §9). Keeps no client's key and no password.

use api::problem::{MemberError, Trouble};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::audit::{Actor, Deed, Event};
use domain::lockout::Try;
use domain::password::Password;
use pki::authority::KeyKind;
use pki::identity::P12Encryption;
use pki::issue_notice::{ReferenceId, RequestId, TRIES};
use serde::Deserialize;
use store::access::{Notice, Reference};
use store::certificates::Certificate;

use crate::app::App;
use crate::extract::Body;
use crate::sessions::{event, password_errors};
use crate::trouble::{Refused, internal, stopped};

/// Body of `POST /certificates/download`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Download {
    pub(crate) request_id: String,
    pub(crate) reference_id: String,
    /// Protects the file; chosen by the person, never kept.
    pub(crate) password: String,
    /// 3DES for older Windows.
    #[serde(default)]
    pub(crate) legacy: bool,
    /// RSA instead of P-256.
    #[serde(default)]
    pub(crate) rsa: bool,
}

pub(crate) async fn download(
    State(app): State<App>,
    body: Body<Download>,
) -> Result<Response, Refused> {
    Ok(attachment(issue(&app, &body.value).await?))
}

/// The file as a download that no cache keeps.
pub(crate) fn attachment(file: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/x-pkcs12"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"onshi.p12\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::OK, headers, file).into_response()
}

/// Makes a key and certificate for a notice and packs them. The key is forgotten with the answer.
pub(crate) async fn issue(app: &App, wish: &Download) -> Result<Vec<u8>, Refused> {
    let now = app.now();
    let (request, reference, password) = examine(wish)?;
    let notice = opened(app, &request, &reference).await?;
    let kind = if wish.rsa {
        KeyKind::Rsa
    } else {
        KeyKind::P256
    };
    let encryption = if wish.legacy {
        P12Encryption::Legacy3Des
    } else {
        P12Encryption::Aes256
    };
    let maker = app.clone();
    let (facility, terminal) = (notice.facility, notice.terminal.clone());
    // An RSA key takes a while: off the threads that answer.
    let made = tokio::task::spawn_blocking(move || {
        let issued = maker
            .authority
            .issue_client(facility, &terminal, kind, now)
            .map_err(internal("a client certificate is not issued"))?;
        let root = maker.authority.root();
        let file = issued
            .identity
            .to_pkcs12(root, password.expose(), encryption);
        let file = file.map_err(internal("a PKCS#12 is not written"))?;
        Ok::<_, Refused>((file, issued))
    });
    let (file, issued) = made
        .await
        .map_err(stopped("the issuing of a certificate stopped"))??;
    let actor = Actor::Client {
        facility: notice.facility,
        certificate: issued.fingerprint,
    };
    let mut event = event(now, actor, Deed::CertificateIssue);
    event.detail = "how=download".into();
    let certificate = Certificate {
        fingerprint: issued.fingerprint,
        serial: issued.serial,
        facility: notice.facility,
        terminal: notice.terminal,
        notice: notice.request_id,
        issued: now,
        not_before: issued.not_before,
        not_after: issued.not_after,
        renews: None,
    };
    if app.engine.store_certificate(certificate, event).await? {
        Ok(file)
    } else {
        Err(closed())
    }
}

/// The notice of two IDs, while it may be used; a wrong reference ID is counted.
pub(crate) async fn opened(
    app: &App,
    request: &RequestId,
    reference: &ReferenceId,
) -> Result<Notice, Refused> {
    let found = app.engine.notice(request.as_str())?;
    let notice = found.ok_or_else(|| wrong(unknown_request()))?;
    open(app, &notice, reference).await?;
    if notice.closed {
        return Err(closed());
    }
    if notice.deadline < app.now().date_in_japan() {
        return Err(wrong(after_deadline()));
    }
    Ok(notice)
}

/// What was typed, or everything that is wrong with it.
pub(crate) fn examine(wish: &Download) -> Result<(RequestId, ReferenceId, Password), Refused> {
    let typing = |member: &str| {
        MemberError::new(
            member,
            "form",
            "発行通知書のIDを確かめてください（打ち間違いの可能性）。",
            "Look at the ID on the notice; there is a typing error.",
        )
    };
    let request = RequestId::parse(&wish.request_id);
    let reference = ReferenceId::parse(&wish.reference_id);
    let password = Password::parse(&wish.password);
    let mut errors = Vec::new();
    errors.extend(request.is_err().then(|| typing("request_id")));
    errors.extend(reference.is_err().then(|| typing("reference_id")));
    if let Err(broken) = &password {
        errors.extend(password_errors("password", broken));
    }
    match (request, reference, password) {
        (Ok(request), Ok(reference), Ok(password)) => Ok((request, reference, password)),
        _ => Err(Refused::members(Trouble::InvalidInput, errors)),
    }
}

/// Opens a notice with its reference ID, or counts the try.
async fn open(app: &App, notice: &Notice, reference: &ReferenceId) -> Result<(), Refused> {
    let outcome = if reference.fits(&notice.reference_hash) {
        Try::Right
    } else {
        Try::Wrong
    };
    let failure = Event {
        at: app.now(),
        actor: Actor::Center,
        deed: Deed::CertificateRefused,
        subject: None,
        detail: format!("facility={}", notice.facility),
    };
    let settled = app
        .engine
        .settle_reference(notice.request_id.clone(), outcome, TRIES, failure);
    match settled.await? {
        Reference::Right => Ok(()),
        Reference::Wrong => Err(wrong(MemberError::new(
            "reference_id",
            "wrong",
            "リファレンスIDが違います。",
            "The reference ID is wrong.",
        ))),
        Reference::Frozen => Err(wrong(MemberError::new(
            "reference_id",
            "frozen",
            "誤りが続いたため、この通知書は使えません。再発行を申請してください。",
            "Too many wrong tries: this notice is frozen. Apply for a new one.",
        ))),
    }
}

fn wrong(error: MemberError) -> Refused {
    Refused::members(Trouble::InvalidInput, vec![error])
}

fn unknown_request() -> MemberError {
    MemberError::new(
        "request_id",
        "unknown",
        "このリクエストIDの発行通知書はありません。通知書を確かめてください。",
        "There is no notice with this request ID. Look at the notice.",
    )
}

/// The refusal of a notice whose terminal was revoked or issued anew since.
pub(crate) fn closed() -> Refused {
    wrong(MemberError::new(
        "request_id",
        "closed",
        "この通知書は、失効または再発行により使えなくなりました。新しい通知書を使うか、再発行を申請してください。",
        "This notice was closed by a revocation or a new issue. Use the new notice, or apply for one.",
    ))
}

fn after_deadline() -> MemberError {
    MemberError::new(
        "request_id",
        "deadline",
        "ダウンロード期限を過ぎています。保管したファイルを使うか、再発行を申請してください。",
        "The download deadline has passed. Use your backup, or apply for a new certificate.",
    )
}
