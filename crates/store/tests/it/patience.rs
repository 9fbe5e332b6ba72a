//! How long a test waits for what should come: a slow machine is no fault, and no test waits for ever.

use std::time::{Duration, Instant};

pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// What a future brings; fails after three minutes.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    let brought = tokio::time::timeout(PATIENCE, future).await;
    brought.unwrap_or_else(|_| panic!("waited three minutes for {what}"))
}

/// What is found at last by looking again and again; fails after three minutes.
pub(crate) fn sought<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "waited three minutes for {what}"
        );
    }
}

/// Looks again and again until it is so; fails after three minutes.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    sought(what, || is_so().then_some(()));
}
