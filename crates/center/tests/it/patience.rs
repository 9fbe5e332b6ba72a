//! How long a test waits for what should come: a slow machine is no fault, and no test waits for ever.

use std::time::Duration;

pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// What a future brings; fails after three minutes.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    let brought = tokio::time::timeout(PATIENCE, future).await;
    brought.unwrap_or_else(|_| panic!("waited three minutes for {what}"))
}
