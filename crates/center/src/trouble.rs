//! From a trouble to its HTTP answer, logged once. Never shows an error's own text to a client.

use api::problem::{MEDIA_TYPE, MemberError, Problem, Trouble};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::engine::StoreError;

/// Seconds after which to come back when too many writes wait.
const CROWDED_S: i64 = 2;

/// A request that is refused.
#[derive(Debug)]
pub(crate) struct Refused(Box<Problem>);

impl Refused {
    pub(crate) fn members(trouble: Trouble, errors: Vec<MemberError>) -> Self {
        let mut problem = trouble.problem();
        problem.errors = errors;
        Self(Box::new(problem))
    }

    /// With another wrong member.
    pub(crate) fn and(mut self, error: MemberError) -> Self {
        self.0.errors.push(error);
        self
    }

    pub(crate) fn after(trouble: Trouble, seconds: i64) -> Self {
        let mut problem = trouble.problem();
        problem.retry_after_s = u32::try_from(seconds).ok();
        Self(Box::new(problem))
    }
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self(Box::new(trouble.problem()))
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        // The one that is the client's doing.
        if !matches!(error, StoreError::KeyUsed) {
            tracing::error!(error = %error, "the store refused a request");
        }
        match error {
            StoreError::NoWrites(_)
            | StoreError::Away(_)
            | StoreError::Damaged(_)
            | StoreError::Closing => Trouble::StoreUnavailable.into(),
            StoreError::Crowded => Self::after(Trouble::Overloaded, CROWDED_S),
            StoreError::KeyUsed => Trouble::IdempotencyConflict.into(),
            StoreError::Failed(_) | StoreError::Row(_) | StoreError::CopyBeingWritten(_) => {
                Trouble::Internal.into()
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&*self.0).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        if let Some(seconds) = self.0.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl Refused {
    pub(crate) fn problem(&self) -> &Problem {
        &self.0
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn of(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}
