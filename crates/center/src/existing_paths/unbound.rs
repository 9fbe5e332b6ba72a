//! Searches of existing clients that show their certificate at sign-in alone (interface R5), on a listener of their own that the operator
//! switches on. A token opens it for 30 minutes from the address that signed in; every use is on record as unbound. Whoever may not is told
//! nothing but that.

use api::problem::Trouble;
use api::problem::certificate::CertificateTrouble;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use domain::audit::Deed;
use domain::civil_date::Instant;
use domain::session::{NotUnbound, is_good, opens_unbound};
use store::sessions::Session;

use super::{MOST_BYTES, answer, of_web_api, token, told};
use crate::app::App;
use crate::extract;
use crate::listeners::From;
use crate::sessions::{actor, event};
use crate::trouble::Refused;

pub(crate) async fn search(
    State(app): State<App>,
    Extension(from): Extension<From>,
    request: Request,
) -> Response {
    let answered = find(&app, from, request).await;
    answered.unwrap_or_else(|refused| told(&refused))
}

async fn find(app: &App, from: From, request: Request) -> Result<Response, Refused> {
    let now = app.now();
    let headers = request.headers().clone();
    let session = match token(&headers) {
        Ok(token) => app.engine.session(&token)?,
        Err(_) => None,
    };
    let Some(session) = session else {
        bounded(app, from, now)?;
        return Err(Trouble::NotSignedIn.into());
    };
    if let Err(why) = is_open(app, &session, from, now)? {
        bounded(app, from, now)?;
        let mut event = event(now, actor(session.who), Deed::Refused);
        event.detail = format!("path=unbound-search why={}", why.name);
        app.engine.record(event).await?;
        return Err(why.trouble.into());
    }
    // On record before anything is looked up, whatever comes of it.
    let mut used = event(now, actor(session.who.clone()), Deed::UnboundSearch);
    used.detail = "certificate=not-shown".into();
    app.engine.record(used).await?;
    let permit = of_web_api(app, session.who, now).await?;
    let bytes = extract::json_bytes(request, MOST_BYTES, app).await?;
    answer(app, &permit, &headers, bytes).await
}

/// Why a session does not open the listener: for the record, and what is told.
struct Closed {
    name: &'static str,
    trouble: Trouble,
}

fn is_open(
    app: &App,
    session: &Session,
    From(from): From,
    now: Instant,
) -> Result<Result<(), Closed>, Refused> {
    let closed = |name, trouble| Ok(Err(Closed { name, trouble }));
    let who = &session.who;
    match opens_unbound(who.kind, session.opened, session.address, from.ip(), now) {
        Ok(()) => {}
        // Like a token that nobody has: it may be a stolen one.
        Err(NotUnbound::Kind) => return closed("kind", Trouble::NotSignedIn),
        Err(NotUnbound::Address) => return closed("address", Trouble::NotSignedIn),
        Err(NotUnbound::Over) => return closed("over", Trouble::SessionEnded),
    }
    if !is_good(who.kind, session.opened, session.active, now) {
        return closed("ended", Trouble::SessionEnded);
    }
    // Nobody shows the certificate here, so what it is worth now is looked up.
    let known = app.engine.certificate(&who.certificate)?;
    let known = known.filter(|it| it.revoked.is_none());
    let Some(known) = known.filter(|_| !app.revocations.holds(&who.certificate)) else {
        return closed("revoked", Trouble::CertificateRevoked);
    };
    if known.certificate.not_after < now {
        let expired = Trouble::Certificate(CertificateTrouble::Expired);
        return closed("expired", expired);
    }
    Ok(Ok(()))
}

/// Lets an address be refused only so often: a token that was found would else fill the record.
fn bounded(app: &App, From(from): From, now: Instant) -> Result<(), Refused> {
    app.unbound_throttle
        .take(from.ip(), now)
        .map_err(|seconds| Refused::after(Trouble::TooManyRequests, seconds))
}
