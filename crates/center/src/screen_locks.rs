//! Records how the screen locks of terminals are weakened (G17). Locks nothing: that is the terminal's.

use api::problem::{MemberError, Trouble};
use api::screen_lock::ScreenLockReport;
use axum::extract::State;
use axum::http::StatusCode;
use domain::audit::Deed;
use domain::permit::EditSettings;
use domain::screen_lock::Weakening;

use crate::app::App;
use crate::extract::{Body, Granted, Peer};
use crate::sessions::{actor, event};
use crate::trouble::Refused;

pub(crate) async fn record(
    State(app): State<App>,
    Granted(permit): Granted<EditSettings>,
    Peer(peer): Peer,
    body: Body<ScreenLockReport>,
) -> Result<StatusCode, Refused> {
    let state = body.value.state;
    if state != "full" && Weakening::parse(&state).is_none() {
        let error = MemberError::new(
            "state",
            "unknown",
            "state は full、until_next_start、not_started_by_itself、removed、no_password のいずれかです。",
            "state is full, until_next_start, not_started_by_itself, removed or no_password.",
        );
        return Err(Refused::members(Trouble::InvalidInput, vec![error]));
    }
    let holder = permit.holder().clone();
    let mut event = event(app.now(), actor(holder), Deed::ScreenLock);
    event.detail = format!("state={state} terminal={}", peer.terminal);
    app.engine.record(event).await?;
    Ok(StatusCode::NO_CONTENT)
}
