//! Traces on their way to a collector of OpenTelemetry (docs/operations/traces.md), where the build has them and the settings ask for them. No
//! request waits for them: what finds no place in the queue, or what the collector does not take, is dropped and counted.

#[cfg(feature = "otel")]
mod exporter;
#[cfg(feature = "otel")]
mod requests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::admission::WorkClass;

use crate::config::traces::{NotTraced, Traces};
use crate::serve::Clock;

/// Why spans came to no collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// As many traces wait as may.
    Queue,
    /// The collector did not answer.
    Unreachable,
    /// The collector did not take them.
    Refused,
    /// A piece of work had more stages than are kept of one.
    TooMany,
}

impl Dropped {
    pub(crate) const ALL: [Self; 4] =
        [Self::Queue, Self::Unreachable, Self::Refused, Self::TooMany];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::TooMany => "too_many",
        }
    }
}

/// What became of spans. Of a build or a center without traces it stays at nothing.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    exported: AtomicU64,
    dropped: [AtomicU64; Dropped::ALL.len()],
}

impl Counts {
    /// Spans that a collector took.
    pub(crate) fn exported(&self) -> u64 {
        self.exported.load(Ordering::Relaxed)
    }

    /// Spans that came to none.
    pub(crate) fn dropped(&self, why: Dropped) -> u64 {
        let count = self.dropped.get(why as usize);
        count.map_or(0, |it| it.load(Ordering::Relaxed))
    }
}

#[cfg(feature = "otel")]
impl Counts {
    fn export(&self, spans: u64) {
        self.exported.fetch_add(spans, Ordering::Relaxed);
    }

    fn lose(&self, why: Dropped, spans: u64) {
        if let Some(count) = self.dropped.get(why as usize) {
            count.fetch_add(spans, Ordering::Relaxed);
        }
    }
}

/// The center's traces.
#[derive(Debug)]
pub(crate) struct TraceExport {
    counts: Arc<Counts>,
    #[cfg(feature = "otel")]
    running: Option<exporter::Running>,
}

/// A build without traces: nothing lies between a request and its handler.
#[cfg(not(feature = "otel"))]
impl TraceExport {
    /// # Errors
    /// [`NotTraced::NotBuilt`] where the settings ask for what is not there.
    pub(crate) fn open(settings: Option<&Traces>, _: &Clock) -> Result<Self, NotTraced> {
        settings.map_or(Ok(()), Traces::is_possible)?;
        Ok(Self {
            counts: Arc::default(),
        })
    }

    pub(crate) fn layer(
        &self,
        _: &'static str,
        _: &'static str,
        _: fn(&str) -> WorkClass,
    ) -> tower::layer::util::Identity {
        tower::layer::util::Identity::new()
    }

    pub(crate) fn of_bulk_part<F: Future>(&self, work: F) -> F {
        work
    }

    pub(crate) async fn end(&self) {}
}

#[cfg(feature = "otel")]
impl TraceExport {
    /// Begins to export where the settings ask for it.
    ///
    /// # Errors
    /// [`NotTraced`].
    pub(crate) fn open(settings: Option<&Traces>, clock: &Clock) -> Result<Self, NotTraced> {
        let counts = Arc::<Counts>::default();
        let running = settings.map(|it| exporter::Running::start(it, clock, &counts));
        Ok(Self {
            running: running.transpose()?,
            counts,
        })
    }

    /// Traces the requests of a route; lies not in their way where none is traced.
    pub(crate) fn layer(
        &self,
        method: &'static str,
        route: &'static str,
        class: fn(&str) -> WorkClass,
    ) -> requests::Layer {
        let running = self.running.as_ref().filter(|it| !it.tracer.is_idle());
        tower::util::option_layer(running.map(|it| requests::Traced {
            tracer: Arc::clone(&it.tracer),
            clock: it.clock.clone(),
            method,
            route,
            class,
        }))
    }

    /// Traces a part of a bulk order.
    pub(crate) async fn of_bulk_part<F: Future>(&self, work: F) -> F::Output {
        let growing = self.running.as_ref().and_then(|it| {
            let work = || traces::tracer::Work::BulkPart;
            it.tracer.begin(work, None, || (it.clock)().as_micros())
        });
        match growing {
            Some(growing) => growing.along(work).await,
            None => work.await,
        }
    }

    /// Sends what waits, in a short time that is bounded.
    pub(crate) async fn end(&self) {
        if let Some(running) = &self.running {
            running.end().await;
        }
    }
}

impl TraceExport {
    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }
}
