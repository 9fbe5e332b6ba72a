//! Which work is traced, and the trace while it grows. What is done goes to whoever was named at the start, which must not wait; of work that was
//! given up half-way as well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::Stage;
use crate::current::belonging;
use crate::parent::Parent;

/// Stages kept of one trace. A part of a bulk order has two for each of its hundred lines.
const MOST_STAGES: usize = 512;

/// Which share of the work is traced: 0 is none, 1 is all.
///
/// Decided by the trace's number, as OpenTelemetry's consistent sampling does, so that all who trace one request at one ratio agree.
///
/// ```
/// use traces::tracer::Ratio;
/// assert!(Ratio::new(0.01).is_some() && Ratio::new(1.5).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// Of the number's last 56 bits those from here on are traced.
    rejected_below: u64,
}

impl Ratio {
    /// All there are.
    const NUMBERS: u64 = 1 << 56;

    /// Nothing.
    pub const NONE: Self = Self {
        rejected_below: Self::NUMBERS,
    };

    /// A share; `None` for what is below 0, above 1, or no number.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        // From 0 to 2^56, both of which a double holds.
        let rejected_below = ((1.0 - share) * Self::NUMBERS as f64) as u64;
        Some(Self { rejected_below })
    }

    /// Whether nothing is traced at all.
    #[must_use]
    pub fn is_none(self) -> bool {
        Self::NUMBERS <= self.rejected_below
    }

    fn takes(self, trace: u128) -> bool {
        let number = u64::try_from(trace % u128::from(Self::NUMBERS)).unwrap_or(0);
        self.rejected_below <= number
    }
}

/// Whether a caller may say that its request belongs to its own trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parents {
    /// It is heard, and its word on whether the request is traced counts.
    Heard,
    /// What it says is passed over.
    PassedOver,
}

/// Numbers of traces and spans: no two alike, and none to be told from random ones. Nothing secret hangs on them, so a step of SplitMix64 does, and
/// a request that is not traced pays some nanoseconds.
#[derive(Debug)]
struct Numbers {
    next: AtomicU64,
    /// Of this process: another one that comes by the same number gives another trace.
    own: u64,
}

impl Numbers {
    /// Between two numbers: odd, so that all there are come before one comes again.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    fn new(seed: [u8; 16]) -> Self {
        let (first, own) = seed.split_at(8);
        let number = |half: &[u8]| half.try_into().map_or(0, u64::from_be_bytes);
        Self {
            next: AtomicU64::new(number(first)),
            own: number(own),
        }
    }

    /// A trace and its first span; neither is zero.
    fn draw(&self) -> (u128, u64) {
        let state = self.next.fetch_add(Self::STEP, Ordering::Relaxed);
        let high = u128::from(mixed(state ^ self.own));
        let trace = high << 64 | u128::from(mixed(state));
        let span = mixed(state.rotate_left(32) ^ self.own);
        (trace.max(1), span.max(1))
    }
}

