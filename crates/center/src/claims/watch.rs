//! What the claims entry does by itself: checks files that wait, also those a restart left behind, accepts what is left when the month's time
//! is over, forgets what never became whole.

use std::sync::PoisonError;
use std::time::Duration;

use api::problem::Trouble;
use domain::audit::{Actor, Deed};
use domain::civil_date::Instant;
use domain::claims::entry::{Holder, SubmissionState};
use store::claims::submissions::{Ended, Submission, Taken};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{JoinError, JoinHandle};

use super::{is_over, office, uploads};
use crate::app::{App, random};
use crate::draining::Draining;
use crate::sessions::event;
use crate::trouble::{Refused, stopped};

/// How often it is looked for work that nobody told of.
const EVERY: Duration = Duration::from_secs(1);

/// How long the end of an upload waits for its checks before it answers that they go on.
const WAIT: Duration = Duration::from_secs(3);

/// A submission that is checked elsewhere is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The turn to check a submission is taken anew this often.
const KEPT_IN_HAND: Duration = Duration::from_secs(15);

/// Submissions looked at in one turn.
const AT_ONCE: u32 = 50;

/// The last submission of a turn that left some over: when it was sent, and which it is.
type Passed = Option<(Instant, u128)>;

/// Looks after the entry until the center ends.
pub(crate) async fn look_after(app: App) {
    let mut every = tokio::time::interval(EVERY);
    let mut passed = None;
    while app.draining.is_turn(&mut every).await {
        if let Err(refused) = turn(&app, &mut passed).await {
            let code = &refused.problem().code;
            tracing::error!(problem.code = %code, "the claims entry could not be looked after; it is tried again");
        }
    }
}

async fn turn(app: &App, passed: &mut Passed) -> Result<(), Refused> {
    for submission in app.engine.unchecked(app.now(), AT_ONCE)? {
        if app.draining.has_begun() {
            return Ok(());
        }
        // One after the other: another process may have begun with the next. One that fails keeps no other waiting.
        if let Err(refused) = run(app, &submission).await {
            not_checked(&submission, &refused);
        }
    }
    let now = app.now();
    if app.claims.settings.accept_at_close {
        accept_what_is_left(app, now, passed).await?;
    }
    uploads::forget_old(app, now).await?;
    Ok(())
}

/// Checks a submission that just came, and waits a little for the outcome.
pub(super) async fn checked(app: &App, submission: &Submission) -> Option<Submission> {
    let (mine, of, open) = (app.clone(), submission.clone(), app.draining.open());
    let running = tokio::spawn(async move {
        // They may outlive the request, and what they come to is audited: the end waits for them.
        let _open = open;
        run(&mine, &of).await
    });
    let holder = holder_of(submission);
    let look = || app.engine.submission(&holder, submission.id).ok().flatten();
    let over = async {
        match running.await {
            Ok(Err(refused)) => not_checked(submission, &refused),
            // Nobody checks it before the next start.
            Ok(Ok(())) if app.draining.has_begun() => {}
            // It may be in the hand of another task or process.
            Ok(Ok(())) => settled(look).await,
            Err(_) => {}
        }
    };
    // Checks that take longer go on.
    let _ = tokio::time::timeout(WAIT, over).await;
    look()
}

/// Waits until a submission is not in its checks any more.
async fn settled(look: impl Fn() -> Option<Submission>) {
    while look().is_some_and(|it| it.state == SubmissionState::Checking) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn not_checked(submission: &Submission, refused: &Refused) {
    let code = &refused.problem().code;
    tracing::error!(facility.code = %submission.facility, problem.code = %code, "a claim file could not be checked; it is tried again");
}

fn holder_of(submission: &Submission) -> Holder {
    Holder {
        tenant: submission.tenant,
        facility: submission.facility,
        account: submission.account.clone(),
        certificate: [0; 32],
    }
}

/// Checks a submission, unless this process is at it already.
async fn run(app: &App, submission: &Submission) -> Result<(), Refused> {
    let in_hand = &app.claims.in_hand;
    let is_new = in_hand
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(submission.id);
    if !is_new {
        return Ok(());
    }
    let outcome = check(app, submission).await;
    in_hand
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&submission.id);
    outcome
}

