//! From a trouble to its HTTP answer. A fault of the center is logged once, with place and cause, under a number that its answer
//! names. Never shows an error's own text to a client.

use std::fmt::Display;
use std::panic::Location;

use api::problem::{MEDIA_TYPE, MemberError, Problem, Trouble};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::engine::StoreError;
use tokio::task::JoinError;

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

    /// A fault of the center. `why` is logged: it may hold nothing of a person.
    #[track_caller]
    pub(crate) fn internal(what: &'static str, why: &dyn Display) -> Self {
        Self::fault(Location::caller(), what, why)
    }

    fn fault(place: &Location<'_>, what: &'static str, why: &dyn Display) -> Self {
        let number = fault_number();
        tracing::error!(fault = %number, place = %place, reason = %why, "{what}");
        let mut problem = Trouble::Internal.problem();
        for text in [&mut problem.clerk, &mut problem.engineer] {
            text.ja.push_str(&format!("（障害番号 {number}）"));
            text.en.push_str(&format!(" (fault {number})"));
        }
        problem.instance = Some(format!("urn:onshi:fault:{number}"));
        Self(Box::new(problem))
    }
}

/// What a fault is found by in the log. Where the system gives no random bytes it is zero, and that is the fault.
fn fault_number() -> String {
    let mut bytes = [0; 4];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    format!("{:08x}", u32::from_be_bytes(bytes))
}

/// For what failed with an error whose text holds nothing of a person.
#[track_caller]
pub(crate) fn internal<E: Display>(what: &'static str) -> impl FnOnce(E) -> Refused {
    let place = Location::caller();
    move |why| Refused::fault(place, what, &why)
}

/// For JSON of the center's own that does not read. The reader's own text may hold what is written there: only its place is logged.
#[track_caller]
pub(crate) fn unreadable(what: &'static str) -> impl FnOnce(serde_json::Error) -> Refused {
    let place = Location::caller();
    move |why| {
        let (kind, line, column) = (why.classify(), why.line(), why.column());
        let why = format!("not readable: {kind:?}, line {line}, column {column}");
        Refused::fault(place, what, &why)
    }
}

/// For work apart that did not end. The text of a panic may quote what was worked on: only how it stopped is logged.
#[track_caller]
pub(crate) fn stopped(what: &'static str) -> impl FnOnce(JoinError) -> Refused {
    let place = Location::caller();
    move |why| Refused::fault(place, what, &how_it_stopped(&why))
}

/// How work apart stopped, without the text of a panic.
pub(crate) fn how_it_stopped(why: &JoinError) -> &'static str {
    if why.is_panic() {
        "the work panicked"
    } else {
        "the work was cancelled"
    }
}

/// For what is not there although it must be.
#[track_caller]
pub(crate) fn absent(what: &'static str) -> impl FnOnce() -> Refused {
    let place = Location::caller();
    move || Refused::fault(place, what, &"not there")
}

impl From<Trouble> for Refused {
    #[track_caller]
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Internal => {
                Self::fault(Location::caller(), "a request failed", &"none was told")
            }
            _ => Self(Box::new(trouble.problem())),
        }
    }
}