/// The mixing of SplitMix64 (Steele, Lea, Flood 2014).
fn mixed(state: u64) -> u64 {
    let first = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let second = (first ^ (first >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    second ^ (second >> 31)
}

/// Where traces go that are done. It must not wait.
pub type Sink = Box<dyn Fn(Trace) + Send + Sync>;

/// Decides which work is traced.
pub struct Tracer {
    ratio: Ratio,
    parents: Parents,
    numbers: Numbers,
    sink: Arc<Sink>,
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tracer({:?}, {:?})", self.ratio, self.parents)
    }
}

impl Tracer {
    /// One that traces this share of the work; 16 random bytes tell its traces from those of others.
    #[must_use]
    pub fn new(ratio: Ratio, parents: Parents, seed: [u8; 16], sink: Sink) -> Self {
        Self {
            ratio,
            parents,
            numbers: Numbers::new(seed),
            sink: Arc::new(sink),
        }
    }

    /// Whether no work is ever traced.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.ratio.is_none() && self.parents == Parents::PassedOver
    }

    /// Whether callers are heard.
    #[must_use]
    pub fn parents(&self) -> Parents {
        self.parents
    }

    /// A trace of work that begins now, which by the clock of the day is so many microseconds after 1970; `None` where it is not traced.
    pub fn begin(
        &self,
        work: impl FnOnce() -> Work,
        parent: Option<Parent>,
        at_us: impl FnOnce() -> i64,
    ) -> Option<Growing> {
        let parent = parent.filter(|_| self.parents == Parents::Heard);
        let is_refused = match parent {
            Some(parent) => !parent.is_sampled,
            None => self.ratio.is_none(),
        };
        if is_refused {
            return None;
        }
        let (own, span) = self.numbers.draw();
        let trace = parent.map_or(own, |it| it.trace);
        if parent.is_none() && !self.ratio.takes(trace) {
            return None;
        }
        let recording = Recording {
            begun: Instant::now(),
            stages: Mutex::default(),
        };
        Some(Growing {
            recording: Arc::new(recording),
            trace: Some(Trace {
                trace,
                span,
                parent: parent.map(|it| it.span),
                begun_us: at_us(),
                took_ns: 0,
                work: work(),
                stages: Vec::new(),
                lost: 0,
            }),
            sink: Arc::clone(&self.sink),
        })
    }
}

/// What is traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A request.
    Request(Request),
    /// A part of a bulk order, which nobody waits for.
    BulkPart,
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: &'static str,
    /// Its route as the interface's document names it: with the names of what varies, never with what stands there.
    pub route: &'static str,
    /// Its class at the gate.
    pub class: &'static str,
    /// How it was answered; `None` while it is not, or when whoever asked went away.
    pub status: Option<u16>,
}

/// A piece of work that was traced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) begun_us: i64,
    pub(crate) took_ns: u64,
    pub(crate) work: Work,
    pub(crate) stages: Vec<Staged>,
    /// Stages beyond those kept.
    pub(crate) lost: usize,
}

impl Trace {
    /// Its spans: the work and its stages.
    #[must_use]
    pub fn spans(&self) -> usize {
        1 + self.stages.len()
    }

    /// Stages that were too many to be kept.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.lost
    }
}

/// A stage that is over, by the time since the work began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Staged {
    pub(crate) stage: Stage,
    pub(crate) from_ns: u64,
    pub(crate) until_ns: u64,
}

/// What stages write into.
#[derive(Debug)]
pub(crate) struct Recording {
    begun: Instant,
    stages: Mutex<Stages>,
}

#[derive(Debug, Default)]
struct Stages {
    kept: Vec<Staged>,
    lost: usize,
}

impl Recording {
    /// A stage is over now.
    pub(crate) fn note(&self, stage: Stage, begun: Instant) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        if MOST_STAGES <= stages.kept.len() {
            stages.lost += 1;
            return;
        }
        let until_ns = self.since_ns(Instant::now());
        stages.kept.push(Staged {
            stage,
            from_ns: self.since_ns(begun),
            until_ns,
        });
    }

    fn since_ns(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.begun);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A trace of work that goes on. It is done when this is dropped.
pub struct Growing {
    recording: Arc<Recording>,
    trace: Option<Trace>,
    sink: Arc<Sink>,
}

impl std::fmt::Debug for Growing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Growing({:?})", self.trace)
    }
}

impl Growing {
    /// Does the work.
    pub async fn along<F: Future>(&self, work: F) -> F::Output {
        belonging(&self.recording, work).await
    }

    /// The request was answered.
    pub fn answered(mut self, status: u16) {
        if let Some(trace) = &mut self.trace
            && let Work::Request(request) = &mut trace.work
        {
            request.status = Some(status);
        }
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        let Some(mut trace) = self.trace.take() else {
            return;
        };
        trace.took_ns = self.recording.since_ns(Instant::now());
        let mut stages = self
            .recording
            .stages
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (trace.stages, trace.lost) = (std::mem::take(&mut stages.kept), stages.lost);
        drop(stages);
        (self.sink)(trace);
    }
}

#[cfg(test)]
mod tests;
