//! The task that sends traces to the collector by OTLP over HTTP, JSON (docs/decisions/0097-traces.md). Nobody waits for it but the end of the
//! center, and that not for long.

use std::sync::Arc;
use std::time::Duration;

use api::client::lots::Lots;
use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use domain::back_off::BackOff;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use traces::otlp::{self, Service};
use traces::tracer::{Parents, Ratio, Trace, Tracer};

use super::{Counts, Dropped};
use crate::config::duration;
use crate::config::traces::{NotTraced, Traces};
use crate::serve::Clock;

/// Traces in one message at most.
const MOST: usize = 256;

/// How long traces are gathered for one message.
const GATHER: Duration = Duration::from_millis(500);

/// How often one message is sent before it is given up.
const TRIES: usize = 3;

/// The first wait after a failure, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long the end of the center waits for the last message.
const END: Duration = Duration::from_secs(2);

/// The largest answer of a collector that is read, in bytes.
const MOST_ANSWER_BYTES: usize = 64 << 10;

/// A tracer, and the task that sends what it traced.
pub(super) struct Running {
    pub(super) tracer: Arc<Tracer>,
    pub(super) clock: Clock,
    ends: watch::Sender<bool>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({:?})", self.tracer)
    }
}

impl Running {
    pub(super) fn start(
        settings: &Traces,
        clock: &Clock,
        counts: &Arc<Counts>,
    ) -> Result<Self, NotTraced> {
        let line = Line::open(settings, clock)?;
        let (queue, traces) = mpsc::channel(settings.waiting.get() as usize);
        let ends = watch::Sender::new(false);
        let exporter = Exporter {
            queue: traces,
            ends: ends.subscribe(),
            line,
            address: format!("{}{}", settings.endpoint.as_str(), otlp::PATH),
            limit: duration(settings.answer_ms),
            service: service(random()?),
            counts: Arc::clone(counts),
            waits: BackOff::new(WAITS.0, WAITS.1),
            lots: Lots::default(),
            is_away: false,
        };
        let theirs = Arc::clone(counts);
        let sink = move |trace: Trace| {
            let (spans, lost) = (trace.spans() as u64, trace.lost() as u64);
            theirs.lose(Dropped::TooMany, lost);
            if queue.try_send(trace).is_err() {
                theirs.lose(Dropped::Queue, spans);
            }
        };
        let parents = if settings.accept_parent {
            Parents::Heard
        } else {
            Parents::PassedOver
        };
        let seed = random()?;
        // A share that is none has not come so far.
        let ratio = Ratio::new(settings.ratio.number()).unwrap_or(Ratio::NONE);
        Ok(Self {
            tracer: Arc::new(Tracer::new(ratio, parents, seed, Box::new(sink))),
            clock: clock.clone(),
            ends,
            task: tokio::sync::Mutex::new(Some(tokio::spawn(exporter.run()))),
        })
    }

    pub(super) async fn end(&self) {
        self.ends.send_replace(true);
        let Some(mut task) = self.task.lock().await.take() else {
            return;
        };
        if tokio::time::timeout(END, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("the last traces were given up: the collector took too long");
        }
    }
}

fn random<const N: usize>() -> Result<[u8; N], NotTraced> {
    crate::app::random().map_err(|_| NotTraced::Random)
}

/// This process.
fn service(number: [u8; 8]) -> Service {
    Service {
        version: env!("CARGO_PKG_VERSION"),
        instance: number.map(|byte| format!("{byte:02x}")).concat(),
    }
}

