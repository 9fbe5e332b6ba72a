//! What a piece of work did when, for a collector of OpenTelemetry: a request or a part of a bulk order, and its stages. Holds no text that was
//! not written in this program, so that nobody's data can get into a trace; asks nobody and reads no clock of the day. Without the feature
//! `otel` nothing of it is there: every function is what it is given.

#[cfg(not(feature = "otel"))]
mod absent;
#[cfg(feature = "otel")]
mod current;
#[cfg(feature = "otel")]
pub mod otlp;
#[cfg(feature = "otel")]
pub mod parent;
#[cfg(feature = "otel")]
pub mod tracer;

#[cfg(not(feature = "otel"))]
pub use absent::{Carried, HandedOver, InWork, carried, during, handed_over, within};
#[cfg(feature = "otel")]
pub use current::{Carried, HandedOver, InWork, carried, during, handed_over, within};

/// What a piece of work may do that is told of by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Waits for a place at the gate.
    Admission,
    /// Looks for the session of a token.
    Session,
    /// Looks a person up.
    LookUp,
    /// Examines a card's certificate and signature.
    CardProof,
    /// Signs a receipt.
    Sign,
    /// Waits for the store's writer.
    StoreWait,
    /// Is in a transaction of the store, until that is on the disk.
    StoreCommit,
}

impl Stage {
    /// Its name in traces (docs/operations/traces.md).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Admission => "admission.wait",
            Self::Session => "store.session",
            Self::LookUp => "store.look_up",
            Self::CardProof => "card.prove",
            Self::Sign => "receipt.sign",
            Self::StoreWait => "store.wait",
            Self::StoreCommit => "store.commit",
        }
    }
}
