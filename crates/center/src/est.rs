//! Enrolment over secure transport (RFC 7030) on the enroll listener: the authority's certificates, a first certificate for a key of
//! the client's, and renewal proved by the certificate that ends. Makes no key and sees none.

use api::problem::Trouble;
use api::problem::certificate::CertificateTrouble;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::audit::{Actor, Deed};
use domain::certificate_care::renewable_from;
use domain::institution_code::InstitutionCode;
use pki::est::{MOST_BYTES, SigningRequest, certs_only_text};
use pki::identity::serial;
use pki::issue_notice::{ReferenceId, RequestId};
use pki::server::Unfit;
use rustls_pki_types::CertificateDer;
use store::certificates::Certificate;

use crate::adoption::adopt;
use crate::app::App;
use crate::downloads;
use crate::extract::whole;
use crate::listeners::Offered;
use crate::sessions::event;
use crate::trouble::{Refused, internal};

/// Media type of requests (RFC 7030 §4.2.1).
const REQUEST: &str = "application/pkcs10";

/// The authority's certificates: root and issuing CA. A client that knows no root yet holds the root against its notice.
pub(crate) async fn authority(State(app): State<App>) -> Response {
    let all = [
        app.authority.root().clone(),
        app.authority.issuing().clone(),
    ];
    certificates("application/pkcs7-mime", &all)
}

/// A first certificate, for the notice whose IDs are user and password.
pub(crate) async fn enroll(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let asked = enrolled(&app, &headers, body).await;
    asked.map_err(|refused| {
        let status = refused.status();
        let mut response = refused.into_response();
        if status == StatusCode::UNAUTHORIZED {
            let realm =
                header::HeaderValue::from_static("Basic realm=\"onshi notice\", charset=\"UTF-8\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, realm);
        }
        response
    })
}

async fn enrolled(app: &App, headers: &HeaderMap, body: Body) -> Result<Response, Refused> {
    let request = read(app, headers, body).await?;
    let (id, reference) = ids(headers).ok_or(Trouble::Certificate(CertificateTrouble::Needed))?;
    let notice = downloads::opened(app, &id, &reference).await?;
    let named = request.is_in_no_name()
        || request.is_in_the_name_of_terminal(notice.facility, &notice.terminal);
    if !named {
        return Err(Trouble::Certificate(CertificateTrouble::Name).into());
    }
    let line = Line {
        facility: notice.facility,
        terminal: notice.terminal,
        notice: notice.request_id,
        renews: None,
    };
    make(app, &request, line).await
}

/// A certificate in place of the one the connection was opened with.
pub(crate) async fn reenroll(
    State(app): State<App>,
    Extension(Offered(offered)): Extension<Offered>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let now = app.now();
    let holder = app
        .examiner
        .examine(&offered, now)
        .map_err(|unfit| match unfit {
            Unfit::Missing => Trouble::Certificate(CertificateTrouble::Needed),
            Unfit::Expired => Trouble::Certificate(CertificateTrouble::Expired),
            Unfit::Foreign => Trouble::Certificate(CertificateTrouble::Foreign),
            Unfit::Revoked => Trouble::CertificateRevoked,
        })?;
    let request = read(&app, &headers, body).await?;
    if !offered
        .first()
        .is_some_and(|leaf| request.is_in_the_name_of(leaf))
    {
        return Err(Trouble::Certificate(CertificateTrouble::Name).into());
    }
    // One that is not remembered was issued before a restore from an older copy: it begins a line of its own.
    let serial = offered.first().and_then(serial).unwrap_or_default();
    adopt(&app, &holder, serial).await?;
    if app.revocations.holds(&holder.fingerprint) {
        return Err(Trouble::CertificateRevoked.into());
    }
    let known = app.engine.certificate(&holder.fingerprint)?;
    let known = known.ok_or(Trouble::Certificate(CertificateTrouble::Foreign))?;
    if now.date_in_japan() < renewable_from(holder.not_after, app.renewal_days) {
        return Err(Trouble::Certificate(CertificateTrouble::TooEarly).into());
    }
    let line = Line {
        facility: holder.facility,
        terminal: holder.terminal,
        notice: known.certificate.notice,
        renews: Some(holder.fingerprint),
    };
    make(&app, &request, line).await
}

/// Whose certificate is made, and what it follows.
struct Line {
    facility: InstitutionCode,
    terminal: String,
    notice: String,
    renews: Option<[u8; 32]>,
}

async fn make(app: &App, request: &SigningRequest, line: Line) -> Result<Response, Refused> {
    let now = app.now();
    let made = app
        .authority
        .issue_for(line.facility, &line.terminal, request, now);
    let made = made.map_err(internal("a client certificate is not issued"))?;
    let actor = Actor::Client {
        facility: line.facility,
        certificate: line.renews.unwrap_or(made.fingerprint),
    };
    let mut event = event(now, actor, Deed::CertificateIssue);
    event.detail = if line.renews.is_some() {
        "how=renewal"
    } else {
        "how=enrolment"
    }
    .into();
    let renews = line.renews;
    let certificate = Certificate {
        fingerprint: made.fingerprint,
        serial: made.serial,
        facility: line.facility,
        terminal: line.terminal,
        notice: line.notice,
        issued: now,
        not_before: made.not_before,
        not_after: made.not_after,
        renews,
    };
    if !app.engine.store_certificate(certificate, event).await? {
        // Taken back while the request was on its way: whoever holds a request back gains nothing by it.
        return Err(match renews {
            Some(_) => Trouble::CertificateRevoked.into(),
            None => downloads::closed(),
        });
    }
    let media_type = "application/pkcs7-mime; smime-type=certs-only";
    Ok(certificates(media_type, &[made.certificate]))
}

async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<SigningRequest, Refused> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case(REQUEST) {
        return Err(Trouble::MediaType.into());
    }
    let bytes = whole(body, MOST_BYTES, app).await?;
    SigningRequest::parse(&bytes).map_err(|error| {
        tracing::info!(error = %error, "a request for a certificate was refused");
        Trouble::Certificate(CertificateTrouble::Request).into()
    })
}

/// Request ID and reference ID of Basic authentication (RFC 7617).
fn ids(headers: &HeaderMap) -> Option<(RequestId, ReferenceId)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(token.trim()).ok()?).ok()?;
    let (request, reference) = text.split_once(':')?;
    Some((
        RequestId::parse(request).ok()?,
        ReferenceId::parse(reference).ok()?,
    ))
}

fn certificates(media_type: &'static str, all: &[CertificateDer<'_>]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (
            header::HeaderName::from_static("content-transfer-encoding"),
            "base64",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, certs_only_text(all)).into_response()
}