/// Connections to the collector.
enum Line {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Encrypted(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Line {
    fn open(settings: &Traces, clock: &Clock) -> Result<Self, NotTraced> {
        let client = Client::builder(TokioExecutor::new());
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let Some(root) = settings.root()? else {
            return Ok(Self::Plain(client.build(connector)));
        };
        let tls = pki::client::config_by(clock.clone(), &root, None);
        let file = || settings.root_file.clone().unwrap_or_default();
        let tls = tls.map_err(|error| NotTraced::Root(file(), error.to_string()))?;
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_http1()
            .wrap_connector(connector);
        Ok(Self::Encrypted(client.build(connector)))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Option<axum::http::Response<Incoming>> {
        match self {
            Self::Plain(client) => client.request(request).await.ok(),
            Self::Encrypted(client) => client.request(request).await.ok(),
        }
    }
}

struct Exporter {
    queue: mpsc::Receiver<Trace>,
    ends: watch::Receiver<bool>,
    line: Line,
    address: String,
    limit: Duration,
    service: Service,
    counts: Arc<Counts>,
    waits: BackOff,
    lots: Lots,
    /// Whether the collector did not answer last.
    is_away: bool,
}

/// Why a message was not taken.
enum NotTaken {
    /// It may be later; when, where the collector says so.
    ForNow(Option<u32>),
    /// It never will be.
    ForGood(StatusCode),
}

impl Exporter {
    async fn run(mut self) {
        while let Some(first) = self.next().await {
            let batch = self.gather(first).await;
            self.deliver(&batch).await;
        }
    }

    /// The next trace; after the end was told, those that wait, and then none.
    async fn next(&mut self) -> Option<Trace> {
        tokio::select! {
            biased;
            trace = self.queue.recv() => trace,
            () = over(&mut self.ends) => {
                self.queue.close();
                self.queue.recv().await
            }
        }
    }

    async fn gather(&mut self, first: Trace) -> Vec<Trace> {
        let mut batch = vec![first];
        let end = tokio::time::Instant::now() + GATHER;
        while batch.len() < MOST {
            tokio::select! {
                biased;
                trace = self.queue.recv() => match trace {
                    Some(trace) => batch.push(trace),
                    None => break,
                },
                () = over(&mut self.ends) => self.queue.close(),
                () = tokio::time::sleep_until(end) => break,
            }
        }
        batch
    }

    async fn deliver(&mut self, batch: &[Trace]) {
        let spans = batch.iter().map(|it| it.spans() as u64).sum();
        let Ok(body) = otlp::write(&self.service, batch) else {
            self.counts.lose(Dropped::Refused, spans);
            return;
        };
        let body = Bytes::from(body);
        for _ in 0..TRIES {
            match self.send(body.clone()).await {
                Ok(refused) => {
                    self.answers();
                    let refused = refused.min(spans);
                    self.counts.export(spans - refused);
                    self.counts.lose(Dropped::Refused, refused);
                    return;
                }
                Err(NotTaken::ForGood(status)) => {
                    self.answers();
                    self.counts.lose(Dropped::Refused, spans);
                    tracing::warn!(
                        status = status.as_u16(),
                        "the collector takes no traces of this center"
                    );
                    return;
                }
                Err(NotTaken::ForNow(wish_s)) => {
                    self.does_not_answer();
                    if *self.ends.borrow() {
                        break;
                    }
                    let wait = self.waits.next(wish_s, self.lots.draw());
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = over(&mut self.ends) => {}
                    }
                }
            }
        }
        self.counts.lose(Dropped::Unreachable, spans);
    }

    /// Sends a message; the spans of it that the collector did not take.
    async fn send(&self, body: Bytes) -> Result<u64, NotTaken> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.address)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body));
        // The address was read before.
        let request = request.map_err(|_| NotTaken::ForGood(StatusCode::BAD_REQUEST))?;
        let answered = async {
            let answer = self.line.send(request).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await.ok();
            Some((head, body.map(|it| it.to_bytes()).unwrap_or_default()))
        };
        let answered = tokio::time::timeout(self.limit, answered).await;
        let (head, body) = answered.ok().flatten().ok_or(NotTaken::ForNow(None))?;
        match head.status {
            status if status.is_success() => Ok(refused(&body)),
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let wish = head.headers.get(header::RETRY_AFTER);
                let wish = wish.and_then(|it| it.to_str().ok()?.parse().ok());
                Err(NotTaken::ForNow(wish))
            }
            status => Err(NotTaken::ForGood(status)),
        }
    }

    fn answers(&mut self) {
        self.waits.answered();
        if std::mem::take(&mut self.is_away) {
            tracing::info!("the collector of traces answers again");
        }
    }

    fn does_not_answer(&mut self) {
        if !std::mem::replace(&mut self.is_away, true) {
            tracing::warn!(
                "the collector of traces does not answer; traces are dropped meanwhile, requests go on"
            );
        }
    }
}

/// Ends when the end is told, or with whoever tells it.
async fn over(ends: &mut watch::Receiver<bool>) {
    let _ = ends.wait_for(|it| *it).await;
}

/// The spans that a collector says it did not take (OTLP, `partialSuccess`); a number of 64 bits is a text in JSON, and some write it as a number.
fn refused(answer: &[u8]) -> u64 {
    let answer: Option<Value> = serde_json::from_slice(answer).ok();
    let spans = answer.as_ref();
    let spans = spans.and_then(|it| it.pointer("/partialSuccess/rejectedSpans"));
    match spans {
        Some(Value::String(text)) => text.parse().unwrap_or_default(),
        Some(Value::Number(number)) => number.as_u64().unwrap_or_default(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_collector_did_not_take_is_read_in_either_form() {
        for (answer, spans) in [
            (r#"{}"#, 0),
            (r#""#, 0),
            (r#"{"partialSuccess":{}}"#, 0),
            (r#"{"partialSuccess":{"rejectedSpans":"3"}}"#, 3),
            (
                r#"{"partialSuccess":{"rejectedSpans":3,"errorMessage":"x"}}"#,
                3,
            ),
            (r#"{"partialSuccess":{"rejectedSpans":"-3"}}"#, 0),
            ("<html>", 0),
        ] {
            assert_eq!(refused(answer.as_bytes()), spans, "{answer}");
        }
    }
}
