//! What the center counts, for monitoring (docs/operations/metrics.md). No label is about a person, a facility or anything without end.

pub(crate) mod sources;

use std::sync::Arc;
use std::task::{Context, Poll};

use api::check::Origin;
use api::problem::Trouble;
use api::problem::card::CardTrouble;
use api::routes;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::check::Verdict;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tower::Service;

use crate::app::App;
use crate::metrics::sources::Sources;
use crate::recent_load::RecentLoad;
use crate::serve::Clock;
use crate::trouble::{Refused, internal};

/// Upper bounds of the durations counted, in seconds.
pub(crate) const BOUNDS_S: [f64; 12] = [
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 5.0,
];

type Labels<const N: usize> = [(&'static str, &'static str); N];

/// All counters of a center.
pub(crate) struct Metrics {
    registry: Registry,
    /// One for each verdict and origin, looked up before, because every check counts.
    checks: Vec<(Verdict, Origin, Counter)>,
    requests: Family<Labels<3>, Histogram>,
    sign_ins: Family<Labels<1>, Counter>,
    card_refusals: Family<Labels<1>, Counter>,
    home_care: Family<Labels<1>, Counter>,
    streams: Gauge,
    connections: Gauge,
    load: Arc<RecentLoad>,
    clock: Clock,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics(…)")
    }
}

/// What became of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInOutcome {
    /// A session was opened.
    Opened,
    /// Refused with this trouble.
    Refused(&'static str),
}

/// What was done for home and remote care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HomeCareDone {
    /// A patient agreed.
    Agreed,
    /// A patient answered no, which also ends what was agreed before.
    Declined,
    /// What was agreed was ended from the list.
    Withdrawn,
    /// An activation code was issued.
    CodeIssued,
    /// A device became known.
    DeviceKnown,
    /// A device was refused.
    DeviceRefused,
}

impl HomeCareDone {
    pub(crate) const ALL: [Self; 6] = [
        Self::Agreed,
        Self::Declined,
        Self::Withdrawn,
        Self::CodeIssued,
        Self::DeviceKnown,
        Self::DeviceRefused,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::CodeIssued => "code_issued",
            Self::DeviceKnown => "device_known",
            Self::DeviceRefused => "device_refused",
        }
    }
}

impl Metrics {
    pub(crate) fn new(sources: Sources) -> Self {
        let mut registry = Registry::with_prefix("onshi");
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Version of the center", version);
        let family: Family<Labels<2>, Counter> = Family::default();
        registry.register("checks", "Checks answered", family.clone());
        let mut checks = Vec::new();
        for verdict in Verdict::ALL.iter().copied() {
            for origin in Origin::ALL {
                let labels = [("verdict", verdict.code()), ("origin", origin.as_str())];
                checks.push((verdict, origin, family.get_or_create_owned(&labels)));
            }
        }
        let requests: Family<Labels<3>, Histogram> =
            Family::new_with_constructor(|| Histogram::new(BOUNDS_S));
        registry.register(
            "request_duration_seconds",
            "Time from a request's place to the head of its answer, by route, method and class of status",
            requests.clone(),
        );
        let sign_ins: Family<Labels<1>, Counter> = Family::default();
        registry.register(
            "sign_ins",
            "Sign-ins opened, and refused by code",
            sign_ins.clone(),
        );
        let card_refusals: Family<Labels<1>, Counter> = Family::default();
        registry.register(
            "card_refusals",
            "Checks by card refused, by code",
            card_refusals.clone(),
        );
        let home_care: Family<Labels<1>, Counter> = Family::default();
        registry.register(
            "home_care",
            "What was done for home and remote care, by what",
            home_care.clone(),
        );
        for done in HomeCareDone::ALL {
            drop(home_care.get_or_create(&[("what", done.as_str())]));
        }
        let streams = Gauge::default();
        registry.register(
            "event_streams",
            "Streams of events that are open",
            streams.clone(),
        );
        let connections = Gauge::default();
        registry.register(
            "connections_open",
            "TLS connections that are open, of all listeners",
            connections.clone(),
        );
        let clock = sources.clock.clone();
        registry.register_collector(Box::new(sources));
        Self {
            registry,
            checks,
            requests,
            sign_ins,
            card_refusals,
            home_care,
            streams,
            connections,
            load: Arc::default(),
            clock,
        }
    }