async fn check(app: &App, submission: &Submission) -> Result<(), Refused> {
    // Not begun: the next start takes it up.
    let Some(_place) = place(&app.claims.checking, &app.draining).await? else {
        return Ok(());
    };
    if !app
        .engine
        .take_claims_check(submission.id, app.now())
        .await?
    {
        return Ok(());
    }
    let run: [u8; 16] = random()?;
    let (mine, of, handle) = (app.clone(), submission.clone(), Handle::current());
    let checking = tokio::task::spawn_blocking(move || office::check(&mine, &of, run, &handle));
    let checked = in_hand(app, submission.id, checking).await;
    let (state, counts) = checked.map_err(stopped("the check of a submission stopped"))??;
    let mut event = event(app.now(), Actor::Center, Deed::ClaimsChecked);
    event.subject = Some(submission.id);
    event.detail = format!(
        "tenant={} facility={} number={} state={} claims={} refused={} to_confirm={}",
        submission.tenant,
        submission.facility,
        submission.number,
        state.as_str(),
        counts.claims,
        counts.refused,
        counts.to_confirm
    );
    let of = (submission.id, run);
    app.engine
        .finish_claims_check(of, state, counts, event)
        .await?;
    Ok(())
}

/// A place among the checks that are under way; none any more once the end has begun.
async fn place<'a>(
    checking: &'a Semaphore,
    draining: &Draining,
) -> Result<Option<SemaphorePermit<'a>>, Refused> {
    tokio::select! {
        biased;
        () = draining.begun() => Ok(None),
        place = checking.acquire() => Ok(Some(place.map_err(|_| Trouble::Busy)?)),
    }
}

/// Keeps a submission in hand for as long as its checks take.
async fn in_hand<T>(app: &App, id: u128, mut checking: JoinHandle<T>) -> Result<T, JoinError> {
    loop {
        if let Ok(checked) = tokio::time::timeout(KEPT_IN_HAND, &mut checking).await {
            return checked;
        }
        if let Err(error) = app.engine.take_claims_check(id, app.now()).await {
            tracing::warn!(error = %error, "a submission was not kept in hand; another process of this center may check it, too");
        }
    }
}

/// Accepts what is checked and was not accepted when its month's time is over: the claims that are good (claims-format §12).
async fn accept_what_is_left(app: &App, now: Instant, passed: &mut Passed) -> Result<(), Refused> {
    let found = app.engine.not_accepted(now, *passed, AT_ONCE)?;
    // The next turn goes on behind these, whatever becomes of them, and begins anew behind the last of all.
    let is_more = found.len() == AT_ONCE as usize;
    *passed = found.last().filter(|_| is_more).map(|it| (it.sent, it.id));
    for left in found {
        if !is_over(app, &left, now)? {
            continue;
        }
        let counts = left.counts;
        let claims = counts
            .claims
            .saturating_sub(counts.refused)
            .saturating_sub(counts.to_confirm);
        let taken = Taken {
            claims,
            points: counts.good_points,
        };
        let mut event = event(now, Actor::Center, Deed::ClaimsAccept);
        event.subject = Some(left.id);
        event.detail = format!(
            "tenant={} facility={} number={} claims={claims} why=close",
            left.tenant, left.facility, left.number
        );
        let whose = (left.tenant, left.facility);
        let accepted = app
            .engine
            .accept_submission(whose, left.id, (taken, None), event);
        if let Ended::Done(_) = accepted.await? {
            tracing::info!(facility.code = %left.facility, "what was left of a submission was accepted when the month's time was over");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use domain::account::AccountId;
    use domain::claims::tenant::Tenant;
    use domain::institution_code::InstitutionCode;
    use store::claims::submissions::Counts;

    use super::*;

    fn submission(state: SubmissionState) -> Submission {
        Submission {
            id: 1,
            tenant: Tenant::Fund,
            facility: InstitutionCode::parse("1319999999").unwrap(),
            account: AccountId::parse("seikyu1").unwrap(),
            number: "S202610070001".into(),
            upload: 2,
            file_name: "RECEIPTC.UKE".into(),
            bytes: 0,
            sha256: [0; 32],
            corrects: None,
            state,
            sent: Instant::parse("2026-10-07T12:00:00+09:00").unwrap(),
            checked: None,
            ended: None,
            counts: Counts::default(),
            taken: None,
            run: None,
        }
    }

    #[tokio::test]
    async fn a_submission_that_another_task_checks_is_waited_for() {
        let looked = Cell::new(0);
        settled(|| {
            looked.set(looked.get() + 1);
            let is_over = looked.get() == 3;
            let state = if is_over {
                SubmissionState::Refused
            } else {
                SubmissionState::Checking
            };
            Some(submission(state))
        })
        .await;
        assert_eq!(looked.get(), 3);
        settled(|| None).await;
    }

    #[tokio::test]
    async fn checks_that_wait_for_their_place_are_not_begun_once_the_end_has_begun() {
        let (checking, draining) = (Semaphore::new(1), Draining::default());
        let under_way = place(&checking, &draining).await.unwrap();
        assert!(under_way.is_some());
        let waits = place(&checking, &draining);
        let ends = async {
            tokio::task::yield_now().await;
            draining.begin();
        };
        let (waited, ()) = tokio::join!(waits, ends);
        assert!(waited.unwrap().is_none());
        drop(under_way);
        assert!(place(&checking, &draining).await.unwrap().is_none());
    }
}
