//! Does over a line that drops, again and again for half a minute, what may be done twice. Tries nothing again that the center refused.

use std::time::Duration;

use api::client::ClientError;

/// How often it is tried.
const TRIES: u32 = 8;

/// How long is waited before the second try; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Does it until the line holds for as long as that takes.
pub(super) async fn patiently<T>(
    work: impl AsyncFn() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match work().await {
            Err(ClientError::Connection(_)) => {}
            done => return done,
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    work().await
}
