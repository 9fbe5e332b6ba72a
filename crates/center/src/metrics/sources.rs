//! Figures that others keep and monitoring reads when it asks: the store, the gates, the connections. Counts nothing itself.

use std::sync::Arc;

use domain::admission::WorkClass;
use domain::civil_date::Instant;
use pki::server::HandshakeBounds;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use store::engine::Engine;

use crate::admission::connections::{Connections, TooMany};
use crate::admission::gate::{Gate, Shed};
use crate::card_trust::CardTrust;
use crate::draining::{Draining, LastDrain};
use crate::serve::Clock;
use crate::trace_export::{Counts, Dropped};

/// Whom monitoring asks.
pub(crate) struct Sources {
    pub(crate) engine: Engine,
    pub(crate) clock: Clock,
    /// Of facilities, of operators, of the home listener, of the enroll listener.
    pub(crate) gates: [Arc<Gate>; 4],
    pub(crate) connections: Arc<Connections>,
    pub(crate) handshakes: HandshakeBounds,
    pub(crate) cards: Arc<CardTrust>,
    /// The last instant of the issuing CA.
    pub(crate) authority_ends: Instant,
    pub(crate) draining: Arc<Draining>,
    /// What became of spans.
    pub(crate) traces: Arc<Counts>,
    /// How the process before this one ended, where it did so in order.
    pub(crate) last_drain: Option<LastDrain>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sources(…)")
    }
}

impl Sources {
    /// The gate a class goes through.
    fn gate(&self, class: WorkClass) -> &Gate {
        let [facilities, operators, home, enroll] = &self.gates;
        match class {
            WorkClass::Operators => operators,
            WorkClass::Home => home,
            WorkClass::Enroll => enroll,
            WorkClass::CardCheck
            | WorkClass::Check
            | WorkClass::SignIn
            | WorkClass::Pages
            | WorkClass::Bulk => facilities,
        }
    }

    fn admission(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let kind = MetricType::Gauge;
        let help = "Requests in progress, by class";
        let mut family = encoder.encode_descriptor("requests_in_progress", help, None, kind)?;
        for class in WorkClass::ALL {
            let value = number(self.gate(*class).in_progress(*class));
            gauge(family.encode_family(&[("class", class.as_str())])?, value)?;
        }
        let help = "Requests that wait for a place, by class";
        let mut family = encoder.encode_descriptor("requests_waiting", help, None, kind)?;
        for class in WorkClass::ALL {
            let value = number(self.gate(*class).waiting(*class));
            gauge(family.encode_family(&[("class", class.as_str())])?, value)?;
        }
        let kind = MetricType::Counter;
        let help = "Requests turned away, by class and why";
        let mut family = encoder.encode_descriptor("requests_shed", help, None, kind)?;
        for class in WorkClass::ALL {
            for why in Shed::ALL {
                let labels = [("class", class.as_str()), ("why", why.as_str())];
                let value = self.gate(*class).shed(*class, why);
                counter(family.encode_family(&labels)?, value)?;
            }
        }
        let help = "Connections closed because as many were open as may, by whose";
        let mut family = encoder.encode_descriptor("connections_refused", help, None, kind)?;
        for why in TooMany::ALL {
            let value = self.connections.refused(why);
            counter(family.encode_family(&[("of", why.as_str())])?, value)?;
        }
        let help = "Connections closed before their handshake, since their network had as many under way as it may";
        let family = encoder.encode_descriptor("handshakes_refused", help, None, kind)?;
        counter(family, self.handshakes.refused())?;
        let help = "Connections closed because their handshake took too long";
        let family = encoder.encode_descriptor("handshakes_timed_out", help, None, kind)?;
        counter(family, self.handshakes.timed_out())?;
        let help = "Times that a listener could take nobody in for a while";
        let family = encoder.encode_descriptor("accept_failures", help, None, kind)?;
        counter(family, self.handshakes.closed_doors())
    }

