//! Signed checkpoints of the audit chain (contracts §7): every minute and at the end. Writes no event.

use std::time::Duration;

use store::audit::{Checkpoint, checkpoint_message, outside};

use crate::app::App;

/// A checkpoint of the audit chain is signed this often.
const EVERY: Duration = Duration::from_secs(60);

pub(crate) async fn sign(app: App) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        let outcome = one(&app).await;
        let forgotten = forget_old_keys(&app).await;
        if let Err(error) = outcome.and(forgotten) {
            tracing::error!(error = %error, "no checkpoint could be kept");
        }
    }
}

async fn forget_old_keys(app: &App) -> Result<(), store::engine::StoreError> {
    app.engine.make_parts(app.now()).await?;
    while app.engine.forget_old_keys(app.now()).await? {}
    while app.engine.forget_happenings(app.now()).await? {}
    while app.engine.forget_what_is_over(app.now()).await? {}
    let undone_from = app.insurer_feeds.undone_from(app.now());
    while app.engine.forget_undoing(undone_from).await? {}
    crate::bulk::work::forget(app).await?;
    Ok(())
}

pub(crate) async fn one(app: &App) -> Result<(), store::engine::StoreError> {
    let (at, heads) = (app.now(), app.engine.heads()?);
    let keys = app.receipt_keys.load_full();
    let signature = keys.current.sign(&checkpoint_message(at, &heads));
    let signature =
        signature.map_err(|error| store::engine::StoreError::Failed(error.to_string()))?;
    let kid = keys.current.kid().to_owned();
    let checkpoint = Checkpoint {
        at,
        heads,
        kid,
        signature,
    };
    if let Some(dir) = &app.checkpoint_dir
        && let Err(error) = outside::append(dir, &checkpoint)
    {
        // The store's own copy is kept all the same; the operator must see that the outside one is not.
        tracing::error!(folder = %dir.display(), error = %error, "no checkpoint could be appended outside the store");
    }
    app.engine.keep_checkpoint(checkpoint).await
}