    pub(crate) fn count_check(&self, verdict: Verdict, origin: Origin) {
        self.load.note_check((self.clock)());
        let own = self
            .checks
            .iter()
            .find(|(its, from, _)| (*its, *from) == (verdict, origin));
        if let Some((_, _, counter)) = own {
            counter.inc();
        }
    }

    pub(crate) fn count_sign_in(&self, outcome: SignInOutcome) {
        let name = match outcome {
            SignInOutcome::Opened => "opened",
            SignInOutcome::Refused(code) => code,
        };
        self.sign_ins.get_or_create(&[("outcome", name)]).inc();
    }

    pub(crate) fn count_card_refusal(&self, trouble: CardTrouble) {
        let code = Trouble::Card(trouble).code();
        self.card_refusals.get_or_create(&[("code", code)]).inc();
    }

    pub(crate) fn count_home_care(&self, done: HomeCareDone) {
        self.home_care
            .get_or_create(&[("what", done.as_str())])
            .inc();
    }

    /// Another stream of events, or one less.
    pub(crate) fn count_stream(&self, change: i64) {
        self.streams.inc_by(change);
    }

    /// Another connection, until what is returned is dropped.
    pub(crate) fn connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// Connections that are open.
    pub(crate) fn connections(&self) -> i64 {
        self.connections.get()
    }

    /// Streams of events that are open.
    pub(crate) fn open_streams(&self) -> i64 {
        self.streams.get()
    }

    /// How busy the center was lately.
    pub(crate) fn load(&self) -> &RecentLoad {
        &self.load
    }

    /// A stop-watch for the requests of one operation.
    pub(crate) fn timer(&self, method: &'static str, route: &'static str) -> Timer {
        Timer {
            classes: ["2xx", "3xx", "4xx", "5xx"].map(|class| {
                let labels = [("route", route), ("method", method), ("status", class)];
                self.requests.get_or_create_owned(&labels)
            }),
            load: CHECKS
                .contains(&route)
                .then(|| (Arc::clone(&self.load), self.clock.clone())),
        }
    }
}

/// Routes whose requests are checks: what the operator's page shows the times of.
const CHECKS: [&str; 3] = [routes::CHECKS, routes::CARD_CHECKS, routes::LINK];

/// A connection that is open.
#[derive(Debug)]
pub(crate) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl SignInOutcome {
    /// Of a handler's result.
    pub(crate) fn of<T>(result: &Result<T, Refused>) -> Self {
        match result {
            Ok(_) => Self::Opened,
            // The code as a constant: a label's values are those of the table.
            Err(refused) => Trouble::ALL
                .into_iter()
                .map(Trouble::code)
                .find(|code| *code == refused.problem().code)
                .map_or(Self::Refused("internal"), Self::Refused),
        }
    }
}

pub(crate) async fn read(State(app): State<App>) -> Result<Response, Refused> {
    let mut text = String::new();
    encode(&mut text, &app.metrics.registry).map_err(internal("the metrics are not written"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// The histograms of one operation, by class of status.
#[derive(Clone)]
pub(crate) struct Timer {
    classes: [Histogram; 4],
    /// Of checks, where the last hour is kept beside.
    load: Option<(Arc<RecentLoad>, Clock)>,
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Timer(…)")
    }
}

impl<S> tower::Layer<S> for Timer {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Timed<S> {
        Timed {
            inner,
            timer: self.clone(),
        }
    }
}

/// A service whose answers are timed.
#[derive(Debug, Clone)]
pub(crate) struct Timed<S> {
    inner: S,
    timer: Timer,
}

impl<S> Service<Request> for Timed<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send + 'static>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let start = std::time::Instant::now();
        let answer = self.inner.call(request);
        let Timer { classes, load } = self.timer.clone();
        Box::pin(async move {
            let answer = answer.await?;
            let class = usize::from(answer.status().as_u16() / 100).saturating_sub(2);
            let seconds = start.elapsed().as_secs_f64();
            if let Some(histogram) = classes.get(class) {
                histogram.observe(seconds);
            }
            if let Some((load, clock)) = load {
                load.note_answer(clock(), seconds);
            }
            Ok(answer)
        })
    }
}
