//! Traces as a collector takes them: the message `ExportTraceServiceRequest` of OTLP in its JSON form (OTLP 1.x: numbers of traces and spans in hex,
//! other numbers of 64 bits as text, members in camel case). Sends nothing.

use serde::Serialize;

use crate::tracer::{Request, Trace, Work};

/// Where a collector takes traces, below its address.
pub const PATH: &str = "/v1/traces";

/// Of the flags of a span: whether its trace is recorded, and that the next one says so.
const SAMPLED: u32 = 1;
const PARENT_IS_KNOWN: u32 = 1 << 8;
const PARENT_IS_REMOTE: u32 = 1 << 9;

/// Whose traces they are.
#[derive(Debug, Clone)]
pub struct Service {
    /// Of this program.
    pub version: &'static str,
    /// This process among those that serve the same, by a number of its own.
    pub instance: String,
}

/// The message for these traces.
///
/// # Errors
/// The writer's; none of what is in it can bring one about.
pub fn write(service: &Service, traces: &[Trace]) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Export {
        resource_spans: [ResourceSpans {
            resource: Resource {
                attributes: [
                    text("service.name", "onshi-center"),
                    text("service.version", service.version),
                    text("service.instance.id", &service.instance),
                ],
            },
            scope_spans: [ScopeSpans {
                scope: Scope {
                    name: "onshi",
                    version: service.version,
                },
                spans: traces.iter().flat_map(spans).collect(),
            }],
        }],
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Export<'a> {
    resource_spans: [ResourceSpans<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: [Attribute<'a>; 3],
}

#[derive(Serialize)]
struct ScopeSpans {
    scope: Scope,
    spans: Vec<Span>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    flags: u32,
    name: String,
    kind: Kind,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute<'static>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

/// OTLP writes enumerations as numbers.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Internal = 1,
    Server = 2,
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

#[derive(Serialize)]
struct Status {
    code: u8,
}

impl Status {
    const ERROR: Self = Self { code: 2 };
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'static str,
    value: Value<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Value<'a> {
    StringValue(&'a str),
    IntValue(String),
}

fn text<'a>(key: &'static str, value: &'a str) -> Attribute<'a> {
    let value = Value::StringValue(value);
    Attribute { key, value }
}

fn number(key: &'static str, value: u64) -> Attribute<'static> {
    let value = Value::IntValue(value.to_string());
    Attribute { key, value }
}

/// The work and its stages.
fn spans(trace: &Trace) -> impl Iterator<Item = Span> + '_ {
    let begun_ns = u64::try_from(trace.begun_us)
        .unwrap_or_default()
        .saturating_mul(1_000);
    let at = move |ns: u64| begun_ns.saturating_add(ns).to_string();
    let trace_id = format!("{:032x}", trace.trace);
    let remote = trace.parent.map_or(0, |_| PARENT_IS_REMOTE);
    let first = Span {
        trace_id: trace_id.clone(),
        span_id: span_id(trace.span),
        parent_span_id: trace.parent.map(span_id),
        flags: SAMPLED | PARENT_IS_KNOWN | remote,
        name: name(&trace.work),
        kind: match trace.work {
            Work::Request(_) => Kind::Server,
            Work::BulkPart => Kind::Internal,
        },
        start_time_unix_nano: at(0),
        end_time_unix_nano: at(trace.took_ns),
        attributes: attributes(trace),
        status: is_failed(&trace.work).then_some(Status::ERROR),
    };
    let stages = trace.stages.iter().zip(1_u64..);
    let stages = stages.map(move |(staged, number)| Span {
        trace_id: trace_id.clone(),
        span_id: span_id(below(trace.span, number)),
        parent_span_id: Some(span_id(trace.span)),
        flags: SAMPLED | PARENT_IS_KNOWN,
        name: staged.stage.name().into(),
        kind: Kind::Internal,
        start_time_unix_nano: at(staged.from_ns),
        end_time_unix_nano: at(staged.until_ns),
        attributes: Vec::new(),
        status: None,
    });
    std::iter::once(first).chain(stages)
}

fn span_id(span: u64) -> String {
    format!("{span:016x}")
}

/// The number of a stage: of its work's number, so that no more random bytes are needed. Never zero, and never its work's.
fn below(span: u64, number: u64) -> u64 {
    // An odd factor: different stages have different numbers.
    span.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .max(1)
}

fn name(work: &Work) -> String {
    match work {
        Work::Request(request) => format!("{} {}", request.method, request.route),
        Work::BulkPart => "bulk.part".into(),
    }
}

/// A request that was answered 500 or above, as OpenTelemetry's conventions for servers have it.
fn is_failed(work: &Work) -> bool {
    matches!(work, Work::Request(Request { status: Some(status), .. }) if 500 <= *status)
}

fn attributes(trace: &Trace) -> Vec<Attribute<'static>> {
    let Work::Request(request) = trace.work else {
        return Vec::new();
    };
    let waits = trace.stages.iter();
    let waits = waits.filter(|it| it.stage == crate::Stage::Admission);
    let waited_ns: u64 = waits.map(|it| it.until_ns.saturating_sub(it.from_ns)).sum();
    let mut attributes = vec![
        text("http.request.method", request.method),
        text("http.route", request.route),
        text("onshi.admission.class", request.class),
        number("onshi.admission.wait_us", waited_ns / 1_000),
    ];
    match request.status {
        Some(status) => attributes.push(number("http.response.status_code", status.into())),
        None => attributes.push(text("error.type", "cancelled")),
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stage;
    use crate::tracer::Staged;

    fn trace(status: Option<u16>) -> Trace {
        Trace {
            trace: 0xabc,
            span: 0x12,
            parent: None,
            begun_us: 1_700_000_000_000_000,
            took_ns: 5_000,
            work: Work::Request(Request {
                method: "GET",
                route: "/v1/checks/{id}",
                class: "pages",
                status,
            }),
            stages: vec![Staged {
                stage: Stage::Admission,
                from_ns: 1_000,
                until_ns: 4_500,
            }],
            lost: 0,
        }
    }

    fn spans_of(trace: Trace) -> Vec<serde_json::Value> {
        let service = Service {
            version: "1",
            instance: "x".into(),
        };
        let message: serde_json::Value =
            serde_json::from_slice(&write(&service, &[trace]).unwrap()).unwrap();
        message["resourceSpans"][0]["scopeSpans"][0]["spans"]
            .as_array()
            .unwrap()
            .clone()
    }

    #[test]
    fn a_request_is_written_with_its_route_its_wait_and_its_stages() {
        let spans = spans_of(trace(Some(200)));
        assert_eq!(spans[0]["name"], "GET /v1/checks/{id}");
        assert_eq!(spans[0]["traceId"], "00000000000000000000000000000abc");
        assert_eq!(spans[0]["spanId"], "0000000000000012");
        assert_eq!(spans[0]["parentSpanId"], serde_json::Value::Null);
        assert_eq!(spans[0]["startTimeUnixNano"], "1700000000000000000");
        assert_eq!(spans[0]["endTimeUnixNano"], "1700000000000005000");
        assert_eq!(spans[1]["parentSpanId"], spans[0]["spanId"]);
        assert_eq!(spans[1]["name"], "admission.wait");
        let text = spans[0]["attributes"].to_string();
        assert!(text.contains(r#"{"key":"onshi.admission.wait_us","value":{"intValue":"3"}}"#));
        assert_eq!(spans[0]["status"], serde_json::Value::Null);
    }

    #[test]
    fn what_failed_and_what_was_given_up_say_so() {
        assert_eq!(spans_of(trace(Some(503)))[0]["status"]["code"], 2);
        let given_up = spans_of(trace(None))[0]["attributes"].to_string();
        assert!(given_up.contains("cancelled"), "{given_up}");
    }

    #[test]
    fn stages_have_numbers_of_their_own() {
        let all: std::collections::BTreeSet<u64> =
            (0..=1_000).map(|number| below(7, number)).collect();
        assert_eq!(all.len(), 1_001);
        assert!(!all.contains(&0));
    }
}