impl From<StoreError> for Refused {
    #[track_caller]
    fn from(error: StoreError) -> Self {
        let (place, what) = (Location::caller(), "the store refused a request");
        // The first is the client's doing, the others are logged as faults.
        let is_logged = match error {
            StoreError::KeyUsed
            | StoreError::Failed(_)
            | StoreError::Row(_)
            | StoreError::CopyBeingWritten(_) => false,
            StoreError::NoWrites(_)
            | StoreError::Away(_)
            | StoreError::Damaged(_)
            | StoreError::Closing
            | StoreError::Crowded => true,
        };
        if is_logged {
            tracing::error!(place = %place, error = %error, "{what}");
        }
        match error {
            StoreError::NoWrites(_)
            | StoreError::Away(_)
            | StoreError::Damaged(_)
            | StoreError::Closing => Trouble::StoreUnavailable.into(),
            StoreError::Crowded => Self::after(Trouble::Overloaded, CROWDED_S),
            StoreError::KeyUsed => Trouble::IdempotencyConflict.into(),
            StoreError::Failed(_) | StoreError::Row(_) | StoreError::CopyBeingWritten(_) => {
                Self::fault(place, what, &error)
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Level, Metadata, Subscriber};

    use super::*;

    /// The ERROR lines of a thread.
    #[derive(Clone, Default)]
    struct Errors(Arc<Mutex<Vec<String>>>);

    struct Members<'a>(&'a mut String);

    impl Visit for Members<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Errors {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::ERROR
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let mut line = String::new();
            event.record(&mut Members(&mut line));
            self.0.lock().unwrap().push(line);
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    /// What is refused, and the one line that is logged of it.
    fn logged(refuse: impl FnOnce() -> Refused) -> (Problem, String) {
        let errors = Errors::default();
        let refused = tracing::subscriber::with_default(errors.clone(), refuse);
        let lines = errors.0.lock().unwrap().clone();
        assert_eq!(lines.len(), 1, "{lines:?}");
        (refused.problem().clone(), lines.concat())
    }

    fn number(problem: &Problem) -> String {
        assert_eq!((problem.code.as_str(), problem.status), ("internal", 500));
        let instance = problem.instance.as_deref().unwrap();
        instance
            .strip_prefix("urn:onshi:fault:")
            .unwrap()
            .to_owned()
    }

    fn read_again(kept: &[u8]) -> Result<api::check::Answer, Refused> {
        serde_json::from_slice(kept).map_err(unreadable("a kept answer"))
    }

    #[test]
    fn an_unreadable_kept_answer_leaves_one_line_and_its_answer_names_it() {
        let kept = r#"{"as_of": "x", "results": "サカイ　サクラ"}"#;
        let (problem, line) = logged(|| read_again(kept.as_bytes()).unwrap_err());
        let number = number(&problem);
        assert_eq!(number.len(), 8);
        for text in [&problem.clerk, &problem.engineer] {
            assert!(text.ja.contains(&format!("障害番号 {number}")), "{text:?}");
            assert!(text.en.contains(&format!("fault {number}")), "{text:?}");
        }
        for told in [number.as_str(), "a kept answer", "trouble.rs:", "line 1"] {
            assert!(line.contains(told), "{line}");
        }
        assert!(!line.contains("サカイ"), "{line}");
    }

    #[tokio::test]
    async fn work_apart_that_stopped_is_logged_without_what_it_quotes() {
        let work = tokio::task::spawn_blocking(|| -> u8 { panic!("サカイ　サクラ") });
        let panicked = work.await;
        let refuse = || panicked.map_err(stopped("a search stopped")).unwrap_err();
        let (problem, line) = logged(refuse);
        let number = number(&problem);
        for told in [
            number.as_str(),
            "a search stopped",
            "trouble.rs:",
            "panicked",
        ] {
            assert!(line.contains(told), "{line}");
        }
        assert!(!line.contains("サカイ"), "{line}");
        let work = tokio::spawn(std::future::pending::<u8>());
        work.abort();
        let cancelled = work.await;
        let (_, line) = logged(|| cancelled.map_err(stopped("a search stopped")).unwrap_err());
        assert!(line.contains("cancelled"), "{line}");
    }

    #[test]
    fn what_is_not_there_and_what_failed_are_logged_with_place_and_cause() {
        let none: Option<u8> = None;
        let (problem, line) = logged(|| none.ok_or_else(absent("the facility")).unwrap_err());
        assert!(line.contains("the facility") && line.contains("not there"));
        assert!(line.contains(&number(&problem)), "{line}");
        let failed = "x".parse::<u8>();
        let (_, line) = logged(|| failed.map_err(internal("a count")).unwrap_err());
        assert!(line.contains("a count") && line.contains("invalid digit"));
        let refuse = || Refused::from(StoreError::Row("checks"));
        let (problem, line) = logged(refuse);
        assert!(line.contains(&number(&problem)), "{line}");
    }

    #[test]
    fn a_fault_without_a_cause_is_logged_with_the_place_it_is_passed_on_at() {
        fn pass_on(done: Result<(), Trouble>) -> Result<(), Refused> {
            Ok(done?)
        }
        let (problem, line) = logged(|| pass_on(Err(Trouble::Internal)).unwrap_err());
        assert!(line.contains("trouble.rs:"), "{line}");
        assert!(line.contains(&number(&problem)), "{line}");
        // What is the client's doing is no line.
        let errors = Errors::default();
        tracing::subscriber::with_default(errors.clone(), || {
            drop(Refused::from(Trouble::NotFound));
            drop(Refused::from(StoreError::KeyUsed));
        });
        assert!(errors.0.lock().unwrap().is_empty());
    }
}
