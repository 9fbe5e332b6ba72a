//! Admission of work: every request takes a place before its handler runs, by its class and its facility, and what finds none is turned
//! away with words and a time to come back. Looks at no body and decides no right.

pub(crate) mod classes;
pub(crate) mod connections;
pub mod facilities;
pub mod gate;
pub(crate) mod hashes;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use api::problem::Trouble;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use domain::admission::WorkClass;
use hyper::body::{Frame, SizeHint};
use tower::{Layer, Service};
use traces::Stage;

use crate::admission::facilities::Facility;
use crate::admission::gate::{Gate, Place};
use crate::trouble::Refused;

/// The facility of a request's connection, among its extensions.
#[derive(Debug, Clone)]
pub(crate) struct OfFacility(pub(crate) Arc<Facility>);

/// Lets the requests of a route in.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    gate: Arc<Gate>,
    class: fn(&str) -> WorkClass,
}

impl Admission {
    /// By the class that a path has.
    pub(crate) fn new(gate: &Arc<Gate>, class: fn(&str) -> WorkClass) -> Self {
        Self {
            gate: Arc::clone(gate),
            class,
        }
    }
}

impl<S> Layer<S> for Admission {
    type Service = Admitted<S>;

    fn layer(&self, inner: S) -> Admitted<S> {
        Admitted {
            inner,
            admission: self.clone(),
        }
    }
}

/// A service behind the gate.
#[derive(Debug, Clone)]
pub(crate) struct Admitted<S> {
    inner: S,
    admission: Admission,
}

impl<S> Service<Request> for Admitted<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send + 'static>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let class = (self.admission.class)(request.uri().path());
        let facility = request.extensions().get::<OfFacility>();
        let facility = facility.map(|it| Arc::clone(&it.0));
        let gate = &self.admission.gate;
        if let Some(place) = gate.try_enter(class, facility.as_ref()) {
            let answer = self.inner.call(request);
            return Box::pin(async move { Ok(keep(class, place, answer.await?)) });
        }
        let gate = Arc::clone(gate);
        // The clone is ready as the original is: routes are.
        let mut inner = self.inner.clone();
        Box::pin(async move {
            match traces::within(Stage::Admission, gate.enter(class, facility)).await {
                Ok(place) => Ok(keep(class, place, inner.call(request).await?)),
                Err(after_s) => {
                    let refused = Refused::after(Trouble::Overloaded, after_s.into());
                    Ok(refused.into_response())
                }
            }
        })
    }
}

/// A place for a request whose facility is known only once it was read.
pub(crate) async fn enter(
    gate: &Arc<Gate>,
    class: WorkClass,
    facility: Arc<Facility>,
) -> Result<Place, Refused> {
    if let Some(place) = gate.try_enter(class, Some(&facility)) {
        return Ok(place);
    }
    let entered = traces::within(Stage::Admission, gate.enter(class, Some(facility))).await;
    entered.map_err(|after_s| Refused::after(Trouble::Overloaded, after_s.into()))
}

/// Gives the place back; of answers that may be large only once they are sent, since until then they take memory.
fn keep(class: WorkClass, place: Place, answer: Response) -> Response {
    match class {
        WorkClass::Pages | WorkClass::Bulk => answer.map(|body| {
            Body::new(Holding {
                body,
                _place: place,
            })
        }),
        WorkClass::CardCheck
        | WorkClass::Check
        | WorkClass::SignIn
        | WorkClass::Operators
        | WorkClass::Home
        | WorkClass::Enroll => answer,
    }
}

/// A body that keeps its request's place until it is sent or given up.
struct Holding {
    body: Body,
    _place: Place,
}

impl HttpBody for Holding {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
