//! The time by which TLS looks at certificates: handed in like every other, so that years can pass in a test. Reads no clock.

use std::sync::Arc;
use std::time::Duration;

use domain::civil_date::Instant;
use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// A clock as the TLS library asks for it.
pub(crate) struct TlsClock(pub(crate) Clock);

impl std::fmt::Debug for TlsClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsClock(…)")
    }
}

impl TimeProvider for TlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix((self.0)()))
    }
}

/// An instant as the TLS library counts it; before 1970 is 1970.
pub(crate) fn unix(at: Instant) -> UnixTime {
    let seconds = u64::try_from(at.as_seconds()).unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}
