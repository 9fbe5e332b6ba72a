//! Forms that come twice, by a double click or because the answer was lost: what they ask is done once, and what was answered is answered again, since it
//! may show what is shown once. A wrong secret number that comes twice counts once. The forms of a page carry a key; the same form with the same key in the
//! same session is the same. Kept in memory alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::civil_date::Instant;
use sha2::{Digest, Sha256};
use store::sessions::TokenHash;
use tokio::sync::watch;

use super::{FORM_BYTES, Operator, trouble};
use crate::app::{App, Shared};
use crate::extract::whole;
use crate::told::Told;
use crate::trouble::absent;

/// Seconds for which an answer is kept.
const KEPT_S: i64 = 600;

/// Answers kept at most; the oldest makes room.
const MOST: usize = 128;

/// The answers that may be asked for again.
#[derive(Default)]
pub(crate) struct Answers(Mutex<HashMap<Sent, Kept>>);

/// What was sent: the hash of its session, path and form.
type Sent = [u8; 32];

/// An answer, or none while it is on its way.
type Coming = watch::Receiver<Option<Answer>>;

struct Kept {
    session: TokenHash,
    since: Instant,
    answer: Coming,
}

impl Kept {
    fn counts(&self, now: Instant) -> bool {
        let is_recent = (0..KEPT_S).contains(&self.since.seconds_until(now));
        // Whoever was to bring it is gone and brought nothing.
        let is_lost = self.answer.has_changed().is_err() && self.answer.borrow().is_none();
        is_recent && !is_lost
    }
}

impl Answers {
    /// The answer to what was sent; and, where nobody brings it yet, by what it is brought.
    fn of(
        &self,
        sent: Sent,
        session: TokenHash,
        now: Instant,
    ) -> (Coming, Option<watch::Sender<Option<Answer>>>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, it| it.counts(now));
        if let Some(kept) = all.get(&sent) {
            return (kept.answer.clone(), None);
        }
        if MOST <= all.len() {
            let oldest = all.iter().min_by_key(|(_, it)| it.since);
            let oldest = oldest.map(|(sent, _)| *sent);
            all.retain(|sent, _| Some(*sent) != oldest);
        }
        let (bring, answer) = watch::channel(None);
        let kept = Kept {
            session,
            since: now,
            answer: answer.clone(),
        };
        all.insert(sent, kept);
        (answer, Some(bring))
    }

    fn forget(&self, sent: &Sent) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(sent);
    }

    /// Forgets all that a session was answered.
    pub(super) fn forget_session(&self, session: &TokenHash) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, it| it.session != *session);
    }
}

/// Marks a refusal that was counted as a try: the same form is the same try, and is refused again without another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted;

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    is_counted: bool,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let is_counted = head.extensions.get::<Counted>().is_some();
        match to_bytes(body, usize::MAX).await {
            Ok(body) => Self {
                status: head.status,
                is_counted,
                headers: head.headers,
                body,
            },
            Err(error) => {
                tracing::error!(error = %error, "the answer to a form was not written");
                Self {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    is_counted: false,
                    headers: HeaderMap::new(),
                    body: Bytes::new(),
                }
            }
        }
    }

    /// Whether it is the answer as often as it is asked for. What was refused may be asked again, and perhaps is not refused then, but for a try
    /// that was counted.
    fn is_final(&self) -> bool {
        self.is_counted || self.status.is_success() || self.status.is_redirection()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.status, self.headers, Body::from(self.body)).into_response()
    }
}

/// Answers a form that carries a key once, and alike as often as it comes.
pub(super) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // What was answered is for nobody whose session is over.
    let operator = match Operator::from_request_parts(&mut parts, &app).await {
        Ok(operator) => operator,
        Err(turned) => return turned,
    };
    let form = match whole(body, FORM_BYTES, &app).await {
        Ok(form) => form,
        Err(refused) => return failed(&operator, &Told::from(refused)),
    };
    let is_keyed = has_key(&form);
    let sent = sent(&operator.token, parts.uri.path(), &form);
    let request = Request::from_parts(parts, Body::from(form));
    if !is_keyed {
        return next.run(request).await;
    }
    let answers = &app.operator_answers;
    let (mut answer, bring) = answers.of(sent, operator.token, app.now());
    if let Some(bring) = bring {
        let (own, done, open) = (app.clone(), next.run(request), app.draining.open());
        // Apart from this request: who presses twice breaks the first one off, and what it does goes on. The end waits for it.
        tokio::spawn(async move {
            let _open = open;
            let answer = Answer::of(done.await).await;
            let is_final = answer.is_final();
            if !is_final {
                own.operator_answers.forget(&sent);
            }
            bring.send_replace(Some(answer));
            if is_final {
                let own = Arc::downgrade(&own);
                tokio::spawn(forget_later(own, sent));
            }
        });
    }
    let answer = answer.wait_for(Option::is_some).await;
    match answer.ok().and_then(|it| it.clone()) {
        Some(answer) => answer.into_response(),
        None => failed(
            &operator,
            &Told::from(absent("the answer of a form's work")()),
        ),
    }
}

/// What nobody asks for again lies in memory no longer either.
async fn forget_later(app: Weak<Shared>, sent: Sent) {
    tokio::time::sleep(Duration::from_secs(KEPT_S.unsigned_abs())).await;
    if let Some(app) = app.upgrade() {
        app.operator_answers.forget(&sent);
    }
}

fn failed(operator: &Operator, told: &Told) -> Response {
    let fault = told.fault(&operator.words);
    trouble(told.status(), operator.frame("/"), fault)
}

fn has_key(form: &[u8]) -> bool {
    let mut fields = form.split(|byte| *byte == b'&');
    fields.any(|it| it.strip_prefix(b"key=").is_some_and(|key| !key.is_empty()))
}

fn sent(session: &TokenHash, path: &str, form: &[u8]) -> Sent {
    let mut hash = Sha256::new();
    hash.update(session);
    hash.update(path.as_bytes());
    // No path holds it, so that path and form are told apart.
    hash.update([0_u8]);
    hash.update(form);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room_and_what_was_lost_or_is_over_is_brought_anew() {
        let answers = Answers::default();
        let of = |name: i64, seconds: i64| {
            let now = Instant::from_micros(0).plus_seconds(seconds);
            let sent = sent(&[0; 32], "/", &name.to_be_bytes());
            answers.of(sent, [7; 32], now).1
        };
        let mut bringing = Vec::new();
        for name in 0..=128 {
            bringing.push(of(name, name).unwrap());
        }
        assert!(of(128, 129).is_none(), "on its way");
        assert!(of(0, 130).is_some(), "it made room");
        assert!(of(0, 131).is_some(), "nobody brings it");
        assert!(of(128, 127 + KEPT_S).is_none());
        assert!(of(128, 128 + KEPT_S).is_some(), "over");
        let again = of(5, 130 + KEPT_S);
        answers.forget_session(&[8; 32]);
        assert!(of(5, 131 + KEPT_S).is_none());
        answers.forget_session(&[7; 32]);
        assert!(of(5, 132 + KEPT_S).is_some(), "signed out");
        drop(again);
    }

    #[test]
    fn a_form_carries_a_key_where_a_field_of_that_name_has_one() {
        for (form, has) in [
            ("name=a&key=b", true),
            ("key=b", true),
            ("key=&name=key", false),
            ("monkey=b", false),
            ("", false),
        ] {
            assert_eq!(has_key(form.as_bytes()), has, "{form}");
        }
    }
}
