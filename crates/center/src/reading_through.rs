//! Has the registry's file read through after a start: a machine that was switched on has none of it in memory, and each of the first people
//! would cost reads of the disk. Decides how much of it.

use std::time::Instant;

use crate::app::App;
use crate::system;

/// Of the memory that is free, the part that the file may take.
const OF_MEMORY: (u64, u64) = (3, 4);

/// Reads it once; ends early when the center does.
pub(crate) async fn once(app: App) {
    let begun = Instant::now();
    let reading = tokio::task::spawn_blocking(move || {
        let (part, whole) = OF_MEMORY;
        let most = system::free_memory().map_or(u64::MAX, |it| it / whole * part);
        app.engine
            .read_registry_through(most, || !app.draining.has_begun())
    });
    match reading.await {
        Ok(Ok(0)) => {}
        Ok(Ok(bytes)) => tracing::info!(
            bytes,
            ms = begun.elapsed().as_millis(),
            "the registry was read through"
        ),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "the registry could not be read through; people are looked up all the same");
        }
        // The center ended meanwhile.
        Err(_) => {}
    }
}