    fn drains(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let kind = MetricType::Gauge;
        let help = "1 while the center ends after what is in progress";
        let family = encoder.encode_descriptor("draining", help, None, kind)?;
        gauge(family, i64::from(self.draining.has_begun()))?;
        let Some(last) = self.last_drain else {
            return Ok(());
        };
        let help = "Time until what was in progress was over or cut when the process before this one ended";
        let family = encoder.encode_descriptor("last_drain_seconds", help, None, kind)?;
        ConstGauge::new(last.took().as_secs_f64()).encode(family)?;
        let help = "Connections that were open when the process before this one began to end, and those it cut";
        let mut family = encoder.encode_descriptor("last_drain_connections", help, None, kind)?;
        for (what, count) in [("open", last.open), ("cut", last.cut)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            gauge(family.encode_family(&[("what", what)])?, count)?;
        }
        Ok(())
    }

    fn traces(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let kind = MetricType::Counter;
        let help = "Spans that the collector of traces took";
        let family = encoder.encode_descriptor("spans_exported", help, None, kind)?;
        counter(family, self.traces.exported())?;
        let help = "Spans that came to no collector, by why";
        let mut family = encoder.encode_descriptor("spans_dropped", help, None, kind)?;
        for why in Dropped::ALL {
            let value = self.traces.dropped(why);
            counter(family.encode_family(&[("why", why.as_str())])?, value)?;
        }
        Ok(())
    }

    fn cards(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Some(next) = self.cards.next_update((self.clock)()) else {
            return Ok(());
        };
        let (name, kind) = ("card_revocation_next_update_seconds", MetricType::Gauge);
        let help = "Earliest next update of the revocation lists of cards, in seconds since 1970";
        gauge(
            encoder.encode_descriptor(name, help, None, kind)?,
            next.as_seconds(),
        )
    }

    fn authority(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (name, kind) = ("authority_end_seconds", MetricType::Gauge);
        let help = "End of the issuing CA, in seconds since 1970";
        let family = encoder.encode_descriptor(name, help, None, kind)?;
        gauge(family, self.authority_ends.as_seconds())
    }

    fn store(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let written = self.engine.written();
        for (name, help, value) in [
            (
                "store_commits",
                "Transactions of the store, each with one sync",
                written.commits,
            ),
            (
                "store_jobs",
                "Writes that shared those transactions",
                written.jobs,
            ),
        ] {
            let kind = MetricType::Counter;
            counter(encoder.encode_descriptor(name, help, None, kind)?, value)?;
        }
        let now = (self.clock)();
        // A store that does not answer leaves its gauges out; /healthz says so.
        let gauges = [
            (
                "store_jobs_waiting",
                "Writes that wait for their transaction",
                usize::try_from(written.waiting).ok(),
            ),
            (
                "sessions_open",
                "Sessions that are good now",
                self.engine.open_sessions(now).ok(),
            ),
            (
                "certificates_revoked",
                "Revoked certificates that have not expired",
                self.engine.revocations(now).ok().map(|all| all.len()),
            ),
        ];
        for (name, help, value) in gauges {
            let Some(value) = value else {
                continue;
            };
            let kind = MetricType::Gauge;
            gauge(
                encoder.encode_descriptor(name, help, None, kind)?,
                number(value),
            )?;
        }
        Ok(())
    }
}

impl Collector for Sources {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.admission(&mut encoder)?;
        self.drains(&mut encoder)?;
        self.traces(&mut encoder)?;
        self.cards(&mut encoder)?;
        self.authority(&mut encoder)?;
        self.store(&mut encoder)
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn gauge(encoder: MetricEncoder<'_>, value: i64) -> Result<(), std::fmt::Error> {
    ConstGauge::new(value).encode(encoder)
}

fn counter(encoder: MetricEncoder<'_>, value: u64) -> Result<(), std::fmt::Error> {
    ConstCounter::new(value).encode(encoder)
}
