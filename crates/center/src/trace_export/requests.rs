//! Around the handler of a route and its gate: makes a request a trace, under the caller's where that is heard. Reads no header but the caller's
//! place, and nothing of path or body.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::admission::WorkClass;
use tower::Service;
use tower::layer::util::Identity;
use tower::util::Either;
use traces::parent::{HEADER, Parent};
use traces::tracer::{Parents, Tracer, Work};

use crate::serve::Clock;

/// Traces, or nothing at all.
pub(crate) type Layer = Either<Traced, Identity>;

/// Traces the requests of one route.
#[derive(Clone)]
pub(crate) struct Traced {
    pub(super) tracer: Arc<Tracer>,
    pub(super) clock: Clock,
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    pub(super) class: fn(&str) -> WorkClass,
}

impl std::fmt::Debug for Traced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Traced({} {})", self.method, self.route)
    }
}

impl Traced {
    fn parent(&self, headers: &HeaderMap) -> Option<Parent> {
        if self.tracer.parents() == Parents::PassedOver {
            return None;
        }
        // Of several none can be the caller's place (W3C Trace Context, §3.2).
        let mut all = headers.get_all(HEADER).iter();
        let one = all.next().filter(|_| all.next().is_none())?;
        Parent::read(one.to_str().ok()?)
    }
}

impl<S> tower::Layer<S> for Traced {
    type Service = TracedRequests<S>;

    fn layer(&self, inner: S) -> TracedRequests<S> {
        TracedRequests {
            inner,
            traced: self.clone(),
        }
    }
}

/// A service whose requests are traced.
#[derive(Debug, Clone)]
pub(crate) struct TracedRequests<S> {
    inner: S,
    traced: Traced,
}

impl<S> Service<Request> for TracedRequests<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send + 'static>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let traced = &self.traced;
        let work = || {
            Work::Request(traces::tracer::Request {
                method: traced.method,
                route: traced.route,
                class: (traced.class)(request.uri().path()).as_str(),
                status: None,
            })
        };
        let parent = traced.parent(request.headers());
        let now = || (traced.clock)().as_micros();
        let growing = traced.tracer.begin(work, parent, now);
        let answer = self.inner.call(request);
        let Some(growing) = growing else {
            return Box::pin(answer);
        };
        Box::pin(async move {
            let answer = growing.along(answer).await?;
            growing.answered(answer.status().as_u16());
            Ok(answer)
        })
    }
}
